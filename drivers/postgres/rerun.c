/*
 * rerun.c - new jobs from succeeded ones. Two statements: the first inserts lineage and jobs,
 * the second looks up what stands under the keys that were there: only a statement that begins
 * after the first has waited can see a rival's row. (as in enqueue.c)
 */
#include <stddef.h>
#include <string.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_rerun_item, field)

/* A key that is taken while the look-up finds nobody: its replay was deleted in between. */
#define TRIES 3

static void queue_items(struct pg *pg, const cairn_rerun_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->items, plan->n);
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, (int32_t)plan->record);
	cairn_pg__add_ids(pg, COLUMN(id));
	cairn_pg__add_ids(pg, COLUMN(source));
	cairn_pg__add_int4s(pg, COLUMN(run_number));
	cairn_pg__add_texts(pg, COLUMN(key), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(reason), PG_ABSENT_EMPTY);
	cairn_pg__add_jsons(pg, COLUMN(data));
	cairn_pg__add_scope(pg, &plan->scope);
	cairn_pg__queue(pg, PG_SQL_REPLAY);
	cairn_pg__add_ids(pg, COLUMN(id));
	cairn_pg__add_ids(pg, COLUMN(source));
	cairn_pg__add_int4s(pg, COLUMN(run_number));
	cairn_pg__add_texts(pg, COLUMN(key), PG_ABSENT_EMPTY);
	cairn_pg__add_scope(pg, &plan->scope);
	cairn_pg__queue(pg, PG_SQL_REPLAYS);
}

/* Items whose source may be replayed: done, without a definition, or their key was taken. */
static cairn_status read_items(const cairn_rerun_plan *plan, const PGresult *result,
			       cairn_rerun_done *each, cairn_error *err)
{
	memset(each, 0, plan->n * sizeof *each);
	for (int i = 0; i < PQntuples(result); i++) {
		int64_t n = cairn_pg__int8(result, i, 0);
		if (n < 0)
			return cairn_fail(err, CAIRN_E_TX_ISOLATION);
		cairn_rerun_done *one = &each[n - 1];
		if (!cairn_pg__bool(result, i, 1))
			one->result = CAIRN_RERUN_DEFINITION;
		if (!cairn_pg__bool(result, i, 2))
			continue;
		one->result = CAIRN_RERUN_DONE;
		one->status = CAIRN_JOB_PENDING;
		one->id = plan->items[n - 1].id;
		one->run_number = 1;
	}
	return CAIRN_OK;
}

static void read_replays(const cairn_rerun_plan *plan, const PGresult *result,
			 cairn_rerun_done *each)
{
	for (int i = 0; i < PQntuples(result); i++) {
		int64_t n = cairn_pg__int8(result, i, 0);
		cairn_str reason = cairn_pg__text(result, i, 2);
		bool same = cairn_str_equal(reason, plan->items[n - 1].reason);
		each[n - 1] = (cairn_rerun_done){
			.result = same ? CAIRN_RERUN_EXISTS : CAIRN_RERUN_CONFLICT,
			.status = cairn_job_status_parse(cairn_pg__text(result, i, 3)),
			.id = cairn_pg__id(result, i, 1),
			.run_number = cairn_pg__int4(result, i, 4),
		};
	}
}

/* Whether some item was refused for its key although nobody has it (any more). */
static bool vanished(const PGresult *result, const cairn_rerun_done *each)
{
	for (int i = 0; i < PQntuples(result); i++) {
		if (each[cairn_pg__int8(result, i, 0) - 1].result == CAIRN_RERUN_MISS)
			return true;
	}
	return false;
}

/* One round; *again says that items that could be replayed have no result. */
static cairn_status replay(struct pg *pg, const cairn_rerun_plan *plan, cairn_rerun_done *each,
			   bool *again, cairn_error *err)
{
	*again = false;
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	queue_items(pg, plan);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__owe_rows(pg, cairn_pg__result(pg, 0), 3);
	status = read_items(plan, cairn_pg__result(pg, 0), each, err);
	if (status == CAIRN_OK) {
		read_replays(plan, cairn_pg__result(pg, 1), each);
		*again = vanished(cairn_pg__result(pg, 0), each);
	}
	cairn_pg__call_clear(pg);
	return status;
}

cairn_status cairn_pg__job_replay(void *self, const cairn_rerun_plan *plan, cairn_rerun_done *each,
				  cairn_error *err)
{
	struct pg *pg = self;
	bool again;
	cairn_status status = replay(pg, plan, each, &again, err);
	/* what was inserted stays; the few others go again one by one */
	for (size_t i = 0; i < plan->n && status == CAIRN_OK && again; i++) {
		cairn_rerun_plan one = *plan;
		one.items = &plan->items[i];
		one.n = 1;
		bool more = each[i].result == CAIRN_RERUN_MISS;
		for (int try = 0; try < TRIES && more && status == CAIRN_OK; try++)
			status = replay(pg, &one, &each[i], &more, err);
	}
	return cairn_pg__wake(pg, status, err);
}
