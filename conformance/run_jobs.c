/*
 * run_jobs.c - jobs of steps while they are at work: what of them shows in their steps, and what leaves those
 * who wait for them alone. (how they end: run_job_ends.c; what is refused: run_job_rules.c)
 */
#include "ct_graph_model.h"

static const cairn_str none = { NULL, 0 };

/* A run of these words, whose jobs have three attempts and whose "a" may continue. */
static cairn_id continuing(cairn_conn *conn, const char *words)
{
	cairn_run_new dag = ct_dag(words);
	ct_dag_step(&dag, "a")->set = CAIRN_STEP_CONTINUES;
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	return ct_add_run(conn, &dag);
}

/* Everything about b and c, who wait, but their times. */
static void still_blocked(cairn_conn *conn, cairn_id run)
{
	static const char *const keys[] = { "b", "c" };
	for (size_t i = 0; i < 2; i++) {
		const cairn_step *step = ct_run_step(conn, run, keys[i]);
		ct_int(step->status, CAIRN_STEP_BLOCKED);
		ct_int(step->pending, 1);
		ct_int(step->unsatisfied, 0);
		ct_int(step->released_at, 0);
		ct_true(!ct_exists(conn, step->id));
	}
	ct_int(ct_run(conn, run)->counts.enqueued, 1);
	ct_int(ct_run(conn, run)->counts.blocked, 2);
}

/* ---- claims ----------------------------------------------------------------------- */

static void claimed_is_running(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = continuing(conn, "a b:a! c:a");
	cairn_time begin = ct_now();
	ct_advance(CAIRN_SECOND);
	ct_int(ct_run_step(conn, run, "a")->started_at, 0);
	const char *before = ct_run_timeline(conn, run);
	cairn_time updated = ct_run(conn, run)->updated_at;
	cairn_lease lease = ct_claim_step(conn, run, "a");
	const cairn_step *step = ct_run_step(conn, run, "a");
	ct_stands(conn, run, "RUNNING a=RUNNING b=BLOCKED c=BLOCKED");
	ct_int(step->started_at, ct_now());
	ct_int(step->released_at, begin);
	ct_int(step->attempt, 1);
	ct_int(step->run_number, 1);
	ct_text(ct_run_timeline(conn, run), before);
	ct_int(ct_run(conn, run)->updated_at, updated);
	ct_progress(conn, ct_stage(lease, "running"));
	ct_str(ct_run_step(conn, run, "a")->stage, "running");
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x"));
	cairn_time first = ct_now();
	ct_advance(CAIRN_MINUTE);
	ct_claim_step(conn, run, "a");
	step = ct_run_step(conn, run, "a");
	ct_int(step->started_at, first);
	ct_int(step->attempt, 2);
}

static void claims_say_whose_it_is(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a");
	cairn_claim_opts opts = ct_claim_opts("w", 2);
	cairn_jobs *jobs = NULL;
	cairn_job_new alone = ct_new("t");
	alone.queue = opts.queue = CAIRN_STR("a");
	alone.priority = -1;
	alone.set = CAIRN_JOB_PRIORITY;
	ct_add(conn, &alone);
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 2);
	ct_id(jobs->at[0].run, run);
	ct_id(jobs->at[0].id, ct_step_id(conn, run, "a"));
	ct_int(jobs->at[0].hints, CAIRN_HINT_STEP);
	ct_true(cairn_id_is_none(jobs->at[1].run));
	ct_int(jobs->at[1].hints, CAIRN_HINT_ALONE);
}

/* ---- going on ----------------------------------------------------------------------- */

