/*
 * continuation.c - an attempt that ends with "go on later": the next run of the same job, with
 * its failure budget new and its progress kept.
 */
#include "ct.h"

static cairn_lease take_of(cairn_conn *conn, int32_t attempts)
{
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", attempts, CAIRN_MINUTE);
	ct_add(conn, &job);
	cairn_lease lease = ct_claim(conn, "w");
	ct_advance(CAIRN_SECOND);
	return lease;
}

static cairn_lease take(cairn_conn *conn)
{
	return take_of(conn, 3);
}

static cairn_finish later(cairn_lease lease, cairn_usec delay)
{
	return ct_again(lease, CAIRN_FINISH_CONTINUE, delay);
}

static cairn_finish later_with_progress(cairn_lease lease)
{
	cairn_finish finish = later(lease, CAIRN_MINUTE);
	finish.set = CAIRN_FINISH_DONE | CAIRN_FINISH_TOTAL;
	finish.progress_done = 3;
	finish.progress_total = 9;
	finish.checkpoint = CAIRN_STR("{ \"at\": 3 }");
	return finish;
}

static void goes_on_as_the_next_run(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_progress(conn, ct_stage(lease, "running"));
	cairn_changed changed = ct_finish(conn, later_with_progress(lease));
	ct_int(changed.job_status, CAIRN_JOB_PENDING);
	ct_int(changed.ending, CAIRN_ENDING_CONTINUED);
	ct_int(changed.run_number, 2);
	ct_int(changed.run_at, ct_now() + CAIRN_MINUTE);
	const cairn_job *job = ct_job(conn, lease.id);
	ct_int(job->status, CAIRN_JOB_PENDING);
	ct_int(job->run_number, 2);
	ct_int(job->attempt, 0);
	ct_int(job->fence, 1);
	ct_int(job->parked, 1);
	ct_int(job->run_at, ct_now() + CAIRN_MINUTE);
	ct_str(job->stage, "queued");
	ct_int(job->progress_done, 3);
	ct_int(job->progress_total, 9);
	ct_str(job->checkpoint, "{ \"at\": 3 }");
	ct_str(job->status_reason, "HANDLER_CONTINUATION");
	ct_str(job->worker, NULL);
	ct_int(job->lease_expires_at, 0);
	ct_int(job->heartbeat_at, 0);
	ct_int(job->leased_at, 0);
	ct_int(job->started_at, 0);
	ct_int(job->finished_at, 0);
	ct_int(job->execution_started_at, 0);
	ct_str(job->output, NULL);
	ct_true(ct_dead(conn, lease.id) == NULL);
}

static void the_attempt_and_the_event(void)
{
	cairn_conn *conn = ct_open();
	ct_set_now(1779445800000000); /* 2026-05-22T10:30:00Z */
	cairn_lease lease = take(conn);
	ct_finish(conn, later_with_progress(lease));
	const cairn_attempts *attempts = ct_attempts(conn, lease.id);
	ct_int(attempts->count, 1);
	ct_int(attempts->at[0].run_number, 1);
	ct_int(attempts->at[0].attempt, 1);
	ct_int(attempts->at[0].finished_at, ct_now());
	ct_int(attempts->at[0].ending, CAIRN_ENDING_CONTINUED);
	ct_str(attempts->at[0].error_code, NULL);
	ct_str(attempts->at[0].error_message, NULL);
	ct_int(attempts->at[0].next_run_at, ct_now() + CAIRN_MINUTE);
	ct_text(ct_timeline(conn, lease.id), "ENQUEUED LEASED REQUEUED");
	const cairn_event *event = ct_last_event(conn, lease.id, CAIRN_EVENT_REQUEUED);
	ct_int(event->run_number, 1);
	ct_int(event->attempt, 1);
	ct_str(event->stage, "queued");
	ct_int(event->progress_done, 3);
	ct_int(event->progress_total, 9);
	ct_str(event->payload,
	       "{\"reason\":\"HANDLER_CONTINUATION\",\"next_run_number\":2,"
	       "\"next_run_at\":\"2026-05-22T10:31:01.000000Z\",\"delay_us\":60000000,"
	       "\"requeue_kind\":\"HANDLER_CONTINUATION\"}");
}

