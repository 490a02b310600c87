/*
 * graph_check.c - what is wrong with a graph, found out before any I/O and always in the same order: the
 * run's own texts, then step by step what each says of itself, then edges, circles, the result step.
 */
#include "graph_check.h"

#include <stdlib.h>
#include <string.h>

#include <cairn/sys/json.h>

#include "alloc.h"
#include "check.h"
#include "limits.h"

/* ---- memory ---------------------------------------------------------------- */

static void *plain_alloc(void *user, void *ptr, size_t old_size, size_t new_size)
{
	(void)user;
	return cairn__raw_alloc(ptr, old_size, new_size);
}

void cairn__graph_begin(struct cairn__graph *graph, const cairn_conn *conn)
{
	*graph = (struct cairn__graph){
		.max_json = CAIRN__MAX_JSON,
		.max_steps = CAIRN__MAX_STEPS,
		.max_edges = CAIRN__MAX_EDGES,
		.alloc = plain_alloc,
	};
	if (conn == NULL)
		return;
	graph->max_json = conn->host.settings.max_json;
	graph->alloc = conn->host.alloc;
	graph->alloc_user = conn->host.alloc_user;
}

static void drop(struct cairn__graph *graph, void *memory, size_t n, size_t size)
{
	if (memory != NULL)
		graph->alloc(graph->alloc_user, memory, n * size, 0);
}

static size_t *numbers(struct cairn__graph *graph, size_t n)
{
	return graph->alloc(graph->alloc_user, NULL, 0, n * sizeof(size_t));
}

void cairn__graph_end(struct cairn__graph *graph)
{
	drop(graph, graph->by_key, graph->n, sizeof *graph->by_key);
	drop(graph, graph->first, graph->n + 1, sizeof *graph->first);
	drop(graph, graph->ends, graph->edges + 1, sizeof *graph->ends);
}

