/*
 * cmd_thread_log.c - `cairn log`: the session logs of a tenant, reading and following one, appending,
 * archiving into a file. (cmd_log.c: what is said about jobs)
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "json.h"
#include "table.h"

#define PAGE 1000u
/* How long one wait of --follow is; another one follows. */
#define PATIENCE (10 * CAIRN_MINUTE)

struct log_args {
	const char *prefix;
	const char *kind;
	const char *export_path;
	uint32_t limit;
	int64_t after;
	int64_t expect;
	bool limited;
	bool placed;
	bool expects;
	bool follow;
	cairn_str thread;
	int64_t upto;
	int documents;
	char **document;
};

/* ---- list --------------------------------------------------------------------- */

static void head_json(const struct cli *cli, const cairn_log_head *log)
{
	struct json json = json_begin(stdout);
	json_text(&json, "tenant", cli_tenant(cli));
	json_text(&json, "thread", log->thread);
	json_int(&json, "head", log->head);
	json_int(&json, "watermark", log->watermark);
	json_time(&json, "created_at", log->created_at);
	json_time(&json, "updated_at", log->updated_at);
	json_end(&json);
}

static void head_row(struct table *table, const cairn_log_head *log)
{
	char when[WHEN_TEXT];
	table_text(table, PLAIN, log->thread);
	table_cell(table, PLAIN, "%" PRId64, log->head);
	table_cell(table, PLAIN, "%" PRId64, log->watermark);
	table_cell(table, PLAIN, "%s", when_text(log->created_at, when));
	table_cell(table, PLAIN, "%s", when_text(log->updated_at, when));
}

