/*
 * run_gates.c - gates that somebody outside ends: what is stored, what is told, and what is refused. Nothing
 * that is refused writes anything. (deadlines: run_deadline.c; two at once: run_meet_gates.c)
 */
#include "ct_graph_model.h"

static const cairn_str none = { NULL, 0 };

#define CONFLICT "workflow.external_step_conflicting_completion_retry"

static cairn_completion full(cairn_id run, enum cairn_step_status to)
{
	cairn_completion item = ct_completion(run, "g", to);
	item.reason = CAIRN_STR("BECAUSE");
	item.error_code = CAIRN_STR("their.code");
	item.error_message = CAIRN_STR("they said so");
	if (to == CAIRN_STEP_SUCCEEDED)
		item.output = CAIRN_STR("{ \"at\": 1.50 }");
	return item;
}

/* ---- what is stored --------------------------------------------------------------- */

static void ends_are_stored(void)
{
	static const enum cairn_step_status ends[] = { CAIRN_STEP_SUCCEEDED, CAIRN_STEP_FAILED,
						       CAIRN_STEP_CANCELED };
	static const char *const want[] = {
		"RUNNING g=SUCCEEDED a=ENQUEUED b=ENQUEUED",
		"RUNNING g=FAILED a=CANCELED b=ENQUEUED",
		"RUNNING g=CANCELED a=CANCELED b=ENQUEUED",
	};
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < 3; i++) {
		cairn_id run = ct_flow(conn, "g* a:g! b:g");
		ct_advance(CAIRN_SECOND);
		cairn_completed told = ct_complete(conn, full(run, ends[i]));
		ct_each(told, CAIRN_OK, NULL);
		ct_int(told.step_status, ends[i]);
		ct_int(told.run_status, CAIRN_RUN_RUNNING);
		ct_int(told.repeated, 0);
		ct_stands(conn, run, want[i]);
		const cairn_step *step = ct_run_step(conn, run, "g");
		ct_id(told.step, step->id);
		ct_str(step->status_reason, "BECAUSE");
		ct_str(step->error_code, "their.code");
		ct_str(step->error_message, "they said so");
		ct_str(step->output, i == 0 ? "{ \"at\": 1.50 }" : NULL);
		ct_int(step->finished_at, ct_now());
		ct_int(step->released_at, ct_now() - CAIRN_SECOND);
		ct_int(step->deadline_at, 0);
		ct_int(step->started_at, 0);
		ct_int(step->run_number, 0);
	}
}

static void bare_ends(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "g* h* i*");
	ct_end(conn, run, "g", CAIRN_STEP_SUCCEEDED);
	ct_end(conn, run, "h", CAIRN_STEP_FAILED);
	ct_end(conn, run, "i", CAIRN_STEP_CANCELED);
	const cairn_steps *steps = ct_run_steps(conn, run);
	for (size_t i = 0; i < 3; i++) {
		ct_str(steps->at[i].status_reason, NULL);
		ct_str(steps->at[i].error_code, NULL);
		ct_str(steps->at[i].error_message, NULL);
		ct_str(steps->at[i].output, NULL);
	}
}

static void result_of_a_gate(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("a g*:a");
	dag.result_step = CAIRN_STR("g");
	ct_define(conn, "t");
	cairn_id run = ct_add_run(conn, &dag);
	ct_end(conn, run, "a", CAIRN_STEP_SUCCEEDED);
	ct_str(ct_run(conn, run)->result, NULL);
	ct_give(conn, run, "g", "[ 1, 2 ]");
	ct_int(ct_run(conn, run)->status, CAIRN_RUN_SUCCEEDED);
	ct_str(ct_run(conn, run)->result, "[ 1, 2 ]");
	/* with an error beside it there is no result */
	dag = ct_dag("a g*");
	dag.result_step = CAIRN_STR("g");
	run = ct_add_run(conn, &dag);
	ct_give(conn, run, "g", "1");
	ct_end(conn, run, "a", CAIRN_STEP_FAILED);
	ct_str(ct_run(conn, run)->result, NULL);
	ct_str(ct_run_step(conn, run, "g")->output, "1");
}

