/* replay_show.c - `cairn run show` of a replay run: what it is, what it waits for, its steps, budgets and children. */
#include <inttypes.h>
#include <string.h>

#include "replays.h"

#define AWAITED 20u /* things that it waits for: more are in the list of steps */
#define WAITING (1u << CAIRN_MEMO_WAITING)

struct shown {
	const struct cli *cli;
	cairn_conn *conn;
	cairn_scope scope;
	const cairn_replay_run *run;
	const struct replay_show *args;
};

/* ---- the run --------------------------------------------------------------------------- */

static void stored(const struct shown *shown, const char *name, cairn_str text)
{
	(shown->args->full ? stored_whole : stored_text)(shown->cli, name, text);
}

static void id_line(const struct shown *shown, const char *name, cairn_id id)
{
	char text[CAIRN_ID_TEXT];
	if (cairn_id_is_none(id))
		return;
	cairn_id_format(id, text);
	stored_line(shown->cli, name, text);
}

static void print_descent(const struct shown *shown)
{
	const cairn_replay_run *run = shown->run;
	char text[64];
	id_line(shown, "parent", run->parent);
	if (cairn_id_compare(run->root, run->id) != 0)
		id_line(shown, "root", run->root);
	id_line(shown, "forked from", run->source);
	if (cairn_id_is_none(run->source))
		return;
	snprintf(text, sizeof text, "%" PRId64, run->shared);
	stored_line(shown->cli, "up to step", text);
}

static void print_times(const struct shown *shown)
{
	const cairn_replay_run *run = shown->run;
	char text[512];
	char when[WHEN_TEXT];
	stored_line(shown->cli, "created", when_text(run->created_at, when));
	stored_line(shown->cli, "started", when_text(run->started_at, when));
	stored_line(shown->cli, "finished", when_text(run->finished_at, when));
	if (run->status == CAIRN_REPLAY_RUNNING) {
		snprintf(text, sizeof text, "%.*s until %s", (int)run->worker.len,
			 run->worker.len > 0 ? run->worker.ptr : "",
			 when_text(run->lease_expires_at, when));
		stored_line(shown->cli, "lease", text);
	} else if (run->status == CAIRN_REPLAY_ENQUEUED) {
		stored_line(shown->cli, "due", when_text(run->wake_at, when));
	}
}

static void print_status(const struct shown *shown)
{
	const cairn_replay_run *run = shown->run;
	bool on = colored(shown->cli, stdout);
	char when[WHEN_TEXT];
	id_line(shown, "id", run->id);
	stored_name(shown->cli, "status");
	printf("%s%s%s", color_on(on, replay_status_color(run->status)),
	       cairn_replay_status_text(run->status), color_off(on));
	if (run->status == CAIRN_REPLAY_SUSPENDED && run->wake_at < NEVER)
		printf(", due %s", when_text(run->wake_at, when));
	puts("");
}

static void print_head(const struct shown *shown)
{
	const cairn_replay_run *run = shown->run;
	char text[128];
	stored(shown, "error", run->error_code);
	stored(shown, "message", run->error_message);
	stored(shown, "type", run->type);
	stored(shown, "queue", run->queue);
	stored(shown, "tenant", run->tenant);
	stored(shown, "owner", run->owner);
	snprintf(text, sizeof text, "%" PRId32 ", run %" PRId32 " of its job, fence %" PRId64,
		 run->attempt, run->run_number, run->fence);
	stored_line(shown->cli, "attempt", text);
	stored(shown, "code", run->code);
	stored(shown, "scope", run->scope);
	print_descent(shown);
	print_times(shown);
	snprintf(text, sizeof text,
		 "%" PRId64 ", %" PRId64 " completed, %" PRId64 " failed, %" PRId64 " waiting",
		 run->steps, run->completed, run->failed, run->waiting);
	stored_line(shown->cli, "steps", text);
	stored(shown, "payload", run->payload);
	stored(shown, "output", run->output);
}

/* ---- what it waits for ------------------------------------------------------------------ */

