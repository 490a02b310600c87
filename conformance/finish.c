/*
 * finish.c - successes, and what every ending may bring along: output, checkpoint,
 * progress. Batches and leases made by hand are in finish_batch.c, failures in retry.c and dead.c,
 * lost leases in lease_lost.c.
 */
#include "ct.h"

#define BAD_PROGRESS "job.invalid_completion_progress"

/* The newest comes first: jobs that are due again do not get between. */
static cairn_lease take(cairn_conn *conn)
{
	ct_define_retry(conn, "t", 5, CAIRN_SECOND);
	cairn_job_new job = ct_new("t");
	job.set = CAIRN_JOB_PRIORITY;
	job.priority = (int32_t)ct_number();
	ct_add(conn, &job);
	return ct_claim(conn, "w");
}

static cairn_finish done_of(cairn_finish finish, int64_t done)
{
	finish.set |= CAIRN_FINISH_DONE;
	finish.progress_done = done;
	return finish;
}

static cairn_finish total_of(cairn_finish finish, int64_t total)
{
	finish.set |= CAIRN_FINISH_TOTAL;
	finish.progress_total = total;
	return finish;
}

/* A lease on a job that has stored progress and a checkpoint from the attempt before. */
static cairn_lease take_with(cairn_conn *conn, int64_t done, int64_t total)
{
	cairn_finish first = ct_failure(take(conn), CAIRN_FINISH_RETRYABLE, "first");
	if (done >= 0)
		first = done_of(first, done);
	if (total >= 0)
		first = total_of(first, total);
	first.checkpoint = CAIRN_STR("{\"at\":1}");
	ct_finish(conn, first);
	ct_advance(CAIRN_SECOND);
	return ct_claim(conn, "w");
}

static void progress_is(cairn_conn *conn, cairn_id id, int64_t done, int64_t total)
{
	const cairn_job *job = ct_job(conn, id);
	ct_int(job->progress_done, done);
	ct_int(job->progress_total, total);
}

static const cairn_event *last_event(cairn_conn *conn, cairn_id id)
{
	const cairn_event_rows *events = ct_events(conn, id);
	ct_true(events->count > 0);
	return &events->at[events->count - 1];
}

/* ---- a success ----------------------------------------------------------------- */

static void closes_the_attempt(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	cairn_time then = ct_now();
	ct_advance(CAIRN_SECOND);
	ct_finish(conn, ct_success(lease));
	const cairn_attempts *attempts = ct_attempts(conn, lease.id);
	ct_int(attempts->count, 1);
	const cairn_attempt *attempt = &attempts->at[0];
	ct_int(attempt->fence, 1);
	ct_int(attempt->run_number, 1);
	ct_int(attempt->attempt, 1);
	ct_str(attempt->worker, "w");
	ct_int(attempt->leased_at, then);
	ct_int(attempt->finished_at, ct_now());
	ct_int(attempt->ending, CAIRN_ENDING_SUCCEEDED);
	ct_str(attempt->error_code, NULL);
	ct_str(attempt->error_message, NULL);
	ct_int(attempt->retry_delay, 0);
	ct_int(attempt->next_run_at, 0);
	ct_int(attempt->not_before, 0);
}

static void writes_one_event(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_advance(CAIRN_SECOND);
	ct_finish(conn, total_of(done_of(ct_success(lease), 2), 3));
	ct_text(ct_timeline(conn, lease.id), "ENQUEUED LEASED SUCCEEDED");
	const cairn_event *event = last_event(conn, lease.id);
	ct_int(event->seq, 3);
	ct_int(event->run_number, 1);
	ct_int(event->attempt, 1);
	ct_str(event->stage, "completed");
	ct_int(event->progress_done, 2);
	ct_int(event->progress_total, 3);
	ct_int(event->at, ct_now());
	ct_str(event->payload, "{}");
}

static void answers_what_it_did(void)
{
	cairn_conn *conn = ct_open();
	cairn_changed changed = ct_finish(conn, ct_success(take(conn)));
	ct_int(changed.job_status, CAIRN_JOB_SUCCEEDED);
	ct_int(changed.ending, CAIRN_ENDING_SUCCEEDED);
	ct_int(changed.run_at, 0);
	ct_int(changed.lease_expires_at, 0);
}

