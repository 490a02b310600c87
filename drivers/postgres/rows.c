/*
 * rows.c - reading results, all binary. Texts are views into the PGresult, which is
 * parked with the answer: nothing is copied. (libpq ends each value with a NUL.)
 */
#include <string.h>

#include "pg.h"

/* Postgres counts microseconds from 2000-01-01. */
#define EPOCH_SHIFT ((int64_t)946684800 * CAIRN_SECOND)

bool cairn_pg__null(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column) != 0;
}

static uint64_t big_endian(const unsigned char *bytes, int size)
{
	uint64_t value = 0;
	for (int i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

static uint64_t number(const PGresult *result, int row, int column, int size)
{
	return big_endian((const unsigned char *)PQgetvalue(result, row, column), size);
}

bool cairn_pg__bool(const PGresult *result, int row, int column)
{
	return !cairn_pg__null(result, row, column) && *PQgetvalue(result, row, column) != 0;
}

int32_t cairn_pg__int4(const PGresult *result, int row, int column)
{
	if (cairn_pg__null(result, row, column))
		return 0;
	return (int32_t)(uint32_t)number(result, row, column, 4);
}

int64_t cairn_pg__int8_or(const PGresult *result, int row, int column, int64_t otherwise)
{
	if (cairn_pg__null(result, row, column))
		return otherwise;
	return (int64_t)number(result, row, column, 8);
}

int64_t cairn_pg__int8(const PGresult *result, int row, int column)
{
	return cairn_pg__int8_or(result, row, column, 0);
}

cairn_time cairn_pg__time(const PGresult *result, int row, int column)
{
	return cairn_pg__int8_or(result, row, column, -EPOCH_SHIFT) + EPOCH_SHIFT;
}

cairn_id cairn_pg__id(const PGresult *result, int row, int column)
{
	cairn_id id = { { 0 } };
	if (!cairn_pg__null(result, row, column))
		memcpy(id.bytes, PQgetvalue(result, row, column), sizeof id.bytes);
	return id;
}

cairn_str cairn_pg__text(const PGresult *result, int row, int column)
{
	if (cairn_pg__null(result, row, column))
		return (cairn_str){ NULL, 0 };
	return (cairn_str){ PQgetvalue(result, row, column),
			    (size_t)PQgetlength(result, row, column) };
}

cairn_str cairn_pg__tenant(const PGresult *result, int row, int column)
{
	cairn_str tenant = cairn_pg__text(result, row, column);
	return tenant.len > 0 ? tenant : (cairn_str){ NULL, 0 };
}

/* In the order of JOB_COLUMNS in sql.c. */
int cairn_pg__job(const PGresult *result, int row, cairn_job *job)
{
	job->id = cairn_pg__id(result, row, 0);
	job->type = cairn_pg__text(result, row, 1);
	job->tenant = cairn_pg__tenant(result, row, 2);
	job->priority = cairn_pg__int4(result, row, 3);
	job->run_number = cairn_pg__int4(result, row, 4);
	job->attempt = cairn_pg__int4(result, row, 5);
	job->max_attempts = cairn_pg__int4(result, row, 6);
	job->timeout = cairn_pg__int8(result, row, 7);
	job->run_at = cairn_pg__time(result, row, 8);
	job->owner = cairn_pg__text(result, row, 9);
	job->fence = cairn_pg__int8(result, row, 10);
	job->started_at = cairn_pg__time(result, row, 11);
	job->stage = cairn_pg__text(result, row, 12);
	job->progress_done = cairn_pg__int8_or(result, row, 13, -1);
	job->progress_total = cairn_pg__int8_or(result, row, 14, -1);
	job->key = cairn_pg__text(result, row, 15);
	job->status_reason = cairn_pg__text(result, row, 16);
	job->error_code = cairn_pg__text(result, row, 17);
	job->error_message = cairn_pg__text(result, row, 18);
	job->created_at = cairn_pg__time(result, row, 19);
	job->updated_at = cairn_pg__time(result, row, 20);
	job->resource_key = cairn_pg__text(result, row, 21);
	job->run = cairn_pg__id(result, row, 22);
	job->continues = cairn_pg__bool(result, row, 23);
	job->replay = cairn_pg__int4(result, row, 24) > 0;
	return 25;
}

void cairn_pg__retry(const PGresult *result, int row, int column, cairn_retry *retry)
{
	retry->base = cairn_pg__int8(result, row, column);
	retry->cap = cairn_pg__int8(result, row, column + 1);
	retry->jitter = cairn_pg__int8(result, row, column + 2);
	retry->factor = cairn_pg__int4(result, row, column + 3);
}

/* An int8[] of the four and the hints, as its header of twenty bytes and elements of four and eight. */
void cairn_pg__policy_array(const PGresult *result, int row, int column, cairn_job *job)
{
	int64_t values[5];
	if (PQgetlength(result, row, column) != 20 + 5 * 12)
		return;
	const unsigned char *at = (const unsigned char *)PQgetvalue(result, row, column) + 24;
	for (int i = 0; i < 5; i++, at += 12)
		values[i] = (int64_t)big_endian(at, 8);
	job->retry.base = values[0];
	job->retry.cap = values[1];
	job->retry.jitter = values[2];
	job->retry.factor = (int32_t)values[3];
	job->hints = (uint32_t)values[4];
}

/* ---- answers ------------------------------------------------------------ */

static void drop(void *result)
{
	PQclear(result);
}

cairn_status cairn_pg__park(struct pg *pg, size_t n, cairn_rows *rows, cairn_error *err)
{
	if (cairn_rows_defer(rows, drop, cairn_pg__take(pg, n)) == 0)
		return CAIRN_OK;
	return cairn_fail(err, CAIRN_E_NOMEM);
}

cairn_status cairn_pg__append(struct pg *pg, size_t n, cairn_rows *rows, pg_read_fn *read,
			      cairn_error *err)
{
	const PGresult *result = cairn_pg__result(pg, n);
	for (int i = 0; i < PQntuples(result); i++) {
		void *row = cairn_rows_push(rows);
		if (row == NULL)
			return cairn_fail(err, CAIRN_E_NOMEM);
		read(result, i, row);
	}
	return cairn_pg__park(pg, n, rows, err);
}

cairn_status cairn_pg__read(struct pg *pg, size_t n, cairn_rows *rows, pg_read_fn *read,
			    cairn_error *err)
{
	/* the text is for what parks the result */
	if (cairn_rows_reserve(rows, (size_t)PQntuples(cairn_pg__result(pg, n)), 64) != 0)
		return cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_pg__append(pg, n, rows, read, err);
}

cairn_status cairn_pg__query(struct pg *pg, enum pg_sql sql, cairn_rows *rows, pg_read_fn *read,
			     cairn_error *err)
{
	cairn_pg__queue(pg, sql);
	cairn_status status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_pg__read(pg, 0, rows, read, err);
	cairn_pg__call_clear(pg);
	return status;
}

cairn_status cairn_pg__query_at(struct pg *pg, enum pg_sql sql, cairn_time *now, cairn_rows *rows,
				pg_read_fn *read, cairn_error *err)
{
	cairn_pg__queue(pg, sql);
	cairn_status status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 0);
	*now = cairn_pg__time(result, 0, 0);
	if (!cairn_pg__null(result, 0, 1))
		status = cairn_pg__read(pg, 0, rows, read, err);
	cairn_pg__call_clear(pg);
	return status;
}

cairn_status cairn_pg__query_found(struct pg *pg, enum pg_sql sql, int column, int *found,
				   cairn_rows *rows, pg_read_fn *read, cairn_error *err)
{
	cairn_pg__queue(pg, sql);
	cairn_status status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 0);
	*found = PQntuples(result) > 0;
	if (*found && !cairn_pg__null(result, 0, column))
		status = cairn_pg__read(pg, 0, rows, read, err);
	cairn_pg__call_clear(pg);
	return status;
}
