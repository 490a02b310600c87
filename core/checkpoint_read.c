/* checkpoint_read.c - reading checkpoints, and the pending writes beyond them. */
#include "check.h"
#include "content.h"
#include "limits.h"
#include "tags.h"

/* ---- get ------------------------------------------------------------------- */

static cairn_status check_ref(const cairn_checkpoint_ref *ref, cairn_error *err)
{
	if (ref == NULL || ref->size < sizeof *ref)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_status st = cairn__check_tenant(ref->tenant, err);
	if (st == CAIRN_OK)
		st = cairn__check_name(ref->thread, "thread", err);
	if (st == CAIRN_OK && ref->ns.len > 0)
		st = cairn__check_key(ref->ns, "ns", err);
	if (st == CAIRN_OK && ref->newest_version != 0 && ref->oldest_version > ref->newest_version)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	return st;
}

static bool readable(const cairn_checkpoint_ref *ref, uint32_t version)
{
	return version >= ref->oldest_version &&
	       (ref->newest_version == 0 || version <= ref->newest_version);
}

static cairn_status unreadable(const cairn_checkpoint_ref *ref, uint32_t version, cairn_error *err)
{
	cairn_status st = cairn_fail(err, CAIRN_E_CHECKPOINT_VERSION);
	cairn_error_detail(err, "payload version %u, supported from %u to %u", (unsigned)version,
			   (unsigned)ref->oldest_version,
			   ref->newest_version != 0 ? (unsigned)ref->newest_version : UINT32_MAX);
	return st;
}

static cairn_status get(cairn_conn *conn, const cairn_checkpoint_ref *ref,
			cairn_checkpoints **checkpoint, cairn_error *err)
{
	cairn_checkpoint_key key = { .thread = ref->thread, .id = ref->id };
	bool latest = cairn_id_is_none(ref->id);
	cairn_checkpoint_query query = { .tenant = ref->tenant,
					 .keys = &key,
					 .key_count = latest ? 0 : 1,
					 .thread = ref->thread,
					 .ns = ref->ns,
					 .before = INT64_MAX,
					 .limit = 1,
					 .one_ns = 1,
					 .states = 1 };
	cairn_rows rows;
	void *memory = *checkpoint;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_checkpoint));
	cairn_status st = conn->checkpoints.list(conn->self, &query, &rows, err);
	if (st == CAIRN_OK && cairn_rows_count(&rows) == 0)
		st = cairn_fail(err, CAIRN_E_CHECKPOINT_NOT_FOUND);
	uint32_t version = 0;
	if (st == CAIRN_OK) {
		cairn_checkpoint *row = cairn_rows_at(&rows, 0);
		version = row->payload_version;
		if (!readable(ref, version))
			row->state = (cairn_blob){ NULL, 0 };
	}
	st = cairn__rows_end(&rows, &memory, st, err);
	*checkpoint = memory;
	if (st == CAIRN_OK && !readable(ref, version))
		return unreadable(ref, version, err);
	return st;
}

cairn_status cairn_checkpoint_get(cairn_conn *conn, const cairn_checkpoint_ref *ref,
				  cairn_checkpoints **checkpoint, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__CHECKPOINTS, "checkpoint.get", err);
	if (st == CAIRN_OK && checkpoint == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = check_ref(ref, err);
	if (st == CAIRN_OK)
		st = get(conn, ref, checkpoint, err);
	return cairn__call_end(&call, st, st == CAIRN_OK);
}

/* ---- list ------------------------------------------------------------------- */

static cairn_status check_cursor(const cairn_checkpoint_filter *filter, cairn_error *err)
{
	bool whole = filter->thread.len == 0;
	bool behind = filter->after_thread.len > 0;
	if (filter->before < 0 || (behind && !whole) || (whole && !behind && filter->before > 0))
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	return behind ? cairn__check_name(filter->after_thread, "after_thread", err) : CAIRN_OK;
}

static cairn_status check_filter(const cairn_checkpoint_filter *filter,
				 cairn_checkpoint_query *query, cairn_error *err)
{
	const uint32_t known = CAIRN_CHECKPOINT_ONE_NS | CAIRN_CHECKPOINT_STATES;
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->set & ~known)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	*query = (cairn_checkpoint_query){
		.tenant = filter->tenant,
		.thread = filter->thread,
		.ns = filter->ns,
		.run = filter->run,
		.after_thread = filter->after_thread,
		.before = filter->before != 0 ? filter->before : INT64_MAX,
		.one_ns = (filter->set & CAIRN_CHECKPOINT_ONE_NS) != 0,
		.states = (filter->set & CAIRN_CHECKPOINT_STATES) != 0,
	};
	cairn_status st = cairn__check_tenant(filter->tenant, err);
	if (st == CAIRN_OK && filter->thread.len > 0)
		st = cairn__check_name(filter->thread, "thread", err);
	if (st == CAIRN_OK && filter->ns.len > 0)
		st = cairn__check_key(filter->ns, "ns", err);
	if (st == CAIRN_OK && filter->ns.len > 0 && !query->one_ns)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK && filter->run.len > 0)
		st = cairn__check_name(filter->run, "run", err);
	if (st == CAIRN_OK)
		st = check_cursor(filter, err);
	return st == CAIRN_OK ? cairn__check_page(filter->limit, &query->limit, err) : st;
}

