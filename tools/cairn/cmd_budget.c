/* cmd_budget.c - `cairn budget`: totals of a tree of replay runs, what is spent, and the ledger. */
#include <inttypes.h>
#include <string.h>

#include "replays.h"

struct budget_args {
	const char *source;
	const char *axis;
	bool soft;
	bool behind;
	bool limited;
	uint32_t limit;
	int64_t after;
	cairn_id run;
	cairn_str on; /* the axis that is set or charged */
	int64_t amount;
	cairn_str source_type;
	cairn_str source_id;
};

/* ---- show --------------------------------------------------------------------------------- */

static int show(const struct cli *cli, cairn_conn *conn, const struct budget_args *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_budgets *rows = NULL;
	struct table table;
	budget_table_begin(&table, cli);
	cairn_status st = cairn_budget_read(conn, cli_scope(cli), args->run, &rows, &err);
	for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
		if (!cli->json) {
			budget_row(&table, &rows->at[i]);
			continue;
		}
		struct json json = json_begin(stdout);
		json_budget(&json, &rows->at[i]);
		json_end(&json);
	}
	table_end_or(&table, st == CAIRN_OK ? "no budgets" : NULL);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- set ---------------------------------------------------------------------------------- */

static int set(const struct cli *cli, cairn_conn *conn, const struct budget_args *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	enum cairn_budget_kind kind = args->soft ? CAIRN_BUDGET_SOFT : CAIRN_BUDGET_HARD;
	const cairn_budget_new item = { .axis = args->on, .kind = kind, .total = args->amount };
	if (cairn_budget_set(conn, cli_scope(cli), args->run, &item, 1, &err) != CAIRN_OK)
		return failed(cli, &err);
	if (!cli->json) {
		put_harmless(stdout, args->on);
		printf(": %s %" PRId64 "\n", cairn_budget_kind_text(kind), args->amount);
		return EXIT_FINE;
	}
	struct json json = json_begin(stdout);
	json_id(&json, "run_id", args->run);
	json_text(&json, "axis", args->on);
	json_z(&json, "kind", cairn_budget_kind_text(kind));
	json_int(&json, "total", args->amount);
	json_end(&json);
	return EXIT_FINE;
}

/* ---- charge --------------------------------------------------------------------------------- */

static void tell_charged(const struct cli *cli, const struct budget_args *args,
			 const cairn_entry_done *done)
{
	bool existing = done->disposition == CAIRN_EXISTING;
	if (!cli->json) {
		put_harmless(stdout, args->on);
		printf(": spent %" PRId64, done->spent);
		if (done->limited)
			printf(" of %" PRId64, done->total);
		if (done->reserved > 0)
			printf(", reserved %" PRId64, done->reserved);
		printf("\n");
		if (existing)
			fprintf(stderr, "cairn: it was charged already\n");
		return;
	}
	struct json json = json_begin(stdout);
	json_id(&json, "run_id", args->run);
	json_text(&json, "axis", args->on);
	json_text(&json, "source_type", args->source_type);
	json_text(&json, "source_id", args->source_id);
	json_int(&json, "amount", args->amount);
	json_z(&json, "disposition", existing ? "EXISTING" : "INSERTED");
	json_count(&json, "total", done->limited ? done->total : -1);
	json_int(&json, "spent", done->spent);
	json_int(&json, "reserved", done->reserved);
	json_end(&json);
}

/* What it is refused for stands in the budget. */
static int refused(const struct cli *cli, const cairn_entry_done *done)
{
	cairn_error err;
	outcome_error(&err, done->status, done->code);
	if (done->code == CAIRN_E_BUDGET_EXCEEDED)
		snprintf(err.message, sizeof err.message,
			 "The budget does not suffice: of %" PRId64 " are spent %" PRId64
			 " and reserved %" PRId64 ".",
			 done->total, done->spent, done->reserved);
	return failed(cli, &err);
}

static int charge(const struct cli *cli, cairn_conn *conn, const struct budget_args *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_entry_new item = { .run = args->run,
				       .axis = args->on,
				       .source_type = args->source_type,
				       .source_id = args->source_id,
				       .amount = args->amount };
	cairn_entry_done done;
	if (cairn_budget_charge(conn, cli_scope(cli), &item, 1, &done, &err) != CAIRN_OK)
		return failed(cli, &err);
	if (done.status != CAIRN_OK)
		return refused(cli, &done);
	tell_charged(cli, args, &done);
	return EXIT_FINE;
}

/* ---- entries -------------------------------------------------------------------------------- */

static void entry_row(struct table *table, const cairn_entry *entry)
{
	char when[WHEN_TEXT];
	char id[CAIRN_ID_TEXT];
	cairn_id_format(entry->run, id);
	table_cell(table, PLAIN, "%" PRId64, entry->seq);
	table_cell(table, PLAIN, "%s", when_text(entry->created_at, when));
	table_text(table, PLAIN, entry->axis);
	table_count(table, PLAIN, entry->amount);
	table_cell(table, entry->state == CAIRN_ENTRY_CHARGED ? PLAIN : DIM, "%s",
		   cairn_entry_state_text(entry->state));
	table_cell(table, PLAIN, "%s", when_text(entry->expires_at, when));
	table_cell(table, PLAIN, "%s", id);
	table_cell(table, PLAIN, "%.*s:%.*s", (int)entry->source_type.len, entry->source_type.ptr,
		   (int)entry->source_id.len, entry->source_id.ptr);
}

