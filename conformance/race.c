/*
 * race.c - threads that do as they like, and what must hold whatever they did: no job
 * under two fences, no lease taken twice, no number missing in a timeline. Every count is
 * bounded; the kit's clock moves while they run. (claims alone: claim_order.c, keys: idempotency_race.c)
 */
#include <stdatomic.h>

#include "ct.h"

static const cairn_str none = { NULL, 0 };

static void add(cairn_conn *conn, size_t n)
{
	cairn_job_new *jobs = ct_alloc(n * sizeof(*jobs));
	for (size_t i = 0; i < n; i++)
		jobs[i] = ct_new("t");
	ct_ok(cairn_job_enqueue(conn, jobs, n, NULL, ct_err()));
}

static const cairn_jobs *lease_some(cairn_conn *conn, uint32_t n)
{
	ct_define_retry(conn, "t", 3, CAIRN_SECOND);
	add(conn, n);
	const cairn_jobs *jobs = ct_claim_n(conn, "w", n);
	ct_int(jobs->count, n);
	return jobs;
}

/* ---- what must hold for a job in the end --------------------------------------- */

static bool may_follow(enum cairn_event_kind before, enum cairn_event_kind kind)
{
	switch (before) {
	case CAIRN_EVENT_ENQUEUED:
	case CAIRN_EVENT_RETRY_SCHEDULED:
		return kind == CAIRN_EVENT_LEASED || kind == CAIRN_EVENT_CANCELED;
	case CAIRN_EVENT_LEASED:
		return kind == CAIRN_EVENT_SUCCEEDED || kind == CAIRN_EVENT_FAILED ||
		       kind == CAIRN_EVENT_CANCELED;
	case CAIRN_EVENT_FAILED:
		return kind == CAIRN_EVENT_RETRY_SCHEDULED || kind == CAIRN_EVENT_DEAD_LETTERED;
	case CAIRN_EVENT_SUCCEEDED:
	case CAIRN_EVENT_DEAD_LETTERED:
	case CAIRN_EVENT_CANCELED:
	case CAIRN_EVENT_STAGE_CHANGED:
	case CAIRN_EVENT_PROGRESS:
	case CAIRN_EVENT_REQUEUED:
	case CAIRN_EVENT_STEP_STARTED:
	case CAIRN_EVENT_STEP_WAITING:
	case CAIRN_EVENT_STEP_COMPLETED:
	case CAIRN_EVENT_STEP_FAILED:
	case CAIRN_EVENT_SIGNALED:
		break;
	}
	return false;
}

static enum cairn_event_kind last_kind(enum cairn_job_status status)
{
	static const enum cairn_event_kind kinds[] = {
		[CAIRN_JOB_LEASED] = CAIRN_EVENT_LEASED,
		[CAIRN_JOB_SUCCEEDED] = CAIRN_EVENT_SUCCEEDED,
		[CAIRN_JOB_DEAD_LETTERED] = CAIRN_EVENT_DEAD_LETTERED,
		[CAIRN_JOB_CANCELED] = CAIRN_EVENT_CANCELED,
	};
	return kinds[status];
}

static void timeline_holds(cairn_conn *conn, const cairn_job *job)
{
	const cairn_event_rows *events = ct_events(conn, job->id);
	int64_t leased = 0;
	ct_true(events->count > 0);
	for (size_t i = 0; i < events->count; i++) {
		const cairn_event *event = &events->at[i];
		ct_int(event->seq, i + 1);
		leased += event->kind == CAIRN_EVENT_LEASED;
		ct_int(event->attempt, leased);
		if (i == 0)
			ct_int(event->kind, CAIRN_EVENT_ENQUEUED);
		else
			ct_true(may_follow(events->at[i - 1].kind, event->kind));
	}
	ct_int(leased, job->fence);
	enum cairn_event_kind last = events->at[events->count - 1].kind;
	if (job->status == CAIRN_JOB_PENDING)
		ct_int(last, leased ? CAIRN_EVENT_RETRY_SCHEDULED : CAIRN_EVENT_ENQUEUED);
	else
		ct_int(last, last_kind(job->status));
}

