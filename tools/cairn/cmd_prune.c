/* cmd_prune.c - `cairn prune`: deletes jobs that ended, batch by batch. */
#include <inttypes.h>

#include "filter.h"
#include "json.h"
#include "table.h"

#define BATCH 1000u

static cairn_status prune(cairn_conn *conn, cairn_prune_opts *opts, uint64_t left, uint64_t *total,
			  cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	size_t pruned = 0;
	do {
		opts->limit = left < BATCH ? (uint32_t)left : BATCH;
		st = cairn_job_prune(conn, opts, &pruned, err);
		if (st != CAIRN_OK)
			break;
		*total += pruned;
		left -= pruned;
	} while (pruned == opts->limit && left > 0);
	return st;
}

static void tell(const struct cli *cli, uint64_t total)
{
	char text[NUMBER_TEXT];
	if (!cli->json) {
		printf("%s pruned\n", number_text((int64_t)total, text));
		return;
	}
	struct json json = json_begin(stdout);
	json_int(&json, "pruned", (int64_t)total);
	json_end(&json);
}

int cmd_prune(struct cli *cli, int argc, char **argv)
{
	cairn_prune_opts prunes = { .size = sizeof prunes };
	struct filter by = { .used = false };
	int64_t limit = INT64_MAX;
	bool aged = false;
	cairn_conn *conn = NULL;
	const struct opt opts[] = {
		FILTER_QUEUE(&by),
		FILTER_TYPE(&by),
		{ "status", 's', OPT_TEXTS, &by.statuses, "STATUS",
		  "SUCCEEDED (default), DEAD_LETTERED, CANCELED; may be repeated", NULL },
		{ "age", 0, OPT_SPAN, &prunes.age, "DURATION",
		  "ended so long ago; default: as the type says", &aged },
		{ "limit", 'n', OPT_BIG, &limit, "N", "at most; default all", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc > 0)
		code = usage_error(cli, "prune takes no operands");
	if (code < 0 && limit == 0)
		code = usage_error(cli, "--limit: '0' is not a number here");
	if (code < 0)
		code = filter_settle(cli, &by);
	if (code < 0 && !aged && (by.filter.statuses & ~(1u << CAIRN_JOB_SUCCEEDED)) != 0)
		code = usage_error(cli, "of other jobs than those that succeeded the type does not "
					"say how long they are kept: --age has to");
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	cairn_error err = CAIRN_ERROR_INIT;
	uint64_t total = 0;
	if (aged && prunes.age == 0)
		prunes.age = 1; /* however short ago; 0 would ask the definitions */
	prunes.scope = by.filter.scope;
	prunes.queue = by.filter.queue;
	prunes.type = by.filter.type;
	prunes.statuses = by.filter.statuses;
	cairn_status st = prune(conn, &prunes, (uint64_t)limit, &total, &err);
	cairn_close(conn);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	tell(cli, total);
	return EXIT_FINE;
}
