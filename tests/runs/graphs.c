/* graphs.c - random graphs: small enough to collide, large enough to cascade. */
#include "graphs.h"

#include <string.h>

static cairn_str text(struct graph *graph, const char *before, uint32_t number, const char *behind)
{
	char *at = graph->text + graph->used;
	int n = snprintf(at, sizeof graph->text - graph->used, "%s%u%s", before, (unsigned)number,
			 behind);
	graph->used += (size_t)n + 1;
	return (cairn_str){ at, (size_t)n };
}

static void roll_kind(struct graph *graph, struct dice *dice, cairn_step_new *step)
{
	if (dice_percent(dice, 25)) {
		step->kind = CAIRN_STEP_EXTERNAL;
		if (dice_percent(dice, 40))
			step->deadline = dice_below(dice, 90) * CAIRN_SECOND + CAIRN_SECOND;
		return;
	}
	step->type = dice_percent(dice, 90) ? CAIRN_STR("work") : CAIRN_STR("other");
	step->queue = graph->queue;
	if (dice_percent(dice, 30)) {
		step->set |= CAIRN_STEP_PRIORITY;
		step->priority = (int32_t)dice_below(dice, 5);
	}
	if (dice_percent(dice, 30))
		step->max_attempts = 1 + (int32_t)dice_below(dice, 2);
	if (dice_percent(dice, 40))
		step->set |= CAIRN_STEP_CONTINUES;
	if (dice_percent(dice, 15))
		step->resource_key = text(graph, "permit-", dice_below(dice, 2), "");
}

static void roll_edges(struct graph *graph, struct dice *dice, cairn_step_new *step, size_t i,
		       uint32_t chance, const char *outside)
{
	cairn_dependency *edges = graph->edges[i];
	size_t n = 0;
	for (size_t k = 0; k < i && n + 2 < GRAPH_EDGES; k++) {
		if (!dice_percent(dice, chance))
			continue;
		edges[n++] = (cairn_dependency){ .prerequisite = graph->steps[k].key,
						 .mode = dice_below(dice, 3) };
	}
	for (uint32_t k = 0; outside != NULL && k < 2; k++) {
		if (dice_percent(dice, 35))
			edges[n++] = (cairn_dependency){ .prerequisite = text(
								 graph, outside,
								 dice_below(dice, 9) + 9 * k, ""),
							 .mode = dice_below(dice, 3) };
	}
	step->dependencies = edges;
	step->dependency_count = n;
}

void graph_roll(struct graph *graph, struct dice *dice, cairn_str queue, const char *key, size_t n,
		const char *outside)
{
	uint32_t chance = 10 + dice_below(dice, 50);
	memset(graph, 0, sizeof *graph);
	graph->queue = queue;
	graph->n = n;
	for (size_t i = 0; i < n; i++) {
		cairn_step_new *step = &graph->steps[i];
		step->key = text(graph, key, (uint32_t)i, "");
		roll_kind(graph, dice, step);
		if (dice_percent(dice, 60))
			step->payload = text(graph, "{\"n\": ", dice_below(dice, 9), "}");
		roll_edges(graph, dice, step, i, chance, outside);
	}
}
