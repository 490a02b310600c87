/*
 * change.c - every transition of a job that somebody names: finish, heartbeat, progress,
 * cancel, requeue and what else the core plans. The guard and the new row are the core's
 * (cairn_change_test, cairn_change_apply); here the row is read, written back by rowid, and
 * what hangs on it is written: the attempt, the events, the dead letter.
 */
#include <string.h>

#include "lite.h"

void cairn_lite__row_read(struct lite_run *run, struct lite_row *row)
{
	cairn_job *job = &row->job;
	memset(row, 0, sizeof *row);
	row->row = cairn_lite__int(run);
	row->events = cairn_lite__int(run);
	row->reap_at = cairn_lite__int(run);
	job->status = cairn_lite__status(run);
	job->tenant = cairn_lite__view(run);
	job->run_number = cairn_lite__int32(run);
	job->attempt = cairn_lite__int32(run);
	job->run_at = cairn_lite__int(run);
	job->parked = (uint32_t)cairn_lite__int32(run);
	job->lease_expires_at = cairn_lite__int(run);
	job->heartbeat_at = cairn_lite__int(run);
	job->leased_at = cairn_lite__int(run);
	job->prestart = (uint32_t)cairn_lite__int(run);
	job->execution_started_at = cairn_lite__int(run);
	row->lease = cairn_lite__int(run);
	job->worker = cairn_lite__view(run);
	job->fence = cairn_lite__int(run);
	job->started_at = cairn_lite__int(run);
	job->finished_at = cairn_lite__int(run);
	job->stage = cairn_lite__view(run);
	job->progress_done = cairn_lite__count(run);
	job->progress_total = cairn_lite__count(run);
	job->status_reason = cairn_lite__view(run);
	job->error_code = cairn_lite__view(run);
	job->error_message = cairn_lite__view(run);
	job->updated_at = cairn_lite__int(run);
	job->key = cairn_lite__view(run);
	job->run = cairn_lite__id(run);
	job->continues = (uint32_t)cairn_lite__int(run);
	row->replay = cairn_lite__int32(run);
	job->replay = row->replay == LITE_IS_REPLAY;
}

/* ---- the row ------------------------------------------------------------ */

/* The reap_at of a lease that is extended is early enough; one that is cut needs a new one. */
static cairn_time next_reap_at(const struct lite_row *was, const cairn_job *is)
{
	if (is->status != CAIRN_JOB_LEASED)
		return 0;
	return was->reap_at < is->lease_expires_at ? was->reap_at : is->lease_expires_at;
}

/* Nothing but the lease moves: three columns, and with luck no index. */
static bool only_lease(const cairn_change *change)
{
	return change->set == CAIRN_SET_LEASE && change->events == 0 &&
	       change->ending == CAIRN_ENDING_NONE && change->to == CAIRN_JOB_LEASED &&
	       change->from == 1u << CAIRN_JOB_LEASED;
}

/* Extends a lease that is held without reading it first; *hit stays false for all else. */
static cairn_status beat_held(struct lite_write *write, const cairn_change *change, bool *hit,
			      cairn_error *err)
{
	struct lite *lite = write->lite;
	struct lite_run run;
	if (!only_lease(change) || change->guard != (CAIRN_GUARD_FENCE | CAIRN_GUARD_LIVE))
		return CAIRN_OK;
	cairn_status status = cairn_lite__start(&run, lite, LITE_JOB_BEAT_HELD, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &change->id);
	cairn_lite__bind_int(&run, change->fence);
	cairn_lite__bind_int(&run, write->now + change->lease);
	cairn_lite__bind_int(&run, write->now);
	status = cairn_lite__finish(&run, err);
	*hit = status == CAIRN_OK && sqlite3_changes(lite->db) == 1;
	return status;
}

