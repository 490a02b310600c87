/*
 * cmd_locks.c - `cairn locks`: who holds which, taking them, away too, and forgetting free ones. A lock
 * that is held is plain data, so a script may take it in one command and give it back in another.
 */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "table.h"

#define PAGE 1000u

struct locks {
	const char *prefix;
	const char *holder;
	cairn_usec ttl;
	cairn_usec wait;
	cairn_usec age;
	bool waits;
	bool aged;
	bool timed;
	cairn_str name;
	int64_t fence;
};

static void lock_json(const cairn_lock_row *row)
{
	struct json json = json_begin(stdout);
	json_text(&json, "tenant", row->tenant);
	json_text(&json, "name", row->name);
	json_text(&json, "holder", row->holder);
	json_int(&json, "fence", row->fence);
	json_time(&json, "acquired_at", row->acquired_at);
	json_time(&json, "expires_at", row->expires_at);
	json_bool(&json, "expired", row->expired != 0);
	json_end(&json);
}

static void lock_row(struct table *table, const cairn_lock_row *row, cairn_time now)
{
	char span[SPAN_TEXT];
	table_text(table, PLAIN, row->name);
	table_text(table, PLAIN, row->holder);
	table_cell(table, PLAIN, "%" PRId64, row->fence);
	table_cell(table, PLAIN, "%s", span_text(now - row->acquired_at, span));
	if (row->expired)
		table_cell(table, YELLOW, "over");
	else
		table_cell(table, PLAIN, "%s", span_text(row->expires_at - now, span));
}

