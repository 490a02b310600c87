/* job_work.c - the verbs of workers and operators on named jobs: heartbeat, finish, cancel. */
#include <string.h>

#include <cairn/sys/json.h>

#include "check.h"
#include "core.h"
#include "job_change.h"
#include "job_claim.h"
#include "job_plan.h"
#include "job_policy.h"
#include "limits.h"

static cairn_status check_lease(const cairn_lease *lease, cairn_error *err)
{
	if (cairn_id_is_none(lease->id) || lease->fence <= 0 || lease->attempt < 0 ||
	    lease->max_attempts < 0) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "A lease needs a job id and a fence.");
		return CAIRN_INVALID;
	}
	if ((lease->hints & ~(CAIRN_HINT_OVERRIDES | CAIRN_HINT_UNKEPT)) != 0 ||
	    lease->reserved0_ != 0 || (lease->reserved_[0] | lease->reserved_[1]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	return CAIRN_OK;
}

/* ---- heartbeat ---- */

static cairn_status heartbeat(cairn_conn *conn, const cairn_lease *leases, size_t n,
			      cairn_usec given, cairn_changed *each, cairn_error *err)
{
	cairn_usec lease;
	cairn_status st = cairn__check_batch(leases, n, err);
	if (st == CAIRN_OK)
		st = cairn__lease_duration(given, &lease, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = check_lease(&leases[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
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

/* ---- finish ---- */

static cairn_status check_progress(const cairn_finish *item, cairn_error *err)
{
	int has_done = (item->set & CAIRN_FINISH_DONE) != 0;
	int has_total = (item->set & CAIRN_FINISH_TOTAL) != 0;
	if ((has_done && item->progress_done < 0) || (has_total && item->progress_total < 0) ||
	    (has_done && has_total && item->progress_done > item->progress_total))
		return cairn_fail(err, CAIRN_E_JOB_PROGRESS);
	return CAIRN_OK;
}

static cairn_status check_success(const cairn_conn *conn, const cairn_finish *item,
				  cairn_error *err)
{
	if (item->error_code.len > 0 || item->error_message.len > 0 || item->not_before != 0) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "A success has no error and no retry time.");
		return CAIRN_INVALID;
	}
	if (item->output.len == 0)
		return CAIRN_OK;
	return cairn_json_check(item->output, conn->host.settings.max_json, err);
}

static cairn_status check_failure(const cairn_finish *item, cairn_error *err)
{
	if (item->output.len > 0) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "A failure has no output.");
		return CAIRN_INVALID;
	}
	cairn_status st = cairn__check_name(item->error_code, "error_code", err);
	if (st == CAIRN_OK)
		st = cairn__check_text(item->error_message, CAIRN__MAX_ERROR_MESSAGE,
				       "error_message", err);
	if (st == CAIRN_OK)
		st = cairn__check_time(item->not_before, "not_before", err);
	return st;
}

static cairn_status check_finish(const cairn_conn *conn, const cairn_finish *item, cairn_error *err)
{
	cairn_status st = check_lease(&item->lease, err);
	if (st != CAIRN_OK)
		return st;
	if ((item->set & ~(CAIRN_FINISH_DONE | CAIRN_FINISH_TOTAL)) != 0 ||
	    (item->reserved_[0] | item->reserved_[1] | item->reserved_[2] | item->reserved_[3]))
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (item->how < CAIRN_FINISH_SUCCESS || item->how > CAIRN_FINISH_PANICKED) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "A finish must say how.");
		return CAIRN_INVALID;
	}
	st = check_progress(item, err);
	if (st == CAIRN_OK && item->checkpoint.len > 0)
		st = cairn_json_check(item->checkpoint, conn->host.settings.max_json, err);
	if (st != CAIRN_OK)
		return st;
	return item->how == CAIRN_FINISH_SUCCESS ? check_success(conn, item, err)
						 : check_failure(item, err);
}

