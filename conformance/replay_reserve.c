/*
 * replay_reserve.c - what tries of a step reserved that have ended or died: the next one gives it back before it reserves.
 * (replay_budget.c: what one try reserves)
 */
#include "ct_ledger.h"

static cairn_status reserve(const ct_play *live, const cairn_replay_step *step, const char *axis,
			    int64_t amount)
{
	cairn_charge charge = ct_usage(axis, amount);
	return cairn_replay_reserve(live->replay, step, &charge, 1, CAIRN_HOUR, ct_err());
}

static void of_a_try_that_died(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_charge usage = ct_usage("a", 50);
	ct_limit(conn, live.id, "a", CAIRN_BUDGET_HARD, 100);
	cairn_replay_step step = ct_ask_run(live.replay, "one");
	cairn_replay_step other = ct_ask_run(live.replay, "other");
	ct_ok(reserve(&live, &step, "a", 60));
	ct_ok(reserve(&live, &step, "b", 5));
	ct_ok(reserve(&live, &other, "a", 30));
	for (int attempt = 2; attempt <= 3; attempt++) {
		ct_play_takeover(conn, &live);
		step = ct_ask_run(live.replay, "one");
		ct_int(step.attempts, attempt);
		ct_ok(reserve(&live, &step, "a", 60));
		/* the other step's stays, and so does what it does not reserve again */
		ct_purse(conn, live.id, "a", "HARD 100 spent 0 reserved 90 left 10");
		ct_purse(conn, live.id, "b", "open spent 0 reserved 5");
	}
	ct_status(reserve(&live, &step, "a", 71), CAIRN_CONFLICT, "budget.exceeded");
	ct_ok(cairn_replay_complete(live.replay, &step, CAIRN_STR("1"), &usage, 1, ct_err()));
	ct_purse(conn, live.id, "a", "HARD 100 spent 50 reserved 30 left 20");
	ct_ledger(conn, live.id);
}

static void of_a_try_that_failed(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_charge usage = ct_usage("a", 7);
	cairn_replay_failure failure = { .size = sizeof(failure) };
	cairn_replay_call call = ct_call_named("one");
	call.max_attempts = 3;
	ct_limit(conn, live.id, "a", CAIRN_BUDGET_HARD, 10);
	for (int i = 0; i < 2; i++) {
		cairn_replay_step step = ct_ask(live.replay, &call);
		ct_next(step, RUN);
		/* the first fails with what it cost, the second says nothing */
		ct_ok(reserve(&live, &step, "a", i == 0 ? 7 : 3));
		failure.usage = i == 0 ? &usage : NULL;
		failure.usage_count = i == 0;
		ct_ok(cairn_replay_fail(live.replay, &step, &failure, ct_err()));
		ct_play_sleep(conn, &live);
	}
	ct_purse(conn, live.id, "a", "HARD 10 spent 7 reserved 3 left 0");
	cairn_replay_step step = ct_ask(live.replay, &call);
	ct_ok(reserve(&live, &step, "a", 2));
	ct_purse(conn, live.id, "a", "HARD 10 spent 7 reserved 2 left 1");
	ct_ledger(conn, live.id);
}

static void of_the_last_sixteen(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_job(conn, (cairn_job_new){ .type = CAIRN_STR("t"),
							  .queue = CAIRN_STR("aside"),
							  .max_attempts = 20 });
	ct_limit(conn, live.id, "a", CAIRN_BUDGET_HARD, 1);
	ct_limit(conn, live.id, "b", CAIRN_BUDGET_HARD, 1);
	cairn_replay_step step = ct_ask_run(live.replay, "one");
	ct_ok(reserve(&live, &step, "a", 1));
	ct_ok(reserve(&live, &step, "b", 1));
	for (int attempt = 2; attempt <= 18; attempt++) {
		ct_play_takeover(conn, &live);
		step = ct_ask_run(live.replay, "one");
		ct_int(step.attempts, attempt);
		if (attempt == 17)
			ct_ok(reserve(&live, &step, "a", 1));
	}
	ct_ok(reserve(&live, &step, "a", 1));
	ct_status(reserve(&live, &step, "b", 1), CAIRN_CONFLICT, "budget.exceeded");
	ct_ledger(conn, live.id);
}

static void not_of_a_lost_lease(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_replay_step step = ct_ask_run(live.replay, "one");
	ct_ok(reserve(&live, &step, "a", 1));
	ct_play_takeover(conn, &live);
	ct_play late = live;
	cairn_replay_step old = ct_ask_run(live.replay, "one");
	ct_play_takeover(conn, &live);
	const char *before = ct_play_snapshot(conn, live.id);
	ct_status(reserve(&late, &old, "a", 2), CAIRN_STALE, "job.lease_lost");
	ct_play_unchanged(conn, live.id, before);
	ct_purse(conn, live.id, "a", "open spent 0 reserved 1");
}

static void trips(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_charge usage[2] = { ct_usage("b", 1), ct_usage("a", 2) };
	cairn_replay_step step = ct_ask_run(live.replay, "one");
	ct_budget(conn);
	ct_ok(cairn_replay_reserve(live.replay, &step, usage, 2, 0, ct_err()));
	ct_spent(conn, 1, "a reservation", 2);
	ct_play_takeover(conn, &live);
	step = ct_ask_run(live.replay, "one");
	ct_budget(conn);
	ct_ok(cairn_replay_reserve(live.replay, &step, usage, 0, 0, ct_err()));
	ct_spent(conn, 0, "no reservation", 0);
	ct_ok(cairn_replay_reserve(live.replay, &step, usage, 2, 0, ct_err()));
	ct_spent(conn, 2, "a reservation of a later try", 2);
}

#define COST .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.reserve.what_a_try_that_died_reserved_does_not_hinder_the_next",
	  COST,
	  .rule = "The next try of a step gives back what the former ones reserved on the axes "
		  "that "
		  "it reserves, and nothing else.",
	  .run = of_a_try_that_died },
	{ .name = "replays.reserve.a_try_that_failed_and_did_not_say_what_it_cost",
	  COST,
	  .rule = "What a try that failed reserved and did not charge is given back by the next "
		  "one; what it charged is not.",
	  .run = of_a_try_that_failed },
	{ .name = "replays.reserve.of_the_last_sixteen_tries",
	  COST,
	  .rule = "Given back is what the last 16 tries reserved.",
	  .run = of_the_last_sixteen },
	{ .name = "replays.reserve.a_lost_lease_gives_nothing_back",
	  COST,
	  .rule = "Who has lost the lease is refused, and changes nothing.",
	  .run = not_of_a_lost_lease },
	{ .name = "replays.reserve.round_trips",
	  COST,
	  .rule = "A reservation is one round trip, that of a later try is two.",
	  .run = trips },
};

CT_GROUP(replay_reserve, cases);
