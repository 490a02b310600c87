/*
 * replays_sqlite.c - the limit of replay runs on SQLite: the rows that cairn keeps, prepared statements, one
 * transaction a call. It knows that nobody else is there.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cairn/types.h>

#include "hand.h"
#include "replays.h"

static const char schema[] =
	"CREATE TABLE l_memo (run BLOB NOT NULL, seq INTEGER NOT NULL, name TEXT NOT NULL, kind "
	"TEXT "
	"NOT NULL, verb TEXT NOT NULL, status TEXT NOT NULL, attempts INTEGER NOT NULL, failures "
	"INTEGER NOT NULL, last_attempt INTEGER NOT NULL, timed_out INTEGER NOT NULL, fence "
	"INTEGER "
	"NOT NULL, claim BLOB, child BLOB, signal TEXT, wake_at INTEGER, created_at INTEGER NOT "
	"NULL, begun_at INTEGER NOT NULL, ended_at INTEGER, hash BLOB NOT NULL, error_code TEXT,"
	" error_message TEXT, result TEXT, signature TEXT NOT NULL, UNIQUE (run, seq),"
	" UNIQUE (run, name)) STRICT;"
	"CREATE TABLE l_event (run BLOB NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, kind "
	"TEXT NOT NULL, detail TEXT, reason TEXT, data TEXT, PRIMARY KEY (run, seq)) STRICT, "
	"WITHOUT ROWID;"
	"CREATE TABLE l_budget (run BLOB NOT NULL, axis TEXT NOT NULL, total INTEGER NOT NULL, "
	"spent "
	"INTEGER NOT NULL, reserved INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY "
	"(run,"
	" axis)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE l_entry (run BLOB NOT NULL, seq INTEGER NOT NULL, axis TEXT NOT NULL, "
	"source_type TEXT NOT NULL, source TEXT NOT NULL, amount INTEGER NOT NULL, state TEXT NOT "
	"NULL, expires_at INTEGER, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,"
	" PRIMARY KEY (run, seq), UNIQUE (run, axis, source_type, source)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE l_run (id BLOB PRIMARY KEY, status TEXT NOT NULL, run_at INTEGER NOT NULL,"
	" fence INTEGER NOT NULL, worker TEXT, lease INTEGER, payload TEXT NOT NULL) STRICT;"
	"CREATE INDEX l_run_due ON l_run (run_at, id) WHERE status = 'PENDING';"
	"CREATE TABLE l_signal (run BLOB NOT NULL, seq INTEGER NOT NULL, name TEXT NOT NULL, "
	"sent_at "
	"INTEGER NOT NULL, taken_by INTEGER, hash BLOB NOT NULL, payload TEXT NOT NULL, PRIMARY "
	"KEY "
	"(run, seq)) STRICT, WITHOUT ROWID;";

enum {
	BEGIN,
	COMMIT,
	RECORD,
	STEP,
	COMPLETE,
	EVENT,
	PAGE,
	BUDGET,
	CHARGE,
	RESERVE,
	SETTLE,
	ENTRY,
	SETTLED,
	SUSPEND,
	SIGNAL,
	WAKE,
	PICK,
	LEASE,
	READ,
	TAKE,
	END,
	VERSION,
	COUNT
};

#define MEMO \
	"INSERT INTO l_memo (run, seq, name, kind, verb, status, attempts, failures, " \
	"last_attempt," \
	" timed_out, fence, claim, created_at, begun_at, ended_at, hash, signature, result) "
#define AXIS_IS "WHERE run = ?1 AND axis = 'output_tokens'"

/* ?1 is the run, ?2 its seq, ?3 now */
static const char *const texts[COUNT] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[VERSION] = "PRAGMA data_version",
	[RECORD] =
		MEMO "VALUES (?1, ?2, ?4, 'bench.step', 'VALUE', 'COMPLETED', 1, 0, 1, 0, 1, NULL,"
		     " ?3, ?3, ?3, ?5, ?6, ?7)",
	[STEP] = MEMO
	"VALUES (?1, ?2, ?4, 'bench.step', 'STEP', 'RUNNING', 1, 0, 1, 0, 1, ?1, ?3, ?3,"
	" NULL, ?5, ?6, NULL)",
	[COMPLETE] = "UPDATE l_memo SET status = 'COMPLETED', ended_at = ?3, result = ?7"
		     " WHERE run = ?1 AND seq = ?2 AND status = 'RUNNING' AND claim = ?1",
	[EVENT] = "INSERT INTO l_event (run, seq, at, kind, detail, reason, data)"
		  " VALUES (?1, ?2, ?3, ?4, ?5, 'bench.step', ?6)",
	[PAGE] = "SELECT seq, created_at, begun_at, ended_at, wake_at, fence, attempts, failures,"
		 " last_attempt, timed_out, verb, status, claim, child, name, kind, signal, hash,"
		 " error_code, error_message, result FROM l_memo WHERE run = ?1 AND seq > ?2"
		 " ORDER BY seq LIMIT 256",
	[BUDGET] = "INSERT INTO l_budget VALUES (?1, 'output_tokens', 1000000000000, 0, 0, ?3)",
	[CHARGE] = "UPDATE l_budget SET spent = spent + 100, updated_at = ?3 " AXIS_IS
		   " AND spent + reserved + 100 <= total",
	[RESERVE] = "UPDATE l_budget SET reserved = reserved + 100, updated_at = ?3 " AXIS_IS
		    " AND spent + reserved + 100 <= total",
	[SETTLE] = "UPDATE l_budget SET spent = spent + 100, reserved = reserved - 100,"
		   " updated_at = ?3 " AXIS_IS,
	[ENTRY] =
		"INSERT INTO l_entry VALUES (?1, ?2, 'output_tokens', 'bench', ?4, 100, ?5, ?6, ?3,"
		" ?3)",
	[SETTLED] =
		"UPDATE l_entry SET state = 'CHARGED', expires_at = NULL, updated_at = ?3 " AXIS_IS
		" AND source_type = 'bench' AND source = ?4",
	[SUSPEND] =
		"INSERT INTO l_run VALUES (?1, 'SUSPENDED', 9000000000000000, 1, NULL, NULL, ?7)",
	[SIGNAL] = "INSERT INTO l_signal VALUES (?1, ?2, 'approved', ?3, NULL, ?5, ?7)",
	[WAKE] = "UPDATE l_run SET status = 'PENDING', run_at = ?3 WHERE id = ?1 AND"
		 " status = 'SUSPENDED'",
	[PICK] = "SELECT id FROM l_run WHERE status = 'PENDING' AND run_at <= ?3 ORDER BY run_at, "
		 "id "
		 "LIMIT 1",
	[LEASE] = "UPDATE l_run SET status = 'LEASED', fence = fence + 1, worker = 'bench',"
		  " lease = ?3 + 30000000 WHERE id = ?1",
	[READ] = "SELECT payload FROM l_signal WHERE run = ?1 AND name = 'approved' AND"
		 " taken_by IS NULL ORDER BY seq LIMIT 1",
	[TAKE] = "UPDATE l_signal SET taken_by = 1 WHERE run = ?1 AND seq = ?2",
	[END] = "UPDATE l_run SET status = 'SUCCEEDED', worker = NULL, lease = NULL WHERE id = ?1",
};

