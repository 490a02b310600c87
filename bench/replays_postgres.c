/*
 * replays_postgres.c - the limit of replay runs on Postgres: the rows that cairn keeps, written by one prepared
 * statement a call with binary parameters, and read page by page. It knows that nobody else is there.
 */
#include <endian.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cairn/types.h>

#include "hand.h"
#include "replays.h"

#define MOST  100
#define NAMED 34 /* "step:sig_" and 24 hex digits, and the 0 */

static const char schema[] =
	"SET client_min_messages = warning;"
	"DROP TABLE IF EXISTS l_memo, l_memo_event, l_budget, l_entry, l_run, l_signal;"
	"CREATE TABLE l_memo (run uuid NOT NULL, seq bigint NOT NULL, created_at timestamptz NOT "
	"NULL, begun_at timestamptz NOT NULL, ended_at timestamptz, wake_at timestamptz,"
	" fence bigint NOT NULL, attempts int NOT NULL, failures int NOT NULL, last_attempt int "
	"NOT "
	"NULL, timed_out boolean NOT NULL, verb text COLLATE \"C\" NOT NULL, status text COLLATE "
	"\"C\" NOT NULL, claim uuid, child uuid, name text COLLATE \"C\" NOT NULL, kind text "
	"COLLATE "
	"\"C\" NOT NULL, signal text COLLATE \"C\", hash bytea NOT NULL, error_code text,"
	" error_message text, signature text NOT NULL, result json, PRIMARY KEY (run, seq),"
	" UNIQUE (name, run)) WITH (fillfactor = 80);"
	"CREATE TABLE l_memo_event (run uuid NOT NULL, seq bigint NOT NULL, at timestamptz NOT "
	"NULL, kind text NOT NULL, detail text, reason text, data json, PRIMARY KEY (run, seq));"
	"CREATE TABLE l_budget (run uuid NOT NULL, axis text COLLATE \"C\" NOT NULL, total bigint "
	"NOT "
	"NULL, spent bigint NOT NULL, reserved bigint NOT NULL, updated_at timestamptz NOT NULL,"
	" PRIMARY KEY (run, axis)) WITH (fillfactor = 50);"
	"CREATE TABLE l_entry (run uuid NOT NULL, seq bigint NOT NULL, created_at timestamptz NOT "
	"NULL, updated_at timestamptz NOT NULL, expires_at timestamptz, amount bigint NOT NULL,"
	" state text COLLATE \"C\" NOT NULL, axis text COLLATE \"C\" NOT NULL, source_type text "
	"COLLATE \"C\" NOT NULL, source text COLLATE \"C\" NOT NULL, PRIMARY KEY (run, seq),"
	" UNIQUE (source, axis, source_type, run)) WITH (fillfactor = 80);"
	"CREATE TABLE l_run (id uuid PRIMARY KEY, status text COLLATE \"C\" NOT NULL, run_at "
	"timestamptz NOT NULL, fence bigint NOT NULL, worker text, lease timestamptz,"
	" payload json NOT NULL) WITH (fillfactor = 70);"
	"CREATE INDEX l_run_due ON l_run (run_at, id) WHERE status = 'PENDING';"
	"CREATE TABLE l_signal (run uuid NOT NULL, seq bigint NOT NULL, sent_at timestamptz NOT "
	"NULL, taken_by bigint, name text COLLATE \"C\" NOT NULL, hash bytea NOT NULL, payload "
	"json "
	"NOT NULL, PRIMARY KEY (run, seq));";

#define NOW "statement_timestamp()"
#define MEMO \
	"INSERT INTO l_memo (run, seq, created_at, begun_at, ended_at, fence, attempts, failures," \
	" last_attempt, timed_out, verb, status, claim, name, kind, hash, signature, result) "
#define COLUMNS \
	"seq, created_at, begun_at, ended_at, wake_at, fence, attempts, failures, last_attempt," \
	" timed_out, verb, status, claim, child, name, kind, signal, hash, error_code," \
	" error_message, result"
#define TOLD "INSERT INTO l_memo_event SELECT "
#define DONE \
	"'STEP_COMPLETED', name, kind," \
	" json_build_object('step', seq, 'step_attempt', 1) FROM "

