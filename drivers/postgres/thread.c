/*
 * thread.c - checkpoints read, and whole threads: listed, copied, deleted; and checkpoints that are
 * deleted in numbers.
 */
#include "pg.h"

_Static_assert(CAIRN_COPY_DONE == 1 && CAIRN_COPY_NO_SOURCE == 2 && CAIRN_COPY_EXISTS == 3,
	       "what TEXT_THREAD_COPY answers");

/* ---- checkpoints ------------------------------------------------------------------- */

/* BARE_COLUMNS, and the states where they were asked for. */
static void read_checkpoint(const PGresult *result, int row, void *into)
{
	cairn_checkpoint *one = into;
	bool bytes = cairn_pg__bool(result, row, 8);
	cairn_str state = { NULL, 0 };
	if (PQnfields(result) > 13)
		state = cairn_pg__text(result, row, bytes ? 14 : 13);
	one->thread = cairn_pg__text(result, row, 0);
	one->ns = cairn_pg__tenant(result, row, 1);
	one->id = cairn_pg__id(result, row, 2);
	one->parent = cairn_pg__id(result, row, 3);
	one->write_seq = cairn_pg__int8(result, row, 4);
	one->step = cairn_pg__int8(result, row, 5);
	one->payload_version = (uint32_t)cairn_pg__int8(result, row, 6);
	one->created_at = cairn_pg__time(result, row, 7);
	one->format = bytes ? CAIRN_FORMAT_BYTES : CAIRN_FORMAT_JSON;
	one->state_size = cairn_pg__int4(result, row, 9);
	one->next_node = cairn_pg__text(result, row, 10);
	one->run = cairn_pg__text(result, row, 11);
	one->metadata = cairn_pg__text(result, row, 12);
	one->state = (cairn_blob){ state.ptr, state.len };
}

static void add_keys(struct pg *pg, const cairn_checkpoint_query *query)
{
	struct pg_items items = PG_ITEMS(query->keys, query->key_count);
	cairn_pg__add_texts(pg, items, offsetof(cairn_checkpoint_key, thread), PG_ABSENT_NULL);
	cairn_pg__add_ids(pg, items, offsetof(cairn_checkpoint_key, id));
}

static enum pg_sql text_of(const cairn_checkpoint_query *query)
{
	if (query->key_count > 0)
		return PG_SQL_CHECKPOINT_GET;
	if (query->thread.len > 0)
		return query->one_ns ? PG_SQL_CHECKPOINTS_NS : PG_SQL_CHECKPOINTS;
	return query->one_ns ? PG_SQL_CHECKPOINTS_ALL_NS : PG_SQL_CHECKPOINTS_ALL;
}

static void add_page(struct pg *pg, const cairn_checkpoint_query *query)
{
	struct pg_items tags = PG_ITEMS(query->tags, query->tag_count);
	cairn_pg__add_tenant(pg, query->thread.len > 0 ? query->thread : query->after_thread);
	cairn_pg__add_int8(pg, query->before);
	cairn_pg__add_int8(pg, query->limit);
	cairn_pg__add_text(pg, query->run);
	if (query->tag_count > 0)
		cairn_pg__add_texts(pg, tags, 0, PG_ABSENT_NULL);
	else
		cairn_pg__add_null(pg);
	if (query->one_ns)
		cairn_pg__add_tenant(pg, query->ns);
}

/* A page of one thread, without filters. */
static bool is_plain(const cairn_checkpoint_query *query)
{
	return query->key_count == 0 && query->thread.len > 0 && query->run.len == 0 &&
	       query->tag_count == 0;
}

static cairn_status list_plain(struct pg *pg, const cairn_checkpoint_query *query, cairn_rows *rows,
			       cairn_error *err)
{
	static const enum pg_sql texts[2][2] = {
		{ PG_SQL_CHECKPOINTS_BARE, PG_SQL_CHECKPOINTS_BARE_NS },
		{ PG_SQL_CHECKPOINTS_PLAIN, PG_SQL_CHECKPOINTS_PLAIN_NS },
	};
	cairn_pg__add_text(pg, query->tenant);
	cairn_pg__add_text(pg, query->thread);
	cairn_pg__add_int8(pg, query->before);
	cairn_pg__add_int8(pg, query->limit);
	if (query->one_ns)
		cairn_pg__add_tenant(pg, query->ns);
	return cairn_pg__query(pg, texts[query->states != 0][query->one_ns != 0], rows,
			       read_checkpoint, err);
}

cairn_status cairn_pg__checkpoint_list(void *self, const cairn_checkpoint_query *query,
				       cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__tenant_begin(pg, query->tenant, false, err);
	if (status != CAIRN_OK)
		return status;
	if (is_plain(query))
		return list_plain(pg, query, rows, err);
	cairn_pg__add_int4(pg, (int32_t)query->states);
	cairn_pg__add_text(pg, query->tenant);
	if (query->key_count > 0)
		add_keys(pg, query);
	else
		add_page(pg, query);
	return cairn_pg__query(pg, text_of(query), rows, read_checkpoint, err);
}

