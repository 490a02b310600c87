/* run_event.c - the timeline of a run, with that of its jobs or without. */
#include "check.h"
#include "job_event.h"

static void publish(cairn_rows *rows, const cairn_run_event_record *record, cairn_text *text)
{
	const cairn_run_event *from = &record->event;
	cairn_run_event *row = cairn_rows_push(rows);
	if (row == NULL) {
		rows->failed = 1;
		return;
	}
	*row = *from;
	row->step_key = cairn_rows_str(rows, from->step_key.ptr, from->step_key.len);
	row->reason = cairn_rows_str(rows, from->reason.ptr, from->reason.len);
	row->error_code = cairn_rows_str(rows, from->error_code.ptr, from->error_code.len);
	row->error_message = cairn_rows_str(rows, from->error_message.ptr, from->error_message.len);
	if (from->kind != CAIRN_RUN_EVENT_JOB)
		return;
	cairn__event_payload(&record->job, text);
	if (text->failed)
		rows->failed = 1;
	else
		row->payload = cairn_rows_str(rows, text->ptr, text->len);
}

static cairn_status read_events(cairn_conn *conn, const cairn_run_event_query *query,
				cairn_run_events_result **result, cairn_error *err)
{
	cairn_rows records;
	cairn_rows rows;
	void *none = NULL;
	void *memory = *result;
	int found = 0;
	cairn__rows_begin(&records, conn, &none, sizeof(cairn_run_event_record));
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_run_event));
	cairn_status st = conn->workflows.events(conn->self, query, &found, &records, err);
	if (st == CAIRN_OK && !found)
		st = cairn_fail(err, CAIRN_E_RUN_NOT_FOUND);
	st = cairn__rows_whole(&records, st, err);
	cairn_text text = { .alloc = conn->host.alloc, .alloc_user = conn->host.alloc_user };
	for (size_t i = 0; i < records.count && st == CAIRN_OK; i++)
		publish(&rows, cairn_rows_at(&records, i), &text);
	cairn_text_clear(&text);
	cairn__rows_drop(&records);
	st = cairn__rows_end(&rows, &memory, st, err);
	*result = memory;
	return st;
}

static cairn_status plan(const cairn_run_event_filter *filter, cairn_run_event_query *query,
			 cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter || filter->after_seq < 0)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->jobs > 1)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	*query = (cairn_run_event_query){
		.scope = filter->scope,
		.run = filter->run,
		.jobs = filter->jobs,
		.after_seq = filter->after_seq,
		.after_at = filter->after_at,
		.after_step = filter->after_step,
	};
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query->limit, err);
	if (st == CAIRN_OK)
		st = cairn__check_time(filter->after_at, "after_at", err);
	if (st == CAIRN_OK && cairn_id_is_none(filter->run))
		st = cairn_fail(err, CAIRN_E_RUN_NOT_FOUND);
	return st;
}

cairn_status cairn_run_events(cairn_conn *conn, const cairn_run_event_filter *filter,
			      cairn_run_events_result **events, cairn_error *err)
{
	struct cairn__call call;
	cairn_run_event_query query;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__WORKFLOWS, "run.events", err);
	if (st == CAIRN_OK && events == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = plan(filter, &query, err);
	if (st == CAIRN_OK)
		st = read_events(conn, &query, events, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*events)->count : 0);
}
