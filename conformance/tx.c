/*
 * tx.c - transactions: what is in them is all there or not at all, expected outcomes
 * leave them alone, misuse is told, and inner ones are savepoints. (tx_fault.c, app.c)
 */
#include "ct.h"

static const cairn_str none = { NULL, 0 };

static void rollback_takes_everything_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id id = ct_add(conn, &job);
	ct_text(ct_timeline(conn, id), "ENQUEUED");
	cairn_rollback(&tx);
	cairn_jobs *jobs = NULL;
	cairn_event_rows *events = NULL;
	ct_status(cairn_job_get(conn, cairn_any(), id, &jobs, ct_err()), CAIRN_NOT_FOUND,
		  "job.not_found");
	ct_status(cairn_job_events(conn, cairn_any(), id, 0, 0, &events, ct_err()), CAIRN_NOT_FOUND,
		  "job.not_found");
	cairn_free(jobs);
	cairn_free(events);
	ct_int(ct_count_jobs(conn, 0), 0);
}

static void commit_keeps_everything(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id id = ct_enqueue(conn, "t");
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_job(other, id)->status, CAIRN_JOB_SUCCEEDED);
	ct_text(ct_timeline(other, id), "ENQUEUED LEASED SUCCEEDED");
}

static void nobody_sees_it_before_the_commit(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_add(conn, &job);
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_int(ct_count_jobs(other, 0), 0);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_count_jobs(other, 0), 1);
}

/* Every writing verb once, on jobs that are there; for the rollback cases. */
static void write_everything(cairn_conn *conn, const ct_made *pending, const ct_made *leased,
			     const ct_made *other)
{
	cairn_job_new job = ct_new("t");
	cairn_changed changed;
	job.queue = CAIRN_STR("elsewhere");
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	ct_define(conn, "new-type");
	ct_add(conn, &job);
	ct_ok(cairn_job_heartbeat(conn, &leased->lease, 1, CAIRN_HOUR, &changed, ct_err()));
	ct_each(changed, CAIRN_OK, NULL);
	ct_finish(conn, ct_failure(leased->lease, CAIRN_FINISH_RETRYABLE, "a.code"));
	ct_finish(conn, ct_failure(other->lease, CAIRN_FINISH_TERMINAL, "b.code"));
	cairn_claim_opts claim = ct_claim_opts("thief", 10);
	cairn_jobs *jobs = NULL;
	claim.queue = ct_job(conn, pending->id)->queue;
	ct_ok(cairn_job_claim(conn, &claim, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	ct_ok(cairn_job_cancel(conn, cairn_any(), &pending->id, 1, none, &changed, ct_err()));
	ct_each(changed, CAIRN_OK, NULL);
}

static void every_verb_is_taken_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_made leased = ct_make(conn, "t", CAIRN_JOB_LEASED);
	ct_made other = ct_make(conn, "t", CAIRN_JOB_LEASED);
	ct_made pending = ct_make(conn, "t", CAIRN_JOB_PENDING);
	const char *before[] = { ct_snapshot(conn, leased.id), ct_snapshot(conn, other.id),
				 ct_snapshot(conn, pending.id) };
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	write_everything(conn, &pending, &leased, &other);
	cairn_rollback(&tx);
	ct_unchanged(conn, leased.id, before[0]);
	ct_unchanged(conn, other.id, before[1]);
	ct_unchanged(conn, pending.id, before[2]);
	ct_int(ct_count_jobs(conn, 0), 3);
	cairn_definitions *definitions = NULL;
	ct_ok(cairn_job_definition_list(conn, NULL, &definitions, ct_err()));
	ct_later(definitions);
	ct_int(definitions->count, 1);
	ct_int(definitions->at[0].max_attempts, 8);
}

static void reaping_is_taken_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_made leased = ct_make(conn, "t", CAIRN_JOB_LEASED);
	ct_advance(CAIRN_HOUR);
	const char *before = ct_snapshot(conn, leased.id);
	cairn_reap_report *report = NULL;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	ct_int(report->count, 1);
	ct_int(ct_job(conn, leased.id)->status, CAIRN_JOB_PENDING);
	cairn_rollback(&tx);
	ct_unchanged(conn, leased.id, before);
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	ct_later(report);
	ct_int(report->count, 1);
}

/* ---- expected outcomes -------------------------------------------------------------- */

