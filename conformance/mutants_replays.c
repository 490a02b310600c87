/*
 * mutants_replays.c - the mutants of replay runs as their programs see them: what is remembered, waited for and woken.
 * (mutants_budgets.c: from outside; mutants.c: the others)
 */
#include <string.h>

#include "mutant.h"

static const char *text(cairn_str str)
{
	return ct_format("%.*s", (int)str.len, str.len > 0 ? str.ptr : "");
}

static bool same(cairn_str a, cairn_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* The memo of an item, as it was answered; NULL: none. */
static cairn_memo *memo_of(const cairn_entered *entered, cairn_rows *memos)
{
	return entered->row > 0 ? cairn_rows_at(memos, entered->row - 1) : NULL;
}

/* ---- beginning ------------------------------------------------------------------------ */

static void any_code(cairn_replay_begin_plan *plan)
{
	plan->recode = 1;
}

static void always_the_first(cairn_replay_begun *begun, cairn_rows *memos)
{
	(void)memos;
	begun->run.attempt = 1;
}

static void the_roots_scope(cairn_replay_begun *begun, cairn_rows *memos)
{
	(void)memos;
	begun->run.scope = CAIRN_STR("root");
}

static void the_first_page_only(cairn_replay_begun *begun, cairn_rows *memos)
{
	begun->steps = (int64_t)cairn_rows_count(memos);
}

/* The fence under which each run was begun last, in this process, which is this case. */
static struct fence {
	cairn_id run;
	int64_t fence;
} fences[64];
static size_t fence_count;

static void learn_fence(cairn_replay_begun *begun, cairn_rows *memos)
{
	(void)memos;
	for (size_t i = 0; i < fence_count; i++) {
		if (cairn_id_compare(fences[i].run, begun->run.id) == 0) {
			fences[i].fence = begun->run.fence;
			return;
		}
	}
	if (fence_count < sizeof fences / sizeof *fences)
		fences[fence_count++] =
			(struct fence){ .run = begun->run.id, .fence = begun->run.fence };
}

static int64_t fence_of(cairn_id run, int64_t fence)
{
	for (size_t i = 0; i < fence_count; i++) {
		if (cairn_id_compare(fences[i].run, run) == 0)
			return fences[i].fence;
	}
	return fence;
}

static void enter_by_any_fence(cairn_enter_plan *plan, cairn_enter *items)
{
	(void)items;
	plan->fence = fence_of(plan->run, plan->fence);
}

static void leave_by_any_fence(cairn_leave_plan *plan)
{
	plan->fence = fence_of(plan->run, plan->fence);
}

/* ---- what is remembered ------------------------------------------------------------------ */

static void forgets(cairn_replay_begun *begun, cairn_rows *memos)
{
	begun->steps = 0;
	cairn_rows_truncate(memos, 0);
}

static void runs_it_again(const cairn_enter_plan *plan, cairn_entered *each, cairn_rows *memos)
{
	for (size_t i = 0; i < plan->n && plan->verb == CAIRN_MEMO_STEP; i++) {
		cairn_memo *memo = memo_of(&each[i], memos);
		if (!memo || memo->status != CAIRN_MEMO_COMPLETED)
			continue;
		each[i].how = CAIRN_ENTER_BEGUN;
		memo->status = CAIRN_MEMO_RUNNING;
		memo->claim = plan->items[i].id;
	}
}

static void done_if_failed(cairn_memo *memo)
{
	if (memo->status == CAIRN_MEMO_FAILED)
		memo->status = CAIRN_MEMO_COMPLETED;
}

static void failures_are_done(cairn_replay_begun *begun, cairn_rows *memos)
{
	(void)begun;
	for (size_t i = 0; i < cairn_rows_count(memos); i++)
		done_if_failed(cairn_rows_at(memos, i));
}

static void all_share_it(const cairn_enter_plan *plan, cairn_entered *each, cairn_rows *memos)
{
	for (size_t i = 0; i < plan->n; i++) {
		cairn_memo *memo = memo_of(&each[i], memos);
		if (memo && memo->status == CAIRN_MEMO_RUNNING)
			memo->claim = plan->items[i].id;
	}
}

static void failures_of_all_attempts(const cairn_enter_plan *plan, cairn_entered *each,
				     cairn_rows *memos)
{
	for (size_t i = 0; i < plan->n; i++) {
		cairn_memo *memo = memo_of(&each[i], memos);
		if (memo)
			memo->failures = memo->attempts - 1;
	}
}

static void not_counted(cairn_enter_plan *plan, cairn_enter *items)
{
	const char *mark = NULL;
	if (plan->n == 1 && items[0].name.len > 0)
		mark = memchr(items[0].name.ptr, '#', items[0].name.len);
	if (mark)
		items[0].name.len = (size_t)(mark - items[0].name.ptr);
}

static void value_of_now(const cairn_enter_plan *plan, cairn_entered *each, cairn_rows *memos)
{
	for (size_t i = 0; i < plan->n && plan->verb == CAIRN_MEMO_VALUE; i++) {
		cairn_memo *memo = memo_of(&each[i], memos);
		if (memo)
			memo->result = plan->items[i].result;
	}
}

static void without_blanks(cairn_leave_plan *plan)
{
	char *tight = ct_alloc(plan->result.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < plan->result.len; i++) {
		if (plan->result.ptr[i] != ' ')
			tight[len++] = plan->result.ptr[i];
	}
	if (plan->result.len > 0)
		plan->result = (cairn_str){ tight, len };
}

static void without_a_wait(cairn_leave_plan *plan)
{
	plan->wait = 0;
}

static void without_a_wish(cairn_leave_plan *plan)
{
	plan->not_before = 0;
}

static void without_charges(cairn_leave_plan *plan)
{
	plan->charge_count = 0;
}

static void enters_silently(cairn_enter_plan *plan, cairn_enter *items)
{
	(void)items;
	plan->record = 0;
}

static void enters_loudly(cairn_enter_plan *plan, cairn_enter *items)
{
	(void)items;
	plan->record = ~0u;
}

static void leaves_silently(cairn_leave_plan *plan)
{
	plan->record = 0;
}

/* ---- sleeping ----------------------------------------------------------------------------- */

static void from_now_on(const cairn_enter_plan *plan, cairn_entered *each, cairn_rows *memos)
{
	for (size_t i = 0; i < plan->n && plan->verb == CAIRN_MEMO_SLEEP; i++) {
		cairn_memo *memo = memo_of(&each[i], memos);
		if (memo && memo->status == CAIRN_MEMO_WAITING)
			memo->wake_at = ct_now() + plan->items[i].wait;
	}
}

static void wakes_early(const cairn_enter_plan *plan, cairn_entered *each, cairn_rows *memos)
{
	for (size_t i = 0; i < plan->n && plan->verb == CAIRN_MEMO_SLEEP; i++) {
		cairn_memo *memo = memo_of(&each[i], memos);
		if (memo && memo->status == CAIRN_MEMO_WAITING && memo->wake_at == ct_now() + 1)
			memo->status = CAIRN_MEMO_COMPLETED;
	}
}

/* ---- signals -------------------------------------------------------------------------------- */

/* All that were sent, in this process, which is this case. */
static struct sent {
	cairn_id run;
	cairn_str name;
	cairn_str payload;
} sent[256];
static size_t sent_count;

static void learn_signal(void *self, const cairn_signal_plan *plan, cairn_signal_placed *each)
{
	(void)self;
	for (size_t i = 0; i < plan->n && plan->limit == 0; i++) {
		const cairn_signal_insert *item = &plan->items[i];
		if (each[i].result == CAIRN_SIGNAL_DONE && sent_count < sizeof sent / sizeof *sent)
			sent[sent_count++] =
				(struct sent){ .run = item->run,
					       .name = cairn_str_of(text(item->name)),
					       .payload = cairn_str_of(text(item->payload)) };
	}
}

static const struct sent *last_of(cairn_id run, cairn_str name)
{
	for (size_t i = sent_count; i-- > 0;) {
		if (cairn_id_compare(sent[i].run, run) == 0 && same(sent[i].name, name))
			return &sent[i];
	}
	return NULL;
}

static void taken_twice(const cairn_enter_plan *plan, cairn_entered *each, cairn_rows *memos)
{
	for (size_t i = 0; i < plan->n && plan->verb == CAIRN_MEMO_SIGNAL; i++) {
		cairn_memo *memo = memo_of(&each[i], memos);
		const struct sent *last = last_of(plan->run, plan->items[i].signal);
		if (!memo || !last || memo->status != CAIRN_MEMO_WAITING)
			continue;
		memo->status = CAIRN_MEMO_COMPLETED;
		memo->result = last->payload;
	}
}

static void the_last_first(const cairn_enter_plan *plan, cairn_entered *each, cairn_rows *memos)
{
	for (size_t i = 0; i < plan->n && plan->verb == CAIRN_MEMO_SIGNAL; i++) {
		cairn_memo *memo = memo_of(&each[i], memos);
		const struct sent *last = last_of(plan->run, plan->items[i].signal);
		if (memo && last && each[i].how == CAIRN_ENTER_BEGUN && !memo->timed_out &&
		    memo->status == CAIRN_MEMO_COMPLETED)
			memo->result = last->payload;
	}
}

static void not_told_as_late(const cairn_enter_plan *plan, cairn_entered *each, cairn_rows *memos)
{
	for (size_t i = 0; i < plan->n; i++) {
		cairn_memo *memo = memo_of(&each[i], memos);
		if (memo)
			memo->timed_out = 0;
	}
}

static void keys_of_their_own(cairn_signal_plan *plan, cairn_signal_insert *items)
{
	for (size_t i = 0; i < plan->n && plan->limit == 0; i++) {
		if (items[i].key.len > 0)
			items[i].key = cairn_str_of(ct_format("own-%u", ct_number()));
	}
}

static void equal_under_a_key(void *self, const cairn_signal_plan *plan, cairn_signal_placed *each)
{
	(void)self;
	for (size_t i = 0; i < plan->n && plan->limit == 0; i++) {
		if (each[i].result == CAIRN_SIGNAL_CONFLICT)
			each[i].result = CAIRN_SIGNAL_EXISTS;
	}
}

static void to_any_scope(cairn_signal_plan *plan, cairn_signal_insert *items)
{
	(void)items;
	plan->scope = cairn_any();
}

static void to_any_type(cairn_signal_plan *plan, cairn_signal_insert *items)
{
	(void)items;
	plan->type = (cairn_str){ NULL, 0 };
}

/* ---- waking ------------------------------------------------------------------------------------ */

/* A pending job is due then, and not before. */
static void put_off(void *self, cairn_id id, cairn_time until)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_change change = { .id = id,
				.from = 1u << CAIRN_JOB_PENDING,
				.scope = cairn_any(),
				.set = CAIRN_SET_RUN_AT,
				.not_before = until };
	cairn_change_result result = { .hit = CAIRN_MISS };
	cairn_change_plan plan = { .changes = &change, .n = 1 };
	(void)ct_real_ops()->jobs.change(self, &plan, &result, NULL, &err);
}

