/*
 * replay.c - replay runs (sys/replay.h): begin, steps found, begun and ended, forks. A run is a row beside its job's, a
 * memo a row for each step. Reading and deleting them is in replay_read.c, waking in signal.c.
 */
#include <stdio.h>
#include <string.h>

#include "mem.h"

#define JSON_NULL CAIRN_STR("null")

/* ---- rows ------------------------------------------------------------------------ */

const struct mem_replay *cairn_mem__replay(const struct mem_state *state, cairn_id run)
{
	return cairn_mem__find(state, MEM_REPLAYS, &(struct mem_replay){ .run.id = run });
}

const cairn_memo *cairn_mem__memo(const struct mem_state *state, cairn_id run, int64_t seq)
{
	return cairn_mem__find(state, MEM_MEMOS, &(cairn_memo){ .run = run, .seq = seq });
}

size_t cairn_mem__memo_first(const struct mem_state *state, cairn_id run)
{
	return cairn_mem__seek(state, MEM_MEMOS, &(cairn_memo){ .run = run });
}

const cairn_memo *cairn_mem__memo_at(const struct mem_state *state, cairn_id run, size_t index)
{
	if (index >= cairn_mem__count(state, MEM_MEMOS))
		return NULL;
	const cairn_memo *memo = cairn_mem__at(state, MEM_MEMOS, index);
	return cairn_id_compare(memo->run, run) == 0 ? memo : NULL;
}

const cairn_memo *cairn_mem__memo_by_name(const struct mem_state *state, cairn_id run,
					  cairn_str name)
{
	const cairn_memo *memo;
	for (size_t i = cairn_mem__memo_first(state, run);
	     (memo = cairn_mem__memo_at(state, run, i)) != NULL; i++) {
		if (cairn_str_equal(memo->name, name))
			return memo;
	}
	return NULL;
}

static int64_t last_seq(const struct mem_state *state, cairn_id run)
{
	cairn_memo beyond = { .run = run, .seq = INT64_MAX };
	size_t at = cairn_mem__seek(state, MEM_MEMOS, &beyond);
	const cairn_memo *memo = at > 0 ? cairn_mem__memo_at(state, run, at - 1) : NULL;
	return memo != NULL ? memo->seq : 0;
}

cairn_id cairn_mem__replay_root(const struct mem_state *state, cairn_id run)
{
	const struct mem_replay *replay = cairn_mem__replay(state, run);
	return replay != NULL ? replay->run.root : run;
}

bool cairn_mem__leased(const cairn_job *job, int64_t fence, cairn_time now)
{
	return job != NULL && job->status == CAIRN_JOB_LEASED && job->fence == fence &&
	       job->lease_expires_at > now;
}

int cairn_mem__replay_event(struct mem_write *write, const cairn_job *job,
			    enum cairn_event_kind kind, const cairn_memo *memo)
{
	char data[80];
	cairn_event_record event = cairn_event_of(kind, job);
	int len = snprintf(data, sizeof data, "{\"step\":%lld,\"step_attempt\":%d}",
			   (long long)memo->seq, (int)memo->attempts);
	event.data = (cairn_str){ data, (size_t)len };
	event.detail = memo->name;
	event.reason = memo->kind;
	if (kind == CAIRN_EVENT_STEP_WAITING || kind == CAIRN_EVENT_STEP_FAILED)
		event.until = memo->wake_at;
	if (kind == CAIRN_EVENT_STEP_FAILED) {
		event.error_code = memo->error_code;
		event.error_message = memo->error_message;
	}
	return cairn_mem__event_add(write, job->id, &event);
}

static int push_memo(const cairn_memo *memo, cairn_rows *rows)
{
	cairn_memo row = *memo;
	row.signature = (cairn_str){ NULL, 0 };
	return cairn_mem__push(rows, MEM_MEMOS, &row);
}

/* ---- begin ------------------------------------------------------------------------- */

/* What forbids it, for a job whose lease holds; replay is NULL for one that is none yet. */
static bool refused(const struct mem_write *write, const cairn_replay_begin_plan *plan,
		    const cairn_job *job, const struct mem_replay *replay,
		    cairn_replay_begun *begun)
{
	const cairn_definition *definition = cairn_mem__definition(write->state, job->type);
	begun->unkept = definition != NULL && definition->retention == CAIRN_RETAIN_NONE;
	if (replay != NULL) {
		const cairn_job *parent = cairn_mem__job(write->state, replay->run.parent);
		begun->other_code = plan->code.len > 0 && replay->run.code.len > 0 &&
				    !plan->recode && !cairn_str_equal(plan->code, replay->run.code);
		begun->orphaned = parent != NULL && parent->status == CAIRN_JOB_CANCELED;
	}
	return begun->unkept || begun->other_code || begun->orphaned;
}

/* After a suspension it is the same attempt of the run. */
static int32_t next_attempt(const struct mem_replay *replay, const cairn_job *job)
{
	bool continued =
		job->attempt == 1 && cairn_str_is(job->status_reason, CAIRN_REASON_CONTINUED);
	if (replay->run.attempt == 0)
		return 1;
	return replay->run.attempt + (replay->run.fence == job->fence || continued ? 0 : 1);
}

static int put_begun(struct mem_write *write, const cairn_replay_begin_plan *plan,
		     const cairn_job *job, const struct mem_replay *was, struct mem_replay *is)
{
	if (was == NULL) {
		cairn_job marked = *job;
		marked.replay = 1;
		*is = (struct mem_replay){
			.run = { .id = job->id, .root = job->id, .scope = CAIRN_STR("root") }
		};
		if (cairn_mem__put(write->state, MEM_JOBS, &marked) != 0)
			return -1;
		is->run.attempt = 1;
	} else {
		*is = *was;
		is->run.attempt = next_attempt(was, job);
	}
	if (was == NULL || was->run.fence != job->fence)
		is->begun_at = write->now;
	is->run.fence = job->fence;
	if (plan->code.len > 0)
		is->run.code = plan->code;
	return cairn_mem__put(write->state, MEM_REPLAYS, is);
}

