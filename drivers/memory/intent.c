/*
 * intent.c - the intents store: requests that wait for their definition. One writer at a time makes
 * every lock the writer's, so take has nothing to lock; the core's transaction is around it.
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static const struct mem_intent *intent_of(const struct mem_state *state, cairn_id id)
{
	struct mem_intent wanted = { .intent.id = id };
	return cairn_mem__find(state, MEM_INTENTS, &wanted);
}

/* ---- record ---------------------------------------------------------------- */

static int insert(struct mem_write *write, const cairn_job_insert *request)
{
	struct mem_key key = { .type = request->type,
			       .tenant = request->tenant,
			       .key = request->key,
			       .job = request->id };
	struct mem_intent row = { .intent = {
					  .id = request->id,
					  .type = request->type,
					  .queue = request->queue,
					  .tenant = request->tenant,
					  .payload = request->payload,
					  .key = request->key,
					  .owner = request->owner,
					  .resource_key = request->resource_key,
					  .stage = request->stage,
					  .run_at = request->run_at,
					  .timeout = request->timeout,
					  .max_attempts = request->max_attempts,
					  .priority = request->priority,
					  .set = request->set,
					  .status = CAIRN_INTENT_PENDING,
					  .next_promotion_at = write->now,
					  .request = request->request,
					  .created_at = write->now,
					  .updated_at = write->now,
				  } };
	memcpy(row.request_hash, request->request_hash, sizeof row.request_hash);
	if (!(request->set & CAIRN_JOB_PRIORITY))
		row.intent.priority = 0;
	if (cairn_mem__put(write->state, MEM_INTENTS, &row) != 0)
		return -1;
	return cairn_mem__put(write->state, MEM_INTENT_KEYS, &key);
}

/* A key that stands twice in the batch needs no thought: the second one finds the first. */
static int record_one(struct mem_write *write, const cairn_job_insert *request,
		      cairn_intent_found *each)
{
	struct mem_key wanted = { .type = request->type,
				  .tenant = request->tenant,
				  .key = request->key };
	const struct mem_key *key = cairn_mem__find(write->state, MEM_INTENT_KEYS, &wanted);
	memset(each, 0, sizeof *each);
	if (key == NULL) {
		each->result = CAIRN_RECORD_DONE;
		return insert(write, request);
	}
	const struct mem_intent *row = intent_of(write->state, key->job);
	each->result = CAIRN_RECORD_KEY_EXISTS;
	each->id = row->intent.id;
	each->status = row->intent.status;
	each->job = row->intent.job;
	memcpy(each->request_hash, row->request_hash, sizeof each->request_hash);
	return 0;
}

cairn_status cairn_mem__intent_record(void *self, const cairn_intent_plan *plan,
				      cairn_intent_found *each, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_INTENTS, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (record_one(&write, &plan->requests[i], &each[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- promote --------------------------------------------------------------- */

static bool named(const cairn_take_plan *plan, cairn_str type)
{
	for (size_t i = 0; i < plan->type_count; i++) {
		if (cairn_str_equal(plan->types[i], type))
			return true;
	}
	return plan->types == NULL;
}

static bool due(const struct mem_state *state, const cairn_take_plan *plan,
		const cairn_intent *intent, cairn_time now)
{
	if (intent->status != CAIRN_INTENT_PENDING || intent->next_promotion_at > now)
		return false;
	if (plan->id != NULL && cairn_id_compare(*plan->id, intent->id) != 0)
		return false;
	const cairn_definition *definition = cairn_mem__definition(state, intent->type);
	return named(plan, intent->type) && definition != NULL && !definition->disabled;
}

static int longest_due(const void *a, const void *b)
{
	const struct mem_intent *x = *(const struct mem_intent *const *)a;
	const struct mem_intent *y = *(const struct mem_intent *const *)b;
	if (x->intent.next_promotion_at != y->intent.next_promotion_at)
		return x->intent.next_promotion_at < y->intent.next_promotion_at ? -1 : 1;
	return cairn_id_compare(x->intent.id, y->intent.id);
}

/* found has room for every intent of the state. */
static int push_due(const struct mem_state *state, const cairn_take_plan *plan, cairn_time now,
		    const struct mem_intent **found, cairn_rows *rows)
{
	size_t n = 0;
	for (size_t i = 0; i < cairn_mem__count(state, MEM_INTENTS); i++) {
		const struct mem_intent *row = cairn_mem__at(state, MEM_INTENTS, i);
		if (due(state, plan, &row->intent, now))
			found[n++] = row;
	}
	if (n > 0)
		qsort(found, n, sizeof *found, longest_due);
	for (size_t i = 0; i < n && i < plan->limit; i++) {
		if (cairn_mem__push(rows, MEM_INTENTS, found[i]) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__intent_take(void *self, const cairn_take_plan *plan, cairn_time *now,
				    cairn_rows *intents, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_INTENTS, &state, err);
	if (status != CAIRN_OK)
		return status;
	*now = cairn_mem__now(mem);
	size_t size = (cairn_mem__count(state, MEM_INTENTS) + 1) * sizeof(struct mem_intent *);
	const struct mem_intent **found = cairn_host_alloc(mem->host, NULL, 0, size);
	if (found == NULL || push_due(state, plan, *now, found, intents) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	if (found != NULL)
		cairn_host_alloc(mem->host, found, size, 0);
	cairn_mem__state_drop(state);
	return status;
}

static int settle_one(struct mem_write *write, const cairn_settle *settle, size_t *settled)
{
	const struct mem_intent *stored = intent_of(write->state, settle->id);
	if (stored == NULL || stored->intent.status != CAIRN_INTENT_PENDING ||
	    stored->intent.attempts != settle->attempts)
		return 0;
	struct mem_intent row = *stored;
	row.intent.status = settle->to;
	row.intent.attempts++;
	row.intent.last_attempted_at = write->now;
	row.intent.updated_at = write->now;
	row.intent.error_code = settle->error_code;
	row.intent.error_message = settle->error_message;
	if (settle->to == CAIRN_INTENT_PROMOTED) {
		row.intent.job = settle->job;
		row.intent.promoted_at = write->now;
	} else if (settle->to == CAIRN_INTENT_CONFLICTED) {
		row.intent.conflicted_at = write->now;
	} else {
		row.intent.next_promotion_at = write->now + settle->retry_after;
	}
	(*settled)++;
	return cairn_mem__put(write->state, MEM_INTENTS, &row);
}

cairn_status cairn_mem__intent_settle(void *self, const cairn_settle_plan *plan, size_t *settled,
				      cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_INTENTS, &write, err);
	if (status != CAIRN_OK)
		return status;
	*settled = 0;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (settle_one(&write, &plan->intents[i], settled) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(mem, &write, status);
}
