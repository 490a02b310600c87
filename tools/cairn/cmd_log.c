/* cmd_log.c - `cairn logs` and `cairn note`: what is said about a job. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "table.h"

#define PAGE 1000u

static int parse_level(const struct cli *cli, const char *word, enum cairn_log_level *level)
{
	if (word == NULL)
		return -1;
	*level = cairn_log_level_parse(cairn_str_of(word));
	if (*level == 0)
		return usage_error(cli, "--level: DEBUG, INFO, WARNING or ERROR");
	return -1;
}

/* ---- logs -------------------------------------------------------------------------------- */

struct logs {
	cairn_id job;
	int64_t after;
	uint32_t limit;
	enum cairn_log_level level;
};

static enum color level_color(enum cairn_log_level level)
{
	if (level == CAIRN_LOG_ERROR)
		return RED;
	if (level == CAIRN_LOG_WARNING)
		return YELLOW;
	return level == CAIRN_LOG_DEBUG ? DIM : PLAIN;
}

static void put_line(const struct cli *cli, struct table *table, const cairn_log_row *row)
{
	char when[WHEN_TEXT];
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_log(&json, row);
		json_end(&json);
		return;
	}
	table_cell(table, PLAIN, "%" PRId64, row->seq);
	table_cell(table, PLAIN, "%s", when_text(row->at, when));
	table_cell(table, level_color(row->level), "%s", cairn_log_level_text(row->level));
	table_cell(table, PLAIN, "%" PRId32 ".%" PRId32, row->run_number, row->attempt);
	table_text(table, PLAIN, row->message);
	table_text(table, DIM, row->data);
}

static int list_logs(const struct cli *cli, cairn_conn *conn, struct logs *logs)
{
	static const char *const heads[] = {
		">SEQ", "AT", "LEVEL", "RUN", "MESSAGE", "DATA", NULL
	};
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_log_rows *rows = NULL;
	cairn_status st;
	struct table table;
	table_begin(&table, cli, heads);
	do {
		st = cairn_job_logs(conn, cli_scope(cli), logs->job, logs->after, PAGE, &rows,
				    &err);
		for (size_t i = 0; st == CAIRN_OK && i < rows->count && logs->limit > 0; i++) {
			logs->after = rows->at[i].seq;
			if (rows->at[i].level < logs->level)
				continue;
			put_line(cli, &table, &rows->at[i]);
			logs->limit--;
		}
	} while (st == CAIRN_OK && rows->count == PAGE && logs->limit > 0);
	table_end_or(&table, st == CAIRN_OK ? "nothing was said" : NULL);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

int cmd_logs(struct cli *cli, int argc, char **argv)
{
	struct logs logs = { .limit = UINT32_MAX };
	const char *level = NULL;
	cairn_conn *conn = NULL;
	const struct opt opts[] = {
		{ "after", 0, OPT_BIG, &logs.after, "SEQ", "go on behind this line", NULL },
		{ "limit", 'n', OPT_COUNT, &logs.limit, "N", "at most; default all", NULL },
		{ "level", 0, OPT_TEXT, &level, "LEVEL", "this one, or worse", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 1)
		code = usage_error(cli, "logs takes one id; cairn jobs lists them");
	if (code < 0 && cairn_id_parse(cairn_str_of(argv[0]), &logs.job) != 0)
		code = usage_error(cli, "'%s' is no id", argv[0]);
	if (code < 0)
		code = parse_level(cli, level, &logs.level);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0)
		code = list_logs(cli, conn, &logs);
	cairn_close(conn);
	return code;
}

/* ---- note -------------------------------------------------------------------------------- */

int cmd_note(struct cli *cli, int argc, char **argv)
{
	enum cairn_log_level level = CAIRN_LOG_INFO;
	const char *word = NULL;
	const char *given = NULL;
	char *held = NULL;
	cairn_str data = { NULL, 0 };
	cairn_id job;
	cairn_conn *conn = NULL;
	const struct opt opts[] = {
		{ "level", 0, OPT_TEXT, &word, "LEVEL", "DEBUG, INFO, WARNING, ERROR; default INFO",
		  NULL },
		{ "data", 0, OPT_TEXT, &given, "JSON", "or @FILE, or -", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 2)
		code = usage_error(cli, "note takes an id and a message");
	if (code < 0 && cairn_id_parse(cairn_str_of(argv[0]), &job) != 0)
		code = usage_error(cli, "'%s' is no id", argv[0]);
	if (code < 0)
		code = parse_level(cli, word, &level);
	if (code < 0)
		code = document_take(cli, "data", given, &data, &held);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0) {
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_status st = cairn_job_note(conn, cli_scope(cli), job, level,
						 cairn_str_of(argv[1]), data, &err);
		code = st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
	}
	cairn_close(conn);
	free(held);
	return code;
}
