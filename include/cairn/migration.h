/*
 * migration.h - the schema and its history.
 *
 * A line is an independent sequence of numbered scripts. cairn's own is "cairn"
 * and comes with the driver; an application may run its own lines through the same
 * engine, and neither disturbs the other. (contract: migrations store)
 */
#ifndef CAIRN_MIGRATION_H
#define CAIRN_MIGRATION_H

#include <cairn/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One script pair. Directives are comment lines of the up script:
 *
 *	-- since: 0.1.0                 the version that introduced it
 *	-- additive                     older libraries may run on the result
 *	-- gate: NAME SELECT count(*) …  must be zero before a library may start
 *	-- validate: SQL                run once the gates above hold; must be repeatable
 *
 * A migration without a down script is irreversible.
 */
typedef struct cairn_migration {
	int64_t version; /* 1, 2, 3 … without gaps */
	const char *name;
	cairn_str up;
	cairn_str down;	    /* absent: irreversible */
	uint8_t sha256[32]; /* of up; all zero: computed when it is used */
	uint64_t reserved_[2];
} cairn_migration;

typedef struct cairn_migrate_opts {
	size_t size;
	cairn_str line;		    /* absent: "cairn", with the driver's own set */
	const cairn_migration *set; /* borrowed; for lines of the application */
	size_t count;
	int64_t target; /* up: 0 is the newest; down: required, -1 is "before the first" */
	uint32_t limit; /* up: apply at most so many; 0: all */
	uint32_t reserved_;
	cairn_usec wait; /* for another process that migrates; 0: 60 s */
} cairn_migrate_opts;

enum cairn_migration_state {
	CAIRN_MIGRATION_PENDING = 1, /* known, not applied */
	CAIRN_MIGRATION_APPLIED,
	CAIRN_MIGRATION_EDITED, /* applied with another checksum */
	CAIRN_MIGRATION_DIRTY,	/* recorded as not successful */
	CAIRN_MIGRATION_UNKNOWN /* applied, but not known to this library */
};

enum cairn_migration_direction { CAIRN_MIGRATE_UP = 1, CAIRN_MIGRATE_DOWN };

typedef struct cairn_migration_row {
	int64_t version;
	cairn_str name;
	enum cairn_migration_state state;
	enum cairn_migration_direction direction; /* of plans and runs, else 0 */
	cairn_time applied_at;			  /* 0: not applied */
	cairn_str introduced;			  /* version that introduced it */
	cairn_str checksum;			  /* lower-case hex of SHA-256 */
	cairn_str sql;				  /* in plans only */
	int32_t additive;
	uint32_t reserved_[3];
} cairn_migration_row;

typedef struct cairn_migration_rows {
	size_t count;
	const cairn_migration_row *at;
} cairn_migration_rows;

/* "pending", "applied", "edited", "dirty", "unknown". */
CAIRN_API const char *cairn_migration_state_text(enum cairn_migration_state state);

/*
 * Brings the schema up: takes the line's lock, verifies the history, applies what
 * is missing in order, each script in one transaction with its history row, then
 * releases the lock, tests the gates and runs the validations. done (may be NULL) lists what was
 * applied. Repeating it applies nothing. Of two processes at once one applies,
 * the other waits and applies nothing.
 *
 * Refusals, in this order: migration.checksum_mismatch, .dirty, .unknown_version,
 * .target_older_than_applied, .target_unknown; then .failed, .gate_failed. A
 * script's failure wins over a failure to unlock; detail tells both.
 * BUSY migration.locked when the wait is over. Several round trips.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_migrate_up(cairn_conn *conn,
							 const cairn_migrate_opts *opts,
							 cairn_migration_rows **done,
							 cairn_error *err);

/*
 * Takes versions above opts->target away, newest first. The target must be
 * said; migration.irreversible names the first version that has no way down, and
 * then nothing is changed.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_migrate_down(cairn_conn *conn,
							   const cairn_migrate_opts *opts,
							   cairn_migration_rows **done,
							   cairn_error *err);

/* What up (or down) would run, with its SQL, changing nothing. The same refusals. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_migrate_plan(cairn_conn *conn,
							   enum cairn_migration_direction direction,
							   const cairn_migrate_opts *opts,
							   cairn_migration_rows **plan,
							   cairn_error *err);

/* Every version known or recorded, ascending, with its state. Refuses nothing. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_migrate_status(cairn_conn *conn,
							     const cairn_migrate_opts *opts,
							     cairn_migration_rows **rows,
							     cairn_error *err);

/*
 * The read-only guard to call at start: OK, or the first refusal of
 * migration.history_missing, .checksum_mismatch, .dirty, .unknown_version,
 * .pending, .gate_failed. It writes nothing and validates nothing.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_migrate_check(cairn_conn *conn,
							    const cairn_migrate_opts *opts,
							    cairn_error *err);

enum cairn_drift_kind {
	CAIRN_DRIFT_MISSING = 1, /* the fresh schema has it, the live one does not */
	CAIRN_DRIFT_EXTRA,
	CAIRN_DRIFT_CHANGED
};

typedef struct cairn_drift_row {
	enum cairn_drift_kind kind;
	uint32_t reserved_;
	cairn_str object;   /* "table", "column", "index", "constraint", "view", "policy" … */
	cairn_str name;	    /* "cairn_job.priority" */
	cairn_str expected; /* definition in the fresh schema */
	cairn_str actual;   /* definition in the live one */
} cairn_drift_row;

typedef struct cairn_drift {
	size_t count;
	const cairn_drift_row *at;
} cairn_drift;

/*
 * Compares the live schema with one made fresh from the applied scripts, and
 * lists each difference by object and name; count 0 is "no drift". Nothing stays
 * behind.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_migrate_drift(cairn_conn *conn,
							    const cairn_migrate_opts *opts,
							    cairn_drift **drift, cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
