/*
 * replay_read.c - replay runs from outside: lists, what they remember, forks, and deleting trees of runs.
 * (sql_replay_read.h)
 */
#include <string.h>

#include "pg.h"

/* ---- runs ------------------------------------------------------------------------ */

static void read_run(const PGresult *result, int row, void *into)
{
	cairn_replay_run *run = into;
	run->id = cairn_pg__id(result, row, 0);
	run->root = cairn_pg__id(result, row, 1);
	run->parent = cairn_pg__id(result, row, 2);
	run->source = cairn_pg__id(result, row, 3);
	run->shared = cairn_pg__int8(result, row, 4);
	run->status = cairn_replay_status_parse(cairn_pg__text(result, row, 5));
	run->attempt = cairn_pg__int4(result, row, 6);
	run->run_number = cairn_pg__int4(result, row, 7);
	run->fence = cairn_pg__int8(result, row, 8);
	run->scope = cairn_pg__text(result, row, 9);
	run->code = cairn_pg__text(result, row, 10);
	run->type = cairn_pg__text(result, row, 11);
	run->queue = cairn_pg__text(result, row, 12);
	run->tenant = cairn_pg__tenant(result, row, 13);
	run->owner = cairn_pg__text(result, row, 14);
	run->worker = cairn_pg__text(result, row, 15);
	run->payload = cairn_pg__text(result, row, 16);
	run->output = cairn_pg__text(result, row, 17);
	run->error_code = cairn_pg__text(result, row, 18);
	run->error_message = cairn_pg__text(result, row, 19);
	run->wake_at = cairn_pg__time(result, row, 20);
	run->lease_expires_at = cairn_pg__time(result, row, 21);
	run->created_at = cairn_pg__time(result, row, 22);
	run->started_at = cairn_pg__time(result, row, 23);
	run->finished_at = cairn_pg__time(result, row, 24);
	run->updated_at = cairn_pg__time(result, row, 25);
	run->steps = cairn_pg__int8(result, row, 26);
	run->completed = cairn_pg__int8(result, row, 27);
	run->failed = cairn_pg__int8(result, row, 28);
	run->waiting = cairn_pg__int8(result, row, 29);
	run->children = cairn_pg__int8(result, row, 30);
}

static void add_statuses(struct pg *pg, uint32_t statuses)
{
	cairn_str words[CAIRN_REPLAY_CANCELED];
	size_t n = 0;
	for (int i = CAIRN_REPLAY_ENQUEUED; i <= CAIRN_REPLAY_CANCELED; i++) {
		enum cairn_replay_status status = (enum cairn_replay_status)i;
		if (statuses & 1u << i)
			words[n++] = cairn_str_of(cairn_replay_status_text(status));
	}
	cairn_pg__add_texts(pg, PG_ITEMS(words, n), 0, PG_ABSENT_EMPTY);
}

static enum pg_sql text_of(const cairn_replay_query *query)
{
	if (query->parents != NULL)
		return PG_SQL_REPLAY_RUNS_PARENT;
	return cairn_id_is_none(query->root) ? PG_SQL_REPLAY_RUNS : PG_SQL_REPLAY_RUNS_ROOT;
}

static void add_whose(struct pg *pg, const cairn_replay_query *query, enum pg_sql sql)
{
	if (sql == PG_SQL_REPLAY_RUNS_ROOT)
		cairn_pg__add_id(pg, query->root);
	if (sql != PG_SQL_REPLAY_RUNS_PARENT)
		return;
	cairn_pg__add_ids(pg, PG_ITEMS(query->parents, query->parent_count), 0);
	if (cairn_id_is_none(query->root))
		cairn_pg__add_null(pg);
	else
		cairn_pg__add_id(pg, query->root);
}

cairn_status cairn_pg__replay_runs(void *self, const cairn_replay_query *query, cairn_rows *rows,
				   cairn_error *err)
{
	struct pg *pg = self;
	enum pg_sql sql = text_of(query);
	bool one = !cairn_id_is_none(query->run);
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_id(pg, cairn_pg__id_bound(query->after));
	cairn_pg__add_id(pg, query->run);
	cairn_pg__add_id(pg, cairn_pg__id_bound(one ? query->run : (cairn_id){ { 0 } }));
	cairn_pg__add_scope(pg, &query->scope);
	cairn_pg__add_text(pg, query->type);
	add_statuses(pg, query->statuses);
	cairn_pg__add_time(pg, query->created_from != 0 ? query->created_from : PG_TIME_FIRST);
	cairn_pg__add_time(pg, query->created_to != 0 ? query->created_to : PG_TIME_LAST);
	cairn_pg__add_bool(pg, !query->compact);
	cairn_pg__add_bool(pg, query->counts != 0);
	cairn_pg__add_int8(pg, query->limit);
	add_whose(pg, query, sql);
	return cairn_pg__query(pg, sql, rows, read_run, err);
}

