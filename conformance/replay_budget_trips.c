/*
 * replay_budget_trips.c - round trips of replay runs, signals and ledgers: as the headers say, for n items as for one.
 */
#include "ct_ledger.h"

#define MOST   40
#define ROUNDS 2

static const size_t sizes[] = { 1, 7, MOST };

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static const cairn_str none = { NULL, 0 };

typedef void try_fn(cairn_conn *conn, size_t n);

static void sweep_sizes(try_fn *fn)
{
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < ROUNDS * SIZES; i++)
		fn(conn, sizes[i % SIZES]);
}

static void name_calls(cairn_replay_call *calls, size_t n, const char *prefix)
{
	for (size_t i = 0; i < n; i++)
		calls[i] =
			(cairn_replay_call){ .kind = CAIRN_STR("k"),
					     .name = cairn_str_of(ct_format("%s%zu", prefix, i)) };
}

/* ---- inside ---------------------------------------------------------------------------------- */

static void try_steps(cairn_conn *conn, size_t n)
{
	ct_play live = ct_play_aside(conn);
	cairn_replay_call calls[MOST];
	cairn_replay_step each[MOST];
	cairn_str values[MOST];
	cairn_charge usage[2] = { ct_usage("a", 1), ct_usage("b", 2) };
	cairn_replay_failure failure = { .size = sizeof(failure), .usage = usage };
	failure.usage_count = 2;
	ct_budget(conn);
	cairn_replay *again = ct_play_begin(conn, live.lease, NULL);
	ct_spent(conn, 1, "a begin", 1);
	name_calls(calls, n, "step");
	ct_ok(cairn_replay_step_begin(again, calls, n, each, ct_err()));
	ct_spent(conn, 1, "new steps", n);
	ct_ok(cairn_replay_reserve(again, &each[0], usage, 2, 0, ct_err()));
	ct_spent(conn, 1, "a reservation", 2);
	ct_ok(cairn_replay_complete(again, &each[0], CAIRN_STR("1"), usage, 2, ct_err()));
	ct_spent(conn, 1, "a step that completes", 2);
	if (n > 1) {
		ct_ok(cairn_replay_fail(again, &each[1], &failure, ct_err()));
		ct_spent(conn, 1, "a step that fails", 2);
	}
	name_calls(calls, n, "value");
	for (size_t i = 0; i < n; i++)
		values[i] = CAIRN_STR("1");
	ct_ok(cairn_replay_value(again, calls, values, n, each, ct_err()));
	ct_spent(conn, 1, "new values", n);
	ct_play_succeed(&live, NULL);
	ct_spent(conn, 1, "an end", 1);
}

static void steps(void)
{
	sweep_sizes(try_steps);
}

static void try_replays(cairn_conn *conn, size_t n)
{
	ct_play live = ct_play_aside(conn);
	cairn_replay_call calls[MOST];
	cairn_replay_step each[MOST];
	cairn_str values[MOST];
	cairn_replay_opts opts = { .size = sizeof(opts), .page = 3 };
	name_calls(calls, n, "value");
	for (size_t i = 0; i < n; i++)
		values[i] = CAIRN_STR("1");
	ct_ok(cairn_replay_value(live.replay, calls, values, n, each, ct_err()));
	ct_budget(conn);
	cairn_replay *again = ct_play_begin(conn, live.lease, NULL);
	ct_ok(cairn_replay_step_begin(again, calls, 0, each, ct_err()));
	ct_ok(cairn_replay_value(again, calls, values, n, each, ct_err()));
	ct_spent(conn, 1, "a begin with what it remembers", n);
	ct_int(each[n - 1].replayed, 1);
	again = ct_play_begin(conn, live.lease, &opts);
	for (size_t i = 0; i < n; i++)
		ct_ok(cairn_replay_value(again, &calls[i], values, 1, each, ct_err()));
	/* one for each page, and one that finds no more */
	ct_spent(conn, n / 3 + 1, "pages of what is remembered", n);
	again = ct_play_begin(conn, live.lease, NULL);
	for (size_t i = n; i-- > 0;)
		ct_ok(cairn_replay_value(again, &calls[i], values, 1, each, ct_err()));
	ct_spent(conn, 1, "a begin with what is asked for in another order", n);
	ct_int(cairn_replay_replaying(again), 0);
	ct_play_succeed(&live, NULL);
}

