/*
 * mutant_locks.c - the slots of locks as a mutant has them. (mutant.c)
 */
#include "mutant.h"

static const ct_mutant *active;

static cairn_status on_take(void *self, const cairn_lock_plan *plan, int64_t *fence,
			    cairn_time *expires_at, cairn_error *err)
{
	cairn_lock_plan mine = *plan;
	if (active->lock_take)
		active->lock_take(&mine);
	if (active->lock_clock)
		ct_advance(active->lock_clock);
	cairn_status status = ct_real_ops()->locks.take(self, &mine, fence, expires_at, err);
	if (active->lock_clock)
		ct_advance(-active->lock_clock);
	if (status == CAIRN_OK && active->lock_taken)
		active->lock_taken(plan, fence, expires_at);
	return status;
}

static cairn_status on_change(void *self, const cairn_lock_change *change, int *hit,
			      cairn_time *expires_at, cairn_error *err)
{
	cairn_lock_change mine = *change;
	if (active->lock_change)
		active->lock_change(&mine);
	return ct_real_ops()->locks.change(self, &mine, hit, expires_at, err);
}

static cairn_status on_list(void *self, const cairn_lock_query *query, cairn_time *now,
			    cairn_rows *rows, cairn_error *err)
{
	cairn_lock_query mine = *query;
	if (active->lock_list)
		active->lock_list(&mine);
	cairn_status status = ct_real_ops()->locks.list(self, &mine, now, rows, err);
	if (status == CAIRN_OK && active->locks_listed)
		active->locks_listed(rows);
	return status;
}

static cairn_status on_prune(void *self, cairn_str tenant, cairn_usec age, uint32_t limit,
			     size_t *pruned, cairn_error *err)
{
	if (active->lock_prune)
		active->lock_prune(&tenant, &age, &limit);
	return ct_real_ops()->locks.prune(self, tenant, age, limit, pruned, err);
}

bool ct_mutates_locks(const ct_mutant *mutant)
{
	return mutant->lock_take || mutant->lock_taken || mutant->lock_change ||
	       mutant->lock_change_slot || mutant->lock_list || mutant->locks_listed ||
	       mutant->lock_prune || mutant->lock_clock;
}

void ct_wrap_locks(cairn_lock_ops *locks, const ct_mutant *mutant)
{
	active = mutant;
	*locks = ct_real_ops()->locks;
	locks->take = on_take;
	locks->change = mutant->lock_change_slot ? mutant->lock_change_slot : on_change;
	locks->list = on_list;
	locks->prune = on_prune;
}
