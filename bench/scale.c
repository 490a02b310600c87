/*
 * scale.c - what a store with much in it costs: claims and finishes there against the same in one
 * that holds nothing else. BENCH_SCALE jobs, a million by default.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define QUEUES 10
#define DAY    86400000000

struct stores {
	char empty_url[1300];
	char full_url[1300];
	void *empty;
	void *full;
};

static size_t scale(void)
{
	const char *given = getenv("BENCH_SCALE");
	return given != NULL ? strtoul(given, NULL, 10) : 1000000;
}

/* "1 M backlog": what was measured, whatever BENCH_SCALE is. */
static const char *told(size_t n, const char *what, char text[64])
{
	if (n >= 1000000 && n % 1000000 == 0)
		snprintf(text, 64, "%zu M %s", n / 1000000, what);
	else if (n >= 1000 && n % 1000 == 0)
		snprintf(text, 64, "%zu k %s", n / 1000, what);
	else
		snprintf(text, 64, "%zu %s", n, what);
	return text;
}

static void open_both(struct stores *stores, const char *url)
{
	const char *second = strncmp(url, "sqlite:", 7) == 0 ? ".second" : "&schema=bench_second";
	memset(stores, 0, sizeof *stores);
	snprintf(stores->empty_url, sizeof stores->empty_url, "%s", url);
	snprintf(stores->full_url, sizeof stores->full_url, "%s%s", url, second);
	bench_cairn.reset(stores->empty_url, 0);
	bench_cairn.reset(stores->full_url, 0);
	stores->empty = bench_cairn.open(stores->empty_url);
	stores->full = bench_cairn.open(stores->full_url);
}

static void close_both(struct stores *stores)
{
	bench_cairn.close(stores->empty);
	bench_cairn.close(stores->full);
}

static double rate(void *conn, size_t n, size_t batch)
{
	bench_cairn_fill(conn, n, "default", 0);
	double began = bench_seconds();
	if (bench_cairn_take(conn, n, batch, "default") < n)
		bench_die("scale", "jobs are missing");
	return (double)n / (bench_seconds() - began);
}

static void compare(struct stores *stores, const char *what, size_t n, size_t batch, size_t repeat)
{
	struct bench_pair pairs[BENCH_REPEAT];
	char row[80];
	snprintf(row, sizeof row, "claim+finish %zu, %s", batch, what);
	rate(stores->empty, 10 * batch, batch);
	rate(stores->full, 10 * batch, batch);
	for (size_t i = 0; i < repeat; i++) {
		if (i % 2 == 0)
			pairs[i].ours = rate(stores->full, n, batch);
		pairs[i].theirs = rate(stores->empty, n, batch);
		if (i % 2 == 1)
			pairs[i].ours = rate(stores->full, n, batch);
	}
	bench_print(row, 0, pairs, repeat);
}

static void compare_both(struct stores *stores, const char *what, size_t repeat)
{
	compare(stores, what, 1000, 1, repeat);
	compare(stores, what, 20000, 100, repeat);
}

static void backlog(const char *url, size_t repeat)
{
	char text[64];
	struct stores stores;
	open_both(&stores, url);
	bench_cairn_fill(stores.full, scale(), "default", 0);
	compare_both(&stores, told(scale(), "backlog", text), repeat);
	close_both(&stores);
}

static void future(const char *url, size_t repeat)
{
	char text[64];
	struct stores stores;
	open_both(&stores, url);
	bench_cairn_fill(stores.full, scale(), "default", DAY);
	compare_both(&stores, told(scale(), "future", text), repeat);
	close_both(&stores);
}

static double rate_of_queues(void *conn, size_t queues, size_t n)
{
	char queue[QUEUES][32];
	for (size_t q = 0; q < queues; q++) {
		snprintf(queue[q], sizeof queue[q], "queue-%zu", q);
		bench_cairn_fill(conn, n / queues, queue[q], 0);
	}
	double began = bench_seconds();
	for (size_t i = 0; i < n; i++) {
		if (bench_cairn_take(conn, 1, 1, queue[i % queues]) != 1)
			bench_die("queues", "jobs are missing");
	}
	return (double)n / (bench_seconds() - began);
}

static void queues(const char *url, size_t repeat)
{
	struct bench_pair pairs[BENCH_REPEAT];
	struct stores stores;
	open_both(&stores, url);
	for (size_t i = 0; i < repeat; i++) {
		if (i % 2 == 0)
			pairs[i].ours = rate_of_queues(stores.full, QUEUES, 1000);
		pairs[i].theirs = rate_of_queues(stores.empty, 1, 1000);
		if (i % 2 == 1)
			pairs[i].ours = rate_of_queues(stores.full, QUEUES, 1000);
	}
	bench_print("claim+finish 1, 10 queues", 0, pairs, repeat);
	close_both(&stores);
}

#ifdef CAIRN_WITH_POSTGRES
/* What was done since somebody took a snapshot can't be cleared away as long as it is held. */
static void dead_rows(const char *url, size_t repeat)
{
	char text[64];
	size_t n = scale() / 10;
	struct stores stores;
	const char *what = told(n, "dead, held", text);
	open_both(&stores, url);
	void *held = bench_hold(url);
	bench_cairn_fill(stores.full, n, "default", 0);
	bench_cairn_take(stores.full, n, 1000, "default");
	compare(&stores, what, 200, 1, repeat);
	compare(&stores, what, 5000, 100, repeat);
	bench_let_go(held);
	close_both(&stores);
}
#endif

void bench_suspended(const char *url, size_t repeat)
{
	char text[64];
	struct stores stores;
	bench_title("a queue with many who wait", "full/s", "empty/s");
	open_both(&stores, url);
	bench_cairn_suspend(stores.full_url, scale());
	compare_both(&stores, told(scale(), "suspended", text), repeat);
	close_both(&stores);
}

void bench_scale(const char *url, size_t repeat)
{
	bench_title("a store with much in it", "full/s", "empty/s");
	backlog(url, repeat);
	future(url, repeat);
	queues(url, repeat);
#ifdef CAIRN_WITH_POSTGRES
	if (strncmp(url, "sqlite:", 7) != 0)
		dead_rows(url, repeat);
#endif
}