/* The first page, and what is told of the run. */
static int tell_begun(struct mem_write *write, const cairn_replay_begin_plan *plan,
		      const struct mem_replay *replay, cairn_replay_begun *begun, cairn_rows *memos)
{
	const cairn_memo *memo;
	cairn_id run = replay->run.id;
	size_t first = cairn_mem__memo_first(write->state, run);
	for (size_t i = 0; i < plan->page; i++) {
		memo = cairn_mem__memo_at(write->state, run, first + i);
		if (memo == NULL)
			break;
		if (push_memo(memo, memos) != 0)
			return -1;
	}
	begun->run = replay->run;
	begun->run.scope = cairn_rows_str(memos, replay->run.scope.ptr, replay->run.scope.len);
	begun->run.code = cairn_rows_str(memos, replay->run.code.ptr, replay->run.code.len);
	begun->steps = last_seq(write->state, run);
	return cairn_rows_failed(memos) ? -1 : 0;
}

static int begin(struct mem_write *write, const cairn_replay_begin_plan *plan,
		 cairn_replay_begun *begun, cairn_rows *memos)
{
	const cairn_job *job = cairn_mem__job(write->state, plan->id);
	const struct mem_replay *was = cairn_mem__replay(write->state, plan->id);
	struct mem_replay is;
	memset(begun, 0, sizeof *begun);
	begun->hit = CAIRN_MISS;
	if (!cairn_mem__leased(job, plan->fence, write->now))
		return 0;
	begun->hit = CAIRN_HIT;
	begun->lease_left = job->lease_expires_at - write->now;
	if (refused(write, plan, job, was, begun))
		return 0;
	if (put_begun(write, plan, job, was, &is) != 0)
		return -1;
	return tell_begun(write, plan, &is, begun, memos);
}

cairn_status cairn_mem__replay_begin(void *self, const cairn_replay_begin_plan *plan,
				     cairn_replay_begun *begun, cairn_rows *memos, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_REPLAYS, &write, err);
	if (status != CAIRN_OK)
		return status;
	if (begin(&write, plan, begun, memos) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- enter --------------------------------------------------------------------------- */

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
			      .seq = last_seq(state, enter->run->id) + 1,
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
	if (push_memo(&is, enter->rows) != 0)
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

/* ---- leave ------------------------------------------------------------------------------ */

static cairn_memo left_memo(const cairn_leave_plan *plan, const cairn_memo *was, cairn_time now)
{
	cairn_memo is = *was;
	is.status = plan->to;
	is.result = plan->result;
	is.error_code = plan->error_code;
	is.error_message = plan->error_message;
	if (plan->to == CAIRN_MEMO_WAITING) {
		is.wake_at = now + plan->wait;
		if (plan->not_before > is.wake_at)
			is.wake_at = plan->not_before;
	} else {
		is.ended_at = now;
	}
	if (plan->to != CAIRN_MEMO_COMPLETED)
		is.failures++;
	return is;
}

static int charge(struct mem_write *write, const cairn_leave_plan *plan, cairn_left *left, bool *no)
{
	cairn_budget_plan budget = { .scope = { .kind = CAIRN_SCOPE_ANY },
				     .verb = CAIRN_BUDGET_CHARGE,
				     .all = 1,
				     .items = plan->charges,
				     .n = plan->charge_count };
	*no = false;
	if (plan->charge_count == 0)
		return 0;
	return cairn_mem__budget_items(write, &budget, left->charged, no);
}

static int leave(struct mem_write *write, const cairn_leave_plan *plan, cairn_left *left,
		 cairn_rows *rows)
{
	const cairn_job *job = cairn_mem__job(write->state, plan->run);
	const cairn_memo *was = cairn_mem__memo(write->state, plan->run, plan->seq);
	bool no;
	left->wake_at = 0;
	left->how = CAIRN_LEAVE_LOST;
	if (!cairn_mem__leased(job, plan->fence, write->now))
		return 0;
	left->how = CAIRN_LEAVE_NOT_HELD;
	if (was == NULL)
		return 0;
	if (was->status != CAIRN_MEMO_RUNNING || cairn_id_compare(was->claim, plan->claim) != 0)
		return push_memo(was, rows);
	left->how = CAIRN_LEAVE_CHARGE;
	if (charge(write, plan, left, &no) != 0)
		return -1;
	if (no)
		return 0;
	cairn_memo is = left_memo(plan, was, write->now);
	enum cairn_event_kind kind = plan->to == CAIRN_MEMO_COMPLETED ? CAIRN_EVENT_STEP_COMPLETED
								      : CAIRN_EVENT_STEP_FAILED;
	left->how = CAIRN_LEAVE_DONE;
	if (plan->to == CAIRN_MEMO_WAITING)
		left->wake_at = is.wake_at;
	if (cairn_mem__put(write->state, MEM_MEMOS, &is) != 0)
		return -1;
	return plan->record & 1u << kind ? cairn_mem__replay_event(write, job, kind, &is) : 0;
}

cairn_status cairn_mem__replay_leave(void *self, const cairn_leave_plan *plan, cairn_left *left,
				     cairn_rows *memos, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_REPLAYS, &write, err);
	if (status != CAIRN_OK)
		return status;
	if (leave(&write, plan, left, memos) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(mem, &write, status);
}
