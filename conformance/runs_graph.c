/*
 * runs_graph.c - graphs that make no sense are refused before anything is written, and those that do are
 * stored as they were given. The order in which faults are told is a unit test's (tests/unit/graph.c).
 */
#include "ct_workflow.h"

#define DAG(what) "workflow.invalid_dag_" what

/* A request of one job with one thing changed. */
static cairn_run_new one_job(void)
{
	return ct_dag("a");
}

/* ---- what is blank, missing, not positive ---------------------------------------- */

static void blank_or_missing(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = one_job();
	ct_define(conn, "t");
	run.type = CAIRN_STR(" \t");
	ct_run_refused(conn, &run, DAG("workflow_type_blank"));
	run = one_job();
	run.step_count = 0;
	ct_run_refused(conn, &run, DAG("empty"));
	run = one_job();
	ct_dag_step(&run, "a")->key = CAIRN_STR("\xc2\xa0");
	ct_run_refused(conn, &run, DAG("step_key_blank"));
	run = one_job();
	ct_dag_step(&run, "a")->type = CAIRN_STR("");
	ct_run_refused(conn, &run, DAG("job_type_blank"));
	run = one_job();
	ct_dag_step(&run, "a")->max_attempts = -1;
	ct_run_refused(conn, &run, DAG("step_max_attempts_non_positive"));
	run = one_job();
	ct_dag_step(&run, "a")->timeout = -1;
	ct_run_refused(conn, &run, DAG("step_timeout_seconds_non_positive"));
	ct_int(ct_count_runs(conn), 0);
	ct_int(ct_count_jobs(conn, 0), 0);
}

static void edges(void)
{
	cairn_conn *conn = ct_open();
	const struct {
		const char *words;
		const char *code;
	} bad[] = {
		{ "a a", DAG("duplicate_step_key") },
		{ "a:a", DAG("self_dependency") },
		{ "a b:a,a", DAG("duplicate_dependency") },
		{ "a b:a,a!", DAG("duplicate_dependency") },
		{ "a b:z", DAG("missing_dependency") },
		{ "a b:", DAG("dependency_step_key_blank") },
		{ "a:b b:a", DAG("cycle") },
		{ "a b:a,e c:b d*:c! e:d f:e", DAG("cycle") },
	};
	ct_define(conn, "t");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		cairn_run_new run = ct_dag(bad[i].words);
		ct_note("graph %s", bad[i].words);
		ct_run_refused(conn, &run, bad[i].code);
	}
	ct_int(ct_count_runs(conn), 0);
}

static void gates(void)
{
	cairn_conn *conn = ct_open();
	const char *settings = DAG("external_step_queue_settings_not_allowed");
	cairn_run_new run = ct_dag("g*");
	cairn_step_new *gate = ct_dag_step(&run, "g");
	const cairn_step_new plain = *gate;
	gate->type = CAIRN_STR("t");
	ct_run_refused(conn, &run, DAG("external_step_job_type_not_allowed"));
	for (int i = 0; i < 8; i++) {
		ct_note("setting %d", i);
		*gate = plain;
		gate->queue = cairn_str_of(i == 0 ? "q" : "");
		gate->owner = cairn_str_of(i == 1 ? "o" : "");
		gate->resource_key = cairn_str_of(i == 2 ? "r" : "");
		gate->stage = cairn_str_of(i == 3 ? "queued" : "");
		gate->timeout = i == 4 ? CAIRN_SECOND : 0;
		gate->max_attempts = i == 5 ? 3 : 0;
		gate->set = i == 6 ? CAIRN_STEP_PRIORITY : i == 7 ? CAIRN_STEP_CONTINUES : 0;
		ct_run_refused(conn, &run, settings);
	}
	*gate = plain;
	gate->payload = CAIRN_STR("[1]");
	gate->deadline = CAIRN_HOUR;
	ct_stands(conn, ct_add_run(conn, &run), "WAITING_FOR_EXTERNAL g=WAITING_FOR_EXTERNAL");
}

