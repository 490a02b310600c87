/* places.h - the names of a batch in their order, and where each stands in it. */
#ifndef CAIRN_CORE_PLACES_H
#define CAIRN_CORE_PLACES_H

#include <cairn/types.h>

struct cairn__place {
	cairn_str name;
	size_t index; /* in the batch */
};

/* Sorts by name, by bytes. Answers the index of one that stands there twice, else SIZE_MAX. */
size_t cairn__places_sort(struct cairn__place *places, size_t n);

/*
 * Leaves of the names those that no place has, sorted, each once, and answers how many. The places
 * are sorted.
 */
size_t cairn__places_absent(const struct cairn__place *places, size_t n, cairn_str *names,
			    size_t count);

#endif
