/*
 * finish_batch.c - many endings in one call, finish_and_claim, and leases made by hand from id
 * and fence. What one ending writes is in finish.c, retry.c and dead.c.
 */
#include "ct.h"

static cairn_lease take(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_add(conn, &job);
	return ct_claim(conn, "w");
}

static const cairn_jobs *add_and_claim(cairn_conn *conn, uint32_t n)
{
	cairn_job_new *jobs = ct_alloc(n * sizeof(*jobs));
	for (size_t i = 0; i < n; i++)
		jobs[i] = ct_new("t");
	ct_ok(cairn_job_enqueue(conn, jobs, n, NULL, ct_err()));
	const cairn_jobs *claimed = ct_claim_n(conn, "w", n);
	ct_int(claimed->count, n);
	return claimed;
}

static cairn_lease by_hand(cairn_lease lease)
{
	return (cairn_lease){ .id = lease.id, .fence = lease.fence };
}

/* ---- batches ------------------------------------------------------------------- */

static const struct {
	enum cairn_finish_how how;
	enum cairn_ending ending;
	enum cairn_job_status after;
	const char *timeline;
} ways[] = {
	{ CAIRN_FINISH_SUCCESS, CAIRN_ENDING_SUCCEEDED, CAIRN_JOB_SUCCEEDED,
	  "ENQUEUED LEASED SUCCEEDED" },
	{ CAIRN_FINISH_RETRYABLE, CAIRN_ENDING_RETRYABLE, CAIRN_JOB_PENDING,
	  "ENQUEUED LEASED FAILED RETRY_SCHEDULED" },
	{ CAIRN_FINISH_TIMEOUT, CAIRN_ENDING_TIMEOUT, CAIRN_JOB_PENDING,
	  "ENQUEUED LEASED FAILED RETRY_SCHEDULED" },
	{ CAIRN_FINISH_TERMINAL, CAIRN_ENDING_TERMINAL, CAIRN_JOB_DEAD_LETTERED,
	  "ENQUEUED LEASED FAILED DEAD_LETTERED" },
	{ CAIRN_FINISH_PANICKED, CAIRN_ENDING_PANICKED, CAIRN_JOB_DEAD_LETTERED,
	  "ENQUEUED LEASED FAILED DEAD_LETTERED" },
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static cairn_finish end_of(cairn_lease lease, size_t way)
{
	if (ways[way].how == CAIRN_FINISH_SUCCESS)
		return ct_success(lease);
	return ct_failure(lease, ways[way].how, ct_format("code.%u", (unsigned)way));
}

static void every_ending_in_one_batch(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	enum { N = 35 };
	const cairn_jobs *claimed = add_and_claim(conn, N);
	cairn_finish ends[N];
	cairn_changed each[N];
	for (size_t i = 0; i < N; i++) {
		/* neither in the order of the ids nor in that of the endings */
		ends[i] = end_of(cairn_job_lease(&claimed->at[(i * 11 + 5) % N]), i % WAYS);
		if (i % WAYS == 0)
			ends[i].output = cairn_str_of(ct_format("%u", (unsigned)i));
	}
	ct_advance(CAIRN_SECOND);
	ct_ok(cairn_job_finish(conn, ends, N, each, ct_err()));
	for (size_t i = 0; i < N; i++) {
		size_t way = i % WAYS;
		const cairn_job *job = ct_job(conn, ends[i].lease.id);
		ct_each(each[i], CAIRN_OK, NULL);
		ct_int(each[i].job_status, ways[way].after);
		ct_int(each[i].ending, ways[way].ending);
		ct_int(job->status, ways[way].after);
		ct_int(job->updated_at, ct_now());
		ct_same(job->error_code, ends[i].error_code);
		ct_same(job->output, ends[i].output);
		ct_text(ct_timeline(conn, job->id), ways[way].timeline);
		ct_int(ct_attempts(conn, job->id)->at[0].ending, ways[way].ending);
		ct_true((ct_dead(conn, job->id) != NULL) ==
			(ways[way].after == CAIRN_JOB_DEAD_LETTERED));
	}
}

/* More than any driver is likely to put into one statement. */
static void large(size_t ways_used)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	enum { N = 1000, MORE = 203 };
	const cairn_jobs *claimed = add_and_claim(conn, N);
	const cairn_jobs *more = add_and_claim(conn, MORE);
	cairn_finish *ends = ct_alloc((N + MORE) * sizeof(*ends));
	cairn_changed *each = ct_alloc((N + MORE) * sizeof(*each));
	size_t counts[CAIRN_JOB_CANCELED + 1] = { 0 };
	for (size_t i = 0; i < N + MORE; i++) {
		size_t at = (i * 7 + 3) % (N + MORE);
		const cairn_job *job = at < N ? &claimed->at[at] : &more->at[at - N];
		ends[i] = end_of(cairn_job_lease(job), i % ways_used);
		ends[i].output = ends[i].how == CAIRN_FINISH_SUCCESS
					 ? cairn_str_of(ct_format("%u", (unsigned)i))
					 : ends[i].output;
		counts[ways[i % ways_used].after]++;
	}
	ends[700].lease.fence = 2;
	counts[ways[700 % ways_used].after]--;
	ct_ok(cairn_job_finish(conn, ends, N + MORE, each, ct_err()));
	for (size_t i = 0; i < N + MORE; i++) {
		if (i == 700)
			ct_each(each[i], CAIRN_STALE, "job.lease_lost");
		else
			ct_each(each[i], CAIRN_OK, NULL);
		if (i % 97 == 0)
			ct_same(ct_job(conn, ends[i].lease.id)->output, ends[i].output);
	}
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_LEASED), 1);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_PENDING), counts[CAIRN_JOB_PENDING]);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_DEAD_LETTERED), counts[CAIRN_JOB_DEAD_LETTERED]);
	if (counts[CAIRN_JOB_SUCCEEDED] < 1000)
		ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_SUCCEEDED), counts[CAIRN_JOB_SUCCEEDED]);
}

