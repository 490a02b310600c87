/*
 * intent_list.c - reading intents, counting them by type, and deleting those that were promoted
 * long ago.
 */
#include <string.h>

#include "lite.h"

/* ---- intents ------------------------------------------------------------ */

static void read_compact(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_intent *intent = into;
	cairn_lite__intent(run, rows, intent);
	intent->request = (cairn_str){ NULL, 0 };
	intent->payload = (cairn_str){ NULL, 0 };
}

cairn_status cairn_lite__intent_list(void *self, const cairn_intent_query *query, cairn_rows *rows,
				     cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	uint8_t beyond[17];
	memset(beyond, 0xff, sizeof beyond);
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(
			&run, lite, query->id != NULL ? LITE_INTENT_GET : LITE_INTENT_LIST, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_scope(&run, &query->scope);
	cairn_lite__bind_text(&run, query->type);
	cairn_lite__bind_int(&run, query->statuses);
	if (query->id != NULL)
		cairn_lite__bind_id(&run, query->id);
	else if (cairn_id_is_none(query->after))
		cairn_lite__bind_blob(&run, beyond, sizeof beyond);
	else
		cairn_lite__bind_id(&run, &query->after);
	if (query->id == NULL)
		cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, query->compact ? read_compact : cairn_lite__intent,
				     err);
}

/* ---- metrics ------------------------------------------------------------ */

static void read_stats(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_intent_stats *stats = into;
	stats->type = cairn_lite__text(run, rows);
	stats->pending = cairn_lite__int(run);
	stats->retrying = cairn_lite__int(run);
	stats->promoted_24h = cairn_lite__int(run);
	stats->conflicted_24h = cairn_lite__int(run);
	stats->oldest_pending = cairn_lite__int(run);
	stats->max_attempts = cairn_lite__int32(run);
}

cairn_status cairn_lite__intent_metrics(void *self, const cairn_intent_stats_query *query,
					cairn_time *now, cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	*now = cairn_lite__time(lite);
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_INTENT_STATS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, *now - query->window);
	cairn_lite__bind_scope(&run, &query->scope);
	cairn_lite__bind_text(&run, query->type);
	cairn_lite__bind_tenant(&run, query->after);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_stats, err);
}

/* ---- retention ---------------------------------------------------------- */

cairn_status cairn_lite__intent_prune(void *self, const cairn_intent_prune_plan *plan,
				      size_t *deleted, cairn_error *err)
{
	struct lite_write write;
	struct lite_run run;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	*deleted = 0;
	status = cairn_lite__start(&run, write.lite, LITE_INTENT_PRUNE, err);
	if (status == CAIRN_OK) {
		cairn_lite__bind_scope(&run, &plan->scope);
		cairn_lite__bind_int(&run, plan->before);
		cairn_lite__bind_int(&run, plan->limit);
		status = cairn_lite__finish(&run, err);
	}
	if (status == CAIRN_OK)
		*deleted = (size_t)sqlite3_changes(write.lite->db);
	return cairn_lite__write_end(&write, status, err);
}
