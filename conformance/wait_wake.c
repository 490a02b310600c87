/*
 * wait_wake.c - when those who wait are told, how many of them, and what happens when nobody tells
 * them. (by what: wait_told.c)
 */
#include <stdatomic.h>

#include "ct.h"

#define LONG (20 * CAIRN_SECOND)

/* Between two looks that are far apart, and less than the way to the second one. (wait_told.c) */
#define SETTLED (680 * CAIRN_MILLISECOND)
#define TOLD	(50 * CAIRN_MILLISECOND)
/* Without being told. */
#define LOOKED (3 * CAIRN_SECOND)
#define TRIES  4

struct waiter {
	ct_session *session;
	const char *queue;
	cairn_usec timeout;
	cairn_usec ended;
	int ready;
};

static void wait_now(cairn_conn *conn, void *arg)
{
	struct waiter *waiter = arg;
	const cairn_str names[] = { CAIRN_STR("elsewhere"), cairn_str_of(waiter->queue) };
	cairn_wait_opts opts = {
		.size = sizeof(opts), .queues = names, .queue_count = 2, .timeout = waiter->timeout
	};
	ct_ok(cairn_job_wait(conn, &opts, &waiter->ready, ct_err()));
	waiter->ended = ct_ticks();
}

static void start(struct waiter *waiter, const char *queue)
{
	waiter->queue = queue;
	waiter->timeout = waiter->timeout ? waiter->timeout : LONG;
	waiter->ready = -1;
	waiter->ended = 0;
	if (!waiter->session)
		waiter->session = ct_session_new(queue);
	ct_true(!ct_start(waiter->session, wait_now, waiter));
}

/* How long after `since` it returned with work. */
static cairn_usec until_ready(struct waiter *waiter, cairn_usec since)
{
	ct_join(waiter->session);
	ct_int(waiter->ready, 1);
	return waiter->ended - since;
}

static cairn_job_new job_in(const char *queue)
{
	cairn_job_new job = ct_new("t");
	job.queue = cairn_str_of(queue);
	return job;
}

static void add_to(cairn_conn *conn, const char *queue)
{
	cairn_job_new job = job_in(queue);
	ct_add(conn, &job);
}

/* ---- transactions --------------------------------------------------------------------- */

static void not_before_the_commit(void)
{
	cairn_conn *conn = ct_open();
	struct waiter waiter = { .session = NULL };
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	start(&waiter, "q");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	add_to(conn, "q");
	ct_nap(200 * CAIRN_MILLISECOND);
	ct_int(waiter.ended, 0);
	cairn_usec began = ct_ticks();
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_true(until_ready(&waiter, began) < LOOKED);
}

static void not_by_a_rollback(void)
{
	cairn_conn *conn = ct_open();
	struct waiter waiter = { .timeout = 700 * CAIRN_MILLISECOND };
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	start(&waiter, "q");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	add_to(conn, "q");
	cairn_rollback(&tx);
	ct_join(waiter.session);
	ct_int(waiter.ready, 0);
}

static void add_three(cairn_conn *conn, const char *queue)
{
	cairn_job_new jobs[3] = { job_in(queue), job_in(queue), job_in(queue) };
	ct_ok(cairn_job_enqueue(conn, jobs, 3, NULL, ct_err()));
}

static void not_by_others(void)
{
	cairn_conn *conn = ct_open();
	struct waiter waiter = { .timeout = 700 * CAIRN_MILLISECOND };
	ct_define(conn, "t");
	start(&waiter, "q");
	add_to(conn, "other");
	add_three(conn, "other");
	ct_join(waiter.session);
	ct_int(waiter.ready, 0);
}

/* ---- how many ---------------------------------------------------------------------------- */

/* What is claimed at once is left for nobody else. */
static void wait_and_claim(cairn_conn *conn, void *arg)
{
	struct waiter *waiter = arg;
	wait_now(conn, waiter);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	opts.queue = CAIRN_STR("q");
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	waiter->ready = jobs->count == 1;
	cairn_free(jobs);
}

