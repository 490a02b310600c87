/* schedule_policies.c - what becomes of times that passed, and of jobs that still run. */
#include "ct.h"

static cairn_schedule hourly(const char *name)
{
	cairn_schedule one = ct_schedule(name, "t");
	one.cron = CAIRN_STR("0 * * * *");
	one.next_fire_at = ct_at("2031-05-05T10:00:00Z");
	return one;
}

/* "FIRED 10:00, MISSED 11:00": what a report says, with the times of its cursors. */
static void reports(const cairn_fire_report *report, const char *want)
{
	const char *got = "";
	for (size_t i = 0; i < report->count; i++) {
		char when[CAIRN_TIME_TEXT];
		cairn_time_format(report->at[i].scheduled_for, when);
		got = ct_format("%s%s%s %.5s", got, i ? ", " : "",
				cairn_fired_text(report->at[i].what), when + 11);
		ct_int(cairn_id_is_none(report->at[i].job), report->at[i].what != CAIRN_FIRED);
	}
	ct_text(got, want);
}

static cairn_time cursor(cairn_conn *conn, const char *name)
{
	return ct_stored(conn, name)->next_fire_at;
}

/* ---- SKIP ------------------------------------------------------------------------------- */

static void skip(void)
{
	cairn_conn *conn = ct_open();
	cairn_schedule one = hourly("s");
	one.misfire = CAIRN_MISFIRE_SKIP;
	ct_define(conn, "t");
	ct_put(conn, one);
	ct_set_now(one.next_fire_at + CAIRN_MINUTE);
	reports(ct_fire(conn), "FIRED 10:00");
	ct_set_now(ct_at("2031-05-05T11:01:00.000001Z"));
	reports(ct_fire(conn), "MISSED 11:00");
	const cairn_schedule *is = ct_stored(conn, "s");
	ct_int(is->next_fire_at, ct_at("2031-05-05T12:00:00Z"));
	ct_int(is->last_fire_at, ct_at("2031-05-05T10:01:00Z"));
	ct_str(is->last_error, NULL);
	ct_int(ct_count_jobs(conn, 0), 1);
	cairn_fire_opts opts = { .size = sizeof(opts), .grace = CAIRN_HOUR };
	cairn_fire_report *report = NULL;
	ct_set_now(ct_at("2031-05-05T12:59:00Z"));
	ct_ok(cairn_schedule_fire(conn, &opts, &report, ct_err()));
	ct_later(report);
	reports(report, "FIRED 12:00");
}

/* ---- CATCH_UP ----------------------------------------------------------------------------- */

static void catch_up_all(void)
{
	cairn_conn *conn = ct_open();
	cairn_schedule one = hourly("s");
	one.misfire = CAIRN_MISFIRE_CATCH_UP;
	ct_define(conn, "t");
	ct_put(conn, one);
	ct_set_now(ct_at("2031-05-05T12:59:00Z"));
	const cairn_fire_report *report = ct_fire(conn);
	reports(report, "FIRED 10:00, FIRED 11:00, FIRED 12:00");
	for (size_t i = 0; i < 3; i++) {
		char when[CAIRN_TIME_TEXT];
		cairn_time_format(report->at[i].scheduled_for, when);
		const cairn_job *job = ct_job(conn, report->at[i].job);
		ct_true(strstr(job->payload.ptr, when) != NULL);
		ct_int(job->created_at, ct_now());
	}
	ct_int(cursor(conn, "s"), ct_at("2031-05-05T13:00:00Z"));
	ct_int(ct_fire(conn)->count, 0);
	ct_int(ct_count_jobs(conn, 0), 3);
}

