/*
 * threads_postgres.c - the limit of the checkpoints family on Postgres: prepared statements with binary
 * parameters, each behind the one that says the tenant to row-level security, in one round trip.
 */
#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cairn/types.h>

#include "hand.h"
#include "threads.h"

#define SECURE(table) \
	"ALTER TABLE " table " ENABLE ROW LEVEL SECURITY; ALTER TABLE " table \
	" FORCE ROW LEVEL SECURITY;" \
	"CREATE POLICY l_tenant ON " table \
	" USING (tenant = NULLIF(current_setting('l.tenant', true), ''));"

static const char schema[] =
	"SET client_min_messages = warning;"
	"DROP TABLE IF EXISTS l_thread, l_checkpoint, l_log_event, l_item, l_lock;"
	"CREATE TABLE l_thread (tenant text COLLATE \"C\" NOT NULL, thread text COLLATE \"C\" NOT "
	"NULL,"
	" seq bigint NOT NULL, PRIMARY KEY (tenant, thread)) WITH (fillfactor = 50);"
	"CREATE TABLE l_checkpoint (seq bigint NOT NULL, step bigint NOT NULL,"
	" created_at timestamptz NOT NULL, version bigint NOT NULL, id uuid NOT NULL, parent uuid,"
	" size int NOT NULL, tenant text COLLATE \"C\" NOT NULL, thread text COLLATE \"C\" NOT "
	"NULL, ns text COLLATE \"C\" NOT NULL, next text, run text, metadata json NOT NULL,"
	" state json NOT NULL, PRIMARY KEY (tenant, thread, id));"
	"ALTER TABLE l_checkpoint ALTER state SET COMPRESSION lz4;"
	"CREATE UNIQUE INDEX l_checkpoint_seq ON l_checkpoint (tenant, thread, seq);"
	"CREATE TABLE l_log_event (seq bigint NOT NULL, at timestamptz NOT NULL,"
	" tenant text COLLATE \"C\" NOT NULL, thread text COLLATE \"C\" NOT NULL, kind text,"
	" data json NOT NULL, PRIMARY KEY (tenant, thread, seq));"
	"CREATE TABLE l_item (revision bigint NOT NULL, created_at timestamptz NOT NULL,"
	" updated_at timestamptz NOT NULL, expires_at timestamptz,"
	" tenant text COLLATE \"C\" NOT NULL, ns text COLLATE \"C\" NOT NULL,"
	" key text COLLATE \"C\" NOT NULL, metadata json NOT NULL, value json NOT NULL,"
	" PRIMARY KEY (tenant, ns, key)) WITH (fillfactor = 80);"
	"CREATE TABLE l_lock (fence bigint NOT NULL, expires_at timestamptz,"
	" tenant text COLLATE \"C\" NOT NULL, name text COLLATE \"C\" NOT NULL,"
	" PRIMARY KEY (tenant, name)) WITH (fillfactor = 50);" SECURE("l_thread")
		SECURE("l_checkpoint") SECURE("l_log_event") SECURE("l_item") SECURE("l_lock");

#define NEXT(n) \
	"WITH t AS (INSERT INTO l_thread VALUES ('" BENCH_TENANT "', '" BENCH_THREAD "', " n ") " \
	"ON CONFLICT (tenant, thread) DO UPDATE SET seq = l_thread.seq + " n " RETURNING seq) "
#define COLUMNS	  "seq, step, created_at, version, size::int8, id, parent, ns, next, run, metadata"
#define THREAD_IS "tenant = '" BENCH_TENANT "' AND thread = '" BENCH_THREAD "' "

