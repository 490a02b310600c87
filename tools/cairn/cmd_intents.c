/* cmd_intents.c - `cairn intents`: requests that wait for their type to be defined. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "enqueue.h"
#include "json.h"
#include "table.h"

#define PAGE 1000u

struct intents {
	struct enqueue request;
	struct texts types;
	struct texts statuses;
	const char *after;
	const char *field;
	cairn_time before;
	uint32_t limit;
	bool limited;
	bool payloads;
	bool all;
	const char *operand; /* NULL: none */
};

static cairn_str only_type(const struct intents *args)
{
	return cairn_str_of(args->types.count > 0 ? args->types.at[0] : NULL);
}

static enum color color_of(enum cairn_intent_status status)
{
	if (status == CAIRN_INTENT_PROMOTED)
		return GREEN;
	return status == CAIRN_INTENT_CONFLICTED ? RED : PLAIN;
}

/* ---- list --------------------------------------------------------------------------- */

static void list_row(struct table *table, const cairn_intent *intent)
{
	char id[CAIRN_ID_TEXT];
	char job[CAIRN_ID_TEXT];
	char when[WHEN_TEXT];
	cairn_id_format(intent->id, id);
	cairn_id_format(intent->job, job);
	table_cell(table, PLAIN, "%s", id);
	table_text(table, PLAIN, intent->type);
	table_text(table, PLAIN, intent->tenant);
	table_text(table, PLAIN, intent->key);
	table_cell(table, color_of(intent->status), "%s", cairn_intent_status_text(intent->status));
	table_cell(table, PLAIN, "%" PRId32, intent->attempts);
	table_cell(table, PLAIN, "%s", when_text(intent->created_at, when));
	if (intent->status == CAIRN_INTENT_PROMOTED)
		table_cell(table, PLAIN, "job %s", job);
	else
		table_text(table, PLAIN, intent->error_code);
}

static int parse_statuses(const struct cli *cli, const struct texts *texts, uint32_t *statuses)
{
	for (size_t i = 0; i < texts->count; i++) {
		const char *at = texts->at[i];
		while (*at != '\0') {
			size_t len = strcspn(at, ",");
			enum cairn_intent_status status =
				cairn_intent_status_parse((cairn_str){ at, len });
			if (status == 0)
				return usage_error(cli,
						   "--status: PENDING, PROMOTED or CONFLICTED");
			*statuses |= 1u << (unsigned)status;
			at += len + (at[len] == ',');
		}
	}
	return -1;
}

static cairn_status print_pages(const struct cli *cli, cairn_conn *conn,
				cairn_intent_filter *filter, uint32_t left, struct table *table,
				cairn_error *err)
{
	cairn_intents *rows = NULL;
	cairn_status st = CAIRN_OK;
	while (left > 0 && st == CAIRN_OK) {
		filter->limit = left < PAGE ? left : PAGE;
		st = cairn_intent_list(conn, filter, &rows, err);
		if (st != CAIRN_OK || rows->count == 0)
			break;
		for (size_t i = 0; i < rows->count; i++) {
			if (!cli->json) {
				list_row(table, &rows->at[i]);
				continue;
			}
			struct json json = json_begin(stdout);
			json_intent(&json, &rows->at[i], filter->compact != 0);
			json_end(&json);
		}
		filter->after = rows->at[rows->count - 1].id;
		left -= (uint32_t)rows->count;
		if (rows->count < filter->limit)
			break;
	}
	cairn_free(rows);
	return st;
}

