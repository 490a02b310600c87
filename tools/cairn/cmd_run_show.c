/* cmd_run_show.c - `cairn run show`: one run, and its steps as a tree; its graph for other programs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "replays.h"

/* ---- show ------------------------------------------------------------------------------ */

static void print_recovery(const struct cli *cli, const cairn_run *run)
{
	char id[CAIRN_ID_TEXT];
	if (cairn_id_is_none(run->source))
		return;
	cairn_id_format(run->source, id);
	stored_line(cli, "recovers", id);
	stored_text(cli, "recovery", run->recovery_key);
	stored_text(cli, "because", run->recovery_reason);
}

static void print_head(const struct cli *cli, const cairn_run *run, cairn_time now)
{
	char text[COUNTS_TEXT];
	char span[SPAN_TEXT];
	char id[CAIRN_ID_TEXT];
	bool on = colored(cli, stdout);
	cairn_time end = run->finished_at != 0 ? run->finished_at : now;
	cairn_id_format(run->id, id);
	stored_line(cli, "id", id);
	stored_name(cli, "status");
	printf("%s%s%s\n", color_on(on, run_status_color(run->status)),
	       cairn_run_status_text(run->status), color_off(on));
	stored_text(cli, "reason", run->status_reason);
	stored_text(cli, "error", run->error_code);
	stored_text(cli, "message", run->error_message);
	stored_text(cli, "type", run->type);
	stored_text(cli, "tenant", run->tenant);
	stored_text(cli, "key", run->key);
	stored_text(cli, "active_key", run->active_key);
	stored_line(cli, "on_failure", cairn_on_failure_text(run->on_failure));
	stored_line(cli, "done", counts_text(&run->counts, text));
	stored_line(cli, "created", when_text(run->created_at, text));
	stored_line(cli, "finished", when_text(run->finished_at, text));
	stored_line(cli, run->finished_at != 0 ? "took" : "age",
		    span_text(end - run->created_at, span));
	print_recovery(cli, run);
	stored_text(cli, "metadata", run->metadata);
	stored_text(cli, "result_step", run->result_step);
	stored_text(cli, "result", run->result);
}

static void put_json(const cairn_run *run, const struct picture *picture, bool documents)
{
	struct json json = json_begin(stdout);
	json_run(&json, run, false);
	json_array(&json, "steps");
	for (size_t i = 0; i < picture->count; i++) {
		json_open(&json, NULL);
		json_step(&json, picture->nodes[i].step, !documents);
		json_close(&json);
	}
	json_array_end(&json);
	json_array(&json, "edges");
	for (size_t i = 0; i < picture->edge_count; i++) {
		const struct edge *edge = &picture->edges[i];
		json_open(&json, NULL);
		json_text(&json, "prerequisite", picture->nodes[edge->from].key);
		json_text(&json, "dependent", picture->nodes[edge->to].key);
		json_z(&json, "mode", cairn_release_mode_text(edge->mode));
		json_close(&json);
	}
	json_array_end(&json);
	json_end(&json);
}

static int put_field(const struct cli *cli, const char *field, const cairn_run *run)
{
	const struct {
		const char *name;
		cairn_str text;
	} fields[] = {
		{ "metadata", run->metadata },
		{ "result", run->result },
		{ "request", run->request },
	};
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		if (strcmp(fields[i].name, field) != 0)
			continue;
		if (fields[i].text.len > 0)
			fwrite(fields[i].text.ptr, 1, fields[i].text.len, stdout);
		return EXIT_FINE;
	}
	return usage_error(cli, "--field: metadata, result or request of a DAG run");
}

static cairn_status put_all(const struct cli *cli, cairn_conn *conn, const cairn_run *run, bool all,
			    bool documents, cairn_error *err)
{
	struct picture picture = { .count = 0 };
	cairn_time now = 0;
	cairn_status st = cairn_now(conn, &now, err);
	if (st == CAIRN_OK)
		st = picture_load(cli, conn, run->id, !cli->json || !documents, &picture, err);
	if (st == CAIRN_OK && cli->json) {
		put_json(run, &picture, documents);
	} else if (st == CAIRN_OK) {
		print_head(cli, run, now);
		puts("");
		run_tree(cli, &picture, now, all);
	}
	picture_free(&picture);
	return st;
}

