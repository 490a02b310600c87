/*
 * locks_read.c - what is asked of locks besides holding them: arguments, lists, pruning, round trips.
 */
#include "ct.h"

static cairn_lock_opts opts(cairn_str tenant, cairn_str name)
{
	return (cairn_lock_opts){
		.size = sizeof(cairn_lock_opts), .tenant = tenant, .name = name, .deadline = -1
	};
}

static cairn_lock take(cairn_conn *conn, const char *tenant, const char *name)
{
	cairn_lock_opts how = opts(cairn_str_of(tenant), cairn_str_of(name));
	cairn_lock lock;
	ct_ok(cairn_lock_try(conn, &how, &lock, ct_err()));
	return lock;
}

static void give_back(cairn_conn *conn, const cairn_lock *lock)
{
	int held = 0;
	ct_ok(cairn_lock_release(conn, lock, &held, ct_err()));
	ct_int(held, 1);
}

/* ---- arguments ---------------------------------------------------------------------- */

/* Refused by all calls, and without asking the database. */
static void refused(cairn_conn *conn, cairn_str tenant, cairn_str name, const char *code)
{
	cairn_lock_opts how = opts(tenant, name);
	cairn_lock lock = { .fence = 1 };
	ct_budget(conn);
	ct_status(cairn_lock_try(conn, &how, &lock, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_lock_acquire(conn, &how, &lock, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_lock_break(conn, tenant, name, NULL, ct_err()), CAIRN_INVALID, code);
	if (tenant.len < sizeof lock.tenant && name.len < sizeof lock.name) {
		memcpy(lock.tenant, tenant.ptr, tenant.len);
		memcpy(lock.name, name.ptr, name.len);
		lock.tenant_len = (uint32_t)tenant.len;
		lock.name_len = (uint32_t)name.len;
		ct_status(cairn_lock_extend(conn, &lock, 0, ct_err()), CAIRN_INVALID, code);
		ct_status(cairn_lock_release(conn, &lock, NULL, ct_err()), CAIRN_INVALID, code);
	}
	ct_spent(conn, 0, "refusal", 1);
}

static void bad_names(void)
{
	cairn_conn *conn = ct_open();
	const cairn_str t = CAIRN_STR("default");
	const char *long_one = ct_repeat('x', 256);
	refused(conn, CAIRN_STR(""), CAIRN_STR("a"), "arg.invalid_tenant");
	refused(conn, CAIRN_STR("a\nb"), CAIRN_STR("a"), "arg.invalid_tenant");
	refused(conn, CAIRN_STR("\xff"), CAIRN_STR("a"), "arg.invalid_tenant");
	refused(conn, (cairn_str){ "a\0b", 3 }, CAIRN_STR("a"), "arg.invalid_tenant");
	refused(conn, cairn_str_of(long_one), CAIRN_STR("a"), "arg.invalid_tenant");
	refused(conn, t, CAIRN_STR(""), "arg.invalid_name");
	refused(conn, t, CAIRN_STR(" \t"), "arg.invalid_name");
	refused(conn, t, (cairn_str){ "a\0b", 3 }, "arg.invalid_name");
	refused(conn, t, cairn_str_of(long_one), "arg.invalid_name");
	cairn_lock lock = take(conn, "default", ct_repeat('n', 255));
	give_back(conn, &lock);
	lock = take(conn, ct_repeat('t', 255), "a");
	give_back(conn, &lock);
}

static void bad_options(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock lock = take(conn, "t", "mine");
	cairn_lock_opts how = opts(CAIRN_STR("t"), CAIRN_STR("a"));
	static const cairn_usec wrong[] = { -1, 1, 100 * CAIRN_MILLISECOND - 1,
					    24 * CAIRN_HOUR + 1 };
	ct_budget(conn);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		how.ttl = wrong[i];
		ct_status(cairn_lock_try(conn, &how, &lock, ct_err()), CAIRN_INVALID,
			  "lock.invalid_ttl");
		ct_status(cairn_lock_extend(conn, &lock, wrong[i], ct_err()), CAIRN_INVALID,
			  "lock.invalid_ttl");
	}
	how.ttl = 0;
	how.deadline = -2;
	ct_status(cairn_lock_acquire(conn, &how, &lock, ct_err()), CAIRN_INVALID, "arg.invalid");
	how.deadline = CAIRN_HOUR + 1;
	ct_status(cairn_lock_acquire(conn, &how, &lock, ct_err()), CAIRN_INVALID, "arg.invalid");
	how.deadline = -1;
	how.holder = CAIRN_STR(" ");
	ct_status(cairn_lock_try(conn, &how, &lock, ct_err()), CAIRN_INVALID, "arg.invalid_name");
	how.holder = (cairn_str){ NULL, 0 };
	how.size = sizeof how - 1;
	ct_status(cairn_lock_try(conn, &how, &lock, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_status(cairn_lock_try(conn, NULL, &lock, ct_err()), CAIRN_INVALID, "arg.invalid");
	how.size = sizeof how;
	ct_status(cairn_lock_try(conn, &how, NULL, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_status(cairn_lock_extend(conn, NULL, 0, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_spent(conn, 0, "refusal", 1);
	ct_ok(cairn_lock_extend(conn, &lock, 0, ct_err()));
}

/* A lock that was kept in a file may come back as anything. */
static void made_up_locks(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock lock = take(conn, "t", "a");
	cairn_lock bad[6] = { lock, lock, lock, lock, lock, lock };
	bad[0].fence = 0;
	bad[1].fence = -1;
	bad[2].tenant_len = 256;
	bad[3].name_len = UINT32_MAX;
	bad[4].tenant_len = 0;
	bad[5].reserved_ = 1;
	ct_budget(conn);
	for (size_t i = 0; i < 6; i++) {
		ct_status(cairn_lock_extend(conn, &bad[i], 0, ct_err()), CAIRN_INVALID, NULL);
		ct_status(cairn_lock_release(conn, &bad[i], NULL, ct_err()), CAIRN_INVALID, NULL);
	}
	ct_spent(conn, 0, "refusal", 1);
	bad[0].fence = lock.fence + 1;
	ct_status(cairn_lock_extend(conn, &bad[0], 0, ct_err()), CAIRN_STALE, "lock.lost");
	give_back(conn, &lock);
}

/* ---- list ----------------------------------------------------------------------------- */

static const cairn_lock_rows *listed(cairn_conn *conn, cairn_lock_filter filter)
{
	cairn_lock_rows *rows = NULL;
	filter.size = sizeof filter;
	if (filter.tenant.len == 0)
		filter.tenant = CAIRN_STR("t");
	ct_ok(cairn_lock_list(conn, &filter, &rows, ct_err()));
	ct_later(rows);
	return rows;
}

/* Their names, with blanks between. */
static const char *names(const cairn_lock_rows *rows)
{
	const char *all = "";
	for (size_t i = 0; i < rows->count; i++)
		all = ct_format("%s%s%.*s", all, i > 0 ? " " : "", (int)rows->at[i].name.len,
				rows->at[i].name.ptr);
	return all;
}

static void what_is_told(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock_opts how = opts(CAIRN_STR("t"), CAIRN_STR("a"));
	cairn_lock lock;
	ct_int(listed(conn, (cairn_lock_filter){ .limit = 0 })->count, 0);
	ct_int(listed(conn, (cairn_lock_filter){ .limit = 0 })->now, ct_now());
	how.holder = CAIRN_STR("worker 7");
	ct_ok(cairn_lock_try(conn, &how, &lock, ct_err()));
	cairn_time began = ct_now();
	ct_advance(CAIRN_SECOND);
	ct_ok(cairn_lock_extend(conn, &lock, 0, ct_err()));
	const cairn_lock_rows *rows = listed(conn, (cairn_lock_filter){ .limit = 0 });
	ct_int(rows->count, 1);
	ct_int(rows->now, ct_now());
	ct_str(rows->at[0].tenant, "t");
	ct_str(rows->at[0].name, "a");
	ct_str(rows->at[0].holder, "worker 7");
	ct_int(rows->at[0].fence, lock.fence);
	ct_int(rows->at[0].acquired_at, began);
	ct_int(rows->at[0].expires_at, lock.expires_at);
	ct_int(rows->at[0].expired, 0);
	ct_set_now(lock.expires_at - 1);
	ct_int(listed(conn, (cairn_lock_filter){ .limit = 0 })->at[0].expired, 0);
	ct_set_now(lock.expires_at);
	ct_int(listed(conn, (cairn_lock_filter){ .limit = 0 })->at[0].expired, 1);
	take(conn, "t", "a");
	rows = listed(conn, (cairn_lock_filter){ .limit = 0 });
	ct_str(rows->at[0].holder, NULL);
	ct_int(rows->at[0].acquired_at, ct_now());
	ct_ok(cairn_lock_break(conn, CAIRN_STR("t"), CAIRN_STR("a"), NULL, ct_err()));
	ct_int(listed(conn, (cairn_lock_filter){ .limit = 0 })->count, 0);
}

static void order_and_pages(void)
{
	static const char *const all[] = { "b", "a%b", "a", "ab", "a_", "B", "\xc3\xa9", "aa\x7e" };
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		take(conn, "t", all[i]);
	cairn_lock gone = take(conn, "t", "a!");
	give_back(conn, &gone);
	take(conn, "s", "a");
	take(conn, "u", "a");
	ct_text(names(listed(conn, (cairn_lock_filter){ .limit = 0 })),
		"B a a%b a_ aa~ ab b \xc3\xa9");
	ct_text(names(listed(conn, (cairn_lock_filter){ .limit = 3 })), "B a a%b");
	ct_text(names(listed(conn, (cairn_lock_filter){ .after = CAIRN_STR("a%b"), .limit = 2 })),
		"a_ aa~");
	ct_text(names(listed(conn, (cairn_lock_filter){ .prefix = CAIRN_STR("a") })),
		"a a%b a_ aa~ ab");
	ct_text(names(listed(conn, (cairn_lock_filter){ .prefix = CAIRN_STR("a%") })), "a%b");
	ct_text(names(listed(conn, (cairn_lock_filter){ .prefix = CAIRN_STR("a_") })), "a_");
	ct_text(names(listed(conn, (cairn_lock_filter){ .prefix = CAIRN_STR("a"),
							.after = CAIRN_STR("a_"),
							.limit = 1 })),
		"aa~");
	ct_text(names(listed(conn, (cairn_lock_filter){ .prefix = CAIRN_STR("a"),
							.after = CAIRN_STR("B") })),
		"a a%b a_ aa~ ab");
	ct_text(names(listed(conn, (cairn_lock_filter){ .prefix = CAIRN_STR("a"),
							.after = CAIRN_STR("b") })),
		"");
	ct_text(names(listed(conn, (cairn_lock_filter){ .prefix = CAIRN_STR("c") })), "");
	ct_text(names(listed(conn, (cairn_lock_filter){ .tenant = CAIRN_STR("s") })), "a");
	ct_text(names(listed(conn, (cairn_lock_filter){ .tenant = CAIRN_STR("tt") })), "");
}

/* Whatever can follow a prefix is in its range. */
static void whole_range(void)
{
	cairn_conn *conn = ct_open();
	char *last = ct_repeat('a', 255);
	for (size_t i = 3; i + 4 <= 255; i += 4)
		memcpy(last + i, "\xf4\x8f\xbf\xbf", 4);
	take(conn, "t", last);
	take(conn, "t", "aab");
	ct_int(listed(conn, (cairn_lock_filter){ .prefix = CAIRN_STR("a") })->count, 2);
	ct_int(listed(conn, (cairn_lock_filter){ .prefix = CAIRN_STR("aaa") })->count, 1);
	ct_int(listed(conn, (cairn_lock_filter){ .prefix = cairn_str_of(last) })->count, 1);
}

static void list_refuses(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock_rows *rows = NULL;
	cairn_lock_filter filter = { .size = sizeof filter };
	ct_budget(conn);
	ct_status(cairn_lock_list(conn, &filter, &rows, ct_err()), CAIRN_INVALID,
		  "arg.invalid_tenant");
	filter.tenant = CAIRN_STR("t");
	filter.limit = 1001;
	ct_status(cairn_lock_list(conn, &filter, &rows, ct_err()), CAIRN_INVALID,
		  "job.invalid_pagination");
	filter.limit = 0;
	filter.reserved_ = 1;
	ct_status(cairn_lock_list(conn, &filter, &rows, ct_err()), CAIRN_INVALID, "arg.reserved");
	filter.reserved_ = 0;
	filter.prefix = CAIRN_STR("\xff");
	ct_status(cairn_lock_list(conn, &filter, &rows, ct_err()), CAIRN_INVALID,
		  "arg.invalid_text");
	filter.prefix = (cairn_str){ NULL, 0 };
	ct_status(cairn_lock_list(conn, &filter, NULL, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_status(cairn_lock_list(conn, NULL, &rows, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_spent(conn, 0, "refusal", 1);
	cairn_free(rows);
}

/* ---- prune ----------------------------------------------------------------------------- */

static size_t prune(cairn_conn *conn, cairn_scope scope, cairn_usec age, uint32_t limit)
{
	size_t pruned = 4711;
	ct_ok(cairn_lock_prune(conn, scope, age, limit, &pruned, ct_err()));
	return pruned;
}

static void long_free(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock released = take(conn, "t", "released");
	cairn_lock over = take(conn, "t", "over");
	cairn_lock kept = take(conn, "t", "kept");
	take(conn, "u", "over");
	give_back(conn, &released);
	cairn_time then = ct_now();
	for (int i = 0; i < 3; i++) {
		ct_set_now(kept.expires_at - 1);
		ct_ok(cairn_lock_extend(conn, &kept, 12 * CAIRN_HOUR, ct_err()));
	}
	ct_set_now(then + CAIRN_DAY - 1);
	ct_int(prune(conn, cairn_any(), CAIRN_DAY, 0), 0);
	ct_set_now(then + CAIRN_DAY);
	ct_int(prune(conn, cairn_tenant(CAIRN_STR("u")), CAIRN_DAY, 0), 0);
	ct_int(prune(conn, cairn_tenant(CAIRN_STR("t")), CAIRN_DAY, 0), 1);
	ct_set_now(over.expires_at + CAIRN_DAY);
	ct_int(prune(conn, cairn_any(), CAIRN_DAY + 1, 0), 0);
	ct_int(prune(conn, cairn_tenant(CAIRN_STR("u")), CAIRN_DAY, 0), 1);
	ct_int(prune(conn, cairn_any(), CAIRN_DAY, 0), 1);
	ct_int(prune(conn, cairn_any(), CAIRN_DAY, 0), 0);
	ct_ok(cairn_lock_extend(conn, &kept, 0, ct_err()));
	ct_text(names(listed(conn, (cairn_lock_filter){ .limit = 0 })), "kept");
}

static void so_many(void)
{
	cairn_conn *conn = ct_open();
	for (int i = 0; i < 5; i++) {
		cairn_lock lock = take(conn, i % 2 ? "t" : "u", ct_format("n%d", i));
		give_back(conn, &lock);
	}
	ct_advance(CAIRN_DAY);
	ct_int(prune(conn, cairn_any(), CAIRN_DAY, 2), 2);
	ct_int(prune(conn, cairn_tenant(CAIRN_STR("u")), CAIRN_DAY, 1), 1);
	ct_int(prune(conn, cairn_any(), CAIRN_DAY, 10000), 2);
}

static void prune_refuses(void)
{
	cairn_conn *conn = ct_open();
	ct_budget(conn);
	ct_status(cairn_lock_prune(conn, cairn_global(), CAIRN_DAY, 0, NULL, ct_err()),
		  CAIRN_INVALID, "arg.invalid_scope");
	ct_status(cairn_lock_prune(conn, cairn_any(), CAIRN_DAY - 1, 0, NULL, ct_err()),
		  CAIRN_INVALID, "arg.invalid");
	ct_status(cairn_lock_prune(conn, cairn_any(), INT64_MAX, 0, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	ct_status(cairn_lock_prune(conn, cairn_any(), CAIRN_DAY, 10001, NULL, ct_err()),
		  CAIRN_TOO_LARGE, "limit.exceeded");
	ct_spent(conn, 0, "refusal", 1);
	ct_ok(cairn_lock_prune(conn, cairn_any(), CAIRN_DAY, 0, NULL, ct_err()));
}

/* ---- round trips --------------------------------------------------------------------------- */

static void round_trips(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock_opts how = opts(CAIRN_STR("t"), CAIRN_STR("a"));
	cairn_lock lock;
	cairn_lock_filter filter = { .size = sizeof filter, .tenant = CAIRN_STR("t") };
	for (int i = 0; i < 3; i++) {
		cairn_lock_rows *rows = NULL;
		ct_budget(conn);
		ct_ok(cairn_lock_try(conn, &how, &lock, ct_err()));
		ct_spent(conn, 1, "try", 1);
		ct_status(cairn_lock_acquire(conn, &how, &lock, ct_err()), CAIRN_TIMEOUT,
			  "lock.acquire_timeout");
		ct_spent(conn, 1, "attempt", 1);
		ct_ok(cairn_lock_extend(conn, &lock, 0, ct_err()));
		ct_spent(conn, 1, "extend", 1);
		ct_ok(cairn_lock_list(conn, &filter, &rows, ct_err()));
		ct_spent(conn, 1, "list", 1);
		ct_ok(cairn_lock_release(conn, &lock, NULL, ct_err()));
		ct_spent(conn, 1, "release", 1);
		ct_ok(cairn_lock_break(conn, how.tenant, how.name, NULL, ct_err()));
		ct_spent(conn, 1, "break", 1);
		ct_ok(cairn_lock_prune(conn, cairn_any(), CAIRN_DAY, 0, NULL, ct_err()));
		ct_spent(conn, 1, "prune", 1);
		cairn_free(rows);
	}
}

static const ct_case cases[] = {
	{ .name = "locks.args.names_that_are_none",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "An empty, malformed or long tenant or name is refused by every call, before any "
		  "I/O.",
	  .covers = "entelix-1",
	  .run = bad_names },
	{ .name = "locks.args.options",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "A ttl is 100 milliseconds to 24 hours, a deadline at most an hour, or -1.",
	  .run = bad_options },
	{ .name = "locks.args.locks_that_nobody_handed_out",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "A malformed lock is refused before any I/O; a well-formed one that nobody has "
		  "is "
		  "lost.",
	  .run = made_up_locks },
	{ .name = "locks.list.what_is_told",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "A list tells holder, fence, both times and whether the time is over; released "
		  "locks are not in it.",
	  .run = what_is_told },
	{ .name = "locks.list.order_prefix_and_pages",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "Names are ordered by bytes, a prefix is a range of bytes without wildcards, a "
		  "page goes on behind a name, and other tenants' locks are not seen.",
	  .run = order_and_pages },
	{ .name = "locks.list.a_prefix_is_its_whole_range",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "Whatever follows the prefix, up to the last code point as often as it fits.",
	  .run = whole_range },
	{ .name = "locks.list.refuses",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "A list needs a tenant and a limit of at most 1000.",
	  .run = list_refuses },
	{ .name = "locks.prune.free_for_so_long",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "What was released or over at now - age or before is forgotten, of the scope; a "
		  "lock that is held stays.",
	  .run = long_free },
	{ .name = "locks.prune.at_most_so_many",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "One call forgets at most limit locks; fewer, and there are no more.",
	  .run = so_many },
	{ .name = "locks.prune.refuses",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "The age is at least a day, the limit at most 10000, and no lock is global.",
	  .run = prune_refuses },
	{ .name = "locks.budget.one_round_trip",
	  .kind = CT_BUDGET,
	  .store = CT_LOCKS,
	  .rule = "Every call is one round trip, and acquiring one for each attempt.",
	  .run = round_trips },
};

CT_GROUP(locks_read, cases);
