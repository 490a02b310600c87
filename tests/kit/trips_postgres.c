/*
 * trips_postgres.c - cairn_conn_round_trips against libpq's own record of what it sends and
 * receives: the budgets of the kit are worth as much as that number. (budgets: conformance/budget.c)
 */
#include <stdbool.h>
#include <stdlib.h>

#include <libpq-fe.h>

#include <cairn/cairn.h>
#include <cairn/postgres.h>

#include "../tap.h"
#include "../tenants.h"
#include "pg_url.h"

#define MANY 50

static PGconn *pg;
static cairn_conn *conn;
static FILE *record;
static uint64_t counted;
static cairn_error err = CAIRN_ERROR_INIT;

/* How often something was received behind something that was sent. (a text goes over several lines) */
static uint64_t recorded(void)
{
	char line[4096];
	bool sent = false;
	uint64_t trips = 0;
	fflush(record);
	rewind(record);
	while (fgets(line, sizeof line, record) != NULL) {
		if (strncmp(line, "B\t", 2) == 0)
			trips += sent;
		if (strncmp(line, "F\t", 2) == 0 || strncmp(line, "B\t", 2) == 0)
			sent = line[0] == 'F';
	}
	return trips;
}

static void begin(void)
{
	record = tmpfile();
	PQtrace(pg, record);
	PQsetTraceFlags(pg, PQTRACE_SUPPRESS_TIMESTAMPS);
	counted = cairn_conn_round_trips(conn);
}

/* What happened since begin(). */
static void same_trips(cairn_status status, const char *what)
{
	counted = cairn_conn_round_trips(conn) - counted;
	PQuntrace(pg);
	uint64_t trips = recorded();
	fclose(record);
	if (!ok(status == CAIRN_OK, "%s is done", what))
		printf("# %s %s (%s)\n", err.code, err.message, err.detail);
	ok(trips > 0 && trips == counted, "%s: %u round trips, told %u", what, (unsigned)trips,
	   (unsigned)counted);
}

static void enqueue(size_t n, bool keyed, const char *what)
{
	static int number;
	char keys[MANY][32];
	cairn_job_new jobs[MANY];
	for (size_t i = 0; i < n; i++) {
		snprintf(keys[i], sizeof keys[i], "k-%d", number++);
		jobs[i] = (cairn_job_new){ .type = CAIRN_STR("t") };
		if (keyed)
			jobs[i].key = cairn_str_of(keys[i]);
	}
	begin();
	same_trips(cairn_job_enqueue(conn, jobs, n, NULL, &err), what);
}

static size_t claim(cairn_lease *leases, const char *what)
{
	cairn_claim_opts opts = { .size = sizeof opts, .worker = CAIRN_STR("w"), .limit = MANY };
	cairn_jobs *jobs = NULL;
	begin();
	same_trips(cairn_job_claim(conn, &opts, &jobs, &err), what);
	size_t n = jobs == NULL ? 0 : jobs->count;
	for (size_t i = 0; i < n; i++)
		leases[i] = cairn_job_lease(&jobs->at[i]);
	cairn_free(jobs);
	return n;
}

static void finish(const cairn_lease *leases, size_t n, bool claims, const char *what)
{
	cairn_claim_opts opts = { .size = sizeof opts, .worker = CAIRN_STR("w"), .limit = 1 };
	cairn_jobs *jobs = NULL;
	cairn_finish items[MANY];
	cairn_changed each[MANY];
	for (size_t i = 0; i < n; i++)
		items[i] = (cairn_finish){ .lease = leases[i], .how = CAIRN_FINISH_SUCCESS };
	begin();
	same_trips(claims ? cairn_job_finish_and_claim(conn, items, n, each, &opts, &jobs, &err)
			  : cairn_job_finish(conn, items, n, each, &err),
		   what);
	cairn_free(jobs);
}

static void writes(void)
{
	cairn_lease leases[MANY];
	enqueue(1, false, "a job");
	enqueue(MANY, false, "many jobs");
	enqueue(MANY, true, "many with keys");
	size_t n = claim(leases, "a claim of many");
	is_int(n, MANY, "they are claimed");
	begin();
	same_trips(cairn_job_heartbeat(conn, leases, n, 0, NULL, &err), "many heartbeats");
	finish(leases, n, false, "many ends");
	n = claim(leases, "another claim");
	finish(leases, n, true, "many ends and a claim");
	claim(leases, "the last claim");
	claim(leases, "a claim of nothing");
	begin();
	cairn_reap_report *report = NULL;
	same_trips(cairn_job_reap(conn, NULL, &report, &err), "a reaper's pass");
	cairn_free(report);
}

static void reads(void)
{
	cairn_job_filter filter = { .size = sizeof filter, .scope = cairn_any() };
	cairn_jobs *jobs = NULL;
	begin();
	same_trips(cairn_job_list(conn, &filter, &jobs, &err), "a list");
	cairn_id id = jobs->at[0].id;
	begin();
	same_trips(cairn_job_get(conn, cairn_any(), id, &jobs, &err), "a get");
	cairn_free(jobs);
}

static void transactions(void)
{
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_tx inner = CAIRN_TX_INIT;
	begin();
	same_trips(cairn_begin(conn, &tx, &err), "a begin");
	enqueue(MANY, true, "many jobs in a transaction");
	begin();
	same_trips(cairn_begin(conn, &inner, &err), "a savepoint");
	begin();
	cairn_rollback(&inner);
	same_trips(CAIRN_OK, "its rollback");
	begin();
	same_trips(cairn_commit(&tx, &err), "a commit");
}

static void intents(void)
{
	cairn_promote_report *report = NULL;
	cairn_job_new later = { .type = CAIRN_STR("t"), .key = CAIRN_STR("later") };
	cairn_intent_recorded each = { .status = CAIRN_INTERNAL };
	begin();
	same_trips(cairn_intent_record(conn, &later, 1, &each, &err), "an intent");
	begin();
	same_trips(cairn_intent_promote(conn, NULL, &report, &err), "its promotion");
	cairn_free(report);
}

/* Checkpoints, logs, items and locks: each call also says its tenant. */
static void tenants_stores(void)
{
	for (size_t i = 0; i < CALLS; i++) {
		begin();
		bool good = calls[i].run(conn, CAIRN_STR("acme"));
		same_trips(good ? CAIRN_OK : CAIRN_INTERNAL, calls[i].name);
	}
}

static void be_quiet(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

int main(void)
{
	cairn_definition definition = { .type = CAIRN_STR("t") };
	pg = PQconnectdb(pg_url());
	PQsetNoticeProcessor(pg, be_quiet, NULL);
	PQclear(PQexec(pg, "DROP SCHEMA IF EXISTS trips CASCADE"));
	if (cairn_postgres_adopt(&conn, pg, "trips", NULL, &err) != CAIRN_OK) {
		printf("Bail out! %s %s\n", err.code, err.detail);
		return 1;
	}
	begin();
	same_trips(cairn_migrate_up(conn, NULL, NULL, &err), "a migration");
	begin();
	same_trips(cairn_job_define(conn, &definition, 1, &err), "a definition");
	writes();
	reads();
	transactions();
	intents();
	tenants_stores();
	cairn_close(conn);
	PQclear(PQexec(pg, "DROP SCHEMA trips CASCADE"));
	PQfinish(pg);
	return tap_done();
}
