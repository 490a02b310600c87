/*
 * tx.c - transactions, and the two ends of every call. Both are the same thing: a
 * state is copied, changed, and then takes the place of the one it was copied from.
 */
#include "mem.h"

/* ---- transactions ---------------------------------------------------------- */

static cairn_status lock(struct mem *mem, cairn_error *err)
{
	cairn_usec timeout = cairn_host_settings(mem->host)->lock_timeout;
	return cairn_mem__store_lock(mem->store, &mem->turn, timeout, err);
}

static void unlock(struct mem *mem)
{
	cairn_mem__store_unlock(mem->store, &mem->turn);
}

/* Makes a state the store's and ends the writer's lock: what a commit to disk is elsewhere. */
static void publish(struct mem *mem, struct mem_state *state)
{
	cairn_mem__store_commit(mem->store, state);
	unlock(mem);
	cairn_host_round_trip(mem->host);
}

/* Takes the innermost level away; its state goes to the caller. */
static struct mem_state *level_pop(struct mem *mem)
{
	struct mem_level *level = mem->tx;
	struct mem_state *state = level->state;
	mem->tx = level->outer;
	cairn_host_alloc(mem->host, level, sizeof *level, 0);
	return state;
}

cairn_status cairn_mem__begin(void *self, uint32_t depth, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_level *level = cairn_host_alloc(mem->host, NULL, 0, sizeof *level);
	if (level == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	if (mem->tx == NULL) {
		cairn_status status = lock(mem, err);
		if (status != CAIRN_OK) {
			cairn_host_alloc(mem->host, level, sizeof *level, 0);
			return status;
		}
		level->state = cairn_mem__store_state(mem->store);
	} else {
		level->state = cairn_mem__state_keep(mem->tx->state);
	}
	level->depth = depth;
	level->outer = mem->tx;
	mem->tx = level;
	return CAIRN_OK;
}

cairn_status cairn_mem__commit(void *self, uint32_t depth, cairn_error *err)
{
	struct mem *mem = self;
	if (mem->tx == NULL || mem->tx->depth != depth)
		return cairn_fail(err, CAIRN_E_INTERNAL);
	struct mem_state *state = level_pop(mem);
	if (mem->tx == NULL) {
		publish(mem, state);
	} else {
		cairn_mem__state_drop(mem->tx->state);
		mem->tx->state = state;
	}
	return CAIRN_OK;
}

/* Closing rolls everything back at once, so more than one level may go. */
cairn_status cairn_mem__rollback(void *self, uint32_t depth, cairn_error *err)
{
	(void)err;
	struct mem *mem = self;
	if (mem->tx == NULL)
		return CAIRN_OK;
	while (mem->tx != NULL && mem->tx->depth >= depth)
		cairn_mem__state_drop(level_pop(mem));
	if (mem->tx == NULL)
		unlock(mem);
	return CAIRN_OK;
}

/* ---- the two ends of a call -------------------------------------------------- */

cairn_time cairn_mem__now(struct mem *mem)
{
	cairn_time now = cairn_host_now(mem->host);
	if (now == 0 && cairn_mem__own_now(mem, &now, NULL) != CAIRN_OK)
		return 0;
	return now;
}

static cairn_status require(const struct mem_state *state, enum mem_table needs, cairn_error *err)
{
	if (cairn_mem__exists(state, needs))
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_DB_SCHEMA);
	cairn_error_detail(err, "no such table: %s", cairn_mem__kind(needs)->name);
	return CAIRN_SCHEMA;
}

cairn_status cairn_mem__write_begin(struct mem *mem, enum mem_table needs, struct mem_write *write,
				    cairn_error *err)
{
	cairn_status status = mem->tx == NULL ? lock(mem, err) : CAIRN_OK;
	if (status != CAIRN_OK)
		return status;
	write->mem = mem;
	mem->endings.n = 0;
	mem->wakes.n = 0;
	/* only who holds the lock replaces the committed state, so it stands still now */
	const struct mem_state *base = mem->tx != NULL ? mem->tx->state : mem->store->committed;
	status = require(base, needs, err);
	write->state = NULL;
	write->now = cairn_mem__now(mem);
	if (status == CAIRN_OK) {
		write->state = cairn_mem__state_copy(base);
		if (write->state == NULL)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	if (status != CAIRN_OK)
		cairn_mem__write_end(mem, write, status);
	return status;
}

cairn_status cairn_mem__write_end(struct mem *mem, struct mem_write *write, cairn_status status)
{
	if (status != CAIRN_OK) {
		cairn_mem__state_drop(write->state);
		if (mem->tx == NULL)
			unlock(mem);
	} else if (mem->tx == NULL) {
		publish(mem, write->state);
	} else {
		cairn_mem__state_drop(mem->tx->state);
		mem->tx->state = write->state;
	}
	return status;
}

cairn_status cairn_mem__pick(struct mem *mem, mem_pick_fn *pick, void *arg, cairn_error *err)
{
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_JOBS, &write, err);
	if (status != CAIRN_OK)
		return status;
	size_t size = (cairn_mem__count(write.state, MEM_JOBS) + 1) * sizeof(cairn_job *);
	const cairn_job **picked = cairn_host_alloc(mem->host, NULL, 0, size);
	if (picked == NULL || pick(&write, picked, arg) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	if (picked != NULL)
		cairn_host_alloc(mem->host, picked, size, 0);
	return cairn_mem__write_end(mem, &write, status);
}

cairn_status cairn_mem__read_begin(struct mem *mem, enum mem_table needs, struct mem_state **state,
				   cairn_error *err)
{
	*state = mem->tx != NULL ? cairn_mem__state_keep(mem->tx->state)
				 : cairn_mem__store_state(mem->store);
	cairn_status status = require(*state, needs, err);
	if (status != CAIRN_OK)
		cairn_mem__state_drop(*state);
	return status;
}

bool cairn_mem__in_scope(const cairn_scope *scope, cairn_str tenant)
{
	switch (scope->kind) {
	case CAIRN_SCOPE_ANY:
		return true;
	case CAIRN_SCOPE_GLOBAL:
		return tenant.len == 0;
	case CAIRN_SCOPE_TENANT:
		return cairn_str_equal(scope->tenant, tenant);
	case CAIRN_SCOPE_NONE:
	default:
		return false;
	}
}
