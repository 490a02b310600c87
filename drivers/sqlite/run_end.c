/*
 * run_end.c - the end of steps and what follows from it (sys/workflow.h, "THE END OF A STEP"): counters of
 * those that waited, their release or their own end, the run. A call notes which steps it ends and settles
 * them run by run when it is done with everything else. What a step costs does not depend on how many there are.
 */
#include <stdlib.h>
#include <string.h>

#include "lite.h"

/* ---- lists ------------------------------------------------------------------- */

void *cairn_lite__list_add(struct lite *lite, struct lite_list *list, size_t size)
{
	if (list->n == list->room) {
		size_t room = list->room != 0 ? 2 * list->room : 64;
		void *larger =
			cairn_host_alloc(lite->host, list->at, list->room * size, room * size);
		if (larger == NULL)
			return NULL;
		list->at = larger;
		list->room = room;
	}
	return (char *)list->at + list->n++ * size;
}

void cairn_lite__list_free(struct lite *lite, struct lite_list *list, size_t size)
{
	if (list->at != NULL)
		cairn_host_alloc(lite->host, list->at, list->room * size, 0);
	*list = (struct lite_list){ .at = NULL };
}

/* One that has ended, or has to. */
struct one {
	cairn_id id;
	enum cairn_step_status status;
};

/* One that waits for another; of each of its edges a copy, until they are counted. */
struct dependent {
	int64_t row;
	cairn_id id;
	enum cairn_step_kind kind;
	int32_t pending;
	int32_t unsatisfied;
	cairn_usec deadline;
	bool queued; /* its job's first stage */
	bool bad;    /* the edge is unsatisfied */
};

void cairn_lite__lists_free(struct lite *lite)
{
	cairn_lite__list_free(lite, &lite->endings, sizeof(struct lite_ending));
	cairn_lite__list_free(lite, &lite->ended, sizeof(struct one));
	cairn_lite__list_free(lite, &lite->found, sizeof(struct dependent));
	cairn_lite__list_free(lite, &lite->wakes, sizeof(cairn_id));
	cairn_lite__list_free(lite, &lite->sums, sizeof(struct lite_sum));
	cairn_lite__list_free(lite, &lite->places, sizeof(size_t));
	cairn_lite__run_jobs_free(lite);
}

