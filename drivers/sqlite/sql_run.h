/*
 * sql_run.h - the texts about runs and their steps, for sql.c. What decides comes as a parameter, from
 * the core's rules; a status that stands in a text is looked for and nothing else.
 */
#ifndef CAIRN_LITE_SQL_RUN_H
#define CAIRN_LITE_SQL_RUN_H

/* ---- inserting ------------------------------------------------------------ */

/* cairn_run_key */
#define TEXT_RUN_BY_KEY \
	"SELECT id, status, request_hash FROM cairn_run INDEXED BY cairn_run_key " \
	"WHERE type = ? AND tenant = ? AND idempotency_key = ?"

/* cairn_run_recovery */
#define TEXT_RUN_BY_RECOVERY \
	"SELECT id, status, request_hash FROM cairn_run INDEXED BY cairn_run_recovery " \
	"WHERE source_id = ? AND recovery_key = ?"

/* cairn_run_active's primary key, cairn_run.id. ?3 now, ?4: who recovers the one that has it may take it over */
#define TEXT_RUN_BY_ACTIVE \
	"SELECT r.id, r.status, r.request_hash FROM cairn_run_active a CROSS JOIN cairn_run r " \
	"WHERE a.tenant = ?1 AND a.active_key = ?2 " \
	"AND (a.free_at IS NULL OR (a.free_at > ?3 AND a.run_id <> ?4)) AND r.id = a.run_id"

/* cairn_run_active's primary key */
#define TEXT_RUN_ACTIVE_PUT \
	"INSERT INTO cairn_run_active (tenant, active_key, run_id) VALUES (?, ?, ?) " \
	"ON CONFLICT (tenant, active_key) DO UPDATE SET run_id = excluded.run_id, free_at = NULL"

/* none to find, all to fill */
#define TEXT_RUN_INSERT \
	"INSERT INTO cairn_run (id, status, type, tenant, on_failure, blocked, waiting, " \
	"enqueued, " \
	"succeeded, failed, canceled, edges, events, created_at, updated_at, active_key, " \
	"result_step, source_id, recovery_step_id, recovery_key, recovery_reason, " \
	"idempotency_key, request_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " \
	"?, ?, ?, ?, ?, ?, ?)"

/* none to find, the primary key to fill */
#define TEXT_RUN_REQUEST_INSERT \
	"INSERT INTO cairn_run_request (run_id, metadata, request) VALUES (?, ?, ?)"

/* none to find, the primary key to fill */
#define TEXT_RUN_EVENT_INSERT \
	"INSERT INTO cairn_run_event (run_id, seq, kind, status, at, reason, error_code, " \
	"error_message) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

/* none to find, all to fill */
#define STEPS_INSERT(values) \
	"INSERT INTO cairn_step (id, run_id, step_key, kind, status, pending, unsatisfied, " \
	"prerequisites, tenant, type, queue, owner, resource_key, stage, priority, max_attempts, " \
	"timeout_us, deadline_us, may_continue, created_at, released_seq, released_at, " \
	"ended_seq, finished_at, deadline_at, status_reason, error_code, error_message, payload) " \
	"VALUES " values
#define STEP_VALUES \
	"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define TEXT_STEP_INSERT      STEPS_INSERT(STEP_VALUES)
#define TEXT_STEP_INSERT_ROWS STEPS_INSERT(SIXTEEN(STEP_VALUES))

/* cairn_step.id; all of cairn_job to fill. ?1 now, ?2 how many events they have, ?3 and on: whose */
#define STEP_JOBS(whose) \
	"INSERT INTO cairn_job (id, status, queue, type, tenant, priority, run_number, attempt, " \
	"max_attempts, timeout_us, run_at, parked, owner, resource_key, fence, stage, events, " \
	"created_at, updated_at, payload, run_id, may_continue) " \
	"SELECT id, 'PENDING', queue, type, tenant, priority, 1, 0, max_attempts, timeout_us, " \
	"?1, 0, owner, resource_key, 0, stage, ?2, ?1, ?1, payload, run_id, may_continue " \
	"FROM cairn_step WHERE id " whose
