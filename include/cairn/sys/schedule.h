/*
 * sys/schedule.h - the schedules of a driver: four slots beside the jobs store.
 *
 * The core reads expressions, zones and policies and computes every cursor; the driver keeps
 * rows, compares cursors, and enqueues in the same commit. A driver with this table has the
 * jobs store too, and its `define` slot refuses what would leave an active schedule without an
 * enabled definition (see below). All rows written by one call carry the same time.
 *
 * The guard of active schedules, in both directions. Who disables a definition locks its row
 * and then, in a later statement, looks for active schedules of the type; who makes a schedule
 * active, or gives an active one another type, locks the row of the definition and then, in a
 * later statement, looks whether it is enabled. Waits are bounded by lock_timeout. `define` fails
 * with job_definition.active_schedule_exists, having written nothing, and the error's detail is
 * the smallest name, by bytes, of such a schedule.
 */
#ifndef CAIRN_SYS_SCHEDULE_H
#define CAIRN_SYS_SCHEDULE_H

#include <cairn/schedule.h>
#include <cairn/sys/job.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_schedule_put_plan {
	const cairn_schedule *schedules; /* settled; by name, none twice; id and cursor are set */
	size_t n;
	const cairn_str *off; /* exact: switch these off; by name, none twice */
	size_t off_count;
	uint32_t exact; /* 1: `inactive` is written, and nothing at all if an item is refused */
	uint32_t reserved_;
} cairn_schedule_put_plan;

/*
 * Inserts or replaces by name. Of a row that exists id, tenant, created_at and last_… stay;
 * `inactive` stays unless exact; next_fire_at stays unless cron or zone differ from the
 * row's; updated_at stays when nothing else changes. An item after which the row would be active
 * without an enabled definition is not written: refused[i] = 1. Then the rows named in off that
 * are active are switched off; their names are pushed as cairn_str rows, by bytes.
 */
typedef cairn_status cairn_schedule_put_fn(void *self, const cairn_schedule_put_plan *plan,
					   int *refused, cairn_rows *off, cairn_error *err);

typedef struct cairn_schedule_query {
	cairn_scope scope;
	const cairn_str *names; /* exactly these, if not NULL */
	size_t name_count;
	cairn_str contains;
	cairn_str type;
	cairn_str after;
	cairn_time due_before; /* next_fire_at < it; 0: any */
	uint32_t active;       /* CAIRN_SCHEDULE_ACTIVE | CAIRN_SCHEDULE_INACTIVE, never 0 */
	uint32_t due; /* 1: only active ones with next_fire_at <= now, by next_fire_at, name */
	uint32_t limit;
	uint32_t reserved_;
} cairn_schedule_query;

/* Pushes cairn_schedule rows by name, with last_job_status as it is, and tells the time it used. */
typedef cairn_status cairn_schedule_list_fn(void *self, const cairn_schedule_query *query,
					    cairn_time *now, cairn_rows *rows, cairn_error *err);

enum cairn_schedule_set {
	CAIRN_SCHEDULE_SET_ON = 1, /* inactive = 0; needs an enabled definition */
	CAIRN_SCHEDULE_SET_OFF,	   /* inactive = 1 */
	CAIRN_SCHEDULE_SET_CURSOR  /* next_fire_at */
};

enum cairn_schedule_hit {
	CAIRN_SCHEDULE_MISSING = 0, /* not there, or not in scope */
	CAIRN_SCHEDULE_DONE,
	CAIRN_SCHEDULE_REFUSED /* without an enabled definition: not written */
};

typedef struct cairn_schedule_change_plan {
	cairn_scope scope;
	const cairn_str *names; /* by bytes, none twice */
	size_t n;
	enum cairn_schedule_set set;
	uint32_t reserved_;
	cairn_time next_fire_at;
} cairn_schedule_change_plan;

/* A row that would not change is DONE and not written. */
typedef cairn_status cairn_schedule_change_fn(void *self, const cairn_schedule_change_plan *plan,
					      enum cairn_schedule_hit *each, cairn_error *err);

/* One cursor to move. */
typedef struct cairn_schedule_step {
	cairn_id id;		     /* of the schedule; none twice */
	cairn_time cursor;	     /* guard: it is active and next_fire_at equals this */
	cairn_time next;	     /* next_fire_at */
	cairn_str error;	     /* last_error; absent: NULL */
	const cairn_job_insert *job; /* to enqueue with it, without key; NULL: none */
} cairn_schedule_step;

typedef struct cairn_schedule_fire_plan {
	const cairn_schedule_step *steps;
	size_t n;
	uint32_t record; /* 1: write the ENQUEUED event */
	uint32_t reserved_;
	cairn_time retry_at;   /* next_fire_at instead of next where the job finds no definition */
	cairn_str retry_error; /* last_error then */
} cairn_schedule_fire_plan;

enum cairn_schedule_fate {
	CAIRN_SCHEDULE_LOST = 0, /* the guard failed, or another one holds it: nothing written */
	CAIRN_SCHEDULE_MOVED,
	CAIRN_SCHEDULE_NO_DEFINITION /* missing or disabled: put off, no job */
};

/*
 * Moves each cursor whose guard holds and enqueues its job, as the jobs' enqueue does, in one
 * commit; last_fire_at = now and last_job = the job's id where one was made. Rows that others
 * have locked are skipped, never waited for.
 */
typedef cairn_status cairn_schedule_fire_fn(void *self, const cairn_schedule_fire_plan *plan,
					    enum cairn_schedule_fate *each, cairn_error *err);

typedef struct cairn_schedule_ops {
	size_t size;
	cairn_schedule_put_fn *put;
	cairn_schedule_list_fn *list;
	cairn_schedule_change_fn *change;
	cairn_schedule_fire_fn *fire;
} cairn_schedule_ops;

#ifdef __cplusplus
}
#endif

#endif