static void is_due_after_its_delay(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_finish(conn, later(lease, CAIRN_MINUTE));
	ct_advance(CAIRN_MINUTE - 1);
	ct_claim_none(conn);
	ct_advance(1);
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 2);
	ct_int(jobs->count, 1);
	ct_int(jobs->at[0].run_number, 2);
	ct_int(jobs->at[0].attempt, 1);
	ct_int(jobs->at[0].fence, 2);
	ct_int(jobs->at[0].started_at, ct_now());
	ct_str(jobs->at[0].status_reason, "HANDLER_CONTINUATION");
	const cairn_event *event = ct_last_event(conn, lease.id, CAIRN_EVENT_LEASED);
	ct_int(event->run_number, 2);
	ct_int(event->attempt, 1);
}

static void a_wish_delays_it(void)
{
	cairn_conn *conn = ct_open();
	cairn_finish finish = later(take(conn), CAIRN_MINUTE);
	finish.not_before = ct_now() + CAIRN_HOUR;
	cairn_changed changed = ct_finish(conn, finish);
	ct_int(changed.run_at, ct_now() + CAIRN_HOUR);
	ct_int(ct_attempts(conn, finish.lease.id)->at[0].not_before, ct_now() + CAIRN_HOUR);
	ct_advance(CAIRN_HOUR);
	finish = later(ct_claim(conn, "w"), CAIRN_MINUTE);
	finish.not_before = ct_now() - CAIRN_DAY;
	changed = ct_finish(conn, finish);
	ct_int(changed.run_at, ct_now() + CAIRN_MINUTE);
}

static void progress_stays_or_is_merged(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_finish(conn, later_with_progress(lease));
	ct_advance(CAIRN_MINUTE);
	ct_finish(conn, later(ct_claim(conn, "w"), 0));
	const cairn_job *job = ct_job(conn, lease.id);
	ct_int(job->progress_done, 3);
	ct_int(job->progress_total, 9);
	ct_str(job->checkpoint, "{ \"at\": 3 }");
	cairn_finish finish = later(ct_claim(conn, "w"), 0);
	finish.set = CAIRN_FINISH_DONE;
	finish.progress_done = 10;
	const char *before = ct_snapshot(conn, lease.id);
	ct_told(ct_send(conn, finish), CAIRN_INVALID, "job.invalid_completion_progress");
	ct_unchanged(conn, lease.id, before);
	finish.progress_done = 8;
	ct_finish(conn, finish);
	ct_int(ct_job(conn, lease.id)->progress_done, 8);
	ct_int(ct_job(conn, lease.id)->progress_total, 9);
}

static void old_lease(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease first = take(conn);
	ct_finish(conn, later(first, 0));
	cairn_changed told = ct_told(ct_send(conn, later(first, 0)), CAIRN_STALE, "job.lease_lost");
	ct_int(told.ending, CAIRN_ENDING_CONTINUED);
	ct_int(told.run_number, 2);
	ct_refused(conn, first, CAIRN_STALE, "job.lease_lost");
	cairn_lease second = ct_claim(conn, "w");
	ct_id(second.id, first.id);
	/* the numbers of run and attempt may be equal; the fence is not */
	ct_int(second.attempt, first.attempt);
	ct_int(second.fence, first.fence + 1);
	ct_refused(conn, first, CAIRN_STALE, "job.lease_lost");
	ct_finish(conn, ct_success(second));
}

static void needs_a_live_lease(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	cairn_lease forged = lease;
	forged.fence = 2;
	const char *before = ct_snapshot(conn, lease.id);
	ct_told(ct_send(conn, later(forged, 0)), CAIRN_STALE, "job.lease_lost");
	ct_advance(CAIRN_HOUR);
	ct_told(ct_send(conn, later(lease, 0)), CAIRN_STALE, "job.lease_expired");
	ct_unchanged(conn, lease.id, before);
}