/* What a step's row has, as its caller gets it; texts are copied. */
struct memo {
	int64_t numbers[10];
	struct {
		size_t at;
		size_t len;
	} texts[11];
};

struct limit {
	sqlite3 *db;
	sqlite3_stmt *stmts[COUNT];
	cairn_id run;
	int64_t seq; /* the last step's, or entry's */
	int64_t told;
	int events;
	int64_t version;
	struct memo *memos;
	size_t cap;
	char *text;
	size_t used;
	size_t size;
};

static void limit_reset(const char *url)
{
	bench_lite_reset(url, schema);
}

static void *limit_open(const char *url, int events)
{
	struct limit *limit = calloc(1, sizeof *limit);
	limit->db = bench_lite_open(url);
	limit->events = events;
	bench_lite_prepare(limit->db, texts, COUNT, limit->stmts);
	return limit;
}

static void limit_close(void *conn)
{
	struct limit *limit = conn;
	for (int i = 0; i < COUNT; i++)
		sqlite3_finalize(limit->stmts[i]);
	sqlite3_close(limit->db);
	free(limit->memos);
	free(limit->text);
	free(limit);
}

static void run(struct limit *limit, int which)
{
	int rc = sqlite3_step(limit->stmts[which]);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		bench_die(texts[which], sqlite3_errmsg(limit->db));
	sqlite3_reset(limit->stmts[which]);
}

