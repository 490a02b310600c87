/*
 * claim_order.c - the queue's order, jobs that become due, and several claimers at
 * once. What a claim writes is in claim.c. A step that must not wait for another session is
 * simply run while that one's transaction is open: if it waited, it would end in BUSY.
 */
#include "ct.h"

static cairn_id add(cairn_conn *conn, int32_t priority, cairn_time run_at)
{
	cairn_job_new job = ct_new("t");
	job.priority = priority;
	job.set = CAIRN_JOB_PRIORITY;
	job.run_at = run_at;
	return ct_add(conn, &job);
}

static void claimed(cairn_conn *conn, uint32_t limit, const cairn_id *want, size_t n)
{
	const cairn_jobs *jobs = ct_claim_n(conn, "w", limit);
	ct_int(jobs->count, n);
	for (size_t i = 0; i < n; i++)
		ct_id(jobs->at[i].id, want[i]);
}

/* ---- order --------------------------------------------------------------------- */

static void takes_the_best_first(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id low = add(conn, 1, 0);
	cairn_id high = add(conn, 9, 0);
	cairn_id both[] = { high, low };
	claimed(conn, 2, both, 2);
}

/* Jobs of every mixture of priority and time; answers them in queue order. */
static const cairn_id *mixture(cairn_conn *conn)
{
	static const int32_t priorities[] = { INT32_MIN, -1, 0, 100, INT32_MAX };
	cairn_time times[] = { ct_now(), -CAIRN_DAY, ct_now() - 1, 0 };
	cairn_id *order = ct_alloc(40 * sizeof(*order));
	ct_define(conn, "t");
	times[3] = ct_now() - CAIRN_DAY;
	static const size_t rank[] = { 3, 0, 2, 1 };
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < 20; i++) {
			size_t p = i * 7 % 5;
			size_t t = i * 3 % 4;
			order[(4 - p) * 8 + rank[t] * 2 + round] =
				add(conn, priorities[p], times[t]);
		}
	}
	return order;
}

static void one_claim_in_queue_order(void)
{
	cairn_conn *conn = ct_open();
	claimed(conn, 100, mixture(conn), 40);
}

static void claim_by_claim_in_queue_order(void)
{
	cairn_conn *conn = ct_open();
	const cairn_id *order = mixture(conn);
	for (size_t i = 0; i < 36; i += 3)
		claimed(conn, 3, order + i, 3);
	claimed(conn, 3, order + 36, 3);
	claimed(conn, 3, order + 39, 1);
}

static void oldest_id_first(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id ids[20];
	for (size_t i = 0; i < 20; i++)
		ids[i] = add(conn, 5, ct_now());
	claimed(conn, 11, ids, 11);
	claimed(conn, 11, ids + 11, 9);
}

static void filters_keep_the_order(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "a");
	ct_define(conn, "b");
	ct_define(conn, "c");
	const char *types[] = { "b", "a", "c", "a", "b", "c" };
	const int32_t priorities[] = { 1, 1, 9, 5, 5, 3 };
	cairn_id ids[6];
	for (size_t i = 0; i < 6; i++) {
		cairn_job_new job = ct_new(types[i]);
		job.priority = priorities[i];
		job.set = CAIRN_JOB_PRIORITY;
		job.owner = cairn_str_of(i % 2 ? "me" : NULL);
		ids[i] = ct_add(conn, &job);
	}
	cairn_str wanted[] = { CAIRN_STR("b"), CAIRN_STR("a") };
	cairn_claim_opts opts = ct_claim_opts("w", 10);
	opts.types = wanted;
	opts.type_count = 2;
	opts.owner = CAIRN_STR("me");
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	const size_t order[] = { 3, 4, 0, 1 };
	ct_int(jobs->count, 4);
	for (size_t i = 0; i < 4; i++)
		ct_id(jobs->at[i].id, ids[order[i]]);
}

/* ---- jobs for later ------------------------------------------------------------ */

static void due_jobs_join_the_line(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id low = add(conn, 1, 0);
	cairn_id later = add(conn, 9, ct_now() + CAIRN_HOUR);
	cairn_id middle = add(conn, 5, ct_now() + CAIRN_MINUTE);
	ct_int(ct_job(conn, later)->parked, 1);
	ct_advance(CAIRN_MINUTE);
	claimed(conn, 1, &middle, 1);
	ct_advance(CAIRN_HOUR - CAIRN_MINUTE);
	claimed(conn, 1, &later, 1); /* best of the line, though it came last */
	ct_int(ct_job(conn, later)->parked, 0);
	claimed(conn, 1, &low, 1);
}

