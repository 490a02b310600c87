/* thread_log.c - session logs: a row with head and watermark for each, and its events by number. */
#include "mem.h"

static const struct mem_log_head *find(const struct mem_state *state, cairn_str tenant,
				       cairn_str thread)
{
	struct mem_log_head key = { .log = { .thread = thread }, .tenant = tenant };
	return cairn_mem__find(state, MEM_LOG_HEADS, &key);
}

/* The index of the first event with this number or a greater one. */
static size_t seek(const struct mem_state *state, cairn_str tenant, cairn_str thread, int64_t seq)
{
	struct mem_log_event key = { .event = { .seq = seq }, .tenant = tenant, .thread = thread };
	return cairn_mem__seek(state, MEM_LOG_EVENTS, &key);
}

/* The event at an index, if it is one of this thread's. */
static const struct mem_log_event *event_at(const struct mem_state *state, size_t index,
					    cairn_str tenant, cairn_str thread)
{
	if (index >= cairn_mem__count(state, MEM_LOG_EVENTS))
		return NULL;
	const struct mem_log_event *row = cairn_mem__at(state, MEM_LOG_EVENTS, index);
	bool same = cairn_str_equal(row->tenant, tenant) && cairn_str_equal(row->thread, thread);
	return same ? row : NULL;
}

/* ---- append ------------------------------------------------------------------- */

static int put_all(struct mem_write *write, const cairn_log_plan *plan, int64_t head)
{
	struct mem_log_event row = { .tenant = plan->tenant, .thread = plan->thread };
	for (size_t i = 0; i < plan->n; i++) {
		row.event = plan->events[i];
		row.event.seq = head + 1 + (int64_t)i;
		row.event.at = write->now;
		if (cairn_mem__put(write->state, MEM_LOG_EVENTS, &row) != 0)
			return -1;
	}
	return 0;
}

static enum cairn_log_result judge(const cairn_log_plan *plan, int64_t head)
{
	if (plan->expected >= 0 && plan->expected != head)
		return CAIRN_LOG_MOVED;
	return head > CAIRN_LOG_MAX - (int64_t)plan->n ? CAIRN_LOG_FULL : CAIRN_LOG_DONE;
}

static int append(struct mem_write *write, const cairn_log_plan *plan,
		  enum cairn_log_result *result, int64_t *head)
{
	const struct mem_log_head *was = find(write->state, plan->tenant, plan->thread);
	struct mem_log_head is = { .log = { .thread = plan->thread, .created_at = write->now },
				   .tenant = plan->tenant };
	if (was != NULL)
		is = *was;
	*head = is.log.head;
	*result = cairn_mem__guard(write, plan->lock) ? judge(plan, *head) : CAIRN_LOG_LOST;
	if (*result != CAIRN_LOG_DONE)
		return 0;
	*head += (int64_t)plan->n;
	is.log.head = *head;
	is.log.updated_at = write->now;
	if (put_all(write, plan, *head - (int64_t)plan->n) != 0)
		return -1;
	return cairn_mem__put(write->state, MEM_LOG_HEADS, &is);
}

cairn_status cairn_mem__thread_log_append(void *self, const cairn_log_plan *plan,
					  enum cairn_log_result *result, int64_t *head,
					  cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_LOG_HEADS, &write, err);
	if (status != CAIRN_OK)
		return status;
	if (append(&write, plan, result, head) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- read ----------------------------------------------------------------------- */

static int push_events(const struct mem_state *state, const cairn_log_query *query,
		       int64_t watermark, cairn_rows *rows)
{
	int64_t after = query->after > watermark ? query->after : watermark;
	size_t first = seek(state, query->tenant, query->thread, after);
	const struct mem_log_event *there = event_at(state, first, query->tenant, query->thread);
	if (there != NULL && there->event.seq == after)
		first++;
	for (size_t i = 0; i < query->limit; i++) {
		const struct mem_log_event *row =
			event_at(state, first + i, query->tenant, query->thread);
		if (row == NULL)
			return 0;
		if (cairn_mem__push(rows, MEM_LOG_EVENTS, row) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__thread_log_read(void *self, const cairn_log_query *query,
					cairn_log_place *place, cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_LOG_HEADS, &state, err);
	if (status != CAIRN_OK)
		return status;
	const struct mem_log_head *row = find(state, query->tenant, query->thread);
	if (row != NULL) {
		place->head = row->log.head;
		place->watermark = row->log.watermark;
		if (push_events(state, query, row->log.watermark, rows) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	cairn_mem__state_drop(state);
	return status;
}

/* ---- archive, delete -------------------------------------------------------------- */

/* From an event on: those up to a number. */
static int remove_events(struct mem_write *write, const cairn_log_cut *cut, int64_t upto,
			 size_t *removed)
{
	size_t first = seek(write->state, cut->tenant, cut->thread, 0);
	const struct mem_log_event *row;
	while ((row = event_at(write->state, first, cut->tenant, cut->thread)) != NULL &&
	       row->event.seq <= upto) {
		if (cairn_mem__remove(write->state, MEM_LOG_EVENTS, row) != 0)
			return -1;
		++*removed;
	}
	return 0;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int archive(struct mem_write *write, const cairn_log_cut *cut, size_t *removed, int *existed)
{
	const struct mem_log_head *was = find(write->state, cut->tenant, cut->thread);
	*removed = 0;
	*existed = was != NULL;
	if (was == NULL)
		return 0;
	if (cut->deletes)
		return remove_events(write, cut, INT64_MAX, removed) != 0
			       ? -1
			       : cairn_mem__remove(write->state, MEM_LOG_HEADS, was);
	struct mem_log_head is = *was;
	int64_t upto = least(least(cut->upto, is.log.head), is.log.watermark + cut->limit);
	if (upto <= is.log.watermark)
		return 0;
	is.log.watermark = upto;
	is.log.updated_at = write->now;
	if (remove_events(write, cut, upto, removed) != 0)
		return -1;
	return cairn_mem__put(write->state, MEM_LOG_HEADS, &is);
}

cairn_status cairn_mem__thread_log_archive(void *self, const cairn_log_cut *cut, size_t *removed,
					   int *existed, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_LOG_HEADS, &write, err);
	if (status != CAIRN_OK)
		return status;
	if (archive(&write, cut, removed, existed) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- list --------------------------------------------------------------------------- */

cairn_status cairn_mem__thread_log_list(void *self, const cairn_log_list_query *query,
					cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_LOG_HEADS, &state, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < cairn_mem__count(state, MEM_LOG_HEADS); i++) {
		const struct mem_log_head *row = cairn_mem__at(state, MEM_LOG_HEADS, i);
		if (cairn_rows_count(rows) >= query->limit ||
		    !cairn_str_equal(row->tenant, query->tenant) ||
		    !cairn_mem__begins(row->log.thread, query->prefix) ||
		    cairn_str_compare(row->log.thread, query->after) <= 0)
			continue;
		if (cairn_mem__push(rows, MEM_LOG_HEADS, row) != 0) {
			status = cairn_fail(err, CAIRN_E_NOMEM);
			break;
		}
	}
	cairn_mem__state_drop(state);
	return status;
}

/* ---- wait ---------------------------------------------------------------------------- */

/* Any commit is a reason to look. */
cairn_status cairn_mem__thread_log_wait(void *self, cairn_str tenant, cairn_str thread,
					cairn_usec timeout, enum cairn_wake *wake, cairn_error *err)
{
	(void)tenant;
	(void)thread;
	return cairn_mem__job_wait(self, &(cairn_wait_plan){ .timeout = timeout }, wake, err);
}
