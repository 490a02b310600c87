/*
 * checkpoint.c - writing checkpoints: what was given is checked and completed here, the driver
 * numbers and inserts it (sys/checkpoint.h). Where an id is there already, what stands under it
 * is read and compared, which is the only second look.
 */
#include <string.h>

#include "check.h"
#include "content.h"
#include "tags.h"

/* ---- checks ---------------------------------------------------------------- */

static cairn_status check_names(const cairn_checkpoint_new *item, cairn_error *err)
{
	cairn_status st = cairn__check_name(item->thread, "thread", err);
	if (st == CAIRN_OK && item->ns.len > 0)
		st = cairn__check_key(item->ns, "ns", err);
	if (st == CAIRN_OK && item->next_node.len > 0)
		st = cairn__check_name(item->next_node, "next_node", err);
	if (st == CAIRN_OK && item->run.len > 0)
		st = cairn__check_name(item->run, "run", err);
	return st;
}

static cairn_status check_item(cairn_conn *conn, cairn_str tenant, const cairn_checkpoint_new *item,
			       cairn_str *metadata, cairn_error *err)
{
	cairn_status st = check_names(item, err);
	if (st == CAIRN_OK && item->step < 0)
		st = cairn_fail(err, CAIRN_E_CHECKPOINT_STEP);
	if (st == CAIRN_OK && ((item->set & ~(uint32_t)CAIRN_CHECKPOINT_EXPECT) ||
			       item->reserved0_ || item->reserved_[0] || item->reserved_[1]))
		st = cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (st == CAIRN_OK)
		st = cairn__check_content(conn, item->state, item->format, err);
	if (st == CAIRN_OK)
		st = cairn__check_metadata(conn, metadata,
					   "A checkpoint's metadata must be an object.", err);
	return st == CAIRN_OK ? cairn__check_guard(item->lock, tenant, err) : st;
}

/* ---- planning ---------------------------------------------------------------- */

/* Everything that a call keeps meanwhile. */
struct put {
	cairn_conn *conn;
	cairn_str tenant;
	const cairn_checkpoint_new *given;
	cairn_checkpoint_insert *items;
	cairn_checkpoint_put_found *found;
	bool *equal; /* to what was there already */
	size_t n;
	cairn_text tags;
	bool branches;
};

static cairn_status plan_item(struct put *put, size_t i, cairn_error *err)
{
	const cairn_checkpoint_new *given = &put->given[i];
	cairn_checkpoint_insert *item = &put->items[i];
	*item = (cairn_checkpoint_insert){
		.thread = given->thread,
		.ns = given->ns,
		.id = cairn_id_is_none(given->id) ? cairn_id_new() : given->id,
		.parent = given->parent,
		.step = given->step,
		.state = given->state,
		.metadata = given->metadata,
		.next_node = given->next_node,
		.run = given->run,
		.expected = given->expected,
		.lock = given->lock,
		.format = given->format,
		.payload_version = given->payload_version != 0 ? given->payload_version : 1,
		.expects = (given->set & CAIRN_CHECKPOINT_EXPECT) != 0,
		.branches = put->branches,
	};
	cairn_status st = check_item(put->conn, put->tenant, given, &item->metadata, err);
	size_t from = put->tags.len;
	if (st == CAIRN_OK)
		st = cairn__tags_of(item->metadata, &put->tags, err);
	item->tags.len = put->tags.len - from;
	return st;
}

