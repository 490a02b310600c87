/*
 * reap.c - taking back leases whose time is over. One statement finds them, decides
 * between release, another attempt and the dead letter, and writes all that
 * cairn_reap_change() describes.
 */
#include "pg.h"

static void read_reaped(const PGresult *result, int row, void *into)
{
	cairn_reaped *reaped = into;
	reaped->id = cairn_pg__id(result, row, 0);
	reaped->type = cairn_pg__text(result, row, 1);
	reaped->tenant = cairn_pg__tenant(result, row, 2);
	reaped->worker = cairn_pg__text(result, row, 3);
	reaped->fence = cairn_pg__int8(result, row, 4);
	reaped->run_number = cairn_pg__int4(result, row, 5);
	reaped->attempt = cairn_pg__int4(result, row, 6);
	reaped->max_attempts = cairn_pg__int4(result, row, 7);
	reaped->status =
		cairn_pg__bool(result, row, 8) ? CAIRN_JOB_PENDING : CAIRN_JOB_DEAD_LETTERED;
	reaped->run_at = cairn_pg__time(result, row, 9);
	reaped->lease_expired_at = cairn_pg__time(result, row, 10);
	reaped->ending = cairn_pg__bool(result, row, 11) ? CAIRN_ENDING_RELEASED
							 : CAIRN_ENDING_LEASE_EXPIRED;
	reaped->unrenewed = cairn_pg__bool(result, row, 12);
}

static void add_only(struct pg *pg, const cairn_id *id)
{
	if (id != NULL)
		cairn_pg__add_ids(pg, PG_ITEMS(id, 1), 0);
	else
		cairn_pg__add_null(pg);
}

/* What a step's failure may cancel is locked before any job is: as in all calls that do that. */
static void queue_hold(struct pg *pg)
{
	const cairn_id none = { { 0 } };
	cairn_pg__add_ids(pg, PG_ITEMS(&none, 0), 0);
	cairn_pg__add_null(pg);
	cairn_pg__add_int4(pg, PG_ALSO_FAIL_FAST);
	cairn_pg__add_bool(pg, true);
	cairn_pg__add_bool(pg, false);
	cairn_pg__queue(pg, PG_SQL_STEP_JOBS_LOCK);
}

/* The statements of a pass; alone: nothing follows them. */
static void queue_pass(struct pg *pg, const cairn_reap_plan *plan, const cairn_id *id, bool alone,
		       bool parts)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_int8(pg, plan->limit);
	add_only(pg, id);
	cairn_pg__queue(pg, PG_SQL_REAP_RUNS);
	if (parts)
		queue_hold(pg);
	cairn_pg__add_now(pg);
	cairn_pg__add_int8(pg, plan->limit);
	cairn_pg__add_int8(pg, plan->retry_delay);
	cairn_pg__add_text(pg, plan->error_code);
	cairn_pg__add_text(pg, plan->error_message);
	cairn_pg__add_int4(pg, (int32_t)plan->events);
	add_only(pg, id);
	cairn_pg__add_text(pg, plan->release_reason);
	cairn_pg__add_text(pg, plan->release_data);
	cairn_pg__queue(pg, PG_SQL_REAP);
	cairn_pg__woken_queue(pg, NULL);
	cairn_pg__resolve_queue(pg, NULL, alone);
}

/* Where the results of a pass are; in parts behind one more. */
enum { REAPED = 1, WOKEN = 2, RESOLVED = 3, HELD = 1 };

/* id: only this one; NULL: whatever has expired. */
static cairn_status run(struct pg *pg, const cairn_reap_plan *plan, const cairn_id *id,
			cairn_error *err)
{
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	queue_pass(pg, plan, id, !pg->pipe.in_tx, false);
	return cairn_pg__call_run(pg, err);
}

/* Where the end of a step goes on further than the next steps. */
static cairn_status run_parts(struct pg *pg, const cairn_reap_plan *plan, const cairn_id *id,
			      cairn_error *err)
{
	cairn_status status = cairn_pg__parts_begin(pg, err);
	if (status != CAIRN_OK)
		return status;
	queue_pass(pg, plan, id, false, true);
	cairn_pg__rest_queue(pg);
	return cairn_pg__call_run(pg, err);
}

static cairn_status commit(struct pg *pg, cairn_error *err)
{
	cairn_status status = cairn_pg__part_begin(pg, true, err);
	if (status == CAIRN_OK)
		status = cairn_pg__call_run(pg, err);
	if (status == CAIRN_OK)
		cairn_pg__call_clear(pg);
	return status;
}

