/*
 * sql.h - the statements of the driver by number. Their texts stand in sql.c; a
 * connection renders them once for its schema (cairn_pg__sql_render).
 */
#ifndef CAIRN_PG_SQL_H
#define CAIRN_PG_SQL_H

enum pg_sql {
	/* session */
	PG_SQL_GUEST_ENTER,
	PG_SQL_GUEST_LEAVE,
	PG_SQL_SETTINGS,
	PG_SQL_NOW,
	PG_SQL_CURRENT_SCHEMA,
	PG_SQL_SESSION,
	/* definitions */
	PG_SQL_DEFINE,
	PG_SQL_DEFINE_MISSING,
	PG_SQL_DEFINE_PATCH,
	PG_SQL_DEFINITIONS,
	PG_SQL_DEFINITIONS_LOCK,
	PG_SQL_DEFINE_OFF,
	PG_SQL_DEFINE_PATCH_OFF,
	/* enqueue */
	PG_SQL_ENQUEUE_ALIKE,
	PG_SQL_ENQUEUE_QUIET,
	PG_SQL_ENQUEUE,
	PG_SQL_ENQUEUE_KEYED,
	PG_SQL_KEYS,
	/* claim */
	PG_SQL_UNPARK,
	PG_SQL_CLAIM_ONE,
	PG_SQL_CLAIM,
	/* change and reap */
	PG_SQL_LOCK_JOBS,
	PG_SQL_HEARTBEAT,
	PG_SQL_SUCCEED,
	PG_SQL_CHANGE,
	PG_SQL_REAP,
	PG_SQL_EXPIRED,
	PG_SQL_PUT_OFF,
	/* reads */
	PG_SQL_LIST,
	PG_SQL_LIST_IDS,
	PG_SQL_ATTEMPTS,
	PG_SQL_EVENTS,
	PG_SQL_DEAD,
	PG_SQL_STATS,
	/* schedules */
	PG_SQL_SCHEDULE_DEFINITIONS,
	PG_SQL_SCHEDULE_HOLD,
	PG_SQL_SCHEDULE_PUT,
	PG_SQL_SCHEDULE_LIST,
	PG_SQL_SCHEDULE_NAMES,
	PG_SQL_SCHEDULE_DUE,
	PG_SQL_SCHEDULE_CHANGE,
	PG_SQL_SCHEDULE_FIRE,
	/* migrations */
	PG_SQL_HISTORY_EXISTS,
	PG_SQL_HISTORY,
	PG_SQL_HISTORY_INSERT,
	PG_SQL_HISTORY_DELETE,
	PG_SQL_LOCK_SESSION,
	PG_SQL_LOCK_TX,
	PG_SQL_UNLOCK,
	PG_SQL_WORK_ENTER,
	PG_SQL_WORK_LEAVE,
	PG_SQL_DESCRIBE,
	PG_SQL_COUNT
};

/* A text in up to four pieces (a C string literal has a length that is portable). */
struct pg_sql_text {
	const char *part[4];
};

/* "@schema." stands for the quoted schema and a dot. */
extern const struct pg_sql_text cairn_pg__sql[PG_SQL_COUNT];

#endif
