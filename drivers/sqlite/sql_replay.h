/*
 * sql_replay.h - the texts of replay runs and signals; above each the index it relies on. What a run's job must be
 * is looked at by the UNIQUE of cairn_job.id, runs by the primary key of cairn_replay.
 */
#ifndef CAIRN_LITE_SQL_REPLAY_H
#define CAIRN_LITE_SQL_REPLAY_H

/* ---- begin ------------------------------------------------------------------------ */

/* cairn_job.id, the primary keys of cairn_replay and cairn_job_definition; the UNIQUE of run and seq, its last entry */
#define TEXT_REPLAY_BEGIN \
	"SELECT j.rowid, j.attempt, j.status_reason, j.lease_expires_at, j.replay, " \
	"ifnull(d.retention_us, 0), r.root_id, r.parent_id, r.attempt, r.fence, r.scope, r.code, " \
	"(SELECT p.status = 'CANCELED' FROM cairn_job p WHERE p.id = r.parent_id), " \
	"(SELECT max(m.seq) FROM cairn_memo m WHERE m.run_id = ?1) " \
	"FROM cairn_job j LEFT JOIN cairn_replay r ON r.run_id = ?1 " \
	"LEFT JOIN cairn_job_definition d ON d.type = j.type " \
	"WHERE j.id = ?1 AND j.fence = ?2 AND j.status = 'LEASED' AND j.lease_expires_at > ?3"

/* none to find, the primary key to fill */
#define TEXT_REPLAY_INSERT \
	"INSERT INTO cairn_replay (run_id, root_id, parent_id, shared, attempt, fence, begun_at, " \
	"scope, code) VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?)"

/* cairn_replay's primary key */
#define TEXT_REPLAY_AGAIN \
	"UPDATE cairn_replay SET attempt = ?2, begun_at = iif(fence = ?3, begun_at, ?4), " \
	"fence = ?3, code = ifnull(?5, code) WHERE run_id = ?1"

/* rowid */
#define TEXT_JOB_REPLAY "UPDATE cairn_job SET replay = ?2 WHERE rowid = ?1"

/* The seq of the newest event, of a replay run as well: cairn_job_event's primary key, its last entry. */
#define NEWEST(id) \
	"max(events, ifnull((SELECT max(e.seq) FROM cairn_job_event e WHERE e.job_id = " id "), " \
	"0))"

/* cairn_job_event's primary key, its last entry */
#define TEXT_EVENT_LAST "SELECT max(seq) FROM cairn_job_event WHERE job_id = ?"

/* ---- steps ------------------------------------------------------------------------ */

/* cairn_job.id, cairn_replay's primary key; the UNIQUE of run and seq, its last entry */
#define TEXT_REPLAY_HELD \
	"SELECT j.rowid, " NEWEST( \
		"?1") ", j.run_number, j.attempt, j.tenant, r.root_id, " \
		      "r.attempt, " \
		      "(SELECT max(m.seq) FROM cairn_memo m WHERE m.run_id = ?1) " \
		      "FROM cairn_job j CROSS JOIN cairn_replay r WHERE j.id = ?1 AND j.fence = " \
		      "?2 " \
		      "AND j.status = 'LEASED' AND j.lease_expires_at > ?3 AND r.run_id = ?1"

/* cairn_job.id */
#define TEXT_JOB_LEASED \
	"SELECT rowid, " NEWEST("?1") ", run_number, attempt FROM cairn_job " \
				      "WHERE id = ?1 AND fence = ?2 " \
				      "AND status = 'LEASED' AND lease_expires_at > ?3"

/* rowid; no index has this column */
#define TEXT_JOB_TOLD "UPDATE cairn_job SET events = ?2 WHERE rowid = ?1"

/* What replay.c reads into a cairn_memo. */
#define MEMO_SMALL \
	"seq, run_id, name, kind, verb, status, attempts, failures, last_attempt, timed_out, " \
	"fence, claim, child_id, signal, wake_at, created_at, begun_at, ended_at, hash, " \
	"error_code, error_message, "

