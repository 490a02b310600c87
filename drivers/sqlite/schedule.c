/*
 * schedule.c - schedules: writing them, reading them, moving their cursors. The jobs that a
 * fire makes are enqueued as all others are.
 */
#include <string.h>

#include "lite.h"

/* ---- put ------------------------------------------------------------------ */

static cairn_status lacks(struct lite_write *write, const cairn_schedule *row, bool exact,
			  bool *answer, cairn_error *err)
{
	struct lite_run run;
	bool more;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_SCHEDULE_LACKS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, row->name);
	cairn_lite__bind_text(&run, row->type);
	cairn_lite__bind_int(&run, row->inactive == 0);
	cairn_lite__bind_int(&run, exact);
	status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK)
		return status;
	*answer = cairn_lite__int(&run) != 0;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

static cairn_status put_one(struct lite_write *write, const cairn_schedule *row, bool exact,
			    cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_SCHEDULE_PUT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, row->name);
	cairn_lite__bind_id(&run, &row->id);
	cairn_lite__bind_text(&run, row->type);
	cairn_lite__bind_tenant(&run, row->tenant);
	cairn_lite__bind_text(&run, row->queue);
	cairn_lite__bind_text(&run, row->owner);
	cairn_lite__bind_text(&run, row->cron);
	cairn_lite__bind_text(&run, row->zone);
	cairn_lite__bind_int(&run, row->jitter);
	cairn_lite__bind_word(&run, cairn_misfire_text(row->misfire));
	cairn_lite__bind_int(&run, row->catch_up);
	cairn_lite__bind_word(&run, cairn_overlap_text(row->overlap));
	cairn_lite__bind_int(&run, row->inactive == 0);
	cairn_lite__bind_int(&run, row->next_fire_at);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_text(&run, row->payload);
	cairn_lite__bind_int(&run, exact);
	return cairn_lite__finish(&run, err);
}

/* What stands there of a schedule, as far as changes go. */
struct state {
	bool found;
	bool active;
	bool defined;
	cairn_time next_fire_at;
};

static cairn_status read_state(struct lite *lite, const cairn_scope *scope, cairn_str name,
			       struct state *state, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_SCHEDULE_STATE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, name);
	cairn_lite__bind_scope(&run, scope);
	status = cairn_lite__row(&run, &state->found, err);
	if (status != CAIRN_OK || !state->found)
		return status;
	state->active = cairn_lite__int(&run) != 0;
	state->next_fire_at = cairn_lite__int(&run);
	state->defined = cairn_lite__int(&run) != 0;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

static cairn_status write_state(struct lite_write *write, cairn_str name, bool active,
				cairn_time next_fire_at, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_SCHEDULE_SET, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, name);
	cairn_lite__bind_int(&run, active);
	cairn_lite__bind_int(&run, next_fire_at);
	cairn_lite__bind_int(&run, write->now);
	return cairn_lite__finish(&run, err);
}

static cairn_status switch_off(struct lite_write *write, cairn_str name, cairn_rows *off,
			       cairn_error *err)
{
	const cairn_scope any = cairn_any();
	struct state state = { .found = false };
	cairn_status status = read_state(write->lite, &any, name, &state, err);
	if (status != CAIRN_OK || !state.found || !state.active)
		return status;
	cairn_str copy = cairn_rows_str(off, name.ptr, name.len);
	cairn_str *row = cairn_rows_push(off);
	if (row == NULL || cairn_rows_failed(off))
		return cairn_fail(err, CAIRN_E_NOMEM);
	*row = copy;
	return write_state(write, name, false, state.next_fire_at, err);
}

static cairn_status put_all(struct lite_write *write, const cairn_schedule_put_plan *plan,
			    int *refused, cairn_rows *off, cairn_error *err)
{
	bool exact = plan->exact != 0;
	bool any = false;
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		bool without = false;
		status = lacks(write, &plan->schedules[i], exact, &without, err);
		refused[i] = without;
		any = any || without;
	}
	if (any && exact)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (!refused[i])
			status = put_one(write, &plan->schedules[i], exact, err);
	}
	for (size_t i = 0; i < plan->off_count && status == CAIRN_OK; i++)
		status = switch_off(write, plan->off[i], off, err);
	return status;
}

