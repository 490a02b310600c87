/*
 * worker.c - a worker's life: options checked and copied, run, stopped from
 * anywhere, closed. The loop is dispatch.c's.
 */
#define _GNU_SOURCE /* pipe2 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime.h"

#define MAX_CONCURRENCY 1000 /* one claim's limit */
#define MIN_LEASE	(100 * CAIRN_MILLISECOND)
#define MAX_LEASE	(24 * CAIRN_HOUR)

/* ---- failing ------------------------------------------------------------------ */

static cairn_status fail(cairn_error *err, cairn_status status, const char *op, const char *code,
			 const char *message)
{
	if (err != NULL) {
		*err = (cairn_error)CAIRN_ERROR_INIT;
		err->status = status;
		snprintf(err->op, sizeof err->op, "%s", op);
		snprintf(err->code, sizeof err->code, "%s", code);
		snprintf(err->message, sizeof err->message, "%s", message);
	}
	return status;
}

cairn_status cairn_worker__fail_code(cairn_error *err, cairn_code code)
{
	return fail(err, cairn_code_status(code), "worker.run", cairn_code_text(code),
		    cairn_code_message(code));
}

/* ---- options -------------------------------------------------------------- */

static cairn_status refuse(cairn_error *err, cairn_code code, const char *message)
{
	return fail(err, cairn_code_status(code), "worker.open", cairn_code_text(code), message);
}

static cairn_status check(const cairn_worker_opts *opts, cairn_error *err)
{
	if (opts->connect == NULL && (opts->driver == NULL || opts->url == NULL))
		return refuse(err, CAIRN_E_ARG_INVALID,
			      "A worker needs a driver and a URL, or a connect function.");
	if (opts->handlers == NULL || opts->handler_count == 0)
		return refuse(err, CAIRN_E_ARG_INVALID, "A worker needs a handler.");
	for (size_t i = 0; i < opts->handler_count; i++) {
		const cairn_handler *handler = &opts->handlers[i];
		if (handler->run == NULL)
			return refuse(err, CAIRN_E_ARG_INVALID, "A handler needs a function.");
		if ((handler->reserved_[0] | handler->reserved_[1] | handler->reserved_[2] |
		     handler->reserved_[3]) != 0)
			return refuse(err, CAIRN_E_ARG_RESERVED,
				      cairn_code_message(CAIRN_E_ARG_RESERVED));
	}
	if (opts->lease != 0 && (opts->lease < MIN_LEASE || opts->lease > MAX_LEASE))
		return refuse(err, CAIRN_E_JOB_LEASE_DURATION,
			      cairn_code_message(CAIRN_E_JOB_LEASE_DURATION));
	if (opts->poll_min < 0 || opts->poll_max < 0 || opts->reap_interval < -1 ||
	    opts->drain < 0 || opts->grace < 0)
		return refuse(err, CAIRN_E_ARG_INVALID, "A duration must not be negative.");
	if (opts->concurrency > MAX_CONCURRENCY || (opts->flags & ~CAIRN_WORKER_IDLE_EXIT) != 0)
		return refuse(err, CAIRN_E_ARG_INVALID,
			      "A worker has at most 1000 threads and no unknown flags.");
	return CAIRN_OK;
}

static void settle(struct cairn_worker *worker)
{
	cairn_worker_opts *opts = &worker->opts;
	if (opts->lease == 0)
		opts->lease = CAIRN_LEASE_DEFAULT;
	if (opts->reap_interval == 0)
		opts->reap_interval = opts->lease / 2;
	if (opts->poll_min == 0)
		opts->poll_min = 50 * CAIRN_MILLISECOND;
	if (opts->poll_max == 0)
		opts->poll_max = CAIRN_SECOND;
	if (opts->poll_max < opts->poll_min)
		opts->poll_max = opts->poll_min;
	if (opts->grace == 0)
		opts->grace = 10 * CAIRN_SECOND;
	if (opts->concurrency == 0)
		opts->concurrency = 1;
	if (opts->conn != NULL) {
		size_t size = opts->conn->size;
		if (size > sizeof worker->conn_opts)
			size = sizeof worker->conn_opts;
		memcpy(&worker->conn_opts, opts->conn, size);
	}
	worker->conn_opts.size = sizeof worker->conn_opts;
	/* a wait for a lock must not outlast the leases that are to be extended after it */
	if (worker->conn_opts.lock_timeout == 0)
		worker->conn_opts.lock_timeout =
			opts->lease < 20 * CAIRN_SECOND ? opts->lease / 4 : 5 * CAIRN_SECOND;
	opts->conn = &worker->conn_opts;
}

