/*
 * replays.c - no memory at every moment of a replay run's life: steps, values, a sleep, a signal, children, budgets, a
 * page of what is remembered, a fork, the end. (torture.h)
 *
 *	replays URL
 */
#include <string.h>

#include "torture.h"

static cairn_lease lease;
static cairn_replay *replay;
static cairn_replay_step steps[3];
static cairn_id root;
static cairn_id forked;

static cairn_status only_if(cairn_status st, int good)
{
	return st == CAIRN_OK && !good ? CAIRN_INTERNAL : st;
}

static cairn_status do_migrate(void)
{
	return cairn_migrate_up(conn, NULL, NULL, &err);
}

static cairn_status do_define(void)
{
	const cairn_definition type = { .type = CAIRN_STR("t") };
	return cairn_job_define(conn, &type, 1, &err);
}

static cairn_status do_enqueue(void)
{
	const cairn_job_new job = { .type = CAIRN_STR("t"), .key = CAIRN_STR("k") };
	cairn_job_added added;
	cairn_status st = cairn_job_enqueue(conn, &job, 1, &added, &err);
	if (st == CAIRN_OK)
		root = added.id;
	return st;
}

static cairn_status do_budget(void)
{
	const cairn_budget_new axes[] = { { .axis = CAIRN_STR("b"), .total = 100 },
					  { .axis = CAIRN_STR("a"), .total = 50 } };
	return cairn_budget_set(conn, cairn_any(), root, axes, 2, &err);
}

static cairn_status do_signal(void)
{
	const cairn_signal_new signal = { .run = root,
					  .name = CAIRN_STR("go"),
					  .key = CAIRN_STR("once"),
					  .payload = CAIRN_STR("{\"b\":1,\"a\":2}") };
	cairn_signal_sent sent = { .status = CAIRN_INTERNAL };
	cairn_status st = cairn_signal_send(conn, cairn_any(), &signal, 1, &sent, &err);
	return only_if(st, st != CAIRN_OK || sent.status == CAIRN_OK);
}

static cairn_status do_claim(void)
{
	const cairn_claim_opts opts = { .size = sizeof opts, .worker = CAIRN_STR("w") };
	cairn_jobs *jobs = NULL;
	cairn_status st = cairn_job_claim(conn, &opts, &jobs, &err);
	st = only_if(st, st != CAIRN_OK || jobs->count == 1);
	if (st == CAIRN_OK)
		lease = cairn_job_lease(jobs->at);
	cairn_free(jobs);
	return st;
}

static cairn_status do_begin(void)
{
	const cairn_replay_opts opts = { .size = sizeof opts, .code = CAIRN_STR("v1"), .page = 2 };
	return cairn_replay_begin(conn, &lease, &opts, &replay, &err);
}

static cairn_status do_steps(void)
{
	const cairn_replay_call calls[3] = {
		{ .kind = CAIRN_STR("x"), .input = CAIRN_STR("{\"z\":1,\"a\":[1.0]}") },
		{ .kind = CAIRN_STR("x"), .input = CAIRN_STR("{\"z\":1,\"a\":[1.0]}") },
		{ .kind = CAIRN_STR("x"), .name = CAIRN_STR("named"), .max_attempts = 2 },
	};
	cairn_status st = cairn_replay_step_begin(replay, calls, 3, steps, &err);
	return only_if(st, st != CAIRN_OK || steps[2].next == CAIRN_NEXT_RUN);
}

static cairn_status do_reserve(void)
{
	const cairn_charge amounts[] = { { .axis = CAIRN_STR("b"), .amount = 20 },
					 { .axis = CAIRN_STR("a"), .amount = 20 } };
	return cairn_replay_reserve(replay, &steps[0], amounts, 2, 0, &err);
}

static cairn_status do_complete(void)
{
	const cairn_charge usage[] = { { .axis = CAIRN_STR("b"), .amount = 10 },
				       { .axis = CAIRN_STR("a"), .amount = 10 } };
	return cairn_replay_complete(replay, &steps[0], CAIRN_STR("[1]"), usage, 2, &err);
}

static cairn_status do_fail(void)
{
	const cairn_replay_failure failure = { .size = sizeof failure,
					       .code = CAIRN_STR("code"),
					       .message = CAIRN_STR("message") };
	return cairn_replay_fail(replay, &steps[2], &failure, &err);
}

static cairn_status do_value(void)
{
	const cairn_replay_call calls[2] = {
		{ .kind = CAIRN_STR("v"), .name = CAIRN_STR("v") },
		{ .kind = CAIRN_STR("v"), .name = CAIRN_STR("v") },
	};
	const cairn_str values[2] = { CAIRN_STR("1"), CAIRN_STR("\"two\"") };
	cairn_replay_step each[2];
	return cairn_replay_value(replay, calls, values, 2, each, &err);
}

static cairn_status do_waits(void)
{
	cairn_replay_step step;
	cairn_status st = cairn_replay_signal(replay, CAIRN_STR("go"), -1, &step, &err);
	return only_if(st, st != CAIRN_OK || step.next == CAIRN_NEXT_RESULT);
}