/* Steps that wait since an earlier fence have not been asked for again: nobody waits for them. */
static bool is_awaited(const cairn_replay_run *run, const cairn_memo *memo)
{
	return memo->status == CAIRN_MEMO_WAITING && memo->fence == run->fence;
}

static void print_awaited(const struct shown *shown, const cairn_memos *memos)
{
	char text[AWAITED_TEXT];
	size_t more = 0;
	size_t n = 0;
	for (size_t i = 0; i < memos->count; i++) {
		if (!is_awaited(shown->run, &memos->at[i]))
			continue;
		if (n < AWAITED)
			stored_line(shown->cli, n == 0 ? "suspended" : "",
				    awaited_text(&memos->at[i], text));
		n++;
	}
	if (n > AWAITED) {
		more = n - AWAITED;
		snprintf(text, sizeof text, "and %zu more", more);
		stored_line(shown->cli, "", text);
	}
}

static void json_awaited(const struct shown *shown, struct json *json, const cairn_memos *memos)
{
	json_array(json, "awaits");
	for (size_t i = 0; memos != NULL && i < memos->count; i++) {
		const cairn_memo *memo = &memos->at[i];
		if (!is_awaited(shown->run, memo))
			continue;
		json_open(json, NULL);
		json_int(json, "seq", memo->seq);
		json_text(json, "name", memo->name);
		json_z(json, "verb", cairn_memo_verb_text(memo->verb));
		json_text(json, "signal", memo->signal);
		json_id(json, "child_id", memo->child);
		json_time(json, "wake_at", memo->wake_at < NEVER ? memo->wake_at : 0);
		json_close(json);
	}
	json_array_end(json);
}

static cairn_status awaited(const struct shown *shown, struct json *json, cairn_error *err)
{
	cairn_memo_filter filter = { .size = sizeof filter,
				     .scope = shown->scope,
				     .run = shown->run->id,
				     .statuses = WAITING,
				     .limit = RUNS_PAGE,
				     .compact = 1 };
	cairn_memos *memos = NULL;
	cairn_status st = CAIRN_OK;
	if (shown->run->status == CAIRN_REPLAY_SUSPENDED)
		st = cairn_replay_memos(shown->conn, &filter, &memos, err);
	if (json != NULL)
		json_awaited(shown, json, st == CAIRN_OK ? memos : NULL);
	else if (st == CAIRN_OK && memos != NULL)
		print_awaited(shown, memos);
	cairn_free(memos);
	return st;
}

/* ---- steps, budgets, children -------------------------------------------------------------- */

static cairn_status steps(const struct shown *shown, struct json *json, struct table *table,
			  cairn_error *err)
{
	cairn_memo_filter filter = { .size = sizeof filter,
				     .scope = shown->scope,
				     .run = shown->run->id,
				     .limit = MEMOS_PAGE };
	cairn_memos *memos = NULL;
	cairn_status st;
	do {
		st = cairn_replay_memos(shown->conn, &filter, &memos, err);
		for (size_t i = 0; st == CAIRN_OK && i < memos->count; i++) {
			filter.after = memos->at[i].seq;
			if (json == NULL) {
				memo_row(table, &memos->at[i], shown->args->full);
				continue;
			}
			json_open(json, NULL);
			json_memo(json, &memos->at[i], shown->args->documents);
			json_close(json);
		}
	} while (st == CAIRN_OK && memos->count == MEMOS_PAGE);
	cairn_free(memos);
	return st;
}

static cairn_status budgets(const struct shown *shown, struct json *json, struct table *table,
			    cairn_error *err)
{
	cairn_budgets *rows = NULL;
	cairn_status st = cairn_budget_read(shown->conn, shown->scope, shown->run->id, &rows, err);
	for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
		if (json == NULL) {
			budget_row(table, &rows->at[i]);
			continue;
		}
		json_open(json, NULL);
		json_budget(json, &rows->at[i]);
		json_close(json);
	}
	cairn_free(rows);
	return st;
}

