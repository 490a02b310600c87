/*
 * top_sums.c - what a frame makes of the rows it read: rates from two counts, workers from the
 * leases they hold and from the registry, the latest failures, schedules by the time they are due.
 */
#include <stdlib.h>
#include <string.h>

#include "top.h"

static int compare(cairn_str a, cairn_str b)
{
	size_t least = a.len < b.len ? a.len : b.len;
	int order = least > 0 ? memcmp(a.ptr, b.ptr, least) : 0;
	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

static bool wanted(const char *queue, cairn_str name)
{
	return queue == NULL || compare(cairn_str_of(queue), name) == 0;
}

/* ---- queues -------------------------------------------------------------------------------- */

/* Jobs that are kept. When some were deleted meanwhile the difference says nothing. */
static int64_t kept(const cairn_queue *is)
{
	return is->due + is->parked + is->leased + is->succeeded + is->dead_lettered + is->canceled;
}

static double per_second(int64_t n, cairn_usec span)
{
	return n < 0 || span <= 0 ? -1 : (double)n * CAIRN_SECOND / (double)span;
}

/* Both are ordered by name, as the list answers them. */
static const cairn_queue *find(const cairn_queues *rows, size_t *at, cairn_str name)
{
	while (*at < rows->count && compare(rows->at[*at].name, name) < 0)
		(*at)++;
	if (*at < rows->count && compare(rows->at[*at].name, name) == 0)
		return &rows->at[*at];
	return NULL;
}

static void rates(struct top_queue *queue, const struct frame *frame, const cairn_queue *was)
{
	static const cairn_queue nothing;
	if (was == NULL)
		was = &nothing; /* a queue is there when it has jobs */
	queue->entered = per_second(kept(&queue->is) - kept(was), frame->since);
	queue->done = per_second(queue->is.succeeded - was->succeeded, frame->since);
}

static void add(struct top_queue *all, const struct top_queue *queue)
{
	const cairn_queue *is = &queue->is;
	all->is.due += is->due;
	all->is.parked += is->parked;
	all->is.leased += is->leased;
	all->is.expired += is->expired;
	all->is.succeeded += is->succeeded;
	all->is.dead_lettered += is->dead_lettered;
	all->is.canceled += is->canceled;
	if (is->oldest_due != 0 && (all->is.oldest_due == 0 || is->oldest_due < all->is.oldest_due))
		all->is.oldest_due = is->oldest_due;
	all->entered = queue->entered < 0 || all->entered < 0 ? -1 : all->entered + queue->entered;
	all->done = queue->done < 0 || all->done < 0 ? -1 : all->done + queue->done;
}

/* Counted by the end of attempts, so that pruning does not disturb it; types know no queues. */
static void ended(struct frame *frame)
{
	cairn_usec window = frame->since > 0 ? frame->since : TOP_FIRST_LOOK;
	int64_t done = 0;
	int64_t failed = 0;
	for (size_t i = 0; i < frame->types->count; i++) {
		const int64_t *n = frame->types->at[i].ended;
		done += n[CAIRN_ENDING_SUCCEEDED];
		failed += n[CAIRN_ENDING_RETRYABLE] + n[CAIRN_ENDING_TERMINAL] +
			  n[CAIRN_ENDING_TIMEOUT] + n[CAIRN_ENDING_PANICKED] +
			  n[CAIRN_ENDING_LEASE_EXPIRED];
	}
	if (window < CAIRN_SECOND)
		window = CAIRN_SECOND;
	frame->all.done = per_second(done, window);
	frame->all.failed = per_second(failed, window);
}

cairn_status frame_queues(struct frame *frame, const struct top_source *source)
{
	const cairn_queues *stats = frame->stats;
	size_t at = 0;
	frame->all.entered = frame->since > 0 ? 0 : -1;
	frame->all.done = frame->all.entered;
	frame->all.failed = -1;
	frame->queues = calloc(stats->count + 1, sizeof *frame->queues);
	if (frame->queues == NULL)
		return CAIRN_NOMEM;
	for (size_t i = 0; i < stats->count; i++) {
		if (!wanted(source->opts->queue, stats->at[i].name))
			continue;
		struct top_queue *queue = &frame->queues[frame->queue_count++];
		queue->is = stats->at[i];
		queue->entered = queue->done = queue->failed = -1;
		if (frame->since > 0)
			rates(queue, frame, find(source->before->stats, &at, queue->is.name));
		add(&frame->all, queue);
	}
	if (source->opts->queue == NULL)
		ended(frame);
	return CAIRN_OK;
}

/* ---- workers ------------------------------------------------------------------------------- */

static int by_worker(const void *left, const void *right)
{
	const cairn_job *a = *(const cairn_job *const *)left;
	const cairn_job *b = *(const cairn_job *const *)right;
	int order = compare(a->worker, b->worker);
	if (order != 0)
		return order;
	return a->leased_at < b->leased_at ? -1 : a->leased_at > b->leased_at;
}

static int by_jobs(const void *left, const void *right)
{
	const struct top_worker *a = left;
	const struct top_worker *b = right;
	if (a->jobs != b->jobs)
		return a->jobs > b->jobs ? -1 : 1;
	return compare(a->name, b->name);
}

static void add_lease(struct frame *frame, const cairn_job *job)
{
	struct top_worker *worker = NULL;
	if (frame->worker_count > 0)
		worker = &frame->workers[frame->worker_count - 1];
	if (worker == NULL || compare(worker->name, job->worker) != 0) {
		worker = &frame->workers[frame->worker_count++];
		*worker = (struct top_worker){ .name = job->worker,
					       .type = job->type,
					       .leased_at = job->leased_at,
					       .heartbeat_at = job->heartbeat_at };
	}
	worker->jobs++;
	worker->expired += job->lease_expires_at < frame->now;
	if (job->heartbeat_at < worker->heartbeat_at)
		worker->heartbeat_at = job->heartbeat_at;
}

/* Whether it works on the queue that is looked at; a worker has no tenant. */
static bool idles_here(const struct top_source *source, const cairn_owner *owner)
{
	char quoted[256 + 3];
	if (source->opts->scope.kind != CAIRN_SCOPE_ANY)
		return false;
	if (source->opts->queue == NULL)
		return true;
	snprintf(quoted, sizeof quoted, "\"%s\"", source->opts->queue);
	return strstr(owner->queues.ptr, quoted) != NULL;
}

/* Both are ordered by name, as the list answers owners. */
static void add_owners(struct frame *frame, const struct top_source *source)
{
	size_t busy = frame->worker_count;
	size_t at = 0;
	for (size_t i = 0; frame->owners != NULL && i < frame->owners->count; i++) {
		const cairn_owner *owner = &frame->owners->at[i];
		struct top_worker *worker = &frame->workers[frame->worker_count];
		while (at < busy && compare(frame->workers[at].name, owner->name) < 0)
			at++;
		if (at < busy && compare(frame->workers[at].name, owner->name) == 0)
			worker = &frame->workers[at];
		else if (!idles_here(source, owner))
			continue;
		else
			*worker = (struct top_worker){ .name = owner->name,
						       .heartbeat_at = owner->heartbeat_at };
		frame->worker_count += worker->jobs == 0;
		worker->host = owner->host;
		worker->pid = owner->pid;
	}
}

cairn_status frame_workers(struct frame *frame, const struct top_source *source)
{
	size_t n = 0;
	for (size_t i = 0; i < TOP_PAGES && frame->leased[i] != NULL; i++)
		n += frame->leased[i]->count;
	const cairn_job **jobs = calloc(n + 1, sizeof *jobs);
	size_t owners = frame->owners != NULL ? frame->owners->count : 0;
	frame->workers = calloc(n + owners + 1, sizeof *frame->workers);
	if (jobs == NULL || frame->workers == NULL) {
		free(jobs);
		return CAIRN_NOMEM;
	}
	n = 0;
	for (size_t i = 0; i < TOP_PAGES && frame->leased[i] != NULL; i++) {
		for (size_t j = 0; j < frame->leased[i]->count; j++)
			jobs[n++] = &frame->leased[i]->at[j];
	}
	qsort(jobs, n, sizeof *jobs, by_worker);
	for (size_t i = 0; i < n; i++)
		add_lease(frame, jobs[i]);
	add_owners(frame, source);
	qsort(frame->workers, frame->worker_count, sizeof *frame->workers, by_jobs);
	free(jobs);
	return CAIRN_OK;
}

/* ---- failures ------------------------------------------------------------------------------ */

static int latest_first(const void *left, const void *right)
{
	const struct top_failure *a = left;
	const struct top_failure *b = right;
	if (a->at != b->at)
		return a->at > b->at ? -1 : 1;
	return memcmp(&a->job, &b->job, sizeof a->job);
}

/* A job that waits was touched last when it failed: updated_at is that time. */
static void add_failures(struct frame *frame, const cairn_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		const cairn_job *job = &jobs->at[i];
		bool dead = job->status == CAIRN_JOB_DEAD_LETTERED;
		if (!dead && job->error_code.len == 0)
			continue;
		frame->failures[frame->failure_count++] =
			(struct top_failure){ .job = job->id,
					      .type = job->type,
					      .code = job->error_code,
					      .message = job->error_message,
					      .at = dead ? job->finished_at : job->updated_at,
					      .retry_at = dead ? 0 : job->run_at,
					      .attempt = job->attempt };
	}
}