static void replays(void)
{
	sweep_sizes(try_replays);
}

static void try_waits(cairn_conn *conn, size_t n)
{
	ct_play live = ct_play_aside(conn);
	cairn_child_new children[MOST];
	cairn_replay_step each[MOST];
	cairn_replay_step step;
	cairn_budget budget;
	for (size_t i = 0; i < n; i++)
		children[i] =
			(cairn_child_new){ .type = CAIRN_STR("t"), .queue = CAIRN_STR("below") };
	ct_budget(conn);
	ct_ok(cairn_replay_sleep(live.replay, CAIRN_HOUR, &step, ct_err()));
	ct_spent(conn, 1, "a sleep", 1);
	ct_ok(cairn_replay_signal(live.replay, CAIRN_STR("go"), CAIRN_HOUR, &step, ct_err()));
	ct_spent(conn, 1, "a wait for a signal", 1);
	ct_ok(cairn_replay_child(live.replay, children, n, each, ct_err()));
	ct_spent(conn, 1, "children", n);
	ct_int(each[n - 1].next, CAIRN_NEXT_SUSPEND);
	ct_ok(cairn_replay_budget(live.replay, CAIRN_STR("a"), &budget, ct_err()));
	ct_spent(conn, 2, "a look at a budget", 1);
	ct_ok(cairn_replay_suspend(live.replay, ct_err()));
	ct_spent(conn, 1, "a suspension", 1);
}

static void waits(void)
{
	sweep_sizes(try_waits);
}

/* ---- from outside -------------------------------------------------------------------------------- */

static void try_signals(cairn_conn *conn, size_t n)
{
	cairn_signal_new items[MOST];
	cairn_signal_sent each[MOST];
	cairn_signals *signals = NULL;
	cairn_signal_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	cairn_broadcast broadcast = { .size = sizeof(broadcast), .scope = cairn_any() };
	cairn_broadcast_report report;
	broadcast.name = cairn_str_of(ct_format("go%u", ct_number()));
	for (size_t i = 0; i < n; i++) {
		ct_play live = ct_play_aside(conn);
		ct_next(ct_await(live.replay, broadcast.name.ptr, -1), SUSPEND);
		ct_play_suspend(&live);
		items[i] = (cairn_signal_new){ .run = live.id,
					       .name = CAIRN_STR("x"),
					       .key = CAIRN_STR("k") };
	}
	ct_budget(conn);
	ct_ok(cairn_signal_send(conn, cairn_any(), items, n, each, ct_err()));
	ct_spent(conn, 1, "signals", n);
	ct_ok(cairn_signal_send(conn, cairn_any(), items, n, each, ct_err()));
	ct_spent(conn, 1, "signals that are there", n);
	ct_int(each[n - 1].disposition, CAIRN_EXISTING);
	ct_ok(cairn_signal_broadcast(conn, &broadcast, &report, ct_err()));
	ct_spent(conn, 1, "a broadcast", n);
	ct_int(report.sent, n);
	filter.run = items[0].run;
	ct_ok(cairn_signal_list(conn, &filter, &signals, ct_err()));
	ct_spent(conn, 1, "a list of signals", 2);
	ct_int(signals->count, 2);
	cairn_free(signals);
}

static void signals(void)
{
	sweep_sizes(try_signals);
}

static void try_cancels(cairn_conn *conn, size_t n)
{
	cairn_id runs[MOST];
	cairn_replay_changed each[MOST];
	ct_play lives[MOST];
	for (size_t i = 0; i < n; i++) {
		lives[i] = ct_play_aside(conn);
		runs[i] = lives[i].id;
	}
	ct_budget(conn);
	ct_ok(cairn_replay_cancel(conn, cairn_any(), runs, n, none, each, ct_err()));
	ct_spent(conn, 4, "runs without children canceled", n);
	for (size_t i = 0; i < n; i++) {
		lives[i] = ct_play_aside(conn);
		runs[i] = lives[i].id;
		ct_play below = ct_play_of(
			conn, ct_child_of(&lives[i], "c", ct_format("c%u", ct_number())));
		ct_child_of(&below, "d", "deep");
	}
	ct_budget(conn);
	ct_ok(cairn_replay_cancel(conn, cairn_any(), runs, n, none, each, ct_err()));
	ct_spent(conn, 4 + 2 * 2, "runs with two levels of children canceled", n);
	ct_int(each[n - 1].descendants, 2);
}

