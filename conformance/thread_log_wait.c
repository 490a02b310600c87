/*
 * thread_log_wait.c - waiting for an append: who is told, of what, and for how long. (wait_told.c says how
 * being told is known from having looked)
 */
#include <stdatomic.h>

#include "ct_log.h"

#define LONG	(20 * CAIRN_SECOND)
#define SETTLED (680 * CAIRN_MILLISECOND)
#define TOLD	(50 * CAIRN_MILLISECOND)
/* The machine may be busy. */
#define TRIES 4

static int64_t wait_for(cairn_conn *conn, const char *thread, int64_t after, cairn_usec timeout)
{
	int64_t head = -1;
	ct_ok(cairn_log_wait(conn, CAIRN_STR("t"), cairn_str_of(thread), after, timeout, &head,
			     ct_err()));
	return head;
}

static void at_once(void)
{
	cairn_conn *conn = ct_open();
	ct_log_append(conn, "a", 3);
	cairn_usec began = ct_ticks();
	ct_int(wait_for(conn, "a", 0, LONG), 3);
	ct_int(wait_for(conn, "a", 2, LONG), 3);
	ct_log_archive(conn, "a", 3);
	ct_int(wait_for(conn, "a", 2, LONG), 3);
	ct_true(ct_ticks() - began < LONG / 2);
}

static void for_its_time(void)
{
	cairn_conn *conn = ct_open();
	ct_log_append(conn, "a", 3);
	ct_log_append(conn, "ab", 9);
	for (int known = 0; known < 2; known++) {
		cairn_usec began = ct_ticks();
		ct_int(wait_for(conn, known ? "a" : "b", 3, 300 * CAIRN_MILLISECOND),
		       known ? 3 : 0);
		ct_true(ct_ticks() - began >= 300 * CAIRN_MILLISECOND);
		ct_true(ct_ticks() - began < LONG);
	}
}

