/*
 * replay_resume.c - runs once more: what is remembered stays so, what failed is tried again; and whom it is refused.
 */
#include <stdatomic.h>

#include "ct_ledger.h"

static void refused(cairn_conn *conn, const cairn_resume *resume, const char *code)
{
	cairn_replay_changed changed = { .status = CAIRN_INTERNAL };
	const char *before = ct_play_snapshot(conn, resume->run);
	ct_status(cairn_replay_resume(conn, resume, &changed, ct_err()), CAIRN_STALE, code);
	ct_each(changed, CAIRN_STALE, code);
	ct_int(changed.job_status, ct_job(conn, resume->run)->status);
	ct_play_unchanged(conn, resume->run, before);
}

/* A run with a step that completed and one that failed, which failed. */
static cairn_id failed_run(cairn_conn *conn)
{
	ct_play live = ct_play_aside(conn);
	ct_play_paid(&live, "one", "a", 7);
	ct_play_failed(&live, "two", "no.luck");
	ct_play_fail(&live, "it.broke");
	return live.id;
}

/* ---- what becomes of it ---------------------------------------------------------------------- */

static void goes_on(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = failed_run(conn);
	cairn_resume resume = ct_resumption(run);
	const char *ledger = ct_ledger(conn, run);
	ct_advance(CAIRN_HOUR);
	resume.reason = CAIRN_STR("FIXED");
	cairn_replay_changed changed = ct_resume_replay(conn, &resume);
	ct_int(changed.job_status, CAIRN_JOB_PENDING);
	ct_replay_stands(conn, run, "ENQUEUED one=COMPLETED two=FAILED");
	const cairn_job *job = ct_job(conn, run);
	ct_int(job->run_number, 2);
	ct_int(job->run_at, ct_now());
	ct_str(job->status_reason, "FIXED");
	ct_play again = ct_play_of(conn, run);
	ct_int(ct_played(conn, run)->attempt, 2);
	ct_play_knows(&again, "one", "1");
	cairn_replay_step step = ct_ask_run(again.replay, "two");
	ct_int(step.attempts, 2);
	ct_int(step.failures, 0);
	ct_ok(cairn_replay_complete(again.replay, &step, CAIRN_STR("2"), NULL, 0, ct_err()));
	ct_play_succeed(&again, "3");
	ct_replay_stands(conn, run, "SUCCEEDED one=COMPLETED two=COMPLETED");
	const cairn_replay_run *row = ct_played(conn, run);
	ct_str(row->error_code, NULL);
	ct_str(row->error_message, NULL);
	ct_str(row->output, "3");
	ct_str(ct_memo(conn, run, "two")->error_code, NULL);
	ct_booked(conn, run, ledger);
}

static void reason_unless_said(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = failed_run(conn);
	cairn_resume resume = ct_resumption(run);
	resume.run_number = 1;
	ct_resume_replay(conn, &resume);
	ct_str(ct_job(conn, run)->status_reason, "RESUMED");
	ct_last_event(conn, run, CAIRN_EVENT_REQUEUED);
}

static void a_failed_child_anew(void)
{
	cairn_conn *conn = ct_open();
	ct_play root = ct_play_aside(conn);
	cairn_id first = ct_child_of(&root, "c", "below");
	ct_play_suspend(&root);
	ct_play child = ct_play_of(conn, first);
	ct_play_fail(&child, "it.broke");
	root = ct_play_of(conn, root.id);
	ct_next(ct_child(root.replay, "c"), FAILED);
	ct_play_fail(&root, "it.broke");
	cairn_resume resume = ct_resumption(root.id);
	ct_resume_replay(conn, &resume);
	ct_stage_is(conn, first, "FAILED");
	root = ct_play_of(conn, root.id);
	cairn_replay_step step = ct_child(root.replay, "c");
	ct_next(step, SUSPEND);
	ct_true(cairn_id_compare(step.child, first) != 0);
	ct_id(ct_played(conn, step.child)->parent, root.id);
	ct_int(ct_played(conn, root.id)->children, 2);
}

/* ---- whom it is refused --------------------------------------------------------------------------- */