static int list(const struct cli *cli, const struct intents *args, cairn_conn *conn)
{
	static const char *const heads[] = { "ID",     "TYPE",	   "TENANT", "KEY", "STATUS",
					     ">TRIES", "RECORDED", "NOTE",   NULL };
	cairn_intent_filter filter = { .size = sizeof filter,
				       .scope = cli_scope(cli),
				       .type = only_type(args),
				       .compact = args->payloads ? 0 : 1 };
	cairn_error err = CAIRN_ERROR_INIT;
	struct table table;
	if (args->types.count > 1)
		return usage_error(cli, "intents list takes one --type");
	if (args->after != NULL && cairn_id_parse(cairn_str_of(args->after), &filter.after) != 0)
		return usage_error(cli, "--after: '%s' is no id", args->after);
	int code = parse_statuses(cli, &args->statuses, &filter.statuses);
	if (code >= 0)
		return code;
	table_begin(&table, cli, heads);
	cairn_status st =
		print_pages(cli, conn, &filter, args->limited ? args->limit : 50, &table, &err);
	table_end_or(&table, st == CAIRN_OK ? "no intents" : NULL);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- show --------------------------------------------------------------------------- */

static void print_text(const char *name, cairn_str text)
{
	if (text.len == 0)
		return;
	printf("%-12s ", name);
	put_harmless(stdout, text);
	putchar('\n');
}

static void print_time(const char *name, cairn_time when)
{
	char text[WHEN_TEXT];
	if (when != 0)
		printf("%-12s %s\n", name, when_text(when, text));
}

static void show_lines(const cairn_intent *intent)
{
	char id[CAIRN_ID_TEXT];
	cairn_id_format(intent->id, id);
	printf("%-12s %s\n", "intent", id);
	printf("%-12s %s\n", "status", cairn_intent_status_text(intent->status));
	print_text("type", intent->type);
	print_text("tenant", intent->tenant);
	print_text("queue", intent->queue);
	print_text("key", intent->key);
	print_text("owner", intent->owner);
	print_text("resource_key", intent->resource_key);
	print_text("stage", intent->stage);
	print_time("not before", intent->run_at);
	cairn_id_format(intent->job, id);
	if (!cairn_id_is_none(intent->job))
		printf("%-12s %s\n", "job", id);
	printf("%-12s %" PRId32 "\n", "tries", intent->attempts);
	print_text("error", intent->error_code);
	print_text("", intent->error_message);
	print_time("recorded", intent->created_at);
	print_time("last try", intent->last_attempted_at);
	if (intent->status == CAIRN_INTENT_PENDING)
		print_time("next try", intent->next_promotion_at);
	print_time("promoted", intent->promoted_at);
	print_time("conflicted", intent->conflicted_at);
	print_text("payload", intent->payload);
}

static int show_one(const struct cli *cli, const char *field, const cairn_intent *intent)
{
	if (field != NULL) {
		bool payload = strcmp(field, "payload") == 0;
		cairn_str text = payload ? intent->payload : intent->request;
		if (!payload && strcmp(field, "request") != 0)
			return usage_error(cli, "--field: payload or request");
		fwrite(text.ptr, 1, text.len, stdout);
		return EXIT_FINE;
	}
	if (!cli->json) {
		show_lines(intent);
		return EXIT_FINE;
	}
	struct json json = json_begin(stdout);
	json_intent(&json, intent, false);
	json_end(&json);
	return EXIT_FINE;
}

static int show(const struct cli *cli, const struct intents *args, cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_intents *rows = NULL;
	cairn_id id;
	if (args->operand == NULL)
		return usage_error(cli, "intents show takes one id");
	if (cairn_id_parse(cairn_str_of(args->operand), &id) != 0)
		return usage_error(cli, "'%s' is no id", args->operand);
	cairn_status st = cairn_intent_get(conn, cli_scope(cli), id, &rows, &err);
	int code = st == CAIRN_OK ? show_one(cli, args->field, &rows->at[0]) : failed(cli, &err);
	cairn_free(rows);
	return code;
}

/* ---- record ------------------------------------------------------------------------- */

static void print_recorded(const struct cli *cli, const cairn_intent_recorded *recorded)
{
	char id[CAIRN_ID_TEXT];
	bool existing = recorded->disposition == CAIRN_EXISTING;
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_id(&json, "id", recorded->id);
		json_z(&json, "disposition", existing ? "EXISTING" : "RECORDED");
		json_z(&json, "status", cairn_intent_status_text(recorded->intent_status));
		json_id(&json, "promoted_job_id", recorded->job);
		json_end(&json);
		return;
	}
	cairn_id_format(recorded->id, id);
	printf("%s\n", id);
	if (existing)
		fprintf(stderr, "cairn: it was there already, %s\n",
			cairn_intent_status_text(recorded->intent_status));
}

static int record_request(const struct cli *cli, const struct enqueue *args, cairn_conn *conn,
			  cairn_job_new *request)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_intent_recorded recorded = { 0 };
	cairn_status st = enqueue_time(args, conn, request, &err);
	if (st == CAIRN_OK)
		st = cairn_intent_record(conn, request, 1, &recorded, &err);
	if (st == CAIRN_OK && recorded.status != CAIRN_OK) {
		outcome_error(&err, recorded.status, recorded.code);
		st = recorded.status;
	}
	if (st != CAIRN_OK)
		return failed(cli, &err);
	print_recorded(cli, &recorded);
	return EXIT_FINE;
}

