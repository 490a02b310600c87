/* cmd_signal.c - `cairn signal`: messages to replay runs, sent to one, to all that wait, and listed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "replays.h"

struct signal_args {
	const char *key;
	const char *type;
	bool untaken;
	bool limited;
	uint32_t limit;
	const char *name; /* of list: --name */
	int64_t after;
	bool behind;
	cairn_id run;
	cairn_str of; /* the signal's name */
	cairn_str payload;
};

/* ---- send --------------------------------------------------------------------------------- */

static void tell_sent(const struct cli *cli, const struct signal_args *args,
		      const cairn_signal_sent *sent)
{
	bool existing = sent->disposition == CAIRN_EXISTING;
	if (!cli->json) {
		printf("%" PRId64 "\n", sent->seq);
		if (existing)
			fprintf(stderr, "cairn: it was there already\n");
		else if (sent->woken)
			fprintf(stderr, "cairn: the run waited for it, and is due now\n");
		return;
	}
	struct json json = json_begin(stdout);
	json_id(&json, "run_id", args->run);
	json_text(&json, "name", args->of);
	json_int(&json, "seq", sent->seq);
	json_z(&json, "disposition", existing ? "EXISTING" : "INSERTED");
	json_bool(&json, "woken", sent->woken != 0);
	json_end(&json);
}

static int send_one(const struct cli *cli, cairn_conn *conn, const struct signal_args *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_signal_new item = { .run = args->run,
					.name = args->of,
					.key = cairn_str_of(args->key),
					.payload = args->payload };
	cairn_signal_sent sent;
	if (cairn_signal_send(conn, cli_scope(cli), &item, 1, &sent, &err) != CAIRN_OK)
		return failed(cli, &err);
	if (sent.status != CAIRN_OK) {
		outcome_error(&err, sent.status, sent.code);
		return failed(cli, &err);
	}
	tell_sent(cli, args, &sent);
	return EXIT_FINE;
}

/* ---- broadcast ------------------------------------------------------------------------------ */

/* Who has got it waits no more, so it ends where nobody is left, or all that are left are locked by others. */
static int broadcast(const struct cli *cli, cairn_conn *conn, const struct signal_args *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_broadcast given = { .size = sizeof given,
				  .scope = cli_scope(cli),
				  .type = cairn_str_of(args->type),
				  .name = args->of,
				  .key = cairn_str_of(args->key),
				  .payload = args->payload };
	cairn_broadcast_report report = { .sent = 0 };
	uint64_t left = args->limited ? args->limit : UINT64_MAX;
	uint64_t total = 0;
	cairn_status st;
	do {
		given.limit = left < RUNS_PAGE ? (uint32_t)left : RUNS_PAGE;
		st = cairn_signal_broadcast(conn, &given, &report, &err);
		total += st == CAIRN_OK ? report.sent : 0;
		left -= report.sent;
	} while (st == CAIRN_OK && report.more && report.sent > 0 && left > 0);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	if (!cli->json) {
		printf("sent %" PRIu64 "\n", total);
		if (report.more)
			fprintf(stderr, "cairn: others wait for it, too\n");
		return EXIT_FINE;
	}
	struct json json = json_begin(stdout);
	json_int(&json, "sent", (int64_t)total);
	json_bool(&json, "more", report.more != 0);
	json_end(&json);
	return EXIT_FINE;
}

/* ---- list ----------------------------------------------------------------------------------- */

static void signal_row(struct table *table, const cairn_signal *signal)
{
	char when[WHEN_TEXT];
	table_cell(table, PLAIN, "%" PRId64, signal->seq);
	table_text(table, PLAIN, signal->name);
	table_text(table, PLAIN, signal->key);
	table_cell(table, PLAIN, "%s", when_text(signal->sent_at, when));
	if (signal->taken_by > 0)
		table_cell(table, PLAIN, "%" PRId64, signal->taken_by);
	else
		table_cell(table, DIM, "-");
	table_text(table, PLAIN, signal->payload);
}

