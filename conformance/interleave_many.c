/*
 * interleave_many.c - three and four sessions in a fixed order, batches that wait for
 * one row, and what drivers that skip locked rows must do without waiting. Two sessions
 * and one job are in interleave.c.
 */
#include "ct.h"

#define LEASED 4

struct actor {
	cairn_lease leases[LEASED];
	cairn_tx tx;
	cairn_changed changed;
	cairn_changed each[LEASED];
	cairn_id taken[LEASED];
	size_t count;
	cairn_status status;
};

static const cairn_str none = { NULL, 0 };

static struct actor actor_with(const cairn_jobs *jobs)
{
	struct actor actor = { .tx = CAIRN_TX_INIT };
	for (size_t i = 0; i < jobs->count && i < LEASED; i++)
		actor.leases[i] = cairn_job_lease(&jobs->at[i]);
	return actor;
}

static void add(cairn_conn *conn, size_t n)
{
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	for (size_t i = 0; i < n; i++) {
		cairn_job_new job = ct_new("t");
		ct_add(conn, &job);
	}
}

static const cairn_jobs *lease_some(cairn_conn *conn, uint32_t n)
{
	add(conn, n);
	const cairn_jobs *jobs = ct_claim_n(conn, "w", n);
	ct_int(jobs->count, n);
	return jobs;
}

static void begin(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	ct_ok(cairn_begin(conn, &me->tx, ct_err()));
}

static void cancel_first(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	ct_ok(cairn_job_cancel(conn, cairn_any(), &me->leases[0].id, 1, none, NULL, ct_err()));
}

static void begin_and_cancel(cairn_conn *conn, void *arg)
{
	begin(conn, arg);
	cancel_first(conn, arg);
}

static void finish_first(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	cairn_finish end = ct_success(me->leases[0]);
	ct_ok(cairn_job_finish(conn, &end, 1, &me->changed, ct_err()));
}

static void begin_and_finish(cairn_conn *conn, void *arg)
{
	begin(conn, arg);
	finish_first(conn, arg);
}

static void beat_first(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	ct_ok(cairn_job_heartbeat(conn, &me->leases[0], 1, 0, &me->changed, ct_err()));
}

static void finish_all(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	cairn_finish ends[LEASED];
	for (size_t i = 0; i < LEASED; i++)
		ends[i] = ct_success(me->leases[LEASED - 1 - i]);
	ct_ok(cairn_job_finish(conn, ends, LEASED, me->each, ct_err()));
}

static void beat_all(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	ct_ok(cairn_job_heartbeat(conn, me->leases, LEASED, CAIRN_HOUR, me->each, ct_err()));
}

static void finish_and_claim(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	cairn_finish end = ct_success(me->leases[0]);
	cairn_claim_opts opts = ct_claim_opts("next", LEASED);
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_finish_and_claim(conn, &end, 1, &me->changed, &opts, &jobs, ct_err()));
	me->count = jobs->count;
	ct_later(jobs);
}

static void take(cairn_conn *conn, struct actor *me, uint32_t limit)
{
	const cairn_jobs *jobs = ct_claim_n(conn, "claimer", limit);
	me->count = 0;
	for (size_t i = 0; i < jobs->count; i++)
		me->taken[me->count++] = jobs->at[i].id;
}

static void begin_and_claim_one(cairn_conn *conn, void *arg)
{
	begin(conn, arg);
	take(conn, arg, 1);
}

static void claim_rest(cairn_conn *conn, void *arg)
{
	take(conn, arg, LEASED);
}

static void reap_some(cairn_conn *conn, struct actor *me, uint32_t limit)
{
	cairn_reap_opts opts = { .size = sizeof(opts), .limit = limit };
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(conn, &opts, &report, ct_err()));
	ct_later(report);
	for (size_t i = 0; i < report->count; i++)
		me->taken[me->count++] = report->at[i].id;
}

