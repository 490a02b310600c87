/*
 * release.c - jobs that were claimed ahead of their execution and given back unstarted: what
 * may be released and what it leaves. (reaping them: reap_ahead.c)
 */
#include "ct.h"

#define NOT_NOW "job.unstarted_claim_release_not_applicable"

static cairn_id add(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	return ct_add(conn, &job);
}

static cairn_lease ahead(cairn_conn *conn)
{
	add(conn);
	cairn_lease lease = ct_claim_ahead(conn, "w");
	ct_advance(CAIRN_SECOND);
	return lease;
}

static cairn_finish release(cairn_lease lease)
{
	return ct_again(lease, CAIRN_FINISH_RELEASE, 0);
}

static void refused(cairn_conn *conn, cairn_lease lease, cairn_status status, const char *code)
{
	const char *before = ct_snapshot(conn, lease.id);
	ct_told(ct_send(conn, release(lease)), status, code);
	ct_unchanged(conn, lease.id, before);
}

static void where_an_attempt_came_from(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = ahead(conn);
	ct_int(ct_job(conn, lease.id)->prestart, 1);
	ct_int(ct_attempts(conn, lease.id)->at[0].prestart, 1);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x"));
	ct_int(ct_job(conn, lease.id)->prestart, 0);
	ct_advance(CAIRN_MINUTE);
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 1);
	ct_int(jobs->at[0].prestart, 0);
	ct_int(ct_attempts(conn, lease.id)->at[0].prestart, 1);
	ct_int(ct_attempts(conn, lease.id)->at[1].prestart, 0);
	ct_finish(conn, ct_success(cairn_job_lease(&jobs->at[0])));
	ct_int(ct_job(conn, lease.id)->prestart, 0);
}

static void claimed_rows_say_so(void)
{
	cairn_conn *conn = ct_open();
	add(conn);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	opts.prestart = 1;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_int(jobs->count, 1);
	ct_int(jobs->at[0].prestart, 1);
	ct_int(jobs->at[0].execution_started_at, 0);
	opts.prestart = 2;
	ct_status(cairn_job_claim(conn, &opts, &jobs, ct_err()), CAIRN_INVALID, NULL);
	cairn_free(jobs);
}

static void gives_the_job_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = ahead(conn);
	cairn_changed changed = ct_finish(conn, release(lease));
	ct_int(changed.job_status, CAIRN_JOB_PENDING);
	ct_int(changed.ending, CAIRN_ENDING_RELEASED);
	ct_int(changed.run_number, 1);
	ct_int(changed.run_at, ct_now());
	const cairn_job *job = ct_job(conn, lease.id);
	ct_int(job->status, CAIRN_JOB_PENDING);
	ct_int(job->run_number, 1);
	ct_int(job->attempt, 0);
	ct_int(job->fence, 1);
	ct_int(job->prestart, 0);
	ct_int(job->parked, 0);
	ct_int(job->run_at, ct_now());
	ct_int(job->started_at, 0);
	ct_int(job->leased_at, 0);
	ct_int(job->heartbeat_at, 0);
	ct_int(job->lease_expires_at, 0);
	ct_str(job->worker, NULL);
	ct_str(job->status_reason, "RELEASED");
	ct_str(job->error_code, NULL);
	ct_str(job->stage, "queued");
	cairn_lease next = ct_claim(conn, "w");
	ct_int(next.attempt, 1);
	ct_int(next.fence, 2);
}

static void the_attempt_and_the_event(void)
{
	cairn_conn *conn = ct_open();
	ct_set_now(1779445800000000); /* 2026-05-22T10:30:00Z */
	cairn_lease lease = ahead(conn);
	cairn_finish finish = release(lease);
	finish.reason = CAIRN_STR("shutting down");
	finish.delay = CAIRN_MINUTE;
	ct_finish(conn, finish);
	ct_str(ct_job(conn, lease.id)->status_reason, "shutting down");
	ct_int(ct_job(conn, lease.id)->parked, 1);
	const cairn_attempts *attempts = ct_attempts(conn, lease.id);
	ct_int(attempts->count, 1);
	ct_int(attempts->at[0].attempt, 1);
	ct_int(attempts->at[0].ending, CAIRN_ENDING_RELEASED);
	ct_int(attempts->at[0].prestart, 1);
	ct_int(attempts->at[0].execution_started_at, 0);
	ct_text(ct_timeline(conn, lease.id), "ENQUEUED LEASED REQUEUED");
	const cairn_event *event = ct_last_event(conn, lease.id, CAIRN_EVENT_REQUEUED);
	ct_int(event->run_number, 1);
	ct_int(event->attempt, 1);
	ct_str(event->payload, "{\"reason\":\"shutting down\","
			       "\"next_run_at\":\"2026-05-22T10:31:01.000000Z\","
			       "\"delay_us\":60000000,\"requeue_kind\":\"BASIC\"}");
	ct_advance(CAIRN_MINUTE - 1);
	ct_claim_none(conn);
	ct_advance(1);
	ct_claim(conn, "w");
}

