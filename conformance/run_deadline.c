/*
 * run_deadline.c - gates that stand open for too long: when they are over, as what they end, and in what
 * order. (a gate that is completed meanwhile: run_meet_gates.c)
 */
#include "ct_graph_model.h"

static void reaps(cairn_conn *conn, uint32_t limit, size_t want)
{
	size_t ended = 99;
	ct_ok(cairn_run_reap(conn, limit, &ended, ct_err()));
	ct_int(ended, want);
}

static cairn_run_new with_deadline(const char *words, const char *key, cairn_usec deadline)
{
	cairn_run_new dag = ct_dag(words);
	ct_dag_step(&dag, key)->deadline = deadline;
	return dag;
}

static void over_at_its_deadline(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = with_deadline("g* a:g! b:g", "g", CAIRN_HOUR);
	ct_play play = ct_play_run(conn, &dag);
	ct_int(ct_run_step(conn, play.run, "g")->deadline, CAIRN_HOUR);
	ct_int(ct_run_step(conn, play.run, "g")->deadline_at, ct_now() + CAIRN_HOUR);
	const char *before = ct_run_snapshot(conn, play.run);
	ct_advance(CAIRN_HOUR - 1);
	reaps(conn, 0, 0);
	ct_run_unchanged(conn, play.run, before);
	ct_advance(1);
	reaps(conn, 0, 1);
	ct_model_end(play.model, "g", CAIRN_STEP_FAILED);
	ct_model_agrees(conn, play.run, play.model);
	ct_stands(conn, play.run, "RUNNING g=FAILED a=CANCELED b=ENQUEUED");
	const cairn_step *step = ct_run_step(conn, play.run, "g");
	ct_str(step->status_reason, "workflow.gate_deadline");
	ct_str(step->error_code, "workflow.gate_deadline");
	ct_str(step->error_message, "Nobody completed the gate in time.");
	ct_str(step->output, NULL);
	ct_int(step->finished_at, ct_now());
	ct_int(step->deadline_at, 0);
	ct_int(step->deadline, CAIRN_HOUR);
	reaps(conn, 0, 0);
}

static void counts_from_the_opening(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = with_deadline("a g*:a", "g", CAIRN_HOUR);
	ct_play play = ct_play_run(conn, &dag);
	ct_int(ct_run_step(conn, play.run, "g")->deadline_at, 0);
	ct_advance(CAIRN_DAY);
	reaps(conn, 0, 0);
	ct_play_ends(&play, "a+");
	ct_int(ct_run_step(conn, play.run, "g")->deadline_at, ct_now() + CAIRN_HOUR);
	ct_advance(CAIRN_HOUR - 1);
	reaps(conn, 0, 0);
	ct_advance(1);
	reaps(conn, 0, 1);
	ct_int(ct_run(conn, play.run)->status, CAIRN_RUN_COMPLETED_WITH_ERRORS);
}

static void without_one_for_ever(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "g*");
	ct_int(ct_run_step(conn, run, "g")->deadline_at, 0);
	ct_advance(3650 * CAIRN_DAY);
	reaps(conn, 0, 0);
	ct_stands(conn, run, "WAITING_FOR_EXTERNAL g=WAITING_FOR_EXTERNAL");
}

static void what_has_ended_is_left_alone(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = with_deadline("g* b", "g", CAIRN_HOUR);
	cairn_id done = (ct_define(conn, "t"), ct_add_run(conn, &dag));
	cairn_id canceled = ct_add_run(conn, &dag);
	dag = with_deadline("a g*:a!", "g", CAIRN_HOUR);
	cairn_id never = ct_add_run(conn, &dag);
	ct_give(conn, done, "g", "1");
	ct_cancel_run(conn, canceled);
	ct_end(conn, never, "a", CAIRN_STEP_FAILED);
	const char *before[] = { ct_run_snapshot(conn, done), ct_run_snapshot(conn, canceled),
				 ct_run_snapshot(conn, never) };
	ct_advance(CAIRN_DAY);
	reaps(conn, 0, 0);
	ct_run_unchanged(conn, done, before[0]);
	ct_run_unchanged(conn, canceled, before[1]);
	ct_run_unchanged(conn, never, before[2]);
}

static void longest_overdue_first(void)
{
	cairn_conn *conn = ct_open();
	static const int hours[] = { 3, 1, 4, 2 };
	cairn_id runs[4];
	ct_define(conn, "t");
	for (size_t i = 0; i < 4; i++) {
		cairn_run_new dag = with_deadline("g* a:g", "g", hours[i] * CAIRN_HOUR);
		runs[i] = ct_add_run(conn, &dag);
	}
	ct_advance(3 * CAIRN_HOUR);
	reaps(conn, 1, 1);
	ct_int(ct_run_step(conn, runs[1], "g")->status, CAIRN_STEP_FAILED);
	ct_int(ct_run_step(conn, runs[3], "g")->status, CAIRN_STEP_WAITING_FOR_EXTERNAL);
	reaps(conn, 1, 1);
	ct_int(ct_run_step(conn, runs[3], "g")->status, CAIRN_STEP_FAILED);
	reaps(conn, 1000, 1);
	ct_int(ct_run_step(conn, runs[0], "g")->status, CAIRN_STEP_FAILED);
	ct_int(ct_run_step(conn, runs[2], "g")->status, CAIRN_STEP_WAITING_FOR_EXTERNAL);
}