static void begin_and_reap_one(cairn_conn *conn, void *arg)
{
	begin(conn, arg);
	reap_some(conn, arg, 1);
}

static void reap_rest(cairn_conn *conn, void *arg)
{
	reap_some(conn, arg, LEASED);
}

/* ---- waiting in a row ----------------------------------------------------------- */

/* A cancel is open; a finish, a heartbeat and a reaper come one after the other. */
static void behind_one_cancel(ct_step_fn *end, bool canceled)
{
	cairn_conn *conn = ct_open();
	const cairn_jobs *jobs = lease_some(conn, 1);
	struct actor actors[4];
	static const char *const names[] = { "canceler", "finisher", "keeper", "reaper" };
	ct_session *sessions[4];
	for (size_t i = 0; i < 4; i++) {
		actors[i] = actor_with(jobs);
		sessions[i] = ct_session_new(names[i]);
	}
	ct_step(sessions[0], begin_and_cancel, &actors[0]);
	ct_start(sessions[1], finish_first, &actors[1]);
	ct_start(sessions[2], beat_first, &actors[2]);
	ct_start(sessions[3], reap_rest, &actors[3]);
	ct_step(sessions[0], end, &actors[0].tx);
	for (size_t i = 1; i < 4; i++)
		ct_join(sessions[i]);
	ct_int(actors[3].count, 0);
	cairn_id id = jobs->at[0].id;
	if (canceled) {
		ct_each(actors[1].changed, CAIRN_STALE, "job.canceled");
		ct_each(actors[2].changed, CAIRN_STALE, "job.canceled");
		ct_text(ct_timeline(conn, id), "ENQUEUED LEASED CANCELED");
		return;
	}
	/* finish and heartbeat in either order: the finish is done in both */
	ct_each(actors[1].changed, CAIRN_OK, NULL);
	if (actors[2].changed.status != CAIRN_OK)
		ct_each(actors[2].changed, CAIRN_STALE, "job.finished");
	ct_text(ct_timeline(conn, id), "ENQUEUED LEASED SUCCEEDED");
}

static void all_behind_a_cancel(void)
{
	behind_one_cancel(ct_commit, true);
}

static void all_behind_a_lost_cancel(void)
{
	behind_one_cancel(ct_rollback, false);
}

/* ---- batches that wait for one row ---------------------------------------------- */

static void batch_behind(ct_step_fn *batch, ct_step_fn *end, size_t canceled_at, bool canceled)
{
	cairn_conn *conn = ct_open();
	const cairn_jobs *jobs = lease_some(conn, LEASED);
	struct actor a = actor_with(jobs);
	struct actor b = actor_with(jobs);
	ct_session *first = ct_session_new("canceler");
	ct_session *second = ct_session_new("worker");
	ct_step(first, begin_and_cancel, &a);
	ct_start(second, batch, &b);
	ct_step(first, end, &a.tx);
	ct_join(second);
	for (size_t i = 0; i < LEASED; i++) {
		if (canceled && i == canceled_at)
			ct_each(b.each[i], CAIRN_STALE, "job.canceled");
		else
			ct_each(b.each[i], CAIRN_OK, NULL);
	}
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_CANCELED), canceled);
}

static void finishes_behind_a_cancel(void)
{
	batch_behind(finish_all, ct_commit, LEASED - 1, true);
}

static void finishes_behind_a_lost_cancel(void)
{
	batch_behind(finish_all, ct_rollback, LEASED - 1, false);
}

static void beats_behind_a_cancel(void)
{
	batch_behind(beat_all, ct_commit, 0, true);
}

static void claims_behind_a_wait(void)
{
	cairn_conn *conn = ct_open();
	const cairn_jobs *jobs = lease_some(conn, 1);
	add(conn, 2);
	struct actor a = actor_with(jobs);
	struct actor b = actor_with(jobs);
	ct_session *first = ct_session_new("canceler");
	ct_session *second = ct_session_new("worker");
	ct_step(first, begin_and_cancel, &a);
	ct_start(second, finish_and_claim, &b);
	ct_step(first, ct_commit, &a.tx);
	ct_join(second);
	ct_each(b.changed, CAIRN_STALE, "job.canceled");
	ct_int(b.count, 2);
}