static void not_found_inside(cairn_conn *conn)
{
	cairn_id nobody = cairn_id_new();
	cairn_lease lease = { .id = nobody, .fence = 1, .attempt = 1, .max_attempts = 3 };
	cairn_definition_patch patch = { .size = sizeof(patch),
					 .type = CAIRN_STR("nobody"),
					 .set = CAIRN_PATCH_PRIORITY };
	cairn_changed changed = { .status = CAIRN_OK };
	cairn_jobs *jobs = NULL;
	ct_status(cairn_job_get(conn, cairn_any(), nobody, &jobs, ct_err()), CAIRN_NOT_FOUND,
		  "job.not_found");
	cairn_free(jobs);
	ct_ok(cairn_job_cancel(conn, cairn_any(), &nobody, 1, none, &changed, ct_err()));
	ct_each(changed, CAIRN_NOT_FOUND, "job.not_found");
	ct_ok(cairn_job_heartbeat(conn, &lease, 1, 0, &changed, ct_err()));
	ct_each(changed, CAIRN_NOT_FOUND, "job.not_found");
	ct_status(cairn_job_definition_update(conn, &patch, ct_err()), CAIRN_NOT_FOUND,
		  "job.definition_not_found");
}

static void enqueue_outcomes_inside(cairn_conn *conn)
{
	cairn_job_added added = { .status = CAIRN_OK };
	cairn_job_new job = ct_new("t");
	job.key = CAIRN_STR("k");
	ct_ok(cairn_job_enqueue(conn, &job, 1, &added, ct_err()));
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_EXISTING);
	job.payload = CAIRN_STR("[2]");
	ct_ok(cairn_job_enqueue(conn, &job, 1, &added, ct_err()));
	ct_each(added, CAIRN_CONFLICT, "job.idempotency_conflict");
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_CONFLICT,
		  "job.idempotency_conflict");
	job = ct_new("undefined");
	ct_ok(cairn_job_enqueue(conn, &job, 1, &added, ct_err()));
	ct_each(added, CAIRN_INVALID, "job.definition_not_found_or_disabled");
}

static void stale_inside(cairn_conn *conn, const ct_made *finished)
{
	cairn_changed changed = { .status = CAIRN_OK };
	ct_refused(conn, finished->lease, CAIRN_STALE, "job.finished");
	ct_ok(cairn_job_cancel(conn, cairn_any(), &finished->id, 1, none, &changed, ct_err()));
	ct_each(changed, CAIRN_STALE, "job.invalid_state_transition");
	ct_status(cairn_job_cancel(conn, cairn_any(), &finished->id, 1, none, NULL, ct_err()),
		  CAIRN_STALE, "job.invalid_state_transition");
}

static void expected_outcomes(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_made finished = ct_make(conn, "t", CAIRN_JOB_SUCCEEDED);
	cairn_job_new job = ct_new("t");
	job.key = CAIRN_STR("k");
	ct_add(conn, &job);
	job.key = none;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_add(conn, &job);
	not_found_inside(conn);
	enqueue_outcomes_inside(conn);
	stale_inside(conn, &finished);
	ct_add(conn, &job);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_count_jobs(other, 0), 4);
}

static void malformed_input(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	cairn_job_new bad = ct_new("t");
	cairn_jobs *jobs = NULL;
	bad.payload = CAIRN_STR("{");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_add(conn, &job);
	ct_status(cairn_job_enqueue(conn, &bad, 1, NULL, ct_err()), CAIRN_INVALID, "json.invalid");
	ct_status(cairn_job_claim(conn, NULL, &jobs, ct_err()), CAIRN_INVALID, NULL);
	ct_add(conn, &job);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_count_jobs(conn, 0), 2);
}

/* ---- the object --------------------------------------------------------------------------- */

static void rollback_does_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_rollback(&tx);
	cairn_rollback(NULL);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_enqueue(conn, "t");
	ct_ok(cairn_commit(&tx, ct_err()));
	cairn_rollback(&tx);
	cairn_rollback(&tx);
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_enqueue(conn, "t");
	cairn_rollback(&tx);
	cairn_rollback(&tx);
	ct_int(ct_count_jobs(conn, 0), 1);
}

static void misuse(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_status(cairn_commit(&tx, ct_err()), CAIRN_INVALID, "conn.misuse");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_status(cairn_begin(conn, &tx, ct_err()), CAIRN_INVALID, "conn.misuse");
	ct_enqueue(conn, "t");
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_status(cairn_commit(&tx, ct_err()), CAIRN_INVALID, "conn.misuse");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_rollback(&tx);
	ct_status(cairn_commit(&tx, ct_err()), CAIRN_INVALID, "conn.misuse");
	ct_int(ct_count_jobs(conn, 0), 1);
}

