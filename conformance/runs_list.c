/*
 * runs_list.c - runs, steps and edges page by page: each once, in one order, and only those that were asked for.
 */
#include "ct_workflow.h"

enum { RUNS = 12 };

static cairn_run_filter filter_of(cairn_scope scope)
{
	return (cairn_run_filter){ .size = sizeof(cairn_run_filter), .scope = scope };
}

static const cairn_runs *list(cairn_conn *conn, const cairn_run_filter *filter)
{
	cairn_runs *runs = NULL;
	ct_ok(cairn_run_list(conn, filter, &runs, ct_err()));
	ct_later(runs);
	return runs;
}

/* The numbers of the runs that fit, as they are listed, page by page: "11 9 7". */
static const char *numbers(cairn_conn *conn, cairn_run_filter filter, const cairn_id *ids)
{
	const char *line = "";
	const cairn_runs *runs;
	do {
		runs = list(conn, &filter);
		ct_true(runs->count <= filter.limit);
		for (size_t i = 0; i < runs->count; i++) {
			unsigned number = 0;
			while (number < RUNS && cairn_id_compare(ids[number], runs->at[i].id) != 0)
				number++;
			line = ct_format("%s%s%u", line, *line ? " " : "", number);
			filter.after = runs->at[i].id;
		}
	} while (runs->count == filter.limit);
	return line;
}

/* Every third is a tenant's, every other one of type v; the first four are over, each in another way. */
static void fill(cairn_conn *conn, cairn_id *ids)
{
	ct_define(conn, "t");
	for (size_t i = 0; i < RUNS; i++) {
		cairn_run_new run = ct_dag(i == 4 ? "g*" : i == 6 ? "c d:c!" : "a b:a!");
		run.type = cairn_str_of(i % 2 > 0 ? "v" : "w");
		run.tenant = cairn_str_of(i % 3 == 0 ? "acme" : "");
		run.metadata = CAIRN_STR("{\"m\":1}");
		if (i == 6) {
			run.key = CAIRN_STR("k");
			run.result_step = CAIRN_STR("c");
		}
		ids[i] = ct_add_run(conn, &run);
		if (i == 0)
			ct_end_all(conn, ids[i]);
		else if (i == 1 || i == 3)
			ct_end(conn, ids[i], "a", CAIRN_STEP_CANCELED);
		else if (i == 2)
			ct_cancel_run(conn, ids[i]);
	}
}

static void newest_first(cairn_conn *conn, const cairn_id *ids, uint32_t limit)
{
	cairn_run_filter filter = filter_of(cairn_any());
	filter.limit = limit;
	ct_text(numbers(conn, filter, ids), "11 10 9 8 7 6 5 4 3 2 1 0");
	filter.scope = cairn_global();
	ct_text(numbers(conn, filter, ids), "11 10 8 7 5 4 2 1");
	filter.scope = cairn_tenant(CAIRN_STR("acme"));
	ct_text(numbers(conn, filter, ids), "9 6 3 0");
	filter.type = CAIRN_STR("v");
	ct_text(numbers(conn, filter, ids), "9 3");
	filter.scope = cairn_any();
	filter.statuses = 1u << CAIRN_RUN_RUNNING;
	ct_text(numbers(conn, filter, ids), "11 9 7 5");
	filter.type = (cairn_str){ NULL, 0 };
	filter.statuses |= 1u << CAIRN_RUN_SUCCEEDED | 1u << CAIRN_RUN_WAITING_FOR_EXTERNAL;
	ct_text(numbers(conn, filter, ids), "11 10 9 8 7 6 5 4 0");
	filter.statuses = 1u << CAIRN_RUN_CANCELED | 1u << CAIRN_RUN_COMPLETED_WITH_ERRORS;
	ct_text(numbers(conn, filter, ids), "3 2 1");
	filter.type = CAIRN_STR("none");
	ct_text(numbers(conn, filter, ids), "");
}

static void page_by_page(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[RUNS];
	fill(conn, ids);
	newest_first(conn, ids, 1);
	newest_first(conn, ids, 3);
	newest_first(conn, ids, 1000);
}

static void behind_what_is_gone(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[RUNS];
	size_t pruned = 0;
	fill(conn, ids);
	cairn_run_prune_filter old = { .size = sizeof(old), .scope = cairn_any() };
	ct_ok(cairn_run_prune(conn, &old, &pruned, ct_err()));
	ct_int(pruned, 4);
	cairn_run_filter filter = filter_of(cairn_any());
	filter.limit = 100;
	filter.after = ids[2];
	ct_text(numbers(conn, filter, ids), "");
	cairn_run_new run = ct_dag("g*");
	cairn_id newest = ct_add_run(conn, &run);
	filter.after = ids[5];
	ct_text(numbers(conn, filter, ids), "4");
	memset(&filter.after, 0, sizeof filter.after);
	filter.limit = 1;
	ct_id(list(conn, &filter)->at[0].id, newest);
}

