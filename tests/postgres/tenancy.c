/*
 * tenancy.c - row-level security under roles with just the rights that docs/ROLES.md gives them, by the
 * very statements that stand there. Every table with the policy cairn_tenant is tried, whichever
 * store's it is; a table that the calls of tenants.h leave without a row of their tenant fails the test.
 */
#include <ctype.h>
#include <libpq-fe.h>
#include <time.h>
#include <unistd.h>

#include <cairn/cairn.h>
#include <cairn/postgres.h>

#include "../kit/pg_url.h"
#include "../tap.h"
#include "../tenants.h"

#define TABLES_MAX 32

static char schema[40];
static char tables[TABLES_MAX][64];
static size_t table_count;
static PGconn *admin;
static PGconn *app; /* the application's role, without cairn */

/* ---- roles and sessions ------------------------------------------------------------- */

static void give_up(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(1);
}

/* The words of ROLES.md that stand for names of this run. */
static void name_of(const char *word, char name[64])
{
	static const char *const roles[] = { "cairn_migrator", "cairn_app", "cairn_janitor" };
	snprintf(name, 64, "%s", strcmp(word, "cairn") == 0 ? schema : word);
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
		if (strcmp(word, roles[i]) == 0)
			snprintf(name, 64, "%s_%ld", word, (long)getpid());
	}
}

static PGconn *session(const char *role)
{
	char options[400];
	char name[64];
	name_of(role, name);
	if (role[0] == '\0')
		snprintf(options, sizeof options, "%s", pg_url());
	else
		snprintf(options, sizeof options, "%s%suser=%s", pg_url(),
			 strchr(pg_url(), '?') == NULL ? "?" : "&", name);
	PGconn *pg = PQconnectdb(options);
	if (PQstatus(pg) != CONNECTION_OK)
		give_up(PQerrorMessage(pg));
	return pg;
}

/* The first value that some SQL answers, as text; of a failure, its SQLSTATE. */
__attribute__((format(printf, 2, 3))) static const char *ask(PGconn *pg, const char *format, ...)
{
	static char answers[16][256];
	static unsigned turn;
	char sql[4096];
	char *answer = answers[turn++ % 16];
	va_list args;
	va_start(args, format);
	vsnprintf(sql, sizeof sql, format, args);
	va_end(args);
	PGresult *result = PQexec(pg, sql);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *value = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
	snprintf(answer, 256, "%s", state != NULL ? state : value);
	if (state != NULL && strcmp(state, "42501") != 0 && strcmp(state, "23514") != 0)
		printf("# %s: %s", sql, PQresultErrorMessage(result));
	PQclear(result);
	return answer;
}

static void must(PGconn *pg, const char *sql)
{
	PGresult *result = PQexec(pg, sql);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		printf("# %s\n", sql);
		give_up(PQresultErrorMessage(result));
	}
	PQclear(result);
}

/* The n-th ```sql of the file, with this run's names. */
static void read_block(const char *path, int n, char *into, size_t size)
{
	char line[512];
	bool inside = false;
	size_t used = 0;
	FILE *file = fopen(path, "r");
	if (file == NULL)
		give_up("docs/ROLES.md is not there: run it in the root of the tree");
	into[0] = '\0';
	while (fgets(line, sizeof line, file) != NULL) {
		if (strncmp(line, "```", 3) == 0) {
			inside = !inside && strcmp(line, "```sql\n") == 0 && n-- == 0;
			continue;
		}
		for (const char *at = line; inside && *at != '\0' && used + 65 < size;) {
			char word[64] = "";
			size_t len = 0;
			while (len < 63 && (islower((unsigned char)at[len]) || at[len] == '_'))
				len++;
			memcpy(word, at, len);
			char name[64] = { *at };
			if (len > 0)
				name_of(word, name);
			used += (size_t)snprintf(into + used, size - used, "%s", name);
			at += len > 0 ? len : 1;
		}
	}
	fclose(file);
	if (used == 0)
		give_up("docs/ROLES.md lacks its statements");
}

static cairn_time clock_of(void *days)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (cairn_time)now.tv_sec * CAIRN_SECOND + *(int *)days * CAIRN_DAY;
}

/* A role's connection; its clock is ahead so many days. */
static cairn_conn *open_as(const char *role, int *days)
{
	char url[400];
	char name[64];
	cairn_conn *conn = NULL;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn_opts opts = { .size = sizeof opts,
				 .clock = days != NULL ? clock_of : NULL,
				 .clock_user = days };
	name_of(role, name);
	snprintf(url, sizeof url, "%s%suser=%s&schema=%s", pg_url(),
		 strchr(pg_url(), '?') == NULL ? "?" : "&", name, schema);
	if (cairn_open(&conn, &cairn_postgres, url, &opts, &err) != CAIRN_OK)
		give_up(err.detail);
	return conn;
}

