/*
 * threads.c - no memory at every moment of a thread's life: checkpoints, its log, what it remembers, its lock.
 * (torture.h)
 *
 *	threads URL
 */
#include "torture.h"

#define TENANT CAIRN_STR("acme")
#define THREAD CAIRN_STR("thread")

/* More than stands in a row, or in a block of memory. */
static char large[40000];

static cairn_lock lock;
static cairn_id ids[2];
static int64_t revision;

static cairn_status only_if(cairn_status st, int good)
{
	return st == CAIRN_OK && !good ? CAIRN_INTERNAL : st;
}

static cairn_status do_migrate(void)
{
	return cairn_migrate_up(conn, NULL, NULL, &err);
}

/* ---- locks ------------------------------------------------------------------------- */

/* It would be held, had one that was refused taken it. */
static cairn_status do_try(void)
{
	const cairn_lock_opts opts = { .size = sizeof opts,
				       .tenant = TENANT,
				       .name = THREAD,
				       .holder = CAIRN_STR("me"),
				       .ttl = CAIRN_HOUR };
	return cairn_lock_try(conn, &opts, &lock, &err);
}

static cairn_status do_extend(void)
{
	return cairn_lock_extend(conn, &lock, CAIRN_HOUR, &err);
}

static cairn_status do_locks(void)
{
	const cairn_lock_filter filter = { .size = sizeof filter, .tenant = TENANT };
	cairn_lock_rows *rows = NULL;
	cairn_status st = cairn_lock_list(conn, &filter, &rows, &err);
	st = only_if(st, st != CAIRN_OK || rows->count == 1);
	cairn_free(rows);
	return st;
}

static cairn_status do_release(void)
{
	int was = 0;
	cairn_status st = cairn_lock_release(conn, &lock, &was, &err);
	return only_if(st, was);
}

static cairn_status do_prune_locks(void)
{
	return cairn_lock_prune(conn, cairn_any(), CAIRN_DAY, 10, NULL, &err);
}

/* ---- checkpoints ------------------------------------------------------------------- */

/* Only as the first and the second: one that was half written would be in the way. */
static cairn_status put(size_t i, cairn_blob state)
{
	cairn_checkpoint_added added = { .status = CAIRN_INTERNAL };
	const cairn_checkpoint_new item = { .thread = THREAD,
					    .parent = i > 0 ? ids[i - 1] : (cairn_id){ { 0 } },
					    .state = state,
					    .metadata = CAIRN_STR("{\"by\":\"me\",\"n\":1}"),
					    .next_node = CAIRN_STR("next"),
					    .run = CAIRN_STR("run"),
					    .expected = i > 0 ? ids[i - 1] : (cairn_id){ { 0 } },
					    .set = CAIRN_CHECKPOINT_EXPECT,
					    .lock = &lock };
	cairn_status st = cairn_checkpoint_put(conn, TENANT, &item, 1, &added, &err);
	if (st == CAIRN_OK)
		ids[i] = added.id;
	return st == CAIRN_OK ? added.status : st;
}

static cairn_status do_put(void)
{
	return put(0, (cairn_blob){ "{\"a\":[1,2.50]}", 14 });
}

static cairn_status do_put_large(void)
{
	return put(1, (cairn_blob){ large, sizeof large });
}

static cairn_status do_pend(void)
{
	const cairn_checkpoint_write writes[] = {
		{ .checkpoint = ids[1],
		  .task = CAIRN_STR("task"),
		  .channel = CAIRN_STR("channel"),
		  .value = { large, sizeof large } },
		{ .checkpoint = ids[1],
		  .task = CAIRN_STR("task"),
		  .channel = CAIRN_STR("channel"),
		  .value = { "2", 1 },
		  .index = 1 },
	};
	return cairn_checkpoint_write_put(conn, TENANT, THREAD, writes, 2, &err);
}

static cairn_status do_pending(void)
{
	cairn_checkpoint_writes *rows = NULL;
	cairn_status st = cairn_checkpoint_write_list(conn, TENANT, THREAD, ids[1], &rows, &err);
	st = only_if(st,
		     st != CAIRN_OK || (rows->count == 2 && rows->at[0].value.len == sizeof large));
	cairn_free(rows);
	return st;
}

static cairn_status do_latest(void)
{
	const cairn_checkpoint_ref ref = { .size = sizeof ref, .tenant = TENANT, .thread = THREAD };
	cairn_checkpoints *found = NULL;
	cairn_status st = cairn_checkpoint_get(conn, &ref, &found, &err);
	st = only_if(st, st != CAIRN_OK || found->at[0].state.len == sizeof large);
	cairn_free(found);
	return st;
}

