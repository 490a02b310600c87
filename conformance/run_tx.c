/*
 * run_tx.c - runs inside the caller's transaction: done with its commit, gone with its rollback; and what is only an
 * outcome leaves it usable.
 */
#include "ct_graph_model.h"

/* What a transaction meets: runs in several states. */
struct field {
	cairn_id ends; /* a is leased, b waits for it */
	cairn_id gate; /* g is open, a waits for it */
	cairn_id late; /* so is g here, and overdue */
	cairn_id stop;
	cairn_id over;
	cairn_lease a;
};

static struct field field_of(cairn_conn *conn)
{
	struct field field = { .ends = ct_flow(conn, "a b:a! c:b!"),
			       .gate = ct_flow(conn, "g* a2:g"),
			       .stop = ct_flow(conn, "x y:x"),
			       .over = ct_flow(conn, "z") };
	cairn_run_new dag = ct_dag("g* k:g!");
	ct_dag_step(&dag, "g")->deadline = CAIRN_SECOND;
	field.late = ct_add_run(conn, &dag);
	field.a = ct_claim_step(conn, field.ends, "a");
	ct_cancel_run(conn, field.over);
	ct_advance(CAIRN_SECOND);
	return field;
}

/* Each verb once; the ids of what is new. */
static void do_all(cairn_conn *conn, const struct field *field, cairn_id made[2])
{
	cairn_append append = ct_append(field->gate, "k", "g", "m n:m");
	cairn_recovery recovery = ct_recovery(field->over, "r");
	size_t ended = 0;
	made[0] = ct_flow(conn, "new old:new");
	ct_finish(conn, ct_success(field->a));
	ct_finish(conn, ct_failure(ct_claim_step(conn, field->ends, "b"), CAIRN_FINISH_TERMINAL,
				   "broken"));
	ct_send_append(conn, &append, CAIRN_INSERTED);
	ct_end(conn, field->gate, "g", CAIRN_STEP_SUCCEEDED);
	ct_ok(cairn_run_reap(conn, 0, &ended, ct_err()));
	ct_int(ended, 1);
	ct_cancel_run(conn, field->stop);
	made[1] = ct_recover(conn, &recovery);
}

static void stands(cairn_conn *conn, const struct field *field, const cairn_id made[2])
{
	ct_stands(conn, made[0], "RUNNING new=ENQUEUED old=BLOCKED");
	ct_stands(conn, field->ends, "COMPLETED_WITH_ERRORS a=SUCCEEDED b=FAILED c=CANCELED");
	ct_stands(conn, field->gate, "RUNNING g=SUCCEEDED a2=ENQUEUED m=ENQUEUED n=BLOCKED");
	ct_stands(conn, field->late, "COMPLETED_WITH_ERRORS g=FAILED k=CANCELED");
	ct_stands(conn, field->stop, "CANCELED x=CANCELED y=CANCELED");
	ct_stands(conn, made[1], "RUNNING z=ENQUEUED");
	ct_text(ct_run_timeline(conn, field->ends),
		"RUNNING a=ENQUEUED a=SUCCEEDED b=ENQUEUED b=FAILED c=CANCELED "
		"COMPLETED_WITH_ERRORS");
}

static const char *everything(cairn_conn *conn, const struct field *field)
{
	return ct_format("%s%s%s%s%s", ct_run_snapshot(conn, field->ends),
			 ct_run_snapshot(conn, field->gate), ct_run_snapshot(conn, field->late),
			 ct_run_snapshot(conn, field->stop), ct_run_snapshot(conn, field->over));
}

static void committed(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	struct field field = field_of(conn);
	const char *before = everything(other, &field);
	size_t runs = ct_count_runs(other);
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_id made[2];
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	do_all(conn, &field, made);
	stands(conn, &field, made);
	ct_text(everything(other, &field), before);
	ct_int(ct_count_runs(other), runs);
	ct_ok(cairn_commit(&tx, ct_err()));
	stands(other, &field, made);
}