static cairn_status beat(struct lite_write *write, const struct lite_row *was, const cairn_job *is,
			 cairn_error *err)
{
	struct lite_run run;
	bool shorter = is->lease_expires_at < was->reap_at;
	cairn_status status = cairn_lite__start(
		&run, write->lite, shorter ? LITE_JOB_BEAT_SHORTER : LITE_JOB_BEAT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, was->row);
	cairn_lite__bind_int(&run, is->lease_expires_at);
	cairn_lite__bind_int(&run, write->now);
	return cairn_lite__finish(&run, err);
}

/* What a running attempt reports, unless it cuts its lease: no index is written. */
static bool only_report(const cairn_change *change, const struct lite_row *was, const cairn_job *is)
{
	const uint32_t report = CAIRN_SET_LEASE | CAIRN_SET_STAGE | CAIRN_SET_DONE |
				CAIRN_SET_TOTAL | CAIRN_SET_CHECKPOINT | CAIRN_SET_MARK;
	return (change->set & ~report) == 0 && was->job.status == CAIRN_JOB_LEASED &&
	       is->status == CAIRN_JOB_LEASED && is->lease_expires_at >= was->reap_at;
}

static cairn_status report(struct lite_write *write, const struct lite_row *was,
			   const cairn_job *is, int64_t events, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_JOB_REPORT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, is->stage);
	cairn_lite__bind_count(&run, is->progress_done);
	cairn_lite__bind_count(&run, is->progress_total);
	cairn_lite__bind_time(&run, is->execution_started_at);
	cairn_lite__bind_int(&run, is->lease_expires_at);
	cairn_lite__bind_time(&run, is->heartbeat_at);
	cairn_lite__bind_int(&run, events);
	cairn_lite__bind_int(&run, is->updated_at);
	cairn_lite__bind_int(&run, was->row);
	return cairn_lite__finish(&run, err);
}

/* output may be long: it is written only by a change that sets it. */
static cairn_status move(struct lite_write *write, const cairn_change *change,
			 const struct lite_row *was, const cairn_job *is, int64_t events,
			 cairn_error *err)
{
	struct lite_run run;
	bool output = (change->set & CAIRN_SET_OUTPUT) != 0;
	cairn_status status = cairn_lite__start(&run, write->lite,
						output ? LITE_JOB_MOVE_OUTPUT : LITE_JOB_MOVE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_word(&run, cairn_job_status_text(is->status));
	cairn_lite__bind_int(&run, is->run_number);
	cairn_lite__bind_int(&run, is->attempt);
	cairn_lite__bind_int(&run, is->run_at);
	cairn_lite__bind_int(&run, is->parked);
	cairn_lite__bind_time(&run, is->lease_expires_at);
	cairn_lite__bind_time(&run, next_reap_at(was, is));
	cairn_lite__bind_time(&run, is->heartbeat_at);
	cairn_lite__bind_time(&run, is->leased_at);
	cairn_lite__bind_int(&run, is->prestart);
	cairn_lite__bind_time(&run, is->execution_started_at);
	cairn_lite__bind_text(&run, is->worker);
	cairn_lite__bind_time(&run, is->started_at);
	cairn_lite__bind_time(&run, is->finished_at);
	cairn_lite__bind_text(&run, is->stage);
	cairn_lite__bind_count(&run, is->progress_done);
	cairn_lite__bind_count(&run, is->progress_total);
	cairn_lite__bind_text(&run, is->status_reason);
	cairn_lite__bind_text(&run, is->error_code);
	cairn_lite__bind_text(&run, is->error_message);
	cairn_lite__bind_int(&run, events);
	cairn_lite__bind_int(&run, is->updated_at);
	if (output)
		cairn_lite__bind_text(&run, is->output);
	cairn_lite__bind_int(&run, was->row);
	return cairn_lite__finish(&run, err);
}

/* One column that few changes write. */
static cairn_status put_text(struct lite_write *write, enum lite_sql which, cairn_str text,
			     int64_t row, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, which, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, text);
	cairn_lite__bind_int(&run, row);
	return cairn_lite__finish(&run, err);
}

