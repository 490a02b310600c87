/*
 * metrics.c - counting: a row per definition, and all at a glance.
 */
#include "lite.h"

static void read_type(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_type_metrics *row = into;
	row->type = cairn_lite__text(run, rows);
	row->disabled = cairn_lite__int(run) == 0;
	row->pending = cairn_lite__int(run);
	row->ready = cairn_lite__int(run);
	row->leased = cairn_lite__int(run);
	row->expired = cairn_lite__int(run);
	row->oldest_ready = cairn_lite__int(run);
	row->continued = cairn_lite__int(run);
	row->max_run = cairn_lite__int32(run);
	for (int i = 0; i <= CAIRN_ENDING_RELEASED; i++)
		row->ended[i] = cairn_lite__int(run);
	row->p50 = cairn_lite__count(run);
	row->p95 = cairn_lite__count(run);
	row->dead_lettered = cairn_lite__int(run);
}

static void bind_query(struct lite_run *run, const cairn_metrics_query *query, cairn_time now)
{
	cairn_lite__bind_int(run, now);
	cairn_lite__bind_int(run, now - query->window);
	cairn_lite__bind_tenant(run, query->type.len > 0 ? query->type : query->after);
	cairn_lite__bind_text(run, query->type);
	cairn_lite__bind_text(run, query->after);
	cairn_lite__bind_int(run, query->limit);
	cairn_lite__bind_scope(run, &query->scope);
}

cairn_status cairn_lite__metrics(void *self, const cairn_metrics_query *query, cairn_time *now,
				 cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	*now = cairn_lite__time(lite);
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_METRICS, err);
	if (status != CAIRN_OK)
		return status;
	bind_query(&run, query, *now);
	return cairn_lite__read_rows(&run, rows, read_type, err);
}

static void read_ended(struct lite_run *run, cairn_ended *ended)
{
	ended->all = cairn_lite__int(run);
	ended->failed = cairn_lite__int(run);
}

static void read_summary(struct lite_run *run, cairn_summary *summary)
{
	for (int i = 0; i <= CAIRN_JOB_CANCELED; i++)
		summary->jobs[i] = cairn_lite__int(run);
	summary->ready = cairn_lite__int(run);
	summary->parked = cairn_lite__int(run);
	summary->expired = cairn_lite__int(run);
	summary->oldest_ready = cairn_lite__int(run);
	summary->queues = cairn_lite__int(run);
	read_ended(run, &summary->minute);
	read_ended(run, &summary->hour);
	read_ended(run, &summary->day);
	summary->definitions = cairn_lite__int(run);
	summary->disabled = cairn_lite__int(run);
}

cairn_status cairn_lite__summary(void *self, const cairn_scope *scope, cairn_summary *summary,
				 cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	bool more = false;
	summary->now = cairn_lite__time(lite);
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_SUMMARY, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, summary->now);
	cairn_lite__bind_scope(&run, scope);
	status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK || !more)
		return status;
	read_summary(&run, summary);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}
