/*
 * run_budget.c - round trips of what ends steps: one for n ends with the next steps, whatever n; few where it goes
 * further. (what makes and reads runs: runs_enqueue.c, runs_append.c, runs_recover.c, runs_list.c)
 */
#include "ct_graph_model.h"

#define MOST   40
#define ROUNDS 3

static const size_t sizes[] = { 1, 7, MOST };

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* n runs, and the leases of their jobs a. */
struct batch {
	size_t n;
	cairn_id runs[MOST];
	cairn_lease leases[MOST];
	cairn_changed each[MOST];
};

static void leased(cairn_conn *conn, struct batch *batch, const char *words)
{
	for (size_t i = 0; i < batch->n; i++) {
		batch->runs[i] = ct_flow(conn, words);
		batch->leases[i] = ct_claim_step(conn, batch->runs[i], "a");
	}
}

static void over(cairn_conn *conn, const struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++)
		ct_cancel_run(conn, batch->runs[i]);
}

typedef void try_fn(cairn_conn *conn, struct batch *batch);

/* Each size several times: the first may meet a session that knows no statement yet. */
static void sweep_sizes(try_fn *fn)
{
	cairn_conn *conn = ct_open();
	struct batch batch;
	for (size_t i = 0; i < ROUNDS * SIZES; i++) {
		batch.n = sizes[i % SIZES];
		fn(conn, &batch);
	}
}

static void ends_cost_one(cairn_conn *conn, struct batch *batch, const char *words, bool good,
			  const char *what)
{
	cairn_finish items[MOST];
	leased(conn, batch, words);
	for (size_t i = 0; i < batch->n; i++)
		items[i] = good ? ct_success(batch->leases[i])
				: ct_failure(batch->leases[i], CAIRN_FINISH_TERMINAL, "x");
	ct_budget(conn);
	ct_ok(cairn_job_finish(conn, items, batch->n, batch->each, ct_err()));
	ct_spent(conn, 1, what, batch->n);
	for (size_t i = 0; i < batch->n; i++)
		ct_each(batch->each[i], CAIRN_OK, NULL);
	over(conn, batch);
}

static void try_ends(cairn_conn *conn, struct batch *batch)
{
	ends_cost_one(conn, batch, "a", true, "last steps");
	ends_cost_one(conn, batch, "a b:a! c:a g*:a", true, "successes with what follows");
	ends_cost_one(conn, batch, "a c:a g*:a h*", false, "failures with what follows");
}

static void ends(void)
{
	sweep_sizes(try_ends);
}

static void try_turn(cairn_conn *conn, struct batch *batch)
{
	cairn_claim_opts opts = ct_claim_opts("w", MOST);
	cairn_finish items[MOST];
	cairn_jobs *jobs = NULL;
	opts.queue = CAIRN_STR("b");
	leased(conn, batch, "a b:a! c:b");
	for (size_t i = 0; i < batch->n; i++)
		items[i] = ct_success(batch->leases[i]);
	ct_budget(conn);
	ct_ok(cairn_job_finish_and_claim(conn, items, batch->n, batch->each, &opts, &jobs,
					 ct_err()));
	ct_spent(conn, 1, "ends, and their children claimed", batch->n);
	ct_int(jobs->count, batch->n);
	cairn_free(jobs);
	over(conn, batch);
}

static void ends_and_claims(void)
{
	sweep_sizes(try_turn);
}

static void try_gates(cairn_conn *conn, struct batch *batch)
{
	cairn_completion items[MOST];
	cairn_completed each[MOST];
	for (size_t i = 0; i < batch->n; i++) {
		batch->runs[i] = ct_flow(conn, "g* a:g! h*:g i*");
		items[i] = ct_completion(batch->runs[i], "g", CAIRN_STEP_SUCCEEDED);
		items[i].output = CAIRN_STR("[1]");
	}
	ct_budget(conn);
	ct_ok(cairn_step_complete(conn, items, batch->n, each, ct_err()));
	ct_spent(conn, 1, "gates completed", batch->n);
	ct_ok(cairn_step_complete(conn, items, batch->n, each, ct_err()));
	ct_spent(conn, 1, "gates completed before", batch->n);
	ct_int(each[batch->n - 1].repeated, 1);
	over(conn, batch);
}

