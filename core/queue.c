/* queue.c - what stands in each queue, pausing and resuming; which claims get what is the driver's. */
#include "check.h"
#include "core.h"

/* ---- list ---------------------------------------------------------------- */

static cairn_status list(cairn_conn *conn, const cairn_queue_filter *filter, cairn_queues **queues,
			 cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->finished > 1)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_queue_query query = { .scope = filter->scope,
				    .after = filter->after,
				    .finished = filter->finished };
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query.limit, err);
	if (st == CAIRN_OK && filter->after.len > 0)
		st = cairn__check_name(filter->after, "after", err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *queues;
	cairn_time now = 0;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_queue));
	st = conn->queues.list(conn->self, &query, &now, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*queues = memory;
	if (st == CAIRN_OK)
		(*queues)->now = now;
	return st;
}

cairn_status cairn_queue_list(cairn_conn *conn, const cairn_queue_filter *filter,
			      cairn_queues **queues, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__QUEUES, "queue.list", err);
	if (st == CAIRN_OK && queues == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = list(conn, filter, queues, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*queues)->count : 0);
}

/* ---- pause and resume ------------------------------------------------------ */

static cairn_status set(cairn_conn *conn, const cairn_queue_plan *plan, cairn_queue_changed *each,
			cairn_error *err)
{
	cairn_status st = cairn__check_batch(plan->queues, plan->n, err);
	for (size_t i = 0; i < plan->n && st == CAIRN_OK; i++) {
		st = cairn__check_name(plan->queues[i], "queue", err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st != CAIRN_OK || plan->n == 0)
		return st;
	cairn_queue_changed *changed = cairn__scratch(conn, plan->n, sizeof *changed, err);
	if (changed == NULL)
		return CAIRN_NOMEM;
	st = conn->queues.pause(conn->self, plan, changed, err);
	for (size_t i = 0; i < plan->n && st == CAIRN_OK && each != NULL; i++)
		each[i] = changed[i];
	cairn__scratch_free(conn, changed, plan->n, sizeof *changed);
	return st;
}

cairn_status cairn_queue_pause(cairn_conn *conn, const cairn_str *queues, size_t n,
			       cairn_queue_changed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_queue_plan plan = { .queues = queues, .n = n, .paused = 1 };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__QUEUES, "queue.pause", err);
	if (st == CAIRN_OK)
		st = set(conn, &plan, each, err);
	return cairn__call_end(&call, st, n);
}

cairn_status cairn_queue_resume(cairn_conn *conn, const cairn_str *queues, size_t n,
				cairn_queue_changed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_queue_plan plan = { .queues = queues, .n = n, .paused = 0 };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__QUEUES, "queue.resume", err);
	if (st == CAIRN_OK)
		st = set(conn, &plan, each, err);
	return cairn__call_end(&call, st, n);
}
