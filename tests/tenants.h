/*
 * tenants.h - calls of the stores whose rows all have a tenant, each for one tenant. Together they leave a
 * row of it in every table of the kind, also when they are made again.
 */
#ifndef TESTS_TENANTS_H
#define TESTS_TENANTS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cairn/cairn.h>

static bool fine(cairn_status status, const cairn_error *err, const char *what)
{
	if (status == CAIRN_OK)
		return true;
	printf("# %s: %s %s (%s)\n", what, err->code, err->message, err->detail);
	return false;
}

#define FINE(call) fine((call), &err, #call)

static cairn_lock_opts lock_opts(cairn_str tenant)
{
	return (cairn_lock_opts){ .size = sizeof(cairn_lock_opts),
				  .tenant = tenant,
				  .name = CAIRN_STR("a lock"),
				  .ttl = CAIRN_HOUR,
				  .deadline = -1 };
}

/* Takes it, whoever has it. */
static bool take(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lock lock;
	cairn_lock_opts opts = lock_opts(tenant);
	return FINE(cairn_lock_break(conn, tenant, opts.name, NULL, &err)) &&
	       FINE(cairn_lock_try(conn, &opts, &lock, &err)) &&
	       FINE(cairn_lock_extend(conn, &lock, 0, &err));
}

static bool take_what_is_held(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lock lock;
	cairn_lock_opts opts = lock_opts(tenant);
	return take(conn, tenant) && cairn_lock_acquire(conn, &opts, &lock, &err) == CAIRN_TIMEOUT;
}

static bool give_back(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lock lock;
	int held = 0;
	cairn_lock_opts opts = lock_opts(tenant);
	opts.name = CAIRN_STR("another");
	return FINE(cairn_lock_try(conn, &opts, &lock, &err)) &&
	       FINE(cairn_lock_release(conn, &lock, &held, &err)) && held;
}

static bool same(cairn_str a, cairn_str b)
{
	return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static bool list_locks(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lock_rows *rows = NULL;
	cairn_lock_filter filter = { .size = sizeof filter,
				     .tenant = tenant,
				     .prefix = CAIRN_STR("a lock") };
	bool good = FINE(cairn_lock_list(conn, &filter, &rows, &err)) && rows->count == 1 &&
		    same(rows->at[0].tenant, tenant);
	cairn_free(rows);
	return good;
}

static bool prune_own_locks(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	return FINE(cairn_lock_prune(conn, cairn_tenant(tenant), CAIRN_DAY, 0, NULL, &err));
}

/* Those that write come first: together they leave a row in every table. */
static const struct call {
	const char *name;
	bool (*run)(cairn_conn *conn, cairn_str tenant);
} calls[] = {
	{ "taking and extending a lock", take },
	{ "a lock that is held", take_what_is_held },
	{ "giving a lock back", give_back },
	{ "listing locks", list_locks },
	{ "pruning a tenant's own locks", prune_own_locks },
};

#define CALLS (sizeof calls / sizeof calls[0])

#endif
