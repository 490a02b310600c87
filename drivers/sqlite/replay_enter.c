/*
 * replay_enter.c - steps of replay runs found, or begun (sys/replay.h, "enter"). One statement finds the job under its
 * lease with all that is needed of the run; a new step is inserted at once, and only one that is there already is read.
 */
#include <string.h>

#include "lite.h"

#define JSON_NULL CAIRN_STR("null")

/* ---- enter: memos ------------------------------------------------------------------- */

/* A call on its way. */
struct enter {
	struct lite_write *write;
	const cairn_enter_plan *plan;
	cairn_rows *rows;
	struct lite_held held;
	cairn_id root;
	int32_t attempt; /* the run's */
	int64_t last;	 /* the seq of the last memo */
	int64_t events;	 /* of the job, those of this call included */
	cairn_str tenant;
	char place[LITE_NAME];
};

/* What became of a memo: the event that tells it, or 0. */
struct turn {
	enum cairn_entered_how how;
	enum cairn_event_kind event;
};

static cairn_status find_held(struct enter *enter, cairn_error *err)
{
	struct lite_run run;
	bool found = false;
	const cairn_enter_plan *plan = enter->plan;
	cairn_status status =
		cairn_lite__held_start(&run, enter->write->lite, LITE_REPLAY_HELD, &plan->run,
				       plan->fence, enter->write->now, err);
	if (status == CAIRN_OK)
		status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	cairn_lite__held_read(&run, &plan->run, &enter->held);
	cairn_str tenant = cairn_lite__view(&run);
	size_t len = tenant.len < LITE_NAME ? tenant.len : LITE_NAME;
	if (len > 0)
		memcpy(enter->place, tenant.ptr, len);
	enter->tenant = (cairn_str){ enter->place, len };
	enter->root = cairn_lite__id(&run);
	enter->attempt = cairn_lite__int32(&run);
	enter->last = cairn_lite__int(&run);
	enter->events = enter->held.events;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* *done: it is there now, and was not before. */
static cairn_status insert_memo(struct enter *enter, const cairn_memo *memo, bool *done,
				cairn_error *err)
{
	struct lite *lite = enter->write->lite;
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_MEMO_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &memo->run);
	cairn_lite__bind_int(&run, memo->seq);
	cairn_lite__bind_text(&run, memo->name);
	cairn_lite__bind_text(&run, memo->kind);
	cairn_lite__bind_word(&run, cairn_memo_verb_text(memo->verb));
	cairn_lite__bind_word(&run, cairn_memo_status_text(memo->status));
	cairn_lite__bind_int(&run, memo->last_attempt);
	cairn_lite__bind_int(&run, memo->timed_out);
	cairn_lite__bind_int(&run, memo->fence);
	cairn_lite__bind_some_id(&run, &memo->claim);
	cairn_lite__bind_some_id(&run, &memo->child);
	cairn_lite__bind_text(&run, memo->signal);
	cairn_lite__bind_time(&run, memo->wake_at);
	cairn_lite__bind_int(&run, memo->created_at);
	cairn_lite__bind_time(&run, memo->ended_at);
	cairn_lite__bind_blob(&run, memo->hash, sizeof memo->hash);
	cairn_lite__bind_text(&run, memo->result);
	cairn_lite__bind_tenant(&run, memo->signature);
	status = cairn_lite__finish(&run, err);
	*done = status == CAIRN_OK && sqlite3_changes(lite->db) == 1;
	return status;
}

static cairn_status update_memo(struct enter *enter, int64_t row, const cairn_memo *memo,
				cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, enter->write->lite, LITE_MEMO_UPDATE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, row);
	cairn_lite__bind_word(&run, cairn_memo_status_text(memo->status));
	cairn_lite__bind_int(&run, memo->attempts);
	cairn_lite__bind_int(&run, memo->failures);
	cairn_lite__bind_int(&run, memo->last_attempt);
	cairn_lite__bind_int(&run, memo->timed_out);
	cairn_lite__bind_int(&run, memo->fence);
	cairn_lite__bind_some_id(&run, &memo->claim);
	cairn_lite__bind_some_id(&run, &memo->child);
	cairn_lite__bind_time(&run, memo->wake_at);
	cairn_lite__bind_int(&run, memo->begun_at);
	cairn_lite__bind_time(&run, memo->ended_at);
	cairn_lite__bind_text(&run, memo->error_code);
	cairn_lite__bind_text(&run, memo->error_message);
	cairn_lite__bind_text(&run, memo->result);
	return cairn_lite__finish(&run, err);
}

