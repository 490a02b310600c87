/*
 * budget_verbs.c - round trips of the verbs beyond claim and finish: n items are one, a sweep by
 * filter two, whatever n, on the happy path. (budget.c: the others)
 */
#include "ct.h"

#define MOST   60
#define ROUNDS 3

static const size_t sizes[] = { 1, 7, MOST };

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static const cairn_str none = { NULL, 0 };

/* What a call is tried on: n leased jobs, and all that can be asked of them. */
struct batch {
	size_t n;
	cairn_lease leases[MOST];
	cairn_id ids[MOST];
	cairn_changed each[MOST];
};

static void add_many(cairn_conn *conn, struct batch *batch)
{
	cairn_job_new jobs[MOST];
	cairn_job_added each[MOST];
	for (size_t i = 0; i < batch->n; i++)
		jobs[i] = ct_new("t");
	ct_ok(cairn_job_enqueue(conn, jobs, batch->n, each, ct_err()));
	for (size_t i = 0; i < batch->n; i++)
		batch->ids[i] = each[i].id;
}

static void lease_many(cairn_conn *conn, struct batch *batch, uint32_t ahead)
{
	cairn_claim_opts opts = ct_claim_opts("w", (uint32_t)batch->n);
	cairn_jobs *jobs = NULL;
	opts.prestart = ahead;
	add_many(conn, batch);
	ct_budget(conn);
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_spent(conn, 1, "claim", batch->n);
	ct_int(jobs->count, batch->n);
	for (size_t i = 0; i < batch->n; i++) {
		batch->leases[i] = cairn_job_lease(&jobs->at[i]);
		batch->ids[i] = jobs->at[i].id;
	}
	cairn_free(jobs);
}

static void done_many(cairn_conn *conn, struct batch *batch, enum cairn_finish_how how)
{
	cairn_finish items[MOST];
	lease_many(conn, batch, 0);
	for (size_t i = 0; i < batch->n; i++)
		items[i] = how == CAIRN_FINISH_SUCCESS ? ct_success(batch->leases[i])
						       : ct_failure(batch->leases[i], how, "x");
	ct_ok(cairn_job_finish(conn, items, batch->n, batch->each, ct_err()));
}

typedef void try_fn(cairn_conn *conn, struct batch *batch);

/* Each size several times: the first may meet a session that knows no statement yet. */
static void sweep_sizes(try_fn *fn)
{
	cairn_conn *conn = ct_open();
	struct batch batch;
	ct_define(conn, "t");
	for (size_t i = 0; i < ROUNDS * SIZES; i++) {
		batch.n = sizes[i % SIZES];
		fn(conn, &batch);
	}
}

static void last_is(const struct batch *batch, cairn_status status)
{
	ct_each(batch->each[batch->n - 1], status, NULL);
}

/* ---- working ------------------------------------------------------------------------------------ */

static void try_progress(cairn_conn *conn, struct batch *batch)
{
	cairn_progress items[MOST];
	lease_many(conn, batch, 0);
	for (size_t i = 0; i < batch->n; i++) {
		items[i] = ct_report(batch->leases[i], (int64_t)i, MOST);
		items[i].stage = i % 2 ? CAIRN_STR("running") : none;
		items[i].checkpoint = i % 3 ? CAIRN_STR("[1]") : none;
		items[i].extend = i % 5 ? CAIRN_MINUTE : 0;
	}
	ct_budget(conn);
	ct_ok(cairn_job_progress(conn, items, batch->n, batch->each, ct_err()));
	ct_spent(conn, 1, "progress", batch->n);
	last_is(batch, CAIRN_OK);
}

static void progress(void)
{
	sweep_sizes(try_progress);
}

static void try_finish(cairn_conn *conn, struct batch *batch)
{
	static const enum cairn_finish_how hows[] = { CAIRN_FINISH_RELEASE, CAIRN_FINISH_CONTINUE,
						      CAIRN_FINISH_SNOOZE };
	cairn_finish items[MOST];
	lease_many(conn, batch, 1);
	for (size_t i = 0; i < batch->n; i++) {
		if (i % 6 < 3)
			items[i] = ct_again(batch->leases[i], hows[i % 6], CAIRN_DAY);
		else if (i % 6 == 5)
			items[i] = ct_failure(batch->leases[i], CAIRN_FINISH_RETRYABLE, "x");
		else
			items[i] = ct_success(batch->leases[i]);
		if (i % 6 == 4)
			items[i].lease.hints |= CAIRN_HINT_DELETE;
	}
	ct_budget(conn);
	ct_ok(cairn_job_finish(conn, items, batch->n, batch->each, ct_err()));
	ct_spent(conn, 1, "finish of all kinds", batch->n);
	last_is(batch, CAIRN_OK);
	/* failed ones are due again soon: not in the next round's way */
	ct_ok(cairn_job_cancel(conn, cairn_any(), batch->ids, batch->n, none, batch->each,
			       ct_err()));
}

