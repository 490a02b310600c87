/*
 * thread_log_use.c - session logs beside other things: in transactions, together with jobs, under
 * locks; and how often they wait for the database.
 */
#include <cairn/sys/driver.h>

#include "ct_log.h"

/* ---- transactions -------------------------------------------------------------------- */

static void both_or_neither(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	ct_define(conn, "j");
	for (int keep = 0; keep < 2; keep++) {
		cairn_tx tx = CAIRN_TX_INIT;
		cairn_job_new job = ct_new("j");
		ct_ok(cairn_begin(conn, &tx, ct_err()));
		ct_int(ct_log_append(conn, "a", 2), 2);
		ct_add(conn, &job);
		ct_int(ct_log_append(conn, "a", 1), 3);
		ct_log_is(conn, "a", 3, 0);
		ct_log_is(other, "a", 0, 0);
		if (keep)
			ct_ok(cairn_commit(&tx, ct_err()));
		else
			cairn_rollback(&tx);
		ct_int(ct_count_jobs(other, 0), keep);
		ct_log_is(other, "a", keep ? 3 : 0, 0);
	}
}

static void in_the_applications(void)
{
	cairn_conn *conn = ct_open();
	ct_log_append(conn, "a", 2);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN), 0);
	ct_int(ct_log_append(conn, "a", 2), 4);
	ct_int(ct_log_append(conn, "b", 1), 1);
	cairn_log_event event = { .seq = 0 };
	cairn_log_batch batch = ct_log_batch("a", &event, 1);
	int64_t head = 0;
	ct_log_fill(&event, 1, 5);
	batch.set = CAIRN_LOG_EXPECT;
	batch.expected = 3;
	ct_status(cairn_log_append(conn, &batch, &head, ct_err()), CAIRN_STALE, "log.head_moved");
	ct_int(head, 4);
	ct_int(ct_log_archive(conn, "a", 1), 1);
	batch.expected = 4;
	ct_ok(cairn_log_append(conn, &batch, &head, ct_err()));
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_log_is(conn, "a", 5, 1);
	ct_log_is(conn, "b", 1, 0);
}

static void in_a_stricter_one(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_log_event event = { .seq = 0 };
	cairn_log_batch batch = ct_log_batch("a", &event, 1);
	ct_log_fill(&event, 1, 3);
	batch.set = CAIRN_LOG_EXPECT;
	batch.expected = 2;
	ct_log_append(conn, "a", 2);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN_STRICT), 0);
	ct_status(cairn_log_append(conn, &batch, NULL, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_status(cairn_log_delete(conn, CAIRN_STR("t"), CAIRN_STR("a"), NULL, ct_err()),
		  CAIRN_INVALID, "tx.unsupported_isolation");
	batch.set = 0;
	ct_ok(cairn_log_append(conn, &batch, NULL, ct_err()));
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_log_is(other, "a", 3, 0);
}

static void taken_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx outer = CAIRN_TX_INIT;
	cairn_tx inner = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &outer, ct_err()));
	ct_log_append(conn, "a", 2);
	ct_ok(cairn_begin(conn, &inner, ct_err()));
	ct_int(ct_log_append(conn, "a", 2), 4);
	ct_int(ct_log_archive(conn, "a", 3), 3);
	cairn_rollback(&inner);
	ct_log_is(conn, "a", 2, 0);
	ct_int(ct_log_append(conn, "a", 1), 3);
	ct_ok(cairn_commit(&outer, ct_err()));
	ct_log_is(conn, "a", 3, 0);
}

/* ---- locks ----------------------------------------------------------------------------- */

static bool has_locks(void)
{
	const cairn_driver *driver = ct_subject()->driver;
	return CAIRN_HAS(driver, cairn_driver, locks) && driver->locks;
}

static cairn_lock take_lock(cairn_conn *conn, const char *tenant, const char *name)
{
	cairn_lock_opts opts = { .size = sizeof(opts),
				 .tenant = cairn_str_of(tenant),
				 .name = cairn_str_of(name),
				 .deadline = -1 };
	cairn_lock lock;
	ct_ok(cairn_lock_try(conn, &opts, &lock, ct_err()));
	return lock;
}

