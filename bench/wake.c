/*
 * wake.c - how long work that comes up waits for a process that sleeps. One process enqueues now
 * and then, another one waits, claims and finishes; they tell each other times in shared memory.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define JOBS 300
/* Between a job's end and the next one: everybody sleeps again. */
#define PAUSE_MIN 4000000
#define PAUSE_MAX 16000000

struct shared {
	atomic_int done; /* jobs; -1: the waiter is not there yet */
	double began[JOBS];
	double told[JOBS];
	double finished[JOBS];
};

static double now(void)
{
	return bench_seconds() * 1e3;
}

static void pause_for(long nanoseconds)
{
	nanosleep(&(struct timespec){ .tv_nsec = nanoseconds }, NULL);
}

static void waiter(const bench_side *side, const char *url, struct shared *shared)
{
	void *conn = side->open(url);
	/* statements get prepared, and it begins to listen */
	side->enqueue(conn, 10, 1, 1);
	side->await(conn);
	side->drain(conn, 10, 1);
	atomic_store(&shared->done, 0);
	for (int i = 0; i < JOBS;) {
		side->await(conn);
		double told = now();
		if (side->drain(conn, 1, 1) == 0)
			continue;
		shared->told[i] = told;
		shared->finished[i] = now();
		atomic_store(&shared->done, ++i);
	}
	side->close(conn);
}

static void producer(const bench_side *side, const char *url, struct shared *shared)
{
	void *conn = side->open(url);
	unsigned seed = 1;
	while (atomic_load(&shared->done) < 0)
		pause_for(PAUSE_MIN);
	for (int i = 0; i < JOBS; i++) {
		seed = seed * 1103515245u + 12345u;
		pause_for(PAUSE_MIN + (long)(seed >> 8) % (PAUSE_MAX - PAUSE_MIN));
		shared->began[i] = now();
		side->post(conn);
		while (atomic_load(&shared->done) <= i)
			pause_for(50000);
	}
	side->close(conn);
}

/* told p50 and p99, finished p50 and p99, in milliseconds. */
static void run(const bench_side *side, const char *url, double result[4])
{
	struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0;
	if (shared == MAP_FAILED)
		bench_die("wake", "no shared memory");
	side->reset(url, 0);
	atomic_store(&shared->done, -1);
	pid_t child = fork();
	if (child == 0) {
		waiter(side, url, shared);
		_exit(0);
	}
	producer(side, url, shared);
	if (waitpid(child, &status, 0) != child || status != 0)
		bench_die(side->name, "the process that waits has failed");
	for (int i = 0; i < JOBS; i++) {
		shared->told[i] -= shared->began[i];
		shared->finished[i] -= shared->began[i];
	}
	result[0] = bench_median(shared->told, JOBS);
	result[1] = shared->told[JOBS * 99 / 100];
	result[2] = bench_median(shared->finished, JOBS);
	result[3] = shared->finished[JOBS * 99 / 100];
	munmap(shared, sizeof *shared);
}

void bench_wake(const bench_side *limit, const char *url, size_t repeat)
{
	static const char *const names[] = { "wake, told p50", "wake, told p99",
					     "wake, finished p50", "wake, finished p99" };
	struct bench_pair pairs[4][BENCH_REPEAT];
	fflush(stdout);
	for (size_t i = 0; i < repeat; i++) {
		double a[4];
		double b[4];
		run(i % 2 == 0 ? &bench_cairn : limit, url, i % 2 == 0 ? a : b);
		run(i % 2 == 0 ? limit : &bench_cairn, url, i % 2 == 0 ? b : a);
		for (int k = 0; k < 4; k++)
			pairs[k][i] = (struct bench_pair){ a[k], b[k] };
	}
	bench_title("latency between two processes", "cairn ms", "limit ms");
	for (int k = 0; k < 4; k++)
		bench_print(names[k], 2, pairs[k], repeat);
}
