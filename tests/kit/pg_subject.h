/*
 * pg_subject.h - Postgres as a subject of the kit: a schema per case, with a blank
 * and a quote in its name, in the database of CAIRN_PG_URL.
 */
#ifndef PG_SUBJECT_H
#define PG_SUBJECT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libpq-fe.h>

#include <cairn/conformance.h>
#include <cairn/postgres.h>

static const char *database;

static void be_quiet(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

/* One statement on a connection of its own; the first field as a number, -1 for a failure. */
static int run(const char *sql)
{
	PGconn *pg = PQconnectdb(database);
	int answer = -1;
	PQsetNoticeProcessor(pg, be_quiet, NULL);
	PGresult *result = PQexec(pg, sql);
	ExecStatusType status = PQresultStatus(result);
	if (status == PGRES_COMMAND_OK)
		answer = 0;
	else if (status == PGRES_TUPLES_OK && PQntuples(result) > 0)
		answer = (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);
	else
		fprintf(stderr, "%s: %s", sql, PQerrorMessage(pg));
	PQclear(result);
	PQfinish(pg);
	return answer;
}

/* The URL ends in "schema=kit%20%22WORD": the schema is called: kit "WORD */
static int drop_schema(const char *url)
{
	const char *word = strstr(url, "%22");
	char sql[256];
	if (!word)
		return -1;
	snprintf(sql, sizeof(sql), "DROP SCHEMA IF EXISTS \"kit \"\"%s\" CASCADE", word + 3);
	return run(sql);
}

/* Nothing but cairn's own tables may be left; those that hold rows are truncated. */
static int clear_schema(const char *url)
{
	const char *word = strstr(url, "%22");
	char sql[1280];
	if (!word)
		return -1;
	snprintf(sql, sizeof(sql),
		 "DO $$DECLARE t regclass; has bool; BEGIN FOR t IN SELECT c.oid FROM pg_class c"
		 " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'kit \"%s'"
		 " AND c.relkind = 'r' AND c.relname <> 'cairn_migrations' LOOP"
		 " EXECUTE format('SELECT EXISTS (SELECT FROM %%s)', t) INTO has;"
		 " IF has THEN EXECUTE format('TRUNCATE %%s', t); END IF; END LOOP; END$$;"
		 "SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = "
		 "c.relnamespace"
		 " WHERE n.nspname = 'kit \"%s' AND c.relname !~ '^(pk_)?cairn_')"
		 " + (SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
		 " WHERE n.nspname = 'kit \"%s' AND p.proname LIKE 'poison%%')",
		 word + 3, word + 3, word + 3);
	return run(sql) == 0 ? 0 : -1;
}

static int terminate(cairn_conn *conn)
{
	PGconn *pg = cairn_postgres_handle(conn);
	char sql[160];
	if (!pg)
		return -1;
	int pid = PQbackendPID(pg);
	snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d)::int", pid);
	if (run(sql) != 1)
		return -1;
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM pg_stat_activity WHERE pid = %d", pid);
	for (int tries = 0; tries < 500; tries++) {
		const struct timespec moment = { .tv_nsec = 10 * 1000 * 1000 };
		int left = run(sql);
		if (left <= 0)
			return left;
		nanosleep(&moment, NULL);
	}
	return -1;
}

/* Ends move a row to the table of the done, requeues back. */
static int poison(const char *url, cairn_id job)
{
	char text[CAIRN_ID_TEXT];
	char schema[80];
	char sql[1280];
	const char *word = strstr(url, "%22");
	if (!word)
		return -1;
	cairn_id_format(job, text);
	snprintf(schema, sizeof(schema), "\"kit \"\"%s\"", word + 3);
	snprintf(sql, sizeof(sql),
		 "CREATE FUNCTION %s.poison() RETURNS trigger LANGUAGE plpgsql AS"
		 " $$BEGIN RAISE EXCEPTION 'poisoned'; END$$;"
		 "CREATE TRIGGER poison BEFORE UPDATE ON %s.cairn_job_live FOR EACH ROW WHEN"
		 " (OLD.id = '%s' AND OLD.status <> NEW.status) EXECUTE FUNCTION %s.poison();"
		 "CREATE TRIGGER poison_end BEFORE DELETE ON %s.cairn_job_live FOR EACH ROW WHEN"
		 " (OLD.id = '%s') EXECUTE FUNCTION %s.poison();"
		 "CREATE TRIGGER poison_return BEFORE DELETE ON %s.cairn_job_done FOR EACH ROW WHEN"
		 " (OLD.id = '%s') EXECUTE FUNCTION %s.poison()",
		 schema, schema, text, schema, schema, text, schema, schema, text, schema);
	return run(sql);
}

