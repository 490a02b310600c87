/* cmd_schedule.c - `cairn schedule`: schedules are made, switched, retimed, shown and fired. */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "schedule.h"

/* ---- put -------------------------------------------------------------------------- */

/* "catch-up" as well as "CATCH_UP". */
static cairn_str as_word(const char *text, char word[32])
{
	size_t len = 0;
	for (; text[len] != '\0' && len < 31; len++) {
		char c = text[len];
		word[len] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c == '-' ? '_' : c);
	}
	word[len] = '\0';
	return cairn_str_of(word);
}

static int merge_policies(const struct cli *cli, const struct schedule_args *args,
			  cairn_schedule *row)
{
	char word[32];
	if (args->misfire != NULL) {
		row->misfire = cairn_misfire_parse(as_word(args->misfire, word));
		if (row->misfire == 0)
			return usage_error(cli, "--misfire is coalesce, skip or catch-up");
	}
	if (args->overlap != NULL) {
		row->overlap = cairn_overlap_parse(as_word(args->overlap, word));
		if (row->overlap == 0)
			return usage_error(cli, "--overlap is allow or skip");
	}
	if (args->catch_up != 0) {
		if (args->misfire != NULL && row->misfire != CAIRN_MISFIRE_CATCH_UP)
			return usage_error(cli, "--catch-up goes with --misfire catch-up");
		row->misfire = CAIRN_MISFIRE_CATCH_UP;
		row->catch_up = args->catch_up;
	}
	return -1;
}

static void replace(cairn_str *text, const char *given)
{
	if (given != NULL)
		*text = cairn_str_of(given);
}

/* Of an existing schedule only what is given changes. */
static int merge(const struct cli *cli, const struct schedule_args *args, bool existed,
		 cairn_schedule *row)
{
	replace(&row->type, args->type);
	replace(&row->cron, args->cron);
	replace(&row->zone, args->zone);
	replace(&row->queue, args->queue);
	replace(&row->owner, args->owner);
	replace(&row->payload, args->payload);
	if (args->seen_jitter)
		row->jitter = args->jitter;
	/* if the expression changes, so does the cursor: computed, unless it is said */
	row->next_fire_at = args->at;
	if (!existed) {
		row->tenant = cairn_str_of(cli->tenant);
		row->inactive = args->inactive ? 1 : 0;
	}
	if (row->type.len == 0 || row->cron.len == 0)
		return usage_error(cli, "a new schedule needs --type and --cron");
	return merge_policies(cli, args, row);
}

static int put_row(const struct cli *cli, cairn_conn *conn, const cairn_schedule *row, bool existed)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_schedules *found = NULL;
	char when[WHEN_TEXT];
	cairn_status st = cairn_schedule_put(conn, row, 1, NULL, &err);
	if (st == CAIRN_OK)
		st = cairn_schedule_get(conn, cairn_any(), row->name, &found, &err);
	if (st == CAIRN_OK && cli->json)
		schedule_json(&found->at[0]);
	else if (st == CAIRN_OK)
		printf("%s %s, next at %s\n", existed ? "updated" : "scheduled", row->name.ptr,
		       when_text(found->at[0].next_fire_at, when));
	cairn_free(found);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

static int put(const struct cli *cli, const struct schedule_args *args, cairn_conn *conn,
	       const char *name)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_schedules *found = NULL;
	cairn_schedule row = { .name = cairn_str_of(name) };
	cairn_status st = cairn_schedule_get(conn, cli_scope(cli), row.name, &found, &err);
	bool existed = st == CAIRN_OK;
	int code = -1;
	if (existed)
		row = found->at[0];
	else if (st != CAIRN_NOT_FOUND)
		code = failed(cli, &err);
	if (code < 0)
		code = merge(cli, args, existed, &row);
	if (code < 0)
		code = put_row(cli, conn, &row, existed);
	cairn_free(found);
	return code;
}

