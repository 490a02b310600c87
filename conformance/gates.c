/*
 * gates.c - gates that must be zero before a library may start, the validations
 * behind them, and drift.
 */
#include "ct_line.h"

/*
 * Version 1 makes two tables with a gate on each and a validation that leaves a
 * row in app_log each time it runs; version 2 breaks both gates, its way down mends them.
 */
static ct_line *gated_line(void)
{
	ct_line *line = ct_line_new("app");
	ct_line_add(line,
		    "-- gate: app.bad_rows SELECT count(*) FROM app_bad\n"
		    "-- gate: app.worse_rows SELECT count(*) FROM app_worse\n"
		    "-- validate: INSERT INTO app_log VALUES (1)\n"
		    "CREATE TABLE app_bad (a integer);\n"
		    "CREATE TABLE app_worse (a integer);\n"
		    "CREATE TABLE app_log (a integer);\n",
		    "DROP TABLE app_log;\nDROP TABLE app_worse;\nDROP TABLE app_bad;\n");
	ct_line_add(line,
		    "INSERT INTO app_bad VALUES (1);\n"
		    "INSERT INTO app_worse VALUES (1);\nINSERT INTO app_worse VALUES (1);\n",
		    "DROP TABLE app_bad;\nCREATE TABLE app_bad (a integer);\n"
		    "DROP TABLE app_worse;\nCREATE TABLE app_worse (a integer);\n");
	return line;
}

static void open_gates(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = gated_line();
	ct_line first = ct_line_known(line, 1);
	ct_up(conn, &first, 1);
	ct_ok(cairn_migrate_check(conn, &first.opts, ct_err()));
	ct_true(ct_table_rows(conn, "app_log") >= 1);
}

static bool told(const char *text)
{
	return strstr(ct_last()->message, text) || strstr(ct_last()->detail, text);
}

static void violated_gates(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = gated_line();
	ct_status(cairn_migrate_up(conn, &line->opts, NULL, ct_err()), CAIRN_SCHEMA,
		  "migration.gate_failed");
	ct_true(told("app.bad_rows"));
	ct_true(told("app.worse_rows"));
	ct_true(told("1"));
	ct_true(told("2"));
	ct_text(ct_line_states(conn, line), "applied applied");
	ct_status(cairn_migrate_check(conn, &line->opts, ct_err()), CAIRN_SCHEMA,
		  "migration.gate_failed");
	ct_true(told("app.bad_rows"));
	ct_true(told("app.worse_rows"));
}

static void validations_wait(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = gated_line();
	ct_status(cairn_migrate_up(conn, &line->opts, NULL, ct_err()), CAIRN_SCHEMA,
		  "migration.gate_failed");
	ct_int(ct_table_rows(conn, "app_log"), 0);
}

static void mended_gates(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = gated_line();
	ct_status(cairn_migrate_up(conn, &line->opts, NULL, ct_err()), CAIRN_SCHEMA,
		  "migration.gate_failed");
	ct_down(conn, line, 1, 1);
	ct_line first = ct_line_known(line, 1);
	ct_up(conn, &first, 0);
	ct_ok(cairn_migrate_check(conn, &first.opts, ct_err()));
	ct_true(ct_table_rows(conn, "app_log") >= 1);
}

static void check_writes_nothing(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = gated_line();
	ct_line first = ct_line_known(line, 1);
	ct_up(conn, &first, 1);
	int64_t before = ct_table_rows(conn, "app_log");
	for (int i = 0; i < 3; i++)
		ct_ok(cairn_migrate_check(conn, &first.opts, ct_err()));
	ct_int(ct_table_rows(conn, "app_log"), before);
}

static void gate_that_can_not_run(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_new("app");
	ct_line_add(line,
		    "-- gate: app.none SELECT count(*) FROM no_such_table\n"
		    "CREATE TABLE app_1 (a integer);\n",
		    "DROP TABLE app_1;\n");
	cairn_status status = cairn_migrate_up(conn, &line->opts, NULL, ct_err());
	ct_true(status != CAIRN_OK);
	ct_true(cairn_migrate_check(conn, &line->opts, ct_err()) != CAIRN_OK);
	ct_text(ct_line_states(conn, line), "applied");
	ct_ok(cairn_migrate_check(conn, NULL, ct_err()));
}

