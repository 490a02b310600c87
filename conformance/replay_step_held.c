/*
 * replay_step_held.c - who does a step: one of many, under one lease or the next; and in which order steps stand.
 * (every status: replay_step.c)
 */
#include <stdatomic.h>

#include "ct_replay.h"

/* ---- who does it ------------------------------------------------------------------------------------- */

static void somebody_does_it(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay *other = ct_play_begin(conn, play.lease, NULL);
	cairn_replay_call call = ct_call_named("a");
	cairn_replay_step mine = ct_ask_run(play.replay, "a");
	cairn_replay_step step = ct_ask(other, &call);
	ct_next(step, WAIT);
	ct_int(step.until, ct_job(conn, play.id)->lease_expires_at);
	ct_ok(cairn_replay_step_again(other, &call, &step, ct_err()));
	ct_next(step, WAIT);
	ct_str(step.name, "a");
	ct_status(cairn_replay_complete(other, &step, CAIRN_STR("6"), NULL, 0, ct_err()),
		  CAIRN_STALE, "replay.step_not_held");
	ct_text(ct_remembers(conn, play.id), "a=RUNNING");
	ct_step_complete(play.replay, &mine, "5");
	ct_ok(cairn_replay_step_again(other, &call, &step, ct_err()));
	ct_result(step, "5");
	ct_int(ct_played(conn, play.id)->steps, 1);
	/* The next one of this name is another step. */
	step = ct_ask_run(other, "a");
	ct_str(step.name, "a#2");
}

static void a_takeover(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_play late = play;
	cairn_replay_step old = ct_ask_run(play.replay, "a");
	ct_play_takeover(conn, &play);
	cairn_replay_step step = ct_ask_run(play.replay, "a");
	const cairn_memo *memo = ct_memo(conn, play.id, "a");
	ct_int(step.seq, old.seq);
	ct_int(step.attempts, 2);
	ct_true(cairn_id_compare(step.claim, old.claim) != 0);
	ct_int(memo->fence, play.lease.fence);
	ct_int(memo->last_attempt, 2);
	ct_int(memo->created_at < memo->begun_at, 1);
	ct_status(
		cairn_replay_complete(late.replay, &old, CAIRN_STR("\"late\""), NULL, 0, ct_err()),
		CAIRN_STALE, "job.lease_lost");
	ct_step_complete(play.replay, &step, "\"new\"");
	ct_status(
		cairn_replay_complete(late.replay, &old, CAIRN_STR("\"late\""), NULL, 0, ct_err()),
		CAIRN_STALE, "job.lease_lost");
	ct_str(ct_memo(conn, play.id, "a")->result, "\"new\"");
	ct_int(ct_played(conn, play.id)->steps, 1);
}

struct crowd {
	ct_play play;
	cairn_replay_step held;
	atomic_uint run;
	atomic_uint wait;
	atomic_uint done;
};

/* Closed by whom it belongs to: its connection does not live longer. */
static cairn_replay *begin_here(cairn_conn *conn, const struct crowd *crowd)
{
	cairn_replay *replay = NULL;
	ct_ok(cairn_replay_begin(conn, &crowd->play.lease, NULL, &replay, ct_err()));
	return replay;
}

static void crowd_asks(cairn_conn *conn, unsigned number, void *arg)
{
	struct crowd *crowd = arg;
	(void)number;
	cairn_replay *replay = begin_here(conn, crowd);
	cairn_replay_step step = ct_ask_for(replay, "a");
	if (step.next == CAIRN_NEXT_RUN)
		atomic_fetch_add(&crowd->run, 1);
	if (step.next == CAIRN_NEXT_WAIT)
		atomic_fetch_add(&crowd->wait, 1);
	cairn_replay_close(replay);
}

static void one_of_many_runs(void)
{
	cairn_conn *conn = ct_open();
	struct crowd crowd = { .play = ct_play_new(conn) };
	ct_race(8, crowd_asks, &crowd);
	ct_int(atomic_load(&crowd.run), 1);
	ct_int(atomic_load(&crowd.wait), 7);
	ct_text(ct_remembers(conn, crowd.play.id), "a=RUNNING");
	ct_int(ct_memo(conn, crowd.play.id, "a")->attempts, 1);
	ct_text(ct_steps_told(conn, crowd.play.id), "STARTED");
}

static void crowd_completes(cairn_conn *conn, unsigned number, void *arg)
{
	struct crowd *crowd = arg;
	cairn_charge usage = { .axis = CAIRN_STR("tokens"), .amount = 7 };
	cairn_replay_step step = crowd->held;
	(void)number;
	cairn_replay *replay = begin_here(conn, crowd);
	ct_ok(cairn_replay_complete(replay, &step, CAIRN_STR("1"), &usage, 1, ct_err()));
	atomic_fetch_add(&crowd->done, 1);
	cairn_replay_close(replay);
}

static void many_complete_it(void)
{
	cairn_conn *conn = ct_open();
	struct crowd crowd = { .play = ct_play_new(conn) };
	cairn_budgets *budgets = NULL;
	crowd.held = ct_ask_run(crowd.play.replay, "a");
	ct_race(4, crowd_completes, &crowd);
	ct_int(atomic_load(&crowd.done), 4);
	ct_text(ct_steps_told(conn, crowd.play.id), "STARTED COMPLETED");
	ct_ok(cairn_budget_read(conn, cairn_any(), crowd.play.id, &budgets, ct_err()));
	ct_later(budgets);
	ct_int(budgets->count, 1);
	ct_int(budgets->at[0].spent, 7);
}