/* ---- activate, deactivate, retime ------------------------------------------------------ */

static void tell(const struct cli *cli, const char *name, const char *done,
		 const cairn_outcome *outcome)
{
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_z(&json, "name", name);
		json_bool(&json, done, outcome->status == CAIRN_OK);
		if (outcome->status != CAIRN_OK)
			json_z(&json, "code", cairn_code_text(outcome->code));
		json_end(&json);
	} else if (outcome->status == CAIRN_OK) {
		printf("%s  %s\n", name, done);
	} else {
		fprintf(stderr, "cairn: %s: %s (%s)\n", name, cairn_code_message(outcome->code),
			cairn_code_text(outcome->code));
	}
}

/* The first time of the schedule's own expression that is to come. */
static cairn_status own_next(const struct cli *cli, cairn_conn *conn, cairn_str name,
			     cairn_time *next, cairn_error *err)
{
	cairn_schedules *found = NULL;
	cairn_time now;
	cairn_status st = cairn_schedule_get(conn, cli_scope(cli), name, &found, err);
	if (st == CAIRN_OK)
		st = cairn_now(conn, &now, err);
	if (st == CAIRN_OK)
		st = cairn_schedule_next(found->at[0].cron, found->at[0].zone, now, next, 1, err);
	cairn_free(found);
	return st;
}

enum verb { ACTIVATE, DEACTIVATE, RETIME };
static const char *const done[] = { "activated", "deactivated", "retimed" };

static cairn_status change_one(const struct cli *cli, const struct schedule_args *args,
			       enum verb verb, cairn_conn *conn, const char *word,
			       cairn_outcome *outcome, cairn_error *err)
{
	cairn_str name = cairn_str_of(word);
	cairn_time at = args->at;
	if (verb != RETIME)
		return cairn_schedule_activate(conn, cli_scope(cli), &name, 1, verb == ACTIVATE,
					       outcome, err);
	cairn_status st = at != 0 ? CAIRN_OK : own_next(cli, conn, name, &at, err);
	if (st == CAIRN_NOT_FOUND) {
		*outcome = (cairn_outcome){ st, CAIRN_E_SCHEDULE_MISSING };
		return CAIRN_OK;
	}
	if (st != CAIRN_OK)
		return st;
	return cairn_schedule_retime(conn, cli_scope(cli), &name, 1, at, outcome, err);
}

static int change(const struct cli *cli, const struct schedule_args *args, enum verb verb,
		  cairn_conn *conn, int argc, char **argv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	size_t bad = 0;
	cairn_status first = CAIRN_OK;
	for (int i = 0; i < argc; i++) {
		cairn_outcome outcome = { .status = CAIRN_OK };
		cairn_status st = change_one(cli, args, verb, conn, argv[i], &outcome, &err);
		if (st != CAIRN_OK)
			return failed(cli, &err);
		tell(cli, argv[i], done[verb], &outcome);
		if (outcome.status != CAIRN_OK)
			first = bad++ == 0 ? outcome.status : first;
	}
	return batch_exit((size_t)argc, bad, first);
}

/* ---- the command --------------------------------------------------------------------- */

struct action {
	const char *name;
	int least;
	int most;
};

enum { PUT, LIST, SHOW, ON, OFF, MOVE, NEXT, FIRE, ACTIONS };

static const struct action actions[ACTIONS] = {
	{ "put", 1, 1 },	   { "list", 0, 0 },	  { "show", 1, 1 }, { "activate", 1, 1000 },
	{ "deactivate", 1, 1000 }, { "retime", 1, 1000 }, { "next", 1, 1 }, { "fire", 0, 0 },
};

