/*
 * reap_ahead.c - reaping jobs that were claimed ahead of their execution, and what a reaper
 * tells about whether a worker ever gave a sign of life.
 */
#include "ct.h"

#define UNSTARTED "LEASE_EXPIRED_BEFORE_RUNNING_PERSISTED"

static void add_of(cairn_conn *conn, int32_t attempts)
{
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", attempts, CAIRN_MINUTE);
	ct_add(conn, &job);
}

static cairn_lease ahead(cairn_conn *conn, int32_t attempts)
{
	add_of(conn, attempts);
	return ct_claim_ahead(conn, "w");
}

static const cairn_reaped *reap_with(cairn_conn *conn, cairn_usec delay)
{
	cairn_reap_opts opts = { .size = sizeof(opts), .retry_delay = delay };
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(conn, &opts, &report, ct_err()));
	ct_later(report);
	ct_int(report->count, 1);
	return &report->at[0];
}

static void an_unstarted_job_is_released(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = ahead(conn, 3);
	cairn_time expired = ct_now() + CAIRN_LEASE_DEFAULT;
	ct_advance(CAIRN_HOUR);
	const cairn_reaped *reaped = reap_with(conn, CAIRN_MINUTE);
	ct_id(reaped->id, lease.id);
	ct_int(reaped->status, CAIRN_JOB_PENDING);
	ct_int(reaped->ending, CAIRN_ENDING_RELEASED);
	ct_int(reaped->fence, 1);
	ct_str(reaped->worker, "w");
	ct_int(reaped->run_at, ct_now());
	ct_int(reaped->lease_expired_at, expired);
	ct_int(reaped->unrenewed, 0);
	const cairn_job *job = ct_job(conn, lease.id);
	ct_int(job->attempt, 0);
	ct_int(job->fence, 1);
	ct_int(job->run_at, ct_now());
	ct_int(job->parked, 0);
	ct_int(job->prestart, 0);
	ct_int(job->started_at, 0);
	ct_int(job->lease_expires_at, 0);
	ct_str(job->worker, NULL);
	ct_str(job->status_reason, UNSTARTED);
	ct_str(job->error_code, NULL);
	ct_str(job->error_message, NULL);
	ct_int(ct_claim(conn, "w").attempt, 1);
}

static void its_history(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = ahead(conn, 3);
	ct_advance(CAIRN_HOUR);
	reap_with(conn, CAIRN_MINUTE);
	const cairn_attempts *attempts = ct_attempts(conn, lease.id);
	ct_int(attempts->count, 1);
	ct_int(attempts->at[0].ending, CAIRN_ENDING_RELEASED);
	ct_int(attempts->at[0].prestart, 1);
	ct_int(attempts->at[0].attempt, 1);
	ct_str(attempts->at[0].error_code, NULL);
	ct_text(ct_timeline(conn, lease.id), "ENQUEUED LEASED REQUEUED");
	const cairn_event *event = ct_last_event(conn, lease.id, CAIRN_EVENT_REQUEUED);
	ct_int(event->run_number, 1);
	ct_int(event->attempt, 1);
	ct_true(strstr(event->payload.ptr, "\"reason\":\"" UNSTARTED "\"") != NULL);
	ct_true(strstr(event->payload.ptr, "\"requeue_kind\":\"BASIC\"") != NULL);
	ct_true(strstr(event->payload.ptr, "started_without") == NULL);
	ct_refused(conn, lease, CAIRN_STALE, "job.lease_lost");
}

static void never_dead_letters_the_unstarted(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = ahead(conn, 1);
	for (int i = 0; i < 3; i++) {
		ct_advance(CAIRN_HOUR);
		ct_int(reap_with(conn, 0)->status, CAIRN_JOB_PENDING);
		lease = ct_claim_ahead(conn, "w");
		ct_int(lease.attempt, 1);
	}
	ct_progress(conn, ct_stage(lease, "running"));
	ct_advance(CAIRN_HOUR);
	const cairn_reaped *reaped = reap_with(conn, 0);
	ct_int(reaped->status, CAIRN_JOB_DEAD_LETTERED);
	ct_int(reaped->ending, CAIRN_ENDING_LEASE_EXPIRED);
	ct_dead_letter(conn, lease.id);
}

