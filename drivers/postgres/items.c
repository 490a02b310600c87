/*
 * items.c - memory items: rows by tenant, namespace and key. One whose time is over stands there until
 * it is evicted or written again, and is not seen.
 */
#include <stddef.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_memory_write, field)

/* ---- put ------------------------------------------------------------------------- */

/* The item at this place; the plan's are in order. */
static size_t place_of(const cairn_memory_plan *plan, cairn_str ns, cairn_str key)
{
	size_t low = 0;
	size_t high = plan->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const cairn_memory_write *item = &plan->items[middle];
		int order = cairn_str_compare(item->ns, ns);
		if (order == 0)
			order = cairn_str_compare(item->key, key);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A transaction that can't see what it waits for has written nothing, and says so in a row. */
static cairn_status read_put(const PGresult *result, const cairn_memory_plan *plan,
			     cairn_memory_found *each, cairn_error *err)
{
	for (size_t i = 0; i < plan->n; i++)
		each[i].result = CAIRN_MEMORY_MOVED;
	for (int i = 0; i < PQntuples(result); i++) {
		bool lost = !cairn_pg__null(result, i, 0);
		if (!lost && cairn_pg__null(result, i, 2))
			return cairn_fail(err, CAIRN_E_TX_ISOLATION);
		if (lost) {
			each[cairn_pg__int8(result, i, 0) - 1].result = CAIRN_MEMORY_LOST;
			continue;
		}
		int64_t revision = cairn_pg__int8(result, i, 3);
		size_t n =
			place_of(plan, cairn_pg__text(result, i, 1), cairn_pg__text(result, i, 2));
		if (revision < 0 || n == plan->n)
			continue; /* it met nothing, where something was expected */
		each[n] = (cairn_memory_found){
			.result = CAIRN_MEMORY_DONE,
			.existed = cairn_pg__bool(result, i, 5),
			.revision = revision,
			.expires_at = cairn_pg__time(result, i, 4),
		};
	}
	return CAIRN_OK;
}

static void queue_put(struct pg *pg, const cairn_memory_plan *plan, bool guarded)
{
	struct pg_items items = PG_ITEMS(plan->items, plan->n);
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, plan->tenant);
	cairn_pg__add_texts(pg, COLUMN(ns), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(key), PG_ABSENT_EMPTY);
	cairn_pg__add_contents(pg, COLUMN(value), offsetof(cairn_memory_write, format));
	cairn_pg__add_jsons(pg, COLUMN(metadata));
	cairn_pg__add_texts(pg, COLUMN(tags), PG_ABSENT_EMPTY);
	cairn_pg__add_some_int8s(pg, COLUMN(ttl));
	cairn_pg__add_some_int8s(pg, COLUMN(revision));
	cairn_pg__add_some_int4s(pg, COLUMN(expects));
	if (guarded) {
		cairn_pg__add_guards(pg, COLUMN(lock));
	} else {
		cairn_pg__add_null(pg);
		cairn_pg__add_null(pg);
	}
	cairn_pg__queue(pg, PG_SQL_ITEM_PUT);
	if (cairn_pg__all_zero(COLUMN(expects), sizeof plan->items->expects))
		return;
	cairn_pg__add_text(pg, plan->tenant);
	cairn_pg__add_texts(pg, COLUMN(ns), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(key), PG_ABSENT_EMPTY);
	cairn_pg__queue(pg, PG_SQL_ITEM_UNPUT);
}

/* One item without conditions. */
static bool is_plain(const cairn_memory_plan *plan)
{
	return plan->n == 1 && plan->items->lock == NULL && !plan->items->expects;
}

