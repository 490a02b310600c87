/*
 * lease_lost.c - every way to lose a lease, against every write of a worker: the first
 * reason that holds is told, together with how this very fence ended, and nothing is
 * written. Losing it while waiting for the row is in lease_wait.c.
 */
#include "ct.h"

static cairn_changed beat(cairn_conn *conn, cairn_lease lease)
{
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_heartbeat(conn, &lease, 1, 0, &changed, ct_err()));
	return changed;
}

static cairn_lease take(cairn_conn *conn)
{
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	cairn_job_new job = ct_new("t");
	ct_add(conn, &job);
	return ct_claim(conn, "w");
}

/* Every write is refused with this code, nothing changes, and each answer tells the rest. */
static void lost(cairn_conn *conn, cairn_lease lease, const char *code,
		 enum cairn_job_status status, enum cairn_ending ending)
{
	ct_refused(conn, lease, CAIRN_STALE, code);
	cairn_changed answers[] = { beat(conn, lease), ct_send(conn, ct_success(lease)) };
	for (size_t i = 0; i < 2; i++) {
		ct_each(answers[i], CAIRN_STALE, code);
		ct_int(answers[i].job_status, status);
		ct_int(answers[i].ending, ending);
	}
}

/* ---- the ways to lose it ------------------------------------------------------- */

static void by_expiry(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_advance(30 * CAIRN_SECOND);
	lost(conn, lease, "job.lease_expired", CAIRN_JOB_LEASED, CAIRN_ENDING_NONE);
	ct_advance(CAIRN_DAY);
	lost(conn, lease, "job.lease_expired", CAIRN_JOB_LEASED, CAIRN_ENDING_NONE);
}

static void by_reaping(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_advance(CAIRN_HOUR);
	ct_reap(conn, 1);
	lost(conn, lease, "job.lease_lost", CAIRN_JOB_PENDING, CAIRN_ENDING_LEASE_EXPIRED);
}

static void by_reclaim_under_the_same_name(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease old = take(conn);
	ct_advance(CAIRN_HOUR);
	ct_reap(conn, 1);
	cairn_lease lease = ct_claim(conn, "w");
	ct_id(lease.id, old.id);
	lost(conn, old, "job.lease_lost", CAIRN_JOB_LEASED, CAIRN_ENDING_LEASE_EXPIRED);
	ct_int(beat(conn, lease).status, CAIRN_OK);
	ct_finish(conn, ct_success(lease));
	ct_text(ct_timeline(conn, old.id),
		"ENQUEUED LEASED FAILED RETRY_SCHEDULED LEASED SUCCEEDED");
}

static void by_reaping_the_last_attempt(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 1, CAIRN_SECOND);
	cairn_job_new job = ct_new("t");
	ct_add(conn, &job);
	cairn_lease lease = ct_claim(conn, "w");
	ct_advance(CAIRN_HOUR);
	ct_reap(conn, 1);
	lost(conn, lease, "job.finished", CAIRN_JOB_DEAD_LETTERED, CAIRN_ENDING_LEASE_EXPIRED);
}

static void by_cancel(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	cairn_time expires = ct_now() + CAIRN_LEASE_DEFAULT;
	ct_cancel(conn, lease.id);
	lost(conn, lease, "job.canceled", CAIRN_JOB_CANCELED, CAIRN_ENDING_CANCELED);
	ct_int(beat(conn, lease).lease_expires_at, expires);
	ct_advance(CAIRN_HOUR);
	ct_reap(conn, 0);
	lost(conn, lease, "job.canceled", CAIRN_JOB_CANCELED, CAIRN_ENDING_CANCELED);
}

