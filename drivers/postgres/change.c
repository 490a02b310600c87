/*
 * change.c - every transition of a job that somebody names: finish, heartbeat,
 * cancel and what else the core plans. One text does them all; batches of plain successes and
 * of heartbeats, which are most of what a database of jobs does, have leaner ones.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_change, field)

/* The numbers in sql_change.h. */
_Static_assert(CAIRN_SET_RUN_AT == 1 && CAIRN_SET_LEASE == 2 && CAIRN_SET_REASON == 4 &&
		       CAIRN_SET_ERROR == 8 && CAIRN_SET_OUTPUT == 16 && CAIRN_SET_STAGE == 32 &&
		       CAIRN_SET_DONE == 64 && CAIRN_SET_TOTAL == 128 &&
		       CAIRN_SET_CHECKPOINT == 256 && CAIRN_SET_DEAD == 1024 &&
		       CAIRN_CLEAR_HOLDER == 2048 && CAIRN_CLEAR_LEASE == 4096,
	       "bits of a set");
_Static_assert(CAIRN_GUARD_FENCE == 1 && CAIRN_GUARD_LIVE == 2, "bits of a guard");
_Static_assert(CAIRN_JOB_PENDING == 1 && CAIRN_JOB_LEASED == 2 && CAIRN_JOB_SUCCEEDED == 3 &&
		       CAIRN_JOB_DEAD_LETTERED == 4 && CAIRN_JOB_CANCELED == 5,
	       "statuses");
_Static_assert(CAIRN_EVENT_SUCCEEDED == 5 && CAIRN_EVENT_FAILED == 6 &&
		       CAIRN_EVENT_RETRY_SCHEDULED == 7 && CAIRN_EVENT_DEAD_LETTERED == 8 &&
		       CAIRN_EVENT_CANCELED == 9,
	       "events");
_Static_assert(CAIRN_ENDING_SUCCEEDED == 1 && CAIRN_ENDING_RELEASED == 10, "endings");

#define LEASE_GUARD   (CAIRN_GUARD_FENCE | CAIRN_GUARD_LIVE)
#define SUCCESS_EVENT (1u << CAIRN_EVENT_SUCCEEDED)
#define SUCCESS_SET \
	(CAIRN_SET_FINISHED | CAIRN_SET_REASON | CAIRN_SET_ERROR | CAIRN_SET_OUTPUT | \
	 CAIRN_SET_STAGE | CAIRN_CLEAR_HOLDER | CAIRN_CLEAR_LEASE)

/*
 * Items of one statement. Elements of arrays of texts are found by walking, which is
 * cheap for some hundreds. PG_STEPS_MAX bounds how many statements a call has.
 */
#define CHUNK	   500
#define CHUNKS_MAX 100

/* How a statement's time stands to its call's ($2 in sql_change.h). */
enum { TIME_OWN = 0, TIME_LEAVE = 1, TIME_TAKE = 2 };

/* ---- which text -------------------------------------------------------------------------- */

static bool holds_lease(const cairn_change *change)
{
	return change->guard == LEASE_GUARD && change->from == 1u << CAIRN_JOB_LEASED;
}

static bool is_heartbeat(const cairn_change *change, cairn_usec lease)
{
	return holds_lease(change) && change->to == CAIRN_JOB_LEASED &&
	       change->ending == CAIRN_ENDING_NONE && change->set == CAIRN_SET_LEASE &&
	       change->events == 0 && change->lease == lease;
}

/* The fields of a plain success but the output are the same in the whole batch. */
static bool is_success(const cairn_change *change, const cairn_change *first)
{
	return holds_lease(change) && change->to == CAIRN_JOB_SUCCEEDED &&
	       change->ending == CAIRN_ENDING_SUCCEEDED && change->set == SUCCESS_SET &&
	       change->reason.len == 0 && change->error_code.len == 0 &&
	       change->error_message.len == 0 && change->events == first->events &&
	       (change->events & ~SUCCESS_EVENT) == 0 &&
	       cairn_str_equal(change->stage, first->stage);
}

