/*
 * schedule_fire.c - one pass of a scheduler: which schedules it takes, the jobs it makes, where
 * the cursors go, and what fails. (policies: schedule_policies.c; several schedulers:
 * schedule_rivals.c)
 */
#include <stdlib.h>

#include <cairn/sys/schedule.h>

#include "ct.h"

/* ---- the job ------------------------------------------------------------------------- */

static void the_job(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition type = { .type = CAIRN_STR("t"),
				  .max_attempts = 3,
				  .timeout = CAIRN_MINUTE,
				  .priority = 7,
				  .set = CAIRN_DEFINITION_PRIORITY };
	ct_ok(cairn_job_define(conn, &type, 1, ct_err()));
	cairn_schedule one = ct_schedule("nightly \"report\"", "t");
	one.tenant = CAIRN_STR("acme");
	one.queue = CAIRN_STR("q");
	one.owner = CAIRN_STR("o");
	one.payload = CAIRN_STR("{\"a\" : [1.0]}");
	one.next_fire_at = ct_at("2031-02-03T04:05:06.789Z");
	ct_set_now(ct_at("2031-02-03T05:00:00.5Z"));
	ct_put(conn, one);
	const cairn_schedule *was = ct_stored(conn, "nightly \"report\"");
	const cairn_fired *fired = ct_fire_one(conn, CAIRN_FIRED);
	ct_str(fired->name, "nightly \"report\"");
	ct_str(fired->type, "t");
	ct_str(fired->tenant, "acme");
	ct_int(fired->scheduled_for, one.next_fire_at);
	ct_int(fired->next_fire_at, ct_at("2031-02-03T05:01:00Z"));
	ct_int(fired->code, 0);
	const cairn_job *job = ct_job(conn, fired->job);
	char id[CAIRN_ID_TEXT];
	cairn_id_format(was->id, id);
	ct_str(job->payload,
	       ct_format("{\"a\" : [1.0],\"_schedule\":{\"schedule_id\":\"%s\",\"schedule_name\":"
			 "\"nightly \\\"report\\\"\",\"scheduled_for\":"
			 "\"2031-02-03T04:05:06.789000Z\"}}",
			 id));
	ct_str(job->type, "t");
	ct_str(job->tenant, "acme");
	ct_str(job->queue, "q");
	ct_str(job->owner, "o");
	ct_str(job->stage, "scheduled");
	ct_str(job->key, NULL);
	ct_str(job->request, NULL);
	ct_int(job->status, CAIRN_JOB_PENDING);
	ct_int(job->parked, 0);
	ct_int(job->run_at, ct_now());
	ct_int(job->created_at, ct_now());
	ct_int(job->max_attempts, 3);
	ct_int(job->timeout, CAIRN_MINUTE);
	ct_int(job->priority, 7);
	ct_text(ct_timeline(conn, job->id), "ENQUEUED");
	ct_str(ct_event(conn, job->id, 0)->stage, "scheduled");
	ct_int(ct_event(conn, job->id, 0)->at, ct_now());
	const cairn_schedule *is = ct_stored(conn, "nightly \"report\"");
	ct_int(is->next_fire_at, fired->next_fire_at);
	ct_int(is->last_fire_at, ct_now());
	ct_id(is->last_job, job->id);
	ct_int(is->last_job_status, CAIRN_JOB_PENDING);
	ct_str(is->last_error, NULL);
	ct_int(is->updated_at, ct_now());
}

static void templates(void)
{
	static const struct {
		const char *template;
		const char *before;
	} all[] = {
		{ "{}", "{" },
		{ " { } ", "{ " },
		{ "\n{\"b\":{}}\n", "{\"b\":{}," },
		{ "{\"x\":\"}\"}", "{\"x\":\"}\"," },
		{ "[1, 2]", "{\"payload\":[1, 2]," },
		{ "9007199254740993", "{\"payload\":9007199254740993," },
		{ " null ", "{\"payload\":null," },
		{ "\"{\"", "{\"payload\":\"{\"," },
		{ "\"\xe2\x82\xac\"", "{\"payload\":\"\xe2\x82\xac\"," },
	};
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		cairn_schedule one = ct_schedule("s", "t");
		one.payload = cairn_str_of(all[i].template);
		ct_put(conn, one);
		cairn_str payload = ct_job(conn, ct_fire_one(conn, CAIRN_FIRED)->job)->payload;
		char *want = ct_format("%s\"_schedule\":{\"schedule_id\":", all[i].before);
		ct_text(ct_format("%.*s", (int)strlen(want), payload.ptr), want);
		ct_advance(CAIRN_MINUTE);
	}
}