static void many_successes(void)
{
	large(1);
}

static void many_mixed(void)
{
	large(WAYS);
}

static void one_time_for_all(void)
{
	cairn_conn_opts real = ct_opts();
	real.clock = NULL;
	cairn_conn *conn = ct_open_with(&real);
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	const cairn_jobs *claimed = add_and_claim(conn, WAYS);
	cairn_finish ends[WAYS];
	for (size_t i = 0; i < WAYS; i++)
		ends[i] = end_of(cairn_job_lease(&claimed->at[i]), i);
	ct_ok(cairn_job_finish(conn, ends, WAYS, NULL, ct_err()));
	cairn_time now = ct_job(conn, ends[0].lease.id)->updated_at;
	for (size_t i = 0; i < WAYS; i++) {
		const cairn_job *job = ct_job(conn, ends[i].lease.id);
		const cairn_event_rows *events = ct_events(conn, job->id);
		ct_int(job->updated_at, now);
		ct_int(ct_attempts(conn, job->id)->at[0].finished_at, now);
		ct_int(events->at[events->count - 1].at, now);
		if (job->status == CAIRN_JOB_PENDING)
			ct_int(job->run_at, now + CAIRN_MINUTE);
		else
			ct_int(job->finished_at, now);
	}
}

static void a_malformed_item_writes_nothing(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_lease good = take(conn);
	cairn_lease other = take(conn);
	const char *before = ct_snapshot(conn, good.id);
	cairn_finish bad[] = { ct_failure(other, CAIRN_FINISH_TERMINAL, ""),
			       ct_failure(other, CAIRN_FINISH_RETRYABLE, " "),
			       ct_failure(other, CAIRN_FINISH_TIMEOUT, "a\nb"),
			       ct_failure(other, CAIRN_FINISH_PANICKED, "x") };
	bad[3].error_message = cairn_str_of("\xc3");
	for (size_t i = 0; i < 4; i++) {
		cairn_finish ends[] = { ct_success(good), bad[i] };
		cairn_changed each[2];
		ct_status(cairn_job_finish(conn, ends, 2, each, ct_err()), CAIRN_INVALID, NULL);
		ct_int(ct_last()->index, 1);
	}
	ct_unchanged(conn, good.id, before);
}

/* ---- finish and claim ---------------------------------------------------------- */

static const cairn_jobs *next(cairn_conn *conn, const cairn_finish *ends, size_t n,
			      cairn_changed *each, uint32_t limit)
{
	cairn_claim_opts opts = ct_claim_opts("next", limit);
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_finish_and_claim(conn, ends, n, each, &opts, &jobs, ct_err()));
	ct_later(jobs);
	return jobs;
}

