/* cmd_run_end.c - `cairn run wait` and `cairn run prune`: until runs are over, and when they are. */
#include <stdlib.h>
#include <string.h>

#include "replays.h"

#define LONGEST_WAIT CAIRN_HOUR /* of one call */
#define BATCH	     1000u

/* ---- wait ----------------------------------------------------------------------------- */

/* One call after the other, up to the time that was given. */
static cairn_status wait_for(cairn_conn *conn, cairn_run_wait_opts *opts, cairn_usec left,
			     cairn_runs **run, cairn_error *err)
{
	cairn_status st;
	do {
		opts->timeout = left < LONGEST_WAIT ? left : LONGEST_WAIT;
		left -= opts->timeout;
		if (opts->timeout == 0)
			opts->timeout = -1;
		st = cairn_run_wait(conn, opts, run, err);
	} while (st == CAIRN_TIMEOUT && left > 0);
	return st;
}

static int tell_over(const struct cli *cli, const cairn_run *run, bool result)
{
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_run(&json, run, false);
		json_end(&json);
	} else if (result) {
		fwrite(run->result.ptr, 1, run->result.len, stdout);
		printf("\n");
	} else {
		printf("%s\n", cairn_run_status_text(run->status));
	}
	return run->status == CAIRN_RUN_SUCCEEDED ? EXIT_FINE : EXIT_SOME_FAILED;
}

static int wait_graph(const struct cli *cli, cairn_conn *conn, cairn_id id, cairn_usec timeout,
		      bool result)
{
	cairn_runs *run = NULL;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_run_wait_opts given = {
		.size = sizeof given, .scope = cli_scope(cli), .run = id, .result = result ? 1 : 0
	};
	cairn_status st = wait_for(conn, &given, timeout, &run, &err);
	int code = st == CAIRN_OK ? tell_over(cli, &run->at[0], result) : failed(cli, &err);
	/* it is over, and did not succeed: the same with --result and without */
	if (st == CAIRN_STALE)
		code = EXIT_SOME_FAILED;
	cairn_free(run);
	return code;
}

int run_wait(struct cli *cli, int argc, char **argv)
{
	cairn_usec timeout = 5 * CAIRN_MINUTE;
	bool result = false;
	bool replay = false;
	cairn_conn *conn = NULL;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_id id;
	const struct opt opts[] = {
		{ "timeout", 0, OPT_SPAN, &timeout, "DURATION", "at most; default 5m, 0 only looks",
		  NULL },
		{ "result", 0, OPT_FLAG, &result, NULL,
		  "print its result, of a replay run its output", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 1)
		code = usage_error(cli, "run wait takes one id");
	if (code < 0)
		code = run_id_parse(cli, argv[0], &id);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	if (run_may_be_replay(cli, conn, id, &replay, &err) != CAIRN_OK)
		code = failed(cli, &err);
	else
		code = replay ? replay_wait(cli, conn, id, timeout, result)
			      : wait_graph(cli, conn, id, timeout, result);
	cairn_close(conn);
	return code;
}

/* ---- prune ------------------------------------------------------------------------------ */

static int prune(const struct cli *cli, cairn_run_prune_filter *by, uint64_t left)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	uint64_t total = 0;
	size_t pruned = 0;
	int code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	cairn_status st;
	do {
		by->limit = left < BATCH ? (uint32_t)left : BATCH;
		st = cairn_run_prune(conn, by, &pruned, &err);
		total += st == CAIRN_OK ? pruned : 0;
		left -= pruned;
	} while (st == CAIRN_OK && pruned == by->limit && left > 0);
	cairn_close(conn);
	return st == CAIRN_OK ? tell_total(cli, "pruned", total) : failed(cli, &err);
}

int run_prune(struct cli *cli, int argc, char **argv)
{
	cairn_run_prune_filter by = { .size = sizeof by };
	struct texts statuses = { .count = 0 };
	const char *type = NULL;
	int64_t limit = INT64_MAX;
	bool aged = false;
	const struct opt opts[] = {
		{ "older", 0, OPT_SPAN, &by.age, "DURATION", "over for so long; needed", &aged },
		{ "type", 0, OPT_TEXT, &type, "TYPE", "of this type", NULL },
		{ "status", 's', OPT_TEXTS, &statuses, "STATUS",
		  "SUCCEEDED, COMPLETED_WITH_ERRORS, CANCELED; may be repeated", NULL },
		{ "limit", 'n', OPT_BIG, &limit, "N", "at most; default all", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc > 0)
		code = usage_error(cli, "run prune takes no operands");
	if (code < 0 && !aged)
		code = usage_error(cli, "run prune needs --older");
	if (code < 0 && limit == 0)
		code = usage_error(cli, "--limit: '0' is not a number here");
	if (code < 0)
		code = run_statuses_parse(cli, &statuses, &by.statuses);
	by.scope = cli_scope(cli);
	by.type = cairn_str_of(type);
	return code < 0 ? prune(cli, &by, (uint64_t)limit) : code;
}