static int poison_key(const char *url, const char *key)
{
	char schema[80];
	char sql[1280];
	const char *word = strstr(url, "%22");
	if (!word)
		return -1;
	snprintf(schema, sizeof(schema), "\"kit \"\"%s\"", word + 3);
	snprintf(sql, sizeof(sql),
		 "CREATE FUNCTION %s.poison_key() RETURNS trigger LANGUAGE plpgsql AS"
		 " $$BEGIN RAISE EXCEPTION 'poisoned'; END$$;"
		 "CREATE TRIGGER poison_key BEFORE INSERT ON %s.cairn_job_live FOR EACH ROW WHEN"
		 " (NEW.idempotency_key = '%s') EXECUTE FUNCTION %s.poison_key();"
		 "CREATE TRIGGER poison_thread BEFORE INSERT ON %s.cairn_checkpoint FOR EACH ROW"
		 " WHEN (NEW.thread = '%s') EXECUTE FUNCTION %s.poison_key();"
		 "CREATE TRIGGER poison_step BEFORE INSERT ON %s.cairn_step FOR EACH ROW"
		 " WHEN (NEW.step_key = '%s') EXECUTE FUNCTION %s.poison_key()",
		 schema, schema, key, schema, schema, key, schema, schema, key, schema);
	return run(sql);
}

/* Sessions that listen are known by the last statement that they ran. */
static int deafen(const char *url)
{
	char sql[320];
	const char *word = strstr(url, "%22");
	if (!word)
		return -1;
	snprintf(sql, sizeof(sql),
		 "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
		 " WHERE pid <> pg_backend_pid() AND strpos(query, '%s') > 0"
		 " AND query LIKE '%%INSERT INTO%%cairn_job_waiter%%'",
		 word + 3);
	return run(sql) > 0 ? 0 : -1;
}

static int app_step(cairn_conn *conn, enum cairn_app_step step)
{
	static const char *const commands[] = {
		[CAIRN_APP_BEGIN] = "BEGIN",
		[CAIRN_APP_BEGIN_STRICT] = "BEGIN ISOLATION LEVEL SERIALIZABLE",
		[CAIRN_APP_COMMIT] = "COMMIT",
		[CAIRN_APP_ROLLBACK] = "ROLLBACK",
		[CAIRN_APP_STRICT_SESSION] =
			"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
		[CAIRN_APP_IS_STRICT_SESSION] =
			"SELECT 1 / (current_setting('default_transaction_isolation')"
			" = 'serializable')::int",
	};
	if (!conn)
		return 0;
	PGresult *result = PQexec(cairn_postgres_handle(conn), commands[step]);
	ExecStatusType status = PQresultStatus(result);
	PQclear(result);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? 0 : -1;
}

/* Sessions that are pooled by the transaction have no settings of their own. */
static int app_step_pooled(cairn_conn *conn, enum cairn_app_step step)
{
	if (step == CAIRN_APP_STRICT_SESSION || step == CAIRN_APP_IS_STRICT_SESSION)
		return 0;
	return app_step(conn, step);
}

/*
 * Runs the kit with more options in the URL, "name=value&" each. CAIRN_POOLER_URL leads to the same
 * database through a pooler: no session can be killed there, and a lost one is not seen.
 */
static int run_kit(int argc, char **argv, const char *options, uint32_t lacks)
{
	static char url[2048];
	static char migrate_url[2048];
	static char bad[3][2048];
	static const char *const bad_urls[] = { bad[0], bad[1], bad[2], NULL };
	database = getenv("CAIRN_PG_URL");
	const char *pooler = *options ? getenv("CAIRN_POOLER_URL") : NULL;
	const char *through = pooler ? pooler : database;
	const char *more = database && strchr(database, '?') ? "&" : "?";
	if (database) {
		snprintf(url, sizeof(url), "%s%s%sschema=kit%%20%%22{case}", through, more,
			 options);
		snprintf(migrate_url, sizeof(migrate_url), "%s%sschema=kit%%20%%22{case}", database,
			 more);
		snprintf(bad[0], sizeof(bad[0]), "%s%sprepared=perhaps", database, more);
		snprintf(bad[1], sizeof(bad[1]), "%s%spooler=swimming", database, more);
		snprintf(bad[2], sizeof(bad[2]), "%s%sschema=", database, more);
	}
	const cairn_subject postgres = {
		.size = sizeof(postgres),
		.driver = &cairn_postgres,
		.url = database ? url : NULL,
		.migrate_url = *options ? migrate_url : NULL,
		.reset = drop_schema,
		.kill_session = pooler ? NULL : terminate,
		.app_step = pooler ? app_step_pooled : app_step,
		.poison = poison,
		.unreachable_url = "postgresql:///cairn?host=/nonexistent&port=1",
		.bad_urls = bad_urls,
		.poison_key = poison_key,
		.lacks = lacks,
		.deafen = deafen,
		.clear = clear_schema,
	};
	return cairn_conformance_main(argc, argv, &postgres);
}

#endif