static void not_what_was_claimed_directly(void)
{
	cairn_conn *conn = ct_open();
	add(conn);
	cairn_lease lease = ct_claim(conn, "w");
	refused(conn, lease, CAIRN_STALE, NOT_NOW);
	ct_advance(CAIRN_HOUR);
	refused(conn, lease, CAIRN_STALE, NOT_NOW);
	ct_reap(conn, 1);
	lease = ct_claim_ahead(conn, "w");
	ct_finish(conn, release(lease));
	lease = ct_claim(conn, "w");
	refused(conn, lease, CAIRN_STALE, NOT_NOW);
	ct_finish(conn, ct_success(lease));
}

static void not_what_has_started(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = ahead(conn);
	cairn_changed changed;
	ct_ok(cairn_job_heartbeat(conn, &lease, 1, 0, &changed, ct_err()));
	ct_progress(conn, ct_stage(lease, "scheduled"));
	ct_progress(conn, ct_report(lease, 1, 2));
	ct_progress(conn, ct_stage(lease, "running"));
	ct_progress(conn, ct_stage(lease, "queued"));
	refused(conn, lease, CAIRN_STALE, NOT_NOW);
	ct_finish(conn, ct_success(lease));
}

static void what_only_prepared(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = ahead(conn);
	cairn_changed changed;
	ct_ok(cairn_job_heartbeat(conn, &lease, 1, 0, &changed, ct_err()));
	ct_progress(conn, ct_stage(lease, "scheduled"));
	ct_progress(conn, ct_report(lease, 1, 2));
	ct_finish(conn, release(lease));
	ct_int(ct_job(conn, lease.id)->progress_done, 1);
}

static void after_the_lease_expired(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = ahead(conn);
	ct_advance(CAIRN_HOUR);
	ct_told(ct_send(conn, ct_success(lease)), CAIRN_STALE, "job.lease_expired");
	ct_finish(conn, release(lease));
	ct_int(ct_job(conn, lease.id)->attempt, 0);
	ct_reap(conn, 0);
}

static void by_nobody_else(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease first = ahead(conn);
	ct_finish(conn, release(first));
	cairn_changed told = ct_told(ct_send(conn, release(first)), CAIRN_STALE, "job.lease_lost");
	ct_int(told.ending, CAIRN_ENDING_RELEASED);
	/* the same worker, run and attempt, claimed ahead again */
	cairn_lease second = ct_claim_ahead(conn, "w");
	ct_id(second.id, first.id);
	ct_int(second.attempt, first.attempt);
	refused(conn, first, CAIRN_STALE, "job.lease_lost");
	ct_refused(conn, first, CAIRN_STALE, "job.lease_lost");
	ct_finish(conn, release(second));
}

static void not_what_is_over(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease done = ahead(conn);
	ct_finish(conn, ct_success(done));
	refused(conn, done, CAIRN_STALE, "job.finished");
	cairn_lease stopped = ahead(conn);
	ct_cancel(conn, stopped.id);
	refused(conn, stopped, CAIRN_STALE, "job.canceled");
	cairn_lease nobody = { .id = cairn_id_new(), .fence = 1 };
	ct_told(ct_send(conn, release(nobody)), CAIRN_NOT_FOUND, "job.not_found");
}

static void gives_one_attempt_back(void)
{
	cairn_conn *conn = ct_open();
	add(conn);
	cairn_time started = ct_now();
	ct_finish(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_RETRYABLE, "x"));
	ct_advance(CAIRN_MINUTE);
	cairn_lease lease = ct_claim_ahead(conn, "w");
	ct_int(lease.attempt, 2);
	ct_finish(conn, release(lease));
	ct_int(ct_job(conn, lease.id)->attempt, 1);
	ct_int(ct_job(conn, lease.id)->started_at, started);
	ct_int(ct_claim(conn, "w").attempt, 2);
}

static void delays_are_bounded(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = ahead(conn);
	const char *before = ct_snapshot(conn, lease.id);
	cairn_finish finish = release(lease);
	finish.delay = 366 * CAIRN_DAY;
	ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID,
		  "job.invalid_continuation_delay");
	ct_unchanged(conn, lease.id, before);
	finish.delay = -1;
	ct_int(ct_finish(conn, finish).run_at, ct_now());
	ct_int(ct_job(conn, lease.id)->parked, 0);
}

