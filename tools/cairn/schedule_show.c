/* schedule_show.c - `cairn schedule` list, show, fire and next: what is there, and when. */
#include "schedule.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "table.h"

void schedule_json(const cairn_schedule *row)
{
	struct json json = json_begin(stdout);
	json_text(&json, "name", row->name);
	json_id(&json, "id", row->id);
	json_text(&json, "type", row->type);
	json_text(&json, "tenant", row->tenant);
	json_text(&json, "queue", row->queue);
	json_text(&json, "owner", row->owner);
	json_text(&json, "cron", row->cron);
	json_text(&json, "zone", row->zone);
	json_int(&json, "jitter_us", row->jitter);
	json_z(&json, "misfire", cairn_misfire_text(row->misfire));
	json_int(&json, "catch_up", row->catch_up);
	json_z(&json, "overlap", cairn_overlap_text(row->overlap));
	json_bool(&json, "active", row->inactive == 0);
	json_time(&json, "next_fire_at", row->next_fire_at);
	json_time(&json, "last_fire_at", row->last_fire_at);
	json_id(&json, "last_job", row->last_job);
	json_z(&json, "last_job_status", cairn_job_status_text(row->last_job_status));
	json_text(&json, "last_error", row->last_error);
	json_raw(&json, "payload", row->payload);
	json_time(&json, "created_at", row->created_at);
	json_time(&json, "updated_at", row->updated_at);
	json_end(&json);
}

/* ---- list ------------------------------------------------------------------------- */

static void put_row(struct table *table, const cairn_schedule *row)
{
	char next[WHEN_TEXT];
	char last[WHEN_TEXT];
	const char *status = cairn_job_status_text(row->last_job_status);
	bool bad = row->last_error.len > 0;
	table_text(table, PLAIN, row->name);
	table_text(table, PLAIN, row->type);
	table_cell(table, row->inactive ? YELLOW : GREEN, "%s", row->inactive ? "no" : "yes");
	table_text(table, PLAIN, row->cron);
	table_text(table, PLAIN, row->zone);
	table_cell(table, PLAIN, "%s", when_text(row->next_fire_at, next));
	table_cell(table, PLAIN, "%s", when_text(row->last_fire_at, last));
	if (bad)
		table_text(table, RED, row->last_error);
	else
		table_cell(table, status_color(row->last_job_status), "%s",
			   status != NULL ? status : "-");
}

int schedule_list(const struct cli *cli, const struct schedule_args *args, cairn_conn *conn)
{
	static const char *const heads[] = { "NAME", "TYPE", "ACTIVE", "CRON", "ZONE",
					     "NEXT", "LAST", "RESULT", NULL };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_schedules *rows = NULL;
	cairn_schedule_filter filter = { .size = sizeof filter,
					 .scope = cli_scope(cli),
					 .contains = cairn_str_of(args->contains),
					 .type = cairn_str_of(args->type),
					 .limit = 1000 };
	struct table table;
	char after[256];
	cairn_status st = CAIRN_OK;
	filter.active = (args->active || args->due ? CAIRN_SCHEDULE_ACTIVE : 0u) |
			(args->inactive ? CAIRN_SCHEDULE_INACTIVE : 0u);
	if (args->due)
		st = cairn_now(conn, &filter.due_before, &err);
	table_begin(&table, cli, heads);
	while (st == CAIRN_OK) {
		st = cairn_schedule_list(conn, &filter, &rows, &err);
		for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
			if (cli->json)
				schedule_json(&rows->at[i]);
			else
				put_row(&table, &rows->at[i]);
			snprintf(after, sizeof after, "%s", rows->at[i].name.ptr);
			filter.after = cairn_str_of(after);
		}
		if (st != CAIRN_OK || rows->count < filter.limit)
			break;
	}
	table_end_or(&table, st == CAIRN_OK ? "no schedules" : NULL);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- show -------------------------------------------------------------------------- */

static void line(const struct cli *cli, const char *name, const char *text)
{
	bool on = colored(cli, stdout);
	if (text == NULL || *text == '\0' || strcmp(text, "-") == 0)
		return;
	printf("%s%-9s%s  ", color_on(on, DIM), name, color_off(on));
	put_harmless(stdout, cairn_str_of(text));
	putchar('\n');
}

static void print_policies(const struct cli *cli, const cairn_schedule *row)
{
	char text[128];
	char span[SPAN_TEXT];
	if (row->jitter > 0)
		line(cli, "jitter", span_text(row->jitter, span));
	snprintf(text, sizeof text, "%s", cairn_misfire_text(row->misfire));
	if (row->misfire == CAIRN_MISFIRE_CATCH_UP)
		snprintf(text, sizeof text, "CATCH_UP, at most %" PRId32, row->catch_up);
	line(cli, "misfire", text);
	line(cli, "overlap", cairn_overlap_text(row->overlap));
}

