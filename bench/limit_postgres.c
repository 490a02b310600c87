/*
 * limit_postgres.c - the limit on Postgres: prepared statements with binary
 * parameters, one set-based statement a batch, live and finished rows apart, history rows
 * written by the same statement. Planner settings as cairn's own connections have them.
 */
#include <endian.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cairn/types.h>

#include "bench.h"
#include "hand.h"

static const char schema[] =
	"SET client_min_messages = warning; DROP TABLE IF EXISTS l_live, l_done, l_event, "
	"l_attempt;"
	"CREATE TABLE l_live (id uuid PRIMARY KEY, queue text COLLATE \"C\" NOT NULL, type text "
	"COLLATE"
	" \"C\" NOT NULL, payload json NOT NULL, status text NOT NULL, priority int NOT NULL,"
	" run_at timestamptz NOT NULL, attempt int NOT NULL, max_attempts int NOT NULL,"
	" fence bigint NOT NULL, worker text, lease timestamptz, leased_at timestamptz,"
	" created_at timestamptz NOT NULL) WITH (fillfactor = 80, autovacuum_vacuum_threshold = "
	"1000,"
	" autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0);"
	"CREATE INDEX l_claim ON l_live (queue, priority DESC, run_at, id) WHERE status = "
	"'PENDING';"
	"CREATE TABLE l_done (id uuid PRIMARY KEY, queue text NOT NULL, type text NOT NULL,"
	" payload json NOT NULL, status text NOT NULL, priority int NOT NULL, attempt int NOT NULL,"
	" fence bigint NOT NULL, created_at timestamptz NOT NULL, finished_at timestamptz NOT "
	"NULL);"
	"CREATE TABLE l_event (job uuid NOT NULL, seq bigint NOT NULL, kind text NOT NULL,"
	" at timestamptz NOT NULL, worker text, PRIMARY KEY (job, seq));"
	"CREATE TABLE l_attempt (job uuid NOT NULL, fence bigint NOT NULL, worker text NOT NULL,"
	" leased_at timestamptz NOT NULL, finished_at timestamptz NOT NULL, ending text NOT NULL,"
	" PRIMARY KEY (job, fence));";

#define INSERT_LIVE \
	"INSERT INTO l_live (id, queue, type, payload, status, priority, run_at, attempt," \
	" max_attempts, fence, created_at) "
#define CLAIM_PICK \
	"WITH c AS (UPDATE l_live SET status = 'LEASED', attempt = attempt + 1, fence = fence + " \
	"1," \
	" worker = $1, lease = statement_timestamp() + interval '30 s'," \
	" leased_at = statement_timestamp() WHERE ctid = ANY(ARRAY(SELECT ctid FROM l_live" \
	" WHERE queue = 'default' AND status = 'PENDING' AND run_at <= statement_timestamp()" \
	" ORDER BY priority DESC, run_at, id FOR UPDATE SKIP LOCKED LIMIT "
#define CLAIM_BACK \
	")) RETURNING id, type, payload, priority, run_at, attempt, max_attempts, fence, lease"
#define CLAIM_TAIL \
	CLAIM_BACK ")," \
		   " e AS (INSERT INTO l_event SELECT id, 2, 'LEASED', statement_timestamp(), $1 " \
		   "FROM c)" \
		   " SELECT * FROM c ORDER BY priority DESC, run_at, id"

static const struct bench_statement statements[] = {
	{ "one", INSERT_LIVE "VALUES ($1::uuid, 'default', $2::text, $3::json, 'PENDING', 100,"
			     " statement_timestamp(), 0, 8, 0, statement_timestamp())" },
	{ "post", "WITH i AS (" INSERT_LIVE
		  "VALUES ($1::uuid, 'default', $2::text, $3::json, 'PENDING', 100,"
		  " statement_timestamp(), 0, 8, 0, statement_timestamp()))"
		  " SELECT pg_notify('l_wake', '')" },
	{ "many", INSERT_LIVE "SELECT i, 'default', 'bench', p, 'PENDING', 100,"
			      " statement_timestamp(), 0, 8, 0, statement_timestamp()"
			      " FROM unnest($1::uuid[], $2::json[]) AS t(i, p)" },
	{ "audit",
	  "WITH t AS (SELECT * FROM unnest($1::uuid[], $2::json[]) AS t(i, p)),"
	  " j AS (" INSERT_LIVE "SELECT i, 'default', 'bench', p, 'PENDING', 100,"
	  " statement_timestamp(), 0, 8, 0, statement_timestamp() FROM t)"
	  " INSERT INTO l_event SELECT i, 1, 'ENQUEUED', statement_timestamp(), NULL FROM t" },
	{ "claim1", CLAIM_PICK "1" CLAIM_TAIL },
	{ "claim10", CLAIM_PICK "10" CLAIM_TAIL },
	{ "claim24", CLAIM_PICK "24" CLAIM_TAIL },
	{ "claim100", CLAIM_PICK "100" CLAIM_TAIL },
	{ "claim500", CLAIM_PICK "500" CLAIM_TAIL },
	{ "quiet500",
	  CLAIM_PICK "500" CLAIM_BACK ") SELECT * FROM c ORDER BY priority DESC, run_at, id" },
	{ "forget", "DELETE FROM l_live j USING unnest($1::uuid[], $2::bigint[]) AS i(id, fence)"
		    " WHERE j.id = i.id AND j.fence = i.fence AND j.status = 'LEASED'"
		    " AND j.lease > clock_timestamp() RETURNING j.id" },
	{ "finish",
	  "WITH i AS (SELECT * FROM unnest($1::uuid[], $2::bigint[]) AS i(id, fence)),"
	  " d AS (DELETE FROM l_live j USING i WHERE j.id = i.id AND j.fence = i.fence"
	  " AND j.status = 'LEASED' AND j.lease > clock_timestamp() RETURNING j.*),"
	  " h AS (INSERT INTO l_done SELECT id, queue, type, payload, 'SUCCEEDED', priority,"
	  " attempt, fence, created_at, statement_timestamp() FROM d),"
	  " a AS (INSERT INTO l_attempt SELECT id, fence, worker, leased_at,"
	  " statement_timestamp(), 'SUCCEEDED' FROM d),"
	  " e AS (INSERT INTO l_event SELECT id, 3, 'SUCCEEDED', statement_timestamp(), NULL FROM "
	  "d)"
	  " SELECT id FROM d" },
	{ "beat", "UPDATE l_live j SET lease = statement_timestamp() + interval '30 s'"
		  " FROM unnest($1::uuid[], $2::bigint[]) AS i(id, fence) WHERE j.id = i.id"
		  " AND j.fence = i.fence AND j.status = 'LEASED' AND j.lease > clock_timestamp()"
		  " RETURNING j.id" },
};

