/*
 * sql.h - the list of every statement the driver runs. The texts are in sql.c, in
 * the same order; exec.c prepares each once per connection, when it is first needed.
 */
#ifndef CAIRN_LITE_SQL_H
#define CAIRN_LITE_SQL_H

enum lite_sql {
	/* transactions (tx.c) */
	LITE_BEGIN,
	LITE_BEGIN_READ,
	LITE_COMMIT,
	LITE_ROLLBACK,
	LITE_TX_SAVE,
	LITE_TX_RELEASE,
	LITE_TX_UNDO,
	LITE_CALL_SAVE,
	LITE_CALL_RELEASE,
	LITE_CALL_UNDO,
	/* settings (conn.c) */
	LITE_ENCODING,
	LITE_WAL,
	LITE_FULL,
	LITE_NORMAL,
	LITE_CHECKPOINT,
	LITE_TEMPORARY,
	/* definitions (definition.c) */
	LITE_DEFINITION_UPSERT,
	LITE_DEFINITION_ADD,
	LITE_DEFINITION_BRIEF,
	LITE_DEFINITION_LIST,
	/* jobs: producing and claiming (enqueue.c, claim.c) */
	LITE_JOB_INSERT,
	LITE_JOB_INSERT_ROWS,
	LITE_JOB_INSERT_KEYED,
	LITE_JOB_BY_KEY,
	LITE_JOB_WAITING,
	LITE_DATA_VERSION,
	LITE_JOB_DUE,
	LITE_JOB_UNPARK,
	LITE_JOB_NEXT,
	LITE_JOB_LEASE,
	LITE_JOB_LEASE_ROWS,
	/* jobs: changing (change.c, reap.c) */
	LITE_JOB_ROW,
	LITE_JOB_HELD,
	LITE_JOB_ROW_AT,
	LITE_JOB_BEAT_HELD,
	LITE_JOB_BEAT,
	LITE_JOB_BEAT_SHORTER,
	LITE_JOB_MOVE,
	LITE_JOB_MOVE_OUTPUT,
	LITE_JOB_SUCCEED,
	LITE_JOB_SUCCEED_ROWS,
	LITE_JOB_REPORT,
	LITE_JOB_CHECKPOINT,
	LITE_JOB_OWNER,
	LITE_JOB_PAYLOAD,
	LITE_JOB_PRIORITY,
	LITE_JOB_ANY_OVERDUE,
	LITE_JOB_EXTENDED,
	LITE_JOB_OVERDUE,
	LITE_JOB_DEFER,
	/* history (history.c) */
	LITE_EVENT_INSERT,
	LITE_EVENT_INSERT_ROWS,
	LITE_EVENT_BRIEF,
	LITE_EVENT_BRIEF_ROWS,
	LITE_ATTEMPT_INSERT,
	LITE_ATTEMPT_INSERT_ROWS,
	LITE_ATTEMPT_BRIEF,
	LITE_ATTEMPT_BRIEF_ROWS,
	LITE_DEAD_PUT,
	LITE_JOB_FOUND,
	LITE_ATTEMPTS,
	LITE_EVENTS,
	LITE_DEAD_LETTERS,
	/* deleting jobs, replays, logs (prune.c, replay.c, log.c) */
	LITE_JOB_DELETE,
	LITE_ATTEMPT_DELETE,
	LITE_EVENT_DELETE,
	LITE_LOG_DELETE,
	LITE_DEAD_DELETE,
	LITE_REPLAY_DELETE,
	LITE_REPLAY_DELETE_OF,
	LITE_REPLAY_FIND,
	LITE_REPLAY_SOURCE,
	LITE_REPLAY_JOB,
	LITE_REPLAY_INSERT,
	LITE_LOG_JOB,
	LITE_LOG_INSERT,
	LITE_LOGS,
	LITE_ENDED_TYPE,
	LITE_ENDED,
	/* reading jobs (list.c) */
	LITE_JOB_GET,
	LITE_JOB_GET_COMPACT,
	LITE_JOB_LIST,
	LITE_JOB_LIST_COMPACT,
	/* intents (intent.c, intent_list.c) */
	LITE_INTENT_INSERT,
	LITE_INTENT_BY_KEY,
	LITE_INTENT_DUE,
	LITE_INTENT_DUE_ONE,
	LITE_INTENT_SETTLE,
	LITE_INTENT_GET,
	LITE_INTENT_LIST,
	LITE_INTENT_STATS,
	LITE_INTENT_PRUNE,
	/* queues, resources, owners (sql_queue.h) */
	LITE_QUEUE_STATE,
	LITE_JOB_AT,
	LITE_RESOURCE_NEXT,
	LITE_RESOURCE_JOBS,
	LITE_RESOURCE_NEED,
	LITE_QUEUES,
	LITE_QUEUE_PAUSE,
	LITE_QUEUE_RESUME,
	LITE_RESOURCE_SET,
	LITE_RESOURCES,
	LITE_OWNER_REGISTER,
	LITE_OWNER_FIND,
	LITE_OWNER_BEAT,
	LITE_OWNER_CLOSE,
	LITE_OWNERS,
	LITE_OWNER_PRUNE,
	/* migrations (migration.c, schema.c) */
	LITE_HISTORY_EXISTS,
	LITE_HISTORY_CREATE,
	LITE_HISTORY_LIST,
	LITE_HISTORY_INSERT,
	LITE_HISTORY_DELETE,
	LITE_OBJECTS,
	LITE_SQL_COUNT
};

extern const char *const cairn_lite__sql[LITE_SQL_COUNT];

/* A PRAGMA takes no parameters: these two are formats for one number from the URL. */
#define LITE_CACHE_FORMAT     "PRAGMA cache_size = -%lld"
#define LITE_MAX_PAGES_FORMAT "PRAGMA max_page_count = %lld"

/*
 * The …_ROWS statements write as many rows at once: half of what a row costs is starting
 * and ending the statement. Per row 16 save 21 % (leases) to 37 % (jobs) of the
 * instructions, 32 a few more, 4 nothing (measured).
 */
#define LITE_ROWS 16

/* Where LITE_JOB_NEXT has the job's type: a claim looks at it before it reads the row. */
#define LITE_JOB_NEXT_TYPE 5

/* And where it has what its place in the queue is made of. */
#define LITE_JOB_NEXT_ID       2
#define LITE_JOB_NEXT_PRIORITY 7
#define LITE_JOB_NEXT_RUN_AT   12

#endif
