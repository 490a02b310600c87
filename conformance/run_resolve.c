/*
 * run_resolve.c - what follows from the end of a step: who begins, who never will, and what the run is then.
 * Every graph is played beside the kit's own reckoning (ct_graph_model.h). (further than the next steps:
 * run_cascade.c; any graph: run_model.c)
 */
#include "ct_graph_model.h"

/* ---- edges --------------------------------------------------------------------- */

static void success_releases_both(void)
{
	ct_play play = ct_play_words("a b:a! c:a");
	ct_advance(CAIRN_SECOND);
	ct_play_ends(&play, "a+");
	ct_stands(play.conn, play.run, "RUNNING a=SUCCEEDED b=ENQUEUED c=ENQUEUED");
	for (size_t i = 1; i < 3; i++) {
		const cairn_step *step = &ct_run_steps(play.conn, play.run)->at[i];
		ct_int(step->released_at, ct_now());
		ct_text(ct_timeline(play.conn, step->id), "ENQUEUED");
		const cairn_job *job = ct_job(play.conn, step->id);
		ct_int(job->run_number, 1);
		ct_int(job->attempt, 0);
		ct_int(job->fence, 0);
		ct_int(job->created_at, ct_now());
		ct_int(job->run_at, ct_now());
	}
	ct_int(ct_count_jobs(play.conn, 0), 3);
	ct_play_ends(&play, "b+ c+");
	ct_stands(play.conn, play.run, "SUCCEEDED a=SUCCEEDED b=SUCCEEDED c=SUCCEEDED");
	ct_int(ct_count_jobs(play.conn, 0), 3);
}

static void canceled_for_it(const cairn_step *step)
{
	ct_int(step->status, CAIRN_STEP_CANCELED);
	ct_str(step->status_reason, "workflow.dependency_unsatisfied");
	ct_str(step->error_code, "workflow.dependency_unsatisfied");
	ct_str(step->error_message, "A prerequisite did not succeed.");
	ct_int(step->released_at, 0);
	ct_int(step->finished_at, ct_now());
	ct_int(step->run_number, 0);
}

static void failure_goes_by_the_edge(void)
{
	ct_play play = ct_play_words("a b:a c:a! d:c! e:c");
	ct_advance(CAIRN_SECOND);
	ct_play_ends(&play, "a-");
	ct_stands(play.conn, play.run,
		  "RUNNING a=FAILED b=ENQUEUED c=CANCELED d=CANCELED e=ENQUEUED");
	canceled_for_it(ct_run_step(play.conn, play.run, "c"));
	canceled_for_it(ct_run_step(play.conn, play.run, "d"));
	ct_play_ends(&play, "b+ e+");
	ct_stands(play.conn, play.run,
		  "COMPLETED_WITH_ERRORS a=FAILED b=SUCCEEDED c=CANCELED d=CANCELED e=SUCCEEDED");
}

static void waits_for_the_last(void)
{
	ct_play play = ct_play_words("a b c:a!,b");
	ct_play_ends(&play, "a-");
	ct_stands(play.conn, play.run, "RUNNING a=FAILED b=ENQUEUED c=BLOCKED");
	const cairn_step *step = ct_run_step(play.conn, play.run, "c");
	ct_int(step->prerequisites, 2);
	ct_int(step->pending, 1);
	ct_int(step->unsatisfied, 1);
	ct_int(step->finished_at, 0);
	ct_advance(CAIRN_SECOND);
	ct_play_ends(&play, "b+");
	ct_stands(play.conn, play.run, "COMPLETED_WITH_ERRORS a=FAILED b=SUCCEEDED c=CANCELED");
	canceled_for_it(ct_run_step(play.conn, play.run, "c"));
}

static void canceled_is_not_succeeded(void)
{
	ct_play play = ct_play_words("a b:a! c:a g*:a! h*:a");
	ct_play_ends(&play, "a~");
	ct_stands(play.conn, play.run,
		  "RUNNING a=CANCELED b=CANCELED c=ENQUEUED g=CANCELED h=WAITING_FOR_EXTERNAL");
	ct_play_ends(&play, "c+ h+");
	ct_int(ct_run(play.conn, play.run)->status, CAIRN_RUN_COMPLETED_WITH_ERRORS);
}