static void rolled_back(void)
{
	cairn_conn *conn = ct_open();
	struct field field = field_of(conn);
	const char *before = everything(conn, &field);
	size_t runs = ct_count_runs(conn);
	size_t jobs = ct_count_jobs(conn, 0);
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_id made[2];
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	do_all(conn, &field, made);
	cairn_rollback(&tx);
	ct_text(everything(conn, &field), before);
	ct_int(ct_count_runs(conn), runs);
	ct_int(ct_count_jobs(conn, 0), jobs);
	/* and all of it can be done */
	do_all(conn, &field, made);
	stands(conn, &field, made);
}

static void to_a_savepoint(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a b c:a,b d:c!");
	cairn_tx outer = CAIRN_TX_INIT;
	cairn_tx inner = CAIRN_TX_INIT;
	cairn_lease b = ct_claim_step(conn, run, "b");
	ct_ok(cairn_begin(conn, &outer, ct_err()));
	ct_end(conn, run, "a", CAIRN_STEP_SUCCEEDED);
	const char *before = ct_run_snapshot(conn, run);
	ct_ok(cairn_begin(conn, &inner, ct_err()));
	ct_finish(conn, ct_failure(b, CAIRN_FINISH_TERMINAL, "broken"));
	ct_end(conn, run, "c", CAIRN_STEP_FAILED);
	ct_stands(conn, run, "COMPLETED_WITH_ERRORS a=SUCCEEDED b=FAILED c=FAILED d=CANCELED");
	cairn_rollback(&inner);
	ct_run_unchanged(conn, run, before);
	ct_finish(conn, ct_success(b));
	ct_ok(cairn_commit(&outer, ct_err()));
	ct_stands(conn, run, "RUNNING a=SUCCEEDED b=SUCCEEDED c=ENQUEUED d=BLOCKED");
	ct_text(ct_run_timeline(conn, run),
		"RUNNING a=ENQUEUED b=ENQUEUED a=SUCCEEDED b=SUCCEEDED c=ENQUEUED");
}

static void a_whole_run_in_one(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_run_new dag = ct_dag("a b:a! g*:b c:g");
	ct_define(conn, "t");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_play play = ct_play_run(conn, &dag);
	ct_play_ends(&play, "a+ b-");
	ct_play_append(&play, "k", "g", "m:b! n:a!");
	ct_play_ends(&play, "n~ g+ c+");
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_model_agrees(conn, play.run, play.model);
	ct_int(ct_run(conn, play.run)->status, CAIRN_RUN_COMPLETED_WITH_ERRORS);
}

/* ---- outcomes ------------------------------------------------------------------------- */

static void refuse_gates(cairn_conn *conn, const struct field *field)
{
	cairn_completion item = ct_completion(field->gate, "nobody", CAIRN_STEP_SUCCEEDED);
	ct_each(ct_complete(conn, item), CAIRN_NOT_FOUND, NULL);
	item = ct_completion(field->gate, "a2", CAIRN_STEP_SUCCEEDED);
	ct_each(ct_complete(conn, item), CAIRN_INVALID, NULL);
	cairn_append append = ct_append(field->gate, "k", "a2", "m");
	ct_status(cairn_run_append(conn, &append, &(cairn_appended *){ NULL }, ct_err()),
		  CAIRN_INVALID, "workflow.append_window_not_external");
	append = ct_append(field->gate, "k", "g", "m:nobody");
	ct_status(cairn_run_append(conn, &append, &(cairn_appended *){ NULL }, ct_err()),
		  CAIRN_INVALID, "workflow.invalid_dag_missing_dependency");
	append = ct_append(cairn_id_new(), "k", "g", "m");
	ct_status(cairn_run_append(conn, &append, &(cairn_appended *){ NULL }, ct_err()),
		  CAIRN_NOT_FOUND, "workflow.run_not_found");
}

