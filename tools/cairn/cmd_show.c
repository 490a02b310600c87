/* cmd_show.c - `cairn show`: one job, its attempts and its timeline. */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "table.h"

#define PAGE 1000u

struct shown {
	const struct cli *cli;
	cairn_conn *conn;
	cairn_id id;
	cairn_jobs *job;
};

/* ---- the job ------------------------------------------------------------------------------ */

static void print_head(const struct shown *shown, const cairn_job *job)
{
	char text[256];
	char id[CAIRN_ID_TEXT];
	char span[SPAN_TEXT];
	bool on = colored(shown->cli, stdout);
	cairn_id_format(job->id, id);
	stored_line(shown->cli, "id", id);
	stored_name(shown->cli, "status");
	printf("%s%s%s%s%.*s%s\n", color_on(on, status_color(job->status)),
	       cairn_job_status_text(job->status), color_off(on),
	       job->status_reason.len > 0 ? " (" : "", (int)job->status_reason.len,
	       job->status_reason.len > 0 ? job->status_reason.ptr : "",
	       job->status_reason.len > 0 ? ")" : "");
	stored_text(shown->cli, "type", job->type);
	if (!cairn_id_is_none(job->run)) {
		cairn_id_format(job->run, id);
		stored_line(shown->cli, "of run", id);
	}
	if (job->replay)
		stored_line(shown->cli, "replay", "its steps are in cairn run show");
	stored_text(shown->cli, "queue", job->queue);
	stored_text(shown->cli, "tenant", job->tenant);
	stored_text(shown->cli, "owner", job->owner);
	stored_text(shown->cli, "resource_key", job->resource_key);
	stored_text(shown->cli, "key", job->key);
	snprintf(text, sizeof text, "%" PRId32 " of %" PRId32 ", run %" PRId32 ", fence %" PRId64,
		 job->attempt, job->max_attempts, job->run_number, job->fence);
	stored_line(shown->cli, "attempt", text);
	snprintf(text, sizeof text, "%" PRId32, job->priority);
	stored_line(shown->cli, "priority", text);
	stored_line(shown->cli, "timeout", span_text(job->timeout, span));
}

static void print_progress(const struct shown *shown, const cairn_job *job)
{
	char done[NUMBER_TEXT];
	char total[NUMBER_TEXT];
	char text[2 * NUMBER_TEXT + 8];
	if (job->progress_done < 0 && job->progress_total < 0)
		return;
	snprintf(text, sizeof text, "%s%s%s",
		 job->progress_done >= 0 ? number_text(job->progress_done, done) : "?",
		 job->progress_total >= 0 ? " of " : "",
		 job->progress_total >= 0 ? number_text(job->progress_total, total) : "");
	stored_line(shown->cli, "progress", text);
}

static void print_times(const struct shown *shown, const cairn_job *job)
{
	char when[WHEN_TEXT];
	char text[512];
	stored_line(shown->cli, "created", when_text(job->created_at, when));
	stored_line(shown->cli, "due", when_text(job->run_at, when));
	stored_line(shown->cli, "started", when_text(job->started_at, when));
	stored_line(shown->cli, "finished", when_text(job->finished_at, when));
	if (job->status == CAIRN_JOB_LEASED) {
		snprintf(text, sizeof text, "%.*s until %s", (int)job->worker.len, job->worker.ptr,
			 when_text(job->lease_expires_at, when));
		stored_line(shown->cli, "lease", text);
		if (job->prestart)
			stored_line(shown->cli, "ahead", "claimed ahead of its execution");
		stored_line(shown->cli, "running", when_text(job->execution_started_at, when));
	}
	stored_text(shown->cli, "stage", job->stage);
	print_progress(shown, job);
	stored_text(shown->cli, "error", job->error_code);
	stored_text(shown->cli, "message", job->error_message);
	stored_text(shown->cli, "payload", job->payload);
	stored_text(shown->cli, "checkpoint", job->checkpoint);
	stored_text(shown->cli, "output", job->output);
}

/* ---- attempts and timeline ------------------------------------------------------------------ */

static enum color ending_color(enum cairn_ending ending)
{
	if (ending == CAIRN_ENDING_SUCCEEDED || ending == CAIRN_ENDING_CONTINUED)
		return GREEN;
	if (ending == CAIRN_ENDING_SNOOZED || ending == CAIRN_ENDING_RELEASED)
		return DIM;
	return ending == CAIRN_ENDING_NONE ? CYAN : YELLOW;
}

static void attempt_row(struct table *table, const cairn_attempt *row)
{
	char when[WHEN_TEXT];
	char span[SPAN_TEXT];
	table_cell(table, PLAIN, "%" PRId64, row->fence);
	table_cell(table, PLAIN, "%" PRId32 ".%" PRId32, row->run_number, row->attempt);
	table_text(table, PLAIN, row->worker);
	table_cell(table, PLAIN, "%s", when_text(row->leased_at, when));
	table_cell(table, PLAIN, "%s",
		   row->finished_at != 0 ? span_text(row->finished_at - row->leased_at, span)
					 : "-");
	table_cell(table, ending_color(row->ending), "%s", cairn_ending_text(row->ending));
	if (row->error_code.len > 0)
		table_cell(table, PLAIN, "%.*s: %.*s", (int)row->error_code.len,
			   row->error_code.ptr, (int)row->error_message.len,
			   row->error_message.len > 0 ? row->error_message.ptr : "");
	else
		table_cell(table, DIM, "-");
}