static void several_and_one_job(void)
{
	cairn_conn *conn = ct_open();
	struct waiter waiters[4];
	int served = 0;
	ct_define(conn, "t");
	for (size_t i = 0; i < 4; i++) {
		waiters[i] = (struct waiter){ .queue = "q", .timeout = 2 * CAIRN_SECOND };
		waiters[i].session = ct_session_new("waiter");
		ct_true(!ct_start(waiters[i].session, wait_and_claim, &waiters[i]));
	}
	add_to(conn, "q");
	for (size_t i = 0; i < 4; i++) {
		ct_join(waiters[i].session);
		served += waiters[i].ready;
	}
	ct_int(served, 1);
}

struct crowd {
	const char *queue;
	cairn_usec due;
	cairn_usec told[3];
};

static void add_or_wait(cairn_conn *conn, unsigned number, void *arg)
{
	struct crowd *crowd = arg;
	struct waiter waiter = { .queue = crowd->queue, .timeout = LONG };
	if (number == 3) {
		ct_nap(SETTLED);
		add_three(conn, crowd->queue);
		crowd->due = ct_ticks();
		return;
	}
	wait_now(conn, &waiter);
	ct_int(waiter.ready, 1);
	crowd->told[number] = waiter.ended;
}

static void as_many_as_there_are_jobs(void)
{
	cairn_conn *conn = ct_open();
	bool late = true;
	ct_define(conn, "t");
	for (int try = 0; try < TRIES && late; try++) {
		struct crowd crowd = { .queue = ct_format("q%d", try) };
		late = false;
		ct_race(4, add_or_wait, &crowd);
		for (size_t i = 0; i < 3; i++)
			late |= crowd.told[i] - crowd.due > TOLD;
	}
	ct_true(!late);
}

/* ---- the database's clock ------------------------------------------------------------------ */

static cairn_conn *open_without_clock(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.clock = NULL;
	return ct_open_with(&opts);
}

/* How long after its time a job for later is reported; one that is reported too early fails. */
static cairn_usec lateness(cairn_conn *conn, struct waiter *waiter, bool before)
{
	cairn_job_new job = job_in(ct_format("q%u", ct_number()));
	cairn_time now;
	if (!before)
		start(waiter, job.queue.ptr);
	ct_ok(cairn_now(conn, &now, ct_err()));
	job.run_at = now + SETTLED;
	ct_add(conn, &job);
	cairn_usec due = ct_ticks() + (job.run_at - now);
	if (before)
		start(waiter, job.queue.ptr);
	cairn_usec late = until_ready(waiter, due);
	ct_ok(cairn_now(conn, &now, ct_err()));
	ct_true(now >= job.run_at);
	return late;
}

static void when_it_is_due(void)
{
	cairn_conn *conn = open_without_clock();
	struct waiter waiter = { .session = ct_session_over("waiter", open_without_clock()) };
	ct_define(conn, "t");
	cairn_usec late = LONG;
	for (int i = 0; i < TRIES && late > TOLD; i++)
		late = lateness(conn, &waiter, true);
	ct_true(late <= TOLD);
	/* one that comes up meanwhile */
	late = LONG;
	for (int i = 0; i < TRIES && late > TOLD; i++)
		late = lateness(conn, &waiter, false);
	ct_true(late < LOOKED);
}

/* ---- by looking ------------------------------------------------------------------------------ */

static void told_or_not(void)
{
	cairn_conn *conn = ct_open();
	struct waiter waiter = { .session = NULL };
	ct_define(conn, "t");
	start(&waiter, "q");
	ct_nap(SETTLED);
	cairn_usec began = ct_ticks();
	add_to(conn, "q");
	ct_true(until_ready(&waiter, began) < LOOKED);
}

static void without_its_ear(void)
{
	cairn_conn *conn = ct_open();
	struct waiter waiter = { .session = NULL };
	ct_define(conn, "t");
	start(&waiter, "q");
	ct_int(ct_subject()->deafen(ct_url()), 0);
	cairn_usec began = ct_ticks();
	add_to(conn, "q");
	ct_true(until_ready(&waiter, began) < LOOKED);
	/* and it hears again */
	start(&waiter, "r");
	ct_nap(SETTLED);
	began = ct_ticks();
	add_to(conn, "r");
	ct_true(until_ready(&waiter, began) < LOOKED);
}

static void a_caps_word(void)
{
	cairn_conn *conn = ct_open();
	ct_int(cairn_conn_caps(conn) & CAIRN_CAP_WAKE, ct_has(CAIRN_CAP_WAKE) ? CAIRN_CAP_WAKE : 0);
}

