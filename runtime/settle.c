/*
 * settle.c - what becomes of a turn: answered, each item by itself; refused as malformed; or failed,
 * so that all of it has to be sent again.
 */
#include <string.h>

#include "runtime.h"

static enum cairn_ending ending_of(enum cairn_finish_how how)
{
	switch (how) {
	case CAIRN_FINISH_SUCCESS:
		return CAIRN_ENDING_SUCCEEDED;
	case CAIRN_FINISH_RETRYABLE:
		return CAIRN_ENDING_RETRYABLE;
	case CAIRN_FINISH_TIMEOUT:
		return CAIRN_ENDING_TIMEOUT;
	case CAIRN_FINISH_TERMINAL:
		return CAIRN_ENDING_TERMINAL;
	case CAIRN_FINISH_PANICKED:
		return CAIRN_ENDING_PANICKED;
	case CAIRN_FINISH_CONTINUE:
		return CAIRN_ENDING_CONTINUED;
	case CAIRN_FINISH_SNOOZE:
		return CAIRN_ENDING_SNOOZED;
	case CAIRN_FINISH_RELEASE:
		return CAIRN_ENDING_RELEASED;
	}
	return CAIRN_ENDING_NONE;
}

/* ---- ends -------------------------------------------------------------------------- */

/* A single item that data made malformed: its replacement is sent by itself. */
static void mend(struct dispatcher *dispatcher, size_t i)
{
	struct cairn_context *job = dispatcher->ending[i];
	cairn_changed *changed = &dispatcher->each[i];
	if (job->early || job->state != JOB_DONE ||
	    !cairn_worker__rewrite(job, cairn_code_text(changed->code),
				   cairn_code_message(changed->code)))
		return;
	cairn_worker__plan_finish(job, &dispatcher->finishes[i]);
	cairn_status st = cairn_job_finish(dispatcher->service.link.conn, &dispatcher->finishes[i],
					   1, changed, NULL);
	if (st != CAIRN_OK)
		changed->status = st;
}

static void count_end(struct cairn_worker *worker, const cairn_finish *finish, bool recorded,
		      bool returned)
{
	if (!recorded)
		atomic_fetch_add(&worker->refused, 1);
	else if (returned)
		atomic_fetch_add(&worker->returned, 1);
	else
		atomic_fetch_add(&worker->finished[finish->how], 1);
}

/* An end that was sent before, unconfirmed, and is found under this very fence, counts. */
static void settle_end(struct dispatcher *dispatcher, size_t i)
{
	struct cairn_context *job = dispatcher->ending[i];
	const cairn_finish *finish = &dispatcher->finishes[i];
	const cairn_changed *changed = &dispatcher->each[i];
	bool returned = !job->early && job->state != JOB_DONE;
	if (changed->status == CAIRN_INVALID)
		mend(dispatcher, i);
	bool recorded = changed->status == CAIRN_OK ||
			(job->unsure && changed->ending == ending_of(finish->how));
	count_end(job->worker, finish, recorded, returned);
	if (job->early && recorded)
		cairn_worker__tell_job(job, CAIRN_WORKER_OVERRUN);
	enum cairn_worker_event_kind kind = CAIRN_WORKER_REFUSED;
	if (recorded)
		kind = returned ? CAIRN_WORKER_RETURNED : CAIRN_WORKER_FINISHED;
	cairn_worker__tell_end(job, kind, finish, changed);
}

/* An early one keeps its context until the handler is back. */
static void free_end(struct cairn_context *job)
{
	job->settled = true;
	job->sent = false;
	if (job->early && job->state == JOB_RUNNING)
		cairn_worker__drop_saying(&job->flying);
	else
		cairn_worker__vacate(job);
}

/* ---- reports and lines --------------------------------------------------------------- */

/* Malformed for the store: the attempt will end with that. The lease's loss is the beater's to tell. */
static void hurt(struct cairn_context *job, const cairn_changed *changed, cairn_status *status)
{
	if (changed->status == CAIRN_OK || *status != CAIRN_OK)
		return;
	*status = changed->status;
	if (changed->status == CAIRN_INVALID)
		cairn_worker__spoil(job, cairn_code_text(changed->code),
				    cairn_code_message(changed->code));
}