cairn_status frame_failures(struct frame *frame)
{
	size_t n = frame->dead->count + frame->waiting->count;
	frame->failures = calloc(n + 1, sizeof *frame->failures);
	if (frame->failures == NULL)
		return CAIRN_NOMEM;
	add_failures(frame, frame->dead);
	add_failures(frame, frame->waiting);
	qsort(frame->failures, frame->failure_count, sizeof *frame->failures, latest_first);
	return CAIRN_OK;
}

/* ---- schedules ----------------------------------------------------------------------------- */

static int by_time(const void *left, const void *right)
{
	const cairn_schedule *a = *(const cairn_schedule *const *)left;
	const cairn_schedule *b = *(const cairn_schedule *const *)right;
	if (a->next_fire_at != b->next_fire_at)
		return a->next_fire_at < b->next_fire_at ? -1 : 1;
	return compare(a->name, b->name);
}

cairn_status frame_schedules(struct frame *frame, const struct top_source *source)
{
	size_t n = frame->due != NULL ? frame->due->count : 0;
	frame->schedules = calloc(n + 1, sizeof *frame->schedules);
	if (frame->schedules == NULL)
		return CAIRN_NOMEM;
	for (size_t i = 0; i < n; i++) {
		const cairn_schedule *schedule = &frame->due->at[i];
		cairn_str queue =
			schedule->queue.len > 0 ? schedule->queue : cairn_str_of("default");
		if (wanted(source->opts->queue, queue))
			frame->schedules[frame->schedule_count++] = schedule;
	}
	qsort(frame->schedules, frame->schedule_count, sizeof *frame->schedules, by_time);
	return CAIRN_OK;
}