static cairn_status plan(struct put *put, cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	for (size_t i = 0; i < put->n && st == CAIRN_OK; i++) {
		st = plan_item(put, i, err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	const char *tags = put->tags.ptr; /* moves no more */
	for (size_t i = 0; i < put->n && st == CAIRN_OK; i++) {
		if (put->items[i].tags.len > 0)
			put->items[i].tags.ptr = tags;
		tags += put->items[i].tags.len;
	}
	return st;
}

/* ---- comparing ----------------------------------------------------------------- */

static bool same_values(const cairn_checkpoint_insert *item, const cairn_checkpoint *row)
{
	if (cairn_id_compare(item->parent, row->parent) != 0 ||
	    !cairn_str_equal(item->run, row->run) || item->format != row->format ||
	    item->payload_version != row->payload_version)
		return false;
	return item->branches || (cairn_str_equal(item->ns, row->ns) && item->step == row->step &&
				  cairn_str_equal(item->next_node, row->next_node));
}

static cairn_status same(cairn_conn *conn, const cairn_checkpoint_insert *item,
			 const cairn_checkpoint *row, bool *equal, cairn_error *err)
{
	*equal = same_values(item, row);
	if (!*equal)
		return CAIRN_OK;
	cairn_status st =
		cairn__content_equal(conn, item->state, row->state, item->format, equal, err);
	if (st != CAIRN_OK || !*equal)
		return st;
	return cairn__content_equal(conn, (cairn_blob){ item->metadata.ptr, item->metadata.len },
				    (cairn_blob){ row->metadata.ptr, row->metadata.len },
				    CAIRN_FORMAT_JSON, equal, err);
}

/* Rows come in the order of the keys; one that was deleted meanwhile is left out. */
static cairn_status compare(struct put *put, const cairn_checkpoints *rows, cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	size_t at = 0;
	for (size_t i = 0; i < put->n && at < rows->count && st == CAIRN_OK; i++) {
		const cairn_checkpoint *row = &rows->at[at];
		if (put->found[i].result != CAIRN_PUT_EXISTS ||
		    cairn_id_compare(row->id, put->items[i].id) != 0 ||
		    !cairn_str_equal(row->thread, put->items[i].thread))
			continue;
		st = same(put->conn, &put->items[i], row, &put->equal[i], err);
		at++;
	}
	return st;
}

/* What stands under the ids that were there. */
static cairn_status look(struct put *put, cairn_error *err)
{
	size_t count = 0;
	for (size_t i = 0; i < put->n; i++)
		count += put->found[i].result == CAIRN_PUT_EXISTS;
	if (count == 0)
		return CAIRN_OK;
	cairn_checkpoint_key *keys = cairn__scratch(put->conn, count, sizeof *keys, err);
	if (keys == NULL)
		return CAIRN_NOMEM;
	cairn_checkpoint_query query = { .tenant = put->tenant, .keys = keys, .states = 1 };
	for (size_t i = 0; i < put->n; i++) {
		if (put->found[i].result == CAIRN_PUT_EXISTS)
			keys[query.key_count++] =
				(cairn_checkpoint_key){ .thread = put->items[i].thread,
							.id = put->items[i].id };
	}
	cairn_rows rows;
	void *result = NULL;
	cairn__rows_begin(&rows, put->conn, &result, sizeof(cairn_checkpoint));
	cairn_status st = put->conn->checkpoints.list(put->conn->self, &query, &rows, err);
	st = cairn__rows_end(&rows, &result, st, err);
	if (st == CAIRN_OK)
		st = compare(put, result, err);
	cairn_free(result);
	cairn__scratch_free(put->conn, keys, count, sizeof *keys);
	return st;
}

/* ---- outcomes -------------------------------------------------------------------- */

static cairn_code code_of(enum cairn_put_result result, bool equal)
{
	switch (result) {
	case CAIRN_PUT_DONE:
		return CAIRN_E_NONE;
	case CAIRN_PUT_EXISTS:
		return equal ? CAIRN_E_NONE : CAIRN_E_CHECKPOINT_EXISTS;
	case CAIRN_PUT_NO_PARENT:
		return CAIRN_E_CHECKPOINT_PARENT;
	case CAIRN_PUT_LOST:
		return CAIRN_E_LOCK_LOST;
	case CAIRN_PUT_MOVED:
		return CAIRN_E_CHECKPOINT_MOVED;
	default:
		return CAIRN_E_INTERNAL;
	}
}

static cairn_checkpoint_added outcome(const struct put *put, size_t i)
{
	const cairn_checkpoint_put_found *found = &put->found[i];
	cairn_checkpoint_added added = { .id = put->items[i].id };
	added.code = code_of(found->result, put->equal[i]);
	if (added.code != CAIRN_E_NONE) {
		added.status = cairn_code_status(added.code);
		return added;
	}
	added.write_seq = found->write_seq;
	added.created_at = found->created_at;
	added.existing = found->result == CAIRN_PUT_EXISTS;
	return added;
}

/* ---- the calls --------------------------------------------------------------------- */

static cairn_status run(struct put *put, cairn_error *err)
{
	cairn_status st = plan(put, err);
	cairn_checkpoint_plan whole = { .tenant = put->tenant, .items = put->items, .n = put->n };
	if (st == CAIRN_OK)
		st = put->conn->checkpoints.put(put->conn->self, &whole, put->found, err);
	return st == CAIRN_OK ? look(put, err) : st;
}

static cairn_status put_all(struct put *put, cairn_checkpoint_added *each, cairn_error *err)
{
	cairn_conn *conn = put->conn;
	size_t n = put->n;
	put->tags.alloc = conn->host.alloc;
	put->tags.alloc_user = conn->host.alloc_user;
	put->items = cairn__scratch(conn, n, sizeof *put->items, err);
	put->found = cairn__scratch(conn, n, sizeof *put->found, err);
	put->equal = cairn__scratch(conn, n, sizeof *put->equal, err);
	cairn_status st = CAIRN_NOMEM;
	if (put->items != NULL && put->found != NULL && put->equal != NULL)
		st = run(put, err);
	for (size_t i = 0; i < n && st == CAIRN_OK && each != NULL; i++)
		each[i] = outcome(put, i);
	/* with nobody to tell it, the only outcome is the call's, and so is a branch's */
	if (st == CAIRN_OK && (each == NULL || put->branches)) {
		cairn_code code = outcome(put, 0).code;
		st = code != CAIRN_E_NONE ? cairn_fail(err, code) : CAIRN_OK;
	}
	cairn_text_clear(&put->tags);
	cairn__scratch_free(conn, put->items, n, sizeof *put->items);
	cairn__scratch_free(conn, put->found, n, sizeof *put->found);
	cairn__scratch_free(conn, put->equal, n, sizeof *put->equal);
	return st;
}

static cairn_status check_call(const struct put *put, bool told, cairn_error *err)
{
	cairn_status st = cairn__check_tenant(put->tenant, err);
	if (st == CAIRN_OK)
		st = cairn__check_batch(put->given, put->n, err);
	if (st == CAIRN_OK && put->n > 1 && !told)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	return st;
}

cairn_status cairn_checkpoint_put(cairn_conn *conn, cairn_str tenant,
				  const cairn_checkpoint_new *items, size_t n,
				  cairn_checkpoint_added *each, cairn_error *err)
{
	struct cairn__call call;
	struct put put = { .conn = conn, .tenant = tenant, .given = items, .n = n };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__CHECKPOINTS, "checkpoint.put", err);
	if (st == CAIRN_OK)
		st = check_call(&put, each != NULL, err);
	if (st == CAIRN_OK && n > 0)
		st = put_all(&put, each, err);
	return cairn__call_end(&call, st, n);
}

cairn_status cairn_checkpoint_branch(cairn_conn *conn, cairn_str tenant,
				     const cairn_checkpoint_new *item,
				     cairn_checkpoint_added *added, cairn_error *err)
{
	struct cairn__call call;
	cairn_checkpoint_new own;
	struct put put = { .conn = conn, .tenant = tenant, .given = &own, .n = 1 };
	put.branches = true;
	cairn_status st =
		cairn__call_begin(&call, conn, CAIRN__CHECKPOINTS, "checkpoint.branch", err);
	if (st == CAIRN_OK && (item == NULL || cairn_id_is_none(item->parent)))
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = check_call(&put, true, err);
	if (st == CAIRN_OK) {
		own = *item;
		own.ns = (cairn_str){ NULL, 0 };
		own.next_node = own.ns;
		own.step = 0;
		st = put_all(&put, added, err);
	}
	return cairn__call_end(&call, st, st == CAIRN_OK);
}
