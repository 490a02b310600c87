/*
 * items_read.c - reading memory items and their namespaces, and evicting what is over. Namespaces go to
 * the driver as it keeps them, and come back without their first ':'.
 */
#include "check.h"
#include "core.h"
#include "limits.h"
#include "namespace.h"
#include "tags.h"

struct look {
	cairn_conn *conn;
	cairn_str tenant;
	size_t n;
};

static cairn_text text_of(cairn_conn *conn)
{
	return (cairn_text){ .alloc = conn->host.alloc, .alloc_user = conn->host.alloc_user };
}

/* ---- getting ------------------------------------------------------------------ */

/* What a driver pushed, with namespaces as callers know them. */
static void show_items(cairn_rows *rows)
{
	for (size_t i = 0; i < cairn_rows_count(rows); i++) {
		cairn_memory_item *item = cairn_rows_at(rows, i);
		item->ns = cairn__namespace_shown(item->ns);
	}
}

static cairn_status add_keys(cairn_text *text, const cairn_memory_ref *items, size_t n,
			     cairn_memory_key *keys, cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		size_t before = text->len;
		st = cairn__namespace_add(text, items[i].ns, err);
		if (st == CAIRN_OK)
			st = cairn__check_key(items[i].key, "key", err);
		if (st == CAIRN_OK && items[i].reserved_ != 0)
			st = cairn_fail(err, CAIRN_E_ARG_RESERVED);
		keys[i] = (cairn_memory_key){ .ns.len = text->len - before, .key = items[i].key };
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	const char *at = text->ptr != NULL ? text->ptr : "";
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		if (keys[i].ns.len > 0)
			keys[i].ns.ptr = at;
		at += keys[i].ns.len;
	}
	return st;
}

/* A result of its rows, which a driver pushes. */
static cairn_status get(const struct look *look, const cairn_memory_key *keys,
			cairn_memory_items **found, cairn_error *err)
{
	cairn_conn *conn = look->conn;
	cairn_rows rows;
	void *memory = *found;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_memory_item));
	cairn_status st = CAIRN_OK;
	if (look->n > 0)
		st = conn->memory.get(conn->self, look->tenant, keys, look->n, &rows, err);
	show_items(&rows);
	st = cairn__rows_end(&rows, &memory, st, err);
	*found = memory;
	return st;
}

static cairn_status look_up(struct look *look, const cairn_memory_ref *items,
			    cairn_memory_items **found, cairn_error *err)
{
	cairn_status st = cairn__check_tenant(look->tenant, err);
	if (st == CAIRN_OK)
		st = cairn__check_batch(items, look->n, err);
	if (st != CAIRN_OK)
		return st;
	cairn_memory_key one;
	bool many = look->n > 1;
	cairn_text text = text_of(look->conn);
	cairn_memory_key *keys =
		many ? cairn__scratch(look->conn, look->n, sizeof *keys, err) : &one;
	if (keys == NULL)
		return CAIRN_NOMEM;
	st = add_keys(&text, items, look->n, keys, err);
	if (st == CAIRN_OK)
		st = get(look, keys, found, err);
	if (many)
		cairn__scratch_free(look->conn, keys, look->n, sizeof *keys);
	cairn_text_clear(&text);
	return st;
}

cairn_status cairn_memory_get(cairn_conn *conn, cairn_str tenant, const cairn_memory_ref *items,
			      size_t n, cairn_memory_items **found, cairn_error *err)
{
	struct cairn__call call;
	struct look look = { .conn = conn, .tenant = tenant, .n = n };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__MEMORY, "memory.get", err);
	if (st == CAIRN_OK && found == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = look_up(&look, items, found, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*found)->count : 0);
}

/* ---- listing ------------------------------------------------------------------ */

#define LIST_BITS (uint32_t)(CAIRN_MEMORY_BELOW | CAIRN_MEMORY_VALUES)

/* Both namespaces of a filter as they are stored, one behind the other in text. */
static cairn_status add_range(cairn_text *text, cairn_namespace ns, cairn_str after,
			      cairn_str stored[2], cairn_error *err)
{
	cairn_status st = cairn__namespace_add(text, ns, err);
	size_t first = text->len;
	if (st == CAIRN_OK)
		st = cairn__namespace_add_text(text, after, err);
	cairn_str none = { NULL, 0 };
	stored[0] = first > 0 ? (cairn_str){ text->ptr, first } : none;
	stored[1] = text->len > first ? (cairn_str){ text->ptr + first, text->len - first } : none;
	return st;
}

