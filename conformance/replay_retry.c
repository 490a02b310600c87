/*
 * replay_retry.c - steps that fail: tried again in the same attempt of the run as often as they may, after a wait that
 * is stored, and in later attempts. (every status: replay_step.c)
 */
#include "ct_replay.h"

static cairn_replay_call tries(int32_t max_attempts, cairn_usec base)
{
	cairn_replay_call call = ct_call_named("a");
	call.max_attempts = max_attempts;
	call.retry = (cairn_retry){ .base = base, .cap = CAIRN_DAY, .jitter = -1, .factor = 2000 };
	return call;
}

static void fail_with(cairn_replay *replay, cairn_replay_step *step, cairn_replay_failure failure)
{
	failure.size = sizeof(failure);
	ct_ok(cairn_replay_fail(replay, step, &failure, ct_err()));
}

/* What is under way has not failed, whatever its last try did. */
static void begun_anew(cairn_conn *conn, cairn_id run)
{
	const cairn_memo *memo = ct_memo(conn, run, "a");
	ct_int(memo->status, CAIRN_MEMO_RUNNING);
	ct_str(memo->error_code, NULL);
	ct_str(memo->error_message, NULL);
	ct_int(memo->ended_at, 0);
	ct_int(memo->wake_at, 0);
}

/* ---- one try --------------------------------------------------------------------------------------- */

static void one_failure(cairn_conn *conn, int32_t max_attempts)
{
	ct_play play = ct_play_new(conn);
	cairn_replay_call call = tries(max_attempts, 0);
	cairn_replay_step step = ct_ask(play.replay, &call);
	ct_step_fail(play.replay, &step, "upstream.down");
	ct_next(step, FAILED);
	ct_str(step.error_code, "upstream.down");
	ct_str(step.error_message, "it broke");
	const cairn_memo *memo = ct_memo(conn, play.id, "a");
	ct_int(memo->status, CAIRN_MEMO_FAILED);
	ct_int(memo->failures, 1);
	ct_int(memo->ended_at, ct_now());
	ct_int(memo->wake_at, 0);
	ct_str(memo->error_code, "upstream.down");
	ct_str(memo->result, NULL);
	ct_int(ct_played(conn, play.id)->failed, 1);
	/* The program may live with it. */
	ct_play_succeed(&play, "\"without\"");
}

static void without_more(void)
{
	cairn_conn *conn = ct_open();
	one_failure(conn, 0);
	one_failure(conn, 1);
}

static void without_words(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_ask_run(play.replay, "a");
	fail_with(play.replay, &step, (cairn_replay_failure){ .size = 0 });
	ct_next(step, FAILED);
	ct_str(step.error_code, "step.failed");
	ct_str(ct_memo(conn, play.id, "a")->error_code, "step.failed");
}

static void in_a_later_attempt(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_do(play.replay, "before", "1");
	for (int32_t attempt = 1; attempt <= 3; attempt++) {
		ct_do(play.replay, "before", "1");
		cairn_replay_step step = ct_ask_run(play.replay, "a");
		ct_int(step.attempts, attempt);
		ct_int(step.failures, 0);
		ct_int(step.seq, 3);
		begun_anew(conn, play.id);
		ct_step_fail(play.replay, &step, "upstream.down");
		ct_next(step, FAILED);
		ct_play_retry(conn, &play);
		ct_do(play.replay, "before", "1");
	}
	ct_do(play.replay, "before", "1");
	ct_do(play.replay, "a", "\"at last\"");
	const cairn_memo *memo = ct_memo(conn, play.id, "a");
	ct_int(memo->attempts, 4);
	ct_int(memo->last_attempt, 4);
	ct_str(memo->error_code, NULL);
	ct_str(memo->error_message, NULL);
}

static void not_after_a_suspension(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_ask_run(play.replay, "a");
	ct_step_fail(play.replay, &step, "upstream.down");
	ct_sleep(play.replay, CAIRN_HOUR);
	ct_play_sleep(conn, &play);
	step = ct_ask_for(play.replay, "a");
	ct_next(step, FAILED);
	ct_int(step.replayed, 1);
	ct_int(step.attempts, 1);
	ct_str(step.error_code, "upstream.down");
	ct_str(step.error_message, "it broke");
	/* But when the attempt that was continued has failed. */
	ct_play_retry(conn, &play);
	step = ct_ask_run(play.replay, "a");
	ct_int(step.attempts, 2);
}

static void again_under_one_lease(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_ask_run(play.replay, "a");
	ct_step_fail(play.replay, &step, "upstream.down");
	cairn_replay *again = ct_play_begin(conn, play.lease, NULL);
	step = ct_ask_for(again, "a");
	ct_next(step, FAILED);
	ct_str(step.error_code, "upstream.down");
}

/* ---- several ------------------------------------------------------------------------------------------ */