static sqlite3_stmt *bind(struct limit *limit, int which, int64_t seq, int64_t at)
{
	sqlite3_stmt *stmt = limit->stmts[which];
	sqlite3_bind_blob(stmt, 1, limit->run.bytes, 16, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, seq);
	sqlite3_bind_int64(stmt, 3, at);
	return stmt;
}

static void changed(struct limit *limit, int which)
{
	run(limit, which);
	if (sqlite3_changes(limit->db) != 1)
		bench_die(texts[which], "nothing was written");
}

static void payload(sqlite3_stmt *stmt)
{
	sqlite3_bind_text(stmt, 7, BENCH_PAYLOAD, sizeof BENCH_PAYLOAD - 1, SQLITE_STATIC);
}

static void tell(struct limit *limit, const char *kind, const char *name, int64_t at)
{
	char data[64];
	if (!limit->events)
		return;
	snprintf(data, sizeof data, "{\"step\":%lld,\"step_attempt\":1}", (long long)limit->seq);
	sqlite3_stmt *stmt = bind(limit, EVENT, ++limit->told, at);
	sqlite3_bind_text(stmt, 4, kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 5, name, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 6, data, -1, SQLITE_STATIC);
	run(limit, EVENT);
}

/* A step under a name as if it had been made from its signature. */
static void write_step(struct limit *limit, int which, const char *kind, int64_t at)
{
	char name[40];
	char hash[32];
	char signature[64];
	sqlite3_stmt *stmt = bind(limit, which, ++limit->seq, at);
	snprintf(name, sizeof name, "step:sig_%016llx%08x",
		 (unsigned long long)limit->seq * 0x9e3779b97f4a7c15u, (unsigned)limit->seq);
	memset(hash, (int)(limit->seq & 127), 32);
	snprintf(signature, sizeof signature, "{\"input\":{\"n\":%lld},\"kind\":\"bench.step\"}",
		 (long long)limit->seq);
	sqlite3_bind_text(stmt, 4, name, -1, SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 5, hash, 32, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 6, signature, -1, SQLITE_STATIC);
	payload(stmt);
	run(limit, which);
	tell(limit, kind, name, at);
}

static void limit_record(void *conn, size_t n)
{
	struct limit *limit = conn;
	int64_t at = bench_lite_now();
	run(limit, BEGIN);
	for (size_t i = 0; i < n; i++)
		write_step(limit, RECORD, "STEP_COMPLETED", at);
	run(limit, COMMIT);
}

static void limit_step(void *conn)
{
	struct limit *limit = conn;
	int64_t at = bench_lite_now();
	run(limit, BEGIN);
	write_step(limit, STEP, "STEP_STARTED", at);
	run(limit, COMMIT);
	at = bench_lite_now();
	run(limit, BEGIN);
	payload(bind(limit, COMPLETE, limit->seq, at));
	changed(limit, COMPLETE);
	tell(limit, "STEP_COMPLETED", "step", at);
	run(limit, COMMIT);
}

