/*
 * locks_wait.c - locks with others around: waiting for one, transactions, races. (locks.c: one by one)
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "ct.h"

static cairn_lock_opts opts(cairn_usec deadline)
{
	return (cairn_lock_opts){ .size = sizeof(cairn_lock_opts),
				  .tenant = CAIRN_STR("t"),
				  .name = CAIRN_STR("a"),
				  .deadline = deadline };
}

static cairn_lock take(cairn_conn *conn)
{
	cairn_lock_opts how = opts(-1);
	cairn_lock lock;
	ct_ok(cairn_lock_try(conn, &how, &lock, ct_err()));
	return lock;
}

static void is_held(cairn_conn *conn)
{
	cairn_lock_opts how = opts(-1);
	cairn_lock lock;
	ct_status(cairn_lock_try(conn, &how, &lock, ct_err()), CAIRN_CONFLICT, "lock.held");
}

static bool give_back(cairn_conn *conn, const cairn_lock *lock)
{
	int held = 0;
	ct_ok(cairn_lock_release(conn, lock, &held, ct_err()));
	return held;
}

/* ---- waiting ------------------------------------------------------------------------- */

/* What somebody in another session does, and what came of it. */
struct turn {
	cairn_tx tx;
	cairn_lock lock;
	cairn_status status;
	cairn_usec deadline;
	char code[sizeof ct_last()->code];
};

static void note(struct turn *turn, cairn_status status)
{
	turn->status = status;
	snprintf(turn->code, sizeof turn->code, "%s", status != CAIRN_OK ? ct_last()->code : "");
}

static void acquire(cairn_conn *conn, void *arg)
{
	struct turn *turn = arg;
	cairn_lock_opts how = opts(turn->deadline);
	note(turn, cairn_lock_acquire(conn, &how, &turn->lock, ct_err()));
}

static void names_the_attempts(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_lock_opts how = opts(-1);
	cairn_lock lock = take(other);
	cairn_lock mine = { .fence = 4711 };
	ct_budget(conn);
	ct_status(cairn_lock_acquire(conn, &how, &mine, ct_err()), CAIRN_TIMEOUT,
		  "lock.acquire_timeout");
	ct_spent(conn, 1, "attempt", 1);
	ct_text(ct_last()->detail, "1 attempt");
	how.deadline = 60 * CAIRN_MILLISECOND;
	cairn_usec began = ct_ticks();
	ct_status(cairn_lock_acquire(conn, &how, &mine, ct_err()), CAIRN_TIMEOUT,
		  "lock.acquire_timeout");
	ct_true(ct_ticks() - began >= how.deadline);
	char *end = NULL;
	unsigned long attempts = strtoul(ct_last()->detail, &end, 10);
	ct_text(end, " attempts");
	ct_true(attempts >= 2);
	/* 5, 10, 20 and so on milliseconds, a quarter less each at least, and one at the end */
	ct_true(attempts <= 12);
	ct_int(mine.fence, 4711);
	ct_ok(cairn_lock_extend(other, &lock, 0, ct_err()));
}

static void gets_it_at_last(void)
{
	cairn_conn *conn = ct_open();
	ct_session *b = ct_session_new("b");
	cairn_lock lock = take(conn);
	struct turn turn = { .deadline = 0 };
	ct_true(!ct_start(b, acquire, &turn));
	ct_true(give_back(conn, &lock));
	ct_join(b);
	ct_int(turn.status, CAIRN_OK);
	ct_true(turn.lock.fence > lock.fence);
	is_held(conn);
	turn.deadline = CAIRN_HOUR;
	ct_true(!ct_start(b, acquire, &turn));
	ct_advance(CAIRN_LOCK_TTL);
	ct_join(b);
	ct_int(turn.status, CAIRN_OK);
	ct_int(turn.lock.expires_at, ct_now() + CAIRN_LOCK_TTL);
}

static void interrupted(void)
{
	cairn_conn *conn = ct_open();
	ct_session *b = ct_session_new("b");
	cairn_lock lock = take(conn);
	struct turn turn = { .deadline = CAIRN_HOUR };
	ct_true(!ct_start(b, acquire, &turn));
	cairn_interrupt(ct_session_conn(b));
	ct_join(b);
	ct_int(turn.status, CAIRN_INTERRUPTED);
	ct_text(turn.code, "db.interrupted");
	ct_true(give_back(conn, &lock));
	ct_step(b, acquire, &turn);
	ct_int(turn.status, CAIRN_OK);
}

