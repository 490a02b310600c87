/*
 * claim.c - leasing the best jobs that are due. With a single writer there is
 * nobody whose rows would have to be skipped.
 */
#include <stdlib.h>

#include "mem.h"

static bool right_type(const cairn_claim_plan *plan, const cairn_job *job)
{
	if (plan->types == NULL)
		return true;
	for (size_t i = 0; i < plan->type_count; i++) {
		if (cairn_str_equal(plan->types[i], job->type))
			return true;
	}
	return false;
}

/* A job without an owner is anybody's; a pinned one only its owner's. */
static bool right_owner(const cairn_claim_plan *plan, const cairn_job *job)
{
	return job->owner.len == 0 || cairn_str_equal(job->owner, plan->owner);
}

static bool claimable(const cairn_claim_plan *plan, const cairn_job *job, cairn_time now)
{
	return job->status == CAIRN_JOB_PENDING && job->run_at <= now &&
	       cairn_str_equal(job->queue, plan->queue) && right_type(plan, job) &&
	       right_owner(plan, job);
}

/* Queue order: priority descending, run_at, id. */
static int queue_order(const void *a, const void *b)
{
	const cairn_job *x = *(const cairn_job *const *)a;
	const cairn_job *y = *(const cairn_job *const *)b;
	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	if (x->run_at != y->run_at)
		return x->run_at < y->run_at ? -1 : 1;
	return cairn_id_compare(x->id, y->id);
}

/* Jobs of the queue that were put by for later, and whose time has come, stand in line again. */
static int unpark(struct mem_write *write, const cairn_claim_plan *plan)
{
	size_t count = cairn_mem__count(write->state, MEM_JOBS);
	for (size_t i = 0; i < count; i++) {
		const cairn_job *job = cairn_mem__at(write->state, MEM_JOBS, i);
		if (job->status != CAIRN_JOB_PENDING || !job->parked || job->run_at > write->now ||
		    !cairn_str_equal(job->queue, plan->queue))
			continue;
		cairn_job ready = *job;
		ready.parked = 0;
		if (cairn_mem__put(write->state, MEM_JOBS, &ready) != 0)
			return -1;
	}
	return 0;
}

/* Without a definition only whose it is. */
static uint32_t hints(const cairn_definition *definition, const cairn_job *job)
{
	bool step = !cairn_id_is_none(job->run);
	bool alone = !step && !job->replay;
	uint32_t of = (step ? CAIRN_HINT_STEP : 0) | (alone ? CAIRN_HINT_ALONE : 0);
	if (definition == NULL)
		return of;
	bool unkept = definition->retention == CAIRN_RETAIN_NONE && job->key.len == 0 && alone;
	return of | (definition->retry_overrides.len > 0 ? CAIRN_HINT_OVERRIDES : 0) |
	       (unkept ? CAIRN_HINT_DELETE : 0);
}

static int lease(struct mem_write *write, const cairn_claim_plan *plan, const cairn_job *job,
		 cairn_rows *rows)
{
	cairn_time now = write->now;
	cairn_job leased = *job;
	leased.status = CAIRN_JOB_LEASED;
	leased.attempt++;
	leased.fence++;
	leased.worker = plan->worker;
	leased.leased_at = now;
	leased.heartbeat_at = now;
	leased.updated_at = now;
	leased.lease_expires_at = now + plan->lease;
	leased.prestart = plan->prestart;
	leased.execution_started_at = 0;
	if (leased.started_at == 0)
		leased.started_at = now;
	if (plan->record) {
		cairn_event_record event = cairn_event_of(CAIRN_EVENT_LEASED, &leased);
		event.stage = leased.stage;
		event.worker = plan->worker;
		event.duration = plan->lease;
		if (cairn_mem__event_add(write, leased.id, &event) != 0)
			return -1;
	}
	const cairn_definition *definition = cairn_mem__definition(write->state, leased.type);
	cairn_job answer = leased;
	answer.hints = hints(definition, &leased);
	if (definition != NULL)
		answer.retry = definition->retry;
	/* the answer first: once the row is replaced, the text it shares with `job` is gone */
	if (cairn_mem__push(rows, MEM_JOBS, &answer) != 0)
		return -1;
	return cairn_mem__put(write->state, MEM_JOBS, &leased);
}

/* Candidates has room for every job of the state. */
static int claim_best(struct mem_write *write, const cairn_claim_plan *plan,
		      const cairn_job **candidates, cairn_rows *rows)
{
	size_t found = 0;
	for (size_t i = 0; i < cairn_mem__count(write->state, MEM_JOBS); i++) {
		const cairn_job *job = cairn_mem__at(write->state, MEM_JOBS, i);
		if (claimable(plan, job, write->now))
			candidates[found++] = job;
	}
	if (found > 0)
		qsort(candidates, found, sizeof *candidates, queue_order);
	for (size_t i = 0; i < found && cairn_rows_count(rows) < plan->limit; i++) {
		/* what this call leased before counts, too */
		if (!cairn_mem__permit(write->state, candidates[i], write->now))
			continue;
		if (lease(write, plan, candidates[i], rows) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__claim(struct mem *mem, struct mem_write *write,
			      const cairn_claim_plan *plan, cairn_rows *jobs, cairn_error *err)
{
	if (cairn_mem__paused(write->state, plan->queue))
		return CAIRN_OK;
	size_t size = (cairn_mem__count(write->state, MEM_JOBS) + 1) * sizeof(cairn_job *);
	const cairn_job **candidates = cairn_host_alloc(mem->host, NULL, 0, size);
	if (candidates == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_status status = CAIRN_OK;
	if (unpark(write, plan) != 0 || claim_best(write, plan, candidates, jobs) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	cairn_host_alloc(mem->host, candidates, size, 0);
	return status;
}

cairn_status cairn_mem__job_claim(void *self, const cairn_claim_plan *plan, cairn_rows *jobs,
				  cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_JOBS, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_mem__claim(mem, &write, plan, jobs, err);
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- waiting -------------------------------------------------------------- */

static bool in_queues(const cairn_wait_plan *plan, const cairn_job *job)
{
	for (size_t i = 0; i < plan->queue_count; i++) {
		if (cairn_str_equal(plan->queues[i], job->queue))
			return true;
	}
	return false;
}

static void look_at(const cairn_job *job, cairn_time now, cairn_due *work)
{
	if (job->run_at <= now)
		work->due = 1;
	else if (job->run_at - now < work->next)
		work->next = job->run_at - now;
}

cairn_status cairn_mem__job_waiting(void *self, const cairn_wait_plan *plan, cairn_due *work,
				    cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_JOBS, &state, err);
	if (status != CAIRN_OK)
		return status;
	cairn_time now = cairn_mem__now(mem);
	for (size_t i = 0; i < cairn_mem__count(state, MEM_JOBS) && !work->due; i++) {
		const cairn_job *job = cairn_mem__at(state, MEM_JOBS, i);
		if (job->status == CAIRN_JOB_PENDING && in_queues(plan, job) &&
		    !cairn_mem__paused(state, job->queue) && cairn_mem__permit(state, job, now))
			look_at(job, now, work);
	}
	cairn_mem__state_drop(state);
	return CAIRN_OK;
}

cairn_status cairn_mem__job_wait(void *self, const cairn_wait_plan *plan, enum cairn_wake *wake,
				 cairn_error *err)
{
	(void)err;
	struct mem *mem = self;
	int told = cairn_mem__store_wait(mem->store, &mem->seen, plan->timeout);
	*wake = told ? CAIRN_WAKE_TOLD : CAIRN_WAKE_NONE;
	return CAIRN_OK;
}
