/* replay_wake_none.c - who is woken by what, and who is not; who is told. (in every order: replay_wake.c) */
#include "ct_replay.h"

/* A child that is out of the way. */
static cairn_replay_step start_kid(cairn_replay *replay)
{
	cairn_child_new kid = { .type = CAIRN_STR("t"),
				.name = CAIRN_STR("kid"),
				.queue = CAIRN_STR("kids") };
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_child(replay, &kid, 1, &step, ct_err()));
	ct_each(step, CAIRN_OK, NULL);
	return step;
}

/* ---- who is not woken -------------------------------------------------------------------------------------------- */

static void not_in_a_backoff(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "go", -1);
	cairn_replay_step step = start_kid(play.replay);
	ct_finish(conn, ct_failure(play.lease, CAIRN_FINISH_RETRYABLE, "x"));
	cairn_time due = ct_now() + CT_REPLAY_RETRY;
	ct_int(ct_job(conn, play.id)->run_at, due);
	ct_int(ct_signal(conn, play.id, "go", NULL).woken, 0);
	ct_cancel(conn, step.child);
	ct_int(ct_job(conn, play.id)->run_at, due);
	ct_set_now(due - 1);
	ct_claim_none(conn);
	ct_set_now(due);
	ct_play_on(conn, &play);
	step = ct_await(play.replay, "go", -1);
	ct_result(step, "null");
}

static void not_while_it_runs(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "go", -1);
	cairn_time expires = ct_job(conn, play.id)->lease_expires_at;
	ct_int(ct_signal(conn, play.id, "go", NULL).woken, 0);
	ct_stage_is(conn, play.id, "RUNNING");
	ct_int(ct_job(conn, play.id)->lease_expires_at, expires);
	ct_play_suspend(&play);
	ct_stage_is(conn, play.id, "ENQUEUED");
	ct_play_on(conn, &play);
}

static void not_by_what_it_gave_up(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "go", -1);
	cairn_replay_step kid = start_kid(play.replay);
	ct_play_retry(conn, &play);
	/* This time it takes another way. */
	cairn_replay_step step = ct_sleep(play.replay, CAIRN_HOUR);
	ct_play_suspend(&play);
	ct_int(ct_signal(conn, play.id, "go", NULL).woken, 0);
	ct_cancel(conn, kid.child);
	ct_stage_is(conn, play.id, "SUSPENDED");
	ct_int(ct_job(conn, play.id)->run_at, step.until);
	ct_claim_none(conn);
	/* Nor by what was there before it suspended. */
	ct_set_now(step.until);
	ct_play_on(conn, &play);
	ct_await(play.replay, "other", -1);
	ct_play_suspend(&play);
	ct_stage_is(conn, play.id, "SUSPENDED");
}

static void not_by_what_was_taken(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_signal(conn, play.id, "go", "1");
	cairn_replay_step step = ct_await(play.replay, "go", -1);
	ct_result(step, "1");
	ct_await(play.replay, "go", -1);
	ct_play_suspend(&play);
	ct_stage_is(conn, play.id, "SUSPENDED");
	ct_claim_none(conn);
}

static void not_by_a_kid_that_goes_on(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_child(play.replay, "kid");
	ct_play_suspend(&play);
	ct_play kid = { .id = step.child };
	ct_play_on(conn, &kid);
	ct_sleep(kid.replay, CAIRN_MINUTE);
	ct_play_sleep(conn, &kid);
	ct_stage_is(conn, play.id, "SUSPENDED");
	ct_play_retry(conn, &kid);
	ct_play_takeover(conn, &kid);
	ct_stage_is(conn, play.id, "SUSPENDED");
	ct_play_succeed(&kid, NULL);
	ct_stage_is(conn, play.id, "ENQUEUED");
}

static void only_its_parent(void)
{
	cairn_conn *conn = ct_open();
	ct_play one = ct_play_new(conn);
	cairn_id kid = ct_child(one.replay, "kid").child;
	ct_play_suspend(&one);
	cairn_lease lease = ct_play_claim(conn, kid);
	ct_play two = ct_play_new(conn);
	ct_child(two.replay, "kid");
	ct_play_suspend(&two);
	ct_finish(conn, ct_success(lease));
	ct_stage_is(conn, one.id, "ENQUEUED");
	ct_stage_is(conn, two.id, "SUSPENDED");
}

