/*
 * interleave.c - two sessions that want the same job, in every order: one after the
 * other, one behind the other's open transaction that commits, or that rolls back. What comes out
 * must be what came out had they never met. Waiting itself is not asserted: some
 * drivers wait where others do not. (keys: idempotency_race.c; leases that expire meanwhile: lease_wait.c)
 */
#include "ct_meet.h"

/* ---- verbs ---------------------------------------------------------------------- */

static void retryable(cairn_conn *conn, void *arg)
{
	ct_actor *me = arg;
	me->changed = ct_send(conn, ct_failure(me->lease, CAIRN_FINISH_RETRYABLE, "x"));
}

static void terminal(cairn_conn *conn, void *arg)
{
	ct_actor *me = arg;
	me->changed = ct_send(conn, ct_failure(me->lease, CAIRN_FINISH_TERMINAL, "x"));
}

static void beat(cairn_conn *conn, void *arg)
{
	ct_actor *me = arg;
	ct_ok(cairn_job_heartbeat(conn, &me->lease, 1, CAIRN_HOUR, &me->changed, ct_err()));
}

/* ---- jobs ----------------------------------------------------------------------- */

static void waiting_job(cairn_conn *conn, ct_actor *actor)
{
	cairn_job_new job = ct_new("t");
	job.queue = cairn_str_of(ct_format("q%u", ct_number()));
	actor->queue = job.queue;
	actor->lease = (cairn_lease){ .id = ct_add(conn, &job), .fence = 1 };
}

static void leased_job(cairn_conn *conn, ct_actor *actor)
{
	waiting_job(conn, actor);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	opts.queue = actor->queue;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_int(jobs->count, 1);
	actor->lease = cairn_job_lease(&jobs->at[0]);
	ct_later(jobs);
}

static void expired_job(cairn_conn *conn, ct_actor *actor)
{
	leased_job(conn, actor);
	ct_advance(CAIRN_LEASE_DEFAULT + 1);
}

/* The job stands so, its timeline says so. */
static void stands(cairn_conn *conn, cairn_id id, enum cairn_job_status status,
		   const char *timeline)
{
	ct_int(ct_job(conn, id)->status, status);
	ct_text(ct_timeline(conn, id), timeline);
	const cairn_event_rows *events = ct_events(conn, id);
	for (size_t i = 0; i < events->count; i++)
		ct_int(events->at[i].seq, i + 1);
}

static void told(const ct_actor *loser, const char *code, enum cairn_ending ending)
{
	if (!loser)
		return;
	ct_each(loser->changed, CAIRN_STALE, code);
	ct_int(loser->changed.ending, ending);
}

/* ---- endings -------------------------------------------------------------------- */

static void succeeded(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	ct_each(winner->changed, CAIRN_OK, NULL);
	stands(conn, winner->lease.id, CAIRN_JOB_SUCCEEDED, "ENQUEUED LEASED SUCCEEDED");
	ct_int(ct_attempts(conn, winner->lease.id)->count, 1);
	if (loser && loser->verb == ct_act_cancel) {
		ct_each(loser->changed, CAIRN_STALE, "job.invalid_state_transition");
		ct_int(loser->changed.job_status, CAIRN_JOB_SUCCEEDED);
	} else {
		told(loser, "job.finished", CAIRN_ENDING_SUCCEEDED);
	}
}

static void canceled_while_leased(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	ct_each(winner->changed, CAIRN_OK, NULL);
	stands(conn, winner->lease.id, CAIRN_JOB_CANCELED, "ENQUEUED LEASED CANCELED");
	ct_int(ct_attempts(conn, winner->lease.id)->at[0].ending, CAIRN_ENDING_CANCELED);
	ct_true(ct_dead(conn, winner->lease.id) == NULL);
	if (loser && loser->verb == ct_act_cancel)
		ct_each(loser->changed, CAIRN_STALE, "job.invalid_state_transition");
	else
		told(loser, "job.canceled", CAIRN_ENDING_CANCELED);
}

