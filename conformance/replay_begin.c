/*
 * replay_begin.c - how the attempts of a replay run begin: which are new ones and which go on, which program they are,
 * and who may not. (steps: replay_step.c)
 */
#include "ct_replay.h"

static cairn_replay_opts with_code(const char *code, uint32_t recode)
{
	return (cairn_replay_opts){ .size = sizeof(cairn_replay_opts),
				    .code = cairn_str_of(code),
				    .recode = recode };
}

static void a_job_becomes_a_run(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_play_add(conn);
	cairn_replay_runs *row = NULL;
	ct_int(ct_job(conn, id)->replay, 0);
	ct_status(cairn_replay_get(conn, cairn_any(), id, &row, ct_err()), CAIRN_NOT_FOUND,
		  "replay.run_not_found");
	ct_later(row);
	ct_play play = { .id = id };
	ct_play_on(conn, &play);
	const cairn_replay_run *run = ct_played(conn, id);
	ct_int(ct_job(conn, id)->replay, 1);
	ct_int(run->status, CAIRN_REPLAY_RUNNING);
	ct_id(run->root, id);
	ct_true(cairn_id_is_none(run->parent) && cairn_id_is_none(run->source));
	ct_str(run->scope, "root");
	ct_str(run->code, NULL);
	ct_str(run->type, "t");
	ct_str(run->worker, "w");
	ct_int(run->attempt, 1);
	ct_int(run->fence, play.lease.fence);
	ct_int(run->steps, 0);
	ct_int(cairn_replay_replaying(play.replay), 0);
}

static void others_stay_plain(void)
{
	cairn_conn *conn = ct_open();
	cairn_id other = ct_enqueue(conn, "other");
	ct_claim(conn, "w");
	const char *before = ct_snapshot(conn, other);
	ct_play play = ct_play_new(conn);
	ct_play_succeed(&play, NULL);
	ct_unchanged(conn, other, before);
	ct_int(ct_job(conn, other)->replay, 0);
}

static void a_success(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_do(play.replay, "a", "{\"n\":1}");
	ct_play_succeed(&play, "[1]");
	const cairn_replay_run *run = ct_played(conn, play.id);
	ct_int(run->status, CAIRN_REPLAY_SUCCEEDED);
	ct_str(run->output, "[1]");
	ct_int(run->attempt, 1);
	ct_int(run->completed, 1);
	ct_int(run->steps, 1);
	ct_int(ct_job(conn, play.id)->status, CAIRN_JOB_SUCCEEDED);
	ct_text(ct_timeline(conn, play.id),
		"ENQUEUED LEASED STEP_STARTED STEP_COMPLETED SUCCEEDED");
}

static void a_failure(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_do(play.replay, "a", "1");
	ct_play_fail(&play, "no.way");
	const cairn_replay_run *run = ct_played(conn, play.id);
	ct_int(run->status, CAIRN_REPLAY_FAILED);
	ct_str(run->error_code, "no.way");
	ct_int(run->attempt, 1);
	ct_text(ct_remembers(conn, play.id), "a=COMPLETED");
	ct_int(ct_attempts(conn, play.id)->count, 1);
	ct_claim_none(conn);
}

static void attempts_are_counted(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	for (int32_t attempt = 1; attempt < 4; attempt++) {
		ct_int(ct_played(conn, play.id)->attempt, attempt);
		ct_int(ct_played(conn, play.id)->fence, play.lease.fence);
		ct_play_retry(conn, &play);
	}
	ct_play_takeover(conn, &play);
	ct_int(ct_played(conn, play.id)->attempt, 5);
}

static void a_continuation(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_play_retry(conn, &play);
	ct_sleep(play.replay, CAIRN_HOUR);
	ct_play_sleep(conn, &play);
	const cairn_replay_run *run = ct_played(conn, play.id);
	ct_int(run->attempt, 2);
	ct_int(run->fence, play.lease.fence);
	ct_int(run->run_number, 2);
	/* What fails after it has been continued is another attempt again. */
	ct_play_retry(conn, &play);
	ct_int(ct_played(conn, play.id)->attempt, 3);
}

static void a_lost_continuation(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_sleep(play.replay, CAIRN_HOUR);
	ct_play_sleep(conn, &play);
	ct_int(ct_played(conn, play.id)->attempt, 1);
	ct_play_takeover(conn, &play);
	ct_int(ct_played(conn, play.id)->attempt, 2);
}

static void a_late_first_begin(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_play_add(conn);
	ct_finish(conn, ct_failure(ct_play_claim(conn, id), CAIRN_FINISH_RETRYABLE, "x"));
	ct_advance(CT_REPLAY_RETRY);
	ct_play play = { .id = id };
	ct_play_on(conn, &play);
	ct_int(ct_played(conn, id)->attempt, 1);
	ct_int(ct_job(conn, id)->attempt, 2);
}

