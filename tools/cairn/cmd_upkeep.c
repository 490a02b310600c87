/* cmd_upkeep.c - `cairn upkeep`: puts due jobs in line, batch by batch, and tidies the store. */
#include <inttypes.h>

#include <cairn/upkeep.h>

#include "cli.h"
#include "json.h"
#include "table.h"

#define BATCH 1000u

/* The first batch tidies; *total is the report of all of them. */
static cairn_status upkeep(cairn_conn *conn, enum cairn_tidy tidy, uint64_t left,
			   cairn_upkeep_report *total, cairn_error *err)
{
	cairn_upkeep_opts opts = { .size = sizeof opts, .tidy = tidy };
	cairn_status st;
	do {
		cairn_upkeep_report report = { .size = sizeof report };
		opts.limit = left < BATCH ? (uint32_t)left : BATCH;
		st = cairn_job_upkeep(conn, &opts, &report, err);
		if (st != CAIRN_OK)
			break;
		if (report.tidied > total->tidied)
			total->tidied = report.tidied;
		total->unparked += report.unparked;
		total->more = report.more;
		left -= report.unparked;
		opts.tidy = CAIRN_TIDY_NEVER;
	} while (total->more && left > 0);
	return st;
}

static void tell(const struct cli *cli, const cairn_upkeep_report *total)
{
	static const char *const words[] = {
		[CAIRN_TIDIED_NOTHING] = "nothing to tidy",
		[CAIRN_TIDIED] = "tidied",
		[CAIRN_TIDIED_BUSY] = "tidied what nobody else is busy with",
		[CAIRN_TIDIED_DENIED] = "tidying is not allowed",
	};
	char text[NUMBER_TEXT];
	if (!cli->json) {
		printf("%s put in line%s, %s\n", number_text((int64_t)total->unparked, text),
		       total->more ? ", others are due" : "", words[total->tidied]);
		return;
	}
	struct json json = json_begin(stdout);
	json_int(&json, "unparked", (int64_t)total->unparked);
	json_bool(&json, "more", total->more != 0);
	json_z(&json, "tidied", cairn_tidied_text(total->tidied));
	json_end(&json);
}

int cmd_upkeep(struct cli *cli, int argc, char **argv)
{
	int64_t limit = INT64_MAX;
	bool always = false;
	bool never = false;
	cairn_conn *conn = NULL;
	const struct opt opts[] = {
		{ "limit", 'n', OPT_BIG, &limit, "N", "jobs at most; default all", NULL },
		{ "tidy", 0, OPT_FLAG, &always, NULL, "even where it is not worth it", NULL },
		{ "no-tidy", 0, OPT_FLAG, &never, NULL, "only put jobs in line", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc > 0)
		code = usage_error(cli, "upkeep takes no operands");
	if (code < 0 && limit == 0)
		code = usage_error(cli, "--limit: '0' is not a number here");
	if (code < 0 && always && never)
		code = usage_error(cli, "--tidy and --no-tidy exclude each other");
	if (code < 0 && (cli->tenant != NULL || cli->global))
		code = usage_error(cli, "upkeep is for the whole store, whatever the tenant");
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_upkeep_report total = { .size = sizeof total };
	enum cairn_tidy tidy = always ? CAIRN_TIDY_ALWAYS : CAIRN_TIDY_IF_WORTH_IT;
	cairn_status st =
		upkeep(conn, never ? CAIRN_TIDY_NEVER : tidy, (uint64_t)limit, &total, &err);
	cairn_close(conn);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	tell(cli, &total);
	return total.tidied == CAIRN_TIDIED_DENIED ? EXIT_SOME_FAILED : EXIT_FINE;
}