static void print_one(const struct cli *cli, const cairn_schedule *row)
{
	char when[WHEN_TEXT];
	char id[CAIRN_ID_TEXT];
	char text[128];
	const char *status = cairn_job_status_text(row->last_job_status);
	line(cli, "name", row->name.ptr);
	cairn_id_format(row->id, id);
	line(cli, "id", id);
	line(cli, "type", row->type.ptr);
	line(cli, "tenant", row->tenant.ptr);
	line(cli, "queue", row->queue.ptr);
	line(cli, "owner", row->owner.ptr);
	line(cli, "active", row->inactive ? "no" : "yes");
	line(cli, "cron", row->cron.ptr);
	line(cli, "zone", row->zone.ptr);
	print_policies(cli, row);
	line(cli, "next", when_text(row->next_fire_at, when));
	line(cli, "last", when_text(row->last_fire_at, when));
	cairn_id_format(row->last_job, id);
	snprintf(text, sizeof text, "%s (%s)", id, status != NULL ? status : "gone");
	line(cli, "last job", cairn_id_is_none(row->last_job) ? NULL : text);
	line(cli, "error", row->last_error.ptr);
	line(cli, "created", when_text(row->created_at, when));
	line(cli, "updated", when_text(row->updated_at, when));
	line(cli, "payload", row->payload.ptr);
}

int schedule_show(const struct cli *cli, cairn_conn *conn, const char *name)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_schedules *found = NULL;
	cairn_status st =
		cairn_schedule_get(conn, cli_scope(cli), cairn_str_of(name), &found, &err);
	if (st == CAIRN_OK && cli->json)
		schedule_json(&found->at[0]);
	else if (st == CAIRN_OK)
		print_one(cli, &found->at[0]);
	cairn_free(found);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

/* ---- fire -------------------------------------------------------------------------- */

static void fired_json(const cairn_fired *row)
{
	struct json json = json_begin(stdout);
	json_text(&json, "name", row->name);
	json_text(&json, "type", row->type);
	json_text(&json, "tenant", row->tenant);
	json_z(&json, "what", cairn_fired_text(row->what));
	json_time(&json, "scheduled_for", row->scheduled_for);
	json_time(&json, "next_fire_at", row->next_fire_at);
	json_id(&json, "job", row->job);
	if (row->code != CAIRN_E_NONE)
		json_z(&json, "code", cairn_code_text(row->code));
	json_end(&json);
}

static void fired_row(struct table *table, const cairn_fired *row)
{
	char id[CAIRN_ID_TEXT];
	char when[WHEN_TEXT];
	char next[WHEN_TEXT];
	bool bad = row->what == CAIRN_FIRE_FAILED;
	cairn_id_format(row->job, id);
	table_text(table, PLAIN, row->name);
	table_cell(table,
		   bad			      ? RED
		   : row->what == CAIRN_FIRED ? GREEN
					      : YELLOW,
		   "%s", cairn_fired_text(row->what));
	table_cell(table, PLAIN, "%s", when_text(row->scheduled_for, when));
	table_cell(table, PLAIN, "%s", when_text(row->next_fire_at, next));
	table_cell(table, PLAIN, "%s",
		   bad				? cairn_code_text(row->code)
		   : cairn_id_is_none(row->job) ? "-"
						: id);
}

int schedule_fire(const struct cli *cli, const struct schedule_args *args, cairn_conn *conn)
{
	static const char *const heads[] = { "NAME", "WHAT", "SCHEDULED FOR", "NEXT", "JOB", NULL };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_fire_report *report = NULL;
	cairn_fire_opts opts = { .size = sizeof opts,
				 .limit = args->limit > 0 ? args->limit : 1000,
				 .grace = args->grace };
	struct table table;
	size_t bad = 0;
	table_begin(&table, cli, heads);
	cairn_status st = cairn_schedule_fire(conn, &opts, &report, &err);
	for (size_t i = 0; st == CAIRN_OK && i < report->count; i++) {
		bad += report->at[i].what == CAIRN_FIRE_FAILED;
		if (cli->json)
			fired_json(&report->at[i]);
		else
			fired_row(&table, &report->at[i]);
	}
	table_end(&table);
	cairn_free(report);
	if (st != CAIRN_OK)
		return failed(cli, &err);
	return bad > 0 ? EXIT_SOME_FAILED : EXIT_FINE;
}

/* ---- next -------------------------------------------------------------------------- */

int schedule_next(const struct cli *cli, const struct schedule_args *args, const char *cron)
{
	cairn_error err = CAIRN_ERROR_INIT;
	size_t n = args->limit > 0 ? args->limit : 5;
	cairn_time after = args->from != 0 ? args->from : wall_clock();
	cairn_time *times = calloc(n, sizeof *times);
	if (times == NULL)
		return usage_error(cli, "out of memory");
	cairn_status st = cairn_schedule_next(cairn_str_of(cron), cairn_str_of(args->zone), after,
					      times, n, &err);
	for (size_t i = 0; st == CAIRN_OK && i < n && times[i] != 0; i++) {
		char when[CAIRN_TIME_TEXT];
		cairn_time_format(times[i], when);
		if (cli->json) {
			struct json json = json_begin(stdout);
			json_time(&json, "at", times[i]);
			json_end(&json);
		} else {
			printf("%.19sZ\n", when);
		}
	}
	free(times);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}
