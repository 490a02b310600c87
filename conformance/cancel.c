/*
 * cancel.c - canceling jobs that wait or run: what it leaves in row, attempt and
 * timeline, its reasons, its batches. Scopes are in scope.c, the worker's side in lease_lost.c,
 * canceling while somebody else changes the job in interleave.c.
 */
#include "ct.h"

static const cairn_str none = { NULL, 0 };

static cairn_changed cancel(cairn_conn *conn, cairn_id id, cairn_str reason)
{
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_cancel(conn, cairn_any(), &id, 1, reason, &changed, ct_err()));
	return changed;
}

static cairn_id add(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	return ct_add(conn, &job);
}

static const cairn_event *last_event(cairn_conn *conn, cairn_id id)
{
	const cairn_event_rows *events = ct_events(conn, id);
	const cairn_event *event = &events->at[events->count - 1];
	ct_int(event->kind, CAIRN_EVENT_CANCELED);
	return event;
}

/* ---- what it writes ------------------------------------------------------------ */

static void a_waiting_job(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn);
	ct_advance(CAIRN_SECOND);
	cairn_changed changed = cancel(conn, id, CAIRN_STR("not needed"));
	ct_each(changed, CAIRN_OK, NULL);
	ct_int(changed.job_status, CAIRN_JOB_CANCELED);
	ct_int(changed.lease_expires_at, 0);
	ct_int(ct_job(conn, id)->finished_at, ct_now());
	ct_int(ct_attempts(conn, id)->count, 0);
	ct_text(ct_timeline(conn, id), "ENQUEUED CANCELED");
	const cairn_event *event = last_event(conn, id);
	ct_int(event->seq, 2);
	ct_int(event->run_number, 1);
	ct_int(event->attempt, 0);
	ct_int(event->at, ct_now());
	ct_str(event->stage, NULL);
	ct_int(event->progress_done, -1);
	ct_str(event->payload, "{\"reason\":\"not needed\"}");
	ct_claim_none(conn);
}

static void a_running_job(void)
{
	cairn_conn *conn = ct_open();
	ct_set_now(1779445800000000); /* 2026-05-22T10:30:00Z */
	cairn_id id = add(conn);
	cairn_time then = ct_now();
	ct_claim(conn, "w");
	ct_advance(CAIRN_SECOND);
	cairn_changed changed = cancel(conn, id, CAIRN_STR("not needed"));
	ct_each(changed, CAIRN_OK, NULL);
	ct_int(changed.job_status, CAIRN_JOB_CANCELED);
	ct_int(changed.lease_expires_at, then + CAIRN_LEASE_DEFAULT);
	ct_int(ct_job(conn, id)->lease_expires_at, then + CAIRN_LEASE_DEFAULT);
	ct_text(ct_timeline(conn, id), "ENQUEUED LEASED CANCELED");
	const cairn_event *event = last_event(conn, id);
	ct_int(event->seq, 3);
	ct_int(event->attempt, 1);
	ct_str(event->payload, "{\"reason\":\"not needed\","
			       "\"lease_quiesces_at\":\"2026-05-22T10:30:30.000000Z\"}");
}

static void the_open_attempt(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn);
	cairn_time then = ct_now();
	ct_claim(conn, "w");
	ct_advance(CAIRN_SECOND);
	cancel(conn, id, none);
	ct_advance(CAIRN_SECOND);
	const cairn_attempts *attempts = ct_attempts(conn, id);
	ct_int(attempts->count, 1);
	const cairn_attempt *attempt = &attempts->at[0];
	ct_int(attempt->fence, 1);
	ct_int(attempt->attempt, 1);
	ct_str(attempt->worker, "w");
	ct_int(attempt->leased_at, then);
	ct_int(attempt->finished_at, then + CAIRN_SECOND);
	ct_int(attempt->ending, CAIRN_ENDING_CANCELED);
	ct_str(attempt->error_code, NULL);
	ct_str(attempt->error_message, NULL);
	ct_int(attempt->retry_delay, 0);
	ct_int(attempt->next_run_at, 0);
}

