/*
 * driver_v1.c - a driver as it was compiled against the first headers.
 *
 * The tables below are copies, frozen: they never follow include/cairn/sys. Compiled against
 * any later header and linked with any later core, the driver must open and be called in the
 * right slots; shorter and longer tables must bind; what is missing is refused by name.
 */
#include <stddef.h>
#include <string.h>

#include <cairn/history.h>
#include <cairn/migration.h>
#include <cairn/owner.h>
#include <cairn/queue.h>
#include <cairn/sys/driver.h>

#include "../tap.h"

/* ---- the first interface, frozen ------------------------------------------------ */

typedef void v1_slot(void);

struct v1_conn_ops {
	size_t size;
	cairn_status (*open)(void *, cairn_host *, const cairn_url *, cairn_error *);
	void (*close)(void *);
	cairn_status (*begin)(void *, uint32_t, cairn_error *);
	cairn_status (*commit)(void *, uint32_t, cairn_error *);
	cairn_status (*rollback)(void *, uint32_t, cairn_error *);
	cairn_status (*now)(void *, cairn_time *, cairn_error *);
	cairn_status (*adopt)(void *, cairn_host *, void *, cairn_error *);
	int (*in_tx)(void *);
	void (*interrupt)(void *);
};

struct v1_migration_ops {
	size_t size;
	v1_slot *slots[7]; /* history apply gate validate lock unlock describe */
};

struct v1_job_ops {
	size_t size;
	v1_slot *slots[10]; /* define definitions enqueue claim change reap list … dead */
};

struct v1_driver {
	size_t size;
	uint32_t api;
	uint32_t caps;
	const char *name;
	const char *const *schemes;
	size_t self_size;
	const struct v1_conn_ops *conn;
	const struct v1_migration_ops *migrations;
	const struct v1_job_ops *jobs;
	const void *set;
	size_t set_count;
};

enum { V1_HISTORY, V1_APPLY, V1_GATE, V1_VALIDATE, V1_LOCK, V1_UNLOCK, V1_DESCRIBE };
enum { V1_DEFINE, V1_DEFINITIONS, V1_ENQUEUE, V1_CLAIM, V1_CHANGE, V1_REAP, V1_LIST };
enum { V1_ATTEMPTS = V1_LIST + 1, V1_EVENTS, V1_DEAD };

static const char *const conn_names[] = { "open", "close", "begin", "commit", "rollback", "now" };
static const char *const migration_names[] = { "history", "apply", "gate", "validate" };
static const char *const job_names[] = { "define", "definitions", "enqueue",  "claim",	"change",
					 "reap",   "list",	  "attempts", "events", "dead" };

/* ---- a minimal driver ------------------------------------------------------------- */

struct self {
	unsigned char untouched[32]; /* as the core allocated it */
};

static char calls[256]; /* what was called, in order */
static int open_fails;
static int close_saw_zeroes;

static void called(const char *slot)
{
	size_t used = strlen(calls);
	snprintf(calls + used, sizeof calls - used, "%s ", slot);
}

static cairn_status v1_open(void *self, cairn_host *host, const cairn_url *url, cairn_error *err)
{
	(void)self;
	(void)host;
	(void)url;
	called("open");
	return open_fails ? cairn_fail(err, CAIRN_E_DB_UNAVAILABLE) : CAIRN_OK;
}

static void v1_close(void *self)
{
	static const struct self zeroes;
	called("close");
	close_saw_zeroes = memcmp(self, &zeroes, sizeof zeroes) == 0;
}

static cairn_status v1_begin(void *self, uint32_t depth, cairn_error *err)
{
	(void)self;
	(void)depth;
	(void)err;
	called("begin");
	return CAIRN_OK;
}

static cairn_status v1_commit(void *self, uint32_t depth, cairn_error *err)
{
	(void)self;
	(void)depth;
	(void)err;
	called("commit");
	return CAIRN_OK;
}

