/* ct_item.c - steps that cases about memory items share. */
#include "ct.h"

#define MAX_SEGMENTS 40

static cairn_str tenant_of(const char *tenant)
{
	return tenant ? cairn_str_of(tenant) : CAIRN_STR("t");
}

cairn_namespace ct_ns(const char *path)
{
	cairn_str *segments = ct_alloc(MAX_SEGMENTS * sizeof(*segments));
	cairn_namespace ns = { .segments = segments };
	while (*path != '\0' && ns.count < MAX_SEGMENTS) {
		size_t len = strcspn(path, "/");
		segments[ns.count++] = (cairn_str){ path, len };
		path += path[len] == '/' ? len + 1 : len;
	}
	return ns;
}

cairn_memory_new ct_item(cairn_namespace ns, const char *key, const char *json)
{
	return (cairn_memory_new){ .ns = ns,
				   .key = cairn_str_of(key),
				   .value = { json, strlen(json) } };
}

cairn_memory_changed ct_keep(cairn_conn *conn, const char *tenant, cairn_memory_new item)
{
	cairn_memory_changed each = { .revision = -1 };
	ct_ok(cairn_memory_put(conn, tenant_of(tenant), &item, 1, &each, ct_err()));
	return each;
}

int64_t ct_kept(cairn_conn *conn, const char *tenant, cairn_memory_new item)
{
	cairn_memory_changed each = ct_keep(conn, tenant, item);
	ct_each(each, CAIRN_OK, NULL);
	ct_true(each.revision > 0);
	return each.revision;
}

cairn_memory_changed ct_swap(cairn_conn *conn, cairn_memory_new item, int64_t revision)
{
	item.set = CAIRN_MEMORY_EXPECT;
	item.revision = revision;
	return ct_keep(conn, NULL, item);
}

bool ct_unkeep(cairn_conn *conn, const char *tenant, cairn_namespace ns, const char *key)
{
	cairn_memory_ref ref = { .ns = ns, .key = cairn_str_of(key) };
	cairn_memory_changed each = { .revision = -1 };
	ct_ok(cairn_memory_delete(conn, tenant_of(tenant), &ref, 1, &each, ct_err()));
	ct_each(each, CAIRN_OK, NULL);
	ct_int(each.revision, 0);
	return each.existed != 0;
}

const cairn_memory_item *ct_recall(cairn_conn *conn, const char *tenant, cairn_namespace ns,
				   const char *key)
{
	cairn_memory_ref ref = { .ns = ns, .key = cairn_str_of(key) };
	cairn_memory_items *items = NULL;
	ct_ok(cairn_memory_get(conn, tenant_of(tenant), &ref, 1, &items, ct_err()));
	ct_later(items);
	ct_true(items->count <= 1);
	return items->count == 1 ? &items->at[0] : NULL;
}

const char *ct_value(cairn_conn *conn, const char *tenant, cairn_namespace ns, const char *key)
{
	const cairn_memory_item *item = ct_recall(conn, tenant, ns, key);
	if (!item)
		return "-";
	ct_int(item->value.len, item->value_size);
	return item->value.ptr;
}

const char *ct_items(cairn_conn *conn, const cairn_memory_filter *filter)
{
	cairn_memory_items *items = NULL;
	const char *text = "";
	ct_ok(cairn_memory_list(conn, filter, &items, ct_err()));
	ct_later(items);
	for (size_t i = 0; i < items->count; i++) {
		const cairn_memory_item *item = &items->at[i];
		text = ct_format("%s%s%s|%s", text, i > 0 ? " " : "",
				 item->ns.ptr ? item->ns.ptr : "", item->key.ptr);
	}
	return text;
}
