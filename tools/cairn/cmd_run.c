/*
 * cmd_run.c - `cairn run VERB`: the table of verbs, each with options of its own; and what puts work into the
 * store: submit and append. A verb that DAG runs and replay runs have goes by what its id is: run_is_replay().
 */
#include <stdlib.h>
#include <string.h>

#include "runs.h"

const struct command run_verbs[] = {
	{ "run submit", run_submit, "FILE|- [options]", "Enqueues a run and prints its id",
	  "FILE is a graph as docs/GRAPHS.md says: an object with type and steps.\n" },
	{ "run show", run_show, "ID [--field NAME]", "Shows a run with its steps",
	  "Those of a DAG run are a tree: a step with several prerequisites stands under the\n"
	  "deepest one, marked with how many more it has; many that are alike are folded.\n"
	  "A replay run also shows what it waits for, its budgets, and its children.\n"
	  "--field prints one of metadata, result, request; of a replay run payload or output.\n" },
	{ "run list", run_list, "[options]", "Lists replay runs, newest first", NULL },
	{ "run steps", run_steps, "ID [options]", "Lists the steps of a run",
	  "With --step only this one, of which --field prints payload or output, of a replay\n"
	  "run result or signature, byte for byte.\n" },
	{ "run inputs", run_inputs, "STEP-ID [options]",
	  "Shows what the prerequisites of a step came to",
	  "A step's id is its job's: for a command that works on it, $CAIRN_JOB_ID.\n" },
	{ "run events", run_events, "ID [--jobs]", "Prints the timeline of a run", NULL },
	{ "run follow", run_follow, "ID [options]",
	  "Prints the timeline of a run as it grows, until the run is over",
	  "Exits as run wait does.\n" },
	{ "run graph", run_graph, "ID | --file FILE [--format dot|mermaid]",
	  "Prints the graph of a run, or of a file, for other programs to draw",
	  "A file is checked, and needs no database.\n" },
	{ "run append", run_append, "ID FILE|- --window STEP --key KEY",
	  "Adds steps to a run while a gate of it is open",
	  "FILE is an object with steps, as of a graph. The same key again adds nothing.\n" },
	{ "run complete-gate", run_complete_gate, "ID STEP SUCCEEDED|FAILED|CANCELED [options]",
	  "Says how a gate ended", NULL },
	{ "run cancel", run_cancel, "ID ... [options]",
	  "Cancels runs with all their steps, or with all their children", NULL },
	{ "run resume", run_resume, "ID [options]",
	  "Runs a replay run that failed once more, with what it remembers",
	  "With --owner or --anybody also one that is not over and that nobody works on: it is "
	  "given\nover.\n" },
	{ "run fork", run_fork, "ID [options]",
	  "Makes a new replay run of an old one's first steps, and prints its id",
	  "Without --after and --seq it remembers none of them.\n" },
	{ "run recover", run_recover, "ID --key KEY --reason TEXT [--step STEP]",
	  "Does a run that is over once more, and prints the new id", NULL },
	{ "run wait", run_wait, "ID [options]", "Waits until a run is over",
	  "Exits 0 if it succeeded, 1 if it did not, 6 if it is not over in time.\n" },
	{ "run prune", run_prune, "--older DURATION [options]",
	  "Deletes DAG runs that were over long ago, with their jobs", NULL },
	{ "run delete", run_delete, "ID | --status STATUS [options]",
	  "Deletes replay runs that are over, with their children and all that belongs to them",
	  "ID is that of a root. --dry-run only counts.\n" },
	{ NULL, NULL, NULL, NULL, NULL },
};

static bool asks_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static const struct command *this_command(const char *name)
{
	const struct command *command = commands;
	while (strcmp(command->name, name) != 0)
		command++;
	return command;
}

static int which(const struct cli *cli)
{
	return usage_error(cli,
			   "run takes submit, show, list, steps, inputs, events, follow, graph, "
			   "append, complete-gate, cancel, resume, fork, recover, wait, prune or "
			   "delete; see cairn help run");
}

int cmd_run(struct cli *cli, int argc, char **argv)
{
	int used = 0;
	if (argc > 0 && asks_for_help(argv[0])) {
		args_help(this_command("run"), NULL);
		return EXIT_FINE;
	}
	int code = args_globals(cli, argc, argv, &used);
	if (code >= 0)
		return code;
	if (used == argc)
		return which(cli);
	for (const struct command *verb = run_verbs; verb->name != NULL; verb++) {
		if (strcmp(verb->name + strlen("run "), argv[used]) != 0)
			continue;
		cli->command = verb->name;
		return verb->run(cli, argc - used - 1, argv + used + 1);
	}
	return which(cli);
}

/* ---- submit --------------------------------------------------------------------------- */

struct submit {
	const char *key;
	const char *active_key;
	const char *metadata;
};

static void tell_added(const struct cli *cli, const cairn_run_added *added)
{
	char id[CAIRN_ID_TEXT];
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_run_added(&json, added);
		json_end(&json);
		return;
	}
	cairn_id_format(added->id, id);
	printf("%s\n", id);
	if (added->disposition != CAIRN_RUN_INSERTED)
		fprintf(stderr, "cairn: %s, %s\n",
			added->disposition == CAIRN_RUN_EXISTING
				? "it was there already"
				: "another run has the active key: this one",
			cairn_run_status_text(added->run_status));
}

