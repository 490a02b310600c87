/*
 * lease.c - holding a lease: heartbeats, how long it lasts, the fence that names it.
 * Every way of losing it is in lease_lost.c.
 */
#include "ct.h"

static cairn_changed beat(cairn_conn *conn, cairn_lease lease, cairn_usec duration)
{
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_heartbeat(conn, &lease, 1, duration, &changed, ct_err()));
	return changed;
}

static cairn_lease take(cairn_conn *conn)
{
	ct_enqueue(conn, "t");
	return ct_claim(conn, "w");
}

/* ---- heartbeats ---------------------------------------------------------------- */

static void extends_the_lease(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	cairn_time then = ct_now();
	ct_advance(10 * CAIRN_SECOND);
	cairn_changed changed = beat(conn, lease, CAIRN_MINUTE);
	ct_each(changed, CAIRN_OK, NULL);
	ct_int(changed.job_status, CAIRN_JOB_LEASED);
	ct_int(changed.ending, CAIRN_ENDING_NONE);
	ct_int(changed.lease_expires_at, ct_now() + CAIRN_MINUTE);
	const cairn_job *job = ct_job(conn, lease.id);
	ct_int(job->lease_expires_at, ct_now() + CAIRN_MINUTE);
	ct_int(job->heartbeat_at, ct_now());
	ct_int(job->updated_at, ct_now());
	ct_int(job->leased_at, then);
	ct_int(job->started_at, then);
	ct_int(job->fence, lease.fence);
	ct_int(job->attempt, 1);
	ct_str(job->worker, "w");
}

static void leaves_no_trace_in_the_history(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	for (size_t i = 0; i < 5; i++) {
		ct_advance(CAIRN_SECOND);
		ct_int(beat(conn, lease, 0).status, CAIRN_OK);
	}
	ct_text(ct_timeline(conn, lease.id), "ENQUEUED LEASED");
	ct_int(ct_attempts(conn, lease.id)->count, 1);
}

static void may_shorten(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_int(beat(conn, lease, CAIRN_HOUR).lease_expires_at, ct_now() + CAIRN_HOUR);
	ct_int(beat(conn, lease, 0).lease_expires_at, ct_now() + 30 * CAIRN_SECOND);
	ct_int(beat(conn, lease, CAIRN_SECOND).lease_expires_at, ct_now() + CAIRN_SECOND);
	ct_int(ct_job(conn, lease.id)->lease_expires_at, ct_now() + CAIRN_SECOND);
	ct_advance(CAIRN_SECOND);
	ct_refused(conn, lease, CAIRN_STALE, "job.lease_expired");
}

static void refuses_durations(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	const char *before = ct_snapshot(conn, lease.id);
	const cairn_usec bad[] = { -1, 1, 100 * CAIRN_MILLISECOND - 1, CAIRN_DAY + 1, INT64_MIN };
	ct_advance(CAIRN_SECOND);
	for (size_t i = 0; i < 5; i++)
		ct_status(cairn_job_heartbeat(conn, &lease, 1, bad[i], NULL, ct_err()),
			  CAIRN_INVALID, "job.invalid_lease_duration");
	ct_unchanged(conn, lease.id, before);
	ct_int(beat(conn, lease, 100 * CAIRN_MILLISECOND).status, CAIRN_OK);
	ct_int(beat(conn, lease, CAIRN_DAY).status, CAIRN_OK);
}

static void keeps_others_away(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	for (size_t i = 0; i < 10; i++) {
		ct_advance(29 * CAIRN_SECOND);
		ct_int(beat(conn, lease, 0).status, CAIRN_OK);
		ct_reap(conn, 0);
		ct_claim_none(conn);
	}
	ct_advance(CAIRN_LEASE_DEFAULT + 1);
	ct_reap(conn, 1);
	ct_int(ct_claim(conn, "other").fence, 2);
	ct_refused(conn, lease, CAIRN_STALE, "job.lease_lost");
}

