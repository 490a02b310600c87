/*
 * params.c - parameters in Postgres' binary formats, arrays above all: a batch is
 * sent as one array per column. exec.c sends what was built here.
 */
#include <stddef.h>
#include <string.h>

#include "pg.h"

/* Types of array elements (pg_type.oid), which never change. */
enum {
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_JSON = 114,
	OID_TIMESTAMPTZ = 1184,
	OID_UUID = 2950
};

/* Postgres counts microseconds from 2000-01-01. */
#define EPOCH_SHIFT ((int64_t)946684800 * CAIRN_SECOND)

#define ARRAY_HEADER 20u

/* The server takes messages of at most 1 GB; texts that are borrowed have some of it, too. */
#define MESSAGE_MAX ((size_t)768 << 20)

/* ---- the buffer --------------------------------------------------------- */

/* Room for size more bytes, or NULL; then the statement will fail. */
static char *room(struct pg *pg, size_t size)
{
	struct pg_params *params = &pg->params;
	if (params->failed)
		return NULL;
	if (size > MESSAGE_MAX - params->used) {
		params->failed = true;
		params->too_large = true;
		return NULL;
	}
	if (size > params->size - params->used) {
		size_t larger = params->size > 0 ? params->size : 1024;
		while (larger - params->used < size)
			larger *= 2;
		char *buffer = cairn_host_alloc(pg->host, params->buffer, params->size, larger);
		if (buffer == NULL) {
			params->failed = true;
			return NULL;
		}
		params->buffer = buffer;
		params->size = larger;
	}
	char *at = params->buffer + params->used;
	params->used += size;
	return at;
}

static void put4(char *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (char)(value >> (24 - 8 * i));
}

static void put8(char *at, uint64_t value)
{
	put4(at, (uint32_t)(value >> 32));
	put4(at + 4, (uint32_t)value);
}

static int next_slot(struct pg *pg)
{
	struct pg_params *params = &pg->params;
	if (params->count == PG_PARAMS_MAX) {
		params->failed = true;
		return PG_PARAMS_MAX - 1;
	}
	int slot = params->count++;
	params->borrowed[slot] = NULL;
	params->offset[slot] = params->used;
	params->length[slot] = -1;
	return slot;
}

/* A parameter of size bytes in the buffer; NULL without memory. */
static char *add(struct pg *pg, size_t size)
{
	int slot = next_slot(pg);
	char *at = room(pg, size);
	if (at != NULL)
		pg->params.length[slot] = (int)size;
	return at;
}

void cairn_pg__params_reset(struct pg *pg)
{
	pg->params.count = 0;
	pg->params.used = 0;
	pg->params.failed = false;
	pg->params.too_large = false;
}

void cairn_pg__params_free(struct pg *pg)
{
	struct pg_params *params = &pg->params;
	if (params->buffer != NULL)
		cairn_host_alloc(pg->host, params->buffer, params->size, 0);
	params->buffer = NULL;
	params->size = 0;
}

const char *cairn_pg__param(const struct pg_params *params, int index)
{
	if (params->length[index] < 0)
		return NULL;
	if (params->borrowed[index] != NULL)
		return params->borrowed[index];
	return params->buffer + params->offset[index];
}

/* ---- single values ------------------------------------------------------ */

void cairn_pg__add_null(struct pg *pg)
{
	next_slot(pg);
}

void cairn_pg__add_bool(struct pg *pg, bool value)
{
	char *at = add(pg, 1);
	if (at != NULL)
		*at = value ? 1 : 0;
}

void cairn_pg__add_int4(struct pg *pg, int32_t value)
{
	char *at = add(pg, 4);
	if (at != NULL)
		put4(at, (uint32_t)value);
}

void cairn_pg__add_int8(struct pg *pg, int64_t value)
{
	char *at = add(pg, 8);
	if (at != NULL)
		put8(at, (uint64_t)value);
}

void cairn_pg__add_time(struct pg *pg, cairn_time value)
{
	if (value == 0)
		cairn_pg__add_null(pg);
	else
		cairn_pg__add_int8(pg, value - EPOCH_SHIFT);
}

