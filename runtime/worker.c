/*
 * worker.c - a worker's life: opened, run, stopped from anywhere, counted, closed. Its threads are
 * started and ended here; what each does is in a file of its own.
 */
#define _GNU_SOURCE /* pipe2 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime.h"

/* How long a call of a worker that is over may take before it is interrupted. */
#define PATIENCE (100 * CAIRN_MILLISECOND)

cairn_status cairn_worker__fail_code(cairn_error *err, cairn_code code)
{
	if (err == NULL)
		return cairn_code_status(code);
	*err = (cairn_error)CAIRN_ERROR_INIT;
	err->status = cairn_code_status(code);
	snprintf(err->op, sizeof err->op, "worker.run");
	snprintf(err->code, sizeof err->code, "%s", cairn_code_text(code));
	snprintf(err->message, sizeof err->message, "%s", cairn_code_message(code));
	return err->status;
}

/* ---- memory ------------------------------------------------------------------ */

static bool make_dispatcher(struct cairn_worker *worker, struct dispatcher *one)
{
	size_t n = worker->job_count;
	one->finishes = calloc(n, sizeof *one->finishes);
	one->ending = calloc(n, sizeof(struct cairn_context *));
	one->reports = calloc(n, sizeof *one->reports);
	one->reporting = calloc(n, sizeof(struct cairn_context *));
	one->quiet = calloc(n, sizeof(struct cairn_context *));
	one->lines = calloc(LINES_MAX, sizeof *one->lines);
	one->speaking = calloc(LINES_MAX, sizeof(struct cairn_context *));
	one->each = calloc(2 * n + LINES_MAX, sizeof *one->each);
	return one->finishes != NULL && one->ending != NULL && one->reports != NULL &&
	       one->reporting != NULL && one->quiet != NULL && one->lines != NULL &&
	       one->speaking != NULL && one->each != NULL;
}

static void free_dispatcher(struct dispatcher *one)
{
	free(one->finishes);
	free(one->ending);
	free(one->reports);
	free(one->reporting);
	free(one->quiet);
	free(one->lines);
	free(one->speaking);
	free(one->each);
	cairn_free(one->claimed);
}

static bool allocate(struct cairn_worker *worker)
{
	uint32_t n = worker->opts.dispatchers;
	worker->hands = calloc(worker->opts.concurrency, sizeof *worker->hands);
	worker->dispatchers = calloc(n, sizeof *worker->dispatchers);
	if (worker->hands == NULL || worker->dispatchers == NULL ||
	    !cairn_worker__jobs_init(worker))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (!make_dispatcher(worker, &worker->dispatchers[i]))
			return false;
	}
	return true;
}

static void init_service(struct cairn_worker *worker, struct service *service)
{
	cairn_id seed = cairn_id_new();
	service->link.worker = worker;
	memcpy(&service->link.dice, seed.bytes + 8, sizeof service->link.dice);
	cairn_worker__cond_init(&service->stir);
}

static void init_shared(struct cairn_worker *worker)
{
	pthread_mutex_init(&worker->lock, NULL);
	pthread_mutex_init(&worker->telling, NULL);
	cairn_worker__cond_init(&worker->work);
	cairn_worker__cond_init(&worker->ended);
	for (uint32_t i = 0; i < worker->opts.dispatchers; i++)
		init_service(worker, &worker->dispatchers[i].service);
	init_service(worker, &worker->beater);
	init_service(worker, &worker->waker);
	init_service(worker, &worker->upkeep);
	worker->poll_delay = worker->opts.poll_min;
	worker->wait_dice = worker->upkeep.link.dice ^ 1;
	worker->say_at = worker->done_at = INT64_MAX;
	worker->scarce = true;
	worker->swept = !cairn_worker__has_loops(worker);
	worker->error = (cairn_error)CAIRN_ERROR_INIT;
}

static void end_shared(struct cairn_worker *worker)
{
	pthread_mutex_destroy(&worker->lock);
	pthread_mutex_destroy(&worker->telling);
	pthread_cond_destroy(&worker->work);
	pthread_cond_destroy(&worker->ended);
	for (uint32_t i = 0; i < worker->opts.dispatchers; i++)
		pthread_cond_destroy(&worker->dispatchers[i].service.stir);
	pthread_cond_destroy(&worker->beater.stir);
	pthread_cond_destroy(&worker->waker.stir);
	pthread_cond_destroy(&worker->upkeep.stir);
}

static void free_worker(struct cairn_worker *worker)
{
	cairn_worker__jobs_free(worker);
	for (uint32_t i = 0; worker->dispatchers != NULL && i < worker->opts.dispatchers; i++)
		free_dispatcher(&worker->dispatchers[i]);
	free(worker->dispatchers);
	free(worker->hands);
	cairn_worker__options_free(worker);
	free(worker);
}

/* An abandoned handler's thread may be the last to go. */
void cairn_worker__release(struct cairn_worker *worker)
{
	if (atomic_fetch_sub(&worker->refs, 1) > 1)
		return;
	close(worker->wake[0]);
	close(worker->wake[1]);
	end_shared(worker);
	free_worker(worker);
}

