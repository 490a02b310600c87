/*
 * signal.c - signals to replay runs, and waking: a run that is put by is due as soon as something came that it waits for
 * (sys/replay.h).
 */
#include <stdio.h>
#include <string.h>

#include "mem.h"

/* ---- rows ------------------------------------------------------------------------ */

/* The signal of a run at an index, if it is its. */
static const struct mem_signal *signal_at(const struct mem_state *state, cairn_id run, size_t index)
{
	if (index >= cairn_mem__count(state, MEM_SIGNALS))
		return NULL;
	const struct mem_signal *row = cairn_mem__at(state, MEM_SIGNALS, index);
	return cairn_id_compare(row->signal.run, run) == 0 ? row : NULL;
}

static size_t signal_first(const struct mem_state *state, cairn_id run)
{
	return cairn_mem__seek(state, MEM_SIGNALS, &(struct mem_signal){ .signal.run = run });
}

const struct mem_signal *cairn_mem__signal_untaken(const struct mem_state *state, cairn_id run,
						   cairn_str name)
{
	const struct mem_signal *row;
	for (size_t i = signal_first(state, run); (row = signal_at(state, run, i)) != NULL; i++) {
		if (row->signal.taken_by == 0 && cairn_str_equal(row->signal.name, name))
			return row;
	}
	return NULL;
}

static const struct mem_signal *by_key(const struct mem_state *state, cairn_id run, cairn_str key)
{
	const struct mem_signal *row;
	for (size_t i = signal_first(state, run);
	     key.len > 0 && (row = signal_at(state, run, i)) != NULL; i++) {
		if (cairn_str_equal(row->signal.key, key))
			return row;
	}
	return NULL;
}

static int64_t last_seq(const struct mem_state *state, cairn_id run)
{
	struct mem_signal beyond = { .signal = { .run = run, .seq = INT64_MAX } };
	size_t at = cairn_mem__seek(state, MEM_SIGNALS, &beyond);
	const struct mem_signal *row = at > 0 ? signal_at(state, run, at - 1) : NULL;
	return row != NULL ? row->signal.seq : 0;
}

/* ---- waking ------------------------------------------------------------------------ */

static bool over(const cairn_job *job)
{
	return job->status != CAIRN_JOB_PENDING && job->status != CAIRN_JOB_LEASED;
}

static bool continued(const cairn_job *job)
{
	return job->status == CAIRN_JOB_PENDING && job->attempt == 0 &&
	       cairn_str_is(job->status_reason, CAIRN_REASON_CONTINUED);
}

static bool ready(const struct mem_state *state, const cairn_memo *memo)
{
	if (memo->verb == CAIRN_MEMO_SIGNAL)
		return cairn_mem__signal_untaken(state, memo->run, memo->signal) != NULL;
	if (memo->verb != CAIRN_MEMO_CHILD)
		return false;
	const cairn_job *child = cairn_mem__job(state, memo->child);
	return child == NULL || over(child);
}

static bool any_ready(const struct mem_state *state, const cairn_job *job)
{
	const cairn_memo *memo;
	for (size_t i = cairn_mem__memo_first(state, job->id);
	     (memo = cairn_mem__memo_at(state, job->id, i)) != NULL; i++) {
		if (memo->status == CAIRN_MEMO_WAITING && memo->fence == job->fence &&
		    ready(state, memo))
			return true;
	}
	return false;
}

/* 1 if it was woken, 0, or -1 without memory. */
static int wake(struct mem_write *write, cairn_id run)
{
	const cairn_job *was = cairn_mem__job(write->state, run);
	if (was == NULL || !continued(was) || was->run_at <= write->now ||
	    !any_ready(write->state, was))
		return 0;
	cairn_job is = *was;
	is.run_at = write->now;
	is.parked = 0;
	return cairn_mem__put(write->state, MEM_JOBS, &is) == 0 ? 1 : -1;
}

static int note(struct mem_write *write, cairn_id run)
{
	cairn_id *next = cairn_mem__list_add(write->mem, &write->mem->wakes, sizeof run);
	if (next == NULL)
		return -1;
	*next = run;
	return 0;
}

int cairn_mem__wake_note(struct mem_write *write, const cairn_job *was, const cairn_job *is)
{
	if (was->status == CAIRN_JOB_LEASED && is->status == CAIRN_JOB_PENDING && continued(is))
		return note(write, is->id);
	if (over(was) || !over(is))
		return 0;
	const struct mem_replay *replay = cairn_mem__replay(write->state, is->id);
	if (replay == NULL || cairn_id_is_none(replay->run.parent))
		return 0;
	return note(write, replay->run.parent);
}

int cairn_mem__wake_noted(struct mem_write *write)
{
	struct mem_list *list = &write->mem->wakes;
	for (size_t i = 0; i < list->n; i++) {
		if (wake(write, ((const cairn_id *)list->at)[i]) < 0)
			return -1;
	}
	list->n = 0;
	return 0;
}

/* ---- sending -------------------------------------------------------------------------- */

static int add_event(struct mem_write *write, const cairn_job *job, const cairn_signal *signal)
{
	char data[48];
	cairn_event_record event = cairn_event_of(CAIRN_EVENT_SIGNALED, job);
	int len = snprintf(data, sizeof data, "{\"signal\":%lld}", (long long)signal->seq);
	event.detail = signal->name;
	event.data = (cairn_str){ data, (size_t)len };
	return cairn_mem__event_add(write, job->id, &event);
}

