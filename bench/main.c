/*
 * main.c - cairn against the limit, row by row, interleaved: A B, B A, A B …
 *
 *	bench URL [REPETITIONS [ROW…]]
 *
 * Prints for each row the medians in jobs per second and the ratio cairn/limit
 * as median with minimum and maximum over the pairs. The store at URL is emptied.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

#define MAX_CONNS  16
#define MAX_REPEAT 51

enum work { ENQUEUE, ENQUEUE_AUDIT, DRAIN, BEAT, LIFE, RUNTIME };

struct row {
	const char *name;
	enum work work;
	size_t n; /* jobs per connection */
	size_t batch;
	size_t conns;
	int postgres_only;
	size_t ahead; /* of a runtime, whose threads are the batch */
};

static const struct row rows[] = {
	{ "enqueue 1", ENQUEUE, 2000, 1, 1, 0, 0 },
	{ "enqueue 1, 4 connections", ENQUEUE, 1500, 1, 4, 1, 0 },
	{ "enqueue 1, 16 connections", ENQUEUE, 600, 1, 16, 1, 0 },
	{ "enqueue 100", ENQUEUE_AUDIT, 20000, 100, 1, 0, 0 },
	{ "enqueue 1000", ENQUEUE_AUDIT, 50000, 1000, 1, 0, 0 },
	{ "claim+finish 1", DRAIN, 1500, 1, 1, 0, 0 },
	{ "claim+finish 1, 4 connections", DRAIN, 1000, 1, 4, 1, 0 },
	{ "claim+finish 10", DRAIN, 8000, 10, 1, 0, 0 },
	{ "claim+finish 100", DRAIN, 30000, 100, 1, 0, 0 },
	{ "claim+finish 500", DRAIN, 50000, 500, 1, 0, 0 },
	{ "claim+finish 500, 4 connections", DRAIN, 20000, 500, 4, 1, 0 },
	{ "heartbeat 100", BEAT, 200, 100, 1, 0, 0 },
	{ "whole life 100, full audit", LIFE, 30000, 100, 1, 0, 0 },
	{ "runtime, 24 threads", RUNTIME, 20000, 24, 1, 0, 0 },
	{ "runtime, 24 threads, 100 ahead", RUNTIME, 20000, 24, 1, 0, 100 },
};

_Noreturn void bench_die(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

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
		side->work(conn, url, row->n, row->batch, row->ahead);
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

static void *run_thread(void *arg)
{
	struct thread *thread = arg;
	pthread_barrier_wait(thread->start);
	work(thread->side, thread->conn, thread->url, thread->row);
	return NULL;
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One run of one side: an empty store, filled if there is to be drained; jobs per second. */
static double measure(const bench_side *side, const struct row *row, const char *url)
{
	struct thread threads[MAX_CONNS];
	pthread_barrier_t start;
	side->reset(url);
	pthread_barrier_init(&start, NULL, (unsigned)row->conns + 1);
	for (size_t i = 0; i < row->conns; i++) {
		threads[i] = (struct thread){ side, row, url, side->open(url), &start, 0 };
		/* statements get prepared and caches warm on a few jobs that do not count */
		side->enqueue(threads[i].conn, 10 * row->batch, row->batch, 1);
		side->drain(threads[i].conn, 10 * row->batch, row->batch);
	}
	if (row->work == DRAIN || row->work == RUNTIME)
		side->enqueue(threads[0].conn, row->n * row->conns, 1000, 1);
	if (row->work == BEAT)
		side->enqueue(threads[0].conn, row->batch, row->batch, 1);
	for (size_t i = 0; i < row->conns; i++)
		pthread_create(&threads[i].id, NULL, run_thread, &threads[i]);
	pthread_barrier_wait(&start);
	double began = seconds();
	for (size_t i = 0; i < row->conns; i++)
		pthread_join(threads[i].id, NULL);
	double took = seconds() - began;
	for (size_t i = 0; i < row->conns; i++)
		side->close(threads[i].conn);
	pthread_barrier_destroy(&start);
	size_t per_call = row->work == BEAT ? row->batch : 1;
	return (double)(row->n * row->conns * per_call) / took;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof *values, by_value);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void compare(const struct row *row, const bench_side *limit, const char *url, size_t repeat)
{
	double ours[MAX_REPEAT];
	double theirs[MAX_REPEAT];
	double ratios[MAX_REPEAT];
	for (size_t i = 0; i < repeat; i++) {
		int first = i % 2 == 0;
		if (first)
			ours[i] = measure(&bench_cairn, row, url);
		theirs[i] = measure(limit, row, url);
		if (!first)
			ours[i] = measure(&bench_cairn, row, url);
		ratios[i] = ours[i] / theirs[i];
	}
	double mid = median(ratios, repeat);
	printf("%-34s %10.0f %10.0f    %.2f  (%.2f - %.2f)\n", row->name, median(ours, repeat),
	       median(theirs, repeat), mid, ratios[0], ratios[repeat - 1]);
	fflush(stdout);
}

static int chosen(const struct row *row, int argc, char **argv)
{
	if (argc < 4)
		return 1;
	for (int i = 3; i < argc; i++) {
		if (strstr(row->name, argv[i]) != NULL)
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
	size_t repeat = argc > 2 ? strtoul(argv[2], NULL, 10) : 5;
	if (repeat < 1 || repeat > MAX_REPEAT)
		bench_die("repetitions", "1 to 51");
	int sqlite = strncmp(argv[1], "sqlite:", 7) == 0;
	const bench_side *limit = &bench_limit_sqlite;
#ifdef CAIRN_WITH_POSTGRES
	if (!sqlite)
		limit = &bench_limit_postgres;
#endif
	printf("%-34s %10s %10s    %s\n", sqlite ? "SQLite, durable" : "Postgres, durable",
	       "cairn/s", "limit/s", "ratio (min - max)");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (chosen(&rows[i], argc, argv) && !(sqlite && rows[i].postgres_only))
			compare(&rows[i], limit, argv[1], repeat);
	}
	static const struct row wake = { .name = "wake" };
	if (chosen(&wake, argc, argv))
		bench_wake(limit, argv[1], repeat);
	return 0;
}