static void settle_mark(struct cairn_context *job, const cairn_changed *changed)
{
	struct cairn_worker *worker = job->worker;
	job->sent = job->marking = false;
	worker->marking--;
	if (changed->status != CAIRN_OK) {
		cairn_worker__vacate(job); /* it is somebody else's, or canceled */
		return;
	}
	job->marked = true;
	cairn_worker__move(job, JOB_READY);
	cairn_worker__append(&worker->ready, job);
}

/* status is what became of its report, if it had one. */
static void settle_saying(struct dispatcher *dispatcher, struct cairn_context *job,
			  cairn_status status)
{
	const cairn_changed *each =
		dispatcher->each + dispatcher->finish_count + dispatcher->report_count;
	for (size_t n = 0; n < dispatcher->line_count; n++) {
		if (dispatcher->speaking[n] == job)
			hurt(job, &each[n], &status);
	}
	job->sent = false;
	cairn_worker__land(job, status);
	if (job->state == JOB_DONE)
		job->worker->done_at = 0; /* it waited for this */
	else if (job->flushing && job->heard < job->said)
		job->worker->say_at = 0;
}

static void settle_report(struct dispatcher *dispatcher, size_t i)
{
	struct cairn_context *job = dispatcher->reporting[i];
	const cairn_changed *changed = &dispatcher->each[dispatcher->finish_count + i];
	cairn_status status = CAIRN_OK;
	if (job->marking) {
		settle_mark(job, changed);
		return;
	}
	hurt(job, changed, &status);
	settle_saying(dispatcher, job, status);
}

/* ---- the claim ------------------------------------------------------------------------- */

static void tell_no_memory(struct cairn_worker *worker)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_worker__fail_code(&err, CAIRN_E_NOMEM);
	cairn_worker__tell_trouble(worker, &err);
}

/* Answers how many could not be taken: their leases run out, and they come back. */
static size_t take_all(struct dispatcher *dispatcher)
{
	struct cairn_worker *worker = dispatcher->service.link.worker;
	size_t got = dispatcher->claimed->count;
	size_t lost = 0;
	for (size_t i = 0; i < got; i++) {
		if (cairn_worker__take(worker, &dispatcher->claimed->at[i],
				       dispatcher->asked + worker->opts.lease) == NULL)
			lost++;
	}
	worker->taken += got;
	atomic_fetch_add(&worker->claimed, got);
	worker->reserved -= dispatcher->want;
	if (dispatcher->want > 0)
		cairn_worker__plan_poll(dispatcher, got);
	dispatcher->want = 0;
	if (worker->opts.max_jobs > 0 && worker->taken >= worker->opts.max_jobs)
		cairn_worker__nudge(worker);
	return lost;
}

/* ---- a turn that was answered ------------------------------------------------------------- */

void cairn_worker__settle(struct dispatcher *dispatcher)
{
	struct cairn_worker *worker = dispatcher->service.link.worker;
	for (size_t i = 0; i < dispatcher->finish_count; i++)
		settle_end(dispatcher, i);
	pthread_mutex_lock(&worker->lock);
	for (size_t i = 0; i < dispatcher->finish_count; i++)
		free_end(dispatcher->ending[i]);
	for (size_t i = 0; i < dispatcher->report_count; i++)
		settle_report(dispatcher, i);
	for (size_t i = 0; i < dispatcher->quiet_count; i++)
		settle_saying(dispatcher, dispatcher->quiet[i], CAIRN_OK);
	size_t lost = take_all(dispatcher);
	cairn_worker__set_to_work(worker, false);
	pthread_mutex_unlock(&worker->lock);
	if (lost > 0)
		tell_no_memory(worker);
}

/* ---- a turn that failed -------------------------------------------------------------------- */

static void unsend(struct cairn_context *job, bool unsure)
{
	struct cairn_worker *worker = job->worker;
	job->sent = false;
	if (job->marking) {
		job->marking = false;
		job->marked = job->marked || unsure;
		worker->marking--;
		cairn_worker__append(&worker->ahead, job);
		return;
	}
	if (job->state == JOB_RUNNING && !job->early) {
		cairn_worker__fly_back(job);
		worker->say_at = 0;
		return;
	}
	job->unsure = job->unsure || unsure;
	worker->done_at = 0;
}

