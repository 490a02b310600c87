/*
 * writer.c - handing in: a call joins those who wait; the first that finds the connection free
 * leads, sends for all (writer_batch.c), and passes the lead on to whoever came meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "writer.h"

#define MAX_BATCH     1000u
#define HIGHEST_BATCH 10000u

/* ---- opening -------------------------------------------------------------- */

static cairn_status refuse(cairn_error *err, cairn_code code, const char *message)
{
	cairn_status status = cairn_code_status(code);
	if (err == NULL)
		return status;
	*err = (cairn_error)CAIRN_ERROR_INIT;
	err->status = status;
	snprintf(err->op, sizeof err->op, "writer.open");
	snprintf(err->code, sizeof err->code, "%s", cairn_code_text(code));
	snprintf(err->message, sizeof err->message, "%s", message);
	return status;
}

static cairn_status check(const cairn_writer_opts *opts, cairn_error *err)
{
	if (opts->connect == NULL && (opts->driver == NULL || opts->url == NULL))
		return refuse(err, CAIRN_E_ARG_INVALID,
			      "A writer needs a driver and a URL, or a connect function.");
	if (opts->reserved_ != 0)
		return refuse(err, CAIRN_E_ARG_RESERVED, cairn_code_message(CAIRN_E_ARG_RESERVED));
	if (opts->max_batch > HIGHEST_BATCH)
		return refuse(err, CAIRN_E_ARG_INVALID, "A batch has at most 10000 items.");
	return CAIRN_OK;
}

static bool settle(struct cairn_writer *writer, const cairn_writer_opts *opts)
{
	writer->opts = *opts;
	if (writer->opts.max_batch == 0)
		writer->opts.max_batch = MAX_BATCH;
	if (opts->conn != NULL) {
		size_t size = opts->conn->size;
		memcpy(&writer->conn_opts, opts->conn,
		       size < sizeof writer->conn_opts ? size : sizeof writer->conn_opts);
	}
	writer->conn_opts.size = sizeof writer->conn_opts;
	writer->opts.conn = &writer->conn_opts;
	if (opts->url == NULL)
		return true;
	writer->url = strdup(opts->url);
	writer->opts.url = writer->url;
	return writer->url != NULL;
}

cairn_status cairn_writer_open(cairn_writer **out, const cairn_writer_opts *given, cairn_error *err)
{
	*out = NULL;
	if (given == NULL)
		return refuse(err, CAIRN_E_ARG_INVALID, "A writer needs options.");
	cairn_writer_opts opts = { .size = sizeof opts };
	memcpy(&opts, given, given->size < sizeof opts ? given->size : sizeof opts);
	cairn_status st = check(&opts, err);
	if (st != CAIRN_OK)
		return st;
	struct cairn_writer *writer = calloc(1, sizeof *writer);
	if (writer == NULL || !settle(writer, &opts)) {
		free(writer);
		return refuse(err, CAIRN_E_NOMEM, cairn_code_message(CAIRN_E_NOMEM));
	}
	pthread_mutex_init(&writer->lock, NULL);
	writer->last = &writer->first;
	st = cairn_writer__connect(writer, err);
	if (st != CAIRN_OK) {
		cairn_writer_close(writer);
		return st;
	}
	*out = writer;
	return CAIRN_OK;
}

void cairn_writer_close(cairn_writer *writer)
{
	if (writer == NULL)
		return;
	cairn_close(writer->conn);
	pthread_mutex_destroy(&writer->lock);
	free(writer->items);
	free(writer->each);
	free(writer->url);
	free(writer);
}

void cairn_writer_counts(cairn_writer *writer, uint64_t *calls, uint64_t *commits)
{
	pthread_mutex_lock(&writer->lock);
	*calls = writer->calls;
	*commits = writer->commits;
	pthread_mutex_unlock(&writer->lock);
}

/* ---- handing in ------------------------------------------------------------- */

static void join(struct cairn_writer *writer, struct call *call)
{
	call->next = NULL;
	*writer->last = call;
	writer->last = &call->next;
	if (!writer->busy) {
		writer->busy = true;
		call->leads = true;
	}
}

static struct call *take_all(struct cairn_writer *writer)
{
	struct call *calls = writer->first;
	writer->first = NULL;
	writer->last = &writer->first;
	return calls;
}

/* A call is its owner's again once it is done: `next` is read before. */
static void answer(struct cairn_writer *writer, struct call *calls, const struct call *me)
{
	while (calls != NULL) {
		struct call *call = calls;
		calls = call->next;
		call->done = true;
		writer->calls++;
		if (call != me)
			pthread_cond_signal(&call->stir);
	}
}

static void pass_on(struct cairn_writer *writer)
{
	writer->busy = writer->first != NULL;
	if (writer->busy) {
		writer->first->leads = true;
		pthread_cond_signal(&writer->first->stir);
	}
}

static void lead(struct cairn_writer *writer, struct call *me)
{
	struct call *calls = take_all(writer);
	pthread_mutex_unlock(&writer->lock);
	uint64_t commits = cairn_writer__send(writer, calls);
	pthread_mutex_lock(&writer->lock);
	writer->commits += commits;
	/* first the next leader, so that the connection is busy while the others wake */
	pass_on(writer);
	answer(writer, calls, me);
}

static cairn_status hand_in(struct cairn_writer *writer, struct call *call, cairn_error *err)
{
	call->error = (cairn_error)CAIRN_ERROR_INIT;
	pthread_cond_init(&call->stir, NULL);
	pthread_mutex_lock(&writer->lock);
	join(writer, call);
	while (!call->done && !call->leads)
		pthread_cond_wait(&call->stir, &writer->lock);
	if (!call->done)
		lead(writer, call);
	pthread_mutex_unlock(&writer->lock);
	pthread_cond_destroy(&call->stir);
	if (call->status != CAIRN_OK && err != NULL)
		*err = call->error;
	return call->status;
}

cairn_status cairn_writer_enqueue(cairn_writer *writer, const cairn_job_new *jobs, size_t n,
				  cairn_job_added *each, cairn_error *err)
{
	struct call call = { .kind = CALL_ENQUEUE, .items = jobs, .n = n, .each = each };
	return hand_in(writer, &call, err);
}

cairn_status cairn_writer_finish(cairn_writer *writer, const cairn_finish *items, size_t n,
				 cairn_changed *each, cairn_error *err)
{
	struct call call = { .kind = CALL_FINISH, .items = items, .n = n, .each = each };
	return hand_in(writer, &call, err);
}

cairn_status cairn_writer_heartbeat(cairn_writer *writer, const cairn_lease *leases, size_t n,
				    cairn_usec lease, cairn_changed *each, cairn_error *err)
{
	struct call call = {
		.kind = CALL_HEARTBEAT, .items = leases, .n = n, .lease = lease, .each = each
	};
	return hand_in(writer, &call, err);
}