#define TEXT_STEP_JOB	   STEP_JOBS("= ?3")
#define TEXT_STEP_JOB_ROWS STEP_JOBS("IN (" SIXTEEN("?") ")")

/* cairn_step.id */
#define TEXT_STEP_STAGE "SELECT stage, type FROM cairn_step WHERE id = ?"

#define EDGE_VALUES "(?, ?, ?)"
/* none to find, the primary key and the index to fill */
#define TEXT_EDGE_INSERT \
	"INSERT INTO cairn_step_edge (prerequisite_id, dependent_id, mode) VALUES " EDGE_VALUES
#define TEXT_EDGE_INSERT_ROWS \
	"INSERT INTO cairn_step_edge (prerequisite_id, dependent_id, mode) VALUES " SIXTEEN( \
		EDGE_VALUES)

/* none to find, the primary key to fill */
#define TEXT_APPEND_INSERT \
	"INSERT INTO cairn_run_append (run_id, append_key, at, request_hash, request, metadata) " \
	"VALUES (?, ?, ?, ?, ?, ?)"

/* cairn_run.id */
#define TEXT_RUN_APPEND \
	"UPDATE cairn_run SET status = ?2, blocked = ?3, waiting = ?4, enqueued = ?5, " \
	"succeeded = ?6, failed = ?7, canceled = ?8, events = ?9, updated_at = ?10, " \
	"edges = edges + ?11 WHERE id = ?1"

/* ---- the end of steps ------------------------------------------------------- */

/* cairn_run.id */
#define TEXT_RUN_STATE \
	"SELECT status, on_failure, active_key IS NOT NULL, events, blocked, waiting, enqueued, " \
	"succeeded, failed, canceled FROM cairn_run WHERE id = ?"

/* cairn_run.id */
#define TEXT_RUN_MOVE \
	"UPDATE cairn_run SET status = ?2, blocked = ?3, waiting = ?4, enqueued = ?5, " \
	"succeeded = ?6, failed = ?7, canceled = ?8, events = ?9, updated_at = ?10, " \
	"finished_at = ?11 WHERE id = ?1"

/* cairn_run.id */
#define TEXT_RUN_BLAME \
	"UPDATE cairn_run SET status_reason = ?2, error_code = ?3, error_message = ?4 " \
	"WHERE id = ?1"

/* cairn_step.id, cairn_job.id: what the job's row says, as it is now. ?5: the output, too */
#define TEXT_STEP_END_JOB \
	"UPDATE cairn_step SET status = ?2, finished_at = ?3, ended_seq = ?4, deadline_at = " \
	"NULL, " \
	"(status_reason, error_code, error_message, output) = (SELECT j.status_reason, " \
	"j.error_code, j.error_message, iif(?5, j.output, NULL) FROM cairn_job j " \
	"WHERE j.id = ?1) WHERE id = ?1 AND status = 'ENQUEUED'"

/* cairn_step.id. ?2: what it was */
#define TEXT_STEP_END \
	"UPDATE cairn_step SET status = ?3, finished_at = ?4, ended_seq = ?5, deadline_at = " \
	"NULL, " \
	"status_reason = ?6, error_code = ?7, error_message = ?8, output = ?9 " \
	"WHERE id = ?1 AND status = ?2"

/* cairn_step_edge's primary key, cairn_step.id */
#define TEXT_STEP_DEPENDENTS \
	"SELECT s.rowid, s.id, e.mode, s.kind, s.pending, s.unsatisfied, s.deadline_us, " \
	"s.stage = 'queued' FROM cairn_step_edge e CROSS JOIN cairn_step s " \
	"WHERE e.prerequisite_id = ? AND s.id = e.dependent_id AND s.status = 'BLOCKED'"

/* rowid; no index has any of these columns */
#define TEXT_STEP_COUNT "UPDATE cairn_step SET pending = ?2, unsatisfied = ?3 WHERE rowid = ?1"

/* rowid */
#define TEXT_STEP_RELEASE \
	"UPDATE cairn_step SET pending = ?2, unsatisfied = ?3, status = ?4, released_seq = ?5, " \
	"released_at = ?6, deadline_at = ?7 WHERE rowid = ?1"

