/*
 * run_job_ends.c - however a job ends, its step ends with it, with all that follows, in the same commit: by its
 * worker, by a cancel, by the reaper, alone or among others.
 */
#include "ct_graph_model.h"

static const cairn_str none = { NULL, 0 };

/* ---- one -------------------------------------------------------------------------- */

static void tells_what_its_job_told(void)
{
	ct_play play = ct_play_words("a b c d:a! e:b f:c");
	cairn_finish end = ct_success(ct_claim_step(play.conn, play.run, "a"));
	end.output = CAIRN_STR("{ \"x\" : 1.0 }");
	ct_advance(CAIRN_SECOND);
	ct_finish(play.conn, end);
	const cairn_step *step = ct_run_step(play.conn, play.run, "a");
	ct_str(step->output, "{ \"x\" : 1.0 }");
	ct_int(step->finished_at, ct_now());
	ct_str(step->error_code, NULL);
	ct_finish(play.conn, ct_failure(ct_claim_step(play.conn, play.run, "b"),
					CAIRN_FINISH_PANICKED, "their.code"));
	step = ct_run_step(play.conn, play.run, "b");
	ct_int(step->status, CAIRN_STEP_FAILED);
	ct_str(step->error_code, "their.code");
	ct_str(step->error_message, "it broke");
	ct_str(step->output, NULL);
	const cairn_job *job = ct_job(play.conn, step->id);
	ct_same(step->status_reason, job->status_reason);
	ct_int(step->finished_at, job->finished_at);
	ct_id(ct_dead_letter(play.conn, step->id)->id, step->id);
	ct_stands(play.conn, play.run,
		  "RUNNING a=SUCCEEDED b=FAILED c=ENQUEUED d=ENQUEUED e=ENQUEUED f=BLOCKED");
}

static void canceled_pending_and_leased(void)
{
	ct_play play = ct_play_words("a b c:a! d:b e:b!");
	cairn_lease lease = ct_claim_step(play.conn, play.run, "b");
	cairn_id ids[] = { lease.id, ct_step_id(play.conn, play.run, "a") };
	cairn_changed each[2];
	ct_ok(cairn_job_cancel(play.conn, cairn_any(), ids, 2, CAIRN_STR("OPERATOR"), each,
			       ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_OK, NULL);
	ct_model_name(play.model, "a", CAIRN_STEP_CANCELED);
	ct_model_name(play.model, "b", CAIRN_STEP_CANCELED);
	ct_model_settle(play.model);
	ct_model_agrees(play.conn, play.run, play.model);
	ct_stands(play.conn, play.run,
		  "RUNNING a=CANCELED b=CANCELED c=CANCELED d=ENQUEUED e=CANCELED");
	ct_str(ct_run_step(play.conn, play.run, "a")->status_reason, "OPERATOR");
	ct_str(ct_run_step(play.conn, play.run, "b")->status_reason, "OPERATOR");
	ct_true(ct_job(play.conn, lease.id)->lease_expires_at > ct_now());
	ct_refused(play.conn, lease, CAIRN_STALE, "job.canceled");
	ct_model_agrees(play.conn, play.run, play.model);
}

static void canceled_by_filter(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("a b c:a d:a! g*:d");
	ct_play plays[2] = { ct_play_run(conn, &dag), ct_play_run(conn, &dag) };
	cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	cairn_swept *swept = NULL;
	cairn_job_new alone = ct_new("t");
	cairn_id other = ct_add(conn, &alone);
	ct_ok(cairn_job_cancel_where(conn, &filter, none, &swept, ct_err()));
	ct_later(swept);
	ct_int(swept->count, 5);
	ct_int(ct_job(conn, other)->status, CAIRN_JOB_CANCELED);
	for (size_t i = 0; i < 2; i++) {
		ct_model_name(plays[i].model, "a", CAIRN_STEP_CANCELED);
		ct_model_name(plays[i].model, "b", CAIRN_STEP_CANCELED);
		ct_model_settle(plays[i].model);
		ct_model_agrees(conn, plays[i].run, plays[i].model);
		ct_stands(conn, plays[i].run,
			  "RUNNING a=CANCELED b=CANCELED c=ENQUEUED d=CANCELED "
			  "g=WAITING_FOR_EXTERNAL");
	}
}

static void reaped_at_its_last(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 1, 0);
	cairn_run_new dag = ct_dag("a b:a! c:a d:b");
	ct_model *model = ct_model_of(&dag);
	cairn_id run = ct_add_run(conn, &dag);
	ct_claim_step(conn, run, "a");
	ct_advance(CAIRN_HOUR);
	ct_int(ct_run_step(conn, run, "a")->status, CAIRN_STEP_RUNNING);
	ct_reap(conn, 1);
	ct_model_end(model, "a", CAIRN_STEP_FAILED);
	ct_model_agrees(conn, run, model);
	const cairn_step *step = ct_run_step(conn, run, "a");
	ct_str(step->error_code, "job.lease_expired");
	ct_int(step->finished_at, ct_now());
	ct_same(step->status_reason, ct_job(conn, step->id)->status_reason);
	ct_stands(conn, run, "RUNNING a=FAILED b=CANCELED c=ENQUEUED d=ENQUEUED");
}

