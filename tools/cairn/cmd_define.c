/* cmd_define.c - `cairn define`: a job type is made, changed, or all are listed. */
#include <inttypes.h>

#include "catalog.h"
#include "cli.h"
#include "json.h"
#include "table.h"

struct define {
	cairn_definition row;
	bool enable;
	bool disable;
	bool list;
	bool seen_attempts;
	bool seen_timeout;
	bool seen_priority;
	bool seen_base;
	bool seen_cap;
	bool seen_jitter;
	bool seen_factor;
	const char *contains;
	const char *overrides;
	const char *retention;
};

/* ---- list ------------------------------------------------------------------------- */

static void put_json(const cairn_definition *row)
{
	struct json json = json_begin(stdout);
	json_text(&json, "type", row->type);
	json_int(&json, "version", row->version);
	json_bool(&json, "enabled", row->disabled == 0);
	json_int(&json, "max_attempts", row->max_attempts);
	json_int(&json, "timeout_us", row->timeout);
	json_int(&json, "priority", row->priority);
	json_int(&json, "retry_base_us", row->retry.base);
	json_int(&json, "retry_cap_us", row->retry.cap);
	json_int(&json, "retry_jitter_us", row->retry.jitter > 0 ? row->retry.jitter : 0);
	json_int(&json, "retry_factor", row->retry.factor);
	json_raw(&json, "retry_overrides", row->retry_overrides);
	json_count(&json, "retention_us", row->retention == CAIRN_RETAIN_NONE ? 0 : row->retention);
	json_time(&json, "created_at", row->created_at);
	json_time(&json, "updated_at", row->updated_at);
	json_end(&json);
}

static void put_row(struct table *table, const cairn_definition *row)
{
	char timeout[SPAN_TEXT];
	char base[SPAN_TEXT];
	char cap[SPAN_TEXT];
	char updated[WHEN_TEXT];
	table_text(table, PLAIN, row->type);
	table_cell(table, row->disabled ? YELLOW : GREEN, "%s", row->disabled ? "no" : "yes");
	table_cell(table, PLAIN, "%" PRId32, row->max_attempts);
	table_cell(table, PLAIN, "%s", span_text(row->timeout, timeout));
	table_cell(table, PLAIN, "%" PRId32, row->priority);
	table_cell(table, PLAIN, "%s x%g up to %s%s", span_text(row->retry.base, base),
		   (double)row->retry.factor / 1000, span_text(row->retry.cap, cap),
		   row->retry_overrides.len > 0 ? ", overrides" : "");
	table_cell(table, PLAIN, "%s", retention_text(row->retention, base));
	table_cell(table, DIM, "%s", when_text(row->updated_at, updated));
}

static int list(const struct cli *cli, const struct define *args, cairn_conn *conn)
{
	static const char *const heads[] = { "TYPE",	 "ENABLED",   ">ATTEMPTS",
					     ">TIMEOUT", ">PRIORITY", "RETRY",
					     "KEPT",	 "UPDATED",   NULL };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_definitions *rows = NULL;
	cairn_definition_filter filter = { .size = sizeof filter,
					   .contains = cairn_str_of(args->contains),
					   .limit = 1000 };
	struct table table;
	char after[256];
	cairn_status st;
	table_begin(&table, cli, heads);
	do {
		st = cairn_job_definition_list(conn, &filter, &rows, &err);
		for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
			if (cli->json)
				put_json(&rows->at[i]);
			else
				put_row(&table, &rows->at[i]);
			snprintf(after, sizeof after, "%s", rows->at[i].type.ptr);
			filter.after = cairn_str_of(after);
		}
	} while (st == CAIRN_OK && rows->count == filter.limit);
	table_end(&table);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- define --------------------------------------------------------------------- */

static void merge_retry(const struct define *args, cairn_retry *retry)
{
	if (args->seen_base)
		retry->base = args->row.retry.base;
	if (args->seen_cap)
		retry->cap = args->row.retry.cap;
	if (args->seen_jitter)
		retry->jitter = args->row.retry.jitter > 0 ? args->row.retry.jitter : -1;
	if (args->seen_factor)
		retry->factor = args->row.retry.factor;
}

static uint32_t patched(const struct define *args)
{
	uint32_t set = 0;
	set |= args->seen_attempts ? CAIRN_PATCH_MAX_ATTEMPTS : 0;
	set |= args->seen_timeout ? CAIRN_PATCH_TIMEOUT : 0;
	set |= args->seen_priority ? CAIRN_PATCH_PRIORITY : 0;
	set |= args->enable || args->disable ? CAIRN_PATCH_DISABLED : 0;
	if (args->seen_base || args->seen_cap || args->seen_jitter || args->seen_factor)
		set |= CAIRN_PATCH_RETRY;
	set |= args->overrides != NULL ? CAIRN_PATCH_OVERRIDES : 0;
	set |= args->retention != NULL ? CAIRN_PATCH_RETENTION : 0;
	return set;
}

