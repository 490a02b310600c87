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
	"NULL, id BLOB NOT NULL, seq INTEGER NOT NULL, step INTEGER NOT NULL, created_at INTEGER "
	"NOT NULL, version INTEGER NOT NULL, size INTEGER NOT NULL, parent BLOB, ns TEXT NOT NULL,"
	" next TEXT, run TEXT, metadata TEXT NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX l_checkpoint_id ON l_checkpoint (tenant, thread, id);"
	"CREATE UNIQUE INDEX l_checkpoint_seq ON l_checkpoint (tenant, thread, seq);"
	"CREATE TABLE l_state (rid INTEGER PRIMARY KEY, state TEXT NOT NULL) STRICT;"
	"CREATE TABLE l_event (tenant TEXT NOT NULL, thread TEXT NOT NULL, seq INTEGER NOT NULL,"
	" kind TEXT, data TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (tenant, thread, seq)) "
	"STRICT, WITHOUT ROWID;"
	"CREATE TABLE l_item (tenant TEXT NOT NULL, ns TEXT NOT NULL, key TEXT NOT NULL, value "
	"TEXT NOT NULL, metadata TEXT NOT NULL, revision INTEGER NOT NULL, created_at INTEGER NOT "
	"NULL, updated_at INTEGER NOT NULL, expires_at INTEGER,"
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

/* What a program wants to know of a checkpoint. */
#define COLUMNS \
	"c.seq, c.step, c.created_at, c.version, c.size, c.id, c.parent, c.ns, c.next, c.run, " \
	"c.metadata"

#define THREAD_IS "tenant = '" BENCH_TENANT "' AND thread = '" BENCH_THREAD "' "

static const char *const texts[COUNT] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[NEXT] = "INSERT INTO l_thread VALUES ('" BENCH_TENANT "', '" BENCH_THREAD "', ?1)"
		 " ON CONFLICT (tenant, thread) DO UPDATE SET seq = seq + ?1 RETURNING seq",
	[PUT] = "INSERT INTO l_checkpoint (tenant, thread, id, seq, step, created_at, version, "
		"size, ns, next, metadata) VALUES ('" BENCH_TENANT "', '" BENCH_THREAD "', ?1, ?2, "
		"?2, ?3, 1, ?4, '', 'agent', '{\"source\":\"loop\"}')",
	[STATE] = "INSERT INTO l_state VALUES (?1, ?2)",
	[LATEST] = "SELECT " COLUMNS ", s.state FROM l_checkpoint c JOIN l_state s "
		   "ON s.rid = c.rid WHERE c." THREAD_IS "ORDER BY c.seq DESC LIMIT 1",
	[HISTORY] = "SELECT " COLUMNS " FROM l_checkpoint c WHERE c." THREAD_IS
		    "ORDER BY c.seq DESC LIMIT ?1",
	[EVENT] = "INSERT INTO l_event VALUES ('" BENCH_TENANT "', '" BENCH_THREAD "', ?1, "
		  "'user_message', ?2, ?3)",
	[REMEMBER] = "INSERT INTO l_item VALUES ('" BENCH_TENANT "', ':agent-1', ?1, ?2, '{}', 1, "
		     "?3, ?3, NULL) ON CONFLICT (tenant, ns, key) DO UPDATE SET value = ?2, "
		     "metadata = excluded.metadata, revision = revision + 1, updated_at = ?3, "
		     "expires_at = NULL",
	[RECALL] = "SELECT revision, created_at, updated_at, expires_at, metadata, value FROM "
		   "l_item WHERE tenant = '" BENCH_TENANT "' AND ns = ':agent-1' AND key = ?1 "
		   "AND (expires_at IS NULL OR expires_at > ?2)",
	[LOCK] = "INSERT INTO l_lock VALUES ('" BENCH_TENANT "', '" BENCH_THREAD "', 1, ?1) "
		 "ON CONFLICT (tenant, name) DO UPDATE SET fence = fence + 1, expires_at = ?1 "
		 "WHERE expires_at IS NULL RETURNING fence",
	[UNLOCK] = "UPDATE l_lock SET expires_at = NULL WHERE tenant = '" BENCH_TENANT
		   "' AND name = '" BENCH_THREAD "' AND expires_at IS NOT NULL",
};

/* A row as its caller gets it: numbers, and texts in memory that the next call uses again. */
struct row {
	int64_t numbers[5];
	struct {
		size_t at;
		size_t len;
	} texts[7];
};

struct limit {
	sqlite3 *db;
	sqlite3_stmt *stmts[COUNT];
	struct row rows[100];
	char *text;
	size_t used;
	size_t size;
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
	free(limit->text);
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
	sqlite3_bind_int64(put, 4, (int64_t)len);
	run(limit, PUT);
	sqlite3_bind_int64(side, 1, sqlite3_last_insert_rowid(limit->db));
	sqlite3_bind_text(side, 2, state, (int)len, SQLITE_STATIC);
	run(limit, STATE);
	run(limit, COMMIT);
}

static void copy_text(struct limit *limit, sqlite3_stmt *stmt, int column, struct row *row, int to)
{
	const void *bytes = sqlite3_column_blob(stmt, column);
	size_t len = (size_t)sqlite3_column_bytes(stmt, column);
	if (limit->used + len > limit->size) {
		limit->size = 2 * (limit->used + len);
		limit->text = realloc(limit->text, limit->size);
	}
	if (len > 0)
		memcpy(limit->text + limit->used, bytes, len);
	row->texts[to].at = limit->used;
	row->texts[to].len = len;
	limit->used += len;
}

/* Reads all there is, as whoever asks for it must: so many numbers, then so many texts. */
static size_t read_rows(struct limit *limit, int which, int numbers, int strings)
{
	sqlite3_stmt *stmt = limit->stmts[which];
	size_t n = 0;
	int rc;
	limit->used = 0;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct row *row = &limit->rows[n++];
		for (int i = 0; i < numbers; i++)
			row->numbers[i] = sqlite3_column_int64(stmt, i);
		for (int i = 0; i < strings; i++)
			copy_text(limit, stmt, numbers + i, row, i);
	}
	if (rc != SQLITE_DONE)
		bench_die(texts[which], sqlite3_errmsg(limit->db));
	sqlite3_reset(stmt);
	return n;
}

static size_t limit_latest(void *conn)
{
	struct limit *limit = conn;
	return read_rows(limit, LATEST, 5, 7) == 1 ? limit->rows[0].texts[6].len : 0;
}

static size_t limit_history(void *conn, size_t n)
{
	struct limit *limit = conn;
	sqlite3_bind_int64(limit->stmts[HISTORY], 1, (int64_t)n);
	return read_rows(limit, HISTORY, 5, 6);
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
	bind_key(limit->stmts[RECALL], i);
	sqlite3_bind_int64(limit->stmts[RECALL], 2, bench_lite_now());
	return read_rows(limit, RECALL, 4, 2) == 1 ? limit->rows[0].texts[1].len : 0;
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
