/*
 * budget.c - the ledger of budgets. A write is one round trip: the ledgers of the roots are made if they are missing,
 * locked, and then one statement goes through the items (sql_budget.h); or, for one item, locks and writes. That is
 * another one where somebody has written meanwhile, or the job is not found at once. (sql_budget_one.h)
 */
#include <stddef.h>
#include <string.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_budget_item, field)

/* The numbers in sql_budget.h. */
_Static_assert(CAIRN_BUDGET_CHARGE == 1 && CAIRN_BUDGET_RESERVE == 2 && CAIRN_BUDGET_RELEASE == 3,
	       "verbs");
_Static_assert(CAIRN_BUDGET_MISS == 0 && CAIRN_BUDGET_LOST == 1 && CAIRN_BUDGET_DONE == 2 &&
		       CAIRN_BUDGET_EXISTS == 3 && CAIRN_BUDGET_CONFLICT == 4 &&
		       CAIRN_BUDGET_EXCEEDED == 5 && CAIRN_BUDGET_OVERFLOW == 6 &&
		       CAIRN_BUDGET_UNKNOWN == 7,
	       "how it went");
_Static_assert(CAIRN_BUDGET_SOFT == 1 && CAIRN_BUDGET_HARD == 2, "kinds");

/* ---- the ledgers ------------------------------------------------------------------ */

static void lock_ledgers(struct pg *pg, struct pg_items items, size_t run, const cairn_scope *scope)
{
	for (int look = 0; look < 2; look++) {
		cairn_pg__add_ids(pg, items, run);
		cairn_pg__add_scope(pg, scope);
		cairn_pg__queue(pg, PG_SQL_LEDGER_OPEN);
	}
	cairn_pg__add_ids(pg, items, run);
	cairn_pg__queue(pg, PG_SQL_LEDGER_LOCK);
}

void cairn_pg__ledger_queue(struct pg *pg, const cairn_budget_item *charges, size_t n)
{
	cairn_scope any = cairn_any();
	lock_ledgers(pg, PG_ITEMS(charges, n), offsetof(cairn_budget_item, run), &any);
}

/* ---- totals -------------------------------------------------------------------------- */

static void queue_set(struct pg *pg, const cairn_budget_set_plan *plan)
{
	struct pg_items axes = PG_ITEMS(plan->axes, plan->n);
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, PG_TIME_LEFT);
	cairn_pg__add_id(pg, plan->run);
	cairn_pg__add_scope(pg, &plan->scope);
	cairn_pg__add_texts(pg, axes, offsetof(cairn_budget_new, axis), PG_ABSENT_EMPTY);
	cairn_pg__add_int4s(pg, axes, offsetof(cairn_budget_new, kind));
	cairn_pg__add_int8s(pg, axes, offsetof(cairn_budget_new, total));
	cairn_pg__queue(pg, PG_SQL_BUDGET_SET);
}

cairn_status cairn_pg__budget_set(void *self, const cairn_budget_set_plan *plan, int *found,
				  cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__looks_again(pg, err);
	if (status == CAIRN_OK)
		status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	lock_ledgers(pg, PG_ITEMS(&plan->run, 1), 0, &plan->scope);
	queue_set(pg, plan);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	*found = PQntuples(cairn_pg__result(pg, PG_LEDGER)) > 0;
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

/* ---- entries --------------------------------------------------------------------------- */

void cairn_pg__charge_queue(struct pg *pg, const cairn_budget_plan *plan, int64_t seq,
			    cairn_id claim)
{
	struct pg_items items = PG_ITEMS(plan->items, plan->n);
	bool leased = !cairn_id_is_none(plan->lease);
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, PG_TIME_LEFT);
	cairn_pg__add_int4(pg, (int32_t)plan->verb);
	cairn_pg__add_bool(pg, plan->all != 0);
	cairn_pg__add_ids(pg, COLUMN(run));
	cairn_pg__add_texts(pg, COLUMN(axis), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(source_type), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(source_id), PG_ABSENT_EMPTY);
	cairn_pg__add_int8s(pg, COLUMN(amount));
	cairn_pg__add_int8(pg, plan->duration);
	cairn_pg__add_scope(pg, &plan->scope);
	if (leased)
		cairn_pg__add_id(pg, plan->lease);
	else
		cairn_pg__add_null(pg);
	cairn_pg__add_int8(pg, plan->fence);
	if (seq != 0)
		cairn_pg__add_int8(pg, seq);
	else
		cairn_pg__add_null(pg);
	cairn_pg__add_id(pg, claim);
	cairn_pg__queue(pg, PG_SQL_BUDGET_WRITE);
}

static void read_budget_now(const PGresult *result, int row, int column, cairn_budget_result *one)
{
	one->limited = !cairn_pg__null(result, row, column);
	one->total = cairn_pg__int8(result, row, column);
	one->spent = cairn_pg__int8(result, row, column + 1);
	one->reserved = cairn_pg__int8(result, row, column + 2);
}

