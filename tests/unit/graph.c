/* graph.c - the builder, what is wrong with a request and in which order, and its canonical text. */
#include <stdlib.h>

#include "../../core/run_request.h"
#include "../tap.h"

#define INVALID(what) "workflow.invalid_dag_" what

static cairn_error error;

static const char *code_of(cairn_status st)
{
	return st == CAIRN_OK ? "ok" : error.code;
}

static const char *check(const cairn_run_new *run)
{
	error = (cairn_error)CAIRN_ERROR_INIT;
	return code_of(cairn_run_check(run, &error));
}

static const char *built(const cairn_graph *graph)
{
	cairn_run_new run;
	error = (cairn_error)CAIRN_ERROR_INIT;
	return code_of(cairn_graph_run(graph, &run, &error));
}

static cairn_graph *new_graph(const cairn_run_new *run)
{
	cairn_graph *graph = NULL;
	ok(cairn_graph_new(&graph, run, &error) == CAIRN_OK, "a graph begins");
	return graph;
}

static cairn_graph *empty(void)
{
	cairn_run_new run = { .type = CAIRN_STR("w") };
	return new_graph(&run);
}

static cairn_status job(cairn_graph *graph, const char *key)
{
	return cairn_graph_job(graph, cairn_str_of(key), CAIRN_STR("t"), (cairn_str){ NULL, 0 });
}

static cairn_status edge(cairn_graph *graph, const char *from, const char *to)
{
	return cairn_graph_edge(graph, cairn_str_of(from), cairn_str_of(to), 0);
}

/* ---- the builder ------------------------------------------------------------------ */

static void keeps_what_it_is_given(void)
{
	char key[] = "fetch";
	char payload[] = "[1]";
	cairn_graph *graph = empty();
	cairn_run_new run = { .type = CAIRN_STR("") };
	ok(cairn_graph_job(graph, cairn_str_of(key), CAIRN_STR("t"), cairn_str_of(payload)) ==
		   CAIRN_OK,
	   "a job");
	memset(key, 'x', 5);
	memset(payload, 'x', 3);
	ok(cairn_graph_gate(graph, CAIRN_STR("gate"), CAIRN_DAY) == CAIRN_OK, "a gate");
	ok(job(graph, "publish") == CAIRN_OK, "another job");
	ok(cairn_graph_edge(graph, CAIRN_STR("gate"), CAIRN_STR("publish"),
			    CAIRN_RELEASE_ON_SUCCESS) == CAIRN_OK,
	   "an edge");
	ok(edge(graph, "fetch", "publish") == CAIRN_OK, "another edge");
	ok(cairn_graph_run(graph, &run, &error) == CAIRN_OK, "the request");
	is_int(run.step_count, 3, "of three steps");
	ok(cairn_str_is(run.type, "w"), "its type");
	ok(cairn_str_is(run.steps[0].key, "fetch"), "copies its key");
	ok(cairn_str_is(run.steps[0].payload, "[1]"), "and its payload");
	ok(run.steps[0].stage.len == 0 && run.steps[0].tenant.len == 0, "leaves open what is");
	is_int(run.steps[1].kind, CAIRN_STEP_EXTERNAL, "the gate is one");
	is_int(run.steps[1].deadline, CAIRN_DAY, "with a deadline");
	is_int(run.steps[2].dependency_count, 2, "two dependencies");
	ok(cairn_str_is(run.steps[2].dependencies[0].prerequisite, "gate"), "in order");
	is_int(run.steps[2].dependencies[0].mode, CAIRN_RELEASE_ON_SUCCESS, "a mode as given");
	is_int(run.steps[2].dependencies[1].mode, 0, "a mode left open");
	cairn_graph_free(graph);
	cairn_graph_free(NULL);
}

