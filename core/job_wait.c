/*
 * job_wait.c - waiting for work in queues. (wait.c: the loop)
 */
#include "check.h"
#include "core.h"
#include "limits.h"
#include "wait.h"

static cairn_status check(cairn_conn *conn, const cairn_wait_opts *opts, cairn_wait_plan *plan,
			  cairn_error *err)
{
	static const cairn_str usual = { "default", sizeof "default" - 1 };
	*plan = (cairn_wait_plan){ .queues = &usual, .queue_count = 1, .timeout = CAIRN_SECOND };
	cairn_status st = cairn__check_wait(conn, 0, err);
	if (st != CAIRN_OK || opts == NULL)
		return st;
	if (opts->size < sizeof *opts || opts->queue_count > CAIRN__WAIT_QUEUES_MAX ||
	    (opts->queues == NULL) != (opts->queue_count == 0))
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	st = cairn__check_wait(conn, opts->timeout, err);
	for (size_t i = 0; i < opts->queue_count && st == CAIRN_OK; i++)
		st = cairn__check_name(opts->queues[i], "queue", err);
	if (st != CAIRN_OK)
		return st;
	if (opts->timeout > 0)
		plan->timeout = opts->timeout;
	if (opts->queue_count > 0) {
		plan->queues = opts->queues;
		plan->queue_count = opts->queue_count;
	}
	return CAIRN_OK;
}

static cairn_status look(cairn_conn *conn, void *what, cairn_due *work, cairn_error *err)
{
	const cairn_wait_plan *plan = what;
	return conn->jobs.waiting(conn->self, plan, work, err);
}

static cairn_status doze(cairn_conn *conn, void *what, cairn_usec slice, enum cairn_wake *wake,
			 cairn_error *err)
{
	cairn_wait_plan plan = *(const cairn_wait_plan *)what;
	plan.timeout = slice;
	return conn->jobs.wait(conn->self, &plan, wake, err);
}

static void end(cairn_conn *conn, int *told)
{
	conn->jobs.unwait(conn->self, told);
}

cairn_status cairn_job_wait(cairn_conn *conn, const cairn_wait_opts *opts, int *ready,
			    cairn_error *err)
{
	struct cairn__call call;
	cairn_wait_plan plan;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.wait", err);
	if (st == CAIRN_OK)
		st = cairn__need(conn, conn->jobs.waiting != NULL, "waiting", err);
	if (st == CAIRN_OK && ready == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = check(conn, opts, &plan, err);
	if (st == CAIRN_OK) {
		struct cairn__wait wait = { .what = &plan,
					    .look = look,
					    .sleep = conn->jobs.wait != NULL ? doze : NULL,
					    .end = conn->jobs.unwait != NULL ? end : NULL };
		st = cairn__wait(conn, &wait, plan.timeout, ready, err);
	}
	return cairn__call_end(&call, st, st == CAIRN_OK && *ready ? 1 : 0);
}
