/*
 * fault.c - a worker whose database fails on one call or on many, with each class of error: no job is
 * lost, none runs twice at once, and the worker neither hangs nor ends unless no time heals the error.
 */
#include "faulty.h"

#include <pthread.h>

enum { JOBS = 24, PATIENCE = 30 };

static struct {
	cairn_id ids[JOBS];
	atomic_int running[JOBS];
	atomic_int runs[JOBS];
	atomic_int doubled; /* two handlers at once for one job */
	int nap;	    /* microseconds in a handler */
} seen;

static size_t index_of(cairn_id id)
{
	for (size_t i = 0; i < JOBS; i++) {
		if (cairn_id_compare(seen.ids[i], id) == 0)
			return i;
	}
	return 0;
}

static enum cairn_finish_how handle(void *user, cairn_context *context)
{
	(void)user;
	size_t i = index_of(cairn_context_job(context)->id);
	if (atomic_fetch_add(&seen.running[i], 1) > 0)
		atomic_fetch_add(&seen.doubled, 1);
	atomic_fetch_add(&seen.runs[i], 1);
	cairn_context_log(context, CAIRN_LOG_INFO, CAIRN_STR("here"), (cairn_str){ NULL, 0 });
	cairn_context_progress(context, 1, 2);
	wait_for(seen.nap);
	atomic_fetch_sub(&seen.running[i], 1);
	return CAIRN_FINISH_SUCCESS;
}

static void enqueue(store *one)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_new jobs[JOBS];
	cairn_job_added added[JOBS];
	memset(jobs, 0, sizeof jobs);
	for (size_t i = 0; i < JOBS; i++)
		jobs[i] = (cairn_job_new){ .type = CAIRN_STR("t"), .max_attempts = 1000 };
	must(cairn_job_enqueue(one->conn, jobs, JOBS, added, &err), &err, "enqueue");
	for (size_t i = 0; i < JOBS; i++) {
		seen.ids[i] = added[i].id;
		atomic_store(&seen.running[i], 0);
		atomic_store(&seen.runs[i], 0);
	}
}

/* How many of this round's jobs have succeeded. */
static size_t succeeded(store *one)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_filter filter = { .size = sizeof filter,
				    .scope = cairn_any(),
				    .statuses = 1u << CAIRN_JOB_SUCCEEDED,
				    .limit = 1000 };
	cairn_jobs *jobs = NULL;
	size_t n = 0;
	must(cairn_job_list(one->conn, &filter, &jobs, &err), &err, "list");
	for (size_t i = 0; i < jobs->count; i++) {
		for (size_t k = 0; k < JOBS; k++)
			n += cairn_id_compare(jobs->at[i].id, seen.ids[k]) == 0;
	}
	cairn_free(jobs);
	return n;
}

static const cairn_handler handler = { .type = { "t", 1 }, .run = handle };

static cairn_worker_opts options(const store *one)
{
	return (cairn_worker_opts){
		.size = sizeof(cairn_worker_opts),
		.driver = wrapped(one->driver),
		.url = one->url,
		.handlers = &handler,
		.handler_count = 1,
		.lease = 300 * CAIRN_MILLISECOND,
		.reap_interval = 50 * CAIRN_MILLISECOND,
		.poll_max = 50 * CAIRN_MILLISECOND,
		.concurrency = 4,
	};
}

struct run {
	cairn_worker *worker;
	cairn_status status;
	cairn_error err;
};

static void *run(void *arg)
{
	struct run *one = arg;
	one->status = cairn_worker_run(one->worker, &one->err);
	return NULL;
}

/* Runs a worker until all jobs have succeeded; answers whether they did, and it ended well. */
static bool drain(store *one, const cairn_worker_opts *opts)
{
	struct run mine = { .err = CAIRN_ERROR_INIT };
	pthread_t thread;
	must(cairn_worker_open(&mine.worker, opts, &mine.err), &mine.err, "open");
	pthread_create(&thread, NULL, run, &mine);
	size_t n = 0;
	for (int i = 0; i < PATIENCE * 100 && n < JOBS; i++) {
		n = succeeded(one);
		wait_for(n < JOBS ? 10000 : 0);
	}
	cairn_worker_stop(mine.worker, CAIRN_STOP_SOFT);
	pthread_join(thread, NULL);
	if (n < JOBS || mine.status != CAIRN_OK)
		printf("# %zu of %d, %s: %s\n", n, JOBS, mine.err.code, mine.err.message);
	cairn_worker_close(mine.worker);
	return n == JOBS && mine.status == CAIRN_OK;
}

