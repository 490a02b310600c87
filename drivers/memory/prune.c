/* prune.c - deleting jobs: one that somebody names, or the oldest of those that ended. */
#include <stdlib.h>

#include "mem.h"

/* ---- one job and all that belongs to it ---------------------------------- */

/* Removes the rows of a table that begin with a job's id; from is the least such key. */
static int remove_rows(struct mem_state *state, enum mem_table table, const void *from,
		       const cairn_id *(*job_of)(const void *row))
{
	size_t at = cairn_mem__seek(state, table, from);
	while (at < cairn_mem__count(state, table)) {
		const void *row = cairn_mem__at(state, table, at);
		if (cairn_id_compare(*job_of(row), *job_of(from)) != 0)
			break;
		if (cairn_mem__remove(state, table, row) != 0)
			return -1;
	}
	return 0;
}

static const cairn_id *attempt_job(const void *row)
{
	return &((const struct mem_attempt *)row)->job;
}

static const cairn_id *event_job(const void *row)
{
	return &((const struct mem_event *)row)->job;
}

static const cairn_id *log_job(const void *row)
{
	return &((const struct mem_log *)row)->job;
}

/* The lineage of which the job is the source, or the copy. */
static int remove_lineage(struct mem_state *state, cairn_id job)
{
	size_t at = 0;
	while (at < cairn_mem__count(state, MEM_RERUNS)) {
		const struct mem_rerun *row = cairn_mem__at(state, MEM_RERUNS, at);
		if (cairn_id_compare(row->source, job) != 0 && cairn_id_compare(row->job, job) != 0)
			at++;
		else if (cairn_mem__remove(state, MEM_RERUNS, row) != 0)
			return -1;
	}
	return 0;
}

static int remove_history(struct mem_state *state, cairn_id job)
{
	struct mem_attempt attempt = { .job = job };
	struct mem_event event = { .job = job };
	struct mem_log line = { .job = job };
	if (remove_rows(state, MEM_ATTEMPTS, &attempt, attempt_job) != 0 ||
	    remove_rows(state, MEM_EVENTS, &event, event_job) != 0 ||
	    remove_rows(state, MEM_LOGS, &line, log_job) != 0)
		return -1;
	return cairn_mem__remove(state, MEM_DEAD_LETTERS, &(cairn_dead_letter){ .id = job });
}

/* The intents that became this job, which has a key then. */
static int remove_intents(struct mem_write *write, const cairn_job *job)
{
	size_t at = 0;
	while (job->key.len > 0 && at < cairn_mem__count(write->state, MEM_INTENTS)) {
		const struct mem_intent *row = cairn_mem__at(write->state, MEM_INTENTS, at);
		if (cairn_id_compare(row->intent.job, job->id) != 0)
			at++;
		else if (cairn_mem__intent_delete(write, &row->intent) != 0)
			return -1;
	}
	return 0;
}

int cairn_mem__job_delete(struct mem_write *write, const cairn_job *job)
{
	struct mem_state *state = write->state;
	cairn_id id = job->id;
	struct mem_key key = { .type = job->type, .tenant = job->tenant, .key = job->key };
	if (remove_intents(write, job) != 0)
		return -1;
	if (job->key.len > 0 && cairn_mem__remove(state, MEM_KEYS, &key) != 0)
		return -1;
	if (remove_history(state, id) != 0 || remove_lineage(state, id) != 0 ||
	    cairn_mem__replay_forget(write, id, NULL) != 0)
		return -1;
	return cairn_mem__remove(state, MEM_JOBS, &(cairn_job){ .id = id });
}

/* ---- many ------------------------------------------------------------------ */

/* Jobs of this type that ended after this are kept. */
static cairn_time kept_since(const struct mem_write *write, const cairn_prune_plan *plan,
			     cairn_str type)
{
	const cairn_definition *definition = cairn_mem__definition(write->state, type);
	cairn_usec retention = plan->age;
	if (retention < 0)
		retention = definition != NULL ? definition->retention : CAIRN_RETAIN_FOREVER;
	if (retention == CAIRN_RETAIN_FOREVER)
		return INT64_MIN;
	return write->now - (retention == CAIRN_RETAIN_NONE ? 0 : retention);
}

static bool prunable(const struct mem_write *write, const cairn_prune_plan *plan,
		     const cairn_job *job)
{
	if (!cairn_id_is_none(job->run) || job->replay || !(plan->statuses & 1u << job->status) ||
	    job->lease_expires_at > write->now)
		return false;
	if (plan->queue.len > 0 && !cairn_str_equal(job->queue, plan->queue))
		return false;
	if (plan->type.len > 0 && !cairn_str_equal(job->type, plan->type))
		return false;
	return cairn_mem__in_scope(&plan->scope, job->tenant) &&
	       job->finished_at <= kept_since(write, plan, job->type);
}

static int oldest_end_first(const void *a, const void *b)
{
	const cairn_job *x = *(const cairn_job *const *)a;
	const cairn_job *y = *(const cairn_job *const *)b;
	if (x->finished_at != y->finished_at)
		return x->finished_at < y->finished_at ? -1 : 1;
	return cairn_id_compare(x->id, y->id);
}

struct call {
	const cairn_prune_plan *plan;
	size_t *pruned;
};

static int prune_oldest(struct mem_write *write, const cairn_job **ended, void *arg)
{
	const struct call *call = arg;
	const cairn_prune_plan *plan = call->plan;
	size_t *pruned = call->pruned;
	size_t found = 0;
	for (size_t i = 0; i < cairn_mem__count(write->state, MEM_JOBS); i++) {
		const cairn_job *job = cairn_mem__at(write->state, MEM_JOBS, i);
		if (prunable(write, plan, job))
			ended[found++] = job;
	}
	if (found > 0)
		qsort(ended, found, sizeof *ended, oldest_end_first);
	for (*pruned = 0; *pruned < found && *pruned < plan->limit; ++*pruned) {
		if (cairn_mem__job_delete(write, ended[*pruned]) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__job_prune(void *self, const cairn_prune_plan *plan, size_t *pruned,
				  cairn_error *err)
{
	struct call call = { .plan = plan, .pruned = pruned };
	return cairn_mem__pick(self, prune_oldest, &call, err);
}
