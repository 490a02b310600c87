/* cmd_sync.c - `cairn sync`: a file of definitions is brought into the store as a whole. */
#include <string.h>

#include "catalog.h"
#include "json.h"
#include "table.h"

struct sync {
	const char *mode;
	struct texts scope;
};

static enum cairn_sync_mode mode_of(const char *word)
{
	if (word == NULL || strcmp(word, "preserve") == 0)
		return CAIRN_SYNC_PRESERVE;
	if (strcmp(word, "restore") == 0)
		return CAIRN_SYNC_RESTORE;
	return strcmp(word, "exact") == 0 ? CAIRN_SYNC_EXACT : (enum cairn_sync_mode)0;
}

static void tell(const struct cli *cli, const cairn_sync_report *report, size_t n)
{
	char number[NUMBER_TEXT];
	for (size_t i = 0; i < report->count; i++) {
		const cairn_disabled *row = &report->at[i];
		if (cli->json) {
			struct json json = json_begin(stdout);
			json_text(&json, "type", row->type);
			json_bool(&json, "absent", row->absent != 0);
			json_end(&json);
		} else {
			printf("disabled %s%s\n", row->type.ptr,
			       row->absent ? " (not in the catalog)" : "");
		}
	}
	if (!cli->json)
		printf("synced %s\n", number_text((int64_t)n, number));
}

static int sync_file(const struct cli *cli, const struct sync *args, const struct catalog *catalog,
		     cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_sync_report *report = NULL;
	cairn_str scope[MAX_TEXTS];
	for (size_t i = 0; i < args->scope.count; i++)
		scope[i] = cairn_str_of(args->scope.at[i]);
	cairn_sync_opts opts = { .size = sizeof opts,
				 .mode = mode_of(args->mode),
				 .scope = scope,
				 .scope_count = args->scope.count };
	cairn_status st =
		cairn_job_definition_sync(conn, catalog->at, catalog->count, &opts, &report, &err);
	if (st == CAIRN_OK)
		tell(cli, report, catalog->count);
	cairn_free(report);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

int cmd_sync(struct cli *cli, int argc, char **argv)
{
	struct sync args = { NULL, { 0 } };
	const struct opt opts[] = {
		{ "mode", 0, OPT_TEXT, &args.mode, "preserve|restore|exact",
		  "what becomes of disabled and absent types; default preserve", NULL },
		{ "scope", 0, OPT_TEXTS, &args.scope, "TYPE",
		  "exact: disable this type if the file lacks it; may be repeated", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	struct catalog catalog = { 0 };
	cairn_conn *conn = NULL;
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 1)
		code = usage_error(cli, "sync takes one file, or - for the standard input");
	if (code < 0 && mode_of(args.mode) == 0)
		code = usage_error(cli, "--mode is preserve, restore or exact");
	if (code < 0)
		code = catalog_read(cli, argv[0], &catalog);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0) {
		code = sync_file(cli, &args, &catalog, conn);
		cairn_close(conn);
	}
	catalog_free(&catalog);
	return code;
}
