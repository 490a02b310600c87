/* metrics.h - a filter of metrics, checked and turned into a query; for both ways to ask. */
#ifndef CAIRN_METRICS_PLAN_H
#define CAIRN_METRICS_PLAN_H

#include "core.h"

cairn_status cairn__metrics_query(const cairn_metrics_filter *filter, cairn_metrics_query *query,
				  cairn_error *err);

#endif
