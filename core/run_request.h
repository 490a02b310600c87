/* run_request.h - what makes two requests for a run, or two appends, the same: their canonical text. */
#ifndef CAIRN_CORE_RUN_REQUEST_H
#define CAIRN_CORE_RUN_REQUEST_H

#include <cairn/sys/json.h>

#include "graph_check.h"

/* The graph is that of the request. NOMEM. */
cairn_status cairn__run_request(const cairn_run_new *run, const struct cairn__graph *graph,
				cairn_text *text, cairn_error *err);

/* tenant is the run's. */
cairn_status cairn__append_request(const cairn_append *append, cairn_str tenant,
				   const struct cairn__graph *graph, cairn_text *text,
				   cairn_error *err);

#endif
