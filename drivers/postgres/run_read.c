/*
 * run_read.c - runs, their steps, edges and events, and waiting for the end of a run. Those who wait for
 * one stand among those who wait for queues (wait.c, wake.c), under a name that no queue can have.
 */
#include <stddef.h>
#include <string.h>

#include "pg.h"

/* Words of statuses whose bits are set. */
static void add_run_words(struct pg *pg, uint32_t statuses)
{
	cairn_str words[CAIRN_RUN_CANCELED];
	size_t n = 0;
	for (int i = 1; i <= CAIRN_RUN_CANCELED; i++) {
		if (statuses & 1u << i)
			words[n++] = cairn_str_of(cairn_run_status_text((enum cairn_run_status)i));
	}
	cairn_pg__add_texts(pg, PG_ITEMS(words, n), 0, PG_ABSENT_EMPTY);
}

static void add_step_words(struct pg *pg, uint32_t statuses)
{
	cairn_str words[CAIRN_STEP_CANCELED];
	size_t n = 0;
	for (int i = 1; i <= CAIRN_STEP_CANCELED; i++) {
		if (statuses & 1u << i)
			words[n++] =
				cairn_str_of(cairn_step_status_text((enum cairn_step_status)i));
	}
	cairn_pg__add_texts(pg, PG_ITEMS(words, n), 0, PG_ABSENT_EMPTY);
}

/* ---- runs ------------------------------------------------------------------- */

static void read_run(const PGresult *result, int row, void *into)
{
	cairn_run *run = into;
	run->id = cairn_pg__id(result, row, 0);
	run->type = cairn_pg__text(result, row, 1);
	run->tenant = cairn_pg__tenant(result, row, 2);
	run->status = cairn_run_status_parse(cairn_pg__text(result, row, 3));
	run->on_failure = cairn_on_failure_parse(cairn_pg__text(result, row, 4));
	run->metadata = cairn_pg__text(result, row, 5);
	run->key = cairn_pg__text(result, row, 6);
	run->active_key = cairn_pg__text(result, row, 7);
	run->result_step = cairn_pg__text(result, row, 8);
	run->result = cairn_pg__text(result, row, 9);
	run->counts.blocked = cairn_pg__int4(result, row, 10);
	run->counts.waiting = cairn_pg__int4(result, row, 11);
	run->counts.enqueued = cairn_pg__int4(result, row, 12);
	run->counts.succeeded = cairn_pg__int4(result, row, 13);
	run->counts.failed = cairn_pg__int4(result, row, 14);
	run->counts.canceled = cairn_pg__int4(result, row, 15);
	run->status_reason = cairn_pg__text(result, row, 16);
	run->error_code = cairn_pg__text(result, row, 17);
	run->error_message = cairn_pg__text(result, row, 18);
	run->source = cairn_pg__id(result, row, 19);
	run->recovery_key = cairn_pg__text(result, row, 20);
	run->recovery_reason = cairn_pg__text(result, row, 21);
	run->recovery_step = cairn_pg__id(result, row, 22);
	run->events = cairn_pg__int8(result, row, 23);
	run->created_at = cairn_pg__time(result, row, 24);
	run->updated_at = cairn_pg__time(result, row, 25);
	run->finished_at = cairn_pg__time(result, row, 26);
	run->request = cairn_pg__text(result, row, 27);
}

cairn_status cairn_pg__run_runs(void *self, const cairn_run_query *query, cairn_rows *rows,
				cairn_error *err)
{
	struct pg *pg = self;
	enum pg_sql sql = PG_SQL_RUNS;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	bool one = !cairn_id_is_none(query->run);
	cairn_pg__add_id(pg, cairn_pg__id_bound(query->after));
	cairn_pg__add_id(pg, query->run);
	cairn_pg__add_id(pg, cairn_pg__id_bound(one ? query->run : (cairn_id){ { 0 } }));
	cairn_pg__add_scope(pg, &query->scope);
	cairn_pg__add_text(pg, query->type);
	add_run_words(pg, query->statuses);
	cairn_pg__add_int8(pg, query->limit);
	cairn_pg__add_bool(pg, !query->compact);
	if (query->key.len > 0) {
		cairn_pg__add_text(pg, query->key);
		sql = PG_SQL_RUNS_KEY;
	} else if (!cairn_id_is_none(query->source)) {
		cairn_pg__add_id(pg, query->source);
		sql = PG_SQL_RUNS_SOURCE;
	}
	return cairn_pg__query(pg, sql, rows, read_run, err);
}