#define NEVER (ct_now() + 365 * CAIRN_DAY)

static void signal_wakes_nobody(void *self, const cairn_signal_plan *plan,
				cairn_signal_placed *each)
{
	for (size_t i = 0; i < plan->n && plan->limit == 0; i++) {
		if (each[i].woken)
			put_off(self, plan->items[i].run, NEVER);
	}
}

static void signal_wakes_anybody(void *self, const cairn_signal_plan *plan,
				 cairn_signal_placed *each)
{
	for (size_t i = 0; i < plan->n && plan->limit == 0; i++) {
		if (each[i].result == CAIRN_SIGNAL_DONE)
			put_off(self, plan->items[i].run, 0);
	}
}

/* Whose child is whose, in this process, which is this case. */
static struct kinship {
	cairn_id child;
	cairn_id parent;
} kinships[64];
static size_t kinship_count;

static void learn_parent(const cairn_enter_plan *plan, cairn_entered *each, cairn_rows *memos)
{
	for (size_t i = 0; i < plan->n && plan->verb == CAIRN_MEMO_CHILD; i++) {
		const cairn_memo *memo = memo_of(&each[i], memos);
		if (memo && kinship_count < sizeof kinships / sizeof *kinships)
			kinships[kinship_count++] =
				(struct kinship){ .child = memo->child, .parent = plan->run };
	}
}

