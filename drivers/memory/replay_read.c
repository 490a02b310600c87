/*
 * replay_read.c - replay runs from outside: what they are and what they remember; forks; and deleting them in trees, with
 * their jobs.
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* ---- runs ------------------------------------------------------------------------ */

static void count_memos(const struct mem_state *state, cairn_replay_run *row)
{
	const cairn_memo *memo;
	for (size_t i = cairn_mem__memo_first(state, row->id);
	     (memo = cairn_mem__memo_at(state, row->id, i)) != NULL; i++) {
		row->steps++;
		row->completed += memo->status == CAIRN_MEMO_COMPLETED;
		row->failed += memo->status == CAIRN_MEMO_FAILED;
		row->waiting += memo->status == CAIRN_MEMO_WAITING;
	}
	for (size_t i = 0; i < cairn_mem__count(state, MEM_REPLAYS); i++) {
		const struct mem_replay *other = cairn_mem__at(state, MEM_REPLAYS, i);
		row->children += cairn_id_compare(other->run.parent, row->id) == 0;
	}
}

static cairn_replay_run shown(const struct mem_replay *replay, const cairn_job *job, bool compact)
{
	const cairn_str none = { NULL, 0 };
	bool pending = job->status == CAIRN_JOB_PENDING;
	cairn_replay_run row = replay->run;
	row.status = cairn_replay_status_of(job);
	row.run_number = job->run_number;
	row.type = job->type;
	row.queue = job->queue;
	row.tenant = job->tenant;
	row.owner = job->owner;
	row.worker = job->worker;
	row.payload = compact ? none : job->payload;
	row.output = compact ? none : job->output;
	row.error_code = job->error_code;
	row.error_message = job->error_message;
	row.wake_at = pending ? job->run_at : 0;
	row.lease_expires_at = job->lease_expires_at;
	row.created_at = job->created_at;
	row.started_at = job->started_at;
	row.finished_at = job->finished_at;
	row.updated_at = job->updated_at;
	return row;
}

static bool same_or_any(cairn_id wanted, cairn_id is)
{
	return cairn_id_is_none(wanted) || cairn_id_compare(wanted, is) == 0;
}

static bool child_of_them(const cairn_replay_query *query, cairn_id parent)
{
	if (query->parents == NULL)
		return true;
	for (size_t i = 0; i < query->parent_count; i++) {
		if (cairn_id_compare(query->parents[i], parent) == 0)
			return true;
	}
	return false;
}

static bool wanted(const cairn_replay_query *query, const struct mem_replay *replay,
		   const cairn_job *job)
{
	if (!(query->statuses & 1u << cairn_replay_status_of(job)))
		return false;
	if (!same_or_any(query->run, replay->run.id) || !same_or_any(query->root, replay->run.root))
		return false;
	if (query->type.len > 0 && !cairn_str_equal(query->type, job->type))
		return false;
	if (query->created_from != 0 && job->created_at < query->created_from)
		return false;
	if (query->created_to != 0 && job->created_at >= query->created_to)
		return false;
	return cairn_mem__in_scope(&query->scope, job->tenant) &&
	       child_of_them(query, replay->run.parent);
}