static void catch_up_latest(void)
{
	cairn_conn *conn = ct_open();
	cairn_schedule one = hourly("s");
	one.misfire = CAIRN_MISFIRE_CATCH_UP;
	one.catch_up = 3;
	ct_define(conn, "t");
	ct_put(conn, one);
	ct_set_now(ct_at("2031-05-05T19:30:00Z"));
	reports(ct_fire(conn), "MISSED 10:00, FIRED 17:00, FIRED 18:00, FIRED 19:00");
	ct_int(cursor(conn, "s"), ct_at("2031-05-05T20:00:00Z"));
	/* exactly as many as it may */
	ct_set_now(ct_at("2031-05-05T22:00:00Z"));
	reports(ct_fire(conn), "FIRED 20:00, FIRED 21:00, FIRED 22:00");
	ct_set_now(ct_at("2031-05-06T02:00:00Z"));
	reports(ct_fire(conn), "MISSED 23:00, FIRED 00:00, FIRED 01:00, FIRED 02:00");
	ct_int(ct_count_jobs(conn, 0), 9);
}

static void catch_up_one(void)
{
	cairn_conn *conn = ct_open();
	cairn_schedule one = hourly("s");
	one.misfire = CAIRN_MISFIRE_CATCH_UP;
	one.catch_up = 1;
	ct_define(conn, "t");
	ct_put(conn, one);
	ct_set_now(ct_at("2031-05-05T10:59:00Z"));
	reports(ct_fire(conn), "FIRED 10:00");
	ct_set_now(ct_at("2031-05-05T14:00:00Z"));
	reports(ct_fire(conn), "MISSED 11:00, FIRED 14:00");
}

static void catch_up_with_others(void)
{
	cairn_conn *conn = ct_open();
	cairn_schedule one = hourly("often");
	cairn_fire_opts opts = { .size = sizeof(opts), .limit = 3 };
	cairn_fire_report *report = NULL;
	one.misfire = CAIRN_MISFIRE_CATCH_UP;
	ct_define(conn, "t");
	ct_put(conn, one);
	ct_put(conn, hourly("once"));
	ct_set_now(ct_at("2031-05-05T13:00:00Z"));
	/* the limit is for all rounds together, and what is left is done next time */
	ct_ok(cairn_schedule_fire(conn, &opts, &report, ct_err()));
	reports(report, "FIRED 10:00, FIRED 10:00, FIRED 11:00");
	ct_ok(cairn_schedule_fire(conn, &opts, &report, ct_err()));
	reports(report, "FIRED 12:00, FIRED 13:00");
	cairn_free(report);
	ct_int(cursor(conn, "once"), ct_at("2031-05-05T14:00:00Z"));
}

static void years_of_seconds(void)
{
	cairn_conn *conn = ct_open();
	cairn_schedule one = ct_schedule("s", "t");
	one.cron = CAIRN_STR("* * * * * *");
	one.misfire = CAIRN_MISFIRE_CATCH_UP;
	one.catch_up = 2;
	one.next_fire_at = ct_at("1990-01-01T00:00:00Z");
	ct_define(conn, "t");
	ct_put(conn, one);
	ct_set_now(ct_at("2031-05-05T10:00:00.5Z"));
	const cairn_fire_report *report = ct_fire(conn);
	ct_int(report->count, 3);
	ct_int(report->at[0].what, CAIRN_FIRE_MISSED);
	ct_int(report->at[1].scheduled_for, ct_at("2031-05-05T09:59:59Z"));
	ct_int(report->at[2].scheduled_for, ct_at("2031-05-05T10:00:00Z"));
	ct_int(cursor(conn, "s"), ct_at("2031-05-05T10:00:01Z"));
}

/* ---- overlap ------------------------------------------------------------------------------- */