struct limit {
	PGconn *pg;
	char *ids;  /* uuid[] in binary form */
	char *rest; /* bigint[] or json[] in binary form */
	size_t cap;
	int listens;
	const char *finish;
};

static void limit_reset(const char *url, int forget)
{
	(void)forget;
	bench_pg_reset(url, schema);
}

static void *limit_open(const char *url)
{
	struct limit *limit = calloc(1, sizeof *limit);
	limit->pg = bench_pg_open(url);
	bench_pg_prepare(limit->pg, statements, sizeof statements / sizeof statements[0]);
	return limit;
}

static void limit_close(void *conn)
{
	struct limit *limit = conn;
	PQfinish(limit->pg);
	free(limit->ids);
	free(limit->rest);
	free(limit);
}

static void put64(char **at, uint64_t value)
{
	uint64_t big = htobe64(value);
	memcpy(*at, &big, 8);
	*at += 8;
}

static void room(struct limit *limit, size_t n)
{
	if (limit->cap >= n)
		return;
	limit->ids = realloc(limit->ids, 20 + n * 20);
	limit->rest = realloc(limit->rest, 20 + n * (4 + sizeof BENCH_PAYLOAD));
	limit->cap = n;
}

static PGresult *run(struct limit *limit, const char *name, const char *const *values,
		     const int *lengths, int n)
{
	static const int binary[] = { 1, 1, 1 };
	PGresult *result = PQexecPrepared(limit->pg, name, n, values, lengths, binary, 1);
	bench_pg_check(limit->pg, result, name);
	return result;
}

static void insert_one(struct limit *limit, const char *how)
{
	cairn_id id = cairn_id_new();
	const char *values[] = { (const char *)id.bytes, "bench", BENCH_PAYLOAD };
	const int lengths[] = { 16, 5, sizeof BENCH_PAYLOAD - 1 };
	PQclear(run(limit, how, values, lengths, 3));
}

static void limit_enqueue(void *conn, size_t n, size_t batch, int audit)
{
	struct limit *limit = conn;
	room(limit, batch);
	for (size_t done = 0; done < n; done += batch) {
		if (batch == 1 && !audit) {
			insert_one(limit, "one");
			continue;
		}
		char *id = bench_array_head(limit->ids, 2950, batch);
		char *payload = bench_array_head(limit->rest, 114, batch);
		for (size_t i = 0; i < batch; i++) {
			cairn_id fresh = cairn_id_new();
			bench_put32(&id, 16);
			memcpy(id, fresh.bytes, 16);
			id += 16;
			bench_put32(&payload, sizeof BENCH_PAYLOAD - 1);
			memcpy(payload, BENCH_PAYLOAD, sizeof BENCH_PAYLOAD - 1);
			payload += sizeof BENCH_PAYLOAD - 1;
		}
		const char *values[] = { limit->ids, limit->rest };
		const int lengths[] = { (int)(id - limit->ids), (int)(payload - limit->rest) };
		PQclear(run(limit, audit ? "audit" : "many", values, lengths, 2));
	}
}

static PGresult *claim(struct limit *limit, size_t batch)
{
	const char *values[] = { "bench" };
	const int lengths[] = { 5 };
	const char *name = batch == 1	  ? "claim1"
			   : batch <= 10  ? "claim10"
			   : batch <= 100 ? "claim100"
					  : "claim500";
	return run(limit, name, values, lengths, 1);
}

