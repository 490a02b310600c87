/*
 * run_job_rules.c - what jobs of steps are refused, what they need, and who deletes them. (at work: run_jobs.c)
 */
#include "ct_graph_model.h"

static const cairn_str none = { NULL, 0 };

/* ---- again by themselves ------------------------------------------------------------ */

static void requeue_is_refused(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "dead canceled open after:dead");
	ct_end(conn, run, "dead", CAIRN_STEP_FAILED);
	ct_end(conn, run, "canceled", CAIRN_STEP_CANCELED);
	const char *before = ct_run_snapshot(conn, run);
	static const char *const keys[] = { "dead", "canceled" };
	ct_advance(CAIRN_SECOND);
	for (size_t i = 0; i < 2; i++) {
		cairn_changed told =
			ct_requeue(conn, ct_seen(conn, ct_step_id(conn, run, keys[i])));
		ct_each(told, CAIRN_INVALID, "job.workflow_requeue_not_supported");
		ct_run_unchanged(conn, run, before);
	}
	/* what was expected wrongly is told first, as of any job */
	cairn_requeue item = ct_seen(conn, ct_step_id(conn, run, "dead"));
	item.run_number++;
	ct_each(ct_requeue(conn, item), CAIRN_STALE, "job.expectation_mismatch");
}

static void requeue_by_filter_passes_them(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a b");
	ct_end(conn, run, "a", CAIRN_STEP_FAILED);
	ct_end(conn, run, "b", CAIRN_STEP_CANCELED);
	cairn_job_new alone = ct_new("t");
	cairn_id other = ct_add(conn, &alone);
	ct_cancel(conn, other);
	const char *before = ct_run_snapshot(conn, run);
	cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	cairn_swept *swept = NULL;
	ct_ok(cairn_job_requeue_where(conn, &filter, 0, none, &swept, ct_err()));
	ct_later(swept);
	for (size_t i = 0; i < swept->count; i++) {
		if (cairn_id_compare(swept->at[i].id, other) == 0)
			ct_each(swept->at[i], CAIRN_OK, NULL);
		else
			ct_each(swept->at[i], CAIRN_INVALID, "job.workflow_requeue_not_supported");
	}
	ct_int(ct_job(conn, other)->status, CAIRN_JOB_PENDING);
	ct_run_unchanged(conn, run, before);
}

static void replay_is_refused(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a b");
	ct_end(conn, run, "a", CAIRN_STEP_SUCCEEDED);
	ct_end(conn, run, "b", CAIRN_STEP_FAILED);
	cairn_rerun items[] = { { .source = ct_step_id(conn, run, "a"),
				  .run_number = 1,
				  .key = CAIRN_STR("again"),
				  .reason = CAIRN_STR("why") },
				{ .source = ct_step_id(conn, run, "b"),
				  .run_number = 1,
				  .key = CAIRN_STR("again"),
				  .reason = CAIRN_STR("why") } };
	cairn_job_added each[2];
	size_t jobs = ct_count_jobs(conn, 0);
	ct_ok(cairn_job_replay(conn, cairn_any(), items, 2, each, ct_err()));
	ct_each(each[0], CAIRN_INVALID, "job.workflow_replay_not_supported");
	ct_each(each[1], CAIRN_STALE, "job.expectation_mismatch");
	ct_int(ct_count_jobs(conn, 0), jobs);
}

/* ---- permits ------------------------------------------------------------------------- */

static size_t claimable(cairn_conn *conn)
{
	cairn_claim_opts opts = ct_claim_opts("w", 10);
	cairn_jobs *jobs = NULL;
	opts.queue = CAIRN_STR("line");
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	for (size_t i = 0; i < jobs->count; i++)
		ct_finish(conn, ct_success(cairn_job_lease(&jobs->at[i])));
	return jobs->count;
}

static void steps_need_permits(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("a b c:a g*");
	static const char *const keys[] = { "a", "b", "c" };
	for (size_t i = 0; i < 3; i++) {
		ct_dag_step(&dag, keys[i])->queue = CAIRN_STR("line");
		ct_dag_step(&dag, keys[i])->resource_key = CAIRN_STR("printer");
	}
	ct_define(conn, "t");
	cairn_id run = ct_add_run(conn, &dag);
	ct_str(ct_run_step(conn, run, "c")->resource_key, "printer");
	ct_str(ct_run_step(conn, run, "g")->resource_key, NULL);
	ct_str(ct_job(conn, ct_step_id(conn, run, "a"))->resource_key, "printer");
	/* one permit: one after the other */
	for (size_t i = 0; i < 3; i++)
		ct_int(claimable(conn), 1);
	ct_int(claimable(conn), 0);
	ct_str(ct_job(conn, ct_step_id(conn, run, "c"))->resource_key, "printer");
	ct_stands(conn, run,
		  "WAITING_FOR_EXTERNAL a=SUCCEEDED b=SUCCEEDED c=SUCCEEDED "
		  "g=WAITING_FOR_EXTERNAL");
}

