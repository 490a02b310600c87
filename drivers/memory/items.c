/*
 * items.c - memory items: rows by tenant, namespace and key. One whose time is over stands there until
 * it is evicted or written again, and is not seen. (The driver is called memory, too; hence the name.)
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static bool is_visible(const struct mem_item *row, cairn_time now)
{
	return row->item.expires_at == 0 || row->item.expires_at > now;
}

static struct mem_item place(cairn_str tenant, cairn_str ns, cairn_str key)
{
	return (struct mem_item){ .tenant = tenant, .item = { .ns = ns, .key = key } };
}

/* ---- put, delete ----------------------------------------------------------------- */

static bool as_expected(const cairn_memory_write *write, const struct mem_item *visible)
{
	if (!write->expects)
		return true;
	return write->revision == (visible != NULL ? visible->item.revision : 0);
}

static int insert(struct mem_write *write, cairn_str tenant, const cairn_memory_write *given,
		  const struct mem_item *was, cairn_memory_found *found)
{
	struct mem_item is = place(tenant, given->ns, given->key);
	is.value = (cairn_str){ given->value.ptr, given->value.len };
	is.tags = given->tags;
	is.item.metadata = given->metadata;
	is.item.format = given->format;
	is.item.value_size = (int64_t)given->value.len;
	is.item.created_at = found->existed ? was->item.created_at : write->now;
	is.item.updated_at = write->now;
	is.item.expires_at = given->ttl != 0 ? write->now + given->ttl : 0;
	is.item.revision = write->now > 0 ? write->now : 1;
	if (was != NULL && was->item.revision >= is.item.revision)
		is.item.revision = was->item.revision + 1;
	found->revision = is.item.revision;
	found->expires_at = is.item.expires_at;
	return cairn_mem__put(write->state, MEM_ITEMS, &is);
}

static int write_one(struct mem_write *write, cairn_str tenant, const cairn_memory_write *given,
		     cairn_memory_found *found)
{
	struct mem_item key = place(tenant, given->ns, given->key);
	const struct mem_item *was = cairn_mem__find(write->state, MEM_ITEMS, &key);
	const struct mem_item *visible = was != NULL && is_visible(was, write->now) ? was : NULL;
	if (!cairn_mem__guard(write, given->lock)) {
		found->result = CAIRN_MEMORY_LOST;
		return 0;
	}
	if (!as_expected(given, visible)) {
		found->result = CAIRN_MEMORY_MOVED;
		return 0;
	}
	found->result = CAIRN_MEMORY_DONE;
	found->existed = visible != NULL;
	if (!given->deletes)
		return insert(write, tenant, given, was, found);
	return was != NULL ? cairn_mem__remove(write->state, MEM_ITEMS, &key) : 0;
}