void cairn_pg__add_id(struct pg *pg, cairn_id id)
{
	char *at = add(pg, sizeof id.bytes);
	if (at != NULL)
		memcpy(at, id.bytes, sizeof id.bytes);
}

void cairn_pg__add_text(struct pg *pg, cairn_str text)
{
	int slot = next_slot(pg);
	if (text.len == 0)
		return;
	pg->params.borrowed[slot] = text.ptr;
	pg->params.length[slot] = (int)text.len;
}

void cairn_pg__add_tenant(struct pg *pg, cairn_str tenant)
{
	int slot = next_slot(pg);
	pg->params.borrowed[slot] = tenant.len > 0 ? tenant.ptr : "";
	pg->params.length[slot] = (int)tenant.len;
}

cairn_id cairn_pg__id_bound(cairn_id after)
{
	cairn_id greatest;
	memset(greatest.bytes, 0xff, sizeof greatest.bytes);
	return cairn_id_is_none(after) ? greatest : after;
}

void cairn_pg__add_scope(struct pg *pg, const cairn_scope *scope)
{
	if (scope->kind == CAIRN_SCOPE_ANY)
		cairn_pg__add_null(pg);
	else
		cairn_pg__add_tenant(pg, scope->tenant);
}

void cairn_pg__add_now(struct pg *pg)
{
	cairn_pg__add_time(pg, cairn_host_now(pg->host));
}

/* ---- arrays ------------------------------------------------------------- */

static const void *field(struct pg_items items, size_t i, size_t offset)
{
	const void *item =
		items.at != NULL ? items.at[i] : (const char *)items.base + i * items.size;
	return (const char *)item + offset;
}

bool cairn_pg__all_zero(struct pg_items items, size_t offset, size_t size)
{
	static const char zeroes[32];
	for (size_t i = 0; i < items.n; i++) {
		if (memcmp(field(items, i, offset), zeroes, size) != 0)
			return false;
	}
	return true;
}

/* Starts an array of n elements that will take size bytes with their lengths. */
static char *array(struct pg *pg, uint32_t oid, size_t n, size_t size)
{
	char *at = add(pg, ARRAY_HEADER + size);
	if (at == NULL)
		return NULL;
	put4(at, 1);	 /* dimensions */
	put4(at + 4, 1); /* there may be NULLs */
	put4(at + 8, oid);
	put4(at + 12, (uint32_t)n);
	put4(at + 16, 1); /* first index */
	return at + ARRAY_HEADER;
}

static char *element(char *at, const void *bytes, size_t size)
{
	put4(at, (uint32_t)size);
	memcpy(at + 4, bytes, size);
	return at + 4 + size;
}

static char *element8(char *at, int64_t value)
{
	put4(at, 8);
	put8(at + 4, (uint64_t)value);
	return at + 12;
}

static char *element_null(char *at)
{
	put4(at, UINT32_MAX);
	return at + 4;
}

void cairn_pg__add_ids(struct pg *pg, struct pg_items items, size_t offset)
{
	char *at = array(pg, OID_UUID, items.n, items.n * 20);
	for (size_t i = 0; i < items.n && at != NULL; i++)
		at = element(at, field(items, i, offset), sizeof(cairn_id));
}

void cairn_pg__add_hashes(struct pg *pg, struct pg_items items, size_t offset)
{
	char *at = array(pg, OID_BYTEA, items.n, items.n * 36);
	for (size_t i = 0; i < items.n && at != NULL; i++)
		at = element(at, field(items, i, offset), 32);
}

void cairn_pg__add_int4s(struct pg *pg, struct pg_items items, size_t offset)
{
	char *at = array(pg, OID_INT4, items.n, items.n * 8);
	for (size_t i = 0; i < items.n && at != NULL; i++) {
		uint32_t value;
		memcpy(&value, field(items, i, offset), sizeof value);
		put4(at, 4);
		put4(at + 4, value);
		at += 8;
	}
}