/* ---- memos, signals --------------------------------------------------------------- */

static void read_memo(const PGresult *result, int row, void *into)
{
	cairn_pg__memo(result, row, 0, into);
}

static void queue_found(struct pg *pg, cairn_id run, const cairn_scope *scope, bool replay)
{
	cairn_pg__add_id(pg, run);
	cairn_pg__add_scope(pg, scope);
	cairn_pg__add_bool(pg, replay);
	cairn_pg__queue(pg, PG_SQL_REPLAY_FOUND);
}

/* Two statements: whether it is there, and the rows. */
static cairn_status read_found(struct pg *pg, int *found, cairn_rows *rows, pg_read_fn *read,
			       cairn_error *err)
{
	cairn_status status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	*found = cairn_pg__bool(cairn_pg__result(pg, 0), 0, 0);
	if (*found)
		status = cairn_pg__read(pg, 1, rows, read, err);
	cairn_pg__call_clear(pg);
	return status;
}

static void add_memo_statuses(struct pg *pg, uint32_t statuses)
{
	cairn_str words[CAIRN_MEMO_FAILED];
	size_t n = 0;
	for (int i = CAIRN_MEMO_RUNNING; i <= CAIRN_MEMO_FAILED; i++) {
		enum cairn_memo_status status = (enum cairn_memo_status)i;
		if (statuses & 1u << i)
			words[n++] = cairn_str_of(cairn_memo_status_text(status));
	}
	cairn_pg__add_texts(pg, PG_ITEMS(words, n), 0, PG_ABSENT_EMPTY);
}

static void queue_memos(struct pg *pg, const cairn_memo_query *query)
{
	cairn_pg__add_id(pg, query->run);
	cairn_pg__add_int8(pg, query->after);
	add_memo_statuses(pg, query->statuses);
	cairn_pg__add_int8(pg, query->limit);
	cairn_pg__add_bool(pg, query->compact == 0);
	cairn_pg__add_bool(pg, query->compact != 1);
	if (query->name.len > 0)
		cairn_pg__add_text(pg, query->name);
	cairn_pg__queue(pg, query->name.len > 0 ? PG_SQL_MEMOS_NAME : PG_SQL_MEMOS);
}

#define ALL_MEMOS \
	(1u << CAIRN_MEMO_RUNNING | 1u << CAIRN_MEMO_WAITING | 1u << CAIRN_MEMO_COMPLETED | \
	 1u << CAIRN_MEMO_FAILED)

/* What an attempt reads, page by page. */
static bool is_page(const cairn_memo_query *query)
{
	return query->compact == 2 && query->name.len == 0 &&
	       (query->statuses & ALL_MEMOS) == ALL_MEMOS;
}

cairn_status cairn_pg__replay_memos(void *self, const cairn_memo_query *query, int *found,
				    cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	queue_found(pg, query->run, &query->scope, true);
	if (is_page(query))
		cairn_pg__page_queue(pg, query->run, query->after, query->limit);
	else
		queue_memos(pg, query);
	status = read_found(pg, found, rows, read_memo, err);
	for (size_t i = 0; status == CAIRN_OK && i < cairn_rows_count(rows); i++)
		((cairn_memo *)cairn_rows_at(rows, i))->run = query->run;
	return status;
}

static void read_signal(const PGresult *result, int row, void *into)
{
	cairn_signal *signal = into;
	signal->seq = cairn_pg__int8(result, row, 0);
	signal->name = cairn_pg__text(result, row, 1);
	signal->key = cairn_pg__text(result, row, 2);
	signal->payload = cairn_pg__text(result, row, 3);
	signal->sent_at = cairn_pg__time(result, row, 4);
	signal->taken_by = cairn_pg__int8(result, row, 5);
}