/* ---- copies ------------------------------------------------------------------ */

/* Copies text to *at and moves it on; the first pass, with *at NULL, only counts. */
static cairn_str copy(cairn_str text, char **at, size_t *total)
{
	*total += text.len + 1;
	if (*at == NULL || text.len == 0)
		return (cairn_str){ .ptr = NULL, .len = 0 };
	char *to = *at;
	memcpy(to, text.ptr, text.len);
	to[text.len] = '\0';
	*at += text.len + 1;
	return (cairn_str){ .ptr = to, .len = text.len };
}

static size_t copy_texts(struct cairn_worker *worker, const cairn_worker_opts *from, char *at)
{
	size_t total = 0;
	worker->opts.url = copy(cairn_str_of(from->url), &at, &total).ptr;
	worker->opts.queue = copy(from->queue, &at, &total);
	worker->opts.owner = copy(from->owner, &at, &total);
	bool any = false;
	for (size_t i = 0; i < from->handler_count; i++) {
		worker->handlers[i] = from->handlers[i];
		worker->handlers[i].type = copy(from->handlers[i].type, &at, &total);
		worker->types[i] = worker->handlers[i].type;
		any |= from->handlers[i].type.len == 0;
	}
	worker->opts.handlers = worker->handlers;
	worker->any_type = any;
	return total;
}

/* The host says where, the pid says which, the random end tells one boot from the next. */
static bool make_name(struct cairn_worker *worker, cairn_str given)
{
	char host[65] = "host";
	char id[CAIRN_ID_TEXT];
	size_t size = given.len > 0 ? given.len + 1 : sizeof host + 40;
	worker->name = malloc(size);
	if (worker->name == NULL)
		return false;
	if (given.len > 0) {
		memcpy(worker->name, given.ptr, given.len);
		worker->name[given.len] = '\0';
	} else {
		gethostname(host, sizeof host);
		host[sizeof host - 1] = '\0';
		cairn_id_format(cairn_id_new(), id);
		snprintf(worker->name, size, "%s-%jd-%s", host, (intmax_t)getpid(), id + 30);
	}
	worker->opts.name = (cairn_str){ .ptr = worker->name,
					 .len = given.len > 0 ? given.len : strlen(worker->name) };
	return true;
}

static bool allocate(struct cairn_worker *worker, const cairn_worker_opts *opts)
{
	size_t n = worker->opts.concurrency;
	worker->handlers = calloc(opts->handler_count, sizeof *worker->handlers);
	worker->types = calloc(opts->handler_count, sizeof *worker->types);
	worker->slots = calloc(n, sizeof *worker->slots);
	worker->finishes = calloc(n, sizeof *worker->finishes);
	worker->each = calloc(n, sizeof *worker->each);
	worker->leases = calloc(n, sizeof *worker->leases);
	worker->sent = calloc(n, sizeof *worker->sent);
	worker->idle = calloc(n, sizeof *worker->idle);
	if (worker->handlers == NULL || worker->types == NULL || worker->slots == NULL ||
	    worker->finishes == NULL || worker->each == NULL || worker->leases == NULL ||
	    worker->sent == NULL || worker->idle == NULL)
		return false;
	worker->texts = malloc(copy_texts(worker, opts, NULL));
	if (worker->texts == NULL || !make_name(worker, opts->name))
		return false;
	copy_texts(worker, opts, worker->texts);
	return true;
}

static void init_slots(struct cairn_worker *worker)
{
	pthread_condattr_t attr;
	pthread_mutex_init(&worker->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < worker->opts.concurrency; i++) {
		struct cairn_context *slot = &worker->slots[i];
		slot->worker = worker;
		pthread_cond_init(&slot->stir, &attr);
		cairn_worker__vacate(slot);
	}
	pthread_condattr_destroy(&attr);
}

