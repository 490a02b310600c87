/*
 * run_appendix.c - what becomes of steps that are added to a run: counters from what stands there, and, from
 * prerequisites that ended otherwise than an edge wants, cancels that go on among the new steps. Level by level,
 * as a driver goes on from the end of a step.
 */
#include <stdlib.h>

#include "run_plan.h"
#include "run_step.h"

/* New steps that wait for new steps, by prerequisite. */
struct waiters {
	size_t *first; /* where those of each step begin; n + 1 of them */
	size_t *at;    /* places in graph->ends */
	size_t *of;    /* whose place it is */
};

/* A level of steps that are decided, and the next. */
struct level {
	size_t *now;
	size_t count;
	size_t *next;
	size_t next_count;
};

struct work {
	struct cairn__appendix *appendix;
	const cairn_run_rules *rules;
	struct waiters waiters;
	struct level level;
	size_t *memory;
	size_t size;
};

static int ended(enum cairn_step_status status)
{
	return status >= CAIRN_STEP_SUCCEEDED;
}

/* ---- counters from what stands there ------------------------------------------- */

static void count_prerequisite(const cairn_run_rules *rules, const cairn_step *outside,
			       enum cairn_release_mode mode, cairn_step_insert *step)
{
	if (outside == NULL || !ended(outside->status))
		step->pending++;
	else
		step->unsatisfied += rules->unsatisfied[mode][outside->status];
}

static void plan_rows(struct work *work)
{
	const struct cairn__appendix *all = work->appendix;
	const struct cairn__graph *graph = all->graph;
	for (size_t i = 0; i < graph->n; i++)
		cairn__plan_step(&graph->steps[i], all->looked->tenant, &all->steps[i]);
	for (size_t i = 0; i < graph->n; i++) {
		cairn_step_insert *step = &all->steps[i];
		for (size_t at = graph->first[i]; at < graph->first[i + 1]; at++) {
			const cairn_step *outside = all->outside[at];
			cairn_id prerequisite =
				outside != NULL ? outside->id : all->steps[graph->ends[at]].id;
			all->edges[at] = cairn__plan_edge(&graph->steps[i], at - graph->first[i],
							  prerequisite, step->id);
			count_prerequisite(work->rules, outside, all->edges[at].mode, step);
		}
		step->status = CAIRN_STEP_BLOCKED;
	}
}

/* ---- who waits for whom ----------------------------------------------------------- */

/* fill: zeroes, one for each step. */
static void find_waiters(struct work *work, size_t *fill)
{
	const struct cairn__graph *graph = work->appendix->graph;
	struct waiters *waiters = &work->waiters;
	for (size_t at = 0; at < graph->edges; at++) {
		if (graph->ends[at] != CAIRN__OUTSIDE)
			waiters->first[graph->ends[at] + 1]++;
	}
	for (size_t i = 0; i < graph->n; i++)
		waiters->first[i + 1] += waiters->first[i];
	for (size_t i = 0; i < graph->n; i++) {
		for (size_t at = graph->first[i]; at < graph->first[i + 1]; at++) {
			size_t end = graph->ends[at];
			if (end == CAIRN__OUTSIDE)
				continue;
			size_t place = waiters->first[end] + fill[end]++;
			waiters->at[place] = at;
			waiters->of[place] = i;
		}
	}
}

/* ---- level by level ----------------------------------------------------------------- */

static void decide(struct work *work, size_t i)
{
	cairn_step_insert *step = &work->appendix->steps[i];
	if (step->status != CAIRN_STEP_BLOCKED)
		return;
	step->status =
		cairn_step_resolved(work->rules, step->kind, step->pending, step->unsatisfied);
	if (step->status != CAIRN_STEP_BLOCKED)
		work->level.next[work->level.next_count++] = i;
}

static int by_number(const void *a, const void *b)
{
	const size_t *x = a;
	const size_t *y = b;
	return (*x > *y) - (*x < *y);
}