static cairn_status do_history(void)
{
	const cairn_checkpoint_filter filter = { .size = sizeof filter,
						 .tenant = TENANT,
						 .metadata = CAIRN_STR("{\"n\":1,\"by\":\"me\"}"),
						 .set = CAIRN_CHECKPOINT_STATES };
	cairn_checkpoints *found = NULL;
	cairn_status st = cairn_checkpoint_list(conn, &filter, &found, &err);
	st = only_if(st, st != CAIRN_OK || found->count == 2);
	cairn_free(found);
	return st;
}

/* Refused when the other one has some, as it would of a copy that was left half done. */
static cairn_status do_copy(void)
{
	size_t copied = 0;
	cairn_status st = cairn_thread_copy(conn, TENANT, THREAD, CAIRN_STR("copy"), &copied, &err);
	return only_if(st, copied == 2);
}

static cairn_status do_threads(void)
{
	const cairn_thread_filter filter = { .size = sizeof filter, .tenant = TENANT };
	cairn_threads *rows = NULL;
	cairn_status st = cairn_thread_list(conn, &filter, &rows, &err);
	st = only_if(st, st != CAIRN_OK || rows->count == 2);
	cairn_free(rows);
	return st;
}

static cairn_status do_branch(void)
{
	const cairn_checkpoint_new item = {
		.thread = THREAD, .parent = ids[0], .state = { "{}", 2 }, .run = CAIRN_STR("branch")
	};
	return cairn_checkpoint_branch(conn, TENANT, &item, NULL, &err);
}

static cairn_status do_delete_run(void)
{
	const cairn_str run = CAIRN_STR("branch");
	size_t deleted = 0;
	cairn_status st = cairn_checkpoint_delete_runs(conn, TENANT, &run, 1, &deleted, &err);
	return only_if(st, deleted == 1);
}

static cairn_status do_prune(void)
{
	const cairn_checkpoint_prune_opts opts = {
		.size = sizeof opts, .tenant = TENANT, .thread = THREAD, .keep = 1
	};
	size_t deleted = 0;
	cairn_status st = cairn_checkpoint_prune(conn, &opts, &deleted, &err);
	return only_if(st, deleted == 1);
}

static cairn_status do_delete(void)
{
	const cairn_str names[] = { THREAD, CAIRN_STR("copy") };
	size_t deleted = 0;
	cairn_status st = cairn_thread_delete(conn, TENANT, names, 2, &deleted, &err);
	return only_if(st, deleted == 3);
}

/* ---- the log ----------------------------------------------------------------------- */

static cairn_status do_append(void)
{
	int64_t head = 0;
	const cairn_log_event events[] = {
		{ .kind = CAIRN_STR("kind"), .data = { large, sizeof large } },
		{ .data = CAIRN_STR("{\"b\":1.0}") },
		{ .data = CAIRN_STR("3") },
	};
	const cairn_log_batch batch = { .size = sizeof batch,
					.tenant = TENANT,
					.thread = THREAD,
					.events = events,
					.n = 3,
					.lock = &lock,
					.set = CAIRN_LOG_EXPECT };
	cairn_status st = cairn_log_append(conn, &batch, &head, &err);
	return only_if(st, head == 3);
}

static cairn_status do_read(void)
{
	const cairn_log_filter filter = { .size = sizeof filter,
					  .tenant = TENANT,
					  .thread = THREAD };
	cairn_log_events *events = NULL;
	cairn_status st = cairn_log_read(conn, &filter, &events, &err);
	st = only_if(st, st != CAIRN_OK || events->count == 3);
	cairn_free(events);
	return st;
}

static cairn_status do_wait(void)
{
	int64_t head = 0;
	cairn_status st = cairn_log_wait(conn, TENANT, THREAD, 2, CAIRN_SECOND, &head, &err);
	return only_if(st, head == 3);
}

static cairn_status do_logs(void)
{
	const cairn_log_list_filter filter = { .size = sizeof filter, .tenant = TENANT };
	cairn_log_heads *logs = NULL;
	cairn_status st = cairn_log_list(conn, &filter, &logs, &err);
	st = only_if(st, st != CAIRN_OK || logs->count == 1);
	cairn_free(logs);
	return st;
}

static cairn_status nowhere(void *user, const cairn_log_events *events, cairn_error *why)
{
	(void)events;
	(void)why;
	++*(int *)user;
	return CAIRN_OK;
}

static cairn_status do_archive(void)
{
	int times = 0;
	size_t removed = 0;
	const cairn_log_archive_opts opts = { .size = sizeof opts,
					      .tenant = TENANT,
					      .thread = THREAD,
					      .upto = 2,
					      .export_to = nowhere,
					      .user = &times };
	cairn_status st = cairn_log_archive(conn, &opts, &removed, &err);
	return only_if(st, times == 1 && removed == 2);
}

