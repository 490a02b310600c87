/*
 * faulty.h - a driver around a driver that fails on chosen calls: before the work is done, or
 * after it with an unknown outcome. self stays the real driver's own.
 */
#ifndef TESTS_RUNTIME_FAULTY_H
#define TESTS_RUNTIME_FAULTY_H

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include <cairn/sys/driver.h>
#include <cairn/sys/job.h>

#include "stores.h"

/* What goes wrong. */
enum fault {
	FAULT_NONE = 0,
	FAULT_BUSY,
	FAULT_TIMEOUT,
	FAULT_UNAVAILABLE,
	FAULT_NOMEM,
	FAULT_UNCERTAIN_DONE, /* the call is done, and says that it does not know */
	FAULT_UNCERTAIN_LOST,
	FAULT_SCHEMA /* no time heals it */
};

static struct {
	cairn_driver driver;
	cairn_conn_ops conn;
	cairn_job_ops jobs;
	const cairn_driver *real;
	atomic_int calls;	 /* that might fail, so far */
	atomic_int fail_at;	 /* the first that fails; 0: none */
	atomic_int fail_for;	 /* how many do */
	atomic_int every;	 /* besides: every so-manieth; 0: none */
	atomic_int kind;	 /* enum fault */
	atomic_int change_pause; /* microseconds that a change takes longer */
	atomic_int beats_fail;	 /* heartbeats of their own fail, too */
	atomic_int hold;	 /* 1: the next change hangs, and sets 2; until it is 0 */
} faulty;

static enum fault drawn(void)
{
	int call = atomic_fetch_add(&faulty.calls, 1) + 1;
	int first = atomic_load(&faulty.fail_at);
	int every = atomic_load(&faulty.every);
	bool hit = (first > 0 && call >= first && call < first + atomic_load(&faulty.fail_for)) ||
		   (every > 0 && call % every == 0);
	return hit ? (enum fault)atomic_load(&faulty.kind) : FAULT_NONE;
}

static cairn_status failed(enum fault fault, cairn_error *err)
{
	switch (fault) {
	case FAULT_BUSY:
		return cairn_fail(err, CAIRN_E_DB_BUSY);
	case FAULT_TIMEOUT:
		return cairn_fail(err, CAIRN_E_DB_TIMEOUT);
	case FAULT_UNAVAILABLE:
		return cairn_fail(err, CAIRN_E_CONN_CLOSED);
	case FAULT_NOMEM:
		return cairn_fail(err, CAIRN_E_NOMEM);
	case FAULT_UNCERTAIN_DONE:
	case FAULT_UNCERTAIN_LOST:
		return cairn_fail(err, CAIRN_E_DB_UNCERTAIN);
	case FAULT_SCHEMA:
		return cairn_fail(err, CAIRN_E_DB_SCHEMA);
	case FAULT_NONE:
		break;
	}
	return CAIRN_OK;
}

static void wait_for(int usec)
{
	nanosleep(&(struct timespec){ .tv_sec = usec / 1000000,
				      .tv_nsec = (long)(usec % 1000000) * 1000 },
		  NULL);
}

static bool only_beats(const cairn_change_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->changes[i].set != CAIRN_SET_LEASE)
			return false;
	}
	return plan->claim == NULL && plan->line_count == 0;
}

static cairn_status faulty_change(void *self, const cairn_change_plan *plan,
				  cairn_change_result *each, cairn_rows *claimed, cairn_error *err)
{
	bool spared = only_beats(plan) && !atomic_load(&faulty.beats_fail);
	enum fault fault = spared ? FAULT_NONE : drawn();
	if (!spared)
		wait_for(atomic_load(&faulty.change_pause));
	if (!spared && atomic_compare_exchange_strong(&faulty.hold, &(int){ 1 }, 2)) {
		while (atomic_load(&faulty.hold) != 0)
			wait_for(1000);
	}
	if (fault != FAULT_NONE && fault != FAULT_UNCERTAIN_DONE)
		return failed(fault, err);
	cairn_status st = faulty.real->jobs->change(self, plan, each, claimed, err);
	return st == CAIRN_OK ? failed(fault, err) : st;
}

static cairn_status faulty_claim(void *self, const cairn_claim_plan *plan, cairn_rows *jobs,
				 cairn_error *err)
{
	enum fault fault = drawn();
	if (fault != FAULT_NONE && fault != FAULT_UNCERTAIN_DONE)
		return failed(fault, err);
	cairn_status st = faulty.real->jobs->claim(self, plan, jobs, err);
	return st == CAIRN_OK ? failed(fault, err) : st;
}

static cairn_status faulty_reap(void *self, const cairn_reap_plan *plan, cairn_rows *rows,
				cairn_error *err)
{
	enum fault fault = drawn();
	if (fault != FAULT_NONE && fault != FAULT_UNCERTAIN_DONE)
		return failed(fault, err);
	cairn_status st = faulty.real->jobs->reap(self, plan, rows, err);
	return st == CAIRN_OK ? failed(fault, err) : st;
}

static cairn_status faulty_waiting(void *self, const cairn_wait_plan *plan, cairn_due *work,
				   cairn_error *err)
{
	enum fault fault = drawn();
	return fault != FAULT_NONE ? failed(fault, err)
				   : faulty.real->jobs->waiting(self, plan, work, err);
}

/* The driver of a store, wrapped; harmless until it is told to fail. */
static const cairn_driver *wrapped(const cairn_driver *real)
{
	faulty.real = real;
	faulty.driver = *real;
	faulty.conn = *real->conn;
	faulty.jobs = *real->jobs;
	faulty.jobs.change = faulty_change;
	faulty.jobs.claim = faulty_claim;
	faulty.jobs.reap = faulty_reap;
	faulty.jobs.waiting = faulty_waiting;
	faulty.driver.conn = &faulty.conn;
	faulty.driver.jobs = &faulty.jobs;
	return &faulty.driver;
}

static void fail_never(void)
{
	atomic_store(&faulty.calls, 0);
	atomic_store(&faulty.fail_at, 0);
	atomic_store(&faulty.fail_for, 0);
	atomic_store(&faulty.every, 0);
	atomic_store(&faulty.change_pause, 0);
	atomic_store(&faulty.beats_fail, 0);
}

#endif
