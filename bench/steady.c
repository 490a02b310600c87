/*
 * steady.c - whether cairn slows down as time goes by: jobs are enqueued, claimed and finished for
 * BENCH_SECONDS, a minute by default, beginning with empty tables or with many finished jobs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

#define SECONDS_MAX 3600

static size_t number(const char *name, size_t otherwise)
{
	const char *given = getenv(name);
	return given != NULL ? strtoul(given, NULL, 10) : otherwise;
}

static double mean(const double *rates, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += rates[i];
	return sum / (double)n;
}

/* Jobs in one second. */
static double one_second(void *conn, size_t batch)
{
	double began = bench_seconds();
	double took = 0;
	size_t done = 0;
	while (took < 1) {
		bench_cairn.enqueue(conn, batch, batch, 1);
		if (bench_cairn.drain(conn, batch, batch) != batch)
			bench_die("steady", "jobs are missing");
		done += batch;
		took = bench_seconds() - began;
	}
	return (double)done / took;
}

static void life(const char *url, size_t batch, size_t stored, const char *row)
{
	static double rates[SECONDS_MAX];
	size_t seconds = number("BENCH_SECONDS", 60);
	size_t sixth = seconds / 6 > 0 ? seconds / 6 : 1;
	bench_cairn.reset(url, 0);
	void *conn = bench_cairn.open(url);
	for (size_t done = 0; done < stored; done += 1000) {
		bench_cairn.enqueue(conn, 1000, 1000, 1);
		bench_cairn.drain(conn, 1000, 1000);
	}
	for (size_t i = 0; i < seconds && i < SECONDS_MAX; i++)
		rates[i] = one_second(conn, batch);
	bench_cairn.close(conn);
	struct bench_pair ends = { mean(rates + seconds - sixth, sixth), mean(rates, sixth) };
	bench_print(row, 0, &ends, 1);
}

void bench_steady(const char *url)
{
	bench_title("steady life", "last/s", "first/s");
	life(url, 10, 0, "10 at a time");
	life(url, 100, 0, "100 at a time");
	life(url, 100, number("BENCH_STORED", 1500000), "100 at a time, 1.5 M stored");
}
