/*
 * run_recover.c - a run once more: under its lock its steps and edges are read as they are, and inserted as those
 * of a new run.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "hold.h"
#include "limits.h"
#include "run_plan.h"
#include "run_read.h"

struct work {
	cairn_conn *conn;
	const cairn_recovery *given;
	cairn_runs *source;
	cairn_runs *others; /* its recoveries so far */
	cairn_rows steps;   /* the source's, by id */
	cairn_rows edges;
	cairn_run_insert run;
	cairn_step_insert *new_steps;
	cairn_edge_insert *new_edges;
};

/* ---- reading --------------------------------------------------------------------- */

static cairn_status read_runs(struct work *work, cairn_error *err)
{
	cairn_run_looked looked;
	cairn_rows none;
	void *memory = NULL;
	cairn_conn *conn = work->conn;
	cairn_run_look look = { .scope = work->given->scope, .run = work->given->source };
	cairn__rows_begin(&none, conn, &memory, sizeof(cairn_step));
	cairn_status st = conn->workflows.look(conn->self, &look, &looked, &none, err);
	st = cairn__rows_whole(&none, st, err);
	cairn__rows_drop(&none);
	if (st == CAIRN_OK && looked.status == 0)
		st = cairn_fail(err, CAIRN_E_RECOVERY_SOURCE);
	cairn_run_query query = { .scope = work->given->scope,
				  .run = work->given->source,
				  .statuses = CAIRN__ALL_RUNS,
				  .limit = 1 };
	if (st == CAIRN_OK)
		st = cairn__read_runs(conn, &query, 1, &work->source, err);
	query.source = query.run;
	query.run = (cairn_id){ { 0 } };
	query.limit = CAIRN__MAX_PAGE;
	query.compact = 1;
	if (st == CAIRN_OK)
		st = cairn__read_runs(conn, &query, 0, &work->others, err);
	return st;
}

static cairn_status read_steps(struct work *work, cairn_error *err)
{
	cairn_conn *conn = work->conn;
	cairn_step_query query = { .scope = work->given->scope,
				   .run = work->given->source,
				   .statuses = CAIRN__ALL_STEPS,
				   .limit = CAIRN__MAX_PAGE };
	size_t before;
	do {
		int found = 0;
		before = work->steps.count;
		cairn_status st =
			conn->workflows.steps(conn->self, &query, &found, &work->steps, err);
		st = cairn__rows_whole(&work->steps, st, err);
		if (st != CAIRN_OK)
			return st;
		if (work->steps.count > before) {
			const cairn_step *last = cairn_rows_at(&work->steps, work->steps.count - 1);
			query.after = last->id;
		}
	} while (work->steps.count - before == query.limit);
	return CAIRN_OK;
}

static cairn_status read_edges(struct work *work, cairn_error *err)
{
	cairn_conn *conn = work->conn;
	cairn_edge_query query = { .scope = work->given->scope,
				   .run = work->given->source,
				   .limit = CAIRN__MAX_PAGE };
	size_t before;
	do {
		int found = 0;
		before = work->edges.count;
		cairn_status st =
			conn->workflows.edges(conn->self, &query, &found, &work->edges, err);
		st = cairn__rows_whole(&work->edges, st, err);
		if (st != CAIRN_OK)
			return st;
		if (work->edges.count > before) {
			const cairn_run_edge *last =
				cairn_rows_at(&work->edges, work->edges.count - 1);
			query.after_dependent = last->dependent;
			query.after_prerequisite = last->prerequisite;
		}
	} while (work->edges.count - before == query.limit);
	return CAIRN_OK;
}

/* ---- planning ---------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const cairn_step *const x = a;
	const cairn_step *const y = b;
	return cairn_id_compare(x->id, y->id);
}

/* The number of a step of the source; they are ordered by id. CAIRN__OUTSIDE: it has none. */
static size_t number_of(struct work *work, cairn_id id)
{
	cairn_step wanted = { .id = id };
	const cairn_step *first = work->steps.count > 0 ? cairn_rows_at(&work->steps, 0) : NULL;
	const cairn_step *at = NULL;
	if (first != NULL)
		at = bsearch(&wanted, first, work->steps.count, sizeof wanted, by_id);
	return at != NULL ? (size_t)(at - first) : CAIRN__OUTSIDE;
}

