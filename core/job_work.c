/* job_work.c - the reports of running attempts: heartbeats and progress. */
#include <cairn/sys/json.h>

#include "check.h"
#include "job_change.h"
#include "job_claim.h"
#include "job_definition.h"
#include "job_plan.h"
#include "job_turn.h"
#include "limits.h"

cairn_status cairn__check_lease(const cairn_lease *lease, cairn_error *err)
{
	if (cairn_id_is_none(lease->id) || lease->fence <= 0 || lease->attempt < 0 ||
	    lease->max_attempts < 0) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "A lease needs a job id and a fence.");
		return CAIRN_INVALID;
	}
	if ((lease->hints & ~(CAIRN_HINT_OVERRIDES | CAIRN_HINT_DELETE | CAIRN_HINT_STEP |
			      CAIRN_HINT_ALONE)) != 0 ||
	    lease->reserved0_ != 0 || (lease->reserved_[0] | lease->reserved_[1]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	return cairn__check_retry(&lease->retry, CAIRN_E_JOB_RETRY_TIMING, err);
}

cairn_status cairn__check_progress(uint32_t set, int64_t done, int64_t total, cairn_code code,
				   cairn_error *err)
{
	int has_done = (set & CAIRN_PROGRESS_DONE) != 0;
	int has_total = (set & CAIRN_PROGRESS_TOTAL) != 0;
	if ((has_done && done < 0) || (has_total && total < 0) ||
	    (has_done && has_total && done > total))
		return cairn_fail(err, code);
	return CAIRN_OK;
}

/* ---- heartbeat ---- */

cairn_status cairn__check_beats(const cairn_lease *leases, size_t n, cairn_usec given,
				cairn_usec *lease, cairn_error *err)
{
	cairn_status st = cairn__check_batch(leases, n, err);
	if (st == CAIRN_OK)
		st = cairn__lease_duration(given, lease, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = cairn__check_lease(&leases[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	return st;
}

static cairn_status heartbeat(cairn_conn *conn, const cairn_lease *leases, size_t n,
			      cairn_usec given, cairn_changed *each, cairn_error *err)
{
	cairn_usec lease;
	cairn_status st = cairn__check_beats(leases, n, given, &lease, err);
	if (st != CAIRN_OK || n == 0)
		return st;
	struct cairn__batch batch;
	st = cairn__batch_begin(&batch, conn, n, CAIRN__BY_LEASE, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++)
		cairn__plan_heartbeat(&leases[i], lease, &batch.changes[i]);
	if (st == CAIRN_OK)
		st = cairn__batch_run(&batch, NULL, NULL, each, err);
	cairn__batch_end(&batch);
	return st;
}

cairn_status cairn_job_heartbeat(cairn_conn *conn, const cairn_lease *leases, size_t n,
				 cairn_usec lease, cairn_changed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.heartbeat", err);
	if (st == CAIRN_OK)
		st = heartbeat(conn, leases, n, lease, each, err);
	return cairn__call_end(&call, st, n);
}

/* ---- progress ---- */

static int is_stage(cairn_str stage)
{
	return cairn_str_is(stage, "queued") || cairn_str_is(stage, "scheduled") ||
	       cairn_str_is(stage, "running") || cairn_str_is(stage, "completed");
}

static cairn_status check_report(const cairn_conn *conn, const cairn_progress *item,
				 cairn_error *err)
{
	cairn_status st = cairn__check_lease(&item->lease, err);
	if (st != CAIRN_OK)
		return st;
	const uint32_t known = CAIRN_PROGRESS_DONE | CAIRN_PROGRESS_TOTAL | CAIRN_PROGRESS_STARTED;
	if ((item->set & ~known) != 0 || item->reserved0_ != 0 ||
	    (item->reserved_[0] | item->reserved_[1]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (item->stage.len > 0 && !is_stage(item->stage))
		return cairn_fail(err, CAIRN_E_JOB_STAGE);
	st = cairn__check_progress(item->set, item->done, item->total, CAIRN_E_JOB_REPORT, err);
	if (st == CAIRN_OK && item->checkpoint.len > 0)
		st = cairn_json_check(item->checkpoint, conn->host.settings.max_json, err);
	cairn_usec extend;
	if (st == CAIRN_OK && item->extend != 0)
		st = cairn__lease_duration(item->extend, &extend, err);
	return st;
}

cairn_status cairn__check_reports(cairn_conn *conn, const cairn_progress *items, size_t n,
				  cairn_error *err)
{
	cairn_status st = cairn__check_batch(items, n, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = check_report(conn, &items[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	return st;
}

static cairn_status progress(cairn_conn *conn, const cairn_progress *items, size_t n,
			     cairn_changed *each, cairn_error *err)
{
	cairn_status st = cairn__check_reports(conn, items, n, err);
	if (st != CAIRN_OK || n == 0)
		return st;
	struct cairn__batch batch;
	st = cairn__batch_begin(&batch, conn, n, CAIRN__BY_LEASE, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++)
		cairn__plan_progress(&items[i], &batch.changes[i]);
	if (st == CAIRN_OK)
		st = cairn__batch_run(&batch, NULL, NULL, each, err);
	cairn__batch_end(&batch);
	return st;
}

cairn_status cairn_job_progress(cairn_conn *conn, const cairn_progress *items, size_t n,
				cairn_changed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.progress", err);
	if (st == CAIRN_OK)
		st = progress(conn, items, n, each, err);
	return cairn__call_end(&call, st, n);
}