/* the UNIQUE of run and name */
#define TEXT_MEMO_NAMED \
	"SELECT rowid, " MEMO_SMALL "result, NULL FROM cairn_memo WHERE run_id = ? AND name = ?"

/* the UNIQUE of run and seq */
#define TEXT_MEMO_AT \
	"SELECT rowid, " MEMO_SMALL "result, NULL FROM cairn_memo WHERE run_id = ? AND seq = ?"

/* the UNIQUE of run and seq, from ?2 on. ?4: what of them may be long, 0: all, 1: nothing, 2: the result */
#define TEXT_MEMOS \
	"SELECT " MEMO_SMALL "iif(?4 = 1, NULL, result), iif(?4 <> 0, NULL, signature) " \
	"FROM cairn_memo WHERE run_id = ?1 AND seq > ?2 AND ?5 & CASE status " \
	"WHEN 'RUNNING' THEN 2 WHEN 'WAITING' THEN 4 WHEN 'COMPLETED' THEN 8 ELSE 16 END " \
	"ORDER BY seq LIMIT ?3"

/* the UNIQUE of run and name */
#define TEXT_MEMO_OF \
	"SELECT " MEMO_SMALL "iif(?4 = 1, NULL, result), iif(?4 <> 0, NULL, signature) " \
	"FROM cairn_memo WHERE run_id = ?1 AND seq > ?2 AND ?5 & CASE status " \
	"WHEN 'RUNNING' THEN 2 WHEN 'WAITING' THEN 4 WHEN 'COMPLETED' THEN 8 ELSE 16 END " \
	"AND name = ?6 LIMIT ?3"

/* the UNIQUE of run and name: one that is there answers with no row changed */
#define TEXT_MEMO_INSERT \
	"INSERT INTO cairn_memo (run_id, seq, name, kind, verb, status, attempts, failures, " \
	"last_attempt, timed_out, fence, claim, child_id, signal, wake_at, created_at, begun_at, " \
	"ended_at, hash, result, signature, error_code, error_message) VALUES (?1, ?2, ?3, ?4, " \
	"?5, ?6, 1, 0, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?15, ?16, ?17, ?18, NULL, NULL) " \
	"ON CONFLICT (run_id, name) DO NOTHING"

/* rowid */
#define TEXT_MEMO_UPDATE \
	"UPDATE cairn_memo SET status = ?2, attempts = ?3, failures = ?4, last_attempt = ?5, " \
	"timed_out = ?6, fence = ?7, claim = ?8, child_id = ?9, wake_at = ?10, begun_at = ?11, " \
	"ended_at = ?12, error_code = ?13, error_message = ?14, result = ?15 WHERE rowid = ?1"

/* rowid */
#define TEXT_MEMO_LEAVE \
	"UPDATE cairn_memo SET status = ?2, failures = ?3, wake_at = ?4, ended_at = ?5, " \
	"error_code = ?6, error_message = ?7, result = ?8 WHERE rowid = ?1"

/* cairn_job.id */
#define TEXT_CHILD_END \
	"SELECT status, error_code, error_message, output FROM cairn_job WHERE id = ?"

/* cairn_job.id */
#define TEXT_CHILD_MARK "UPDATE cairn_job SET replay = 1 WHERE id = ?"

/* ---- signals, waking ---------------------------------------------------------------- */

/* cairn_job.id; the primary key of cairn_signal, its last entry */
#define TEXT_SIGNAL_JOB \
	"SELECT rowid, " NEWEST( \
		"?1") ", run_number, attempt, status, replay, " \
		      "(SELECT max(s.seq) FROM cairn_signal s WHERE s.run_id = ?1) " \
		      "FROM cairn_job WHERE id = ?1 AND (?2 IS NULL OR tenant = ?2)"

/* cairn_signal_key */
#define TEXT_SIGNAL_KEYED \
	"SELECT seq, name, hash FROM cairn_signal INDEXED BY cairn_signal_key " \
	"WHERE run_id = ? AND key = ?"

