/* cmd_change.c - `cairn cancel` and `cairn reap`. */
#include <inttypes.h>
#include <stdlib.h>

#include "filter.h"
#include "json.h"
#include "table.h"

#define PAGE 1000u

/* ---- cancel --------------------------------------------------------------------------- */

static cairn_status cancel_ids(const struct cli *cli, cairn_conn *conn, const cairn_id *ids,
			       size_t n, cairn_str reason, struct tally *tally, cairn_error *err)
{
	cairn_changed *each = calloc(n, sizeof *each);
	if (each == NULL) {
		outcome_error(err, CAIRN_NOMEM, CAIRN_E_NOMEM);
		return CAIRN_NOMEM;
	}
	cairn_status st = cairn_job_cancel(conn, cli_scope(cli), ids, n, reason, each, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++)
		tell_changed(cli, tally, ids[i], "canceled",
			     each[i].lease_expires_at != 0 ? "its worker will be told" : "",
			     &each[i]);
	free(each);
	return st;
}

/* Page by page, each a commit; the cursor goes on behind what could not be canceled, too. */
static cairn_status cancel_where(const struct cli *cli, cairn_conn *conn, struct filter *by,
				 cairn_str reason, struct tally *tally, cairn_error *err)
{
	cairn_swept *swept = NULL;
	cairn_status st;
	by->filter.limit = PAGE;
	do {
		st = cairn_job_cancel_where(conn, &by->filter, reason, &swept, err);
		if (st != CAIRN_OK || swept->count == 0)
			break;
		tell_swept(cli, tally, "canceled", swept);
		by->filter.after = swept->at[swept->count - 1].id;
	} while (swept->more);
	cairn_free(swept);
	if (st == CAIRN_OK)
		tell_nothing(cli, tally);
	return st;
}

int cmd_cancel(struct cli *cli, int argc, char **argv)
{
	struct filter by = { .used = false };
	struct tally tally = { 0 };
	const char *reason = NULL;
	cairn_id *ids = NULL;
	cairn_conn *conn = NULL;
	const struct opt opts[] = {
		{ "reason", 0, OPT_TEXT, &reason, "TEXT", "default CANCELED", NULL },
		FILTER_QUEUE(&by),
		FILTER_TYPE(&by),
		FILTER_STATUS(&by),
		FILTER_FROM(&by),
		FILTER_TO(&by),
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0)
		code = ids_or_filter(cli, argc, &by);
	if (code < 0)
		code = filter_settle(cli, &by);
	if (code < 0)
		code = ids_parse(cli, argc, argv, &ids);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0) {
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_str why = cairn_str_of(reason);
		cairn_status st =
			by.used ? cancel_where(cli, conn, &by, why, &tally, &err)
				: cancel_ids(cli, conn, ids, (size_t)argc, why, &tally, &err);
		code = st == CAIRN_OK ? tally_exit(&tally) : failed(cli, &err);
	}
	cairn_close(conn);
	free(ids);
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
	json_z(&json, "ending", cairn_ending_text(row->ending));
	json_bool(&json, "started_without_renewal_heartbeat", row->unrenewed != 0);
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
