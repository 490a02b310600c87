/* load_work.c - what each process does: a bit of everything, on whatever there is. */
#include <string.h>
#include <time.h>

#include "graphs.h"
#include "load.h"

/* So many runs at a time; beyond them nobody makes new ones. */
#define RUNS_AT_ONCE 200

struct work {
	cairn_conn *conn;
	struct dice dice;
	cairn_runs *runs; /* some that are not over, as they were lately */
	cairn_jobs *jobs;
	uint64_t calls;
};

/* Outcomes that others bring about are none of ours; a deadlock or anything else is. */
static void allow(struct work *work, const char *what, cairn_status st, const cairn_error *err)
{
	work->calls++;
	if (st == CAIRN_OK || st == CAIRN_STALE || st == CAIRN_NOT_FOUND || st == CAIRN_CONFLICT ||
	    st == CAIRN_INVALID)
		return;
	load_die(what, err);
}

static void look_around(struct work *work)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_run_filter filter = { .size = sizeof filter,
				    .scope = cairn_any(),
				    .statuses = 1u << CAIRN_RUN_RUNNING |
						1u << CAIRN_RUN_WAITING_FOR_EXTERNAL,
				    .limit = RUNS_AT_ONCE,
				    .compact = 1 };
	allow(work, "list", cairn_run_list(work->conn, &filter, &work->runs, &err), &err);
}

static const cairn_run *some(struct work *work)
{
	if (work->runs == NULL || work->runs->count == 0)
		return NULL;
	return &work->runs->at[dice_below(&work->dice, (uint32_t)work->runs->count)];
}

static void enqueue(struct work *work)
{
	static struct graph graphs[4];
	cairn_run_new runs[4];
	cairn_error err = CAIRN_ERROR_INIT;
	size_t n = 1 + dice_below(&work->dice, 4);
	look_around(work);
	if (work->runs->count >= RUNS_AT_ONCE)
		return;
	memset(runs, 0, sizeof runs);
	for (size_t i = 0; i < n; i++) {
		graph_roll(&graphs[i], &work->dice, CAIRN_STR("load"), "s",
			   1 + dice_below(&work->dice, GRAPH_STEPS), NULL);
		runs[i] = (cairn_run_new){ .type = CAIRN_STR("flow"),
					   .steps = graphs[i].steps,
					   .step_count = graphs[i].n };
		if (dice_percent(&work->dice, 30))
			runs[i].on_failure = CAIRN_ON_FAILURE_FAIL_FAST;
		if (dice_percent(&work->dice, 10))
			runs[i].active_key = CAIRN_STR("only one");
	}
	cairn_run_added each[4];
	allow(work, "enqueue", cairn_run_enqueue(work->conn, runs, n, each, &err), &err);
}

static cairn_finish roll_end(struct work *work, const cairn_job *job)
{
	cairn_finish end = { .lease = cairn_job_lease(job), .how = CAIRN_FINISH_SUCCESS };
	if (dice_percent(&work->dice, 20)) {
		end.how = dice_percent(&work->dice, 60) ? CAIRN_FINISH_TERMINAL
							: CAIRN_FINISH_RETRYABLE;
		end.error_code = CAIRN_STR("load.failed");
	} else if (dice_percent(&work->dice, 10)) {
		end.how = CAIRN_FINISH_SNOOZE;
	}
	if (dice_percent(&work->dice, 10))
		end.lease.hints = 0; /* as if it was made by hand */
	return end;
}

/* Some leases are left to expire. */
static void work_off(struct work *work)
{
	enum { MOST = 12 };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_finish ends[MOST];
	cairn_changed each[MOST];
	cairn_claim_opts opts = { .size = sizeof opts,
				  .worker = CAIRN_STR("w"),
				  .queue = CAIRN_STR("load"),
				  .lease = CAIRN_SECOND,
				  .limit = 1 + dice_below(&work->dice, MOST) };
	allow(work, "claim", cairn_job_claim(work->conn, &opts, &work->jobs, &err), &err);
	for (int rounds = 0; rounds < 4 && work->jobs->count > 0; rounds++) {
		size_t n = 0;
		for (size_t i = 0; i < work->jobs->count; i++) {
			if (!dice_percent(&work->dice, 3))
				ends[n++] = roll_end(work, &work->jobs->at[i]);
		}
		cairn_status st = cairn_job_finish_and_claim(work->conn, ends, n, each, &opts,
							     &work->jobs, &err);
		allow(work, "finish", st, &err);
	}
}

static void complete(struct work *work)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_steps *gates = NULL;
	const cairn_run *run = some(work);
	if (run == NULL)
		return;
	cairn_step_filter filter = { .size = sizeof filter,
				     .scope = cairn_any(),
				     .run = run->id,
				     .statuses = 1u << CAIRN_STEP_WAITING_FOR_EXTERNAL,
				     .compact = 1,
				     .limit = 5 };
	allow(work, "gates", cairn_run_steps(work->conn, &filter, &gates, &err), &err);
	for (size_t i = 0; gates != NULL && i < gates->count; i++) {
		cairn_completed each;
		cairn_completion item = { .scope = cairn_any(),
					  .run = run->id,
					  .step = gates->at[i].key,
					  .to = CAIRN_STEP_SUCCEEDED +
						(enum cairn_step_status)(
							dice_below(&work->dice, 5) % 3) };
		allow(work, "complete", cairn_step_complete(work->conn, &item, 1, &each, &err),
		      &err);
	}
	cairn_free(gates);
}

