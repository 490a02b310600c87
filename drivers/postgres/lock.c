/* lock.c - named locks: a row for each name, kept for its fence when the lock is free. */
#include <stddef.h>

#include "pg.h"

/* ---- take, change ------------------------------------------------------------ */

/*
 * Runs the one statement of a write whose first column tells whether this transaction sees what it
 * waits for. *hit: the second one is there.
 */
static cairn_status run(struct pg *pg, enum pg_sql sql, bool *hit, cairn_error *err)
{
	cairn_pg__queue(pg, sql);
	cairn_status status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 0);
	*hit = !cairn_pg__null(result, 0, 1);
	if (cairn_pg__bool(result, 0, 0))
		return CAIRN_OK;
	cairn_pg__call_clear(pg);
	return cairn_fail(err, CAIRN_E_TX_ISOLATION);
}

cairn_status cairn_pg__lock_take(void *self, const cairn_lock_plan *plan, int64_t *fence,
				 cairn_time *expires_at, cairn_error *err)
{
	struct pg *pg = self;
	bool had = false;
	cairn_status status = cairn_pg__tenant_begin(pg, plan->tenant, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, plan->tenant);
	cairn_pg__add_text(pg, plan->name);
	cairn_pg__add_text(pg, plan->holder);
	cairn_pg__add_int8(pg, plan->ttl);
	status = run(pg, PG_SQL_LOCK_TAKE, &had, err);
	if (status != CAIRN_OK)
		return status;
	*fence = had ? cairn_pg__int8(cairn_pg__result(pg, 0), 0, 1) : 0;
	*expires_at = cairn_pg__time(cairn_pg__result(pg, 0), 0, 2);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

cairn_status cairn_pg__lock_change(void *self, const cairn_lock_change *change, int *hit,
				   cairn_time *expires_at, cairn_error *err)
{
	struct pg *pg = self;
	bool found = false;
	cairn_status status = cairn_pg__tenant_begin(pg, change->tenant, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, change->tenant);
	cairn_pg__add_text(pg, change->name);
	cairn_pg__add_int4(pg, (int32_t)change->act);
	cairn_pg__add_int8(pg, change->fence);
	cairn_pg__add_int8(pg, change->ttl);
	status = run(pg, PG_SQL_LOCK_CHANGE, &found, err);
	if (status != CAIRN_OK)
		return status;
	*hit = found;
	*expires_at = cairn_pg__time(cairn_pg__result(pg, 0), 0, 2);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

/* ---- list, prune -------------------------------------------------------------- */

static void read_lock(const PGresult *result, int row, void *into)
{
	cairn_lock_row *lock = into;
	lock->tenant = cairn_pg__text(result, row, 1);
	lock->name = cairn_pg__text(result, row, 2);
	lock->holder = cairn_pg__text(result, row, 3);
	lock->fence = cairn_pg__int8(result, row, 4);
	lock->acquired_at = cairn_pg__time(result, row, 5);
	lock->expires_at = cairn_pg__time(result, row, 6);
	lock->expired = cairn_pg__bool(result, row, 7);
}

cairn_status cairn_pg__lock_list(void *self, const cairn_lock_query *query, cairn_time *now,
				 cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__tenant_begin(pg, query->tenant, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, query->tenant);
	cairn_pg__add_tenant(pg, query->prefix);
	cairn_pg__add_tenant(pg, query->after); /* absent: above the least text */
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query_at(pg, PG_SQL_LOCKS, now, rows, read_lock, err);
}

cairn_status cairn_pg__scope_begin(struct pg *pg, cairn_str tenant, cairn_error *err)
{
	if (tenant.len > 0)
		return cairn_pg__tenant_begin(pg, tenant, true, err);
	return cairn_pg__call_begin(pg, true, err);
}

cairn_status cairn_pg__lock_prune(void *self, cairn_str tenant, cairn_usec age, uint32_t limit,
				  size_t *pruned, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__scope_begin(pg, tenant, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, tenant);
	cairn_pg__add_int8(pg, age);
	cairn_pg__add_int8(pg, limit);
	cairn_pg__add_text(pg, cairn_str_of(pg->schema));
	cairn_pg__queue(pg, PG_SQL_LOCK_PRUNE);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	*pruned = (size_t)cairn_pg__int8(cairn_pg__result(pg, 0), 0, 0);
	if (cairn_pg__bool(cairn_pg__result(pg, 0), 0, 1))
		status = cairn_fail(err, CAIRN_E_TENANT_ROW_SECURITY);
	cairn_pg__call_clear(pg);
	return status;
}
