/*
 * threads_sqlite.c - the limit of the checkpoints family on SQLite: prepared statements, one
 * transaction a call, large states in a table of their own.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cairn/types.h>

#include "hand.h"
#include "threads.h"

static const char schema[] =
	"CREATE TABLE l_thread (tenant TEXT NOT NULL, thread TEXT NOT NULL, seq INTEGER NOT NULL,"
	" PRIMARY KEY (tenant, thread)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE l_checkpoint (rid INTEGER PRIMARY KEY, tenant TEXT NOT NULL, thread TEXT NOT "
	"NULL, id BLOB NOT NULL, seq INTEGER NOT NULL, step INTEGER NOT NULL, metadata TEXT NOT "
	"NULL, next TEXT, created_at INTEGER NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX l_checkpoint_id ON l_checkpoint (tenant, thread, id);"
	"CREATE UNIQUE INDEX l_checkpoint_seq ON l_checkpoint (tenant, thread, seq);"
	"CREATE TABLE l_state (rid INTEGER PRIMARY KEY, state TEXT NOT NULL) STRICT;"
	"CREATE TABLE l_event (tenant TEXT NOT NULL, thread TEXT NOT NULL, seq INTEGER NOT NULL,"
	" kind TEXT, data TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (tenant, thread, seq)) "
	"STRICT, WITHOUT ROWID;"
	"CREATE TABLE l_item (tenant TEXT NOT NULL, ns TEXT NOT NULL, key TEXT NOT NULL, value "
	"TEXT "
	"NOT NULL, revision INTEGER NOT NULL, updated_at INTEGER NOT NULL,"
	" PRIMARY KEY (tenant, ns, key)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE l_lock (tenant TEXT NOT NULL, name TEXT NOT NULL, fence INTEGER NOT NULL,"
	" expires_at INTEGER, PRIMARY KEY (tenant, name)) STRICT, WITHOUT ROWID;";

enum {
	BEGIN,
	COMMIT,
	NEXT,
	PUT,
	STATE,
	LATEST,
	HISTORY,
	EVENT,
	REMEMBER,
	RECALL,
	LOCK,
	UNLOCK,
	COUNT
};

#define THREAD_IS "tenant = '" BENCH_TENANT "' AND thread = '" BENCH_THREAD "' "

static const char *const texts[COUNT] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[NEXT] = "INSERT INTO l_thread VALUES ('" BENCH_TENANT "', '" BENCH_THREAD "', ?1)"
		 " ON CONFLICT (tenant, thread) DO UPDATE SET seq = seq + ?1 RETURNING seq",
	[PUT] = "INSERT INTO l_checkpoint (tenant, thread, id, seq, step, metadata, next, "
		"created_at) VALUES ('" BENCH_TENANT "', '" BENCH_THREAD "', ?1, ?2, ?2, "
		"'{\"source\":\"loop\"}', 'agent', ?3)",
	[STATE] = "INSERT INTO l_state VALUES (?1, ?2)",
	[LATEST] = "SELECT c.id, c.seq, c.step, c.metadata, c.next, c.created_at, s.state "
		   "FROM l_checkpoint c JOIN l_state s ON s.rid = c.rid WHERE c." THREAD_IS
		   "ORDER BY c.seq DESC LIMIT 1",
	[HISTORY] = "SELECT id, seq, step, metadata, next, created_at FROM l_checkpoint "
		    "WHERE " THREAD_IS "ORDER BY seq DESC LIMIT ?1",
	[EVENT] = "INSERT INTO l_event VALUES ('" BENCH_TENANT "', '" BENCH_THREAD "', ?1, "
		  "'user_message', ?2, ?3)",
	[REMEMBER] = "INSERT INTO l_item VALUES ('" BENCH_TENANT "', ':agent-1', ?1, ?2, 1, ?3) "
		     "ON CONFLICT (tenant, ns, key) DO UPDATE SET value = ?2, "
		     "revision = revision + 1, updated_at = ?3",
	[RECALL] = "SELECT value, revision, updated_at FROM l_item WHERE tenant = '" BENCH_TENANT
		   "' AND ns = ':agent-1' AND key = ?1",
	[LOCK] = "INSERT INTO l_lock VALUES ('" BENCH_TENANT "', '" BENCH_THREAD "', 1, ?1) "
		 "ON CONFLICT (tenant, name) DO UPDATE SET fence = fence + 1, expires_at = ?1 "
		 "WHERE expires_at IS NULL RETURNING fence",
	[UNLOCK] = "UPDATE l_lock SET expires_at = NULL WHERE tenant = '" BENCH_TENANT
		   "' AND name = '" BENCH_THREAD "' AND expires_at IS NOT NULL",
};

struct limit {
	sqlite3 *db;
	sqlite3_stmt *stmts[COUNT];
};

static void limit_reset(const char *url)
{
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
	free(limit);
}

/* Steps a statement to its end; answers the integer of its first row, or 0. */
static int64_t run(struct limit *limit, int which)
{
	sqlite3_stmt *stmt = limit->stmts[which];
	int64_t first = 0;
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		first = sqlite3_column_int64(stmt, 0);
	if (rc != SQLITE_DONE)
		bench_die(texts[which], sqlite3_errmsg(limit->db));
	sqlite3_reset(stmt);
	return first;
}

