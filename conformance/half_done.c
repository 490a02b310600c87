/*
 * half_done.c - calls that fail after something of them was written. They must not be told as "certainly
 * not written". The subject's own driver breaks, one slot at a time.
 */
#include <cairn/sys/job.h>
#include <cairn/sys/schedule.h>

#include "ct.h"

static struct {
	cairn_driver driver;
	cairn_job_ops jobs;
	cairn_schedule_ops schedules;
} broken;

static struct {
	cairn_job_ops jobs;
	cairn_schedule_ops schedules;
} real;

/* Calls of the broken slot that still go well. */
static unsigned good;

static void copy_table(void *to, size_t room, const void *from)
{
	size_t size;
	memcpy(&size, from, sizeof(size));
	memset(to, 0, room);
	memcpy(to, from, size < room ? size : room);
	memcpy(to, &room, sizeof(room));
}

static void learn(void)
{
	copy_table(&broken.driver, sizeof(broken.driver), ct_subject()->driver);
	copy_table(&real.jobs, sizeof(real.jobs), broken.driver.jobs);
	broken.jobs = real.jobs;
	broken.driver.jobs = &broken.jobs;
	if (broken.driver.schedules == NULL)
		return;
	copy_table(&real.schedules, sizeof(real.schedules), broken.driver.schedules);
	broken.schedules = real.schedules;
	broken.driver.schedules = &broken.schedules;
}

static cairn_conn *open_broken(void)
{
	cairn_conn_opts opts = ct_opts();
	return ct_open_driver(&broken.driver, &opts);
}

static cairn_status list(void *self, const cairn_job_query *query, cairn_rows *rows,
			 cairn_error *err)
{
	if (good == 0)
		return cairn_fail(err, CAIRN_E_DB_UNAVAILABLE);
	good--;
	return real.jobs.list(self, query, rows, err);
}

static cairn_status fire(void *self, const cairn_schedule_fire_plan *plan,
			 enum cairn_schedule_fate *each, cairn_error *err)
{
	if (good == 0)
		return cairn_fail(err, CAIRN_E_DB_UNAVAILABLE);
	good--;
	return real.schedules.fire(self, plan, each, err);
}

/* ---- claims behind items that were refused --------------------------------------------------- */

/* A lease that is over, on a connection that can't look why; one more job is due. */
static cairn_conn *with_a_lost_lease(cairn_lease *lost, cairn_id *next)
{
	learn();
	broken.jobs.list = list;
	good = 1000;
	cairn_conn *conn = open_broken();
	ct_define(conn, "t");
	ct_enqueue(conn, "t");
	*lost = ct_claim(conn, "w");
	ct_finish(conn, ct_success(*lost));
	*next = ct_enqueue(conn, "t");
	good = 0;
	return conn;
}

static void claimed_behind_ends(void)
{
	cairn_lease lost;
	cairn_id next;
	cairn_conn *conn = with_a_lost_lease(&lost, &next);
	cairn_finish end = ct_success(lost);
	cairn_changed each;
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	ct_status(cairn_job_finish(conn, &end, 1, &each, ct_err()), CAIRN_UNAVAILABLE,
		  "db.unavailable");
	ct_status(cairn_job_finish_and_claim(conn, &end, 1, &each, &opts, &jobs, ct_err()),
		  CAIRN_UNCERTAIN, "db.commit_unconfirmed");
	cairn_free(jobs);
	ct_int(ct_job(ct_open(), next)->status, CAIRN_JOB_LEASED);
}

