/*
 * replay_wake.c - a run that suspends while what it waits for comes: in every order, one after the other, one behind
 * the other's open transaction that commits, or that rolls back. A run that nobody wakes is a failure.
 */
#include <stdatomic.h>

#include "ct_replay.h"

/* ---- two that meet ------------------------------------------------------------------------------- */

/* A run that waits, and what it waits for. */
struct meet {
	ct_play play;
	cairn_lease kid; /* of its child */
	cairn_replay_step (*ask)(cairn_replay *replay);
	bool got;   /* the program has its result */
	bool again; /* what was done was undone, or passed what was locked */
};

struct party {
	ct_session *session;
	ct_step_fn *act;
	struct meet *meet;
	cairn_tx tx;
};

static cairn_replay_step ask_signal(cairn_replay *replay)
{
	return ct_await(replay, "go", -1);
}

static cairn_replay_step ask_signal_in_time(cairn_replay *replay)
{
	return ct_await(replay, "go", CAIRN_DAY);
}

static cairn_replay_step ask_child(cairn_replay *replay)
{
	cairn_child_new kid = { .type = CAIRN_STR("t"),
				.name = CAIRN_STR("kid"),
				.queue = CAIRN_STR("kids"),
				.max_attempts = 1 };
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_child(replay, &kid, 1, &step, ct_err()));
	ct_each(step, CAIRN_OK, NULL);
	return step;
}

/* Asks again only if it is its second time: the first time it has asked before. */
static void suspend(cairn_conn *conn, void *arg)
{
	struct meet *meet = ((struct party *)arg)->meet;
	if (meet->again) {
		meet->play.replay = ct_play_begin(conn, meet->play.lease, NULL);
		meet->got = meet->ask(meet->play.replay).next != CAIRN_NEXT_SUSPEND;
	}
	if (!meet->got)
		ct_play_suspend(&meet->play);
}

static void send(cairn_conn *conn, void *arg)
{
	struct party *me = arg;
	ct_signal(conn, me->meet->play.id, "go", "1");
}

static void broadcast(cairn_conn *conn, void *arg)
{
	struct party *me = arg;
	cairn_broadcast all = { .size = sizeof(all),
				.scope = cairn_any(),
				.name = CAIRN_STR("go") };
	cairn_broadcast_report report = { .sent = 0 };
	ct_ok(cairn_signal_broadcast(conn, &all, &report, ct_err()));
	me->meet->again = report.sent == 0;
}

static void kid_succeeds(cairn_conn *conn, void *arg)
{
	struct party *me = arg;
	ct_finish(conn, ct_success(me->meet->kid));
}

static void kid_fails(cairn_conn *conn, void *arg)
{
	struct party *me = arg;
	ct_finish(conn, ct_failure(me->meet->kid, CAIRN_FINISH_RETRYABLE, "kid.broken"));
}

static void kid_is_canceled(cairn_conn *conn, void *arg)
{
	struct party *me = arg;
	ct_cancel(conn, me->meet->kid.id);
}

static void kid_is_taken_back(cairn_conn *conn, void *arg)
{
	struct party *me = arg;
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	ct_later(report);
	me->meet->again = report->count == 0;
}

/* ---- in every order ---------------------------------------------------------------------------------- */

static void claim_kid(cairn_conn *conn, struct meet *meet, cairn_id id)
{
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	opts.queue = CAIRN_STR("kids");
	opts.lease = CAIRN_SECOND;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, id);
	meet->kid = cairn_job_lease(&jobs->at[0]);
}

static void asks(cairn_conn *conn, void *arg)
{
	struct meet *meet = ((struct party *)arg)->meet;
	meet->play.replay = ct_play_begin(conn, meet->play.lease, NULL);
	cairn_replay_step step = meet->ask(meet->play.replay);
	ct_next(step, SUSPEND);
	if (!cairn_id_is_none(step.child))
		claim_kid(conn, meet, step.child);
}