/* Maintenance of every tenant's rows at once: each removes what is in tables of its own. */
static cairn_status prune_locks(cairn_conn *conn, cairn_error *err)
{
	size_t gone = 0;
	cairn_status status;
	do
		status = cairn_lock_prune(conn, cairn_any(), CAIRN_DAY, 0, &gone, err);
	while (status == CAIRN_OK && gone > 0);
	return status;
}

static cairn_status evict_items(cairn_conn *conn, cairn_error *err)
{
	size_t gone = 0;
	cairn_status status;
	do
		status = cairn_memory_evict(conn, cairn_any(), 0, &gone, err);
	while (status == CAIRN_OK && gone > 0);
	return status;
}

static const struct sweep {
	const char *name;
	const char *table;
	cairn_status (*run)(cairn_conn *conn, cairn_error *err);
} sweeps[] = {
	{ "pruning locks", "cairn_lock", prune_locks },
	{ "evicting memory items", "cairn_memory_item", evict_items },
};

#define SWEEPS (sizeof sweeps / sizeof sweeps[0])

/* ---- before the tests --------------------------------------------------------------- */

static void migrate(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = open_as("cairn_migrator", NULL);
	ok(FINE(cairn_migrate_up(conn, NULL, NULL, &err)), "the owner migrates");
	cairn_close(conn);
}

static void find_tables(void)
{
	PGresult *found = PQexec(
		admin, "SELECT c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid "
		       "WHERE p.polname = 'cairn_tenant' "
		       "AND c.relnamespace = current_schema()::regnamespace ORDER BY 1");
	for (int i = 0; i < PQntuples(found) && table_count < TABLES_MAX; i++)
		snprintf(tables[table_count++], 64, "%s", PQgetvalue(found, i, 0));
	PQclear(found);
	ok(table_count > 0, "%zu tables have the policy", table_count);
}

static void set_up(void)
{
	char sql[4096];
	snprintf(schema, sizeof schema, "tenancy_%ld", (long)getpid());
	admin = session("");
	read_block("docs/ROLES.md", 0, sql, sizeof sql);
	must(admin, sql);
	migrate();
	PGconn *owner = session("cairn_migrator");
	read_block("docs/ROLES.md", 1, sql, sizeof sql);
	must(owner, sql);
	PQfinish(owner);
	snprintf(sql, sizeof sql, "SET search_path = %s", schema);
	must(admin, sql);
	app = session("cairn_app");
	must(app, sql);
	find_tables();
}

static void clean_up(void)
{
	static const char *const roles[] = { "cairn_app", "cairn_janitor", "cairn_migrator" };
	char name[64];
	must(admin, "SET client_min_messages = warning");
	for (size_t i = 0; i < 3; i++) {
		name_of(roles[i], name);
		ask(admin, "DROP OWNED BY %s CASCADE; DROP ROLE %s", name, name);
	}
	ask(admin, "DROP SCHEMA IF EXISTS %s CASCADE", schema);
	PQfinish(app);
	PQfinish(admin);
}

/* ---- the tables, as they are declared ------------------------------------------------- */

static void declared(void)
{
	for (size_t i = 0; i < table_count; i++) {
		is_text(ask(admin,
			    "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class "
			    "WHERE oid = '%s'::regclass",
			    tables[i]),
			"t", tables[i]);
		is_text(ask(admin,
			    "SELECT string_agg(concat_ws(' ', polcmd, polpermissive, polroles, "
			    "pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)), "
			    "';') FROM pg_policy WHERE polrelid = '%s'::regclass",
			    tables[i]),
			"* t {0} ((tenant = NULLIF(current_setting('cairn.tenant'::text, true), "
			"''::text)) IS TRUE)",
			"  its one policy");
		is_text(ask(admin,
			    "SELECT a.attname || ' ' || a.attnotnull FROM pg_index x JOIN "
			    "pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0] "
			    "WHERE x.indisprimary AND x.indrelid = '%s'::regclass",
			    tables[i]),
			"tenant true", "  its key begins with the tenant");
	}
	is_text(ask(admin, "SELECT string_agg(c.relname, ' ') FROM pg_constraint k "
			   "JOIN pg_class c ON c.oid = k.conrelid "
			   "WHERE c.relnamespace = current_schema()::regnamespace "
			   "AND pg_get_constraintdef(k.oid) LIKE 'CHECK ((tenant <> ''''%%' AND "
			   "NOT EXISTS "
			   "(SELECT FROM pg_policy p WHERE p.polrelid = c.oid)"),
		"", "no table whose rows all have a tenant lacks the policy");
}

