/*
 * adopt.c - moving jobs to another owner: which may move and when, and who may claim them then.
 */
#include "ct.h"

static const cairn_str none = { NULL, 0 };

static cairn_id add_of(cairn_conn *conn, const char *owner)
{
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", 3, CAIRN_SECOND);
	job.owner = cairn_str_of(owner);
	return ct_add(conn, &job);
}

static const cairn_jobs *claim_as(cairn_conn *conn, const char *owner)
{
	cairn_claim_opts opts = ct_claim_opts("w", 10);
	cairn_jobs *jobs = NULL;
	opts.owner = cairn_str_of(owner);
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	return jobs;
}

static cairn_changed adopt(cairn_conn *conn, cairn_id id, const char *owner)
{
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_adopt(conn, cairn_any(), &id, 1, cairn_str_of(owner), &changed, ct_err()));
	return changed;
}

static void refused(cairn_conn *conn, cairn_id id, const char *code)
{
	const char *before = ct_snapshot(conn, id);
	cairn_changed told = ct_told(adopt(conn, id, "new"), CAIRN_STALE, code);
	ct_int(told.job_status, ct_job(conn, id)->status);
	ct_unchanged(conn, id, before);
}

static void a_waiting_job_moves(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add_of(conn, "old");
	ct_advance(CAIRN_SECOND);
	cairn_changed changed = ct_told(adopt(conn, id, "new"), CAIRN_OK, NULL);
	ct_int(changed.job_status, CAIRN_JOB_PENDING);
	ct_str(ct_job(conn, id)->owner, "new");
	ct_int(ct_job(conn, id)->updated_at, ct_now());
	ct_text(ct_timeline(conn, id), "ENQUEUED");
	ct_int(claim_as(conn, "old")->count, 0);
	ct_claim_none(conn);
	ct_int(claim_as(conn, "new")->count, 1);
}

static void to_anybody_and_from_anybody(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add_of(conn, NULL);
	ct_told(adopt(conn, id, "new"), CAIRN_OK, NULL);
	ct_claim_none(conn);
	ct_told(adopt(conn, id, NULL), CAIRN_OK, NULL);
	ct_str(ct_job(conn, id)->owner, NULL);
	ct_id(ct_claim(conn, "w").id, id);
}

static void not_while_its_lease_runs(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add_of(conn, "old");
	cairn_time over = ct_now() + CAIRN_LEASE_DEFAULT;
	cairn_lease lease = cairn_job_lease(&claim_as(conn, "old")->at[0]);
	refused(conn, id, "job.lease_live");
	ct_int(adopt(conn, id, "new").lease_expires_at, over);
	ct_set_now(over - 1);
	refused(conn, id, "job.lease_live");
	ct_finish(conn, ct_success(lease));
	refused(conn, id, "job.invalid_state_transition");
}

static void once_its_lease_is_over(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add_of(conn, "old");
	cairn_lease lease = cairn_job_lease(&claim_as(conn, "old")->at[0]);
	ct_advance(CAIRN_LEASE_DEFAULT);
	cairn_changed changed = ct_told(adopt(conn, id, "new"), CAIRN_OK, NULL);
	ct_int(changed.job_status, CAIRN_JOB_LEASED);
	ct_int(ct_job(conn, id)->status, CAIRN_JOB_LEASED);
	ct_int(ct_job(conn, id)->fence, lease.fence);
	ct_str(ct_job(conn, id)->worker, "w");
	ct_refused(conn, lease, CAIRN_STALE, "job.lease_expired");
	ct_int(claim_as(conn, "new")->count, 0);
	ct_advance(1);
	ct_reap(conn, 1);
	ct_int(claim_as(conn, "old")->count, 0);
	const cairn_jobs *jobs = claim_as(conn, "new");
	ct_int(jobs->count, 1);
	ct_int(jobs->at[0].fence, 2);
	ct_refused(conn, lease, CAIRN_STALE, "job.lease_lost");
}

static void between_attempts(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add_of(conn, "old");
	cairn_lease lease = cairn_job_lease(&claim_as(conn, "old")->at[0]);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x"));
	const cairn_job *before = ct_job(conn, id);
	ct_told(adopt(conn, id, "new"), CAIRN_OK, NULL);
	ct_int(ct_job(conn, id)->parked, before->parked);
	ct_int(ct_job(conn, id)->run_at, before->run_at);
	ct_str(ct_job(conn, id)->error_code, "x");
	ct_advance(CAIRN_SECOND);
	ct_int(claim_as(conn, "new")->count, 1);
}