static void global_job(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.events = CAIRN_EVENTS_NONE;
	cairn_conn *conn = ct_open_with(&opts);
	ct_define(conn, "t");
	ct_put(conn, ct_schedule("s", "t"));
	const cairn_job *job = ct_job(conn, ct_fire_one(conn, CAIRN_FIRED)->job);
	ct_str(job->tenant, NULL);
	ct_str(job->queue, "default");
	ct_str(job->owner, NULL);
	ct_int(ct_count_events(conn, job->id, 0), 0);
	cairn_lease lease = ct_claim(conn, "w");
	ct_id(lease.id, job->id);
	ct_finish(conn, ct_success(lease));
	ct_int(ct_stored(conn, "s")->last_job_status, CAIRN_JOB_SUCCEEDED);
}

/* ---- which, and in which order -------------------------------------------------------- */

static void due_ones(void)
{
	cairn_conn *conn = ct_open();
	static const char *const names[] = { "late", "now", "later", "off", "b", "a" };
	const cairn_usec ago[] = { CAIRN_HOUR, 0, -1, CAIRN_DAY, 5, 5 };
	ct_define(conn, "t");
	for (size_t i = 0; i < 6; i++) {
		cairn_schedule one = ct_schedule(names[i], "t");
		one.next_fire_at -= ago[i];
		one.inactive = i == 3;
		ct_put(conn, one);
	}
	cairn_fire_report *report = NULL;
	cairn_fire_opts opts = { .size = sizeof(opts), .limit = 2 };
	ct_ok(cairn_schedule_fire(conn, &opts, &report, ct_err()));
	ct_int(report->count, 2);
	ct_str(report->at[0].name, "late");
	ct_str(report->at[1].name, "a");
	ct_ok(cairn_schedule_fire(conn, &opts, &report, ct_err()));
	ct_int(report->count, 2);
	ct_str(report->at[0].name, "b");
	ct_str(report->at[1].name, "now");
	ct_ok(cairn_schedule_fire(conn, &opts, &report, ct_err()));
	ct_int(report->count, 0);
	cairn_free(report);
	ct_int(ct_count_jobs(conn, 0), 4);
	ct_advance(1);
	ct_str(ct_fire_one(conn, CAIRN_FIRED)->name, "later");
}

static void missed_ticks(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_set_now(ct_at("2031-05-05T10:00:00Z"));
	ct_put(conn, ct_schedule("s", "t"));
	ct_set_now(ct_at("2031-05-05T10:10:30Z"));
	const cairn_fired *fired = ct_fire_one(conn, CAIRN_FIRED);
	ct_int(fired->scheduled_for, ct_at("2031-05-05T10:00:00Z"));
	ct_int(fired->next_fire_at, ct_at("2031-05-05T10:11:00Z"));
	ct_int(ct_fire(conn)->count, 0);
	ct_set_now(ct_at("2031-05-05T10:11:00Z"));
	fired = ct_fire_one(conn, CAIRN_FIRED);
	ct_int(fired->scheduled_for, ct_now());
	ct_int(fired->next_fire_at, ct_at("2031-05-05T10:12:00Z"));
	ct_int(ct_count_jobs(conn, 0), 2);
}

/* An hour back: what has fired does not fire again, and what is to come waits for its time. */
static void the_clock_goes_back(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_put(conn, ct_schedule("s", "t"));
	ct_fire_one(conn, CAIRN_FIRED);
	cairn_time next = ct_stored(conn, "s")->next_fire_at;
	ct_advance(-CAIRN_HOUR);
	ct_int(ct_fire(conn)->count, 0);
	ct_int(ct_stored(conn, "s")->next_fire_at, next);
	ct_set_now(next - 1);
	ct_int(ct_fire(conn)->count, 0);
	ct_advance(1);
	ct_int(ct_fire_one(conn, CAIRN_FIRED)->scheduled_for, next);
	ct_true(ct_stored(conn, "s")->next_fire_at > next);
	ct_int(ct_count_jobs(conn, 0), 2);
}

static void changed_clocks(void)
{
	cairn_conn *conn = ct_open();
	cairn_schedule one = ct_schedule("s", "t");
	one.cron = CAIRN_STR("30 2 * * *");
	one.zone = CAIRN_STR("America/New_York");
	one.next_fire_at = 0;
	ct_define(conn, "t");
	/* 2031-03-09: clocks go from 2:00 EST, which is 7:00 UTC, to 3:00 */
	ct_set_now(ct_at("2031-03-08T12:00:00Z"));
	ct_put(conn, one);
	ct_int(ct_stored(conn, "s")->next_fire_at, ct_at("2031-03-09T07:00:00Z"));
	ct_set_now(ct_at("2031-03-09T07:00:00Z"));
	ct_int(ct_fire_one(conn, CAIRN_FIRED)->next_fire_at, ct_at("2031-03-10T06:30:00Z"));
}

