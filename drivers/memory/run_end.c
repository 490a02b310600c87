/*
 * run_end.c - the end of steps and what follows from it (sys/workflow.h, "THE END OF A STEP"): counters of
 * those that waited, their release or their own end, the run. A call notes which steps it ends and settles
 * them run by run when it is done with everything else.
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* ---- lists ------------------------------------------------------------------- */

void *cairn_mem__list_add(struct mem *mem, struct mem_list *list, size_t size)
{
	if (list->n == list->room) {
		size_t room = list->room != 0 ? 2 * list->room : 64;
		void *larger =
			cairn_host_alloc(mem->host, list->at, list->room * size, room * size);
		if (larger == NULL)
			return NULL;
		list->at = larger;
		list->room = room;
	}
	return (char *)list->at + list->n++ * size;
}

void cairn_mem__list_free(struct mem *mem, struct mem_list *list, size_t size)
{
	if (list->at != NULL)
		cairn_host_alloc(mem->host, list->at, list->room * size, 0);
	*list = (struct mem_list){ .at = NULL };
}

void cairn_mem__lists_free(struct mem *mem)
{
	cairn_mem__list_free(mem, &mem->endings, sizeof(struct mem_ending));
	cairn_mem__list_free(mem, &mem->ended, sizeof(cairn_id));
	cairn_mem__list_free(mem, &mem->ready, sizeof(cairn_id));
	cairn_mem__list_free(mem, &mem->wakes, sizeof(cairn_id));
}

static int add_id(struct mem *mem, struct mem_list *list, cairn_id id)
{
	cairn_id *next = cairn_mem__list_add(mem, list, sizeof id);
	if (next == NULL)
		return -1;
	*next = id;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return cairn_id_compare(*(const cairn_id *)a, *(const cairn_id *)b);
}

/* ---- noting --------------------------------------------------------------------- */

int cairn_mem__run_note(struct mem_write *write, const struct mem_ending *ending)
{
	struct mem_ending *next =
		cairn_mem__list_add(write->mem, &write->mem->endings, sizeof *next);
	if (next == NULL)
		return -1;
	*next = *ending;
	return 0;
}

int cairn_mem__run_ended(struct mem_write *write, const cairn_job *job)
{
	enum cairn_step_status to = cairn_host_run_rules(write->mem->host)->of_job[job->status];
	if (cairn_id_is_none(job->run) || to == 0)
		return 0;
	return cairn_mem__run_note(
		write, &(struct mem_ending){ .run = job->run, .step = job->id, .to = to });
}

/* ---- one step ---------------------------------------------------------------------- */

/* A run on its way; its texts are those of the stored row, which stands until the end. */
struct settle {
	struct mem_write *write;
	const cairn_run_rules *rules;
	struct mem_run run;
};

/* What the end of a step says. */
struct words {
	cairn_str reason;
	cairn_str error_code;
	cairn_str error_message;
	cairn_str output;
};

static int64_t next_seq(struct settle *settle, enum cairn_step_status status)
{
	return settle->rules->told_steps & 1u << status ? ++settle->run.run.events : 0;
}

static void recount(struct settle *settle, enum cairn_step_status from, enum cairn_step_status to)
{
	--*cairn_run_counter(&settle->run.run.counts, from);
	++*cairn_run_counter(&settle->run.run.counts, to);
}

/* was is open, or waits with counters that have just changed. */
static int end_step(struct settle *settle, const struct mem_step *was, enum cairn_step_status to,
		    const struct words *words)
{
	struct mem_step is = *was;
	recount(settle, was->step.status, to);
	is.ended_seq = next_seq(settle, to);
	is.step.status = to;
	is.step.finished_at = settle->write->now;
	is.step.deadline_at = 0;
	is.step.status_reason = words->reason;
	is.step.error_code = words->error_code;
	is.step.error_message = words->error_message;
	if (to == CAIRN_STEP_SUCCEEDED)
		is.step.output = words->output;
	return cairn_mem__put(settle->write->state, MEM_STEPS, &is);
}

static struct words words_of_job(const struct settle *settle, cairn_id id)
{
	const cairn_job *job = cairn_mem__job(settle->write->state, id);
	if (job == NULL)
		return (struct words){ .output = { NULL, 0 } };
	return (struct words){ .reason = job->status_reason,
			       .error_code = job->error_code,
			       .error_message = job->error_message,
			       .output = job->output };
}

/* One that was noted; one that has ended before is left alone. */
static int end_noted(struct settle *settle, const struct mem_ending *ending)
{
	struct mem *mem = settle->write->mem;
	const struct mem_step *was =
		cairn_mem__step(settle->write->state, ending->run, ending->step);
	if (was == NULL || !cairn_mem__step_open(was->step.status))
		return 0;
	struct words words;
	if (ending->gate != NULL)
		words = (struct words){ .reason = ending->gate->reason,
					.error_code = ending->gate->error_code,
					.error_message = ending->gate->error_message,
					.output = ending->gate->output };
	else
		words = words_of_job(settle, ending->step);
	if (end_step(settle, was, ending->to, &words) != 0)
		return -1;
	return add_id(mem, &mem->ended, ending->step);
}

