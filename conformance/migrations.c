/*
 * migrations.c - up and down, on the driver's own line and on lines of an application.
 * (plan, status: migration_reads.c; refusals.c; gates and drift: gates.c)
 */
#include <cairn/sys/driver.h>

#include "ct_line.h"

/* ---- up ------------------------------------------------------------------------- */

static void fresh_store(void)
{
	cairn_conn *conn = ct_open();
	cairn_migration_rows *done = NULL;
	ct_ok(cairn_migrate_up(conn, NULL, &done, ct_err()));
	ct_later(done);
	ct_true(ct_own_count() > 0);
	ct_int(done->count, ct_own_count());
	for (size_t i = 0; i < done->count; i++) {
		ct_int(done->at[i].version, i + 1);
		ct_int(done->at[i].direction, CAIRN_MIGRATE_UP);
		ct_int(done->at[i].applied_at, ct_now());
		ct_int(done->at[i].checksum.len, 64);
	}
	ct_ok(cairn_migrate_check(conn, NULL, ct_err()));
	ct_enqueue(conn, "t");
	ct_int(ct_count_jobs(conn, 0), 1);
}

static void second_up(void)
{
	cairn_conn *conn = ct_open();
	cairn_migration_rows *done = NULL;
	const char *before = ct_line_states(conn, NULL);
	ct_ok(cairn_migrate_up(conn, NULL, &done, ct_err()));
	ct_later(done);
	ct_int(done->count, 0);
	ct_text(ct_line_states(conn, NULL), before);
}

static void application_line(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(3);
	ct_up(conn, line, 3);
	ct_text(ct_line_states(conn, line), "applied applied applied");
	ct_ok(cairn_migrate_check(conn, &line->opts, ct_err()));
	for (int i = 1; i <= 3; i++)
		ct_true(ct_table_there(conn, ct_format("app_%d", i)));
	ct_up(conn, line, 0);
}

static void a_script_has_many_statements(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_new("app");
	ct_line_add(line,
		    "-- a comment; with a semicolon\n"
		    "CREATE TABLE app_1 (a integer);\n\n"
		    "INSERT INTO app_1 VALUES (1);\nINSERT INTO app_1 VALUES (1);\n",
		    "DROP TABLE app_1;\n");
	ct_up(conn, line, 1);
	ct_int(ct_table_rows(conn, "app_1"), 2);
}

static void up_to_a_target(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(3);
	cairn_migrate_opts opts = ct_target(line, 2);
	cairn_migration_rows *done = NULL;
	ct_ok(cairn_migrate_up(conn, &opts, &done, ct_err()));
	ct_int(done->count, 2);
	ct_text(ct_line_states(conn, line), "applied applied pending");
	ct_ok(cairn_migrate_up(conn, &opts, &done, ct_err()));
	ct_later(done);
	ct_int(done->count, 0);
	ct_up(conn, line, 1);
}

static void up_with_a_limit(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(3);
	cairn_migrate_opts opts = line->opts;
	cairn_migration_rows *done = NULL;
	opts.limit = 1;
	for (int i = 1; i <= 3; i++) {
		ct_ok(cairn_migrate_up(conn, &opts, &done, ct_err()));
		ct_int(done->count, 1);
		ct_int(done->at[0].version, i);
	}
	ct_ok(cairn_migrate_up(conn, &opts, &done, ct_err()));
	ct_later(done);
	ct_int(done->count, 0);
}

static void failing_script(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(1);
	ct_line broken = ct_line_known(line, 1);
	ct_line_add(line, "CREATE TABLE app_2 (a integer);\n", "DROP TABLE app_2;\n");
	cairn_migration *set = ct_alloc(sizeof(line->set));
	memcpy(set, line->set, sizeof(line->set));
	set[1].up = CAIRN_STR("CREATE TABLE app_2 (a integer);\nTHIS IS NO STATEMENT;\n");
	broken.opts.set = set;
	broken.opts.count = 2;
	ct_status(cairn_migrate_up(conn, &broken.opts, NULL, ct_err()), CAIRN_DRIVER,
		  "migration.failed");
	ct_true(strchr(ct_last()->message, '2') != NULL);
	ct_true(ct_last()->detail[0] != '\0');
	ct_true(!ct_table_there(conn, "app_2"));
	/* A driver without lock slots runs all scripts in one transaction. */
	bool all_in_one = !ct_subject()->driver->migrations->lock;
	ct_text(ct_line_states(conn, line), all_in_one ? "pending pending" : "applied pending");
	ct_up(conn, line, all_in_one ? 2 : 1);
}

static void absent_result(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(2);
	cairn_migrate_opts down = ct_target(line, 0);
	down.target = -1;
	ct_ok(cairn_migrate_up(conn, &line->opts, NULL, ct_err()));
	ct_ok(cairn_migrate_down(conn, &down, NULL, ct_err()));
	ct_text(ct_line_states(conn, line), "pending pending");
}

/* ---- down ------------------------------------------------------------------------ */

static void down_and_up_again(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(3);
	ct_up(conn, line, 3);
	cairn_migrate_opts opts = ct_target(line, 1);
	cairn_migration_rows *done = NULL;
	ct_ok(cairn_migrate_down(conn, &opts, &done, ct_err()));
	ct_later(done);
	ct_int(done->count, 2);
	ct_int(done->at[0].version, 3);
	ct_int(done->at[1].version, 2);
	ct_int(done->at[0].direction, CAIRN_MIGRATE_DOWN);
	ct_text(ct_line_states(conn, line), "applied pending pending");
	ct_true(ct_table_there(conn, "app_1"));
	ct_true(!ct_table_there(conn, "app_2"));
	ct_up(conn, line, 2);
	ct_down(conn, line, -1, 3);
	ct_true(!ct_table_there(conn, "app_1"));
}

