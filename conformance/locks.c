/*
 * locks.c - named locks: one holder, fences, and times that are over. (arguments, lists, pruning:
 * locks_read.c; many threads, transactions, waiting: locks_wait.c)
 */
#include "ct.h"

static cairn_lock_opts opts(const char *tenant, const char *name)
{
	return (cairn_lock_opts){ .size = sizeof(cairn_lock_opts),
				  .tenant = cairn_str_of(tenant),
				  .name = cairn_str_of(name),
				  .deadline = -1 };
}

static cairn_lock take(cairn_conn *conn, const char *tenant, const char *name)
{
	cairn_lock_opts how = opts(tenant, name);
	cairn_lock lock;
	ct_ok(cairn_lock_try(conn, &how, &lock, ct_err()));
	return lock;
}

static void is_held(cairn_conn *conn, const char *tenant, const char *name)
{
	cairn_lock_opts how = opts(tenant, name);
	cairn_lock lock = { .fence = 4711 };
	ct_status(cairn_lock_try(conn, &how, &lock, ct_err()), CAIRN_CONFLICT, "lock.held");
	ct_int(lock.fence, 4711);
}

static bool give_back(cairn_conn *conn, const cairn_lock *lock)
{
	int held = -1;
	ct_ok(cairn_lock_release(conn, lock, &held, ct_err()));
	ct_true(held == 0 || held == 1);
	return held;
}

static bool broken(cairn_conn *conn, const char *tenant, const char *name)
{
	int held = -1;
	ct_ok(cairn_lock_break(conn, cairn_str_of(tenant), cairn_str_of(name), &held, ct_err()));
	ct_true(held == 0 || held == 1);
	return held;
}

static void is_lost(cairn_conn *conn, const cairn_lock *lock)
{
	cairn_lock mine = *lock;
	ct_status(cairn_lock_extend(conn, &mine, 0, ct_err()), CAIRN_STALE, "lock.lost");
	ct_int(mine.expires_at, lock->expires_at);
}

static const cairn_lock_rows *listed(cairn_conn *conn, const char *tenant, const char *prefix)
{
	cairn_lock_filter filter = { .size = sizeof filter,
				     .tenant = cairn_str_of(tenant),
				     .prefix = cairn_str_of(prefix) };
	cairn_lock_rows *rows = NULL;
	ct_ok(cairn_lock_list(conn, &filter, &rows, ct_err()));
	ct_later(rows);
	return rows;
}

/* ---- try, release ----------------------------------------------------------------- */

static void one_holder(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_lock lock = take(conn, "acme", "thread 7");
	ct_true(lock.fence > 0);
	ct_int(lock.expires_at, ct_now() + CAIRN_LOCK_TTL);
	ct_text(lock.tenant, "acme");
	ct_text(lock.name, "thread 7");
	ct_int(lock.tenant_len, 4);
	ct_int(lock.name_len, 8);
	is_held(other, "acme", "thread 7");
	is_held(conn, "acme", "thread 7");
	ct_true(give_back(other, &lock));
	take(other, "acme", "thread 7");
	is_held(conn, "acme", "thread 7");
}

static void names_are_apart(void)
{
	static const char *const names[][2] = { { "a", "b" },	{ "a:b", "c" }, { "a", "b:c" },
						{ "t:1", "a" }, { "t", "1:a" }, { "t", "A" },
						{ "t", "a" },	{ "t", " a" },	{ "t", "a%" },
						{ "t", "a_" },	{ "t", "a\\" }, { "default", "a" },
						{ "bc", "a" },	{ "ab", "c" } };
	size_t n = sizeof names / sizeof names[0];
	cairn_conn *conn = ct_open();
	cairn_lock locks[sizeof names / sizeof names[0]];
	for (size_t i = 0; i < n; i++)
		locks[i] = take(conn, names[i][0], names[i][1]);
	for (size_t i = 0; i < n; i++)
		is_held(conn, names[i][0], names[i][1]);
	for (size_t i = 0; i < n; i++) {
		ct_true(give_back(conn, &locks[i]));
		for (size_t j = i + 1; j < n; j++)
			is_held(conn, names[j][0], names[j][1]);
	}
}

