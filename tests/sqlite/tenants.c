/*
 * tenants.c - no row without a tenant, whoever writes it: what the tables themselves refuse on SQLite, where no
 * row-level security stands behind the calls. Every table that has the check is tried; a table whose key begins
 * with a tenant either has it or is one of those in which no tenant means a global job.
 */
#include <sqlite3.h>
#include <stdlib.h>

#include <cairn/sqlite.h>

#include "../tap.h"
#include "../tenants.h"

static sqlite3 *db;

static void must(int rc)
{
	if (rc == SQLITE_OK)
		return;
	printf("Bail out! %s\n", sqlite3_errmsg(db));
	exit(1);
}

/* The first value that some SQL answers, as text; of a failure, its extended code. */
static const char *ask(const char *format, const char *table)
{
	static char answer[4096];
	sqlite3_stmt *statement = NULL;
	char *sql = sqlite3_mprintf(format, table, table);
	answer[0] = '\0';
	must(sqlite3_prepare_v2(db, sql, -1, &statement, NULL));
	int rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		snprintf(answer, sizeof answer, "%s",
			 (const char *)sqlite3_column_text(statement, 0));
	else if (rc != SQLITE_DONE)
		snprintf(answer, sizeof answer, "%d", sqlite3_extended_errcode(db));
	sqlite3_finalize(statement);
	sqlite3_free(sql);
	return answer;
}

/* A statement that copies the tenant's rows for nobody. */
static char *copy_of(const char *table)
{
	const char *columns = ask("SELECT group_concat(name, ', ') FROM pragma_table_info('%q') "
				  "WHERE name <> 'tenant'",
				  table);
	return sqlite3_mprintf("INSERT INTO %s (tenant, %s) SELECT '', %s FROM %s "
			       "WHERE tenant = 'acme'",
			       table, columns, columns, table);
}

static void refuses(const char *table)
{
	ok(atoi(ask("SELECT count(*) FROM \"%w\" WHERE tenant = 'acme'", table)) > 0,
	   "%s has rows of the tenant", table);
	char *sql = copy_of(table);
	is_int(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_CONSTRAINT,
	       "  a row of no tenant is refused");
	is_int(sqlite3_extended_errcode(db), SQLITE_CONSTRAINT_CHECK, "  by its check");
	sqlite3_free(sql);
	is_text(ask("SELECT count(*) FROM \"%w\" WHERE tenant = ''", table), "0",
		"  there is none");
}

static void all_tables(void)
{
	sqlite3_stmt *statement = NULL;
	int n = 0;
	must(sqlite3_prepare_v2(
		db,
		"SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c "
		"ON c.name = 'tenant' AND c.pk = 1 WHERE t.type = 'table' "
		"AND t.name <> 'cairn_resource' AND t.name <> 'cairn_run_active' ORDER BY 1",
		-1, &statement, NULL));
	for (; sqlite3_step(statement) == SQLITE_ROW; n++)
		refuses((const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	ok(n > 0, "%d tables have rows that all have a tenant", n);
}

int main(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	must(sqlite3_open(":memory:", &db));
	ok(FINE(cairn_sqlite_adopt(&conn, db, NULL, &err)) &&
		   FINE(cairn_migrate_up(conn, NULL, NULL, &err)),
	   "a store");
	for (size_t i = 0; i < CALLS; i++)
		ok(calls[i].run(conn, CAIRN_STR("acme")), "%s", calls[i].name);
	all_tables();
	cairn_close(conn);
	sqlite3_close(db);
	return tap_done();
}