static void attempts_hold(cairn_conn *conn, const cairn_job *job)
{
	const cairn_attempts *attempts = ct_attempts(conn, job->id);
	ct_int(attempts->count, job->fence);
	for (size_t i = 0; i < attempts->count; i++) {
		const cairn_attempt *attempt = &attempts->at[i];
		bool last = i + 1 == attempts->count;
		ct_int(attempt->fence, i + 1);
		ct_int(attempt->attempt, i + 1);
		ct_true(attempt->worker.len > 0);
		/* only the last attempt can run, have succeeded or been final */
		if (!last)
			ct_true(attempt->ending == CAIRN_ENDING_RETRYABLE ||
				attempt->ending == CAIRN_ENDING_TIMEOUT ||
				attempt->ending == CAIRN_ENDING_LEASE_EXPIRED);
		else
			ct_true((attempt->ending == CAIRN_ENDING_NONE) ==
				(job->status == CAIRN_JOB_LEASED));
		ct_true((last && job->status == CAIRN_JOB_SUCCEEDED) ==
			(attempt->ending == CAIRN_ENDING_SUCCEEDED));
	}
}

static void row_holds(cairn_conn *conn, const cairn_job *job)
{
	bool leased = job->status == CAIRN_JOB_LEASED;
	bool ended = job->status > CAIRN_JOB_LEASED;
	ct_true(job->status >= CAIRN_JOB_PENDING && job->status <= CAIRN_JOB_CANCELED);
	ct_int(job->attempt, job->fence);
	ct_true((job->worker.len > 0) == leased);
	ct_true((job->finished_at != 0) == ended);
	ct_true(!leased || job->lease_expires_at != 0);
	ct_true((ct_dead(conn, job->id) != NULL) == (job->status == CAIRN_JOB_DEAD_LETTERED));
}

/* All jobs of the store; each holds for itself. */
static const cairn_jobs *all_hold(cairn_conn *conn)
{
	cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .limit = 1000 };
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_list(conn, &filter, &jobs, ct_err()));
	ct_later(jobs);
	for (size_t i = 0; i < jobs->count; i++) {
		row_holds(conn, &jobs->at[i]);
		attempts_hold(conn, &jobs->at[i]);
		timeline_holds(conn, &jobs->at[i]);
	}
	return jobs;
}

/* ---- everything at once --------------------------------------------------------- */

#define PRODUCERS 1
#define WORKERS	  4
#define REAPERS	  1
#define CANCELERS 1
#define EVERYBODY (PRODUCERS + WORKERS + REAPERS + CANCELERS)
#define ROUNDS	  25
#define JOBS	  60

/* An end that a worker was told is done. */
struct ack {
	cairn_id id;
	int64_t fence;
	enum cairn_ending ending;
};

struct world {
	atomic_size_t produced;
	atomic_size_t acked;
	struct ack acks[WORKERS * (ROUNDS * 6 + 6)];
	atomic_size_t succeeded; /* as acknowledged */
	atomic_size_t died;
	atomic_size_t retried;
	atomic_size_t reaped;
	atomic_size_t canceled;
	cairn_id ids[JOBS];
	atomic_bool known[JOBS];
};

/* Four more jobs; false when there are enough. */
static bool produce_some(cairn_conn *conn, struct world *world)
{
	size_t first = atomic_fetch_add(&world->produced, 4);
	cairn_job_new jobs[4] = { ct_new("t"), ct_new("t"), ct_new("t"), ct_new("t") };
	cairn_job_added each[4];
	if (first >= JOBS)
		return false;
	for (size_t i = 0; i < 4; i++) {
		jobs[i].set = CAIRN_JOB_PRIORITY;
		jobs[i].priority = (int32_t)ct_random(3);
	}
	ct_ok(cairn_job_enqueue(conn, jobs, 4, each, ct_err()));
	for (size_t i = 0; i < 4; i++) {
		ct_each(each[i], CAIRN_OK, NULL);
		world->ids[first + i] = each[i].id;
		atomic_store(&world->known[first + i], true);
	}
	return true;
}

static void produce(cairn_conn *conn, struct world *world)
{
	while (produce_some(conn, world))
		ct_advance(CAIRN_SECOND);
}

static cairn_finish some_end(cairn_lease lease)
{
	switch (ct_random(6)) {
	case 0:
		return ct_failure(lease, CAIRN_FINISH_RETRYABLE, "again");
	case 1:
		return ct_failure(lease, CAIRN_FINISH_TIMEOUT, "slow");
	case 2:
		return ct_failure(lease, CAIRN_FINISH_TERMINAL, "never");
	default:
		return ct_success(lease);
	}
}

