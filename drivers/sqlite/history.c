/*
 * history.c - what remains of what happened to a job: attempts, events, the dead
 * letter. Written by enqueue.c, claim.c, change.c, reap.c and rerun.c, read here.
 */
#include <string.h>

#include "lite.h"

/* ---- writing ------------------------------------------------------------ */

/* Whether the columns that LITE_EVENT_BRIEF has are all there is. */
static bool brief_event(const cairn_event_record *event)
{
	return event->progress_done < 0 && event->progress_total < 0 && event->reason.len == 0 &&
	       event->error_code.len == 0 && event->error_message.len == 0 && event->until == 0 &&
	       event->requested == 0 && event->data.len == 0;
}

static void bind_brief_event(struct lite_run *run, const struct lite_write *write,
			     const struct lite_event *event)
{
	const cairn_event_record *record = &event->record;
	cairn_lite__bind_id(run, &event->job);
	cairn_lite__bind_int(run, record->seq);
	cairn_lite__bind_word(run, cairn_event_kind_text(record->kind));
	cairn_lite__bind_int(run, record->run_number);
	cairn_lite__bind_int(run, record->attempt);
	cairn_lite__bind_int(run, write->now);
	cairn_lite__bind_text(run, record->stage);
	cairn_lite__bind_text(run, record->worker);
	cairn_lite__bind_text(run, record->detail);
	cairn_lite__bind_count(run, record->duration);
}

static void bind_event(struct lite_run *run, const struct lite_write *write,
		       const struct lite_event *event)
{
	const cairn_event_record *record = &event->record;
	bind_brief_event(run, write, event);
	cairn_lite__bind_count(run, record->progress_done);
	cairn_lite__bind_count(run, record->progress_total);
	cairn_lite__bind_text(run, record->reason);
	cairn_lite__bind_text(run, record->error_code);
	cairn_lite__bind_text(run, record->error_message);
	cairn_lite__bind_time(run, record->until);
	cairn_lite__bind_time(run, record->requested);
	cairn_lite__bind_text(run, record->data);
}

/* n of the gathered events by one statement: 1 or LITE_ROWS. */
static cairn_status insert_events(struct lite_write *write, const struct lite_event *events,
				  size_t n, cairn_error *err)
{
	struct lite_run run;
	bool brief = true;
	for (size_t i = 0; i < n && brief; i++)
		brief = brief_event(&events[i].record);
	enum lite_sql one = brief ? LITE_EVENT_BRIEF : LITE_EVENT_INSERT;
	enum lite_sql rows = brief ? LITE_EVENT_BRIEF_ROWS : LITE_EVENT_INSERT_ROWS;
	cairn_status status = cairn_lite__start(&run, write->lite, n == 1 ? one : rows, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < n; i++) {
		if (brief)
			bind_brief_event(&run, write, &events[i]);
		else
			bind_event(&run, write, &events[i]);
	}
	return cairn_lite__finish(&run, err);
}

/* A copy in place of a text that may not last; it is a name, or what says which step, so there is room. */
static cairn_str keep(char *place, cairn_str text)
{
	size_t len = text.len < LITE_NAME ? text.len : LITE_NAME;
	if (len > 0)
		memcpy(place, text.ptr, len);
	return (cairn_str){ len > 0 ? place : NULL, len };
}

cairn_status cairn_lite__event_add(struct lite_write *write, const cairn_id *job,
				   const cairn_event_record *event, cairn_error *err)
{
	struct lite_pending *pending = &write->lite->pending;
	struct lite_event *next = &pending->event[pending->events++];
	next->job = *job;
	next->record = *event;
	/* those of replay runs have no stage */
	if (event->kind >= CAIRN_EVENT_STEP_STARTED)
		next->record.data = keep(next->stage, event->data);
	else
		next->record.stage = keep(next->stage, event->stage);
	if (pending->events < LITE_ROWS)
		return CAIRN_OK;
	pending->events = 0;
	return insert_events(write, pending->event, LITE_ROWS, err);
}

/* Whether the columns that LITE_ATTEMPT_BRIEF has are all there is. */
static bool brief_attempt(const cairn_attempt *row)
{
	return row->error_code.len == 0 && row->error_message.len == 0 && row->next_run_at == 0;
}

static void bind_brief_attempt(struct lite_run *run, const struct lite_attempt *attempt)
{
	const cairn_attempt *row = &attempt->row;
	cairn_lite__bind_id(run, &attempt->job);
	cairn_lite__bind_int(run, row->fence);
	cairn_lite__bind_int(run, row->run_number);
	cairn_lite__bind_int(run, row->attempt);
	cairn_lite__bind_text(run, row->worker);
	cairn_lite__bind_int(run, row->leased_at);
	cairn_lite__bind_int(run, row->finished_at);
	cairn_lite__bind_word(run, cairn_ending_text(row->ending));
	cairn_lite__bind_int(run, row->prestart);
	cairn_lite__bind_time(run, row->execution_started_at);
	cairn_lite__bind_int(run, attempt->lease);
}

