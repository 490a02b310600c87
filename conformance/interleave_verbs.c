/*
 * interleave_verbs.c - two sessions that want the same job by the other verbs, in every order: one
 * after the other, one behind the other's open transaction that commits, or that rolls back.
 * (interleave.c: claim, finish, heartbeat, cancel, reap)
 */
#include "ct_meet.h"

static const cairn_str none = { NULL, 0 };

/* ---- verbs ------------------------------------------------------------------------------------ */

static void requeue(cairn_conn *conn, void *arg)
{
	ct_actor *me = arg;
	ct_ok(cairn_job_requeue(conn, cairn_any(), &me->seen, 1, none, &me->changed, ct_err()));
}

static void release(cairn_conn *conn, void *arg)
{
	ct_actor *me = arg;
	me->changed = ct_send(conn, ct_again(me->lease, CAIRN_FINISH_RELEASE, 0));
}

static void start(cairn_conn *conn, void *arg)
{
	ct_actor *me = arg;
	me->changed = ct_send_progress(conn, ct_stage(me->lease, "running"));
}

static void three_done(cairn_conn *conn, void *arg)
{
	ct_actor *me = arg;
	me->changed = ct_send_progress(conn, ct_report(me->lease, 3, -1));
}

static void two_in_total(cairn_conn *conn, void *arg)
{
	ct_actor *me = arg;
	me->changed = ct_send_progress(conn, ct_report(me->lease, -1, 2));
}

static void say(cairn_conn *conn, void *arg)
{
	ct_actor *me = arg;
	me->changed = ct_say(conn, me->lease, "said");
}

static void adopt(cairn_conn *conn, void *arg)
{
	ct_actor *me = arg;
	ct_ok(cairn_job_adopt(conn, cairn_any(), &me->lease.id, 1, CAIRN_STR("new"), &me->changed,
			      ct_err()));
}

static void edit(cairn_conn *conn, void *arg)
{
	ct_actor *me = arg;
	cairn_job_patch patch = { .id = me->lease.id,
				  .set = CAIRN_JOB_PAYLOAD,
				  .payload = CAIRN_STR("[\"edited\"]") };
	ct_ok(cairn_job_edit(conn, cairn_any(), &patch, 1, &me->changed, ct_err()));
}

static void replay(cairn_conn *conn, void *arg)
{
	ct_actor *me = arg;
	cairn_rerun item = { .source = me->lease.id,
			     .run_number = 1,
			     .key = CAIRN_STR("r"),
			     .reason = CAIRN_STR("why") };
	ct_ok(cairn_job_replay(conn, cairn_any(), &item, 1, &me->added, ct_err()));
}

static void success_that_deletes(cairn_conn *conn, void *arg)
{
	ct_actor *me = arg;
	cairn_finish finish = ct_success(me->lease);
	finish.lease.hints |= CAIRN_HINT_DELETE;
	me->changed = ct_send(conn, finish);
}

/* ---- jobs ------------------------------------------------------------------------------------------ */

static void waiting(cairn_conn *conn, ct_actor *actor)
{
	cairn_job_new job = ct_new("t");
	actor->lease.id = ct_add(conn, &job);
}

static void leased(cairn_conn *conn, ct_actor *actor)
{
	waiting(conn, actor);
	actor->lease = ct_claim(conn, "w");
}

static void one_of_three(cairn_conn *conn, ct_actor *actor)
{
	leased(conn, actor);
	ct_progress(conn, ct_report(actor->lease, 1, 3));
}

static void ahead(cairn_conn *conn, ct_actor *actor)
{
	waiting(conn, actor);
	actor->lease = ct_claim_ahead(conn, "w");
}

static void expired_ahead(cairn_conn *conn, ct_actor *actor)
{
	ahead(conn, actor);
	ct_advance(CAIRN_HOUR);
}

