/* run_plan.c - whole graphs: every row of them, as it is to stand in the database. */
#include "run_plan.h"

#include "limits.h"
#include "run_request.h"
#include "run_step.h"

/* ---- one run ---------------------------------------------------------------- */

static void plan_edges(const struct cairn__graph *graph, const cairn_step_insert *steps,
		       cairn_edge_insert *edges)
{
	for (size_t i = 0; i < graph->n; i++) {
		for (size_t at = graph->first[i]; at < graph->first[i + 1]; at++)
			edges[at] = cairn__plan_edge(&graph->steps[i], at - graph->first[i],
						     steps[graph->ends[at]].id, steps[i].id);
	}
}

/* The run's own event comes first. */
static void number_events(const cairn_run_rules *rules, cairn_run_insert *run,
			  cairn_step_insert *steps)
{
	if (rules->told_runs & 1u << (unsigned)run->status)
		run->seq = ++run->events;
	for (size_t i = 0; i < run->step_count; i++) {
		if (steps[i].pending == 0 && rules->told_steps & 1u << (unsigned)steps[i].status)
			steps[i].released_seq = ++run->events;
	}
}

void cairn__plan_start(const cairn_run_rules *rules, cairn_run_insert *run,
		       cairn_step_insert *steps)
{
	for (size_t i = 0; i < run->step_count; i++) {
		cairn_step_insert *step = &steps[i];
		step->pending = step->prerequisites;
		step->status = cairn_step_resolved(rules, step->kind, step->pending, 0);
		++*cairn_run_counter(&run->counts, step->status);
	}
	run->status = cairn_run_counted(rules, &run->counts);
	number_events(rules, run, steps);
}

static void plan_run(struct cairn__runs *runs, size_t i)
{
	const cairn_run_rules *rules = cairn_host_run_rules(&runs->conn->host);
	const cairn_run_new *given = &runs->given[i];
	const struct cairn__graph *graph = &runs->graphs[i];
	cairn_run_insert *run = &runs->runs[i];
	run->id = cairn_id_new();
	run->type = given->type;
	run->tenant = given->tenant;
	run->metadata = given->metadata.len > 0 ? given->metadata : CAIRN_STR("{}");
	run->key = given->key;
	run->active_key = given->active_key;
	run->result_step = given->result_step;
	run->on_failure = given->on_failure != 0 ? given->on_failure : CAIRN_ON_FAILURE_CONTINUE;
	run->first_step = runs->step_count;
	run->step_count = graph->n;
	run->first_edge = runs->edge_count;
	run->edge_count = graph->edges;
	cairn_step_insert *steps = runs->steps + run->first_step;
	for (size_t k = 0; k < graph->n; k++)
		cairn__plan_step(&graph->steps[k], given->tenant, &steps[k]);
	plan_edges(graph, steps, runs->edges + run->first_edge);
	cairn__plan_start(rules, run, steps);
	runs->step_count += run->step_count;
	runs->edge_count += run->edge_count;
}

/* ---- all of them -------------------------------------------------------------- */

static cairn_status check_all(struct cairn__runs *runs, size_t *steps, size_t *edges,
			      cairn_error *err)
{
	for (size_t i = 0; i < runs->n; i++)
		cairn__graph_begin(&runs->graphs[i], runs->conn);
	for (size_t i = 0; i < runs->n; i++) {
		cairn_status st = cairn__run_look(&runs->graphs[i], &runs->given[i], err);
		/* a driver that can't count permits must not get a step that needs one */
		if (st == CAIRN_OK)
			st = cairn__check_permits(runs->conn, &runs->graphs[i], err);
		*steps += runs->graphs[i].n;
		*edges += runs->graphs[i].edges;
		if (st == CAIRN_OK && *steps + *edges > CAIRN__MAX_BATCH) {
			cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
			cairn_error_message(err, "One call takes at most %d steps and edges.",
					    CAIRN__MAX_BATCH);
			st = CAIRN_TOO_LARGE;
		}
		if (st != CAIRN_OK) {
			cairn__error_index(err, i);
			return st;
		}
	}
	return CAIRN_OK;
}

