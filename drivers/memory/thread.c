/* thread.c - whole threads: listed, copied, deleted; and checkpoints that are deleted in numbers. */
#include <string.h>

#include "mem.h"

static const struct mem_thread *find(const struct mem_state *state, cairn_str tenant,
				     cairn_str thread)
{
	return cairn_mem__find(
		state, MEM_THREADS,
		&(struct mem_thread){ .tenant = tenant, .thread = { .thread = thread } });
}

/* ---- list ---------------------------------------------------------------------- */

cairn_status cairn_mem__thread_list(void *self, const cairn_thread_query *query, cairn_rows *rows,
				    cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_THREADS, &state, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < cairn_mem__count(state, MEM_THREADS); i++) {
		const struct mem_thread *row = cairn_mem__at(state, MEM_THREADS, i);
		cairn_str name = row->thread.thread;
		if (cairn_rows_count(rows) >= query->limit ||
		    !cairn_str_equal(row->tenant, query->tenant) ||
		    cairn_str_compare(name, query->after) <= 0 || name.len < query->prefix.len ||
		    (query->prefix.len > 0 &&
		     memcmp(name.ptr, query->prefix.ptr, query->prefix.len) != 0))
			continue;
		if (cairn_mem__push(rows, MEM_THREADS, row) != 0) {
			status = cairn_fail(err, CAIRN_E_NOMEM);
			break;
		}
	}
	cairn_mem__state_drop(state);
	return status;
}

/* ---- copy ----------------------------------------------------------------------- */

/* Each row of the thread that is copied, once more under the other name. */
static int copy_checkpoints(struct mem_write *write, cairn_str tenant, cairn_str from, cairn_str to,
			    size_t *copied)
{
	for (size_t i = 0; i < cairn_mem__count(write->state, MEM_CHECKPOINTS); i++) {
		const struct mem_checkpoint *row = cairn_mem__at(write->state, MEM_CHECKPOINTS, i);
		if (!cairn_str_equal(row->tenant, tenant) ||
		    !cairn_str_equal(row->checkpoint.thread, from))
			continue;
		struct mem_checkpoint copy = *row;
		copy.checkpoint.thread = to;
		if (cairn_mem__put(write->state, MEM_CHECKPOINTS, &copy) != 0)
			return -1;
		++*copied;
		i += cairn_str_compare(to, from) < 0; /* it stands before the row now */
	}
	return 0;
}

static int copy_writes(struct mem_write *write, cairn_str tenant, cairn_str from, cairn_str to)
{
	for (size_t i = 0; i < cairn_mem__count(write->state, MEM_WRITES); i++) {
		const struct mem_pending *row = cairn_mem__at(write->state, MEM_WRITES, i);
		if (!cairn_str_equal(row->tenant, tenant) || !cairn_str_equal(row->thread, from))
			continue;
		struct mem_pending copy = *row;
		copy.thread = to;
		if (cairn_mem__put(write->state, MEM_WRITES, &copy) != 0)
			return -1;
		i += cairn_str_compare(to, from) < 0;
	}
	return 0;
}

static int copy(struct mem_write *write, cairn_str tenant, cairn_str from, cairn_str to,
		enum cairn_copy_result *result, size_t *copied)
{
	const struct mem_thread *source = find(write->state, tenant, from);
	*result = CAIRN_COPY_NO_SOURCE;
	if (source == NULL)
		return 0;
	*result = CAIRN_COPY_EXISTS;
	if (find(write->state, tenant, to) != NULL)
		return 0;
	*result = CAIRN_COPY_DONE;
	struct mem_thread own = *source;
	own.thread.thread = to;
	if (cairn_mem__put(write->state, MEM_THREADS, &own) != 0 ||
	    copy_checkpoints(write, tenant, from, to, copied) != 0)
		return -1;
	return copy_writes(write, tenant, from, to);
}

