/* job_claim.c - handing out leases. */
#include "job_claim.h"

#include "check.h"
#include "limits.h"

cairn_status cairn__lease_duration(cairn_usec given, cairn_usec *lease, cairn_error *err)
{
	*lease = given == 0 ? CAIRN_LEASE_DEFAULT : given;
	if (*lease < CAIRN__MIN_LEASE || *lease > CAIRN__MAX_LEASE)
		return cairn_fail(err, CAIRN_E_JOB_LEASE_DURATION);
	return CAIRN_OK;
}

static cairn_status check_types(const cairn_claim_opts *opts, cairn_error *err)
{
	if (opts->types == NULL)
		return opts->type_count == 0 ? CAIRN_OK : cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_status st = cairn__check_batch(opts->types, opts->type_count, err);
	for (size_t i = 0; i < opts->type_count && st == CAIRN_OK; i++)
		st = cairn__check_name(opts->types[i], "type", err);
	return st;
}

cairn_status cairn__claim_plan(cairn_conn *conn, const cairn_claim_opts *opts,
			       cairn_claim_plan *plan, int *idle, cairn_error *err)
{
	if (opts == NULL || opts->size < sizeof *opts)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (opts->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_status st = cairn__check_name(opts->worker, "worker", err);
	if (st == CAIRN_OK && opts->queue.len > 0)
		st = cairn__check_name(opts->queue, "queue", err);
	if (st == CAIRN_OK && opts->owner.len > 0)
		st = cairn__check_name(opts->owner, "owner", err);
	if (st == CAIRN_OK)
		st = check_types(opts, err);
	*plan = (cairn_claim_plan){
		.queue = opts->queue.len > 0 ? opts->queue : CAIRN_STR("default"),
		.worker = opts->worker,
		.owner = opts->owner,
		.types = opts->types,
		.type_count = opts->type_count,
		.limit = opts->limit > 0 ? opts->limit : 1,
		.record = conn->host.events == CAIRN_EVENTS_FULL,
	};
	if (st == CAIRN_OK)
		st = cairn__lease_duration(opts->lease, &plan->lease, err);
	if (st == CAIRN_OK && plan->limit > CAIRN__MAX_PAGE) {
		cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
		cairn_error_message(err, "A claim may ask for at most %d jobs.", CAIRN__MAX_PAGE);
		st = CAIRN_TOO_LARGE;
	}
	*idle = opts->types != NULL && opts->type_count == 0;
	return st;
}

static cairn_status claim(cairn_conn *conn, const cairn_claim_opts *opts, cairn_jobs **jobs,
			  cairn_error *err)
{
	cairn_claim_plan plan;
	int idle;
	cairn_status st = cairn__claim_plan(conn, opts, &plan, &idle, err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *jobs;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_job));
	if (!idle)
		st = conn->jobs.claim(conn->self, &plan, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*jobs = memory;
	return st;
}

cairn_status cairn_job_claim(cairn_conn *conn, const cairn_claim_opts *opts, cairn_jobs **jobs,
			     cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.claim", err);
	if (st == CAIRN_OK && jobs == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = claim(conn, opts, jobs, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*jobs)->count : 0);
}

cairn_lease cairn_job_lease(const cairn_job *job)
{
	return (cairn_lease){ .id = job->id,
			      .fence = job->fence,
			      .attempt = job->attempt,
			      .max_attempts = job->max_attempts,
			      .retry = job->retry,
			      .hints = job->hints };
}
