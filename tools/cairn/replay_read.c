/* replay_read.c - replay runs in lists: `cairn run list`, `cairn run steps`, `cairn run events`; waiting for one. */
#include <inttypes.h>
#include <string.h>

#include "replays.h"

#define LONGEST_WAIT CAIRN_HOUR /* of one call */

/* What there is of a job that began no replay run is in its own command. */
static cairn_status refuse_job(const struct cli *cli, cairn_conn *conn, cairn_id id,
			       cairn_error *err)
{
	cairn_jobs *job = NULL;
	char text[CAIRN_ID_TEXT];
	cairn_status st = cairn_job_get(conn, cli_scope(cli), id, &job, err);
	if (st == CAIRN_OK) {
		st = CAIRN_NOT_FOUND;
		outcome_error(err, st, CAIRN_E_REPLAY_NOT_FOUND);
		cairn_id_format(id, text);
		snprintf(err->message, sizeof err->message,
			 "It is a job, %s, that has not begun a replay run: see cairn show %s.",
			 cairn_job_status_text(job->at[0].status), text);
	} else if (st == CAIRN_NOT_FOUND) {
		st = CAIRN_OK;
	}
	cairn_free(job);
	return st;
}

cairn_status run_is_replay(const struct cli *cli, cairn_conn *conn, cairn_id id, bool *replay,
			   cairn_error *err)
{
	cairn_replay_filter filter = {
		.size = sizeof filter, .scope = cli_scope(cli), .run = id, .limit = 1, .compact = 1
	};
	cairn_replay_runs *runs = NULL;
	*replay = false;
	/* no run has it, and as a filter it would be none */
	if (cairn_id_is_none(id))
		return CAIRN_OK;
	cairn_status st = cairn_replay_list(conn, &filter, &runs, err);
	*replay = st == CAIRN_OK && runs->count > 0;
	cairn_free(runs);
	if (st == CAIRN_OK && !*replay)
		st = refuse_job(cli, conn, id, err);
	/* a driver may have no replay runs */
	return st == CAIRN_UNSUPPORTED ? CAIRN_OK : st;
}

/*
 * No DAG run has the id of a job; the wait itself says what became of one that never was a replay run.
 */
cairn_status run_may_be_replay(const struct cli *cli, cairn_conn *conn, cairn_id id, bool *replay,
			       cairn_error *err)
{
	cairn_jobs *job = NULL;
	cairn_status st = cairn_job_get(conn, cli_scope(cli), id, &job, err);
	*replay = st == CAIRN_OK;
	cairn_free(job);
	return st == CAIRN_NOT_FOUND ? CAIRN_OK : st;
}

/* ---- runs --------------------------------------------------------------------------------- */

static int settle_list(const struct cli *cli, const struct replay_list *args,
		       cairn_replay_filter *by)
{
	*by = (cairn_replay_filter){ .size = sizeof *by,
				     .scope = cli_scope(cli),
				     .type = cairn_str_of(args->type),
				     .created_from = args->since,
				     .created_to = args->until,
				     .compact = args->documents ? 0 : 1 };
	int code = replay_statuses_parse(cli, &args->statuses, &by->statuses);
	if (code < 0 && args->root != NULL)
		code = run_id_parse(cli, args->root, &by->root);
	if (code < 0 && args->parent != NULL)
		code = run_id_parse(cli, args->parent, &by->parent);
	if (code < 0 && args->after != NULL)
		code = run_id_parse(cli, args->after, &by->after);
	return code;
}

static void put_runs(const struct cli *cli, const struct replay_list *args, struct table *table,
		     const cairn_replay_runs *runs, cairn_time now)
{
	for (size_t i = 0; i < runs->count; i++) {
		if (cli->json) {
			struct json json = json_begin(stdout);
			json_replay(&json, &runs->at[i], !args->documents);
			json_end(&json);
		} else {
			replay_row(table, &runs->at[i], now);
		}
	}
}