/* ---- the calls ------------------------------------------------------------------------- */

static void own_tenant_works(cairn_conn *conn)
{
	for (size_t i = 0; i < CALLS; i++) {
		ok(calls[i].run(conn, CAIRN_STR("acme")), "%s", calls[i].name);
		ok(calls[i].run(conn, CAIRN_STR("other")), "  and for another tenant");
	}
}

static const char *count_as(PGconn *pg, const char *table, const char *tenant)
{
	must(pg, "BEGIN");
	ask(pg, "SELECT set_config('cairn.tenant', '%s', true)", tenant);
	const char *count = ask(pg, "SELECT count(*) FROM %s", table);
	must(pg, "COMMIT");
	return count;
}

/* An image of the tenant's rows as another one's. */
#define AS_ANOTHERS \
	"INSERT INTO %s SELECT (jsonb_populate_record(r, '{\"tenant\": \"%s\"}')).* FROM %s r " \
	"WHERE tenant = 'acme'"

static void raw_rows(const char *table)
{
	PGconn *fresh = session("cairn_app");
	char path[80];
	snprintf(path, sizeof path, "SET search_path = %s", schema);
	must(fresh, path);
	const char *there = ask(admin, "SELECT count(*) FROM %s WHERE tenant = 'acme'", table);
	ok(atoi(there) > 0, "%s has rows of the tenant", table);
	is_text(ask(fresh, "SELECT count(*) FROM %s", table), "0", "  without a tenant it shows 0");
	is_text(ask(fresh, "SELECT current_setting('cairn.tenant', true) IS NULL"), "t",
		"  which is not set");
	is_text(count_as(fresh, table, "nobody"), "0", "  with the wrong one 0");
	is_text(count_as(fresh, table, "acme"), there, "  with the right one its own");
	is_text(ask(fresh, "SELECT current_setting('cairn.tenant', true)"), "",
		"  afterwards the setting is empty");
	is_text(ask(fresh, "SELECT count(*) FROM %s", table), "0", "  which is nobody's");
	is_text(ask(fresh, "DELETE FROM %s; SELECT count(*) FROM %s", table, table), "0",
		"  nothing is there to be deleted");
	PQfinish(fresh);
	is_text(ask(admin, "SELECT count(*) FROM %s WHERE tenant = 'acme'", table), there,
		"  and nothing was");
}

static void raw_writes(const char *table)
{
	const char *theirs = ask(admin, "SELECT count(*) FROM %s WHERE tenant = 'other'", table);
	must(app, "SELECT set_config('cairn.tenant', 'acme', false)");
	is_text(ask(app, AS_ANOTHERS, table, "stolen", table), "42501",
		"  inserting another tenant's row is refused");
	is_text(ask(app, "UPDATE %s SET tenant = 'stolen'", table), "42501",
		"  and giving one away");
	must(app, "BEGIN");
	ask(app, "DELETE FROM %s", table);
	must(app, "SELECT set_config('cairn.tenant', 'other', true)");
	is_text(ask(app, "SELECT count(*) FROM %s", table), theirs,
		"  deleting all is deleting one's own");
	must(app, "ROLLBACK");
	must(app, "RESET cairn.tenant");
	is_text(ask(app, AS_ANOTHERS, table, "", table), "", "  nobody's rows can't be copied");
	is_text(ask(admin, AS_ANOTHERS, table, "", table), "23514",
		"  a row of no tenant is refused, whoever writes it");
	is_text(ask(app, "TRUNCATE %s", table), "42501", "  emptying it is refused");
}

/* ---- transactions ------------------------------------------------------------------------ */

static const char *tenant_of(cairn_conn *conn)
{
	return ask(cairn_postgres_handle(conn), "SELECT current_setting('cairn.tenant', true)");
}

static void put_back(cairn_conn *conn, const char *former)
{
	PGconn *pg = cairn_postgres_handle(conn);
	for (size_t i = 0; i < CALLS; i++) {
		must(pg, "BEGIN");
		ask(pg, "SELECT set_config('cairn.tenant', '%s', true)", former);
		bool works = calls[i].run(conn, CAIRN_STR("acme"));
		ok(works && strcmp(tenant_of(conn), former) == 0,
		   "%s in a transaction leaves '%s' as it was", calls[i].name, former);
		must(pg, "COMMIT");
	}
}

