/*
 * list.c - reading jobs: newest first by id, and what stands in each queue.
 */
#include "mem.h"

/* ---- jobs ------------------------------------------------------------------ */

static bool wanted(const cairn_job_query *query, const cairn_job *job)
{
	if (!(query->statuses & 1u << job->status))
		return false;
	if (query->queue.len > 0 && !cairn_str_equal(job->queue, query->queue))
		return false;
	if (query->type.len > 0 && !cairn_str_equal(job->type, query->type))
		return false;
	if (query->created_from != 0 && job->created_at < query->created_from)
		return false;
	if (query->created_to != 0 && job->created_at >= query->created_to)
		return false;
	return cairn_mem__in_scope(&query->scope, job->tenant);
}

/* 0, or -1 without memory. */
static int push_job(const cairn_job_query *query, const cairn_job *job, cairn_rows *rows)
{
	if (!wanted(query, job))
		return 0;
	cairn_job row = *job;
	if (query->compact) {
		row.payload = (cairn_str){ NULL, 0 };
		row.checkpoint = (cairn_str){ NULL, 0 };
		row.output = (cairn_str){ NULL, 0 };
		row.request = (cairn_str){ NULL, 0 };
	}
	return cairn_mem__push(rows, MEM_JOBS, &row);
}

/* The largest named id below a bound (none: no bound): so they come out in order, and once. */
static cairn_id next_below(const cairn_job_query *query, cairn_id bound)
{
	cairn_id best = { { 0 } };
	for (size_t i = 0; i < query->id_count; i++) {
		cairn_id id = query->ids[i];
		bool below = cairn_id_is_none(bound) || cairn_id_compare(id, bound) < 0;
		if (below && cairn_id_compare(id, best) > 0)
			best = id;
	}
	return best;
}

static int push_named(const struct mem_state *state, const cairn_job_query *query, cairn_rows *rows)
{
	cairn_id id = next_below(query, query->after);
	while (!cairn_id_is_none(id) && cairn_rows_count(rows) < query->limit) {
		const cairn_job *job = cairn_mem__job(state, id);
		if (job != NULL && push_job(query, job, rows) != 0)
			return -1;
		id = next_below(query, id);
	}
	return 0;
}

static int push_page(const struct mem_state *state, const cairn_job_query *query, cairn_rows *rows)
{
	cairn_job after = { .id = query->after };
	size_t i = cairn_id_is_none(query->after) ? cairn_mem__count(state, MEM_JOBS)
						  : cairn_mem__seek(state, MEM_JOBS, &after);
	while (i-- > 0 && cairn_rows_count(rows) < query->limit) {
		if (push_job(query, cairn_mem__at(state, MEM_JOBS, i), rows) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__job_list(void *self, const cairn_job_query *query, cairn_rows *rows,
				 cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_JOBS, &state, err);
	if (status != CAIRN_OK)
		return status;
	int failed =
		query->ids != NULL ? push_named(state, query, rows) : push_page(state, query, rows);
	if (failed)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	cairn_mem__state_drop(state);
	return status;
}

/* ---- queues ---------------------------------------------------------------- */

static void count_job(cairn_queue_stats *stats, const cairn_job *job, cairn_time now)
{
	switch (job->status) {
	case CAIRN_JOB_PENDING:
		if (job->run_at > now) {
			stats->parked++;
			break;
		}
		stats->ready++;
		if (stats->oldest_ready == 0 || job->run_at < stats->oldest_ready)
			stats->oldest_ready = job->run_at;
		break;
	case CAIRN_JOB_LEASED:
		stats->leased++;
		if (job->lease_expires_at < now)
			stats->expired++;
		break;
	case CAIRN_JOB_SUCCEEDED:
		stats->succeeded++;
		break;
	case CAIRN_JOB_DEAD_LETTERED:
		stats->dead_lettered++;
		break;
	case CAIRN_JOB_CANCELED:
		stats->canceled++;
		break;
	}
}

/* The first queue by name behind another one (absent: the very first); absent: there is none. */
static cairn_str queue_behind(const struct mem_state *state, const cairn_scope *scope,
			      cairn_str queue)
{
	cairn_str first = { NULL, 0 };
	for (size_t i = 0; i < cairn_mem__count(state, MEM_JOBS); i++) {
		const cairn_job *job = cairn_mem__at(state, MEM_JOBS, i);
		if (!cairn_mem__in_scope(scope, job->tenant) ||
		    cairn_str_compare(job->queue, queue) <= 0)
			continue;
		if (first.ptr == NULL || cairn_str_compare(job->queue, first) < 0)
			first = job->queue;
	}
	return first;
}

static int push_queue(const struct mem_state *state, const cairn_scope *scope, cairn_str queue,
		      cairn_time now, cairn_rows *rows)
{
	cairn_queue_stats *stats = cairn_rows_push(rows);
	if (stats == NULL)
		return -1;
	stats->queue = cairn_rows_str(rows, queue.ptr, queue.len);
	for (size_t i = 0; i < cairn_mem__count(state, MEM_JOBS); i++) {
		const cairn_job *job = cairn_mem__at(state, MEM_JOBS, i);
		if (cairn_str_equal(job->queue, queue) && cairn_mem__in_scope(scope, job->tenant))
			count_job(stats, job, now);
	}
	return cairn_rows_failed(rows) ? -1 : 0;
}

cairn_status cairn_mem__job_stats(void *self, const cairn_scope *scope, cairn_time *now,
				  cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_JOBS, &state, err);
	if (status != CAIRN_OK)
		return status;
	*now = cairn_mem__now(mem);
	cairn_str queue = queue_behind(state, scope, (cairn_str){ NULL, 0 });
	while (queue.ptr != NULL && status == CAIRN_OK) {
		if (push_queue(state, scope, queue, *now, rows) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
		queue = queue_behind(state, scope, queue);
	}
	cairn_mem__state_drop(state);
	return status;
}
