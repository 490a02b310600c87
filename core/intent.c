/*
 * intent.c - intents in, out and away. A request is checked and its canonical form built exactly
 * as enqueueing does it; equal or different is decided here, by the hash. What becomes of
 * intents is in intent_promote.c.
 */
#include <string.h>

#include "check.h"
#include "job_enqueue.h"
#include "limits.h"

#define ALL_STATUSES 0xeu

/* ---- record ------------------------------------------------------------- */

static cairn_status check(const cairn_conn *conn, const cairn_job_new *request, cairn_error *err)
{
	cairn_status st = cairn__check_key(request->key, "key", err);
	if (st != CAIRN_OK)
		return st;
	if (request->max_attempts < 0)
		return cairn_fail(err, CAIRN_E_INTENT_ATTEMPTS);
	if (request->timeout < 0 || request->timeout > CAIRN__MAX_TIMEOUT)
		return cairn_fail(err, CAIRN_E_INTENT_TIMEOUT);
	return cairn__job_check(conn, request, err);
}

static void refuse(cairn_intent_recorded *each, cairn_code code)
{
	each->code = code;
	each->status = cairn_code_status(code);
}

static void judge(const cairn_job_insert *row, const cairn_intent_found *found,
		  cairn_intent_recorded *each)
{
	memset(each, 0, sizeof *each);
	if (found->result == CAIRN_RECORD_VANISHED) {
		refuse(each, CAIRN_E_INTENT_VANISHED);
	} else if (found->result == CAIRN_RECORD_DONE) {
		each->id = row->id;
		each->disposition = CAIRN_INSERTED;
		each->intent_status = CAIRN_INTENT_PENDING;
	} else if (memcmp(found->request_hash, row->request_hash, sizeof row->request_hash) != 0) {
		refuse(each, CAIRN_E_INTENT_CONFLICT);
	} else {
		each->id = found->id;
		each->disposition = CAIRN_EXISTING;
		each->intent_status = found->status;
		each->job = found->job;
	}
}

/* With nobody to tell each outcome, the first failure is the call's. */
static cairn_status deliver(const cairn_job_insert *rows, const cairn_intent_found *found, size_t n,
			    cairn_intent_recorded *each, cairn_error *err)
{
	for (size_t i = 0; i < n; i++) {
		cairn_intent_recorded one;
		judge(&rows[i], &found[i], each != NULL ? &each[i] : &one);
		if (each == NULL && one.status != CAIRN_OK)
			return cairn__fail_item(err, one.code, i);
	}
	return CAIRN_OK;
}

static cairn_status record(cairn_conn *conn, const cairn_job_new *given, size_t n,
			   cairn_intent_recorded *each, cairn_error *err)
{
	cairn_status st = cairn__check_batch(given, n, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = check(conn, &given[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st != CAIRN_OK || n == 0)
		return st;
	struct cairn__requests requests;
	cairn_intent_found *found = NULL;
	st = cairn__requests_begin(&requests, conn, given, n, err);
	if (st == CAIRN_OK)
		found = cairn__scratch(conn, n, sizeof *found, err);
	if (found != NULL) {
		cairn_intent_plan plan = { .requests = requests.rows, .n = n };
		st = conn->intents.record(conn->self, &plan, found, err);
		if (st == CAIRN_OK)
			st = deliver(requests.rows, found, n, each, err);
	} else if (st == CAIRN_OK) {
		st = CAIRN_NOMEM;
	}
	cairn__scratch_free(conn, found, n, sizeof *found);
	cairn__requests_end(&requests);
	return st;
}

cairn_status cairn_intent_record(cairn_conn *conn, const cairn_job_new *requests, size_t n,
				 cairn_intent_recorded *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__INTENTS, "intent.record", err);
	if (st == CAIRN_OK)
		st = record(conn, requests, n, each, err);
	return cairn__call_end(&call, st, n);
}

/* ---- reads -------------------------------------------------------------- */

static cairn_status read_intents(cairn_conn *conn, const cairn_intent_query *query,
				 cairn_intents **intents, cairn_error *err)
{
	cairn_rows rows;
	void *memory = *intents;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_intent));
	cairn_status st = conn->intents.list(conn->self, query, &rows, err);
	if (st == CAIRN_OK && query->id != NULL && rows.count == 0 && !rows.failed)
		st = cairn_fail(err, CAIRN_E_INTENT_NOT_FOUND);
	st = cairn__rows_end(&rows, &memory, st, err);
	*intents = memory;
	return st;
}