static void gates(void)
{
	sweep_sizes(try_gates);
}

static void try_cancels(cairn_conn *conn, struct batch *batch)
{
	cairn_run_cancel_opts opts = {
		.size = sizeof(opts), .scope = cairn_any(), .runs = batch->runs, .n = batch->n
	};
	cairn_run_changed each[MOST];
	leased(conn, batch, "a b c:a g* d:g");
	ct_budget(conn);
	ct_ok(cairn_run_cancel(conn, &opts, each, ct_err()));
	ct_spent(conn, 2, "runs canceled", batch->n);
	ct_int(each[batch->n - 1].canceled, 5);
}

static void cancels(void)
{
	sweep_sizes(try_cancels);
}

static void try_deadlines(cairn_conn *conn, struct batch *batch)
{
	cairn_run_new dag = ct_dag("g* a:g h*:g");
	size_t ended = 0;
	ct_dag_step(&dag, "g")->deadline = CAIRN_SECOND;
	ct_define(conn, "t");
	for (size_t i = 0; i < batch->n; i++)
		batch->runs[i] = ct_add_run(conn, &dag);
	ct_budget(conn);
	ct_ok(cairn_run_reap(conn, 0, &ended, ct_err()));
	ct_spent(conn, 1, "nothing overdue", batch->n);
	ct_int(ended, 0);
	ct_advance(CAIRN_SECOND);
	ct_budget(conn);
	ct_ok(cairn_run_reap(conn, 0, &ended, ct_err()));
	ct_spent(conn, 2, "gates overdue", batch->n);
	ct_int(ended, batch->n);
	over(conn, batch);
}

static void deadlines(void)
{
	sweep_sizes(try_deadlines);
}

static void try_prune(cairn_conn *conn, struct batch *batch)
{
	cairn_run_prune_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	size_t pruned = 0;
	for (size_t i = 0; i < batch->n; i++) {
		batch->runs[i] = ct_flow(conn, "a b:a! g*");
		ct_end(conn, batch->runs[i], "a", CAIRN_STEP_FAILED);
	}
	over(conn, batch);
	ct_budget(conn);
	ct_ok(cairn_run_prune(conn, &filter, &pruned, ct_err()));
	ct_spent(conn, 1, "runs pruned", batch->n);
	ct_int(pruned, batch->n);
	ct_ok(cairn_run_prune(conn, &filter, &pruned, ct_err()));
	ct_spent(conn, 1, "no runs to prune", 0);
}

static void prune(void)
{
	sweep_sizes(try_prune);
}

static void try_further(cairn_conn *conn, struct batch *batch)
{
	cairn_completion items[MOST];
	cairn_finish ends[MOST];
	leased(conn, batch, "a b:a! c:b! d:c! e:d g* h*:g! i:h! j:i");
	for (size_t i = 0; i < batch->n; i++) {
		ends[i] = ct_failure(batch->leases[i], CAIRN_FINISH_TERMINAL, "x");
		items[i] = ct_completion(batch->runs[i], "g", CAIRN_STEP_FAILED);
	}
	ct_budget(conn);
	ct_ok(cairn_job_finish(conn, ends, batch->n, batch->each, ct_err()));
	ct_spent(conn, ct_further(conn), "failures that go further", batch->n);
	ct_ok(cairn_step_complete(conn, items, batch->n, NULL, ct_err()));
	ct_spent(conn, ct_further(conn), "gates that go further", batch->n);
	ct_stands(conn, batch->runs[0],
		  "RUNNING a=FAILED b=CANCELED c=CANCELED d=CANCELED e=ENQUEUED g=FAILED "
		  "h=CANCELED i=CANCELED j=ENQUEUED");
	over(conn, batch);
}