static int list_runs(const struct cli *cli, const struct replay_list *args, cairn_conn *conn,
		     cairn_replay_filter *by)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_runs *runs = NULL;
	cairn_time now = 0;
	struct table table;
	uint32_t left = args->limit;
	replay_table_begin(&table, cli);
	cairn_status st = cairn_now(conn, &now, &err);
	while (st == CAIRN_OK && left > 0) {
		by->limit = left < RUNS_PAGE ? left : RUNS_PAGE;
		st = cairn_replay_list(conn, by, &runs, &err);
		if (st != CAIRN_OK || runs->count == 0)
			break;
		put_runs(cli, args, &table, runs, now);
		by->after = runs->at[runs->count - 1].id;
		left -= (uint32_t)runs->count;
		if (runs->count < by->limit)
			break;
	}
	table_end_or(&table, st == CAIRN_OK ? "no such runs" : NULL);
	cairn_free(runs);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

int replay_list(const struct cli *cli, const struct replay_list *args)
{
	cairn_replay_filter by;
	cairn_conn *conn = NULL;
	int code = settle_list(cli, args, &by);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	code = list_runs(cli, args, conn, &by);
	cairn_close(conn);
	return code;
}

int run_list(struct cli *cli, int argc, char **argv)
{
	struct replay_list args = { .limit = 50 };
	const struct opt opts[] = {
		{ "type", 0, OPT_TEXT, &args.type, "TYPE", "of this type", NULL },
		{ "status", 's', OPT_TEXTS, &args.statuses, "STATUS",
		  "RUNNING, SUSPENDED, …; may be repeated", NULL },
		{ "root", 0, OPT_TEXT, &args.root, "ID", "those of this tree", NULL },
		{ "parent", 0, OPT_TEXT, &args.parent, "ID", "the children of this one", NULL },
		{ "since", 0, OPT_TIME, &args.since, "TIME",
		  "created then or later; a duration is that long ago", NULL },
		{ "until", 0, OPT_TIME, &args.until, "TIME", "created before", NULL },
		{ "limit", 'n', OPT_COUNT, &args.limit, "N", "at most; default 50", NULL },
		{ "after", 0, OPT_TEXT, &args.after, "ID", "go on behind this run", NULL },
		{ "documents", 0, OPT_FLAG, &args.documents, NULL,
		  "with --json: payload and output too", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc > 0)
		code = usage_error(cli, "run list takes no operands; cairn run show shows one run");
	return code < 0 ? replay_list(cli, &args) : code;
}

/* ---- steps -------------------------------------------------------------------------------- */

static int put_field(const struct cli *cli, const char *field, const cairn_memo *memo)
{
	bool result = strcmp(field, "result") == 0;
	if (!result && strcmp(field, "signature") != 0)
		return usage_error(cli, "--field: result or signature of a step of a replay run");
	cairn_str text = result ? memo->result : memo->signature;
	if (text.len > 0)
		fwrite(text.ptr, 1, text.len, stdout);
	return EXIT_FINE;
}

static int put_steps(const struct cli *cli, const struct replay_steps *args, struct table *table,
		     const cairn_memos *memos)
{
	if (args->field != NULL && memos->count > 0)
		return put_field(cli, args->field, &memos->at[0]);
	for (size_t i = 0; i < memos->count; i++) {
		if (cli->json) {
			struct json json = json_begin(stdout);
			json_memo(&json, &memos->at[i], args->documents);
			json_end(&json);
		} else {
			memo_row(table, &memos->at[i], args->full);
		}
	}
	return -1;
}

static int list_steps(const struct cli *cli, const struct replay_steps *args, cairn_conn *conn,
		      cairn_memo_filter *by)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memos *memos = NULL;
	struct table table;
	uint32_t left = args->limit > 0 ? args->limit : UINT32_MAX;
	size_t seen = 0;
	int code = -1;
	cairn_status st;
	memo_table_begin(&table, cli, args->full);
	do {
		by->limit = left < MEMOS_PAGE ? left : MEMOS_PAGE;
		st = cairn_replay_memos(conn, by, &memos, &err);
		if (st != CAIRN_OK || memos->count == 0)
			break;
		code = put_steps(cli, args, &table, memos);
		by->after = memos->at[memos->count - 1].seq;
		seen += memos->count;
		left -= (uint32_t)memos->count;
	} while (code < 0 && memos->count == by->limit && left > 0);
	table_end_or(&table, st == CAIRN_OK && code < 0 ? "no such steps" : NULL);
	cairn_free(memos);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	if (args->name != NULL && seen == 0) {
		outcome_error(&err, CAIRN_NOT_FOUND, CAIRN_E_REPLAY_STEP_NOT_FOUND);
		return failed(cli, &err);
	}
	return code < 0 ? EXIT_FINE : code;
}

