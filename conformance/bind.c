/*
 * bind.c - how a driver's descriptor is taken in: by size, required slots by
 * name, optional ones filled in. The subject's own driver is copied and cut for it.
 */
#include <stddef.h>

#include <cairn/sys/job.h>
#include <cairn/sys/migration.h>

#include "ct.h"

/* The subject's driver with tables of its own, to be changed. */
struct cut {
	cairn_driver driver;
	cairn_conn_ops conn;
	cairn_migration_ops migrations;
	cairn_job_ops jobs;
};

static void copy_table(void *to, size_t room, const void *from)
{
	size_t size = *(const size_t *)from;
	memcpy(to, from, size < room ? size : room);
}

static struct cut *cut_driver(void)
{
	struct cut *cut = ct_alloc(sizeof(*cut));
	copy_table(&cut->driver, sizeof(cut->driver), ct_subject()->driver);
	copy_table(&cut->conn, sizeof(cut->conn), cut->driver.conn);
	copy_table(&cut->jobs, sizeof(cut->jobs), cut->driver.jobs);
	copy_table(&cut->migrations, sizeof(cut->migrations), cut->driver.migrations);
	cut->driver.conn = &cut->conn;
	cut->driver.jobs = &cut->jobs;
	cut->driver.migrations = &cut->migrations;
	return cut;
}

static cairn_conn *open_cut(const struct cut *cut)
{
	cairn_conn_opts opts = ct_opts();
	cairn_conn *conn = NULL;
	ct_ok(cairn_open(&conn, &cut->driver, ct_url(), &opts, ct_err()));
	return conn;
}

static void refuses(const struct cut *cut, const char *code)
{
	cairn_conn_opts opts = ct_opts();
	cairn_conn *conn = NULL;
	ct_status(cairn_open(&conn, &cut->driver, ct_url(), &opts, ct_err()), CAIRN_UNSUPPORTED,
		  code);
	ct_true(conn == NULL);
}

/* ---- refused ----------------------------------------------------------------------- */

static void another_interface(void)
{
	struct cut *cut = cut_driver();
	cut->driver.api = CAIRN_DRIVER_API + 1;
	refuses(cut, "driver.unsupported_api");
	cut = cut_driver();
	cut->driver.size = sizeof(size_t);
	refuses(cut, "driver.unsupported_api");
}

static void lacking_slots(void)
{
	struct cut *cut = cut_driver();
	cut->jobs.claim = NULL;
	refuses(cut, "driver.missing_slot");
	ct_true(strstr(ct_last()->message, "claim") != NULL);
	cut = cut_driver();
	cut->conn.commit = NULL;
	refuses(cut, "driver.missing_slot");
	ct_true(strstr(ct_last()->message, "commit") != NULL);
	cut = cut_driver();
	cut->migrations.apply = NULL;
	refuses(cut, "driver.missing_slot");
	ct_true(strstr(ct_last()->message, "apply") != NULL);
}

static void short_table(void)
{
	struct cut *cut = cut_driver();
	cut->jobs.size = offsetof(cairn_job_ops, dead);
	refuses(cut, "driver.missing_slot");
	ct_true(strstr(ct_last()->message, "dead") != NULL);
}

static void half_a_lock(void)
{
	struct cut *cut = cut_driver();
	if (!cut->migrations.lock)
		cut->migrations.lock = (cairn_migration_lock_fn *)(void (*)(void))cut->conn.now;
	else
		cut->migrations.unlock = NULL;
	refuses(cut, "driver.missing_slot");
}

/* ---- accepted ------------------------------------------------------------------------- */

/* Tables of a driver that is newer than this core: longer, with slots nobody knows. */
struct longer {
	cairn_job_ops jobs;
	void (*unknown[4])(void);
};

static void newer_driver(void)
{
	struct cut *cut = cut_driver();
	struct longer longer = { .jobs = cut->jobs };
	longer.jobs.size = sizeof(longer);
	cut->driver.jobs = &longer.jobs;
	cairn_conn *conn = open_cut(cut);
	ct_enqueue(conn, "t");
	ct_claim(conn, "w");
	cairn_close(conn);
}

static void optional_conn_slots(void)
{
	struct cut *cut = cut_driver();
	cut->conn.in_tx = NULL;
	cut->conn.interrupt = NULL;
	cut->conn.adopt = NULL;
	cairn_conn *conn = open_cut(cut);
	cairn_interrupt(conn);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_enqueue(conn, "t");
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_count_jobs(conn, 0), 1);
	cairn_close(conn);
	cairn_conn *adopted = NULL;
	int handle = 0;
	ct_status(cairn_adopt(&adopted, &cut->driver, &handle, NULL, ct_err()), CAIRN_UNSUPPORTED,
		  "driver.unsupported");
	ct_true(adopted == NULL);
}

