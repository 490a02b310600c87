/* places.c - sorting the names of a batch; of equal ones the later one is the mistake. */
#include "places.h"

#include <stdlib.h>

#include <cairn/sys/host.h>

static int by_name(const void *a, const void *b)
{
	const struct cairn__place *x = a;
	const struct cairn__place *y = b;
	int order = cairn_str_compare(x->name, y->name);
	return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

size_t cairn__places_sort(struct cairn__place *places, size_t n)
{
	qsort(places, n, sizeof *places, by_name);
	for (size_t i = 1; i < n; i++) {
		if (cairn_str_equal(places[i - 1].name, places[i].name))
			return places[i].index;
	}
	return SIZE_MAX;
}

static int by_text(const void *a, const void *b)
{
	const cairn_str *x = a;
	const cairn_str *y = b;
	return cairn_str_compare(*x, *y);
}

size_t cairn__places_absent(const struct cairn__place *places, size_t n, cairn_str *names,
			    size_t count)
{
	size_t kept = 0;
	size_t at = 0;
	qsort(names, count, sizeof *names, by_text);
	for (size_t i = 0; i < count; i++) {
		cairn_str name = names[i];
		if (i > 0 && cairn_str_equal(name, names[i - 1]))
			continue;
		while (at < n && cairn_str_compare(places[at].name, name) < 0)
			at++;
		if (at == n || !cairn_str_equal(places[at].name, name))
			names[kept++] = name;
	}
	return kept;
}