static int entries(const struct cli *cli, cairn_conn *conn, const struct budget_args *args)
{
	static const char *const heads[] = { ">SEQ",	"AT",  "AXIS",	 ">AMOUNT", "STATE",
					     "EXPIRES", "RUN", "SOURCE", NULL };
	cairn_entry_filter filter = { .size = sizeof filter,
				      .scope = cli_scope(cli),
				      .run = args->run,
				      .axis = cairn_str_of(args->axis),
				      .after = args->after };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_entries *rows = NULL;
	uint32_t left = args->limited ? args->limit : UINT32_MAX;
	struct table table;
	cairn_status st;
	table_begin(&table, cli, heads);
	do {
		filter.limit = left < RUNS_PAGE ? left : RUNS_PAGE;
		st = cairn_budget_entries(conn, &filter, &rows, &err);
		for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
			filter.after = rows->at[i].seq;
			left--;
			if (!cli->json) {
				entry_row(&table, &rows->at[i]);
				continue;
			}
			struct json json = json_begin(stdout);
			json_entry(&json, &rows->at[i]);
			json_end(&json);
		}
	} while (st == CAIRN_OK && rows->count == filter.limit && left > 0);
	table_end_or(&table, st == CAIRN_OK ? "no such entries" : NULL);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- the command ------------------------------------------------------------------------------ */

static const struct verb {
	const char *word;
	int operands;
	int (*run)(const struct cli *cli, cairn_conn *conn, const struct budget_args *args);
} verbs[] = {
	{ "show", 1, show },
	{ "set", 3, set },
	{ "entries", 1, entries },
	{ "charge", 3, charge },
};

static const struct verb *verb_of(const char *word)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(verbs[i].word, word) == 0)
			return &verbs[i];
	}
	return NULL;
}

/* The options that belong to one verb; -1, or the exit code of wrong usage. */
static int check(const struct cli *cli, const struct budget_args *args, const struct verb *verb)
{
	if (args->soft && verb->run != set)
		return usage_error(cli, "--soft goes with set");
	if ((args->source != NULL) != (verb->run == charge))
		return usage_error(cli, verb->run == charge ? "budget charge needs --source"
							    : "--source goes with charge");
	if ((args->axis != NULL || args->behind || args->limited) && verb->run != entries)
		return usage_error(cli, "--axis, --after and --limit go with entries");
	return -1;
}

/* TYPE:ID; the id may have more of them. */
static int split(const struct cli *cli, struct budget_args *args)
{
	const char *colon = strchr(args->source, ':');
	if (colon == NULL || colon == args->source || colon[1] == '\0')
		return usage_error(cli, "--source is TYPE:ID, not '%s'", args->source);
	args->source_type = (cairn_str){ args->source, (size_t)(colon - args->source) };
	args->source_id = cairn_str_of(colon + 1);
	return -1;
}

static int parse(const struct cli *cli, int argc, char **argv, struct budget_args *args,
		 const struct verb **verb)
{
	*verb = argc > 0 ? verb_of(argv[0]) : NULL;
	if (*verb == NULL || argc != 1 + (*verb)->operands)
		return usage_error(cli, "budget takes show RUN, set RUN AXIS TOTAL, entries RUN, "
					"or charge RUN AXIS AMOUNT");
	int code = check(cli, args, *verb);
	if (code < 0)
		code = run_id_parse(cli, argv[1], &args->run);
	if (code >= 0 || argc < 4)
		return code;
	args->on = cairn_str_of(argv[2]);
	if (int_parse(argv[3], 0, INT64_MAX, &args->amount) != 0)
		return usage_error(cli, "'%s' is no amount: a whole number from 0 on", argv[3]);
	return args->source != NULL ? split(cli, args) : -1;
}

int cmd_budget(struct cli *cli, int argc, char **argv)
{
	struct budget_args args = { .source = NULL };
	const struct opt opts[] = {
		{ "soft", 0, OPT_FLAG, &args.soft, NULL,
		  "set: only told, not kept; without it it is HARD", NULL },
		{ "source", 0, OPT_TEXT, &args.source, "TYPE:ID",
		  "charge: for what; the same again charges nothing", NULL },
		{ "axis", 0, OPT_TEXT, &args.axis, "AXIS", "entries: only of this axis", NULL },
		{ "after", 0, OPT_BIG, &args.after, "N", "entries: go on behind this one",
		  &args.behind },
		{ "limit", 'n', OPT_COUNT, &args.limit, "N", "entries: at most; default all",
		  &args.limited },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	const struct verb *verb = NULL;
	cairn_conn *conn = NULL;
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0)
		code = parse(cli, argc, argv, &args, &verb);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0)
		code = verb->run(cli, conn, &args);
	cairn_close(conn);
	return code;
}
