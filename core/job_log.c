/* job_log.c - what handlers and people say about a job: lines in, lines out. */
#include <cairn/sys/json.h>

#include "check.h"
#include "job_change.h"
#include "job_plan.h"
#include "job_turn.h"
#include "limits.h"

/* ---- checks ---- */

static int is_blank(cairn_str text)
{
	const unsigned char *at = (const unsigned char *)text.ptr;
	const unsigned char *end = at + text.len;
	while (at < end) {
		uint32_t code;
		size_t length = cairn__utf8_next(at, end, &code);
		if (length == 0 || !cairn__is_space(code))
			return 0;
		at += length;
	}
	return 1;
}

static cairn_status check_content(const cairn_conn *conn, enum cairn_log_level level,
				  cairn_str message, cairn_str data, cairn_error *err)
{
	if (level < CAIRN_LOG_DEBUG || level > CAIRN_LOG_ERROR) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "A log line must say its level.");
		return CAIRN_INVALID;
	}
	cairn_status st = cairn__check_text(message, CAIRN__MAX_LOG_MESSAGE, "message", err);
	if (st == CAIRN_OK && is_blank(message)) {
		cairn_fail(err, CAIRN_E_ARG_TEXT);
		cairn_error_message(err, "A log line must not be blank.");
		st = CAIRN_INVALID;
	}
	if (st == CAIRN_OK && data.len > 0)
		st = cairn_json_check(data, conn->host.settings.max_json, err);
	return st;
}

