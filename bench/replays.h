/*
 * replays.h - one side of the comparisons of replay runs: cairn, or the hand-written limit. A side has one run at a
 * time; its steps are numbered, and each call is durable by itself.
 */
#ifndef BENCH_REPLAYS_H
#define BENCH_REPLAYS_H

#include <stdatomic.h>

#include "bench.h"

/* Steps that are read at once, by both. */
#define BENCH_PAGE    256
#define BENCH_SIGNALS 300

/* What two processes tell each other; times in milliseconds. */
struct bench_signals {
	atomic_int waiting; /* so many runs have waited; -1: the process is not there yet */
	atomic_int done;
	double began[BENCH_SIGNALS];	/* to send */
	double started[BENCH_SIGNALS];	/* its handler */
	double answered[BENCH_SIGNALS]; /* the handler has the payload */
};

typedef struct bench_replays {
	void (*reset)(const char *url);
	/* events: each end of a step has one. */
	void *(*open)(const char *url, int events);
	void (*close)(void *conn);
	/* A new run, with so many steps that are done. */
	void (*begin)(void *conn, size_t steps);
	/* n values in one call. */
	void (*record)(void *conn, size_t n);
	/* Begins a step, and completes it: two calls. */
	void (*step)(void *conn);
	/* The job's next attempt; then all steps in their order, page by page: how many there were. */
	void (*again)(void *conn);
	size_t (*replay)(void *conn);
	/* Charges a budget; reserves, then charges: two calls. */
	void (*charge)(void *conn);
	void (*reserve)(void *conn);
	/* Makes the i-th run, which waits for a signal; sends it. */
	void (*wait)(void *conn, struct bench_signals *shared, int i);
	void (*send)(void *conn);
	/* Works off all runs that wait. */
	void (*serve)(const char *url, struct bench_signals *shared);
} bench_replays;

extern const bench_replays bench_replays_cairn;
extern const bench_replays bench_replays_sqlite;
extern const bench_replays bench_replays_postgres;

/* Milliseconds of a clock that all processes have. */
double bench_clock(void);
void bench_pause(long nanoseconds);

/* Rows against the limit. (replays.c) */
void bench_replays_rows(const bench_replays *limit, const char *url, size_t repeat, int argc,
			char **argv);
/* From a send in one process to the run's next attempt in another. (signals.c) */
void bench_signals(const bench_replays *limit, const char *url, size_t repeat);

#endif