static void twice_under_one_lease(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_do(play.replay, "a", "1");
	ct_play_retry(conn, &play);
	const char *before = ct_play_snapshot(conn, play.id);
	cairn_replay *again = ct_play_begin(conn, play.lease, NULL);
	ct_play_unchanged(conn, play.id, before);
	ct_int(ct_played(conn, play.id)->attempt, 2);
	ct_int(cairn_replay_replaying(again), 1);
	ct_do(again, "a", "1");
	ct_int(cairn_replay_replaying(again), 0);
}

static void beside_its_job(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_heartbeat(conn, &play.lease, 1, CAIRN_HOUR, &changed, ct_err()));
	ct_each(changed, CAIRN_OK, NULL);
	ct_advance(CAIRN_MINUTE);
	ct_do(play.replay, "a", "1");
	ct_finish(conn, ct_success(play.lease));
	ct_stage_is(conn, play.id, "SUCCEEDED");
}

/* ---- code ------------------------------------------------------------------------------------ */

static void another_code(void)
{
	cairn_conn *conn = ct_open();
	cairn_replay_opts one = with_code("v1", 0);
	cairn_replay_opts two = with_code("v2", 0);
	ct_play play = { .id = ct_play_add(conn) };
	play.lease = ct_play_claim(conn, play.id);
	play.replay = ct_play_begin(conn, play.lease, &one);
	ct_do(play.replay, "a", "1");
	ct_str(ct_played(conn, play.id)->code, "v1");
	ct_begin_refused(conn, play.lease, &two, CAIRN_CONFLICT, "replay.code_mismatch");
	ct_finish(conn, ct_failure(play.lease, CAIRN_FINISH_RETRYABLE, "x"));
	ct_advance(CT_REPLAY_RETRY);
	play.lease = ct_play_claim(conn, play.id);
	ct_begin_refused(conn, play.lease, &two, CAIRN_CONFLICT, "replay.code_mismatch");
	ct_int(ct_played(conn, play.id)->attempt, 1);
	play.replay = ct_play_begin(conn, play.lease, &one);
	ct_int(ct_played(conn, play.id)->attempt, 2);
	ct_do(play.replay, "a", "1");
}

static void another_code_wanted(void)
{
	cairn_conn *conn = ct_open();
	cairn_replay_opts one = with_code("v1", 0);
	cairn_replay_opts two = with_code("v2", 1);
	ct_play play = { .id = ct_play_add(conn) };
	play.lease = ct_play_claim(conn, play.id);
	play.replay = ct_play_begin(conn, play.lease, &one);
	ct_do(play.replay, "a", "1");
	play.replay = ct_play_begin(conn, play.lease, &two);
	ct_str(ct_played(conn, play.id)->code, "v2");
	ct_do(play.replay, "a", "1");
	ct_begin_refused(conn, play.lease, &one, CAIRN_CONFLICT, "replay.code_mismatch");
}

static void no_code(void)
{
	cairn_conn *conn = ct_open();
	cairn_replay_opts one = with_code("v1", 0);
	ct_play play = { .id = ct_play_add(conn) };
	play.lease = ct_play_claim(conn, play.id);
	play.replay = ct_play_begin(conn, play.lease, &one);
	ct_play_retry(conn, &play);
	ct_str(ct_played(conn, play.id)->code, "v1");
	ct_int(ct_played(conn, play.id)->attempt, 2);
}

/* ---- refusals ---------------------------------------------------------------------------------- */

static void nothing_kept(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition definition = { .type = CAIRN_STR("t"), .retention = CAIRN_RETAIN_NONE };
	cairn_job_new job = ct_new("t");
	ct_ok(cairn_job_define(conn, &definition, 1, ct_err()));
	cairn_id id = ct_add(conn, &job);
	cairn_lease lease = ct_play_claim(conn, id);
	ct_begin_refused(conn, lease, NULL, CAIRN_INVALID, "replay.needs_retention");
	ct_int(ct_job(conn, id)->replay, 0);
	/* It is a job like others, then. */
	ct_finish(conn, ct_success(lease));
	ct_true(!ct_exists(conn, id));
}

static void a_wrong_fence(cairn_conn *conn, cairn_lease lease, const char *code)
{
	lease.fence += 7;
	ct_begin_refused(conn, lease, NULL, CAIRN_STALE, code);
}

