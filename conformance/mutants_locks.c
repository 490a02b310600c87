/*
 * mutants_locks.c - the mutants of named locks. (mutants.c: the others)
 */
#include "mutant.h"

static void always_had(const cairn_lock_plan *plan, int64_t *fence, cairn_time *expires_at)
{
	if (*fence != 0)
		return;
	*fence = ct_now();
	*expires_at = ct_now() + plan->ttl;
}

static void no_ttl(cairn_lock_plan *plan)
{
	plan->ttl = CAIRN_LOCK_TTL;
}

static void no_holder(cairn_lock_plan *plan)
{
	plan->holder = (cairn_str){ NULL, 0 };
}

static void one_for_all(cairn_lock_plan *plan)
{
	plan->tenant = CAIRN_STR("everybody");
}

/* A lock that is free is forgotten, and with it the fence it had. */
static cairn_status forget(void *self, const cairn_lock_change *change, int *hit,
			   cairn_time *expires_at, cairn_error *err)
{
	size_t pruned = 0;
	cairn_status status = ct_real_ops()->locks.change(self, change, hit, expires_at, err);
	if (status == CAIRN_OK && *hit && change->act != CAIRN_LOCK_EXTEND)
		status = ct_real_ops()->locks.prune(self, change->tenant, 0, 1000, &pruned, err);
	return status;
}

/* What is over is extended as if it were not, while nobody else has it. */
static cairn_status revive(void *self, const cairn_lock_change *change, int *hit,
			   cairn_time *expires_at, cairn_error *err)
{
	cairn_status status = ct_real_ops()->locks.change(self, change, hit, expires_at, err);
	if (status != CAIRN_OK || *hit || change->act != CAIRN_LOCK_EXTEND)
		return status;
	ct_advance(-CAIRN_LOCK_TTL);
	status = ct_real_ops()->locks.change(self, change, hit, expires_at, err);
	ct_advance(CAIRN_LOCK_TTL);
	return status;
}

static void free_anybodys(cairn_lock_change *change)
{
	if (change->act == CAIRN_LOCK_RELEASE)
		change->act = CAIRN_LOCK_BREAK;
}

static void break_nothing(cairn_lock_change *change)
{
	if (change->act == CAIRN_LOCK_BREAK)
		change->act = CAIRN_LOCK_RELEASE;
}

static void extend_as_usual(cairn_lock_change *change)
{
	change->ttl = CAIRN_LOCK_TTL;
}

static void no_prefix(cairn_lock_query *query)
{
	query->prefix = (cairn_str){ NULL, 0 };
}

static void no_cursor(cairn_lock_query *query)
{
	query->after = (cairn_str){ NULL, 0 };
}

static void never_expired(cairn_rows *rows)
{
	for (size_t i = 0; i < cairn_rows_count(rows); i++) {
		cairn_lock_row *row = cairn_rows_at(rows, i);
		row->expired = 0;
	}
}

static void impatient(cairn_str *tenant, cairn_usec *age, uint32_t *limit)
{
	(void)tenant;
	(void)limit;
	*age /= 2;
}

static void everybodys(cairn_str *tenant, cairn_usec *age, uint32_t *limit)
{
	(void)age;
	(void)limit;
	*tenant = (cairn_str){ NULL, 0 };
}

static void greedy(cairn_str *tenant, cairn_usec *age, uint32_t *limit)
{
	(void)tenant;
	(void)age;
	*limit = 10000;
}

#define LOCKS .cases = "locks.*"

const ct_mutant ct_lock_mutants[] = {
	{ .name = "lock_two_holders",
	  .rule = "hands out a lock that somebody holds",
	  LOCKS,
	  .lock_taken = always_had },
	{ .name = "lock_free_too_late",
	  .rule = "calls a lock held at the time it is over",
	  LOCKS,
	  .lock_clock = -1 },
	{ .name = "lock_free_too_early",
	  .rule = "calls a lock free before its time is over",
	  LOCKS,
	  .lock_clock = 1 },
	{ .name = "lock_of_all_tenants",
	  .rule = "has one lock of a name, whoever's it is",
	  LOCKS,
	  .lock_take = one_for_all },
	{ .name = "lock_ttl_ignored",
	  .rule = "holds every lock for 30 seconds",
	  LOCKS,
	  .lock_take = no_ttl },
	{ .name = "lock_holder_lost",
	  .rule = "forgets who said to hold it",
	  LOCKS,
	  .lock_take = no_holder },
	{ .name = "lock_fence_forgotten",
	  .rule = "forgets a released lock's fence",
	  LOCKS,
	  .lock_change_slot = forget },
	{ .name = "lock_revived",
	  .rule = "extends a lock whose time is over",
	  LOCKS,
	  .lock_change_slot = revive },
	{ .name = "lock_released_by_anybody",
	  .rule = "frees a lock whatever its fence",
	  LOCKS,
	  .lock_change = free_anybodys },
	{ .name = "lock_unbreakable",
	  .rule = "breaks nothing",
	  LOCKS,
	  .lock_change = break_nothing },
	{ .name = "lock_extended_as_usual",
	  .rule = "extends by 30 seconds, whatever was said",
	  LOCKS,
	  .lock_change = extend_as_usual },
	{ .name = "lock_prefix_ignored",
	  .rule = "lists locks of every name",
	  LOCKS,
	  .lock_list = no_prefix },
	{ .name = "lock_cursor_ignored",
	  .rule = "lists from the beginning",
	  LOCKS,
	  .lock_list = no_cursor },
	{ .name = "lock_never_expired",
	  .rule = "does not say that a lock's time is over",
	  LOCKS,
	  .locks_listed = never_expired },
	{ .name = "lock_pruned_early",
	  .rule = "prunes locks at half the age",
	  LOCKS,
	  .lock_prune = impatient },
	{ .name = "lock_prune_of_all_tenants",
	  .rule = "prunes everybody's locks",
	  LOCKS,
	  .lock_prune = everybodys },
	{ .name = "lock_prune_unbounded",
	  .rule = "prunes more than it may",
	  LOCKS,
	  .lock_prune = greedy },
};

const size_t ct_lock_mutant_count = sizeof(ct_lock_mutants) / sizeof(ct_lock_mutants[0]);
