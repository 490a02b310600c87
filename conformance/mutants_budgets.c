/*
 * mutants_budgets.c - the mutants of ledgers, and of replay runs as they are seen and changed from outside.
 * (mutants.c: the others)
 */
#include <string.h>

#include "mutant.h"

/* ---- what fits ------------------------------------------------------------------------ */

static void set_total(void *self, cairn_id run, cairn_str axis, int64_t total)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_budget_new budget = { .axis = axis, .kind = CAIRN_BUDGET_HARD, .total = total };
	cairn_budget_set_plan plan = { .scope = cairn_any(), .run = run, .axes = &budget, .n = 1 };
	int found = 0;
	(void)ct_real_ops()->budgets.set(self, &plan, &found, &err);
}

/* What was refused is written all the same, if it is what the mutant lets through. */
static void let_through(void *self, const cairn_budget_plan *plan, cairn_budget_result *each)
{
	cairn_error err = CAIRN_ERROR_INIT;
	int64_t total = each->total;
	set_total(self, plan->items->run, plan->items->axis, INT64_MAX);
	(void)ct_real_ops()->budgets.write(self, plan, each, &err);
	set_total(self, plan->items->run, plan->items->axis, total);
	each->total = total;
}

static void without_reservations(void *self, const cairn_budget_plan *plan,
				 cairn_budget_result *each)
{
	if (plan->n == 1 && each->how == CAIRN_BUDGET_EXCEEDED && each->reserved > 0 &&
	    each->spent + plan->items->amount <= each->total)
		let_through(self, plan, each);
}

static void one_too_many(void *self, const cairn_budget_plan *plan, cairn_budget_result *each)
{
	if (plan->n == 1 && each->how == CAIRN_BUDGET_EXCEEDED &&
	    each->spent + each->reserved + plan->items->amount == each->total + 1)
		let_through(self, plan, each);
}

static void charged_again(void *self, const cairn_budget_plan *plan, cairn_budget_result *each)
{
	cairn_error err = CAIRN_ERROR_INIT;
	if (plan->n != 1 || each->how != CAIRN_BUDGET_EXISTS || plan->verb != CAIRN_BUDGET_CHARGE)
		return;
	cairn_budget_item item = plan->items[0];
	cairn_budget_plan mine = *plan;
	item.source_id = cairn_str_of(ct_format("again%u", ct_number()));
	mine.items = &item;
	(void)ct_real_ops()->budgets.write(self, &mine, each, &err);
}

static void told_as_new(void *self, const cairn_budget_plan *plan, cairn_budget_result *each)
{
	(void)self;
	for (size_t i = 0; i < plan->n; i++) {
		if (each[i].how == CAIRN_BUDGET_EXISTS)
			each[i].how = CAIRN_BUDGET_DONE;
	}
}

static void never_out_of_range(void *self, const cairn_budget_plan *plan, cairn_budget_result *each)
{
	(void)self;
	for (size_t i = 0; i < plan->n; i++) {
		if (each[i].how == CAIRN_BUDGET_OVERFLOW)
			each[i].how = CAIRN_BUDGET_DONE;
	}
}

static void conflicts_exist(void *self, const cairn_budget_plan *plan, cairn_budget_result *each)
{
	(void)self;
	for (size_t i = 0; i < plan->n; i++) {
		if (each[i].how == CAIRN_BUDGET_CONFLICT)
			each[i].how = CAIRN_BUDGET_EXISTS;
	}
}

/* ---- how it is written ------------------------------------------------------------------ */

static void some_of_all(cairn_budget_plan *plan, cairn_budget_item *items)
{
	(void)items;
	plan->all = 0;
}

static void one_source_type(cairn_budget_plan *plan, cairn_budget_item *items)
{
	for (size_t i = 0; i < plan->n; i++)
		items[i].source_type = CAIRN_STR("s");
}

static void half_as_long(cairn_budget_plan *plan, cairn_budget_item *items)
{
	(void)items;
	plan->duration /= 2;
}

static void whoever_holds_it(cairn_budget_plan *plan, cairn_budget_item *items)
{
	(void)items;
	memset(&plan->lease, 0, sizeof plan->lease);
	plan->fence = 0;
}