static cairn_status add_one(struct lite *lite, const cairn_id *id, enum cairn_step_status status,
			    cairn_error *err)
{
	struct one *next = cairn_lite__list_add(lite, &lite->ended, sizeof *next);
	if (next == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	*next = (struct one){ .id = *id, .status = status };
	return CAIRN_OK;
}

/* ---- noting --------------------------------------------------------------------- */

cairn_status cairn_lite__run_note(struct lite_write *write, const struct lite_ending *ending,
				  cairn_error *err)
{
	struct lite *lite = write->lite;
	struct lite_ending *next = cairn_lite__list_add(lite, &lite->endings, sizeof *next);
	if (next == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	*next = *ending;
	return CAIRN_OK;
}

cairn_status cairn_lite__run_ended(struct lite_write *write, const cairn_job *job,
				   enum cairn_job_status status, const cairn_change *success,
				   cairn_error *err)
{
	if (cairn_id_is_none(job->run))
		return CAIRN_OK;
	struct lite_ending ending = { .run = job->run, .step = job->id, .success = success };
	ending.to = cairn_host_run_rules(write->lite->host)->of_job[status];
	return ending.to != 0 ? cairn_lite__run_note(write, &ending, err) : CAIRN_OK;
}

/* ---- one step ---------------------------------------------------------------------- */

/* A run on its way, as it is read first and written last. */
struct settle {
	struct lite_write *write;
	const cairn_run_rules *rules;
	cairn_id run;
	enum cairn_run_status status;
	enum cairn_on_failure on_failure;
	bool active_key;
	int64_t events;
	cairn_run_counts counts;
};

bool cairn_lite__run_over(enum cairn_run_status status)
{
	return status != CAIRN_RUN_RUNNING && status != CAIRN_RUN_WAITING_FOR_EXTERNAL;
}

static void read_counts(struct lite_run *run, cairn_run_counts *counts)
{
	counts->blocked = cairn_lite__int32(run);
	counts->waiting = cairn_lite__int32(run);
	counts->enqueued = cairn_lite__int32(run);
	counts->succeeded = cairn_lite__int32(run);
	counts->failed = cairn_lite__int32(run);
	counts->canceled = cairn_lite__int32(run);
}

/* *over: it is, or there is none. */
static cairn_status begin(struct settle *settle, struct lite_write *write, const cairn_id *id,
			  bool *over, cairn_error *err)
{
	struct lite_run run;
	bool found;
	*over = true;
	*settle = (struct settle){ .write = write, .run = *id };
	settle->rules = cairn_host_run_rules(write->lite->host);
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RUN_STATE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, id);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	settle->status = cairn_run_status_parse(cairn_lite__view(&run));
	settle->on_failure = cairn_on_failure_parse(cairn_lite__view(&run));
	settle->active_key = cairn_lite__int(&run) != 0;
	settle->events = cairn_lite__int(&run);
	read_counts(&run, &settle->counts);
	cairn_lite__stop(&run);
	*over = cairn_lite__run_over(settle->status);
	return CAIRN_OK;
}

/* The seq that its event would get; 0: it is not told. */
static int64_t next_seq(const struct settle *settle, enum cairn_step_status status)
{
	return settle->rules->told_steps & 1u << status ? settle->events + 1 : 0;
}

static void count(struct settle *settle, enum cairn_step_status from, enum cairn_step_status to)
{
	--*cairn_run_counter(&settle->counts, from);
	++*cairn_run_counter(&settle->counts, to);
	if (settle->rules->told_steps & 1u << to)
		settle->events++;
}

/* Runs the end of a step: what is not what it was thought to be is left alone, and *done stays false. */
static cairn_status finish_end(struct settle *settle, struct lite_run *run,
			       enum cairn_step_status from, enum cairn_step_status to, bool *done,
			       cairn_error *err)
{
	cairn_status status = cairn_lite__finish(run, err);
	*done = status == CAIRN_OK && sqlite3_changes(settle->write->lite->db) == 1;
	if (*done)
		count(settle, from, to);
	return status;
}

/* What the end of a step says. */
struct words {
	cairn_str reason;
	cairn_str error_code;
	cairn_str error_message;
	cairn_str output;
};

static cairn_status end_step(struct settle *settle, const struct one *was,
			     enum cairn_step_status to, const struct words *words, bool *done,
			     cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, settle->write->lite, LITE_STEP_END, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &was->id);
	cairn_lite__bind_word(&run, cairn_step_status_text(was->status));
	cairn_lite__bind_word(&run, cairn_step_status_text(to));
	cairn_lite__bind_int(&run, settle->write->now);
	cairn_lite__bind_time(&run, next_seq(settle, to));
	cairn_lite__bind_text(&run, words->reason);
	cairn_lite__bind_text(&run, words->error_code);
	cairn_lite__bind_text(&run, words->error_message);
	cairn_lite__bind_text(&run,
			      to == CAIRN_STEP_SUCCEEDED ? words->output : (cairn_str){ NULL, 0 });
	return finish_end(settle, &run, was->status, to, done, err);
}

static cairn_status end_job(struct settle *settle, const struct lite_ending *ending, bool *done,
			    cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, settle->write->lite, LITE_STEP_END_JOB, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &ending->step);
	cairn_lite__bind_word(&run, cairn_step_status_text(ending->to));
	cairn_lite__bind_int(&run, settle->write->now);
	cairn_lite__bind_time(&run, next_seq(settle, ending->to));
	cairn_lite__bind_int(&run, ending->to == CAIRN_STEP_SUCCEEDED);
	return finish_end(settle, &run, CAIRN_STEP_ENQUEUED, ending->to, done, err);
}

