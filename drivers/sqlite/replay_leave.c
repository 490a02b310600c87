/* replay_leave.c - how a step of a replay run ended: the memo, what it is charged, its event, or nothing of it. */
#include "lite.h"

/* The memo as a row of the answer: it stays one where the step is not held. */
static cairn_status find_left(struct lite *lite, const cairn_leave_plan *plan, int64_t *row,
			      cairn_memo **memo, cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	bool found = false;
	*row = 0;
	cairn_status status = cairn_lite__start(&run, lite, LITE_MEMO_AT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &plan->run);
	cairn_lite__bind_int(&run, plan->seq);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	*memo = cairn_rows_push(rows);
	if (*memo != NULL) {
		*row = cairn_lite__int(&run);
		cairn_lite__memo(&run, rows, *memo);
	}
	cairn_lite__stop(&run);
	return *memo != NULL && !cairn_rows_failed(rows) ? CAIRN_OK
							 : cairn_fail(err, CAIRN_E_NOMEM);
}

static void leave_memo(const cairn_leave_plan *plan, cairn_memo *memo, cairn_time now)
{
	memo->status = plan->to;
	memo->result = plan->result;
	memo->error_code = plan->error_code;
	memo->error_message = plan->error_message;
	if (plan->to == CAIRN_MEMO_WAITING) {
		memo->wake_at = now + plan->wait;
		if (plan->not_before > memo->wake_at)
			memo->wake_at = plan->not_before;
	} else {
		memo->ended_at = now;
	}
	if (plan->to != CAIRN_MEMO_COMPLETED)
		memo->failures++;
}

static cairn_status put_left(struct lite *lite, int64_t row, const cairn_memo *memo,
			     cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_MEMO_LEAVE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, row);
	cairn_lite__bind_word(&run, cairn_memo_status_text(memo->status));
	cairn_lite__bind_int(&run, memo->failures);
	cairn_lite__bind_time(&run, memo->wake_at);
	cairn_lite__bind_time(&run, memo->ended_at);
	cairn_lite__bind_text(&run, memo->error_code);
	cairn_lite__bind_text(&run, memo->error_message);
	cairn_lite__bind_text(&run, memo->result);
	return cairn_lite__finish(&run, err);
}

static cairn_status charge(struct lite_write *write, const cairn_leave_plan *plan, cairn_left *left,
			   bool *refused, cairn_error *err)
{
	cairn_budget_plan budget = { .scope = { .kind = CAIRN_SCOPE_ANY },
				     .verb = CAIRN_BUDGET_CHARGE,
				     .all = 1,
				     .items = plan->charges,
				     .n = plan->charge_count };
	*refused = false;
	if (plan->charge_count == 0)
		return CAIRN_OK;
	return cairn_lite__budget_items(write, &budget, left->charged, refused, err);
}

/* The step is held: what it leaves, and what is told of it. */
static cairn_status leave_held(struct lite_write *write, const cairn_leave_plan *plan,
			       const struct lite_held *held, int64_t row, cairn_memo *memo,
			       cairn_error *err)
{
	enum cairn_event_kind kind = plan->to == CAIRN_MEMO_COMPLETED ? CAIRN_EVENT_STEP_COMPLETED
								      : CAIRN_EVENT_STEP_FAILED;
	leave_memo(plan, memo, write->now);
	cairn_status status = put_left(write->lite, row, memo, err);
	if (status != CAIRN_OK || !(plan->record & 1u << kind))
		return status;
	return cairn_lite__step_event(write, held, held->events + 1, kind, memo, err);
}

static cairn_status leave(struct lite_write *write, const cairn_leave_plan *plan, cairn_left *left,
			  cairn_rows *rows, bool *refused, cairn_error *err)
{
	struct lite_held held;
	int64_t row;
	cairn_memo *memo = NULL;
	left->wake_at = 0;
	left->how = CAIRN_LEAVE_LOST;
	cairn_status status =
		cairn_lite__held(write->lite, &plan->run, plan->fence, write->now, &held, err);
	if (status != CAIRN_OK || held.row == 0)
		return status;
	left->how = CAIRN_LEAVE_NOT_HELD;
	status = find_left(write->lite, plan, &row, &memo, rows, err);
	if (status != CAIRN_OK || row == 0 || memo->status != CAIRN_MEMO_RUNNING ||
	    cairn_id_compare(memo->claim, plan->claim) != 0)
		return status;
	/* its texts stay */
	cairn_memo is = *memo;
	cairn_rows_truncate(rows, 0);
	left->how = CAIRN_LEAVE_CHARGE;
	status = charge(write, plan, left, refused, err);
	if (status != CAIRN_OK || *refused)
		return status;
	left->how = CAIRN_LEAVE_DONE;
	status = leave_held(write, plan, &held, row, &is, err);
	if (plan->to == CAIRN_MEMO_WAITING)
		left->wake_at = is.wake_at;
	return status;
}

cairn_status cairn_lite__replay_leave(void *self, const cairn_leave_plan *plan, cairn_left *left,
				      cairn_rows *memos, cairn_error *err)
{
	struct lite_write write;
	bool refused = false;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = leave(&write, plan, left, memos, &refused, err);
	if (status == CAIRN_OK && refused)
		return cairn_lite__write_undo(&write, err);
	return cairn_lite__write_end(&write, status, err);
}