static void finish(void)
{
	sweep_sizes(try_finish);
}

static void try_log(cairn_conn *conn, struct batch *batch)
{
	cairn_log_line lines[MOST];
	lease_many(conn, batch, 0);
	for (size_t i = 0; i < batch->n; i++)
		lines[i] = (cairn_log_line){ .lease = batch->leases[i / 2],
					     .level = CAIRN_LOG_INFO,
					     .message = CAIRN_STR("said") };
	ct_budget(conn);
	ct_ok(cairn_job_log(conn, lines, batch->n, batch->each, ct_err()));
	ct_spent(conn, 1, "log", batch->n);
	last_is(batch, CAIRN_OK);
	ct_budget(conn);
	ct_ok(cairn_job_note(conn, cairn_any(), batch->ids[0], CAIRN_LOG_INFO, CAIRN_STR("x"), none,
			     ct_err()));
	ct_spent(conn, 1, "note", 1);
	cairn_log_rows *rows = NULL;
	ct_budget(conn);
	ct_ok(cairn_job_logs(conn, cairn_any(), batch->ids[0], 0, 0, &rows, ct_err()));
	ct_spent(conn, 1, "reading logs", 1);
	cairn_free(rows);
}

static void logs(void)
{
	sweep_sizes(try_log);
}

/* ---- recovering ------------------------------------------------------------------------------------ */

static void try_requeue(cairn_conn *conn, struct batch *batch)
{
	cairn_requeue items[MOST];
	done_many(conn, batch, CAIRN_FINISH_TERMINAL);
	for (size_t i = 0; i < batch->n; i++)
		items[i] = (cairn_requeue){ .id = batch->ids[i],
					    .status = CAIRN_JOB_DEAD_LETTERED,
					    .run_number = 1,
					    .reset = i % 2 };
	ct_budget(conn);
	ct_ok(cairn_job_requeue(conn, cairn_any(), items, batch->n, none, batch->each, ct_err()));
	ct_spent(conn, 1, "requeue", batch->n);
	last_is(batch, CAIRN_OK);
	ct_ok(cairn_job_cancel(conn, cairn_any(), batch->ids, batch->n, none, batch->each,
			       ct_err()));
}

static void requeue(void)
{
	sweep_sizes(try_requeue);
}

static void try_replay(cairn_conn *conn, struct batch *batch)
{
	cairn_rerun items[MOST];
	cairn_job_added each[MOST];
	cairn_id made[MOST];
	done_many(conn, batch, CAIRN_FINISH_SUCCESS);
	for (size_t i = 0; i < batch->n; i++)
		items[i] = (cairn_rerun){ .source = batch->ids[i],
					  .run_number = 1,
					  .key = CAIRN_STR("r"),
					  .reason = CAIRN_STR("why") };
	for (int again = 0; again < 2; again++) {
		ct_budget(conn);
		ct_ok(cairn_job_replay(conn, cairn_any(), items, batch->n, each, ct_err()));
		ct_spent(conn, 1, again ? "repeated replay" : "replay", batch->n);
		ct_int(each[batch->n - 1].disposition, again ? CAIRN_EXISTING : CAIRN_INSERTED);
	}
	for (size_t i = 0; i < batch->n; i++)
		made[i] = each[i].id;
	ct_ok(cairn_job_cancel(conn, cairn_any(), made, batch->n, none, NULL, ct_err()));
}

static void replay(void)
{
	sweep_sizes(try_replay);
}