static void reasons_in_order(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 8, CT_REPLAY_RETRY);
	cairn_lease unknown = { .id = cairn_id_new(), .fence = 1 };
	ct_begin_refused(conn, unknown, NULL, CAIRN_NOT_FOUND, "job.not_found");
	static const struct {
		enum cairn_job_status status;
		const char *code;
	} ended[] = { { CAIRN_JOB_CANCELED, "run.canceled" },
		      { CAIRN_JOB_SUCCEEDED, "job.finished" },
		      { CAIRN_JOB_DEAD_LETTERED, "job.finished" } };
	for (size_t i = 0; i < sizeof(ended) / sizeof(ended[0]); i++) {
		ct_made made = ct_make(conn, "t", ended[i].status);
		ct_begin_refused(conn, made.lease, NULL, CAIRN_STALE, ended[i].code);
		a_wrong_fence(conn, made.lease, ended[i].code);
		ct_advance(CT_REPLAY_LEASE);
		ct_begin_refused(conn, made.lease, NULL, CAIRN_STALE, ended[i].code);
	}
	ct_made held = ct_make(conn, "t", CAIRN_JOB_LEASED);
	a_wrong_fence(conn, held.lease, "job.lease_lost");
	ct_advance(CT_REPLAY_LEASE - 1);
	ct_play_begin(conn, held.lease, NULL);
	ct_advance(1);
	ct_begin_refused(conn, held.lease, NULL, CAIRN_STALE, "job.lease_expired");
	a_wrong_fence(conn, held.lease, "job.lease_lost");
	ct_advance(1);
	ct_reap(conn, 1);
	ct_begin_refused(conn, held.lease, NULL, CAIRN_STALE, "job.lease_lost");
}

static void a_canceled_run(void)
{
	cairn_conn *conn = ct_open();
	cairn_replay_step held;
	ct_play play = ct_play_held(conn, &held);
	ct_cancel(conn, play.id);
	ct_play_refused(conn, &play, &held, CAIRN_STALE, "run.canceled");
	ct_begin_refused(conn, play.lease, NULL, CAIRN_STALE, "run.canceled");
	ct_stage_is(conn, play.id, "CANCELED");
}

static void canceled_before_it_began(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_play_add(conn);
	cairn_replay_runs *row = NULL;
	ct_cancel(conn, id);
	ct_claim_none(conn);
	ct_status(cairn_replay_get(conn, cairn_any(), id, &row, ct_err()), CAIRN_NOT_FOUND,
		  "replay.run_not_found");
	ct_later(row);
}

static void a_canceled_parent(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	cairn_replay_step step = ct_child(parent.replay, "c");
	ct_play_suspend(&parent);
	ct_play child = { .id = step.child };
	ct_play_on(conn, &child);
	ct_do(child.replay, "a", "1");
	ct_cancel(conn, parent.id);
	/* It was not told of it; it finds out when it begins again. */
	ct_do(child.replay, "b", "1");
	ct_begin_refused(conn, child.lease, NULL, CAIRN_STALE, "run.canceled");
	ct_finish(conn, ct_failure(child.lease, CAIRN_FINISH_RETRYABLE, "x"));
	ct_advance(CT_REPLAY_RETRY);
	child.lease = ct_play_claim(conn, child.id);
	ct_begin_refused(conn, child.lease, NULL, CAIRN_STALE, "run.canceled");
}

static void a_parent_that_ended_otherwise(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	cairn_replay_step step = ct_child(parent.replay, "c");
	ct_play_fail(&parent, "enough");
	ct_play child = { .id = step.child };
	ct_play_on(conn, &child);
	ct_do(child.replay, "a", "1");
	ct_play_succeed(&child, NULL);
	ct_stage_is(conn, child.id, "SUCCEEDED");
}

static void a_lost_lease(void)
{
	cairn_conn *conn = ct_open();
	cairn_replay_step held;
	ct_play play = ct_play_held(conn, &held);
	ct_play late = play;
	ct_advance(CT_REPLAY_LEASE);
	ct_play_refused(conn, &late, &held, CAIRN_STALE, "job.lease_expired");
	ct_advance(1);
	ct_reap(conn, 1);
	ct_play_refused(conn, &late, &held, CAIRN_STALE, "job.lease_lost");
	ct_set_now(ct_job(conn, play.id)->run_at);
	ct_play_on(conn, &play);
	ct_play_refused(conn, &late, &held, CAIRN_STALE, "job.lease_lost");
	ct_do(play.replay, "a", "1");
	ct_play_refused(conn, &late, &held, CAIRN_STALE, "job.lease_lost");
	ct_play_succeed(&play, NULL);
	ct_play_refused(conn, &late, &held, CAIRN_STALE, "job.finished");
}

static void an_ended_attempt(void)
{
	cairn_conn *conn = ct_open();
	cairn_replay_step held;
	ct_play play = ct_play_held(conn, &held);
	ct_play_suspend(&play);
	ct_play_refused(conn, &play, &held, CAIRN_INVALID, "replay.attempt_ended");
	ct_play other = ct_play_held(conn, &held);
	ct_play_succeed(&other, NULL);
	ct_play_refused(conn, &other, &held, CAIRN_INVALID, "replay.attempt_ended");
}

