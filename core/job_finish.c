/* job_finish.c - the ends of attempts. */
#include <cairn/sys/json.h>

#include "check.h"
#include "job_change.h"
#include "job_plan.h"
#include "job_policy.h"
#include "job_turn.h"
#include "limits.h"

/* ---- checks ---- */

static cairn_status misfit(const char *message, cairn_error *err)
{
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "%s", message);
	return CAIRN_INVALID;
}

/* The fields that belong to some ways of ending only. */
static int has_error(const cairn_finish *item)
{
	return item->error_code.len > 0 || item->error_message.len > 0;
}

static int has_state(const cairn_finish *item)
{
	return item->set != 0 || item->checkpoint.len > 0;
}

static cairn_status check_success(const cairn_conn *conn, const cairn_finish *item,
				  cairn_error *err)
{
	if (has_error(item) || item->not_before != 0)
		return misfit("A success has no error and no retry time.", err);
	if (item->reason.len > 0 || item->delay != 0)
		return misfit("A success has no reason and no delay.", err);
	if (item->output.len == 0)
		return CAIRN_OK;
	return cairn_json_check(item->output, conn->host.settings.max_json, err);
}

static cairn_status check_failure(const cairn_finish *item, cairn_error *err)
{
	if (item->output.len > 0)
		return misfit("A failure has no output.", err);
	if (item->reason.len > 0 || item->delay != 0)
		return misfit("A failure has no reason and no delay of its own.", err);
	cairn_status st = cairn__check_name(item->error_code, "error_code", err);
	if (st == CAIRN_OK)
		st = cairn__check_text(item->error_message, CAIRN__MAX_ERROR_MESSAGE,
				       "error_message", err);
	if (st == CAIRN_OK)
		st = cairn__check_time(item->not_before, "not_before", err);
	return st;
}

/* Continuation, snooze, release. A release's negative delay is none. */
static cairn_status check_back(const cairn_finish *item, cairn_error *err)
{
	if (item->output.len > 0 || has_error(item))
		return misfit("What goes back into the queue has no output and no error.", err);
	if (item->how == CAIRN_FINISH_CONTINUE && item->reason.len > 0)
		return misfit("A continuation has no reason of its own.", err);
	if (item->how == CAIRN_FINISH_RELEASE && has_state(item))
		return misfit("What never started has no progress and no checkpoint.", err);
	if ((item->delay < 0 && item->how != CAIRN_FINISH_RELEASE) ||
	    item->delay > CAIRN__MAX_DELAY)
		return cairn_fail(err, CAIRN_E_JOB_DELAY);
	cairn_status st = cairn__check_reason(item->reason, err);
	if (st == CAIRN_OK)
		st = cairn__check_time(item->not_before, "not_before", err);
	return st;
}

static cairn_status check_how(const cairn_conn *conn, const cairn_finish *item, cairn_error *err)
{
	switch (item->how) {
	case CAIRN_FINISH_SUCCESS:
		return check_success(conn, item, err);
	case CAIRN_FINISH_RETRYABLE:
	case CAIRN_FINISH_TIMEOUT:
	case CAIRN_FINISH_TERMINAL:
	case CAIRN_FINISH_PANICKED:
		return check_failure(item, err);
	case CAIRN_FINISH_CONTINUE:
	case CAIRN_FINISH_SNOOZE:
	case CAIRN_FINISH_RELEASE:
		return check_back(item, err);
	}
	return misfit("A finish must say how.", err);
}

static cairn_status check_finish(const cairn_conn *conn, const cairn_finish *item, cairn_error *err)
{
	cairn_status st = cairn__check_lease(&item->lease, err);
	if (st != CAIRN_OK)
		return st;
	if ((item->set & ~(CAIRN_FINISH_DONE | CAIRN_FINISH_TOTAL)) != 0 ||
	    (item->reserved_[0] | item->reserved_[1] | item->reserved_[2] | item->reserved_[3]))
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	st = check_how(conn, item, err);
	if (st == CAIRN_OK)
		st = cairn__check_progress(item->set, item->progress_done, item->progress_total,
					   CAIRN_E_JOB_PROGRESS, err);
	if (st == CAIRN_OK && item->checkpoint.len > 0)
		st = cairn_json_check(item->checkpoint, conn->host.settings.max_json, err);
	return st;
}

/* ---- plan and run ---- */

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

cairn_status cairn__check_finishes(cairn_conn *conn, const cairn_finish *items, size_t n,
				   cairn_error *err)
{
	cairn_status st = cairn__check_batch(items, n, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = check_finish(conn, &items[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	return st;
}

cairn_status cairn__plan_finishes(cairn_conn *conn, const cairn_finish *items, size_t n,
				  cairn_change *changes, cairn_error *err)
{
	struct cairn__policies policies;
	cairn_status st = cairn__policies_read(&policies, conn, items, n, err);
	if (st != CAIRN_OK)
		return st;
	for (size_t i = 0; i < n && st == CAIRN_OK; i++)
		st = plan_item(&policies, &items[i], &changes[i], err);
	cairn__policies_drop(&policies);
	return st;
}

static cairn_status finish(cairn_conn *conn, const cairn_finish *items, size_t n,
			   cairn_changed *each, cairn_error *err)
{
	cairn_status st = cairn__check_finishes(conn, items, n, err);
	if (st != CAIRN_OK || n == 0)
		return st;
	struct cairn__batch batch;
	st = cairn__batch_begin(&batch, conn, n, CAIRN__BY_LEASE, err);
	if (st == CAIRN_OK)
		st = cairn__plan_finishes(conn, items, n, batch.changes, err);
	if (st == CAIRN_OK)
		st = cairn__batch_run(&batch, NULL, NULL, each, err);
	cairn__batch_end(&batch);
	return st;
}

cairn_status cairn_job_finish(cairn_conn *conn, const cairn_finish *items, size_t n,
			      cairn_changed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.finish", err);
	if (st == CAIRN_OK)
		st = finish(conn, items, n, each, err);
	return cairn__call_end(&call, st, n);
}