static void dead(cairn_conn *conn, ct_actor *actor)
{
	leased(conn, actor);
	ct_finish(conn, ct_failure(actor->lease, CAIRN_FINISH_TERMINAL, "x"));
	actor->seen = ct_seen(conn, actor->lease.id);
	ct_advance(CAIRN_SECOND);
}

static void succeeded(cairn_conn *conn, ct_actor *actor)
{
	leased(conn, actor);
	ct_finish(conn, ct_success(actor->lease));
	ct_advance(CAIRN_SECOND);
}

/* ---- requeue ------------------------------------------------------------------------------------------ */

static void one_requeue(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	ct_each(winner->changed, CAIRN_OK, NULL);
	if (loser) {
		ct_each(loser->changed, CAIRN_STALE, "job.expectation_mismatch");
		ct_int(loser->changed.run_number, 2);
	}
	ct_int(ct_job(conn, winner->lease.id)->run_number, 2);
	ct_int(ct_count_events(conn, winner->lease.id, CAIRN_EVENT_REQUEUED), 1);
}

static void two_requeuers(void)
{
	ct_meet(dead, requeue, requeue, one_requeue);
}

/* The job is waiting, and seen as canceled: it is not yet when the requeue begins. */
static void soon_canceled(cairn_conn *conn, ct_actor *actor)
{
	waiting(conn, actor);
	actor->seen = (cairn_requeue){ .id = actor->lease.id,
				       .status = CAIRN_JOB_CANCELED,
				       .run_number = 1 };
}

static void requeued_behind_a_cancel(cairn_conn *conn, const ct_actor *winner,
				     const ct_actor *loser)
{
	if (!loser) {
		ct_each(winner->changed, CAIRN_STALE, "job.expectation_mismatch");
		ct_int(winner->changed.job_status, CAIRN_JOB_PENDING);
		return;
	}
	ct_each(winner->changed, CAIRN_OK, NULL);
	if (loser->changed.status == CAIRN_STALE) {
		/* it did not wait, and was before the cancel */
		ct_each(loser->changed, CAIRN_STALE, "job.expectation_mismatch");
		ct_int(loser->changed.job_status, CAIRN_JOB_PENDING);
		return;
	}
	ct_each(loser->changed, CAIRN_OK, NULL);
	ct_int(ct_job(conn, winner->lease.id)->status, CAIRN_JOB_PENDING);
	ct_int(ct_job(conn, winner->lease.id)->run_number, 2);
}

static void requeue_behind_the_cancel(void)
{
	ct_meet(soon_canceled, ct_act_cancel, requeue, requeued_behind_a_cancel);
}

static void pruned_or_requeued(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	if (winner->verb == requeue) {
		ct_each(winner->changed, CAIRN_OK, NULL);
		ct_int(loser ? loser->taken : 0, 0);
		ct_int(ct_job(conn, winner->lease.id)->run_number, 2);
		return;
	}
	ct_int(winner->taken, 1);
	if (loser)
		ct_each(loser->changed, CAIRN_NOT_FOUND, "job.not_found");
	ct_gone(conn, winner->lease.id);
}

static void prune_against_requeue(void)
{
	ct_meet(dead, requeue, ct_act_prune, pruned_or_requeued);
}

static void requeue_against_prune(void)
{
	ct_meet(dead, ct_act_prune, requeue, pruned_or_requeued);
}

/* ---- keyed enqueue and requeue in one transaction ------------------------------------------------------ */

struct outbox {
	cairn_tx tx;
	cairn_id id;
	cairn_requeue seen;
	cairn_changed changed;
};

static void begin_and_enqueue(cairn_conn *conn, void *arg)
{
	struct outbox *me = arg;
	cairn_job_new job = ct_new("t");
	cairn_job_added added;
	job.key = CAIRN_STR("k");
	ct_ok(cairn_begin(conn, &me->tx, ct_err()));
	ct_ok(cairn_job_enqueue(conn, &job, 1, &added, ct_err()));
	ct_int(added.disposition, CAIRN_EXISTING);
	ct_id(added.id, me->id);
}