static void begin_and_act(cairn_conn *conn, void *arg)
{
	struct party *me = arg;
	me->tx = (cairn_tx)CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &me->tx, ct_err()));
	me->act(conn, me);
}

/* Due at once, and it has what it waited for. */
static void goes_on(cairn_conn *conn, struct meet *meet)
{
	if (!meet->got) {
		ct_stage_is(conn, meet->play.id, "ENQUEUED");
		ct_int(ct_job(conn, meet->play.id)->run_at <= ct_now(), 1);
		ct_play_on(conn, &meet->play);
		meet->got = meet->ask(meet->play.replay).next != CAIRN_NEXT_SUSPEND;
	}
	ct_true(meet->got);
	ct_play_succeed(&meet->play, NULL);
}

enum order { ONE_BY_ONE, COMMITTED, ROLLED_BACK };

/* What skips what is locked comes again; so does what was undone. */
static void once_more(struct party *party)
{
	party->meet->again = true;
	ct_step(party->session, party->act, party);
}

static void in_order(struct party *first, struct party *second, enum order order)
{
	struct meet *meet = first->meet;
	bool passed = false;
	if (order == ONE_BY_ONE) {
		ct_step(first->session, first->act, first);
		passed = meet->again;
		meet->again = false;
		ct_step(second->session, second->act, second);
	} else {
		ct_step(first->session, begin_and_act, first);
		passed = meet->again;
		meet->again = false;
		ct_start(second->session, second->act, second);
		ct_step(first->session, order == COMMITTED ? ct_commit : ct_rollback, &first->tx);
		ct_join(second->session);
	}
	bool missed = meet->again;
	if (passed || order == ROLLED_BACK)
		once_more(first);
	if (missed)
		once_more(second);
}

static void met(cairn_replay_step (*ask)(cairn_replay *replay), ct_step_fn *wakes, bool lease_over)
{
	cairn_conn *conn = ct_open();
	struct party parties[2] = { { .session = ct_session_new("suspends"), .act = suspend },
				    { .session = ct_session_new("wakes"), .act = wakes } };
	for (size_t i = 0; i < 6; i++) {
		struct meet meet = { .ask = ask };
		meet.play.id = ct_play_add(conn);
		meet.play.lease = ct_play_claim(conn, meet.play.id);
		parties[0].meet = parties[1].meet = &meet;
		ct_note("%s first, order %zu", i % 2 ? "who wakes" : "who suspends", i / 2);
		ct_step(parties[0].session, asks, &parties[0]);
		if (lease_over)
			ct_advance(2 * CAIRN_SECOND);
		in_order(&parties[i % 2], &parties[1 - i % 2], (enum order)(i / 2));
		goes_on(conn, &meet);
	}
}

static void a_signal(void)
{
	met(ask_signal, send, false);
}

static void a_signal_in_time(void)
{
	met(ask_signal_in_time, send, false);
}

static void a_broadcast(void)
{
	met(ask_signal, broadcast, false);
}

static void a_childs_success(void)
{
	met(ask_child, kid_succeeds, false);
}

static void a_childs_failure(void)
{
	met(ask_child, kid_fails, false);
}

static void a_childs_cancel(void)
{
	met(ask_child, kid_is_canceled, false);
}

static void a_childs_lost_lease(void)
{
	met(ask_child, kid_is_taken_back, true);
}

/* ---- three and four that meet --------------------------------------------------------------------------- */

/* A parent of two, and what becomes of them; each in a session of its own. */
struct family {
	ct_play play;
	cairn_lease kids[2];
	cairn_replay_step each[2];
};

struct member {
	ct_session *session;
	struct family *family;
	size_t number; /* 0, 1: the child; 2: the parent; 3: a signal */
	cairn_tx tx;
};

