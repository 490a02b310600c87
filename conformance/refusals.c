/*
 * refusals.c - what migrating refuses, each with its code, and in which order when
 * several reasons hold at once.
 */
#include "ct_line.h"

static void check_on_nothing(void)
{
	cairn_conn *conn = ct_open();
	for (int i = 0; i < 2; i++)
		ct_status(cairn_migrate_check(conn, NULL, ct_err()), CAIRN_SCHEMA,
			  "migration.history_missing");
	ct_line *line = ct_line_tables(1);
	ct_status(cairn_migrate_check(conn, &line->opts, ct_err()), CAIRN_SCHEMA,
		  "migration.history_missing");
}

static void names_version(int version)
{
	ct_true(strchr(ct_last()->message, '0' + version) != NULL);
}

static void edited(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(3);
	ct_line two = ct_line_known(line, 2);
	ct_line other = ct_line_edited(line, 2);
	ct_up(conn, &two, 2);
	ct_line_refused(conn, &other, CAIRN_SCHEMA, "migration.checksum_mismatch");
	names_version(2);
	ct_true(!ct_table_there(conn, "app_3"));
	ct_up(conn, line, 1);
}

static void unknown(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(3);
	ct_line older = ct_line_known(line, 2);
	ct_up(conn, line, 3);
	ct_line_refused(conn, &older, CAIRN_SCHEMA, "migration.unknown_version");
	names_version(3);
}

static void unknown_but_additive(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(2);
	ct_line_add(line, "-- additive\nCREATE TABLE app_3 (a integer);\n", "DROP TABLE app_3;\n");
	ct_line older = ct_line_known(line, 2);
	ct_up(conn, line, 3);
	ct_ok(cairn_migrate_check(conn, &older.opts, ct_err()));
	ct_up(conn, &older, 0);
	ct_text(ct_line_states(conn, &older), "applied applied unknown");
}

static void additive_is_required(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(1);
	ct_line_add(line, "-- additive\nCREATE TABLE app_2 (a integer);\n", NULL);
	ct_line first = ct_line_known(line, 1);
	ct_up(conn, &first, 1);
	ct_status(cairn_migrate_check(conn, &line->opts, ct_err()), CAIRN_SCHEMA,
		  "migration.pending");
	names_version(2);
}

static void dirty(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *sick = ct_open_dirty();
	ct_line *line = ct_line_tables(2);
	ct_line first = ct_line_known(line, 1);
	ct_up(sick, &first, 1);
	ct_text(ct_line_states(conn, line), "dirty pending");
	ct_line_refused(conn, line, CAIRN_SCHEMA, "migration.dirty");
	names_version(1);
}

static void edited_wins_over_dirty(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *sick = ct_open_dirty();
	ct_line *line = ct_line_tables(1);
	ct_line other = ct_line_edited(line, 1);
	ct_up(sick, line, 1);
	ct_line_refused(conn, &other, CAIRN_SCHEMA, "migration.checksum_mismatch");
}

/* All versions are dirty, the second is edited as well: that is told. */
static void order_edited_then_dirty(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *sick = ct_open_dirty();
	ct_line *line = ct_line_tables(3);
	ct_line other = ct_line_edited(line, 2);
	ct_up(sick, line, 3);
	ct_line_refused(conn, &other, CAIRN_SCHEMA, "migration.checksum_mismatch");
	names_version(2);
}

static void order_edited_then_unknown(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(3);
	ct_line other = ct_line_edited(line, 1);
	other.opts.count = 2;
	ct_up(conn, line, 3);
	ct_line_refused(conn, &other, CAIRN_SCHEMA, "migration.checksum_mismatch");
}

static void order_dirty_then_unknown(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *sick = ct_open_dirty();
	ct_line *line = ct_line_tables(2);
	ct_line older = ct_line_known(line, 1);
	ct_up(sick, line, 2);
	ct_line_refused(conn, &older, CAIRN_SCHEMA, "migration.dirty");
}

static void pending(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(3);
	ct_line first = ct_line_known(line, 1);
	ct_up(conn, &first, 1);
	ct_status(cairn_migrate_check(conn, &line->opts, ct_err()), CAIRN_SCHEMA,
		  "migration.pending");
	names_version(2);
	ct_text(ct_line_states(conn, line), "applied pending pending");
}