/* A finish is done, or was too late for a reason that a worker may be told. */
static void count_end(struct world *world, const cairn_finish *end, const cairn_changed *changed)
{
	if (changed->status != CAIRN_OK) {
		ct_int(changed->status, CAIRN_STALE);
		ct_true(changed->ending != CAIRN_ENDING_SUCCEEDED);
		return;
	}
	struct ack *ack = &world->acks[atomic_fetch_add(&world->acked, 1)];
	ack->id = end->lease.id;
	ack->fence = end->lease.fence;
	ack->ending = changed->ending;
	if (changed->job_status == CAIRN_JOB_SUCCEEDED)
		atomic_fetch_add(&world->succeeded, 1);
	else if (changed->job_status == CAIRN_JOB_DEAD_LETTERED)
		atomic_fetch_add(&world->died, 1);
	else
		atomic_fetch_add(&world->retried, 1);
}

static void send(cairn_conn *conn, struct world *world, const cairn_finish *ends, size_t n)
{
	cairn_changed each[6];
	ct_ok(cairn_job_finish(conn, ends, n, each, ct_err()));
	for (size_t i = 0; i < n; i++)
		count_end(world, &ends[i], &each[i]);
}

/* Which of the claimed jobs are ended next; one may be left alone, to be ended much too late. */
static size_t choose(cairn_conn *conn, const cairn_jobs *jobs, cairn_finish *ends,
		     cairn_lease *left)
{
	size_t n = 0;
	for (size_t i = 0; i < jobs->count; i++) {
		cairn_lease lease = cairn_job_lease(&jobs->at[i]);
		cairn_changed beaten;
		if (ct_random(4) == 0) {
			if (left->fence == 0)
				*left = lease;
			continue;
		}
		if (ct_random(4) == 0)
			ct_ok(cairn_job_heartbeat(conn, &lease, 1, 0, &beaten, ct_err()));
		ends[n++] = some_end(lease);
	}
	return n;
}

/* The job was reaped and claimed again: the moment for an old lease to do harm. */
static bool came_back(const cairn_jobs *jobs, cairn_lease left)
{
	for (size_t i = 0; i < jobs->count; i++) {
		if (cairn_id_compare(jobs->at[i].id, left.id) == 0 &&
		    jobs->at[i].fence > left.fence)
			return true;
	}
	return false;
}

static void reap_pass(cairn_conn *conn, struct world *world)
{
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	for (size_t i = 0; i < report->count; i++) {
		atomic_fetch_add(&world->reaped, 1);
		if (report->at[i].status == CAIRN_JOB_DEAD_LETTERED)
			atomic_fetch_add(&world->died, 1);
	}
	ct_later(report);
}

/* Threads may well run one after the other, so each does a little of everything. */
static void work(cairn_conn *conn, struct world *world, unsigned number)
{
	cairn_claim_opts opts = ct_claim_opts(ct_format("w%u", number), 5);
	cairn_finish ends[5];
	cairn_changed each[5];
	cairn_lease left = { .fence = 0 };
	cairn_jobs *jobs = NULL;
	size_t n = 0;
	opts.lease = 5 * CAIRN_SECOND;
	for (size_t round = 0; round < ROUNDS; round++) {
		ct_ok(cairn_job_finish_and_claim(conn, ends, n, each, &opts, &jobs, ct_err()));
		for (size_t i = 0; i < n; i++)
			count_end(world, &ends[i], &each[i]);
		n = choose(conn, jobs, ends, &left);
		if (ct_random(2) == 0)
			reap_pass(conn, world);
		if (left.fence > 0 && (came_back(jobs, left) || ct_random(12) == 0)) {
			cairn_finish late = some_end(left);
			send(conn, world, &late, 1);
			left.fence = 0;
		}
		if (ct_random(2) == 0)
			produce_some(conn, world);
		ct_advance(2 * CAIRN_SECOND);
	}
	ct_later(jobs);
	send(conn, world, ends, n);
}

static void reap_now_and_then(cairn_conn *conn, struct world *world)
{
	for (size_t round = 0; round < ROUNDS; round++) {
		reap_pass(conn, world);
		ct_advance(3 * CAIRN_SECOND);
	}
}

static void cancel_now_and_then(cairn_conn *conn, struct world *world)
{
	for (size_t round = 0; round < ROUNDS; round++) {
		size_t at = ct_random(JOBS);
		cairn_changed changed = { .status = CAIRN_INTERNAL };
		if (!atomic_load(&world->known[at]))
			continue;
		ct_ok(cairn_job_cancel(conn, cairn_any(), &world->ids[at], 1, none, &changed,
				       ct_err()));
		if (changed.status == CAIRN_OK)
			atomic_fetch_add(&world->canceled, 1);
		else
			ct_each(changed, CAIRN_STALE, "job.invalid_state_transition");
	}
}