static enum pg_sql text_for(const cairn_change_plan *plan)
{
	const cairn_change *first = &plan->changes[0];
	bool heartbeats = true;
	bool successes = true;
	for (size_t i = 0; i < plan->n && (heartbeats || successes); i++) {
		heartbeats = heartbeats && is_heartbeat(&plan->changes[i], first->lease);
		successes = successes && is_success(&plan->changes[i], first);
	}
	if (heartbeats)
		return PG_SQL_HEARTBEAT;
	return successes ? PG_SQL_SUCCEED : PG_SQL_CHANGE;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static void add_changes(struct pg *pg, struct pg_items items)
{
	cairn_pg__add_int4s(pg, COLUMN(guard));
	cairn_pg__add_int4s(pg, COLUMN(from));
	cairn_pg__add_int4s(pg, COLUMN(to));
	cairn_pg__add_int4s(pg, COLUMN(ending));
	cairn_pg__add_int4s(pg, COLUMN(set));
	cairn_pg__add_int4s(pg, COLUMN(events));
	cairn_pg__add_scopes(pg, COLUMN(scope));
	cairn_pg__add_int8s(pg, COLUMN(run_after));
	cairn_pg__add_times(pg, COLUMN(not_before), PG_ABSENT_EMPTY);
	cairn_pg__add_int8s(pg, COLUMN(lease));
	cairn_pg__add_texts(pg, COLUMN(reason), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, COLUMN(error_code), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, COLUMN(error_message), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, COLUMN(output));
	cairn_pg__add_texts(pg, COLUMN(stage), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, COLUMN(checkpoint));
	cairn_pg__add_int8s(pg, COLUMN(progress_done));
	cairn_pg__add_int8s(pg, COLUMN(progress_total));
}

static void queue_chunk(struct pg *pg, enum pg_sql sql, struct pg_items items, int time)
{
	const cairn_change *first = items.at[0];
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, time);
	cairn_pg__add_ids(pg, COLUMN(id));
	cairn_pg__add_int8s(pg, COLUMN(fence));
	if (sql == PG_SQL_HEARTBEAT) {
		cairn_pg__add_int8(pg, first->lease);
	} else if (sql == PG_SQL_SUCCEED) {
		cairn_pg__add_jsons(pg, COLUMN(output));
		cairn_pg__add_text(pg, first->stage);
		cairn_pg__add_int4(pg, first->events != 0);
	} else {
		add_changes(pg, items);
	}
	cairn_pg__queue(pg, sql);
}

/* ---- the batch --------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const cairn_change *const *x = a;
	const cairn_change *const *y = b;
	return cairn_id_compare((*x)->id, (*y)->id);
}

static size_t chunk_size(size_t n)
{
	size_t size = (n + CHUNKS_MAX - 1) / CHUNKS_MAX;
	return size > CHUNK ? size : CHUNK;
}

/* All chunks in id order: so the whole call locks in id order. */
static void queue_all(struct pg *pg, const cairn_change_plan *plan, struct pg_items items)
{
	enum pg_sql sql = text_for(plan);
	size_t size = chunk_size(items.n);
	bool alone = items.n <= size && plan->claim == NULL;
	bool own_clock = cairn_host_now(pg->host) == 0;
	for (size_t from = 0; from < items.n; from += size) {
		size_t left = items.n - from;
		struct pg_items chunk = { .at = items.at + from, .n = left < size ? left : size };
		int time = TIME_OWN;
		if (own_clock && !alone)
			time = from == 0 ? TIME_LEAVE : TIME_TAKE;
		queue_chunk(pg, sql, chunk, time);
	}
	if (plan->claim != NULL)
		cairn_pg__claim_queue(pg, plan->claim, own_clock && items.n > 0);
}

static void read_result(const cairn_change_plan *plan, const PGresult *result,
			struct pg_items chunk, cairn_change_result *each)
{
	for (int i = 0; i < PQntuples(result); i++) {
		const cairn_change *change = chunk.at[cairn_pg__int4(result, i, 0) - 1];
		cairn_change_result *one = &each[change - plan->changes];
		one->hit = cairn_pg__bool(result, i, 1) ? CAIRN_HIT : CAIRN_MISS_PROGRESS;
		one->run_at = cairn_pg__time(result, i, 2);
		one->lease_expires_at = cairn_pg__time(result, i, 3);
	}
}

static cairn_status read_all(struct pg *pg, const cairn_change_plan *plan, struct pg_items items,
			     cairn_change_result *each, cairn_rows *claimed, cairn_error *err)
{
	size_t size = chunk_size(items.n);
	size_t n = 0;
	for (size_t from = 0; from < items.n; from += size, n++) {
		struct pg_items chunk = { .at = items.at + from, .n = items.n - from };
		read_result(plan, cairn_pg__result(pg, n), chunk, each);
	}
	if (plan->claim == NULL)
		return CAIRN_OK;
	return cairn_pg__claim_read(pg, n + 1, plan->claim, claimed, err);
}

static cairn_status change(struct pg *pg, const cairn_change_plan *plan, struct pg_items items,
			   cairn_change_result *each, cairn_rows *claimed, cairn_error *err)
{
	if (plan->claim != NULL && cairn_pg__claim_reserve(plan->claim, claimed) != 0)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	queue_all(pg, plan, items);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	status = read_all(pg, plan, items, each, claimed, err);
	cairn_pg__call_clear(pg);
	return status;
}

cairn_status cairn_pg__job_change(void *self, const cairn_change_plan *plan,
				  cairn_change_result *each, cairn_rows *claimed, cairn_error *err)
{
	struct pg *pg = self;
	const void *few[16];
	const size_t size = plan->n * sizeof(const void *);
	const void **order = few;
	if (size > sizeof few)
		order = cairn_host_alloc(pg->host, NULL, 0, size);
	if (order == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	for (size_t i = 0; i < plan->n; i++) {
		order[i] = &plan->changes[i];
		each[i] = (cairn_change_result){ .hit = CAIRN_MISS };
	}
	qsort(order, plan->n, sizeof *order, by_id);
	struct pg_items items = { .at = order, .n = plan->n };
	cairn_status status = change(pg, plan, items, each, claimed, err);
	if (order != few)
		cairn_host_alloc(pg->host, order, size, 0);
	return status;
}
