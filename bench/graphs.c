/*
 * graphs.c - DAG runs against the same number of plain jobs, both through the library: what edges cost. A graph has
 * layers of fifty steps, or fewer, each step behind two of the layer before, so that the cost of a step can be told in
 * graphs of 10, 1,000 and 10,000.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "ours.h"

enum { BATCH = 100, LAYER = 50 };

struct flow {
	cairn_conn *conn;
	cairn_step_new *steps;
	cairn_dependency *edges;
	char (*keys)[16];
	size_t n; /* of one graph */
	cairn_jobs *jobs;
};

static void *must_have(void *memory)
{
	if (memory == NULL)
		bench_die("graphs", "no memory");
	return memory;
}

static void draw(struct flow *flow, size_t n)
{
	size_t layer = n < 2 * LAYER ? n / 2 : LAYER;
	flow->n = n;
	flow->steps = must_have(calloc(n, sizeof *flow->steps));
	flow->edges = must_have(calloc(2 * n, sizeof *flow->edges));
	flow->keys = must_have(calloc(n, sizeof *flow->keys));
	for (size_t i = 0; i < n; i++) {
		int len = snprintf(flow->keys[i], sizeof flow->keys[i], "step-%zu", i);
		flow->steps[i] = (cairn_step_new){ .key = { flow->keys[i], (size_t)len },
						   .type = CAIRN_STR("bench"),
						   .payload = CAIRN_STR(BENCH_PAYLOAD) };
		if (i < layer)
			continue;
		size_t above = i - i % layer - layer;
		flow->edges[2 * i].prerequisite = flow->steps[above + i % layer].key;
		flow->edges[2 * i + 1].prerequisite = flow->steps[above + (i + 1) % layer].key;
		flow->steps[i].dependencies = &flow->edges[2 * i];
		flow->steps[i].dependency_count = layer > 1 ? 2 : 1;
	}
}

static void erase(struct flow *flow)
{
	cairn_free(flow->jobs);
	free(flow->steps);
	free(flow->edges);
	free(flow->keys);
	cairn_close(flow->conn);
}

static double enqueue_graphs(struct flow *flow, size_t graphs)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_run_new run = { .type = CAIRN_STR("bench"),
			      .steps = flow->steps,
			      .step_count = flow->n };
	double began = bench_seconds();
	for (size_t i = 0; i < graphs; i++)
		bench_must(cairn_run_enqueue(flow->conn, &run, 1, NULL, &err), &err);
	return bench_seconds() - began;
}

/* As the dispatcher of a worker does: what is done, and the next. */
static double drain_graphs(struct flow *flow, size_t steps)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_finish items[BATCH];
	cairn_changed each[BATCH];
	cairn_claim_opts opts = { .size = sizeof opts,
				  .worker = CAIRN_STR("bench"),
				  .limit = BATCH };
	double began = bench_seconds();
	size_t done = 0;
	memset(items, 0, sizeof items);
	bench_must(cairn_job_claim(flow->conn, &opts, &flow->jobs, &err), &err);
	while (done < steps) {
		size_t n = flow->jobs->count;
		if (n == 0)
			bench_die("graphs", "no step is ready, and some are left");
		for (size_t i = 0; i < n; i++) {
			items[i].lease = cairn_job_lease(&flow->jobs->at[i]);
			items[i].how = CAIRN_FINISH_SUCCESS;
		}
		bench_must(cairn_job_finish_and_claim(flow->conn, items, n, each, &opts,
						      &flow->jobs, &err),
			   &err);
		done += n;
	}
	return bench_seconds() - began;
}

/* Steps per second, then plain jobs: in calls of as many as a graph has steps, and of BATCH. */
static void both(const char *url, size_t n, size_t graphs, struct bench_pair *enqueue,
		 struct bench_pair *drain)
{
	struct flow flow = { .n = 0 };
	double all = (double)(n * graphs);
	bench_cairn.reset(url, 0);
	flow.conn = bench_connect(url, 1);
	draw(&flow, n);
	enqueue->ours = all / enqueue_graphs(&flow, graphs);
	uint64_t trips = cairn_conn_round_trips(flow.conn);
	drain->ours = all / drain_graphs(&flow, n * graphs);
	trips = cairn_conn_round_trips(flow.conn) - trips;
	if (getenv("BENCH_COUNTS") != NULL)
		printf("# %zu steps in graphs of %zu: %.4f round trips per step finished\n",
		       n * graphs, n, (double)trips / all);
	erase(&flow);
	bench_cairn.reset(url, 0);
	void *conn = bench_cairn.open(url);
	double began = bench_seconds();
	bench_cairn.enqueue(conn, n * graphs, n, 1);
	enqueue->theirs = all / (bench_seconds() - began);
	began = bench_seconds();
	if (bench_cairn.drain(conn, n * graphs, BATCH) != n * graphs)
		bench_die("graphs", "jobs are missing");
	drain->theirs = all / (bench_seconds() - began);
	bench_cairn.close(conn);
}

static void compare(const char *url, size_t n, size_t graphs, size_t repeat)
{
	struct bench_pair enqueues[BENCH_REPEAT];
	struct bench_pair drains[BENCH_REPEAT];
	char row[80];
	for (size_t i = 0; i < repeat; i++)
		both(url, n, graphs, &enqueues[i], &drains[i]);
	snprintf(row, sizeof row, "graph of %zu: enqueue", n);
	bench_print(row, 0, enqueues, repeat);
	snprintf(row, sizeof row, "graph of %zu: finished, %d at a time", n, BATCH);
	bench_print(row, 0, drains, repeat);
}

void bench_graphs(const char *url, size_t repeat)
{
	bench_title("DAG runs", "steps/s", "plain jobs/s");
	compare(url, 10, 500, repeat);
	compare(url, 1000, 10, repeat);
	compare(url, 10000, 1, repeat);
}