static void live(cairn_conn *conn, unsigned number, void *arg)
{
	struct world *world = arg;
	if (number < PRODUCERS)
		produce(conn, world);
	else if (number < PRODUCERS + REAPERS)
		reap_now_and_then(conn, world);
	else if (number < PRODUCERS + REAPERS + CANCELERS)
		cancel_now_and_then(conn, world);
	else
		work(conn, world, number);
}

static void everything_at_once(void)
{
	cairn_conn *conn = ct_open();
	struct world *world = ct_alloc(sizeof(*world));
	memset(world, 0, sizeof(*world));
	ct_define_retry(conn, "t", 4, 3 * CAIRN_SECOND);
	ct_race(EVERYBODY, live, world);
	const cairn_jobs *jobs = all_hold(conn);
	size_t counts[CAIRN_JOB_CANCELED + 1] = { 0 };
	size_t retried = 0;
	size_t reaped = 0;
	ct_int(jobs->count, JOBS);
	for (size_t i = 0; i < jobs->count; i++) {
		const cairn_attempts *attempts = ct_attempts(conn, jobs->at[i].id);
		counts[jobs->at[i].status]++;
		retried += ct_count_events(conn, jobs->at[i].id, CAIRN_EVENT_RETRY_SCHEDULED);
		for (size_t k = 0; k < attempts->count; k++)
			reaped += attempts->at[k].ending == CAIRN_ENDING_LEASE_EXPIRED;
	}
	for (size_t i = 0; i < atomic_load(&world->acked); i++) {
		const struct ack *ack = &world->acks[i];
		/* the attempt that was acknowledged is the one that ended so */
		ct_int(ct_attempts(conn, ack->id)->at[ack->fence - 1].ending, ack->ending);
	}
	/* what was acknowledged is what is there */
	ct_int(counts[CAIRN_JOB_SUCCEEDED], atomic_load(&world->succeeded));
	ct_int(counts[CAIRN_JOB_DEAD_LETTERED], atomic_load(&world->died));
	ct_int(counts[CAIRN_JOB_CANCELED], atomic_load(&world->canceled));
	ct_int(reaped, atomic_load(&world->reaped));
	ct_true(retried >= atomic_load(&world->retried));
}

/* ---- draining ------------------------------------------------------------------- */

#define DRAINERS 5
#define QUEUED	 120

struct drain {
	atomic_size_t finished;
	atomic_size_t answers;
};

static void drain(cairn_conn *conn, unsigned number, void *arg)
{
	struct drain *race = arg;
	cairn_claim_opts opts = ct_claim_opts(ct_format("w%u", number), 1 + number);
	cairn_finish ends[DRAINERS];
	cairn_changed each[DRAINERS];
	cairn_jobs *jobs = NULL;
	size_t n = 0;
	do {
		ct_ok(cairn_job_finish_and_claim(conn, ends, n, each, &opts, &jobs, ct_err()));
		for (size_t i = 0; i < n; i++)
			ct_each(each[i], CAIRN_OK, NULL);
		atomic_fetch_add(&race->finished, n);
		n = jobs->count;
		atomic_fetch_add(&race->answers, n);
		for (size_t i = 0; i < n; i++) {
			ct_int(jobs->at[i].fence, 1);
			ends[i] = ct_success(cairn_job_lease(&jobs->at[i]));
		}
	} while (n > 0);
	ct_later(jobs);
}

static void drained_once(void)
{
	cairn_conn *conn = ct_open();
	struct drain race = { .finished = 0 };
	ct_define(conn, "t");
	add(conn, QUEUED);
	ct_race(DRAINERS, drain, &race);
	/* a claim that met only locked rows may have gone home early */
	cairn_conn *last = ct_open();
	drain(last, 0, &race);
	ct_int(atomic_load(&race.finished), QUEUED);
	ct_int(atomic_load(&race.answers), QUEUED);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_SUCCEEDED), QUEUED);
	const cairn_jobs *jobs = all_hold(conn);
	for (size_t i = 0; i < jobs->count; i++)
		ct_text(ct_timeline(conn, jobs->at[i].id), "ENQUEUED LEASED SUCCEEDED");
}

