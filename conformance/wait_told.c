/*
 * wait_told.c - whatever makes a job due tells those who wait for its queue, whoever does it and by
 * which verb. (what is told when, and to how many: wait_wake.c)
 *
 * A wait looks by itself, too, after 2, 4, 8 … 256 ms, each a quarter longer or shorter, counted from
 * the moment from which it could be told: these looks are over 0.64 s later, and the next is not before
 * 0.77 s. A job that becomes due between those two and is reported within TOLD was told.
 */
#include "ct.h"

#define LONG	(20 * CAIRN_SECOND)
#define SETTLED (680 * CAIRN_MILLISECOND)
#define TOLD	(50 * CAIRN_MILLISECOND)
/* The machine may be busy. */
#define TRIES  4
#define MAKERS 4

/* One way for a job to become due: prepared before anybody waits, done while somebody does. */
struct maker {
	const char *name;
	void (*prepare)(cairn_conn *conn, struct maker *maker);
	void (*make)(cairn_conn *conn, struct maker *maker);
	cairn_str queue; /* in which somebody waits */
	cairn_lease lease;
	cairn_id id;
	cairn_usec due;
	cairn_usec told;
};

static cairn_job_new job_in(cairn_str queue)
{
	cairn_job_new job = ct_new("t");
	job.queue = queue;
	return job;
}

static void take(cairn_conn *conn, struct maker *maker)
{
	cairn_job_new job = job_in(maker->queue);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	maker->id = ct_add(conn, &job);
	opts.queue = job.queue;
	opts.prestart = 1;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	maker->lease = cairn_job_lease(&jobs->at[0]);
}

static void end_dead(cairn_conn *conn, struct maker *maker)
{
	take(conn, maker);
	ct_finish(conn, ct_failure(maker->lease, CAIRN_FINISH_TERMINAL, "a.code"));
}

static void end_well(cairn_conn *conn, struct maker *maker)
{
	take(conn, maker);
	ct_finish(conn, ct_success(maker->lease));
}

static void add_for_later(cairn_conn *conn, struct maker *maker)
{
	cairn_job_new job = job_in(maker->queue);
	job.run_at = ct_now() + 365 * CAIRN_DAY;
	maker->id = ct_add(conn, &job);
}

/* What is due later is told by nobody when its time comes. */
static void look_after(cairn_conn *conn, struct maker *maker)
{
	cairn_upkeep_report report = { .size = sizeof report };
	(void)maker;
	ct_advance(365 * CAIRN_DAY);
	ct_ok(cairn_job_upkeep(conn, NULL, &report, ct_err()));
	ct_int(report.unparked, 1);
}

/* ---- enqueueing --------------------------------------------------------------------- */

static void add_one(cairn_conn *conn, struct maker *maker)
{
	cairn_job_new job = job_in(maker->queue);
	ct_add(conn, &job);
}

static void add_keyed(cairn_conn *conn, struct maker *maker)
{
	cairn_job_new job = job_in(maker->queue);
	job.key = maker->queue;
	ct_add(conn, &job);
}

static void add_batch(cairn_conn *conn, struct maker *maker)
{
	cairn_job_new jobs[3] = { job_in(maker->queue), job_in(maker->queue),
				  job_in(maker->queue) };
	ct_ok(cairn_job_enqueue(conn, jobs, 3, NULL, ct_err()));
}

static void add_mixed(cairn_conn *conn, struct maker *maker)
{
	cairn_job_new jobs[3] = { job_in(CAIRN_STR("nobody")), job_in(CAIRN_STR("nowhere")),
				  job_in(maker->queue) };
	jobs[1].tenant = CAIRN_STR("x");
	ct_ok(cairn_job_enqueue(conn, jobs, 3, NULL, ct_err()));
}

static void in_transaction(cairn_conn *conn, struct maker *maker)
{
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	add_one(conn, maker);
	ct_ok(cairn_commit(&tx, ct_err()));
}

static void in_the_applications(cairn_conn *conn, struct maker *maker)
{
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN), 0);
	add_one(conn, maker);
	add_one(conn, maker);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
}

/* ---- workers ------------------------------------------------------------------------ */

static void retry(cairn_conn *conn, struct maker *maker)
{
	ct_finish(conn, ct_failure(maker->lease, CAIRN_FINISH_RETRYABLE, "a.code"));
	ct_advance(CAIRN_MILLISECOND);
}

static void go_on(cairn_conn *conn, struct maker *maker)
{
	ct_finish(conn, ct_again(maker->lease, CAIRN_FINISH_CONTINUE, 0));
}

static void snooze(cairn_conn *conn, struct maker *maker)
{
	ct_finish(conn, ct_again(maker->lease, CAIRN_FINISH_SNOOZE, 0));
}

static void release(cairn_conn *conn, struct maker *maker)
{
	ct_finish(conn, ct_again(maker->lease, CAIRN_FINISH_RELEASE, 0));
}

