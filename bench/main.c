/*
 * main.c - cairn against the limit, row by row, interleaved: A B, B A, A B …
 *
 *	bench URL [REPETITIONS [ROW…]]
 *
 * Prints for each row the medians in jobs per second and the ratio cairn/limit
 * as median with minimum and maximum over the pairs. The store at URL is emptied.
 * Rows "wake", "share", "graphs", "signal", "scale", "suspended" and "steady" are comparisons of
 * their own, the last three only when they are asked for: they take minutes.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "replays.h"
#include "threads.h"

#define MAX_CONNS 16

enum work { ENQUEUE, ENQUEUE_AUDIT, DRAIN, BEAT, LIFE, RUNTIME };

struct row {
	const char *name;
	enum work work;
	size_t n; /* jobs per connection */
	size_t batch;
	size_t conns; /* RUNTIME: processes */
	int postgres_only;
	struct bench_runtime runtime;
};

static const struct row rows[] = {
	{ "enqueue 1", ENQUEUE, 2000, 1, 1, 0, { 0 } },
	{ "enqueue 1, 4 connections", ENQUEUE, 1500, 1, 4, 1, { 0 } },
	{ "enqueue 1, 16 connections", ENQUEUE, 600, 1, 16, 1, { 0 } },
	{ "enqueue 100", ENQUEUE_AUDIT, 20000, 100, 1, 0, { 0 } },
	{ "enqueue 1000", ENQUEUE_AUDIT, 50000, 1000, 1, 0, { 0 } },
	{ "claim+finish 1", DRAIN, 1500, 1, 1, 0, { 0 } },
	{ "claim+finish 1, 4 connections", DRAIN, 1000, 1, 4, 1, { 0 } },
	{ "claim+finish 10", DRAIN, 8000, 10, 1, 0, { 0 } },
	{ "claim+finish 100", DRAIN, 30000, 100, 1, 0, { 0 } },
	{ "claim+finish 500", DRAIN, 50000, 500, 1, 0, { 0 } },
	{ "claim+finish 500, 4 connections", DRAIN, 20000, 500, 4, 1, { 0 } },
	{ "heartbeat 100", BEAT, 200, 100, 1, 0, { 0 } },
	{ "whole life 100, full audit", LIFE, 30000, 100, 1, 0, { 0 } },
	{ "runtime, 24 threads", RUNTIME, 20000, 24, 1, 0, { 24, 0, 0 } },
	{ "runtime, 24 threads, 100 ahead", RUNTIME, 20000, 24, 1, 0, { 24, 100, 0 } },
	{ "runtime, 500 ahead, 4 processes", RUNTIME, 20000, 24, 4, 1, { 24, 500, 0 } },
	{ "runtime, forgetting", RUNTIME, 50000, 24, 1, 1, { 24, 500, 1 } },
	{ "runtime, forgetting, 4 processes", RUNTIME, 25000, 24, 4, 1, { 24, 500, 1 } },
};

struct thread {
	const bench_side *side;
	const struct row *row;
	const char *url;
	void *conn;
	pthread_barrier_t *start;
	pthread_t id;
};

static void work(const bench_side *side, void *conn, const char *url, const struct row *row)
{
	size_t done = row->n;
	switch (row->work) {
	case ENQUEUE:
	case ENQUEUE_AUDIT:
		side->enqueue(conn, row->n, row->batch, row->work == ENQUEUE_AUDIT);
		break;
	case DRAIN:
		done = side->drain(conn, row->n, row->batch);
		break;
	case BEAT:
		side->beat(conn, row->n, row->batch);
		break;
	case RUNTIME:
		side->work(conn, url, row->n, &row->runtime);
		break;
	case LIFE:
		for (done = 0; done < row->n; done += row->batch) {
			side->enqueue(conn, row->batch, row->batch, 1);
			if (side->drain(conn, row->batch, row->batch) != row->batch)
				bench_die(side->name, "jobs are missing");
		}
		break;
	}
	/* with several connections one may find the queue empty a little before its share */
	if (done == 0 || (row->conns == 1 && done < row->n))
		bench_die(side->name, "jobs are missing");
}

/* Statements get prepared and caches warm on a few jobs that do not count. */
static void *open_warm(const bench_side *side, const char *url, const struct row *row)
{
	void *conn = side->open(url);
	side->enqueue(conn, 10 * row->batch, row->batch, 1);
	side->drain(conn, 10 * row->batch, row->batch);
	return conn;
}

static void *run_thread(void *arg)
{
	struct thread *thread = arg;
	pthread_barrier_wait(thread->start);
	work(thread->side, thread->conn, thread->url, thread->row);
	return NULL;
}