/* ---- reapers -------------------------------------------------------------------- */

#define EXPIRED 60

struct reapers {
	atomic_size_t taken;
};

static void reap_in_bites(cairn_conn *conn, unsigned number, void *arg)
{
	struct reapers *race = arg;
	cairn_reap_opts opts = { .size = sizeof(opts), .limit = 2 + number };
	cairn_reap_report *report = NULL;
	do {
		ct_ok(cairn_job_reap(conn, &opts, &report, ct_err()));
		ct_true(report->count <= opts.limit);
		for (size_t i = 0; i < report->count; i++)
			ct_int(report->at[i].fence, 1);
		atomic_fetch_add(&race->taken, report->count);
	} while (report->count > 0);
	ct_later(report);
}

static void reaped_once(void)
{
	cairn_conn *conn = ct_open();
	struct reapers race = { .taken = 0 };
	lease_some(conn, EXPIRED);
	ct_advance(CAIRN_HOUR);
	ct_race(5, reap_in_bites, &race);
	reap_in_bites(conn, 0, &race);
	ct_int(atomic_load(&race.taken), EXPIRED);
	const cairn_jobs *jobs = all_hold(conn);
	for (size_t i = 0; i < jobs->count; i++)
		ct_text(ct_timeline(conn, jobs->at[i].id),
			"ENQUEUED LEASED FAILED RETRY_SCHEDULED");
}

/* ---- three that want the same job ------------------------------------------------ */

#define WANTED 40

struct rivals {
	cairn_lease leases[WANTED];
	cairn_changed each[6][WANTED];
};

/* Finishers, failers and cancelers go through the same jobs, each from another place. */
static void rival(cairn_conn *conn, unsigned number, void *arg)
{
	struct rivals *race = arg;
	for (size_t i = 0; i < WANTED; i++) {
		size_t at = (i + number * 13) % WANTED;
		cairn_lease lease = race->leases[at];
		cairn_changed *mine = &race->each[number][at];
		cairn_finish end = number % 3 ? ct_failure(lease, CAIRN_FINISH_TERMINAL, "x")
					      : ct_success(lease);
		if (number % 3 == 2)
			ct_ok(cairn_job_cancel(conn, cairn_any(), &lease.id, 1, none, mine,
					       ct_err()));
		else
			ct_ok(cairn_job_finish(conn, &end, 1, mine, ct_err()));
	}
}

static void one_of_each_wins(void)
{
	static const enum cairn_job_status wants[] = { CAIRN_JOB_SUCCEEDED, CAIRN_JOB_DEAD_LETTERED,
						       CAIRN_JOB_CANCELED };
	cairn_conn *conn = ct_open();
	struct rivals *race = ct_alloc(sizeof(*race));
	const cairn_jobs *jobs = lease_some(conn, WANTED);
	for (size_t i = 0; i < WANTED; i++)
		race->leases[i] = cairn_job_lease(&jobs->at[i]);
	ct_race(6, rival, race);
	all_hold(conn);
	for (size_t i = 0; i < WANTED; i++) {
		enum cairn_job_status status = ct_job(conn, race->leases[i].id)->status;
		size_t won = 0;
		for (size_t k = 0; k < 6; k++) {
			ct_int(race->each[k][i].job_status, status);
			if (race->each[k][i].status != CAIRN_OK) {
				ct_int(race->each[k][i].status, CAIRN_STALE);
				continue;
			}
			ct_int(status, wants[k % 3]);
			won++;
		}
		ct_int(won, 1);
		ct_int(ct_events(conn, race->leases[i].id)->count,
		       status == CAIRN_JOB_DEAD_LETTERED ? 4 : 3);
	}
}

/* ---- batches in different orders ------------------------------------------------- */

#define BATCH 30

struct batches {
	cairn_lease leases[BATCH];
	atomic_size_t canceled;
	atomic_size_t beaten;
};