static cairn_status end_noted(struct settle *settle, const struct lite_ending *ending,
			      cairn_error *err)
{
	const cairn_step_end *gate = ending->gate;
	bool done;
	cairn_status status;
	if (gate != NULL) {
		const struct words words = { gate->reason, gate->error_code, gate->error_message,
					     gate->output };
		const struct one was = { ending->step, CAIRN_STEP_WAITING_FOR_EXTERNAL };
		status = end_step(settle, &was, ending->to, &words, &done, err);
	} else if (ending->success != NULL) {
		const struct words words = { .output = ending->success->output };
		const struct one was = { ending->step, CAIRN_STEP_ENQUEUED };
		status = end_step(settle, &was, ending->to, &words, &done, err);
	} else {
		status = end_job(settle, ending, &done, err);
	}
	if (status != CAIRN_OK || !done)
		return status;
	return add_one(settle->write->lite, &ending->step, ending->to, err);
}

/* ---- those that waited for it --------------------------------------------------------- */

/* Behind those that were found. */
static cairn_status find_dependents(struct settle *settle, const struct one *ended,
				    cairn_error *err)
{
	struct lite *lite = settle->write->lite;
	struct lite_run run;
	bool more = false;
	cairn_status status = cairn_lite__start(&run, lite, LITE_STEP_DEPENDENTS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &ended->id);
	status = cairn_lite__row(&run, &more, err);
	while (status == CAIRN_OK && more) {
		struct dependent *next = cairn_lite__list_add(lite, &lite->found, sizeof *next);
		if (next == NULL) {
			cairn_lite__stop(&run);
			return cairn_fail(err, CAIRN_E_NOMEM);
		}
		next->row = cairn_lite__int(&run);
		next->id = cairn_lite__id(&run);
		enum cairn_release_mode mode = cairn_release_mode_parse(cairn_lite__view(&run));
		next->bad = settle->rules->unsatisfied[mode][ended->status] != 0;
		next->kind = cairn_step_kind_parse(cairn_lite__view(&run));
		next->pending = cairn_lite__int32(&run);
		next->unsatisfied = cairn_lite__int32(&run);
		next->deadline = cairn_lite__int(&run);
		next->queued = cairn_lite__int(&run) != 0;
		status = cairn_lite__row(&run, &more, err);
	}
	return status;
}

static cairn_status put_counters(struct lite *lite, const struct dependent *one, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_STEP_COUNT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, one->row);
	cairn_lite__bind_int(&run, one->pending);
	cairn_lite__bind_int(&run, one->unsatisfied);
	return cairn_lite__finish(&run, err);
}

static cairn_status release(struct settle *settle, const struct dependent *one,
			    enum cairn_step_status to, cairn_error *err)
{
	struct lite_write *write = settle->write;
	struct lite_run run;
	bool timed = to == CAIRN_STEP_WAITING_FOR_EXTERNAL && one->deadline != 0;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_STEP_RELEASE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, one->row);
	cairn_lite__bind_int(&run, one->pending);
	cairn_lite__bind_int(&run, one->unsatisfied);
	cairn_lite__bind_word(&run, cairn_step_status_text(to));
	cairn_lite__bind_time(&run, next_seq(settle, to));
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_time(&run, timed ? write->now + one->deadline : 0);
	status = cairn_lite__finish(&run, err);
	count(settle, CAIRN_STEP_BLOCKED, to);
	if (status == CAIRN_OK && to == CAIRN_STEP_ENQUEUED)
		status = cairn_lite__run_job(write, &one->id, one->queued, err);
	return status;
}

