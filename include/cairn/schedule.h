/*
 * schedule.h - jobs by the clock: cron expressions in time zones, stored as rows, made into
 * jobs by any number of schedulers.
 *
 * A schedule has a cursor, next_fire_at. When it is due, cairn_schedule_fire enqueues one job and
 * moves the cursor, both in one commit and guarded by the cursor that was read: one cursor makes
 * one job, however many schedulers there are and whenever one of them dies.
 *
 * Expressions
 *	[second] minute hour day-of-month month day-of-week, or a macro: @yearly @annually @monthly
 *	@weekly @daily @midnight @hourly. Fields are separated by blanks or tabs; without the first
 *	one the second is 0. A field is a list of `*`, a value or a range a-b, each with an optional
 *	step /n (a/n is a to the end). Months and days of the week have names, JAN and MON in any
 *	case; Sunday is 0 or 7; L is the last day of the month. As in Vixie's cron a job runs when
 *	the day of the month or that of the week fits if both are restricted, and both must fit if
 *	one of them begins with `*`. What can never happen (30 February) is refused.
 *
 * Time zones
 *	Names of the IANA database: $TZDIR or /usr/share/zoneinfo is read, the process's own zone
 *	and settings are neither used nor changed. UTC needs no files. Where clocks change:
 *	- A wall time that is skipped in spring: the schedule fires once at the first instant behind
 *	  the gap, however many of its times were skipped, and once if that instant is one of its
 *	  own. If its hour is a wildcard or has a step (`*`, `*`/2) nothing is made up for: it goes on
 *	  in elapsed time.
 *	- A wall time that occurs twice: the schedule fires the first time only; if its second,
 *	  minute or hour is a wildcard or has a step it goes on in elapsed time and fires again.
 */
#ifndef CAIRN_SCHEDULE_H
#define CAIRN_SCHEDULE_H

#include <cairn/job.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What becomes of times that passed while nobody fired. */
enum cairn_misfire {
	CAIRN_MISFIRE_COALESCE = 1, /* one job, then the first time to come: the default */
	CAIRN_MISFIRE_SKIP,	    /* no job for what is overdue by more than the grace */
	CAIRN_MISFIRE_CATCH_UP	    /* a job for each of the latest catch_up times */
};

/* "COALESCE", "SKIP", "CATCH_UP"; NULL for no policy, 0 for no such word. */
CAIRN_API const char *cairn_misfire_text(enum cairn_misfire misfire);
CAIRN_API enum cairn_misfire cairn_misfire_parse(cairn_str word);

/* What happens while the job made last is still PENDING or LEASED. */
enum cairn_overlap {
	CAIRN_OVERLAP_ALLOW = 1, /* another one: the default */
	CAIRN_OVERLAP_SKIP	 /* no job this time */
};

/* "ALLOW", "SKIP". */
CAIRN_API const char *cairn_overlap_text(enum cairn_overlap overlap);
CAIRN_API enum cairn_overlap cairn_overlap_parse(cairn_str word);

/* The longest jitter, and the most times that are caught up with. */
#define CAIRN_SCHEDULE_MAX_JITTER   (24 * CAIRN_HOUR)
#define CAIRN_SCHEDULE_MAX_CATCH_UP 1000

/*
 * A schedule. Zero fields are the defaults in input; results are filled in, and may be changed
 * and put again. Names are unique in the whole store; the tenant says whose the jobs are.
 */