static void forgets_the_errors_before(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_with(conn, 1, 2);
	ct_finish(conn, ct_success(lease));
	const cairn_job *job = ct_job(conn, lease.id);
	ct_str(job->error_code, NULL);
	ct_str(job->error_message, NULL);
	ct_str(job->status_reason, NULL);
	const cairn_attempt *first = &ct_attempts(conn, lease.id)->at[0];
	ct_str(first->error_code, "first");
	ct_int(first->ending, CAIRN_ENDING_RETRYABLE);
}

static void has_no_error_fields(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	const char *before = ct_snapshot(conn, lease.id);
	cairn_finish bad[] = { ct_success(lease), ct_success(lease), ct_success(lease) };
	bad[0].error_code = CAIRN_STR("x");
	bad[1].error_message = CAIRN_STR("x");
	bad[2].not_before = ct_now() + CAIRN_HOUR;
	for (size_t i = 0; i < 3; i++)
		ct_status(cairn_job_finish(conn, &bad[i], 1, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_unchanged(conn, lease.id, before);
	ct_finish(conn, ct_success(lease));
}

/* ---- output -------------------------------------------------------------------- */

static void output_is_kept_as_given(void)
{
	cairn_conn *conn = ct_open();
	const char *big = ct_format("\"%s\"", ct_repeat('o', 100000));
	const char *outputs[] = { "null",  "0",	 "\"\"", " { \"b\": 1.0, \"a\": [ ] }\n",
				  "false", "[]", big };
	for (size_t i = 0; i < 7; i++) {
		cairn_finish finish = ct_success(take(conn));
		finish.output = cairn_str_of(outputs[i]);
		ct_finish(conn, finish);
		ct_str(ct_job(conn, finish.lease.id)->output, outputs[i]);
	}
	cairn_finish finish = ct_success(take(conn));
	ct_finish(conn, finish);
	ct_str(ct_job(conn, finish.lease.id)->output, NULL);
}

static void output_must_be_json(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	const char *before = ct_snapshot(conn, lease.id);
	const char *bad[] = { "nope", "{", "[1,]", "{\"a\":1,\"a\":2}", "\"\\u0000\"", "\"\xff\"" };
	for (size_t i = 0; i < 6; i++) {
		cairn_finish finish = ct_success(lease);
		finish.output = cairn_str_of(bad[i]);
		ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID, NULL);
		finish.output = (cairn_str){ NULL, 0 };
		finish.checkpoint = cairn_str_of(bad[i]);
		ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID, NULL);
	}
	ct_unchanged(conn, lease.id, before);
	ct_finish(conn, ct_success(lease));
}

static void failures_have_none(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	const char *before = ct_snapshot(conn, lease.id);
	for (int how = CAIRN_FINISH_RETRYABLE; how <= CAIRN_FINISH_PANICKED; how++) {
		cairn_finish finish = ct_failure(lease, (enum cairn_finish_how)how, "x");
		finish.output = CAIRN_STR("1");
		ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID,
			  "arg.invalid");
	}
	ct_unchanged(conn, lease.id, before);
}

static void the_first_output_stays(void)
{
	cairn_conn *conn = ct_open();
	cairn_finish finish = ct_success(take(conn));
	finish.output = CAIRN_STR("1");
	ct_finish(conn, finish);
	const char *before = ct_snapshot(conn, finish.lease.id);
	ct_advance(CAIRN_SECOND);
	finish.output = CAIRN_STR("2");
	finish = done_of(finish, 7);
	cairn_changed again = ct_send(conn, finish);
	ct_each(again, CAIRN_STALE, "job.finished");
	ct_unchanged(conn, finish.lease.id, before);
	ct_int(ct_count_events(conn, finish.lease.id, CAIRN_EVENT_SUCCEEDED), 1);
}

/* ---- checkpoint ---------------------------------------------------------------- */

