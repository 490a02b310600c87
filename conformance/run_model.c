/*
 * run_model.c - any graph, ended in any order, beside the kit's own reckoning (ct_graph_model.h): after each end
 * statuses, counters, jobs and timeline are compared.
 */
#include "ct_graph_model.h"

#define GRAPHS	   12
#define MOST_STEPS 9
#define ENDS	   60 /* more than any graph has */

/* ---- graphs --------------------------------------------------------------------- */

/* "s3*:s0!,s2": the step of this number, waiting for some of those before it. */
static const char *any_step(const char *name, size_t number, bool gate)
{
	const char *word = ct_format("%s%u%s", name, (unsigned)number, gate ? "*" : "");
	char before = ':';
	for (size_t i = 0; i < number; i++) {
		if (ct_random(3) > 0)
			continue;
		word = ct_format("%s%c%s%u%s", word, before, name, (unsigned)i,
				 ct_random(2) ? "!" : "");
		before = ',';
	}
	return word;
}

static const char *any_graph(const char *name, size_t most, const char *first)
{
	const char *words = first;
	size_t n = 1 + ct_random((uint32_t)most);
	for (size_t i = 0; i < n; i++)
		words = ct_format("%s%s%s", words, *words ? " " : "",
				  any_step(name, i, ct_random(4) == 0));
	return words;
}

/* ---- ends ------------------------------------------------------------------------ */

static bool is_open(const ct_model_step *step)
{
	return step->status == CAIRN_STEP_ENQUEUED ||
	       step->status == CAIRN_STEP_WAITING_FOR_EXTERNAL;
}

/* Any step that can end now; the number of steps: there is none. */
static size_t any_open(const ct_model *model)
{
	size_t found = model->n;
	uint32_t seen = 0;
	for (size_t i = 0; i < model->n; i++) {
		if (is_open(&model->steps[i]) && ct_random(++seen) == 0)
			found = i;
	}
	return found;
}

static const char *key_of(const ct_model *model, size_t i)
{
	return ct_format("%.*s", (int)model->steps[i].key.len, model->steps[i].key.ptr);
}

static void end_any(ct_play *play)
{
	size_t i = any_open(play->model);
	char signs[] = "+++--~";
	ct_play_ends(play, ct_format("%s%c", key_of(play->model, i), signs[ct_random(6)]));
}

/* All jobs that there are, in one call. */
static void end_all_jobs(ct_play *play)
{
	cairn_finish items[MOST_STEPS + 4];
	cairn_changed each[MOST_STEPS + 4];
	size_t n = 0;
	ct_note("--- all jobs end");
	for (size_t i = 0; i < play->model->n; i++) {
		if (play->model->steps[i].status != CAIRN_STEP_ENQUEUED)
			continue;
		const char *key = key_of(play->model, i);
		cairn_lease lease = ct_claim_step(play->conn, play->run, key);
		bool good = ct_random(2) == 0;
		items[n++] = good ? ct_success(lease)
				  : ct_failure(lease, CAIRN_FINISH_TERMINAL, "broken");
		ct_model_name(play->model, key, good ? CAIRN_STEP_SUCCEEDED : CAIRN_STEP_FAILED);
	}
	ct_ok(cairn_job_finish(play->conn, items, n, each, ct_err()));
	for (size_t i = 0; i < n; i++)
		ct_each(each[i], CAIRN_OK, NULL);
	ct_model_settle(play->model);
	ct_model_agrees(play->conn, play->run, play->model);
}

static bool has_more(const ct_play *play)
{
	return any_open(play->model) < play->model->n;
}

static void play_out(ct_play *play)
{
	for (size_t i = 0; has_more(play); i++) {
		ct_true(i < ENDS);
		ct_advance(CAIRN_SECOND);
		if (ct_random(4) == 0 && ct_model_counts(play->model).enqueued > 0)
			end_all_jobs(play);
		else
			end_any(play);
	}
	/* nothing is left that could still end: the run is over */
	ct_true(ct_run(play->conn, play->run)->finished_at != 0);
}

