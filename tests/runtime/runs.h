/* runs.h - a worker on a thread of its own, and the jobs that it is given. */
#ifndef TESTS_RUNTIME_RUNS_H
#define TESTS_RUNTIME_RUNS_H

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "stores.h"

/* ---- a worker on a thread of its own ----------------------------------------------- */

struct run {
	cairn_worker *worker;
	pthread_t thread;
	cairn_status status;
	cairn_error err;
	cairn_handler handler;
	cairn_worker_opts opts;
};

static inline void *run_worker(void *arg)
{
	struct run *run = arg;
	run->status = cairn_worker_run(run->worker, &run->err);
	return NULL;
}

static inline void prepare(struct run *run, const store *one, cairn_handler_fn *handler, void *user)
{
	*run = (struct run){ .err = CAIRN_ERROR_INIT };
	run->handler = (cairn_handler){ .run = handler, .user = user };
	run->opts = (cairn_worker_opts){ .size = sizeof run->opts,
					 .driver = one->driver,
					 .url = one->url,
					 .handlers = &run->handler,
					 .handler_count = 1,
					 .lease = 2 * CAIRN_SECOND,
					 .grace = 300 * CAIRN_MILLISECOND,
					 .poll_max = 100 * CAIRN_MILLISECOND,
					 .concurrency = 4 };
}

static inline void start(struct run *run)
{
	must(cairn_worker_open(&run->worker, &run->opts, &run->err), &run->err, "open");
	pthread_create(&run->thread, NULL, run_worker, run);
}

static inline cairn_worker_counts end(struct run *run, enum cairn_stop how)
{
	cairn_worker_counts counts = { .size = sizeof counts };
	if (how != 0)
		cairn_worker_stop(run->worker, how);
	pthread_join(run->thread, NULL);
	cairn_worker_count(run->worker, &counts);
	cairn_worker_close(run->worker);
	return counts;
}

static inline cairn_worker_counts drain(struct run *run)
{
	run->opts.flags |= CAIRN_WORKER_IDLE_EXIT;
	start(run);
	return end(run, 0);
}

/* How often succeed, the plainest handler, has run. */
static atomic_int runs;

static inline enum cairn_finish_how succeed(void *user, cairn_context *context)
{
	(void)user;
	(void)context;
	atomic_fetch_add(&runs, 1);
	return CAIRN_FINISH_SUCCESS;
}

static inline void nap(long milliseconds)
{
	nanosleep(&(struct timespec){ .tv_sec = milliseconds / 1000,
				      .tv_nsec = milliseconds % 1000 * 1000000 },
		  NULL);
}

static inline bool soon(atomic_int *what, int wanted)
{
	for (int i = 0; i < 1000 && atomic_load(what) < wanted; i++)
		nap(10);
	return atomic_load(what) >= wanted;
}

/* ---- jobs ------------------------------------------------------------------------------ */

static inline cairn_id add(store *one, const char *type, size_t n)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_added added = { 0 };
	for (size_t i = 0; i < n; i++) {
		cairn_job_new job = { .type = cairn_str_of(type) };
		must(cairn_job_enqueue(one->conn, &job, 1, &added, &err), &err, "enqueue");
	}
	return added.id;
}

static inline void define(store *one, const char *type, cairn_usec timeout)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_definition definition = { .type = cairn_str_of(type), .timeout = timeout };
	definition.retry.base = CAIRN_HOUR;
	must(cairn_job_define(one->conn, &definition, 1, &err), &err, "define");
}

static inline cairn_jobs *get(store *one, cairn_id id)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_jobs *jobs = NULL;
	must(cairn_job_get(one->conn, cairn_any(), id, &jobs, &err), &err, "get");
	return jobs;
}

static inline size_t count(store *one, const char *type, uint32_t statuses)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_filter filter = { .size = sizeof filter,
				    .scope = cairn_any(),
				    .type = cairn_str_of(type),
				    .statuses = statuses,
				    .limit = 1000 };
	cairn_jobs *jobs = NULL;
	must(cairn_job_list(one->conn, &filter, &jobs, &err), &err, "list");
	size_t n = jobs->count;
	cairn_free(jobs);
	return n;
}

static inline bool is(cairn_str text, const char *want)
{
	return text.len == strlen(want) && (text.len == 0 || memcmp(text.ptr, want, text.len) == 0);
}

#endif