/* Appends one event under a lock, with or without an expected head: it answers the status. */
static cairn_status append_under(cairn_conn *conn, const cairn_lock *lock, int64_t expected,
				 int64_t *head)
{
	cairn_log_event event = { .seq = 0 };
	cairn_log_batch batch = ct_log_batch("a", &event, 1);
	ct_log_fill(&event, 1, *head + 1);
	batch.lock = lock;
	batch.expected = expected;
	batch.set = expected >= 0 ? CAIRN_LOG_EXPECT : 0;
	return cairn_log_append(conn, &batch, head, ct_err());
}

/* A driver without locks says so. */
static bool without_locks(cairn_conn *conn)
{
	cairn_lock lock = { .fence = 1, .tenant_len = 1, .name_len = 1 };
	int64_t head = 0;
	lock.tenant[0] = 't';
	lock.name[0] = 'a';
	if (has_locks())
		return false;
	ct_status(append_under(conn, &lock, -1, &head), CAIRN_UNSUPPORTED, NULL);
	return true;
}

static void while_the_lock_is_held(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	int64_t head = 0;
	if (without_locks(conn))
		return;
	cairn_lock lock = take_lock(conn, "t", "a");
	ct_ok(append_under(conn, &lock, -1, &head));
	ct_ok(append_under(other, &lock, 1, &head));
	ct_status(append_under(conn, &lock, 1, &head), CAIRN_STALE, "log.head_moved");
	ct_int(head, 2);
	cairn_lock wrong = lock;
	wrong.fence++;
	ct_status(append_under(conn, &wrong, -1, &head), CAIRN_STALE, "lock.lost");
	ct_status(append_under(conn, &wrong, 2, &head), CAIRN_STALE, "lock.lost");
	ct_status(append_under(conn, &wrong, 1, &head), CAIRN_STALE, "lock.lost");
	wrong = lock;
	wrong.name[0] = 'b';
	ct_status(append_under(conn, &wrong, -1, &head), CAIRN_STALE, "lock.lost");
	ct_set_now(lock.expires_at - 1);
	ct_ok(append_under(conn, &lock, -1, &head));
	ct_set_now(lock.expires_at);
	ct_status(append_under(conn, &lock, -1, &head), CAIRN_STALE, "lock.lost");
	ct_status(append_under(conn, &lock, 3, &head), CAIRN_STALE, "lock.lost");
	ct_int(head, 3);
	cairn_lock next = take_lock(other, "t", "a");
	ct_status(append_under(conn, &lock, -1, &head), CAIRN_STALE, "lock.lost");
	ct_ok(append_under(conn, &next, 3, &head));
	ct_log_is(conn, "a", 4, 0);
	cairn_lock theirs = take_lock(conn, "u", "a");
	ct_status(append_under(conn, &theirs, -1, &head), CAIRN_INVALID, "arg.invalid");
	ct_status(append_under(conn, &(cairn_lock){ .fence = 0 }, -1, &head), CAIRN_INVALID,
		  "arg.invalid");
	ct_log_is(conn, "a", 4, 0);
}

static void nothing_under_a_lost_lock(void)
{
	cairn_conn *conn = ct_open();
	int64_t head = 0;
	if (without_locks(conn))
		return;
	cairn_lock lock = take_lock(conn, "t", "a");
	ct_ok(cairn_lock_release(conn, &lock, NULL, ct_err()));
	ct_status(append_under(conn, &lock, -1, &head), CAIRN_STALE, "lock.lost");
	ct_status(append_under(conn, &lock, 0, &head), CAIRN_STALE, "lock.lost");
	cairn_log_list_filter all = { .size = sizeof(all), .tenant = CAIRN_STR("t") };
	cairn_log_heads *logs = NULL;
	ct_ok(cairn_log_list(conn, &all, &logs, ct_err()));
	ct_later(logs);
	ct_int(logs->count, 0);
}

static cairn_status append_inside(void *user, cairn_lock *lock, cairn_error *err)
{
	cairn_conn *conn = user;
	int64_t head = 0;
	(void)err;
	ct_ok(append_under(conn, lock, -1, &head));
	ct_ok(append_under(conn, NULL, -1, &head));
	cairn_conn *other = ct_open();
	ct_ok(append_under(other, lock, -1, &head));
	ct_int(head, 3);
	return CAIRN_OK;
}