/* ---- many -------------------------------------------------------------------------------------- */

#define RACE_JOBS 60

struct traffic {
	atomic_int claimed;
};

static void produce(cairn_conn *conn)
{
	cairn_job_new job = job_in("q");
	for (int i = 0; i < RACE_JOBS / 2; i++) {
		if (ct_random(3) == 0)
			ct_nap((cairn_usec)ct_random(30000));
		ct_add(conn, &job);
	}
}

static void consume(cairn_conn *conn, struct traffic *traffic)
{
	struct waiter waiter = { .queue = "q", .timeout = CAIRN_SECOND };
	for (int idle = 0; atomic_load(&traffic->claimed) < RACE_JOBS && idle < 10; idle++) {
		wait_now(conn, &waiter);
		cairn_claim_opts opts = ct_claim_opts("w", 2);
		cairn_jobs *jobs = NULL;
		opts.queue = CAIRN_STR("q");
		ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
		atomic_fetch_add(&traffic->claimed, (int)jobs->count);
		if (jobs->count > 0)
			idle = 0;
		cairn_free(jobs);
	}
}

static void produce_or_consume(cairn_conn *conn, unsigned number, void *arg)
{
	if (number < 2)
		produce(conn);
	else
		consume(conn, arg);
}

static void nothing_is_missed(void)
{
	cairn_conn *conn = ct_open();
	struct traffic traffic = { 0 };
	ct_define(conn, "t");
	cairn_usec began = ct_ticks();
	ct_race(5, produce_or_consume, &traffic);
	ct_int(atomic_load(&traffic.claimed), RACE_JOBS);
	ct_true(ct_ticks() - began < LONG);
}

#define TELLS .kind = CT_INTERLEAVE, .store = CT_JOBS, .caps = CAIRN_CAP_WAKE

static const ct_case cases[] = {
	{ .name = "wait.as_many_as_there_are_jobs_are_told",
	  TELLS,
	  .rule = "A batch of n jobs wakes n of those who wait.",
	  .covers = "wake-4",
	  .run = as_many_as_there_are_jobs },
	{ .name = "wait.a_job_for_later_wakes_when_it_is_due",
	  TELLS,
	  .rule = "A wait returns when the next job for later becomes due, and not before.",
	  .covers = "wake-5",
	  .run = when_it_is_due },
	{ .name = "wait.an_open_transaction_wakes_nobody",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "What is not committed is no work; after the commit it is.",
	  .covers = "wake-3",
	  .run = not_before_the_commit },
	{ .name = "wait.a_rollback_wakes_nobody",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "A wait during which everything was rolled back ends without work.",
	  .covers = "wake-3",
	  .run = not_by_a_rollback },
	{ .name = "wait.other_queues_wake_nobody",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "A wait during which other queues got work ends without work.",
	  .covers = "wake-2",
	  .run = not_by_others },
	{ .name = "wait.one_job_for_several_who_wait",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "Of several who wait for one job at least one returns in time to claim it, "
		  "and one gets it.",
	  .covers = "wake-4",
	  .run = several_and_one_job },
	{ .name = "wait.finds_work_by_looking",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "Told or not, a wait finds new work within a second or two.",
	  .covers = "wake-6",
	  .run = told_or_not },
	{ .name = "wait.goes_on_without_being_told",
	  .kind = CT_FAULT,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_WAKE,
	  .needs = CT_NEED_DEAFEN,
	  .rule = "When the session by which it is told is lost, a wait looks by itself, and "
		  "later ones are told again.",
	  .covers = "wake-6",
	  .run = without_its_ear },
	{ .name = "wait.a_connection_says_whether_it_is_told",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "cairn_conn_caps has CAIRN_CAP_WAKE exactly where connections are told.",
	  .covers = "wake-6",
	  .run = a_caps_word },
	{ .name = "wait.nothing_is_missed",
	  .kind = CT_RACE,
	  .store = CT_JOBS,
	  .rule = "Some enqueue and some wait and claim: every job is claimed soon.",
	  .covers = "wake-6",
	  .run = nothing_is_missed },
};

CT_GROUP(wait_wake, cases);
