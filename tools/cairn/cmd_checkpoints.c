/* cmd_checkpoints.c - `cairn checkpoints`: a thread's history, one with its state, and pruning. */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "table.h"

#define PAGE 1000u

struct checkpoints {
	const char *ns;
	const char *run;
	const char *metadata;
	uint32_t limit;
	uint32_t keep;
	cairn_usec older;
	bool one_ns;
	bool kept;
	bool aged;
	cairn_str thread;
	cairn_id id;
};

static void checkpoint_json(const struct cli *cli, const cairn_checkpoint *row)
{
	struct json json = json_begin(stdout);
	json_text(&json, "tenant", cli_tenant(cli));
	json_text(&json, "thread", row->thread);
	json_text(&json, "ns", row->ns);
	json_id(&json, "id", row->id);
	if (!cairn_id_is_none(row->parent))
		json_id(&json, "parent", row->parent);
	json_int(&json, "write_seq", row->write_seq);
	json_int(&json, "step", row->step);
	json_text(&json, "next_node", row->next_node);
	json_text(&json, "run", row->run);
	json_time(&json, "created_at", row->created_at);
	json_int(&json, "payload_version", row->payload_version);
	json_z(&json, "format", row->format == CAIRN_FORMAT_JSON ? "json" : "bytes");
	json_int(&json, "state_size", row->state_size);
	json_raw(&json, "metadata", row->metadata);
	if (row->state.ptr != NULL && row->format == CAIRN_FORMAT_JSON)
		json_raw(&json, "state", (cairn_str){ row->state.ptr, row->state.len });
	else if (row->state.ptr != NULL)
		json_bytes(&json, "bytes", row->state);
	json_end(&json);
}

static void checkpoint_row(struct table *table, const cairn_checkpoint *row)
{
	char id[CAIRN_ID_TEXT];
	char when[WHEN_TEXT];
	cairn_id_format(row->id, id);
	table_cell(table, PLAIN, "%" PRId64, row->write_seq);
	table_cell(table, PLAIN, "%s", id);
	table_text(table, PLAIN, row->ns);
	table_cell(table, PLAIN, "%" PRId64, row->step);
	table_text(table, PLAIN, row->next_node);
	table_cell(table, PLAIN, "%" PRId64, row->state_size);
	table_cell(table, PLAIN, "%s", when_text(row->created_at, when));
}

static int list(const struct cli *cli, cairn_conn *conn, const struct checkpoints *args)
{
	static const char *const heads[] = { ">SEQ", "ID",     "NAMESPACE", ">STEP",
					     "NEXT", ">STATE", "CREATED",   NULL };
	cairn_checkpoint_filter filter = { .size = sizeof filter,
					   .tenant = cli_tenant(cli),
					   .thread = args->thread,
					   .ns = cairn_str_of(args->ns),
					   .run = cairn_str_of(args->run),
					   .metadata = cairn_str_of(args->metadata),
					   .limit = args->limit,
					   .set = args->one_ns ? CAIRN_CHECKPOINT_ONE_NS : 0 };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_checkpoints *rows = NULL;
	struct table table;
	if (cairn_checkpoint_list(conn, &filter, &rows, &err) != CAIRN_OK) {
		cairn_free(rows);
		return failed(cli, &err);
	}
	table_begin(&table, cli, heads);
	for (size_t i = 0; i < rows->count; i++) {
		if (cli->json)
			checkpoint_json(cli, &rows->at[i]);
		else
			checkpoint_row(&table, &rows->at[i]);
	}
	table_end_or(&table, "no such checkpoints");
	cairn_free(rows);
	return EXIT_FINE;
}