static void reserving_charges(cairn_budget_plan *plan, cairn_budget_item *items)
{
	(void)items;
	if (plan->verb == CAIRN_BUDGET_RESERVE)
		plan->verb = CAIRN_BUDGET_CHARGE;
}

static void only_soft(cairn_budget_new *axis)
{
	axis->kind = CAIRN_BUDGET_SOFT;
}

static void only_hard(cairn_budget_new *axis)
{
	axis->kind = CAIRN_BUDGET_HARD;
}

static void every_axis(cairn_entry_query *query)
{
	query->axis = (cairn_str){ NULL, 0 };
}

static void released_until(cairn_rows *entries)
{
	for (size_t i = 0; i < cairn_rows_count(entries); i++) {
		cairn_entry *entry = cairn_rows_at(entries, i);
		if (entry->state == CAIRN_ENTRY_RELEASED)
			entry->expires_at = entry->updated_at + CAIRN_SECOND;
	}
}

static void from_the_first(cairn_entry_query *query)
{
	query->after = 0;
}

/* ---- steps -------------------------------------------------------------------------------- */

static void free_of_charge(cairn_leave_plan *plan)
{
	plan->charge_count = 0;
}

static void free_failures(cairn_leave_plan *plan)
{
	if (plan->to != CAIRN_MEMO_COMPLETED)
		plan->charge_count = 0;
}

/* Who began which run last, in this process, which is this case. */
static struct holder {
	cairn_id run;
	int64_t fence;
} holders[64];
static size_t holder_count;

static struct holder *holder_of(cairn_id run)
{
	size_t at = 0;
	while (at < holder_count && cairn_id_compare(holders[at].run, run) != 0)
		at++;
	if (at == holder_count && holder_count < sizeof holders / sizeof *holders)
		holders[holder_count++].run = run;
	return at < holder_count ? &holders[at] : NULL;
}

static void remember_holder(cairn_replay_begun *begun, cairn_rows *memos)
{
	(void)memos;
	struct holder *holder = holder_of(begun->run.id);
	if (holder && begun->hit == CAIRN_HIT && begun->run.fence > 0)
		holder->fence = begun->run.fence;
}

static void stale_asks(cairn_enter_plan *plan, cairn_enter *items)
{
	(void)items;
	const struct holder *holder = holder_of(plan->run);
	if (holder && holder->fence > plan->fence)
		plan->fence = holder->fence;
}

static void stale_ends(cairn_leave_plan *plan)
{
	const struct holder *holder = holder_of(plan->run);
	if (holder && holder->fence > plan->fence)
		plan->fence = holder->fence;
}

static void orphans_go_on(cairn_replay_begun *begun, cairn_rows *memos)
{
	(void)memos;
	begun->orphaned = 0;
}

/* ---- from outside ---------------------------------------------------------------------------- */

static void no_children(cairn_replay_query *query)
{
	if (query->parents)
		query->type = CAIRN_STR("nobody's type");
}

static unsigned levels;

static void only_the_first_level(cairn_replay_query *query)
{
	if (query->parents && ++levels > 1)
		query->type = CAIRN_STR("nobody's type");
}

static void failures_only(const cairn_replay_query *query, cairn_rows *rows)
{
	(void)query;
	for (size_t i = 0; i < cairn_rows_count(rows); i++) {
		cairn_replay_run *run = cairn_rows_at(rows, i);
		if (run->status == CAIRN_REPLAY_SUCCEEDED || run->status == CAIRN_REPLAY_CANCELED)
			run->status = CAIRN_REPLAY_FAILED;
	}
}

/* Goes with the one above: what was taken for a failure is put back. */
static void a_success_is_put_back(cairn_change *change)
{
	if (change->to == CAIRN_JOB_PENDING && (change->guard & CAIRN_GUARD_RUN))
		change->from |= 1u << CAIRN_JOB_SUCCEEDED;
}

static void suspended_is_enqueued(const cairn_replay_query *query, cairn_rows *rows)
{
	(void)query;
	for (size_t i = 0; i < cairn_rows_count(rows); i++) {
		cairn_replay_run *run = cairn_rows_at(rows, i);
		if (run->status == CAIRN_REPLAY_SUSPENDED)
			run->status = CAIRN_REPLAY_ENQUEUED;
	}
}

static void of_any_root(cairn_replay_query *query)
{
	if (!cairn_id_is_none(query->run))
		memset(&query->root, 0, sizeof query->root);
}