static size_t ask_all(cairn_conn *conn, struct family *family)
{
	cairn_child_new kids[2];
	family->play.replay = ct_play_begin(conn, family->play.lease, NULL);
	for (size_t i = 0; i < 2; i++)
		kids[i] = (cairn_child_new){ .type = CAIRN_STR("t"), .queue = CAIRN_STR("kids") };
	ct_ok(cairn_replay_child(family->play.replay, kids, 2, family->each, ct_err()));
	size_t got = ct_await(family->play.replay, "go", -1).next == CAIRN_NEXT_RESULT;
	for (size_t i = 0; i < 2; i++)
		got += family->each[i].next == CAIRN_NEXT_RESULT;
	return got;
}

static void family_asks(cairn_conn *conn, void *arg)
{
	struct family *family = ((struct member *)arg)->family;
	ct_int(ask_all(conn, family), 0);
	for (size_t i = 0; i < 2; i++) {
		struct meet meet = { .got = false };
		claim_kid(conn, &meet, family->each[i].child);
		family->kids[i] = meet.kid;
	}
}

static void act(cairn_conn *conn, void *arg)
{
	struct member *me = arg;
	if (me->number < 2)
		ct_finish(conn, ct_success(me->family->kids[me->number]));
	else if (me->number == 2)
		ct_play_suspend(&me->family->play);
	else
		ct_signal(conn, me->family->play.id, "go", NULL);
}

static void act_in_tx(cairn_conn *conn, void *arg)
{
	struct member *me = arg;
	me->tx = (cairn_tx)CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &me->tx, ct_err()));
	act(conn, me);
}

/* Wakes as often as something comes, until it has all. */
static void family_goes_on(cairn_conn *conn, struct family *family)
{
	size_t got = 0;
	for (size_t turn = 0; got < 3 && turn < 4; turn++) {
		ct_play_on(conn, &family->play);
		got = ask_all(conn, family);
		if (got < 3)
			ct_play_suspend(&family->play);
	}
	ct_int(got, 3);
	ct_int(ct_played(conn, family->play.id)->attempt, 1);
	ct_play_succeed(&family->play, NULL);
}

static void four_at_once(void)
{
	cairn_conn *conn = ct_open();
	static const size_t ways[3][3] = { { 1, 2, 3 }, { 3, 2, 1 }, { 2, 1, 3 } };
	struct family family;
	struct member members[4];
	for (size_t i = 0; i < 4; i++)
		members[i] = (struct member){ .session = ct_session_new(ct_format("%zu", i)),
					      .family = &family,
					      .number = i };
	for (size_t first = 0; first < 4; first++) {
		for (size_t way = 0; way < 3; way++) {
			family.play.id = ct_play_add(conn);
			family.play.lease = ct_play_claim(conn, family.play.id);
			ct_note("member %zu first, the others in way %zu", first, way);
			ct_step(members[2].session, family_asks, &members[2]);
			ct_step(members[first].session, act_in_tx, &members[first]);
			for (size_t k = 1; k < 4; k++) {
				size_t far = ways[way][k - 1];
				struct member *next = &members[(first + far) % 4];
				ct_start(next->session, act, next);
			}
			ct_step(members[first].session, ct_commit, &members[first].tx);
			for (size_t k = 1; k < 4; k++)
				ct_join(members[(first + k) % 4].session);
			family_goes_on(conn, &family);
		}
	}
}

/* ---- a crowd --------------------------------------------------------------------------------------------------- */

#define SENDERS 3
#define EACH	8

struct crowd {
	cairn_id run;
	atomic_uint over; /* senders */
	atomic_uint taken;
};

/* Takes what is there; true if that was all of it. */
static bool take_all(cairn_conn *conn, struct crowd *crowd, const cairn_lease *lease)
{
	cairn_replay *replay = NULL;
	unsigned taken = 0;
	ct_ok(cairn_replay_begin(conn, lease, NULL, &replay, ct_err()));
	while (taken < SENDERS * EACH && ct_await(replay, "go", -1).next == CAIRN_NEXT_RESULT)
		taken++;
	atomic_store(&crowd->taken, taken);
	if (taken < SENDERS * EACH)
		ct_ok(cairn_replay_suspend(replay, ct_err()));
	cairn_replay_close(replay);
	return taken == SENDERS * EACH;
}