/* none to find, all to fill */
#define TEXT_SIGNAL_INSERT \
	"INSERT INTO cairn_signal (run_id, seq, name, key, sent_at, hash, payload) " \
	"VALUES (?, ?, ?, ?, ?, ?, ?)"

/* cairn_signal_untaken, its first entry of the name */
#define TEXT_SIGNAL_NEXT \
	"SELECT seq, payload FROM cairn_signal INDEXED BY cairn_signal_untaken " \
	"WHERE run_id = ? AND name = ? AND taken_by IS NULL ORDER BY seq LIMIT 1"

/* cairn_signal's primary key */
#define TEXT_SIGNAL_TAKE "UPDATE cairn_signal SET taken_by = ?3 WHERE run_id = ?1 AND seq = ?2"

/* cairn_signal's primary key, from ?2 on */
#define TEXT_SIGNALS \
	"SELECT seq, run_id, name, key, sent_at, taken_by, payload FROM cairn_signal " \
	"WHERE run_id = ?1 AND seq > ?2 AND (?3 IS NULL OR name = ?3) " \
	"AND (?4 = 0 OR taken_by IS NULL) ORDER BY seq LIMIT ?5"

/* cairn_job.id, then cairn_memo_waiting, cairn_signal_untaken, cairn_job.id */
#define TEXT_WAKE \
	"UPDATE cairn_job SET run_at = ?2, parked = 0 WHERE id = ?1 AND status = 'PENDING' " \
	"AND attempt = 0 AND status_reason = 'HANDLER_CONTINUATION' AND run_at > ?2 " \
	"AND EXISTS (SELECT 1 FROM cairn_memo m INDEXED BY cairn_memo_waiting " \
	"WHERE m.status = 'WAITING' AND m.run_id = ?1 AND m.fence = cairn_job.fence AND CASE " \
	"m.verb " \
	"WHEN 'SIGNAL' THEN EXISTS (SELECT 1 FROM cairn_signal s INDEXED BY cairn_signal_untaken " \
	"WHERE s.run_id = ?1 AND s.name = m.signal AND s.taken_by IS NULL) " \
	"WHEN 'CHILD' THEN NOT EXISTS (SELECT 1 FROM cairn_job c WHERE c.id = m.child_id " \
	"AND (c.status = 'PENDING' OR c.status = 'LEASED')) ELSE 0 END)"

/* cairn_replay's primary key */
#define TEXT_REPLAY_PARENT \
	"SELECT parent_id FROM cairn_replay WHERE run_id = ? AND parent_id IS NOT NULL"

/* cairn_memo_awaited from its beginning, cairn_job.id, cairn_signal_untaken, cairn_signal_key. A run that waits twice for it comes once. */
#define TEXT_SIGNAL_WAITING \
	"SELECT m.run_id FROM cairn_memo m INDEXED BY cairn_memo_awaited CROSS JOIN cairn_job j " \
	"WHERE m.signal IS NOT NULL AND m.status = 'WAITING' AND m.signal = ?1 " \
	"AND j.id = m.run_id AND j.fence = m.fence AND j.status = 'PENDING' AND j.attempt = 0 " \
	"AND j.parked = 1 AND j.status_reason = 'HANDLER_CONTINUATION' " \
	"AND (?2 IS NULL OR j.tenant = ?2) AND (?3 IS NULL OR j.type = ?3) " \
	"AND NOT EXISTS (SELECT 1 FROM cairn_signal s INDEXED BY cairn_signal_untaken " \
	"WHERE s.run_id = m.run_id AND s.name = ?1 AND s.taken_by IS NULL) " \
	"AND (?4 IS NULL OR NOT EXISTS (SELECT 1 FROM cairn_signal k INDEXED BY cairn_signal_key " \
	"WHERE k.run_id = m.run_id AND k.key = ?4)) GROUP BY m.run_id ORDER BY m.run_id LIMIT ?5"

/* ---- reading ------------------------------------------------------------------------- */

