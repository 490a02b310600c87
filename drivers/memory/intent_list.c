/*
 * intent_list.c - reading intents, counting them by type, and deleting those that were promoted
 * long ago.
 */
#include <stdlib.h>

#include "mem.h"

/* ---- intents --------------------------------------------------------------- */

static bool wanted(const cairn_intent_query *query, const cairn_intent *intent)
{
	if (!(query->statuses & 1u << intent->status))
		return false;
	if (query->id != NULL && cairn_id_compare(*query->id, intent->id) != 0)
		return false;
	if (query->type.len > 0 && !cairn_str_equal(intent->type, query->type))
		return false;
	return cairn_mem__in_scope(&query->scope, intent->tenant);
}

/* 0, or -1 without memory. */
static int push_page(const struct mem_state *state, const cairn_intent_query *query,
		     cairn_rows *rows)
{
	struct mem_intent after = { .intent.id = query->after };
	size_t i = cairn_id_is_none(query->after) ? cairn_mem__count(state, MEM_INTENTS)
						  : cairn_mem__seek(state, MEM_INTENTS, &after);
	while (i-- > 0 && cairn_rows_count(rows) < query->limit) {
		struct mem_intent row =
			*(const struct mem_intent *)cairn_mem__at(state, MEM_INTENTS, i);
		if (!wanted(query, &row.intent))
			continue;
		if (query->compact) {
			row.intent.payload = (cairn_str){ NULL, 0 };
			row.intent.request = (cairn_str){ NULL, 0 };
		}
		if (cairn_mem__push(rows, MEM_INTENTS, &row) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__intent_list(void *self, const cairn_intent_query *query, cairn_rows *rows,
				    cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_INTENTS, &state, err);
	if (status != CAIRN_OK)
		return status;
	if (push_page(state, query, rows) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	cairn_mem__state_drop(state);
	return status;
}

/* ---- metrics --------------------------------------------------------------- */

static bool counted(const cairn_intent_stats_query *query, const cairn_intent *intent,
		    cairn_time now)
{
	if (!cairn_mem__in_scope(&query->scope, intent->tenant))
		return false;
	if (query->type.len > 0 && !cairn_str_equal(intent->type, query->type))
		return false;
	if (intent->status == CAIRN_INTENT_PROMOTED)
		return intent->promoted_at >= now - query->window;
	return intent->status == CAIRN_INTENT_PENDING ||
	       intent->conflicted_at >= now - query->window;
}

static void count_one(cairn_intent_stats *stats, const cairn_intent *intent)
{
	if (intent->status == CAIRN_INTENT_PROMOTED) {
		stats->promoted_24h++;
		return;
	}
	if (intent->status == CAIRN_INTENT_CONFLICTED) {
		stats->conflicted_24h++;
		return;
	}
	stats->pending++;
	stats->retrying += intent->attempts > 0;
	if (intent->attempts > stats->max_attempts)
		stats->max_attempts = intent->attempts;
	if (stats->oldest_pending == 0 || intent->created_at < stats->oldest_pending)
		stats->oldest_pending = intent->created_at;
}

/* The first type by name behind another one (absent: the very first); absent: there is none. */
static cairn_str type_behind(const struct mem_state *state, const cairn_intent_stats_query *query,
			     cairn_str type, cairn_time now)
{
	cairn_str first = { NULL, 0 };
	for (size_t i = 0; i < cairn_mem__count(state, MEM_INTENTS); i++) {
		const cairn_intent *intent = cairn_mem__at(state, MEM_INTENTS, i);
		if (!counted(query, intent, now) || cairn_str_compare(intent->type, type) <= 0)
			continue;
		if (first.ptr == NULL || cairn_str_compare(intent->type, first) < 0)
			first = intent->type;
	}
	return first;
}

static int push_type(const struct mem_state *state, const cairn_intent_stats_query *query,
		     cairn_str type, cairn_time now, cairn_rows *rows)
{
	cairn_intent_stats *stats = cairn_rows_push(rows);
	if (stats == NULL)
		return -1;
	stats->type = cairn_rows_str(rows, type.ptr, type.len);
	for (size_t i = 0; i < cairn_mem__count(state, MEM_INTENTS); i++) {
		const cairn_intent *intent = cairn_mem__at(state, MEM_INTENTS, i);
		if (cairn_str_equal(intent->type, type) && counted(query, intent, now))
			count_one(stats, intent);
	}
	return cairn_rows_failed(rows) ? -1 : 0;
}

cairn_status cairn_mem__intent_metrics(void *self, const cairn_intent_stats_query *query,
				       cairn_time *now, cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_INTENTS, &state, err);
	if (status != CAIRN_OK)
		return status;
	*now = cairn_mem__now(mem);
	cairn_str type = type_behind(state, query, query->after, *now);
	while (type.ptr != NULL && status == CAIRN_OK && cairn_rows_count(rows) < query->limit) {
		if (push_type(state, query, type, *now, rows) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
		type = type_behind(state, query, type, *now);
	}
	cairn_mem__state_drop(state);
	return status;
}

/* ---- retention ------------------------------------------------------------- */

static int longest_promoted(const void *a, const void *b)
{
	const cairn_intent *x = *(const cairn_intent *const *)a;
	const cairn_intent *y = *(const cairn_intent *const *)b;
	if (x->promoted_at != y->promoted_at)
		return x->promoted_at < y->promoted_at ? -1 : 1;
	return cairn_id_compare(x->id, y->id);
}

int cairn_mem__intent_delete(struct mem_write *write, const cairn_intent *intent)
{
	struct mem_key key = { .type = intent->type, .tenant = intent->tenant, .key = intent->key };
	struct mem_intent row = { .intent.id = intent->id };
	if (cairn_mem__remove(write->state, MEM_INTENT_KEYS, &key) != 0)
		return -1;
	return cairn_mem__remove(write->state, MEM_INTENTS, &row);
}

/* found has room for every intent of the state. */
static int prune_oldest(struct mem_write *write, const cairn_intent_prune_plan *plan,
			const cairn_intent **found, size_t *deleted)
{
	size_t n = 0;
	for (size_t i = 0; i < cairn_mem__count(write->state, MEM_INTENTS); i++) {
		const cairn_intent *intent = cairn_mem__at(write->state, MEM_INTENTS, i);
		if (intent->status == CAIRN_INTENT_PROMOTED && intent->promoted_at < plan->before &&
		    cairn_mem__in_scope(&plan->scope, intent->tenant))
			found[n++] = intent;
	}
	if (n > 0)
		qsort(found, n, sizeof *found, longest_promoted);
	for (*deleted = 0; *deleted < n && *deleted < plan->limit; (*deleted)++) {
		if (cairn_mem__intent_delete(write, found[*deleted]) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__intent_prune(void *self, const cairn_intent_prune_plan *plan,
				     size_t *deleted, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_INTENTS, &write, err);
	if (status != CAIRN_OK)
		return status;
	size_t size = (cairn_mem__count(write.state, MEM_INTENTS) + 1) * sizeof(cairn_intent *);
	const cairn_intent **found = cairn_host_alloc(mem->host, NULL, 0, size);
	if (found == NULL || prune_oldest(&write, plan, found, deleted) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	if (found != NULL)
		cairn_host_alloc(mem->host, found, size, 0);
	return cairn_mem__write_end(mem, &write, status);
}
