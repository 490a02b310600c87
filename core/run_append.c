/*
 * run_append.c - steps that are added to a run while a gate of it is open: under the run's lock its state is
 * read, the rest is planned here, and written.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "hold.h"
#include "limits.h"
#include "run_plan.h"
#include "run_read.h"
#include "run_request.h"
#include "run_step.h"

struct work {
	cairn_conn *conn;
	const cairn_append *given;
	struct cairn__graph graph;
	cairn_text text; /* the canonical request */
	uint8_t hash[32];
	cairn_str
		*keys; /* asked for: the window's, those of the new steps, prerequisites outside */
	size_t key_room;
	size_t key_count;
	cairn_run_looked looked;
	cairn_rows rows;	    /* the steps that there are of those */
	const cairn_step **found;   /* they, by key */
	const cairn_step **outside; /* per dependency */
	size_t *marked;		    /* per found step: 1 + the last step that waits for it */
	cairn_append_plan plan;
	cairn_step_insert *steps;
	cairn_edge_insert *edges;
};

/* ---- before any I/O -------------------------------------------------------------- */

static cairn_status check(struct work *work, cairn_error *err)
{
	const cairn_append *given = work->given;
	if (given == NULL || given->size < sizeof *given)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (cairn__is_blank(given->key))
		return cairn_fail(err, CAIRN_E_APPEND_KEY_BLANK);
	cairn_status st = cairn__check_key(given->key, "key", err);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&given->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_name(given->window, "window", err);
	if (st == CAIRN_OK && given->metadata.len > 0)
		st = cairn_json_check(given->metadata, work->graph.max_json, err);
	if (st == CAIRN_OK && cairn_id_is_none(given->run))
		st = cairn_fail(err, CAIRN_E_RUN_NOT_FOUND);
	if (st == CAIRN_OK)
		st = cairn__graph_look(&work->graph, given->steps, given->n, err);
	if (st == CAIRN_OK)
		st = cairn__check_permits(work->conn, &work->graph, err);
	return st;
}

static int by_text(const void *a, const void *b)
{
	const cairn_str *x = a;
	const cairn_str *y = b;
	return cairn_str_compare(*x, *y);
}

/* Each key once. */
static cairn_status collect_keys(struct work *work, cairn_error *err)
{
	const struct cairn__graph *graph = &work->graph;
	size_t n = 0;
	work->key_room = 1 + graph->n + graph->edges;
	work->keys = cairn__scratch(work->conn, work->key_room, sizeof *work->keys, err);
	if (work->keys == NULL)
		return CAIRN_NOMEM;
	work->keys[n++] = work->given->window;
	for (size_t i = 0; i < graph->n; i++) {
		const cairn_step_new *step = &graph->steps[i];
		work->keys[n++] = step->key;
		for (size_t k = 0; k < step->dependency_count; k++) {
			if (graph->ends[graph->first[i] + k] == CAIRN__OUTSIDE)
				work->keys[n++] = step->dependencies[k].prerequisite;
		}
	}
	qsort(work->keys, n, sizeof *work->keys, by_text);
	for (size_t i = 0; i < n; i++) {
		if (work->key_count == 0 ||
		    !cairn_str_equal(work->keys[work->key_count - 1], work->keys[i]))
			work->keys[work->key_count++] = work->keys[i];
	}
	return CAIRN_OK;
}

/* ---- what stands there --------------------------------------------------------------- */

static cairn_status look(struct work *work, cairn_error *err)
{
	cairn_conn *conn = work->conn;
	cairn_run_look query = { .scope = work->given->scope,
				 .run = work->given->run,
				 .keys = work->keys,
				 .key_count = work->key_count,
				 .append_key = work->given->key };
	cairn_status st = conn->workflows.look(conn->self, &query, &work->looked, &work->rows, err);
	st = cairn__rows_whole(&work->rows, st, err);
	if (st == CAIRN_OK && work->looked.status == 0)
		st = cairn_fail(err, CAIRN_E_RUN_NOT_FOUND);
	return st;
}

static int by_key(const void *a, const void *b)
{
	const cairn_step *const *x = a;
	const cairn_step *const *y = b;
	return cairn_str_compare((*x)->key, (*y)->key);
}

static cairn_status order_found(struct work *work, cairn_error *err)
{
	work->found = cairn__scratch(work->conn, work->key_room, sizeof *work->found, err);
	if (work->found == NULL)
		return CAIRN_NOMEM;
	for (size_t i = 0; i < work->rows.count; i++)
		work->found[i] = cairn_rows_at(&work->rows, i);
	qsort(work->found, work->rows.count, sizeof *work->found, by_key);
	return CAIRN_OK;
}

/* Where it stands among those found; CAIRN__OUTSIDE if the run has no such step. */
static size_t find(const struct work *work, cairn_str key)
{
	cairn_step wanted = { .key = key };
	const cairn_step *asked = &wanted;
	const cairn_step **at =
		bsearch(&asked, work->found, work->rows.count, sizeof *work->found, by_key);
	return at != NULL ? (size_t)(at - work->found) : CAIRN__OUTSIDE;
}

