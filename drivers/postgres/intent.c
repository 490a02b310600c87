/*
 * intent.c - the intents store: requests that wait for their definition. What promotes them runs in
 * the core's transaction: take locks rows, skipping those of others, settle writes them.
 */
#include <stddef.h>
#include <string.h>

#include "pg.h"

#define REQUEST(field) items, offsetof(cairn_job_insert, field)
#define SETTLE(field)  items, offsetof(cairn_settle, field)

/* A key that is taken while the look-up finds nobody: the intent was deleted in between. */
#define TRIES 3

/* In the order of INTENT_COLUMNS in sql_intent.h. */
void cairn_pg__intent(const PGresult *result, int row, void *into)
{
	cairn_intent *intent = into;
	intent->id = cairn_pg__id(result, row, 0);
	intent->status = cairn_intent_status_parse(cairn_pg__text(result, row, 1));
	intent->queue = cairn_pg__text(result, row, 2);
	intent->type = cairn_pg__text(result, row, 3);
	intent->tenant = cairn_pg__tenant(result, row, 4);
	intent->stage = cairn_pg__text(result, row, 5);
	intent->owner = cairn_pg__text(result, row, 6);
	intent->run_at = cairn_pg__time(result, row, 7);
	intent->timeout = cairn_pg__int8(result, row, 8);
	intent->set = cairn_pg__null(result, row, 9) ? 0 : CAIRN_JOB_PRIORITY;
	intent->priority = cairn_pg__int4(result, row, 9);
	intent->max_attempts = cairn_pg__int4(result, row, 10);
	intent->attempts = cairn_pg__int4(result, row, 11);
	intent->next_promotion_at = cairn_pg__time(result, row, 12);
	intent->last_attempted_at = cairn_pg__time(result, row, 13);
	intent->job = cairn_pg__id(result, row, 14);
	intent->promoted_at = cairn_pg__time(result, row, 15);
	intent->conflicted_at = cairn_pg__time(result, row, 16);
	intent->error_code = cairn_pg__text(result, row, 17);
	intent->error_message = cairn_pg__text(result, row, 18);
	intent->created_at = cairn_pg__time(result, row, 19);
	intent->updated_at = cairn_pg__time(result, row, 20);
	intent->key = cairn_pg__text(result, row, 21);
	intent->resource_key = cairn_pg__text(result, row, 22);
	intent->request = cairn_pg__text(result, row, 23);
	intent->payload = cairn_pg__text(result, row, 24);
}

/* ---- record ------------------------------------------------------------- */

static void add_requests(struct pg *pg, struct pg_items items)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_ids(pg, REQUEST(id));
	cairn_pg__add_texts(pg, REQUEST(queue), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, REQUEST(type), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, REQUEST(tenant), PG_ABSENT_EMPTY);
	cairn_pg__add_jsons(pg, REQUEST(payload));
	cairn_pg__add_texts(pg, REQUEST(owner), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, REQUEST(stage), PG_ABSENT_EMPTY);
	cairn_pg__add_times(pg, REQUEST(run_at), PG_ABSENT_NULL);
	cairn_pg__add_int8s(pg, REQUEST(timeout));
	cairn_pg__add_int4s(pg, REQUEST(max_attempts));
	cairn_pg__add_int4s(pg, REQUEST(priority));
	cairn_pg__add_int4s(pg, REQUEST(set));
	cairn_pg__add_texts(pg, REQUEST(key), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, REQUEST(request));
	cairn_pg__add_hashes(pg, REQUEST(request_hash));
	cairn_pg__add_texts(pg, REQUEST(resource_key), PG_ABSENT_NULL);
}

static cairn_status read_recorded(const PGresult *result, cairn_intent_found *each, size_t n,
				  cairn_error *err)
{
	memset(each, 0, n * sizeof *each);
	for (int i = 0; i < PQntuples(result); i++) {
		int64_t item = cairn_pg__int8(result, i, 0);
		if (item < 0)
			return cairn_fail(err, CAIRN_E_TX_ISOLATION);
		each[item - 1].result = CAIRN_RECORD_DONE;
	}
	return CAIRN_OK;
}

static void read_keys(const PGresult *keys, cairn_intent_found *each)
{
	for (int i = 0; i < PQntuples(keys); i++) {
		cairn_intent_found *one = &each[cairn_pg__int8(keys, i, 0) - 1];
		cairn_str hash = cairn_pg__text(keys, i, 2);
		one->result = CAIRN_RECORD_KEY_EXISTS;
		one->id = cairn_pg__id(keys, i, 1);
		one->status = cairn_intent_status_parse(cairn_pg__text(keys, i, 3));
		one->job = cairn_pg__id(keys, i, 4);
		if (hash.len == sizeof one->request_hash)
			memcpy(one->request_hash, hash.ptr, hash.len);
	}
}

