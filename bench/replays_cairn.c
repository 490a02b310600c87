/* replays_cairn.c - replay runs, budgets and signals through the library. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cairn/durable.h>
#include <cairn/sqlite.h>
#ifdef CAIRN_WITH_POSTGRES
#include <cairn/postgres.h>
#endif

#include "ours.h"
#include "replays.h"

#define BATCH	100
#define PAYLOAD ((cairn_str){ BENCH_PAYLOAD, sizeof BENCH_PAYLOAD - 1 })
#define AXIS	CAIRN_STR("output_tokens")
#define SIGNAL	CAIRN_STR("approved")

struct side {
	cairn_conn *conn;
	cairn_jobs *jobs;
	cairn_replay_runs *runs;
	cairn_replay *replay;
	cairn_id run;
	size_t asked;	/* for steps of the run */
	size_t charged; /* its budget */
	cairn_replay_call calls[BATCH];
	cairn_replay_step steps[BATCH];
	cairn_str values[BATCH];
	char inputs[BATCH][32];
};

static void side_reset(const char *url)
{
	bench_cairn.reset(url, 0);
}

static void *side_open(const char *url, int events)
{
	struct side *side = calloc(1, sizeof *side);
	side->conn = bench_connect(url, events);
	for (size_t i = 0; i < BATCH; i++)
		side->values[i] = PAYLOAD;
	return side;
}

static void finish(struct side *side, enum cairn_finish_how how)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_finish end = { .how = how };
	if (side->replay == NULL)
		return;
	bench_must(cairn_replay_finish(side->replay, &end, &err), &err);
	cairn_replay_close(side->replay);
	side->replay = NULL;
}

static void side_close(void *conn)
{
	struct side *side = conn;
	finish(side, CAIRN_FINISH_SUCCESS);
	cairn_free(side->jobs);
	cairn_free(side->runs);
	cairn_close(side->conn);
	free(side);
}

static void enqueue(struct side *side)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_added added;
	const cairn_job_new job = { .type = CAIRN_STR("bench"), .payload = PAYLOAD };
	bench_must(cairn_job_enqueue(side->conn, &job, 1, &added, &err), &err);
	side->run = added.id;
}

static void claim(struct side *side, size_t n)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_claim_opts opts = { .size = sizeof opts,
					.worker = CAIRN_STR("bench"),
					.lease = CAIRN_HOUR,
					.limit = (uint32_t)n };
	bench_must(cairn_job_claim(side->conn, &opts, &side->jobs, &err), &err);
	if (side->jobs->count != n)
		bench_die("claim", "jobs are missing");
}

static void begin_attempt(struct side *side, size_t i)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_lease lease = cairn_job_lease(&side->jobs->at[i]);
	const cairn_replay_opts opts = { .size = sizeof opts, .page = BENCH_PAGE };
	bench_must(cairn_replay_begin(side->conn, &lease, &opts, &side->replay, &err), &err);
	side->asked = 0;
}

/* Asks for the next n steps; all are to be this. */
static void ask(struct side *side, size_t n, enum cairn_next next)
{
	cairn_error err = CAIRN_ERROR_INIT;
	bench_must(cairn_replay_step_begin(side->replay, side->calls, n, side->steps, &err), &err);
	for (size_t i = 0; i < n; i++) {
		if (side->steps[i].status != CAIRN_OK || side->steps[i].next != next)
			bench_die("step", cairn_next_text(side->steps[i].next));
	}
}

static void name_calls(struct side *side, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int len = snprintf(side->inputs[i], 32, "{\"n\":%zu}", side->asked++);
		side->calls[i] = (cairn_replay_call){ .kind = CAIRN_STR("bench.step"),
						      .input = { side->inputs[i], (size_t)len } };
	}
}

static void complete(struct side *side, size_t i)
{
	cairn_error err = CAIRN_ERROR_INIT;
	bench_must(cairn_replay_complete(side->replay, &side->steps[i], PAYLOAD, NULL, 0, &err),
		   &err);
}