static void failing_validation(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_new("app");
	ct_line_add(line,
		    "-- validate: INSERT INTO no_such_table VALUES (1)\n"
		    "-- validate: INSERT INTO app_1 VALUES (1)\n"
		    "CREATE TABLE app_1 (a integer);\n",
		    "DROP TABLE app_1;\n");
	cairn_status status = cairn_migrate_up(conn, &line->opts, NULL, ct_err());
	ct_true(status != CAIRN_OK);
	ct_text(ct_line_states(conn, line), "applied");
	ct_ok(cairn_migrate_check(conn, NULL, ct_err()));
}

/* ---- drift ----------------------------------------------------------------------------- */

static void no_drift(void)
{
	cairn_conn *conn = ct_open();
	cairn_drift *drift = NULL;
	ct_ok(cairn_migrate_drift(conn, NULL, &drift, ct_err()));
	ct_later(drift);
	for (size_t i = 0; i < drift->count; i++)
		ct_note("%s %s", drift->at[i].object.ptr, drift->at[i].name.ptr);
	ct_int(drift->count, 0);
	ct_enqueue(conn, "t");
	ct_text(ct_timeline(conn, ct_claim(conn, "w").id), "ENQUEUED LEASED");
}

static void no_drift_after_down_and_up(void)
{
	cairn_conn *conn = ct_open();
	cairn_migrate_opts down = { .size = sizeof(down), .target = -1 };
	cairn_drift *drift = NULL;
	ct_ok(cairn_migrate_down(conn, &down, NULL, ct_err()));
	ct_ok(cairn_migrate_up(conn, NULL, NULL, ct_err()));
	ct_ok(cairn_migrate_drift(conn, NULL, &drift, ct_err()));
	ct_later(drift);
	ct_int(drift->count, 0);
}

static const cairn_drift_row *drift_of(const cairn_drift *drift, const char *name,
				       enum cairn_drift_kind kind)
{
	for (size_t i = 0; i < drift->count; i++) {
		const cairn_drift_row *row = &drift->at[i];
		ct_note("drift %d %s %s", (int)row->kind, row->object.ptr, row->name.ptr);
		if (row->kind == kind && row->name.ptr && strstr(row->name.ptr, name))
			return row;
	}
	return NULL;
}

/* Another line takes a table away from under the first. */
static void missing_table(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(2);
	ct_line *vandal = ct_line_new("vandal");
	cairn_drift *drift = NULL;
	ct_line_add(vandal, "DROP TABLE app_2;\n", NULL);
	ct_up(conn, line, 2);
	ct_ok(cairn_migrate_drift(conn, &line->opts, &drift, ct_err()));
	ct_true(!drift_of(drift, "app_2", CAIRN_DRIFT_MISSING));
	ct_up(conn, vandal, 1);
	ct_ok(cairn_migrate_drift(conn, &line->opts, &drift, ct_err()));
	ct_later(drift);
	ct_true(drift_of(drift, "app_2", CAIRN_DRIFT_MISSING) != NULL);
	ct_true(!drift_of(drift, "app_1", CAIRN_DRIFT_MISSING));
}

static void changed_table(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(1);
	ct_line *vandal = ct_line_new("vandal");
	cairn_drift *drift = NULL;
	ct_line_add(vandal, "DROP TABLE app_1;\nCREATE TABLE app_1 (b integer);\n", NULL);
	ct_up(conn, line, 1);
	ct_up(conn, vandal, 1);
	ct_ok(cairn_migrate_drift(conn, &line->opts, &drift, ct_err()));
	ct_later(drift);
	ct_true(drift_of(drift, "app_1", CAIRN_DRIFT_MISSING) != NULL ||
		drift_of(drift, "app_1", CAIRN_DRIFT_CHANGED) != NULL);
}

