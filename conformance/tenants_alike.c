/*
 * tenants_alike.c - what the stores whose rows all have a tenant have in common: names that are refused, and
 * writes under one's own lock. (tenants.c: that they do not see each other; guards.c: others' locks)
 */
#include "ct.h"

#define NO_TENANTS 7

static cairn_checkpoint_new state_of(cairn_str thread)
{
	return (cairn_checkpoint_new){ .thread = thread, .state = { "{}", 2 } };
}

static cairn_memory_new item_of(cairn_str key)
{
	return (cairn_memory_new){ .key = key, .value = { "{}", 2 } };
}

static cairn_log_batch batch_of(cairn_str tenant, cairn_str thread)
{
	static const cairn_log_event event = { .data = { "1", 1 } };
	return (cairn_log_batch){ .size = sizeof(cairn_log_batch),
				  .tenant = tenant,
				  .thread = thread,
				  .events = &event,
				  .n = 1 };
}

/* The i-th of what is no tenant. */
static cairn_str no_tenant(size_t i)
{
	const cairn_str bad[NO_TENANTS] = { { NULL, 0 },	 CAIRN_STR(""),
					    { "ac\0me", 5 },	 cairn_str_of(ct_repeat('t', 256)),
					    CAIRN_STR("ac\nme"), CAIRN_STR("a\x7f"),
					    CAIRN_STR("ac\xff") };
	return bad[i];
}

/* ---- checkpoints --------------------------------------------------------------------- */

static void checkpoints_refuse(cairn_conn *conn, cairn_str tenant, cairn_str thread,
			       const char *code)
{
	cairn_checkpoint_new state = state_of(thread);
	cairn_checkpoint_added added;
	cairn_checkpoint_ref ref = { .size = sizeof ref, .tenant = tenant, .thread = thread };
	cairn_checkpoint_filter filter = { .size = sizeof filter, .tenant = tenant };
	cairn_thread_filter threads = { .size = sizeof threads, .tenant = tenant };
	cairn_checkpoints *found = NULL;
	cairn_threads *rows = NULL;
	ct_budget(conn);
	ct_status(cairn_checkpoint_put(conn, tenant, &state, 1, &added, ct_err()), CAIRN_INVALID,
		  code);
	ct_status(cairn_checkpoint_get(conn, &ref, &found, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_thread_delete(conn, tenant, &thread, 1, NULL, ct_err()), CAIRN_INVALID,
		  code);
	if (thread.len > 0) {
		ct_status(cairn_checkpoint_list(conn, &filter, &found, ct_err()), CAIRN_INVALID,
			  code);
		ct_status(cairn_thread_list(conn, &threads, &rows, ct_err()), CAIRN_INVALID, code);
	}
	ct_spent(conn, 0, "refusal", 1);
	cairn_free(found);
	cairn_free(rows);
}

static void of_checkpoints(void)
{
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < NO_TENANTS; i++)
		checkpoints_refuse(conn, no_tenant(i), CAIRN_STR("a"), "arg.invalid_tenant");
	checkpoints_refuse(conn, CAIRN_STR("t"), CAIRN_STR(""), "arg.invalid_name");
}

/* ---- memory items ---------------------------------------------------------------------- */

static void of_items(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_new item = item_of(CAIRN_STR("k"));
	cairn_memory_ref ref = { .key = CAIRN_STR("k") };
	cairn_memory_changed each;
	cairn_memory_items *found = NULL;
	ct_budget(conn);
	for (size_t i = 0; i < NO_TENANTS; i++) {
		cairn_str tenant = no_tenant(i);
		cairn_memory_filter filter = { .size = sizeof filter, .tenant = tenant };
		ct_status(cairn_memory_put(conn, tenant, &item, 1, &each, ct_err()), CAIRN_INVALID,
			  "arg.invalid_tenant");
		ct_status(cairn_memory_get(conn, tenant, &ref, 1, &found, ct_err()), CAIRN_INVALID,
			  "arg.invalid_tenant");
		ct_status(cairn_memory_delete(conn, tenant, &ref, 1, &each, ct_err()),
			  CAIRN_INVALID, "arg.invalid_tenant");
		ct_status(cairn_memory_list(conn, &filter, &found, ct_err()), CAIRN_INVALID,
			  "arg.invalid_tenant");
	}
	ct_spent(conn, 0, "refusal", 1);
	cairn_free(found);
}

