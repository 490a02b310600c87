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

/* ---- locks ---------------------------------------------------------------------------- */

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

static cairn_log_batch batch_of(cairn_str tenant, const char *thread)
{
	static const cairn_log_event events[] = { { .data = { "1", 1 } }, { .data = { "2", 1 } } };
	return (cairn_log_batch){ .size = sizeof(cairn_log_batch),
				  .tenant = tenant,
				  .thread = cairn_str_of(thread),
				  .events = events,
				  .n = 2 };
}

/* Two more events, behind any head and behind the one that is expected. */
static bool append_log(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	int64_t head = 0;
	cairn_log_batch batch = batch_of(tenant, "a thread");
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
	cairn_log_batch none = batch_of(tenant, "a thread");
	none.n = 0;
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
	cairn_log_batch batch = batch_of(tenant, "another thread");
	return FINE(cairn_log_append(conn, &batch, NULL, &err)) &&
	       FINE(cairn_log_delete(conn, tenant, batch.thread, &existed, &err)) && existed;
}

/* ---- checkpoints ------------------------------------------------------------------- */

static cairn_checkpoint_new state_of(const char *thread)
{
	return (cairn_checkpoint_new){ .thread = cairn_str_of(thread),
				       .state = { "{}", 2 },
				       .metadata = CAIRN_STR("{\"by\": \"me\"}"),
				       .run = CAIRN_STR("a run") };
}

/* A checkpoint with a pending write, and what is read of both. */
static bool checkpoint(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_checkpoint_new item = state_of("thread");
	cairn_checkpoint_added added;
	cairn_checkpoint_write write = { .task = CAIRN_STR("task"),
					 .channel = CAIRN_STR("channel"),
					 .value = { "1", 1 } };
	cairn_checkpoint_writes *writes = NULL;
	cairn_checkpoints *found = NULL;
	cairn_checkpoint_ref ref = { .size = sizeof ref, .tenant = tenant, .thread = item.thread };
	bool good = FINE(cairn_checkpoint_put(conn, tenant, &item, 1, &added, &err));
	write.checkpoint = added.id;
	good = good &&
	       FINE(cairn_checkpoint_write_put(conn, tenant, item.thread, &write, 1, &err)) &&
	       FINE(cairn_checkpoint_write_list(conn, tenant, item.thread, added.id, &writes,
						&err)) &&
	       writes->count == 1 && FINE(cairn_checkpoint_get(conn, &ref, &found, &err)) &&
	       found->count == 1 && memcmp(&found->at[0].id, &added.id, sizeof added.id) == 0;
	cairn_free(writes);
	cairn_free(found);
	return good;
}

static bool list_checkpoints(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_checkpoints *found = NULL;
	cairn_threads *threads = NULL;
	cairn_checkpoint_filter filter = { .size = sizeof filter,
					   .tenant = tenant,
					   .metadata = CAIRN_STR("{\"by\": \"me\"}") };
	cairn_thread_filter all = { .size = sizeof all, .tenant = tenant };
	bool good = FINE(cairn_checkpoint_list(conn, &filter, &found, &err)) && found->count > 0 &&
		    FINE(cairn_thread_list(conn, &all, &threads, &err)) && threads->count > 0;
	cairn_free(found);
	cairn_free(threads);
	return good;
}

/* A thread's copy comes and goes. */
static bool copy_thread(cairn_conn *conn, cairn_str tenant)
{
	static int number;
	char name[32];
	cairn_error err = CAIRN_ERROR_INIT;
	size_t copied = 0;
	size_t deleted = 0;
	snprintf(name, sizeof name, "copy %d", ++number);
	cairn_str to = cairn_str_of(name);
	return FINE(cairn_thread_copy(conn, tenant, CAIRN_STR("thread"), to, &copied, &err)) &&
	       copied > 0 && FINE(cairn_thread_delete(conn, tenant, &to, 1, &deleted, &err)) &&
	       deleted > 0;
}

static bool prune_checkpoints(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_checkpoint_prune_opts opts = { .size = sizeof opts, .tenant = tenant, .keep = 1 };
	return FINE(cairn_checkpoint_prune(conn, &opts, NULL, &err));
}