static void tells_the_run_as_it_is(void)
{
	static const struct {
		const char *words;
		enum cairn_step_status to;
		enum cairn_run_status then;
	} rows[] = {
		{ "g*", CAIRN_STEP_SUCCEEDED, CAIRN_RUN_SUCCEEDED },
		{ "g*", CAIRN_STEP_FAILED, CAIRN_RUN_COMPLETED_WITH_ERRORS },
		{ "g* h*", CAIRN_STEP_CANCELED, CAIRN_RUN_WAITING_FOR_EXTERNAL },
		{ "g* h*:g", CAIRN_STEP_SUCCEEDED, CAIRN_RUN_WAITING_FOR_EXTERNAL },
		{ "g* h*:g!", CAIRN_STEP_CANCELED, CAIRN_RUN_COMPLETED_WITH_ERRORS },
		{ "g* a:g h*", CAIRN_STEP_SUCCEEDED, CAIRN_RUN_RUNNING },
		{ "g* a:g! b:a! h*", CAIRN_STEP_FAILED, CAIRN_RUN_WAITING_FOR_EXTERNAL },
	};
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cairn_completion item =
			ct_completion(ct_flow(conn, rows[i].words), "g", rows[i].to);
		cairn_completed told = ct_complete(conn, item);
		ct_each(told, CAIRN_OK, NULL);
		ct_int(told.run_status, rows[i].then);
		ct_int(ct_run(conn, item.run)->status, rows[i].then);
		told = ct_complete(conn, item);
		ct_int(told.repeated, 1);
		ct_int(told.run_status, rows[i].then);
	}
	/* and to each of a call, as it is after the call */
	cairn_id run = ct_flow(conn, "g* h*");
	cairn_completion items[] = { ct_completion(run, "nobody", CAIRN_STEP_SUCCEEDED),
				     ct_completion(run, "g", CAIRN_STEP_SUCCEEDED),
				     ct_completion(run, "h", CAIRN_STEP_FAILED) };
	cairn_completed each[3];
	ct_ok(cairn_step_complete(conn, items, 3, each, ct_err()));
	for (size_t i = 0; i < 3; i++)
		ct_int(each[i].run_status, CAIRN_RUN_COMPLETED_WITH_ERRORS);
}

/* ---- again ----------------------------------------------------------------------- */

static void again(cairn_conn *conn, cairn_completion item)
{
	const char *before = ct_run_snapshot(conn, item.run);
	ct_advance(CAIRN_SECOND);
	cairn_completed told = ct_complete(conn, item);
	ct_each(told, CAIRN_OK, NULL);
	ct_int(told.repeated, 1);
	ct_int(told.step_status, item.to);
	ct_id(told.step, ct_step_id(conn, item.run, "g"));
	ct_run_unchanged(conn, item.run, before);
}

static void conflicts(cairn_conn *conn, cairn_completion item, const char *code)
{
	const char *before = ct_run_snapshot(conn, item.run);
	ct_advance(CAIRN_SECOND);
	cairn_completed told = ct_complete(conn, item);
	ct_each(told, CAIRN_CONFLICT, code);
	ct_int(told.repeated, 0);
	ct_int(told.step_status, ct_run_step(conn, item.run, "g")->status);
	ct_int(told.run_status, ct_run(conn, item.run)->status);
	ct_run_unchanged(conn, item.run, before);
}

static void the_same_again(void)
{
	cairn_conn *conn = ct_open();
	for (int to = CAIRN_STEP_SUCCEEDED; to <= CAIRN_STEP_CANCELED; to++) {
		cairn_completion item = full(ct_flow(conn, "g* a:g"), (enum cairn_step_status)to);
		ct_each(ct_complete(conn, item), CAIRN_OK, NULL);
		again(conn, item);
		ct_end_all(conn, item.run);
		again(conn, item);
	}
	cairn_completion item = full(ct_flow(conn, "g*"), CAIRN_STEP_SUCCEEDED);
	ct_each(ct_complete(conn, item), CAIRN_OK, NULL);
	item.output = CAIRN_STR("{\"at\":15e-1}");
	again(conn, item);
	ct_str(ct_run_step(conn, item.run, "g")->output, "{ \"at\": 1.50 }");
}

static void another_end_conflicts(void)
{
	cairn_conn *conn = ct_open();
	for (int to = CAIRN_STEP_SUCCEEDED; to <= CAIRN_STEP_CANCELED; to++) {
		cairn_completion good = full(ct_flow(conn, "g* a:g"), (enum cairn_step_status)to);
		ct_each(ct_complete(conn, good), CAIRN_OK, NULL);
		cairn_completion item = good;
		item.reason = CAIRN_STR("OTHERWISE");
		conflicts(conn, item, CONFLICT);
		item.reason = none;
		conflicts(conn, item, CONFLICT);
		item = good;
		item.error_code = CAIRN_STR("my.code");
		conflicts(conn, item, CONFLICT);
		item = good;
		item.error_message = none;
		conflicts(conn, item, CONFLICT);
		item = good;
		item.to = to == CAIRN_STEP_FAILED ? CAIRN_STEP_CANCELED : CAIRN_STEP_FAILED;
		item.output = none;
		conflicts(conn, item, CONFLICT);
	}
}

static void another_output_conflicts(void)
{
	static const char code[] = "workflow.external_step_conflicting_output_retry";
	cairn_conn *conn = ct_open();
	cairn_completion item = full(ct_flow(conn, "g*"), CAIRN_STEP_SUCCEEDED);
	ct_each(ct_complete(conn, item), CAIRN_OK, NULL);
	item.output = CAIRN_STR("{\"at\":2}");
	conflicts(conn, item, code);
	item.output = none;
	conflicts(conn, item, code);
	item = ct_completion(ct_flow(conn, "g*"), "g", CAIRN_STEP_SUCCEEDED);
	ct_each(ct_complete(conn, item), CAIRN_OK, NULL);
	item.output = CAIRN_STR("null");
	conflicts(conn, item, code);
}

/* ---- batches ---------------------------------------------------------------------- */

