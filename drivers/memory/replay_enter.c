/* replay_enter.c - steps of replay runs found, or begun (sys/replay.h, "enter"). */
#include <string.h>

#include "mem.h"

#define JSON_NULL CAIRN_STR("null")

/* A call on its way. The rows of job and run stand until its end: it changes neither. */
struct enter {
	struct mem_write *write;
	const cairn_enter_plan *plan;
	const cairn_job *job;
	const cairn_replay_run *run;
	cairn_rows *rows;
};

/* What became of a memo: the event that tells it, or 0. */
struct turn {
	enum cairn_entered_how how;
	enum cairn_event_kind event;
};

static void complete(cairn_memo *memo, cairn_str result, cairn_time now, struct turn *turn)
{
	memo->status = CAIRN_MEMO_COMPLETED;
	memo->result = result;
	memo->ended_at = now;
	*turn = (struct turn){ CAIRN_ENTER_BEGUN, CAIRN_EVENT_STEP_COMPLETED };
}

/* A child with its replay. 0, 1: its type is missing or disabled, -1: no memory. */
static int start_child(struct enter *enter, const cairn_enter *item)
{
	struct mem_write *write = enter->write;
	cairn_job_insert insert = item->child;
	cairn_job_inserted each = { .result = CAIRN_INSERT_NO_DEFINITION };
	bool record = (enter->plan->record & 1u << CAIRN_EVENT_ENQUEUED) != 0;
	insert.id = item->id;
	insert.tenant = enter->job->tenant;
	if (cairn_mem__enqueue(write, &insert, record, &each) != 0)
		return -1;
	if (each.result != CAIRN_INSERT_DONE)
		return 1;
	cairn_job job = *cairn_mem__job(write->state, item->id);
	struct mem_replay replay = { .run = { .id = item->id,
					      .root = enter->run->root,
					      .parent = enter->run->id,
					      .scope = item->name } };
	job.replay = 1;
	if (cairn_mem__put(write->state, MEM_JOBS, &job) != 0)
		return -1;
	return cairn_mem__put(write->state, MEM_REPLAYS, &replay);
}

static int take_signal(struct enter *enter, cairn_memo *memo, struct turn *turn)
{
	struct mem_write *write = enter->write;
	const struct mem_signal *found =
		cairn_mem__signal_untaken(write->state, memo->run, memo->signal);
	if (found == NULL) {
		if (memo->wake_at == 0 || memo->wake_at > write->now)
			return 0;
		memo->timed_out = 1;
		complete(memo, JSON_NULL, write->now, turn);
		return 0;
	}
	struct mem_signal taken = *found;
	taken.signal.taken_by = memo->seq;
	complete(memo, found->signal.payload, write->now, turn);
	return cairn_mem__put(write->state, MEM_SIGNALS, &taken);
}

/* A memo that is begun for the first time, or again after it has failed. 1: no definition. */
static int begin_memo(struct enter *enter, const cairn_enter *item, cairn_memo *memo,
		      struct turn *turn)
{
	cairn_time now = enter->write->now;
	int failed;
	memo->last_attempt = enter->run->attempt;
	memo->fence = enter->run->fence;
	memo->begun_at = now;
	memo->status = CAIRN_MEMO_WAITING;
	*turn = (struct turn){ CAIRN_ENTER_BEGUN, CAIRN_EVENT_STEP_WAITING };
	switch (enter->plan->verb) {
	case CAIRN_MEMO_STEP:
		memo->status = CAIRN_MEMO_RUNNING;
		memo->claim = item->id;
		turn->event = CAIRN_EVENT_STEP_STARTED;
		return 0;
	case CAIRN_MEMO_VALUE:
		complete(memo, item->result, now, turn);
		return 0;
	case CAIRN_MEMO_SLEEP:
		memo->wake_at = now + item->wait;
		if (item->wait == 0)
			complete(memo, JSON_NULL, now, turn);
		return 0;
	case CAIRN_MEMO_SIGNAL:
		memo->signal = item->signal;
		memo->wake_at = item->wait >= 0 ? now + item->wait : 0;
		return take_signal(enter, memo, turn);
	case CAIRN_MEMO_CHILD:
		break;
	}
	memo->child = item->id;
	failed = start_child(enter, item);
	if (failed > 0)
		turn->how = CAIRN_ENTER_NO_DEFINITION;
	return failed;
}

static int begin_again(struct enter *enter, const cairn_enter *item, cairn_memo *memo,
		       struct turn *turn)
{
	memo->attempts++;
	if (memo->status == CAIRN_MEMO_FAILED || memo->last_attempt != enter->run->attempt)
		memo->failures = 0;
	memo->ended_at = 0;
	memo->wake_at = 0;
	memo->error_code = (cairn_str){ NULL, 0 };
	memo->error_message = (cairn_str){ NULL, 0 };
	return begin_memo(enter, item, memo, turn);
}

/* How the child ended: its job is gone, or over. */
static void end_child(struct enter *enter, cairn_memo *memo, struct turn *turn)
{
	const cairn_job *job = cairn_mem__job(enter->write->state, memo->child);
	cairn_time now = enter->write->now;
	if (job != NULL && (job->status == CAIRN_JOB_PENDING || job->status == CAIRN_JOB_LEASED))
		return;
	if (job != NULL && job->status == CAIRN_JOB_SUCCEEDED) {
		complete(memo, job->output.len > 0 ? job->output : JSON_NULL, now, turn);
		return;
	}
	bool told = job != NULL && job->error_code.len > 0;
	memo->status = CAIRN_MEMO_FAILED;
	memo->last_attempt = enter->run->attempt;
	memo->ended_at = now;
	memo->error_code =
		told ? job->error_code : cairn_str_of(cairn_code_text(CAIRN_E_REPLAY_CHILD_LOST));
	memo->error_message = told ? job->error_message
				   : cairn_str_of(cairn_code_message(CAIRN_E_REPLAY_CHILD_LOST));
	*turn = (struct turn){ CAIRN_ENTER_BEGUN, CAIRN_EVENT_STEP_FAILED };
}