static void in_transactions(void)
{
	cairn_conn *conn = open_as("cairn_app", NULL);
	PGconn *pg = cairn_postgres_handle(conn);
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	put_back(conn, "former");
	put_back(conn, "");
	must(pg, "SELECT set_config('cairn.tenant', 'session''s', false)");
	for (size_t i = 0; i < CALLS; i++) {
		bool works =
			FINE(cairn_begin(conn, &tx, &err)) && calls[i].run(conn, CAIRN_STR("acme"));
		is_text(tenant_of(conn), "session's", calls[i].name);
		ok(works && FINE(cairn_commit(&tx, &err)), "  works");
		cairn_rollback(&tx);
		is_text(tenant_of(conn), "session's", "  and leaves the session's own");
		works = calls[i].run(conn, CAIRN_STR("acme"));
		ok(works && strcmp(tenant_of(conn), "session's") == 0, "  by itself, too");
	}
	cairn_close(conn);
}

/* What a call left behind on its own connection is nothing. */
static void afterwards(cairn_conn *conn)
{
	PGconn *pg = cairn_postgres_handle(conn);
	for (size_t i = 0; i < table_count; i++)
		is_text(ask(pg, "SELECT count(*) FROM %s.%s", schema, tables[i]), "0", tables[i]);
}

/* ---- many tenants ------------------------------------------------------------------------ */

#define CROWD 5000

static long long counters(void)
{
	return atoll(ask(admin, "SELECT sum(seq_tup_read) + sum(COALESCE(idx_tup_fetch, 0)) + ("
				"SELECT sum(idx_tup_read) FROM pg_stat_user_indexes "
				"WHERE schemaname = current_schema()) FROM pg_stat_user_tables "
				"WHERE schemaname = current_schema()"));
}

/* A session's counters are there some time after it has ended: when they stand still. */
static long long rows_read(void)
{
	long long before = -1;
	long long now = counters();
	while (now != before) {
		nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
		before = now;
		now = counters();
	}
	return now;
}

/* Calls that were prepared when the tables were nearly empty, and what they read of others' rows. */
static void crowd(cairn_conn *conn)
{
	for (size_t i = 0; i < table_count; i++)
		ask(admin,
		    "INSERT INTO %s SELECT (jsonb_populate_record(r, jsonb_build_object('tenant', "
		    "'x' || n))).* FROM %s r, generate_series(1, %d) n WHERE r.tenant = 'acme'",
		    tables[i], tables[i], CROWD);
	long long before = rows_read();
	for (size_t i = 0; i < CALLS; i++)
		ok(calls[i].run(conn, CAIRN_STR("acme")), "%s among many tenants", calls[i].name);
	cairn_close(conn);
	long long read = rows_read() - before;
	ok(read < CROWD, "%lld rows and entries were read, of more than %zu", read,
	   CROWD * table_count);
}

/* ---- maintenance -------------------------------------------------------------------------- */

static void denied(cairn_conn *conn, const struct sweep *sweep, const char *who)
{
	cairn_error err = CAIRN_ERROR_INIT;
	char before[32];
	snprintf(before, sizeof before, "%s", ask(admin, "SELECT count(*) FROM %s", sweep->table));
	ok(sweep->run(conn, &err) == CAIRN_DENIED, "%s is denied %s", sweep->name, who);
	is_text(err.code, "tenant.row_security", "  for that reason");
	is_text(ask(admin, "SELECT count(*) FROM %s", sweep->table), before, "  nothing went");
}

/* A tenant that happens to be set must not make it a sweep of that one. */
static void denied_inside(cairn_conn *conn, const struct sweep *sweep)
{
	PGconn *pg = cairn_postgres_handle(conn);
	const char *before = ask(admin, "SELECT count(*) FROM %s", sweep->table);
	must(pg, "BEGIN");
	must(pg, "SELECT set_config('cairn.tenant', 'acme', true)");
	denied(conn, sweep, "in a transaction with a tenant");
	is_text(tenant_of(conn), "acme", "  which goes on, and has it still");
	must(pg, "COMMIT");
	is_text(ask(admin, "SELECT count(*) FROM %s", sweep->table), before, "  and took nothing");
}

static void maintenance(void)
{
	int days = 400;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *roles[] = { open_as("cairn_app", &days), open_as("cairn_migrator", &days) };
	cairn_conn *janitor = open_as("cairn_janitor", &days);
	for (size_t i = 0; i < SWEEPS; i++) {
		denied(roles[0], &sweeps[i], "to the application");
		denied_inside(roles[0], &sweeps[i]);
		denied(roles[1], &sweeps[i], "to the owner");
		ok(FINE(sweeps[i].run(janitor, &err)), "%s works for whom it does not bind",
		   sweeps[i].name);
		is_text(ask(admin, "SELECT count(*) FROM %s", sweeps[i].table), "0",
			"  all tenants' rows are gone");
	}
	cairn_close(roles[0]);
	cairn_close(roles[1]);
	cairn_close(janitor);
}