/* ---- those that waited for it --------------------------------------------------------- */

/* Counts an edge; a dependent that waits for nothing any more is ready. */
static int follow_edge(struct settle *settle, const struct mem_edge *edge,
		       enum cairn_step_status ended)
{
	struct mem *mem = settle->write->mem;
	const struct mem_step *was =
		cairn_mem__step(settle->write->state, settle->run.run.id, edge->dependent);
	if (was == NULL || was->step.status != CAIRN_STEP_BLOCKED)
		return 0;
	struct mem_step is = *was;
	is.step.pending--;
	is.step.unsatisfied += settle->rules->unsatisfied[edge->mode][ended];
	if (is.step.pending == 0 && add_id(mem, &mem->ready, is.step.id) != 0)
		return -1;
	return cairn_mem__put(settle->write->state, MEM_STEPS, &is);
}

static int follow_edges(struct settle *settle, cairn_id id)
{
	const struct mem_state *state = settle->write->state;
	struct mem_edge from = { .prerequisite = id };
	enum cairn_step_status ended = cairn_mem__step(state, settle->run.run.id, id)->step.status;
	for (size_t i = cairn_mem__seek(state, MEM_EDGES, &from);
	     i < cairn_mem__count(state, MEM_EDGES); i++) {
		const struct mem_edge *edge = cairn_mem__at(state, MEM_EDGES, i);
		if (cairn_id_compare(edge->prerequisite, id) != 0)
			break;
		if (follow_edge(settle, edge, ended) != 0)
			return -1;
	}
	return 0;
}

static int release(struct settle *settle, const struct mem_step *was, enum cairn_step_status to)
{
	struct mem_write *write = settle->write;
	struct mem_step is = *was;
	recount(settle, was->step.status, to);
	is.released_seq = next_seq(settle, to);
	is.step.status = to;
	is.step.released_at = write->now;
	if (to == CAIRN_STEP_WAITING_FOR_EXTERNAL && is.step.deadline != 0)
		is.step.deadline_at = write->now + is.step.deadline;
	if (cairn_mem__put(write->state, MEM_STEPS, &is) != 0)
		return -1;
	/* the job's event is told where the step's is */
	bool record = (settle->rules->told_steps & 1u << CAIRN_STEP_ENQUEUED) != 0;
	if (to != CAIRN_STEP_ENQUEUED)
		return 0;
	/* the row as it was is gone, and so are its texts */
	return cairn_mem__run_job(write, cairn_mem__step(write->state, is.step.run, is.step.id),
				  record);
}

static int resolve(struct settle *settle, cairn_id id)
{
	struct mem *mem = settle->write->mem;
	const struct words words = { .reason = settle->rules->unsatisfied_code,
				     .error_code = settle->rules->unsatisfied_code,
				     .error_message = settle->rules->unsatisfied_message };
	const struct mem_step *was = cairn_mem__step(settle->write->state, settle->run.run.id, id);
	const cairn_step *step = &was->step;
	enum cairn_step_status to =
		cairn_step_resolved(settle->rules, step->kind, step->pending, step->unsatisfied);
	if (cairn_mem__step_open(to))
		return release(settle, was, to);
	if (end_step(settle, was, to, &words) != 0)
		return -1;
	return add_id(mem, &mem->ended, id);
}

/* As far as it goes: those that end here are the next ones whose edges count. */
static int follow(struct settle *settle)
{
	struct mem *mem = settle->write->mem;
	while (mem->ended.n > 0) {
		const cairn_id *ended = mem->ended.at;
		mem->ready.n = 0;
		for (size_t i = 0; i < mem->ended.n; i++) {
			if (follow_edges(settle, ended[i]) != 0)
				return -1;
		}
		mem->ended.n = 0;
		if (mem->ready.n > 0)
			qsort(mem->ready.at, mem->ready.n, sizeof(cairn_id), by_id);
		for (size_t i = 0; i < mem->ready.n; i++) {
			if (resolve(settle, ((const cairn_id *)mem->ready.at)[i]) != 0)
				return -1;
		}
	}
	return 0;
}

/* ---- all of a run --------------------------------------------------------------------- */

static int sweep_job(struct settle *settle, const cairn_run_sweep *sweep, cairn_id id)
{
	struct mem_write *write = settle->write;
	const cairn_job *was = cairn_mem__job(write->state, id);
	cairn_change change;
	cairn_job is;
	cairn_run_sweep_job(sweep, id, &change);
	if (was == NULL || cairn_change_test(&change, was, write->now) != CAIRN_HIT)
		return 0;
	return cairn_mem__change_apply(write, &change, was, &is);
}

