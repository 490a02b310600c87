/* cmd_queues.c - `cairn queues`: what stands in each queue; `cairn pause`, `cairn resume`. */
#include "cli.h"
#include "json.h"
#include "table.h"

#define PAGE 1000u

/* ---- queues ------------------------------------------------------------------ */

static void queue_json(const cairn_queue *row, bool finished, cairn_time now)
{
	struct json json = json_begin(stdout);
	json_text(&json, "queue", row->name);
	json_bool(&json, "paused", row->paused != 0);
	json_time(&json, "paused_at", row->paused_at);
	json_int(&json, "pending", row->pending);
	json_int(&json, "due", row->due);
	json_int(&json, "parked", row->parked);
	json_int(&json, "leased", row->leased);
	json_int(&json, "expired", row->expired);
	json_time(&json, "oldest_due", row->oldest_due);
	json_count(&json, "oldest_age_us", row->oldest_due != 0 ? now - row->oldest_due : -1);
	if (finished) {
		json_int(&json, "succeeded", row->succeeded);
		json_int(&json, "dead_lettered", row->dead_lettered);
		json_int(&json, "canceled", row->canceled);
	}
	json_end(&json);
}

static void queue_row(struct table *table, const cairn_queue *row, bool finished, cairn_time now)
{
	char age[SPAN_TEXT];
	table_text(table, PLAIN, row->name);
	table_count(table, PLAIN, row->due);
	table_cell(table, PLAIN, "%s",
		   row->oldest_due != 0 ? span_text(now - row->oldest_due, age) : "-");
	table_count(table, PLAIN, row->parked);
	table_count(table, CYAN, row->leased);
	table_count(table, YELLOW, row->expired);
	table_cell(table, YELLOW, "%s", row->paused ? span_text(now - row->paused_at, age) : "-");
	if (!finished)
		return;
	table_count(table, GREEN, row->succeeded);
	table_count(table, RED, row->dead_lettered);
	table_count(table, YELLOW, row->canceled);
}

static int list_queues(const struct cli *cli, cairn_conn *conn, bool finished)
{
	static const char *const heads[] = { "QUEUE",	">DUE",	     ">OLDEST", ">PARKED",
					     ">LEASED", ">EXPIRED",  ">PAUSED", ">SUCCEEDED",
					     ">DEAD",	">CANCELED", NULL };
	static const char *const few[] = { "QUEUE",   ">DUE",	  ">OLDEST", ">PARKED",
					   ">LEASED", ">EXPIRED", ">PAUSED", NULL };
	cairn_queue_filter filter = {
		.size = sizeof filter, .scope = cli_scope(cli), .limit = PAGE, .finished = finished
	};
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_queues *rows = NULL;
	struct table table;
	bool any = false;
	table_begin(&table, cli, finished ? heads : few);
	cairn_status st = cairn_queue_list(conn, &filter, &rows, &err);
	while (st == CAIRN_OK && rows->count > 0) {
		any = true;
		for (size_t i = 0; i < rows->count; i++) {
			if (cli->json)
				queue_json(&rows->at[i], finished, rows->now);
			else
				queue_row(&table, &rows->at[i], finished, rows->now);
		}
		if (rows->count < PAGE)
			break;
		/* the cursor must outlive the rows that it was taken from */
		cairn_queues *before = rows;
		rows = NULL;
		filter.after = before->at[before->count - 1].name;
		st = cairn_queue_list(conn, &filter, &rows, &err);
		cairn_free(before);
	}
	table_end(&table);
	if (st == CAIRN_OK && !any && !cli->json)
		puts("no jobs");
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

int cmd_queues(struct cli *cli, int argc, char **argv)
{
	bool all = false;
	const struct opt opts[] = {
		{ "all", 'a', OPT_FLAG, &all, NULL, "ended jobs too: reads all that are kept",
		  NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc > 0)
		code = usage_error(cli, "queues takes no operands");
	cairn_conn *conn = NULL;
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0)
		code = list_queues(cli, conn, all);
	cairn_close(conn);
	return code;
}

/* ---- pause, resume ------------------------------------------------------------ */

static void tell(const struct cli *cli, const char *queue, bool paused, bool changed)
{
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_z(&json, "queue", queue);
		json_bool(&json, "paused", paused);
		json_bool(&json, "changed", changed);
		json_end(&json);
		return;
	}
	const char *word = paused ? "paused" : "resumed";
	if (!changed)
		word = paused ? "was paused" : "was not paused";
	printf("%s: %s\n", queue, word);
}

static int set_all(struct cli *cli, int argc, char **argv, bool paused)
{
	cairn_str names[MAX_TEXTS];
	cairn_queue_changed each[MAX_TEXTS];
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	int code = args_parse(cli, NULL, &argc, argv);
	if (code < 0 && (argc == 0 || argc > MAX_TEXTS))
		code = usage_error(cli, "%s takes 1 to %d queues", cli->command, MAX_TEXTS);
	if (code < 0 && (cli->tenant != NULL || cli->global))
		code = usage_error(cli, "a queue is everybody's: no --tenant, no --global");
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	for (int i = 0; i < argc; i++)
		names[i] = cairn_str_of(argv[i]);
	cairn_status st = paused ? cairn_queue_pause(conn, names, (size_t)argc, each, &err)
				 : cairn_queue_resume(conn, names, (size_t)argc, each, &err);
	for (int i = 0; i < argc && st == CAIRN_OK; i++)
		tell(cli, argv[i], paused, each[i].changed != 0);
	cairn_close(conn);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

int cmd_pause(struct cli *cli, int argc, char **argv)
{
	return set_all(cli, argc, argv, true);
}

int cmd_resume(struct cli *cli, int argc, char **argv)
{
	return set_all(cli, argc, argv, false);
}