static void checkpoint_stays_unless_given(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease kept = take_with(conn, -1, -1);
	ct_finish(conn, ct_success(kept));
	ct_str(ct_job(conn, kept.id)->checkpoint, "{\"at\":1}");
	const char *given[] = { "null", " [ 2 ]", "\"\"" };
	for (size_t i = 0; i < 3; i++) {
		cairn_finish finish = ct_success(take_with(conn, -1, -1));
		finish.checkpoint = cairn_str_of(given[i]);
		ct_finish(conn, finish);
		ct_str(ct_job(conn, finish.lease.id)->checkpoint, given[i]);
	}
	cairn_finish none = ct_success(take(conn));
	ct_finish(conn, none);
	ct_str(ct_job(conn, none.lease.id)->checkpoint, NULL);
}

static void checkpoint_reaches_the_next_attempt(void)
{
	cairn_conn *conn = ct_open();
	cairn_finish finish = ct_failure(take(conn), CAIRN_FINISH_TIMEOUT, "x");
	finish.checkpoint = CAIRN_STR("{ \"page\": 7 }");
	ct_finish(conn, done_of(finish, 7));
	ct_advance(CAIRN_SECOND);
	const cairn_jobs *next = ct_claim_n(conn, "w2", 1);
	ct_int(next->count, 1);
	ct_str(next->at[0].checkpoint, "{ \"page\": 7 }");
	ct_int(next->at[0].progress_done, 7);
	ct_int(next->at[0].attempt, 2);
}

/* ---- progress ------------------------------------------------------------------ */

static void stored_progress_stays(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_with(conn, 5, 10);
	ct_finish(conn, ct_success(lease));
	progress_is(conn, lease.id, 5, 10);
	ct_int(last_event(conn, lease.id)->progress_done, 5);
	ct_int(last_event(conn, lease.id)->progress_total, 10);
}

static void parts_are_merged(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_with(conn, 5, 10);
	ct_finish(conn, done_of(ct_success(lease), 7));
	progress_is(conn, lease.id, 7, 10);
	ct_int(last_event(conn, lease.id)->progress_done, 7);
	ct_int(last_event(conn, lease.id)->progress_total, 10);
	lease = take_with(conn, 5, 10);
	ct_finish(conn, total_of(ct_success(lease), 20));
	progress_is(conn, lease.id, 5, 20);
	ct_int(last_event(conn, lease.id)->progress_done, 5);
	ct_int(last_event(conn, lease.id)->progress_total, 20);
	lease = take_with(conn, 5, 10);
	ct_finish(conn, total_of(done_of(ct_success(lease), 1), 2));
	progress_is(conn, lease.id, 1, 2);
}

static void failures_merge_too(void)
{
	cairn_conn *conn = ct_open();
	for (int how = CAIRN_FINISH_RETRYABLE; how <= CAIRN_FINISH_PANICKED; how++) {
		cairn_lease lease = take_with(conn, 5, 10);
		cairn_finish finish = ct_failure(lease, (enum cairn_finish_how)how, "x");
		ct_finish(conn, done_of(finish, 9));
		progress_is(conn, lease.id, 9, 10);
	}
}

static void fits(cairn_conn *conn, int64_t done, int64_t total)
{
	cairn_finish finish = ct_success(take(conn));
	if (done >= 0)
		finish = done_of(finish, done);
	if (total >= 0)
		finish = total_of(finish, total);
	ct_finish(conn, finish);
	progress_is(conn, finish.lease.id, done, total);
}

static void possible_progress(void)
{
	cairn_conn *conn = ct_open();
	fits(conn, 1, -1);
	fits(conn, -1, 5);
	fits(conn, 0, 0);
	fits(conn, 5, 5);
	fits(conn, INT64_MAX, -1);
	fits(conn, INT64_MAX, INT64_MAX);
	fits(conn, 0, INT64_MAX);
}