static void compact(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[RUNS];
	fill(conn, ids);
	ct_give(conn, ids[6], "c", "[1]");
	ct_end_all(conn, ids[6]);
	cairn_run_filter filter = filter_of(cairn_any());
	filter.type = CAIRN_STR("w");
	filter.key = CAIRN_STR("k");
	const cairn_runs *runs = list(conn, &filter);
	ct_int(runs->count, 1);
	ct_id(runs->at[0].id, ids[6]);
	ct_str(runs->at[0].metadata, "{\"m\":1}");
	ct_str(runs->at[0].result, "[1]");
	ct_true(runs->at[0].request.len > 0);
	filter.compact = 1;
	runs = list(conn, &filter);
	ct_int(runs->count, 1);
	ct_id(runs->at[0].id, ids[6]);
	ct_str(runs->at[0].metadata, NULL);
	ct_str(runs->at[0].result, NULL);
	ct_str(runs->at[0].request, NULL);
	ct_str(runs->at[0].key, "k");
	ct_str(runs->at[0].result_step, "c");
	ct_int(runs->at[0].counts.succeeded, 2);
	cairn_step_filter steps = {
		.size = sizeof(steps), .scope = cairn_any(), .run = ids[6], .compact = 1
	};
	cairn_steps *got = NULL;
	ct_ok(cairn_run_steps(conn, &steps, &got, ct_err()));
	ct_int(got->count, 2);
	ct_str(got->at[0].key, "c");
	ct_str(got->at[0].payload, NULL);
	ct_str(got->at[0].output, NULL);
	ct_later(got);
}

/* ---- steps and edges ------------------------------------------------------------------ */

static const char *keys(cairn_conn *conn, cairn_step_filter filter)
{
	const char *line = "";
	size_t count;
	do {
		cairn_steps *steps = NULL;
		ct_ok(cairn_run_steps(conn, &filter, &steps, ct_err()));
		ct_later(steps);
		count = steps->count;
		for (size_t i = 0; i < count; i++) {
			line = ct_format("%s%s%.*s", line, *line ? " " : "",
					 (int)steps->at[i].key.len, steps->at[i].key.ptr);
			filter.after = steps->at[i].id;
		}
	} while (count == filter.limit);
	return line;
}

static void steps_page_by_page(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "z y x:z,y w*:x v* u:v! t");
	ct_flow(conn, "other z");
	ct_claim_step(conn, id, "y");
	ct_end(conn, id, "t", CAIRN_STEP_FAILED);
	cairn_append append = ct_append(id, "k", "v", "b a:b");
	ct_send_append(conn, &append, CAIRN_INSERTED);
	for (uint32_t limit = 1; limit < 12; limit += 2) {
		cairn_step_filter filter = {
			.size = sizeof(filter), .scope = cairn_any(), .run = id, .limit = limit
		};
		ct_text(keys(conn, filter), "z y x w v u t b a");
		filter.statuses = 1u << CAIRN_STEP_BLOCKED;
		ct_text(keys(conn, filter), "x w u a");
		filter.statuses = 1u << CAIRN_STEP_ENQUEUED;
		ct_text(keys(conn, filter), "z b");
		filter.statuses = 1u << CAIRN_STEP_RUNNING;
		ct_text(keys(conn, filter), "y");
		filter.statuses |= 1u << CAIRN_STEP_FAILED | 1u << CAIRN_STEP_ENQUEUED |
				   1u << CAIRN_STEP_WAITING_FOR_EXTERNAL;
		ct_text(keys(conn, filter), "z y v t b");
		filter.key = CAIRN_STR("y");
		ct_text(keys(conn, filter), "y");
		filter.key = CAIRN_STR("x");
		ct_text(keys(conn, filter), "");
		filter.key = CAIRN_STR("other");
		ct_text(keys(conn, filter), "");
	}
}

static const char *ends(cairn_conn *conn, cairn_id run, uint32_t limit)
{
	cairn_edge_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = run, .limit = limit
	};
	const char *line = "";
	size_t count;
	do {
		cairn_run_edges_result *edges = NULL;
		ct_ok(cairn_run_edges(conn, &filter, &edges, ct_err()));
		ct_later(edges);
		count = edges->count;
		for (size_t i = 0; i < count; i++) {
			const cairn_run_edge *edge = &edges->at[i];
			ct_id(edge->dependent, ct_step_id(conn, run, edge->dependent_key.ptr));
			line = ct_format("%s%s%s>%s", line, *line ? " " : "",
					 edge->prerequisite_key.ptr, edge->dependent_key.ptr);
			filter.after_dependent = edge->dependent;
			filter.after_prerequisite = edge->prerequisite;
		}
	} while (count == limit);
	return line;
}