static cairn_status child_wakes_nobody(void *self, const cairn_change_plan *plan,
				       cairn_change_result *each, cairn_rows *claimed,
				       cairn_error *err)
{
	cairn_status status = ct_real_ops()->jobs.change(self, plan, each, claimed, err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		const cairn_change *change = &plan->changes[i];
		bool ended = change->to == CAIRN_JOB_SUCCEEDED ||
			     change->to == CAIRN_JOB_DEAD_LETTERED ||
			     change->to == CAIRN_JOB_CANCELED;
		for (size_t k = 0; k < kinship_count && ended; k++) {
			if (cairn_id_compare(kinships[k].child, change->id) == 0)
				put_off(self, kinships[k].parent, NEVER);
		}
	}
	return status;
}

static cairn_status suspends_blindly(void *self, const cairn_change_plan *plan,
				     cairn_change_result *each, cairn_rows *claimed,
				     cairn_error *err)
{
	cairn_status status = ct_real_ops()->jobs.change(self, plan, each, claimed, err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		const cairn_change *change = &plan->changes[i];
		if ((change->set & CAIRN_SET_RUN) && change->to == CAIRN_JOB_PENDING &&
		    each[i].hit == CAIRN_HIT && change->not_before > ct_now())
			put_off(self, change->id, change->not_before);
	}
	return status;
}

