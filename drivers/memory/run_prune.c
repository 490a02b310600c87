/* run_prune.c - deleting runs with all that belongs to them; and waiting for one's end. */
#include <stdlib.h>

#include "mem.h"

/* ---- one run --------------------------------------------------------------------- */

static int delete_edges(struct mem_state *state, cairn_id step)
{
	struct mem_edge from = { .prerequisite = step };
	size_t at = cairn_mem__seek(state, MEM_EDGES, &from);
	while (at < cairn_mem__count(state, MEM_EDGES)) {
		const struct mem_edge *edge = cairn_mem__at(state, MEM_EDGES, at);
		if (cairn_id_compare(edge->prerequisite, step) != 0)
			break;
		if (cairn_mem__remove(state, MEM_EDGES, edge) != 0)
			return -1;
	}
	return 0;
}

/* Every edge begins at a step of its run. */
static int delete_steps(struct mem_write *write, cairn_id run)
{
	size_t first = cairn_mem__step_first(write->state, run);
	const struct mem_step *step;
	while ((step = cairn_mem__step_at(write->state, run, first)) != NULL) {
		const cairn_job *job = cairn_mem__job(write->state, step->step.id);
		if (job != NULL && (cairn_mem__replay_delete(write, job->id, NULL) != 0 ||
				    cairn_mem__job_delete(write, job) != 0))
			return -1;
		if (delete_edges(write->state, step->step.id) != 0 ||
		    cairn_mem__remove(write->state, MEM_STEPS, step) != 0)
			return -1;
	}
	return 0;
}

static int delete_events(struct mem_state *state, cairn_id run)
{
	struct mem_run_event from = { .run = run };
	size_t at = cairn_mem__seek(state, MEM_RUN_EVENTS, &from);
	while (at < cairn_mem__count(state, MEM_RUN_EVENTS)) {
		const struct mem_run_event *row = cairn_mem__at(state, MEM_RUN_EVENTS, at);
		if (cairn_id_compare(row->run, run) != 0)
			break;
		if (cairn_mem__remove(state, MEM_RUN_EVENTS, row) != 0)
			return -1;
	}
	return 0;
}

static int delete_appends(struct mem_state *state, cairn_id run)
{
	struct mem_append from = { .run = run };
	size_t at = cairn_mem__seek(state, MEM_APPENDS, &from);
	while (at < cairn_mem__count(state, MEM_APPENDS)) {
		const struct mem_append *row = cairn_mem__at(state, MEM_APPENDS, at);
		if (cairn_id_compare(row->run, run) != 0)
			break;
		if (cairn_mem__remove(state, MEM_APPENDS, row) != 0)
			return -1;
	}
	return 0;
}

/* Its active key may be another one's by now. */
static int delete_keys(struct mem_state *state, const cairn_run *run)
{
	struct mem_key key = { .type = run->type, .tenant = run->tenant, .key = run->key };
	struct mem_active active = { .tenant = run->tenant, .key = run->active_key };
	const struct mem_active *row = NULL;
	if (run->key.len > 0 && cairn_mem__remove(state, MEM_RUN_KEYS, &key) != 0)
		return -1;
	if (run->active_key.len > 0)
		row = cairn_mem__find(state, MEM_ACTIVE, &active);
	if (row == NULL || cairn_id_compare(row->run, run->id) != 0)
		return 0;
	return cairn_mem__remove(state, MEM_ACTIVE, &active);
}

static int delete_run(struct mem_write *write, const struct mem_run *run)
{
	cairn_id id = run->run.id;
	if (delete_keys(write->state, &run->run) != 0 || delete_steps(write, id) != 0 ||
	    delete_events(write->state, id) != 0 || delete_appends(write->state, id) != 0)
		return -1;
	return cairn_mem__remove(write->state, MEM_RUNS, run);
}

/* ---- the oldest ------------------------------------------------------------------ */

static bool prunable(const struct mem_write *write, const cairn_run_prune_plan *plan,
		     const cairn_run *run)
{
	if (!(plan->statuses & 1u << run->status) || !cairn_mem__run_over(run->status) ||
	    run->finished_at > write->now - plan->age)
		return false;
	if (plan->type.len > 0 && !cairn_str_equal(plan->type, run->type))
		return false;
	return cairn_mem__in_scope(&plan->scope, run->tenant) &&
	       cairn_mem__run_quiet_at(write, run) == 0;
}

static int oldest_first(const void *a, const void *b)
{
	const struct mem_run *x = *(const struct mem_run *const *)a;
	const struct mem_run *y = *(const struct mem_run *const *)b;
	if (x->run.finished_at != y->run.finished_at)
		return x->run.finished_at < y->run.finished_at ? -1 : 1;
	return cairn_id_compare(x->run.id, y->run.id);
}

static int prune(struct mem_write *write, const cairn_run_prune_plan *plan,
		 const struct mem_run **old, size_t *pruned)
{
	size_t found = 0;
	for (size_t i = 0; i < cairn_mem__count(write->state, MEM_RUNS); i++) {
		const struct mem_run *run = cairn_mem__at(write->state, MEM_RUNS, i);
		if (prunable(write, plan, &run->run))
			old[found++] = run;
	}
	if (found > 0)
		qsort(old, found, sizeof *old, oldest_first);
	for (*pruned = 0; *pruned < found && *pruned < plan->limit; ++*pruned) {
		if (delete_run(write, old[*pruned]) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__run_prune(void *self, const cairn_run_prune_plan *plan, size_t *pruned,
				  cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	*pruned = 0;
	cairn_status status = cairn_mem__write_begin(mem, MEM_RUNS, &write, err);
	if (status != CAIRN_OK)
		return status;
	size_t size = (cairn_mem__count(write.state, MEM_RUNS) + 1) * sizeof(struct mem_run *);
	const struct mem_run **old = cairn_host_alloc(mem->host, NULL, 0, size);
	if (old == NULL || prune(&write, plan, old, pruned) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	if (old != NULL)
		cairn_host_alloc(mem->host, old, size, 0);
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- waiting --------------------------------------------------------------------- */

/* Any commit is a reason to look. */
cairn_status cairn_mem__run_wait(void *self, cairn_id run, cairn_usec timeout,
				 enum cairn_wake *wake, cairn_error *err)
{
	(void)run;
	return cairn_mem__job_wait(self, &(cairn_wait_plan){ .timeout = timeout }, wake, err);
}
