/*
 * cmd_memory.c - `cairn memory`: the memory items of a tenant, by namespace and key. A namespace is
 * written as its text: segments with ':' between, '' for the tenant's own.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "table.h"

#define PAGE  1000u
#define EVICT 1000u

struct memory {
	const char *prefix;
	const char *metadata;
	cairn_usec ttl;
	int64_t revision;
	bool below;
	bool values;
	bool bytes;
	bool timed;
	bool expects;
	cairn_namespace ns;
	cairn_namespace_text *segments;
	const char *key;
	const char *value;
};

/* ---- rows ------------------------------------------------------------------------- */

static void item_json(const cairn_memory_item *item)
{
	struct json json = json_begin(stdout);
	json_z(&json, "namespace", item->ns.ptr != NULL ? item->ns.ptr : "");
	json_text(&json, "key", item->key);
	json_int(&json, "revision", item->revision);
	json_z(&json, "format", item->format == CAIRN_FORMAT_JSON ? "json" : "bytes");
	json_int(&json, "size", item->value_size);
	json_raw(&json, "metadata", item->metadata);
	json_time(&json, "created_at", item->created_at);
	json_time(&json, "updated_at", item->updated_at);
	json_time(&json, "expires_at", item->expires_at);
	if (item->value.ptr != NULL && item->format == CAIRN_FORMAT_JSON)
		json_raw(&json, "value", (cairn_str){ item->value.ptr, item->value.len });
	else if (item->value.ptr != NULL)
		json_bytes(&json, "bytes", item->value);
	json_end(&json);
}

static void item_row(struct table *table, const cairn_memory_item *item)
{
	char when[WHEN_TEXT];
	table_text(table, PLAIN, item->ns);
	table_text(table, PLAIN, item->key);
	table_cell(table, PLAIN, "%" PRId64, item->value_size);
	table_cell(table, PLAIN, "%" PRId64, item->revision);
	table_cell(table, PLAIN, "%s", when_text(item->updated_at, when));
	table_cell(table, PLAIN, "%s", when_text(item->expires_at, when));
	if (item->value.ptr != NULL && item->format == CAIRN_FORMAT_JSON)
		table_text(table, PLAIN, (cairn_str){ item->value.ptr, item->value.len });
	else
		table_text(table, DIM, item->metadata);
}

/* ---- list, namespaces ---------------------------------------------------------------- */