/* What was decided is the level now, by number. */
static void descend(struct level *level)
{
	size_t *spare = level->now;
	level->now = level->next;
	level->count = level->next_count;
	level->next = spare;
	level->next_count = 0;
	qsort(level->now, level->count, sizeof *level->now, by_number);
}

static void go_on(struct work *work, size_t i)
{
	const struct cairn__appendix *all = work->appendix;
	enum cairn_step_status status = all->steps[i].status;
	for (size_t k = work->waiters.first[i]; k < work->waiters.first[i + 1]; k++) {
		cairn_step_insert *step = &all->steps[work->waiters.of[k]];
		enum cairn_release_mode mode = all->edges[work->waiters.at[k]].mode;
		step->pending--;
		step->unsatisfied += work->rules->unsatisfied[mode][status];
		decide(work, work->waiters.of[k]);
	}
}

static void number_event(struct work *work, size_t i)
{
	cairn_append_plan *plan = work->appendix->plan;
	cairn_step_insert *step = &work->appendix->steps[i];
	if (!(work->rules->told_steps & 1u << (unsigned)step->status))
		return;
	if (ended(step->status))
		step->ended_seq = ++plan->events;
	else
		step->released_seq = ++plan->events;
}

static void resolve(struct work *work)
{
	for (size_t i = 0; i < work->appendix->graph->n; i++)
		decide(work, i);
	for (descend(&work->level); work->level.count > 0; descend(&work->level)) {
		for (size_t i = 0; i < work->level.count; i++)
			number_event(work, work->level.now[i]);
		for (size_t i = 0; i < work->level.count; i++) {
			if (ended(work->appendix->steps[work->level.now[i]].status))
				go_on(work, work->level.now[i]);
		}
	}
}

/* ---- the run -------------------------------------------------------------------------- */

static void plan_run(struct work *work)
{
	const struct cairn__appendix *all = work->appendix;
	cairn_append_plan *plan = all->plan;
	for (size_t i = 0; i < all->graph->n; i++)
		++*cairn_run_counter(&plan->counts, all->steps[i].status);
	plan->status = cairn_run_counted(work->rules, &plan->counts);
	if (plan->status != all->looked->status &&
	    work->rules->told_runs & 1u << (unsigned)plan->status)
		plan->status_seq = ++plan->events;
}

static cairn_status reserve(struct work *work, cairn_error *err)
{
	size_t n = work->appendix->graph->n;
	size_t edges = work->appendix->graph->edges;
	work->size = (n + 1) + 2 * edges + 3 * n;
	work->memory = cairn__scratch(work->appendix->conn, work->size, sizeof(size_t), err);
	if (work->memory == NULL)
		return CAIRN_NOMEM;
	work->waiters.first = work->memory;
	work->waiters.at = work->waiters.first + n + 1;
	work->waiters.of = work->waiters.at + edges;
	work->level.now = work->waiters.of + edges;
	work->level.next = work->level.now + n;
	return CAIRN_OK;
}

cairn_status cairn__appendix_plan(struct cairn__appendix *appendix, cairn_error *err)
{
	struct work work = { .appendix = appendix,
			     .rules = cairn_host_run_rules(&appendix->conn->host) };
	cairn_status st = reserve(&work, err);
	if (st != CAIRN_OK)
		return st;
	cairn_append_plan *plan = appendix->plan;
	plan->counts = appendix->looked->counts;
	plan->events = appendix->looked->events;
	if (appendix->conn->host.events == CAIRN_EVENTS_FULL)
		plan->seq = ++plan->events;
	plan_rows(&work);
	find_waiters(&work, work.level.next + appendix->graph->n);
	resolve(&work);
	plan_run(&work);
	cairn__scratch_free(appendix->conn, work.memory, work.size, sizeof(size_t));
	return CAIRN_OK;
}
