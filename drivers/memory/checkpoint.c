/*
 * checkpoint.c - checkpoints in the order of their threads' numbers, and pending writes. Whatever
 * finds one by its id or its namespace walks the thread.
 */
#include <string.h>

#include "mem.h"

/* ---- finding ------------------------------------------------------------------ */

static const struct mem_thread *find_thread(const struct mem_state *state, cairn_str tenant,
					    cairn_str thread)
{
	return cairn_mem__find(
		state, MEM_THREADS,
		&(struct mem_thread){ .tenant = tenant, .thread = { .thread = thread } });
}

/* Where the rows of (tenant, thread) with a number below this one end. */
static size_t seek(const struct mem_state *state, cairn_str tenant, cairn_str thread, int64_t below)
{
	struct mem_checkpoint key = { .tenant = tenant,
				      .checkpoint = { .thread = thread, .write_seq = below } };
	return cairn_mem__seek(state, MEM_CHECKPOINTS, &key);
}

static const struct mem_checkpoint *row_at(const struct mem_state *state, size_t i)
{
	return cairn_mem__at(state, MEM_CHECKPOINTS, i);
}

static const struct mem_checkpoint *find_id(const struct mem_state *state, cairn_str tenant,
					    cairn_str thread, cairn_id id)
{
	size_t end = seek(state, tenant, thread, INT64_MAX);
	for (size_t i = seek(state, tenant, thread, 0); i < end; i++) {
		const struct mem_checkpoint *row = row_at(state, i);
		if (cairn_id_compare(row->checkpoint.id, id) == 0)
			return row;
	}
	return NULL;
}

/* The latest of a namespace: its id, or none. */
static cairn_id head_of(const struct mem_state *state, cairn_str tenant, cairn_str thread,
			cairn_str ns)
{
	size_t begin = seek(state, tenant, thread, 0);
	for (size_t i = seek(state, tenant, thread, INT64_MAX); i > begin; i--) {
		const struct mem_checkpoint *row = row_at(state, i - 1);
		if (cairn_str_equal(row->checkpoint.ns, ns))
			return row->checkpoint.id;
	}
	return (cairn_id){ { 0 } };
}

/* ---- put ------------------------------------------------------------------------ */

static struct mem_checkpoint row_of(const cairn_checkpoint_insert *item, cairn_str tenant)
{
	return (struct mem_checkpoint){
		.checkpoint = { .thread = item->thread,
				.ns = item->ns,
				.id = item->id,
				.parent = item->parent,
				.step = item->step,
				.state_size = (int64_t)item->state.len,
				.metadata = item->metadata,
				.next_node = item->next_node,
				.run = item->run,
				.format = item->format,
				.payload_version = item->payload_version },
		.tenant = tenant,
		.content = { item->state.ptr, item->state.len },
		.tags = item->tags,
	};
}

static void inherit(const cairn_checkpoint *parent, cairn_checkpoint *row)
{
	row->ns = parent->ns;
	row->step = parent->step < INT64_MAX ? parent->step + 1 : INT64_MAX;
	row->next_node = parent->next_node;
}

/* Numbers the row and inserts it, which no condition forbids any more. 0, or -1. */
static int insert(struct mem_write *write, struct mem_checkpoint *row,
		  cairn_checkpoint_put_found *each)
{
	struct mem_thread thread = { .tenant = row->tenant,
				     .thread = { .thread = row->checkpoint.thread,
						 .created_at = write->now } };
	const struct mem_thread *was =
		find_thread(write->state, row->tenant, row->checkpoint.thread);
	if (was != NULL)
		thread = *was;
	thread.thread.updated_at = write->now;
	row->checkpoint.write_seq = ++thread.thread.write_seq;
	row->checkpoint.created_at = write->now;
	each->result = CAIRN_PUT_DONE;
	each->write_seq = row->checkpoint.write_seq;
	each->created_at = write->now;
	if (cairn_mem__put(write->state, MEM_THREADS, &thread) != 0)
		return -1;
	return cairn_mem__put(write->state, MEM_CHECKPOINTS, row);
}