/* cairn_step_run, in its own order */
#define TEXT_STEPS_OPEN \
	"SELECT id, status FROM cairn_step INDEXED BY cairn_step_run WHERE run_id = ? AND " \
	"(status = 'BLOCKED' OR status = 'ENQUEUED' OR status = 'WAITING_FOR_EXTERNAL') ORDER BY " \
	"id"

/* cairn_step_run, cairn_job.id: until when leases of canceled jobs last. ?1 run, ?2 now */
#define QUIET(run, now) \
	"(SELECT max(j.lease_expires_at) FROM cairn_step q INDEXED BY cairn_step_run " \
	"CROSS JOIN cairn_job j WHERE q.run_id = " run " AND q.status = 'CANCELED' " \
	"AND j.id = q.id AND j.status = 'CANCELED' AND j.lease_expires_at > " now ")"
#define TEXT_RUN_QUIET "SELECT " QUIET("?1", "?2")

/* cairn_run.id, cairn_run_active's primary key; it may be another one's by now */
#define ITS_ACTIVE_KEY \
	"WHERE (tenant, active_key) = (SELECT r.tenant, r.active_key FROM cairn_run r " \
	"WHERE r.id = ?1) AND run_id = ?1"
#define TEXT_RUN_ACTIVE_KEEP "UPDATE cairn_run_active SET free_at = ?2 " ITS_ACTIVE_KEY
#define TEXT_RUN_ACTIVE_DROP "DELETE FROM cairn_run_active " ITS_ACTIVE_KEY

/* ---- gates -------------------------------------------------------------------- */

/* cairn_run.id */
#define TEXT_RUN_FOUND "SELECT status FROM cairn_run WHERE id = ?1 AND (?2 IS NULL OR tenant = ?2)"

/* the UNIQUE of run and key */
#define TEXT_STEP_BY_KEY \
	"SELECT id, status, deadline_at FROM cairn_step WHERE run_id = ? AND step_key = ?"

/* cairn_step_deadline, from its beginning */
#define TEXT_STEPS_OVERDUE \
	"SELECT id, run_id, step_key FROM cairn_step INDEXED BY cairn_step_deadline " \
	"WHERE deadline_at IS NOT NULL AND deadline_at <= ? ORDER BY deadline_at, id LIMIT ?"

/* ---- reading ------------------------------------------------------------------ */

/* What run_read.c reads into a cairn_run; cairn_run_request's primary key. ?2: compact */
#define RUN_COLUMNS \
	"r.id, r.type, r.tenant, r.status, r.on_failure, r.idempotency_key, r.active_key, " \
	"r.result_step, r.blocked, r.waiting, r.enqueued, r.succeeded, r.failed, r.canceled, " \
	"r.status_reason, r.error_code, r.error_message, r.source_id, r.recovery_key, " \
	"r.recovery_reason, r.recovery_step_id, r.events, r.created_at, r.updated_at, " \
	"r.finished_at, " \
	"iif(?2, NULL, (SELECT q.metadata FROM cairn_run_request q WHERE q.run_id = r.id)), " \
	"iif(?2, NULL, (SELECT q.request FROM cairn_run_request q WHERE q.run_id = r.id)), " \
	"CASE WHEN ?2 OR r.status <> 'SUCCEEDED' THEN NULL ELSE (SELECT o.output " \
	"FROM cairn_step o WHERE o.run_id = r.id AND o.step_key = r.result_step) END"

/* ?1 scope, ?3 bits of statuses, ?4 type, ?5 source */
#define RUN_FILTER \
	"(?1 IS NULL OR r.tenant = ?1) AND ?3 & CASE r.status WHEN 'RUNNING' THEN 2 " \
	"WHEN 'WAITING_FOR_EXTERNAL' THEN 4 WHEN 'SUCCEEDED' THEN 8 " \
	"WHEN 'COMPLETED_WITH_ERRORS' THEN 16 ELSE 32 END AND (?4 IS NULL OR r.type = ?4) " \
	"AND (?5 IS NULL OR r.source_id = ?5) "

/* cairn_run.id */
#define TEXT_RUN_GET \
	"SELECT " RUN_COLUMNS " FROM cairn_run r WHERE " RUN_FILTER \
	"AND (?6 IS NULL OR r.idempotency_key = ?6) AND r.id < ?7 AND r.id = ?9 LIMIT ?8"
