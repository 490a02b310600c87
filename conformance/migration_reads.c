/*
 * migration_reads.c - plan and status of a line, and lines beside each other.
 */
#include <cairn/sys/driver.h>

#include "ct_line.h"

static void plan_up(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(3);
	ct_line first = ct_line_known(line, 1);
	cairn_migration_rows *plan = NULL;
	ct_ok(cairn_migrate_plan(conn, CAIRN_MIGRATE_UP, &line->opts, &plan, ct_err()));
	ct_int(plan->count, 3);
	ct_up(conn, &first, 1);
	ct_ok(cairn_migrate_plan(conn, CAIRN_MIGRATE_UP, &line->opts, &plan, ct_err()));
	ct_later(plan);
	ct_int(plan->count, 2);
	ct_int(plan->at[0].version, 2);
	ct_int(plan->at[0].direction, CAIRN_MIGRATE_UP);
	ct_same(plan->at[0].sql, line->set[1].up);
	ct_str(plan->at[0].name, "step_2");
	ct_text(ct_line_states(conn, line), "applied pending pending");
	ct_true(!ct_table_there(conn, "app_2"));
}

static void plan_down(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(3);
	cairn_migrate_opts opts = ct_target(line, 1);
	cairn_migration_rows *plan = NULL;
	ct_up(conn, line, 3);
	ct_ok(cairn_migrate_plan(conn, CAIRN_MIGRATE_DOWN, &opts, &plan, ct_err()));
	ct_later(plan);
	ct_int(plan->count, 2);
	ct_int(plan->at[0].version, 3);
	ct_int(plan->at[0].direction, CAIRN_MIGRATE_DOWN);
	ct_same(plan->at[0].sql, line->set[2].down);
	ct_text(ct_line_states(conn, line), "applied applied applied");
}

static void plan_on_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_migration_rows *plan = NULL;
	ct_ok(cairn_migrate_plan(conn, CAIRN_MIGRATE_UP, NULL, &plan, ct_err()));
	ct_later(plan);
	ct_int(plan->count, ct_own_count());
	ct_status(cairn_migrate_check(conn, NULL, ct_err()), CAIRN_SCHEMA,
		  "migration.history_missing");
}

static void plan_refuses(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(2);
	ct_line edited = ct_line_edited(line, 1);
	cairn_migration_rows *plan = NULL;
	ct_up(conn, line, 2);
	ct_status(cairn_migrate_plan(conn, CAIRN_MIGRATE_UP, &edited.opts, &plan, ct_err()),
		  CAIRN_SCHEMA, "migration.checksum_mismatch");
	cairn_free(plan);
}

static void status_rows(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(4);
	ct_line three = ct_line_known(line, 3);
	ct_line edited = ct_line_edited(line, 2);
	ct_line edited_two = edited;
	edited_two.opts.count = 2;
	ct_up(conn, &three, 3);
	ct_text(ct_line_states(conn, line), "applied applied applied pending");
	ct_text(ct_line_states(conn, &edited_two), "applied edited unknown");
	cairn_migration_rows *rows = NULL;
	ct_ok(cairn_migrate_status(conn, &line->opts, &rows, ct_err()));
	ct_later(rows);
	ct_int(rows->at[0].version, 1);
	ct_int(rows->at[0].applied_at, ct_now());
	ct_int(rows->at[3].version, 4);
	ct_int(rows->at[3].applied_at, 0);
	ct_str(rows->at[3].name, "step_4");
}

static void status_on_nothing(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(2);
	ct_text(ct_line_states(conn, line), "pending pending");
	ct_status(cairn_migrate_check(conn, &line->opts, ct_err()), CAIRN_SCHEMA,
		  "migration.history_missing");
}

