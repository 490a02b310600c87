/*
 * adopted_postgres.c - a PGconn of the application's.
 */
#include <libpq-fe.h>

#include <cairn/postgres.h>

#define APP_SETTINGS \
	"SELECT concat_ws(' ', current_setting('search_path'), current_setting('lock_timeout')," \
	" current_setting('statement_timeout'), current_setting('default_transaction_isolation')," \
	" current_setting('timezone'), current_setting('client_encoding')," \
	" current_setting('enable_seqscan'), current_setting('plan_cache_mode')," \
	" current_setting('synchronous_commit'))"
#include "adopted.h"
#include "pg_url.h"

static const char *database;
static char answer[256];

static bool app_run(void *native, const char *sql)
{
	PGresult *result = PQexec(native, sql);
	ExecStatusType status = PQresultStatus(result);
	bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
	if (!good)
		printf("# %s: %s", sql, PQerrorMessage(native));
	PQclear(result);
	return good;
}

static void be_quiet(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

static void *app_open(void)
{
	PGconn *pg = PQconnectdb(database);
	PQsetNoticeProcessor(pg, be_quiet, NULL);
	app_run(pg, "DROP SCHEMA IF EXISTS adopted CASCADE; DROP TABLE IF EXISTS app_order;"
		    "SET lock_timeout = '1234ms'; SET search_path = public, pg_temp;"
		    "SET timezone = 'Asia/Tokyo'; SET enable_seqscan = off");
	return pg;
}

static bool app_close(void *native)
{
	bool idle = PQtransactionStatus(native) == PQTRANS_IDLE &&
		    PQpipelineStatus(native) == PQ_PIPELINE_OFF && !PQisnonblocking(native);
	app_run(native, "DROP SCHEMA adopted CASCADE; DROP TABLE app_order");
	PQfinish(native);
	return idle;
}

static const char *app_ask(void *native, const char *sql)
{
	PGresult *result = PQexec(native, sql);
	snprintf(answer, sizeof answer, "%s",
		 PQresultStatus(result) == PGRES_TUPLES_OK ? PQgetvalue(result, 0, 0)
							   : PQerrorMessage(native));
	PQclear(result);
	return answer;
}

static cairn_status app_adopt(cairn_conn **conn, void *native, cairn_error *err)
{
	return cairn_postgres_adopt(conn, native, "adopted", NULL, err);
}

static void refused(const char *sql, cairn_status status, const char *code, const char *name)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	PGconn *pg = PQconnectdb(database);
	app_run(pg, sql);
	is_int(cairn_postgres_adopt(&conn, pg, "adopted", NULL, &err), status, name);
	is_text(err.code, code, "with its code");
	ok(conn == NULL && PQstatus(pg) == CONNECTION_OK, "and the handle left alone");
	PQfinish(pg);
}

/* A database of the same server that keeps bytes of no encoding. */
static void wrong_database(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	PGconn *pg = PQconnectdb(database);
	char url[1024];
	PQsetNoticeProcessor(pg, be_quiet, NULL);
	app_run(pg, "DROP DATABASE IF EXISTS cairn_ascii");
	ok(app_run(pg,
		   "CREATE DATABASE cairn_ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' "
		   "TEMPLATE template0"),
	   "a database without an encoding");
	snprintf(url, sizeof url, "%s%sdbname=cairn_ascii", database,
		 strchr(database, '?') ? "&" : "?");
	is_int(cairn_open(&conn, &cairn_postgres, url, NULL, &err), CAIRN_SCHEMA, "is refused");
	is_text(err.code, "db.encoding", "with its code");
	ok(conn == NULL, "and there is no connection");
	app_run(pg, "DROP DATABASE cairn_ascii");
	PQfinish(pg);
}

int main(void)
{
	database = pg_url();
	test_adopted();
	refused("SET client_encoding = 'LATIN1'", CAIRN_INVALID, "conn.encoding",
		"another client encoding is refused");
	wrong_database();
	return tap_done();
}
