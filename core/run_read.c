/* run_read.c - runs, their steps and edges as they stand. Every list has a limit and a cursor. */
#include "run_read.h"

#include "check.h"

/* ---- runs ---------------------------------------------------------------------- */

cairn_status cairn__read_runs(cairn_conn *conn, const cairn_run_query *query, int one,
			      cairn_runs **runs, cairn_error *err)
{
	cairn_rows rows;
	void *memory = *runs;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_run));
	cairn_status st = conn->workflows.runs(conn->self, query, &rows, err);
	if (st == CAIRN_OK && one && rows.count == 0 && !rows.failed)
		st = cairn_fail(err, CAIRN_E_RUN_NOT_FOUND);
	st = cairn__rows_end(&rows, &memory, st, err);
	*runs = memory;
	return st;
}

cairn_status cairn_run_get(cairn_conn *conn, cairn_scope scope, cairn_id id, cairn_runs **run,
			   cairn_error *err)
{
	struct cairn__call call;
	cairn_run_query query = {
		.scope = scope, .run = id, .statuses = CAIRN__ALL_RUNS, .limit = 1
	};
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__WORKFLOWS, "run.get", err);
	if (st == CAIRN_OK && run == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	if (st == CAIRN_OK && cairn_id_is_none(id))
		st = cairn_fail(err, CAIRN_E_RUN_NOT_FOUND);
	if (st == CAIRN_OK)
		st = cairn__read_runs(conn, &query, 1, run, err);
	return cairn__call_end(&call, st, 1);
}

static cairn_status run_query(const cairn_run_filter *filter, cairn_run_query *query,
			      cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if ((filter->statuses & ~CAIRN__ALL_RUNS) != 0 || filter->compact > 1 ||
	    filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	*query = (cairn_run_query){
		.scope = filter->scope,
		.type = filter->type,
		.key = filter->key,
		.source = filter->source,
		.statuses = filter->statuses != 0 ? filter->statuses : CAIRN__ALL_RUNS,
		.after = filter->after,
		.compact = filter->compact,
	};
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query->limit, err);
	if (st == CAIRN_OK && (filter->type.len > 0 || filter->key.len > 0))
		st = cairn__check_name(filter->type, "type", err);
	if (st == CAIRN_OK && filter->key.len > 0)
		st = cairn__check_key(filter->key, "key", err);
	return st;
}

cairn_status cairn_run_list(cairn_conn *conn, const cairn_run_filter *filter, cairn_runs **runs,
			    cairn_error *err)
{
	struct cairn__call call;
	cairn_run_query query;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__WORKFLOWS, "run.list", err);
	if (st == CAIRN_OK && runs == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = run_query(filter, &query, err);
	if (st == CAIRN_OK)
		st = cairn__read_runs(conn, &query, 0, runs, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*runs)->count : 0);
}

/* ---- steps ------------------------------------------------------------------------ */

/* missing: what it is if there is none to ask about. */
static cairn_status read_steps(cairn_conn *conn, const cairn_step_query *query, cairn_code missing,
			       cairn_steps **steps, cairn_error *err)
{
	cairn_rows rows;
	void *memory = *steps;
	int found = 0;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_step));
	cairn_status st = conn->workflows.steps(conn->self, query, &found, &rows, err);
	if (st == CAIRN_OK && !found)
		st = cairn_fail(err, missing);
	st = cairn__rows_end(&rows, &memory, st, err);
	*steps = memory;
	return st;
}

static cairn_status step_query(const cairn_step_filter *filter, cairn_step_query *query,
			       cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if ((filter->statuses & ~CAIRN__ALL_STEPS) != 0 || filter->compact > 1 ||
	    filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	*query = (cairn_step_query){
		.scope = filter->scope,
		.run = filter->run,
		.keys = filter->key.len > 0 ? &filter->key : NULL,
		.key_count = filter->key.len > 0,
		.statuses = filter->statuses != 0 ? filter->statuses : CAIRN__ALL_STEPS,
		.after = filter->after,
		.compact = filter->compact,
	};
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query->limit, err);
	if (st == CAIRN_OK && filter->key.len > 0)
		st = cairn__check_name(filter->key, "key", err);
	if (st == CAIRN_OK && cairn_id_is_none(filter->run))
		st = cairn_fail(err, CAIRN_E_RUN_NOT_FOUND);
	return st;
}

cairn_status cairn_run_steps(cairn_conn *conn, const cairn_step_filter *filter, cairn_steps **steps,
			     cairn_error *err)
{
	struct cairn__call call;
	cairn_step_query query;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__WORKFLOWS, "run.steps", err);
	if (st == CAIRN_OK && steps == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = step_query(filter, &query, err);
	if (st == CAIRN_OK)
		st = read_steps(conn, &query, CAIRN_E_RUN_NOT_FOUND, steps, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*steps)->count : 0);
}

cairn_status cairn_step_inputs(cairn_conn *conn, cairn_scope scope, cairn_id step,
			       cairn_steps **inputs, cairn_error *err)
{
	struct cairn__call call;
	cairn_step_query query = { .scope = scope,
				   .dependent = step,
				   .statuses = CAIRN__ALL_STEPS };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__WORKFLOWS, "step.inputs", err);
	if (st == CAIRN_OK && inputs == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	if (st == CAIRN_OK && cairn_id_is_none(step))
		st = cairn_fail(err, CAIRN_E_STEP_NOT_FOUND);
	if (st == CAIRN_OK)
		st = read_steps(conn, &query, CAIRN_E_STEP_NOT_FOUND, inputs, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*inputs)->count : 0);
}

/* ---- edges ------------------------------------------------------------------------ */

static cairn_status read_edges(cairn_conn *conn, const cairn_edge_query *query,
			       cairn_run_edges_result **edges, cairn_error *err)
{
	cairn_rows rows;
	void *memory = *edges;
	int found = 0;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_run_edge));
	cairn_status st = conn->workflows.edges(conn->self, query, &found, &rows, err);
	if (st == CAIRN_OK && !found)
		st = cairn_fail(err, CAIRN_E_RUN_NOT_FOUND);
	st = cairn__rows_end(&rows, &memory, st, err);
	*edges = memory;
	return st;
}

static cairn_status edge_query(const cairn_edge_filter *filter, cairn_edge_query *query,
			       cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	*query = (cairn_edge_query){
		.scope = filter->scope,
		.run = filter->run,
		.after_dependent = filter->after_dependent,
		.after_prerequisite = filter->after_prerequisite,
	};
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query->limit, err);
	if (st == CAIRN_OK && cairn_id_is_none(filter->run))
		st = cairn_fail(err, CAIRN_E_RUN_NOT_FOUND);
	return st;
}

cairn_status cairn_run_edges(cairn_conn *conn, const cairn_edge_filter *filter,
			     cairn_run_edges_result **edges, cairn_error *err)
{
	struct cairn__call call;
	cairn_edge_query query;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__WORKFLOWS, "run.edges", err);
	if (st == CAIRN_OK && edges == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = edge_query(filter, &query, err);
	if (st == CAIRN_OK)
		st = read_edges(conn, &query, edges, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*edges)->count : 0);
}