/* ---- order -------------------------------------------------------------------------------------------- */

static void in_order(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step b = ct_ask_run(play.replay, "b");
	ct_sleep(play.replay, 0);
	cairn_replay_step a = ct_ask_run(play.replay, "a");
	ct_step_complete(play.replay, &a, "1");
	ct_step_complete(play.replay, &b, "2");
	ct_int(b.seq, 1);
	ct_int(a.seq, 3);
	ct_play_retry(conn, &play);
	/* A program that asks in another order gets what is remembered under each name. */
	ct_do(play.replay, "a", "1");
	ct_do(play.replay, "c", "3");
	ct_do(play.replay, "b", "2");
	ct_text(ct_remembers(conn, play.id),
		"b=COMPLETED step:sig_61bf899c33c2fb3837edce00=COMPLETED a=COMPLETED c=COMPLETED");
}

static void replaying(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_int(cairn_replay_replaying(play.replay), 0);
	ct_do(play.replay, "a", "1");
	ct_ask_run(play.replay, "b");
	ct_int(cairn_replay_replaying(play.replay), 0);
	ct_play_retry(conn, &play);
	ct_int(cairn_replay_replaying(play.replay), 1);
	ct_do(play.replay, "a", "1");
	ct_int(cairn_replay_replaying(play.replay), 1);
	ct_do(play.replay, "b", "2");
	ct_int(cairn_replay_replaying(play.replay), 0);
	ct_do(play.replay, "c", "3");
	ct_int(cairn_replay_replaying(play.replay), 0);
}

static void nothing_asked(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	const char *before = ct_play_snapshot(conn, play.id);
	ct_ok(cairn_replay_step_begin(play.replay, NULL, 0, NULL, ct_err()));
	ct_play_unchanged(conn, play.id, before);
}

static void two_runs(void)
{
	cairn_conn *conn = ct_open();
	ct_play one = ct_play_new(conn);
	ct_play two = ct_play_new(conn);
	ct_do(one.replay, "a", "1");
	ct_do(two.replay, "a", "2");
	ct_do(two.replay, "b", "3");
	ct_play_retry(conn, &one);
	ct_do(one.replay, "a", "1");
	ct_text(ct_remembers(conn, one.id), "a=COMPLETED");
}

static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_ask_run(play.replay, "a");
	const char *before = ct_play_snapshot(conn, play.id);
	cairn_replay_step copy = step;
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_step_complete(play.replay, &copy, "1");
	ct_define(conn, "business");
	ct_do(play.replay, "b", "1");
	cairn_rollback(&tx);
	ct_play_unchanged(conn, play.id, before);
	play.replay = ct_play_begin(conn, play.lease, NULL);
	tx = (cairn_tx)CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_step_complete(play.replay, &step, "2");
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_str(ct_memo(conn, play.id, "a")->result, "2");
}

#define VERB .kind = CT_VERB, .store = CT_REPLAYS
#define RACE .kind = CT_RACE, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.step.somebody_does_it_under_this_lease",
	  VERB,
	  .rule = "A step that is done under this very lease is WAIT until the lease's end; asked "
		  "again, it is its "
		  "result, and no other use of the name.",
	  .covers = "smol-31, smol-33",
	  .run = somebody_does_it },
	{ .name = "replays.step.a_takeover_does_it_again",
	  VERB,
	  .rule = "Under the next lease the same step is begun again with attempts 2; who lost it "
		  "changes nothing.",
	  .covers = "smol-33, smol-38, smol-61",
	  .run = a_takeover },
	{ .name = "replays.step.of_eight_that_ask_one_runs_it",
	  RACE,
	  .rule = "Of eight that ask at once for one step one runs it and seven wait; it is one "
		  "step, begun once.",
	  .covers = "smol-31",
	  .run = one_of_many_runs },
	{ .name = "replays.step.of_four_that_complete_one_counts",
	  RACE,
	  .rule = "Four completions of one step at once are one event and one charge.",
	  .covers = "smol-32",
	  .run = many_complete_it },
	{ .name = "replays.step.numbered_as_they_were_asked_for",
	  VERB,
	  .rule = "Steps are numbered in the order in which they were first asked for, whatever "
		  "order they end in.",
	  .run = in_order },
	{ .name = "replays.step.replaying_until_all_is_known",
	  VERB,
	  .rule = "An attempt is replaying while remembered steps are left that it has not come "
		  "to.",
	  .run = replaying },
	{ .name = "replays.step.none_is_nothing",
	  VERB,
	  .rule = "Asking for no step writes nothing.",
	  .run = nothing_asked },
	{ .name = "replays.step.runs_do_not_share_them",
	  VERB,
	  .rule = "Steps of one name in two runs are two steps.",
	  .run = two_runs },
	{ .name = "replays.step.inside_the_callers_transaction",
	  VERB,
	  .rule = "What a program does in a transaction of its own is there with its commit, and "
		  "gone with its "
		  "rollback.",
	  .run = in_a_transaction },
};

CT_GROUP(replay_step_held, cases);