/* ?1 scope, ?2 type, ?3 bits of statuses, ?4 and ?5 creation times, ?6: without documents */
#define REPLAY_COLUMNS \
	"SELECT r.run_id, r.root_id, r.parent_id, r.source_id, r.shared, r.attempt, r.fence, " \
	"r.scope, r.code, j.status, j.parked, j.status_reason, j.run_number, j.type, j.queue, " \
	"j.tenant, j.owner, j.worker, j.error_code, j.error_message, j.run_at, " \
	"j.lease_expires_at, j.created_at, j.started_at, j.finished_at, j.updated_at, " \
	"iif(?6, NULL, j.payload), iif(?6, NULL, j.output) "
#define REPLAY_FILTER \
	"AND j.id = r.run_id AND (?1 IS NULL OR j.tenant = ?1) AND (?2 IS NULL OR j.type = ?2) " \
	"AND (?4 IS NULL OR j.created_at >= ?4) AND (?5 IS NULL OR j.created_at < ?5) AND ?3 & " \
	"CASE j.status WHEN 'PENDING' THEN iif(j.parked = 1 AND " \
	"j.status_reason = 'HANDLER_CONTINUATION', 8, 2) WHEN 'LEASED' THEN 4 " \
	"WHEN 'SUCCEEDED' THEN 16 WHEN 'DEAD_LETTERED' THEN 32 ELSE 64 END "

/* cairn_replay's primary key, downwards from ?7 */
#define TEXT_REPLAYS \
	REPLAY_COLUMNS \
	"FROM cairn_replay r CROSS JOIN cairn_job j WHERE r.run_id < ?7 " REPLAY_FILTER \
	"AND (?9 IS NULL OR r.root_id = ?9) ORDER BY r.run_id DESC LIMIT ?8"

/* cairn_replay's primary key */
#define TEXT_REPLAY_GET \
	REPLAY_COLUMNS "FROM cairn_replay r CROSS JOIN cairn_job j WHERE r.run_id < ?7 " \
		       "AND r.run_id = ?10 " REPLAY_FILTER \
		       "AND (?9 IS NULL OR r.root_id = ?9) LIMIT ?8"

/* cairn_replay_tree, for each its primary key */
#define TEXT_REPLAY_TREE \
	REPLAY_COLUMNS \
	"FROM (SELECT run_id AS id FROM cairn_replay INDEXED BY cairn_replay_tree " \
	"WHERE parent_id IS NOT NULL AND root_id = ?9 AND run_id < ?7 " \
	"UNION ALL SELECT run_id FROM cairn_replay WHERE run_id = ?9 AND root_id = ?9 " \
	"AND run_id < ?7) t CROSS JOIN cairn_replay r CROSS JOIN cairn_job j WHERE " \
	"r.run_id = t.id " REPLAY_FILTER "ORDER BY r.run_id DESC LIMIT ?8"

/* cairn_replay_child */
#define TEXT_REPLAY_CHILDREN \
	"SELECT run_id FROM cairn_replay INDEXED BY cairn_replay_child " \
	"WHERE parent_id IS NOT NULL AND parent_id = ?1 AND run_id < ?2 ORDER BY run_id DESC"

/* the UNIQUE of run and seq, cairn_replay_child */
#define TEXT_REPLAY_COUNTS \
	"SELECT count(*), count(*) FILTER (WHERE status = 'COMPLETED'), " \
	"count(*) FILTER (WHERE status = 'FAILED'), count(*) FILTER (WHERE status = 'WAITING'), " \
	"(SELECT count(*) FROM cairn_replay INDEXED BY cairn_replay_child " \
	"WHERE parent_id IS NOT NULL AND parent_id = ?1) FROM cairn_memo WHERE run_id = ?1"

/* cairn_job.id, cairn_replay's primary key */
#define TEXT_REPLAY_FOUND \
	"SELECT 1 FROM cairn_job j CROSS JOIN cairn_replay r WHERE j.id = ?1 " \
	"AND (?2 IS NULL OR j.tenant = ?2) AND r.run_id = ?1"