static int find_action(const struct cli *cli, int argc, char **argv, int *action)
{
	*action = LIST;
	if (argc == 0)
		return -1;
	for (*action = 0; *action < ACTIONS; (*action)++) {
		const struct action *one = &actions[*action];
		if (strcmp(argv[0], one->name) != 0)
			continue;
		if (argc - 1 >= one->least && argc - 1 <= one->most)
			return -1;
		return usage_error(cli, "schedule %s: wrong number of operands", one->name);
	}
	return usage_error(cli, "schedule list, put, show, activate, deactivate, retime, next or "
				"fire");
}

static int run(const struct cli *cli, const struct schedule_args *args, int action, int argc,
	       char **argv)
{
	cairn_conn *conn = NULL;
	if (action == NEXT)
		return schedule_next(cli, args, argv[0]);
	int code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	if (action == PUT)
		code = put(cli, args, conn, argv[0]);
	else if (action == LIST)
		code = schedule_list(cli, args, conn);
	else if (action == SHOW)
		code = schedule_show(cli, conn, argv[0]);
	else if (action == FIRE)
		code = schedule_fire(cli, args, conn);
	else
		code = change(cli, args,
			      action == ON    ? ACTIVATE
			      : action == OFF ? DEACTIVATE
					      : RETIME,
			      conn, argc, argv);
	cairn_close(conn);
	return code;
}

int cmd_schedule(struct cli *cli, int argc, char **argv)
{
	struct schedule_args args = { 0 };
	const struct opt opts[] = {
		{ "type", 0, OPT_TEXT, &args.type, "TYPE", "of the jobs; list: only of this one",
		  NULL },
		{ "cron", 0, OPT_TEXT, &args.cron, "EXPR", "five or six fields, or @daily …",
		  NULL },
		{ "zone", 0, OPT_TEXT, &args.zone, "ZONE", "IANA name; default UTC", NULL },
		{ "queue", 'q', OPT_TEXT, &args.queue, "NAME", "default: default", NULL },
		{ "owner", 0, OPT_TEXT, &args.owner, "NAME", "only its workers may claim the jobs",
		  NULL },
		{ "payload", 0, OPT_TEXT, &args.payload, "JSON", "template; default {}", NULL },
		{ "jitter", 0, OPT_SPAN, &args.jitter, "DURATION", "put off by up to this",
		  &args.seen_jitter },
		{ "misfire", 0, OPT_TEXT, &args.misfire, "POLICY",
		  "coalesce (default), skip or catch-up", NULL },
		{ "catch-up", 0, OPT_INT32, &args.catch_up, "N",
		  "catch up with at most N; default 10", NULL },
		{ "overlap", 0, OPT_TEXT, &args.overlap, "POLICY", "allow (default) or skip",
		  NULL },
		{ "at", 0, OPT_TIME, &args.at, "TIME", "put: the first time; retime: the next",
		  NULL },
		{ "contains", 0, OPT_TEXT, &args.contains, "TEXT", "list: names with this in them",
		  NULL },
		{ "active", 0, OPT_FLAG, &args.active, NULL, "list: only those", NULL },
		{ "inactive", 0, OPT_FLAG, &args.inactive, NULL,
		  "put: a new one is switched off; list: only those", NULL },
		{ "due", 0, OPT_FLAG, &args.due, NULL, "list: what fire would fire", NULL },
		{ "from", 0, OPT_TIME, &args.from, "TIME", "next: behind this; default now", NULL },
		{ "limit", 'n', OPT_COUNT, &args.limit, "N",
		  "next: so many, default 5; fire: at most, default 1000", NULL },
		{ "grace", 0, OPT_SPAN, &args.grace, "DURATION",
		  "fire: how late skip lets it be; default 1m", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int action = 0;
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0)
		code = find_action(cli, argc, argv, &action);
	if (code < 0 && action == NEXT && args.limit > 100000)
		code = usage_error(cli, "--limit is at most 100000 here");
	if (code < 0 && action == FIRE && args.limit > 1000)
		code = usage_error(cli, "--limit is at most 1000 here");
	return code >= 0 ? code : run(cli, &args, action, argc - (argc > 0), argv + 1);
}