static int put_one(struct mem_write *write, cairn_str tenant, const cairn_checkpoint_insert *item,
		   cairn_checkpoint_put_found *each)
{
	const struct mem_checkpoint *there = find_id(write->state, tenant, item->thread, item->id);
	memset(each, 0, sizeof *each);
	if (there != NULL) {
		each->result = CAIRN_PUT_EXISTS;
		each->write_seq = there->checkpoint.write_seq;
		each->created_at = there->checkpoint.created_at;
		return 0;
	}
	struct mem_checkpoint row = row_of(item, tenant);
	if (item->branches) {
		const struct mem_checkpoint *parent =
			find_id(write->state, tenant, item->thread, item->parent);
		each->result = CAIRN_PUT_NO_PARENT;
		if (parent == NULL)
			return 0;
		inherit(&parent->checkpoint, &row.checkpoint);
	}
	each->result = CAIRN_PUT_LOST;
	if (!cairn_mem__guard(write, item->lock))
		return 0;
	cairn_id head = head_of(write->state, tenant, item->thread, row.checkpoint.ns);
	each->result = CAIRN_PUT_MOVED;
	if (item->expects && cairn_id_compare(head, item->expected) != 0)
		return 0;
	return insert(write, &row, each);
}

cairn_status cairn_mem__checkpoint_put(void *self, const cairn_checkpoint_plan *plan,
				       cairn_checkpoint_put_found *each, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_CHECKPOINTS, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (put_one(&write, plan->tenant, &plan->items[i], &each[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- pending writes -------------------------------------------------------------- */

static int write_one(struct mem_write *write, const cairn_checkpoint_write_plan *plan,
		     const cairn_checkpoint_write *given)
{
	struct mem_pending row = { .write = *given,
				   .tenant = plan->tenant,
				   .thread = plan->thread,
				   .content = { given->value.ptr, given->value.len } };
	row.write.value = (cairn_blob){ NULL, 0 };
	if (given->index >= 0 && cairn_mem__find(write->state, MEM_WRITES, &row) != NULL)
		return 0;
	return cairn_mem__put(write->state, MEM_WRITES, &row);
}

cairn_status cairn_mem__checkpoint_write(void *self, const cairn_checkpoint_write_plan *plan,
					 size_t *missing, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_WRITES, &write, err);
	if (status != CAIRN_OK)
		return status;
	size_t i = 0;
	while (i < plan->n &&
	       find_id(write.state, plan->tenant, plan->thread, plan->writes[i].checkpoint) != NULL)
		i++;
	*missing = i;
	for (i = 0; *missing == plan->n && i < plan->n && status == CAIRN_OK; i++) {
		if (write_one(&write, plan, &plan->writes[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(mem, &write, status);
}

/* A copy that lives with the result; an empty content is no NULL. */
static cairn_blob content_of(cairn_rows *rows, cairn_str content)
{
	cairn_str copy = cairn_rows_str(rows, content.len > 0 ? content.ptr : "", content.len);
	return (cairn_blob){ copy.ptr, copy.len };
}

/* The first pending write of a checkpoint, or of a thread. */
static size_t seek_pending(const struct mem_state *state, cairn_str tenant, cairn_str thread,
			   cairn_id checkpoint)
{
	struct mem_pending key = { .tenant = tenant,
				   .thread = thread,
				   .write = { .checkpoint = checkpoint, .index = INT32_MIN } };
	return cairn_mem__seek(state, MEM_WRITES, &key);
}

static const struct mem_pending *pending_at(const struct mem_state *state, size_t i,
					    cairn_str tenant, cairn_str thread)
{
	if (i >= cairn_mem__count(state, MEM_WRITES))
		return NULL;
	const struct mem_pending *row = cairn_mem__at(state, MEM_WRITES, i);
	bool same = cairn_str_equal(row->tenant, tenant) && cairn_str_equal(row->thread, thread);
	return same ? row : NULL;
}

cairn_status cairn_mem__checkpoint_writes(void *self, cairn_str tenant, cairn_str thread,
					  const cairn_id *checkpoint, cairn_rows *rows,
					  cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_WRITES, &state, err);
	if (status != CAIRN_OK)
		return status;
	const struct mem_pending *row;
	size_t i = seek_pending(state, tenant, thread, *checkpoint);
	while ((row = pending_at(state, i++, tenant, thread)) != NULL &&
	       cairn_id_compare(row->write.checkpoint, *checkpoint) == 0) {
		if (cairn_mem__push(rows, MEM_WRITES, row) != 0) {
			status = cairn_fail(err, CAIRN_E_NOMEM);
			break;
		}
		cairn_checkpoint_write *last = cairn_rows_at(rows, cairn_rows_count(rows) - 1);
		last->value = content_of(rows, row->content);
	}
	cairn_mem__state_drop(state);
	return status;
}

/* ---- list ------------------------------------------------------------------------ */

/* Whether \x1f tag \x1f stands in the tags. */
static bool tagged(cairn_str tags, cairn_str tag)
{
	for (size_t at = 0; at + tag.len + 2 <= tags.len; at++) {
		if (tags.ptr[at] == '\x1f' && tags.ptr[at + tag.len + 1] == '\x1f' &&
		    memcmp(tags.ptr + at + 1, tag.ptr, tag.len) == 0)
			return true;
	}
	return false;
}

static bool wanted(const struct mem_checkpoint *row, const cairn_checkpoint_query *query)
{
	if (query->one_ns && !cairn_str_equal(row->checkpoint.ns, query->ns))
		return false;
	if (query->run.len > 0 && !cairn_str_equal(row->checkpoint.run, query->run))
		return false;
	for (size_t i = 0; i < query->tag_count; i++) {
		if (!tagged(row->tags, query->tags[i]))
			return false;
	}
	return true;
}

static int push(cairn_rows *rows, const struct mem_checkpoint *row, bool state)
{
	if (cairn_mem__push(rows, MEM_CHECKPOINTS, row) != 0)
		return -1;
	cairn_checkpoint *last = cairn_rows_at(rows, cairn_rows_count(rows) - 1);
	if (state)
		last->state = content_of(rows, row->content);
	return 0;
}

static int push_thread(const struct mem_state *state, const cairn_checkpoint_query *query,
		       cairn_str thread, int64_t before, cairn_rows *rows)
{
	size_t begin = seek(state, query->tenant, thread, 0);
	for (size_t i = seek(state, query->tenant, thread, before); i > begin; i--) {
		const struct mem_checkpoint *row = row_at(state, i - 1);
		if (cairn_rows_count(rows) >= query->limit)
			return 0;
		if (wanted(row, query) && push(rows, row, query->states != 0) != 0)
			return -1;
	}
	return 0;
}

static int push_threads(const struct mem_state *state, const cairn_checkpoint_query *query,
			cairn_rows *rows)
{
	struct mem_thread from = { .tenant = query->tenant,
				   .thread = { .thread = query->after_thread } };
	for (size_t i = cairn_mem__seek(state, MEM_THREADS, &from);
	     i < cairn_mem__count(state, MEM_THREADS); i++) {
		const struct mem_thread *row = cairn_mem__at(state, MEM_THREADS, i);
		bool first = cairn_str_equal(row->thread.thread, query->after_thread);
		if (!cairn_str_equal(row->tenant, query->tenant))
			break;
		if (push_thread(state, query, row->thread.thread, first ? query->before : INT64_MAX,
				rows) != 0)
			return -1;
	}
	return 0;
}

static int push_keys(const struct mem_state *state, const cairn_checkpoint_query *query,
		     cairn_rows *rows)
{
	for (size_t i = 0; i < query->key_count; i++) {
		const struct mem_checkpoint *row =
			find_id(state, query->tenant, query->keys[i].thread, query->keys[i].id);
		if (row != NULL && push(rows, row, query->states != 0) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__checkpoint_list(void *self, const cairn_checkpoint_query *query,
					cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	int failed;
	cairn_status status = cairn_mem__read_begin(mem, MEM_CHECKPOINTS, &state, err);
	if (status != CAIRN_OK)
		return status;
	if (query->key_count > 0)
		failed = push_keys(state, query, rows);
	else if (query->thread.len > 0)
		failed = push_thread(state, query, query->thread, query->before, rows);
	else
		failed = push_threads(state, query, rows);
	if (failed || cairn_rows_failed(rows))
		status = cairn_fail(err, CAIRN_E_NOMEM);
	cairn_mem__state_drop(state);
	return status;
}
