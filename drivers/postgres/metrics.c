/*
 * metrics.c - counting: a row per definition, and all at a glance.
 */
#include "pg.h"

/* ---- per type ----------------------------------------------------------- */

static void read_type(const PGresult *result, int row, void *into)
{
	cairn_type_metrics *metrics = into;
	int column = 10;
	metrics->type = cairn_pg__text(result, row, 1);
	metrics->disabled = !cairn_pg__bool(result, row, 2);
	metrics->pending = cairn_pg__int8(result, row, 3);
	metrics->ready = cairn_pg__int8(result, row, 4);
	metrics->leased = cairn_pg__int8(result, row, 5);
	metrics->expired = cairn_pg__int8(result, row, 6);
	metrics->oldest_ready = cairn_pg__time(result, row, 7);
	metrics->continued = cairn_pg__int8(result, row, 8);
	metrics->max_run = cairn_pg__int4(result, row, 9);
	for (int i = 0; i <= CAIRN_ENDING_RELEASED; i++)
		metrics->ended[i] = cairn_pg__int8(result, row, column++);
	metrics->p50 = cairn_pg__int8_or(result, row, column++, -1);
	metrics->p95 = cairn_pg__int8_or(result, row, column++, -1);
	metrics->dead_lettered = cairn_pg__int8(result, row, column);
}

cairn_status cairn_pg__metrics(void *self, const cairn_metrics_query *query, cairn_time *now,
			       cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_tenant(pg, query->after); /* absent: '', which is before all types */
	cairn_pg__add_text(pg, query->type);
	cairn_pg__add_int8(pg, query->limit);
	cairn_pg__add_scope(pg, &query->scope);
	cairn_pg__add_int8(pg, query->window);
	return cairn_pg__query_at(pg, PG_SQL_METRICS, now, rows, read_type, err);
}

/* ---- all at a glance ---------------------------------------------------- */

static void read_ended(const PGresult *result, int column, cairn_ended *ended)
{
	ended->all = cairn_pg__int8(result, 0, column);
	ended->failed = cairn_pg__int8(result, 0, column + 1);
}

cairn_status cairn_pg__summary(void *self, const cairn_scope *scope, cairn_summary *summary,
			       cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_scope(pg, scope);
	cairn_pg__queue(pg, PG_SQL_SUMMARY);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 0);
	summary->now = cairn_pg__time(result, 0, 0);
	for (int i = 0; i <= CAIRN_JOB_CANCELED; i++)
		summary->jobs[i] = cairn_pg__int8(result, 0, 1 + i);
	summary->ready = cairn_pg__int8(result, 0, 7);
	summary->parked = cairn_pg__int8(result, 0, 8);
	summary->expired = cairn_pg__int8(result, 0, 9);
	summary->oldest_ready = cairn_pg__time(result, 0, 10);
	summary->queues = cairn_pg__int8(result, 0, 11);
	read_ended(result, 12, &summary->minute);
	read_ended(result, 14, &summary->hour);
	read_ended(result, 16, &summary->day);
	summary->definitions = cairn_pg__int8(result, 0, 18);
	summary->disabled = cairn_pg__int8(result, 0, 19);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}