static void dead(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	ct_each(winner->changed, CAIRN_OK, NULL);
	stands(conn, winner->lease.id, CAIRN_JOB_DEAD_LETTERED,
	       "ENQUEUED LEASED FAILED DEAD_LETTERED");
	ct_dead_letter(conn, winner->lease.id);
	told(loser, "job.finished", CAIRN_ENDING_TERMINAL);
}

/* Given back by the worker; nobody else can have done anything to it but cancel. */
static void given_back(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	cairn_id id = winner->lease.id;
	ct_each(winner->changed, CAIRN_OK, NULL);
	if (loser && loser->verb == ct_act_cancel) {
		ct_each(loser->changed, CAIRN_OK, NULL);
		ct_int(loser->changed.lease_expires_at, 0);
		stands(conn, id, CAIRN_JOB_CANCELED,
		       "ENQUEUED LEASED FAILED RETRY_SCHEDULED CANCELED");
		ct_int(ct_attempts(conn, id)->at[0].ending, CAIRN_ENDING_RETRYABLE);
		return;
	}
	stands(conn, id, CAIRN_JOB_PENDING, "ENQUEUED LEASED FAILED RETRY_SCHEDULED");
	ct_int(ct_job(conn, id)->run_at, ct_now() + CAIRN_MINUTE);
	told(loser, "job.lease_lost", CAIRN_ENDING_RETRYABLE);
}

/* Whoever was first decides. */
static void settled(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	if (winner->verb == ct_act_cancel)
		canceled_while_leased(conn, winner, loser);
	else if (winner->verb == ct_act_success)
		succeeded(conn, winner, loser);
	else if (winner->verb == terminal)
		dead(conn, winner, loser);
	else
		given_back(conn, winner, loser);
}

static void success_meets_cancel(void)
{
	ct_meet(leased_job, ct_act_success, ct_act_cancel, settled);
	ct_meet(leased_job, ct_act_cancel, ct_act_success, settled);
}

static void retry_meets_cancel(void)
{
	ct_meet(leased_job, retryable, ct_act_cancel, settled);
	ct_meet(leased_job, ct_act_cancel, retryable, settled);
}

static void death_meets_success(void)
{
	ct_meet(leased_job, terminal, ct_act_success, settled);
	ct_meet(leased_job, ct_act_success, terminal, settled);
}

static void retry_meets_success(void)
{
	ct_meet(leased_job, retryable, ct_act_success, settled);
	ct_meet(leased_job, ct_act_success, retryable, settled);
}

static void cancel_meets_cancel(void)
{
	ct_meet(leased_job, ct_act_cancel, ct_act_cancel, canceled_while_leased);
}

/* ---- heartbeats ----------------------------------------------------------------- */

static void after_the_beat(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	if (winner->verb != beat) {
		settled(conn, winner, loser);
		return;
	}
	ct_each(winner->changed, CAIRN_OK, NULL);
	ct_int(winner->changed.lease_expires_at, ct_now() + CAIRN_HOUR);
	if (!loser) {
		stands(conn, winner->lease.id, CAIRN_JOB_LEASED, "ENQUEUED LEASED");
		ct_int(ct_job(conn, winner->lease.id)->lease_expires_at, ct_now() + CAIRN_HOUR);
		return;
	}
	/* the lease is as good as before, so whatever comes next is done */
	settled(conn, loser, NULL);
	if (loser->verb == ct_act_cancel)
		ct_int(loser->changed.lease_expires_at, ct_now() + CAIRN_HOUR);
}

static void beat_meets_cancel(void)
{
	ct_meet(leased_job, beat, ct_act_cancel, after_the_beat);
	ct_meet(leased_job, ct_act_cancel, beat, after_the_beat);
}

static void beat_meets_success(void)
{
	ct_meet(leased_job, beat, ct_act_success, after_the_beat);
	ct_meet(leased_job, ct_act_success, beat, after_the_beat);
}