static void keys(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_keyed("a", " ");
	const char *longest = ct_repeat('k', 512);
	char *wide = ct_repeat('x', 512);
	ct_define(conn, "t");
	for (size_t i = 0; i < 512; i += 2)
		memcpy(wide + i, "\xc3\xa4", 2);
	ct_run_refused(conn, &run, DAG("idempotency_key_blank"));
	run = ct_dag_active("a", "\t");
	ct_run_refused(conn, &run, DAG("active_key"));
	run = ct_dag_active("a", ct_repeat('k', 513));
	ct_run_refused(conn, &run, DAG("active_key"));
	run = ct_dag("a");
	run.result_step = CAIRN_STR(" ");
	ct_run_refused(conn, &run, DAG("result_step_key_blank"));
	run.result_step = CAIRN_STR("b");
	ct_run_refused(conn, &run, DAG("unknown_result_step"));
	run.result_step = CAIRN_STR("a");
	ct_dag_step(&run, "a")->resource_key = cairn_str_of(ct_repeat('r', 513));
	ct_run_refused(conn, &run, DAG("step_resource_key"));
	ct_dag_step(&run, "a")->resource_key = CAIRN_STR(" ");
	ct_run_refused(conn, &run, DAG("step_resource_key"));
	ct_dag_step(&run, "a")->resource_key = cairn_str_of(longest);
	ct_str(ct_run_step(conn, ct_add_run(conn, &run), "a")->resource_key, longest);
	run = ct_dag_active("a", wide);
	run.key = cairn_str_of(longest);
	cairn_id id = ct_add_run(conn, &run);
	ct_str(ct_run(conn, id)->active_key, wide);
	ct_str(ct_run(conn, id)->key, longest);
}

/* One that is malformed fails them all, is named, and nothing was sent. */
static void in_a_batch(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new runs[] = { ct_dag("a"), ct_dag("a b"), ct_dag("a b:a,b") };
	cairn_run_added each[3];
	ct_define(conn, "t");
	ct_budget(conn);
	ct_status(cairn_run_enqueue(conn, runs, 3, each, ct_err()), CAIRN_INVALID,
		  DAG("self_dependency"));
	ct_spent(conn, 0, "malformed runs", 3);
	ct_int(ct_last()->index, 2);
	ct_true(strstr(ct_last()->message, "Step 1") != NULL);
	ct_int(ct_count_runs(conn), 0);
	ct_ok(cairn_run_enqueue(conn, runs, 0, NULL, ct_err()));
}

/* The limits of a call come before its I/O; steps that are shared make it cheap to ask. */
static void limits(void)
{
	enum { STEPS = 10001 };
	cairn_conn *conn = ct_open();
	cairn_step_new *steps = ct_alloc(STEPS * sizeof *steps);
	cairn_run_new runs[11];
	cairn_run_added each[11];
	for (size_t i = 0; i < STEPS; i++)
		steps[i] = (cairn_step_new){ .key = cairn_str_of(ct_format("s%zu", i)),
					     .type = CAIRN_STR("t") };
	for (size_t i = 0; i < 11; i++)
		runs[i] = (cairn_run_new){ .type = CAIRN_STR("w"),
					   .steps = steps,
					   .step_count = i < 10 ? 10000 : 1 };
	ct_budget(conn);
	ct_status(cairn_run_enqueue(conn, runs, 11, each, ct_err()), CAIRN_TOO_LARGE,
		  "limit.exceeded");
	ct_int(ct_last()->index, 10);
	runs[0].step_count = STEPS;
	ct_status(cairn_run_enqueue(conn, runs, 1, each, ct_err()), CAIRN_TOO_LARGE,
		  "limit.exceeded");
	ct_spent(conn, 0, "too many steps", STEPS);
}

/* ---- the builder ---------------------------------------------------------------------- */