static void canceled_steps_keep_permits(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("a");
	ct_dag_step(&dag, "a")->resource_key = CAIRN_STR("printer");
	ct_dag_step(&dag, "a")->queue = CAIRN_STR("line");
	ct_define(conn, "t");
	cairn_id run = ct_add_run(conn, &dag);
	cairn_lease lease = ct_claim_step(conn, run, "a");
	cairn_id next = ct_add_run(conn, &dag);
	ct_cancel_run(conn, run);
	ct_int(claimable(conn), 0);
	ct_set_now(ct_job(conn, lease.id)->lease_expires_at);
	ct_int(claimable(conn), 1);
	ct_stands(conn, next, "SUCCEEDED a=SUCCEEDED");
}

static void gates_have_none(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("g*");
	ct_dag_step(&dag, "g")->resource_key = CAIRN_STR("printer");
	ct_run_refused(conn, &dag, "workflow.invalid_dag_external_step_queue_settings_not_allowed");
}

/* An active key goes with the run's end: there is nothing for a reaper to clean up. */
static void nothing_is_left_to_reapers(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag_active("a", "one at a time");
	ct_dag_step(&dag, "a")->resource_key = CAIRN_STR("printer");
	ct_define_retry(conn, "t", 1, 0);
	for (size_t i = 0; i < 3; i++) {
		cairn_id run = ct_add_run(conn, &dag);
		ct_claim_step(conn, run, "a");
		ct_id(ct_offer_run(conn, &dag).id, run);
		ct_advance(CAIRN_HOUR);
		ct_id(ct_offer_run(conn, &dag).id, run);
		/* this very pass ends the job, its step, its run, and frees key and permit */
		ct_reap(conn, 1);
		ct_stands(conn, run, "COMPLETED_WITH_ERRORS a=FAILED");
	}
	ct_int(ct_offer_run(conn, &dag).disposition, CAIRN_RUN_INSERTED);
}

/* ---- who deletes them ---------------------------------------------------------------- */

static void forgetful(cairn_conn *conn)
{
	cairn_definition_patch patch = { .size = sizeof(patch),
					 .type = CAIRN_STR("t"),
					 .set = CAIRN_PATCH_RETENTION,
					 .retention = CAIRN_RETAIN_NONE };
	ct_ok(cairn_job_definition_update(conn, &patch, ct_err()));
}

static void success_never_deletes_them(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a b:a! c:b");
	forgetful(conn);
	cairn_lease lease = ct_claim_step(conn, run, "a");
	ct_int(lease.hints & CAIRN_HINT_DELETE, 0);
	cairn_finish end = ct_success(lease);
	end.lease.hints = CAIRN_HINT_DELETE;
	ct_told(ct_send(conn, end), CAIRN_INVALID, "arg.invalid");
	end.lease = lease;
	end.output = CAIRN_STR("[1]");
	ct_finish(conn, end);
	ct_end(conn, run, "b", CAIRN_STEP_SUCCEEDED);
	ct_int(ct_job(conn, lease.id)->status, CAIRN_JOB_SUCCEEDED);
	ct_str(ct_job(conn, lease.id)->output, "[1]");
	ct_stands(conn, run, "RUNNING a=SUCCEEDED b=SUCCEEDED c=ENQUEUED");
	ct_end(conn, run, "c", CAIRN_STEP_SUCCEEDED);
	ct_stands(conn, run, "SUCCEEDED a=SUCCEEDED b=SUCCEEDED c=SUCCEEDED");
	ct_int(ct_count_jobs(conn, 0), 3);
}

