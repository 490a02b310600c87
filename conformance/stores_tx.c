/*
 * stores_tx.c - one transaction over all that a turn of an agent writes: a checkpoint, its events, what it
 * remembers, and the job that goes on; in a transaction of cairn's and in the application's own.
 */
#include "ct.h"

#define TENANT CAIRN_STR("acme")
#define THREAD CAIRN_STR("t")

static void write_all(cairn_conn *conn)
{
	const cairn_checkpoint_new item = { .thread = THREAD, .state = { "{\"n\":1}", 7 } };
	const cairn_memory_new memory = { .key = CAIRN_STR("k"), .value = { "1", 1 } };
	const cairn_log_event event = { .data = CAIRN_STR("{\"n\":1}") };
	const cairn_log_batch batch = {
		.size = sizeof(batch), .tenant = TENANT, .thread = THREAD, .events = &event, .n = 1
	};
	cairn_job_new job = ct_new("j");
	ct_ok(cairn_checkpoint_put(conn, TENANT, &item, 1, NULL, ct_err()));
	ct_ok(cairn_log_append(conn, &batch, NULL, ct_err()));
	ct_ok(cairn_memory_put(conn, TENANT, &memory, 1, NULL, ct_err()));
	ct_add(conn, &job);
}

/* An expected outcome of each store, which leaves the transaction as it was. */
static void fail_all(cairn_conn *conn)
{
	const cairn_checkpoint_new item = { .thread = THREAD,
					    .state = { "2", 1 },
					    .set = CAIRN_CHECKPOINT_EXPECT };
	const cairn_memory_new memory = { .key = CAIRN_STR("k"),
					  .value = { "2", 1 },
					  .set = CAIRN_MEMORY_EXPECT };
	const cairn_log_event event = { .data = CAIRN_STR("2") };
	const cairn_log_batch batch = { .size = sizeof(batch),
					.tenant = TENANT,
					.thread = THREAD,
					.events = &event,
					.n = 1,
					.set = CAIRN_LOG_EXPECT,
					.expected = 7 };
	ct_status(cairn_checkpoint_put(conn, TENANT, &item, 1, NULL, ct_err()), CAIRN_STALE,
		  "checkpoint.head_moved");
	ct_status(cairn_memory_put(conn, TENANT, &memory, 1, NULL, ct_err()), CAIRN_STALE,
		  "memory.revision_moved");
	ct_status(cairn_log_append(conn, &batch, NULL, ct_err()), CAIRN_STALE, "log.head_moved");
}

/* How often all of it is there. */
static void there(cairn_conn *conn, size_t times)
{
	const cairn_checkpoint_filter history = { .size = sizeof(history),
						  .tenant = TENANT,
						  .thread = THREAD };
	const cairn_log_filter log = { .size = sizeof(log), .tenant = TENANT, .thread = THREAD };
	const cairn_memory_ref ref = { .key = CAIRN_STR("k") };
	cairn_checkpoints *checkpoints = NULL;
	cairn_log_events *events = NULL;
	cairn_memory_items *items = NULL;
	ct_ok(cairn_checkpoint_list(conn, &history, &checkpoints, ct_err()));
	ct_later(checkpoints);
	ct_ok(cairn_log_read(conn, &log, &events, ct_err()));
	ct_later(events);
	ct_ok(cairn_memory_get(conn, TENANT, &ref, 1, &items, ct_err()));
	ct_later(items);
	ct_int(checkpoints->count, times);
	ct_int(events->count, times);
	ct_int(items->count, times > 0);
	ct_int(ct_count_jobs(conn, 0), times);
}

static void of_cairns(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "j");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	write_all(conn);
	there(conn, 1);
	there(other, 0);
	cairn_rollback(&tx);
	there(conn, 0);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	write_all(conn);
	fail_all(conn);
	ct_ok(cairn_commit(&tx, ct_err()));
	there(other, 1);
}

static void of_the_applications(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	ct_define(conn, "j");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN), 0);
	write_all(conn);
	there(conn, 1);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_ROLLBACK), 0);
	there(conn, 0);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN), 0);
	write_all(conn);
	fail_all(conn);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	there(other, 1);
}

static const ct_case cases[] = {
	{ .name = "stores.tx.all_or_nothing",
	  .kind = CT_VERB,
	  .store = CT_CHECKPOINTS,
	  .rule = "A checkpoint, a log's batch, an item and a job of one transaction are there "
		  "together or "
		  "not at all, and an expected outcome of one leaves the others alone.",
	  .run = of_cairns },
	{ .name = "stores.tx.also_in_the_applications_own",
	  .kind = CT_VERB,
	  .store = CT_CHECKPOINTS,
	  .needs = CT_NEED_APP,
	  .rule = "The same holds in a transaction that the application opened.",
	  .run = of_the_applications },
};
CT_GROUP(stores_tx, cases);