static void a_started_one_is_retried(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = ahead(conn, 3);
	ct_progress(conn, ct_stage(lease, "running"));
	ct_progress(conn, ct_stage(lease, "queued"));
	ct_advance(CAIRN_HOUR);
	const cairn_reaped *reaped = reap_with(conn, CAIRN_MINUTE);
	ct_int(reaped->ending, CAIRN_ENDING_LEASE_EXPIRED);
	ct_int(reaped->run_at, ct_now() + CAIRN_MINUTE);
	ct_int(ct_job(conn, lease.id)->attempt, 1);
	ct_str(ct_job(conn, lease.id)->error_code, "job.lease_expired");
	ct_text(ct_timeline(conn, lease.id),
		"ENQUEUED LEASED STAGE_CHANGED STAGE_CHANGED FAILED RETRY_SCHEDULED");
}

static void mixed_in_one_pass(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease direct = ct_make(conn, "t", CAIRN_JOB_LEASED).lease;
	ct_advance(CAIRN_SECOND);
	cairn_lease unstarted = ahead(conn, 3);
	ct_advance(CAIRN_SECOND);
	cairn_lease started = ahead(conn, 3);
	ct_progress(conn, ct_stage(started, "running"));
	ct_advance(CAIRN_HOUR);
	const cairn_reap_report *report = ct_reap(conn, 3);
	ct_id(report->at[0].id, direct.id);
	ct_int(report->at[0].ending, CAIRN_ENDING_LEASE_EXPIRED);
	ct_id(report->at[1].id, unstarted.id);
	ct_int(report->at[1].ending, CAIRN_ENDING_RELEASED);
	ct_id(report->at[2].id, started.id);
	ct_int(report->at[2].ending, CAIRN_ENDING_LEASE_EXPIRED);
}

/* ---- signs of life -------------------------------------------------------------------------- */

static bool says(const cairn_event *event, const char *text)
{
	return strstr(event->payload.ptr, text) != NULL;
}

#define RENEWED	  "\"started_without_renewal_heartbeat\":false"
#define UNRENEWED "\"started_without_renewal_heartbeat\":true"

/* What the reaper says of this lease, in its report and in each event it wrote. */
static void reaped_as(cairn_conn *conn, cairn_id id, uint32_t unrenewed)
{
	size_t before = ct_events(conn, id)->count;
	ct_advance(CAIRN_HOUR);
	const cairn_reaped *reaped = reap_with(conn, 0);
	ct_id(reaped->id, id);
	ct_int(reaped->unrenewed, unrenewed);
	const cairn_event_rows *events = ct_events(conn, id);
	ct_int(events->count, before + 2);
	for (size_t i = before; i < events->count; i++)
		ct_true(says(&events->at[i], unrenewed ? UNRENEWED : RENEWED));
}

static void started_and_silent(void)
{
	cairn_conn *conn = ct_open();
	add_of(conn, 2);
	cairn_lease lease = ct_claim(conn, "w");
	ct_progress(conn, ct_stage(lease, "running"));
	reaped_as(conn, lease.id, 1);
	/* the last attempt, with a mark later than the heartbeat */
	lease = ct_claim(conn, "w");
	ct_advance(CAIRN_SECOND);
	ct_progress(conn, ct_stage(lease, "running"));
	reaped_as(conn, lease.id, 1);
	ct_int(ct_job(conn, lease.id)->status, CAIRN_JOB_DEAD_LETTERED);
}

static void started_and_renewed(void)
{
	cairn_conn *conn = ct_open();
	add_of(conn, 3);
	cairn_lease lease = ct_claim(conn, "w");
	ct_progress(conn, ct_stage(lease, "running"));
	ct_advance(1);
	ct_ok(cairn_job_heartbeat(conn, &lease, 1, 0, NULL, ct_err()));
	reaped_as(conn, lease.id, 0);
	lease = ct_claim(conn, "w");
	ct_progress(conn, ct_stage(lease, "running"));
	ct_advance(CAIRN_SECOND);
	cairn_progress report = ct_report(lease, 1, -1);
	report.extend = CAIRN_MINUTE;
	ct_progress(conn, report);
	reaped_as(conn, lease.id, 0);
}

