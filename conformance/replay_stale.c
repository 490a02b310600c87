/*
 * replay_stale.c - who lost the run: however that came about, every call of the old worker is refused with the right
 * code and changes nothing, neither in the run nor in its children nor in the ledger.
 */
#include "ct_ledger.h"

/*
 * The old worker: something done, two steps under way, one of them paid for beforehand, and a
 * signal to be taken.
 */
struct old {
	cairn_conn *conn;
	ct_play live;
	cairn_replay_step step;
	cairn_replay_step other;
	cairn_id child;
};

static struct old old_worker(void)
{
	struct old old = { .conn = ct_open() };
	cairn_charge bound = ct_usage("a", 5);
	ct_define_retry(old.conn, "t2", 5, CAIRN_SECOND);
	cairn_job_new job = ct_new("t2");
	old.live = ct_play_job(old.conn, job);
	ct_limit(old.conn, old.live.id, "a", CAIRN_BUDGET_HARD, 100);
	ct_play_paid(&old.live, "done", "a", 7);
	ct_define(old.conn, "t");
	old.child = ct_child_of(&old.live, "c", "below");
	old.step = ct_ask_run(old.live.replay, "mine");
	old.other = ct_ask_run(old.live.replay, "mine too");
	ct_ok(cairn_replay_reserve(old.live.replay, &old.step, &bound, 1, CAIRN_DAY, ct_err()));
	ct_signal(old.conn, old.live.id, "go", "1");
	return old;
}

struct refusal {
	cairn_status status;
	const char *code;
};

static void refuses_steps(struct old *old, struct refusal want)
{
	cairn_replay *replay = old->live.replay;
	cairn_replay_call call = { .kind = CAIRN_STR("k"), .name = CAIRN_STR("new") };
	cairn_str value = CAIRN_STR("1");
	cairn_charge usage = ct_usage("a", 1);
	cairn_replay_failure failure = { .size = sizeof(failure), .usage = &usage };
	cairn_replay_step step;
	failure.usage_count = 1;
	ct_status(cairn_replay_step_begin(replay, &call, 1, &step, ct_err()), want.status,
		  want.code);
	ct_status(cairn_replay_value(replay, &call, &value, 1, &step, ct_err()), want.status,
		  want.code);
	step = old->step;
	ct_status(cairn_replay_complete(replay, &step, value, &usage, 1, ct_err()), want.status,
		  want.code);
	step = old->other;
	ct_status(cairn_replay_complete(replay, &step, value, NULL, 0, ct_err()), want.status,
		  want.code);
	step = old->step;
	ct_status(cairn_replay_fail(replay, &step, &failure, ct_err()), want.status, want.code);
	failure.usage_count = 0;
	step = old->other;
	ct_status(cairn_replay_fail(replay, &step, &failure, ct_err()), want.status, want.code);
	ct_status(cairn_replay_reserve(replay, &old->step, &usage, 1, 0, ct_err()), want.status,
		  want.code);
	ct_status(cairn_replay_reserve(replay, &old->other, &usage, 1, 0, ct_err()), want.status,
		  want.code);
}

static void refuses_waits(struct old *old, struct refusal want)
{
	cairn_replay *replay = old->live.replay;
	cairn_child_new child = { .type = CAIRN_STR("t"), .name = CAIRN_STR("d") };
	cairn_budget budget;
	cairn_replay_step step;
	ct_status(cairn_replay_sleep(replay, 0, &step, ct_err()), want.status, want.code);
	ct_status(cairn_replay_sleep(replay, CAIRN_HOUR, &step, ct_err()), want.status, want.code);
	ct_status(cairn_replay_signal(replay, CAIRN_STR("go"), -1, &step, ct_err()), want.status,
		  want.code);
	ct_status(cairn_replay_child(replay, &child, 1, &step, ct_err()), want.status, want.code);
	child.name = CAIRN_STR("c");
	child.queue = CAIRN_STR("below");
	ct_status(cairn_replay_child(replay, &child, 1, &step, ct_err()), want.status, want.code);
	ct_status(cairn_replay_budget(replay, CAIRN_STR("a"), &budget, ct_err()), want.status,
		  want.code);
}