static void no_drift_slot(void)
{
	struct cut *cut = cut_driver();
	cut->migrations.describe = NULL;
	cairn_conn *conn = open_cut(cut);
	cairn_drift *drift = NULL;
	ct_status(cairn_migrate_drift(conn, NULL, &drift, ct_err()), CAIRN_UNSUPPORTED, NULL);
	cairn_free(drift);
	cairn_close(conn);
}

static void no_lock_slots(void)
{
	struct cut *cut = cut_driver();
	cut->migrations.lock = NULL;
	cut->migrations.unlock = NULL;
	cairn_conn *conn = open_cut(cut);
	cairn_migration_rows *done = NULL;
	ct_ok(cairn_migrate_up(conn, NULL, &done, ct_err()));
	ct_int(done->count, ct_subject()->driver->set_count);
	ct_ok(cairn_migrate_up(conn, NULL, &done, ct_err()));
	ct_later(done);
	ct_int(done->count, 0);
	ct_ok(cairn_migrate_check(conn, NULL, ct_err()));
	cairn_close(conn);
}

/* ---- stores that are not there ------------------------------------------------------------ */

static void no_jobs_store(void)
{
	struct cut *cut = cut_driver();
	cut->driver.jobs = NULL;
	cairn_conn *conn = open_cut(cut);
	cairn_scope any = cairn_any();
	cairn_id id = cairn_id_new();
	cairn_definition definition = { .type = CAIRN_STR("t") };
	cairn_job_new job = ct_new("t");
	cairn_claim_opts claim = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	cairn_queues *queues = NULL;
	cairn_resources *resources = NULL;
	cairn_queue_filter list = { .size = sizeof(list), .scope = any };
	cairn_str queue = CAIRN_STR("q");
	cairn_str none = { NULL, 0 };
	const char *code = "driver.no_such_store";
	ct_status(cairn_job_define(conn, &definition, 1, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_job_claim(conn, &claim, &jobs, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_job_cancel(conn, any, &id, 1, none, NULL, ct_err()), CAIRN_UNSUPPORTED,
		  code);
	ct_status(cairn_job_reap(conn, NULL, NULL, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_job_get(conn, any, id, &jobs, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_queue_list(conn, &list, &queues, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_queue_pause(conn, &queue, 1, NULL, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_resource_get(conn, none, queue, &resources, ct_err()), CAIRN_UNSUPPORTED,
		  code);
	cairn_time now = 0;
	ct_ok(cairn_now(conn, &now, ct_err()));
	cairn_free(jobs);
	cairn_free(queues);
	cairn_free(resources);
	cairn_close(conn);
}

static void no_optional_jobs_slots(void)
{
	struct cut *cut = cut_driver();
	cut->jobs.replay = NULL;
	cut->jobs.log = NULL;
	cut->jobs.logs = NULL;
	cut->jobs.prune = NULL;
	cut->jobs.waiting = NULL;
	cairn_conn *conn = open_cut(cut);
	ct_define(conn, "t");
	cairn_lease lease = ct_make(conn, "t", CAIRN_JOB_LEASED).lease;
	cairn_scope any = cairn_any();
	cairn_rerun rerun = { .source = lease.id,
			      .run_number = 1,
			      .key = CAIRN_STR("k"),
			      .reason = CAIRN_STR("why") };
	cairn_log_line line = { .lease = lease,
				.level = CAIRN_LOG_INFO,
				.message = CAIRN_STR("said") };
	cairn_turn turn = { .size = sizeof(turn), .lines = &line, .line_count = 1 };
	cairn_prune_opts prune = { .size = sizeof(prune), .scope = any };
	cairn_log_rows *lines = NULL;
	cairn_changed each;
	size_t pruned = 0;
	int ready = 0;
	const char *code = "driver.unsupported";
	ct_status(cairn_job_replay(conn, any, &rerun, 1, NULL, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_job_log(conn, &line, 1, NULL, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_job_turn(conn, &turn, &each, NULL, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_job_logs(conn, any, lease.id, 0, 0, &lines, ct_err()), CAIRN_UNSUPPORTED,
		  code);
	ct_status(cairn_job_prune(conn, &prune, &pruned, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_job_wait(conn, NULL, &ready, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_told(ct_finish(conn, ct_success(lease)), CAIRN_OK, NULL);
	cairn_close(conn);
}

static void no_catalog_store(void)
{
	struct cut *cut = cut_driver();
	cut->driver.catalog = NULL;
	cairn_conn *conn = open_cut(cut);
	cairn_config config = { .type = CAIRN_STR("t"), .version = 1, .config = CAIRN_STR("{}") };
	cairn_metrics_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	cairn_summary summary = { .size = sizeof(summary) };
	cairn_configs *configs = NULL;
	cairn_metrics *metrics = NULL;
	cairn_texts *text = NULL;
	const char *code = "driver.no_such_store";
	ct_status(cairn_job_config_put(conn, &config, 1, NULL, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_job_config_list(conn, NULL, &configs, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_job_metrics(conn, &filter, &metrics, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_job_summary(conn, cairn_any(), &summary, ct_err()), CAIRN_UNSUPPORTED,
		  code);
	ct_status(cairn_metrics_text(conn, &filter, &text, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_define(conn, "t");
	cairn_free(configs);
	cairn_free(metrics);
	cairn_free(text);
	cairn_close(conn);
}

static void no_migrations_store(void)
{
	struct cut *cut = cut_driver();
	cut->driver.migrations = NULL;
	cairn_conn *conn = open_cut(cut);
	ct_status(cairn_migrate_up(conn, NULL, NULL, ct_err()), CAIRN_UNSUPPORTED,
		  "driver.no_such_store");
	ct_status(cairn_migrate_check(conn, NULL, ct_err()), CAIRN_UNSUPPORTED,
		  "driver.no_such_store");
	ct_enqueue(conn, "t");
	cairn_close(conn);
}

static const ct_case cases[] = {
	{ .name = "driver.bind.another_interface_is_refused",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A driver of another api number, or too short to be one, is UNSUPPORTED.",
	  .run = another_interface },
	{ .name = "driver.bind.a_missing_slot_is_refused_by_name",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A driver that lacks a required operation is refused, naming it.",
	  .run = lacking_slots },
	{ .name = "driver.bind.a_short_table_lacks_what_lies_behind_its_size",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Slots behind a table's size count as missing.",
	  .run = short_table },
	{ .name = "driver.bind.lock_and_unlock_come_together",
	  .kind = CT_VERB,
	  .store = CT_MIGRATIONS,
	  .rule = "A driver with only one of lock and unlock is refused.",
	  .run = half_a_lock },
	{ .name = "driver.bind.a_newer_driver_works",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Slots that this core does not know yet do no harm.",
	  .run = newer_driver },
	{ .name = "driver.bind.optional_conn_slots_may_be_missing",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Without in_tx, interrupt and adopt everything else works; adopting is "
		  "UNSUPPORTED.",
	  .run = optional_conn_slots },
	{ .name = "driver.bind.drift_without_the_slot_is_unsupported",
	  .kind = CT_VERB,
	  .store = CT_MIGRATIONS,
	  .rule = "A driver without describe answers UNSUPPORTED to drift.",
	  .run = no_drift_slot },
	{ .name = "driver.bind.migrating_without_lock_slots_holds_a_transaction",
	  .kind = CT_VERB,
	  .store = CT_MIGRATIONS,
	  .caps = CAIRN_CAP_TX_DDL | CAIRN_CAP_NESTED_TX,
	  .flags = CT_BARE,
	  .rule = "Without lock and unlock one transaction over the run does the same.",
	  .run = no_lock_slots },
	{ .name = "driver.bind.a_missing_jobs_store_is_unsupported",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The calls of a store that the driver does not have answer UNSUPPORTED, the "
		  "others work.",
	  .run = no_jobs_store },
	{ .name = "driver.bind.optional_jobs_slots_may_be_missing",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Without replay, log, logs, prune and waiting their calls answer UNSUPPORTED, "
		  "and "
		  "the others work.",
	  .run = no_optional_jobs_slots },
	{ .name = "driver.bind.a_missing_catalog_store_is_unsupported",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "Without it jobs work, and configs and metrics answer UNSUPPORTED.",
	  .run = no_catalog_store },
	{ .name = "driver.bind.a_missing_migrations_store_is_unsupported",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The calls of a store that the driver does not have answer UNSUPPORTED, the "
		  "others work.",
	  .run = no_migrations_store },
};

CT_GROUP(bind, cases);
