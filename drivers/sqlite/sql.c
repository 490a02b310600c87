/*
 * sql.c - every SQL text of the driver. Parameters stand in the order in which
 * they are bound. Above each text stands the index it relies on ("rowid" is the table
 * itself). Where another index could offer itself, the text names its own, so that no
 * statistics and no ANALYZE can change the plan.
 */
#include "sql.h"
#include "sql_budget.h"
#include "sql_checkpoint.h"
#include "sql_intent.h"
#include "sql_items.h"
#include "sql_lock.h"
#include "sql_queue.h"
#include "sql_replay.h"
#include "sql_run.h"
#include "sql_schedule.h"
#include "sql_thread_log.h"

/* What rows.c reads into a cairn_job. */
#define JOB_SMALL \
	"id, status, queue, type, tenant, priority, run_number, attempt, max_attempts, " \
	"timeout_us, run_at, parked, lease_expires_at, heartbeat_at, leased_at, prestart, " \
	"execution_started_at, worker, owner, fence, started_at, finished_at, stage, " \
	"progress_done, progress_total, status_reason, error_code, error_message, created_at, " \
	"updated_at, resource_key, idempotency_key, run_id, may_continue, replay, "
#define JOB_COLUMNS JOB_SMALL "request, payload, checkpoint, output"
#define JOB_COMPACT JOB_SMALL "NULL, NULL, NULL, NULL"

/*
 * The seq of a job's newest event. Steps of replay runs do not write the job's row, which may be large: theirs
 * are looked for. cairn_job_event's primary key, its last entry.
 */
#define LAST_EVENT \
	"CASE replay WHEN 1 THEN max(events, ifnull((SELECT max(seq) FROM cairn_job_event " \
	"WHERE job_id = cairn_job.id), 0)) ELSE events END"

/* What change.c reads into a struct lite_row; the reaper needs some more. */
#define ROW_COLUMNS \
	"rowid, " LAST_EVENT ", reap_at, status, tenant, run_number, attempt, run_at, parked, " \
	"lease_expires_at, heartbeat_at, leased_at, prestart, execution_started_at, lease_us, " \
	"worker, fence, started_at, finished_at, stage, progress_done, progress_total, " \
	"status_reason, " \
	"error_code, error_message, updated_at, idempotency_key, run_id, may_continue, replay"

/* What a transition may write, without the documents. */
#define MOVED_COLUMNS \
	"status = ?, run_number = ?, attempt = ?, run_at = ?, parked = ?, " \
	"lease_expires_at = ?, reap_at = ?, heartbeat_at = ?, leased_at = ?, prestart = ?, " \
	"execution_started_at = ?, worker = ?, started_at = ?, finished_at = ?, stage = ?, " \
	"progress_done = ?, progress_total = ?, status_reason = ?, error_code = ?, " \
	"error_message = ?, events = ?, updated_at = ?"

#define INSERTED_COLUMNS \
	"id, status, queue, type, tenant, priority, run_number, attempt, max_attempts, " \
	"timeout_us, run_at, parked, owner, resource_key, fence, stage, events, created_at, " \
	"updated_at, payload"

#define INSERTED_VALUES "(?, 'PENDING', ?, ?, ?, ?, 1, 0, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)"

#define BRIEF_COLUMNS \
	"job_id, seq, kind, run_number, attempt, at, stage, worker, detail, duration_us"
#define BRIEF_VALUES "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define WHOLE_COLUMNS \
	BRIEF_COLUMNS \
	", progress_done, progress_total, reason, error_code, error_message, until, requested, " \
	"data"
#define WHOLE_VALUES "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* What history.c reads of an event. */
#define EVENT_COLUMNS \
	"seq, kind, run_number, attempt, at, stage, progress_done, progress_total, worker, " \
	"reason, " \
	"error_code, error_message, detail, duration_us, until, requested, data"

#define ATTEMPT_COLUMNS \
	"job_id, fence, run_number, attempt, worker, leased_at, finished_at, ending, prestart, " \
	"execution_started_at, lease_us"
#define ATTEMPT_VALUES "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define FAILED_COLUMNS \
	ATTEMPT_COLUMNS ", error_code, error_message, retry_delay_us, next_run_at, not_before"
#define FAILED_VALUES "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* LITE_ROWS times the same, with commas between. */
#define FOUR(x)	   x ", " x ", " x ", " x
#define SIXTEEN(x) FOUR(FOUR(x))

/* What the end of a job that goes well writes: the same for all of them, but for the output. */
#define SUCCEEDED_COLUMNS \
	"status = 'SUCCEEDED', lease_expires_at = NULL, reap_at = NULL, heartbeat_at = NULL, " \
	"leased_at = NULL, prestart = 0, execution_started_at = NULL, worker = NULL, " \
	"finished_at = ?1, updated_at = ?1, stage = ?2, status_reason = NULL, error_code = NULL, " \
	"error_message = NULL, events = events + ?3"

/* LITE_ROWS pairs of a rowid and an output. */
#define OUTPUTS \
	"WHEN ?4 THEN ?5 WHEN ?6 THEN ?7 WHEN ?8 THEN ?9 WHEN ?10 THEN ?11 " \
	"WHEN ?12 THEN ?13 WHEN ?14 THEN ?15 WHEN ?16 THEN ?17 WHEN ?18 THEN ?19 " \
	"WHEN ?20 THEN ?21 WHEN ?22 THEN ?23 WHEN ?24 THEN ?25 WHEN ?26 THEN ?27 " \
	"WHEN ?28 THEN ?29 WHEN ?30 THEN ?31 WHEN ?32 THEN ?33 WHEN ?34 THEN ?35 "