/* The memo under a name, as a row of the answer; *row 0: there is none. */
static cairn_status find_memo(struct enter *enter, cairn_str name, int64_t *row, cairn_memo **memo,
			      cairn_error *err)
{
	struct lite_run run;
	bool found = false;
	*row = 0;
	cairn_status status = cairn_lite__start(&run, enter->write->lite, LITE_MEMO_NAMED, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &enter->plan->run);
	cairn_lite__bind_text(&run, name);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	*memo = cairn_rows_push(enter->rows);
	if (*memo != NULL) {
		*row = cairn_lite__int(&run);
		cairn_lite__memo(&run, enter->rows, *memo);
	}
	cairn_lite__stop(&run);
	return *memo != NULL ? CAIRN_OK : cairn_fail(err, CAIRN_E_NOMEM);
}

static cairn_status push_new(struct enter *enter, const cairn_memo *memo, cairn_error *err)
{
	cairn_rows *rows = enter->rows;
	cairn_memo *row = cairn_rows_push(rows);
	if (row == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	*row = *memo;
	row->name = cairn_rows_str(rows, memo->name.ptr, memo->name.len);
	row->kind = cairn_rows_str(rows, memo->kind.ptr, memo->kind.len);
	row->signal = cairn_rows_str(rows, memo->signal.ptr, memo->signal.len);
	row->result = cairn_rows_str(rows, memo->result.ptr, memo->result.len);
	row->signature = (cairn_str){ NULL, 0 };
	return CAIRN_OK;
}

/* ---- enter: what becomes of them ----------------------------------------------------- */

static void complete(cairn_memo *memo, cairn_str result, cairn_time now, struct turn *turn)
{
	memo->status = CAIRN_MEMO_COMPLETED;
	memo->result = result;
	memo->ended_at = now;
	*turn = (struct turn){ CAIRN_ENTER_BEGUN, CAIRN_EVENT_STEP_COMPLETED };
}

static cairn_status mark_child(struct lite *lite, const cairn_id *id, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_CHILD_MARK, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, id);
	return cairn_lite__finish(&run, err);
}

/* A child with its replay, if its type has an enabled definition. */
static cairn_status start_child(struct enter *enter, const cairn_enter *item, struct turn *turn,
				cairn_error *err)
{
	struct lite_write *write = enter->write;
	cairn_job_inserted each;
	cairn_job_insert insert = item->child;
	cairn_enqueue_plan enqueue = { .jobs = &insert, .n = 1 };
	cairn_replay_run child = {
		.id = item->id, .root = enter->root, .parent = enter->plan->run, .scope = item->name
	};
	insert.id = item->id;
	insert.tenant = enter->tenant;
	enqueue.record = (enter->plan->record & 1u << CAIRN_EVENT_ENQUEUED) != 0;
	cairn_status status = cairn_lite__enqueue(write, &enqueue, &each, err);
	if (status != CAIRN_OK)
		return status;
	if (each.result != CAIRN_INSERT_DONE) {
		turn->how = CAIRN_ENTER_NO_DEFINITION;
		return CAIRN_OK;
	}
	status = mark_child(write->lite, &item->id, err);
	return status == CAIRN_OK ? cairn_lite__replay_put(write, &child, 0, err) : status;
}

static cairn_status take_signal(struct enter *enter, cairn_memo *memo, struct turn *turn,
				cairn_error *err)
{
	struct lite_write *write = enter->write;
	cairn_str payload;
	int64_t seq;
	cairn_status status =
		cairn_lite__signal_take(write->lite, memo, &seq, &payload, enter->rows, err);
	if (status != CAIRN_OK)
		return status;
	if (seq != 0) {
		complete(memo, payload, write->now, turn);
	} else if (memo->wake_at != 0 && memo->wake_at <= write->now) {
		memo->timed_out = 1;
		complete(memo, JSON_NULL, write->now, turn);
	}
	return CAIRN_OK;
}

/* A memo that is begun for the first time, or again after it has failed. */
static cairn_status begin_memo(struct enter *enter, const cairn_enter *item, cairn_memo *memo,
			       struct turn *turn, cairn_error *err)
{
	cairn_time now = enter->write->now;
	memo->last_attempt = enter->attempt;
	memo->fence = enter->plan->fence;
	memo->begun_at = now;
	memo->status = CAIRN_MEMO_WAITING;
	*turn = (struct turn){ CAIRN_ENTER_BEGUN, CAIRN_EVENT_STEP_WAITING };
	switch (enter->plan->verb) {
	case CAIRN_MEMO_STEP:
		memo->status = CAIRN_MEMO_RUNNING;
		memo->claim = item->id;
		turn->event = CAIRN_EVENT_STEP_STARTED;
		return CAIRN_OK;
	case CAIRN_MEMO_VALUE:
		complete(memo, item->result, now, turn);
		return CAIRN_OK;
	case CAIRN_MEMO_SLEEP:
		memo->wake_at = now + item->wait;
		if (item->wait == 0)
			complete(memo, JSON_NULL, now, turn);
		return CAIRN_OK;
	case CAIRN_MEMO_SIGNAL:
		memo->signal = item->signal;
		memo->wake_at = item->wait >= 0 ? now + item->wait : 0;
		return take_signal(enter, memo, turn, err);
	case CAIRN_MEMO_CHILD:
		break;
	}
	memo->child = item->id;
	return start_child(enter, item, turn, err);
}

