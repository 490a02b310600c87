/*
 * bind.c - copies a driver's tables into a connection, by size: an old driver on a
 * new core and a new driver on an old core both work. What is required and missing is refused by
 * name; what is optional and missing is filled in here, so that no caller tests for NULL.
 */
#include <string.h>

#include "core.h"

struct slot {
	size_t offset;
	const char *name;
};

#define SLOT(table, name) \
	{ \
		offsetof(table, name), #table "." #name \
	}

static const struct slot conn_required[] = {
	SLOT(cairn_conn_ops, open),   SLOT(cairn_conn_ops, close),    SLOT(cairn_conn_ops, begin),
	SLOT(cairn_conn_ops, commit), SLOT(cairn_conn_ops, rollback), SLOT(cairn_conn_ops, now),
};

static const struct slot migration_required[] = {
	SLOT(cairn_migration_ops, history),
	SLOT(cairn_migration_ops, apply),
	SLOT(cairn_migration_ops, gate),
	SLOT(cairn_migration_ops, validate),
};

static const struct slot job_required[] = {
	SLOT(cairn_job_ops, define), SLOT(cairn_job_ops, definitions), SLOT(cairn_job_ops, enqueue),
	SLOT(cairn_job_ops, claim),  SLOT(cairn_job_ops, change),      SLOT(cairn_job_ops, reap),
	SLOT(cairn_job_ops, list),   SLOT(cairn_job_ops, attempts),    SLOT(cairn_job_ops, events),
	SLOT(cairn_job_ops, dead),
};

static const struct slot intent_required[] = {
	SLOT(cairn_intent_ops, record),	 SLOT(cairn_intent_ops, take),
	SLOT(cairn_intent_ops, settle),	 SLOT(cairn_intent_ops, list),
	SLOT(cairn_intent_ops, metrics), SLOT(cairn_intent_ops, prune),
};

static const struct slot catalog_required[] = {
	SLOT(cairn_catalog_ops, config_put),
	SLOT(cairn_catalog_ops, configs),
	SLOT(cairn_catalog_ops, metrics),
	SLOT(cairn_catalog_ops, summary),
};

static const struct slot schedule_required[] = {
	SLOT(cairn_schedule_ops, put),
	SLOT(cairn_schedule_ops, list),
	SLOT(cairn_schedule_ops, change),
	SLOT(cairn_schedule_ops, fire),
};

static const struct slot queue_required[] = {
	SLOT(cairn_queue_ops, list),
	SLOT(cairn_queue_ops, pause),
};

static const struct slot resource_required[] = {
	SLOT(cairn_resource_ops, set),
	SLOT(cairn_resource_ops, list),
};

static const struct slot owner_required[] = {
	SLOT(cairn_owner_ops, enroll),
	SLOT(cairn_owner_ops, touch),
	SLOT(cairn_owner_ops, list),
	SLOT(cairn_owner_ops, prune),
};

static const struct slot checkpoint_required[] = {
	SLOT(cairn_checkpoint_ops, put),     SLOT(cairn_checkpoint_ops, list),
	SLOT(cairn_checkpoint_ops, write),   SLOT(cairn_checkpoint_ops, writes),
	SLOT(cairn_checkpoint_ops, threads), SLOT(cairn_checkpoint_ops, remove),
};

static const struct slot memory_required[] = {
	SLOT(cairn_memory_ops, put),   SLOT(cairn_memory_ops, get),
	SLOT(cairn_memory_ops, list),  SLOT(cairn_memory_ops, namespaces),
	SLOT(cairn_memory_ops, evict),
};

static const struct slot log_required[] = {
	SLOT(cairn_log_ops, append),
	SLOT(cairn_log_ops, read),
	SLOT(cairn_log_ops, archive),
	SLOT(cairn_log_ops, list),
};