static void plan_step(const cairn_step *old, cairn_step_insert *step)
{
	*step = (cairn_step_insert){
		.id = cairn_id_new(),
		.key = old->key,
		.kind = old->kind,
		.type = old->type,
		.queue = old->queue,
		.tenant = old->tenant,
		.payload = old->payload,
		.owner = old->owner,
		.resource_key = old->resource_key,
		.stage = old->kind == CAIRN_STEP_JOB ? CAIRN_STR("queued") : old->stage,
		.timeout = old->timeout,
		.deadline = old->deadline,
		.max_attempts = old->max_attempts,
		.priority = old->priority,
		.set = old->set | (old->kind == CAIRN_STEP_JOB ? CAIRN_STEP_PRIORITY : 0),
		.prerequisites = old->prerequisites,
	};
}

static cairn_status plan_edges(struct work *work, cairn_error *err)
{
	for (size_t i = 0; i < work->edges.count; i++) {
		const cairn_run_edge *old = cairn_rows_at(&work->edges, i);
		size_t from = number_of(work, old->prerequisite);
		size_t to = number_of(work, old->dependent);
		if (from == CAIRN__OUTSIDE || to == CAIRN__OUTSIDE)
			return cairn_fail(err, CAIRN_E_INTERNAL);
		work->new_edges[i] = (cairn_edge_insert){ .prerequisite = work->new_steps[from].id,
							  .dependent = work->new_steps[to].id,
							  .mode = old->mode };
	}
	return CAIRN_OK;
}

static cairn_status plan(struct work *work, cairn_error *err)
{
	const cairn_run *source = &work->source->at[0];
	size_t n = work->steps.count;
	work->new_steps = cairn__scratch(work->conn, n + 1, sizeof *work->new_steps, err);
	if (work->new_steps != NULL)
		work->new_edges = cairn__scratch(work->conn, work->edges.count + 1,
						 sizeof *work->new_edges, err);
	if (work->new_edges == NULL)
		return CAIRN_NOMEM;
	work->run = (cairn_run_insert){
		.id = cairn_id_new(),
		.type = source->type,
		.tenant = source->tenant,
		.metadata = source->metadata,
		.active_key = source->active_key,
		.result_step = source->result_step,
		.on_failure = source->on_failure,
		.source = source->id,
		.recovery_step = work->given->step,
		.recovery_key = work->given->key,
		.recovery_reason = work->given->reason,
		.step_count = n,
		.edge_count = work->edges.count,
	};
	for (size_t i = 0; i < n; i++)
		plan_step(cairn_rows_at(&work->steps, i), &work->new_steps[i]);
	cairn__plan_start(cairn_host_run_rules(&work->conn->host), &work->run, work->new_steps);
	return plan_edges(work, err);
}

/* ---- the call -------------------------------------------------------------------------- */

static void found(const cairn_run *run, cairn_run_added *added)
{
	added->id = run->id;
	added->disposition = CAIRN_RUN_EXISTING;
	added->run_status = run->status;
}

/* A run that stands under this key already: it answers the same request only. */
static cairn_status answer(const cairn_recovery *given, const cairn_run *run,
			   cairn_run_added *added, cairn_error *err)
{
	if (!cairn_str_equal(run->recovery_reason, given->reason) ||
	    cairn_id_compare(run->recovery_step, given->step) != 0)
		return cairn_fail(err, CAIRN_E_RECOVERY_CONFLICT);
	found(run, added);
	return CAIRN_OK;
}

static cairn_status look_back(struct work *work, cairn_run_added *added, cairn_error *err)
{
	const cairn_recovery *given = work->given;
	for (size_t i = 0; i < work->others->count; i++) {
		const cairn_run *run = &work->others->at[i];
		if (cairn_str_equal(run->recovery_key, given->key))
			return answer(given, run, added, err);
	}
	if (!(CAIRN__RUNS_OVER & 1u << (unsigned)work->source->at[0].status))
		return cairn_fail(err, CAIRN_E_RECOVERY_RUNNING);
	return CAIRN_OK;
}

/* One that was not among its newest recoveries, a page of which were looked at. */
static cairn_status look_further(struct work *work, cairn_id id, cairn_run_added *added,
				 cairn_error *err)
{
	cairn_run_query query = { .scope = work->given->scope,
				  .run = id,
				  .statuses = CAIRN__ALL_RUNS,
				  .limit = 1,
				  .compact = 1 };
	cairn_status st = cairn__read_runs(work->conn, &query, 1, &work->others, err);
	return st == CAIRN_OK ? answer(work->given, &work->others->at[0], added, err) : st;
}

static cairn_status judge(struct work *work, const cairn_run_inserted *result,
			  cairn_run_added *added, cairn_error *err)
{
	switch (result->result) {
	case CAIRN_RUN_INSERT_DONE:
		added->id = work->run.id;
		added->disposition = CAIRN_RUN_INSERTED;
		added->run_status = work->run.status;
		return CAIRN_OK;
	case CAIRN_RUN_INSERT_NO_DEFINITION:
		return cairn__refuse_step(CAIRN_E_RUN_DEFINITION, result->step, err);
	case CAIRN_RUN_INSERT_ACTIVE_EXISTS:
		return cairn_fail(err, CAIRN_E_RECOVERY_ACTIVE);
	case CAIRN_RUN_INSERT_RECOVERY_EXISTS:
		return look_further(work, result->id, added, err);
	case CAIRN_RUN_INSERT_KEY_EXISTS:
		break;
	}
	return cairn_fail(err, CAIRN_E_INTERNAL);
}