static void refuse_runs(cairn_conn *conn, const struct field *field)
{
	cairn_run_new dag = ct_dag("a");
	cairn_id nobody = cairn_id_new();
	cairn_run_cancel_opts opts = {
		.size = sizeof(opts), .scope = cairn_any(), .runs = &nobody, .n = 1
	};
	cairn_run_changed changed;
	cairn_run_added added;
	cairn_recovery recovery = ct_recovery(field->gate, "r");
	ct_dag_step(&dag, "a")->type = CAIRN_STR("undefined");
	ct_each(ct_offer_run(conn, &dag), CAIRN_INVALID,
		"workflow.definition_not_found_or_disabled");
	ct_ok(cairn_run_cancel(conn, &opts, &changed, ct_err()));
	ct_each(changed, CAIRN_NOT_FOUND, "workflow.run_not_found");
	ct_status(cairn_run_recover(conn, &recovery, &added, ct_err()), CAIRN_CONFLICT,
		  "workflow.recovery_source_not_terminal");
	cairn_runs *runs = NULL;
	ct_status(cairn_run_get(conn, cairn_any(), nobody, &runs, ct_err()), CAIRN_NOT_FOUND,
		  "workflow.run_not_found");
	ct_later(runs);
	dag = ct_dag_keyed("a", "the key");
	ct_add_run(conn, &dag);
	dag.metadata = CAIRN_STR("[1]");
	ct_each(ct_offer_run(conn, &dag), CAIRN_CONFLICT, "workflow.enqueue_conflicting_retry");
}

static void refuse_jobs(cairn_conn *conn, const struct field *field)
{
	cairn_changed told = ct_send(conn, ct_again(field->a, CAIRN_FINISH_CONTINUE, 0));
	ct_each(told, CAIRN_INVALID, "job.workflow_handler_continuation_not_enabled");
	told = ct_requeue(conn, ct_seen(conn, ct_step_id(conn, field->over, "z")));
	ct_each(told, CAIRN_INVALID, "job.workflow_requeue_not_supported");
	cairn_lease lost = field->a;
	lost.fence++;
	ct_each(ct_send(conn, ct_success(lost)), CAIRN_STALE, "job.lease_lost");
}

static void outcomes_leave_it_usable(void)
{
	cairn_conn *conn = ct_open();
	struct field field = field_of(conn);
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_id made[2];
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	refuse_gates(conn, &field);
	refuse_runs(conn, &field);
	refuse_jobs(conn, &field);
	do_all(conn, &field, made);
	cairn_completion item = ct_completion(field.gate, "g", CAIRN_STEP_FAILED);
	ct_each(ct_complete(conn, item), CAIRN_CONFLICT, NULL);
	ct_ok(cairn_commit(&tx, ct_err()));
	stands(conn, &field, made);
}

static void with_the_application(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	struct field field = field_of(conn);
	const char *before = everything(other, &field);
	cairn_id made[2];
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN), 0);
	do_all(conn, &field, made);
	ct_text(everything(other, &field), before);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_ROLLBACK), 0);
	ct_text(everything(conn, &field), before);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN), 0);
	refuse_jobs(conn, &field);
	do_all(conn, &field, made);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	stands(other, &field, made);
}

#define TX .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.tx.done_with_the_commit",
	  TX,
	  .rule = "Enqueue, ends, gates, appends, deadlines, cancels and recoveries inside a "
		  "transaction "
		  "are seen in it at once, and by others when it commits.",
	  .run = committed },
	{ .name = "runs.tx.gone_with_the_rollback",
	  TX,
	  .rule = "After a rollback everything is as it was, and can be done.",
	  .covers = "runledger CR01",
	  .run = rolled_back },
	{ .name = "runs.tx.back_to_a_savepoint",
	  TX,
	  .caps = CAIRN_CAP_NESTED_TX,
	  .rule = "An inner transaction that rolls back takes its ends with it, and what followed; "
		  "the "
		  "timeline goes on without a gap.",
	  .run = to_a_savepoint },
	{ .name = "runs.tx.a_whole_run_in_one",
	  TX,
	  .rule = "A run can begin, go on and end in one transaction.",
	  .run = a_whole_run_in_one },
	{ .name = "runs.tx.outcomes_leave_it_usable",
	  TX,
	  .rule = "What is refused is only an outcome: the transaction goes on and commits.",
	  .run = outcomes_leave_it_usable },
	{ .name = "runs.tx.with_the_application",
	  TX,
	  .needs = CT_NEED_APP,
	  .rule = "Runs go and come with a transaction that the application opened itself.",
	  .run = with_the_application },
};

CT_GROUP(run_tx, cases);
