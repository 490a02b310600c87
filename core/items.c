/*
 * items.c - memory items: a batch is checked, its namespaces and tags are written as the store wants
 * them, and it is put into the order in which rows are locked; the driver's findings go back to where
 * the caller has them.
 */
#include <stdlib.h>

#include <cairn/sys/json.h>

#include "check.h"
#include "content.h"
#include "limits.h"
#include "namespace.h"
#include "tags.h"

/* ---- batches ------------------------------------------------------------------ */

struct batch {
	cairn_conn *conn;
	cairn_str tenant;
	cairn_memory_write *writes;
	size_t n;
	cairn_text text; /* of each write in turn its namespace and its tags */
};

static cairn_text text_of(cairn_conn *conn)
{
	return (cairn_text){ .alloc = conn->host.alloc, .alloc_user = conn->host.alloc_user };
}

static cairn_status check_expected(uint32_t set, int64_t revision, int64_t least, cairn_error *err)
{
	if ((set & ~(uint32_t)CAIRN_MEMORY_EXPECT) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if ((set & CAIRN_MEMORY_EXPECT) == 0 || revision >= least)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "A revision is greater than 0.");
	return CAIRN_INVALID;
}

/* A namespace and a key, which every item has. */
static cairn_status add_place(struct batch *batch, cairn_memory_write *write, cairn_namespace ns,
			      cairn_error *err)
{
	size_t before = batch->text.len;
	cairn_status st = cairn__namespace_add(&batch->text, ns, err);
	write->ns.len = batch->text.len - before;
	return st == CAIRN_OK ? cairn__check_key(write->key, "key", err) : st;
}

