/* schedule_read.c - schedules as they stand, their words, and the preview of an expression. */
#include <stdio.h>

#include "check.h"
#include "core.h"
#include "limits.h"
#include "schedule_plan.h"
#include "words.h"

#define BOTH (CAIRN_SCHEDULE_ACTIVE | CAIRN_SCHEDULE_INACTIVE)

/* ---- words ------------------------------------------------------------------ */

static const char *const misfires[] = { NULL, "COALESCE", "SKIP", "CATCH_UP" };
static const char *const overlaps[] = { NULL, "ALLOW", "SKIP" };
static const char *const fates[] = { NULL, "FIRED", "MISSED", "OVERLAPS", "FAILED" };

const char *cairn_misfire_text(enum cairn_misfire misfire)
{
	return CAIRN__WORD(misfires, misfire);
}

enum cairn_misfire cairn_misfire_parse(cairn_str text)
{
	return (enum cairn_misfire)CAIRN__WORD_PARSE(misfires, text);
}

const char *cairn_overlap_text(enum cairn_overlap overlap)
{
	return CAIRN__WORD(overlaps, overlap);
}

enum cairn_overlap cairn_overlap_parse(cairn_str text)
{
	return (enum cairn_overlap)CAIRN__WORD_PARSE(overlaps, text);
}

const char *cairn_fired_text(enum cairn_fired_what what)
{
	return CAIRN__WORD(fates, what);
}

/* ---- rows -------------------------------------------------------------------- */

static cairn_status read_rows(cairn_conn *conn, const cairn_schedule_query *query, int one,
			      cairn_schedules **result, cairn_error *err)
{
	cairn_rows rows;
	void *memory = *result;
	cairn_time now;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_schedule));
	cairn_status st = conn->schedules.list(conn->self, query, &now, &rows, err);
	if (st == CAIRN_OK && one && rows.count == 0 && !rows.failed)
		st = cairn_fail(err, CAIRN_E_SCHEDULE_MISSING);
	st = cairn__rows_end(&rows, &memory, st, err);
	*result = memory;
	return st;
}

static cairn_status get(cairn_conn *conn, cairn_scope scope, cairn_str name,
			cairn_schedules **schedule, cairn_error *err)
{
	cairn_schedule_query query = {
		.scope = scope, .names = &name, .name_count = 1, .active = BOTH, .limit = 1
	};
	cairn_status st = cairn__check_scope(&scope, err);
	if (st == CAIRN_OK)
		st = cairn__schedule_name(name, err);
	return st == CAIRN_OK ? read_rows(conn, &query, 1, schedule, err) : st;
}

cairn_status cairn_schedule_get(cairn_conn *conn, cairn_scope scope, cairn_str name,
				cairn_schedules **schedule, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__SCHEDULES, "schedule.get", err);
	if (st == CAIRN_OK && schedule == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = get(conn, scope, name, schedule, err);
	return cairn__call_end(&call, st, 1);
}

static cairn_status list(cairn_conn *conn, const cairn_schedule_filter *filter,
			 cairn_schedules **schedules, cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if ((filter->active & ~BOTH) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_schedule_query query = { .scope = filter->scope,
				       .contains = filter->contains,
				       .type = filter->type,
				       .after = filter->after,
				       .due_before = filter->due_before,
				       .active = filter->active != 0 ? filter->active : BOTH };
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query.limit, err);
	if (st == CAIRN_OK)
		st = cairn__check_text(filter->contains, CAIRN__MAX_NAME, "contains", err);
	if (st == CAIRN_OK)
		st = cairn__check_text(filter->after, CAIRN__MAX_NAME, "after", err);
	if (st == CAIRN_OK && filter->type.len > 0)
		st = cairn__check_name(filter->type, "type", err);
	if (st == CAIRN_OK)
		st = cairn__check_time(filter->due_before, "due_before", err);
	return st == CAIRN_OK ? read_rows(conn, &query, 0, schedules, err) : st;
}

cairn_status cairn_schedule_list(cairn_conn *conn, const cairn_schedule_filter *filter,
				 cairn_schedules **schedules, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__SCHEDULES, "schedule.list", err);
	if (st == CAIRN_OK && schedules == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = list(conn, filter, schedules, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*schedules)->count : 0);
}

/* ---- the preview ---------------------------------------------------------------- */

static cairn_status next(cairn_str cron, cairn_str zone, cairn_time after, cairn_time *times,
			 size_t n, cairn_error *err)
{
	struct cairn__clockwork works = { .open = false };
	if (times == NULL && n > 0)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (after < CAIRN__MIN_TIME || after > CAIRN__MAX_TIME)
		return cairn_fail(err, CAIRN_E_ARG_TIME);
	cairn_status st =
		cairn__clockwork_set(&works, cron, zone.len > 0 ? zone : CAIRN_STR("UTC"), err);
	bool over = false;
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		times[i] = over ? 0 : cairn__clockwork_next(&works, after);
		over = times[i] == 0;
		after = times[i];
	}
	cairn__clockwork_clear(&works);
	return st;
}

cairn_status cairn_schedule_next(cairn_str cron, cairn_str zone, cairn_time after,
				 cairn_time *times, size_t n, cairn_error *err)
{
	cairn_status st = next(cron, zone, after, times, n, err);
	if (st != CAIRN_OK && err != NULL)
		snprintf(err->op, sizeof err->op, "schedule.next");
	return st;
}