/* ---- forks --------------------------------------------------------------------------- */

/* cairn_job.id, cairn_replay's primary key */
#define TEXT_FORK_SOURCE \
	"SELECT j.rowid, j.type, j.tenant, j.resource_key FROM cairn_job j " \
	"CROSS JOIN cairn_replay r WHERE j.id = ?1 AND (?2 IS NULL OR j.tenant = ?2) " \
	"AND r.run_id = ?1"

/* one of the UNIQUEs of cairn_memo */
#define TEXT_FORK_NAME "SELECT seq FROM cairn_memo WHERE run_id = ? AND name = ?"
#define TEXT_FORK_SEQ  "SELECT seq FROM cairn_memo WHERE run_id = ? AND seq = ?"

/* rowid; all to fill */
#define TEXT_FORK_JOB \
	"INSERT INTO cairn_job (id, status, queue, type, tenant, priority, run_number, attempt, " \
	"max_attempts, timeout_us, run_at, parked, owner, resource_key, fence, stage, events, " \
	"created_at, updated_at, payload, replay) SELECT ?2, 'PENDING', ifnull(?5, queue), type, " \
	"tenant, priority, 1, 0, max_attempts, timeout_us, ?4, ?4 > ?3, ifnull(?6, owner), " \
	"resource_key, 0, 'queued', ?7, ?3, ?3, payload, 1 FROM cairn_job WHERE rowid = ?1"

/* cairn_replay's primary key */
#define TEXT_FORK_REPLAY \
	"INSERT INTO cairn_replay (run_id, root_id, source_id, shared, attempt, fence, scope, " \
	"code) SELECT ?2, ?2, ?1, ?3, 0, 0, scope, ifnull(?4, code) FROM cairn_replay " \
	"WHERE run_id = ?1"

/* the UNIQUE of run and seq */
#define MEMO_KEPT \
	"seq, name, kind, verb, status, attempts, failures, last_attempt, timed_out, fence, " \
	"claim, child_id, signal, wake_at, created_at, begun_at, ended_at, hash, error_code, " \
	"error_message, result, signature"
#define TEXT_FORK_MEMOS \
	"INSERT INTO cairn_memo (run_id, " MEMO_KEPT ") SELECT ?2, " MEMO_KEPT " FROM cairn_memo " \
	"WHERE run_id = ?1 AND seq <= ?3 AND status = 'COMPLETED' ORDER BY seq"

/* ---- deleting ------------------------------------------------------------------------ */

/* What may still go on: cairn_job.id for each run of the tree. */
#define LIVING \
	"EXISTS (SELECT 1 FROM (SELECT t.run_id AS of FROM cairn_replay t " \
	"INDEXED BY cairn_replay_tree WHERE t.parent_id IS NOT NULL AND t.root_id = j.id " \
	"UNION ALL SELECT j.id) CROSS JOIN cairn_job k WHERE k.id = of AND " \
	"(k.status = 'PENDING' OR k.status = 'LEASED' OR k.lease_expires_at > ?2)) "

/* ?1 scope, ?2 now, ?3 type, ?4 bits of statuses, ?5 until */
#define REMOVABLE \
	"j.replay = 1 AND j.finished_at IS NOT NULL AND j.finished_at <= ?5 " \
	"AND j.run_id IS NULL AND (?1 IS NULL OR j.tenant = ?1) AND (?3 IS NULL OR j.type = ?3) " \
	"AND ?4 & CASE j.status WHEN 'PENDING' THEN 2 WHEN 'LEASED' THEN 4 " \
	"WHEN 'SUCCEEDED' THEN 8 WHEN 'DEAD_LETTERED' THEN 16 ELSE 32 END " \
	"AND r.run_id = j.id AND r.parent_id IS NULL "

/* cairn_job_replayed, in its own order; the reader stops when it has enough */
#define TEXT_REPLAYS_OLD \
	"SELECT j.id, " LIVING "FROM cairn_job j INDEXED BY cairn_job_replayed " \
	"CROSS JOIN cairn_replay r WHERE " REMOVABLE "ORDER BY j.finished_at, j.id"

