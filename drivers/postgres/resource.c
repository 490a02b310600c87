/* resource.c - capacities; the permits are handed out by the claim's statements (sql_queue.h). */
#include <stddef.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_capacity, field)

cairn_status cairn_pg__resource_set(void *self, const cairn_capacity *resources, size_t n,
				    cairn_error *err)
{
	struct pg *pg = self;
	struct pg_items items = PG_ITEMS(resources, n);
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_texts(pg, COLUMN(tenant), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(key), PG_ABSENT_EMPTY);
	cairn_pg__add_int4s(pg, COLUMN(capacity));
	cairn_pg__queue(pg, PG_SQL_RESOURCE_SET);
	status = cairn_pg__call_run(pg, err);
	if (status == CAIRN_OK)
		cairn_pg__call_clear(pg);
	return status;
}

static void read_resource(const PGresult *result, int row, void *into)
{
	cairn_resource *resource = into;
	resource->tenant = cairn_pg__tenant(result, row, 0);
	resource->key = cairn_pg__text(result, row, 1);
	resource->capacity = cairn_pg__int4(result, row, 2);
	resource->in_use = cairn_pg__int8(result, row, 3);
	resource->waiting = cairn_pg__int8(result, row, 4);
	resource->created_at = cairn_pg__time(result, row, 5);
	resource->updated_at = cairn_pg__time(result, row, 6);
}

cairn_status cairn_pg__resource_list(void *self, const cairn_resource_query *query,
				     cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_scope(pg, &query->scope);
	cairn_pg__add_text(pg, query->key);
	cairn_pg__add_tenant(pg, query->after_tenant);
	cairn_pg__add_tenant(pg, query->after_key);
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query(pg, PG_SQL_RESOURCES, rows, read_resource, err);
}
