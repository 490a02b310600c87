/* cmd_run_change.c - what people do to runs: end a gate, cancel, recover, wait, prune. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "runs.h"

/* ---- complete-gate ---------------------------------------------------------------------- */

static int tell_completed(const struct cli *cli, const cairn_completed *done)
{
	cairn_error err;
	if (done->status != CAIRN_OK) {
		outcome_error(&err, done->status, done->code);
		return failed(cli, &err);
	}
	if (!cli->json) {
		printf("%s%s, the run is %s\n", cairn_step_status_text(done->step_status),
		       done->repeated ? " already" : "", cairn_run_status_text(done->run_status));
		return EXIT_FINE;
	}
	struct json json = json_begin(stdout);
	json_id(&json, "step_id", done->step);
	json_z(&json, "step_status", cairn_step_status_text(done->step_status));
	json_z(&json, "status", cairn_run_status_text(done->run_status));
	json_bool(&json, "repeated", done->repeated != 0);
	json_end(&json);
	return EXIT_FINE;
}

static int complete(const struct cli *cli, const cairn_completion *item)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_completed done = { .status = CAIRN_OK };
	cairn_conn *conn = NULL;
	int code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	cairn_status st = cairn_step_complete(conn, item, 1, &done, &err);
	cairn_close(conn);
	return st == CAIRN_OK ? tell_completed(cli, &done) : failed(cli, &err);
}

int run_complete_gate(struct cli *cli, int argc, char **argv)
{
	const char *output = NULL;
	const char *reason = NULL;
	const char *code_text = NULL;
	const char *message = NULL;
	char *held = NULL;
	const struct opt opts[] = {
		{ "output", 0, OPT_TEXT, &output, "JSON", "or @FILE, or - ; of SUCCEEDED only",
		  NULL },
		{ "reason", 0, OPT_TEXT, &reason, "TEXT", "why", NULL },
		{ "code", 0, OPT_TEXT, &code_text, "CODE", "of a failure", NULL },
		{ "message", 0, OPT_TEXT, &message, "TEXT", "of a failure", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 3)
		code = usage_error(cli, "run complete-gate takes an id, a step's key, and "
					"SUCCEEDED, FAILED or CANCELED");
	if (code >= 0)
		return code;
	cairn_completion item = { .scope = cli_scope(cli),
				  .step = cairn_str_of(argv[1]),
				  .to = step_status_of(argv[2]),
				  .reason = cairn_str_of(reason),
				  .error_code = cairn_str_of(code_text),
				  .error_message = cairn_str_of(message) };
	code = run_id_parse(cli, argv[0], &item.run);
	if (code < 0 && item.to != CAIRN_STEP_SUCCEEDED && item.to != CAIRN_STEP_FAILED &&
	    item.to != CAIRN_STEP_CANCELED)
		code = usage_error(cli, "'%s': a gate ends as SUCCEEDED, FAILED or CANCELED",
				   argv[2]);
	if (code < 0 && output != NULL)
		code = document_take(cli, "output", output, &item.output, &held);
	if (code < 0)
		code = complete(cli, &item);
	free(held);
	return code;
}

/* ---- cancel -------------------------------------------------------------------------------- */

static void tell_canceled(const struct cli *cli, cairn_id id, const cairn_run_changed *changed,
			  struct tally *tally)
{
	char text[CAIRN_ID_TEXT];
	bool good = changed->status == CAIRN_OK;
	cairn_id_format(id, text);
	tally->n++;
	if (!good && tally->bad++ == 0)
		tally->first = changed->status;
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_id(&json, "id", id);
		json_bool(&json, "canceled", good && changed->run_status == CAIRN_RUN_CANCELED);
		json_z(&json, "status", cairn_run_status_text(changed->run_status));
		json_int(&json, "steps", changed->canceled);
		if (!good)
			json_z(&json, "code", cairn_code_text(changed->code));
		json_end(&json);
	} else if (!good) {
		fprintf(stderr, "cairn: %s: %s (%s)\n", text, cairn_code_message(changed->code),
			cairn_code_text(changed->code));
	} else {
		printf("%s  %s, %" PRIu32 " steps canceled\n", text,
		       cairn_run_status_text(changed->run_status), changed->canceled);
	}
}

static int cancel(const struct cli *cli, cairn_run_cancel_opts *opts)
{
	cairn_error err = CAIRN_ERROR_INIT;
	struct tally tally = { .n = 0 };
	cairn_conn *conn = NULL;
	cairn_run_changed *each = calloc(opts->n, sizeof *each);
	int code = each == NULL ? usage_error(cli, "out of memory") : db_ready(cli, &conn);
	if (code < 0) {
		cairn_status st = cairn_run_cancel(conn, opts, each, &err);
		for (size_t i = 0; st == CAIRN_OK && i < opts->n; i++)
			tell_canceled(cli, opts->runs[i], &each[i], &tally);
		code = st == CAIRN_OK ? tally_exit(&tally) : failed(cli, &err);
	}
	cairn_close(conn);
	free(each);
	return code;
}