static void delays_are_bounded(void)
{
	static const cairn_usec wrong[] = { -1, INT64_MIN, INT64_MAX, 366 * CAIRN_DAY };
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	const char *before = ct_snapshot(conn, lease.id);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cairn_finish finish = later(lease, wrong[i]);
		ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID,
			  "job.invalid_continuation_delay");
	}
	ct_unchanged(conn, lease.id, before);
	cairn_changed changed = ct_finish(conn, later(lease, 365 * CAIRN_DAY));
	ct_int(changed.run_at, ct_now() + 365 * CAIRN_DAY);
	ct_claim_none(conn);
}

static void costs_no_attempt(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_of(conn, 1);
	for (int run = 1; run <= 5; run++) {
		ct_int(lease.attempt, 1);
		ct_int(lease.fence, run);
		ct_finish(conn, later(lease, 0));
		lease = ct_claim(conn, "w");
	}
	ct_int(ct_job(conn, lease.id)->run_number, 6);
	cairn_finish failure = ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x");
	ct_int(ct_finish(conn, failure).job_status, CAIRN_JOB_DEAD_LETTERED);
	ct_int(ct_dead_letter(conn, lease.id)->run_number, 6);
	ct_int(ct_attempts(conn, lease.id)->count, 6);
}

static void the_budget_is_new(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_of(conn, 2);
	cairn_finish failure = ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x");
	ct_finish(conn, failure);
	ct_advance(CAIRN_MINUTE);
	lease = ct_claim(conn, "w");
	ct_int(lease.attempt, 2);
	ct_finish(conn, later(lease, 0));
	ct_str(ct_job(conn, lease.id)->error_code, NULL);
	ct_str(ct_job(conn, lease.id)->error_message, NULL);
	lease = ct_claim(conn, "w");
	ct_int(lease.attempt, 1);
	failure.lease = lease;
	ct_int(ct_finish(conn, failure).job_status, CAIRN_JOB_PENDING);
}

static void commits_and_rolls_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	const char *before = ct_snapshot(conn, lease.id);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_finish(conn, later_with_progress(lease));
	ct_int(ct_job(conn, lease.id)->run_number, 2);
	cairn_rollback(&tx);
	ct_unchanged(conn, lease.id, before);
	ct_finish(conn, ct_success(lease));
}

static void claims_itself_again(void)
{
	cairn_conn *conn = ct_open();
	cairn_finish finish = later(take(conn), 0);
	cairn_claim_opts opts = ct_claim_opts("w", 5);
	cairn_changed changed;
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_finish_and_claim(conn, &finish, 1, &changed, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_each(changed, CAIRN_OK, NULL);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, finish.lease.id);
	ct_int(jobs->at[0].run_number, 2);
	ct_int(jobs->at[0].attempt, 1);
	ct_int(jobs->at[0].fence, 2);
	ct_text(ct_timeline(conn, finish.lease.id), "ENQUEUED LEASED REQUEUED LEASED");
}