static void a_whole_claim_at_once(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease leases[4];
	cairn_finish items[4];
	cairn_changed each[4];
	cairn_claim_opts opts = ct_claim_opts("w", 4);
	cairn_jobs *jobs = NULL;
	for (int i = 0; i < 4; i++)
		add(conn);
	opts.prestart = 1;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 4);
	for (int i = 0; i < 4; i++) {
		leases[i] = cairn_job_lease(&jobs->at[i]);
		items[i] = release(leases[i]);
	}
	ct_progress(conn, ct_stage(leases[1], "running"));
	items[3] = ct_success(leases[3]);
	ct_ok(cairn_job_finish(conn, items, 4, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_STALE, NOT_NOW);
	ct_int(each[1].job_status, CAIRN_JOB_LEASED);
	ct_each(each[2], CAIRN_OK, NULL);
	ct_int(each[3].job_status, CAIRN_JOB_SUCCEEDED);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_PENDING), 2);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_LEASED), 1);
}

static void commits_and_rolls_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = ahead(conn);
	const char *before = ct_snapshot(conn, lease.id);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_finish(conn, release(lease));
	cairn_rollback(&tx);
	ct_unchanged(conn, lease.id, before);
	ct_finish(conn, release(lease));
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.release.an_attempt_tells_where_it_came_from",
	  VERB,
	  .rule = "prestart belongs to the attempt: it stays in its row, and the next claim says "
		  "for itself.",
	  .covers = "runledger K15",
	  .run = where_an_attempt_came_from },
	{ .name = "jobs.release.claimed_rows_say_that_they_were_claimed_ahead",
	  VERB,
	  .rule = "A claim ahead answers rows with prestart; it is 0 or 1.",
	  .covers = "runledger K15",
	  .run = claimed_rows_say_so },
	{ .name = "jobs.release.gives_an_unstarted_job_back",
	  VERB,
	  .rule = "A released job is PENDING and due, its attempt given back, its fence not; its "
		  "next claim is attempt 1 again.",
	  .covers = "runledger R01",
	  .run = gives_the_job_back },
	{ .name = "jobs.release.the_attempt_stays_in_the_history",
	  VERB,
	  .rule = "The attempt ends as RELEASED; REQUEUED is BASIC, with the released attempt.",
	  .covers = "runledger R01, R03",
	  .run = the_attempt_and_the_event },
	{ .name = "jobs.release.not_of_a_direct_claim",
	  VERB,
	  .rule = "What was claimed to be executed at once can't be released, whatever the claim "
		  "before it was.",
	  .covers = "runledger R02",
	  .run = not_what_was_claimed_directly },
	{ .name = "jobs.release.not_of_a_started_job",
	  VERB,
	  .rule = "Once the stage was running a job can't be released, whatever its stage is now.",
	  .covers = "runledger R02",
	  .run = not_what_has_started },
	{ .name = "jobs.release.of_a_job_that_was_only_prepared",
	  VERB,
	  .rule = "Heartbeats, progress and other stages do not start a job.",
	  .covers = "runledger R01",
	  .run = what_only_prepared },
	{ .name = "jobs.release.after_the_lease_expired",
	  VERB,
	  .rule = "An unstarted job may be released even after its lease expired, as long as "
		  "nobody took it.",
	  .covers = "runledger R03",
	  .run = after_the_lease_expired },
	{ .name = "jobs.release.by_nobody_but_the_holder",
	  VERB,
	  .rule = "The same worker with the same attempt number but an old fence releases "
		  "nothing.",
	  .covers = "runledger R02, L04",
	  .run = by_nobody_else },
	{ .name = "jobs.release.not_of_a_job_that_is_over",
	  VERB,
	  .rule = "Canceled, finished and missing jobs are told as such.",
	  .covers = "runledger R02",
	  .run = not_what_is_over },
	{ .name = "jobs.release.gives_exactly_one_attempt_back",
	  VERB,
	  .rule = "Releasing the second attempt keeps the first and the start of the run.",
	  .covers = "runledger R01",
	  .run = gives_one_attempt_back },
	{ .name = "jobs.release.delays_are_bounded",
	  VERB,
	  .rule = "A delay is at most 365 days; a negative one is none.",
	  .covers = "runledger R03",
	  .run = delays_are_bounded },
	{ .name = "jobs.release.of_many_each_for_itself",
	  VERB,
	  .rule = "Of a whole claim each job is released for itself, mixed with other ends.",
	  .run = a_whole_claim_at_once },
	{ .name = "jobs.release.commits_and_rolls_back_with_the_caller",
	  VERB,
	  .rule = "A release that is rolled back leaves the claim as it was.",
	  .run = commits_and_rolls_back },
};

CT_GROUP(release, cases);