static void side_record(void *conn, size_t n)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	name_calls(side, n);
	bench_must(
		cairn_replay_value(side->replay, side->calls, side->values, n, side->steps, &err),
		&err);
}

static void side_step(void *conn)
{
	struct side *side = conn;
	name_calls(side, 1);
	ask(side, 1, CAIRN_NEXT_RUN);
	complete(side, 0);
}

/* A commit for each batch: the row of the run's job is written with each step. */
static void fill(struct side *side, size_t steps)
{
	cairn_error err = CAIRN_ERROR_INIT;
	while (side->asked < steps) {
		cairn_tx tx = CAIRN_TX_INIT;
		size_t n = steps - side->asked < BATCH ? steps - side->asked : BATCH;
		bench_must(cairn_begin(side->conn, &tx, &err), &err);
		name_calls(side, n);
		ask(side, n, CAIRN_NEXT_RUN);
		for (size_t i = 0; i < n; i++)
			complete(side, i);
		bench_must(cairn_commit(&tx, &err), &err);
	}
}

static void side_begin(void *conn, size_t steps)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_budget_new budget = { .axis = AXIS, .total = INT64_MAX / 2 };
	finish(side, CAIRN_FINISH_SUCCESS);
	enqueue(side);
	claim(side, 1);
	begin_attempt(side, 0);
	bench_must(cairn_budget_set(side->conn, cairn_any(), side->run, &budget, 1, &err), &err);
	fill(side, steps);
}

static void side_again(void *conn)
{
	struct side *side = conn;
	finish(side, CAIRN_FINISH_CONTINUE);
	claim(side, 1);
}

static size_t side_replay(void *conn)
{
	struct side *side = conn;
	begin_attempt(side, 0);
	size_t n = 0;
	while (cairn_replay_replaying(side->replay)) {
		name_calls(side, 1);
		ask(side, 1, CAIRN_NEXT_RESULT);
		if (side->steps[0].result.len != sizeof BENCH_PAYLOAD - 1)
			bench_die("replay", "another result");
		n++;
	}
	return n;
}

/* ---- budgets ---- */

static cairn_entry_new entry(struct side *side, char source[32])
{
	snprintf(source, 32, "call-%zu", side->charged++);
	return (cairn_entry_new){ .run = side->run,
				  .axis = AXIS,
				  .source_type = CAIRN_STR("bench"),
				  .source_id = cairn_str_of(source),
				  .amount = 100 };
}

static void check(const cairn_entry_done *done)
{
	if (done->status != CAIRN_OK)
		bench_die("budget", cairn_code_text(done->code));
}

static void side_charge(void *conn)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_entry_done done;
	char source[32];
	const cairn_entry_new item = entry(side, source);
	bench_must(cairn_budget_charge(side->conn, cairn_any(), &item, 1, &done, &err), &err);
	check(&done);
}

static void side_reserve(void *conn)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_entry_done done;
	char source[32];
	const cairn_entry_new item = entry(side, source);
	bench_must(cairn_budget_reserve(side->conn, cairn_any(), &item, 1, 0, &done, &err), &err);
	check(&done);
	bench_must(cairn_budget_charge(side->conn, cairn_any(), &item, 1, &done, &err), &err);
	check(&done);
}

/* ---- signals ---- */

/* A new run, and waits until it is suspended. */
static void side_wait(void *conn, struct bench_signals *shared, int i)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_filter filter = { .size = sizeof filter, .scope = cairn_any() };
	enqueue(side);
	filter.run = side->run;
	while (atomic_load(&shared->waiting) <= i)
		bench_pause(100000);
	do {
		bench_pause(1000000);
		bench_must(cairn_replay_list(side->conn, &filter, &side->runs, &err), &err);
	} while (side->runs->count == 0 || side->runs->at[0].status != CAIRN_REPLAY_SUSPENDED);
}