static void what_belongs_to_other_ends(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	const char *before = ct_snapshot(conn, lease.id);
	cairn_finish output = later(lease, 0);
	cairn_finish code = later(lease, 0);
	cairn_finish delayed = ct_success(lease);
	output.output = CAIRN_STR("1");
	code.error_code = CAIRN_STR("x");
	delayed.delay = CAIRN_SECOND;
	ct_status(cairn_job_finish(conn, &output, 1, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_job_finish(conn, &code, 1, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_job_finish(conn, &delayed, 1, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_unchanged(conn, lease.id, before);
}

static void mixed_with_others(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease leases[5];
	for (int i = 0; i < 5; i++)
		leases[i] = ct_make(conn, "t", CAIRN_JOB_LEASED).lease;
	ct_cancel(conn, leases[4].id);
	cairn_finish items[] = { later(leases[0], CAIRN_MINUTE),
				 ct_again(leases[1], CAIRN_FINISH_SNOOZE, CAIRN_HOUR),
				 ct_success(leases[2]),
				 ct_failure(leases[3], CAIRN_FINISH_TERMINAL, "x"),
				 later(leases[4], 0) };
	cairn_changed each[5];
	ct_ok(cairn_job_finish(conn, items, 5, each, ct_err()));
	ct_int(each[0].ending, CAIRN_ENDING_CONTINUED);
	ct_int(each[0].run_at, ct_now() + CAIRN_MINUTE);
	ct_int(each[1].ending, CAIRN_ENDING_SNOOZED);
	ct_int(each[1].run_at, ct_now() + CAIRN_HOUR);
	ct_int(each[1].run_number, 1);
	ct_int(each[2].job_status, CAIRN_JOB_SUCCEEDED);
	ct_int(each[3].job_status, CAIRN_JOB_DEAD_LETTERED);
	ct_each(each[4], CAIRN_STALE, "job.canceled");
	ct_int(ct_job(conn, leases[0].id)->run_number, 2);
	ct_int(ct_job(conn, leases[1].id)->attempt, 0);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.continue.goes_on_as_the_next_run",
	  VERB,
	  .rule = "A continued job is PENDING as run n + 1 with attempt 0, stage queued, progress "
		  "and checkpoint stored, and nothing left of lease and start.",
	  .covers = "runledger N01",
	  .run = goes_on_as_the_next_run },
	{ .name = "jobs.continue.the_event_stands_on_the_run_that_ended",
	  VERB,
	  .rule = "The attempt ends as CONTINUED without an error; REQUEUED has its run and "
		  "attempt, and says which run is due when.",
	  .covers = "runledger N02, N13",
	  .run = the_attempt_and_the_event },
	{ .name = "jobs.continue.is_due_after_its_delay",
	  VERB,
	  .rule = "Nobody claims the next run before its delay is over; then it is run 2, attempt "
		  "1, under a greater fence.",
	  .covers = "runledger N03",
	  .run = is_due_after_its_delay },
	{ .name = "jobs.continue.a_wish_may_delay_it",
	  VERB,
	  .rule = "not_before delays a continuation and never hastens it.",
	  .run = a_wish_delays_it },
	{ .name = "jobs.continue.progress_stays_or_is_merged",
	  VERB,
	  .rule = "Progress and checkpoint stay unless given; what does not fit refuses the end.",
	  .covers = "runledger N01",
	  .run = progress_stays_or_is_merged },
	{ .name = "jobs.continue.the_old_lease_is_lost",
	  VERB,
	  .rule = "After a continuation the old lease writes nothing, although run and attempt may "
		  "look alike; sent again it is told CONTINUED.",
	  .covers = "runledger L02, L04, N04",
	  .run = old_lease },
	{ .name = "jobs.continue.needs_a_live_lease",
	  VERB,
	  .rule = "A wrong fence or an expired lease continues nothing.",
	  .covers = "runledger N04",
	  .run = needs_a_live_lease },
	{ .name = "jobs.continue.delays_are_bounded",
	  VERB,
	  .rule = "A delay is 0 to 365 days; anything else leaves the job leased.",
	  .covers = "runledger N05",
	  .run = delays_are_bounded },
	{ .name = "jobs.continue.costs_no_attempt",
	  VERB,
	  .rule = "A job of one attempt may continue any number of times; its first failure ends "
		  "it.",
	  .covers = "runledger N14",
	  .run = costs_no_attempt },
	{ .name = "jobs.continue.the_failure_budget_is_new",
	  VERB,
	  .rule = "Failures before a continuation count no more, and their error is gone.",
	  .covers = "runledger N14",
	  .run = the_budget_is_new },
	{ .name = "jobs.continue.commits_and_rolls_back_with_the_caller",
	  VERB,
	  .rule = "A continuation that is rolled back leaves the job leased, with nothing written.",
	  .covers = "runledger N10, CR01",
	  .run = commits_and_rolls_back },
	{ .name = "jobs.continue.and_claim_takes_the_next_run",
	  VERB,
	  .rule = "A job continued at once can be claimed by the same call.",
	  .run = claims_itself_again },
	{ .name = "jobs.continue.takes_no_output_and_no_error",
	  VERB,
	  .rule = "Output belongs to a success, an error to a failure, a delay to what is due "
		  "again.",
	  .run = what_belongs_to_other_ends },
	{ .name = "jobs.continue.mixed_with_other_ends",
	  VERB,
	  .rule = "Continuations, snoozes, successes and failures go in one batch, each for "
		  "itself.",
	  .run = mixed_with_others },
};

CT_GROUP(continuation, cases);
