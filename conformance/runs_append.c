/*
 * runs_append.c - steps that are added to a run while a gate is open: where they begin, and when not. What makes
 * two appends the same is in runs_append_again.c.
 */
#include "ct_workflow.h"

#define DAG(what) "workflow.invalid_dag_" what

/* ---- where they begin --------------------------------------------------------------- */

static void stand_in_their_order(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "g* a");
	ct_end(conn, id, "a", CAIRN_STEP_SUCCEEDED);
	ct_stands(conn, id, "WAITING_FOR_EXTERNAL g=WAITING_FOR_EXTERNAL a=SUCCEEDED");
	ct_advance(CAIRN_MINUTE);
	cairn_append append = ct_append(id, "more", "g", "z y:z x:a! w*:g v* u:g!,x");
	const cairn_appended *appended = ct_send_append(conn, &append, CAIRN_INSERTED);
	ct_int(appended->run_status, CAIRN_RUN_RUNNING);
	for (size_t i = 0; i < append.n; i++) {
		ct_same(appended->at[i].key, append.steps[i].key);
		ct_id(appended->at[i].id, ct_run_steps(conn, id)->at[2 + i].id);
		ct_int(appended->at[i].prerequisites, append.steps[i].dependency_count);
		ct_int(appended->at[i].unsatisfied, 0);
		ct_int(appended->at[i].created_at, ct_now());
	}
	ct_int(appended->at[0].status, CAIRN_STEP_ENQUEUED);
	ct_int(appended->at[0].released_at, ct_now());
	ct_stands(conn, id,
		  "RUNNING g=WAITING_FOR_EXTERNAL a=SUCCEEDED z=ENQUEUED y=BLOCKED x=ENQUEUED "
		  "w=BLOCKED v=WAITING_FOR_EXTERNAL u=BLOCKED");
	ct_text(ct_edges(conn, id), "z>y a>x! g>w g>u! x>u");
	ct_int(ct_run_step(conn, id, "u")->pending, 2);
	ct_int(ct_run_step(conn, id, "x")->pending, 0);
	ct_text(ct_timeline(conn, ct_step_id(conn, id, "x")), "ENQUEUED");
	ct_text(ct_run_timeline(conn, id),
		"RUNNING g=WAITING_FOR_EXTERNAL a=ENQUEUED a=SUCCEEDED WAITING_FOR_EXTERNAL +more "
		"z=ENQUEUED x=ENQUEUED v=WAITING_FOR_EXTERNAL RUNNING");
	ct_int(ct_run(conn, id)->updated_at, ct_now());
	ct_end_all(conn, id);
	ct_stands(conn, id,
		  "SUCCEEDED g=SUCCEEDED a=SUCCEEDED z=SUCCEEDED y=SUCCEEDED x=SUCCEEDED "
		  "w=SUCCEEDED v=SUCCEEDED u=SUCCEEDED");
}

/* s succeeded, f failed, c was canceled, o is open. */
static cairn_id with_all_kinds(cairn_conn *conn)
{
	cairn_id id = ct_flow(conn, "s f c o g*");
	ct_end(conn, id, "s", CAIRN_STEP_SUCCEEDED);
	ct_end(conn, id, "f", CAIRN_STEP_FAILED);
	ct_end(conn, id, "c", CAIRN_STEP_CANCELED);
	return id;
}

static void counted(const cairn_step *step, int32_t pending, int32_t unsatisfied)
{
	ct_int(step->pending, pending);
	ct_int(step->unsatisfied, unsatisfied);
}

static void count_what_has_ended(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = with_all_kinds(conn);
	cairn_append append =
		ct_append(id, "more", "g", "p:o q:s! r:f r2:c m:f!,o n:s!,o! k:s,f,c");
	const cairn_appended *appended = ct_send_append(conn, &append, CAIRN_INSERTED);
	ct_stands(conn, id,
		  "RUNNING s=SUCCEEDED f=FAILED c=CANCELED o=ENQUEUED g=WAITING_FOR_EXTERNAL "
		  "p=BLOCKED q=ENQUEUED r=ENQUEUED r2=ENQUEUED m=BLOCKED n=BLOCKED k=ENQUEUED");
	counted(&appended->at[0], 1, 0);
	counted(&appended->at[1], 0, 0);
	counted(&appended->at[4], 1, 1);
	counted(&appended->at[5], 1, 0);
	counted(&appended->at[6], 0, 0);
	ct_int(appended->at[6].prerequisites, 3);
	ct_end(conn, id, "o", CAIRN_STEP_SUCCEEDED);
	ct_stands(conn, id,
		  "RUNNING s=SUCCEEDED f=FAILED c=CANCELED o=SUCCEEDED g=WAITING_FOR_EXTERNAL "
		  "p=ENQUEUED q=ENQUEUED r=ENQUEUED r2=ENQUEUED m=CANCELED n=ENQUEUED k=ENQUEUED");
}

