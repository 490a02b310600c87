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

/* One kind of table: its size today, and the slots a driver must fill. */
struct table {
	size_t size;
	const struct slot *required;
	size_t count;
};

#define TABLE(type, slots) \
	{ \
		sizeof(type), slots, sizeof(slots) / sizeof((slots)[0]) \
	}

static const struct table conn_table = TABLE(cairn_conn_ops, conn_required);
static const struct table migration_table = TABLE(cairn_migration_ops, migration_required);
static const struct table job_table = TABLE(cairn_job_ops, job_required);
static const struct table intent_table = TABLE(cairn_intent_ops, intent_required);
static const struct table catalog_table = TABLE(cairn_catalog_ops, catalog_required);
static const struct table schedule_table = TABLE(cairn_schedule_ops, schedule_required);
static const struct table queue_table = TABLE(cairn_queue_ops, queue_required);
static const struct table resource_table = TABLE(cairn_resource_ops, resource_required);
static const struct table owner_table = TABLE(cairn_owner_ops, owner_required);

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

/* The stores around the jobs; without jobs those that are about them are of no use. */
static cairn_status bind_more(cairn_conn *conn, cairn_error *err)
{
	cairn_driver *driver = &conn->driver;
	cairn_status st = CAIRN_OK;
	if (driver->jobs == NULL) {
		driver->intents = NULL;
		driver->schedules = NULL;
		driver->queues = NULL;
		driver->resources = NULL;
	}
	if (driver->intents != NULL)
		st = copy_table(&conn->intents, &intent_table, driver->intents, driver->name, err);
	if (st == CAIRN_OK && driver->catalog != NULL)
		st = copy_table(&conn->catalog, &catalog_table, driver->catalog, driver->name, err);
	if (st == CAIRN_OK && driver->schedules != NULL)
		st = copy_table(&conn->schedules, &schedule_table, driver->schedules, driver->name,
				err);
	if (st == CAIRN_OK && driver->queues != NULL)
		st = copy_table(&conn->queues, &queue_table, driver->queues, driver->name, err);
	if (st == CAIRN_OK && driver->resources != NULL)
		st = copy_table(&conn->resources, &resource_table, driver->resources, driver->name,
				err);
	if (st == CAIRN_OK && driver->owners != NULL)
		st = copy_table(&conn->owners, &owner_table, driver->owners, driver->name, err);
	return st;
}

static cairn_status bind_tables(cairn_conn *conn, cairn_error *err)
{
	const cairn_driver *driver = &conn->driver;
	cairn_status st = copy_table(&conn->ops, &conn_table, driver->conn, driver->name, err);
	if (st == CAIRN_OK && driver->migrations != NULL)
		st = copy_table(&conn->migrations, &migration_table, driver->migrations,
				driver->name, err);
	if (st == CAIRN_OK && driver->jobs != NULL)
		st = copy_table(&conn->jobs, &job_table, driver->jobs, driver->name, err);
	if (st == CAIRN_OK)
		st = bind_more(conn, err);
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
