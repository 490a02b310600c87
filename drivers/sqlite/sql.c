/*
 * sql.c - every SQL text of the driver. Parameters stand in the order in which
 * they are bound. Above each text stands the index it relies on ("rowid" is the table
 * itself). Where another index could offer itself, the text names its own, so that no
 * statistics and no ANALYZE can change the plan.
 */
#include "sql.h"

/* What rows.c reads into a cairn_job. */
#define JOB_SMALL \
	"id, status, queue, type, tenant, priority, run_number, attempt, max_attempts, " \
	"timeout_us, run_at, parked, lease_expires_at, heartbeat_at, leased_at, worker, owner, " \
	"fence, started_at, finished_at, stage, progress_done, progress_total, status_reason, " \
	"error_code, error_message, created_at, updated_at, idempotency_key, "
#define JOB_COLUMNS JOB_SMALL "request, payload, checkpoint, output"
#define JOB_COMPACT JOB_SMALL "NULL, NULL, NULL, NULL"

/* What change.c reads into a struct lite_row; the reaper needs some more. */
#define ROW_COLUMNS \
	"rowid, events, reap_at, status, tenant, run_number, attempt, run_at, parked, " \
	"lease_expires_at, heartbeat_at, leased_at, worker, fence, finished_at, stage, " \
	"progress_done, progress_total, status_reason, error_code, error_message"

/* What a transition may write, without the documents. */
#define MOVED_COLUMNS \
	"status = ?, run_at = ?, parked = ?, lease_expires_at = ?, reap_at = ?, " \
	"heartbeat_at = ?, leased_at = ?, worker = ?, finished_at = ?, stage = ?, " \
	"progress_done = ?, progress_total = ?, status_reason = ?, error_code = ?, " \
	"error_message = ?, events = ?, updated_at = ?"

#define INSERTED_COLUMNS \
	"id, status, queue, type, tenant, priority, run_number, attempt, max_attempts, " \
	"timeout_us, run_at, parked, owner, fence, stage, events, created_at, updated_at, payload"

#define INSERTED_VALUES "(?, 'PENDING', ?, ?, ?, ?, 1, 0, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)"

#define BRIEF_COLUMNS \
	"job_id, seq, kind, run_number, attempt, at, stage, worker, detail, duration_us"
#define BRIEF_VALUES "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

#define ATTEMPT_COLUMNS \
	"job_id, fence, run_number, attempt, worker, leased_at, finished_at, ending, error_code, " \
	"error_message, retry_delay_us, next_run_at, not_before"
#define ATTEMPT_VALUES "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* LITE_ROWS times the same, with commas between. */
#define FOUR(x)	   x ", " x ", " x ", " x
#define SIXTEEN(x) FOUR(FOUR(x))

/* What the end of a job that goes well writes: the same for all of them, but for the output. */
#define SUCCEEDED_COLUMNS \
	"status = 'SUCCEEDED', lease_expires_at = NULL, reap_at = NULL, heartbeat_at = NULL, " \
	"leased_at = NULL, worker = NULL, finished_at = ?1, updated_at = ?1, stage = ?2, " \
	"status_reason = NULL, error_code = NULL, error_message = NULL, events = events + ?3"

/* LITE_ROWS pairs of a rowid and an output. */
#define OUTPUTS \
	"WHEN ?4 THEN ?5 WHEN ?6 THEN ?7 WHEN ?8 THEN ?9 WHEN ?10 THEN ?11 " \
	"WHEN ?12 THEN ?13 WHEN ?14 THEN ?15 WHEN ?16 THEN ?17 WHEN ?18 THEN ?19 " \
	"WHEN ?20 THEN ?21 WHEN ?22 THEN ?23 WHEN ?24 THEN ?25 WHEN ?26 THEN ?27 " \
	"WHEN ?28 THEN ?29 WHEN ?30 THEN ?31 WHEN ?32 THEN ?33 WHEN ?34 THEN ?35 "
#define OUTPUT_ROWS "?4, ?6, ?8, ?10, ?12, ?14, ?16, ?18, ?20, ?22, ?24, ?26, ?28, ?30, ?32, ?34"

#define DEFINITION_COLUMNS \
	"type, version, enabled, max_attempts, timeout_us, priority, retry_base_us, " \
	"retry_cap_us, retry_jitter_us, retry_factor, created_at, updated_at"

/* What schedule.c reads; the job is NULL when there is none any more. */
#define SCHEDULE_COLUMNS \
	"name, id, type, tenant, queue, owner, cron, zone, jitter_us, misfire, catch_up, " \
	"overlap, " \
	"active, next_fire_at, last_fire_at, last_job, last_error, created_at, updated_at, " \
	"payload, " \
	"(SELECT j.status FROM cairn_job j WHERE j.id = last_job)"