static void edges_page_by_page(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "a b d:c,b,a c:a e:d,a");
	ct_flow(conn, "x y:x");
	for (uint32_t limit = 1; limit < 10; limit++)
		ct_text(ends(conn, id, limit), "a>d b>d c>d a>c a>e d>e");
}

/* ---- what is refused, and what it costs ---------------------------------------------------- */

static void list_refused(cairn_conn *conn, const cairn_run_filter *filter, const char *code)
{
	cairn_runs *runs = NULL;
	ct_status(cairn_run_list(conn, filter, &runs, ct_err()), CAIRN_INVALID, code);
	cairn_free(runs);
}

static void refused(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "a");
	cairn_run_filter filter = filter_of(cairn_any());
	cairn_step_filter steps = { .size = sizeof(steps), .scope = cairn_any(), .run = id };
	cairn_steps *got = NULL;
	filter.limit = 1001;
	list_refused(conn, &filter, NULL);
	filter.limit = 0;
	filter.statuses = 1;
	list_refused(conn, &filter, "arg.reserved");
	filter.statuses = 0;
	filter.key = CAIRN_STR("k");
	list_refused(conn, &filter, NULL);
	filter.size = 4;
	list_refused(conn, &filter, "arg.invalid");
	steps.statuses = 1u << 20;
	ct_status(cairn_run_steps(conn, &steps, &got, ct_err()), CAIRN_INVALID, "arg.reserved");
	steps.statuses = 0;
	steps.limit = 1001;
	ct_status(cairn_run_steps(conn, &steps, &got, ct_err()), CAIRN_INVALID, NULL);
	cairn_free(got);
}

static void one_round_trip(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "a b:a c:b");
	cairn_id last = ct_step_id(conn, id, "c");
	cairn_runs *runs = NULL;
	cairn_steps *steps = NULL;
	cairn_run_filter filter = filter_of(cairn_any());
	ct_budget(conn);
	ct_ok(cairn_run_get(conn, cairn_any(), id, &runs, ct_err()));
	ct_spent(conn, 1, "runs read", 1);
	ct_ok(cairn_run_list(conn, &filter, &runs, ct_err()));
	ct_spent(conn, 1, "runs listed", 1);
	ct_run_steps(conn, id);
	ct_spent(conn, 1, "steps listed", 3);
	ct_edges(conn, id);
	ct_spent(conn, 1, "edges listed", 2);
	ct_ok(cairn_step_inputs(conn, cairn_any(), last, &steps, ct_err()));
	ct_spent(conn, 1, "inputs read", 1);
	ct_later(steps);
	ct_later(runs);
}

#define VERB .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.list.page_by_page",
	  VERB,
	  .rule = "Runs are listed newest first, each once, whatever the page, and only those of "
		  "the scope, type and statuses asked for.",
	  .covers = "runledger A04",
	  .run = page_by_page },
	{ .name = "runs.list.behind_what_is_gone",
	  VERB,
	  .rule = "A cursor stays good when its run is deleted.",
	  .covers = "runledger A04",
	  .run = behind_what_is_gone },
	{ .name = "runs.list.compact_rows",
	  VERB,
	  .rule = "Compact rows are the same without their documents.",
	  .covers = "runledger A04",
	  .run = compact },
	{ .name = "runs.list.steps_page_by_page",
	  VERB,
	  .rule = "Steps are listed in the order in which they were given, each once, by the "
		  "statuses that they are read with.",
	  .covers = "runledger A05",
	  .run = steps_page_by_page },
	{ .name = "runs.list.edges_page_by_page",
	  VERB,
	  .rule = "Edges are listed by what waits and what it waits for, each once.",
	  .covers = "runledger A05",
	  .run = edges_page_by_page },
	{ .name = "runs.list.refuses_bad_filters",
	  VERB,
	  .rule = "Limits, bits and keys that make no sense are refused.",
	  .covers = "runledger A04",
	  .run = refused },
	{ .name = "runs.list.one_round_trip",
	  .kind = CT_BUDGET,
	  .store = CT_WORKFLOWS,
	  .rule = "Every read of a run is one round trip.",
	  .covers = "runledger A05",
	  .run = one_round_trip },
};

CT_GROUP(runs_list, cases);