static cairn_status plan_list(const cairn_memory_filter *filter, cairn_text *text,
			      cairn_memory_query *query, cairn_error *err)
{
	cairn_str stored[2];
	*query = (cairn_memory_query){
		.tenant = filter->tenant,
		.prefix = filter->prefix,
		.after = filter->after,
		.below = (filter->set & CAIRN_MEMORY_BELOW) != 0,
		.values = (filter->set & CAIRN_MEMORY_VALUES) != 0,
	};
	if ((filter->set & ~LIST_BITS) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_status st = cairn__check_tenant(filter->tenant, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query->limit, err);
	if (st == CAIRN_OK)
		st = cairn__check_text(filter->prefix, CAIRN__MAX_KEY, "prefix", err);
	if (st == CAIRN_OK && filter->after.len > 0)
		st = cairn__check_key(filter->after, "after", err);
	if (st == CAIRN_OK)
		st = add_range(text, filter->ns, filter->after_ns, stored, err);
	if (st != CAIRN_OK)
		return st;
	query->ns = stored[0];
	query->after_ns = stored[0];
	/* what is before the first row of ns is no place to continue at */
	if (query->below && cairn_str_compare(stored[1], stored[0]) > 0)
		query->after_ns = stored[1];
	return CAIRN_OK;
}

static cairn_status list(cairn_conn *conn, const cairn_memory_filter *filter,
			 cairn_memory_items **items, cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_memory_query query;
	cairn_text text = text_of(conn);
	struct cairn__tags tags = { .count = 0 };
	cairn_status st = plan_list(filter, &text, &query, err);
	if (st == CAIRN_OK)
		st = cairn__tags_filter(conn, filter->metadata, &tags, err);
	if (st == CAIRN_OK) {
		cairn_rows rows;
		void *memory = *items;
		query.tags = tags.at;
		query.tag_count = tags.count;
		cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_memory_item));
		st = conn->memory.list(conn->self, &query, &rows, err);
		show_items(&rows);
		st = cairn__rows_end(&rows, &memory, st, err);
		*items = memory;
	}
	cairn__tags_clear(&tags);
	cairn_text_clear(&text);
	return st;
}

cairn_status cairn_memory_list(cairn_conn *conn, const cairn_memory_filter *filter,
			       cairn_memory_items **items, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__MEMORY, "memory.list", err);
	if (st == CAIRN_OK && items == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = list(conn, filter, items, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*items)->count : 0);
}

/* ---- namespaces --------------------------------------------------------------- */

static cairn_status plan_namespaces(const cairn_memory_namespace_filter *filter, cairn_text *text,
				    cairn_memory_namespace_query *query, cairn_error *err)
{
	cairn_str stored[2];
	*query = (cairn_memory_namespace_query){ .tenant = filter->tenant };
	if ((filter->set & ~(uint32_t)CAIRN_MEMORY_AFTER) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_status st = cairn__check_tenant(filter->tenant, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query->limit, err);
	if (st == CAIRN_OK)
		st = add_range(text, filter->ns, filter->after, stored, err);
	if (st != CAIRN_OK)
		return st;
	query->ns = stored[0];
	query->after = stored[1];
	query->behind = filter->after.len > 0 || (filter->set & CAIRN_MEMORY_AFTER) != 0;
	if (cairn_str_compare(stored[1], stored[0]) < 0) {
		query->after = stored[0];
		query->behind = 0;
	}
	return CAIRN_OK;
}

static cairn_status namespaces(cairn_conn *conn, const cairn_memory_namespace_filter *filter,
			       cairn_memory_namespaces **found, cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_memory_namespace_query query;
	cairn_text text = text_of(conn);
	cairn_status st = plan_namespaces(filter, &text, &query, err);
	if (st == CAIRN_OK) {
		cairn_rows rows;
		void *memory = *found;
		cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_memory_namespace));
		st = conn->memory.namespaces(conn->self, &query, &rows, err);
		for (size_t i = 0; i < cairn_rows_count(&rows); i++) {
			cairn_memory_namespace *row = cairn_rows_at(&rows, i);
			row->ns = cairn__namespace_shown(row->ns);
		}
		st = cairn__rows_end(&rows, &memory, st, err);
		*found = memory;
	}
	cairn_text_clear(&text);
	return st;
}

cairn_status cairn_memory_namespace_list(cairn_conn *conn,
					 const cairn_memory_namespace_filter *filter,
					 cairn_memory_namespaces **found, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__MEMORY, "memory.namespaces", err);
	if (st == CAIRN_OK && found == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = namespaces(conn, filter, found, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*found)->count : 0);
}

/* ---- evicting ----------------------------------------------------------------- */

static cairn_status check_evict(const cairn_scope *scope, uint32_t limit, cairn_error *err)
{
	cairn_status st = cairn__check_scope(scope, err);
	if (st != CAIRN_OK)
		return st;
	if (scope->kind == CAIRN_SCOPE_GLOBAL)
		return cairn_fail(err, CAIRN_E_ARG_SCOPE);
	if (limit <= CAIRN__MAX_EVICT)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
	cairn_error_message(err, "One call evicts at most %d items.", CAIRN__MAX_EVICT);
	return CAIRN_TOO_LARGE;
}

cairn_status cairn_memory_evict(cairn_conn *conn, cairn_scope scope, uint32_t limit,
				size_t *evicted, cairn_error *err)
{
	struct cairn__call call;
	size_t gone = 0;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__MEMORY, "memory.evict", err);
	if (st == CAIRN_OK)
		st = check_evict(&scope, limit, err);
	if (st == CAIRN_OK)
		st = conn->memory.evict(conn->self, scope.tenant,
					limit > 0 ? limit : CAIRN__DEFAULT_EVICT, &gone, err);
	if (st == CAIRN_OK && evicted != NULL)
		*evicted = gone;
	return cairn__call_end(&call, st, gone);
}
