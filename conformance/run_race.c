/*
 * run_race.c - workers, somebody outside, an operator and whoever appends, all at once on the same few runs: no call
 * fails, and afterwards every edge was kept.
 */
#include <stdatomic.h>

#include "ct_graph_model.h"

#define RUNS   10
#define ROUNDS 40

static const char graph[] = "a b c:a!,b d:a,b! e:c,d! f:d g* h*:c i:g! j:h,g k:i,j!";

struct field {
	cairn_id runs[RUNS];
	atomic_uint appends;
};

/* ---- what is done ------------------------------------------------------------------ */

static void work(cairn_conn *conn)
{
	cairn_claim_opts opts = ct_claim_opts("w", 1 + ct_random(6));
	cairn_finish items[6];
	cairn_jobs *jobs = NULL;
	opts.queue = CAIRN_STR("line");
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	for (size_t i = 0; i < jobs->count; i++) {
		cairn_lease lease = cairn_job_lease(&jobs->at[i]);
		if (ct_random(5) == 0)
			items[i] = ct_failure(lease, CAIRN_FINISH_TERMINAL, "broken");
		else if (ct_random(7) == 0)
			items[i] = ct_again(lease, CAIRN_FINISH_SNOOZE, 0);
		else
			items[i] = ct_success(lease);
	}
	cairn_changed each[6];
	ct_ok(cairn_job_finish(conn, items, jobs->count, each, ct_err()));
	for (size_t i = 0; i < jobs->count; i++) {
		if (each[i].status != CAIRN_OK)
			ct_each(each[i], CAIRN_STALE, "job.canceled");
	}
	cairn_free(jobs);
}

/* Both gates of two runs, in one call; in any order. */
static void outside(cairn_conn *conn, struct field *field)
{
	size_t one = ct_random(RUNS);
	size_t other = (one + 1 + ct_random(RUNS - 1)) % RUNS;
	cairn_completion items[] = {
		ct_completion(field->runs[one], "h", CAIRN_STEP_SUCCEEDED),
		ct_completion(field->runs[other], "g", CAIRN_STEP_SUCCEEDED),
		ct_completion(field->runs[other], "h", CAIRN_STEP_FAILED),
	};
	cairn_completed each[3];
	ct_ok(cairn_step_complete(conn, items, 3, each, ct_err()));
}

static void append(cairn_conn *conn, struct field *field)
{
	unsigned number = atomic_fetch_add(&field->appends, 1);
	cairn_append item = ct_append(field->runs[ct_random(RUNS)], ct_format("k%u", number), "g",
				      ct_format("m%u:a,c! n%u:m%u!,b", number, number, number));
	ct_steps steps = { .n = item.n };
	memcpy(&steps.at, &item.steps, sizeof(steps.at));
	for (size_t i = 0; i < steps.n; i++)
		steps.at[i].queue = CAIRN_STR("line");
	cairn_appended *appended = NULL;
	cairn_status status = cairn_run_append(conn, &item, &appended, ct_err());
	if (status != CAIRN_OK)
		ct_text(ct_last()->code, "workflow.append_window_not_open");
	cairn_free(appended);
}

static void operate(cairn_conn *conn, struct field *field)
{
	cairn_id some[] = { field->runs[ct_random(RUNS)], field->runs[ct_random(RUNS)] };
	cairn_run_cancel_opts opts = {
		.size = sizeof(opts), .scope = cairn_any(), .runs = some, .n = 2
	};
	cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .limit = 2 };
	cairn_swept *swept = NULL;
	cairn_str none = { NULL, 0 };
	if (ct_random(8) == 0)
		ct_ok(cairn_run_cancel(conn, &opts, NULL, ct_err()));
	ct_ok(cairn_job_cancel_where(conn, &filter, none, &swept, ct_err()));
	cairn_free(swept);
	ct_ok(cairn_run_reap(conn, 0, NULL, ct_err()));
}

static void take_part(cairn_conn *conn, unsigned number, void *arg)
{
	struct field *field = arg;
	for (int i = 0; i < ROUNDS; i++) {
		if (number < 2)
			work(conn);
		else if (number == 2)
			outside(conn, field);
		else if (number == 3)
			append(conn, field);
		else
			operate(conn, field);
	}
}

/* ---- what must hold -------------------------------------------------------------------- */

static bool ended(const cairn_step *step)
{
	return step->status >= CAIRN_STEP_SUCCEEDED;
}

static const cairn_step *by_id(const cairn_steps *steps, cairn_id id)
{
	for (size_t i = 0; i < steps->count; i++) {
		if (cairn_id_compare(steps->at[i].id, id) == 0)
			return &steps->at[i];
	}
	ct_fail("an edge of no step");
}

static void edges_were_kept(cairn_conn *conn, const cairn_run *run, const cairn_steps *steps,
			    const cairn_run_edges_result *edges)
{
	for (size_t i = 0; i < steps->count; i++) {
		const cairn_step *step = &steps->at[i];
		int32_t pending = 0;
		int32_t unsatisfied = 0;
		for (size_t k = 0; k < edges->count; k++) {
			const cairn_run_edge *edge = &edges->at[k];
			if (cairn_id_compare(edge->dependent, step->id) != 0)
				continue;
			const cairn_step *before = by_id(steps, edge->prerequisite);
			pending += !ended(before);
			unsatisfied += edge->mode == CAIRN_RELEASE_ON_SUCCESS && ended(before) &&
				       before->status != CAIRN_STEP_SUCCEEDED;
		}
		if (step->released_at != 0)
			ct_true(pending == 0 && unsatisfied == 0);
		else if (run->status != CAIRN_RUN_CANCELED)
			ct_true(step->status == CAIRN_STEP_BLOCKED
					? pending > 0
					: pending == 0 && unsatisfied > 0);
		if (step->kind == CAIRN_STEP_JOB)
			ct_int(ct_exists(conn, step->id), step->released_at != 0);
	}
}

