/* cairn.c - the same work through the library. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cairn/cairn.h>
#ifdef CAIRN_WITH_POSTGRES
#include <cairn/postgres.h>
#endif
#include <cairn/sqlite.h>
#include <cairn/writer.h>

#include "bench.h"
#include "ours.h"

struct side {
	char url[1200];
	cairn_conn *conn;
	cairn_job_new *jobs;
	cairn_job_added *added;
	cairn_finish *items;
	cairn_changed *each;
	cairn_lease *leases;
	cairn_jobs *claimed;
	size_t cap;
};

static const cairn_driver *const linked[] = {
	&cairn_sqlite,
#ifdef CAIRN_WITH_POSTGRES
	&cairn_postgres,
#endif
};

void bench_must(cairn_status status, const cairn_error *err)
{
	if (status != CAIRN_OK) {
		char why[900];
		snprintf(why, sizeof why, "%s: %s (%s)", err->code, err->message, err->detail);
		bench_die(err->op, why);
	}
}

cairn_conn *bench_connect(const char *url, int audit)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn;
	cairn_conn_opts opts = { .size = sizeof opts, .lock_timeout = CAIRN_MINUTE };
	opts.events = audit ? CAIRN_EVENTS_FULL : CAIRN_EVENTS_NONE;
	bench_must(
		cairn_open_any(&conn, linked, sizeof linked / sizeof linked[0], url, &opts, &err),
		&err);
	return conn;
}

static void side_reset(const char *url, int forget)
{
	cairn_error err = CAIRN_ERROR_INIT;
	if (strncmp(url, "sqlite:", 7) == 0) {
		char side[600];
		unlink(url + 7);
		snprintf(side, sizeof side, "%s-wal", url + 7);
		unlink(side);
		snprintf(side, sizeof side, "%s-shm", url + 7);
		unlink(side);
	}
	cairn_conn *conn = bench_connect(url, 1);
	cairn_migrate_opts down = { .size = sizeof down, .target = -1 };
	bench_must(cairn_migrate_up(conn, NULL, NULL, &err), &err);
	bench_must(cairn_migrate_down(conn, &down, NULL, &err), &err);
	bench_must(cairn_migrate_up(conn, NULL, NULL, &err), &err);
	cairn_definition type = { .type = CAIRN_STR("bench") };
	type.retention = forget ? CAIRN_RETAIN_NONE : 0;
	bench_must(cairn_job_define(conn, &type, 1, &err), &err);
	cairn_close(conn);
}

static void *side_open(const char *url)
{
	struct side *side = calloc(1, sizeof *side);
	side->conn = bench_connect(url, 1);
	snprintf(side->url, sizeof side->url, "%s", url);
	return side;
}

static void side_close(void *conn)
{
	struct side *side = conn;
	cairn_free(side->claimed);
	cairn_close(side->conn);
	free(side->jobs);
	free(side->added);
	free(side->items);
	free(side->each);
	free(side->leases);
	free(side);
}

static void room(struct side *side, size_t n)
{
	if (side->cap >= n)
		return;
	side->jobs = realloc(side->jobs, n * sizeof *side->jobs);
	side->added = realloc(side->added, n * sizeof *side->added);
	side->items = realloc(side->items, n * sizeof *side->items);
	side->each = realloc(side->each, n * sizeof *side->each);
	side->leases = realloc(side->leases, n * sizeof *side->leases);
	side->cap = n;
}

static void enqueue(struct side *side, size_t n, size_t batch, const cairn_job_new *like)
{
	cairn_error err = CAIRN_ERROR_INIT;
	room(side, batch);
	for (size_t i = 0; i < batch; i++)
		side->jobs[i] = *like;
	for (size_t done = 0; done < n; done += batch)
		bench_must(cairn_job_enqueue(side->conn, side->jobs,
					     n - done < batch ? n - done : batch, side->added,
					     &err),
			   &err);
}

static const cairn_job_new one_job = { .type = { "bench", 5 },
				       .payload = { BENCH_PAYLOAD, sizeof BENCH_PAYLOAD - 1 } };

static void side_enqueue(void *conn, size_t n, size_t batch, int audit)
{
	(void)audit; /* cairn always keeps its audit here */
	enqueue(conn, n, batch, &one_job);
}

void bench_cairn_fill(void *conn, size_t n, const char *queue, int64_t delay)
{
	cairn_job_new job = one_job;
	job.queue = cairn_str_of(queue);
	if (delay != 0)
		job.run_at = (cairn_time)time(NULL) * CAIRN_SECOND + delay;
	enqueue(conn, n, 1000, &job);
}

