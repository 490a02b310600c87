/*
 * run_request.c - requests in canonical form, as requested: what a definition would fill in stays open, what is
 * said by leaving it out is written out, steps and dependencies are ordered by key. Members that came later are only
 * there if they are used, so that what is stored stays equal. Payloads alone are rewritten.
 */
#include "run_request.h"

#include <stdlib.h>

static void member(cairn_text *text, const char *name, cairn_str value)
{
	cairn_text_add_z(text, name);
	cairn_text_add_json(text, value);
}

static void member_if(cairn_text *text, const char *name, cairn_str value)
{
	if (value.len > 0)
		member(text, name, value);
}

static void number(cairn_text *text, const char *name, int given, int64_t value)
{
	cairn_text_add_z(text, name);
	if (given)
		cairn_text_add_int(text, value);
	else
		cairn_text_add_z(text, "null");
}

static cairn_status json(cairn_text *text, const char *name, cairn_str document, cairn_error *err)
{
	cairn_text_add_z(text, name);
	return cairn_json_canonical(document.len > 0 ? document : CAIRN_STR("{}"), text, err);
}

/* ---- dependencies ------------------------------------------------------------- */

static int by_prerequisite(const void *a, const void *b)
{
	const cairn_dependency *const *x = a;
	const cairn_dependency *const *y = b;
	return cairn_str_compare((*x)->prerequisite, (*y)->prerequisite);
}

/* order: room for as many as any step has. */
static void add_dependencies(cairn_text *text, const cairn_step_new *step,
			     const cairn_dependency **order)
{
	for (size_t i = 0; i < step->dependency_count; i++)
		order[i] = &step->dependencies[i];
	qsort(order, step->dependency_count, sizeof *order, by_prerequisite);
	cairn_text_add_z(text, "\"dependencies\":[");
	for (size_t i = 0; i < step->dependency_count; i++) {
		enum cairn_release_mode mode =
			order[i]->mode != 0 ? order[i]->mode : CAIRN_RELEASE_ON_TERMINAL;
		cairn_text_add_z(text, i > 0 ? ",{\"mode\":" : "{\"mode\":");
		cairn_text_add_json(text, cairn_str_of(cairn_release_mode_text(mode)));
		member(text, ",\"prerequisite\":", order[i]->prerequisite);
		cairn_text_add_z(text, "}");
	}
	cairn_text_add_z(text, "]");
}

/* ---- steps --------------------------------------------------------------------- */

static cairn_status add_payload(cairn_text *text, const cairn_step_new *step, int job,
				cairn_error *err)
{
	member_if(text, ",\"owner\":", step->owner);
	cairn_status st = json(text, ",\"payload\":", step->payload, err);
	if (!job)
		return st;
	number(text, ",\"priority\":", (step->set & CAIRN_STEP_PRIORITY) != 0, step->priority);
	member(text, ",\"queue\":", step->queue.len > 0 ? step->queue : CAIRN_STR("default"));
	member_if(text, ",\"resource_key\":", step->resource_key);
	member(text, ",\"stage\":", step->stage.len > 0 ? step->stage : CAIRN_STR("queued"));
	return st;
}

static cairn_status add_step(cairn_text *text, const cairn_step_new *step, cairn_str tenant,
			     const cairn_dependency **order, cairn_error *err)
{
	int job = step->kind != CAIRN_STEP_EXTERNAL;
	cairn_str whose = step->tenant.len > 0 ? step->tenant : tenant;
	cairn_text_add_z(text, step->set & CAIRN_STEP_CONTINUES ? "{\"continues\":true," : "{");
	if (step->deadline != 0) {
		number(text, "\"deadline_us\":", 1, step->deadline);
		cairn_text_add_z(text, ",");
	}
	add_dependencies(text, step, order);
	member(text, ",\"key\":", step->key);
	cairn_text_add_z(text, job ? ",\"kind\":\"JOB\"" : ",\"kind\":\"EXTERNAL\"");
	if (job)
		number(text, ",\"max_attempts\":", step->max_attempts != 0, step->max_attempts);
	cairn_status st = add_payload(text, step, job, err);
	if (whose.len > 0)
		member(text, ",\"tenant\":", whose);
	else
		cairn_text_add_z(text, ",\"tenant\":null");
	if (job) {
		number(text, ",\"timeout_us\":", step->timeout != 0, step->timeout);
		member(text, ",\"type\":", step->type);
	}
	cairn_text_add_z(text, "}");
	return st;
}

static size_t most_dependencies(const struct cairn__graph *graph)
{
	size_t most = 1;
	for (size_t i = 0; i < graph->n; i++) {
		if (graph->steps[i].dependency_count > most)
			most = graph->steps[i].dependency_count;
	}
	return most;
}

static cairn_status add_steps(cairn_text *text, const struct cairn__graph *graph, cairn_str tenant,
			      cairn_error *err)
{
	size_t size = most_dependencies(graph) * sizeof(cairn_dependency *);
	const cairn_dependency **order = graph->alloc(graph->alloc_user, NULL, 0, size);
	cairn_status st = CAIRN_OK;
	if (order == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_text_add_z(text, "\"steps\":[");
	for (size_t i = 0; i < graph->n && st == CAIRN_OK; i++) {
		if (i > 0)
			cairn_text_add_z(text, ",");
		st = add_step(text, graph->by_key[i], tenant, order, err);
	}
	cairn_text_add_z(text, "]");
	graph->alloc(graph->alloc_user, order, size, 0);
	return st;
}

static cairn_status whole(const cairn_text *text, cairn_status st, cairn_error *err)
{
	return st == CAIRN_OK && text->failed ? cairn_fail(err, CAIRN_E_NOMEM) : st;
}

/* ---- requests -------------------------------------------------------------------- */

cairn_status cairn__run_request(const cairn_run_new *run, const struct cairn__graph *graph,
				cairn_text *text, cairn_error *err)
{
	cairn_text_add_z(text, "{");
	if (run->active_key.len > 0) {
		member(text, "\"active_key\":", run->active_key);
		cairn_text_add_z(text, ",");
	}
	cairn_status st = json(text, "\"metadata\":", run->metadata, err);
	if (run->on_failure == CAIRN_ON_FAILURE_FAIL_FAST)
		cairn_text_add_z(text, ",\"on_failure\":\"FAIL_FAST\"");
	member_if(text, ",\"result_step\":", run->result_step);
	cairn_text_add_z(text, ",");
	if (st == CAIRN_OK)
		st = add_steps(text, graph, run->tenant, err);
	cairn_text_add_z(text, "}");
	return whole(text, st, err);
}

cairn_status cairn__append_request(const cairn_append *append, cairn_str tenant,
				   const struct cairn__graph *graph, cairn_text *text,
				   cairn_error *err)
{
	cairn_text_add_z(text, "{");
	cairn_status st = add_steps(text, graph, tenant, err);
	member(text, ",\"window\":", append->window);
	cairn_text_add_z(text, "}");
	return whole(text, st, err);
}
