/*
 * meanwhile.h - two connections to a store of this program's own, and how to know that one of them waits for the other.
 * (replays.c, ledgers.c, races.c)
 */
#ifndef TESTS_POSTGRES_MEANWHILE_H
#define TESTS_POSTGRES_MEANWHILE_H

#include <libpq-fe.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cairn/cairn.h>
#include <cairn/postgres.h>

#include "../kit/pg_url.h"
#include "../tap.h"

static cairn_conn *conn;
static cairn_conn *other;
static PGconn *pg;

static void must(cairn_status st, const cairn_error *err)
{
	if (st == CAIRN_OK)
		return;
	printf("Bail out! %s %s (%s)\n", err->code, err->message, err->detail);
	exit(1);
}

static cairn_conn *open_conn(const char *more, cairn_alloc_fn *alloc)
{
	char url[1200];
	const cairn_conn_opts opts = { .size = sizeof opts, .alloc = alloc };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *made = NULL;
	const char *given = pg_url();
	snprintf(url, sizeof url, "%s%sschema=meanwhile_%ld%s", given,
		 strchr(given, '?') == NULL ? "?" : "&", (long)getpid(), more);
	must(cairn_open(&made, &cairn_postgres, url, &opts, &err), &err);
	return made;
}

static void open_store(void)
{
	char path[80];
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_definition type = { .type = CAIRN_STR("t") };
	conn = open_conn("", NULL);
	must(cairn_migrate_up(conn, NULL, NULL, &err), &err);
	must(cairn_job_define(conn, &type, 1, &err), &err);
	other = open_conn("", NULL);
	pg = PQconnectdb(pg_url());
	snprintf(path, sizeof path, "SET search_path = meanwhile_%ld", (long)getpid());
	PQclear(PQexec(pg, path));
}

static void close_store(void)
{
	cairn_close(other);
	cairn_close(conn);
	PQfinish(pg);
}

/* For a row of such a table of this program's schema: others have their own on this server. */
static void until_somebody_waits(const char *table)
{
	char look[200];
	snprintf(look, sizeof look,
		 "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
		 "AND query LIKE '%%meanwhile_%ld%%%s%%'",
		 (long)getpid(), table);
	for (int i = 0; i < 1000; i++) {
		PGresult *result = PQexec(pg, look);
		int n = PQntuples(result);
		PQclear(result);
		if (n > 0)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	printf("Bail out! nobody waits\n");
	exit(1);
}

static inline cairn_id enqueue(cairn_conn *on)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_job_new job = { .type = CAIRN_STR("t") };
	cairn_job_added added;
	must(cairn_job_enqueue(on, &job, 1, &added, &err), &err);
	return added.id;
}

/* A job that is its queue's first. */
static cairn_lease claim(cairn_conn *on, const char *type)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_claim_opts opts = { .size = sizeof opts,
					.worker = CAIRN_STR("w"),
					.queue = CAIRN_STR("meanwhile") };
	const cairn_job_new job = { .type = cairn_str_of(type), .queue = CAIRN_STR("meanwhile") };
	cairn_job_added added;
	cairn_jobs *jobs = NULL;
	must(cairn_job_enqueue(on, &job, 1, &added, &err), &err);
	must(cairn_job_claim(on, &opts, &jobs, &err), &err);
	cairn_lease lease = cairn_job_lease(jobs->at);
	cairn_free(jobs);
	return lease;
}

static cairn_replay *begin(cairn_conn *on, const cairn_lease *lease)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay *replay = NULL;
	must(cairn_replay_begin(on, lease, NULL, &replay, &err), &err);
	return replay;
}

#endif