static size_t claim(struct side *side, size_t batch, cairn_str queue)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_claim_opts opts = { .size = sizeof opts,
				  .worker = CAIRN_STR("bench"),
				  .queue = queue,
				  .limit = (uint32_t)batch };
	bench_must(cairn_job_claim(side->conn, &opts, &side->claimed, &err), &err);
	return side->claimed->count;
}

static size_t drain(struct side *side, size_t n, size_t batch, cairn_str queue)
{
	cairn_error err = CAIRN_ERROR_INIT;
	size_t done = 0;
	room(side, batch);
	while (done < n) {
		size_t got = claim(side, batch, queue);
		if (got == 0)
			break;
		memset(side->items, 0, got * sizeof *side->items);
		for (size_t i = 0; i < got; i++) {
			side->items[i].lease = cairn_job_lease(&side->claimed->at[i]);
			side->items[i].how = CAIRN_FINISH_SUCCESS;
		}
		bench_must(cairn_job_finish(side->conn, side->items, got, side->each, &err), &err);
		done += got;
	}
	return done;
}

static size_t side_drain(void *conn, size_t n, size_t batch)
{
	return drain(conn, n, batch, (cairn_str){ NULL, 0 });
}

size_t bench_cairn_take(void *conn, size_t n, size_t batch, const char *queue)
{
	return drain(conn, n, batch, cairn_str_of(queue));
}

static void side_beat(void *conn, size_t n, size_t batch)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	room(side, batch);
	size_t got = claim(side, batch, (cairn_str){ NULL, 0 });
	for (size_t i = 0; i < got; i++)
		side->leases[i] = cairn_job_lease(&side->claimed->at[i]);
	for (size_t k = 0; k < n; k++)
		bench_must(cairn_job_heartbeat(side->conn, side->leases, got, 0, side->each, &err),
			   &err);
}

static enum cairn_finish_how handle(void *user, cairn_context *context)
{
	(void)user;
	(void)context;
	return CAIRN_FINISH_SUCCESS;
}

static void side_work(void *conn, const char *url, size_t n, const struct bench_runtime *runtime)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_worker *worker;
	(void)conn;
	const cairn_handler handler = { .run = handle };
	cairn_worker_opts opts = {
		.size = sizeof opts,
		.driver = linked[strncmp(url, "sqlite:", 7) == 0 ? 0 : 1],
		.url = url,
		.handlers = &handler,
		.handler_count = 1,
		.max_jobs = n,
		.concurrency = (uint32_t)runtime->threads,
		.ahead = (uint32_t)runtime->ahead,
		.dispatchers = getenv("BENCH_DISPATCHERS") != NULL
				       ? (uint32_t)strtoul(getenv("BENCH_DISPATCHERS"), NULL, 10)
				       : 1,
	};
	const cairn_conn_opts quiet = { .size = sizeof quiet, .events = CAIRN_EVENTS_NONE };
	if (runtime->forget)
		opts.conn = &quiet;
	bench_must(cairn_worker_open(&worker, &opts, &err), &err);
	bench_must(cairn_worker_run(worker, &err), &err);
	cairn_worker_counts counts = { .size = sizeof counts };
	cairn_worker_count(worker, &counts);
	if (counts.finished[CAIRN_FINISH_SUCCESS] != n)
		bench_die("runtime", "jobs are missing");
	if (getenv("BENCH_COUNTS") != NULL)
		fprintf(stderr, "# %zu jobs in %llu turns\n", n, (unsigned long long)counts.turns);
	cairn_worker_close(worker);
}

static void side_post(void *conn)
{
	side_enqueue(conn, 1, 1, 1);
}

static void side_await(void *conn)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_wait_opts opts = { .size = sizeof opts, .timeout = 10 * CAIRN_SECOND };
	int ready = 0;
	bench_must(cairn_job_wait(side->conn, &opts, &ready, &err), &err);
}

/* ---- the shared writer ---- */

void *bench_cairn_writer(const char *url)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_writer *writer;
	cairn_writer_opts opts = {
		.size = sizeof opts,
		.driver = linked[strncmp(url, "sqlite:", 7) == 0 ? 0 : 1],
		.url = url,
	};
	bench_must(cairn_writer_open(&writer, &opts, &err), &err);
	return writer;
}

void bench_cairn_write(void *writer)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_added added;
	bench_must(cairn_writer_enqueue(writer, &one_job, 1, &added, &err), &err);
}

void bench_cairn_writer_close(void *writer)
{
	cairn_writer_close(writer);
}

const bench_side bench_cairn = {
	.name = "cairn",
	.reset = side_reset,
	.open = side_open,
	.close = side_close,
	.enqueue = side_enqueue,
	.drain = side_drain,
	.beat = side_beat,
	.work = side_work,
	.post = side_post,
	.await = side_await,
};