static void try_adopt_and_edit(cairn_conn *conn, struct batch *batch)
{
	cairn_job_patch items[MOST];
	add_many(conn, batch);
	ct_budget(conn);
	ct_ok(cairn_job_adopt(conn, cairn_any(), batch->ids, batch->n, CAIRN_STR("o"), batch->each,
			      ct_err()));
	ct_spent(conn, 1, "adopt", batch->n);
	last_is(batch, CAIRN_OK);
	for (size_t i = 0; i < batch->n; i++)
		items[i] = (cairn_job_patch){ .id = batch->ids[i],
					      .set = CAIRN_JOB_PAYLOAD | CAIRN_JOB_RUN_AT,
					      .payload = CAIRN_STR("[1]"),
					      .run_at = ct_now() + CAIRN_DAY };
	ct_budget(conn);
	ct_ok(cairn_job_edit(conn, cairn_any(), items, batch->n, batch->each, ct_err()));
	ct_spent(conn, 1, "edit", batch->n);
	last_is(batch, CAIRN_OK);
}

static void adopt_and_edit(void)
{
	sweep_sizes(try_adopt_and_edit);
}

static void try_prune(cairn_conn *conn, struct batch *batch)
{
	cairn_prune_opts opts = { .size = sizeof(opts), .scope = cairn_any(), .age = CAIRN_MINUTE };
	size_t pruned = 0;
	done_many(conn, batch, CAIRN_FINISH_SUCCESS);
	ct_advance(CAIRN_HOUR);
	ct_budget(conn);
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	ct_spent(conn, 1, "prune", batch->n);
	ct_int(pruned, batch->n);
	ct_budget(conn);
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	ct_spent(conn, 1, "empty prune", batch->n);
	ct_int(pruned, 0);
}

static void prune(void)
{
	sweep_sizes(try_prune);
}

static void try_upkeep(cairn_conn *conn, struct batch *batch)
{
	cairn_upkeep_opts opts = { .size = sizeof(opts), .tidy = CAIRN_TIDY_NEVER };
	cairn_upkeep_report report = { .size = sizeof(report) };
	cairn_job_new jobs[MOST];
	for (size_t i = 0; i < batch->n; i++) {
		jobs[i] = ct_new("t");
		jobs[i].queue = i % 3 ? CAIRN_STR("a") : CAIRN_STR("b");
		jobs[i].run_at = ct_now() + CAIRN_SECOND;
	}
	ct_ok(cairn_job_enqueue(conn, jobs, batch->n, NULL, ct_err()));
	ct_advance(CAIRN_SECOND);
	ct_budget(conn);
	ct_ok(cairn_job_upkeep(conn, &opts, &report, ct_err()));
	ct_spent(conn, 1, "upkeep", batch->n);
	ct_int(report.unparked, batch->n);
	ct_budget(conn);
	ct_ok(cairn_job_upkeep(conn, NULL, &report, ct_err()));
	ct_spent(conn, 2, "upkeep with nothing to do", batch->n);
	ct_int(report.unparked, 0);
}

static void upkeep(void)
{
	sweep_sizes(try_upkeep);
}

static void try_sweeps(cairn_conn *conn, struct batch *batch)
{
	cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	cairn_swept *swept = NULL;
	add_many(conn, batch);
	ct_budget(conn);
	ct_ok(cairn_job_cancel_where(conn, &filter, none, &swept, ct_err()));
	ct_spent(conn, 2, "cancel by filter", batch->n);
	ct_int(swept->count, batch->n);
	ct_budget(conn);
	ct_ok(cairn_job_requeue_where(conn, &filter, 0, none, &swept, ct_err()));
	ct_spent(conn, 2, "requeue by filter", batch->n);
	ct_true(swept->count >= batch->n);
	ct_ok(cairn_job_cancel_where(conn, &filter, none, &swept, ct_err()));
	ct_budget(conn);
	ct_ok(cairn_job_cancel_where(conn, &filter, none, &swept, ct_err()));
	ct_spent(conn, 1, "cancel of what is not there", 0);
	cairn_free(swept);
	cairn_prune_opts opts = { .size = sizeof(opts),
				  .scope = cairn_any(),
				  .statuses = 1u << CAIRN_JOB_CANCELED,
				  .age = 1 };
	size_t pruned = 0;
	ct_advance(CAIRN_SECOND);
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
}

static void sweeps(void)
{
	sweep_sizes(try_sweeps);
}

/* ---- nothing to do ------------------------------------------------------------------------------------ */

