/* signal.c - messages to replay runs: sent, broadcast, listed. They are taken in replay_wait.c. */
#include <string.h>

#include <cairn/sys/json.h>

#include "check.h"
#include "core.h"
#include "job_plan.h"

static uint32_t recorded(const cairn_conn *conn)
{
	return cairn__events_kept(conn->host.events, CAIRN__BIT(CAIRN_EVENT_SIGNALED));
}

/* ---- planning ------------------------------------------------------------------------ */

static cairn_status check_content(const cairn_conn *conn, const cairn_signal_new *item,
				  cairn_error *err)
{
	cairn_status st = cairn__check_name(item->name, "name", err);
	if (st == CAIRN_OK && item->key.len > 0)
		st = cairn__check_key(item->key, "key", err);
	if (st == CAIRN_OK && item->payload.len > 0)
		st = cairn_json_check(item->payload, conn->host.settings.max_json, err);
	if (st == CAIRN_OK && (item->reserved_[0] | item->reserved_[1]) != 0)
		st = cairn_fail(err, CAIRN_E_ARG_RESERVED);
	return st;
}

/* Payloads that are equal as JSON are the same signal. */
static cairn_status plan_one(cairn_conn *conn, const cairn_signal_new *item,
			     cairn_signal_insert *row, cairn_error *err)
{
	cairn_text text = { .alloc = conn->host.alloc, .alloc_user = conn->host.alloc_user };
	*row = (cairn_signal_insert){
		.run = item->run,
		.name = item->name,
		.key = item->key,
		.payload = item->payload.len > 0 ? item->payload : CAIRN_STR("null"),
	};
	cairn_status st = CAIRN_OK;
	if (item->key.len > 0)
		st = cairn_json_canonical(row->payload, &text, err);
	if (st == CAIRN_OK && item->key.len > 0)
		cairn_sha256(text.ptr, text.len, row->hash);
	cairn_text_clear(&text);
	return st;
}

/* ---- sending --------------------------------------------------------------------------- */

static cairn_code code_of(enum cairn_signal_result result)
{
	switch (result) {
	case CAIRN_SIGNAL_DONE:
	case CAIRN_SIGNAL_EXISTS:
		return CAIRN_E_NONE;
	case CAIRN_SIGNAL_MISS:
		return CAIRN_E_REPLAY_NOT_FOUND;
	case CAIRN_SIGNAL_CONFLICT:
		return CAIRN_E_SIGNAL_CONFLICT;
	case CAIRN_SIGNAL_OVER:
		return CAIRN_E_REPLAY_OVER;
	}
	return CAIRN_E_INTERNAL;
}

static void judge(const cairn_signal_placed *placed, cairn_signal_sent *each)
{
	*each = (cairn_signal_sent){ .code = code_of(placed->result) };
	if (each->code != CAIRN_E_NONE) {
		each->status = cairn_code_status(each->code);
		return;
	}
	each->disposition = placed->result == CAIRN_SIGNAL_EXISTS ? CAIRN_EXISTING : CAIRN_INSERTED;
	each->woken = placed->woken;
	each->seq = placed->seq;
}

static cairn_status run_plan(cairn_conn *conn, const cairn_signal_plan *plan,
			     cairn_signal_placed *placed, cairn_signal_sent *each, cairn_error *err)
{
	cairn_signal_spread spread = { .sent = 0 };
	cairn_status st = conn->replays.send(conn->self, plan, placed, &spread, err);
	for (size_t i = 0; i < plan->n && st == CAIRN_OK; i++) {
		cairn_signal_sent one;
		judge(&placed[i], &one);
		if (each != NULL)
			each[i] = one;
		else if (one.status != CAIRN_OK)
			st = cairn__fail_item(err, one.code, i);
	}
	return st;
}