static void many_in_one_pass(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("g* h* i* a:g,h b:h!,i! j*:g");
	static const char *const keys[] = { "g", "h", "j" };
	for (size_t i = 0; i < 3; i++)
		ct_dag_step(&dag, keys[i])->deadline = CAIRN_HOUR;
	ct_play one = ct_play_run(conn, &dag);
	ct_play two = ct_play_run(conn, &dag);
	ct_advance(CAIRN_HOUR);
	reaps(conn, 0, 4);
	for (size_t i = 0; i < 2; i++) {
		ct_play *play = i == 0 ? &one : &two;
		ct_model_name(play->model, "g", CAIRN_STEP_FAILED);
		ct_model_name(play->model, "h", CAIRN_STEP_FAILED);
		ct_model_settle(play->model);
		ct_model_agrees(conn, play->run, play->model);
	}
	/* the one that opened only now has its own hour */
	reaps(conn, 0, 0);
	ct_advance(CAIRN_HOUR);
	reaps(conn, 0, 2);
}

static void hundred_by_default(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = with_deadline("g*", "g", CAIRN_HOUR);
	ct_define(conn, "t");
	for (size_t i = 0; i < 103; i++)
		ct_add_run(conn, &dag);
	ct_advance(CAIRN_HOUR);
	reaps(conn, 0, 100);
	ct_ok(cairn_run_reap(conn, 0, NULL, ct_err()));
	reaps(conn, 0, 0);
	ct_status(cairn_run_reap(conn, 1001, NULL, ct_err()), CAIRN_INVALID, NULL);
}

static void appended_gates_have_theirs(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "g*");
	cairn_append append = ct_append(run, "k", "g", "h* i*:g");
	ct_steps steps = { .n = append.n };
	memcpy(&steps.at, &append.steps, sizeof(steps.at));
	ct_graph_step(steps, "h")->deadline = CAIRN_HOUR;
	ct_graph_step(steps, "i")->deadline = CAIRN_HOUR;
	ct_advance(CAIRN_MINUTE);
	ct_send_append(conn, &append, CAIRN_INSERTED);
	ct_int(ct_run_step(conn, run, "h")->deadline_at, ct_now() + CAIRN_HOUR);
	ct_int(ct_run_step(conn, run, "i")->deadline_at, 0);
	ct_advance(CAIRN_HOUR);
	reaps(conn, 0, 1);
	ct_stands(conn, run, "RUNNING g=WAITING_FOR_EXTERNAL h=FAILED i=BLOCKED");
}

/* The wait for somebody outside is nobody's job: claims and reapers of jobs do not see it. */
static void not_the_job_reapers(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = with_deadline("g* a", "g", CAIRN_MINUTE);
	ct_define_retry(conn, "t", 3, 0);
	cairn_id run = ct_add_run(conn, &dag);
	ct_claim_step(conn, run, "a");
	ct_advance(CAIRN_HOUR);
	ct_reap(conn, 1);
	ct_stands(conn, run, "RUNNING g=WAITING_FOR_EXTERNAL a=ENQUEUED");
	reaps(conn, 0, 1);
	ct_stands(conn, run, "RUNNING g=FAILED a=ENQUEUED");
}

#define DEADLINE .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.deadline.a_gate_fails_at_its_deadline",
	  DEADLINE,
	  .rule = "A gate that is still open at its deadline, not a microsecond before, FAILED as "
		  "workflow.gate_deadline, with all that follows.",
	  .run = over_at_its_deadline },
	{ .name = "runs.deadline.it_counts_from_the_opening",
	  DEADLINE,
	  .rule = "A gate's deadline counts from when it opened, not from the run's begin.",
	  .run = counts_from_the_opening },
	{ .name = "runs.deadline.without_one_a_gate_stands_for_ever",
	  DEADLINE,
	  .rule = "A gate without deadline is never ended by time.",
	  .run = without_one_for_ever },
	{ .name = "runs.deadline.what_has_ended_is_left_alone",
	  DEADLINE,
	  .rule = "A gate that was completed, canceled with its run or never opened is not touched "
		  "when "
		  "its time would be over.",
	  .run = what_has_ended_is_left_alone },
	{ .name = "runs.deadline.the_longest_overdue_goes_first",
	  DEADLINE,
	  .rule = "A pass ends as many gates as it may, those first whose deadline is longest "
		  "over.",
	  .run = longest_overdue_first },
	{ .name = "runs.deadline.many_end_in_one_pass",
	  DEADLINE,
	  .rule = "Gates of one run and of several end in one pass; those that open by it are not "
		  "over "
		  "with them.",
	  .run = many_in_one_pass },
	{ .name = "runs.deadline.a_pass_ends_a_hundred_by_default",
	  DEADLINE,
	  .rule = "Without a limit a pass ends a hundred gates; more than a thousand can't be "
		  "asked "
		  "for.",
	  .run = hundred_by_default },
	{ .name = "runs.deadline.appended_gates_have_their_own",
	  DEADLINE,
	  .rule = "A gate that is appended has its deadline from when it opens.",
	  .run = appended_gates_have_theirs },
	{ .name = "runs.deadline.leases_and_deadlines_are_two_things",
	  DEADLINE,
	  .rule = "Taking back leases ends no gates, and ending gates takes back no leases.",
	  .run = not_the_job_reapers },
};

CT_GROUP(run_deadline, cases);
