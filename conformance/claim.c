/*
 * claim.c - what a claim writes and answers, and what it refuses. Which jobs it may take
 * is in claim_choice.c; in which order, and with others at work, in claim_order.c.
 */
#include "ct.h"

static const cairn_jobs *claim(cairn_conn *conn, const cairn_claim_opts *opts)
{
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_true(jobs != NULL);
	return jobs;
}

/* ---- what is written ----------------------------------------------------------- */

static void leases_the_row(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	cairn_time then = ct_now();
	ct_advance(CAIRN_SECOND);
	cairn_lease lease = ct_claim(conn, "w");
	const cairn_job *job = ct_job(conn, id);
	ct_int(job->status, CAIRN_JOB_LEASED);
	ct_int(job->fence, lease.fence);
	ct_int(job->attempt, 1);
	ct_int(job->run_number, 1);
	ct_str(job->worker, "w");
	ct_int(job->lease_expires_at, ct_now() + CAIRN_LEASE_DEFAULT);
	ct_int(job->heartbeat_at, ct_now());
	ct_int(job->leased_at, ct_now());
	ct_int(job->started_at, ct_now());
	ct_int(job->updated_at, ct_now());
	ct_int(job->finished_at, 0);
	ct_int(job->created_at, then);
	ct_int(job->run_at, then);
	ct_str(job->stage, "queued");
	ct_text(ct_timeline(conn, id), "ENQUEUED LEASED");
	ct_int(ct_attempts(conn, id)->count, 1);
}

static void shows_the_running_attempt(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	ct_int(ct_attempts(conn, id)->count, 0);
	ct_advance(CAIRN_SECOND);
	cairn_lease lease = ct_claim(conn, "w");
	cairn_time then = ct_now();
	ct_advance(CAIRN_SECOND);
	const cairn_attempt *attempt = &ct_attempts(conn, id)->at[0];
	ct_int(attempt->fence, lease.fence);
	ct_int(attempt->run_number, 1);
	ct_int(attempt->attempt, 1);
	ct_str(attempt->worker, "w");
	ct_int(attempt->leased_at, then);
	ct_int(attempt->finished_at, 0);
	ct_int(attempt->ending, CAIRN_ENDING_NONE);
	ct_str(attempt->error_code, NULL);
}

static void writes_one_event(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	job.stage = CAIRN_STR("scheduled");
	cairn_id id = ct_add(conn, &job);
	cairn_claim_opts opts = ct_claim_opts("w \"1\"", 1);
	opts.lease = 2500 * CAIRN_MILLISECOND;
	ct_int(claim(conn, &opts)->count, 1);
	const cairn_event *event = ct_event(conn, id, 1);
	ct_int(event->kind, CAIRN_EVENT_LEASED);
	ct_int(event->seq, 2);
	ct_int(event->run_number, 1);
	ct_int(event->attempt, 1);
	ct_int(event->at, ct_now());
	ct_str(event->stage, "scheduled");
	ct_str(event->payload, "{\"worker\":\"w \\\"1\\\"\",\"lease_us\":2500000}");
}

static void answers_the_row_as_it_is(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition definition = { .type = CAIRN_STR("t"),
					.max_attempts = 3,
					.retry = { .base = 7 * CAIRN_SECOND,
						   .cap = CAIRN_HOUR,
						   .jitter = -1,
						   .factor = 3000 } };
	ct_ok(cairn_job_define(conn, &definition, 1, ct_err()));
	cairn_job_new job = ct_new("t");
	job.tenant = CAIRN_STR("acme");
	job.key = CAIRN_STR("k");
	job.payload = CAIRN_STR("{ \"x\": 1 }");
	cairn_id id = ct_add(conn, &job);
	const cairn_job *got = &ct_claim_n(conn, "w", 1)->at[0];
	const cairn_job *row = ct_job(conn, id);
	ct_id(got->id, id);
	ct_same(got->queue, row->queue);
	ct_same(got->type, row->type);
	ct_same(got->tenant, row->tenant);
	ct_same(got->payload, row->payload);
	ct_same(got->worker, row->worker);
	ct_same(got->stage, row->stage);
	ct_same(got->key, row->key);
	ct_int(got->status, row->status);
	ct_int(got->priority, row->priority);
	ct_int(got->run_number, row->run_number);
	ct_int(got->attempt, row->attempt);
	ct_int(got->max_attempts, row->max_attempts);
	ct_int(got->parked, row->parked);
	ct_int(got->timeout, row->timeout);
	ct_int(got->run_at, row->run_at);
	ct_int(got->lease_expires_at, row->lease_expires_at);
	ct_int(got->heartbeat_at, row->heartbeat_at);
	ct_int(got->leased_at, row->leased_at);
	ct_int(got->fence, row->fence);
	ct_int(got->started_at, row->started_at);
	ct_int(got->created_at, row->created_at);
	ct_int(got->updated_at, row->updated_at);
	ct_int(got->progress_done, -1);
	cairn_lease lease = cairn_job_lease(got);
	ct_int(lease.max_attempts, 3);
	ct_int(lease.retry.base, 7 * CAIRN_SECOND);
	ct_int(lease.retry.cap, CAIRN_HOUR);
	ct_int(lease.retry.jitter, -1);
	ct_int(lease.retry.factor, 3000);
}