static void not_what_is_over(void)
{
	cairn_conn *conn = ct_open();
	refused(conn, ct_make(conn, "t", CAIRN_JOB_SUCCEEDED).id, "job.invalid_state_transition");
	refused(conn, ct_make(conn, "t", CAIRN_JOB_DEAD_LETTERED).id,
		"job.invalid_state_transition");
	refused(conn, ct_make(conn, "t", CAIRN_JOB_CANCELED).id, "job.invalid_state_transition");
	ct_told(adopt(conn, cairn_id_new(), "new"), CAIRN_NOT_FOUND, "job.not_found");
}

static void only_in_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	cairn_id ids[2] = { add_of(conn, NULL) };
	job.tenant = CAIRN_STR("acme");
	ids[1] = ct_add(conn, &job);
	cairn_changed each[2];
	cairn_str owner = CAIRN_STR("new");
	ct_ok(cairn_job_adopt(conn, cairn_tenant(CAIRN_STR("other")), ids, 2, owner, each,
			      ct_err()));
	ct_each(each[0], CAIRN_NOT_FOUND, "job.not_found");
	ct_each(each[1], CAIRN_NOT_FOUND, "job.not_found");
	ct_ok(cairn_job_adopt(conn, cairn_global(), ids, 2, owner, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_NOT_FOUND, "job.not_found");
	ct_ok(cairn_job_adopt(conn, cairn_tenant(job.tenant), ids, 2, owner, each, ct_err()));
	ct_each(each[0], CAIRN_NOT_FOUND, "job.not_found");
	ct_each(each[1], CAIRN_OK, NULL);
	ct_status(cairn_job_adopt(conn, cairn_any(), ids, 2, CAIRN_STR(" "), each, ct_err()),
		  CAIRN_INVALID, "arg.invalid_name");
	ids[1] = ids[0];
	ct_status(cairn_job_adopt(conn, cairn_any(), ids, 2, owner, each, ct_err()), CAIRN_INVALID,
		  "job.duplicate_in_batch");
	cairn_scope nowhere = { .kind = CAIRN_SCOPE_NONE };
	ct_status(cairn_job_adopt(conn, nowhere, ids, 1, owner, each, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
}

static void commits_and_rolls_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add_of(conn, "old");
	const char *before = ct_snapshot(conn, id);
	cairn_id ids[2] = { ct_make(conn, "t", CAIRN_JOB_LEASED).id, id };
	cairn_changed each[2];
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_ok(cairn_job_adopt(conn, cairn_any(), ids, 2, none, each, ct_err()));
	ct_each(each[0], CAIRN_STALE, "job.lease_live");
	ct_each(each[1], CAIRN_OK, NULL);
	cairn_rollback(&tx);
	ct_unchanged(conn, id, before);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.adopt.a_waiting_job_moves",
	  VERB,
	  .rule = "An adopted job is claimed by its new owner and by nobody else; no event is "
		  "written.",
	  .covers = "smol-25",
	  .run = a_waiting_job_moves },
	{ .name = "jobs.adopt.to_anybody_and_from_anybody",
	  VERB,
	  .rule = "A job of anybody's may be pinned, a pinned one given to anybody.",
	  .covers = "smol-25",
	  .run = to_anybody_and_from_anybody },
	{ .name = "jobs.adopt.not_while_the_lease_runs",
	  VERB,
	  .rule = "While its lease runs a job is not moved, to the microsecond; the refusal tells "
		  "when it is over.",
	  .covers = "smol-21",
	  .run = not_while_its_lease_runs },
	{ .name = "jobs.adopt.once_the_lease_is_over",
	  VERB,
	  .rule = "A job with an expired lease may move; it is claimed by its new owner once it "
		  "was reaped, and its old worker writes nothing more.",
	  .covers = "smol-21, smol-27, smol-29",
	  .run = once_its_lease_is_over },
	{ .name = "jobs.adopt.between_two_attempts",
	  VERB,
	  .rule = "Moving a job that waits for its next attempt keeps everything else.",
	  .run = between_attempts },
	{ .name = "jobs.adopt.not_what_is_over",
	  VERB,
	  .rule = "Ended jobs are not moved, missing ones not found.",
	  .run = not_what_is_over },
	{ .name = "jobs.adopt.only_in_scope",
	  VERB,
	  .rule = "A job outside the scope is a missing one; names are checked.",
	  .covers = "runledger SC01",
	  .run = only_in_scope },
	{ .name = "jobs.adopt.commits_and_rolls_back_with_the_caller",
	  VERB,
	  .rule = "A move goes with its transaction, and one job's refusal hinders no other.",
	  .run = commits_and_rolls_back },
};

CT_GROUP(adopt, cases);