/* ---- operators ---------------------------------------------------------------------- */

static void requeue(cairn_conn *conn, struct maker *maker)
{
	ct_told(ct_requeue(conn, ct_seen(conn, maker->id)), CAIRN_OK, NULL);
}

static void requeue_by_filter(cairn_conn *conn, struct maker *maker)
{
	cairn_job_filter filter = { .size = sizeof(filter),
				    .scope = cairn_any(),
				    .queue = maker->queue };
	cairn_swept *swept = NULL;
	ct_ok(cairn_job_requeue_where(conn, &filter, 0, CAIRN_STR("mended"), &swept, ct_err()));
	ct_later(swept);
	ct_int(swept->count, 1);
}

static void run_again(cairn_conn *conn, struct maker *maker)
{
	cairn_rerun item = { .source = maker->id,
			     .run_number = 1,
			     .key = CAIRN_STR("again"),
			     .reason = CAIRN_STR("bad input") };
	ct_ok(cairn_job_replay(conn, cairn_any(), &item, 1, NULL, ct_err()));
}

static void make_due(cairn_conn *conn, struct maker *maker)
{
	cairn_job_patch patch = { .id = maker->id, .set = CAIRN_JOB_RUN_AT, .run_at = ct_now() };
	ct_ok(cairn_job_edit(conn, cairn_any(), &patch, 1, NULL, ct_err()));
}

static void pause_and_add(cairn_conn *conn, struct maker *maker)
{
	ct_pause(conn, maker->queue.ptr);
	add_one(conn, maker);
}

static void resume(cairn_conn *conn, struct maker *maker)
{
	ct_true(ct_resume(conn, maker->queue.ptr));
}

/* ---- upkeep ------------------------------------------------------------------------- */

/* Advancing the clock makes nothing due: neither the lease nor the schedule is a waiting job. */
static void reap(cairn_conn *conn, struct maker *maker)
{
	(void)maker;
	ct_advance(CAIRN_LEASE_DEFAULT + 1);
	ct_reap(conn, 1);
}

static void schedule(cairn_conn *conn, struct maker *maker)
{
	cairn_schedule one = ct_schedule("s", "t");
	one.queue = maker->queue;
	one.next_fire_at = ct_now() + CAIRN_HOUR;
	ct_put(conn, one);
}

static void fire(cairn_conn *conn, struct maker *maker)
{
	(void)maker;
	ct_advance(CAIRN_HOUR);
	ct_fire_one(conn, CAIRN_FIRED);
}

static void record(cairn_conn *conn, struct maker *maker)
{
	cairn_job_new request = job_in(maker->queue);
	request.key = maker->queue;
	ct_ok(cairn_intent_record(conn, &request, 1, NULL, ct_err()));
}

static void promote(cairn_conn *conn, struct maker *maker)
{
	(void)maker;
	ct_int(ct_promote(conn, 0)->inserted, 1);
}

/* ---- somebody waits for each ----------------------------------------------------------- */

struct makers {
	struct maker *at;
	size_t n;
};

static void wait_for(cairn_conn *conn, struct maker *maker)
{
	const cairn_str queues[] = { CAIRN_STR("elsewhere"), maker->queue };
	cairn_wait_opts opts = {
		.size = sizeof(opts), .queues = queues, .queue_count = 2, .timeout = LONG
	};
	int ready = 0;
	ct_ok(cairn_job_wait(conn, &opts, &ready, ct_err()));
	maker->told = ct_ticks();
	ct_int(ready, 1);
}

/* The first makes the jobs due, the others wait for one each. */
static void make_or_wait(cairn_conn *conn, unsigned number, void *arg)
{
	struct makers *makers = arg;
	if (number > 0) {
		wait_for(conn, &makers->at[number - 1]);
		return;
	}
	ct_nap(SETTLED);
	for (size_t i = 0; i < makers->n; i++) {
		makers->at[i].make(conn, &makers->at[i]);
		makers->at[i].due = ct_ticks();
	}
}

/* Each of them is told in time, in one of a few tries. */
static void all_told(struct maker *at, size_t n)
{
	cairn_conn *conn = ct_open();
	struct makers makers = { .at = at, .n = n };
	unsigned late = (1u << n) - 1;
	ct_define_retry(conn, "t", 100, CAIRN_MILLISECOND);
	for (int try = 0; try < TRIES && late; try++) {
		for (size_t i = 0; i < n; i++) {
			at[i].queue = cairn_str_of(ct_format("%s %d", at[i].name, try));
			if (at[i].prepare)
				at[i].prepare(conn, &at[i]);
		}
		ct_race((unsigned)n + 1, make_or_wait, &makers);
		for (size_t i = 0; i < n; i++) {
			ct_note("%s: told after %lld us", at[i].name,
				(long long)(at[i].told - at[i].due));
			if (at[i].told - at[i].due <= TOLD)
				late &= ~(1u << i);
		}
	}
	ct_int(late, 0);
}

