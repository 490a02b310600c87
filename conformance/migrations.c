/*
 * migrations.c - up, down, plan, status and check, on the driver's own line and on
 * lines of an application. (refusals: refusals.c; gates and drift: gates.c)
 */
#include <stdatomic.h>

#include <cairn/sys/driver.h>

#include "ct_line.h"

static size_t own_count(void)
{
	return ct_subject()->driver->set_count;
}

/* ---- up ------------------------------------------------------------------------- */

static void fresh_store(void)
{
	cairn_conn *conn = ct_open();
	cairn_migration_rows *done = NULL;
	ct_ok(cairn_migrate_up(conn, NULL, &done, ct_err()));
	ct_later(done);
	ct_true(own_count() > 0);
	ct_int(done->count, own_count());
	for (size_t i = 0; i < done->count; i++) {
		ct_int(done->at[i].version, i + 1);
		ct_int(done->at[i].direction, CAIRN_MIGRATE_UP);
		ct_int(done->at[i].applied_at, ct_now());
		ct_int(done->at[i].checksum.len, 64);
	}
	ct_ok(cairn_migrate_check(conn, NULL, ct_err()));
	ct_enqueue(conn, "t");
	cairn_queues *queues = NULL;
	ct_ok(cairn_job_stats(conn, cairn_any(), &queues, ct_err()));
	ct_later(queues);
	ct_int(queues->count, 1);
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
	ct_int(done->count, own_count());
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

/* ---- plan and status ----------------------------------------------------------------- */

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
	ct_int(plan->count, own_count());
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

/* ---- several at once ------------------------------------------------------------------------- */

static void race_up(cairn_conn *conn, unsigned number, void *arg)
{
	atomic_uint *applied = arg;
	cairn_migration_rows *done = NULL;
	(void)number;
	ct_ok(cairn_migrate_up(conn, NULL, &done, ct_err()));
	atomic_fetch_add(applied, (unsigned)done->count);
	ct_true(done->count == 0 || done->count == own_count());
	cairn_free(done);
}

static void everybody_migrates(void)
{
	atomic_uint applied = 0;
	cairn_conn *conn = ct_open();
	ct_race(4, race_up, &applied);
	ct_int(atomic_load(&applied), own_count());
	ct_ok(cairn_migrate_check(conn, NULL, ct_err()));
	ct_enqueue(conn, "t");
}

struct migrator {
	ct_line *line;
	cairn_usec wait;
	cairn_status status;
	size_t applied;
	char code[64];
};

static void migrate(cairn_conn *conn, void *arg)
{
	struct migrator *migrator = arg;
	cairn_migrate_opts opts = migrator->line->opts;
	cairn_migration_rows *done = NULL;
	opts.wait = migrator->wait;
	migrator->status = cairn_migrate_up(conn, &opts, &done, ct_err());
	migrator->applied = migrator->status == CAIRN_OK ? done->count : 0;
	snprintf(migrator->code, sizeof(migrator->code), "%s", ct_last()->code);
	cairn_free(done);
}

static void the_second_waits(void)
{
	cairn_conn *conn = ct_open();
	ct_gatekeeper *keeper = ct_gatekeeper_new();
	ct_session *a = ct_session_over("a", ct_gatekeeper_open(keeper));
	ct_session *b = ct_session_new("b");
	struct migrator first = { .line = ct_line_tables(2) };
	struct migrator second = { .line = first.line };
	ct_true(!ct_start(a, migrate, &first));
	ct_gatekeeper_await(keeper);
	ct_true(!ct_start(b, migrate, &second));
	ct_gatekeeper_let_go(keeper);
	ct_join(a);
	ct_join(b);
	ct_ok(first.status);
	ct_ok(second.status);
	ct_int(first.applied, 2);
	ct_int(second.applied, 0);
	ct_text(ct_line_states(conn, first.line), "applied applied");
}

static void the_second_gives_up(void)
{
	ct_gatekeeper *keeper = ct_gatekeeper_new();
	ct_session *a = ct_session_over("a", ct_gatekeeper_open(keeper));
	ct_session *b = ct_session_new("b");
	struct migrator first = { .line = ct_line_tables(2) };
	struct migrator second = { .line = first.line, .wait = 200 * CAIRN_MILLISECOND };
	ct_true(!ct_start(a, migrate, &first));
	ct_gatekeeper_await(keeper);
	ct_step(b, migrate, &second);
	ct_int(second.status, CAIRN_BUSY);
	ct_text(second.code, "migration.locked");
	ct_gatekeeper_let_go(keeper);
	ct_join(a);
	ct_ok(first.status);
	ct_int(first.applied, 2);
	ct_step(b, migrate, &second);
	ct_ok(second.status);
	ct_int(second.applied, 0);
}

/* A refused run, or a failed one, must not keep the lock. */
static void the_lock_is_given_back(void)
{
	cairn_conn *conn = ct_open();
	ct_session *other = ct_session_new("other");
	ct_line *line = ct_line_tables(2);
	ct_line first = ct_line_known(line, 1);
	ct_line edited = ct_line_edited(line, 1);
	ct_up(conn, &first, 1);
	ct_status(cairn_migrate_up(conn, &edited.opts, NULL, ct_err()), CAIRN_SCHEMA,
		  "migration.checksum_mismatch");
	struct migrator second = { .line = line, .wait = 500 * CAIRN_MILLISECOND };
	ct_step(other, migrate, &second);
	ct_ok(second.status);
	ct_int(second.applied, 1);
}

#define MIGRATIONS .store = CT_MIGRATIONS

static const ct_case cases[] = {
	{ .name = "migrations.up.brings_a_fresh_store_to_the_newest_version",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .flags = CT_BARE,
	  .rule = "Up applies every version of the driver's set in order, records each, and the "
		  "store can be used.",
	  .covers = "runledger M01",
	  .run = fresh_store },
	{ .name = "migrations.up.a_second_time_changes_nothing",
	  .kind = CT_VERB,
	  MIGRATIONS,
	  .rule = "Migrating an up-to-date store applies nothing.",
	  .covers = "runledger M02",
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
	  .covers = "runledger ER03",
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
	{ .name = "migrations.race.everybody_migrates_and_one_applies",
	  .kind = CT_RACE,
	  MIGRATIONS,
	  .flags = CT_BARE,
	  .rule = "Of several that migrate an empty store at once one applies everything, the "
		  "others apply nothing, and none fails.",
	  .covers = "runledger M16",
	  .run = everybody_migrates },
	{ .name = "migrations.lock.the_second_waits_for_the_first",
	  .kind = CT_INTERLEAVE,
	  MIGRATIONS,
	  .rule = "While one migrates a line another waits, and then finds nothing to do.",
	  .covers = "runledger M16",
	  .run = the_second_waits },
	{ .name = "migrations.lock.waiting_is_bounded",
	  .kind = CT_INTERLEAVE,
	  MIGRATIONS,
	  .rule = "When the wait is over the second is BUSY migration.locked and has changed "
		  "nothing.",
	  .run = the_second_gives_up },
	{ .name = "migrations.lock.is_given_back_after_a_refusal",
	  .kind = CT_INTERLEAVE,
	  MIGRATIONS,
	  .rule = "A run that was refused leaves no lock behind on its session.",
	  .covers = "runledger M15",
	  .run = the_lock_is_given_back },
};

CT_GROUP(migrations, cases);
