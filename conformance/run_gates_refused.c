/* run_gates_refused.c - completions that are refused: malformed, of no such gate, or not in time. */
#include "ct_workflow.h"

static const cairn_str none = { NULL, 0 };

/* The whole call is refused before any I/O. */
static void refused(cairn_conn *conn, cairn_completion item, cairn_status status, const char *code)
{
	cairn_completion items[] = { ct_completion(item.run, "h", CAIRN_STEP_SUCCEEDED), item };
	const char *before = ct_run_snapshot(conn, item.run);
	ct_budget(conn);
	ct_status(cairn_step_complete(conn, items, 2, NULL, ct_err()), status, code);
	ct_spent(conn, 0, "a malformed completion", 1);
	ct_int(ct_last()->index, 1);
	ct_run_unchanged(conn, item.run, before);
}

static void malformed(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "g* h*");
	static const enum cairn_step_status open[] = { CAIRN_STEP_BLOCKED, CAIRN_STEP_ENQUEUED,
						       CAIRN_STEP_RUNNING,
						       CAIRN_STEP_WAITING_FOR_EXTERNAL };
	for (size_t i = 0; i < 4; i++)
		refused(conn, ct_completion(run, "g", open[i]), CAIRN_INVALID,
			"workflow.external_step_invalid_terminal_status");
	cairn_completion item = ct_completion(run, "g", (enum cairn_step_status)0);
	refused(conn, item, CAIRN_INVALID, "workflow.external_step_invalid_terminal_status");
	for (int to = CAIRN_STEP_FAILED; to <= CAIRN_STEP_CANCELED; to++) {
		item = ct_completion(run, "g", (enum cairn_step_status)to);
		item.output = CAIRN_STR("1");
		refused(conn, item, CAIRN_INVALID, "workflow.external_step_output_invalid_status");
	}
	/* the status is looked at first */
	item.to = CAIRN_STEP_BLOCKED;
	refused(conn, item, CAIRN_INVALID, "workflow.external_step_invalid_terminal_status");
}

static void malformed_arguments(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "g* h*");
	cairn_completion good = ct_completion(run, "g", CAIRN_STEP_SUCCEEDED);
	cairn_completion item = good;
	item.output = CAIRN_STR("{");
	refused(conn, item, CAIRN_INVALID, NULL);
	item = good;
	item.step = none;
	refused(conn, item, CAIRN_INVALID, NULL);
	item = good;
	item.reason = CAIRN_STR("a\nb");
	refused(conn, item, CAIRN_INVALID, NULL);
	item = good;
	item.error_code = CAIRN_STR("a\nb");
	refused(conn, item, CAIRN_INVALID, NULL);
	item = good;
	item.scope.kind = (enum cairn_scope_kind)0;
	refused(conn, item, CAIRN_INVALID, NULL);
	item = good;
	item.reserved_[1] = 1;
	refused(conn, item, CAIRN_INVALID, "arg.reserved");
	item = good;
	item.step = CAIRN_STR("h");
	refused(conn, item, CAIRN_INVALID, "arg.invalid");
}

/* One item is refused, and nothing is written for it. */
static void refused_alone(cairn_conn *conn, cairn_completion item, cairn_status status,
			  const char *code, enum cairn_step_status now)
{
	cairn_completed told = ct_complete(conn, item);
	ct_each(told, status, code);
	ct_int(told.step_status, now);
	ct_int(told.repeated, 0);
}

static void of_no_such_gate(void)
{
	static const char code[] = "workflow.external_step_not_found";
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("g* a");
	ct_define(conn, "t");
	dag.tenant = CAIRN_STR("mine");
	cairn_id run = ct_add_run(conn, &dag);
	cairn_id other = ct_flow(conn, "x*");
	const char *before = ct_run_snapshot(conn, run);
	cairn_completion item = ct_completion(run, "x", CAIRN_STEP_SUCCEEDED);
	refused_alone(conn, item, CAIRN_NOT_FOUND, code, (enum cairn_step_status)0);
	item.run = cairn_id_new();
	refused_alone(conn, item, CAIRN_NOT_FOUND, code, (enum cairn_step_status)0);
	item = ct_completion(run, "g", CAIRN_STEP_SUCCEEDED);
	item.run = other;
	refused_alone(conn, item, CAIRN_NOT_FOUND, code, (enum cairn_step_status)0);
	item.run = run;
	item.scope = cairn_tenant(CAIRN_STR("theirs"));
	refused_alone(conn, item, CAIRN_NOT_FOUND, code, (enum cairn_step_status)0);
	item.scope = cairn_global();
	refused_alone(conn, item, CAIRN_NOT_FOUND, code, (enum cairn_step_status)0);
	ct_int(ct_complete(conn, item).run_status, 0);
	ct_run_unchanged(conn, run, before);
	item.scope = cairn_tenant(CAIRN_STR("mine"));
	ct_each(ct_complete(conn, item), CAIRN_OK, NULL);
}