static void refuses_at_the_call(void)
{
	cairn_step_new step = { .key = CAIRN_STR("a"), .type = CAIRN_STR("t") };
	cairn_graph *graph = empty();
	ok(edge(graph, "a", "b") == CAIRN_INVALID, "an edge to nothing");
	is_text(built(graph), INVALID("unknown_step_key"), "is remembered");
	ok(job(graph, " ") == CAIRN_INVALID, "a blank key");
	ok(job(graph, "a") == CAIRN_OK, "what is good is added");
	ok(cairn_graph_step(graph, &step) == CAIRN_INVALID, "but not twice");
	step.key = CAIRN_STR("b");
	step.type = CAIRN_STR("\t");
	ok(cairn_graph_step(graph, &step) == CAIRN_INVALID, "a blank type");
	ok(edge(graph, "x", "b") == CAIRN_INVALID, "what was refused is not there");
	ok(edge(graph, "x", "") == CAIRN_INVALID, "a blank dependent");
	ok(edge(graph, " ", "a") == CAIRN_INVALID, "a blank prerequisite");
	is_text(built(graph), INVALID("unknown_step_key"), "the first refusal stays");
	cairn_graph_free(graph);
}

/* Each first refusal by itself. */
static void remembers(void)
{
	cairn_graph *graph = empty();
	job(graph, "a");
	job(graph, "a");
	is_text(built(graph), INVALID("duplicate_step_key"), "a second key");
	cairn_graph_free(graph);
	graph = empty();
	job(graph, "a");
	edge(graph, "\xc2\xa0", "a");
	is_text(built(graph), INVALID("dependency_step_key_blank"), "a blank prerequisite");
	cairn_graph_free(graph);
	graph = empty();
	job(graph, "a");
	edge(graph, "a", " ");
	is_text(built(graph), INVALID("step_key_blank"), "a blank dependent");
	cairn_graph_free(graph);
	graph = empty();
	cairn_graph_job(graph, CAIRN_STR("a"), CAIRN_STR(""), CAIRN_STR("{}"));
	is_text(built(graph), INVALID("job_type_blank"), "a blank type");
	cairn_graph_free(graph);
	graph = empty();
	job(graph, "a");
	cairn_graph_job(graph, CAIRN_STR("a"), CAIRN_STR(""), CAIRN_STR("{}"));
	is_text(built(graph), INVALID("duplicate_step_key"), "a second key before a blank type");
	cairn_graph_free(graph);
}

/* A step that the builder refused comes before what is wrong with the run; all else comes after it. */
static void the_rest_is_found_at_the_end(void)
{
	cairn_run_new run = { .type = CAIRN_STR(" "), .key = CAIRN_STR(" ") };
	cairn_graph *graph = new_graph(&run);
	job(graph, "a");
	ok(edge(graph, "a", "a") == CAIRN_OK, "a step may be said to wait for itself");
	is_text(built(graph), INVALID("idempotency_key_blank"), "the run's fields come first");
	job(graph, "");
	is_text(built(graph), INVALID("step_key_blank"), "but not before a refused call");
	cairn_graph_free(graph);
	graph = empty();
	is_text(built(graph), INVALID("empty"), "nothing was added");
	job(graph, "a");
	edge(graph, "a", "a");
	is_text(built(graph), INVALID("self_dependency"), "itself");
	cairn_graph_free(graph);
	graph = empty();
	job(graph, "a");
	edge(graph, "later", "a");
	is_text(built(graph), INVALID("missing_dependency"), "a prerequisite that never came");
	job(graph, "later");
	is_text(built(graph), "ok", "or came later");
	edge(graph, "a", "later");
	is_text(built(graph), INVALID("cycle"), "a circle");
	cairn_graph_free(graph);
}