typedef struct cairn_schedule {
	cairn_str name; /* not padded with white space */
	cairn_str type;
	cairn_str tenant;  /* absent: a global schedule, whose jobs are global */
	cairn_str queue;   /* absent: "default" */
	cairn_str owner;   /* only workers of this owner may claim the jobs; absent: any */
	cairn_str payload; /* JSON, the template of the jobs' payloads; absent: {} */
	cairn_str cron;
	cairn_str zone;	   /* absent: "UTC" */
	cairn_usec jitter; /* each time is put off by 0 to so many whole seconds; at most 24 h */
	enum cairn_misfire misfire; /* 0: COALESCE */
	int32_t catch_up;	    /* with CATCH_UP, 1..1000; 0: 10 */
	enum cairn_overlap overlap; /* 0: ALLOW */
	uint32_t inactive;	    /* 1: it does not fire */
	cairn_time next_fire_at;    /* the cursor; in input the first one, 0: computed */
	/* results only */
	cairn_id id;
	cairn_time last_fire_at;	       /* when a job was last made; 0: never */
	cairn_id last_job;		       /* that job */
	enum cairn_job_status last_job_status; /* as it is now; 0: there is none (any more) */
	uint32_t reserved0_;
	cairn_str last_error; /* code of the last fire's failure; absent: it went well */
	cairn_time created_at;
	cairn_time updated_at;
	uint64_t reserved_[4];
} cairn_schedule;

typedef struct cairn_schedules {
	size_t count;
	const cairn_schedule *at;
} cairn_schedules;

/* ---- writing ----------------------------------------------------------- */

/*
 * Writes n schedules, each new or replaced by name. Of one that exists tenant and `inactive`
 * are kept, and the cursor too unless its cron or zone changes; a row that would not change
 * keeps its updated_at. INVALID for the whole call: job_schedule.invalid_name (a name that stands
 * there twice, too), job_schedule.invalid_cron, job_schedule.invalid_zone,
 * job_schedule.invalid_jitter, json.duplicate_member for a template with a member `_schedule`.
 * Per item: INVALID job_schedule.definition_not_found_or_disabled for one that would be
 * active. [2 round trips]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_schedule_put(cairn_conn *conn,
							   const cairn_schedule *schedules,
							   size_t n, cairn_outcome *each,
							   cairn_error *err);

/*
 * Switches n schedules on (active 1) or off; the cursor stays, so that one whose time has
 * passed meanwhile is due at once. Switching on needs an enabled definition: INVALID
 * job_schedule.definition_not_found_or_disabled. NOT_FOUND job_schedule.not_found. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_schedule_activate(cairn_conn *conn, cairn_scope scope,
								const cairn_str *names, size_t n,
								int active, cairn_outcome *each,
								cairn_error *err);

/*
 * Sets the cursor of n schedules and nothing else; next_fire_at may lie in the past. NOT_FOUND
 * job_schedule.not_found. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_schedule_retime(cairn_conn *conn, cairn_scope scope,
							      const cairn_str *names, size_t n,
							      cairn_time next_fire_at,
							      cairn_outcome *each,
							      cairn_error *err);

typedef struct cairn_names {
	size_t count;
	const cairn_str *at;
} cairn_names;

/*
 * Makes the store agree with a catalog: puts n entries, whose `inactive` counts this time, and
 * switches off those of the names in `among` that are no entries. `off` (may be NULL) gets the
 * names of those that were active until now, sorted. All of it or nothing: an active
 * entry without enabled definition is INVALID job_schedule.definition_not_found_or_disabled, and
 * err->index names it. [2 round trips]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_schedule_sync(cairn_conn *conn,
							    const cairn_schedule *entries, size_t n,
							    const cairn_str *among,
							    size_t among_count, cairn_names **off,
							    cairn_error *err);

/* ---- reading ----------------------------------------------------------- */

/* One schedule as a result of one row; NOT_FOUND job_schedule.not_found. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_schedule_get(cairn_conn *conn, cairn_scope scope,
							   cairn_str name,
							   cairn_schedules **schedule,
							   cairn_error *err);

/* Which schedules by their switch. */
#define CAIRN_SCHEDULE_ACTIVE	1u
#define CAIRN_SCHEDULE_INACTIVE 2u

