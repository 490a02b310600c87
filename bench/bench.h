/*
 * bench.h - one side of a comparison: cairn, or the hand-written limit, which
 * does only this work with the database's own interface.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

/* Payload of every job: about 100 bytes. */
#define BENCH_PAYLOAD \
	"{\"to\":\"somebody@example.org\",\"template\":\"welcome\",\"locale\":\"en\"," \
	"\"attachments\":[1,2,3],\"x\":12}"

typedef struct bench_side {
	const char *name;
	/* Makes an empty store. */
	void (*reset)(const char *url);
	/* One connection with everything prepared. */
	void *(*open)(const char *url);
	void (*close)(void *conn);
	/* n jobs in calls of `batch`. audit: each with its ENQUEUED event. */
	void (*enqueue)(void *conn, size_t n, size_t batch, int audit);
	/* Claims and finishes until n jobs are done, `batch` at a time, with attempts and events; answers how many. */
	size_t (*drain)(void *conn, size_t n, size_t batch);
	/* Heartbeats n times for `batch` leases. */
	void (*beat)(void *conn, size_t n, size_t batch);
	/* Enqueues one job and tells; sleeps until there may be one. */
	void (*post)(void *conn);
	void (*await)(void *conn);
	/*
	 * n jobs for `threads` threads whose handlers are empty, so that each wants the next job at
	 * once, and so many more claimed ahead: through the worker runtime. The limit has no threads: one
	 * connection that finishes a batch and claims the next in one round trip and commit.
	 */
	void (*work)(void *conn, const char *url, size_t n, size_t threads, size_t ahead);
} bench_side;

extern const bench_side bench_cairn;
extern const bench_side bench_limit_sqlite;
extern const bench_side bench_limit_postgres;

/*
 * Latency between two processes: from the beginning of an enqueue until whoever waits knows of it,
 * and until it has claimed and finished the job. (wake.c)
 */
void bench_wake(const bench_side *limit, const char *url, size_t repeat);

/* Ends the program with a word about what failed. */
_Noreturn void bench_die(const char *what, const char *why);

#endif