static cairn_status list(cairn_conn *conn, const cairn_checkpoint_filter *filter,
			 cairn_checkpoints **checkpoints, cairn_error *err)
{
	cairn_checkpoint_query query;
	struct cairn__tags tags;
	cairn_status st = check_filter(filter, &query, err);
	if (st != CAIRN_OK)
		return st;
	st = cairn__tags_filter(conn, filter->metadata, &tags, err);
	query.tags = tags.at;
	query.tag_count = tags.count;
	if (st == CAIRN_OK) {
		cairn_rows rows;
		void *memory = *checkpoints;
		cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_checkpoint));
		st = conn->checkpoints.list(conn->self, &query, &rows, err);
		st = cairn__rows_end(&rows, &memory, st, err);
		*checkpoints = memory;
	}
	cairn__tags_clear(&tags);
	return st;
}

cairn_status cairn_checkpoint_list(cairn_conn *conn, const cairn_checkpoint_filter *filter,
				   cairn_checkpoints **checkpoints, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st =
		cairn__call_begin(&call, conn, CAIRN__CHECKPOINTS, "checkpoint.list", err);
	if (st == CAIRN_OK && checkpoints == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = list(conn, filter, checkpoints, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*checkpoints)->count : 0);
}

/* ---- pending writes ----------------------------------------------------------- */

static cairn_status check_write(const cairn_conn *conn, const cairn_checkpoint_write *write,
				cairn_error *err)
{
	cairn_status st = cairn__check_name(write->task, "task", err);
	if (st == CAIRN_OK)
		st = cairn__check_name(write->channel, "channel", err);
	if (st == CAIRN_OK && cairn_id_is_none(write->checkpoint))
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK && (write->reserved_[0] || write->reserved_[1]))
		st = cairn_fail(err, CAIRN_E_ARG_RESERVED);
	return st == CAIRN_OK ? cairn__check_content(conn, write->value, write->format, err) : st;
}

static cairn_status write_put(cairn_conn *conn, const cairn_checkpoint_write_plan *plan,
			      cairn_error *err)
{
	cairn_status st = cairn__check_tenant(plan->tenant, err);
	if (st == CAIRN_OK)
		st = cairn__check_name(plan->thread, "thread", err);
	if (st == CAIRN_OK)
		st = cairn__check_batch(plan->writes, plan->n, err);
	for (size_t i = 0; i < plan->n && st == CAIRN_OK; i++) {
		st = check_write(conn, &plan->writes[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st != CAIRN_OK || plan->n == 0)
		return st;
	size_t missing = plan->n;
	st = conn->checkpoints.write(conn->self, plan, &missing, err);
	if (st == CAIRN_OK && missing < plan->n)
		return cairn__fail_item(err, CAIRN_E_CHECKPOINT_NOT_FOUND, missing);
	return st;
}

cairn_status cairn_checkpoint_write_put(cairn_conn *conn, cairn_str tenant, cairn_str thread,
					const cairn_checkpoint_write *writes, size_t n,
					cairn_error *err)
{
	struct cairn__call call;
	cairn_checkpoint_write_plan plan = {
		.tenant = tenant, .thread = thread, .writes = writes, .n = n
	};
	cairn_status st =
		cairn__call_begin(&call, conn, CAIRN__CHECKPOINTS, "checkpoint.write_put", err);
	if (st == CAIRN_OK)
		st = write_put(conn, &plan, err);
	return cairn__call_end(&call, st, n);
}

cairn_status cairn_checkpoint_write_list(cairn_conn *conn, cairn_str tenant, cairn_str thread,
					 cairn_id checkpoint, cairn_checkpoint_writes **writes,
					 cairn_error *err)
{
	struct cairn__call call;
	cairn_status st =
		cairn__call_begin(&call, conn, CAIRN__CHECKPOINTS, "checkpoint.write_list", err);
	if (st == CAIRN_OK && writes == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__check_tenant(tenant, err);
	if (st == CAIRN_OK)
		st = cairn__check_name(thread, "thread", err);
	if (st != CAIRN_OK)
		return cairn__call_end(&call, st, 0);
	cairn_rows rows;
	void *memory = *writes;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_checkpoint_write));
	st = conn->checkpoints.writes(conn->self, tenant, thread, &checkpoint, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*writes = memory;
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*writes)->count : 0);
}