static int list(const struct cli *cli, cairn_conn *conn, const struct signal_args *args)
{
	static const char *const heads[] = { ">SEQ",	  "NAME",    "KEY", "SENT",
					     ">TAKEN BY", "PAYLOAD", NULL };
	cairn_signal_filter filter = { .size = sizeof filter,
				       .scope = cli_scope(cli),
				       .run = args->run,
				       .name = cairn_str_of(args->name),
				       .after = args->after,
				       .untaken = args->untaken ? 1 : 0 };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_signals *rows = NULL;
	uint32_t left = args->limited ? args->limit : UINT32_MAX;
	struct table table;
	cairn_status st;
	table_begin(&table, cli, heads);
	do {
		filter.limit = left < RUNS_PAGE ? left : RUNS_PAGE;
		st = cairn_signal_list(conn, &filter, &rows, &err);
		for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
			filter.after = rows->at[i].seq;
			left--;
			if (!cli->json) {
				signal_row(&table, &rows->at[i]);
				continue;
			}
			struct json json = json_begin(stdout);
			json_signal(&json, &rows->at[i]);
			json_end(&json);
		}
	} while (st == CAIRN_OK && rows->count == filter.limit && left > 0);
	table_end_or(&table, st == CAIRN_OK ? "no such signals" : NULL);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- the command ------------------------------------------------------------------------------ */

static const struct verb {
	const char *word;
	int least; /* operands */
	int most;
	int (*run)(const struct cli *cli, cairn_conn *conn, const struct signal_args *args);
} verbs[] = {
	{ "send", 2, 3, send_one },
	{ "broadcast", 1, 2, broadcast },
	{ "list", 1, 1, list },
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
static int check(const struct cli *cli, const struct signal_args *args, const struct verb *verb)
{
	if (args->key != NULL && verb->run == list)
		return usage_error(cli, "--key goes with send and broadcast");
	if (args->type != NULL && verb->run != broadcast)
		return usage_error(cli, "--type goes with broadcast");
	if ((args->untaken || args->name != NULL || args->behind) && verb->run != list)
		return usage_error(cli, "--untaken, --name and --after go with list");
	if (args->limited && verb->run == send_one)
		return usage_error(cli, "--limit goes with broadcast and list");
	return -1;
}

static int parse(const struct cli *cli, int argc, char **argv, struct signal_args *args,
		 const struct verb **verb, char **held)
{
	*verb = argc > 0 ? verb_of(argv[0]) : NULL;
	if (*verb == NULL || argc <= (*verb)->least || argc > 1 + (*verb)->most)
		return usage_error(cli, "signal takes send RUN NAME [JSON], "
					"broadcast NAME [JSON], or list RUN");
	int code = check(cli, args, *verb);
	int name = (*verb)->run == send_one ? 2 : 1;
	if (code < 0 && (*verb)->run != broadcast)
		code = run_id_parse(cli, argv[1], &args->run);
	if (code >= 0 || (*verb)->run == list)
		return code;
	args->of = cairn_str_of(argv[name]);
	return argc > name + 1 ? document_take(cli, "JSON", argv[name + 1], &args->payload, held)
			       : -1;
}

int cmd_signal(struct cli *cli, int argc, char **argv)
{
	struct signal_args args = { .key = NULL };
	const struct opt opts[] = {
		{ "key", 'k', OPT_TEXT, &args.key, "KEY",
		  "send, broadcast: the same key again sends nothing", NULL },
		{ "type", 0, OPT_TEXT, &args.type, "TYPE", "broadcast: only to runs of this type",
		  NULL },
		{ "untaken", 0, OPT_FLAG, &args.untaken, NULL, "list: only those that no step took",
		  NULL },
		{ "name", 0, OPT_TEXT, &args.name, "NAME", "list: only those of this name", NULL },
		{ "after", 0, OPT_BIG, &args.after, "N", "list: go on behind this one",
		  &args.behind },
		{ "limit", 'n', OPT_COUNT, &args.limit, "N",
		  "broadcast, list: at most; default all", &args.limited },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	const struct verb *verb = NULL;
	cairn_conn *conn = NULL;
	char *held = NULL;
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0)
		code = parse(cli, argc, argv, &args, &verb, &held);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0)
		code = verb->run(cli, conn, &args);
	cairn_close(conn);
	free(held);
	return code;
}
