/* lock.c - named locks: a row for each name, kept for its fence when the lock is free. */
#include "mem.h"

static const struct mem_lock *find(const struct mem_state *state, cairn_str tenant, cairn_str name)
{
	return cairn_mem__find(state, MEM_LOCKS,
			       &(struct mem_lock){ .row = { .tenant = tenant, .name = name } });
}

static bool live(const struct mem_lock *lock, cairn_time now)
{
	return lock != NULL && lock->held && lock->row.expires_at > now;
}

bool cairn_mem__guard(const struct mem_write *write, cairn_lock_guard lock)
{
	if (lock == NULL)
		return true;
	const struct mem_lock *row =
		find(write->state, (cairn_str){ lock->tenant, lock->tenant_len },
		     (cairn_str){ lock->name, lock->name_len });
	return live(row, write->now) && row->row.fence == lock->fence;
}

/* ---- take, change ------------------------------------------------------------ */

static int64_t next_fence(const struct mem_lock *was, cairn_time now)
{
	int64_t least = was != NULL ? was->row.fence + 1 : 1;
	return now > least ? now : least;
}

cairn_status cairn_mem__lock_take(void *self, const cairn_lock_plan *plan, int64_t *fence,
				  cairn_time *expires_at, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_LOCKS, &write, err);
	if (status != CAIRN_OK)
		return status;
	*fence = 0;
	const struct mem_lock *was = find(write.state, plan->tenant, plan->name);
	if (!live(was, write.now)) {
		struct mem_lock is = { .row = { .tenant = plan->tenant,
						.name = plan->name,
						.holder = plan->holder,
						.fence = next_fence(was, write.now),
						.acquired_at = write.now,
						.expires_at = write.now + plan->ttl },
				       .held = true };
		*fence = is.row.fence;
		*expires_at = is.row.expires_at;
		if (cairn_mem__put(write.state, MEM_LOCKS, &is) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(mem, &write, status);
}

static bool hits(const struct mem_lock *row, const cairn_lock_change *change, cairn_time now)
{
	if (row == NULL || !row->held)
		return false;
	if (change->act != CAIRN_LOCK_BREAK && row->row.fence != change->fence)
		return false;
	return change->act != CAIRN_LOCK_EXTEND || live(row, now);
}

cairn_status cairn_mem__lock_change(void *self, const cairn_lock_change *change, int *hit,
				    cairn_time *expires_at, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_LOCKS, &write, err);
	if (status != CAIRN_OK)
		return status;
	const struct mem_lock *row = find(write.state, change->tenant, change->name);
	*hit = hits(row, change, write.now);
	if (*hit) {
		struct mem_lock is = *row;
		is.held = change->act == CAIRN_LOCK_EXTEND;
		if (is.held)
			is.row.expires_at = write.now + change->ttl;
		else
			is.released_at = write.now;
		*expires_at = is.row.expires_at;
		if (cairn_mem__put(write.state, MEM_LOCKS, &is) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- list, prune -------------------------------------------------------------- */

bool cairn_mem__begins(cairn_str text, cairn_str prefix)
{
	return text.len >= prefix.len &&
	       cairn_str_equal((cairn_str){ text.ptr, prefix.len }, prefix);
}

static bool asked_for(const struct mem_lock *lock, const cairn_lock_query *query)
{
	return lock->held && cairn_str_equal(lock->row.tenant, query->tenant) &&
	       cairn_mem__begins(lock->row.name, query->prefix) &&
	       cairn_str_compare(lock->row.name, query->after) > 0;
}

cairn_status cairn_mem__lock_list(void *self, const cairn_lock_query *query, cairn_time *now,
				  cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_LOCKS, &state, err);
	if (status != CAIRN_OK)
		return status;
	*now = cairn_mem__now(mem);
	for (size_t i = 0; i < cairn_mem__count(state, MEM_LOCKS); i++) {
		struct mem_lock lock = *(const struct mem_lock *)cairn_mem__at(state, MEM_LOCKS, i);
		if (cairn_rows_count(rows) >= query->limit || !asked_for(&lock, query))
			continue;
		lock.row.expired = lock.row.expires_at <= *now;
		if (cairn_mem__push(rows, MEM_LOCKS, &lock) != 0) {
			status = cairn_fail(err, CAIRN_E_NOMEM);
			break;
		}
	}
	cairn_mem__state_drop(state);
	return status;
}

static bool long_free(const struct mem_lock *lock, cairn_str tenant, cairn_time until)
{
	return (tenant.len == 0 || cairn_str_equal(lock->row.tenant, tenant)) &&
	       (lock->held ? lock->row.expires_at : lock->released_at) <= until;
}

cairn_status cairn_mem__lock_prune(void *self, cairn_str tenant, cairn_usec age, uint32_t limit,
				   size_t *pruned, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_LOCKS, &write, err);
	if (status != CAIRN_OK)
		return status;
	size_t i = 0;
	while (i < cairn_mem__count(write.state, MEM_LOCKS) && *pruned < limit &&
	       status == CAIRN_OK) {
		const struct mem_lock *lock = cairn_mem__at(write.state, MEM_LOCKS, i);
		if (!long_free(lock, tenant, write.now - age)) {
			i++;
			continue;
		}
		if (cairn_mem__remove(write.state, MEM_LOCKS, lock) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
		++*pruned;
	}
	return cairn_mem__write_end(mem, &write, status);
}
