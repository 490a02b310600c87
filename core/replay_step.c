/* replay_step.c - steps that a program does, and values that it had for nothing: asked for, and how they ended. */
#include "check.h"
#include "job_definition.h"
#include "job_plan.h"
#include "limits.h"
#include "replay_state.h"

/* ---- asking ------------------------------------------------------------------- */

static cairn_status check_call(const cairn_replay *replay, const cairn_replay_call *call,
			       cairn_error *err)
{
	if (call->reserved0_ != 0 || (call->reserved_[0] | call->reserved_[1]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_status st = cairn__check_name(call->kind, "kind", err);
	if (st == CAIRN_OK && call->scope.len > 0)
		st = cairn__check_name(call->scope, "scope", err);
	if (st == CAIRN_OK)
		st = cairn__check_step_name(call->name, err);
	if (st == CAIRN_OK && call->max_attempts < 0)
		st = cairn_fail(err, CAIRN_E_JOB_ATTEMPTS);
	if (st == CAIRN_OK)
		st = cairn__check_retry(&call->retry, CAIRN_E_JOB_RETRY_TIMING, err);
	if (st == CAIRN_OK && call->input.len > 0)
		st = cairn_json_check(call->input, replay->conn->host.settings.max_json, err);
	return st;
}

static cairn_status check_calls(const cairn_replay *replay, const cairn_replay_call *calls,
				const cairn_str *values, size_t n, cairn_error *err)
{
	cairn_status st = cairn__check_batch(calls, n, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = check_call(replay, &calls[i], err);
		if (st == CAIRN_OK && values != NULL && values[i].len > 0)
			st = cairn_json_check(values[i], replay->conn->host.settings.max_json, err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	return st;
}

/* values: of steps that are nothing else; NULL: they are to be done. */
static cairn_status ask(cairn_replay *replay, const cairn_replay_call *calls,
			const cairn_str *values, size_t n, cairn_replay_step *each,
			cairn_error *err)
{
	struct cairn__asking asking;
	cairn_status st = cairn__asking_begin(&asking, replay, n, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = cairn__replay_sign(replay, calls[i].kind, calls[i].scope, calls[i].input,
					&asking.asked[i], err);
		asking.names[i] = calls[i].name;
		asking.kinds[i] = calls[i].kind;
		if (values == NULL)
			asking.items[i].id = replay->claim;
		else
			asking.items[i].result = values[i].len > 0 ? values[i] : CAIRN_STR("null");
		each[i] = (cairn_replay_step){ .max_attempts = calls[i].max_attempts,
					       .retry = calls[i].retry };
	}
	if (st == CAIRN_OK)
		st = cairn__replay_ask(replay, values != NULL ? CAIRN_MEMO_VALUE : CAIRN_MEMO_STEP,
				       &asking, each, err);
	cairn__asking_end(&asking, replay);
	return st;
}

static cairn_status ask_checked(cairn_replay *replay, const cairn_replay_call *calls,
				const cairn_str *values, size_t n, cairn_replay_step *each,
				cairn_error *err)
{
	cairn_status st = cairn__replay_check(replay, err);
	if (st == CAIRN_OK && each == NULL && n > 0)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = check_calls(replay, calls, values, n, err);
	return st == CAIRN_OK && n > 0 ? ask(replay, calls, values, n, each, err) : st;
}

cairn_status cairn_replay_step_begin(cairn_replay *replay, const cairn_replay_call *calls, size_t n,
				     cairn_replay_step *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, cairn__replay_conn(replay), CAIRN__REPLAYS,
					    "replay.step", err);
	if (st == CAIRN_OK)
		st = ask_checked(replay, calls, NULL, n, each, err);
	return cairn__call_end(&call, st, n);
}

cairn_status cairn_replay_value(cairn_replay *replay, const cairn_replay_call *calls,
				const cairn_str *values, size_t n, cairn_replay_step *each,
				cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, cairn__replay_conn(replay), CAIRN__REPLAYS,
					    "replay.value", err);
	if (st == CAIRN_OK && values == NULL && n > 0)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = ask_checked(replay, calls, values, n, each, err);
	return cairn__call_end(&call, st, n);
}

/* Under the name that it has: no other use of it. */
static cairn_status again(cairn_replay *replay, const cairn_replay_call *asked_for,
			  cairn_replay_step *step, cairn_error *err)
{
	cairn_status st = cairn__replay_check(replay, err);
	if (st == CAIRN_OK && (asked_for == NULL || step == NULL || step->name.len == 0))
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = check_call(replay, asked_for, err);
	if (st != CAIRN_OK)
		return st;
	struct cairn__asked asked = { .at = 0 };
	cairn_enter item = { .id = replay->claim };
	cairn_str kind = asked_for->kind;
	struct cairn__asking asking = { .asked = &asked, .items = &item, .kinds = &kind, .n = 1 };
	st = cairn__replay_sign(replay, kind, asked_for->scope, asked_for->input, &asked, err);
	if (st != CAIRN_OK)
		return st;
	cairn__replay_signed(replay, &asked, step->name);
	*step = (cairn_replay_step){ .max_attempts = asked_for->max_attempts,
				     .retry = asked_for->retry };
	return cairn__replay_enter(replay, CAIRN_MEMO_STEP, &asking, step, err);
}

cairn_status cairn_replay_step_again(cairn_replay *replay, const cairn_replay_call *asked_for,
				     cairn_replay_step *step, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, cairn__replay_conn(replay), CAIRN__REPLAYS,
					    "replay.again", err);
	if (st == CAIRN_OK)
		st = again(replay, asked_for, step, err);
	return cairn__call_end(&call, st, 1);
}
