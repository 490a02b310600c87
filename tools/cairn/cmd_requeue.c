/*
 * cmd_requeue.c - `cairn requeue` and `cairn retry`. The library compares with what was seen; seen
 * is here what stands there when the command looks.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "filter.h"

#define PAGE 1000u

struct again {
	const struct cli *cli;
	cairn_conn *conn;
	cairn_str reason;
	bool reset;
	bool retry; /* also pending jobs that wait for their time */
	struct tally tally;
};

static bool requeueable(const cairn_job *job)
{
	return job->status == CAIRN_JOB_DEAD_LETTERED || job->status == CAIRN_JOB_CANCELED;
}

/* What one job needs so as to run again. */
static cairn_status change(const struct again *again, const cairn_job *job, cairn_changed *changed,
			   cairn_error *err)
{
	cairn_scope scope = cli_scope(again->cli);
	if (requeueable(job)) {
		cairn_requeue seen = { .id = job->id,
				       .status = job->status,
				       .run_number = job->run_number,
				       .reset = again->reset };
		return cairn_job_requeue(again->conn, scope, &seen, 1, again->reason, changed, err);
	}
	if (again->retry && job->status == CAIRN_JOB_PENDING) {
		cairn_job_patch now = { .id = job->id, .set = CAIRN_JOB_RUN_AT };
		return cairn_job_edit(again->conn, scope, &now, 1, changed, err);
	}
	*changed = (cairn_changed){ .status = CAIRN_STALE,
				    .code = CAIRN_E_JOB_STATE,
				    .job_status = job->status,
				    .run_number = job->run_number };
	return CAIRN_OK;
}

static cairn_status one(struct again *again, cairn_id id, cairn_error *err)
{
	char more[32];
	cairn_jobs *job = NULL;
	cairn_changed changed = { .status = CAIRN_NOT_FOUND, .code = CAIRN_E_JOB_NOT_FOUND };
	cairn_status st = cairn_job_get(again->conn, cli_scope(again->cli), id, &job, err);
	if (st == CAIRN_OK)
		st = change(again, &job->at[0], &changed, err);
	else if (st == CAIRN_NOT_FOUND)
		st = CAIRN_OK;
	cairn_free(job);
	if (st != CAIRN_OK)
		return st;
	snprintf(more, sizeof more, "run %" PRId32, changed.run_number);
	tell_changed(again->cli, &again->tally, id, again->retry ? "retried" : "requeued", more,
		     &changed);
	return CAIRN_OK;
}

static cairn_status all(struct again *again, const cairn_id *ids, size_t n, cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	for (size_t i = 0; i < n && st == CAIRN_OK; i++)
		st = one(again, ids[i], err);
	return st;
}

static cairn_status where(struct again *again, struct filter *by, cairn_error *err)
{
	cairn_swept *swept = NULL;
	cairn_status st;
	by->filter.limit = PAGE;
	do {
		st = cairn_job_requeue_where(again->conn, &by->filter, again->reset, again->reason,
					     &swept, err);
		if (st != CAIRN_OK || swept->count == 0)
			break;
		tell_swept(again->cli, &again->tally, "requeued", swept);
		by->filter.after = swept->at[swept->count - 1].id;
	} while (swept->more);
	cairn_free(swept);
	if (st == CAIRN_OK)
		tell_nothing(again->cli, &again->tally);
	return st;
}

int cmd_requeue(struct cli *cli, int argc, char **argv)
{
	struct again again = { .cli = cli };
	struct filter by = { .used = false };
	const char *reason = NULL;
	cairn_id *ids = NULL;
	const struct opt opts[] = {
		{ "reset", 0, OPT_FLAG, &again.reset, NULL, "progress and checkpoint start anew",
		  NULL },
		{ "reason", 0, OPT_TEXT, &reason, "TEXT", "default REQUEUED", NULL },
		FILTER_QUEUE(&by),
		FILTER_TYPE(&by),
		FILTER_STATUS(&by),
		FILTER_FROM(&by),
		FILTER_TO(&by),
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	again.reason = cairn_str_of(reason);
	if (code < 0)
		code = ids_or_filter(cli, argc, &by);
	if (code < 0)
		code = filter_settle(cli, &by);
	if (code < 0)
		code = ids_parse(cli, argc, argv, &ids);
	if (code < 0)
		code = db_ready(cli, &again.conn);
	if (code < 0) {
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_status st =
			by.used ? where(&again, &by, &err) : all(&again, ids, (size_t)argc, &err);
		code = st == CAIRN_OK ? tally_exit(&again.tally) : failed(cli, &err);
	}
	cairn_close(again.conn);
	free(ids);
	return code;
}

int cmd_retry(struct cli *cli, int argc, char **argv)
{
	struct again again = { .cli = cli, .retry = true, .reason = CAIRN_STR("RETRIED") };
	cairn_id *ids = NULL;
	int code = args_parse(cli, NULL, &argc, argv);
	if (code < 0 && argc == 0)
		code = usage_error(cli, "retry takes ids");
	if (code < 0)
		code = ids_parse(cli, argc, argv, &ids);
	if (code < 0)
		code = db_ready(cli, &again.conn);
	if (code < 0) {
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_status st = all(&again, ids, (size_t)argc, &err);
		code = st == CAIRN_OK ? tally_exit(&again.tally) : failed(cli, &err);
	}
	cairn_close(again.conn);
	free(ids);
	return code;
}