static int record(const struct cli *cli, const struct intents *args, cairn_conn *conn)
{
	struct enqueue request = args->request;
	char *held = NULL;
	if (args->operand == NULL)
		return usage_error(cli, "intents record takes one type");
	if (request.key == NULL)
		return usage_error(cli, "intents record needs a --key");
	if (request.delayed && request.job.run_at != 0)
		return usage_error(cli, "--in and --run-at exclude each other");
	if (cli->global)
		return usage_error(cli, "an intent without --tenant is global already");
	enqueue_settle(cli, &request);
	request.job.type = cairn_str_of(args->operand);
	int code = document_take(cli, "payload", request.payload, &request.job.payload, &held);
	if (code < 0)
		code = record_request(cli, &request, conn, &request.job);
	free(held);
	return code;
}

/* ---- promote ------------------------------------------------------------------------ */

static void promoted_json(const cairn_promoted *row)
{
	struct json json = json_begin(stdout);
	json_id(&json, "id", row->id);
	json_z(&json, "promotion", cairn_promotion_text(row->what));
	json_id(&json, "promoted_job_id", row->job);
	json_text(&json, "type", row->type);
	json_text(&json, "tenant", row->tenant);
	json_int(&json, "promotion_attempts", row->attempts);
	json_text(&json, "last_error_code", row->error_code);
	json_text(&json, "last_error_message", row->error_message);
	json_time(&json, "next_promotion_at", row->next_promotion_at);
	json_end(&json);
}

static void promoted_row(struct table *table, const cairn_promoted *row)
{
	char id[CAIRN_ID_TEXT];
	bool made = row->what == CAIRN_PROMOTION_INSERTED || row->what == CAIRN_PROMOTION_EXISTING;
	cairn_id_format(row->id, id);
	table_cell(table, PLAIN, "%s", id);
	table_text(table, PLAIN, row->type);
	table_text(table, PLAIN, row->tenant);
	table_cell(table, made ? GREEN : YELLOW, "%s", cairn_promotion_text(row->what));
	cairn_id_format(row->job, id);
	table_cell(table, PLAIN, "%s", made ? id : "-");
	table_text(table, PLAIN, row->error_code);
}

static int promote(const struct cli *cli, const struct intents *args, cairn_conn *conn)
{
	static const char *const heads[] = { "ID",  "TYPE", "TENANT", "PROMOTION",
					     "JOB", "NOTE", NULL };
	cairn_str types[MAX_TEXTS];
	cairn_promote_opts opts = { .size = sizeof opts };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_promote_report *report = NULL;
	cairn_status st;
	size_t bad = 0;
	struct table table;
	for (size_t i = 0; i < args->types.count; i++)
		types[i] = cairn_str_of(args->types.at[i]);
	opts.types = args->types.count > 0 ? types : NULL;
	opts.type_count = args->types.count;
	opts.limit = args->limited ? args->limit : 0;
	table_begin(&table, cli, heads);
	do {
		st = cairn_intent_promote(conn, &opts, &report, &err);
		for (size_t i = 0; st == CAIRN_OK && i < report->count; i++) {
			if (cli->json)
				promoted_json(&report->at[i]);
			else
				promoted_row(&table, &report->at[i]);
		}
		bad += st == CAIRN_OK ? report->conflicted + report->deferred : 0;
	} while (st == CAIRN_OK && args->all && report->batch_full);
	if (st == CAIRN_OK && table.count == 0 && !cli->json)
		puts("nothing to promote");
	table_end(&table);
	cairn_free(report);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	return bad > 0 ? EXIT_SOME_FAILED : EXIT_FINE;
}

/* ---- prune -------------------------------------------------------------------------- */

static int prune(const struct cli *cli, const struct intents *args, cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_status st = CAIRN_OK;
	uint32_t left = args->limited ? args->limit : UINT32_MAX;
	size_t all = 0;
	size_t deleted = PAGE;
	if (args->before == 0)
		return usage_error(cli, "intents prune needs --before");
	while (st == CAIRN_OK && left > 0 && deleted == PAGE) {
		st = cairn_intent_prune(conn, cli_scope(cli), args->before,
					left < PAGE ? left : PAGE, &deleted, &err);
		if (st != CAIRN_OK)
			break;
		all += deleted;
		left -= (uint32_t)deleted;
	}
	if (st != CAIRN_OK)
		return failed(cli, &err);
	return tell_total(cli, "deleted", all);
}

/* ---- metrics ------------------------------------------------------------------------ */