static cairn_status put_priority(struct lite_write *write, int32_t priority, int64_t row,
				 cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_JOB_PRIORITY, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, priority);
	cairn_lite__bind_int(&run, row);
	return cairn_lite__finish(&run, err);
}

static cairn_status put_rest(struct lite_write *write, const cairn_change *change,
			     const cairn_job *is, int64_t row, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	if (change->set & (CAIRN_SET_CHECKPOINT | CAIRN_CLEAR_STATE))
		status = put_text(write, LITE_JOB_CHECKPOINT, is->checkpoint, row, err);
	if (status == CAIRN_OK && (change->set & CAIRN_SET_OWNER))
		status = put_text(write, LITE_JOB_OWNER, is->owner, row, err);
	if (status == CAIRN_OK && (change->set & CAIRN_SET_PAYLOAD))
		status = put_text(write, LITE_JOB_PAYLOAD, is->payload, row, err);
	if (status == CAIRN_OK && (change->set & CAIRN_SET_PRIORITY))
		status = put_priority(write, is->priority, row, err);
	return status;
}

/* ---- the events --------------------------------------------------------- */

/* In the order of their kinds, which is the order of the timeline; *seq is the last one's. */
static cairn_status write_events(struct lite_write *write, const cairn_change *change,
				 const cairn_job *was, const cairn_job *is, int64_t *seq,
				 cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	for (int kind = CAIRN_EVENT_ENQUEUED; kind <= CAIRN_EVENT_SIGNALED; kind++) {
		if (status != CAIRN_OK || !(change->events & 1u << kind))
			continue;
		cairn_event_record event = cairn_change_event((enum cairn_event_kind)kind, change,
							      was, is, write->now);
		event.seq = ++*seq;
		status = cairn_lite__event_add(write, &was->id, &event, err);
	}
	return status;
}

/* The attempt that ends, and the events; *seq is the last one's. */
static cairn_status write_history(struct lite_write *write, const cairn_change *change,
				  const struct lite_row *was, const cairn_job *is, int64_t *seq,
				  cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	/* the running attempt is the job row itself; its own row is written when it ends */
	if (change->ending != CAIRN_ENDING_NONE && was->job.status == CAIRN_JOB_LEASED)
		status = cairn_lite__attempt_add(write, change, was, is, err);
	if (status == CAIRN_OK)
		status = write_events(write, change, &was->job, is, seq, err);
	return status;
}

/* ---- successes, several by one statement -------------------------------- */

/* What the end of a job that goes well sets, if it brings nothing of its own but an output. */
#define SUCCESS_SET \
	(CAIRN_SET_FINISHED | CAIRN_SET_REASON | CAIRN_SET_ERROR | CAIRN_SET_OUTPUT | \
	 CAIRN_SET_STAGE | CAIRN_CLEAR_HOLDER | CAIRN_CLEAR_LEASE)

/* A batch on its way. Plain successes wait until enough of them are alike. */
struct batch {
	struct lite_write *write;
	size_t waiting;
	cairn_str stage;
	int64_t events; /* that each of them wrote */
	struct {
		int64_t row;
		cairn_str output;
	} successes[LITE_ROWS];
};

static bool plain_success(const cairn_change *change)
{
	return change->to == CAIRN_JOB_SUCCEEDED && change->ending == CAIRN_ENDING_SUCCEEDED &&
	       change->set == SUCCESS_SET && change->from == 1u << CAIRN_JOB_LEASED &&
	       change->guard == (CAIRN_GUARD_FENCE | CAIRN_GUARD_LIVE) && change->reason.len == 0 &&
	       change->error_code.len == 0 && change->error_message.len == 0 &&
	       (change->events & ~(1u << CAIRN_EVENT_SUCCEEDED)) == 0 && change->data.len == 0;
}

