/*
 * caps.c - capabilities, both ways: what is claimed must hold, and what is not
 * claimed must be absent or slow, never wrong. The other processes here are forked and
 * open connections of their own.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ct.h"

/* What another process does with the store, and what it answers before it is killed. */
static int in_another_process(int (*fn)(cairn_conn *conn))
{
	int answers[2];
	unsigned char answer = 90;
	ct_int(pipe(answers), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		cairn_conn *conn = NULL;
		if (cairn_open(&conn, ct_subject()->driver, ct_url(), NULL, NULL) == CAIRN_OK)
			answer = (unsigned char)fn(conn);
		if (write(answers[1], &answer, 1) == 1)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	close(answers[1]);
	bool told = read(answers[0], &answer, 1) == 1;
	close(answers[0]);
	ct_true(pid > 0 && waitpid(pid, NULL, 0) == pid);
	ct_true(told);
	return answer;
}

static int enqueue_there(cairn_conn *conn)
{
	cairn_job_new job = { .type = CAIRN_STR("t") };
	return cairn_job_enqueue(conn, &job, 1, NULL, NULL) == CAIRN_OK ? 0 : 1;
}

/* How many jobs it sees; 80 when it can't look. */
static int count_there(cairn_conn *conn)
{
	cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	cairn_jobs *jobs = NULL;
	if (cairn_job_list(conn, &filter, &jobs, NULL) != CAIRN_OK)
		return 80;
	return (int)jobs->count;
}

static void durable(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_int(in_another_process(enqueue_there), 0);
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_close(conn);
	conn = ct_open();
	ct_int(ct_count_jobs(conn, 0), 1);
}

static void not_durable(void)
{
	cairn_conn *conn = ct_open();
	ct_ok(cairn_migrate_up(conn, NULL, NULL, ct_err()));
	ct_enqueue(conn, "t");
	ct_close(conn);
	conn = ct_open();
	ct_status(cairn_migrate_check(conn, NULL, ct_err()), CAIRN_SCHEMA,
		  "migration.history_missing");
}

static void shared(void)
{
	cairn_conn *conn = ct_open();
	ct_int(in_another_process(count_there), 0);
	ct_enqueue(conn, "t");
	ct_int(in_another_process(count_there), 1);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_enqueue(conn, "t");
	ct_int(in_another_process(count_there), 1);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(in_another_process(count_there), 2);
}

static int has_no_history(cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_status status = cairn_migrate_check(conn, NULL, &err);
	return status == CAIRN_SCHEMA && strcmp(err.code, "migration.history_missing") == 0;
}

/* The child lives in a copy of this process's memory, so it opens another name. */
static void not_shared(void)
{
	int pipe_fds[2];
	char byte = 0;
	cairn_conn *keeper = ct_open();
	ct_int(pipe(pipe_fds), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		cairn_conn *conn = NULL;
		const char *url = ct_format("%s_other", ct_url());
		int good = cairn_open(&conn, ct_subject()->driver, url, NULL, NULL) == CAIRN_OK &&
			   has_no_history(conn) &&
			   cairn_migrate_up(conn, NULL, NULL, NULL) == CAIRN_OK;
		byte = good ? 'y' : 'n';
		(void)!write(pipe_fds[1], &byte, 1);
		_exit(0);
	}
	ct_true(pid > 0);
	close(pipe_fds[1]);
	ct_int(read(pipe_fds[0], &byte, 1), 1);
	close(pipe_fds[0]);
	ct_int(waitpid(pid, NULL, 0), pid);
	ct_int(byte, 'y');
	cairn_conn *conn = NULL;
	const char *url = ct_format("%s_other", ct_url());
	ct_ok(cairn_open(&conn, ct_subject()->driver, url, NULL, ct_err()));
	bool empty = has_no_history(conn);
	cairn_close(conn);
	ct_true(empty);
	ct_close(keeper);
}

/* ---- claimers side by side --------------------------------------------------------------- */

struct claimer {
	cairn_tx tx;
	cairn_id id;
	cairn_status status;
};

static void claim_in_tx(cairn_conn *conn, void *arg)
{
	struct claimer *claimer = arg;
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	claimer->status = cairn_begin(conn, &claimer->tx, ct_err());
	if (claimer->status == CAIRN_OK)
		claimer->status = cairn_job_claim(conn, &opts, &jobs, ct_err());
	if (claimer->status == CAIRN_OK && jobs->count == 1)
		claimer->id = jobs->at[0].id;
	cairn_free(jobs);
}

static void end_tx(cairn_conn *conn, void *arg)
{
	struct claimer *claimer = arg;
	(void)conn;
	ct_ok(cairn_commit(&claimer->tx, ct_err()));
}

static void claimers_side_by_side(void)
{
	struct claimer one = { .tx = CAIRN_TX_INIT };
	struct claimer two = { .tx = CAIRN_TX_INIT };
	cairn_conn *conn = ct_open();
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	ct_enqueue(conn, "t");
	ct_enqueue(conn, "t");
	ct_step(a, claim_in_tx, &one);
	ct_step(b, claim_in_tx, &two);
	ct_ok(one.status);
	ct_ok(two.status);
	ct_true(!cairn_id_is_none(two.id));
	ct_true(cairn_id_compare(one.id, two.id) != 0);
	ct_step(a, end_tx, &one);
	ct_step(b, end_tx, &two);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_LEASED), 2);
}