static void beats_for_many(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	enum { N = 50 };
	cairn_job_new jobs[N];
	cairn_lease leases[N];
	cairn_changed each[N];
	for (size_t i = 0; i < N; i++)
		jobs[i] = ct_new("t");
	ct_ok(cairn_job_enqueue(conn, jobs, N, NULL, ct_err()));
	const cairn_jobs *claimed = ct_claim_n(conn, "w", N);
	for (size_t i = 0; i < N; i++)
		leases[i] = cairn_job_lease(&claimed->at[(i * 7 + 3) % N]);
	ct_advance(CAIRN_SECOND);
	ct_ok(cairn_job_heartbeat(conn, leases, N, CAIRN_HOUR, each, ct_err()));
	for (size_t i = 0; i < N; i++) {
		ct_each(each[i], CAIRN_OK, NULL);
		ct_int(ct_job(conn, leases[i].id)->lease_expires_at, ct_now() + CAIRN_HOUR);
	}
	ct_ok(cairn_job_heartbeat(conn, NULL, 0, 0, NULL, ct_err()));
}

static void rolls_back_with_the_caller(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	const char *before = ct_snapshot(conn, lease.id);
	ct_advance(CAIRN_SECOND);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_int(beat(conn, lease, CAIRN_HOUR).status, CAIRN_OK);
	ct_finish(conn, ct_success(lease));
	cairn_rollback(&tx);
	ct_unchanged(conn, lease.id, before);
	ct_finish(conn, ct_success(lease));
}

/* ---- how long it lasts --------------------------------------------------------- */

static void lasts_to_the_microsecond(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease a = take(conn);
	cairn_lease b = take(conn);
	ct_advance(30 * CAIRN_SECOND - 1);
	ct_finish(conn, ct_success(a));
	ct_int(beat(conn, b, CAIRN_SECOND).status, CAIRN_OK);
	ct_advance(CAIRN_SECOND);
	ct_refused(conn, b, CAIRN_STALE, "job.lease_expired");
}

static void expired_is_not_yet_reapable(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_advance(30 * CAIRN_SECOND);
	/* in its last microsecond the lease is nobody's: not the worker's, not the reaper's */
	ct_refused(conn, lease, CAIRN_STALE, "job.lease_expired");
	ct_reap(conn, 0);
	ct_int(ct_job(conn, lease.id)->status, CAIRN_JOB_LEASED);
	ct_advance(1);
	ct_refused(conn, lease, CAIRN_STALE, "job.lease_expired");
	ct_reap(conn, 1);
	ct_int(ct_job(conn, lease.id)->status, CAIRN_JOB_PENDING);
}

static void reaped_by_its_newest_end(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease longer = take(conn);
	cairn_lease shorter = take(conn);
	ct_int(beat(conn, longer, CAIRN_HOUR).status, CAIRN_OK);
	ct_int(beat(conn, shorter, CAIRN_HOUR).status, CAIRN_OK);
	ct_int(beat(conn, shorter, CAIRN_SECOND).status, CAIRN_OK);
	ct_advance(2 * CAIRN_SECOND);
	ct_reap(conn, 1);
	ct_int(ct_job(conn, shorter.id)->status, CAIRN_JOB_PENDING);
	for (size_t i = 0; i < 3; i++) {
		ct_advance(15 * CAIRN_MINUTE);
		ct_reap(conn, 0);
	}
	ct_int(beat(conn, longer, CAIRN_MINUTE).status, CAIRN_OK);
	ct_advance(CAIRN_MINUTE);
	ct_reap(conn, 0);
	ct_advance(1);
	ct_reap(conn, 1);
	ct_int(ct_job(conn, longer.id)->status, CAIRN_JOB_PENDING);
}

static void belongs_to_no_connection(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *first = ct_open();
	ct_enqueue(conn, "t");
	cairn_lease lease = ct_claim(first, "w");
	ct_close(first);
	ct_int(beat(conn, lease, 0).status, CAIRN_OK);
	ct_finish(conn, ct_success(lease));
}

static void id_and_fence_are_enough(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease real = take(conn);
	cairn_lease lease = { .id = real.id, .fence = real.fence };
	ct_int(beat(conn, lease, 0).status, CAIRN_OK);
	ct_finish(conn, ct_success(lease));
	ct_int(ct_job(conn, real.id)->status, CAIRN_JOB_SUCCEEDED);
}

/* ---- fences -------------------------------------------------------------------- */