/* ---- row security that is off -------------------------------------------------------------- */

/* Then Postgres does not hide what the policy would, but refuses the statement. */
static cairn_conn *open_refusing(const char *role, int *days)
{
	cairn_conn *conn = open_as(role, days);
	must(cairn_postgres_handle(conn), "SET row_security = off");
	return conn;
}

static void refused(void)
{
	int days = 0;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lock lock;
	cairn_lock_opts opts = lock_opts(CAIRN_STR("acme"));
	cairn_conn *conn = open_refusing("cairn_app", &days);
	cairn_conn *janitor = open_refusing("cairn_janitor", &days);
	ok(cairn_lock_try(conn, &opts, &lock, &err) == CAIRN_DENIED,
	   "a lock is denied where row security is off");
	is_text(err.code, "tenant.row_security", "  for that reason");
	is_text(err.sqlstate, "42501", "  which is Postgres's");
	for (size_t i = 0; i < SWEEPS; i++) {
		denied(conn, &sweeps[i], "where row security is off");
		ok(FINE(sweeps[i].run(janitor, &err)), "  who is not bound does it");
	}
	cairn_close(conn);
	cairn_close(janitor);
}

/* What is hidden can't be counted: a gate refuses instead of answering 0. */
static void gates_see_all(void)
{
	const cairn_migration steps[] = {
		{ .version = 1,
		  .name = "step",
		  .up = CAIRN_STR("-- gate: locks SELECT count(*) FROM cairn_lock\n"
				  "CREATE TABLE gated (x int);\n"),
		  .down = CAIRN_STR("DROP TABLE gated;\n") },
	};
	cairn_migrate_opts opts = {
		.size = sizeof opts, .line = CAIRN_STR("app"), .set = steps, .count = 1
	};
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = open_as("cairn_migrator", NULL);
	ok(cairn_migrate_up(conn, &opts, NULL, &err) == CAIRN_DENIED,
	   "a gate is denied to count what is hidden");
	is_text(err.code, "migration.gate_hidden_rows", "  for that reason");
	cairn_close(conn);
}

/* What the application's role is not given. */
static void no_more_rights(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = open_as("cairn_app", NULL);
	ok(FINE(cairn_migrate_check(conn, NULL, &err)), "the application checks the schema");
	is_text(ask(app, "DELETE FROM cairn_migrations"), "42501", "and can't change its history");
	is_text(ask(app, "CREATE TABLE more (x int)"), "42501", "nor make tables");
	is_text(ask(app, "ALTER TABLE %s NO FORCE ROW LEVEL SECURITY", tables[0]), "42501",
		"nor free itself");
	cairn_close(conn);
}

/* The jobs' tables, with the same rights. */
static void jobs_work(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = open_as("cairn_app", NULL);
	cairn_definition type = { .type = CAIRN_STR("t") };
	cairn_job_new job = { .type = CAIRN_STR("t"), .tenant = CAIRN_STR("acme") };
	cairn_job_added added;
	cairn_claim_opts claim = { .size = sizeof claim, .worker = CAIRN_STR("w"), .limit = 1 };
	cairn_jobs *jobs = NULL;
	ok(FINE(cairn_job_define(conn, &type, 1, &err)) &&
		   FINE(cairn_job_enqueue(conn, &job, 1, &added, &err)) &&
		   FINE(cairn_job_claim(conn, &claim, &jobs, &err)) && jobs->count == 1,
	   "jobs are enqueued and claimed");
	if (jobs != NULL && jobs->count == 1) {
		cairn_finish end = { .lease = cairn_job_lease(&jobs->at[0]),
				     .how = CAIRN_FINISH_SUCCESS };
		ok(FINE(cairn_job_finish(conn, &end, 1, NULL, &err)), "and finished");
	}
	cairn_free(jobs);
	cairn_close(conn);
}

int main(void)
{
	set_up();
	declared();
	cairn_conn *conn = open_as("cairn_app", NULL);
	own_tenant_works(conn);
	for (size_t i = 0; i < table_count; i++) {
		raw_rows(tables[i]);
		raw_writes(tables[i]);
	}
	own_tenant_works(conn);
	afterwards(conn);
	in_transactions();
	refused();
	gates_see_all();
	no_more_rights();
	jobs_work();
	crowd(conn);
	maintenance();
	clean_up();
	return tap_done();
}
