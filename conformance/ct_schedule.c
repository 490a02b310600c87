/* ct_schedule.c - steps that cases about schedules need. */
#include "ct.h"

cairn_time ct_at(const char *text)
{
	cairn_time when = 0;
	ct_int(cairn_time_parse(cairn_str_of(text), &when), 0);
	return when;
}

cairn_schedule ct_schedule(const char *name, const char *type)
{
	return (cairn_schedule){ .name = cairn_str_of(name),
				 .type = cairn_str_of(type),
				 .cron = CAIRN_STR("* * * * *"),
				 .next_fire_at = ct_now() };
}

void ct_put(cairn_conn *conn, cairn_schedule schedule)
{
	ct_ok(cairn_schedule_put(conn, &schedule, 1, NULL, ct_err()));
}

const cairn_schedule *ct_stored(cairn_conn *conn, const char *name)
{
	cairn_schedules *found = NULL;
	ct_ok(cairn_schedule_get(conn, cairn_any(), cairn_str_of(name), &found, ct_err()));
	ct_later(found);
	ct_int(found->count, 1);
	return &found->at[0];
}

const cairn_fire_report *ct_fire(cairn_conn *conn)
{
	cairn_fire_report *report = NULL;
	ct_ok(cairn_schedule_fire(conn, NULL, &report, ct_err()));
	ct_later(report);
	return report;
}

const cairn_fired *ct_fire_one(cairn_conn *conn, enum cairn_fired_what what)
{
	const cairn_fire_report *report = ct_fire(conn);
	ct_int(report->count, 1);
	ct_text(cairn_fired_text(report->at[0].what), cairn_fired_text(what));
	return &report->at[0];
}