static void begins_with_steps(void)
{
	cairn_dependency on[] = { { .prerequisite = CAIRN_STR("a") } };
	cairn_step_new steps[] = {
		{ .key = CAIRN_STR("a"), .type = CAIRN_STR("t") },
		{ .key = CAIRN_STR("b"),
		  .type = CAIRN_STR("t"),
		  .dependencies = on,
		  .dependency_count = 1 },
	};
	cairn_run_new run = { .type = CAIRN_STR("w"),
			      .key = CAIRN_STR("k"),
			      .active_key = CAIRN_STR("active"),
			      .metadata = CAIRN_STR("[2]"),
			      .result_step = CAIRN_STR("b"),
			      .tenant = CAIRN_STR("acme"),
			      .on_failure = CAIRN_ON_FAILURE_FAIL_FAST,
			      .steps = steps,
			      .step_count = 2 };
	cairn_graph *graph = new_graph(&run);
	cairn_run_new got = { .type = CAIRN_STR("") };
	memset(steps, 0, sizeof steps);
	memset(on, 0, sizeof on);
	ok(cairn_graph_run(graph, &got, &error) == CAIRN_OK, "the request");
	ok(cairn_str_is(got.key, "k") && cairn_str_is(got.active_key, "active") &&
		   cairn_str_is(got.metadata, "[2]") && cairn_str_is(got.tenant, "acme") &&
		   cairn_str_is(got.result_step, "b"),
	   "with the run's fields");
	is_int(got.on_failure, CAIRN_ON_FAILURE_FAIL_FAST, "all of them");
	is_int(got.step_count, 2, "and its steps");
	ok(cairn_str_is(got.steps[1].dependencies[0].prerequisite, "a"), "and edges");
	for (int i = 0; i < 300; i++) {
		char key[16];
		snprintf(key, sizeof key, "n%d", i);
		if (job(graph, key) != CAIRN_OK || edge(graph, "b", key) != CAIRN_OK ||
		    (i > 0 && edge(graph, "n0", key) != CAIRN_OK))
			ok(0, "step %s", key);
	}
	ok(cairn_graph_run(graph, &got, &error) == CAIRN_OK, "it grows");
	is_int(got.step_count, 302, "to 302 steps");
	ok(cairn_str_is(got.steps[301].key, "n299"), "in order");
	is_int(got.steps[301].dependency_count, 2, "with their edges");
	cairn_graph_free(graph);
}

/* ---- what is wrong, first wins ------------------------------------------------------ */

/* Everything is wrong; mended one by one, each time the next thing is told. */
static void the_order_of_the_run(void)
{
	char long_key[514];
	cairn_step_new step = { .key = CAIRN_STR("a"), .type = CAIRN_STR("t") };
	cairn_run_new run = { .key = CAIRN_STR(" \t"),
			      .active_key = CAIRN_STR("\n"),
			      .result_step = CAIRN_STR(" "),
			      .type = CAIRN_STR(" ") };
	memset(long_key, 'k', 513);
	is_text(check(&run), INVALID("idempotency_key_blank"), "the idempotency key");
	run.key = CAIRN_STR("k");
	is_text(check(&run), INVALID("active_key"), "the active key");
	run.active_key = (cairn_str){ long_key, 513 };
	is_text(check(&run), INVALID("active_key"), "an active key of 513 bytes");
	run.active_key.len = 512;
	is_text(check(&run), INVALID("result_step_key_blank"), "the result step");
	run.result_step = CAIRN_STR("nobody");
	is_text(check(&run), INVALID("workflow_type_blank"), "the type");
	run.type = CAIRN_STR("w");
	is_text(check(&run), INVALID("empty"), "no steps");
	run.steps = &step;
	run.step_count = 1;
	step.type = (cairn_str){ NULL, 0 };
	is_text(check(&run), INVALID("job_type_blank"), "a step before the result step");
	step.type = CAIRN_STR("t");
	is_text(check(&run), INVALID("unknown_result_step"), "a result step that is not there");
	run.result_step = CAIRN_STR("a");
	is_text(check(&run), "ok", "nothing is left");
	for (size_t i = 0; i < 512; i += 2)
		memcpy(long_key + i, "\xc3\xbc", 2);
	is_text(check(&run), "ok", "256 characters of two bytes");
	run.key = (cairn_str){ long_key, 513 };
	is_text(check(&run), "arg.invalid_key", "an idempotency key of 513 bytes");
}