static cairn_status add_new(struct batch *batch, const cairn_memory_new *item,
			    cairn_memory_write *write, cairn_error *err)
{
	*write = (cairn_memory_write){
		.key = item->key,
		.value = item->value,
		.metadata = item->metadata,
		.ttl = item->ttl,
		.revision = item->revision,
		.lock = item->lock,
		.format = item->format,
		.expects = (item->set & CAIRN_MEMORY_EXPECT) != 0,
	};
	if (item->reserved_[0] != 0 || item->reserved_[1] != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_status st = add_place(batch, write, item->ns, err);
	if (st == CAIRN_OK)
		st = cairn__check_content(batch->conn, item->value, item->format, err);
	if (st == CAIRN_OK)
		st = cairn__check_metadata(batch->conn, &write->metadata,
					   "An item's metadata must be an object.", err);
	if (st == CAIRN_OK && (item->ttl < 0 || item->ttl > CAIRN__MAX_TTL))
		st = cairn_fail(err, CAIRN_E_MEMORY_TTL);
	if (st == CAIRN_OK)
		st = check_expected(item->set, item->revision, 0, err);
	if (st == CAIRN_OK)
		st = cairn__check_guard(item->lock, batch->tenant, err);
	size_t before = batch->text.len;
	if (st == CAIRN_OK)
		st = cairn__tags_of(write->metadata, &batch->text, err);
	write->tags.len = batch->text.len - before;
	return st;
}

static cairn_status add_gone(struct batch *batch, const cairn_memory_ref *item,
			     cairn_memory_write *write, cairn_error *err)
{
	*write = (cairn_memory_write){
		.key = item->key,
		.metadata = CAIRN_STR("{}"),
		.revision = item->revision,
		.expects = (item->set & CAIRN_MEMORY_EXPECT) != 0,
		.deletes = 1,
	};
	if (item->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_status st = add_place(batch, write, item->ns, err);
	return st == CAIRN_OK ? check_expected(item->set, item->revision, 1, err) : st;
}

/* The text moves no more. */
static void find_texts(struct batch *batch)
{
	const char *at = batch->text.ptr != NULL ? batch->text.ptr : "";
	for (size_t i = 0; i < batch->n; i++) {
		cairn_memory_write *write = &batch->writes[i];
		write->index = (uint32_t)i;
		if (write->ns.len > 0)
			write->ns.ptr = at;
		at += write->ns.len;
		if (write->tags.len > 0)
			write->tags.ptr = at;
		at += write->tags.len;
	}
}

static int by_place(const void *a, const void *b)
{
	const cairn_memory_write *x = a;
	const cairn_memory_write *y = b;
	int order = cairn_str_compare(x->ns, y->ns);
	return order != 0 ? order : cairn_str_compare(x->key, y->key);
}

static cairn_status put_in_order(struct batch *batch, cairn_error *err)
{
	if (batch->n > 1)
		qsort(batch->writes, batch->n, sizeof *batch->writes, by_place);
	for (size_t i = 1; i < batch->n; i++) {
		const cairn_memory_write *a = &batch->writes[i - 1];
		const cairn_memory_write *b = &batch->writes[i];
		if (by_place(a, b) == 0)
			return cairn__fail_item(err, CAIRN_E_MEMORY_TWICE,
						a->index > b->index ? a->index : b->index);
	}
	return CAIRN_OK;
}

/* Either new ones or those that go. */
static cairn_status fill(struct batch *batch, const cairn_memory_new *items,
			 const cairn_memory_ref *refs, cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	for (size_t i = 0; i < batch->n && st == CAIRN_OK; i++) {
		st = items != NULL ? add_new(batch, &items[i], &batch->writes[i], err)
				   : add_gone(batch, &refs[i], &batch->writes[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st != CAIRN_OK)
		return st;
	find_texts(batch);
	return put_in_order(batch, err);
}

/* ---- writing ------------------------------------------------------------------ */

static cairn_memory_changed judge(const cairn_memory_found *found)
{
	cairn_memory_changed each = { .status = CAIRN_OK };
	if (found->result == CAIRN_MEMORY_DONE) {
		each.revision = found->revision;
		each.expires_at = found->expires_at;
		each.existed = found->existed;
		return each;
	}
	each.code = found->result == CAIRN_MEMORY_LOST ? CAIRN_E_LOCK_LOST : CAIRN_E_MEMORY_MOVED;
	each.status = cairn_code_status(each.code);
	return each;
}

/* With nobody to tell each outcome, the first failure of the caller's order is the call's. */
static cairn_status deliver(const struct batch *batch, const cairn_memory_found *found,
			    cairn_memory_changed *each, cairn_error *err)
{
	cairn_code code = CAIRN_E_NONE;
	size_t first = batch->n;
	for (size_t i = 0; i < batch->n; i++) {
		cairn_memory_changed one = judge(&found[i]);
		size_t index = batch->writes[i].index;
		if (each != NULL)
			each[index] = one;
		if (one.status == CAIRN_OK || index >= first)
			continue;
		first = index;
		code = one.code;
	}
	if (each != NULL || code == CAIRN_E_NONE)
		return CAIRN_OK;
	return cairn__fail_item(err, code, first);
}

static cairn_status run(const struct batch *batch, cairn_memory_changed *each, cairn_error *err)
{
	cairn_conn *conn = batch->conn;
	cairn_memory_plan plan = { .tenant = batch->tenant, .items = batch->writes, .n = batch->n };
	cairn_memory_found *found = cairn__scratch(conn, batch->n, sizeof *found, err);
	if (found == NULL)
		return CAIRN_NOMEM;
	cairn_status st = conn->memory.put(conn->self, &plan, found, err);
	if (st == CAIRN_OK)
		st = deliver(batch, found, each, err);
	cairn__scratch_free(conn, found, batch->n, sizeof *found);
	return st;
}

static cairn_status write(struct batch *batch, const cairn_memory_new *items,
			  const cairn_memory_ref *refs, cairn_memory_changed *each,
			  cairn_error *err)
{
	const void *given = items != NULL ? (const void *)items : (const void *)refs;
	cairn_status st = cairn__check_tenant(batch->tenant, err);
	if (st == CAIRN_OK)
		st = cairn__check_batch(given, batch->n, err);
	if (st != CAIRN_OK || batch->n == 0)
		return st;
	batch->text = text_of(batch->conn);
	batch->writes = cairn__scratch(batch->conn, batch->n, sizeof *batch->writes, err);
	if (batch->writes == NULL)
		return CAIRN_NOMEM;
	st = fill(batch, items, refs, err);
	if (st == CAIRN_OK)
		st = run(batch, each, err);
	cairn__scratch_free(batch->conn, batch->writes, batch->n, sizeof *batch->writes);
	cairn_text_clear(&batch->text);
	return st;
}

cairn_status cairn_memory_put(cairn_conn *conn, cairn_str tenant, const cairn_memory_new *items,
			      size_t n, cairn_memory_changed *each, cairn_error *err)
{
	struct cairn__call call;
	struct batch batch = { .conn = conn, .tenant = tenant, .n = n };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__MEMORY, "memory.put", err);
	if (st == CAIRN_OK)
		st = write(&batch, items, NULL, each, err);
	return cairn__call_end(&call, st, n);
}

cairn_status cairn_memory_delete(cairn_conn *conn, cairn_str tenant, const cairn_memory_ref *items,
				 size_t n, cairn_memory_changed *each, cairn_error *err)
{
	struct cairn__call call;
	struct batch batch = { .conn = conn, .tenant = tenant, .n = n };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__MEMORY, "memory.delete", err);
	if (st == CAIRN_OK)
		st = write(&batch, NULL, items, each, err);
	return cairn__call_end(&call, st, n);
}