static void targets(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(3);
	cairn_migrate_opts two = ct_target(line, 2);
	cairn_migrate_opts one = ct_target(line, 1);
	cairn_migrate_opts nine = ct_target(line, 9);
	ct_status(cairn_migrate_up(conn, &nine, NULL, ct_err()), CAIRN_INVALID,
		  "migration.target_unknown");
	names_version(9);
	ct_ok(cairn_migrate_up(conn, &two, NULL, ct_err()));
	ct_status(cairn_migrate_up(conn, &one, NULL, ct_err()), CAIRN_INVALID,
		  "migration.target_older_than_applied");
	ct_status(cairn_migrate_up(conn, &nine, NULL, ct_err()), CAIRN_INVALID,
		  "migration.target_unknown");
	ct_status(cairn_migrate_down(conn, &nine, NULL, ct_err()), CAIRN_INVALID,
		  "migration.target_unknown");
	ct_text(ct_line_states(conn, line), "applied applied pending");
}

static void order_history_then_targets(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(3);
	ct_line other = ct_line_edited(line, 1);
	ct_line older = ct_line_known(line, 2);
	ct_up(conn, line, 3);
	cairn_migrate_opts opts = ct_target(&other, 1);
	ct_status(cairn_migrate_up(conn, &opts, NULL, ct_err()), CAIRN_SCHEMA,
		  "migration.checksum_mismatch");
	opts = ct_target(&older, 1);
	ct_status(cairn_migrate_up(conn, &opts, NULL, ct_err()), CAIRN_SCHEMA,
		  "migration.unknown_version");
	opts = ct_target(&older, 9);
	ct_status(cairn_migrate_up(conn, &opts, NULL, ct_err()), CAIRN_SCHEMA,
		  "migration.unknown_version");
}

/* ---- sets that are none ---------------------------------------------------------------- */

static void refuses_set(cairn_conn *conn, const ct_line *line)
{
	ct_status(cairn_migrate_up(conn, &line->opts, NULL, ct_err()), CAIRN_INVALID,
		  "migration.invalid_set");
	ct_status(cairn_migrate_check(conn, &line->opts, ct_err()), CAIRN_INVALID,
		  "migration.invalid_set");
}

static void invalid_sets(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(3);
	line->set[1].version = 3;
	refuses_set(conn, line);
	line->set[1].version = 1;
	refuses_set(conn, line);
	line = ct_line_tables(1);
	line->set[0].version = 0;
	refuses_set(conn, line);
	line->set[0].version = 2;
	refuses_set(conn, line);
	line = ct_line_tables(1);
	line->set[0].name = NULL;
	refuses_set(conn, line);
	line = ct_line_tables(1);
	line->set[0].up = (cairn_str){ NULL, 0 };
	refuses_set(conn, line);
}

static void malformed_directives(void)
{
	static const char *const scripts[] = {
		"-- gate: only_a_name\nCREATE TABLE a (a integer);\n",
		"-- gate:\nCREATE TABLE a (a integer);\n",
		"-- validate:\nCREATE TABLE a (a integer);\n",
		"-- since:\nCREATE TABLE a (a integer);\n",
	};
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		ct_line *line = ct_line_new("app");
		ct_line_add(line, scripts[i], NULL);
		ct_note("script %zu", i);
		refuses_set(conn, line);
	}
	ct_true(!ct_table_there(conn, "a"));
}