static void refuses_ends(struct old *old, struct refusal want)
{
	cairn_replay *again = NULL;
	cairn_finish end = ct_success(old->live.lease);
	end.output = CAIRN_STR("[1]");
	ct_status(cairn_replay_begin(old->conn, &old->live.lease, NULL, &again, ct_err()),
		  want.status, want.code);
	ct_true(again == NULL);
	ct_status(cairn_replay_suspend(old->live.replay, ct_err()), want.status, want.code);
	ct_status(cairn_replay_finish(old->live.replay, &end, ct_err()), want.status, want.code);
	end = ct_failure(old->live.lease, CAIRN_FINISH_TERMINAL, "too.late");
	ct_status(cairn_replay_finish(old->live.replay, &end, ct_err()), want.status, want.code);
	end = ct_failure(old->live.lease, CAIRN_FINISH_RETRYABLE, "too.late");
	ct_status(cairn_replay_finish(old->live.replay, &end, ct_err()), want.status, want.code);
}

/* All of it; the store is as it was before, as far as anybody can see. */
static void refused(struct old *old, cairn_status status, const char *code)
{
	struct refusal want = { status, code };
	const char *before = ct_play_snapshot(old->conn, old->live.id);
	const char *below = ct_play_snapshot(old->conn, old->child);
	size_t jobs = ct_count_jobs(old->conn, 0);
	ct_ledger(old->conn, old->live.id);
	refuses_steps(old, want);
	refuses_waits(old, want);
	refuses_ends(old, want);
	ct_play_unchanged(old->conn, old->live.id, before);
	ct_play_unchanged(old->conn, old->child, below);
	ct_int(ct_count_jobs(old->conn, 0), jobs);
}

static void expire(struct old *old)
{
	ct_set_now(ct_job(old->conn, old->live.id)->lease_expires_at);
}

static void reaped(struct old *old)
{
	expire(old);
	ct_advance(1);
	ct_reap(old->conn, 1);
}

static ct_play next_worker(struct old *old)
{
	cairn_time due = ct_job(old->conn, old->live.id)->run_at;
	if (due > ct_now())
		ct_set_now(due);
	return ct_play_of(old->conn, old->live.id);
}

/* ---- how it was lost ------------------------------------------------------------------------- */

static void the_lease_is_over(void)
{
	struct old old = old_worker();
	expire(&old);
	refused(&old, CAIRN_STALE, "job.lease_expired");
	/* nobody took it: who still comes can't go on, though nothing was reaped */
	ct_int(ct_job(old.conn, old.live.id)->status, CAIRN_JOB_LEASED);
}

static void just_in_time(void)
{
	struct old old = old_worker();
	expire(&old);
	ct_advance(-1);
	ct_ok(cairn_replay_complete(old.live.replay, &old.step, CAIRN_STR("1"), NULL, 0, ct_err()));
	ct_play_suspend(&old.live);
}

static void taken_back(void)
{
	struct old old = old_worker();
	reaped(&old);
	refused(&old, CAIRN_STALE, "job.lease_lost");
}

static void taken_over(void)
{
	struct old old = old_worker();
	reaped(&old);
	ct_play mine = next_worker(&old);
	refused(&old, CAIRN_STALE, "job.lease_lost");
	/* the same step is under way again: it is the other's */
	cairn_replay_step step = ct_ask_run(mine.replay, "mine");
	refused(&old, CAIRN_STALE, "job.lease_lost");
	ct_ok(cairn_replay_complete(mine.replay, &step, CAIRN_STR("\"mine\""), NULL, 0, ct_err()));
	refused(&old, CAIRN_STALE, "job.lease_lost");
	ct_str(ct_memo(old.conn, mine.id, "mine")->result, "\"mine\"");
	ct_play_knows(&mine, "done", "1");
}

static void canceled(void)
{
	struct old old = old_worker();
	ct_cancel_replay(old.conn, old.live.id);
	refused(&old, CAIRN_STALE, "run.canceled");
	expire(&old);
	/* canceled comes before expired */
	refused(&old, CAIRN_STALE, "run.canceled");
}

static void canceled_as_a_job(void)
{
	struct old old = old_worker();
	ct_cancel(old.conn, old.live.id);
	refused(&old, CAIRN_STALE, "run.canceled");
}