static void a_retry_ends_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = continuing(conn, "a b:a! c:a");
	const char *before = ct_run_timeline(conn, run);
	for (int i = 0; i < 2; i++) {
		ct_finish(conn, ct_failure(ct_claim_step(conn, run, "a"), CAIRN_FINISH_RETRYABLE,
					   "their.code"));
		const cairn_step *step = ct_run_step(conn, run, "a");
		ct_int(step->status, CAIRN_STEP_ENQUEUED);
		ct_int(step->attempt, i + 1);
		ct_str(step->error_code, "their.code");
		ct_str(step->error_message, "it broke");
		ct_same(step->status_reason, ct_job(conn, step->id)->status_reason);
		ct_int(step->finished_at, 0);
		still_blocked(conn, run);
		ct_advance(CAIRN_MINUTE);
	}
	ct_text(ct_run_timeline(conn, run), before);
	ct_end(conn, run, "a", CAIRN_STEP_SUCCEEDED);
	ct_stands(conn, run, "RUNNING a=SUCCEEDED b=ENQUEUED c=ENQUEUED");
	ct_str(ct_run_step(conn, run, "a")->error_code, NULL);
}

static void a_reaped_attempt_ends_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = continuing(conn, "a b:a! c:a");
	ct_claim_step(conn, run, "a");
	ct_advance(CAIRN_HOUR);
	ct_reap(conn, 1);
	ct_int(ct_run_step(conn, run, "a")->status, CAIRN_STEP_ENQUEUED);
	ct_str(ct_run_step(conn, run, "a")->status_reason, "LEASE_EXPIRED");
	still_blocked(conn, run);
}

static void a_snooze_ends_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = continuing(conn, "a b:a! c:a");
	ct_finish(conn, ct_again(ct_claim_step(conn, run, "a"), CAIRN_FINISH_SNOOZE, CAIRN_HOUR));
	const cairn_step *step = ct_run_step(conn, run, "a");
	ct_int(step->status, CAIRN_STEP_ENQUEUED);
	ct_int(step->attempt, 0);
	ct_int(step->started_at, 0);
	still_blocked(conn, run);
	ct_advance(CAIRN_HOUR);
	ct_end(conn, run, "a", CAIRN_STEP_SUCCEEDED);
	ct_stands(conn, run, "RUNNING a=SUCCEEDED b=ENQUEUED c=ENQUEUED");
}

static void a_release_ends_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = continuing(conn, "a b:a! c:a");
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	opts.queue = CAIRN_STR("a");
	opts.prestart = 1;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(ct_run_step(conn, run, "a")->status, CAIRN_STEP_RUNNING);
	ct_finish(conn, ct_again(cairn_job_lease(&jobs->at[0]), CAIRN_FINISH_RELEASE, 0));
	const cairn_step *step = ct_run_step(conn, run, "a");
	ct_int(step->status, CAIRN_STEP_ENQUEUED);
	ct_int(step->started_at, 0);
	ct_int(step->attempt, 0);
	still_blocked(conn, run);
}

/* ---- continuations -------------------------------------------------------------------- */

static void continued_with_leave(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = continuing(conn, "a b:a! c:a");
	cairn_id id = ct_step_id(conn, run, "a");
	const char *before = ct_run_timeline(conn, run);
	for (int i = 1; i <= 3; i++) {
		cairn_finish end =
			ct_again(ct_claim_step(conn, run, "a"), CAIRN_FINISH_CONTINUE, 0);
		end.checkpoint = CAIRN_STR("{\"at\":1}");
		ct_finish(conn, end);
		const cairn_step *step = ct_run_step(conn, run, "a");
		ct_id(step->id, id);
		ct_int(step->status, CAIRN_STEP_ENQUEUED);
		ct_int(step->run_number, i + 1);
		ct_int(step->attempt, 0);
		ct_str(step->stage, "queued");
		ct_int(step->set, CAIRN_STEP_CONTINUES);
		ct_int(ct_job(conn, id)->continues, 1);
		still_blocked(conn, run);
		ct_int(ct_run(conn, run)->status, CAIRN_RUN_RUNNING);
	}
	ct_text(ct_run_timeline(conn, run), before);
	ct_end(conn, run, "a", CAIRN_STEP_SUCCEEDED);
	ct_stands(conn, run, "RUNNING a=SUCCEEDED b=ENQUEUED c=ENQUEUED");
	ct_int(ct_count_jobs(conn, 0), 3);
	ct_text(ct_timeline(conn, ct_step_id(conn, run, "b")), "ENQUEUED");
}