static cairn_status again(struct enter *enter, const cairn_enter *item, cairn_memo *memo,
			  struct turn *turn, cairn_error *err)
{
	memo->attempts++;
	if (memo->status == CAIRN_MEMO_FAILED || memo->last_attempt != enter->attempt)
		memo->failures = 0;
	memo->ended_at = 0;
	memo->wake_at = 0;
	memo->error_code = (cairn_str){ NULL, 0 };
	memo->error_message = (cairn_str){ NULL, 0 };
	return begin_memo(enter, item, memo, turn, err);
}

/* From the job of a child that is over; absent code: it says nothing. */
static void read_child(struct enter *enter, struct lite_run *run, cairn_memo *memo,
		       struct turn *turn)
{
	cairn_rows *rows = enter->rows;
	enum cairn_job_status is = cairn_lite__status(run);
	if (is == CAIRN_JOB_PENDING || is == CAIRN_JOB_LEASED)
		return;
	cairn_str code = cairn_lite__text(run, rows);
	cairn_str message = cairn_lite__text(run, rows);
	if (is == CAIRN_JOB_SUCCEEDED) {
		cairn_str output = cairn_lite__text(run, rows);
		complete(memo, output.len > 0 ? output : JSON_NULL, enter->write->now, turn);
		return;
	}
	turn->event = CAIRN_EVENT_STEP_FAILED;
	memo->error_code = code;
	memo->error_message = message;
}

/* How the child ended: its job is gone, or over. */
static cairn_status end_child(struct enter *enter, cairn_memo *memo, struct turn *turn,
			      cairn_error *err)
{
	struct lite_run run;
	bool found;
	cairn_status status = cairn_lite__start(&run, enter->write->lite, LITE_CHILD_END, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &memo->child);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK)
		return status;
	turn->event = found ? 0 : CAIRN_EVENT_STEP_FAILED;
	if (found) {
		read_child(enter, &run, memo, turn);
		cairn_lite__stop(&run);
	}
	if (turn->event != CAIRN_EVENT_STEP_FAILED)
		return CAIRN_OK;
	if (memo->error_code.len == 0) {
		memo->error_code = cairn_str_of(cairn_code_text(CAIRN_E_REPLAY_CHILD_LOST));
		memo->error_message = cairn_str_of(cairn_code_message(CAIRN_E_REPLAY_CHILD_LOST));
	}
	turn->how = CAIRN_ENTER_BEGUN;
	memo->status = CAIRN_MEMO_FAILED;
	memo->last_attempt = enter->attempt;
	memo->ended_at = enter->write->now;
	return CAIRN_OK;
}

/* One that waits; the turn stays FOUND where there is nothing new. */
static cairn_status look_again(struct enter *enter, const cairn_enter *item, cairn_memo *memo,
			       struct turn *turn, cairn_error *err)
{
	cairn_time now = enter->write->now;
	memo->fence = enter->plan->fence;
	switch (memo->verb) {
	case CAIRN_MEMO_STEP:
		return memo->wake_at > now ? CAIRN_OK : again(enter, item, memo, turn, err);
	case CAIRN_MEMO_SLEEP:
		if (memo->wake_at <= now)
			complete(memo, JSON_NULL, now, turn);
		return CAIRN_OK;
	case CAIRN_MEMO_SIGNAL:
		return take_signal(enter, memo, turn, err);
	case CAIRN_MEMO_CHILD:
		return end_child(enter, memo, turn, err);
	case CAIRN_MEMO_VALUE:
		break;
	}
	return CAIRN_OK;
}

static cairn_status meet(struct enter *enter, const cairn_enter *item, cairn_memo *memo,
			 struct turn *turn, cairn_error *err)
{
	*turn = (struct turn){ .how = CAIRN_ENTER_FOUND };
	switch (memo->status) {
	case CAIRN_MEMO_COMPLETED:
		return CAIRN_OK;
	case CAIRN_MEMO_FAILED:
		if (memo->last_attempt == enter->attempt)
			return CAIRN_OK;
		return again(enter, item, memo, turn, err);
	case CAIRN_MEMO_RUNNING:
		if (cairn_id_compare(memo->claim, item->id) == 0)
			turn->how = CAIRN_ENTER_BEGUN;
		if (turn->how == CAIRN_ENTER_BEGUN || memo->fence == enter->plan->fence)
			return CAIRN_OK;
		return again(enter, item, memo, turn, err);
	case CAIRN_MEMO_WAITING:
		break;
	}
	return look_again(enter, item, memo, turn, err);
}