static void cancels(void)
{
	sweep_sizes(try_cancels);
}

static void try_recoveries(cairn_conn *conn, size_t n)
{
	ct_play live = ct_play_aside(conn);
	cairn_replay_changed changed;
	cairn_job_added added;
	for (size_t i = 0; i < n; i++)
		ct_play_did(&live, ct_format("step%zu", i), "1");
	ct_play_fail(&live, "it.broke");
	cairn_fork_new fork = ct_fork(live.id, NULL);
	cairn_resume resume = ct_resumption(live.id);
	cairn_replay_delete_opts opts = { .size = sizeof(opts), .scope = cairn_any() };
	cairn_replay_deleted gone;
	fork.seq = (int64_t)n;
	fork.queue = CAIRN_STR("forks");
	ct_budget(conn);
	ct_ok(cairn_replay_fork(conn, &fork, &added, ct_err()));
	ct_spent(conn, 1, "a fork of a run with steps", n);
	ct_ok(cairn_replay_resume(conn, &resume, &changed, ct_err()));
	ct_spent(conn, 2, "a resumption", 1);
	ct_cancel_replay(conn, live.id);
	ct_cancel_replay(conn, added.id);
	ct_budget(conn);
	ct_ok(cairn_replay_delete(conn, &opts, &gone, ct_err()));
	ct_spent(conn, 1, "trees deleted", 2);
	ct_int(gone.roots, 2);
	ct_int(gone.steps, 2 * n);
	ct_ok(cairn_replay_delete(conn, &opts, &gone, ct_err()));
	ct_spent(conn, 1, "nothing to delete", 0);
}

static void recoveries(void)
{
	sweep_sizes(try_recoveries);
}

static void reads(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	ct_play_paid(&live, "one", "a", 7);
	ct_child_of(&live, "c", "below");
	cairn_replay_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .counts = 1 };
	cairn_memo_filter memo = { .size = sizeof(memo), .scope = cairn_any(), .run = live.id };
	cairn_replay_wait_opts wait = {
		.size = sizeof(wait), .scope = cairn_any(), .run = live.id, .timeout = -1
	};
	cairn_replay_runs *runs = NULL;
	cairn_memos *memos = NULL;
	for (int round = 0; round < ROUNDS; round++) {
		ct_budget(conn);
		ct_ok(cairn_replay_list(conn, &filter, &runs, ct_err()));
		ct_spent(conn, 1, "a list of runs", runs->count);
		ct_ok(cairn_replay_get(conn, cairn_any(), live.id, &runs, ct_err()));
		ct_spent(conn, 1, "a run", 1);
		ct_ok(cairn_replay_memos(conn, &memo, &memos, ct_err()));
		ct_spent(conn, 1, "a list of steps", memos->count);
		ct_status(cairn_replay_wait(conn, &wait, &runs, ct_err()), CAIRN_TIMEOUT, NULL);
		ct_spent(conn, 1, "one look", 1);
	}
	cairn_free(runs);
	cairn_free(memos);
}

/* ---- ledgers --------------------------------------------------------------------------------------- */

