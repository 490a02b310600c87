/*
 * hand.h - what the hand-written sides share, of jobs and of the checkpoints family: connecting, an empty
 * schema, statements that are prepared. (hand_sqlite.c, hand_postgres.c)
 */
#ifndef BENCH_HAND_H
#define BENCH_HAND_H

#include <stddef.h>
#include <stdint.h>

struct sqlite3;
struct sqlite3_stmt;

/* In a file beside cairn's. */
struct sqlite3 *bench_lite_open(const char *url);
/* An empty file with these tables. */
void bench_lite_reset(const char *url, const char *schema);
void bench_lite_prepare(struct sqlite3 *db, const char *const *texts, size_t n,
			struct sqlite3_stmt **stmts);
/* Microseconds since 1970. */
int64_t bench_lite_now(void);

struct pg_conn;
struct pg_result;

struct bench_statement {
	const char *name;
	const char *sql;
};

/* With the planner's settings of cairn's own connections. */
struct pg_conn *bench_pg_open(const char *url);
/* Ends the program unless the result is a good one. */
void bench_pg_check(struct pg_conn *pg, struct pg_result *result, const char *what);
void bench_pg_reset(const char *url, const char *schema);
void bench_pg_prepare(struct pg_conn *pg, const struct bench_statement *statements, size_t n);
/* Arrays in their binary form. */
void bench_put32(char **at, uint32_t value);
char *bench_array_head(char *at, uint32_t element_oid, size_t n);

#endif