#define OUTPUT_ROWS "?4, ?6, ?8, ?10, ?12, ?14, ?16, ?18, ?20, ?22, ?24, ?26, ?28, ?30, ?32, ?34"

#define DEFINITION_COLUMNS \
	"type, version, enabled, max_attempts, timeout_us, priority, retry_base_us, " \
	"retry_cap_us, retry_jitter_us, retry_factor, retry_overrides, retention_us, created_at, " \
	"updated_at"
#define DEFINITION_VALUES "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)"

/* ?1 scope, ?2 queue, ?3 type, ?4 bits of statuses, ?5 and ?6 creation times */
#define JOB_FILTER \
	"(?1 IS NULL OR tenant = ?1) AND (?2 IS NULL OR queue = ?2) AND " \
	"(?3 IS NULL OR type = ?3) AND " \
	"?4 & CASE status WHEN 'PENDING' THEN 2 WHEN 'LEASED' THEN 4 WHEN 'SUCCEEDED' THEN 8 " \
	"WHEN 'DEAD_LETTERED' THEN 16 ELSE 32 END AND " \
	"(?5 IS NULL OR created_at >= ?5) AND (?6 IS NULL OR created_at < ?6) "

/* ?1 queue, ?2 now, ?3 owner */
#define NEXT(more) \
	"SELECT rowid, events, " JOB_COLUMNS " FROM cairn_job INDEXED BY cairn_job_claim " \
	"WHERE status = 'PENDING' AND parked = 0 AND resource_key IS NULL AND queue = ?1 " \
	"AND run_at <= ?2 AND (owner IS NULL OR owner = ?3) " more \
	"ORDER BY priority DESC, run_at, id"

/* Between the two neighbours of place p/100 * last, in proportion and rounded. */
#define PERCENTILE(p) \
	"max(took) FILTER (WHERE place = last * " p " / 100) + ((" \
	"max(took) FILTER (WHERE place = (last * " p " + 99) / 100) - " \
	"max(took) FILTER (WHERE place = last * " p " / 100)) * (max(last) * " p " % 100) " \
	"+ 50) / 100"

