/* graphs.h - random graphs. */
#ifndef TESTS_RUNS_GRAPHS_H
#define TESTS_RUNS_GRAPHS_H

#include "runs.h"

enum { GRAPH_STEPS = 14, GRAPH_EDGES = 18 };

struct graph {
	cairn_step_new steps[GRAPH_STEPS];
	cairn_dependency edges[GRAPH_STEPS][GRAPH_EDGES];
	size_t n;
	cairn_str queue;
	char text[8192];
	size_t used;
};

/*
 * n steps whose keys begin with `key`, each behind some of those before it; with `outside` also behind steps that a
 * run may have, whose keys begin so.
 */
void graph_roll(struct graph *graph, struct dice *dice, cairn_str queue, const char *key, size_t n,
		const char *outside);

#endif
