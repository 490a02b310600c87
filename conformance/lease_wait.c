/*
 * lease_wait.c - writes of a worker that wait for a row somebody else changes: the lease
 * is tested after the wait, and the wait is bounded.
 */
#include "ct.h"

static cairn_lease take(cairn_conn *conn)
{
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	cairn_job_new job = ct_new("t");
	ct_add(conn, &job);
	return ct_claim(conn, "w");
}

/* ---- waiting for the row ------------------------------------------------------- */

struct held {
	cairn_tx tx;
	cairn_lease lease;
	cairn_changed changed;
};

static void begin_and_cancel(cairn_conn *conn, void *arg)
{
	struct held *held = arg;
	ct_ok(cairn_begin(conn, &held->tx, ct_err()));
	ct_cancel(conn, held->lease.id);
}

static void begin_and_finish(cairn_conn *conn, void *arg)
{
	struct held *held = arg;
	ct_ok(cairn_begin(conn, &held->tx, ct_err()));
	ct_finish(conn, ct_failure(held->lease, CAIRN_FINISH_TERMINAL, "first"));
}

static void finish(cairn_conn *conn, void *arg)
{
	struct held *held = arg;
	held->changed = ct_send(conn, ct_success(held->lease));
}

/* a changes the row and stays open; b sends its finish; a ends. Answers what b was told. */
static cairn_changed behind(cairn_conn *conn, ct_step_fn *change, ct_step_fn *end)
{
	struct held held = { .tx = CAIRN_TX_INIT, .lease = take(conn) };
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	ct_step(a, change, &held);
	ct_start(b, finish, &held);
	ct_step(a, end, &held.tx);
	ct_join(b);
	return held.changed;
}

static void behind_a_cancel(void)
{
	cairn_changed changed = behind(ct_open(), begin_and_cancel, ct_commit);
	ct_each(changed, CAIRN_STALE, "job.canceled");
	ct_int(changed.ending, CAIRN_ENDING_CANCELED);
}

static void behind_a_finish(void)
{
	cairn_changed changed = behind(ct_open(), begin_and_finish, ct_commit);
	ct_each(changed, CAIRN_STALE, "job.finished");
	ct_int(changed.ending, CAIRN_ENDING_TERMINAL);
}

static void behind_a_rollback(void)
{
	cairn_conn *conn = ct_open();
	cairn_changed changed = behind(conn, begin_and_cancel, ct_rollback);
	ct_each(changed, CAIRN_OK, NULL);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_SUCCEEDED), 1);
}

/* By the database's clock: the moment that ct_start waits is longer than the lease. */
static void waited_past_the_expiry(void)
{
	cairn_conn_opts real = ct_opts();
	real.clock = NULL;
	cairn_conn *conn = ct_open_with(&real);
	ct_session *a = ct_session_with("a", &real);
	ct_session *b = ct_session_with("b", &real);
	struct held held = { .tx = CAIRN_TX_INIT };
	ct_enqueue(conn, "t");
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	opts.lease = 100 * CAIRN_MILLISECOND;
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	held.lease = cairn_job_lease(&jobs->at[0]);
	ct_step(a, begin_and_cancel, &held);
	ct_start(b, finish, &held);
	ct_step(a, ct_rollback, &held.tx);
	ct_join(b);
	ct_each(held.changed, CAIRN_STALE, "job.lease_expired");
	ct_int(ct_job(conn, held.lease.id)->status, CAIRN_JOB_LEASED);
	ct_text(ct_timeline(conn, held.lease.id), "ENQUEUED LEASED");
}

static void beat_into_a_lock(cairn_conn *conn, void *arg)
{
	struct held *held = arg;
	ct_status(cairn_job_heartbeat(conn, &held->lease, 1, 0, &held->changed, ct_err()),
		  CAIRN_BUSY, "db.busy");
	ct_true(cairn_status_retryable(ct_last()->status));
}

static void the_wait_is_bounded(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn_opts hasty = ct_opts();
	hasty.lock_timeout = 50 * CAIRN_MILLISECOND;
	struct held held = { .tx = CAIRN_TX_INIT, .lease = take(conn) };
	const char *before = ct_snapshot(conn, held.lease.id);
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_with("b", &hasty);
	ct_step(a, begin_and_cancel, &held);
	ct_step(b, beat_into_a_lock, &held);
	ct_step(a, ct_rollback, &held.tx);
	ct_unchanged(conn, held.lease.id, before);
	ct_step(b, finish, &held);
	ct_each(held.changed, CAIRN_OK, NULL);
}

/* ---- a race -------------------------------------------------------------------- */

#define RACERS 5
#define JOBS   40

struct finishers {
	cairn_lease leases[JOBS];
	cairn_changed each[RACERS][JOBS];
};

/* Even ones report success, odd ones a terminal failure; each in an order of its own. */
static void finish_all(cairn_conn *conn, unsigned number, void *arg)
{
	struct finishers *race = arg;
	for (size_t i = 0; i < JOBS; i++) {
		size_t at = (i * 7 + number * 11) % JOBS;
		cairn_lease lease = race->leases[at];
		race->each[number][at] =
			ct_send(conn, number % 2 ? ct_failure(lease, CAIRN_FINISH_TERMINAL, "x")
						 : ct_success(lease));
	}
}

static void one_finish_wins(void)
{
	cairn_conn *conn = ct_open();
	struct finishers *race = ct_alloc(sizeof(*race));
	for (size_t i = 0; i < JOBS; i++)
		race->leases[i] = take(conn);
	ct_race(RACERS, finish_all, race);
	for (size_t i = 0; i < JOBS; i++) {
		size_t won = 0;
		enum cairn_ending ending = ct_attempts(conn, race->leases[i].id)->at[0].ending;
		for (size_t k = 0; k < RACERS; k++) {
			won += race->each[k][i].status == CAIRN_OK;
			ct_int(race->each[k][i].ending, ending);
			if (race->each[k][i].status != CAIRN_OK)
				ct_each(race->each[k][i], CAIRN_STALE, "job.finished");
		}
		ct_int(won, 1);
		ct_int(ct_attempts(conn, race->leases[i].id)->count, 1);
	}
}

static const ct_case cases[] = {
	{ .name = "jobs.lease.a_finish_behind_an_open_cancel_is_refused",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "A finish that waited for a cancel is told job.canceled once that commits.",
	  .covers = "runledger L09",
	  .run = behind_a_cancel },
	{ .name = "jobs.lease.a_finish_behind_an_open_finish_is_refused",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "Of two finishes of one lease the second is told job.finished and the first "
		  "one's ending.",
	  .run = behind_a_finish },
	{ .name = "jobs.lease.a_finish_behind_a_rolled_back_cancel_is_done",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "A change that was rolled back took nothing away.",
	  .run = behind_a_rollback },
	{ .name = "jobs.lease.a_write_that_waited_past_the_expiry_is_refused",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "The lease is tested after the row is locked: a write that waited too long is "
		  "refused.",
	  .covers = "runledger L05",
	  .run = waited_past_the_expiry },
	{ .name = "jobs.lease.the_wait_for_a_row_is_bounded",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "A write waits for a row up to lock_timeout, then it is BUSY and nothing was "
		  "written.",
	  .covers = "runledger L07, CR04",
	  .run = the_wait_is_bounded },
	{ .name = "jobs.lease.of_racing_finishes_one_wins",
	  .kind = CT_RACE,
	  .store = CT_JOBS,
	  .rule = "However many finish one lease at once, one does, and the others are told its "
		  "ending.",
	  .run = one_finish_wins },
};

CT_GROUP(lease_wait, cases);