static void impossible_by_itself(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease other = take(conn);
	cairn_lease lease = take(conn);
	const char *before = ct_snapshot(conn, lease.id);
	const int64_t pairs[][2] = { { -1, 1 }, { 1, -1 }, { 2, 1 }, { INT64_MIN, INT64_MAX } };
	uint64_t trips = cairn_conn_round_trips(conn);
	for (size_t i = 0; i < 4; i++) {
		cairn_finish ends[] = { ct_success(other), ct_success(lease) };
		ends[1] = total_of(done_of(ends[1], pairs[i][0]), pairs[i][1]);
		ct_status(cairn_job_finish(conn, ends, 2, NULL, ct_err()), CAIRN_INVALID,
			  BAD_PROGRESS);
		ct_int(ct_last()->index, 1);
		ends[1] = ct_failure(lease, CAIRN_FINISH_TERMINAL, "x");
		ends[1] = total_of(done_of(ends[1], pairs[i][0]), pairs[i][1]);
		ct_status(cairn_job_finish(conn, ends, 2, NULL, ct_err()), CAIRN_INVALID,
			  BAD_PROGRESS);
	}
	ct_int(cairn_conn_round_trips(conn), trips);
	ct_unchanged(conn, lease.id, before);
	ct_finish(conn, total_of(done_of(ct_success(lease), 1), 2));
	ct_finish(conn, ct_success(other));
}

static void refused_here(cairn_conn *conn, cairn_finish finish)
{
	const char *before = ct_snapshot(conn, finish.lease.id);
	ct_advance(CAIRN_SECOND);
	cairn_changed changed = ct_send(conn, finish);
	ct_each(changed, CAIRN_INVALID, BAD_PROGRESS);
	ct_int(changed.job_status, CAIRN_JOB_LEASED);
	ct_int(changed.ending, CAIRN_ENDING_NONE);
	ct_unchanged(conn, finish.lease.id, before);
}

static void impossible_with_what_is_stored(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_with(conn, 5, 10);
	refused_here(conn, done_of(ct_success(lease), 20));
	refused_here(conn, done_of(ct_success(lease), 11));
	refused_here(conn, total_of(ct_success(lease), 4));
	for (int how = CAIRN_FINISH_RETRYABLE; how <= CAIRN_FINISH_PANICKED; how++)
		refused_here(conn, done_of(ct_failure(lease, (enum cairn_finish_how)how, "x"), 11));
	ct_finish(conn, done_of(ct_success(lease), 10));
	progress_is(conn, lease.id, 10, 10);
}

static void a_refusal_is_no_reason_to_stop(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease bad = take_with(conn, 5, 10);
	cairn_lease good = take(conn);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_finish ends[] = { done_of(ct_success(bad), 11), ct_success(good) };
	cairn_changed each[2];
	ct_ok(cairn_job_finish(conn, ends, 2, each, ct_err()));
	ct_each(each[0], CAIRN_INVALID, BAD_PROGRESS);
	ct_each(each[1], CAIRN_OK, NULL);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_job(conn, bad.id)->status, CAIRN_JOB_LEASED);
	ct_int(ct_job(conn, good.id)->status, CAIRN_JOB_SUCCEEDED);
	ct_status(cairn_job_finish(conn, ends, 1, NULL, ct_err()), CAIRN_INVALID, BAD_PROGRESS);
	ct_int(ct_last()->index, 0);
}

