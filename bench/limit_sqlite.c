/*
 * limit_sqlite.c - the limit on SQLite: prepared statements, one transaction a
 * batch, select the rows and update each by rowid, history rows beside it.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cairn/types.h>

#include "bench.h"
#include "hand.h"

static const char schema[] =
	"CREATE TABLE l_job (rid INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, queue TEXT NOT NULL,"
	" type TEXT NOT NULL, payload TEXT NOT NULL, status TEXT NOT NULL, priority INTEGER NOT "
	"NULL,"
	" run_at INTEGER NOT NULL, attempt INTEGER NOT NULL, max_attempts INTEGER NOT NULL,"
	" fence INTEGER NOT NULL, worker TEXT, lease INTEGER, created_at INTEGER NOT NULL,"
	" finished_at INTEGER, output TEXT) STRICT;"
	"CREATE INDEX l_claim ON l_job (queue, priority DESC, run_at, id) WHERE status = 'PENDING';"
	"CREATE TABLE l_event (job BLOB NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,"
	" at INTEGER NOT NULL, worker TEXT, PRIMARY KEY (job, seq)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE l_attempt (job BLOB NOT NULL, fence INTEGER NOT NULL, worker TEXT NOT NULL,"
	" leased_at INTEGER NOT NULL, finished_at INTEGER NOT NULL, ending TEXT NOT NULL,"
	" PRIMARY KEY (job, fence)) STRICT, WITHOUT ROWID;";

enum { BEGIN, COMMIT, INSERT, EVENT, PICK, LEASE, DONE, ATTEMPT, BEAT, VERSION, COUNT };

static const char *const texts[COUNT] = {
	[VERSION] = "PRAGMA data_version",
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[INSERT] = "INSERT INTO l_job (id, queue, type, payload, status, priority, run_at, attempt,"
		   " max_attempts, fence, created_at)"
		   " VALUES (?1, 'default', ?2, ?3, 'PENDING', 100, ?4, 0, 8, 0, ?4)",
	[EVENT] = "INSERT INTO l_event (job, seq, kind, at, worker) VALUES (?1, ?2, ?3, ?4, ?5)",
	[PICK] = "SELECT rid, id, payload, attempt, fence FROM l_job WHERE queue = 'default'"
		 " AND status = 'PENDING' AND run_at <= ?1 ORDER BY priority DESC, run_at, id "
		 "LIMIT ?2",
	[LEASE] = "UPDATE l_job SET status = 'LEASED', attempt = attempt + 1, fence = fence + 1,"
		  " worker = ?2, lease = ?3 WHERE rid = ?1",
	[DONE] = "UPDATE l_job SET status = 'SUCCEEDED', worker = NULL, lease = NULL, finished_at "
		 "= ?3"
		 " WHERE id = ?1 AND fence = ?2 AND status = 'LEASED' AND lease > ?3",
	[ATTEMPT] = "INSERT INTO l_attempt (job, fence, worker, leased_at, finished_at, ending)"
		    " VALUES (?1, ?2, ?3, ?4, ?4, 'SUCCEEDED')",
	[BEAT] = "UPDATE l_job SET lease = ?3 WHERE id = ?1 AND fence = ?2 AND status = 'LEASED'"
		 " AND lease > ?4",
};

struct limit {
	sqlite3 *db;
	sqlite3_stmt *stmts[COUNT];
	struct picked {
		int64_t rid;
		int64_t fence;
		char id[16];
	} * picked;
	size_t cap;
	int64_t version;
};

static void limit_reset(const char *url, int forget)
{
	(void)forget;
	bench_lite_reset(url, schema);
}

static void *limit_open(const char *url)
{
	struct limit *limit = calloc(1, sizeof *limit);
	limit->db = bench_lite_open(url);
	bench_lite_prepare(limit->db, texts, COUNT, limit->stmts);
	return limit;
}

static void limit_close(void *conn)
{
	struct limit *limit = conn;
	for (int i = 0; i < COUNT; i++)
		sqlite3_finalize(limit->stmts[i]);
	sqlite3_close(limit->db);
	free(limit->picked);
	free(limit);
}

static void step(struct limit *limit, int which)
{
	int rc = sqlite3_step(limit->stmts[which]);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		bench_die(texts[which], sqlite3_errmsg(limit->db));
	sqlite3_reset(limit->stmts[which]);
}

static void event(struct limit *limit, const void *id, int64_t seq, const char *kind, int64_t at)
{
	sqlite3_stmt *s = limit->stmts[EVENT];
	sqlite3_bind_blob(s, 1, id, 16, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, seq);
	sqlite3_bind_text(s, 3, kind, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 4, at);
	sqlite3_bind_text(s, 5, "bench", 5, SQLITE_STATIC);
	step(limit, EVENT);
}

static void limit_enqueue(void *conn, size_t n, size_t batch, int audit)
{
	struct limit *limit = conn;
	sqlite3_stmt *s = limit->stmts[INSERT];
	for (size_t done = 0; done < n; done += batch) {
		int64_t at = bench_lite_now();
		step(limit, BEGIN);
		for (size_t i = 0; i < batch; i++) {
			cairn_id id = cairn_id_new();
			sqlite3_bind_blob(s, 1, id.bytes, 16, SQLITE_STATIC);
			sqlite3_bind_text(s, 2, "bench", 5, SQLITE_STATIC);
			sqlite3_bind_text(s, 3, BENCH_PAYLOAD, sizeof BENCH_PAYLOAD - 1,
					  SQLITE_STATIC);
			sqlite3_bind_int64(s, 4, at);
			step(limit, INSERT);
			if (audit)
				event(limit, id.bytes, 1, "ENQUEUED", at);
		}
		step(limit, COMMIT);
	}
}

static size_t pick(struct limit *limit, size_t batch, int64_t at)
{
	sqlite3_stmt *s = limit->stmts[PICK];
	size_t n = 0;
	if (limit->cap < batch) {
		limit->picked = realloc(limit->picked, batch * sizeof *limit->picked);
		limit->cap = batch;
	}
	sqlite3_bind_int64(s, 1, at);
	sqlite3_bind_int64(s, 2, (int64_t)batch);
	while (sqlite3_step(s) == SQLITE_ROW && n < batch) {
		struct picked *one = &limit->picked[n++];
		one->rid = sqlite3_column_int64(s, 0);
		memcpy(one->id, sqlite3_column_blob(s, 1), 16);
		one->fence = sqlite3_column_int64(s, 4) + 1;
	}
	sqlite3_reset(s);
	return n;
}

static void lease_all(struct limit *limit, size_t n, int64_t at)
{
	sqlite3_stmt *s = limit->stmts[LEASE];
	for (size_t i = 0; i < n; i++) {
		sqlite3_bind_int64(s, 1, limit->picked[i].rid);
		sqlite3_bind_text(s, 2, "bench", 5, SQLITE_STATIC);
		sqlite3_bind_int64(s, 3, at + 30000000);
		step(limit, LEASE);
		event(limit, limit->picked[i].id, 2, "LEASED", at);
	}
}

static void finish_all(struct limit *limit, size_t n, int64_t at)
{
	for (size_t i = 0; i < n; i++) {
		struct picked *one = &limit->picked[i];
		sqlite3_stmt *s = limit->stmts[DONE];
		sqlite3_bind_blob(s, 1, one->id, 16, SQLITE_STATIC);
		sqlite3_bind_int64(s, 2, one->fence);
		sqlite3_bind_int64(s, 3, at);
		step(limit, DONE);
		s = limit->stmts[ATTEMPT];
		sqlite3_bind_blob(s, 1, one->id, 16, SQLITE_STATIC);
		sqlite3_bind_int64(s, 2, one->fence);
		sqlite3_bind_text(s, 3, "bench", 5, SQLITE_STATIC);
		sqlite3_bind_int64(s, 4, at);
		step(limit, ATTEMPT);
		event(limit, one->id, 3, "SUCCEEDED", at);
	}
}

static size_t limit_drain(void *conn, size_t n, size_t batch)
{
	struct limit *limit = conn;
	size_t done = 0;
	while (done < n) {
		int64_t at = bench_lite_now();
		step(limit, BEGIN);
		size_t got = pick(limit, batch, at);
		lease_all(limit, got, at);
		step(limit, COMMIT);
		if (got == 0)
			break;
		at = bench_lite_now();
		step(limit, BEGIN);
		finish_all(limit, got, at);
		step(limit, COMMIT);
		done += got;
	}
	return done;
}

static void limit_work(void *conn, const char *url, size_t n, const struct bench_runtime *runtime)
{
	struct limit *limit = conn;
	size_t batch = runtime->ahead > runtime->threads ? runtime->ahead : runtime->threads;
	size_t got = 0;
	(void)url;
	for (size_t done = 0; done < n; done += got) {
		int64_t at = bench_lite_now();
		step(limit, BEGIN);
		finish_all(limit, got, at);
		got = pick(limit, batch, at);
		lease_all(limit, got, at);
		step(limit, COMMIT);
		if (got == 0)
			bench_die("limit", "jobs are missing");
	}
	step(limit, BEGIN);
	finish_all(limit, got, bench_lite_now());
	step(limit, COMMIT);
}

static void limit_beat(void *conn, size_t n, size_t batch)
{
	struct limit *limit = conn;
	int64_t at = bench_lite_now();
	step(limit, BEGIN);
	size_t got = pick(limit, batch, at);
	lease_all(limit, got, at);
	step(limit, COMMIT);
	sqlite3_stmt *s = limit->stmts[BEAT];
	for (size_t k = 0; k < n; k++) {
		at = bench_lite_now();
		step(limit, BEGIN);
		for (size_t i = 0; i < got; i++) {
			sqlite3_bind_blob(s, 1, limit->picked[i].id, 16, SQLITE_STATIC);
			sqlite3_bind_int64(s, 2, limit->picked[i].fence);
			sqlite3_bind_int64(s, 3, at + 30000000);
			sqlite3_bind_int64(s, 4, at);
			step(limit, BEAT);
		}
		step(limit, COMMIT);
	}
}

static void limit_post(void *conn)
{
	limit_enqueue(conn, 1, 1, 1);
}

/* Two thousand looks per second at the counter of commits. */
static void limit_await(void *conn)
{
	struct limit *limit = conn;
	const int64_t before = limit->version;
	while (limit->version == before) {
		nanosleep(&(struct timespec){ .tv_nsec = before != 0 ? 500000 : 0 }, NULL);
		if (sqlite3_step(limit->stmts[VERSION]) != SQLITE_ROW)
			bench_die("data_version", sqlite3_errmsg(limit->db));
		limit->version = sqlite3_column_int64(limit->stmts[VERSION], 0);
		sqlite3_reset(limit->stmts[VERSION]);
	}
}

const bench_side bench_limit_sqlite = {
	.name = "limit",
	.reset = limit_reset,
	.open = limit_open,
	.close = limit_close,
	.enqueue = limit_enqueue,
	.drain = limit_drain,
	.beat = limit_beat,
	.post = limit_post,
	.await = limit_await,
	.work = limit_work,
};