static void by_any_continuation(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "go", -1);
	ct_signal(conn, play.id, "go", NULL);
	/* Its worker continues the job by itself. */
	ct_finish(conn, ct_again(play.lease, CAIRN_FINISH_CONTINUE, CAIRN_HOUR));
	ct_int(ct_job(conn, play.id)->run_at, ct_now());
	ct_play_on(conn, &play);
}

static void plain_jobs_are_not(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_play_add(conn);
	ct_finish(conn, ct_again(ct_play_claim(conn, id), CAIRN_FINISH_CONTINUE, CAIRN_HOUR));
	ct_int(ct_signal(conn, id, "go", NULL).woken, 0);
	ct_int(ct_job(conn, id)->run_at, ct_now() + CAIRN_HOUR);
	ct_claim_none(conn);
}

/* ---- who is told --------------------------------------------------------------------------------------------------- */

struct waiter {
	int ready;
	cairn_usec ended;
};

static void wait_now(cairn_conn *conn, void *arg)
{
	struct waiter *waiter = arg;
	const cairn_str queue = CAIRN_STR("default");
	cairn_wait_opts opts = { .size = sizeof(opts),
				 .queues = &queue,
				 .queue_count = 1,
				 .timeout = 20 * CAIRN_SECOND };
	ct_ok(cairn_job_wait(conn, &opts, &waiter->ready, ct_err()));
	waiter->ended = ct_ticks();
}

static void waiters_are_told(void)
{
	cairn_conn *conn = ct_open();
	ct_session *session = ct_session_new("waits");
	struct waiter waiter = { .ready = -1 };
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "go", -1);
	ct_play_suspend(&play);
	ct_true(!ct_start(session, wait_now, &waiter));
	cairn_usec began = ct_ticks();
	ct_signal(conn, play.id, "go", NULL);
	ct_join(session);
	ct_int(waiter.ready, 1);
	ct_true(waiter.ended - began < 3 * CAIRN_SECOND);
	ct_play_on(conn, &play);
}

#define VERB .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.wake.a_backoff_is_not_hastened",
	  VERB,
	  .rule = "A run whose attempt failed is due when its retry is, whatever comes meanwhile.",
	  .run = not_in_a_backoff },
	{ .name = "replays.wake.what_runs_is_left_alone",
	  VERB,
	  .rule = "A signal to a run that is leased changes nothing of its lease; the suspension "
		  "that follows is due at "
		  "once.",
	  .run = not_while_it_runs },
	{ .name = "replays.wake.not_by_what_it_gave_up",
	  VERB,
	  .rule = "What an earlier attempt waited for and this one did not ask for wakes nobody.",
	  .run = not_by_what_it_gave_up },
	{ .name = "replays.wake.not_by_what_was_taken",
	  VERB,
	  .rule = "A signal that a step has taken wakes no other one.",
	  .run = not_by_what_was_taken },
	{ .name = "replays.wake.not_by_a_child_that_goes_on",
	  VERB,
	  .rule = "A child that suspends, or is tried again, has not ended.",
	  .run = not_by_a_kid_that_goes_on },
	{ .name = "replays.wake.only_its_own_parent",
	  VERB,
	  .rule = "A child's end wakes its parent and nobody else.",
	  .run = only_its_parent },
	{ .name = "replays.wake.by_any_continuation",
	  VERB,
	  .rule = "A job that is continued by itself is due at once, too, if what it waits for is "
		  "there.",
	  .run = by_any_continuation },
	{ .name = "replays.wake.plain_jobs_are_not_woken",
	  VERB,
	  .rule = "A job that is no replay run keeps its signals and its time.",
	  .run = plain_jobs_are_not },
	{ .name = "replays.wake.who_waits_for_jobs_is_told",
	  VERB,
	  .rule = "Who waits for jobs of the queue is told of a run that is woken.",
	  .run = waiters_are_told },
};

CT_GROUP(replay_wake_none, cases);