static void continued_for_later(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = continuing(conn, "a b:a! c:a");
	ct_finish(conn, ct_again(ct_claim_step(conn, run, "a"), CAIRN_FINISH_CONTINUE, CAIRN_HOUR));
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	opts.queue = CAIRN_STR("a");
	ct_advance(CAIRN_HOUR - 1);
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_int(jobs->count, 0);
	still_blocked(conn, run);
	ct_int(ct_run(conn, run)->status, CAIRN_RUN_RUNNING);
	ct_advance(1);
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_int(jobs->count, 1);
	ct_int(jobs->at[0].run_number, 2);
	ct_later(jobs);
}

static void not_without_leave(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a b:a");
	cairn_lease lease = ct_claim_step(conn, run, "a");
	cairn_finish end = ct_again(lease, CAIRN_FINISH_CONTINUE, 0);
	const char *before = ct_run_snapshot(conn, run);
	const char *job = ct_snapshot(conn, lease.id);
	end.set = CAIRN_FINISH_DONE | CAIRN_FINISH_TOTAL;
	end.progress_done = 1;
	end.progress_total = 2;
	end.checkpoint = CAIRN_STR("[1]");
	ct_advance(CAIRN_SECOND);
	cairn_changed told = ct_send(conn, end);
	ct_each(told, CAIRN_INVALID, "job.workflow_handler_continuation_not_enabled");
	ct_int(told.job_status, CAIRN_JOB_LEASED);
	ct_run_unchanged(conn, run, before);
	ct_unchanged(conn, lease.id, job);
	ct_int(ct_job(conn, lease.id)->continues, 0);
	/* a lease that is lost is told before */
	lease.fence++;
	told = ct_send(conn, ct_again(lease, CAIRN_FINISH_CONTINUE, 0));
	ct_each(told, CAIRN_STALE, "job.lease_lost");
	lease.fence--;
	ct_finish(conn, ct_success(lease));
}

/* ---- edits ----------------------------------------------------------------------------- */