static void claimers_one_after_the_other(void)
{
	struct claimer one = { .tx = CAIRN_TX_INIT };
	struct claimer two = { .tx = CAIRN_TX_INIT };
	cairn_conn *conn = ct_open();
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	ct_enqueue(conn, "t");
	ct_enqueue(conn, "t");
	ct_step(a, claim_in_tx, &one);
	ct_start(b, claim_in_tx, &two);
	ct_step(a, end_tx, &one);
	ct_join(b);
	ct_ok(one.status);
	ct_ok(two.status);
	ct_true(!cairn_id_is_none(two.id));
	ct_true(cairn_id_compare(one.id, two.id) != 0);
	ct_step(b, end_tx, &two);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_LEASED), 2);
}

/* ---- transactions ---------------------------------------------------------------------------- */

static void nested(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx outer = CAIRN_TX_INIT;
	cairn_tx inner = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	ct_ok(cairn_begin(conn, &outer, ct_err()));
	ct_add(conn, &job);
	ct_ok(cairn_begin(conn, &inner, ct_err()));
	ct_add(conn, &job);
	cairn_rollback(&inner);
	ct_ok(cairn_commit(&outer, ct_err()));
	ct_int(ct_count_jobs(conn, 0), 1);
}

static void not_nested(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx outer = CAIRN_TX_INIT;
	cairn_tx inner = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	ct_ok(cairn_begin(conn, &outer, ct_err()));
	ct_add(conn, &job);
	ct_status(cairn_begin(conn, &inner, ct_err()), CAIRN_UNSUPPORTED, "driver.unsupported");
	ct_add(conn, &job);
	ct_ok(cairn_commit(&outer, ct_err()));
	ct_int(ct_count_jobs(conn, 0), 2);
}

struct refused {
	ct_made made[2];
	const char *before[2];
	cairn_tx tx;
};

/* A change that the database refuses half-way, in a transaction that has already written something. */
static cairn_status refused_inside(cairn_conn *conn, struct refused *it)
{
	cairn_finish ends[2];
	cairn_job_new job = ct_new("t");
	for (size_t i = 0; i < 2; i++) {
		it->made[i] = ct_make(conn, "t", CAIRN_JOB_LEASED);
		it->before[i] = ct_snapshot(conn, it->made[i].id);
		ends[i] = ct_failure(it->made[i].lease, CAIRN_FINISH_RETRYABLE, "a.code");
	}
	it->tx = (cairn_tx)CAIRN_TX_INIT;
	ct_int(ct_subject()->poison(ct_url(), it->made[1].id), 0);
	ct_ok(cairn_begin(conn, &it->tx, ct_err()));
	ct_add(conn, &job);
	return cairn_job_finish(conn, ends, 2, NULL, ct_err());
}