/* cairn_run.id, downwards from ?7 */
#define TEXT_RUNS \
	"SELECT " RUN_COLUMNS " FROM cairn_run r WHERE " RUN_FILTER \
	"AND (?6 IS NULL OR r.idempotency_key = ?6) AND r.id < ?7 ORDER BY r.id DESC LIMIT ?8"
/* cairn_run_key */
#define TEXT_RUNS_OF_KEY \
	"SELECT " RUN_COLUMNS " FROM cairn_run r INDEXED BY cairn_run_key WHERE " RUN_FILTER \
	"AND r.type = ?4 AND r.tenant = ?1 AND r.idempotency_key = ?6 AND r.id < ?7 LIMIT ?8"
/* cairn_run_key, all of a type; the few that there are of several tenants are sorted */
#define TEXT_RUNS_OF_ANY_KEY \
	"SELECT " RUN_COLUMNS " FROM cairn_run r INDEXED BY cairn_run_key WHERE " RUN_FILTER \
	"AND r.type = ?4 AND r.idempotency_key = ?6 AND r.id < ?7 ORDER BY r.id DESC LIMIT ?8"
/* cairn_run_recovery; they are sorted */
#define TEXT_RUNS_OF_SOURCE \
	"SELECT " RUN_COLUMNS " FROM cairn_run r INDEXED BY cairn_run_recovery WHERE " RUN_FILTER \
	"AND r.source_id = ?5 AND (?6 IS NULL OR r.idempotency_key = ?6) AND r.id < ?7 " \
	"ORDER BY r.id DESC LIMIT ?8"

/* What run_read.c reads into a cairn_step. ?1: compact */
#define STEP_COLUMNS \
	"s.id, s.run_id, s.step_key, s.kind, " \
	"CASE WHEN s.status = 'ENQUEUED' AND j.status = 'LEASED' THEN 'RUNNING' ELSE s.status " \
	"END, " \
	"s.may_continue, s.priority, s.type, s.queue, s.tenant, s.owner, s.resource_key, " \
	"ifnull(j.stage, s.stage), s.timeout_us, s.deadline_us, s.max_attempts, s.prerequisites, " \
	"s.pending, s.unsatisfied, j.run_number, j.attempt, s.created_at, s.released_at, " \
	"j.started_at, s.finished_at, s.deadline_at, " \
	"iif(s.status = 'ENQUEUED', j.status_reason, s.status_reason), " \
	"iif(s.status = 'ENQUEUED', j.error_code, s.error_code), " \
	"iif(s.status = 'ENQUEUED', j.error_message, s.error_message), " \
	"iif(?1, NULL, ifnull(j.payload, s.payload)), iif(?1, NULL, s.output) "

/* ?2 bits of statuses */
#define STEP_FILTER \
	"?2 & CASE s.status WHEN 'BLOCKED' THEN 2 WHEN 'WAITING_FOR_EXTERNAL' THEN 4 " \
	"WHEN 'ENQUEUED' THEN iif(j.status = 'LEASED', 16, 8) WHEN 'SUCCEEDED' THEN 32 " \
	"WHEN 'FAILED' THEN 64 ELSE 128 END "

/* cairn_step_run from ?4 on, cairn_job.id */
#define TEXT_STEPS \
	"SELECT " STEP_COLUMNS "FROM cairn_step s INDEXED BY cairn_step_run " \
	"LEFT JOIN cairn_job j ON j.id = s.id WHERE s.run_id = ?3 AND s.id > ?4 AND " STEP_FILTER \
	"ORDER BY s.id LIMIT ?5"
/* cairn_step.id, cairn_job.id */
#define TEXT_STEP_GET \
	"SELECT " STEP_COLUMNS "FROM cairn_step s LEFT JOIN cairn_job j ON j.id = s.id " \
	"WHERE s.id = ?3 AND " STEP_FILTER