static const struct slot lock_required[] = {
	SLOT(cairn_lock_ops, take),
	SLOT(cairn_lock_ops, change),
	SLOT(cairn_lock_ops, list),
	SLOT(cairn_lock_ops, prune),
};

static const struct slot workflow_required[] = {
	SLOT(cairn_workflow_ops, enqueue), SLOT(cairn_workflow_ops, end),
	SLOT(cairn_workflow_ops, cancel),  SLOT(cairn_workflow_ops, runs),
	SLOT(cairn_workflow_ops, steps),   SLOT(cairn_workflow_ops, edges),
	SLOT(cairn_workflow_ops, events),  SLOT(cairn_workflow_ops, overdue),
	SLOT(cairn_workflow_ops, prune),
};

static const struct slot replay_required[] = {
	SLOT(cairn_replay_ops, begin),	 SLOT(cairn_replay_ops, enter),
	SLOT(cairn_replay_ops, leave),	 SLOT(cairn_replay_ops, runs),
	SLOT(cairn_replay_ops, memos),	 SLOT(cairn_replay_ops, fork),
	SLOT(cairn_replay_ops, remove),	 SLOT(cairn_replay_ops, send),
	SLOT(cairn_replay_ops, signals),
};

static const struct slot budget_required[] = {
	SLOT(cairn_budget_ops, set),
	SLOT(cairn_budget_ops, write),
	SLOT(cairn_budget_ops, read),
	SLOT(cairn_budget_ops, entries),
};

/* One kind of table: its size today, the slots a driver must fill, and where both sides keep it. */
struct table {
	size_t size;
	const struct slot *required;
	size_t count;
	size_t from; /* the pointer in cairn_driver */
	size_t to;   /* the copy in cairn_conn */
};

#define TABLE(type, slots, field, copy) \
	{ \
		sizeof(type), slots, sizeof(slots) / sizeof((slots)[0]), \
			offsetof(cairn_driver, field), offsetof(cairn_conn, copy) \
	}

static const struct table conn_table = TABLE(cairn_conn_ops, conn_required, conn, ops);

static const struct table stores[] = {
	[CAIRN__MIGRATIONS] =
		TABLE(cairn_migration_ops, migration_required, migrations, migrations),
	[CAIRN__JOBS] = TABLE(cairn_job_ops, job_required, jobs, jobs),
	[CAIRN__INTENTS] = TABLE(cairn_intent_ops, intent_required, intents, intents),
	[CAIRN__CATALOG] = TABLE(cairn_catalog_ops, catalog_required, catalog, catalog),
	[CAIRN__SCHEDULES] = TABLE(cairn_schedule_ops, schedule_required, schedules, schedules),
	[CAIRN__QUEUES] = TABLE(cairn_queue_ops, queue_required, queues, queues),
	[CAIRN__RESOURCES] = TABLE(cairn_resource_ops, resource_required, resources, resources),
	[CAIRN__OWNERS] = TABLE(cairn_owner_ops, owner_required, owners, owners),
	[CAIRN__CHECKPOINTS] =
		TABLE(cairn_checkpoint_ops, checkpoint_required, checkpoints, checkpoints),
	[CAIRN__MEMORY] = TABLE(cairn_memory_ops, memory_required, memory, memory),
	[CAIRN__LOG] = TABLE(cairn_log_ops, log_required, log, log),
	[CAIRN__LOCKS] = TABLE(cairn_lock_ops, lock_required, locks, locks),
	[CAIRN__WORKFLOWS] = TABLE(cairn_workflow_ops, workflow_required, workflows, workflows),
	[CAIRN__REPLAYS] = TABLE(cairn_replay_ops, replay_required, replays, replays),
	[CAIRN__BUDGETS] = TABLE(cairn_budget_ops, budget_required, budgets, budgets),
};

/* Copies what both sides know of a struct that starts with its size. */
static void copy_sized(void *to, size_t to_size, const void *from)
{
	size_t size;
	memcpy(&size, from, sizeof size);
	memset(to, 0, to_size);
	memcpy(to, from, size < to_size ? size : to_size);
	memcpy(to, &to_size, sizeof to_size);
}