/* The state as it is, or with everything else where JSON is asked for. */
static int show(const struct cli *cli, cairn_conn *conn, const struct checkpoints *args)
{
	cairn_checkpoint_ref ref = { .size = sizeof ref,
				     .tenant = cli_tenant(cli),
				     .thread = args->thread,
				     .ns = cairn_str_of(args->ns),
				     .id = args->id };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_checkpoints *rows = NULL;
	int code = EXIT_FINE;
	if (cairn_checkpoint_get(conn, &ref, &rows, &err) != CAIRN_OK) {
		code = failed(cli, &err);
	} else if (cli->json) {
		checkpoint_json(cli, &rows->at[0]);
	} else {
		const cairn_checkpoint *row = &rows->at[0];
		fwrite(row->state.ptr, 1, row->state.len, stdout);
		if (row->format == CAIRN_FORMAT_JSON)
			printf("\n");
	}
	cairn_free(rows);
	return code;
}

static int prune(const struct cli *cli, cairn_conn *conn, const struct checkpoints *args)
{
	cairn_checkpoint_prune_opts opts = { .size = sizeof opts,
					     .tenant = cli_tenant(cli),
					     .thread = args->thread,
					     .keep = args->keep,
					     .limit = PAGE,
					     .older_than = args->older };
	cairn_error err = CAIRN_ERROR_INIT;
	size_t total = 0;
	size_t gone = 0;
	cairn_status st;
	do {
		st = cairn_checkpoint_prune(conn, &opts, &gone, &err);
		total += st == CAIRN_OK ? gone : 0;
	} while (st == CAIRN_OK && gone == PAGE);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	return tell_total(cli, "pruned", total);
}

enum verb { LIST, SHOW, PRUNE, NONE };

static enum verb verb_of(int argc, char **argv)
{
	if (argc >= 2 && argc <= 3 && strcmp(argv[0], "show") == 0)
		return SHOW;
	if (argc >= 1 && argc <= 2 && strcmp(argv[0], "prune") == 0)
		return PRUNE;
	return argc == 2 && strcmp(argv[0], "list") == 0 ? LIST : NONE;
}

static int check(const struct cli *cli, const struct checkpoints *args, enum verb verb)
{
	if (cli->global)
		return usage_error(cli, "every checkpoint has a tenant");
	if (verb == NONE)
		return usage_error(cli, "checkpoints takes list THREAD, show THREAD [ID], or "
					"prune [THREAD]");
	if ((args->kept || args->aged) && verb != PRUNE)
		return usage_error(cli, "--keep and --older-than go with prune");
	if ((args->run != NULL || args->metadata != NULL || args->limit != 0) && verb != LIST)
		return usage_error(cli, "--run, --metadata and --limit go with the list");
	if (args->one_ns && verb == PRUNE)
		return usage_error(cli, "prune takes every namespace");
	return -1;
}

int cmd_checkpoints(struct cli *cli, int argc, char **argv)
{
	struct checkpoints args = { .keep = 1 };
	const struct opt opts[] = {
		{ "ns", 0, OPT_TEXT, &args.ns, "TEXT", "list, show: of this namespace",
		  &args.one_ns },
		{ "run", 0, OPT_TEXT, &args.run, "NAME", "list: what this run wrote", NULL },
		{ "metadata", 0, OPT_TEXT, &args.metadata, "JSON", "list: whose metadata has this",
		  NULL },
		{ "limit", 0, OPT_COUNT, &args.limit, "N", "list: so many; default 100", NULL },
		{ "keep", 0, OPT_COUNT, &args.keep, "N",
		  "prune: the newest stay, of each thread and namespace; default 1", &args.kept },
		{ "older-than", 0, OPT_SPAN, &args.older, "SPAN", "prune: only those", &args.aged },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	cairn_conn *conn = NULL;
	int code = args_parse(cli, opts, &argc, argv);
	enum verb verb = verb_of(argc, argv);
	if (code < 0)
		code = check(cli, &args, verb);
	if (code < 0 && argc > 1)
		args.thread = cairn_str_of(argv[1]);
	if (code < 0 && argc > 2 && cairn_id_parse(cairn_str_of(argv[2]), &args.id) != 0)
		code = usage_error(cli, "'%s' is no id", argv[2]);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0 && verb == LIST)
		code = list(cli, conn, &args);
	else if (code < 0 && verb == SHOW)
		code = show(cli, conn, &args);
	else if (code < 0)
		code = prune(cli, conn, &args);
	cairn_close(conn);
	return code;
}