/* cairn_step_edge_dependent, cairn_step.id, cairn_job.id; they are sorted */
#define TEXT_STEP_INPUTS \
	"SELECT " STEP_COLUMNS "FROM cairn_step_edge e INDEXED BY cairn_step_edge_dependent " \
	"CROSS JOIN cairn_step s LEFT JOIN cairn_job j ON j.id = s.id " \
	"WHERE e.dependent_id = ?3 AND s.id = e.prerequisite_id AND " STEP_FILTER \
	"ORDER BY s.step_key"
/* cairn_step.id, cairn_run.id */
#define TEXT_STEP_FOUND \
	"SELECT 1 FROM cairn_step s WHERE s.id = ?1 AND (?2 IS NULL OR s.tenant = ?2 OR EXISTS (" \
	"SELECT 1 FROM cairn_run r WHERE r.id = s.run_id AND r.tenant = ?2))"

/* cairn_step_run from ?2 on, cairn_step_edge_dependent, cairn_step.id */
#define TEXT_EDGES \
	"SELECT e.prerequisite_id, e.dependent_id, e.mode, p.step_key, s.step_key " \
	"FROM cairn_step s INDEXED BY cairn_step_run " \
	"CROSS JOIN cairn_step_edge e INDEXED BY cairn_step_edge_dependent " \
	"CROSS JOIN cairn_step p WHERE s.run_id = ?1 AND s.id >= ?2 AND e.dependent_id = s.id " \
	"AND (s.id > ?2 OR e.prerequisite_id > ?3) AND p.id = e.prerequisite_id " \
	"ORDER BY s.id, e.prerequisite_id LIMIT ?4"

/* cairn_run.id; cairn_run_append's primary key */
#define TEXT_RUN_LOOK \
	"SELECT r.status, r.tenant, r.events, r.edges, r.blocked, r.waiting, r.enqueued, " \
	"r.succeeded, r.failed, r.canceled, a.request_hash FROM cairn_run r " \
	"LEFT JOIN cairn_run_append a ON a.run_id = r.id AND a.append_key = ?3 " \
	"WHERE r.id = ?1 AND (?2 IS NULL OR r.tenant = ?2)"

/* ---- timelines ------------------------------------------------------------------ */

/* What run_event.c reads first of every event. Words of kinds and statuses are the core's. */
#define RUN_EVENT_OWN \
	"kind, seq, at, status, NULL AS step, NULL AS step_key, reason, error_code, error_message"
#define RUN_EVENT_RELEASED \
	"'STEP', released_seq, released_at, iif(kind = 'JOB', 'ENQUEUED', " \
	"'WAITING_FOR_EXTERNAL'), " \
	"id, step_key, NULL, NULL, NULL"
#define RUN_EVENT_ENDED \
	"'STEP', ended_seq, finished_at, status, id, step_key, status_reason, error_code, " \
	"error_message"

/* cairn_run_event's primary key, cairn_step_run; they are sorted. ?1 run, ?2 seq, ?3 limit */
#define TEXT_RUN_EVENTS \
	"SELECT " RUN_EVENT_OWN " FROM cairn_run_event WHERE run_id = ?1 AND seq > ?2 " \
	"UNION ALL SELECT " RUN_EVENT_RELEASED " FROM cairn_step INDEXED BY cairn_step_run " \
	"WHERE run_id = ?1 AND released_seq > ?2 " \
	"UNION ALL SELECT " RUN_EVENT_ENDED " FROM cairn_step INDEXED BY cairn_step_run " \
	"WHERE run_id = ?1 AND ended_seq > ?2 ORDER BY seq LIMIT ?3"

/* The rest of an event of a job, for others; who: it stands behind the run's own. */
#define NO_JOB \
	", zeroblob(16) AS who, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, " \
	"NULL, " \
	"NULL"
/* ?1 run, and where the last page ended: ?2 time, ?3 step, ?4 seq */
#define BEHIND(at, who, seq) "(" at ", " who ", " seq ") > (?2, ?3, ?4) "
#define RUN_JOBS \
	"FROM cairn_step s INDEXED BY cairn_step_run CROSS JOIN cairn_job j " \
	"WHERE s.run_id = ?1 AND j.id = s.id "
#define NO_ROW(seq) \
	"AND NOT EXISTS (SELECT 1 FROM cairn_job_event x WHERE x.job_id = j.id AND x.seq = " seq \
	") "