/* $1 run, $2 seq, $3 name, $4 hash, $5 signature, $6 result; or arrays of the last four behind a seq */
#define ONE \
	MEMO "VALUES ($1::uuid, $2::int8, " NOW ", " NOW ", " NOW ", 1, 1, 0, 1, false, 'VALUE'," \
	     " 'COMPLETED', NULL, $3::text, 'bench.step', $4::bytea, $5::text, $6::json)"
#define MANY \
	MEMO "SELECT $1::uuid, $2::int8 - 1 + t.n, " NOW ", " NOW ", " NOW ", 1, 1, 0, 1, false," \
	     " 'VALUE', 'COMPLETED', NULL, t.name, 'bench.step', t.hash, t.signature, t.result" \
	     " FROM unnest($3::text[], $4::bytea[], $5::text[], $6::json[])" \
	     " WITH ORDINALITY AS t(name, hash, signature, result, n)"
#define ENTRY "INSERT INTO l_entry SELECT $1, $2::int8, " NOW ", " NOW ", "
#define SPEND "UPDATE l_budget SET updated_at = " NOW ", "

static const struct bench_statement statements[] = {
	{ "one", ONE },
	{ "many", MANY },
	{ "one-event", "WITH m AS (" ONE " RETURNING run, seq, name, kind) " TOLD "run, seq, " NOW
		       ", " DONE "m" },
	{ "many-event", "WITH m AS (" MANY " RETURNING run, seq, name, kind) " TOLD "run, seq, " NOW
			", " DONE "m" },
	{ "begin",
	  MEMO "VALUES ($1::uuid, $2::int8, " NOW ", " NOW ", NULL, 1, 1, 0, 1, false,"
	       " 'STEP', 'RUNNING', $1, $3::text, 'bench.step', $4::bytea, $5::text, NULL)" },
	{ "begin-event",
	  "WITH m AS (" MEMO "VALUES ($1::uuid, $2::int8, " NOW ", " NOW
	  ", NULL, 1, 1, 0, 1, false,"
	  " 'STEP', 'RUNNING', $1, $3::text, 'bench.step', $4::bytea, $5::text, NULL)"
	  " RETURNING run, seq, name, kind) " TOLD "run, 2 * seq, " NOW
	  ", 'STEP_STARTED', name, kind,"
	  " json_build_object('step', seq, 'step_attempt', 1) FROM m" },
	{ "complete", "UPDATE l_memo SET status = 'COMPLETED', ended_at = " NOW
		      ", result = $3::json WHERE run = $1::uuid AND seq = $2::int8 AND"
		      " status = 'RUNNING' AND claim = $1" },
	{ "complete-event",
	  "WITH m AS (UPDATE l_memo SET status = 'COMPLETED', ended_at = " NOW
	  ", result = $3::json WHERE run = $1::uuid AND seq = $2::int8 AND status = 'RUNNING' AND"
	  " claim = $1 RETURNING run, seq, name, kind) " TOLD "run, 2 * seq + 1, " NOW ", " DONE
	  "m" },
	{ "page", "SELECT " COLUMNS " FROM l_memo WHERE run = $1::uuid AND seq > $2::int8"
		  " ORDER BY seq LIMIT 256" },
	{ "budget",
	  "INSERT INTO l_budget VALUES ($1::uuid, 'output_tokens', 1e18::int8, 0, 0, " NOW ")" },
	{ "charge",
	  "WITH b AS (" SPEND "spent = spent + 100 WHERE run = $1::uuid AND"
	  " axis = 'output_tokens' AND spent + reserved + 100 <= total RETURNING *) " ENTRY
	  "NULL, 100, 'CHARGED', axis, 'bench', $3::text FROM b" },
	{ "reserve",
	  "WITH b AS (" SPEND "reserved = reserved + 100 WHERE run = $1::uuid AND"
	  " axis = 'output_tokens' AND spent + reserved + 100 <= total RETURNING *) " ENTRY NOW
	  " + interval '5 min', 100, 'RESERVED', axis, 'bench', $3::text FROM b" },
	{ "settle", "WITH b AS (" SPEND "spent = spent + 100, reserved = reserved - 100"
		    " WHERE run = $1::uuid AND axis = 'output_tokens' RETURNING *)"
		    " UPDATE l_entry e SET state = 'CHARGED', expires_at = NULL, updated_at = " NOW
		    " FROM b WHERE e.run = $1 AND e.axis = 'output_tokens' AND"
		    " e.source_type = 'bench' AND e.source = $2::text" },
	{ "suspend", "INSERT INTO l_run VALUES ($1::uuid, 'SUSPENDED', 'infinity', 1, NULL, NULL,"
		     " $2::json)" },
	{ "send", "WITH s AS (INSERT INTO l_signal VALUES ($1::uuid, 1, " NOW ", NULL, 'approved',"
		  " $2::bytea, $3::json)), r AS (UPDATE l_run SET status = 'PENDING', run_at = " NOW
		  " WHERE id = $1 AND status = 'SUSPENDED' RETURNING id)"
		  " SELECT pg_notify('l_due', '') FROM r" },
	{ "claim",
	  "UPDATE l_run SET status = 'LEASED', fence = fence + 1, worker = 'bench',"
	  " lease = " NOW " + interval '30 s' WHERE ctid = ANY(ARRAY(SELECT ctid FROM l_run"
	  " WHERE status = 'PENDING' AND run_at <= " NOW " ORDER BY run_at, id"
	  " FOR UPDATE SKIP LOCKED LIMIT 1)) RETURNING id, fence, payload" },
	{ "take",
	  "WITH s AS (UPDATE l_signal SET taken_by = 1 WHERE run = $1::uuid AND"
	  " name = 'approved' AND taken_by IS NULL RETURNING payload), m AS (" MEMO
	  "SELECT $1, 1, " NOW ", " NOW ", " NOW ", 1, 1, 0, 1, false, 'SIGNAL', 'COMPLETED',"
	  " NULL, 'signal:approved', 'signal', $2::bytea, '', payload FROM s)"
	  " SELECT payload FROM s" },
	{ "end", "UPDATE l_run SET status = 'SUCCEEDED', worker = NULL, lease = NULL"
		 " WHERE id = $1::uuid" },
};