static int64_t next_seq(struct limit *limit, int64_t n)
{
	run(limit, BEGIN);
	sqlite3_bind_int64(limit->stmts[NEXT], 1, n);
	return run(limit, NEXT);
}

static void limit_put(void *conn, const char *state, size_t len)
{
	struct limit *limit = conn;
	cairn_id id = cairn_id_new();
	sqlite3_stmt *put = limit->stmts[PUT];
	sqlite3_stmt *side = limit->stmts[STATE];
	int64_t seq = next_seq(limit, 1);
	sqlite3_bind_blob(put, 1, id.bytes, 16, SQLITE_STATIC);
	sqlite3_bind_int64(put, 2, seq);
	sqlite3_bind_int64(put, 3, bench_lite_now());
	run(limit, PUT);
	sqlite3_bind_int64(side, 1, sqlite3_last_insert_rowid(limit->db));
	sqlite3_bind_text(side, 2, state, (int)len, SQLITE_STATIC);
	run(limit, STATE);
	run(limit, COMMIT);
}

/* Copies what it reads, as whoever wants it must. */
static size_t read_rows(struct limit *limit, int which, int column, size_t *bytes)
{
	sqlite3_stmt *stmt = limit->stmts[which];
	size_t rows = 0;
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		int len = sqlite3_column_bytes(stmt, column);
		char *copy = malloc((size_t)len + 1);
		memcpy(copy, sqlite3_column_blob(stmt, column), (size_t)len);
		*bytes = (size_t)len;
		free(copy);
		rows++;
	}
	sqlite3_reset(stmt);
	return rows;
}

static size_t limit_latest(void *conn)
{
	size_t bytes = 0;
	read_rows(conn, LATEST, 6, &bytes);
	return bytes;
}

static size_t limit_history(void *conn, size_t n)
{
	struct limit *limit = conn;
	size_t bytes = 0;
	sqlite3_bind_int64(limit->stmts[HISTORY], 1, (int64_t)n);
	return read_rows(limit, HISTORY, 3, &bytes);
}

static void limit_append(void *conn, size_t n)
{
	struct limit *limit = conn;
	sqlite3_stmt *event = limit->stmts[EVENT];
	int64_t seq = next_seq(limit, (int64_t)n) - (int64_t)n;
	int64_t at = bench_lite_now();
	for (size_t i = 0; i < n; i++) {
		sqlite3_bind_int64(event, 1, ++seq);
		sqlite3_bind_text(event, 2, BENCH_PAYLOAD, -1, SQLITE_STATIC);
		sqlite3_bind_int64(event, 3, at);
		run(limit, EVENT);
	}
	run(limit, COMMIT);
}

static void bind_key(sqlite3_stmt *stmt, size_t i)
{
	char key[16];
	snprintf(key, sizeof key, "key-%zu", i);
	sqlite3_bind_text(stmt, 1, key, -1, SQLITE_TRANSIENT);
}

static void limit_remember(void *conn, size_t i)
{
	struct limit *limit = conn;
	sqlite3_stmt *stmt = limit->stmts[REMEMBER];
	bind_key(stmt, i);
	sqlite3_bind_text(stmt, 2, BENCH_PAYLOAD, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 3, bench_lite_now());
	run(limit, REMEMBER);
}

static size_t limit_recall(void *conn, size_t i)
{
	struct limit *limit = conn;
	size_t bytes = 0;
	bind_key(limit->stmts[RECALL], i);
	read_rows(limit, RECALL, 0, &bytes);
	return bytes;
}

static void limit_lock(void *conn)
{
	struct limit *limit = conn;
	sqlite3_bind_int64(limit->stmts[LOCK], 1, bench_lite_now() + 30000000);
	if (run(limit, LOCK) == 0)
		bench_die("lock", "it is held");
	run(limit, UNLOCK);
}

const bench_threads bench_threads_sqlite = {
	.reset = limit_reset,
	.open = limit_open,
	.close = limit_close,
	.put = limit_put,
	.latest = limit_latest,
	.history = limit_history,
	.append = limit_append,
	.remember = limit_remember,
	.recall = limit_recall,
	.lock = limit_lock,
};