static void the_order_of_a_step(void)
{
	cairn_step_new step = { .key = CAIRN_STR(" "),
				.max_attempts = -1,
				.timeout = -1,
				.resource_key = CAIRN_STR(" "),
				.deadline = 1,
				.stage = CAIRN_STR("running") };
	cairn_run_new run = { .type = CAIRN_STR("w"), .steps = &step, .step_count = 1 };
	is_text(check(&run), INVALID("step_key_blank"), "the key");
	step.key = CAIRN_STR("a");
	is_text(check(&run), INVALID("job_type_blank"), "the type");
	step.type = CAIRN_STR("t");
	is_text(check(&run), INVALID("step_max_attempts_non_positive"), "attempts");
	step.max_attempts = 1;
	is_text(check(&run), INVALID("step_timeout_seconds_non_positive"), "timeout");
	step.timeout = 1;
	is_text(check(&run), INVALID("step_resource_key"), "resource");
	step.resource_key = (cairn_str){ NULL, 0 };
	is_text(check(&run), INVALID("step_deadline"), "a deadline is a gate's");
	step.deadline = 0;
	is_text(check(&run), "job.invalid_stage", "stage");
	step.stage = CAIRN_STR("scheduled");
	is_text(check(&run), "ok", "nothing is left");
	ok(strncmp(error.message, "Step 0", 6) != 0, "nothing is said");
	step.payload = CAIRN_STR("{\"a\":1,\"a\":2}");
	is_text(check(&run), "json.duplicate_member", "the payload is a document");
	ok(strncmp(error.message, "Step 0: ", 8) == 0, "the message names the step");
	step.payload = CAIRN_STR("null");
	is_text(check(&run), "ok", "null is a document");
}

static void gates_have_no_settings(void)
{
	static const char settings[] = INVALID("external_step_queue_settings_not_allowed");
	const cairn_step_new gate = { .key = CAIRN_STR("g"), .kind = CAIRN_STEP_EXTERNAL };
	cairn_step_new with[9] = { gate, gate, gate, gate, gate, gate, gate, gate, gate };
	with[0].queue = CAIRN_STR("q");
	with[1].owner = CAIRN_STR("o");
	with[2].resource_key = CAIRN_STR("r");
	with[3].stage = CAIRN_STR("queued");
	with[4].timeout = 1;
	with[5].max_attempts = 1;
	with[6].set = CAIRN_STEP_PRIORITY;
	with[7].set = CAIRN_STEP_CONTINUES;
	with[8].max_attempts = -1;
	cairn_run_new run = { .type = CAIRN_STR("w"), .step_count = 1 };
	for (size_t i = 0; i < 9; i++) {
		run.steps = &with[i];
		is_text(check(&run), settings, "a gate with something of a job");
	}
	with[0].type = CAIRN_STR("t");
	run.steps = &with[0];
	is_text(check(&run), INVALID("external_step_job_type_not_allowed"), "the type first");
	cairn_step_new good = gate;
	good.payload = CAIRN_STR("[1]");
	good.tenant = CAIRN_STR("acme");
	good.deadline = CAIRN_HOUR;
	run.steps = &good;
	is_text(check(&run), "ok", "payload, tenant and deadline");
	good.deadline = -1;
	is_text(check(&run), INVALID("step_deadline"), "no deadline before it opens");
	good.kind = (enum cairn_step_kind)3;
	is_text(check(&run), "arg.invalid", "no third kind");
}

/* ---- edges ------------------------------------------------------------------------------ */

