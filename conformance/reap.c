/*
 * reap.c - taking back leases whose time is over: which, in which order, how many, and
 * what is left. When exactly a lease is over is in lease.c, reaping while others work in
 * interleave.c and race.c.
 */
#include "ct.h"

static const cairn_reap_report *reap_with(cairn_conn *conn, uint32_t limit, cairn_usec delay)
{
	cairn_reap_opts opts = { .size = sizeof(opts), .limit = limit, .retry_delay = delay };
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(conn, &opts, &report, ct_err()));
	ct_later(report);
	return report;
}

static const cairn_reap_report *reap(cairn_conn *conn)
{
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	ct_later(report);
	return report;
}

/* Claims a job of its own with this lease. */
static cairn_lease take(cairn_conn *conn, int32_t attempts, cairn_usec lease)
{
	cairn_job_new job = ct_new("t");
	job.max_attempts = attempts;
	job.queue = cairn_str_of(ct_format("q%u", ct_number()));
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	cairn_id id = ct_add(conn, &job);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	opts.queue = job.queue;
	opts.lease = lease;
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, id);
	return cairn_job_lease(&jobs->at[0]);
}

/* ---- what becomes of the job --------------------------------------------------- */

static void at_once_by_default(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	cairn_lease lost = ct_claim(conn, "w");
	ct_advance(CAIRN_HOUR);
	const cairn_reap_report *report = reap(conn);
	ct_int(report->count, 1);
	ct_int(report->at[0].run_at, ct_now());
	const cairn_job *job = ct_job(conn, id);
	ct_int(job->status, CAIRN_JOB_PENDING);
	ct_int(job->run_at, ct_now());
	ct_int(job->parked, 0);
	ct_int(job->attempt, 1);
	cairn_lease next = ct_claim(conn, "w");
	ct_id(next.id, id);
	ct_int(next.fence, lost.fence + 1);
	ct_int(next.attempt, 2);
}

static void after_a_delay(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	ct_claim(conn, "w");
	ct_advance(CAIRN_HOUR);
	const cairn_reap_report *report = reap_with(conn, 0, CAIRN_MINUTE);
	ct_int(report->at[0].run_at, ct_now() + CAIRN_MINUTE);
	ct_int(ct_job(conn, id)->run_at, ct_now() + CAIRN_MINUTE);
	ct_int(ct_job(conn, id)->parked, 1);
	ct_advance(CAIRN_MINUTE - 1);
	ct_claim_none(conn);
	ct_advance(1);
	ct_id(ct_claim(conn, "w").id, id);
}

static void the_attempt_row(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	cairn_time then = ct_now();
	ct_claim(conn, "w");
	ct_advance(CAIRN_HOUR);
	reap_with(conn, 0, CAIRN_MINUTE);
	const cairn_attempt *attempt = &ct_attempts(conn, id)->at[0];
	ct_int(attempt->fence, 1);
	ct_int(attempt->attempt, 1);
	ct_str(attempt->worker, "w");
	ct_int(attempt->leased_at, then);
	ct_int(attempt->finished_at, ct_now());
	ct_int(attempt->ending, CAIRN_ENDING_LEASE_EXPIRED);
	ct_str(attempt->error_code, "job.lease_expired");
	ct_same(attempt->error_message, ct_job(conn, id)->error_message);
	ct_true(attempt->error_message.len > 0);
	ct_int(attempt->retry_delay, CAIRN_MINUTE);
	ct_int(attempt->next_run_at, ct_now() + CAIRN_MINUTE);
	ct_int(attempt->not_before, 0);
}

static const char *failed_payload(cairn_conn *conn, cairn_id id)
{
	return ct_format("{\"kind\":\"LEASE_EXPIRED\",\"error_code\":\"job.lease_expired\","
			 "\"error_message\":\"%s\","
			 "\"started_without_renewal_heartbeat\":false}",
			 ct_job(conn, id)->error_message.ptr);
}