static void metrics_json(const cairn_intent_stats *row, cairn_time now)
{
	struct json json = json_begin(stdout);
	json_text(&json, "type", row->type);
	json_int(&json, "pending", row->pending);
	json_int(&json, "retrying", row->retrying);
	json_int(&json, "max_attempts", row->max_attempts);
	json_time(&json, "oldest_pending", row->oldest_pending);
	json_count(&json, "oldest_age_us",
		   row->oldest_pending != 0 ? now - row->oldest_pending : -1);
	json_int(&json, "promoted_24h", row->promoted_24h);
	json_int(&json, "conflicted_24h", row->conflicted_24h);
	json_end(&json);
}

static void metrics_row(struct table *table, const cairn_intent_stats *row, cairn_time now)
{
	char age[SPAN_TEXT];
	table_text(table, PLAIN, row->type);
	table_count(table, PLAIN, row->pending);
	table_cell(table, PLAIN, "%s",
		   row->oldest_pending != 0 ? span_text(now - row->oldest_pending, age) : "-");
	table_count(table, YELLOW, row->retrying);
	table_count(table, PLAIN, row->max_attempts);
	table_count(table, GREEN, row->promoted_24h);
	table_count(table, RED, row->conflicted_24h);
}

static int metrics(const struct cli *cli, const struct intents *args, cairn_conn *conn)
{
	static const char *const heads[] = { "TYPE",	    ">PENDING",	 ">OLDEST",	">RETRYING",
					     ">MOST TRIES", ">PROMOTED", ">CONFLICTED", NULL };
	cairn_intent_stats_filter filter = { .size = sizeof filter,
					     .scope = cli_scope(cli),
					     .type = only_type(args),
					     .limit = PAGE };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_intent_types *rows = NULL;
	struct table table;
	if (args->types.count > 1)
		return usage_error(cli, "intents metrics takes one --type");
	table_begin(&table, cli, heads);
	cairn_status st = cairn_intent_metrics(conn, &filter, &rows, &err);
	for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
		if (cli->json)
			metrics_json(&rows->at[i], rows->now);
		else
			metrics_row(&table, &rows->at[i], rows->now);
	}
	if (st == CAIRN_OK && rows->count == 0 && !cli->json)
		puts("no intents");
	table_end(&table);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- the command -------------------------------------------------------------------- */

static const struct verb {
	const char *name;
	int (*run)(const struct cli *cli, const struct intents *args, cairn_conn *conn);
	bool operand;
} verbs[] = {
	{ "list", list, false },       { "show", show, true },	  { "record", record, true },
	{ "promote", promote, false }, { "prune", prune, false }, { "metrics", metrics, false },
};

static const struct verb *find(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

int cmd_intents(struct cli *cli, int argc, char **argv)
{
	struct intents args = { 0 };
	const struct opt opts[] = {
		{ "type", 0, OPT_TEXTS, &args.types, "TYPE",
		  "of this type; promote: may be repeated", NULL },
		{ "status", 's', OPT_TEXTS, &args.statuses, "STATUS",
		  "list: PENDING, PROMOTED, CONFLICTED; may be repeated", NULL },
		{ "limit", 'n', OPT_COUNT, &args.limit, "N",
		  "list: default 50; promote: in one pass, default 100; prune: default all",
		  &args.limited },
		{ "after", 0, OPT_TEXT, &args.after, "ID", "list: go on behind this intent", NULL },
		{ "payloads", 0, OPT_FLAG, &args.payloads, NULL,
		  "list, with --json: payload and request too", NULL },
		{ "field", 0, OPT_TEXT, &args.field, "NAME",
		  "show: only payload or request, byte for byte", NULL },
		{ "all", 0, OPT_FLAG, &args.all, NULL, "promote: pass after pass", NULL },
		{ "before", 0, OPT_TIME, &args.before, "TIME",
		  "prune: promoted before; a duration is that long ago", NULL },
		ENQUEUE_OPTIONS(&args.request),
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code >= 0)
		return code;
	const struct verb *verb = find(argc > 0 ? argv[0] : "list");
	if (verb == NULL)
		return usage_error(
			cli, "intents takes one of list, show, record, promote, prune, metrics");
	if (argc > (verb->operand ? 2 : 1))
		return usage_error(cli, "intents %s: too many operands", verb->name);
	args.operand = argc == 2 ? argv[1] : NULL;
	cairn_conn *conn = NULL;
	code = db_ready(cli, &conn);
	if (code < 0)
		code = verb->run(cli, &args, conn);
	cairn_close(conn);
	return code;
}
