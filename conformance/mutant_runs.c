/*
 * mutant_runs.c - the slots of runs as a mutant has them. (mutant.c)
 */
#include <stdlib.h>

#include "mutant.h"

static const ct_mutant *active;

static const cairn_workflow_ops *the_real(void)
{
	return &ct_real_ops()->workflows;
}

/* ---- in --------------------------------------------------------------------------- */

static void change_steps(cairn_step_insert *steps, size_t n)
{
	for (size_t i = 0; i < n && active->run_step; i++)
		active->run_step(&steps[i]);
}

static void change_edges(cairn_edge_insert *edges, size_t n)
{
	for (size_t i = 0; i < n && active->run_edge; i++)
		active->run_edge(&edges[i]);
}

static cairn_status on_enqueue(void *self, const cairn_run_plan *plan, cairn_run_inserted *each,
			       cairn_error *err)
{
	cairn_run_plan mine = *plan;
	cairn_run_insert *runs = ct_copy_of(plan->runs, plan->n, sizeof(*runs));
	cairn_step_insert *steps = ct_copy_of(plan->steps, plan->step_count, sizeof(*steps));
	cairn_edge_insert *edges = ct_copy_of(plan->edges, plan->edge_count, sizeof(*edges));
	for (size_t i = 0; i < plan->n && active->run_insert; i++)
		active->run_insert(&runs[i], steps + runs[i].first_step);
	change_steps(steps, plan->step_count);
	change_edges(edges, plan->edge_count);
	mine.runs = runs;
	mine.steps = steps;
	mine.edges = edges;
	cairn_run_enqueue_fn *slot =
		active->run_enqueue_slot ? active->run_enqueue_slot : the_real()->enqueue;
	cairn_status status = slot(self, &mine, each, err);
	for (size_t i = 0; i < plan->n && active->run_inserted && status == CAIRN_OK; i++)
		active->run_inserted(&plan->runs[i], &each[i]);
	free(edges);
	free(steps);
	free(runs);
	return status;
}

static cairn_status on_look(void *self, const cairn_run_look *look, cairn_run_looked *looked,
			    cairn_rows *steps, cairn_error *err)
{
	cairn_run_look mine = *look;
	if (active->run_look)
		active->run_look(&mine);
	cairn_status status = the_real()->look(self, &mine, looked, steps, err);
	if (status == CAIRN_OK && active->run_looked)
		active->run_looked(looked, steps);
	return status;
}

static cairn_status on_append(void *self, const cairn_append_plan *plan, size_t *missing,
			      cairn_error *err)
{
	cairn_append_plan mine = *plan;
	cairn_step_insert *steps = ct_copy_of(plan->steps, plan->n, sizeof(*steps));
	cairn_edge_insert *edges = ct_copy_of(plan->edges, plan->edge_count, sizeof(*edges));
	change_steps(steps, plan->n);
	change_edges(edges, plan->edge_count);
	mine.steps = steps;
	mine.edges = edges;
	if (active->run_append)
		active->run_append(&mine);
	cairn_status status = the_real()->append(self, &mine, missing, err);
	free(edges);
	free(steps);
	return status;
}

/* ---- ends ------------------------------------------------------------------------------ */

static cairn_status on_end(void *self, const cairn_step_end_plan *plan, cairn_step_ended *each,
			   cairn_rows *rows, cairn_error *err)
{
	cairn_step_end_plan mine = *plan;
	cairn_step_end *items = ct_copy_of(plan->items, plan->n, sizeof(*items));
	for (size_t i = 0; i < plan->n && active->run_end; i++)
		active->run_end(&items[i]);
	mine.items = items;
	cairn_status status = the_real()->end(self, &mine, each, rows, err);
	for (size_t i = 0; i < plan->n && active->run_ended && status == CAIRN_OK; i++)
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
	return the_real()->cancel(self, &mine, each, err);
}

static cairn_status on_prune(void *self, const cairn_run_prune_plan *plan, size_t *pruned,
			     cairn_error *err)
{
	cairn_run_prune_plan mine = *plan;
	if (active->run_prune)
		active->run_prune(&mine);
	return the_real()->prune(self, &mine, pruned, err);
}

/* ---- reads ------------------------------------------------------------------------------- */

static cairn_status on_runs(void *self, const cairn_run_query *query, cairn_rows *rows,
			    cairn_error *err)
{
	cairn_run_query mine = *query;
	if (active->run_list)
		active->run_list(&mine);
	cairn_status status = the_real()->runs(self, &mine, rows, err);
	if (status == CAIRN_OK && active->runs_listed)
		active->runs_listed(query, rows);
	return status;
}

static cairn_status on_steps(void *self, const cairn_step_query *query, int *found,
			     cairn_rows *rows, cairn_error *err)
{
	cairn_step_query mine = *query;
	if (active->run_steps)
		active->run_steps(&mine);
	cairn_status status = the_real()->steps(self, &mine, found, rows, err);
	if (status == CAIRN_OK && active->steps_listed)
		active->steps_listed(query, rows);
	return status;
}

static cairn_status on_edges(void *self, const cairn_edge_query *query, int *found,
			     cairn_rows *rows, cairn_error *err)
{
	cairn_edge_query mine = *query;
	if (active->run_edges)
		active->run_edges(&mine);
	return the_real()->edges(self, &mine, found, rows, err);
}

static cairn_status on_events(void *self, const cairn_run_event_query *query, int *found,
			      cairn_rows *rows, cairn_error *err)
{
	cairn_run_event_query mine = *query;
	if (active->run_events)
		active->run_events(&mine);
	cairn_status status = the_real()->events(self, &mine, found, rows, err);
	if (status == CAIRN_OK && active->run_events_listed)
		active->run_events_listed(rows);
	return status;
}

static cairn_status on_overdue(void *self, uint32_t limit, cairn_rows *rows, cairn_error *err)
{
	if (active->run_overdue)
		active->run_overdue(&limit);
	return the_real()->overdue(self, limit, rows, err);
}

bool ct_mutates_runs(const ct_mutant *mutant)
{
	return mutant->run_insert || mutant->run_step || mutant->run_edge || mutant->run_inserted ||
	       mutant->run_enqueue_slot || mutant->run_look || mutant->run_looked ||
	       mutant->run_append || mutant->run_end || mutant->run_ended || mutant->run_cancel ||
	       mutant->run_prune || mutant->run_list || mutant->runs_listed || mutant->run_steps ||
	       mutant->steps_listed || mutant->run_edges || mutant->run_events ||
	       mutant->run_events_listed || mutant->run_overdue || mutant->run_wait_slot;
}

void ct_wrap_runs(cairn_workflow_ops *workflows, const ct_mutant *mutant)
{
	active = mutant;
	*workflows = *the_real();
	workflows->enqueue = on_enqueue;
	workflows->end = on_end;
	workflows->cancel = on_cancel;
	workflows->runs = on_runs;
	workflows->steps = on_steps;
	workflows->edges = on_edges;
	workflows->events = on_events;
	workflows->overdue = on_overdue;
	workflows->prune = on_prune;
	workflows->look = workflows->look ? on_look : NULL;
	workflows->append = workflows->append ? on_append : NULL;
	if (workflows->wait && mutant->run_wait_slot)
		workflows->wait = mutant->run_wait_slot;
}