/* ---- transactions ----------------------------------------------------------------------- */

static void no_waiting_inside(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_lock_opts how = opts(0);
	cairn_lock lock;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_status(cairn_lock_acquire(conn, &how, &lock, ct_err()), CAIRN_INVALID, "conn.misuse");
	how.deadline = CAIRN_SECOND;
	ct_status(cairn_lock_acquire(conn, &how, &lock, ct_err()), CAIRN_INVALID, "conn.misuse");
	how.deadline = -1;
	ct_ok(cairn_lock_acquire(conn, &how, &lock, ct_err()));
	ct_ok(cairn_commit(&tx, ct_err()));
	is_held(conn);
}

static void step(cairn_conn *conn, enum cairn_app_step what)
{
	ct_note("application: step %d", (int)what);
	ct_int(ct_subject()->app_step(conn, what), 0);
}

static void nor_inside_the_applications(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock_opts how = opts(0);
	cairn_lock lock;
	step(conn, CAIRN_APP_BEGIN);
	ct_status(cairn_lock_acquire(conn, &how, &lock, ct_err()), CAIRN_INVALID, "conn.misuse");
	lock = take(conn);
	step(conn, CAIRN_APP_ROLLBACK);
	lock = take(conn);
	step(conn, CAIRN_APP_BEGIN);
	ct_ok(cairn_lock_extend(conn, &lock, CAIRN_MINUTE, ct_err()));
	ct_true(give_back(conn, &lock));
	ct_true(take(conn).fence > lock.fence);
	step(conn, CAIRN_APP_COMMIT);
	is_held(conn);
}