/* cairn_job.id */
#define TEXT_REPLAY_OLD \
	"SELECT j.id, " LIVING \
	"FROM cairn_job j CROSS JOIN cairn_replay r WHERE j.id = ?6 AND " REMOVABLE

/* cairn_step_run, cairn_job.id */
#define TEXT_RUN_REPLAYS \
	"SELECT j.id FROM cairn_step s INDEXED BY cairn_step_run CROSS JOIN cairn_job j " \
	"WHERE s.run_id = ? AND j.id = s.id AND j.replay <> 0"

/* cairn_replay_tree, and then what finds the rows of a job or a run */
#define BELOW \
	"IN (SELECT run_id FROM cairn_replay INDEXED BY cairn_replay_tree " \
	"WHERE parent_id IS NOT NULL AND root_id = ?1)"
#define TEXT_TREE_DELETE_ATTEMPTS "DELETE FROM cairn_job_attempt WHERE job_id " BELOW
#define TEXT_TREE_DELETE_EVENTS	  "DELETE FROM cairn_job_event WHERE job_id " BELOW
#define TEXT_TREE_DELETE_LOGS	  "DELETE FROM cairn_job_log WHERE job_id " BELOW
#define TEXT_TREE_DELETE_DEAD	  "DELETE FROM cairn_job_dead_letter WHERE job_id " BELOW
#define TEXT_TREE_DELETE_RERUNS	  "DELETE FROM cairn_job_replay WHERE source_id " BELOW
#define TEXT_TREE_DELETE_JOBS	  "DELETE FROM cairn_job WHERE id " BELOW
#define TEXT_TREE_DELETE_MEMOS	  "DELETE FROM cairn_memo WHERE run_id " BELOW
#define TEXT_TREE_DELETE_SIGNALS  "DELETE FROM cairn_signal WHERE run_id " BELOW
#define TEXT_TREE_DELETE \
	"DELETE FROM cairn_replay INDEXED BY cairn_replay_tree " \
	"WHERE parent_id IS NOT NULL AND root_id = ?1"
/* each by its primary key, memos by the UNIQUE of run and seq */
#define TEXT_REPLAY_DELETE_MEMOS   "DELETE FROM cairn_memo WHERE run_id = ?"
#define TEXT_REPLAY_DELETE_SIGNALS "DELETE FROM cairn_signal WHERE run_id = ?"
#define TEXT_REPLAY_DELETE_BUDGETS "DELETE FROM cairn_budget WHERE root_id = ?"
#define TEXT_REPLAY_DELETE_ENTRIES "DELETE FROM cairn_budget_entry WHERE root_id = ?"
#define TEXT_REPLAY_DELETE_RUN	   "DELETE FROM cairn_replay WHERE run_id = ?"
/* cairn_job.id */
#define TEXT_JOB_ROWID "SELECT rowid FROM cairn_job WHERE id = ?"