static void drains_the_queue(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	enum { N = 12, BATCH = 5 };
	cairn_id ids[N];
	for (size_t i = 0; i < N; i++) {
		cairn_job_new job = ct_new("t");
		ids[i] = ct_add(conn, &job);
	}
	cairn_finish ends[BATCH];
	cairn_changed each[BATCH];
	const cairn_jobs *jobs = next(conn, NULL, 0, NULL, BATCH);
	size_t seen = 0;
	while (jobs->count) {
		for (size_t i = 0; i < jobs->count; i++) {
			ct_id(jobs->at[i].id, ids[seen++]);
			ends[i] = ct_success(cairn_job_lease(&jobs->at[i]));
		}
		size_t n = jobs->count;
		jobs = next(conn, ends, n, each, BATCH);
		for (size_t i = 0; i < n; i++)
			ct_each(each[i], CAIRN_OK, NULL);
	}
	ct_int(seen, N);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_SUCCEEDED), N);
	ct_text(ct_timeline(conn, ids[N - 1]), "ENQUEUED LEASED SUCCEEDED");
}

static void claims_like_a_claim(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_finish end = ct_success(take(conn));
	cairn_job_new job = ct_new("t");
	job.payload = CAIRN_STR("{ \"x\": 1 }");
	cairn_id id = ct_add(conn, &job);
	ct_advance(CAIRN_SECOND);
	cairn_changed changed;
	const cairn_jobs *jobs = next(conn, &end, 1, &changed, 1);
	ct_int(jobs->count, 1);
	const cairn_job *got = &jobs->at[0];
	const cairn_job *row = ct_job(conn, id);
	ct_id(got->id, id);
	ct_str(got->payload, "{ \"x\": 1 }");
	ct_str(got->worker, "next");
	ct_int(got->fence, 1);
	ct_int(got->status, CAIRN_JOB_LEASED);
	ct_int(row->status, CAIRN_JOB_LEASED);
	ct_str(row->worker, "next");
	ct_int(row->lease_expires_at, ct_now() + CAIRN_LEASE_DEFAULT);
	ct_int(ct_job(conn, end.lease.id)->finished_at, ct_now());
	ct_finish(conn, ct_success(cairn_job_lease(got)));
}

static void is_one_commit(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_finish end = ct_success(take(conn));
	cairn_job_new job = ct_new("t");
	cairn_id id = ct_add(conn, &job);
	const char *first = ct_snapshot(conn, end.lease.id);
	const char *second = ct_snapshot(conn, id);
	cairn_changed changed;
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_int(next(conn, &end, 1, &changed, 1)->count, 1);
	cairn_rollback(&tx);
	ct_unchanged(conn, end.lease.id, first);
	ct_unchanged(conn, id, second);
	ct_int(next(conn, &end, 1, &changed, 1)->count, 1);
	ct_each(changed, CAIRN_OK, NULL);
}

static void refuses_both_or_none(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_finish end = ct_success(take(conn));
	cairn_job_new job = ct_new("t");
	cairn_id id = ct_add(conn, &job);
	const char *first = ct_snapshot(conn, end.lease.id);
	const char *second = ct_snapshot(conn, id);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_changed changed;
	cairn_jobs *jobs = NULL;
	opts.lease = 1;
	ct_status(cairn_job_finish_and_claim(conn, &end, 1, &changed, &opts, &jobs, ct_err()),
		  CAIRN_INVALID, "job.invalid_lease_duration");
	opts = ct_claim_opts(NULL, 1);
	ct_status(cairn_job_finish_and_claim(conn, &end, 1, &changed, &opts, &jobs, ct_err()),
		  CAIRN_INVALID, "arg.invalid_name");
	opts = ct_claim_opts("w", 1);
	end.output = CAIRN_STR("nope");
	ct_status(cairn_job_finish_and_claim(conn, &end, 1, &changed, &opts, &jobs, ct_err()),
		  CAIRN_INVALID, NULL);
	ct_int(ct_last()->index, 0);
	ct_true(jobs == NULL || jobs->count == 0);
	ct_later(jobs);
	ct_unchanged(conn, end.lease.id, first);
	ct_unchanged(conn, id, second);
}

static void claims_behind_refused_progress(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 5, CAIRN_SECOND);
	cairn_finish fail = ct_failure(take(conn), CAIRN_FINISH_RETRYABLE, "x");
	fail.set = CAIRN_FINISH_TOTAL;
	fail.progress_total = 3;
	ct_finish(conn, fail);
	ct_advance(CAIRN_SECOND);
	cairn_finish end = ct_success(ct_claim(conn, "w"));
	end.set = CAIRN_FINISH_DONE;
	end.progress_done = 4;
	cairn_job_new job = ct_new("t");
	cairn_id id = ct_add(conn, &job);
	cairn_changed changed;
	const cairn_jobs *jobs = next(conn, &end, 1, &changed, 5);
	ct_each(changed, CAIRN_INVALID, "job.invalid_completion_progress");
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, id);
	ct_int(ct_job(conn, end.lease.id)->status, CAIRN_JOB_LEASED);
}