static void born_unsatisfied(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = with_all_kinds(conn);
	cairn_append append = ct_append(id, "more", "g", "u:f! v:u! w:u x*:c! y:v,w! z:x!,o");
	const cairn_appended *appended = ct_send_append(conn, &append, CAIRN_INSERTED);
	ct_stands(conn, id,
		  "RUNNING s=SUCCEEDED f=FAILED c=CANCELED o=ENQUEUED g=WAITING_FOR_EXTERNAL "
		  "u=CANCELED v=CANCELED w=ENQUEUED x=CANCELED y=BLOCKED z=BLOCKED");
	const cairn_step *u = &appended->at[0];
	ct_str(u->status_reason, "workflow.dependency_unsatisfied");
	ct_str(u->error_code, "workflow.dependency_unsatisfied");
	ct_str(u->error_message, "A prerequisite did not succeed.");
	ct_int(u->finished_at, ct_now());
	ct_int(u->released_at, 0);
	ct_int(u->run_number, 0);
	counted(u, 0, 1);
	counted(&appended->at[1], 0, 1);
	counted(&appended->at[4], 1, 0);
	counted(&appended->at[5], 1, 1);
	ct_true(!ct_exists(conn, u->id) && !ct_exists(conn, appended->at[3].id));
	ct_true(strstr(ct_run_timeline(conn, id), " +more u=CANCELED x=CANCELED v=CANCELED "
						  "w=ENQUEUED") != NULL);
	ct_end_all(conn, id);
	ct_stands(conn, id,
		  "COMPLETED_WITH_ERRORS s=SUCCEEDED f=FAILED c=CANCELED o=SUCCEEDED g=SUCCEEDED "
		  "u=CANCELED v=CANCELED w=SUCCEEDED x=CANCELED y=SUCCEEDED z=CANCELED");
}

/* ---- what is refused ------------------------------------------------------------------- */

static void refused(cairn_conn *conn, const cairn_append *append, cairn_status status,
		    const char *code)
{
	cairn_appended *appended = NULL;
	ct_status(cairn_run_append(conn, append, &appended, ct_err()), status, code);
	cairn_free(appended);
}

static void the_window(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "g* a h*:a c*");
	const char *before = ct_run_snapshot(conn, id);
	cairn_append append = ct_append(id, " ", "g", "x");
	refused(conn, &append, CAIRN_INVALID, "workflow.append_mutation_key_blank");
	append = ct_append(id, ct_repeat('k', 513), "g", "x");
	refused(conn, &append, CAIRN_INVALID, "arg.invalid_key");
	append = ct_append(ct_step_id(conn, id, "a"), "k", "g", "x");
	refused(conn, &append, CAIRN_NOT_FOUND, "workflow.run_not_found");
	append = ct_append(id, "k", "nobody", "x");
	refused(conn, &append, CAIRN_INVALID, "workflow.append_window_missing");
	append = ct_append(id, "k", "a", "x");
	refused(conn, &append, CAIRN_INVALID, "workflow.append_window_not_external");
	append = ct_append(id, "k", "h", "x");
	refused(conn, &append, CAIRN_STALE, "workflow.append_window_not_open");
	ct_run_unchanged(conn, id, before);
	ct_end(conn, id, "g", CAIRN_STEP_SUCCEEDED);
	append = ct_append(id, "k", "g", "x");
	refused(conn, &append, CAIRN_STALE, "workflow.append_window_not_open");
	ct_cancel_run(conn, id);
	append = ct_append(id, "k", "c", "x");
	refused(conn, &append, CAIRN_STALE, "workflow.append_window_not_open");
	append = ct_append(id, "k", "c", "x:a");
	refused(conn, &append, CAIRN_STALE, "workflow.append_window_not_open");
}