/* ---- jitter ------------------------------------------------------------------------------ */

/* By long division, digit by digit: (id XOR milliseconds) mod (seconds + 1). */
static int64_t expected_jitter(cairn_id id, cairn_time when, int64_t seconds)
{
	uint64_t ms = (uint64_t)(when / 1000);
	uint64_t rest = 0;
	for (int bit = 127; bit >= 0; bit--) {
		uint64_t digit = id.bytes[15 - bit / 8] >> (bit % 8) & 1;
		if (bit < 64)
			digit ^= ms >> bit & 1;
		rest = (rest * 2 + digit) % ((uint64_t)seconds + 1);
	}
	return (int64_t)rest;
}

static void jitter(void)
{
	cairn_conn *conn = ct_open();
	int64_t shifts = 0;
	ct_define(conn, "t");
	ct_set_now(ct_at("2031-05-05T10:00:30Z"));
	for (int i = 0; i < 20; i++) {
		cairn_schedule one = ct_schedule(ct_format("s%d", i), "t");
		one.cron = CAIRN_STR("0 * * * *");
		one.jitter = 10 * CAIRN_MINUTE;
		one.next_fire_at = 0;
		ct_put(conn, one);
		const cairn_schedule *is = ct_stored(conn, one.name.ptr);
		cairn_time tick = ct_at("2031-05-05T11:00:00Z");
		int64_t by = expected_jitter(is->id, tick, 600);
		ct_int(is->next_fire_at, tick + by * CAIRN_SECOND);
		ct_true(by >= 0 && by <= 600);
		shifts += by > 0;
	}
	ct_true(shifts > 0);
	ct_set_now(ct_at("2031-05-05T11:20:00Z"));
	const cairn_fire_report *report = ct_fire(conn);
	ct_int(report->count, 20);
	for (size_t i = 0; i < 20; i++) {
		const cairn_fired *fired = &report->at[i];
		cairn_time tick = ct_at("2031-05-05T12:00:00Z");
		const cairn_schedule *is = ct_stored(conn, fired->name.ptr);
		int64_t by = expected_jitter(is->id, tick, 600);
		ct_int(fired->next_fire_at, tick + by * CAIRN_SECOND);
		ct_int(is->next_fire_at, fired->next_fire_at);
	}
}

static void no_jitter(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_set_now(ct_at("2031-05-05T10:00:30Z"));
	for (int i = 0; i < 5; i++) {
		cairn_schedule one = ct_schedule(ct_format("s%d", i), "t");
		one.jitter = i % 2 == 0 ? 0 : CAIRN_SECOND - 1;
		one.next_fire_at = 0;
		ct_put(conn, one);
		ct_int(ct_stored(conn, one.name.ptr)->next_fire_at, ct_at("2031-05-05T10:01:00Z"));
	}
}

/* ---- failures ------------------------------------------------------------------------------ */

static const cairn_schedule_ops *real;

/* As if the definition of what is called "broken" had gone in between. */
static cairn_status fire_without_definition(void *self, const cairn_schedule_fire_plan *plan,
					    enum cairn_schedule_fate *each, cairn_error *err)
{
	cairn_schedule_fire_plan mine = *plan;
	cairn_schedule_step *steps = ct_alloc(plan->n * sizeof(*steps));
	for (size_t i = 0; i < plan->n; i++) {
		steps[i] = plan->steps[i];
		if (!steps[i].job || !cairn_str_is(steps[i].job->type, "broken"))
			continue;
		cairn_job_insert *job = ct_alloc(sizeof(*job));
		*job = *steps[i].job;
		job->type = CAIRN_STR("gone");
		steps[i].job = job;
	}
	mine.steps = steps;
	return real->fire(self, &mine, each, err);
}

