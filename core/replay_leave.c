/* replay_leave.c - how a step that was done ended: its result or failure, and what it cost, in one commit. */
#include "check.h"
#include "job_definition.h"
#include "job_plan.h"
#include "limits.h"
#include "replay_charge.h"
#include "replay_state.h"

static cairn_status check_held(cairn_replay *replay, const cairn_replay_step *step,
			       cairn_error *err)
{
	cairn_status st = cairn__replay_check(replay, err);
	if (st != CAIRN_OK)
		return st;
	if (step != NULL && step->next == CAIRN_NEXT_WAIT)
		return cairn_fail(err, CAIRN_E_REPLAY_NOT_HELD);
	if (step != NULL && step->seq > 0 && !cairn_id_is_none(step->claim))
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "Only a step that was begun here can be ended.");
	return CAIRN_INVALID;
}

static cairn_status charge_failure(const cairn_left *left, const cairn_leave_plan *plan,
				   cairn_error *err)
{
	cairn_status st =
		cairn__charge_failure(plan->charges, left->charged, plan->charge_count, err);
	return st != CAIRN_OK ? st : cairn_fail(err, CAIRN_E_INTERNAL);
}

/* How the step stands now. */
struct stand {
	cairn_time wake_at;
	int32_t failures;
};

static bool is_same_end(const cairn_memo *memo, const cairn_leave_plan *plan)
{
	return memo->status == plan->to && cairn_id_compare(memo->claim, plan->claim) == 0 &&
	       cairn_str_equal(memo->result, plan->result) &&
	       cairn_str_equal(memo->error_code, plan->error_code) &&
	       cairn_str_equal(memo->error_message, plan->error_message);
}

/* The same end again, after an unconfirmed one, finds what it wrote. */
static cairn_status explain(cairn_replay *replay, const cairn_leave_plan *plan, cairn_rows *rows,
			    const cairn_left *left, struct stand *stand, cairn_error *err)
{
	const cairn_memo *memo = rows->count > 0 ? cairn_rows_at(rows, 0) : NULL;
	switch (left->how) {
	case CAIRN_LEAVE_DONE:
		stand->wake_at = left->wake_at;
		stand->failures += plan->to != CAIRN_MEMO_COMPLETED;
		return CAIRN_OK;
	case CAIRN_LEAVE_LOST:
		return cairn__replay_lost(replay, err);
	case CAIRN_LEAVE_CHARGE:
		return charge_failure(left, plan, err);
	case CAIRN_LEAVE_NOT_HELD:
		break;
	}
	if (memo == NULL || !is_same_end(memo, plan))
		return cairn_fail(err, CAIRN_E_REPLAY_NOT_HELD);
	*stand = (struct stand){ .wake_at = memo->wake_at, .failures = memo->failures };
	return CAIRN_OK;
}

static cairn_status leave(cairn_replay *replay, const cairn_replay_step *step,
			  cairn_leave_plan *plan, struct cairn__usage usage, struct stand *stand,
			  cairn_error *err)
{
	cairn_conn *conn = replay->conn;
	struct cairn__charges charges;
	cairn_rows rows;
	void *none = NULL;
	cairn_left left = { .how = CAIRN_LEAVE_LOST };
	cairn_status st = cairn__charges_begin(&charges, replay, step, usage, err);
	cairn__rows_begin(&rows, conn, &none, sizeof(cairn_memo));
	if (st == CAIRN_OK) {
		plan->seq = step->seq;
		plan->claim = step->claim;
		plan->run = replay->run.id;
		plan->fence = replay->lease.fence;
		plan->record = cairn__events_kept(conn->host.events,
						  CAIRN__BIT(CAIRN_EVENT_STEP_COMPLETED) |
							  CAIRN__BIT(CAIRN_EVENT_STEP_FAILED));
		plan->charges = charges.items;
		plan->charge_count = charges.n;
		left.charged = charges.each;
		st = conn->replays.leave(conn->self, plan, &left, &rows, err);
		st = cairn__rows_whole(&rows, st, err);
	}
	if (st == CAIRN_OK)
		st = explain(replay, plan, &rows, &left, stand, err);
	cairn__rows_drop(&rows);
	cairn__charges_end(&charges, replay);
	return st;
}

/* ---- success ------------------------------------------------------------------- */

