/*
 * schedule.c - schedules: writing them, reading them, moving their cursors. The jobs that a
 * fire makes are enqueued as all others are.
 */
#include <string.h>

#include "mem.h"

static const cairn_schedule *find(const struct mem_state *state, cairn_str name)
{
	return cairn_mem__find(state, MEM_SCHEDULES, &(cairn_schedule){ .name = name });
}

static bool has_definition(const struct mem_state *state, cairn_str type)
{
	const cairn_definition *definition = cairn_mem__definition(state, type);
	return definition != NULL && !definition->disabled;
}

static bool wrote(const cairn_define_plan *plan, cairn_str type)
{
	bool named = false;
	for (size_t i = 0; i < plan->n && !named; i++)
		named = cairn_str_equal(plan->definitions[i].type, type);
	for (size_t i = 0; i < plan->absent_count && !named; i++)
		named = cairn_str_equal(plan->absent[i], type);
	return named;
}

const cairn_schedule *cairn_mem__schedule_stranded(const struct mem_state *state,
						   const cairn_define_plan *plan)
{
	for (size_t i = 0; i < cairn_mem__count(state, MEM_SCHEDULES); i++) {
		const cairn_schedule *schedule = cairn_mem__at(state, MEM_SCHEDULES, i);
		if (!schedule->inactive && wrote(plan, schedule->type) &&
		    !has_definition(state, schedule->type))
			return schedule;
	}
	return NULL;
}

/* ---- put ------------------------------------------------------------------ */

static bool same_texts(const cairn_schedule *a, const cairn_schedule *b)
{
	return cairn_str_equal(a->type, b->type) && cairn_str_equal(a->queue, b->queue) &&
	       cairn_str_equal(a->owner, b->owner) && cairn_str_equal(a->payload, b->payload) &&
	       cairn_str_equal(a->cron, b->cron) && cairn_str_equal(a->zone, b->zone);
}

static bool same(const cairn_schedule *a, const cairn_schedule *b)
{
	return same_texts(a, b) && a->jitter == b->jitter && a->misfire == b->misfire &&
	       a->catch_up == b->catch_up && a->overlap == b->overlap &&
	       a->inactive == b->inactive && a->next_fire_at == b->next_fire_at;
}

/* The row as it will be: what is kept comes from the stored one, if there is one. */
static cairn_schedule merged(const cairn_schedule *given, const cairn_schedule *stored, bool exact,
			     cairn_time now)
{
	cairn_schedule next = *given;
	if (stored == NULL) {
		next.last_fire_at = 0;
		next.last_job = (cairn_id){ { 0 } };
		next.last_error = (cairn_str){ NULL, 0 };
		next.created_at = now;
	} else {
		next.id = stored->id;
		next.tenant = stored->tenant;
		next.last_fire_at = stored->last_fire_at;
		next.last_job = stored->last_job;
		next.last_error = stored->last_error;
		next.created_at = stored->created_at;
		if (!exact)
			next.inactive = stored->inactive;
		if (cairn_str_equal(next.cron, stored->cron) &&
		    cairn_str_equal(next.zone, stored->zone))
			next.next_fire_at = stored->next_fire_at;
	}
	next.last_job_status = 0;
	next.updated_at = stored != NULL && same(&next, stored) ? stored->updated_at : now;
	return next;
}

/* Which items are refused; answers whether any is. */
static bool judge(const struct mem_state *state, const cairn_schedule_put_plan *plan, int *refused)
{
	bool any = false;
	for (size_t i = 0; i < plan->n; i++) {
		const cairn_schedule *given = &plan->schedules[i];
		cairn_schedule next = merged(given, find(state, given->name), plan->exact, 0);
		refused[i] = !next.inactive && !has_definition(state, given->type);
		any = any || refused[i];
	}
	return any;
}

/* 0, or -1 without memory. */
static int put_all(struct mem_write *write, const cairn_schedule_put_plan *plan, const int *refused)
{
	for (size_t i = 0; i < plan->n; i++) {
		const cairn_schedule *given = &plan->schedules[i];
		const cairn_schedule *stored = find(write->state, given->name);
		cairn_schedule next = merged(given, stored, plan->exact, write->now);
		if (!refused[i] && cairn_mem__put(write->state, MEM_SCHEDULES, &next) != 0)
			return -1;
	}
	return 0;
}