static cairn_status put_plain(struct pg *pg, const cairn_memory_plan *plan,
			      cairn_memory_found *each, cairn_error *err)
{
	const cairn_memory_write *item = plan->items;
	cairn_status status = cairn_pg__tenant_begin(pg, plan->tenant, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, plan->tenant);
	cairn_pg__add_tenant(pg, item->ns);
	cairn_pg__add_text(pg, item->key);
	cairn_pg__add_content(pg, item->value, item->format);
	cairn_pg__add_text(pg, item->metadata);
	cairn_pg__add_tenant(pg, item->tags);
	cairn_pg__add_int8(pg, item->ttl);
	cairn_pg__add_int4(pg, (int32_t)item->value.len);
	cairn_pg__queue(pg, PG_SQL_ITEM_PUT_PLAIN);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 0);
	status = PQntuples(result) == 1 ? read_put(result, plan, each, err)
					: cairn_fail(err, CAIRN_E_TX_ISOLATION);
	cairn_pg__call_clear(pg);
	return status;
}

static cairn_status put(struct pg *pg, const cairn_memory_plan *plan, cairn_memory_found *each,
			cairn_error *err)
{
	struct pg_items items = PG_ITEMS(plan->items, plan->n);
	cairn_status status = CAIRN_OK;
	if (!cairn_pg__all_zero(COLUMN(lock), sizeof plan->items->lock))
		status = cairn_pg__looks_again(pg, err);
	if (status == CAIRN_OK)
		status = cairn_pg__tenant_begin(pg, plan->tenant, true, err);
	if (status != CAIRN_OK)
		return status;
	bool guarded = cairn_pg__guard_queue(pg, plan->tenant, COLUMN(lock));
	queue_put(pg, plan, guarded);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	status = read_put(cairn_pg__result(pg, guarded ? 1 : 0), plan, each, err);
	cairn_pg__call_clear(pg);
	return status;
}

/* ---- delete ---------------------------------------------------------------------- */

static cairn_status read_gone(const PGresult *result, const cairn_memory_plan *plan,
			      cairn_memory_found *each, cairn_error *err)
{
	for (size_t i = 0; i < plan->n; i++)
		each[i].result = plan->items[i].expects ? CAIRN_MEMORY_MOVED : CAIRN_MEMORY_DONE;
	for (int i = 0; i < PQntuples(result); i++) {
		int64_t n = cairn_pg__int8(result, i, 0);
		if (n < 0)
			return cairn_fail(err, CAIRN_E_TX_ISOLATION);
		if (n == 0 || !cairn_pg__bool(result, i, 1))
			continue;
		each[n - 1].result = CAIRN_MEMORY_DONE;
		each[n - 1].existed = cairn_pg__bool(result, i, 2);
	}
	return CAIRN_OK;
}

static cairn_status take_away(struct pg *pg, const cairn_memory_plan *plan,
			      cairn_memory_found *each, cairn_error *err)
{
	struct pg_items items = PG_ITEMS(plan->items, plan->n);
	cairn_status status = cairn_pg__tenant_begin(pg, plan->tenant, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, plan->tenant);
	cairn_pg__add_texts(pg, COLUMN(ns), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(key), PG_ABSENT_EMPTY);
	cairn_pg__add_some_int8s(pg, COLUMN(revision));
	cairn_pg__add_some_int4s(pg, COLUMN(expects));
	cairn_pg__queue(pg, PG_SQL_ITEM_LOCK);
	cairn_pg__queue(pg, PG_SQL_ITEM_DELETE);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	status = read_gone(cairn_pg__result(pg, 0), plan, each, err);
	cairn_pg__call_clear(pg);
	return status;
}

cairn_status cairn_pg__memory_put(void *self, const cairn_memory_plan *plan,
				  cairn_memory_found *each, cairn_error *err)
{
	if (plan->items[0].deletes)
		return take_away(self, plan, each, err);
	if (is_plain(plan))
		return put_plain(self, plan, each, err);
	return put(self, plan, each, err);
}

/* ---- get, list ------------------------------------------------------------------- */

static void read_item(const PGresult *result, int row, void *into)
{
	cairn_memory_item *item = into;
	item->ns = cairn_pg__tenant(result, row, 0);
	item->key = cairn_pg__text(result, row, 1);
	item->value_size = cairn_pg__int4(result, row, 2);
	item->metadata = cairn_pg__text(result, row, 3);
	item->revision = cairn_pg__int8(result, row, 4);
	item->created_at = cairn_pg__time(result, row, 5);
	item->updated_at = cairn_pg__time(result, row, 6);
	item->expires_at = cairn_pg__time(result, row, 7);
	item->format = cairn_pg__bool(result, row, 8) ? CAIRN_FORMAT_BYTES : CAIRN_FORMAT_JSON;
	cairn_str value = cairn_pg__text(result, row, cairn_pg__null(result, row, 9) ? 10 : 9);
	item->value = (cairn_blob){ value.ptr, value.len };
}