static void tenants_are_apart(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock ours = take(conn, "ours", "thread");
	cairn_lock theirs = take(conn, "theirs", "thread");
	is_held(conn, "ours", "thread");
	ct_true(give_back(conn, &ours));
	is_held(conn, "theirs", "thread");
	ct_int(listed(conn, "ours", "")->count, 0);
	ct_int(listed(conn, "theirs", "")->count, 1);
	ct_true(!broken(conn, "ours", "thread"));
	ct_ok(cairn_lock_extend(conn, &theirs, 0, ct_err()));
}

/* ---- times ---------------------------------------------------------------------------- */

static void over_at_its_time(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_lock lock = take(conn, "t", "a");
	ct_set_now(lock.expires_at - 1);
	is_held(other, "t", "a");
	ct_set_now(lock.expires_at);
	cairn_lock next = take(other, "t", "a");
	ct_true(next.fence > lock.fence);
	is_lost(conn, &lock);
	ct_true(!give_back(conn, &lock));
	is_held(conn, "t", "a");
	ct_ok(cairn_lock_extend(other, &next, 0, ct_err()));
	ct_true(give_back(other, &next));
}

static void given_time(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock_opts how = opts("t", "a");
	cairn_lock lock;
	how.ttl = 100 * CAIRN_MILLISECOND;
	ct_ok(cairn_lock_try(conn, &how, &lock, ct_err()));
	ct_int(lock.expires_at, ct_now() + how.ttl);
	how.name = CAIRN_STR("b");
	how.ttl = 24 * CAIRN_HOUR;
	ct_ok(cairn_lock_try(conn, &how, &lock, ct_err()));
	ct_int(lock.expires_at, ct_now() + how.ttl);
	ct_set_now(lock.expires_at - 1);
	is_held(conn, "t", "b");
	take(conn, "t", "a");
}

static void extended(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_lock lock = take(conn, "t", "a");
	cairn_time first = lock.expires_at;
	ct_set_now(first - 1);
	cairn_lock copy = lock;
	ct_ok(cairn_lock_extend(other, &copy, CAIRN_MINUTE, ct_err()));
	ct_int(copy.expires_at, ct_now() + CAIRN_MINUTE);
	ct_int(copy.fence, lock.fence);
	ct_set_now(first + CAIRN_SECOND);
	is_held(other, "t", "a");
	ct_ok(cairn_lock_extend(conn, &lock, 0, ct_err()));
	ct_int(lock.expires_at, ct_now() + CAIRN_LOCK_TTL);
	ct_set_now(lock.expires_at - 1);
	is_held(other, "t", "a");
	ct_ok(cairn_lock_extend(conn, &lock, CAIRN_SECOND, ct_err()));
	ct_advance(CAIRN_SECOND - 1);
	is_held(other, "t", "a");
	ct_advance(1);
	is_lost(conn, &lock);
	take(other, "t", "a");
}

static void over_is_not_extended(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock lock = take(conn, "t", "a");
	ct_set_now(lock.expires_at);
	is_lost(conn, &lock);
	ct_true(give_back(conn, &lock));
	is_lost(conn, &lock);
	ct_true(!give_back(conn, &lock));
	cairn_lock unknown = lock;
	unknown.name[0] = 'b';
	is_lost(conn, &unknown);
	ct_true(!give_back(conn, &unknown));
}

/* The kit's clock stands for the time that passes until somebody comes. */
static void holder_gone(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *holder = ct_open();
	cairn_lock lock = take(holder, "t", "a");
	ct_close(holder);
	is_held(conn, "t", "a");
	ct_set_now(lock.expires_at - 1);
	is_held(conn, "t", "a");
	ct_set_now(lock.expires_at);
	ct_true(take(conn, "t", "a").fence > lock.fence);
}

