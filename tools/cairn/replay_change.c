/* replay_change.c - what people do to replay runs: cancel, resume, fork, delete. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "replays.h"

#define BATCH 100u /* trees in one call: each may be large */

/* ---- cancel ------------------------------------------------------------------------------ */

/* What its job makes a run that was canceled, or was over before. */
static const char *ended(enum cairn_job_status status)
{
	if (status == CAIRN_JOB_CANCELED)
		return cairn_replay_status_text(CAIRN_REPLAY_CANCELED);
	if (status == CAIRN_JOB_SUCCEEDED)
		return cairn_replay_status_text(CAIRN_REPLAY_SUCCEEDED);
	if (status == CAIRN_JOB_DEAD_LETTERED)
		return cairn_replay_status_text(CAIRN_REPLAY_FAILED);
	return NULL;
}

cairn_status replay_cancel(const struct cli *cli, cairn_conn *conn, const cairn_id *runs, size_t n,
			   cairn_str reason, struct tally *tally, cairn_error *err)
{
	cairn_replay_changed *each = calloc(n, sizeof *each);
	if (each == NULL) {
		outcome_error(err, CAIRN_NOMEM, CAIRN_E_NOMEM);
		return CAIRN_NOMEM;
	}
	cairn_status st = cairn_replay_cancel(conn, cli_scope(cli), runs, n, reason, each, err);
	for (size_t i = 0; st == CAIRN_OK && i < n; i++)
		tell_canceled(cli, tally, runs[i],
			      &(struct run_canceled){
				      .status = each[i].status,
				      .code = each[i].code,
				      .canceled = each[i].job_status == CAIRN_JOB_CANCELED,
				      .run_status = ended(each[i].job_status),
				      .others = "descendants",
				      .n = each[i].descendants,
				      .lease_expires_at = &each[i].lease_expires_at });
	free(each);
	return st;
}

/* ---- resume ------------------------------------------------------------------------------- */

static int resume(const struct cli *cli, const cairn_resume *given)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_changed changed;
	cairn_conn *conn = NULL;
	char id[CAIRN_ID_TEXT];
	int code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	cairn_status st = cairn_replay_resume(conn, given, &changed, &err);
	cairn_close(conn);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	cairn_id_format(given->run, id);
	if (!cli->json) {
		printf("%s  resumed\n", id);
		return EXIT_FINE;
	}
	struct json json = json_begin(stdout);
	json_id(&json, "id", given->run);
	json_bool(&json, "resumed", true);
	json_end(&json);
	return EXIT_FINE;
}

int run_resume(struct cli *cli, int argc, char **argv)
{
	const char *owner = NULL;
	const char *reason = NULL;
	bool anybody = false;
	bool canceled = false;
	cairn_resume given = { .size = sizeof given };
	const struct opt opts[] = {
		{ "owner", 0, OPT_TEXT, &owner, "NAME", "only workers of this owner may go on",
		  NULL },
		{ "anybody", 0, OPT_FLAG, &anybody, NULL, "workers of any owner may", NULL },
		{ "canceled", 0, OPT_FLAG, &canceled, NULL, "also if it was canceled", NULL },
		{ "run-number", 0, OPT_INT32, &given.run_number, "N",
		  "only if it is this run of its job", NULL },
		{ "reason", 0, OPT_TEXT, &reason, "TEXT", "why; default RESUMED", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 1)
		code = usage_error(cli, "run resume takes one id");
	if (code < 0 && owner != NULL && anybody)
		code = usage_error(cli, "--owner and --anybody exclude each other");
	if (code < 0)
		code = run_id_parse(cli, argv[0], &given.run);
	if (code >= 0)
		return code;
	given.scope = cli_scope(cli);
	given.owner = cairn_str_of(owner);
	given.reason = cairn_str_of(reason);
	given.flags = (owner != NULL || anybody ? CAIRN_RESUME_OWNER : 0) |
		      (canceled ? CAIRN_RESUME_CANCELED : 0);
	return resume(cli, &given);
}

/* ---- fork --------------------------------------------------------------------------------- */

static int fork_run(const struct cli *cli, const cairn_fork_new *given)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_added added;
	cairn_conn *conn = NULL;
	char id[CAIRN_ID_TEXT];
	int code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	cairn_status st = cairn_replay_fork(conn, given, &added, &err);
	cairn_close(conn);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	cairn_id_format(added.id, id);
	if (!cli->json) {
		printf("%s\n", id);
		return EXIT_FINE;
	}
	struct json json = json_begin(stdout);
	json_id(&json, "id", added.id);
	json_id(&json, "source_id", given->source);
	json_end(&json);
	return EXIT_FINE;
}

