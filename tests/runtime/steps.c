/*
 * steps.c - workers and graphs: a handler that records its own end, together with what it does to its run; one
 * that could not; a step that may not continue; gates that nobody completes.
 */
#include <cairn/workflow.h>

#include "runs.h"

static cairn_step_new gate(const char *key)
{
	return (cairn_step_new){ .key = cairn_str_of(key), .kind = CAIRN_STEP_EXTERNAL };
}

static cairn_id enqueue(store *one, const cairn_step_new *steps, size_t n)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_run_new run = { .type = CAIRN_STR("flow"), .steps = steps, .step_count = n };
	cairn_run_added added;
	must(cairn_run_enqueue(one->conn, &run, 1, &added, &err), &err, "enqueue");
	must(added.status, &err, "enqueue");
	return added.id;
}

/* The status of the run's step, whose error code is held against code, if one is given. */
static enum cairn_step_status status_of(store *one, cairn_id run, const char *key, const char *code)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_steps *steps = NULL;
	cairn_step_filter filter = {
		.size = sizeof filter, .scope = cairn_any(), .run = run, .key = cairn_str_of(key)
	};
	must(cairn_run_steps(one->conn, &filter, &steps, &err), &err, "steps");
	enum cairn_step_status status = steps->at[0].status;
	if (code != NULL)
		ok(is(steps->at[0].error_code, code), "%s: %s ended as %s", one->name, key, code);
	cairn_free(steps);
	return status;
}

/* ---- an end of its own ------------------------------------------------------------- */

struct own {
	store *one;
	bool commits;
	atomic_int calls;
};

/* Completes the gate and ends its step in one transaction, which may come to nothing. */
static enum cairn_finish_how end_by_itself(void *user, cairn_context *context)
{
	struct own *own = user;
	const cairn_job *job = cairn_context_job(context);
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_completion item = { .scope = cairn_any(),
				  .run = job->run,
				  .step = CAIRN_STR("g"),
				  .to = CAIRN_STEP_SUCCEEDED };
	cairn_finish finish = { .lease = cairn_context_lease(context),
				.how = CAIRN_FINISH_SUCCESS,
				.output = CAIRN_STR("[7]") };
	atomic_fetch_add(&own->calls, 1);
	must(cairn_open(&conn, own->one->driver, own->one->url, NULL, &err), &err, "open");
	cairn_context_finishing(context);
	must(cairn_begin(conn, &tx, &err), &err, "begin");
	must(cairn_step_complete(conn, &item, 1, NULL, &err), &err, "complete");
	must(cairn_job_finish(conn, &finish, 1, NULL, &err), &err, "finish");
	if (own->commits)
		must(cairn_commit(&tx, &err), &err, "commit");
	cairn_rollback(&tx);
	cairn_close(conn);
	if (own->commits)
		return CAIRN_FINISH_SUCCESS;
	cairn_context_error(context, CAIRN_STR("no.luck"), CAIRN_STR("It was rolled back."));
	return CAIRN_FINISH_RETRYABLE;
}

static void ends_its_own(store *one, bool commits)
{
	struct run run;
	struct own own = { .one = one, .commits = commits };
	cairn_step_new steps[] = { { .key = CAIRN_STR("a"), .type = CAIRN_STR("own") }, gate("g") };
	define(one, "own", CAIRN_MINUTE);
	cairn_id id = enqueue(one, steps, 2);
	prepare(&run, one, end_by_itself, &own);
	cairn_worker_counts counts = drain(&run);
	is_int(atomic_load(&own.calls), 1, "the handler was called once");
	is_int((int)counts.refused, 0, "no end was refused");
	is_int((int)counts.finished[commits ? CAIRN_FINISH_SUCCESS : CAIRN_FINISH_RETRYABLE], 1,
	       "its end counts");
	is_int(status_of(one, id, "g", NULL),
	       commits ? CAIRN_STEP_SUCCEEDED : CAIRN_STEP_WAITING_FOR_EXTERNAL,
	       "the gate, as the transaction ended");
	is_int(status_of(one, id, "a", commits ? "" : "no.luck"),
	       commits ? CAIRN_STEP_SUCCEEDED : CAIRN_STEP_ENQUEUED, "and so the step");
}

/* ---- what a step may not ------------------------------------------------------------- */

static enum cairn_finish_how go_on(void *user, cairn_context *context)
{
	(void)user;
	return cairn_context_continue(context, 0);
}

static void may_not_continue(store *one)
{
	struct run run;
	cairn_step_new steps[] = { { .key = CAIRN_STR("a"), .type = CAIRN_STR("own") } };
	cairn_id id = enqueue(one, steps, 1);
	prepare(&run, one, go_on, NULL);
	drain(&run);
	is_int(status_of(one, id, "a", "job.workflow_handler_continuation_not_enabled"),
	       CAIRN_STEP_FAILED, "a step that may not continue has failed");
}

/* ---- gates ----------------------------------------------------------------------------- */

static void ends_overdue_gates(store *one)
{
	struct run run;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_runs *over = NULL;
	cairn_step_new steps[] = { gate("g") };
	steps[0].deadline = 100 * CAIRN_MILLISECOND;
	cairn_run_wait_opts opts = { .size = sizeof opts,
				     .scope = cairn_any(),
				     .run = enqueue(one, steps, 1),
				     .timeout = 20 * CAIRN_SECOND };
	prepare(&run, one, succeed, NULL);
	run.opts.reap_interval = 50 * CAIRN_MILLISECOND;
	start(&run);
	must(cairn_run_wait(one->conn, &opts, &over, &err), &err, "wait");
	is_int(over->at[0].status, CAIRN_RUN_COMPLETED_WITH_ERRORS, "a worker ends overdue gates");
	cairn_free(over);
	status_of(one, opts.run, "g", "workflow.gate_deadline");
	end(&run, CAIRN_STOP_SOFT);
}

static void on_store(store *one)
{
	ends_its_own(one, true);
	ends_its_own(one, false);
	may_not_continue(one);
	ends_overdue_gates(one);
}

int main(void)
{
	alarm(120); /* a worker that goes wrong may never stop */
	each_store("t", on_store);
	return tap_done();
}
