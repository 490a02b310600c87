/* cmd_run_read.c - `cairn run steps` and `cairn run events`: a run in lists, page by page. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "replays.h"

/* ---- steps ----------------------------------------------------------------------------- */

struct steps {
	cairn_step_filter by;
	struct texts statuses;
	const char *key;
	const char *field;
	const char *after;
	uint32_t limit;
	bool limited;
	bool documents;
	bool full;
	size_t seen;
};

static void step_row(struct table *table, const cairn_step *step)
{
	char id[CAIRN_ID_TEXT];
	char when[WHEN_TEXT];
	cairn_id_format(step->id, id);
	table_cell(table, PLAIN, "%s", id);
	table_text(table, PLAIN, step->key);
	table_text(table, PLAIN, step->type);
	table_cell(table, step_status_color(step->status), "%s",
		   cairn_step_status_text(step->status));
	if (step->run_number > 0)
		table_cell(table, PLAIN, "%" PRId32 "/%" PRId32, step->attempt, step->max_attempts);
	else
		table_cell(table, DIM, "-");
	table_cell(table, PLAIN, "%" PRId32 "/%" PRId32, step->prerequisites - step->pending,
		   step->prerequisites);
	table_cell(table, PLAIN, "%s", when_text(step->released_at, when));
	table_cell(table, PLAIN, "%s", when_text(step->started_at, when));
	table_cell(table, PLAIN, "%s", when_text(step->finished_at, when));
	if (step->error_code.len > 0)
		table_cell(table, PLAIN, "%.*s: %.*s", (int)step->error_code.len,
			   step->error_code.ptr, (int)step->error_message.len,
			   step->error_message.len > 0 ? step->error_message.ptr : "");
	else
		table_text(table, PLAIN, step->status_reason);
}

static int put_field(const struct cli *cli, const char *field, const cairn_step *step)
{
	bool payload = strcmp(field, "payload") == 0;
	if (!payload && strcmp(field, "output") != 0)
		return usage_error(cli, "--field: payload or output");
	cairn_str text = payload ? step->payload : step->output;
	if (text.len > 0)
		fwrite(text.ptr, 1, text.len, stdout);
	return EXIT_FINE;
}

static int put_steps(const struct cli *cli, const struct steps *args, struct table *table,
		     const cairn_steps *rows)
{
	if (args->field != NULL && rows->count > 0)
		return put_field(cli, args->field, &rows->at[0]);
	for (size_t i = 0; i < rows->count; i++) {
		if (cli->json) {
			struct json json = json_begin(stdout);
			json_step(&json, &rows->at[i], !args->documents);
			json_end(&json);
		} else {
			step_row(table, &rows->at[i]);
		}
	}
	return -1;
}

static int list_steps(const struct cli *cli, struct steps *args, cairn_conn *conn)
{
	static const char *const heads[] = { "ID",	 "STEP",    "TYPE",	"STATUS",
					     ">TRIES",	 ">WAITED", "RELEASED", "STARTED",
					     "FINISHED", "NOTE",    NULL };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_steps *rows = NULL;
	struct table table;
	uint32_t left = args->limited ? args->limit : UINT32_MAX;
	int code = -1;
	cairn_status st;
	table_begin(&table, cli, heads);
	do {
		args->by.limit = left < RUNS_PAGE ? left : RUNS_PAGE;
		st = cairn_run_steps(conn, &args->by, &rows, &err);
		if (st != CAIRN_OK || rows->count == 0)
			break;
		code = put_steps(cli, args, &table, rows);
		args->by.after = rows->at[rows->count - 1].id;
		args->seen += rows->count;
		left -= (uint32_t)rows->count;
	} while (code < 0 && rows->count == args->by.limit && left > 0);
	table_end_or(&table, st == CAIRN_OK && code < 0 ? "no such steps" : NULL);
	cairn_free(rows);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	if (args->key != NULL && args->seen == 0) {
		outcome_error(&err, CAIRN_NOT_FOUND, CAIRN_E_STEP_NOT_FOUND);
		return failed(cli, &err);
	}
	return code < 0 ? EXIT_FINE : code;
}

static int settle_steps(const struct cli *cli, struct steps *args)
{
	args->by.size = sizeof args->by;
	args->by.scope = cli_scope(cli);
	args->by.key = cairn_str_of(args->key);
	args->by.compact = args->documents || args->field != NULL ? 0 : 1;
	int code = step_statuses_parse(cli, &args->statuses, &args->by.statuses);
	return code < 0 && args->after != NULL ? run_id_parse(cli, args->after, &args->by.after)
					       : code;
}

static int steps_of(const struct cli *cli, struct steps *args, cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	bool replay = false;
	if (args->field != NULL && args->key == NULL)
		return usage_error(cli, "--field goes with --step");
	if (run_is_replay(cli, conn, args->by.run, &replay, &err) != CAIRN_OK)
		return failed(cli, &err);
	if (replay) {
		const struct replay_steps same = { .statuses = args->statuses,
						   .name = args->key,
						   .field = args->field,
						   .after = args->after,
						   .limit = args->limited ? args->limit : 0,
						   .documents = args->documents,
						   .full = args->full };
		return replay_steps(cli, conn, args->by.run, &same);
	}
	int code = settle_steps(cli, args);
	return code < 0 ? list_steps(cli, args, conn) : code;
}

