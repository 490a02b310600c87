/*
 * differ.c - PROGRAM differ SEEDS FIRST STEPS URL...: lives, the same on all these databases. A step after which
 * two of them tell different things ends it; the life is then made shorter as long as it still shows that,
 * and told. TELL in the environment: outcomes of all steps. ONLY="3 17 20": those steps of the seed alone.
 */
#include <stdlib.h>
#include <string.h>

#include "lives.h"

enum { STEPS_OF_LIFE_MAX = 400 };

/* The tenant is in no text that is compared. */
static int same(const struct side *a, const struct side *b)
{
	return a->told_len == b->told_len && memcmp(a->told, b->told, a->told_len) == 0;
}

/* The first step after which two sides differ; `steps` if there is none. */
static uint32_t live(struct side *sides, size_t n, uint64_t seed, const uint8_t *skip,
		     uint32_t steps)
{
	struct life life;
	life_begin(&life, sides, n, seed);
	for (uint32_t k = 0; k < steps; k++) {
		if (skip[k])
			continue;
		for (size_t i = 0; i < n; i++)
			sides[i].told_len = 0;
		life_step(&life, k);
		life_tick(&life, CAIRN_SECOND);
		if (getenv("TELL") != NULL)
			printf("# %lld %u:%.*s\n", (long long)(life.now / CAIRN_SECOND),
			       (unsigned)k, (int)sides[0].told_len, sides[0].told);
		for (size_t i = 0; i < n; i++) {
			say(&sides[i], "\n");
			if (k % 10 == 9 || k + 1 == steps)
				side_tell_state(&sides[i], &life);
			else
				side_tell_summary(&sides[i], &life);
		}
		for (size_t i = 1; i < n; i++) {
			if (!same(&sides[0], &sides[i])) {
				life_end(&life);
				return k;
			}
		}
	}
	life_end(&life);
	return steps;
}

/* ---- a difference -------------------------------------------------------------------------- */

/* Lines around the first that differs. */
static void show(const struct side *side, size_t at)
{
	size_t from = at;
	size_t to = at;
	for (int lines = 0; from > 0 && lines < 4; from--)
		lines += side->told[from - 1] == '\n';
	for (int lines = 0; to < side->told_len && lines < 3; to++)
		lines += side->told[to] == '\n';
	printf("# ---- %s\n", side->name);
	for (size_t i = from; i < to;) {
		const char *end = memchr(side->told + i, '\n', to - i);
		size_t len = end != NULL ? (size_t)(end - (side->told + i)) : to - i;
		printf("#   %.*s\n", (int)len, side->told + i);
		i += len + 1;
	}
}

static void show_difference(const struct side *sides, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		size_t at = 0;
		if (same(&sides[0], &sides[i]))
			continue;
		while (at < sides[0].told_len && at < sides[i].told_len &&
		       sides[0].told[at] == sides[i].told[at])
			at++;
		show(&sides[0], at);
		show(&sides[i], at);
		return;
	}
}

/* Leaves out what the difference does not need: halves first, then ever smaller parts. */
static void shrink(struct side *sides, size_t n, uint64_t seed, uint8_t *skip, uint32_t end)
{
	for (uint32_t size = (end + 1) / 2; size > 0; size /= 2) {
		for (uint32_t from = 0; from < end; from += size) {
			uint8_t before[STEPS_OF_LIFE_MAX];
			uint32_t to = from + size < end ? from + size : end;
			memcpy(before, skip, sizeof before);
			memset(skip + from, 1, to - from);
			if (live(sides, n, seed, skip, end + 1) > end)
				memcpy(skip, before, sizeof before);
		}
	}
	(void)live(sides, n, seed, skip, end + 1);
}

static void leave_out(uint8_t *skip)
{
	const char *only = getenv("ONLY");
	char *end = NULL;
	if (only == NULL)
		return;
	memset(skip, 1, STEPS_OF_LIFE_MAX);
	for (unsigned long k = strtoul(only, &end, 10); end != only; k = strtoul(only, &end, 10)) {
		if (k < STEPS_OF_LIFE_MAX)
			skip[k] = 0;
		only = end;
	}
}

static void tell(struct side *sides, size_t n, uint64_t seed, uint32_t end)
{
	uint8_t skip[STEPS_OF_LIFE_MAX] = { 0 };
	leave_out(skip);
	shrink(sides, n, seed, skip, end);
	printf("# seed %llu differs; these steps of it suffice:", (unsigned long long)seed);
	for (uint32_t k = 0; k <= end; k++) {
		if (!skip[k])
			printf(" %u", (unsigned)k);
	}
	printf("\n");
	show_difference(sides, n);
}

int differ(int argc, char **argv)
{
	static struct side sides[SIDES_MAX];
	static uint8_t none[STEPS_OF_LIFE_MAX];
	if (argc < 6 || argc - 4 > SIDES_MAX) {
		fprintf(stderr, "usage: %s differ SEEDS FIRST STEPS URL URL...\n", game_name);
		return 2;
	}
	uint64_t seeds = strtoull(argv[1], NULL, 10);
	uint64_t first = strtoull(argv[2], NULL, 10);
	uint32_t steps = (uint32_t)strtoul(argv[3], NULL, 10);
	size_t n = (size_t)(argc - 4);
	if (steps > STEPS_OF_LIFE_MAX)
		steps = STEPS_OF_LIFE_MAX;
	leave_out(none);
	for (size_t i = 0; i < n; i++)
		side_open(&sides[i], argv[4 + i]);
	for (uint64_t seed = first; seed < first + seeds; seed++) {
		uint32_t at = live(sides, n, seed, none, steps);
		if (at < steps) {
			tell(sides, n, seed, at);
			return 1;
		}
	}
	printf("# %llu lives of %u steps from seed %llu: the same on %zu databases\n",
	       (unsigned long long)seeds, (unsigned)steps, (unsigned long long)first, n);
	for (size_t i = 0; i < n; i++)
		cairn_close(sides[i].conn);
	return 0;
}
