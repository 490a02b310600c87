/*
 * wake.c - telling those who wait that jobs became due. NOTIFY serialises the commits of all
 * that say it, so it never stands in the transaction that makes the jobs: the statement that does
 * so answers whether anybody waits, and only then, after the commit, another one takes their rows
 * out of cairn_job_waiter and notifies them. A failure there costs latency, never a job: whoever
 * waits looks by itself from time to time.
 */
#include <string.h>

#include "pg.h"

void cairn_pg__owe(struct pg *pg, cairn_str queue, int64_t jobs, bool due)
{
	struct pg_wake *owed = &pg->owed;
	for (size_t i = 0; i < owed->count; i++) {
		cairn_str known = { .ptr = owed->at[i].queue, .len = owed->at[i].len };
		if (cairn_str_equal(known, queue)) {
			owed->at[i].jobs += jobs;
			owed->at[i].due = owed->at[i].due && due;
			return;
		}
	}
	if (owed->count == PG_WAKE_MAX || queue.len > PG_TOPIC_MAX)
		return;
	struct pg_woken *one = &owed->at[owed->count++];
	memcpy(one->queue, queue.ptr, queue.len);
	one->len = queue.len;
	one->jobs = jobs;
	one->due = due;
}

void cairn_pg__owe_rows(struct pg *pg, const PGresult *result, int column)
{
	if (column >= PQnfields(result))
		return;
	for (int i = 0; i < PQntuples(result); i++) {
		if (!cairn_pg__null(result, i, column))
			cairn_pg__owe(pg, cairn_pg__text(result, i, column), 1, false);
	}
}

/* Less than it takes from the first to the third look of somebody who begins to wait. */
#define UNHEEDED (5 * CAIRN_MILLISECOND)

enum pg_guess cairn_pg__heed(const struct pg *pg, cairn_str queue)
{
	const struct pg_heed *last = &pg->heed;
	cairn_str known = { .ptr = last->queue, .len = last->len };
	if (last->len == 0 || !cairn_str_equal(known, queue))
		return PG_UNKNOWN;
	if (last->heeded)
		return PG_SOMEBODY;
	return cairn_pg__ticks() < last->until ? PG_NOBODY : PG_UNKNOWN;
}

void cairn_pg__heeded(struct pg *pg, cairn_str queue, bool heeded)
{
	struct pg_heed *last = &pg->heed;
	if (queue.len > PG_TOPIC_MAX)
		return;
	memcpy(last->queue, queue.ptr, queue.len);
	last->len = queue.len;
	last->heeded = heeded;
	last->until = cairn_pg__ticks() + UNHEEDED;
}

void cairn_pg__wake_queue(struct pg *pg)
{
	struct pg_wake *owed = &pg->owed;
	for (size_t i = 0; i < owed->count; i++) {
		cairn_str queue = { .ptr = owed->at[i].queue, .len = owed->at[i].len };
		cairn_pg__add_text(pg, queue);
		cairn_pg__add_int8(pg, owed->at[i].jobs);
		cairn_pg__add_bool(pg, owed->at[i].due);
		cairn_pg__queue(pg, PG_SQL_WAKE);
	}
	owed->count = 0;
}

cairn_status cairn_pg__wake(struct pg *pg, cairn_status status, cairn_error *err)
{
	if (pg->owed.count == 0 || pg->own_tx)
		return status;
	bool guest = cairn_pg__in_tx(pg);
	cairn_error *told = guest ? err : NULL;
	if (status != CAIRN_OK) {
		pg->owed.count = 0;
		return status;
	}
	status = cairn_pg__call_begin(pg, true, told);
	if (status == CAIRN_OK) {
		cairn_pg__wake_queue(pg);
		status = cairn_pg__call_run(pg, told);
	}
	if (status == CAIRN_OK)
		cairn_pg__call_clear(pg);
	pg->owed.count = 0;
	/* what was committed is done, whether anybody hears of it or not */
	return guest ? status : CAIRN_OK;
}