static const struct {
	enum fault kind;
	const char *name;
} kinds[] = {
	{ FAULT_BUSY, "busy" },
	{ FAULT_TIMEOUT, "timeout" },
	{ FAULT_UNAVAILABLE, "unavailable" },
	{ FAULT_NOMEM, "no memory" },
	{ FAULT_UNCERTAIN_DONE, "uncertain, and done" },
	{ FAULT_UNCERTAIN_LOST, "uncertain, and lost" },
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- one call fails ------------------------------------------------------------------ */

static void each_call(store *one, const char *what, const cairn_worker_opts *opts, int calls)
{
	for (size_t kind = 0; kind < KINDS; kind++) {
		bool fine = true;
		atomic_store(&seen.doubled, 0);
		for (int at = 1; at <= calls && fine; at++) {
			fail_never();
			enqueue(one);
			atomic_store(&faulty.kind, (int)kinds[kind].kind);
			atomic_store(&faulty.fail_for, 1);
			atomic_store(&faulty.fail_at, at);
			fine = drain(one, opts);
		}
		ok(fine, "%s, %s: each of the first calls %s, nothing is lost", one->name, what,
		   kinds[kind].name);
		is_int(atomic_load(&seen.doubled), 0, "and nothing runs twice at once");
	}
}

/* ---- many fail ------------------------------------------------------------------------ */

static void storm(store *one, const cairn_worker_opts *opts, int every)
{
	for (size_t kind = 0; kind < KINDS; kind++) {
		fail_never();
		enqueue(one);
		atomic_store(&seen.doubled, 0);
		atomic_store(&faulty.kind, (int)kinds[kind].kind);
		atomic_store(&faulty.beats_fail, 1);
		atomic_store(&faulty.every, every);
		ok(drain(one, opts), "%s: every third call %s", one->name, kinds[kind].name);
		is_int(atomic_load(&seen.doubled), 0, "nothing runs twice at once");
	}
}

/* ---- a slow turn ----------------------------------------------------------------------- */

static void slow_turns(store *one)
{
	cairn_worker_opts opts = options(one);
	fail_never();
	enqueue(one);
	seen.nap = 150 * 1000;
	opts.concurrency = JOBS;
	atomic_store(&faulty.change_pause, 700 * 1000);
	ok(drain(one, &opts), "%s: turns twice as long as a lease", one->name);
	int runs = 0;
	for (size_t i = 0; i < JOBS; i++)
		runs += atomic_load(&seen.runs[i]);
	is_int(runs, JOBS, "cost no lease: each job ran once");
	seen.nap = 0;
	fail_never();
}

/* ---- what time does not heal --------------------------------------------------------------- */

static void hopeless(store *one)
{
	cairn_worker_opts opts = options(one);
	struct run mine = { .err = CAIRN_ERROR_INIT };
	fail_never();
	enqueue(one);
	atomic_store(&faulty.kind, FAULT_SCHEMA);
	atomic_store(&faulty.fail_for, 1000);
	atomic_store(&faulty.fail_at, 3);
	must(cairn_worker_open(&mine.worker, &opts, &mine.err), &mine.err, "open");
	run(&mine);
	is_int(mine.status, CAIRN_SCHEMA, "an error that no time heals ends the worker");
	cairn_worker_close(mine.worker);
	fail_never();
	ok(drain(one, &opts), "the next one finishes what was left");
}

static void on_store(store *one)
{
	bool memory = strcmp(one->name, "memory") == 0;
	cairn_worker_opts plain = options(one);
	cairn_worker_opts rich = options(one);
	rich.ahead = 8;
	rich.dispatchers = 2;
	if (memory) {
		each_call(one, "one at a time", &plain, 6);
		each_call(one, "with jobs ahead", &rich, 6);
		hopeless(one);
	}
	storm(one, &plain, 3);
	storm(one, &rich, 3);
	slow_turns(one);
}

int main(void)
{
	alarm(400);
	each_store("t", on_store);
	return tap_done();
}