/* ---- reaping -------------------------------------------------------------------- */

#define REAPED "ENQUEUED LEASED FAILED RETRY_SCHEDULED"

/* The lease is over: the worker is refused whoever comes first. */
static void reaped(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	const ct_actor *worker = winner->verb == ct_act_reap ? loser : winner;
	cairn_id id = winner->lease.id;
	if (!loser && winner->verb != ct_act_reap) {
		ct_each(winner->changed, CAIRN_STALE, "job.lease_expired");
		stands(conn, id, CAIRN_JOB_LEASED, "ENQUEUED LEASED");
		return;
	}
	stands(conn, id, CAIRN_JOB_PENDING, REAPED);
	ct_int(winner->taken + (loser ? loser->taken : 0), 1);
	if (!worker)
		return;
	ct_int(worker->changed.status, CAIRN_STALE);
	/* refused either way: with or without the reaping in sight */
	if (worker == winner || worker->changed.ending == CAIRN_ENDING_NONE)
		ct_each(worker->changed, CAIRN_STALE, "job.lease_expired");
	else
		told(worker, "job.lease_lost", CAIRN_ENDING_LEASE_EXPIRED);
}

static void reap_meets_finish(void)
{
	ct_meet(expired_job, ct_act_reap, ct_act_success, reaped);
	ct_meet(expired_job, ct_act_success, ct_act_reap, reaped);
	ct_meet(expired_job, ct_act_reap, terminal, reaped);
}

static void reap_meets_beat(void)
{
	ct_meet(expired_job, ct_act_reap, beat, reaped);
	ct_meet(expired_job, beat, ct_act_reap, reaped);
}

static void taken_once(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	ct_int(winner->taken, 1);
	if (loser)
		ct_int(loser->taken, 0);
	stands(conn, winner->lease.id,
	       winner->verb == ct_act_reap ? CAIRN_JOB_PENDING : CAIRN_JOB_LEASED,
	       winner->verb == ct_act_reap ? REAPED : "ENQUEUED LEASED");
	ct_int(ct_job(conn, winner->lease.id)->fence, 1);
	ct_int(ct_attempts(conn, winner->lease.id)->count, 1);
}

static void reap_meets_reap(void)
{
	ct_meet(expired_job, ct_act_reap, ct_act_reap, taken_once);
}

static void reaped_or_canceled(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	cairn_id id = winner->lease.id;
	if (winner->verb == ct_act_cancel) {
		ct_each(winner->changed, CAIRN_OK, NULL);
		stands(conn, id, CAIRN_JOB_CANCELED, "ENQUEUED LEASED CANCELED");
		ct_int(loser ? loser->taken : 0, 0);
		return;
	}
	ct_int(winner->taken, 1);
	if (!loser) {
		stands(conn, id, CAIRN_JOB_PENDING, REAPED);
		return;
	}
	ct_each(loser->changed, CAIRN_OK, NULL);
	ct_int(loser->changed.lease_expires_at, 0);
	stands(conn, id, CAIRN_JOB_CANCELED, REAPED " CANCELED");
}

static void reap_meets_cancel(void)
{
	ct_meet(expired_job, ct_act_reap, ct_act_cancel, reaped_or_canceled);
	ct_meet(expired_job, ct_act_cancel, ct_act_reap, reaped_or_canceled);
}

/* A write that was in time stays open until the lease it saw is over; then a reaper comes. */
static void reap_behind(ct_step_fn *verb, ct_step_fn *end, size_t taken,
			enum cairn_job_status status)
{
	cairn_conn *conn = ct_open();
	ct_actor worker = { .verb = verb, .tx = CAIRN_TX_INIT };
	ct_actor reaper = { .verb = ct_act_reap };
	ct_session *a = ct_session_new("worker");
	ct_session *b = ct_session_new("reaper");
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	leased_job(conn, &worker);
	ct_step(a, ct_begin_and_act, &worker);
	ct_each(worker.changed, CAIRN_OK, NULL);
	ct_advance(CAIRN_LEASE_DEFAULT + 1);
	ct_start(b, ct_act_reap, &reaper);
	ct_step(a, end, &worker.tx);
	ct_join(b);
	ct_step(b, ct_act_reap, &reaper);
	ct_int(reaper.taken, taken);
	ct_int(ct_job(conn, worker.lease.id)->status, status);
}