static void refused_by_the_builder(void)
{
	cairn_run_new start = { .type = CAIRN_STR("w") };
	cairn_run_new run;
	cairn_graph *graph = NULL;
	cairn_str none = { NULL, 0 };
	ct_ok(cairn_graph_new(&graph, &start, ct_err()));
	ct_true(cairn_graph_job(graph, CAIRN_STR("a"), CAIRN_STR("t"), none) == CAIRN_OK);
	ct_true(cairn_graph_edge(graph, CAIRN_STR("a"), CAIRN_STR("b"), 0) == CAIRN_INVALID);
	ct_true(cairn_graph_edge(graph, CAIRN_STR("a"), CAIRN_STR(" "), 0) == CAIRN_INVALID);
	ct_true(cairn_graph_edge(graph, CAIRN_STR(" "), CAIRN_STR("a"), 0) == CAIRN_INVALID);
	ct_true(cairn_graph_gate(graph, CAIRN_STR("a"), 0) == CAIRN_INVALID);
	ct_status(cairn_graph_run(graph, &run, ct_err()), CAIRN_INVALID, DAG("unknown_step_key"));
	cairn_graph_free(graph);
	ct_ok(cairn_graph_new(&graph, &start, ct_err()));
	ct_true(cairn_graph_job(graph, CAIRN_STR("a"), CAIRN_STR("t"), none) == CAIRN_OK);
	ct_true(cairn_graph_edge(graph, CAIRN_STR("b"), CAIRN_STR("a"), 0) == CAIRN_OK);
	ct_status(cairn_graph_run(graph, &run, ct_err()), CAIRN_INVALID, DAG("missing_dependency"));
	cairn_graph_free(graph);
}

/* A refused step is told before what is wrong with the run, whose blank type comes before an edge. */
static void first_of_the_builder(void)
{
	cairn_run_new start = { .type = CAIRN_STR(" ") };
	cairn_run_new run;
	cairn_graph *graph = NULL;
	cairn_str none = { NULL, 0 };
	ct_ok(cairn_graph_new(&graph, &start, ct_err()));
	ct_true(cairn_graph_job(graph, CAIRN_STR("a"), CAIRN_STR("t"), none) == CAIRN_OK);
	ct_true(cairn_graph_edge(graph, CAIRN_STR("a"), CAIRN_STR("a"), 0) == CAIRN_OK);
	ct_status(cairn_graph_run(graph, &run, ct_err()), CAIRN_INVALID,
		  DAG("workflow_type_blank"));
	ct_true(cairn_graph_job(graph, CAIRN_STR(""), CAIRN_STR(""), none) == CAIRN_INVALID);
	ct_status(cairn_graph_run(graph, &run, ct_err()), CAIRN_INVALID, DAG("step_key_blank"));
	cairn_graph_free(graph);
}

static void as_built(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new start = { .type = CAIRN_STR("w") };
	cairn_run_new run;
	cairn_graph *graph = NULL;
	cairn_str none = { NULL, 0 };
	ct_define(conn, "t");
	ct_ok(cairn_graph_new(&graph, &start, ct_err()));
	ct_true(cairn_graph_job(graph, CAIRN_STR("z"), CAIRN_STR("t"), none) == CAIRN_OK);
	ct_true(cairn_graph_gate(graph, CAIRN_STR("m"), CAIRN_DAY) == CAIRN_OK);
	ct_true(cairn_graph_job(graph, CAIRN_STR("b"), CAIRN_STR("t"), CAIRN_STR("[ 1 ]")) ==
		CAIRN_OK);
	ct_true(cairn_graph_edge(graph, CAIRN_STR("m"), CAIRN_STR("b"), CAIRN_RELEASE_ON_SUCCESS) ==
		CAIRN_OK);
	ct_true(cairn_graph_edge(graph, CAIRN_STR("z"), CAIRN_STR("b"), 0) == CAIRN_OK);
	ct_ok(cairn_graph_run(graph, &run, ct_err()));
	cairn_id id = ct_add_run(conn, &run);
	cairn_graph_free(graph);
	ct_stands(conn, id, "RUNNING z=ENQUEUED m=WAITING_FOR_EXTERNAL b=BLOCKED");
	ct_text(ct_edges(conn, id), "z>b m>b!");
	const cairn_step *b = ct_run_step(conn, id, "b");
	ct_str(b->stage, "queued");
	ct_str(b->queue, "default");
	ct_str(b->tenant, NULL);
	ct_str(b->payload, "[ 1 ]");
	ct_str(ct_run_step(conn, id, "z")->payload, "{}");
	ct_int(ct_run_step(conn, id, "m")->deadline, CAIRN_DAY);
}

