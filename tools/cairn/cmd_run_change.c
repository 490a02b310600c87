/* cmd_run_change.c - what people do to runs: end a gate, cancel, recover. (cmd_run_end.c: wait, prune) */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "replays.h"

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

struct canceling {
	cairn_run_cancel_opts graphs;
	cairn_id *ids; /* those of DAG runs, then those of replay runs */
	size_t n;
};

/* Sorts the ids by what they are. */
static cairn_status part(const struct cli *cli, cairn_conn *conn, struct canceling *what,
			 cairn_error *err)
{
	cairn_id *ids = what->ids;
	size_t graphs = 0;
	cairn_status st = CAIRN_OK;
	for (size_t i = 0; st == CAIRN_OK && i < what->n; i++) {
		bool replay = false;
		cairn_id id = ids[i];
		st = run_may_be_replay(cli, conn, id, &replay, err);
		if (replay)
			continue;
		memmove(&ids[graphs + 1], &ids[graphs], (i - graphs) * sizeof *ids);
		ids[graphs++] = id;
	}
	what->graphs.runs = ids;
	what->graphs.n = graphs;
	return st;
}

static cairn_status cancel_graphs(const struct cli *cli, cairn_conn *conn,
				  const cairn_run_cancel_opts *opts, struct tally *tally,
				  cairn_error *err)
{
	cairn_run_changed *each = calloc(opts->n, sizeof *each);
	if (each == NULL) {
		outcome_error(err, CAIRN_NOMEM, CAIRN_E_NOMEM);
		return CAIRN_NOMEM;
	}
	cairn_status st = cairn_run_cancel(conn, opts, each, err);
	for (size_t i = 0; st == CAIRN_OK && i < opts->n; i++)
		tell_canceled(cli, tally, opts->runs[i],
			      &(struct run_canceled){
				      .status = each[i].status,
				      .code = each[i].code,
				      .canceled = each[i].run_status == CAIRN_RUN_CANCELED,
				      .run_status = cairn_run_status_text(each[i].run_status),
				      .others = "steps",
				      .n = each[i].canceled });
	free(each);
	return st;
}

static int cancel(const struct cli *cli, struct canceling *what)
{
	cairn_error err = CAIRN_ERROR_INIT;
	struct tally tally = { .n = 0 };
	cairn_conn *conn = NULL;
	int code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	cairn_status st = part(cli, conn, what, &err);
	size_t graphs = what->graphs.n;
	if (st == CAIRN_OK && graphs < what->n &&
	    (what->graphs.error_code.len > 0 || what->graphs.error_message.len > 0)) {
		cairn_close(conn);
		return usage_error(cli, "--code and --message go with DAG runs");
	}
	if (st == CAIRN_OK && graphs > 0)
		st = cancel_graphs(cli, conn, &what->graphs, &tally, &err);
	if (st == CAIRN_OK && graphs < what->n)
		st = replay_cancel(cli, conn, what->ids + graphs, what->n - graphs,
				   what->graphs.reason, &tally, &err);
	cairn_close(conn);
	return st == CAIRN_OK ? tally_exit(&tally) : failed(cli, &err);
}

int run_cancel(struct cli *cli, int argc, char **argv)
{
	const char *reason = NULL;
	const char *code_text = NULL;
	const char *message = NULL;
	struct canceling what = { .n = 0 };
	const struct opt opts[] = {
		{ "reason", 0, OPT_TEXT, &reason, "TEXT", "why; default CANCELED", NULL },
		{ "code", 0, OPT_TEXT, &code_text, "CODE", "of a DAG run and its steps", NULL },
		{ "message", 0, OPT_TEXT, &message, "TEXT", "of a DAG run and its steps", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc == 0)
		code = usage_error(cli, "run cancel takes ids");
	if (code < 0)
		code = ids_parse(cli, argc, argv, &what.ids);
	if (code < 0) {
		what.n = (size_t)argc;
		what.graphs = (cairn_run_cancel_opts){ .size = sizeof what.graphs,
						       .scope = cli_scope(cli),
						       .reason = cairn_str_of(reason),
						       .error_code = cairn_str_of(code_text),
						       .error_message = cairn_str_of(message) };
		code = cancel(cli, &what);
	}
	free(what.ids);
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
