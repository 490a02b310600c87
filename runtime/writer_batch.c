/*
 * writer_batch.c - sending: calls of one kind become one batch; what one of them is to blame for
 * is found out by sending it alone, so that the others do not pay.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "writer.h"

/* ---- the three kinds ------------------------------------------------------- */

static size_t item_size(enum call_kind kind)
{
	switch (kind) {
	case CALL_ENQUEUE:
		return sizeof(cairn_job_new);
	case CALL_FINISH:
		return sizeof(cairn_finish);
	case CALL_HEARTBEAT:
		break;
	}
	return sizeof(cairn_lease);
}

static size_t each_size(enum call_kind kind)
{
	return kind == CALL_ENQUEUE ? sizeof(cairn_job_added) : sizeof(cairn_changed);
}

static cairn_status run(struct cairn_writer *writer, const struct call *like, const void *items,
			size_t n, void *each, cairn_error *err)
{
	switch (like->kind) {
	case CALL_ENQUEUE:
		return cairn_job_enqueue(writer->conn, items, n, each, err);
	case CALL_FINISH:
		return cairn_job_finish(writer->conn, items, n, each, err);
	case CALL_HEARTBEAT:
		break;
	}
	return cairn_job_heartbeat(writer->conn, items, n, like->lease, each, err);
}

static const char *op_of(enum call_kind kind)
{
	switch (kind) {
	case CALL_ENQUEUE:
		return "job.enqueue";
	case CALL_FINISH:
		return "job.finish";
	case CALL_HEARTBEAT:
		break;
	}
	return "job.heartbeat";
}

/* Heartbeats of one batch have one lease. */
static bool alike(const struct call *a, const struct call *b)
{
	return a->kind == b->kind && a->lease == b->lease;
}

/* ---- the connection --------------------------------------------------------- */

cairn_status cairn_writer__connect(struct cairn_writer *writer, cairn_error *err)
{
	const cairn_writer_opts *opts = &writer->opts;
	if (writer->conn != NULL)
		return CAIRN_OK;
	if (opts->connect != NULL)
		return opts->connect(opts->connect_user, opts->conn, &writer->conn, err);
	return cairn_open(&writer->conn, opts->driver, opts->url, opts->conn, err);
}

static void drop_broken(struct cairn_writer *writer, cairn_status status)
{
	if (status != CAIRN_UNAVAILABLE && status != CAIRN_UNCERTAIN)
		return;
	cairn_close(writer->conn);
	writer->conn = NULL;
}

/* ---- one call ---------------------------------------------------------------- */

/* Answers whether it was a commit. */
static uint64_t send_alone(struct cairn_writer *writer, struct call *call)
{
	call->status = cairn_writer__connect(writer, &call->error);
	if (call->status != CAIRN_OK)
		return 0;
	call->status = run(writer, call, call->items, call->n, call->each, &call->error);
	drop_broken(writer, call->status);
	return call->status == CAIRN_OK;
}

/* ---- several ----------------------------------------------------------------- */

static bool reserve(void **room, size_t *size, size_t need)
{
	if (need <= *size)
		return true;
	void *more = realloc(*room, need);
	if (more == NULL)
		return false;
	*room = more;
	*size = need;
	return true;
}

/* Copies the items of the calls one behind the other. */
static bool gather(struct cairn_writer *writer, struct call *const *calls, size_t count, size_t n)
{
	size_t size = item_size(calls[0]->kind);
	if (!reserve(&writer->items, &writer->items_size, n * size) ||
	    !reserve(&writer->each, &writer->each_size, n * each_size(calls[0]->kind)))
		return false;
	char *at = writer->items;
	for (size_t i = 0; i < count; i++) {
		if (calls[i]->n > 0)
			memcpy(at, calls[i]->items, calls[i]->n * size);
		at += calls[i]->n * size;
	}
	return true;
}

