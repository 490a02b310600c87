/* hand_postgres.c - Postgres by hand: a connection, its settings, its statements, binary arrays. */
#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "hand.h"

void bench_pg_check(PGconn *pg, PGresult *result, const char *what)
{
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		bench_die(what, PQerrorMessage(pg));
}

static void run(PGconn *pg, const char *sql, const char *what)
{
	PGresult *result = PQexec(pg, sql);
	bench_pg_check(pg, result, what);
	PQclear(result);
}

PGconn *bench_pg_open(const char *url)
{
	char info[1200];
	/* cairn's own options in the URL are not libpq's */
	const char *cut = strstr(url, "&schema=");
	size_t len = cut != NULL ? (size_t)(cut - url) : strlen(url);
	snprintf(info, sizeof info, "%.*s", (int)len, url);
	PGconn *pg = PQconnectdb(info);
	if (PQstatus(pg) != CONNECTION_OK)
		bench_die("connect", PQerrorMessage(pg));
	run(pg,
	    "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off;"
	    " SET enable_mergejoin = off; SET jit = off",
	    "set");
	return pg;
}

void bench_pg_reset(const char *url, const char *schema)
{
	PGconn *pg = bench_pg_open(url);
	run(pg, schema, "schema");
	PQfinish(pg);
}

void bench_pg_prepare(PGconn *pg, const struct bench_statement *statements, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		PGresult *result = PQprepare(pg, statements[i].name, statements[i].sql, 0, NULL);
		bench_pg_check(pg, result, statements[i].name);
		PQclear(result);
	}
}

void bench_put32(char **at, uint32_t value)
{
	uint32_t big = htobe32(value);
	memcpy(*at, &big, 4);
	*at += 4;
}

char *bench_array_head(char *at, uint32_t element_oid, size_t n)
{
	bench_put32(&at, 1);
	bench_put32(&at, 0);
	bench_put32(&at, element_oid);
	bench_put32(&at, (uint32_t)n);
	bench_put32(&at, 1);
	return at;
}
