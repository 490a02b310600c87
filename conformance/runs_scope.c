/*
 * runs_scope.c - what another tenant's run is to a call: not there. One test per call; and what ANY and GLOBAL see.
 */
#include "ct_workflow.h"

#define NO_RUN	"workflow.run_not_found"
#define NO_GATE "workflow.external_step_not_found"

/* A run of a tenant, or of nobody, with an open gate and a claimed job. */
static cairn_id run_of(cairn_conn *conn, const char *tenant)
{
	cairn_run_new run = ct_dag("a g* b:a,g");
	ct_define(conn, "t");
	run.tenant = cairn_str_of(tenant);
	run.result_step = CAIRN_STR("b");
	cairn_id id = ct_add_run(conn, &run);
	ct_claim_step(conn, id, "a");
	return id;
}

/* ---- reads --------------------------------------------------------------------------- */

static size_t listed(cairn_conn *conn, cairn_scope scope)
{
	cairn_run_filter filter = { .size = sizeof(filter), .scope = scope };
	cairn_runs *runs = NULL;
	ct_ok(cairn_run_list(conn, &filter, &runs, ct_err()));
	ct_later(runs);
	return runs->count;
}

static void reads(cairn_conn *conn, cairn_scope scope, cairn_id id, cairn_status want)
{
	const char *code = want == CAIRN_OK ? NULL : NO_RUN;
	cairn_step_filter steps = { .size = sizeof(steps), .scope = scope, .run = id };
	cairn_edge_filter edges = { .size = sizeof(edges), .scope = scope, .run = id };
	cairn_run_event_filter events = { .size = sizeof(events), .scope = scope, .run = id };
	cairn_runs *got = NULL;
	cairn_steps *got_steps = NULL;
	cairn_steps *inputs = NULL;
	cairn_run_edges_result *got_edges = NULL;
	cairn_run_events_result *got_events = NULL;
	ct_status(cairn_run_get(conn, scope, id, &got, ct_err()), want, code);
	ct_status(cairn_run_steps(conn, &steps, &got_steps, ct_err()), want, code);
	ct_status(cairn_run_edges(conn, &edges, &got_edges, ct_err()), want, code);
	ct_status(cairn_run_events(conn, &events, &got_events, ct_err()), want, code);
	ct_status(cairn_step_inputs(conn, scope, ct_step_id(conn, id, "b"), &inputs, ct_err()),
		  want, code != NULL ? "workflow.step_not_found" : NULL);
	if (want == CAIRN_OK)
		ct_int(inputs->count, 2);
	cairn_free(got);
	cairn_free(got_steps);
	cairn_free(inputs);
	cairn_free(got_edges);
	cairn_free(got_events);
}

static void what_is_seen(void)
{
	cairn_conn *conn = ct_open();
	cairn_scope acme = cairn_tenant(CAIRN_STR("acme"));
	cairn_scope other = cairn_tenant(CAIRN_STR("other"));
	cairn_id ours = run_of(conn, "acme");
	cairn_id nobodys = run_of(conn, "");
	reads(conn, acme, ours, CAIRN_OK);
	reads(conn, cairn_any(), ours, CAIRN_OK);
	reads(conn, other, ours, CAIRN_NOT_FOUND);
	reads(conn, cairn_global(), ours, CAIRN_NOT_FOUND);
	reads(conn, cairn_global(), nobodys, CAIRN_OK);
	reads(conn, cairn_any(), nobodys, CAIRN_OK);
	reads(conn, acme, nobodys, CAIRN_NOT_FOUND);
	ct_int(listed(conn, acme), 1);
	ct_int(listed(conn, other), 0);
	ct_int(listed(conn, cairn_global()), 1);
	ct_int(listed(conn, cairn_any()), 2);
}

/* A step of another tenant than its run's: its handler may ask with either. */
static void inputs_of_a_step(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag("a b:a");
	cairn_steps *inputs = NULL;
	ct_define(conn, "t");
	run.tenant = CAIRN_STR("acme");
	ct_dag_step(&run, "b")->tenant = CAIRN_STR("other");
	cairn_id id = ct_add_run(conn, &run);
	cairn_id b = ct_step_id(conn, id, "b");
	ct_ok(cairn_step_inputs(conn, cairn_tenant(CAIRN_STR("acme")), b, &inputs, ct_err()));
	ct_ok(cairn_step_inputs(conn, cairn_tenant(CAIRN_STR("other")), b, &inputs, ct_err()));
	ct_int(inputs->count, 1);
	ct_str(inputs->at[0].key, "a");
	ct_status(cairn_step_inputs(conn, cairn_tenant(CAIRN_STR("third")), b, &inputs, ct_err()),
		  CAIRN_NOT_FOUND, "workflow.step_not_found");
	ct_later(inputs);
}