static void a_live_one(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "r", 5, CAIRN_MINUTE);
	ct_play live = ct_play_job(conn, ct_new("r"));
	cairn_resume resume = ct_resumption(live.id);
	cairn_replay_step step;
	refused(conn, &resume, "replay.run_live");
	/* with the flag, too, while the lease runs */
	resume.flags = CAIRN_RESUME_OWNER;
	refused(conn, &resume, "replay.run_live");
	resume.flags = 0;
	ct_ok(cairn_replay_sleep(live.replay, CAIRN_HOUR, &step, ct_err()));
	ct_play_suspend(&live);
	refused(conn, &resume, "replay.run_live");
	ct_advance(CAIRN_HOUR);
	live = ct_play_of(conn, live.id);
	ct_play_break(&live);
	refused(conn, &resume, "replay.run_live");
	ct_advance(CAIRN_MINUTE);
	live = ct_play_of(conn, live.id);
	ct_set_now(ct_job(conn, live.id)->lease_expires_at + 1);
	/* nobody took it back yet: that is the reaper's */
	refused(conn, &resume, "replay.run_live");
	ct_reap(conn, 1);
	refused(conn, &resume, "replay.run_live");
}

static void a_success(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_resume resume = ct_resumption(live.id);
	ct_play_succeed(&live, "1");
	refused(conn, &resume, "replay.run_over");
	resume.flags = CAIRN_RESUME_CANCELED | CAIRN_RESUME_OWNER;
	refused(conn, &resume, "replay.run_over");
	ct_str(ct_played(conn, live.id)->output, "1");
}

static void a_canceled_one(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	ct_play_did(&live, "one", "1");
	cairn_resume resume = ct_resumption(live.id);
	ct_cancel_replay(conn, live.id);
	refused(conn, &resume, "replay.run_over");
	resume.flags = CAIRN_RESUME_CANCELED;
	refused(conn, &resume, "job.cancellation_not_quiesced");
	ct_set_now(ct_job(conn, live.id)->lease_expires_at);
	resume.flags = 0;
	refused(conn, &resume, "replay.run_over");
	resume.flags = CAIRN_RESUME_CANCELED;
	ct_resume_replay(conn, &resume);
	ct_play again = ct_play_of(conn, live.id);
	ct_play_knows(&again, "one", "1");
}

static void the_second(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = failed_run(conn);
	cairn_resume resume = ct_resumption(run);
	resume.run_number = 1;
	ct_resume_replay(conn, &resume);
	/* it is not over now, whatever was seen */
	refused(conn, &resume, "replay.run_live");
	ct_play live = ct_play_of(conn, run);
	ct_play_fail(&live, "it.broke");
	refused(conn, &resume, "job.expectation_mismatch");
	resume.run_number = 2;
	ct_resume_replay(conn, &resume);
	ct_int(ct_job(conn, run)->run_number, 3);
}

static void unknown(void)
{
	cairn_conn *conn = ct_open();
	cairn_resume resume = ct_resumption(cairn_id_new());
	cairn_replay_changed changed;
	ct_status(cairn_replay_resume(conn, &resume, &changed, ct_err()), CAIRN_NOT_FOUND,
		  "replay.run_not_found");
	resume.run = ct_make(conn, "t", CAIRN_JOB_DEAD_LETTERED).id;
	const char *before = ct_snapshot(conn, resume.run);
	ct_status(cairn_replay_resume(conn, &resume, &changed, ct_err()), CAIRN_NOT_FOUND,
		  "replay.run_not_found");
	ct_unchanged(conn, resume.run, before);
}

/* ---- several at once ---------------------------------------------------------------------------- */

struct race {
	cairn_id run;
	atomic_int resumed;
	atomic_int refused;
};

static void resume_it(cairn_conn *conn, unsigned number, void *arg)
{
	struct race *race = arg;
	cairn_resume resume = ct_resumption(race->run);
	cairn_replay_changed changed = { .status = CAIRN_INTERNAL };
	resume.run_number = number % 2 ? 1 : 0;
	cairn_status status = cairn_replay_resume(conn, &resume, &changed, ct_err());
	if (status == CAIRN_OK) {
		atomic_fetch_add(&race->resumed, 1);
		return;
	}
	ct_status(status, CAIRN_STALE, NULL);
	atomic_fetch_add(&race->refused, 1);
}

static void one_of_many(void)
{
	cairn_conn *conn = ct_open();
	struct race race = { .run = failed_run(conn) };
	ct_race(8, resume_it, &race);
	ct_int(atomic_load(&race.resumed), 1);
	ct_int(atomic_load(&race.refused), 7);
	ct_int(ct_job(conn, race.run)->run_number, 2);
	ct_int(ct_count_events(conn, race.run, CAIRN_EVENT_REQUEUED), 1);
}

/* ---- owners --------------------------------------------------------------------------------------- */