/*
 * The same, and cairn_job.id, cairn_job_event's and cairn_job_attempt's primary keys: a job's
 * events that have no row are told as by cairn_job_event_plain. ?5 limit
 */
#define TEXT_RUN_EVENTS_ALL \
	"SELECT " RUN_EVENT_OWN NO_JOB " FROM cairn_run_event WHERE run_id = ?1 AND " BEHIND( \
		"at", "zeroblob(16)", \
		"seq") "UNION ALL SELECT " RUN_EVENT_RELEASED NO_JOB \
		       " FROM cairn_step INDEXED BY cairn_step_run WHERE run_id = ?1 " \
		       "AND released_seq IS NOT NULL AND " BEHIND( \
			       "released_at", "zeroblob(16)", \
			       "released_seq") "UNION ALL SELECT " RUN_EVENT_ENDED NO_JOB \
					       " FROM cairn_step INDEXED BY cairn_step_run " \
					       "WHERE run_id = ?1 " \
					       "AND ended_seq IS NOT NULL AND " BEHIND( \
						       "finished_at", "zeroblob(16)", "ended_seq") \
						       TEXT_RUN_EVENTS_JOBS
#define TEXT_RUN_EVENTS_JOBS \
	"UNION ALL SELECT 'JOB', e.seq, e.at, NULL, s.id, s.step_key, e.reason, e.error_code, " \
	"e.error_message, s.id, e.kind, e.run_number, e.attempt, e.stage, e.progress_done, " \
	"e.progress_total, e.worker, e.detail, e.duration_us, e.until, e.requested, e.data " \
	"FROM cairn_step s INDEXED BY cairn_step_run CROSS JOIN cairn_job_event e " \
	"WHERE s.run_id = ?1 AND e.job_id = s.id AND " BEHIND( \
		"e.at", "s.id", \
		"e.seq") "UNION ALL SELECT 'JOB', 1, j.created_at, NULL, s.id, s.step_key, NULL, " \
			 "NULL, " \
			 "NULL, s.id, 'ENQUEUED', 1, 0, 'queued', NULL, NULL, NULL, j.type, " \
			 "NULL, " \
			 "NULL, " \
			 "NULL, NULL " RUN_JOBS "AND j.events >= 1 " NO_ROW("1") "AND " BEHIND( \
				 "j.created_at", "s.id", "1") TEXT_RUN_EVENTS_PLAIN
#define TEXT_RUN_EVENTS_PLAIN \
	"UNION ALL SELECT 'JOB', 2, a.leased_at, NULL, s.id, s.step_key, NULL, NULL, NULL, s.id, " \
	"'LEASED', a.run_number, a.attempt, 'queued', NULL, NULL, a.worker, NULL, a.lease_us, " \
	"NULL, " \
	"NULL, NULL FROM cairn_step s INDEXED BY cairn_step_run CROSS JOIN cairn_job j " \
	"CROSS JOIN cairn_job_attempt a WHERE s.run_id = ?1 AND j.id = s.id AND a.job_id = s.id " \
	"AND a.fence = 1 AND j.events >= 2 " NO_ROW("2") "AND " BEHIND( \
		"a.leased_at", "s.id", \
		"2") "UNION ALL SELECT 'JOB', 2, j.leased_at, NULL, s.id, s.step_key, NULL, " \
		     "NULL, " \
		     "NULL, " \
		     "s.id, 'LEASED', j.run_number, j.attempt, 'queued', NULL, NULL, j.worker, " \
		     "NULL, " \
		     "j.lease_us, NULL, NULL, NULL " RUN_JOBS \
		     "AND j.fence = 1 AND j.status = 'LEASED' AND j.events >= 2 " NO_ROW( \
			     "2") "AND " BEHIND("j.leased_at", "s.id", "2") TEXT_RUN_EVENTS_LAST
