/*
 * wait_wake.c - being told of work while waiting for it. A wait looks by itself, too: often in
 * its first half second, then about once per second. So a case that wants to know whether somebody
 * was told lets work come up when the next look is still some time away.
 */
#include <stdatomic.h>

#include "ct.h"

#define LONG (20 * CAIRN_SECOND)

/*
 * The looks come after 2, 4, 8 … 256 ms, each a quarter longer or shorter: 0.38 to 0.64 s
 * altogether; the next is at least 0.38 s away from there, which makes 0.77 s.
 */
#define SETTLED (650 * CAIRN_MILLISECOND)
#define TOLD	(80 * CAIRN_MILLISECOND)
/* Without being told. */
#define LOOKED (3 * CAIRN_SECOND)
#define TRIES  3

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

/* ---- what makes jobs due ------------------------------------------------------------ */

struct maker {
	const char *queue;
	void (*prepare)(cairn_conn *conn, const char *queue, struct maker *maker);
	void (*make)(cairn_conn *conn, struct maker *maker);
	cairn_lease lease;
	cairn_id id;
	cairn_tx tx;
	cairn_usec done;
};

static cairn_job_new job_in(const char *queue)
{
	cairn_job_new job = ct_new("t");
	job.queue = cairn_str_of(queue);
	return job;
}

static void take(cairn_conn *conn, const char *queue, struct maker *maker)
{
	cairn_job_new job = job_in(queue);
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

static void end_dead(cairn_conn *conn, const char *queue, struct maker *maker)
{
	take(conn, queue, maker);
	ct_finish(conn, ct_failure(maker->lease, CAIRN_FINISH_TERMINAL, "a.code"));
}

static void end_well(cairn_conn *conn, const char *queue, struct maker *maker)
{
	take(conn, queue, maker);
	ct_finish(conn, ct_success(maker->lease));
}

static void add_one(cairn_conn *conn, struct maker *maker)
{
	cairn_job_new job = job_in(maker->queue);
	ct_add(conn, &job);
}

static void add_keyed(cairn_conn *conn, struct maker *maker)
{
	cairn_job_new job = job_in(maker->queue);
	job.key = CAIRN_STR("k");
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
	cairn_job_new jobs[3] = { job_in("nobody"), job_in("nowhere"), job_in(maker->queue) };
	jobs[1].tenant = CAIRN_STR("x");
	ct_ok(cairn_job_enqueue(conn, jobs, 3, NULL, ct_err()));
}

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

static void requeue(cairn_conn *conn, struct maker *maker)
{
	ct_told(ct_requeue(conn, ct_seen(conn, maker->id)), CAIRN_OK, NULL);
}

static void run_again(cairn_conn *conn, struct maker *maker)
{
	cairn_rerun item = { .source = maker->id,
			     .run_number = 1,
			     .key = CAIRN_STR("again"),
			     .reason = CAIRN_STR("bad input") };
	ct_ok(cairn_job_replay(conn, cairn_any(), &item, 1, NULL, ct_err()));
}

/* What is due later is told by nobody when its time comes. */
static void add_later(cairn_conn *conn, const char *queue, struct maker *maker)
{
	cairn_job_new job = job_in(queue);
	(void)maker;
	job.run_at = ct_now() + CAIRN_MINUTE;
	ct_add(conn, &job);
}

static void look_after(cairn_conn *conn, struct maker *maker)
{
	cairn_upkeep_report report = { .size = sizeof(report) };
	(void)maker;
	ct_advance(CAIRN_MINUTE);
	ct_ok(cairn_job_upkeep(conn, NULL, &report, ct_err()));
	ct_int(report.unparked, 1);
}

static void begin_and_add(cairn_conn *conn, const char *queue, struct maker *maker)
{
	cairn_job_new job = job_in(queue);
	maker->tx = (cairn_tx)CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &maker->tx, ct_err()));
	ct_add(conn, &job);
}

static void in_transaction(cairn_conn *conn, struct maker *maker)
{
	begin_and_add(conn, maker->queue, maker);
	ct_ok(cairn_commit(&maker->tx, ct_err()));
}

static void in_the_applications(cairn_conn *conn, struct maker *maker)
{
	cairn_job_new job = job_in(maker->queue);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN), 0);
	ct_add(conn, &job);
	ct_add(conn, &job);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
}

/*
 * For each maker somebody waits in its queue; then one after the other makes a job due. Answers
 * which of those who waited were late, as bits.
 */
static unsigned late_ones(cairn_conn *conn, struct maker *makers, struct waiter *waiters, size_t n)
{
	unsigned late = 0;
	for (size_t i = 0; i < n; i++) {
		if (makers[i].prepare)
			makers[i].prepare(conn, makers[i].queue, &makers[i]);
	}
	cairn_usec began = ct_ticks();
	for (size_t i = 0; i < n; i++)
		start(&waiters[i], makers[i].queue);
	cairn_usec over = ct_ticks() - began;
	/* starting each takes a moment: all of them begin to pause again */
	ct_nap(over < SETTLED ? SETTLED - over : 0);
	for (size_t i = 0; i < n; i++) {
		makers[i].make(conn, &makers[i]);
		makers[i].done = ct_ticks();
	}
	for (size_t i = 0; i < n; i++)
		late |= until_ready(&waiters[i], makers[i].done) > TOLD ? 1u << i : 0;
	return late;
}

