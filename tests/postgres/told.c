/*
 * told.c - a job that is enqueued where somebody waited before goes out together with the telling, in
 * one round trip but not in one transaction: if nobody can be told, the job is there nevertheless,
 * and if there is no job, the error is that of the enqueue.
 */
#include <libpq-fe.h>
#include <time.h>
#include <unistd.h>

#include <cairn/cairn.h>
#include <cairn/postgres.h>

#include "../kit/pg_url.h"
#include "../tap.h"

static PGconn *pg;
static cairn_conn *conn;

static void sql(const char *text)
{
	PGresult *result = PQexec(pg, text);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		printf("Bail out! %s: %s\n", text, PQerrorMessage(pg));
		exit(1);
	}
	PQclear(result);
}

static long count(const char *table)
{
	char text[100];
	snprintf(text, sizeof text, "SELECT count(*) FROM %s", table);
	PGresult *result = PQexec(pg, text);
	long n = PQntuples(result) == 1 ? strtol(PQgetvalue(result, 0, 0), NULL, 10) : -1;
	PQclear(result);
	return n;
}

static void open_conn(const char *given)
{
	char url[1200];
	cairn_error err = CAIRN_ERROR_INIT;
	snprintf(url, sizeof url, "%s%sschema=told_%ld", given,
		 strchr(given, '?') == NULL ? "?" : "&", (long)getpid());
	if (cairn_open(&conn, &cairn_postgres, url, NULL, &err) != CAIRN_OK) {
		printf("Bail out! %s (%s)\n", err.message, err.detail);
		exit(1);
	}
}

static void open_store(const char *given)
{
	char path[100];
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_definition type = { .type = CAIRN_STR("t") };
	open_conn(given);
	if (cairn_migrate_up(conn, NULL, NULL, &err) != CAIRN_OK ||
	    cairn_job_define(conn, &type, 1, &err) != CAIRN_OK) {
		printf("Bail out! %s (%s)\n", err.message, err.detail);
		exit(1);
	}
	pg = PQconnectdb(given);
	snprintf(path, sizeof path, "SET client_min_messages = error; SET search_path = told_%ld",
		 (long)getpid());
	sql(path);
}

static void somebody_waits(void)
{
	sql("INSERT INTO cairn_job_waiter (until, turn, channel, queues) "
	    "VALUES (now() + interval '1 hour', 1, 'told_test', '{default}')");
}

static cairn_status enqueue(cairn_error *err)
{
	const cairn_job_new job = { .type = CAIRN_STR("t") };
	cairn_job_added added;
	return cairn_job_enqueue(conn, &job, 1, &added, err);
}

/* Another one, and its round trips. */
static uint64_t trips(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	uint64_t before = cairn_conn_round_trips(conn);
	ok(enqueue(&err) == CAIRN_OK, "a job is enqueued");
	return cairn_conn_round_trips(conn) - before;
}

static void one_round_trip(void)
{
	somebody_waits();
	is_int(trips(), 2, "somebody is told in a second round trip");
	is_int(count("cairn_job_waiter"), 0, "and stands there no longer");
	somebody_waits();
	is_int(trips(), 1, "the next one is told in the same");
	is_int(count("cairn_job_waiter"), 0, "and stands there no longer");
}

static void deaf(void)
{
	somebody_waits();
	sql("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
	    "$$BEGIN RAISE 'not now'; END$$;"
	    "CREATE TRIGGER refuse BEFORE DELETE ON cairn_job_waiter "
	    "FOR EACH ROW EXECUTE FUNCTION refuse()");
	long jobs = count("cairn_job_live");
	is_int(trips(), 1, "nobody can be told");
	is_int(count("cairn_job_live"), jobs + 1, "the job is there");
	is_int(count("cairn_job_waiter"), 1, "who waits still waits");
	is_int(trips(), 1, "and so with the next");
	sql("DROP TRIGGER refuse ON cairn_job_waiter");
}

static void refused(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	sql("CREATE TRIGGER refuse BEFORE INSERT ON cairn_job_live "
	    "FOR EACH ROW EXECUTE FUNCTION refuse()");
	long jobs = count("cairn_job_live");
	ok(enqueue(&err) != CAIRN_OK, "a job is refused");
	is_text(err.sqlstate, "P0001", "with what the database said");
	is_int(count("cairn_job_live"), jobs, "there is no job");
	sql("DROP TRIGGER refuse ON cairn_job_live");
	ok(trips() > 0, "and the connection goes on");
}

/* The server that ends while it commits says so, but not what became of the commit. */
static void dies_committing(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	somebody_waits();
	/* for a moment nobody is asked for who did not wait */
	nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	is_int(trips(), 2, "somebody waited");
	sql("CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
	    "$$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(60); "
	    "RETURN NULL; END$$;"
	    "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON cairn_job_live "
	    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()");
	ok(enqueue(&err) == CAIRN_UNCERTAIN, "a job is enqueued or not");
	is_text(err.sqlstate, "57P01", "by a server that went away");
	cairn_close(conn);
	open_conn(pg_url());
	ok(cairn_begin(conn, &tx, &err) == CAIRN_OK && enqueue(&err) == CAIRN_OK,
	   "so is one of a transaction");
	ok(cairn_commit(&tx, &err) == CAIRN_UNCERTAIN, "that commits");
	is_text(err.sqlstate, "57P01", "at a server that went away");
}

int main(void)
{
	open_store(pg_url());
	one_round_trip();
	deaf();
	refused();
	dies_committing();
	cairn_close(conn);
	PQfinish(pg);
	return tap_done();
}