static void the_graph(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "g* a");
	const struct {
		const char *words;
		const char *code;
	} bad[] = {
		{ "", DAG("empty") },
		{ "x a", DAG("duplicate_step_key") },
		{ "x g*", DAG("duplicate_step_key") },
		{ "x x", DAG("duplicate_step_key") },
		{ "x:nobody", DAG("missing_dependency") },
		{ "x:a,a!", DAG("duplicate_dependency") },
		{ "x y:x,x", DAG("duplicate_dependency") },
		{ "x:x", DAG("self_dependency") },
		{ "x:", DAG("dependency_step_key_blank") },
		{ "x:z,a y:x z:y", DAG("cycle") },
	};
	const char *before = ct_run_snapshot(conn, id);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		cairn_append append = ct_append(id, "k", "g", bad[i].words);
		ct_note("append %s", bad[i].words);
		refused(conn, &append, CAIRN_INVALID, bad[i].code);
	}
	ct_run_unchanged(conn, id, before);
	/* none of them took the key */
	cairn_append append = ct_append(id, "k", "g", "x:a,g");
	ct_send_append(conn, &append, CAIRN_INSERTED);
}

static void without_a_definition(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "g* a");
	cairn_append append = ct_append(id, "k", "g", "w* x y:x z");
	ct_steps steps = ct_graph("w* x y:x z");
	append.steps = steps.at;
	ct_graph_step(steps, "y")->type = CAIRN_STR("never");
	ct_graph_step(steps, "z")->type = CAIRN_STR("never");
	const char *before = ct_run_snapshot(conn, id);
	ct_advance(CAIRN_SECOND);
	refused(conn, &append, CAIRN_INVALID, "workflow.definition_not_found_or_disabled");
	ct_true(strstr(ct_last()->message, "Step 2") != NULL);
	ct_run_unchanged(conn, id, before);
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_define(conn, "never");
	ct_send_append(conn, &append, CAIRN_INSERTED);
	ct_stands(conn, id,
		  "RUNNING g=WAITING_FOR_EXTERNAL a=ENQUEUED w=WAITING_FOR_EXTERNAL x=ENQUEUED "
		  "y=BLOCKED z=ENQUEUED");
}

/* ---- many, and where they stand in ------------------------------------------------------- */

static void backwards(void)
{
	enum { STEPS = 270 };
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "g*");
	cairn_step_new *steps = ct_alloc(STEPS * sizeof *steps);
	cairn_append append = ct_append(id, "many", "g", "x");
	for (size_t i = 0; i < STEPS; i++)
		steps[i] = (cairn_step_new){ .key = cairn_str_of(ct_format("s%03zu", STEPS - i)),
					     .type = CAIRN_STR("t") };
	append.steps = steps;
	append.n = STEPS;
	const cairn_appended *appended = ct_send_append(conn, &append, CAIRN_INSERTED);
	const cairn_steps *stored = ct_run_steps(conn, id);
	for (size_t i = 0; i < STEPS; i++) {
		ct_same(appended->at[i].key, steps[i].key);
		ct_same(stored->at[i + 1].key, steps[i].key);
	}
	ct_int(ct_count_jobs(conn, 0), STEPS);
}

static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_id id = ct_flow(conn, "g* a");
	cairn_append bad = ct_append(id, "k", "a", "x");
	cairn_append good = ct_append(id, "k", "g", "x y:x");
	const char *before = ct_run_snapshot(other, id);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	refused(conn, &bad, CAIRN_INVALID, "workflow.append_window_not_external");
	ct_send_append(conn, &good, CAIRN_INSERTED);
	ct_stands(conn, id, "RUNNING g=WAITING_FOR_EXTERNAL a=ENQUEUED x=ENQUEUED y=BLOCKED");
	cairn_rollback(&tx);
	ct_run_unchanged(other, id, before);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_send_append(conn, &good, CAIRN_INSERTED);
	ct_send_append(conn, &good, CAIRN_EXISTING);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_stands(other, id, "RUNNING g=WAITING_FOR_EXTERNAL a=ENQUEUED x=ENQUEUED y=BLOCKED");
}

