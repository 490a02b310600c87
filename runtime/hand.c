/*
 * hand.c - the jobs that a worker has in hand: contexts that move from state to state, and the lists
 * that some states have. All of it under the worker's lock.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime.h"

/* ---- lists ------------------------------------------------------------------- */

void cairn_worker__append(struct list *list, struct cairn_context *job)
{
	job->next = NULL;
	if (list->last != NULL)
		list->last->next = job;
	else
		list->first = job;
	list->last = job;
	list->count++;
}

struct cairn_context *cairn_worker__pop(struct list *list)
{
	struct cairn_context *job = list->first;
	if (job == NULL)
		return NULL;
	list->first = job->next;
	if (list->first == NULL)
		list->last = NULL;
	list->count--;
	return job;
}

void cairn_worker__remove(struct list *list, struct cairn_context *job)
{
	struct cairn_context *before = NULL;
	struct cairn_context *at = list->first;
	while (at != NULL && at != job) {
		before = at;
		at = at->next;
	}
	if (at == NULL)
		return;
	if (before != NULL)
		before->next = job->next;
	else
		list->first = job->next;
	if (list->last == job)
		list->last = before;
	list->count--;
}

/* ---- states ------------------------------------------------------------------ */

/* What can be read without the lock. */
static void publish(struct cairn_worker *worker)
{
	const uint32_t *in = worker->in_hand;
	atomic_store_explicit(&worker->running, in[JOB_RUNNING], memory_order_relaxed);
	atomic_store_explicit(&worker->waiting, in[JOB_AHEAD] + in[JOB_READY],
			      memory_order_relaxed);
	atomic_store_explicit(&worker->unsaid, in[JOB_DONE], memory_order_relaxed);
}

void cairn_worker__move(struct cairn_context *job, enum job_state state)
{
	struct cairn_worker *worker = job->worker;
	worker->in_hand[job->state]--;
	worker->in_hand[state]++;
	job->state = state;
	publish(worker);
}

void cairn_worker__vacate(struct cairn_context *job)
{
	struct cairn_worker *worker = job->worker;
	if (job->state == JOB_AHEAD)
		cairn_worker__remove(&worker->ahead, job);
	else if (job->state == JOB_READY)
		cairn_worker__remove(&worker->ready, job);
	cairn_worker__move(job, JOB_NONE);
	cairn_worker__drop_saying(&job->fresh);
	cairn_worker__drop_saying(&job->flying);
	job->sent = job->marking = job->superseded = false;
	job->lease_until = job->deadline = job->overrun_at = INT64_MAX;
	if (job->pins == 0)
		cairn_worker__append(&worker->unused, job);
	if (worker->stop_phase != 0)
		cairn_worker__nudge(worker);
}

void cairn_worker__unpin(struct cairn_context *job)
{
	if (--job->pins == 0 && job->state == JOB_NONE)
		cairn_worker__append(&job->worker->unused, job);
}

/* ---- a claimed row --------------------------------------------------------------- */

/* The texts of a job, for copying them. */
static const size_t job_texts[] = {
	offsetof(cairn_job, queue),	   offsetof(cairn_job, type),
	offsetof(cairn_job, tenant),	   offsetof(cairn_job, payload),
	offsetof(cairn_job, worker),	   offsetof(cairn_job, owner),
	offsetof(cairn_job, stage),	   offsetof(cairn_job, checkpoint),
	offsetof(cairn_job, output),	   offsetof(cairn_job, key),
	offsetof(cairn_job, request),	   offsetof(cairn_job, status_reason),
	offsetof(cairn_job, error_code),   offsetof(cairn_job, error_message),
	offsetof(cairn_job, resource_key),
};

#define JOB_TEXTS (sizeof job_texts / sizeof job_texts[0])

static cairn_str *text_of(cairn_job *job, size_t i)
{
	return (cairn_str *)(void *)((char *)job + job_texts[i]);
}

