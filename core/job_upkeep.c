/*
 * job_upkeep.c - looking after the store: jobs whose time has come are put in line, then the
 * database tidies. Two steps of the driver, for the second may fail when the first is done.
 */
#include <string.h>

#include "check.h"
#include "core.h"
#include "limits.h"

const char *cairn_tidied_text(enum cairn_tidied tidied)
{
	switch (tidied) {
	case CAIRN_TIDIED_NOTHING:
		return "nothing";
	case CAIRN_TIDIED:
		return "tidied";
	case CAIRN_TIDIED_BUSY:
		return "busy";
	case CAIRN_TIDIED_DENIED:
		return "denied";
	}
	return NULL;
}

/* Settles what is asked for, whose size and room for an answer are checked here, too. */
static cairn_status plan(const cairn_upkeep_opts *opts, cairn_upkeep_opts *settled,
			 const cairn_upkeep_report *report, cairn_error *err)
{
	*settled = (cairn_upkeep_opts){ .size = sizeof *settled };
	if (report == NULL || report->size < sizeof *report ||
	    (opts != NULL && opts->size < sizeof *opts))
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (opts != NULL)
		memcpy(settled, opts, sizeof *settled);
	if ((unsigned)settled->tidy > CAIRN_TIDY_NEVER)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (settled->limit > CAIRN__MAX_UPKEEP) {
		cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
		cairn_error_message(err, "One call puts at most %d jobs in line.",
				    CAIRN__MAX_UPKEEP);
		return CAIRN_TOO_LARGE;
	}
	if (settled->limit == 0)
		settled->limit = CAIRN__DEFAULT_UPKEEP;
	return CAIRN_OK;
}

/* What tidies can't stand in a transaction, and would hold the rows of the first step for long. */
static cairn_status outside(cairn_conn *conn, cairn_error *err)
{
	if (conn->depth == 0 && !conn->ops.in_tx(conn->self))
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_CONN_MISUSE);
	cairn_error_message(err, "Upkeep is not possible inside a transaction.");
	return CAIRN_INVALID;
}

static cairn_status upkeep(cairn_conn *conn, const cairn_upkeep_opts *opts,
			   cairn_upkeep_report *report, cairn_error *err)
{
	cairn_upkeep_report mine = { .size = report->size };
	cairn_status st = conn->jobs.unpark(conn->self, opts->limit, &mine, err);
	if (st != CAIRN_OK)
		return st;
	if (opts->tidy != CAIRN_TIDY_NEVER && conn->jobs.tidy != NULL)
		st = conn->jobs.tidy(conn->self, opts->tidy, &mine.tidied, err);
	memcpy(report, &mine, sizeof mine);
	return st;
}

cairn_status cairn_job_upkeep(cairn_conn *conn, const cairn_upkeep_opts *opts,
			      cairn_upkeep_report *report, cairn_error *err)
{
	struct cairn__call call;
	cairn_upkeep_opts settled;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.upkeep", err);
	if (st == CAIRN_OK)
		st = cairn__need(conn, conn->jobs.unpark != NULL, "unpark", err);
	if (st == CAIRN_OK)
		st = plan(opts, &settled, report, err);
	if (st == CAIRN_OK)
		st = outside(conn, err);
	if (st == CAIRN_OK)
		st = upkeep(conn, &settled, report, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (size_t)report->unparked : 0);
}
