/*
 * mutant_checkpoints.c - the slots of checkpoints as a mutant has them. (mutant.c)
 */
#include <stdlib.h>

#include "mutant.h"

static const ct_mutant *active;

static cairn_status on_put(void *self, const cairn_checkpoint_plan *plan,
			   cairn_checkpoint_put_found *each, cairn_error *err)
{
	cairn_checkpoint_plan mine = *plan;
	cairn_checkpoint_insert *items = ct_copy_of(plan->items, plan->n, sizeof(*items));
	for (size_t i = 0; i < plan->n && active->checkpoint; i++)
		active->checkpoint(&items[i]);
	mine.items = items;
	cairn_checkpoint_put_fn *slot = active->checkpoint_put_slot
						? active->checkpoint_put_slot
						: ct_real_ops()->checkpoints.put;
	cairn_status status = slot(self, &mine, each, err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK && active->checkpoint_put; i++)
		active->checkpoint_put(&each[i]);
	free(items);
	return status;
}

static cairn_status on_list(void *self, const cairn_checkpoint_query *query, cairn_rows *rows,
			    cairn_error *err)
{
	cairn_checkpoint_query mine = *query;
	if (active->checkpoint_list)
		active->checkpoint_list(&mine);
	cairn_checkpoint_list_fn *slot = active->checkpoint_list_slot
						 ? active->checkpoint_list_slot
						 : ct_real_ops()->checkpoints.list;
	cairn_status status = slot(self, &mine, rows, err);
	if (status == CAIRN_OK && active->checkpoints_listed)
		active->checkpoints_listed(query, rows);
	return status;
}

static cairn_status on_write(void *self, const cairn_checkpoint_write_plan *plan, size_t *missing,
			     cairn_error *err)
{
	cairn_checkpoint_write_plan mine = *plan;
	cairn_checkpoint_write *writes = ct_copy_of(plan->writes, plan->n, sizeof(*writes));
	for (size_t i = 0; i < plan->n && active->pending; i++)
		active->pending(&writes[i]);
	mine.writes = writes;
	cairn_status status = ct_real_ops()->checkpoints.write(self, &mine, missing, err);
	free(writes);
	return status;
}

static cairn_status on_threads(void *self, const cairn_thread_query *query, cairn_rows *rows,
			       cairn_error *err)
{
	cairn_thread_query mine = *query;
	if (active->thread_list)
		active->thread_list(&mine);
	return ct_real_ops()->checkpoints.threads(self, &mine, rows, err);
}

static cairn_status on_copy(void *self, cairn_str tenant, cairn_str from, cairn_str to,
			    enum cairn_copy_result *result, size_t *copied, cairn_error *err)
{
	cairn_status status =
		ct_real_ops()->checkpoints.copy(self, tenant, from, to, result, copied, err);
	if (status == CAIRN_OK && active->thread_copied)
		active->thread_copied(result, copied);
	return status;
}

static cairn_status on_delete(void *self, const cairn_checkpoint_delete_plan *plan, size_t *deleted,
			      cairn_error *err)
{
	cairn_checkpoint_delete_plan mine = *plan;
	if (active->checkpoint_delete)
		active->checkpoint_delete(&mine);
	return ct_real_ops()->checkpoints.remove(self, &mine, deleted, err);
}

bool ct_mutates_checkpoints(const ct_mutant *mutant)
{
	return mutant->checkpoint || mutant->checkpoint_put || mutant->checkpoint_list ||
	       mutant->checkpoints_listed || mutant->pending || mutant->thread_list ||
	       mutant->thread_copied || mutant->checkpoint_delete || mutant->checkpoint_put_slot ||
	       mutant->checkpoint_list_slot;
}

void ct_wrap_checkpoints(cairn_checkpoint_ops *checkpoints, const ct_mutant *mutant)
{
	active = mutant;
	*checkpoints = ct_real_ops()->checkpoints;
	checkpoints->put = on_put;
	checkpoints->list = on_list;
	checkpoints->write = on_write;
	checkpoints->threads = on_threads;
	checkpoints->remove = on_delete;
	if (checkpoints->copy)
		checkpoints->copy = on_copy;
}