static void append(struct work *work)
{
	static struct graph graph;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_appended *appended = NULL;
	cairn_steps *gates = NULL;
	char key[16];
	char prefix[16];
	const cairn_run *run = some(work);
	if (run == NULL)
		return;
	cairn_step_filter filter = { .size = sizeof filter,
				     .scope = cairn_any(),
				     .run = run->id,
				     .statuses = 1u << CAIRN_STEP_WAITING_FOR_EXTERNAL,
				     .compact = 1,
				     .limit = 1 };
	allow(work, "window", cairn_run_steps(work->conn, &filter, &gates, &err), &err);
	uint32_t number = dice_below(&work->dice, 1000);
	snprintf(key, sizeof key, "append-%u", (unsigned)number);
	snprintf(prefix, sizeof prefix, "n%u-", (unsigned)number);
	graph_roll(&graph, &work->dice, CAIRN_STR("load"), prefix, 1 + dice_below(&work->dice, 4),
		   "s");
	cairn_append request = { .size = sizeof request,
				 .scope = cairn_any(),
				 .run = run->id,
				 .key = cairn_str_of(key),
				 .steps = graph.steps,
				 .n = graph.n };
	if (gates != NULL && gates->count > 0) {
		request.window = gates->at[0].key;
		allow(work, "append", cairn_run_append(work->conn, &request, &appended, &err),
		      &err);
	}
	cairn_free(appended);
	cairn_free(gates);
}

static void cancel(struct work *work)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_run *run = some(work);
	const cairn_run *other = some(work);
	if (run == NULL)
		return;
	cairn_id ids[] = { run->id, other->id };
	cairn_run_changed each[2];
	cairn_run_cancel_opts opts = { .size = sizeof opts,
				       .scope = cairn_any(),
				       .runs = ids,
				       .n = 2,
				       .reason = CAIRN_STR("swept") };
	allow(work, "cancel", cairn_run_cancel(work->conn, &opts, each, &err), &err);
}

static void cancel_jobs(struct work *work)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_steps *steps = NULL;
	const cairn_run *run = some(work);
	if (run == NULL)
		return;
	cairn_step_filter filter = { .size = sizeof filter,
				     .scope = cairn_any(),
				     .run = run->id,
				     .compact = 1,
				     .limit = 2 };
	allow(work, "steps", cairn_run_steps(work->conn, &filter, &steps, &err), &err);
	for (size_t i = 0; steps != NULL && i < steps->count; i++) {
		cairn_changed each;
		allow(work, "cancel a job",
		      cairn_job_cancel(work->conn, cairn_any(), &steps->at[i].id, 1,
				       CAIRN_STR("not wanted"), &each, &err),
		      &err);
	}
	cairn_free(steps);
}

static void reap(struct work *work)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_reap_report *report = NULL;
	allow(work, "reap", cairn_job_reap(work->conn, NULL, &report, &err), &err);
	allow(work, "gates", cairn_run_reap(work->conn, 0, NULL, &err), &err);
	cairn_free(report);
}

static void recover(struct work *work)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_run_added added;
	const cairn_run *run = some(work);
	if (run == NULL)
		return;
	cairn_recovery request = { .size = sizeof request,
				   .scope = cairn_global(),
				   .source = run->id,
				   .key = CAIRN_STR("again"),
				   .reason = CAIRN_STR("again") };
	allow(work, "recover", cairn_run_recover(work->conn, &request, &added, &err), &err);
}

void game_work(const char *url, uint64_t seed, int64_t until)
{
	struct work work = { .conn = real_open(url), .dice = { .state = seed } };
	while (load_now() < until) {
		uint32_t roll = dice_below(&work.dice, 100);
		if (roll < 12)
			enqueue(&work);
		else if (roll < 60)
			work_off(&work);
		else if (roll < 78)
			complete(&work);
		else if (roll < 88)
			append(&work);
		else if (roll < 91)
			cancel(&work);
		else if (roll < 94)
			cancel_jobs(&work);
		else if (roll < 98)
			reap(&work);
		else
			recover(&work);
	}
	printf("# %llu calls\n", (unsigned long long)work.calls);
	cairn_free(work.runs);
	cairn_free(work.jobs);
	cairn_close(work.conn);
}

void game_drain(cairn_conn *conn)
{
	struct work work = { .conn = conn, .dice = { .state = 1 } };
	struct timespec nap = { .tv_nsec = 20 * 1000 * 1000 };
	for (int64_t until = load_now() + 120 * CAIRN_SECOND; load_now() < until;) {
		look_around(&work);
		if (work.runs->count == 0)
			break;
		for (int i = 0; i < 200; i++)
			complete(&work);
		work_off(&work);
		reap(&work);
		nanosleep(&nap, NULL);
	}
	if (work.runs->count > 0) {
		char id[CAIRN_ID_TEXT];
		cairn_id_format(work.runs->at[0].id, id);
		printf("# run %s and %zu others don't end\n", id, work.runs->count - 1);
		load_die("a release was lost", NULL);
	}
	cairn_free(work.runs);
	cairn_free(work.jobs);
}