static int put_signal(struct mem_write *write, const cairn_signal_plan *plan,
		      const cairn_signal_insert *item, const cairn_job *job,
		      cairn_signal_placed *each)
{
	struct mem_signal row = { .signal = { .seq = last_seq(write->state, job->id) + 1,
					      .run = job->id,
					      .name = item->name,
					      .key = item->key,
					      .payload = item->payload,
					      .sent_at = write->now } };
	memcpy(row.hash, item->hash, sizeof row.hash);
	each->result = CAIRN_SIGNAL_DONE;
	each->seq = row.signal.seq;
	if (cairn_mem__put(write->state, MEM_SIGNALS, &row) != 0)
		return -1;
	if ((plan->record & 1u << CAIRN_EVENT_SIGNALED) && add_event(write, job, &row.signal) != 0)
		return -1;
	int woken = wake(write, job->id);
	each->woken = woken > 0;
	return woken < 0 ? -1 : 0;
}

static int send_one(struct mem_write *write, const cairn_signal_plan *plan,
		    const cairn_signal_insert *item, cairn_signal_placed *each)
{
	const cairn_job *job = cairn_mem__job(write->state, item->run);
	*each = (cairn_signal_placed){ .result = CAIRN_SIGNAL_MISS };
	if (job == NULL || !cairn_mem__in_scope(&plan->scope, job->tenant))
		return 0;
	const struct mem_signal *there = by_key(write->state, item->run, item->key);
	if (there != NULL) {
		bool same = cairn_str_equal(there->signal.name, item->name) &&
			    memcmp(there->hash, item->hash, sizeof there->hash) == 0;
		each->result = same ? CAIRN_SIGNAL_EXISTS : CAIRN_SIGNAL_CONFLICT;
		each->seq = there->signal.seq;
		return 0;
	}
	each->result = CAIRN_SIGNAL_OVER;
	return over(job) ? 0 : put_signal(write, plan, item, job, each);
}

/* ---- to all that wait ----------------------------------------------------------------- */

/* Whether it is put by and waits for this name, and got nothing of it. */
static bool waits_for(const struct mem_state *state, const cairn_signal_insert *item,
		      const cairn_job *job)
{
	const cairn_memo *memo;
	if (!continued(job) || !job->parked)
		return false;
	for (size_t i = cairn_mem__memo_first(state, job->id);
	     (memo = cairn_mem__memo_at(state, job->id, i)) != NULL; i++) {
		if (memo->status == CAIRN_MEMO_WAITING && memo->verb == CAIRN_MEMO_SIGNAL &&
		    memo->fence == job->fence && cairn_str_equal(memo->signal, item->name))
			return cairn_mem__signal_untaken(state, job->id, item->name) == NULL &&
			       by_key(state, job->id, item->key) == NULL;
	}
	return false;
}

static int spread(struct mem_write *write, const cairn_signal_plan *plan,
		  cairn_signal_spread *result)
{
	*result = (cairn_signal_spread){ .sent = 0 };
	for (size_t i = 0; i < cairn_mem__count(write->state, MEM_REPLAYS); i++) {
		const struct mem_replay *replay = cairn_mem__at(write->state, MEM_REPLAYS, i);
		const cairn_job *job = cairn_mem__job(write->state, replay->run.id);
		cairn_signal_placed placed;
		if (job == NULL || !cairn_mem__in_scope(&plan->scope, job->tenant) ||
		    (plan->type.len > 0 && !cairn_str_equal(plan->type, job->type)) ||
		    !waits_for(write->state, plan->items, job))
			continue;
		if (result->sent == plan->limit) {
			result->more = 1;
			return 0;
		}
		if (put_signal(write, plan, plan->items, job, &placed) != 0)
			return -1;
		result->sent++;
	}
	return 0;
}

static int send_all(struct mem_write *write, const cairn_signal_plan *plan,
		    cairn_signal_placed *each)
{
	for (size_t i = 0; i < plan->n; i++) {
		if (send_one(write, plan, &plan->items[i], &each[i]) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__signal_send(void *self, const cairn_signal_plan *plan,
				    cairn_signal_placed *each, cairn_signal_spread *result,
				    cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_SIGNALS, &write, err);
	if (status != CAIRN_OK)
		return status;
	int failed = plan->limit > 0 ? spread(&write, plan, result) : send_all(&write, plan, each);
	if (failed)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- reading ------------------------------------------------------------------------------ */

static int push_signals(const struct mem_state *state, const cairn_signal_query *query,
			cairn_rows *rows)
{
	const struct mem_signal *row;
	for (size_t i = signal_first(state, query->run);
	     cairn_rows_count(rows) < query->limit &&
	     (row = signal_at(state, query->run, i)) != NULL;
	     i++) {
		if (row->signal.seq <= query->after ||
		    (query->untaken && row->signal.taken_by != 0) ||
		    (query->name.len > 0 && !cairn_str_equal(query->name, row->signal.name)))
			continue;
		if (cairn_mem__push(rows, MEM_SIGNALS, row) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__signal_list(void *self, const cairn_signal_query *query, int *found,
				    cairn_rows *rows, cairn_error *err)
{
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(self, MEM_SIGNALS, &state, err);
	if (status != CAIRN_OK)
		return status;
	const cairn_job *job = cairn_mem__job(state, query->run);
	*found = job != NULL && cairn_mem__in_scope(&query->scope, job->tenant);
	if (*found && push_signals(state, query, rows) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	cairn_mem__state_drop(state);
	return status;
}
