/* run_delete.c - retention: runs that are over go with everything that they had, and nothing else does. */
#include "ct_graph_model.h"

static cairn_run_prune_filter filter_of(cairn_usec age)
{
	return (cairn_run_prune_filter){ .size = sizeof(cairn_run_prune_filter),
					 .scope = cairn_any(),
					 .age = age };
}

static void prunes(cairn_conn *conn, const cairn_run_prune_filter *filter, size_t want)
{
	size_t pruned = 99;
	ct_ok(cairn_run_prune(conn, filter, &pruned, ct_err()));
	ct_int(pruned, want);
}

static bool there(cairn_conn *conn, cairn_id run)
{
	cairn_runs *runs = NULL;
	cairn_status status = cairn_run_get(conn, cairn_any(), run, &runs, ct_err());
	cairn_free(runs);
	ct_true(status == CAIRN_OK || status == CAIRN_NOT_FOUND);
	return status == CAIRN_OK;
}

static void with_everything(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag_keyed("a b c:a! d:a g* e:g", "key");
	ct_define(conn, "t");
	cairn_id run = ct_add_run(conn, &dag);
	cairn_append append = ct_append(run, "more", "g", "x y:x");
	ct_send_append(conn, &append, CAIRN_INSERTED);
	ct_told(ct_say(conn, ct_claim_step(conn, run, "b"), "said"), CAIRN_OK, NULL);
	ct_end(conn, run, "a", CAIRN_STEP_FAILED);
	const cairn_steps *steps = ct_run_steps(conn, run);
	ct_cancel_run(conn, run);
	cairn_id other = ct_flow(conn, "k l:k");
	ct_end(conn, other, "k", CAIRN_STEP_FAILED);
	const char *before = ct_run_snapshot(conn, other);
	cairn_run_prune_filter filter = filter_of(0);
	ct_advance(CAIRN_HOUR);
	prunes(conn, &filter, 1);
	ct_true(!there(conn, run));
	for (size_t i = 0; i < steps->count; i++) {
		cairn_steps *none = NULL;
		ct_gone(conn, steps->at[i].id);
		ct_status(cairn_step_inputs(conn, cairn_any(), steps->at[i].id, &none, ct_err()),
			  CAIRN_NOT_FOUND, "workflow.step_not_found");
	}
	ct_run_unchanged(conn, other, before);
	/* its key is free, and so is its append's */
	cairn_id again = ct_add_run(conn, &dag);
	append.run = again;
	ct_send_append(conn, &append, CAIRN_INSERTED);
	prunes(conn, &filter, 0);
}

static void by_age(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a");
	ct_advance(CAIRN_DAY);
	ct_end(conn, run, "a", CAIRN_STEP_SUCCEEDED);
	cairn_run_prune_filter filter = filter_of(CAIRN_HOUR);
	ct_advance(CAIRN_HOUR - 1);
	prunes(conn, &filter, 0);
	ct_true(there(conn, run));
	ct_advance(1);
	prunes(conn, &filter, 1);
	ct_true(!there(conn, run));
}

static void only_what_is_over(void)
{
	cairn_conn *conn = ct_open();
	static const char *const words[] = { "a b", "g*", "g* a:g" };
	cairn_id runs[3];
	for (size_t i = 0; i < 3; i++)
		runs[i] = ct_flow(conn, words[i]);
	ct_end(conn, runs[0], "a", CAIRN_STEP_FAILED);
	cairn_run_prune_filter filter = filter_of(0);
	ct_advance(3650 * CAIRN_DAY);
	prunes(conn, &filter, 0);
	filter.statuses = 1u << CAIRN_RUN_RUNNING;
	size_t pruned = 0;
	ct_status(cairn_run_prune(conn, &filter, &pruned, ct_err()), CAIRN_INVALID, "arg.invalid");
	filter = filter_of(-1);
	ct_status(cairn_run_prune(conn, &filter, &pruned, ct_err()), CAIRN_INVALID, "arg.invalid");
	filter = filter_of(0);
	filter.limit = 1001;
	ct_status(cairn_run_prune(conn, &filter, &pruned, ct_err()), CAIRN_INVALID, NULL);
	ct_int(ct_count_runs(conn), 3);
}

