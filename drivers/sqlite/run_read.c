/*
 * run_read.c - runs, steps and edges as they are read: a step with what its job says, a run with its result.
 * Events are in run_event.c.
 */
#include <stdlib.h>
#include <string.h>

#include "lite.h"

/* ---- what others look up ------------------------------------------------------- */

cairn_status cairn_lite__run_found(struct lite *lite, const cairn_scope *scope, const cairn_id *id,
				   enum cairn_run_status *is, cairn_error *err)
{
	struct lite_run run;
	bool found;
	*is = 0;
	cairn_status status =
		cairn_lite__in_scope(&run, lite, LITE_RUN_FOUND, id, scope, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	*is = cairn_run_status_parse(cairn_lite__view(&run));
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

cairn_status cairn_lite__step_by_key(struct lite *lite, const cairn_id *id, cairn_str key,
				     struct lite_step *step, cairn_error *err)
{
	struct lite_run run;
	bool found;
	memset(step, 0, sizeof *step);
	cairn_status status = cairn_lite__start(&run, lite, LITE_STEP_BY_KEY, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, id);
	cairn_lite__bind_text(&run, key);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	step->id = cairn_lite__id(&run);
	step->status = cairn_step_status_parse(cairn_lite__view(&run));
	step->deadline_at = cairn_lite__int(&run);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* ---- runs ------------------------------------------------------------------------ */

static void read_counts(struct lite_run *run, cairn_run_counts *counts)
{
	counts->blocked = cairn_lite__int32(run);
	counts->waiting = cairn_lite__int32(run);
	counts->enqueued = cairn_lite__int32(run);
	counts->succeeded = cairn_lite__int32(run);
	counts->failed = cairn_lite__int32(run);
	counts->canceled = cairn_lite__int32(run);
}

static void read_run(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_run *row = into;
	row->id = cairn_lite__id(run);
	row->type = cairn_lite__text(run, rows);
	row->tenant = cairn_lite__text(run, rows);
	row->status = cairn_run_status_parse(cairn_lite__view(run));
	row->on_failure = cairn_on_failure_parse(cairn_lite__view(run));
	row->key = cairn_lite__text(run, rows);
	row->active_key = cairn_lite__text(run, rows);
	row->result_step = cairn_lite__text(run, rows);
	read_counts(run, &row->counts);
	row->status_reason = cairn_lite__text(run, rows);
	row->error_code = cairn_lite__text(run, rows);
	row->error_message = cairn_lite__text(run, rows);
	row->source = cairn_lite__id(run);
	row->recovery_key = cairn_lite__text(run, rows);
	row->recovery_reason = cairn_lite__text(run, rows);
	row->recovery_step = cairn_lite__id(run);
	row->events = cairn_lite__int(run);
	row->created_at = cairn_lite__int(run);
	row->updated_at = cairn_lite__int(run);
	row->finished_at = cairn_lite__int(run);
	row->metadata = cairn_lite__text(run, rows);
	row->request = cairn_lite__text(run, rows);
	row->result = cairn_lite__text(run, rows);
}

/* By what finds the fewest rows. */
static enum lite_sql which_runs(const cairn_run_query *query)
{
	if (!cairn_id_is_none(query->run))
		return LITE_RUN_GET;
	if (query->key.len > 0 && query->type.len > 0)
		return query->scope.kind == CAIRN_SCOPE_ANY ? LITE_RUNS_OF_ANY_KEY
							    : LITE_RUNS_OF_KEY;
	return cairn_id_is_none(query->source) ? LITE_RUNS : LITE_RUNS_OF_SOURCE;
}

cairn_status cairn_lite__run_runs(void *self, const cairn_run_query *query, cairn_rows *rows,
				  cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	uint8_t beyond[17];
	enum lite_sql which = which_runs(query);
	memset(beyond, 0xff, sizeof beyond);
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, which, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_scope(&run, &query->scope);
	cairn_lite__bind_int(&run, query->compact != 0);
	cairn_lite__bind_int(&run, query->statuses);
	cairn_lite__bind_text(&run, query->type);
	cairn_lite__bind_some_id(&run, &query->source);
	cairn_lite__bind_text(&run, query->key);
	if (cairn_id_is_none(query->after))
		cairn_lite__bind_blob(&run, beyond, sizeof beyond);
	else
		cairn_lite__bind_id(&run, &query->after);
	cairn_lite__bind_int(&run, query->limit);
	if (which == LITE_RUN_GET)
		cairn_lite__bind_id(&run, &query->run);
	return cairn_lite__read_rows(&run, rows, read_run, err);
}

/* ---- steps ----------------------------------------------------------------------- */

static void read_step(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_step *row = into;
	row->id = cairn_lite__id(run);
	row->run = cairn_lite__id(run);
	row->key = cairn_lite__text(run, rows);
	row->kind = cairn_step_kind_parse(cairn_lite__view(run));
	row->status = cairn_step_status_parse(cairn_lite__view(run));
	row->set = cairn_lite__int(run) != 0 ? CAIRN_STEP_CONTINUES : 0;
	row->priority = cairn_lite__int32(run);
	row->type = cairn_lite__text(run, rows);
	row->queue = cairn_lite__text(run, rows);
	row->tenant = cairn_lite__text(run, rows);
	row->owner = cairn_lite__text(run, rows);
	row->resource_key = cairn_lite__text(run, rows);
	row->stage = cairn_lite__text(run, rows);
	row->timeout = cairn_lite__int(run);
	row->deadline = cairn_lite__int(run);
	row->max_attempts = cairn_lite__int32(run);
	row->prerequisites = cairn_lite__int32(run);
	row->pending = cairn_lite__int32(run);
	row->unsatisfied = cairn_lite__int32(run);
	row->run_number = cairn_lite__int32(run);
	row->attempt = cairn_lite__int32(run);
	row->created_at = cairn_lite__int(run);
	row->released_at = cairn_lite__int(run);
	row->started_at = cairn_lite__int(run);
	row->finished_at = cairn_lite__int(run);
	row->deadline_at = cairn_lite__int(run);
	row->status_reason = cairn_lite__text(run, rows);
	row->error_code = cairn_lite__text(run, rows);
	row->error_message = cairn_lite__text(run, rows);
	row->payload = cairn_lite__text(run, rows);
	row->output = cairn_lite__text(run, rows);
}

/* What the statements of steps begin with. */
static cairn_status start_steps(struct lite_run *run, struct lite *lite, enum lite_sql which,
				const cairn_step_query *query, const cairn_id *id, cairn_error *err)
{
	cairn_status status = cairn_lite__start(run, lite, which, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(run, query->compact != 0);
	cairn_lite__bind_int(run, query->statuses);
	cairn_lite__bind_id(run, id);
	return CAIRN_OK;
}

cairn_status cairn_lite__step_push(struct lite *lite, const cairn_id *step, uint32_t statuses,
				   bool compact, cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	const cairn_step_query query = { .statuses = statuses, .compact = compact };
	cairn_status status = start_steps(&run, lite, LITE_STEP_GET, &query, step, err);
	if (status != CAIRN_OK)
		return status;
	return cairn_lite__read_rows(&run, rows, read_step, err);
}

static cairn_status push_page(struct lite *lite, const cairn_step_query *query, cairn_rows *rows,
			      cairn_error *err)
{
	struct lite_run run;
	cairn_status status = start_steps(&run, lite, LITE_STEPS, query, &query->run, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &query->after);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_step, err);
}

static int by_id(const void *a, const void *b)
{
	return cairn_id_compare(*(const cairn_id *)a, *(const cairn_id *)b);
}

/* The ids of those that there are, behind the cursor. */
static cairn_status find_keys(struct lite *lite, const cairn_id *run, const cairn_str *keys,
			      size_t n, struct lite_list *ids, cairn_error *err)
{
	struct lite_step step;
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < n && status == CAIRN_OK; i++) {
		status = cairn_lite__step_by_key(lite, run, keys[i], &step, err);
		if (status != CAIRN_OK || step.status == 0)
			continue;
		cairn_id *next = cairn_lite__list_add(lite, ids, sizeof *next);
		if (next == NULL)
			return cairn_fail(err, CAIRN_E_NOMEM);
		*next = step.id;
	}
	if (ids->n > 1)
		qsort(ids->at, ids->n, sizeof(cairn_id), by_id);
	return status;
}

static cairn_status push_keys(struct lite *lite, const cairn_step_query *query, cairn_rows *rows,
			      cairn_error *err)
{
	struct lite_list ids = { .at = NULL };
	cairn_status status =
		find_keys(lite, &query->run, query->keys, query->key_count, &ids, err);
	const cairn_id *at = ids.at;
	size_t end = cairn_rows_count(rows) + query->limit;
	for (size_t i = 0; i < ids.n && status == CAIRN_OK; i++) {
		if (cairn_id_compare(at[i], query->after) > 0 && cairn_rows_count(rows) < end)
			status = cairn_lite__step_push(lite, &at[i], query->statuses,
						       query->compact != 0, rows, err);
	}
	cairn_lite__list_free(lite, &ids, sizeof(cairn_id));
	return status;
}

static cairn_status push_steps(struct lite *lite, const cairn_step_query *query, int *found,
			       cairn_rows *rows, cairn_error *err)
{
	enum cairn_run_status is;
	cairn_status status = cairn_lite__run_found(lite, &query->scope, &query->run, &is, err);
	*found = is != 0;
	if (status != CAIRN_OK || is == 0)
		return status;
	return query->keys != NULL ? push_keys(lite, query, rows, err)
				   : push_page(lite, query, rows, err);
}

static cairn_status step_found(struct lite *lite, const cairn_step_query *query, int *found,
			       cairn_error *err)
{
	bool there;
	cairn_status status = cairn_lite__is_in_scope(lite, LITE_STEP_FOUND, &query->dependent,
						      &query->scope, &there, err);
	*found = there;
	return status;
}

static cairn_status push_inputs(struct lite *lite, const cairn_step_query *query, int *found,
				cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = step_found(lite, query, found, err);
	if (status == CAIRN_OK && *found)
		status = start_steps(&run, lite, LITE_STEP_INPUTS, query, &query->dependent, err);
	if (status != CAIRN_OK || !*found)
		return status;
	return cairn_lite__read_rows(&run, rows, read_step, err);
}

cairn_status cairn_lite__run_steps(void *self, const cairn_step_query *query, int *found,
				   cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_read read;
	cairn_status status = cairn_lite__read_begin(lite, &read, err);
	if (status != CAIRN_OK)
		return status;
	*found = 0;
	if (cairn_id_is_none(query->dependent))
		status = push_steps(lite, query, found, rows, err);
	else
		status = push_inputs(lite, query, found, rows, err);
	return cairn_lite__read_end(&read, status, err);
}

/* ---- edges ------------------------------------------------------------------------- */

static void read_edge(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_run_edge *row = into;
	row->prerequisite = cairn_lite__id(run);
	row->dependent = cairn_lite__id(run);
	row->mode = cairn_release_mode_parse(cairn_lite__view(run));
	row->prerequisite_key = cairn_lite__text(run, rows);
	row->dependent_key = cairn_lite__text(run, rows);
}

static cairn_status push_edges(struct lite *lite, const cairn_edge_query *query, cairn_rows *rows,
			       cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_EDGES, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &query->run);
	cairn_lite__bind_id(&run, &query->after_dependent);
	cairn_lite__bind_id(&run, &query->after_prerequisite);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_edge, err);
}