/* What a step's row has, as its caller gets it; texts are in the result, which is kept with the others. */
struct memo {
	int64_t numbers[9];
	struct {
		const char *at;
		size_t len;
	} texts[11];
};

struct limit {
	PGconn *pg;
	cairn_id run;
	int64_t seq; /* the last step's, or entry's */
	int events;
	char *arrays[4];
	struct memo *memos;
	size_t cap;
	PGresult **pages;
	size_t page_count;
};

static void limit_reset(const char *url)
{
	bench_pg_reset(url, schema);
}

static void *limit_open(const char *url, int events)
{
	struct limit *limit = calloc(1, sizeof *limit);
	limit->pg = bench_pg_open(url);
	limit->events = events;
	bench_pg_prepare(limit->pg, statements, sizeof statements / sizeof statements[0]);
	for (size_t i = 0; i < 4; i++)
		limit->arrays[i] = malloc(20 + MOST * (4 + 2 * sizeof BENCH_PAYLOAD));
	return limit;
}

static void forget(struct limit *limit)
{
	for (size_t i = 0; i < limit->page_count; i++)
		PQclear(limit->pages[i]);
	limit->page_count = 0;
}

static void limit_close(void *conn)
{
	struct limit *limit = conn;
	forget(limit);
	PQfinish(limit->pg);
	for (size_t i = 0; i < 4; i++)
		free(limit->arrays[i]);
	free(limit->memos);
	free(limit->pages);
	free(limit);
}

static PGresult *run(struct limit *limit, const char *name, int n, const char *const *values,
		     const int *lengths)
{
	static const int binary[] = { 1, 1, 1, 1, 1, 1 };
	PGresult *result = PQexecPrepared(limit->pg, name, n, values, lengths, binary, 1);
	bench_pg_check(limit->pg, result, name);
	return result;
}

static void done(struct limit *limit, const char *name, int n, const char *const *values,
		 const int *lengths)
{
	PGresult *result = run(limit, name, n, values, lengths);
	const char *told = PQcmdTuples(result);
	if (PQresultStatus(result) == PGRES_COMMAND_OK && strtol(told, NULL, 10) < 1)
		bench_die(name, "nothing was written");
	PQclear(result);
}

struct texts {
	char name[NAMED];
	char hash[32];
	char signature[64];
};

/* As if they had been made from the signature. */
static void name_step(struct texts *texts, int64_t seq)
{
	snprintf(texts->name, NAMED, "step:sig_%016llx%08x",
		 (unsigned long long)seq * 0x9e3779b97f4a7c15u, (unsigned)seq);
	memset(texts->hash, (int)(seq & 127), 32);
	snprintf(texts->signature, sizeof texts->signature,
		 "{\"input\":{\"n\":%lld},\"kind\":\"bench.step\"}", (long long)seq);
}

