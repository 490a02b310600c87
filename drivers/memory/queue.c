/*
 * queue.c - what stands in each queue, and which queues are paused: a row for each of those.
 */
#include "mem.h"

bool cairn_mem__paused(const struct mem_state *state, cairn_str queue)
{
	return cairn_mem__find(state, MEM_PAUSES, &(struct mem_pause){ .queue = queue }) != NULL;
}

/* ---- list ------------------------------------------------------------------ */

static void count_job(cairn_queue *queue, const cairn_job *job, cairn_time now)
{
	switch (job->status) {
	case CAIRN_JOB_PENDING:
		queue->pending++;
		if (job->run_at > now) {
			queue->parked++;
			break;
		}
		queue->due++;
		if (queue->oldest_due == 0 || job->run_at < queue->oldest_due)
			queue->oldest_due = job->run_at;
		break;
	case CAIRN_JOB_LEASED:
		queue->leased++;
		if (job->lease_expires_at < now)
			queue->expired++;
		break;
	case CAIRN_JOB_SUCCEEDED:
		queue->succeeded++;
		break;
	case CAIRN_JOB_DEAD_LETTERED:
		queue->dead_lettered++;
		break;
	case CAIRN_JOB_CANCELED:
		queue->canceled++;
		break;
	}
}

static bool counted(const cairn_queue_query *query, const cairn_job *job)
{
	bool live = job->status == CAIRN_JOB_PENDING || job->status == CAIRN_JOB_LEASED;
	return (live || query->finished) && cairn_mem__in_scope(&query->scope, job->tenant);
}

/* The better of two candidates for the first queue behind a name. */
static void nearer(cairn_str *first, cairn_str name, cairn_str after)
{
	if (cairn_str_compare(name, after) <= 0)
		return;
	if (first->ptr == NULL || cairn_str_compare(name, *first) < 0)
		*first = name;
}

/* Absent: there is none. */
static cairn_str queue_behind(const struct mem_state *state, const cairn_queue_query *query,
			      cairn_str after)
{
	cairn_str first = { NULL, 0 };
	for (size_t i = 0; i < cairn_mem__count(state, MEM_JOBS); i++) {
		const cairn_job *job = cairn_mem__at(state, MEM_JOBS, i);
		if (counted(query, job))
			nearer(&first, job->queue, after);
	}
	size_t pauses =
		query->scope.kind == CAIRN_SCOPE_ANY ? cairn_mem__count(state, MEM_PAUSES) : 0;
	for (size_t i = 0; i < pauses; i++) {
		const struct mem_pause *pause = cairn_mem__at(state, MEM_PAUSES, i);
		nearer(&first, pause->queue, after);
	}
	return first;
}

static int push_queue(const struct mem_state *state, const cairn_queue_query *query, cairn_str name,
		      cairn_time now, cairn_rows *rows)
{
	struct mem_pause wanted = { .queue = name };
	const struct mem_pause *pause = cairn_mem__find(state, MEM_PAUSES, &wanted);
	cairn_queue *queue = cairn_rows_push(rows);
	if (queue == NULL)
		return -1;
	queue->name = cairn_rows_str(rows, name.ptr, name.len);
	queue->paused = pause != NULL;
	queue->paused_at = pause != NULL ? pause->paused_at : 0;
	for (size_t i = 0; i < cairn_mem__count(state, MEM_JOBS); i++) {
		const cairn_job *job = cairn_mem__at(state, MEM_JOBS, i);
		if (cairn_str_equal(job->queue, name) && counted(query, job))
			count_job(queue, job, now);
	}
	return cairn_rows_failed(rows) ? -1 : 0;
}

cairn_status cairn_mem__queue_list(void *self, const cairn_queue_query *query, cairn_time *now,
				   cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_PAUSES, &state, err);
	if (status != CAIRN_OK)
		return status;
	*now = cairn_mem__now(mem);
	cairn_str queue = queue_behind(state, query, query->after);
	while (queue.ptr != NULL && status == CAIRN_OK && cairn_rows_count(rows) < query->limit) {
		if (push_queue(state, query, queue, *now, rows) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
		queue = queue_behind(state, query, queue);
	}
	cairn_mem__state_drop(state);
	return status;
}

/* ---- pause ----------------------------------------------------------------- */

static int pause_one(struct mem_write *write, cairn_str queue, bool paused,
		     cairn_queue_changed *each)
{
	struct mem_pause row = { .queue = queue, .paused_at = write->now };
	if (cairn_mem__paused(write->state, queue) == paused)
		return 0;
	each->changed = 1;
	if (paused)
		return cairn_mem__put(write->state, MEM_PAUSES, &row);
	return cairn_mem__remove(write->state, MEM_PAUSES, &row);
}

cairn_status cairn_mem__queue_pause(void *self, const cairn_queue_plan *plan,
				    cairn_queue_changed *each, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_PAUSES, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (pause_one(&write, plan->queues[i], plan->paused != 0, &each[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(mem, &write, status);
}