static void play_graphs(enum cairn_on_failure on_failure)
{
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < GRAPHS; i++) {
		const char *words = any_graph("s", MOST_STEPS, "");
		cairn_run_new run = ct_dag(words);
		run.on_failure = on_failure;
		ct_note("--- %s", words);
		ct_play play = ct_play_run(conn, &run);
		play_out(&play);
	}
}

static void any_graph_goes_on(void)
{
	play_graphs(CAIRN_ON_FAILURE_CONTINUE);
}

static void any_graph_fails_fast(void)
{
	play_graphs(CAIRN_ON_FAILURE_FAIL_FAST);
}

/* ---- what else may happen to a run ------------------------------------------------ */

static void any_append(void)
{
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < GRAPHS; i++) {
		const char *words = any_graph("s", 5, "open*");
		const char *more = any_graph("m", 3, "x:s0! y:s0,open! z:x!,y");
		cairn_run_new run = ct_dag(words);
		ct_note("--- %s, then %s", words, more);
		ct_play play = ct_play_run(conn, &run);
		for (uint32_t ends = ct_random(4); ends > 0 && has_more(&play); ends--)
			end_any(&play);
		size_t open = ct_model_at(play.model, "open");
		if (is_open(&play.model->steps[open]))
			ct_play_append(&play, "more", "open", more);
		play_out(&play);
	}
}

static void any_cancel(void)
{
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < GRAPHS; i++) {
		const char *words = any_graph("s", MOST_STEPS, "");
		cairn_run_new run = ct_dag(words);
		ct_note("--- %s", words);
		ct_play play = ct_play_run(conn, &run);
		for (uint32_t ends = ct_random(4); ends > 0 && has_more(&play); ends--)
			end_any(&play);
		ct_advance(CAIRN_SECOND);
		ct_play_cancel(&play);
	}
}

/* Many runs beside each other do not meet. */
static void runs_do_not_meet(void)
{
	cairn_conn *conn = ct_open();
	ct_play plays[4];
	for (size_t i = 0; i < 4; i++) {
		const char *words = any_graph(ct_format("r%u_", (unsigned)i), 5, "");
		cairn_run_new run = ct_dag(words);
		ct_note("--- %u: %s", (unsigned)i, words);
		plays[i] = ct_play_run(conn, &run);
	}
	for (size_t left = 4; left > 0;) {
		left = 0;
		for (size_t i = 0; i < 4; i++) {
			if (!has_more(&plays[i]))
				continue;
			end_any(&plays[i]);
			left++;
		}
		for (size_t i = 0; i < 4; i++)
			ct_model_agrees(conn, plays[i].run, plays[i].model);
	}
}

#define MODEL .kind = CT_MATRIX, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.model.any_graph_ends_as_reckoned",
	  MODEL,
	  .rule = "Whatever the graph and however its steps end, one by one or many in a call: "
		  "statuses, counters, jobs and events are those that the contract's words give.",
	  .covers = "runledger Z01, Z02, Z03, Z04, Z06",
	  .run = any_graph_goes_on },
	{ .name = "runs.model.any_graph_fails_fast_as_reckoned",
	  MODEL,
	  .rule = "In a run that is FAIL_FAST the first failure ends whatever has not ended, after "
		  "all "
		  "that it would have done otherwise.",
	  .run = any_graph_fails_fast },
	{ .name = "runs.model.any_append_goes_on_as_reckoned",
	  MODEL,
	  .rule = "Steps that are added to any graph, at any time, become what they would have "
		  "become "
		  "had they been there.",
	  .run = any_append },
	{ .name = "runs.model.any_run_is_canceled_as_reckoned",
	  MODEL,
	  .rule = "Canceling ends exactly what has not ended, and the run.",
	  .covers = "runledger T01",
	  .run = any_cancel },
	{ .name = "runs.model.runs_do_not_meet",
	  MODEL,
	  .rule = "What happens in one run is nothing to another one.",
	  .run = runs_do_not_meet },
};

CT_GROUP(run_model, cases);
