/* cmd_dead.c - `cairn dead`: dead letters, the newest job first. */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "table.h"

#define PAGE 1000u

static void dead_json(const cairn_dead_letter *letter)
{
	struct json json = json_begin(stdout);
	json_id(&json, "id", letter->id);
	json_text(&json, "type", letter->type);
	json_text(&json, "queue", letter->queue);
	json_text(&json, "tenant", letter->tenant);
	json_int(&json, "run_number", letter->run_number);
	json_int(&json, "attempt", letter->attempt);
	json_text(&json, "error_code", letter->error_code);
	json_text(&json, "error_message", letter->error_message);
	json_raw(&json, "payload", letter->payload);
	json_raw(&json, "checkpoint", letter->checkpoint);
	json_time(&json, "failed_at", letter->failed_at);
	json_time(&json, "created_at", letter->created_at);
	json_end(&json);
}

static void dead_row(struct table *table, const cairn_dead_letter *letter)
{
	char id[CAIRN_ID_TEXT];
	char when[WHEN_TEXT];
	cairn_id_format(letter->id, id);
	table_cell(table, PLAIN, "%s", id);
	table_text(table, PLAIN, letter->type);
	table_text(table, PLAIN, letter->queue);
	table_cell(table, PLAIN, "%" PRId32, letter->attempt);
	table_cell(table, PLAIN, "%s", when_text(letter->failed_at, when));
	table_text(table, RED, letter->error_code);
	table_text(table, PLAIN, letter->error_message);
}

/* Letters can't be selected by queue, so all of them are looked at. */
static bool wanted(const char *queue, cairn_str name)
{
	return queue == NULL || strcmp(queue, name.ptr) == 0;
}

static int list_dead(const struct cli *cli, cairn_dead_filter *filter, const char *queue,
		     uint32_t left, cairn_conn *conn)
{
	static const char *const heads[] = { "ID",	  "TYPE", "QUEUE",   ">TRIES",
					     "FAILED AT", "CODE", "MESSAGE", NULL };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_dead_letters *rows = NULL;
	cairn_status st = CAIRN_OK;
	struct table table;
	table_begin(&table, cli, heads);
	while (left > 0) {
		filter->limit = left < PAGE && queue == NULL ? left : PAGE;
		st = cairn_job_dead_letters(conn, filter, &rows, &err);
		if (st != CAIRN_OK || rows->count == 0)
			break;
		for (size_t i = 0; i < rows->count && left > 0; i++) {
			if (!wanted(queue, rows->at[i].queue))
				continue;
			left--;
			if (cli->json)
				dead_json(&rows->at[i]);
			else
				dead_row(&table, &rows->at[i]);
		}
		filter->after = rows->at[rows->count - 1].id;
		if (rows->count < filter->limit)
			break;
	}
	table_end_or(&table, st == CAIRN_OK ? "no dead letters" : NULL);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

int cmd_dead(struct cli *cli, int argc, char **argv)
{
	cairn_dead_filter filter = { .size = sizeof filter };
	const char *type = NULL;
	const char *queue = NULL;
	const char *after = NULL;
	uint32_t limit = 50;
	const struct opt opts[] = {
		{ "queue", 'q', OPT_TEXT, &queue, "NAME", "of this queue", NULL },
		{ "type", 0, OPT_TEXT, &type, "TYPE", "of this type", NULL },
		{ "limit", 'n', OPT_COUNT, &limit, "N", "at most; default 50", NULL },
		{ "after", 0, OPT_TEXT, &after, "ID", "go on behind this job", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc > 0)
		code = usage_error(cli, "dead takes no operands");
	if (code < 0 && after != NULL && cairn_id_parse(cairn_str_of(after), &filter.after) != 0)
		code = usage_error(cli, "--after: '%s' is no id", after);
	cairn_conn *conn = NULL;
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	filter.scope = cli_scope(cli);
	filter.type = cairn_str_of(type);
	code = list_dead(cli, &filter, queue, limit, conn);
	cairn_close(conn);
	return code;
}