static void the_events_of_a_retry(void)
{
	cairn_conn *conn = ct_open();
	ct_set_now(1779445800000000); /* 2026-05-22T10:30:00Z */
	cairn_id id = ct_enqueue(conn, "t");
	ct_claim(conn, "w");
	ct_advance(CAIRN_HOUR);
	reap_with(conn, 0, 1500 * CAIRN_MILLISECOND);
	ct_text(ct_timeline(conn, id), "ENQUEUED LEASED FAILED RETRY_SCHEDULED");
	const cairn_event_rows *events = ct_events(conn, id);
	ct_str(events->at[2].payload, failed_payload(conn, id));
	ct_str(events->at[3].payload, "{\"retry_delay_us\":1500000,"
				      "\"effective_next_run_at\":\"2026-05-22T11:30:01.500000Z\","
				      "\"next_run_at\":\"2026-05-22T11:30:01.500000Z\","
				      "\"retry_timing_source\":\"POLICY\","
				      "\"started_without_renewal_heartbeat\":false}");
	for (size_t i = 2; i < 4; i++) {
		ct_int(events->at[i].seq, i + 1);
		ct_int(events->at[i].run_number, 1);
		ct_int(events->at[i].attempt, 1);
		ct_int(events->at[i].at, ct_now());
		ct_str(events->at[i].stage, NULL);
		ct_int(events->at[i].progress_done, -1);
	}
}

static void the_last_attempt(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn, 1, CAIRN_SECOND);
	ct_advance(CAIRN_HOUR);
	const cairn_reap_report *report = reap_with(conn, 0, CAIRN_MINUTE);
	ct_int(report->count, 1);
	ct_int(report->at[0].status, CAIRN_JOB_DEAD_LETTERED);
	const cairn_job *job = ct_job(conn, lease.id);
	ct_int(job->status, CAIRN_JOB_DEAD_LETTERED);
	ct_int(job->finished_at, ct_now());
	const cairn_attempt *attempt = &ct_attempts(conn, lease.id)->at[0];
	ct_int(attempt->ending, CAIRN_ENDING_LEASE_EXPIRED);
	ct_str(attempt->error_code, "job.lease_expired");
	ct_int(attempt->retry_delay, 0);
	ct_int(attempt->next_run_at, 0);
	ct_text(ct_timeline(conn, lease.id), "ENQUEUED LEASED FAILED DEAD_LETTERED");
	const cairn_event_rows *events = ct_events(conn, lease.id);
	ct_str(events->at[2].payload, failed_payload(conn, lease.id));
	ct_str(events->at[3].payload,
	       "{\"kind\":\"LEASE_EXPIRED\",\"error_code\":\"job.lease_expired\","
	       "\"started_without_renewal_heartbeat\":false}");
	ct_int(events->at[3].attempt, 1);
}

static void the_dead_letter(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 2, CAIRN_SECOND);
	cairn_job_new job = ct_new("t");
	job.payload = CAIRN_STR("{ \"n\": 1.0 }");
	job.tenant = CAIRN_STR("acme");
	cairn_id id = ct_add(conn, &job);
	cairn_finish end = ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_RETRYABLE, "x");
	end.checkpoint = CAIRN_STR("[ 1 ]");
	ct_finish(conn, end);
	ct_advance(CAIRN_SECOND);
	ct_claim(conn, "w");
	ct_advance(CAIRN_HOUR);
	reap(conn);
	const cairn_dead_letter *dead = ct_dead_letter(conn, id);
	ct_int(dead->attempt, 2);
	ct_int(dead->run_number, 1);
	ct_str(dead->type, "t");
	ct_str(dead->queue, "default");
	ct_str(dead->tenant, "acme");
	ct_str(dead->error_code, "job.lease_expired");
	ct_same(dead->error_message, ct_job(conn, id)->error_message);
	ct_str(dead->payload, "{ \"n\": 1.0 }");
	ct_str(dead->checkpoint, "[ 1 ]");
	ct_int(dead->failed_at, ct_now());
	ct_int(dead->created_at, ct_now());
}

static void until_no_attempt_is_left(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 4, CAIRN_MINUTE);
	cairn_job_new job = ct_new("t");
	cairn_id id = ct_add(conn, &job);
	for (int32_t attempt = 1; attempt <= 4; attempt++) {
		ct_int(ct_claim(conn, "w").attempt, attempt);
		ct_advance(CAIRN_HOUR);
		ct_int(reap(conn)->at[0].status,
		       attempt < 4 ? CAIRN_JOB_PENDING : CAIRN_JOB_DEAD_LETTERED);
	}
	ct_int(ct_attempts(conn, id)->count, 4);
	ct_int(reap(conn)->count, 0);
	ct_claim_none(conn);
}

/* ---- the report ---------------------------------------------------------------- */

