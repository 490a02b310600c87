/* run_lists.c - runs, steps and edges page by page, and what lists leave out. */
#include "ct_graph_model.h"

static cairn_run_filter runs_of(cairn_scope scope)
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

static bool there(const cairn_runs *runs, cairn_id id)
{
	for (size_t i = 0; i < runs->count; i++) {
		if (cairn_id_compare(runs->at[i].id, id) == 0)
			return true;
	}
	return false;
}

/* ---- runs ------------------------------------------------------------------------- */

static void newest_first(cairn_conn *conn, const cairn_id *ids, size_t n)
{
	for (uint32_t limit = 1; limit <= 4; limit++) {
		cairn_run_filter filter = runs_of(cairn_any());
		size_t seen = 0;
		filter.limit = limit;
		for (;;) {
			const cairn_runs *page = list(conn, &filter);
			if (page->count == 0)
				break;
			ct_true(page->count <= limit);
			for (size_t i = 0; i < page->count; i++) {
				ct_true(seen < n);
				ct_id(page->at[i].id, ids[n - 1 - seen]);
				seen++;
			}
			filter.after = page->at[page->count - 1].id;
		}
		ct_int(seen, n);
	}
}

static void runs_by_id(void)
{
	enum { MANY = 9 };
	cairn_conn *conn = ct_open();
	cairn_id ids[MANY];
	cairn_run_new dags[4];
	cairn_run_added each[4];
	/* all of one time, some of one call */
	for (size_t i = 0; i < 5; i++)
		ids[i] = ct_flow(conn, "a");
	for (size_t i = 0; i < 4; i++)
		dags[i] = ct_dag("a");
	ct_ok(cairn_run_enqueue(conn, dags, 4, each, ct_err()));
	for (size_t i = 0; i < 4; i++)
		ids[5 + i] = each[i].id;
	newest_first(conn, ids, MANY);
}

static void cursor_of_a_run_that_is_gone(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[3];
	for (size_t i = 0; i < 3; i++)
		ids[i] = ct_flow(conn, ct_format("s%u", (unsigned)i));
	cairn_run_prune_filter prune = { .size = sizeof(prune), .scope = cairn_any() };
	size_t pruned = 0;
	ct_cancel_run(conn, ids[1]);
	ct_ok(cairn_run_prune(conn, &prune, &pruned, ct_err()));
	ct_int(pruned, 1);
	cairn_run_filter filter = runs_of(cairn_any());
	filter.after = ids[1];
	const cairn_runs *runs = list(conn, &filter);
	ct_int(runs->count, 1);
	ct_id(runs->at[0].id, ids[0]);
}

static void runs_by_filter(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag_keyed("a", "k");
	ct_define(conn, "t");
	cairn_id global = ct_add_run(conn, &dag);
	dag.tenant = CAIRN_STR("mine");
	cairn_id mine = ct_add_run(conn, &dag);
	dag.type = CAIRN_STR("other");
	cairn_id other = ct_add_run(conn, &dag);
	ct_cancel_run(conn, mine);
	cairn_run_filter filter = runs_of(cairn_tenant(CAIRN_STR("mine")));
	const cairn_runs *runs = list(conn, &filter);
	ct_int(runs->count, 2);
	ct_true(!there(runs, global));
	filter.statuses = 1u << CAIRN_RUN_CANCELED;
	runs = list(conn, &filter);
	ct_int(runs->count, 1);
	ct_id(runs->at[0].id, mine);
	filter = runs_of(cairn_any());
	filter.type = CAIRN_STR("w");
	filter.key = CAIRN_STR("k");
	runs = list(conn, &filter);
	ct_int(runs->count, 2);
	ct_true(there(runs, global) && there(runs, mine));
	filter.scope = cairn_global();
	runs = list(conn, &filter);
	ct_int(runs->count, 1);
	ct_id(runs->at[0].id, global);
	filter = runs_of(cairn_any());
	filter.type = CAIRN_STR("other");
	runs = list(conn, &filter);
	ct_int(runs->count, 1);
	ct_id(runs->at[0].id, other);
	filter.limit = 1001;
	ct_status(cairn_run_list(conn, &filter, &(cairn_runs *){ NULL }, ct_err()), CAIRN_INVALID,
		  NULL);
}