static void bind_attempt(struct lite_run *run, const struct lite_attempt *attempt)
{
	const cairn_attempt *row = &attempt->row;
	bool again = row->next_run_at != 0;
	bind_brief_attempt(run, attempt);
	cairn_lite__bind_text(run, row->error_code);
	cairn_lite__bind_text(run, row->error_message);
	cairn_lite__bind_count(run, again ? row->retry_delay : -1);
	cairn_lite__bind_time(run, row->next_run_at);
	cairn_lite__bind_time(run, row->not_before);
}

/* n of the gathered attempts by one statement: 1 or LITE_ROWS. */
static cairn_status insert_attempts(struct lite_write *write, const struct lite_attempt *attempts,
				    size_t n, cairn_error *err)
{
	struct lite_run run;
	bool brief = true;
	for (size_t i = 0; i < n && brief; i++)
		brief = brief_attempt(&attempts[i].row);
	enum lite_sql one = brief ? LITE_ATTEMPT_BRIEF : LITE_ATTEMPT_INSERT;
	enum lite_sql rows = brief ? LITE_ATTEMPT_BRIEF_ROWS : LITE_ATTEMPT_INSERT_ROWS;
	cairn_status status = cairn_lite__start(&run, write->lite, n == 1 ? one : rows, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < n; i++) {
		if (brief)
			bind_brief_attempt(&run, &attempts[i]);
		else
			bind_attempt(&run, &attempts[i]);
	}
	return cairn_lite__finish(&run, err);
}

cairn_status cairn_lite__attempt_add(struct lite_write *write, const cairn_change *change,
				     const struct lite_row *was, const cairn_job *is,
				     cairn_error *err)
{
	struct lite_pending *pending = &write->lite->pending;
	struct lite_attempt *next = &pending->attempt[pending->attempts++];
	const cairn_job *job = &was->job;
	next->job = job->id;
	next->lease = was->lease;
	next->row = (cairn_attempt){
		.fence = job->fence,
		.run_number = job->run_number,
		.attempt = job->attempt,
		.worker = keep(next->worker, job->worker),
		.leased_at = job->leased_at,
		.finished_at = write->now,
		.ending = change->ending,
		.error_code = change->error_code,
		.error_message = change->error_message,
		.execution_started_at = job->execution_started_at,
		.prestart = job->prestart,
	};
	if (is->status == CAIRN_JOB_PENDING) {
		next->row.retry_delay = change->run_after;
		next->row.next_run_at = is->run_at;
		next->row.not_before = change->not_before;
	}
	if (pending->attempts < LITE_ROWS)
		return CAIRN_OK;
	pending->attempts = 0;
	return insert_attempts(write, pending->attempt, LITE_ROWS, err);
}

/* What did not fill a statement of many rows. */
cairn_status cairn_lite__flush(struct lite_write *write, cairn_error *err)
{
	struct lite_pending *pending = &write->lite->pending;
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < pending->attempts && status == CAIRN_OK; i++)
		status = insert_attempts(write, &pending->attempt[i], 1, err);
	for (size_t i = 0; i < pending->events && status == CAIRN_OK; i++)
		status = insert_events(write, &pending->event[i], 1, err);
	pending->attempts = 0;
	pending->events = 0;
	return status;
}

/* From the row as it is now, inside the database: payloads need not come out and go in. */
cairn_status cairn_lite__dead_letter_put(struct lite_write *write, int64_t row, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_DEAD_PUT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, row);
	cairn_lite__bind_int(&run, write->now);
	return cairn_lite__finish(&run, err);
}

/* ---- attempts and events of one job ------------------------------------- */

/* A job outside the scope and a job that does not exist look the same. */
static cairn_status find(struct lite *lite, const cairn_history_query *query, bool *found,
			 cairn_error *err)
{
	return cairn_lite__is_in_scope(lite, LITE_JOB_FOUND, &query->job, &query->scope, found,
				       err);
}

static enum cairn_ending ending_of(cairn_str word)
{
	for (int ending = CAIRN_ENDING_SUCCEEDED; ending <= CAIRN_ENDING_RELEASED; ending++) {
		if (cairn_str_is(word, cairn_ending_text((enum cairn_ending)ending)))
			return (enum cairn_ending)ending;
	}
	return CAIRN_ENDING_NONE;
}

static void read_attempt(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_attempt *row = into;
	row->fence = cairn_lite__int(run);
	row->run_number = cairn_lite__int32(run);
	row->attempt = cairn_lite__int32(run);
	row->worker = cairn_lite__text(run, rows);
	row->leased_at = cairn_lite__int(run);
	row->finished_at = cairn_lite__int(run);
	row->ending = ending_of(cairn_lite__view(run));
	row->prestart = (uint32_t)cairn_lite__int(run);
	row->execution_started_at = cairn_lite__int(run);
	row->error_code = cairn_lite__text(run, rows);
	row->error_message = cairn_lite__text(run, rows);
	row->retry_delay = cairn_lite__int(run);
	row->next_run_at = cairn_lite__int(run);
	row->not_before = cairn_lite__int(run);
}

