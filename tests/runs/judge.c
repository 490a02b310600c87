/*
 * judge.c - whether a run that is over came to what it had to, by rules of its own: edges and the ends of steps
 * are taken as they are, and everything else has to follow from them.
 */
#include <stdlib.h>
#include <string.h>

#include <cairn/sys/host.h>

#include "load.h"

enum { JUDGED_MAX = 200 };

struct trial {
	cairn_conn *conn;
	const cairn_run *run;
	cairn_steps *steps;
	cairn_run_edges_result *edges;
	uint32_t faults;
};

static void fault(struct trial *trial, const char *what, const cairn_step *step)
{
	char id[CAIRN_ID_TEXT];
	cairn_id_format(trial->run->id, id);
	trial->faults++;
	printf("# run %s %s: %s", id, cairn_run_status_text(trial->run->status), what);
	if (step != NULL)
		printf(": step %s %s %s", step->key.ptr, cairn_step_status_text(step->status),
		       step->status_reason.ptr != NULL ? step->status_reason.ptr : "");
	printf("\n");
}

static const cairn_step *find(const struct trial *trial, cairn_id id)
{
	for (size_t i = 0; i < trial->steps->count; i++) {
		if (cairn_id_compare(trial->steps->at[i].id, id) == 0)
			return &trial->steps->at[i];
	}
	return NULL;
}

static int ended(const cairn_step *step)
{
	return step->status == CAIRN_STEP_SUCCEEDED || step->status == CAIRN_STEP_FAILED ||
	       step->status == CAIRN_STEP_CANCELED;
}

static int swept(const cairn_step *step)
{
	return step->status == CAIRN_STEP_CANCELED &&
	       (cairn_str_is(step->status_reason, "swept") ||
		cairn_str_is(step->status_reason, "workflow.fail_fast"));
}

static int unsatisfied(const cairn_step *step)
{
	return step->status == CAIRN_STEP_CANCELED &&
	       cairn_str_is(step->status_reason, "workflow.dependency_unsatisfied");
}

/* What its prerequisites allow. */
static void judge_step(struct trial *trial, const cairn_step *step)
{
	int broken = 0;
	int32_t count = 0;
	cairn_time last = 0;
	for (size_t i = 0; i < trial->edges->count; i++) {
		const cairn_run_edge *edge = &trial->edges->at[i];
		if (cairn_id_compare(edge->dependent, step->id) != 0)
			continue;
		const cairn_step *before = find(trial, edge->prerequisite);
		count++;
		if (before == NULL || !ended(before)) {
			fault(trial, "a prerequisite has not ended", step);
			return;
		}
		broken |= edge->mode == CAIRN_RELEASE_ON_SUCCESS &&
			  before->status != CAIRN_STEP_SUCCEEDED;
		last = before->finished_at > last ? before->finished_at : last;
	}
	if (count != step->prerequisites)
		fault(trial, "edges and their count differ", step);
	if (!ended(step))
		fault(trial, "it has not ended", step);
	if (step->released_at != 0 && broken)
		fault(trial, "it began though a prerequisite did not succeed", step);
	if (step->released_at != 0 && step->released_at < last)
		fault(trial, "it began before a prerequisite had ended", step);
	if (unsatisfied(step) && (!broken || step->released_at != 0))
		fault(trial, "it was canceled for nothing", step);
	if (step->released_at == 0 && !unsatisfied(step) && !swept(step))
		fault(trial, "it ended and never began", step);
	if (!swept(step) && (step->pending != 0 || (step->unsatisfied > 0) != (broken != 0)))
		fault(trial, "its counters are wrong", step);
}

