/*
 * thread_log.c - session logs: a row with head and watermark for each, and its events by number. The
 * file has one writer, so that what is read under the writer's lock is true until the call ends.
 */
#include "lite.h"

static void bind_thread(struct lite_run *run, cairn_str tenant, cairn_str thread)
{
	cairn_lite__bind_text(run, tenant);
	cairn_lite__bind_text(run, thread);
}

/* A log that is not there has no events yet. */
static cairn_status find(struct lite *lite, cairn_str tenant, cairn_str thread,
			 cairn_log_place *place, bool *found, cairn_error *err)
{
	struct lite_run run;
	*place = (cairn_log_place){ .head = 0 };
	cairn_status status = cairn_lite__start(&run, lite, LITE_LOG_HEAD, err);
	if (status != CAIRN_OK)
		return status;
	bind_thread(&run, tenant, thread);
	status = cairn_lite__row(&run, found, err);
	if (status != CAIRN_OK || !*found)
		return status;
	place->head = cairn_lite__int(&run);
	place->watermark = cairn_lite__int(&run);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* ---- append ------------------------------------------------------------------- */

static cairn_status insert_event(struct lite_write *write, const cairn_log_plan *plan, size_t i,
				 int64_t seq, cairn_error *err)
{
	struct lite_run run;
	const cairn_log_event *event = &plan->events[i];
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_LOG_EVENT_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	bind_thread(&run, plan->tenant, plan->thread);
	cairn_lite__bind_int(&run, seq);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_text(&run, event->kind);
	cairn_lite__bind_int(&run, event->payload_version);
	cairn_lite__bind_text(&run, event->data);
	return cairn_lite__finish(&run, err);
}

static cairn_status move_head(struct lite_write *write, const cairn_log_plan *plan, int64_t head,
			      cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_LOG_MOVE, err);
	if (status != CAIRN_OK)
		return status;
	bind_thread(&run, plan->tenant, plan->thread);
	cairn_lite__bind_int(&run, head);
	cairn_lite__bind_int(&run, write->now);
	return cairn_lite__finish(&run, err);
}

static enum cairn_log_result judge(const cairn_log_plan *plan, int64_t head)
{
	if (plan->expected >= 0 && plan->expected != head)
		return CAIRN_LOG_MOVED;
	return head > CAIRN_LOG_MAX - (int64_t)plan->n ? CAIRN_LOG_FULL : CAIRN_LOG_DONE;
}

static cairn_status append(struct lite_write *write, const cairn_log_plan *plan,
			   enum cairn_log_result *result, int64_t *head, cairn_error *err)
{
	cairn_log_place place;
	bool found;
	bool held;
	cairn_status status = find(write->lite, plan->tenant, plan->thread, &place, &found, err);
	if (status == CAIRN_OK)
		status = cairn_lite__guard(write, plan->lock, &held, err);
	if (status != CAIRN_OK)
		return status;
	*head = place.head;
	*result = held ? judge(plan, place.head) : CAIRN_LOG_LOST;
	if (*result != CAIRN_LOG_DONE)
		return CAIRN_OK;
	*head += (int64_t)plan->n;
	status = move_head(write, plan, *head, err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = insert_event(write, plan, i, place.head + 1 + (int64_t)i, err);
	return status;
}

cairn_status cairn_lite__thread_log_append(void *self, const cairn_log_plan *plan,
					   enum cairn_log_result *result, int64_t *head,
					   cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = append(&write, plan, result, head, err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- read ----------------------------------------------------------------------- */

static void read_event(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_log_event *event = into;
	event->seq = cairn_lite__int(run);
	event->at = cairn_lite__int(run);
	event->kind = cairn_lite__text(run, rows);
	event->payload_version = (uint32_t)cairn_lite__int(run);
	event->data = cairn_lite__text(run, rows);
}

static cairn_status read_page(struct lite *lite, const cairn_log_query *query, int64_t watermark,
			      cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_LOG_EVENTS_PAGE, err);
	if (status != CAIRN_OK)
		return status;
	bind_thread(&run, query->tenant, query->thread);
	cairn_lite__bind_int(&run, query->after > watermark ? query->after : watermark);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_event, err);
}

cairn_status cairn_lite__thread_log_read(void *self, const cairn_log_query *query,
					 cairn_log_place *place, cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_read read;
	bool found = false;
	cairn_status status = cairn_lite__read_begin(lite, &read, err);
	if (status != CAIRN_OK)
		return status;
	status = find(lite, query->tenant, query->thread, place, &found, err);
	if (status == CAIRN_OK && found && query->limit > 0)
		status = read_page(lite, query, place->watermark, rows, err);
	return cairn_lite__read_end(&read, status, err);
}

/* ---- archive, delete -------------------------------------------------------------- */

static cairn_status remove_upto(struct lite *lite, const cairn_log_cut *cut, int64_t upto,
				size_t *removed, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_LOG_EVENTS_REMOVE, err);
	if (status != CAIRN_OK)
		return status;
	bind_thread(&run, cut->tenant, cut->thread);
	cairn_lite__bind_int(&run, upto);
	status = cairn_lite__finish(&run, err);
	if (status == CAIRN_OK)
		*removed = (size_t)sqlite3_changes(lite->db);
	return status;
}