static void claimed_behind_lines(void)
{
	cairn_lease lost;
	cairn_id next;
	cairn_conn *conn = with_a_lost_lease(&lost, &next);
	cairn_log_line line = { .lease = lost,
				.level = CAIRN_LOG_INFO,
				.message = CAIRN_STR("too late") };
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_turn turn = { .size = sizeof(turn), .lines = &line, .line_count = 1 };
	cairn_changed each;
	cairn_jobs *jobs = NULL;
	ct_status(cairn_job_turn(conn, &turn, &each, &jobs, ct_err()), CAIRN_UNAVAILABLE,
		  "db.unavailable");
	turn.claim = &opts;
	ct_status(cairn_job_turn(conn, &turn, &each, &jobs, ct_err()), CAIRN_UNCERTAIN,
		  "db.commit_unconfirmed");
	cairn_free(jobs);
	ct_int(ct_job(ct_open(), next)->status, CAIRN_JOB_LEASED);
}

/* A line that was written stands there, whatever became of the end. */
static void line_beside_an_end(void)
{
	cairn_lease lost;
	cairn_id next;
	cairn_conn *conn = with_a_lost_lease(&lost, &next);
	cairn_finish end = ct_success(lost);
	cairn_log_line line = { .lease = ct_claim(conn, "w"),
				.level = CAIRN_LOG_INFO,
				.message = CAIRN_STR("here") };
	cairn_turn turn = { .size = sizeof(turn),
			    .finishes = &end,
			    .finish_count = 1,
			    .lines = &line,
			    .line_count = 1 };
	cairn_changed each[2];
	ct_status(cairn_job_turn(conn, &turn, each, NULL, ct_err()), CAIRN_UNCERTAIN,
		  "db.commit_unconfirmed");
	ct_int(ct_logs(ct_open(), next)->count, 1);
}

/* ---- passes of several rounds ------------------------------------------------------------------ */

static void fired_before(void)
{
	cairn_fire_report *report = NULL;
	learn();
	broken.schedules.fire = fire;
	cairn_conn *conn = open_broken();
	cairn_schedule one = ct_schedule("s", "t");
	one.misfire = CAIRN_MISFIRE_CATCH_UP;
	ct_define(conn, "t");
	ct_put(conn, one);
	ct_advance(2 * CAIRN_MINUTE);
	good = 0;
	ct_status(cairn_schedule_fire(conn, NULL, &report, ct_err()), CAIRN_UNAVAILABLE,
		  "db.unavailable");
	ct_int(ct_count_jobs(conn, 0), 0);
	good = 2;
	ct_status(cairn_schedule_fire(conn, NULL, &report, ct_err()), CAIRN_UNCERTAIN,
		  "db.commit_unconfirmed");
	ct_int(ct_count_jobs(conn, 0), 2);
	good = 1000;
	ct_ok(cairn_schedule_fire(conn, NULL, &report, ct_err()));
	ct_later(report);
	ct_int(report->count, 1);
	ct_int(ct_count_jobs(conn, 0), 3);
}

static const ct_case cases[] = {
	{ .name = "jobs.finish_and_claim.a_claim_behind_ends_that_can_not_be_explained_is_"
		  "uncertain",
	  .kind = CT_FAULT,
	  .store = CT_JOBS,
	  .rule = "What was claimed is not told as certainly not written, though every end was "
		  "refused and the reading of reasons failed.",
	  .run = claimed_behind_ends },
	{ .name = "jobs.turn.a_claim_behind_lines_that_can_not_be_explained_is_uncertain",
	  .kind = CT_FAULT,
	  .store = CT_JOBS,
	  .rule = "So with lines alone; without a claim nothing was written, and the failure is "
		  "told as it is.",
	  .run = claimed_behind_lines },
	{ .name = "jobs.turn.a_line_beside_an_end_that_can_not_be_explained_is_uncertain",
	  .kind = CT_FAULT,
	  .store = CT_JOBS,
	  .rule = "So with a line that was written.",
	  .run = line_beside_an_end },
	{ .name = "schedules.fire.a_later_round_that_fails_is_uncertain",
	  .kind = CT_FAULT,
	  .store = CT_SCHEDULES,
	  .rule = "What earlier rounds of a pass fired is not told as certainly not written, and "
		  "the next pass goes on behind it.",
	  .run = fired_before },
};

CT_GROUP(half_done, cases);
