/*
 * replay.c - replay runs (sys/replay.h): begin, and how steps end. A run is a row beside its job's, a memo a row for each
 * step. What is asked for is in replay_enter.c, reading and deleting runs in replay_read.c, waking in signal.c.
 */
#include <stdio.h>
#include <string.h>

#include "mem.h"

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

int64_t cairn_mem__memo_last(const struct mem_state *state, cairn_id run)
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

int cairn_mem__memo_push(const cairn_memo *memo, cairn_rows *rows)
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
		if (cairn_mem__memo_push(memo, memos) != 0)
			return -1;
	}
	cairn_time lease_expires_at = begun->run.lease_expires_at;
	begun->run = replay->run;
	begun->run.lease_expires_at = lease_expires_at;
	begun->run.scope = cairn_rows_str(memos, replay->run.scope.ptr, replay->run.scope.len);
	begun->run.code = cairn_rows_str(memos, replay->run.code.ptr, replay->run.code.len);
	begun->steps = cairn_mem__memo_last(write->state, run);
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
	begun->run.lease_expires_at = job->lease_expires_at;
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
		return cairn_mem__memo_push(was, rows);
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
