/* cmd_run_inputs.c - `cairn run inputs`: what a step's prerequisites came to, for commands that are its handler. */
#include <stdlib.h>
#include <string.h>

#include "runs.h"

struct inputs {
	cairn_id step;
	const char *key;
	const char *field;
};

static void input_row(struct table *table, const cairn_step *step)
{
	table_text(table, PLAIN, step->key);
	table_cell(table, step_status_color(step->status), "%s",
		   cairn_step_status_text(step->status));
	if (step->output.len > 0)
		table_text(table, PLAIN, step->output);
	else if (step->error_code.len > 0)
		table_text(table, PLAIN, step->error_code);
	else
		table_text(table, PLAIN, step->status_reason);
}

/* Its output, byte for byte, or its status as a word. */
static int put_field(const struct inputs *args, const cairn_step *step)
{
	if (strcmp(args->field, "status") == 0)
		puts(cairn_step_status_text(step->status));
	else if (step->output.len > 0)
		fwrite(step->output.ptr, 1, step->output.len, stdout);
	return EXIT_FINE;
}

static int put_inputs(const struct cli *cli, const struct inputs *args, const cairn_steps *steps)
{
	static const char *const heads[] = { "STEP", "STATUS", "OUTPUT", NULL };
	cairn_error err = CAIRN_ERROR_INIT;
	struct table table;
	size_t seen = 0;
	table_begin(&table, cli, heads);
	for (size_t i = 0; i < steps->count; i++) {
		const cairn_step *step = &steps->at[i];
		if (args->key != NULL && strcmp(step->key.ptr, args->key) != 0)
			continue;
		seen++;
		if (args->field != NULL)
			return put_field(args, step);
		if (cli->json) {
			struct json json = json_begin(stdout);
			json_step(&json, step, false);
			json_end(&json);
		} else {
			input_row(&table, step);
		}
	}
	if (args->key != NULL && seen == 0) {
		outcome_error(&err, CAIRN_NOT_FOUND, CAIRN_E_STEP_NOT_FOUND);
		return failed(cli, &err);
	}
	table_end_or(&table, "it waited for nothing");
	return EXIT_FINE;
}

static int settle(const struct cli *cli, struct inputs *args, int argc, char **argv)
{
	if (argc != 1)
		return usage_error(cli, "run inputs takes the id of a step, which is its job's");
	if (args->field != NULL && args->key == NULL)
		return usage_error(cli, "--field goes with --step");
	if (args->field != NULL && strcmp(args->field, "output") != 0 &&
	    strcmp(args->field, "status") != 0)
		return usage_error(cli, "--field: output or status");
	return run_id_parse(cli, argv[0], &args->step);
}

int run_inputs(struct cli *cli, int argc, char **argv)
{
	struct inputs args = { .key = NULL };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_steps *steps = NULL;
	cairn_conn *conn = NULL;
	const struct opt opts[] = {
		{ "step", 0, OPT_TEXT, &args.key, "STEP", "only the one with this key", NULL },
		{ "field", 0, OPT_TEXT, &args.field, "NAME",
		  "with --step: only output, byte for byte, or status", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0)
		code = settle(cli, &args, argc, argv);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0) {
		cairn_status st = cairn_step_inputs(conn, cli_scope(cli), args.step, &steps, &err);
		code = st == CAIRN_OK ? put_inputs(cli, &args, steps) : failed(cli, &err);
	}
	cairn_free(steps);
	cairn_close(conn);
	return code;
}