static void given_over(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	job.owner = CAIRN_STR("gone");
	ct_play live = ct_play_job(conn, job);
	ct_play_fail(&live, "it.broke");
	cairn_resume resume = ct_resumption(live.id);
	ct_resume_replay(conn, &resume);
	ct_str(ct_job(conn, live.id)->owner, "gone");
	/* it is due: given over as it is */
	resume.flags = CAIRN_RESUME_OWNER;
	resume.owner = CAIRN_STR("here");
	resume.run_number = 1;
	refused(conn, &resume, "job.expectation_mismatch");
	ct_str(ct_job(conn, live.id)->owner, "gone");
	resume.run_number = 2;
	ct_int(ct_resume_replay(conn, &resume).job_status, CAIRN_JOB_PENDING);
	resume.run_number = 0;
	ct_str(ct_job(conn, live.id)->owner, "here");
	ct_int(ct_job(conn, live.id)->run_number, 2);
	live = ct_play_of(conn, live.id);
	resume.owner = CAIRN_STR("there");
	refused(conn, &resume, "replay.run_live");
	ct_set_now(ct_job(conn, live.id)->lease_expires_at);
	ct_resume_replay(conn, &resume);
	ct_str(ct_job(conn, live.id)->owner, "there");
	ct_advance(1);
	ct_reap(conn, 1);
	ct_set_now(ct_job(conn, live.id)->run_at);
	live = ct_play_of(conn, live.id);
	ct_play_fail(&live, "it.broke");
	resume.owner = (cairn_str){ NULL, 0 };
	ct_resume_replay(conn, &resume);
	ct_str(ct_job(conn, live.id)->owner, NULL);
	ct_int(ct_job(conn, live.id)->run_number, 3);
	live = ct_play_of(conn, live.id);
	ct_play_fail(&live, "it.broke");
	resume.owner = CAIRN_STR("back");
	ct_resume_replay(conn, &resume);
	ct_str(ct_job(conn, live.id)->owner, "back");
}

#define RESUME .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.resume.a_failed_run_goes_on_with_what_it_remembers",
	  RESUME,
	  .rule = "A run that failed is due at once, as the next run of its job: completed steps "
		  "are replayed, failed ones tried again, nothing is charged twice, and a success "
		  "leaves no failure behind.",
	  .covers = "smol-18",
	  .run = goes_on },
	{ .name = "replays.resume.it_is_told_why",
	  RESUME,
	  .rule = "The reason of a resumed run is RESUMED, if none is given; its timeline tells.",
	  .run = reason_unless_said },
	{ .name = "replays.resume.a_child_that_failed_is_started_anew",
	  RESUME,
	  .rule = "The child of a step that failed stays failed; the resumed parent starts another "
		  "one.",
	  .run = a_failed_child_anew },
	{ .name = "replays.resume.of_a_live_run_is_refused",
	  RESUME,
	  .rule = "A run that is not over is not resumed: running, suspended, waiting for its next "
		  "attempt, or with a lease that nobody took back.",
	  .covers = "smol-21",
	  .run = a_live_one },
	{ .name = "replays.resume.of_a_success_is_refused",
	  RESUME,
	  .rule = "A run that succeeded stays so, whatever the flags.",
	  .covers = "smol-19",
	  .run = a_success },
	{ .name = "replays.resume.of_a_canceled_run_only_when_said",
	  RESUME,
	  .rule = "A canceled run is resumed only when that is said, and only when the lease is "
		  "over that it had then.",
	  .covers = "smol-20",
	  .run = a_canceled_one },
	{ .name = "replays.resume.the_second_is_refused",
	  RESUME,
	  .rule = "Who resumes what another one has resumed is refused, also when it failed again.",
	  .covers = "smol-22",
	  .run = the_second },
	{ .name = "replays.resume.of_what_is_no_run",
	  RESUME,
	  .rule = "An unknown run is not found, nor is a job that never began one.",
	  .covers = "smol-17",
	  .run = unknown },
	{ .name = "replays.resume.one_of_many_at_once",
	  .kind = CT_RACE,
	  .store = CT_REPLAYS,
	  .rule = "Of several that resume a run at once exactly one does.",
	  .covers = "smol-22",
	  .run = one_of_many },
	{ .name = "replays.resume.an_owner_is_given_over",
	  RESUME,
	  .rule = "A run whose lease is not running is given to another owner, or to anybody; one "
		  "that is over is resumed with it.",
	  .covers = "smol-21",
	  .run = given_over },
};

CT_GROUP(replay_resume, cases);
