/* replay_sleep.c - sleeping: a time that is stored once, and nobody is held until then. */
#include "ct_replay.h"

static void held_by_nobody(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_time due = ct_now() + CAIRN_HOUR;
	cairn_replay_step step = ct_sleep(play.replay, CAIRN_HOUR);
	ct_next(step, SUSPEND);
	ct_int(step.until, due);
	ct_int(step.seq, 1);
	ct_int(cairn_replay_wake_at(play.replay), due);
	const cairn_memo *memo = ct_memos(conn, play.id)->at;
	ct_int(memo->verb, CAIRN_MEMO_SLEEP);
	ct_int(memo->status, CAIRN_MEMO_WAITING);
	ct_int(memo->wake_at, due);
	ct_str(memo->kind, "sleep");
	ct_play_suspend(&play);
	const cairn_job *job = ct_job(conn, play.id);
	ct_stage_is(conn, play.id, "SUSPENDED");
	ct_int(ct_played(conn, play.id)->wake_at, due);
	ct_int(ct_played(conn, play.id)->waiting, 1);
	ct_int(job->status, CAIRN_JOB_PENDING);
	ct_int(job->run_at, due);
	ct_str(job->worker, NULL);
	ct_int(job->lease_expires_at, 0);
	ct_claim_none(conn);
	ct_set_now(due - 1);
	ct_claim_none(conn);
	ct_reap(conn, 0);
	ct_set_now(due);
	ct_play_on(conn, &play);
	step = ct_sleep(play.replay, CAIRN_HOUR);
	ct_result(step, "null");
	memo = ct_memos(conn, play.id)->at;
	ct_int(memo->status, CAIRN_MEMO_COMPLETED);
	ct_int(memo->wake_at, due);
	ct_int(memo->ended_at, ct_now());
	ct_int(ct_played(conn, play.id)->attempt, 1);
}

static void nothing_is_charged(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_budgets *budgets = NULL;
	ct_sleep(play.replay, CAIRN_SECOND);
	ct_play_sleep(conn, &play);
	ct_sleep(play.replay, CAIRN_SECOND);
	ct_ok(cairn_budget_read(conn, cairn_any(), play.id, &budgets, ct_err()));
	ct_later(budgets);
	ct_int(budgets->count, 0);
	ct_int(ct_played(conn, play.id)->completed, 1);
}

static void the_time_is_stored_once(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_time due = ct_now() + CAIRN_HOUR;
	ct_sleep(play.replay, CAIRN_HOUR);
	/* Asked again before, by attempts that ended in every other way. */
	ct_advance(CAIRN_SECOND);
	cairn_replay *again = ct_play_begin(conn, play.lease, NULL);
	cairn_replay_step step = ct_sleep(again, CAIRN_HOUR);
	ct_next(step, SUSPEND);
	ct_int(step.until, due);
	ct_play_retry(conn, &play);
	step = ct_sleep(play.replay, CAIRN_HOUR);
	ct_next(step, SUSPEND);
	ct_int(step.until, due);
	ct_play_takeover(conn, &play);
	step = ct_sleep(play.replay, CAIRN_HOUR);
	ct_next(step, SUSPEND);
	ct_int(step.until, due);
	ct_int(ct_memos(conn, play.id)->at[0].wake_at, due);
	ct_play_suspend(&play);
	ct_int(ct_job(conn, play.id)->run_at, due);
	ct_set_now(due + CAIRN_DAY);
	ct_play_on(conn, &play);
	step = ct_sleep(play.replay, CAIRN_HOUR);
	ct_result(step, "null");
	ct_int(ct_memos(conn, play.id)->at[0].wake_at, due);
	ct_int(ct_played(conn, play.id)->steps, 1);
}

static void awake_for_good(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_sleep(play.replay, CAIRN_HOUR);
	ct_play_sleep(conn, &play);
	ct_sleep(play.replay, CAIRN_HOUR);
	ct_play_retry(conn, &play);
	ct_budget(conn);
	cairn_replay_step step = ct_sleep(play.replay, CAIRN_HOUR);
	ct_spent(conn, 0, "a sleep that is over", 1);
	ct_result(step, "null");
	ct_int(step.replayed, 1);
	ct_int(cairn_replay_wake_at(play.replay), 0);
}

static void over_while_it_ran(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_sleep(play.replay, CAIRN_SECOND);
	ct_advance(CAIRN_SECOND - 1);
	cairn_replay_step step = ct_sleep(ct_play_begin(conn, play.lease, NULL), CAIRN_SECOND);
	ct_next(step, SUSPEND);
	ct_advance(1);
	step = ct_sleep(ct_play_begin(conn, play.lease, NULL), CAIRN_SECOND);
	ct_result(step, "null");
	ct_play other = ct_play_new(conn);
	ct_sleep(other.replay, CAIRN_SECOND);
	ct_advance(CAIRN_MINUTE / 4);
	/* What was to wake it is over: it is due as soon as it is suspended. */
	ct_play_suspend(&other);
	ct_play_on(conn, &other);
	step = ct_sleep(other.replay, CAIRN_SECOND);
	ct_result(step, "null");
}