/* Of all that were released; a job's event is told where its step's is. */
static cairn_status put_jobs(struct lite_write *write, cairn_error *err)
{
	const cairn_run_rules *rules = cairn_host_run_rules(write->lite->host);
	bool record = (rules->told_steps & 1u << CAIRN_STEP_ENQUEUED) != 0;
	return cairn_lite__run_jobs(write, record, err);
}

static cairn_status resolve(struct settle *settle, const struct dependent *one, cairn_error *err)
{
	struct lite *lite = settle->write->lite;
	const struct words words = { .reason = settle->rules->unsatisfied_code,
				     .error_code = settle->rules->unsatisfied_code,
				     .error_message = settle->rules->unsatisfied_message };
	const struct one was = { one->id, CAIRN_STEP_BLOCKED };
	enum cairn_step_status to =
		cairn_step_resolved(settle->rules, one->kind, one->pending, one->unsatisfied);
	bool done = false;
	if (to == CAIRN_STEP_ENQUEUED || to == CAIRN_STEP_WAITING_FOR_EXTERNAL)
		return release(settle, one, to, err);
	cairn_status status = put_counters(lite, one, err);
	if (status == CAIRN_OK)
		status = end_step(settle, &was, to, &words, &done, err);
	return done ? add_one(lite, &one->id, to, err) : status;
}

static int by_id(const void *a, const void *b)
{
	const struct dependent *x = a;
	const struct dependent *y = b;
	return cairn_id_compare(x->id, y->id);
}

/* Counts the edges of each dependent, and writes it once; one that waits for nothing any more is ready. */
static cairn_status count_edges(struct settle *settle, cairn_error *err)
{
	struct lite_list *found = &settle->write->lite->found;
	cairn_status status = CAIRN_OK;
	if (found->n > 1)
		qsort(found->at, found->n, sizeof(struct dependent), by_id);
	for (size_t i = 0; i < found->n && status == CAIRN_OK;) {
		const struct dependent *edge = (const struct dependent *)found->at + i;
		struct dependent one = *edge;
		for (; i < found->n && edge->row == one.row; i++, edge++) {
			one.pending--;
			one.unsatisfied += edge->bad;
		}
		status = one.pending > 0 ? put_counters(settle->write->lite, &one, err)
					 : resolve(settle, &one, err);
	}
	return status;
}

/* As far as it goes: those that end here are the next ones whose edges count. */
static cairn_status follow(struct settle *settle, cairn_error *err)
{
	struct lite *lite = settle->write->lite;
	cairn_status status = CAIRN_OK;
	while (lite->ended.n > 0 && status == CAIRN_OK) {
		lite->found.n = 0;
		for (size_t i = 0; i < lite->ended.n && status == CAIRN_OK; i++)
			status = find_dependents(settle, (const struct one *)lite->ended.at + i,
						 err);
		lite->ended.n = 0;
		if (status == CAIRN_OK)
			status = count_edges(settle, err);
	}
	return status;
}

/* ---- sweeping ------------------------------------------------------------------------ */

static cairn_status sweep_job(struct settle *settle, const cairn_run_sweep *sweep,
			      const cairn_id *id, cairn_error *err)
{
	struct lite_write *write = settle->write;
	struct lite_run run;
	struct lite_row was;
	cairn_change change;
	cairn_job is;
	bool found;
	cairn_run_sweep_job(sweep, *id, &change);
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_JOB_ROW, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, id);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	cairn_lite__row_read(&run, &was);
	was.job.id = *id;
	if (cairn_change_test(&change, &was.job, write->now) == CAIRN_HIT)
		status = cairn_lite__change_apply(write, &change, &was, &is, err);
	cairn_lite__stop(&run);
	return status;
}