int run_cancel(struct cli *cli, int argc, char **argv)
{
	const char *reason = NULL;
	const char *code_text = NULL;
	const char *message = NULL;
	cairn_id *ids = NULL;
	const struct opt opts[] = {
		{ "reason", 0, OPT_TEXT, &reason, "TEXT", "why; default CANCELED", NULL },
		{ "code", 0, OPT_TEXT, &code_text, "CODE", "of run and steps", NULL },
		{ "message", 0, OPT_TEXT, &message, "TEXT", "of run and steps", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc == 0)
		code = usage_error(cli, "run cancel takes ids");
	if (code < 0)
		code = ids_parse(cli, argc, argv, &ids);
	if (code < 0) {
		cairn_run_cancel_opts given = { .size = sizeof given,
						.scope = cli_scope(cli),
						.runs = ids,
						.n = (size_t)argc,
						.reason = cairn_str_of(reason),
						.error_code = cairn_str_of(code_text),
						.error_message = cairn_str_of(message) };
		code = cancel(cli, &given);
	}
	free(ids);
	return code;
}

/* ---- recover -------------------------------------------------------------------------------- */

/* The step's id; NOT_FOUND as a recovery would say it. */
static cairn_status find_step(cairn_conn *conn, const char *key, cairn_recovery *given,
			      cairn_error *err)
{
	cairn_step_filter filter = { .size = sizeof filter,
				     .scope = given->scope,
				     .run = given->source,
				     .key = cairn_str_of(key),
				     .limit = 1,
				     .compact = 1 };
	cairn_steps *steps = NULL;
	cairn_status st = cairn_run_steps(conn, &filter, &steps, err);
	if (st == CAIRN_OK && steps->count == 0) {
		st = CAIRN_NOT_FOUND;
		outcome_error(err, st, CAIRN_E_RECOVERY_STEP);
	} else if (st == CAIRN_OK) {
		given->step = steps->at[0].id;
	}
	cairn_free(steps);
	return st;
}

static cairn_status recover(const struct cli *cli, cairn_conn *conn, const char *step,
			    cairn_recovery *given, cairn_run_added *added, cairn_error *err)
{
	/* where no scope was said it is the run's own, which *run keeps */
	cairn_runs *run = NULL;
	cairn_status st = CAIRN_OK;
	given->scope = cli_scope(cli);
	if (given->scope.kind == CAIRN_SCOPE_ANY)
		st = cairn_run_get(conn, cairn_any(), given->source, &run, err);
	if (st == CAIRN_OK && run != NULL)
		given->scope = run->at[0].tenant.len > 0 ? cairn_tenant(run->at[0].tenant)
							 : cairn_global();
	if (st == CAIRN_OK && step != NULL)
		st = find_step(conn, step, given, err);
	if (st == CAIRN_OK)
		st = cairn_run_recover(conn, given, added, err);
	cairn_free(run);
	return st;
}

static void tell_recovered(const struct cli *cli, const cairn_run_added *added)
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
	if (added->disposition == CAIRN_RUN_EXISTING)
		fprintf(stderr, "cairn: it was recovered so before, %s\n",
			cairn_run_status_text(added->run_status));
}

int run_recover(struct cli *cli, int argc, char **argv)
{
	const char *key = NULL;
	const char *reason = NULL;
	const char *step = NULL;
	cairn_recovery given = { .size = sizeof given };
	cairn_run_added added = { .status = CAIRN_OK };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	const struct opt opts[] = {
		{ "key", 'k', OPT_TEXT, &key, "KEY", "the same key again gives the same run",
		  NULL },
		{ "reason", 0, OPT_TEXT, &reason, "TEXT", "why", NULL },
		{ "step", 0, OPT_TEXT, &step, "STEP", "the step that is to blame", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 1)
		code = usage_error(cli, "run recover takes one id");
	if (code < 0 && (key == NULL || reason == NULL))
		code = usage_error(cli, "run recover needs --key and --reason");
	if (code < 0)
		code = run_id_parse(cli, argv[0], &given.source);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	given.key = cairn_str_of(key);
	given.reason = cairn_str_of(reason);
	cairn_status st = recover(cli, conn, step, &given, &added, &err);
	cairn_close(conn);
	if (st == CAIRN_OK && added.status != CAIRN_OK) {
		outcome_error(&err, added.status, added.code);
		st = added.status;
	}
	if (st != CAIRN_OK)
		return failed(cli, &err);
	tell_recovered(cli, &added);
	return EXIT_FINE;
}
