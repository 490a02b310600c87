/*
 * resources_race.c - several claimers of one resource: in steps that are fixed, and all at once. However
 * they interleave, no more permits are held than there are.
 */
#include <stdatomic.h>

#include "ct.h"

/* ---- steps ------------------------------------------------------------------------ */

/* Two claimers: one of one job, in a transaction that stays open; another of several. */
struct step {
	cairn_tx tx;
	uint32_t limit;
	size_t got;
	cairn_id first;
};

struct scene {
	cairn_conn *conn;
	ct_session *a;
	ct_session *b;
	struct step one;
	struct step other;
};

static struct scene begin_scene(void)
{
	struct scene scene = { .conn = ct_open(), .one = { .limit = 1 }, .other = { .limit = 5 } };
	scene.a = ct_session_new("a");
	scene.b = ct_session_new("b");
	ct_define(scene.conn, "t");
	return scene;
}

static void claim(cairn_conn *conn, void *arg)
{
	struct step *step = arg;
	const cairn_jobs *jobs = ct_claim_n(conn, "w", step->limit);
	step->got = jobs->count;
	if (jobs->count)
		step->first = jobs->at[0].id;
}

static void begin_and_claim(cairn_conn *conn, void *arg)
{
	struct step *step = arg;
	step->tx = (cairn_tx)CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &step->tx, ct_err()));
	claim(conn, step);
}

/* One has claimed in a transaction that is open; the other comes, and comes again. */
static void one_is_in_between(void)
{
	struct scene me = begin_scene();
	ct_add_needing(me.conn, "r", 5);
	ct_add_needing(me.conn, "r", 4);
	ct_step(me.a, begin_and_claim, &me.one);
	ct_int(me.one.got, 1);
	if (ct_start(me.b, claim, &me.other))
		ct_int(me.other.got, 0);
	ct_step(me.a, ct_commit, &me.one.tx);
	ct_join(me.b);
	ct_int(me.other.got, 0);
	ct_step(me.b, claim, &me.other);
	ct_int(me.other.got, 0);
}

static void one_gives_up(void)
{
	struct scene me = begin_scene();
	cairn_id best = ct_add_needing(me.conn, "r", 5);
	ct_add_needing(me.conn, "r", 4);
	ct_step(me.a, begin_and_claim, &me.one);
	ct_step(me.a, ct_rollback, &me.one.tx);
	ct_step(me.b, claim, &me.other);
	ct_int(me.other.got, 1);
	ct_id(me.other.first, best);
}

/* Others go on while one resource is being claimed, if claimers do not block each other. */
static void others_go_on(void)
{
	struct scene me = begin_scene();
	ct_add_needing(me.conn, "r", 5);
	ct_step(me.a, begin_and_claim, &me.one);
	ct_add_needing(me.conn, "r", 9);
	ct_add_needing(me.conn, "s", 3);
	ct_add_needing(me.conn, NULL, 2);
	ct_step(me.b, claim, &me.other);
	ct_int(me.other.got, 2);
	ct_step(me.a, ct_commit, &me.one.tx);
}

/* A claim that looked at a job and did not take it leaves it to others, even before it commits. */
static void takes_no_more_than_it_needs(void)
{
	struct scene me = begin_scene();
	ct_add_needing(me.conn, "r", 5);
	cairn_id plain = ct_add_needing(me.conn, NULL, 3);
	/* so that the connection knows what to expect */
	ct_step(me.a, claim, &me.one);
	ct_finish(me.conn, ct_success(cairn_job_lease(ct_job(me.conn, me.one.first))));
	ct_add_needing(me.conn, "r", 5);
	ct_step(me.a, begin_and_claim, &me.one);
	ct_true(cairn_id_compare(me.one.first, plain) != 0);
	ct_step(me.b, claim, &me.other);
	ct_int(me.other.got, 1);
	ct_id(me.other.first, plain);
	ct_step(me.a, ct_commit, &me.one.tx);
}

static void lower(cairn_conn *conn, void *arg)
{
	(void)arg;
	ct_capacity(conn, "r", 0);
}

static void lowered_in_between(void)
{
	struct scene me = begin_scene();
	ct_capacity(me.conn, "r", 2);
	ct_add_needing(me.conn, "r", 5);
	ct_add_needing(me.conn, "r", 4);
	ct_step(me.a, begin_and_claim, &me.one);
	ct_int(me.one.got, 1);
	ct_start(me.b, lower, NULL);
	ct_step(me.a, ct_commit, &me.one.tx);
	ct_join(me.b);
	ct_step(me.a, claim, &me.one);
	ct_int(me.one.got, 0);
}