static cairn_code judge_window(const struct work *work)
{
	size_t at = find(work, work->given->window);
	if (at == CAIRN__OUTSIDE)
		return CAIRN_E_APPEND_WINDOW_MISSING;
	if (work->found[at]->kind != CAIRN_STEP_EXTERNAL)
		return CAIRN_E_APPEND_WINDOW_JOB;
	if (work->found[at]->status != CAIRN_STEP_WAITING_FOR_EXTERNAL)
		return CAIRN_E_APPEND_WINDOW_SHUT;
	return CAIRN__RUNS_OVER & 1u << (unsigned)work->looked.status ? CAIRN_E_APPEND_TERMINAL
								      : CAIRN_E_NONE;
}

static cairn_code judge_edge(struct work *work, size_t i, size_t at, cairn_str prerequisite)
{
	if (work->graph.ends[at] != CAIRN__OUTSIDE)
		return CAIRN_E_NONE;
	size_t found = find(work, prerequisite);
	if (found == CAIRN__OUTSIDE)
		return CAIRN_E_DAG_MISSING;
	if (work->marked[found] == i + 1)
		return CAIRN_E_DAG_DEPENDENCY_TWICE;
	work->marked[found] = i + 1;
	work->outside[at] = work->found[found];
	return CAIRN_E_NONE;
}

/* The new steps against those that the run has. */
static cairn_status join(struct work *work, cairn_error *err)
{
	const struct cairn__graph *graph = &work->graph;
	for (size_t i = 0; i < graph->n; i++) {
		const cairn_step_new *step = &graph->steps[i];
		if (find(work, step->key) != CAIRN__OUTSIDE)
			return cairn__refuse_step(CAIRN_E_DAG_STEP_TWICE, i, err);
		for (size_t k = 0; k < step->dependency_count; k++) {
			cairn_code code = judge_edge(work, i, graph->first[i] + k,
						     step->dependencies[k].prerequisite);
			if (code != CAIRN_E_NONE)
				return cairn__refuse_step(code, i, err);
		}
	}
	const cairn_run_counts *has = &work->looked.counts;
	int32_t steps = has->blocked + has->waiting + has->enqueued + has->succeeded + has->failed +
			has->canceled;
	if ((size_t)steps + graph->n <= graph->max_steps &&
	    (size_t)work->looked.edges + graph->edges <= graph->max_edges)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
	cairn_error_message(err, "A run may have at most %zu steps and %zu edges.",
			    graph->max_steps, graph->max_edges);
	return CAIRN_TOO_LARGE;
}

/* ---- writing ---------------------------------------------------------------------------- */

static cairn_status reserve(struct work *work, cairn_error *err)
{
	const struct cairn__graph *graph = &work->graph;
	cairn_conn *conn = work->conn;
	work->steps = cairn__scratch(conn, graph->n, sizeof *work->steps, err);
	if (work->steps != NULL)
		work->edges = cairn__scratch(conn, graph->edges + 1, sizeof *work->edges, err);
	if (work->edges != NULL)
		work->outside = cairn__scratch(conn, graph->edges + 1, sizeof *work->outside, err);
	if (work->outside != NULL)
		work->marked = cairn__scratch(conn, work->key_room, sizeof *work->marked, err);
	return work->marked != NULL ? CAIRN_OK : CAIRN_NOMEM;
}

static cairn_status write(struct work *work, cairn_error *err)
{
	cairn_conn *conn = work->conn;
	size_t missing = work->graph.n;
	struct cairn__appendix appendix = { .conn = conn,
					    .graph = &work->graph,
					    .looked = &work->looked,
					    .outside = work->outside,
					    .steps = work->steps,
					    .edges = work->edges,
					    .plan = &work->plan };
	cairn_append_plan *plan = &work->plan;
	plan->run = work->given->run;
	plan->key = work->given->key;
	plan->metadata = work->given->metadata.len > 0 ? work->given->metadata : CAIRN_STR("{}");
	plan->request = (cairn_str){ work->text.ptr, work->text.len };
	memcpy(plan->request_hash, work->hash, sizeof plan->request_hash);
	plan->steps = work->steps;
	plan->n = work->graph.n;
	plan->edges = work->edges;
	plan->edge_count = work->graph.edges;
	plan->record = conn->host.events == CAIRN_EVENTS_FULL;
	cairn_status st = cairn__appendix_plan(&appendix, err);
	if (st == CAIRN_OK)
		st = conn->workflows.append(conn->self, plan, &missing, err);
	if (st == CAIRN_OK && missing < work->graph.n)
		st = cairn__refuse_step(CAIRN_E_RUN_DEFINITION, missing, err);
	return st;
}

static cairn_status append(struct work *work, cairn_error *err)
{
	cairn_code code = judge_window(work);
	if (code != CAIRN_E_NONE)
		return cairn_fail(err, code);
	cairn_status st = reserve(work, err);
	if (st == CAIRN_OK)
		st = join(work, err);
	return st == CAIRN_OK ? write(work, err) : st;
}