static cairn_status v1_rollback(void *self, uint32_t depth, cairn_error *err)
{
	(void)self;
	(void)depth;
	(void)err;
	called("rollback");
	return CAIRN_OK;
}

static cairn_status v1_now(void *self, cairn_time *now, cairn_error *err)
{
	(void)self;
	(void)err;
	called("now");
	*now = 1234567;
	return CAIRN_OK;
}

static cairn_status v1_adopt(void *self, cairn_host *host, void *native, cairn_error *err)
{
	(void)self;
	(void)host;
	(void)native;
	(void)err;
	called("adopt");
	return CAIRN_OK;
}

static int v1_in_tx(void *self)
{
	(void)self;
	return 0;
}

static void v1_interrupt(void *self)
{
	(void)self;
	called("interrupt");
}

static cairn_status v1_claim(void *self, const void *plan, cairn_rows *rows, cairn_error *err)
{
	(void)self;
	(void)plan;
	(void)rows;
	(void)err;
	called("claim");
	return CAIRN_OK;
}

static cairn_status v1_list(void *self, const void *query, cairn_rows *rows, cairn_error *err)
{
	(void)self;
	(void)query;
	(void)rows;
	(void)err;
	called("list");
	return CAIRN_OK;
}

static cairn_status v1_history(void *self, cairn_str line, int *exists, cairn_rows *rows,
			       cairn_error *err)
{
	(void)self;
	(void)line;
	(void)rows;
	(void)err;
	called("history");
	*exists = 0;
	return CAIRN_OK;
}

/* Stands in every slot that these tests must not reach. */
static void v1_never(void)
{
	called("never");
}

static const struct v1_conn_ops v1_conn = {
	.size = sizeof v1_conn,
	.open = v1_open,
	.close = v1_close,
	.begin = v1_begin,
	.commit = v1_commit,
	.rollback = v1_rollback,
	.now = v1_now,
	.adopt = v1_adopt,
	.in_tx = v1_in_tx,
	.interrupt = v1_interrupt,
};

static const struct v1_migration_ops v1_migrations = {
	.size = sizeof v1_migrations,
	.slots = { [V1_HISTORY] = (v1_slot *)v1_history,
		   [V1_APPLY] = v1_never,
		   [V1_GATE] = v1_never,
		   [V1_VALIDATE] = v1_never,
		   [V1_LOCK] = v1_never,
		   [V1_UNLOCK] = v1_never,
		   [V1_DESCRIBE] = v1_never },
};

static const struct v1_job_ops v1_jobs = {
	.size = sizeof v1_jobs,
	.slots = { [V1_DEFINE] = v1_never,
		   [V1_DEFINITIONS] = v1_never,
		   [V1_ENQUEUE] = v1_never,
		   [V1_CLAIM] = (v1_slot *)v1_claim,
		   [V1_CHANGE] = v1_never,
		   [V1_REAP] = v1_never,
		   [V1_LIST] = (v1_slot *)v1_list,
		   [V1_ATTEMPTS] = v1_never,
		   [V1_EVENTS] = v1_never,
		   [V1_DEAD] = v1_never },
};

static const char *const v1_schemes[] = { "old", NULL };

static const struct v1_driver v1 = {
	.size = sizeof v1,
	.api = 1,
	.caps = 0,
	.name = "old",
	.schemes = v1_schemes,
	.self_size = sizeof(struct self),
	.conn = &v1_conn,
	.migrations = &v1_migrations,
	.jobs = &v1_jobs,
};

/* ---- helpers ------------------------------------------------------------------------ */

static cairn_status open_v1(cairn_conn **conn, const struct v1_driver *driver, cairn_error *err)
{
	const void *as_today = driver;
	calls[0] = '\0';
	*conn = NULL;
	return cairn_open(conn, as_today, "old:x", NULL, err);
}

