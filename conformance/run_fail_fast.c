/* run_fail_fast.c - runs whose first failure ends them: what is swept, when, and with what words. */
#include "ct_graph_model.h"

static ct_play fast(cairn_conn *conn, const char *words)
{
	cairn_run_new dag = ct_dag(words);
	dag.on_failure = CAIRN_ON_FAILURE_FAIL_FAST;
	return ct_play_run(conn, &dag);
}

static void swept(const cairn_step *step)
{
	ct_int(step->status, CAIRN_STEP_CANCELED);
	ct_str(step->status_reason, "workflow.fail_fast");
	ct_str(step->error_code, "workflow.fail_fast");
	ct_str(step->error_message, "Another step of the run failed.");
	ct_int(step->finished_at, ct_now());
	ct_int(step->deadline_at, 0);
}

static void first_failure_sweeps(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = fast(conn, "done bad open running gate* later:open");
	ct_play_ends(&play, "done+");
	cairn_lease lease = ct_claim_step(conn, play.run, "running");
	ct_advance(CAIRN_SECOND);
	ct_play_ends(&play, "bad-");
	ct_stands(conn, play.run,
		  "COMPLETED_WITH_ERRORS done=SUCCEEDED bad=FAILED open=CANCELED "
		  "running=CANCELED gate=CANCELED later=CANCELED");
	const cairn_steps *steps = ct_run_steps(conn, play.run);
	for (size_t i = 2; i < steps->count; i++)
		swept(&steps->at[i]);
	ct_int(ct_run(conn, play.run)->finished_at, ct_now());
	ct_str(ct_run(conn, play.run)->status_reason, NULL);
	const cairn_job *job = ct_job(conn, lease.id);
	ct_int(job->status, CAIRN_JOB_CANCELED);
	ct_str(job->status_reason, "workflow.fail_fast");
	ct_true(job->lease_expires_at > ct_now());
	ct_int(ct_attempts(conn, lease.id)->at[0].ending, CAIRN_ENDING_CANCELED);
	ct_refused(conn, lease, CAIRN_STALE, "job.canceled");
	ct_text(ct_timeline(conn, ct_step_id(conn, play.run, "open")), "ENQUEUED CANCELED");
}

static void only_failures(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = fast(conn, "a b c:a! g*");
	ct_play_ends(&play, "a~");
	ct_stands(conn, play.run,
		  "RUNNING a=CANCELED b=ENQUEUED c=CANCELED g=WAITING_FOR_EXTERNAL");
	ct_play_ends(&play, "g~ b+");
	ct_int(ct_run(conn, play.run)->status, CAIRN_RUN_COMPLETED_WITH_ERRORS);
	play = fast(conn, "a b:a! g*");
	ct_play_ends(&play, "g-");
	ct_stands(conn, play.run, "COMPLETED_WITH_ERRORS a=CANCELED b=CANCELED g=FAILED");
}

/* What its edges say comes first: those steps have their own words. */
static void edges_come_first(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = fast(conn, "bad wanted:bad! next:wanted! after:bad open");
	ct_play_ends(&play, "bad-");
	const cairn_steps *steps = ct_run_steps(conn, play.run);
	ct_str(steps->at[1].status_reason, "workflow.dependency_unsatisfied");
	ct_str(steps->at[2].status_reason, "workflow.dependency_unsatisfied");
	swept(&steps->at[3]);
	swept(&steps->at[4]);
	/* it had begun, and was canceled in the same commit: its job says so */
	ct_text(ct_timeline(conn, steps->at[3].id), "ENQUEUED CANCELED");
	ct_text(ct_run_timeline(conn, play.run),
		"RUNNING bad=ENQUEUED open=ENQUEUED bad=FAILED wanted=CANCELED after=ENQUEUED "
		"next=CANCELED after=CANCELED open=CANCELED COMPLETED_WITH_ERRORS");
}

static void retries_are_no_failures(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 2, CAIRN_MINUTE);
	cairn_run_new dag = ct_dag("a b");
	dag.on_failure = CAIRN_ON_FAILURE_FAIL_FAST;
	cairn_id run = ct_add_run(conn, &dag);
	ct_finish(conn, ct_failure(ct_claim_step(conn, run, "a"), CAIRN_FINISH_RETRYABLE, "x"));
	ct_stands(conn, run, "RUNNING a=ENQUEUED b=ENQUEUED");
	ct_advance(CAIRN_MINUTE);
	ct_finish(conn, ct_failure(ct_claim_step(conn, run, "a"), CAIRN_FINISH_RETRYABLE, "x"));
	ct_stands(conn, run, "COMPLETED_WITH_ERRORS a=FAILED b=CANCELED");
}

static void a_reaped_last_attempt(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 1, CAIRN_MINUTE);
	cairn_run_new dag = ct_dag("a b g*");
	dag.on_failure = CAIRN_ON_FAILURE_FAIL_FAST;
	cairn_id run = ct_add_run(conn, &dag);
	ct_claim_step(conn, run, "a");
	ct_advance(CAIRN_HOUR);
	ct_reap(conn, 1);
	ct_stands(conn, run, "COMPLETED_WITH_ERRORS a=FAILED b=CANCELED g=CANCELED");
}