static cairn_status copy_table(void *to, const struct table *table, const void *from,
			       const char *driver, cairn_error *err)
{
	typedef void any_fn(void);
	copy_sized(to, table->size, from);
	for (size_t i = 0; i < table->count; i++) {
		any_fn *fn;
		memcpy(&fn, (char *)to + table->required[i].offset, sizeof fn);
		if (fn != NULL)
			continue;
		cairn_fail(err, CAIRN_E_DRIVER_SLOT);
		cairn_error_message(err, "The driver %s lacks the operation %s.", driver,
				    table->required[i].name);
		return CAIRN_UNSUPPORTED;
	}
	return CAIRN_OK;
}

static int no_transaction(void *self)
{
	(void)self;
	return 0;
}

static void no_interrupt(void *self)
{
	(void)self;
}

/* Without jobs those stores that are about them are of no use; nor replay runs without budgets. */
static void drop_useless(cairn_driver *driver)
{
	if (driver->budgets == NULL)
		driver->replays = NULL;
	if (driver->jobs != NULL)
		return;
	driver->intents = NULL;
	driver->schedules = NULL;
	driver->queues = NULL;
	driver->resources = NULL;
	driver->workflows = NULL;
	driver->replays = NULL;
	driver->budgets = NULL;
}

static const void *table_of(const cairn_driver *driver, const struct table *table)
{
	const void *given;
	memcpy(&given, (const char *)driver + table->from, sizeof given);
	return given;
}

int cairn__has_store(const cairn_conn *conn, enum cairn__store store)
{
	return store == CAIRN__CONN || table_of(&conn->driver, &stores[store]) != NULL;
}

static cairn_status bind_tables(cairn_conn *conn, cairn_error *err)
{
	cairn_driver *driver = &conn->driver;
	cairn_status st = copy_table(&conn->ops, &conn_table, driver->conn, driver->name, err);
	drop_useless(driver);
	for (size_t i = CAIRN__CONN + 1; i < sizeof stores / sizeof stores[0]; i++) {
		const void *given = table_of(driver, &stores[i]);
		if (st == CAIRN_OK && given != NULL)
			st = copy_table((char *)conn + stores[i].to, &stores[i], given,
					driver->name, err);
	}
	if (st != CAIRN_OK)
		return st;
	if (conn->ops.in_tx == NULL)
		conn->ops.in_tx = no_transaction;
	if (conn->ops.interrupt == NULL)
		conn->ops.interrupt = no_interrupt;
	if ((conn->migrations.lock == NULL) != (conn->migrations.unlock == NULL)) {
		cairn_fail(err, CAIRN_E_DRIVER_SLOT);
		cairn_error_message(err, "The driver %s has only one of lock and unlock.",
				    driver->name);
		return CAIRN_UNSUPPORTED;
	}
	return CAIRN_OK;
}

cairn_status cairn__bind(cairn_conn *conn, const cairn_driver *driver, cairn_error *err)
{
	if (driver->size < offsetof(cairn_driver, migrations) || driver->api != CAIRN_DRIVER_API) {
		cairn_fail(err, CAIRN_E_DRIVER_API);
		cairn_error_detail(err, "driver api %u, library api %u", (unsigned)driver->api,
				   CAIRN_DRIVER_API);
		return CAIRN_UNSUPPORTED;
	}
	copy_sized(&conn->driver, sizeof conn->driver, driver);
	conn->origin = driver;
	if (conn->driver.name == NULL || conn->driver.conn == NULL) {
		cairn_fail(err, CAIRN_E_DRIVER_SLOT);
		cairn_error_message(err, "The driver has no name or no cairn_conn_ops.");
		return CAIRN_UNSUPPORTED;
	}
	return bind_tables(conn, err);
}