void cairn_pg__add_int8s(struct pg *pg, struct pg_items items, size_t offset)
{
	char *at = array(pg, OID_INT8, items.n, items.n * 12);
	for (size_t i = 0; i < items.n && at != NULL; i++) {
		int64_t value;
		memcpy(&value, field(items, i, offset), sizeof value);
		at = element8(at, value);
	}
}

void cairn_pg__add_times(struct pg *pg, struct pg_items items, size_t offset, enum pg_absent absent)
{
	size_t before = pg->params.used;
	char *at = array(pg, OID_TIMESTAMPTZ, items.n, items.n * 12);
	for (size_t i = 0; i < items.n && at != NULL; i++) {
		cairn_time value;
		memcpy(&value, field(items, i, offset), sizeof value);
		if (value != 0)
			at = element8(at, value - EPOCH_SHIFT);
		else if (absent == PG_ABSENT_EMPTY)
			at = element8(at, INT64_MIN); /* -infinity */
		else
			at = element_null(at);
	}
	if (at != NULL) {
		pg->params.used = (size_t)(at - pg->params.buffer);
		pg->params.length[pg->params.count - 1] = (int)(pg->params.used - before);
	}
}

/* What no item says need not be sent, and costs the server nothing. */
void cairn_pg__add_some_int4s(struct pg *pg, struct pg_items items, size_t offset)
{
	if (cairn_pg__all_zero(items, offset, 4))
		cairn_pg__add_null(pg);
	else
		cairn_pg__add_int4s(pg, items, offset);
}

void cairn_pg__add_some_int8s(struct pg *pg, struct pg_items items, size_t offset)
{
	if (cairn_pg__all_zero(items, offset, 8))
		cairn_pg__add_null(pg);
	else
		cairn_pg__add_int8s(pg, items, offset);
}

void cairn_pg__add_some_times(struct pg *pg, struct pg_items items, size_t offset)
{
	if (cairn_pg__all_zero(items, offset, 8))
		cairn_pg__add_null(pg);
	else
		cairn_pg__add_times(pg, items, offset, PG_ABSENT_NULL);
}

static void add_varied(struct pg *pg, uint32_t oid, struct pg_items items, size_t offset,
		       enum pg_absent absent)
{
	size_t size = items.n * 4;
	bool any = absent == PG_ABSENT_EMPTY;
	for (size_t i = 0; i < items.n; i++) {
		const cairn_str *text = field(items, i, offset);
		any = any || text->len > 0;
		size += text->len;
	}
	if (!any) {
		cairn_pg__add_null(pg);
		return;
	}
	char *at = array(pg, oid, items.n, size);
	for (size_t i = 0; i < items.n && at != NULL; i++) {
		const cairn_str *text = field(items, i, offset);
		if (text->len > 0)
			at = element(at, text->ptr, text->len);
		else if (absent == PG_ABSENT_EMPTY)
			at = element(at, "", 0);
		else
			at = element_null(at);
	}
}

void cairn_pg__add_texts(struct pg *pg, struct pg_items items, size_t offset, enum pg_absent absent)
{
	add_varied(pg, OID_TEXT, items, offset, absent);
}

void cairn_pg__add_jsons(struct pg *pg, struct pg_items items, size_t offset)
{
	add_varied(pg, OID_JSON, items, offset, PG_ABSENT_NULL);
}

static bool is_of(struct pg_items items, size_t i, size_t offset, enum cairn_format wanted)
{
	enum cairn_format format;
	memcpy(&format, field(items, i, offset), sizeof format);
	return format == wanted;
}

