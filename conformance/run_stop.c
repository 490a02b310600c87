/* run_stop.c - runs that are canceled: what ends, what stays, and what those are told who worked on them. */
#include "ct_graph_model.h"

static cairn_run_cancel_opts opts_of(const cairn_id *runs, size_t n)
{
	return (cairn_run_cancel_opts){
		.size = sizeof(cairn_run_cancel_opts), .scope = cairn_any(), .runs = runs, .n = n
	};
}

/* One that succeeded, one in each open status, and one of them leased. */
static ct_play underway(cairn_conn *conn, cairn_lease *lease)
{
	cairn_run_new dag = ct_dag("done running:done waiting:done gate* last:gate");
	ct_dag_step(&dag, "gate")->deadline = CAIRN_HOUR;
	ct_play play = ct_play_run(conn, &dag);
	ct_play_ends(&play, "done+");
	*lease = ct_claim_step(conn, play.run, "running");
	ct_advance(CAIRN_SECOND);
	return play;
}

static void cancels_what_has_not_ended(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease;
	ct_play play = underway(conn, &lease);
	ct_int(ct_cancel_run(conn, play.run).canceled, 4);
	ct_model_cancel(play.model);
	ct_model_agrees(conn, play.run, play.model);
	ct_stands(conn, play.run,
		  "CANCELED done=SUCCEEDED running=CANCELED waiting=CANCELED gate=CANCELED "
		  "last=CANCELED");
	const cairn_run *run = ct_run(conn, play.run);
	ct_int(run->finished_at, ct_now());
	ct_int(run->updated_at, ct_now());
	const cairn_steps *steps = ct_run_steps(conn, play.run);
	for (size_t i = 1; i < steps->count; i++) {
		ct_int(steps->at[i].finished_at, ct_now());
		ct_int(steps->at[i].deadline_at, 0);
		ct_str(steps->at[i].status_reason, "CANCELED");
	}
	ct_int(steps->at[0].finished_at, ct_now() - CAIRN_SECOND);
	ct_text(ct_timeline(conn, lease.id), "ENQUEUED LEASED CANCELED");
	ct_text(ct_timeline(conn, steps->at[2].id), "ENQUEUED CANCELED");
	ct_text(ct_timeline(conn, steps->at[0].id), "ENQUEUED LEASED SUCCEEDED");
}

static void workers_are_told(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease;
	ct_play play = underway(conn, &lease);
	cairn_time until = ct_job(conn, lease.id)->lease_expires_at;
	ct_play_cancel(&play);
	const cairn_job *job = ct_job(conn, lease.id);
	ct_int(job->status, CAIRN_JOB_CANCELED);
	ct_int(job->lease_expires_at, until);
	ct_int(ct_attempts(conn, lease.id)->at[0].ending, CAIRN_ENDING_CANCELED);
	const char *before = ct_run_snapshot(conn, play.run);
	ct_refused(conn, lease, CAIRN_STALE, "job.canceled");
	ct_run_unchanged(conn, play.run, before);
	ct_claim_none(conn);
}

static void says_why(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease;
	ct_play play = underway(conn, &lease);
	cairn_run_cancel_opts opts = opts_of(&play.run, 1);
	cairn_run_changed told;
	opts.reason = CAIRN_STR("OPERATOR");
	opts.error_code = CAIRN_STR("op.said_so");
	opts.error_message = CAIRN_STR("It was not wanted any more.");
	ct_ok(cairn_run_cancel(conn, &opts, &told, ct_err()));
	ct_each(told, CAIRN_OK, NULL);
	ct_int(told.run_status, CAIRN_RUN_CANCELED);
	const cairn_run *run = ct_run(conn, play.run);
	ct_str(run->status_reason, "OPERATOR");
	ct_str(run->error_code, "op.said_so");
	ct_str(run->error_message, "It was not wanted any more.");
	const cairn_steps *steps = ct_run_steps(conn, play.run);
	for (size_t i = 1; i < steps->count; i++) {
		ct_str(steps->at[i].status_reason, "OPERATOR");
		ct_str(steps->at[i].error_code, "op.said_so");
		ct_str(steps->at[i].error_message, "It was not wanted any more.");
	}
	ct_str(steps->at[0].status_reason, NULL);
	ct_str(ct_job(conn, lease.id)->status_reason, "OPERATOR");
}

static void over_is_over(void)
{
	static const char *const ends[] = { "a+", "a-" };
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < 3; i++) {
		cairn_run_new dag = ct_dag("a");
		dag.result_step = CAIRN_STR("a");
		ct_play play = ct_play_run(conn, &dag);
		if (i == 2)
			ct_play_cancel(&play);
		else
			ct_play_ends(&play, ends[i]);
		const char *before = ct_run_snapshot(conn, play.run);
		enum cairn_run_status status = ct_run(conn, play.run)->status;
		ct_advance(CAIRN_SECOND);
		cairn_run_changed told = ct_cancel_run(conn, play.run);
		ct_int(told.run_status, status);
		ct_int(told.canceled, 0);
		ct_run_unchanged(conn, play.run, before);
	}
}

