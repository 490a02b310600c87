/* cmd_runs.c - `cairn runs`: the list of DAG runs, newest first, page by page; with --replay that of replay runs. */
#include <inttypes.h>
#include <string.h>

#include "replays.h"

struct list {
	cairn_run_filter by;
	struct texts statuses;
	const char *type;
	const char *key;
	const char *source;
	const char *after;
	uint32_t limit;
	bool documents;
	bool replay;
	bool filtered; /* as only replay runs are */
	struct replay_list same;
};

/* What is worth a look: why it failed, how long it took. */
static void note(struct table *table, const cairn_run *run)
{
	char span[SPAN_TEXT];
	if (run->error_code.len > 0)
		table_cell(table, PLAIN, "%.*s: %.*s", (int)run->error_code.len,
			   run->error_code.ptr, (int)run->error_message.len,
			   run->error_message.len > 0 ? run->error_message.ptr : "");
	else if (run->status == CAIRN_RUN_CANCELED)
		table_text(table, PLAIN, run->status_reason);
	else if (run->finished_at != 0)
		table_cell(table, DIM, "took %s",
			   span_text(run->finished_at - run->created_at, span));
	else
		table_text(table, DIM, run->active_key);
}

static void put_row(struct table *table, const cairn_run *run, cairn_time now)
{
	char id[CAIRN_ID_TEXT];
	char age[SPAN_TEXT];
	char done[COUNTS_TEXT];
	cairn_id_format(run->id, id);
	table_cell(table, PLAIN, "%s", id);
	table_text(table, PLAIN, run->type);
	table_text(table, PLAIN, run->tenant);
	table_cell(table, run_status_color(run->status), "%s", cairn_run_status_text(run->status));
	table_cell(table, PLAIN, "%s", counts_text(&run->counts, done));
	table_cell(table, PLAIN, "%s", span_text(now - run->created_at, age));
	note(table, run);
}

static void put_runs(const struct cli *cli, const struct list *list, struct table *table,
		     const cairn_runs *runs, cairn_time now)
{
	for (size_t i = 0; i < runs->count; i++) {
		if (cli->json) {
			struct json json = json_begin(stdout);
			json_run(&json, &runs->at[i], !list->documents);
			json_end(&json);
		} else {
			put_row(table, &runs->at[i], now);
		}
	}
}

static int list_runs(const struct cli *cli, struct list *list, cairn_conn *conn)
{
	static const char *const heads[] = { "ID",   "TYPE", "TENANT", "STATUS",
					     "DONE", ">AGE", "NOTE",   NULL };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_runs *runs = NULL;
	cairn_time now = 0;
	struct table table;
	uint32_t left = list->limit;
	table_begin(&table, cli, heads);
	cairn_status st = cairn_now(conn, &now, &err);
	while (st == CAIRN_OK && left > 0) {
		list->by.limit = left < RUNS_PAGE ? left : RUNS_PAGE;
		st = cairn_run_list(conn, &list->by, &runs, &err);
		if (st != CAIRN_OK || runs->count == 0)
			break;
		put_runs(cli, list, &table, runs, now);
		list->by.after = runs->at[runs->count - 1].id;
		left -= (uint32_t)runs->count;
		if (runs->count < list->by.limit)
			break;
	}
	table_end_or(&table, st == CAIRN_OK ? "no such runs" : NULL);
	cairn_free(runs);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

static int settle(const struct cli *cli, struct list *list)
{
	list->by.size = sizeof list->by;
	list->by.scope = cli_scope(cli);
	list->by.type = cairn_str_of(list->type);
	list->by.key = cairn_str_of(list->key);
	list->by.compact = list->documents ? 0 : 1;
	if (list->key != NULL && list->type == NULL)
		return usage_error(cli, "--key goes with --type: keys are unique per type");
	int code = run_statuses_parse(cli, &list->statuses, &list->by.statuses);
	if (code < 0 && list->source != NULL)
		code = run_id_parse(cli, list->source, &list->by.source);
	if (code < 0 && list->after != NULL)
		code = run_id_parse(cli, list->after, &list->by.after);
	return code;
}

/* Those of replay runs, as `cairn run list` has them. */
static int list_replays(const struct cli *cli, struct list *list)
{
	struct replay_list *same = &list->same;
	if (list->key != NULL || list->source != NULL)
		return usage_error(cli, "--key and --source go with DAG runs");
	same->statuses = list->statuses;
	same->type = list->type;
	same->after = list->after;
	same->limit = list->limit;
	same->documents = list->documents;
	return replay_list(cli, same);
}

static int list_graphs(const struct cli *cli, struct list *list)
{
	cairn_conn *conn = NULL;
	if (list->filtered)
		return usage_error(cli, "--root, --parent, --since and --until go with --replay");
	int code = settle(cli, list);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	code = list_runs(cli, list, conn);
	cairn_close(conn);
	return code;
}

int cmd_runs(struct cli *cli, int argc, char **argv)
{
	struct list list = { .limit = 50 };
	bool *only = &list.filtered;
	const struct opt opts[] = {
		{ "replay", 0, OPT_FLAG, &list.replay, NULL, "replay runs instead of DAG runs",
		  NULL },
		{ "type", 0, OPT_TEXT, &list.type, "TYPE", "of this type", NULL },
		{ "status", 's', OPT_TEXTS, &list.statuses, "STATUS",
		  "RUNNING, SUCCEEDED, …; may be repeated", NULL },
		{ "key", 'k', OPT_TEXT, &list.key, "KEY", "with --type: the one with this key",
		  NULL },
		{ "source", 0, OPT_TEXT, &list.source, "ID", "the recoveries of this run", NULL },
		{ "root", 0, OPT_TEXT, &list.same.root, "ID", "replay runs of this tree", only },
		{ "parent", 0, OPT_TEXT, &list.same.parent, "ID", "children of this replay run",
		  only },
		{ "since", 0, OPT_TIME, &list.same.since, "TIME",
		  "replay runs created then or later; a duration is that long ago", only },
		{ "until", 0, OPT_TIME, &list.same.until, "TIME", "replay runs created before",
		  only },
		{ "limit", 'n', OPT_COUNT, &list.limit, "N", "at most; default 50", NULL },
		{ "after", 0, OPT_TEXT, &list.after, "ID", "go on behind this run", NULL },
		{ "documents", 0, OPT_FLAG, &list.documents, NULL,
		  "with --json: metadata, result and request too, of replay runs payload and "
		  "output",
		  NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc > 0)
		code = usage_error(cli, "runs takes no operands; cairn run show shows one run");
	if (code >= 0)
		return code;
	return list.replay ? list_replays(cli, &list) : list_graphs(cli, &list);
}
