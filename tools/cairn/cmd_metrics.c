/* cmd_metrics.c - `cairn metrics`: all at a glance, then a row per job type. */
#include <inttypes.h>

#include "cli.h"
#include "json.h"
#include "table.h"

struct metrics {
	const char *type;
	cairn_usec window;
	bool openmetrics;
};

/* ---- the summary ---------------------------------------------------------------------- */

static void json_ended(struct json *json, const char *name, const cairn_ended *ended)
{
	json_open(json, name);
	json_int(json, "ended", ended->all);
	json_int(json, "failed", ended->failed);
	json_close(json);
}

static void summary_json(const cairn_summary *summary)
{
	struct json json = json_begin(stdout);
	json_open(&json, "jobs");
	for (int i = CAIRN_JOB_PENDING; i <= CAIRN_JOB_CANCELED; i++)
		json_int(&json, cairn_job_status_text((enum cairn_job_status)i), summary->jobs[i]);
	json_close(&json);
	json_int(&json, "ready", summary->ready);
	json_int(&json, "parked", summary->parked);
	json_int(&json, "expired", summary->expired);
	json_time(&json, "oldest_ready", summary->oldest_ready);
	json_open(&json, "attempts");
	json_ended(&json, "minute", &summary->minute);
	json_ended(&json, "hour", &summary->hour);
	json_ended(&json, "day", &summary->day);
	json_close(&json);
	json_int(&json, "queues", summary->queues);
	json_int(&json, "definitions", summary->definitions);
	json_int(&json, "disabled", summary->disabled);
	json_time(&json, "now", summary->now);
	json_end(&json);
}

static void line_ended(const char *span, const cairn_ended *ended)
{
	char n[2][NUMBER_TEXT];
	printf("last %-7s %s attempts ended, %s failed\n", span, number_text(ended->all, n[0]),
	       number_text(ended->failed, n[1]));
}

static void summary_lines(const cairn_summary *summary)
{
	char n[4][NUMBER_TEXT];
	char age[SPAN_TEXT];
	printf("pending      %s (%s ready, %s parked), %s leased (%s expired)\n",
	       number_text(summary->jobs[CAIRN_JOB_PENDING], n[0]),
	       number_text(summary->ready, n[1]), number_text(summary->parked, n[2]),
	       number_text(summary->jobs[CAIRN_JOB_LEASED], n[3]),
	       number_text(summary->expired, age));
	printf("finished     %s succeeded, %s dead, %s canceled\n",
	       number_text(summary->jobs[CAIRN_JOB_SUCCEEDED], n[0]),
	       number_text(summary->jobs[CAIRN_JOB_DEAD_LETTERED], n[1]),
	       number_text(summary->jobs[CAIRN_JOB_CANCELED], n[2]));
	printf("oldest ready %s\n", summary->oldest_ready != 0
					    ? span_text(summary->now - summary->oldest_ready, age)
					    : "-");
	line_ended("minute", &summary->minute);
	line_ended("hour", &summary->hour);
	line_ended("day", &summary->day);
	printf("queues       %s, %s types (%s disabled)\n\n", number_text(summary->queues, n[0]),
	       number_text(summary->definitions, n[1]), number_text(summary->disabled, n[2]));
}

static int put_summary(const struct cli *cli, cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_summary summary = { .size = sizeof summary };
	if (cairn_job_summary(conn, cli_scope(cli), &summary, &err) != CAIRN_OK)
		return failed(cli, &err);
	if (cli->json)
		summary_json(&summary);
	else
		summary_lines(&summary);
	return -1;
}

/* ---- types ---------------------------------------------------------------------------- */

static void type_json(const cairn_type_metrics *row)
{
	struct json json = json_begin(stdout);
	json_text(&json, "type", row->type);
	json_bool(&json, "enabled", row->disabled == 0);
	json_int(&json, "pending", row->pending);
	json_int(&json, "ready", row->ready);
	json_int(&json, "leased", row->leased);
	json_int(&json, "expired", row->expired);
	json_time(&json, "oldest_ready", row->oldest_ready);
	json_open(&json, "ended");
	for (int i = CAIRN_ENDING_SUCCEEDED; i <= CAIRN_ENDING_RELEASED; i++)
		json_int(&json, cairn_ending_text((enum cairn_ending)i), row->ended[i]);
	json_close(&json);
	json_int(&json, "dead_lettered", row->dead_lettered);
	json_count(&json, "p50_us", row->p50);
	json_count(&json, "p95_us", row->p95);
	json_int(&json, "continued", row->continued);
	json_int(&json, "max_run", row->max_run);
	json_end(&json);
}