static void hints_do_not_matter(void)
{
	static const uint32_t hints[] = { 0, CAIRN_HINT_ALONE, CAIRN_HINT_STEP };
	for (size_t i = 0; i < 3; i++) {
		ct_play play = ct_play_words("a b:a! c:b!");
		cairn_lease lease = ct_claim_step(play.conn, play.run, "a");
		lease.hints = hints[i];
		ct_finish(play.conn, ct_success(lease));
		ct_model_end(play.model, "a", CAIRN_STEP_SUCCEEDED);
		ct_model_agrees(play.conn, play.run, play.model);
		lease = ct_claim_step(play.conn, play.run, "b");
		lease.hints = hints[i];
		ct_finish(play.conn, ct_failure(lease, CAIRN_FINISH_TERMINAL, "x"));
		ct_model_end(play.model, "b", CAIRN_STEP_FAILED);
		ct_model_agrees(play.conn, play.run, play.model);
	}
	/* and a job that is none may be hinted to be one */
	cairn_conn *conn = ct_open();
	ct_enqueue(conn, "t");
	cairn_lease lease = ct_claim(conn, "w");
	lease.hints = CAIRN_HINT_STEP;
	ct_finish(conn, ct_success(lease));
	ct_int(ct_job(conn, lease.id)->status, CAIRN_JOB_SUCCEEDED);
}

static void job_prune_leaves_them(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a b c");
	ct_end(conn, run, "a", CAIRN_STEP_SUCCEEDED);
	ct_end(conn, run, "b", CAIRN_STEP_FAILED);
	ct_end(conn, run, "c", CAIRN_STEP_CANCELED);
	cairn_job_new alone = ct_new("t");
	ct_cancel(conn, ct_add(conn, &alone));
	const char *before = ct_run_snapshot(conn, run);
	cairn_prune_opts opts = { .size = sizeof(opts),
				  .scope = cairn_any(),
				  .statuses = 1u << CAIRN_JOB_SUCCEEDED |
					      1u << CAIRN_JOB_DEAD_LETTERED |
					      1u << CAIRN_JOB_CANCELED,
				  .age = 1 };
	size_t pruned = 0;
	ct_advance(3650 * CAIRN_DAY);
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	ct_int(pruned, 1);
	ct_int(ct_count_jobs(conn, 0), 3);
	forgetful(conn);
	opts.age = 0;
	opts.statuses = 0;
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	ct_int(pruned, 0);
	ct_run_unchanged(conn, run, before);
}

#define RULES .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.jobs.a_step_is_not_requeued",
	  RULES,
	  .rule = "The job of a step is not requeued by itself, dead or canceled; nothing is "
		  "written.",
	  .covers = "runledger Q06",
	  .run = requeue_is_refused },
	{ .name = "runs.jobs.a_requeue_by_filter_passes_steps",
	  RULES,
	  .rule = "A requeue by filter puts back what is no step's, and leaves jobs of steps "
		  "alone.",
	  .covers = "runledger Q06",
	  .run = requeue_by_filter_passes_them },
	{ .name = "runs.jobs.a_step_is_not_replayed",
	  RULES,
	  .rule = "A success of a step's job is not replayed by itself.",
	  .covers = "runledger Y11",
	  .run = replay_is_refused },
	{ .name = "runs.jobs.steps_need_their_permits",
	  RULES,
	  .rule = "A step hands its resource key to its job, which runs only with a permit.",
	  .covers = "runledger G11",
	  .run = steps_need_permits },
	{ .name = "runs.jobs.a_canceled_steps_lease_keeps_its_permit",
	  RULES,
	  .rule = "The permit of a leased job that was canceled with its run is free when the "
		  "lease is "
		  "over.",
	  .covers = "runledger G11",
	  .run = canceled_steps_keep_permits },
	{ .name = "runs.jobs.gates_need_no_permits",
	  RULES,
	  .rule = "A gate can't have a resource.",
	  .covers = "runledger G11",
	  .run = gates_have_none },
	{ .name = "runs.jobs.a_reapers_pass_leaves_nothing_to_clean_up",
	  RULES,
	  .rule = "The pass that ends a run's last job frees its active key and permit, too.",
	  .covers = "runledger R13, R14",
	  .run = nothing_is_left_to_reapers },
	{ .name = "runs.jobs.a_success_never_deletes_a_step",
	  RULES,
	  .rule = "Jobs of steps stay, whatever their type's retention and whatever their lease "
		  "says.",
	  .run = success_never_deletes_them },
	{ .name = "runs.jobs.hints_change_no_outcome",
	  RULES,
	  .rule = "What a lease hints about its job being a step changes how dear an end is, not "
		  "what "
		  "follows from it.",
	  .run = hints_do_not_matter },
	{ .name = "runs.jobs.pruning_jobs_leaves_steps",
	  RULES,
	  .rule = "Pruning jobs never deletes those of steps, however old.",
	  .run = job_prune_leaves_them },
};

CT_GROUP(run_job_rules, cases);