static void requeued(void)
{
	struct old old = old_worker();
	ct_cancel(old.conn, old.live.id);
	expire(&old);
	ct_told(ct_requeue(old.conn, ct_seen(old.conn, old.live.id)), CAIRN_OK, NULL);
	refused(&old, CAIRN_STALE, "job.lease_lost");
	next_worker(&old);
	refused(&old, CAIRN_STALE, "job.lease_lost");
}

static void resumed(void)
{
	struct old old = old_worker();
	cairn_resume resume = ct_resumption(old.live.id);
	ct_cancel_replay(old.conn, old.live.id);
	expire(&old);
	resume.flags = CAIRN_RESUME_CANCELED;
	ct_resume_replay(old.conn, &resume);
	refused(&old, CAIRN_STALE, "job.lease_lost");
	ct_play mine = next_worker(&old);
	refused(&old, CAIRN_STALE, "job.lease_lost");
	ct_play_knows(&mine, "done", "1");
}

static void finished_by_another(void)
{
	struct old old = old_worker();
	reaped(&old);
	ct_play mine = next_worker(&old);
	ct_play_succeed(&mine, "[2]");
	refused(&old, CAIRN_STALE, "job.finished");
	ct_str(ct_played(old.conn, mine.id)->output, "[2]");
}

static void failed_by_another(void)
{
	struct old old = old_worker();
	reaped(&old);
	ct_play mine = next_worker(&old);
	ct_play_fail(&mine, "it.broke");
	refused(&old, CAIRN_STALE, "job.finished");
	ct_str(ct_played(old.conn, mine.id)->error_code, "it.broke");
}

static void suspended_by_another(void)
{
	struct old old = old_worker();
	reaped(&old);
	ct_play mine = next_worker(&old);
	cairn_replay_step step;
	ct_ok(cairn_replay_sleep(mine.replay, CAIRN_HOUR, &step, ct_err()));
	ct_play_suspend(&mine);
	refused(&old, CAIRN_STALE, "job.lease_lost");
	ct_int(ct_played(old.conn, mine.id)->status, CAIRN_REPLAY_SUSPENDED);
}

static void deleted(void)
{
	struct old old = old_worker();
	cairn_replay_delete_opts opts = { .size = sizeof(opts),
					  .scope = cairn_any(),
					  .run = old.live.id };
	cairn_replay_deleted gone;
	ct_cancel_replay(old.conn, old.live.id);
	expire(&old);
	ct_ok(cairn_replay_delete(old.conn, &opts, &gone, ct_err()));
	ct_int(gone.roots, 1);
	refuses_steps(&old, (struct refusal){ CAIRN_NOT_FOUND, "job.not_found" });
	refuses_waits(&old, (struct refusal){ CAIRN_NOT_FOUND, "job.not_found" });
	refuses_ends(&old, (struct refusal){ CAIRN_NOT_FOUND, "job.not_found" });
	ct_replay_gone(old.conn, old.live.id);
	ct_int(ct_count_jobs(old.conn, 0), 0);
}

/* ---- under the same lease ---------------------------------------------------------------------- */

static void its_own_end(void)
{
	struct old old = old_worker();
	ct_play_suspend(&old.live);
	const char *before = ct_play_snapshot(old.conn, old.live.id);
	cairn_replay_call call = { .kind = CAIRN_STR("k"), .name = CAIRN_STR("new") };
	cairn_replay_step step;
	ct_budget(old.conn);
	ct_status(cairn_replay_step_begin(old.live.replay, &call, 1, &step, ct_err()),
		  CAIRN_INVALID, "replay.attempt_ended");
	ct_status(cairn_replay_sleep(old.live.replay, 1, &step, ct_err()), CAIRN_INVALID,
		  "replay.attempt_ended");
	ct_status(cairn_replay_complete(old.live.replay, &old.step, CAIRN_STR("1"), NULL, 0,
					ct_err()),
		  CAIRN_INVALID, "replay.attempt_ended");
	ct_spent(old.conn, 0, "calls behind the end", 3);
	ct_play_unchanged(old.conn, old.live.id, before);
}