static void work(cairn_conn *conn, struct crowd *crowd)
{
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	for (bool all = false; !all;) {
		bool silent = atomic_load(&crowd->over) == SENDERS;
		cairn_jobs *jobs = NULL;
		ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
		cairn_lease lease = { .fence = 0 };
		if (jobs->count > 0)
			lease = cairn_job_lease(&jobs->at[0]);
		cairn_free(jobs);
		if (lease.fence > 0)
			all = take_all(conn, crowd, &lease);
		else if (silent)
			ct_fail("everything was sent, %u of it taken, and nobody woke the run",
				atomic_load(&crowd->taken));
		else
			ct_nap(CAIRN_MILLISECOND);
	}
}

static void crowd_acts(cairn_conn *conn, unsigned number, void *arg)
{
	struct crowd *crowd = arg;
	if (number == SENDERS) {
		work(conn, crowd);
		return;
	}
	for (int i = 0; i < EACH; i++)
		ct_signal(conn, crowd->run, "go", ct_format("[%u,%d]", number, i));
	atomic_fetch_add(&crowd->over, 1);
}

static void a_crowd(void)
{
	cairn_conn *conn = ct_open();
	struct crowd crowd = { .run = ct_play_add(conn) };
	ct_race(SENDERS + 1, crowd_acts, &crowd);
	const cairn_signals *signals = ct_signals(conn, crowd.run);
	const cairn_memos *memos = ct_memos(conn, crowd.run);
	ct_int(signals->count, SENDERS * EACH);
	ct_int(memos->count, SENDERS * EACH);
	for (size_t i = 0; i < signals->count; i++) {
		ct_int(signals->at[i].seq, i + 1);
		ct_int(signals->at[i].taken_by, i + 1);
		ct_same(memos->at[i].result, signals->at[i].payload);
	}
}

/* ---- who is not woken -------------------------------------------------------------------------------------------- */

static void not_in_a_backoff(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "go", -1);
	cairn_replay_step step = ask_child(play.replay);
	ct_finish(conn, ct_failure(play.lease, CAIRN_FINISH_RETRYABLE, "x"));
	cairn_time due = ct_now() + CT_REPLAY_RETRY;
	ct_int(ct_job(conn, play.id)->run_at, due);
	ct_int(ct_signal(conn, play.id, "go", NULL).woken, 0);
	ct_cancel(conn, step.child);
	ct_int(ct_job(conn, play.id)->run_at, due);
	ct_set_now(due - 1);
	ct_claim_none(conn);
	ct_set_now(due);
	ct_play_on(conn, &play);
	step = ct_await(play.replay, "go", -1);
	ct_result(step, "null");
}

static void not_while_it_runs(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "go", -1);
	cairn_time expires = ct_job(conn, play.id)->lease_expires_at;
	ct_int(ct_signal(conn, play.id, "go", NULL).woken, 0);
	ct_stage_is(conn, play.id, "RUNNING");
	ct_int(ct_job(conn, play.id)->lease_expires_at, expires);
	ct_play_suspend(&play);
	ct_stage_is(conn, play.id, "ENQUEUED");
	ct_play_on(conn, &play);
}

static void not_by_what_it_gave_up(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "go", -1);
	cairn_replay_step kid = ask_child(play.replay);
	ct_play_retry(conn, &play);
	/* This time it takes another way. */
	cairn_replay_step step = ct_sleep(play.replay, CAIRN_HOUR);
	ct_play_suspend(&play);
	ct_int(ct_signal(conn, play.id, "go", NULL).woken, 0);
	ct_cancel(conn, kid.child);
	ct_stage_is(conn, play.id, "SUSPENDED");
	ct_int(ct_job(conn, play.id)->run_at, step.until);
	ct_claim_none(conn);
	/* Nor by what was there before it suspended. */
	ct_set_now(step.until);
	ct_play_on(conn, &play);
	ct_await(play.replay, "other", -1);
	ct_play_suspend(&play);
	ct_stage_is(conn, play.id, "SUSPENDED");
}

