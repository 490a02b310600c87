/*
 * replay.c - replay runs (sys/replay.h): begin, and how steps end. What is asked for is in replay_enter.c, reading and
 * deleting runs in replay_read.c, waking in signal.c.
 */
#include <stdio.h>
#include <string.h>

#include "lite.h"

/* ---- what others need ------------------------------------------------------------- */

void cairn_lite__memo(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_memo *memo = into;
	memo->seq = cairn_lite__int(run);
	memo->run = cairn_lite__id(run);
	memo->name = cairn_lite__text(run, rows);
	memo->kind = cairn_lite__text(run, rows);
	memo->verb = cairn_memo_verb_parse(cairn_lite__view(run));
	memo->status = cairn_memo_status_parse(cairn_lite__view(run));
	memo->attempts = cairn_lite__int32(run);
	memo->failures = cairn_lite__int32(run);
	memo->last_attempt = cairn_lite__int32(run);
	memo->timed_out = (uint32_t)cairn_lite__int(run);
	memo->fence = cairn_lite__int(run);
	memo->claim = cairn_lite__id(run);
	memo->child = cairn_lite__id(run);
	memo->signal = cairn_lite__text(run, rows);
	memo->wake_at = cairn_lite__int(run);
	memo->created_at = cairn_lite__int(run);
	memo->begun_at = cairn_lite__int(run);
	memo->ended_at = cairn_lite__int(run);
	int column = run->column++;
	const void *hash = sqlite3_column_blob(run->stmt, column);
	if (hash != NULL && sqlite3_column_bytes(run->stmt, column) == 32)
		memcpy(memo->hash, hash, 32);
	memo->error_code = cairn_lite__text(run, rows);
	memo->error_message = cairn_lite__text(run, rows);
	memo->result = cairn_lite__text(run, rows);
	memo->signature = cairn_lite__text(run, rows);
}

cairn_status cairn_lite__job_mark(struct lite *lite, int64_t row, int32_t replay, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_JOB_REPLAY, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, row);
	cairn_lite__bind_int(&run, replay);
	return cairn_lite__finish(&run, err);
}