void cairn_pg__charge_read(struct pg *pg, size_t n, cairn_budget_result *each)
{
	const PGresult *result = cairn_pg__result(pg, n);
	for (int i = 0; i < PQntuples(result); i++) {
		cairn_budget_result *one = &each[cairn_pg__int8(result, i, 0) - 1];
		one->how = (enum cairn_budget_how)cairn_pg__int4(result, i, 1);
		read_budget_now(result, i, 2, one);
	}
}

static void queue_one(struct pg *pg, const cairn_budget_plan *plan)
{
	const cairn_budget_item *item = plan->items;
	bool reserves = plan->verb == CAIRN_BUDGET_RESERVE;
	cairn_pg__add_id(pg, item->run);
	cairn_pg__add_scope(pg, &plan->scope);
	cairn_pg__queue(pg, PG_SQL_LEDGER_OPEN_ONE);
	cairn_pg__add_now(pg);
	cairn_pg__add_id(pg, item->run);
	cairn_pg__add_scope(pg, &plan->scope);
	cairn_pg__add_text(pg, item->axis);
	cairn_pg__add_text(pg, item->source_type);
	cairn_pg__add_text(pg, item->source_id);
	cairn_pg__add_int8(pg, item->amount);
	if (reserves)
		cairn_pg__add_int8(pg, plan->duration);
	cairn_pg__queue(pg, reserves ? PG_SQL_RESERVE_ONE : PG_SQL_CHARGE_ONE);
}

enum { ONE_SAME = 0, ONE_HOW, ONE_TOTAL };

/* If not *done, somebody has written while it waited, or there is no job, it seems; nothing was written. */
static cairn_status write_one(struct pg *pg, const cairn_budget_plan *plan,
			      cairn_budget_result *one, bool *done, cairn_error *err)
{
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	queue_one(pg, plan);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 1);
	bool there = PQntuples(result) == 1;
	*done = there && cairn_pg__bool(result, 0, ONE_SAME);
	if (*done) {
		one->how = (enum cairn_budget_how)cairn_pg__int4(result, 0, ONE_HOW);
		read_budget_now(result, 0, ONE_TOTAL, one);
	}
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

cairn_status cairn_pg__budget_write(void *self, const cairn_budget_plan *plan,
				    cairn_budget_result *each, cairn_error *err)
{
	struct pg *pg = self;
	const cairn_id none = { { 0 } };
	bool leased = !cairn_id_is_none(plan->lease);
	bool done = false;
	memset(each, 0, plan->n * sizeof *each);
	cairn_status status = cairn_pg__looks_again(pg, err);
	if (status == CAIRN_OK && plan->n == 1 && !leased && plan->verb != CAIRN_BUDGET_RELEASE)
		status = write_one(pg, plan, each, &done, err);
	if (status != CAIRN_OK || done)
		return status;
	status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	if (leased)
		cairn_pg__run_lock(pg, plan->lease);
	lock_ledgers(pg, PG_ITEMS(plan->items, plan->n), offsetof(cairn_budget_item, run),
		     &plan->scope);
	cairn_pg__charge_queue(pg, plan, 0, none);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__charge_read(pg, leased + PG_LEDGER, each);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

static void read_budget(const PGresult *result, int row, void *into)
{
	cairn_budget *budget = into;
	budget->root = cairn_pg__id(result, row, 0);
	budget->axis = cairn_pg__text(result, row, 1);
	budget->kind = cairn_budget_kind_parse(cairn_pg__text(result, row, 2));
	budget->limited = !cairn_pg__null(result, row, 3);
	budget->total = cairn_pg__int8(result, row, 3);
	budget->spent = cairn_pg__int8(result, row, 4);
	budget->reserved = cairn_pg__int8(result, row, 5);
	budget->created_at = cairn_pg__time(result, row, 6);
	budget->updated_at = cairn_pg__time(result, row, 7);
}

cairn_status cairn_pg__budget_read(void *self, cairn_scope scope, cairn_id run, int *found,
				   cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_id(pg, run);
	cairn_pg__add_scope(pg, &scope);
	return cairn_pg__query_found(pg, PG_SQL_BUDGETS, 1, found, rows, read_budget, err);
}

static void read_entry(const PGresult *result, int row, void *into)
{
	cairn_entry *entry = into;
	entry->root = cairn_pg__id(result, row, 0);
	entry->seq = cairn_pg__int8(result, row, 1);
	entry->run = cairn_pg__id(result, row, 2);
	entry->axis = cairn_pg__text(result, row, 3);
	entry->source_type = cairn_pg__text(result, row, 4);
	entry->source_id = cairn_pg__text(result, row, 5);
	entry->amount = cairn_pg__int8(result, row, 6);
	entry->state = cairn_entry_state_parse(cairn_pg__text(result, row, 7));
	entry->expires_at = cairn_pg__time(result, row, 8);
	entry->created_at = cairn_pg__time(result, row, 9);
	entry->updated_at = cairn_pg__time(result, row, 10);
}

cairn_status cairn_pg__budget_entries(void *self, const cairn_entry_query *query, int *found,
				      cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_id(pg, query->run);
	cairn_pg__add_scope(pg, &query->scope);
	cairn_pg__add_text(pg, query->axis);
	cairn_pg__add_int8(pg, query->after);
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query_found(pg, PG_SQL_BUDGET_ENTRIES, 1, found, rows, read_entry, err);
}