static void inner_ends_first(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx outer = CAIRN_TX_INIT;
	cairn_tx inner = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &outer, ct_err()));
	ct_ok(cairn_begin(conn, &inner, ct_err()));
	ct_enqueue(conn, "t");
	ct_status(cairn_commit(&outer, ct_err()), CAIRN_INVALID, "conn.misuse");
	ct_ok(cairn_commit(&inner, ct_err()));
	ct_ok(cairn_commit(&outer, ct_err()));
	ct_int(ct_count_jobs(conn, 0), 1);
}

static void outer_rollback_ends_inner(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx outer = CAIRN_TX_INIT;
	cairn_tx inner = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	ct_ok(cairn_begin(conn, &outer, ct_err()));
	ct_ok(cairn_begin(conn, &inner, ct_err()));
	ct_add(conn, &job);
	cairn_rollback(&outer);
	ct_status(cairn_commit(&inner, ct_err()), CAIRN_INVALID, "conn.misuse");
	cairn_rollback(&inner);
	ct_int(ct_count_jobs(conn, 0), 0);
	ct_add(conn, &job);
	ct_int(ct_count_jobs(conn, 0), 1);
}

/* ---- savepoints ----------------------------------------------------------------------------- */

static void savepoints_nest(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx[3] = { CAIRN_TX_INIT, CAIRN_TX_INIT, CAIRN_TX_INIT };
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	cairn_id ids[3];
	for (int i = 0; i < 3; i++) {
		ct_ok(cairn_begin(conn, &tx[i], ct_err()));
		ids[i] = ct_add(conn, &job);
	}
	ct_ok(cairn_commit(&tx[2], ct_err()));
	cairn_rollback(&tx[1]);
	ct_ok(cairn_commit(&tx[0], ct_err()));
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_int(ct_job(conn, ids[0])->status, CAIRN_JOB_PENDING);
}

static void savepoint_again(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx outer = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	ct_ok(cairn_begin(conn, &outer, ct_err()));
	for (int i = 0; i < 5; i++) {
		cairn_tx inner = CAIRN_TX_INIT;
		ct_ok(cairn_begin(conn, &inner, ct_err()));
		ct_add(conn, &job);
		if (i % 2)
			cairn_rollback(&inner);
		else
			ct_ok(cairn_commit(&inner, ct_err()));
	}
	ct_ok(cairn_commit(&outer, ct_err()));
	ct_int(ct_count_jobs(conn, 0), 3);
}

static void savepoint_restores_a_change(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx outer = CAIRN_TX_INIT;
	cairn_tx inner = CAIRN_TX_INIT;
	ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
	const char *before = ct_snapshot(conn, made.id);
	ct_ok(cairn_begin(conn, &outer, ct_err()));
	ct_ok(cairn_begin(conn, &inner, ct_err()));
	ct_finish(conn, ct_failure(made.lease, CAIRN_FINISH_TERMINAL, "a.code"));
	cairn_rollback(&inner);
	ct_unchanged(conn, made.id, before);
	ct_finish(conn, ct_success(made.lease));
	ct_ok(cairn_commit(&outer, ct_err()));
	ct_int(ct_job(conn, made.id)->status, CAIRN_JOB_SUCCEEDED);
	ct_true(ct_dead(conn, made.id) == NULL);
}

/* By the database's clock; the caller's transaction is older than what it meets. */
static void time_goes_on(void)
{
	cairn_conn_opts real = ct_opts();
	real.clock = NULL;
	cairn_conn *conn = ct_open_with(&real);
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	cairn_jobs *jobs = NULL;
	cairn_time now = 0;
	ct_define(conn, "t");
	opts.lease = 100 * CAIRN_MILLISECOND;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_job_new job = ct_new("t");
	ct_ok(cairn_now(conn, &now, ct_err()));
	job.run_at = now + 150 * CAIRN_MILLISECOND;
	cairn_id later = ct_add(conn, &job);
	job.run_at = 0;
	ct_add(conn, &job);
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_int(jobs->count, 1);
	cairn_lease lease = cairn_job_lease(&jobs->at[0]);
	ct_nap(160 * CAIRN_MILLISECOND);
	ct_ok(cairn_job_heartbeat(conn, &lease, 1, 0, &changed, ct_err()));
	ct_each(changed, CAIRN_STALE, "job.lease_expired");
	ct_reap(conn, 1);
	opts.limit = 10;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_int(jobs->count, 2);
	ct_true(cairn_id_compare(jobs->at[0].id, later) == 0 ||
		cairn_id_compare(jobs->at[1].id, later) == 0);
	ct_later(jobs);
	ct_ok(cairn_commit(&tx, ct_err()));
}

