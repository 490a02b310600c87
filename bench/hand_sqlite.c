/* hand_sqlite.c - SQLite by hand: the file, its settings, its statements. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "hand.h"

int64_t bench_lite_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void path_of(const char *url, const char *end, char path[600])
{
	snprintf(path, 600, "%s.limit%s", strchr(url, ':') + 1, end);
}

sqlite3 *bench_lite_open(const char *url)
{
	sqlite3 *db;
	char path[600];
	path_of(url, "", path);
	if (sqlite3_open(path, &db) != SQLITE_OK)
		bench_die("sqlite3_open", sqlite3_errmsg(db));
	sqlite3_busy_timeout(db, 60000);
	sqlite3_exec(db,
		     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		     "PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-8192;",
		     NULL, NULL, NULL);
	return db;
}

void bench_lite_reset(const char *url, const char *schema)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		char path[600];
		path_of(url, ends[i], path);
		unlink(path);
	}
	sqlite3 *db = bench_lite_open(url);
	if (sqlite3_exec(db, schema, NULL, NULL, NULL) != SQLITE_OK)
		bench_die("schema", sqlite3_errmsg(db));
	sqlite3_close(db);
}

void bench_lite_prepare(sqlite3 *db, const char *const *texts, size_t n, sqlite3_stmt **stmts)
{
	for (size_t i = 0; i < n; i++) {
		if (sqlite3_prepare_v3(db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &stmts[i],
				       NULL) != SQLITE_OK)
			bench_die(texts[i], sqlite3_errmsg(db));
	}
}