static int list(const struct cli *cli, cairn_conn *conn, const struct log_args *args)
{
	static const char *const heads[] = { "THREAD",	   ">HEAD",	 ">ARCHIVED",
					     "CREATED AT", "UPDATED AT", NULL };
	cairn_log_list_filter filter = { .size = sizeof filter,
					 .tenant = cli_tenant(cli),
					 .prefix = cairn_str_of(args->prefix),
					 .limit = PAGE };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_log_heads *logs = NULL;
	struct table table;
	table_begin(&table, cli, heads);
	cairn_status st = cairn_log_list(conn, &filter, &logs, &err);
	while (st == CAIRN_OK && logs->count > 0) {
		for (size_t i = 0; i < logs->count; i++) {
			if (cli->json)
				head_json(cli, &logs->at[i]);
			else
				head_row(&table, &logs->at[i]);
		}
		if (logs->count < PAGE)
			break;
		/* the cursor must outlive the rows that it was taken from */
		cairn_log_heads *before = logs;
		logs = NULL;
		filter.after = before->at[before->count - 1].thread;
		st = cairn_log_list(conn, &filter, &logs, &err);
		cairn_free(before);
	}
	table_end_or(&table, st == CAIRN_OK ? "no logs" : NULL);
	cairn_free(logs);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- read --------------------------------------------------------------------- */

static void event_json(FILE *to, const cairn_log_event *event)
{
	struct json json = json_begin(to);
	json_int(&json, "seq", event->seq);
	json_time(&json, "at", event->at);
	json_text(&json, "kind", event->kind);
	json_int(&json, "payload_version", event->payload_version);
	json_raw(&json, "data", event->data);
	json_end(&json);
}

static void event_row(struct table *table, const cairn_log_event *event)
{
	char when[WHEN_TEXT];
	table_cell(table, PLAIN, "%" PRId64, event->seq);
	table_cell(table, PLAIN, "%s", when_text(event->at, when));
	table_text(table, PLAIN, event->kind);
	table_text(table, DIM, event->data);
}

/* Whoever follows can't wait for the widths of the columns. */
static void event_line(const cairn_log_event *event)
{
	char when[WHEN_TEXT];
	printf("%" PRId64 "  %s  ", event->seq, when_text(event->at, when));
	put_harmless(stdout, event->kind.len > 0 ? event->kind : CAIRN_STR("-"));
	fputs("  ", stdout);
	put_harmless(stdout, event->data);
	putchar('\n');
}

static void show(const struct cli *cli, const struct log_args *args, struct table *table,
		 const cairn_log_event *event)
{
	if (cli->json)
		event_json(stdout, event);
	else if (args->follow)
		event_line(event);
	else
		event_row(table, event);
}

/* To the end of the log, or of what is wanted. */
static cairn_status read_on(const struct cli *cli, cairn_conn *conn, struct log_args *args,
			    struct table *table, cairn_error *err)
{
	cairn_log_filter filter = { .size = sizeof filter,
				    .tenant = cli_tenant(cli),
				    .thread = args->thread,
				    .limit = PAGE };
	cairn_log_events *events = NULL;
	cairn_status st = CAIRN_OK;
	do {
		filter.after = args->after;
		if (args->limited && args->limit < PAGE)
			filter.limit = args->limit;
		st = cairn_log_read(conn, &filter, &events, err);
		for (size_t i = 0; st == CAIRN_OK && i < events->count; i++) {
			args->after = events->at[i].seq;
			show(cli, args, table, &events->at[i]);
		}
		if (st == CAIRN_OK && args->limited)
			args->limit -= (uint32_t)events->count;
	} while (st == CAIRN_OK && events->count == filter.limit &&
		 (!args->limited || args->limit > 0));
	cairn_free(events);
	return st;
}

static int read_log(const struct cli *cli, cairn_conn *conn, const struct log_args *given)
{
	static const char *const heads[] = { ">SEQ", "AT", "KIND", "DATA", NULL };
	struct log_args args = *given;
	cairn_error err = CAIRN_ERROR_INIT;
	struct table table;
	int64_t head;
	table_begin(&table, cli, heads);
	cairn_status st = read_on(cli, conn, &args, &table, &err);
	table_end_or(&table, st == CAIRN_OK && !args.follow ? "no events" : NULL);
	while (st == CAIRN_OK && args.follow && !(args.limited && args.limit == 0)) {
		if (fflush(stdout) != 0)
			return EXIT_OTHER;
		st = cairn_log_wait(conn, cli_tenant(cli), args.thread, args.after, PATIENCE, &head,
				    &err);
		if (st == CAIRN_OK && head > args.after)
			st = read_on(cli, conn, &args, &table, &err);
	}
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- append -------------------------------------------------------------------- */

static int append_events(const struct cli *cli, cairn_conn *conn, const struct log_args *args,
			 const cairn_log_event *events)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_log_batch batch = { .size = sizeof batch,
				  .tenant = cli_tenant(cli),
				  .thread = args->thread,
				  .events = events,
				  .n = (size_t)args->documents,
				  .expected = args->expect,
				  .set = args->expects ? CAIRN_LOG_EXPECT : 0 };
	int64_t head = 0;
	if (cairn_log_append(conn, &batch, &head, &err) != CAIRN_OK)
		return failed(cli, &err);
	if (!cli->json) {
		printf("%" PRId64 "\n", head);
		return EXIT_FINE;
	}
	struct json json = json_begin(stdout);
	json_text(&json, "tenant", cli_tenant(cli));
	json_text(&json, "thread", args->thread);
	json_int(&json, "head", head);
	json_end(&json);
	return EXIT_FINE;
}

static int append(const struct cli *cli, cairn_conn *conn, const struct log_args *args)
{
	size_t n = (size_t)args->documents;
	cairn_log_event *events = calloc(n, sizeof *events);
	char **held = calloc(n, sizeof *held);
	int code = events != NULL && held != NULL ? -1 : EXIT_OTHER;
	for (size_t i = 0; i < n && code < 0; i++) {
		events[i].kind = cairn_str_of(args->kind);
		code = document_take(cli, "data", args->document[i], &events[i].data, &held[i]);
	}
	if (code < 0)
		code = append_events(cli, conn, args, events);
	for (size_t i = 0; i < n && held != NULL; i++)
		free(held[i]);
	free(held);
	free(events);
	return code;
}

/* ---- archive, delete -------------------------------------------------------------- */

struct out {
	FILE *to;
	const char *path;
};

/* They are on the disk before they are removed. */
static cairn_status export_lines(void *user, const cairn_log_events *events, cairn_error *err)
{
	struct out *out = user;
	for (size_t i = 0; i < events->count; i++)
		event_json(out->to, &events->at[i]);
	int bad = fflush(out->to) != 0 || ferror(out->to);
	if (!bad && fsync(fileno(out->to)) != 0)
		bad = errno != EINVAL && errno != ENOTSUP; /* a pipe, a terminal */
	if (!bad)
		return CAIRN_OK;
	outcome_error(err, CAIRN_DRIVER, CAIRN_E_LOG_EXPORT);
	snprintf(err->message, sizeof err->message, "%.120s: %s", out->path, strerror(errno));
	return CAIRN_DRIVER;
}

static void tell_archived(const struct cli *cli, const struct log_args *args, size_t removed)
{
	/* the standard output may be what they were exported to */
	FILE *to =
		args->export_path != NULL && strcmp(args->export_path, "-") == 0 ? stderr : stdout;
	if (!cli->json) {
		fprintf(to, "archived %zu\n", removed);
		return;
	}
	struct json json = json_begin(to);
	json_text(&json, "tenant", cli_tenant(cli));
	json_text(&json, "thread", args->thread);
	json_int(&json, "archived", (int64_t)removed);
	json_end(&json);
}

static int open_out(const struct cli *cli, const char *path, struct out *out)
{
	*out = (struct out){ .path = path };
	if (path == NULL)
		return -1;
	out->to = strcmp(path, "-") == 0 ? stdout : fopen(path, "ab");
	return out->to != NULL ? -1 : usage_error(cli, "%s: %s", path, strerror(errno));
}

static int archive(const struct cli *cli, cairn_conn *conn, const struct log_args *args)
{
	struct out out;
	int code = open_out(cli, args->export_path, &out);
	if (code >= 0)
		return code;
	cairn_error err = CAIRN_ERROR_INIT;
	size_t removed = 0;
	cairn_log_archive_opts opts = { .size = sizeof opts,
					.tenant = cli_tenant(cli),
					.thread = args->thread,
					.upto = args->upto,
					.export_to = out.to != NULL ? export_lines : NULL,
					.user = &out };
	cairn_status st = cairn_log_archive(conn, &opts, &removed, &err);
	if (out.to != NULL && out.to != stdout && fclose(out.to) != 0 && st == CAIRN_OK)
		code = EXIT_OTHER;
	if (st == CAIRN_OK || removed > 0)
		tell_archived(cli, args, removed);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	return code < 0 ? EXIT_FINE : code;
}

static int delete_log(const struct cli *cli, cairn_conn *conn, const struct log_args *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	int existed = 0;
	if (cairn_log_delete(conn, cli_tenant(cli), args->thread, &existed, &err) != CAIRN_OK)
		return failed(cli, &err);
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_text(&json, "tenant", cli_tenant(cli));
		json_text(&json, "thread", args->thread);
		json_bool(&json, "existed", existed != 0);
		json_end(&json);
	} else {
		put_harmless(stdout, args->thread);
		printf(": %s\n", existed ? "deleted" : "was not there");
	}
	return EXIT_FINE;
}

