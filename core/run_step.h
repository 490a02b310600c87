/* run_step.h - one step, one edge of a request as rows. */
#ifndef CAIRN_CORE_RUN_STEP_H
#define CAIRN_CORE_RUN_STEP_H

#include "graph_check.h"

/* Under a new id; tenant is the run's. Counters but for prerequisites, status and events are left to the caller. */
void cairn__plan_step(const cairn_step_new *given, cairn_str tenant, cairn_step_insert *step);

/* The k-th dependency of a step. */
cairn_edge_insert cairn__plan_edge(const cairn_step_new *given, size_t k, cairn_id prerequisite,
				   cairn_id dependent);

/* UNSUPPORTED where a step needs a permit, and the driver has none. */
cairn_status cairn__check_permits(const cairn_conn *conn, const struct cairn__graph *graph,
				  cairn_error *err);

#endif
