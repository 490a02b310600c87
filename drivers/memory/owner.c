/* owner.c - the registry of worker processes: a row for each name, fenced by its incarnation. */
#include "mem.h"

cairn_status cairn_mem__owner_register(void *self, const cairn_owner_new *owner,
				       const cairn_id *incarnation, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_OWNERS, &write, err);
	if (status != CAIRN_OK)
		return status;
	cairn_owner row = { .name = owner->name,
			    .incarnation = *incarnation,
			    .host = owner->host,
			    .version = owner->version,
			    .queues = owner->queues,
			    .labels = owner->labels,
			    .pid = owner->pid,
			    .started_at = owner->started_at != 0 ? owner->started_at : write.now,
			    .registered_at = write.now,
			    .heartbeat_at = write.now };
	if (cairn_mem__put(write.state, MEM_OWNERS, &row) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- heartbeat, close --------------------------------------------------------- */

static int touch_one(struct mem_write *write, const cairn_owner_ref *ref, bool close,
		     cairn_owner_found *each)
{
	const cairn_owner *row =
		cairn_mem__find(write->state, MEM_OWNERS, &(cairn_owner){ .name = ref->name });
	each->hit = CAIRN_OWNER_MISS;
	if (row == NULL)
		return 0;
	each->incarnation = row->incarnation;
	each->hit = CAIRN_OWNER_OTHER;
	if (cairn_id_compare(row->incarnation, ref->incarnation) != 0)
		return 0;
	each->hit = row->closed_at != 0 ? CAIRN_OWNER_ENDED : CAIRN_OWNER_HIT;
	if (row->closed_at != 0)
		return 0;
	cairn_owner is = *row;
	if (close)
		is.closed_at = write->now;
	else
		is.heartbeat_at = write->now;
	return cairn_mem__put(write->state, MEM_OWNERS, &is);
}

cairn_status cairn_mem__owner_touch(void *self, const cairn_owner_plan *plan,
				    cairn_owner_found *each, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_OWNERS, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (touch_one(&write, &plan->owners[i], plan->close != 0, &each[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- list ---------------------------------------------------------------------- */

static enum cairn_owner_state state_of(const cairn_owner *row, cairn_time now, cairn_usec after)
{
	if (row->closed_at != 0)
		return CAIRN_OWNER_CLOSED;
	return row->heartbeat_at < now - after ? CAIRN_OWNER_STALE : CAIRN_OWNER_LIVE;
}

cairn_status cairn_mem__owner_list(void *self, const cairn_owner_query *query, cairn_time *now,
				   cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_OWNERS, &state, err);
	if (status != CAIRN_OK)
		return status;
	*now = cairn_mem__now(mem);
	for (size_t i = 0; i < cairn_mem__count(state, MEM_OWNERS); i++) {
		cairn_owner row = *(const cairn_owner *)cairn_mem__at(state, MEM_OWNERS, i);
		row.state = state_of(&row, *now, query->stale_after);
		if (cairn_rows_count(rows) >= query->limit || !(query->states & 1u << row.state) ||
		    cairn_str_compare(row.name, query->after) <= 0)
			continue;
		if (cairn_mem__push(rows, MEM_OWNERS, &row) != 0) {
			status = cairn_fail(err, CAIRN_E_NOMEM);
			break;
		}
	}
	cairn_mem__state_drop(state);
	return status;
}

/* ---- prune --------------------------------------------------------------------- */

static cairn_time last_sign(const cairn_owner *row)
{
	return row->closed_at != 0 ? row->closed_at : row->heartbeat_at;
}

static const cairn_owner *oldest(const struct mem_state *state, cairn_time until)
{
	const cairn_owner *found = NULL;
	for (size_t i = 0; i < cairn_mem__count(state, MEM_OWNERS); i++) {
		const cairn_owner *row = cairn_mem__at(state, MEM_OWNERS, i);
		if (last_sign(row) <= until && (found == NULL || last_sign(row) < last_sign(found)))
			found = row;
	}
	return found;
}

cairn_status cairn_mem__owner_prune(void *self, cairn_usec age, uint32_t limit, size_t *pruned,
				    cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_OWNERS, &write, err);
	if (status != CAIRN_OK)
		return status;
	const cairn_owner *row = oldest(write.state, write.now - age);
	while (row != NULL && *pruned < limit && status == CAIRN_OK) {
		if (cairn_mem__remove(write.state, MEM_OWNERS, row) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
		++*pruned;
		row = oldest(write.state, write.now - age);
	}
	return cairn_mem__write_end(mem, &write, status);
}