/* Each of them is told in time, in one of a few tries: the machine may be busy. */
static void all_told(struct maker *makers, size_t n)
{
	cairn_conn *conn = ct_open();
	struct waiter waiters[4] = { { .session = NULL } };
	unsigned late = (1u << n) - 1;
	ct_define_retry(conn, "t", 100, CAIRN_MILLISECOND);
	for (int i = 0; i < TRIES && late; i++) {
		for (size_t k = 0; k < n; k++)
			makers[k].queue = ct_format("%s%d", makers[k].queue, i);
		late &= late_ones(conn, makers, waiters, n);
	}
	ct_int(late, 0);
}

static void by_an_enqueue(void)
{
	struct maker makers[] = { { .queue = "one", .make = add_one },
				  { .queue = "keyed", .make = add_keyed },
				  { .queue = "batch", .make = add_batch },
				  { .queue = "mixed", .make = add_mixed } };
	all_told(makers, 4);
}

static void by_a_worker(void)
{
	struct maker makers[] = { { .queue = "retry", .prepare = take, .make = retry },
				  { .queue = "continue", .prepare = take, .make = go_on },
				  { .queue = "snooze", .prepare = take, .make = snooze },
				  { .queue = "release", .prepare = take, .make = release } };
	all_told(makers, 4);
}

static void by_an_operator(void)
{
	struct maker makers[] = { { .queue = "requeue", .prepare = end_dead, .make = requeue },
				  { .queue = "replay", .prepare = end_well, .make = run_again } };
	all_told(makers, 2);
}

static void by_upkeep(void)
{
	struct maker makers[] = { { .queue = "parked", .prepare = add_later, .make = look_after } };
	all_told(makers, 1);
}

static void by_a_commit(void)
{
	struct maker makers[] = { { .queue = "tx", .make = in_transaction } };
	all_told(makers, 1);
}

static void by_the_applications_commit(void)
{
	struct maker makers[] = { { .queue = "app", .make = in_the_applications } };
	all_told(makers, 1);
}

/* ---- transactions --------------------------------------------------------------------- */

static bool still_waits(const struct waiter *waiter)
{
	return waiter->ended == 0;
}

static void not_before_the_commit(void)
{
	cairn_conn *conn = ct_open();
	struct waiter waiter = { .session = NULL };
	struct maker maker = { .queue = "q" };
	ct_define(conn, "t");
	start(&waiter, "q");
	begin_and_add(conn, "q", &maker);
	ct_nap(200 * CAIRN_MILLISECOND);
	ct_true(still_waits(&waiter));
	cairn_usec began = ct_ticks();
	ct_ok(cairn_commit(&maker.tx, ct_err()));
	ct_true(until_ready(&waiter, began) < LOOKED);
}

static void not_by_a_rollback(void)
{
	cairn_conn *conn = ct_open();
	struct waiter waiter = { .timeout = 700 * CAIRN_MILLISECOND };
	struct maker maker = { .queue = "q" };
	ct_define(conn, "t");
	start(&waiter, "q");
	begin_and_add(conn, "q", &maker);
	cairn_rollback(&maker.tx);
	ct_join(waiter.session);
	ct_int(waiter.ready, 0);
}

static void not_by_others(void)
{
	cairn_conn *conn = ct_open();
	struct waiter waiter = { .timeout = 700 * CAIRN_MILLISECOND };
	struct maker maker = { .queue = "other" };
	ct_define(conn, "t");
	start(&waiter, "q");
	add_one(conn, &maker);
	add_batch(conn, &maker);
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
	struct maker maker = { .queue = "q" };
	int served = 0;
	ct_define(conn, "t");
	for (size_t i = 0; i < 4; i++) {
		waiters[i] = (struct waiter){ .queue = "q", .timeout = 2 * CAIRN_SECOND };
		waiters[i].session = ct_session_new("waiter");
		ct_true(!ct_start(waiters[i].session, wait_and_claim, &waiters[i]));
	}
	add_one(conn, &maker);
	for (size_t i = 0; i < 4; i++) {
		ct_join(waiters[i].session);
		served += waiters[i].ready;
	}
	ct_int(served, 1);
}