static void judge_run(struct trial *trial)
{
	const cairn_run_counts *has = &trial->run->counts;
	int32_t ends[3] = { 0, 0, 0 };
	int failed = 0;
	for (size_t i = 0; i < trial->steps->count; i++) {
		if (ended(&trial->steps->at[i]))
			ends[trial->steps->at[i].status - CAIRN_STEP_SUCCEEDED]++;
		failed |= trial->steps->at[i].status == CAIRN_STEP_FAILED;
	}
	if (has->blocked + has->waiting + has->enqueued != 0 || has->succeeded != ends[0] ||
	    has->failed != ends[1] || has->canceled != ends[2])
		fault(trial, "its counters are not what its steps are", NULL);
	enum cairn_run_status due = CAIRN_RUN_SUCCEEDED;
	if (ends[1] + ends[2] > 0)
		due = CAIRN_RUN_COMPLETED_WITH_ERRORS;
	if (trial->run->status != due && trial->run->status != CAIRN_RUN_CANCELED)
		fault(trial, "its status does not follow from its steps", NULL);
	if (trial->run->status == CAIRN_RUN_CANCELED &&
	    !cairn_str_is(trial->run->status_reason, "swept"))
		fault(trial, "nobody canceled it", NULL);
	for (size_t i = 0; i < trial->steps->count; i++) {
		const cairn_step *step = &trial->steps->at[i];
		if (cairn_str_is(step->status_reason, "workflow.fail_fast") &&
		    (!failed || trial->run->on_failure != CAIRN_ON_FAILURE_FAIL_FAST))
			fault(trial, "no failure was there to sweep it", step);
	}
}

/* Numbered without a gap, each step released and ended at most once, and the run's status last. */
static void judge_events(struct trial *trial)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_run_events_result *events = NULL;
	cairn_run_event_filter filter = {
		.size = sizeof filter, .scope = cairn_any(), .run = trial->run->id, .limit = 1000
	};
	if (cairn_run_events(trial->conn, &filter, &events, &err) != CAIRN_OK)
		load_die("events", &err);
	for (size_t i = 0; i < events->count; i++) {
		if (events->at[i].seq != (int64_t)i + 1)
			fault(trial, "its events have a gap", NULL);
		for (size_t k = 0; k < i; k++) {
			if (events->at[i].kind == CAIRN_RUN_EVENT_STEP &&
			    events->at[k].kind == CAIRN_RUN_EVENT_STEP &&
			    events->at[i].step_status == events->at[k].step_status &&
			    cairn_id_compare(events->at[i].step, events->at[k].step) == 0)
				fault(trial, "a step got a status twice", NULL);
		}
	}
	if (events->count == 0 || events->at[events->count - 1].kind != CAIRN_RUN_EVENT_RUN ||
	    events->at[events->count - 1].run_status != trial->run->status ||
	    (int64_t)events->count != trial->run->events)
		fault(trial, "its last event is not its end", NULL);
	cairn_free(events);
}

uint32_t load_judge(cairn_conn *conn, const cairn_run *run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	struct trial trial = { .conn = conn, .run = run };
	cairn_step_filter steps = {
		.size = sizeof steps, .scope = cairn_any(), .run = run->id, .limit = 1000
	};
	cairn_edge_filter edges = {
		.size = sizeof edges, .scope = cairn_any(), .run = run->id, .limit = 1000
	};
	if (cairn_run_steps(conn, &steps, &trial.steps, &err) != CAIRN_OK ||
	    cairn_run_edges(conn, &edges, &trial.edges, &err) != CAIRN_OK)
		load_die("a run that is over", &err);
	for (size_t i = 0; i < trial.steps->count; i++)
		judge_step(&trial, &trial.steps->at[i]);
	judge_run(&trial);
	judge_events(&trial);
	cairn_free(trial.steps);
	cairn_free(trial.edges);
	return trial.faults;
}

uint32_t game_judge(cairn_conn *conn, uint64_t *judged)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_runs *runs = NULL;
	uint32_t faults = 0;
	cairn_run_filter filter = { .size = sizeof filter,
				    .scope = cairn_any(),
				    .statuses = 1u << CAIRN_RUN_SUCCEEDED |
						1u << CAIRN_RUN_COMPLETED_WITH_ERRORS |
						1u << CAIRN_RUN_CANCELED,
				    .limit = JUDGED_MAX };
	size_t pruned;
	do {
		if (cairn_run_list(conn, &filter, &runs, &err) != CAIRN_OK)
			load_die("runs that are over", &err);
		for (size_t i = 0; i < runs->count; i++)
			faults += load_judge(conn, &runs->at[i]);
		*judged += runs->count;
		if (runs->count > 0)
			filter.after = runs->at[runs->count - 1].id;
	} while (runs->count == JUDGED_MAX);
	cairn_free(runs);
	cairn_run_prune_filter old = { .size = sizeof old,
				       .scope = cairn_any(),
				       .limit = JUDGED_MAX,
				       .age = 5 * CAIRN_SECOND };
	do {
		if (cairn_run_prune(conn, &old, &pruned, &err) != CAIRN_OK)
			load_die("prune", &err);
	} while (pruned > 0);
	return faults;
}
