/*
 * pool.c - the handler threads: each takes a job that is READY, runs its handler, reports back. They
 * touch no database, unless a handler asks for a connection.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "runtime.h"

/* One byte in the pipe however many ask; also called by signal handlers. */
void cairn_worker__nudge(struct cairn_worker *worker)
{
	if (atomic_exchange(&worker->awake, 1) != 0)
		return;
	int kept_errno = errno;
	ssize_t written = write(worker->wake[1], "", 1);
	(void)written; /* a full pipe wakes as well */
	errno = kept_errno;
}

/* ---- waking --------------------------------------------------------------------- */

bool cairn_worker__brief(const struct cairn_worker *worker)
{
	return worker->length < CAIRN_WORKER__COMPANY;
}

/*
 * Two are woken. Where handlers are short those do most of the work before others could have woken, and
 * a dispatcher looks after what is left (dispatch.c); else each wakes the next.
 */
void cairn_worker__set_to_work(struct cairn_worker *worker, bool urgent)
{
	uint32_t wake =
		worker->ready.count < worker->resting ? worker->ready.count : worker->resting;
	for (uint32_t i = 0; i < wake && (urgent || i < 2); i++)
		pthread_cond_signal(&worker->work);
}

/* ---- a thread ------------------------------------------------------------------- */

static void begin(struct hand *hand, struct cairn_context *job)
{
	struct cairn_worker *worker = hand->worker;
	hand->job = job;
	job->hand = hand;
	job->started = cairn_worker__now();
	job->deadline = job->started + job->job.timeout;
	cairn_worker__move(job, JOB_RUNNING);
	worker->starts++;
	bool last = worker->opts.max_jobs > 0 && worker->taken >= worker->opts.max_jobs;
	if (job->deadline < worker->look_at || last)
		cairn_worker__nudge(worker);
	bool brief = cairn_worker__brief(worker);
	if (worker->ready.count > 0 && worker->resting > 0 && !brief)
		pthread_cond_signal(&worker->work);
	/* ends that wait for company need not wait any longer, marks and claims may be due */
	if (worker->ready.count == 0 && !brief &&
	    (worker->done_at != INT64_MAX || worker->opts.ahead > 0))
		cairn_worker__call_dispatchers(worker);
}

static void end(struct hand *hand, struct cairn_context *job)
{
	struct cairn_worker *worker = hand->worker;
	hand->job = NULL;
	cairn_worker__move(job, JOB_DONE);
	pthread_cond_broadcast(&job->stir);
	cairn_usec now = cairn_worker__now();
	bool first = worker->done_at == INT64_MAX;
	bool was_brief = cairn_worker__brief(worker);
	worker->length += (now - job->started - worker->length) / 8;
	if (first)
		worker->done_at = now;
	if ((first && worker->gathering == 0) ||
	    (worker->ready.count == 0 && (!was_brief || worker->in_hand[JOB_RUNNING] == 0)))
		cairn_worker__call_dispatchers(worker);
}

/* A job whose lease ran out while it waited is somebody else's. */
static struct cairn_context *next(struct cairn_worker *worker)
{
	struct cairn_context *job = worker->ready.first;
	if (job == NULL || worker->stop_phase == CAIRN_STOP_HARD)
		return NULL;
	while (job != NULL &&
	       (job->sent || job->settled || cairn_worker__now() >= job->lease_until ||
		(worker->stop_phase != 0 && cairn_worker__gives_back(job))))
		job = job->next;
	if (job != NULL)
		cairn_worker__remove(&worker->ready, job);
	return job;
}

static void *serve(void *arg)
{
	struct hand *hand = arg;
	struct cairn_worker *worker = hand->worker;
	pthread_mutex_lock(&worker->lock);
	while (!worker->closing) {
		struct cairn_context *job = next(worker);
		if (job == NULL) {
			worker->resting++;
			pthread_cond_wait(&worker->work, &worker->lock);
			worker->resting--;
			continue;
		}
		begin(hand, job);
		pthread_mutex_unlock(&worker->lock);
		cairn_worker__tell_job(job, CAIRN_WORKER_STARTED);
		job->how = job->handler->run(job->handler->user, job);
		if (hand->link.conn != NULL && cairn_worker__fails(job->how))
			cairn_worker__unlink(&hand->link);
		pthread_mutex_lock(&worker->lock);
		end(hand, job);
	}
	pthread_mutex_unlock(&worker->lock);
	cairn_worker__unlink(&hand->link);
	cairn_worker__release(worker);
	return NULL;
}

/* ---- from outside ----------------------------------------------------------------- */

/* The first cause stays. */
bool cairn_worker__cancel(struct cairn_context *job, enum cairn_cancel cause)
{
	if (job->state != JOB_RUNNING || atomic_load(&job->cancel) != CAIRN_CANCEL_NONE)
		return false;
	atomic_store(&job->cancel, (int)cause);
	pthread_cond_broadcast(&job->stir);
	return true;
}

cairn_status cairn_worker__pool_start(struct cairn_worker *worker, cairn_error *err)
{
	sigset_t all;
	sigset_t former;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &former);
	cairn_status st = CAIRN_OK;
	while (worker->hand_count < worker->opts.concurrency) {
		struct hand *hand = &worker->hands[worker->hand_count];
		hand->worker = worker;
		hand->link.worker = worker;
		atomic_fetch_add(&worker->refs, 1);
		if (pthread_create(&hand->thread, NULL, serve, hand) != 0) {
			atomic_fetch_sub(&worker->refs, 1);
			st = cairn_worker__fail_code(err, CAIRN_E_NOMEM);
			break;
		}
		worker->hand_count++;
	}
	pthread_sigmask(SIG_SETMASK, &former, NULL);
	return st;
}

uint32_t cairn_worker__pool_end(struct cairn_worker *worker)
{
	uint32_t abandoned = 0;
	for (uint32_t i = 0; i < worker->hand_count; i++) {
		struct hand *hand = &worker->hands[i];
		pthread_mutex_lock(&worker->lock);
		worker->closing = true;
		pthread_cond_broadcast(&worker->work);
		struct cairn_context *job = hand->job;
		pthread_mutex_unlock(&worker->lock);
		if (job == NULL) {
			pthread_join(hand->thread, NULL);
			continue;
		}
		pthread_detach(hand->thread);
		cairn_worker__tell_job(job, CAIRN_WORKER_ABANDONED);
		atomic_fetch_add(&worker->abandoned, 1);
		abandoned++;
	}
	worker->hand_count = 0;
	return abandoned;
}
