/*
 * json_names.c - whether an object names a member twice: exactly, on decoded names, and
 * without a quadratic case.
 *
 * A few names are compared by hash, each with each. More go through a hash table. Names made
 * to collide there would cost n^2 steps, so steps are counted; when they are too many, the
 * names are sorted instead, and equal ones are neighbours.
 */
#include "json_names.h"

#include <string.h>

#include "alloc.h"

/* Up to here comparing each with each is the fastest way. */
#define FEW 16

void cairn__names_init(struct cairn__names *names)
{
	names->at = names->few;
	names->count = 0;
	names->cap = CAIRN__NAMES_INLINE;
	names->slots = names->few_slots;
	names->slot_count = CAIRN__SLOTS_INLINE;
}

void cairn__names_clear(struct cairn__names *names)
{
	if (names->at != names->few)
		cairn__raw_alloc(names->at, names->cap * sizeof *names->at, 0);
	if (names->slots != names->few_slots)
		cairn__raw_alloc(names->slots, names->slot_count * sizeof *names->slots, 0);
	cairn__names_init(names);
}

static bool grow(struct cairn__names *names)
{
	size_t size = names->cap * sizeof *names->at;
	bool inside = names->at == names->few;
	struct cairn__name *grown =
		cairn__raw_alloc(inside ? NULL : names->at, inside ? 0 : size, 2 * size);
	if (grown == NULL)
		return false;
	if (inside)
		memcpy(grown, names->few, size);
	names->at = grown;
	names->cap *= 2;
	return true;
}

bool cairn__names_push(struct cairn__names *names, const unsigned char *at, size_t len,
		       bool escaped)
{
	if (names->count == names->cap && !grow(names))
		return false;
	struct cairn__name *name = &names->at[names->count++];
	name->at = at;
	name->len = len;
	name->escaped = escaped;
	name->key = cairn__name_hash(name);
	return true;
}

static bool same(const struct cairn__name *a, const struct cairn__name *b)
{
	return a->key == b->key && cairn__name_compare(a, b) == 0;
}

static const struct cairn__name *twice_among_few(const struct cairn__name *names, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t j = 0; j < i; j++) {
			if (same(&names[i], &names[j]))
				return &names[i];
		}
	}
	return NULL;
}

static enum cairn__names_answer twice_by_sorting(const struct cairn__name *names, size_t n,
						 const struct cairn__name **second)
{
	size_t size = 2 * n * sizeof(const struct cairn__name *);
	const struct cairn__name **sorted = cairn__raw_alloc(NULL, 0, size);
	if (sorted == NULL)
		return CAIRN__NAMES_NOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = &names[i];
	cairn__names_sort(sorted, sorted + n, n);
	enum cairn__names_answer answer = CAIRN__NAMES_UNIQUE;
	for (size_t i = 1; i < n && answer == CAIRN__NAMES_UNIQUE; i++) {
		if (!same(sorted[i - 1], sorted[i]))
			continue;
		answer = CAIRN__NAMES_TWICE;
		*second = sorted[i];
	}
	cairn__raw_alloc(sorted, size, 0);
	return answer;
}

/* At least two slots for each name, a power of two, all empty; 0 without memory. */
static size_t clear_slots(struct cairn__names *names, size_t n)
{
	size_t count = CAIRN__SLOTS_INLINE;
	while (count < 2 * n)
		count *= 2;
	if (count > names->slot_count) {
		bool inside = names->slots == names->few_slots;
		uint32_t *grown = cairn__raw_alloc(inside ? NULL : names->slots,
						   inside ? 0 : names->slot_count * sizeof *grown,
						   count * sizeof *grown);
		if (grown == NULL)
			return 0;
		names->slots = grown;
		names->slot_count = count;
	}
	memset(names->slots, 0, count * sizeof *names->slots);
	return count;
}

static enum cairn__names_answer twice_among_many(struct cairn__names *pile, size_t base,
						 const struct cairn__name **second)
{
	const struct cairn__name *names = pile->at + base;
	size_t n = pile->count - base;
	size_t slots = clear_slots(pile, n);
	if (slots == 0)
		return CAIRN__NAMES_NOMEM;
	size_t steps = 8 * n; /* honest names take about one and a half each */
	for (size_t i = 0; i < n; i++) {
		size_t slot = (size_t)names[i].key & (slots - 1);
		while (pile->slots[slot] != 0) {
			const struct cairn__name *other = &names[pile->slots[slot] - 1];
			if (same(other, &names[i])) {
				*second = &names[i];
				return CAIRN__NAMES_TWICE;
			}
			if (--steps == 0)
				return twice_by_sorting(names, n, second);
			slot = (slot + 1) & (slots - 1);
		}
		pile->slots[slot] = (uint32_t)(i + 1);
	}
	return CAIRN__NAMES_UNIQUE;
}

enum cairn__names_answer cairn__names_pop(struct cairn__names *names, size_t base,
					  const unsigned char **second)
{
	size_t n = names->count - base;
	const struct cairn__name *found = NULL;
	enum cairn__names_answer answer = CAIRN__NAMES_UNIQUE;
	if (n > FEW) {
		answer =
			n < UINT32_MAX ? twice_among_many(names, base, &found) : CAIRN__NAMES_NOMEM;
	} else if (n > 1) {
		found = twice_among_few(names->at + base, n);
		if (found != NULL)
			answer = CAIRN__NAMES_TWICE;
	}
	if (answer == CAIRN__NAMES_TWICE)
		*second = found->at;
	names->count = base;
	return answer;
}