static void a_lost_lease_is_told_first(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_with(conn, 5, 10);
	cairn_finish finish = done_of(ct_success(lease), 11);
	finish.lease.fence = 1;
	cairn_changed changed = ct_send(conn, finish);
	ct_each(changed, CAIRN_STALE, "job.lease_lost");
	finish.lease = lease;
	ct_advance(CAIRN_HOUR);
	changed = ct_send(conn, finish);
	ct_each(changed, CAIRN_STALE, "job.lease_expired");
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.finish.a_success_closes_its_attempt",
	  VERB,
	  .rule = "A success ends its attempt now as SUCCEEDED, without error or retry.",
	  .covers = "runledger U01",
	  .run = closes_the_attempt },
	{ .name = "jobs.finish.a_success_writes_one_event",
	  VERB,
	  .rule = "A success writes one SUCCEEDED event: stage completed, the progress it left, "
		  "an empty payload.",
	  .covers = "runledger U01, U02",
	  .run = writes_one_event },
	{ .name = "jobs.finish.a_success_answers_the_end",
	  VERB,
	  .rule = "The answer to a success has the new status and the ending, neither a due "
		  "time nor a lease.",
	  .run = answers_what_it_did },
	{ .name = "jobs.finish.a_success_forgets_the_errors_before",
	  VERB,
	  .rule = "After a success the job shows no error; the attempts that failed keep theirs.",
	  .covers = "runledger U01",
	  .run = forgets_the_errors_before },
	{ .name = "jobs.finish.a_success_has_no_error_fields",
	  VERB,
	  .rule = "A success with an error code, a message or a retry time is INVALID.",
	  .run = has_no_error_fields },
	{ .name = "jobs.finish.output_is_kept_byte_for_byte",
	  VERB,
	  .rule = "An output reads back as it was given; absent is not null.",
	  .covers = "runledger U01",
	  .run = output_is_kept_as_given },
	{ .name = "jobs.finish.output_and_checkpoint_must_be_json",
	  VERB,
	  .rule = "An output or checkpoint that is no strict JSON fails the call; the lease "
		  "stays usable.",
	  .run = output_must_be_json },
	{ .name = "jobs.finish.a_failure_has_no_output",
	  VERB,
	  .rule = "A failure that brings an output is INVALID and nothing is stored.",
	  .covers = "runledger U09",
	  .run = failures_have_none },
	{ .name = "jobs.finish.a_second_success_changes_nothing",
	  VERB,
	  .rule = "A success sent twice, with another output even, leaves the first one's.",
	  .covers = "runledger U07",
	  .run = the_first_output_stays },
	{ .name = "jobs.finish.a_checkpoint_stays_unless_given",
	  VERB,
	  .rule = "An absent checkpoint keeps the stored one; a given one replaces it, JSON "
		  "null too.",
	  .covers = "runledger P08",
	  .run = checkpoint_stays_unless_given },
	{ .name = "jobs.finish.the_next_attempt_gets_the_checkpoint",
	  VERB,
	  .rule = "Progress and checkpoint that came with a failure are in the next claim.",
	  .covers = "runledger F03, F16",
	  .run = checkpoint_reaches_the_next_attempt },
	{ .name = "jobs.finish.stored_progress_stays",
	  VERB,
	  .rule = "A success that says nothing of progress keeps the stored one and shows it in "
		  "its event.",
	  .covers = "runledger U02",
	  .run = stored_progress_stays },
	{ .name = "jobs.finish.progress_is_merged_with_the_stored",
	  VERB,
	  .rule = "Done or total alone is joined with the stored other one, in row and event.",
	  .covers = "runledger U03",
	  .run = parts_are_merged },
	{ .name = "jobs.finish.every_failure_merges_progress_too",
	  VERB,
	  .rule = "Progress that comes with any failure is merged like that of a success.",
	  .covers = "runledger U03",
	  .run = failures_merge_too },
	{ .name = "jobs.finish.every_possible_progress_fits",
	  VERB,
	  .rule = "Done without total, total without done, equal ones, and all of int64 are "
		  "valid.",
	  .covers = "runledger U06, P09",
	  .run = possible_progress },
	{ .name = "jobs.finish.impossible_progress_fails_before_any_io",
	  VERB,
	  .rule = "Negative progress, or done above total in one request, fails the call before "
		  "any I/O and names the item; a valid call works then.",
	  .covers = "runledger U04",
	  .run = impossible_by_itself },
	{ .name = "jobs.finish.impossible_with_the_stored_progress_is_refused",
	  VERB,
	  .rule = "Progress that only the stored values make impossible refuses its item, "
		  "writes nothing and leaves the lease usable, whatever the ending.",
	  .covers = "runledger U05",
	  .run = impossible_with_what_is_stored },
	{ .name = "jobs.finish.refused_progress_stops_nobody_else",
	  VERB,
	  .rule = "An item refused for its progress leaves its batch and the caller's "
		  "transaction alone.",
	  .covers = "runledger U05",
	  .run = a_refusal_is_no_reason_to_stop },
	{ .name = "jobs.finish.a_lost_lease_is_told_before_its_progress",
	  VERB,
	  .rule = "Who has lost the lease is told so, whatever progress is sent with it.",
	  .run = a_lost_lease_is_told_first },
};

CT_GROUP(finish, cases);