/* ---- steps ------------------------------------------------------------------- */

void cairn_pg__step(const PGresult *result, int row, int column, cairn_step *step)
{
	const int c = column;
	step->id = cairn_pg__id(result, row, c);
	step->run = cairn_pg__id(result, row, c + 1);
	step->key = cairn_pg__text(result, row, c + 2);
	step->kind = cairn_step_kind_parse(cairn_pg__text(result, row, c + 3));
	step->status = cairn_step_status_parse(cairn_pg__text(result, row, c + 4));
	step->set = cairn_pg__bool(result, row, c + 5) ? CAIRN_STEP_CONTINUES : 0;
	step->priority = cairn_pg__int4(result, row, c + 6);
	step->type = cairn_pg__text(result, row, c + 7);
	step->queue = cairn_pg__text(result, row, c + 8);
	step->tenant = cairn_pg__tenant(result, row, c + 9);
	step->payload = cairn_pg__text(result, row, c + 10);
	step->owner = cairn_pg__text(result, row, c + 11);
	step->resource_key = cairn_pg__text(result, row, c + 12);
	step->stage = cairn_pg__text(result, row, c + 13);
	step->timeout = cairn_pg__int8(result, row, c + 14);
	step->deadline = cairn_pg__int8(result, row, c + 15);
	step->max_attempts = cairn_pg__int4(result, row, c + 16);
	step->prerequisites = cairn_pg__int4(result, row, c + 17);
	step->pending = cairn_pg__int4(result, row, c + 18);
	step->unsatisfied = cairn_pg__int4(result, row, c + 19);
	step->run_number = cairn_pg__int4(result, row, c + 20);
	step->attempt = cairn_pg__int4(result, row, c + 21);
	step->created_at = cairn_pg__time(result, row, c + 22);
	step->released_at = cairn_pg__time(result, row, c + 23);
	step->started_at = cairn_pg__time(result, row, c + 24);
	step->finished_at = cairn_pg__time(result, row, c + 25);
	step->deadline_at = cairn_pg__time(result, row, c + 26);
	step->status_reason = cairn_pg__text(result, row, c + 27);
	step->error_code = cairn_pg__text(result, row, c + 28);
	step->error_message = cairn_pg__text(result, row, c + 29);
	step->output = cairn_pg__text(result, row, c + 30);
}

static void read_step(const PGresult *result, int row, void *into)
{
	cairn_pg__step(result, row, 0, into);
}

cairn_status cairn_pg__run_steps(void *self, const cairn_step_query *query, int *found,
				 cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	bool before = !cairn_id_is_none(query->dependent);
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_id(pg, before ? query->dependent : query->run);
	cairn_pg__add_scope(pg, &query->scope);
	if (!before)
		cairn_pg__add_id(pg, query->after);
	if (query->keys != NULL)
		cairn_pg__add_texts(pg, PG_ITEMS(query->keys, query->key_count), 0,
				    PG_ABSENT_EMPTY);
	else
		cairn_pg__add_null(pg);
	add_step_words(pg, query->statuses);
	if (!before)
		cairn_pg__add_int8(pg, query->limit);
	cairn_pg__add_bool(pg, !query->compact);
	return cairn_pg__query_found(pg, before ? PG_SQL_STEPS_BEFORE : PG_SQL_STEPS, 0, found,
				     rows, read_step, err);
}

static void read_overdue(const PGresult *result, int row, void *into)
{
	cairn_step *step = into;
	step->id = cairn_pg__id(result, row, 0);
	step->run = cairn_pg__id(result, row, 1);
	step->key = cairn_pg__text(result, row, 2);
}

cairn_status cairn_pg__run_overdue(void *self, uint32_t limit, cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_int8(pg, limit);
	return cairn_pg__query(pg, PG_SQL_RUN_OVERDUE, rows, read_overdue, err);
}

/* ---- edges, events --------------------------------------------------------------- */

static void read_edge(const PGresult *result, int row, void *into)
{
	cairn_run_edge *edge = into;
	edge->prerequisite = cairn_pg__id(result, row, 0);
	edge->dependent = cairn_pg__id(result, row, 1);
	edge->mode = cairn_release_mode_parse(cairn_pg__text(result, row, 2));
	edge->prerequisite_key = cairn_pg__text(result, row, 3);
	edge->dependent_key = cairn_pg__text(result, row, 4);
}