static void missing_definition(void)
{
	static cairn_schedule_ops ops;
	static cairn_driver driver;
	cairn_conn_opts opts = ct_opts();
	driver = *ct_subject()->driver;
	real = driver.schedules;
	ops = *real;
	ops.fire = fire_without_definition;
	driver.schedules = &ops;
	cairn_conn *conn = ct_open_driver(&driver, &opts);
	ct_define(conn, "t");
	ct_define(conn, "broken");
	static const char *const names[] = { "a", "b", "c" };
	for (size_t i = 0; i < 3; i++)
		ct_put(conn, ct_schedule(names[i], i == 1 ? "broken" : "t"));
	cairn_time due = ct_now();
	const cairn_fire_report *report = ct_fire(conn);
	ct_int(report->count, 3);
	ct_int(report->at[0].what, CAIRN_FIRED);
	ct_int(report->at[2].what, CAIRN_FIRED);
	const cairn_fired *failed = &report->at[1];
	ct_int(failed->what, CAIRN_FIRE_FAILED);
	ct_text(cairn_code_text(failed->code), "job.definition_not_found_or_disabled");
	ct_true(cairn_id_is_none(failed->job));
	ct_int(failed->scheduled_for, due);
	ct_int(failed->next_fire_at, due + 30 * CAIRN_SECOND);
	const cairn_schedule *is = ct_stored(conn, "b");
	ct_int(is->next_fire_at, due + 30 * CAIRN_SECOND);
	ct_str(is->last_error, "job.definition_not_found_or_disabled");
	ct_int(is->last_fire_at, 0);
	ct_true(cairn_id_is_none(is->last_job));
	ct_int(ct_count_jobs(conn, 0), 2);
	/* tried again by a scheduler that finds it */
	cairn_conn *other = ct_open();
	ct_advance(30 * CAIRN_SECOND - 1);
	ct_int(ct_fire(other)->count, 0);
	ct_advance(1);
	ct_int(ct_fire_one(other, CAIRN_FIRED)->scheduled_for, due + 30 * CAIRN_SECOND);
	ct_str(ct_stored(other, "b")->last_error, NULL);
}

static void missing_zone(void)
{
	cairn_conn *conn = ct_open();
	cairn_schedule one = ct_schedule("abroad", "t");
	one.zone = CAIRN_STR("Europe/Berlin");
	ct_define(conn, "t");
	ct_put(conn, one);
	ct_put(conn, ct_schedule("home", "t"));
	const char *folder = getenv("TZDIR");
	char *before = folder ? ct_format("%s", folder) : NULL;
	setenv("TZDIR", "/nowhere", 1);
	const cairn_fire_report *report = ct_fire(conn);
	if (before)
		setenv("TZDIR", before, 1);
	else
		unsetenv("TZDIR");
	ct_int(report->count, 2);
	ct_str(report->at[0].name, "abroad");
	ct_int(report->at[0].what, CAIRN_FIRE_FAILED);
	ct_text(cairn_code_text(report->at[0].code), "job_schedule.invalid_zone");
	ct_int(report->at[1].what, CAIRN_FIRED);
	const cairn_schedule *is = ct_stored(conn, "abroad");
	ct_int(is->next_fire_at, ct_now() + 30 * CAIRN_SECOND);
	ct_str(is->last_error, "job_schedule.invalid_zone");
	ct_advance(30 * CAIRN_SECOND);
	ct_str(ct_fire_one(conn, CAIRN_FIRED)->name, "abroad");
	ct_str(ct_stored(conn, "abroad")->last_error, NULL);
}

/* ---- transactions and costs ------------------------------------------------------------- */

static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	ct_put(conn, ct_schedule("s", "t"));
	cairn_schedule was = *ct_stored(conn, "s");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_fire_one(conn, CAIRN_FIRED);
	ct_int(ct_fire(conn)->count, 0);
	cairn_rollback(&tx);
	ct_int(ct_count_jobs(conn, 0), 0);
	const cairn_schedule *is = ct_stored(conn, "s");
	ct_int(is->next_fire_at, was.next_fire_at);
	ct_int(is->last_fire_at, 0);
	ct_true(cairn_id_is_none(is->last_job));
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_fire_one(conn, CAIRN_FIRED);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_true(ct_stored(conn, "s")->next_fire_at > was.next_fire_at);
}

