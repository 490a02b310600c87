/*
 * cron.h - cron expressions: read once into sets of bits, then asked for the next wall time.
 * Zones and the changes of clocks come in with cairn__cron_next only. (<cairn/schedule.h> has the
 * grammar and the rules)
 */
#ifndef CAIRN_CORE_CRON_H
#define CAIRN_CORE_CRON_H

#include <stdbool.h>

#include <cairn/error.h>

#include "tz.h"

struct cairn__cron {
	uint64_t seconds;
	uint64_t minutes;
	uint32_t hours;
	uint32_t days; /* bit 1 is the 1st */
	uint32_t months;
	uint32_t weekdays; /* bit 0 is Sunday */
	bool last_day;
	bool either; /* the day of the month or that of the week is enough */
	bool flows;  /* a wall time that comes twice is taken twice */
	bool fills;  /* what a gap skips is made up for behind it */
};

/* job_schedule.invalid_cron. */
cairn_status cairn__cron_parse(cairn_str text, struct cairn__cron *cron, cairn_error *err);

/* The first time of the expression after `after`, in seconds since 1970; false: not before 10000. */
bool cairn__cron_next(const struct cairn__cron *cron, const struct cairn__zone *zone, int64_t after,
		      int64_t *next);

#endif
