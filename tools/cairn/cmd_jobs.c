/* cmd_jobs.c - `cairn jobs`: the list, newest first, page by page. */
#include <inttypes.h>
#include <string.h>

#include "filter.h"
#include "json.h"
#include "table.h"

#define PAGE 1000u

struct list {
	struct filter by;
	const char *after;
	uint32_t limit;
	bool payloads;
};

/* What is worth a look: why it failed, who has it, when it is due. */
static void note(struct table *table, const cairn_job *job, cairn_time now)
{
	char span[SPAN_TEXT];
	if (job->status == CAIRN_JOB_LEASED)
		table_cell(table, PLAIN, "%.*s, lease %s%s", (int)job->worker.len, job->worker.ptr,
			   job->lease_expires_at < now ? "over since " : "for ",
			   span_text(job->lease_expires_at < now ? now - job->lease_expires_at
								 : job->lease_expires_at - now,
				     span));
	else if (job->status == CAIRN_JOB_PENDING && job->run_at > now)
		table_cell(table, PLAIN, "due in %s%s%.*s", span_text(job->run_at - now, span),
			   job->error_code.len > 0 ? " after " : "", (int)job->error_code.len,
			   job->error_code.len > 0 ? job->error_code.ptr : "");
	else if (job->error_code.len > 0)
		table_cell(table, PLAIN, "%.*s: %.*s", (int)job->error_code.len,
			   job->error_code.ptr, (int)job->error_message.len,
			   job->error_message.len > 0 ? job->error_message.ptr : "");
	else if (job->status == CAIRN_JOB_CANCELED)
		table_text(table, PLAIN, job->status_reason);
	else if (job->status == CAIRN_JOB_SUCCEEDED && job->started_at != 0)
		table_cell(table, DIM, "took %s",
			   span_text(job->finished_at - job->started_at, span));
	else
		table_cell(table, DIM, "-");
}

static void put_row(struct table *table, const cairn_job *job, cairn_time now)
{
	char id[CAIRN_ID_TEXT];
	char age[SPAN_TEXT];
	cairn_id_format(job->id, id);
	table_cell(table, PLAIN, "%s", id);
	table_text(table, PLAIN, job->type);
	table_text(table, PLAIN, job->queue);
	table_text(table, PLAIN, job->tenant);
	table_cell(table, status_color(job->status), "%s", cairn_job_status_text(job->status));
	table_cell(table, PLAIN, "%" PRId32 "/%" PRId32, job->attempt, job->max_attempts);
	table_cell(table, PLAIN, "%s", span_text(now - job->created_at, age));
	note(table, job, now);
}

static void put_jobs(const struct cli *cli, const struct list *list, struct table *table,
		     const cairn_jobs *jobs, cairn_time now)
{
	for (size_t i = 0; i < jobs->count; i++) {
		if (cli->json) {
			struct json json = json_begin(stdout);
			json_job(&json, &jobs->at[i], !list->payloads);
			json_end(&json);
		} else {
			put_row(table, &jobs->at[i], now);
		}
	}
}

static int list_jobs(const struct cli *cli, struct list *list, cairn_conn *conn)
{
	static const char *const heads[] = { "ID",     "TYPE", "QUEUE", "TENANT", "STATUS",
					     ">TRIES", ">AGE", "NOTE",	NULL };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_jobs *jobs = NULL;
	cairn_time now = 0;
	struct table table;
	uint32_t left = list->limit;
	table_begin(&table, cli, heads);
	cairn_status st = cairn_now(conn, &now, &err);
	while (st == CAIRN_OK && left > 0) {
		list->by.filter.limit = left < PAGE ? left : PAGE;
		st = cairn_job_list(conn, &list->by.filter, &jobs, &err);
		if (st != CAIRN_OK || jobs->count == 0)
			break;
		put_jobs(cli, list, &table, jobs, now);
		list->by.filter.after = jobs->at[jobs->count - 1].id;
		left -= (uint32_t)jobs->count;
		if (jobs->count < list->by.filter.limit)
			break;
	}
	table_end_or(&table, st == CAIRN_OK ? "no such jobs" : NULL);
	cairn_free(jobs);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

int cmd_jobs(struct cli *cli, int argc, char **argv)
{
	struct list list = { .limit = 50 };
	const struct opt opts[] = {
		FILTER_QUEUE(&list.by),
		FILTER_TYPE(&list.by),
		FILTER_STATUS(&list.by),
		FILTER_FROM(&list.by),
		FILTER_TO(&list.by),
		{ "limit", 'n', OPT_COUNT, &list.limit, "N", "at most; default 50", NULL },
		{ "after", 0, OPT_TEXT, &list.after, "ID", "go on behind this job", NULL },
		{ "payloads", 0, OPT_FLAG, &list.payloads, NULL,
		  "with --json: payload, checkpoint, output and request too", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc > 0)
		code = usage_error(cli, "jobs takes no operands; cairn show shows one job");
	if (code < 0)
		code = filter_settle(cli, &list.by);
	if (code < 0 && list.after != NULL &&
	    cairn_id_parse(cairn_str_of(list.after), &list.by.filter.after) != 0)
		code = usage_error(cli, "--after: '%s' is no id", list.after);
	cairn_conn *conn = NULL;
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	list.by.filter.compact = list.payloads ? 0 : 1;
	code = list_jobs(cli, &list, conn);
	cairn_close(conn);
	return code;
}