/* Steps a, b, c … with edges written as pairs: "ab" makes b wait for a. */
static const char *edges_of(const char *const *pairs, size_t steps)
{
	static char names[300][4];
	cairn_graph *graph = empty();
	for (size_t i = 0; i < steps; i++) {
		snprintf(names[i], sizeof names[i], "%c%c", (int)('a' + i % 26),
			 (int)(i / 26 > 0 ? 'a' + i / 26 : 0));
		job(graph, names[i]);
	}
	for (; *pairs != NULL; pairs++)
		cairn_graph_edge(graph, (cairn_str){ *pairs, 1 }, (cairn_str){ *pairs + 1, 1 },
				 (*pairs)[2] == '!' ? CAIRN_RELEASE_ON_SUCCESS : 0);
	const char *said = built(graph);
	cairn_graph_free(graph);
	return said;
}

static void edges(void)
{
	is_text(edges_of((const char *[]){ "aa", NULL }, 1), INVALID("self_dependency"), "itself");
	is_text(edges_of((const char *[]){ "ab", "ab", NULL }, 2), INVALID("duplicate_dependency"),
		"twice");
	is_text(edges_of((const char *[]){ "ab", "ab!", NULL }, 2), INVALID("duplicate_dependency"),
		"twice, with two modes");
	is_text(edges_of((const char *[]){ "zb", NULL }, 2), INVALID("missing_dependency"),
		"nobody");
	is_text(edges_of((const char *[]){ "ab", "ba", NULL }, 2), INVALID("cycle"),
		"a circle of two");
	is_text(edges_of((const char *[]){ "ab", "bc", "cd", "de", "eb", NULL }, 6),
		INVALID("cycle"), "a circle of four with a tail");
	is_text(edges_of((const char *[]){ "ab", "ba", "zc", NULL }, 3),
		INVALID("missing_dependency"), "an unknown one before a circle");
	is_text(edges_of((const char *[]){ "ab", "ac", "bd", "cd", NULL }, 4), "ok", "a diamond");
	is_text(edges_of((const char *[]){ "ab", "ac", "ad", "ae", NULL }, 5), "ok", "a fan out");
	is_text(edges_of((const char *[]){ "ae", "be", "ce", "de", NULL }, 5), "ok", "a fan in");
	is_text(edges_of((const char *[]){ "ba", "cb", "dc", NULL }, 4), "ok", "backwards");
}

static void modes(void)
{
	cairn_dependency on = { .prerequisite = CAIRN_STR("a"), .mode = 3 };
	cairn_step_new steps[] = {
		{ .key = CAIRN_STR("a"), .type = CAIRN_STR("t") },
		{ .key = CAIRN_STR("b"),
		  .type = CAIRN_STR("t"),
		  .dependencies = &on,
		  .dependency_count = 1 },
	};
	cairn_run_new run = { .type = CAIRN_STR("w"), .steps = steps, .step_count = 2 };
	is_text(check(&run), "arg.invalid", "no third mode");
	ok(strncmp(error.message, "Step 1: ", 8) == 0, "the step is named");
	on.mode = CAIRN_RELEASE_ON_SUCCESS;
	is_text(check(&run), "ok", "the second");
	on.reserved_ = 1;
	is_text(check(&run), "arg.reserved", "what is reserved");
	on.reserved_ = 0;
	run.on_failure = (enum cairn_on_failure)3;
	is_text(check(&run), "arg.invalid", "no third answer to failures");
	is_int(cairn_release_mode_parse(CAIRN_STR("ON_TERMINAL")), CAIRN_RELEASE_ON_TERMINAL,
	       "a mode's word");
	is_int(cairn_release_mode_parse(CAIRN_STR("ON_FAILURE")), 0, "no mode's word");
	is_int(cairn_release_mode_parse(CAIRN_STR("on_success")), 0, "in capitals");
	is_int(cairn_step_kind_parse(CAIRN_STR("GATE")), 0, "no kind's word");
	is_int(cairn_on_failure_parse(CAIRN_STR("")), 0, "no word");
	ok(cairn_release_mode_text((enum cairn_release_mode)0) == NULL, "no mode has no word");
}