/* ---- many --------------------------------------------------------------------------- */

static void both_prerequisites_at_once(void)
{
	cairn_conn *conn = ct_open();
	static const char *const modes[] = { "c:a,b", "c:a!,b!", "c:a!,b", "c:a,b!" };
	for (size_t i = 0; i < 8; i++) {
		cairn_run_new dag = ct_dag(ct_format("a b %s", modes[i % 4]));
		ct_play play = ct_play_run(conn, &dag);
		cairn_finish items[] = { ct_success(ct_claim_step(conn, play.run, "b")),
					 ct_failure(ct_claim_step(conn, play.run, "a"),
						    CAIRN_FINISH_TERMINAL, "x") };
		if (i >= 4)
			items[1] = ct_success(items[1].lease);
		ct_ok(cairn_job_finish(conn, items, 2, NULL, ct_err()));
		ct_model_name(play.model, "a", i < 4 ? CAIRN_STEP_FAILED : CAIRN_STEP_SUCCEEDED);
		ct_model_name(play.model, "b", CAIRN_STEP_SUCCEEDED);
		ct_model_settle(play.model);
		ct_model_agrees(conn, play.run, play.model);
		ct_cancel_run(conn, play.run);
	}
}

/* A prerequisite and its own dependent, which is there already for another reason: both end in one call. */
static void over_several_runs(void)
{
	cairn_conn *conn = ct_open();
	static const char *const words[] = { "a b:a", "a* x b:x! c:b", "x b:x c:x! d:b,c",
					     "x y z:x,y" };
	ct_play plays[4];
	cairn_finish items[7];
	cairn_changed each[7];
	size_t n = 0;
	for (size_t i = 0; i < 4; i++) {
		cairn_run_new dag = ct_dag(words[i]);
		plays[i] = ct_play_run(conn, &dag);
	}
	items[n++] = ct_success(ct_claim_step(conn, plays[3].run, "y"));
	items[n++] = ct_success(ct_claim_step(conn, plays[0].run, "a"));
	for (size_t i = 1; i < 4; i++) {
		/* queue x is shared: the oldest comes first */
		items[n++] = ct_failure(ct_claim_step(conn, plays[i].run, "x"),
					CAIRN_FINISH_TERMINAL, "broken");
	}
	ct_enqueue(conn, "t");
	items[n++] = ct_success(ct_claim(conn, "w"));
	items[n] = items[0];
	items[n].lease.id = cairn_id_new();
	ct_ok(cairn_job_finish(conn, items, n + 1, each, ct_err()));
	for (size_t i = 0; i < n; i++)
		ct_each(each[i], CAIRN_OK, NULL);
	ct_each(each[n], CAIRN_NOT_FOUND, "job.not_found");
	ct_model_name(plays[0].model, "a", CAIRN_STEP_SUCCEEDED);
	for (size_t i = 1; i < 4; i++)
		ct_model_name(plays[i].model, "x", CAIRN_STEP_FAILED);
	ct_model_name(plays[3].model, "y", CAIRN_STEP_SUCCEEDED);
	for (size_t i = 0; i < 4; i++) {
		ct_model_settle(plays[i].model);
		ct_model_agrees(conn, plays[i].run, plays[i].model);
	}
}

static void some_end_and_some_go_on(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	cairn_run_new dag = ct_dag("a b c d e:a,b f:c! g:d");
	ct_model *model = ct_model_of(&dag);
	cairn_id run = ct_add_run(conn, &dag);
	cairn_lease lost = ct_claim_step(conn, run, "d");
	lost.fence += 7;
	cairn_finish items[] = {
		ct_success(lost),
		ct_success(ct_claim_step(conn, run, "a")),
		ct_failure(ct_claim_step(conn, run, "b"), CAIRN_FINISH_RETRYABLE, "x"),
		ct_failure(ct_claim_step(conn, run, "c"), CAIRN_FINISH_TERMINAL, "x"),
	};
	cairn_changed each[4];
	ct_ok(cairn_job_finish(conn, items, 4, each, ct_err()));
	ct_each(each[0], CAIRN_STALE, "job.lease_lost");
	for (size_t i = 1; i < 4; i++)
		ct_each(each[i], CAIRN_OK, NULL);
	ct_model_name(model, "a", CAIRN_STEP_SUCCEEDED);
	ct_model_name(model, "c", CAIRN_STEP_FAILED);
	ct_model_settle(model);
	ct_model_agrees(conn, run, model);
	ct_stands(conn, run,
		  "RUNNING a=SUCCEEDED b=ENQUEUED c=FAILED d=RUNNING e=BLOCKED f=CANCELED "
		  "g=BLOCKED");
}

/* ---- and the next one ------------------------------------------------------------------ */

static cairn_run_new in_one_queue(const char *words)
{
	cairn_run_new dag = ct_dag(words);
	for (size_t i = 0; i < dag.step_count; i++) {
		const char *key =
			ct_format("%.*s", (int)dag.steps[i].key.len, dag.steps[i].key.ptr);
		if (dag.steps[i].kind != CAIRN_STEP_EXTERNAL)
			ct_dag_step(&dag, key)->queue = CAIRN_STR("line");
	}
	return dag;
}