static cairn_status check_line(const cairn_conn *conn, const cairn_log_line *line, cairn_error *err)
{
	cairn_status st = cairn__check_lease(&line->lease, err);
	if (st != CAIRN_OK)
		return st;
	if (line->reserved0_ != 0 || (line->reserved_[0] | line->reserved_[1]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	return check_content(conn, line->level, line->message, line->data, err);
}

/* ---- from inside ---- */

void cairn__plan_line(const cairn_log_line *line, cairn_log_item *item)
{
	*item = (cairn_log_item){
		.id = line->lease.id,
		.fence = line->lease.fence,
		.guard = CAIRN_GUARD_FENCE | CAIRN_GUARD_LIVE,
		.level = line->level,
		.message = line->message,
		.data = line->data,
	};
}

/* A refused line is explained as a refused heartbeat is. */
cairn_status cairn__judge_lines(cairn_conn *conn, const cairn_log_line *lines, size_t n,
				const enum cairn_hit *hits, cairn_changed *each, cairn_error *err)
{
	size_t missed = 0;
	for (size_t i = 0; i < n; i++) {
		each[i] = (cairn_changed){ .job_status = CAIRN_JOB_LEASED };
		missed += hits[i] != CAIRN_HIT;
	}
	if (missed == 0)
		return CAIRN_OK;
	struct cairn__batch batch;
	cairn_status st = cairn__batch_begin(&batch, conn, n, CAIRN__BY_LEASE, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		cairn__plan_leased(&lines[i].lease, &batch.changes[i]);
		batch.results[i].hit = hits[i];
	}
	if (st == CAIRN_OK)
		st = cairn__explain(&batch, each, err);
	cairn__batch_end(&batch);
	/* what did hit is written already */
	if (st != CAIRN_OK && missed < n)
		st = cairn_fail(err, CAIRN_E_DB_UNCERTAIN);
	return st;
}

static cairn_status append(cairn_conn *conn, const cairn_log_line *lines, size_t n,
			   cairn_changed *each, cairn_error *err)
{
	cairn_log_item *items = cairn__scratch(conn, n, sizeof *items, err);
	enum cairn_hit *hits = NULL;
	cairn_changed *own = NULL;
	if (items != NULL)
		hits = cairn__scratch(conn, n, sizeof *hits, err);
	if (hits != NULL && each == NULL)
		own = cairn__scratch(conn, n, sizeof *own, err);
	cairn_changed *answers = each != NULL ? each : own;
	cairn_status st = hits != NULL && answers != NULL ? CAIRN_OK : CAIRN_NOMEM;
	for (size_t i = 0; i < n && st == CAIRN_OK; i++)
		cairn__plan_line(&lines[i], &items[i]);
	if (st == CAIRN_OK)
		st = conn->jobs.log(conn->self, items, n, hits, err);
	if (st == CAIRN_OK)
		st = cairn__judge_lines(conn, lines, n, hits, answers, err);
	if (st == CAIRN_OK && own != NULL)
		st = cairn__first_failure(own, n, err);
	cairn__scratch_free(conn, own, n, sizeof *own);
	cairn__scratch_free(conn, hits, n, sizeof *hits);
	cairn__scratch_free(conn, items, n, sizeof *items);
	return st;
}

cairn_status cairn__check_lines(cairn_conn *conn, const cairn_log_line *lines, size_t n,
				cairn_error *err)
{
	cairn_status st = cairn__need(conn, conn->jobs.log != NULL, "log", err);
	if (st == CAIRN_OK)
		st = cairn__check_batch(lines, n, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = check_line(conn, &lines[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	return st;
}

static cairn_status write_log(cairn_conn *conn, const cairn_log_line *lines, size_t n,
			      cairn_changed *each, cairn_error *err)
{
	cairn_status st = cairn__check_lines(conn, lines, n, err);
	return st == CAIRN_OK && n > 0 ? append(conn, lines, n, each, err) : st;
}

cairn_status cairn_job_log(cairn_conn *conn, const cairn_log_line *lines, size_t n,
			   cairn_changed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.log", err);
	if (st == CAIRN_OK)
		st = write_log(conn, lines, n, each, err);
	return cairn__call_end(&call, st, n);
}

/* ---- from outside ---- */

static cairn_status note(cairn_conn *conn, const cairn_log_item *item, cairn_error *err)
{
	enum cairn_hit hit = CAIRN_MISS;
	cairn_status st = cairn__need(conn, conn->jobs.log != NULL, "log", err);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&item->scope, err);
	if (st == CAIRN_OK)
		st = check_content(conn, item->level, item->message, item->data, err);
	if (st == CAIRN_OK)
		st = conn->jobs.log(conn->self, item, 1, &hit, err);
	if (st == CAIRN_OK && hit != CAIRN_HIT)
		st = cairn_fail(err, CAIRN_E_JOB_NOT_FOUND);
	return st;
}

cairn_status cairn_job_note(cairn_conn *conn, cairn_scope scope, cairn_id job,
			    enum cairn_log_level level, cairn_str message, cairn_str data,
			    cairn_error *err)
{
	struct cairn__call call;
	cairn_log_item item = {
		.id = job,
		.guard = CAIRN_GUARD_SCOPE,
		.level = level,
		.scope = scope,
		.message = message,
		.data = data,
	};
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.note", err);
	if (st == CAIRN_OK)
		st = note(conn, &item, err);
	return cairn__call_end(&call, st, 1);
}

/* ---- reading ---- */

static cairn_status logs(cairn_conn *conn, const cairn_history_query *query, cairn_log_rows **lines,
			 cairn_error *err)
{
	cairn_rows rows;
	void *memory = *lines;
	int found = 0;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_log_row));
	cairn_status st = conn->jobs.logs(conn->self, query, &found, &rows, err);
	if (st == CAIRN_OK && !found)
		st = cairn_fail(err, CAIRN_E_JOB_NOT_FOUND);
	st = cairn__rows_end(&rows, &memory, st, err);
	*lines = memory;
	return st;
}

cairn_status cairn_job_logs(cairn_conn *conn, cairn_scope scope, cairn_id job, int64_t after,
			    uint32_t limit, cairn_log_rows **lines, cairn_error *err)
{
	struct cairn__call call;
	cairn_history_query query = { .scope = scope, .job = job, .after = after };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.logs", err);
	if (st == CAIRN_OK)
		st = cairn__need(conn, conn->jobs.logs != NULL, "logs", err);
	if (st == CAIRN_OK && lines == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(limit, &query.limit, err);
	if (st == CAIRN_OK)
		st = logs(conn, &query, lines, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*lines)->count : 0);
}