static void another_claim(void)
{
	struct old old = old_worker();
	ct_play second = ct_play_under(ct_open(), old.live.lease);
	ct_int(ct_played(old.conn, old.live.id)->attempt, 1);
	ct_int(ct_ask_for(second.replay, "mine").next, CAIRN_NEXT_WAIT);
	cairn_replay_step step = old.step;
	step.claim = cairn_id_new();
	const char *before = ct_play_snapshot(old.conn, old.live.id);
	cairn_replay_failure failure = { .size = sizeof(failure) };
	ct_status(cairn_replay_complete(second.replay, &step, CAIRN_STR("1"), NULL, 0, ct_err()),
		  CAIRN_STALE, "replay.step_not_held");
	step = old.step;
	step.claim = cairn_id_new();
	ct_status(cairn_replay_fail(second.replay, &step, &failure, ct_err()), CAIRN_STALE,
		  "replay.step_not_held");
	ct_play_unchanged(old.conn, old.live.id, before);
	/* who ends otherwise what has ended */
	step = old.step;
	ct_ok(cairn_replay_complete(old.live.replay, &step, CAIRN_STR("1"), NULL, 0, ct_err()));
	before = ct_play_snapshot(old.conn, old.live.id);
	step = old.step;
	ct_status(cairn_replay_fail(old.live.replay, &step, &failure, ct_err()), CAIRN_STALE,
		  "replay.step_not_held");
	ct_play_unchanged(old.conn, old.live.id, before);
	step = old.step;
	ct_ok(cairn_replay_complete(old.live.replay, &step, CAIRN_STR("1"), NULL, 0, ct_err()));
	ct_play_unchanged(old.conn, old.live.id, before);
}

#define LOST	.kind = CT_VERB, .store = CT_REPLAYS
#define NOTHING " every call of the old worker is refused and changes nothing."

static const ct_case cases[] = {
	{ .name = "replays.stale.a_lease_that_is_over",
	  LOST,
	  .rule = "At the very time at which the lease is over, taken back or not," NOTHING,
	  .covers = "smol-29, smol-38",
	  .run = the_lease_is_over },
	{ .name = "replays.stale.one_moment_before_it_holds",
	  LOST,
	  .rule = "A moment before the lease is over its worker may still write.",
	  .run = just_in_time },
	{ .name = "replays.stale.taken_back_by_the_reaper",
	  LOST,
	  .rule = "After the reaper took the job back," NOTHING,
	  .covers = "smol-29",
	  .run = taken_back },
	{ .name = "replays.stale.taken_over_by_another",
	  LOST,
	  .rule = "When another one has taken over, and is at the same step or has ended "
		  "it," NOTHING,
	  .covers = "smol-29, smol-38",
	  .run = taken_over },
	{ .name = "replays.stale.canceled",
	  LOST,
	  .rule = "Of a canceled run it is told run.canceled, whatever became of the "
		  "lease;" NOTHING,
	  .run = canceled },
	{ .name = "replays.stale.canceled_as_a_job",
	  LOST,
	  .rule = "A run whose job was canceled is a canceled run;" NOTHING,
	  .run = canceled_as_a_job },
	{ .name = "replays.stale.requeued_as_a_job",
	  LOST,
	  .rule = "After its job was canceled and requeued, claimed again or not," NOTHING,
	  .run = requeued },
	{ .name = "replays.stale.resumed",
	  LOST,
	  .rule = "After the run was canceled and resumed, claimed again or not," NOTHING,
	  .run = resumed },
	{ .name = "replays.stale.finished_by_another",
	  LOST,
	  .rule = "When another one has finished the run," NOTHING,
	  .run = finished_by_another },
	{ .name = "replays.stale.failed_by_another",
	  LOST,
	  .rule = "When the run has failed in other hands," NOTHING,
	  .run = failed_by_another },
	{ .name = "replays.stale.suspended_by_another",
	  LOST,
	  .rule = "While the run sleeps for another one," NOTHING,
	  .run = suspended_by_another },
	{ .name = "replays.stale.deleted",
	  LOST,
	  .rule = "Of a run that is gone" NOTHING,
	  .run = deleted },
	{ .name = "replays.stale.behind_its_own_end",
	  LOST,
	  .rule = "Who has ended the attempt is refused before any I/O.",
	  .run = its_own_end },
	{ .name = "replays.stale.a_step_in_other_hands",
	  LOST,
	  .rule = "Under the same lease a step is ended by who began it, and as it ended it "
		  "stays: failing one that completed is refused, completing it again is not.",
	  .covers = "smol-39",
	  .run = another_claim },
};

CT_GROUP(replay_stale, cases);
