/*
 * run_read.c - runs, steps and edges as they are read: a step with what its job says, a run with its result.
 * Events are in run_event.c.
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* ---- rows ----------------------------------------------------------------------- */

const struct mem_run *cairn_mem__run(const struct mem_state *state, cairn_id id)
{
	return cairn_mem__find(state, MEM_RUNS, &(struct mem_run){ .run = { .id = id } });
}

const struct mem_run *cairn_mem__run_in_scope(const struct mem_state *state,
					      const cairn_scope *scope, cairn_id id)
{
	const struct mem_run *run = cairn_mem__run(state, id);
	return run != NULL && cairn_mem__in_scope(scope, run->run.tenant) ? run : NULL;
}

const struct mem_step *cairn_mem__step(const struct mem_state *state, cairn_id run, cairn_id id)
{
	return cairn_mem__find(state, MEM_STEPS,
			       &(struct mem_step){ .step = { .run = run, .id = id } });
}

size_t cairn_mem__step_first(const struct mem_state *state, cairn_id run)
{
	return cairn_mem__seek(state, MEM_STEPS, &(struct mem_step){ .step = { .run = run } });
}

const struct mem_step *cairn_mem__step_at(const struct mem_state *state, cairn_id run, size_t index)
{
	if (index >= cairn_mem__count(state, MEM_STEPS))
		return NULL;
	const struct mem_step *row = cairn_mem__at(state, MEM_STEPS, index);
	return cairn_id_compare(row->step.run, run) == 0 ? row : NULL;
}

const struct mem_step *cairn_mem__step_by_key(const struct mem_state *state, cairn_id run,
					      cairn_str key)
{
	const struct mem_step *row;
	size_t i = cairn_mem__step_first(state, run);
	while ((row = cairn_mem__step_at(state, run, i)) != NULL &&
	       !cairn_str_equal(row->step.key, key))
		i++;
	return row;
}

bool cairn_mem__step_open(enum cairn_step_status status)
{
	return status == CAIRN_STEP_BLOCKED || status == CAIRN_STEP_WAITING_FOR_EXTERNAL ||
	       status == CAIRN_STEP_ENQUEUED || status == CAIRN_STEP_RUNNING;
}

bool cairn_mem__run_over(enum cairn_run_status status)
{
	return status != CAIRN_RUN_RUNNING && status != CAIRN_RUN_WAITING_FOR_EXTERNAL;
}

cairn_time cairn_mem__run_quiet_at(const struct mem_write *write, const cairn_run *run)
{
	const struct mem_step *row;
	cairn_time last = 0;
	if (run->counts.canceled == 0)
		return 0;
	for (size_t i = cairn_mem__step_first(write->state, run->id);
	     (row = cairn_mem__step_at(write->state, run->id, i)) != NULL; i++) {
		const cairn_job *job = cairn_mem__job(write->state, row->step.id);
		if (job != NULL && job->status == CAIRN_JOB_CANCELED &&
		    job->lease_expires_at > write->now && job->lease_expires_at > last)
			last = job->lease_expires_at;
	}
	return last;
}

/* ---- runs ------------------------------------------------------------------------ */

static bool run_wanted(const cairn_run_query *query, const cairn_run *run)
{
	if (!(query->statuses & 1u << run->status))
		return false;
	if (!cairn_id_is_none(query->run) && cairn_id_compare(query->run, run->id) != 0)
		return false;
	if (query->type.len > 0 && !cairn_str_equal(query->type, run->type))
		return false;
	if (query->key.len > 0 && !cairn_str_equal(query->key, run->key))
		return false;
	if (!cairn_id_is_none(query->source) && cairn_id_compare(query->source, run->source) != 0)
		return false;
	return cairn_mem__in_scope(&query->scope, run->tenant);
}

static cairn_str result_of(const struct mem_state *state, const cairn_run *run)
{
	const struct mem_step *step = NULL;
	if (run->status == CAIRN_RUN_SUCCEEDED && run->result_step.len > 0)
		step = cairn_mem__step_by_key(state, run->id, run->result_step);
	return step != NULL ? step->step.output : (cairn_str){ NULL, 0 };
}

