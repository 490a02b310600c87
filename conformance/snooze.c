/*
 * snooze.c - "not now": the same run later, with the attempt given back.
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

static cairn_finish snooze(cairn_lease lease, cairn_usec delay)
{
	return ct_again(lease, CAIRN_FINISH_SNOOZE, delay);
}

static void gives_the_attempt_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_of(conn, 3);
	cairn_changed changed = ct_finish(conn, snooze(lease, CAIRN_MINUTE));
	ct_int(changed.job_status, CAIRN_JOB_PENDING);
	ct_int(changed.ending, CAIRN_ENDING_SNOOZED);
	ct_int(changed.run_number, 1);
	ct_int(changed.run_at, ct_now() + CAIRN_MINUTE);
	const cairn_job *job = ct_job(conn, lease.id);
	ct_int(job->run_number, 1);
	ct_int(job->attempt, 0);
	ct_int(job->fence, 1);
	ct_int(job->parked, 1);
	ct_int(job->started_at, 0);
	ct_str(job->worker, NULL);
	ct_int(job->lease_expires_at, 0);
	ct_str(job->status_reason, "SNOOZED");
	ct_advance(CAIRN_MINUTE - 1);
	ct_claim_none(conn);
	ct_advance(1);
	lease = ct_claim(conn, "w");
	ct_int(lease.attempt, 1);
	ct_int(lease.fence, 2);
}

static void keeps_what_failures_left(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_of(conn, 3);
	cairn_time started = ct_now() - CAIRN_SECOND;
	cairn_finish failure = ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x");
	failure.checkpoint = CAIRN_STR("[1]");
	ct_finish(conn, failure);
	ct_advance(CAIRN_MINUTE);
	lease = ct_claim(conn, "w");
	ct_int(lease.attempt, 2);
	ct_finish(conn, snooze(lease, 0));
	const cairn_job *job = ct_job(conn, lease.id);
	ct_int(job->attempt, 1);
	ct_int(job->started_at, started);
	ct_str(job->checkpoint, "[1]");
	ct_int(ct_claim(conn, "w").attempt, 2);
}

static void the_attempt_and_the_event(void)
{
	cairn_conn *conn = ct_open();
	ct_set_now(1779445800000000); /* 2026-05-22T10:30:00Z */
	cairn_lease lease = take_of(conn, 3);
	cairn_finish finish = snooze(lease, CAIRN_MINUTE);
	finish.reason = CAIRN_STR("quota is used up");
	ct_finish(conn, finish);
	ct_str(ct_job(conn, lease.id)->status_reason, "quota is used up");
	const cairn_attempts *attempts = ct_attempts(conn, lease.id);
	ct_int(attempts->count, 1);
	ct_int(attempts->at[0].fence, 1);
	ct_int(attempts->at[0].attempt, 1);
	ct_int(attempts->at[0].ending, CAIRN_ENDING_SNOOZED);
	ct_int(attempts->at[0].finished_at, ct_now());
	ct_int(attempts->at[0].next_run_at, ct_now() + CAIRN_MINUTE);
	ct_str(attempts->at[0].error_code, NULL);
	ct_text(ct_timeline(conn, lease.id), "ENQUEUED LEASED REQUEUED");
	const cairn_event *event = ct_last_event(conn, lease.id, CAIRN_EVENT_REQUEUED);
	ct_int(event->run_number, 1);
	ct_int(event->attempt, 1);
	ct_str(event->payload, "{\"reason\":\"quota is used up\","
			       "\"next_run_at\":\"2026-05-22T10:31:01.000000Z\","
			       "\"delay_us\":60000000,\"requeue_kind\":\"SNOOZE\"}");
}

static void any_number_of_times(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_of(conn, 1);
	for (int i = 1; i <= 5; i++) {
		ct_int(lease.fence, i);
		ct_int(lease.attempt, 1);
		ct_int(ct_finish(conn, snooze(lease, 0)).job_status, CAIRN_JOB_PENDING);
		lease = ct_claim(conn, "w");
	}
	ct_int(ct_attempts(conn, lease.id)->count, 6);
	ct_true(ct_dead(conn, lease.id) == NULL);
	cairn_finish failure = ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x");
	ct_int(ct_finish(conn, failure).job_status, CAIRN_JOB_DEAD_LETTERED);
}