/* ---- life -------------------------------------------------------------------- */

static void free_slots(struct cairn_worker *worker)
{
	for (uint32_t i = 0; worker->slots != NULL && i < worker->opts.concurrency; i++) {
		struct cairn_context *slot = &worker->slots[i];
		free(slot->text.ptr);
		free(slot->output.ptr);
		free(slot->error_code.ptr);
		free(slot->error_message.ptr);
		if (slot->worker != NULL)
			pthread_cond_destroy(&slot->stir);
	}
	if (worker->slots != NULL && worker->slots[0].worker != NULL)
		pthread_mutex_destroy(&worker->lock);
	free(worker->slots);
}

/* An abandoned handler's thread may be the last to go. */
void cairn_worker__release(struct cairn_worker *worker)
{
	if (atomic_fetch_sub(&worker->refs, 1) > 1)
		return;
	free_slots(worker);
	if (worker->wake[0] >= 0)
		close(worker->wake[0]);
	if (worker->wake[1] >= 0)
		close(worker->wake[1]);
	cairn_free(worker->claimed);
	cairn_free(worker->reaped);
	free(worker->handlers);
	free(worker->types);
	free(worker->finishes);
	free(worker->each);
	free(worker->leases);
	free(worker->sent);
	free(worker->idle);
	free(worker->texts);
	free(worker->name);
	free(worker);
}

cairn_status cairn_worker_open(cairn_worker **out, const cairn_worker_opts *given, cairn_error *err)
{
	*out = NULL;
	cairn_worker_opts opts = { .size = sizeof opts };
	memcpy(&opts, given, given->size < sizeof opts ? given->size : sizeof opts);
	cairn_status st = check(&opts, err);
	if (st != CAIRN_OK)
		return st;
	struct cairn_worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return cairn_worker__fail_code(err, CAIRN_E_NOMEM);
	atomic_init(&worker->refs, 1);
	worker->wake[0] = worker->wake[1] = -1;
	worker->opts = opts;
	settle(worker);
	if (!allocate(worker, &opts)) {
		cairn_worker__release(worker);
		return cairn_worker__fail_code(err, CAIRN_E_NOMEM);
	}
	init_slots(worker);
	cairn_id seed = cairn_id_new();
	memcpy(&worker->dice, seed.bytes + 8, sizeof worker->dice);
	worker->poll_delay = worker->opts.poll_min;
	if (pipe2(worker->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
		cairn_worker__release(worker);
		return refuse(err, CAIRN_E_WORKER_DESCRIPTORS,
			      cairn_code_message(CAIRN_E_WORKER_DESCRIPTORS));
	}
	*out = worker;
	return CAIRN_OK;
}

cairn_status cairn_worker_run(cairn_worker *worker, cairn_error *err)
{
	cairn_error mine = CAIRN_ERROR_INIT;
	cairn_status st = cairn_worker__connect(worker, &mine);
	if (st == CAIRN_OK)
		st = cairn_worker__pool_start(worker, &mine);
	worker->next_beat = cairn_worker__now() + worker->opts.lease / 3;
	if (st == CAIRN_OK)
		st = cairn_worker__dispatch(worker, &mine);
	uint32_t abandoned = cairn_worker__pool_end(worker);
	cairn_close(worker->conn);
	worker->conn = NULL;
	if (st == CAIRN_OK && abandoned > 0)
		st = cairn_worker__fail_code(&mine, CAIRN_E_WORKER_ABANDONED);
	if (st != CAIRN_OK && err != NULL)
		*err = mine;
	return st;
}

void cairn_worker_stop(cairn_worker *worker, enum cairn_stop how)
{
	int former = atomic_load(&worker->stop);
	while (former < (int)how && !atomic_compare_exchange_weak(&worker->stop, &former, (int)how))
		continue;
	cairn_worker__nudge(worker);
}

const char *cairn_worker_name(const cairn_worker *worker)
{
	return worker->name;
}

void cairn_worker_close(cairn_worker *worker)
{
	if (worker != NULL)
		cairn_worker__release(worker);
}
