/*
 * mutant_run_ends.c - the slots of runs as a mutant has them. What a driver does inside is broken from outside, by
 * what it is given: edges that are lost, counters that begin wrongly. (mutant.c)
 */
#include <stdlib.h>

#include "mutant.h"

static const ct_mutant *active;

/* ---- in -------------------------------------------------------------------------- */

static size_t number_of(const cairn_step_insert *steps, size_t n, cairn_id id)
{
	for (size_t i = 0; i < n; i++) {
		if (cairn_id_compare(steps[i].id, id) == 0)
			return i;
	}
	return n;
}

/* How many edges a step is away from where it begins; steps stand behind their prerequisites or not at all. */
static size_t lose_edges(const cairn_step_insert *steps, size_t n, cairn_edge_insert *edges,
			 size_t count)
{
	size_t *depth = calloc(n + 1, sizeof(*depth));
	size_t kept = 0;
	if (!depth)
		abort();
	for (size_t round = 0; round < n && round <= active->run_depth; round++) {
		for (size_t i = 0; i < count; i++) {
			size_t from = number_of(steps, n, edges[i].prerequisite);
			size_t to = number_of(steps, n, edges[i].dependent);
			if (to < n && from < n && depth[to] <= depth[from])
				depth[to] = depth[from] + 1;
		}
	}
	for (size_t i = 0; i < count; i++) {
		size_t from = number_of(steps, n, edges[i].prerequisite);
		if (from >= n || depth[from] < active->run_depth)
			edges[kept++] = edges[i];
	}
	free(depth);
	return kept;
}

static cairn_step_insert *steps_of(const cairn_step_insert *given, size_t n)
{
	cairn_step_insert *steps = ct_copy_of(given, n, sizeof(*steps));
	for (size_t i = 0; i < n && active->run_step; i++)
		active->run_step(&steps[i]);
	return steps;
}

static cairn_edge_insert *edges_of(const cairn_edge_insert *given, size_t n)
{
	cairn_edge_insert *edges = ct_copy_of(given, n, sizeof(*edges));
	for (size_t i = 0; i < n && active->run_edge; i++)
		active->run_edge(&edges[i]);
	return edges;
}

static cairn_status on_enqueue(void *self, const cairn_run_plan *plan, cairn_run_inserted *each,
			       cairn_error *err)
{
	cairn_run_plan mine = *plan;
	cairn_run_insert *runs = ct_copy_of(plan->runs, plan->n, sizeof(*runs));
	cairn_step_insert *steps = steps_of(plan->steps, plan->step_count);
	cairn_edge_insert *edges = edges_of(plan->edges, plan->edge_count);
	for (size_t i = 0; i < plan->n && active->run_insert; i++)
		active->run_insert(&runs[i]);
	/* of one run at a time, and of none that is wide: it looks at every pair */
	if (active->run_depth && plan->n == 1 && plan->step_count < 100) {
		mine.edge_count = lose_edges(steps, plan->step_count, edges, plan->edge_count);
		runs[0].edge_count = mine.edge_count;
	}
	mine.runs = runs;
	mine.steps = steps;
	mine.edges = edges;
	cairn_status status = ct_real_ops()->workflows.enqueue(self, &mine, each, err);
	if (status == CAIRN_OK && active->run_enqueued)
		active->run_enqueued(self, plan);
	free(edges);
	free(steps);
	free(runs);
	return status;
}

static cairn_status on_append(void *self, const cairn_append_plan *plan, size_t *missing,
			      cairn_error *err)
{
	cairn_append_plan mine = *plan;
	cairn_step_insert *steps = steps_of(plan->steps, plan->n);
	cairn_edge_insert *edges = edges_of(plan->edges, plan->edge_count);
	mine.steps = steps;
	mine.edges = edges;
	cairn_status status = ct_real_ops()->workflows.append(self, &mine, missing, err);
	free(edges);
	free(steps);
	return status;
}

/* ---- ends --------------------------------------------------------------------------- */