/* A chain, and one step that waits for all: as many as there may be, and one more. */
static void limits(void)
{
	enum { STEPS = 10001, EDGES = 50001 };
	cairn_step_new *steps = calloc(STEPS, sizeof *steps);
	cairn_dependency *on = calloc(EDGES, sizeof *on);
	char(*keys)[8] = calloc(STEPS, sizeof *keys);
	cairn_run_new run = { .type = CAIRN_STR("w"), .steps = steps, .step_count = 270 };
	if (steps == NULL || on == NULL || keys == NULL)
		abort();
	for (size_t i = 0; i < STEPS; i++) {
		snprintf(keys[i], sizeof keys[i], "s%zu", i);
		steps[i] = (cairn_step_new){ .key = cairn_str_of(keys[i]), .type = CAIRN_STR("t") };
		on[i].prerequisite = steps[i].key;
		steps[i].dependencies = i > 0 ? &on[i - 1] : NULL;
		steps[i].dependency_count = i > 0;
	}
	is_text(check(&run), "ok", "a chain of 270");
	run.step_count = 10000;
	is_text(check(&run), "ok", "a chain of 10,000");
	run.step_count = 10001;
	is_text(check(&run), "limit.exceeded", "and one more");
	run.step_count = 10000;
	for (size_t i = 0; i < 6; i++) {
		steps[9999 - i].dependencies = on;
		steps[9999 - i].dependency_count = 9000 - i % 2;
	}
	for (size_t i = 6; i < 10000; i++)
		steps[9999 - i].dependency_count = 0;
	is_text(check(&run), "limit.exceeded", "too many edges");
	steps[9994].dependency_count = 0;
	is_text(check(&run), "ok", "not too many");
	steps[9994].dependencies = on;
	steps[9994].dependency_count = 50000 - 44998;
	is_text(check(&run), "ok", "50,000 of them");
	steps[9994].dependency_count++;
	is_text(check(&run), "limit.exceeded", "and one more");
	free(keys);
	free(on);
	free(steps);
}

/* ---- canonical texts ------------------------------------------------------------------------ */

static const char *append_text(const cairn_append *append, const char *tenant)
{
	static cairn_text text;
	struct cairn__graph graph;
	cairn__graph_begin(&graph, NULL);
	graph.appends = 1;
	cairn_text_clear(&text);
	text = (cairn_text){ .alloc = graph.alloc };
	error = (cairn_error)CAIRN_ERROR_INIT;
	cairn_str whose = tenant != NULL ? cairn_str_of(tenant) : (cairn_str){ NULL, 0 };
	cairn_status st = cairn__graph_look(&graph, append->steps, append->n, &error);
	if (st == CAIRN_OK)
		st = cairn__append_request(append, whose, &graph, &text, &error);
	cairn__graph_end(&graph);
	return st == CAIRN_OK ? text.ptr : error.code;
}

static const char *run_text(const cairn_run_new *run)
{
	static cairn_text text;
	struct cairn__graph graph;
	cairn__graph_begin(&graph, NULL);
	cairn_text_clear(&text);
	text = (cairn_text){ .alloc = graph.alloc };
	error = (cairn_error)CAIRN_ERROR_INIT;
	cairn_status st = cairn__run_look(&graph, run, &error);
	if (st == CAIRN_OK)
		st = cairn__run_request(run, &graph, &text, &error);
	cairn__graph_end(&graph);
	return st == CAIRN_OK ? text.ptr : error.code;
}

