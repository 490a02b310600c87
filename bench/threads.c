/*
 * threads.c - checkpoints, logs, memory items and locks against the limit; and whether what a call
 * costs depends on how much the thread has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "threads.h"

#define SMALL 4096
#define LARGE 102400

enum work { PUT, LATEST, HISTORY, APPEND, REMEMBER, RECALL, LOCK };

struct row {
	const char *name;
	enum work work;
	size_t size; /* of a state, a page, a batch */
	size_t n;    /* calls */
};

static const struct row rows[] = {
	{ "checkpoint put, 4 KB", PUT, SMALL, 2000 },
	{ "checkpoint put, 100 KB", PUT, LARGE, 500 },
	{ "checkpoint latest, 4 KB", LATEST, SMALL, 5000 },
	{ "checkpoint latest, 100 KB", LATEST, LARGE, 2000 },
	{ "checkpoint history of 100", HISTORY, 100, 2000 },
	{ "log append 1", APPEND, 1, 2000 },
	{ "log append 100", APPEND, 100, 300 },
	{ "memory put", REMEMBER, 0, 2000 },
	{ "memory get", RECALL, 0, 5000 },
	{ "lock acquire and release", LOCK, 0, 1000 },
};

/* A JSON document of exactly so many bytes, as agents have them: messages. */
static char *state_of(size_t size)
{
	static const char message[] =
		"{\"role\":\"user\",\"content\":\"What became of the parcel that "
		"was sent on Monday?\",\"n\":1234567},";
	char *state = malloc(size + 1);
	size_t at = 0;
	at += (size_t)snprintf(state, size, "{\"messages\":[");
	while (at + sizeof message + 20 < size) {
		memcpy(state + at, message, sizeof message - 1);
		at += sizeof message - 1;
	}
	at += (size_t)snprintf(state + at, size - at, "1],\"pad\":\"");
	memset(state + at, 'x', size - at - 2);
	memcpy(state + size - 2, "\"}", 3);
	return state;
}

static void check(size_t got, size_t wanted, const char *what)
{
	if (got != wanted)
		bench_die(what, "another answer than was wanted");
}

static void prepare(const bench_threads *side, void *conn, const struct row *row)
{
	char *state = state_of(row->work == LATEST ? row->size : SMALL);
	for (size_t i = 0; (row->work == LATEST || row->work == HISTORY) && i < 200; i++)
		side->put(conn, state, strlen(state));
	for (size_t i = 0; row->work == RECALL && i < 1000; i++)
		side->remember(conn, i);
	free(state);
}

static void work(const bench_threads *side, void *conn, const struct row *row, const char *state,
		 size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (row->work == PUT)
			side->put(conn, state, row->size);
		else if (row->work == LATEST)
			check(side->latest(conn), row->size, row->name);
		else if (row->work == HISTORY)
			check(side->history(conn, row->size), row->size, row->name);
		else if (row->work == APPEND)
			side->append(conn, row->size);
		else if (row->work == REMEMBER)
			side->remember(conn, i % 1000);
		else if (row->work == RECALL)
			check(side->recall(conn, i % 1000), sizeof BENCH_PAYLOAD - 1, row->name);
		else
			side->lock(conn);
	}
}

/* What only reads goes on until it can be measured. */
#define READ_SECONDS 0.25

static int reads(enum work what)
{
	return what == LATEST || what == HISTORY || what == RECALL;
}

/* Calls per second on an empty store, after some that do not count. */
static double measure(const bench_threads *side, const char *url, const struct row *row)
{
	side->reset(url);
	void *conn = side->open(url);
	char *state = state_of(row->work == PUT ? row->size : SMALL);
	prepare(side, conn, row);
	work(side, conn, row, state, row->n / 10);
	size_t calls = 0;
	double took;
	double began = bench_seconds();
	do {
		work(side, conn, row, state, row->n);
		calls += row->n;
		took = bench_seconds() - began;
	} while (reads(row->work) && took < READ_SECONDS);
	side->close(conn);
	free(state);
	return (double)calls / took;
}

static int chosen(const bench_choice *choice, const char *name)
{
	for (int i = 3; i < choice->argc && !choice->all; i++) {
		if (strstr(name, choice->argv[i]) != NULL)
			return 1;
	}
	return choice->all;
}

void bench_threads_rows(const bench_threads *limit, const char *url, size_t repeat,
			const bench_choice *choice)
{
	if (choice->all)
		bench_title("checkpoints, logs, memory, locks", "cairn/s", "limit/s");
	for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
		struct bench_pair pairs[BENCH_REPEAT];
		if (!chosen(choice, rows[r].name))
			continue;
		for (size_t i = 0; i < repeat; i++) {
			if (i % 2 == 0)
				pairs[i].ours = measure(&bench_threads_cairn, url, &rows[r]);
			pairs[i].theirs = measure(limit, url, &rows[r]);
			if (i % 2 == 1)
				pairs[i].ours = measure(&bench_threads_cairn, url, &rows[r]);
		}
		bench_print(rows[r].name, 0, pairs, repeat);
	}
}

/* ---- how much there is ---------------------------------------------------------- */

static double timed(const char *url, const struct row *row, size_t there)
{
	const bench_threads *side = &bench_threads_cairn;
	side->reset(url);
	void *conn = side->open(url);
	for (size_t i = 0; i < there; i++)
		side->put(conn, "{\"a\":1}", 7);
	work(side, conn, row, "{\"a\":1}", 50);
	double began = bench_seconds();
	work(side, conn, row, "{\"a\":1}", row->n);
	double took = bench_seconds() - began;
	side->close(conn);
	return (double)row->n / took;
}

void bench_threads_scale(const char *url)
{
	static const struct row calls[] = {
		{ "checkpoint put", PUT, 7, 1000 },
		{ "checkpoint latest", LATEST, 7, 3000 },
		{ "checkpoint history of 10", HISTORY, 10, 3000 },
	};
	static const size_t sizes[] = { 1000, 100000 };
	bench_title("a thread that has many", "many/s", "ten/s");
	for (size_t c = 0; c < sizeof calls / sizeof calls[0]; c++) {
		double few = timed(url, &calls[c], 10);
		for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
			char name[80];
			struct bench_pair pair = { timed(url, &calls[c], sizes[s]), few };
			snprintf(name, sizeof name, "%s, %zu there", calls[c].name, sizes[s]);
			bench_print(name, 0, &pair, 1);
		}
	}
}
