/*
 * watch.c - the watch, on the thread of cairn_worker_run: it looks at the stop flag, at deadlines and
 * at leases, tells handlers, and sleeps until the next of those or until it is nudged. It makes no
 * calls, so that nothing that a database does can hold it up.
 */
#include <poll.h>
#include <unistd.h>

#include "runtime.h"

/* ---- telling, which goes without the lock --------------------------------------------- */

static void cancel(struct cairn_context *job, enum cairn_cancel cause)
{
	struct cairn_worker *worker = job->worker;
	if (!cairn_worker__cancel(job, cause))
		return;
	job->pins++;
	pthread_mutex_unlock(&worker->lock);
	cairn_worker__tell_job(job, CAIRN_WORKER_CANCELED);
	pthread_mutex_lock(&worker->lock);
	cairn_worker__unpin(job);
}

/* Its end can't be recorded any more. */
static void drop(struct cairn_context *job)
{
	struct cairn_worker *worker = job->worker;
	cairn_finish finish;
	job->early = false;
	job->settled = job->sent = true;
	cairn_worker__conclude(job);
	cairn_worker__plan_finish(job, &finish);
	pthread_mutex_unlock(&worker->lock);
	atomic_fetch_add(&worker->refused, 1);
	cairn_worker__tell_end(
		job, CAIRN_WORKER_REFUSED, &finish,
		&(cairn_changed){ .status = job->unsure ? CAIRN_UNCERTAIN : CAIRN_STALE,
				  .code = CAIRN_E_JOB_LEASE_EXPIRED });
	pthread_mutex_lock(&worker->lock);
	cairn_worker__vacate(job);
}

/* ---- the stop ------------------------------------------------------------------------------ */

static void stop_softly(struct cairn_worker *worker, cairn_usec now)
{
	worker->stop_phase = CAIRN_STOP_SOFT;
	worker->stop_at = now;
	pthread_mutex_unlock(&worker->lock);
	cairn_worker__tell(worker, &(cairn_worker_event){ .kind = CAIRN_WORKER_STOPPING });
	pthread_mutex_lock(&worker->lock);
	cairn_worker__call_dispatchers(worker);
	pthread_cond_signal(&worker->upkeep.stir);
}

static void stop_hard(struct cairn_worker *worker, cairn_usec now)
{
	worker->stop_phase = CAIRN_STOP_HARD;
	worker->hard_at = now;
	for (uint32_t i = 0; i < worker->job_count; i++)
		cancel(&worker->jobs[i], CAIRN_CANCEL_STOP);
	cairn_worker__call_dispatchers(worker);
}

static void advance_stop(struct cairn_worker *worker, cairn_usec now)
{
	const cairn_worker_opts *opts = &worker->opts;
	bool used_up = opts->max_jobs > 0 && worker->taken >= opts->max_jobs;
	bool drained = (opts->flags & CAIRN_WORKER_IDLE_EXIT) != 0 && worker->drained;
	bool broken = worker->status != CAIRN_OK;
	int asked = atomic_load(&worker->stop);
	/* who stops by itself gives nothing back: what was claimed last is still to be run */
	if (asked == 0 && !broken && (used_up || drained) && worker->in_hand[JOB_AHEAD] == 0 &&
	    worker->in_hand[JOB_READY] == 0)
		asked = CAIRN_STOP_SOFT;
	if (broken)
		asked = CAIRN_STOP_HARD;
	if (asked != 0 && worker->stop_phase == 0)
		stop_softly(worker, now);
	bool late = opts->drain > 0 && now >= worker->stop_at + opts->drain;
	if (worker->stop_phase == CAIRN_STOP_SOFT && (asked == CAIRN_STOP_HARD || late))
		stop_hard(worker, now);
}

/* ---- looking at the jobs ------------------------------------------------------------------- */

/*
 * While the database is away and the lease is over, there is nothing to wait for: the job
 * is another worker's by now. An end of unknown outcome is worth asking about, but not
 * worth keeping a stopping worker alive.
 */
static bool hopeless(const struct cairn_context *job, cairn_usec now)
{
	const struct cairn_worker *worker = job->worker;
	bool away = worker->troubled == worker->opts.dispatchers || worker->status != CAIRN_OK;
	return away && now >= job->lease_until && (!job->unsure || worker->stop_phase != 0);
}