int replay_steps(const struct cli *cli, cairn_conn *conn, cairn_id id,
		 const struct replay_steps *args)
{
	cairn_memo_filter by = { .size = sizeof by,
				 .scope = cli_scope(cli),
				 .run = id,
				 .name = cairn_str_of(args->name) };
	int code = memo_statuses_parse(cli, &args->statuses, &by.statuses);
	if (code < 0 && args->after != NULL && int_parse(args->after, 0, INT64_MAX, &by.after) != 0)
		code = usage_error(cli, "--after: '%s' is no number of a step", args->after);
	return code < 0 ? list_steps(cli, args, conn, &by) : code;
}

/* ---- events ------------------------------------------------------------------------------- */

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

int replay_events(const struct cli *cli, cairn_conn *conn, cairn_id id)
{
	static const char *const heads[] = {
		">SEQ", "AT", ">SINCE", "EVENT", "RUN", "DETAILS", NULL
	};
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_event_rows *rows = NULL;
	cairn_time former = 0;
	int64_t after = 0;
	struct table table;
	cairn_status st;
	table_begin(&table, cli, heads);
	do {
		st = cairn_job_events(conn, cli_scope(cli), id, after, RUNS_PAGE, &rows, &err);
		for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
			after = rows->at[i].seq;
			if (!cli->json) {
				event_row(&table, &rows->at[i], &former);
				continue;
			}
			struct json json = json_begin(stdout);
			json_event(&json, &rows->at[i]);
			json_end(&json);
		}
	} while (st == CAIRN_OK && rows->count == RUNS_PAGE);
	table_end_or(&table, st == CAIRN_OK ? "no events" : NULL);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- wait --------------------------------------------------------------------------------- */

static int tell_over(const struct cli *cli, const cairn_replay_run *run, bool output)
{
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_replay(&json, run, false);
		json_end(&json);
	} else if (output && run->status == CAIRN_REPLAY_SUCCEEDED) {
		if (run->output.len > 0)
			fwrite(run->output.ptr, 1, run->output.len, stdout);
		printf("\n");
	} else {
		printf("%s\n", cairn_replay_status_text(run->status));
	}
	return run->status == CAIRN_REPLAY_SUCCEEDED ? EXIT_FINE : EXIT_SOME_FAILED;
}

int replay_wait(const struct cli *cli, cairn_conn *conn, cairn_id id, cairn_usec timeout,
		bool output)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_runs *run = NULL;
	cairn_replay_wait_opts opts = { .size = sizeof opts, .scope = cli_scope(cli), .run = id };
	cairn_status st;
	do {
		opts.timeout = timeout < LONGEST_WAIT ? timeout : LONGEST_WAIT;
		timeout -= opts.timeout;
		if (opts.timeout == 0)
			opts.timeout = -1;
		st = cairn_replay_wait(conn, &opts, &run, &err);
	} while (st == CAIRN_TIMEOUT && timeout > 0);
	int code = st == CAIRN_OK ? tell_over(cli, &run->at[0], output) : failed(cli, &err);
	cairn_free(run);
	return code;
}
