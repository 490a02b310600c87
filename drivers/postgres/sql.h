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
	/* enqueue */
	PG_SQL_ENQUEUE_ALIKE,
	PG_SQL_ENQUEUE_QUIET,
	PG_SQL_ENQUEUE_ONE,
	PG_SQL_ENQUEUE_ONE_QUIET,
	PG_SQL_ENQUEUE,
	PG_SQL_ENQUEUE_KEYED,
	PG_SQL_KEYS,
	/* claim */
	PG_SQL_UNPARK,
	PG_SQL_CLAIM_ONE,
	PG_SQL_CLAIM,
	PG_SQL_WAITING,
	PG_SQL_WAITED,
	PG_SQL_WAKE,
	PG_SQL_WAITER_ADD,
	PG_SQL_WAITER_DROP,
	/* change and reap */
	PG_SQL_LOCK_JOBS,
	PG_SQL_HEARTBEAT,
	PG_SQL_SUCCEED,
	PG_SQL_FORGET,
	PG_SQL_REPORT,
	PG_SQL_CHANGE,
	PG_SQL_EDIT,
	PG_SQL_REQUEUE,
	PG_SQL_REAP,
	PG_SQL_EXPIRED,
	PG_SQL_PUT_OFF,
	PG_SQL_PRUNE_PICK,
	PG_SQL_PRUNE,
	/* replay and log */
	PG_SQL_REPLAY,
	PG_SQL_REPLAYS,
	PG_SQL_LOCK_DONE,
	PG_SQL_LOG,
	/* reads */
	PG_SQL_LIST,
	PG_SQL_LIST_IDS,
	PG_SQL_ATTEMPTS,
	PG_SQL_EVENTS,
	PG_SQL_LOGS,
	PG_SQL_DEAD,
	PG_SQL_STATS,
	/* intents */
	PG_SQL_ISOLATION,
	PG_SQL_INTENT_RECORD,
	PG_SQL_INTENT_KEYS,
	PG_SQL_INTENT_PEEK,
	PG_SQL_INTENT_TAKE,
	PG_SQL_INTENT_TAKE_ONE,
	PG_SQL_INTENT_SETTLE,
	PG_SQL_INTENT_GET,
	PG_SQL_INTENT_LIST,
	PG_SQL_INTENT_STATS,
	PG_SQL_INTENT_PRUNE,
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

/* A text in a few pieces (a C string literal has a length that is portable). */
#define PG_SQL_PARTS 5
struct pg_sql_text {
	const char *part[PG_SQL_PARTS];
};

/* "@schema." stands for the quoted schema and a dot. */
extern const struct pg_sql_text cairn_pg__sql[PG_SQL_COUNT];

#endif