static void many_gates_in_one_call(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("g* h* i* a:g,h b:h!,i!");
	ct_play one = ct_play_run(conn, &dag);
	cairn_id two = ct_flow(conn, "g* a:g");
	cairn_completion items[] = { ct_completion(one.run, "h", CAIRN_STEP_FAILED),
				     ct_completion(two, "g", CAIRN_STEP_SUCCEEDED),
				     ct_completion(one.run, "nobody", CAIRN_STEP_SUCCEEDED),
				     ct_completion(one.run, "g", CAIRN_STEP_SUCCEEDED),
				     ct_completion(one.run, "a", CAIRN_STEP_SUCCEEDED),
				     ct_completion(one.run, "i", CAIRN_STEP_SUCCEEDED) };
	cairn_completed each[6];
	ct_ok(cairn_step_complete(conn, items, 6, each, ct_err()));
	ct_each(each[2], CAIRN_NOT_FOUND, "workflow.external_step_not_found");
	ct_int(each[2].run_status, CAIRN_RUN_RUNNING);
	ct_each(each[4], CAIRN_INVALID, "workflow.external_step_not_external");
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_OK, NULL);
	ct_each(each[3], CAIRN_OK, NULL);
	ct_each(each[5], CAIRN_OK, NULL);
	ct_model_name(one.model, "h", CAIRN_STEP_FAILED);
	ct_model_name(one.model, "g", CAIRN_STEP_SUCCEEDED);
	ct_model_name(one.model, "i", CAIRN_STEP_SUCCEEDED);
	ct_model_settle(one.model);
	ct_model_agrees(conn, one.run, one.model);
	ct_stands(conn, one.run, "RUNNING g=SUCCEEDED h=FAILED i=SUCCEEDED a=ENQUEUED b=CANCELED");
	ct_stands(conn, two, "RUNNING g=SUCCEEDED a=ENQUEUED");
}

static void without_each_the_first_failure(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "g* h*:g i*");
	cairn_completion items[] = { ct_completion(run, "i", CAIRN_STEP_SUCCEEDED),
				     ct_completion(run, "h", CAIRN_STEP_SUCCEEDED) };
	ct_status(cairn_step_complete(conn, items, 2, NULL, ct_err()), CAIRN_STALE,
		  "workflow.external_step_not_waiting");
	ct_int(ct_last()->index, 1);
	ct_stands(conn, run, "RUNNING g=WAITING_FOR_EXTERNAL h=BLOCKED i=SUCCEEDED");
	ct_ok(cairn_step_complete(conn, NULL, 0, NULL, ct_err()));
}

#define GATES .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.gates.ends_are_stored_as_they_are_said",
	  GATES,
	  .rule = "A gate ends as it is told, with reason, code, message and, if it succeeded, an "
		  "output "
		  "byte for byte; then follows what follows.",
	  .covers = "runledger O01",
	  .run = ends_are_stored },
	{ .name = "runs.gates.nothing_said_is_nothing_stored",
	  GATES,
	  .rule = "Reason, code, message and output of a gate may all be absent.",
	  .covers = "runledger O01",
	  .run = bare_ends },
	{ .name = "runs.gates.a_gate_may_be_the_result",
	  GATES,
	  .rule = "If a gate is the result step its output is the run's result, once the run has "
		  "SUCCEEDED.",
	  .covers = "runledger O06",
	  .run = result_of_a_gate },
	{ .name = "runs.gates.a_completion_tells_the_run_as_it_is_now",
	  GATES,
	  .rule = "A completion tells its run's status as it is when all that follows is done, to "
		  "each "
		  "item of the call.",
	  .covers = "runledger O01",
	  .run = tells_the_run_as_it_is },
	{ .name = "runs.gates.the_same_again_is_no_failure",
	  GATES,
	  .rule = "Completing a gate as it was completed is OK and writes nothing, also when the "
		  "run is "
		  "over; outputs are compared as JSON.",
	  .covers = "runledger O02, Z11",
	  .run = the_same_again },
	{ .name = "runs.gates.another_end_conflicts",
	  GATES,
	  .rule = "Another status, reason, code or message than the gate ended with is a CONFLICT "
		  "and "
		  "writes nothing.",
	  .covers = "runledger O03",
	  .run = another_end_conflicts },
	{ .name = "runs.gates.another_output_conflicts",
	  GATES,
	  .rule = "Another output, or none for one, is a CONFLICT of its own; JSON null is an "
		  "output.",
	  .covers = "runledger O03",
	  .run = another_output_conflicts },
	{ .name = "runs.gates.many_end_in_one_call",
	  GATES,
	  .rule = "Gates of several runs end in one call; those of one run end together, and what "
		  "is "
		  "refused leaves the others alone.",
	  .run = many_gates_in_one_call },
	{ .name = "runs.gates.without_each_the_first_failure_is_the_calls",
	  GATES,
	  .rule = "Without room for outcomes the first failed one is the call's; the others stay "
		  "done.",
	  .run = without_each_the_first_failure },
};

CT_GROUP(run_gates, cases);