static cairn_status do_sleep(void)
{
	cairn_replay_step step;
	cairn_status st = cairn_replay_sleep(replay, CAIRN_HOUR, &step, &err);
	return only_if(st, st != CAIRN_OK || step.next == CAIRN_NEXT_SUSPEND);
}

static cairn_status do_children(void)
{
	const cairn_child_new children[2] = {
		{ .type = CAIRN_STR("t"), .input = CAIRN_STR("{\"b\":1}") },
		{ .type = CAIRN_STR("t"), .queue = CAIRN_STR("other") },
	};
	cairn_replay_step each[2];
	cairn_status st = cairn_replay_child(replay, children, 2, each, &err);
	return only_if(st, st != CAIRN_OK || each[1].next == CAIRN_NEXT_SUSPEND);
}

static cairn_status do_read_budget(void)
{
	cairn_budget budget;
	cairn_status st = cairn_replay_budget(replay, CAIRN_STR("a"), &budget, &err);
	return only_if(st, st != CAIRN_OK || budget.spent == 10);
}

static cairn_status do_suspend(void)
{
	cairn_status st = cairn_replay_suspend(replay, &err);
	if (st == CAIRN_OK) {
		cairn_replay_close(replay);
		replay = NULL;
	}
	return st;
}

static cairn_status do_list(void)
{
	const cairn_replay_filter filter = {
		.size = sizeof filter, .scope = cairn_any(), .root = root, .counts = 1
	};
	cairn_replay_runs *runs = NULL;
	cairn_status st = cairn_replay_list(conn, &filter, &runs, &err);
	st = only_if(st, st != CAIRN_OK || runs->count == 3);
	cairn_free(runs);
	return st;
}

static cairn_status do_memos(void)
{
	const cairn_memo_filter filter = { .size = sizeof filter,
					   .scope = cairn_any(),
					   .run = root };
	cairn_memos *memos = NULL;
	cairn_status st = cairn_replay_memos(conn, &filter, &memos, &err);
	st = only_if(st, st != CAIRN_OK || memos->count == 10);
	cairn_free(memos);
	return st;
}

static cairn_status do_entries(void)
{
	const cairn_entry_filter filter = { .size = sizeof filter,
					    .scope = cairn_any(),
					    .run = root };
	cairn_entries *entries = NULL;
	cairn_status st = cairn_budget_entries(conn, &filter, &entries, &err);
	st = only_if(st, st != CAIRN_OK || entries->count == 2);
	cairn_free(entries);
	return st;
}

static cairn_status do_fork(void)
{
	const cairn_fork_new fork = {
		.size = sizeof fork, .scope = cairn_any(), .source = root, .name = CAIRN_STR("v#2")
	};
	cairn_job_added added;
	cairn_status st = cairn_replay_fork(conn, &fork, &added, &err);
	if (st == CAIRN_OK)
		forked = added.id;
	return st;
}

static cairn_status do_cancel(void)
{
	cairn_replay_changed changed;
	cairn_status st = cairn_replay_cancel(conn, cairn_any(), &root, 1, CAIRN_STR("enough"),
					      &changed, &err);
	return only_if(st, st != CAIRN_OK || changed.descendants == 2);
}

static cairn_status do_resume(void)
{
	const cairn_resume resume = { .size = sizeof resume,
				      .scope = cairn_any(),
				      .run = root,
				      .flags = CAIRN_RESUME_CANCELED };
	return cairn_replay_resume(conn, &resume, NULL, &err);
}

static cairn_status do_delete(void)
{
	const cairn_replay_delete_opts opts = { .size = sizeof opts, .scope = cairn_any() };
	cairn_replay_deleted deleted;
	cairn_status st =
		cairn_replay_cancel(conn, cairn_any(), &root, 1, CAIRN_STR("enough"), NULL, &err);
	if (st == CAIRN_OK)
		st = cairn_replay_delete(conn, &opts, &deleted, &err);
	return only_if(st, st != CAIRN_OK || deleted.roots == 1);
}

int main(int argc, char **argv)
{
	static const struct step life[] = {
		{ "migrate", do_migrate },   { "define", do_define },
		{ "enqueue", do_enqueue },   { "budget", do_budget },
		{ "signal", do_signal },     { "claim", do_claim },
		{ "begin", do_begin },	     { "steps", do_steps },
		{ "reserve", do_reserve },   { "complete", do_complete },
		{ "fail", do_fail },	     { "value", do_value },
		{ "take", do_waits },	     { "sleep", do_sleep },
		{ "children", do_children }, { "read a budget", do_read_budget },
		{ "suspend", do_suspend },   { "list", do_list },
		{ "memos", do_memos },	     { "entries", do_entries },
		{ "fork", do_fork },	     { "cancel", do_cancel },
		{ "resume", do_resume },     { "delete", do_delete },
	};
	open_it(argc > 1 ? argv[1] : "memory:oom");
	torture_all(life, sizeof life / sizeof life[0]);
	return close_it();
}