static int show_graph(const struct cli *cli, cairn_conn *conn, cairn_id id,
		      const struct replay_show *args, bool all)
{
	cairn_runs *run = NULL;
	cairn_error err = CAIRN_ERROR_INIT;
	int code = EXIT_FINE;
	cairn_status st = cairn_run_get(conn, cli_scope(cli), id, &run, &err);
	if (st == CAIRN_OK && args->field != NULL)
		code = put_field(cli, args->field, &run->at[0]);
	else if (st == CAIRN_OK)
		st = put_all(cli, conn, &run->at[0], all, args->documents, &err);
	if (st != CAIRN_OK)
		code = failed(cli, &err);
	cairn_free(run);
	return code;
}

int run_show(struct cli *cli, int argc, char **argv)
{
	struct replay_show args = { .field = NULL };
	bool all = false;
	bool replay = false;
	cairn_conn *conn = NULL;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_id id;
	const struct opt opts[] = {
		{ "all", 'a', OPT_FLAG, &all, NULL,
		  "each step of a DAG run has a line, however many", NULL },
		{ "full", 0, OPT_FLAG, &args.full, NULL, "results of a replay run are not cut",
		  NULL },
		{ "documents", 0, OPT_FLAG, &args.documents, NULL,
		  "with --json: payloads and outputs of the steps too, of a replay run signatures",
		  NULL },
		{ "field", 0, OPT_TEXT, &args.field, "NAME", "only this one, byte for byte", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 1)
		code = usage_error(
			cli, "run show takes one id; cairn runs and cairn run list tell them");
	if (code < 0)
		code = run_id_parse(cli, argv[0], &id);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	if (run_is_replay(cli, conn, id, &replay, &err) != CAIRN_OK)
		code = failed(cli, &err);
	else if (replay)
		code = replay_show(cli, conn, id, &args);
	else
		code = show_graph(cli, conn, id, &args, all);
	cairn_close(conn);
	return code;
}

/* ---- graph ------------------------------------------------------------------------------ */

enum format { DOT = 1, MERMAID };

/* --json goes before the format. */
static void draw(const struct cli *cli, enum format format, const struct picture *picture,
		 cairn_str name)
{
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_text(&json, "type", name);
		picture_json(&json, picture);
		json_end(&json);
	} else if (format == MERMAID) {
		picture_mermaid(stdout, picture);
	} else {
		picture_dot(stdout, picture, name);
	}
}

static int draw_file(const struct cli *cli, const char *path, enum format format)
{
	struct graph_file file = { .steps = NULL };
	struct picture picture = { .count = 0 };
	cairn_error err = CAIRN_ERROR_INIT;
	int code = graph_file_take(cli, path, GRAPH_RUN, &file);
	if (code < 0 && (cairn_run_check(&file.run, &err) != CAIRN_OK ||
			 picture_of_file(&file, &picture, &err) != CAIRN_OK))
		code = failed(cli, &err);
	if (code < 0)
		draw(cli, format, &picture, file.run.type);
	picture_free(&picture);
	graph_file_free(&file);
	return code < 0 ? EXIT_FINE : code;
}

static int draw_run(const struct cli *cli, const char *word, enum format format)
{
	struct picture picture = { .count = 0 };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_runs *run = NULL;
	cairn_conn *conn = NULL;
	cairn_id id;
	int code = run_id_parse(cli, word, &id);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	cairn_status st = cairn_run_get(conn, cli_scope(cli), id, &run, &err);
	if (st == CAIRN_OK)
		st = picture_load(cli, conn, id, true, &picture, &err);
	if (st == CAIRN_OK)
		draw(cli, format, &picture, run->at[0].type);
	picture_free(&picture);
	cairn_free(run);
	cairn_close(conn);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

int run_graph(struct cli *cli, int argc, char **argv)
{
	const char *file = NULL;
	const char *word = "dot";
	const struct opt opts[] = {
		{ "file", 0, OPT_TEXT, &file, "FILE",
		  "a graph that is not enqueued; - for the "
		  "standard input",
		  NULL },
		{ "format", 0, OPT_TEXT, &word, "FORMAT", "dot (default) or mermaid", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != (file == NULL ? 1 : 0))
		code = usage_error(cli, "run graph takes one id, or --file");
	enum format format = strcmp(word, "mermaid") == 0 ? MERMAID : DOT;
	if (code < 0 && format == DOT && strcmp(word, "dot") != 0)
		code = usage_error(cli, "--format is dot or mermaid");
	if (code >= 0)
		return code;
	return file != NULL ? draw_file(cli, file, format) : draw_run(cli, argv[0], format);
}