static void bad_options(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(1);
	cairn_migrate_opts opts = line->opts;
	opts.size = 0;
	ct_status(cairn_migrate_up(conn, &opts, NULL, ct_err()), CAIRN_INVALID, NULL);
	opts = line->opts;
	opts.line = CAIRN_STR("bad\nname");
	ct_status(cairn_migrate_up(conn, &opts, NULL, ct_err()), CAIRN_INVALID, "arg.invalid_name");
	opts = line->opts;
	opts.wait = -1;
	ct_status(cairn_migrate_up(conn, &opts, NULL, ct_err()), CAIRN_INVALID, NULL);
	opts = line->opts;
	opts.set = NULL;
	ct_status(cairn_migrate_up(conn, &opts, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_migrate_status(conn, NULL, NULL, ct_err()), CAIRN_INVALID, NULL);
	cairn_migration_rows *plan = NULL;
	ct_status(cairn_migrate_plan(conn, (enum cairn_migration_direction)7, &line->opts, &plan,
				     ct_err()),
		  CAIRN_INVALID, NULL);
	cairn_free(plan);
}

static void behind_a_pooler(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(1);
	cairn_migrate_opts down = { .size = sizeof(down), .target = -1 };
	ct_status(cairn_migrate_up(conn, &line->opts, NULL, ct_err()), CAIRN_INVALID,
		  "tx.direct_connection_required");
	ct_status(cairn_migrate_down(conn, &down, NULL, ct_err()), CAIRN_INVALID,
		  "tx.direct_connection_required");
	ct_ok(cairn_migrate_check(conn, NULL, ct_err()));
	ct_text(ct_line_states(conn, line), "pending");
	ct_enqueue(conn, "t");
}

#define MIGRATIONS .kind = CT_VERB, .store = CT_MIGRATIONS

static const ct_case cases[] = {
	{ .name = "migrations.check.an_empty_store_has_no_history",
	  MIGRATIONS,
	  .flags = CT_BARE,
	  .rule = "Check on an empty store is migration.history_missing and creates nothing.",
	  .covers = "runledger M04",
	  .run = check_on_nothing },
	{ .name = "migrations.check.a_half_migrated_store_is_pending",
	  MIGRATIONS,
	  .rule = "Check names the first version that is missing and applies nothing.",
	  .covers = "runledger M08, entelix-78",
	  .run = pending },
	{ .name = "migrations.check.an_additive_version_is_required_all_the_same",
	  MIGRATIONS,
	  .rule = "A library demands its own additive versions like any other.",
	  .covers = "runledger M09",
	  .run = additive_is_required },
	{ .name = "migrations.refuse.an_edited_script",
	  MIGRATIONS,
	  .rule = "A recorded version with another checksum stops up and check, which name it; "
		  "nothing further is applied.",
	  .covers = "runledger M05, smol-13",
	  .run = edited },
	{ .name = "migrations.refuse.a_version_from_the_future",
	  MIGRATIONS,
	  .rule = "A recorded version that this library does not know stops up and check.",
	  .covers = "runledger M06, entelix-78, smol-10",
	  .run = unknown },
	{ .name = "migrations.refuse.not_an_additive_version_from_the_future",
	  MIGRATIONS,
	  .rule = "An unknown version that is marked additive lets an older library start.",
	  .covers = "runledger M10",
	  .run = unknown_but_additive },
	{ .name = "migrations.refuse.a_dirty_version",
	  MIGRATIONS,
	  .rule = "A version recorded as not successful stops up and check.",
	  .covers = "runledger M07",
	  .run = dirty },
	{ .name = "migrations.refuse.edited_wins_over_dirty",
	  MIGRATIONS,
	  .rule = "A dirty version with another checksum is told as edited.",
	  .covers = "runledger M07",
	  .run = edited_wins_over_dirty },
	{ .name = "migrations.refuse.edited_wins_over_unknown",
	  MIGRATIONS,
	  .rule = "The checksum is tested before the library's age.",
	  .run = order_edited_then_unknown },
	{ .name = "migrations.refuse.dirty_wins_over_unknown",
	  MIGRATIONS,
	  .rule = "A dirty version is told before an unknown one.",
	  .run = order_dirty_then_unknown },
	{ .name = "migrations.refuse.a_later_edit_wins_over_an_earlier_dirt",
	  MIGRATIONS,
	  .rule = "All checksums are tested before the first dirty version is told.",
	  .run = order_edited_then_dirty },
	{ .name = "migrations.refuse.targets_that_can_not_be",
	  MIGRATIONS,
	  .rule = "A target below the applied version, or that does not exist, is INVALID and "
		  "changes nothing.",
	  .covers = "smol-6, smol-7",
	  .run = targets },
	{ .name = "migrations.refuse.a_sick_history_wins_over_a_bad_target",
	  MIGRATIONS,
	  .rule = "The history is verified before the target.",
	  .run = order_history_then_targets },
	{ .name = "migrations.refuse.sets_with_gaps_and_duplicates",
	  MIGRATIONS,
	  .rule = "Versions are 1, 2, 3 without gaps, with name and script; else "
		  "migration.invalid_set.",
	  .run = invalid_sets },
	{ .name = "migrations.refuse.malformed_directives",
	  MIGRATIONS,
	  .rule = "A gate without query or name, an empty validation and an empty version are "
		  "migration.invalid_set before anything runs.",
	  .run = malformed_directives },
	{ .name = "migrations.refuse.malformed_options",
	  MIGRATIONS,
	  .rule = "Options without size, bad line names, negative waits and a line without set "
		  "are INVALID.",
	  .run = bad_options },
	{ .name = "conn.pooler.migrating_needs_a_direct_connection",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .needs = CT_NEED_MIGRATE_URL,
	  .rule = "Behind a pooler migrating is tx.direct_connection_required and changes "
		  "nothing; looking is allowed.",
	  .run = behind_a_pooler },
};

CT_GROUP(refusals, cases);
