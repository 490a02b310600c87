/*
 * job_sweep.c - cancel and requeue by filter: a page of jobs is read, and changed as if each had
 * been named. What moved in between is reported, not forced.
 */
#include "job_change.h"
#include "job_plan.h"
#include "job_read.h"

#define OPEN  (CAIRN__BIT(CAIRN_JOB_PENDING) | CAIRN__BIT(CAIRN_JOB_LEASED))
#define ENDED (CAIRN__BIT(CAIRN_JOB_DEAD_LETTERED) | CAIRN__BIT(CAIRN_JOB_CANCELED))

struct sweep {
	cairn_conn *conn;
	enum cairn__asker asker;
	cairn_job_query query;
	cairn_str reason;
	uint32_t reset;
};

static void plan_one(const struct sweep *sweep, const cairn_job *job, cairn_change *change)
{
	cairn_requeue seen = { .id = job->id,
			       .status = job->status,
			       .run_number = job->run_number,
			       .reset = sweep->reset };
	if (sweep->asker == CAIRN__BY_CANCEL)
		cairn__plan_cancel(sweep->query.scope, job->id, sweep->reason, change);
	else
		cairn__plan_requeue(sweep->query.scope, &seen, sweep->reason, change);
}

static void report(cairn_rows *rows, const cairn_job *job, const cairn_changed *each)
{
	cairn_swept_job *row = cairn_rows_push(rows);
	if (row == NULL)
		return;
	row->id = job->id;
	row->was = job->status;
	row->status = each->status;
	row->code = each->code;
	row->run_number = each->run_number;
	row->type = cairn_rows_str(rows, job->type.ptr, job->type.len);
	row->tenant = cairn_rows_str(rows, job->tenant.ptr, job->tenant.len);
}

/*
 * The report's rows are made before anything is written, so that a lack of memory leaves
 * nothing behind; the outcomes are filled in afterwards.
 */
static cairn_status change(const struct sweep *sweep, cairn_rows *jobs, cairn_rows *rows,
			   cairn_error *err)
{
	cairn_conn *conn = sweep->conn;
	size_t n = cairn_rows_count(jobs);
	cairn_changed *each = cairn__scratch(conn, n, sizeof *each, err);
	if (each == NULL)
		return CAIRN_NOMEM;
	struct cairn__batch batch;
	cairn_status st = cairn__batch_begin(&batch, conn, n, sweep->asker, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		const cairn_job *job = cairn_rows_at(jobs, i);
		plan_one(sweep, job, &batch.changes[i]);
		report(rows, job, &each[i]);
	}
	st = cairn__rows_whole(rows, st, err);
	if (st == CAIRN_OK)
		st = cairn__batch_run(&batch, NULL, NULL, each, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		cairn_swept_job *row = cairn_rows_at(rows, i);
		row->status = each[i].status;
		row->code = each[i].code;
		row->run_number = each[i].run_number;
	}
	cairn__batch_end(&batch);
	cairn__scratch_free(conn, each, n, sizeof *each);
	return st;
}

static cairn_status run(struct sweep *sweep, cairn_swept **swept, cairn_error *err)
{
	cairn_conn *conn = sweep->conn;
	cairn_rows jobs;
	cairn_rows rows;
	void *none = NULL;
	void *memory = *swept;
	sweep->query.compact = 1;
	cairn__rows_begin(&jobs, conn, &none, sizeof(cairn_job));
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_swept_job));
	cairn_status st = conn->jobs.list(conn->self, &sweep->query, &jobs, err);
	st = cairn__rows_whole(&jobs, st, err);
	size_t n = cairn_rows_count(&jobs);
	if (st == CAIRN_OK && n > 0)
		st = change(sweep, &jobs, &rows, err);
	cairn__rows_drop(&jobs);
	st = cairn__rows_end(&rows, &memory, st, err);
	*swept = memory;
	if (st == CAIRN_OK)
		(*swept)->more = n == sweep->query.limit;
	return st;
}

cairn_status cairn_job_cancel_where(cairn_conn *conn, const cairn_job_filter *filter,
				    cairn_str reason, cairn_swept **swept, cairn_error *err)
{
	struct cairn__call call;
	struct sweep sweep = { .conn = conn, .asker = CAIRN__BY_CANCEL, .reason = reason };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.cancel_where", err);
	if (st == CAIRN_OK && swept == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__job_query(filter, OPEN, &sweep.query, err);
	if (st == CAIRN_OK)
		st = cairn__check_reason(reason, err);
	if (st == CAIRN_OK)
		st = run(&sweep, swept, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*swept)->count : 0);
}

static cairn_status check_requeue(const struct sweep *sweep, cairn_error *err)
{
	if (sweep->reset > 1)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if ((sweep->query.statuses & ~ENDED) == 0)
		return cairn__check_reason(sweep->reason, err);
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "Only DEAD_LETTERED and CANCELED jobs can be requeued.");
	return CAIRN_INVALID;
}

cairn_status cairn_job_requeue_where(cairn_conn *conn, const cairn_job_filter *filter,
				     uint32_t reset, cairn_str reason, cairn_swept **swept,
				     cairn_error *err)
{
	struct cairn__call call;
	struct sweep sweep = {
		.conn = conn, .asker = CAIRN__BY_REQUEUE, .reason = reason, .reset = reset
	};
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.requeue_where", err);
	if (st == CAIRN_OK && swept == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__job_query(filter, ENDED, &sweep.query, err);
	if (st == CAIRN_OK)
		st = check_requeue(&sweep, err);
	if (st == CAIRN_OK)
		st = run(&sweep, swept, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*swept)->count : 0);
}