/* Each edge by itself: what a failure leaves to a join of three. */
static void edges_count_each(void)
{
	static const struct {
		const char *words;
		const char *ends;
		const char *want;
	} rows[] = {
		{ "a b c d:a!,b!,c!", "a+ b+ c+", "ENQUEUED" },
		{ "a b c d:a!,b!,c!", "c- b- a-", "CANCELED" },
		{ "a b c d:a!,b!,c!", "a+ c+ b~", "CANCELED" },
		{ "a b c d:a,b,c", "a- b~ c-", "ENQUEUED" },
		{ "a b c d:a,b!,c", "a- c~ b+", "ENQUEUED" },
		{ "a b c d:a,b!,c", "b- a+ c+", "CANCELED" },
		{ "a* b c* d:a!,b,c!", "a+ b- c+", "ENQUEUED" },
		{ "a* b c* d:a!,b,c!", "c~ b+ a+", "CANCELED" },
	};
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cairn_run_new run = ct_dag(rows[i].words);
		ct_note("--- %s, %s", rows[i].words, rows[i].ends);
		ct_play play = ct_play_run(conn, &run);
		ct_play_ends(&play, rows[i].ends);
		ct_text(cairn_step_status_text(ct_run_step(conn, play.run, "d")->status),
			rows[i].want);
		/* not in the next one's way */
		ct_cancel_run(conn, play.run);
	}
}

static void as_they_were_given(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag("a b c:b!,a d:c,a! e:d!");
	ct_define(conn, "t");
	cairn_id id = ct_add_run(conn, &run);
	ct_play_ends(&(ct_play){ .conn = conn, .run = id, .model = ct_model_of(&run) }, "a+ b-");
	cairn_edge_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .run = id };
	cairn_run_edges_result *edges = NULL;
	ct_ok(cairn_run_edges(conn, &filter, &edges, ct_err()));
	ct_later(edges);
	static const char *const want[][3] = { { "a", "c", "ON_TERMINAL" },
					       { "b", "c", "ON_SUCCESS" },
					       { "a", "d", "ON_SUCCESS" },
					       { "c", "d", "ON_TERMINAL" },
					       { "d", "e", "ON_SUCCESS" } };
	ct_int(edges->count, 5);
	for (size_t i = 0; i < 5; i++) {
		const cairn_run_edge *edge = &edges->at[i];
		ct_str(edge->prerequisite_key, want[i][0]);
		ct_str(edge->dependent_key, want[i][1]);
		ct_text(cairn_release_mode_text(edge->mode), want[i][2]);
		ct_id(edge->prerequisite, ct_step_id(conn, id, want[i][0]));
		ct_id(edge->dependent, ct_step_id(conn, id, want[i][1]));
	}
}

/* ---- the run -------------------------------------------------------------------- */

static void run_is_what_its_steps_are(void)
{
	static const struct {
		const char *words;
		const char *ends;
		const char *want;
	} rows[] = {
		{ "a", "", "RUNNING" },
		{ "a", "a+", "SUCCEEDED" },
		{ "a", "a-", "COMPLETED_WITH_ERRORS" },
		{ "a", "a~", "COMPLETED_WITH_ERRORS" },
		{ "g*", "", "WAITING_FOR_EXTERNAL" },
		{ "g*", "g+", "SUCCEEDED" },
		{ "g*", "g-", "COMPLETED_WITH_ERRORS" },
		{ "g*", "g~", "COMPLETED_WITH_ERRORS" },
		{ "a g*", "", "RUNNING" },
		{ "a g*", "a-", "WAITING_FOR_EXTERNAL" },
		{ "a g*", "a+", "WAITING_FOR_EXTERNAL" },
		{ "a g*", "g-", "RUNNING" },
		{ "a g*", "g+ a+", "SUCCEEDED" },
		{ "a g*", "a- g+", "COMPLETED_WITH_ERRORS" },
		{ "g* a:g", "", "RUNNING" },
		{ "g* h*:g", "g+", "WAITING_FOR_EXTERNAL" },
		{ "g* a:g!", "g~", "COMPLETED_WITH_ERRORS" },
		{ "a b:a!", "a+ b+", "SUCCEEDED" },
		{ "a b:a!", "a-", "COMPLETED_WITH_ERRORS" },
		{ "a g*:a", "a-", "WAITING_FOR_EXTERNAL" },
	};
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cairn_run_new run = ct_dag(rows[i].words);
		ct_note("--- %s, %s", rows[i].words, rows[i].ends);
		ct_play play = ct_play_run(conn, &run);
		ct_play_ends(&play, rows[i].ends);
		ct_text(cairn_run_status_text(ct_run(conn, play.run)->status), rows[i].want);
		ct_cancel_run(conn, play.run);
	}
}