static cairn_status start_success(struct lite_run *run, const struct batch *batch,
				  enum lite_sql which, cairn_error *err)
{
	cairn_status status = cairn_lite__start(run, batch->write->lite, which, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(run, batch->write->now);
	cairn_lite__bind_text(run, batch->stage);
	cairn_lite__bind_int(run, batch->events);
	return CAIRN_OK;
}

static cairn_status succeed_rows(struct batch *batch, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = start_success(&run, batch, LITE_JOB_SUCCEED_ROWS, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < LITE_ROWS; i++) {
		cairn_lite__bind_int(&run, batch->successes[i].row);
		cairn_lite__bind_text(&run, batch->successes[i].output);
	}
	return cairn_lite__finish(&run, err);
}

static cairn_status succeed_one(struct batch *batch, size_t i, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = start_success(&run, batch, LITE_JOB_SUCCEED, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, batch->successes[i].output);
	cairn_lite__bind_int(&run, batch->successes[i].row);
	return cairn_lite__finish(&run, err);
}

static cairn_status succeed(struct batch *batch, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	if (batch->waiting == LITE_ROWS)
		status = succeed_rows(batch, err);
	for (size_t i = 0; i < batch->waiting % LITE_ROWS && status == CAIRN_OK; i++)
		status = succeed_one(batch, i, err);
	batch->waiting = 0;
	return status;
}

static cairn_status gather(struct batch *batch, const cairn_change *change,
			   const struct lite_row *was, cairn_error *err)
{
	int64_t seq = was->events;
	cairn_job is = was->job;
	cairn_change_apply(change, &is, batch->write->now);
	cairn_status status = cairn_lite__attempt_add(batch->write, change, was, &is, err);
	/* the event needs a row of its own only where it could be taken for another one */
	if (status == CAIRN_OK && was->events < 2)
		status = write_events(batch->write, change, &was->job, &is, &seq, err);
	else if (change->events != 0)
		seq++;
	int64_t events = seq - was->events;
	bool alike = events == batch->events && cairn_str_equal(change->stage, batch->stage);
	if (status == CAIRN_OK && (batch->waiting == LITE_ROWS || !alike))
		status = succeed(batch, err);
	batch->events = events;
	batch->stage = change->stage;
	batch->successes[batch->waiting].row = was->row;
	batch->successes[batch->waiting].output = change->output;
	batch->waiting++;
	return status;
}

/* ---- the change --------------------------------------------------------- */

cairn_status cairn_lite__change_apply(struct lite_write *write, const cairn_change *change,
				      const struct lite_row *was, cairn_job *is, cairn_error *err)
{
	int64_t seq = was->events;
	*is = was->job;
	cairn_change_apply(change, is, write->now);
	if (change->set & CAIRN_DELETE)
		return cairn_lite__delete(write, was->row, &was->job.id, was->replay != 0, err);
	if (only_lease(change))
		return beat(write, was, is, err);
	cairn_status status = write_history(write, change, was, is, &seq, err);
	if (status == CAIRN_OK && only_report(change, was, is))
		status = report(write, was, is, seq, err);
	else if (status == CAIRN_OK)
		status = move(write, change, was, is, seq, err);
	if (status == CAIRN_OK)
		status = put_rest(write, change, is, was->row, err);
	if (status == CAIRN_OK && (change->set & CAIRN_SET_DEAD))
		status = cairn_lite__dead_letter_put(write, was->row, err);
	if (status == CAIRN_OK && was->job.replay)
		status = cairn_lite__wake_note(write, &was->job, is->status, err);
	return status;
}

/* The guard stands in the statement, so that of the row only what is needed is read. */
static cairn_status succeed_held(struct batch *batch, const cairn_change *change, bool *hit,
				 cairn_change_result *each, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, batch->write->lite, LITE_JOB_HELD, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &change->id);
	cairn_lite__bind_int(&run, change->fence);
	cairn_lite__bind_int(&run, batch->write->now);
	status = cairn_lite__row(&run, hit, err);
	if (status != CAIRN_OK || !*hit)
		return status;
	struct lite_row was = { .job = { .id = change->id, .status = CAIRN_JOB_LEASED } };
	was.row = cairn_lite__int(&run);
	was.events = cairn_lite__int(&run);
	was.job.fence = change->fence;
	was.job.run_number = cairn_lite__int32(&run);
	was.job.attempt = cairn_lite__int32(&run);
	was.job.leased_at = cairn_lite__int(&run);
	was.job.prestart = (uint32_t)cairn_lite__int32(&run);
	was.job.execution_started_at = cairn_lite__int(&run);
	was.lease = cairn_lite__int(&run);
	was.job.worker = cairn_lite__view(&run);
	was.job.progress_done = cairn_lite__count(&run);
	was.job.progress_total = cairn_lite__count(&run);
	was.job.run = cairn_lite__id(&run);
	each->hit = CAIRN_HIT;
	each->run_number = was.job.run_number;
	status = gather(batch, change, &was, err);
	if (status == CAIRN_OK)
		status = cairn_lite__run_ended(batch->write, &was.job, change->to, change, err);
	cairn_lite__stop(&run);
	return status;
}

