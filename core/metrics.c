/* metrics.c - what goes on, in numbers: the calls. Their text for scrapers is in metrics_text.c. */
#include "metrics.h"

#include <string.h>

#include "check.h"
#include "limits.h"

cairn_status cairn__metrics_query(const cairn_metrics_filter *filter, cairn_metrics_query *query,
				  cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	*query = (cairn_metrics_query){ .scope = filter->scope,
					.type = filter->type,
					.after = filter->after,
					.window = filter->window };
	if (query->window == 0)
		query->window = CAIRN_METRICS_WINDOW;
	if (query->window < 0 || query->window > CAIRN__MAX_WINDOW) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "A window must be positive and at most a hundred years.");
		return CAIRN_INVALID;
	}
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query->limit, err);
	if (st == CAIRN_OK && filter->type.len > 0)
		st = cairn__check_name(filter->type, "type", err);
	if (st == CAIRN_OK)
		st = cairn__check_text(filter->after, CAIRN__MAX_NAME, "after", err);
	return st;
}

static cairn_status metrics(cairn_conn *conn, const cairn_metrics_filter *filter,
			    cairn_metrics **result, cairn_error *err)
{
	cairn_metrics_query query;
	cairn_status st = cairn__metrics_query(filter, &query, err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *result;
	cairn_time now = 0;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_type_metrics));
	st = conn->catalog.metrics(conn->self, &query, &now, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*result = memory;
	if (st == CAIRN_OK)
		(*result)->now = now;
	return st;
}

cairn_status cairn_job_metrics(cairn_conn *conn, const cairn_metrics_filter *filter,
			       cairn_metrics **result, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__CATALOG, "job.metrics", err);
	if (st == CAIRN_OK && result == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = metrics(conn, filter, result, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*result)->count : 0);
}

static cairn_status summary(cairn_conn *conn, cairn_scope scope, cairn_summary *result,
			    cairn_error *err)
{
	cairn_summary full = { .size = sizeof full };
	if (result == NULL || result->size < sizeof full)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_status st = cairn__check_scope(&scope, err);
	if (st == CAIRN_OK)
		st = conn->catalog.summary(conn->self, &scope, &full, err);
	full.size = result->size;
	if (st == CAIRN_OK)
		memcpy(result, &full, sizeof full);
	return st;
}

cairn_status cairn_job_summary(cairn_conn *conn, cairn_scope scope, cairn_summary *result,
			       cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__CATALOG, "job.summary", err);
	if (st == CAIRN_OK)
		st = summary(conn, scope, result, err);
	return cairn__call_end(&call, st, 1);
}
