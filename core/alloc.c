/*
 * alloc.c - the one place where the core asks the C library for memory: the default
 * allocator of connections and texts, and all there is for calls that have neither.
 */
#include "alloc.h"

#include <stdlib.h>

void *cairn__raw_alloc(void *ptr, size_t old_size, size_t new_size)
{
	(void)old_size;
	if (new_size == 0) {
		free(ptr);
		return NULL;
	}
	return realloc(ptr, new_size);
}