/* ---- threads ------------------------------------------------------------------------ */

static void read_thread(const PGresult *result, int row, void *into)
{
	cairn_thread *thread = into;
	thread->thread = cairn_pg__text(result, row, 0);
	thread->write_seq = cairn_pg__int8(result, row, 1);
	thread->created_at = cairn_pg__time(result, row, 2);
	thread->updated_at = cairn_pg__time(result, row, 3);
}

cairn_status cairn_pg__thread_list(void *self, const cairn_thread_query *query, cairn_rows *rows,
				   cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__tenant_begin(pg, query->tenant, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_text(pg, query->tenant);
	cairn_pg__add_tenant(pg, query->prefix);
	cairn_pg__add_tenant(pg, query->after); /* absent: above the least text */
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query(pg, PG_SQL_THREADS, rows, read_thread, err);
}

cairn_status cairn_pg__thread_copy(void *self, cairn_str tenant, cairn_str from, cairn_str to,
				   enum cairn_copy_result *result, size_t *copied, cairn_error *err)
{
	struct pg *pg = self;
	int order = cairn_str_compare(from, to);
	const cairn_str names[2] = { order < 0 ? from : to, order < 0 ? to : from };
	size_t n = order == 0 ? 1 : 2;
	cairn_status status = cairn_pg__tenant_begin(pg, tenant, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__threads_hold(pg, tenant, names, n);
	cairn_pg__add_text(pg, tenant);
	cairn_pg__add_text(pg, from);
	cairn_pg__add_text(pg, to);
	cairn_pg__queue(pg, PG_SQL_THREAD_COPY);
	cairn_pg__threads_let_go(pg, tenant, names, n);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	if (!cairn_pg__bool(cairn_pg__result(pg, 0), 0, 0))
		status = cairn_fail(err, CAIRN_E_TX_ISOLATION);
	*result = (enum cairn_copy_result)cairn_pg__int4(cairn_pg__result(pg, 1), 0, 0);
	*copied = (size_t)cairn_pg__int8(cairn_pg__result(pg, 1), 0, 1);
	cairn_pg__call_clear(pg);
	return status;
}

/* ---- delete -------------------------------------------------------------------------- */

static void add_names(struct pg *pg, const cairn_str *names, size_t n)
{
	struct pg_items items = PG_ITEMS(names, n);
	cairn_pg__add_texts(pg, items, 0, PG_ABSENT_NULL);
}

/* Twice the same parameters: what is held, and what goes. */
static void queue_names(struct pg *pg, cairn_str tenant, const cairn_str *names, size_t n,
			const enum pg_sql texts[2])
{
	for (int i = 0; i < 2; i++) {
		cairn_pg__add_text(pg, tenant);
		add_names(pg, names, n);
		cairn_pg__queue(pg, texts[i]);
	}
}

static void queue_prune(struct pg *pg, const cairn_checkpoint_delete_plan *plan)
{
	static const enum pg_sql texts[2] = { PG_SQL_CHECKPOINT_PRUNE_HOLD,
					      PG_SQL_CHECKPOINT_PRUNE };
	for (int i = 0; i < 2; i++) {
		cairn_pg__add_now(pg);
		cairn_pg__add_text(pg, plan->tenant);
		cairn_pg__add_text(pg, plan->thread);
		cairn_pg__add_int8(pg, plan->keep);
		cairn_pg__add_int8(pg, plan->older_than);
		cairn_pg__add_int8(pg, plan->limit);
		cairn_pg__queue(pg, texts[i]);
	}
}

cairn_status cairn_pg__checkpoint_delete(void *self, const cairn_checkpoint_delete_plan *plan,
					 size_t *deleted, cairn_error *err)
{
	static const enum pg_sql threads[2] = { PG_SQL_DELETE_HOLD, PG_SQL_THREADS_DELETE };
	static const enum pg_sql runs[2] = { PG_SQL_RUNS_HOLD, PG_SQL_RUNS_DELETE };
	struct pg *pg = self;
	cairn_status status = cairn_pg__tenant_begin(pg, plan->tenant, true, err);
	if (status != CAIRN_OK)
		return status;
	if (plan->thread_count > 0)
		queue_names(pg, plan->tenant, plan->threads, plan->thread_count, threads);
	else if (plan->run_count > 0)
		queue_names(pg, plan->tenant, plan->runs, plan->run_count, runs);
	else
		queue_prune(pg, plan);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	if (!cairn_pg__bool(cairn_pg__result(pg, 0), 0, 0))
		status = cairn_fail(err, CAIRN_E_TX_ISOLATION);
	*deleted = (size_t)cairn_pg__int8(cairn_pg__result(pg, 1), 0, 0);
	cairn_pg__call_clear(pg);
	return status;
}