static void requeue_and_commit(cairn_conn *conn, void *arg)
{
	struct outbox *me = arg;
	ct_ok(cairn_job_requeue(conn, cairn_any(), &me->seen, 1, none, &me->changed, ct_err()));
	ct_ok(cairn_commit(&me->tx, ct_err()));
}

static void two_hold_the_key(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	ct_define(conn, "t");
	job.key = CAIRN_STR("k");
	struct outbox a = { .tx = CAIRN_TX_INIT, .id = ct_add(conn, &job) };
	ct_cancel(conn, a.id);
	a.seen = ct_seen(conn, a.id);
	struct outbox b = a;
	ct_session *first = ct_session_new("first");
	ct_session *second = ct_session_new("second");
	ct_step(first, begin_and_enqueue, &a);
	ct_start(second, begin_and_enqueue, &b);
	ct_step(first, requeue_and_commit, &a);
	ct_join(second);
	ct_step(second, requeue_and_commit, &b);
	ct_each(a.changed, CAIRN_OK, NULL);
	ct_each(b.changed, CAIRN_STALE, "job.expectation_mismatch");
	ct_int(ct_count_events(conn, a.id, CAIRN_EVENT_REQUEUED), 1);
	ct_int(ct_count_jobs(conn, 0), 1);
}

/* ---- the running attempt ----------------------------------------------------------------------------------- */

static void one_fits(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	const cairn_job *job = ct_job(conn, winner->lease.id);
	bool done = winner->verb == three_done;
	ct_each(winner->changed, CAIRN_OK, NULL);
	if (loser)
		ct_each(loser->changed, CAIRN_INVALID, "job.invalid_progress");
	ct_int(job->progress_done, done ? 3 : 1);
	ct_int(job->progress_total, done ? 3 : 2);
	ct_int(ct_count_events(conn, winner->lease.id, CAIRN_EVENT_PROGRESS), 2);
	ct_progress(conn, ct_report(winner->lease, 2, 2));
}

static void done_against_total(void)
{
	ct_meet(one_of_three, three_done, two_in_total, one_fits);
	ct_meet(one_of_three, two_in_total, three_done, one_fits);
}

static void started_or_released(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	const cairn_job *job = ct_job(conn, winner->lease.id);
	ct_each(winner->changed, CAIRN_OK, NULL);
	if (winner->verb == start) {
		if (loser)
			ct_each(loser->changed, CAIRN_STALE,
				"job.unstarted_claim_release_not_applicable");
		ct_true(job->execution_started_at != 0);
		ct_int(job->attempt, 1);
		return;
	}
	if (loser) {
		ct_each(loser->changed, CAIRN_STALE, "job.lease_lost");
		ct_int(loser->changed.ending, CAIRN_ENDING_RELEASED);
	}
	ct_int(job->execution_started_at, 0);
	ct_int(job->attempt, 0);
}

static void release_against_the_mark(void)
{
	ct_meet(ahead, start, release, started_or_released);
	ct_meet(ahead, release, start, started_or_released);
}

static void taken_back_once(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	const cairn_job *job = ct_job(conn, winner->lease.id);
	if (winner->verb == release)
		ct_each(winner->changed, CAIRN_OK, NULL);
	else
		ct_int(winner->taken, 1);
	if (loser && loser->verb == release)
		ct_each(loser->changed, CAIRN_STALE, "job.lease_lost");
	else if (loser)
		ct_int(loser->taken, 0);
	ct_int(job->status, CAIRN_JOB_PENDING);
	ct_int(job->attempt, 0);
	ct_int(ct_count_events(conn, winner->lease.id, CAIRN_EVENT_REQUEUED), 1);
	ct_int(ct_attempts(conn, winner->lease.id)->count, 1);
}

static void release_against_reaping(void)
{
	ct_meet(expired_ahead, release, ct_act_reap, taken_back_once);
	ct_meet(expired_ahead, ct_act_reap, release, taken_back_once);
}