static void ends_once(void)
{
	ct_play play = ct_play_words("a b");
	ct_play_ends(&play, "a+");
	ct_int(ct_run(play.conn, play.run)->finished_at, 0);
	ct_advance(CAIRN_SECOND);
	cairn_lease lease = ct_claim_step(play.conn, play.run, "b");
	ct_finish(play.conn, ct_success(lease));
	cairn_time end = ct_now();
	ct_int(ct_run(play.conn, play.run)->finished_at, end);
	ct_int(ct_run(play.conn, play.run)->updated_at, end);
	const char *before = ct_run_snapshot(play.conn, play.run);
	ct_advance(CAIRN_SECOND);
	ct_refused(play.conn, lease, CAIRN_STALE, "job.finished");
	ct_int(ct_cancel_run(play.conn, play.run).canceled, 0);
	ct_run_unchanged(play.conn, play.run, before);
}

static void gate_before_a_step_is_running(void)
{
	ct_play play = ct_play_words("g* a:g");
	ct_stands(play.conn, play.run, "RUNNING g=WAITING_FOR_EXTERNAL a=BLOCKED");
	ct_play_ends(&play, "g+");
	ct_stands(play.conn, play.run, "RUNNING g=SUCCEEDED a=ENQUEUED");
	ct_text(ct_run_timeline(play.conn, play.run),
		"RUNNING g=WAITING_FOR_EXTERNAL g=SUCCEEDED a=ENQUEUED");
}

static void updated_with_each_end(void)
{
	ct_play play = ct_play_words("a b c");
	for (size_t i = 0; i < 3; i++) {
		ct_advance(CAIRN_SECOND);
		ct_play_ends(&play, i == 0 ? "a+" : i == 1 ? "b-" : "c~");
		ct_int(ct_run(play.conn, play.run)->updated_at, ct_now());
	}
	ct_int(ct_run(play.conn, play.run)->created_at, ct_now() - 3 * CAIRN_SECOND);
}

#define RESOLVE .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.resolve.success_releases_dependents_of_both_modes_once",
	  RESOLVE,
	  .rule = "A step that succeeded releases those that wait for nothing else, whatever their "
		  "edge "
		  "wants: each gets its one job, due now.",
	  .covers = "runledger Z01",
	  .run = success_releases_both },
	{ .name = "runs.resolve.a_failure_cancels_those_that_wanted_success",
	  RESOLVE,
	  .rule = "A failure releases ON_TERMINAL dependents and cancels ON_SUCCESS ones as "
		  "workflow.dependency_unsatisfied, and so on from these.",
	  .covers = "runledger Z02",
	  .run = failure_goes_by_the_edge },
	{ .name = "runs.resolve.a_step_is_canceled_when_its_last_prerequisite_has_ended",
	  RESOLVE,
	  .rule = "A dependent that can't be satisfied any more stays BLOCKED until the last of "
		  "its "
		  "prerequisites has ended.",
	  .covers = "runledger Z03",
	  .run = waits_for_the_last },
	{ .name = "runs.resolve.a_canceled_prerequisite_did_not_succeed",
	  RESOLVE,
	  .rule = "A canceled prerequisite satisfies ON_TERMINAL and not ON_SUCCESS, jobs and "
		  "gates "
		  "alike.",
	  .covers = "runledger Z04",
	  .run = canceled_is_not_succeeded },
	{ .name = "runs.resolve.each_edge_counts_for_itself",
	  RESOLVE,
	  .rule = "A join of several modes begins if each of its edges got what it wanted, in "
		  "whatever order.",
	  .covers = "runledger Z03",
	  .run = edges_count_each },
	{ .name = "runs.resolve.edges_stand_as_they_were_given",
	  RESOLVE,
	  .rule = "Edges are read with their direction and mode as they were given, whatever has "
		  "ended "
		  "since.",
	  .covers = "runledger Z12",
	  .run = as_they_were_given },
	{ .name = "runs.resolve.a_run_is_what_its_steps_are",
	  RESOLVE,
	  .rule = "RUNNING while a step is BLOCKED, ENQUEUED or RUNNING, else WAITING_FOR_EXTERNAL "
		  "while a gate is open, else COMPLETED_WITH_ERRORS or SUCCEEDED.",
	  .covers = "runledger Z06",
	  .run = run_is_what_its_steps_are },
	{ .name = "runs.resolve.a_run_ends_once",
	  RESOLVE,
	  .rule = "A run is over with its last step, at that time; nothing that is done again "
		  "changes it or its steps.",
	  .covers = "runledger Z06, Z11",
	  .run = ends_once },
	{ .name = "runs.resolve.a_step_behind_a_gate_keeps_the_run_running",
	  RESOLVE,
	  .rule = "A run with a BLOCKED step is RUNNING, even if only gates stand before it.",
	  .covers = "runledger Z07",
	  .run = gate_before_a_step_is_running },
	{ .name = "runs.resolve.a_run_is_updated_with_each_end",
	  RESOLVE,
	  .rule = "updated_at of a run is the time of the last change of a step's status.",
	  .run = updated_with_each_end },
};

CT_GROUP(run_resolve, cases);