static void by_finish(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_finish(conn, ct_success(lease));
	lost(conn, lease, "job.finished", CAIRN_JOB_SUCCEEDED, CAIRN_ENDING_SUCCEEDED);
	lease = take(conn);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_TERMINAL, "x"));
	lost(conn, lease, "job.finished", CAIRN_JOB_DEAD_LETTERED, CAIRN_ENDING_TERMINAL);
	lease = take(conn);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_PANICKED, "x"));
	lost(conn, lease, "job.finished", CAIRN_JOB_DEAD_LETTERED, CAIRN_ENDING_PANICKED);
}

static void by_its_own_retry(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x"));
	lost(conn, lease, "job.lease_lost", CAIRN_JOB_PENDING, CAIRN_ENDING_RETRYABLE);
	ct_advance(CAIRN_MINUTE);
	cairn_lease second = ct_claim(conn, "w");
	lost(conn, lease, "job.lease_lost", CAIRN_JOB_LEASED, CAIRN_ENDING_RETRYABLE);
	ct_finish(conn, ct_failure(second, CAIRN_FINISH_TIMEOUT, "x"));
	lost(conn, second, "job.lease_lost", CAIRN_JOB_PENDING, CAIRN_ENDING_TIMEOUT);
	lost(conn, lease, "job.lease_lost", CAIRN_JOB_PENDING, CAIRN_ENDING_RETRYABLE);
}

static void by_a_wrong_fence(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	cairn_lease wrong = lease;
	const int64_t fences[] = { 2, 3, INT32_MAX, (int64_t)1 << 32 | 1, INT64_MAX };
	for (size_t i = 0; i < 5; i++) {
		wrong.fence = fences[i];
		lost(conn, wrong, "job.lease_lost", CAIRN_JOB_LEASED, CAIRN_ENDING_NONE);
	}
	/* the attempt number is no part of the right */
	wrong = lease;
	wrong.attempt = 2;
	ct_int(beat(conn, wrong).status, CAIRN_OK);
}

static void by_another_jobs_fence(void)
{
	cairn_conn *conn = ct_open();
	take(conn);
	ct_advance(CAIRN_HOUR);
	ct_reap(conn, 1);
	cairn_lease first = ct_claim(conn, "w");
	cairn_lease second = take(conn);
	ct_int(first.fence, 2);
	ct_int(second.fence, 1);
	cairn_lease mixed = second;
	mixed.fence = first.fence;
	lost(conn, mixed, "job.lease_lost", CAIRN_JOB_LEASED, CAIRN_ENDING_NONE);
	ct_int(beat(conn, first).status, CAIRN_OK);
	ct_int(beat(conn, second).status, CAIRN_OK);
}

static void without_a_claim(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease guessed = { .id = ct_enqueue(conn, "t"), .fence = 1 };
	lost(conn, guessed, "job.lease_lost", CAIRN_JOB_PENDING, CAIRN_ENDING_NONE);
	ct_cancel(conn, guessed.id);
	lost(conn, guessed, "job.canceled", CAIRN_JOB_CANCELED, CAIRN_ENDING_NONE);
}

static void of_no_job(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	lease.id = cairn_id_new();
	ct_refused(conn, lease, CAIRN_NOT_FOUND, "job.not_found");
	ct_int(beat(conn, lease).job_status, 0);
	ct_int(beat(conn, lease).ending, CAIRN_ENDING_NONE);
	lease.max_attempts = 0; /* a lease made by hand */
	ct_refused(conn, lease, CAIRN_NOT_FOUND, "job.not_found");
}

/* ---- which reason -------------------------------------------------------------- */

/* A first lease that was reaped, and a second one of the same job. */
static cairn_lease replaced(cairn_conn *conn, cairn_lease *second)
{
	cairn_lease first = take(conn);
	ct_advance(CAIRN_HOUR);
	ct_reap(conn, 1);
	*second = ct_claim(conn, "w");
	ct_id(second->id, first.id);
	return first;
}