static int push_run(const struct mem_state *state, const cairn_run_query *query,
		    const struct mem_run *run, cairn_rows *rows)
{
	if (!run_wanted(query, &run->run))
		return 0;
	struct mem_run row = *run;
	if (query->compact) {
		row.run.metadata = (cairn_str){ NULL, 0 };
		row.run.request = (cairn_str){ NULL, 0 };
	} else {
		row.run.result = result_of(state, &run->run);
	}
	return cairn_mem__push(rows, MEM_RUNS, &row);
}

static int push_runs(const struct mem_state *state, const cairn_run_query *query, cairn_rows *rows)
{
	struct mem_run after = { .run = { .id = query->after } };
	size_t i = cairn_id_is_none(query->after) ? cairn_mem__count(state, MEM_RUNS)
						  : cairn_mem__seek(state, MEM_RUNS, &after);
	while (i-- > 0 && cairn_rows_count(rows) < query->limit) {
		if (push_run(state, query, cairn_mem__at(state, MEM_RUNS, i), rows) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__run_runs(void *self, const cairn_run_query *query, cairn_rows *rows,
				 cairn_error *err)
{
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(self, MEM_RUNS, &state, err);
	if (status != CAIRN_OK)
		return status;
	if (push_runs(state, query, rows) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	cairn_mem__state_drop(state);
	return status;
}

/* ---- steps ----------------------------------------------------------------------- */

cairn_step cairn_mem__step_shown(const struct mem_state *state, const struct mem_step *row)
{
	cairn_step step = row->step;
	const cairn_job *job = step.kind == CAIRN_STEP_JOB ? cairn_mem__job(state, step.id) : NULL;
	if (job == NULL)
		return step;
	step.payload = job->payload;
	step.stage = job->stage;
	step.run_number = job->run_number;
	step.attempt = job->attempt;
	step.started_at = job->started_at;
	if (step.status != CAIRN_STEP_ENQUEUED)
		return step;
	if (job->status == CAIRN_JOB_LEASED)
		step.status = CAIRN_STEP_RUNNING;
	step.status_reason = job->status_reason;
	step.error_code = job->error_code;
	step.error_message = job->error_message;
	return step;
}

int cairn_mem__step_push(const struct mem_state *state, const struct mem_step *step, bool compact,
			 cairn_rows *rows)
{
	struct mem_step row = { .step = cairn_mem__step_shown(state, step) };
	if (compact) {
		row.step.payload = (cairn_str){ NULL, 0 };
		row.step.output = (cairn_str){ NULL, 0 };
	}
	return cairn_mem__push(rows, MEM_STEPS, &row);
}

/* Whether it is one of those that are asked for. */
static bool key_wanted(const cairn_step_query *query, cairn_str key)
{
	size_t i = 0;
	while (i < query->key_count && !cairn_str_equal(query->keys[i], key))
		i++;
	return query->keys == NULL || i < query->key_count;
}

static bool step_wanted(const struct mem_state *state, const cairn_step_query *query,
			const struct mem_step *row)
{
	if (!key_wanted(query, row->step.key) || cairn_id_compare(row->step.id, query->after) <= 0)
		return false;
	return (query->statuses & 1u << cairn_mem__step_shown(state, row).status) != 0;
}

static int push_steps(const struct mem_state *state, const cairn_step_query *query, int *found,
		      cairn_rows *rows)
{
	const struct mem_step *row;
	*found = cairn_mem__run_in_scope(state, &query->scope, query->run) != NULL;
	if (!*found)
		return 0;
	for (size_t i = cairn_mem__step_first(state, query->run);
	     (row = cairn_mem__step_at(state, query->run, i)) != NULL &&
	     cairn_rows_count(rows) < query->limit;
	     i++) {
		if (step_wanted(state, query, row) &&
		    cairn_mem__step_push(state, row, query->compact != 0, rows) != 0)
			return -1;
	}
	return 0;
}

/* Whoever asks has the id alone. */
static const struct mem_step *find_step(const struct mem_state *state, const cairn_scope *scope,
					cairn_id id)
{
	for (size_t i = 0; i < cairn_mem__count(state, MEM_STEPS); i++) {
		const struct mem_step *row = cairn_mem__at(state, MEM_STEPS, i);
		if (cairn_id_compare(row->step.id, id) != 0)
			continue;
		bool in_scope = cairn_mem__in_scope(scope, row->step.tenant) ||
				cairn_mem__run_in_scope(state, scope, row->step.run) != NULL;
		return in_scope ? row : NULL;
	}
	return NULL;
}

/* The first prerequisite behind a key, in the order of keys. */
static const struct mem_step *next_input(const struct mem_state *state, const struct mem_step *step,
					 cairn_str behind)
{
	const struct mem_step *best = NULL;
	const struct mem_step *row;
	for (size_t i = cairn_mem__step_first(state, step->step.run);
	     (row = cairn_mem__step_at(state, step->step.run, i)) != NULL; i++) {
		struct mem_edge edge = { .prerequisite = row->step.id, .dependent = step->step.id };
		if (cairn_str_compare(row->step.key, behind) <= 0 ||
		    cairn_mem__find(state, MEM_EDGES, &edge) == NULL)
			continue;
		if (best == NULL || cairn_str_compare(row->step.key, best->step.key) < 0)
			best = row;
	}
	return best;
}

static int push_inputs(const struct mem_state *state, const cairn_step_query *query, int *found,
		       cairn_rows *rows)
{
	const struct mem_step *step = find_step(state, &query->scope, query->dependent);
	cairn_str behind = { NULL, 0 };
	*found = step != NULL;
	if (step == NULL)
		return 0;
	const struct mem_step *row;
	while ((row = next_input(state, step, behind)) != NULL) {
		behind = row->step.key;
		if (cairn_mem__step_push(state, row, query->compact != 0, rows) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__run_steps(void *self, const cairn_step_query *query, int *found,
				  cairn_rows *rows, cairn_error *err)
{
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(self, MEM_STEPS, &state, err);
	if (status != CAIRN_OK)
		return status;
	int failed = cairn_id_is_none(query->dependent) ? push_steps(state, query, found, rows)
							: push_inputs(state, query, found, rows);
	if (failed)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	cairn_mem__state_drop(state);
	return status;
}

/* ---- edges ------------------------------------------------------------------------- */

/* The rows are there by prerequisite, and asked for by dependent. */
struct edges {
	const struct mem_edge **at;
	size_t n;
	size_t room;
};

static int gather_edges(struct mem *mem, const struct mem_state *state, cairn_id run,
			struct edges *edges)
{
	const struct mem_step *step;
	edges->room = cairn_mem__count(state, MEM_EDGES) + 1;
	edges->at = cairn_host_alloc(mem->host, NULL, 0, edges->room * sizeof *edges->at);
	if (edges->at == NULL)
		return -1;
	for (size_t i = cairn_mem__step_first(state, run);
	     (step = cairn_mem__step_at(state, run, i)) != NULL; i++) {
		struct mem_edge from = { .prerequisite = step->step.id };
		for (size_t j = cairn_mem__seek(state, MEM_EDGES, &from);
		     j < cairn_mem__count(state, MEM_EDGES); j++) {
			const struct mem_edge *edge = cairn_mem__at(state, MEM_EDGES, j);
			if (cairn_id_compare(edge->prerequisite, step->step.id) != 0)
				break;
			edges->at[edges->n++] = edge;
		}
	}
	return 0;
}

static int by_dependent(const void *a, const void *b)
{
	const struct mem_edge *x = *(const struct mem_edge *const *)a;
	const struct mem_edge *y = *(const struct mem_edge *const *)b;
	int order = cairn_id_compare(x->dependent, y->dependent);
	return order != 0 ? order : cairn_id_compare(x->prerequisite, y->prerequisite);
}

static int push_edge(const struct mem_state *state, cairn_id run, const struct mem_edge *edge,
		     cairn_rows *rows)
{
	cairn_str from = cairn_mem__step(state, run, edge->prerequisite)->step.key;
	cairn_str to = cairn_mem__step(state, run, edge->dependent)->step.key;
	cairn_run_edge *row = cairn_rows_push(rows);
	if (row == NULL)
		return -1;
	row->prerequisite = edge->prerequisite;
	row->dependent = edge->dependent;
	row->mode = edge->mode;
	row->prerequisite_key = cairn_rows_str(rows, from.ptr, from.len);
	row->dependent_key = cairn_rows_str(rows, to.ptr, to.len);
	return cairn_rows_failed(rows) ? -1 : 0;
}

static int push_edges(const struct mem_state *state, const cairn_edge_query *query,
		      struct edges *edges, cairn_rows *rows)
{
	const struct mem_edge after = { .dependent = query->after_dependent,
					.prerequisite = query->after_prerequisite };
	const struct mem_edge *behind = &after;
	if (edges->n > 0)
		qsort(edges->at, edges->n, sizeof *edges->at, by_dependent);
	for (size_t i = 0; i < edges->n && cairn_rows_count(rows) < query->limit; i++) {
		if (by_dependent(&edges->at[i], &behind) > 0 &&
		    push_edge(state, query->run, edges->at[i], rows) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__run_edges(void *self, const cairn_edge_query *query, int *found,
				  cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	struct edges edges = { .at = NULL };
	cairn_status status = cairn_mem__read_begin(mem, MEM_EDGES, &state, err);
	if (status != CAIRN_OK)
		return status;
	*found = cairn_mem__run_in_scope(state, &query->scope, query->run) != NULL;
	if (*found && (gather_edges(mem, state, query->run, &edges) != 0 ||
		       push_edges(state, query, &edges, rows) != 0))
		status = cairn_fail(err, CAIRN_E_NOMEM);
	if (edges.at != NULL)
		cairn_host_alloc(mem->host, edges.at, edges.room * sizeof *edges.at, 0);
	cairn_mem__state_drop(state);
	return status;
}

/* ---- what append and recover look at -------------------------------------------------- */

/* The row's lock is the writer's, which the transaction has. */
static int look(const struct mem_state *state, const cairn_run_look *look, cairn_run_looked *looked,
		cairn_rows *steps)
{
	const struct mem_run *run = cairn_mem__run_in_scope(state, &look->scope, look->run);
	struct mem_append wanted = { .run = look->run, .key = look->append_key };
	const struct mem_append *append = NULL;
	*looked = (cairn_run_looked){ .events = 0 };
	if (run == NULL)
		return 0;
	looked->counts = run->run.counts;
	looked->status = run->run.status;
	looked->events = run->run.events;
	looked->edges = run->edges;
	looked->tenant = cairn_rows_str(steps, run->run.tenant.ptr, run->run.tenant.len);
	if (look->append_key.len > 0)
		append = cairn_mem__find(state, MEM_APPENDS, &wanted);
	looked->appended = append != NULL;
	if (append != NULL)
		memcpy(looked->append_hash, append->request_hash, sizeof looked->append_hash);
	for (size_t i = 0; i < look->key_count; i++) {
		const struct mem_step *step =
			cairn_mem__step_by_key(state, look->run, look->keys[i]);
		if (step != NULL && cairn_mem__step_push(state, step, true, steps) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__run_look(void *self, const cairn_run_look *plan, cairn_run_looked *looked,
				 cairn_rows *steps, cairn_error *err)
{
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(self, MEM_RUNS, &state, err);
	if (status != CAIRN_OK)
		return status;
	if (look(state, plan, looked, steps) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	cairn_mem__state_drop(state);
	return status;
}
