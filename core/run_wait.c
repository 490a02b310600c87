/* run_wait.c - until a run is over. */
#include "check.h"
#include "pause.h"
#include "run_read.h"
#include "wait.h"

struct vigil {
	cairn_run_query query;
	uint32_t result;
	cairn_runs *run; /* as it was seen last */
};

static int over(const cairn_run *run)
{
	return (CAIRN__RUNS_OVER & 1u << (unsigned)run->status) != 0;
}

/* What can't become true any more ends the waiting as well as what has. */
static cairn_status look(cairn_conn *conn, void *what, cairn_due *work, cairn_error *err)
{
	struct vigil *vigil = what;
	cairn_status st = cairn__read_runs(conn, &vigil->query, 1, &vigil->run, err);
	if (st != CAIRN_OK)
		return st;
	const cairn_run *run = &vigil->run->at[0];
	if (vigil->result && run->result_step.len == 0)
		return cairn_fail(err, CAIRN_E_RESULT_NOT_DECLARED);
	work->due = over(run) ? 1 : 0;
	if (!work->due || !vigil->result)
		return CAIRN_OK;
	if (run->status != CAIRN_RUN_SUCCEEDED)
		return cairn_fail(err, CAIRN_E_RESULT_UNSUCCESSFUL);
	return run->result.len == 0 ? cairn_fail(err, CAIRN_E_RESULT_MISSING) : CAIRN_OK;
}

/* However it is told, the run must be looked at. */
static cairn_status doze(cairn_conn *conn, void *what, cairn_usec slice, enum cairn_wake *wake,
			 cairn_error *err)
{
	struct vigil *vigil = what;
	cairn_status st = conn->workflows.wait(conn->self, vigil->query.run, slice, wake, err);
	if (*wake == CAIRN_WAKE_WORK)
		*wake = CAIRN_WAKE_TOLD;
	return st;
}

static void end(cairn_conn *conn, int *told)
{
	(void)told; /* it took nothing from others: all who wait are told */
	conn->workflows.unwait(conn->self);
}

static cairn_status vigil(cairn_conn *conn, struct vigil *vigil, cairn_usec timeout, int *ready,
			  cairn_error *err)
{
	struct cairn__wait wait = { .what = vigil,
				    .look = look,
				    .sleep = conn->workflows.wait != NULL ? doze : NULL,
				    .end = conn->workflows.unwait != NULL ? end : NULL };
	if (timeout < 0) {
		cairn_due work = { .next = CAIRN_DUE_MAX };
		cairn_status st = look(conn, vigil, &work, err);
		*ready = (int)work.due;
		return st;
	}
	cairn_status st = cairn__check_wait(conn, timeout, err);
	if (st != CAIRN_OK)
		return st;
	return cairn__wait(conn, &wait, timeout > 0 ? timeout : 300 * CAIRN_SECOND, ready, err);
}

static cairn_status wait(cairn_conn *conn, const cairn_run_wait_opts *opts, cairn_runs **run,
			 cairn_error *err)
{
	if (opts == NULL || opts->size < sizeof *opts || opts->timeout < -1)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (opts->result > 1 || opts->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_status st = cairn__check_scope(&opts->scope, err);
	if (st == CAIRN_OK && cairn_id_is_none(opts->run))
		st = cairn_fail(err, CAIRN_E_RUN_NOT_FOUND);
	if (st != CAIRN_OK)
		return st;
	struct vigil one = { .query = { .scope = opts->scope,
					.run = opts->run,
					.statuses = CAIRN__ALL_RUNS,
					.limit = 1 },
			     .result = opts->result,
			     .run = *run };
	int ready = 0;
	st = vigil(conn, &one, opts->timeout, &ready, err);
	*run = one.run;
	if (st == CAIRN_OK && !ready)
		st = cairn_fail(err, CAIRN_E_RESULT_TIMEOUT);
	return st;
}

cairn_status cairn_run_wait(cairn_conn *conn, const cairn_run_wait_opts *opts, cairn_runs **run,
			    cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__WORKFLOWS, "run.wait", err);
	if (st == CAIRN_OK && run == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = wait(conn, opts, run, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? 1 : 0);
}