static void no_other_words(void)
{
	ct_int(cairn_release_mode_parse(CAIRN_STR("ON_SUCCESS")), CAIRN_RELEASE_ON_SUCCESS);
	ct_int(cairn_release_mode_parse(CAIRN_STR("ON_FAILURE")), 0);
	ct_int(cairn_release_mode_parse(CAIRN_STR("on_terminal")), 0);
	ct_int(cairn_step_kind_parse(CAIRN_STR("GATE")), 0);
	ct_int(cairn_step_status_parse(CAIRN_STR("PENDING")), 0);
	ct_int(cairn_run_status_parse(CAIRN_STR("FAILED")), 0);
	ct_true(cairn_release_mode_text((enum cairn_release_mode)3) == NULL);
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag("a b:a");
	cairn_dependency odd = { .prerequisite = CAIRN_STR("a"), .mode = 3 };
	ct_dag_step(&run, "b")->dependencies = &odd;
	ct_run_refused(conn, &run, "arg.invalid");
}

/* ---- shapes ------------------------------------------------------------------------------ */

static void waits_for(cairn_conn *conn, cairn_id run, const char *key, int32_t prerequisites)
{
	const cairn_step *step = ct_run_step(conn, run, key);
	ct_int(step->prerequisites, prerequisites);
	ct_int(step->pending, prerequisites);
	ct_int(step->unsatisfied, 0);
	ct_int(step->status, prerequisites > 0 ? CAIRN_STEP_BLOCKED : CAIRN_STEP_ENQUEUED);
}

static void shapes(void)
{
	cairn_conn *conn = ct_open();
	cairn_id diamond = ct_flow(conn, "a b:a c:a! d:b,c!");
	ct_stands(conn, diamond, "RUNNING a=ENQUEUED b=BLOCKED c=BLOCKED d=BLOCKED");
	ct_text(ct_edges(conn, diamond), "a>b a>c! b>d c>d!");
	waits_for(conn, diamond, "a", 0);
	waits_for(conn, diamond, "b", 1);
	waits_for(conn, diamond, "d", 2);
	cairn_id out = ct_flow(conn, "a b:a c:a d:a e:a");
	ct_text(ct_edges(conn, out), "a>b a>c a>d a>e");
	waits_for(conn, out, "e", 1);
	cairn_id in = ct_flow(conn, "e:a,b,c,d! a b c d");
	ct_text(ct_edges(conn, in), "a>e b>e c>e d>e!");
	waits_for(conn, in, "e", 4);
	waits_for(conn, in, "d", 0);
	ct_end_all(conn, diamond);
	ct_stands(conn, diamond, "SUCCEEDED a=SUCCEEDED b=SUCCEEDED c=SUCCEEDED d=SUCCEEDED");
}

