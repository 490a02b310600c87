/* cmd_threads.c - `cairn threads`: which there are, copying and deleting them. */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "table.h"

#define PAGE 1000u

static void thread_json(const struct cli *cli, const cairn_thread *row)
{
	struct json json = json_begin(stdout);
	json_text(&json, "tenant", cli_tenant(cli));
	json_text(&json, "thread", row->thread);
	json_int(&json, "write_seq", row->write_seq);
	json_time(&json, "created_at", row->created_at);
	json_time(&json, "updated_at", row->updated_at);
	json_end(&json);
}

static void thread_row(struct table *table, const cairn_thread *row)
{
	char when[WHEN_TEXT];
	table_text(table, PLAIN, row->thread);
	table_cell(table, PLAIN, "%" PRId64, row->write_seq);
	table_cell(table, PLAIN, "%s", when_text(row->created_at, when));
	table_cell(table, PLAIN, "%s", when_text(row->updated_at, when));
}

static int list(const struct cli *cli, cairn_conn *conn, const char *prefix)
{
	static const char *const heads[] = { "THREAD", ">SEQ", "CREATED", "UPDATED", NULL };
	cairn_thread_filter filter = { .size = sizeof filter,
				       .tenant = cli_tenant(cli),
				       .prefix = cairn_str_of(prefix),
				       .limit = PAGE };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_threads *rows = NULL;
	struct table table;
	table_begin(&table, cli, heads);
	cairn_status st = cairn_thread_list(conn, &filter, &rows, &err);
	while (st == CAIRN_OK && rows->count > 0) {
		for (size_t i = 0; i < rows->count; i++) {
			if (cli->json)
				thread_json(cli, &rows->at[i]);
			else
				thread_row(&table, &rows->at[i]);
		}
		if (rows->count < PAGE)
			break;
		/* the cursor must outlive the rows that it was taken from */
		cairn_threads *before = rows;
		rows = NULL;
		filter.after = before->at[before->count - 1].thread;
		st = cairn_thread_list(conn, &filter, &rows, &err);
		cairn_free(before);
	}
	table_end_or(&table, st == CAIRN_OK ? "no threads" : NULL);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

static int copy(const struct cli *cli, cairn_conn *conn, char **names)
{
	cairn_error err = CAIRN_ERROR_INIT;
	size_t copied = 0;
	if (cairn_thread_copy(conn, cli_tenant(cli), cairn_str_of(names[0]), cairn_str_of(names[1]),
			      &copied, &err) != CAIRN_OK)
		return failed(cli, &err);
	return tell_total(cli, "copied", copied);
}

static int delete_one(const struct cli *cli, cairn_conn *conn, const char *name)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_str thread = cairn_str_of(name);
	size_t deleted = 0;
	if (cairn_thread_delete(conn, cli_tenant(cli), &thread, 1, &deleted, &err) != CAIRN_OK)
		return failed(cli, &err);
	return tell_total(cli, "deleted", deleted);
}

int cmd_threads(struct cli *cli, int argc, char **argv)
{
	const char *prefix = NULL;
	const struct opt opts[] = {
		{ "prefix", 0, OPT_TEXT, &prefix, "TEXT", "list: only names that begin so", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	cairn_conn *conn = NULL;
	int code = args_parse(cli, opts, &argc, argv);
	if (code >= 0)
		return code;
	bool lists = argc == 0 || (argc == 1 && strcmp(argv[0], "list") == 0);
	bool copies = argc == 3 && strcmp(argv[0], "copy") == 0;
	if (cli->global)
		return usage_error(cli, "every thread has a tenant");
	if (!lists && !copies && (argc != 2 || strcmp(argv[0], "delete") != 0))
		return usage_error(cli, "threads takes nothing, copy FROM TO, or delete THREAD");
	if (prefix != NULL && !lists)
		return usage_error(cli, "--prefix goes with the list");
	code = db_ready(cli, &conn);
	if (code < 0 && lists)
		code = list(cli, conn, prefix);
	else if (code < 0 && copies)
		code = copy(cli, conn, argv + 1);
	else if (code < 0)
		code = delete_one(cli, conn, argv[1]);
	cairn_close(conn);
	return code;
}
