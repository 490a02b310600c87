/*
 * graph_check.h - a graph that was checked and looked through: which step is which, and who waits for whom by
 * number. No I/O.
 */
#ifndef CAIRN_CORE_GRAPH_CHECK_H
#define CAIRN_CORE_GRAPH_CHECK_H

#include <cairn/graph.h>

#include "core.h"

/* The number of a prerequisite that is no step of the request: of one that is appended to. */
#define CAIRN__OUTSIDE SIZE_MAX

struct cairn__graph {
	const cairn_step_new *steps;
	size_t n;
	size_t edges;		       /* all dependencies together */
	const cairn_step_new **by_key; /* the steps ordered by key, twins by number */
	size_t *first; /* where each step's dependencies begin in ends; n + 1 of them */
	size_t *ends;  /* numbers of the prerequisites, step by step */
	size_t max_json;
	size_t max_steps;
	size_t max_edges;
	uint32_t appends; /* 1: prerequisites that are unknown are OUTSIDE */
	cairn_alloc_fn *alloc;
	void *alloc_user;
};

/* The limits of a connection; without one the defaults, and the C library's memory. */
void cairn__graph_begin(struct cairn__graph *graph, const cairn_conn *conn);
void cairn__graph_end(struct cairn__graph *graph);

/*
 * Fills it from steps, or says in the contract's order what is wrong with them. It needs an end either
 * way.
 */
cairn_status cairn__graph_look(struct cairn__graph *graph, const cairn_step_new *steps, size_t n,
			       cairn_error *err);

/* A refusal that names the step by its number. */
cairn_status cairn__refuse_step(cairn_code code, size_t step, cairn_error *err);

/* cairn_run_check() with a graph to be kept. */
cairn_status cairn__run_look(struct cairn__graph *graph, const cairn_run_new *run,
			     cairn_error *err);

#endif