/* Calls either of the two for each row of each page; json is NULL for people. */
static cairn_status attempts(const struct shown *shown, struct json *json, struct table *table,
			     cairn_error *err)
{
	cairn_attempts *rows = NULL;
	cairn_status st;
	int64_t after = 0;
	do {
		st = cairn_job_attempts(shown->conn, cli_scope(shown->cli), shown->id, after, PAGE,
					&rows, err);
		for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
			after = rows->at[i].fence;
			if (json == NULL) {
				attempt_row(table, &rows->at[i]);
				continue;
			}
			json_open(json, NULL);
			json_attempt(json, &rows->at[i]);
			json_close(json);
		}
	} while (st == CAIRN_OK && rows->count == PAGE);
	cairn_free(rows);
	return st;
}

static void event_row(struct table *table, const cairn_event *row, cairn_time *former)
{
	char when[WHEN_TEXT];
	char span[SPAN_TEXT];
	table_cell(table, PLAIN, "%" PRId64, row->seq);
	table_cell(table, PLAIN, "%s", when_text(row->at, when));
	table_cell(table, DIM, "+%s", span_text(*former != 0 ? row->at - *former : 0, span));
	*former = row->at;
	table_cell(table, PLAIN, "%s", cairn_event_kind_text(row->kind));
	table_cell(table, PLAIN, "%" PRId32 ".%" PRId32, row->run_number, row->attempt);
	table_text(table, PLAIN, row->payload);
}

static cairn_status events(const struct shown *shown, struct json *json, struct table *table,
			   cairn_error *err)
{
	cairn_event_rows *rows = NULL;
	cairn_status st;
	cairn_time former = 0;
	int64_t after = 0;
	do {
		st = cairn_job_events(shown->conn, cli_scope(shown->cli), shown->id, after, PAGE,
				      &rows, err);
		for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
			after = rows->at[i].seq;
			if (json == NULL) {
				event_row(table, &rows->at[i], &former);
				continue;
			}
			json_open(json, NULL);
			json_event(json, &rows->at[i]);
			json_close(json);
		}
	} while (st == CAIRN_OK && rows->count == PAGE);
	cairn_free(rows);
	return st;
}

/* ---- all of it -------------------------------------------------------------------------------- */

static cairn_status show_json(const struct shown *shown, cairn_error *err)
{
	struct json json = json_begin(stdout);
	json_job(&json, &shown->job->at[0], false);
	json_array(&json, "attempts");
	cairn_status st = attempts(shown, &json, NULL, err);
	json_array_end(&json);
	json_array(&json, "events");
	if (st == CAIRN_OK)
		st = events(shown, &json, NULL, err);
	json_array_end(&json);
	json_end(&json);
	return st;
}

static cairn_status show_tables(const struct shown *shown, cairn_error *err)
{
	static const char *const tried[] = { ">FENCE", "RUN",	 "WORKER", "LEASED",
					     ">TOOK",  "ENDING", "WHY",	   NULL };
	static const char *const told[] = {
		">SEQ", "AT", ">STEP", "EVENT", "RUN", "DETAILS", NULL
	};
	struct table table;
	print_head(shown, &shown->job->at[0]);
	print_times(shown, &shown->job->at[0]);
	table_begin(&table, shown->cli, tried);
	cairn_status st = attempts(shown, NULL, &table, err);
	if (table.count > 0)
		puts("");
	table_end(&table);
	if (st != CAIRN_OK)
		return st;
	table_begin(&table, shown->cli, told);
	st = events(shown, NULL, &table, err);
	if (table.count > 0)
		puts("");
	table_end(&table);
	return st;
}

static int show_field(const struct cli *cli, const char *field, const cairn_job *job)
{
	const struct {
		const char *name;
		cairn_str text;
	} fields[] = {
		{ "payload", job->payload },
		{ "checkpoint", job->checkpoint },
		{ "output", job->output },
		{ "request", job->request },
	};
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		if (strcmp(fields[i].name, field) != 0)
			continue;
		fwrite(fields[i].text.ptr, 1, fields[i].text.len, stdout);
		return EXIT_FINE;
	}
	return usage_error(cli, "--field: payload, checkpoint, output or request");
}

int cmd_show(struct cli *cli, int argc, char **argv)
{
	const char *field = NULL;
	const struct opt opts[] = {
		{ "field", 0, OPT_TEXT, &field, "NAME", "only this one, byte for byte", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	struct shown shown = { .cli = cli };
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 1)
		code = usage_error(cli, "show takes one id; cairn jobs lists them");
	if (code < 0 && cairn_id_parse(cairn_str_of(argv[0]), &shown.id) != 0)
		code = usage_error(cli, "'%s' is no id", argv[0]);
	if (code < 0)
		code = db_ready(cli, &shown.conn);
	if (code >= 0)
		return code;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_status st = cairn_job_get(shown.conn, cli_scope(cli), shown.id, &shown.job, &err);
	if (st == CAIRN_OK && field != NULL)
		code = show_field(cli, field, &shown.job->at[0]);
	else if (st == CAIRN_OK)
		st = cli->json ? show_json(&shown, &err) : show_tables(&shown, &err);
	cairn_free(shown.job);
	cairn_close(shown.conn);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	return code >= 0 ? code : EXIT_FINE;
}