static const struct bench_statement statements[] = {
	{ "tenant", "SELECT set_config('l.tenant', '" BENCH_TENANT "', true)" },
	{ "put",
	  NEXT("1") "INSERT INTO l_checkpoint SELECT t.seq, t.seq, statement_timestamp(), 1, "
		    "$1::uuid, NULL, $3::int4, '" BENCH_TENANT "', '" BENCH_THREAD
		    "', '', 'agent', NULL, '{\"source\":\"loop\"}', $2::json FROM t "
		    "RETURNING seq, created_at" },
	{ "latest", "SELECT " COLUMNS ", state FROM l_checkpoint WHERE " THREAD_IS
		    "ORDER BY seq DESC LIMIT 1" },
	{ "history", "SELECT " COLUMNS " FROM l_checkpoint WHERE " THREAD_IS
		     "ORDER BY seq DESC LIMIT $1::int8" },
	{ "append", NEXT("$1::int8") "INSERT INTO l_log_event SELECT t.seq - $1 + e.n, "
				     "statement_timestamp(), '" BENCH_TENANT "', '" BENCH_THREAD
				     "', 'user_message', e.data "
				     "FROM t, unnest($2::json[]) WITH ORDINALITY AS e(data, n)" },
	{ "remember",
	  "INSERT INTO l_item VALUES (1, statement_timestamp(), statement_timestamp(), NULL, "
	  "'" BENCH_TENANT "', ':agent-1', $1::text, '{}', $2::json) "
	  "ON CONFLICT (tenant, ns, key) DO UPDATE SET value = $2, metadata = excluded.metadata, "
	  "revision = l_item.revision + 1, updated_at = statement_timestamp(), expires_at = NULL "
	  "RETURNING revision" },
	{ "recall",
	  "SELECT revision, created_at, updated_at, expires_at, metadata, value FROM l_item "
	  "WHERE tenant = '" BENCH_TENANT "' AND ns = ':agent-1' AND key = $1::text "
	  "AND (expires_at IS NULL OR expires_at > statement_timestamp())" },
	{ "lock",
	  "INSERT INTO l_lock VALUES (1, clock_timestamp() + interval '30 s', '" BENCH_TENANT
	  "', '" BENCH_THREAD "') ON CONFLICT (tenant, name) DO UPDATE SET "
	  "fence = l_lock.fence + 1, expires_at = clock_timestamp() + interval '30 s' "
	  "WHERE l_lock.expires_at IS NULL RETURNING fence" },
	{ "unlock", "UPDATE l_lock SET expires_at = NULL WHERE tenant = '" BENCH_TENANT
		    "' AND name = '" BENCH_THREAD "' AND expires_at IS NOT NULL RETURNING fence" },
};

/* A row as its caller gets it: numbers, and texts in the result, which is kept until the next call. */
struct row {
	int64_t numbers[5];
	struct {
		const char *at;
		size_t len;
	} texts[7];
};

struct limit {
	PGconn *pg;
	PGresult *kept;
	struct row rows[100];
	char *array; /* json[] of 100 events in binary form */
};

static void limit_reset(const char *url)
{
	bench_pg_reset(url, schema);
}

static void *limit_open(const char *url)
{
	struct limit *limit = calloc(1, sizeof *limit);
	limit->pg = bench_pg_open(url);
	bench_pg_prepare(limit->pg, statements, sizeof statements / sizeof statements[0]);
	limit->array = malloc(20 + 100 * (4 + sizeof BENCH_PAYLOAD));
	return limit;
}

static void limit_close(void *conn)
{
	struct limit *limit = conn;
	PQclear(limit->kept);
	PQfinish(limit->pg);
	free(limit->array);
	free(limit);
}

static PGresult *next_result(struct limit *limit, const char *what)
{
	PGresult *result = PQgetResult(limit->pg);
	bench_pg_check(limit->pg, result, what);
	PQclear(PQgetResult(limit->pg));
	return result;
}

