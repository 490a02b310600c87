/*
 * plans_fill.h - what stands in the store when the calls of plans.c are made again: 20,000 rows of everything.
 */
#ifndef TESTS_POSTGRES_PLANS_FILL_H
#define TESTS_POSTGRES_PLANS_FILL_H

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

/* The only value that a statement answers. */
static long long number(PGconn *pg, const char *sql)
{
	PGresult *result = PQexec(pg, sql);
	if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) {
		printf("Bail out! %s", PQerrorMessage(pg));
		exit(1);
	}
	long long value = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return value;
}

/* What a row of a table is like, but for its id, so many times. */
#define LIKE(table, which, id) \
	"INSERT INTO " table " SELECT (jsonb_populate_record(x.r, jsonb_build_object('" id "', " \
	"gen_random_uuid(), 'idempotency_key', NULL, 'reap_at', now() + interval '1 day', " \
	"'lease_expires_at', now() + interval '1 day'))).* FROM (SELECT r FROM " table " r " which \
	" LIMIT 1) x, generate_series(1, 20000);"

/* Jobs of each kind: waiting, leased, done; keys and history with them; definitions, items. */
static void fill_jobs(PGconn *pg)
{
	number(pg,
	       LIKE("cairn_job_live",
		    "WHERE status = 'PENDING' AND queue = 'default' AND NOT parked",
		    "id") LIKE("cairn_job_live", "WHERE status = 'LEASED'",
			       "id") LIKE("cairn_job_done", "", "id")
		       LIKE("cairn_job_attempt", "",
			    "job_id") "INSERT INTO cairn_job_event (job_id, seq, at, "
				      "run_number, attempt, kind) "
				      "SELECT gen_random_uuid(), 1, now(), 1, 0, 'ENQUEUED' "
				      "FROM generate_series(1, 20000);"
				      "INSERT INTO cairn_job_key SELECT gen_random_uuid(), "
				      "'t', '', 'k' || n, "
				      "sha256('x'), '{}' FROM generate_series(1, 20000) n;"
				      "INSERT INTO cairn_job_definition SELECT "
				      "(jsonb_populate_record(d, "
				      "jsonb_build_object('type', 't' || n))).* FROM "
				      "cairn_job_definition d, "
				      "generate_series(1, 2000) n WHERE d.type = 't';"
				      "INSERT INTO cairn_memory_item (revision, created_at, "
				      "updated_at, expires_at, value_size, found, tenant, ns, "
				      "item_key, tags, metadata, value_json) "
				      "SELECT n, now(), now(), CASE WHEN n % 2 = 0 THEN now() + "
				      "interval '1 day' END, 1, 0, 't', CASE WHEN n % 4 < 2 THEN "
				      "':a' "
				      "ELSE ':b' || n % 7 END, 'k' || n, '', '{}', '1' "
				      "FROM generate_series(1, 20000) n;"
				      "SELECT 1");
}

static void fill_logs(PGconn *pg)
{
	number(pg,
	       "INSERT INTO cairn_log SELECT 1, 0, now(), now(), 't', 'n' || n "
	       "FROM generate_series(1, 20000) n;"
	       "INSERT INTO cairn_log_event SELECT l.head + n, now(), 1, 't', 'long', 'k', '{}' "
	       "FROM cairn_log l, generate_series(1, 20000) n WHERE l.thread = 'long';"
	       "UPDATE cairn_log SET head = head + 20000 WHERE thread = 'long'; SELECT 1");
}

/* Behind what is there: one of each of many threads, and many of another namespace in two of them. */
static void fill_checkpoints(PGconn *pg)
{
	number(pg,
	       "INSERT INTO cairn_thread SELECT 0, now(), now(), 't', 'n' || n "
	       "FROM generate_series(1, 20000) n;"
	       "INSERT INTO cairn_checkpoint (write_seq, step, created_at, payload_version, id, "
	       "state_size, tenant, thread, ns, metadata, tags, state) "
	       "SELECT t.write_seq + n, 1, now(), 1, gen_random_uuid(), 1, 't', t.thread, 'other', "
	       "'{}', '', '1' FROM cairn_thread t CROSS JOIN LATERAL generate_series(1, "
	       "CASE WHEN t.thread IN ('long', 'got') THEN 20000 ELSE 1 END) n;"
	       "UPDATE cairn_thread SET write_seq = write_seq + "
	       "CASE WHEN thread IN ('long', 'got') THEN 20000 ELSE 1 END;"
	       "INSERT INTO cairn_checkpoint_write SELECT c.id, 0, 't', c.thread, 'task', 'c', '1' "
	       "FROM cairn_checkpoint c WHERE c.ns = 'other'; SELECT 1");
}

static void fill_locks(PGconn *pg)
{
	number(pg, "INSERT INTO cairn_lock (tenant, name, fence, acquired_at, expires_at) "
		   "SELECT 't', 'n' || n, 1, now(), now() + interval '1 day' "
		   "FROM generate_series(10, 20000) n; SELECT 1");
}

/* Runs of one step each, and a run that has as many, each behind the one before. */
static void fill_runs(PGconn *pg)
{
	number(pg, "INSERT INTO cairn_run SELECT (jsonb_populate_record(r, jsonb_build_object("
		   "'id', gen_random_uuid()))).* FROM (SELECT r FROM cairn_run r LIMIT 1) x(r), "
		   "generate_series(1, 20000);"
		   "INSERT INTO cairn_step SELECT (jsonb_populate_record(s, jsonb_build_object("
		   "'id', gen_random_uuid(), 'run_id', r.id))).* FROM (SELECT s FROM cairn_step s "
		   "WHERE status = 'BLOCKED' LIMIT 1) x(s), cairn_run r;"
		   "INSERT INTO cairn_step SELECT (jsonb_populate_record(s, jsonb_build_object("
		   "'id', gen_random_uuid(), 'run_id', r.id, 'step_key', 'n' || n))).* "
		   "FROM (SELECT s FROM cairn_step s WHERE status = 'BLOCKED' LIMIT 1) x(s), "
		   "(SELECT id FROM cairn_run ORDER BY id LIMIT 1) r, generate_series(1, 20000) n;"
		   "INSERT INTO cairn_step_edge SELECT a.id, lead(a.id, 1, gen_random_uuid()) "
		   "OVER (ORDER BY a.id), 'ON_SUCCESS' FROM cairn_step a ON CONFLICT DO NOTHING; "
		   "SELECT 1");
}

static void fill(PGconn *pg)
{
	fill_jobs(pg);
	fill_logs(pg);
	fill_checkpoints(pg);
	fill_locks(pg);
	fill_runs(pg);
}

#endif