static void a_retry_is_not_claimed_at_once(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 5, 1);
	cairn_finish end = ct_failure(take(conn), CAIRN_FINISH_RETRYABLE, "x");
	cairn_changed changed;
	ct_int(next(conn, &end, 1, &changed, 5)->count, 0);
	ct_each(changed, CAIRN_OK, NULL);
	ct_int(changed.job_status, CAIRN_JOB_PENDING);
	ct_int(changed.run_at, ct_now() + 1);
	ct_advance(1);
	ct_int(next(conn, NULL, 0, NULL, 5)->count, 1);
}

static void may_claim_nothing(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_finish end = ct_success(take(conn));
	cairn_job_new job = ct_new("t");
	ct_add(conn, &job);
	cairn_str nothing = CAIRN_STR("unused");
	cairn_claim_opts opts = ct_claim_opts("w", 5);
	opts.types = &nothing; /* a list without elements */
	cairn_changed changed;
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_finish_and_claim(conn, &end, 1, &changed, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_each(changed, CAIRN_OK, NULL);
	ct_int(jobs->count, 0);
	ct_int(ct_job(conn, end.lease.id)->status, CAIRN_JOB_SUCCEEDED);
}

/* ---- leases made by hand ------------------------------------------------------- */

static void by_hand_it_is_retried(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition definition = { .type = CAIRN_STR("t"),
					.max_attempts = 3,
					.retry = { .base = 7 * CAIRN_SECOND,
						   .cap = CAIRN_HOUR,
						   .jitter = -1,
						   .factor = 3000 } };
	ct_ok(cairn_job_define(conn, &definition, 1, ct_err()));
	cairn_lease lease = take(conn);
	cairn_finish finish = ct_failure(by_hand(lease), CAIRN_FINISH_RETRYABLE, "x");
	ct_int(ct_finish(conn, finish).run_at, ct_now() + 7 * CAIRN_SECOND);
	ct_advance(7 * CAIRN_SECOND);
	finish.lease = by_hand(ct_claim(conn, "w"));
	finish.how = CAIRN_FINISH_TIMEOUT;
	ct_int(ct_finish(conn, finish).run_at, ct_now() + 21 * CAIRN_SECOND);
	ct_advance(21 * CAIRN_SECOND);
	finish.lease = by_hand(ct_claim(conn, "w"));
	ct_int(ct_finish(conn, finish).job_status, CAIRN_JOB_DEAD_LETTERED);
	ct_int(ct_dead_letter(conn, lease.id)->attempt, 3);
}

static void by_hand_among_others(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	ct_define_retry(conn, "once", 1, CAIRN_MINUTE);
	cairn_job_new once = ct_new("once");
	ct_add(conn, &once);
	cairn_lease last = ct_claim(conn, "w");
	cairn_lease lost = take(conn);
	cairn_lease real = take(conn);
	cairn_lease made = take(conn);
	cairn_finish ends[] = {
		ct_failure(by_hand(last), CAIRN_FINISH_RETRYABLE, "x"),
		ct_failure(by_hand(lost), CAIRN_FINISH_RETRYABLE, "x"),
		ct_failure(real, CAIRN_FINISH_RETRYABLE, "x"),
		ct_failure(by_hand(made), CAIRN_FINISH_RETRYABLE, "x"),
	};
	ends[1].lease.fence = 5;
	cairn_changed each[4];
	ct_ok(cairn_job_finish(conn, ends, 4, each, ct_err()));
	ct_int(each[0].job_status, CAIRN_JOB_DEAD_LETTERED);
	ct_each(each[1], CAIRN_STALE, "job.lease_lost");
	for (size_t i = 2; i < 4; i++) {
		ct_each(each[i], CAIRN_OK, NULL);
		ct_int(each[i].job_status, CAIRN_JOB_PENDING);
		ct_int(each[i].run_at, ct_now() + CAIRN_MINUTE);
	}
}

static void by_hand_other_ends(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	const enum cairn_job_status after[] = { CAIRN_JOB_SUCCEEDED, 0, 0, CAIRN_JOB_DEAD_LETTERED,
						CAIRN_JOB_DEAD_LETTERED };
	for (size_t way = 0; way < WAYS; way++) {
		if (!after[way])
			continue;
		uint64_t trips = 0;
		cairn_finish end = end_of(by_hand(take(conn)), way);
		trips = cairn_conn_round_trips(conn);
		ct_int(ct_finish(conn, end).job_status, after[way]);
		/* what is not retried needs nothing but id and fence */
		ct_true(cairn_conn_round_trips(conn) - trips <= 1);
	}
}

static void a_claimed_lease_keeps_its_policy(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 5, CAIRN_MINUTE);
	cairn_lease claimed = take(conn);
	cairn_lease made = by_hand(take(conn));
	ct_define_retry(conn, "t", 1, CAIRN_HOUR);
	cairn_finish end = ct_failure(claimed, CAIRN_FINISH_RETRYABLE, "x");
	ct_int(ct_finish(conn, end).run_at, ct_now() + CAIRN_MINUTE);
	end.lease = made;
	ct_int(ct_finish(conn, end).run_at, ct_now() + CAIRN_HOUR);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.finish.every_ending_in_one_batch",
	  VERB,
	  .rule = "A batch ends its jobs in every way at once, each answered in its place with "
		  "its own row, attempt, events and dead letter.",
	  .covers = "runledger F01",
	  .run = every_ending_in_one_batch },
	{ .name = "jobs.finish.a_large_batch_of_successes",
	  VERB,
	  .rule = "More successes than one statement holds are one call; a refused one among "
		  "them stands alone.",
	  .run = many_successes },
	{ .name = "jobs.finish.a_large_mixed_batch",
	  VERB,
	  .rule = "More endings than one statement holds are one call; a refused one among them "
		  "stands alone.",
	  .run = many_mixed },
	{ .name = "jobs.finish.one_time_for_the_whole_batch",
	  VERB,
	  .rule = "Rows, attempts and events of one batch carry one time, by the database's "
		  "clock too.",
	  .run = one_time_for_all },
	{ .name = "jobs.finish.a_malformed_failure_writes_nothing",
	  VERB,
	  .rule = "A failure without a proper code, or with a message that is no UTF-8, fails "
		  "the whole call and is named.",
	  .run = a_malformed_item_writes_nothing },
	{ .name = "jobs.finish_and_claim.drains_a_queue_in_order",
	  VERB,
	  .rule = "Finishing n and claiming the next m works through a queue in its order, each "
		  "job once.",
	  .run = drains_the_queue },
	{ .name = "jobs.finish_and_claim.claims_as_a_claim_does",
	  VERB,
	  .rule = "What finish_and_claim claims is leased like by a claim, at the same time as "
		  "the ending.",
	  .run = claims_like_a_claim },
	{ .name = "jobs.finish_and_claim.is_one_commit",
	  VERB,
	  .rule = "Ending and claim come and go together.",
	  .run = is_one_commit },
	{ .name = "jobs.finish_and_claim.refuses_both_or_none",
	  VERB,
	  .rule = "Malformed options finish nothing, a malformed ending claims nothing.",
	  .run = refuses_both_or_none },
	{ .name = "jobs.finish_and_claim.claims_behind_refused_progress",
	  VERB,
	  .rule = "An ending refused for its progress does not hinder the next claim.",
	  .covers = "runledger U05",
	  .run = claims_behind_refused_progress },
	{ .name = "jobs.finish_and_claim.a_retry_waits_its_time",
	  VERB,
	  .rule = "A job that the call gives back for a later retry is not claimed by it.",
	  .run = a_retry_is_not_claimed_at_once },
	{ .name = "jobs.finish_and_claim.may_claim_nothing",
	  VERB,
	  .rule = "With an empty list of types it finishes and claims nothing.",
	  .run = may_claim_nothing },
	{ .name = "jobs.finish.a_lease_made_by_hand_is_retried_by_the_definition",
	  VERB,
	  .rule = "Id and fence alone get the attempts of the job and the policy of its "
		  "definition.",
	  .covers = "runledger F02",
	  .run = by_hand_it_is_retried },
	{ .name = "jobs.finish.leases_made_by_hand_mix_with_claimed_ones",
	  VERB,
	  .rule = "In a batch each lease made by hand is completed for itself, or refused.",
	  .run = by_hand_among_others },
	{ .name = "jobs.finish.a_lease_made_by_hand_costs_reads_only_for_a_retry",
	  VERB,
	  .rule = "A success or a final failure needs nothing but id and fence.",
	  .run = by_hand_other_ends },
	{ .name = "jobs.finish.a_claimed_lease_keeps_its_policy",
	  VERB,
	  .rule = "A claimed lease retries by the policy of its claim; one made by hand by the "
		  "definition as it is now.",
	  .run = a_claimed_lease_keeps_its_policy },
};

CT_GROUP(finish_batch, cases);
