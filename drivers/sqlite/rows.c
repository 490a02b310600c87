/*
 * rows.c - columns into values, in the order in which sql.c selects them. Words
 * are the core's; a word that it does not know reads as 0.
 */
#include <string.h>

#include "lite.h"

int64_t cairn_lite__int(struct lite_run *run)
{
	return sqlite3_column_int64(run->stmt, run->column++);
}

int32_t cairn_lite__int32(struct lite_run *run)
{
	return (int32_t)cairn_lite__int(run);
}

int64_t cairn_lite__count(struct lite_run *run)
{
	int column = run->column++;
	if (sqlite3_column_type(run->stmt, column) == SQLITE_NULL)
		return -1;
	return sqlite3_column_int64(run->stmt, column);
}

cairn_id cairn_lite__id(struct lite_run *run)
{
	cairn_id id = { { 0 } };
	int column = run->column++;
	const void *bytes = sqlite3_column_blob(run->stmt, column);
	if (bytes != NULL && sqlite3_column_bytes(run->stmt, column) == (int)sizeof id.bytes)
		memcpy(id.bytes, bytes, sizeof id.bytes);
	return id;
}

cairn_str cairn_lite__view(struct lite_run *run)
{
	int column = run->column++;
	const void *bytes = sqlite3_column_text(run->stmt, column);
	int len = sqlite3_column_bytes(run->stmt, column);
	if (bytes == NULL || len <= 0)
		return (cairn_str){ NULL, 0 };
	return (cairn_str){ bytes, (size_t)len };
}

cairn_str cairn_lite__text(struct lite_run *run, cairn_rows *rows)
{
	cairn_str view = cairn_lite__view(run);
	return cairn_rows_str(rows, view.ptr, view.len);
}

enum cairn_job_status cairn_lite__status(struct lite_run *run)
{
	return cairn_job_status_parse(cairn_lite__view(run));
}

void cairn_lite__retry(struct lite_run *run, cairn_retry *retry)
{
	retry->base = cairn_lite__int(run);
	retry->cap = cairn_lite__int(run);
	retry->jitter = cairn_lite__int(run);
	retry->factor = cairn_lite__int32(run);
}

cairn_status cairn_lite__read_rows(struct lite_run *run, cairn_rows *rows, lite_read_fn *read,
				   cairn_error *err)
{
	bool more = false;
	cairn_status status = cairn_lite__row(run, &more, err);
	while (status == CAIRN_OK && more) {
		void *row = cairn_rows_push(rows);
		if (row == NULL) {
			cairn_lite__stop(run);
			return cairn_fail(err, CAIRN_E_NOMEM);
		}
		read(run, rows, row);
		status = cairn_lite__row(run, &more, err);
	}
	return status;
}

void cairn_lite__job(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_job *job = into;
	job->id = cairn_lite__id(run);
	job->status = cairn_lite__status(run);
	job->queue = cairn_lite__text(run, rows);
	job->type = cairn_lite__text(run, rows);
	job->tenant = cairn_lite__text(run, rows);
	job->priority = cairn_lite__int32(run);
	job->run_number = cairn_lite__int32(run);
	job->attempt = cairn_lite__int32(run);
	job->max_attempts = cairn_lite__int32(run);
	job->timeout = cairn_lite__int(run);
	job->run_at = cairn_lite__int(run);
	job->parked = (uint32_t)cairn_lite__int32(run);
	job->lease_expires_at = cairn_lite__int(run);
	job->heartbeat_at = cairn_lite__int(run);
	job->leased_at = cairn_lite__int(run);
	job->prestart = (uint32_t)cairn_lite__int(run);
	job->execution_started_at = cairn_lite__int(run);
	job->worker = cairn_lite__text(run, rows);
	job->owner = cairn_lite__text(run, rows);
	job->fence = cairn_lite__int(run);
	job->started_at = cairn_lite__int(run);
	job->finished_at = cairn_lite__int(run);
	job->stage = cairn_lite__text(run, rows);
	job->progress_done = cairn_lite__count(run);
	job->progress_total = cairn_lite__count(run);
	job->status_reason = cairn_lite__text(run, rows);
	job->error_code = cairn_lite__text(run, rows);
	job->error_message = cairn_lite__text(run, rows);
	job->created_at = cairn_lite__int(run);
	job->updated_at = cairn_lite__int(run);
	job->resource_key = cairn_lite__text(run, rows);
	job->key = cairn_lite__text(run, rows);
	job->run = cairn_lite__id(run);
	job->continues = (uint32_t)cairn_lite__int(run);
	job->replay = cairn_lite__int(run) == LITE_IS_REPLAY;
	job->request = cairn_lite__text(run, rows);
	job->payload = cairn_lite__text(run, rows);
	job->checkpoint = cairn_lite__text(run, rows);
	job->output = cairn_lite__text(run, rows);
}