cairn_status cairn_intent_get(cairn_conn *conn, cairn_scope scope, cairn_id id,
			      cairn_intents **intent, cairn_error *err)
{
	struct cairn__call call;
	cairn_intent_query query = {
		.scope = scope, .id = &id, .statuses = ALL_STATUSES, .limit = 1
	};
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__INTENTS, "intent.get", err);
	if (st == CAIRN_OK && intent == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	if (st == CAIRN_OK)
		st = read_intents(conn, &query, intent, err);
	return cairn__call_end(&call, st, 1);
}

static cairn_status list(cairn_conn *conn, const cairn_intent_filter *filter,
			 cairn_intents **intents, cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if ((filter->statuses & ~ALL_STATUSES) != 0 || filter->compact > 1 ||
	    filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_intent_query query = {
		.scope = filter->scope,
		.type = filter->type,
		.statuses = filter->statuses != 0 ? filter->statuses : ALL_STATUSES,
		.after = filter->after,
		.compact = filter->compact,
	};
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query.limit, err);
	if (st == CAIRN_OK && filter->type.len > 0)
		st = cairn__check_name(filter->type, "type", err);
	return st == CAIRN_OK ? read_intents(conn, &query, intents, err) : st;
}

cairn_status cairn_intent_list(cairn_conn *conn, const cairn_intent_filter *filter,
			       cairn_intents **intents, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__INTENTS, "intent.list", err);
	if (st == CAIRN_OK && intents == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = list(conn, filter, intents, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*intents)->count : 0);
}

static cairn_status metrics(cairn_conn *conn, const cairn_intent_stats_filter *filter,
			    cairn_intent_types **types, cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_intent_stats_query query = { .scope = filter->scope,
					   .type = filter->type,
					   .after = filter->after,
					   .window = CAIRN_DAY };
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query.limit, err);
	if (st == CAIRN_OK && filter->type.len > 0)
		st = cairn__check_name(filter->type, "type", err);
	if (st == CAIRN_OK && filter->after.len > 0)
		st = cairn__check_name(filter->after, "after", err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *types;
	cairn_time now = 0;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_intent_stats));
	st = conn->intents.metrics(conn->self, &query, &now, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*types = memory;
	if (st == CAIRN_OK)
		(*types)->now = now;
	return st;
}

cairn_status cairn_intent_metrics(cairn_conn *conn, const cairn_intent_stats_filter *filter,
				  cairn_intent_types **types, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__INTENTS, "intent.metrics", err);
	if (st == CAIRN_OK && types == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = metrics(conn, filter, types, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*types)->count : 0);
}

/* ---- retention ---------------------------------------------------------- */

static cairn_status prune(cairn_conn *conn, cairn_intent_prune_plan *plan, uint32_t limit,
			  size_t *deleted, cairn_error *err)
{
	cairn_status st = cairn__check_scope(&plan->scope, err);
	if (st == CAIRN_OK && plan->before == 0) {
		st = cairn_fail(err, CAIRN_E_ARG_TIME);
		cairn_error_message(err, "before: A time is needed.");
	}
	if (st == CAIRN_OK)
		st = cairn__check_time(plan->before, "before", err);
	if (st == CAIRN_OK)
		st = cairn__check_page(limit != 0 ? limit : CAIRN__MAX_PAGE, &plan->limit, err);
	return st == CAIRN_OK ? conn->intents.prune(conn->self, plan, deleted, err) : st;
}

cairn_status cairn_intent_prune(cairn_conn *conn, cairn_scope scope, cairn_time before,
				uint32_t limit, size_t *deleted, cairn_error *err)
{
	struct cairn__call call;
	cairn_intent_prune_plan plan = { .scope = scope, .before = before };
	size_t gone = 0;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__INTENTS, "intent.prune", err);
	if (st == CAIRN_OK)
		st = prune(conn, &plan, limit, &gone, err);
	if (st == CAIRN_OK && deleted != NULL)
		*deleted = gone;
	return cairn__call_end(&call, st, gone);
}