static void said_before_the_end(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	ct_each(winner->changed, CAIRN_OK, NULL);
	if (winner->verb == say) {
		if (loser)
			ct_each(loser->changed, CAIRN_OK, NULL);
		ct_int(ct_logs(conn, winner->lease.id)->count, 1);
		return;
	}
	if (loser)
		ct_each(loser->changed, CAIRN_STALE, "job.finished");
	ct_int(ct_logs(conn, winner->lease.id)->count, 0);
}

static void a_line_against_the_end(void)
{
	ct_meet(leased, say, ct_act_success, said_before_the_end);
	ct_meet(leased, ct_act_success, say, said_before_the_end);
}

static void gone_after_all(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	ct_each(winner->changed, CAIRN_OK, NULL);
	if (winner->verb == success_that_deletes) {
		if (loser)
			ct_each(loser->changed, CAIRN_NOT_FOUND, "job.not_found");
		ct_gone(conn, winner->lease.id);
		return;
	}
	if (loser) {
		ct_each(loser->changed, CAIRN_OK, NULL);
		ct_gone(conn, winner->lease.id);
	}
}

static void a_line_against_the_deletion(void)
{
	ct_meet(leased, success_that_deletes, say, gone_after_all);
	ct_meet(leased, say, success_that_deletes, gone_after_all);
}

/* ---- the waiting job --------------------------------------------------------------------------------------- */

static void adopted_or_claimed(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	const cairn_job *job = ct_job(conn, winner->lease.id);
	if (winner->verb == adopt) {
		ct_each(winner->changed, CAIRN_OK, NULL);
		ct_int(loser ? loser->taken : 0, 0);
		ct_int(job->status, CAIRN_JOB_PENDING);
		ct_str(job->owner, "new");
		return;
	}
	ct_int(winner->taken, 1);
	if (loser)
		ct_each(loser->changed, CAIRN_STALE, "job.lease_live");
	ct_int(job->status, CAIRN_JOB_LEASED);
	ct_str(job->owner, NULL);
}

static void adopt_against_claim(void)
{
	ct_meet(waiting, adopt, ct_act_claim, adopted_or_claimed);
	ct_meet(waiting, ct_act_claim, adopt, adopted_or_claimed);
}

static void edited_or_claimed(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	const cairn_job *job = ct_job(conn, winner->lease.id);
	if (winner->verb == edit) {
		ct_each(winner->changed, CAIRN_OK, NULL);
		ct_int(loser ? loser->taken : 1, 1);
		ct_str(job->payload, "[\"edited\"]");
		return;
	}
	ct_int(winner->taken, 1);
	if (loser)
		ct_each(loser->changed, CAIRN_STALE, "job.not_pending");
	ct_str(job->payload, "{}");
}

static void edit_against_claim(void)
{
	ct_meet(waiting, edit, ct_act_claim, edited_or_claimed);
	ct_meet(waiting, ct_act_claim, edit, edited_or_claimed);
}

/* ---- replay --------------------------------------------------------------------------------------------------- */

static void one_replay(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	ct_each(winner->added, CAIRN_OK, NULL);
	ct_int(winner->added.disposition, CAIRN_INSERTED);
	if (loser) {
		ct_each(loser->added, CAIRN_OK, NULL);
		ct_int(loser->added.disposition, CAIRN_EXISTING);
		ct_id(loser->added.id, winner->added.id);
	}
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_PENDING), 1);
}

static void two_replays(void)
{
	ct_meet(succeeded, replay, replay, one_replay);
}

static void pruned_or_replayed(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser)
{
	if (winner->verb == replay) {
		ct_int(winner->added.disposition, CAIRN_INSERTED);
		ct_int(ct_job(conn, winner->added.id)->status, CAIRN_JOB_PENDING);
		return;
	}
	ct_int(winner->taken, 1);
	if (loser)
		ct_each(loser->added, CAIRN_NOT_FOUND, "job.not_found");
	ct_gone(conn, winner->lease.id);
}