cairn_status cairn_lite__run_edges(void *self, const cairn_edge_query *query, int *found,
				   cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_read read;
	enum cairn_run_status is = 0;
	cairn_status status = cairn_lite__read_begin(lite, &read, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_lite__run_found(lite, &query->scope, &query->run, &is, err);
	*found = is != 0;
	if (status == CAIRN_OK && is != 0)
		status = push_edges(lite, query, rows, err);
	return cairn_lite__read_end(&read, status, err);
}

/* ---- what append and recover look at -------------------------------------------------- */

static cairn_status look_at_run(struct lite *lite, const cairn_run_look *look,
				cairn_run_looked *looked, cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	bool found;
	memset(looked, 0, sizeof *looked);
	cairn_status status = cairn_lite__start(&run, lite, LITE_RUN_LOOK, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &look->run);
	cairn_lite__bind_scope(&run, &look->scope);
	cairn_lite__bind_text(&run, look->append_key);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	looked->status = cairn_run_status_parse(cairn_lite__view(&run));
	looked->tenant = cairn_lite__text(&run, rows);
	looked->events = cairn_lite__int(&run);
	looked->edges = cairn_lite__int(&run);
	read_counts(&run, &looked->counts);
	const void *hash = sqlite3_column_blob(run.stmt, run.column);
	looked->appended = hash != NULL && sqlite3_column_bytes(run.stmt, run.column) == 32;
	if (looked->appended)
		memcpy(looked->append_hash, hash, 32);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* The row's lock is the writer's, which the transaction has. */
cairn_status cairn_lite__run_look(void *self, const cairn_run_look *look, cairn_run_looked *looked,
				  cairn_rows *steps, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_step step;
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = look_at_run(lite, look, looked, steps, err);
	for (size_t i = 0; i < look->key_count && status == CAIRN_OK && looked->status != 0; i++) {
		status = cairn_lite__step_by_key(lite, &look->run, look->keys[i], &step, err);
		if (status == CAIRN_OK && step.status != 0)
			status =
				cairn_lite__step_push(lite, &step.id, UINT32_MAX, true, steps, err);
	}
	return status;
}
