/* cmd_enqueue.c - `cairn enqueue`: one job from options, or many from NDJSON. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "enqueue.h"
#include "json.h"

cairn_status enqueue_time(const struct enqueue *args, cairn_conn *conn, cairn_job_new *job,
			  cairn_error *err)
{
	if (!args->delayed)
		return CAIRN_OK;
	cairn_status st = cairn_now(conn, &job->run_at, err);
	job->run_at += args->delay;
	return st;
}

/* ---- one job -------------------------------------------------------------------------- */

static void print_added(const struct cli *cli, const cairn_job_added *added)
{
	char id[CAIRN_ID_TEXT];
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_id(&json, "id", added->id);
		json_z(&json, "disposition",
		       added->disposition == CAIRN_EXISTING ? "EXISTING" : "INSERTED");
		json_z(&json, "status", cairn_job_status_text(added->job_status));
		json_int(&json, "run_number", added->run_number);
		json_end(&json);
		return;
	}
	cairn_id_format(added->id, id);
	printf("%s\n", id);
	if (added->disposition == CAIRN_EXISTING)
		fprintf(stderr, "cairn: it was there already, %s\n",
			cairn_job_status_text(added->job_status));
}

static int enqueue_one(const struct cli *cli, const struct enqueue *args, cairn_conn *conn,
		       const cairn_job_new *job)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_new timed = *job;
	cairn_job_added added = { 0 };
	cairn_status st = enqueue_time(args, conn, &timed, &err);
	if (st == CAIRN_OK)
		st = cairn_job_enqueue(conn, &timed, 1, &added, &err);
	if (st == CAIRN_OK && added.status != CAIRN_OK) {
		outcome_error(&err, added.status, added.code);
		st = added.status;
	}
	if (st != CAIRN_OK)
		return failed(cli, &err);
	print_added(cli, &added);
	return EXIT_FINE;
}

/* ---- many ----------------------------------------------------------------------------- */

static int enqueue_many(const struct cli *cli, const struct enqueue *args, cairn_conn *conn,
			const char *file, const cairn_job_new *template)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_new timed = *template;
	if (enqueue_time(args, conn, &timed, &err) != CAIRN_OK)
		return failed(cli, &err);
	if (file == NULL || strcmp(file, "-") == 0)
		return enqueue_lines(cli, conn, stdin, &timed);
	FILE *from = fopen(file, "rb");
	if (from == NULL)
		return usage_error(cli, "%s: %s", file, strerror(errno));
	int code = enqueue_lines(cli, conn, from, &timed);
	fclose(from);
	return code;
}

/* ---- the command -------------------------------------------------------------------------- */

static int check(const struct cli *cli, const struct enqueue *args, int argc)
{
	if (args->delayed && args->job.run_at != 0)
		return usage_error(cli, "--in and --run-at exclude each other");
	if (args->ndjson && (args->key != NULL || args->payload != NULL))
		return usage_error(cli,
				   "--key and --payload are for one job; lines have their own");
	if (!args->ndjson && argc != 1)
		return usage_error(cli, "enqueue takes one type, or --ndjson");
	if (args->ndjson && argc > 2)
		return usage_error(cli, "enqueue --ndjson takes a type and a file at most");
	if (cli->global)
		return usage_error(cli, "a job without --tenant is global already");
	return -1;
}

void enqueue_settle(const struct cli *cli, struct enqueue *args)
{
	cairn_job_new *job = &args->job;
	job->queue = cairn_str_of(args->queue);
	job->tenant = cairn_str_of(cli->tenant);
	job->key = cairn_str_of(args->key);
	job->owner = cairn_str_of(args->owner);
	job->resource_key = cairn_str_of(args->resource);
	job->stage = cairn_str_of(args->stage);
	job->set = args->prioritised ? CAIRN_JOB_PRIORITY : 0;
}

static int parse(struct cli *cli, struct enqueue *args, int *argc, char **argv)
{
	const struct opt opts[] = {
		ENQUEUE_OPTIONS(args),
		{ "ndjson", 0, OPT_FLAG, &args->ndjson, NULL, "a job per line", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, argc, argv);
	if (code >= 0)
		return code;
	enqueue_settle(cli, args);
	return check(cli, args, *argc);
}

int cmd_enqueue(struct cli *cli, int argc, char **argv)
{
	struct enqueue args = { 0 };
	char *held = NULL;
	cairn_conn *conn = NULL;
	int code = parse(cli, &args, &argc, argv);
	if (code < 0)
		code = document_take(cli, "payload", args.payload, &args.job.payload, &held);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0 && args.ndjson) {
		args.job.type = cairn_str_of(argc == 2 ? argv[0] : NULL);
		code = enqueue_many(cli, &args, conn, argc > 0 ? argv[argc - 1] : NULL, &args.job);
	} else if (code < 0) {
		args.job.type = cairn_str_of(argv[0]);
		code = enqueue_one(cli, &args, conn, &args.job);
	}
	cairn_close(conn);
	free(held);
	return code;
}