static void json_child(struct json *json, const cairn_replay_run *run)
{
	json_open(json, NULL);
	json_id(json, "id", run->id);
	json_text(json, "scope", run->scope);
	json_text(json, "type", run->type);
	json_z(json, "status", cairn_replay_status_text(run->status));
	json_int(json, "attempt", run->attempt);
	json_text(json, "error_code", run->error_code);
	json_text(json, "error_message", run->error_message);
	json_time(json, "created_at", run->created_at);
	json_time(json, "finished_at", run->finished_at);
	json_close(json);
}

static cairn_status children(const struct shown *shown, struct json *json, struct table *table,
			     cairn_error *err)
{
	cairn_replay_filter filter = { .size = sizeof filter,
				       .scope = shown->scope,
				       .parent = shown->run->id,
				       .limit = RUNS_PAGE,
				       .compact = 1 };
	cairn_replay_runs *runs = NULL;
	cairn_time now = 0;
	cairn_status st = cairn_now(shown->conn, &now, err);
	while (st == CAIRN_OK) {
		st = cairn_replay_list(shown->conn, &filter, &runs, err);
		for (size_t i = 0; st == CAIRN_OK && i < runs->count; i++) {
			filter.after = runs->at[i].id;
			if (json == NULL)
				replay_row(table, &runs->at[i], now);
			else
				json_child(json, &runs->at[i]);
		}
		if (st != CAIRN_OK || runs->count < RUNS_PAGE)
			break;
	}
	cairn_free(runs);
	return st;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static cairn_status show_json(const struct shown *shown, cairn_error *err)
{
	struct json json = json_begin(stdout);
	json_replay(&json, shown->run, false);
	json_replay_counts(&json, shown->run);
	cairn_status st = awaited(shown, &json, err);
	json_array(&json, "steps");
	if (st == CAIRN_OK)
		st = steps(shown, &json, NULL, err);
	json_array_end(&json);
	json_array(&json, "budgets");
	if (st == CAIRN_OK)
		st = budgets(shown, &json, NULL, err);
	json_array_end(&json);
	json_array(&json, "children");
	if (st == CAIRN_OK)
		st = children(shown, &json, NULL, err);
	json_array_end(&json);
	json_end(&json);
	return st;
}

static void end_table(struct table *table)
{
	if (table->count > 0)
		puts("");
	table_end(table);
}

static cairn_status show_tables(const struct shown *shown, cairn_error *err)
{
	struct table table;
	print_status(shown);
	cairn_status st = awaited(shown, NULL, err);
	if (st != CAIRN_OK)
		return st;
	print_head(shown);
	memo_table_begin(&table, shown->cli, shown->args->full);
	st = steps(shown, NULL, &table, err);
	end_table(&table);
	if (st != CAIRN_OK)
		return st;
	budget_table_begin(&table, shown->cli);
	st = budgets(shown, NULL, &table, err);
	end_table(&table);
	if (st != CAIRN_OK)
		return st;
	replay_table_begin(&table, shown->cli);
	st = children(shown, NULL, &table, err);
	end_table(&table);
	return st;
}

static int put_field(const struct shown *shown)
{
	bool payload = strcmp(shown->args->field, "payload") == 0;
	if (!payload && strcmp(shown->args->field, "output") != 0)
		return usage_error(shown->cli, "--field: payload or output of a replay run");
	cairn_str text = payload ? shown->run->payload : shown->run->output;
	if (text.len > 0)
		fwrite(text.ptr, 1, text.len, stdout);
	return EXIT_FINE;
}

int replay_show(const struct cli *cli, cairn_conn *conn, cairn_id id,
		const struct replay_show *args)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_runs *run = NULL;
	struct shown shown = { .cli = cli, .conn = conn, .scope = cli_scope(cli), .args = args };
	int code = -1;
	cairn_status st = cairn_replay_get(conn, shown.scope, id, &run, &err);
	if (st == CAIRN_OK) {
		shown.run = &run->at[0];
		if (args->field != NULL)
			code = put_field(&shown);
		else
			st = cli->json ? show_json(&shown, &err) : show_tables(&shown, &err);
	}
	if (st != CAIRN_OK)
		code = failed(cli, &err);
	cairn_free(run);
	return code >= 0 ? code : EXIT_FINE;
}
