/* job_prune.c - deleting jobs that ended long enough ago. */
#include "check.h"
#include "core.h"
#include "limits.h"

#define BIT(status) (1u << (unsigned)(status))
#define ENDED	    (BIT(CAIRN_JOB_SUCCEEDED) | BIT(CAIRN_JOB_DEAD_LETTERED) | BIT(CAIRN_JOB_CANCELED))

static cairn_status check_statuses(const cairn_prune_opts *opts, uint32_t statuses,
				   cairn_error *err)
{
	const char *message;
	if ((statuses & ~ENDED) != 0)
		message = "Only jobs that have ended can be pruned.";
	else if (opts->age == 0 && statuses != BIT(CAIRN_JOB_SUCCEEDED))
		message = "Definitions say how long successes are kept; others need an age.";
	else
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "%s", message);
	return CAIRN_INVALID;
}

static cairn_status check_limits(const cairn_prune_opts *opts, cairn_error *err)
{
	if (opts->limit > CAIRN__MAX_PRUNE) {
		cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
		cairn_error_message(err, "One call prunes at most %d jobs.", CAIRN__MAX_PRUNE);
		return CAIRN_TOO_LARGE;
	}
	if (opts->age >= 0 && opts->age <= CAIRN__MAX_AGE)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "The age must be 0 to 1000 years.");
	return CAIRN_INVALID;
}

static cairn_status plan(const cairn_prune_opts *opts, cairn_prune_plan *plan, cairn_error *err)
{
	if (opts == NULL || opts->size < sizeof *opts)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	*plan = (cairn_prune_plan){
		.scope = opts->scope,
		.queue = opts->queue,
		.type = opts->type,
		.statuses = opts->statuses != 0 ? opts->statuses : BIT(CAIRN_JOB_SUCCEEDED),
		.limit = opts->limit != 0 ? opts->limit : CAIRN__DEFAULT_PRUNE,
		.age = opts->age != 0 ? opts->age : -1,
	};
	cairn_status st = cairn__check_scope(&opts->scope, err);
	if (st == CAIRN_OK && opts->queue.len > 0)
		st = cairn__check_name(opts->queue, "queue", err);
	if (st == CAIRN_OK && opts->type.len > 0)
		st = cairn__check_name(opts->type, "type", err);
	if (st == CAIRN_OK)
		st = check_limits(opts, err);
	if (st == CAIRN_OK)
		st = check_statuses(opts, plan->statuses, err);
	return st;
}

cairn_status cairn_job_prune(cairn_conn *conn, const cairn_prune_opts *opts, size_t *pruned,
			     cairn_error *err)
{
	struct cairn__call call;
	cairn_prune_plan batch;
	size_t count = 0;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.prune", err);
	if (st == CAIRN_OK)
		st = cairn__need(conn, conn->jobs.prune != NULL, "prune", err);
	if (st == CAIRN_OK && pruned == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = plan(opts, &batch, err);
	if (st == CAIRN_OK)
		st = conn->jobs.prune(conn->self, &batch, &count, err);
	if (st == CAIRN_OK)
		*pruned = count;
	return cairn__call_end(&call, st, count);
}