static cairn_status on_end(void *self, const cairn_step_end_plan *plan, cairn_step_ended *each,
			   cairn_rows *rows, cairn_error *err)
{
	cairn_step_end_plan mine = *plan;
	cairn_step_end *items = ct_copy_of(plan->items, plan->n, sizeof(*items));
	for (size_t i = 0; i < plan->n && active->run_end; i++)
		active->run_end(&items[i]);
	mine.items = items;
	if (active->run_end_plan)
		active->run_end_plan(&mine);
	cairn_status status = ct_real_ops()->workflows.end(self, &mine, each, rows, err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK && active->run_ended; i++)
		active->run_ended(&plan->items[i], &each[i]);
	free(items);
	return status;
}

static cairn_status on_cancel(void *self, const cairn_run_cancel_plan *plan,
			      cairn_run_canceled *each, cairn_error *err)
{
	cairn_run_cancel_plan mine = *plan;
	if (active->run_cancel)
		active->run_cancel(&mine);
	cairn_status status = ct_real_ops()->workflows.cancel(self, &mine, each, err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK && active->run_canceled; i++)
		active->run_canceled(&each[i]);
	return status;
}

static cairn_status on_overdue(void *self, uint32_t limit, cairn_rows *rows, cairn_error *err)
{
	ct_advance(active->overdue_clock);
	cairn_status status = ct_real_ops()->workflows.overdue(self, limit, rows, err);
	ct_advance(-active->overdue_clock);
	return status;
}

static cairn_status on_prune(void *self, const cairn_run_prune_plan *plan, size_t *pruned,
			     cairn_error *err)
{
	cairn_run_prune_plan mine = *plan;
	if (active->run_prune)
		active->run_prune(&mine);
	ct_advance(active->run_prune_clock);
	cairn_status status = ct_real_ops()->workflows.prune(self, &mine, pruned, err);
	ct_advance(-active->run_prune_clock);
	return status;
}

/* ---- out ------------------------------------------------------------------------------ */

static cairn_status on_runs(void *self, const cairn_run_query *query, cairn_rows *rows,
			    cairn_error *err)
{
	cairn_status status = ct_real_ops()->workflows.runs(self, query, rows, err);
	if (status == CAIRN_OK && active->runs_read)
		active->runs_read(rows);
	return status;
}

static cairn_status on_steps(void *self, const cairn_step_query *query, int *found,
			     cairn_rows *rows, cairn_error *err)
{
	cairn_step_query mine = *query;
	if (active->step_query)
		active->step_query(&mine);
	cairn_status status = ct_real_ops()->workflows.steps(self, &mine, found, rows, err);
	if (status == CAIRN_OK && active->steps_read)
		active->steps_read(query, rows);
	return status;
}

static cairn_status on_events(void *self, const cairn_run_event_query *query, int *found,
			      cairn_rows *rows, cairn_error *err)
{
	cairn_run_event_query mine = *query;
	if (active->run_events)
		active->run_events(&mine);
	cairn_status status = ct_real_ops()->workflows.events(self, &mine, found, rows, err);
	if (status == CAIRN_OK && active->run_events_read)
		active->run_events_read(query, rows);
	return status;
}

bool ct_mutates_run_ends(const ct_mutant *mutant)
{
	return mutant->run_insert || mutant->run_enqueued || mutant->run_step || mutant->run_edge ||
	       mutant->run_depth || mutant->run_end || mutant->run_end_plan || mutant->run_ended ||
	       mutant->run_cancel || mutant->run_canceled || mutant->runs_read ||
	       mutant->step_query || mutant->steps_read || mutant->run_events ||
	       mutant->run_events_read || mutant->run_prune || mutant->overdue_clock ||
	       mutant->run_prune_clock;
}

void ct_wrap_run_ends(cairn_workflow_ops *workflows, const ct_mutant *mutant)
{
	active = mutant;
	workflows->enqueue = on_enqueue;
	if (workflows->append)
		workflows->append = on_append;
	workflows->end = on_end;
	workflows->cancel = on_cancel;
	workflows->overdue = on_overdue;
	workflows->prune = on_prune;
	workflows->runs = on_runs;
	workflows->steps = on_steps;
	workflows->events = on_events;
}