static void limit_begin(void *conn, size_t steps)
{
	struct limit *limit = conn;
	limit->run = cairn_id_new();
	limit->seq = 0;
	limit->told = 0;
	bind(limit, BUDGET, 0, bench_lite_now());
	run(limit, BUDGET);
	if (steps > 0)
		limit_record(limit, steps);
}

static void limit_again(void *conn)
{
	(void)conn;
}

static void copy_text(struct limit *limit, sqlite3_stmt *stmt, int column, struct memo *memo,
		      int to)
{
	const void *bytes = sqlite3_column_blob(stmt, column);
	size_t len = (size_t)sqlite3_column_bytes(stmt, column);
	if (limit->used + len > limit->size) {
		limit->size = 2 * (limit->used + len);
		limit->text = realloc(limit->text, limit->size);
	}
	if (len > 0)
		memcpy(limit->text + limit->used, bytes, len);
	memo->texts[to].at = limit->used;
	memo->texts[to].len = len;
	limit->used += len;
}

static size_t read_page(struct limit *limit, size_t n)
{
	sqlite3_stmt *stmt = bind(limit, PAGE, n > 0 ? limit->memos[n - 1].numbers[0] : 0, 0);
	size_t got = 0;
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (n + got >= limit->cap) {
			limit->cap = 2 * (n + got) + BENCH_PAGE;
			limit->memos = realloc(limit->memos, limit->cap * sizeof *limit->memos);
		}
		struct memo *memo = &limit->memos[n + got++];
		for (int i = 0; i < 10; i++)
			memo->numbers[i] = sqlite3_column_int64(stmt, i);
		for (int i = 0; i < 11; i++)
			copy_text(limit, stmt, 10 + i, memo, i);
	}
	if (rc != SQLITE_DONE)
		bench_die(texts[PAGE], sqlite3_errmsg(limit->db));
	sqlite3_reset(stmt);
	return got;
}

static size_t limit_replay(void *conn)
{
	struct limit *limit = conn;
	size_t n = 0;
	limit->used = 0;
	for (size_t got = BENCH_PAGE; got == BENCH_PAGE; n += got)
		got = read_page(limit, n);
	for (size_t i = 0; i < n; i++) {
		if (limit->memos[i].texts[10].len != sizeof BENCH_PAYLOAD - 1)
			bench_die("replay", "another result");
	}
	return n;
}

static void spend(struct limit *limit, int how, const char *state)
{
	char source[32];
	int64_t at = bench_lite_now();
	snprintf(source, sizeof source, "call-%lld", (long long)++limit->seq);
	run(limit, BEGIN);
	bind(limit, how, 0, at);
	changed(limit, how);
	sqlite3_stmt *stmt = bind(limit, ENTRY, limit->seq, at);
	sqlite3_bind_text(stmt, 4, source, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 5, state, -1, SQLITE_STATIC);
	if (how == RESERVE)
		sqlite3_bind_int64(stmt, 6, at + 300000000);
	else
		sqlite3_bind_null(stmt, 6);
	run(limit, ENTRY);
	run(limit, COMMIT);
}

static void limit_charge(void *conn)
{
	spend(conn, CHARGE, "CHARGED");
}

static void limit_reserve(void *conn)
{
	struct limit *limit = conn;
	char source[32];
	spend(limit, RESERVE, "RESERVED");
	int64_t at = bench_lite_now();
	snprintf(source, sizeof source, "call-%lld", (long long)limit->seq);
	run(limit, BEGIN);
	bind(limit, SETTLE, 0, at);
	changed(limit, SETTLE);
	sqlite3_stmt *stmt = bind(limit, SETTLED, 0, at);
	sqlite3_bind_text(stmt, 4, source, -1, SQLITE_STATIC);
	changed(limit, SETTLED);
	run(limit, COMMIT);
}