cairn_status cairn_mem__memory_put(void *self, const cairn_memory_plan *plan,
				   cairn_memory_found *each, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_ITEMS, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (write_one(&write, plan->tenant, &plan->items[i], &each[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- get, list ------------------------------------------------------------------- */

/* The row as an answer; its value is kept beside its public part. */
static int push(cairn_rows *rows, const struct mem_item *row, size_t index, bool value)
{
	if (cairn_mem__push(rows, MEM_ITEMS, row) != 0)
		return -1;
	cairn_memory_item *item = cairn_rows_at(rows, cairn_rows_count(rows) - 1);
	item->index = (uint32_t)index;
	if (!value)
		return 0;
	const char *ptr = row->value.len > 0 ? row->value.ptr : "";
	cairn_str copy = cairn_rows_str(rows, ptr, row->value.len);
	item->value = (cairn_blob){ copy.ptr, copy.len };
	return cairn_rows_failed(rows) ? -1 : 0;
}

cairn_status cairn_mem__memory_get(void *self, cairn_str tenant, const cairn_memory_key *keys,
				   size_t n, cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_ITEMS, &state, err);
	if (status != CAIRN_OK)
		return status;
	cairn_time now = cairn_mem__now(mem);
	for (size_t i = 0; i < n && status == CAIRN_OK; i++) {
		struct mem_item key = place(tenant, keys[i].ns, keys[i].key);
		const struct mem_item *row = cairn_mem__find(state, MEM_ITEMS, &key);
		if (row != NULL && is_visible(row, now) && push(rows, row, i, true) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	cairn_mem__state_drop(state);
	return status;
}

static bool starts_with(cairn_str text, cairn_str prefix)
{
	return text.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(text.ptr, prefix.ptr, prefix.len) == 0);
}

/* ns itself, or below it: then a ':' follows it. */
static bool is_within(cairn_str ns, cairn_str outer)
{
	return starts_with(ns, outer) && (ns.len == outer.len || ns.ptr[outer.len] == ':');
}

/* Whether U+001F tag U+001F stands in the tags. */
static bool has_tag(cairn_str tags, cairn_str tag)
{
	const char *at = tags.ptr;
	const char *end = at + tags.len;
	while (at < end) {
		at++;
		const char *behind = memchr(at, '\x1f', (size_t)(end - at));
		if (behind == NULL)
			return false;
		if (cairn_str_equal((cairn_str){ at, (size_t)(behind - at) }, tag))
			return true;
		at = behind;
	}
	return false;
}

static bool is_wanted(const struct mem_item *row, const cairn_memory_query *query, cairn_time now)
{
	if (!is_visible(row, now) || !starts_with(row->item.key, query->prefix))
		return false;
	if (row->tags.len == 0)
		return query->tag_count == 0;
	for (size_t i = 0; i < query->tag_count; i++) {
		if (!has_tag(row->tags, query->tags[i]))
			return false;
	}
	return true;
}

cairn_status cairn_mem__memory_list(void *self, const cairn_memory_query *query, cairn_rows *rows,
				    cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_ITEMS, &state, err);
	if (status != CAIRN_OK)
		return status;
	cairn_time now = cairn_mem__now(mem);
	struct mem_item from = place(query->tenant, query->after_ns, query->after);
	size_t at = cairn_mem__seek(state, MEM_ITEMS, &from);
	for (; at < cairn_mem__count(state, MEM_ITEMS); at++) {
		const struct mem_item *row = cairn_mem__at(state, MEM_ITEMS, at);
		if (cairn_rows_count(rows) == query->limit ||
		    !cairn_str_equal(row->tenant, query->tenant) ||
		    !starts_with(row->item.ns, query->ns) ||
		    (!query->below && row->item.ns.len != query->ns.len))
			break;
		if (!is_within(row->item.ns, query->ns) || !is_wanted(row, query, now))
			continue;
		bool is_cursor = cairn_str_equal(row->item.key, query->after) &&
				 cairn_str_equal(row->item.ns, query->after_ns);
		if (!is_cursor && push(rows, row, 0, query->values) != 0) {
			status = cairn_fail(err, CAIRN_E_NOMEM);
			break;
		}
	}
	cairn_mem__state_drop(state);
	return status;
}

/* ---- namespaces ------------------------------------------------------------------ */

/* Its rows begin at `at`; the first place behind them, and whether one of them is visible. */
static size_t skip(const struct mem_state *state, size_t at, cairn_time now, bool *visible)
{
	const struct mem_item *first = cairn_mem__at(state, MEM_ITEMS, at);
	*visible = false;
	for (; at < cairn_mem__count(state, MEM_ITEMS); at++) {
		const struct mem_item *row = cairn_mem__at(state, MEM_ITEMS, at);
		if (!cairn_str_equal(row->tenant, first->tenant) ||
		    !cairn_str_equal(row->item.ns, first->item.ns))
			break;
		*visible = *visible || is_visible(row, now);
	}
	return at;
}

cairn_status cairn_mem__memory_namespaces(void *self, const cairn_memory_namespace_query *query,
					  cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_ITEMS, &state, err);
	if (status != CAIRN_OK)
		return status;
	cairn_time now = cairn_mem__now(mem);
	cairn_str none = { NULL, 0 };
	struct mem_item from = place(query->tenant, query->behind ? query->after : query->ns, none);
	size_t at = cairn_mem__seek(state, MEM_ITEMS, &from);
	while (at < cairn_mem__count(state, MEM_ITEMS) && cairn_rows_count(rows) < query->limit) {
		const struct mem_item *row = cairn_mem__at(state, MEM_ITEMS, at);
		bool visible;
		if (!cairn_str_equal(row->tenant, query->tenant) ||
		    !starts_with(row->item.ns, query->ns))
			break;
		at = skip(state, at, now, &visible);
		if (!visible || !is_within(row->item.ns, query->ns) ||
		    (query->behind && cairn_str_equal(row->item.ns, query->after)))
			continue;
		cairn_memory_namespace *into = cairn_rows_push(rows);
		if (into == NULL) {
			status = cairn_fail(err, CAIRN_E_NOMEM);
			break;
		}
		into->ns = cairn_rows_str(rows, row->item.ns.ptr, row->item.ns.len);
	}
	cairn_mem__state_drop(state);
	return status;
}

/* ---- evict ----------------------------------------------------------------------- */

static int by_end(const void *a, const void *b)
{
	const struct mem_item *const *x = a;
	const struct mem_item *const *y = b;
	cairn_time p = (*x)->item.expires_at;
	cairn_time q = (*y)->item.expires_at;
	return (p > q) - (p < q);
}

/* What is over, the oldest first; how many there are. */
static size_t find_over(const struct mem_write *write, cairn_str tenant,
			const struct mem_item **over)
{
	size_t found = 0;
	for (size_t i = 0; i < cairn_mem__count(write->state, MEM_ITEMS); i++) {
		const struct mem_item *row = cairn_mem__at(write->state, MEM_ITEMS, i);
		if (!is_visible(row, write->now) &&
		    (tenant.len == 0 || cairn_str_equal(row->tenant, tenant)))
			over[found++] = row;
	}
	if (found > 1)
		qsort(over, found, sizeof *over, by_end);
	return found;
}

cairn_status cairn_mem__memory_evict(void *self, cairn_str tenant, uint32_t limit, size_t *evicted,
				     cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_ITEMS, &write, err);
	if (status != CAIRN_OK)
		return status;
	size_t size = (cairn_mem__count(write.state, MEM_ITEMS) + 1) * sizeof(struct mem_item *);
	const struct mem_item **over = cairn_host_alloc(mem->host, NULL, 0, size);
	size_t found = over != NULL ? find_over(&write, tenant, over) : 0;
	if (over == NULL)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	for (size_t i = 0; i < found && i < limit && status == CAIRN_OK; i++) {
		if (cairn_mem__remove(write.state, MEM_ITEMS, over[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
		*evicted = i + 1;
	}
	if (over != NULL)
		cairn_host_alloc(mem->host, over, size, 0);
	return cairn_mem__write_end(mem, &write, status);
}
