/*
 * interleave.c - two sessions that want the same job, in every order: one after the
 * other, one behind the other's open transaction that commits, or that rolls back. What comes out
 * must be what came out had they never met. Waiting itself is not asserted: some
 * drivers wait where others do not. (keys: idempotency_race.c; leases that expire meanwhile: lease_wait.c)
 */
#include "ct.h"

#define DELAY CAIRN_MINUTE

/* What one session wants of the job, and what it was told. */
struct actor {
	ct_step_fn *verb;
	cairn_lease lease;
	cairn_str queue;
	cairn_tx tx;
	cairn_changed changed;
	size_t taken; /* by a claim or a reaper */
};

/* ---- verbs ---------------------------------------------------------------------- */

static void success(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	cairn_finish finish = ct_success(me->lease);
	ct_ok(cairn_job_finish(conn, &finish, 1, &me->changed, ct_err()));
}

static void retryable(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	cairn_finish finish = ct_failure(me->lease, CAIRN_FINISH_RETRYABLE, "x");
	ct_ok(cairn_job_finish(conn, &finish, 1, &me->changed, ct_err()));
}

static void terminal(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	cairn_finish finish = ct_failure(me->lease, CAIRN_FINISH_TERMINAL, "x");
	ct_ok(cairn_job_finish(conn, &finish, 1, &me->changed, ct_err()));
}

static void beat(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	ct_ok(cairn_job_heartbeat(conn, &me->lease, 1, CAIRN_HOUR, &me->changed, ct_err()));
}

static void cancel(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	ct_ok(cairn_job_cancel(conn, cairn_any(), &me->lease.id, 1, CAIRN_STR("stop"), &me->changed,
			       ct_err()));
}

static void claim(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	cairn_claim_opts opts = ct_claim_opts("claimer", 10);
	cairn_jobs *jobs = NULL;
	opts.queue = me->queue;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	me->taken += jobs->count;
	ct_later(jobs);
}

static void reap(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	me->taken += report->count;
	ct_later(report);
}

/* Claims and reapers may pass a row that somebody holds, and come again. */
static bool comes_again(const struct actor *me)
{
	return me->verb == claim || me->verb == reap;
}

/* ---- orders --------------------------------------------------------------------- */

static void begin_and_act(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	ct_ok(cairn_begin(conn, &me->tx, ct_err()));
	me->verb(conn, me);
}

static void commit(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	(void)conn;
	ct_ok(cairn_commit(&me->tx, ct_err()));
}

static void rollback(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	(void)conn;
	cairn_rollback(&me->tx);
}

enum order { ALONE, COMMITTED, ROLLED_BACK, ORDERS };

/* How an order prepares its job: fills in lease and queue of both actors. */
typedef void setup_fn(cairn_conn *conn, struct actor *actor);
/* What must have come out; loser is NULL when the first one's work was rolled back. */
typedef void outcome_fn(cairn_conn *conn, const struct actor *winner, const struct actor *loser);

static void play(cairn_conn *conn, ct_session *const sessions[2], struct actor actors[2],
		 enum order order)
{
	if (order == ALONE) {
		ct_step(sessions[0], actors[0].verb, &actors[0]);
		ct_step(sessions[1], actors[1].verb, &actors[1]);
		return;
	}
	ct_step(sessions[0], begin_and_act, &actors[0]);
	ct_start(sessions[1], actors[1].verb, &actors[1]);
	ct_step(sessions[0], order == COMMITTED ? commit : rollback, &actors[0]);
	ct_join(sessions[1]);
	if (comes_again(&actors[1]))
		actors[1].verb(conn, &actors[1]);
}

/* first meets second in each order; a rolled back first leaves the second alone. */
static void meet(setup_fn *setup, ct_step_fn *first, ct_step_fn *second, outcome_fn *outcome)
{
	cairn_conn *conn = ct_open();
	ct_session *sessions[] = { ct_session_new("first"), ct_session_new("second") };
	for (int order = ALONE; order < ORDERS; order++) {
		struct actor actors[2] = { { .verb = first, .tx = CAIRN_TX_INIT } };
		setup(conn, &actors[0]);
		actors[1] = actors[0];
		actors[1].verb = second;
		ct_note("--- order %d", order);
		play(conn, sessions, actors, (enum order)order);
		if (order == ROLLED_BACK)
			outcome(conn, &actors[1], NULL);
		else
			outcome(conn, &actors[0], &actors[1]);
	}
}

static void waiting_job(cairn_conn *conn, struct actor *actor)
{
	cairn_job_new job = ct_new("t");
	job.queue = cairn_str_of(ct_format("q%u", ct_number()));
	ct_define_retry(conn, "t", 3, DELAY);
	actor->queue = job.queue;
	actor->lease = (cairn_lease){ .id = ct_add(conn, &job), .fence = 1 };
}

static void leased_job(cairn_conn *conn, struct actor *actor)
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

static void expired_job(cairn_conn *conn, struct actor *actor)
{
	leased_job(conn, actor);
	ct_advance(CAIRN_LEASE_DEFAULT + 1);
}