static cairn_status reserve(struct cairn__graph *graph, cairn_error *err)
{
	graph->by_key = graph->alloc(graph->alloc_user, NULL, 0, graph->n * sizeof *graph->by_key);
	graph->first = numbers(graph, graph->n + 1);
	graph->ends = numbers(graph, graph->edges + 1);
	if (graph->by_key == NULL || graph->first == NULL || graph->ends == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	return CAIRN_OK;
}

/* ---- refusals ---------------------------------------------------------------- */

cairn_status cairn__refuse_step(cairn_code code, size_t step, cairn_error *err)
{
	cairn_status st = cairn_fail(err, code);
	cairn_error_message(err, "Step %zu: %s", step, cairn_code_message(code));
	return st;
}

/* What another check said, with the step's number in front. */
static cairn_status of_step(cairn_status st, size_t step, cairn_error *err)
{
	char said[sizeof err->message];
	if (err == NULL)
		return st;
	memcpy(said, err->message, sizeof said);
	cairn_error_message(err, "Step %zu: %s", step, said);
	return st;
}

static cairn_status too_many(const char *what, size_t max, cairn_error *err)
{
	cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
	cairn_error_message(err, "A run may have at most %zu %s.", max, what);
	return CAIRN_TOO_LARGE;
}

/* ---- one step by itself --------------------------------------------------------- */

static cairn_status check_texts(const struct cairn__graph *graph, const cairn_step_new *step,
				cairn_error *err)
{
	cairn_status st = cairn__check_name(step->key, "key", err);
	if (st == CAIRN_OK && step->type.len > 0)
		st = cairn__check_name(step->type, "type", err);
	if (st == CAIRN_OK && step->queue.len > 0)
		st = cairn__check_name(step->queue, "queue", err);
	if (st == CAIRN_OK && step->tenant.len > 0)
		st = cairn__check_tenant(step->tenant, err);
	if (st == CAIRN_OK && step->owner.len > 0)
		st = cairn__check_name(step->owner, "owner", err);
	if (st == CAIRN_OK && step->resource_key.len > 0)
		st = cairn__check_key(step->resource_key, "resource_key", err);
	if (st == CAIRN_OK && step->stage.len > 0 && !cairn_str_is(step->stage, "queued") &&
	    !cairn_str_is(step->stage, "scheduled"))
		st = cairn_fail(err, CAIRN_E_JOB_STAGE);
	if (st == CAIRN_OK && step->payload.len > 0)
		st = cairn_json_check(step->payload, graph->max_json, err);
	return st;
}

static int reserved_used(const cairn_step_new *step)
{
	return (step->set & ~(CAIRN_STEP_PRIORITY | CAIRN_STEP_CONTINUES)) != 0 ||
	       (step->reserved_[0] | step->reserved_[1] | step->reserved_[2] |
		step->reserved_[3]) != 0;
}

static cairn_code judge_job(const cairn_step_new *step)
{
	if (cairn__is_blank(step->type))
		return CAIRN_E_DAG_JOB_TYPE_BLANK;
	if (step->max_attempts < 0)
		return CAIRN_E_DAG_ATTEMPTS;
	if (step->timeout < 0 || step->timeout > CAIRN__MAX_TIMEOUT)
		return CAIRN_E_DAG_TIMEOUT;
	if (step->resource_key.len > 0 &&
	    (cairn__is_blank(step->resource_key) || step->resource_key.len > CAIRN__MAX_KEY))
		return CAIRN_E_DAG_RESOURCE_KEY;
	return step->deadline != 0 ? CAIRN_E_DAG_DEADLINE : CAIRN_E_NONE;
}

static cairn_code judge_gate(const cairn_step_new *step)
{
	if (step->type.len > 0)
		return CAIRN_E_DAG_GATE_TYPE;
	if (step->queue.len > 0 || step->owner.len > 0 || step->resource_key.len > 0 ||
	    step->stage.len > 0 || step->timeout != 0 || step->max_attempts != 0 || step->set != 0)
		return CAIRN_E_DAG_GATE_SETTINGS;
	if (step->deadline < 0 || step->deadline > CAIRN__MAX_TIMEOUT)
		return CAIRN_E_DAG_DEADLINE;
	return CAIRN_E_NONE;
}

static cairn_code judge(const cairn_step_new *step)
{
	if (cairn__is_blank(step->key))
		return CAIRN_E_DAG_STEP_KEY_BLANK;
	if (step->kind == CAIRN_STEP_EXTERNAL)
		return judge_gate(step);
	return step->kind == 0 || step->kind == CAIRN_STEP_JOB ? judge_job(step)
							       : CAIRN_E_ARG_INVALID;
}

static cairn_status check_step(const struct cairn__graph *graph, size_t i, cairn_error *err)
{
	const cairn_step_new *step = &graph->steps[i];
	cairn_code code = reserved_used(step) ? CAIRN_E_ARG_RESERVED : judge(step);
	if (code == CAIRN_E_NONE && step->dependencies == NULL && step->dependency_count > 0)
		code = CAIRN_E_ARG_INVALID;
	if (code != CAIRN_E_NONE)
		return cairn__refuse_step(code, i, err);
	cairn_status st = check_texts(graph, step, err);
	return st != CAIRN_OK ? of_step(st, i, err) : CAIRN_OK;
}

/* ---- all steps -------------------------------------------------------------------- */

/* By key; twins as they were given. */
static int by_key(const void *a, const void *b)
{
	const cairn_step_new *const *x = a;
	const cairn_step_new *const *y = b;
	int order = cairn_str_compare((*x)->key, (*y)->key);
	return order != 0 ? order : (*x > *y) - (*x < *y);
}

static void sort(struct cairn__graph *graph)
{
	for (size_t i = 0; i < graph->n; i++)
		graph->by_key[i] = &graph->steps[i];
	qsort(graph->by_key, graph->n, sizeof *graph->by_key, by_key);
}

/* The lowest number of a step whose key an earlier one has; n if there is none. */
static size_t first_twin(const struct cairn__graph *graph)
{
	size_t twin = graph->n;
	for (size_t i = 1; i < graph->n; i++) {
		const cairn_step_new *step = graph->by_key[i];
		size_t number = (size_t)(step - graph->steps);
		if (number < twin && cairn_str_equal(graph->by_key[i - 1]->key, step->key))
			twin = number;
	}
	return twin;
}

/* The number of the first step with this key; CAIRN__OUTSIDE if there is none. */
static size_t find_step(const struct cairn__graph *graph, cairn_str key)
{
	size_t low = 0;
	size_t high = graph->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (cairn_str_compare(graph->by_key[middle]->key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == graph->n || !cairn_str_equal(graph->by_key[low]->key, key))
		return CAIRN__OUTSIDE;
	return (size_t)(graph->by_key[low] - graph->steps);
}

/* ---- edges ---------------------------------------------------------------------------- */

static int known_mode(enum cairn_release_mode mode)
{
	return mode == 0 || mode == CAIRN_RELEASE_ON_TERMINAL || mode == CAIRN_RELEASE_ON_SUCCESS;
}

static cairn_code check_edge(const struct cairn__graph *graph, size_t i, size_t k, size_t end,
			     const size_t *marked)
{
	const cairn_step_new *step = &graph->steps[i];
	const cairn_dependency *edge = &step->dependencies[k];
	if (cairn__is_blank(edge->prerequisite))
		return CAIRN_E_DAG_DEPENDENCY_BLANK;
	if (edge->reserved_ != 0)
		return CAIRN_E_ARG_RESERVED;
	if (!known_mode(edge->mode))
		return CAIRN_E_ARG_INVALID;
	if (end == i)
		return CAIRN_E_DAG_SELF;
	if (end != CAIRN__OUTSIDE)
		return marked[end] == i + 1 ? CAIRN_E_DAG_DEPENDENCY_TWICE : CAIRN_E_NONE;
	return graph->appends ? CAIRN_E_NONE : CAIRN_E_DAG_MISSING;
}

/* marked: zeroes; marked[p] is i + 1 where step i waits for p. */
static cairn_status look_at_edges(struct cairn__graph *graph, size_t *marked, cairn_error *err)
{
	size_t at = 0;
	for (size_t i = 0; i < graph->n; i++) {
		const cairn_step_new *step = &graph->steps[i];
		graph->first[i] = at;
		for (size_t k = 0; k < step->dependency_count; k++) {
			size_t end = find_step(graph, step->dependencies[k].prerequisite);
			cairn_code code = check_edge(graph, i, k, end, marked);
			if (code != CAIRN_E_NONE)
				return cairn__refuse_step(code, i, err);
			if (end != CAIRN__OUTSIDE)
				marked[end] = i + 1;
			graph->ends[at++] = end;
		}
	}
	graph->first[graph->n] = at;
	return CAIRN_OK;
}

/*
 * Takes away, again and again, a step that nobody waits for; a circle is what can't be taken away.
 * waited: how many wait for each; todo: room for n numbers.
 */
static int has_circle(const struct cairn__graph *graph, size_t *waited, size_t *todo)
{
	size_t count = 0;
	size_t gone = 0;
	memset(waited, 0, graph->n * sizeof *waited);
	for (size_t i = 0; i < graph->edges; i++) {
		if (graph->ends[i] != CAIRN__OUTSIDE)
			waited[graph->ends[i]]++;
	}
	for (size_t i = 0; i < graph->n; i++) {
		if (waited[i] == 0)
			todo[count++] = i;
	}
	for (; gone < count; gone++) {
		size_t step = todo[gone];
		for (size_t i = graph->first[step]; i < graph->first[step + 1]; i++) {
			size_t end = graph->ends[i];
			if (end != CAIRN__OUTSIDE && --waited[end] == 0)
				todo[count++] = end;
		}
	}
	return gone < graph->n;
}

static cairn_status look(struct cairn__graph *graph, size_t *room, size_t *more, cairn_error *err)
{
	sort(graph);
	size_t twin = first_twin(graph);
	for (size_t i = 0; i < graph->n; i++) {
		cairn_status st = check_step(graph, i, err);
		if (st != CAIRN_OK)
			return st;
		if (i == twin)
			return cairn__refuse_step(CAIRN_E_DAG_STEP_TWICE, i, err);
	}
	memset(room, 0, graph->n * sizeof *room);
	cairn_status st = look_at_edges(graph, room, err);
	if (st == CAIRN_OK && has_circle(graph, room, more))
		st = cairn_fail(err, CAIRN_E_DAG_CYCLE);
	return st;
}

static cairn_status count(struct cairn__graph *graph, cairn_error *err)
{
	if (graph->n > graph->max_steps)
		return too_many("steps", graph->max_steps, err);
	for (size_t i = 0; i < graph->n; i++) {
		if (graph->steps[i].dependency_count > graph->max_edges - graph->edges)
			return too_many("edges", graph->max_edges, err);
		graph->edges += graph->steps[i].dependency_count;
	}
	return CAIRN_OK;
}

cairn_status cairn__graph_look(struct cairn__graph *graph, const cairn_step_new *steps, size_t n,
			       cairn_error *err)
{
	if (steps == NULL && n > 0)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	graph->steps = steps;
	graph->n = n;
	if (n == 0)
		return cairn_fail(err, CAIRN_E_DAG_EMPTY);
	cairn_status st = count(graph, err);
	if (st == CAIRN_OK)
		st = reserve(graph, err);
	if (st != CAIRN_OK)
		return st;
	size_t *room = numbers(graph, n);
	size_t *more = numbers(graph, n);
	if (room == NULL || more == NULL)
		st = cairn_fail(err, CAIRN_E_NOMEM);
	else
		st = look(graph, room, more, err);
	drop(graph, room, n, sizeof *room);
	drop(graph, more, n, sizeof *more);
	return st;
}

/* ---- a run --------------------------------------------------------------------------------- */

static cairn_code judge_run(const cairn_run_new *run)
{
	if (run->key.len > 0 && cairn__is_blank(run->key))
		return CAIRN_E_DAG_KEY_BLANK;
	if (run->active_key.len > 0 &&
	    (cairn__is_blank(run->active_key) || run->active_key.len > CAIRN__MAX_KEY))
		return CAIRN_E_DAG_ACTIVE_KEY;
	if (run->result_step.len > 0 && cairn__is_blank(run->result_step))
		return CAIRN_E_DAG_RESULT_BLANK;
	if (cairn__is_blank(run->type))
		return CAIRN_E_DAG_TYPE_BLANK;
	if (run->step_count == 0)
		return CAIRN_E_DAG_EMPTY;
	if ((run->reserved0_ | run->reserved_[0] | run->reserved_[1] | run->reserved_[2] |
	     run->reserved_[3]) != 0)
		return CAIRN_E_ARG_RESERVED;
	return run->on_failure > CAIRN_ON_FAILURE_FAIL_FAST ? CAIRN_E_ARG_INVALID : CAIRN_E_NONE;
}

static cairn_status check_run(const struct cairn__graph *graph, const cairn_run_new *run,
			      cairn_error *err)
{
	cairn_code code = judge_run(run);
	if (code != CAIRN_E_NONE)
		return cairn_fail(err, code);
	cairn_status st = cairn__check_name(run->type, "type", err);
	if (st == CAIRN_OK && run->tenant.len > 0)
		st = cairn__check_tenant(run->tenant, err);
	if (st == CAIRN_OK && run->key.len > 0)
		st = cairn__check_key(run->key, "key", err);
	if (st == CAIRN_OK && run->active_key.len > 0)
		st = cairn__check_key(run->active_key, "active_key", err);
	if (st == CAIRN_OK && run->metadata.len > 0)
		st = cairn_json_check(run->metadata, graph->max_json, err);
	return st;
}

cairn_status cairn__run_look(struct cairn__graph *graph, const cairn_run_new *run, cairn_error *err)
{
	cairn_status st = check_run(graph, run, err);
	if (st == CAIRN_OK)
		st = cairn__graph_look(graph, run->steps, run->step_count, err);
	if (st == CAIRN_OK && run->result_step.len > 0 &&
	    find_step(graph, run->result_step) == CAIRN__OUTSIDE)
		st = cairn_fail(err, CAIRN_E_DAG_RESULT_UNKNOWN);
	return st;
}

cairn_status cairn_run_check(const cairn_run_new *run, cairn_error *err)
{
	struct cairn__graph graph;
	if (run == NULL)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn__graph_begin(&graph, NULL);
	cairn_status st = cairn__run_look(&graph, run, err);
	cairn__graph_end(&graph);
	return st;
}
