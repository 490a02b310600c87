/* cmd_config.c - `cairn config get|put|list`: the runtime configs of job types. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "table.h"

struct config {
	const char *type; /* list */
	const char *by;
	const char *file;
	int32_t version;
	bool version_given;
	bool if_missing;
};

static void put_json(const cairn_config *row)
{
	struct json json = json_begin(stdout);
	json_text(&json, "type", row->type);
	json_int(&json, "version", row->version);
	json_raw(&json, "config", row->config);
	json_text(&json, "updated_by", row->updated_by);
	json_time(&json, "created_at", row->created_at);
	json_time(&json, "updated_at", row->updated_at);
	json_end(&json);
}

/* ---- list and get --------------------------------------------------------------------- */

static void put_row(struct table *table, const cairn_config *row)
{
	char updated[WHEN_TEXT];
	table_text(table, PLAIN, row->type);
	table_cell(table, PLAIN, "%" PRId32, row->version);
	table_text(table, PLAIN, row->updated_by);
	table_cell(table, DIM, "%s", when_text(row->updated_at, updated));
	table_text(table, PLAIN, row->config);
}

static int list(const struct cli *cli, const struct config *args, cairn_conn *conn)
{
	static const char *const heads[] = { "TYPE", ">VERSION", "BY", "UPDATED", "CONFIG", NULL };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_configs *rows = NULL;
	cairn_config_filter filter = { .size = sizeof filter,
				       .type = cairn_str_of(args->type),
				       .limit = 1000 };
	struct table table;
	char after[256];
	cairn_status st;
	table_begin(&table, cli, heads);
	do {
		st = cairn_job_config_list(conn, &filter, &rows, &err);
		for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
			if (cli->json)
				put_json(&rows->at[i]);
			else
				put_row(&table, &rows->at[i]);
			snprintf(after, sizeof after, "%s", rows->at[i].type.ptr);
			filter.after = cairn_str_of(after);
		}
	} while (st == CAIRN_OK && rows->count == filter.limit);
	table_end(&table);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* For people and pipes the object alone, byte for byte. */
static int get(const struct cli *cli, const char *type, cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_configs *row = NULL;
	cairn_status st = cairn_job_config_get(conn, cairn_str_of(type), &row, &err);
	if (st == CAIRN_OK && cli->json)
		put_json(&row->at[0]);
	else if (st == CAIRN_OK)
		printf("%s\n", row->at[0].config.ptr);
	cairn_free(row);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- put ------------------------------------------------------------------------------ */

static int put(const struct cli *cli, const struct config *args, const char *type, cairn_str object,
	       cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_config_put each = { .status = CAIRN_OK };
	cairn_config row = { .type = cairn_str_of(type),
			     .version = args->version_given ? args->version : 1,
			     .config = object,
			     .updated_by = cairn_str_of(args->by) };
	cairn_status st = args->if_missing
				  ? cairn_job_config_put_if_missing(conn, &row, 1, &each, &err)
				  : cairn_job_config_put(conn, &row, 1, &each, &err);
	if (st == CAIRN_OK && each.status != CAIRN_OK) {
		st = each.status;
		outcome_error(&err, each.status, each.code);
	}
	if (st != CAIRN_OK)
		return failed(cli, &err);
	bool fresh = each.disposition == CAIRN_INSERTED;
	if (cli->json)
		return get(cli, type, conn);
	printf("%s %s\n", fresh ? "added" : args->if_missing ? "kept" : "replaced", type);
	return EXIT_FINE;
}

static int put_given(const struct cli *cli, const struct config *args, int argc, char **argv,
		     cairn_conn *conn)
{
	if (argc == 3)
		return put(cli, args, argv[1], cairn_str_of(argv[2]), conn);
	cairn_str text;
	char *held = NULL;
	int code = file_take(cli, args->file, &text, &held);
	if (code < 0)
		code = put(cli, args, argv[1], text, conn);
	free(held);
	return code;
}

/* ---- the command ------------------------------------------------------------------------ */

static bool is(const char *verb, const char *word)
{
	return strcmp(verb, word) == 0;
}

static int check(const struct cli *cli, const struct config *args, int argc, char **argv)
{
	bool writes =
		args->by != NULL || args->file != NULL || args->version_given || args->if_missing;
	if (argc == 0 || !(is(argv[0], "get") || is(argv[0], "put") || is(argv[0], "list")))
		return usage_error(cli, "config takes get, put or list");
	if (writes && !is(argv[0], "put"))
		return usage_error(cli, "--version, --by, --file and --if-missing are put's");
	if (args->type != NULL && !is(argv[0], "list"))
		return usage_error(cli, "--type is list's");
	if (is(argv[0], "list") && argc != 1)
		return usage_error(cli, "config list takes no operands; --type filters");
	if (is(argv[0], "get") && argc != 2)
		return usage_error(cli, "config get takes one type");
	if (is(argv[0], "put") && argc != (args->file != NULL ? 2 : 3))
		return usage_error(cli, "config put takes a type and an object, or --file");
	return -1;
}

int cmd_config(struct cli *cli, int argc, char **argv)
{
	struct config args = { 0 };
	const struct opt opts[] = {
		{ "version", 0, OPT_INT32, &args.version, "N",
		  "put: of the object's schema; default 1", &args.version_given },
		{ "by", 0, OPT_TEXT, &args.by, "NAME", "put: who writes it", NULL },
		{ "file", 0, OPT_TEXT, &args.file, "FILE", "put: the object; - is standard input",
		  NULL },
		{ "if-missing", 0, OPT_FLAG, &args.if_missing, NULL, "put: keep what is there",
		  NULL },
		{ "type", 0, OPT_TEXT, &args.type, "TYPE", "list: only this type", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0)
		code = check(cli, &args, argc, argv);
	cairn_conn *conn = NULL;
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	if (is(argv[0], "list"))
		code = list(cli, &args, conn);
	else if (is(argv[0], "get"))
		code = get(cli, argv[1], conn);
	else
		code = put_given(cli, &args, argc, argv, conn);
	cairn_close(conn);
	return code;
}
