/*
 * schedule_fire.c - one pass of a scheduler: reads what is due, decides for each what becomes of
 * it, and has the driver move the cursors and enqueue the jobs in one commit. Only schedules that
 * catch up are due again afterwards: then there is another round.
 */
#include <string.h>

#include "check.h"
#include "core.h"
#include "job_enqueue.h"
#include "limits.h"
#include "schedule_plan.h"

struct pass {
	cairn_conn *conn;
	cairn_rows *report;
	cairn_time now;
	cairn_usec grace;
	uint32_t limit;
	bool again; /* something that was moved is due still */
	struct cairn__clockwork works;
};

/* A round on its way; all arrays have a place for each due schedule. */
struct round {
	cairn_rows due;
	cairn_schedule_step *steps;
	cairn_job_insert *jobs;
	struct cairn__fire_choice *choices;
	cairn_code *codes;
	enum cairn_schedule_fate *fates;
	cairn_text payloads; /* one behind the other */
};

/* ---- deciding ------------------------------------------------------------------- */

static cairn_time later(cairn_time now)
{
	return now > CAIRN__MAX_TIME - CAIRN_SCHEDULE_RETRY ? CAIRN__MAX_TIME
							    : now + CAIRN_SCHEDULE_RETRY;
}

/* What could be read when it was put may be unreadable here and now. */
static cairn_code code_of_failure(const cairn_error *err)
{
	return strcmp(err->code, cairn_code_text(CAIRN_E_SCHEDULE_ZONE)) == 0
		       ? CAIRN_E_SCHEDULE_ZONE
		       : CAIRN_E_SCHEDULE_CRON;
}

static void plan_job(const cairn_schedule *row, cairn_job_insert *job, cairn_text *payloads)
{
	cairn_job_new wanted = { .type = row->type,
				 .queue = row->queue,
				 .tenant = row->tenant,
				 .owner = row->owner,
				 .stage = CAIRN_STR("scheduled") };
	cairn__job_plan(&wanted, job);
	size_t before = payloads->len;
	cairn__schedule_payload(row, payloads);
	/* the text moves while it grows: its place is known at the end */
	job->payload.len = payloads->len - before;
}

static cairn_status decide(struct pass *pass, struct round *round, size_t i, cairn_error *err)
{
	const cairn_schedule *row = cairn_rows_at(&round->due, i);
	cairn_schedule_step *step = &round->steps[i];
	cairn_error why = CAIRN_ERROR_INIT;
	*step = (cairn_schedule_step){ .id = row->id, .cursor = row->next_fire_at };
	cairn_status st = cairn__clockwork_set(&pass->works, row->cron, row->zone, &why);
	if (st == CAIRN_NOMEM)
		return cairn_fail(err, CAIRN_E_NOMEM);
	if (st != CAIRN_OK) {
		round->codes[i] = code_of_failure(&why);
		round->choices[i] =
			(struct cairn__fire_choice){ CAIRN_FIRE_FAILED, later(pass->now) };
		step->error = cairn_str_of(cairn_code_text(round->codes[i]));
	} else {
		round->choices[i] =
			cairn__schedule_choose(row, &pass->works, pass->now, pass->grace);
	}
	step->next = round->choices[i].next;
	if (round->choices[i].what == CAIRN_FIRED) {
		plan_job(row, &round->jobs[i], &round->payloads);
		step->job = &round->jobs[i];
	}
	return CAIRN_OK;
}

static cairn_status decide_all(struct pass *pass, struct round *round, cairn_error *err)
{
	size_t n = round->due.count;
	for (size_t i = 0; i < n; i++) {
		cairn_status st = decide(pass, round, i, err);
		if (st != CAIRN_OK)
			return st;
	}
	if (round->payloads.failed)
		return cairn_fail(err, CAIRN_E_NOMEM);
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		if (round->steps[i].job == NULL)
			continue;
		round->jobs[i].payload.ptr = round->payloads.ptr + at;
		at += round->jobs[i].payload.len;
	}
	return CAIRN_OK;
}