static void the_report_tells_all(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "mail", 3, CAIRN_SECOND);
	cairn_job_new job = ct_new("mail");
	job.tenant = CAIRN_STR("acme");
	cairn_id id = ct_add(conn, &job);
	ct_finish(conn, ct_failure(ct_claim(conn, "first"), CAIRN_FINISH_RETRYABLE, "x"));
	ct_advance(CAIRN_SECOND);
	ct_claim(conn, "second");
	cairn_time expired = ct_now() + CAIRN_LEASE_DEFAULT;
	ct_advance(CAIRN_HOUR);
	const cairn_reap_report *report = reap_with(conn, 0, CAIRN_SECOND);
	ct_int(report->count, 1);
	const cairn_reaped *one = &report->at[0];
	ct_id(one->id, id);
	ct_str(one->type, "mail");
	ct_str(one->tenant, "acme");
	ct_str(one->worker, "second");
	ct_int(one->fence, 2);
	ct_int(one->run_number, 1);
	ct_int(one->attempt, 2);
	ct_int(one->max_attempts, 3);
	ct_int(one->status, CAIRN_JOB_PENDING);
	ct_int(one->run_at, ct_now() + CAIRN_SECOND);
	ct_int(one->lease_expired_at, expired);
}

static void the_report_of_a_dead_one(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn, 1, CAIRN_SECOND);
	cairn_time expired = ct_now() + CAIRN_SECOND;
	ct_advance(CAIRN_MINUTE);
	const cairn_reaped *one = &reap(conn)->at[0];
	ct_id(one->id, lease.id);
	ct_str(one->tenant, NULL);
	ct_str(one->worker, "w");
	ct_int(one->fence, 1);
	ct_int(one->attempt, 1);
	ct_int(one->max_attempts, 1);
	ct_int(one->status, CAIRN_JOB_DEAD_LETTERED);
	ct_int(one->lease_expired_at, expired);
	/* what a hook needs beyond that is in the dead letter */
	ct_str(ct_dead_letter(conn, one->id)->payload, "{}");
}

static void a_report_is_reused(void)
{
	cairn_conn *conn = ct_open();
	cairn_reap_report *report = NULL;
	const size_t counts[] = { 3, 1, 0, 2 };
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < counts[i]; k++)
			take(conn, 3, CAIRN_SECOND);
		ct_advance(CAIRN_MINUTE);
		ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
		ct_int(report->count, counts[i]);
	}
	ct_later(report);
}

/* ---- which ones ---------------------------------------------------------------- */

static void oldest_first(void)
{
	cairn_conn *conn = ct_open();
	static const int seconds[] = { 5, 2, 9, 1, 7, 3 };
	static const int order[] = { 1, 2, 3, 5, 7, 9 };
	cairn_id by_expiry[10];
	cairn_time then = ct_now();
	for (size_t i = 0; i < 6; i++)
		by_expiry[seconds[i]] = take(conn, 3, seconds[i] * CAIRN_SECOND).id;
	ct_advance(CAIRN_HOUR);
	size_t seen = 0;
	for (size_t pass = 0; pass < 3; pass++) {
		const cairn_reap_report *report = reap_with(conn, 2, 0);
		ct_int(report->count, 2);
		for (size_t i = 0; i < 2; i++) {
			ct_id(report->at[i].id, by_expiry[order[seen]]);
			ct_int(report->at[i].lease_expired_at, then + order[seen] * CAIRN_SECOND);
			seen++;
		}
	}
	ct_int(reap_with(conn, 2, 0)->count, 0);
}

static void only_expired_ones(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease live = take(conn, 3, CAIRN_DAY);
	cairn_lease dead = take(conn, 3, CAIRN_SECOND);
	cairn_lease last = take(conn, 3, CAIRN_HOUR);
	ct_made ended = ct_make(conn, "u", CAIRN_JOB_SUCCEEDED);
	ct_made canceled = ct_make(conn, "u", CAIRN_JOB_CANCELED);
	cairn_id waiting = ct_make(conn, "u", CAIRN_JOB_PENDING).id;
	ct_advance(CAIRN_HOUR); /* the last one ends this very microsecond */
	const cairn_id untouched[] = { live.id, last.id, ended.id, canceled.id, waiting };
	const char *before[5];
	for (size_t i = 0; i < 5; i++)
		before[i] = ct_snapshot(conn, untouched[i]);
	const cairn_reap_report *report = reap(conn);
	ct_int(report->count, 1);
	ct_id(report->at[0].id, dead.id);
	for (size_t i = 0; i < 5; i++)
		ct_unchanged(conn, untouched[i], before[i]);
	ct_finish(conn, ct_success(live));
}