static void keeps_a_result(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("a");
	dag.result_step = CAIRN_STR("a");
	ct_define(conn, "t");
	cairn_id run = ct_add_run(conn, &dag);
	ct_give(conn, run, "a", "[ 7 ]");
	ct_cancel_run(conn, run);
	ct_int(ct_run(conn, run)->status, CAIRN_RUN_SUCCEEDED);
	ct_str(ct_run(conn, run)->result, "[ 7 ]");
	/* one that was canceled has none, whatever its step came to */
	dag = ct_dag("a b");
	dag.result_step = CAIRN_STR("a");
	run = ct_add_run(conn, &dag);
	ct_give(conn, run, "a", "8");
	ct_cancel_run(conn, run);
	ct_str(ct_run(conn, run)->result, NULL);
	ct_str(ct_run_step(conn, run, "a")->output, "8");
}

static void in_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("a g*");
	dag.tenant = CAIRN_STR("mine");
	ct_define(conn, "t");
	cairn_id runs[] = { ct_add_run(conn, &dag), ct_flow(conn, "a"), cairn_id_new() };
	const char *before[] = { ct_run_snapshot(conn, runs[0]), ct_run_snapshot(conn, runs[1]) };
	cairn_run_cancel_opts opts = opts_of(runs, 3);
	cairn_run_changed each[3];
	ct_advance(CAIRN_SECOND);
	opts.scope = cairn_tenant(CAIRN_STR("theirs"));
	ct_ok(cairn_run_cancel(conn, &opts, each, ct_err()));
	for (size_t i = 0; i < 3; i++) {
		ct_each(each[i], CAIRN_NOT_FOUND, "workflow.run_not_found");
		ct_int(each[i].run_status, 0);
		ct_int(each[i].canceled, 0);
	}
	ct_run_unchanged(conn, runs[0], before[0]);
	ct_run_unchanged(conn, runs[1], before[1]);
	opts.scope = cairn_tenant(CAIRN_STR("mine"));
	ct_ok(cairn_run_cancel(conn, &opts, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_NOT_FOUND, "workflow.run_not_found");
	opts.scope = cairn_global();
	ct_ok(cairn_run_cancel(conn, &opts, each, ct_err()));
	ct_each(each[0], CAIRN_NOT_FOUND, "workflow.run_not_found");
	ct_each(each[1], CAIRN_OK, NULL);
}

