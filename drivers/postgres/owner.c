/* owner.c - the registry of worker processes: a row for each name, fenced by its incarnation. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_owner_ref, field)

cairn_status cairn_pg__owner_register(void *self, const cairn_owner_new *owner,
				      const cairn_id *incarnation, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, owner->name);
	cairn_pg__add_id(pg, *incarnation);
	cairn_pg__add_text(pg, owner->host);
	cairn_pg__add_text(pg, owner->version);
	cairn_pg__add_text(pg, owner->queues);
	cairn_pg__add_text(pg, owner->labels);
	cairn_pg__add_int8(pg, owner->pid);
	cairn_pg__add_time(pg, owner->started_at);
	cairn_pg__queue(pg, PG_SQL_OWNER_REGISTER);
	status = cairn_pg__call_run(pg, err);
	if (status == CAIRN_OK)
		cairn_pg__call_clear(pg);
	return status;
}

cairn_status cairn_pg__owner_touch(void *self, const cairn_owner_plan *plan,
				   cairn_owner_found *each, cairn_error *err)
{
	struct pg *pg = self;
	struct pg_items items = PG_ITEMS(plan->owners, plan->n);
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_texts(pg, COLUMN(name), PG_ABSENT_EMPTY);
	cairn_pg__add_ids(pg, COLUMN(incarnation));
	cairn_pg__add_int4(pg, (int32_t)plan->close);
	cairn_pg__queue(pg, PG_SQL_OWNER_TOUCH);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *found = cairn_pg__result(pg, 0);
	memset(each, 0, plan->n * sizeof *each);
	for (int i = 0; i < PQntuples(found); i++) {
		int64_t n = cairn_pg__int8(found, i, 0) - 1;
		each[n].incarnation = cairn_pg__id(found, i, 1);
		each[n].hit = cairn_pg__bool(found, i, 2) ? CAIRN_OWNER_ENDED : CAIRN_OWNER_HIT;
		if (cairn_id_compare(each[n].incarnation, plan->owners[n].incarnation) != 0)
			each[n].hit = CAIRN_OWNER_OTHER;
	}
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

/* ---- list, prune ------------------------------------------------------------- */

static void read_owner(const PGresult *result, int row, void *into)
{
	cairn_owner *owner = into;
	owner->name = cairn_pg__text(result, row, 1);
	owner->incarnation = cairn_pg__id(result, row, 2);
	owner->host = cairn_pg__text(result, row, 3);
	owner->version = cairn_pg__text(result, row, 4);
	owner->queues = cairn_pg__text(result, row, 5);
	owner->labels = cairn_pg__text(result, row, 6);
	owner->pid = cairn_pg__int8(result, row, 7);
	owner->state = (enum cairn_owner_state)cairn_pg__int4(result, row, 8);
	owner->started_at = cairn_pg__time(result, row, 9);
	owner->registered_at = cairn_pg__time(result, row, 10);
	owner->heartbeat_at = cairn_pg__time(result, row, 11);
	owner->closed_at = cairn_pg__time(result, row, 12);
}

cairn_status cairn_pg__owner_list(void *self, const cairn_owner_query *query, cairn_time *now,
				  cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, (int32_t)query->states);
	cairn_pg__add_int8(pg, query->stale_after);
	cairn_pg__add_tenant(pg, query->after); /* absent: above the least text */
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query_at(pg, PG_SQL_OWNERS, now, rows, read_owner, err);
}

cairn_status cairn_pg__owner_prune(void *self, cairn_usec age, uint32_t limit, size_t *pruned,
				   cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_int8(pg, age);
	cairn_pg__add_int8(pg, limit);
	cairn_pg__queue(pg, PG_SQL_OWNER_PRUNE);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	*pruned = (size_t)strtoull(PQcmdTuples(cairn_pg__result(pg, 0)), NULL, 10);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}
