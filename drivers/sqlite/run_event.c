/*
 * run_event.c - the timeline of a run: its own events, those of its steps, which are told by their rows, and
 * those of its jobs if they are asked for.
 */
#include "lite.h"

static void read_job(struct lite_run *run, cairn_rows *rows, cairn_run_event_record *row)
{
	cairn_run_event *event = &row->event;
	cairn_event_record *job = &row->job;
	run->column++; /* who: the step */
	job->seq = event->seq;
	job->at = event->at;
	job->reason = event->reason;
	job->error_code = event->error_code;
	job->error_message = event->error_message;
	job->kind = cairn_event_kind_parse(cairn_lite__view(run));
	job->run_number = cairn_lite__int32(run);
	job->attempt = cairn_lite__int32(run);
	job->stage = cairn_lite__text(run, rows);
	job->progress_done = cairn_lite__count(run);
	job->progress_total = cairn_lite__count(run);
	job->worker = cairn_lite__text(run, rows);
	job->detail = cairn_lite__text(run, rows);
	job->duration = cairn_lite__count(run);
	job->until = cairn_lite__int(run);
	job->requested = cairn_lite__int(run);
	job->data = cairn_lite__text(run, rows);
	event->job_kind = job->kind;
	event->run_number = job->run_number;
	event->attempt = job->attempt;
}

static void read_event(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_run_event_record *row = into;
	cairn_run_event *event = &row->event;
	event->kind = cairn_run_event_kind_parse(cairn_lite__view(run));
	event->seq = cairn_lite__int(run);
	event->at = cairn_lite__int(run);
	cairn_str status = cairn_lite__view(run);
	if (event->kind == CAIRN_RUN_EVENT_RUN)
		event->run_status = cairn_run_status_parse(status);
	else if (event->kind == CAIRN_RUN_EVENT_STEP)
		event->step_status = cairn_step_status_parse(status);
	event->step = cairn_lite__id(run);
	event->step_key = cairn_lite__text(run, rows);
	event->reason = cairn_lite__text(run, rows);
	event->error_code = cairn_lite__text(run, rows);
	event->error_message = cairn_lite__text(run, rows);
	if (event->kind == CAIRN_RUN_EVENT_JOB)
		read_job(run, rows, row);
}

static cairn_status push_events(struct lite *lite, const cairn_run_event_query *query,
				cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(
		&run, lite, query->jobs ? LITE_RUN_EVENTS_ALL : LITE_RUN_EVENTS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &query->run);
	if (query->jobs) {
		cairn_lite__bind_int(&run, query->after_at);
		cairn_lite__bind_id(&run, &query->after_step);
	}
	cairn_lite__bind_int(&run, query->after_seq);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_event, err);
}

cairn_status cairn_lite__run_events(void *self, const cairn_run_event_query *query, int *found,
				    cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_read read;
	enum cairn_run_status is = 0;
	cairn_status status = cairn_lite__read_begin(lite, &read, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_lite__run_found(lite, &query->scope, &query->run, &is, err);
	*found = is != 0;
	if (status == CAIRN_OK && is != 0)
		status = push_events(lite, query, rows, err);
	return cairn_lite__read_end(&read, status, err);
}