/* The scope is the run's, whoever's the step itself is. */
static void scope_of_the_run(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("g*");
	dag.tenant = CAIRN_STR("mine");
	ct_dag_step(&dag, "g")->tenant = CAIRN_STR("theirs");
	cairn_id run = ct_add_run(conn, &dag);
	cairn_completion item = ct_completion(run, "g", CAIRN_STEP_SUCCEEDED);
	item.scope = cairn_tenant(CAIRN_STR("theirs"));
	refused_alone(conn, item, CAIRN_NOT_FOUND, "workflow.external_step_not_found",
		      (enum cairn_step_status)0);
	item.scope = cairn_tenant(CAIRN_STR("mine"));
	ct_each(ct_complete(conn, item), CAIRN_OK, NULL);
}

static void not_in_time(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a b* c*:a");
	const char *before = ct_run_snapshot(conn, run);
	ct_advance(CAIRN_SECOND);
	refused_alone(conn, ct_completion(run, "a", CAIRN_STEP_SUCCEEDED), CAIRN_INVALID,
		      "workflow.external_step_not_external", CAIRN_STEP_ENQUEUED);
	refused_alone(conn, ct_completion(run, "c", CAIRN_STEP_SUCCEEDED), CAIRN_STALE,
		      "workflow.external_step_not_waiting", CAIRN_STEP_BLOCKED);
	ct_run_unchanged(conn, run, before);
	ct_claim_step(conn, run, "a");
	refused_alone(conn, ct_completion(run, "a", CAIRN_STEP_FAILED), CAIRN_INVALID,
		      "workflow.external_step_not_external", CAIRN_STEP_RUNNING);
	ct_cancel_run(conn, run);
	refused_alone(conn, ct_completion(run, "a", CAIRN_STEP_CANCELED), CAIRN_INVALID,
		      "workflow.external_step_not_external", CAIRN_STEP_CANCELED);
}

static void after_the_run_was_canceled(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "g* a:g");
	ct_cancel_run(conn, run);
	const char *before = ct_run_snapshot(conn, run);
	ct_advance(CAIRN_SECOND);
	cairn_completed told = ct_complete(conn, ct_completion(run, "g", CAIRN_STEP_SUCCEEDED));
	ct_each(told, CAIRN_CONFLICT, "workflow.external_step_conflicting_completion_retry");
	ct_int(told.step_status, CAIRN_STEP_CANCELED);
	ct_int(told.run_status, CAIRN_RUN_CANCELED);
	told = ct_complete(conn, ct_completion(run, "g", CAIRN_STEP_CANCELED));
	ct_each(told, CAIRN_CONFLICT, "workflow.external_step_conflicting_completion_retry");
	ct_run_unchanged(conn, run, before);
}

/* In an isolation where a statement behind the lock would not see what it waited for. */
static void needs_read_committed(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "g* a:g");
	const char *before = ct_run_snapshot(conn, run);
	cairn_completion item = ct_completion(run, "g", CAIRN_STEP_SUCCEEDED);
	cairn_completed told;
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN_STRICT), 0);
	ct_status(cairn_step_complete(conn, &item, 1, &told, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_run_unchanged(conn, run, before);
	ct_each(ct_complete(conn, item), CAIRN_OK, NULL);
}

#define GATES .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.gates.only_an_end_can_be_asked_for",
	  GATES,
	  .rule = "A status that is no end, and an output of what did not succeed, fail the call "
		  "before "
		  "any I/O.",
	  .covers = "runledger O04",
	  .run = malformed },
	{ .name = "runs.gates.malformed_completions_fail_the_call",
	  GATES,
	  .rule = "Bad JSON, names, scopes and reserved words, and one gate twice, fail the call "
		  "before "
		  "any I/O.",
	  .run = malformed_arguments },
	{ .name = "runs.gates.only_of_this_run_and_scope",
	  GATES,
	  .rule = "A gate of another run, another tenant's, or that is not there, is NOT_FOUND, "
		  "and "
		  "nothing is told of it.",
	  .covers = "runledger O05",
	  .run = of_no_such_gate },
	{ .name = "runs.gates.the_scope_is_the_runs",
	  GATES,
	  .rule = "Who may complete a gate is whose run it is, whatever tenant the step has.",
	  .covers = "runledger O05",
	  .run = scope_of_the_run },
	{ .name = "runs.gates.jobs_and_blocked_gates_are_refused",
	  GATES,
	  .rule = "The step of a job is not completed from outside, nor a gate before it is open.",
	  .covers = "runledger O05",
	  .run = not_in_time },
	{ .name = "runs.gates.a_canceled_run_has_ended_its_gates",
	  GATES,
	  .rule = "After the run was canceled a completion conflicts, and writes nothing.",
	  .covers = "runledger O08",
	  .run = after_the_run_was_canceled },
	{ .name = "runs.gates.need_read_committed",
	  GATES,
	  .needs = CT_NEED_APP | CT_NEED_STRICT,
	  .rule = "In a stricter transaction of the caller's a completion is refused without side "
		  "effects.",
	  .covers = "runledger O07, T08",
	  .run = needs_read_committed },
};

CT_GROUP(run_gates_refused, cases);