static void fences_only_grow(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 100, CAIRN_SECOND);
	cairn_job_new job = ct_new("t");
	cairn_id id = ct_add(conn, &job);
	for (int64_t round = 1; round <= 12; round++) {
		cairn_lease lease = ct_claim(conn, "w");
		ct_int(lease.fence, round);
		ct_int(beat(conn, lease, 0).status, CAIRN_OK);
		ct_int(ct_job(conn, id)->fence, round);
		if (round % 2)
			ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x"));
		ct_advance(CAIRN_MINUTE);
		ct_reap(conn, round % 2 ? 0 : 1);
		ct_int(ct_job(conn, id)->fence, round);
	}
	const cairn_attempts *attempts = ct_attempts(conn, id);
	ct_int(attempts->count, 12);
	for (size_t i = 0; i < 12; i++) {
		ct_int(attempts->at[i].fence, i + 1);
		ct_int(attempts->at[i].attempt, i + 1);
		ct_int(attempts->at[i].ending,
		       i % 2 ? CAIRN_ENDING_LEASE_EXPIRED : CAIRN_ENDING_RETRYABLE);
	}
}

static void ended_jobs_keep_their_fence(void)
{
	cairn_conn *conn = ct_open();
	const enum cairn_job_status ends[] = { CAIRN_JOB_SUCCEEDED, CAIRN_JOB_DEAD_LETTERED,
					       CAIRN_JOB_CANCELED };
	for (size_t i = 0; i < 3; i++) {
		ct_made made = ct_make(conn, "t", ends[i]);
		ct_int(ct_job(conn, made.id)->fence, 1);
		ct_int(made.lease.fence, 1);
	}
	ct_int(ct_job(conn, ct_make(conn, "t", CAIRN_JOB_PENDING).id)->fence, 0);
}

/* ---- batches and malformed leases ---------------------------------------------- */

static void the_same_job_twice(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease one = take(conn);
	cairn_lease two = take(conn);
	const char *before = ct_snapshot(conn, one.id);
	ct_advance(CAIRN_SECOND);
	cairn_lease batch[] = { one, two, one };
	batch[2].fence = 7;
	cairn_changed each[3];
	ct_status(cairn_job_heartbeat(conn, batch, 3, 0, each, ct_err()), CAIRN_INVALID,
		  "job.duplicate_in_batch");
	cairn_finish ends[] = { ct_success(one), ct_failure(one, CAIRN_FINISH_TERMINAL, "x") };
	ct_status(cairn_job_finish(conn, ends, 2, each, ct_err()), CAIRN_INVALID,
		  "job.duplicate_in_batch");
	ct_unchanged(conn, one.id, before);
}

static void malformed_leases(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease good = take(conn);
	const char *before = ct_snapshot(conn, good.id);
	ct_advance(CAIRN_SECOND);
	cairn_lease bad[] = { take(conn), good, good, good };
	bad[0].id = (cairn_id){ { 0 } };
	bad[1].fence = 0;
	bad[2].fence = -1;
	bad[3].reserved_[1] = 1;
	for (size_t i = 0; i < 4; i++) {
		const char *code = i < 3 ? "arg.invalid" : "arg.reserved";
		cairn_lease batch[] = { good, bad[i] };
		ct_status(cairn_job_heartbeat(conn, batch, 2, 0, NULL, ct_err()), CAIRN_INVALID,
			  code);
		ct_int(ct_last()->index, 1);
		cairn_finish ends[] = { ct_success(good), ct_success(bad[i]) };
		ct_status(cairn_job_finish(conn, ends, 2, NULL, ct_err()), CAIRN_INVALID, code);
		ct_int(ct_last()->index, 1);
	}
	ct_unchanged(conn, good.id, before);
}

/* An hour back: what was promised by the clock before is only longer. */
static void the_clock_goes_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease first = ct_make(conn, "t", CAIRN_JOB_LEASED).lease;
	cairn_time expires = ct_job(conn, first.id)->lease_expires_at;
	ct_advance(-CAIRN_HOUR);
	ct_reap(conn, 0);
	ct_int(ct_job(conn, first.id)->lease_expires_at, expires);
	cairn_lease second = ct_make(conn, "t", CAIRN_JOB_LEASED).lease;
	ct_progress(conn, ct_stage(first, "running"));
	ct_finish(conn, ct_failure(first, CAIRN_FINISH_RETRYABLE, "x"));
	ct_finish(conn, ct_success(second));
	const cairn_event_rows *events = ct_events(conn, first.id);
	for (size_t i = 0; i < events->count; i++)
		ct_int(events->at[i].seq, i + 1);
	ct_int(ct_job(conn, first.id)->fence, 1);
	ct_true(ct_job(conn, first.id)->run_at > ct_now());
	ct_advance(CAIRN_HOUR);
	cairn_claim_opts opts = ct_claim_opts("w", 5);
	cairn_jobs *jobs = NULL;
	opts.queue = CAIRN_STR("ct-make");
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	ct_int(jobs->at[0].fence, 2);
	ct_refused(conn, first, CAIRN_STALE, "job.lease_lost");
}

