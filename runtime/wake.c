/*
 * wake.c - the waker: while the worker would take more than there is, it sits in cairn_job_wait on a
 * connection of its own and calls a dispatcher when something came. It is a help only: behind
 * it the dispatchers poll.
 */
#include "runtime.h"

#define SIT CAIRN_SECOND

/* Under the lock: a thread is free, and the last claim brought less than it was asked for. */
static bool wanted(const struct cairn_worker *worker)
{
	uint32_t held = worker->in_hand[JOB_READY] + worker->in_hand[JOB_RUNNING];
	return worker->stop_phase == 0 && worker->status == CAIRN_OK && worker->scarce &&
	       worker->claims > 0 && held < worker->opts.concurrency;
}

/*
 * It may be told of jobs that are not for this worker, of other types or owners: each claim that
 * brings nothing makes the next sitting start later.
 */
static void rouse(struct service *service, cairn_usec *pause)
{
	struct cairn_worker *worker = service->link.worker;
	uint64_t claims = worker->claims;
	uint64_t finds = worker->finds;
	cairn_usec until = cairn_worker__now() + SIT;
	atomic_fetch_add(&worker->wakes, 1);
	worker->next_poll = worker->next_poll == INT64_MAX ? INT64_MAX : 0;
	cairn_worker__call_dispatchers(worker);
	while (worker->claims == claims && !worker->closing && cairn_worker__now() < until)
		cairn_worker__wait(worker, &service->stir, until);
	if (worker->finds != finds) {
		*pause = 0;
		return;
	}
	*pause = *pause == 0 ? CAIRN_MILLISECOND : *pause * 2;
	if (*pause > worker->opts.poll_max)
		*pause = worker->opts.poll_max;
	until = cairn_worker__now() + *pause;
	while (!worker->closing && cairn_worker__now() < until)
		cairn_worker__wait(worker, &service->stir, until);
}

/* Not under the lock. Answers whether there is work; *later: when the database may be asked again. */
static bool sit(struct service *service, bool *able, cairn_usec *later)
{
	struct link *link = &service->link;
	struct cairn_worker *worker = link->worker;
	const cairn_str *queue = worker->opts.queue.len > 0 ? &worker->opts.queue : NULL;
	cairn_wait_opts opts = { .size = sizeof opts,
				 .queues = queue,
				 .queue_count = queue != NULL ? 1 : 0,
				 .timeout = SIT };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_status st;
	int ready = 0;
	if (cairn_worker__linked(link, &st, &err)) {
		cairn_error mine = CAIRN_ERROR_INIT;
		st = cairn_job_wait(link->conn, &opts, &ready, &mine);
		if (st == CAIRN_OK)
			cairn_worker__recovered(link);
		else if (st != CAIRN_INTERRUPTED)
			st = cairn_worker__trouble(link, &mine);
		else
			st = CAIRN_OK;
	}
	/* what time does not heal is for the dispatchers to say; without a waker they poll */
	*able = st == CAIRN_OK;
	*later = link->retry_at;
	return ready != 0;
}

void *cairn_worker__wake(void *arg)
{
	struct service *service = arg;
	struct cairn_worker *worker = service->link.worker;
	cairn_usec pause = 0;
	cairn_usec later = 0;
	bool able = true;
	pthread_mutex_lock(&worker->lock);
	while (!worker->closing && able) {
		bool asleep = cairn_worker__now() < later;
		if (asleep || !wanted(worker)) {
			cairn_worker__wait(worker, &service->stir, asleep ? later : INT64_MAX);
			continue;
		}
		pthread_mutex_unlock(&worker->lock);
		bool ready = sit(service, &able, &later);
		pthread_mutex_lock(&worker->lock);
		if (ready && !worker->closing)
			rouse(service, &pause);
	}
	pthread_mutex_unlock(&worker->lock);
	cairn_worker__service_over(service);
	return NULL;
}
