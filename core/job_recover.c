/* job_recover.c - what operators do to named jobs: cancel, requeue, adopt, edit. */
#include <cairn/sys/json.h>

#include "check.h"
#include "job_change.h"
#include "job_plan.h"

cairn_status cairn__check_reason(cairn_str reason, cairn_error *err)
{
	return reason.len > 0 ? cairn__check_name(reason, "reason", err) : CAIRN_OK;
}

/* ---- cancel ---- */

static cairn_status cancel(cairn_conn *conn, cairn_scope scope, const cairn_id *ids, size_t n,
			   cairn_str reason, cairn_changed *each, cairn_error *err)
{
	cairn_status st = cairn__check_batch(ids, n, err);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_reason(reason, err);
	if (st != CAIRN_OK || n == 0)
		return st;
	struct cairn__batch batch;
	st = cairn__batch_begin(&batch, conn, n, CAIRN__BY_CANCEL, err);
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

/* ---- requeue ---- */

static cairn_status check_requeue(const cairn_requeue *item, cairn_error *err)
{
	if (item->reset > 1 || item->reserved0_ != 0 ||
	    (item->reserved_[0] | item->reserved_[1]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if ((item->status == CAIRN_JOB_DEAD_LETTERED || item->status == CAIRN_JOB_CANCELED) &&
	    item->run_number > 0)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "A requeue names the run and the status that were seen, "
				 "DEAD_LETTERED or CANCELED.");
	return CAIRN_INVALID;
}

static cairn_status requeue(cairn_conn *conn, cairn_scope scope, const cairn_requeue *items,
			    size_t n, cairn_str reason, cairn_changed *each, cairn_error *err)
{
	cairn_status st = cairn__check_batch(items, n, err);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_reason(reason, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = check_requeue(&items[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st != CAIRN_OK || n == 0)
		return st;
	struct cairn__batch batch;
	st = cairn__batch_begin(&batch, conn, n, CAIRN__BY_REQUEUE, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++)
		cairn__plan_requeue(scope, &items[i], reason, &batch.changes[i]);
	if (st == CAIRN_OK)
		st = cairn__batch_run(&batch, NULL, NULL, each, err);
	cairn__batch_end(&batch);
	return st;
}

cairn_status cairn_job_requeue(cairn_conn *conn, cairn_scope scope, const cairn_requeue *items,
			       size_t n, cairn_str reason, cairn_changed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.requeue", err);
	if (st == CAIRN_OK)
		st = requeue(conn, scope, items, n, reason, each, err);
	return cairn__call_end(&call, st, n);
}

/* ---- adopt ---- */

static cairn_status adopt(cairn_conn *conn, cairn_scope scope, const cairn_id *ids, size_t n,
			  cairn_str owner, cairn_changed *each, cairn_error *err)
{
	cairn_status st = cairn__check_batch(ids, n, err);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	if (st == CAIRN_OK && owner.len > 0)
		st = cairn__check_name(owner, "owner", err);
	if (st != CAIRN_OK || n == 0)
		return st;
	struct cairn__batch batch;
	st = cairn__batch_begin(&batch, conn, n, CAIRN__BY_ADOPT, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++)
		cairn__plan_adopt(scope, ids[i], owner, &batch.changes[i]);
	if (st == CAIRN_OK)
		st = cairn__batch_run(&batch, NULL, NULL, each, err);
	cairn__batch_end(&batch);
	return st;
}

cairn_status cairn_job_adopt(cairn_conn *conn, cairn_scope scope, const cairn_id *ids, size_t n,
			     cairn_str owner, cairn_changed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.adopt", err);
	if (st == CAIRN_OK)
		st = adopt(conn, scope, ids, n, owner, each, err);
	return cairn__call_end(&call, st, n);
}

/* ---- edit ---- */

static cairn_status check_patch(const cairn_conn *conn, const cairn_job_patch *item,
				cairn_error *err)
{
	const uint32_t known = CAIRN_JOB_PRIORITY | CAIRN_JOB_PAYLOAD | CAIRN_JOB_RUN_AT;
	if ((item->set & ~known) != 0 || (item->reserved_[0] | item->reserved_[1]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (item->set == 0) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "An edit must set something.");
		return CAIRN_INVALID;
	}
	cairn_status st = cairn__check_time(item->updated_at, "updated_at", err);
	if (st == CAIRN_OK && (item->set & CAIRN_JOB_RUN_AT))
		st = cairn__check_time(item->run_at, "run_at", err);
	if (st == CAIRN_OK && (item->set & CAIRN_JOB_PAYLOAD) && item->payload.len > 0)
		st = cairn_json_check(item->payload, conn->host.settings.max_json, err);
	return st;
}

static cairn_status edit(cairn_conn *conn, cairn_scope scope, const cairn_job_patch *items,
			 size_t n, cairn_changed *each, cairn_error *err)
{
	cairn_status st = cairn__check_batch(items, n, err);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = check_patch(conn, &items[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st != CAIRN_OK || n == 0)
		return st;
	struct cairn__batch batch;
	st = cairn__batch_begin(&batch, conn, n, CAIRN__BY_EDIT, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++)
		cairn__plan_edit(scope, &items[i], &batch.changes[i]);
	if (st == CAIRN_OK)
		st = cairn__batch_run(&batch, NULL, NULL, each, err);
	cairn__batch_end(&batch);
	return st;
}

cairn_status cairn_job_edit(cairn_conn *conn, cairn_scope scope, const cairn_job_patch *items,
			    size_t n, cairn_changed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.edit", err);
	if (st == CAIRN_OK)
		st = edit(conn, scope, items, n, each, err);
	return cairn__call_end(&call, st, n);
}
