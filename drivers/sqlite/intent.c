/*
 * intent.c - the intents store: requests that wait for their definition. One writer at a time makes
 * every lock the writer's, so take has nothing to lock; the core's transaction is around it.
 */
#include <string.h>

#include "lite.h"

/* In the order of INTENT_COLUMNS in sql_intent.h. */
void cairn_lite__intent(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_intent *intent = into;
	intent->id = cairn_lite__id(run);
	intent->status = cairn_intent_status_parse(cairn_lite__view(run));
	intent->queue = cairn_lite__text(run, rows);
	intent->type = cairn_lite__text(run, rows);
	intent->tenant = cairn_lite__text(run, rows);
	intent->stage = cairn_lite__text(run, rows);
	intent->owner = cairn_lite__text(run, rows);
	intent->resource_key = cairn_lite__text(run, rows);
	intent->run_at = cairn_lite__int(run);
	intent->timeout = cairn_lite__int(run);
	intent->set =
		sqlite3_column_type(run->stmt, run->column) != SQLITE_NULL ? CAIRN_JOB_PRIORITY : 0;
	intent->priority = cairn_lite__int32(run);
	intent->max_attempts = cairn_lite__int32(run);
	intent->attempts = cairn_lite__int32(run);
	intent->next_promotion_at = cairn_lite__int(run);
	intent->last_attempted_at = cairn_lite__int(run);
	intent->job = cairn_lite__id(run);
	intent->promoted_at = cairn_lite__int(run);
	intent->conflicted_at = cairn_lite__int(run);
	intent->error_code = cairn_lite__text(run, rows);
	intent->error_message = cairn_lite__text(run, rows);
	intent->created_at = cairn_lite__int(run);
	intent->updated_at = cairn_lite__int(run);
	intent->key = cairn_lite__text(run, rows);
	intent->request = cairn_lite__text(run, rows);
	intent->payload = cairn_lite__text(run, rows);
}

/* ---- record ------------------------------------------------------------- */

/* 0 stands for what the definition will say. */
static void bind_open(struct lite_run *run, int64_t value)
{
	cairn_lite__bind_count(run, value != 0 ? value : -1);
}

static cairn_status insert(struct lite_write *write, const cairn_job_insert *request,
			   bool *inserted, cairn_error *err)
{
	struct lite_run run;
	bool prioritised = (request->set & CAIRN_JOB_PRIORITY) != 0;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_INTENT_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &request->id);
	cairn_lite__bind_text(&run, request->queue);
	cairn_lite__bind_text(&run, request->type);
	cairn_lite__bind_tenant(&run, request->tenant);
	cairn_lite__bind_text(&run, request->stage);
	cairn_lite__bind_text(&run, request->owner);
	cairn_lite__bind_text(&run, request->resource_key);
	cairn_lite__bind_time(&run, request->run_at);
	bind_open(&run, request->timeout);
	cairn_lite__bind_int(&run, prioritised);
	cairn_lite__bind_int(&run, request->priority);
	bind_open(&run, request->max_attempts);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_text(&run, request->key);
	cairn_lite__bind_blob(&run, request->request_hash, sizeof request->request_hash);
	cairn_lite__bind_text(&run, request->request);
	cairn_lite__bind_text(&run, request->payload);
	status = cairn_lite__finish(&run, err);
	*inserted = status == CAIRN_OK && sqlite3_changes(write->lite->db) == 1;
	return status;
}

static cairn_status find_key(struct lite *lite, const cairn_job_insert *request,
			     cairn_intent_found *each, cairn_error *err)
{
	struct lite_run run;
	bool found;
	cairn_status status = cairn_lite__start(&run, lite, LITE_INTENT_BY_KEY, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, request->type);
	cairn_lite__bind_tenant(&run, request->tenant);
	cairn_lite__bind_text(&run, request->key);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	each->result = CAIRN_RECORD_KEY_EXISTS;
	each->id = cairn_lite__id(&run);
	each->status = cairn_intent_status_parse(cairn_lite__view(&run));
	each->job = cairn_lite__id(&run);
	const void *hash = sqlite3_column_blob(run.stmt, run.column);
	if (hash != NULL && sqlite3_column_bytes(run.stmt, run.column) == 32)
		memcpy(each->request_hash, hash, 32);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

cairn_status cairn_lite__intent_record(void *self, const cairn_intent_plan *plan,
				       cairn_intent_found *each, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		bool inserted;
		memset(&each[i], 0, sizeof each[i]);
		status = insert(&write, &plan->requests[i], &inserted, err);
		if (status == CAIRN_OK && inserted)
			each[i].result = CAIRN_RECORD_DONE;
		else if (status == CAIRN_OK)
			status = find_key(write.lite, &plan->requests[i], &each[i], err);
	}
	return cairn_lite__write_end(&write, status, err);
}

/* ---- promote ------------------------------------------------------------ */

static bool named(const cairn_take_plan *plan, cairn_str type)
{
	for (size_t i = 0; i < plan->type_count; i++) {
		if (cairn_str_equal(plan->types[i], type))
			return true;
	}
	return plan->types == NULL;
}

static cairn_status push_due(struct lite_run *run, const cairn_take_plan *plan, cairn_rows *rows,
			     cairn_error *err)
{
	bool more = false;
	cairn_status status = cairn_lite__row(run, &more, err);
	while (status == CAIRN_OK && more) {
		/* the type stands in front of the row, so that others' rows are not read */
		if (named(plan, cairn_lite__view(run))) {
			cairn_intent *intent = cairn_rows_push(rows);
			if (intent != NULL)
				cairn_lite__intent(run, rows, intent);
			if (intent == NULL || cairn_rows_count(rows) == plan->limit) {
				cairn_lite__stop(run);
				return intent != NULL ? CAIRN_OK : cairn_fail(err, CAIRN_E_NOMEM);
			}
		}
		status = cairn_lite__row(run, &more, err);
	}
	return status;
}

cairn_status cairn_lite__intent_take(void *self, const cairn_take_plan *plan, cairn_time *now,
				     cairn_rows *intents, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	*now = cairn_lite__time(lite);
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(
			&run, lite, plan->id != NULL ? LITE_INTENT_DUE_ONE : LITE_INTENT_DUE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, *now);
	if (plan->id != NULL)
		cairn_lite__bind_id(&run, plan->id);
	return push_due(&run, plan, intents, err);
}

static cairn_status settle_one(struct lite_write *write, const cairn_settle *settle,
			       size_t *settled, cairn_error *err)
{
	struct lite_run run;
	bool deferred = settle->to == CAIRN_INTENT_PENDING;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_INTENT_SETTLE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &settle->id);
	cairn_lite__bind_int(&run, settle->attempts);
	cairn_lite__bind_word(&run, cairn_intent_status_text(settle->to));
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_time(&run, deferred ? write->now + settle->retry_after : 0);
	if (settle->to == CAIRN_INTENT_PROMOTED)
		cairn_lite__bind_id(&run, &settle->job);
	else
		cairn_lite__bind_time(&run, 0);
	cairn_lite__bind_text(&run, settle->error_code);
	cairn_lite__bind_text(&run, settle->error_message);
	status = cairn_lite__finish(&run, err);
	if (status == CAIRN_OK && sqlite3_changes(write->lite->db) == 1)
		(*settled)++;
	return status;
}

cairn_status cairn_lite__intent_settle(void *self, const cairn_settle_plan *plan, size_t *settled,
				       cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	*settled = 0;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = settle_one(&write, &plan->intents[i], settled, err);
	return cairn_lite__write_end(&write, status, err);
}
