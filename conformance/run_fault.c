/*
 * run_fault.c - one job that the database refuses to change, in a call that ends steps: nothing of the call remains,
 * neither in its run nor in others. (new rows that are refused: runs_fault.c)
 */
#include "ct_graph_model.h"

static const cairn_str none = { NULL, 0 };

#define RUNS 3
#define BAD  1 /* the one in the middle */

struct rows {
	cairn_id runs[RUNS];
	cairn_lease leases[RUNS];
	const char *before[RUNS];
};

/* Three runs, each with a leased; the job of this step of one of them can't change any more. */
static struct rows poisoned(cairn_conn *conn, enum cairn_on_failure on_failure, const char *key)
{
	struct rows rows;
	cairn_run_new dag = ct_dag("a b c:a! d:c! e:a g*");
	dag.on_failure = on_failure;
	ct_define_retry(conn, "t", 1, 0);
	for (size_t i = 0; i < RUNS; i++) {
		rows.runs[i] = ct_add_run(conn, &dag);
		rows.leases[i] = ct_claim_step(conn, rows.runs[i], "a");
		rows.before[i] = ct_run_snapshot(conn, rows.runs[i]);
	}
	ct_advance(CAIRN_SECOND);
	ct_int(ct_subject()->poison(ct_url(), ct_step_id(conn, rows.runs[BAD], key)), 0);
	return rows;
}

static void refused(cairn_status status)
{
	ct_true(status != CAIRN_OK && status != CAIRN_TX_ABORTED);
	ct_true(!strstr(ct_last()->message, "poison"));
}

static void all_unchanged(cairn_conn *conn, const struct rows *rows)
{
	for (size_t i = 0; i < RUNS; i++)
		ct_run_unchanged(conn, rows->runs[i], rows->before[i]);
}

static void ends(bool good)
{
	cairn_conn *conn = ct_open();
	struct rows rows = poisoned(conn, CAIRN_ON_FAILURE_CONTINUE, "a");
	cairn_finish items[RUNS];
	cairn_changed each[RUNS];
	for (size_t i = 0; i < RUNS; i++)
		items[i] = good ? ct_success(rows.leases[i])
				: ct_failure(rows.leases[i], CAIRN_FINISH_TERMINAL, "x");
	refused(cairn_job_finish(conn, items, RUNS, each, ct_err()));
	all_unchanged(conn, &rows);
	items[BAD] = items[RUNS - 1];
	ct_ok(cairn_job_finish(conn, items, RUNS - 1, each, ct_err()));
	ct_run_unchanged(conn, rows.runs[BAD], rows.before[BAD]);
	ct_stands(conn, rows.runs[0],
		  good ? "RUNNING a=SUCCEEDED b=ENQUEUED c=ENQUEUED d=BLOCKED e=ENQUEUED "
			 "g=WAITING_FOR_EXTERNAL"
		       : "RUNNING a=FAILED b=ENQUEUED c=CANCELED d=CANCELED e=ENQUEUED "
			 "g=WAITING_FOR_EXTERNAL");
}

static void a_success(void)
{
	ends(true);
}

static void a_failure(void)
{
	ends(false);
}

/* The failure could be written, but not all that it sweeps. */
static void a_sweep(void)
{
	cairn_conn *conn = ct_open();
	struct rows rows = poisoned(conn, CAIRN_ON_FAILURE_FAIL_FAST, "b");
	cairn_finish items[RUNS];
	for (size_t i = 0; i < RUNS; i++)
		items[i] = ct_failure(rows.leases[i], CAIRN_FINISH_TERMINAL, "x");
	refused(cairn_job_finish(conn, items, RUNS, NULL, ct_err()));
	all_unchanged(conn, &rows);
	cairn_completion item = ct_completion(rows.runs[BAD], "g", CAIRN_STEP_FAILED);
	refused(cairn_step_complete(conn, &item, 1, NULL, ct_err()));
	all_unchanged(conn, &rows);
	item.to = CAIRN_STEP_SUCCEEDED;
	ct_ok(cairn_step_complete(conn, &item, 1, NULL, ct_err()));
}

static void a_cancel(void)
{
	cairn_conn *conn = ct_open();
	struct rows rows = poisoned(conn, CAIRN_ON_FAILURE_CONTINUE, "b");
	cairn_run_cancel_opts opts = {
		.size = sizeof(opts), .scope = cairn_any(), .runs = rows.runs, .n = RUNS
	};
	refused(cairn_run_cancel(conn, &opts, NULL, ct_err()));
	all_unchanged(conn, &rows);
	opts.n = 1;
	ct_ok(cairn_run_cancel(conn, &opts, NULL, ct_err()));
	ct_int(ct_run(conn, rows.runs[0])->status, CAIRN_RUN_CANCELED);
}

static void a_job_cancel(void)
{
	cairn_conn *conn = ct_open();
	struct rows rows = poisoned(conn, CAIRN_ON_FAILURE_CONTINUE, "a");
	cairn_id ids[RUNS];
	for (size_t i = 0; i < RUNS; i++)
		ids[i] = rows.leases[i].id;
	refused(cairn_job_cancel(conn, cairn_any(), ids, RUNS, none, NULL, ct_err()));
	all_unchanged(conn, &rows);
	ct_cancel(conn, ids[0]);
	ct_int(ct_run_step(conn, rows.runs[0], "a")->status, CAIRN_STEP_CANCELED);
}

#define FAULT .kind = CT_FAULT, .store = CT_WORKFLOWS, .needs = CT_NEED_POISON

static const ct_case cases[] = {
	{ .name = "runs.fault.a_refused_success_releases_nobody",
	  FAULT,
	  .rule = "A batch of successes of which the database refuses one ends no step and "
		  "releases "
		  "nobody, in any run.",
	  .covers = "runledger CR01",
	  .run = a_success },
	{ .name = "runs.fault.a_refused_failure_cancels_nobody",
	  FAULT,
	  .rule = "The same holds for failures and what follows from them.",
	  .covers = "runledger CR01",
	  .run = a_failure },
	{ .name = "runs.fault.a_refused_sweep_writes_nothing",
	  FAULT,
	  .rule = "If one job can't be swept the failure that swept it is not written.",
	  .covers = "runledger CR01",
	  .run = a_sweep },
	{ .name = "runs.fault.a_refused_cancel_writes_nothing",
	  FAULT,
	  .rule = "If one job can't be canceled no run of the call is.",
	  .covers = "runledger CR01",
	  .run = a_cancel },
	{ .name = "runs.fault.a_refused_cancel_of_jobs_ends_no_step",
	  FAULT,
	  .rule = "If one job can't be canceled no step of the call's ends.",
	  .covers = "runledger CR01",
	  .run = a_job_cancel },
};

CT_GROUP(run_fault, cases);
