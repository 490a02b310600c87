/* schedule.h - what the files of `cairn schedule` share. */
#ifndef CLI_SCHEDULE_H
#define CLI_SCHEDULE_H

#include "cli.h"

struct schedule_args {
	const char *type;
	const char *cron;
	const char *zone;
	const char *queue;
	const char *owner;
	const char *payload;
	const char *misfire;
	const char *overlap;
	const char *contains;
	cairn_usec jitter;
	cairn_usec grace;
	int32_t catch_up;
	uint32_t limit;
	cairn_time at;
	cairn_time from;
	bool active;
	bool inactive;
	bool due;
	bool seen_jitter;
};

/* A schedule as JSON, a line. */
void schedule_json(const cairn_schedule *row);

int schedule_list(const struct cli *cli, const struct schedule_args *args, cairn_conn *conn);
int schedule_show(const struct cli *cli, cairn_conn *conn, const char *name);
int schedule_fire(const struct cli *cli, const struct schedule_args *args, cairn_conn *conn);
/* Needs no database. */
int schedule_next(const struct cli *cli, const struct schedule_args *args, const char *cron);

#endif
