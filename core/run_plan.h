/*
 * run_plan.h - requests as a driver gets them: rows with ids, counters, statuses and the numbers of their
 * events. No I/O.
 */
#ifndef CAIRN_CORE_RUN_PLAN_H
#define CAIRN_CORE_RUN_PLAN_H

#include <cairn/sys/json.h>

#include "graph_check.h"

/* Requests that were checked, and what is made of them. */
struct cairn__runs {
	cairn_conn *conn;
	const cairn_run_new *given;
	size_t n;
	struct cairn__graph *graphs;
	cairn_run_insert *runs;
	cairn_step_insert *steps;
	size_t step_count;
	cairn_edge_insert *edges;
	size_t edge_count;
	cairn_text text; /* the canonical forms of the keyed ones */
};

/* Checks and plans; n > 0. It needs an end either way. The index of who is to blame is in err. */
cairn_status cairn__runs_begin(struct cairn__runs *runs, cairn_conn *conn,
			       const cairn_run_new *given, size_t n, cairn_error *err);
void cairn__runs_end(struct cairn__runs *runs);

/* What a driver is asked to insert. */
cairn_run_plan cairn__runs_plan(const struct cairn__runs *runs);

/*
 * How a run begins whose steps have their prerequisites counted: statuses, counters, numbers of events. steps
 * are run->step_count of them.
 */
void cairn__plan_start(const cairn_run_rules *rules, cairn_run_insert *run,
		       cairn_step_insert *steps);

/* ---- append -------------------------------------------------------------------- */

/* Steps that are added to a run of which is known what `looked` and its rows say. */
struct cairn__appendix {
	cairn_conn *conn;
	const struct cairn__graph *graph;
	const cairn_run_looked *looked;
	/* per dependency, as graph->ends: the existing prerequisite, where that is OUTSIDE */
	const cairn_step **outside;
	cairn_step_insert *steps;
	cairn_edge_insert *edges;
	cairn_append_plan *plan; /* counts, status and numbers of events are filled in */
};

/* Ids, counters and statuses: what is ready begins, what can't be satisfied any more is canceled. */
cairn_status cairn__appendix_plan(struct cairn__appendix *appendix, cairn_error *err);

#endif