/* The type that is not defined is worth a name. */
static int refused(const struct cli *cli, const cairn_run_new *run, const cairn_run_added *added)
{
	cairn_error err;
	outcome_error(&err, added->status, added->code);
	if (added->code == CAIRN_E_RUN_DEFINITION && added->step < run->step_count)
		snprintf(err.message, sizeof err.message,
			 "The type %.*s of step %u is not defined or is disabled.",
			 (int)run->steps[added->step].type.len, run->steps[added->step].type.ptr,
			 (unsigned)added->step);
	return failed(cli, &err);
}

/* What the options say goes before what the file says, but for the tenant, which must not differ. */
static int settle(const struct cli *cli, const struct submit *args, cairn_run_new *run)
{
	cairn_str tenant = cairn_str_of(cli->tenant);
	if (args->key != NULL)
		run->key = cairn_str_of(args->key);
	if (args->active_key != NULL)
		run->active_key = cairn_str_of(args->active_key);
	if (run->tenant.len == 0)
		run->tenant = tenant;
	if (tenant.len > 0 &&
	    (tenant.len != run->tenant.len || memcmp(tenant.ptr, run->tenant.ptr, tenant.len) != 0))
		return usage_error(cli, "--tenant: the file says another one");
	if (cli->global && run->tenant.len > 0)
		return usage_error(cli, "--global: the file says a tenant");
	return -1;
}

static int submit(const struct cli *cli, const cairn_run_new *run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_run_added added = { .status = CAIRN_OK };
	cairn_conn *conn = NULL;
	if (cairn_run_check(run, &err) != CAIRN_OK)
		return failed(cli, &err);
	int code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	cairn_status st = cairn_run_enqueue(conn, run, 1, &added, &err);
	cairn_close(conn);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	if (added.status != CAIRN_OK)
		return refused(cli, run, &added);
	tell_added(cli, &added);
	return EXIT_FINE;
}

int run_submit(struct cli *cli, int argc, char **argv)
{
	struct submit args = { .key = NULL };
	struct graph_file file = { .steps = NULL };
	char *held = NULL;
	const struct opt opts[] = {
		{ "key", 'k', OPT_TEXT, &args.key, "KEY",
		  "the same key and request enqueue one run only", NULL },
		{ "active-key", 0, OPT_TEXT, &args.active_key, "KEY",
		  "only one run that is not over may have it", NULL },
		{ "metadata", 0, OPT_TEXT, &args.metadata, "JSON", "or @FILE", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 1)
		code = usage_error(cli, "run submit takes one file, or -");
	if (code < 0)
		code = graph_file_take(cli, argv[0], GRAPH_RUN, &file);
	if (code < 0 && args.metadata != NULL)
		code = document_take(cli, "metadata", args.metadata, &file.run.metadata, &held);
	if (code < 0)
		code = settle(cli, &args, &file.run);
	if (code < 0)
		code = submit(cli, &file.run);
	graph_file_free(&file);
	free(held);
	return code;
}

/* ---- append ----------------------------------------------------------------------------- */

static void tell_appended(const struct cli *cli, const cairn_appended *appended)
{
	bool existing = appended->disposition == CAIRN_EXISTING;
	if (!cli->json) {
		printf("%s %zu, the run is %s\n", existing ? "appended before:" : "appended",
		       appended->count, cairn_run_status_text(appended->run_status));
		return;
	}
	struct json json = json_begin(stdout);
	json_z(&json, "disposition", existing ? "EXISTING" : "INSERTED");
	json_z(&json, "status", cairn_run_status_text(appended->run_status));
	json_array(&json, "steps");
	for (size_t i = 0; i < appended->count; i++) {
		json_open(&json, NULL);
		json_step(&json, &appended->at[i], true);
		json_close(&json);
	}
	json_array_end(&json);
	json_end(&json);
}

static int append(const struct cli *cli, cairn_append *given)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_appended *appended = NULL;
	cairn_conn *conn = NULL;
	int code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	given->size = sizeof *given;
	given->scope = cli_scope(cli);
	if (cairn_run_append(conn, given, &appended, &err) == CAIRN_OK) {
		tell_appended(cli, appended);
		code = EXIT_FINE;
	} else {
		code = failed(cli, &err);
	}
	cairn_free(appended);
	cairn_close(conn);
	return code;
}

int run_append(struct cli *cli, int argc, char **argv)
{
	const char *window = NULL;
	const char *key = NULL;
	cairn_append given = { .n = 0 };
	struct graph_file file = { .steps = NULL };
	const struct opt opts[] = {
		{ "window", 0, OPT_TEXT, &window, "STEP", "the gate that stands open", NULL },
		{ "key", 'k', OPT_TEXT, &key, "KEY", "the same key again appends nothing", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 2)
		code = usage_error(cli, "run append takes an id and a file");
	if (code < 0 && (window == NULL || key == NULL))
		code = usage_error(cli, "run append needs --window and --key");
	if (code < 0)
		code = run_id_parse(cli, argv[0], &given.run);
	if (code < 0)
		code = graph_file_take(cli, argv[1], GRAPH_APPEND, &file);
	if (code < 0) {
		given.window = cairn_str_of(window);
		given.key = cairn_str_of(key);
		given.metadata = file.run.metadata;
		given.steps = file.run.steps;
		given.n = file.run.step_count;
		code = append(cli, &given);
	}
	graph_file_free(&file);
	return code;
}
