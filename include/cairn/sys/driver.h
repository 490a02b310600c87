/*
 * sys/driver.h - what a driver is: a name, and a table per store.
 *
 * A driver is constant data. Each table starts with its size and is only ever
 * extended at its end; at open the core copies it into a zeroed table of its own
 * size, refuses one that lacks a required slot and fills optional slots with its
 * own functions. A NULL table means that the driver has no such store.
 *
 * Rules for every slot. `self` is self_size zeroed bytes that the core
 * allocated; close is called even when open failed half-way and must cope with
 * zeroes. Inputs are borrowed for the call and were checked by the core. A slot
 * fails with cairn_fail() and then has written nothing at all, unless it says
 * UNCERTAIN. Expected outcomes are answered by guarded statements, never by errors, so that
 * they leave the caller's transaction alone. A slot that writes and pushes rows asks cairn_rows_failed()
 * before it commits. A slot that writes opens its own transaction only when none is open; inside one
 * it undoes itself on failure (SQLite), or the failure is TX_ABORTED (Postgres).
 */
#ifndef CAIRN_SYS_DRIVER_H
#define CAIRN_SYS_DRIVER_H

#include <cairn/sys/arena.h>
#include <cairn/sys/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CAIRN_DRIVER_API 1u

/* Connects. url was split by the core; unknown parameters are refused (url.unknown_option). */
typedef cairn_status cairn_conn_open_fn(void *self, cairn_host *host, const cairn_url *url,
					cairn_error *err);
/* Takes over a handle that the application owns and keeps. */
typedef cairn_status cairn_conn_adopt_fn(void *self, cairn_host *host, void *native,
					 cairn_error *err);
typedef void cairn_conn_close_fn(void *self);
/*
 * depth 0 begins a transaction that may write (Postgres: READ COMMITTED; SQLite: IMMEDIATE);
 * depth n > 0 a savepoint of that number.
 */
typedef cairn_status cairn_conn_begin_fn(void *self, uint32_t depth, cairn_error *err);
/*
 * Commits, or releases savepoint n. A failed depth-0 commit has rolled back,
 * or is UNCERTAIN.
 */
typedef cairn_status cairn_conn_commit_fn(void *self, uint32_t depth, cairn_error *err);
/* Rolls back to where begin(depth) was. Failing leaves the session unusable (conn.closed). */
typedef cairn_status cairn_conn_rollback_fn(void *self, uint32_t depth, cairn_error *err);
/* Whether a transaction is open that the driver did not begin: the application's own. */
typedef int cairn_conn_in_tx_fn(void *self);
/* The database's own time. */
typedef cairn_status cairn_conn_now_fn(void *self, cairn_time *now, cairn_error *err);
/* From another thread. */
typedef void cairn_conn_interrupt_fn(void *self);

typedef struct cairn_conn_ops {
	size_t size;
	cairn_conn_open_fn *open;
	cairn_conn_close_fn *close;
	cairn_conn_begin_fn *begin;
	cairn_conn_commit_fn *commit;
	cairn_conn_rollback_fn *rollback;
	cairn_conn_now_fn *now;
	cairn_conn_adopt_fn *adopt;	    /* optional: cairn_adopt says UNSUPPORTED */
	cairn_conn_in_tx_fn *in_tx;	    /* optional: nobody else begins any */
	cairn_conn_interrupt_fn *interrupt; /* optional: nothing happens */
} cairn_conn_ops;

struct cairn_migration_ops;  /* sys/migration.h */
struct cairn_job_ops;	     /* sys/job.h */
struct cairn_intent_ops;     /* sys/intent.h */
struct cairn_catalog_ops;    /* sys/catalog.h */
struct cairn_schedule_ops;   /* sys/schedule.h */
struct cairn_queue_ops;	     /* sys/queue.h */
struct cairn_resource_ops;   /* sys/queue.h */
struct cairn_owner_ops;	     /* sys/owner.h */
struct cairn_checkpoint_ops; /* sys/checkpoint.h */
struct cairn_memory_ops;     /* sys/memory.h */
struct cairn_log_ops;	     /* sys/log.h */
struct cairn_lock_ops;	     /* sys/lock.h */
struct cairn_workflow_ops;   /* sys/workflow.h */
struct cairn_replay_ops;     /* sys/replay.h */
struct cairn_budget_ops;     /* sys/budget.h */
struct cairn_migration;

struct cairn_driver {
	size_t size;
	uint32_t api; /* CAIRN_DRIVER_API */
	uint32_t caps;
	const char *name;
	const char *const *schemes; /* NULL-terminated: "sqlite", NULL */
	size_t self_size;
	const cairn_conn_ops *conn;
	const struct cairn_migration_ops *migrations;
	const struct cairn_job_ops *jobs;
	const struct cairn_migration *set; /* the scripts of line "cairn" */
	size_t set_count;
	const struct cairn_intent_ops *intents; /* needs jobs */
	const struct cairn_catalog_ops *catalog;
	const struct cairn_schedule_ops *schedules; /* needs jobs */
	const struct cairn_queue_ops *queues;	    /* needs jobs */
	const struct cairn_resource_ops *resources; /* needs jobs */
	const struct cairn_owner_ops *owners;
	const struct cairn_checkpoint_ops *checkpoints;
	const struct cairn_memory_ops *memory;
	const struct cairn_log_ops *log;
	const struct cairn_lock_ops *locks;
	const struct cairn_workflow_ops *workflows; /* needs jobs */
	const struct cairn_replay_ops *replays;	    /* needs jobs and budgets */
	const struct cairn_budget_ops *budgets;	    /* needs jobs */
};

/* Opens a connection over a handle the application owns; the drivers' typed one-liners call it. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_adopt(cairn_conn **conn, const cairn_driver *driver,
						    void *native, const cairn_conn_opts *opts,
						    cairn_error *err);

/*
 * The driver's own state, or NULL when conn belongs to another driver, so that
 * typed accessors are safe to call on any connection.
 */
CAIRN_API void *cairn_conn_self(const cairn_conn *conn, const cairn_driver *driver);

#ifdef __cplusplus
}
#endif

#endif