static void a_mixed_pass(void)
{
	cairn_conn *conn = ct_open();
	enum { N = 9 };
	cairn_lease leases[N];
	for (size_t i = 0; i < N; i++)
		leases[i] = take(conn, i % 3 ? 2 : 1, (cairn_usec)(i + 1) * CAIRN_SECOND);
	ct_advance(CAIRN_HOUR);
	const cairn_reap_report *report = reap_with(conn, 0, CAIRN_MINUTE);
	ct_int(report->count, N);
	for (size_t i = 0; i < N; i++) {
		enum cairn_job_status want = i % 3 ? CAIRN_JOB_PENDING : CAIRN_JOB_DEAD_LETTERED;
		ct_id(report->at[i].id, leases[i].id);
		ct_int(report->at[i].status, want);
		ct_int(ct_job(conn, leases[i].id)->status, want);
		ct_true((ct_dead(conn, leases[i].id) != NULL) == !(i % 3));
	}
	ct_int(reap(conn)->count, 0);
}

static void all_queues(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease a = take(conn, 3, CAIRN_SECOND);
	cairn_lease b = take(conn, 3, CAIRN_SECOND);
	ct_true(ct_job(conn, a.id)->queue.len > 0);
	ct_advance(CAIRN_MINUTE);
	ct_int(reap(conn)->count, 2);
	ct_int(ct_job(conn, a.id)->status, CAIRN_JOB_PENDING);
	ct_int(ct_job(conn, b.id)->status, CAIRN_JOB_PENDING);
}

static void takes_its_old_place(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	cairn_job_new job = ct_new("t");
	job.set = CAIRN_JOB_PRIORITY;
	job.priority = 9;
	cairn_id high = ct_add(conn, &job);
	ct_claim(conn, "w");
	job.priority = 1;
	cairn_id low = ct_add(conn, &job);
	ct_advance(CAIRN_HOUR);
	job.priority = 5;
	cairn_id middle = ct_add(conn, &job);
	reap(conn);
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 5);
	ct_int(jobs->count, 3);
	ct_id(jobs->at[0].id, high);
	ct_id(jobs->at[1].id, middle);
	ct_id(jobs->at[2].id, low);
}

/* ---- limits and options -------------------------------------------------------- */

static void limits(void)
{
	cairn_conn *conn = ct_open();
	enum { N = 305 };
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	cairn_job_new *jobs = ct_alloc(N * sizeof(*jobs));
	for (size_t i = 0; i < N; i++)
		jobs[i] = ct_new("t");
	ct_ok(cairn_job_enqueue(conn, jobs, N, NULL, ct_err()));
	ct_int(ct_claim_n(conn, "w", N)->count, N);
	ct_advance(CAIRN_HOUR);
	ct_int(reap(conn)->count, 100);
	ct_int(reap_with(conn, 0, 0)->count, 100);
	ct_int(reap_with(conn, 1, 0)->count, 1);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_LEASED), N - 201);
	ct_int(reap_with(conn, 1000, 0)->count, N - 201);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_LEASED), 0);
}

static void refused(cairn_conn *conn, const cairn_reap_opts *opts, const char *code)
{
	cairn_reap_report *report = NULL;
	uint64_t trips = cairn_conn_round_trips(conn);
	ct_status(cairn_job_reap(conn, opts, &report, ct_err()), CAIRN_INVALID, code);
	ct_int(cairn_conn_round_trips(conn), trips);
	ct_true(report == NULL || report->count == 0);
	ct_later(report);
}

