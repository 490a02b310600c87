/*
 * intent_plan.c - from intents to jobs and back, without I/O. The job is planned from the
 * intent's columns by the planner that enqueueing uses; the canonical request that
 * comes out must be the one that was recorded.
 */
#include "intent_plan.h"

#include <string.h>

#include "job_enqueue.h"
#include "limits.h"

void cairn__intents_begin(struct cairn__intents *batch, cairn_conn *conn)
{
	void *none = NULL;
	memset(batch, 0, sizeof *batch);
	batch->conn = conn;
	batch->requests.alloc = conn->host.alloc;
	batch->requests.alloc_user = conn->host.alloc_user;
	cairn__rows_begin(&batch->taken, conn, &none, sizeof(cairn_intent));
}

void cairn__intents_end(struct cairn__intents *batch)
{
	cairn_text_clear(&batch->requests);
	cairn__rows_drop(&batch->taken);
}

static void *room(struct cairn__intents *batch, size_t size)
{
	size_t n = batch->taken.count;
	void *memory = cairn_rows_alloc(&batch->taken, n * size);
	return memory != NULL ? memset(memory, 0, n * size) : NULL;
}

static cairn_status make_room(struct cairn__intents *batch, cairn_error *err)
{
	batch->fates = room(batch, sizeof *batch->fates);
	batch->jobs = room(batch, sizeof *batch->jobs);
	batch->inserted = room(batch, sizeof *batch->inserted);
	batch->from = room(batch, sizeof *batch->from);
	batch->settles = room(batch, sizeof *batch->settles);
	if (batch->fates == NULL || batch->jobs == NULL || batch->inserted == NULL ||
	    batch->from == NULL || batch->settles == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	return CAIRN_OK;
}

/* What was given to cairn_intent_record(). */
static cairn_job_new request_of(const cairn_intent *intent)
{
	return (cairn_job_new){
		.type = intent->type,
		.queue = intent->queue,
		.tenant = intent->tenant,
		.payload = intent->payload,
		.key = intent->key,
		.owner = intent->owner,
		.resource_key = intent->resource_key,
		.stage = intent->stage,
		.run_at = intent->run_at,
		.timeout = intent->timeout,
		.max_attempts = intent->max_attempts,
		.priority = intent->priority,
		.set = intent->set,
	};
}

/* The last bytes of an id are random: the same number for the same intent, on every driver. */
static uint64_t id_number(cairn_id id)
{
	uint64_t number = 0;
	for (size_t i = 8; i < sizeof id.bytes; i++)
		number = number << 8 | id.bytes[i];
	return number;
}

/* 2, 4, 8 … 300 s, less at most an eighth, so that what failed together does not return together. */
static cairn_usec delay(cairn_id id, int32_t attempts)
{
	cairn_usec full = CAIRN_SECOND << (attempts < 9 ? attempts : 9);
	if (full > CAIRN__MAX_INTENT_DELAY)
		full = CAIRN__MAX_INTENT_DELAY;
	return full - (cairn_usec)(id_number(id) % (uint64_t)(full / 8));
}

static cairn_str copy(struct cairn__intents *batch, const char *text, cairn_code otherwise,
		      const char *(*word)(cairn_code))
{
	if (text[strspn(text, " \t\r\n")] == '\0')
		text = word(otherwise);
	return cairn_rows_str(&batch->taken, text, strlen(text));
}

static void defer(struct cairn__intents *batch, size_t i, const cairn_error *cause)
{
	cairn_promoted *fate = &batch->fates[i];
	fate->what = CAIRN_PROMOTION_DEFERRED;
	fate->error_code = copy(batch, cause->code, CAIRN_E_DB_FAILED, cairn_code_text);
	fate->error_message = copy(batch, cause->message, CAIRN_E_DB_FAILED, cairn_code_message);
	fate->next_promotion_at = batch->now + delay(fate->id, fate->attempts);
}

/* An intent that the rules of enqueueing refuse, by whoever changed it, waits to be repaired. */
static void plan_one(struct cairn__intents *batch, size_t i)
{
	const cairn_intent *intent = cairn_rows_at(&batch->taken, i);
	cairn_error cause = CAIRN_ERROR_INIT;
	cairn_job_new request = request_of(intent);
	batch->fates[i] = (cairn_promoted){ .id = intent->id,
					    .type = intent->type,
					    .tenant = intent->tenant,
					    .attempts = intent->attempts + 1 };
	if (cairn__job_check(batch->conn, &request, &cause) != CAIRN_OK) {
		defer(batch, i, &cause);
		return;
	}
	cairn__job_plan(&request, &batch->jobs[batch->job_count]);
	batch->from[batch->job_count++] = i;
}

/* Only requests that come out as they were recorded become jobs. */
static void keep_faithful(struct cairn__intents *batch)
{
	cairn_error cause = CAIRN_ERROR_INIT;
	size_t kept = 0;
	cairn_fail(&cause, CAIRN_E_INTENT_MISMATCH);
	for (size_t k = 0; k < batch->job_count; k++) {
		const cairn_intent *intent = cairn_rows_at(&batch->taken, batch->from[k]);
		if (!cairn_str_equal(intent->request, batch->jobs[k].request)) {
			defer(batch, batch->from[k], &cause);
			continue;
		}
		batch->jobs[kept] = batch->jobs[k];
		batch->from[kept++] = batch->from[k];
	}
	batch->job_count = kept;
}

cairn_status cairn__intents_plan(struct cairn__intents *batch, cairn_error *err)
{
	cairn_status st = make_room(batch, err);
	if (st != CAIRN_OK)
		return st;
	for (size_t i = 0; i < batch->taken.count; i++)
		plan_one(batch, i);
	st = cairn__job_requests(batch->jobs, batch->job_count, &batch->requests, err);
	if (st != CAIRN_OK)
		return st;
	keep_faithful(batch);
	return batch->taken.failed ? cairn_fail(err, CAIRN_E_NOMEM) : CAIRN_OK;
}

static void judge_one(struct cairn__intents *batch, size_t k)
{
	cairn_promoted *fate = &batch->fates[batch->from[k]];
	cairn_job_added added;
	cairn__job_judge(&batch->jobs[k], &batch->inserted[k], &added);
	fate->job = added.id;
	if (added.status == CAIRN_OK) {
		fate->what = added.disposition == CAIRN_INSERTED ? CAIRN_PROMOTION_INSERTED
								 : CAIRN_PROMOTION_EXISTING;
	} else if (added.code == CAIRN_E_JOB_DEFINITION) {
		fate->what = CAIRN_PROMOTION_UNAVAILABLE;
		fate->attempts--;
	} else if (added.status == CAIRN_CONFLICT) {
		fate->what = CAIRN_PROMOTION_CONFLICTED;
		fate->error_code = cairn_str_of(cairn_code_text(added.code));
		fate->error_message = cairn_str_of(cairn_code_message(added.code));
	} else {
		/* its type keeps nothing, until somebody says otherwise */
		cairn_error cause = CAIRN_ERROR_INIT;
		cairn_fail(&cause, added.code);
		defer(batch, batch->from[k], &cause);
	}
}

static void settle(struct cairn__intents *batch, size_t i)
{
	const cairn_promoted *fate = &batch->fates[i];
	const cairn_intent *intent = cairn_rows_at(&batch->taken, i);
	enum cairn_intent_status to = CAIRN_INTENT_PROMOTED;
	if (fate->what == CAIRN_PROMOTION_UNAVAILABLE)
		return;
	if (fate->what == CAIRN_PROMOTION_CONFLICTED)
		to = CAIRN_INTENT_CONFLICTED;
	else if (fate->what == CAIRN_PROMOTION_DEFERRED)
		to = CAIRN_INTENT_PENDING;
	batch->settles[batch->settle_count++] = (cairn_settle){
		.id = fate->id,
		.attempts = intent->attempts,
		.to = to,
		.job = fate->job,
		.retry_after =
			to == CAIRN_INTENT_PENDING ? fate->next_promotion_at - batch->now : 0,
		.error_code = fate->error_code,
		.error_message = fate->error_message,
	};
}

cairn_status cairn__intents_judge(struct cairn__intents *batch, cairn_error *err)
{
	for (size_t k = 0; k < batch->job_count; k++)
		judge_one(batch, k);
	for (size_t i = 0; i < batch->taken.count; i++)
		settle(batch, i);
	return batch->taken.failed ? cairn_fail(err, CAIRN_E_NOMEM) : CAIRN_OK;
}

cairn_status cairn__intents_defer(struct cairn__intents *batch, size_t i, const cairn_error *cause,
				  cairn_error *err)
{
	batch->fates[i].job = (cairn_id){ { 0 } };
	defer(batch, i, cause);
	batch->settle_count = 0;
	settle(batch, i);
	return batch->taken.failed ? cairn_fail(err, CAIRN_E_NOMEM) : CAIRN_OK;
}
