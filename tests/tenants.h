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

static const cairn_log_event two_events[2] = { { .data = { "1", 1 } }, { .data = { "2", 1 } } };

/* Two more events, behind any head and behind the one that is expected. */
static bool append_log(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	int64_t head = 0;
	cairn_log_batch batch = { .size = sizeof batch,
				  .tenant = tenant,
				  .thread = CAIRN_STR("a thread"),
				  .events = two_events,
				  .n = 2 };
	if (!FINE(cairn_log_append(conn, &batch, &head, &err)))
		return false;
	batch.expected = head;
	batch.set = CAIRN_LOG_EXPECT;
	return FINE(cairn_log_append(conn, &batch, &head, &err)) && head >= 4;
}

static bool read_log(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_log_events *events = NULL;
	cairn_log_filter filter = { .size = sizeof filter,
				    .tenant = tenant,
				    .thread = CAIRN_STR("a thread") };
	bool good = FINE(cairn_log_read(conn, &filter, &events, &err)) && events->count > 0 &&
		    events->head - events->watermark == (int64_t)events->count;
	cairn_free(events);
	return good;
}

/* All but the last one. */
static bool archive_log(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	size_t removed = 0;
	cairn_log_batch none = { .size = sizeof none,
				 .tenant = tenant,
				 .thread = CAIRN_STR("a thread") };
	cairn_log_archive_opts opts = { .size = sizeof opts,
					.tenant = tenant,
					.thread = none.thread };
	return append_log(conn, tenant) && FINE(cairn_log_append(conn, &none, &opts.upto, &err)) &&
	       --opts.upto > 0 && FINE(cairn_log_archive(conn, &opts, &removed, &err)) &&
	       removed > 0;
}

static bool list_logs(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_log_heads *logs = NULL;
	cairn_log_list_filter filter = { .size = sizeof filter, .tenant = tenant };
	bool good = FINE(cairn_log_list(conn, &filter, &logs, &err)) && logs->count == 1 &&
		    same(logs->at[0].thread, CAIRN_STR("a thread"));
	cairn_free(logs);
	return good;
}

static bool delete_log(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	int existed = 0;
	cairn_log_batch batch = { .size = sizeof batch,
				  .tenant = tenant,
				  .thread = CAIRN_STR("another thread"),
				  .events = two_events,
				  .n = 1 };
	return FINE(cairn_log_append(conn, &batch, NULL, &err)) &&
	       FINE(cairn_log_delete(conn, tenant, batch.thread, &existed, &err)) && existed;
}

static cairn_memory_ref item_ref(cairn_str *segment)
{
	*segment = CAIRN_STR("a");
	return (cairn_memory_ref){ .ns = { segment, 1 }, .key = CAIRN_STR("k") };
}

/* For a time, so that there is something to be evicted later. */
static bool put_item(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_str segment;
	cairn_memory_ref ref = item_ref(&segment);
	cairn_memory_changed each[2];
	cairn_memory_new items[2] = {
		{ .ns = ref.ns, .key = ref.key, .value = { "1", 1 }, .ttl = CAIRN_DAY },
		{ .ns = ref.ns,
		  .key = CAIRN_STR("never"),
		  .value = { "1", 1 },
		  .set = 1,
		  .revision = 5 },
	};
	return FINE(cairn_memory_put(conn, tenant, items, 2, each, &err)) &&
	       each[0].status == CAIRN_OK && each[1].status == CAIRN_STALE;
}

static bool get_item(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memory_items *items = NULL;
	cairn_str segment;
	cairn_memory_ref ref = item_ref(&segment);
	bool good =
		FINE(cairn_memory_get(conn, tenant, &ref, 1, &items, &err)) && items->count == 1;
	cairn_free(items);
	return good;
}

static bool list_items(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memory_items *items = NULL;
	cairn_memory_namespaces *namespaces = NULL;
	cairn_memory_filter filter = { .size = sizeof filter,
				       .tenant = tenant,
				       .set = CAIRN_MEMORY_BELOW };
	cairn_memory_namespace_filter all = { .size = sizeof all, .tenant = tenant };
	bool good = FINE(cairn_memory_list(conn, &filter, &items, &err)) && items->count == 1 &&
		    FINE(cairn_memory_namespace_list(conn, &all, &namespaces, &err)) &&
		    namespaces->count == 1;
	cairn_free(items);
	cairn_free(namespaces);
	return good;
}

static bool delete_item(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memory_changed each;
	cairn_memory_new item = { .key = CAIRN_STR("k"), .value = { "1", 1 } };
	cairn_memory_ref ref = { .key = CAIRN_STR("k") };
	return FINE(cairn_memory_put(conn, tenant, &item, 1, &each, &err)) && !each.existed &&
	       FINE(cairn_memory_delete(conn, tenant, &ref, 1, &each, &err)) && each.existed;
}

static bool evict_own_items(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	return FINE(cairn_memory_evict(conn, cairn_tenant(tenant), 0, NULL, &err));
}

/* Those that write come first: together they leave a row in every table. */
static const struct call {
	const char *name;
	bool (*run)(cairn_conn *conn, cairn_str tenant);
} calls[] = {
	{ "taking and extending a lock", take },
	{ "a lock that is held", take_what_is_held },
	{ "giving a lock back", give_back },
	{ "putting an item", put_item },
	{ "deleting an item", delete_item },
	{ "getting an item", get_item },
	{ "listing items", list_items },
	{ "evicting a tenant's own items", evict_own_items },
	{ "listing locks", list_locks },
	{ "pruning a tenant's own locks", prune_own_locks },
	{ "appending to a log", append_log },
	{ "archiving a log", archive_log },
	{ "deleting a log", delete_log },
	{ "reading a log", read_log },
	{ "listing logs", list_logs },
};

#define CALLS (sizeof calls / sizeof calls[0])

#endif