static void compact_lists(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag_keyed("a", "k");
	dag.metadata = CAIRN_STR("[1]");
	dag.result_step = CAIRN_STR("a");
	ct_define(conn, "t");
	cairn_id run = ct_add_run(conn, &dag);
	ct_give(conn, run, "a", "[2]");
	cairn_run_filter filter = runs_of(cairn_any());
	const cairn_runs *runs = list(conn, &filter);
	ct_str(runs->at[0].metadata, "[1]");
	ct_str(runs->at[0].result, "[2]");
	ct_true(runs->at[0].request.len > 0);
	filter.compact = 1;
	runs = list(conn, &filter);
	ct_str(runs->at[0].metadata, NULL);
	ct_str(runs->at[0].result, NULL);
	ct_str(runs->at[0].request, NULL);
	ct_str(runs->at[0].key, "k");
	ct_int(runs->at[0].counts.succeeded, 1);
}

/* ---- steps, edges -------------------------------------------------------------------- */

static cairn_step_filter steps_of(cairn_id run)
{
	return (cairn_step_filter){ .size = sizeof(cairn_step_filter),
				    .scope = cairn_any(),
				    .run = run };
}

static const cairn_steps *steps(cairn_conn *conn, const cairn_step_filter *filter)
{
	cairn_steps *rows = NULL;
	ct_ok(cairn_run_steps(conn, filter, &rows, ct_err()));
	ct_later(rows);
	return rows;
}

static void steps_in_pages(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "z y x w:z v u*:x t s r:s q p");
	const cairn_steps *all = ct_run_steps(conn, run);
	ct_int(all->count, 11);
	for (uint32_t limit = 1; limit <= 4; limit++) {
		cairn_step_filter filter = steps_of(run);
		size_t seen = 0;
		filter.limit = limit;
		for (;;) {
			const cairn_steps *page = steps(conn, &filter);
			if (page->count == 0)
				break;
			ct_true(page->count <= limit);
			for (size_t i = 0; i < page->count; i++) {
				ct_id(page->at[i].id, all->at[seen].id);
				ct_same(page->at[i].key, all->at[seen++].key);
			}
			filter.after = page->at[page->count - 1].id;
		}
		ct_int(seen, all->count);
	}
	ct_str(all->at[0].key, "z");
	ct_str(all->at[10].key, "p");
}

static void steps_by_status(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a b c d e:d! f* g:f h:e!");
	ct_claim_step(conn, run, "a");
	ct_give(conn, run, "b", "[1]");
	ct_end(conn, run, "d", CAIRN_STEP_FAILED);
	static const struct {
		enum cairn_step_status status;
		const char *keys;
	} want[] = {
		{ CAIRN_STEP_BLOCKED, "g" },	{ CAIRN_STEP_WAITING_FOR_EXTERNAL, "f" },
		{ CAIRN_STEP_ENQUEUED, "c" },	{ CAIRN_STEP_RUNNING, "a" },
		{ CAIRN_STEP_SUCCEEDED, "b" },	{ CAIRN_STEP_FAILED, "d" },
		{ CAIRN_STEP_CANCELED, "e h" },
	};
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		cairn_step_filter filter = steps_of(run);
		const char *keys = "";
		filter.statuses = 1u << want[i].status;
		filter.compact = i % 2;
		const cairn_steps *rows = steps(conn, &filter);
		for (size_t k = 0; k < rows->count; k++) {
			keys = ct_format("%s%s%.*s", keys, k ? " " : "", (int)rows->at[k].key.len,
					 rows->at[k].key.ptr);
			ct_str(rows->at[k].payload, filter.compact ? NULL : "{}");
		}
		ct_text(keys, want[i].keys);
	}
	cairn_step_filter filter = steps_of(run);
	filter.compact = 1;
	filter.key = CAIRN_STR("b");
	ct_str(steps(conn, &filter)->at[0].output, NULL);
	filter.compact = 0;
	ct_str(steps(conn, &filter)->at[0].output, "[1]");
	filter.statuses = 1u << CAIRN_STEP_ENQUEUED;
	ct_int(steps(conn, &filter)->count, 0);
}

