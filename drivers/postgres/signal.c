/*
 * signal.c - sending signals to replay runs: the rows of their jobs are locked, the signals inserted, and runs that
 * waited for them are due. A broadcast picks its runs first. (sql_replay.h; lists are in replay_read.c)
 */
#include <stddef.h>
#include <string.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_signal_insert, field)

_Static_assert(CAIRN_SIGNAL_DONE == 1 && CAIRN_SIGNAL_EXISTS == 2 && CAIRN_SIGNAL_CONFLICT == 3 &&
		       CAIRN_SIGNAL_OVER == 4,
	       "results");

static void queue_lock(struct pg *pg, const cairn_signal_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->items, plan->n);
	cairn_pg__add_ids(pg, COLUMN(run));
	cairn_pg__queue(pg, PG_SQL_SIGNAL_LOCK);
}

static void queue_pick(struct pg *pg, const cairn_signal_plan *plan)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_scope(pg, &plan->scope);
	cairn_pg__add_text(pg, plan->items[0].name);
	cairn_pg__add_text(pg, plan->items[0].key);
	cairn_pg__add_text(pg, plan->type);
	cairn_pg__add_int8(pg, plan->limit);
	cairn_pg__queue(pg, PG_SQL_SIGNAL_PICK);
}

static void queue_send(struct pg *pg, const cairn_signal_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->items, plan->n);
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, PG_TIME_LEFT);
	cairn_pg__add_ids(pg, COLUMN(run));
	cairn_pg__add_texts(pg, COLUMN(name), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(key), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, COLUMN(payload));
	cairn_pg__add_hashes(pg, COLUMN(hash));
	cairn_pg__add_scope(pg, &plan->scope);
	cairn_pg__add_bool(pg, plan->limit > 0);
	cairn_pg__add_int4(pg, (int32_t)plan->record);
	cairn_pg__queue(pg, PG_SQL_SIGNAL_SEND);
}

static void queue_wake(struct pg *pg, const cairn_signal_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->items, plan->n);
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, PG_TIME_LEFT);
	if (plan->limit > 0)
		cairn_pg__add_null(pg);
	else
		cairn_pg__add_ids(pg, COLUMN(run));
	cairn_pg__add_bool(pg, false);
	cairn_pg__queue(pg, PG_SQL_REPLAY_WAKE);
}

/* ---- the answer -------------------------------------------------------------------- */

enum { LOCKED = 0, SENT = 1, WOKEN = 2 };

/* One of the lines is this name. */
static bool among(cairn_str lines, cairn_str name)
{
	while (lines.len >= name.len) {
		const char *end = memchr(lines.ptr, '\n', lines.len);
		size_t len = end != NULL ? (size_t)(end - lines.ptr) : lines.len;
		if (cairn_str_equal((cairn_str){ lines.ptr, len }, name))
			return true;
		if (end == NULL)
			return false;
		lines = (cairn_str){ end + 1, lines.len - len - 1 };
	}
	return false;
}

/* The first signal of this call that the run had waited for. */
static void tell_woken(const cairn_signal_plan *plan, cairn_id run, cairn_str signals,
		       cairn_signal_placed *each)
{
	for (size_t i = 0; i < plan->n; i++) {
		const cairn_signal_insert *item = &plan->items[i];
		if (each[i].result == CAIRN_SIGNAL_DONE && cairn_id_compare(item->run, run) == 0 &&
		    among(signals, item->name)) {
			each[i].woken = 1;
			return;
		}
	}
}

static void read_sent(struct pg *pg, const cairn_signal_plan *plan, cairn_signal_placed *each)
{
	const PGresult *sent = cairn_pg__result(pg, SENT);
	const PGresult *woken = cairn_pg__result(pg, WOKEN);
	for (int i = 0; i < PQntuples(sent); i++) {
		cairn_signal_placed *one = &each[cairn_pg__int8(sent, i, 0) - 1];
		one->result = (enum cairn_signal_result)cairn_pg__int4(sent, i, 1);
		one->seq = cairn_pg__int8(sent, i, 2);
	}
	for (int i = 0; i < PQntuples(woken); i++)
		tell_woken(plan, cairn_pg__id(woken, i, 0), cairn_pg__text(woken, i, 3), each);
}

static void read_spread(struct pg *pg, cairn_signal_spread *spread)
{
	const PGresult *sent = cairn_pg__result(pg, SENT);
	spread->more = cairn_pg__bool(cairn_pg__result(pg, LOCKED), 0, 0);
	spread->sent = 0;
	for (int i = 0; i < PQntuples(sent); i++)
		spread->sent += cairn_pg__int4(sent, i, 1) == CAIRN_SIGNAL_DONE;
}

/* ---- the slot ------------------------------------------------------------------------ */

cairn_status cairn_pg__signal_send(void *self, const cairn_signal_plan *plan,
				   cairn_signal_placed *each, cairn_signal_spread *spread,
				   cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__looks_again(pg, err);
	if (status == CAIRN_OK)
		status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	if (plan->limit > 0)
		queue_pick(pg, plan);
	else
		queue_lock(pg, plan);
	queue_send(pg, plan);
	queue_wake(pg, plan);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	if (plan->limit > 0) {
		read_spread(pg, spread);
	} else {
		memset(each, 0, plan->n * sizeof *each);
		read_sent(pg, plan, each);
	}
	cairn_pg__woken_read(pg, WOKEN);
	cairn_pg__call_clear(pg);
	return cairn_pg__wake(pg, status, err);
}