static void refused(const struct v1_driver *driver, const char *code, const char *text,
		    const char *what)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn;
	cairn_status st = open_v1(&conn, driver, &err);
	int good = st == CAIRN_UNSUPPORTED && conn == NULL && strcmp(err.code, code) == 0 &&
		   strstr(err.message, text) != NULL && calls[0] == '\0';
	if (!ok(good, "%s is refused with %s", what, code))
		printf("# status %d, code '%s', message '%s', calls '%s'\n", (int)st, err.code,
		       err.message, calls);
	cairn_close(conn);
}

static cairn_status claim(cairn_conn *conn, cairn_error *err)
{
	const cairn_claim_opts opts = { .size = sizeof opts, .worker = CAIRN_STR("w") };
	cairn_jobs *jobs = NULL;
	cairn_status st = cairn_job_claim(conn, &opts, &jobs, err);
	if (st == CAIRN_OK && jobs->count != 0)
		st = CAIRN_INTERNAL;
	cairn_free(jobs);
	return st;
}

static cairn_status look(cairn_conn *conn, cairn_error *err)
{
	const cairn_job_filter filter = { .size = sizeof filter, .scope = cairn_any() };
	cairn_jobs *jobs = NULL;
	cairn_status st = cairn_job_list(conn, &filter, &jobs, err);
	cairn_free(jobs);
	return st;
}

/* ---- tests --------------------------------------------------------------------------- */

static cairn_status check(cairn_conn *conn, cairn_error *err)
{
	const cairn_migration one = { .version = 1, .name = "one", .up = CAIRN_STR("SELECT 1;\n") };
	const cairn_migrate_opts opts = {
		.size = sizeof opts, .line = CAIRN_STR("application"), .set = &one, .count = 1
	};
	return cairn_migrate_check(conn, &opts, err);
}

static void same_size(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn;
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_time now = 0;
	is_int(open_v1(&conn, &v1, &err), CAIRN_OK, "a driver of version 1 opens");
	if (conn == NULL)
		return;
	is_int(cairn_now(conn, &now, &err), CAIRN_OK, "it is asked for the time");
	is_int(now, 1234567, "its time arrives");
	is_int(cairn_begin(conn, &tx, &err), CAIRN_OK, "it begins");
	is_int(cairn_commit(&tx, &err), CAIRN_OK, "it commits");
	is_int(cairn_begin(conn, &tx, &err), CAIRN_OK, "it begins again");
	cairn_rollback(&tx);
	cairn_interrupt(conn);
	is_int(claim(conn, &err), CAIRN_OK, "it claims");
	is_int(check(conn, &err), CAIRN_SCHEMA, "its history is read");
	is_text(err.code, "migration.history_missing", "and is missing");
	cairn_close(conn);
	is_text(calls, "open now begin commit begin rollback interrupt claim history close ",
		"each call went to its slot");
}