static int switch_off(struct mem_write *write, const cairn_schedule_put_plan *plan, cairn_rows *off)
{
	for (size_t i = 0; i < plan->off_count; i++) {
		const cairn_schedule *stored = find(write->state, plan->off[i]);
		if (stored == NULL || stored->inactive)
			continue;
		cairn_schedule next = *stored;
		next.inactive = 1;
		next.updated_at = write->now;
		cairn_str name = cairn_rows_str(off, next.name.ptr, next.name.len);
		cairn_str *row = cairn_rows_push(off);
		if (row == NULL || cairn_rows_failed(off) ||
		    cairn_mem__put(write->state, MEM_SCHEDULES, &next) != 0)
			return -1;
		*row = name;
	}
	return 0;
}

cairn_status cairn_mem__schedule_put(void *self, const cairn_schedule_put_plan *plan, int *refused,
				     cairn_rows *off, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_SCHEDULES, &write, err);
	if (status != CAIRN_OK)
		return status;
	bool any = judge(write.state, plan, refused);
	if (!(any && plan->exact) &&
	    (put_all(&write, plan, refused) != 0 || switch_off(&write, plan, off) != 0))
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- list ------------------------------------------------------------------- */

static bool named(const cairn_schedule_query *query, cairn_str name)
{
	if (query->names == NULL)
		return true;
	for (size_t i = 0; i < query->name_count; i++) {
		if (cairn_str_equal(query->names[i], name))
			return true;
	}
	return false;
}

static bool wanted(const cairn_schedule_query *query, const cairn_schedule *row, cairn_time now)
{
	uint32_t active = row->inactive ? CAIRN_SCHEDULE_INACTIVE : CAIRN_SCHEDULE_ACTIVE;
	if (!(query->active & active) || !cairn_mem__in_scope(&query->scope, row->tenant))
		return false;
	if (query->due && (row->inactive || row->next_fire_at > now))
		return false;
	if (query->type.len > 0 && !cairn_str_equal(query->type, row->type))
		return false;
	if (query->after.len > 0 && cairn_str_compare(row->name, query->after) <= 0)
		return false;
	if (query->due_before != 0 && row->next_fire_at >= query->due_before)
		return false;
	if (query->contains.len > 0 && !cairn_mem__contains(row->name, query->contains))
		return false;
	return named(query, row->name);
}

static int push(const struct mem_state *state, const cairn_schedule *row, cairn_rows *rows)
{
	const cairn_job *last = cairn_mem__job(state, row->last_job);
	cairn_schedule told = *row;
	told.last_job_status = last != NULL ? last->status : 0;
	return cairn_mem__push(rows, MEM_SCHEDULES, &told);
}

/* The next one by cursor, then name, behind `last` (NULL: the first); NULL: none is left. */
static const cairn_schedule *next_due(const struct mem_state *state,
				      const cairn_schedule_query *query, cairn_time now,
				      const cairn_schedule *last)
{
	const cairn_schedule *best = NULL;
	for (size_t i = 0; i < cairn_mem__count(state, MEM_SCHEDULES); i++) {
		const cairn_schedule *row = cairn_mem__at(state, MEM_SCHEDULES, i);
		/* by name they come anyway: among equal cursors the first one stands */
		bool behind = last == NULL || row->next_fire_at > last->next_fire_at ||
			      (row->next_fire_at == last->next_fire_at &&
			       cairn_str_compare(row->name, last->name) > 0);
		if (behind && wanted(query, row, now) &&
		    (best == NULL || row->next_fire_at < best->next_fire_at))
			best = row;
	}
	return best;
}

static int push_due(const struct mem_state *state, const cairn_schedule_query *query,
		    cairn_time now, cairn_rows *rows)
{
	const cairn_schedule *row = NULL;
	while (cairn_rows_count(rows) < query->limit) {
		row = next_due(state, query, now, row);
		if (row == NULL)
			return 0;
		if (push(state, row, rows) != 0)
			return -1;
	}
	return 0;
}