static void add_content(struct pg *pg, struct pg_items items, size_t content, size_t format,
			enum cairn_format wanted)
{
	size_t size = items.n * 4;
	bool any = false;
	for (size_t i = 0; i < items.n; i++) {
		const cairn_blob *blob = field(items, i, content);
		bool is = is_of(items, i, format, wanted);
		any = any || is;
		size += is ? blob->len : 0;
	}
	if (!any) {
		cairn_pg__add_null(pg);
		return;
	}
	char *at = array(pg, wanted == CAIRN_FORMAT_JSON ? OID_JSON : OID_BYTEA, items.n, size);
	for (size_t i = 0; i < items.n && at != NULL; i++) {
		const cairn_blob *blob = field(items, i, content);
		if (!is_of(items, i, format, wanted))
			at = element_null(at);
		else
			at = element(at, blob->len > 0 ? blob->ptr : "", blob->len);
	}
}

void cairn_pg__add_contents(struct pg *pg, struct pg_items items, size_t content, size_t format)
{
	add_content(pg, items, content, format, CAIRN_FORMAT_JSON);
	add_content(pg, items, content, format, CAIRN_FORMAT_BYTES);
}

static cairn_lock_guard guard(struct pg_items items, size_t i, size_t offset)
{
	cairn_lock_guard lock;
	memcpy(&lock, field(items, i, offset), sizeof lock);
	return lock;
}

static void add_guard_names(struct pg *pg, struct pg_items items, size_t offset)
{
	size_t size = items.n * 4;
	for (size_t i = 0; i < items.n; i++) {
		cairn_lock_guard lock = guard(items, i, offset);
		size += lock != NULL ? lock->name_len : 0;
	}
	char *at = array(pg, OID_TEXT, items.n, size);
	for (size_t i = 0; i < items.n && at != NULL; i++) {
		cairn_lock_guard lock = guard(items, i, offset);
		at = lock != NULL ? element(at, lock->name, lock->name_len) : element(at, "", 0);
	}
}

void cairn_pg__add_guards(struct pg *pg, struct pg_items items, size_t offset)
{
	add_guard_names(pg, items, offset);
	char *at = array(pg, OID_INT8, items.n, items.n * 12);
	for (size_t i = 0; i < items.n && at != NULL; i++) {
		cairn_lock_guard lock = guard(items, i, offset);
		at = element8(at, lock != NULL ? lock->fence : 0);
	}
}

bool cairn_pg__guard_queue(struct pg *pg, cairn_str tenant, struct pg_items items, size_t offset)
{
	size_t i = 0;
	while (i < items.n && guard(items, i, offset) == NULL)
		i++;
	if (i == items.n)
		return false;
	cairn_pg__add_text(pg, tenant);
	add_guard_names(pg, items, offset);
	cairn_pg__queue(pg, PG_SQL_LOCK_GUARD);
	return true;
}

void cairn_pg__add_content(struct pg *pg, cairn_blob content, enum cairn_format format)
{
	const cairn_str text = { content.ptr, content.len };
	if (format == CAIRN_FORMAT_BYTES)
		cairn_pg__add_null(pg);
	cairn_pg__add_tenant(pg, text); /* an empty one is no NULL */
	if (format == CAIRN_FORMAT_JSON)
		cairn_pg__add_null(pg);
}

/* '' for global rows, a tenant, or NULL where any will do. */
static bool scope_text(const cairn_scope *scope, cairn_str *tenant)
{
	*tenant = scope->kind == CAIRN_SCOPE_TENANT ? scope->tenant : CAIRN_STR("");
	return scope->kind == CAIRN_SCOPE_TENANT || scope->kind == CAIRN_SCOPE_GLOBAL;
}

void cairn_pg__add_scopes(struct pg *pg, struct pg_items items, size_t offset)
{
	cairn_str tenant;
	size_t size = items.n * 4;
	bool any = false;
	for (size_t i = 0; i < items.n; i++) {
		bool asked = scope_text(field(items, i, offset), &tenant);
		any = any || asked;
		size += asked ? tenant.len : 0;
	}
	if (!any) {
		cairn_pg__add_null(pg);
		return;
	}
	char *at = array(pg, OID_TEXT, items.n, size);
	for (size_t i = 0; i < items.n && at != NULL; i++) {
		if (scope_text(field(items, i, offset), &tenant))
			at = element(at, tenant.ptr, tenant.len);
		else
			at = element_null(at);
	}
}