#define REPLAY_TEXTS \
	[LITE_REPLAY_BEGIN] = TEXT_REPLAY_BEGIN, [LITE_EVENT_LAST] = TEXT_EVENT_LAST, \
	[LITE_REPLAY_INSERT] = TEXT_REPLAY_INSERT, [LITE_REPLAY_AGAIN] = TEXT_REPLAY_AGAIN, \
	[LITE_JOB_REPLAY] = TEXT_JOB_REPLAY, [LITE_REPLAY_HELD] = TEXT_REPLAY_HELD, \
	[LITE_JOB_LEASED] = TEXT_JOB_LEASED, [LITE_JOB_TOLD] = TEXT_JOB_TOLD, \
	[LITE_MEMO_NAMED] = TEXT_MEMO_NAMED, [LITE_MEMO_AT] = TEXT_MEMO_AT, \
	[LITE_MEMOS] = TEXT_MEMOS, [LITE_MEMO_OF] = TEXT_MEMO_OF, \
	[LITE_MEMO_INSERT] = TEXT_MEMO_INSERT, [LITE_MEMO_UPDATE] = TEXT_MEMO_UPDATE, \
	[LITE_MEMO_LEAVE] = TEXT_MEMO_LEAVE, [LITE_CHILD_END] = TEXT_CHILD_END, \
	[LITE_CHILD_MARK] = TEXT_CHILD_MARK, [LITE_SIGNAL_JOB] = TEXT_SIGNAL_JOB, \
	[LITE_SIGNAL_KEYED] = TEXT_SIGNAL_KEYED, [LITE_SIGNAL_INSERT] = TEXT_SIGNAL_INSERT, \
	[LITE_SIGNAL_NEXT] = TEXT_SIGNAL_NEXT, [LITE_SIGNAL_TAKE] = TEXT_SIGNAL_TAKE, \
	[LITE_SIGNALS] = TEXT_SIGNALS, [LITE_WAKE] = TEXT_WAKE, \
	[LITE_REPLAY_PARENT] = TEXT_REPLAY_PARENT, [LITE_SIGNAL_WAITING] = TEXT_SIGNAL_WAITING, \
	[LITE_REPLAYS] = TEXT_REPLAYS, [LITE_REPLAY_GET] = TEXT_REPLAY_GET, \
	[LITE_REPLAY_TREE] = TEXT_REPLAY_TREE, [LITE_REPLAY_CHILDREN] = TEXT_REPLAY_CHILDREN, \
	[LITE_REPLAY_COUNTS] = TEXT_REPLAY_COUNTS, [LITE_REPLAY_FOUND] = TEXT_REPLAY_FOUND, \
	[LITE_FORK_SOURCE] = TEXT_FORK_SOURCE, [LITE_FORK_NAME] = TEXT_FORK_NAME, \
	[LITE_FORK_SEQ] = TEXT_FORK_SEQ, [LITE_FORK_JOB] = TEXT_FORK_JOB, \
	[LITE_FORK_REPLAY] = TEXT_FORK_REPLAY, [LITE_FORK_MEMOS] = TEXT_FORK_MEMOS, \
	[LITE_REPLAYS_OLD] = TEXT_REPLAYS_OLD, [LITE_REPLAY_OLD] = TEXT_REPLAY_OLD, \
	[LITE_RUN_REPLAYS] = TEXT_RUN_REPLAYS, \
	[LITE_TREE_DELETE_ATTEMPTS] = TEXT_TREE_DELETE_ATTEMPTS, \
	[LITE_TREE_DELETE_EVENTS] = TEXT_TREE_DELETE_EVENTS, \
	[LITE_TREE_DELETE_LOGS] = TEXT_TREE_DELETE_LOGS, \
	[LITE_TREE_DELETE_DEAD] = TEXT_TREE_DELETE_DEAD, \
	[LITE_TREE_DELETE_RERUNS] = TEXT_TREE_DELETE_RERUNS, \
	[LITE_TREE_DELETE_JOBS] = TEXT_TREE_DELETE_JOBS, \
	[LITE_TREE_DELETE_MEMOS] = TEXT_TREE_DELETE_MEMOS, \
	[LITE_TREE_DELETE_SIGNALS] = TEXT_TREE_DELETE_SIGNALS, \
	[LITE_TREE_DELETE] = TEXT_TREE_DELETE, \
	[LITE_REPLAY_DELETE_MEMOS] = TEXT_REPLAY_DELETE_MEMOS, \
	[LITE_REPLAY_DELETE_SIGNALS] = TEXT_REPLAY_DELETE_SIGNALS, \
	[LITE_REPLAY_DELETE_BUDGETS] = TEXT_REPLAY_DELETE_BUDGETS, \
	[LITE_REPLAY_DELETE_ENTRIES] = TEXT_REPLAY_DELETE_ENTRIES, \
	[LITE_REPLAY_DELETE_RUN] = TEXT_REPLAY_DELETE_RUN, [LITE_JOB_ROWID] = TEXT_JOB_ROWID

#endif