static void read_got(const PGresult *result, int row, void *into)
{
	read_item(result, row, into);
	((cairn_memory_item *)into)->index = (uint32_t)(cairn_pg__int8(result, row, 11) - 1);
}

cairn_status cairn_pg__memory_get(void *self, cairn_str tenant, const cairn_memory_key *keys,
				  size_t n, cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	struct pg_items items = PG_ITEMS(keys, n);
	cairn_status status = cairn_pg__tenant_begin(pg, tenant, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, tenant);
	if (n == 1) {
		cairn_pg__add_tenant(pg, keys->ns);
		cairn_pg__add_text(pg, keys->key);
		return cairn_pg__query(pg, PG_SQL_ITEM_GET_ONE, rows, read_got, err);
	}
	cairn_pg__add_texts(pg, items, offsetof(cairn_memory_key, ns), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, items, offsetof(cairn_memory_key, key), PG_ABSENT_EMPTY);
	return cairn_pg__query(pg, PG_SQL_ITEM_GET, rows, read_got, err);
}

cairn_status cairn_pg__memory_list(void *self, const cairn_memory_query *query, cairn_rows *rows,
				   cairn_error *err)
{
	struct pg *pg = self;
	struct pg_items tags = { .base = query->tags,
				 .size = sizeof *query->tags,
				 .n = query->tag_count };
	cairn_status status = cairn_pg__tenant_begin(pg, query->tenant, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, query->tenant);
	cairn_pg__add_tenant(pg, query->ns);
	cairn_pg__add_tenant(pg, query->after_ns);
	cairn_pg__add_tenant(pg, query->after);
	cairn_pg__add_tenant(pg, query->prefix);
	cairn_pg__add_bool(pg, query->values != 0);
	cairn_pg__add_int8(pg, query->limit);
	cairn_pg__add_texts(pg, tags, 0, PG_ABSENT_NULL);
	return cairn_pg__query(pg, query->below ? PG_SQL_ITEMS_BELOW : PG_SQL_ITEMS, rows,
			       read_item, err);
}

/* ---- namespaces, evict ------------------------------------------------------------ */

static void read_namespace(const PGresult *result, int row, void *into)
{
	cairn_memory_namespace *namespace = into;
	namespace->ns = cairn_pg__tenant(result, row, 0);
}

cairn_status cairn_pg__memory_namespaces(void *self, const cairn_memory_namespace_query *query,
					 cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__tenant_begin(pg, query->tenant, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, query->tenant);
	cairn_pg__add_tenant(pg, query->ns);
	cairn_pg__add_tenant(pg, query->behind ? query->after : query->ns);
	cairn_pg__add_bool(pg, query->behind != 0);
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query(pg, PG_SQL_ITEM_NAMESPACES, rows, read_namespace, err);
}

cairn_status cairn_pg__memory_evict(void *self, cairn_str tenant, uint32_t limit, size_t *evicted,
				    cairn_error *err)
{
	struct pg *pg = self;
	bool all = tenant.len == 0;
	cairn_status status = cairn_pg__scope_begin(pg, tenant, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, all ? cairn_str_of(pg->schema) : tenant);
	cairn_pg__add_int8(pg, limit);
	cairn_pg__queue(pg, all ? PG_SQL_ITEM_EVICT_ALL : PG_SQL_ITEM_EVICT);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 0);
	*evicted = (size_t)cairn_pg__int8(result, 0, 0);
	if (cairn_pg__bool(result, 0, 1))
		status = cairn_fail(err, CAIRN_E_TENANT_ROW_SECURITY);
	cairn_pg__call_clear(pg);
	return status;
}