/* The job stands so, its timeline says so. */
static void stands(cairn_conn *conn, cairn_id id, enum cairn_job_status status, const char *timeline)
{
	ct_int(ct_job(conn, id)->status, status);
	ct_text(ct_timeline(conn, id), timeline);
	const cairn_event_rows *events = ct_events(conn, id);
	for (size_t i = 0; i < events->count; i++)
		ct_int(events->at[i].seq, i + 1);
}

static void told(const struct actor *loser, const char *code, enum cairn_ending ending)
{
	if (!loser)
		return;
	ct_each(loser->changed, CAIRN_STALE, code);
	ct_int(loser->changed.ending, ending);
}

/* ---- endings -------------------------------------------------------------------- */

static void succeeded(cairn_conn *conn, const struct actor *winner, const struct actor *loser)
{
	ct_each(winner->changed, CAIRN_OK, NULL);
	stands(conn, winner->lease.id, CAIRN_JOB_SUCCEEDED, "ENQUEUED LEASED SUCCEEDED");
	ct_int(ct_attempts(conn, winner->lease.id)->count, 1);
	if (loser && loser->verb == cancel) {
		ct_each(loser->changed, CAIRN_STALE, "job.invalid_state_transition");
		ct_int(loser->changed.job_status, CAIRN_JOB_SUCCEEDED);
	} else {
		told(loser, "job.finished", CAIRN_ENDING_SUCCEEDED);
	}
}

static void canceled_while_leased(cairn_conn *conn, const struct actor *winner,
				  const struct actor *loser)
{
	ct_each(winner->changed, CAIRN_OK, NULL);
	stands(conn, winner->lease.id, CAIRN_JOB_CANCELED, "ENQUEUED LEASED CANCELED");
	ct_int(ct_attempts(conn, winner->lease.id)->at[0].ending, CAIRN_ENDING_CANCELED);
	ct_true(ct_dead(conn, winner->lease.id) == NULL);
	if (loser && loser->verb == cancel)
		ct_each(loser->changed, CAIRN_STALE, "job.invalid_state_transition");
	else
		told(loser, "job.canceled", CAIRN_ENDING_CANCELED);
}

static void dead(cairn_conn *conn, const struct actor *winner, const struct actor *loser)
{
	ct_each(winner->changed, CAIRN_OK, NULL);
	stands(conn, winner->lease.id, CAIRN_JOB_DEAD_LETTERED,
	       "ENQUEUED LEASED FAILED DEAD_LETTERED");
	ct_dead_letter(conn, winner->lease.id);
	told(loser, "job.finished", CAIRN_ENDING_TERMINAL);
}

/* Given back by the worker; nobody else can have done anything to it but cancel. */
static void given_back(cairn_conn *conn, const struct actor *winner, const struct actor *loser)
{
	cairn_id id = winner->lease.id;
	ct_each(winner->changed, CAIRN_OK, NULL);
	if (loser && loser->verb == cancel) {
		ct_each(loser->changed, CAIRN_OK, NULL);
		ct_int(loser->changed.lease_expires_at, 0);
		stands(conn, id, CAIRN_JOB_CANCELED,
		       "ENQUEUED LEASED FAILED RETRY_SCHEDULED CANCELED");
		ct_int(ct_attempts(conn, id)->at[0].ending, CAIRN_ENDING_RETRYABLE);
		return;
	}
	stands(conn, id, CAIRN_JOB_PENDING, "ENQUEUED LEASED FAILED RETRY_SCHEDULED");
	ct_int(ct_job(conn, id)->run_at, ct_now() + DELAY);
	told(loser, "job.lease_lost", CAIRN_ENDING_RETRYABLE);
}

static void success_then_cancel(void)
{
	meet(leased_job, success, cancel, succeeded);
}

/* Rolled back, the success is what counts. */
static void cancel_before(cairn_conn *conn, const struct actor *winner, const struct actor *loser)
{
	if (winner->verb == cancel)
		canceled_while_leased(conn, winner, loser);
	else if (winner->verb == success)
		succeeded(conn, winner, loser);
	else if (winner->verb == terminal)
		dead(conn, winner, loser);
	else
		given_back(conn, winner, loser);
}

static void success_meets_cancel(void)
{
	meet(leased_job, success, cancel, cancel_before);
	meet(leased_job, cancel, success, cancel_before);
}

static void retry_meets_cancel(void)
{
	meet(leased_job, retryable, cancel, cancel_before);
	meet(leased_job, cancel, retryable, cancel_before);
}

static void death_meets_success(void)
{
	meet(leased_job, terminal, success, cancel_before);
	meet(leased_job, success, terminal, cancel_before);
}

static void retry_meets_success(void)
{
	meet(leased_job, retryable, success, cancel_before);
	meet(leased_job, success, retryable, cancel_before);
}

static void cancel_meets_cancel(void)
{
	meet(leased_job, cancel, cancel, canceled_while_leased);
}
