/* run_step.c - what a step of a request becomes, whether it comes with its run or later. */
#include "run_step.h"

static cairn_str or_default(cairn_str text, cairn_str otherwise)
{
	return text.len > 0 ? text : otherwise;
}

void cairn__plan_step(const cairn_step_new *given, cairn_str tenant, cairn_step_insert *step)
{
	*step = (cairn_step_insert){
		.id = cairn_id_new(),
		.key = given->key,
		.kind = given->kind != 0 ? given->kind : CAIRN_STEP_JOB,
		.tenant = or_default(given->tenant, tenant),
		.payload = or_default(given->payload, CAIRN_STR("{}")),
		.deadline = given->deadline,
		.prerequisites = (int32_t)given->dependency_count,
	};
	if (step->kind == CAIRN_STEP_EXTERNAL)
		return;
	step->type = given->type;
	step->queue = or_default(given->queue, CAIRN_STR("default"));
	step->stage = or_default(given->stage, CAIRN_STR("queued"));
	step->owner = given->owner;
	step->resource_key = given->resource_key;
	step->timeout = given->timeout;
	step->max_attempts = given->max_attempts;
	step->priority = given->priority;
	step->set = given->set;
}

cairn_edge_insert cairn__plan_edge(const cairn_step_new *given, size_t k, cairn_id prerequisite,
				   cairn_id dependent)
{
	enum cairn_release_mode mode = given->dependencies[k].mode;
	return (cairn_edge_insert){
		.prerequisite = prerequisite,
		.dependent = dependent,
		.mode = mode != 0 ? mode : CAIRN_RELEASE_ON_TERMINAL,
	};
}

cairn_status cairn__check_permits(const cairn_conn *conn, const struct cairn__graph *graph,
				  cairn_error *err)
{
	for (size_t i = 0; i < graph->n; i++) {
		if (graph->steps[i].resource_key.len > 0)
			return cairn__need_store(conn, CAIRN__RESOURCES, err);
	}
	return CAIRN_OK;
}