static void by_an_enqueue(void)
{
	struct maker makers[] = { { .name = "one", .make = add_one },
				  { .name = "keyed", .make = add_keyed },
				  { .name = "batch", .make = add_batch },
				  { .name = "mixed", .make = add_mixed } };
	all_told(makers, 4);
}

static void by_a_worker(void)
{
	struct maker makers[] = { { .name = "retry", .prepare = take, .make = retry },
				  { .name = "continue", .prepare = take, .make = go_on },
				  { .name = "snooze", .prepare = take, .make = snooze },
				  { .name = "release", .prepare = take, .make = release } };
	all_told(makers, 4);
}

static void by_an_operator(void)
{
	struct maker makers[] = {
		{ .name = "requeue", .prepare = end_dead, .make = requeue },
		{ .name = "filter", .prepare = end_dead, .make = requeue_by_filter },
		{ .name = "replay", .prepare = end_well, .make = run_again },
		{ .name = "edit", .prepare = add_for_later, .make = make_due }
	};
	all_told(makers, 4);
}

static void by_a_commit(void)
{
	struct maker maker = { .name = "tx", .make = in_transaction };
	all_told(&maker, 1);
}

static void by_the_applications_commit(void)
{
	struct maker maker = { .name = "app", .make = in_the_applications };
	all_told(&maker, 1);
}

static void by_a_reaper(void)
{
	struct maker maker = { .name = "reap", .prepare = take, .make = reap };
	all_told(&maker, 1);
}

static void by_a_schedule(void)
{
	struct maker maker = { .name = "fire", .prepare = schedule, .make = fire };
	all_told(&maker, 1);
}

static void by_a_promotion(void)
{
	struct maker maker = { .name = "promote", .prepare = record, .make = promote };
	all_told(&maker, 1);
}

static void by_upkeep(void)
{
	struct maker maker = { .name = "parked", .prepare = add_for_later, .make = look_after };
	all_told(&maker, 1);
}

static void by_a_resumption(void)
{
	struct maker maker = { .name = "resume", .prepare = pause_and_add, .make = resume };
	all_told(&maker, 1);
}

#define TELLS .kind = CT_RACE, .caps = CAIRN_CAP_WAKE

static const ct_case cases[] = {
	{ .name = "wait.an_enqueue_wakes",
	  TELLS,
	  .store = CT_JOBS,
	  .rule = "Whoever waits is told of an enqueue by another session: one job, a keyed one, "
		  "a batch, a batch for several queues.",
	  .covers = "wake-2",
	  .run = by_an_enqueue },
	{ .name = "wait.a_job_given_back_wakes",
	  TELLS,
	  .store = CT_JOBS,
	  .rule = "… and of a retry without delay, a continuation, a snooze and a release.",
	  .covers = "wake-2",
	  .run = by_a_worker },
	{ .name = "wait.an_operator_wakes",
	  TELLS,
	  .store = CT_JOBS,
	  .rule = "… and of a requeue, by id or by filter, a replay, and a job for later that is "
		  "edited to be due.",
	  .covers = "wake-2",
	  .run = by_an_operator },
	{ .name = "wait.a_commit_wakes",
	  TELLS,
	  .store = CT_JOBS,
	  .rule = "… and of what was enqueued inside a transaction, when that commits.",
	  .covers = "wake-2, wake-3",
	  .run = by_a_commit },
	{ .name = "wait.the_applications_commit_wakes",
	  TELLS,
	  .store = CT_JOBS,
	  .needs = CT_NEED_APP,
	  .rule = "… whoever commits it.",
	  .covers = "wake-2, wake-3",
	  .run = by_the_applications_commit },
	{ .name = "wait.a_reaper_wakes",
	  TELLS,
	  .store = CT_JOBS,
	  .rule = "… and of a job that a reaper takes back.",
	  .covers = "wake-2",
	  .run = by_a_reaper },
	{ .name = "wait.a_schedule_wakes",
	  TELLS,
	  .store = CT_SCHEDULES,
	  .rule = "… and of a job that a scheduler makes.",
	  .covers = "wake-2",
	  .run = by_a_schedule },
	{ .name = "wait.a_promotion_wakes",
	  TELLS,
	  .store = CT_INTENTS,
	  .rule = "… and of a job that an intent becomes.",
	  .covers = "wake-2",
	  .run = by_a_promotion },
	{ .name = "wait.upkeep_wakes",
	  TELLS,
	  .rule = "… and of a job whose time has come, when upkeep puts it in line.",
	  .run = by_upkeep },
	{ .name = "wait.resuming_a_queue_wakes",
	  TELLS,
	  .store = CT_QUEUES,
	  .rule = "… and of the jobs of a paused queue, when it is resumed.",
	  .covers = "wake-2",
	  .run = by_a_resumption },
};

CT_GROUP(wait_told, cases);