/* Of an existing type only what is given changes. */
static cairn_status change(const struct define *args, cairn_conn *conn,
			   const cairn_definition *former, cairn_error *err)
{
	cairn_definition_patch patch = {
		.size = sizeof patch,
		.type = args->row.type,
		.set = patched(args),
		.max_attempts = args->row.max_attempts,
		.timeout = args->row.timeout,
		.priority = args->row.priority,
		.disabled = args->disable ? 1 : 0,
		.retry = former->retry,
		.retry_overrides = args->row.retry_overrides,
		.retention = args->row.retention,
	};
	merge_retry(args, &patch.retry);
	return patch.set != 0 ? cairn_job_definition_update(conn, &patch, err) : CAIRN_OK;
}

static cairn_status create(const struct define *args, cairn_conn *conn, cairn_error *err)
{
	cairn_definition row = args->row;
	row.set = args->seen_priority ? CAIRN_DEFINITION_PRIORITY : 0;
	row.disabled = args->disable ? 1 : 0;
	row.retry = (cairn_retry){ 0 };
	merge_retry(args, &row.retry);
	return cairn_job_define_if_missing(conn, &row, 1, err);
}

static int define(const struct cli *cli, const struct define *args, cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_definitions *found = NULL;
	cairn_status st = cairn_job_definition_get(conn, args->row.type, &found, &err);
	bool existed = st == CAIRN_OK;
	if (existed)
		st = change(args, conn, &found->at[0], &err);
	else if (st == CAIRN_NOT_FOUND)
		st = create(args, conn, &err);
	if (st == CAIRN_OK && cli->json)
		st = cairn_job_definition_get(conn, args->row.type, &found, &err);
	if (st == CAIRN_OK && cli->json)
		put_json(&found->at[0]);
	else if (st == CAIRN_OK)
		printf("%s %s\n", existed ? "updated" : "defined", args->row.type.ptr);
	cairn_free(found);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- the command --------------------------------------------------------------------- */

static int check(const struct cli *cli, const struct define *args, int argc)
{
	if (args->enable && args->disable)
		return usage_error(cli, "--enable and --disable exclude each other");
	if (args->list && argc > 0)
		return usage_error(cli, "define --list takes no type; --contains filters");
	if (!args->list && argc != 1)
		return usage_error(cli, "define takes one type, or --list");
	return -1;
}

static int check_policies(const struct cli *cli, struct define *args)
{
	args->row.retry_overrides = cairn_str_of(args->overrides);
	if (args->retention != NULL && retention_parse(args->retention, &args->row.retention) != 0)
		return usage_error(cli, "--retention is a duration, none or forever");
	return -1;
}

int cmd_define(struct cli *cli, int argc, char **argv)
{
	struct define args = { 0 };
	cairn_definition *row = &args.row;
	const struct opt opts[] = {
		{ "max-attempts", 0, OPT_INT32, &row->max_attempts, "N", "default 8",
		  &args.seen_attempts },
		{ "timeout", 0, OPT_SPAN, &row->timeout, "DURATION", "of one attempt; default 15m",
		  &args.seen_timeout },
		{ "priority", 0, OPT_INT32, &row->priority, "N", "larger first; default 100",
		  &args.seen_priority },
		{ "retry-base", 0, OPT_SPAN, &row->retry.base, "DURATION",
		  "before the second attempt; default 10s", &args.seen_base },
		{ "retry-factor", 0, OPT_INT32, &row->retry.factor, "N",
		  "growth in thousandths; default 2000, doubling", &args.seen_factor },
		{ "retry-cap", 0, OPT_SPAN, &row->retry.cap, "DURATION", "at most; default 5m",
		  &args.seen_cap },
		{ "retry-jitter", 0, OPT_SPAN, &row->retry.jitter, "DURATION",
		  "either way; default 500ms, 0 for none", &args.seen_jitter },
		{ "retry-overrides", 0, OPT_TEXT, &args.overrides, "JSON",
		  "policies for single error codes; {} for none", NULL },
		{ "retention", 0, OPT_TEXT, &args.retention, "DURATION|none|forever",
		  "of succeeded jobs; default 7d", NULL },
		{ "enable", 0, OPT_FLAG, &args.enable, NULL, "accept new jobs", NULL },
		{ "disable", 0, OPT_FLAG, &args.disable, NULL,
		  "accept no new jobs; what is there still runs", NULL },
		{ "list", 0, OPT_FLAG, &args.list, NULL, "list all types", NULL },
		{ "contains", 0, OPT_TEXT, &args.contains, "TEXT", "list: types with this in them",
		  NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0)
		code = check(cli, &args, argc);
	if (code < 0)
		code = check_policies(cli, &args);
	cairn_conn *conn = NULL;
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	if (!args.list)
		args.row.type = cairn_str_of(argv[0]);
	code = args.list ? list(cli, &args, conn) : define(cli, &args, conn);
	cairn_close(conn);
	return code;
}
