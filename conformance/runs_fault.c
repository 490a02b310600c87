/*
 * runs_fault.c - the database refuses one row of many: nothing of the call remains, and nothing is taken.
 */
#include "ct_workflow.h"

/* A database error, which tells nothing of what it was about. */
static void broken(cairn_status status)
{
	ct_true(status != CAIRN_OK && status != CAIRN_INTERNAL);
	ct_true(!strstr(ct_last()->message, "poison"));
}

static void poison(void)
{
	ct_int(ct_subject()->poison_key(ct_url(), "poisoned"), 0);
}

/* 270 steps and 537 edges, of which the last step has this key. */
static cairn_run_new large(const char *last)
{
	enum { STEPS = 270 };
	cairn_run_new run = ct_dag_keyed("", "k");
	cairn_step_new *steps = ct_alloc(STEPS * sizeof *steps);
	cairn_dependency *on = ct_alloc(2 * STEPS * sizeof *on);
	for (size_t i = 0; i < STEPS; i++) {
		const char *key = i == STEPS - 1 ? last : ct_format("s%zu", i);
		steps[i] = (cairn_step_new){ .key = cairn_str_of(key),
					     .type = CAIRN_STR("t"),
					     .dependencies = &on[2 * i],
					     .dependency_count = i < 2 ? i : 2 };
		for (size_t k = 0; k < steps[i].dependency_count; k++)
			on[2 * i + k] = (cairn_dependency){ .prerequisite = steps[i - 1 - k].key };
	}
	run.steps = steps;
	run.step_count = STEPS;
	run.active_key = CAIRN_STR("one");
	return run;
}

static void an_enqueue(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new runs[] = { ct_dag_keyed("a", "good"), large("poisoned") };
	cairn_run_added each[2];
	ct_define(conn, "t");
	ct_dag_step(&runs[0], "a")->resource_key = CAIRN_STR("r");
	poison();
	broken(cairn_run_enqueue(conn, runs, 2, each, ct_err()));
	ct_int(ct_count_runs(conn), 0);
	ct_int(ct_count_jobs(conn, 0), 0);
	runs[1] = large("fine");
	ct_ok(cairn_run_enqueue(conn, runs, 2, each, ct_err()));
	ct_int(each[0].disposition, CAIRN_RUN_INSERTED);
	ct_int(each[1].disposition, CAIRN_RUN_INSERTED);
	ct_int(ct_run(conn, each[1].id)->counts.blocked, 269);
	ct_int(ct_count_jobs(conn, 0), 2);
}

static void an_append(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "g* a");
	cairn_append append = ct_append(id, "k", "g", "x y:x z:a poisoned:z");
	cairn_appended *appended = NULL;
	const char *before = ct_run_snapshot(conn, id);
	poison();
	ct_advance(CAIRN_SECOND);
	broken(cairn_run_append(conn, &append, &appended, ct_err()));
	cairn_free(appended);
	ct_run_unchanged(conn, id, before);
	ct_int(ct_count_jobs(conn, 0), 1);
	append = ct_append(id, "k", "g", "x y:x");
	ct_send_append(conn, &append, CAIRN_INSERTED);
	ct_stands(conn, id, "RUNNING g=WAITING_FOR_EXTERNAL a=ENQUEUED x=ENQUEUED y=BLOCKED");
}

static void a_recovery(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_active("a poisoned:a", "one");
	ct_define(conn, "t");
	cairn_id id = ct_add_run(conn, &run);
	ct_cancel_run(conn, id);
	cairn_recovery recovery = ct_recovery(id, "k");
	cairn_run_added added;
	const char *before = ct_run_snapshot(conn, id);
	poison();
	broken(cairn_run_recover(conn, &recovery, &added, ct_err()));
	ct_run_unchanged(conn, id, before);
	ct_int(ct_count_runs(conn), 1);
	run = ct_dag_active("a", "one");
	ct_add_run(conn, &run); /* the active key is free */
}

#define FAULT .kind = CT_FAULT, .store = CT_WORKFLOWS, .needs = CT_NEED_POISON_KEY

static const ct_case cases[] = {
	{ .name = "runs.fault.a_refused_enqueue_writes_nothing",
	  FAULT,
	  .rule = "An enqueue of which the database refuses a late row leaves nothing of any run, "
		  "and takes no key.",
	  .covers = "runledger W11",
	  .run = an_enqueue },
	{ .name = "runs.fault.a_refused_append_writes_nothing",
	  FAULT,
	  .rule = "The same holds for an append.",
	  .covers = "runledger B06",
	  .run = an_append },
	{ .name = "runs.fault.a_refused_recovery_writes_nothing",
	  FAULT,
	  .rule = "The same holds for a recovery.",
	  .covers = "runledger RC03",
	  .run = a_recovery },
};

CT_GROUP(runs_fault, cases);