static void of_any_parent(cairn_replay_query *query)
{
	if (!cairn_id_is_none(query->run))
		query->parents = NULL;
}

static void children_of_any_root(cairn_replay_query *query)
{
	if (query->parents)
		memset(&query->root, 0, sizeof query->root);
}

static void everybodys_runs(cairn_replay_query *query)
{
	query->scope = cairn_any();
}

static void everybodys_memos(cairn_memo_query *query)
{
	query->scope = cairn_any();
}

static void memos_in_any_status(cairn_memo_query *query)
{
	query->statuses = ~0u;
}

static void everybodys_signals(cairn_signal_query *query)
{
	query->scope = cairn_any();
}

static void from_the_top(cairn_fork_plan *plan)
{
	plan->name = (cairn_str){ NULL, 0 };
	plan->seq = 0;
}

static void one_step_more(cairn_fork_plan *plan)
{
	plan->seq += plan->name.len == 0;
}

static void everybodys_source(cairn_fork_plan *plan)
{
	plan->scope = cairn_any();
}

static void takes_the_purse_along(void *self, const cairn_fork_plan *plan,
				  enum cairn_fork_result *result)
{
	if (*result == CAIRN_FORK_DONE)
		set_total(self, plan->id, CAIRN_STR("a"), 10);
}

static cairn_id last_fork;

static void notes_the_fork(void *self, const cairn_fork_plan *plan, enum cairn_fork_result *result)
{
	(void)self;
	(void)result;
	last_fork = plan->id;
}

/* As if a step that had failed had been copied, too. */
static void a_failure_too(cairn_replay_begun *begun, cairn_rows *memos)
{
	if (cairn_id_compare(begun->run.id, last_fork) != 0 || cairn_rows_count(memos) == 0)
		return;
	cairn_memo failed = *(const cairn_memo *)cairn_rows_at(memos, 0);
	failed.name = CAIRN_STR("three");
	failed.seq = begun->steps + 1;
	failed.status = CAIRN_MEMO_FAILED;
	failed.last_attempt = begun->run.attempt;
	failed.result = (cairn_str){ NULL, 0 };
	cairn_memo *row = cairn_rows_push(memos);
	if (row)
		*row = failed;
}

/* As if the fork had not needed it; as if it had been put in line. */
static void needs_nothing(cairn_rows *jobs)
{
	for (size_t i = 0; i < cairn_rows_count(jobs); i++) {
		cairn_job *job = cairn_rows_at(jobs, i);
		if (cairn_id_compare(job->id, last_fork) == 0)
			job->resource_key = (cairn_str){ NULL, 0 };
	}
}

static void in_line_at_once(cairn_rows *jobs)
{
	for (size_t i = 0; i < cairn_rows_count(jobs); i++) {
		cairn_job *job = cairn_rows_at(jobs, i);
		if (cairn_id_compare(job->id, last_fork) == 0)
			job->parked = 0;
	}
}

static void never_dry(cairn_replay_remove_plan *plan)
{
	plan->dry = 0;
}

static void of_any_type(cairn_replay_remove_plan *plan)
{
	plan->type = (cairn_str){ NULL, 0 };
}

static void of_any_end(cairn_replay_remove_plan *plan)
{
	plan->statuses = 1u << CAIRN_JOB_SUCCEEDED | 1u << CAIRN_JOB_DEAD_LETTERED |
			 1u << CAIRN_JOB_CANCELED;
}

static void of_any_tree(cairn_replay_remove_plan *plan)
{
	memset(&plan->run, 0, sizeof plan->run);
}

static void everybodys_trees(cairn_replay_remove_plan *plan)
{
	plan->scope = cairn_any();
}

/* Goes with a clock that is a day ahead. */
static void of_the_same_age(cairn_replay_remove_plan *plan)
{
	plan->age += CAIRN_DAY;
}

static void in_its_own_words(const cairn_enter_plan *plan, cairn_entered *each, cairn_rows *memos)
{
	for (size_t i = 0; i < plan->n && plan->verb == CAIRN_MEMO_CHILD; i++) {
		cairn_memo *memo = each[i].row > 0 ? cairn_rows_at(memos, each[i].row - 1) : NULL;
		if (memo && cairn_str_equal(memo->error_code, CAIRN_STR("replay.child_lost")))
			memo->error_message = CAIRN_STR("it broke");
	}
}