/* ---- signals ---- */

static void limit_wait(void *conn, struct bench_signals *shared, int i)
{
	struct limit *limit = conn;
	limit->run = cairn_id_new();
	payload(bind(limit, SUSPEND, 0, 0));
	run(limit, SUSPEND);
	atomic_store(&shared->waiting, i + 1);
}

static void limit_send(void *conn)
{
	struct limit *limit = conn;
	static const char hash[32] = "hash";
	int64_t at = bench_lite_now();
	run(limit, BEGIN);
	sqlite3_stmt *stmt = bind(limit, SIGNAL, 1, at);
	sqlite3_bind_blob(stmt, 5, hash, 32, SQLITE_STATIC);
	payload(stmt);
	run(limit, SIGNAL);
	bind(limit, WAKE, 0, at);
	changed(limit, WAKE);
	run(limit, COMMIT);
}

/* Two thousand looks per second at the counter of commits. */
static void sleep_until_told(struct limit *limit)
{
	const int64_t before = limit->version;
	while (limit->version == before) {
		if (before != 0)
			bench_pause(500000);
		if (sqlite3_step(limit->stmts[VERSION]) != SQLITE_ROW)
			bench_die("data_version", sqlite3_errmsg(limit->db));
		limit->version = sqlite3_column_int64(limit->stmts[VERSION], 0);
		sqlite3_reset(limit->stmts[VERSION]);
	}
}

static int claim(struct limit *limit)
{
	int64_t at = bench_lite_now();
	run(limit, BEGIN);
	sqlite3_stmt *stmt = bind(limit, PICK, 0, at);
	int found = sqlite3_step(stmt) == SQLITE_ROW;
	if (found)
		memcpy(limit->run.bytes, sqlite3_column_blob(stmt, 0), 16);
	sqlite3_reset(stmt);
	if (found) {
		bind(limit, LEASE, 0, at);
		changed(limit, LEASE);
	}
	run(limit, COMMIT);
	return found;
}

/* Takes the signal of the run that is due, and ends it. */
static void go_on(struct limit *limit, struct bench_signals *shared)
{
	int64_t at = bench_lite_now();
	int i = atomic_load(&shared->done);
	run(limit, BEGIN);
	sqlite3_stmt *stmt = bind(limit, READ, 0, 0);
	if (sqlite3_step(stmt) != SQLITE_ROW)
		bench_die("signal", "it is not there");
	if (sqlite3_column_bytes(stmt, 0) != sizeof BENCH_PAYLOAD - 1)
		bench_die("signal", "another payload");
	sqlite3_reset(stmt);
	bind(limit, TAKE, 1, at);
	changed(limit, TAKE);
	limit->seq = 0;
	write_step(limit, RECORD, "STEP_COMPLETED", at);
	run(limit, COMMIT);
	shared->answered[i] = bench_clock();
	atomic_store(&shared->done, i + 1);
	bind(limit, END, 0, 0);
	changed(limit, END);
}

static void limit_serve(const char *url, struct bench_signals *shared)
{
	struct limit *limit = limit_open(url, 0);
	sleep_until_told(limit);
	atomic_store(&shared->waiting, 0);
	while (atomic_load(&shared->done) < BENCH_SIGNALS) {
		sleep_until_told(limit);
		if (claim(limit)) {
			shared->started[atomic_load(&shared->done)] = bench_clock();
			go_on(limit, shared);
		}
	}
	limit_close(limit);
}

const bench_replays bench_replays_sqlite = {
	.reset = limit_reset,
	.open = limit_open,
	.close = limit_close,
	.begin = limit_begin,
	.record = limit_record,
	.step = limit_step,
	.again = limit_again,
	.replay = limit_replay,
	.charge = limit_charge,
	.reserve = limit_reserve,
	.wait = limit_wait,
	.send = limit_send,
	.serve = limit_serve,
};
