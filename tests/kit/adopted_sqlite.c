/*
 * adopted_sqlite.c - a sqlite3 handle of the application's.
 */
#include <sqlite3.h>

#include <cairn/sqlite.h>

#define APP_SETTINGS \
	"SELECT (SELECT * FROM pragma_foreign_keys) || ' ' || (SELECT * FROM pragma_busy_timeout)" \
	" || ' ' || (SELECT * FROM pragma_synchronous) || ' ' || (SELECT * FROM " \
	"pragma_temp_store)" \
	" || ' ' || (SELECT * FROM pragma_cache_size) || ' ' ||" \
	" (SELECT * FROM pragma_wal_autocheckpoint) || ' ' || (SELECT * FROM pragma_journal_mode)"
#include "adopted.h"

static char path[64];
static char answer[256];

static void *app_open(void)
{
	sqlite3 *db = NULL;
	if (sqlite3_open(path, &db) != SQLITE_OK)
		exit(1);
	sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA cache_size = 77", NULL, NULL, NULL);
	sqlite3_busy_timeout(db, 1234);
	return db;
}

/* SQLITE_BUSY when a statement was left. */
static bool app_close(void *native)
{
	return sqlite3_close(native) == SQLITE_OK;
}

static bool app_run(void *native, const char *sql)
{
	char *why = NULL;
	bool good = sqlite3_exec(native, sql, NULL, NULL, &why) == SQLITE_OK;
	if (!good)
		printf("# %s: %s\n", sql, why);
	sqlite3_free(why);
	return good;
}

static const char *app_ask(void *native, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	snprintf(answer, sizeof answer, "nothing");
	if (sqlite3_prepare_v2(native, sql, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		snprintf(answer, sizeof answer, "%s",
			 (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return answer;
}

static cairn_status app_adopt(cairn_conn **conn, void *native, cairn_error *err)
{
	return cairn_sqlite_adopt(conn, native, NULL, err);
}

/* A database whose texts are UTF-16 from the beginning. */
static void wrong_encoding(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	sqlite3 *db = NULL;
	sqlite3_open(":memory:", &db);
	sqlite3_exec(db, "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a)", NULL, NULL, NULL);
	is_int(cairn_sqlite_adopt(&conn, db, NULL, &err), CAIRN_SCHEMA, "UTF-16 is refused");
	is_text(err.code, "db.encoding", "with its code");
	ok(app_close(db), "and the handle left alone");
}

int main(void)
{
	char folder[] = "/tmp/cairn-adopted.XXXXXX";
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/app.db", folder);
	test_adopted();
	wrong_encoding();
	for (size_t i = 0; i < 3; i++) {
		char file[80];
		snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
		unlink(file);
	}
	rmdir(folder);
	return tap_done();
}
