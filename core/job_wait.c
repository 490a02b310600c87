/*
 * job_wait.c - waiting for work: look, then sleep until the driver is told something or it is
 * time to look again. Being told is only a reason to look sooner: a notification that
 * got lost costs one pause, never the whole wait.
 */
#include <stdatomic.h>

#include "check.h"
#include "core.h"
#include "limits.h"
#include "pause.h"

#define FIRST_PAUSE (2 * CAIRN_MILLISECOND)
/* Between looks: behind notifications, and where there are none. */
#define LONGEST_TOLD   (1 * CAIRN_SECOND)
#define LONGEST_UNTOLD (100 * CAIRN_MILLISECOND)

static cairn_status check(cairn_conn *conn, const cairn_wait_opts *opts, cairn_wait_plan *plan,
			  cairn_error *err)
{
	static const cairn_str usual = { "default", sizeof "default" - 1 };
	*plan = (cairn_wait_plan){ .queues = &usual, .queue_count = 1, .timeout = CAIRN_SECOND };
	if (conn->depth > 0 || conn->ops.in_tx(conn->self)) {
		cairn_fail(err, CAIRN_E_CONN_MISUSE);
		cairn_error_message(err, "Waiting inside a transaction would see nothing new.");
		return CAIRN_INVALID;
	}
	if (opts == NULL)
		return CAIRN_OK;
	if (opts->size < sizeof *opts || opts->timeout < 0 || opts->timeout > CAIRN_HOUR ||
	    opts->queue_count > CAIRN__WAIT_QUEUES_MAX ||
	    (opts->queues == NULL) != (opts->queue_count == 0))
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	for (size_t i = 0; i < opts->queue_count; i++) {
		cairn_status st = cairn__check_name(opts->queues[i], "queue", err);
		if (st != CAIRN_OK)
			return st;
	}
	if (opts->timeout > 0)
		plan->timeout = opts->timeout;
	if (opts->queue_count > 0) {
		plan->queues = opts->queues;
		plan->queue_count = opts->queue_count;
	}
	return CAIRN_OK;
}

/* One slice of sleep. */
static cairn_status doze(cairn_conn *conn, cairn_wait_plan *plan, enum cairn_wake *wake,
			 cairn_error *err)
{
	if (atomic_load(&conn->interrupted))
		return cairn_fail(err, CAIRN_E_DB_INTERRUPTED);
	*wake = CAIRN_WAKE_DEAF;
	if (conn->jobs.wait != NULL)
		return conn->jobs.wait(conn->self, plan, wake, err);
	cairn__sleep(plan->timeout);
	return CAIRN_OK;
}

/*
 * Sleeps until it is told something or `until`; a slice at a time. Who turns out to be deaf
 * looks again soon.
 */
static cairn_status pause_until(cairn_conn *conn, cairn_wait_plan *plan, cairn_usec until,
				enum cairn_wake *wake, cairn_error *err)
{
	cairn_usec now = cairn__ticks();
	int deaf = 0;
	while (now < until) {
		plan->timeout = cairn__smaller(until - now, CAIRN__SLICE);
		cairn_status st = doze(conn, plan, wake, err);
		if (st != CAIRN_OK || (*wake != CAIRN_WAKE_NONE && *wake != CAIRN_WAKE_DEAF))
			return st;
		now = cairn__ticks();
		if (*wake == CAIRN_WAKE_DEAF && !deaf)
			until = cairn__smaller(until, now + cairn__jitter(LONGEST_UNTOLD));
		deaf = *wake == CAIRN_WAKE_DEAF;
	}
	return CAIRN_OK;
}

static cairn_status look(cairn_conn *conn, const cairn_wait_plan *plan, cairn_work *work,
			 cairn_error *err)
{
	*work = (cairn_work){ .next = CAIRN_DUE_MAX };
	return conn->jobs.waiting(conn->self, plan, work, err);
}

/* When to look again without having been told: after the pause, or when a job becomes due. */
static cairn_usec next_look(const cairn_work *work, cairn_usec pause, cairn_usec now)
{
	cairn_usec due = work->next > FIRST_PAUSE ? work->next : FIRST_PAUSE;
	return now + cairn__smaller(due, cairn__jitter(pause));
}

static cairn_status sleep_and_look(cairn_conn *conn, cairn_wait_plan *plan, cairn_usec end,
				   int *ready, cairn_error *err)
{
	cairn_usec pause = FIRST_PAUSE;
	for (;;) {
		cairn_work work;
		enum cairn_wake wake = CAIRN_WAKE_NONE;
		cairn_status st = look(conn, plan, &work, err);
		cairn_usec now = cairn__ticks();
		*ready = st == CAIRN_OK && work.due;
		if (st != CAIRN_OK || *ready || now >= end)
			return st;
		st = pause_until(conn, plan, cairn__smaller(end, next_look(&work, pause, now)),
				 &wake, err);
		*ready = st == CAIRN_OK && wake == CAIRN_WAKE_WORK;
		if (st != CAIRN_OK || *ready)
			return st;
		if (wake == CAIRN_WAKE_ANEW)
			pause = FIRST_PAUSE;
		else
			pause = cairn__smaller(pause * 2, wake == CAIRN_WAKE_DEAF ? LONGEST_UNTOLD
										  : LONGEST_TOLD);
	}
}

static cairn_status wait(cairn_conn *conn, cairn_wait_plan *plan, int *ready, cairn_error *err)
{
	int told = 0;
	cairn_work work = { .due = 0 };
	cairn_status st = sleep_and_look(conn, plan, cairn__ticks() + plan->timeout, ready, err);
	if (conn->jobs.unwait != NULL)
		conn->jobs.unwait(conn->self, &told);
	/* whoever told this one told nobody else */
	if (st == CAIRN_OK && told && !*ready) {
		st = look(conn, plan, &work, err);
		*ready = st == CAIRN_OK && work.due;
	}
	return st;
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
		*ready = 0;
		atomic_store(&conn->interrupted, 0);
		st = wait(conn, &plan, ready, err);
	}
	return cairn__call_end(&call, st, st == CAIRN_OK && *ready ? 1 : 0);
}