#define OF(group) .cases = "replays." group ".*"

const ct_mutant ct_replay_mutants[] = {
	{ .name = "replay_of_any_code",
	  .rule = "begins runs of another code",
	  OF("begin"),
	  .replay_begin = any_code },
	{ .name = "replay_attempt_not_counted",
	  .rule = "takes every attempt of a run for its first",
	  OF("retry"),
	  .replay_begun = always_the_first },
	{ .name = "replay_scope_of_the_root",
	  .rule = "takes a child's steps for the root's",
	  OF("child"),
	  .replay_begun = the_roots_scope },
	{ .name = "replay_page_is_all",
	  .rule = "takes the first page of steps for all of them",
	  OF("pages"),
	  .replay_begun = the_first_page_only },
	{ .name = "replay_fence_not_looked_at",
	  .rule = "lets who lost the lease begin and end steps",
	  .cases = "replays.begin.*",
	  .replay_begun = learn_fence,
	  .replay_enter = enter_by_any_fence,
	  .replay_leave = leave_by_any_fence },
	{ .name = "replay_step_run_again",
	  .rule = "runs a step that is remembered",
	  OF("step"),
	  .replay_begun = forgets,
	  .replay_entered = runs_it_again },
	{ .name = "replay_failed_step_done",
	  .rule = "replays a failed step as done",
	  OF("retry"),
	  .replay_begun = failures_are_done },
	{ .name = "replay_step_run_by_all",
	  .rule = "lets everybody run a step that somebody runs",
	  OF("step"),
	  .replay_entered = all_share_it },
	{ .name = "replay_failures_of_all_attempts",
	  .rule = "counts failures of former attempts of the run",
	  OF("retry"),
	  .replay_entered = failures_of_all_attempts },
	{ .name = "replay_names_not_counted",
	  .rule = "takes a call that is repeated for the first one",
	  OF("names"),
	  .replay_enter = not_counted },
	{ .name = "replay_value_of_now",
	  .rule = "answers the value that was said last",
	  OF("value"),
	  .replay_entered = value_of_now },
	{ .name = "replay_result_tightened",
	  .rule = "takes blanks out of results",
	  OF("step"),
	  .replay_leave = without_blanks },
	{ .name = "replay_retry_at_once",
	  .rule = "tries a failed step again without a wait",
	  OF("retry"),
	  .replay_leave = without_a_wait },
	{ .name = "replay_retry_without_a_wish",
	  .rule = "does not look at when a step may be tried again",
	  OF("retry"),
	  .replay_leave = without_a_wish },
	{ .name = "replay_step_for_nothing",
	  .rule = "does not charge what a step costs",
	  .cases = "replays.*",
	  .replay_leave = without_charges },
	{ .name = "replay_steps_not_told",
	  .rule = "writes no event of a step that begins",
	  OF("events"),
	  .replay_enter = enters_silently },
	{ .name = "replay_steps_always_told",
	  .rule = "writes events of steps whatever the switch says",
	  OF("events"),
	  .replay_enter = enters_loudly },
	{ .name = "replay_ends_not_told",
	  .rule = "writes no event of a step that ends",
	  OF("events"),
	  .replay_leave = leaves_silently },
	{ .name = "replay_wake_time_moves",
	  .rule = "sleeps anew whenever it is asked",
	  OF("sleep"),
	  .replay_entered = from_now_on },
	{ .name = "replay_wakes_early",
	  .rule = "ends a sleep a microsecond early",
	  OF("sleep"),
	  .replay_entered = wakes_early },
	{ .name = "signal_taken_twice",
	  .rule = "gives a signal to every step that asks for its name",
	  OF("signal"),
	  .signal_sent = learn_signal,
	  .replay_entered = taken_twice },
	{ .name = "signal_last_first",
	  .rule = "gives the last signal of a name first",
	  OF("signal"),
	  .signal_sent = learn_signal,
	  .replay_entered = the_last_first },
	{ .name = "signal_timeout_not_told",
	  .rule = "does not tell that no signal came in time",
	  OF("signal"),
	  .replay_entered = not_told_as_late },
	{ .name = "signal_of_any_key",
	  .rule = "does not know a signal's key again",
	  OF("signal"),
	  .signal_send = keys_of_their_own },
	{ .name = "signal_not_compared",
	  .rule = "does not compare signals of one key",
	  OF("signal"),
	  .signal_sent = equal_under_a_key },
	{ .name = "signal_to_any_scope",
	  .rule = "sends signals to runs of all tenants",
	  OF("signal"),
	  .signal_send = to_any_scope },
	{ .name = "signal_to_any_type",
	  .rule = "broadcasts to runs of all types",
	  OF("signal"),
	  .signal_send = to_any_type },
	{ .name = "signal_wakes_nobody",
	  .rule = "does not wake the run that waits for a signal",
	  OF("wake"),
	  .signal_sent = signal_wakes_nobody },
	{ .name = "signal_wakes_anybody",
	  .rule = "makes a run due whatever it waits for",
	  OF("wake"),
	  .signal_sent = signal_wakes_anybody },
	{ .name = "child_wakes_nobody",
	  .rule = "does not wake the parent of a child that ended",
	  OF("child"),
	  .replay_entered = learn_parent,
	  .change_slot = child_wakes_nobody },
	{ .name = "suspension_looks_at_nothing",
	  .rule = "suspends a run though what it waits for is there",
	  OF("wake"),
	  .change_slot = suspends_blindly },
};

const size_t ct_replay_mutant_count = sizeof(ct_replay_mutants) / sizeof(ct_replay_mutants[0]);