cairn_status cairn_lite__schedule_put(void *self, const cairn_schedule_put_plan *plan, int *refused,
				      cairn_rows *off, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = put_all(&write, plan, refused, off, err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- the guard of definitions ------------------------------------------------ */

/* The first name of an active schedule of a disabled type, if it is less than the one known. */
static cairn_status stranded(struct lite *lite, cairn_str type, char name[LITE_NAME + 1],
			     cairn_error *err)
{
	struct lite_run run;
	bool more;
	cairn_status status = cairn_lite__start(&run, lite, LITE_SCHEDULE_STRANDED, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, type);
	status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK || !more)
		return status;
	cairn_str found = cairn_lite__view(&run);
	if (found.len <= LITE_NAME &&
	    (name[0] == '\0' || cairn_str_compare(found, cairn_str_of(name)) < 0)) {
		memcpy(name, found.ptr, found.len);
		name[found.len] = '\0';
	}
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

cairn_status cairn_lite__schedule_guard(struct lite_write *write, const cairn_define_plan *plan,
					cairn_error *err)
{
	char name[LITE_NAME + 1] = "";
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (plan->definitions[i].disabled)
			status = stranded(write->lite, plan->definitions[i].type, name, err);
	}
	for (size_t i = 0; i < plan->absent_count && status == CAIRN_OK; i++)
		status = stranded(write->lite, plan->absent[i], name, err);
	if (status != CAIRN_OK || name[0] == '\0')
		return status;
	cairn_fail(err, CAIRN_E_DEFINITION_SCHEDULED);
	cairn_error_detail(err, "%s", name);
	return CAIRN_INVALID;
}

/* ---- list ------------------------------------------------------------------- */

static void read_schedule(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_schedule *row = into;
	row->name = cairn_lite__text(run, rows);
	row->id = cairn_lite__id(run);
	row->type = cairn_lite__text(run, rows);
	row->tenant = cairn_lite__text(run, rows);
	row->queue = cairn_lite__text(run, rows);
	row->owner = cairn_lite__text(run, rows);
	row->cron = cairn_lite__text(run, rows);
	row->zone = cairn_lite__text(run, rows);
	row->jitter = cairn_lite__int(run);
	row->misfire = cairn_misfire_parse(cairn_lite__view(run));
	row->catch_up = cairn_lite__int32(run);
	row->overlap = cairn_overlap_parse(cairn_lite__view(run));
	row->inactive = cairn_lite__int(run) == 0;
	row->next_fire_at = cairn_lite__int(run);
	row->last_fire_at = cairn_lite__int(run);
	row->last_job = cairn_lite__id(run);
	row->last_error = cairn_lite__text(run, rows);
	row->created_at = cairn_lite__int(run);
	row->updated_at = cairn_lite__int(run);
	row->payload = cairn_lite__text(run, rows);
	row->last_job_status = cairn_lite__status(run);
}

/* One page, or with a name that row alone. */
static cairn_status push_page(struct lite *lite, const cairn_schedule_query *query, cairn_str name,
			      cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_SCHEDULE_LIST, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_tenant(&run, name.len > 0 ? name : query->after);
	cairn_lite__bind_text(&run, name);
	cairn_lite__bind_text(&run, query->after);
	cairn_lite__bind_text(&run, query->contains);
	cairn_lite__bind_scope(&run, &query->scope);
	cairn_lite__bind_text(&run, query->type);
	cairn_lite__bind_time(&run, query->due_before);
	cairn_lite__bind_int(&run, query->active);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_schedule, err);
}

static cairn_status push_due(struct lite *lite, const cairn_schedule_query *query, cairn_time now,
			     cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_SCHEDULE_DUE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, now);
	cairn_lite__bind_scope(&run, &query->scope);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_schedule, err);
}