static void further(void)
{
	sweep_sizes(try_further);
}

static void try_reading(cairn_conn *conn, struct batch *batch)
{
	cairn_run_event_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	cairn_run_events_result *events = NULL;
	leased(conn, batch, "a b:a");
	filter.run = batch->runs[0];
	for (uint32_t jobs = 0; jobs < 2; jobs++) {
		filter.jobs = jobs;
		ct_budget(conn);
		ct_ok(cairn_run_events(conn, &filter, &events, ct_err()));
		ct_spent(conn, 1, "a timeline", events->count);
	}
	cairn_free(events);
	over(conn, batch);
}

static void timelines(void)
{
	sweep_sizes(try_reading);
}

static void nothing_costs_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_cancel_opts opts = { .size = sizeof(opts), .scope = cairn_any() };
	cairn_completion item = ct_completion(cairn_id_new(), "g", CAIRN_STEP_BLOCKED);
	ct_budget(conn);
	ct_ok(cairn_run_enqueue(conn, NULL, 0, NULL, ct_err()));
	ct_ok(cairn_step_complete(conn, NULL, 0, NULL, ct_err()));
	ct_ok(cairn_run_cancel(conn, &opts, NULL, ct_err()));
	ct_status(cairn_step_complete(conn, &item, 1, NULL, ct_err()), CAIRN_INVALID, NULL);
	opts.n = 1;
	opts.runs = &item.run;
	opts.reason = CAIRN_STR("a\nb");
	ct_status(cairn_run_cancel(conn, &opts, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_run_reap(conn, 1001, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_spent(conn, 0, "empty and refused calls", 0);
}

#define BUDGET .kind = CT_BUDGET, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.budget.ends_of_n_steps_are_one_round_trip",
	  BUDGET,
	  .rule = "Ending n steps of n runs, releasing the next ones and ending the runs, is one "
		  "round "
		  "trip.",
	  .covers = "runledger Z14",
	  .run = ends },
	{ .name = "runs.budget.ends_and_claims_are_one_round_trip",
	  BUDGET,
	  .rule = "Ending n steps and claiming those that begin by it is one round trip.",
	  .run = ends_and_claims },
	{ .name = "runs.budget.completing_n_gates_is_one_round_trip",
	  BUDGET,
	  .rule = "Completing n gates of n runs with what follows, or finding them completed, is "
		  "one "
		  "round trip.",
	  .run = gates },
	{ .name = "runs.budget.canceling_n_runs_is_two_round_trips",
	  BUDGET,
	  .rule = "Canceling n runs with all that they have is two round trips.",
	  .run = cancels },
	{ .name = "runs.budget.a_pass_for_deadlines_is_two_round_trips",
	  BUDGET,
	  .rule = "A look for overdue gates is one round trip, and ending them another.",
	  .run = deadlines },
	{ .name = "runs.budget.pruning_n_runs_is_one_round_trip",
	  BUDGET,
	  .rule = "Deleting n runs with everything is one round trip.",
	  .run = prune },
	{ .name = "runs.budget.what_goes_further_is_three_more",
	  BUDGET,
	  .rule = "Where what follows goes further than the next steps it is three more round "
		  "trips, "
		  "however many runs and levels.",
	  .covers = "runledger Z14",
	  .run = further },
	{ .name = "runs.budget.a_timeline_is_one_round_trip",
	  BUDGET,
	  .rule = "Reading a page of a timeline, with the jobs' events or without, is one round "
		  "trip.",
	  .run = timelines },
	{ .name = "runs.budget.nothing_costs_nothing",
	  BUDGET,
	  .rule = "Empty batches and refused arguments do not touch the database.",
	  .run = nothing_costs_nothing },
};

CT_GROUP(run_budget, cases);