static cairn_status record(struct pg *pg, const cairn_intent_plan *plan, cairn_intent_found *each,
			   cairn_error *err)
{
	struct pg_items items = PG_ITEMS(plan->requests, plan->n);
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	add_requests(pg, items);
	cairn_pg__queue(pg, PG_SQL_INTENT_RECORD);
	cairn_pg__add_ids(pg, REQUEST(id));
	cairn_pg__add_texts(pg, REQUEST(type), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, REQUEST(tenant), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, REQUEST(key), PG_ABSENT_NULL);
	cairn_pg__queue(pg, PG_SQL_INTENT_KEYS);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	status = read_recorded(cairn_pg__result(pg, 0), each, plan->n, err);
	if (status == CAIRN_OK)
		read_keys(cairn_pg__result(pg, 1), each);
	cairn_pg__call_clear(pg);
	return status;
}

cairn_status cairn_pg__intent_record(void *self, const cairn_intent_plan *plan,
				     cairn_intent_found *each, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = record(pg, plan, each, err);
	/* what was recorded stays; the few others go again one by one */
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		cairn_intent_plan one = { .requests = &plan->requests[i], .n = 1 };
		for (int try = 1; try < TRIES && status == CAIRN_OK; try++) {
			if (each[i].result != CAIRN_RECORD_VANISHED)
				break;
			status = record(pg, &one, &each[i], err);
		}
	}
	return status;
}

/* ---- promote ------------------------------------------------------------ */

static void add_take(struct pg *pg, const cairn_take_plan *plan)
{
	struct pg_items types = PG_ITEMS(plan->types, plan->type_count);
	cairn_pg__add_now(pg);
	if (plan->types != NULL)
		cairn_pg__add_texts(pg, types, 0, PG_ABSENT_EMPTY);
	else
		cairn_pg__add_null(pg);
	cairn_pg__add_int8(pg, plan->limit);
	if (plan->id != NULL)
		cairn_pg__add_id(pg, *plan->id);
}

static enum pg_sql take_sql(const cairn_take_plan *plan)
{
	if (plan->peek)
		return PG_SQL_INTENT_PEEK;
	return plan->id != NULL ? PG_SQL_INTENT_TAKE_ONE : PG_SQL_INTENT_TAKE;
}

cairn_status cairn_pg__intent_take(void *self, const cairn_take_plan *plan, cairn_time *now,
				   cairn_rows *intents, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, !plan->peek, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__queue(pg, PG_SQL_ISOLATION);
	add_take(pg, plan);
	cairn_pg__queue(pg, take_sql(plan));
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 1);
	if (!cairn_pg__bool(cairn_pg__result(pg, 0), 0, 0))
		status = cairn_fail(err, CAIRN_E_TX_ISOLATION);
	if (status == CAIRN_OK && PQntuples(result) > 0)
		*now = cairn_pg__time(result, 0, PG_INTENT_COLUMNS);
	if (status == CAIRN_OK)
		status = cairn_pg__read(pg, 1, intents, cairn_pg__intent, err);
	cairn_pg__call_clear(pg);
	return status;
}

/* The words of statuses stand in an array beside the plan. */
static cairn_str *words_of(struct pg *pg, const cairn_settle_plan *plan, cairn_error *err)
{
	cairn_str *words = cairn_host_alloc(pg->host, NULL, 0, plan->n * sizeof *words);
	if (words == NULL)
		cairn_fail(err, CAIRN_E_NOMEM);
	for (size_t i = 0; i < plan->n && words != NULL; i++)
		words[i] = cairn_str_of(cairn_intent_status_text(plan->intents[i].to));
	return words;
}

static cairn_status run_settle(struct pg *pg, const cairn_settle_plan *plan, const cairn_str *words,
			       size_t *settled, cairn_error *err)
{
	struct pg_items items = PG_ITEMS(plan->intents, plan->n);
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_ids(pg, SETTLE(id));
	cairn_pg__add_int4s(pg, SETTLE(attempts));
	cairn_pg__add_texts(pg, PG_ITEMS(words, plan->n), 0, PG_ABSENT_EMPTY);
	cairn_pg__add_ids(pg, SETTLE(job));
	cairn_pg__add_int8s(pg, SETTLE(retry_after));
	cairn_pg__add_texts(pg, SETTLE(error_code), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, SETTLE(error_message), PG_ABSENT_NULL);
	cairn_pg__queue(pg, PG_SQL_INTENT_SETTLE);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	*settled = (size_t)cairn_pg__int8(cairn_pg__result(pg, 0), 0, 0);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

cairn_status cairn_pg__intent_settle(void *self, const cairn_settle_plan *plan, size_t *settled,
				     cairn_error *err)
{
	struct pg *pg = self;
	*settled = 0;
	cairn_str *words = words_of(pg, plan, err);
	if (words == NULL)
		return CAIRN_NOMEM;
	cairn_status status = run_settle(pg, plan, words, settled, err);
	cairn_host_alloc(pg->host, words, plan->n * sizeof *words, 0);
	return status;
}
