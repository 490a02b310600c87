/* job_read.c - jobs, attempts and dead letters as they stand. Every list has a limit and a cursor. */
#include "job_read.h"

#include "check.h"
#include "limits.h"

/* ---- jobs ---- */

static cairn_status read_jobs(cairn_conn *conn, const cairn_job_query *query, int one,
			      cairn_jobs **jobs, cairn_error *err)
{
	cairn_rows rows;
	void *memory = *jobs;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_job));
	cairn_status st = conn->jobs.list(conn->self, query, &rows, err);
	if (st == CAIRN_OK && one && rows.count == 0 && !rows.failed)
		st = cairn_fail(err, CAIRN_E_JOB_NOT_FOUND);
	st = cairn__rows_end(&rows, &memory, st, err);
	*jobs = memory;
	return st;
}

static cairn_status get(cairn_conn *conn, cairn_scope scope, cairn_id id, cairn_jobs **job,
			cairn_error *err)
{
	cairn_job_query query = { .scope = scope,
				  .ids = &id,
				  .id_count = 1,
				  .statuses = CAIRN__ALL_STATUSES,
				  .limit = 1 };
	cairn_status st = cairn__check_scope(&scope, err);
	return st == CAIRN_OK ? read_jobs(conn, &query, 1, job, err) : st;
}

cairn_status cairn_job_get(cairn_conn *conn, cairn_scope scope, cairn_id id, cairn_jobs **job,
			   cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.get", err);
	if (st == CAIRN_OK && job == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = get(conn, scope, id, job, err);
	return cairn__call_end(&call, st, 1);
}

cairn_status cairn__job_query(const cairn_job_filter *filter, uint32_t statuses,
			      cairn_job_query *query, cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if ((filter->statuses & ~CAIRN__ALL_STATUSES) != 0 || filter->compact > 1 ||
	    filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	*query = (cairn_job_query){
		.scope = filter->scope,
		.queue = filter->queue,
		.type = filter->type,
		.statuses = filter->statuses != 0 ? filter->statuses : statuses,
		.created_from = filter->created_from,
		.created_to = filter->created_to,
		.after = filter->after,
		.compact = filter->compact,
	};
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query->limit, err);
	if (st == CAIRN_OK && filter->queue.len > 0)
		st = cairn__check_name(filter->queue, "queue", err);
	if (st == CAIRN_OK && filter->type.len > 0)
		st = cairn__check_name(filter->type, "type", err);
	if (st == CAIRN_OK)
		st = cairn__check_time(filter->created_from, "created_from", err);
	if (st == CAIRN_OK)
		st = cairn__check_time(filter->created_to, "created_to", err);
	return st;
}

static cairn_status list(cairn_conn *conn, const cairn_job_filter *filter, cairn_jobs **jobs,
			 cairn_error *err)
{
	cairn_job_query query;
	cairn_status st = cairn__job_query(filter, CAIRN__ALL_STATUSES, &query, err);
	return st == CAIRN_OK ? read_jobs(conn, &query, 0, jobs, err) : st;
}

cairn_status cairn_job_list(cairn_conn *conn, const cairn_job_filter *filter, cairn_jobs **jobs,
			    cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.list", err);
	if (st == CAIRN_OK && jobs == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = list(conn, filter, jobs, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*jobs)->count : 0);
}

/* ---- attempts ---- */

static cairn_status attempts(cairn_conn *conn, const cairn_history_query *query,
			     cairn_attempts **result, cairn_error *err)
{
	cairn_rows rows;
	void *memory = *result;
	int found = 0;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_attempt));
	cairn_status st = conn->jobs.attempts(conn->self, query, &found, &rows, err);
	if (st == CAIRN_OK && !found)
		st = cairn_fail(err, CAIRN_E_JOB_NOT_FOUND);
	st = cairn__rows_end(&rows, &memory, st, err);
	*result = memory;
	return st;
}

cairn_status cairn_job_attempts(cairn_conn *conn, cairn_scope scope, cairn_id job, int64_t after,
				uint32_t limit, cairn_attempts **result, cairn_error *err)
{
	struct cairn__call call;
	cairn_history_query query = { .scope = scope, .job = job, .after = after };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.attempts", err);
	if (st == CAIRN_OK && result == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(limit, &query.limit, err);
	if (st == CAIRN_OK)
		st = attempts(conn, &query, result, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*result)->count : 0);
}

/* ---- dead letters ---- */

static cairn_status dead(cairn_conn *conn, const cairn_dead_filter *filter,
			 cairn_dead_letters **letters, cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_dead_query query = { .scope = filter->scope,
				   .job = filter->job,
				   .type = filter->type,
				   .after = filter->after };
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query.limit, err);
	if (st == CAIRN_OK && filter->type.len > 0)
		st = cairn__check_name(filter->type, "type", err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *letters;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_dead_letter));
	st = conn->jobs.dead(conn->self, &query, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*letters = memory;
	return st;
}

cairn_status cairn_job_dead_letters(cairn_conn *conn, const cairn_dead_filter *filter,
				    cairn_dead_letters **letters, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.dead_letters", err);
	if (st == CAIRN_OK && letters == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = dead(conn, filter, letters, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*letters)->count : 0);
}