static void prune_against_replay(void)
{
	ct_meet(succeeded, replay, ct_act_prune, pruned_or_replayed);
	ct_meet(succeeded, ct_act_prune, replay, pruned_or_replayed);
}

#define INTERLEAVE .kind = CT_INTERLEAVE, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.interleave.two_requeuers",
	  INTERLEAVE,
	  .rule = "Of two that requeue the same ended job one does it, and the other is told that "
		  "it is another run by now.",
	  .covers = "runledger Q04, Q10",
	  .run = two_requeuers },
	{ .name = "jobs.interleave.a_requeue_behind_the_cancel_it_expects",
	  INTERLEAVE,
	  .rule = "A requeue that meets the cancel it expects requeues, or comes before it and "
		  "says so; it never reports a mismatch that equals its expectation.",
	  .covers = "runledger Q09",
	  .run = requeue_behind_the_cancel },
	{ .name = "jobs.interleave.a_prune_behind_a_requeue",
	  INTERLEAVE,
	  .rule = "A job that is being requeued is not deleted.",
	  .run = prune_against_requeue },
	{ .name = "jobs.interleave.a_requeue_behind_a_prune",
	  INTERLEAVE,
	  .rule = "A job that was deleted meanwhile is not found; one whose deletion was rolled "
		  "back is requeued.",
	  .run = requeue_against_prune },
	{ .name = "jobs.interleave.two_that_enqueue_and_requeue_one_key",
	  INTERLEAVE,
	  .rule = "Two transactions that found the same keyed job do not lock each other out: one "
		  "requeues it, the other is told so.",
	  .covers = "runledger I14, I15",
	  .run = two_hold_the_key },
	{ .name = "jobs.interleave.reports_that_exclude_each_other",
	  INTERLEAVE,
	  .rule = "Of two partial reports that each fit and do not fit together exactly one is "
		  "written; the lease stays usable.",
	  .covers = "runledger P06",
	  .run = done_against_total },
	{ .name = "jobs.interleave.a_release_against_the_mark_of_having_started",
	  INTERLEAVE,
	  .rule = "A job is either started or released, never both.",
	  .covers = "runledger R02",
	  .run = release_against_the_mark },
	{ .name = "jobs.interleave.a_release_against_the_reaper",
	  INTERLEAVE,
	  .rule = "An expired claim ahead is given back once, by its worker or by the reaper.",
	  .covers = "runledger R06",
	  .run = release_against_reaping },
	{ .name = "jobs.interleave.a_line_against_the_end",
	  INTERLEAVE,
	  .rule = "A line that waited for the end of its attempt is refused.",
	  .covers = "runledger L05",
	  .run = a_line_against_the_end },
	{ .name = "jobs.interleave.a_line_against_the_deletion",
	  INTERLEAVE,
	  .rule = "No line outlives a job that a success deletes.",
	  .run = a_line_against_the_deletion },
	{ .name = "jobs.interleave.an_adoption_against_a_claim",
	  INTERLEAVE,
	  .rule = "A job is either moved first and then not claimable by others, or claimed first "
		  "and not moved.",
	  .covers = "smol-21, smol-22",
	  .run = adopt_against_claim },
	{ .name = "jobs.interleave.an_edit_against_a_claim",
	  INTERLEAVE,
	  .rule = "A claim sees the edited payload, or the edit is refused.",
	  .covers = "runledger A13",
	  .run = edit_against_claim },
	{ .name = "jobs.interleave.two_replays_of_one_request",
	  INTERLEAVE,
	  .rule = "Of two equal replays one makes the job and the other finds it; rolled back, "
		  "the other makes it.",
	  .covers = "runledger Y07, Y08",
	  .run = two_replays },
	{ .name = "jobs.interleave.a_prune_against_a_replay",
	  INTERLEAVE,
	  .rule = "A source that was deleted is not found; a replay that was made stays.",
	  .covers = "runledger Y10",
	  .run = prune_against_replay },
};

CT_GROUP(interleave_verbs, cases);
