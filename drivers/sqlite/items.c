/*
 * items.c - memory items: rows by tenant, namespace and key. One whose time is over stands there until
 * it is evicted or written again, and is not seen.
 */
#include "lite.h"

/* What stands in an item's place. */
struct was {
	int64_t row; /* 0: nothing */
	int64_t revision;
	cairn_time created_at;
	bool visible;
};

/* ---- put, delete ----------------------------------------------------------------- */

static cairn_status find(struct lite_write *write, cairn_str tenant,
			 const cairn_memory_write *given, struct was *was, cairn_error *err)
{
	struct lite_run run;
	bool found = false;
	*was = (struct was){ .row = 0 };
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_ITEM_FIND, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, tenant);
	cairn_lite__bind_tenant(&run, given->ns);
	cairn_lite__bind_text(&run, given->key);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	was->row = cairn_lite__int(&run);
	was->revision = cairn_lite__int(&run);
	was->created_at = cairn_lite__int(&run);
	cairn_time expires_at = cairn_lite__int(&run);
	was->visible = expires_at == 0 || expires_at > write->now;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

static void bind_value(struct lite_run *run, const cairn_memory_write *given)
{
	if (given->format == CAIRN_FORMAT_JSON)
		cairn_lite__bind_text(run, (cairn_str){ given->value.ptr, given->value.len });
	else
		/* no pointer is no blob */
		cairn_lite__bind_blob(run, given->value.len > 0 ? given->value.ptr : "",
				      given->value.len);
}

static cairn_status store(struct lite_write *write, cairn_str tenant,
			  const cairn_memory_write *given, const struct was *was,
			  cairn_memory_found *found, cairn_error *err)
{
	struct lite_run run;
	bool anew = was->row == 0;
	found->revision = write->now > 0 ? write->now : 1;
	if (was->revision >= found->revision)
		found->revision = was->revision + 1;
	found->expires_at = given->ttl != 0 ? write->now + given->ttl : 0;
	cairn_status status = cairn_lite__start(&run, write->lite,
						anew ? LITE_ITEM_INSERT : LITE_ITEM_UPDATE, err);
	if (status != CAIRN_OK)
		return status;
	if (anew) {
		cairn_lite__bind_text(&run, tenant);
		cairn_lite__bind_tenant(&run, given->ns);
		cairn_lite__bind_text(&run, given->key);
	}
	cairn_lite__bind_int(&run, found->revision);
	cairn_lite__bind_int(&run, was->visible ? was->created_at : write->now);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_time(&run, found->expires_at);
	cairn_lite__bind_int(&run, (int64_t)given->value.len);
	cairn_lite__bind_text(&run, given->metadata);
	cairn_lite__bind_tenant(&run, given->tags);
	bind_value(&run, given);
	if (!anew)
		cairn_lite__bind_int(&run, was->row);
	return cairn_lite__finish(&run, err);
}

static cairn_status drop(struct lite_write *write, const struct was *was, cairn_error *err)
{
	struct lite_run run;
	if (was->row == 0)
		return CAIRN_OK;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_ITEM_DELETE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, was->row);
	return cairn_lite__finish(&run, err);
}

static cairn_status write_one(struct lite_write *write, cairn_str tenant,
			      const cairn_memory_write *given, cairn_memory_found *found,
			      cairn_error *err)
{
	struct was was;
	bool held = true;
	cairn_status status = cairn_lite__guard(write, given->lock, &held, err);
	if (status == CAIRN_OK)
		status = find(write, tenant, given, &was, err);
	if (status != CAIRN_OK)
		return status;
	found->result = CAIRN_MEMORY_DONE;
	found->existed = was.visible;
	if (!held)
		found->result = CAIRN_MEMORY_LOST;
	else if (given->expects && given->revision != (was.visible ? was.revision : 0))
		found->result = CAIRN_MEMORY_MOVED;
	if (found->result != CAIRN_MEMORY_DONE)
		return CAIRN_OK;
	return given->deletes ? drop(write, &was, err)
			      : store(write, tenant, given, &was, found, err);
}

