/*
 * core.h - what the files of the core share: the connection, the start and the end
 * of every public call, and the building of results.
 */
#ifndef CAIRN_CORE_H
#define CAIRN_CORE_H

#include <stdatomic.h>

#include <cairn/sys/catalog.h>
#include <cairn/sys/checkpoint.h>
#include <cairn/sys/driver.h>
#include <cairn/sys/intent.h>
#include <cairn/sys/job.h>
#include <cairn/sys/lock.h>
#include <cairn/sys/log.h>
#include <cairn/sys/memory.h>
#include <cairn/sys/migration.h>
#include <cairn/sys/owner.h>
#include <cairn/sys/queue.h>
#include <cairn/sys/replay.h>
#include <cairn/sys/schedule.h>
#include <cairn/sys/workflow.h>

/* Savepoints inside savepoints: deep enough for any program, small enough for an array. */
#define CAIRN__MAX_TX_DEPTH 32

struct cairn_host {
	cairn_settings settings;
	cairn_alloc_fn *alloc;
	void *alloc_user;
	cairn_clock_fn *clock;
	void *clock_user;
	cairn_trace_fn *trace;
	void *trace_user;
	cairn_classify_fn *classify;
	void *classify_user;
	uint64_t round_trips;
	const char *op; /* the public call that runs now */
	enum cairn_events events;
	uint32_t lacks;	   /* capabilities of the driver that this connection has not */
	cairn_time pinned; /* the time of a call that consists of several; 0: none */
};

struct cairn_conn {
	cairn_host host;
	cairn_driver driver; /* copied by size, see bind.c */
	const cairn_driver *origin;
	void *self;
	cairn_conn_ops ops;
	cairn_migration_ops migrations;
	cairn_job_ops jobs;
	cairn_intent_ops intents;
	cairn_catalog_ops catalog;
	cairn_schedule_ops schedules;
	cairn_queue_ops queues;
	cairn_resource_ops resources;
	cairn_owner_ops owners;
	cairn_checkpoint_ops checkpoints;
	cairn_memory_ops memory;
	cairn_log_ops log;
	cairn_lock_ops locks;
	cairn_workflow_ops workflows;
	cairn_replay_ops replays;
	cairn_budget_ops budgets;
	atomic_int interrupted; /* by another thread, while the core itself waits */
	uint32_t depth;		/* open cairn_tx objects */
	uint32_t borrowed; /* 1: the outermost of them stands in the application's transaction */
	uint32_t serial;
	uint32_t serials[CAIRN__MAX_TX_DEPTH + 1];
};

/* ---- bind.c ---- */

enum cairn__store {
	CAIRN__CONN,
	CAIRN__MIGRATIONS,
	CAIRN__JOBS,
	CAIRN__INTENTS,
	CAIRN__CATALOG,
	CAIRN__SCHEDULES,
	CAIRN__QUEUES,
	CAIRN__RESOURCES,
	CAIRN__OWNERS,
	CAIRN__CHECKPOINTS,
	CAIRN__MEMORY,
	CAIRN__LOG,
	CAIRN__LOCKS,
	CAIRN__WORKFLOWS,
	CAIRN__REPLAYS,
	CAIRN__BUDGETS
};

/* Copies the driver's tables into the connection; refuses by name what is missing. */
cairn_status cairn__bind(cairn_conn *conn, const cairn_driver *driver, cairn_error *err);

/* Whether the driver has a table for it. */
int cairn__has_store(const cairn_conn *conn, enum cairn__store store);

/* ---- call.c: the two ends of every public function ---- */

struct cairn__call {
	cairn_conn *conn;
	cairn_error *err;
	const char *op;
	const char *outer;
	cairn_usec began;
};

/*
 * Every public function on a connection starts with begin and ends with
 * end, which stamps err->op and tells the trace hook. store is the table it needs
 * (NULL tables are UNSUPPORTED).
 */
cairn_status cairn__call_begin(struct cairn__call *call, cairn_conn *conn, enum cairn__store store,
			       const char *op, cairn_error *err);
cairn_status cairn__call_end(struct cairn__call *call, cairn_status status, size_t rows);

/* A clock that is never set; for durations. */
cairn_usec cairn__ticks(void);

/* UNSUPPORTED where the driver has no such store. */
cairn_status cairn__need_store(const cairn_conn *conn, enum cairn__store store, cairn_error *err);

/* Refuses a call whose slot the driver left out. */
cairn_status cairn__need(const cairn_conn *conn, int present, const char *slot, cairn_error *err);

/* ---- arena.c ---- */

struct cairn__block;

/* A result being built. Lives on the stack of the public function. */
struct cairn_rows {
	cairn_host *host;
	struct cairn__block *block;
	char *rows;
	size_t row_size;
	size_t count;
	size_t cap;
	int failed;
};

/* Starts a result of rows of row_size bytes in the memory of *result, or in new memory. */
void cairn__rows_begin(cairn_rows *rows, cairn_conn *conn, void **result, size_t row_size);

/*
 * Hands the result out through *result. A failed status (or missing memory, which
 * becomes NOMEM) leaves it empty but freeable.
 */
cairn_status cairn__rows_end(cairn_rows *rows, void **result, cairn_status status,
			     cairn_error *err);

/* The status of a read whose rows stay inside the core: NOMEM where they are not whole. */
cairn_status cairn__rows_whole(const cairn_rows *rows, cairn_status status, cairn_error *err);

/* Frees what rows_begin took, for results that stay inside the core. */
void cairn__rows_drop(cairn_rows *rows);

/* ---- lock.c ---- */

/*
 * A lock as a precondition of a write of this tenant: NULL, or well-formed and the same tenant's; else
 * INVALID arg.invalid. Whether it is held is for the driver to see (sys/lock.h).
 */
cairn_status cairn__check_guard(cairn_lock_guard lock, cairn_str tenant, cairn_error *err);

/* ---- scratch.c: short-lived memory, and checks of whole batches ---- */

/* n zeroed elements through the connection's allocator; NULL after filling err with NOMEM. */
void *cairn__scratch(cairn_conn *conn, size_t n, size_t size, cairn_error *err);
void cairn__scratch_free(cairn_conn *conn, void *ptr, size_t n, size_t size);

/* An array that is missing though n > 0, or too long a batch. */
cairn_status cairn__check_batch(const void *items, size_t n, cairn_error *err);
/* A page limit: 0 is the default. */
cairn_status cairn__check_page(uint32_t given, uint32_t *limit, cairn_error *err);
/* Names the offending item of a batch. */
void cairn__error_index(cairn_error *err, size_t index);
/* An item's failure as the call's own, where nobody asked for each outcome. */
cairn_status cairn__fail_item(cairn_error *err, cairn_code code, size_t index);

#endif