static void edges_in_pages(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a b c:a,b! d:c!,a,b e:d f:e,a!");
	cairn_edge_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .run = run };
	cairn_run_edges_result *all = NULL;
	ct_ok(cairn_run_edges(conn, &filter, &all, ct_err()));
	ct_later(all);
	ct_int(all->count, 8);
	for (uint32_t limit = 1; limit <= 3; limit++) {
		cairn_run_edges_result *page = NULL;
		size_t seen = 0;
		filter = (cairn_edge_filter){
			.size = sizeof(filter), .scope = cairn_any(), .run = run, .limit = limit
		};
		do {
			ct_ok(cairn_run_edges(conn, &filter, &page, ct_err()));
			for (size_t i = 0; i < page->count; i++) {
				ct_id(page->at[i].dependent, all->at[seen].dependent);
				ct_id(page->at[i].prerequisite, all->at[seen].prerequisite);
				ct_int(page->at[i].mode, all->at[seen++].mode);
				filter.after_dependent = page->at[i].dependent;
				filter.after_prerequisite = page->at[i].prerequisite;
			}
		} while (page->count > 0);
		ct_later(page);
		ct_int(seen, all->count);
	}
}

/* ---- codes ----------------------------------------------------------------------------- */

static void codes_have_their_status(void)
{
	static const struct {
		cairn_code code;
		const char *text;
		cairn_status status;
	} codes[] = {
		{ CAIRN_E_DAG_KEY_BLANK, "workflow.invalid_dag_idempotency_key_blank",
		  CAIRN_INVALID },
		{ CAIRN_E_DAG_TYPE_BLANK, "workflow.invalid_dag_workflow_type_blank",
		  CAIRN_INVALID },
		{ CAIRN_E_DAG_EMPTY, "workflow.invalid_dag_empty", CAIRN_INVALID },
		{ CAIRN_E_DAG_STEP_KEY_BLANK, "workflow.invalid_dag_step_key_blank",
		  CAIRN_INVALID },
		{ CAIRN_E_DAG_JOB_TYPE_BLANK, "workflow.invalid_dag_job_type_blank",
		  CAIRN_INVALID },
		{ CAIRN_E_DAG_ATTEMPTS, "workflow.invalid_dag_step_max_attempts_non_positive",
		  CAIRN_INVALID },
		{ CAIRN_E_DAG_TIMEOUT, "workflow.invalid_dag_step_timeout_seconds_non_positive",
		  CAIRN_INVALID },
		{ CAIRN_E_DAG_GATE_TYPE, "workflow.invalid_dag_external_step_job_type_not_allowed",
		  CAIRN_INVALID },
		{ CAIRN_E_DAG_GATE_SETTINGS,
		  "workflow.invalid_dag_external_step_queue_settings_not_allowed", CAIRN_INVALID },
		{ CAIRN_E_DAG_STEP_TWICE, "workflow.invalid_dag_duplicate_step_key",
		  CAIRN_INVALID },
		{ CAIRN_E_DAG_DEPENDENCY_BLANK, "workflow.invalid_dag_dependency_step_key_blank",
		  CAIRN_INVALID },
		{ CAIRN_E_DAG_SELF, "workflow.invalid_dag_self_dependency", CAIRN_INVALID },
		{ CAIRN_E_DAG_DEPENDENCY_TWICE, "workflow.invalid_dag_duplicate_dependency",
		  CAIRN_INVALID },
		{ CAIRN_E_DAG_MISSING, "workflow.invalid_dag_missing_dependency", CAIRN_INVALID },
		{ CAIRN_E_DAG_CYCLE, "workflow.invalid_dag_cycle", CAIRN_INVALID },
		{ CAIRN_E_RUN_DEFINITION, "workflow.definition_not_found_or_disabled",
		  CAIRN_INVALID },
		{ CAIRN_E_RUN_CONFLICT, "workflow.enqueue_conflicting_retry", CAIRN_CONFLICT },
		{ CAIRN_E_RUN_NOT_FOUND, "workflow.run_not_found", CAIRN_NOT_FOUND },
		{ CAIRN_E_GATE_DEADLINE, "workflow.gate_deadline", CAIRN_TIMEOUT },
		{ CAIRN_E_GATE_NOT_WAITING, "workflow.external_step_not_waiting", CAIRN_STALE },
		{ CAIRN_E_GATE_OUTPUT_CONFLICT, "workflow.external_step_conflicting_output_retry",
		  CAIRN_CONFLICT },
		{ CAIRN_E_RUN_UNSATISFIED, "workflow.dependency_unsatisfied", CAIRN_STALE },
		{ CAIRN_E_RUN_FAIL_FAST, "workflow.fail_fast", CAIRN_STALE },
		{ CAIRN_E_STEP_NO_CONTINUE, "job.workflow_handler_continuation_not_enabled",
		  CAIRN_INVALID },
		{ CAIRN_E_STEP_NO_REQUEUE, "job.workflow_requeue_not_supported", CAIRN_INVALID },
		{ CAIRN_E_STEP_NO_REPLAY, "job.workflow_replay_not_supported", CAIRN_INVALID },
	};
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		ct_text(cairn_code_text(codes[i].code), codes[i].text);
		ct_int(cairn_code_status(codes[i].code), codes[i].status);
		ct_true(strlen(cairn_code_message(codes[i].code)) > 0);
	}
	/* which step it is about, the message says */
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("a b c:b,b");
	ct_run_refused(conn, &dag, "workflow.invalid_dag_duplicate_dependency");
	ct_true(strstr(ct_last()->message, "2") != NULL);
}