/* ---- writes ---------------------------------------------------------------------------- */

static void completes(cairn_conn *conn, cairn_scope scope, cairn_id id)
{
	cairn_completion completion = ct_completion(id, "g", CAIRN_STEP_FAILED);
	completion.scope = scope;
	cairn_completed told = ct_complete(conn, completion);
	ct_each(told, CAIRN_NOT_FOUND, NO_GATE);
	ct_true(cairn_id_is_none(told.step));
	ct_int(told.run_status, 0);
}

static void appends(cairn_conn *conn, cairn_scope scope, cairn_id id)
{
	cairn_append append = ct_append(id, "k", "g", "x");
	cairn_appended *appended = NULL;
	append.scope = scope;
	ct_status(cairn_run_append(conn, &append, &appended, ct_err()), CAIRN_NOT_FOUND, NO_RUN);
	cairn_free(appended);
}

static void cancels(cairn_conn *conn, cairn_scope scope, cairn_id id)
{
	cairn_run_cancel_opts opts = { .size = sizeof(opts), .scope = scope, .runs = &id, .n = 1 };
	cairn_run_changed changed = { .status = CAIRN_OK };
	ct_ok(cairn_run_cancel(conn, &opts, &changed, ct_err()));
	ct_each(changed, CAIRN_NOT_FOUND, NO_RUN);
	ct_int(changed.run_status, 0);
	ct_status(cairn_run_cancel(conn, &opts, NULL, ct_err()), CAIRN_NOT_FOUND, NO_RUN);
}

static void waits(cairn_conn *conn, cairn_scope scope, cairn_id id)
{
	cairn_run_wait_opts opts = {
		.size = sizeof(opts), .scope = scope, .run = id, .timeout = -1
	};
	cairn_runs *runs = NULL;
	ct_status(cairn_run_wait(conn, &opts, &runs, ct_err()), CAIRN_NOT_FOUND, NO_RUN);
	cairn_free(runs);
}

static void recovers(cairn_conn *conn, cairn_scope scope, cairn_id id)
{
	cairn_recovery recovery = ct_recovery(id, "k");
	cairn_run_added added;
	recovery.scope = scope;
	ct_status(cairn_run_recover(conn, &recovery, &added, ct_err()), CAIRN_NOT_FOUND,
		  "workflow.recovery_source_not_found");
}

static size_t pruned(cairn_conn *conn, cairn_scope scope)
{
	cairn_run_prune_filter filter = { .size = sizeof(filter), .scope = scope };
	size_t count = 1000;
	ct_ok(cairn_run_prune(conn, &filter, &count, ct_err()));
	return count;
}

static void not_theirs(cairn_conn *conn, cairn_scope scope, cairn_id id)
{
	const char *before = ct_run_snapshot(conn, id);
	completes(conn, scope, id);
	appends(conn, scope, id);
	cancels(conn, scope, id);
	waits(conn, scope, id);
	recovers(conn, scope, id);
	ct_run_unchanged(conn, id, before);
}

static void what_is_changed(void)
{
	cairn_conn *conn = ct_open();
	cairn_scope acme = cairn_tenant(CAIRN_STR("acme"));
	cairn_scope other = cairn_tenant(CAIRN_STR("other"));
	cairn_id ours = run_of(conn, "acme");
	cairn_id nobodys = run_of(conn, "");
	not_theirs(conn, other, ours);
	not_theirs(conn, cairn_global(), ours);
	not_theirs(conn, acme, nobodys);
	ct_cancel_run(conn, ours);
	recovers(conn, other, ours);
	ct_advance(CAIRN_MINUTE);
	ct_int(pruned(conn, other), 0);
	ct_int(pruned(conn, cairn_global()), 0);
	ct_int(pruned(conn, acme), 1);
	ct_cancel_run(conn, nobodys);
	ct_advance(CAIRN_MINUTE);
	ct_int(pruned(conn, acme), 0);
	ct_int(pruned(conn, cairn_any()), 1);
}

