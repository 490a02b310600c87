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

#define MEET .kind = CT_INTERLEAVE, .store = CT_REPLAYS

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
};

CT_GROUP(replay_wake, cases);