static cairn_status do_delete_log(void)
{
	int existed = 0;
	cairn_status st = cairn_log_delete(conn, TENANT, THREAD, &existed, &err);
	return only_if(st, existed);
}

/* ---- items ------------------------------------------------------------------------- */

static const cairn_str segments[] = { { "a", 1 }, { "b:c", 3 } };

static cairn_status do_remember(void)
{
	cairn_memory_changed each[2];
	const cairn_memory_new items[] = {
		{ .ns = { segments, 2 },
		  .key = CAIRN_STR("k"),
		  .value = { large, sizeof large },
		  .metadata = CAIRN_STR("{\"by\":\"me\"}"),
		  .ttl = CAIRN_HOUR,
		  .lock = &lock,
		  .set = CAIRN_MEMORY_EXPECT },
		{ .key = CAIRN_STR("own"), .value = { "\0", 1 }, .format = CAIRN_FORMAT_BYTES },
	};
	cairn_status st = cairn_memory_put(conn, TENANT, items, 2, each, &err);
	if (st == CAIRN_OK)
		revision = each[0].revision;
	return st == CAIRN_OK ? each[0].status : st;
}

static cairn_status do_recall(void)
{
	const cairn_memory_ref refs[] = { { .ns = { segments, 2 }, .key = CAIRN_STR("k") },
					  { .key = CAIRN_STR("own") } };
	cairn_memory_items *items = NULL;
	cairn_status st = cairn_memory_get(conn, TENANT, refs, 2, &items, &err);
	st = only_if(st, st != CAIRN_OK || items->count == 2);
	cairn_free(items);
	return st;
}

static cairn_status do_items(void)
{
	const cairn_memory_filter filter = { .size = sizeof filter,
					     .tenant = TENANT,
					     .ns = { segments, 1 },
					     .metadata = CAIRN_STR("{\"by\":\"me\"}"),
					     .set = CAIRN_MEMORY_BELOW | CAIRN_MEMORY_VALUES };
	cairn_memory_items *items = NULL;
	cairn_status st = cairn_memory_list(conn, &filter, &items, &err);
	st = only_if(st, st != CAIRN_OK || items->count == 1);
	cairn_free(items);
	return st;
}

static cairn_status do_namespaces(void)
{
	const cairn_memory_namespace_filter filter = { .size = sizeof filter, .tenant = TENANT };
	cairn_memory_namespaces *rows = NULL;
	cairn_status st = cairn_memory_namespace_list(conn, &filter, &rows, &err);
	st = only_if(st, st != CAIRN_OK || rows->count == 2);
	cairn_free(rows);
	return st;
}

static cairn_status do_forget(void)
{
	cairn_memory_changed each = { .status = CAIRN_INTERNAL };
	const cairn_memory_ref ref = { .ns = { segments, 2 },
				       .key = CAIRN_STR("k"),
				       .revision = revision,
				       .set = CAIRN_MEMORY_EXPECT };
	cairn_status st = cairn_memory_delete(conn, TENANT, &ref, 1, &each, &err);
	return st == CAIRN_OK ? each.status : st;
}

static cairn_status do_evict(void)
{
	return cairn_memory_evict(conn, cairn_any(), 10, NULL, &err);
}

/* ---- all of them --------------------------------------------------------------------- */

static const struct step steps[] = {
	{ "migrate", do_migrate },	   { "lock", do_try },
	{ "extend a lock", do_extend },	   { "list locks", do_locks },
	{ "put a checkpoint", do_put },	   { "put a large one", do_put_large },
	{ "put pending writes", do_pend }, { "list pending writes", do_pending },
	{ "get the latest", do_latest },   { "list checkpoints", do_history },
	{ "copy a thread", do_copy },	   { "list threads", do_threads },
	{ "branch", do_branch },	   { "delete a run", do_delete_run },
	{ "prune checkpoints", do_prune }, { "delete threads", do_delete },
	{ "append events", do_append },	   { "read a log", do_read },
	{ "wait for an event", do_wait },  { "list logs", do_logs },
	{ "archive events", do_archive },  { "delete a log", do_delete_log },
	{ "put items", do_remember },	   { "get items", do_recall },
	{ "list items", do_items },	   { "list namespaces", do_namespaces },
	{ "delete an item", do_forget },   { "evict items", do_evict },
	{ "release a lock", do_release },  { "prune locks", do_prune_locks },
};

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	memset(large, 'x', sizeof large);
	large[0] = large[sizeof large - 1] = '"';
	open_it(argv[1]);
	torture_all(steps, sizeof steps / sizeof steps[0]);
	return close_it();
}
