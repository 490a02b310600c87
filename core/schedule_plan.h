/*
 * schedule_plan.h - what schedule.c and schedule_fire.c share: checks, and the pure parts of
 * firing. No I/O but the reading of zones, no clock.
 */
#ifndef CAIRN_CORE_SCHEDULE_PLAN_H
#define CAIRN_CORE_SCHEDULE_PLAN_H

#include <cairn/sys/json.h>
#include <cairn/sys/schedule.h>

#include "cron.h"

/* The clockwork of a schedule: its expression and its zone, which is kept for the next one. */
struct cairn__clockwork {
	struct cairn__cron cron;
	struct cairn__zone zone;
	char zone_name[256];
	bool open;
};

/* Reads an expression and a zone; the allocator is set in works->zone.file. */
cairn_status cairn__clockwork_set(struct cairn__clockwork *works, cairn_str cron, cairn_str zone,
				  cairn_error *err);
void cairn__clockwork_clear(struct cairn__clockwork *works);

/* The first time behind `after`, without jitter; 0: not before the year 10000. */
cairn_time cairn__clockwork_next(const struct cairn__clockwork *works, cairn_time after);
/* The same as a cursor: put off by the jitter; then the end of time. */
cairn_time cairn__schedule_cursor(const struct cairn__clockwork *works, cairn_id id,
				  cairn_usec jitter, cairn_time after);

/* A name that is padded, or none: job_schedule.invalid_name. */
cairn_status cairn__schedule_name(cairn_str name, cairn_error *err);

/* What becomes of a schedule that is due, and where its cursor goes. */
struct cairn__fire_choice {
	enum cairn_fired_what what;
	cairn_time next;
};
struct cairn__fire_choice cairn__schedule_choose(const cairn_schedule *row,
						 const struct cairn__clockwork *works,
						 cairn_time now, cairn_usec grace);

/* Appends the payload of a job: the template with its member _schedule. */
void cairn__schedule_payload(const cairn_schedule *row, cairn_text *text);

#endif
