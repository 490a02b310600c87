/*
 * history.c - what remains of what happened to a job: attempts, events, log, the dead
 * letter. Written by the statements that change jobs, read here.
 */
#include <string.h>

#include "pg.h"

/* ---- attempts and events ------------------------------------------------ */

static void read_attempt(const PGresult *result, int row, void *into)
{
	cairn_attempt *attempt = into;
	attempt->fence = cairn_pg__int8(result, row, 0);
	attempt->run_number = cairn_pg__int4(result, row, 1);
	attempt->attempt = cairn_pg__int4(result, row, 2);
	attempt->worker = cairn_pg__text(result, row, 3);
	attempt->leased_at = cairn_pg__time(result, row, 4);
	attempt->finished_at = cairn_pg__time(result, row, 5);
	cairn_str ending = cairn_pg__text(result, row, 6);
	for (int i = CAIRN_ENDING_SUCCEEDED; i <= CAIRN_ENDING_RELEASED; i++) {
		if (cairn_str_is(ending, cairn_ending_text((enum cairn_ending)i)))
			attempt->ending = (enum cairn_ending)i;
	}
	attempt->error_code = cairn_pg__text(result, row, 7);
	attempt->error_message = cairn_pg__text(result, row, 8);
	attempt->retry_delay = cairn_pg__int8(result, row, 9);
	attempt->next_run_at = cairn_pg__time(result, row, 10);
	attempt->not_before = cairn_pg__time(result, row, 11);
	attempt->prestart = cairn_pg__bool(result, row, 12);
	attempt->execution_started_at = cairn_pg__time(result, row, 13);
}

static void read_event(const PGresult *result, int row, void *into)
{
	cairn_event_record *event = into;
	event->seq = cairn_pg__int8(result, row, 0);
	cairn_str kind = cairn_pg__text(result, row, 1);
	for (int i = CAIRN_EVENT_ENQUEUED; i <= CAIRN_EVENT_SIGNALED; i++) {
		if (cairn_str_is(kind, cairn_event_kind_text((enum cairn_event_kind)i)))
			event->kind = (enum cairn_event_kind)i;
	}
	event->run_number = cairn_pg__int4(result, row, 2);
	event->attempt = cairn_pg__int4(result, row, 3);
	event->at = cairn_pg__time(result, row, 4);
	event->stage = cairn_pg__text(result, row, 5);
	event->progress_done = cairn_pg__int8_or(result, row, 6, -1);
	event->progress_total = cairn_pg__int8_or(result, row, 7, -1);
	event->worker = cairn_pg__text(result, row, 8);
	event->reason = cairn_pg__text(result, row, 9);
	event->error_code = cairn_pg__text(result, row, 10);
	event->error_message = cairn_pg__text(result, row, 11);
	event->detail = cairn_pg__text(result, row, 12);
	event->duration = cairn_pg__int8_or(result, row, 13, -1);
	event->until = cairn_pg__time(result, row, 14);
	event->requested = cairn_pg__time(result, row, 15);
	event->data = cairn_pg__text(result, row, 16);
}

static void read_line(const PGresult *result, int row, void *into)
{
	cairn_log_row *line = into;
	line->seq = cairn_pg__int8(result, row, 0);
	line->level = cairn_log_level_parse(cairn_pg__text(result, row, 1));
	line->run_number = cairn_pg__int4(result, row, 2);
	line->attempt = cairn_pg__int4(result, row, 3);
	line->at = cairn_pg__time(result, row, 4);
	line->message = cairn_pg__text(result, row, 5);
	line->data = cairn_pg__text(result, row, 6);
}

/* No row: no such job in scope. A row whose first column is NULL: a job without history. */
static cairn_status read_history(struct pg *pg, int *found, cairn_rows *rows, pg_read_fn *read,
				 cairn_error *err)
{
	const PGresult *result = cairn_pg__result(pg, 0);
	*found = PQntuples(result) > 0;
	if (!*found || cairn_pg__null(result, 0, 0))
		return CAIRN_OK;
	return cairn_pg__read(pg, 0, rows, read, err);
}

static cairn_status query_history(struct pg *pg, enum pg_sql sql, const cairn_history_query *query,
				  cairn_error *err)
{
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_id(pg, query->job);
	cairn_pg__add_scope(pg, &query->scope);
	cairn_pg__add_int8(pg, query->after);
	cairn_pg__add_int8(pg, query->limit);
	cairn_pg__queue(pg, sql);
	return cairn_pg__call_run(pg, err);
}

static cairn_status history(struct pg *pg, enum pg_sql sql, const cairn_history_query *query,
			    int *found, cairn_rows *rows, pg_read_fn *read, cairn_error *err)
{
	cairn_status status = query_history(pg, sql, query, err);
	if (status != CAIRN_OK)
		return status;
	status = read_history(pg, found, rows, read, err);
	cairn_pg__call_clear(pg);
	return status;
}

cairn_status cairn_pg__job_attempts(void *self, const cairn_history_query *query, int *found,
				    cairn_rows *rows, cairn_error *err)
{
	return history(self, PG_SQL_ATTEMPTS, query, found, rows, read_attempt, err);
}

cairn_status cairn_pg__job_events(void *self, const cairn_history_query *query, int *found,
				  cairn_rows *rows, cairn_error *err)
{
	return history(self, PG_SQL_EVENTS, query, found, rows, read_event, err);
}

cairn_status cairn_pg__job_logs(void *self, const cairn_history_query *query, int *found,
				cairn_rows *rows, cairn_error *err)
{
	return history(self, PG_SQL_LOGS, query, found, rows, read_line, err);
}

/* ---- dead letters ------------------------------------------------------- */

static void read_dead(const PGresult *result, int row, void *into)
{
	cairn_dead_letter *letter = into;
	letter->id = cairn_pg__id(result, row, 0);
	letter->type = cairn_pg__text(result, row, 1);
	letter->queue = cairn_pg__text(result, row, 2);
	letter->tenant = cairn_pg__tenant(result, row, 3);
	letter->run_number = cairn_pg__int4(result, row, 4);
	letter->attempt = cairn_pg__int4(result, row, 5);
	letter->error_code = cairn_pg__text(result, row, 6);
	letter->error_message = cairn_pg__text(result, row, 7);
	letter->payload = cairn_pg__text(result, row, 8);
	letter->checkpoint = cairn_pg__text(result, row, 9);
	letter->failed_at = cairn_pg__time(result, row, 10);
	letter->created_at = cairn_pg__time(result, row, 11);
}

cairn_status cairn_pg__job_dead(void *self, const cairn_dead_query *query, cairn_rows *rows,
				cairn_error *err)
{
	struct pg *pg = self;
	bool one = !cairn_id_is_none(query->job);
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_id(pg, cairn_pg__id_bound(query->after));
	cairn_pg__add_id(pg, query->job);
	cairn_pg__add_id(pg, cairn_pg__id_bound(one ? query->job : (cairn_id){ { 0 } }));
	cairn_pg__add_scope(pg, &query->scope);
	cairn_pg__add_text(pg, query->type);
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query(pg, PG_SQL_DEAD, rows, read_dead, err);
}