/* ---- enter --------------------------------------------------------------------------- */

static cairn_status told(struct enter *enter, const struct turn *turn, const cairn_memo *memo,
			 cairn_error *err)
{
	if (turn->event == 0 || !(enter->plan->record & 1u << turn->event))
		return CAIRN_OK;
	return cairn_lite__step_event(enter->write, &enter->held, ++enter->events, turn->event,
				      memo, err);
}

/* One that is there: as it was, or begun or ended by this. */
static cairn_status enter_found(struct enter *enter, const cairn_enter *item, int64_t row,
				cairn_memo *memo, cairn_entered *each, cairn_error *err)
{
	struct turn turn;
	size_t before = cairn_rows_count(enter->rows) - 1;
	int64_t fence = memo->fence;
	each->how = CAIRN_ENTER_MISMATCH;
	if (memo->verb != enter->plan->verb ||
	    memcmp(memo->hash, item->hash, sizeof memo->hash) != 0) {
		cairn_rows_truncate(enter->rows, before);
		return CAIRN_OK;
	}
	cairn_status status = meet(enter, item, memo, &turn, err);
	each->how = turn.how;
	if (status == CAIRN_OK && turn.how == CAIRN_ENTER_NO_DEFINITION) {
		cairn_rows_truncate(enter->rows, before);
		return CAIRN_OK;
	}
	each->row = (uint32_t)(before + 1);
	if (status == CAIRN_OK && (turn.event != 0 || memo->fence != fence))
		status = update_memo(enter, row, memo, err);
	return status == CAIRN_OK ? told(enter, &turn, memo, err) : status;
}

/* *done: it was new. Its texts are the plan's, or the answer's. */
static cairn_status enter_new(struct enter *enter, const cairn_enter *item, bool *done,
			      cairn_entered *each, cairn_error *err)
{
	struct turn turn;
	cairn_memo memo = { .run = enter->plan->run,
			    .seq = enter->last + 1,
			    .name = item->name,
			    .kind = item->kind,
			    .verb = enter->plan->verb,
			    .attempts = 1,
			    .signature = item->signature,
			    .created_at = enter->write->now };
	memcpy(memo.hash, item->hash, sizeof memo.hash);
	cairn_status status = begin_memo(enter, item, &memo, &turn, err);
	if (status == CAIRN_OK && turn.how == CAIRN_ENTER_NO_DEFINITION) {
		each->how = turn.how;
		*done = true;
		return CAIRN_OK;
	}
	if (status == CAIRN_OK)
		status = insert_memo(enter, &memo, done, err);
	if (status != CAIRN_OK || !*done)
		return status;
	enter->last++;
	status = told(enter, &turn, &memo, err);
	if (status == CAIRN_OK)
		status = push_new(enter, &memo, err);
	each->how = turn.how;
	each->row = (uint32_t)cairn_rows_count(enter->rows);
	return status;
}

/* What begins without touching anything else needs no look whether it is there. */
static bool insert_first(enum cairn_memo_verb verb)
{
	return verb == CAIRN_MEMO_STEP || verb == CAIRN_MEMO_VALUE || verb == CAIRN_MEMO_SLEEP;
}

static cairn_status enter_one(struct enter *enter, const cairn_enter *item, cairn_entered *each,
			      cairn_error *err)
{
	bool done = false;
	int64_t row = 0;
	cairn_memo *memo = NULL;
	cairn_status status = CAIRN_OK;
	bool at_once = insert_first(enter->plan->verb);
	if (at_once)
		status = enter_new(enter, item, &done, each, err);
	if (status != CAIRN_OK || done)
		return status;
	status = find_memo(enter, item->name, &row, &memo, err);
	if (status != CAIRN_OK)
		return status;
	if (row != 0)
		return enter_found(enter, item, row, memo, each, err);
	return at_once ? cairn_fail(err, CAIRN_E_INTERNAL)
		       : enter_new(enter, item, &done, each, err);
}

static cairn_status enter_all(struct enter *enter, cairn_entered *each, cairn_error *err)
{
	const cairn_enter_plan *plan = enter->plan;
	memset(each, 0, plan->n * sizeof *each);
	cairn_status status = find_held(enter, err);
	if (status != CAIRN_OK || enter->held.row == 0)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = enter_one(enter, &plan->items[i], &each[i], err);
	/* a step that could not be told must not be begun */
	if (status == CAIRN_OK && cairn_rows_failed(enter->rows))
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return status;
}

cairn_status cairn_lite__replay_enter(void *self, const cairn_enter_plan *plan, cairn_entered *each,
				      cairn_rows *memos, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	struct enter enter = { .write = &write, .plan = plan, .rows = memos };
	status = enter_all(&enter, each, err);
	return cairn_lite__write_end(&write, status, err);
}