/* What came after version 1 is refused, and nothing is called for it. */
static void later_verbs(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn;
	const cairn_id id = { { 1 } };
	const cairn_rerun again = {
		.source = id, .run_number = 1, .key = CAIRN_STR("k"), .reason = CAIRN_STR("r")
	};
	const cairn_log_line line = { .lease = { .id = id, .fence = 1 },
				      .level = CAIRN_LOG_INFO,
				      .message = CAIRN_STR("m") };
	const cairn_prune_opts prune = { .size = sizeof prune, .scope = cairn_any() };
	cairn_log_rows *lines = NULL;
	size_t pruned = 0;
	if (open_v1(&conn, &v1, &err) != CAIRN_OK)
		return;
	is_int(cairn_job_replay(conn, cairn_any(), &again, 1, NULL, &err), CAIRN_UNSUPPORTED,
	       "it can't replay");
	is_text(err.code, "driver.unsupported", "and says so");
	ok(strstr(err.message, "replay") != NULL, "naming the operation");
	is_int(cairn_job_log(conn, &line, 1, NULL, &err), CAIRN_UNSUPPORTED, "has no log");
	is_int(cairn_job_note(conn, cairn_any(), id, CAIRN_LOG_INFO, line.message, line.data, &err),
	       CAIRN_UNSUPPORTED, "takes no notes");
	is_int(cairn_job_logs(conn, cairn_any(), id, 0, 0, &lines, &err), CAIRN_UNSUPPORTED,
	       "reads none");
	is_int(cairn_job_prune(conn, &prune, &pruned, &err), CAIRN_UNSUPPORTED, "can't prune");
	const cairn_str queue = CAIRN_STR("q");
	const cairn_job_new job = { .type = CAIRN_STR("t"), .resource_key = CAIRN_STR("r") };
	cairn_owners *owners = NULL;
	is_int(cairn_queue_pause(conn, &queue, 1, NULL, &err), CAIRN_UNSUPPORTED, "can't pause");
	is_text(err.code, "driver.no_such_store", "for it has no such store");
	is_int(cairn_job_enqueue(conn, &job, 1, NULL, &err), CAIRN_UNSUPPORTED,
	       "a job that needs a permit is not for it");
	is_int(cairn_owner_list(conn, NULL, &owners, &err), CAIRN_UNSUPPORTED, "knows no owners");
	cairn_close(conn);
	is_text(calls, "open close ", "and none of its slots is called for that");
}

static void shorter_tables(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn;
	struct v1_conn_ops ops = v1_conn;
	struct v1_job_ops jobs = v1_jobs;
	struct v1_driver driver = v1;
	ops.size = offsetof(struct v1_conn_ops, adopt);
	jobs.size = offsetof(struct v1_job_ops, slots) + (V1_DEAD + 1) * sizeof jobs.slots[0];
	driver.conn = &ops;
	driver.jobs = &jobs;
	is_int(open_v1(&conn, &driver, &err), CAIRN_OK, "tables without their optional ends bind");
	if (conn == NULL)
		return;
	cairn_interrupt(conn);
	is_int(look(conn, &err), CAIRN_OK, "the last required slots are reached");
	cairn_close(conn);
	ok(strstr(calls, "list ") != NULL && strstr(calls, "never") == NULL &&
		   strstr(calls, "interrupt") == NULL,
	   "and nothing beyond the ends is called");

	const void *as_today = &driver;
	int native = 0;
	calls[0] = '\0';
	is_int(cairn_adopt(&conn, as_today, &native, NULL, &err), CAIRN_UNSUPPORTED,
	       "adopting is beyond the end");
	is_text(err.code, "driver.unsupported", "and says so");
}

static void longer_tables(void)
{
	static const struct {
		struct v1_conn_ops v1;
		v1_slot *future[4];
	} ops = {
		.v1 = { .size = sizeof ops,
			.open = v1_open,
			.close = v1_close,
			.begin = v1_begin,
			.commit = v1_commit,
			.rollback = v1_rollback,
			.now = v1_now },
		.future = { v1_never, v1_never, v1_never, v1_never },
	};
	static const struct {
		struct v1_driver v1;
		const void *future[4];
	} driver = {
		.v1 = { .size = sizeof driver,
			.api = 1,
			.name = "old",
			.schemes = v1_schemes,
			.self_size = sizeof(struct self),
			.conn = &ops.v1 },
		.future = { &ops, &ops, &ops, &ops },
	};
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn;
	cairn_time now = 0;
	is_int(open_v1(&conn, &driver.v1, &err), CAIRN_OK, "tables with ends unknown here bind");
	if (conn == NULL)
		return;
	is_int(cairn_now(conn, &now, &err), CAIRN_OK, "and work");
	cairn_interrupt(conn);
	cairn_close(conn);
	is_text(calls, "open now close ", "and the unknown ends are never called");
}