static void never_started(void)
{
	cairn_conn *conn = ct_open();
	add_of(conn, 2);
	cairn_lease lease = ct_claim(conn, "w");
	reaped_as(conn, lease.id, 0);
	lease = ct_claim(conn, "w");
	ct_ok(cairn_job_heartbeat(conn, &lease, 1, 0, NULL, ct_err()));
	reaped_as(conn, lease.id, 0);
}

static void renewed_in_the_same_moment(void)
{
	cairn_conn *conn = ct_open();
	add_of(conn, 3);
	cairn_lease lease = ct_claim(conn, "w");
	ct_advance(CAIRN_SECOND);
	cairn_progress report = ct_stage(lease, "running");
	report.extend = CAIRN_MINUTE;
	ct_progress(conn, report);
	reaped_as(conn, lease.id, 1);
}

static void a_quiet_reaper(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.events = CAIRN_EVENTS_FAILURES;
	cairn_conn *conn = ct_open_with(&opts);
	cairn_lease lease = ahead(conn, 3);
	ct_advance(CAIRN_HOUR);
	reap_with(conn, 0);
	ct_int(ct_events(conn, lease.id)->count, 0);
	ct_int(ct_attempts(conn, lease.id)->at[0].ending, CAIRN_ENDING_RELEASED);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.reap.an_unstarted_job_is_released",
	  VERB,
	  .rule = "An expired claim ahead that never started is given back at once, its attempt "
		  "with it, without an error and without the reaper's delay.",
	  .covers = "runledger R06",
	  .run = an_unstarted_job_is_released },
	{ .name = "jobs.reap.a_released_job_keeps_its_attempt_in_the_history",
	  VERB,
	  .rule = "The attempt ends as RELEASED and REQUEUED says why; the worker that comes late "
		  "has lost its lease.",
	  .covers = "runledger R06",
	  .run = its_history },
	{ .name = "jobs.reap.never_dead_letters_what_never_started",
	  VERB,
	  .rule = "A job of one attempt is released as often as it takes, and dead-lettered once "
		  "it had started.",
	  .covers = "runledger R05, R06",
	  .run = never_dead_letters_the_unstarted },
	{ .name = "jobs.reap.a_started_job_is_retried",
	  VERB,
	  .rule = "A claim ahead that had started expires like any other.",
	  .covers = "runledger R04, R06",
	  .run = a_started_one_is_retried },
	{ .name = "jobs.reap.released_and_retried_in_one_pass",
	  VERB,
	  .rule = "One pass takes both kinds, oldest expiry first.",
	  .covers = "runledger R06, R11",
	  .run = mixed_in_one_pass },
	{ .name = "jobs.reap.tells_who_started_and_fell_silent",
	  VERB,
	  .rule = "A job that started and had no heartbeat after its mark is told as unrenewed, in "
		  "the report and in the events.",
	  .covers = "runledger R09",
	  .run = started_and_silent },
	{ .name = "jobs.reap.tells_who_gave_a_sign_of_life",
	  VERB,
	  .rule = "A heartbeat after the mark, or a report that extended the lease, is a sign of "
		  "life.",
	  .covers = "runledger R09",
	  .run = started_and_renewed },
	{ .name = "jobs.reap.a_job_without_a_mark_is_not_unrenewed",
	  VERB,
	  .rule = "Who never reported to run is not told as having started.",
	  .covers = "runledger R04, R09",
	  .run = never_started },
	{ .name = "jobs.reap.a_heartbeat_with_the_mark_is_not_later",
	  VERB,
	  .rule = "A heartbeat in the very moment of the mark is no sign of life after it.",
	  .covers = "runledger R09",
	  .run = renewed_in_the_same_moment },
	{ .name = "jobs.reap.releases_without_events_too",
	  VERB,
	  .rule = "A reaper that records failures only releases without an event; the attempt "
		  "tells.",
	  .run = a_quiet_reaper },
};

CT_GROUP(reap_ahead, cases);
