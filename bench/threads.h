/*
 * threads.h - one side of the comparisons of the checkpoints family: cairn, or the hand-written limit.
 * Everything is one tenant's; there is one thread, and each call is durable by itself.
 */
#ifndef BENCH_THREADS_H
#define BENCH_THREADS_H

#include <stddef.h>

#include "bench.h"

#define BENCH_TENANT "bench"
#define BENCH_THREAD "thread-1"

typedef struct bench_threads {
	void (*reset)(const char *url);
	void *(*open)(const char *url);
	void (*close)(void *conn);
	/* One checkpoint with a JSON state of so many bytes. */
	void (*put)(void *conn, const char *state, size_t len);
	/* The latest with its state; answers the state's size. */
	size_t (*latest)(void *conn);
	/* So many of the newest without their states; answers how many there were. */
	size_t (*history)(void *conn, size_t limit);
	/* n events in one call. */
	void (*append)(void *conn, size_t n);
	/* The i-th of 1000 items. */
	void (*remember)(void *conn, size_t i);
	size_t (*recall)(void *conn, size_t i);
	/* Takes a lock and gives it back: two calls. */
	void (*lock)(void *conn);
} bench_threads;

extern const bench_threads bench_threads_cairn;
extern const bench_threads bench_threads_sqlite;
extern const bench_threads bench_threads_postgres;

/* Whether a row is to be run. */
typedef struct bench_choice {
	int argc; /* all of main's; a row is chosen by a part of its name */
	char **argv;
	int all;
} bench_choice;

/* Rows against the limit; and whether a call costs more where there is much. (threads.c) */
void bench_threads_rows(const bench_threads *limit, const char *url, size_t repeat,
			const bench_choice *choice);
void bench_threads_scale(const char *url);

#endif