/* What a transaction saw when it began is not what there is: it must not count by that. */
static void strict_transactions(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_add_needing(conn, "r", 5);
	ct_true(ct_subject()->app_step(conn, CAIRN_APP_BEGIN_STRICT) == 0);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	ct_status(cairn_job_claim(conn, &opts, &jobs, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_true(ct_subject()->app_step(conn, CAIRN_APP_ROLLBACK) == 0);
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_int(jobs->count, 1);
	ct_later(jobs);
}

/* ---- all at once ---------------------------------------------------------------------- */

enum { RACERS = 8, KEYS = 3, JOBS = 40 };

static const char *const keys[KEYS] = { "a", "b", "c" };
static const int capacities[KEYS] = { 1, 2, 3 };

struct race {
	atomic_int running[KEYS];
	atomic_int most[KEYS];
	atomic_int done;
	atomic_int plain;
	bool filtered; /* each claims one of the two types */
};

static const cairn_str types[2] = { { "t", 1 }, { "u", 1 } };

static size_t key_of(const cairn_job *job)
{
	for (size_t i = 0; i < KEYS; i++) {
		if (job->resource_key.len == 1 && *job->resource_key.ptr == *keys[i])
			return i;
	}
	return KEYS;
}

static void enter(struct race *race, size_t key)
{
	if (key == KEYS)
		return;
	int now = atomic_fetch_add(&race->running[key], 1) + 1;
	int most = atomic_load(&race->most[key]);
	while (now > most && !atomic_compare_exchange_weak(&race->most[key], &most, now))
		;
}

static void leave(struct race *race, size_t key)
{
	if (key < KEYS)
		atomic_fetch_sub(&race->running[key], 1);
	else
		atomic_fetch_add(&race->plain, 1);
	atomic_fetch_add(&race->done, 1);
}

static void work(cairn_conn *conn, unsigned number, void *arg)
{
	struct race *race = arg;
	cairn_claim_opts opts = ct_claim_opts(ct_format("w%u", number), 1 + number % 3);
	cairn_jobs *jobs = NULL;
	if (race->filtered) {
		opts.types = &types[number % 2];
		opts.type_count = 1;
	}
	for (int idle = 0; atomic_load(&race->done) < JOBS && idle < 20000;) {
		ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
		idle = jobs->count ? 0 : idle + 1;
		for (size_t i = 0; i < jobs->count; i++)
			enter(race, key_of(&jobs->at[i]));
		for (size_t i = 0; i < jobs->count; i++) {
			cairn_finish done = ct_success(cairn_job_lease(&jobs->at[i]));
			size_t key = key_of(&jobs->at[i]);
			/* before the permit is given back, or another one may be seen with it */
			leave(race, key);
			ct_finish(conn, done);
		}
	}
	cairn_free(jobs);
}

static void race_for_permits(bool filtered)
{
	cairn_conn *conn = ct_open();
	struct race *race = ct_alloc(sizeof(*race));
	ct_define(conn, "t");
	ct_define(conn, "u");
	race->filtered = filtered;
	for (size_t i = 0; i < KEYS; i++) {
		atomic_init(&race->running[i], 0);
		atomic_init(&race->most[i], 0);
		ct_capacity(conn, keys[i], capacities[i]);
	}
	atomic_init(&race->done, 0);
	atomic_init(&race->plain, 0);
	for (int i = 0; i < JOBS; i++) {
		cairn_job_new job = ct_new("t");
		job.type = types[i / 4 % 2];
		job.resource_key = cairn_str_of(i % 4 < KEYS ? keys[i % 4] : NULL);
		ct_add(conn, &job);
	}
	ct_race(RACERS, work, race);
	ct_int(atomic_load(&race->done), JOBS);
	ct_int(atomic_load(&race->plain), JOBS / 4);
	for (size_t i = 0; i < KEYS; i++)
		ct_true(atomic_load(&race->most[i]) <= capacities[i]);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_SUCCEEDED), JOBS);
}

static void never_exceeded(void)
{
	race_for_permits(false);
}

static void filtered_claimers(void)
{
	race_for_permits(true);
}