typedef struct cairn_schedule_filter {
	size_t size;
	cairn_scope scope;     /* required */
	cairn_str contains;    /* in the name; ASCII case is ignored; %, _ and \ are themselves */
	cairn_str type;	       /* only of this one */
	cairn_time due_before; /* next_fire_at earlier than that; 0: any */
	cairn_str after;       /* continue behind this name */
	uint32_t active;       /* CAIRN_SCHEDULE_ACTIVE | CAIRN_SCHEDULE_INACTIVE; 0: both */
	uint32_t limit;	       /* 1..1000; 0: 100 */
} cairn_schedule_filter;

/* Ordered by name, by bytes. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_schedule_list(cairn_conn *conn,
							    const cairn_schedule_filter *filter,
							    cairn_schedules **schedules,
							    cairn_error *err);

/* ---- firing ------------------------------------------------------------ */

/* How late a fire may be before CAIRN_MISFIRE_SKIP counts it as missed. */
#define CAIRN_SCHEDULE_GRACE CAIRN_MINUTE

/* How long a schedule that could not be fired waits. */
#define CAIRN_SCHEDULE_RETRY (30 * CAIRN_SECOND)

typedef struct cairn_fire_opts {
	size_t size;
	uint32_t limit; /* rows of the report; 0: 100; at most 1000 */
	uint32_t reserved_;
	cairn_usec grace; /* 0: 60 s; more than the time between two calls */
} cairn_fire_opts;

enum cairn_fired_what {
	CAIRN_FIRED = 1,     /* a job was made */
	CAIRN_FIRE_MISSED,   /* none: it was overdue and its policy gives it up */
	CAIRN_FIRE_OVERLAPS, /* none: the one before is still PENDING or LEASED */
	CAIRN_FIRE_FAILED    /* none, see code; it is tried again in 30 s */
};

/* "FIRED", "MISSED", "OVERLAPS", "FAILED". */
CAIRN_API const char *cairn_fired_text(enum cairn_fired_what what);

typedef struct cairn_fired {
	cairn_str name;
	cairn_str type;
	cairn_str tenant;
	cairn_time scheduled_for; /* the cursor, jitter included */
	cairn_time next_fire_at;  /* the cursor now */
	cairn_id job;		  /* when FIRED */
	enum cairn_fired_what what;
	cairn_code code; /* when FAILED */
	uint64_t reserved_[4];
} cairn_fired;

typedef struct cairn_fire_report {
	size_t count;
	const cairn_fired *at;
} cairn_fire_report;

/*
 * One pass of a scheduler: fires what is active and due, the longest overdue first. Any number
 * may run at once; a schedule that another one holds is left to it, without waiting. The
 * job has the schedule's type, queue, owner and tenant, stage "scheduled", no key, and
 * runs now; its payload is the template with one more member
 *	"_schedule": {"schedule_id": …, "schedule_name": …, "scheduled_for": cursor, RFC 3339}
 * or, if the template is no object, {"payload": template, "_schedule": …}. The next cursor is the
 * first time after now (COALESCE, SKIP), or the next time behind the old cursor (CATCH_UP,
 * then it is fired in the same pass), put off by the jitter:
 * (id as a number XOR the time in Unix milliseconds) mod (jitter in seconds + 1) seconds.
 * A schedule that can't be fired (its definition is disabled, its zone is gone) gets last_error, is
 * put off by 30 s and does not stop the others. After UNCERTAIN just fire again. opts may be NULL.
 * [1 round trip when nothing is due, else 2; more only to catch up]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_schedule_fire(cairn_conn *conn,
							    const cairn_fire_opts *opts,
							    cairn_fire_report **report,
							    cairn_error *err);

/*
 * The next n times of an expression behind `after`, without jitter; no connection, no clock.
 * zone absent: UTC. times that lie beyond the year 9999 are 0. INVALID
 * job_schedule.invalid_cron, job_schedule.invalid_zone.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_schedule_next(cairn_str cron, cairn_str zone,
							    cairn_time after, cairn_time *times,
							    size_t n, cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
