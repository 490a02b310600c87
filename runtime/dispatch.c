/*
 * dispatch.c - the thread of a dispatcher: takes a turn whenever there is something to say or to ask
 * for, and sleeps until then.
 */
#include "runtime.h"

/* ---- under the lock ------------------------------------------------------------- */

/* All of them: one that is in a call, or without a database, would not come. */
void cairn_worker__call_dispatchers(struct cairn_worker *worker)
{
	for (uint32_t i = 0; i < worker->opts.dispatchers; i++)
		pthread_cond_signal(&worker->dispatchers[i].service.stir);
}

/* Short handlers that run now will be done in a moment; what is READY will be, once it has a thread. */
static bool company(const struct cairn_worker *worker)
{
	if (worker->ready.count > 0)
		return true;
	return cairn_worker__brief(worker) && worker->done_at != INT64_MAX &&
	       worker->in_hand[JOB_RUNNING] > 0;
}

/*
 * An end waits a moment for others, so that short handlers do not cost a round trip each. What has not
 * been started by then has handlers before it that are longer than usual: it gets threads of its own.
 */
static void gather(struct dispatcher *dispatcher)
{
	struct cairn_worker *worker = dispatcher->service.link.worker;
	cairn_usec now = cairn_worker__now();
	cairn_usec until = (worker->done_at < now ? worker->done_at : now) + CAIRN_WORKER__COMPANY;
	worker->gathering++;
	while (company(worker) && worker->stop_phase == 0 && !worker->closing &&
	       cairn_worker__now() < until)
		cairn_worker__wait(worker, &dispatcher->service.stir, until);
	worker->gathering--;
	cairn_worker__set_to_work(worker, true);
}

static cairn_usec sooner(cairn_usec a, cairn_usec b)
{
	return a < b ? a : b;
}

/* When there is something to do, if nothing happens before. */
static cairn_usec next_time(const struct dispatcher *dispatcher)
{
	const struct cairn_worker *worker = dispatcher->service.link.worker;
	cairn_usec at = INT64_MAX;
	if (cairn_worker__claimable(worker) > 0)
		at = worker->next_poll;
	at = sooner(at, worker->say_at);
	for (uint32_t i = 0; i < worker->job_count; i++) {
		const struct cairn_context *job = &worker->jobs[i];
		if (job->state == JOB_RUNNING && !job->settled && !job->sent)
			at = sooner(at, job->overrun_at);
	}
	return at;
}

/* ---- the loop ------------------------------------------------------------------------ */

static void note_trouble(struct dispatcher *dispatcher, bool *before)
{
	struct cairn_worker *worker = dispatcher->service.link.worker;
	bool now = dispatcher->service.link.retry_delay > 0;
	if (now && !*before)
		worker->troubled++;
	else if (!now && *before)
		worker->troubled--;
	*before = now;
}

/* A connection first: what is collected must be sent. Answers when to come back; 0: at once. */
static cairn_usec take_turn(struct dispatcher *dispatcher)
{
	struct link *link = &dispatcher->service.link;
	struct cairn_worker *worker = link->worker;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_status st;
	pthread_mutex_unlock(&worker->lock);
	bool linked = cairn_worker__linked(link, &st, &err);
	pthread_mutex_lock(&worker->lock);
	if (linked) {
		gather(dispatcher);
		if (!cairn_worker__collect(dispatcher, cairn_worker__now()))
			return next_time(dispatcher);
		pthread_mutex_unlock(&worker->lock);
		st = cairn_worker__turn(dispatcher, &err);
		pthread_mutex_lock(&worker->lock);
	}
	if (st != CAIRN_OK) {
		pthread_mutex_unlock(&worker->lock);
		cairn_worker__give_up(worker, st, &err);
		pthread_mutex_lock(&worker->lock);
		link->retry_at = INT64_MAX;
	}
	return link->retry_at;
}

void *cairn_worker__dispatch(void *arg)
{
	struct dispatcher *dispatcher = arg;
	struct cairn_worker *worker = dispatcher->service.link.worker;
	bool troubled = false;
	pthread_mutex_lock(&worker->lock);
	while (!worker->closing) {
		cairn_usec at = take_turn(dispatcher);
		note_trouble(dispatcher, &troubled);
		if (at > cairn_worker__now() && !worker->closing)
			cairn_worker__wait(worker, &dispatcher->service.stir, at);
	}
	pthread_mutex_unlock(&worker->lock);
	cairn_worker__service_over(&dispatcher->service);
	return NULL;
}