static void grab(cairn_conn *conn, unsigned number, void *arg)
{
	cairn_claim_opts opts = ct_claim_opts(ct_format("w%u", number), 1);
	cairn_jobs *jobs = NULL;
	for (int i = 0; i < 12; i++) {
		ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
		atomic_fetch_add((atomic_int *)arg, (int)jobs->count);
	}
	cairn_free(jobs);
}

static void one_gets_it(void)
{
	cairn_conn *conn = ct_open();
	atomic_int got;
	ct_define(conn, "t");
	for (int i = 0; i < 20; i++)
		ct_add_needing(conn, "r", 100);
	atomic_init(&got, 0);
	ct_race(RACERS, grab, &got);
	ct_int(atomic_load(&got), 1);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_LEASED), 1);
}

/* Each enqueues the same keys in another order, and all of them at once. */
static void produce(cairn_conn *conn, unsigned number, void *arg)
{
	cairn_job_new jobs[8];
	(void)arg;
	for (unsigned round = 0; round < 5; round++) {
		for (unsigned i = 0; i < 8; i++) {
			unsigned key = (number % 2 ? i : 7 - i) + round * 8;
			jobs[i] = ct_new("t");
			jobs[i].resource_key = cairn_str_of(ct_format("key %u", key));
		}
		ct_ok(cairn_job_enqueue(conn, jobs, 8, NULL, ct_err()));
	}
}

static void made_by_many(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_race(RACERS, produce, NULL);
	ct_int(ct_count_jobs(conn, 0), RACERS * 40);
	ct_int(ct_claim_n(conn, "w", 1000)->count, 40);
	ct_claim_none(conn);
}

/* ---- many that wait ---------------------------------------------------------------------- */

enum { CROWD = 3000 };

/* More than any window that a claim might look into. */
static void a_crowd_costs_nothing(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_add_needing(conn, "full", 900);
	ct_claim(conn, "w");
	cairn_job_new *jobs = ct_alloc(CROWD * sizeof(*jobs));
	for (size_t i = 0; i < CROWD; i++) {
		jobs[i] = ct_new("t");
		jobs[i].resource_key = CAIRN_STR("full");
		jobs[i].priority = 800;
		jobs[i].set = CAIRN_JOB_PRIORITY;
	}
	ct_ok(cairn_job_enqueue(conn, jobs, CROWD, NULL, ct_err()));
	for (size_t i = 0; i < 20; i++) {
		cairn_id id = ct_add_needing(conn, i % 2 ? "free" : NULL, 100);
		cairn_lease lease = ct_claim(conn, "w");
		ct_id(lease.id, id);
		ct_finish(conn, ct_success(lease));
	}
}

/* ---- a queue in its stride ------------------------------------------------------------ */

/* One job of the queue after the other, by claims of one; the last one's lease. */
static cairn_lease run_of_plain_jobs(cairn_conn *conn)
{
	cairn_lease last = { .fence = 0 };
	for (int i = 0; i < 6; i++) {
		cairn_id id = ct_add_needing(conn, NULL, 10);
		last = ct_claim(conn, "w");
		ct_id(last.id, id);
	}
	return last;
}

static void behind_a_run(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	for (int i = 0; i < 3; i++) {
		run_of_plain_jobs(conn);
		cairn_id last = ct_add_needing(conn, NULL, 1);
		cairn_id best = ct_add_needing(conn, "r", 30);
		ct_add_needing(conn, "r", 20);
		cairn_id middle = ct_add_needing(conn, NULL, 10);
		const cairn_jobs *jobs = ct_claim_n(conn, "w", 2);
		ct_int(jobs->count, 2);
		ct_id(jobs->at[0].id, best);
		ct_id(jobs->at[1].id, middle);
		ct_id(ct_claim(conn, "w").id, last);
		ct_claim_none(conn);
		ct_finish(conn, ct_success(cairn_job_lease(&jobs->at[0])));
		ct_finish(conn, ct_success(ct_claim(conn, "w")));
	}
	run_of_plain_jobs(conn);
	cairn_str queue = CAIRN_STR("default");
	ct_add_needing(conn, NULL, 1);
	ct_ok(cairn_queue_pause(conn, &queue, 1, NULL, ct_err()));
	ct_claim_none(conn);
}

