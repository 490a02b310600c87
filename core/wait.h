/*
 * wait.h - waiting for something that others write, whatever it is: the loop is here, what is
 * looked for and how a driver sleeps are its user's (job_wait.c, thread_log.c).
 */
#ifndef CAIRN_CORE_WAIT_H
#define CAIRN_CORE_WAIT_H

#include "core.h"

struct cairn__wait {
	void *what; /* passed to look and sleep */
	/* Sets due, or next, which is as far away as can be. */
	cairn_status (*look)(cairn_conn *conn, void *what, cairn_due *work, cairn_error *err);
	/* At most `slice`; NULL: the core sleeps by itself and is told nothing. */
	cairn_status (*sleep)(cairn_conn *conn, void *what, cairn_usec slice, enum cairn_wake *wake,
			      cairn_error *err);
	/* The waiting is over; may be NULL. *told 1: look once more. */
	void (*end)(cairn_conn *conn, int *told);
};

/* conn.misuse inside a transaction; a timeout is at most an hour. */
cairn_status cairn__check_wait(const cairn_conn *conn, cairn_usec timeout, cairn_error *err);

/* Until look finds something, or for timeout. */
cairn_status cairn__wait(cairn_conn *conn, struct cairn__wait *wait, cairn_usec timeout, int *ready,
			 cairn_error *err);

#endif
