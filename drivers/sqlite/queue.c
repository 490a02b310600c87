/*
 * queue.c - what stands in each queue, and which queues are paused: a row for each of those.
 */
#include "lite.h"

/* ---- list ------------------------------------------------------------------ */

static void read_queue(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_queue *queue = into;
	queue->name = cairn_lite__text(run, rows);
	queue->due = cairn_lite__int(run);
	queue->parked = cairn_lite__int(run);
	queue->pending = queue->due + queue->parked;
	queue->leased = cairn_lite__int(run);
	queue->expired = cairn_lite__int(run);
	queue->oldest_due = cairn_lite__int(run);
	queue->succeeded = cairn_lite__int(run);
	queue->dead_lettered = cairn_lite__int(run);
	queue->canceled = cairn_lite__int(run);
	queue->paused = sqlite3_column_type(run->stmt, run->column) != SQLITE_NULL;
	queue->paused_at = cairn_lite__int(run);
}

cairn_status cairn_lite__queue_list(void *self, const cairn_queue_query *query, cairn_time *now,
				    cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	*now = cairn_lite__time(lite);
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_QUEUES, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, *now);
	cairn_lite__bind_scope(&run, &query->scope);
	cairn_lite__bind_tenant(&run, query->after);
	cairn_lite__bind_int(&run, query->finished);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_queue, err);
}

/* ---- pause ----------------------------------------------------------------- */

static cairn_status pause_one(struct lite_write *write, cairn_str queue, bool paused,
			      cairn_queue_changed *each, cairn_error *err)
{
	struct lite *lite = write->lite;
	struct lite_run run;
	cairn_status status =
		cairn_lite__start(&run, lite, paused ? LITE_QUEUE_PAUSE : LITE_QUEUE_RESUME, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, queue);
	if (paused)
		cairn_lite__bind_int(&run, write->now);
	status = cairn_lite__finish(&run, err);
	each->changed = status == CAIRN_OK && sqlite3_changes(lite->db) == 1;
	return status;
}

cairn_status cairn_lite__queue_pause(void *self, const cairn_queue_plan *plan,
				     cairn_queue_changed *each, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = pause_one(&write, plan->queues[i], plan->paused != 0, &each[i], err);
	return cairn_lite__write_end(&write, status, err);
}