static void by_another_worker(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *elsewhere = ct_has(CAIRN_CAP_SHARED) ? ct_open() : conn;
	ct_play play = ct_play_new(conn);
	cairn_time due = ct_sleep(play.replay, CAIRN_MINUTE).until;
	ct_play late = play;
	/* It never came to suspend: its lease ends, and so does the sleep. */
	ct_play_takeover(elsewhere, &play);
	ct_true(ct_now() < due);
	ct_set_now(due);
	cairn_replay_step step = ct_sleep(play.replay, CAIRN_MINUTE);
	ct_result(step, "null");
	ct_status(cairn_replay_suspend(late.replay, ct_err()), CAIRN_STALE, "job.lease_lost");
	ct_int(ct_memos(conn, play.id)->at[0].fence, play.lease.fence);
}

static void no_time_at_all(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_sleep(play.replay, 0);
	ct_result(step, "null");
	const cairn_memo *memo = ct_memos(conn, play.id)->at;
	ct_int(memo->status, CAIRN_MEMO_COMPLETED);
	ct_int(memo->ended_at, ct_now());
	ct_int(cairn_replay_wake_at(play.replay), 0);
	ct_int(ct_count_events(conn, play.id, CAIRN_EVENT_STEP_COMPLETED), 1);
	ct_play_retry(conn, &play);
	step = ct_sleep(play.replay, 0);
	ct_result(step, "null");
	ct_int(step.replayed, 1);
}

static void refused(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	const cairn_usec years = 36525 * CAIRN_DAY;
	const cairn_usec durations[] = { -1, INT64_MIN, years + 2 * CAIRN_DAY, INT64_MAX };
	const char *before = ct_play_snapshot(conn, play.id);
	cairn_replay_step step;
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++)
		ct_status(cairn_replay_sleep(play.replay, durations[i], &step, ct_err()),
			  CAIRN_INVALID, NULL);
	ct_play_unchanged(conn, play.id, before);
	step = ct_sleep(play.replay, 36500 * CAIRN_DAY);
	ct_next(step, SUSPEND);
	ct_int(step.until, ct_now() + 36500 * CAIRN_DAY);
	ct_play_suspend(&play);
	ct_int(ct_job(conn, play.id)->run_at, step.until);
}

static void equal_ones(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_sleep(play.replay, CAIRN_MINUTE);
	ct_next(step, SUSPEND);
	ct_play_sleep(conn, &play);
	step = ct_sleep(play.replay, CAIRN_MINUTE);
	ct_result(step, "null");
	step = ct_sleep(play.replay, CAIRN_MINUTE);
	ct_next(step, SUSPEND);
	ct_int(step.until, ct_now() + CAIRN_MINUTE);
	ct_int(step.seq, 2);
	ct_play_sleep(conn, &play);
	for (int64_t n = 1; n <= 2; n++) {
		step = ct_sleep(play.replay, CAIRN_MINUTE);
		ct_result(step, "null");
		ct_int(step.seq, n);
	}
	ct_int(ct_played(conn, play.id)->steps, 2);
}

static void the_longest(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	static const cairn_usec durations[3] = { CAIRN_HOUR, CAIRN_MINUTE, 2 * CAIRN_HOUR };
	cairn_time began = ct_now();
	for (size_t turn = 0; turn <= 3; turn++) {
		size_t over = 0;
		for (size_t i = 0; i < 3; i++)
			over += ct_sleep(play.replay, durations[i]).next == CAIRN_NEXT_RESULT;
		ct_int(over, turn);
		if (turn == 0)
			ct_int(cairn_replay_wake_at(play.replay), began + CAIRN_MINUTE);
		if (turn < 3)
			ct_play_sleep(conn, &play);
	}
	ct_int(ct_now(), began + 2 * CAIRN_HOUR);
}

static void what_comes_behind(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_sleep(play.replay, CAIRN_MINUTE);
	ct_next(step, SUSPEND);
	ct_play_suspend(&play);
	ct_int(ct_played(conn, play.id)->steps, 1);
	ct_text(ct_steps_told(conn, play.id), "WAITING");
	ct_advance(CAIRN_MINUTE);
	ct_play_on(conn, &play);
	ct_sleep(play.replay, CAIRN_MINUTE);
	ct_do(play.replay, "behind", "1");
	ct_text(ct_steps_told(conn, play.id), "WAITING COMPLETED STARTED COMPLETED");
}