static void a_deadline(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("g* a b:g");
	dag.on_failure = CAIRN_ON_FAILURE_FAIL_FAST;
	ct_dag_step(&dag, "g")->deadline = CAIRN_HOUR;
	ct_play play = ct_play_run(conn, &dag);
	ct_advance(CAIRN_HOUR);
	ct_ok(cairn_run_reap(conn, 0, NULL, ct_err()));
	ct_model_end(play.model, "g", CAIRN_STEP_FAILED);
	ct_model_agrees(conn, play.run, play.model);
	ct_stands(conn, play.run, "COMPLETED_WITH_ERRORS g=FAILED a=CANCELED b=CANCELED");
}

/* Two ends in one call: the success is one, whatever the other came to. */
static void ends_of_one_call(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = fast(conn, "a b c:b! d");
	cairn_finish items[] = { ct_failure(ct_claim_step(conn, play.run, "a"),
					    CAIRN_FINISH_TERMINAL, "x"),
				 ct_success(ct_claim_step(conn, play.run, "b")) };
	cairn_changed each[2];
	ct_ok(cairn_job_finish(conn, items, 2, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_OK, NULL);
	ct_int(each[1].job_status, CAIRN_JOB_SUCCEEDED);
	ct_model_name(play.model, "a", CAIRN_STEP_FAILED);
	ct_model_name(play.model, "b", CAIRN_STEP_SUCCEEDED);
	ct_model_settle(play.model);
	ct_model_agrees(conn, play.run, play.model);
	ct_stands(conn, play.run,
		  "COMPLETED_WITH_ERRORS a=FAILED b=SUCCEEDED c=CANCELED d=CANCELED");
}

static void the_last_step_sweeps_nobody(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = fast(conn, "a b");
	ct_play_ends(&play, "a+ b-");
	ct_stands(conn, play.run, "COMPLETED_WITH_ERRORS a=SUCCEEDED b=FAILED");
	play = fast(conn, "a b:a!");
	ct_play_ends(&play, "a+ b+");
	ct_stands(conn, play.run, "SUCCEEDED a=SUCCEEDED b=SUCCEEDED");
	ct_int(ct_run(conn, play.run)->on_failure, CAIRN_ON_FAILURE_FAIL_FAST);
}

static void leases_keep_the_active_key(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag_active("a b", "only one");
	dag.on_failure = CAIRN_ON_FAILURE_FAIL_FAST;
	ct_define(conn, "t");
	cairn_id run = ct_add_run(conn, &dag);
	cairn_lease lease = ct_claim_step(conn, run, "b");
	ct_end(conn, run, "a", CAIRN_STEP_FAILED);
	ct_id(ct_offer_run(conn, &dag).id, run);
	ct_set_now(ct_job(conn, lease.id)->lease_expires_at);
	ct_int(ct_offer_run(conn, &dag).disposition, CAIRN_RUN_INSERTED);
}

#define FAST .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.failfast.the_first_failure_ends_the_rest",
	  FAST,
	  .rule = "In a run that is FAIL_FAST the first FAILED step cancels every step that has "
		  "not "
		  "ended, and its job, as workflow.fail_fast; the run is COMPLETED_WITH_ERRORS.",
	  .run = first_failure_sweeps },
	{ .name = "runs.failfast.a_cancel_is_no_failure",
	  FAST,
	  .rule = "A step that was canceled ends nobody but those that wanted it to succeed; a "
		  "gate that "
		  "FAILED does.",
	  .run = only_failures },
	{ .name = "runs.failfast.edges_come_first",
	  FAST,
	  .rule = "What follows by edges is done before the rest is swept, and told in this order.",
	  .run = edges_come_first },
	{ .name = "runs.failfast.a_retry_is_no_failure",
	  FAST,
	  .rule = "An attempt that failed and is made again ends nothing.",
	  .run = retries_are_no_failures },
	{ .name = "runs.failfast.a_reaped_last_attempt_is_a_failure",
	  FAST,
	  .rule = "A job that dies with its last lease ends the run's other steps.",
	  .run = a_reaped_last_attempt },
	{ .name = "runs.failfast.a_deadline_is_a_failure",
	  FAST,
	  .rule = "A gate that ends by its deadline ends the run's other steps.",
	  .run = a_deadline },
	{ .name = "runs.failfast.ends_of_one_call_all_count",
	  FAST,
	  .rule = "What ended in the call of the first failure has ended as it was said.",
	  .run = ends_of_one_call },
	{ .name = "runs.failfast.the_last_step_ends_nobody",
	  FAST,
	  .rule = "A failure of the last step is the run's end, as everywhere; without one the run "
		  "SUCCEEDED.",
	  .run = the_last_step_sweeps_nobody },
	{ .name = "runs.failfast.leases_keep_the_active_key",
	  FAST,
	  .rule = "Leases of jobs that were swept keep the active key until they are over.",
	  .covers = "runledger T10",
	  .run = leases_keep_the_active_key },
};

CT_GROUP(run_fail_fast, cases);
