/*
 * share.c - threads of one process that each enqueue one job and wait until it is durable: through
 * cairn's shared writer; through a hand-written one, which merges callers into one commit in the
 * same way; and with a connection behind a mutex.
 */
#include <pthread.h>
#include <stdio.h>

#include "bench.h"

#define THREADS 64

/* Whoever finds the connection free sends for all who wait. */
struct merger {
	pthread_mutex_t lock;
	pthread_cond_t done;
	const bench_side *side;
	void *conn;
	size_t waiting;
	int busy;
	int merges; /* else one caller at a time */
	unsigned long gathering;
	unsigned long sent; /* all rounds below */
	void *writer;	    /* cairn's; then nothing above */
};

struct caller {
	struct merger *merger;
	pthread_barrier_t *start;
	pthread_t id;
	size_t calls;
};

static void send_round(struct merger *merger)
{
	size_t n = merger->waiting;
	unsigned long round = merger->gathering++;
	merger->waiting = 0;
	merger->busy = 1;
	pthread_mutex_unlock(&merger->lock);
	merger->side->enqueue(merger->conn, n, n, 1);
	pthread_mutex_lock(&merger->lock);
	merger->busy = 0;
	merger->sent = round + 1;
	pthread_cond_broadcast(&merger->done);
}

static void merged_call(struct merger *merger)
{
	pthread_mutex_lock(&merger->lock);
	unsigned long round = merger->gathering;
	merger->waiting++;
	while (merger->sent <= round) {
		if (merger->busy)
			pthread_cond_wait(&merger->done, &merger->lock);
		else
			send_round(merger);
	}
	pthread_mutex_unlock(&merger->lock);
}

static void call(struct merger *merger)
{
	if (merger->writer != NULL) {
		bench_cairn_write(merger->writer);
	} else if (merger->merges) {
		merged_call(merger);
	} else {
		pthread_mutex_lock(&merger->lock);
		merger->side->enqueue(merger->conn, 1, 1, 1);
		pthread_mutex_unlock(&merger->lock);
	}
}

static void *run(void *arg)
{
	struct caller *caller = arg;
	pthread_barrier_wait(caller->start);
	for (size_t i = 0; i < caller->calls; i++)
		call(caller->merger);
	return NULL;
}

static double rate(struct merger *merger, size_t threads, size_t calls)
{
	struct caller callers[THREADS];
	pthread_barrier_t start;
	pthread_mutex_init(&merger->lock, NULL);
	pthread_cond_init(&merger->done, NULL);
	pthread_barrier_init(&start, NULL, (unsigned)threads + 1);
	for (size_t i = 0; i < threads; i++) {
		callers[i] = (struct caller){ merger, &start, 0, calls };
		pthread_create(&callers[i].id, NULL, run, &callers[i]);
	}
	pthread_barrier_wait(&start);
	double began = bench_seconds();
	for (size_t i = 0; i < threads; i++)
		pthread_join(callers[i].id, NULL);
	double took = bench_seconds() - began;
	pthread_barrier_destroy(&start);
	return (double)(threads * calls) / took;
}

static double rate_of_cairn(const char *url, size_t threads, size_t calls)
{
	bench_cairn.reset(url, 0);
	struct merger merger = { .writer = bench_cairn_writer(url) };
	double result = rate(&merger, threads, calls);
	bench_cairn_writer_close(merger.writer);
	return result;
}

static double rate_of_limit(const bench_side *limit, const char *url, size_t threads, size_t calls,
			    int merges)
{
	limit->reset(url, 0);
	struct merger merger = { .side = limit, .conn = limit->open(url), .merges = merges };
	double result = rate(&merger, threads, calls);
	limit->close(merger.conn);
	return result;
}

static void compare(const bench_side *limit, const char *url, size_t repeat, size_t threads,
		    int merges)
{
	struct bench_pair pairs[BENCH_REPEAT];
	char row[64];
	size_t calls = threads == 1 ? 1500 : 24000 / threads;
	size_t alone = merges ? calls : 1500 / threads;
	for (size_t i = 0; i < repeat; i++) {
		if (i % 2 == 0)
			pairs[i].ours = rate_of_cairn(url, threads, calls);
		pairs[i].theirs = rate_of_limit(limit, url, threads, alone, merges);
		if (i % 2 == 1)
			pairs[i].ours = rate_of_cairn(url, threads, calls);
	}
	snprintf(row, sizeof row, "%zu thread%s%s", threads, threads == 1 ? "" : "s",
		 merges ? "" : ", against a mutex");
	bench_print(row, 0, pairs, repeat);
}

void bench_share(const bench_side *limit, const char *url, size_t repeat)
{
	static const size_t threads[] = { 1, 4, 16, 64 };
	bench_title("shared writer, enqueue 1", "cairn/s", "limit/s");
	for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++)
		compare(limit, url, repeat, threads[i], 1);
	compare(limit, url, repeat, THREADS, 0);
}