/* How long connections side by side need. */
static double run_threads(const bench_side *side, const struct row *row, const char *url)
{
	struct thread threads[MAX_CONNS];
	pthread_barrier_t start;
	pthread_barrier_init(&start, NULL, (unsigned)row->conns + 1);
	for (size_t i = 0; i < row->conns; i++)
		threads[i] =
			(struct thread){ side, row, url, open_warm(side, url, row), &start, 0 };
	if (row->work == DRAIN || row->work == RUNTIME)
		side->enqueue(threads[0].conn, row->n * row->conns, 1000, 1);
	if (row->work == BEAT)
		side->enqueue(threads[0].conn, row->batch, row->batch, 1);
	for (size_t i = 0; i < row->conns; i++)
		pthread_create(&threads[i].id, NULL, run_thread, &threads[i]);
	pthread_barrier_wait(&start);
	double began = bench_seconds();
	for (size_t i = 0; i < row->conns; i++)
		pthread_join(threads[i].id, NULL);
	double took = bench_seconds() - began;
	for (size_t i = 0; i < row->conns; i++)
		side->close(threads[i].conn);
	pthread_barrier_destroy(&start);
	return took;
}

/* How long processes side by side need, their connecting included. */
static double run_processes(const bench_side *side, const struct row *row, const char *url)
{
	pid_t pids[MAX_CONNS];
	void *conn = open_warm(side, url, row);
	side->enqueue(conn, row->n * row->conns, 1000, 1);
	side->close(conn);
	double began = bench_seconds();
	for (size_t i = 0; i < row->conns; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			work(side, side->open(url), url, row);
			_exit(0);
		}
	}
	for (size_t i = 0; i < row->conns; i++) {
		int status = 0;
		if (waitpid(pids[i], &status, 0) != pids[i] || status != 0)
			bench_die(side->name, "a process has failed");
	}
	return bench_seconds() - began;
}

/* One run of one side: an empty store, filled if there is to be drained; jobs per second. */
static double measure(const bench_side *side, const struct row *row, const char *url)
{
	side->reset(url, row->runtime.forget);
	int processes = row->work == RUNTIME && row->conns > 1;
	double took = processes ? run_processes(side, row, url) : run_threads(side, row, url);
	size_t per_call = row->work == BEAT ? row->batch : 1;
	return (double)(row->n * row->conns * per_call) / took;
}

static void compare(const struct row *row, const bench_side *limit, const char *url, size_t repeat)
{
	struct bench_pair pairs[BENCH_REPEAT];
	fflush(stdout);
	for (size_t i = 0; i < repeat; i++) {
		int first = i % 2 == 0;
		if (first)
			pairs[i].ours = measure(&bench_cairn, row, url);
		pairs[i].theirs = measure(limit, row, url);
		if (!first)
			pairs[i].ours = measure(&bench_cairn, row, url);
	}
	bench_print(row->name, 0, pairs, repeat);
}

static int asked(const char *name, int argc, char **argv)
{
	for (int i = 3; i < argc; i++) {
		if (strstr(name, argv[i]) != NULL)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: bench URL [REPETITIONS [ROW...]]\n");
		return 2;
	}
	const char *url = argv[1];
	size_t repeat = argc > 2 ? strtoul(argv[2], NULL, 10) : 5;
	if (repeat < 1 || repeat > BENCH_REPEAT)
		bench_die("repetitions", "1 to 51");
	int all = argc < 4;
	int sqlite = strncmp(url, "sqlite:", 7) == 0;
	const bench_side *limit = &bench_limit_sqlite;
	const bench_threads *threads = &bench_threads_sqlite;
	const bench_replays *replays = &bench_replays_sqlite;
#ifdef CAIRN_WITH_POSTGRES
	if (!sqlite) {
		limit = &bench_limit_postgres;
		threads = &bench_threads_postgres;
		replays = &bench_replays_postgres;
	}
#endif
	bench_title(sqlite ? "SQLite, durable" : "Postgres, durable", "cairn/s", "limit/s");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if ((all || asked(rows[i].name, argc, argv)) && !(sqlite && rows[i].postgres_only))
			compare(&rows[i], limit, url, repeat);
	}
	if (all || asked("wake", argc, argv))
		bench_wake(limit, url, repeat);
	if (all || asked("share", argc, argv))
		bench_share(limit, url, repeat);
	if (all || asked("graphs", argc, argv))
		bench_graphs(url, repeat);
	const bench_choice choice = { argc, argv, all || asked("checkpoints", argc, argv) };
	bench_threads_rows(threads, url, repeat, &choice);
	bench_replays_rows(replays, url, repeat, argc, argv);
	if (all || asked("signal", argc, argv))
		bench_signals(replays, url, repeat);
	if (asked("suspended", argc, argv))
		bench_suspended(url, repeat);
	if (asked("scale", argc, argv)) {
		bench_scale(url, repeat);
		bench_threads_scale(url);
	}
	if (asked("steady", argc, argv))
		bench_steady(url);
	return 0;
}
