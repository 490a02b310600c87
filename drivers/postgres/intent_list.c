/*
 * intent_list.c - reading intents, counting them by type, and deleting those that were promoted
 * long ago.
 */
#include "pg.h"

static void add_statuses(struct pg *pg, uint32_t statuses)
{
	cairn_str texts[CAIRN_INTENT_CONFLICTED];
	size_t n = 0;
	for (int i = CAIRN_INTENT_PENDING; i <= CAIRN_INTENT_CONFLICTED; i++) {
		enum cairn_intent_status one = (enum cairn_intent_status)i;
		if (statuses & 1u << i)
			texts[n++] = cairn_str_of(cairn_intent_status_text(one));
	}
	cairn_pg__add_texts(pg, PG_ITEMS(texts, n), 0, PG_ABSENT_EMPTY);
}

cairn_status cairn_pg__intent_list(void *self, const cairn_intent_query *query, cairn_rows *rows,
				   cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_id(pg, query->id != NULL ? *query->id : cairn_pg__id_bound(query->after));
	cairn_pg__add_scope(pg, &query->scope);
	add_statuses(pg, query->statuses);
	cairn_pg__add_text(pg, query->type);
	cairn_pg__add_bool(pg, !query->compact);
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query(pg, query->id != NULL ? PG_SQL_INTENT_GET : PG_SQL_INTENT_LIST, rows,
			       cairn_pg__intent, err);
}

/* ---- metrics ------------------------------------------------------------ */

static void read_stats(const PGresult *result, int row, void *into)
{
	cairn_intent_stats *stats = into;
	stats->type = cairn_pg__text(result, row, 1);
	stats->pending = cairn_pg__int8(result, row, 2);
	stats->retrying = cairn_pg__int8(result, row, 3);
	stats->promoted_24h = cairn_pg__int8(result, row, 4);
	stats->conflicted_24h = cairn_pg__int8(result, row, 5);
	stats->oldest_pending = cairn_pg__time(result, row, 6);
	stats->max_attempts = cairn_pg__int4(result, row, 7);
}

cairn_status cairn_pg__intent_metrics(void *self, const cairn_intent_stats_query *query,
				      cairn_time *now, cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_int8(pg, query->window);
	cairn_pg__add_scope(pg, &query->scope);
	cairn_pg__add_text(pg, query->type);
	cairn_pg__add_tenant(pg, query->after);
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query_at(pg, PG_SQL_INTENT_STATS, now, rows, read_stats, err);
}

/* ---- retention ---------------------------------------------------------- */

cairn_status cairn_pg__intent_prune(void *self, const cairn_intent_prune_plan *plan,
				    size_t *deleted, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_time(pg, plan->before);
	cairn_pg__add_scope(pg, &plan->scope);
	cairn_pg__add_int8(pg, plan->limit);
	cairn_pg__queue(pg, PG_SQL_INTENT_PRUNE);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	*deleted = (size_t)cairn_pg__int8(cairn_pg__result(pg, 0), 0, 0);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}
