/* cmd_change.c - `cairn cancel` and `cairn reap`. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli.h"
#include "json.h"
#include "table.h"

/* ---- cancel --------------------------------------------------------------------------- */

static void tell_canceled(const struct cli *cli, cairn_id id, const cairn_changed *changed)
{
	char text[CAIRN_ID_TEXT];
	cairn_id_format(id, text);
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_id(&json, "id", id);
		json_bool(&json, "canceled", changed->status == CAIRN_OK);
		json_z(&json, "status", cairn_job_status_text(changed->job_status));
		json_time(&json, "lease_expires_at", changed->lease_expires_at);
		if (changed->status != CAIRN_OK)
			json_z(&json, "code", cairn_code_text(changed->code));
		json_end(&json);
	} else if (changed->status == CAIRN_OK) {
		printf("%s  canceled%s\n", text,
		       changed->lease_expires_at != 0 ? ", its worker will be told" : "");
	} else {
		const char *status = cairn_job_status_text(changed->job_status);
		fprintf(stderr, "cairn: %s: %s (%s%s%s)\n", text, cairn_code_message(changed->code),
			cairn_code_text(changed->code), status != NULL ? ", it is " : "",
			status != NULL ? status : "");
	}
}

static int cancel(const struct cli *cli, const cairn_id *ids, size_t n, const char *reason,
		  cairn_changed *each)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	int code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	cairn_status st =
		cairn_job_cancel(conn, cli_scope(cli), ids, n, cairn_str_of(reason), each, &err);
	cairn_close(conn);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	size_t bad = 0;
	cairn_status first = CAIRN_OK;
	for (size_t i = 0; i < n; i++) {
		tell_canceled(cli, ids[i], &each[i]);
		if (each[i].status == CAIRN_OK)
			continue;
		first = bad++ == 0 ? each[i].status : first;
	}
	return batch_exit(n, bad, first);
}

int cmd_cancel(struct cli *cli, int argc, char **argv)
{
	const char *reason = NULL;
	const struct opt opts[] = {
		{ "reason", 0, OPT_TEXT, &reason, "TEXT", "default CANCELED", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code >= 0)
		return code;
	if (argc == 0)
		return usage_error(cli, "cancel takes ids");
	size_t n = (size_t)argc;
	cairn_id *ids = calloc(n, sizeof *ids);
	cairn_changed *each = calloc(n, sizeof *each);
	code = ids != NULL && each != NULL ? -1 : usage_error(cli, "out of memory");
	for (size_t i = 0; code < 0 && i < n; i++) {
		if (cairn_id_parse(cairn_str_of(argv[i]), &ids[i]) != 0)
			code = usage_error(cli, "'%s' is no id", argv[i]);
	}
	if (code < 0)
		code = cancel(cli, ids, n, reason, each);
	free(ids);
	free(each);
	return code;
}

/* ---- reap ----------------------------------------------------------------------------- */

static void reaped_json(const cairn_reaped *row)
{
	struct json json = json_begin(stdout);
	json_id(&json, "id", row->id);
	json_text(&json, "type", row->type);
	json_text(&json, "tenant", row->tenant);
	json_text(&json, "worker", row->worker);
	json_int(&json, "fence", row->fence);
	json_int(&json, "run_number", row->run_number);
	json_int(&json, "attempt", row->attempt);
	json_int(&json, "max_attempts", row->max_attempts);
	json_z(&json, "status", cairn_job_status_text(row->status));
	json_time(&json, "run_at", row->run_at);
	json_time(&json, "lease_expired_at", row->lease_expired_at);
	json_end(&json);
}

static void reaped_row(struct table *table, const cairn_reaped *row)
{
	char id[CAIRN_ID_TEXT];
	char when[WHEN_TEXT];
	cairn_id_format(row->id, id);
	table_cell(table, PLAIN, "%s", id);
	table_text(table, PLAIN, row->type);
	table_cell(table, status_color(row->status), "%s", cairn_job_status_text(row->status));
	table_cell(table, PLAIN, "%" PRId32 "/%" PRId32, row->attempt, row->max_attempts);
	table_cell(table, PLAIN, "%s", when_text(row->lease_expired_at, when));
	table_text(table, PLAIN, row->worker);
}

int cmd_reap(struct cli *cli, int argc, char **argv)
{
	static const char *const heads[] = { "ID",	   "TYPE",   "STATUS", ">TRIES",
					     "LEASE OVER", "WORKER", NULL };
	cairn_reap_opts reap = { .size = sizeof reap, .limit = 1000 };
	const struct opt opts[] = {
		{ "limit", 'n', OPT_COUNT, &reap.limit, "N", "at most; default 1000", NULL },
		{ "retry-delay", 0, OPT_SPAN, &reap.retry_delay, "DURATION",
		  "before they are due again; default: at once", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc > 0)
		code = usage_error(cli, "reap takes no operands");
	cairn_conn *conn = NULL;
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_reap_report *rows = NULL;
	struct table table;
	table_begin(&table, cli, heads);
	cairn_status st = cairn_job_reap(conn, &reap, &rows, &err);
	for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
		if (cli->json)
			reaped_json(&rows->at[i]);
		else
			reaped_row(&table, &rows->at[i]);
	}
	table_end(&table);
	if (st == CAIRN_OK && !cli->json)
		printf("%s%zu taken back\n", rows->count > 0 ? "\n" : "", rows->count);
	cairn_free(rows);
	cairn_close(conn);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}
