/* alloc.h - memory that belongs to no connection. */
#ifndef CAIRN_CORE_ALLOC_H
#define CAIRN_CORE_ALLOC_H

#include <stddef.h>

/*
 * The C library's memory in the allocator's shape: allocates (ptr NULL), resizes, frees
 * (new_size 0, answers NULL). NULL without memory; then ptr is as it was.
 */
void *cairn__raw_alloc(void *ptr, size_t old_size, size_t new_size);

#endif