/* ---- the answer --------------------------------------------------------------------------- */

/* The steps of the request, as they are now. */
static cairn_status tell(struct work *work, cairn_rows *rows, cairn_error *err)
{
	cairn_conn *conn = work->conn;
	const struct cairn__graph *graph = &work->graph;
	int found = 0;
	for (size_t i = 0; i < graph->n; i++)
		work->keys[i] = graph->by_key[i]->key;
	cairn_step_query query = { .scope = work->given->scope,
				   .run = work->given->run,
				   .keys = work->keys,
				   .key_count = graph->n,
				   .statuses = CAIRN__ALL_STEPS,
				   .limit = (uint32_t)graph->n };
	return conn->workflows.steps(conn->self, &query, &found, rows, err);
}

/* In one transaction; err is never NULL. *disposition tells which way it went. */
static cairn_status apply(struct work *work, cairn_rows *rows, enum cairn_disposition *disposition,
			  bool *wrote, cairn_error *err)
{
	cairn_status st = look(work, err);
	if (st == CAIRN_OK)
		st = order_found(work, err);
	if (st == CAIRN_OK)
		st = cairn__append_request(work->given, work->looked.tenant, &work->graph,
					   &work->text, err);
	if (st != CAIRN_OK)
		return st;
	cairn_sha256(work->text.ptr, work->text.len, work->hash);
	*disposition = work->looked.appended ? CAIRN_EXISTING : CAIRN_INSERTED;
	if (!work->looked.appended) {
		st = append(work, err);
		*wrote = st == CAIRN_OK;
	} else if (memcmp(work->looked.append_hash, work->hash, sizeof work->hash) != 0) {
		st = cairn_fail(err, CAIRN_E_APPEND_CONFLICT);
	}
	return st == CAIRN_OK ? tell(work, rows, err) : st;
}

static cairn_status run(struct work *work, cairn_rows *rows, enum cairn_disposition *disposition,
			cairn_error *err)
{
	struct cairn__hold hold;
	bool wrote = false;
	cairn_status st = cairn__hold(work->conn, &hold, err);
	if (st != CAIRN_OK)
		return st;
	st = apply(work, rows, disposition, &wrote, err);
	if (st == CAIRN_OK && rows->failed)
		st = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn__release(&hold, st, wrote, err);
}

static void work_end(struct work *work)
{
	cairn_conn *conn = work->conn;
	const struct cairn__graph *graph = &work->graph;
	cairn__scratch_free(conn, work->marked, work->key_room, sizeof *work->marked);
	cairn__scratch_free(conn, work->outside, graph->edges + 1, sizeof *work->outside);
	cairn__scratch_free(conn, work->edges, graph->edges + 1, sizeof *work->edges);
	cairn__scratch_free(conn, work->steps, graph->n, sizeof *work->steps);
	cairn__scratch_free(conn, work->found, work->key_room, sizeof *work->found);
	cairn__scratch_free(conn, work->keys, work->key_room, sizeof *work->keys);
	cairn_text_clear(&work->text);
	cairn__rows_drop(&work->rows);
	cairn__graph_end(&work->graph);
}

static cairn_status append_steps(cairn_conn *conn, const cairn_append *given,
				 cairn_appended **result, cairn_error *err)
{
	struct work work = {
		.conn = conn,
		.given = given,
		.text = { .alloc = conn->host.alloc, .alloc_user = conn->host.alloc_user },
	};
	cairn_rows rows;
	cairn_error own = CAIRN_ERROR_INIT;
	cairn_error *said = err != NULL ? err : &own;
	void *memory = *result;
	void *none = NULL;
	enum cairn_disposition disposition = CAIRN_INSERTED;
	cairn__graph_begin(&work.graph, conn);
	work.graph.appends = 1;
	cairn__rows_begin(&work.rows, conn, &none, sizeof(cairn_step));
	cairn_status st = check(&work, said);
	if (st == CAIRN_OK)
		st = collect_keys(&work, said);
	if (st != CAIRN_OK) {
		work_end(&work);
		return st;
	}
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_step));
	st = run(&work, &rows, &disposition, said);
	st = cairn__rows_end(&rows, &memory, st, said);
	*result = memory;
	if (st == CAIRN_OK) {
		(*result)->disposition = disposition;
		(*result)->run_status =
			work.looked.appended ? work.looked.status : work.plan.status;
	}
	work_end(&work);
	return st;
}

cairn_status cairn_run_append(cairn_conn *conn, const cairn_append *append,
			      cairn_appended **appended, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__WORKFLOWS, "run.append", err);
	if (st == CAIRN_OK)
		st = cairn__need(conn, conn->workflows.look != NULL, "look", err);
	if (st == CAIRN_OK)
		st = cairn__need(conn, conn->workflows.append != NULL, "append", err);
	if (st == CAIRN_OK && appended == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = append_steps(conn, append, appended, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*appended)->count : 0);
}
