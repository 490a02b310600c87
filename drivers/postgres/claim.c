/*
 * claim.c - leasing the best jobs that are due. Two statements: the first unparks what
 * has become due, so that the second, whose snapshot is younger, sees it in line.
 */
#include <stddef.h>

#include "pg.h"

void cairn_pg__claim_queue(struct pg *pg, const cairn_claim_plan *plan, enum pg_time time)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, (int32_t)time);
	cairn_pg__add_text(pg, plan->queue);
	cairn_pg__queue(pg, PG_SQL_UNPARK);
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, (int32_t)time);
	cairn_pg__add_text(pg, plan->queue);
	cairn_pg__add_text(pg, plan->worker);
	cairn_pg__add_int8(pg, plan->lease);
	cairn_pg__add_int4(pg, (int32_t)plan->record);
	cairn_pg__add_text(pg, plan->owner);
	if (plan->types != NULL)
		cairn_pg__add_texts(pg, PG_ITEMS(plan->types, plan->type_count), 0,
				    PG_ABSENT_EMPTY);
	else
		cairn_pg__add_null(pg);
	if (plan->limit > 1)
		cairn_pg__add_int8(pg, plan->limit);
	cairn_pg__queue(pg, plan->limit > 1 ? PG_SQL_CLAIM : PG_SQL_CLAIM_ONE);
}

/* What the claim itself wrote need not come back over the wire. */
static void read_claimed(const PGresult *result, int row, cairn_job *job)
{
	int column = cairn_pg__job(result, row, job);
	job->payload = cairn_pg__text(result, row, column);
	job->checkpoint = cairn_pg__text(result, row, column + 1);
	job->output = cairn_pg__text(result, row, column + 2);
	job->request = cairn_pg__text(result, row, column + 3);
	cairn_pg__retry(result, row, column + 4, &job->retry);
	job->status = CAIRN_JOB_LEASED;
	job->leased_at = job->updated_at;
	job->heartbeat_at = job->updated_at;
}

cairn_status cairn_pg__claim_read(struct pg *pg, size_t n, const cairn_claim_plan *plan,
				  cairn_rows *rows, cairn_error *err)
{
	const PGresult *result = cairn_pg__result(pg, n);
	int count = PQntuples(result);
	if (count == 0)
		return CAIRN_OK;
	cairn_str queue = cairn_rows_str(rows, plan->queue.ptr, plan->queue.len);
	cairn_str worker = cairn_rows_str(rows, plan->worker.ptr, plan->worker.len);
	for (int i = 0; i < count; i++) {
		cairn_job *job = cairn_rows_push(rows);
		if (job == NULL)
			return cairn_fail(err, CAIRN_E_NOMEM);
		read_claimed(result, i, job);
		job->queue = queue;
		job->worker = worker;
		job->lease_expires_at = job->updated_at + plan->lease;
	}
	return cairn_pg__park(pg, n, rows, err);
}

/* Room is made before anything is leased: what can't be handed out must not be taken. */
int cairn_pg__claim_reserve(const cairn_claim_plan *plan, cairn_rows *rows)
{
	return cairn_rows_reserve(rows, plan->limit, plan->queue.len + plan->worker.len + 64);
}

cairn_status cairn_pg__job_claim(void *self, const cairn_claim_plan *plan, cairn_rows *jobs,
				 cairn_error *err)
{
	struct pg *pg = self;
	if (cairn_pg__claim_reserve(plan, jobs) != 0)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__claim_queue(pg, plan, PG_TIME_STATEMENT);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_pg__claim_read(pg, 1, plan, jobs, err);
	cairn_pg__call_clear(pg);
	return status;
}