#define VERB .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.begin.a_job_that_begins_one_is_a_run",
	  VERB,
	  .rule = "A replay run is a job that began one, under the job's id; before that there is "
		  "no run.",
	  .run = a_job_becomes_a_run },
	{ .name = "replays.begin.other_jobs_stay_as_they_are",
	  VERB,
	  .rule = "That some job is a replay run makes no other one.",
	  .run = others_stay_plain },
	{ .name = "replays.begin.a_run_that_succeeds",
	  VERB,
	  .rule = "One attempt, one completed step, one output: run and job have succeeded.",
	  .covers = "smol-14",
	  .run = a_success },
	{ .name = "replays.begin.a_run_that_fails",
	  VERB,
	  .rule = "A failure for good is one attempt; the steps that were done stay.",
	  .covers = "smol-15",
	  .run = a_failure },
	{ .name = "replays.begin.attempts_are_counted",
	  VERB,
	  .rule = "An attempt that failed, or lost its lease, is followed by the next number, "
		  "under its own fence.",
	  .covers = "smol-18",
	  .run = attempts_are_counted },
	{ .name = "replays.begin.a_continuation_is_the_same_attempt",
	  VERB,
	  .rule = "After a suspension it is still the same attempt of the run.",
	  .run = a_continuation },
	{ .name = "replays.begin.a_continuation_that_is_lost_is_the_next_attempt",
	  VERB,
	  .rule = "Who takes over an attempt that was continued begins another one.",
	  .run = a_lost_continuation },
	{ .name = "replays.begin.the_first_begin_is_the_first_attempt",
	  VERB,
	  .rule = "A run's attempts are counted from its first begin, not from its job's first "
		  "claim.",
	  .run = a_late_first_begin },
	{ .name = "replays.begin.again_under_one_lease_is_the_same_attempt",
	  VERB,
	  .rule = "Beginning again under the same lease is the same attempt, and writes nothing.",
	  .run = twice_under_one_lease },
	{ .name = "replays.begin.a_run_is_still_a_job",
	  VERB,
	  .rule = "Heartbeats extend the lease that guards the steps; a finish of the job ends the "
		  "run.",
	  .run = beside_its_job },
	{ .name = "replays.begin.another_code_is_a_conflict",
	  VERB,
	  .rule = "A run that began with another code is not begun, and nothing is written.",
	  .run = another_code },
	{ .name = "replays.begin.another_code_goes_on_if_it_is_wanted",
	  VERB,
	  .rule = "With recode the run goes on with the new code, and is of that code from now on.",
	  .run = another_code_wanted },
	{ .name = "replays.begin.an_absent_code_is_not_compared",
	  VERB,
	  .rule = "Who names no code begins runs of any, and leaves theirs.",
	  .run = no_code },
	{ .name = "replays.begin.a_type_that_keeps_nothing_has_no_runs",
	  VERB,
	  .rule = "A job whose type keeps nothing can't be a replay run; it is as before.",
	  .run = nothing_kept },
	{ .name = "replays.begin.stale_reasons_in_order",
	  VERB,
	  .rule = "Who has no lease is told the first that holds: run.canceled, job.finished, "
		  "job.lease_lost, "
		  "job.lease_expired.",
	  .covers = "smol-42",
	  .run = reasons_in_order },
	{ .name = "replays.begin.a_canceled_run_writes_nothing",
	  VERB,
	  .rule = "The program of a canceled run is told run.canceled by each call; nothing is "
		  "written.",
	  .covers = "smol-16",
	  .run = a_canceled_run },
	{ .name = "replays.begin.canceled_before_it_began",
	  VERB,
	  .rule = "A job that is canceled before anybody began it never is a run.",
	  .covers = "smol-16",
	  .run = canceled_before_it_began },
	{ .name = "replays.begin.a_child_of_a_canceled_run_does_not_begin",
	  VERB,
	  .rule = "A child whose parent was canceled with its job finds out when it begins: "
		  "run.canceled.",
	  .run = a_canceled_parent },
	{ .name = "replays.begin.a_child_of_a_failed_run_goes_on",
	  VERB,
	  .rule = "Only a canceled parent keeps its children from beginning.",
	  .run = a_parent_that_ended_otherwise },
	{ .name = "replays.begin.a_lost_lease_writes_nothing",
	  VERB,
	  .rule = "Whoever lost the lease is told STALE by every write of the attempt, and nothing "
		  "is written.",
	  .covers = "smol-29, smol-38",
	  .run = a_lost_lease },
	{ .name = "replays.begin.an_ended_attempt_writes_nothing",
	  VERB,
	  .rule = "After its end every write of an attempt is INVALID replay.attempt_ended.",
	  .run = an_ended_attempt },
};

CT_GROUP(replay_begin, cases);