static void put(char **at, const char *bytes, size_t len)
{
	bench_put32(at, (uint32_t)len);
	memcpy(*at, bytes, len);
	*at += len;
}

static void write_one(struct limit *limit, const char *how, int n)
{
	struct texts texts;
	uint64_t seq = htobe64((uint64_t)++limit->seq);
	name_step(&texts, limit->seq);
	const char *values[] = { (const char *)limit->run.bytes,
				 (const char *)&seq,
				 texts.name,
				 texts.hash,
				 texts.signature,
				 BENCH_PAYLOAD };
	const int lengths[] = {
		16, 8, NAMED - 1, 32, (int)strlen(texts.signature), sizeof BENCH_PAYLOAD - 1
	};
	done(limit, how, n, values, lengths);
}

static void limit_record(void *conn, size_t n)
{
	struct limit *limit = conn;
	char *at[4];
	if (n == 1) {
		write_one(limit, limit->events ? "one-event" : "one", 6);
		return;
	}
	at[0] = bench_array_head(limit->arrays[0], 25, n);
	at[1] = bench_array_head(limit->arrays[1], 17, n);
	at[2] = bench_array_head(limit->arrays[2], 25, n);
	at[3] = bench_array_head(limit->arrays[3], 114, n);
	uint64_t first = htobe64((uint64_t)limit->seq + 1);
	for (size_t i = 0; i < n; i++) {
		struct texts texts;
		name_step(&texts, ++limit->seq);
		put(&at[0], texts.name, NAMED - 1);
		put(&at[1], texts.hash, 32);
		put(&at[2], texts.signature, strlen(texts.signature));
		put(&at[3], BENCH_PAYLOAD, sizeof BENCH_PAYLOAD - 1);
	}
	const char *values[6] = { (const char *)limit->run.bytes, (const char *)&first };
	int lengths[6] = { 16, 8 };
	for (size_t i = 0; i < 4; i++) {
		values[2 + i] = limit->arrays[i];
		lengths[2 + i] = (int)(at[i] - limit->arrays[i]);
	}
	done(limit, limit->events ? "many-event" : "many", 6, values, lengths);
}

static void limit_step(void *conn)
{
	struct limit *limit = conn;
	write_one(limit, limit->events ? "begin-event" : "begin", 5);
	uint64_t seq = htobe64((uint64_t)limit->seq);
	const char *values[] = { (const char *)limit->run.bytes, (const char *)&seq,
				 BENCH_PAYLOAD };
	const int lengths[] = { 16, 8, sizeof BENCH_PAYLOAD - 1 };
	done(limit, limit->events ? "complete-event" : "complete", 3, values, lengths);
}

static void limit_begin(void *conn, size_t steps)
{
	struct limit *limit = conn;
	limit->run = cairn_id_new();
	limit->seq = 0;
	const char *values[] = { (const char *)limit->run.bytes };
	const int lengths[] = { 16 };
	done(limit, "budget", 1, values, lengths);
	for (size_t n; steps > 0; steps -= n) {
		n = steps < MOST ? steps : MOST;
		limit_record(limit, n);
	}
}

static void limit_again(void *conn)
{
	(void)conn;
}

static void take_row(struct memo *memo, const PGresult *page, int r)
{
	for (int i = 0; i < 9; i++) {
		uint64_t big = 0;
		int len = PQgetlength(page, r, i);
		memcpy((char *)&big + 8 - len, PQgetvalue(page, r, i), (size_t)len);
		memo->numbers[i] = (int64_t)be64toh(big);
	}
	for (int i = 0; i < 11; i++) {
		memo->texts[i].at = PQgetvalue(page, r, 10 + i);
		memo->texts[i].len = (size_t)PQgetlength(page, r, 10 + i);
	}
}

static PGresult *read_page(struct limit *limit, int64_t after)
{
	uint64_t seq = htobe64((uint64_t)after);
	const char *values[] = { (const char *)limit->run.bytes, (const char *)&seq };
	const int lengths[] = { 16, 8 };
	return run(limit, "page", 2, values, lengths);
}

