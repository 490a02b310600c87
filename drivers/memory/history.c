/*
 * history.c - what remains of what happened to a job: attempts, events, the dead
 * letter. Written by enqueue.c, claim.c, change.c and reap.c, read here.
 */
#include "mem.h"

/* ---- writing --------------------------------------------------------------- */

/* The seq of a job's newest event; 0: it has none. */
static int64_t last_seq(const struct mem_state *state, cairn_id job)
{
	struct mem_event beyond = { .job = job, .event.seq = INT64_MAX };
	size_t at = cairn_mem__seek(state, MEM_EVENTS, &beyond);
	if (at == 0)
		return 0;
	const struct mem_event *last = cairn_mem__at(state, MEM_EVENTS, at - 1);
	return cairn_id_compare(last->job, job) == 0 ? last->event.seq : 0;
}

int cairn_mem__event_add(struct mem_write *write, cairn_id job, const cairn_event_record *event)
{
	struct mem_event row = { .event = *event, .job = job };
	row.event.seq = last_seq(write->state, job) + 1;
	row.event.at = write->now;
	return cairn_mem__put(write->state, MEM_EVENTS, &row);
}

int cairn_mem__attempt_add(struct mem_write *write, const cairn_change *change,
			   const cairn_job *was, const cairn_job *is)
{
	struct mem_attempt row = { .job = was->id };
	row.attempt = (cairn_attempt){
		.fence = was->fence,
		.run_number = was->run_number,
		.attempt = was->attempt,
		.worker = was->worker,
		.leased_at = was->leased_at,
		.finished_at = write->now,
		.ending = change->ending,
		.error_code = change->error_code,
		.error_message = change->error_message,
		.execution_started_at = was->execution_started_at,
		.prestart = was->prestart,
	};
	if (is->status == CAIRN_JOB_PENDING) {
		row.attempt.retry_delay = change->run_after;
		row.attempt.next_run_at = is->run_at;
		row.attempt.not_before = change->not_before;
	}
	return cairn_mem__put(write->state, MEM_ATTEMPTS, &row);
}

/* One per job: a later one replaces it and keeps when the first was written. */
int cairn_mem__dead_letter_add(struct mem_write *write, const cairn_job *job)
{
	cairn_dead_letter row = {
		.id = job->id,
		.type = job->type,
		.queue = job->queue,
		.tenant = job->tenant,
		.run_number = job->run_number,
		.attempt = job->attempt,
		.error_code = job->error_code,
		.error_message = job->error_message,
		.payload = job->payload,
		.checkpoint = job->checkpoint,
		.failed_at = write->now,
		.created_at = write->now,
	};
	const cairn_dead_letter *before = cairn_mem__find(write->state, MEM_DEAD_LETTERS, &row);
	if (before != NULL)
		row.created_at = before->created_at;
	return cairn_mem__put(write->state, MEM_DEAD_LETTERS, &row);
}

/* ---- reading --------------------------------------------------------------- */

/* A job outside the scope and a job that does not exist look the same. */
static const cairn_job *find_in_scope(const struct mem_state *state,
				      const cairn_history_query *query)
{
	const cairn_job *job = cairn_mem__job(state, query->job);
	return job != NULL && cairn_mem__in_scope(&query->scope, job->tenant) ? job : NULL;
}

static int push_attempts(const struct mem_state *state, const cairn_history_query *query,
			 const cairn_job *job, cairn_rows *rows)
{
	struct mem_attempt from = { .job = job->id, .attempt.fence = query->after };
	size_t count = cairn_mem__count(state, MEM_ATTEMPTS);
	for (size_t i = cairn_mem__seek(state, MEM_ATTEMPTS, &from);
	     i < count && cairn_rows_count(rows) < query->limit; i++) {
		const struct mem_attempt *row = cairn_mem__at(state, MEM_ATTEMPTS, i);
		if (cairn_id_compare(row->job, job->id) != 0)
			break;
		if (row->attempt.fence > query->after &&
		    cairn_mem__push(rows, MEM_ATTEMPTS, row) != 0)
			return -1;
	}
	bool runs = job->status == CAIRN_JOB_LEASED && job->fence > query->after;
	if (!runs || cairn_rows_count(rows) >= query->limit)
		return 0;
	/* the attempt that runs is not a row yet: it is the job */
	struct mem_attempt running = { .attempt = { .fence = job->fence,
						    .run_number = job->run_number,
						    .attempt = job->attempt,
						    .worker = job->worker,
						    .leased_at = job->leased_at,
						    .execution_started_at =
							    job->execution_started_at,
						    .prestart = job->prestart } };
	return cairn_mem__push(rows, MEM_ATTEMPTS, &running);
}

static int push_events(const struct mem_state *state, const cairn_history_query *query,
		       const cairn_job *job, cairn_rows *rows)
{
	struct mem_event from = { .job = job->id, .event.seq = query->after };
	size_t count = cairn_mem__count(state, MEM_EVENTS);
	for (size_t i = cairn_mem__seek(state, MEM_EVENTS, &from);
	     i < count && cairn_rows_count(rows) < query->limit; i++) {
		const struct mem_event *row = cairn_mem__at(state, MEM_EVENTS, i);
		if (cairn_id_compare(row->job, job->id) != 0)
			break;
		if (row->event.seq > query->after && cairn_mem__push(rows, MEM_EVENTS, row) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__read_history(struct mem *mem, const cairn_history_query *query, int *found,
				     mem_push_fn *push, cairn_rows *rows, cairn_error *err)
{
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_JOBS, &state, err);
	if (status != CAIRN_OK)
		return status;
	const cairn_job *job = find_in_scope(state, query);
	*found = job != NULL;
	if (job != NULL && push(state, query, job, rows) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	cairn_mem__state_drop(state);
	return status;
}

cairn_status cairn_mem__job_attempts(void *self, const cairn_history_query *query, int *found,
				     cairn_rows *rows, cairn_error *err)
{
	return cairn_mem__read_history(self, query, found, push_attempts, rows, err);
}

cairn_status cairn_mem__job_events(void *self, const cairn_history_query *query, int *found,
				   cairn_rows *rows, cairn_error *err)
{
	return cairn_mem__read_history(self, query, found, push_events, rows, err);
}

static bool wanted(const cairn_dead_query *query, const cairn_dead_letter *letter)
{
	if (!cairn_id_is_none(query->job) && cairn_id_compare(letter->id, query->job) != 0)
		return false;
	if (query->type.len > 0 && !cairn_str_equal(letter->type, query->type))
		return false;
	return cairn_mem__in_scope(&query->scope, letter->tenant);
}

cairn_status cairn_mem__job_dead(void *self, const cairn_dead_query *query, cairn_rows *rows,
				 cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_DEAD_LETTERS, &state, err);
	if (status != CAIRN_OK)
		return status;
	cairn_dead_letter after = { .id = query->after };
	size_t i = cairn_id_is_none(query->after)
			   ? cairn_mem__count(state, MEM_DEAD_LETTERS)
			   : cairn_mem__seek(state, MEM_DEAD_LETTERS, &after);
	while (i-- > 0 && cairn_rows_count(rows) < query->limit) {
		const cairn_dead_letter *letter = cairn_mem__at(state, MEM_DEAD_LETTERS, i);
		if (!wanted(query, letter))
			continue;
		if (cairn_mem__push(rows, MEM_DEAD_LETTERS, letter) != 0) {
			status = cairn_fail(err, CAIRN_E_NOMEM);
			break;
		}
	}
	cairn_mem__state_drop(state);
	return status;
}