int run_steps(struct cli *cli, int argc, char **argv)
{
	struct steps args = { .limit = 0 };
	cairn_conn *conn = NULL;
	const struct opt opts[] = {
		{ "status", 's', OPT_TEXTS, &args.statuses, "STATUS",
		  "BLOCKED, FAILED, …; may be repeated", NULL },
		{ "step", 0, OPT_TEXT, &args.key, "STEP", "only the one with this key or name",
		  NULL },
		{ "field", 0, OPT_TEXT, &args.field, "NAME",
		  "with --step: only this one, byte for byte", NULL },
		{ "limit", 'n', OPT_COUNT, &args.limit, "N", "at most; default all",
		  &args.limited },
		{ "after", 0, OPT_TEXT, &args.after, "ID",
		  "go on behind this step; of a replay run its number", NULL },
		{ "documents", 0, OPT_FLAG, &args.documents, NULL,
		  "with --json: payload and output too, of a replay run the signature", NULL },
		{ "full", 0, OPT_FLAG, &args.full, NULL, "results of a replay run are not cut",
		  NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 1)
		code = usage_error(cli, "run steps takes one id");
	if (code < 0)
		code = run_id_parse(cli, argv[0], &args.by.run);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0)
		code = steps_of(cli, &args, conn);
	cairn_close(conn);
	return code;
}

/* ---- events ---------------------------------------------------------------------------- */

static void event_row(struct table *table, const cairn_run_event *row, cairn_time *former)
{
	char when[WHEN_TEXT];
	char span[SPAN_TEXT];
	bool job = row->kind == CAIRN_RUN_EVENT_JOB;
	table_cell(table, job ? DIM : PLAIN, "%" PRId64, row->seq);
	table_cell(table, PLAIN, "%s", when_text(row->at, when));
	table_cell(table, DIM, "+%s", span_text(*former != 0 ? row->at - *former : 0, span));
	*former = row->at;
	table_cell(table, PLAIN, "%s", cairn_run_event_kind_text(row->kind));
	table_text(table, PLAIN, row->step_key);
	if (row->kind == CAIRN_RUN_EVENT_RUN)
		table_cell(table, run_status_color(row->run_status), "%s",
			   cairn_run_status_text(row->run_status));
	else if (row->kind == CAIRN_RUN_EVENT_STEP)
		table_cell(table, step_status_color(row->step_status), "%s",
			   cairn_step_status_text(row->step_status));
	else
		table_cell(table, PLAIN, "%s", job ? cairn_event_kind_text(row->job_kind) : "-");
	if (row->error_code.len > 0)
		table_cell(table, PLAIN, "%.*s: %.*s", (int)row->error_code.len,
			   row->error_code.ptr, (int)row->error_message.len,
			   row->error_message.len > 0 ? row->error_message.ptr : "");
	else
		table_text(table, PLAIN, job ? row->payload : row->reason);
}

static int list_events(const struct cli *cli, cairn_conn *conn, cairn_run_event_filter *filter)
{
	static const char *const heads[] = { ">SEQ", "AT",    ">SINCE",	 "KIND",
					     "STEP", "EVENT", "DETAILS", NULL };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_run_events_result *rows = NULL;
	cairn_time former = 0;
	struct table table;
	cairn_status st;
	table_begin(&table, cli, heads);
	do {
		st = cairn_run_events(conn, filter, &rows, &err);
		if (st != CAIRN_OK || rows->count == 0)
			break;
		for (size_t i = 0; i < rows->count; i++) {
			if (cli->json) {
				struct json json = json_begin(stdout);
				json_run_event(&json, &rows->at[i]);
				json_end(&json);
			} else {
				event_row(&table, &rows->at[i], &former);
			}
		}
		const cairn_run_event *last = &rows->at[rows->count - 1];
		filter->after_seq = last->seq;
		filter->after_at = filter->jobs != 0 ? last->at : 0;
		filter->after_step =
			last->kind == CAIRN_RUN_EVENT_JOB ? last->step : (cairn_id){ { 0 } };
	} while (rows->count == filter->limit);
	table_end_or(&table, st == CAIRN_OK ? "no events" : NULL);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

int run_events(struct cli *cli, int argc, char **argv)
{
	bool jobs = false;
	bool replay = false;
	cairn_conn *conn = NULL;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_run_event_filter filter = { .size = sizeof filter, .limit = RUNS_PAGE };
	const struct opt opts[] = {
		{ "jobs", 0, OPT_FLAG, &jobs, NULL,
		  "of a DAG run: those of the steps' jobs among them", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 1)
		code = usage_error(cli, "run events takes one id");
	if (code < 0)
		code = run_id_parse(cli, argv[0], &filter.run);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	filter.scope = cli_scope(cli);
	filter.jobs = jobs ? 1 : 0;
	if (run_is_replay(cli, conn, filter.run, &replay, &err) != CAIRN_OK)
		code = failed(cli, &err);
	else
		code = replay ? replay_events(cli, conn, filter.run)
			      : list_events(cli, conn, &filter);
	cairn_close(conn);
	return code;
}