static size_t limit_replay(void *conn)
{
	struct limit *limit = conn;
	size_t n = 0;
	forget(limit);
	for (size_t got = BENCH_PAGE; got == BENCH_PAGE;) {
		PGresult *page = read_page(limit, n > 0 ? limit->memos[n - 1].numbers[0] : 0);
		got = (size_t)PQntuples(page);
		if (n + got > limit->cap) {
			limit->cap = 2 * (n + got);
			limit->memos = realloc(limit->memos, limit->cap * sizeof *limit->memos);
			limit->pages = realloc(limit->pages, limit->cap * sizeof(PGresult *));
		}
		limit->pages[limit->page_count++] = page;
		for (size_t i = 0; i < got; i++)
			take_row(&limit->memos[n++], page, (int)i);
	}
	for (size_t i = 0; i < n; i++) {
		if (limit->memos[i].texts[10].len != sizeof BENCH_PAYLOAD - 1)
			bench_die("replay", "another result");
	}
	return n;
}

static void spend(struct limit *limit, const char *how)
{
	char source[32];
	uint64_t seq = htobe64((uint64_t)++limit->seq);
	const int len = snprintf(source, sizeof source, "call-%lld", (long long)limit->seq);
	const char *values[] = { (const char *)limit->run.bytes, (const char *)&seq, source };
	const int lengths[] = { 16, 8, len };
	done(limit, how, 3, values, lengths);
}

static void limit_charge(void *conn)
{
	spend(conn, "charge");
}

static void limit_reserve(void *conn)
{
	struct limit *limit = conn;
	char source[32];
	spend(limit, "reserve");
	const int len = snprintf(source, sizeof source, "call-%lld", (long long)limit->seq);
	const char *values[] = { (const char *)limit->run.bytes, source };
	const int lengths[] = { 16, len };
	done(limit, "settle", 2, values, lengths);
}

/* ---- signals ---- */

static void limit_wait(void *conn, struct bench_signals *shared, int i)
{
	struct limit *limit = conn;
	limit->run = cairn_id_new();
	const char *values[] = { (const char *)limit->run.bytes, BENCH_PAYLOAD };
	const int lengths[] = { 16, sizeof BENCH_PAYLOAD - 1 };
	done(limit, "suspend", 2, values, lengths);
	atomic_store(&shared->waiting, i + 1);
}

static void limit_send(void *conn)
{
	struct limit *limit = conn;
	static const char hash[32] = "hash";
	const char *values[] = { (const char *)limit->run.bytes, hash, BENCH_PAYLOAD };
	const int lengths[] = { 16, 32, sizeof BENCH_PAYLOAD - 1 };
	PQclear(run(limit, "send", 3, values, lengths));
}

static void sleep_until_told(struct limit *limit)
{
	PGnotify *told = NULL;
	while ((told = PQnotifies(limit->pg)) == NULL) {
		struct pollfd wire = { .fd = PQsocket(limit->pg), .events = POLLIN };
		poll(&wire, 1, -1);
		if (!PQconsumeInput(limit->pg))
			bench_die("listen", PQerrorMessage(limit->pg));
	}
	PQfreemem(told);
}

/* Takes the signal of the run that is due, and ends it. */
static void go_on(struct limit *limit, PGresult *claimed, struct bench_signals *shared)
{
	static const char hash[32] = "hash";
	const char *values[] = { PQgetvalue(claimed, 0, 0), hash };
	const int lengths[] = { 16, 32 };
	int i = atomic_load(&shared->done);
	PGresult *payload = run(limit, "take", 2, values, lengths);
	if (PQntuples(payload) != 1)
		bench_die("signal", "it is not there");
	shared->answered[i] = bench_clock();
	atomic_store(&shared->done, i + 1);
	PQclear(payload);
	done(limit, "end", 1, values, lengths);
}

static void limit_serve(const char *url, struct bench_signals *shared)
{
	struct limit *limit = limit_open(url, 0);
	PQclear(PQexec(limit->pg, "LISTEN l_due"));
	atomic_store(&shared->waiting, 0);
	while (atomic_load(&shared->done) < BENCH_SIGNALS) {
		sleep_until_told(limit);
		PGresult *claimed = run(limit, "claim", 0, NULL, NULL);
		if (PQntuples(claimed) == 1) {
			shared->started[atomic_load(&shared->done)] = bench_clock();
			go_on(limit, claimed, shared);
		}
		PQclear(claimed);
	}
	limit_close(limit);
}

const bench_replays bench_replays_postgres = {
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
