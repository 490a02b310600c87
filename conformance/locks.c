/*
 * locks.c - named locks: one holder, fences, and times that are over. (many threads, transactions,
 * waiting: locks_race.c)
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

static const ct_case cases[] = {
	{ .name = "locks.try.one_holder_at_a_time",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "A lock that is held can't be taken, not even by its holder; released it can.",
	  .covers = "E61",
	  .run = one_holder },
	{ .name = "locks.try.names_are_compared_byte_for_byte",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "Locks of different tenants or names have nothing to do with each other.",
	  .covers = "E59, E60",
	  .run = names_are_apart },
	{ .name = "locks.try.tenants_are_apart",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "One name under two tenants is two locks, in every call.",
	  .covers = "E64",
	  .run = tenants_are_apart },
	{ .name = "locks.ttl.over_exactly_at_its_time",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "Until its time a lock is held, at its time it is free; who had it has lost it "
		  "and can free nobody else's.",
	  .covers = "E65",
	  .run = over_at_its_time },
};

CT_GROUP(locks, cases);