static void many_become_due_at_once(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	enum { N = 60 };
	cairn_id ids[N];
	for (size_t i = 0; i < N; i++)
		ids[i] = add(conn, 7, ct_now() + CAIRN_HOUR + (cairn_usec)i);
	cairn_id first = add(conn, 8, 0);
	claimed(conn, 5, &first, 1);
	ct_advance(2 * CAIRN_HOUR);
	for (size_t i = 0; i < N; i += 4) /* a claim smaller than what it promotes loses none */
		claimed(conn, 4, ids + i, 4);
	ct_claim_none(conn);
}

static void promotion_is_no_change(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id first = add(conn, 2, ct_now() + 1);
	cairn_id second = add(conn, 1, ct_now() + 1);
	cairn_time then = ct_now();
	ct_advance(CAIRN_SECOND);
	claimed(conn, 1, &first, 1);
	const cairn_job *job = ct_job(conn, second);
	ct_int(job->status, CAIRN_JOB_PENDING);
	ct_int(job->updated_at, then);
	ct_int(job->run_at, then + 1);
	ct_text(ct_timeline(conn, second), "ENQUEUED");
}

static void other_queues_stay_parked(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	job.queue = CAIRN_STR("q");
	job.run_at = ct_now() + CAIRN_SECOND;
	cairn_id id = ct_add(conn, &job);
	ct_advance(CAIRN_SECOND);
	ct_claim_none(conn);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	opts.queue = CAIRN_STR("q");
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, id);
}

static void retries_take_their_place(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 8, CAIRN_MINUTE);
	cairn_id high = add(conn, 9, 0);
	cairn_id low = add(conn, 1, 0);
	ct_finish(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_RETRYABLE, "x"));
	ct_int(ct_job(conn, high)->parked, 1);
	claimed(conn, 5, &low, 1);
	low = add(conn, 1, 0);
	ct_advance(CAIRN_MINUTE - 1);
	cairn_id next = add(conn, 2, 0);
	claimed(conn, 1, &next, 1);
	ct_advance(1);
	cairn_id rest[] = { high, low };
	claimed(conn, 2, rest, 2);
}

/* ---- several at once ----------------------------------------------------------- */

struct claimer {
	cairn_tx tx;
	const cairn_jobs *jobs;
};

static void begin_and_claim(cairn_conn *conn, void *arg)
{
	struct claimer *mine = arg;
	ct_ok(cairn_begin(conn, &mine->tx, ct_err()));
	mine->jobs = ct_claim_n(conn, "a", 1);
}

static void claim_all(cairn_conn *conn, void *arg)
{
	struct claimer *mine = arg;
	mine->jobs = ct_claim_n(conn, "b", 100);
}

static void claimed_but_not_committed(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id best = add(conn, 9, 0);
	cairn_id next = add(conn, 5, 0);
	struct claimer a = { .tx = CAIRN_TX_INIT };
	struct claimer b = { .tx = CAIRN_TX_INIT };
	ct_session *first = ct_session_new("first");
	ct_session *second = ct_session_new("second");
	ct_step(first, begin_and_claim, &a);
	ct_start(second, claim_all, &b);
	ct_step(first, ct_commit, &a.tx);
	ct_join(second);
	ct_int(a.jobs->count, 1);
	ct_id(a.jobs->at[0].id, best);
	ct_int(b.jobs->count, 1);
	ct_id(b.jobs->at[0].id, next);
}

static void a_locked_row_is_skipped(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id best = add(conn, 9, 0);
	cairn_id next = add(conn, 5, 0);
	struct claimer a = { .tx = CAIRN_TX_INIT };
	struct claimer b = { .tx = CAIRN_TX_INIT };
	ct_session *first = ct_session_new("first");
	ct_session *second = ct_session_new("second");
	ct_step(first, begin_and_claim, &a);
	ct_step(second, claim_all, &b);
	ct_int(b.jobs->count, 1);
	ct_id(b.jobs->at[0].id, next);
	ct_step(first, ct_rollback, &a.tx);
	ct_step(second, claim_all, &b);
	ct_int(b.jobs->count, 1);
	ct_id(b.jobs->at[0].id, best);
	ct_int(b.jobs->at[0].attempt, 1);
}

