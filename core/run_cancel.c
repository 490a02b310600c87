/* run_cancel.c - runs out: canceled with all that has not ended, or deleted with all that they had. */
#include <stdlib.h>

#include "check.h"
#include "core.h"
#include "job_change.h"
#include "job_plan.h"
#include "limits.h"
#include "run_read.h"

/* ---- cancel ------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	return cairn_id_compare(*(const cairn_id *)a, *(const cairn_id *)b);
}

/* A run named twice is canceled once: what each is told does not depend on it. */
static size_t unique(cairn_id *ids, size_t n)
{
	size_t kept = 0;
	qsort(ids, n, sizeof *ids, by_id);
	for (size_t i = 0; i < n; i++) {
		if (!cairn_id_is_none(ids[i]) &&
		    (kept == 0 || cairn_id_compare(ids[kept - 1], ids[i]) != 0))
			ids[kept++] = ids[i];
	}
	return kept;
}

static cairn_status check_cancel(const cairn_run_cancel_opts *opts, cairn_error *err)
{
	if (opts == NULL || opts->size < sizeof *opts)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_status st = cairn__check_batch(opts->runs, opts->n, err);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&opts->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_reason(opts->reason, err);
	if (st == CAIRN_OK && opts->error_code.len > 0)
		st = cairn__check_name(opts->error_code, "error_code", err);
	if (st == CAIRN_OK)
		st = cairn__check_text(opts->error_message, CAIRN__MAX_ERROR_MESSAGE,
				       "error_message", err);
	return st;
}

/* A second mention of a run finds it canceled already. */
static void judge(const cairn_id *ids, size_t n, cairn_run_canceled *results, cairn_id id,
		  cairn_run_changed *each)
{
	const cairn_id *at = n > 0 ? bsearch(&id, ids, n, sizeof *ids, by_id) : NULL;
	cairn_run_canceled *result = at != NULL ? &results[at - ids] : NULL;
	*each = (cairn_run_changed){ .status = CAIRN_OK };
	if (result == NULL || result->status == 0) {
		each->code = CAIRN_E_RUN_NOT_FOUND;
		each->status = cairn_code_status(each->code);
		return;
	}
	each->run_status = result->status;
	each->canceled = result->steps;
	result->steps = 0;
}

static cairn_status deliver(const cairn_run_cancel_opts *opts, const cairn_run_cancel_plan *plan,
			    cairn_run_canceled *results, cairn_run_changed *each, cairn_error *err)
{
	for (size_t i = 0; i < opts->n; i++) {
		cairn_run_changed one;
		judge(plan->runs, plan->n, results, opts->runs[i], &one);
		if (each != NULL)
			each[i] = one;
		else if (one.status != CAIRN_OK)
			return cairn__fail_item(err, one.code, i);
	}
	return CAIRN_OK;
}

static cairn_status cancel(cairn_conn *conn, const cairn_run_cancel_opts *opts,
			   cairn_run_changed *each, cairn_error *err)
{
	cairn_status st = check_cancel(opts, err);
	if (st != CAIRN_OK || opts->n == 0)
		return st;
	cairn_id *ids = cairn__scratch(conn, opts->n, sizeof *ids, err);
	cairn_run_canceled *results = NULL;
	if (ids != NULL)
		results = cairn__scratch(conn, opts->n, sizeof *results, err);
	if (results != NULL) {
		for (size_t i = 0; i < opts->n; i++)
			ids[i] = opts->runs[i];
		cairn_run_cancel_plan plan = {
			.runs = ids,
			.n = unique(ids, opts->n),
			.scope = opts->scope,
			.sweep = { .reason = opts->reason.len > 0 ? opts->reason
								  : CAIRN_STR("CANCELED"),
				   .error_code = opts->error_code,
				   .error_message = opts->error_message,
				   .events = cairn__events_kept(conn->host.events,
								CAIRN__BIT(CAIRN_EVENT_CANCELED)) },
		};
		if (plan.n > 0)
			st = conn->workflows.cancel(conn->self, &plan, results, err);
		if (st == CAIRN_OK)
			st = deliver(opts, &plan, results, each, err);
	}
	cairn__scratch_free(conn, results, opts->n, sizeof *results);
	cairn__scratch_free(conn, ids, opts->n, sizeof *ids);
	return results == NULL && st == CAIRN_OK ? CAIRN_NOMEM : st;
}

cairn_status cairn_run_cancel(cairn_conn *conn, const cairn_run_cancel_opts *opts,
			      cairn_run_changed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__WORKFLOWS, "run.cancel", err);
	if (st == CAIRN_OK)
		st = cancel(conn, opts, each, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? opts->n : 0);
}

/* ---- prune ----------------------------------------------------------------------- */

static cairn_status plan_prune(const cairn_run_prune_filter *filter, cairn_run_prune_plan *plan,
			       cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	*plan = (cairn_run_prune_plan){
		.scope = filter->scope,
		.type = filter->type,
		.statuses = filter->statuses != 0 ? filter->statuses : CAIRN__RUNS_OVER,
		.age = filter->age,
	};
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &plan->limit, err);
	if (st == CAIRN_OK && filter->type.len > 0)
		st = cairn__check_name(filter->type, "type", err);
	if (st != CAIRN_OK)
		return st;
	if ((plan->statuses & ~CAIRN__RUNS_OVER) != 0) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "Only runs that are over can be pruned.");
		return CAIRN_INVALID;
	}
	if (filter->age >= 0 && filter->age <= CAIRN__MAX_AGE)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "The age must be 0 to 1000 years.");
	return CAIRN_INVALID;
}

cairn_status cairn_run_prune(cairn_conn *conn, const cairn_run_prune_filter *filter, size_t *pruned,
			     cairn_error *err)
{
	struct cairn__call call;
	cairn_run_prune_plan plan;
	size_t count = 0;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__WORKFLOWS, "run.prune", err);
	if (st == CAIRN_OK && pruned == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = plan_prune(filter, &plan, err);
	if (st == CAIRN_OK)
		st = conn->workflows.prune(conn->self, &plan, &count, err);
	if (st == CAIRN_OK)
		*pruned = count;
	return cairn__call_end(&call, st, count);
}
