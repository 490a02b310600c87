/* cmd_edit.c - `cairn edit` and `cairn adopt`: what a job is, and whose. */
#include <stdlib.h>

#include "filter.h"

/* ---- edit -------------------------------------------------------------------------------- */

struct edit {
	cairn_job_patch patch;
	const char *payload;
	cairn_usec delay;
	bool delayed;
	bool now;
	bool timed;
	bool prioritised;
};

static int settle(const struct cli *cli, struct edit *edit, int argc, char **argv)
{
	if (argc != 1)
		return usage_error(cli, "edit takes one id");
	if (cairn_id_parse(cairn_str_of(argv[0]), &edit->patch.id) != 0)
		return usage_error(cli, "'%s' is no id", argv[0]);
	if (edit->delayed + edit->now + edit->timed > 1)
		return usage_error(cli, "--in, --now and --run-at exclude each other");
	if (edit->prioritised)
		edit->patch.set |= CAIRN_JOB_PRIORITY;
	if (edit->payload != NULL)
		edit->patch.set |= CAIRN_JOB_PAYLOAD;
	if (edit->delayed || edit->now || edit->timed)
		edit->patch.set |= CAIRN_JOB_RUN_AT;
	if (edit->patch.set == 0)
		return usage_error(cli,
				   "edit needs --payload, --priority, --run-at, --in or --now");
	return -1;
}

static int run_edit(const struct cli *cli, cairn_conn *conn, struct edit *edit)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_status st = CAIRN_OK;
	struct tally tally = { 0 };
	cairn_changed changed;
	char more[WHEN_TEXT + 8] = "";
	char when[WHEN_TEXT];
	if (edit->delayed) {
		st = cairn_now(conn, &edit->patch.run_at, &err);
		edit->patch.run_at += edit->delay;
	}
	if (st == CAIRN_OK)
		st = cairn_job_edit(conn, cli_scope(cli), &edit->patch, 1, &changed, &err);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	if (edit->patch.set & CAIRN_JOB_RUN_AT)
		snprintf(more, sizeof more, "due %s", when_text(changed.run_at, when));
	tell_changed(cli, &tally, edit->patch.id, "edited", more, &changed);
	return tally_exit(&tally);
}

int cmd_edit(struct cli *cli, int argc, char **argv)
{
	struct edit edit = { .payload = NULL };
	char *held = NULL;
	cairn_conn *conn = NULL;
	const struct opt opts[] = {
		{ "payload", 'p', OPT_TEXT, &edit.payload, "JSON",
		  "or @FILE, or - ; not of a job with a key", NULL },
		{ "priority", 0, OPT_INT32, &edit.patch.priority, "N", "larger first",
		  &edit.prioritised },
		{ "run-at", 0, OPT_TIME, &edit.patch.run_at, "TIME", "not before", &edit.timed },
		{ "in", 0, OPT_SPAN, &edit.delay, "DURATION", "not before this has passed",
		  &edit.delayed },
		{ "now", 0, OPT_FLAG, &edit.now, NULL, "due at once", NULL },
		{ "unchanged-since", 0, OPT_TIME, &edit.patch.updated_at, "TIME",
		  "only if its updated_at is this", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0)
		code = settle(cli, &edit, argc, argv);
	if (code < 0 && edit.payload != NULL)
		code = document_take(cli, "payload", edit.payload, &edit.patch.payload, &held);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0)
		code = run_edit(cli, conn, &edit);
	cairn_close(conn);
	free(held);
	return code;
}

/* ---- adopt ------------------------------------------------------------------------------- */

static int adopt(const struct cli *cli, cairn_conn *conn, const cairn_id *ids, size_t n,
		 const char *owner)
{
	cairn_error err = CAIRN_ERROR_INIT;
	struct tally tally = { 0 };
	cairn_changed *each = calloc(n, sizeof *each);
	if (each == NULL)
		return usage_error(cli, "out of memory");
	cairn_status st =
		cairn_job_adopt(conn, cli_scope(cli), ids, n, cairn_str_of(owner), each, &err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++)
		tell_changed(cli, &tally, ids[i], "adopted", "", &each[i]);
	free(each);
	return st == CAIRN_OK ? tally_exit(&tally) : failed(cli, &err);
}

int cmd_adopt(struct cli *cli, int argc, char **argv)
{
	const char *owner = NULL;
	bool anybody = false;
	cairn_id *ids = NULL;
	cairn_conn *conn = NULL;
	const struct opt opts[] = {
		{ "owner", 0, OPT_TEXT, &owner, "NAME", "whose they are from now on", NULL },
		{ "anybody", 0, OPT_FLAG, &anybody, NULL, "no owner: any worker may run them",
		  NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc == 0)
		code = usage_error(cli, "adopt takes ids");
	if (code < 0 && (owner != NULL) == anybody)
		code = usage_error(cli, "adopt needs --owner or --anybody");
	if (code < 0)
		code = ids_parse(cli, argc, argv, &ids);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0)
		code = adopt(cli, conn, ids, (size_t)argc, owner);
	cairn_close(conn);
	free(ids);
	return code;
}