/* The claimed rows are reused by the next claim, so a context keeps a copy of its own. */
static bool copy_job(struct cairn_context *job, const cairn_job *row)
{
	job->job = *row;
	size_t need = 0;
	for (size_t i = 0; i < JOB_TEXTS; i++)
		need += text_of(&job->job, i)->len + 1;
	if (need > job->text.cap) {
		char *ptr = realloc(job->text.ptr, need);
		if (ptr == NULL)
			return false;
		job->text.ptr = ptr;
		job->text.cap = need;
	}
	char *at = job->text.ptr;
	for (size_t i = 0; i < JOB_TEXTS; i++) {
		cairn_str *text = text_of(&job->job, i);
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

/*
 * A worker that was stopped for longer than its lease, or its handler that hangs, may meet its own
 * job again: taken back, and claimed anew. A batch names a job once, so the older lease is not
 * extended, and what is said under it goes when the newer one has nothing to say. (turn.c)
 */
static void supersede(struct cairn_worker *worker, struct cairn_context *taken)
{
	for (uint32_t i = 0; i < worker->job_count; i++) {
		struct cairn_context *job = &worker->jobs[i];
		if (job == taken || job->state == JOB_NONE ||
		    cairn_id_compare(job->lease.id, taken->lease.id) != 0)
			continue;
		struct cairn_context *older = job->lease.fence < taken->lease.fence ? job : taken;
		older->superseded = true;
		older->lease_until = cairn_worker__now();
		if (!older->sent && (older->state == JOB_AHEAD || older->state == JOB_READY))
			cairn_worker__vacate(older);
		else
			cairn_worker__nudge(worker);
		if (older == taken)
			return;
	}
}

struct cairn_context *cairn_worker__take(struct cairn_worker *worker, const cairn_job *row,
					 cairn_usec lease_until)
{
	const cairn_handler *handler = handler_for(worker, row->type);
	struct cairn_context *job = handler != NULL ? cairn_worker__pop(&worker->unused) : NULL;
	if (job == NULL)
		return NULL;
	if (!copy_job(job, row)) {
		cairn_worker__append(&worker->unused, job);
		return NULL;
	}
	job->handler = handler;
	job->lease = cairn_job_lease(row);
	job->lease_until = lease_until;
	job->started = 0;
	job->deadline = job->overrun_at = INT64_MAX;
	job->how = CAIRN_FINISH_PANICKED;
	job->output.len = job->error_code.len = job->error_message.len = 0;
	job->not_before = job->delay = 0;
	job->reason = NULL;
	job->said = job->heard = job->carried = 0;
	job->hurt = CAIRN_OK;
	job->nomem = job->settled = job->unsure = job->concluded = job->rewritten = false;
	job->early = job->flushing = job->superseded = false;
	job->spoiled[0] = '\0';
	job->marked = !row->prestart;
	atomic_store(&job->cancel, CAIRN_CANCEL_NONE);
	cairn_worker__move(job, row->prestart ? JOB_AHEAD : JOB_READY);
	cairn_worker__append(row->prestart ? &worker->ahead : &worker->ready, job);
	if (row->fence > 1)
		supersede(worker, job);
	return job;
}

/* ---- memory ------------------------------------------------------------------------ */

/*
 * Those at work or about to be, as many that are done, whose ends are on the way while the next ones
 * are claimed, and those that wait ahead or are being marked.
 */
bool cairn_worker__jobs_init(struct cairn_worker *worker)
{
	worker->job_count = 2 * worker->opts.concurrency + 4 * worker->opts.ahead;
	worker->jobs = calloc(worker->job_count, sizeof *worker->jobs);
	if (worker->jobs == NULL)
		return false;
	for (uint32_t i = 0; i < worker->job_count; i++) {
		struct cairn_context *job = &worker->jobs[i];
		job->worker = worker;
		job->lease_until = job->deadline = job->overrun_at = INT64_MAX;
		cairn_worker__cond_init(&job->stir);
		cairn_worker__append(&worker->unused, job);
	}
	worker->in_hand[JOB_NONE] = worker->job_count;
	return true;
}

void cairn_worker__jobs_free(struct cairn_worker *worker)
{
	for (uint32_t i = 0; worker->jobs != NULL && i < worker->job_count; i++) {
		struct cairn_context *job = &worker->jobs[i];
		free(job->text.ptr);
		free(job->output.ptr);
		free(job->error_code.ptr);
		free(job->error_message.ptr);
		cairn_worker__free_saying(&job->fresh);
		cairn_worker__free_saying(&job->flying);
		pthread_cond_destroy(&job->stir);
	}
	free(worker->jobs);
}
