/*
 * job_event.c - the timeline. Drivers keep events as typed columns; the payload
 * that a reader sees is written here, so it is the same text on every driver.
 * (docs/EVENTS.md lists the members)
 */
#include "job_event.h"

#include "check.h"

static void member(cairn_text *text, const char *name)
{
	cairn_text_add_z(text, text->len > 1 ? ",\"" : "\"");
	cairn_text_add_z(text, name);
	cairn_text_add_z(text, "\":");
}

static void add_str(cairn_text *text, const char *name, cairn_str value)
{
	member(text, name);
	if (value.ptr == NULL)
		cairn_text_add_z(text, "null");
	else
		cairn_text_add_json(text, value);
}

static void add_time(cairn_text *text, const char *name, cairn_time when)
{
	char shown[CAIRN_TIME_TEXT];
	cairn_time_format(when, shown);
	add_str(text, name, cairn_str_of(shown));
}

static void add_number(cairn_text *text, const char *name, int64_t value)
{
	member(text, name);
	cairn_text_add_int(text, value);
}

static void add_retry(cairn_text *text, const cairn_event_record *event)
{
	add_number(text, "retry_delay_us", event->duration);
	add_time(text, "effective_next_run_at", event->until);
	add_time(text, "next_run_at", event->until);
	add_str(text, "retry_timing_source", event->detail);
	if (event->requested == 0)
		return;
	add_time(text, "requested_retry_not_before", event->requested);
	add_time(text, "requested_retry_at", event->requested);
}

/* A stage is there exactly for a continuation. The others name a time only if it is to come. */
static void add_requeue(cairn_text *text, const cairn_event_record *event)
{
	int continued = event->stage.len > 0;
	add_str(text, "reason", event->reason);
	if (continued)
		add_number(text, "next_run_number", event->run_number + 1);
	if (event->duration < 0 || (!continued && event->until <= event->at))
		return;
	add_time(text, "next_run_at", event->until);
	add_number(text, "delay_us", event->duration);
}

/* A step of a replay run. The time is when it goes on, if that is known. */
static void add_step(cairn_text *text, const cairn_event_record *event)
{
	add_str(text, "name", event->detail);
	add_str(text, "kind", event->reason);
	if (event->until != 0)
		add_time(text, "wake_at", event->until);
	if (event->kind != CAIRN_EVENT_STEP_FAILED)
		return;
	add_str(text, "error_code", event->error_code);
	add_str(text, "error_message", event->error_message);
}

/* What is the same whatever the row: said by who planned the change. */
static void add_data(cairn_text *text, cairn_str data)
{
	if (data.len <= 2)
		return;
	if (text->len > 1)
		cairn_text_add_z(text, ",");
	cairn_text_add(text, data.ptr + 1, data.len - 2);
}

static void add_members(cairn_text *text, const cairn_event_record *event)
{
	switch (event->kind) {
	case CAIRN_EVENT_ENQUEUED:
		add_str(text, "job_type", event->detail);
		break;
	case CAIRN_EVENT_LEASED:
		add_str(text, "worker", event->worker);
		add_number(text, "lease_us", event->duration);
		break;
	case CAIRN_EVENT_FAILED:
		add_str(text, "kind", event->detail);
		add_str(text, "error_code", event->error_code);
		add_str(text, "error_message", event->error_message);
		break;
	case CAIRN_EVENT_RETRY_SCHEDULED:
		add_retry(text, event);
		break;
	case CAIRN_EVENT_DEAD_LETTERED:
		add_str(text, "kind", event->detail);
		add_str(text, "error_code", event->error_code);
		break;
	case CAIRN_EVENT_CANCELED:
		add_str(text, "reason", event->reason);
		if (event->until != 0)
			add_time(text, "lease_quiesces_at", event->until);
		break;
	case CAIRN_EVENT_REQUEUED:
		add_requeue(text, event);
		break;
	case CAIRN_EVENT_STEP_STARTED:
	case CAIRN_EVENT_STEP_WAITING:
	case CAIRN_EVENT_STEP_COMPLETED:
	case CAIRN_EVENT_STEP_FAILED:
		add_step(text, event);
		break;
	case CAIRN_EVENT_SIGNALED:
		add_str(text, "name", event->detail);
		break;
	case CAIRN_EVENT_STAGE_CHANGED:
	case CAIRN_EVENT_PROGRESS:
	case CAIRN_EVENT_SUCCEEDED:
		break;
	}
}

void cairn__event_payload(const cairn_event_record *event, cairn_text *text)
{
	text->len = 0;
	cairn_text_add_z(text, "{");
	add_members(text, event);
	add_data(text, event->data);
	cairn_text_add_z(text, "}");
}

static void publish(cairn_rows *rows, const cairn_event_record *event, cairn_text *text)
{
	cairn__event_payload(event, text);
	cairn_event *row = cairn_rows_push(rows);
	if (row == NULL || text->failed) {
		rows->failed = 1;
		return;
	}
	row->seq = event->seq;
	row->kind = event->kind;
	row->run_number = event->run_number;
	row->attempt = event->attempt;
	row->stage = cairn_rows_str(rows, event->stage.ptr, event->stage.len);
	row->progress_done = event->progress_done;
	row->progress_total = event->progress_total;
	row->at = event->at;
	row->payload = cairn_rows_str(rows, text->ptr, text->len);
}

static cairn_status events(cairn_conn *conn, const cairn_history_query *query,
			   cairn_event_rows **result, cairn_error *err)
{
	cairn_rows records;
	cairn_rows rows;
	void *none = NULL;
	void *memory = *result;
	int found = 0;
	cairn__rows_begin(&records, conn, &none, sizeof(cairn_event_record));
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_event));
	cairn_status st = conn->jobs.events(conn->self, query, &found, &records, err);
	if (st == CAIRN_OK && !found)
		st = cairn_fail(err, CAIRN_E_JOB_NOT_FOUND);
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

cairn_status cairn_job_events(cairn_conn *conn, cairn_scope scope, cairn_id job, int64_t after,
			      uint32_t limit, cairn_event_rows **result, cairn_error *err)
{
	struct cairn__call call;
	cairn_history_query query = { .scope = scope, .job = job, .after = after };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.events", err);
	if (st == CAIRN_OK && result == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(limit, &query.limit, err);
	if (st == CAIRN_OK)
		st = events(conn, &query, result, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*result)->count : 0);
}