cairn_status cairn_lite__schedule_list(void *self, const cairn_schedule_query *query,
				       cairn_time *now, cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_read read;
	cairn_status status = cairn_lite__read_begin(lite, &read, err);
	if (status != CAIRN_OK)
		return status;
	*now = cairn_lite__time(lite);
	if (query->due)
		status = push_due(lite, query, *now, rows, err);
	else if (query->names == NULL)
		status = push_page(lite, query, (cairn_str){ NULL, 0 }, rows, err);
	for (size_t i = 0; i < query->name_count && status == CAIRN_OK; i++)
		status = push_page(lite, query, query->names[i], rows, err);
	return cairn_lite__read_end(&read, status, err);
}

/* ---- change ------------------------------------------------------------------- */

static cairn_status change_one(struct lite_write *write, const cairn_schedule_change_plan *plan,
			       cairn_str name, enum cairn_schedule_hit *hit, cairn_error *err)
{
	struct state is = { .found = false };
	*hit = CAIRN_SCHEDULE_MISSING;
	cairn_status status = read_state(write->lite, &plan->scope, name, &is, err);
	if (status != CAIRN_OK || !is.found)
		return status;
	struct state next = is;
	*hit = CAIRN_SCHEDULE_DONE;
	if (plan->set == CAIRN_SCHEDULE_SET_CURSOR)
		next.next_fire_at = plan->next_fire_at;
	else
		next.active = plan->set == CAIRN_SCHEDULE_SET_ON;
	if (plan->set == CAIRN_SCHEDULE_SET_ON && !is.defined) {
		*hit = CAIRN_SCHEDULE_REFUSED;
		return CAIRN_OK;
	}
	if (next.active == is.active && next.next_fire_at == is.next_fire_at)
		return CAIRN_OK;
	return write_state(write, name, next.active, next.next_fire_at, err);
}

cairn_status cairn_lite__schedule_change(void *self, const cairn_schedule_change_plan *plan,
					 enum cairn_schedule_hit *each, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = change_one(&write, plan, plan->names[i], &each[i], err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- fire ----------------------------------------------------------------------- */

static cairn_status is_held(struct lite *lite, const cairn_schedule_step *step, bool *held,
			    cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_SCHEDULE_HELD, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &step->id);
	cairn_lite__bind_int(&run, step->cursor);
	status = cairn_lite__row(&run, held, err);
	if (status == CAIRN_OK && *held)
		cairn_lite__stop(&run);
	return status;
}

/* job NULL: none was made. */
static cairn_status move(struct lite_write *write, const cairn_schedule_step *step, cairn_time next,
			 cairn_str error, const cairn_job_insert *job, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_SCHEDULE_MOVE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &step->id);
	cairn_lite__bind_int(&run, next);
	cairn_lite__bind_text(&run, error);
	cairn_lite__bind_time(&run, job != NULL ? write->now : 0);
	if (job != NULL)
		cairn_lite__bind_id(&run, &job->id);
	else
		cairn_lite__bind_text(&run, (cairn_str){ NULL, 0 });
	cairn_lite__bind_int(&run, write->now);
	return cairn_lite__finish(&run, err);
}

static cairn_status fire_one(struct lite_write *write, const cairn_schedule_fire_plan *plan,
			     const cairn_schedule_step *step, enum cairn_schedule_fate *fate,
			     cairn_error *err)
{
	bool held = false;
	*fate = CAIRN_SCHEDULE_LOST;
	cairn_status status = is_held(write->lite, step, &held, err);
	if (status != CAIRN_OK || !held)
		return status;
	*fate = CAIRN_SCHEDULE_MOVED;
	if (step->job == NULL)
		return move(write, step, step->next, step->error, NULL, err);
	cairn_job_inserted added;
	cairn_enqueue_plan one = { .jobs = step->job, .n = 1, .record = plan->record };
	status = cairn_lite__enqueue(write, &one, &added, err);
	if (status != CAIRN_OK)
		return status;
	if (added.result == CAIRN_INSERT_DONE)
		return move(write, step, step->next, step->error, step->job, err);
	*fate = CAIRN_SCHEDULE_NO_DEFINITION;
	return move(write, step, plan->retry_at, plan->retry_error, NULL, err);
}

cairn_status cairn_lite__schedule_fire(void *self, const cairn_schedule_fire_plan *plan,
				       enum cairn_schedule_fate *each, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = fire_one(&write, plan, &plan->steps[i], &each[i], err);
	return cairn_lite__write_end(&write, status, err);
}