/* Those that have not ended, by id. */
static cairn_status find_open(struct settle *settle, cairn_error *err)
{
	struct lite *lite = settle->write->lite;
	struct lite_run run;
	bool more = false;
	lite->ended.n = 0;
	cairn_status status = cairn_lite__start(&run, lite, LITE_STEPS_OPEN, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &settle->run);
	status = cairn_lite__row(&run, &more, err);
	while (status == CAIRN_OK && more) {
		cairn_id id = cairn_lite__id(&run);
		status = add_one(lite, &id, cairn_step_status_parse(cairn_lite__view(&run)), err);
		if (status != CAIRN_OK)
			cairn_lite__stop(&run);
		else
			status = cairn_lite__row(&run, &more, err);
	}
	return status;
}

/* Without looking at edges. */
static cairn_status sweep_steps(struct settle *settle, const cairn_run_sweep *sweep,
				uint32_t *swept, cairn_error *err)
{
	struct lite *lite = settle->write->lite;
	const struct words words = { .reason = sweep->reason,
				     .error_code = sweep->error_code,
				     .error_message = sweep->error_message };
	cairn_status status = put_jobs(settle->write, err);
	if (status == CAIRN_OK)
		status = find_open(settle, err);
	for (size_t i = 0; i < lite->ended.n && status == CAIRN_OK; i++) {
		const struct one *was = (const struct one *)lite->ended.at + i;
		bool done = false;
		if (was->status == CAIRN_STEP_ENQUEUED)
			status = sweep_job(settle, sweep, &was->id, err);
		if (status == CAIRN_OK)
			status = end_step(settle, was, CAIRN_STEP_CANCELED, &words, &done, err);
		*swept += done;
	}
	lite->ended.n = 0;
	return status;
}

/* ---- the run ------------------------------------------------------------------------- */

static cairn_status quiet_at(struct settle *settle, cairn_time *until, cairn_error *err)
{
	struct lite_run run;
	bool more;
	*until = 0;
	if (settle->counts.canceled == 0)
		return CAIRN_OK;
	cairn_status status = cairn_lite__start(&run, settle->write->lite, LITE_RUN_QUIET, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &settle->run);
	cairn_lite__bind_int(&run, settle->write->now);
	status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK || !more)
		return status;
	*until = cairn_lite__int(&run);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* The active key of a run that is over goes, or is kept for the leases of its canceled jobs. */
static cairn_status let_go(struct settle *settle, cairn_error *err)
{
	struct lite_run run;
	cairn_time until;
	cairn_status status = quiet_at(settle, &until, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, settle->write->lite,
					   until != 0 ? LITE_RUN_ACTIVE_KEEP : LITE_RUN_ACTIVE_DROP,
					   err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &settle->run);
	if (until != 0)
		cairn_lite__bind_int(&run, until);
	return cairn_lite__finish(&run, err);
}

static cairn_status move_run(struct settle *settle, enum cairn_run_status is, cairn_error *err)
{
	struct lite_run run;
	const cairn_run_counts *counts = &settle->counts;
	cairn_status status = cairn_lite__start(&run, settle->write->lite, LITE_RUN_MOVE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &settle->run);
	cairn_lite__bind_word(&run, cairn_run_status_text(is));
	cairn_lite__bind_int(&run, counts->blocked);
	cairn_lite__bind_int(&run, counts->waiting);
	cairn_lite__bind_int(&run, counts->enqueued);
	cairn_lite__bind_int(&run, counts->succeeded);
	cairn_lite__bind_int(&run, counts->failed);
	cairn_lite__bind_int(&run, counts->canceled);
	cairn_lite__bind_int(&run, settle->events);
	cairn_lite__bind_int(&run, settle->write->now);
	cairn_lite__bind_time(&run, cairn_lite__run_over(is) ? settle->write->now : 0);
	return cairn_lite__finish(&run, err);
}