cairn_status cairn_pg__signal_list(void *self, const cairn_signal_query *query, int *found,
				   cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	queue_found(pg, query->run, &query->scope, false);
	cairn_pg__add_id(pg, query->run);
	cairn_pg__add_text(pg, query->name);
	cairn_pg__add_int8(pg, query->after);
	cairn_pg__add_int8(pg, query->limit);
	cairn_pg__add_bool(pg, query->untaken != 0);
	cairn_pg__queue(pg, PG_SQL_SIGNALS);
	status = read_found(pg, found, rows, read_signal, err);
	for (size_t i = 0; status == CAIRN_OK && i < cairn_rows_count(rows); i++)
		((cairn_signal *)cairn_rows_at(rows, i))->run = query->run;
	return status;
}

/* ---- fork ---------------------------------------------------------------------------- */

static enum cairn_fork_result read_fork(const PGresult *result, int64_t *shared)
{
	if (PQntuples(result) == 0)
		return CAIRN_FORK_MISS;
	if (cairn_pg__null(result, 0, 0))
		return CAIRN_FORK_NO_STEP;
	*shared = cairn_pg__int8(result, 0, 0);
	return cairn_pg__bool(result, 0, 1) ? CAIRN_FORK_DONE : CAIRN_FORK_NO_DEFINITION;
}

cairn_status cairn_pg__replay_fork(void *self, const cairn_fork_plan *plan,
				   enum cairn_fork_result *result, int64_t *shared,
				   cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_id(pg, plan->id);
	cairn_pg__add_id(pg, plan->source);
	cairn_pg__add_scope(pg, &plan->scope);
	cairn_pg__add_text(pg, plan->name);
	cairn_pg__add_int8(pg, plan->seq);
	cairn_pg__add_text(pg, plan->code);
	cairn_pg__add_text(pg, plan->queue);
	cairn_pg__add_text(pg, plan->owner);
	cairn_pg__add_time(pg, plan->run_at);
	cairn_pg__add_int4(pg, plan->record != 0);
	cairn_pg__queue(pg, PG_SQL_REPLAY_FORK);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	*shared = 0;
	*result = read_fork(cairn_pg__result(pg, 0), shared);
	if (*result == CAIRN_FORK_DONE)
		cairn_pg__owe_rows(pg, cairn_pg__result(pg, 0), 2);
	cairn_pg__call_clear(pg);
	return cairn_pg__wake(pg, status, err);
}

/* ---- deleting trees -------------------------------------------------------------------- */

static void queue_pick(struct pg *pg, const cairn_replay_remove_plan *plan)
{
	cairn_str words[CAIRN_JOB_CANCELED];
	size_t n = 0;
	for (int i = CAIRN_JOB_SUCCEEDED; i <= CAIRN_JOB_CANCELED; i++) {
		if (plan->statuses & 1u << i)
			words[n++] = cairn_str_of(cairn_job_status_text((enum cairn_job_status)i));
	}
	cairn_pg__add_now(pg);
	cairn_pg__add_scope(pg, &plan->scope);
	if (cairn_id_is_none(plan->run))
		cairn_pg__add_null(pg);
	else
		cairn_pg__add_id(pg, plan->run);
	cairn_pg__add_text(pg, plan->type);
	cairn_pg__add_texts(pg, PG_ITEMS(words, n), 0, PG_ABSENT_EMPTY);
	cairn_pg__add_int8(pg, plan->limit);
	cairn_pg__add_int8(pg, plan->age);
	cairn_pg__queue(pg, PG_SQL_TREES_PICK);
}

enum { PICKED = 0, REMOVED = 3 };

cairn_status cairn_pg__replay_remove(void *self, const cairn_replay_remove_plan *plan,
				     cairn_replay_deleted *deleted, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__looks_again(pg, err);
	if (status == CAIRN_OK)
		status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	queue_pick(pg, plan);
	cairn_pg__queue(pg, PG_SQL_TREES_LOCK);
	cairn_pg__queue(pg, PG_SQL_GONE_LEDGERS);
	cairn_pg__add_bool(pg, plan->dry != 0);
	cairn_pg__queue(pg, PG_SQL_TREES_REMOVE);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, REMOVED);
	deleted->roots = (size_t)cairn_pg__int8(result, 0, 0);
	deleted->descendants = (size_t)cairn_pg__int8(result, 0, 1) - deleted->roots;
	deleted->steps = (size_t)cairn_pg__int8(result, 0, 2);
	deleted->signals = (size_t)cairn_pg__int8(result, 0, 3);
	deleted->entries = (size_t)cairn_pg__int8(result, 0, 4);
	deleted->live = (size_t)cairn_pg__int8(cairn_pg__result(pg, PICKED), 0, 1);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}