static void as_many_as_there_are_jobs(void)
{
	cairn_conn *conn = ct_open();
	struct waiter waiters[3] = { { .session = NULL } };
	unsigned late = 7;
	ct_define(conn, "t");
	for (int i = 0; i < TRIES && late; i++) {
		struct maker maker = { .queue = ct_format("q%d", i) };
		late = 0;
		cairn_usec began = ct_ticks();
		for (size_t k = 0; k < 3; k++)
			start(&waiters[k], maker.queue);
		ct_nap(SETTLED - (ct_ticks() - began));
		add_batch(conn, &maker);
		cairn_usec done = ct_ticks();
		for (size_t k = 0; k < 3; k++)
			late |= until_ready(&waiters[k], done) > TOLD ? 1u << k : 0;
	}
	ct_int(late, 0);
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
	struct maker maker = { .queue = "q" };
	ct_define(conn, "t");
	start(&waiter, "q");
	ct_nap(SETTLED);
	cairn_usec began = ct_ticks();
	add_one(conn, &maker);
	ct_true(until_ready(&waiter, began) < LOOKED);
}

static void without_its_ear(void)
{
	cairn_conn *conn = ct_open();
	struct waiter waiter = { .session = NULL };
	struct maker makers[2] = { { .queue = "q" }, { .queue = "r" } };
	ct_define(conn, "t");
	start(&waiter, "q");
	ct_int(ct_subject()->deafen(ct_url()), 0);
	cairn_usec began = ct_ticks();
	add_one(conn, &makers[0]);
	ct_true(until_ready(&waiter, began) < LOOKED);
	/* and it hears again */
	start(&waiter, "r");
	ct_nap(SETTLED);
	began = ct_ticks();
	add_one(conn, &makers[1]);
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
	struct waiter waiter = { .queue = "q", .timeout = 10 * CAIRN_SECOND };
	while (atomic_load(&traffic->claimed) < RACE_JOBS) {
		waiter.timeout = CAIRN_SECOND;
		wait_now(conn, &waiter);
		cairn_claim_opts opts = ct_claim_opts("w", 2);
		cairn_jobs *jobs = NULL;
		opts.queue = CAIRN_STR("q");
		ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
		atomic_fetch_add(&traffic->claimed, (int)jobs->count);
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
	{ .name = "wait.an_enqueue_wakes",
	  TELLS,
	  .rule = "Whoever waits is told of an enqueue by another session: one job, a keyed one, "
		  "a batch, a batch for several queues.",
	  .run = by_an_enqueue },
	{ .name = "wait.a_job_given_back_wakes",
	  TELLS,
	  .rule = "… and of a retry without delay, a continuation, a snooze and a release.",
	  .run = by_a_worker },
	{ .name = "wait.a_requeue_or_replay_wakes",
	  TELLS,
	  .rule = "… and of a requeue and a replay.",
	  .run = by_an_operator },
	{ .name = "wait.upkeep_wakes",
	  TELLS,
	  .rule = "… and of a job whose time has come, when upkeep puts it in line.",
	  .run = by_upkeep },
	{ .name = "wait.a_commit_wakes",
	  TELLS,
	  .rule = "… and of what was enqueued inside a transaction, when that commits.",
	  .run = by_a_commit },
	{ .name = "wait.the_applications_commit_wakes",
	  TELLS,
	  .needs = CT_NEED_APP,
	  .rule = "… whoever commits it.",
	  .run = by_the_applications_commit },
	{ .name = "wait.as_many_as_there_are_jobs_are_told",
	  TELLS,
	  .rule = "A batch of n jobs wakes n of those who wait.",
	  .run = as_many_as_there_are_jobs },
	{ .name = "wait.a_job_for_later_wakes_when_it_is_due",
	  TELLS,
	  .rule = "A wait returns when the next job for later becomes due, and not before.",
	  .run = when_it_is_due },
	{ .name = "wait.an_open_transaction_wakes_nobody",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "What is not committed is no work; after the commit it is.",
	  .run = not_before_the_commit },
	{ .name = "wait.a_rollback_wakes_nobody",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "A wait during which everything was rolled back ends without work.",
	  .run = not_by_a_rollback },
	{ .name = "wait.other_queues_wake_nobody",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "A wait during which other queues got work ends without work.",
	  .run = not_by_others },
	{ .name = "wait.one_job_for_several_who_wait",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "Of several who wait for one job at least one returns in time to claim it, "
		  "and one gets it.",
	  .run = several_and_one_job },
	{ .name = "wait.finds_work_by_looking",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "Told or not, a wait finds new work within a second or two.",
	  .run = told_or_not },
	{ .name = "wait.goes_on_without_being_told",
	  .kind = CT_FAULT,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_WAKE,
	  .needs = CT_NEED_DEAFEN,
	  .rule = "When the session by which it is told is lost, a wait looks by itself, and "
		  "later ones are told again.",
	  .run = without_its_ear },
	{ .name = "wait.a_connection_says_whether_it_is_told",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "cairn_conn_caps has CAIRN_CAP_WAKE exactly where connections are told.",
	  .run = a_caps_word },
	{ .name = "wait.nothing_is_missed",
	  .kind = CT_RACE,
	  .store = CT_JOBS,
	  .rule = "Some enqueue and some wait and claim: every job is claimed soon.",
	  .run = nothing_is_missed },
};

CT_GROUP(wait_wake, cases);