static int list(const struct cli *cli, cairn_conn *conn, const struct memory *args)
{
	const char *const heads[] = { "NAMESPACE",
				      "KEY",
				      ">SIZE",
				      ">REVISION",
				      "UPDATED",
				      "EXPIRES",
				      args->values ? "VALUE" : "METADATA",
				      NULL };
	cairn_memory_filter filter = { .size = sizeof filter,
				       .tenant = cli_tenant(cli),
				       .ns = args->ns,
				       .prefix = cairn_str_of(args->prefix),
				       .metadata = cairn_str_of(args->metadata),
				       .limit = PAGE };
	filter.set = (args->below ? (uint32_t)CAIRN_MEMORY_BELOW : 0) |
		     (args->values ? (uint32_t)CAIRN_MEMORY_VALUES : 0);
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memory_items *rows = NULL;
	struct table table;
	table_begin(&table, cli, heads);
	cairn_status st = cairn_memory_list(conn, &filter, &rows, &err);
	while (st == CAIRN_OK && rows->count > 0) {
		for (size_t i = 0; i < rows->count; i++) {
			if (cli->json)
				item_json(&rows->at[i]);
			else
				item_row(&table, &rows->at[i]);
		}
		if (rows->count < PAGE)
			break;
		/* the cursor must outlive the rows that it was taken from */
		cairn_memory_items *before = rows;
		rows = NULL;
		filter.after_ns = before->at[before->count - 1].ns;
		filter.after = before->at[before->count - 1].key;
		st = cairn_memory_list(conn, &filter, &rows, &err);
		cairn_free(before);
	}
	table_end_or(&table, st == CAIRN_OK ? "no items" : NULL);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

static void tell_namespace(const struct cli *cli, cairn_str ns)
{
	if (!cli->json) {
		put_harmless(stdout, ns);
		printf("\n");
		return;
	}
	struct json json = json_begin(stdout);
	json_z(&json, "namespace", ns.ptr != NULL ? ns.ptr : "");
	json_end(&json);
}

static int namespaces(const struct cli *cli, cairn_conn *conn, const struct memory *args)
{
	cairn_memory_namespace_filter filter = {
		.size = sizeof filter, .tenant = cli_tenant(cli), .ns = args->ns, .limit = PAGE
	};
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memory_namespaces *rows = NULL;
	cairn_status st = cairn_memory_namespace_list(conn, &filter, &rows, &err);
	while (st == CAIRN_OK && rows->count > 0) {
		for (size_t i = 0; i < rows->count; i++)
			tell_namespace(cli, rows->at[i].ns);
		if (rows->count < PAGE)
			break;
		cairn_memory_namespaces *before = rows;
		rows = NULL;
		filter.after = before->at[before->count - 1].ns;
		filter.set = CAIRN_MEMORY_AFTER;
		st = cairn_memory_namespace_list(conn, &filter, &rows, &err);
		cairn_free(before);
	}
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- one item ------------------------------------------------------------------------ */

static cairn_memory_ref ref_of(const struct memory *args)
{
	return (cairn_memory_ref){ .ns = args->ns,
				   .key = cairn_str_of(args->key),
				   .revision = args->revision,
				   .set = args->expects ? CAIRN_MEMORY_EXPECT : 0 };
}

static void tell_value(const struct cli *cli, const cairn_memory_item *item)
{
	if (cli->json) {
		item_json(item);
		return;
	}
	fwrite(item->value.ptr, 1, item->value.len, stdout);
	if (item->format == CAIRN_FORMAT_JSON)
		printf("\n");
}

static int get(const struct cli *cli, cairn_conn *conn, const struct memory *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memory_items *items = NULL;
	cairn_memory_ref ref = ref_of(args);
	int code = EXIT_NOT_FOUND;
	if (cairn_memory_get(conn, cli_tenant(cli), &ref, 1, &items, &err) != CAIRN_OK)
		code = failed(cli, &err);
	else if (items->count == 1)
		code = EXIT_FINE;
	if (code == EXIT_FINE)
		tell_value(cli, &items->at[0]);
	cairn_free(items);
	return code;
}

static void tell_changed(const struct cli *cli, const cairn_memory_changed *each, bool deleted)
{
	if (!cli->json && deleted) {
		printf("%s\n", each->existed ? "deleted" : "was not there");
	} else if (!cli->json) {
		printf("%" PRId64 "\n", each->revision);
	} else {
		struct json json = json_begin(stdout);
		json_bool(&json, "existed", each->existed != 0);
		if (!deleted) {
			json_int(&json, "revision", each->revision);
			json_time(&json, "expires_at", each->expires_at);
		}
		json_end(&json);
	}
}

/* How one write ended. */
static int tell(const struct cli *cli, const cairn_memory_changed *each, bool deleted)
{
	cairn_error err = CAIRN_ERROR_INIT;
	if (each->status == CAIRN_OK) {
		tell_changed(cli, each, deleted);
		return EXIT_FINE;
	}
	outcome_error(&err, each->status, each->code);
	return failed(cli, &err);
}

static int put(const struct cli *cli, cairn_conn *conn, const struct memory *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memory_changed each;
	cairn_str value = cairn_str_of(args->value);
	char *held = NULL;
	int code = -1;
	if (*args->value == '@' || strcmp(args->value, "-") == 0)
		code = file_take(cli, args->value + (*args->value == '@'), &value, &held);
	cairn_memory_new item = { .ns = args->ns,
				  .key = cairn_str_of(args->key),
				  .value = { value.ptr, value.len },
				  .metadata = cairn_str_of(args->metadata),
				  .ttl = args->ttl,
				  .revision = args->revision,
				  .format = args->bytes ? CAIRN_FORMAT_BYTES : CAIRN_FORMAT_JSON,
				  .set = args->expects ? CAIRN_MEMORY_EXPECT : 0 };
	if (code < 0 && cairn_memory_put(conn, cli_tenant(cli), &item, 1, &each, &err) != CAIRN_OK)
		code = failed(cli, &err);
	free(held);
	return code < 0 ? tell(cli, &each, false) : code;
}

static int delete (const struct cli *cli, cairn_conn *conn, const struct memory *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memory_ref ref = ref_of(args);
	cairn_memory_changed each;
	if (cairn_memory_delete(conn, cli_tenant(cli), &ref, 1, &each, &err) != CAIRN_OK)
		return failed(cli, &err);
	return tell(cli, &each, true);
}

/* A tenant's, or everybody's where none is named. */
static int evict(const struct cli *cli, cairn_conn *conn, const struct memory *args)
{
	(void)args;
	cairn_error err = CAIRN_ERROR_INIT;
	size_t total = 0;
	size_t gone = 0;
	cairn_status st;
	do {
		st = cairn_memory_evict(conn, cli_scope(cli), EVICT, &gone, &err);
		total += st == CAIRN_OK ? gone : 0;
	} while (st == CAIRN_OK && gone == EVICT);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	return tell_total(cli, "evicted", total);
}

/* ---- the command ------------------------------------------------------------------ */

static const struct verb {
	const char *word;
	int least;
	int most;
	int (*run)(const struct cli *cli, cairn_conn *conn, const struct memory *args);
} verbs[] = {
	{ "list", 0, 1, list }, { "namespaces", 0, 1, namespaces }, { "get", 2, 2, get },
	{ "put", 3, 3, put },	{ "delete", 2, 2, delete },	    { "evict", 0, 0, evict },
};

static const struct verb *verb_of(const char *word)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(verbs[i].word, word) == 0)
			return &verbs[i];
	}
	return NULL;
}