static void costs(void)
{
	cairn_conn *conn = ct_open();
	cairn_schedule list[50];
	cairn_str names[50];
	cairn_outcome each[50];
	cairn_schedules *rows = NULL;
	cairn_schedule_filter all = { .size = sizeof(all), .scope = cairn_any() };
	for (size_t i = 0; i < 50; i++) {
		list[i] = ct_schedule(ct_format("s%02u", (unsigned)i), "t");
		names[i] = list[i].name;
	}
	ct_define(conn, "t");
	ct_budget(conn);
	ct_ok(cairn_schedule_put(conn, list, 50, each, ct_err()));
	ct_spent(conn, 2, "put", 50);
	ct_ok(cairn_schedule_sync(conn, list, 10, names, 20, NULL, ct_err()));
	ct_spent(conn, 2, "sync", 20);
	ct_ok(cairn_schedule_activate(conn, cairn_any(), names, 50, 1, each, ct_err()));
	ct_spent(conn, 1, "activate", 50);
	ct_ok(cairn_schedule_retime(conn, cairn_any(), names, 50, ct_now(), each, ct_err()));
	ct_spent(conn, 1, "retime", 50);
	ct_ok(cairn_schedule_list(conn, &all, &rows, ct_err()));
	ct_spent(conn, 1, "list", 50);
	ct_ok(cairn_schedule_get(conn, cairn_any(), names[0], &rows, ct_err()));
	ct_spent(conn, 1, "get", 1);
	cairn_free(rows);
	ct_int(ct_fire(conn)->count, 50);
	ct_spent(conn, 2, "fire", 50);
	ct_int(ct_fire(conn)->count, 0);
	ct_spent(conn, 1, "fire with nothing due", 0);
}

#define VERB .kind = CT_VERB, .store = CT_SCHEDULES

static const ct_case cases[] = {
	{ .name = "schedules.fire.makes_a_job_and_moves_the_cursor",
	  VERB,
	  .rule = "The job has the schedule's type, tenant, queue and owner, stage scheduled, no "
		  "key, "
		  "runs now, and carries _schedule with the cursor it was made for; the row "
		  "remembers it.",
	  .covers = "runledger H08",
	  .run = the_job },
	{ .name = "schedules.fire.templates_are_kept_byte_for_byte",
	  VERB,
	  .rule = "An object gets one more member, everything else is wrapped; its own bytes stay.",
	  .covers = "runledger H08",
	  .run = templates },
	{ .name = "schedules.fire.global_jobs_and_silent_ones",
	  VERB,
	  .rule = "A global schedule makes global jobs; where events are off none is written; the "
		  "last job's status is its own.",
	  .run = global_job },
	{ .name = "schedules.fire.due_ones_oldest_first",
	  VERB,
	  .rule = "Only active schedules with next_fire_at <= now fire, oldest cursor first, then "
		  "by "
		  "name, at most limit.",
	  .covers = "runledger H06",
	  .run = due_ones },
	{ .name = "schedules.fire.missed_ticks_make_one_job",
	  VERB,
	  .rule = "Ten ticks that passed make one job; the next cursor is the first time after "
		  "now.",
	  .covers = "runledger H09",
	  .run = missed_ticks },
	{ .name = "schedules.fire.a_clock_that_goes_back_fires_nothing_twice",
	  VERB,
	  .rule = "When the clock jumps back cursors stay where they are: nothing fires again.",
	  .covers = "runledger CR05",
	  .run = the_clock_goes_back },
	{ .name = "schedules.fire.follows_the_clocks_of_its_zone",
	  VERB,
	  .rule = "A time that spring skips fires at the first instant behind the gap.",
	  .run = changed_clocks },
	{ .name = "schedules.fire.jitter_is_the_formula",
	  VERB,
	  .rule = "Cursors are put off by (id XOR milliseconds) mod (seconds + 1), never more than "
		  "the jitter.",
	  .covers = "runledger H11",
	  .run = jitter },
	{ .name = "schedules.fire.no_jitter_no_shift",
	  VERB,
	  .rule = "Without jitter, or with less than a second, cursors are the expression's times.",
	  .covers = "runledger H11",
	  .run = no_jitter },
	{ .name = "schedules.fire.a_missing_definition_puts_it_off",
	  VERB,
	  .rule = "A schedule whose definition is gone makes no job, is put off by 30 s, says why, "
		  "and stops no other.",
	  .covers = "runledger H10",
	  .run = missing_definition },
	{ .name = "schedules.fire.a_missing_zone_puts_it_off",
	  VERB,
	  .rule = "A schedule whose zone can't be read here is put off by 30 s and stops no other.",
	  .covers = "runledger H10",
	  .run = missing_zone },
	{ .name = "schedules.fire.commits_and_rolls_back_with_the_caller",
	  VERB,
	  .rule = "Inside a transaction job and cursor are the caller's to commit or to undo.",
	  .covers = "runledger H15",
	  .run = in_a_transaction },
	{ .name = "schedules.budget.calls_take_the_round_trips_they_promise",
	  .kind = CT_BUDGET,
	  .store = CT_SCHEDULES,
	  .rule = "Put and sync of n: 2; activate, retime, reads: 1; fire of n: 2, of none: 1.",
	  .run = costs },
};

CT_GROUP(schedule_fire, cases);
