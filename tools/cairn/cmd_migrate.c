/* cmd_migrate.c - `cairn migrate up|down|status|plan|check|drift`. */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "table.h"

struct migrate {
	int64_t target;
	bool target_given;
	uint32_t limit;
	cairn_usec wait;
	bool down;
	bool sql;
	cairn_migrate_opts line;
};

/* ---- rows ------------------------------------------------------------------------- */

static void row_json(const cairn_migration_row *row, bool sql)
{
	struct json json = json_begin(stdout);
	json_int(&json, "version", row->version);
	json_text(&json, "name", row->name);
	json_z(&json, "state", cairn_migration_state_text(row->state));
	if (row->direction != 0)
		json_z(&json, "direction", row->direction == CAIRN_MIGRATE_UP ? "up" : "down");
	json_time(&json, "applied_at", row->applied_at);
	json_text(&json, "introduced_version", row->introduced);
	json_text(&json, "checksum", row->checksum);
	json_bool(&json, "additive", row->additive != 0);
	if (sql)
		json_text(&json, "sql", row->sql);
	json_end(&json);
}

static enum color state_color(enum cairn_migration_state state)
{
	switch (state) {
	case CAIRN_MIGRATION_APPLIED:
		return GREEN;
	case CAIRN_MIGRATION_PENDING:
		return YELLOW;
	case CAIRN_MIGRATION_EDITED:
	case CAIRN_MIGRATION_DIRTY:
	case CAIRN_MIGRATION_UNKNOWN:
		return RED;
	}
	return PLAIN;
}

static void rows_table(const struct cli *cli, const cairn_migration_rows *rows)
{
	static const char *const heads[] = { ">VERSION", "NAME",     "STATE", "APPLIED",
					     "SINCE",	 "CHECKSUM", NULL };
	struct table table;
	char when[WHEN_TEXT];
	table_begin(&table, cli, heads);
	for (size_t i = 0; i < rows->count; i++) {
		const cairn_migration_row *row = &rows->at[i];
		table_cell(&table, PLAIN, "%" PRId64, row->version);
		table_text(&table, PLAIN, row->name);
		table_cell(&table, state_color(row->state), "%s",
			   cairn_migration_state_text(row->state));
		table_cell(&table, PLAIN, "%s", when_text(row->applied_at, when));
		table_text(&table, PLAIN, row->introduced);
		table_cell(&table, DIM, "%.12s", row->checksum.len > 0 ? row->checksum.ptr : "-");
	}
	table_end(&table);
}

static void print_rows(const struct cli *cli, const cairn_migration_rows *rows, bool sql)
{
	if (!cli->json && !sql)
		rows_table(cli, rows);
	for (size_t i = 0; i < rows->count && (cli->json || sql); i++) {
		const cairn_migration_row *row = &rows->at[i];
		if (cli->json)
			row_json(row, sql);
		else
			printf("-- %" PRId64 " %s\n%s\n", row->version, row->name.ptr,
			       row->sql.len > 0 ? row->sql.ptr : "");
	}
}

static int ran(const struct cli *cli, cairn_status st, const cairn_migration_rows *rows,
	       const cairn_error *err, const char *verb)
{
	if (st != CAIRN_OK)
		return failed(cli, err);
	print_rows(cli, rows, false);
	if (!cli->json)
		printf("%s%zu %s\n", rows->count > 0 ? "\n" : "", rows->count, verb);
	return EXIT_FINE;
}

/* ---- verbs ------------------------------------------------------------------------ */

static int up(const struct cli *cli, const struct migrate *args, cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_migration_rows *rows = NULL;
	cairn_status st = cairn_migrate_up(conn, &args->line, &rows, &err);
	int code = ran(cli, st, rows, &err, "applied");
	cairn_free(rows);
	return code;
}

static int down(const struct cli *cli, const struct migrate *args, cairn_conn *conn)
{
	if (!args->target_given)
		return usage_error(cli, "migrate down needs --target; 0 takes all away");
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_migration_rows *rows = NULL;
	cairn_status st = cairn_migrate_down(conn, &args->line, &rows, &err);
	int code = ran(cli, st, rows, &err, "taken away");
	cairn_free(rows);
	return code;
}