/* What can be done without reading the whole row; *hit stays false for all else, and for a miss. */
static cairn_status change_held(struct batch *batch, const cairn_change *change, bool *hit,
				cairn_change_result *each, cairn_error *err)
{
	if (plain_success(change))
		return succeed_held(batch, change, hit, each, err);
	cairn_status status = beat_held(batch->write, change, hit, err);
	if (status == CAIRN_OK && *hit) {
		each->hit = CAIRN_HIT;
		each->lease_expires_at = batch->write->now + change->lease;
	}
	return status;
}

/* A guard that fails is an answer and no error: this item writes nothing, the others go on. */
static cairn_status change_one(struct batch *batch, const cairn_change *change,
			       cairn_change_result *each, cairn_error *err)
{
	struct lite_write *write = batch->write;
	struct lite_run run;
	struct lite_row was;
	bool found = false;
	memset(each, 0, sizeof *each);
	cairn_status status = change_held(batch, change, &found, each, err);
	if (status != CAIRN_OK || found)
		return status;
	status = cairn_lite__start(&run, write->lite, LITE_JOB_ROW, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &change->id);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	cairn_lite__row_read(&run, &was);
	was.job.id = change->id;
	each->hit = cairn_change_test(change, &was.job, write->now);
	if (each->hit == CAIRN_HIT) {
		cairn_job is;
		status = cairn_lite__change_apply(write, change, &was, &is, err);
		if (status == CAIRN_OK)
			status = cairn_lite__run_ended(write, &was.job, is.status, NULL, err);
		each->run_number = is.run_number;
		each->run_at = is.run_at;
		each->lease_expires_at = is.lease_expires_at;
	}
	cairn_lite__stop(&run);
	return status;
}

/* Locking in id order has no meaning here: the writer's lock covers every row. */
cairn_status cairn_lite__job_change(void *self, const cairn_change_plan *plan,
				    cairn_change_result *each, cairn_rows *claimed,
				    cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	struct batch batch = { .write = &write };
	status = cairn_lite__log(&write, plan->lines, plan->line_count, plan->line_hits, err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = change_one(&batch, &plan->changes[i], &each[i], err);
	if (status == CAIRN_OK)
		status = succeed(&batch, err);
	if (status == CAIRN_OK)
		status = cairn_lite__run_settle(&write, err);
	if (status == CAIRN_OK)
		status = cairn_lite__wake_noted(&write, err);
	if (status == CAIRN_OK && plan->claim != NULL)
		status = cairn_lite__claim(&write, plan->claim, claimed, err);
	return cairn_lite__write_end(&write, status, err);
}