/* The tenant and the statement, in one round trip and one transaction. */
static PGresult *call(struct limit *limit, const char *name, int n, const char *const *values,
		      const int *lengths)
{
	static const int binary[] = { 1, 1, 1 };
	PQenterPipelineMode(limit->pg);
	PQsendQueryPrepared(limit->pg, "tenant", 0, NULL, NULL, NULL, 1);
	PQsendQueryPrepared(limit->pg, name, n, values, lengths, binary, 1);
	PQpipelineSync(limit->pg);
	PQclear(next_result(limit, "tenant"));
	PGresult *result = next_result(limit, name);
	PQclear(PQgetResult(limit->pg)); /* of the Sync */
	PQexitPipelineMode(limit->pg);
	return result;
}

static void limit_put(void *conn, const char *state, size_t len)
{
	cairn_id id = cairn_id_new();
	uint32_t size = htobe32((uint32_t)len);
	const char *values[] = { (const char *)id.bytes, state, (const char *)&size };
	const int lengths[] = { 16, (int)len, 4 };
	PQclear(call(conn, "put", 3, values, lengths));
}

/* Takes over a result: so many numbers, then so many texts. */
static size_t read_rows(struct limit *limit, PGresult *result, int numbers, int texts)
{
	int n = PQntuples(result);
	PQclear(limit->kept);
	limit->kept = result;
	for (int r = 0; r < n; r++) {
		struct row *row = &limit->rows[r];
		for (int i = 0; i < numbers; i++) {
			uint64_t big = 0;
			memcpy(&big, PQgetvalue(result, r, i), (size_t)PQgetlength(result, r, i));
			row->numbers[i] = (int64_t)be64toh(big);
		}
		for (int i = 0; i < texts; i++) {
			row->texts[i].at = PQgetvalue(result, r, numbers + i);
			row->texts[i].len = (size_t)PQgetlength(result, r, numbers + i);
		}
	}
	return (size_t)n;
}

static size_t limit_latest(void *conn)
{
	struct limit *limit = conn;
	PGresult *result = call(limit, "latest", 0, NULL, NULL);
	return read_rows(limit, result, 5, 7) == 1 ? limit->rows[0].texts[6].len : 0;
}

static size_t limit_history(void *conn, size_t n)
{
	uint64_t big = htobe64(n);
	const char *values[] = { (const char *)&big };
	const int lengths[] = { 8 };
	return read_rows(conn, call(conn, "history", 1, values, lengths), 5, 6);
}

static void limit_append(void *conn, size_t n)
{
	struct limit *limit = conn;
	uint64_t big = htobe64(n);
	char *at = bench_array_head(limit->array, 114, n);
	for (size_t i = 0; i < n; i++) {
		bench_put32(&at, sizeof BENCH_PAYLOAD - 1);
		memcpy(at, BENCH_PAYLOAD, sizeof BENCH_PAYLOAD - 1);
		at += sizeof BENCH_PAYLOAD - 1;
	}
	const char *values[] = { (const char *)&big, limit->array };
	const int lengths[] = { 8, (int)(at - limit->array) };
	PQclear(call(limit, "append", 2, values, lengths));
}

static void limit_remember(void *conn, size_t i)
{
	char key[16];
	const int lengths[] = { snprintf(key, sizeof key, "key-%zu", i), sizeof BENCH_PAYLOAD - 1 };
	const char *values[] = { key, BENCH_PAYLOAD };
	PQclear(call(conn, "remember", 2, values, lengths));
}

static size_t limit_recall(void *conn, size_t i)
{
	char key[16];
	const int lengths[] = { snprintf(key, sizeof key, "key-%zu", i) };
	const char *values[] = { key };
	struct limit *limit = conn;
	PGresult *result = call(limit, "recall", 1, values, lengths);
	return read_rows(limit, result, 4, 2) == 1 ? limit->rows[0].texts[1].len : 0;
}

static void limit_lock(void *conn)
{
	PGresult *taken = call(conn, "lock", 0, NULL, NULL);
	if (PQntuples(taken) != 1)
		bench_die("lock", "it is held");
	PQclear(taken);
	PQclear(call(conn, "unlock", 0, NULL, NULL));
}

const bench_threads bench_threads_postgres = {
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