/* One that waits; the turn stays FOUND where there is nothing new. */
static int look_again(struct enter *enter, const cairn_enter *item, cairn_memo *memo,
		      struct turn *turn)
{
	cairn_time now = enter->write->now;
	memo->fence = enter->run->fence;
	switch (memo->verb) {
	case CAIRN_MEMO_STEP:
		return memo->wake_at > now ? 0 : begin_again(enter, item, memo, turn);
	case CAIRN_MEMO_SLEEP:
		if (memo->wake_at <= now)
			complete(memo, JSON_NULL, now, turn);
		return 0;
	case CAIRN_MEMO_SIGNAL:
		return take_signal(enter, memo, turn);
	case CAIRN_MEMO_CHILD:
		end_child(enter, memo, turn);
		return 0;
	case CAIRN_MEMO_VALUE:
		break;
	}
	return 0;
}

static int find_memo(struct enter *enter, const cairn_enter *item, cairn_memo *memo,
		     struct turn *turn)
{
	*turn = (struct turn){ .how = CAIRN_ENTER_FOUND };
	switch (memo->status) {
	case CAIRN_MEMO_COMPLETED:
		return 0;
	case CAIRN_MEMO_FAILED:
		if (memo->last_attempt == enter->run->attempt)
			return 0;
		return begin_again(enter, item, memo, turn);
	case CAIRN_MEMO_RUNNING:
		if (cairn_id_compare(memo->claim, item->id) == 0) {
			turn->how = CAIRN_ENTER_BEGUN;
			return 0;
		}
		if (memo->fence == enter->run->fence)
			return 0;
		return begin_again(enter, item, memo, turn);
	case CAIRN_MEMO_WAITING:
		break;
	}
	return look_again(enter, item, memo, turn);
}

/* The memo as it will be: found under its name, or a new one. 1: no definition; -1: no memory. */
static int enter_memo(struct enter *enter, const cairn_enter *item, const cairn_memo *was,
		      cairn_memo *memo, struct turn *turn)
{
	const struct mem_state *state = enter->write->state;
	if (was != NULL) {
		*memo = *was;
		return find_memo(enter, item, memo, turn);
	}
	*memo = (cairn_memo){ .run = enter->run->id,
			      .seq = cairn_mem__memo_last(state, enter->run->id) + 1,
			      .name = item->name,
			      .kind = item->kind,
			      .verb = enter->plan->verb,
			      .attempts = 1,
			      .signature = item->signature,
			      .created_at = enter->write->now };
	memcpy(memo->hash, item->hash, sizeof memo->hash);
	return begin_memo(enter, item, memo, turn);
}

static bool mismatch(const struct enter *enter, const cairn_enter *item, const cairn_memo *was)
{
	return was != NULL && (was->verb != enter->plan->verb ||
			       memcmp(was->hash, item->hash, sizeof was->hash) != 0);
}

static int enter_one(struct enter *enter, const cairn_enter *item, cairn_entered *each)
{
	struct mem_write *write = enter->write;
	const cairn_memo *was = cairn_mem__memo_by_name(write->state, enter->run->id, item->name);
	cairn_memo is;
	struct turn turn;
	each->how = CAIRN_ENTER_MISMATCH;
	if (mismatch(enter, item, was))
		return 0;
	int failed = enter_memo(enter, item, was, &is, &turn);
	each->how = turn.how;
	if (failed != 0)
		return failed < 0 ? -1 : 0;
	bool same = was != NULL && turn.event == 0 && was->fence == is.fence;
	if (!same && cairn_mem__put(write->state, MEM_MEMOS, &is) != 0)
		return -1;
	if (turn.event != 0 && (enter->plan->record & 1u << turn.event) &&
	    cairn_mem__replay_event(write, enter->job, turn.event, &is) != 0)
		return -1;
	if (cairn_mem__memo_push(&is, enter->rows) != 0)
		return -1;
	each->row = (uint32_t)cairn_rows_count(enter->rows);
	return 0;
}

static int enter_all(struct mem_write *write, const cairn_enter_plan *plan, cairn_entered *each,
		     cairn_rows *rows)
{
	const cairn_job *job = cairn_mem__job(write->state, plan->run);
	const struct mem_replay *replay = cairn_mem__replay(write->state, plan->run);
	memset(each, 0, plan->n * sizeof *each);
	if (replay == NULL || !cairn_mem__leased(job, plan->fence, write->now))
		return 0;
	struct enter enter = {
		.write = write, .plan = plan, .job = job, .run = &replay->run, .rows = rows
	};
	for (size_t i = 0; i < plan->n; i++) {
		if (enter_one(&enter, &plan->items[i], &each[i]) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__replay_enter(void *self, const cairn_enter_plan *plan, cairn_entered *each,
				     cairn_rows *memos, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_REPLAYS, &write, err);
	if (status != CAIRN_OK)
		return status;
	if (enter_all(&write, plan, each, memos) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(mem, &write, status);
}
