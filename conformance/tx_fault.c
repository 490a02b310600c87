/*
 * tx_fault.c - transactions that break: a lock that never comes, a session that is
 * killed between calls, inside a transaction and before its commit.
 */
#include <cairn/sys/driver.h>

#include "ct.h"

/* ---- a transaction that the database broke ---------------------------------------------- */

static void add_keyed(cairn_conn *conn, void *arg)
{
	cairn_job_new job = ct_new("t");
	cairn_job_added added = { .status = CAIRN_OK };
	job.key = CAIRN_STR("the-key");
	*(cairn_status *)arg = cairn_job_enqueue(conn, &job, 1, &added, ct_err());
}

struct victim {
	cairn_status begun;
	cairn_status wrote;
	cairn_status again;
	cairn_status committed;
};

static void write_in_tx(cairn_conn *conn, void *arg)
{
	struct victim *victim = arg;
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_jobs *jobs = NULL;
	victim->begun = cairn_begin(conn, &tx, ct_err());
	if (victim->begun != CAIRN_OK)
		return;
	add_keyed(conn, &victim->wrote);
	uint64_t before = cairn_conn_round_trips(conn);
	victim->again = cairn_job_get(conn, cairn_any(), cairn_id_new(), &jobs, ct_err());
	cairn_free(jobs);
	if (victim->again == CAIRN_TX_ABORTED)
		ct_int(cairn_conn_round_trips(conn), before);
	victim->committed = cairn_commit(&tx, ct_err());
	cairn_rollback(&tx);
}

static void a_lock_that_never_comes(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.lock_timeout = 300 * CAIRN_MILLISECOND;
	cairn_conn *first = ct_open();
	ct_session *second = ct_session_with("second", &opts);
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_status status = CAIRN_OK;
	struct victim victim = { .begun = CAIRN_OK };
	ct_define(first, "t");
	ct_ok(cairn_begin(first, &tx, ct_err()));
	add_keyed(first, &status);
	ct_ok(status);
	ct_step(second, write_in_tx, &victim);
	if (victim.begun == CAIRN_OK && victim.wrote == CAIRN_TX_ABORTED) {
		ct_int(victim.again, CAIRN_TX_ABORTED);
		ct_int(victim.committed, CAIRN_TX_ABORTED);
	} else if (victim.begun == CAIRN_OK) {
		ct_true(victim.wrote == CAIRN_BUSY || victim.wrote == CAIRN_TIMEOUT);
	} else {
		ct_true(victim.begun == CAIRN_BUSY || victim.begun == CAIRN_TIMEOUT);
	}
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_step(second, add_keyed, &status);
	ct_ok(status);
	ct_int(ct_count_jobs(first, 0), 1);
}

/* ---- a session that dies ----------------------------------------------------------------------- */

static void killed_between_calls(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	ct_int(ct_subject()->kill_session(conn), 0);
	cairn_status status = cairn_job_enqueue(conn, &job, 1, NULL, ct_err());
	ct_true(status == CAIRN_UNAVAILABLE || status == CAIRN_UNCERTAIN);
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_UNAVAILABLE,
		  "conn.closed");
	ct_int(ct_count_jobs(other, 0), 0);
}

static void killed_in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_jobs *jobs = NULL;
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_add(conn, &job);
	ct_int(ct_subject()->kill_session(conn), 0);
	cairn_status status = cairn_job_get(conn, cairn_any(), cairn_id_new(), &jobs, ct_err());
	cairn_free(jobs);
	ct_true(status == CAIRN_UNAVAILABLE || status == CAIRN_TX_ABORTED);
	status = cairn_commit(&tx, ct_err());
	ct_true(status == CAIRN_UNAVAILABLE || status == CAIRN_TX_ABORTED);
	cairn_rollback(&tx);
	ct_int(ct_count_jobs(other, 0), 0);
}

static void killed_before_the_commit(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	job.key = CAIRN_STR("k");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_add(conn, &job);
	ct_int(ct_subject()->kill_session(conn), 0);
	cairn_status status = cairn_commit(&tx, ct_err());
	ct_true(status == CAIRN_UNCERTAIN || status == CAIRN_UNAVAILABLE);
	if (status == CAIRN_UNCERTAIN)
		ct_text(ct_last()->code, "db.commit_unconfirmed");
	cairn_rollback(&tx);
	ct_int(ct_count_jobs(other, 0), 0);
	ct_add(other, &job);
	ct_int(ct_count_jobs(other, 0), 1);
}