static void reap_behind_a_beat(void)
{
	reap_behind(beat, ct_commit, 0, CAIRN_JOB_LEASED);
}

static void reap_behind_a_lost_beat(void)
{
	reap_behind(beat, ct_rollback, 1, CAIRN_JOB_PENDING);
}

static void reap_behind_a_success(void)
{
	reap_behind(ct_act_success, ct_commit, 0, CAIRN_JOB_SUCCEEDED);
}

static void reap_behind_a_lost_success(void)
{
	reap_behind(ct_act_success, ct_rollback, 1, CAIRN_JOB_PENDING);
}

/* A heartbeat that was in time stays open until the old lease is over; then another write comes. */
static void behind_a_beat(ct_step_fn *verb, ct_step_fn *end, cairn_status status, const char *code)
{
	cairn_conn *conn = ct_open();
	ct_actor keeper = { .verb = beat, .tx = CAIRN_TX_INIT };
	ct_session *a = ct_session_new("keeper");
	ct_session *b = ct_session_new("worker");
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	leased_job(conn, &keeper);
	ct_actor worker = { .verb = verb, .lease = keeper.lease };
	ct_step(a, ct_begin_and_act, &keeper);
	ct_advance(CAIRN_LEASE_DEFAULT + 1);
	ct_start(b, verb, &worker);
	ct_step(a, end, &keeper.tx);
	ct_join(b);
	ct_each(worker.changed, status, code);
}

static void saved_by_a_beat(void)
{
	behind_a_beat(ct_act_success, ct_commit, CAIRN_OK, NULL);
}

static void failures_saved_by_a_beat(void)
{
	behind_a_beat(retryable, ct_commit, CAIRN_OK, NULL);
}

static void beats_saved_by_a_beat(void)
{
	behind_a_beat(beat, ct_commit, CAIRN_OK, NULL);
}

static void not_saved_by_a_lost_beat(void)
{
	behind_a_beat(ct_act_success, ct_rollback, CAIRN_STALE, "job.lease_expired");
}

/* ---- claims --------------------------------------------------------------------- */

static void claim_meets_claim(void)
{
	ct_meet(waiting_job, ct_act_claim, ct_act_claim, taken_once);
}

static void claimed_or_canceled(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	cairn_id id = winner->lease.id;
	const ct_actor *canceler = winner->verb == ct_act_cancel ? winner : loser;
	if (canceler)
		ct_each(canceler->changed, CAIRN_OK, NULL);
	if (winner->verb == ct_act_cancel) {
		ct_int(loser ? loser->taken : 0, 0);
		ct_int(winner->changed.lease_expires_at, 0);
		stands(conn, id, CAIRN_JOB_CANCELED, "ENQUEUED CANCELED");
		return;
	}
	ct_int(winner->taken, 1);
	if (!loser) {
		stands(conn, id, CAIRN_JOB_LEASED, "ENQUEUED LEASED");
		return;
	}
	ct_int(loser->changed.lease_expires_at, ct_now() + CAIRN_LEASE_DEFAULT);
	stands(conn, id, CAIRN_JOB_CANCELED, "ENQUEUED LEASED CANCELED");
	ct_refused(conn, winner->lease, CAIRN_STALE, "job.canceled");
}

static void claim_meets_cancel(void)
{
	ct_meet(waiting_job, ct_act_claim, ct_act_cancel, claimed_or_canceled);
	ct_meet(waiting_job, ct_act_cancel, ct_act_claim, claimed_or_canceled);
}

