/* thread.c - whole threads: listed, copied, deleted; and checkpoints that are deleted in numbers. */
#include "lite.h"

/* A statement about a thread: tenant, thread, and another thread where there is one. */
static cairn_status run(struct lite *lite, enum lite_sql which, cairn_str tenant, cairn_str thread,
			cairn_str other, cairn_error *err)
{
	struct lite_run one;
	cairn_status status = cairn_lite__start(&one, lite, which, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&one, tenant);
	cairn_lite__bind_text(&one, thread);
	if (other.len > 0)
		cairn_lite__bind_text(&one, other);
	return cairn_lite__finish(&one, err);
}

/* ---- list ---------------------------------------------------------------------- */

static void read_thread(struct lite_run *one, cairn_rows *rows, void *into)
{
	cairn_thread *thread = into;
	thread->thread = cairn_lite__text(one, rows);
	thread->write_seq = cairn_lite__int(one);
	thread->created_at = cairn_lite__int(one);
	thread->updated_at = cairn_lite__int(one);
}

cairn_status cairn_lite__thread_list(void *self, const cairn_thread_query *query, cairn_rows *rows,
				     cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run one;
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&one, lite, LITE_THREADS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&one, query->tenant);
	cairn_lite__bind_tenant(&one, query->prefix);
	cairn_lite__bind_tenant(&one, query->after);
	cairn_lite__bind_int(&one, query->limit);
	return cairn_lite__read_rows(&one, rows, read_thread, err);
}

/* ---- copy ----------------------------------------------------------------------- */

static cairn_status exists(struct lite *lite, cairn_str tenant, cairn_str thread, bool *found,
			   cairn_error *err)
{
	struct lite_run one;
	cairn_status status = cairn_lite__start(&one, lite, LITE_THREAD_FIND, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&one, tenant);
	cairn_lite__bind_text(&one, thread);
	status = cairn_lite__row(&one, found, err);
	if (status == CAIRN_OK && *found)
		cairn_lite__stop(&one);
	return status;
}

static cairn_status copy(struct lite *lite, cairn_str tenant, cairn_str from, cairn_str to,
			 size_t *copied, cairn_error *err)
{
	cairn_status status = run(lite, LITE_THREAD_COPY, tenant, from, to, err);
	if (status == CAIRN_OK)
		status = run(lite, LITE_CHECKPOINT_COPY, tenant, from, to, err);
	*copied = status == CAIRN_OK ? (size_t)sqlite3_changes64(lite->db) : 0;
	if (status == CAIRN_OK)
		status = run(lite, LITE_STATE_COPY, tenant, from, to, err);
	return status == CAIRN_OK ? run(lite, LITE_WRITE_COPY, tenant, from, to, err) : status;
}

