/*
 * thread_log.c - session logs: what is checked before any I/O, and what a driver's answer means.
 * Numbering events and moving the watermark are guarded writes of the driver (sys/log.h). (job_log.c:
 * what is said about jobs)
 */
#include <string.h>

#include <cairn/sys/json.h>

#include "check.h"
#include "core.h"
#include "limits.h"
#include "wait.h"

static cairn_status check_thread(cairn_str tenant, cairn_str thread, cairn_error *err)
{
	cairn_status st = cairn__check_tenant(tenant, err);
	return st == CAIRN_OK ? cairn__check_name(thread, "thread", err) : st;
}

static cairn_status check_number(int64_t number, cairn_error *err)
{
	if (number >= 0)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "Events are numbered from 1.");
	return CAIRN_INVALID;
}

/* Head and watermark alone. */
static cairn_status read_place(cairn_conn *conn, cairn_str tenant, cairn_str thread,
			       cairn_log_place *place, cairn_error *err)
{
	cairn_log_query query = { .tenant = tenant, .thread = thread };
	*place = (cairn_log_place){ .head = 0 };
	return conn->log.read(conn->self, &query, place, NULL, err);
}

/* ---- append ------------------------------------------------------------------- */

static cairn_status check_event(const cairn_conn *conn, const cairn_log_event *event,
				cairn_error *err)
{
	if (event->reserved0_ != 0 || (event->reserved_[0] | event->reserved_[1]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (event->seq != 0 || event->at != 0 || event->payload_version > INT32_MAX)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_status st = CAIRN_OK;
	if (event->kind.len > 0)
		st = cairn__check_name(event->kind, "kind", err);
	return st == CAIRN_OK ? cairn_json_check(event->data, conn->host.settings.max_json, err)
			      : st;
}

static cairn_status check_batch(const cairn_conn *conn, const cairn_log_batch *batch,
				cairn_error *err)
{
	if (batch == NULL || batch->size < sizeof *batch)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if ((batch->set & ~(uint32_t)CAIRN_LOG_EXPECT) != 0 || batch->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_status st = check_thread(batch->tenant, batch->thread, err);
	if (st == CAIRN_OK)
		st = check_number(batch->set & CAIRN_LOG_EXPECT ? batch->expected : 0, err);
	if (st == CAIRN_OK)
		st = cairn__check_guard(batch->lock, batch->tenant, err);
	if (st == CAIRN_OK && batch->lock != NULL)
		st = cairn__need_store(conn, CAIRN__LOCKS, err);
	if (st == CAIRN_OK)
		st = cairn__check_batch(batch->events, batch->n, err);
	for (size_t i = 0; i < batch->n && st == CAIRN_OK; i++) {
		st = check_event(conn, &batch->events[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	return st;
}

/* Nothing to write: how far the log is, and whether that is what was thought. */
static cairn_status probe(cairn_conn *conn, const cairn_log_batch *batch, int64_t *head,
			  cairn_error *err)
{
	cairn_log_place place;
	cairn_status st = read_place(conn, batch->tenant, batch->thread, &place, err);
	if (st != CAIRN_OK)
		return st;
	*head = place.head;
	if ((batch->set & CAIRN_LOG_EXPECT) != 0 && place.head != batch->expected)
		return cairn_fail(err, CAIRN_E_LOG_MOVED);
	return CAIRN_OK;
}

static cairn_status outcome(enum cairn_log_result result, cairn_error *err)
{
	switch (result) {
	case CAIRN_LOG_DONE:
		return CAIRN_OK;
	case CAIRN_LOG_LOST:
		return cairn_fail(err, CAIRN_E_LOCK_LOST);
	case CAIRN_LOG_MOVED:
		return cairn_fail(err, CAIRN_E_LOG_MOVED);
	case CAIRN_LOG_FULL:
		cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
		cairn_error_message(err, "The log has no numbers left.");
		return CAIRN_TOO_LARGE;
	default:
		return cairn_fail(err, CAIRN_E_INTERNAL);
	}
}

static cairn_status append(cairn_conn *conn, const cairn_log_batch *batch, int64_t *head,
			   cairn_error *err)
{
	cairn_status st = check_batch(conn, batch, err);
	if (st != CAIRN_OK)
		return st;
	if (batch->n == 0)
		return probe(conn, batch, head, err);
	cairn_log_event *events = cairn__scratch(conn, batch->n, sizeof *events, err);
	if (events == NULL)
		return CAIRN_NOMEM;
	memcpy(events, batch->events, batch->n * sizeof *events);
	for (size_t i = 0; i < batch->n; i++) {
		if (events[i].payload_version == 0)
			events[i].payload_version = 1;
	}
	cairn_log_plan plan = { .tenant = batch->tenant,
				.thread = batch->thread,
				.events = events,
				.n = batch->n,
				.expected = batch->set & CAIRN_LOG_EXPECT ? batch->expected : -1,
				.lock = batch->lock };
	enum cairn_log_result result = CAIRN_LOG_DONE;
	st = conn->log.append(conn->self, &plan, &result, head, err);
	if (st != CAIRN_OK || result == CAIRN_LOG_LOST)
		*head = -1; /* it is not known */
	cairn__scratch_free(conn, events, batch->n, sizeof *events);
	return st == CAIRN_OK ? outcome(result, err) : st;
}

cairn_status cairn_log_append(cairn_conn *conn, const cairn_log_batch *batch, int64_t *head,
			      cairn_error *err)
{
	struct cairn__call call;
	int64_t now_at = -1;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__LOG, "log.append", err);
	if (st == CAIRN_OK)
		st = append(conn, batch, &now_at, err);
	if (head != NULL && now_at >= 0)
		*head = now_at;
	return cairn__call_end(&call, st, st == CAIRN_OK ? batch->n : 0);
}

/* ---- read ----------------------------------------------------------------------- */

static cairn_status read_page(cairn_conn *conn, const cairn_log_query *query,
			      cairn_log_events **events, cairn_error *err)
{
	cairn_rows rows;
	cairn_log_place place = { .head = 0 };
	void *memory = *events;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_log_event));
	cairn_status st = conn->log.read(conn->self, query, &place, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*events = memory;
	if (st == CAIRN_OK) {
		(*events)->head = place.head;
		(*events)->watermark = place.watermark;
	}
	return st;
}

static cairn_status read(cairn_conn *conn, const cairn_log_filter *filter,
			 cairn_log_events **events, cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_log_query query = { .tenant = filter->tenant,
				  .thread = filter->thread,
				  .after = filter->after };
	cairn_status st = check_thread(filter->tenant, filter->thread, err);
	if (st == CAIRN_OK)
		st = check_number(filter->after, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query.limit, err);
	return st == CAIRN_OK ? read_page(conn, &query, events, err) : st;
}

cairn_status cairn_log_read(cairn_conn *conn, const cairn_log_filter *filter,
			    cairn_log_events **events, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__LOG, "log.read", err);
	if (st == CAIRN_OK && events == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = read(conn, filter, events, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*events)->count : 0);
}

/* ---- wait ------------------------------------------------------------------------- */

struct follow {
	cairn_str tenant;
	cairn_str thread;
	int64_t after;
	int64_t head;
};

static cairn_status look(cairn_conn *conn, void *what, cairn_due *work, cairn_error *err)
{
	struct follow *follow = what;
	cairn_log_place place;
	cairn_status st = read_place(conn, follow->tenant, follow->thread, &place, err);
	follow->head = place.head;
	work->due = place.head > follow->after;
	return st;
}

/* However it is told, the head must be looked at. */
static cairn_status doze(cairn_conn *conn, void *what, cairn_usec slice, enum cairn_wake *wake,
			 cairn_error *err)
{
	struct follow *follow = what;
	cairn_status st =
		conn->log.wait(conn->self, follow->tenant, follow->thread, slice, wake, err);
	if (*wake == CAIRN_WAKE_WORK)
		*wake = CAIRN_WAKE_TOLD;
	return st;
}

static void end(cairn_conn *conn, int *told)
{
	(void)told; /* it took nothing from others: all who wait are told */
	conn->log.unwait(conn->self);
}

cairn_status cairn_log_wait(cairn_conn *conn, cairn_str tenant, cairn_str thread, int64_t after,
			    cairn_usec timeout, int64_t *head, cairn_error *err)
{
	struct cairn__call call;
	struct follow follow = { .tenant = tenant, .thread = thread, .after = after };
	int ready = 0;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__LOG, "log.wait", err);
	if (st == CAIRN_OK && head == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = check_thread(tenant, thread, err);
	if (st == CAIRN_OK)
		st = check_number(after, err);
	if (st == CAIRN_OK)
		st = cairn__check_wait(conn, timeout, err);
	if (st == CAIRN_OK) {
		struct cairn__wait wait = { .what = &follow,
					    .look = look,
					    .sleep = conn->log.wait != NULL ? doze : NULL,
					    .end = conn->log.unwait != NULL ? end : NULL };
		st = cairn__wait(conn, &wait, timeout > 0 ? timeout : CAIRN_SECOND, &ready, err);
	}
	if (st == CAIRN_OK)
		*head = follow.head;
	return cairn__call_end(&call, st, ready ? 1 : 0);
}

/* ---- archive ----------------------------------------------------------------------- */

/* One batch is removed: up to so many events, up to cut->upto. */
static cairn_status remove_batch(cairn_conn *conn, const cairn_log_cut *cut, size_t *gone,
				 size_t *removed, cairn_error *err)
{
	int existed = 0;
	*gone = 0;
	cairn_status st = conn->log.archive(conn->self, cut, gone, &existed, err);
	if (st == CAIRN_OK)
		*removed += *gone;
	return st;
}

/* What is appended meanwhile is not chased: behind the first batch the head is the end. */
static cairn_status remove_all(cairn_conn *conn, cairn_log_cut *cut, size_t *removed,
			       cairn_error *err)
{
	cairn_log_place place;
	size_t gone;
	cairn_status st = remove_batch(conn, cut, &gone, removed, err);
	if (st != CAIRN_OK || gone < cut->limit)
		return st;
	st = read_place(conn, cut->tenant, cut->thread, &place, err);
	if (st == CAIRN_OK && cut->upto > place.head)
		cut->upto = place.head;
	while (st == CAIRN_OK && gone == cut->limit)
		st = remove_batch(conn, cut, &gone, removed, err);
	return st;
}

/* Hands events out; a failure that the application did not describe gets a code. */
static cairn_status hand_out(const cairn_log_archive_opts *opts, const cairn_log_events *events,
			     cairn_error *err)
{
	cairn_error said = CAIRN_ERROR_INIT;
	cairn_status st = opts->export_to(opts->user, events, &said);
	if (st == CAIRN_OK)
		return st;
	if (said.status != st)
		cairn_fail_as(&said, st, CAIRN_E_LOG_EXPORT);
	if (err != NULL)
		*err = said;
	return st;
}

/* The events of a page up to the end go out, and then away. */
static cairn_status export_page(cairn_conn *conn, const cairn_log_archive_opts *opts,
				const cairn_log_events *page, cairn_log_cut *cut, size_t *removed,
				cairn_error *err)
{
	cairn_log_events out = *page;
	size_t gone;
	while (out.count > 0 && out.at[out.count - 1].seq > opts->upto)
		out.count--;
	if (out.count == 0)
		return CAIRN_OK;
	cairn_status st = hand_out(opts, &out, err);
	if (st != CAIRN_OK)
		return st;
	cut->upto = out.at[out.count - 1].seq;
	return remove_batch(conn, cut, &gone, removed, err);
}

/* What another one archives meanwhile is not there any more: pages begin behind the last one. */
static cairn_status export_all(cairn_conn *conn, const cairn_log_archive_opts *given,
			       cairn_log_cut *cut, size_t *removed, cairn_error *err)
{
	cairn_log_archive_opts opts = *given;
	cairn_log_events *page = NULL;
	cairn_log_query query = { .tenant = cut->tenant,
				  .thread = cut->thread,
				  .limit = cut->limit };
	cairn_status st = CAIRN_OK;
	do {
		st = read_page(conn, &query, &page, err);
		if (st != CAIRN_OK || page->count == 0)
			break;
		if (opts.upto > page->head)
			opts.upto = page->head;
		query.after = page->at[page->count - 1].seq;
		st = export_page(conn, &opts, page, cut, removed, err);
	} while (st == CAIRN_OK && query.after < opts.upto);
	cairn_free(page);
	return st;
}

static cairn_status archive(cairn_conn *conn, const cairn_log_archive_opts *opts, size_t *removed,
			    cairn_error *err)
{
	if (opts == NULL || opts->size < sizeof *opts)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_status st = check_thread(opts->tenant, opts->thread, err);
	if (st == CAIRN_OK)
		st = check_number(opts->upto, err);
	if (st != CAIRN_OK || opts->upto == 0)
		return st;
	cairn_log_cut cut = { .tenant = opts->tenant,
			      .thread = opts->thread,
			      .upto = opts->upto,
			      .limit = CAIRN__LOG_BATCH };
	if (opts->export_to == NULL)
		return remove_all(conn, &cut, removed, err);
	if (conn->depth == 0 && !conn->ops.in_tx(conn->self))
		return export_all(conn, opts, &cut, removed, err);
	cairn_fail(err, CAIRN_E_CONN_MISUSE);
	cairn_error_message(err, "What is exported inside a transaction may come back.");
	return CAIRN_INVALID;
}

cairn_status cairn_log_archive(cairn_conn *conn, const cairn_log_archive_opts *opts,
			       size_t *removed, cairn_error *err)
{
	struct cairn__call call;
	size_t gone = 0;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__LOG, "log.archive", err);
	if (st == CAIRN_OK)
		st = archive(conn, opts, &gone, err);
	if (removed != NULL)
		*removed = gone;
	return cairn__call_end(&call, st, gone);
}

/* ---- list, delete -------------------------------------------------------------------- */

static cairn_status list(cairn_conn *conn, const cairn_log_list_filter *filter,
			 cairn_log_heads **logs, cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_log_list_query query = { .tenant = filter->tenant,
				       .prefix = filter->prefix,
				       .after = filter->after };
	cairn_status st = cairn__check_names(filter->tenant, filter->prefix, filter->after, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query.limit, err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *logs;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_log_head));
	st = conn->log.list(conn->self, &query, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*logs = memory;
	return st;
}

cairn_status cairn_log_list(cairn_conn *conn, const cairn_log_list_filter *filter,
			    cairn_log_heads **logs, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__LOG, "log.list", err);
	if (st == CAIRN_OK && logs == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = list(conn, filter, logs, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*logs)->count : 0);
}

cairn_status cairn_log_delete(cairn_conn *conn, cairn_str tenant, cairn_str thread, int *existed,
			      cairn_error *err)
{
	struct cairn__call call;
	size_t gone = 0;
	int was_there = 0;
	cairn_log_cut cut = { .tenant = tenant, .thread = thread, .deletes = 1 };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__LOG, "log.delete", err);
	if (st == CAIRN_OK)
		st = check_thread(tenant, thread, err);
	if (st == CAIRN_OK)
		st = conn->log.archive(conn->self, &cut, &gone, &was_there, err);
	if (st == CAIRN_OK && existed != NULL)
		*existed = was_there;
	return cairn__call_end(&call, st, was_there ? 1 : 0);
}