static void both_unchanged(cairn_conn *conn, const struct refused *it)
{
	for (size_t i = 0; i < 2; i++)
		ct_unchanged(conn, it->made[i].id, it->before[i]);
}

static void undone_inside(void)
{
	cairn_conn *conn = ct_open();
	struct refused it;
	cairn_status status = refused_inside(conn, &it);
	ct_true(status != CAIRN_OK && status != CAIRN_TX_ABORTED);
	both_unchanged(conn, &it);
	ct_ok(cairn_commit(&it.tx, ct_err()));
	both_unchanged(conn, &it);
	ct_int(ct_count_jobs(conn, 0), 3);
}

static void aborted_inside(void)
{
	cairn_conn *conn = ct_open();
	struct refused it;
	ct_status(refused_inside(conn, &it), CAIRN_TX_ABORTED, NULL);
	cairn_rollback(&it.tx);
	both_unchanged(conn, &it);
	ct_int(ct_count_jobs(conn, 0), 2);
}

static const ct_case cases[] = {
	{ .name = "conn.caps.durable_work_survives_its_process",
	  .kind = CT_FAULT,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_DURABLE | CAIRN_CAP_SHARED,
	  .rule = "What was acknowledged is there after the process that wrote it is gone.",
	  .covers = "runledger CR02",
	  .run = durable },
	{ .name = "conn.caps.without_durable_the_store_ends_with_its_last_connection",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .lacks = CAIRN_CAP_DURABLE,
	  .flags = CT_BARE,
	  .rule = "A driver that does not claim DURABLE keeps nothing.",
	  .run = not_durable },
	{ .name = "conn.caps.other_processes_see_a_shared_store",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_SHARED,
	  .rule = "Another process sees what is committed, at once, and nothing else.",
	  .run = shared },
	{ .name = "conn.caps.without_shared_each_process_has_its_own",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .lacks = CAIRN_CAP_SHARED,
	  .flags = CT_BARE,
	  .rule = "A driver that does not claim SHARED shows nothing to other processes.",
	  .run = not_shared },
	{ .name = "conn.caps.parallel_claimers_do_not_wait_for_each_other",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "A claim skips what an open transaction has claimed and takes the next.",
	  .covers = "runledger K07, K16",
	  .run = claimers_side_by_side },
	{ .name = "conn.caps.without_parallel_claim_claimers_take_turns",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .lacks = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "A claim may wait for another's transaction, and then takes another job.",
	  .covers = "runledger K07, K16",
	  .run = claimers_one_after_the_other },
	{ .name = "conn.caps.nested_transactions_are_savepoints",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_NESTED_TX,
	  .rule = "An inner rollback takes back the inner work alone.",
	  .run = nested },
	{ .name = "conn.caps.without_nested_tx_an_inner_begin_is_unsupported",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .lacks = CAIRN_CAP_NESTED_TX,
	  .rule = "An inner begin is UNSUPPORTED and leaves the outer transaction usable.",
	  .run = not_nested },
	{ .name = "conn.caps.a_call_that_fails_undoes_itself",
	  .kind = CT_FAULT,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_TX_UNDO,
	  .needs = CT_NEED_POISON,
	  .rule = "A call that the database refuses inside a transaction leaves the rest of it "
		  "usable.",
	  .run = undone_inside },
	{ .name = "conn.caps.without_tx_undo_a_call_that_fails_ends_the_transaction",
	  .kind = CT_FAULT,
	  .store = CT_JOBS,
	  .lacks = CAIRN_CAP_TX_UNDO,
	  .needs = CT_NEED_POISON,
	  .rule = "A call that the database refuses inside a transaction is TX_ABORTED.",
	  .run = aborted_inside },
};

CT_GROUP(caps, cases);