static void batches(void)
{
	cairn_conn *conn = ct_open();
	cairn_id one = ct_flow(conn, "a b c:a");
	cairn_id two = ct_flow(conn, "g*");
	cairn_id runs[] = { two, one, cairn_id_new(), one };
	cairn_run_cancel_opts opts = opts_of(runs, 4);
	cairn_run_changed each[4];
	ct_ok(cairn_run_cancel(conn, &opts, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_int(each[0].canceled, 1);
	ct_each(each[1], CAIRN_OK, NULL);
	ct_int(each[1].canceled, 3);
	ct_each(each[2], CAIRN_NOT_FOUND, "workflow.run_not_found");
	ct_each(each[3], CAIRN_OK, NULL);
	ct_int(each[3].canceled, 0);
	ct_int(each[3].run_status, CAIRN_RUN_CANCELED);
	ct_status(cairn_run_cancel(conn, &opts, NULL, ct_err()), CAIRN_NOT_FOUND,
		  "workflow.run_not_found");
	ct_int(ct_last()->index, 2);
	opts.n = 0;
	opts.runs = NULL;
	ct_ok(cairn_run_cancel(conn, &opts, NULL, ct_err()));
}

static void malformed(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a");
	const char *before = ct_run_snapshot(conn, run);
	cairn_run_cancel_opts opts = opts_of(&run, 1);
	opts.size--;
	ct_status(cairn_run_cancel(conn, &opts, NULL, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_status(cairn_run_cancel(conn, NULL, NULL, ct_err()), CAIRN_INVALID, "arg.invalid");
	opts = opts_of(&run, 1);
	opts.scope.kind = (enum cairn_scope_kind)0;
	ct_status(cairn_run_cancel(conn, &opts, NULL, ct_err()), CAIRN_INVALID, NULL);
	opts = opts_of(&run, 1);
	opts.reason = CAIRN_STR("a\nb");
	ct_status(cairn_run_cancel(conn, &opts, NULL, ct_err()), CAIRN_INVALID, NULL);
	opts = opts_of(&run, 1);
	opts.error_code = CAIRN_STR("a\nb");
	ct_status(cairn_run_cancel(conn, &opts, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_run_unchanged(conn, run, before);
}

static void nothing_begins_afterwards(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_words("a b c:a d:c! g* e:g");
	cairn_lease lease = ct_claim_step(conn, play.run, "a");
	ct_play_cancel(&play);
	size_t jobs = ct_count_jobs(conn, 0);
	cairn_changed told = ct_send(conn, ct_success(lease));
	ct_each(told, CAIRN_STALE, "job.canceled");
	ct_end_all(conn, play.run);
	ct_int(ct_count_jobs(conn, 0), jobs);
	ct_model_agrees(conn, play.run, play.model);
}

/* Until the last lease of a canceled job is over nobody else gets the key. */
static void active_key_waits_for_leases(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag_active("a b", "only one");
	ct_define(conn, "t");
	cairn_id run = ct_add_run(conn, &dag);
	ct_claim_step(conn, run, "a");
	ct_advance(CAIRN_SECOND);
	cairn_lease last = ct_claim_step(conn, run, "b");
	cairn_time until = ct_job(conn, last.id)->lease_expires_at;
	ct_cancel_run(conn, run);
	ct_set_now(until - 1);
	cairn_run_added added = ct_offer_run(conn, &dag);
	ct_int(added.disposition, CAIRN_RUN_EXISTING_ACTIVE);
	ct_id(added.id, run);
	ct_int(added.run_status, CAIRN_RUN_CANCELED);
	ct_set_now(until);
	added = ct_offer_run(conn, &dag);
	ct_int(added.disposition, CAIRN_RUN_INSERTED);
	/* that one had no lease: its key is free at once */
	ct_cancel_run(conn, added.id);
	ct_int(ct_offer_run(conn, &dag).disposition, CAIRN_RUN_INSERTED);
}

static void needs_read_committed(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a g*");
	cairn_lease lease = ct_claim_step(conn, run, "a");
	const char *before = ct_run_snapshot(conn, run);
	cairn_run_cancel_opts opts = opts_of(&run, 1);
	cairn_finish end = ct_success(lease);
	cairn_changed told;
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN_STRICT), 0);
	ct_status(cairn_run_cancel(conn, &opts, NULL, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_ROLLBACK), 0);
	ct_run_unchanged(conn, run, before);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN_STRICT), 0);
	ct_status(cairn_job_finish(conn, &end, 1, &told, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_ROLLBACK), 0);
	ct_run_unchanged(conn, run, before);
	ct_int(ct_job(conn, lease.id)->status, CAIRN_JOB_LEASED);
	ct_finish(conn, end);
	ct_int(ct_cancel_run(conn, run).canceled, 1);
}

#define STOP .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.cancel.ends_what_has_not_ended",
	  STOP,
	  .rule = "Canceling a run ends it, its open steps and their jobs, gates too; what had "
		  "ended "
		  "stays.",
	  .covers = "runledger T01",
	  .run = cancels_what_has_not_ended },
	{ .name = "runs.cancel.workers_are_told_at_their_next_call",
	  STOP,
	  .rule = "A leased job of a canceled run keeps its lease time, its attempt ends as "
		  "CANCELED, "
		  "and each write of its worker is job.canceled.",
	  .covers = "runledger T01, T10",
	  .run = workers_are_told },
	{ .name = "runs.cancel.says_why",
	  STOP,
	  .rule = "Reason, code and message stand on the run and on the steps that it canceled; "
		  "the "
		  "reason on their jobs.",
	  .covers = "runledger T01",
	  .run = says_why },
	{ .name = "runs.cancel.over_is_over",
	  STOP,
	  .rule = "A run that is over stays as it is, and that is OK.",
	  .covers = "runledger T02",
	  .run = over_is_over },
	{ .name = "runs.cancel.keeps_a_result",
	  STOP,
	  .rule = "A run that succeeded keeps its result, and one that was canceled has none.",
	  .covers = "runledger T02, HD08",
	  .run = keeps_a_result },
	{ .name = "runs.cancel.only_in_scope",
	  STOP,
	  .rule = "Another tenant's run is as good as absent.",
	  .covers = "runledger T03",
	  .run = in_scope },
	{ .name = "runs.cancel.many_in_one_call",
	  STOP,
	  .rule = "Each run of a call is told for itself how many steps it lost; one that is named "
		  "twice "
		  "is canceled once.",
	  .run = batches },
	{ .name = "runs.cancel.malformed_calls",
	  STOP,
	  .rule = "Malformed options fail the call and write nothing.",
	  .run = malformed },
	{ .name = "runs.cancel.nothing_begins_afterwards",
	  STOP,
	  .rule = "An end that comes after the cancel is refused, and releases nobody.",
	  .covers = "runledger T04",
	  .run = nothing_begins_afterwards },
	{ .name = "runs.cancel.leases_keep_the_active_key",
	  STOP,
	  .rule = "The active key of a canceled run is free when the last lease of its jobs is "
		  "over, "
		  "not a microsecond before.",
	  .covers = "runledger T10",
	  .run = active_key_waits_for_leases },
	{ .name = "runs.cancel.needs_read_committed",
	  STOP,
	  .needs = CT_NEED_APP | CT_NEED_STRICT,
	  .rule = "In a stricter transaction of the caller's a cancel, and the end of a step's "
		  "job, are "
		  "refused without side effects.",
	  .covers = "runledger T08, U08",
	  .run = needs_read_committed },
};

CT_GROUP(run_stop, cases);