static void reaped_then_claimed(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	cairn_id id = winner->lease.id;
	if (!loser) {
		/* the reaping was rolled back: there was nothing to claim */
		ct_int(winner->taken, 0);
		stands(conn, id, CAIRN_JOB_LEASED, "ENQUEUED LEASED");
		return;
	}
	ct_int(winner->taken, 1);
	ct_int(loser->taken, 1);
	stands(conn, id, CAIRN_JOB_LEASED, REAPED " LEASED");
	ct_int(ct_job(conn, id)->fence, 2);
}

static void reap_meets_claim(void)
{
	ct_meet(expired_job, ct_act_reap, ct_act_claim, reaped_then_claimed);
}

static void enqueue_into(cairn_conn *conn, void *arg)
{
	ct_actor *me = arg;
	cairn_job_new job = ct_new("t");
	job.queue = me->queue;
	me->lease.id = ct_add(conn, &job);
}

/* Claims see a job when its enqueue has committed, and never when that rolls back. */
static void claim_meets_enqueue(void)
{
	cairn_conn *conn = ct_open();
	ct_session *a = ct_session_new("producer");
	ct_session *b = ct_session_new("claimer");
	ct_define(conn, "t");
	for (int commits = 0; commits <= 1; commits++) {
		cairn_str queue = cairn_str_of(commits ? "q1" : "q0");
		ct_actor producer = { .verb = enqueue_into, .queue = queue, .tx = CAIRN_TX_INIT };
		ct_actor claimer = { .verb = ct_act_claim, .queue = queue };
		ct_step(a, ct_begin_and_act, &producer);
		ct_start(b, ct_act_claim, &claimer);
		ct_step(a, commits ? ct_commit : ct_rollback, &producer.tx);
		ct_join(b);
		ct_step(b, ct_act_claim, &claimer);
		ct_int(claimer.taken, commits);
	}
}