static void span_cell(struct table *table, cairn_usec span)
{
	char text[SPAN_TEXT];
	table_cell(table, PLAIN, "%s", span >= 0 ? span_text(span, text) : "-");
}

static void type_row(struct table *table, const cairn_type_metrics *row, cairn_time now)
{
	int64_t failures = row->ended[CAIRN_ENDING_RETRYABLE] + row->ended[CAIRN_ENDING_TERMINAL] +
			   row->ended[CAIRN_ENDING_TIMEOUT] + row->ended[CAIRN_ENDING_PANICKED] +
			   row->ended[CAIRN_ENDING_LEASE_EXPIRED];
	table_text(table, row->disabled ? YELLOW : PLAIN, row->type);
	table_count(table, PLAIN, row->pending);
	span_cell(table, row->oldest_ready != 0 ? now - row->oldest_ready : -1);
	table_count(table, CYAN, row->leased);
	table_count(table, YELLOW, row->expired);
	table_count(table, GREEN, row->ended[CAIRN_ENDING_SUCCEEDED]);
	table_count(table, YELLOW, failures);
	table_count(table, RED, row->dead_lettered);
	span_cell(table, row->p50);
	span_cell(table, row->p95);
}

static int put_types(const struct cli *cli, cairn_metrics_filter *filter, cairn_conn *conn)
{
	static const char *const heads[] = { "TYPE",	 ">PENDING", ">OLDEST", ">LEASED",
					     ">EXPIRED", ">OK",	     ">FAILED", ">DEAD",
					     ">P50",	 ">P95",     NULL };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_metrics *rows = NULL;
	struct table table;
	char after[256];
	cairn_status st;
	filter->limit = 1000;
	table_begin(&table, cli, heads);
	do {
		st = cairn_job_metrics(conn, filter, &rows, &err);
		for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
			if (cli->json)
				type_json(&rows->at[i]);
			else
				type_row(&table, &rows->at[i], rows->now);
			snprintf(after, sizeof after, "%s", rows->at[i].type.ptr);
			filter->after = cairn_str_of(after);
		}
	} while (st == CAIRN_OK && rows->count == filter->limit);
	table_end(&table);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- the command ------------------------------------------------------------------------ */

static int put_text(const struct cli *cli, const cairn_metrics_filter *filter, cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_texts *text = NULL;
	cairn_status st = cairn_metrics_text(conn, filter, &text, &err);
	if (st == CAIRN_OK)
		fputs(text->at[0].ptr, stdout);
	cairn_free(text);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

int cmd_metrics(struct cli *cli, int argc, char **argv)
{
	struct metrics args = { .type = NULL };
	const struct opt opts[] = {
		{ "openmetrics", 0, OPT_FLAG, &args.openmetrics, NULL,
		  "as OpenMetrics text, for scrapers", NULL },
		{ "type", 0, OPT_TEXT, &args.type, "TYPE", "only this type", NULL },
		{ "window", 0, OPT_SPAN, &args.window, "DURATION",
		  "how far back attempts count; default 24h", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc > 0)
		code = usage_error(cli, "metrics takes no operands; --type filters");
	if (code < 0 && args.openmetrics && cli->json)
		code = usage_error(cli, "--openmetrics and --json exclude each other");
	cairn_conn *conn = NULL;
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	cairn_metrics_filter filter = { .size = sizeof filter,
					.scope = cli_scope(cli),
					.type = cairn_str_of(args.type),
					.window = args.window };
	if (args.openmetrics) {
		code = put_text(cli, &filter, conn);
	} else {
		code = put_summary(cli, conn);
		if (code < 0)
			code = put_types(cli, &filter, conn);
	}
	cairn_close(conn);
	return code;
}
