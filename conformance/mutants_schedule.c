/* mutants_schedule.c - the table of mutants of schedules. (mutants.c: all others) */
#include "mutant.h"

static void put_is_exact(cairn_schedule_put_plan *plan)
{
	plan->exact = 1;
}

static void sync_is_put(cairn_schedule_put_plan *plan)
{
	plan->exact = 0;
}

static void sync_forgets_absent(cairn_schedule_put_plan *plan)
{
	plan->off_count = 0;
}

static void schedules_of_any(cairn_schedule_query *query)
{
	query->scope = cairn_any();
}

static void no_limit_of_due(cairn_schedule_query *query)
{
	if (query->due)
		query->limit = 1000;
}

static void idle_ones_too(cairn_schedule_query *query)
{
	query->active = CAIRN_SCHEDULE_ACTIVE | CAIRN_SCHEDULE_INACTIVE;
}

static void change_of_any(cairn_schedule_change_plan *plan)
{
	plan->scope = cairn_any();
}

/* The stored cursor takes the place of the one that was read: the guard always holds. */
static void any_cursor(void *self, cairn_schedule_step *step, cairn_job_insert *job)
{
	(void)job;
	cairn_time second = step->cursor - step->cursor % CAIRN_SECOND;
	for (int i = 0; i <= 61; i++) {
		cairn_time cursor = i == 0 ? step->cursor : second + i * CAIRN_SECOND;
		cairn_schedule_step probe = { .id = step->id, .cursor = cursor, .next = cursor };
		cairn_schedule_fire_plan plan = { .steps = &probe, .n = 1 };
		enum cairn_schedule_fate fate = CAIRN_SCHEDULE_LOST;
		if (ct_real_ops()->schedules.fire(self, &plan, &fate, NULL) == CAIRN_OK &&
		    fate == CAIRN_SCHEDULE_MOVED) {
			step->cursor = cursor;
			return;
		}
	}
}

static void cursor_without_job(void *self, cairn_schedule_step *step, cairn_job_insert *job)
{
	(void)self;
	(void)job;
	step->job = NULL;
}

static void job_without_cursor(void *self, cairn_schedule_step *step, cairn_job_insert *job)
{
	(void)self;
	(void)job;
	step->next = step->cursor;
}

static void job_of_nobody(void *self, cairn_schedule_step *step, cairn_job_insert *job)
{
	(void)self;
	(void)step;
	job->tenant = (cairn_str){ NULL, 0 };
}

static void job_not_scheduled(void *self, cairn_schedule_step *step, cairn_job_insert *job)
{
	(void)self;
	(void)step;
	job->stage = CAIRN_STR("queued");
}

static void put_off_by_nothing(cairn_schedule_fire_plan *plan)
{
	plan->retry_at -= 30 * CAIRN_SECOND;
}

static void fire_silently(cairn_schedule_fire_plan *plan)
{
	plan->record = 0;
}

static void always_fired(enum cairn_schedule_fate *fate)
{
	*fate = CAIRN_SCHEDULE_MOVED;
}

const ct_mutant ct_schedule_mutants[] = {
	{ .name = "schedule_put_sets_the_switch",
	  .rule = "switches a schedule on or off when it is put again",
	  .cases = "schedules.*",
	  .schedule_put = put_is_exact },
	{ .name = "schedule_sync_keeps_the_switch",
	  .rule = "keeps a schedule's switch although the catalog says otherwise",
	  .cases = "schedules.*",
	  .schedule_put = sync_is_put },
	{ .name = "schedule_sync_forgets_the_absent",
	  .rule = "leaves schedules on that are no longer in the catalog",
	  .cases = "schedules.*",
	  .schedule_put = sync_forgets_absent },
	{ .name = "schedule_read_scope_ignored",
	  .rule = "shows other tenants' schedules",
	  .cases = "schedules.*",
	  .schedule_list = schedules_of_any },
	{ .name = "schedule_write_scope_ignored",
	  .rule = "changes other tenants' schedules",
	  .cases = "schedules.*",
	  .schedule_change = change_of_any },
	{ .name = "schedule_switch_filter_ignored",
	  .rule = "lists schedules that are switched off among the active ones",
	  .cases = "schedules.*",
	  .schedule_list = idle_ones_too },
	{ .name = "schedule_fire_limit_ignored",
	  .rule = "fires more schedules than a pass may",
	  .cases = "schedules.*",
	  .schedule_list = no_limit_of_due },
	{ .name = "schedule_cursor_not_compared",
	  .rule = "fires a cursor that has moved since it was read",
	  .cases = "schedules.fire.*",
	  .schedule_step = any_cursor },
	{ .name = "schedule_moves_without_job",
	  .rule = "moves the cursor and makes no job",
	  .cases = "schedules.*",
	  .schedule_step = cursor_without_job },
	{ .name = "schedule_fires_without_moving",
	  .rule = "makes a job and leaves the cursor where it is",
	  .cases = "schedules.*",
	  .schedule_step = job_without_cursor },
	{ .name = "schedule_tenant_lost",
	  .rule = "makes global jobs of tenants' schedules",
	  .cases = "schedules.*",
	  .schedule_step = job_of_nobody },
	{ .name = "schedule_stage_lost",
	  .rule = "makes jobs with stage queued",
	  .cases = "schedules.*",
	  .schedule_step = job_not_scheduled },
	{ .name = "schedule_failure_not_put_off",
	  .rule = "tries a failing schedule again at once",
	  .cases = "schedules.*",
	  .schedule_fire = put_off_by_nothing },
	{ .name = "schedule_fires_without_events",
	  .rule = "writes no ENQUEUED event for the jobs of schedules",
	  .cases = "schedules.*",
	  .schedule_fire = fire_silently },
	{ .name = "schedule_failure_told_as_fired",
	  .rule = "tells of a job that it did not make",
	  .cases = "schedules.*",
	  .schedule_fate = always_fired },
};

const size_t ct_schedule_mutant_count =
	sizeof(ct_schedule_mutants) / sizeof(ct_schedule_mutants[0]);