static cairn_status plan_item(const struct cairn__policies *policies, const cairn_finish *given,
			      cairn_change *change, cairn_error *err)
{
	if (!cairn__policy_needed(given)) {
		cairn__plan_finish(given, change);
		return CAIRN_OK;
	}
	cairn_finish item = *given;
	cairn_status st = cairn__policy_apply(policies, &item, err);
	if (st == CAIRN_OK)
		cairn__plan_finish(&item, change);
	return st;
}

static cairn_status finish(cairn_conn *conn, const cairn_finish *items, size_t n,
			   cairn_changed *each, const cairn_claim_plan *claim, cairn_rows *claimed,
			   cairn_error *err)
{
	cairn_status st = cairn__check_batch(items, n, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = check_finish(conn, &items[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st != CAIRN_OK)
		return st;
	if (n == 0)
		return claim != NULL ? conn->jobs.claim(conn->self, claim, claimed, err) : CAIRN_OK;
	struct cairn__policies policies;
	struct cairn__batch batch;
	st = cairn__batch_begin(&batch, conn, n, CAIRN__BY_LEASE, err);
	if (st == CAIRN_OK)
		st = cairn__policies_read(&policies, conn, items, n, err);
	if (st == CAIRN_OK) {
		for (size_t i = 0; i < n && st == CAIRN_OK; i++)
			st = plan_item(&policies, &items[i], &batch.changes[i], err);
		cairn__policies_drop(&policies);
	}
	if (st == CAIRN_OK)
		st = cairn__batch_run(&batch, claim, claimed, each, err);
	cairn__batch_end(&batch);
	return st;
}

cairn_status cairn_job_finish(cairn_conn *conn, const cairn_finish *items, size_t n,
			      cairn_changed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.finish", err);
	if (st == CAIRN_OK)
		st = finish(conn, items, n, each, NULL, NULL, err);
	return cairn__call_end(&call, st, n);
}

static cairn_status finish_and_claim(cairn_conn *conn, const cairn_finish *items, size_t n,
				     cairn_changed *each, const cairn_claim_opts *opts,
				     cairn_jobs **jobs, cairn_error *err)
{
	cairn_claim_plan plan;
	int idle;
	cairn_status st = cairn__claim_plan(conn, opts, &plan, &idle, err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *jobs;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_job));
	st = finish(conn, items, n, each, idle ? NULL : &plan, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*jobs = memory;
	return st;
}

cairn_status cairn_job_finish_and_claim(cairn_conn *conn, const cairn_finish *items, size_t n,
					cairn_changed *each, const cairn_claim_opts *opts,
					cairn_jobs **jobs, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.finish_and_claim", err);
	if (st == CAIRN_OK && (jobs == NULL || (n > 0 && each == NULL))) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "finish_and_claim needs a place for both answers.");
		st = CAIRN_INVALID;
	}
	if (st == CAIRN_OK)
		st = finish_and_claim(conn, items, n, each, opts, jobs, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? n + (*jobs)->count : 0);
}

/* ---- cancel ---- */

static cairn_status cancel(cairn_conn *conn, cairn_scope scope, const cairn_id *ids, size_t n,
			   cairn_str reason, cairn_changed *each, cairn_error *err)
{
	cairn_status st = cairn__check_batch(ids, n, err);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	if (st == CAIRN_OK && reason.len > 0)
		st = cairn__check_name(reason, "reason", err);
	if (st != CAIRN_OK || n == 0)
		return st;
	struct cairn__batch batch;
	st = cairn__batch_begin(&batch, conn, n, CAIRN__BY_ID, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++)
		cairn__plan_cancel(scope, ids[i], reason, &batch.changes[i]);
	if (st == CAIRN_OK)
		st = cairn__batch_run(&batch, NULL, NULL, each, err);
	cairn__batch_end(&batch);
	return st;
}

cairn_status cairn_job_cancel(cairn_conn *conn, cairn_scope scope, const cairn_id *ids, size_t n,
			      cairn_str reason, cairn_changed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.cancel", err);
	if (st == CAIRN_OK)
		st = cancel(conn, scope, ids, n, reason, each, err);
	return cairn__call_end(&call, st, n);
}
