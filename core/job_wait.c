/*
 * job_wait.c - waiting for work: look, then sleep until the driver is told something or it is
 * time to look again. Being told is only a reason to look sooner: a notification that
 * got lost costs one pause, never the whole wait.
 */
#include <stdatomic.h>
#include <time.h>

#include "check.h"
#include "core.h"
#include "limits.h"

/* Sleeping goes in slices, so that an interrupt is noticed without a signal. */
#define SLICE	    (20 * CAIRN_MILLISECOND)
#define FIRST_PAUSE (2 * CAIRN_MILLISECOND)
/* Between looks: behind notifications, and where there are none. */
#define LONGEST_TOLD   (1 * CAIRN_SECOND)
#define LONGEST_UNTOLD (100 * CAIRN_MILLISECOND)

static cairn_usec ticks(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (cairn_usec)now.tv_sec * CAIRN_SECOND + now.tv_nsec / 1000;
}

static cairn_usec smaller(cairn_usec a, cairn_usec b)
{
	return a < b ? a : b;
}

/* Shifted by up to a quarter either way, so that many who wait do not look in step. */
static cairn_usec jitter(cairn_usec pause)
{
	cairn_id dice = cairn_id_new();
	cairn_usec span = pause / 2 + 1;
	return pause - pause / 4 + (dice.bytes[15] | dice.bytes[14] << 8) % span;
}

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

static void sleep_untold(cairn_usec duration)
{
	nanosleep(&(struct timespec){ .tv_sec = duration / CAIRN_SECOND,
				      .tv_nsec = (long)(duration % CAIRN_SECOND) * 1000 },
		  NULL);
}

/* Sleeps until it is told something or `until`; a slice at a time. */
static cairn_status pause_until(cairn_conn *conn, cairn_wait_plan *plan, cairn_usec until,
				cairn_error *err)
{
	int woken = 0;
	cairn_usec now = ticks();
	while (now < until && !woken) {
		if (atomic_load(&conn->interrupted))
			return cairn_fail(err, CAIRN_E_DB_INTERRUPTED);
		plan->timeout = smaller(until - now, SLICE);
		cairn_status st = CAIRN_OK;
		if (conn->jobs.wait != NULL)
			st = conn->jobs.wait(conn->self, plan, &woken, err);
		else
			sleep_untold(plan->timeout);
		if (st != CAIRN_OK)
			return st;
		now = ticks();
	}
	return CAIRN_OK;
}

static cairn_status wait(cairn_conn *conn, cairn_wait_plan *plan, int *ready, cairn_error *err)
{
	cairn_usec longest = conn->jobs.wait != NULL ? LONGEST_TOLD : LONGEST_UNTOLD;
	cairn_usec pause = FIRST_PAUSE;
	cairn_usec end = ticks() + plan->timeout;
	for (;;) {
		cairn_status st = conn->jobs.waiting(conn->self, plan, ready, err);
		cairn_usec now = ticks();
		if (st != CAIRN_OK || *ready || now >= end)
			return st;
		st = pause_until(conn, plan, smaller(end, now + jitter(pause)), err);
		if (st != CAIRN_OK)
			return st;
		pause = smaller(pause * 2, longest);
	}
}

cairn_status cairn_job_wait(cairn_conn *conn, const cairn_wait_opts *opts, int *ready,
			    cairn_error *err)
{
	struct cairn__call call;
	cairn_wait_plan plan;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.wait", err);
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