/* ---- session logs ------------------------------------------------------------------------ */

static void logs_refuse(cairn_conn *conn, cairn_str tenant, cairn_str thread, const char *code)
{
	cairn_log_batch batch = batch_of(tenant, thread);
	cairn_log_filter filter = { .size = sizeof filter, .tenant = tenant, .thread = thread };
	cairn_log_archive_opts opts = {
		.size = sizeof opts, .tenant = tenant, .thread = thread, .upto = 1
	};
	cairn_log_events *events = NULL;
	size_t removed = 0;
	ct_budget(conn);
	ct_status(cairn_log_append(conn, &batch, NULL, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_log_read(conn, &filter, &events, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_log_archive(conn, &opts, &removed, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_log_delete(conn, tenant, thread, NULL, ct_err()), CAIRN_INVALID, code);
	ct_spent(conn, 0, "refusal", 1);
	cairn_free(events);
}

static void of_logs(void)
{
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < NO_TENANTS; i++)
		logs_refuse(conn, no_tenant(i), CAIRN_STR("a"), "arg.invalid_tenant");
	logs_refuse(conn, CAIRN_STR("t"), CAIRN_STR(""), "arg.invalid_name");
}

/* ---- under one's own lock ------------------------------------------------------------------ */

static cairn_status append_under(void *user, cairn_lock *lock, cairn_error *err)
{
	cairn_conn *conn = user;
	cairn_log_batch batch = batch_of(CAIRN_STR("t"), CAIRN_STR("thread"));
	cairn_status status = cairn_log_append(conn, &batch, NULL, err);
	batch.lock = lock;
	if (status == CAIRN_OK)
		status = cairn_log_append(conn, &batch, NULL, err);
	return status;
}

static void own_lock(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	int64_t head = 0;
	cairn_lock_opts how = { .size = sizeof how,
				.tenant = CAIRN_STR("t"),
				.name = CAIRN_STR("thread"),
				.deadline = -1 };
	cairn_log_batch none = batch_of(CAIRN_STR("t"), CAIRN_STR("thread"));
	none.n = 0;
	ct_ok(cairn_with_lock(conn, &how, append_under, conn, ct_err()));
	ct_ok(cairn_with_lock(conn, &how, append_under, ct_open(), ct_err()));
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_ok(cairn_with_lock(conn, &how, append_under, conn, ct_err()));
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_ok(cairn_log_append(conn, &none, &head, ct_err()));
	ct_int(head, 6);
}

static const ct_case cases[] = {
	{ .name = "tenants.checkpoints.names_that_are_none",
	  .kind = CT_VERB,
	  .store = CT_CHECKPOINTS,
	  .rule = "An empty or malformed tenant or thread is refused before any I/O.",
	  .covers = "entelix-1, entelix-2, entelix-4",
	  .run = of_checkpoints },
	{ .name = "tenants.memory.names_that_are_none",
	  .kind = CT_VERB,
	  .store = CT_MEMORY,
	  .rule = "An empty or malformed tenant is refused before any I/O.",
	  .covers = "entelix-1",
	  .run = of_items },
	{ .name = "tenants.logs.names_that_are_none",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "An empty or malformed tenant or thread is refused before any I/O.",
	  .covers = "entelix-1, entelix-4",
	  .run = of_logs },
	{ .name = "tenants.locks.appending_under_ones_own",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "Appending to a thread under a lock of the same name, by the same connection or "
		  "another, with the lock as precondition or without, waits for nobody.",
	  .covers = "entelix-68",
	  .run = own_lock },
};

CT_GROUP(tenants_alike, cases);
