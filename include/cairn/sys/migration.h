/*
 * sys/migration.h - the migrations store of a driver. The core decides what to
 * run, in which order and what to refuse; the driver runs it.
 */
#ifndef CAIRN_SYS_MIGRATION_H
#define CAIRN_SYS_MIGRATION_H

#include <cairn/migration.h>
#include <cairn/sys/driver.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A row of the history table cairn_migrations. */
typedef struct cairn_history {
	int64_t version;
	cairn_str name;
	cairn_str checksum; /* lower-case hex */
	cairn_str introduced;
	cairn_time applied_at;
	int32_t success;
	int32_t additive;
} cairn_history;

/*
 * Takes the line's lock until unlock, waiting at most wait: BUSY
 * migration.locked after that. A driver that can't hold a lock outside a
 * transaction leaves both NULL; the core then holds one transaction over the run.
 */
typedef cairn_status cairn_migration_lock_fn(void *self, cairn_str line, cairn_usec wait,
					     cairn_error *err);
typedef cairn_status cairn_migration_unlock_fn(void *self, cairn_str line, cairn_error *err);

/*
 * Pushes the line's history as cairn_history rows by version and says whether the
 * history table exists. Creates nothing.
 */
typedef cairn_status cairn_migration_history_fn(void *self, cairn_str line, int *exists,
						cairn_rows *rows, cairn_error *err);

/* One script to run. */
typedef struct cairn_migration_step {
	cairn_str line;
	enum cairn_migration_direction direction;
	uint32_t reserved_;
	cairn_str sql;
	cairn_history row; /* up: to insert (applied_at is the driver's); down: version to delete */
} cairn_migration_step;

/*
 * Runs the script and writes its history row in one transaction (or savepoint),
 * creating the history table first if it is missing. A failing script is
 * migration.failed with the database's text in detail, and leaves nothing.
 */
typedef cairn_status cairn_migration_apply_fn(void *self, const cairn_migration_step *step,
					      cairn_error *err);

/*
 * Runs a gate: a query of one number. Writes nothing. If rows are hidden from the
 * session by row-level security it fails with migration.gate_hidden_rows; a query that can't be
 * run fails as any query does (db.schema_missing, db.query_failed).
 */
typedef cairn_status cairn_migration_gate_fn(void *self, cairn_str sql, int64_t *count,
					     cairn_error *err);

/* Runs one validation statement, in a transaction of its own. */
typedef cairn_status cairn_migration_validate_fn(void *self, cairn_str sql, cairn_error *err);

/* A piece of a schema, for drift. */
typedef struct cairn_object {
	cairn_str object; /* "table", "column", "index" … */
	cairn_str name;
	cairn_str definition;
} cairn_object;

/*
 * Pushes cairn_object rows. With scripts NULL: those of the live schema. Else
 * those of a scratch schema made from the n scripts, which is gone when the call ends.
 * The same names and definitions must come out for equal schemas, in any order.
 */
typedef cairn_status cairn_migration_describe_fn(void *self, const cairn_str *scripts, size_t n,
						 cairn_rows *rows, cairn_error *err);

typedef struct cairn_migration_ops {
	size_t size;
	cairn_migration_history_fn *history;
	cairn_migration_apply_fn *apply;
	cairn_migration_gate_fn *gate;
	cairn_migration_validate_fn *validate;
	cairn_migration_lock_fn *lock;	       /* optional, with unlock */
	cairn_migration_unlock_fn *unlock;     /* optional, with lock */
	cairn_migration_describe_fn *describe; /* optional: drift is UNSUPPORTED */
} cairn_migration_ops;

#ifdef __cplusplus
}
#endif

#endif