static cairn_status read_pass(struct pg *pg, bool parts, cairn_rows *rows, cairn_error *err)
{
	struct pg_after after = { .jobs = NULL };
	size_t n = parts ? HELD : 0;
	cairn_pg__owe_rows(pg, cairn_pg__result(pg, n + REAPED), 13);
	cairn_pg__woken_read(pg, n + WOKEN);
	cairn_pg__resolve_read(pg, n + RESOLVED, &after);
	if (parts)
		cairn_pg__rest_read(pg, n + RESOLVED + 1, &after);
	cairn_status status = cairn_pg__append(pg, n + REAPED, rows, read_reaped, err);
	cairn_pg__call_clear(pg);
	if (status == CAIRN_OK)
		status = cairn_pg__rest(pg, &after, err);
	else
		PQclear(after.jobs);
	if (status == CAIRN_OK && parts)
		status = commit(pg, err);
	cairn_pg__parts_drop(pg);
	return status;
}

/* ---- row by row --------------------------------------------------------- */

/* How long a row that fails is left alone when retries are not delayed. */
#define PUT_OFF (30 * CAIRN_SECOND)

/* What one row may be to blame for; anything else would meet every row. */
static bool row_failed(cairn_status status)
{
	return status == CAIRN_INVALID || status == CAIRN_CONFLICT || status == CAIRN_EXISTS ||
	       status == CAIRN_DRIVER;
}

/* If it can't even be put off, the next pass meets it again. */
static void put_off(struct pg *pg, const cairn_reap_plan *plan, const cairn_id *id)
{
	if (cairn_pg__call_begin(pg, true, NULL) != CAIRN_OK)
		return;
	cairn_pg__add_now(pg);
	cairn_pg__add_id(pg, *id);
	cairn_pg__add_int8(pg, plan->retry_delay > 0 ? plan->retry_delay : PUT_OFF);
	cairn_pg__queue(pg, PG_SQL_PUT_OFF);
	if (cairn_pg__call_run(pg, NULL) == CAIRN_OK)
		cairn_pg__call_clear(pg);
}

/* One round trip, and if that is not enough several. */
static cairn_status pass(struct pg *pg, const cairn_reap_plan *plan, const cairn_id *id,
			 bool *parts, cairn_error *err)
{
	bool in_tx = pg->conn != NULL && cairn_pg__in_tx(pg);
	cairn_status status = run(pg, plan, id, err);
	*parts = !in_tx && status != CAIRN_OK && cairn_pg__gave_up(err);
	return *parts ? run_parts(pg, plan, id, err) : status;
}

static cairn_status reap_one(struct pg *pg, const cairn_reap_plan *plan, const cairn_id *id,
			     cairn_rows *rows, cairn_error *err)
{
	cairn_error cause = CAIRN_ERROR_INIT;
	bool parts;
	cairn_status status = pass(pg, plan, id, &parts, &cause);
	if (row_failed(status)) {
		put_off(pg, plan, id);
		return CAIRN_OK;
	}
	if (status != CAIRN_OK) {
		if (err != NULL)
			*err = cause;
		return status;
	}
	status = read_pass(pg, parts, rows, err);
	return cairn_pg__wake(pg, status, err);
}

/* The ids of what a pass would take; they stand in the result's memory. */
static cairn_status list_expired(struct pg *pg, const cairn_reap_plan *plan, PGresult **ids,
				 cairn_error *err)
{
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_int8(pg, plan->limit);
	cairn_pg__queue(pg, PG_SQL_EXPIRED);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	*ids = cairn_pg__take(pg, 0);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

static cairn_status reap_each(struct pg *pg, const cairn_reap_plan *plan, cairn_rows *rows,
			      cairn_error *err)
{
	PGresult *ids = NULL;
	cairn_status status = list_expired(pg, plan, &ids, err);
	for (int i = 0; status == CAIRN_OK && i < PQntuples(ids); i++) {
		cairn_id id = cairn_pg__id(ids, i, 0);
		status = reap_one(pg, plan, &id, rows, err);
	}
	PQclear(ids);
	return status;
}

/* ---- the slot ----------------------------------------------------------- */

/*
 * One transaction for all; where that fails for a row's sake, one for each row, and the row
 * that can't be taken back is put off, so that it does not stand in the way of the others.
 */
cairn_status cairn_pg__job_reap(void *self, const cairn_reap_plan *plan, cairn_rows *rows,
				cairn_error *err)
{
	struct pg *pg = self;
	cairn_error cause = CAIRN_ERROR_INIT;
	if (cairn_rows_reserve(rows, plan->limit, 64) != 0)
		return cairn_fail(err, CAIRN_E_NOMEM);
	bool parts;
	cairn_status status = pass(pg, plan, NULL, &parts, &cause);
	if (row_failed(status))
		return reap_each(pg, plan, rows, err);
	if (status != CAIRN_OK) {
		if (err != NULL)
			*err = cause;
		return status;
	}
	status = read_pass(pg, parts, rows, err);
	return cairn_pg__wake(pg, status, err);
}
