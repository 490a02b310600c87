/*
 * options.c - what a worker is told: checked, completed with the defaults, and copied, so that nothing
 * of the caller's has to outlive the call but what worker.h says.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime.h"

#define MAX_CONCURRENCY 1000
#define MAX_AHEAD	1000
#define MAX_DISPATCHERS 16
#define MIN_LEASE	(100 * CAIRN_MILLISECOND)
#define MAX_LEASE	(24 * CAIRN_HOUR)
#define MAX_SPAN	(100 * 365 * CAIRN_DAY) /* longer is for ever, too, and could overflow */

/* ---- checks ----------------------------------------------------------------- */

cairn_status cairn_worker__refuse(cairn_error *err, cairn_code code, const char *message)
{
	if (err != NULL) {
		*err = (cairn_error)CAIRN_ERROR_INIT;
		err->status = cairn_code_status(code);
		snprintf(err->op, sizeof err->op, "worker.open");
		snprintf(err->code, sizeof err->code, "%s", cairn_code_text(code));
		snprintf(err->message, sizeof err->message, "%s", message);
	}
	return cairn_code_status(code);
}

static cairn_status check_numbers(const cairn_worker_opts *opts, cairn_error *err)
{
	const uint32_t flags = CAIRN_WORKER_IDLE_EXIT | CAIRN_WORKER_POLL_ONLY;
	if (opts->lease != 0 && (opts->lease < MIN_LEASE || opts->lease > MAX_LEASE))
		return cairn_worker__refuse(err, CAIRN_E_JOB_LEASE_DURATION,
					    cairn_code_message(CAIRN_E_JOB_LEASE_DURATION));
	if (opts->poll_min < 0 || opts->poll_max < 0 || opts->reap_interval < -1 ||
	    opts->drain < 0 || opts->grace < 0 || opts->promote_interval < -1 ||
	    opts->prune_interval < -1 || opts->schedule_interval < -1 ||
	    opts->owner_interval < -1 || opts->upkeep_interval < -1)
		return cairn_worker__refuse(err, CAIRN_E_ARG_INVALID,
					    "A duration must not be negative.");
	if (opts->concurrency > MAX_CONCURRENCY || (opts->flags & ~flags) != 0)
		return cairn_worker__refuse(
			err, CAIRN_E_ARG_INVALID,
			"A worker has at most 1000 threads and no unknown flags.");
	if (opts->ahead > MAX_AHEAD || opts->dispatchers > MAX_DISPATCHERS)
		return cairn_worker__refuse(
			err, CAIRN_E_ARG_INVALID,
			"A worker has at most 16 dispatchers and 1000 jobs ahead.");
	return CAIRN_OK;
}

cairn_status cairn_worker__check(const cairn_worker_opts *opts, cairn_error *err)
{
	if (opts->connect == NULL && (opts->driver == NULL || opts->url == NULL))
		return cairn_worker__refuse(
			err, CAIRN_E_ARG_INVALID,
			"A worker needs a driver and a URL, or a connect function.");
	if (opts->handlers == NULL || opts->handler_count == 0)
		return cairn_worker__refuse(err, CAIRN_E_ARG_INVALID, "A worker needs a handler.");
	for (size_t i = 0; i < opts->handler_count; i++) {
		const cairn_handler *handler = &opts->handlers[i];
		if (handler->run == NULL)
			return cairn_worker__refuse(err, CAIRN_E_ARG_INVALID,
						    "A handler needs a function.");
		if ((handler->reserved_[0] | handler->reserved_[1] | handler->reserved_[2] |
		     handler->reserved_[3]) != 0)
			return cairn_worker__refuse(err, CAIRN_E_ARG_RESERVED,
						    cairn_code_message(CAIRN_E_ARG_RESERVED));
	}
	return check_numbers(opts, err);
}

static cairn_usec span(cairn_usec given, cairn_usec otherwise)
{
	if (given == 0)
		return otherwise;
	return given < MAX_SPAN ? given : MAX_SPAN;
}

static void settle_spans(cairn_worker_opts *opts)
{
	opts->lease = span(opts->lease, CAIRN_LEASE_DEFAULT);
	opts->reap_interval = span(opts->reap_interval, opts->lease / 2);
	opts->poll_min = span(opts->poll_min, 50 * CAIRN_MILLISECOND);
	opts->poll_max = span(opts->poll_max, CAIRN_SECOND);
	if (opts->poll_max < opts->poll_min)
		opts->poll_max = opts->poll_min;
	opts->drain = span(opts->drain, 0);
	opts->grace = span(opts->grace, 10 * CAIRN_SECOND);
	opts->promote_interval = span(opts->promote_interval, CAIRN_SECOND);
	opts->prune_interval = span(opts->prune_interval, CAIRN_MINUTE);
	opts->schedule_interval = span(opts->schedule_interval, CAIRN_SECOND);
	opts->owner_interval = span(opts->owner_interval, 20 * CAIRN_SECOND);
	opts->upkeep_interval = span(opts->upkeep_interval, 30 * CAIRN_SECOND);
}

static void settle(struct cairn_worker *worker)
{
	cairn_worker_opts *opts = &worker->opts;
	settle_spans(opts);
	if (opts->concurrency == 0)
		opts->concurrency = 1;
	if (opts->dispatchers == 0)
		opts->dispatchers = 1;
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
	worker->opts.version = copy(from->version, &at, &total);
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

bool cairn_worker__options(struct cairn_worker *worker, const cairn_worker_opts *given)
{
	worker->opts = *given;
	settle(worker);
	worker->handlers = calloc(given->handler_count, sizeof *worker->handlers);
	worker->types = calloc(given->handler_count, sizeof *worker->types);
	if (worker->handlers == NULL || worker->types == NULL)
		return false;
	worker->texts = malloc(copy_texts(worker, given, NULL));
	if (worker->texts == NULL || !make_name(worker, given->name))
		return false;
	copy_texts(worker, given, worker->texts);
	return true;
}

void cairn_worker__options_free(struct cairn_worker *worker)
{
	free(worker->handlers);
	free(worker->types);
	free(worker->texts);
	free(worker->name);
}