static void golden_append(void)
{
	static const char golden[] =
		"{\"steps\":[{\"dependencies\":[{\"mode\":\"ON_TERMINAL\",\"prerequisite\":"
		"\"gate\"}],\"key\":\"child\",\"kind\":\"JOB\",\"max_attempts\":2,\"payload\":"
		"{\"kind\":\"golden\"},\"priority\":5,\"queue\":\"default\",\"stage\":\"queued\","
		"\"tenant\":\"acme\",\"timeout_us\":60000000,\"type\":\"jobs.test.child\"}],"
		"\"window\":\"gate\"}";
	cairn_dependency on = { .prerequisite = CAIRN_STR("gate") };
	cairn_step_new child = { .key = CAIRN_STR("child"),
				 .type = CAIRN_STR("jobs.test.child"),
				 .payload = CAIRN_STR(" {\"kind\" : \"golden\"}"),
				 .set = CAIRN_STEP_PRIORITY,
				 .priority = 5,
				 .max_attempts = 2,
				 .timeout = 60 * CAIRN_SECOND,
				 .dependencies = &on,
				 .dependency_count = 1 };
	cairn_append append = { .window = CAIRN_STR("gate"), .steps = &child, .n = 1 };
	is_text(append_text(&append, "acme"), golden, "an append");
	child.tenant = CAIRN_STR("acme");
	child.stage = CAIRN_STR("queued");
	child.kind = CAIRN_STEP_JOB;
	on.mode = CAIRN_RELEASE_ON_TERMINAL;
	is_text(append_text(&append, "acme"), golden, "with its defaults written out");
	is_text(append_text(&append, NULL), golden, "the step's tenant is its own");
	append.key = CAIRN_STR("k");
	append.metadata = CAIRN_STR("[1]");
	is_text(append_text(&append, "acme"), golden, "neither key nor metadata are in it");
	child.tenant = CAIRN_STR("other");
	ok(strcmp(append_text(&append, "acme"), golden) != 0, "another tenant makes a difference");
}

static void order_makes_no_difference(void)
{
	static const char golden[] =
		"{\"steps\":[{\"dependencies\":[{\"mode\":\"ON_TERMINAL\",\"prerequisite\":"
		"\"gate\"}],\"key\":\"alpha\",\"kind\":\"JOB\",\"max_attempts\":null,\"payload\":"
		"{\"batch\":1},\"priority\":null,\"queue\":\"default\",\"stage\":\"queued\","
		"\"tenant\":null,\"timeout_us\":null,\"type\":\"t\"},{\"dependencies\":[{\"mode\":"
		"\"ON_TERMINAL\",\"prerequisite\":\"alpha\"},{\"mode\":\"ON_SUCCESS\","
		"\"prerequisite\":\"gate\"}],\"key\":\"beta\",\"kind\":\"JOB\",\"max_attempts\":"
		"null,\"payload\":{\"batch\":1},\"priority\":null,\"queue\":\"default\",\"stage\":"
		"\"queued\",\"tenant\":null,\"timeout_us\":null,\"type\":\"t\"}],\"window\":"
		"\"gate\"}";
	cairn_dependency on[] = {
		{ .prerequisite = CAIRN_STR("gate"), .mode = CAIRN_RELEASE_ON_SUCCESS },
		{ .prerequisite = CAIRN_STR("alpha") },
		{ .prerequisite = CAIRN_STR("gate") },
	};
	cairn_step_new steps[] = {
		{ .key = CAIRN_STR("beta"),
		  .type = CAIRN_STR("t"),
		  .payload = CAIRN_STR("{\"batch\":1.0}"),
		  .dependencies = on,
		  .dependency_count = 2 },
		{ .key = CAIRN_STR("alpha"),
		  .type = CAIRN_STR("t"),
		  .payload = CAIRN_STR("{\"batch\":10e-1}"),
		  .dependencies = on + 2,
		  .dependency_count = 1 },
	};
	cairn_append append = { .window = CAIRN_STR("gate"), .steps = steps, .n = 2 };
	is_text(append_text(&append, NULL), golden, "beta before alpha");
	cairn_step_new other[] = { steps[1], steps[0] };
	append.steps = other;
	is_text(append_text(&append, NULL), golden, "alpha before beta");
	cairn_dependency swapped[] = { on[1], on[0] };
	other[1].dependencies = swapped;
	is_text(append_text(&append, NULL), golden, "and alpha before the gate");
}