static int status(const struct cli *cli, const struct migrate *args, cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_migration_rows *rows = NULL;
	cairn_status st = cairn_migrate_status(conn, &args->line, &rows, &err);
	if (st == CAIRN_OK)
		print_rows(cli, rows, false);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

static int plan(const struct cli *cli, const struct migrate *args, cairn_conn *conn)
{
	if (args->down && !args->target_given)
		return usage_error(cli, "migrate plan --down needs --target; 0 takes all away");
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_migration_rows *rows = NULL;
	cairn_status st = cairn_migrate_plan(
		conn, args->down ? CAIRN_MIGRATE_DOWN : CAIRN_MIGRATE_UP, &args->line, &rows, &err);
	if (st == CAIRN_OK)
		print_rows(cli, rows, args->sql);
	if (st == CAIRN_OK && rows->count == 0 && !cli->json)
		puts("nothing to do");
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

static int check(const struct cli *cli, const struct migrate *args, cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	if (cairn_migrate_check(conn, &args->line, &err) != CAIRN_OK)
		return failed(cli, &err);
	if (!cli->json) {
		puts("ok");
		return EXIT_FINE;
	}
	struct json json = json_begin(stdout);
	json_bool(&json, "ok", true);
	json_end(&json);
	return EXIT_FINE;
}

static const char *drift_word(enum cairn_drift_kind kind)
{
	switch (kind) {
	case CAIRN_DRIFT_MISSING:
		return "missing";
	case CAIRN_DRIFT_EXTRA:
		return "extra";
	case CAIRN_DRIFT_CHANGED:
		return "changed";
	}
	return "?";
}

static void print_drift(const struct cli *cli, const cairn_drift *drift)
{
	static const char *const heads[] = { "KIND", "OBJECT", "NAME", "EXPECTED", "ACTUAL", NULL };
	struct table table;
	table_begin(&table, cli, heads);
	for (size_t i = 0; i < drift->count; i++) {
		const cairn_drift_row *row = &drift->at[i];
		if (cli->json) {
			struct json json = json_begin(stdout);
			json_z(&json, "kind", drift_word(row->kind));
			json_text(&json, "object", row->object);
			json_text(&json, "name", row->name);
			json_text(&json, "expected", row->expected);
			json_text(&json, "actual", row->actual);
			json_end(&json);
			continue;
		}
		table_cell(&table, YELLOW, "%s", drift_word(row->kind));
		table_text(&table, PLAIN, row->object);
		table_text(&table, PLAIN, row->name);
		table_text(&table, PLAIN, row->expected);
		table_text(&table, PLAIN, row->actual);
	}
	table_end(&table);
	if (drift->count == 0 && !cli->json)
		puts("no drift");
}

static int drift(const struct cli *cli, const struct migrate *args, cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_drift *rows = NULL;
	cairn_status st = cairn_migrate_drift(conn, &args->line, &rows, &err);
	int code = EXIT_FINE;
	if (st != CAIRN_OK) {
		code = failed(cli, &err);
	} else {
		print_drift(cli, rows);
		code = rows->count > 0 ? EXIT_SOME_FAILED : EXIT_FINE;
	}
	cairn_free(rows);
	return code;
}

/* ---- the command ---------------------------------------------------------------------- */

static const struct verb {
	const char *name;
	int (*run)(const struct cli *cli, const struct migrate *args, cairn_conn *conn);
	bool creates; /* may make the file */
} verbs[] = {
	{ "up", up, true },	 { "down", down, false },   { "status", status, false },
	{ "plan", plan, false }, { "check", check, false }, { "drift", drift, false },
};

static const struct verb *find(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

int cmd_migrate(struct cli *cli, int argc, char **argv)
{
	struct migrate args = { 0 };
	const struct opt opts[] = {
		{ "target", 0, OPT_BIG, &args.target, "VERSION", "where to stop",
		  &args.target_given },
		{ "limit", 0, OPT_COUNT, &args.limit, "N", "up: apply at most N", NULL },
		{ "wait", 0, OPT_SPAN, &args.wait, "DURATION",
		  "for another process that migrates; default 1m", NULL },
		{ "down", 0, OPT_FLAG, &args.down, NULL, "plan: of the way down", NULL },
		{ "sql", 0, OPT_FLAG, &args.sql, NULL, "plan: print the scripts", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code >= 0)
		return code;
	const struct verb *verb = argc == 1 ? find(argv[0]) : NULL;
	if (verb == NULL)
		return usage_error(cli,
				   "migrate takes one of up, down, status, plan, check, drift");
	bool downwards = verb->run == down || args.down;
	args.line = (cairn_migrate_opts){ .size = sizeof args.line,
					  .target = args.target,
					  .limit = args.limit,
					  .wait = args.wait };
	if (downwards && args.target_given && args.target == 0)
		args.line.target = -1; /* before the first */
	cairn_conn *conn = NULL;
	code = db_open(cli, verb->creates, &conn);
	if (code < 0)
		code = verb->run(cli, &args, conn);
	cairn_close(conn);
	return code;
}