static void side_send(void *conn)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_signal_sent sent;
	const cairn_signal_new signal = { .run = side->run, .name = SIGNAL, .payload = PAYLOAD };
	bench_must(cairn_signal_send(side->conn, cairn_any(), &signal, 1, &sent, &err), &err);
	if (sent.status != CAIRN_OK || !sent.woken)
		bench_die("signal", "the run did not wait for it");
}

static enum cairn_finish_how program(void *user, cairn_durable *run)
{
	struct bench_signals *shared = user;
	cairn_str payload;
	if (!cairn_durable_signal(run, SIGNAL, -1, &payload)) {
		if (cairn_durable_state(run) == CAIRN_DURABLE_SUSPENDED)
			atomic_store(&shared->waiting, atomic_load(&shared->done) + 1);
		return cairn_durable_end(run);
	}
	shared->answered[atomic_load(&shared->done)] = bench_clock();
	atomic_fetch_add(&shared->done, 1);
	return cairn_durable_return(run, (cairn_str){ NULL, 0 });
}

static enum cairn_finish_how handle(void *user, cairn_context *context)
{
	struct bench_signals *shared = user;
	cairn_durable_program how = { .size = sizeof how, .run = program, .user = shared };
	shared->started[atomic_load(&shared->done)] = bench_clock();
	return cairn_durable_handler(&how, context);
}

static void side_serve(const char *url, struct bench_signals *shared)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_worker *worker;
	const cairn_driver *driver = &cairn_sqlite;
#ifdef CAIRN_WITH_POSTGRES
	if (strncmp(url, "sqlite:", 7) != 0)
		driver = &cairn_postgres;
#endif
	const cairn_handler handler = { .run = handle, .user = shared };
	const cairn_worker_opts opts = { .size = sizeof opts,
					 .driver = driver,
					 .url = url,
					 .handlers = &handler,
					 .handler_count = 1,
					 .max_jobs = 2 * BENCH_SIGNALS };
	bench_must(cairn_worker_open(&worker, &opts, &err), &err);
	atomic_store(&shared->waiting, 0);
	bench_must(cairn_worker_run(worker, &err), &err);
	cairn_worker_close(worker);
}

/* ---- a queue with many who wait ---- */

void bench_cairn_suspend(const char *url, size_t n)
{
	cairn_error err = CAIRN_ERROR_INIT;
	struct side *side = side_open(url, 0);
	static cairn_job_new jobs[1000];
	static cairn_job_added added[1000];
	static cairn_finish ends[1000];
	static cairn_changed each[1000];
	size_t some;
	for (size_t i = 0; i < 1000; i++)
		jobs[i] = (cairn_job_new){ .type = CAIRN_STR("bench"), .payload = PAYLOAD };
	for (size_t done = 0; done < n; done += some) {
		some = n - done < 1000 ? n - done : 1000;
		cairn_tx tx = CAIRN_TX_INIT;
		bench_must(cairn_begin(side->conn, &tx, &err), &err);
		bench_must(cairn_job_enqueue(side->conn, jobs, some, added, &err), &err);
		claim(side, some);
		for (size_t i = 0; i < some; i++) {
			begin_attempt(side, i);
			bench_must(cairn_replay_signal(side->replay, SIGNAL, -1, side->steps, &err),
				   &err);
			bench_must(cairn_replay_suspension(side->replay, &ends[i], &err), &err);
			ends[i].lease = cairn_job_lease(&side->jobs->at[i]);
			cairn_replay_close(side->replay);
			side->replay = NULL;
		}
		bench_must(cairn_job_finish(side->conn, ends, some, each, &err), &err);
		bench_must(cairn_commit(&tx, &err), &err);
	}
	side_close(side);
}

const bench_replays bench_replays_cairn = {
	.reset = side_reset,
	.open = side_open,
	.close = side_close,
	.begin = side_begin,
	.record = side_record,
	.step = side_step,
	.again = side_again,
	.replay = side_replay,
	.charge = side_charge,
	.reserve = side_reserve,
	.wait = side_wait,
	.send = side_send,
	.serve = side_serve,
};