static void golden_run(void)
{
	static const char least[] =
		"{\"metadata\":{},\"steps\":[{\"dependencies\":[],\"key\":\"a\",\"kind\":\"JOB\","
		"\"max_attempts\":null,\"payload\":{},\"priority\":null,\"queue\":\"default\","
		"\"stage\":\"queued\",\"tenant\":null,\"timeout_us\":null,\"type\":\"t\"}]}";
	static const char most[] =
		"{\"active_key\":\"one\",\"metadata\":{\"a\":1,\"b\":2},\"on_failure\":"
		"\"FAIL_FAST\",\"result_step\":\"a\",\"steps\":[{\"continues\":true,"
		"\"dependencies\":[{\"mode\":\"ON_TERMINAL\",\"prerequisite\":\"g\"}],\"key\":"
		"\"a\",\"kind\":\"JOB\",\"max_attempts\":3,\"owner\":\"me\",\"payload\":null,"
		"\"priority\":-4,\"queue\":\"q\",\"resource_key\":\"r\",\"stage\":\"scheduled\","
		"\"tenant\":\"x\",\"timeout_us\":5,\"type\":\"t\"},{\"deadline_us\":7,"
		"\"dependencies\":[],\"key\":\"g\",\"kind\":\"EXTERNAL\",\"payload\":[1.5e+0],"
		"\"tenant\":\"acme\"}]}";
	cairn_dependency on = { .prerequisite = CAIRN_STR("g") };
	cairn_step_new a = { .key = CAIRN_STR("a"), .type = CAIRN_STR("t") };
	cairn_run_new run = { .type = CAIRN_STR("w"), .steps = &a, .step_count = 1 };
	is_text(run_text(&run), least, "the least run");
	run.on_failure = CAIRN_ON_FAILURE_CONTINUE;
	run.key = CAIRN_STR("k");
	is_text(run_text(&run), least, "neither type, key nor a default are in it");
	cairn_step_new steps[] = {
		{ .key = CAIRN_STR("g"),
		  .kind = CAIRN_STEP_EXTERNAL,
		  .payload = CAIRN_STR("[15e-1]"),
		  .deadline = 7 },
		{ .key = CAIRN_STR("a"),
		  .set = CAIRN_STEP_PRIORITY | CAIRN_STEP_CONTINUES,
		  .type = CAIRN_STR("t"),
		  .queue = CAIRN_STR("q"),
		  .tenant = CAIRN_STR("x"),
		  .payload = CAIRN_STR("null"),
		  .owner = CAIRN_STR("me"),
		  .resource_key = CAIRN_STR("r"),
		  .stage = CAIRN_STR("scheduled"),
		  .timeout = 5,
		  .max_attempts = 3,
		  .priority = -4,
		  .dependencies = &on,
		  .dependency_count = 1 },
	};
	run = (cairn_run_new){ .type = CAIRN_STR("w"),
			       .tenant = CAIRN_STR("acme"),
			       .active_key = CAIRN_STR("one"),
			       .metadata = CAIRN_STR("{\"b\":2,\"a\":1.0}"),
			       .result_step = CAIRN_STR("a"),
			       .on_failure = CAIRN_ON_FAILURE_FAIL_FAST,
			       .steps = steps,
			       .step_count = 2 };
	is_text(run_text(&run), most, "a run with everything");
}

int main(void)
{
	keeps_what_it_is_given();
	refuses_at_the_call();
	remembers();
	the_rest_is_found_at_the_end();
	begins_with_steps();
	the_order_of_the_run();
	the_order_of_a_step();
	gates_have_no_settings();
	edges();
	modes();
	limits();
	golden_append();
	order_makes_no_difference();
	golden_run();
	return tap_done();
}
