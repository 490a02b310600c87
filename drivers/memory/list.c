/*
 * list.c - reading jobs: newest first by id.
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