static void keeps_what_the_last_attempt_left(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 5, CAIRN_MINUTE);
	cairn_job_new job = ct_new("t");
	cairn_id id = ct_add(conn, &job);
	cairn_time first = ct_now();
	cairn_finish failure = ct_failure(ct_claim(conn, "w1"), CAIRN_FINISH_RETRYABLE, "io.lost");
	failure.set = CAIRN_FINISH_DONE | CAIRN_FINISH_TOTAL;
	failure.progress_done = 2;
	failure.progress_total = 5;
	failure.checkpoint = CAIRN_STR("{\"at\":2}");
	ct_finish(conn, failure);
	ct_advance(CAIRN_MINUTE);
	cairn_lease lease = ct_claim(conn, "w2");
	ct_int(lease.attempt, 2);
	ct_int(lease.fence, 2);
	const cairn_job *row = ct_job(conn, id);
	ct_int(row->attempt, 2);
	ct_int(row->run_number, 1);
	ct_int(row->started_at, first);
	ct_int(row->leased_at, ct_now());
	ct_str(row->worker, "w2");
	ct_str(row->status_reason, "RETRYABLE");
	ct_str(row->error_code, "io.lost");
	ct_str(row->error_message, "it broke");
	ct_int(row->progress_done, 2);
	ct_int(row->progress_total, 5);
	ct_str(row->checkpoint, "{\"at\":2}");
	const cairn_attempts *attempts = ct_attempts(conn, id);
	ct_int(attempts->count, 2);
	ct_str(attempts->at[0].worker, "w1");
	ct_int(attempts->at[0].ending, CAIRN_ENDING_RETRYABLE);
	ct_str(attempts->at[1].worker, "w2");
	ct_int(attempts->at[1].ending, CAIRN_ENDING_NONE);
}

static void a_result_is_reused(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new jobs[] = { ct_new("t"), ct_new("t"), ct_new("t"), ct_new("t") };
	jobs[0].payload = cairn_str_of(ct_format("\"%s\"", ct_repeat('x', 9000)));
	ct_ok(cairn_job_enqueue(conn, jobs, 4, NULL, ct_err()));
	const uint32_t limits[] = { 1, 2, 9, 9 };
	const size_t counts[] = { 1, 2, 1, 0 };
	cairn_jobs *result = NULL;
	for (size_t i = 0; i < 4; i++) {
		cairn_claim_opts opts = ct_claim_opts("w", limits[i]);
		ct_ok(cairn_job_claim(conn, &opts, &result, ct_err()));
		ct_int(result->count, counts[i]);
		if (result->count)
			ct_int(result->at[0].payload.len, i ? 2 : 9002);
	}
	ct_later(result);
}

static void rolls_back_with_the_caller(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	const char *before = ct_snapshot(conn, id);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_lease lost = ct_claim(conn, "w");
	cairn_rollback(&tx);
	ct_unchanged(conn, id, before);
	ct_refused(conn, lost, CAIRN_STALE, "job.lease_lost");
	ct_claim(conn, "w");
	ct_text(ct_timeline(conn, id), "ENQUEUED LEASED");
}

/* ---- what is refused ----------------------------------------------------------- */

static void refused(cairn_conn *conn, const cairn_claim_opts *opts, cairn_status status,
		    const char *code)
{
	cairn_jobs *jobs = NULL;
	ct_status(cairn_job_claim(conn, opts, &jobs, ct_err()), status, code);
	ct_true(jobs == NULL || jobs->count == 0);
	ct_later(jobs);
}

