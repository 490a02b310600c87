/* run_gate.c - ending gates, canceling runs, and which gates stand open for too long. */
#include <string.h>

#include "lite.h"

/* ---- gates -------------------------------------------------------------------- */

static bool open_gate(const struct lite_step *step, const cairn_step_end *item, cairn_time now)
{
	if (step->status != CAIRN_STEP_WAITING_FOR_EXTERNAL)
		return false;
	return !item->overdue || (step->deadline_at != 0 && step->deadline_at <= now);
}

/* Of a miss, the row; its status is as it is shown. */
static cairn_status show(struct lite_write *write, const struct lite_step *step,
			 cairn_step_ended *each, cairn_rows *rows, cairn_error *err)
{
	size_t at = cairn_rows_count(rows);
	cairn_status status =
		cairn_lite__step_push(write->lite, &step->id, UINT32_MAX, false, rows, err);
	if (status != CAIRN_OK || cairn_rows_count(rows) == at)
		return status;
	each->found = (uint32_t)at + 1;
	each->step_status = ((const cairn_step *)cairn_rows_at(rows, at))->status;
	return CAIRN_OK;
}

/* Notes what will end, and shows what will not. */
static cairn_status end_one(struct lite_write *write, const cairn_step_end *item,
			    cairn_step_ended *each, cairn_rows *rows, cairn_error *err)
{
	struct lite_step step = { .status = 0 };
	memset(each, 0, sizeof *each);
	cairn_status status = cairn_lite__run_found(write->lite, &item->scope, &item->run,
						    &each->run_status, err);
	if (status == CAIRN_OK && each->run_status != 0)
		status = cairn_lite__step_by_key(write->lite, &item->run, item->key, &step, err);
	if (status != CAIRN_OK || step.status == 0)
		return status;
	each->step = step.id;
	if (!open_gate(&step, item, write->now))
		return show(write, &step, each, rows, err);
	each->hit = CAIRN_HIT;
	each->step_status = item->to;
	const struct lite_ending ending = {
		.run = item->run, .step = step.id, .to = item->to, .gate = item
	};
	return cairn_lite__run_note(write, &ending, err);
}

static cairn_status end_all(struct lite_write *write, const cairn_step_end_plan *plan,
			    cairn_step_ended *each, cairn_rows *rows, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = end_one(write, &plan->items[i], &each[i], rows, err);
	if (status == CAIRN_OK)
		status = cairn_lite__run_settle(write, err);
	if (status == CAIRN_OK)
		status = cairn_lite__wake_noted(write, err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (each[i].run_status != 0)
			status = cairn_lite__run_found(write->lite, &plan->items[i].scope,
						       &plan->items[i].run, &each[i].run_status,
						       err);
	}
	if (status == CAIRN_OK && cairn_rows_failed(rows))
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return status;
}

cairn_status cairn_lite__run_end(void *self, const cairn_step_end_plan *plan,
				 cairn_step_ended *each, cairn_rows *rows, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = end_all(&write, plan, each, rows, err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- cancel --------------------------------------------------------------------- */

static cairn_status cancel_one(struct lite_write *write, const cairn_run_cancel_plan *plan,
			       const cairn_id *id, cairn_run_canceled *each, cairn_error *err)
{
	memset(each, 0, sizeof *each);
	cairn_status status =
		cairn_lite__run_found(write->lite, &plan->scope, id, &each->status, err);
	if (status != CAIRN_OK || each->status == 0 || cairn_lite__run_over(each->status))
		return status;
	each->status = CAIRN_RUN_CANCELED;
	return cairn_lite__run_stop(write, id, &plan->sweep, &each->steps, err);
}

cairn_status cairn_lite__run_cancel(void *self, const cairn_run_cancel_plan *plan,
				    cairn_run_canceled *each, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = cancel_one(&write, plan, &plan->runs[i], &each[i], err);
	if (status == CAIRN_OK)
		status = cairn_lite__wake_noted(&write, err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- deadlines ---------------------------------------------------------------------- */

static void read_gate(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_step *step = into;
	step->id = cairn_lite__id(run);
	step->run = cairn_lite__id(run);
	step->key = cairn_lite__text(run, rows);
}

cairn_status cairn_lite__run_overdue(void *self, uint32_t limit, cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	cairn_time now = cairn_lite__time(lite);
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_STEPS_OVERDUE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, now);
	cairn_lite__bind_int(&run, limit);
	return cairn_lite__read_rows(&run, rows, read_gate, err);
}