static cairn_status put_run(struct settle *settle, enum cairn_run_status is,
			    const struct words *words, cairn_error *err)
{
	cairn_run_event event = { .kind = CAIRN_RUN_EVENT_RUN,
				  .run_status = is,
				  .reason = words->reason,
				  .error_code = words->error_code,
				  .error_message = words->error_message };
	bool changed = settle->status != is;
	if (changed && (settle->rules->told_runs & 1u << is))
		event.seq = ++settle->events;
	cairn_status status = move_run(settle, is, err);
	if (status == CAIRN_OK)
		status = cairn_lite__run_event(settle->write, &settle->run, &event, err);
	if (status == CAIRN_OK && changed && settle->active_key && cairn_lite__run_over(is))
		status = let_go(settle, err);
	return status;
}

static bool fails_fast(const struct settle *settle)
{
	return settle->on_failure == CAIRN_ON_FAILURE_FAIL_FAST && settle->counts.failed > 0 &&
	       !cairn_lite__run_over(cairn_run_counted(settle->rules, &settle->counts));
}

/* The endings of one run, by step. */
static cairn_status settle_run(struct lite_write *write, const struct lite_ending *endings,
			       size_t n, cairn_error *err)
{
	const struct words none = { .reason = { NULL, 0 } };
	const cairn_run_sweep sweep = cairn_run_fail_fast(write->lite->host);
	struct settle settle;
	uint32_t swept = 0;
	bool over;
	cairn_status status = begin(&settle, write, &endings[0].run, &over, err);
	if (status != CAIRN_OK || over)
		return status;
	write->lite->ended.n = 0;
	for (size_t i = 0; i < n && status == CAIRN_OK; i++)
		status = end_noted(&settle, &endings[i], err);
	if (status == CAIRN_OK)
		status = follow(&settle, err);
	if (status == CAIRN_OK && fails_fast(&settle))
		status = sweep_steps(&settle, &sweep, &swept, err);
	if (status != CAIRN_OK)
		return status;
	return put_run(&settle, cairn_run_counted(settle.rules, &settle.counts), &none, err);
}

static int by_run(const void *a, const void *b)
{
	const struct lite_ending *x = a;
	const struct lite_ending *y = b;
	int order = cairn_id_compare(x->run, y->run);
	return order != 0 ? order : cairn_id_compare(x->step, y->step);
}

cairn_status cairn_lite__run_settle(struct lite_write *write, cairn_error *err)
{
	struct lite_list *list = &write->lite->endings;
	struct lite_ending *endings = list->at;
	cairn_status status = CAIRN_OK;
	size_t first = 0;
	if (list->n > 1)
		qsort(endings, list->n, sizeof *endings, by_run);
	for (size_t i = 1; i <= list->n && status == CAIRN_OK; i++) {
		if (i < list->n && cairn_id_compare(endings[i].run, endings[first].run) == 0)
			continue;
		status = settle_run(write, &endings[first], i - first, err);
		first = i;
	}
	list->n = 0;
	return status == CAIRN_OK ? put_jobs(write, err) : status;
}

static cairn_status blame(struct settle *settle, const struct words *words, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, settle->write->lite, LITE_RUN_BLAME, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &settle->run);
	cairn_lite__bind_text(&run, words->reason);
	cairn_lite__bind_text(&run, words->error_code);
	cairn_lite__bind_text(&run, words->error_message);
	return cairn_lite__finish(&run, err);
}

cairn_status cairn_lite__run_stop(struct lite_write *write, const cairn_id *run,
				  const cairn_run_sweep *sweep, uint32_t *steps, cairn_error *err)
{
	const struct words words = { .reason = sweep->reason,
				     .error_code = sweep->error_code,
				     .error_message = sweep->error_message };
	struct settle settle;
	bool over;
	cairn_status status = begin(&settle, write, run, &over, err);
	if (status != CAIRN_OK || over)
		return status;
	status = sweep_steps(&settle, sweep, steps, err);
	if (status == CAIRN_OK)
		status = blame(&settle, &words, err);
	if (status == CAIRN_OK)
		status = put_run(&settle, CAIRN_RUN_CANCELED, &words, err);
	return status;
}