static void between_attempts(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn);
	ct_finish(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_RETRYABLE, "io.lost"));
	const cairn_attempt before = ct_attempts(conn, id)->at[0];
	ct_advance(CAIRN_SECOND);
	cairn_changed changed = cancel(conn, id, none);
	ct_each(changed, CAIRN_OK, NULL);
	ct_int(changed.lease_expires_at, 0);
	ct_int(changed.run_at, 0);
	const cairn_attempts *attempts = ct_attempts(conn, id);
	ct_int(attempts->count, 1);
	ct_int(attempts->at[0].ending, before.ending);
	ct_int(attempts->at[0].finished_at, before.finished_at);
	ct_int(attempts->at[0].next_run_at, before.next_run_at);
	ct_int(last_event(conn, id)->attempt, 1);
	ct_str(last_event(conn, id)->payload, "{\"reason\":\"CANCELED\"}");
	ct_str(ct_job(conn, id)->error_code, "io.lost");
	ct_int(ct_job(conn, id)->parked, 0);
	ct_advance(CAIRN_HOUR);
	ct_claim_none(conn);
}

static void an_expired_lease(void)
{
	cairn_conn *conn = ct_open();
	ct_set_now(1779445800000000);
	cairn_id id = add(conn);
	ct_claim(conn, "w");
	ct_advance(CAIRN_HOUR);
	cairn_changed changed = cancel(conn, id, none);
	ct_each(changed, CAIRN_OK, NULL);
	ct_int(changed.lease_expires_at, ct_now() - CAIRN_HOUR + CAIRN_LEASE_DEFAULT);
	ct_str(last_event(conn, id)->payload,
	       "{\"reason\":\"CANCELED\",\"lease_quiesces_at\":\"2026-05-22T10:30:30.000000Z\"}");
	ct_int(ct_attempts(conn, id)->at[0].ending, CAIRN_ENDING_CANCELED);
}

static void an_extended_lease(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn);
	cairn_lease lease = ct_claim(conn, "w");
	ct_ok(cairn_job_heartbeat(conn, &lease, 1, CAIRN_HOUR, NULL, ct_err()));
	ct_int(cancel(conn, id, none).lease_expires_at, ct_now() + CAIRN_HOUR);
	ct_int(ct_job(conn, id)->lease_expires_at, ct_now() + CAIRN_HOUR);
}

static void a_job_for_later(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	job.run_at = ct_now() + CAIRN_HOUR;
	cairn_id id = ct_add(conn, &job);
	cancel(conn, id, none);
	ct_int(ct_job(conn, id)->status, CAIRN_JOB_CANCELED);
	ct_int(ct_job(conn, id)->run_at, job.run_at);
	ct_advance(CAIRN_HOUR);
	ct_claim_none(conn);
	ct_text(ct_timeline(conn, id), "ENQUEUED CANCELED");
}

/* ---- reasons ------------------------------------------------------------------- */

static void reasons(void)
{
	cairn_conn *conn = ct_open();
	const char *given[] = { "user asked", "\"quoted\" \\ \xc3\xa9", ct_repeat('r', 255) };
	for (size_t i = 0; i < 3; i++) {
		cairn_id id = add(conn);
		cancel(conn, id, cairn_str_of(given[i]));
		ct_str(ct_job(conn, id)->status_reason, given[i]);
	}
	cairn_id id = add(conn);
	cancel(conn, id, cairn_str_of(given[1]));
	ct_str(last_event(conn, id)->payload, "{\"reason\":\"\\\"quoted\\\" \\\\ \xc3\xa9\"}");
}

static void default_reason(void)
{
	cairn_conn *conn = ct_open();
	const cairn_str absent[] = { { NULL, 0 }, { "", 0 } };
	for (size_t i = 0; i < 2; i++) {
		cairn_id id = add(conn);
		cancel(conn, id, absent[i]);
		ct_str(ct_job(conn, id)->status_reason, "CANCELED");
		ct_str(last_event(conn, id)->payload, "{\"reason\":\"CANCELED\"}");
	}
}