cairn_status cairn_lite__memory_put(void *self, const cairn_memory_plan *plan,
				    cairn_memory_found *each, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = write_one(&write, plan->tenant, &plan->items[i], &each[i], err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- get, list ------------------------------------------------------------------- */

/* A text that may be empty, but is there. */
static cairn_blob value_of(struct lite_run *run, cairn_rows *rows)
{
	int column = run->column++;
	if (sqlite3_column_type(run->stmt, column) == SQLITE_NULL)
		return (cairn_blob){ NULL, 0 };
	const void *bytes = sqlite3_column_blob(run->stmt, column);
	int len = sqlite3_column_bytes(run->stmt, column);
	cairn_str copy = cairn_rows_str(rows, len > 0 ? bytes : "", (size_t)len);
	return (cairn_blob){ copy.ptr, copy.len };
}

static void read_numbers(struct lite_run *run, cairn_rows *rows, cairn_memory_item *item)
{
	item->value_size = cairn_lite__int(run);
	item->metadata = cairn_lite__text(run, rows);
	item->revision = cairn_lite__int(run);
	item->created_at = cairn_lite__int(run);
	item->updated_at = cairn_lite__int(run);
	item->expires_at = cairn_lite__int(run);
}

static void read_got(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_memory_item *item = into;
	read_numbers(run, rows, item);
	bool bytes = sqlite3_column_type(run->stmt, run->column) == SQLITE_BLOB;
	item->format = bytes ? CAIRN_FORMAT_BYTES : CAIRN_FORMAT_JSON;
	item->value = value_of(run, rows);
}

static void read_item(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_memory_item *item = into;
	item->ns = cairn_lite__text(run, rows);
	item->key = cairn_lite__text(run, rows);
	read_numbers(run, rows, item);
	item->format = cairn_lite__int(run) != 0 ? CAIRN_FORMAT_BYTES : CAIRN_FORMAT_JSON;
	item->value = value_of(run, rows);
}

static cairn_status get_one(struct lite *lite, cairn_str tenant, const cairn_memory_key *key,
			    cairn_time now, cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_ITEM_GET, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, tenant);
	cairn_lite__bind_tenant(&run, key->ns);
	cairn_lite__bind_text(&run, key->key);
	cairn_lite__bind_int(&run, now);
	return cairn_lite__read_rows(&run, rows, read_got, err);
}

cairn_status cairn_lite__memory_get(void *self, cairn_str tenant, const cairn_memory_key *keys,
				    size_t n, cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_read read;
	/* one statement sees one state by itself */
	cairn_status status =
		n == 1 ? cairn_lite__enter(lite, err) : cairn_lite__read_begin(lite, &read, err);
	if (status != CAIRN_OK)
		return status;
	cairn_time now = cairn_lite__time(lite);
	for (size_t i = 0; i < n && status == CAIRN_OK; i++) {
		size_t before = cairn_rows_count(rows);
		status = get_one(lite, tenant, &keys[i], now, rows, err);
		if (status != CAIRN_OK || cairn_rows_count(rows) == before)
			continue;
		cairn_memory_item *item = cairn_rows_at(rows, before);
		item->index = (uint32_t)i;
		if (keys[i].ns.len > 0)
			item->ns = cairn_rows_str(rows, keys[i].ns.ptr, keys[i].ns.len);
		item->key = cairn_rows_str(rows, keys[i].key.ptr, keys[i].key.len);
	}
	return n == 1 ? status : cairn_lite__read_end(&read, status, err);
}

static cairn_status list_some(struct lite *lite, enum lite_sql which,
			      const cairn_memory_query *query, cairn_time now, cairn_rows *rows,
			      cairn_error *err)
{
	struct lite_run run;
	cairn_str none = { NULL, 0 };
	cairn_status status = cairn_lite__start(&run, lite, which, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, query->tenant);
	cairn_lite__bind_tenant(&run, query->ns);
	cairn_lite__bind_tenant(&run, query->after_ns);
	cairn_lite__bind_tenant(&run, query->after);
	cairn_lite__bind_tenant(&run, query->prefix);
	cairn_lite__bind_int(&run, now);
	cairn_lite__bind_int(&run, query->values);
	cairn_lite__bind_int(&run, (int64_t)query->limit - (int64_t)cairn_rows_count(rows));
	for (size_t i = 0; i < CAIRN_TAGS_MAX; i++)
		cairn_lite__bind_text(&run, i < query->tag_count ? query->tags[i] : none);
	return cairn_lite__read_rows(&run, rows, read_item, err);
}

/* First the namespace itself, then what is below it: between them others may stand. */
cairn_status cairn_lite__memory_list(void *self, const cairn_memory_query *query, cairn_rows *rows,
				     cairn_error *err)
{
	struct lite *lite = self;
	struct lite_read read;
	cairn_status status = cairn_lite__read_begin(lite, &read, err);
	if (status != CAIRN_OK)
		return status;
	cairn_time now = cairn_lite__time(lite);
	if (cairn_str_equal(query->after_ns, query->ns))
		status = list_some(lite, LITE_ITEMS, query, now, rows, err);
	if (status == CAIRN_OK && query->below && cairn_rows_count(rows) < query->limit)
		status = list_some(lite, LITE_ITEMS_BELOW, query, now, rows, err);
	return cairn_lite__read_end(&read, status, err);
}

/* ---- namespaces, evict ------------------------------------------------------------ */

static void read_namespace(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_memory_namespace *row = into;
	row->ns = cairn_lite__text(run, rows);
}

cairn_status cairn_lite__memory_namespaces(void *self, const cairn_memory_namespace_query *query,
					   cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_ITEM_NAMESPACES, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, query->tenant);
	cairn_lite__bind_tenant(&run, query->ns);
	cairn_lite__bind_tenant(&run, query->behind ? query->after : query->ns);
	cairn_lite__bind_int(&run, query->behind);
	cairn_lite__bind_int(&run, cairn_lite__time(lite));
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_namespace, err);
}

cairn_status cairn_lite__memory_evict(void *self, cairn_str tenant, uint32_t limit, size_t *evicted,
				      cairn_error *err)
{
	struct lite *lite = self;
	struct lite_write write;
	struct lite_run run;
	cairn_status status = cairn_lite__write_begin(lite, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_lite__start(&run, lite, LITE_ITEM_EVICT, err);
	if (status == CAIRN_OK) {
		cairn_lite__bind_text(&run, tenant);
		cairn_lite__bind_int(&run, write.now);
		cairn_lite__bind_int(&run, limit);
		status = cairn_lite__finish(&run, err);
	}
	if (status == CAIRN_OK)
		*evicted = (size_t)sqlite3_changes(lite->db);
	return cairn_lite__write_end(&write, status, err);
}
