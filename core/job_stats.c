/*
 * job_stats.c - what stands in each queue. A driver that can count in one query
 * does; for the others the pages of its list are folded here: slow, right.
 */
#include <string.h>

#include "check.h"
#include "core.h"
#include "limits.h"

static void count_finished(cairn_queue_stats *queue, enum cairn_job_status status)
{
	if (status == CAIRN_JOB_SUCCEEDED)
		queue->succeeded++;
	else if (status == CAIRN_JOB_DEAD_LETTERED)
		queue->dead_lettered++;
	else
		queue->canceled++;
}

static void count(cairn_queue_stats *queue, const cairn_job *job, cairn_time now)
{
	if (job->status == CAIRN_JOB_LEASED) {
		queue->leased++;
		queue->expired += job->lease_expires_at < now;
	} else if (job->status != CAIRN_JOB_PENDING) {
		count_finished(queue, job->status);
	} else if (job->run_at > now) {
		queue->parked++;
	} else {
		queue->ready++;
		if (queue->oldest_ready == 0 || job->run_at < queue->oldest_ready)
			queue->oldest_ready = job->run_at;
	}
}

/* The queue's row, made where it belongs by name. */
static cairn_queue_stats *place(cairn_rows *rows, cairn_str name)
{
	size_t at = 0;
	for (; at < rows->count; at++) {
		cairn_queue_stats *row = cairn_rows_at(rows, at);
		int order = cairn_str_compare(name, row->queue);
		if (order == 0)
			return row;
		if (order < 0)
			break;
	}
	cairn_str copy = cairn_rows_str(rows, name.ptr, name.len);
	if (cairn_rows_push(rows) == NULL)
		return NULL;
	cairn_queue_stats *row = cairn_rows_at(rows, at);
	memmove(row + 1, row, (rows->count - 1 - at) * sizeof *row);
	memset(row, 0, sizeof *row);
	row->queue = copy;
	return row;
}

static cairn_status fold_page(cairn_conn *conn, cairn_job_query *query, cairn_time now,
			      cairn_rows *rows, size_t *got, cairn_error *err)
{
	cairn_rows page;
	void *none = NULL;
	cairn__rows_begin(&page, conn, &none, sizeof(cairn_job));
	cairn_status st = conn->jobs.list(conn->self, query, &page, err);
	for (size_t i = 0; i < page.count && st == CAIRN_OK; i++) {
		const cairn_job *job = cairn_rows_at(&page, i);
		cairn_queue_stats *queue = place(rows, job->queue);
		if (queue != NULL)
			count(queue, job, now);
		query->after = job->id;
	}
	*got = page.count;
	cairn__rows_drop(&page);
	return st;
}

static cairn_status fold(cairn_conn *conn, const cairn_scope *scope, cairn_time *now,
			 cairn_rows *rows, cairn_error *err)
{
	cairn_job_query query = { .scope = *scope, .statuses = 0x3e, .compact = 1 };
	size_t got = 0;
	query.limit = CAIRN__MAX_PAGE;
	*now = cairn_host_now(&conn->host);
	cairn_status st = *now != 0 ? CAIRN_OK : conn->ops.now(conn->self, now, err);
	do {
		if (st == CAIRN_OK)
			st = fold_page(conn, &query, *now, rows, &got, err);
	} while (st == CAIRN_OK && got == query.limit);
	return st;
}

static cairn_status stats(cairn_conn *conn, cairn_scope scope, cairn_queues **queues,
			  cairn_error *err)
{
	cairn_status st = cairn__check_scope(&scope, err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *queues;
	cairn_time now = 0;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_queue_stats));
	if (conn->jobs.stats != NULL)
		st = conn->jobs.stats(conn->self, &scope, &now, &rows, err);
	else
		st = fold(conn, &scope, &now, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*queues = memory;
	if (st == CAIRN_OK)
		(*queues)->now = now;
	return st;
}

cairn_status cairn_job_stats(cairn_conn *conn, cairn_scope scope, cairn_queues **queues,
			     cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.stats", err);
	if (st == CAIRN_OK && queues == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = stats(conn, scope, queues, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*queues)->count : 0);
}
