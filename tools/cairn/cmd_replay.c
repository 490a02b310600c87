/* cmd_replay.c - `cairn replay`: what succeeded, once more. */
#include <stdlib.h>

#include "filter.h"
#include "json.h"

struct replay {
	const struct cli *cli;
	cairn_conn *conn;
	const char *key;
	const char *reason;
	struct tally tally;
};

static void tell(struct replay *replay, cairn_id source, const cairn_job_added *added)
{
	char id[CAIRN_ID_TEXT];
	bool fine = added->status == CAIRN_OK;
	tally_count(&replay->tally, added->status);
	if (replay->cli->json) {
		struct json json = json_begin(stdout);
		json_id(&json, "source_id", source);
		json_bool(&json, "replayed", fine);
		json_id(&json, "id", added->id);
		json_z(&json, "disposition",
		       !fine				      ? NULL
		       : added->disposition == CAIRN_EXISTING ? "EXISTING"
							      : "INSERTED");
		json_z(&json, "status", cairn_job_status_text(added->job_status));
		if (!fine)
			json_z(&json, "code", cairn_code_text(added->code));
		json_end(&json);
	} else if (fine) {
		cairn_id_format(added->id, id);
		printf("%s\n", id);
	} else {
		const char *status = cairn_job_status_text(added->job_status);
		cairn_id_format(source, id);
		fprintf(stderr, "cairn: %s: %s (%s%s%s)\n", id,
			added->code == CAIRN_E_JOB_EXPECTATION
				? "Only a job that succeeded can be replayed."
				: cairn_code_message(added->code),
			cairn_code_text(added->code), status != NULL ? ", it is " : "",
			status != NULL ? status : "");
	}
}

static cairn_status one(struct replay *replay, cairn_id source, cairn_error *err)
{
	char key[CAIRN_ID_TEXT];
	cairn_scope scope = cli_scope(replay->cli);
	cairn_jobs *job = NULL;
	cairn_job_added added = { .status = CAIRN_NOT_FOUND, .code = CAIRN_E_JOB_NOT_FOUND };
	cairn_id_format(cairn_id_new(), key);
	cairn_status st = cairn_job_get(replay->conn, scope, source, &job, err);
	if (st == CAIRN_OK) {
		cairn_rerun item = { .source = source,
				     .run_number = job->at[0].run_number,
				     .key = cairn_str_of(replay->key != NULL ? replay->key : key),
				     .reason = cairn_str_of(replay->reason) };
		st = cairn_job_replay(replay->conn, scope, &item, 1, &added, err);
	} else if (st == CAIRN_NOT_FOUND) {
		st = CAIRN_OK;
	}
	cairn_free(job);
	if (st == CAIRN_OK)
		tell(replay, source, &added);
	return st;
}

int cmd_replay(struct cli *cli, int argc, char **argv)
{
	struct replay replay = { .cli = cli, .reason = "REPLAYED" };
	cairn_id *ids = NULL;
	const struct opt opts[] = {
		{ "key", 'k', OPT_TEXT, &replay.key, "KEY",
		  "the same key replays a run once only; default: a new one", NULL },
		{ "reason", 0, OPT_TEXT, &replay.reason, "TEXT", "default REPLAYED", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc == 0)
		code = usage_error(cli, "replay takes ids");
	if (code < 0)
		code = ids_parse(cli, argc, argv, &ids);
	if (code < 0)
		code = db_ready(cli, &replay.conn);
	if (code < 0) {
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_status st = CAIRN_OK;
		for (size_t i = 0; i < (size_t)argc && st == CAIRN_OK; i++)
			st = one(&replay, ids[i], &err);
		code = st == CAIRN_OK ? tally_exit(&replay.tally) : failed(cli, &err);
	}
	cairn_close(replay.conn);
	free(ids);
	return code;
}