static void parked_rows_under_a_claim(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id ids[3];
	for (size_t i = 0; i < 3; i++)
		ids[i] = add(conn, 9 - (int32_t)i, ct_now() + CAIRN_SECOND);
	ct_advance(CAIRN_SECOND);
	struct claimer a = { .tx = CAIRN_TX_INIT };
	struct claimer b = { .tx = CAIRN_TX_INIT };
	ct_session *first = ct_session_new("first");
	ct_session *second = ct_session_new("second");
	ct_step(first, begin_and_claim, &a); /* takes one, and may hold what it promoted */
	ct_start(second, claim_all, &b);
	ct_step(first, ct_rollback, &a.tx);
	ct_join(second);
	size_t got = b.jobs->count;
	ct_true(got <= 3);
	ct_step(second, claim_all, &b);
	ct_int(got + b.jobs->count, 3);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_LEASED), 3);
	for (size_t i = 0; i < 3; i++) {
		ct_int(ct_job(conn, ids[i])->fence, 1);
		ct_int(ct_job(conn, ids[i])->parked, 0);
	}
}

static void begin_and_cancel(cairn_conn *conn, void *arg)
{
	struct claimer *mine = arg;
	cairn_id id = mine->jobs->at[0].id;
	ct_ok(cairn_begin(conn, &mine->tx, ct_err()));
	ct_ok(cairn_job_cancel(conn, cairn_any(), &id, 1, CAIRN_STR("no"), NULL, ct_err()));
}

/* Somebody's open transaction cancels this job and rolls back; meanwhile there is another. */
static void skipped_while_changed(cairn_conn *conn, cairn_id id, cairn_id other)
{
	cairn_job row = { .id = id };
	cairn_jobs one = { .count = 1, .at = &row };
	struct claimer a = { .tx = CAIRN_TX_INIT, .jobs = &one };
	struct claimer b = { .tx = CAIRN_TX_INIT };
	ct_session *first = ct_session_new("first");
	ct_session *second = ct_session_new("second");
	ct_step(first, begin_and_cancel, &a);
	ct_step(second, claim_all, &b);
	ct_int(b.jobs->count, 1);
	ct_id(b.jobs->at[0].id, other);
	ct_step(first, ct_rollback, &a.tx);
	ct_id(ct_claim(conn, "w").id, id);
}

static void a_row_somebody_changes_is_skipped(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id id = add(conn, 9, 0);
	skipped_while_changed(conn, id, add(conn, 5, 0));
}

static void a_parked_row_somebody_changes_is_skipped(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id id = add(conn, 9, ct_now() + CAIRN_SECOND);
	cairn_id other = add(conn, 5, ct_now() + CAIRN_SECOND);
	ct_advance(CAIRN_SECOND);
	skipped_while_changed(conn, id, other);
}

#define RACERS 6
#define JOBS   240

struct haul {
	size_t count[RACERS];
	cairn_lease leases[RACERS][JOBS];
};

static void claim_until_empty(cairn_conn *conn, unsigned number, void *arg)
{
	struct haul *haul = arg;
	const char *worker = ct_format("w%u", number);
	cairn_claim_opts opts = ct_claim_opts(worker, 1 + number % 4);
	cairn_jobs *jobs = NULL;
	unsigned empty = 0;
	/* a claim may come back empty while a rival holds the rest */
	while (empty < 3) {
		ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
		empty = jobs->count ? 0 : empty + 1;
		for (size_t i = 0; i < jobs->count; i++)
			haul->leases[number][haul->count[number]++] = cairn_job_lease(&jobs->at[i]);
	}
	ct_later(jobs);
}

static void claimers_share_nothing(void)
{
	cairn_conn *conn = ct_open();
	struct haul *haul = ct_alloc(sizeof(*haul));
	ct_define(conn, "t");
	cairn_job_new jobs[JOBS];
	for (size_t i = 0; i < JOBS; i++) {
		jobs[i] = ct_new("t");
		jobs[i].priority = (int32_t)(i % 3);
		jobs[i].set = CAIRN_JOB_PRIORITY;
		jobs[i].run_at = i % 2 ? ct_now() + 1 : 0; /* half of them parked */
	}
	ct_ok(cairn_job_enqueue(conn, jobs, JOBS, NULL, ct_err()));
	ct_advance(CAIRN_SECOND);
	ct_race(RACERS, claim_until_empty, haul);
	size_t all = 0;
	for (size_t i = 0; i < RACERS; i++) {
		all += haul->count[i];
		for (size_t k = 0; k < haul->count[i]; k++) {
			const cairn_job *job = ct_job(conn, haul->leases[i][k].id);
			ct_str(job->worker, ct_format("w%zu", i));
			ct_int(job->fence, 1);
			ct_int(haul->leases[i][k].fence, 1);
		}
	}
	ct_int(all, JOBS);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_LEASED), JOBS);
}

