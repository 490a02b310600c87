/*
 * retention.c - types that keep nothing: a success deletes its job. The case sets the hint in
 * the lease, as a claim of such a type does.
 */
#include "ct.h"

static cairn_lease take(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", 2, CAIRN_SECOND);
	ct_add(conn, &job);
	cairn_lease lease = ct_claim(conn, "w");
	lease.hints |= CAIRN_HINT_DELETE;
	return lease;
}

static void a_success_deletes(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_told(ct_say(conn, lease, "said"), CAIRN_OK, NULL);
	ct_progress(conn, ct_stage(lease, "running"));
	cairn_finish finish = ct_success(lease);
	finish.output = CAIRN_STR("1");
	cairn_changed changed = ct_finish(conn, finish);
	ct_int(changed.job_status, CAIRN_JOB_SUCCEEDED);
	ct_int(changed.ending, CAIRN_ENDING_SUCCEEDED);
	ct_gone(conn, lease.id);
	ct_int(ct_count_jobs(conn, 0), 0);
	ct_told(ct_send(conn, finish), CAIRN_NOT_FOUND, "job.not_found");
	ct_refused(conn, lease, CAIRN_NOT_FOUND, "job.not_found");
}

static void earlier_runs_too(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_TERMINAL, "x"));
	ct_dead_letter(conn, lease.id);
	ct_told(ct_requeue(conn, ct_seen(conn, lease.id)), CAIRN_OK, NULL);
	lease = ct_claim(conn, "w");
	lease.hints |= CAIRN_HINT_DELETE;
	ct_finish(conn, ct_success(lease));
	ct_gone(conn, lease.id);
}

static void other_ends_do_not(void)
{
	static const enum cairn_finish_how hows[] = { CAIRN_FINISH_RETRYABLE, CAIRN_FINISH_TIMEOUT,
						      CAIRN_FINISH_TERMINAL,  CAIRN_FINISH_PANICKED,
						      CAIRN_FINISH_CONTINUE,  CAIRN_FINISH_SNOOZE };
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		cairn_lease lease = take(conn);
		bool fails = hows[i] <= CAIRN_FINISH_PANICKED;
		ct_finish(conn, fails ? ct_failure(lease, hows[i], "x")
				      : ct_again(lease, hows[i], CAIRN_HOUR));
		ct_job(conn, lease.id);
		ct_int(ct_attempts(conn, lease.id)->count, 1);
		ct_int(ct_count_jobs(conn, 0), i + 1);
		if (ct_job(conn, lease.id)->status == CAIRN_JOB_PENDING)
			ct_cancel(conn, lease.id);
	}
}

static void a_lost_lease_deletes_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	cairn_lease forged = lease;
	const char *before = ct_snapshot(conn, lease.id);
	forged.fence = 7;
	ct_told(ct_send(conn, ct_success(forged)), CAIRN_STALE, "job.lease_lost");
	ct_advance(CAIRN_LEASE_DEFAULT);
	ct_told(ct_send(conn, ct_success(lease)), CAIRN_STALE, "job.lease_expired");
	ct_unchanged(conn, lease.id, before);
}

static void impossible_progress_deletes_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_progress(conn, ct_report(lease, 1, 3));
	const char *before = ct_snapshot(conn, lease.id);
	cairn_finish finish = ct_success(lease);
	finish.set = CAIRN_FINISH_DONE;
	finish.progress_done = 4;
	ct_told(ct_send(conn, finish), CAIRN_INVALID, "job.invalid_completion_progress");
	ct_unchanged(conn, lease.id, before);
	finish.progress_done = 3;
	ct_finish(conn, finish);
	ct_gone(conn, lease.id);
}

static void among_others(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease leases[4];
	cairn_finish items[4];
	cairn_changed each[4];
	cairn_claim_opts opts = ct_claim_opts("w", 5);
	cairn_jobs *jobs = NULL;
	for (int i = 0; i < 4; i++) {
		leases[i] = take(conn);
		items[i] = ct_success(leases[i]);
	}
	items[1].lease.hints = 0;
	items[3].lease.fence = 9;
	cairn_job_new next = ct_new("t");
	cairn_id id = ct_add(conn, &next);
	ct_ok(cairn_job_finish_and_claim(conn, items, 4, each, &opts, &jobs, ct_err()));
	ct_later(jobs);
	for (int i = 0; i < 3; i++)
		ct_each(each[i], CAIRN_OK, NULL);
	ct_each(each[3], CAIRN_STALE, "job.lease_lost");
	ct_gone(conn, leases[0].id);
	ct_gone(conn, leases[2].id);
	ct_int(ct_job(conn, leases[1].id)->status, CAIRN_JOB_SUCCEEDED);
	ct_int(ct_job(conn, leases[3].id)->status, CAIRN_JOB_LEASED);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, id);
}

static void commits_and_rolls_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_told(ct_say(conn, lease, "said"), CAIRN_OK, NULL);
	const char *before = ct_snapshot(conn, lease.id);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_finish(conn, ct_success(lease));
	ct_gone(conn, lease.id);
	cairn_rollback(&tx);
	ct_unchanged(conn, lease.id, before);
	ct_finish(conn, ct_success(lease));
	ct_gone(conn, lease.id);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.retention.a_success_deletes_its_job",
	  VERB,
	  .rule = "Where nothing is retained a success takes the job away with attempts, events "
		  "and logs, and answers as any success; sent again it is not found.",
	  .run = a_success_deletes },
	{ .name = "jobs.retention.earlier_runs_go_with_it",
	  VERB,
	  .rule = "The dead letter of an earlier run goes with its job.",
	  .run = earlier_runs_too },
	{ .name = "jobs.retention.other_ends_delete_nothing",
	  VERB,
	  .rule = "Failures, continuations and snoozes keep the job.",
	  .run = other_ends_do_not },
	{ .name = "jobs.retention.a_lost_lease_deletes_nothing",
	  VERB,
	  .rule = "Deleting is a write of the worker and needs its live lease.",
	  .covers = "runledger L02, SC03",
	  .run = a_lost_lease_deletes_nothing },
	{ .name = "jobs.retention.impossible_progress_deletes_nothing",
	  VERB,
	  .rule = "A success that is refused for its progress leaves the job.",
	  .covers = "runledger U05",
	  .run = impossible_progress_deletes_nothing },
	{ .name = "jobs.retention.among_other_ends",
	  VERB,
	  .rule = "Deleting successes go in one batch with others and with the next claim.",
	  .run = among_others },
	{ .name = "jobs.retention.commits_and_rolls_back_with_the_caller",
	  VERB,
	  .rule = "Rolled back, the job is there again, leased, with all that belongs to it.",
	  .run = commits_and_rolls_back },
};

CT_GROUP(retention, cases);