/* ---- telling --------------------------------------------------------------------- */

/* The rows of the report are made before anything is written: then no memory is missing later. */
static cairn_status announce(struct pass *pass, struct round *round, cairn_error *err)
{
	cairn_rows *report = pass->report;
	for (size_t i = 0; i < round->due.count; i++) {
		const cairn_schedule *row = cairn_rows_at(&round->due, i);
		cairn_fired told = { .scheduled_for = row->next_fire_at,
				     .next_fire_at = round->choices[i].next,
				     .what = round->choices[i].what,
				     .code = round->codes[i] };
		told.name = cairn_rows_str(report, row->name.ptr, row->name.len);
		told.type = cairn_rows_str(report, row->type.ptr, row->type.len);
		told.tenant = cairn_rows_str(report, row->tenant.ptr, row->tenant.len);
		if (told.what == CAIRN_FIRED)
			told.job = round->jobs[i].id;
		cairn_fired *fired = cairn_rows_push(report);
		if (fired == NULL || cairn_rows_failed(report))
			return cairn_fail(err, CAIRN_E_NOMEM);
		*fired = told;
	}
	return CAIRN_OK;
}

/* Leaves those that were fired, as it went; the first of them is row `base` of the report. */
static void conclude(struct pass *pass, const struct round *round, size_t base)
{
	size_t kept = base;
	for (size_t i = 0; i < round->due.count; i++) {
		cairn_fired fired;
		memcpy(&fired, cairn_rows_at(pass->report, base + i), sizeof fired);
		if (round->fates[i] == CAIRN_SCHEDULE_LOST)
			continue;
		if (round->fates[i] == CAIRN_SCHEDULE_NO_DEFINITION) {
			fired.what = CAIRN_FIRE_FAILED;
			fired.code = CAIRN_E_JOB_DEFINITION;
			fired.next_fire_at = later(pass->now);
			fired.job = (cairn_id){ { 0 } };
		}
		pass->again = pass->again || fired.next_fire_at <= pass->now;
		memcpy(cairn_rows_at(pass->report, kept++), &fired, sizeof fired);
	}
	cairn_rows_truncate(pass->report, kept);
}

/* ---- rounds ------------------------------------------------------------------------ */

static cairn_status round_begin(struct pass *pass, struct round *round, cairn_error *err)
{
	cairn_conn *conn = pass->conn;
	size_t n = round->due.count;
	round->payloads.alloc = conn->host.alloc;
	round->payloads.alloc_user = conn->host.alloc_user;
	round->steps = cairn__scratch(conn, n, sizeof *round->steps, err);
	if (round->steps != NULL)
		round->jobs = cairn__scratch(conn, n, sizeof *round->jobs, err);
	if (round->jobs != NULL)
		round->choices = cairn__scratch(conn, n, sizeof *round->choices, err);
	if (round->choices != NULL)
		round->codes = cairn__scratch(conn, n, sizeof *round->codes, err);
	if (round->codes != NULL)
		round->fates = cairn__scratch(conn, n, sizeof *round->fates, err);
	return round->fates != NULL ? CAIRN_OK : CAIRN_NOMEM;
}

static void round_end(struct pass *pass, struct round *round)
{
	cairn_conn *conn = pass->conn;
	size_t n = round->due.count;
	cairn__scratch_free(conn, round->fates, n, sizeof *round->fates);
	cairn__scratch_free(conn, round->codes, n, sizeof *round->codes);
	cairn__scratch_free(conn, round->choices, n, sizeof *round->choices);
	cairn__scratch_free(conn, round->jobs, n, sizeof *round->jobs);
	cairn__scratch_free(conn, round->steps, n, sizeof *round->steps);
	cairn_text_clear(&round->payloads);
}