/* ---- passing what others hold ---------------------------------------------------- */

static void three_open_claims(void)
{
	cairn_conn *conn = ct_open();
	add(conn, 4);
	cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	cairn_jobs *all = NULL;
	ct_ok(cairn_job_list(conn, &filter, &all, ct_err()));
	ct_later(all);
	struct actor actors[3];
	ct_session *sessions[3];
	for (size_t i = 0; i < 3; i++) {
		actors[i] = (struct actor){ .tx = CAIRN_TX_INIT };
		sessions[i] = ct_session_new(ct_format("claimer %u", (unsigned)i));
		ct_step(sessions[i], begin_and_claim_one, &actors[i]);
		ct_int(actors[i].count, 1);
		ct_id(actors[i].taken[0], all->at[3 - i].id);
	}
	ct_step(sessions[2], ct_commit, &actors[2].tx);
	ct_step(sessions[1], ct_rollback, &actors[1].tx);
	ct_step(sessions[0], ct_commit, &actors[0].tx);
	struct actor last = { .count = 0 };
	ct_step(sessions[1], claim_rest, &last);
	ct_int(last.count, 2);
	ct_id(last.taken[0], all->at[2].id);
	ct_id(last.taken[1], all->at[0].id);
	ct_int(ct_job(conn, last.taken[0])->attempt, 1);
}

static void two_open_reapers(void)
{
	cairn_conn *conn = ct_open();
	lease_some(conn, 3);
	ct_advance(CAIRN_HOUR);
	struct actor a = { .tx = CAIRN_TX_INIT };
	struct actor b = { .tx = CAIRN_TX_INIT };
	struct actor c = { .count = 0 };
	ct_session *first = ct_session_new("first");
	ct_session *second = ct_session_new("second");
	ct_step(first, begin_and_reap_one, &a);
	ct_step(second, begin_and_reap_one, &b);
	ct_int(a.count, 1);
	ct_int(b.count, 1);
	ct_true(cairn_id_compare(a.taken[0], b.taken[0]) != 0);
	reap_rest(conn, &c);
	ct_int(c.count, 1);
	ct_step(second, ct_commit, &b.tx);
	ct_step(first, ct_rollback, &a.tx);
	c.count = 0;
	reap_rest(conn, &c);
	ct_int(c.count, 1);
	ct_id(c.taken[0], a.taken[0]);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_PENDING), 3);
}

/* One of the expired leases is held by an open finish that was in time. */
static void reapers_take_the_others(void)
{
	cairn_conn *conn = ct_open();
	const cairn_jobs *jobs = lease_some(conn, 3);
	struct actor worker = actor_with(jobs);
	struct actor reaper = { .count = 0 };
	ct_session *a = ct_session_new("worker");
	ct_session *b = ct_session_new("reaper");
	ct_step(a, begin_and_finish, &worker);
	ct_advance(CAIRN_HOUR);
	ct_start(b, reap_rest, &reaper);
	ct_step(a, ct_commit, &worker.tx);
	ct_join(b);
	ct_int(reaper.count, 2);
	ct_int(ct_job(conn, jobs->at[0].id)->status, CAIRN_JOB_SUCCEEDED);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_PENDING), 2);
}

/* ---- calls that lock each other out ---------------------------------------------- */

static void cancel_second(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	me->status =
		cairn_job_cancel(conn, cairn_any(), &me->leases[1].id, 1, none, NULL, ct_err());
}

