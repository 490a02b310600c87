/*
 * mutant_replays.c - the slots of replay runs and of ledgers as a mutant has them. (mutant.c)
 */
#include <stdlib.h>

#include "mutant.h"

static const ct_mutant *active;

static const cairn_replay_ops *the_replays(void)
{
	return &ct_real_ops()->replays;
}

static const cairn_budget_ops *the_budgets(void)
{
	return &ct_real_ops()->budgets;
}

/* ---- inside ------------------------------------------------------------------------- */

static cairn_status on_begin(void *self, const cairn_replay_begin_plan *plan,
			     cairn_replay_begun *begun, cairn_rows *memos, cairn_error *err)
{
	cairn_replay_begin_plan mine = *plan;
	if (active->replay_begin)
		active->replay_begin(&mine);
	cairn_status status = the_replays()->begin(self, &mine, begun, memos, err);
	if (status == CAIRN_OK && active->replay_begun)
		active->replay_begun(begun, memos);
	return status;
}

static cairn_status on_enter(void *self, const cairn_enter_plan *plan, cairn_entered *each,
			     cairn_rows *memos, cairn_error *err)
{
	cairn_enter_plan mine = *plan;
	cairn_enter *items = ct_copy_of(plan->items, plan->n, sizeof(*items));
	mine.items = items;
	if (active->replay_enter)
		active->replay_enter(&mine, items);
	cairn_status status = the_replays()->enter(self, &mine, each, memos, err);
	if (status == CAIRN_OK && active->replay_entered)
		active->replay_entered(plan, each, memos);
	free(items);
	return status;
}

static cairn_status on_leave(void *self, const cairn_leave_plan *plan, cairn_left *left,
			     cairn_rows *memos, cairn_error *err)
{
	cairn_leave_plan mine = *plan;
	if (active->replay_leave)
		active->replay_leave(&mine);
	cairn_status status = the_replays()->leave(self, &mine, left, memos, err);
	if (status == CAIRN_OK && active->replay_left)
		active->replay_left(plan, left);
	return status;
}

/* ---- from outside --------------------------------------------------------------------- */

static cairn_status on_runs(void *self, const cairn_replay_query *query, cairn_rows *rows,
			    cairn_error *err)
{
	cairn_replay_query mine = *query;
	if (active->replay_list)
		active->replay_list(&mine);
	cairn_status status = the_replays()->runs(self, &mine, rows, err);
	if (status == CAIRN_OK && active->replays_listed)
		active->replays_listed(query, rows);
	return status;
}

static cairn_status on_memos(void *self, const cairn_memo_query *query, int *found,
			     cairn_rows *rows, cairn_error *err)
{
	cairn_memo_query mine = *query;
	if (active->replay_memos)
		active->replay_memos(&mine);
	return the_replays()->memos(self, &mine, found, rows, err);
}

static cairn_status on_fork(void *self, const cairn_fork_plan *plan, enum cairn_fork_result *result,
			    int64_t *shared, cairn_error *err)
{
	cairn_fork_plan mine = *plan;
	if (active->replay_fork)
		active->replay_fork(&mine);
	cairn_status status = the_replays()->fork(self, &mine, result, shared, err);
	if (status == CAIRN_OK && active->replay_forked)
		active->replay_forked(self, plan, result);
	return status;
}

static cairn_status on_remove(void *self, const cairn_replay_remove_plan *plan,
			      cairn_replay_deleted *deleted, cairn_error *err)
{
	cairn_replay_remove_plan mine = *plan;
	if (active->replay_remove)
		active->replay_remove(&mine);
	ct_advance(active->replay_remove_clock);
	cairn_replay_remove_fn *slot =
		active->replay_remove_slot ? active->replay_remove_slot : the_replays()->remove;
	cairn_status status = slot(self, &mine, deleted, err);
	ct_advance(-active->replay_remove_clock);
	return status;
}

static cairn_status on_send(void *self, const cairn_signal_plan *plan, cairn_signal_placed *each,
			    cairn_signal_spread *spread, cairn_error *err)
{
	cairn_signal_plan mine = *plan;
	cairn_signal_insert *items = ct_copy_of(plan->items, plan->n, sizeof(*items));
	mine.items = items;
	if (active->signal_send)
		active->signal_send(&mine, items);
	cairn_status status = the_replays()->send(self, &mine, each, spread, err);
	if (status == CAIRN_OK && active->signal_sent)
		active->signal_sent(self, plan, each);
	free(items);
	return status;
}