static void missing_stores(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn;
	struct v1_driver driver = v1;
	driver.size = offsetof(struct v1_driver, jobs);
	is_int(open_v1(&conn, &driver, &err), CAIRN_OK, "a driver that ends before its jobs opens");
	if (conn == NULL)
		return;
	is_int(claim(conn, &err), CAIRN_UNSUPPORTED, "it has no jobs store");
	is_text(err.code, "driver.no_such_store", "and says so");
	cairn_close(conn);

	driver = v1;
	driver.migrations = NULL;
	is_int(open_v1(&conn, &driver, &err), CAIRN_OK, "a driver without migrations opens");
	is_int(check(conn, &err), CAIRN_UNSUPPORTED, "it has no migrations store");
	is_text(err.code, "driver.no_such_store", "and says so");
	cairn_close(conn);
}

static void missing_slots(void)
{
	for (size_t i = 0; i < sizeof conn_names / sizeof conn_names[0]; i++) {
		struct v1_conn_ops ops = v1_conn;
		struct v1_driver driver = v1;
		memset((char *)&ops + offsetof(struct v1_conn_ops, open) + i * sizeof(v1_slot *), 0,
		       sizeof(v1_slot *));
		driver.conn = &ops;
		refused(&driver, "driver.missing_slot", conn_names[i], conn_names[i]);
	}
	for (size_t i = 0; i < sizeof migration_names / sizeof migration_names[0]; i++) {
		struct v1_migration_ops ops = v1_migrations;
		struct v1_driver driver = v1;
		ops.slots[i] = NULL;
		driver.migrations = &ops;
		refused(&driver, "driver.missing_slot", migration_names[i], migration_names[i]);
	}
	for (size_t i = 0; i < sizeof job_names / sizeof job_names[0]; i++) {
		struct v1_job_ops ops = v1_jobs;
		struct v1_driver driver = v1;
		ops.slots[i] = NULL;
		driver.jobs = &ops;
		refused(&driver, "driver.missing_slot", job_names[i], job_names[i]);
	}
}

static void malformed(void)
{
	struct v1_conn_ops conn = v1_conn;
	struct v1_job_ops jobs = v1_jobs;
	struct v1_migration_ops migrations = v1_migrations;
	struct v1_driver driver = v1;

	conn.size = offsetof(struct v1_conn_ops, now);
	driver.conn = &conn;
	refused(&driver, "driver.missing_slot", "now", "a table that ends before a required slot");
	conn.size = 0;
	refused(&driver, "driver.missing_slot", "open", "a table that forgot its size");

	driver = v1;
	jobs.size = offsetof(struct v1_job_ops, slots) + V1_CHANGE * sizeof jobs.slots[0];
	driver.jobs = &jobs;
	refused(&driver, "driver.missing_slot", "change", "a short table of jobs");

	driver = v1;
	migrations.slots[V1_UNLOCK] = NULL;
	driver.migrations = &migrations;
	refused(&driver, "driver.missing_slot", "unlock", "lock without unlock");

	driver = v1;
	driver.conn = NULL;
	refused(&driver, "driver.missing_slot", "cairn_conn_ops", "a driver without connections");

	driver = v1;
	driver.api = 2;
	refused(&driver, "driver.unsupported_api", "", "another api");
	driver.api = 0;
	refused(&driver, "driver.unsupported_api", "", "no api");
	driver = v1;
	driver.size = offsetof(struct v1_driver, conn);
	refused(&driver, "driver.unsupported_api", "", "a driver smaller than the first ever was");
}

static void failing_open(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn;
	open_fails = 1;
	is_int(open_v1(&conn, &v1, &err), CAIRN_UNAVAILABLE, "a driver's failure to open is told");
	ok(conn == NULL, "no connection is handed out");
	is_text(calls, "open close ", "close is called all the same");
	ok(close_saw_zeroes, "with the zeroes that the core allocated");
	open_fails = 0;
}

int main(void)
{
	same_size();
	later_verbs();
	shorter_tables();
	longer_tables();
	missing_stores();
	missing_slots();
	malformed();
	failing_open();
	return tap_done();
}