/* Each step waits for the one before and, from the fourth on, for the third: 269 and 267 edges. */
static void a_long_chain(void)
{
	enum { STEPS = 270 };
	cairn_conn *conn = ct_open();
	cairn_step_new *steps = ct_alloc(STEPS * sizeof *steps);
	cairn_run_new run = { .type = CAIRN_STR("w"), .steps = steps, .step_count = STEPS };
	cairn_dependency *on = ct_alloc(2 * STEPS * sizeof *on);
	ct_define(conn, "t");
	for (size_t i = 0; i < STEPS; i++) {
		steps[i] = (cairn_step_new){ .key = cairn_str_of(ct_format("s%zu", STEPS - i)),
					     .type = CAIRN_STR("t"),
					     .dependencies = &on[2 * i],
					     .dependency_count = i > 2 ? 2 : i > 0 };
		on[2 * i] = (cairn_dependency){ .prerequisite = steps[i > 0 ? i - 1 : 0].key };
		on[2 * i + 1] = (cairn_dependency){ .prerequisite = steps[0].key,
						    .mode = CAIRN_RELEASE_ON_SUCCESS };
	}
	cairn_id id = ct_add_run(conn, &run);
	const cairn_run *row = ct_run(conn, id);
	ct_int(row->counts.enqueued, 1);
	ct_int(row->counts.blocked, STEPS - 1);
	const cairn_steps *stored = ct_run_steps(conn, id);
	ct_int(stored->count, STEPS);
	for (size_t i = 0; i < STEPS; i++) {
		ct_same(stored->at[i].key, steps[i].key);
		ct_int(stored->at[i].prerequisites, steps[i].dependency_count);
		ct_int(stored->at[i].pending, steps[i].dependency_count);
	}
	ct_int(ct_count_jobs(conn, 0), 1);
}

#define VERB .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.graph.what_is_blank_or_missing_is_refused",
	  VERB,
	  .rule = "A type, steps, their keys and types are required, and numbers are positive.",
	  .covers = "runledger V01",
	  .run = blank_or_missing },
	{ .name = "runs.graph.edges_make_sense",
	  VERB,
	  .rule = "Keys are unique; nobody waits for himself, twice for one, for nobody, or in a "
		  "circle.",
	  .covers = "runledger V02",
	  .run = edges },
	{ .name = "runs.graph.gates_have_nothing_of_a_job",
	  VERB,
	  .rule = "A gate has no type and none of the settings of a job.",
	  .covers = "runledger V03",
	  .run = gates },
	{ .name = "runs.graph.keys_have_limits",
	  VERB,
	  .rule = "Keys are 1 to 512 bytes and not blank; the result step is one of the steps.",
	  .covers = "runledger V04, AK07",
	  .run = keys },
	{ .name = "runs.graph.a_malformed_run_fails_its_batch",
	  VERB,
	  .rule = "A malformed run fails the call before any I/O; its index and its step are told.",
	  .covers = "runledger V02",
	  .run = in_a_batch },
	{ .name = "runs.graph.there_is_a_limit",
	  VERB,
	  .rule = "More steps than a run or a call may have are TOO_LARGE before any I/O.",
	  .covers = "runledger V10",
	  .run = limits },
	{ .name = "runs.graph.the_builder_refuses_at_the_call",
	  VERB,
	  .rule = "What a builder can know it refuses at once and remembers; the rest it tells at "
		  "the end.",
	  .covers = "runledger V06",
	  .run = refused_by_the_builder },
	{ .name = "runs.graph.the_builder_tells_the_first_fault",
	  VERB,
	  .rule = "A refused step comes before the fields of the run, a blank key before a blank "
		  "type.",
	  .covers = "runledger V05",
	  .run = first_of_the_builder },
	{ .name = "runs.graph.is_stored_as_it_was_built",
	  VERB,
	  .rule = "Steps and modes are as they were added; what was left open has its default.",
	  .covers = "runledger V07",
	  .run = as_built },
	{ .name = "runs.graph.other_words_are_none",
	  VERB,
	  .rule = "A word that is no mode, kind or status is not taken for one.",
	  .covers = "runledger V11",
	  .run = no_other_words },
	{ .name = "runs.graph.shapes_have_their_counters",
	  VERB,
	  .rule = "Diamonds, fans out and in are stored with what each step waits for.",
	  .covers = "runledger V09",
	  .run = shapes },
	{ .name = "runs.graph.a_long_chain_keeps_its_order",
	  VERB,
	  .rule = "270 steps with 536 edges stand in the order in which they were given.",
	  .covers = "runledger V09",
	  .run = a_long_chain },
};

CT_GROUP(runs_graph, cases);