static void lease_durations(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	const char *before = ct_snapshot(conn, id);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	const cairn_usec bad[] = { -1,	      1,	100 * CAIRN_MILLISECOND - 1, CAIRN_DAY + 1,
				   INT64_MAX, INT64_MIN };
	for (size_t i = 0; i < 6; i++) {
		opts.lease = bad[i];
		refused(conn, &opts, CAIRN_INVALID, "job.invalid_lease_duration");
	}
	ct_unchanged(conn, id, before);
	opts.lease = 100 * CAIRN_MILLISECOND;
	ct_int(claim(conn, &opts)->at[0].lease_expires_at, ct_now() + 100 * CAIRN_MILLISECOND);
	ct_enqueue(conn, "t");
	opts.lease = CAIRN_DAY;
	ct_int(claim(conn, &opts)->at[0].lease_expires_at, ct_now() + CAIRN_DAY);
}

static void malformed_options(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	const char *before = ct_snapshot(conn, id);
	refused(conn, NULL, CAIRN_INVALID, "arg.invalid");
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	opts.size = 0;
	refused(conn, &opts, CAIRN_INVALID, "arg.invalid");
	opts = ct_claim_opts(NULL, 1);
	refused(conn, &opts, CAIRN_INVALID, "arg.invalid_name");
	opts = ct_claim_opts(" ", 1);
	refused(conn, &opts, CAIRN_INVALID, "arg.invalid_name");
	opts = ct_claim_opts("w", 1);
	opts.queue = CAIRN_STR("a\nb");
	refused(conn, &opts, CAIRN_INVALID, "arg.invalid_name");
	opts = ct_claim_opts("w", 1);
	opts.owner = CAIRN_STR("\xff");
	refused(conn, &opts, CAIRN_INVALID, "arg.invalid_name");
	cairn_str types[] = { CAIRN_STR("t"), CAIRN_STR(" ") };
	opts = ct_claim_opts("w", 1);
	opts.types = types;
	opts.type_count = 2;
	refused(conn, &opts, CAIRN_INVALID, "arg.invalid_name");
	opts = ct_claim_opts("w", 1);
	opts.type_count = 1;
	refused(conn, &opts, CAIRN_INVALID, "arg.invalid");
	opts = ct_claim_opts("w", 1001);
	refused(conn, &opts, CAIRN_TOO_LARGE, "limit.exceeded");
	opts = ct_claim_opts("w", 1);
	opts.prestart = 2;
	refused(conn, &opts, CAIRN_INVALID, "arg.reserved");
	ct_unchanged(conn, id, before);
}

static const ct_case cases[] = {
	{ .name = "jobs.claim.leases_the_row_to_the_worker",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A claim writes status, worker, fence, attempt, lease, an attempt and an event, "
		  "all at its own time; nothing else changes.",
	  .covers = "runledger K03",
	  .run = leases_the_row },
	{ .name = "jobs.claim.the_running_attempt_is_listed",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Attempts list the running one: fence, worker, start, no end.",
	  .covers = "runledger K03",
	  .run = shows_the_running_attempt },
	{ .name = "jobs.claim.one_leased_event_tells_worker_and_lease",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The LEASED event has run, attempt and stage, and payload members worker and "
		  "lease_us.",
	  .covers = "runledger K03",
	  .run = writes_one_event },
	{ .name = "jobs.claim.answers_the_row_as_it_is_now",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A claimed row equals the stored one, with the definition's retry policy added.",
	  .covers = "runledger K03",
	  .run = answers_the_row_as_it_is },
	{ .name = "jobs.claim.keeps_what_the_last_attempt_left",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The next claim keeps started_at, reason, error, progress and checkpoint, and "
		  "adds an attempt.",
	  .covers = "runledger K12, K13",
	  .run = keeps_what_the_last_attempt_left },
	{ .name = "jobs.claim.a_result_is_reused_from_call_to_call",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A result passed in again holds exactly the new answer, more, fewer or no rows.",
	  .run = a_result_is_reused },
	{ .name = "jobs.claim.rolls_back_whole",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A claim that is rolled back leaves row, attempts and events as they were.",
	  .covers = "runledger K08",
	  .run = rolls_back_with_the_caller },
	{ .name = "jobs.claim.a_lease_lasts_100_milliseconds_to_a_day",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A lease below 100 ms or above 24 h is job.invalid_lease_duration; nothing is "
		  "touched.",
	  .covers = "runledger K06",
	  .run = lease_durations },
	{ .name = "jobs.claim.malformed_options_are_refused",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A claim needs a worker and well-formed names; beyond 1000 it is TOO_LARGE.",
	  .run = malformed_options },
};

CT_GROUP(claim, cases);