/* The text moves while it grows: rows note the length first and get their pointers at the end. */
static cairn_status write_requests(struct cairn__runs *runs, cairn_error *err)
{
	for (size_t i = 0; i < runs->n; i++) {
		cairn_run_insert *run = &runs->runs[i];
		size_t before = runs->text.len;
		if (run->key.len == 0)
			continue;
		cairn_status st =
			cairn__run_request(&runs->given[i], &runs->graphs[i], &runs->text, err);
		if (st != CAIRN_OK)
			return st;
		run->request.len = runs->text.len - before;
		cairn_sha256(runs->text.ptr + before, run->request.len, run->request_hash);
	}
	size_t at = 0;
	for (size_t i = 0; i < runs->n; i++) {
		if (runs->runs[i].key.len == 0)
			continue;
		runs->runs[i].request.ptr = runs->text.ptr + at;
		at += runs->runs[i].request.len;
	}
	return CAIRN_OK;
}

static cairn_status reserve(struct cairn__runs *runs, size_t steps, size_t edges, cairn_error *err)
{
	runs->steps = cairn__scratch(runs->conn, steps, sizeof *runs->steps, err);
	if (runs->steps == NULL)
		return CAIRN_NOMEM;
	runs->step_count = steps;
	runs->edges = cairn__scratch(runs->conn, edges + 1, sizeof *runs->edges, err);
	if (runs->edges == NULL)
		return CAIRN_NOMEM;
	runs->edge_count = edges;
	return CAIRN_OK;
}

cairn_status cairn__runs_begin(struct cairn__runs *runs, cairn_conn *conn,
			       const cairn_run_new *given, size_t n, cairn_error *err)
{
	size_t steps = 0;
	size_t edges = 0;
	*runs = (struct cairn__runs){
		.conn = conn,
		.given = given,
		.n = n,
		.text = { .alloc = conn->host.alloc, .alloc_user = conn->host.alloc_user },
	};
	runs->graphs = cairn__scratch(conn, n, sizeof *runs->graphs, err);
	if (runs->graphs != NULL)
		runs->runs = cairn__scratch(conn, n, sizeof *runs->runs, err);
	if (runs->runs == NULL)
		return CAIRN_NOMEM;
	cairn_status st = check_all(runs, &steps, &edges, err);
	if (st == CAIRN_OK)
		st = reserve(runs, steps, edges, err);
	if (st != CAIRN_OK)
		return st;
	runs->step_count = 0;
	runs->edge_count = 0;
	for (size_t i = 0; i < n; i++)
		plan_run(runs, i);
	return write_requests(runs, err);
}

void cairn__runs_end(struct cairn__runs *runs)
{
	cairn_conn *conn = runs->conn;
	cairn__scratch_free(conn, runs->edges, runs->edge_count + 1, sizeof *runs->edges);
	cairn__scratch_free(conn, runs->steps, runs->step_count, sizeof *runs->steps);
	cairn__scratch_free(conn, runs->runs, runs->n, sizeof *runs->runs);
	for (size_t i = 0; runs->graphs != NULL && i < runs->n; i++)
		cairn__graph_end(&runs->graphs[i]);
	cairn__scratch_free(conn, runs->graphs, runs->n, sizeof *runs->graphs);
	cairn_text_clear(&runs->text);
}

cairn_run_plan cairn__runs_plan(const struct cairn__runs *runs)
{
	return (cairn_run_plan){
		.runs = runs->runs,
		.n = runs->n,
		.steps = runs->steps,
		.step_count = runs->step_count,
		.edges = runs->edges,
		.edge_count = runs->edge_count,
		.record = runs->conn->host.events == CAIRN_EVENTS_FULL,
	};
}