static void needs_a_scope(void)
{
	cairn_conn *conn = ct_open();
	const char *code = "arg.invalid_scope";
	cairn_scope none = { 0 };
	cairn_id id = run_of(conn, "");
	cairn_runs *runs = NULL;
	cairn_run_filter filter = { .size = sizeof(filter) };
	cairn_completion completion = ct_completion(id, "g", CAIRN_STEP_FAILED);
	cairn_completed told;
	cairn_run_cancel_opts opts = { .size = sizeof(opts), .runs = &id, .n = 1 };
	completion.scope = none;
	ct_status(cairn_run_get(conn, none, id, &runs, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_run_list(conn, &filter, &runs, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_step_complete(conn, &completion, 1, &told, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_run_cancel(conn, &opts, NULL, ct_err()), CAIRN_INVALID, code);
	cairn_free(runs);
}

/* ---- workers, upkeep, ids ------------------------------------------------------------------ */

static void workers_need_their_lease(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag("a b:a");
	ct_define(conn, "t");
	run.tenant = CAIRN_STR("acme");
	ct_dag_step(&run, "a")->set = CAIRN_STEP_CONTINUES;
	cairn_id id = ct_add_run(conn, &run);
	cairn_lease lease = ct_claim_step(conn, id, "a");
	const char *before = ct_run_snapshot(conn, id);
	cairn_lease wrong = lease;
	wrong.fence++;
	ct_refused(conn, wrong, CAIRN_STALE, "job.lease_lost");
	wrong = lease;
	wrong.id = id;
	ct_refused(conn, wrong, CAIRN_NOT_FOUND, "job.not_found");
	ct_run_unchanged(conn, id, before);
	ct_finish(conn, ct_success(lease));
	ct_stands(conn, id, "RUNNING a=SUCCEEDED b=ENQUEUED");
}

/* Gates that are overdue are everybody's: the one call that has no scope. */
static void upkeep_has_none(void)
{
	cairn_conn *conn = ct_open();
	const char *tenants[] = { "", "acme", "other" };
	cairn_id ids[3];
	size_t ended = 0;
	for (size_t i = 0; i < 3; i++) {
		cairn_run_new run = ct_dag("g*");
		run.tenant = cairn_str_of(tenants[i]);
		ct_dag_step(&run, "g")->deadline = CAIRN_MINUTE;
		ids[i] = ct_add_run(conn, &run);
	}
	ct_advance(CAIRN_MINUTE);
	ct_ok(cairn_run_reap(conn, 0, &ended, ct_err()));
	ct_int(ended, 3);
	for (size_t i = 0; i < 3; i++)
		ct_stands(conn, ids[i], "COMPLETED_WITH_ERRORS g=FAILED");
}

static void no_id(void)
{
	cairn_conn *conn = ct_open();
	cairn_id none = { { 0 } };
	cairn_steps *inputs = NULL;
	cairn_runs *runs = NULL;
	ct_status(cairn_run_get(conn, cairn_any(), none, &runs, ct_err()), CAIRN_NOT_FOUND, NO_RUN);
	ct_status(cairn_step_inputs(conn, cairn_any(), none, &inputs, ct_err()), CAIRN_NOT_FOUND,
		  "workflow.step_not_found");
	cairn_free(runs);
	cairn_free(inputs);
	completes(conn, cairn_any(), none);
	appends(conn, cairn_any(), none);
	cancels(conn, cairn_any(), none);
	waits(conn, cairn_any(), none);
	recovers(conn, cairn_global(), none);
	cairn_id id = run_of(conn, "");
	cairn_completion both[] = { ct_completion(none, "g", CAIRN_STEP_SUCCEEDED),
				    ct_completion(id, "g", CAIRN_STEP_SUCCEEDED) };
	cairn_completed each[2];
	ct_ok(cairn_step_complete(conn, both, 2, each, ct_err()));
	ct_each(each[0], CAIRN_NOT_FOUND, NO_GATE);
	ct_each(each[1], CAIRN_OK, NULL);
}

#define VERB .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.scope.reads",
	  VERB,
	  .rule = "A run, its steps, edges, events and inputs are there in its own scope and in "
		  "ANY, and nowhere else.",
	  .covers = "runledger SC01, SC02",
	  .run = what_is_seen },
	{ .name = "runs.scope.inputs_of_another_tenants_step",
	  VERB,
	  .rule = "The inputs of a step are read in the scope of its run or its own.",
	  .covers = "runledger SC01",
	  .run = inputs_of_a_step },
	{ .name = "runs.scope.writes",
	  VERB,
	  .rule = "A run of another scope is not completed, appended to, canceled, waited for, "
		  "recovered or pruned: it is not found.",
	  .covers = "runledger SC01, SC02",
	  .run = what_is_changed },
	{ .name = "runs.scope.must_be_said",
	  VERB,
	  .rule = "A call without a scope is refused.",
	  .covers = "runledger SC02",
	  .run = needs_a_scope },
	{ .name = "runs.scope.workers_have_their_lease",
	  VERB,
	  .rule = "A worker's writes to the job of a step need the lease and nothing else.",
	  .covers = "runledger SC03",
	  .run = workers_need_their_lease },
	{ .name = "runs.scope.upkeep_has_none",
	  VERB,
	  .rule = "Gates are reaped whoever they belong to.",
	  .covers = "runledger SC04",
	  .run = upkeep_has_none },
	{ .name = "runs.scope.no_id_is_no_run",
	  VERB,
	  .rule = "The id that is none is never found.",
	  .covers = "runledger SC05",
	  .run = no_id },
};

CT_GROUP(runs_scope, cases);
