/*
 * pool.c - the handler threads: each has one slot, waits for a job in it, runs the
 * handler, reports back. They never touch the database.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime.h"

/* ---- waking the dispatcher ---------------------------------------------- */

/* One byte in the pipe however many threads are done; also called by signal handlers. */
void cairn_worker__nudge(struct cairn_worker *worker)
{
	if (atomic_exchange(&worker->awake, 1) != 0)
		return;
	int kept_errno = errno;
	ssize_t written = write(worker->wake[1], "", 1);
	(void)written; /* a full pipe wakes as well */
	errno = kept_errno;
}

/* ---- a thread ------------------------------------------------------------- */

enum slot_state cairn_worker__state(const struct cairn_context *slot)
{
	return (enum slot_state)atomic_load(&slot->state);
}

static void *serve(void *arg)
{
	struct cairn_context *slot = arg;
	struct cairn_worker *worker = slot->worker;
	pthread_mutex_lock(&worker->lock);
	for (;;) {
		while (cairn_worker__state(slot) != SLOT_READY && !worker->closing)
			pthread_cond_wait(&slot->stir, &worker->lock);
		if (cairn_worker__state(slot) != SLOT_READY)
			break;
		atomic_store(&slot->state, SLOT_RUNNING);
		pthread_mutex_unlock(&worker->lock);
		slot->how = slot->handler->run(slot->handler->user, slot);
		pthread_mutex_lock(&worker->lock);
		atomic_store(&slot->state, SLOT_DONE);
		cairn_worker__nudge(worker);
	}
	pthread_mutex_unlock(&worker->lock);
	cairn_worker__release(worker);
	return NULL;
}

/* ---- the dispatcher's side -------------------------------------------------- */

/* The texts of a job, for copying them. */
static const size_t job_texts[] = {
	offsetof(cairn_job, queue),	 offsetof(cairn_job, type),
	offsetof(cairn_job, tenant),	 offsetof(cairn_job, payload),
	offsetof(cairn_job, worker),	 offsetof(cairn_job, owner),
	offsetof(cairn_job, stage),	 offsetof(cairn_job, checkpoint),
	offsetof(cairn_job, output),	 offsetof(cairn_job, key),
	offsetof(cairn_job, request),	 offsetof(cairn_job, status_reason),
	offsetof(cairn_job, error_code), offsetof(cairn_job, error_message),
};

#define JOB_TEXTS (sizeof job_texts / sizeof job_texts[0])

static cairn_str *text_of(cairn_job *job, size_t i)
{
	return (cairn_str *)(void *)((char *)job + job_texts[i]);
}

/* The claimed rows are reused by the next claim, so a slot keeps a copy of its own. */
static bool copy_job(struct cairn_context *slot, const cairn_job *row)
{
	slot->job = *row;
	size_t need = 0;
	for (size_t i = 0; i < JOB_TEXTS; i++)
		need += text_of(&slot->job, i)->len + 1;
	if (need > slot->text.cap) {
		char *ptr = realloc(slot->text.ptr, need);
		if (ptr == NULL)
			return false;
		slot->text.ptr = ptr;
		slot->text.cap = need;
	}
	char *at = slot->text.ptr;
	for (size_t i = 0; i < JOB_TEXTS; i++) {
		cairn_str *text = text_of(&slot->job, i);
		if (text->ptr == NULL)
			continue;
		memcpy(at, text->ptr, text->len);
		at[text->len] = '\0';
		text->ptr = at;
		at += text->len + 1;
	}
	return true;
}

static const cairn_handler *handler_for(const struct cairn_worker *worker, cairn_str type)
{
	const cairn_handler *any = NULL;
	for (size_t i = 0; i < worker->opts.handler_count; i++) {
		const cairn_handler *handler = &worker->handlers[i];
		if (handler->type.len == 0)
			any = handler;
		else if (handler->type.len == type.len &&
			 memcmp(handler->type.ptr, type.ptr, type.len) == 0)
			return handler;
	}
	return any;
}

bool cairn_worker__assign(struct cairn_context *slot, const cairn_job *row, cairn_usec lease_until)
{
	struct cairn_worker *worker = slot->worker;
	slot->handler = handler_for(worker, row->type);
	if (slot->handler == NULL || !copy_job(slot, row))
		return false;
	slot->lease = cairn_job_lease(row);
	slot->lease_until = lease_until;
	slot->started = cairn_worker__now();
	slot->deadline = slot->started + row->timeout;
	slot->overrun_at = INT64_MAX;
	slot->output.len = slot->error_code.len = slot->error_message.len = 0;
	slot->not_before = 0;
	slot->nomem = slot->settled = slot->unsure = slot->concluded = slot->rewritten = false;
	atomic_store(&slot->cancel, CAIRN_CANCEL_NONE);
	cairn_worker__tell_job(slot, CAIRN_WORKER_STARTED);
	pthread_mutex_lock(&worker->lock);
	atomic_store(&slot->state, SLOT_READY);
	pthread_cond_signal(&slot->stir);
	pthread_mutex_unlock(&worker->lock);
	return true;
}

void cairn_worker__vacate(struct cairn_context *slot)
{
	slot->lease_until = INT64_MAX;
	slot->deadline = INT64_MAX;
	slot->overrun_at = INT64_MAX;
	atomic_store(&slot->state, SLOT_IDLE);
}

static bool at_work(const struct cairn_context *slot)
{
	enum slot_state state = cairn_worker__state(slot);
	return state == SLOT_READY || state == SLOT_RUNNING;
}

/* The first cause stays. */
bool cairn_worker__cancel(struct cairn_context *slot, enum cairn_cancel cause)
{
	if (atomic_load(&slot->cancel) != CAIRN_CANCEL_NONE)
		return at_work(slot);
	pthread_mutex_lock(&slot->worker->lock);
	bool told = at_work(slot);
	if (told) {
		atomic_store(&slot->cancel, (int)cause);
		pthread_cond_broadcast(&slot->stir);
	}
	pthread_mutex_unlock(&slot->worker->lock);
	if (told)
		cairn_worker__tell_job(slot, CAIRN_WORKER_CANCELED);
	return told;
}

cairn_status cairn_worker__pool_start(struct cairn_worker *worker, cairn_error *err)
{
	sigset_t all;
	sigset_t former;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &former);
	cairn_status st = CAIRN_OK;
	while (worker->threads < worker->opts.concurrency) {
		struct cairn_context *slot = &worker->slots[worker->threads];
		atomic_fetch_add(&worker->refs, 1);
		if (pthread_create(&slot->thread, NULL, serve, slot) != 0) {
			atomic_fetch_sub(&worker->refs, 1);
			st = cairn_worker__fail_code(err, CAIRN_E_NOMEM);
			break;
		}
		worker->threads++;
	}
	pthread_sigmask(SIG_SETMASK, &former, NULL);
	return st;
}

uint32_t cairn_worker__pool_end(struct cairn_worker *worker)
{
	uint32_t abandoned = 0;
	pthread_mutex_lock(&worker->lock);
	worker->closing = true;
	for (uint32_t i = 0; i < worker->threads; i++)
		pthread_cond_broadcast(&worker->slots[i].stir);
	pthread_mutex_unlock(&worker->lock);
	for (uint32_t i = 0; i < worker->threads; i++) {
		struct cairn_context *slot = &worker->slots[i];
		if (at_work(slot)) {
			pthread_detach(slot->thread);
			cairn_worker__tell_job(slot, CAIRN_WORKER_ABANDONED);
			abandoned++;
		} else {
			pthread_join(slot->thread, NULL);
		}
	}
	worker->threads = 0;
	return abandoned;
}