/* The options that belong to some verbs; -1, or the exit code of wrong usage. */
static int check(const struct cli *cli, const struct memory *args, const struct verb *verb)
{
	bool lists = verb->run == list;
	bool puts = verb->run == put;
	if (cli->global)
		return usage_error(cli, "every item has a tenant");
	if ((args->prefix != NULL || args->below || args->values) && !lists)
		return usage_error(cli, "--prefix, --below and --values go with list");
	if (args->metadata != NULL && !lists && !puts)
		return usage_error(cli, "--metadata goes with list and put");
	if ((args->timed || args->bytes) && !puts)
		return usage_error(cli, "--ttl and --bytes go with put");
	if (args->timed && args->ttl == 0)
		return usage_error(cli, "--ttl: no time is no time to live");
	if (args->expects && !puts && verb->run != delete)
		return usage_error(cli, "--expect goes with put and delete");
	return -1;
}

static int parse_ns(const struct cli *cli, const char *text, struct memory *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	if (*text == '\0')
		return -1;
	if (cairn_namespace_parse(cairn_str_of(text), &args->segments, &err) != CAIRN_OK)
		return failed(cli, &err);
	args->ns = (cairn_namespace){ args->segments->at, args->segments->count };
	return -1;
}

static int parse(const struct cli *cli, int argc, char **argv, struct memory *args,
		 const struct verb **verb)
{
	*verb = verb_of(argc > 0 ? argv[0] : "list");
	int operands = argc > 0 ? argc - 1 : 0;
	if (*verb == NULL || operands < (*verb)->least || operands > (*verb)->most)
		return usage_error(cli, "memory takes list [NS], namespaces [NS], get NS KEY, "
					"put NS KEY VALUE, delete NS KEY, or evict");
	if (operands > 1)
		args->key = argv[2];
	if (operands > 2)
		args->value = argv[3];
	int code = check(cli, args, *verb);
	return code < 0 && operands > 0 ? parse_ns(cli, argv[1], args) : code;
}

int cmd_memory(struct cli *cli, int argc, char **argv)
{
	struct memory args = { .revision = 0 };
	const struct opt opts[] = {
		{ "prefix", 0, OPT_TEXT, &args.prefix, "TEXT", "list: only keys that begin so",
		  NULL },
		{ "below", 0, OPT_FLAG, &args.below, NULL,
		  "list: what is in the namespaces below, too", NULL },
		{ "values", 0, OPT_FLAG, &args.values, NULL, "list: with the values", NULL },
		{ "metadata", 0, OPT_TEXT, &args.metadata, "JSON",
		  "put: kept with the value; list: only items that have these members", NULL },
		{ "ttl", 0, OPT_SPAN, &args.ttl, "SPAN", "put: for so long; default for good",
		  &args.timed },
		{ "bytes", 0, OPT_FLAG, &args.bytes, NULL, "put: the value is no JSON", NULL },
		{ "expect", 0, OPT_BIG, &args.revision, "REVISION",
		  "put, delete: only if the item has it; put 0: if there is none", &args.expects },
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
	cairn_free(args.segments);
	return code;
}