static void canceled_comes_first(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease second;
	cairn_lease first = replaced(conn, &second);
	ct_cancel(conn, first.id);
	ct_advance(CAIRN_HOUR);
	lost(conn, first, "job.canceled", CAIRN_JOB_CANCELED, CAIRN_ENDING_LEASE_EXPIRED);
	lost(conn, second, "job.canceled", CAIRN_JOB_CANCELED, CAIRN_ENDING_CANCELED);
}

static void finished_before_lost(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease second;
	cairn_lease first = replaced(conn, &second);
	ct_finish(conn, ct_success(second));
	ct_advance(CAIRN_HOUR);
	lost(conn, first, "job.finished", CAIRN_JOB_SUCCEEDED, CAIRN_ENDING_LEASE_EXPIRED);
	lost(conn, second, "job.finished", CAIRN_JOB_SUCCEEDED, CAIRN_ENDING_SUCCEEDED);
	first = replaced(conn, &second);
	ct_finish(conn, ct_failure(second, CAIRN_FINISH_TERMINAL, "x"));
	lost(conn, first, "job.finished", CAIRN_JOB_DEAD_LETTERED, CAIRN_ENDING_LEASE_EXPIRED);
}

static void lost_before_expired(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease second;
	cairn_lease first = replaced(conn, &second);
	ct_advance(CAIRN_HOUR);
	lost(conn, first, "job.lease_lost", CAIRN_JOB_LEASED, CAIRN_ENDING_LEASE_EXPIRED);
	lost(conn, second, "job.lease_expired", CAIRN_JOB_LEASED, CAIRN_ENDING_NONE);
}

/* ---- sending it again ---------------------------------------------------------- */

static void a_resent_finish_tells_the_ending(void)
{
	cairn_conn *conn = ct_open();
	static const struct {
		enum cairn_finish_how how;
		enum cairn_ending ending;
	} ways[] = { { CAIRN_FINISH_SUCCESS, CAIRN_ENDING_SUCCEEDED },
		     { CAIRN_FINISH_RETRYABLE, CAIRN_ENDING_RETRYABLE },
		     { CAIRN_FINISH_TIMEOUT, CAIRN_ENDING_TIMEOUT },
		     { CAIRN_FINISH_TERMINAL, CAIRN_ENDING_TERMINAL },
		     { CAIRN_FINISH_PANICKED, CAIRN_ENDING_PANICKED } };
	for (size_t i = 0; i < 5; i++) {
		cairn_lease lease = take(conn);
		cairn_finish finish = ct_failure(lease, ways[i].how, "x");
		if (ways[i].how == CAIRN_FINISH_SUCCESS)
			finish = ct_success(lease);
		ct_int(ct_finish(conn, finish).ending, ways[i].ending);
		const char *before = ct_snapshot(conn, lease.id);
		for (size_t again = 0; again < 3; again++) {
			cairn_changed changed = ct_send(conn, finish);
			ct_int(changed.status, CAIRN_STALE);
			ct_int(changed.ending, ways[i].ending);
			ct_advance(CAIRN_SECOND);
		}
		ct_unchanged(conn, lease.id, before);
	}
}

static void a_batch_sent_again_adds_the_rest(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease leases[] = { take(conn), take(conn), take(conn), take(conn) };
	cairn_finish ends[4];
	cairn_changed each[4];
	for (size_t i = 0; i < 4; i++)
		ends[i] = ct_success(leases[i]);
	ct_ok(cairn_job_finish(conn, ends, 2, each, ct_err()));
	ct_cancel(conn, leases[2].id);
	ct_ok(cairn_job_finish(conn, ends, 4, each, ct_err()));
	ct_each(each[0], CAIRN_STALE, "job.finished");
	ct_int(each[0].ending, CAIRN_ENDING_SUCCEEDED);
	ct_each(each[1], CAIRN_STALE, "job.finished");
	ct_each(each[2], CAIRN_STALE, "job.canceled");
	ct_each(each[3], CAIRN_OK, NULL);
	ct_int(each[3].ending, CAIRN_ENDING_SUCCEEDED);
	ct_int(ct_job(conn, leases[3].id)->status, CAIRN_JOB_SUCCEEDED);
	for (size_t i = 0; i < 4; i++)
		ct_int(ct_count_events(conn, leases[i].id, CAIRN_EVENT_SUCCEEDED), i == 2 ? 0 : 1);
}