static void several_tries(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call call = tries(3, 20 * CAIRN_SECOND);
	for (int32_t n = 1; n <= 2; n++) {
		cairn_replay_step step = ct_ask(play.replay, &call);
		ct_next(step, RUN);
		ct_int(step.attempts, n);
		ct_int(step.failures, n - 1);
		begun_anew(conn, play.id);
		ct_step_fail(play.replay, &step, "upstream.down");
		cairn_time due = ct_now() + n * 20 * CAIRN_SECOND;
		ct_next(step, SUSPEND);
		ct_int(step.until, due);
		ct_str(step.error_code, "upstream.down");
		ct_int(cairn_replay_wake_at(play.replay), due);
		const cairn_memo *memo = ct_memo(conn, play.id, "a");
		ct_int(memo->status, CAIRN_MEMO_WAITING);
		ct_int(memo->wake_at, due);
		ct_int(memo->failures, n);
		ct_play_suspend(&play);
		ct_int(ct_job(conn, play.id)->run_at, due);
		ct_set_now(due - 1);
		ct_claim_none(conn);
		ct_set_now(due);
		ct_play_on(conn, &play);
		ct_int(ct_played(conn, play.id)->attempt, 1);
	}
	cairn_replay_step step = ct_ask(play.replay, &call);
	ct_next(step, RUN);
	ct_int(step.attempts, 3);
	ct_step_fail(play.replay, &step, "upstream.gone");
	ct_next(step, FAILED);
	ct_str(step.error_code, "upstream.gone");
	const cairn_memo *memo = ct_memo(conn, play.id, "a");
	ct_int(memo->status, CAIRN_MEMO_FAILED);
	ct_int(memo->failures, 3);
	ct_int(memo->wake_at, 0);
	ct_text(ct_steps_told(conn, play.id), "STARTED FAILED STARTED FAILED STARTED FAILED");
}

static void succeeds_at_last(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call call = tries(2, CAIRN_SECOND);
	cairn_replay_step step = ct_ask(play.replay, &call);
	ct_step_fail(play.replay, &step, "upstream.down");
	ct_play_sleep(conn, &play);
	step = ct_ask(play.replay, &call);
	ct_step_complete(play.replay, &step, "1");
	const cairn_replay_run *run = ct_played(conn, play.id);
	ct_int(run->steps, 1);
	ct_int(run->completed, 1);
	ct_int(run->failed, 0);
	ct_int(run->attempt, 1);
	ct_str(ct_memo(conn, play.id, "a")->error_code, NULL);
}

static void tries_are_of_one_attempt(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call call = tries(2, CAIRN_HOUR);
	cairn_replay_step step = ct_ask(play.replay, &call);
	ct_step_fail(play.replay, &step, "upstream.down");
	ct_next(step, SUSPEND);
	cairn_time due = step.until;
	/* The attempt fails otherwise; the next one waits as long as the step has to. */
	ct_play_retry(conn, &play);
	step = ct_ask(play.replay, &call);
	ct_next(step, SUSPEND);
	ct_int(step.until, due);
	ct_play_suspend(&play);
	ct_set_now(due);
	ct_play_on(conn, &play);
	step = ct_ask(play.replay, &call);
	ct_next(step, RUN);
	ct_int(step.attempts, 2);
	ct_int(step.failures, 0);
	ct_step_fail(play.replay, &step, "upstream.down");
	ct_next(step, SUSPEND);
}

static void a_lost_try(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call call = tries(2, CAIRN_SECOND);
	cairn_replay_step step = ct_ask(play.replay, &call);
	ct_play_takeover(conn, &play);
	/* A try that nobody ended is no failure. */
	step = ct_ask(play.replay, &call);
	ct_next(step, RUN);
	ct_int(step.attempts, 2);
	ct_int(step.failures, 0);
	ct_step_fail(play.replay, &step, "upstream.down");
	ct_next(step, SUSPEND);
}

static void a_wish(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call call = tries(3, CAIRN_MINUTE);
	cairn_time later = ct_now() + CAIRN_HOUR;
	cairn_replay_step step = ct_ask(play.replay, &call);
	fail_with(play.replay, &step, (cairn_replay_failure){ .not_before = later });
	ct_next(step, SUSPEND);
	ct_int(step.until, later);
	ct_play_suspend(&play);
	ct_set_now(later);
	ct_play_on(conn, &play);
	step = ct_ask(play.replay, &call);
	fail_with(play.replay, &step,
		  (cairn_replay_failure){ .not_before = ct_now() + CAIRN_SECOND });
	ct_int(step.until, ct_now() + 2 * CAIRN_MINUTE);
	ct_int(ct_memo(conn, play.id, "a")->wake_at, step.until);
}

static void final_ones(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call call = tries(5, CAIRN_MINUTE);
	cairn_replay_step step = ct_ask(play.replay, &call);
	fail_with(play.replay, &step,
		  (cairn_replay_failure){ .code = CAIRN_STR("no.use"), .final = 1 });
	ct_next(step, FAILED);
	ct_int(cairn_replay_wake_at(play.replay), 0);
	ct_int(ct_memo(conn, play.id, "a")->status, CAIRN_MEMO_FAILED);
}