/* ---- an answer that is lost ------------------------------------------------------------------- */

static cairn_conn_ops real;

static cairn_status lose_the_answer(void *self, uint32_t depth, cairn_error *err)
{
	cairn_status status = real.commit(self, depth, err);
	return status == CAIRN_OK ? cairn_fail(err, CAIRN_E_DB_UNCERTAIN) : status;
}

/* Commits, and never says so. */
static cairn_conn *open_mute(void)
{
	static cairn_driver driver;
	static cairn_conn_ops ops;
	cairn_conn_opts opts = ct_opts();
	size_t size = ct_subject()->driver->size;
	memcpy(&driver, ct_subject()->driver, size < sizeof(driver) ? size : sizeof(driver));
	size = driver.conn->size;
	memcpy(&real, driver.conn, size < sizeof(real) ? size : sizeof(real));
	ops = real;
	ops.commit = lose_the_answer;
	driver.conn = &ops;
	return ct_open_driver(&driver, &opts);
}

static void the_answer_is_lost(void)
{
	cairn_conn *conn = open_mute();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
	ct_made done = ct_make(conn, "t", CAIRN_JOB_SUCCEEDED);
	cairn_job_new job = ct_keyed("t", "k");
	cairn_rerun again = { .source = done.id,
			      .run_number = 1,
			      .key = CAIRN_STR("r"),
			      .reason = CAIRN_STR("why") };
	cairn_job_added replayed;
	cairn_job_added repeated;
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id id = ct_add(conn, &job);
	ct_finish(conn, ct_success(made.lease));
	ct_ok(cairn_job_replay(conn, cairn_any(), &again, 1, &replayed, ct_err()));
	ct_status(cairn_commit(&tx, ct_err()), CAIRN_UNCERTAIN, "db.commit_unconfirmed");
	cairn_rollback(&tx);
	/* all of it once more: each call answers what the first one did */
	ct_existing(conn, &job, id);
	cairn_changed changed = ct_send(conn, ct_success(made.lease));
	ct_each(changed, CAIRN_STALE, "job.finished");
	ct_int(changed.ending, CAIRN_ENDING_SUCCEEDED);
	ct_ok(cairn_job_replay(conn, cairn_any(), &again, 1, &repeated, ct_err()));
	ct_int(repeated.disposition, CAIRN_EXISTING);
	ct_id(repeated.id, replayed.id);
	ct_int(ct_count_jobs(conn, 0), 4);
}

#define JOBS .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "tx.outcomes.a_lock_that_never_comes_is_told",
	  .kind = CT_INTERLEAVE,
	  JOBS,
	  .rule = "A lock timeout inside a transaction is TX_ABORTED where the database has "
		  "aborted it, and then every call says so without I/O; else BUSY.",
	  .run = a_lock_that_never_comes },
	{ .name = "tx.fault.a_killed_session_is_unavailable",
	  .kind = CT_FAULT,
	  JOBS,
	  .needs = CT_NEED_KILL,
	  .rule = "After its session was killed a connection answers UNAVAILABLE and writes "
		  "nothing.",
	  .covers = "runledger X08",
	  .run = killed_between_calls },
	{ .name = "tx.fault.a_session_killed_in_a_transaction_leaves_nothing",
	  .kind = CT_FAULT,
	  JOBS,
	  .needs = CT_NEED_KILL,
	  .rule = "A transaction whose session was killed has written nothing and can't be "
		  "committed.",
	  .covers = "runledger ER06, CR01, CR02",
	  .run = killed_in_a_transaction },
	{ .name = "tx.fault.a_commit_on_a_killed_session_is_no_success",
	  .kind = CT_FAULT,
	  JOBS,
	  .needs = CT_NEED_KILL,
	  .rule = "A commit whose answer never came is UNCERTAIN, never a success; repeating the "
		  "keyed call settles it.",
	  .covers = "runledger X07",
	  .run = killed_before_the_commit },
	{ .name = "tx.fault.a_lost_answer_is_uncertain_and_repeating_is_safe",
	  .kind = CT_FAULT,
	  JOBS,
	  .rule = "A commit that was done and not confirmed is UNCERTAIN; keyed calls repeated "
		  "after it give the first call's result, and an end tells how its fence ended.",
	  .covers = "runledger X07, J20",
	  .run = the_answer_is_lost },
};

CT_GROUP(tx_fault, cases);