static void malformed_options(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn, 3, CAIRN_SECOND);
	ct_advance(CAIRN_HOUR);
	const char *before = ct_snapshot(conn, lease.id);
	cairn_reap_opts opts = { .size = sizeof(opts) };
	const cairn_usec delays[] = { -1, INT64_MIN, INT64_MAX };
	for (size_t i = 0; i < 3; i++) {
		opts.retry_delay = delays[i];
		refused(conn, &opts, "job.invalid_retry_delay");
	}
	opts.retry_delay = 0;
	opts.limit = 1001;
	refused(conn, &opts, "job.invalid_pagination");
	opts.limit = UINT32_MAX;
	refused(conn, &opts, "job.invalid_pagination");
	opts.limit = 1;
	opts.reserved_ = 1;
	refused(conn, &opts, "arg.reserved");
	opts.reserved_ = 0;
	ct_unchanged(conn, lease.id, before);
	opts.retry_delay = 365 * CAIRN_DAY;
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(conn, &opts, &report, ct_err()));
	ct_later(report);
	ct_int(report->at[0].run_at, ct_now() + 365 * CAIRN_DAY);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.reap.the_job_is_due_at_once",
	  VERB,
	  .rule = "Without a delay a reaped job is due now and claimed by the next claim, with a "
		  "new fence.",
	  .covers = "runledger R04, smol-27",
	  .run = at_once_by_default },
	{ .name = "jobs.reap.a_delay_is_kept",
	  VERB,
	  .rule = "With a delay a reaped job is claimable after it, to the microsecond.",
	  .covers = "runledger R04",
	  .run = after_a_delay },
	{ .name = "jobs.reap.the_attempt_tells_all",
	  VERB,
	  .rule = "A reaped attempt is LEASE_EXPIRED with job.lease_expired, a message, the "
		  "reaper's delay and the next time.",
	  .covers = "runledger R04",
	  .run = the_attempt_row },
	{ .name = "jobs.reap.a_retry_writes_two_events",
	  VERB,
	  .rule = "FAILED of kind LEASE_EXPIRED, then RETRY_SCHEDULED with the reaper's delay, "
		  "with exactly the documented members.",
	  .covers = "runledger R04",
	  .run = the_events_of_a_retry },
	{ .name = "jobs.reap.the_last_attempt_is_dead_lettered",
	  VERB,
	  .rule = "Without attempts left a reaped job is dead-lettered: FAILED and "
		  "DEAD_LETTERED, neither delay nor next time.",
	  .covers = "runledger R05",
	  .run = the_last_attempt },
	{ .name = "jobs.reap.leaves_a_whole_dead_letter",
	  VERB,
	  .rule = "The dead letter of a reaped job has payload and checkpoint like any other.",
	  .covers = "runledger R05, R10",
	  .run = the_dead_letter },
	{ .name = "jobs.reap.until_no_attempt_is_left",
	  VERB,
	  .rule = "Each reaping costs an attempt; the last one ends the job.",
	  .covers = "runledger R04, R05",
	  .run = until_no_attempt_is_left },
	{ .name = "jobs.reap.the_report_tells_all",
	  VERB,
	  .rule = "The report has job, type, tenant, the worker that lost it, fence, attempt, "
		  "what became of it, and when the lease expired.",
	  .covers = "runledger R04",
	  .run = the_report_tells_all },
	{ .name = "jobs.reap.the_report_names_the_dead",
	  VERB,
	  .rule = "A dead-lettered job is reported as such; its letter has what hooks need.",
	  .covers = "runledger R10",
	  .run = the_report_of_a_dead_one },
	{ .name = "jobs.reap.a_report_is_reused_from_call_to_call",
	  VERB,
	  .rule = "A report passed in again holds exactly the new pass.",
	  .run = a_report_is_reused },
	{ .name = "jobs.reap.the_oldest_first",
	  VERB,
	  .rule = "A pass takes the leases that expired first, up to its limit, and reports "
		  "them in that order.",
	  .covers = "runledger R11",
	  .run = oldest_first },
	{ .name = "jobs.reap.touches_only_expired_leases",
	  VERB,
	  .rule = "Live leases, one that ends now, waiting and ended jobs stay as they are.",
	  .covers = "runledger R12, smol-27",
	  .run = only_expired_ones },
	{ .name = "jobs.reap.retries_and_dead_letters_in_one_pass",
	  VERB,
	  .rule = "One pass decides for each job by its own attempts.",
	  .covers = "runledger R04, R05",
	  .run = a_mixed_pass },
	{ .name = "jobs.reap.serves_all_queues",
	  VERB,
	  .rule = "A reaper takes leases of every queue.",
	  .run = all_queues },
	{ .name = "jobs.reap.the_job_goes_back_to_its_place",
	  VERB,
	  .rule = "A reaped job ranks by its priority again.",
	  .run = takes_its_old_place },
	{ .name = "jobs.reap.limit_bounds_a_pass",
	  VERB,
	  .rule = "A pass takes up to its limit, 100 if none is said, 1000 at most.",
	  .covers = "runledger R11",
	  .run = limits },
	{ .name = "jobs.reap.malformed_options_are_refused",
	  VERB,
	  .rule = "A negative or endless delay is job.invalid_retry_delay, a limit beyond 1000 "
		  "job.invalid_pagination; nothing is touched.",
	  .covers = "runledger R07",
	  .run = malformed_options },
};

CT_GROUP(reap, cases);