static void the_earliest(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call calls[2] = { tries(2, CAIRN_HOUR), tries(2, CAIRN_MINUTE) };
	cairn_replay_step each[2];
	calls[1].name = CAIRN_STR("b");
	ct_ok(cairn_replay_step_begin(play.replay, calls, 2, each, ct_err()));
	ct_step_fail(play.replay, &each[0], "x");
	ct_step_fail(play.replay, &each[1], "x");
	ct_int(cairn_replay_wake_at(play.replay), ct_now() + CAIRN_MINUTE);
	ct_play_sleep(conn, &play);
	ct_ok(cairn_replay_step_begin(play.replay, calls, 2, each, ct_err()));
	ct_next(each[0], SUSPEND);
	ct_next(each[1], RUN);
}

static void refused(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_ask_run(play.replay, "a");
	cairn_replay_step none;
	const char *before = ct_play_snapshot(conn, play.id);
	cairn_replay_call bad[] = { tries(-1, 0), tries(2, -5), tries(2, 0) };
	bad[2].retry.factor = -1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bad[i].name = CAIRN_STR("bad");
		ct_status(cairn_replay_step_begin(play.replay, &bad[i], 1, &none, ct_err()),
			  CAIRN_INVALID, NULL);
	}
	cairn_replay_failure failure = { .size = sizeof(failure), .code = CAIRN_STR(" ") };
	ct_status(cairn_replay_fail(play.replay, &step, &failure, ct_err()), CAIRN_INVALID, NULL);
	failure.code = CAIRN_STR("x");
	failure.message = cairn_str_of(ct_repeat('m', 8193));
	ct_status(cairn_replay_fail(play.replay, &step, &failure, ct_err()), CAIRN_TOO_LARGE, NULL);
	failure.message.len = 1;
	failure.final = 2;
	ct_status(cairn_replay_fail(play.replay, &step, &failure, ct_err()), CAIRN_INVALID,
		  "arg.reserved");
	failure.final = 0;
	failure.reserved_ = 1;
	ct_status(cairn_replay_fail(play.replay, &step, &failure, ct_err()), CAIRN_INVALID,
		  "arg.reserved");
	failure.reserved_ = 0;
	ct_play_unchanged(conn, play.id, before);
	failure.message = cairn_str_of(ct_repeat('m', 8192));
	ct_ok(cairn_replay_fail(play.replay, &step, &failure, ct_err()));
	ct_int(ct_memo(conn, play.id, "a")->error_message.len, 8192);
}

#define VERB .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.retry.one_try_is_one",
	  VERB,
	  .rule = "A step without further tries has failed; the run goes on as its program likes.",
	  .run = without_more },
	{ .name = "replays.retry.a_failure_without_words",
	  VERB,
	  .rule = "A failure without a code is step.failed.",
	  .run = without_words },
	{ .name = "replays.retry.a_later_attempt_tries_again",
	  VERB,
	  .rule = "A step that failed is tried again by each later attempt of the run, in the same "
		  "row; what was "
		  "done is not.",
	  .covers = "smol-35",
	  .run = in_a_later_attempt },
	{ .name = "replays.retry.a_suspension_does_not",
	  VERB,
	  .rule = "After a suspension it is the same attempt of the run: what failed has failed.",
	  .run = not_after_a_suspension },
	{ .name = "replays.retry.nor_does_another_begin",
	  VERB,
	  .rule = "Beginning again under the same lease finds a failed step failed.",
	  .run = again_under_one_lease },
	{ .name = "replays.retry.as_often_as_it_may",
	  VERB,
	  .rule = "A step waits between its tries as its retry says, suspended, and has failed "
		  "after the last "
		  "one.",
	  .covers = "smol-60, smol-63",
	  .run = several_tries },
	{ .name = "replays.retry.a_try_that_succeeds",
	  VERB,
	  .rule = "Two tries of which one succeeds are one completed step, no failed one, one "
		  "attempt of the run.",
	  .covers = "smol-60",
	  .run = succeeds_at_last },
	{ .name = "replays.retry.tries_are_counted_in_each_attempt",
	  VERB,
	  .rule = "Failures are counted in one attempt of the run; the time of the next try is "
		  "stored, and holds in the "
		  "next one, too.",
	  .run = tries_are_of_one_attempt },
	{ .name = "replays.retry.a_lost_try_is_no_failure",
	  VERB,
	  .rule = "What was begun and never ended counts as begun, not as failed.",
	  .covers = "smol-61",
	  .run = a_lost_try },
	{ .name = "replays.retry.may_be_delayed_never_hastened",
	  VERB,
	  .rule = "The next try is at the later of the policy's time and the wish.",
	  .run = a_wish },
	{ .name = "replays.retry.a_final_failure",
	  VERB,
	  .rule = "A final failure uses up all tries.",
	  .run = final_ones },
	{ .name = "replays.retry.the_earliest_wakes",
	  VERB,
	  .rule = "Of several steps that wait the earliest wakes the run.",
	  .run = the_earliest },
	{ .name = "replays.retry.what_is_none_is_refused",
	  VERB,
	  .rule = "Retries that no policy could have, codes that are no names and messages above 8 "
		  "KiB are refused; the "
		  "step is still held.",
	  .covers = "smol-63",
	  .run = refused },
};

CT_GROUP(replay_retry, cases);
