/*
 * tz.h - time zones from the IANA database's compiled files (TZif, version 2 and later).
 * No state of the process is read or changed but the variable TZDIR; any number of threads.
 */
#ifndef CAIRN_CORE_TZ_H
#define CAIRN_CORE_TZ_H

#include <stdbool.h>

#include <cairn/error.h>
#include <cairn/sys/json.h>

/* When a rule of the footer changes the clocks. */
struct cairn__tz_change {
	char form;    /* 'J': day 1..365 without leap days; 'N': day 0..365; 'M' */
	int32_t day;  /* of the year; with 'M' of the week */
	int32_t week; /* 1..5, 5 is the last */
	int32_t month;
	int32_t time; /* seconds behind midnight, wall time; may be negative or beyond a day */
};

struct cairn__zone {
	cairn_text file; /* as it was read; empty: UTC */
	const unsigned char *times;
	const unsigned char *kinds;
	const unsigned char *infos;
	size_t count; /* of times */
	size_t info_count;
	bool has_rule; /* the footer says how it goes on behind the last time */
	bool has_dst;
	int32_t standard; /* seconds east of Greenwich */
	int32_t summer;
	struct cairn__tz_change to_summer;
	struct cairn__tz_change to_standard;
};

/* A stretch of time in which the clocks are not changed; seconds since 1970. */
struct cairn__stretch {
	int64_t begin; /* INT64_MIN: always */
	int64_t end;   /* exclusive; INT64_MAX: for ever */
	int32_t offset;
	int32_t before; /* the offset until begin */
};

/*
 * Reads a zone; "UTC" needs no file. Names stay inside of the database's folder.
 * job_schedule.invalid_zone, NOMEM. file.alloc and file.alloc_user are the caller's to set; a zone
 * that could not be opened needs no closing.
 */
cairn_status cairn__zone_open(struct cairn__zone *zone, cairn_str name, cairn_error *err);
void cairn__zone_close(struct cairn__zone *zone);

/* The stretch that a time lies in. */
struct cairn__stretch cairn__zone_stretch(const struct cairn__zone *zone, int64_t when);

#endif