cairn_status cairn_worker_open(cairn_worker **out, const cairn_worker_opts *given, cairn_error *err)
{
	*out = NULL;
	cairn_worker_opts opts = { .size = sizeof opts };
	memcpy(&opts, given, given->size < sizeof opts ? given->size : sizeof opts);
	cairn_status st = cairn_worker__check(&opts, err);
	if (st != CAIRN_OK)
		return st;
	struct cairn_worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return cairn_worker__fail_code(err, CAIRN_E_NOMEM);
	if (!cairn_worker__options(worker, &opts) || !allocate(worker)) {
		free_worker(worker);
		return cairn_worker__fail_code(err, CAIRN_E_NOMEM);
	}
	if (pipe2(worker->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
		free_worker(worker);
		return cairn_worker__refuse(err, CAIRN_E_WORKER_DESCRIPTORS,
					    cairn_code_message(CAIRN_E_WORKER_DESCRIPTORS));
	}
	atomic_init(&worker->refs, 1);
	init_shared(worker);
	*out = worker;
	return CAIRN_OK;
}

/* ---- running ----------------------------------------------------------------- */

static bool start_services(struct cairn_worker *worker)
{
	bool started =
		cairn_worker__service_start(&worker->beater, cairn_worker__beat, &worker->beater);
	for (uint32_t i = 0; i < worker->opts.dispatchers && started; i++) {
		struct dispatcher *one = &worker->dispatchers[i];
		started = cairn_worker__service_start(&one->service, cairn_worker__dispatch, one);
	}
	if (started && cairn_worker__has_loops(worker))
		started = cairn_worker__service_start(&worker->upkeep, cairn_worker__keep_up,
						      &worker->upkeep);
	if (started && !(worker->opts.flags & CAIRN_WORKER_POLL_ONLY))
		started = cairn_worker__service_start(&worker->waker, cairn_worker__wake,
						      &worker->waker);
	return started;
}

/* A call that is on its way is waited for, but not for ever. */
static void end_services(struct cairn_worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	worker->closing = true;
	pthread_mutex_unlock(&worker->lock);
	cairn_usec until = cairn_worker__now() + PATIENCE;
	cairn_worker__service_end(worker, &worker->waker, until, true);
	cairn_worker__service_end(worker, &worker->upkeep, until, true);
	until = cairn_worker__now() + worker->conn_opts.lock_timeout + CAIRN_SECOND;
	for (uint32_t i = 0; i < worker->opts.dispatchers; i++)
		cairn_worker__service_end(worker, &worker->dispatchers[i].service, until, false);
	cairn_worker__service_end(worker, &worker->beater, until, false);
}

/* Whether the database can be had at all is found out before anything is started. */
static cairn_status work(struct cairn_worker *worker, cairn_error *err)
{
	cairn_status st = cairn_worker__connect(&worker->dispatchers[0].service.link, err);
	if (st == CAIRN_OK)
		st = cairn_worker__pool_start(worker, err);
	if (st == CAIRN_OK && !start_services(worker))
		st = cairn_worker__fail_code(err, CAIRN_E_NOMEM);
	if (st == CAIRN_OK)
		cairn_worker__keep_watch(worker);
	end_services(worker);
	cairn_worker__unlink(&worker->dispatchers[0].service.link);
	if (st != CAIRN_OK || worker->status == CAIRN_OK)
		return st;
	*err = worker->error;
	return worker->status;
}

cairn_status cairn_worker_run(cairn_worker *worker, cairn_error *err)
{
	cairn_error mine = CAIRN_ERROR_INIT;
	cairn_status st = work(worker, &mine);
	uint32_t abandoned = cairn_worker__pool_end(worker);
	if (st == CAIRN_OK && abandoned > 0)
		st = cairn_worker__fail_code(&mine, CAIRN_E_WORKER_ABANDONED);
	if (st != CAIRN_OK && err != NULL)
		*err = mine;
	return st;
}

void cairn_worker_stop(cairn_worker *worker, enum cairn_stop how)
{
	int former = atomic_load(&worker->stop);
	while (former < (int)how && !atomic_compare_exchange_weak(&worker->stop, &former, (int)how))
		continue;
	cairn_worker__nudge(worker);
}

const char *cairn_worker_name(const cairn_worker *worker)
{
	return worker->name;
}

void cairn_worker_close(cairn_worker *worker)
{
	if (worker != NULL)
		cairn_worker__release(worker);
}

/* ---- counting ---------------------------------------------------------------- */

void cairn_worker_count(const cairn_worker *worker, cairn_worker_counts *counts)
{
	cairn_worker_counts now = {
		.size = counts->size,
		.claimed = atomic_load(&worker->claimed),
		.refused = atomic_load(&worker->refused),
		.returned = atomic_load(&worker->returned),
		.abandoned = atomic_load(&worker->abandoned),
		.reaped = atomic_load(&worker->reaped),
		.fired = atomic_load(&worker->fired),
		.promoted = atomic_load(&worker->promoted),
		.pruned = atomic_load(&worker->pruned),
		.turns = atomic_load(&worker->turns),
		.beats = atomic_load(&worker->beats),
		.polls = atomic_load(&worker->polls),
		.wakes = atomic_load(&worker->wakes),
		.troubles = atomic_load(&worker->troubles),
		.running = atomic_load(&worker->running),
		.waiting = atomic_load(&worker->waiting),
		.unsaid = atomic_load(&worker->unsaid),
		.unparked = atomic_load(&worker->unparked),
	};
	for (size_t i = 0; i < sizeof now.finished / sizeof now.finished[0]; i++)
		now.finished[i] = atomic_load(&worker->finished[i]);
	memcpy(counts, &now, counts->size < sizeof now ? counts->size : sizeof now);
}
