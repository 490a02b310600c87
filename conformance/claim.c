/*
 * claim.c - which jobs a claim takes, in which order, and what it writes.
 */
#include "ct.h"

static void takes_the_best_first(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	job.set = CAIRN_JOB_PRIORITY;
	job.priority = 1;
	cairn_id low = ct_add(conn, &job);
	job.priority = 9;
	cairn_id high = ct_add(conn, &job);
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 2);
	ct_int(jobs->count, 2);
	ct_id(jobs->at[0].id, high);
	ct_id(jobs->at[1].id, low);
}

static void leases_the_row(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	ct_advance(CAIRN_SECOND);
	cairn_lease lease = ct_claim(conn, "w");
	const cairn_job *job = ct_job(conn, id);
	ct_int(job->status, CAIRN_JOB_LEASED);
	ct_int(job->fence, lease.fence);
	ct_int(job->attempt, 1);
	ct_str(job->worker, "w");
	ct_int(job->lease_expires_at, ct_now() + CAIRN_LEASE_DEFAULT);
	ct_text(ct_timeline(conn, id), "ENQUEUED LEASED");
	ct_int(ct_attempts(conn, id)->count, 1);
}

static const ct_case cases[] = {
	{ .name = "jobs.claim.a_higher_priority_is_claimed_first",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Of the due jobs of a queue the one with the largest priority is claimed first.",
	  .covers = "runledger K01",
	  .run = takes_the_best_first },
	{ .name = "jobs.claim.leases_the_row_to_the_worker",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A claim writes status, worker, fence, attempt, lease, an attempt and an event.",
	  .covers = "runledger K03",
	  .run = leases_the_row },
};

CT_GROUP(claim, cases);