/* ---- the command ------------------------------------------------------------------ */

static const struct verb {
	const char *word;
	int least; /* operands */
	int most;
	int (*run)(const struct cli *cli, cairn_conn *conn, const struct log_args *args);
} verbs[] = {
	{ "list", 0, 0, list },	      { "read", 1, 1, read_log },     { "append", 2, 1000, append },
	{ "archive", 2, 2, archive }, { "delete", 1, 1, delete_log },
};

static const struct verb *verb_of(const char *word)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(verbs[i].word, word) == 0)
			return &verbs[i];
	}
	return NULL;
}

/* The options that belong to one verb; -1, or the exit code of wrong usage. */
static int check(const struct cli *cli, const struct log_args *args, const struct verb *verb)
{
	if (cli->global)
		return usage_error(cli, "every log has a tenant");
	if (args->prefix != NULL && verb->run != list)
		return usage_error(cli, "--prefix goes with the list");
	if ((args->limited || args->placed || args->follow) && verb->run != read_log)
		return usage_error(cli, "--after, --limit and --follow go with read");
	if ((args->kind != NULL || args->expects) && verb->run != append)
		return usage_error(cli, "--kind and --expect go with append");
	if (args->export_path != NULL && verb->run != archive)
		return usage_error(cli, "--export goes with archive");
	return -1;
}

static int parse(const struct cli *cli, int argc, char **argv, struct log_args *args,
		 const struct verb **verb)
{
	int given = argc > 0 ? argc - 1 : 0;
	*verb = verb_of(argc > 0 ? argv[0] : "list");
	if (*verb == NULL || given < (*verb)->least || given > (*verb)->most)
		return usage_error(cli, "log takes nothing, read THREAD, append THREAD JSON ..., "
					"archive THREAD NUMBER, or delete THREAD");
	if (given > 0)
		args->thread = cairn_str_of(argv[1]);
	if ((*verb)->run == append) {
		args->documents = given - 1;
		args->document = argv + 2;
	}
	if ((*verb)->run == archive && int_parse(argv[2], 0, INT64_MAX, &args->upto) != 0)
		return usage_error(cli, "archive up to the number of an event, not '%s'", argv[2]);
	return check(cli, args, *verb);
}

int cmd_log(struct cli *cli, int argc, char **argv)
{
	struct log_args args = { .limit = 0 };
	const struct opt opts[] = {
		{ "prefix", 0, OPT_TEXT, &args.prefix, "TEXT", "list: only threads that begin so",
		  NULL },
		{ "after", 0, OPT_BIG, &args.after, "NUMBER", "read: behind this event",
		  &args.placed },
		{ "limit", 'n', OPT_COUNT, &args.limit, "N", "read: at most so many",
		  &args.limited },
		{ "follow", 'f', OPT_FLAG, &args.follow, NULL,
		  "read: and what is appended from now on", NULL },
		{ "kind", 0, OPT_TEXT, &args.kind, "NAME", "append: of all of them", NULL },
		{ "expect", 0, OPT_BIG, &args.expect, "NUMBER",
		  "append: only if this is the last event; 0: none", &args.expects },
		{ "export", 0, OPT_TEXT, &args.export_path, "FILE",
		  "archive: append them to it first, as JSON lines; - is the standard output",
		  NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	const struct verb *verb = NULL;
	cairn_conn *conn = NULL;
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0)
		code = parse(cli, argc, argv, &args, &verb);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0)
		code = verb->run(cli, conn, &args);
	cairn_close(conn);
	return code;
}