static cairn_status fire_due(struct pass *pass, struct round *round, cairn_error *err)
{
	cairn_conn *conn = pass->conn;
	size_t base = pass->report->count;
	cairn_status st = round_begin(pass, round, err);
	if (st == CAIRN_OK)
		st = decide_all(pass, round, err);
	if (st == CAIRN_OK)
		st = announce(pass, round, err);
	if (st == CAIRN_OK) {
		cairn_schedule_fire_plan plan = {
			.steps = round->steps,
			.n = round->due.count,
			.record = conn->host.events == CAIRN_EVENTS_FULL,
			.retry_at = later(pass->now),
			.retry_error = cairn_str_of(cairn_code_text(CAIRN_E_JOB_DEFINITION)),
		};
		st = conn->schedules.fire(conn->self, &plan, round->fates, err);
	}
	if (st == CAIRN_OK)
		conclude(pass, round, base);
	round_end(pass, round);
	return st;
}

/* The whole pass has the time of its first reading. */
static cairn_status fire_round(struct pass *pass, cairn_error *err)
{
	cairn_conn *conn = pass->conn;
	struct round round = { .steps = NULL };
	void *none = NULL;
	cairn_time now = 0;
	cairn_schedule_query query = { .scope = cairn_any(),
				       .active = CAIRN_SCHEDULE_ACTIVE,
				       .due = 1,
				       .limit = pass->limit - (uint32_t)pass->report->count };
	cairn__rows_begin(&round.due, conn, &none, sizeof(cairn_schedule));
	cairn_status st = conn->schedules.list(conn->self, &query, &now, &round.due, err);
	st = cairn__rows_whole(&round.due, st, err);
	if (pass->now == 0)
		pass->now = now;
	conn->host.pinned = pass->now;
	pass->again = false;
	if (st == CAIRN_OK && round.due.count > 0)
		st = fire_due(pass, &round, err);
	cairn__rows_drop(&round.due);
	return st;
}

static cairn_status fire(cairn_conn *conn, const cairn_fire_opts *opts, cairn_rows *report,
			 cairn_error *err)
{
	struct pass pass = { .conn = conn, .report = report, .grace = CAIRN_SCHEDULE_GRACE };
	cairn_status st = cairn__check_page(opts != NULL ? opts->limit : 0, &pass.limit, err);
	if (st != CAIRN_OK)
		return st;
	if (opts != NULL && opts->grace > 0)
		pass.grace = opts->grace;
	pass.works.zone.file.alloc = conn->host.alloc;
	pass.works.zone.file.alloc_user = conn->host.alloc_user;
	size_t fired = 0;
	do {
		fired = report->count;
		st = fire_round(&pass, err);
	} while (st == CAIRN_OK && pass.again && report->count < pass.limit && !report->failed);
	conn->host.pinned = 0;
	cairn__clockwork_clear(&pass.works);
	/* former rounds are written: "certainly not written" would be a lie */
	if (st != CAIRN_OK && st != CAIRN_TX_ABORTED && fired > 0)
		st = cairn_fail(err, CAIRN_E_DB_UNCERTAIN);
	return st;
}

static cairn_status checked_fire(cairn_conn *conn, const cairn_fire_opts *opts,
				 cairn_fire_report **report, cairn_error *err)
{
	if (report == NULL || (opts != NULL && opts->size < sizeof *opts))
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (opts != NULL && opts->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (opts != NULL && opts->grace < 0) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "The grace must not be negative.");
		return CAIRN_INVALID;
	}
	cairn_rows rows;
	void *memory = *report;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_fired));
	cairn_status st = fire(conn, opts, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*report = memory;
	return st;
}

cairn_status cairn_schedule_fire(cairn_conn *conn, const cairn_fire_opts *opts,
				 cairn_fire_report **report, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__SCHEDULES, "schedule.fire", err);
	if (st == CAIRN_OK)
		st = checked_fire(conn, opts, report, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*report)->count : 0);
}