static int list(const struct cli *cli, cairn_conn *conn, const struct locks *args)
{
	static const char *const heads[] = { "NAME", "HOLDER", ">FENCE", ">HELD", ">LEFT", NULL };
	cairn_lock_filter filter = { .size = sizeof filter,
				     .tenant = cli_tenant(cli),
				     .prefix = cairn_str_of(args->prefix),
				     .limit = PAGE };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lock_rows *rows = NULL;
	struct table table;
	table_begin(&table, cli, heads);
	cairn_status st = cairn_lock_list(conn, &filter, &rows, &err);
	while (st == CAIRN_OK && rows->count > 0) {
		for (size_t i = 0; i < rows->count; i++) {
			if (cli->json)
				lock_json(&rows->at[i]);
			else
				lock_row(&table, &rows->at[i], rows->now);
		}
		if (rows->count < PAGE)
			break;
		/* the cursor must outlive the rows that it was taken from */
		cairn_lock_rows *before = rows;
		rows = NULL;
		filter.after = before->at[before->count - 1].name;
		st = cairn_lock_list(conn, &filter, &rows, &err);
		cairn_free(before);
	}
	table_end_or(&table, st == CAIRN_OK ? "no locks are held" : NULL);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- holding one ---------------------------------------------------------------- */

static void tell_held(const struct cli *cli, const cairn_lock *lock)
{
	if (!cli->json) {
		printf("%" PRId64 "\n", lock->fence);
		return;
	}
	struct json json = json_begin(stdout);
	json_z(&json, "tenant", lock->tenant);
	json_z(&json, "name", lock->name);
	json_int(&json, "fence", lock->fence);
	json_time(&json, "expires_at", lock->expires_at);
	json_end(&json);
}

static int take(const struct cli *cli, cairn_conn *conn, const struct locks *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lock lock;
	cairn_lock_opts opts = { .size = sizeof opts,
				 .tenant = cli_tenant(cli),
				 .name = args->name,
				 .holder = cairn_str_of(args->holder),
				 .ttl = args->ttl,
				 .deadline = args->wait };
	/* to the library a deadline of 0 is its default */
	cairn_status st = args->wait > 0 ? cairn_lock_acquire(conn, &opts, &lock, &err)
					 : cairn_lock_try(conn, &opts, &lock, &err);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	tell_held(cli, &lock);
	return EXIT_FINE;
}

/* What take printed, as a lock again; a name that no lock has is left to the library to refuse. */
static cairn_lock lock_of(const struct cli *cli, const struct locks *args)
{
	cairn_str tenant = cli_tenant(cli);
	cairn_lock lock = { .fence = args->fence,
			    .tenant_len = (uint32_t)tenant.len,
			    .name_len = (uint32_t)args->name.len };
	if (tenant.len < sizeof lock.tenant)
		memcpy(lock.tenant, tenant.ptr, tenant.len);
	if (args->name.len < sizeof lock.name)
		memcpy(lock.name, args->name.ptr, args->name.len);
	return lock;
}

static int extend(const struct cli *cli, cairn_conn *conn, const struct locks *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lock lock = lock_of(cli, args);
	if (cairn_lock_extend(conn, &lock, args->ttl, &err) != CAIRN_OK)
		return failed(cli, &err);
	tell_held(cli, &lock);
	return EXIT_FINE;
}

static void tell_ended(const struct cli *cli, cairn_str name, const char *word, int held)
{
	if (!cli->json) {
		printf("%.*s: %s\n", (int)name.len, name.ptr, held ? word : "was not held");
		return;
	}
	struct json json = json_begin(stdout);
	json_text(&json, "tenant", cli_tenant(cli));
	json_text(&json, "name", name);
	json_bool(&json, "held", held != 0);
	json_end(&json);
}

static int release(const struct cli *cli, cairn_conn *conn, const struct locks *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lock lock = lock_of(cli, args);
	int held = 0;
	if (cairn_lock_release(conn, &lock, &held, &err) != CAIRN_OK)
		return failed(cli, &err);
	tell_ended(cli, args->name, "released", held);
	return EXIT_FINE;
}

/* ---- whoever holds it ------------------------------------------------------------- */

static int take_away(const struct cli *cli, cairn_conn *conn, const struct locks *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	int held = 0;
	if (cairn_lock_break(conn, cli_tenant(cli), args->name, &held, &err) != CAIRN_OK)
		return failed(cli, &err);
	tell_ended(cli, args->name, "broken", held);
	return EXIT_FINE;
}

/* A tenant's, or everybody's where none is named. */
static int prune(const struct cli *cli, cairn_conn *conn, const struct locks *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	size_t total = 0;
	size_t gone = 0;
	cairn_status st;
	do {
		st = cairn_lock_prune(conn, cli_scope(cli), args->age, PAGE, &gone, &err);
		total += st == CAIRN_OK ? gone : 0;
	} while (st == CAIRN_OK && gone == PAGE);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	return tell_total(cli, "pruned", total);
}

/* ---- the command ------------------------------------------------------------------ */

static const struct verb {
	const char *word;
	int operands;
	int (*run)(const struct cli *cli, cairn_conn *conn, const struct locks *args);
} verbs[] = {
	{ "list", 0, list },	   { "take", 1, take },	      { "extend", 2, extend },
	{ "release", 2, release }, { "break", 1, take_away }, { "prune", 0, prune },
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
static int check(const struct cli *cli, const struct locks *args, const struct verb *verb)
{
	if (cli->global)
		return usage_error(cli, "every lock has a tenant");
	if (args->prefix != NULL && verb->run != list)
		return usage_error(cli, "--prefix goes with the list");
	if (args->aged && verb->run != prune)
		return usage_error(cli, "--age goes with prune");
	if ((args->waits || args->holder != NULL) && verb->run != take)
		return usage_error(cli, "--wait and --holder go with take");
	if (args->timed && verb->run != take && verb->run != extend)
		return usage_error(cli, "--ttl goes with take and extend");
	if (args->timed && args->ttl == 0)
		return usage_error(cli, "--ttl: no time is no time to hold it");
	return -1;
}

static int parse(const struct cli *cli, int argc, char **argv, struct locks *args,
		 const struct verb **verb)
{
	*verb = verb_of(argc > 0 ? argv[0] : "list");
	if (*verb == NULL || (argc > 0 && argc != 1 + (*verb)->operands))
		return usage_error(cli, "locks takes nothing, take NAME, extend NAME FENCE, "
					"release NAME FENCE, break NAME, or prune");
	if ((*verb)->operands > 0)
		args->name = cairn_str_of(argv[1]);
	if ((*verb)->operands > 1 && int_parse(argv[2], 1, INT64_MAX, &args->fence) != 0)
		return usage_error(cli, "a fence is what take printed, not '%s'", argv[2]);
	return check(cli, args, *verb);
}

int cmd_locks(struct cli *cli, int argc, char **argv)
{
	struct locks args = { .age = 7 * CAIRN_DAY };
	const struct opt opts[] = {
		{ "prefix", 0, OPT_TEXT, &args.prefix, "TEXT", "list: only names that begin so",
		  NULL },
		{ "ttl", 0, OPT_SPAN, &args.ttl, "SPAN", "take, extend: held so long; default 30s",
		  &args.timed },
		{ "wait", 0, OPT_SPAN, &args.wait, "SPAN", "take: try for so long; default once",
		  &args.waits },
		{ "holder", 0, OPT_TEXT, &args.holder, "TEXT", "take: who, for people who look",
		  NULL },
		{ "age", 0, OPT_SPAN, &args.age, "SPAN", "prune: free for so long; default 7d",
		  &args.aged },
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
