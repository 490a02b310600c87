/*
 * run_end.c - gates: said by somebody outside, or by their deadline. The driver ends what stands open; why
 * another one did not is found out from its row.
 */
#include <stdlib.h>
#include <string.h>

#include <cairn/sys/json.h>

#include "check.h"
#include "content.h"
#include "core.h"
#include "limits.h"

/* ---- checks ------------------------------------------------------------------ */

static cairn_code judge_item(const cairn_completion *item)
{
	if (item->to < CAIRN_STEP_SUCCEEDED || item->to > CAIRN_STEP_CANCELED)
		return CAIRN_E_GATE_STATUS;
	if (item->output.len > 0 && item->to != CAIRN_STEP_SUCCEEDED)
		return CAIRN_E_GATE_OUTPUT;
	if ((item->reserved0_ | item->reserved_[0] | item->reserved_[1]) != 0)
		return CAIRN_E_ARG_RESERVED;
	return CAIRN_E_NONE;
}

static cairn_status check_item(const cairn_conn *conn, const cairn_completion *item,
			       cairn_error *err)
{
	cairn_code code = judge_item(item);
	if (code != CAIRN_E_NONE)
		return cairn_fail(err, code);
	cairn_status st = cairn__check_scope(&item->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_name(item->step, "step", err);
	if (st == CAIRN_OK && item->reason.len > 0)
		st = cairn__check_name(item->reason, "reason", err);
	if (st == CAIRN_OK && item->error_code.len > 0)
		st = cairn__check_name(item->error_code, "error_code", err);
	if (st == CAIRN_OK)
		st = cairn__check_text(item->error_message, CAIRN__MAX_ERROR_MESSAGE,
				       "error_message", err);
	if (st == CAIRN_OK && item->output.len > 0)
		st = cairn_json_check(item->output, conn->host.settings.max_json, err);
	return st;
}

static int by_gate(const void *a, const void *b)
{
	const cairn_completion *const *x = a;
	const cairn_completion *const *y = b;
	int order = cairn_id_compare((*x)->run, (*y)->run);
	return order != 0 ? order : cairn_str_compare((*x)->step, (*y)->step);
}

/* A batch has no order: a gate that stands twice in it would have two ends. */
static cairn_status check_twins(cairn_conn *conn, const cairn_completion *items, size_t n,
				cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	const cairn_completion **order = cairn__scratch(conn, n, sizeof *order, err);
	if (order == NULL)
		return CAIRN_NOMEM;
	for (size_t i = 0; i < n; i++)
		order[i] = &items[i];
	qsort(order, n, sizeof *order, by_gate);
	for (size_t i = 1; i < n && st == CAIRN_OK; i++) {
		if (by_gate(&order[i - 1], &order[i]) == 0)
			st = cairn__fail_item(err, CAIRN_E_ARG_INVALID, (size_t)(order[i] - items));
	}
	cairn__scratch_free(conn, order, n, sizeof *order);
	return st;
}

static cairn_status check(cairn_conn *conn, const cairn_completion *items, size_t n,
			  cairn_error *err)
{
	cairn_status st = cairn__check_batch(items, n, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = check_item(conn, &items[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	return st == CAIRN_OK && n > 1 ? check_twins(conn, items, n, err) : st;
}

/* ---- answers ------------------------------------------------------------------- */

static int same_words(const cairn_completion *item, const cairn_step *step)
{
	return item->to == step->status && cairn_str_equal(item->reason, step->status_reason) &&
	       cairn_str_equal(item->error_code, step->error_code) &&
	       cairn_str_equal(item->error_message, step->error_message);
}

/* A gate that has ended: the same again is no failure. */
static cairn_status compare(cairn_conn *conn, const cairn_completion *item, const cairn_step *step,
			    cairn_code *code, cairn_error *err)
{
	bool equal = true;
	*code = CAIRN_E_GATE_CONFLICT;
	if (!same_words(item, step))
		return CAIRN_OK;
	cairn_blob given = { item->output.ptr, item->output.len };
	cairn_blob stored = { step->output.ptr, step->output.len };
	cairn_status st = CAIRN_OK;
	if (given.len > 0 && stored.len > 0)
		st = cairn__content_equal(conn, given, stored, CAIRN_FORMAT_JSON, &equal, err);
	else
		equal = given.len == stored.len;
	*code = equal ? CAIRN_E_NONE : CAIRN_E_GATE_OUTPUT_CONFLICT;
	return st;
}

static cairn_status explain(cairn_conn *conn, const cairn_completion *item, const cairn_step *step,
			    cairn_completed *each, cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	each->code = CAIRN_E_GATE_NOT_FOUND;
	if (step != NULL && step->kind != CAIRN_STEP_EXTERNAL)
		each->code = CAIRN_E_GATE_NOT_EXTERNAL;
	else if (step != NULL && step->status < CAIRN_STEP_SUCCEEDED)
		each->code = CAIRN_E_GATE_NOT_WAITING;
	else if (step != NULL)
		st = compare(conn, item, step, &each->code, err);
	if (each->code != CAIRN_E_NONE)
		each->status = cairn_code_status(each->code);
	else
		each->repeated = 1;
	return st;
}

static cairn_status deliver(cairn_conn *conn, const cairn_completion *items, size_t n,
			    const cairn_step_ended *results, cairn_rows *rows,
			    cairn_completed *each, cairn_error *err)
{
	for (size_t i = 0; i < n; i++) {
		const cairn_step_ended *result = &results[i];
		const cairn_step *step =
			result->found > 0 ? cairn_rows_at(rows, result->found - 1) : NULL;
		cairn_completed one = { .step_status = result->step_status,
					.run_status = result->run_status,
					.step = result->step };
		cairn_status st = CAIRN_OK;
		if (result->hit != CAIRN_HIT)
			st = explain(conn, &items[i], step, &one, err);
		if (st != CAIRN_OK)
			return st;
		if (each != NULL)
			each[i] = one;
		else if (one.status != CAIRN_OK)
			return cairn__fail_item(err, one.code, i);
	}
	return CAIRN_OK;
}

/* ---- complete -------------------------------------------------------------------- */

static void plan(const cairn_completion *items, size_t n, cairn_step_end *ends)
{
	for (size_t i = 0; i < n; i++) {
		ends[i] = (cairn_step_end){
			.scope = items[i].scope,
			.run = items[i].run,
			.key = items[i].step,
			.to = items[i].to,
			.output = items[i].output,
			.reason = items[i].reason,
			.error_code = items[i].error_code,
			.error_message = items[i].error_message,
		};
	}
}

static cairn_status complete(cairn_conn *conn, const cairn_completion *items, size_t n,
			     cairn_completed *each, cairn_error *err)
{
	cairn_status st = check(conn, items, n, err);
	if (st != CAIRN_OK || n == 0)
		return st;
	cairn_rows rows;
	void *none = NULL;
	cairn_step_end *ends = cairn__scratch(conn, n, sizeof *ends, err);
	cairn_step_ended *results = NULL;
	if (ends != NULL)
		results = cairn__scratch(conn, n, sizeof *results, err);
	if (results == NULL) {
		cairn__scratch_free(conn, ends, n, sizeof *ends);
		return CAIRN_NOMEM;
	}
	plan(items, n, ends);
	cairn_step_end_plan batch = { .items = ends, .n = n };
	cairn__rows_begin(&rows, conn, &none, sizeof(cairn_step));
	st = conn->workflows.end(conn->self, &batch, results, &rows, err);
	st = cairn__rows_whole(&rows, st, err);
	if (st == CAIRN_OK)
		st = deliver(conn, items, n, results, &rows, each, err);
	cairn__rows_drop(&rows);
	cairn__scratch_free(conn, results, n, sizeof *results);
	cairn__scratch_free(conn, ends, n, sizeof *ends);
	return st;
}

cairn_status cairn_step_complete(cairn_conn *conn, const cairn_completion *items, size_t n,
				 cairn_completed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__WORKFLOWS, "step.complete", err);
	if (st == CAIRN_OK)
		st = complete(conn, items, n, each, err);
	return cairn__call_end(&call, st, n);
}

/* ---- reap -------------------------------------------------------------------------- */

static cairn_status end_overdue(cairn_conn *conn, cairn_rows *overdue, size_t *ended,
				cairn_error *err)
{
	cairn_rows rows;
	void *none = NULL;
	size_t n = overdue->count;
	cairn_step_end *ends = cairn__scratch(conn, n, sizeof *ends, err);
	cairn_step_ended *results = NULL;
	if (ends != NULL)
		results = cairn__scratch(conn, n, sizeof *results, err);
	for (size_t i = 0; i < n && results != NULL; i++) {
		const cairn_step *step = cairn_rows_at(overdue, i);
		ends[i] = (cairn_step_end){
			.scope = cairn_any(),
			.run = step->run,
			.key = step->key,
			.to = CAIRN_STEP_FAILED,
			.overdue = 1,
			.reason = cairn_str_of(cairn_code_text(CAIRN_E_GATE_DEADLINE)),
			.error_code = cairn_str_of(cairn_code_text(CAIRN_E_GATE_DEADLINE)),
			.error_message = cairn_str_of(cairn_code_message(CAIRN_E_GATE_DEADLINE)),
		};
	}
	cairn_step_end_plan batch = { .items = ends, .n = n, .skip_locked = 1 };
	cairn_status st = CAIRN_NOMEM;
	if (results != NULL) {
		cairn__rows_begin(&rows, conn, &none, sizeof(cairn_step));
		st = conn->workflows.end(conn->self, &batch, results, &rows, err);
		st = cairn__rows_whole(&rows, st, err);
		cairn__rows_drop(&rows);
	}
	for (size_t i = 0; i < n && st == CAIRN_OK; i++)
		*ended += results[i].hit == CAIRN_HIT;
	cairn__scratch_free(conn, results, n, sizeof *results);
	cairn__scratch_free(conn, ends, n, sizeof *ends);
	return st;
}

static cairn_status reap(cairn_conn *conn, uint32_t limit, size_t *ended, cairn_error *err)
{
	cairn_rows overdue;
	void *none = NULL;
	uint32_t page;
	cairn_status st = cairn__check_page(limit, &page, err);
	if (st != CAIRN_OK)
		return st;
	cairn__rows_begin(&overdue, conn, &none, sizeof(cairn_step));
	st = conn->workflows.overdue(conn->self, page, &overdue, err);
	st = cairn__rows_whole(&overdue, st, err);
	if (st == CAIRN_OK && overdue.count > 0)
		st = end_overdue(conn, &overdue, ended, err);
	cairn__rows_drop(&overdue);
	return st;
}

cairn_status cairn_run_reap(cairn_conn *conn, uint32_t limit, size_t *ended, cairn_error *err)
{
	struct cairn__call call;
	size_t count = 0;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__WORKFLOWS, "run.reap", err);
	if (st == CAIRN_OK)
		st = reap(conn, limit, &count, err);
	if (st == CAIRN_OK && ended != NULL)
		*ended = count;
	return cairn__call_end(&call, st, count);
}