static void introduced(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_new("app");
	cairn_migration_rows *rows = NULL;
	ct_line_add(line, "-- since: 1.2.3\nCREATE TABLE app_1 (a integer);\n", NULL);
	ct_line_add(line, "-- since: 1.3.0\n-- additive\nCREATE TABLE app_2 (a integer);\n", NULL);
	ct_up(conn, line, 2);
	ct_ok(cairn_migrate_status(conn, &line->opts, &rows, ct_err()));
	ct_later(rows);
	ct_str(rows->at[0].introduced, "1.2.3");
	ct_int(rows->at[0].additive, 0);
	ct_str(rows->at[1].introduced, "1.3.0");
	ct_int(rows->at[1].additive, 1);
}

/* ---- lines -------------------------------------------------------------------------------- */

static void lines_are_independent(void)
{
	cairn_conn *conn = ct_open();
	ct_line *app = ct_line_tables(2);
	ct_line *other = ct_line_new("other");
	ct_line_add(other, "CREATE TABLE other_1 (a integer);\n", "DROP TABLE other_1;\n");
	const char *own = ct_line_states(conn, NULL);
	ct_up(conn, app, 2);
	ct_text(ct_line_states(conn, other), "pending");
	ct_up(conn, other, 1);
	ct_down(conn, app, -1, 2);
	ct_text(ct_line_states(conn, other), "applied");
	ct_text(ct_line_states(conn, NULL), own);
	ct_ok(cairn_migrate_check(conn, NULL, ct_err()));
	ct_ok(cairn_migrate_check(conn, &other->opts, ct_err()));
}

static void a_sick_line_disturbs_nobody(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *dirty = ct_open_dirty();
	ct_line *app = ct_line_tables(3);
	ct_line edited = ct_line_edited(app, 1);
	edited.opts.count = 2;
	ct_up(dirty, app, 3);
	ct_text(ct_line_states(conn, &edited), "edited dirty dirty");
	ct_ok(cairn_migrate_check(conn, NULL, ct_err()));
	ct_ok(cairn_migrate_up(conn, NULL, NULL, ct_err()));
	ct_line *other = ct_line_new("other");
	ct_line_add(other, "CREATE TABLE other_1 (a integer);\n", NULL);
	ct_up(conn, other, 1);
	ct_ok(cairn_migrate_check(conn, &other->opts, ct_err()));
}

#define MIGRATIONS .store = CT_MIGRATIONS

static const ct_case cases[] = {
	{ .name = "migrations.plan.lists_what_up_would_run",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "The plan of up has the pending versions with their SQL and changes nothing.",
	  .run = plan_up },
	{ .name = "migrations.plan.lists_what_down_would_run",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "The plan of down has the versions above the target, newest first, with their "
		  "down SQL, and changes nothing.",
	  .run = plan_down },
	{ .name = "migrations.plan.creates_nothing_on_an_empty_store",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .flags = CT_BARE,
	  .rule = "Planning on an empty store lists everything and creates not even the history.",
	  .run = plan_on_nothing },
	{ .name = "migrations.plan.refuses_what_up_refuses",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "A plan over an edited history is refused like the run itself.",
	  .run = plan_refuses },
	{ .name = "migrations.status.shows_every_version_with_its_state",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "Status lists every version known or recorded, ascending: pending, applied, "
		  "edited, unknown; it refuses nothing.",
	  .run = status_rows },
	{ .name = "migrations.status.creates_nothing_on_an_empty_store",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .flags = CT_BARE,
	  .rule = "On an empty store every version is pending, and nothing is created.",
	  .run = status_on_nothing },
	{ .name = "migrations.status.knows_the_directives",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "The introducing version and the additive mark come from the script's "
		  "directives.",
	  .run = introduced },
	{ .name = "migrations.lines.are_independent",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "Lines go up and down without touching each other's history or tables.",
	  .covers = "runledger M03",
	  .run = lines_are_independent },
	{ .name = "migrations.lines.a_sick_line_disturbs_nobody",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "A line with edited, dirty and unknown versions stops neither cairn's own line "
		  "nor others.",
	  .covers = "runledger M03",
	  .run = a_sick_line_disturbs_nobody },
};

CT_GROUP(migration_reads, cases);
