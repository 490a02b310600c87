/*
 * adopted.h - what holds on a handle that the application opened itself and keeps: its rows and
 * cairn's commit together or not at all, and nothing of its session is changed. (the kit itself opens
 * its connections by URL)
 */
#ifndef TESTS_KIT_ADOPTED_H
#define TESTS_KIT_ADOPTED_H

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <cairn/cairn.h>

#include "../tap.h"

/* The application's side: its database, without cairn. */
static void *app_open(void);
static bool app_close(void *native);
static bool app_run(void *native, const char *sql);
/* The first field of the answer; it lasts until the next call. */
static const char *app_ask(void *native, const char *sql);
static cairn_status app_adopt(cairn_conn **conn, void *native, cairn_error *err);
/* And APP_SETTINGS: a question whose answer shows the session's settings. */

static const cairn_str type = { "t", 1 };

static cairn_conn *adopted(void *native)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	if (app_adopt(&conn, native, &err) == CAIRN_OK)
		return conn;
	printf("Bail out! adopt: %s %s (%s)\n", err.code, err.message, err.detail);
	exit(1);
}

static void fine(cairn_status status, const cairn_error *err, const char *what)
{
	if (!ok(status == CAIRN_OK, "%s", what))
		printf("# %s %s (%s)\n", err->code, err->message, err->detail);
}

static cairn_job_added add(cairn_conn *conn, const char *key, const char *payload)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_new job = { .type = type,
			      .key = cairn_str_of(key),
			      .payload = cairn_str_of(payload) };
	cairn_job_added added = { .status = CAIRN_INTERNAL };
	if (cairn_job_enqueue(conn, &job, 1, &added, &err) != CAIRN_OK)
		printf("# enqueue: %s %s (%s)\n", err.code, err.message, err.detail);
	return added;
}

static size_t count_jobs(cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_filter filter = { .size = sizeof filter, .scope = cairn_any(), .limit = 1000 };
	cairn_jobs *jobs = NULL;
	size_t n = 9999;
	if (cairn_job_list(conn, &filter, &jobs, &err) == CAIRN_OK)
		n = jobs->count;
	cairn_free(jobs);
	return n;
}

static cairn_lease claim(cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_claim_opts opts = { .size = sizeof opts, .worker = CAIRN_STR("w"), .limit = 1 };
	cairn_jobs *jobs = NULL;
	cairn_lease lease = { .fence = 0 };
	if (cairn_job_claim(conn, &opts, &jobs, &err) == CAIRN_OK && jobs->count == 1)
		lease = cairn_job_lease(&jobs->at[0]);
	cairn_free(jobs);
	return lease;
}

static cairn_changed succeed(cairn_conn *conn, cairn_lease lease)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_finish end = { .lease = lease, .how = CAIRN_FINISH_SUCCESS };
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	(void)!cairn_job_finish(conn, &end, 1, &changed, &err);
	return changed;
}

/* ---- the outbox --------------------------------------------------------------------- */

static void commits_together(void *native, cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	for (int commits = 0; commits < 2; commits++) {
		cairn_job_new later = { .type = CAIRN_STR("unknown"), .key = CAIRN_STR("k") };
		cairn_intent_recorded recorded = { .status = CAIRN_INTERNAL };
		cairn_intents *found = NULL;
		app_run(native, "BEGIN");
		app_run(native, "INSERT INTO app_order VALUES (7)");
		add(conn, NULL, NULL);
		fine(cairn_intent_record(conn, &later, 1, &recorded, &err), &err, "an intent");
		app_run(native, commits ? "COMMIT" : "ROLLBACK");
		is_text(app_ask(native, "SELECT count(*) FROM app_order"), commits ? "1" : "0",
			commits ? "the application's row is there" : "its row is gone");
		is_int(count_jobs(conn), commits, commits ? "and the job" : "and the job");
		is_int(cairn_intent_get(conn, cairn_any(), recorded.id, &found, &err),
		       commits ? CAIRN_OK : CAIRN_NOT_FOUND, "and the intent");
		cairn_free(found);
	}
}