/* The arrays of ids and fences of what was claimed. */
static size_t leases(struct limit *limit, const PGresult *claimed, int lengths[2])
{
	size_t n = (size_t)PQntuples(claimed);
	room(limit, n);
	char *id = bench_array_head(limit->ids, 2950, n);
	char *fence = bench_array_head(limit->rest, 20, n);
	for (size_t i = 0; i < n; i++) {
		uint64_t raw;
		memcpy(&raw, PQgetvalue(claimed, (int)i, 7), 8);
		bench_put32(&id, 16);
		memcpy(id, PQgetvalue(claimed, (int)i, 0), 16);
		id += 16;
		bench_put32(&fence, 8);
		put64(&fence, be64toh(raw));
	}
	lengths[0] = (int)(id - limit->ids);
	lengths[1] = (int)(fence - limit->rest);
	return n;
}

static size_t limit_drain(void *conn, size_t n, size_t batch)
{
	struct limit *limit = conn;
	size_t done = 0;
	while (done < n) {
		PGresult *claimed = claim(limit, batch);
		int lengths[2];
		size_t got = leases(limit, claimed, lengths);
		PQclear(claimed);
		if (got == 0)
			break;
		const char *values[] = { limit->ids, limit->rest };
		PQclear(run(limit, "finish", values, lengths, 2));
		done += got;
	}
	return done;
}

/* What a step of the pipeline answered. */
static PGresult *next_result(struct limit *limit, const char *what)
{
	PGresult *result = PQgetResult(limit->pg);
	bench_pg_check(limit->pg, result, what);
	PQclear(PQgetResult(limit->pg));
	return result;
}

/* Finishes what was claimed, claims the next, in one round trip; the Sync commits both. */
static PGresult *turn(struct limit *limit, PGresult *claimed, const char *claim)
{
	static const int binary[] = { 1, 1 };
	const char *worker[] = { "bench" };
	const int worker_length[] = { 5 };
	int lengths[2];
	PQenterPipelineMode(limit->pg);
	if (claimed != NULL) {
		leases(limit, claimed, lengths);
		PQclear(claimed);
		const char *values[] = { limit->ids, limit->rest };
		PQsendQueryPrepared(limit->pg, limit->finish, 2, values, lengths, binary, 1);
	}
	if (claim != NULL)
		PQsendQueryPrepared(limit->pg, claim, 1, worker, worker_length, binary, 1);
	PQpipelineSync(limit->pg);
	if (claimed != NULL)
		PQclear(next_result(limit, "finish"));
	PGresult *next = claim != NULL ? next_result(limit, claim) : NULL;
	PQclear(PQgetResult(limit->pg)); /* of the Sync */
	PQexitPipelineMode(limit->pg);
	return next;
}

static void limit_work(void *conn, const char *url, size_t n, const struct bench_runtime *runtime)
{
	struct limit *limit = conn;
	size_t batch = runtime->ahead > runtime->threads ? runtime->ahead : runtime->threads;
	const char *name = batch > 100	? runtime->forget ? "quiet500" : "claim500"
			   : batch > 24 ? "claim100"
					: "claim24";
	limit->finish = runtime->forget ? "forget" : "finish";
	PGresult *claimed = NULL;
	(void)url;
	for (size_t done = 0; done < n; done += (size_t)PQntuples(claimed)) {
		claimed = turn(limit, claimed, name);
		/* other processes may have had more than their share */
		if (PQntuples(claimed) == 0)
			break;
	}
	turn(limit, claimed, NULL);
}

static void limit_beat(void *conn, size_t n, size_t batch)
{
	struct limit *limit = conn;
	PGresult *claimed = claim(limit, batch);
	int lengths[2];
	leases(limit, claimed, lengths);
	PQclear(claimed);
	const char *values[] = { limit->ids, limit->rest };
	for (size_t i = 0; i < n; i++)
		PQclear(run(limit, "beat", values, lengths, 2));
}

static void limit_post(void *conn)
{
	insert_one(conn, "post");
}

/* The first call starts listening, and answers at once. */
static void limit_await(void *conn)
{
	struct limit *limit = conn;
	PGnotify *told = NULL;
	if (!limit->listens) {
		PQclear(PQexec(limit->pg, "LISTEN l_wake"));
		limit->listens = 1;
		return;
	}
	while ((told = PQnotifies(limit->pg)) == NULL) {
		struct pollfd wire = { .fd = PQsocket(limit->pg), .events = POLLIN };
		poll(&wire, 1, -1);
		if (!PQconsumeInput(limit->pg))
			bench_die("listen", PQerrorMessage(limit->pg));
	}
	PQfreemem(told);
}

/* ---- a snapshot ---- */

void *bench_hold(const char *url)
{
	PGconn *pg = bench_pg_open(url);
	PGresult *begun = PQexec(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
	bench_pg_check(pg, begun, "snapshot");
	PQclear(begun);
	return pg;
}

void bench_let_go(void *held)
{
	PQfinish(held);
}

const bench_side bench_limit_postgres = {
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
