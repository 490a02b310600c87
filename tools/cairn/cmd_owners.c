/* cmd_owners.c - `cairn owners`: which worker processes run where. */
#include <inttypes.h>

#include "cli.h"
#include "json.h"
#include "table.h"

#define PAGE 1000u

struct owners {
	struct texts states;
	cairn_usec stale_after;
	cairn_usec age;
	bool prunes;
	bool aged;
};

static void owner_json(const cairn_owner *row)
{
	struct json json = json_begin(stdout);
	json_text(&json, "name", row->name);
	json_z(&json, "state", cairn_owner_state_text(row->state));
	json_id(&json, "incarnation", row->incarnation);
	json_text(&json, "host", row->host);
	json_int(&json, "pid", row->pid);
	json_text(&json, "version", row->version);
	json_raw(&json, "queues", row->queues);
	json_raw(&json, "labels", row->labels);
	json_time(&json, "started_at", row->started_at);
	json_time(&json, "registered_at", row->registered_at);
	json_time(&json, "heartbeat_at", row->heartbeat_at);
	json_time(&json, "closed_at", row->closed_at);
	json_end(&json);
}

static void owner_row(struct table *table, const cairn_owner *row, cairn_time now)
{
	static const enum color colors[] = { PLAIN, GREEN, YELLOW, DIM };
	char age[SPAN_TEXT];
	table_text(table, PLAIN, row->name);
	table_cell(table, colors[row->state], "%s", cairn_owner_state_text(row->state));
	table_text(table, PLAIN, row->host);
	table_cell(table, PLAIN, "%" PRId64, row->pid);
	table_text(table, PLAIN, row->version);
	table_cell(table, PLAIN, "%s", span_text(now - row->started_at, age));
	table_cell(table, PLAIN, "%s", span_text(now - row->heartbeat_at, age));
	table_text(table, PLAIN, row->queues);
}

static int list(const struct cli *cli, cairn_conn *conn, cairn_owner_filter *filter)
{
	static const char *const heads[] = { "NAME", "STATE", "HOST",	">PID", "VERSION",
					     ">UP",  ">BEAT", "QUEUES", NULL };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_owners *rows = NULL;
	struct table table;
	table_begin(&table, cli, heads);
	cairn_status st = cairn_owner_list(conn, filter, &rows, &err);
	while (st == CAIRN_OK && rows->count > 0) {
		for (size_t i = 0; i < rows->count; i++) {
			if (cli->json)
				owner_json(&rows->at[i]);
			else
				owner_row(&table, &rows->at[i], rows->now);
		}
		if (rows->count < PAGE)
			break;
		/* the cursor must outlive the rows that it was taken from */
		cairn_owners *before = rows;
		rows = NULL;
		filter->after = before->at[before->count - 1].name;
		st = cairn_owner_list(conn, filter, &rows, &err);
		cairn_free(before);
	}
	table_end(&table);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

static int prune(const struct cli *cli, cairn_conn *conn, cairn_usec age)
{
	cairn_error err = CAIRN_ERROR_INIT;
	size_t total = 0;
	size_t gone = 0;
	cairn_status st;
	do {
		st = cairn_owner_prune(conn, age, PAGE, &gone, &err);
		total += st == CAIRN_OK ? gone : 0;
	} while (st == CAIRN_OK && gone == PAGE);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	return tell_total(cli, "pruned", total);
}

static int parse_states(const struct cli *cli, const struct owners *args, uint32_t *states)
{
	for (size_t i = 0; i < args->states.count; i++) {
		enum cairn_owner_state state =
			cairn_owner_state_parse(cairn_str_of(args->states.at[i]));
		if (state == 0)
			return usage_error(cli, "--state: LIVE, STALE or CLOSED, not '%s'",
					   args->states.at[i]);
		*states |= 1u << state;
	}
	return -1;
}

int cmd_owners(struct cli *cli, int argc, char **argv)
{
	struct owners args = { .age = 7 * CAIRN_DAY };
	cairn_owner_filter filter = { .size = sizeof filter, .limit = PAGE };
	const struct opt opts[] = {
		{ "state", 's', OPT_TEXTS, &args.states, "STATE",
		  "only LIVE, STALE, CLOSED; may be repeated", NULL },
		{ "stale-after", 0, OPT_SPAN, &args.stale_after, "SPAN",
		  "without a heartbeat for longer: STALE; default 60s", NULL },
		{ "prune", 0, OPT_FLAG, &args.prunes, NULL,
		  "delete those closed or silent for --age", NULL },
		{ "age", 0, OPT_SPAN, &args.age, "SPAN", "with --prune; default 7d", &args.aged },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	cairn_conn *conn = NULL;
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc > 0)
		code = usage_error(cli, "owners takes no operands");
	if (code < 0 && args.aged && !args.prunes)
		code = usage_error(cli, "--age goes with --prune");
	if (code < 0)
		code = parse_states(cli, &args, &filter.states);
	filter.stale_after = args.stale_after;
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0)
		code = args.prunes ? prune(cli, conn, args.age) : list(cli, conn, &filter);
	cairn_close(conn);
	return code;
}
