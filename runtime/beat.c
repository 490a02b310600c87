/*
 * beat.c - the beater: one thread that extends all leases which are a third over, in one call on a
 * connection of its own, so that no slow turn can lose them. Handlers that are quicker than that
 * never need it. Behind that, and rarely, it tells the registry of owners that the worker lives.
 */
#include <stdlib.h>

#include "runtime.h"

#define BATCH 1000

struct beat {
	struct service *service;
	size_t n;
	struct cairn_context *jobs[BATCH]; /* pinned */
	cairn_lease leases[BATCH];
	cairn_changed each[BATCH];
};

/* ---- under the lock ---------------------------------------------------------------- */

static cairn_usec due_at(const struct cairn_context *job)
{
	const cairn_usec lease = job->worker->opts.lease;
	if (job->state == JOB_NONE || job->settled || job->unsure || job->superseded)
		return INT64_MAX;
	return job->lease_until - lease + lease / 3;
}

/* Those that are due soon go along. */
static void collect(struct beat *beat, cairn_usec now)
{
	struct cairn_worker *worker = beat->service->link.worker;
	beat->n = 0;
	for (uint32_t i = 0; i < worker->job_count && beat->n < BATCH; i++) {
		struct cairn_context *job = &worker->jobs[i];
		cairn_usec at = due_at(job);
		if (at == INT64_MAX || at > now + worker->opts.lease / 6)
			continue;
		job->pins++;
		beat->leases[beat->n] = job->lease;
		beat->jobs[beat->n++] = job;
	}
}

static cairn_usec next_time(const struct cairn_worker *worker, cairn_usec now)
{
	/* a lease that is new by then is not due before that */
	cairn_usec at = now + worker->opts.lease / 6;
	for (uint32_t i = 0; i < worker->job_count; i++) {
		cairn_usec due = due_at(&worker->jobs[i]);
		at = due < at ? due : at;
	}
	return at;
}

/* The context may have another job by now, or its end may be on its way: then the answer is void. */
static bool concerns(const struct beat *beat, size_t i)
{
	const struct cairn_context *job = beat->jobs[i];
	return job->state != JOB_NONE && !job->settled &&
	       job->lease.fence == beat->leases[i].fence &&
	       cairn_id_compare(job->lease.id, beat->leases[i].id) == 0;
}

/* ---- answers -------------------------------------------------------------------------- */

static void tell_lost(struct cairn_context *job, const cairn_changed *changed)
{
	cairn_finish finish;
	job->early = false;
	cairn_worker__conclude(job);
	cairn_worker__plan_finish(job, &finish);
	atomic_fetch_add(&job->worker->refused, 1);
	cairn_worker__tell_end(job, CAIRN_WORKER_REFUSED, &finish, changed);
}

/* Its lease is gone. A handler is told; an end that waits will not be recorded; the rest is dropped. */
static void refused(struct cairn_context *job, const cairn_changed *changed)
{
	struct cairn_worker *worker = job->worker;
	bool canceled = changed->code == CAIRN_E_JOB_CANCELED;
	enum cairn_cancel cause = canceled ? CAIRN_CANCEL_JOB : CAIRN_CANCEL_LEASE;
	if (job->sent || job->unsure)
		return; /* its turn will be told the same, or how it ended */
	if (job->state == JOB_AHEAD || job->state == JOB_READY) {
		cairn_worker__vacate(job);
		return;
	}
	job->settled = true;
	bool told = cairn_worker__cancel(job, cause);
	bool done = job->state == JOB_DONE;
	job->sent = done;
	pthread_mutex_unlock(&worker->lock);
	if (told)
		cairn_worker__tell_job(job, CAIRN_WORKER_CANCELED);
	else if (done)
		tell_lost(job, changed);
	pthread_mutex_lock(&worker->lock);
	if (done)
		cairn_worker__vacate(job);
}

static void settle(struct beat *beat, cairn_usec asked, bool answered)
{
	struct cairn_worker *worker = beat->service->link.worker;
	for (size_t i = 0; i < beat->n; i++) {
		struct cairn_context *job = beat->jobs[i];
		if (answered && concerns(beat, i)) {
			if (beat->each[i].status == CAIRN_OK)
				job->lease_until = asked + worker->opts.lease;
			else
				refused(job, &beat->each[i]);
		}
		cairn_worker__unpin(job);
	}
}

/* ---- the loop ----------------------------------------------------------------------------- */

/* Whether it was answered; if not, *st is OK to go on later. */
static bool extend(struct beat *beat, cairn_status *st, cairn_error *err)
{
	struct link *link = &beat->service->link;
	struct cairn_worker *worker = link->worker;
	cairn_error mine = CAIRN_ERROR_INIT;
	*st = cairn_job_heartbeat(link->conn, beat->leases, beat->n, worker->opts.lease, beat->each,
				  &mine);
	if (*st == CAIRN_OK) {
		atomic_fetch_add(&worker->beats, 1);
		cairn_worker__recovered(link);
		return true;
	}
	*err = mine;
	*st = cairn_worker__trouble(link, err);
	return false;
}

/* Called and left with the lock; answers when to come back. */
static cairn_usec round_of(struct beat *beat)
{
	struct link *link = &beat->service->link;
	struct cairn_worker *worker = link->worker;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_status st = CAIRN_OK;
	cairn_usec asked = cairn_worker__now();
	cairn_usec at = next_time(worker, asked);
	if (at > asked && worker->row.due > asked)
		return at < worker->row.due ? at : worker->row.due;
	beat->n = 0;
	if (at <= asked)
		collect(beat, asked);
	pthread_mutex_unlock(&worker->lock);
	bool answered = cairn_worker__linked(link, &st, &err);
	asked = cairn_worker__now();
	if (answered && beat->n > 0)
		answered = extend(beat, &st, &err);
	if (st != CAIRN_OK) {
		cairn_worker__give_up(worker, st, &err);
		link->retry_at = INT64_MAX;
	}
	pthread_mutex_lock(&worker->lock);
	settle(beat, asked, answered);
	if (!answered || worker->row.due > asked)
		return link->retry_at;
	pthread_mutex_unlock(&worker->lock);
	cairn_worker__row_beat(link);
	pthread_mutex_lock(&worker->lock);
	return link->retry_at;
}

void *cairn_worker__beat(void *arg)
{
	struct service *service = arg;
	struct cairn_worker *worker = service->link.worker;
	struct beat *beat = malloc(sizeof *beat);
	cairn_error err = CAIRN_ERROR_INIT;
	if (beat == NULL)
		cairn_worker__give_up(worker, cairn_worker__fail_code(&err, CAIRN_E_NOMEM), &err);
	cairn_worker__row_begin(worker);
	pthread_mutex_lock(&worker->lock);
	while (beat != NULL && !worker->closing) {
		beat->service = service;
		cairn_usec at = round_of(beat);
		if (at > cairn_worker__now() && !worker->closing)
			cairn_worker__wait(worker, &service->stir, at);
	}
	pthread_mutex_unlock(&worker->lock);
	free(beat);
	cairn_worker__row_end(&service->link);
	cairn_worker__service_over(service);
	return NULL;
}