static void overlap_skip(void)
{
	cairn_conn *conn = ct_open();
	cairn_schedule one = hourly("s");
	one.overlap = CAIRN_OVERLAP_SKIP;
	ct_define_retry(conn, "t", 2, CAIRN_MINUTE);
	ct_put(conn, one);
	ct_set_now(one.next_fire_at);
	reports(ct_fire(conn), "FIRED 10:00");
	cairn_id first = ct_stored(conn, "s")->last_job;
	/* it waits for a worker */
	ct_advance(CAIRN_HOUR);
	reports(ct_fire(conn), "OVERLAPS 11:00");
	const cairn_schedule *is = ct_stored(conn, "s");
	ct_id(is->last_job, first);
	ct_int(is->last_job_status, CAIRN_JOB_PENDING);
	ct_int(is->next_fire_at, ct_at("2031-05-05T12:00:00Z"));
	ct_int(is->last_fire_at, one.next_fire_at);
	/* it runs */
	ct_advance(CAIRN_HOUR);
	cairn_lease lease = ct_claim(conn, "w");
	reports(ct_fire(conn), "OVERLAPS 12:00");
	ct_int(ct_stored(conn, "s")->last_job_status, CAIRN_JOB_LEASED);
	/* it waits for its second attempt */
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x"));
	ct_advance(CAIRN_HOUR);
	reports(ct_fire(conn), "OVERLAPS 13:00");
	/* it is dead, which is finished */
	ct_finish(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_RETRYABLE, "x"));
	ct_advance(CAIRN_HOUR);
	reports(ct_fire(conn), "FIRED 14:00");
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	ct_advance(CAIRN_HOUR);
	reports(ct_fire(conn), "FIRED 15:00");
	ct_int(ct_count_jobs(conn, 0), 3);
}

static void overlap_allow(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_put(conn, hourly("s"));
	ct_set_now(ct_at("2031-05-05T10:00:00Z"));
	reports(ct_fire(conn), "FIRED 10:00");
	ct_claim(conn, "w");
	ct_advance(CAIRN_HOUR);
	reports(ct_fire(conn), "FIRED 11:00");
}

static void overlap_while_catching_up(void)
{
	cairn_conn *conn = ct_open();
	cairn_schedule one = hourly("s");
	one.overlap = CAIRN_OVERLAP_SKIP;
	one.misfire = CAIRN_MISFIRE_CATCH_UP;
	ct_define(conn, "t");
	ct_put(conn, one);
	ct_set_now(ct_at("2031-05-05T12:30:00Z"));
	reports(ct_fire(conn), "FIRED 10:00, OVERLAPS 11:00, OVERLAPS 12:00");
	ct_int(ct_count_jobs(conn, 0), 1);
}

#define VERB .kind = CT_VERB, .store = CT_SCHEDULES

static const ct_case cases[] = {
	{ .name = "schedules.misfire.skip_gives_up_what_is_late",
	  VERB,
	  .rule = "What is overdue by more than the grace makes no job; the cursor goes to the "
		  "first "
		  "time after now.",
	  .run = skip },
	{ .name = "schedules.misfire.catch_up_makes_each_job",
	  VERB,
	  .rule = "Each time that passed makes its own job in one pass, all with the same time.",
	  .run = catch_up_all },
	{ .name = "schedules.misfire.catch_up_takes_the_latest",
	  VERB,
	  .rule = "Of more than catch_up overdue times the latest remain.",
	  .run = catch_up_latest },
	{ .name = "schedules.misfire.catch_up_with_one",
	  VERB,
	  .rule = "Catching up with one makes a job of the latest time alone.",
	  .run = catch_up_one },
	{ .name = "schedules.misfire.catching_up_leaves_room_for_others",
	  VERB,
	  .rule = "A pass is bounded by its limit; others are fired before anything fires again.",
	  .run = catch_up_with_others },
	{ .name = "schedules.misfire.years_of_seconds_are_not_counted_through",
	  VERB,
	  .rule = "A schedule of every second that slept for decades catches up at once.",
	  .run = years_of_seconds },
	{ .name = "schedules.overlap.skip_waits_for_the_last_job",
	  VERB,
	  .rule = "While the last job is PENDING or LEASED no other is made; the cursor moves on.",
	  .run = overlap_skip },
	{ .name = "schedules.overlap.allow_does_not",
	  VERB,
	  .rule = "By default the last job's status does not matter.",
	  .run = overlap_allow },
	{ .name = "schedules.overlap.skip_holds_within_one_pass",
	  VERB,
	  .rule = "Catching up, the jobs of the same pass count as well.",
	  .run = overlap_while_catching_up },
};

CT_GROUP(schedule_policies, cases);