static void look_at_running(struct cairn_context *job, cairn_usec now)
{
	if (now >= job->lease_until && !job->settled)
		cancel(job, CAIRN_CANCEL_LEASE);
	if (job->state != JOB_RUNNING || now < job->deadline || job->overrun_at != INT64_MAX)
		return;
	job->overrun_at = now + job->worker->opts.grace;
	cairn_worker__call_dispatchers(job->worker);
	cancel(job, CAIRN_CANCEL_TIMEOUT);
}

static void look_at(struct cairn_context *job, cairn_usec now)
{
	if (job->state == JOB_RUNNING)
		look_at_running(job, now);
	else if (job->sent || job->state == JOB_NONE)
		return;
	else if (job->state == JOB_DONE && !job->settled && hopeless(job, now))
		drop(job);
	else if (job->state != JOB_DONE && now >= job->lease_until)
		cairn_worker__vacate(job); /* it waited too long, and is somebody else's */
}

/* ---- when to look again --------------------------------------------------------------------- */

static void sooner(cairn_usec *at, cairn_usec candidate)
{
	if (candidate < *at)
		*at = candidate;
}

static cairn_usec next_look(const struct cairn_worker *worker, cairn_usec now)
{
	/* leases that are new by then do not end before */
	cairn_usec at = now + worker->opts.lease / 2;
	if (worker->stop_phase == CAIRN_STOP_HARD)
		sooner(&at, worker->hard_at + worker->opts.grace);
	else if (worker->stop_phase != 0 && worker->opts.drain > 0)
		sooner(&at, worker->stop_at + worker->opts.drain);
	for (uint32_t i = 0; i < worker->job_count; i++) {
		const struct cairn_context *job = &worker->jobs[i];
		if (job->state == JOB_NONE || job->settled)
			continue;
		if (job->lease_until > now)
			sooner(&at, job->lease_until);
		if (job->state == JOB_RUNNING && job->overrun_at == INT64_MAX)
			sooner(&at, job->deadline);
		/* without a database nobody else says when its end is without hope */
		if (job->state == JOB_DONE && job->lease_until <= now)
			sooner(&at, now + 20 * CAIRN_MILLISECOND);
	}
	return at;
}

static void sleep_until(struct cairn_worker *worker, cairn_usec at)
{
	cairn_usec left = at - cairn_worker__now();
	int timeout = 60 * 1000;
	if (left <= 0)
		timeout = 0;
	else if (left < 60 * CAIRN_SECOND)
		timeout = (int)((left + CAIRN_MILLISECOND - 1) / CAIRN_MILLISECOND);
	struct pollfd ready = { .fd = worker->wake[0], .events = POLLIN };
	poll(&ready, 1, timeout);
	char bytes[16];
	while (read(worker->wake[0], bytes, sizeof bytes) > 0)
		continue;
	/* from here on a nudge writes again; whatever came before is seen by the next look */
	atomic_store(&worker->awake, 0);
}

/* ---- the loop ---------------------------------------------------------------------------------- */

/* Without a database only handlers at work are waited for. */
static bool over(const struct cairn_worker *worker, cairn_usec now)
{
	if (worker->stop_phase == 0)
		return false;
	uint32_t running = worker->in_hand[JOB_RUNNING];
	uint32_t held = worker->status != CAIRN_OK
				? running
				: worker->job_count - worker->in_hand[JOB_NONE] + worker->reserved;
	return held == 0 || (worker->stop_phase == CAIRN_STOP_HARD &&
			     now >= worker->hard_at + worker->opts.grace);
}

/* What could not be recorded by now is told to be lost. */
static void drop_unsent(struct cairn_worker *worker)
{
	for (uint32_t i = 0; i < worker->job_count; i++) {
		struct cairn_context *job = &worker->jobs[i];
		if (job->state == JOB_DONE && !job->settled && !job->sent)
			drop(job);
	}
}

void cairn_worker__keep_watch(struct cairn_worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	for (;;) {
		cairn_usec now = cairn_worker__now();
		for (uint32_t i = 0; i < worker->job_count; i++)
			look_at(&worker->jobs[i], now);
		advance_stop(worker, now);
		if (over(worker, now))
			break;
		worker->look_at = next_look(worker, now);
		cairn_usec at = worker->look_at;
		pthread_mutex_unlock(&worker->lock);
		sleep_until(worker, at);
		pthread_mutex_lock(&worker->lock);
	}
	drop_unsent(worker);
	pthread_mutex_unlock(&worker->lock);
}