static cairn_status on_signals(void *self, const cairn_signal_query *query, int *found,
			       cairn_rows *rows, cairn_error *err)
{
	cairn_signal_query mine = *query;
	if (active->signal_list)
		active->signal_list(&mine);
	return the_replays()->signals(self, &mine, found, rows, err);
}

/* ---- ledgers ---------------------------------------------------------------------------- */

static cairn_status on_set(void *self, const cairn_budget_set_plan *plan, int *found,
			   cairn_error *err)
{
	cairn_budget_set_plan mine = *plan;
	cairn_budget_new *axes = ct_copy_of(plan->axes, plan->n, sizeof(*axes));
	for (size_t i = 0; i < plan->n && active->budget_set; i++)
		active->budget_set(&axes[i]);
	mine.axes = axes;
	if (active->budget_any)
		mine.scope = cairn_any();
	cairn_status status = the_budgets()->set(self, &mine, found, err);
	free(axes);
	return status;
}

static cairn_status on_write(void *self, const cairn_budget_plan *plan, cairn_budget_result *each,
			     cairn_error *err)
{
	cairn_budget_plan mine = *plan;
	cairn_budget_item *items = ct_copy_of(plan->items, plan->n, sizeof(*items));
	mine.items = items;
	if (active->budget_any)
		mine.scope = cairn_any();
	if (active->budget_write)
		active->budget_write(&mine, items);
	ct_advance(active->budget_clock);
	cairn_status status = the_budgets()->write(self, &mine, each, err);
	ct_advance(-active->budget_clock);
	if (status == CAIRN_OK && active->budget_written)
		active->budget_written(self, plan, each);
	free(items);
	return status;
}

static cairn_status on_read(void *self, cairn_scope scope, cairn_id run, int *found,
			    cairn_rows *rows, cairn_error *err)
{
	cairn_scope mine = active->budget_any ? cairn_any() : scope;
	ct_advance(active->budget_read_clock);
	cairn_status status = the_budgets()->read(self, mine, run, found, rows, err);
	ct_advance(-active->budget_read_clock);
	return status;
}

static cairn_status on_entries(void *self, const cairn_entry_query *query, int *found,
			       cairn_rows *rows, cairn_error *err)
{
	cairn_entry_query mine = *query;
	if (active->budget_any)
		mine.scope = cairn_any();
	if (active->budget_entries)
		active->budget_entries(&mine);
	cairn_status status = the_budgets()->entries(self, &mine, found, rows, err);
	if (status == CAIRN_OK && active->budget_entries_listed)
		active->budget_entries_listed(rows);
	return status;
}

bool ct_mutates_replays(const ct_mutant *mutant)
{
	return mutant->replay_begin || mutant->replay_begun || mutant->replay_enter ||
	       mutant->replay_entered || mutant->replay_leave || mutant->replay_left ||
	       mutant->replay_list || mutant->replays_listed || mutant->replay_memos ||
	       mutant->replay_fork || mutant->replay_forked || mutant->replay_remove ||
	       mutant->replay_remove_clock || mutant->replay_remove_slot || mutant->signal_send ||
	       mutant->signal_sent || mutant->signal_list;
}

bool ct_mutates_budgets(const ct_mutant *mutant)
{
	return mutant->budget_set || mutant->budget_write || mutant->budget_written ||
	       mutant->budget_entries || mutant->budget_entries_listed || mutant->budget_clock ||
	       mutant->budget_read_clock || mutant->budget_any;
}

void ct_wrap_replays(cairn_driver *driver, const ct_mutant *mutant)
{
	static cairn_replay_ops replays;
	static cairn_budget_ops budgets;
	active = mutant;
	replays = *the_replays();
	replays.begin = on_begin;
	replays.enter = on_enter;
	replays.leave = on_leave;
	replays.runs = on_runs;
	replays.memos = on_memos;
	replays.fork = on_fork;
	replays.remove = on_remove;
	replays.send = on_send;
	replays.signals = on_signals;
	budgets = *the_budgets();
	budgets.set = on_set;
	budgets.write = on_write;
	budgets.read = on_read;
	budgets.entries = on_entries;
	driver->replays = driver->replays ? &replays : NULL;
	driver->budgets = driver->budgets ? &budgets : NULL;
}