static void a_gate_may_be_the_next_window(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "g*");
	cairn_append one = ct_append(id, "one", "g", "h* a:g");
	cairn_append two = ct_append(id, "two", "h", "b:a c:h!");
	ct_send_append(conn, &one, CAIRN_INSERTED);
	ct_end(conn, id, "g", CAIRN_STEP_FAILED);
	ct_send_append(conn, &two, CAIRN_INSERTED);
	ct_stands(conn, id,
		  "RUNNING g=FAILED h=WAITING_FOR_EXTERNAL a=ENQUEUED b=BLOCKED c=BLOCKED");
	ct_end(conn, id, "h", CAIRN_STEP_CANCELED);
	ct_end_all(conn, id);
	ct_stands(conn, id,
		  "COMPLETED_WITH_ERRORS g=FAILED h=CANCELED a=SUCCEEDED b=SUCCEEDED c=CANCELED");
}

static void needs_read_committed(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "g*");
	cairn_append append = ct_append(id, "k", "g", "x");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN_STRICT), 0);
	refused(conn, &append, CAIRN_INVALID, "tx.unsupported_isolation");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_stands(conn, id, "WAITING_FOR_EXTERNAL g=WAITING_FOR_EXTERNAL");
	ct_send_append(conn, &append, CAIRN_INSERTED);
}

static void five_round_trips(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "g* a");
	cairn_append append = ct_append(id, "k", "g", "x:a,g y:x z b:z,a!");
	ct_budget(conn);
	ct_send_append(conn, &append, CAIRN_INSERTED);
	ct_spent(conn, 5, "steps appended", append.n);
	ct_send_append(conn, &append, CAIRN_EXISTING);
	ct_spent(conn, 5, "steps appended before", append.n);
}

#define VERB .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.append.steps_stand_in_their_order",
	  VERB,
	  .rule = "New steps come behind the old ones in the order given, and those that wait for "
		  "nothing more begin at once.",
	  .covers = "runledger B01",
	  .run = stand_in_their_order },
	{ .name = "runs.append.ended_prerequisites_are_counted",
	  VERB,
	  .rule = "A prerequisite that has ended is not pending, and unsatisfied if the edge "
		  "wanted it to succeed and it did not.",
	  .covers = "runledger B02",
	  .run = count_what_has_ended },
	{ .name = "runs.append.unsatisfied_steps_are_born_canceled",
	  VERB,
	  .rule = "A step whose prerequisites have all ended, one not as wanted, never begins, and "
		  "what waits for it follows.",
	  .covers = "runledger B02",
	  .run = born_unsatisfied },
	{ .name = "runs.append.needs_a_window",
	  VERB,
	  .rule = "An append has a key, a run, and a gate of it that stands open.",
	  .covers = "runledger B05",
	  .run = the_window },
	{ .name = "runs.append.must_fit_the_graph",
	  VERB,
	  .rule = "New keys are new, prerequisites are there, and nothing runs in circles.",
	  .covers = "runledger B05",
	  .run = the_graph },
	{ .name = "runs.append.needs_every_definition",
	  VERB,
	  .rule = "Where a type is not defined nothing is appended at all.",
	  .covers = "runledger B06",
	  .run = without_a_definition },
	{ .name = "runs.append.backwards_is_an_order_too",
	  VERB,
	  .rule = "270 steps with falling keys stand as they were given.",
	  .covers = "runledger B07",
	  .run = backwards },
	{ .name = "runs.append.is_part_of_the_callers_transaction",
	  VERB,
	  .rule = "Refused or not, an append leaves the caller's transaction usable, and comes "
		  "and goes with it.",
	  .covers = "runledger B05",
	  .run = in_a_transaction },
	{ .name = "runs.append.a_new_gate_is_a_window",
	  VERB,
	  .rule = "Steps may be appended behind an appended gate, whatever became of the first.",
	  .covers = "runledger B01, B02",
	  .run = a_gate_may_be_the_next_window },
	{ .name = "runs.append.needs_read_committed",
	  VERB,
	  .needs = CT_NEED_STRICT,
	  .rule = "In a stricter transaction an append is refused before anything is written.",
	  .covers = "runledger B09",
	  .run = needs_read_committed },
	{ .name = "runs.append.five_round_trips",
	  .kind = CT_BUDGET,
	  .store = CT_WORKFLOWS,
	  .rule = "An append takes five round trips, whatever its size.",
	  .covers = "runledger B01",
	  .run = five_round_trips },
};

CT_GROUP(runs_append, cases);