#define TEXT_RUN_EVENTS_LAST \
	"UNION ALL SELECT 'JOB', j.events, j.finished_at, NULL, s.id, s.step_key, NULL, NULL, " \
	"NULL, " \
	"s.id, 'SUCCEEDED', j.run_number, j.attempt, j.stage, j.progress_done, j.progress_total, " \
	"NULL, NULL, NULL, NULL, NULL, NULL " RUN_JOBS \
	"AND j.status = 'SUCCEEDED' AND j.events >= 3 " NO_ROW("j.events") "AND " BEHIND( \
		"j.finished_at", "s.id", "j.events") "ORDER BY at, who, seq LIMIT ?5"

/* ---- deleting --------------------------------------------------------------------- */

/* cairn_run_ended, in its own order; QUIET names its indexes. ?1 scope, ?2 now, ?3 bits, ?4 type, ?5 until, ?6 limit */
#define TEXT_RUNS_OLD \
	"SELECT r.id FROM cairn_run r INDEXED BY cairn_run_ended " \
	"WHERE r.finished_at IS NOT NULL AND r.finished_at <= ?5 " \
	"AND (?1 IS NULL OR r.tenant = ?1) AND (?4 IS NULL OR r.type = ?4) AND ?3 & " \
	"CASE r.status WHEN 'SUCCEEDED' THEN 8 WHEN 'COMPLETED_WITH_ERRORS' THEN 16 ELSE 32 END " \
	"AND (r.canceled = 0 OR " QUIET("r.id", "?2") " IS NULL) " \
						      "ORDER BY r.finished_at, r.id LIMIT ?6"

/* cairn_step_run, and the primary key of each table */
#define ITS_STEPS		   "IN (SELECT id FROM cairn_step INDEXED BY cairn_step_run WHERE run_id = ?)"
#define TEXT_RUN_DELETE_ATTEMPTS   "DELETE FROM cairn_job_attempt WHERE job_id " ITS_STEPS
#define TEXT_RUN_DELETE_JOB_EVENTS "DELETE FROM cairn_job_event WHERE job_id " ITS_STEPS
#define TEXT_RUN_DELETE_LOGS	   "DELETE FROM cairn_job_log WHERE job_id " ITS_STEPS
#define TEXT_RUN_DELETE_DEAD	   "DELETE FROM cairn_job_dead_letter WHERE job_id " ITS_STEPS
#define TEXT_RUN_DELETE_REPLAYS	   "DELETE FROM cairn_job_replay WHERE source_id " ITS_STEPS
#define TEXT_RUN_DELETE_JOBS	   "DELETE FROM cairn_job WHERE id " ITS_STEPS
#define TEXT_RUN_DELETE_EDGES	   "DELETE FROM cairn_step_edge WHERE prerequisite_id " ITS_STEPS
#define TEXT_RUN_DELETE_STEPS	   "DELETE FROM cairn_step WHERE run_id = ?"
#define TEXT_RUN_DELETE_REQUEST	   "DELETE FROM cairn_run_request WHERE run_id = ?"
#define TEXT_RUN_DELETE_EVENTS	   "DELETE FROM cairn_run_event WHERE run_id = ?"
#define TEXT_RUN_DELETE_APPENDS	   "DELETE FROM cairn_run_append WHERE run_id = ?"
/* cairn_run.id */
#define TEXT_RUN_DELETE "DELETE FROM cairn_run WHERE id = ?"