/* Bounded by lock_timeout, were it to wait for itself. */
static void inside_with_lock(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock_opts opts = { .size = sizeof(opts),
				 .tenant = CAIRN_STR("t"),
				 .name = CAIRN_STR("a") };
	if (without_locks(conn))
		return;
	ct_ok(cairn_with_lock(conn, &opts, append_inside, conn, ct_err()));
	ct_log_is(conn, "a", 3, 0);
}

/* ---- budget ------------------------------------------------------------------------------ */

static void append_of(cairn_conn *conn, size_t n, int64_t expected, const cairn_lock *lock)
{
	cairn_log_event events[100] = { { .seq = 0 } };
	cairn_log_batch batch = ct_log_batch(ct_format("thread %u", ct_number()), events, n);
	ct_log_fill(events, n, 1);
	batch.lock = lock;
	for (int again = 0; again < 2; again++) {
		batch.set = expected >= 0 ? CAIRN_LOG_EXPECT : 0;
		batch.expected = again * (int64_t)n;
		ct_budget(conn);
		ct_ok(cairn_log_append(conn, &batch, NULL, ct_err()));
		ct_spent(conn, 1, "append", n);
	}
	cairn_log_filter filter = { .size = sizeof(filter),
				    .tenant = batch.tenant,
				    .thread = batch.thread };
	cairn_log_events *page = NULL;
	ct_budget(conn);
	ct_ok(cairn_log_read(conn, &filter, &page, ct_err()));
	ct_spent(conn, 1, "read", n);
	ct_later(page);
	ct_budget(conn);
	ct_int(ct_log_archive(conn, batch.thread.ptr, INT64_MAX), 2 * n);
	ct_spent(conn, 1, "archive", n);
	ct_budget(conn);
	ct_ok(cairn_log_delete(conn, batch.tenant, batch.thread, NULL, ct_err()));
	ct_spent(conn, 1, "delete", n);
}

static void budget(void)
{
	static const size_t sizes[] = { 1, 2, 100 };
	cairn_conn *conn = ct_open();
	cairn_lock lock = { .fence = 0 };
	bool locks = has_locks();
	if (locks)
		lock = take_lock(conn, "t", "a");
	for (size_t i = 0; i < 9; i++) {
		append_of(conn, sizes[i % 3], -1, NULL);
		append_of(conn, sizes[i % 3], 0, NULL);
		if (locks)
			append_of(conn, sizes[i % 3], i % 2 ? 0 : -1, &lock);
	}
}

static const ct_case cases[] = {
	{ .name = "log.tx.an_append_and_a_job_or_neither",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "Inside a transaction appends and jobs come and go together; others see them "
		  "when "
		  "it commits, and numbers that were taken back are given again.",
	  .run = both_or_neither },
	{ .name = "log.tx.the_applications_transaction",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .needs = CT_NEED_APP,
	  .rule = "Inside the application's transaction nothing is different, and no expected "
		  "outcome ends it.",
	  .run = in_the_applications },
	{ .name = "log.tx.no_second_look_in_a_stricter_one",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .needs = CT_NEED_STRICT,
	  .rule = "Inside a stricter transaction what must look again after waiting is "
		  "tx.unsupported_isolation before anything is written; a plain append is not.",
	  .run = in_a_stricter_one },
	{ .name = "log.tx.a_savepoint_takes_it_back",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .caps = CAIRN_CAP_NESTED_TX,
	  .rule = "What was appended or archived in a transaction inside another one is taken back "
		  "with it.",
	  .run = taken_back },
	{ .name = "log.lock.only_while_it_is_held",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "An append that names a lock is written only while the lock has this fence and "
		  "its time is not over, which is told before the head is; the lock must be of the "
		  "same tenant.",
	  .run = while_the_lock_is_held },
	{ .name = "log.lock.lost_before_there_is_a_log",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "An append under a lost lock makes no log.",
	  .run = nothing_under_a_lost_lock },
	{ .name = "log.lock.appending_under_ones_own_lock",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "Whoever holds the lock of a thread can append to its log, by any connection, "
		  "and waits for nobody.",
	  .covers = "entelix-68",
	  .run = inside_with_lock },
	{ .name = "log.budget.one_round_trip",
	  .kind = CT_BUDGET,
	  .store = CT_LOG,
	  .rule = "Appending n events, with an expected head or a lock or without, reading a page, "
		  "archiving a batch and deleting are one round trip each.",
	  .run = budget },
};

CT_GROUP(thread_log_use, cases);
