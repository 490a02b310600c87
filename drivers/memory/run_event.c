/*
 * run_event.c - the timeline of a run: its own events, those of its steps, which are told by their rows, and
 * those of its jobs if they are asked for.
 */
#include <stdlib.h>

#include "mem.h"

/* An event where it stands: exactly one of run, job is set, or neither: then it is the step's. */
struct entry {
	const struct mem_run_event *run;
	const struct mem_event *job;
	const struct mem_step *step;
	bool ended; /* of a step: that it ended, not that it was released */
	cairn_time at;
	int64_t seq;
};

struct entries {
	struct mem *mem;
	const cairn_run_event_query *query;
	struct mem_list list;
};

static cairn_id who(const struct entry *entry)
{
	return entry->job != NULL ? entry->step->step.id : (cairn_id){ { 0 } };
}

static int by_seq(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

static int by_time(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	int order = cairn_id_compare(who(x), who(y));
	return order != 0 ? order : by_seq(a, b);
}

/* Whether it stands behind the last one of the page before. */
static bool behind(const cairn_run_event_query *query, const struct entry *entry)
{
	if (!query->jobs || entry->at != query->after_at)
		return query->jobs ? entry->at > query->after_at : entry->seq > query->after_seq;
	int order = cairn_id_compare(who(entry), query->after_step);
	return order != 0 ? order > 0 : entry->seq > query->after_seq;
}

static int add(struct entries *entries, const struct entry *entry)
{
	if (entry->seq == 0 || !behind(entries->query, entry))
		return 0;
	struct entry *next = cairn_mem__list_add(entries->mem, &entries->list, sizeof *next);
	if (next == NULL)
		return -1;
	*next = *entry;
	return 0;
}

static int add_own(struct entries *entries, const struct mem_state *state)
{
	struct mem_run_event from = { .run = entries->query->run };
	for (size_t i = cairn_mem__seek(state, MEM_RUN_EVENTS, &from);
	     i < cairn_mem__count(state, MEM_RUN_EVENTS); i++) {
		const struct mem_run_event *row = cairn_mem__at(state, MEM_RUN_EVENTS, i);
		if (cairn_id_compare(row->run, from.run) != 0)
			break;
		struct entry entry = { .run = row, .at = row->event.at, .seq = row->event.seq };
		if (add(entries, &entry) != 0)
			return -1;
	}
	return 0;
}

static int add_jobs(struct entries *entries, const struct mem_state *state,
		    const struct mem_step *step)
{
	struct mem_event from = { .job = step->step.id };
	for (size_t i = cairn_mem__seek(state, MEM_EVENTS, &from);
	     i < cairn_mem__count(state, MEM_EVENTS); i++) {
		const struct mem_event *row = cairn_mem__at(state, MEM_EVENTS, i);
		if (cairn_id_compare(row->job, from.job) != 0)
			break;
		struct entry entry = {
			.job = row, .step = step, .at = row->event.at, .seq = row->event.seq
		};
		if (add(entries, &entry) != 0)
			return -1;
	}
	return 0;
}

static int add_steps(struct entries *entries, const struct mem_state *state)
{
	const struct mem_step *step;
	for (size_t i = cairn_mem__step_first(state, entries->query->run);
	     (step = cairn_mem__step_at(state, entries->query->run, i)) != NULL; i++) {
		struct entry released = { .step = step,
					  .at = step->step.released_at,
					  .seq = step->released_seq };
		struct entry ended = { .step = step,
				       .ended = true,
				       .at = step->step.finished_at,
				       .seq = step->ended_seq };
		if (add(entries, &released) != 0 || add(entries, &ended) != 0)
			return -1;
		if (entries->query->jobs && add_jobs(entries, state, step) != 0)
			return -1;
	}
	return 0;
}

/* ---- pushing ---------------------------------------------------------------------- */

static cairn_run_event step_event(const struct entry *entry)
{
	const cairn_step *step = &entry->step->step;
	cairn_run_event event = { .kind = CAIRN_RUN_EVENT_STEP,
				  .step = step->id,
				  .step_key = step->key };
	event.step_status = step->kind == CAIRN_STEP_EXTERNAL ? CAIRN_STEP_WAITING_FOR_EXTERNAL
							      : CAIRN_STEP_ENQUEUED;
	if (!entry->ended)
		return event;
	event.step_status = step->status;
	event.reason = step->status_reason;
	event.error_code = step->error_code;
	event.error_message = step->error_message;
	return event;
}

static cairn_run_event job_event(const struct entry *entry)
{
	const cairn_event_record *job = &entry->job->event;
	return (cairn_run_event){ .kind = CAIRN_RUN_EVENT_JOB,
				  .job_kind = job->kind,
				  .step = entry->step->step.id,
				  .step_key = entry->step->step.key,
				  .reason = job->reason,
				  .error_code = job->error_code,
				  .error_message = job->error_message,
				  .run_number = job->run_number,
				  .attempt = job->attempt };
}

static void keep(cairn_rows *rows, cairn_str *text)
{
	*text = cairn_rows_str(rows, text->ptr, text->len);
}

static int push(const struct entry *entry, cairn_rows *rows)
{
	cairn_run_event_record *row = cairn_rows_push(rows);
	if (row == NULL)
		return -1;
	if (entry->run != NULL)
		row->event = entry->run->event;
	else
		row->event = entry->job != NULL ? job_event(entry) : step_event(entry);
	row->event.seq = entry->seq;
	row->event.at = entry->at;
	keep(rows, &row->event.step_key);
	keep(rows, &row->event.reason);
	keep(rows, &row->event.error_code);
	keep(rows, &row->event.error_message);
	if (entry->job == NULL)
		return cairn_rows_failed(rows) ? -1 : 0;
	row->job = entry->job->event;
	keep(rows, &row->job.stage);
	keep(rows, &row->job.worker);
	keep(rows, &row->job.reason);
	keep(rows, &row->job.error_code);
	keep(rows, &row->job.error_message);
	keep(rows, &row->job.detail);
	keep(rows, &row->job.data);
	return cairn_rows_failed(rows) ? -1 : 0;
}

static int push_events(struct entries *entries, const struct mem_state *state, cairn_rows *rows)
{
	const struct mem_list *list = &entries->list;
	if (add_own(entries, state) != 0 || add_steps(entries, state) != 0)
		return -1;
	const struct entry *at = list->at;
	if (list->n > 0)
		qsort(list->at, list->n, sizeof *at, entries->query->jobs ? by_time : by_seq);
	for (size_t i = 0; i < list->n && i < entries->query->limit; i++) {
		if (push(&at[i], rows) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__run_events(void *self, const cairn_run_event_query *query, int *found,
				   cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	struct entries entries = { .mem = mem, .query = query };
	cairn_status status = cairn_mem__read_begin(mem, MEM_RUN_EVENTS, &state, err);
	if (status != CAIRN_OK)
		return status;
	*found = cairn_mem__run_in_scope(state, &query->scope, query->run) != NULL;
	if (*found && push_events(&entries, state, rows) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	cairn_mem__list_free(mem, &entries.list, sizeof(struct entry));
	cairn_mem__state_drop(state);
	return status;
}