static cairn_id last_child;

static void notes_the_child(const cairn_enter_plan *plan, cairn_entered *each, cairn_rows *memos)
{
	for (size_t i = 0; i < plan->n && plan->verb == CAIRN_MEMO_CHILD; i++) {
		if (each[i].row > 0)
			last_child =
				((const cairn_memo *)cairn_rows_at(memos, each[i].row - 1))->child;
	}
}

/* Goes with the one above: the child is over when its tree is looked at. */
static cairn_status over_a_childs_head(void *self, const cairn_replay_remove_plan *plan,
				       cairn_replay_deleted *deleted, cairn_error *err)
{
	cairn_change change = { .id = last_child,
				.from = 1u << CAIRN_JOB_PENDING,
				.to = CAIRN_JOB_CANCELED,
				.ending = CAIRN_ENDING_CANCELED,
				.scope = cairn_any(),
				.set = CAIRN_SET_FINISHED };
	cairn_change_result result = { .hit = CAIRN_MISS };
	cairn_change_plan alone = { .changes = &change, .n = 1 };
	cairn_status status = ct_real_ops()->jobs.change(self, &alone, &result, NULL, err);
	return status == CAIRN_OK ? ct_real_ops()->replays.remove(self, plan, deleted, err)
				  : status;
}

#define BUDGETS .cases = "budgets.*"
#define REPLAYS .cases = "replays.*"