static cairn_status set_watermark(struct lite_write *write, const cairn_log_cut *cut, int64_t upto,
				  cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_LOG_WATERMARK, err);
	if (status != CAIRN_OK)
		return status;
	bind_thread(&run, cut->tenant, cut->thread);
	cairn_lite__bind_int(&run, upto);
	cairn_lite__bind_int(&run, write->now);
	return cairn_lite__finish(&run, err);
}

static cairn_status delete_head(struct lite *lite, const cairn_log_cut *cut, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_LOG_HEAD_DELETE, err);
	if (status != CAIRN_OK)
		return status;
	bind_thread(&run, cut->tenant, cut->thread);
	return cairn_lite__finish(&run, err);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static cairn_status cut_log(struct lite_write *write, const cairn_log_cut *cut, size_t *removed,
			    int *existed, cairn_error *err)
{
	cairn_log_place place;
	bool found;
	cairn_status status = find(write->lite, cut->tenant, cut->thread, &place, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	*existed = 1;
	int64_t upto = least(least(cut->upto, place.head), place.watermark + cut->limit);
	if (cut->deletes) {
		status = delete_head(write->lite, cut, err);
		upto = place.head;
	} else if (upto <= place.watermark) {
		return CAIRN_OK;
	} else {
		status = set_watermark(write, cut, upto, err);
	}
	return status == CAIRN_OK ? remove_upto(write->lite, cut, upto, removed, err) : status;
}

cairn_status cairn_lite__thread_log_archive(void *self, const cairn_log_cut *cut, size_t *removed,
					    int *existed, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	*removed = 0;
	*existed = 0;
	status = cut_log(&write, cut, removed, existed, err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- list --------------------------------------------------------------------------- */

static void read_head(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_log_head *log = into;
	log->thread = cairn_lite__text(run, rows);
	log->head = cairn_lite__int(run);
	log->watermark = cairn_lite__int(run);
	log->created_at = cairn_lite__int(run);
	log->updated_at = cairn_lite__int(run);
}

cairn_status cairn_lite__thread_log_list(void *self, const cairn_log_list_query *query,
					 cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_LOG_HEADS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, query->tenant);
	cairn_lite__bind_tenant(&run, query->after);
	cairn_lite__bind_tenant(&run, query->prefix);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_head, err);
}

/* ---- wait ---------------------------------------------------------------------------- */

/* Any commit is a reason to look. */
cairn_status cairn_lite__thread_log_wait(void *self, cairn_str tenant, cairn_str thread,
					 cairn_usec timeout, enum cairn_wake *wake,
					 cairn_error *err)
{
	(void)tenant;
	(void)thread;
	return cairn_lite__job_wait(self, &(cairn_wait_plan){ .timeout = timeout }, wake, err);
}