static void refused(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	int64_t head = 4711;
	cairn_str t = CAIRN_STR("t");
	cairn_str a = CAIRN_STR("a");
	ct_status(cairn_log_wait(conn, t, a, 0, CAIRN_HOUR + 1, &head, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	ct_status(cairn_log_wait(conn, t, a, 0, -1, &head, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_status(cairn_log_wait(conn, t, a, -1, 0, &head, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_status(cairn_log_wait(conn, t, a, 0, 0, NULL, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_status(cairn_log_wait(conn, t, a, 0, 0, &head, ct_err()), CAIRN_INVALID, "conn.misuse");
	cairn_rollback(&tx);
	ct_int(head, 4711);
}

/* ---- told ------------------------------------------------------------------------------ */

#define READERS 3

struct scene {
	void (*act)(cairn_conn *conn, const char *thread);
	const char *thread;
	int64_t after;
	cairn_usec done;
	cairn_usec told[READERS];
};

static void act_or_wait(cairn_conn *conn, unsigned number, void *arg)
{
	struct scene *scene = arg;
	if (number > 0) {
		ct_true(wait_for(conn, scene->thread, scene->after, LONG) > scene->after);
		scene->told[number - 1] = ct_ticks();
		return;
	}
	ct_nap(SETTLED);
	scene->act(conn, scene->thread);
	scene->done = ct_ticks();
}

/* Several readers wait for one log, and all of them are told at once, in one of a few tries. */
static void all_told(void (*act)(cairn_conn *conn, const char *thread), size_t there)
{
	cairn_conn *conn = ct_open();
	struct scene scene = { .act = act, .after = (int64_t)there };
	unsigned late = READERS;
	for (int try = 0; try < TRIES && late; try++) {
		scene.thread = ct_format("thread %d", try);
		if (there)
			ct_log_append(conn, scene.thread, there);
		ct_race(READERS + 1, act_or_wait, &scene);
		late = 0;
		for (unsigned i = 0; i < READERS; i++) {
			ct_note("told after %lld us", (long long)(scene.told[i] - scene.done));
			late += scene.told[i] - scene.done > TOLD;
		}
	}
	ct_int(late, 0);
}

static void append_one(cairn_conn *conn, const char *thread)
{
	ct_log_append(conn, thread, 1);
}

static void append_some(cairn_conn *conn, const char *thread)
{
	ct_log_append(conn, "elsewhere", 1);
	ct_log_append(conn, thread, 5);
}

static void append_in_transaction(cairn_conn *conn, const char *thread)
{
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_log_append(conn, thread, 2);
	ct_ok(cairn_commit(&tx, ct_err()));
}

static void append_in_the_applications(cairn_conn *conn, const char *thread)
{
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN), 0);
	ct_log_append(conn, thread, 1);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
}

static void by_an_append(void)
{
	all_told(append_one, 0);
}

static void by_a_batch(void)
{
	all_told(append_some, 3);
}

static void by_a_commit(void)
{
	all_told(append_in_transaction, 1);
}

static void by_the_applications_commit(void)
{
	all_told(append_in_the_applications, 1);
}

/* ---- again and again ------------------------------------------------------------------------ */

#define FOLLOWED 40

/* Follows a log to its end, the way `cairn log read --follow` does. */
static void follow(cairn_conn *conn, unsigned number, void *arg)
{
	(void)arg;
	if (number == 0) {
		for (int i = 0; i < FOLLOWED; i++) {
			ct_log_append(conn, "a", 1);
			if (i % 10 == 9)
				ct_nap(20 * CAIRN_MILLISECOND);
		}
		return;
	}
	int64_t seq = 0;
	while (seq < FOLLOWED) {
		ct_true(wait_for(conn, "a", seq, LONG) > seq);
		const cairn_log_events *page = ct_log_read(conn, "a", seq, 0);
		for (size_t i = 0; i < page->count; i++)
			ct_int(page->at[i].seq, ++seq);
	}
}

static void followed(void)
{
	cairn_conn *conn = ct_open();
	cairn_usec began = ct_ticks();
	ct_race(READERS + 1, follow, NULL);
	ct_log_is(conn, "a", FOLLOWED, 0);
	ct_true(ct_ticks() - began < LONG);
}

/* ---- not told of what is not so ---------------------------------------------------------------- */

static void take_back_or_wait(cairn_conn *conn, unsigned number, void *arg)
{
	cairn_usec timeout = 600 * CAIRN_MILLISECOND;
	(void)arg;
	if (number > 0) {
		cairn_usec began = ct_ticks();
		ct_int(wait_for(conn, "a", 3, timeout), 3);
		ct_true(ct_ticks() - began >= timeout);
		return;
	}
	for (int i = 0; i < 5; i++) {
		cairn_tx tx = CAIRN_TX_INIT;
		ct_nap(40 * CAIRN_MILLISECOND);
		ct_ok(cairn_begin(conn, &tx, ct_err()));
		ct_log_append(conn, "a", 1);
		cairn_rollback(&tx);
		ct_log_append(conn, "b", 1);
	}
	ct_log_archive(conn, "a", 1);
}

static void not_of_what_was_taken_back(void)
{
	cairn_conn *conn = ct_open();
	ct_log_append(conn, "a", 3);
	ct_race(3, take_back_or_wait, NULL);
}

struct waiter {
	cairn_status status;
	_Atomic(cairn_conn *) conn;
	int64_t head;
};

static void be_interrupted(cairn_conn *conn, unsigned number, void *arg)
{
	struct waiter *waiter = arg;
	if (number == 0) {
		atomic_store(&waiter->conn, conn);
		waiter->status = cairn_log_wait(conn, CAIRN_STR("t"), CAIRN_STR("a"), 0, LONG,
						&waiter->head, ct_err());
		ct_status(waiter->status, CAIRN_INTERRUPTED, "db.interrupted");
		return;
	}
	while (atomic_load(&waiter->conn) == NULL)
		ct_nap(CAIRN_MILLISECOND);
	ct_nap(50 * CAIRN_MILLISECOND);
	cairn_interrupt(atomic_load(&waiter->conn));
}

static void interrupted(void)
{
	struct waiter waiter = { .head = 4711 };
	atomic_init(&waiter.conn, NULL);
	ct_race(2, be_interrupted, &waiter);
	ct_int(waiter.head, 4711);
}

#define TELLS .kind = CT_RACE, .store = CT_LOG, .caps = CAIRN_CAP_WAKE

static const ct_case cases[] = {
	{ .name = "log.wait.what_is_there_is_not_waited_for",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "Where there is an event behind the number, archived or not, the head is told at "
		  "once.",
	  .run = at_once },
	{ .name = "log.wait.ends_with_its_time",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "Without an event the wait ends when its time is over, with the head as it is.",
	  .run = for_its_time },
	{ .name = "log.wait.refuses_what_would_see_nothing",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "Waiting inside a transaction is conn.misuse; an hour is the longest.",
	  .run = refused },
	{ .name = "log.wait.an_append_wakes",
	  TELLS,
	  .rule = "All who wait for a log are told of an append by another session, which begins "
		  "it.",
	  .run = by_an_append },
	{ .name = "log.wait.a_batch_wakes",
	  TELLS,
	  .rule = "… and of a batch behind others.",
	  .run = by_a_batch },
	{ .name = "log.wait.a_commit_wakes",
	  TELLS,
	  .rule = "… and of what was appended inside a transaction, when that commits.",
	  .run = by_a_commit },
	{ .name = "log.wait.the_applications_commit_wakes",
	  TELLS,
	  .needs = CT_NEED_APP,
	  .rule = "… whoever commits it.",
	  .run = by_the_applications_commit },
	{ .name = "log.wait.followed_to_its_end",
	  .kind = CT_RACE,
	  .store = CT_LOG,
	  .rule = "Whoever waits behind the last event that was read, and reads, misses none.",
	  .run = followed },
	{ .name = "log.wait.not_of_what_was_taken_back",
	  .kind = CT_RACE,
	  .store = CT_LOG,
	  .rule = "An append that is rolled back, one to another log, and archiving end no wait.",
	  .run = not_of_what_was_taken_back },
	{ .name = "log.wait.can_be_interrupted",
	  .kind = CT_RACE,
	  .store = CT_LOG,
	  .rule = "An interrupted wait ends at once and tells nothing.",
	  .run = interrupted },
};

CT_GROUP(thread_log_wait, cases);