/* Every step that has not ended, by id, without looking at edges. */
static int sweep_steps(struct settle *settle, const cairn_run_sweep *sweep, uint32_t *swept)
{
	const struct mem_state *state = settle->write->state;
	const struct words words = { .reason = sweep->reason,
				     .error_code = sweep->error_code,
				     .error_message = sweep->error_message };
	cairn_id run = settle->run.run.id;
	const struct mem_step *was;
	for (size_t i = cairn_mem__step_first(state, run);
	     (was = cairn_mem__step_at(state, run, i)) != NULL; i++) {
		if (!cairn_mem__step_open(was->step.status))
			continue;
		if (was->step.status == CAIRN_STEP_ENQUEUED &&
		    sweep_job(settle, sweep, was->step.id) != 0)
			return -1;
		if (end_step(settle, was, CAIRN_STEP_CANCELED, &words) != 0)
			return -1;
		++*swept;
	}
	return 0;
}

/* The active key of a run that is over goes, or is kept for the leases of its canceled jobs. */
static int let_go(struct settle *settle)
{
	struct mem_write *write = settle->write;
	const cairn_run *run = &settle->run.run;
	struct mem_active key = { .tenant = run->tenant, .key = run->active_key };
	const struct mem_active *was = NULL;
	if (run->active_key.len > 0)
		was = cairn_mem__find(write->state, MEM_ACTIVE, &key);
	if (was == NULL || cairn_id_compare(was->run, run->id) != 0)
		return 0;
	struct mem_active is = *was;
	is.free_at = cairn_mem__run_quiet_at(write, run);
	return is.free_at != 0 ? cairn_mem__put(write->state, MEM_ACTIVE, &is)
			       : cairn_mem__remove(write->state, MEM_ACTIVE, &is);
}

static int put_run(struct settle *settle, enum cairn_run_status status)
{
	struct mem_write *write = settle->write;
	cairn_run *run = &settle->run.run;
	run->updated_at = write->now;
	if (run->status != status) {
		run->status = status;
		int64_t seq = settle->rules->told_runs & 1u << status ? ++run->events : 0;
		if (cairn_mem__run_over(status)) {
			run->finished_at = write->now;
			if (let_go(settle) != 0)
				return -1;
		}
		if (cairn_mem__run_event(write, run, seq) != 0)
			return -1;
	}
	return cairn_mem__put(write->state, MEM_RUNS, &settle->run);
}

static bool fails_fast(const struct settle *settle)
{
	const cairn_run *run = &settle->run.run;
	return run->on_failure == CAIRN_ON_FAILURE_FAIL_FAST && run->counts.failed > 0 &&
	       !cairn_mem__run_over(cairn_run_counted(settle->rules, &run->counts));
}

static struct settle settle_of(struct mem_write *write, const struct mem_run *run)
{
	return (struct settle){ .write = write,
				.rules = cairn_host_run_rules(write->mem->host),
				.run = *run };
}

/* The endings of one run, by step. */
static int settle_run(struct mem_write *write, const struct mem_ending *endings, size_t n)
{
	const struct mem_run *run = cairn_mem__run(write->state, endings[0].run);
	uint32_t swept = 0;
	if (run == NULL || cairn_mem__run_over(run->run.status))
		return 0;
	struct settle settle = settle_of(write, run);
	const cairn_run_sweep sweep = cairn_run_fail_fast(write->mem->host);
	write->mem->ended.n = 0;
	for (size_t i = 0; i < n; i++) {
		if (end_noted(&settle, &endings[i]) != 0)
			return -1;
	}
	if (follow(&settle) != 0)
		return -1;
	if (fails_fast(&settle) && sweep_steps(&settle, &sweep, &swept) != 0)
		return -1;
	return put_run(&settle, cairn_run_counted(settle.rules, &settle.run.run.counts));
}

static int by_run(const void *a, const void *b)
{
	const struct mem_ending *x = a;
	const struct mem_ending *y = b;
	int order = cairn_id_compare(x->run, y->run);
	return order != 0 ? order : cairn_id_compare(x->step, y->step);
}

int cairn_mem__run_settle(struct mem_write *write)
{
	const struct mem_list *list = &write->mem->endings;
	struct mem_ending *endings = list->at;
	size_t first = 0;
	if (list->n > 0)
		qsort(endings, list->n, sizeof *endings, by_run);
	for (size_t i = 1; i <= list->n; i++) {
		if (i < list->n && cairn_id_compare(endings[i].run, endings[first].run) == 0)
			continue;
		if (settle_run(write, &endings[first], i - first) != 0)
			return -1;
		first = i;
	}
	write->mem->endings.n = 0;
	return 0;
}

int cairn_mem__run_stop(struct mem_write *write, const struct mem_run *run,
			const cairn_run_sweep *sweep, uint32_t *steps)
{
	struct settle settle = settle_of(write, run);
	if (sweep_steps(&settle, sweep, steps) != 0)
		return -1;
	settle.run.run.status_reason = sweep->reason;
	settle.run.run.error_code = sweep->error_code;
	settle.run.run.error_message = sweep->error_message;
	return put_run(&settle, CAIRN_RUN_CANCELED);
}