static void strict(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock lock = take(conn);
	cairn_lock_opts how = opts(-1);
	cairn_lock other;
	step(conn, CAIRN_APP_BEGIN_STRICT);
	ct_status(cairn_lock_try(conn, &how, &other, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	how.name = CAIRN_STR("free");
	ct_status(cairn_lock_try(conn, &how, &other, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	how.name = CAIRN_STR("a");
	ct_status(cairn_lock_extend(conn, &lock, 0, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_status(cairn_lock_release(conn, &lock, NULL, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_status(cairn_lock_break(conn, how.tenant, how.name, NULL, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_define(conn, "still usable");
	step(conn, CAIRN_APP_COMMIT);
	ct_true(give_back(conn, &lock));
	ct_text(ct_types(conn, "usable", "", 10), "still usable");
	how.name = CAIRN_STR("free");
	ct_ok(cairn_lock_try(conn, &how, &other, ct_err()));
}

static void comes_and_goes(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_lock lock = take(conn);
	cairn_rollback(&tx);
	ct_true(!give_back(conn, &lock));
	lock = take(other);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_true(give_back(conn, &lock));
	cairn_rollback(&tx);
	is_held(conn);
	ct_ok(cairn_lock_extend(other, &lock, 0, ct_err()));
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_true(give_back(conn, &lock));
	cairn_lock next = take(conn);
	ct_true(next.fence > lock.fence);
	ct_ok(cairn_commit(&tx, ct_err()));
	is_held(other);
	ct_true(give_back(other, &next));
}

static void leaves_it_alone(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock lock = take(conn);
	cairn_lock stale = lock;
	cairn_tx tx = CAIRN_TX_INIT;
	stale.fence--;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	is_held(conn);
	ct_status(cairn_lock_extend(conn, &stale, 0, ct_err()), CAIRN_STALE, "lock.lost");
	ct_true(!give_back(conn, &stale));
	cairn_lock_opts how = opts(-1);
	ct_status(cairn_lock_acquire(conn, &how, &stale, ct_err()), CAIRN_TIMEOUT,
		  "lock.acquire_timeout");
	how.name = CAIRN_STR("b");
	ct_ok(cairn_lock_try(conn, &how, &stale, ct_err()));
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_status(cairn_lock_try(conn, &how, &lock, ct_err()), CAIRN_CONFLICT, "lock.held");
}

/* ---- one behind the other ----------------------------------------------------------------- */

static void begin_and_take(cairn_conn *conn, void *arg)
{
	struct turn *turn = arg;
	ct_ok(cairn_begin(conn, &turn->tx, ct_err()));
	turn->lock = take(conn);
}

static void try_it(cairn_conn *conn, void *arg)
{
	struct turn *turn = arg;
	cairn_lock_opts how = opts(-1);
	note(turn, cairn_lock_try(conn, &how, &turn->lock, ct_err()));
}

/* a takes it and stays open, b tries, a ends: what b was told. */
static struct turn behind(ct_step_fn *end)
{
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	struct turn first = { .tx = CAIRN_TX_INIT };
	struct turn second = { .status = CAIRN_OK };
	ct_step(a, begin_and_take, &first);
	ct_start(b, try_it, &second);
	ct_step(a, end, &first.tx);
	ct_join(b);
	return second;
}

static void behind_a_commit(void)
{
	struct turn turn = behind(ct_commit);
	ct_int(turn.status, CAIRN_CONFLICT);
	ct_text(turn.code, "lock.held");
	is_held(ct_open());
}

static void behind_a_rollback(void)
{
	struct turn turn = behind(ct_rollback);
	ct_int(turn.status, CAIRN_OK);
	is_held(ct_open());
}

/* Of a lock that was there before: the row is another one's when it is looked at. */
static void behind_a_takeover(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock lock = take(conn);
	ct_true(give_back(conn, &lock));
	struct turn turn = behind(ct_commit);
	ct_int(turn.status, CAIRN_CONFLICT);
}

static void begin_and_miss(cairn_conn *conn, void *arg)
{
	struct turn *turn = arg;
	cairn_lock stale = turn->lock;
	stale.fence--;
	ct_ok(cairn_begin(conn, &turn->tx, ct_err()));
	ct_true(!give_back(conn, &stale));
}

static void extend(cairn_conn *conn, void *arg)
{
	struct turn *turn = arg;
	note(turn, cairn_lock_extend(conn, &turn->lock, 0, ct_err()));
}

/* By the database's clock: the moment that ct_start waits is longer than the lock's time. */
static void waited_past_its_time(void)
{
	cairn_conn_opts real = ct_opts();
	real.clock = NULL;
	ct_session *a = ct_session_with("a", &real);
	ct_session *b = ct_session_with("b", &real);
	cairn_lock_opts how = opts(-1);
	struct turn first = { .tx = CAIRN_TX_INIT };
	how.ttl = 100 * CAIRN_MILLISECOND;
	cairn_conn *conn = ct_open_with(&real);
	ct_ok(cairn_lock_try(conn, &how, &first.lock, ct_err()));
	struct turn second = { .lock = first.lock };
	ct_step(a, begin_and_miss, &first);
	ct_start(b, extend, &second);
	ct_step(a, ct_rollback, &first.tx);
	ct_join(b);
	ct_int(second.status, CAIRN_STALE);
	ct_text(second.code, "lock.lost");
	ct_ok(cairn_lock_try(conn, &how, &first.lock, ct_err()));
	ct_step(a, begin_and_miss, &first);
	ct_start(b, try_it, &second);
	ct_step(a, ct_rollback, &first.tx);
	ct_join(b);
	ct_int(second.status, CAIRN_OK);
	ct_true(second.lock.fence > first.lock.fence);
}

/* ---- a race ------------------------------------------------------------------------------- */

#define RACERS 8
#define ROUNDS 12

struct race {
	atomic_int holders;
	atomic_int most;
	atomic_llong fence; /* the last one that was handed out */
};

static void hold(cairn_conn *conn, struct race *race, unsigned number)
{
	cairn_lock_opts how = opts(20 * CAIRN_SECOND);
	cairn_lock lock;
	ct_ok(cairn_lock_acquire(conn, &how, &lock, ct_err()));
	int now = atomic_fetch_add(&race->holders, 1) + 1;
	if (now > atomic_load(&race->most))
		atomic_store(&race->most, now);
	ct_true(atomic_exchange(&race->fence, lock.fence) < lock.fence);
	if (number % 2)
		ct_ok(cairn_lock_extend(conn, &lock, 0, ct_err()));
	atomic_fetch_sub(&race->holders, 1);
	ct_true(give_back(conn, &lock));
}

static void race_for_it(cairn_conn *conn, unsigned number, void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		hold(conn, arg, number);
}

static void never_two(void)
{
	struct race race = { .holders = 0 };
	ct_race(RACERS, race_for_it, &race);
	ct_int(race.most, 1);
}

struct once {
	atomic_int had;
};

static void take_once(cairn_conn *conn, unsigned number, void *arg)
{
	struct once *once = arg;
	cairn_lock_opts how = opts(-1);
	cairn_lock lock;
	(void)number;
	cairn_status status = cairn_lock_try(conn, &how, &lock, ct_err());
	if (status == CAIRN_OK)
		atomic_fetch_add(&once->had, 1);
	else
		ct_status(status, CAIRN_CONFLICT, "lock.held");
}

/* When it was never there, when it was released, when it is over: three ways of taking it. */
static void one_of_many(void)
{
	cairn_conn *conn = ct_open();
	for (int i = 0; i < 6; i++) {
		struct once once = { .had = 0 };
		ct_race(RACERS, take_once, &once);
		ct_int(once.had, 1);
		if (i % 2)
			ct_advance(CAIRN_LOCK_TTL);
		else
			ct_ok(cairn_lock_break(conn, CAIRN_STR("t"), CAIRN_STR("a"), NULL,
					       ct_err()));
	}
}

static const ct_case cases[] = {
	{ .name = "locks.acquire.names_the_attempts",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "A lock that stays held is TIMEOUT when the deadline has passed, and the detail "
		  "names the attempts; with deadline -1 that is exactly one.",
	  .covers = "entelix-62",
	  .run = names_the_attempts },
	{ .name = "locks.acquire.gets_it_at_last",
	  .kind = CT_INTERLEAVE,
	  .store = CT_LOCKS,
	  .rule = "Who waits gets the lock when it is released, or when its time is over.",
	  .covers = "entelix-62, entelix-63",
	  .run = gets_it_at_last },
	{ .name = "locks.acquire.can_be_interrupted",
	  .kind = CT_INTERLEAVE,
	  .store = CT_LOCKS,
	  .rule = "cairn_interrupt ends the waiting with INTERRUPTED; the next call works.",
	  .run = interrupted },
	{ .name = "locks.tx.no_waiting_inside",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "Inside a transaction a lock is tried for once, or it is misuse.",
	  .run = no_waiting_inside },
	{ .name = "locks.tx.nor_inside_the_applications",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .needs = CT_NEED_APP,
	  .rule = "The same in a transaction that the application began, where everything else "
		  "works and comes and goes with it.",
	  .run = nor_inside_the_applications },
	{ .name = "locks.tx.stricter_isolation_is_refused",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .needs = CT_NEED_STRICT,
	  .rule = "Where a statement can't see what it waited for, locks are INVALID before "
		  "anything is written, and the transaction lives on.",
	  .run = strict },
	{ .name = "locks.tx.comes_and_goes_with_it",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "What was taken or released in a transaction that is rolled back was not.",
	  .run = comes_and_goes },
	{ .name = "locks.tx.outcomes_leave_it_alone",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "Held, lost and not one's own any more abort nothing.",
	  .run = leaves_it_alone },
	{ .name = "locks.interleave.behind_a_commit",
	  .kind = CT_INTERLEAVE,
	  .store = CT_LOCKS,
	  .rule = "Who tries while a new lock is not committed finds it held when it is.",
	  .run = behind_a_commit },
	{ .name = "locks.interleave.behind_a_rollback",
	  .kind = CT_INTERLEAVE,
	  .store = CT_LOCKS,
	  .rule = "Who tries while a new lock is not committed gets it when it is rolled back.",
	  .run = behind_a_rollback },
	{ .name = "locks.interleave.behind_a_takeover",
	  .kind = CT_INTERLEAVE,
	  .store = CT_LOCKS,
	  .rule = "A free lock that somebody takes meanwhile is held when it is looked at.",
	  .run = behind_a_takeover },
	{ .name = "locks.interleave.waited_past_its_time",
	  .kind = CT_INTERLEAVE,
	  .store = CT_LOCKS,
	  .rule = "The time is tested after a wait for the row: what was over by then is lost, and "
		  "can be taken.",
	  .run = waited_past_its_time },
	{ .name = "locks.race.never_two_holders",
	  .kind = CT_RACE,
	  .store = CT_LOCKS,
	  .rule = "Eight threads take, extend and release one lock: there are never two holders, "
		  "and each has a greater fence than the one before.",
	  .covers = "entelix-61, entelix-67",
	  .run = never_two },
	{ .name = "locks.race.one_of_many_gets_it",
	  .kind = CT_RACE,
	  .store = CT_LOCKS,
	  .rule = "Of eight who try at once exactly one gets a lock that is new, free or over.",
	  .covers = "entelix-61, entelix-65",
	  .run = one_of_many },
};

CT_GROUP(locks_wait, cases);