#define LISTS .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.lists.newest_first_by_id",
	  LISTS,
	  .rule = "Runs are listed by id, newest first, those of one time and of one call too; "
		  "pages of "
		  "any size are the whole list.",
	  .covers = "runledger A04",
	  .run = runs_by_id },
	{ .name = "runs.lists.a_cursor_outlives_its_run",
	  LISTS,
	  .rule = "A page is continued behind a run that is gone.",
	  .covers = "runledger A04",
	  .run = cursor_of_a_run_that_is_gone },
	{ .name = "runs.lists.by_filter",
	  LISTS,
	  .rule = "A list of runs is of a scope, type, key and statuses.",
	  .covers = "runledger A04",
	  .run = runs_by_filter },
	{ .name = "runs.lists.compact",
	  LISTS,
	  .rule = "A compact list leaves out metadata, result and request, and nothing else.",
	  .run = compact_lists },
	{ .name = "runs.lists.pages_of_steps",
	  LISTS,
	  .rule = "Pages of steps of any size cover each step once, in the order in which they "
		  "were "
		  "given.",
	  .covers = "runledger A05",
	  .run = steps_in_pages },
	{ .name = "runs.lists.steps_by_status",
	  LISTS,
	  .rule = "Steps are listed by the status that they show, ENQUEUED and RUNNING apart.",
	  .covers = "runledger A05, K10",
	  .run = steps_by_status },
	{ .name = "runs.lists.pages_of_edges",
	  LISTS,
	  .rule = "Pages of edges of any size cover each edge once.",
	  .covers = "runledger Z12",
	  .run = edges_in_pages },
	{ .name = "runs.lists.codes_have_their_status",
	  LISTS,
	  .rule = "Each code of graphs, runs and steps has its text, status and message; a refusal "
		  "says "
		  "which step it is about.",
	  .covers = "runledger ER07",
	  .run = codes_have_their_status },
};

CT_GROUP(run_lists, cases);