/* Even ones keep the leases alive, odd ones cancel; each names the jobs in another order. */
static void batch(cairn_conn *conn, unsigned number, void *arg)
{
	static const size_t steps[] = { 1, 29, 7, 23, 11, 19 };
	struct batches *race = arg;
	cairn_lease leases[BATCH];
	cairn_id ids[BATCH];
	cairn_changed each[BATCH];
	for (size_t i = 0; i < BATCH; i++) {
		leases[i] = race->leases[i * steps[number] % BATCH];
		ids[i] = leases[i].id;
	}
	for (size_t round = 0; round < 5; round++) {
		if (number % 2)
			ct_ok(cairn_job_cancel(conn, cairn_any(), ids, BATCH, none, each,
					       ct_err()));
		else
			ct_ok(cairn_job_heartbeat(conn, leases, BATCH, 0, each, ct_err()));
		for (size_t i = 0; i < BATCH; i++) {
			if (each[i].status == CAIRN_OK)
				atomic_fetch_add(number % 2 ? &race->canceled : &race->beaten, 1);
			else
				ct_int(each[i].status, CAIRN_STALE);
		}
	}
}

static void batches_cross(void)
{
	cairn_conn *conn = ct_open();
	struct batches *race = ct_alloc(sizeof(*race));
	const cairn_jobs *jobs = lease_some(conn, BATCH);
	for (size_t i = 0; i < BATCH; i++)
		race->leases[i] = cairn_job_lease(&jobs->at[i]);
	atomic_init(&race->canceled, 0);
	atomic_init(&race->beaten, 0);
	ct_race(6, batch, race);
	ct_int(atomic_load(&race->canceled), BATCH);
	/* batches are whole: a heartbeat saw all of them alive or none */
	ct_int(atomic_load(&race->beaten) % BATCH, 0);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_CANCELED), BATCH);
	all_hold(conn);
}

/* ---- readers --------------------------------------------------------------------- */

struct seen {
	atomic_bool over;
};

static void change_or_read(cairn_conn *conn, unsigned number, void *arg)
{
	struct seen *race = arg;
	if (number > 0) {
		for (size_t round = 0; round < 1000 && !atomic_load(&race->over); round++) {
			/* a row, its status and its columns belong together at any moment */
			cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
			cairn_jobs *jobs = NULL;
			ct_ok(cairn_job_list(conn, &filter, &jobs, ct_err()));
			ct_int(jobs->count, 20);
			for (size_t i = 0; i < jobs->count; i++) {
				const cairn_job *job = &jobs->at[i];
				bool leased = job->status == CAIRN_JOB_LEASED;
				ct_true((job->worker.len > 0) == leased);
				ct_true((job->finished_at != 0) ==
					(job->status == CAIRN_JOB_SUCCEEDED));
			}
			cairn_free(jobs);
		}
		return;
	}
	for (size_t i = 0; i < 20; i++) {
		const cairn_jobs *jobs = ct_claim_n(conn, "w", 1);
		ct_int(jobs->count, 1);
		ct_finish(conn, ct_success(cairn_job_lease(&jobs->at[0])));
	}
	atomic_store(&race->over, true);
}

static void readers_see_whole_rows(void)
{
	cairn_conn *conn = ct_open();
	struct seen race;
	atomic_init(&race.over, false);
	ct_define(conn, "t");
	add(conn, 20);
	ct_race(3, change_or_read, &race);
	all_hold(conn);
}

#define RACE .kind = CT_RACE, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.race.everything_at_once",
	  RACE,
	  .rule = "Producers, workers, a reaper and a canceler: fences grow by one, timelines "
		  "have no gaps, every status is legal, and what was acknowledged is there.",
	  .covers = "runledger K07, L04, R11",
	  .run = everything_at_once },
	{ .name = "jobs.race.a_queue_is_drained_once",
	  RACE,
	  .rule = "Workers that finish and claim drain a queue: each job is claimed once, under "
		  "fence 1, and each end is acknowledged.",
	  .covers = "runledger K07, K16",
	  .run = drained_once },
	{ .name = "jobs.race.each_lease_is_reaped_once",
	  RACE,
	  .rule = "However many reapers run, each expired lease is taken back exactly once.",
	  .covers = "runledger R11",
	  .run = reaped_once },
	{ .name = "jobs.race.one_of_success_death_and_cancel",
	  RACE,
	  .rule = "Of all who end a job at once exactly one does; the others are told the "
		  "status it has.",
	  .run = one_of_each_wins },
	{ .name = "jobs.race.crossing_batches_never_deadlock",
	  RACE,
	  .rule = "Batches that name the same jobs in different orders all succeed: rows are "
		  "locked in id order.",
	  .run = batches_cross },
	{ .name = "jobs.race.readers_see_whole_rows",
	  RACE,
	  .rule = "A list read while jobs change has every job once, each with the columns of "
		  "its status.",
	  .run = readers_see_whole_rows },
};

CT_GROUP(race, cases);