static int push_runs(const struct mem_state *state, const cairn_replay_query *query,
		     cairn_rows *rows)
{
	struct mem_replay after = { .run.id = query->after };
	size_t i = cairn_id_is_none(query->after) ? cairn_mem__count(state, MEM_REPLAYS)
						  : cairn_mem__seek(state, MEM_REPLAYS, &after);
	while (i-- > 0 && cairn_rows_count(rows) < query->limit) {
		const struct mem_replay *replay = cairn_mem__at(state, MEM_REPLAYS, i);
		const cairn_job *job = cairn_mem__job(state, replay->run.id);
		if (job == NULL || !wanted(query, replay, job))
			continue;
		struct mem_replay row = { .run = shown(replay, job, query->compact != 0) };
		if (query->counts)
			count_memos(state, &row.run);
		if (cairn_mem__push(rows, MEM_REPLAYS, &row) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__replay_runs(void *self, const cairn_replay_query *query, cairn_rows *rows,
				    cairn_error *err)
{
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(self, MEM_REPLAYS, &state, err);
	if (status != CAIRN_OK)
		return status;
	if (push_runs(state, query, rows) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	cairn_mem__state_drop(state);
	return status;
}

/* ---- memos ------------------------------------------------------------------------- */

static int push_memos(const struct mem_state *state, const cairn_memo_query *query,
		      cairn_rows *rows)
{
	const cairn_memo *memo;
	for (size_t i = cairn_mem__memo_first(state, query->run);
	     cairn_rows_count(rows) < query->limit &&
	     (memo = cairn_mem__memo_at(state, query->run, i)) != NULL;
	     i++) {
		cairn_memo row = *memo;
		if (memo->seq <= query->after || !(query->statuses & 1u << memo->status) ||
		    (query->name.len > 0 && !cairn_str_equal(query->name, memo->name)))
			continue;
		if (query->compact)
			row.signature = (cairn_str){ NULL, 0 };
		if (query->compact == 1)
			row.result = (cairn_str){ NULL, 0 };
		if (cairn_mem__push(rows, MEM_MEMOS, &row) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__replay_memos(void *self, const cairn_memo_query *query, int *found,
				     cairn_rows *rows, cairn_error *err)
{
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(self, MEM_REPLAYS, &state, err);
	if (status != CAIRN_OK)
		return status;
	const cairn_job *job = cairn_mem__job(state, query->run);
	*found = job != NULL && cairn_mem__in_scope(&query->scope, job->tenant) &&
		 cairn_mem__replay(state, query->run) != NULL;
	if (*found && push_memos(state, query, rows) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	cairn_mem__state_drop(state);
	return status;
}

/* ---- fork ---------------------------------------------------------------------------- */

static cairn_job forked_job(const cairn_fork_plan *plan, const cairn_job *source, cairn_time now)
{
	cairn_time run_at = plan->run_at != 0 ? plan->run_at : now;
	return (cairn_job){
		.id = plan->id,
		.queue = plan->queue.len > 0 ? plan->queue : source->queue,
		.type = source->type,
		.tenant = source->tenant,
		.payload = source->payload,
		.status = CAIRN_JOB_PENDING,
		.priority = source->priority,
		.run_number = 1,
		.max_attempts = source->max_attempts,
		.parked = run_at > now,
		.timeout = source->timeout,
		.run_at = run_at,
		.owner = plan->owner.len > 0 ? plan->owner : source->owner,
		.resource_key = source->resource_key,
		.stage = CAIRN_STR("queued"),
		.progress_done = -1,
		.progress_total = -1,
		.replay = 1,
		.created_at = now,
		.updated_at = now,
	};
}

static int put_fork(struct mem_write *write, const cairn_fork_plan *plan, const cairn_job *source,
		    const struct mem_replay *from, int64_t shared)
{
	cairn_job job = forked_job(plan, source, write->now);
	struct mem_replay replay = { .run = { .id = plan->id,
					      .root = plan->id,
					      .source = plan->source,
					      .shared = shared,
					      .scope = from->run.scope,
					      .code = plan->code.len > 0 ? plan->code
									 : from->run.code } };
	if (cairn_mem__put(write->state, MEM_JOBS, &job) != 0 ||
	    cairn_mem__resource_need(write, &job) != 0 ||
	    cairn_mem__put(write->state, MEM_REPLAYS, &replay) != 0)
		return -1;
	if (!plan->record)
		return 0;
	cairn_event_record event = cairn_event_of(CAIRN_EVENT_ENQUEUED, &job);
	event.stage = job.stage;
	event.detail = job.type;
	return cairn_mem__event_add(write, job.id, &event);
}

/* Each put may move the source's rows: they are found again by seq. */
static int share_memos(struct mem_write *write, const cairn_fork_plan *plan, int64_t shared)
{
	const cairn_memo *memo;
	int64_t done = 0;
	while (done < shared) {
		cairn_memo key = { .run = plan->source, .seq = done + 1 };
		size_t at = cairn_mem__seek(write->state, MEM_MEMOS, &key);
		memo = cairn_mem__memo_at(write->state, plan->source, at);
		if (memo == NULL || memo->seq > shared)
			break;
		done = memo->seq;
		if (memo->status != CAIRN_MEMO_COMPLETED)
			continue;
		cairn_memo copy = *memo;
		copy.run = plan->id;
		if (cairn_mem__put(write->state, MEM_MEMOS, &copy) != 0)
			return -1;
	}
	return 0;
}

/* The last step that is shared; -1: there is no such step. */
static int64_t shared_seq(const struct mem_state *state, const cairn_fork_plan *plan)
{
	const cairn_memo *memo;
	if (plan->name.len == 0 && plan->seq == 0)
		return 0;
	memo = plan->name.len > 0 ? cairn_mem__memo_by_name(state, plan->source, plan->name)
				  : cairn_mem__memo(state, plan->source, plan->seq);
	return memo != NULL ? memo->seq : -1;
}

static int fork_run(struct mem_write *write, const cairn_fork_plan *plan,
		    enum cairn_fork_result *result, int64_t *shared)
{
	const struct mem_state *state = write->state;
	const cairn_job *source = cairn_mem__job(state, plan->source);
	const struct mem_replay *from = cairn_mem__replay(state, plan->source);
	*result = CAIRN_FORK_MISS;
	if (source == NULL || from == NULL || !cairn_mem__in_scope(&plan->scope, source->tenant))
		return 0;
	*result = CAIRN_FORK_NO_STEP;
	*shared = shared_seq(state, plan);
	if (*shared < 0)
		return 0;
	const cairn_definition *definition = cairn_mem__definition(state, source->type);
	*result = CAIRN_FORK_NO_DEFINITION;
	if (definition == NULL || definition->disabled)
		return 0;
	*result = CAIRN_FORK_DONE;
	if (put_fork(write, plan, source, from, *shared) != 0)
		return -1;
	return share_memos(write, plan, *shared);
}

cairn_status cairn_mem__replay_fork(void *self, const cairn_fork_plan *plan,
				    enum cairn_fork_result *result, int64_t *shared,
				    cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_REPLAYS, &write, err);
	if (status != CAIRN_OK)
		return status;
	if (fork_run(&write, plan, result, shared) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- deleting ---------------------------------------------------------------------------- */

/* Removes the rows of a table that begin with an id; from is the least such key. Counts them into *n. */
static int remove_rows(struct mem_state *state, enum mem_table table, const void *from,
		       const cairn_id *(*id_of)(const void *row), size_t *n)
{
	size_t at = cairn_mem__seek(state, table, from);
	while (at < cairn_mem__count(state, table)) {
		const void *row = cairn_mem__at(state, table, at);
		if (cairn_id_compare(*id_of(row), *id_of(from)) != 0)
			break;
		if (cairn_mem__remove(state, table, row) != 0)
			return -1;
		++*n;
	}
	return 0;
}

static const cairn_id *memo_run(const void *row)
{
	return &((const cairn_memo *)row)->run;
}

static const cairn_id *signal_run(const void *row)
{
	return &((const struct mem_signal *)row)->signal.run;
}

static const cairn_id *budget_root(const void *row)
{
	return &((const cairn_budget *)row)->root;
}

static const cairn_id *entry_root(const void *row)
{
	return &((const cairn_entry *)row)->root;
}

int cairn_mem__replay_forget(struct mem_write *write, cairn_id run, cairn_replay_deleted *deleted)
{
	struct mem_state *state = write->state;
	size_t budgets = 0;
	cairn_replay_deleted own = { .roots = 0 };
	struct mem_signal signal = { .signal.run = run };
	if (deleted == NULL)
		deleted = &own;
	if (remove_rows(state, MEM_MEMOS, &(cairn_memo){ .run = run }, memo_run, &deleted->steps) !=
		    0 ||
	    remove_rows(state, MEM_SIGNALS, &signal, signal_run, &deleted->signals) != 0 ||
	    remove_rows(state, MEM_BUDGETS, &(cairn_budget){ .root = run }, budget_root,
			&budgets) != 0 ||
	    remove_rows(state, MEM_ENTRIES, &(cairn_entry){ .root = run }, entry_root,
			&deleted->entries) != 0)
		return -1;
	return cairn_mem__remove(state, MEM_REPLAYS, &(struct mem_replay){ .run.id = run });
}

/* The next run of a tree behind an id, but for its root; none: there is no more. */
static cairn_id next_of_tree(const struct mem_state *state, cairn_id root, cairn_id behind)
{
	const cairn_id none = { { 0 } };
	struct mem_replay key = { .run.id = behind };
	for (size_t i = cairn_mem__seek(state, MEM_REPLAYS, &key);
	     i < cairn_mem__count(state, MEM_REPLAYS); i++) {
		const struct mem_replay *replay = cairn_mem__at(state, MEM_REPLAYS, i);
		if (cairn_id_compare(replay->run.root, root) == 0 &&
		    cairn_id_compare(replay->run.id, root) != 0 &&
		    cairn_id_compare(replay->run.id, behind) != 0)
			return replay->run.id;
	}
	return none;
}

/* A job goes with all that is kept of its run. */
int cairn_mem__replay_delete(struct mem_write *write, cairn_id run, cairn_replay_deleted *deleted)
{
	cairn_id next = { { 0 } };
	while (!cairn_id_is_none(next = next_of_tree(write->state, run, next))) {
		const cairn_job *job = cairn_mem__job(write->state, next);
		if (deleted != NULL)
			deleted->descendants++;
		if (cairn_mem__replay_forget(write, next, deleted) != 0 ||
		    (job != NULL && cairn_mem__job_delete(write, job) != 0))
			return -1;
	}
	return cairn_mem__replay_forget(write, run, deleted);
}

static bool live(const cairn_job *job, cairn_time now)
{
	return job != NULL && (job->status == CAIRN_JOB_PENDING ||
			       job->status == CAIRN_JOB_LEASED || job->lease_expires_at > now);
}

static bool tree_lives(const struct mem_write *write, cairn_id root)
{
	cairn_id next = root;
	do {
		if (live(cairn_mem__job(write->state, next), write->now))
			return true;
		next = next_of_tree(write->state, root,
				    cairn_id_compare(next, root) == 0 ? (cairn_id){ { 0 } } : next);
	} while (!cairn_id_is_none(next));
	return false;
}

/* The job of a root that fits, or NULL. */
static const cairn_job *fits(const struct mem_write *write, const cairn_replay_remove_plan *plan,
			     const struct mem_replay *replay)
{
	const cairn_job *job = cairn_mem__job(write->state, replay->run.id);
	if (job == NULL || cairn_id_compare(replay->run.root, replay->run.id) != 0 ||
	    !cairn_id_is_none(job->run) || !(plan->statuses & 1u << job->status) ||
	    job->finished_at > write->now - plan->age)
		return NULL;
	if (plan->type.len > 0 && !cairn_str_equal(plan->type, job->type))
		return NULL;
	if (!same_or_any(plan->run, replay->run.id))
		return NULL;
	return cairn_mem__in_scope(&plan->scope, job->tenant) ? job : NULL;
}

static int oldest_end_first(const void *a, const void *b)
{
	const cairn_job *x = *(const cairn_job *const *)a;
	const cairn_job *y = *(const cairn_job *const *)b;
	if (x->finished_at != y->finished_at)
		return x->finished_at < y->finished_at ? -1 : 1;
	return cairn_id_compare(x->id, y->id);
}

static int remove_root(struct mem_write *write, const cairn_job *job, cairn_replay_deleted *deleted)
{
	deleted->roots++;
	if (cairn_mem__replay_delete(write, job->id, deleted) != 0)
		return -1;
	return cairn_mem__job_delete(write, job);
}

struct call {
	const cairn_replay_remove_plan *plan;
	cairn_replay_deleted *deleted;
};

static int remove_oldest(struct mem_write *write, const cairn_job **ended, void *arg)
{
	const struct call *call = arg;
	size_t found = 0;
	for (size_t i = 0; i < cairn_mem__count(write->state, MEM_REPLAYS); i++) {
		const struct mem_replay *replay = cairn_mem__at(write->state, MEM_REPLAYS, i);
		const cairn_job *job = fits(write, call->plan, replay);
		if (job != NULL)
			ended[found++] = job;
	}
	if (found > 0)
		qsort(ended, found, sizeof *ended, oldest_end_first);
	for (size_t i = 0; i < found && call->deleted->roots < call->plan->limit; i++) {
		if (tree_lives(write, ended[i]->id))
			call->deleted->live++;
		else if (remove_root(write, ended[i], call->deleted) != 0)
			return -1;
	}
	return 0;
}

/* What would be deleted is deleted, and then not kept. */
static int remove_or_count(struct mem_write *write, const cairn_job **ended, void *arg)
{
	const struct call *call = arg;
	struct mem_state *before = NULL;
	if (call->plan->dry) {
		before = cairn_mem__state_copy(write->state);
		if (before == NULL)
			return -1;
	}
	int failed = remove_oldest(write, ended, arg);
	if (before != NULL) {
		cairn_mem__state_drop(write->state);
		write->state = before;
	}
	return failed;
}

cairn_status cairn_mem__replay_remove(void *self, const cairn_replay_remove_plan *plan,
				      cairn_replay_deleted *deleted, cairn_error *err)
{
	struct call call = { .plan = plan, .deleted = deleted };
	memset(deleted, 0, sizeof *deleted);
	return cairn_mem__pick(self, remove_or_count, &call, err);
}