static int push_by_name(const struct mem_state *state, const cairn_schedule_query *query,
			cairn_time now, cairn_rows *rows)
{
	size_t count = cairn_mem__count(state, MEM_SCHEDULES);
	for (size_t i = 0; i < count && cairn_rows_count(rows) < query->limit; i++) {
		const cairn_schedule *row = cairn_mem__at(state, MEM_SCHEDULES, i);
		if (wanted(query, row, now) && push(state, row, rows) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__schedule_list(void *self, const cairn_schedule_query *query,
				      cairn_time *now, cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_SCHEDULES, &state, err);
	if (status != CAIRN_OK)
		return status;
	*now = cairn_mem__now(mem);
	int failed = query->due ? push_due(state, query, *now, rows)
				: push_by_name(state, query, *now, rows);
	cairn_mem__state_drop(state);
	return failed ? cairn_fail(err, CAIRN_E_NOMEM) : CAIRN_OK;
}

/* ---- change ------------------------------------------------------------------- */

/* 0, or -1 without memory. */
static int change_one(struct mem_write *write, const cairn_schedule_change_plan *plan,
		      cairn_str name, enum cairn_schedule_hit *hit)
{
	const cairn_schedule *stored = find(write->state, name);
	*hit = CAIRN_SCHEDULE_MISSING;
	if (stored == NULL || !cairn_mem__in_scope(&plan->scope, stored->tenant))
		return 0;
	cairn_schedule next = *stored;
	*hit = CAIRN_SCHEDULE_DONE;
	if (plan->set == CAIRN_SCHEDULE_SET_CURSOR)
		next.next_fire_at = plan->next_fire_at;
	else
		next.inactive = plan->set == CAIRN_SCHEDULE_SET_OFF;
	if (plan->set == CAIRN_SCHEDULE_SET_ON && !has_definition(write->state, next.type)) {
		*hit = CAIRN_SCHEDULE_REFUSED;
		return 0;
	}
	if (same(&next, stored))
		return 0;
	next.updated_at = write->now;
	return cairn_mem__put(write->state, MEM_SCHEDULES, &next);
}

cairn_status cairn_mem__schedule_change(void *self, const cairn_schedule_change_plan *plan,
					enum cairn_schedule_hit *each, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_SCHEDULES, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (change_one(&write, plan, plan->names[i], &each[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- fire ----------------------------------------------------------------------- */

static const cairn_schedule *by_id(const struct mem_state *state, cairn_id id)
{
	for (size_t i = 0; i < cairn_mem__count(state, MEM_SCHEDULES); i++) {
		const cairn_schedule *row = cairn_mem__at(state, MEM_SCHEDULES, i);
		if (cairn_id_compare(row->id, id) == 0)
			return row;
	}
	return NULL;
}

/* 0, or -1 without memory. */
static int fire_one(struct mem_write *write, const cairn_schedule_fire_plan *plan,
		    const cairn_schedule_step *step, enum cairn_schedule_fate *fate)
{
	const cairn_schedule *stored = by_id(write->state, step->id);
	*fate = CAIRN_SCHEDULE_LOST;
	if (stored == NULL || stored->inactive || stored->next_fire_at != step->cursor)
		return 0;
	cairn_schedule next = *stored;
	cairn_job_inserted added = { .result = CAIRN_INSERT_DONE };
	next.next_fire_at = step->next;
	next.last_error = step->error;
	next.updated_at = write->now;
	*fate = CAIRN_SCHEDULE_MOVED;
	if (step->job != NULL) {
		added.result = CAIRN_INSERT_NO_DEFINITION;
		if (cairn_mem__enqueue(write, step->job, plan->record, &added) != 0)
			return -1;
		next.last_fire_at = write->now;
		next.last_job = step->job->id;
	}
	if (added.result == CAIRN_INSERT_NO_DEFINITION) {
		next.last_fire_at = stored->last_fire_at;
		next.last_job = stored->last_job;
		next.next_fire_at = plan->retry_at;
		next.last_error = plan->retry_error;
		*fate = CAIRN_SCHEDULE_NO_DEFINITION;
	}
	return cairn_mem__put(write->state, MEM_SCHEDULES, &next);
}

cairn_status cairn_mem__schedule_fire(void *self, const cairn_schedule_fire_plan *plan,
				      enum cairn_schedule_fate *each, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_SCHEDULES, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (fire_one(&write, plan, &plan->steps[i], &each[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(mem, &write, status);
}
