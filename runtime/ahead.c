/*
 * ahead.c - how many jobs a turn claims, marks as started, or gives back. Without jobs ahead a claim
 * is for the threads that are free; with them, also for those that will be before the next answer,
 * and then for as many as may wait; but only as long as claims come back full: where work is scarce a
 * job that waited in one worker would start sooner in another. All of it under the worker's lock.
 */
#include "runtime.h"

#define CLAIM_MAX 1000 /* one claim's limit */

/* Microseconds: a job that has a thread by then is claimed as started, as one is that finds a free one. */
#define SOON 10000

/* Jobs that want a thread now or have one. */
static uint32_t on_threads(const struct cairn_worker *worker)
{
	return worker->in_hand[JOB_READY] + worker->in_hand[JOB_RUNNING];
}

static uint32_t less(uint32_t from, uint32_t what)
{
	return from > what ? from - what : 0;
}

/* Those that would start before the answer to the next call is there, beyond what there is for them. */
static uint32_t started_at_once(const struct cairn_worker *worker, uint32_t pace)
{
	uint32_t have = on_threads(worker) + worker->in_hand[JOB_AHEAD] + worker->reserved;
	return less(worker->opts.concurrency + pace, have);
}

/*
 * How many more will have started in a moment. Where handlers are short those are more than there are
 * threads, and the mark of each would cost as much as its end.
 */
static uint32_t soon(const struct cairn_worker *worker)
{
	const cairn_worker_opts *opts = &worker->opts;
	uint64_t length = worker->length > 0 ? (uint64_t)worker->length : 1;
	uint64_t moment = opts->concurrency * (uint64_t)SOON / length;
	uint64_t ended = worker->starts - worker->in_hand[JOB_RUNNING];
	if (ended < opts->concurrency || moment < worker->pace)
		return worker->pace; /* nobody knows yet how long they take, or they take long */
	return moment < opts->ahead ? (uint32_t)moment : opts->ahead;
}

static bool plenty(const struct cairn_worker *worker)
{
	return worker->opts.ahead > 0 && !worker->scarce;
}

/*
 * What starts at once is claimed as started, which saves its mark; only when there is enough of that
 * are others claimed to wait.
 */
static uint32_t room(const struct cairn_worker *worker, bool *prestart)
{
	uint32_t want = started_at_once(worker, plenty(worker) ? soon(worker) : 0);
	*prestart = want == 0 && plenty(worker);
	if (*prestart)
		want = less(worker->opts.ahead, worker->ahead.count + worker->reserved);
	uint32_t unused = less(worker->unused.count, worker->reserved);
	want = want < unused ? want : unused;
	return want < CLAIM_MAX ? want : CLAIM_MAX;
}

static uint32_t claimable(const struct cairn_worker *worker, bool *prestart)
{
	if (worker->stop_phase != 0 || atomic_load(&worker->stop) != 0 || worker->closing ||
	    worker->status != CAIRN_OK)
		return 0;
	uint32_t want = room(worker, prestart);
	uint64_t most = worker->opts.max_jobs;
	if (most == 0)
		return want;
	uint64_t taken = worker->taken + worker->reserved;
	uint64_t left = taken < most ? most - taken : 0;
	return want < left ? want : (uint32_t)left;
}

uint32_t cairn_worker__claimable(const struct cairn_worker *worker)
{
	bool prestart;
	return claimable(worker, &prestart);
}

/* A turn that has something to say claims along for nothing; else it is done when a poll is due. */
void cairn_worker__plan_claim(struct dispatcher *dispatcher, bool talking)
{
	struct cairn_worker *worker = dispatcher->service.link.worker;
	dispatcher->want = 0;
	if (!talking && cairn_worker__now() < worker->next_poll)
		return;
	dispatcher->want = claimable(worker, &dispatcher->prestart);
	dispatcher->swept = worker->swept;
	worker->reserved += dispatcher->want;
	if (dispatcher->want > 0)
		worker->next_poll = INT64_MAX; /* until the answer is there */
}

/*
 * So many of those ahead are marked now: for the threads that are free, and for those
 * that will be before the next turn is over.
 */
uint32_t cairn_worker__marks_due(const struct cairn_worker *worker)
{
	if (worker->stop_phase != 0 || worker->ahead.count == 0)
		return 0;
	return less(worker->opts.concurrency + worker->pace, on_threads(worker) + worker->marking);
}

/* Without jobs ahead what was claimed has a thread that is about to start it; a hard stop is sooner. */
bool cairn_worker__gives_back(const struct cairn_context *job)
{
	const struct cairn_worker *worker = job->worker;
	if (worker->stop_phase == 0)
		return false;
	if (job->state == JOB_AHEAD)
		return true;
	return job->state == JOB_READY &&
	       (worker->opts.ahead > 0 || worker->stop_phase == CAIRN_STOP_HARD);
}

/* A release takes what was never marked; the rest is snoozed, which costs no attempt either. */
void cairn_worker__plan_return(struct cairn_context *job, cairn_finish *finish)
{
	*finish = (cairn_finish){
		.lease = job->lease,
		.how = job->marked ? CAIRN_FINISH_SNOOZE : CAIRN_FINISH_RELEASE,
		.reason = CAIRN_STR("WORKER_STOPPED"),
	};
}

void cairn_worker__plan_poll(struct dispatcher *dispatcher, size_t got)
{
	struct cairn_worker *worker = dispatcher->service.link.worker;
	cairn_usec now = cairn_worker__now();
	uint32_t held = worker->job_count - worker->in_hand[JOB_NONE];
	worker->claims++;
	worker->finds += got > 0;
	worker->scarce = got < dispatcher->want;
	worker->drained = got == 0 && held == 0 && worker->reserved == 0 && dispatcher->swept;
	if (worker->drained)
		cairn_worker__nudge(worker);
	if (got > 0)
		worker->poll_delay = worker->opts.poll_min;
	worker->next_poll = now;
	if (!worker->scarce)
		return;
	worker->next_poll += cairn_worker__jitter(&worker->wait_dice, worker->poll_delay);
	worker->poll_delay *= 2;
	if (worker->poll_delay > worker->opts.poll_max)
		worker->poll_delay = worker->opts.poll_max;
	pthread_cond_signal(&worker->waker.stir);
}