static void merges_progress(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_of(conn, 3);
	ct_progress(conn, ct_report(lease, 2, 9));
	cairn_finish finish = snooze(lease, 0);
	finish.set = CAIRN_FINISH_DONE;
	finish.progress_done = 10;
	ct_told(ct_send(conn, finish), CAIRN_INVALID, "job.invalid_completion_progress");
	finish.progress_done = 3;
	finish.checkpoint = CAIRN_STR("[3]");
	ct_finish(conn, finish);
	ct_int(ct_job(conn, lease.id)->progress_done, 3);
	ct_int(ct_job(conn, lease.id)->progress_total, 9);
	ct_str(ct_job(conn, lease.id)->checkpoint, "[3]");
}

static void a_wish_delays_it(void)
{
	cairn_conn *conn = ct_open();
	cairn_finish finish = snooze(take_of(conn, 3), 0);
	finish.not_before = ct_now() + CAIRN_HOUR;
	ct_int(ct_finish(conn, finish).run_at, ct_now() + CAIRN_HOUR);
}

static void is_bounded(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_of(conn, 3);
	const char *before = ct_snapshot(conn, lease.id);
	cairn_finish finish = snooze(lease, -1);
	ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID,
		  "job.invalid_continuation_delay");
	finish.delay = 366 * CAIRN_DAY;
	ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID,
		  "job.invalid_continuation_delay");
	finish.delay = 0;
	finish.reason = CAIRN_STR("\xff");
	ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_unchanged(conn, lease.id, before);
}

static void old_lease(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease first = take_of(conn, 3);
	ct_finish(conn, snooze(first, 0));
	cairn_changed told =
		ct_told(ct_send(conn, snooze(first, 0)), CAIRN_STALE, "job.lease_lost");
	ct_int(told.ending, CAIRN_ENDING_SNOOZED);
	cairn_lease second = ct_claim(conn, "w");
	ct_id(second.id, first.id);
	/* run, attempt and worker are the same; the fence is not */
	ct_int(second.attempt, first.attempt);
	ct_refused(conn, first, CAIRN_STALE, "job.lease_lost");
	ct_finish(conn, ct_success(second));
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.snooze.gives_the_attempt_back",
	  VERB,
	  .rule = "A snoozed job waits in the same run, one attempt less, and is claimed as that "
		  "attempt again under a greater fence.",
	  .run = gives_the_attempt_back },
	{ .name = "jobs.snooze.keeps_what_failures_before_left",
	  VERB,
	  .rule = "Snoozing the second attempt keeps the first, the start of the run and the "
		  "checkpoint.",
	  .run = keeps_what_failures_left },
	{ .name = "jobs.snooze.the_attempt_stays_in_the_history",
	  VERB,
	  .rule = "The attempt ends as SNOOZED; REQUEUED tells why and until when.",
	  .run = the_attempt_and_the_event },
	{ .name = "jobs.snooze.any_number_of_times",
	  VERB,
	  .rule = "Snoozing never uses up attempts.",
	  .run = any_number_of_times },
	{ .name = "jobs.snooze.merges_progress",
	  VERB,
	  .rule = "Progress and checkpoint may come with a snooze and are merged.",
	  .run = merges_progress },
	{ .name = "jobs.snooze.a_wish_may_delay_it",
	  VERB,
	  .rule = "not_before delays a snooze.",
	  .run = a_wish_delays_it },
	{ .name = "jobs.snooze.is_bounded",
	  VERB,
	  .rule = "A delay is 0 to 365 days, a reason is text.",
	  .run = is_bounded },
	{ .name = "jobs.snooze.the_old_lease_is_lost",
	  VERB,
	  .rule = "After a snooze the same worker may hold the same attempt number; its old lease "
		  "is refused all the same.",
	  .covers = "runledger L04",
	  .run = old_lease },
};

CT_GROUP(snooze, cases);