static const ct_case cases[] = {
	{ .name = "jobs.heartbeat.extends_the_lease_from_now",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A heartbeat sets the lease to now + duration and heartbeat_at to now; fence, "
		  "attempt, worker and start stay.",
	  .covers = "runledger L01, smol-28",
	  .run = extends_the_lease },
	{ .name = "jobs.heartbeat.writes_no_history",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Heartbeats write neither events nor attempts.",
	  .covers = "runledger L01",
	  .run = leaves_no_trace_in_the_history },
	{ .name = "jobs.heartbeat.may_shorten_the_lease",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The new lease counts from now, whatever was left of the old one.",
	  .covers = "runledger L06",
	  .run = may_shorten },
	{ .name = "jobs.heartbeat.refuses_malformed_durations",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Below 100 ms or above 24 h is job.invalid_lease_duration; the row is untouched.",
	  .covers = "runledger L03",
	  .run = refuses_durations },
	{ .name = "jobs.heartbeat.keeps_reapers_and_claimers_away",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A lease that is kept alive is never reaped and its job never claimed; when the "
		  "heartbeats end it is, and the worker that comes back is told so.",
	  .covers = "smol-28",
	  .run = keeps_others_away },
	{ .name = "jobs.heartbeat.one_call_for_many_leases",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "n leases in any order are one call, each answered in its place.",
	  .run = beats_for_many },
	{ .name = "jobs.heartbeat.rolls_back_with_the_caller",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A heartbeat or finish that is rolled back leaves lease and history as they "
		  "were.",
	  .run = rolls_back_with_the_caller },
	{ .name = "jobs.lease.lasts_up_to_its_last_microsecond",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A worker may write while lease_expires_at > now, and not when they are equal.",
	  .covers = "runledger L02",
	  .run = lasts_to_the_microsecond },
	{ .name = "jobs.lease.is_reaped_strictly_after_it_expired",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A lease is taken back when lease_expires_at < now: when they are equal it is "
		  "lost to its worker and not yet free.",
	  .covers = "runledger L02",
	  .run = expired_is_not_yet_reapable },
	{ .name = "jobs.lease.is_reaped_by_its_newest_end",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "After heartbeats made a lease longer or shorter its newest end counts, no "
		  "former "
		  "one.",
	  .covers = "runledger L06",
	  .run = reaped_by_its_newest_end },
	{ .name = "jobs.lease.belongs_to_no_connection",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A lease outlives the connection that claimed it and works on any other.",
	  .covers = "runledger SC03",
	  .run = belongs_to_no_connection },
	{ .name = "jobs.lease.is_an_id_and_a_fence",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Id and fence alone give the right to write.",
	  .covers = "runledger SC03, L08",
	  .run = id_and_fence_are_enough },
	{ .name = "jobs.lease.fences_grow_with_every_claim",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The fence is one more with every claim, whether the job came back by retry or "
		  "by reaping, and nothing else moves it.",
	  .run = fences_only_grow },
	{ .name = "jobs.lease.ended_jobs_keep_their_fence",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "No ending resets the fence; a job that was never claimed has fence 0.",
	  .run = ended_jobs_keep_their_fence },
	{ .name = "jobs.lease.a_clock_that_goes_back_breaks_nothing",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "When the clock jumps back leases only last longer; fences and event numbers go "
		  "on, and work goes on.",
	  .covers = "runledger CR05",
	  .run = the_clock_goes_back },
	{ .name = "jobs.lease.a_batch_names_a_job_once",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The same job twice in one batch is INVALID; nothing of it is written.",
	  .run = the_same_job_twice },
	{ .name = "jobs.lease.a_malformed_lease_fails_the_whole_call",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A lease needs an id and a positive fence; otherwise nothing of the batch is "
		  "written.",
	  .run = malformed_leases },
};

CT_GROUP(lease, cases);