static void try_entries(cairn_conn *conn, size_t n)
{
	cairn_entry_new items[MOST];
	cairn_entry_done each[MOST];
	cairn_budget_new axes[MOST];
	cairn_budgets *budgets = NULL;
	cairn_entries *entries = NULL;
	cairn_id run = ct_enqueue(conn, "t");
	cairn_entry_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .run = run };
	for (size_t i = 0; i < n; i++) {
		items[i] = ct_entry(run, ct_format("%zu", i), 7);
		axes[i] = (cairn_budget_new){ .axis = cairn_str_of(ct_format("axis%zu", i)),
					      .total = 5 };
		items[i].axis = axes[i % 3 < n ? i % 3 : 0].axis;
	}
	ct_budget(conn);
	ct_ok(cairn_budget_reserve(conn, cairn_any(), items, n, 0, each, ct_err()));
	ct_spent(conn, 1, "reservations", n);
	ct_ok(cairn_budget_release(conn, cairn_any(), items, n, each, ct_err()));
	ct_spent(conn, 1, "releases", n);
	ct_ok(cairn_budget_charge(conn, cairn_any(), items, n, each, ct_err()));
	ct_spent(conn, 1, "charges", n);
	ct_ok(cairn_budget_charge(conn, cairn_any(), items, n, each, ct_err()));
	ct_spent(conn, 1, "charges that are there", n);
	ct_ok(cairn_budget_set(conn, cairn_any(), run, axes, n, ct_err()));
	ct_spent(conn, 1, "totals", n);
	for (size_t i = 0; i < n; i++)
		items[i].source_type = CAIRN_STR("refused");
	ct_ok(cairn_budget_charge(conn, cairn_any(), items, n, each, ct_err()));
	ct_spent(conn, 1, "charges that are refused", n);
	ct_each(each[n - 1], CAIRN_CONFLICT, "budget.exceeded");
	ct_ok(cairn_budget_read(conn, cairn_any(), run, &budgets, ct_err()));
	ct_spent(conn, 1, "budgets", n);
	ct_ok(cairn_budget_entries(conn, &filter, &entries, ct_err()));
	ct_spent(conn, 1, "a ledger", n);
	ct_int(entries->count, n);
	cairn_free(budgets);
	cairn_free(entries);
}

static void entries(void)
{
	sweep_sizes(try_entries);
}

static void nothing(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	ct_budget(conn);
	ct_ok(cairn_replay_step_begin(live.replay, NULL, 0, NULL, ct_err()));
	ct_ok(cairn_replay_value(live.replay, NULL, NULL, 0, NULL, ct_err()));
	ct_ok(cairn_replay_child(live.replay, NULL, 0, NULL, ct_err()));
	ct_ok(cairn_signal_send(conn, cairn_any(), NULL, 0, NULL, ct_err()));
	ct_ok(cairn_replay_cancel(conn, cairn_any(), NULL, 0, none, NULL, ct_err()));
	ct_ok(cairn_budget_set(conn, cairn_any(), live.id, NULL, 0, ct_err()));
	ct_ok(cairn_budget_charge(conn, cairn_any(), NULL, 0, NULL, ct_err()));
	ct_ok(cairn_budget_reserve(conn, cairn_any(), NULL, 0, 0, NULL, ct_err()));
	ct_ok(cairn_budget_release(conn, cairn_any(), NULL, 0, NULL, ct_err()));
	cairn_replay_close(NULL);
	ct_spent(conn, 0, "empty calls", 0);
}

#define BUDGET .kind = CT_BUDGET, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.trips.steps_are_one_each",
	  BUDGET,
	  .rule = "A begin, n new steps, n new values, a reservation, an end of a step and an end "
		  "of the attempt are one round trip each.",
	  .run = steps },
	{ .name = "replays.trips.what_is_remembered_costs_its_pages",
	  BUDGET,
	  .rule = "Steps that are remembered cost one round trip for each page of them, the first "
		  "with the begin, in whatever order a page's are asked for.",
	  .run = replays },
	{ .name = "replays.trips.waits_are_one_each",
	  BUDGET,
	  .rule = "A sleep, a wait for a signal, n children and a suspension are one round trip "
		  "each, a first look at a budget two.",
	  .run = waits },
	{ .name = "replays.trips.n_signals_are_one",
	  BUDGET,
	  .rule = "n signals, new or there, a broadcast and a list are one round trip each.",
	  .run = signals },
	{ .name = "replays.trips.a_cancel_goes_by_levels",
	  BUDGET,
	  .rule = "Canceling n runs is four round trips, and two for each level of children.",
	  .run = cancels },
	{ .name = "replays.trips.fork_resume_delete",
	  BUDGET,
	  .rule = "A fork is one round trip, however much is shared, a resumption two, deleting "
		  "trees one.",
	  .run = recoveries },
	{ .name = "replays.trips.reads_are_one_each",
	  BUDGET,
	  .rule = "Each read of runs and steps is one round trip, counts included.",
	  .run = reads },
	{ .name = "replays.trips.n_entries_are_one",
	  BUDGET,
	  .rule = "n charges, reservations, releases or totals are one round trip, refused or not.",
	  .run = entries },
	{ .name = "replays.trips.nothing_costs_nothing",
	  BUDGET,
	  .rule = "Empty calls do not touch the database.",
	  .run = nothing },
};

CT_GROUP(replay_budget_trips, cases);
