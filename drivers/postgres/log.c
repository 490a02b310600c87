/*
 * log.c - lines for the logs of jobs. The jobs' rows are locked first, in statements of their
 * own, so that each line gets the next number although nothing is written to the row. (The
 * lines are read in history.c.)
 */
#include <stddef.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_log_item, field)

_Static_assert(CAIRN_GUARD_FENCE == 1, "the guard in PG_SQL_LOG");
_Static_assert(CAIRN_LOG_DEBUG == 1 && CAIRN_LOG_ERROR == 4, "levels");

static void queue_lock(struct pg *pg, struct pg_items items, enum pg_sql sql)
{
	cairn_pg__add_ids(pg, COLUMN(id));
	cairn_pg__queue(pg, sql);
}

static bool any_note(const cairn_log_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!(items[i].guard & CAIRN_GUARD_FENCE))
			return true;
	}
	return false;
}

/*
 * A note may be for a finished job. It is looked for among the live ones first, which is
 * the way jobs go, and among them again for one that is requeued just now.
 */
static size_t queue_locks(struct pg *pg, struct pg_items items, bool notes)
{
	queue_lock(pg, items, PG_SQL_LOCK_JOBS);
	if (!notes)
		return 1;
	queue_lock(pg, items, PG_SQL_LOCK_DONE);
	queue_lock(pg, items, PG_SQL_LOCK_JOBS);
	return 3;
}

void cairn_pg__log_queue(struct pg *pg, const cairn_log_item *lines, size_t n)
{
	struct pg_items items = PG_ITEMS(lines, n);
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, PG_TIME_LEFT);
	cairn_pg__add_ids(pg, COLUMN(id));
	cairn_pg__add_int8s(pg, COLUMN(fence));
	cairn_pg__add_int4s(pg, COLUMN(guard));
	cairn_pg__add_scopes(pg, COLUMN(scope));
	cairn_pg__add_int4s(pg, COLUMN(level));
	cairn_pg__add_texts(pg, COLUMN(message), PG_ABSENT_EMPTY);
	cairn_pg__add_jsons(pg, COLUMN(data));
	cairn_pg__queue(pg, PG_SQL_LOG);
}

void cairn_pg__log_read(struct pg *pg, size_t statement, size_t n, enum cairn_hit *each)
{
	const PGresult *written = cairn_pg__result(pg, statement);
	for (size_t i = 0; i < n; i++)
		each[i] = CAIRN_MISS;
	for (int i = 0; i < PQntuples(written); i++)
		each[cairn_pg__int8(written, i, 0) - 1] = CAIRN_HIT;
}

cairn_status cairn_pg__job_log(void *self, const cairn_log_item *lines, size_t n,
			       enum cairn_hit *each, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__looks_again(pg, err);
	if (status == CAIRN_OK)
		status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	size_t locks = queue_locks(pg, PG_ITEMS(lines, n), any_note(lines, n));
	cairn_pg__log_queue(pg, lines, n);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__log_read(pg, locks, n, each);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}