static void not_by_what_was_taken(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_signal(conn, play.id, "go", "1");
	cairn_replay_step step = ct_await(play.replay, "go", -1);
	ct_result(step, "1");
	ct_await(play.replay, "go", -1);
	ct_play_suspend(&play);
	ct_stage_is(conn, play.id, "SUSPENDED");
	ct_claim_none(conn);
}

static void not_by_a_kid_that_goes_on(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_child(play.replay, "kid");
	ct_play_suspend(&play);
	ct_play kid = { .id = step.child };
	ct_play_on(conn, &kid);
	ct_sleep(kid.replay, CAIRN_MINUTE);
	ct_play_sleep(conn, &kid);
	ct_stage_is(conn, play.id, "SUSPENDED");
	ct_play_retry(conn, &kid);
	ct_play_takeover(conn, &kid);
	ct_stage_is(conn, play.id, "SUSPENDED");
	ct_play_succeed(&kid, NULL);
	ct_stage_is(conn, play.id, "ENQUEUED");
}

static void only_its_parent(void)
{
	cairn_conn *conn = ct_open();
	ct_play one = ct_play_new(conn);
	cairn_id kid = ct_child(one.replay, "kid").child;
	ct_play_suspend(&one);
	cairn_lease lease = ct_play_claim(conn, kid);
	ct_play two = ct_play_new(conn);
	ct_child(two.replay, "kid");
	ct_play_suspend(&two);
	ct_finish(conn, ct_success(lease));
	ct_stage_is(conn, one.id, "ENQUEUED");
	ct_stage_is(conn, two.id, "SUSPENDED");
}

static void by_any_continuation(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "go", -1);
	ct_signal(conn, play.id, "go", NULL);
	/* Its worker continues the job by itself. */
	ct_finish(conn, ct_again(play.lease, CAIRN_FINISH_CONTINUE, CAIRN_HOUR));
	ct_int(ct_job(conn, play.id)->run_at, ct_now());
	ct_play_on(conn, &play);
}

static void plain_jobs_are_not(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_play_add(conn);
	ct_finish(conn, ct_again(ct_play_claim(conn, id), CAIRN_FINISH_CONTINUE, CAIRN_HOUR));
	ct_int(ct_signal(conn, id, "go", NULL).woken, 0);
	ct_int(ct_job(conn, id)->run_at, ct_now() + CAIRN_HOUR);
	ct_claim_none(conn);
}

/* ---- who is told --------------------------------------------------------------------------------------------------- */

struct waiter {
	int ready;
	cairn_usec ended;
};

static void wait_now(cairn_conn *conn, void *arg)
{
	struct waiter *waiter = arg;
	const cairn_str queue = CAIRN_STR("default");
	cairn_wait_opts opts = { .size = sizeof(opts),
				 .queues = &queue,
				 .queue_count = 1,
				 .timeout = 20 * CAIRN_SECOND };
	ct_ok(cairn_job_wait(conn, &opts, &waiter->ready, ct_err()));
	waiter->ended = ct_ticks();
}

static void waiters_are_told(void)
{
	cairn_conn *conn = ct_open();
	ct_session *session = ct_session_new("waits");
	struct waiter waiter = { .ready = -1 };
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "go", -1);
	ct_play_suspend(&play);
	ct_true(!ct_start(session, wait_now, &waiter));
	cairn_usec began = ct_ticks();
	ct_signal(conn, play.id, "go", NULL);
	ct_join(session);
	ct_int(waiter.ready, 1);
	ct_true(waiter.ended - began < 3 * CAIRN_SECOND);
	ct_play_on(conn, &play);
}