static void own_line_down_and_up(void)
{
	cairn_conn *conn = ct_open();
	cairn_migrate_opts opts = { .size = sizeof(opts), .target = -1 };
	cairn_migration_rows *done = NULL;
	ct_enqueue(conn, "t");
	ct_ok(cairn_migrate_down(conn, &opts, &done, ct_err()));
	ct_later(done);
	ct_int(done->count, ct_own_count());
	ct_ok(cairn_migrate_up(conn, NULL, NULL, ct_err()));
	ct_ok(cairn_migrate_check(conn, NULL, ct_err()));
	ct_int(ct_count_jobs(conn, 0), 0);
	ct_enqueue(conn, "t");
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
}

static void down_to_where_it_is(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(2);
	ct_up(conn, line, 2);
	ct_down(conn, line, 2, 0);
	ct_text(ct_line_states(conn, line), "applied applied");
}

static void down_needs_a_target(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(2);
	ct_up(conn, line, 2);
	ct_status(cairn_migrate_down(conn, &line->opts, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_migrate_down(conn, NULL, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_text(ct_line_states(conn, line), "applied applied");
}

static void irreversible(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(1);
	ct_line_add(line, "CREATE TABLE app_2 (a integer);\n", NULL);
	ct_line_add(line, "CREATE TABLE app_3 (a integer);\n", "DROP TABLE app_3;\n");
	ct_up(conn, line, 3);
	cairn_migrate_opts opts = ct_target(line, 1);
	ct_status(cairn_migrate_down(conn, &opts, NULL, ct_err()), CAIRN_INVALID,
		  "migration.irreversible");
	ct_true(strchr(ct_last()->message, '2') != NULL);
	ct_text(ct_line_states(conn, line), "applied applied applied");
	ct_true(ct_table_there(conn, "app_3"));
	ct_down(conn, line, 2, 1);
}

static void failing_down(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_new("app");
	ct_line_add(line, "CREATE TABLE app_1 (a integer);\n",
		    "DROP TABLE app_1;\nTHIS IS NO STATEMENT;\n");
	ct_up(conn, line, 1);
	cairn_migrate_opts opts = ct_target(line, -1);
	ct_status(cairn_migrate_down(conn, &opts, NULL, ct_err()), CAIRN_DRIVER,
		  "migration.failed");
	ct_text(ct_line_states(conn, line), "applied");
	ct_true(ct_table_there(conn, "app_1"));
}

#define MIGRATIONS .store = CT_MIGRATIONS

static const ct_case cases[] = {
	{ .name = "migrations.up.brings_a_fresh_store_to_the_newest_version",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .flags = CT_BARE,
	  .rule = "Up applies every version of the driver's set in order, records each, and the "
		  "store can be used.",
	  .covers = "runledger M01, smol-4",
	  .run = fresh_store },
	{ .name = "migrations.up.a_second_time_changes_nothing",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "Migrating an up-to-date store applies nothing.",
	  .covers = "runledger M02, entelix-76, smol-5",
	  .run = second_up },
	{ .name = "migrations.up.an_application_line_runs_through_the_same_engine",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "An application's own line is applied, recorded and checked like cairn's.",
	  .run = application_line },
	{ .name = "migrations.up.a_script_may_have_many_statements",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "A script is a list of statements with comments; all of them run.",
	  .run = a_script_has_many_statements },
	{ .name = "migrations.up.stops_at_its_target",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "Up to a target applies what is missing up to it and nothing above.",
	  .covers = "smol-8",
	  .run = up_to_a_target },
	{ .name = "migrations.up.applies_at_most_its_limit",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "With a limit so many versions are applied per call, in order.",
	  .run = up_with_a_limit },
	{ .name = "migrations.up.a_failing_script_leaves_nothing",
	  .kind = CT_FAULT,
	  MIGRATIONS,
	  .caps = CAIRN_CAP_TX_DDL,
	  .rule = "A script that fails is migration.failed, names its version, leaves nothing of "
		  "itself and keeps the versions that were committed before it.",
	  .covers = "runledger ER03, smol-9",
	  .run = failing_script },
	{ .name = "migrations.up.the_result_may_be_unwanted",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "The place for the list of what was done may be NULL.",
	  .run = absent_result },
	{ .name = "migrations.down.takes_versions_away_newest_first",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "Down removes the versions above its target, newest first, with their tables, "
		  "and they can be applied again.",
	  .covers = "runledger M17",
	  .run = down_and_up_again },
	{ .name = "migrations.down.the_drivers_own_line_goes_and_comes_back",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "cairn's own schema can be taken away whole and made again, empty and usable.",
	  .covers = "runledger M17",
	  .run = own_line_down_and_up },
	{ .name = "migrations.down.to_where_it_is_does_nothing",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "Down to the applied version removes nothing.",
	  .run = down_to_where_it_is },
	{ .name = "migrations.down.must_be_told_its_target",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "Down without an explicit target is INVALID.",
	  .run = down_needs_a_target },
	{ .name = "migrations.down.does_not_cross_an_irreversible_version",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "Down refuses before it changes anything when a version on its way has no way "
		  "down, and names it.",
	  .run = irreversible },
	{ .name = "migrations.down.a_failing_script_leaves_the_version_applied",
	  .kind = CT_FAULT,
	  MIGRATIONS,
	  .caps = CAIRN_CAP_TX_DDL,
	  .rule = "A down script that fails leaves schema and history as they were.",
	  .run = failing_down },
};

CT_GROUP(migrations, cases);
