/*
 * queue.c - what stands in each queue, and which queues are paused: a row for each of those.
 */
#include "pg.h"

/* ---- list ------------------------------------------------------------------ */

static void read_queue(const PGresult *result, int row, void *into)
{
	cairn_queue *queue = into;
	queue->name = cairn_pg__text(result, row, 1);
	queue->due = cairn_pg__int8(result, row, 2);
	queue->parked = cairn_pg__int8(result, row, 3);
	queue->pending = queue->due + queue->parked;
	queue->leased = cairn_pg__int8(result, row, 4);
	queue->expired = cairn_pg__int8(result, row, 5);
	queue->oldest_due = cairn_pg__time(result, row, 6);
	queue->succeeded = cairn_pg__int8(result, row, 7);
	queue->dead_lettered = cairn_pg__int8(result, row, 8);
	queue->canceled = cairn_pg__int8(result, row, 9);
	queue->paused = !cairn_pg__null(result, row, 10);
	queue->paused_at = cairn_pg__time(result, row, 10);
}

cairn_status cairn_pg__queue_list(void *self, const cairn_queue_query *query, cairn_time *now,
				  cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_scope(pg, &query->scope);
	cairn_pg__add_tenant(pg, query->after); /* absent: above the least text */
	cairn_pg__add_bool(pg, query->finished != 0);
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query_at(pg, PG_SQL_QUEUES, now, rows, read_queue, err);
}

/* ---- pause ----------------------------------------------------------------- */

/* Of a name that stands there twice the first is told. */
static void tell(const cairn_queue_plan *plan, cairn_str queue, cairn_queue_changed *each)
{
	for (size_t i = 0; i < plan->n; i++) {
		if (!cairn_str_equal(plan->queues[i], queue))
			continue;
		each[i].changed = 1;
		return;
	}
}

cairn_status cairn_pg__queue_pause(void *self, const cairn_queue_plan *plan,
				   cairn_queue_changed *each, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	if (plan->paused)
		cairn_pg__add_now(pg);
	cairn_pg__add_texts(pg, PG_ITEMS(plan->queues, plan->n), 0, PG_ABSENT_EMPTY);
	cairn_pg__queue(pg, plan->paused ? PG_SQL_QUEUE_PAUSE : PG_SQL_QUEUE_RESUME);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *changed = cairn_pg__result(pg, 0);
	for (int i = 0; i < PQntuples(changed); i++)
		tell(plan, cairn_pg__text(changed, i, 0), each);
	if (!plan->paused)
		cairn_pg__owe_rows(pg, changed, 1);
	cairn_pg__call_clear(pg);
	return cairn_pg__wake(pg, CAIRN_OK, err);
}