/* ---- lost and live leases in one call ------------------------------------------ */

static void each_item_its_own_reason(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease batch[7];
	batch[0] = take(conn);
	batch[0].id = cairn_id_new();
	batch[2] = take(conn);
	batch[2].fence = 9;
	batch[3] = take(conn);
	ct_cancel(conn, batch[3].id);
	batch[4] = take(conn);
	ct_finish(conn, ct_success(batch[4]));
	batch[5] = take(conn);
	ct_advance(30 * CAIRN_SECOND);
	batch[6] = take(conn);
	batch[1] = take(conn);
	static const char *const codes[] = {
		"job.not_found",     NULL, "job.lease_lost", "job.canceled", "job.finished",
		"job.lease_expired", NULL
	};
	cairn_changed each[7];
	ct_ok(cairn_job_heartbeat(conn, batch, 7, CAIRN_HOUR, each, ct_err()));
	for (size_t i = 0; i < 7; i++) {
		if (!codes[i]) {
			ct_each(each[i], CAIRN_OK, NULL);
			ct_int(ct_job(conn, batch[i].id)->lease_expires_at, ct_now() + CAIRN_HOUR);
		} else {
			ct_each(each[i], i ? CAIRN_STALE : CAIRN_NOT_FOUND, codes[i]);
		}
	}
}

static void without_each_the_first_failure_speaks(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease batch[] = { take(conn), take(conn), take(conn), take(conn) };
	ct_finish(conn, ct_success(batch[1]));
	ct_cancel(conn, batch[2].id);
	ct_status(cairn_job_heartbeat(conn, batch, 4, CAIRN_HOUR, NULL, ct_err()), CAIRN_STALE,
		  "job.finished");
	ct_int(ct_last()->index, 1);
	ct_int(ct_job(conn, batch[0].id)->lease_expires_at, ct_now() + CAIRN_HOUR);
	ct_int(ct_job(conn, batch[3].id)->lease_expires_at, ct_now() + CAIRN_HOUR);
}

static void the_next_claim_goes_on(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease old = take(conn);
	ct_cancel(conn, old.id);
	cairn_id next = ct_enqueue(conn, "t");
	const char *before = ct_snapshot(conn, old.id);
	cairn_finish finish = ct_success(old);
	cairn_claim_opts opts = ct_claim_opts("w", 5);
	cairn_changed changed;
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_finish_and_claim(conn, &finish, 1, &changed, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_each(changed, CAIRN_STALE, "job.canceled");
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, next);
	ct_unchanged(conn, old.id, before);
}

static void the_transaction_goes_on(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease old = take(conn);
	ct_cancel(conn, old.id);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_refused(conn, old, CAIRN_STALE, "job.canceled");
	old.id = cairn_id_new();
	ct_refused(conn, old, CAIRN_NOT_FOUND, "job.not_found");
	cairn_id id = ct_enqueue(conn, "t");
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_job(conn, id)->status, CAIRN_JOB_PENDING);
}

