/* replays.c - steps of replay runs and budgets against the limit, and whether their cost depends on the run's size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replays.h"

enum work { RECORD, STEP, REPLAY, CHARGE, RESERVE };

struct row {
	const char *name;
	enum work work;
	size_t there; /* steps that the run has already */
	size_t batch;
	size_t n;    /* calls in one run */
	size_t runs; /* one after the other */
	int events;  /* of cairn's side */
	int audit;   /* of the limit's */
};

static const struct row rows[] = {
	{ "replay record 1, 1 there", RECORD, 1, 1, 50, 30, 1, 0 },
	{ "replay record 1, 100 there", RECORD, 100, 1, 100, 15, 1, 0 },
	{ "replay record 1, 10000 there", RECORD, 10000, 1, 1500, 1, 1, 0 },
	{ "replay record 1, event too", RECORD, 100, 1, 100, 15, 1, 1 },
	{ "replay record 1, no events", RECORD, 100, 1, 100, 15, 0, 0 },
	{ "replay record 100", RECORD, 100, 100, 30, 5, 1, 0 },
	{ "replay record 100, event too", RECORD, 100, 100, 30, 5, 1, 1 },
	{ "replay record 100, no events", RECORD, 100, 100, 30, 5, 0, 0 },
	{ "replay step done, 1 there", STEP, 1, 1, 50, 20, 1, 0 },
	{ "replay step done, 100 there", STEP, 100, 1, 100, 10, 1, 0 },
	{ "replay step done, 10000 there", STEP, 10000, 1, 1000, 1, 1, 0 },
	{ "replay step done, events too", STEP, 100, 1, 100, 10, 1, 1 },
	{ "replay step done, no events", STEP, 100, 1, 100, 10, 0, 0 },
	{ "replay of 100", REPLAY, 100, 1, 30, 1, 1, 0 },
	{ "replay of 10000", REPLAY, 10000, 1, 5, 1, 1, 0 },
	{ "replay budget charge", CHARGE, 1, 1, 1500, 1, 1, 0 },
	{ "replay budget reserve and charge", RESERVE, 1, 1, 1000, 1, 1, 0 },
};

static double attempts(const bench_replays *side, void *conn, const struct row *row)
{
	double took = 0;
	for (size_t i = 0; i <= row->n; i++) {
		side->again(conn);
		double began = bench_seconds();
		if (side->replay(conn) != row->there)
			bench_die(row->name, "other steps than there were");
		took += i > 0 ? bench_seconds() - began : 0;
	}
	return took;
}

static double calls(const bench_replays *side, void *conn, const struct row *row, size_t n)
{
	double began = bench_seconds();
	for (size_t i = 0; i < n; i++) {
		if (row->work == RECORD)
			side->record(conn, row->batch);
		else if (row->work == STEP)
			side->step(conn);
		else if (row->work == CHARGE)
			side->charge(conn);
		else
			side->reserve(conn);
	}
	return bench_seconds() - began;
}

/* What is done per second: steps, or charges; on an empty store, after some that do not count. */
static double measure(const bench_replays *side, const char *url, const struct row *row, int events)
{
	double took = 0;
	side->reset(url);
	void *conn = side->open(url, events);
	size_t per_call = row->work == REPLAY ? row->there : row->batch;
	for (size_t i = 0; i < row->runs; i++) {
		side->begin(conn, row->there);
		if (row->work == REPLAY) {
			took += attempts(side, conn, row);
			continue;
		}
		if (i == 0) {
			calls(side, conn, row, row->n / 10);
			side->begin(conn, row->there);
		}
		took += calls(side, conn, row, row->n);
	}
	side->close(conn);
	return (double)(row->n * row->runs * per_call) / took;
}

static int asked(const char *name, int argc, char **argv)
{
	for (int i = 3; i < argc; i++) {
		if (strstr(name, argv[i]) != NULL)
			return 1;
	}
	return argc < 4;
}

void bench_replays_rows(const bench_replays *limit, const char *url, size_t repeat, int argc,
			char **argv)
{
	const bench_replays *ours = &bench_replays_cairn;
	if (argc < 4)
		bench_title("replay runs, budgets", "cairn/s", "limit/s");
	for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
		struct bench_pair pairs[BENCH_REPEAT];
		const struct row *row = &rows[r];
		if (!asked(row->name, argc, argv))
			continue;
		for (size_t i = 0; i < repeat; i++) {
			if (i % 2 == 0)
				pairs[i].ours = measure(ours, url, row, row->events);
			pairs[i].theirs = measure(limit, url, row, row->audit);
			if (i % 2 == 1)
				pairs[i].ours = measure(ours, url, row, row->events);
		}
		bench_print(row->name, 0, pairs, repeat);
	}
}