static void drift_leaves_nothing(void)
{
	cairn_conn *conn = ct_open();
	ct_line *line = ct_line_tables(2);
	ct_line first = ct_line_known(line, 1);
	cairn_drift *drift = NULL;
	ct_up(conn, &first, 1);
	ct_enqueue(conn, "t");
	ct_ok(cairn_migrate_drift(conn, &line->opts, &drift, ct_err()));
	ct_ok(cairn_migrate_drift(conn, NULL, &drift, ct_err()));
	ct_later(drift);
	ct_text(ct_line_states(conn, line), "applied pending");
	ct_true(!ct_table_there(conn, "app_2"));
	ct_int(ct_count_jobs(conn, 0), 1);
}

#define MIGRATIONS .kind = CT_VERB, .store = CT_MIGRATIONS

static const ct_case cases[] = {
	{ .name = "migrations.gates.open_ones_let_everybody_pass",
	  MIGRATIONS,
	  .rule = "When every gate counts zero, up validates and check passes.",
	  .covers = "runledger M11",
	  .run = open_gates },
	{ .name = "migrations.gates.violated_ones_are_named_with_their_counts",
	  MIGRATIONS,
	  .rule = "Up and check refuse with migration.gate_failed, naming every violated gate "
		  "and its count; what was applied stays applied.",
	  .covers = "runledger M11",
	  .run = violated_gates },
	{ .name = "migrations.gates.nothing_is_validated_behind_a_violated_gate",
	  MIGRATIONS,
	  .rule = "Validations run only when the gates hold.",
	  .covers = "runledger M12",
	  .run = validations_wait },
	{ .name = "migrations.gates.mended_rows_open_them",
	  MIGRATIONS,
	  .rule = "When the rows are mended the next up applies nothing, validates, and check "
		  "passes.",
	  .covers = "runledger M12",
	  .run = mended_gates },
	{ .name = "migrations.gates.check_never_writes",
	  MIGRATIONS,
	  .rule = "Check runs gates and no validation.",
	  .covers = "runledger M14",
	  .run = check_writes_nothing },
	{ .name = "migrations.gates.one_that_can_not_run_is_no_zero",
	  MIGRATIONS,
	  .rule = "A gate whose query fails refuses; it does not count as zero.",
	  .run = gate_that_can_not_run },
	{ .name = "migrations.gates.a_failing_validation_is_told",
	  MIGRATIONS,
	  .rule = "A validation that fails is an error of up; the applied versions stay.",
	  .run = failing_validation },
	{ .name = "migrations.drift.a_migrated_store_has_none",
	  MIGRATIONS,
	  .needs = CT_NEED_DRIFT,
	  .rule = "A store as the scripts made it has no drift, and looking leaves it usable.",
	  .run = no_drift },
	{ .name = "migrations.drift.none_after_down_and_up",
	  MIGRATIONS,
	  .needs = CT_NEED_DRIFT,
	  .rule = "Down and up again restores the same schema.",
	  .covers = "runledger M17",
	  .run = no_drift_after_down_and_up },
	{ .name = "migrations.drift.a_missing_table_is_listed",
	  MIGRATIONS,
	  .needs = CT_NEED_DRIFT,
	  .rule = "A table that the scripts make and the store lacks is listed as missing.",
	  .run = missing_table },
	{ .name = "migrations.drift.a_changed_table_is_listed",
	  MIGRATIONS,
	  .needs = CT_NEED_DRIFT,
	  .rule = "A table that looks otherwise than the scripts make it is listed.",
	  .run = changed_table },
	{ .name = "migrations.drift.looking_leaves_nothing_behind",
	  MIGRATIONS,
	  .needs = CT_NEED_DRIFT,
	  .rule = "The fresh schema that is compared with is gone afterwards; pending versions "
		  "stay pending.",
	  .run = drift_leaves_nothing },
};

CT_GROUP(gates, cases);