static void malformed_reasons(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn);
	const char *before = ct_snapshot(conn, id);
	const char *bad[] = { " ", "a\nb", "\xff", ct_repeat('r', 256) };
	for (size_t i = 0; i < 4; i++)
		ct_status(cairn_job_cancel(conn, cairn_any(), &id, 1, cairn_str_of(bad[i]), NULL,
					   ct_err()),
			  CAIRN_INVALID, "arg.invalid_name");
	ct_unchanged(conn, id, before);
}

/* ---- refusals and batches ------------------------------------------------------ */

static void only_once(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn);
	cancel(conn, id, CAIRN_STR("first"));
	const char *before = ct_snapshot(conn, id);
	ct_advance(CAIRN_SECOND);
	cairn_changed again = cancel(conn, id, CAIRN_STR("second"));
	ct_each(again, CAIRN_STALE, "job.invalid_state_transition");
	ct_int(again.job_status, CAIRN_JOB_CANCELED);
	ct_unchanged(conn, id, before);
}

static void each_its_own_outcome(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[6] = { { { 0 } } };
	const char *before[6];
	cairn_changed each[6];
	for (int status = CAIRN_JOB_CANCELED; status >= CAIRN_JOB_PENDING; status--) {
		ids[status] = ct_make(conn, "t", (enum cairn_job_status)status).id;
		before[status] = ct_snapshot(conn, ids[status]);
	}
	ids[0] = cairn_id_new();
	ct_advance(CAIRN_SECOND);
	ct_ok(cairn_job_cancel(conn, cairn_any(), ids, 6, CAIRN_STR("r"), each, ct_err()));
	ct_each(each[0], CAIRN_NOT_FOUND, "job.not_found");
	ct_int(each[0].job_status, 0);
	for (int status = CAIRN_JOB_PENDING; status <= CAIRN_JOB_CANCELED; status++) {
		if (status <= CAIRN_JOB_LEASED) {
			ct_each(each[status], CAIRN_OK, NULL);
			ct_int(ct_job(conn, ids[status])->status, CAIRN_JOB_CANCELED);
			continue;
		}
		ct_each(each[status], CAIRN_STALE, "job.invalid_state_transition");
		ct_int(each[status].job_status, status);
		ct_unchanged(conn, ids[status], before[status]);
	}
}

static void a_large_batch(void)
{
	cairn_conn *conn = ct_open();
	enum { N = 700 };
	ct_define(conn, "t");
	cairn_job_new *jobs = ct_alloc(N * sizeof(*jobs));
	cairn_job_added *added = ct_alloc(N * sizeof(*added));
	cairn_id *ids = ct_alloc(N * sizeof(*ids));
	cairn_changed *each = ct_alloc(N * sizeof(*each));
	for (size_t i = 0; i < N; i++)
		jobs[i] = ct_new("t");
	ct_ok(cairn_job_enqueue(conn, jobs, N, added, ct_err()));
	const cairn_jobs *running = ct_claim_n(conn, "w", 300);
	ct_int(running->count, 300);
	for (size_t i = 0; i < N; i++)
		ids[i] = added[(i * 11 + 7) % N].id;
	ids[650] = cairn_id_new();
	ct_ok(cairn_job_cancel(conn, cairn_any(), ids, N, none, each, ct_err()));
	size_t leased = 0;
	for (size_t i = 0; i < N; i++) {
		if (i == 650)
			ct_each(each[i], CAIRN_NOT_FOUND, "job.not_found");
		else
			ct_each(each[i], CAIRN_OK, NULL);
		leased += each[i].lease_expires_at != 0;
	}
	ct_int(leased, 299); /* the one that was replaced was running */
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_CANCELED), N - 1);
}