static cairn_status send(cairn_conn *conn, cairn_scope scope, const cairn_signal_new *items,
			 size_t n, cairn_signal_sent *each, cairn_error *err)
{
	cairn_signal_insert *rows = cairn__scratch(conn, n, sizeof *rows, err);
	cairn_signal_placed *placed = NULL;
	if (rows != NULL)
		placed = cairn__scratch(conn, n, sizeof *placed, err);
	cairn_status st = placed != NULL ? CAIRN_OK : CAIRN_NOMEM;
	for (size_t i = 0; i < n && st == CAIRN_OK; i++)
		st = plan_one(conn, &items[i], &rows[i], err);
	if (st == CAIRN_OK) {
		cairn_signal_plan plan = {
			.scope = scope, .items = rows, .n = n, .record = recorded(conn)
		};
		st = run_plan(conn, &plan, placed, each, err);
	}
	cairn__scratch_free(conn, placed, n, sizeof *placed);
	cairn__scratch_free(conn, rows, n, sizeof *rows);
	return st;
}

cairn_status cairn_signal_send(cairn_conn *conn, cairn_scope scope, const cairn_signal_new *items,
			       size_t n, cairn_signal_sent *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__REPLAYS, "signal.send", err);
	if (st == CAIRN_OK)
		st = cairn__check_batch(items, n, err);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = check_content(conn, &items[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st == CAIRN_OK && n > 0)
		st = send(conn, scope, items, n, each, err);
	return cairn__call_end(&call, st, n);
}

static cairn_status broadcast(cairn_conn *conn, const cairn_broadcast *given,
			      cairn_broadcast_report *report, cairn_error *err)
{
	if (given == NULL || given->size < sizeof *given || report == NULL)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_signal_new item = { .name = given->name,
				  .key = given->key,
				  .payload = given->payload };
	cairn_signal_insert row;
	cairn_signal_plan plan = { .scope = given->scope,
				   .items = &row,
				   .n = 1,
				   .record = recorded(conn),
				   .type = given->type };
	cairn_status st = cairn__check_scope(&given->scope, err);
	if (st == CAIRN_OK)
		st = check_content(conn, &item, err);
	if (st == CAIRN_OK && given->type.len > 0)
		st = cairn__check_name(given->type, "type", err);
	if (st == CAIRN_OK)
		st = cairn__check_page(given->limit, &plan.limit, err);
	if (st == CAIRN_OK && given->reserved_ != 0)
		st = cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (st == CAIRN_OK)
		st = plan_one(conn, &item, &row, err);
	if (st != CAIRN_OK)
		return st;
	cairn_signal_spread spread = { .sent = 0 };
	cairn_signal_placed placed;
	st = conn->replays.send(conn->self, &plan, &placed, &spread, err);
	if (st == CAIRN_OK)
		*report = (cairn_broadcast_report){ .sent = spread.sent,
						    .more = (int32_t)spread.more };
	return st;
}

cairn_status cairn_signal_broadcast(cairn_conn *conn, const cairn_broadcast *given,
				    cairn_broadcast_report *report, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__REPLAYS, "signal.broadcast", err);
	if (st == CAIRN_OK)
		st = broadcast(conn, given, report, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? report->sent : 0);
}

/* ---- reading ------------------------------------------------------------------------------ */

static cairn_status query_of(const cairn_signal_filter *filter, cairn_signal_query *query,
			     cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->untaken > 1)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	*query = (cairn_signal_query){ .scope = filter->scope,
				       .run = filter->run,
				       .name = filter->name,
				       .after = filter->after,
				       .untaken = filter->untaken };
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query->limit, err);
	if (st == CAIRN_OK && filter->name.len > 0)
		st = cairn__check_name(filter->name, "name", err);
	return st;
}

static cairn_status read(cairn_conn *conn, const cairn_signal_query *query, cairn_signals **signals,
			 cairn_error *err)
{
	cairn_rows rows;
	void *memory = *signals;
	int found = 0;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_signal));
	cairn_status st = conn->replays.signals(conn->self, query, &found, &rows, err);
	if (st == CAIRN_OK && !found)
		st = cairn_fail(err, CAIRN_E_REPLAY_NOT_FOUND);
	st = cairn__rows_end(&rows, &memory, st, err);
	*signals = memory;
	return st;
}

cairn_status cairn_signal_list(cairn_conn *conn, const cairn_signal_filter *filter,
			       cairn_signals **signals, cairn_error *err)
{
	struct cairn__call call;
	cairn_signal_query query;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__REPLAYS, "signal.list", err);
	if (st == CAIRN_OK && signals == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = query_of(filter, &query, err);
	if (st == CAIRN_OK)
		st = read(conn, &query, signals, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*signals)->count : 0);
}