static void ends_and_claims_the_child(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = in_one_queue("a b:a! c:b!");
	ct_define(conn, "t");
	cairn_id run = ct_add_run(conn, &dag);
	cairn_claim_opts opts = ct_claim_opts("w", 5);
	opts.queue = CAIRN_STR("line");
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	static const char *const keys[] = { "a", "b", "c" };
	for (size_t i = 0; i < 3; i++) {
		ct_int(jobs->count, 1);
		ct_id(jobs->at[0].id, ct_step_id(conn, run, keys[i]));
		ct_id(jobs->at[0].run, run);
		cairn_finish end = ct_success(cairn_job_lease(&jobs->at[0]));
		cairn_changed told;
		ct_ok(cairn_job_finish_and_claim(conn, &end, 1, &told, &opts, &jobs, ct_err()));
		ct_each(told, CAIRN_OK, NULL);
	}
	ct_int(jobs->count, 0);
	ct_later(jobs);
	ct_stands(conn, run, "SUCCEEDED a=SUCCEEDED b=SUCCEEDED c=SUCCEEDED");
	ct_text(ct_run_timeline(conn, run),
		"RUNNING a=ENQUEUED a=SUCCEEDED b=ENQUEUED b=SUCCEEDED c=ENQUEUED c=SUCCEEDED "
		"SUCCEEDED");
}

static void a_turn_claims_the_child(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = in_one_queue("a b x:a,b y:x");
	ct_define(conn, "t");
	cairn_id run = ct_add_run(conn, &dag);
	cairn_claim_opts opts = ct_claim_opts("w", 5);
	opts.queue = CAIRN_STR("line");
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_int(jobs->count, 2);
	cairn_finish ends[] = { ct_success(cairn_job_lease(&jobs->at[0])),
				ct_failure(cairn_job_lease(&jobs->at[1]), CAIRN_FINISH_TERMINAL,
					   "x") };
	cairn_changed each[2];
	cairn_turn turn = {
		.size = sizeof(turn), .finishes = ends, .finish_count = 2, .claim = &opts
	};
	ct_ok(cairn_job_turn(conn, &turn, each, &jobs, ct_err()));
	ct_later(jobs);
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_OK, NULL);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, ct_step_id(conn, run, "x"));
	ct_stands(conn, run, "RUNNING a=SUCCEEDED b=FAILED x=RUNNING y=BLOCKED");
}

#define ENDS .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.jobs.a_step_tells_how_its_job_ended",
	  ENDS,
	  .rule = "An ended step has its job's output, reason, code, message and end.",
	  .covers = "runledger Z01, U08",
	  .run = tells_what_its_job_told },
	{ .name = "runs.jobs.a_canceled_job_cancels_its_step",
	  ENDS,
	  .rule = "Canceling the job of a step, pending or leased, cancels the step, which did not "
		  "succeed for those that wait.",
	  .covers = "runledger X06, Z04",
	  .run = canceled_pending_and_leased },
	{ .name = "runs.jobs.a_cancel_by_filter_cancels_steps",
	  ENDS,
	  .rule = "A cancel by filter ends the steps of the jobs that it finds, in several runs at "
		  "once; "
		  "not those that begin by it.",
	  .covers = "runledger X06",
	  .run = canceled_by_filter },
	{ .name = "runs.jobs.a_reaped_last_attempt_fails_its_step",
	  ENDS,
	  .rule = "A job that is dead-lettered by the reaper fails its step, and what follows is "
		  "done "
		  "in the same pass.",
	  .covers = "runledger R14",
	  .run = reaped_at_its_last },
	{ .name = "runs.jobs.two_prerequisites_end_in_one_call",
	  ENDS,
	  .rule = "A call that ends all prerequisites of a step at once releases or cancels it "
		  "once, by "
		  "each of its edges.",
	  .covers = "runledger Z01, Z03",
	  .run = both_prerequisites_at_once },
	{ .name = "runs.jobs.a_call_ends_steps_of_several_runs",
	  ENDS,
	  .rule = "A call that ends jobs of several runs, and of none, does for each run what a "
		  "call of "
		  "its own would have done.",
	  .run = over_several_runs },
	{ .name = "runs.jobs.some_end_and_some_go_on",
	  ENDS,
	  .rule = "Of a call's jobs only those that ended end their steps; a retry and a refusal "
		  "do not.",
	  .run = some_end_and_some_go_on },
	{ .name = "runs.jobs.finish_and_claim_claims_the_child",
	  ENDS,
	  .rule = "A job that begins because of a finish can be claimed in the very same call.",
	  .run = ends_and_claims_the_child },
	{ .name = "runs.jobs.a_turn_claims_the_child",
	  ENDS,
	  .rule = "A turn that ends the last two prerequisites of a step claims it.",
	  .run = a_turn_claims_the_child },
};

CT_GROUP(run_job_ends, cases);