const char *const cairn_lite__sql[LITE_SQL_COUNT] = {
	/* none: takes the writer's lock, or waits for it */
	[LITE_BEGIN] = "BEGIN IMMEDIATE",
	/* none */
	[LITE_BEGIN_READ] = "BEGIN",
	/* none */
	[LITE_COMMIT] = "COMMIT",
	/* none */
	[LITE_ROLLBACK] = "ROLLBACK",
	/* none: names may nest, the innermost is meant */
	[LITE_TX_SAVE] = "SAVEPOINT cairn_tx",
	/* none */
	[LITE_TX_RELEASE] = "RELEASE cairn_tx",
	/* none */
	[LITE_TX_UNDO] = "ROLLBACK TO cairn_tx",
	/* none */
	[LITE_CALL_SAVE] = "SAVEPOINT cairn_call",
	/* none */
	[LITE_CALL_RELEASE] = "RELEASE cairn_call",
	/* none */
	[LITE_CALL_UNDO] = "ROLLBACK TO cairn_call",

	/* none */
	[LITE_ENCODING] = "PRAGMA encoding",
	/* none */
	[LITE_WAL] = "PRAGMA journal_mode = WAL",
	/* none: each commit reaches the disk */
	[LITE_FULL] = "PRAGMA synchronous = FULL",
	/* none */
	[LITE_NORMAL] = "PRAGMA synchronous = NORMAL",
	/* none: at the default of 1000 pages the checkpoints stand in the tail of the latencies */
	[LITE_CHECKPOINT] = "PRAGMA wal_autocheckpoint = 4000",
	/* none */
	[LITE_TEMPORARY] = "PRAGMA temp_store = MEMORY",

	/* cairn_job_definition's primary key; a row that would not change is not written */
	[LITE_DEFINITION_UPSERT] =
		"INSERT INTO cairn_job_definition (" DEFINITION_COLUMNS ") "
		"VALUES " DEFINITION_VALUES " "
		"ON CONFLICT (type) DO UPDATE SET version = excluded.version, "
		"enabled = excluded.enabled, max_attempts = excluded.max_attempts, "
		"timeout_us = excluded.timeout_us, priority = excluded.priority, "
		"retry_base_us = excluded.retry_base_us, retry_cap_us = excluded.retry_cap_us, "
		"retry_jitter_us = excluded.retry_jitter_us, "
		"retry_factor = excluded.retry_factor, "
		"retry_overrides = excluded.retry_overrides, "
		"retention_us = excluded.retention_us, updated_at = excluded.updated_at "
		"WHERE (version, enabled, max_attempts, timeout_us, priority, retry_base_us, "
		"retry_cap_us, retry_jitter_us, retry_factor, retry_overrides, retention_us) "
		"IS NOT (excluded.version, "
		"excluded.enabled, excluded.max_attempts, excluded.timeout_us, "
		"excluded.priority, excluded.retry_base_us, excluded.retry_cap_us, "
		"excluded.retry_jitter_us, excluded.retry_factor, excluded.retry_overrides, "
		"excluded.retention_us)",
	/* cairn_job_definition's primary key */
	[LITE_DEFINITION_ADD] = "INSERT INTO cairn_job_definition (" DEFINITION_COLUMNS ") "
				"VALUES " DEFINITION_VALUES " "
				"ON CONFLICT (type) DO NOTHING",
	/* cairn_job_definition's primary key */
	[LITE_DEFINITION_BRIEF] = "SELECT enabled, max_attempts, timeout_us, priority, "
				  "retry_base_us, retry_cap_us, retry_jitter_us, retry_factor, "
				  "retry_overrides IS NOT NULL, retention_us "
				  "FROM cairn_job_definition WHERE type = ?",
	/* cairn_job_definition's primary key, from ?1 on; lower() is of ASCII only */
	[LITE_DEFINITION_LIST] =
		"SELECT " DEFINITION_COLUMNS " FROM cairn_job_definition "
		"WHERE type >= ?1 AND (?2 IS NULL OR type = ?2) AND (?3 IS NULL OR type > ?3) "
		"AND (?4 IS NULL OR instr(lower(type), lower(?4)) > 0) ORDER BY type LIMIT ?5",

	/* cairn_job_definition's primary key */
	[LITE_DEFINITION_DISABLE] = "UPDATE cairn_job_definition SET enabled = 0, updated_at = ?2 "
				    "WHERE type = ?1 AND enabled = 1",

	/* none to find, all to fill */
	[LITE_JOB_INSERT] = "INSERT INTO cairn_job (" INSERTED_COLUMNS ") VALUES " INSERTED_VALUES,
	/* none to find, all to fill */
	[LITE_JOB_INSERT_ROWS] =
		"INSERT INTO cairn_job (" INSERTED_COLUMNS ") VALUES " SIXTEEN(INSERTED_VALUES),
	/* cairn_job_key: a job with this key answers with no row changed */
	[LITE_JOB_INSERT_KEYED] =
		"INSERT INTO cairn_job (" INSERTED_COLUMNS ", idempotency_key, request_hash, "
		"request) VALUES (?, 'PENDING', ?, ?, ?, ?, 1, 0, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, "
		"?, "
		"?, ?, ?) ON CONFLICT (type, tenant, idempotency_key) "
		"WHERE idempotency_key IS NOT NULL DO NOTHING",
	/* cairn_job_key */
	[LITE_JOB_BY_KEY] = "SELECT id, status, run_number, request_hash FROM cairn_job "
			    "INDEXED BY cairn_job_key "
			    "WHERE type = ? AND tenant = ? AND idempotency_key = ?",
	/* grows with every commit of another connection */
	[LITE_DATA_VERSION] = "PRAGMA data_version",
	/* cairn_job_claim and cairn_job_parked, the first entry of each */
	[LITE_JOB_WAITING] =
		"SELECT EXISTS (SELECT 1 FROM cairn_job INDEXED BY cairn_job_claim WHERE "
		"status = 'PENDING' AND parked = 0 AND resource_key IS NULL AND queue = ?1 "
		"AND run_at <= ?2) OR EXISTS (SELECT 1 FROM cairn_job INDEXED BY cairn_job_parked "
		"WHERE "
		"status = 'PENDING' AND parked = 1 AND queue = ?1 AND run_at <= ?2)",
	/* cairn_job_parked, its first entry; cairn_queue_pause's primary key */
	[LITE_JOB_NEXT_DUE] = "SELECT run_at FROM cairn_job INDEXED BY cairn_job_parked "
			      "WHERE status = 'PENDING' AND parked = 1 AND queue = ?1 "
			      "AND NOT " PAUSED " ORDER BY run_at LIMIT 1",
	/* cairn_job_parked */
	[LITE_JOB_DUE] = "SELECT rowid FROM cairn_job INDEXED BY cairn_job_parked "
			 "WHERE status = 'PENDING' AND parked = 1 AND queue = ? AND run_at <= ? "
			 "LIMIT ?",
	/* cairn_job_parked, the first entry of the next queue */
	[LITE_JOB_PARKED_NEXT] = "SELECT queue, run_at FROM cairn_job INDEXED BY cairn_job_parked "
				 "WHERE status = 'PENDING' AND parked = 1 AND queue > ? "
				 "ORDER BY queue, run_at LIMIT 1",
	/* what PRAGMA optimize may read of an index; both run when they are prepared */
	[LITE_ANALYSIS_LIMIT] = "PRAGMA analysis_limit = 400",
	[LITE_OPTIMIZE] = "PRAGMA main.optimize",
	[LITE_CHECKPOINT_NOW] = "PRAGMA main.wal_checkpoint(PASSIVE)",
	/* rowid */
	[LITE_JOB_UNPARK] = "UPDATE cairn_job SET parked = 0 WHERE rowid = ?",
	/*
	 * cairn_job_claim, in its own order; the reader stops when it has enough. Nothing of a
	 * queue that is paused or has jobs that need permits: a look at the index of each.
	 */
	[LITE_JOB_NEXT] = NEXT("AND NOT " PAUSED " AND NOT " KEYED " "),
	/* the same of any queue */
	[LITE_JOB_NEXT_OPEN] = NEXT(""),
	/* rowid */
	[LITE_JOB_LEASE] =
		"UPDATE cairn_job SET status = 'LEASED', attempt = ?2, fence = ?3, worker = ?4, "
		"leased_at = ?5, heartbeat_at = ?5, updated_at = ?5, lease_expires_at = ?6, "
		"reap_at = ?6, started_at = ?7, events = ?8, prestart = ?9, "
		"execution_started_at = NULL, lease_us = ?10 WHERE rowid = ?1",
	/* rowid */
	[LITE_JOB_LEASE_ROWS] =
		"UPDATE cairn_job SET status = 'LEASED', attempt = attempt + 1, fence = fence + 1, "
		"worker = ?1, leased_at = ?2, heartbeat_at = ?2, updated_at = ?2, "
		"lease_expires_at = ?3, reap_at = ?3, started_at = ifnull(started_at, ?2), "
		"events = events + ?4, prestart = ?5, execution_started_at = NULL, lease_us = ?6 "
		"WHERE rowid IN (" SIXTEEN("?") ")",

	/* cairn_job.id */
	[LITE_JOB_ROW] = "SELECT " ROW_COLUMNS " FROM cairn_job WHERE id = ?",
	/* cairn_job.id; a lease that still runs, no replay run's, and of its row what the end of it needs */
	[LITE_JOB_HELD] = "SELECT rowid, events, run_number, attempt, leased_at, prestart, "
			  "execution_started_at, lease_us, worker, progress_done, progress_total, "
			  "run_id "
			  "FROM cairn_job WHERE id = ?1 AND fence = ?2 AND status = 'LEASED' "
			  "AND lease_expires_at > ?3 AND replay <> 1",
	/* rowid */
	[LITE_JOB_ROW_AT] =
		"SELECT " ROW_COLUMNS ", id, type, max_attempts FROM cairn_job WHERE rowid = ?",
	/* cairn_job.id; a lease that still runs, and no index to write */
	[LITE_JOB_BEAT_HELD] =
		"UPDATE cairn_job SET lease_expires_at = ?3, heartbeat_at = ?4, updated_at = ?4 "
		"WHERE id = ?1 AND fence = ?2 AND status = 'LEASED' AND lease_expires_at > ?4 "
		"AND reap_at <= ?3",
	/* rowid; no index has any of these columns */
	[LITE_JOB_BEAT] = "UPDATE cairn_job SET lease_expires_at = ?2, heartbeat_at = ?3, "
			  "updated_at = ?3 WHERE rowid = ?1",
	/* rowid; reap_at must not be later than the lease */
	[LITE_JOB_BEAT_SHORTER] =
		"UPDATE cairn_job SET lease_expires_at = ?2, reap_at = ?2, heartbeat_at = ?3, "
		"updated_at = ?3 WHERE rowid = ?1",
	/* rowid */
	[LITE_JOB_MOVE] = "UPDATE cairn_job SET " MOVED_COLUMNS " WHERE rowid = ?",
	/* rowid */
	[LITE_JOB_MOVE_OUTPUT] =
		"UPDATE cairn_job SET " MOVED_COLUMNS ", output = ? WHERE rowid = ?",
	/* rowid */
	[LITE_JOB_SUCCEED] =
		"UPDATE cairn_job SET " SUCCEEDED_COLUMNS ", output = ? WHERE rowid = ?",
	/* rowid */
	[LITE_JOB_SUCCEED_ROWS] =
		"UPDATE cairn_job SET " SUCCEEDED_COLUMNS ", output = CASE rowid " OUTPUTS
		"END WHERE rowid IN (" OUTPUT_ROWS ")",
	/* rowid; no index has any of these columns */
	[LITE_JOB_REPORT] =
		"UPDATE cairn_job SET stage = ?, progress_done = ?, progress_total = ?, "
		"execution_started_at = ?, lease_expires_at = ?, heartbeat_at = ?, events = ?, "
		"updated_at = ? WHERE rowid = ?",
	/* rowid */
	[LITE_JOB_CHECKPOINT] = "UPDATE cairn_job SET checkpoint = ? WHERE rowid = ?",
	/* rowid */
	[LITE_JOB_OWNER] = "UPDATE cairn_job SET owner = ? WHERE rowid = ?",
	/* rowid */
	[LITE_JOB_PAYLOAD] = "UPDATE cairn_job SET payload = ? WHERE rowid = ?",
	/* rowid */
	[LITE_JOB_PRIORITY] = "UPDATE cairn_job SET priority = ? WHERE rowid = ?",
	/* cairn_job_reap, its first entry */
	[LITE_JOB_ANY_OVERDUE] = "SELECT EXISTS (SELECT 1 FROM cairn_job INDEXED BY cairn_job_reap "
				 "WHERE status = 'LEASED' AND reap_at < ?)",
	/* cairn_job_reap: leases that were extended since they were claimed or last seen here */
	[LITE_JOB_EXTENDED] = "UPDATE cairn_job INDEXED BY cairn_job_reap "
			      "SET reap_at = lease_expires_at "
			      "WHERE status = 'LEASED' AND reap_at < ?1 AND lease_expires_at >= ?1",
	/* cairn_job_reap, in its own order */
	[LITE_JOB_OVERDUE] = "SELECT rowid, reap_at, lease_expires_at, id FROM cairn_job "
			     "INDEXED BY cairn_job_reap WHERE status = 'LEASED' AND reap_at < ? "
			     "ORDER BY reap_at",
	/* rowid */
	[LITE_JOB_DEFER] = "UPDATE cairn_job SET lease_expires_at = ?2, reap_at = ?2 "
			   "WHERE rowid = ?1",

	/* none to find, the primary key to fill */
	[LITE_EVENT_INSERT] =
		"INSERT INTO cairn_job_event (" WHOLE_COLUMNS ") VALUES " WHOLE_VALUES,
	/* none to find, the primary key to fill */
	[LITE_EVENT_INSERT_ROWS] =
		"INSERT INTO cairn_job_event (" WHOLE_COLUMNS ") VALUES " SIXTEEN(WHOLE_VALUES),
	/* the same for the events of a job that goes well: these columns and no others */
	[LITE_EVENT_BRIEF] = "INSERT INTO cairn_job_event (" BRIEF_COLUMNS ") VALUES " BRIEF_VALUES,
	/* none to find, the primary key to fill */
	[LITE_EVENT_BRIEF_ROWS] =
		"INSERT INTO cairn_job_event (" BRIEF_COLUMNS ") VALUES " SIXTEEN(BRIEF_VALUES),
	/* none to find, the primary key to fill */
	[LITE_ATTEMPT_INSERT] =
		"INSERT INTO cairn_job_attempt (" FAILED_COLUMNS ") VALUES " FAILED_VALUES,
	/* none to find, the primary key to fill */
	[LITE_ATTEMPT_INSERT_ROWS] =
		"INSERT INTO cairn_job_attempt (" FAILED_COLUMNS ") VALUES " SIXTEEN(FAILED_VALUES),
	/* the same for attempts that went well: these columns and no others */
	[LITE_ATTEMPT_BRIEF] =
		"INSERT INTO cairn_job_attempt (" ATTEMPT_COLUMNS ") VALUES " ATTEMPT_VALUES,
	/* none to find, the primary key to fill */
	[LITE_ATTEMPT_BRIEF_ROWS] = "INSERT INTO cairn_job_attempt (" ATTEMPT_COLUMNS
				    ") VALUES " SIXTEEN(ATTEMPT_VALUES),
	/* rowid of cairn_job; cairn_job_dead_letter's primary key */
	[LITE_DEAD_PUT] =
		"INSERT INTO cairn_job_dead_letter (job_id, created_at, failed_at, run_number, "
		"attempt, type, queue, tenant, error_code, error_message, payload, checkpoint) "
		"SELECT id, ?2, ?2, run_number, attempt, type, queue, tenant, error_code, "
		"error_message, payload, checkpoint FROM cairn_job WHERE rowid = ?1 "
		"ON CONFLICT (job_id) DO UPDATE SET failed_at = excluded.failed_at, "
		"run_number = excluded.run_number, attempt = excluded.attempt, "
		"type = excluded.type, queue = excluded.queue, tenant = excluded.tenant, "
		"error_code = excluded.error_code, error_message = excluded.error_message, "
		"payload = excluded.payload, checkpoint = excluded.checkpoint",
	/* cairn_job.id */
	[LITE_JOB_FOUND] = "SELECT 1 FROM cairn_job WHERE id = ?1 AND (?2 IS NULL OR tenant = ?2)",
	/* cairn_job_attempt's primary key, cairn_job.id; the running attempt is the job's row */
	[LITE_ATTEMPTS] =
		"SELECT fence, run_number, attempt, worker, leased_at, finished_at, ending, "
		"prestart, execution_started_at, error_code, error_message, retry_delay_us, "
		"next_run_at, not_before "
		"FROM cairn_job_attempt WHERE job_id = ?1 AND fence > ?2 "
		"UNION ALL SELECT fence, run_number, attempt, worker, leased_at, NULL, NULL, "
		"prestart, execution_started_at, NULL, NULL, NULL, NULL, NULL FROM cairn_job "
		"WHERE id = ?1 AND status = 'LEASED' AND fence > ?2 ORDER BY fence LIMIT ?3",
	/* cairn_job_event's and cairn_job_attempt's primary keys, cairn_job.id */
	[LITE_EVENTS] = "SELECT * FROM (SELECT " EVENT_COLUMNS " FROM cairn_job_event "
			"WHERE job_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3) "
			"UNION ALL SELECT " EVENT_COLUMNS " FROM cairn_job_event_plain "
			"WHERE job_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
	/* cairn_job_dead_letter's primary key, downwards from ?2 to ?1 */
	[LITE_DEAD_LETTERS] =
		"SELECT job_id, type, queue, tenant, run_number, attempt, error_code, "
		"error_message, payload, checkpoint, failed_at, created_at "
		"FROM cairn_job_dead_letter WHERE job_id >= ?1 AND job_id < ?2 AND "
		"(?3 IS NULL OR tenant = ?3) AND (?4 IS NULL OR type = ?4) "
		"ORDER BY job_id DESC LIMIT ?5",

	/* rowid; what is deleted is gone from every index */
	[LITE_JOB_DELETE] = "DELETE FROM cairn_job WHERE rowid = ?",
	/* cairn_job_attempt's primary key */
	[LITE_ATTEMPT_DELETE] = "DELETE FROM cairn_job_attempt WHERE job_id = ?",
	/* cairn_job_event's primary key */
	[LITE_EVENT_DELETE] = "DELETE FROM cairn_job_event WHERE job_id = ?",
	/* cairn_job_log's primary key */
	[LITE_LOG_DELETE] = "DELETE FROM cairn_job_log WHERE job_id = ?",
	/* cairn_job_dead_letter's primary key */
	[LITE_DEAD_DELETE] = "DELETE FROM cairn_job_dead_letter WHERE job_id = ?",
	/* cairn_job_replay's primary key */
	[LITE_RERUN_DELETE] = "DELETE FROM cairn_job_replay WHERE source_id = ?",
	/* cairn_job_replay.replay_id */
	[LITE_RERUN_DELETE_OF] = "DELETE FROM cairn_job_replay WHERE replay_id = ?",

	/* cairn_job_replay's primary key, cairn_job.id */
	[LITE_RERUN_FIND] =
		"SELECT job.id, job.status, job.run_number, replay.reason "
		"FROM cairn_job_replay AS replay CROSS JOIN cairn_job AS job "
		"ON job.id = replay.replay_id WHERE replay.source_id = ?1 AND "
		"replay.run_number = ?2 AND replay.key = ?3 AND (?4 IS NULL OR job.tenant = ?4)",
	/* cairn_job.id */
	[LITE_RERUN_SOURCE] = "SELECT rowid, type FROM cairn_job WHERE id = ?1 AND "
			      "run_number = ?2 AND status = 'SUCCEEDED' AND run_id IS NULL AND "
			      "(?3 IS NULL OR tenant = ?3)",
	/* rowid; all to fill: what a new job begins with, and the rest from its source */
	[LITE_RERUN_JOB] =
		"INSERT INTO cairn_job (" INSERTED_COLUMNS ") "
		"SELECT ?2, 'PENDING', queue, type, tenant, priority, 1, 0, max_attempts, "
		"timeout_us, ?3, 0, owner, resource_key, 0, 'queued', ?4, ?3, ?3, payload "
		"FROM cairn_job WHERE rowid = ?1",
	/* none to find, the primary key and replay_id to fill */
	[LITE_RERUN_INSERT] =
		"INSERT INTO cairn_job_replay (source_id, run_number, key, reason, replay_id, "
		"created_at) VALUES (?, ?, ?, ?, ?, ?)",

	/* cairn_job.id; the last entry of cairn_job_log's primary key for the job */
	[LITE_LOG_JOB] = "SELECT status, tenant, run_number, attempt, fence, lease_expires_at, "
			 "(SELECT max(seq) FROM cairn_job_log WHERE job_id = ?1) "
			 "FROM cairn_job WHERE id = ?1",
	/* none to find, the primary key to fill */
	[LITE_LOG_INSERT] =
		"INSERT INTO cairn_job_log (job_id, seq, run_number, attempt, at, level, message, "
		"data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	/* cairn_job_log's primary key */
	[LITE_LOGS] = "SELECT seq, run_number, attempt, at, level, message, data "
		      "FROM cairn_job_log WHERE job_id = ? AND seq > ? ORDER BY seq LIMIT ?",

	/* cairn_job_ended, its first entry behind a type */
	[LITE_ENDED_TYPE] = "SELECT min(type) FROM cairn_job INDEXED BY cairn_job_ended "
			    "WHERE finished_at IS NOT NULL AND run_id IS NULL AND replay <> 1 "
			    "AND status = ? "
			    "AND type > ?",
	/* cairn_job_ended, in its own order; the reader stops when it has enough */
	[LITE_ENDED] = "SELECT rowid, finished_at, id, replay FROM cairn_job "
		       "INDEXED BY cairn_job_ended WHERE finished_at IS NOT NULL "
		       "AND run_id IS NULL AND replay <> 1 AND status = ?1 "
		       "AND type = ?2 AND "
		       "finished_at <= ?3 AND (?4 IS NULL OR tenant = ?4) AND "
		       "(?5 IS NULL OR queue = ?5) AND "
		       "(lease_expires_at IS NULL OR lease_expires_at <= ?6) "
		       "ORDER BY finished_at",

	/* cairn_job.id */
	[LITE_JOB_GET] = "SELECT " JOB_COLUMNS " FROM cairn_job WHERE " JOB_FILTER "AND id = ?7",
	/* cairn_job.id */
	[LITE_JOB_GET_COMPACT] =
		"SELECT " JOB_COMPACT " FROM cairn_job WHERE " JOB_FILTER "AND id = ?7",
	/* cairn_job.id, downwards from ?7 */
	[LITE_JOB_LIST] = "SELECT " JOB_COLUMNS " FROM cairn_job WHERE " JOB_FILTER
			  "AND id < ?7 ORDER BY id DESC LIMIT ?8",
	/* cairn_job.id, downwards from ?7 */
	[LITE_JOB_LIST_COMPACT] = "SELECT " JOB_COMPACT " FROM cairn_job WHERE " JOB_FILTER
				  "AND id < ?7 ORDER BY id DESC LIMIT ?8",

	/* intents: sql_intent.h names the indexes */
	INTENT_TEXTS,

	/* cairn_job_definition's primary key, cairn_job_config's; one that would not change is not written */
	[LITE_CONFIG_PUT] =
		"INSERT INTO cairn_job_config (type, version, updated_by, created_at, updated_at, "
		"config) SELECT type, ?2, ?3, ?4, ?4, ?5 FROM cairn_job_definition WHERE type = ?1 "
		"ON CONFLICT (type) DO UPDATE SET version = excluded.version, "
		"updated_by = excluded.updated_by, updated_at = excluded.updated_at, "
		"config = excluded.config WHERE (version, updated_by, config) IS NOT "
		"(excluded.version, excluded.updated_by, excluded.config)",
	/* the same */
	[LITE_CONFIG_ADD] =
		"INSERT INTO cairn_job_config (type, version, updated_by, created_at, updated_at, "
		"config) SELECT type, ?2, ?3, ?4, ?4, ?5 FROM cairn_job_definition WHERE type = ?1 "
		"ON CONFLICT (type) DO NOTHING",
	/* cairn_job_definition's primary key, cairn_job_config's; no row: no definition */
	[LITE_CONFIG_FOUND] = "SELECT EXISTS (SELECT 1 FROM cairn_job_config WHERE type = ?1) "
			      "FROM cairn_job_definition WHERE type = ?1",
	/* cairn_job_config's primary key */
	[LITE_CONFIG_LIST] = "SELECT type, version, updated_by, created_at, updated_at, config "
			     "FROM cairn_job_config WHERE type >= ?1 AND (?2 IS NULL OR type = ?2) "
			     "AND (?3 IS NULL OR type > ?3) ORDER BY type LIMIT ?4",

	/*
	 * cairn_job_definition's primary key; then it counts the tables, an attempt's job by
	 * cairn_job.id. The neighbours of a percentile are found by their places in order.
	 */
	[LITE_METRICS] =
		"WITH d AS MATERIALIZED (SELECT type, enabled FROM cairn_job_definition "
		"WHERE type >= ?3 AND (?4 IS NULL OR type = ?4) AND (?5 IS NULL OR type > ?5) "
		"ORDER BY type LIMIT ?6), "
		"j AS (SELECT j.type, count(*) FILTER (WHERE j.status = 'PENDING') AS pending, "
		"count(*) FILTER (WHERE j.status = 'PENDING' AND j.run_at <= ?1) AS ready, "
		"count(*) FILTER (WHERE j.status = 'LEASED') AS leased, "
		"count(*) FILTER (WHERE j.status = 'LEASED' AND j.lease_expires_at < ?1) "
		"AS expired, "
		"min(j.run_at) FILTER (WHERE j.status = 'PENDING' AND j.run_at <= ?1) AS oldest, "
		"count(*) FILTER (WHERE j.again) AS again, "
		"max(j.run_number) FILTER (WHERE j.again) AS max_run "
		"FROM (SELECT type, status, run_at, lease_expires_at, run_number, "
		"run_number > 1 AND EXISTS (SELECT 1 FROM cairn_job_attempt e "
		"WHERE e.job_id = cairn_job.id AND e.run_number = cairn_job.run_number - 1 "
		"AND e.ending = 'CONTINUED') AS again FROM cairn_job "
		"WHERE (status = 'PENDING' OR status = 'LEASED') AND (?7 IS NULL OR tenant = ?7) "
		"AND type IN (SELECT type FROM d)) j GROUP BY j.type), "
		"e AS MATERIALIZED (SELECT j.type, e.ending, e.finished_at - e.leased_at AS took, "
		"row_number() OVER (PARTITION BY j.type ORDER BY e.finished_at - e.leased_at) "
		"- 1 AS place, count(*) OVER (PARTITION BY j.type) - 1 AS last "
		"FROM cairn_job_attempt e CROSS JOIN cairn_job j "
		"WHERE e.finished_at >= ?2 AND j.id = e.job_id AND (?7 IS NULL OR j.tenant = ?7) "
		"AND j.type IN (SELECT type FROM d)), "
		"a AS (SELECT type, count(*) AS ended, "
		"count(*) FILTER (WHERE ending = 'SUCCEEDED') AS e1, "
		"count(*) FILTER (WHERE ending = 'RETRYABLE') AS e2, "
		"count(*) FILTER (WHERE ending = 'TERMINAL') AS e3, "
		"count(*) FILTER (WHERE ending = 'TIMEOUT') AS e4, "
		"count(*) FILTER (WHERE ending = 'PANICKED') AS e5, "
		"count(*) FILTER (WHERE ending = 'LEASE_EXPIRED') AS e6, "
		"count(*) FILTER (WHERE ending = 'CANCELED') AS e7, "
		"count(*) FILTER (WHERE ending = 'CONTINUED') AS e8, "
		"count(*) FILTER (WHERE ending = 'SNOOZED') AS e9, "
		"count(*) FILTER (WHERE ending = 'RELEASED') AS e10, " PERCENTILE(
			"50") " AS p50, " PERCENTILE("95") " AS p95 FROM e GROUP BY type), "
							   "l AS (SELECT type, count(*) AS dead "
							   "FROM cairn_job_dead_letter "
							   "WHERE failed_at >= ?2 AND (?7 IS NULL "
							   "OR tenant = ?7) GROUP BY type) "
							   "SELECT d.type, d.enabled, j.pending, "
							   "j.ready, j.leased, j.expired, "
							   "j.oldest, "
							   "j.again, j.max_run, a.ended, a.e1, "
							   "a.e2, a.e3, a.e4, a.e5, a.e6, a.e7, "
							   "a.e8, "
							   "a.e9, a.e10, a.p50, a.p95, l.dead FROM "
							   "d LEFT JOIN j ON j.type = d.type "
							   "LEFT JOIN a ON a.type = d.type LEFT "
							   "JOIN l ON l.type = d.type ORDER BY "
							   "d.type",
	/* none: it counts the tables, an attempt's job by cairn_job.id */
	[LITE_SUMMARY] =
		"WITH j AS (SELECT count(*), count(*) FILTER (WHERE status = 'PENDING'), "
		"count(*) FILTER (WHERE status = 'LEASED'), "
		"count(*) FILTER (WHERE status = 'SUCCEEDED'), "
		"count(*) FILTER (WHERE status = 'DEAD_LETTERED'), "
		"count(*) FILTER (WHERE status = 'CANCELED'), "
		"count(*) FILTER (WHERE status = 'PENDING' AND run_at <= ?1), "
		"count(*) FILTER (WHERE status = 'PENDING' AND run_at > ?1), "
		"count(*) FILTER (WHERE status = 'LEASED' AND lease_expires_at < ?1), "
		"min(run_at) FILTER (WHERE status = 'PENDING' AND run_at <= ?1), "
		"count(DISTINCT queue) FROM cairn_job WHERE ?2 IS NULL OR tenant = ?2), "
		"a AS (SELECT count(*) FILTER (WHERE at >= ?1 - 60000000), "
		"count(*) FILTER (WHERE at >= ?1 - 60000000 AND failed), "
		"count(*) FILTER (WHERE at >= ?1 - 3600000000), "
		"count(*) FILTER (WHERE at >= ?1 - 3600000000 AND failed), "
		"count(*), count(*) FILTER (WHERE failed) FROM (SELECT finished_at AS at, "
		"ending = 'RETRYABLE' OR ending = 'TERMINAL' OR ending = 'TIMEOUT' OR "
		"ending = 'PANICKED' OR ending = 'LEASE_EXPIRED' AS failed FROM cairn_job_attempt "
		"WHERE finished_at >= ?1 - 86400000000 AND (?2 IS NULL OR EXISTS (SELECT 1 "
		"FROM cairn_job o WHERE o.id = job_id AND o.tenant = ?2)))), "
		"d AS (SELECT count(*), count(*) FILTER (WHERE enabled = 0) "
		"FROM cairn_job_definition) SELECT * FROM j, a, d",
	/* schedules: sql_schedule.h names the indexes */
	SCHEDULE_TEXTS,

	/* queues, resources, owners: sql_queue.h names the indexes */
	[LITE_QUEUE_STATE] = TEXT_QUEUE_STATE,
	/* rowid */
	[LITE_JOB_AT] = "SELECT rowid, events, " JOB_COLUMNS " FROM cairn_job WHERE rowid = ?",
	[LITE_RESOURCE_FRONT] = TEXT_RESOURCE_FRONT,
	[LITE_RESOURCE_ROOM] = TEXT_RESOURCE_ROOM,
	[LITE_RESOURCE_NEXT] = TEXT_RESOURCE_NEXT,
	[LITE_RESOURCE_JOBS] = TEXT_RESOURCE_JOBS,
	[LITE_RESOURCE_NEED] = TEXT_RESOURCE_NEED,
	[LITE_QUEUES] = TEXT_QUEUES,
	[LITE_QUEUE_PAUSE] = TEXT_QUEUE_PAUSE,
	[LITE_QUEUE_RESUME] = TEXT_QUEUE_RESUME,
	[LITE_RESOURCE_SET] = TEXT_RESOURCE_SET,
	[LITE_RESOURCES] = TEXT_RESOURCES,
	[LITE_OWNER_REGISTER] = TEXT_OWNER_REGISTER,
	[LITE_OWNER_FIND] = TEXT_OWNER_FIND,
	[LITE_OWNER_BEAT] = TEXT_OWNER_BEAT,
	[LITE_OWNER_CLOSE] = TEXT_OWNER_CLOSE,
	[LITE_OWNERS] = TEXT_OWNERS,
	[LITE_OWNER_PRUNE] = TEXT_OWNER_PRUNE,
	[LITE_ITEM_FIND] = TEXT_ITEM_FIND,
	[LITE_ITEM_INSERT] = TEXT_ITEM_INSERT,
	[LITE_ITEM_UPDATE] = TEXT_ITEM_UPDATE,
	[LITE_ITEM_DELETE] = TEXT_ITEM_DELETE,
	[LITE_ITEM_GET] = TEXT_ITEM_GET,
	[LITE_ITEMS] = TEXT_ITEMS,
	[LITE_ITEMS_BELOW] = TEXT_ITEMS_BELOW,
	[LITE_ITEM_NAMESPACES] = TEXT_ITEM_NAMESPACES,
	[LITE_ITEM_EVICT] = TEXT_ITEM_EVICT,

	/* locks: sql_lock.h names the indexes */
	[LITE_LOCK_TAKE] = TEXT_LOCK_TAKE,
	[LITE_LOCK_EXTEND] = TEXT_LOCK_EXTEND,
	[LITE_LOCK_RELEASE] = TEXT_LOCK_RELEASE,
	[LITE_LOCK_GUARD] = TEXT_LOCK_GUARD,
	[LITE_LOCKS] = TEXT_LOCKS,
	[LITE_LOCK_PRUNE] = TEXT_LOCK_PRUNE,

	/* checkpoints, threads: sql_checkpoint.h names the indexes */
	CHECKPOINT_TEXTS,

	/* session logs: the texts are in sql_thread_log.h */
	[LITE_LOG_HEAD] = TEXT_LOG_HEAD,
	[LITE_LOG_MOVE] = TEXT_LOG_MOVE,
	[LITE_LOG_EVENT_INSERT] = TEXT_LOG_EVENT_INSERT,
	[LITE_LOG_EVENTS_PAGE] = TEXT_LOG_EVENTS_PAGE,
	[LITE_LOG_WATERMARK] = TEXT_LOG_WATERMARK,
	[LITE_LOG_EVENTS_REMOVE] = TEXT_LOG_EVENTS_REMOVE,
	[LITE_LOG_HEAD_DELETE] = TEXT_LOG_HEAD_DELETE,
	[LITE_LOG_HEADS] = TEXT_LOG_HEADS,

	/* runs: sql_run.h names the indexes */
	RUN_TEXTS,

	/* replay runs, signals, budgets: sql_replay.h and sql_budget.h name the indexes */
	REPLAY_TEXTS,
	BUDGET_TEXTS,

	/* none: the schema is small */
	[LITE_HISTORY_EXISTS] = "SELECT count(*) FROM main.sqlite_schema "
				"WHERE type = 'table' AND name = 'cairn_migrations'",
	/* none */
	[LITE_HISTORY_CREATE] =
		"CREATE TABLE IF NOT EXISTS main.cairn_migrations (\n"
		"	line               TEXT NOT NULL,\n"
		"	version            INTEGER NOT NULL,\n"
		"	name               TEXT NOT NULL,\n"
		"	checksum           TEXT NOT NULL,\n"
		"	introduced_version TEXT NOT NULL,\n"
		"	applied_at         INTEGER NOT NULL,\n"
		"	success            INTEGER NOT NULL CHECK (success IN (0, 1)),\n"
		"	additive           INTEGER NOT NULL CHECK (additive IN (0, 1)),\n"
		"	PRIMARY KEY (line, version)\n"
		") STRICT, WITHOUT ROWID",
	/* cairn_migrations' primary key */
	[LITE_HISTORY_LIST] =
		"SELECT version, name, checksum, introduced_version, applied_at, success, "
		"additive FROM main.cairn_migrations WHERE line = ? ORDER BY version",
	/* none to find, the primary key to fill */
	[LITE_HISTORY_INSERT] = "INSERT INTO main.cairn_migrations (line, version, name, checksum, "
				"introduced_version, applied_at, success, additive) "
				"VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	/* cairn_migrations' primary key */
	[LITE_HISTORY_DELETE] = "DELETE FROM main.cairn_migrations WHERE line = ? AND version = ?",
	/* none: the schema is small */
	[LITE_OBJECTS] = "SELECT type, name, tbl_name, sql FROM main.sqlite_schema "
			 "WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite^_%' ESCAPE '^' "
			 "AND tbl_name <> 'cairn_migrations' ORDER BY type, name",
};