static const ct_case cases[] = {
	{ .name = "jobs.lease.lost_by_expiry",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A worker whose lease has expired writes nothing: job.lease_expired, as long "
		  "as nobody took it back.",
	  .covers = "runledger L02",
	  .run = by_expiry },
	{ .name = "jobs.lease.lost_by_reaping",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "After a reaper took the lease back the worker writes nothing: "
		  "job.lease_lost, ending LEASE_EXPIRED.",
	  .covers = "runledger L04, smol-29",
	  .run = by_reaping },
	{ .name = "jobs.lease.lost_to_a_claim_under_the_same_worker_name",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "An old fence is refused although the same worker name holds the job again; "
		  "the new one works.",
	  .covers = "runledger L04, smol-29",
	  .run = by_reclaim_under_the_same_name },
	{ .name = "jobs.lease.lost_by_reaping_the_last_attempt",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "When reaping dead-lettered the job the worker is told job.finished and "
		  "LEASE_EXPIRED.",
	  .covers = "runledger L04",
	  .run = by_reaping_the_last_attempt },
	{ .name = "jobs.lease.lost_by_cancel",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "After a cancel every write of the worker is job.canceled at once, and stays "
		  "so.",
	  .covers = "runledger L09",
	  .run = by_cancel },
	{ .name = "jobs.lease.lost_by_finishing",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Nothing can be written after the end: job.finished, with the ending.",
	  .covers = "runledger L02",
	  .run = by_finish },
	{ .name = "jobs.lease.lost_by_reporting_a_retryable_failure",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A worker that gave the job back for a retry has no lease, before and after "
		  "the next claim.",
	  .covers = "runledger L02, L04",
	  .run = by_its_own_retry },
	{ .name = "jobs.lease.a_wrong_fence_is_no_lease",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Any other fence is job.lease_lost, compared in all of its 64 bits.",
	  .covers = "runledger L02",
	  .run = by_a_wrong_fence },
	{ .name = "jobs.lease.another_jobs_fence_is_no_lease",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A fence is good for its own job only.",
	  .covers = "runledger L02",
	  .run = by_another_jobs_fence },
	{ .name = "jobs.lease.a_job_that_nobody_claimed_has_no_lease",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A guessed lease on a job that was never claimed is refused.",
	  .covers = "runledger L02",
	  .run = without_a_claim },
	{ .name = "jobs.lease.of_no_job_is_not_found",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A lease on a job that is not there is NOT_FOUND job.not_found.",
	  .covers = "runledger L02",
	  .run = of_no_job },
	{ .name = "jobs.lease.canceled_is_told_before_lost_and_expired",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Of the reasons that hold job.canceled comes first; the ending is that of the "
		  "lease's own fence.",
	  .run = canceled_comes_first },
	{ .name = "jobs.lease.finished_is_told_before_lost_and_expired",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "job.finished comes before job.lease_lost and job.lease_expired.",
	  .run = finished_before_lost },
	{ .name = "jobs.lease.lost_is_told_before_expired",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "An old fence is job.lease_lost even if the new lease has expired too.",
	  .run = lost_before_expired },
	{ .name = "jobs.lease.a_finish_sent_again_tells_how_it_ended",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A finish that was in doubt is resolved by sending it again: it changes "
		  "nothing and tells the ending.",
	  .run = a_resent_finish_tells_the_ending },
	{ .name = "jobs.lease.a_batch_sent_again_does_what_is_left",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Of a batch that is sent again the items already done are told so and the "
		  "others are done.",
	  .run = a_batch_sent_again_adds_the_rest },
	{ .name = "jobs.lease.each_item_has_its_own_reason",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Lost leases of a batch are refused each for its reason; the live ones are "
		  "extended.",
	  .covers = "runledger L02",
	  .run = each_item_its_own_reason },
	{ .name = "jobs.lease.without_outcomes_the_first_refusal_is_the_calls",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "With each NULL the call fails as its first refused item; the others stay "
		  "done.",
	  .run = without_each_the_first_failure_speaks },
	{ .name = "jobs.lease.a_refused_finish_does_not_hinder_the_next_claim",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "finish_and_claim claims although the finish was refused.",
	  .run = the_next_claim_goes_on },
	{ .name = "jobs.lease.a_refusal_leaves_the_transaction_usable",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A refused write aborts no transaction: what follows commits.",
	  .run = the_transaction_goes_on },
};

CT_GROUP(lease_lost, cases);