int run_fork(struct cli *cli, int argc, char **argv)
{
	const char *after = NULL;
	const char *code_text = NULL;
	const char *queue = NULL;
	const char *owner = NULL;
	bool numbered = false;
	cairn_fork_new given = { .size = sizeof given };
	const struct opt opts[] = {
		{ "after", 0, OPT_TEXT, &after, "STEP", "up to the step of this name, included",
		  NULL },
		{ "seq", 0, OPT_BIG, &given.seq, "N", "up to the step of this number; 0: none",
		  &numbered },
		{ "code", 0, OPT_TEXT, &code_text, "CODE", "its code; default the source's", NULL },
		{ "queue", 'q', OPT_TEXT, &queue, "NAME", "default the source's", NULL },
		{ "owner", 0, OPT_TEXT, &owner, "NAME", "default the source's", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 1)
		code = usage_error(cli, "run fork takes one id");
	if (code < 0 && after != NULL && numbered)
		code = usage_error(cli, "--after and --seq exclude each other");
	if (code < 0)
		code = run_id_parse(cli, argv[0], &given.source);
	if (code >= 0)
		return code;
	given.scope = cli_scope(cli);
	given.name = cairn_str_of(after);
	given.code = cairn_str_of(code_text);
	given.queue = cairn_str_of(queue);
	given.owner = cairn_str_of(owner);
	return fork_run(cli, &given);
}

/* ---- delete ------------------------------------------------------------------------------- */

static void add(cairn_replay_deleted *total, const cairn_replay_deleted *more)
{
	total->roots += more->roots;
	total->descendants += more->descendants;
	total->steps += more->steps;
	total->signals += more->signals;
	total->entries += more->entries;
	total->live = more->live; /* they stay, and are met again */
}

static void tell_deleted(const struct cli *cli, const cairn_replay_deleted *total, bool dry)
{
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_bool(&json, "dry_run", dry);
		json_int(&json, "roots", (int64_t)total->roots);
		json_int(&json, "descendants", (int64_t)total->descendants);
		json_int(&json, "steps", (int64_t)total->steps);
		json_int(&json, "signals", (int64_t)total->signals);
		json_int(&json, "entries", (int64_t)total->entries);
		json_int(&json, "live", (int64_t)total->live);
		json_end(&json);
		return;
	}
	printf("%s %zu runs with %zu descendants, %zu steps, %zu signals, %zu entries\n",
	       dry ? "would delete" : "deleted", total->roots, total->descendants, total->steps,
	       total->signals, total->entries);
	if (total->live > 0)
		printf("%zu trees are not over, and stay\n", total->live);
}

/* A rehearsal deletes nothing, so it is one call: it would count the same trees again. */
static int delete_all(const struct cli *cli, cairn_replay_delete_opts *opts, uint64_t left)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_deleted total = { .roots = 0 };
	cairn_replay_deleted some = { .roots = 0 };
	cairn_conn *conn = NULL;
	uint32_t batch = opts->dry ? RUNS_PAGE : BATCH;
	cairn_status st;
	int code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	do {
		opts->limit = left < batch ? (uint32_t)left : batch;
		st = cairn_replay_delete(conn, opts, &some, &err);
		if (st == CAIRN_OK)
			add(&total, &some);
		left -= some.roots;
	} while (st == CAIRN_OK && !opts->dry && some.roots == opts->limit && left > 0);
	cairn_close(conn);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	tell_deleted(cli, &total, opts->dry != 0);
	if (!cli->json && opts->dry && some.roots == RUNS_PAGE)
		printf("at least: only so many are counted\n");
	return EXIT_FINE;
}

int run_delete(struct cli *cli, int argc, char **argv)
{
	cairn_replay_delete_opts by = { .size = sizeof by };
	struct texts statuses = { .count = 0 };
	const char *type = NULL;
	int64_t limit = INT64_MAX;
	bool dry = false;
	const struct opt opts[] = {
		{ "status", 's', OPT_TEXTS, &statuses, "STATUS",
		  "SUCCEEDED, FAILED, CANCELED; may be repeated; needed without ID", NULL },
		{ "older-than", 0, OPT_SPAN, &by.age, "DURATION", "over for so long", NULL },
		{ "type", 0, OPT_TEXT, &type, "TYPE", "of this type", NULL },
		{ "dry-run", 0, OPT_FLAG, &dry, NULL, "only count", NULL },
		{ "limit", 'n', OPT_BIG, &limit, "N", "roots at most; default all", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc > 1)
		code = usage_error(cli, "run delete takes one id, or --status");
	if (code < 0 && argc == 0 && statuses.count == 0)
		code = usage_error(cli, "run delete needs an id, or --status");
	if (code < 0 && limit == 0)
		code = usage_error(cli, "--limit: '0' is not a number here");
	if (code < 0 && argc == 1)
		code = run_id_parse(cli, argv[0], &by.run);
	if (code < 0)
		code = replay_statuses_parse(cli, &statuses, &by.statuses);
	by.scope = cli_scope(cli);
	by.type = cairn_str_of(type);
	by.dry = dry ? 1 : 0;
	return code < 0 ? delete_all(cli, &by, (uint64_t)limit) : code;
}
