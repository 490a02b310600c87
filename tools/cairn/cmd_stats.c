/* cmd_stats.c - `cairn stats`: what stands in each queue. */
#include <string.h>

#include "cli.h"
#include "json.h"
#include "table.h"

static void stats_json(const cairn_queue_stats *row, cairn_time now)
{
	struct json json = json_begin(stdout);
	json_text(&json, "queue", row->queue);
	json_int(&json, "ready", row->ready);
	json_int(&json, "parked", row->parked);
	json_int(&json, "leased", row->leased);
	json_int(&json, "expired", row->expired);
	json_time(&json, "oldest_ready", row->oldest_ready);
	json_count(&json, "oldest_age_us", row->oldest_ready != 0 ? now - row->oldest_ready : -1);
	json_int(&json, "succeeded", row->succeeded);
	json_int(&json, "dead_lettered", row->dead_lettered);
	json_int(&json, "canceled", row->canceled);
	json_end(&json);
}

static void count_cell(struct table *table, enum color color, int64_t n)
{
	char text[NUMBER_TEXT];
	table_cell(table, n == 0 ? DIM : color, "%s", number_text(n, text));
}

static void stats_row(struct table *table, const cairn_queue_stats *row, cairn_time now)
{
	char age[SPAN_TEXT];
	table_text(table, PLAIN, row->queue);
	count_cell(table, PLAIN, row->ready);
	table_cell(table, PLAIN, "%s",
		   row->oldest_ready != 0 ? span_text(now - row->oldest_ready, age) : "-");
	count_cell(table, PLAIN, row->parked);
	count_cell(table, CYAN, row->leased);
	count_cell(table, YELLOW, row->expired);
	count_cell(table, GREEN, row->succeeded);
	count_cell(table, RED, row->dead_lettered);
	count_cell(table, YELLOW, row->canceled);
}

int cmd_stats(struct cli *cli, int argc, char **argv)
{
	static const char *const heads[] = { "QUEUE",	  ">READY",   ">OLDEST",    ">PARKED",
					     ">LEASED",	  ">EXPIRED", ">SUCCEEDED", ">DEAD",
					     ">CANCELED", NULL };
	const char *queue = NULL;
	size_t shown = 0;
	const struct opt opts[] = {
		{ "queue", 'q', OPT_TEXT, &queue, "NAME", "only this one", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc > 0)
		code = usage_error(cli, "stats takes no operands");
	cairn_conn *conn = NULL;
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_queues *rows = NULL;
	struct table table;
	table_begin(&table, cli, heads);
	cairn_status st = cairn_job_stats(conn, cli_scope(cli), &rows, &err);
	for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
		if (queue != NULL && strcmp(queue, rows->at[i].queue.ptr) != 0)
			continue;
		shown++;
		if (cli->json)
			stats_json(&rows->at[i], rows->now);
		else
			stats_row(&table, &rows->at[i], rows->now);
	}
	table_end(&table);
	if (st == CAIRN_OK && shown == 0 && !cli->json)
		puts("no jobs");
	cairn_free(rows);
	cairn_close(conn);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}