#define JOBS .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "tx.time.goes_on_inside_a_transaction",
	  .kind = CT_VERB,
	  JOBS,
	  .rule = "However long the caller's transaction lasts, jobs become due and leases expire "
		  "inside it by the time that it is, not by the time of its begin.",
	  .covers = "runledger E13",
	  .run = time_goes_on },
	{ .name = "tx.rollback.leaves_nothing_of_an_enqueue",
	  .kind = CT_VERB,
	  JOBS,
	  .rule = "A rolled back enqueue leaves neither job nor event.",
	  .covers = "runledger E02",
	  .run = rollback_takes_everything_back },
	{ .name = "tx.rollback.leaves_nothing_of_any_verb",
	  .kind = CT_VERB,
	  JOBS,
	  .rule = "Whatever was written in the caller's transaction, the rollback restores every "
		  "row, attempt, event and definition.",
	  .run = every_verb_is_taken_back },
	{ .name = "tx.rollback.leaves_nothing_of_a_reaping",
	  .kind = CT_VERB,
	  JOBS,
	  .rule = "A rolled back reaping leaves the leases as they were; the next pass finds "
		  "them again.",
	  .run = reaping_is_taken_back },
	{ .name = "tx.rollback.does_nothing_before_begin_and_after_commit",
	  .kind = CT_VERB,
	  JOBS,
	  .rule = "cairn_rollback is the clean-up line of every function.",
	  .run = rollback_does_nothing },
	{ .name = "tx.commit.keeps_everything",
	  .kind = CT_VERB,
	  JOBS,
	  .rule = "After the commit all of the transaction's work is there for everybody.",
	  .run = commit_keeps_everything },
	{ .name = "tx.commit.nobody_sees_it_before",
	  .kind = CT_INTERLEAVE,
	  JOBS,
	  .rule = "Its own session sees the uncommitted work, no other does.",
	  .run = nobody_sees_it_before_the_commit },
	{ .name = "tx.outcomes.expected_ones_never_abort_it",
	  .kind = CT_VERB,
	  JOBS,
	  .rule = "NOT_FOUND, EXISTING, CONFLICT, STALE and a missing definition leave the "
		  "caller's transaction usable, and it commits.",
	  .run = expected_outcomes },
	{ .name = "tx.outcomes.malformed_input_never_aborts_it",
	  .kind = CT_VERB,
	  JOBS,
	  .rule = "What is refused before any I/O leaves the caller's transaction alone.",
	  .run = malformed_input },
	{ .name = "tx.misuse.is_told",
	  .kind = CT_VERB,
	  JOBS,
	  .rule = "Committing what is not open, and beginning what is, are INVALID conn.misuse.",
	  .run = misuse },
	{ .name = "tx.misuse.inner_transactions_end_first",
	  .kind = CT_VERB,
	  JOBS,
	  .caps = CAIRN_CAP_NESTED_TX,
	  .rule = "Committing an outer transaction while an inner one is open is conn.misuse and "
		  "changes nothing.",
	  .run = inner_ends_first },
	{ .name = "tx.nested.an_outer_rollback_ends_the_inner",
	  .kind = CT_VERB,
	  JOBS,
	  .caps = CAIRN_CAP_NESTED_TX,
	  .rule = "Rolling back an outer transaction ends what is open inside of it.",
	  .run = outer_rollback_ends_inner },
	{ .name = "tx.nested.released_work_falls_with_its_outer_savepoint",
	  .kind = CT_VERB,
	  JOBS,
	  .caps = CAIRN_CAP_NESTED_TX,
	  .rule = "A released savepoint belongs to the one around it.",
	  .run = savepoints_nest },
	{ .name = "tx.nested.savepoints_may_be_repeated",
	  .kind = CT_VERB,
	  JOBS,
	  .caps = CAIRN_CAP_NESTED_TX,
	  .rule = "Each savepoint of a row of them ends as it was told.",
	  .run = savepoint_again },
	{ .name = "tx.nested.a_rollback_restores_a_changed_job",
	  .kind = CT_VERB,
	  JOBS,
	  .caps = CAIRN_CAP_NESTED_TX,
	  .rule = "Rolling back to a savepoint restores the job with its attempts and events, and "
		  "its lease is good again.",
	  .run = savepoint_restores_a_change },
};

CT_GROUP(tx, cases);