static void edits_show_in_the_step(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("a b:a");
	ct_dag_step(&dag, "a")->payload = CAIRN_STR("[1]");
	ct_dag_step(&dag, "b")->payload = CAIRN_STR("[2]");
	ct_define(conn, "t");
	cairn_id run = ct_add_run(conn, &dag);
	cairn_job_patch patches[] = { { .id = ct_step_id(conn, run, "a"),
					.set = CAIRN_JOB_PAYLOAD,
					.payload = CAIRN_STR("{ \"b\": 1 }") },
				      { .id = ct_step_id(conn, run, "b"),
					.set = CAIRN_JOB_PAYLOAD,
					.payload = CAIRN_STR("3") } };
	cairn_changed each[2];
	const char *before = ct_run_timeline(conn, run);
	ct_ok(cairn_job_edit(conn, cairn_any(), patches, 2, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	/* it has no job yet */
	ct_each(each[1], CAIRN_NOT_FOUND, "job.not_found");
	ct_str(ct_run_step(conn, run, "a")->payload, "{ \"b\": 1 }");
	ct_str(ct_run_step(conn, run, "b")->payload, "[2]");
	ct_text(ct_run_timeline(conn, run), before);
	ct_end(conn, run, "a", CAIRN_STEP_SUCCEEDED);
	ct_str(ct_run_step(conn, run, "a")->payload, "{ \"b\": 1 }");
	ct_str(ct_job(conn, patches[1].id)->payload, "[2]");
	ct_ok(cairn_job_edit(conn, cairn_any(), patches, 2, each, ct_err()));
	ct_each(each[0], CAIRN_STALE, "job.not_pending");
	ct_each(each[1], CAIRN_OK, NULL);
	ct_str(ct_run_step(conn, run, "b")->payload, "3");
}

static void adopted(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("a");
	ct_dag_step(&dag, "a")->owner = CAIRN_STR("one");
	ct_define(conn, "t");
	cairn_id run = ct_add_run(conn, &dag);
	cairn_id id = ct_step_id(conn, run, "a");
	cairn_changed told;
	ct_ok(cairn_job_adopt(conn, cairn_any(), &id, 1, none, &told, ct_err()));
	ct_each(told, CAIRN_OK, NULL);
	ct_str(ct_job(conn, id)->owner, NULL);
	ct_end(conn, run, "a", CAIRN_STEP_SUCCEEDED);
	ct_stands(conn, run, "SUCCEEDED a=SUCCEEDED");
}

#define JOBS .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.jobs.a_claimed_step_is_running",
	  JOBS,
	  .rule = "A step is RUNNING while its job is leased, begun with the first claim; neither "
		  "the run "
		  "nor its timeline hear of it.",
	  .covers = "runledger K10",
	  .run = claimed_is_running },
	{ .name = "runs.jobs.claims_say_whose_job_it_is",
	  JOBS,
	  .rule = "A claimed job says whose step it is, and its lease hints whether it is one.",
	  .covers = "runledger K10",
	  .run = claims_say_whose_it_is },
	{ .name = "runs.jobs.a_retry_leaves_dependents_blocked",
	  JOBS,
	  .rule = "A step whose job is retried is ENQUEUED, shows what went wrong, and ends "
		  "nothing.",
	  .covers = "runledger Z08",
	  .run = a_retry_ends_nothing },
	{ .name = "runs.jobs.a_reaped_attempt_leaves_dependents_blocked",
	  JOBS,
	  .rule = "A job that is taken back with attempts left ends nothing.",
	  .covers = "runledger Z08",
	  .run = a_reaped_attempt_ends_nothing },
	{ .name = "runs.jobs.a_snooze_leaves_dependents_blocked",
	  JOBS,
	  .rule = "A step whose job is snoozed is ENQUEUED, as if never begun, and ends nothing.",
	  .run = a_snooze_ends_nothing },
	{ .name = "runs.jobs.a_release_leaves_dependents_blocked",
	  JOBS,
	  .rule = "A step whose job is given back unstarted is ENQUEUED and ends nothing.",
	  .run = a_release_ends_nothing },
	{ .name = "runs.jobs.a_step_that_may_continues_as_itself",
	  JOBS,
	  .rule = "A continued step keeps its id and is ENQUEUED again; its dependents stay "
		  "BLOCKED over "
		  "any number of continuations and begin once.",
	  .covers = "runledger N08, N09",
	  .run = continued_with_leave },
	{ .name = "runs.jobs.a_step_may_continue_later",
	  JOBS,
	  .rule = "A step that continues later keeps its run RUNNING and can't be claimed before.",
	  .covers = "runledger N11",
	  .run = continued_for_later },
	{ .name = "runs.jobs.a_step_does_not_continue_without_leave",
	  JOBS,
	  .rule = "A step that may not continue is told so and nothing is written, progress and "
		  "checkpoint included; its lease stays good.",
	  .covers = "runledger N07",
	  .run = not_without_leave },
	{ .name = "runs.jobs.an_edited_payload_is_the_steps",
	  JOBS,
	  .rule = "A pending job's new payload shows in its step; a step without job can't be "
		  "edited.",
	  .run = edits_show_in_the_step },
	{ .name = "runs.jobs.a_step_can_be_adopted",
	  JOBS,
	  .rule = "A step's job is given to another owner like any job.",
	  .run = adopted },
};

CT_GROUP(run_jobs, cases);