static void nothing_costs_nothing(void)
{
	cairn_conn *conn = ct_open();
	const cairn_scope any = cairn_any();
	cairn_id id = ct_enqueue(conn, "t");
	cairn_requeue seen = { .id = id, .status = CAIRN_JOB_PENDING, .run_number = 1 };
	cairn_rerun rerun = { .source = id, .run_number = 1, .reason = CAIRN_STR("why") };
	ct_budget(conn);
	ct_ok(cairn_job_progress(conn, NULL, 0, NULL, ct_err()));
	ct_ok(cairn_job_log(conn, NULL, 0, NULL, ct_err()));
	ct_ok(cairn_job_requeue(conn, any, NULL, 0, none, NULL, ct_err()));
	ct_ok(cairn_job_replay(conn, any, NULL, 0, NULL, ct_err()));
	ct_ok(cairn_job_adopt(conn, any, NULL, 0, none, NULL, ct_err()));
	ct_ok(cairn_job_edit(conn, any, NULL, 0, NULL, ct_err()));
	ct_spent(conn, 0, "empty batches", 0);
	ct_status(cairn_job_requeue(conn, any, &seen, 1, none, NULL, ct_err()), CAIRN_INVALID,
		  NULL);
	ct_status(cairn_job_replay(conn, any, &rerun, 1, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_job_adopt(conn, any, &id, 1, CAIRN_STR("\n"), NULL, ct_err()),
		  CAIRN_INVALID, NULL);
	ct_spent(conn, 0, "refused calls", 0);
}

static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	struct batch batch = { .n = 7 };
	ct_define(conn, "t");
	for (int i = 0; i < ROUNDS; i++) {
		ct_ok(cairn_begin(conn, &tx, ct_err()));
		try_progress(conn, &batch);
		try_requeue(conn, &batch);
		try_replay(conn, &batch);
		try_adopt_and_edit(conn, &batch);
		try_log(conn, &batch);
		ct_ok(cairn_commit(&tx, ct_err()));
	}
}

#define BUDGET .kind = CT_BUDGET, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.budget.progress_of_n_is_one_round_trip",
	  BUDGET,
	  .rule = "Reporting on n attempts is one round trip, whatever is reported.",
	  .run = progress },
	{ .name = "jobs.budget.finish_of_all_kinds_is_one_round_trip",
	  BUDGET,
	  .rule = "Successes, deleting ones, failures, continuations, snoozes and releases go in "
		  "one round trip.",
	  .run = finish },
	{ .name = "jobs.budget.log_of_n_is_one_round_trip",
	  BUDGET,
	  .rule = "n lines are one round trip; a note and a page of a log, too.",
	  .run = logs },
	{ .name = "jobs.budget.requeue_of_n_is_one_round_trip",
	  BUDGET,
	  .rule = "Requeuing n jobs is one round trip.",
	  .run = requeue },
	{ .name = "jobs.budget.replay_of_n_is_one_round_trip",
	  BUDGET,
	  .rule = "Replaying n jobs, or finding their replays, is one round trip.",
	  .run = replay },
	{ .name = "jobs.budget.adopt_and_edit_of_n_are_one_round_trip",
	  BUDGET,
	  .rule = "Adopting n jobs is one round trip, and so is editing them.",
	  .run = adopt_and_edit },
	{ .name = "jobs.budget.prune_of_n_is_one_round_trip",
	  BUDGET,
	  .rule = "Deleting n jobs with all that belongs to them is one round trip.",
	  .run = prune },
	{ .name = "jobs.budget.upkeep_of_n_is_one_round_trip",
	  BUDGET,
	  .rule = "Putting n jobs of several queues in line is one round trip, and looking what is "
		  "worth tidying is another.",
	  .run = upkeep },
	{ .name = "jobs.budget.sweeps_are_two_round_trips",
	  BUDGET,
	  .rule = "Canceling and requeuing by filter are two round trips, and one where nothing "
		  "fits.",
	  .run = sweeps },
	{ .name = "jobs.budget.no_verb_costs_anything_for_nothing",
	  BUDGET,
	  .rule = "Empty batches and refused arguments do not touch the database.",
	  .covers = "runledger Y06",
	  .run = nothing_costs_nothing },
	{ .name = "jobs.budget.verbs_inside_a_transaction",
	  BUDGET,
	  .rule = "Inside a transaction each of these calls is one round trip, too.",
	  .run = in_a_transaction },
};

CT_GROUP(budget_verbs, cases);
