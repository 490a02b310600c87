/* resource.c - capacities; handing out the permits is the claim's, and so the driver's. */
#include "check.h"
#include "core.h"
#include "limits.h"

/* ---- set ------------------------------------------------------------------- */

static cairn_status check(const cairn_capacity *item, cairn_error *err)
{
	cairn_status st = cairn__check_key(item->key, "key", err);
	if (st == CAIRN_OK && item->tenant.len > 0)
		st = cairn__check_tenant(item->tenant, err);
	if (st != CAIRN_OK)
		return st;
	if (item->reserved0_ != 0 || (item->reserved_[0] | item->reserved_[1]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (item->capacity < 0 || item->capacity > CAIRN__MAX_CAPACITY)
		return cairn_fail(err, CAIRN_E_RESOURCE_CAPACITY);
	return CAIRN_OK;
}

static cairn_status set(cairn_conn *conn, const cairn_capacity *resources, size_t n,
			cairn_error *err)
{
	cairn_status st = cairn__check_batch(resources, n, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = check(&resources[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st != CAIRN_OK || n == 0)
		return st;
	return conn->resources.set(conn->self, resources, n, err);
}

cairn_status cairn_resource_set(cairn_conn *conn, const cairn_capacity *resources, size_t n,
				cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__RESOURCES, "resource.set", err);
	if (st == CAIRN_OK)
		st = set(conn, resources, n, err);
	return cairn__call_end(&call, st, n);
}

/* ---- reads ----------------------------------------------------------------- */

static cairn_status read_resources(cairn_conn *conn, const cairn_resource_query *query,
				   cairn_resources **resources, cairn_error *err)
{
	cairn_rows rows;
	void *memory = *resources;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_resource));
	cairn_status st = conn->resources.list(conn->self, query, &rows, err);
	if (st == CAIRN_OK && query->key.len > 0 && rows.count == 0 && !rows.failed)
		st = cairn_fail(err, CAIRN_E_RESOURCE_NOT_FOUND);
	st = cairn__rows_end(&rows, &memory, st, err);
	*resources = memory;
	return st;
}

static cairn_status get(cairn_conn *conn, cairn_str tenant, cairn_str key,
			cairn_resources **resource, cairn_error *err)
{
	cairn_resource_query query = {
		.scope = tenant.len > 0 ? cairn_tenant(tenant) : cairn_global(),
		.key = key,
		.limit = 1,
	};
	cairn_status st = cairn__check_scope(&query.scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_key(key, "key", err);
	return st == CAIRN_OK ? read_resources(conn, &query, resource, err) : st;
}

cairn_status cairn_resource_get(cairn_conn *conn, cairn_str tenant, cairn_str key,
				cairn_resources **resource, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__RESOURCES, "resource.get", err);
	if (st == CAIRN_OK && resource == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = get(conn, tenant, key, resource, err);
	return cairn__call_end(&call, st, 1);
}

static cairn_status list(cairn_conn *conn, const cairn_resource_filter *filter,
			 cairn_resources **resources, cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_resource_query query = { .scope = filter->scope,
				       .after_tenant = filter->after_tenant,
				       .after_key = filter->after_key };
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query.limit, err);
	if (st == CAIRN_OK && filter->after_tenant.len > 0)
		st = cairn__check_tenant(filter->after_tenant, err);
	if (st == CAIRN_OK && filter->after_key.len > 0)
		st = cairn__check_key(filter->after_key, "after_key", err);
	return st == CAIRN_OK ? read_resources(conn, &query, resources, err) : st;
}

cairn_status cairn_resource_list(cairn_conn *conn, const cairn_resource_filter *filter,
				 cairn_resources **resources, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__RESOURCES, "resource.list", err);
	if (st == CAIRN_OK && resources == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = list(conn, filter, resources, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*resources)->count : 0);
}