static const ct_case cases[] = {
	{ .name = "jobs.claim.a_higher_priority_is_claimed_first",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Of the due jobs of a queue the one with the largest priority is claimed first.",
	  .covers = "runledger K01",
	  .run = takes_the_best_first },
	{ .name = "jobs.claim.one_claim_answers_in_queue_order",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Claimed jobs are answered by priority descending, run_at, id.",
	  .covers = "runledger K01",
	  .run = one_claim_in_queue_order },
	{ .name = "jobs.claim.claim_by_claim_in_queue_order",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A job with a better position is claimed first, from claim to claim.",
	  .covers = "runledger K01",
	  .run = claim_by_claim_in_queue_order },
	{ .name = "jobs.claim.equals_go_by_age",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Jobs equal in priority and run_at are claimed in the order of their ids.",
	  .covers = "runledger K01, smol-26",
	  .run = oldest_id_first },
	{ .name = "jobs.claim.filters_keep_the_order",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A claim by types and owner takes what fits in the queue's order.",
	  .covers = "runledger K01, K05",
	  .run = filters_keep_the_order },
	{ .name = "jobs.claim.a_job_that_became_due_joins_the_line",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The claim that first sees a parked job due already ranks it by its position.",
	  .covers = "runledger E11, K01",
	  .run = due_jobs_join_the_line },
	{ .name = "jobs.claim.many_jobs_become_due_at_once",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Promoting more jobs than a claim takes loses none of them and keeps the order.",
	  .covers = "runledger E11",
	  .run = many_become_due_at_once },
	{ .name = "jobs.claim.becoming_due_is_no_change_of_the_job",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A job that is promoted but not taken keeps run_at and updated_at, without "
		  "event.",
	  .run = promotion_is_no_change },
	{ .name = "jobs.claim.a_due_job_of_another_queue_waits_there",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A claim of one queue neither takes nor loses parked jobs of another.",
	  .run = other_queues_stay_parked },
	{ .name = "jobs.claim.a_retry_waits_parked_and_takes_its_place",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A retried job is parked until its run_at and then ranks by its priority.",
	  .covers = "runledger K01, K12",
	  .run = retries_take_their_place },
	{ .name = "jobs.claim.two_claimers_never_share_a_job",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "What an open transaction has claimed nobody else gets; the next one is free.",
	  .covers = "runledger K07",
	  .run = claimed_but_not_committed },
	{ .name = "jobs.claim.a_claimed_row_is_skipped_not_waited_for",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "A claim passes a row that another's open claim holds, and gets it after a "
		  "rollback.",
	  .covers = "runledger K07, K16",
	  .run = a_locked_row_is_skipped },
	{ .name = "jobs.claim.a_promotion_rolled_back_loses_no_job",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "Jobs that a claim promoted and then rolled back are claimed by the next ones.",
	  .covers = "runledger K16",
	  .run = parked_rows_under_a_claim },
	{ .name = "jobs.claim.a_row_under_change_is_skipped_not_waited_for",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "A row that somebody's open transaction changes is passed by claims, and "
		  "claimable when that is rolled back.",
	  .covers = "runledger K16",
	  .run = a_row_somebody_changes_is_skipped },
	{ .name = "jobs.claim.a_due_row_under_change_is_skipped_not_waited_for",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "Promoting jobs that became due waits for no row that somebody changes.",
	  .covers = "runledger K16",
	  .run = a_parked_row_somebody_changes_is_skipped },
	{ .name = "jobs.claim.racing_claimers_get_every_job_once",
	  .kind = CT_RACE,
	  .store = CT_JOBS,
	  .rule = "However many claim at once, each job is leased exactly once, and all are.",
	  .covers = "runledger K07, smol-26",
	  .run = claimers_share_nothing },
};

CT_GROUP(claim_order, cases);