#define RUN_TEXTS \
	[LITE_RUN_BY_KEY] = TEXT_RUN_BY_KEY, [LITE_RUN_BY_RECOVERY] = TEXT_RUN_BY_RECOVERY, \
	[LITE_RUN_BY_ACTIVE] = TEXT_RUN_BY_ACTIVE, [LITE_RUN_ACTIVE_PUT] = TEXT_RUN_ACTIVE_PUT, \
	[LITE_RUN_INSERT] = TEXT_RUN_INSERT, [LITE_RUN_REQUEST_INSERT] = TEXT_RUN_REQUEST_INSERT, \
	[LITE_RUN_EVENT_INSERT] = TEXT_RUN_EVENT_INSERT, [LITE_STEP_INSERT] = TEXT_STEP_INSERT, \
	[LITE_STEP_INSERT_ROWS] = TEXT_STEP_INSERT_ROWS, [LITE_STEP_JOB] = TEXT_STEP_JOB, \
	[LITE_STEP_JOB_ROWS] = TEXT_STEP_JOB_ROWS, [LITE_STEP_STAGE] = TEXT_STEP_STAGE, \
	[LITE_EDGE_INSERT] = TEXT_EDGE_INSERT, [LITE_EDGE_INSERT_ROWS] = TEXT_EDGE_INSERT_ROWS, \
	[LITE_APPEND_INSERT] = TEXT_APPEND_INSERT, [LITE_RUN_APPEND] = TEXT_RUN_APPEND, \
	[LITE_RUN_STATE] = TEXT_RUN_STATE, [LITE_RUN_MOVE] = TEXT_RUN_MOVE, \
	[LITE_RUN_BLAME] = TEXT_RUN_BLAME, [LITE_STEP_END_JOB] = TEXT_STEP_END_JOB, \
	[LITE_STEP_END] = TEXT_STEP_END, [LITE_STEP_DEPENDENTS] = TEXT_STEP_DEPENDENTS, \
	[LITE_STEP_COUNT] = TEXT_STEP_COUNT, [LITE_STEP_RELEASE] = TEXT_STEP_RELEASE, \
	[LITE_STEPS_OPEN] = TEXT_STEPS_OPEN, [LITE_RUN_QUIET] = TEXT_RUN_QUIET, \
	[LITE_RUN_ACTIVE_KEEP] = TEXT_RUN_ACTIVE_KEEP, \
	[LITE_RUN_ACTIVE_DROP] = TEXT_RUN_ACTIVE_DROP, [LITE_RUN_FOUND] = TEXT_RUN_FOUND, \
	[LITE_STEP_BY_KEY] = TEXT_STEP_BY_KEY, [LITE_STEPS_OVERDUE] = TEXT_STEPS_OVERDUE, \
	[LITE_RUN_GET] = TEXT_RUN_GET, [LITE_RUNS] = TEXT_RUNS, \
	[LITE_RUNS_OF_KEY] = TEXT_RUNS_OF_KEY, [LITE_RUNS_OF_ANY_KEY] = TEXT_RUNS_OF_ANY_KEY, \
	[LITE_RUNS_OF_SOURCE] = TEXT_RUNS_OF_SOURCE, [LITE_STEPS] = TEXT_STEPS, \
	[LITE_STEP_GET] = TEXT_STEP_GET, [LITE_STEP_INPUTS] = TEXT_STEP_INPUTS, \
	[LITE_STEP_FOUND] = TEXT_STEP_FOUND, [LITE_EDGES] = TEXT_EDGES, \
	[LITE_RUN_LOOK] = TEXT_RUN_LOOK, [LITE_RUN_EVENTS] = TEXT_RUN_EVENTS, \
	[LITE_RUN_EVENTS_ALL] = TEXT_RUN_EVENTS_ALL, [LITE_RUNS_OLD] = TEXT_RUNS_OLD, \
	[LITE_RUN_DELETE_ATTEMPTS] = TEXT_RUN_DELETE_ATTEMPTS, \
	[LITE_RUN_DELETE_JOB_EVENTS] = TEXT_RUN_DELETE_JOB_EVENTS, \
	[LITE_RUN_DELETE_LOGS] = TEXT_RUN_DELETE_LOGS, \
	[LITE_RUN_DELETE_DEAD] = TEXT_RUN_DELETE_DEAD, \
	[LITE_RUN_DELETE_REPLAYS] = TEXT_RUN_DELETE_REPLAYS, \
	[LITE_RUN_DELETE_JOBS] = TEXT_RUN_DELETE_JOBS, \
	[LITE_RUN_DELETE_EDGES] = TEXT_RUN_DELETE_EDGES, \
	[LITE_RUN_DELETE_STEPS] = TEXT_RUN_DELETE_STEPS, \
	[LITE_RUN_DELETE_REQUEST] = TEXT_RUN_DELETE_REQUEST, \
	[LITE_RUN_DELETE_EVENTS] = TEXT_RUN_DELETE_EVENTS, \
	[LITE_RUN_DELETE_APPENDS] = TEXT_RUN_DELETE_APPENDS, [LITE_RUN_DELETE] = TEXT_RUN_DELETE

#endif
