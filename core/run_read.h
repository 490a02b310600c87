/* run_read.h - reads of runs that the core itself asks for. */
#ifndef CAIRN_CORE_RUN_READ_H
#define CAIRN_CORE_RUN_READ_H

#include "core.h"

/* Bits of every status. */
#define CAIRN__ALL_RUNS	 (((1u << (CAIRN_RUN_CANCELED + 1)) - 1) & ~1u)
#define CAIRN__ALL_STEPS (((1u << (CAIRN_STEP_CANCELED + 1)) - 1) & ~1u)
/* Those of runs that are over. */
#define CAIRN__RUNS_OVER \
	(1u << CAIRN_RUN_SUCCEEDED | 1u << CAIRN_RUN_COMPLETED_WITH_ERRORS | \
	 1u << CAIRN_RUN_CANCELED)

/* one: none is NOT_FOUND. */
cairn_status cairn__read_runs(cairn_conn *conn, const cairn_run_query *query, int one,
			      cairn_runs **runs, cairn_error *err);

#endif