const ct_mutant ct_budget_mutants[] = {
	{ "budget.hard_without_reservations", "compares a HARD total with what is charged alone",
	  BUDGETS, .budget_written = without_reservations },
	{ "budget.one_too_many", "lets one unit more through than a HARD total", BUDGETS,
	  .budget_written = one_too_many },
	{ "budget.reservations_never_over", "counts reservations that are over, when it writes",
	  BUDGETS, .budget_clock = -CAIRN_HOUR },
	{ "budget.over_is_read_as_reserved", "counts reservations that are over, when it reads",
	  BUDGETS, .budget_read_clock = -CAIRN_HOUR },
	{ "budget.charged_again", "charges a source again that has charged", BUDGETS,
	  .budget_written = charged_again },
	{ "budget.existing_is_new", "tells what was so before as new", BUDGETS,
	  .budget_written = told_as_new },
	{ "budget.out_of_range", "tells what is out of range as done", BUDGETS,
	  .budget_written = never_out_of_range },
	{ "budget.conflicts_exist", "tells an entry with another amount as existing", BUDGETS,
	  .budget_written = conflicts_exist },
	{ "budget.one_source_type", "tells entries apart by their source's id alone", BUDGETS,
	  .budget_write = one_source_type },
	{ "budget.half_as_long", "holds reservations half as long", BUDGETS,
	  .budget_write = half_as_long },
	{ "budget.reserving_charges", "charges what is to be reserved", BUDGETS,
	  .budget_write = reserving_charges },
	{ "budget.only_soft", "has no HARD totals", BUDGETS, .budget_set = only_soft },
	{ "budget.only_hard", "has no SOFT totals", BUDGETS, .budget_set = only_hard },
	{ "budget.entries_of_every_axis", "lists the entries of every axis", BUDGETS,
	  .budget_entries = every_axis },
	{ "budget.entries_from_the_first", "lists entries from the first on", BUDGETS,
	  .budget_entries = from_the_first },
	{ "budget.released_until", "keeps expires_at of what was released", BUDGETS,
	  .budget_entries_listed = released_until },
	{ "budget.everybodys", "reads and charges budgets outside the scope", REPLAYS,
	  .budget_any = true },
	{ "budget.some_of_all", "reserves what fits of all that a step asks for", REPLAYS,
	  .budget_write = some_of_all },
	{ "budget.whoever_holds_it", "reserves for a step under any lease", REPLAYS,
	  .budget_write = whoever_holds_it },
	{ "replay.free_of_charge", "loses what a step cost", REPLAYS,
	  .replay_leave = free_of_charge },
	{ "replay.free_failures", "loses what a failed step cost", REPLAYS,
	  .replay_leave = free_failures },
	{ "replay.stale_asks", "lets a worker begin steps that lost the run", REPLAYS,
	  .replay_begun = remember_holder, .replay_enter = stale_asks },
	{ "replay.stale_ends", "lets a worker end steps that lost the run", REPLAYS,
	  .replay_begun = remember_holder, .replay_leave = stale_ends },
	{ "replay.orphans_go_on", "lets children of a canceled run begin", REPLAYS,
	  .replay_begun = orphans_go_on },
	{ "replay.cancel_without_children", "cancels runs without their children", REPLAYS,
	  .replay_list = no_children },
	{ "replay.cancel_one_level", "cancels runs with their children, and no deeper", REPLAYS,
	  .replay_list = only_the_first_level },
	{ "replay.every_end_is_a_failure", "takes what is over for failed", REPLAYS,
	  .replays_listed = failures_only },
	{ "replay.resumes_a_success", "puts a run back that succeeded", REPLAYS,
	  .replays_listed = failures_only, .change = a_success_is_put_back },
	{ "replay.suspended_is_enqueued", "takes what is suspended for enqueued", REPLAYS,
	  .replays_listed = suspended_is_enqueued },
	{ "replay.run_of_any_root", "reads a run without looking at its tree", REPLAYS,
	  .replay_list = of_any_root },
	{ "replay.run_of_any_parent", "reads a run without looking at its parent", REPLAYS,
	  .replay_list = of_any_parent },
	{ "replay.children_of_any_root", "lists children without looking at their tree", REPLAYS,
	  .replay_list = children_of_any_root },
	{ "replay.everybodys_runs", "reads runs outside the scope", REPLAYS,
	  .replay_list = everybodys_runs },
	{ "replay.everybodys_memos", "reads steps outside the scope", REPLAYS,
	  .replay_memos = everybodys_memos },
	{ "replay.memos_in_any_status", "lists steps in any status", REPLAYS,
	  .replay_memos = memos_in_any_status },
	{ "replay.everybodys_signals", "reads signals outside the scope", REPLAYS,
	  .signal_list = everybodys_signals },
	{ "replay.fork_from_the_top", "forks without any step", REPLAYS,
	  .replay_fork = from_the_top },
	{ "replay.fork_one_more", "shares one step more", REPLAYS, .replay_fork = one_step_more },
	{ "replay.fork_with_failures", "copies steps that failed", REPLAYS,
	  .replay_forked = notes_the_fork, .replay_begun = a_failure_too },
	{ "replay.fork_everybodys", "forks runs outside the scope", REPLAYS,
	  .replay_fork = everybodys_source },
	{ "replay.fork_with_budget", "takes a budget along into a fork", REPLAYS,
	  .replay_forked = takes_the_purse_along },
	{ "replay.fork_needs_nothing", "forks without the resource that the source needs", REPLAYS,
	  .replay_forked = notes_the_fork, .listed = needs_nothing },
	{ "replay.fork_in_line_at_once", "does not park a fork for later", REPLAYS,
	  .replay_forked = notes_the_fork, .listed = in_line_at_once },
	{ "replay.child_without_a_code", "tells an end without a code in words of its own", REPLAYS,
	  .replay_entered = in_its_own_words },
	{ "replay.delete_never_dry", "deletes in a dry run", REPLAYS, .replay_remove = never_dry },
	{ "replay.delete_any_type", "deletes trees of any type", REPLAYS,
	  .replay_remove = of_any_type },
	{ "replay.delete_any_end", "deletes trees however they ended", REPLAYS,
	  .replay_remove = of_any_end },
	{ "replay.delete_any_tree", "deletes other trees than the one that was named", REPLAYS,
	  .replay_remove = of_any_tree },
	{ "replay.delete_everybodys", "deletes trees outside the scope", REPLAYS,
	  .replay_remove = everybodys_trees },
	{ "replay.delete_leased", "deletes trees whose workers still hold a lease", REPLAYS,
	  .replay_remove = of_the_same_age, .replay_remove_clock = CAIRN_DAY },
	{ "replay.delete_unfinished", "deletes trees of which a child is still to begin", REPLAYS,
	  .replay_entered = notes_the_child, .replay_remove_slot = over_a_childs_head },
};

const size_t ct_budget_mutant_count = sizeof(ct_budget_mutants) / sizeof(ct_budget_mutants[0]);