#define MEET .kind = CT_INTERLEAVE, .store = CT_REPLAYS
#define VERB .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.wake.suspend_meets_a_signal",
	  MEET,
	  .rule = "A run that suspends while a signal is sent for it is due, in every order.",
	  .run = a_signal },
	{ .name = "replays.wake.suspend_meets_a_signal_in_time",
	  MEET,
	  .rule = "A run that would wait for a day is due at once with its signal, in every order.",
	  .run = a_signal_in_time },
	{ .name = "replays.wake.suspend_meets_a_broadcast",
	  MEET,
	  .rule = "A run that a broadcast came too early for, or that was locked then, gets the "
		  "next one.",
	  .run = a_broadcast },
	{ .name = "replays.wake.suspend_meets_a_childs_success",
	  MEET,
	  .rule = "A parent that suspends while its child succeeds is due, in every order.",
	  .run = a_childs_success },
	{ .name = "replays.wake.suspend_meets_a_childs_failure",
	  MEET,
	  .rule = "A parent that suspends while its child fails for good is due, in every order.",
	  .run = a_childs_failure },
	{ .name = "replays.wake.suspend_meets_a_childs_cancel",
	  MEET,
	  .rule = "A parent that suspends while its child is canceled is due, in every order.",
	  .run = a_childs_cancel },
	{ .name = "replays.wake.suspend_meets_a_childs_lost_lease",
	  MEET,
	  .rule = "A parent that suspends while its child's last lease is taken back is due, in "
		  "every order.",
	  .run = a_childs_lost_lease },
	{ .name = "replays.wake.two_children_and_a_signal_meet_it",
	  MEET,
	  .rule = "Two ends, a signal and a suspension at once, any of them first, lose none of "
		  "them.",
	  .run = four_at_once },
	{ .name = "replays.wake.no_signal_of_a_crowd_is_lost",
	  .kind = CT_RACE,
	  .store = CT_REPLAYS,
	  .rule = "While several send, a run that suspends whenever nothing is left takes all of "
		  "them, in their order.",
	  .run = a_crowd },
	{ .name = "replays.wake.a_backoff_is_not_hastened",
	  VERB,
	  .rule = "A run whose attempt failed is due when its retry is, whatever comes meanwhile.",
	  .run = not_in_a_backoff },
	{ .name = "replays.wake.what_runs_is_left_alone",
	  VERB,
	  .rule = "A signal to a run that is leased changes nothing of its lease; the suspension "
		  "that follows is due at "
		  "once.",
	  .run = not_while_it_runs },
	{ .name = "replays.wake.not_by_what_it_gave_up",
	  VERB,
	  .rule = "What an earlier attempt waited for and this one did not ask for wakes nobody.",
	  .run = not_by_what_it_gave_up },
	{ .name = "replays.wake.not_by_what_was_taken",
	  VERB,
	  .rule = "A signal that a step has taken wakes no other one.",
	  .run = not_by_what_was_taken },
	{ .name = "replays.wake.not_by_a_child_that_goes_on",
	  VERB,
	  .rule = "A child that suspends, or is tried again, has not ended.",
	  .run = not_by_a_kid_that_goes_on },
	{ .name = "replays.wake.only_its_own_parent",
	  VERB,
	  .rule = "A child's end wakes its parent and nobody else.",
	  .run = only_its_parent },
	{ .name = "replays.wake.by_any_continuation",
	  VERB,
	  .rule = "A job that is continued by itself is due at once, too, if what it waits for is "
		  "there.",
	  .run = by_any_continuation },
	{ .name = "replays.wake.plain_jobs_are_not_woken",
	  VERB,
	  .rule = "A job that is no replay run keeps its signals and its time.",
	  .run = plain_jobs_are_not },
	{ .name = "replays.wake.who_waits_for_jobs_is_told",
	  VERB,
	  .rule = "Who waits for jobs of the queue is told of a run that is woken.",
	  .run = waiters_are_told },
};

CT_GROUP(replay_wake, cases);