static void rolls_back_whole(void)
{
	cairn_conn *conn = ct_open();
	cairn_id running = add(conn);
	cairn_lease lease = ct_claim(conn, "w");
	cairn_id waiting = add(conn);
	const char *before[] = { ct_snapshot(conn, running), ct_snapshot(conn, waiting) };
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cancel(conn, running, none);
	cancel(conn, waiting, none);
	ct_refused(conn, lease, CAIRN_STALE, "job.canceled");
	cairn_rollback(&tx);
	ct_unchanged(conn, running, before[0]);
	ct_unchanged(conn, waiting, before[1]);
	ct_finish(conn, ct_success(lease));
	ct_id(ct_claim(conn, "w").id, waiting);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.cancel.a_waiting_job",
	  VERB,
	  .rule = "A job that was never claimed is canceled without attempt; its event has no "
		  "attempt and no lease.",
	  .covers = "runledger X01, X04",
	  .run = a_waiting_job },
	{ .name = "jobs.cancel.a_running_job",
	  VERB,
	  .rule = "A leased job is canceled and keeps its lease time, told in answer, row and "
		  "event.",
	  .covers = "runledger X01",
	  .run = a_running_job },
	{ .name = "jobs.cancel.ends_the_open_attempt",
	  VERB,
	  .rule = "The running attempt ends now as CANCELED, without error.",
	  .covers = "runledger X04",
	  .run = the_open_attempt },
	{ .name = "jobs.cancel.between_attempts_touches_none",
	  VERB,
	  .rule = "A job that waits for its retry is canceled for good; its last attempt stays "
		  "as it ended, its error too.",
	  .covers = "runledger X01, X04",
	  .run = between_attempts },
	{ .name = "jobs.cancel.an_expired_lease",
	  VERB,
	  .rule = "A job whose lease has expired is canceled like a running one; the lease time "
		  "told is the past one.",
	  .covers = "runledger X01",
	  .run = an_expired_lease },
	{ .name = "jobs.cancel.keeps_the_newest_lease_time",
	  VERB,
	  .rule = "The lease time that is kept is the one that heartbeats left.",
	  .covers = "runledger X01",
	  .run = an_extended_lease },
	{ .name = "jobs.cancel.a_job_for_later",
	  VERB,
	  .rule = "A parked job is canceled and not claimed when its time comes.",
	  .covers = "runledger X01",
	  .run = a_job_for_later },
	{ .name = "jobs.cancel.the_reason_is_kept",
	  VERB,
	  .rule = "A reason of up to 255 bytes is in the row and, as JSON, in the event.",
	  .covers = "runledger X01",
	  .run = reasons },
	{ .name = "jobs.cancel.the_default_reason",
	  VERB,
	  .rule = "Without a reason it is CANCELED.",
	  .covers = "runledger X05",
	  .run = default_reason },
	{ .name = "jobs.cancel.malformed_reasons_are_refused",
	  VERB,
	  .rule = "A reason follows the rule of names; otherwise nothing is canceled.",
	  .run = malformed_reasons },
	{ .name = "jobs.cancel.only_once",
	  VERB,
	  .rule = "A second cancel is job.invalid_state_transition and leaves the first reason.",
	  .covers = "runledger X02",
	  .run = only_once },
	{ .name = "jobs.cancel.each_item_has_its_own_outcome",
	  VERB,
	  .rule = "In one batch jobs that wait or run are canceled, ended and unknown ones are "
		  "refused and unchanged.",
	  .covers = "runledger X01, X02",
	  .run = each_its_own_outcome },
	{ .name = "jobs.cancel.a_large_batch",
	  VERB,
	  .rule = "More jobs than one statement holds are one call, each answered in its place.",
	  .run = a_large_batch },
	{ .name = "jobs.cancel.rolls_back_whole",
	  VERB,
	  .rule = "A cancel that is rolled back leaves job, attempt and lease as they were.",
	  .run = rolls_back_whole },
};

CT_GROUP(cancel, cases);