/* ---- memory items ------------------------------------------------------------------- */

static const cairn_str segment = { "segment", sizeof "segment" - 1 };

static cairn_memory_new item_of(const char *key)
{
	return (cairn_memory_new){ .ns = { &segment, 1 },
				   .key = cairn_str_of(key),
				   .value = { "{}", 2 },
				   .metadata = CAIRN_STR("{\"by\": \"me\"}"),
				   .ttl = CAIRN_HOUR };
}

static bool put_items(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memory_new items[2] = { item_of("a"), item_of("b") };
	cairn_memory_ref gone = { .ns = items[1].ns, .key = items[1].key };
	cairn_memory_changed each[2];
	return FINE(cairn_memory_put(conn, tenant, items, 2, each, &err)) &&
	       each[1].status == CAIRN_OK &&
	       FINE(cairn_memory_delete(conn, tenant, &gone, 1, each, &err)) && each[0].existed;
}

static bool read_items(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memory_ref refs[2] = { { .ns = { &segment, 1 }, .key = CAIRN_STR("a") },
				     { .ns = { &segment, 1 }, .key = CAIRN_STR("b") } };
	cairn_memory_filter filter = { .size = sizeof filter,
				       .tenant = tenant,
				       .set = CAIRN_MEMORY_BELOW };
	cairn_memory_namespace_filter all = { .size = sizeof all, .tenant = tenant };
	cairn_memory_items *found = NULL;
	cairn_memory_items *listed = NULL;
	cairn_memory_namespaces *spaces = NULL;
	bool good =
		FINE(cairn_memory_get(conn, tenant, refs, 2, &found, &err)) && found->count == 1 &&
		FINE(cairn_memory_list(conn, &filter, &listed, &err)) && listed->count == 1 &&
		FINE(cairn_memory_namespace_list(conn, &all, &spaces, &err)) && spaces->count == 1;
	cairn_free(found);
	cairn_free(listed);
	cairn_free(spaces);
	return good;
}

static bool evict_own_items(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	return FINE(cairn_memory_evict(conn, cairn_tenant(tenant), 0, NULL, &err));
}

/* ---- all of them, under a lock --------------------------------------------------------- */

static bool guarded(cairn_conn *conn, cairn_str tenant, const cairn_lock *lock, cairn_status want)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_checkpoint_new state = state_of("thread");
	cairn_memory_new item = item_of("a");
	cairn_log_batch batch = batch_of(tenant, "a thread");
	state.lock = item.lock = batch.lock = lock;
	bool good = cairn_checkpoint_put(conn, tenant, &state, 1, NULL, &err) == want &&
		    cairn_memory_put(conn, tenant, &item, 1, NULL, &err) == want &&
		    cairn_log_append(conn, &batch, NULL, &err) == want;
	if (!good)
		fine(CAIRN_INTERNAL, &err, "a write under a lock");
	return good;
}

static bool under_a_lock(cairn_conn *conn, cairn_str tenant)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lock lock;
	cairn_lock_opts opts = lock_opts(tenant);
	opts.name = CAIRN_STR("the writer's");
	return FINE(cairn_lock_break(conn, tenant, opts.name, NULL, &err)) &&
	       FINE(cairn_lock_try(conn, &opts, &lock, &err)) &&
	       guarded(conn, tenant, &lock, CAIRN_OK) &&
	       FINE(cairn_lock_break(conn, tenant, opts.name, NULL, &err)) &&
	       guarded(conn, tenant, &lock, CAIRN_STALE);
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
	{ "a checkpoint and its writes", checkpoint },
	{ "listing checkpoints and threads", list_checkpoints },
	{ "copying and deleting a thread", copy_thread },
	{ "pruning checkpoints", prune_checkpoints },
	{ "putting and deleting memory items", put_items },
	{ "reading memory items", read_items },
	{ "evicting a tenant's own items", evict_own_items },
	{ "writing under a lock, and after it was taken away", under_a_lock },
	{ "appending to a log", append_log },
	{ "archiving a log", archive_log },
	{ "deleting a log", delete_log },
	{ "reading a log", read_log },
	{ "listing logs", list_logs },
};

#define CALLS (sizeof calls / sizeof calls[0])

#endif