static cairn_status complete(cairn_replay *replay, cairn_replay_step *step, cairn_str result,
			     const cairn_charge *usage, size_t n, cairn_error *err)
{
	cairn_status st = check_held(replay, step, err);
	if (st == CAIRN_OK && result.len > 0)
		st = cairn_json_check(result, replay->conn->host.settings.max_json, err);
	if (st != CAIRN_OK)
		return st;
	cairn_leave_plan plan = { .to = CAIRN_MEMO_COMPLETED,
				  .result = result.len > 0 ? result : CAIRN_STR("null") };
	/* kept before it is written: a result that could not be told must not be there */
	cairn_str kept = cairn_rows_str(&replay->names, plan.result.ptr, plan.result.len);
	if (kept.ptr == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	struct stand stand = { .failures = step->failures };
	st = leave(replay, step, &plan, (struct cairn__usage){ usage, n }, &stand, err);
	if (st != CAIRN_OK)
		return st;
	step->next = CAIRN_NEXT_RESULT;
	step->result = kept;
	return CAIRN_OK;
}

cairn_status cairn_replay_complete(cairn_replay *replay, cairn_replay_step *step, cairn_str result,
				   const cairn_charge *usage, size_t n, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, cairn__replay_conn(replay), CAIRN__REPLAYS,
					    "replay.complete", err);
	if (st == CAIRN_OK)
		st = complete(replay, step, result, usage, n, err);
	return cairn__call_end(&call, st, 1);
}

/* ---- failure --------------------------------------------------------------------- */

static cairn_status check_failure(const cairn_replay_failure *failure, cairn_error *err)
{
	if (failure == NULL || failure->size < sizeof *failure)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (failure->final > 1 || failure->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_status st = CAIRN_OK;
	if (failure->code.len > 0)
		st = cairn__check_name(failure->code, "code", err);
	if (st == CAIRN_OK)
		st = cairn__check_text(failure->message, CAIRN__MAX_ERROR_MESSAGE, "message", err);
	if (st == CAIRN_OK)
		st = cairn__check_time(failure->not_before, "not_before", err);
	return st;
}

/* Whether it is tried again in this attempt of the run, and when. */
static void plan_failure(const cairn_replay *replay, const cairn_replay_step *step,
			 const cairn_replay_failure *failure, cairn_leave_plan *plan)
{
	int32_t most = step->max_attempts > 0 ? step->max_attempts : 1;
	cairn_retry retry = cairn__retry_settle(step->retry);
	*plan = (cairn_leave_plan){ .to = CAIRN_MEMO_FAILED,
				    .error_code = failure->code.len > 0 ? failure->code
									: CAIRN_STR("step.failed"),
				    .error_message = failure->message };
	if (failure->final || step->failures + 1 >= most)
		return;
	plan->to = CAIRN_MEMO_WAITING;
	plan->wait = cairn__retry_delay(&retry, replay->run.id, step->failures + 1);
	plan->not_before = failure->not_before;
}

static cairn_status fail(cairn_replay *replay, cairn_replay_step *step,
			 const cairn_replay_failure *failure, cairn_error *err)
{
	cairn_leave_plan plan;
	cairn_status st = check_held(replay, step, err);
	if (st == CAIRN_OK)
		st = check_failure(failure, err);
	if (st != CAIRN_OK)
		return st;
	struct stand stand = { .failures = step->failures };
	plan_failure(replay, step, failure, &plan);
	cairn_str code = cairn_rows_str(&replay->names, plan.error_code.ptr, plan.error_code.len);
	cairn_str message =
		cairn_rows_str(&replay->names, plan.error_message.ptr, plan.error_message.len);
	if (cairn_rows_failed(&replay->names))
		return cairn_fail(err, CAIRN_E_NOMEM);
	st = leave(replay, step, &plan,
		   (struct cairn__usage){ failure->usage, failure->usage_count }, &stand, err);
	if (st != CAIRN_OK)
		return st;
	step->error_code = code;
	step->error_message = message;
	step->failures = stand.failures;
	step->next = plan.to == CAIRN_MEMO_FAILED ? CAIRN_NEXT_FAILED : CAIRN_NEXT_SUSPEND;
	step->until = stand.wake_at;
	if (step->next == CAIRN_NEXT_SUSPEND)
		cairn__replay_suspends(replay, stand.wake_at);
	return CAIRN_OK;
}

cairn_status cairn_replay_fail(cairn_replay *replay, cairn_replay_step *step,
			       const cairn_replay_failure *failure, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, cairn__replay_conn(replay), CAIRN__REPLAYS,
					    "replay.fail", err);
	if (st == CAIRN_OK)
		st = fail(replay, step, failure, err);
	return cairn__call_end(&call, st, 1);
}