/* Of a call without `each`, the first item that failed is the call's outcome. */
static void judge(struct call *call, const char *each)
{
	for (size_t i = 0; i < call->n; i++) {
		cairn_status status;
		cairn_code code;
		if (call->kind == CALL_ENQUEUE) {
			const cairn_job_added *added = (const cairn_job_added *)(const void *)each;
			status = added[i].status;
			code = added[i].code;
		} else {
			const cairn_changed *changed = (const cairn_changed *)(const void *)each;
			status = changed[i].status;
			code = changed[i].code;
		}
		if (status == CAIRN_OK)
			continue;
		call->status = status;
		call->error.status = status;
		call->error.index = (int64_t)i;
		snprintf(call->error.op, sizeof call->error.op, "%s", op_of(call->kind));
		snprintf(call->error.code, sizeof call->error.code, "%s", cairn_code_text(code));
		snprintf(call->error.message, sizeof call->error.message, "%s",
			 cairn_code_message(code));
		return;
	}
}

static void hand_out(struct cairn_writer *writer, struct call *const *calls, size_t count)
{
	const char *at = writer->each;
	for (size_t i = 0; i < count; i++) {
		size_t size = calls[i]->n * each_size(calls[i]->kind);
		calls[i]->status = CAIRN_OK;
		if (calls[i]->each != NULL && size > 0)
			memcpy(calls[i]->each, at, size);
		else if (calls[i]->each == NULL)
			judge(calls[i], at);
		at += size;
	}
}

/* What hits whoever calls just now; anything else may be one call's own fault. */
static bool common(cairn_status status)
{
	return status == CAIRN_UNCERTAIN || status == CAIRN_UNAVAILABLE || status == CAIRN_BUSY ||
	       status == CAIRN_TIMEOUT || status == CAIRN_INTERRUPTED || status == CAIRN_SCHEMA ||
	       status == CAIRN_DENIED;
}

/* All of them in one commit; the answers are in writer->each. */
static cairn_status send_merged(struct cairn_writer *writer, struct call *const *calls,
				size_t count, cairn_error *err)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		n += calls[i]->n;
	if (!gather(writer, calls, count, n))
		return CAIRN_NOMEM;
	cairn_status status = cairn_writer__connect(writer, err);
	if (status == CAIRN_OK)
		status = run(writer, calls[0], writer->items, n, writer->each, err);
	drop_broken(writer, status);
	return status;
}

/* Whose item was refused before anything was sent; count if nobody's. */
static size_t culprit(struct call *const *calls, size_t count, const cairn_error *err)
{
	int64_t end = 0;
	for (size_t i = 0; i < count && err->index >= 0; i++) {
		end += (int64_t)calls[i]->n;
		if (err->index < end)
			return i;
	}
	return count;
}

static void answer_all(struct call *const *calls, size_t count, cairn_status status,
		       const cairn_error *err)
{
	for (size_t i = 0; i < count; i++) {
		calls[i]->status = status;
		calls[i]->error = *err;
		calls[i]->error.index = -1;
	}
}

/* A call that is refused goes alone, for its own answer, and the others again without it. */
static uint64_t send_batch(struct cairn_writer *writer, struct call **calls, size_t count)
{
	uint64_t commits = 0;
	while (count > 1) {
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_status status = send_merged(writer, calls, count, &err);
		if (status == CAIRN_OK) {
			hand_out(writer, calls, count);
			return commits + 1;
		}
		if (common(status)) {
			answer_all(calls, count, status, &err);
			return commits;
		}
		size_t at = culprit(calls, count, &err);
		if (at == count)
			break;
		commits += send_alone(writer, calls[at]);
		memmove(&calls[at], &calls[at + 1], (count - at - 1) * sizeof(struct call *));
		count--;
	}
	for (size_t i = 0; i < count; i++)
		commits += send_alone(writer, calls[i]);
	return commits;
}

#define CALLS_MAX 512

/* Of what is not sent yet, the first and what is like it, as far as it fits. */
static size_t pick(const struct cairn_writer *writer, struct call *list, struct call **calls)
{
	size_t count = 0;
	size_t n = 0;
	for (struct call *call = list; call != NULL && count < CALLS_MAX; call = call->next) {
		if (call->sent || (count > 0 && !alike(call, calls[0])))
			continue;
		if (count > 0 && n + call->n > writer->opts.max_batch)
			break;
		call->sent = true;
		n += call->n;
		calls[count++] = call;
	}
	return count;
}

uint64_t cairn_writer__send(struct cairn_writer *writer, struct call *list)
{
	struct call *calls[CALLS_MAX];
	uint64_t commits = 0;
	for (;;) {
		size_t count = pick(writer, list, calls);
		if (count == 0)
			return commits;
		commits += send_batch(writer, calls, count);
	}
}