static void canceled_asleep(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_changed changed = { .status = CAIRN_INTERNAL };
	ct_sleep(play.replay, CAIRN_MINUTE);
	ct_play_suspend(&play);
	ct_ok(cairn_replay_cancel(conn, cairn_any(), &play.id, 1, (cairn_str){ NULL, 0 }, &changed,
				  ct_err()));
	ct_each(changed, CAIRN_OK, NULL);
	ct_advance(CAIRN_HOUR);
	ct_claim_none(conn);
	ct_stage_is(conn, play.id, "CANCELED");
	ct_int(ct_memos(conn, play.id)->at[0].status, CAIRN_MEMO_WAITING);
}

static void nothing_to_wait_for(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_do(play.replay, "a", "1");
	ct_int(cairn_replay_wake_at(play.replay), 0);
	const char *before = ct_play_snapshot(conn, play.id);
	ct_status(cairn_replay_suspend(play.replay, ct_err()), CAIRN_INVALID, NULL);
	ct_play_unchanged(conn, play.id, before);
	ct_play_succeed(&play, NULL);
}

static void among_a_crowd(void)
{
	cairn_conn *conn = ct_open();
	ct_play plays[20];
	for (size_t i = 0; i < 20; i++) {
		plays[i] = ct_play_new(conn);
		ct_sleep(plays[i].replay, (cairn_usec)(20 - i) * CAIRN_MINUTE);
		ct_play_suspend(&plays[i]);
	}
	for (size_t i = 20; i-- > 0;) {
		ct_claim_none(conn);
		ct_advance(CAIRN_MINUTE);
		ct_play_on(conn, &plays[i]);
		ct_play_succeed(&plays[i], NULL);
	}
}

#define VERB .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.sleep.is_held_by_nobody",
	  VERB,
	  .rule = "A sleeping run has no worker and no lease, can't be claimed before its time, "
		  "and goes on then.",
	  .covers = "smol-48, smol-57",
	  .run = held_by_nobody },
	{ .name = "replays.sleep.costs_nothing",
	  VERB,
	  .rule = "A sleep is one completed step and no entry of a budget.",
	  .covers = "smol-48",
	  .run = nothing_is_charged },
	{ .name = "replays.sleep.the_time_is_stored_once",
	  VERB,
	  .rule = "However often and by whom a sleep is asked for again, it ends when it was to "
		  "end at first.",
	  .covers = "smol-49, smol-50",
	  .run = the_time_is_stored_once },
	{ .name = "replays.sleep.once_over_it_is_over",
	  VERB,
	  .rule = "A sleep that is over is found so, without waiting and without a round trip.",
	  .covers = "smol-51",
	  .run = awake_for_good },
	{ .name = "replays.sleep.over_before_it_suspends",
	  VERB,
	  .rule = "A sleep whose time comes while the program still runs ends then, not a "
		  "microsecond before.",
	  .covers = "smol-50",
	  .run = over_while_it_ran },
	{ .name = "replays.sleep.another_worker_ends_it",
	  VERB,
	  .rule = "Who takes the run over ends the sleep at its time; who lost it can't suspend.",
	  .covers = "smol-55",
	  .run = by_another_worker },
	{ .name = "replays.sleep.of_no_time",
	  VERB,
	  .rule = "A sleep of 0 is over at once, and remembered.",
	  .covers = "smol-54",
	  .run = no_time_at_all },
	{ .name = "replays.sleep.what_is_no_duration_is_refused",
	  VERB,
	  .rule = "A negative duration, or one above 100 years, is refused and leaves no row.",
	  .covers = "smol-54",
	  .run = refused },
	{ .name = "replays.sleep.equal_ones_are_two",
	  VERB,
	  .rule = "Two equal sleeps are two steps, each with its own time, found again in their "
		  "order.",
	  .covers = "smol-52",
	  .run = equal_ones },
	{ .name = "replays.sleep.several_last_as_long_as_the_longest",
	  VERB,
	  .rule = "Sleeps that are asked for together end each at its time; the earliest wakes the "
		  "run.",
	  .covers = "smol-53",
	  .run = the_longest },
	{ .name = "replays.sleep.what_comes_behind_is_not_begun",
	  VERB,
	  .rule = "A step behind a sleep is begun when the sleep is over.",
	  .covers = "smol-58",
	  .run = what_comes_behind },
	{ .name = "replays.sleep.a_canceled_one_never_ends",
	  VERB,
	  .rule = "A run that is canceled asleep is not woken, and its sleep not completed.",
	  .covers = "smol-57",
	  .run = canceled_asleep },
	{ .name = "replays.sleep.without_a_wait_nothing_suspends",
	  VERB,
	  .rule = "An attempt in which nothing waits can't be suspended.",
	  .run = nothing_to_wait_for },
	{ .name = "replays.sleep.each_of_many_at_its_time",
	  VERB,
	  .rule = "Of many sleeping runs each wakes at its own time, and none before.",
	  .run = among_a_crowd },
};

CT_GROUP(replay_sleep, cases);