static void by_filter(void)
{
	cairn_conn *conn = ct_open();
	cairn_id runs[4];
	static const char ends[] = "+-~+";
	ct_define(conn, "t");
	for (size_t i = 0; i < 4; i++) {
		cairn_run_new dag = ct_dag("a");
		dag.type = i == 3 ? CAIRN_STR("other") : CAIRN_STR("w");
		dag.tenant = i == 1 ? CAIRN_STR("theirs") : CAIRN_STR("mine");
		ct_play play = ct_play_run(conn, &dag);
		runs[i] = play.run;
		if (i == 2)
			ct_play_cancel(&play);
		else
			ct_play_ends(&play, ct_format("a%c", ends[i]));
	}
	cairn_run_prune_filter filter = filter_of(0);
	filter.type = CAIRN_STR("other");
	filter.statuses = 1u << CAIRN_RUN_CANCELED;
	prunes(conn, &filter, 0);
	filter.statuses = 0;
	filter.scope = cairn_tenant(CAIRN_STR("theirs"));
	prunes(conn, &filter, 0);
	filter.scope = cairn_tenant(CAIRN_STR("mine"));
	prunes(conn, &filter, 1);
	ct_true(!there(conn, runs[3]));
	filter = filter_of(0);
	filter.statuses = 1u << CAIRN_RUN_CANCELED;
	prunes(conn, &filter, 1);
	ct_true(!there(conn, runs[2]));
	filter.statuses = 1u << CAIRN_RUN_COMPLETED_WITH_ERRORS;
	filter.scope = cairn_global();
	prunes(conn, &filter, 0);
	filter.scope = cairn_tenant(CAIRN_STR("theirs"));
	prunes(conn, &filter, 1);
	ct_true(!there(conn, runs[1]));
	ct_true(there(conn, runs[0]));
}

static void oldest_first(void)
{
	cairn_conn *conn = ct_open();
	cairn_id runs[4];
	static const size_t order[] = { 2, 0, 3, 1 };
	for (size_t i = 0; i < 4; i++)
		runs[i] = ct_flow(conn, ct_format("s%u", (unsigned)i));
	for (size_t i = 0; i < 4; i++) {
		ct_advance(CAIRN_SECOND);
		ct_end(conn, runs[order[i]], ct_format("s%u", (unsigned)order[i]),
		       CAIRN_STEP_SUCCEEDED);
	}
	cairn_run_prune_filter filter = filter_of(0);
	filter.limit = 1;
	for (size_t i = 0; i < 4; i++) {
		ct_true(there(conn, runs[order[i]]));
		prunes(conn, &filter, 1);
		ct_true(!there(conn, runs[order[i]]));
		ct_int(ct_count_runs(conn), 3 - i);
	}
}

static void not_before_leases_are_over(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a b");
	cairn_id quiet = ct_flow(conn, "c");
	cairn_lease lease = ct_claim_step(conn, run, "a");
	ct_cancel_run(conn, run);
	ct_cancel_run(conn, quiet);
	cairn_run_prune_filter filter = filter_of(0);
	prunes(conn, &filter, 1);
	ct_true(!there(conn, quiet));
	ct_set_now(ct_job(conn, lease.id)->lease_expires_at - 1);
	prunes(conn, &filter, 0);
	ct_refused(conn, lease, CAIRN_STALE, "job.canceled");
	ct_advance(1);
	prunes(conn, &filter, 1);
	ct_gone(conn, lease.id);
}

static void recoveries_stand_by_themselves(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a");
	ct_end(conn, run, "a", CAIRN_STEP_FAILED);
	cairn_recovery recovery = ct_recovery(run, "r");
	cairn_id again = ct_recover(conn, &recovery);
	cairn_run_prune_filter filter = filter_of(0);
	prunes(conn, &filter, 1);
	ct_true(!there(conn, run));
	ct_id(ct_run(conn, again)->source, run);
	ct_end(conn, again, "a", CAIRN_STEP_SUCCEEDED);
	prunes(conn, &filter, 1);
	ct_int(ct_count_runs(conn), 0);
	ct_int(ct_count_jobs(conn, 0), 0);
}

#define DELETE .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.prune.a_run_goes_with_everything",
	  DELETE,
	  .rule = "A run is deleted with steps, edges, events, appends and keys, and its jobs with "
		  "all "
		  "that belongs to them; others stay as they are.",
	  .run = with_everything },
	{ .name = "runs.prune.by_the_time_since_it_was_over",
	  DELETE,
	  .rule = "Age counts from a run's end, to the microsecond.",
	  .run = by_age },
	{ .name = "runs.prune.only_runs_that_are_over",
	  DELETE,
	  .rule = "A run that is not over is never deleted, and can't be asked for.",
	  .run = only_what_is_over },
	{ .name = "runs.prune.by_type_status_and_scope",
	  DELETE,
	  .rule = "What is deleted fits type, status and scope.",
	  .run = by_filter },
	{ .name = "runs.prune.the_oldest_end_goes_first",
	  DELETE,
	  .rule = "A limited pass deletes those first whose end is longest ago.",
	  .run = oldest_first },
	{ .name = "runs.prune.not_before_its_leases_are_over",
	  DELETE,
	  .rule = "A canceled run stays until the last lease of its jobs is over, so that workers "
		  "are "
		  "told.",
	  .covers = "runledger T10",
	  .run = not_before_leases_are_over },
	{ .name = "runs.prune.recoveries_stand_by_themselves",
	  DELETE,
	  .rule = "A run can go before its recovery, which keeps its source's id.",
	  .run = recoveries_stand_by_themselves },
};

CT_GROUP(run_delete, cases);