/* ?1 scope, ?2 queue, ?3 type, ?4 bits of statuses, ?5 and ?6 creation times */
#define JOB_FILTER \
	"(?1 IS NULL OR tenant = ?1) AND (?2 IS NULL OR queue = ?2) AND " \
	"(?3 IS NULL OR type = ?3) AND " \
	"?4 & CASE status WHEN 'PENDING' THEN 2 WHEN 'LEASED' THEN 4 WHEN 'SUCCEEDED' THEN 8 " \
	"WHEN 'DEAD_LETTERED' THEN 16 ELSE 32 END AND " \
	"(?5 IS NULL OR created_at >= ?5) AND (?6 IS NULL OR created_at < ?6) "

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
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11) "
		"ON CONFLICT (type) DO UPDATE SET version = excluded.version, "
		"enabled = excluded.enabled, max_attempts = excluded.max_attempts, "
		"timeout_us = excluded.timeout_us, priority = excluded.priority, "
		"retry_base_us = excluded.retry_base_us, retry_cap_us = excluded.retry_cap_us, "
		"retry_jitter_us = excluded.retry_jitter_us, "
		"retry_factor = excluded.retry_factor, updated_at = excluded.updated_at "
		"WHERE (version, enabled, max_attempts, timeout_us, priority, retry_base_us, "
		"retry_cap_us, retry_jitter_us, retry_factor) IS NOT (excluded.version, "
		"excluded.enabled, excluded.max_attempts, excluded.timeout_us, "
		"excluded.priority, excluded.retry_base_us, excluded.retry_cap_us, "
		"excluded.retry_jitter_us, excluded.retry_factor)",
	/* cairn_job_definition's primary key */
	[LITE_DEFINITION_ADD] = "INSERT INTO cairn_job_definition (" DEFINITION_COLUMNS ") "
				"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11) "
				"ON CONFLICT (type) DO NOTHING",
	/* cairn_job_definition's primary key */
	[LITE_DEFINITION_BRIEF] = "SELECT enabled, max_attempts, timeout_us, priority, "
				  "retry_base_us, retry_cap_us, retry_jitter_us, retry_factor "
				  "FROM cairn_job_definition WHERE type = ?",
	/* cairn_job_definition's primary key, from ?1 on; lower() is of ASCII only */
	[LITE_DEFINITION_LIST] =
		"SELECT " DEFINITION_COLUMNS " FROM cairn_job_definition "
		"WHERE type >= ?1 AND (?2 IS NULL OR type = ?2) AND (?3 IS NULL OR type > ?3) "
		"AND (?4 IS NULL OR instr(lower(type), lower(?4)) > 0) ORDER BY type LIMIT ?5",

	/* none to find, all to fill */
	[LITE_JOB_INSERT] = "INSERT INTO cairn_job (" INSERTED_COLUMNS ") VALUES " INSERTED_VALUES,
	/* none to find, all to fill */
	[LITE_JOB_INSERT_ROWS] =
		"INSERT INTO cairn_job (" INSERTED_COLUMNS ") VALUES " SIXTEEN(INSERTED_VALUES),
	/* cairn_job_key: a job with this key answers with no row changed */
	[LITE_JOB_INSERT_KEYED] =
		"INSERT INTO cairn_job (" INSERTED_COLUMNS ", idempotency_key, request_hash, "
		"request) VALUES (?, 'PENDING', ?, ?, ?, ?, 1, 0, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, "
		"?, ?, ?) ON CONFLICT (type, tenant, idempotency_key) "
		"WHERE idempotency_key IS NOT NULL DO NOTHING",
	/* cairn_job_key */
	[LITE_JOB_BY_KEY] = "SELECT id, status, run_number, request_hash FROM cairn_job "
			    "INDEXED BY cairn_job_key "
			    "WHERE type = ? AND tenant = ? AND idempotency_key = ?",
	/* cairn_job_claim and cairn_job_parked, the first entry of each */
	[LITE_JOB_WAITING] =
		"SELECT EXISTS (SELECT 1 FROM cairn_job INDEXED BY cairn_job_claim WHERE "
		"status = 'PENDING' AND parked = 0 AND queue = ?1 AND run_at <= ?2) OR "
		"EXISTS (SELECT 1 FROM cairn_job INDEXED BY cairn_job_parked WHERE "
		"status = 'PENDING' AND parked = 1 AND queue = ?1 AND run_at <= ?2)",
	/* cairn_job_parked */
	[LITE_JOB_DUE] = "SELECT rowid FROM cairn_job INDEXED BY cairn_job_parked "
			 "WHERE status = 'PENDING' AND parked = 1 AND queue = ? AND run_at <= ? "
			 "LIMIT ?",
	/* rowid */
	[LITE_JOB_UNPARK] = "UPDATE cairn_job SET parked = 0 WHERE rowid = ?",
	/* cairn_job_claim, in its own order; the reader stops when it has enough */
	[LITE_JOB_NEXT] =
		"SELECT rowid, events, " JOB_COLUMNS " FROM cairn_job INDEXED BY cairn_job_claim "
		"WHERE status = 'PENDING' AND parked = 0 AND queue = ? AND run_at <= ? "
		"AND (owner IS NULL OR owner = ?) ORDER BY priority DESC, run_at, id",
	/* rowid */
	[LITE_JOB_LEASE] =
		"UPDATE cairn_job SET status = 'LEASED', attempt = ?2, fence = ?3, worker = ?4, "
		"leased_at = ?5, heartbeat_at = ?5, updated_at = ?5, lease_expires_at = ?6, "
		"reap_at = ?6, started_at = ?7, events = ?8 WHERE rowid = ?1",
	/* rowid */
	[LITE_JOB_LEASE_ROWS] =
		"UPDATE cairn_job SET status = 'LEASED', attempt = attempt + 1, fence = fence + 1, "
		"worker = ?1, leased_at = ?2, heartbeat_at = ?2, updated_at = ?2, "
		"lease_expires_at = ?3, reap_at = ?3, started_at = ifnull(started_at, ?2), "
		"events = events + ?4 WHERE rowid IN (" SIXTEEN("?") ")",

	/* cairn_job.id */
	[LITE_JOB_ROW] = "SELECT " ROW_COLUMNS " FROM cairn_job WHERE id = ?",
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
	/* rowid */
	[LITE_JOB_CHECKPOINT] = "UPDATE cairn_job SET checkpoint = ? WHERE rowid = ?",
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
		"INSERT INTO cairn_job_event (" BRIEF_COLUMNS ", progress_done, progress_total, "
		"reason, error_code, error_message, until, requested) "
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	/* the same for the events of a job that goes well: these columns and no others */
	[LITE_EVENT_BRIEF] = "INSERT INTO cairn_job_event (" BRIEF_COLUMNS ") VALUES " BRIEF_VALUES,
	/* none to find, the primary key to fill */
	[LITE_EVENT_BRIEF_ROWS] =
		"INSERT INTO cairn_job_event (" BRIEF_COLUMNS ") VALUES " SIXTEEN(BRIEF_VALUES),
	/* none to find, the primary key to fill */
	[LITE_ATTEMPT_INSERT] =
		"INSERT INTO cairn_job_attempt (" ATTEMPT_COLUMNS ") VALUES " ATTEMPT_VALUES,
	/* none to find, the primary key to fill */
	[LITE_ATTEMPT_INSERT_ROWS] = "INSERT INTO cairn_job_attempt (" ATTEMPT_COLUMNS
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
		"error_code, error_message, retry_delay_us, next_run_at, not_before "
		"FROM cairn_job_attempt WHERE job_id = ?1 AND fence > ?2 "
		"UNION ALL SELECT fence, run_number, attempt, worker, leased_at, NULL, NULL, "
		"NULL, NULL, NULL, NULL, NULL FROM cairn_job "
		"WHERE id = ?1 AND status = 'LEASED' AND fence > ?2 ORDER BY fence LIMIT ?3",
	/* cairn_job_event's primary key */
	[LITE_EVENTS] = "SELECT seq, kind, run_number, attempt, at, stage, progress_done, "
			"progress_total, worker, reason, error_code, error_message, detail, "
			"duration_us, until, requested FROM cairn_job_event "
			"WHERE job_id = ? AND seq > ? ORDER BY seq LIMIT ?",
	/* cairn_job_dead_letter's primary key, downwards from ?2 to ?1 */
	[LITE_DEAD_LETTERS] =
		"SELECT job_id, type, queue, tenant, run_number, attempt, error_code, "
		"error_message, payload, checkpoint, failed_at, created_at "
		"FROM cairn_job_dead_letter WHERE job_id >= ?1 AND job_id < ?2 AND "
		"(?3 IS NULL OR tenant = ?3) AND (?4 IS NULL OR type = ?4) "
		"ORDER BY job_id DESC LIMIT ?5",

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
	/* none: it counts the table */
	[LITE_STATS] =
		"SELECT queue, count(*) FILTER (WHERE status = 'PENDING' AND run_at <= ?1), "
		"count(*) FILTER (WHERE status = 'PENDING' AND run_at > ?1), "
		"count(*) FILTER (WHERE status = 'LEASED'), "
		"count(*) FILTER (WHERE status = 'LEASED' AND lease_expires_at < ?1), "
		"min(run_at) FILTER (WHERE status = 'PENDING' AND run_at <= ?1), "
		"count(*) FILTER (WHERE status = 'SUCCEEDED'), "
		"count(*) FILTER (WHERE status = 'DEAD_LETTERED'), "
		"count(*) FILTER (WHERE status = 'CANCELED') "
		"FROM cairn_job WHERE ?2 IS NULL OR tenant = ?2 GROUP BY queue ORDER BY queue",

	/* cairn_schedule's primary key; a row that would not change is not written. ?17: exact */
	[LITE_SCHEDULE_PUT] =
		"INSERT INTO cairn_schedule (name, id, type, tenant, queue, owner, cron, zone, "
		"jitter_us, misfire, catch_up, overlap, active, next_fire_at, created_at, "
		"updated_at, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
		"?13, ?14, ?15, ?15, ?16) "
		"ON CONFLICT (name) DO UPDATE SET type = excluded.type, queue = excluded.queue, "
		"owner = excluded.owner, cron = excluded.cron, zone = excluded.zone, "
		"jitter_us = excluded.jitter_us, misfire = excluded.misfire, "
		"catch_up = excluded.catch_up, overlap = excluded.overlap, "
		"active = CASE WHEN ?17 THEN excluded.active ELSE active END, "
		"next_fire_at = CASE WHEN cron = excluded.cron AND zone = excluded.zone "
		"THEN next_fire_at ELSE excluded.next_fire_at END, "
		"payload = excluded.payload, updated_at = excluded.updated_at "
		"WHERE (type, queue, owner, cron, zone, jitter_us, misfire, catch_up, overlap, "
		"payload) IS NOT (excluded.type, excluded.queue, excluded.owner, excluded.cron, "
		"excluded.zone, excluded.jitter_us, excluded.misfire, excluded.catch_up, "
		"excluded.overlap, excluded.payload) OR (?17 AND active <> excluded.active)",
	/* both primary keys: whether it would be active without an enabled definition */
	[LITE_SCHEDULE_LACKS] =
		"SELECT CASE WHEN ?4 THEN ?3 ELSE "
		"COALESCE((SELECT active FROM cairn_schedule WHERE name = ?1), ?3) END = 1 "
		"AND NOT EXISTS (SELECT 1 FROM cairn_job_definition "
		"WHERE type = ?2 AND enabled = 1)",
	/* cairn_schedule's primary key, from ?1 on; lower() is of ASCII only. ?8: 1 on, 2 off */
	[LITE_SCHEDULE_LIST] =
		"SELECT " SCHEDULE_COLUMNS " FROM cairn_schedule "
		"WHERE name >= ?1 AND (?2 IS NULL OR name = ?2) AND (?3 IS NULL OR name > ?3) "
		"AND (?4 IS NULL OR instr(lower(name), lower(?4)) > 0) "
		"AND (?5 IS NULL OR tenant = ?5) AND (?6 IS NULL OR +type = ?6) "
		"AND (?7 IS NULL OR next_fire_at < ?7) "
		"AND ?8 & CASE active WHEN 1 THEN 1 ELSE 2 END ORDER BY name LIMIT ?9",
	/* cairn_schedule_due, from its beginning */
	[LITE_SCHEDULE_DUE] =
		"SELECT " SCHEDULE_COLUMNS " FROM cairn_schedule INDEXED BY cairn_schedule_due "
		"WHERE active = 1 AND next_fire_at <= ?1 AND (?2 IS NULL OR tenant = ?2) "
		"ORDER BY next_fire_at, name LIMIT ?3",
	/* both primary keys */
	[LITE_SCHEDULE_STATE] =
		"SELECT active, next_fire_at, EXISTS (SELECT 1 FROM cairn_job_definition d "
		"WHERE d.type = s.type AND d.enabled = 1) FROM cairn_schedule s "
		"WHERE name = ?1 AND (?2 IS NULL OR tenant = ?2)",
	/* cairn_schedule's primary key */
	[LITE_SCHEDULE_SET] = "UPDATE cairn_schedule SET active = ?2, next_fire_at = ?3, "
			      "updated_at = ?4 WHERE name = ?1",
	/* the UNIQUE of its id */
	[LITE_SCHEDULE_HELD] =
		"SELECT 1 FROM cairn_schedule WHERE id = ?1 AND active = 1 AND next_fire_at = ?2",
	/* the UNIQUE of its id */
	[LITE_SCHEDULE_MOVE] = "UPDATE cairn_schedule SET next_fire_at = ?2, last_error = ?3, "
			       "last_fire_at = COALESCE(?4, last_fire_at), "
			       "last_job = COALESCE(?5, last_job), updated_at = ?6 WHERE id = ?1",
	/* cairn_job_definition's primary key, then cairn_schedule_type */
	[LITE_SCHEDULE_STRANDED] =
		"SELECT s.name FROM cairn_job_definition d CROSS JOIN cairn_schedule s "
		"INDEXED BY cairn_schedule_type WHERE d.type = ?1 AND d.enabled = 0 "
		"AND s.type = ?1 AND s.active = 1 ORDER BY s.name LIMIT 1",

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