static cairn_status insert(struct work *work, cairn_run_added *added, cairn_error *err)
{
	cairn_conn *conn = work->conn;
	cairn_run_inserted result = { .result = CAIRN_RUN_INSERT_DONE };
	cairn_run_plan batch = { .runs = &work->run,
				 .n = 1,
				 .steps = work->new_steps,
				 .step_count = work->steps.count,
				 .edges = work->new_edges,
				 .edge_count = work->edges.count,
				 .record = conn->host.events == CAIRN_EVENTS_FULL };
	cairn_status st = conn->workflows.enqueue(conn->self, &batch, &result, err);
	return st == CAIRN_OK ? judge(work, &result, added, err) : st;
}

static cairn_status do_again(struct work *work, cairn_run_added *added, cairn_error *err)
{
	cairn_status st = read_runs(work, err);
	if (st == CAIRN_OK)
		st = look_back(work, added, err);
	if (st != CAIRN_OK || added->disposition == CAIRN_RUN_EXISTING)
		return st;
	st = read_steps(work, err);
	if (st == CAIRN_OK && !cairn_id_is_none(work->given->step) &&
	    number_of(work, work->given->step) == CAIRN__OUTSIDE)
		st = cairn_fail(err, CAIRN_E_RECOVERY_STEP);
	if (st == CAIRN_OK)
		st = read_edges(work, err);
	if (st == CAIRN_OK)
		st = plan(work, err);
	return st == CAIRN_OK ? insert(work, added, err) : st;
}

static cairn_status check(const cairn_recovery *given, cairn_error *err)
{
	if (given == NULL || given->size < sizeof *given)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (cairn__check_key(given->key, NULL, NULL) != CAIRN_OK)
		return cairn_fail(err, CAIRN_E_RECOVERY_KEY);
	if (cairn__is_blank(given->reason))
		return cairn_fail(err, CAIRN_E_RECOVERY_REASON);
	cairn_status st = cairn__check_name(given->reason, "reason", err);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&given->scope, err);
	if (st == CAIRN_OK && given->scope.kind == CAIRN_SCOPE_ANY)
		st = cairn_fail(err, CAIRN_E_ARG_SCOPE);
	if (st == CAIRN_OK && cairn_id_is_none(given->source))
		st = cairn_fail(err, CAIRN_E_RECOVERY_SOURCE);
	return st;
}

static cairn_status recover(cairn_conn *conn, const cairn_recovery *given, cairn_run_added *added,
			    cairn_error *err)
{
	struct cairn__hold hold;
	struct work work = { .conn = conn, .given = given };
	void *none = NULL;
	void *nothing = NULL;
	cairn_status st = cairn__hold(conn, &hold, err);
	if (st != CAIRN_OK)
		return st;
	cairn__rows_begin(&work.steps, conn, &none, sizeof(cairn_step));
	cairn__rows_begin(&work.edges, conn, &nothing, sizeof(cairn_run_edge));
	/* the insert is the last thing that can fail, so nothing is written by what failed */
	st = cairn__release(&hold, do_again(&work, added, err), false, err);
	cairn__scratch_free(conn, work.new_edges, work.edges.count + 1, sizeof *work.new_edges);
	cairn__scratch_free(conn, work.new_steps, work.steps.count + 1, sizeof *work.new_steps);
	cairn__rows_drop(&work.edges);
	cairn__rows_drop(&work.steps);
	cairn_free(work.others);
	cairn_free(work.source);
	return st;
}

cairn_status cairn_run_recover(cairn_conn *conn, const cairn_recovery *recovery,
			       cairn_run_added *added, cairn_error *err)
{
	struct cairn__call call;
	cairn_error own = CAIRN_ERROR_INIT;
	cairn_run_added one = { .status = CAIRN_OK };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__WORKFLOWS, "run.recover", err);
	if (st == CAIRN_OK)
		st = cairn__need(conn, conn->workflows.look != NULL, "look", err);
	if (st == CAIRN_OK && added == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = check(recovery, err);
	if (st == CAIRN_OK)
		st = recover(conn, recovery, &one, err != NULL ? err : &own);
	if (st == CAIRN_OK)
		*added = one;
	return cairn__call_end(&call, st, 1);
}
