/*
 * wait.c - waiting for something that others write: look, then sleep until the driver is told
 * something or it is time to look again. Being told is only a reason to look sooner: a
 * notification that got lost costs one pause, never the whole wait.
 */
#include <stdatomic.h>

#include "core.h"
#include "pause.h"
#include "wait.h"

#define FIRST_PAUSE (2 * CAIRN_MILLISECOND)
/* Between looks: behind notifications, and where there are none. */
#define LONGEST_TOLD   (1 * CAIRN_SECOND)
#define LONGEST_UNTOLD (100 * CAIRN_MILLISECOND)

cairn_status cairn__check_wait(const cairn_conn *conn, cairn_usec timeout, cairn_error *err)
{
	if (conn->depth > 0 || conn->ops.in_tx(conn->self)) {
		cairn_fail(err, CAIRN_E_CONN_MISUSE);
		cairn_error_message(err, "Waiting inside a transaction would see nothing new.");
		return CAIRN_INVALID;
	}
	if (timeout < 0 || timeout > CAIRN_HOUR)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	return CAIRN_OK;
}

/* One slice of sleep. */
static cairn_status doze(cairn_conn *conn, struct cairn__wait *wait, cairn_usec slice,
			 enum cairn_wake *wake, cairn_error *err)
{
	if (atomic_load(&conn->interrupted))
		return cairn_fail(err, CAIRN_E_DB_INTERRUPTED);
	*wake = CAIRN_WAKE_DEAF;
	if (wait->sleep != NULL)
		return wait->sleep(conn, wait->what, slice, wake, err);
	cairn__sleep(slice);
	return CAIRN_OK;
}

/*
 * Sleeps until it is told something or `until`; a slice at a time. Who turns out to be deaf
 * looks again soon.
 */
static cairn_status pause_until(cairn_conn *conn, struct cairn__wait *wait, cairn_usec until,
				enum cairn_wake *wake, cairn_error *err)
{
	cairn_usec now = cairn__ticks();
	int deaf = 0;
	while (now < until) {
		cairn_status st =
			doze(conn, wait, cairn__smaller(until - now, CAIRN__SLICE), wake, err);
		if (st != CAIRN_OK || (*wake != CAIRN_WAKE_NONE && *wake != CAIRN_WAKE_DEAF))
			return st;
		now = cairn__ticks();
		if (*wake == CAIRN_WAKE_DEAF && !deaf)
			until = cairn__smaller(until, now + cairn__jitter(LONGEST_UNTOLD));
		deaf = *wake == CAIRN_WAKE_DEAF;
	}
	return CAIRN_OK;
}

static cairn_status look(cairn_conn *conn, struct cairn__wait *wait, cairn_due *work,
			 cairn_error *err)
{
	*work = (cairn_due){ .next = CAIRN_DUE_MAX };
	return wait->look(conn, wait->what, work, err);
}

/* When to look again without having been told: after the pause, or when something becomes due. */
static cairn_usec next_look(const cairn_due *work, cairn_usec pause, cairn_usec now)
{
	cairn_usec due = work->next > FIRST_PAUSE ? work->next : FIRST_PAUSE;
	return now + cairn__smaller(due, cairn__jitter(pause));
}

static cairn_status sleep_and_look(cairn_conn *conn, struct cairn__wait *wait, cairn_usec end,
				   int *ready, cairn_error *err)
{
	cairn_usec pause = FIRST_PAUSE;
	for (;;) {
		cairn_due work;
		enum cairn_wake wake = CAIRN_WAKE_NONE;
		cairn_status st = look(conn, wait, &work, err);
		cairn_usec now = cairn__ticks();
		*ready = st == CAIRN_OK && work.due;
		if (st != CAIRN_OK || *ready || now >= end)
			return st;
		st = pause_until(conn, wait, cairn__smaller(end, next_look(&work, pause, now)),
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

cairn_status cairn__wait(cairn_conn *conn, struct cairn__wait *wait, cairn_usec timeout, int *ready,
			 cairn_error *err)
{
	int told = 0;
	cairn_due work = { .due = 0 };
	*ready = 0;
	atomic_store(&conn->interrupted, 0);
	cairn_status st = sleep_and_look(conn, wait, cairn__ticks() + timeout, ready, err);
	if (wait->end != NULL)
		wait->end(conn, &told);
	/* whoever told this one told nobody else */
	if (st == CAIRN_OK && told && !*ready) {
		st = look(conn, wait, &work, err);
		*ready = st == CAIRN_OK && work.due;
	}
	return st;
}
