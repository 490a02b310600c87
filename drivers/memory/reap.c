/*
 * reap.c - taking back leases whose time is over. Which ones is decided here;
 * what becomes of them is a change like any other (cairn_reap_change).
 */
#include <stdlib.h>

#include "mem.h"

/* Strictly before now: a lease that ends this microsecond is neither live nor reaped. */
static bool expired(const cairn_job *job, cairn_time now)
{
	return job->status == CAIRN_JOB_LEASED && job->lease_expires_at < now;
}

static int oldest_first(const void *a, const void *b)
{
	const cairn_job *x = *(const cairn_job *const *)a;
	const cairn_job *y = *(const cairn_job *const *)b;
	if (x->lease_expires_at != y->lease_expires_at)
		return x->lease_expires_at < y->lease_expires_at ? -1 : 1;
	return cairn_id_compare(x->id, y->id);
}

/* 0, or -1 without memory. */
static int push_reaped(cairn_rows *rows, const cairn_change *change, const cairn_job *was,
		       const cairn_job *is)
{
	cairn_reaped *row = cairn_rows_push(rows);
	if (row == NULL)
		return -1;
	*row = (cairn_reaped){
		.id = was->id,
		.fence = was->fence,
		.run_number = was->run_number,
		.attempt = was->attempt,
		.max_attempts = was->max_attempts,
		.status = is->status,
		.run_at = is->run_at,
		.lease_expired_at = was->lease_expires_at,
		.ending = change->ending,
		.unrenewed = was->execution_started_at != 0 &&
			     was->heartbeat_at <= was->execution_started_at,
	};
	row->type = cairn_rows_str(rows, was->type.ptr, was->type.len);
	row->tenant = cairn_rows_str(rows, was->tenant.ptr, was->tenant.len);
	row->worker = cairn_rows_str(rows, was->worker.ptr, was->worker.len);
	return cairn_rows_failed(rows) ? -1 : 0;
}

static int reap_one(struct mem_write *write, const cairn_reap_plan *plan, const cairn_job *was,
		    cairn_rows *rows)
{
	cairn_change change;
	cairn_job is;
	cairn_reap_change(plan, was, &change);
	if (cairn_mem__change_apply(write, &change, was, &is) != 0 ||
	    cairn_mem__run_ended(write, &is) != 0)
		return -1;
	return push_reaped(rows, &change, was, &is);
}

struct call {
	const cairn_reap_plan *plan;
	cairn_rows *rows;
};

static int reap_oldest(struct mem_write *write, const cairn_job **leases, void *arg)
{
	const struct call *call = arg;
	const cairn_reap_plan *plan = call->plan;
	size_t found = 0;
	for (size_t i = 0; i < cairn_mem__count(write->state, MEM_JOBS); i++) {
		const cairn_job *job = cairn_mem__at(write->state, MEM_JOBS, i);
		if (expired(job, write->now))
			leases[found++] = job;
	}
	if (found > 0)
		qsort(leases, found, sizeof *leases, oldest_first);
	for (size_t i = 0; i < found && i < plan->limit; i++) {
		if (reap_one(write, plan, leases[i], call->rows) != 0)
			return -1;
	}
	if (cairn_mem__run_settle(write) != 0)
		return -1;
	return cairn_mem__wake_noted(write);
}

cairn_status cairn_mem__job_reap(void *self, const cairn_reap_plan *plan, cairn_rows *rows,
				 cairn_error *err)
{
	struct call call = { .plan = plan, .rows = rows };
	return cairn_mem__pick(self, reap_oldest, &call, err);
}