cairn_status cairn_lite__held_start(struct lite_run *run, struct lite *lite, enum lite_sql which,
				    const cairn_id *id, int64_t fence, cairn_time now,
				    cairn_error *err)
{
	cairn_status status = cairn_lite__start(run, lite, which, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(run, id);
	cairn_lite__bind_int(run, fence);
	cairn_lite__bind_int(run, now);
	return CAIRN_OK;
}

void cairn_lite__held_read(struct lite_run *run, const cairn_id *id, struct lite_held *held)
{
	held->row = cairn_lite__int(run);
	held->events = cairn_lite__int(run);
	held->job = (cairn_job){ .id = *id };
	held->job.run_number = cairn_lite__int32(run);
	held->job.attempt = cairn_lite__int32(run);
}

cairn_status cairn_lite__held(struct lite *lite, const cairn_id *id, int64_t fence, cairn_time now,
			      struct lite_held *held, cairn_error *err)
{
	struct lite_run run;
	bool found = false;
	held->row = 0;
	cairn_status status =
		cairn_lite__held_start(&run, lite, LITE_JOB_LEASED, id, fence, now, err);
	if (status == CAIRN_OK)
		status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	cairn_lite__held_read(&run, id, held);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

cairn_status cairn_lite__step_event(struct lite_write *write, const struct lite_held *held,
				    int64_t seq, enum cairn_event_kind kind, const cairn_memo *memo,
				    cairn_error *err)
{
	char data[80];
	cairn_event_record event = cairn_event_of(kind, &held->job);
	int len = snprintf(data, sizeof data, "{\"step\":%lld,\"step_attempt\":%d}",
			   (long long)memo->seq, (int)memo->attempts);
	event.seq = seq;
	event.data = (cairn_str){ data, (size_t)len };
	event.detail = memo->name;
	event.reason = memo->kind;
	if (kind == CAIRN_EVENT_STEP_WAITING || kind == CAIRN_EVENT_STEP_FAILED)
		event.until = memo->wake_at;
	if (kind == CAIRN_EVENT_STEP_FAILED) {
		event.error_code = memo->error_code;
		event.error_message = memo->error_message;
	}
	return cairn_lite__event_add(write, &held->job.id, &event, err);
}

/* ---- begin ------------------------------------------------------------------------- */

/* What begin finds of a job whose lease holds. */
struct found {
	int64_t row; /* 0: nothing */
	int32_t replay;
	bool begun; /* there is a run of it */
	bool continued;
	int32_t attempt;
	int64_t fence;
};

/* Of a run that is new the rest is what the row of a new one gets. */
static void read_found(struct lite_run *run, const cairn_replay_begin_plan *plan,
		       struct found *found, cairn_replay_begun *begun, cairn_rows *rows)
{
	cairn_replay_run *is = &begun->run;
	found->row = cairn_lite__int(run);
	bool first = cairn_lite__int(run) == 1;
	cairn_str reason = cairn_lite__view(run);
	found->continued = first && cairn_str_is(reason, CAIRN_REASON_CONTINUED);
	begun->hit = CAIRN_HIT;
	is->lease_expires_at = cairn_lite__int(run);
	found->replay = cairn_lite__int32(run);
	begun->unkept = cairn_lite__int(run) == CAIRN_RETAIN_NONE;
	is->id = plan->id;
	is->root = cairn_lite__id(run);
	is->parent = cairn_lite__id(run);
	found->begun = !cairn_id_is_none(is->root);
	found->attempt = cairn_lite__int32(run);
	found->fence = cairn_lite__int(run);
	is->scope = cairn_lite__text(run, rows);
	is->code = cairn_lite__text(run, rows);
	begun->orphaned = cairn_lite__int(run) != 0;
	begun->steps = cairn_lite__int(run);
	begun->other_code = plan->code.len > 0 && is->code.len > 0 && !plan->recode &&
			    !cairn_str_equal(plan->code, is->code);
}

static cairn_status find_run(struct lite_write *write, const cairn_replay_begin_plan *plan,
			     struct found *found, cairn_replay_begun *begun, cairn_rows *rows,
			     cairn_error *err)
{
	struct lite_run run;
	bool more = false;
	found->row = 0;
	cairn_status status = cairn_lite__held_start(&run, write->lite, LITE_REPLAY_BEGIN,
						     &plan->id, plan->fence, write->now, err);
	if (status == CAIRN_OK)
		status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK || !more)
		return status;
	read_found(&run, plan, found, begun, rows);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

cairn_status cairn_lite__replay_put(struct lite_write *write, const cairn_replay_run *is,
				    cairn_time begun_at, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_REPLAY_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &is->id);
	cairn_lite__bind_id(&run, &is->root);
	cairn_lite__bind_some_id(&run, &is->parent);
	cairn_lite__bind_int(&run, is->attempt);
	cairn_lite__bind_int(&run, is->fence);
	cairn_lite__bind_time(&run, begun_at);
	cairn_lite__bind_text(&run, is->scope);
	cairn_lite__bind_text(&run, is->code);
	return cairn_lite__finish(&run, err);
}

static cairn_status begin_new(struct lite_write *write, const cairn_replay_begin_plan *plan,
			      const struct found *found, cairn_replay_run *is, cairn_error *err)
{
	is->root = plan->id;
	is->attempt = 1;
	is->scope = CAIRN_STR("root");
	cairn_status status = cairn_lite__replay_put(write, is, write->now, err);
	if (status == CAIRN_OK)
		status = cairn_lite__job_mark(write->lite, found->row, LITE_IS_REPLAY, err);
	return status;
}

/* After a suspension it is the same attempt of the run. */
static cairn_status begin_again(struct lite_write *write, const cairn_replay_begin_plan *plan,
				const struct found *found, cairn_replay_run *is, cairn_error *err)
{
	struct lite_run run;
	bool same = found->fence == plan->fence || found->continued;
	is->attempt = found->attempt + (same && found->attempt != 0 ? 0 : 1);
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_REPLAY_AGAIN, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &plan->id);
	cairn_lite__bind_int(&run, is->attempt);
	cairn_lite__bind_int(&run, plan->fence);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_text(&run, plan->code);
	return cairn_lite__finish(&run, err);
}

/* Without signatures. */
static cairn_status push_page(struct lite *lite, const cairn_id *id, uint32_t page,
			      cairn_rows *memos, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_MEMOS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, id);
	cairn_lite__bind_int(&run, 0);
	cairn_lite__bind_int(&run, page);
	cairn_lite__bind_int(&run, 2);
	cairn_lite__bind_int(&run, -1);
	return cairn_lite__read_rows(&run, memos, cairn_lite__memo, err);
}

static cairn_status begin(struct lite_write *write, const cairn_replay_begin_plan *plan,
			  cairn_replay_begun *begun, cairn_rows *memos, cairn_error *err)
{
	struct found found;
	cairn_replay_run *is = &begun->run;
	memset(begun, 0, sizeof *begun);
	begun->hit = CAIRN_MISS;
	cairn_status status = find_run(write, plan, &found, begun, memos, err);
	if (status != CAIRN_OK || found.row == 0 || begun->unkept || begun->other_code ||
	    begun->orphaned)
		return status;
	is->fence = plan->fence;
	if (plan->code.len > 0)
		is->code = cairn_rows_str(memos, plan->code.ptr, plan->code.len);
	status = found.begun ? begin_again(write, plan, &found, is, err)
			     : begin_new(write, plan, &found, is, err);
	if (status == CAIRN_OK && begun->steps > 0)
		status = push_page(write->lite, &plan->id, plan->page, memos, err);
	/* an attempt that could not be told must not be begun */
	if (status == CAIRN_OK && cairn_rows_failed(memos))
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return status;
}

cairn_status cairn_lite__replay_begin(void *self, const cairn_replay_begin_plan *plan,
				      cairn_replay_begun *begun, cairn_rows *memos,
				      cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = begin(&write, plan, begun, memos, err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- leave ------------------------------------------------------------------------------ */

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