static void finished_behind_a_run(void)
{
	cairn_conn *conn = ct_open();
	cairn_jobs *jobs = NULL;
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	ct_define(conn, "t");
	for (int i = 0; i < 3; i++) {
		cairn_finish item = ct_success(run_of_plain_jobs(conn));
		cairn_changed each;
		ct_add_needing(conn, NULL, 1);
		cairn_id best = ct_add_needing(conn, "r", 30);
		ct_budget(conn);
		ct_ok(cairn_job_finish_and_claim(conn, &item, 1, &each, &opts, &jobs, ct_err()));
		ct_spent(conn, 2, "end and claim", 1);
		ct_each(each, CAIRN_OK, NULL);
		ct_int(jobs->count, 1);
		ct_id(jobs->at[0].id, best);
		ct_text(ct_timeline(conn, item.lease.id), "ENQUEUED LEASED SUCCEEDED");
		ct_finish(conn, ct_success(cairn_job_lease(&jobs->at[0])));
		ct_finish(conn, ct_success(ct_claim(conn, "w")));
	}
	ct_later(jobs);
}

#define STEPS .kind = CT_INTERLEAVE, .store = CT_RESOURCES
#define RACE  .kind = CT_RACE, .store = CT_RESOURCES

static const ct_case cases[] = {
	{ .name = "resources.steps.a_claim_that_is_not_committed_counts",
	  STEPS,
	  .rule = "While one claimer's transaction is open, and after it committed, another gets "
		  "nothing of a resource whose only permit it took.",
	  .covers = "runledger G01",
	  .run = one_is_in_between },
	{ .name = "resources.steps.undone_it_does_not",
	  STEPS,
	  .rule = "A claim that was rolled back holds no permit.",
	  .run = one_gives_up },
	{ .name = "resources.steps.others_do_not_wait",
	  STEPS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "A resource that another claimer has locked is passed over; other resources and "
		  "plain jobs go on.",
	  .covers = "runledger G08",
	  .run = others_go_on },
	{ .name = "resources.steps.what_is_not_taken_stays_free",
	  STEPS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "A claim locks no plain job that it does not take.",
	  .run = takes_no_more_than_it_needs },
	{ .name = "resources.steps.lowered_while_claimed",
	  STEPS,
	  .rule = "A capacity that is lowered while somebody claims holds for the next claim.",
	  .run = lowered_in_between },
	{ .name = "resources.steps.strict_transactions_hand_out_nothing",
	  .kind = CT_VERB,
	  .store = CT_RESOURCES,
	  .needs = CT_NEED_STRICT,
	  .rule = "In a transaction that can't see what others do meanwhile claims of a queue with "
		  "such jobs are refused.",
	  .run = strict_transactions },
	{ .name = "resources.race.capacities_are_never_exceeded",
	  RACE,
	  .rule = "Eight workers on three resources and plain jobs: no resource ever has more jobs "
		  "running than its capacity, and all jobs are done.",
	  .covers = "runledger G01",
	  .run = never_exceeded },
	{ .name = "resources.race.differently_filtered_claimers",
	  RACE,
	  .rule = "Workers of two types that want the same resources never block each other for "
		  "good.",
	  .covers = "runledger G08",
	  .run = filtered_claimers },
	{ .name = "resources.race.one_gets_the_only_permit",
	  RACE,
	  .rule = "Of eight claimers exactly one gets the only permit; the other jobs stay as they "
		  "were.",
	  .covers = "runledger G01",
	  .run = one_gets_it },
	{ .name = "resources.race.made_by_many_at_once",
	  RACE,
	  .rule = "Producers that name the same new resources in different orders do not block "
		  "each "
		  "other for good, and each resource is made once.",
	  .run = made_by_many },
	{ .name = "resources.order.a_crowd_in_front_is_passed_over",
	  .kind = CT_VERB,
	  .store = CT_RESOURCES,
	  .rule = "Thousands of better jobs of a full resource hide neither plain jobs nor those "
		  "of "
		  "another resource.",
	  .covers = "runledger G02",
	  .run = a_crowd_costs_nothing },
	{ .name = "resources.order.holds_behind_a_run_of_plain_jobs",
	  .kind = CT_VERB,
	  .store = CT_RESOURCES,
	  .rule = "However long a queue gave nothing but plain jobs: the first with a resource is "
		  "claimed in its turn, and a pause is heeded.",
	  .run = behind_a_run },
	{ .name = "resources.order.finishing_and_claiming_behind_a_run",
	  .kind = CT_VERB,
	  .store = CT_RESOURCES,
	  .rule = "The same for the claim of finish and claim; what is finished is finished once.",
	  .run = finished_behind_a_run },
};
CT_GROUP(resources_race, cases);
