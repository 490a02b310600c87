/* job_reap.c - taking back leases whose time is over. */
#include "core.h"
#include "job_plan.h"
#include "limits.h"

static cairn_status reap(cairn_conn *conn, const cairn_reap_opts *opts, cairn_reap_report **report,
			 cairn_error *err)
{
	cairn_reap_opts defaults = { .size = sizeof defaults };
	if (opts == NULL)
		opts = &defaults;
	if (opts->size < sizeof *opts)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (opts->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (opts->retry_delay < 0 || opts->retry_delay > CAIRN__MAX_DELAY)
		return cairn_fail(err, CAIRN_E_JOB_RETRY_DELAY);
	cairn_reap_plan plan = {
		.events = cairn__events_kept(conn->host.events, UINT32_MAX),
		.retry_delay = opts->retry_delay,
		.error_code = cairn_str_of(cairn_code_text(CAIRN_E_JOB_LEASE_EXPIRED)),
		.error_message = cairn_str_of(cairn_code_message(CAIRN_E_JOB_LEASE_EXPIRED)),
		.release_reason = CAIRN_STR("LEASE_EXPIRED_BEFORE_RUNNING_PERSISTED"),
		.release_data = CAIRN_STR("{\"requeue_kind\":\"BASIC\"}"),
	};
	cairn_status st = cairn__check_page(opts->limit, &plan.limit, err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *report;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_reaped));
	st = conn->jobs.reap(conn->self, &plan, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*report = memory;
	return st;
}

cairn_status cairn_job_reap(cairn_conn *conn, const cairn_reap_opts *opts,
			    cairn_reap_report **report, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.reap", err);
	if (st == CAIRN_OK && report == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = reap(conn, opts, report, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*report)->count : 0);
}
