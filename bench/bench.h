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

/* How jobs are worked off by a runtime. */
struct bench_runtime {
	size_t threads; /* whose handlers are empty, so that each wants the next job at once */
	size_t ahead;	/* so many more are claimed ahead */
	int forget;	/* jobs are deleted when they are done, without any history */
};

typedef struct bench_side {
	const char *name;
	/* Makes an empty store; forget: of jobs that are deleted when they are done. */
	void (*reset)(const char *url, int forget);
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
	 * n jobs, through the worker runtime. The limit has no threads: one connection that finishes a
	 * batch and claims the next in one round trip and commit.
	 */
	void (*work)(void *conn, const char *url, size_t n, const struct bench_runtime *runtime);
} bench_side;

extern const bench_side bench_cairn;
extern const bench_side bench_limit_sqlite;
extern const bench_side bench_limit_postgres;

/* ---- cairn.c: more of cairn than sides have in common ---- */

/* n jobs for a queue, due after so many microseconds. */
void bench_cairn_fill(void *conn, size_t n, const char *queue, int64_t delay);
/* As drain, of one queue. */
size_t bench_cairn_take(void *conn, size_t n, size_t batch, const char *queue);
/* A shared writer, and one job through it. */
void *bench_cairn_writer(const char *url);
void bench_cairn_write(void *writer);
void bench_cairn_writer_close(void *writer);

/* So many suspended replay runs, of the queue "default". (replays_cairn.c) */
void bench_cairn_suspend(const char *url, size_t n);

/* ---- limit_postgres.c: a session that holds a snapshot ---- */
void *bench_hold(const char *url);
void bench_let_go(void *held);

/* ---- comparisons by themselves ---- */

/*
 * Latency between two processes: from the beginning of an enqueue until whoever waits knows of it,
 * and until it has claimed and finished the job. (wake.c)
 */
void bench_wake(const bench_side *limit, const char *url, size_t repeat);
/* Threads of one process, one job per call, through a shared writer. (share.c) */
void bench_share(const bench_side *limit, const char *url, size_t repeat);
/* A store with much in it against one with nothing else. (scale.c) */
void bench_scale(const char *url, size_t repeat);
/* Claims in a queue where BENCH_SCALE replay runs are suspended. (scale.c) */
void bench_suspended(const char *url, size_t repeat);
/* DAG runs against plain jobs. (graphs.c) */
void bench_graphs(const char *url, size_t repeat);
/* A minute of steady life. (steady.c) */
void bench_steady(const char *url);

/* ---- stats.c ---- */

#define BENCH_REPEAT 51

struct bench_pair {
	double ours;
	double theirs;
};

/* Ends the program with a word about what failed. */
_Noreturn void bench_die(const char *what, const char *why);
double bench_seconds(void);
/* Sorts them. */
double bench_median(double *values, size_t n);
void bench_title(const char *title, const char *ours, const char *theirs);
/* Medians, and the ratio ours/theirs as median with minimum and maximum. */
void bench_print(const char *row, int digits, const struct bench_pair *pairs, size_t n);

#endif