cairn_status cairn_mem__thread_copy(void *self, cairn_str tenant, cairn_str from, cairn_str to,
				    enum cairn_copy_result *result, size_t *copied,
				    cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_CHECKPOINTS, &write, err);
	if (status != CAIRN_OK)
		return status;
	*copied = 0;
	if (copy(&write, tenant, from, to, result, copied) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- delete ---------------------------------------------------------------------- */

static bool among(cairn_str name, const cairn_str *names, size_t n)
{
	size_t i = 0;
	while (i < n && !cairn_str_equal(name, names[i]))
		i++;
	return i < n;
}

/* Whether so many newer ones of its namespace stand behind a row. */
static bool superfluous(const struct mem_state *state, size_t at, uint32_t keep)
{
	const struct mem_checkpoint *row = cairn_mem__at(state, MEM_CHECKPOINTS, at);
	uint32_t newer = 0;
	for (size_t i = at + 1; i < cairn_mem__count(state, MEM_CHECKPOINTS) && newer < keep; i++) {
		const struct mem_checkpoint *other = cairn_mem__at(state, MEM_CHECKPOINTS, i);
		if (!cairn_str_equal(other->tenant, row->tenant) ||
		    !cairn_str_equal(other->checkpoint.thread, row->checkpoint.thread))
			break;
		if (cairn_str_equal(other->checkpoint.ns, row->checkpoint.ns))
			newer++;
	}
	return newer >= keep;
}

static bool doomed(const struct mem_write *write, const cairn_checkpoint_delete_plan *plan,
		   size_t at)
{
	const struct mem_checkpoint *row = cairn_mem__at(write->state, MEM_CHECKPOINTS, at);
	if (!cairn_str_equal(row->tenant, plan->tenant))
		return false;
	if (plan->thread_count > 0)
		return among(row->checkpoint.thread, plan->threads, plan->thread_count);
	if (plan->run_count > 0)
		return row->checkpoint.run.len > 0 &&
		       among(row->checkpoint.run, plan->runs, plan->run_count);
	if (plan->thread.len > 0 && !cairn_str_equal(row->checkpoint.thread, plan->thread))
		return false;
	if (plan->older_than > 0 && row->checkpoint.created_at > write->now - plan->older_than)
		return false;
	return superfluous(write->state, at, plan->keep);
}

static int delete_writes(struct mem_write *write, const struct mem_checkpoint *of)
{
	struct mem_pending key = { .tenant = of->tenant,
				   .thread = of->checkpoint.thread,
				   .write = { .checkpoint = of->checkpoint.id,
					      .index = INT32_MIN } };
	size_t at = cairn_mem__seek(write->state, MEM_WRITES, &key);
	while (at < cairn_mem__count(write->state, MEM_WRITES)) {
		const struct mem_pending *row = cairn_mem__at(write->state, MEM_WRITES, at);
		if (!cairn_str_equal(row->tenant, of->tenant) ||
		    !cairn_str_equal(row->thread, of->checkpoint.thread) ||
		    cairn_id_compare(row->write.checkpoint, of->checkpoint.id) != 0)
			break;
		if (cairn_mem__remove(write->state, MEM_WRITES, row) != 0)
			return -1;
	}
	return 0;
}

static int delete_all(struct mem_write *write, const cairn_checkpoint_delete_plan *plan,
		      size_t *deleted)
{
	bool bounded = plan->thread_count == 0 && plan->run_count == 0;
	size_t at = 0;
	while (at < cairn_mem__count(write->state, MEM_CHECKPOINTS)) {
		if (bounded && *deleted == plan->limit)
			return 0;
		if (!doomed(write, plan, at)) {
			at++;
			continue;
		}
		const struct mem_checkpoint *row = cairn_mem__at(write->state, MEM_CHECKPOINTS, at);
		if (delete_writes(write, row) != 0 ||
		    cairn_mem__remove(write->state, MEM_CHECKPOINTS, row) != 0)
			return -1;
		++*deleted;
	}
	for (size_t i = 0; i < plan->thread_count; i++) {
		struct mem_thread key = { .tenant = plan->tenant,
					  .thread = { .thread = plan->threads[i] } };
		if (cairn_mem__remove(write->state, MEM_THREADS, &key) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__checkpoint_delete(void *self, const cairn_checkpoint_delete_plan *plan,
					  size_t *deleted, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_CHECKPOINTS, &write, err);
	if (status != CAIRN_OK)
		return status;
	*deleted = 0;
	if (delete_all(&write, plan, deleted) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(mem, &write, status);
}