static enum cairn_event_kind kind_of(cairn_str word)
{
	for (int kind = CAIRN_EVENT_ENQUEUED; kind < CAIRN_EVENT_SIGNALED; kind++) {
		if (cairn_str_is(word, cairn_event_kind_text((enum cairn_event_kind)kind)))
			return (enum cairn_event_kind)kind;
	}
	return CAIRN_EVENT_SIGNALED;
}

static void read_event(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_event_record *row = into;
	row->seq = cairn_lite__int(run);
	row->kind = kind_of(cairn_lite__view(run));
	row->run_number = cairn_lite__int32(run);
	row->attempt = cairn_lite__int32(run);
	row->at = cairn_lite__int(run);
	row->stage = cairn_lite__text(run, rows);
	row->progress_done = cairn_lite__count(run);
	row->progress_total = cairn_lite__count(run);
	row->worker = cairn_lite__text(run, rows);
	row->reason = cairn_lite__text(run, rows);
	row->error_code = cairn_lite__text(run, rows);
	row->error_message = cairn_lite__text(run, rows);
	row->detail = cairn_lite__text(run, rows);
	row->duration = cairn_lite__count(run);
	row->until = cairn_lite__int(run);
	row->requested = cairn_lite__int(run);
	row->data = cairn_lite__text(run, rows);
}

static cairn_status read_history(struct lite *lite, enum lite_sql which, lite_read_fn *read,
				 const cairn_history_query *query, cairn_rows *rows,
				 cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, which, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &query->job);
	cairn_lite__bind_int(&run, query->after);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read, err);
}

/* Whether the job is in scope, and then its history, from one snapshot. */
cairn_status cairn_lite__history(struct lite *lite, enum lite_sql which, lite_read_fn *read,
				 const cairn_history_query *query, int *found, cairn_rows *rows,
				 cairn_error *err)
{
	struct lite_read snapshot;
	bool there = false;
	cairn_status status = cairn_lite__read_begin(lite, &snapshot, err);
	if (status != CAIRN_OK)
		return status;
	status = find(lite, query, &there, err);
	if (status == CAIRN_OK && there)
		status = read_history(lite, which, read, query, rows, err);
	*found = there;
	return cairn_lite__read_end(&snapshot, status, err);
}

cairn_status cairn_lite__job_attempts(void *self, const cairn_history_query *query, int *found,
				      cairn_rows *rows, cairn_error *err)
{
	return cairn_lite__history(self, LITE_ATTEMPTS, read_attempt, query, found, rows, err);
}

cairn_status cairn_lite__job_events(void *self, const cairn_history_query *query, int *found,
				    cairn_rows *rows, cairn_error *err)
{
	return cairn_lite__history(self, LITE_EVENTS, read_event, query, found, rows, err);
}

/* ---- dead letters ------------------------------------------------------- */

static void read_dead_letter(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_dead_letter *row = into;
	row->id = cairn_lite__id(run);
	row->type = cairn_lite__text(run, rows);
	row->queue = cairn_lite__text(run, rows);
	row->tenant = cairn_lite__text(run, rows);
	row->run_number = cairn_lite__int32(run);
	row->attempt = cairn_lite__int32(run);
	row->error_code = cairn_lite__text(run, rows);
	row->error_message = cairn_lite__text(run, rows);
	row->payload = cairn_lite__text(run, rows);
	row->checkpoint = cairn_lite__text(run, rows);
	row->failed_at = cairn_lite__int(run);
	row->created_at = cairn_lite__int(run);
}

/*
 * A range of ids: from `low` up to, not including, `high`, which is one byte
 * longer than an id where it must lie just behind one.
 */
struct range {
	uint8_t low[16];
	uint8_t high[17];
	size_t high_len;
};

static struct range range_of(const cairn_dead_query *query)
{
	struct range range = { .high_len = 17 };
	bool one = !cairn_id_is_none(query->job);
	if (one) {
		memcpy(range.low, query->job.bytes, 16);
		memcpy(range.high, query->job.bytes, 16);
	} else {
		memset(range.high, 0xff, sizeof range.high);
	}
	bool cut = !cairn_id_is_none(query->after) &&
		   (!one || cairn_id_compare(query->after, query->job) <= 0);
	if (cut) {
		memcpy(range.high, query->after.bytes, 16);
		range.high_len = 16;
	}
	return range;
}

cairn_status cairn_lite__job_dead(void *self, const cairn_dead_query *query, cairn_rows *rows,
				  cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	struct range range = range_of(query);
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_DEAD_LETTERS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_blob(&run, range.low, sizeof range.low);
	cairn_lite__bind_blob(&run, range.high, range.high_len);
	cairn_lite__bind_scope(&run, &query->scope);
	cairn_lite__bind_text(&run, query->type);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_dead_letter, err);
}