/* Each holds one row and wants the other's: one of them has to give way. */
static void a_deadlock_has_one_victim(void)
{
	cairn_conn *conn = ct_open();
	const cairn_jobs *jobs = lease_some(conn, 2);
	struct actor actors[] = { actor_with(jobs), actor_with(jobs) };
	actors[1].leases[0] = actors[0].leases[1];
	actors[1].leases[1] = actors[0].leases[0];
	ct_session *sessions[] = { ct_session_new("a"), ct_session_new("b") };
	ct_step(sessions[0], begin_and_cancel, &actors[0]);
	ct_step(sessions[1], begin_and_cancel, &actors[1]);
	ct_start(sessions[0], cancel_second, &actors[0]);
	ct_start(sessions[1], cancel_second, &actors[1]);
	/* the victim must roll back before the other one can go on */
	size_t victim = 0;
	ct_join(sessions[0]);
	ct_join(sessions[1]);
	if (actors[1].status != CAIRN_OK)
		victim = 1;
	ct_int(actors[victim].status, CAIRN_TX_ABORTED);
	ct_int(actors[!victim].status, CAIRN_OK);
	ct_step(sessions[victim], ct_rollback, &actors[victim].tx);
	ct_step(sessions[!victim], ct_commit, &actors[!victim].tx);
	for (size_t i = 0; i < 2; i++)
		ct_text(ct_timeline(conn, jobs->at[i].id), "ENQUEUED LEASED CANCELED");
}

#define MEET .kind = CT_INTERLEAVE, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.meet.everybody_behind_a_cancel",
	  MEET,
	  .rule = "Finish and heartbeat that waited for a cancel are told so, and the reaper "
		  "finds nothing.",
	  .covers = "runledger L09, X01",
	  .run = all_behind_a_cancel },
	{ .name = "jobs.meet.everybody_behind_a_lost_cancel",
	  MEET,
	  .rule = "After a cancel that rolled back finish and heartbeat do their work, in "
		  "either order.",
	  .run = all_behind_a_lost_cancel },
	{ .name = "jobs.meet.a_batch_of_finishes_behind_a_cancel",
	  MEET,
	  .rule = "A batch that waited for one row refuses that item alone.",
	  .covers = "runledger L09",
	  .run = finishes_behind_a_cancel },
	{ .name = "jobs.meet.a_batch_of_finishes_behind_a_lost_cancel",
	  MEET,
	  .rule = "A batch that waited for a cancel which rolled back is done whole.",
	  .run = finishes_behind_a_lost_cancel },
	{ .name = "jobs.meet.a_batch_of_heartbeats_behind_a_cancel",
	  MEET,
	  .rule = "Heartbeats that waited for one row extend all the others.",
	  .covers = "runledger L09",
	  .run = beats_behind_a_cancel },
	{ .name = "jobs.meet.the_next_claim_behind_a_wait",
	  MEET,
	  .rule = "finish_and_claim that waited for a cancel is refused its finish and claims "
		  "what is there.",
	  .run = claims_behind_a_wait },
	{ .name = "jobs.meet.three_open_claims",
	  MEET,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "Open claims pass each other's rows without waiting, in queue order; one "
		  "rolled back gives its job back to the same place.",
	  .covers = "runledger K07, K16",
	  .run = three_open_claims },
	{ .name = "jobs.meet.open_reapers_do_not_wait",
	  MEET,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "Open reapers pass each other's leases without waiting; one rolled back "
		  "leaves its leases to the next.",
	  .covers = "runledger R11",
	  .run = two_open_reapers },
	{ .name = "jobs.meet.a_reaper_takes_the_others",
	  MEET,
	  .rule = "An open finish that was in time keeps its own lease from the reaper and no "
		  "other.",
	  .covers = "runledger R11, R12",
	  .run = reapers_take_the_others },
	{ .name = "jobs.meet.a_deadlock_has_one_victim",
	  MEET,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "Of two transactions that want each other's rows one gets TX_ABORTED and "
		  "leaves nothing, the other goes on.",
	  .run = a_deadlock_has_one_victim },
};

CT_GROUP(interleave_many, cases);