cairn_status cairn_lite__thread_copy(void *self, cairn_str tenant, cairn_str from, cairn_str to,
				     enum cairn_copy_result *result, size_t *copied,
				     cairn_error *err)
{
	struct lite *lite = self;
	struct lite_write write;
	bool source = false;
	bool target = false;
	*copied = 0;
	cairn_status status = cairn_lite__write_begin(lite, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = exists(lite, tenant, from, &source, err);
	if (status == CAIRN_OK)
		status = exists(lite, tenant, to, &target, err);
	*result = CAIRN_COPY_DONE;
	if (!source)
		*result = CAIRN_COPY_NO_SOURCE;
	else if (target)
		*result = CAIRN_COPY_EXISTS;
	if (status == CAIRN_OK && *result == CAIRN_COPY_DONE)
		status = copy(lite, tenant, from, to, copied, err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- delete ---------------------------------------------------------------------- */

static cairn_status delete_thread(struct lite *lite, cairn_str tenant, cairn_str thread,
				  size_t *deleted, cairn_error *err)
{
	const cairn_str none = { NULL, 0 };
	cairn_status status = run(lite, LITE_THREAD_DELETE_STATES, tenant, thread, none, err);
	if (status == CAIRN_OK)
		status = run(lite, LITE_THREAD_DELETE_WRITES, tenant, thread, none, err);
	if (status == CAIRN_OK)
		status = run(lite, LITE_THREAD_DELETE_CHECKPOINTS, tenant, thread, none, err);
	if (status == CAIRN_OK)
		*deleted += (size_t)sqlite3_changes64(lite->db);
	return status == CAIRN_OK ? run(lite, LITE_THREAD_DELETE, tenant, thread, none, err)
				  : status;
}

static cairn_status delete_row(struct lite *lite, enum lite_sql which, int64_t row,
			       cairn_error *err)
{
	struct lite_run one;
	cairn_status status = cairn_lite__start(&one, lite, which, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&one, row);
	return cairn_lite__finish(&one, err);
}

static cairn_status delete_checkpoint(struct lite *lite, int64_t row, cairn_error *err)
{
	cairn_status status = delete_row(lite, LITE_CHECKPOINT_DELETE_WRITES, row, err);
	if (status == CAIRN_OK)
		status = delete_row(lite, LITE_CHECKPOINT_DELETE_STATE, row, err);
	return status == CAIRN_OK ? delete_row(lite, LITE_CHECKPOINT_DELETE, row, err) : status;
}

/* Deletes the rows that a statement whose parameters are bound picks, at most limit. */
static cairn_status delete_picked(struct lite_run *pick, size_t limit, size_t *picked,
				  cairn_error *err)
{
	struct lite *lite = pick->lite;
	size_t n = 0;
	bool more = false;
	*picked = 0;
	cairn_status status = cairn_lite__row(pick, &more, err);
	while (status == CAIRN_OK && more && n < limit) {
		lite->slots[n++].row = cairn_lite__int(pick);
		status = cairn_lite__row(pick, &more, err);
	}
	if (status == CAIRN_OK && more)
		cairn_lite__stop(pick);
	for (size_t i = 0; i < n && status == CAIRN_OK; i++)
		status = delete_checkpoint(lite, lite->slots[i].row, err);
	*picked = n;
	return status;
}

#define RUN_ROWS 1000

static cairn_status delete_run(struct lite *lite, cairn_str tenant, cairn_str name, size_t *deleted,
			       cairn_error *err)
{
	size_t picked = RUN_ROWS;
	cairn_status status = cairn_lite__slots(lite, RUN_ROWS, err);
	while (status == CAIRN_OK && picked == RUN_ROWS) {
		struct lite_run pick;
		status = cairn_lite__start(&pick, lite, LITE_RUN_PICK, err);
		if (status != CAIRN_OK)
			break;
		cairn_lite__bind_text(&pick, tenant);
		cairn_lite__bind_text(&pick, name);
		cairn_lite__bind_int(&pick, RUN_ROWS);
		status = delete_picked(&pick, RUN_ROWS, &picked, err);
		*deleted += picked;
	}
	return status;
}

static cairn_status prune(struct lite_write *write, const cairn_checkpoint_delete_plan *plan,
			  size_t *deleted, cairn_error *err)
{
	/* no UTF-8 has this byte */
	const cairn_str above = CAIRN_STR("\xff");
	bool all = plan->thread.len == 0;
	struct lite_run pick;
	cairn_status status = cairn_lite__slots(write->lite, plan->limit, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&pick, write->lite, LITE_PRUNE_PICK, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&pick, plan->tenant);
	cairn_lite__bind_tenant(&pick, plan->thread);
	cairn_lite__bind_text(&pick, all ? above : plan->thread);
	cairn_lite__bind_int(&pick, (int64_t)plan->keep - 1);
	cairn_lite__bind_int(&pick,
			     plan->older_than > 0 ? write->now - plan->older_than : INT64_MAX);
	cairn_lite__bind_int(&pick, plan->limit);
	return delete_picked(&pick, plan->limit, deleted, err);
}

cairn_status cairn_lite__checkpoint_delete(void *self, const cairn_checkpoint_delete_plan *plan,
					   size_t *deleted, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_write write;
	*deleted = 0;
	cairn_status status = cairn_lite__write_begin(lite, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->thread_count && status == CAIRN_OK; i++)
		status = delete_thread(lite, plan->tenant, plan->threads[i], deleted, err);
	for (size_t i = 0; i < plan->run_count && status == CAIRN_OK; i++)
		status = delete_run(lite, plan->tenant, plan->runs[i], deleted, err);
	if (status == CAIRN_OK && plan->thread_count == 0 && plan->run_count == 0)
		status = prune(&write, plan, deleted, err);
	return cairn_lite__write_end(&write, status, err);
}