static void judge(cairn_conn *conn, cairn_id id)
{
	cairn_edge_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = id, .limit = 1000
	};
	cairn_run_edges_result *edges = NULL;
	ct_ok(cairn_run_edges(conn, &filter, &edges, ct_err()));
	ct_later(edges);
	ct_state(conn, id);	   /* counters and status are what the steps give */
	ct_run_timeline(conn, id); /* no gap */
	edges_were_kept(conn, ct_run(conn, id), ct_run_steps(conn, id), edges);
}

static void all_at_once(void)
{
	cairn_conn *conn = ct_open();
	struct field field;
	ct_define(conn, "t");
	atomic_init(&field.appends, 0);
	for (size_t i = 0; i < RUNS; i++) {
		cairn_run_new dag = ct_dag(graph);
		for (size_t k = 0; k < dag.step_count; k++) {
			const char *key =
				ct_format("%.*s", (int)dag.steps[k].key.len, dag.steps[k].key.ptr);
			if (dag.steps[k].kind != CAIRN_STEP_EXTERNAL)
				ct_dag_step(&dag, key)->queue = CAIRN_STR("line");
		}
		field.runs[i] = ct_add_run(conn, &dag);
	}
	ct_race(5, take_part, &field);
	for (size_t i = 0; i < RUNS; i++)
		judge(conn, field.runs[i]);
}

/* Calls on many runs at once, which each of them takes in another order. */
static void opposite_orders(cairn_conn *conn, unsigned number, void *arg)
{
	const struct field *field = arg;
	cairn_completion items[RUNS];
	cairn_completed each[RUNS];
	cairn_id ids[RUNS];
	for (size_t i = 0; i < RUNS; i++) {
		size_t at = number % 2 ? i : RUNS - 1 - i;
		items[i] = ct_completion(field->runs[at], "g", CAIRN_STEP_SUCCEEDED);
		ids[i] = field->runs[at];
	}
	if (number < 3) {
		ct_ok(cairn_step_complete(conn, items, RUNS, each, ct_err()));
		return;
	}
	cairn_run_cancel_opts opts = {
		.size = sizeof(opts), .scope = cairn_any(), .runs = ids, .n = RUNS
	};
	ct_ok(cairn_run_cancel(conn, &opts, NULL, ct_err()));
}

static void no_deadlock(void)
{
	cairn_conn *conn = ct_open();
	for (size_t round = 0; round < 5; round++) {
		struct field field;
		for (size_t i = 0; i < RUNS; i++)
			field.runs[i] = ct_flow(conn, "g* a:g! b:g h*:g");
		ct_race(5, opposite_orders, &field);
		for (size_t i = 0; i < RUNS; i++) {
			judge(conn, field.runs[i]);
			ct_int(ct_run(conn, field.runs[i])->status, CAIRN_RUN_CANCELED);
		}
	}
}

/* The join of eight: who is last releases it, and nobody else. */
static void finish_one(cairn_conn *conn, unsigned number, void *arg)
{
	const cairn_lease *leases = arg;
	ct_finish(conn, ct_success(leases[number]));
}

static void one_join(void)
{
	cairn_conn *conn = ct_open();
	for (size_t round = 0; round < 8; round++) {
		cairn_id run =
			ct_flow(conn, "s0 s1 s2 s3 s4 s5 s6 s7 join:s0!,s1,s2!,s3,s4!,s5,s6!,"
				      "s7 next:join");
		cairn_lease leases[8];
		for (unsigned i = 0; i < 8; i++)
			leases[i] = ct_claim_step(conn, run, ct_format("s%u", i));
		ct_race(8, finish_one, leases);
		judge(conn, run);
		cairn_id join = ct_step_id(conn, run, "join");
		ct_text(ct_timeline(conn, join), "ENQUEUED");
		ct_int(ct_run(conn, run)->counts.enqueued, 1);
		ct_int(ct_run(conn, run)->counts.succeeded, 8);
		ct_cancel_run(conn, run);
	}
}

#define RACE .kind = CT_RACE, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.race.everybody_at_once",
	  RACE,
	  .rule = "Workers, completions, appends, cancels and reapers on the same runs: no call "
		  "fails, "
		  "counters are counts, timelines have no gap, and each edge was kept.",
	  .covers = "runledger T09",
	  .run = all_at_once },
	{ .name = "runs.race.calls_on_many_runs_in_opposite_orders",
	  RACE,
	  .rule = "Calls that name the same runs in opposite orders do not lock each other out.",
	  .covers = "runledger T09",
	  .run = no_deadlock },
	{ .name = "runs.race.one_join",
	  RACE,
	  .rule = "Eight who end the prerequisites of one step at once release it once.",
	  .covers = "runledger Z05",
	  .run = one_join },
};

CT_GROUP(run_race, cases);