static void holder_killed(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *holder = ct_open();
	cairn_lock lock = take(holder, "t", "a");
	ct_int(ct_subject()->kill_session(holder), 0);
	is_held(conn, "t", "a");
	ct_set_now(lock.expires_at);
	ct_true(take(conn, "t", "a").fence > lock.fence);
}

/* ---- fences --------------------------------------------------------------------------- */

static cairn_lock greater(cairn_conn *conn, int64_t *fence)
{
	cairn_lock lock = take(conn, "t", "a");
	ct_true(lock.fence > *fence);
	*fence = lock.fence;
	return lock;
}

static void fences_grow(void)
{
	cairn_conn *conn = ct_open();
	int64_t fence = 0;
	for (int i = 0; i < 3; i++) {
		cairn_lock lock = greater(conn, &fence);
		ct_true(give_back(conn, &lock));
	}
	greater(conn, &fence);
	ct_true(broken(conn, "t", "a"));
	cairn_lock lock = greater(conn, &fence);
	ct_ok(cairn_lock_extend(conn, &lock, 0, ct_err()));
	ct_int(lock.fence, fence);
	ct_set_now(lock.expires_at);
	lock = greater(conn, &fence);
	ct_true(give_back(conn, &lock));
	ct_advance(-CAIRN_HOUR);
	lock = greater(conn, &fence);
	ct_true(give_back(conn, &lock));
	ct_advance(CAIRN_HOUR + CAIRN_DAY);
	size_t pruned = 0;
	ct_ok(cairn_lock_prune(conn, cairn_any(), CAIRN_DAY, 0, &pruned, ct_err()));
	ct_int(pruned, 1);
	greater(conn, &fence);
}

static void broken_is_lost(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock lock = take(conn, "t", "a");
	ct_true(!broken(conn, "t", "b"));
	ct_true(!broken(conn, "u", "a"));
	ct_ok(cairn_lock_extend(conn, &lock, 0, ct_err()));
	ct_true(broken(conn, "t", "a"));
	ct_true(!broken(conn, "t", "a"));
	is_lost(conn, &lock);
	ct_true(!give_back(conn, &lock));
	cairn_lock next = take(conn, "t", "a");
	is_lost(conn, &lock);
	ct_true(!give_back(conn, &lock));
	ct_ok(cairn_lock_extend(conn, &next, 0, ct_err()));
	ct_set_now(next.expires_at);
	ct_true(broken(conn, "t", "a"));
	ct_ok(cairn_lock_break(conn, CAIRN_STR("t"), CAIRN_STR("a"), NULL, ct_err()));
	ct_ok(cairn_lock_release(conn, &next, NULL, ct_err()));
}

/* ---- with_lock ------------------------------------------------------------------------- */

struct body {
	cairn_conn *conn;
	cairn_status answer;
	int runs;
};

static cairn_status body(void *user, cairn_lock *lock, cairn_error *err)
{
	struct body *work = user;
	work->runs++;
	ct_text(lock->name, "a");
	ct_int(lock->expires_at, ct_now() + CAIRN_LOCK_TTL);
	is_held(work->conn, "t", "a");
	if (work->answer != CAIRN_OK && err) {
		err->status = work->answer;
		snprintf(err->code, sizeof err->code, "the.body");
	}
	return work->answer;
}

static void with_lock(void)
{
	cairn_conn *conn = ct_open();
	struct body work = { .conn = conn, .answer = CAIRN_OK };
	cairn_lock_opts how = opts("t", "a");
	ct_ok(cairn_with_lock(conn, &how, body, &work, ct_err()));
	ct_int(work.runs, 1);
	work.answer = CAIRN_CORRUPT;
	ct_status(cairn_with_lock(conn, &how, body, &work, ct_err()), CAIRN_CORRUPT, "the.body");
	ct_int(work.runs, 2);
	cairn_lock lock = take(conn, "t", "a");
	ct_status(cairn_with_lock(conn, &how, body, &work, ct_err()), CAIRN_TIMEOUT,
		  "lock.acquire_timeout");
	ct_int(work.runs, 2);
	ct_true(give_back(conn, &lock));
	work.answer = CAIRN_OK;
	how.deadline = 0;
	ct_ok(cairn_with_lock(conn, &how, body, &work, ct_err()));
	ct_status(cairn_with_lock(conn, &how, NULL, &work, ct_err()), CAIRN_INVALID, "arg.invalid");
	take(conn, "t", "a");
}