static void refusals_leave_it(void *native, cairn_conn *conn)
{
	cairn_lease lease = claim(conn);
	is_int(succeed(conn, lease).status, CAIRN_OK, "a job is done");
	add(conn, "k", "1");
	app_run(native, "BEGIN");
	app_run(native, "INSERT INTO app_order VALUES (8)");
	is_int(succeed(conn, lease).status, CAIRN_STALE, "a second end is STALE");
	is_int(add(conn, "k", "1").disposition, CAIRN_EXISTING, "a known key is EXISTING");
	is_int(add(conn, "k", "2").status, CAIRN_CONFLICT, "another request is a CONFLICT");
	is_int(claim(conn).fence, 1, "a claim goes on");
	ok(app_run(native, "COMMIT"), "and the application commits");
	is_text(app_ask(native, "SELECT count(*) FROM app_order"), "2", "its row");
}

static void takes_turns(void *native, cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	size_t before = count_jobs(conn);
	fine(cairn_begin(conn, &tx, &err), &err, "cairn begins by itself");
	add(conn, NULL, NULL);
	app_run(native, "INSERT INTO app_order VALUES (9)");
	fine(cairn_commit(&tx, &err), &err, "and commits what both wrote");
	is_int(count_jobs(conn), before + 1, "the job");
	is_text(app_ask(native, "SELECT count(*) FROM app_order"), "3", "and the row");
	fine(cairn_begin(conn, &tx, &err), &err, "cairn begins again");
	app_run(native, "INSERT INTO app_order VALUES (10)");
	cairn_rollback(&tx);
	is_text(app_ask(native, "SELECT count(*) FROM app_order"), "3", "and takes both back");
	ok(app_run(native, "BEGIN") && app_run(native, "ROLLBACK"), "the handle is idle again");
}

static void waits(void *native, cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_str queue = CAIRN_STR("empty");
	cairn_wait_opts opts = { .size = sizeof opts,
				 .queues = &queue,
				 .queue_count = 1,
				 .timeout = 50 * CAIRN_MILLISECOND };
	int ready = 1;
	fine(cairn_job_wait(conn, &opts, &ready, &err), &err, "a wait ends");
	is_int(ready, 0, "without work");
	app_run(native, "BEGIN");
	is_int(cairn_job_wait(conn, &opts, &ready, &err), CAIRN_INVALID,
	       "in the application's transaction it is refused");
	ok(app_run(native, "COMMIT"), "which goes on");
}

/* ---- the handle itself ------------------------------------------------------------------ */

static void test_adopted(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	cairn_definition definition = { .type = type };
	is_int(app_adopt(&conn, NULL, &err), CAIRN_INVALID, "no handle is refused");
	ok(conn == NULL, "and there is no connection");
	void *native = app_open();
	app_run(native, "CREATE TABLE app_order (n integer)");
	char before[256];
	snprintf(before, sizeof before, "%s", app_ask(native, APP_SETTINGS));
	conn = adopted(native);
	fine(cairn_migrate_up(conn, NULL, NULL, &err), &err, "it migrates");
	fine(cairn_job_define(conn, &definition, 1, &err), &err, "and defines");
	commits_together(native, conn);
	refusals_leave_it(native, conn);
	takes_turns(native, conn);
	waits(native, conn);
	is_text(app_ask(native, APP_SETTINGS), before, "the session's settings are as they were");
	size_t jobs = count_jobs(conn);
	cairn_close(conn);
	ok(app_run(native, "SELECT 1"), "closing leaves the handle open");
	conn = adopted(native);
	is_int(count_jobs(conn), jobs, "it can be adopted again");
	cairn_conn *twin = adopted(native);
	is_int(count_jobs(twin), jobs, "and twice at once");
	add(twin, NULL, NULL);
	is_int(count_jobs(conn), jobs + 1, "both see the same");
	cairn_close(conn);
	is_int(count_jobs(twin), jobs + 1, "one may go before the other");
	cairn_close(twin);
	is_text(app_ask(native, APP_SETTINGS), before, "the settings stay");
	ok(app_close(native), "nothing of cairn's is left on the handle");
}

#endif