#define MEET .kind = CT_INTERLEAVE, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.meet.success_and_cancel",
	  MEET,
	  .rule = "Of a success and a cancel the first to commit decides; the other is told "
		  "so and writes nothing.",
	  .covers = "runledger L09, X01, X02",
	  .run = success_meets_cancel },
	{ .name = "jobs.meet.retry_and_cancel",
	  MEET,
	  .rule = "A job given back for a retry is canceled as a waiting one; a canceled one is "
		  "not given back.",
	  .covers = "runledger L09, X01",
	  .run = retry_meets_cancel },
	{ .name = "jobs.meet.death_and_success",
	  MEET,
	  .rule = "Two endings under one lease: the first to commit is the job's, the other is "
		  "told its ending.",
	  .covers = "runledger U07",
	  .run = death_meets_success },
	{ .name = "jobs.meet.retry_and_success",
	  MEET,
	  .rule = "After a retry committed a success under the same lease is job.lease_lost, "
		  "after a success a retry is job.finished.",
	  .covers = "runledger U07",
	  .run = retry_meets_success },
	{ .name = "jobs.meet.two_cancels",
	  MEET,
	  .rule = "Of two cancels one is done, the other is job.invalid_state_transition.",
	  .covers = "runledger X02",
	  .run = cancel_meets_cancel },
	{ .name = "jobs.meet.heartbeat_and_cancel",
	  MEET,
	  .rule = "A cancel behind a heartbeat keeps the new lease time; a heartbeat behind a "
		  "cancel is job.canceled.",
	  .covers = "runledger L09, X01",
	  .run = beat_meets_cancel },
	{ .name = "jobs.meet.heartbeat_and_success",
	  MEET,
	  .rule = "A heartbeat hinders no success; behind a success it is job.finished.",
	  .run = beat_meets_success },
	{ .name = "jobs.meet.reap_and_finish",
	  MEET,
	  .rule = "A finish after the lease is over is refused, before, during and after the "
		  "reaping.",
	  .covers = "runledger R04, L02",
	  .run = reap_meets_finish },
	{ .name = "jobs.meet.reap_and_heartbeat",
	  MEET,
	  .rule = "A heartbeat after the lease is over brings nothing back.",
	  .covers = "runledger R04, L02",
	  .run = reap_meets_beat },
	{ .name = "jobs.meet.two_reapers",
	  MEET,
	  .rule = "Two reapers never take one lease twice; a pass rolled back leaves it to the "
		  "other.",
	  .covers = "runledger R11",
	  .run = reap_meets_reap },
	{ .name = "jobs.meet.reap_and_cancel",
	  MEET,
	  .rule = "A canceled job is not reaped; a reaped one is canceled as a waiting one.",
	  .covers = "runledger X01, R12",
	  .run = reap_meets_cancel },
	{ .name = "jobs.meet.a_reaper_behind_a_heartbeat",
	  MEET,
	  .rule = "A lease that an open heartbeat has extended in time is not reaped once that "
		  "commits.",
	  .covers = "runledger R12",
	  .run = reap_behind_a_beat },
	{ .name = "jobs.meet.a_reaper_behind_a_lost_heartbeat",
	  MEET,
	  .rule = "A heartbeat that rolled back saves no lease.",
	  .covers = "runledger R12",
	  .run = reap_behind_a_lost_beat },
	{ .name = "jobs.meet.a_reaper_behind_a_success",
	  MEET,
	  .rule = "A success that was in time counts, however late it commits.",
	  .covers = "runledger R12",
	  .run = reap_behind_a_success },
	{ .name = "jobs.meet.a_reaper_behind_a_lost_success",
	  MEET,
	  .rule = "A success that rolled back leaves the lease to the reaper.",
	  .run = reap_behind_a_lost_success },
	{ .name = "jobs.meet.a_success_saved_by_a_heartbeat",
	  MEET,
	  .rule = "The lease is tested on the locked row: a success that waits for a heartbeat "
		  "which extends the lease is in time when that commits.",
	  .covers = "runledger L05",
	  .run = saved_by_a_beat },
	{ .name = "jobs.meet.a_failure_saved_by_a_heartbeat",
	  MEET,
	  .rule = "Likewise a failure.",
	  .covers = "runledger L05",
	  .run = failures_saved_by_a_beat },
	{ .name = "jobs.meet.a_heartbeat_saved_by_a_heartbeat",
	  MEET,
	  .rule = "Likewise another heartbeat.",
	  .covers = "runledger L05",
	  .run = beats_saved_by_a_beat },
	{ .name = "jobs.meet.a_success_not_saved_by_a_lost_heartbeat",
	  MEET,
	  .rule = "A heartbeat that rolled back extends nothing for those who waited for it.",
	  .covers = "runledger L05",
	  .run = not_saved_by_a_lost_beat },
	{ .name = "jobs.meet.two_claims",
	  MEET,
	  .rule = "Two claims never get one job; one rolled back leaves it to the other, as the "
		  "first attempt.",
	  .covers = "runledger K07, K16",
	  .run = claim_meets_claim },
	{ .name = "jobs.meet.claim_and_cancel",
	  MEET,
	  .rule = "A job canceled first is not claimed; one claimed first is canceled as a "
		  "leased one.",
	  .covers = "runledger X01, K02",
	  .run = claim_meets_cancel },
	{ .name = "jobs.meet.reap_and_claim",
	  MEET,
	  .rule = "A reaped job is claimed again when the reaping has committed, and not "
		  "before.",
	  .covers = "runledger R04",
	  .run = reap_meets_claim },
	{ .name = "jobs.meet.claim_and_enqueue",
	  MEET,
	  .rule = "A job is claimed when its enqueue has committed, and never if that rolled "
		  "back.",
	  .run = claim_meets_enqueue },
};

CT_GROUP(interleave, cases);
