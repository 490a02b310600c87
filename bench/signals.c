/*
 * signals.c - how long a signal takes from one process to a run that is suspended, and is gone on with in another. Each
 * run waits for one signal; cairn's are durable functions on a worker.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "replays.h"

/* Between a run's suspension and its signal: everybody sleeps. */
#define PAUSE_MIN 6000000
#define PAUSE_MAX 16000000

double bench_clock(void)
{
	return bench_seconds() * 1e3;
}

void bench_pause(long nanoseconds)
{
	nanosleep(&(struct timespec){ .tv_nsec = nanoseconds }, NULL);
}

static void sender(const bench_replays *side, const char *url, struct bench_signals *shared)
{
	unsigned seed = 1;
	while (atomic_load(&shared->waiting) < 0)
		bench_pause(PAUSE_MIN);
	void *conn = side->open(url, 1);
	for (int i = 0; i < BENCH_SIGNALS; i++) {
		side->wait(conn, shared, i);
		seed = seed * 1103515245u + 12345u;
		bench_pause(PAUSE_MIN + (long)(seed >> 8) % (PAUSE_MAX - PAUSE_MIN));
		shared->began[i] = bench_clock();
		side->send(conn);
		while (atomic_load(&shared->done) <= i)
			bench_pause(50000);
	}
	side->close(conn);
}

/* started p50 and p99, answered p50 and p99 */
static void run(const bench_replays *side, const char *url, double result[4])
{
	struct bench_signals *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0;
	if (shared == MAP_FAILED)
		bench_die("signals", "no shared memory");
	side->reset(url);
	atomic_store(&shared->waiting, -1);
	pid_t child = fork();
	if (child == 0) {
		side->serve(url, shared);
		_exit(0);
	}
	sender(side, url, shared);
	if (waitpid(child, &status, 0) != child || status != 0)
		bench_die("signals", "the process that waits has failed");
	for (int i = 0; i < BENCH_SIGNALS; i++) {
		shared->started[i] -= shared->began[i];
		shared->answered[i] -= shared->began[i];
	}
	result[0] = bench_median(shared->started, BENCH_SIGNALS);
	result[1] = shared->started[BENCH_SIGNALS * 99 / 100];
	result[2] = bench_median(shared->answered, BENCH_SIGNALS);
	result[3] = shared->answered[BENCH_SIGNALS * 99 / 100];
	munmap(shared, sizeof *shared);
}

void bench_signals(const bench_replays *limit, const char *url, size_t repeat)
{
	static const char *const names[] = { "signal, started p50", "signal, started p99",
					     "signal, answered p50", "signal, answered p99" };
	struct bench_pair pairs[4][BENCH_REPEAT];
	fflush(stdout);
	for (size_t i = 0; i < repeat; i++) {
		double a[4];
		double b[4];
		run(i % 2 == 0 ? &bench_replays_cairn : limit, url, i % 2 == 0 ? a : b);
		run(i % 2 == 0 ? limit : &bench_replays_cairn, url, i % 2 == 0 ? b : a);
		for (int k = 0; k < 4; k++)
			pairs[k][i] = (struct bench_pair){ a[k], b[k] };
	}
	bench_title("a signal between two processes", "cairn ms", "limit ms");
	for (int k = 0; k < 4; k++)
		bench_print(names[k], 2, pairs[k], repeat);
}