/* All of it again, when the database can be had. */
void cairn_worker__unsent(struct dispatcher *dispatcher, cairn_status status)
{
	struct cairn_worker *worker = dispatcher->service.link.worker;
	bool unsure = status == CAIRN_UNCERTAIN;
	pthread_mutex_lock(&worker->lock);
	for (size_t i = 0; i < dispatcher->finish_count; i++) {
		struct cairn_context *job = dispatcher->ending[i];
		unsend(job, unsure);
		if (job->settled && job->state != JOB_RUNNING)
			cairn_worker__vacate(job);
	}
	for (size_t i = 0; i < dispatcher->report_count; i++)
		unsend(dispatcher->reporting[i], unsure);
	for (size_t i = 0; i < dispatcher->quiet_count; i++)
		unsend(dispatcher->quiet[i], unsure);
	worker->reserved -= dispatcher->want;
	if (dispatcher->want > 0)
		worker->next_poll = 0;
	dispatcher->want = 0;
	pthread_mutex_unlock(&worker->lock);
}

/* ---- a turn that was malformed --------------------------------------------------------------- */

static bool blame_end(struct dispatcher *dispatcher, size_t i, const cairn_error *err)
{
	struct cairn_context *job = dispatcher->ending[i];
	if (!job->early && job->state == JOB_DONE &&
	    cairn_worker__rewrite(job, err->code, err->message)) {
		cairn_worker__plan_finish(job, &dispatcher->finishes[i]);
		return true;
	}
	if (job->settled)
		return false; /* dropped before, and still in the way */
	job->settled = true;
	atomic_fetch_add(&job->worker->refused, 1);
	cairn_worker__tell_end(job, CAIRN_WORKER_REFUSED, &dispatcher->finishes[i],
			       &(cairn_changed){ .status = err->status });
	/* out of the batch: the last one takes its place */
	size_t last = --dispatcher->finish_count;
	dispatcher->ending[i] = dispatcher->ending[last];
	dispatcher->finishes[i] = dispatcher->finishes[last];
	pthread_mutex_lock(&job->worker->lock);
	free_end(job);
	pthread_mutex_unlock(&job->worker->lock);
	return true;
}

static bool blame_report(struct dispatcher *dispatcher, size_t i, const cairn_error *err)
{
	struct cairn_context *job = dispatcher->reporting[i];
	if (job->marking)
		return false;
	pthread_mutex_lock(&job->worker->lock);
	if (job->hurt == CAIRN_OK)
		job->hurt = err->status;
	job->flying.set = 0;
	job->flying.has_stage = job->flying.has_checkpoint = false;
	cairn_worker__spoil(job, err->code, err->message);
	dispatcher->reports[i] = (cairn_progress){ .lease = job->lease };
	pthread_mutex_unlock(&job->worker->lock);
	return true;
}

/* What a handler said last goes with its end, which was made before the line was looked at. */
static void spoil_end(struct dispatcher *dispatcher, struct cairn_context *job,
		      const cairn_error *err)
{
	for (size_t i = 0; i < dispatcher->finish_count; i++) {
		if (dispatcher->ending[i] != job || job->rewritten)
			continue;
		job->how = CAIRN_FINISH_TERMINAL;
		if (cairn_worker__rewrite(job, err->code, err->message))
			cairn_worker__plan_finish(job, &dispatcher->finishes[i]);
	}
}

static bool blame_line(struct dispatcher *dispatcher, size_t i, const cairn_error *err)
{
	struct cairn_context *job = dispatcher->speaking[i];
	spoil_end(dispatcher, job, err);
	pthread_mutex_lock(&job->worker->lock);
	if (job->hurt == CAIRN_OK)
		job->hurt = err->status;
	cairn_worker__spoil(job, err->code, err->message);
	pthread_mutex_unlock(&job->worker->lock);
	size_t rest = --dispatcher->line_count - i;
	memmove(&dispatcher->lines[i], &dispatcher->lines[i + 1],
		rest * sizeof dispatcher->lines[i]);
	memmove(&dispatcher->speaking[i], &dispatcher->speaking[i + 1],
		rest * sizeof(struct cairn_context *));
	return true;
}

bool cairn_worker__blame(struct dispatcher *dispatcher, const cairn_error *err)
{
	bool malformed = err->status == CAIRN_INVALID || err->status == CAIRN_TOO_LARGE;
	if (!malformed || err->index < 0)
		return false;
	size_t i = (size_t)err->index;
	if (i < dispatcher->finish_count)
		return blame_end(dispatcher, i, err);
	i -= dispatcher->finish_count;
	if (i < dispatcher->report_count)
		return blame_report(dispatcher, i, err);
	i -= dispatcher->report_count;
	return i < dispatcher->line_count && blame_line(dispatcher, i, err);
}