cairn_status cairn_pg__run_edges(void *self, const cairn_edge_query *query, int *found,
				 cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_id(pg, query->run);
	cairn_pg__add_scope(pg, &query->scope);
	cairn_pg__add_id(pg, query->after_dependent);
	cairn_pg__add_id(pg, query->after_prerequisite);
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query_found(pg, PG_SQL_RUN_EDGES, 0, found, rows, read_edge, err);
}

static void read_event(const PGresult *result, int row, void *into)
{
	cairn_run_event *event = &((cairn_run_event_record *)into)->event;
	event->seq = cairn_pg__int8(result, row, 0);
	event->at = cairn_pg__time(result, row, 1);
	event->kind = (enum cairn_run_event_kind)cairn_pg__int4(result, row, 2);
	if (event->kind == CAIRN_RUN_EVENT_RUN)
		event->run_status = cairn_run_status_parse(cairn_pg__text(result, row, 3));
	if (event->kind == CAIRN_RUN_EVENT_STEP)
		event->step_status = cairn_step_status_parse(cairn_pg__text(result, row, 3));
	event->step = cairn_pg__id(result, row, 4);
	event->step_key = cairn_pg__text(result, row, 5);
	event->reason = cairn_pg__text(result, row, 6);
	event->error_code = cairn_pg__text(result, row, 7);
	event->error_message = cairn_pg__text(result, row, 8);
}

static void read_event_with_job(const PGresult *result, int row, void *into)
{
	cairn_run_event *event = &((cairn_run_event_record *)into)->event;
	cairn_event_record *job = &((cairn_run_event_record *)into)->job;
	read_event(result, row, into);
	if (event->kind != CAIRN_RUN_EVENT_JOB)
		return;
	cairn_str kind = cairn_pg__text(result, row, 9);
	for (int i = CAIRN_EVENT_ENQUEUED; i <= CAIRN_EVENT_SIGNALED; i++) {
		if (cairn_str_is(kind, cairn_event_kind_text((enum cairn_event_kind)i)))
			job->kind = (enum cairn_event_kind)i;
	}
	event->job_kind = job->kind;
	event->run_number = job->run_number = cairn_pg__int4(result, row, 10);
	event->attempt = job->attempt = cairn_pg__int4(result, row, 11);
	job->seq = event->seq;
	job->at = event->at;
	job->reason = event->reason;
	job->error_code = event->error_code;
	job->error_message = event->error_message;
	job->stage = cairn_pg__text(result, row, 12);
	job->progress_done = cairn_pg__int8_or(result, row, 13, -1);
	job->progress_total = cairn_pg__int8_or(result, row, 14, -1);
	job->worker = cairn_pg__text(result, row, 15);
	job->detail = cairn_pg__text(result, row, 16);
	job->duration = cairn_pg__int8_or(result, row, 17, -1);
	job->until = cairn_pg__time(result, row, 18);
	job->requested = cairn_pg__time(result, row, 19);
	job->data = cairn_pg__text(result, row, 20);
}

cairn_status cairn_pg__run_events(void *self, const cairn_run_event_query *query, int *found,
				  cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_id(pg, query->run);
	cairn_pg__add_scope(pg, &query->scope);
	if (!query->jobs) {
		cairn_pg__add_int8(pg, query->after_seq);
		cairn_pg__add_int8(pg, query->limit);
		return cairn_pg__query_found(pg, PG_SQL_RUN_EVENTS, 0, found, rows, read_event,
					     err);
	}
	cairn_pg__add_time(pg, query->after_at != 0 ? query->after_at : PG_TIME_FIRST);
	cairn_pg__add_id(pg, query->after_step);
	cairn_pg__add_int8(pg, query->after_seq);
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query_found(pg, PG_SQL_RUN_EVENTS_JOBS, 0, found, rows,
				     read_event_with_job, err);
}

/* ---- wait ------------------------------------------------------------------------- */

cairn_status cairn_pg__run_wait(void *self, cairn_id run, cairn_usec timeout, enum cairn_wake *wake,
				cairn_error *err)
{
	char text[1 + CAIRN_ID_TEXT] = { '\002' };
	cairn_id_format(run, text + 1);
	cairn_str topic = cairn_str_of(text);
	cairn_wait_plan plan = { .queues = &topic, .queue_count = 1, .timeout = timeout };
	return cairn_pg__job_wait(self, &plan, wake, err);
}

void cairn_pg__run_unwait(void *self)
{
	int told;
	cairn_pg__job_unwait(self, &told);
}