static cairn_status loses_it(void *user, cairn_lock *lock, cairn_error *err)
{
	struct body *work = user;
	(void)err;
	ct_set_now(lock->expires_at);
	take(work->conn, "t", "a");
	return CAIRN_OK;
}

static void with_lock_that_is_lost(void)
{
	cairn_conn *conn = ct_open();
	struct body work = { .conn = ct_open() };
	cairn_lock_opts how = opts("t", "a");
	ct_ok(cairn_with_lock(conn, &how, loses_it, &work, ct_err()));
	is_held(conn, "t", "a");
}

static const ct_case cases[] = {
	{ .name = "locks.try.one_holder_at_a_time",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "A lock that is held can't be taken, not even by its holder; released it can.",
	  .covers = "entelix-61",
	  .run = one_holder },
	{ .name = "locks.try.names_are_compared_byte_for_byte",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "Locks of different tenants or names have nothing to do with each other.",
	  .run = names_are_apart },
	{ .name = "locks.try.tenants_are_apart",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "One name under two tenants is two locks, in every call.",
	  .covers = "entelix-64",
	  .run = tenants_are_apart },
	{ .name = "locks.ttl.over_exactly_at_its_time",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "Until its time a lock is held, at its time it is free; who had it has lost it "
		  "and can free nobody else's.",
	  .covers = "entelix-65",
	  .run = over_at_its_time },
	{ .name = "locks.ttl.as_long_as_was_said",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "A lock is held for its ttl, of 100 milliseconds to 24 hours.",
	  .run = given_time },
	{ .name = "locks.ttl.a_holder_that_is_gone_holds_no_longer",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "Nothing but the row stands behind a lock: when its holder's connection is "
		  "gone, it stays held, and is free when its time is over.",
	  .covers = "entelix-69",
	  .run = holder_gone },
	{ .name = "locks.ttl.nor_does_one_that_is_killed",
	  .kind = CT_FAULT,
	  .store = CT_LOCKS,
	  .needs = CT_NEED_KILL,
	  .rule = "The same when the session is killed.",
	  .covers = "entelix-69",
	  .run = holder_killed },
	{ .name = "locks.extend.postpones_the_end",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "Who has the lock, by whatever connection, holds it from now on for the ttl, "
		  "be that longer or shorter than what was left.",
	  .covers = "entelix-66",
	  .run = extended },
	{ .name = "locks.extend.what_is_over_is_lost",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "A lock whose time is over can't be extended, though nobody else took it; giving "
		  "it back still says that it was one's own, once.",
	  .covers = "entelix-65",
	  .run = over_is_not_extended },
	{ .name = "locks.fence.strictly_grows",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "Each acquisition of a name has a greater fence than any before, after "
		  "releases, expiry, breaking, pruning, and when the clock goes back.",
	  .covers = "entelix-67",
	  .run = fences_grow },
	{ .name = "locks.break.takes_it_away",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "A broken lock is free at once, its holder has lost it and can't free the next "
		  "one's; what is not held is not broken.",
	  .run = broken_is_lost },
	{ .name = "locks.with.released_whatever_the_body_says",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "The body runs once under the lock, with the default ttl; the lock is free "
		  "afterwards, also when the body failed, whose answer is the call's. Without the "
		  "lock the body does not run.",
	  .covers = "entelix-63",
	  .run = with_lock },
	{ .name = "locks.with.frees_nobody_elses_lock",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "When the lock was lost meanwhile, the next one's stays.",
	  .covers = "entelix-63, entelix-65",
	  .run = with_lock_that_is_lost },
};

CT_GROUP(locks, cases);
