/*
 * sql_change.h - the statements that change jobs somebody holds, as pieces for sql.c.
 *
 * Rows are locked in id order: parameters are arrays in id order, and a row finds its
 * item by bisection (width_bucket), not by a join. A guard that depends on time can't stand
 * in the WHERE alone: Postgres does not test that again when whoever it waited for only locked
 * the row or rolled back. CHANGE locks first and tests then. HEARTBEAT and SUCCEED, which are
 * most of the work, save that: they test in the WHERE, and once more on the row they hold;
 * if the lease ran out while they waited, they fail with division_by_zero, before anything
 * is committed, and the call is done again behind LOCK_JOBS. So where an error would hurt, in
 * the application's transaction, they come behind LOCK_JOBS at once.
 *
 * The numbers are those of cairn_change_set, cairn_job_status and cairn_event_kind; change.c
 * asserts them.
 */
#ifndef CAIRN_PG_SQL_CHANGE_H
#define CAIRN_PG_SQL_CHANGE_H

/*
 * Statements of one call write one time: the installed clock's ($1), else by $2 (PG_TIME_…) the
 * statement's, the one that LOCK_JOBS left behind, or the start of the transaction, where
 * that is the call's own and ends with it.
 */
#define LEFT_T "NULLIF(current_setting('cairn.now', true), '')::timestamp AT TIME ZONE 'UTC'"
#define CALL_T \
	"COALESCE($1::timestamptz, CASE $2::int4 WHEN 1 THEN now() WHEN 2 THEN " LEFT_T \
	" END, statement_timestamp())"

/* What leases are held against: read again for each row. */
#define TICK "COALESCE($1, clock_timestamp())"

/*
 * The lease a worker shows: $3 ids, $4 fences. (Asked for LEASED, the planner might take the index
 * of deadlines, in which all leases of everybody stand.)
 */
#define HELD \
	"l.id = ANY ($3::uuid[]) AND l.status <> 'PENDING' " \
	"AND l.fence = ($4::int8[])[width_bucket(l.id, $3)] AND l.lease_expires_at > " TICK

/* 1, unless the lease that was read is over now and nothing was locked before. */
#define STILL(lease) "1 / CASE WHEN $2 < 2 AND " lease " <= " TICK " THEN 0 ELSE 1 END"

/*
 * $5: the new lease. No column of an index changes, unless the lease gets shorter. The former
 * lease is looked up (in the statement's snapshot) only if there was time for it to end.
 */
#define HEARTBEAT \
	"UPDATE @schema.cairn_job_live l " \
	"SET lease_expires_at = " CALL_T " + $5::int8 * interval '1 microsecond', " \
	"heartbeat_at = " CALL_T ", updated_at = " CALL_T ", " \
	"reap_at = LEAST(l.reap_at, " CALL_T " + $5 * interval '1 microsecond') WHERE " HELD \
	" RETURNING width_bucket(l.id, $3), CASE WHEN clock_timestamp() > statement_timestamp() " \
	"+ interval '10 milliseconds' THEN (SELECT " STILL("o.lease_expires_at") \
	" FROM @schema.cairn_job_live o WHERE o.id = l.id) ELSE 1 END, l.run_at, l.lease_expires_at"

/* What a job takes along unchanged when it moves from live to done. */
#define MOVED(j) \
	j ".id, " j ".created_at, " j ".fence, " j ".timeout_us, " j ".priority, " j \
	  ".run_number, " j ".attempt, " j ".max_attempts, " j ".queue, " j ".type, " j \
	  ".tenant, " j ".payload, " j ".started_at, " j ".owner, " j ".idempotency_key"

#define INTO_DONE \
	"INSERT INTO @schema.cairn_job_done (id, created_at, fence, timeout_us, priority, " \
	"run_number, attempt, max_attempts, queue, type, tenant, payload, started_at, owner, " \
	"idempotency_key, updated_at, finished_at, run_at, events, status, stage, " \
	"lease_expires_at, heartbeat_at, leased_at, worker, progress_done, progress_total, " \
	"checkpoint, output, status_reason, error_code, error_message) "

#define INTO_ATTEMPT \
	"INSERT INTO @schema.cairn_job_attempt (job_id, fence, leased_at, finished_at, " \
	"run_number, attempt, ending, worker, error_code, error_message, retry_delay_us, " \
	"next_run_at, not_before) "

#define INTO_EVENT \
	"INSERT INTO @schema.cairn_job_event (job_id, seq, at, run_number, attempt, kind, stage, " \
	"progress_done, progress_total, reason, error_code, error_message, detail, duration_us, " \
	"until, requested) "

#define INTO_DEAD \
	"INSERT INTO @schema.cairn_job_dead_letter AS d (job_id, created_at, failed_at, " \
	"run_number, attempt, type, queue, tenant, payload, checkpoint, error_code, " \
	"error_message) "

/* A later dead letter of a job replaces the former and keeps when that was written. */
#define DEAD_AGAIN \
	" ON CONFLICT (job_id) DO UPDATE SET failed_at = excluded.failed_at, " \
	"run_number = excluded.run_number, attempt = excluded.attempt, type = excluded.type, " \
	"queue = excluded.queue, tenant = excluded.tenant, payload = excluded.payload, " \
	"checkpoint = excluded.checkpoint, error_code = excluded.error_code, " \
	"error_message = excluded.error_message"

/* $5: outputs, $6: stage, $7: 1 writes the event. The fields are those of a plain success. */
#define SUCCEED \
	"WITH gone AS (DELETE FROM @schema.cairn_job_live l WHERE " HELD " RETURNING " MOVED("l") \
	", " CALL_T " AS now, l.run_at, l.events, l.leased_at, l.worker, l.progress_done, " \
	"l.progress_total, l.checkpoint, width_bucket(l.id, $3) AS n, " \
	STILL("l.lease_expires_at") " AS still), " \
	"done AS (" INTO_DONE "SELECT " MOVED("g") ", g.now, g.now, g.run_at, g.events + $7::int4, " \
	"'SUCCEEDED', $6::text, NULL, NULL, NULL, NULL, g.progress_done, g.progress_total, " \
	"g.checkpoint, ($5::json[])[g.n], NULL, NULL, NULL FROM gone g), " \
	"attempt AS (" INTO_ATTEMPT "SELECT g.id, g.fence, g.leased_at, g.now, g.run_number, " \
	"g.attempt, 'SUCCEEDED', g.worker, NULL, NULL, NULL, NULL, NULL FROM gone g), " \
	"event AS (" INTO_EVENT "SELECT g.id, g.events + 1, g.now, g.run_number, g.attempt, " \
	"'SUCCEEDED', $6, g.progress_done, g.progress_total, NULL, NULL, NULL, NULL, NULL, NULL, " \
	"NULL FROM gone g WHERE $7 = 1) " \
	"SELECT g.n, g.still, g.run_at, NULL::timestamptz FROM gone g"

/*
 * Any change: $4 fences, $5 guards, $6 from, $7 to, $8 endings, $9 sets, $10 events, $11 tenants
 * (NULL: any), $12 run_after, $13 not_before (-infinity: none), $14 leases, $15 reasons, $16 error
 * codes, $17 error messages, $18 outputs, $19 stages, $20 checkpoints, $21 done, $22 total.
 */
#define CHANGE_LOCK \
	"WITH locked AS MATERIALIZED (SELECT l.id, l.status, l.fence, l.lease_expires_at, " \
	"l.run_at, l.tenant, l.run_number, l.attempt, l.worker, l.leased_at, l.stage, " \
	"l.progress_done, l.progress_total, l.events, width_bucket(l.id, $3::uuid[]) AS n " \
	"FROM @schema.cairn_job_live l WHERE l.id = ANY ($3) ORDER BY l.id FOR NO KEY UPDATE), " \
	"clock AS MATERIALIZED (SELECT k.tick, COALESCE(CASE $2::int4 WHEN 1 THEN now() WHEN 2 THEN " \
	LEFT_T " END, k.tick) AS now FROM (SELECT COALESCE($1::timestamptz, clock_timestamp()) " \
	"AS tick FROM (SELECT count(*) AS n FROM locked) held WHERE held.n >= 0 OFFSET 0) k), "

/* The row as it will be, as far as more than one table wants to know. */
#define CHANGE_HIT \
	"hit AS MATERIALIZED (SELECT s.n, s.id, s.fence, s.run_number, s.attempt, s.worker, " \
	"s.leased_at, s.events, s.now, s.target, s.ending, s.sets, s.notes, s.run_after, " \
	"s.not_before, s.status = 'LEASED' AS was_leased, s.lease_expires_at AS lease_was, " \
	"CASE WHEN s.sets & 1 <> 0 THEN GREATEST(s.due, s.not_before) ELSE s.run_at END AS run_at, " \
	"CASE WHEN s.sets & 4096 <> 0 THEN NULL WHEN s.sets & 2 <> 0 THEN s.now + s.lease " \
	"ELSE s.lease_expires_at END AS lease_expires_at, " \
	"CASE WHEN s.sets & 32 <> 0 THEN ($19::text[])[s.n] ELSE s.stage END AS stage, " \
	"s.done, s.total, COALESCE(s.done <= s.total, true) AS ok, s.due, " \
	"CASE WHEN s.sets & 4 <> 0 THEN ($15::text[])[s.n] END AS reason, " \
	"CASE WHEN s.sets & 8 <> 0 THEN ($16::text[])[s.n] END AS error_code, " \
	"CASE WHEN s.sets & 8 <> 0 THEN ($17::text[])[s.n] END AS error_message " \
	"FROM (SELECT k.*, c.now, c.tick, ($7::int4[])[k.n] AS target, " \
	"('{SUCCEEDED,RETRYABLE,TERMINAL,TIMEOUT,PANICKED,LEASE_EXPIRED,CANCELED,CONTINUED," \
	"SNOOZED,RELEASED}'::text[])[($8::int4[])[k.n]] AS ending, " \
	"($9::int4[])[k.n] AS sets, ($10::int4[])[k.n] AS notes, ($12::int8[])[k.n] AS run_after, " \
	"c.now + ($12)[k.n] * interval '1 microsecond' AS due, " \
	"($13::timestamptz[])[k.n] AS not_before, " \
	"($14::int8[])[k.n] * interval '1 microsecond' AS lease, " \
	"CASE WHEN ($9)[k.n] & 64 <> 0 THEN ($21::int8[])[k.n] ELSE k.progress_done END AS done, " \
	"CASE WHEN ($9)[k.n] & 128 <> 0 THEN ($22::int8[])[k.n] ELSE k.progress_total END AS total " \
	"FROM locked k CROSS JOIN clock c OFFSET 0) s " \
	"WHERE (($5::int4[])[s.n] & 1 = 0 OR s.fence = ($4::int8[])[s.n]) " \
	"AND (($5)[s.n] & 2 = 0 OR s.lease_expires_at > s.tick) " \
	"AND (($5)[s.n] & 4 = 0 OR COALESCE(s.tenant = ($11::text[])[s.n], true)) " \
	"AND ($6::int4[])[s.n] & CASE s.status WHEN 'PENDING' THEN 2 ELSE 4 END <> 0), "

#define NOTED(h) \
	"((" h ".notes >> 5) & 1) + ((" h ".notes >> 6) & 1) + ((" h ".notes >> 7) & 1) + ((" h \
	".notes >> 8) & 1) + ((" h ".notes >> 9) & 1)"

#define KEEP_OR(bit, parameter, column) \
	"CASE WHEN h.sets & " bit " <> 0 THEN " parameter "[h.n] ELSE " column " END"

#define CHANGE_WRITE \
	"kept AS (UPDATE @schema.cairn_job_live l SET " \
	"status = CASE h.target WHEN 1 THEN 'PENDING' ELSE 'LEASED' END, updated_at = h.now, " \
	"run_at = h.run_at, parked = CASE WHEN h.sets & 1 <> 0 THEN h.run_at > h.now " \
	"ELSE l.parked END, lease_expires_at = h.lease_expires_at, " \
	"reap_at = CASE WHEN h.target = 1 THEN NULL " \
	"ELSE LEAST(l.reap_at, h.lease_expires_at) END, " \
	"heartbeat_at = CASE WHEN h.sets & 2048 <> 0 THEN NULL WHEN h.sets & 2 <> 0 THEN h.now " \
	"ELSE l.heartbeat_at END, " \
	"leased_at = CASE WHEN h.sets & 2048 <> 0 THEN NULL ELSE l.leased_at END, " \
	"worker = CASE WHEN h.sets & 2048 <> 0 THEN NULL ELSE l.worker END, stage = h.stage, " \
	"progress_done = h.done, progress_total = h.total, " \
	"checkpoint = " KEEP_OR("256", "($20::json[])", "l.checkpoint") ", " \
	"output = " KEEP_OR("16", "($18::json[])", "l.output") ", " \
	"status_reason = CASE WHEN h.sets & 4 <> 0 THEN h.reason ELSE l.status_reason END, " \
	"error_code = CASE WHEN h.sets & 8 <> 0 THEN h.error_code ELSE l.error_code END, " \
	"error_message = CASE WHEN h.sets & 8 <> 0 THEN h.error_message ELSE l.error_message END, " \
	"events = l.events + " NOTED("h") " FROM hit h WHERE l.id = h.id AND h.ok " \
	"AND h.target <= 2), " \
	"gone AS (DELETE FROM @schema.cairn_job_live l USING hit h WHERE l.id = h.id AND h.ok " \
	"AND h.target > 2 RETURNING " MOVED("l") ", h.now, h.run_at, " \
	"l.events + " NOTED("h") " AS events, h.target, h.sets, h.stage, h.lease_expires_at, " \
	"CASE WHEN h.sets & 2048 <> 0 THEN NULL WHEN h.sets & 2 <> 0 THEN h.now " \
	"ELSE l.heartbeat_at END AS heartbeat_at, " \
	"CASE WHEN h.sets & 2048 <> 0 THEN NULL ELSE l.leased_at END AS leased_at, " \
	"CASE WHEN h.sets & 2048 <> 0 THEN NULL ELSE l.worker END AS worker, h.done, h.total, " \
	KEEP_OR("256", "($20)", "l.checkpoint") " AS checkpoint, " \
	KEEP_OR("16", "($18)", "l.output") " AS output, " \
	"CASE WHEN h.sets & 4 <> 0 THEN h.reason ELSE l.status_reason END AS reason, " \
	"CASE WHEN h.sets & 8 <> 0 THEN h.error_code ELSE l.error_code END AS error_code, " \
	"CASE WHEN h.sets & 8 <> 0 THEN h.error_message ELSE l.error_message END " \
	"AS error_message), "

#define CHANGE_HISTORY \
	"done AS (" INTO_DONE "SELECT " MOVED("g") ", g.now, g.now, g.run_at, g.events, " \
	"('{SUCCEEDED,DEAD_LETTERED,CANCELED}'::text[])[g.target - 2], g.stage, " \
	"g.lease_expires_at, g.heartbeat_at, g.leased_at, g.worker, g.done, g.total, " \
	"g.checkpoint, g.output, g.reason, g.error_code, g.error_message FROM gone g), " \
	"dead AS (" INTO_DEAD "SELECT g.id, g.now, g.now, g.run_number, g.attempt, g.type, " \
	"g.queue, g.tenant, g.payload, g.checkpoint, g.error_code, g.error_message FROM gone g " \
	"WHERE g.sets & 1024 <> 0" DEAD_AGAIN "), " \
	"attempt AS (" INTO_ATTEMPT "SELECT h.id, h.fence, h.leased_at, h.now, h.run_number, " \
	"h.attempt, h.ending, h.worker, h.error_code, h.error_message, " \
	"CASE WHEN h.target = 1 THEN h.run_after END, CASE WHEN h.target = 1 THEN h.run_at END, " \
	"CASE WHEN h.target = 1 THEN NULLIF(h.not_before, '-infinity') END " \
	"FROM hit h WHERE h.ok AND h.was_leased AND h.ending IS NOT NULL), " \
	"event AS (" INTO_EVENT \
	"SELECT h.id, h.events + 1, h.now, h.run_number, h.attempt, 'SUCCEEDED', h.stage, h.done, " \
	"h.total, NULL, NULL, NULL, NULL, NULL::int8, NULL::timestamptz, NULL::timestamptz " \
	"FROM hit h WHERE h.ok AND h.notes & 32 <> 0 " \
	"UNION ALL SELECT h.id, h.events + 1 + ((h.notes >> 5) & 1), h.now, h.run_number, " \
	"h.attempt, 'FAILED', NULL, NULL, NULL, NULL, h.error_code, h.error_message, h.ending, " \
	"NULL, NULL, NULL FROM hit h WHERE h.ok AND h.notes & 64 <> 0 " \
	"UNION ALL SELECT h.id, h.events + 1 + ((h.notes >> 5) & 1) + ((h.notes >> 6) & 1), " \
	"h.now, h.run_number, h.attempt, 'RETRY_SCHEDULED', NULL, NULL, NULL, NULL, NULL, NULL, " \
	"CASE WHEN h.not_before > h.due THEN 'HANDLER_NOT_BEFORE' ELSE 'POLICY' END, h.run_after, " \
	"h.run_at, NULLIF(h.not_before, '-infinity') FROM hit h WHERE h.ok AND h.notes & 128 <> 0 " \
	"UNION ALL SELECT h.id, h.events + 1 + ((h.notes >> 5) & 1) + ((h.notes >> 6) & 1) + " \
	"((h.notes >> 7) & 1), h.now, h.run_number, h.attempt, 'DEAD_LETTERED', NULL, NULL, NULL, " \
	"NULL, h.error_code, NULL, h.ending, NULL, NULL, NULL " \
	"FROM hit h WHERE h.ok AND h.notes & 256 <> 0 " \
	"UNION ALL SELECT h.id, h.events + " NOTED("h") ", h.now, h.run_number, h.attempt, " \
	"'CANCELED', NULL, NULL, NULL, h.reason, NULL, NULL, NULL, NULL, " \
	"CASE WHEN h.was_leased THEN h.lease_was END, NULL " \
	"FROM hit h WHERE h.ok AND h.notes & 512 <> 0) " \
	"SELECT h.n, h.ok::int4, h.run_at, h.lease_expires_at FROM hit h"

/* ---- reap ---- */

/*
 * $2 limit, $3 retry delay, $4 error code, $5 error message, $6: 1 writes events. Leases that
 * heartbeats have extended are pushed forward in the index of deadlines on the way.
 */
#define REAP_T "COALESCE($1::timestamptz, statement_timestamp())"

#define REAP_HIT \
	"WITH hit AS MATERIALIZED (SELECT l.id, l.type, l.tenant, l.worker, l.leased_at, l.fence, " \
	"l.run_number, l.attempt, l.max_attempts, l.events, l.lease_expires_at, l.run_at, " \
	"l.attempt < l.max_attempts AS again FROM @schema.cairn_job_live l " \
	"WHERE l.status = 'LEASED' AND l.reap_at < " REAP_T " AND l.lease_expires_at < " REAP_T \
	" ORDER BY l.lease_expires_at, l.id LIMIT $2::int8 FOR NO KEY UPDATE SKIP LOCKED), " \
	"pushed AS (UPDATE @schema.cairn_job_live SET reap_at = lease_expires_at " \
	"WHERE ctid = ANY (ARRAY(SELECT p.ctid FROM @schema.cairn_job_live p " \
	"WHERE p.status = 'LEASED' AND p.reap_at < " REAP_T " AND p.lease_expires_at >= " REAP_T \
	" ORDER BY p.reap_at LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED))), "

#define REAP_WRITE \
	"kept AS (UPDATE @schema.cairn_job_live l SET status = 'PENDING', updated_at = " REAP_T \
	", run_at = " REAP_T " + $3::int8 * interval '1 microsecond', parked = $3 > 0, " \
	"lease_expires_at = NULL, reap_at = NULL, heartbeat_at = NULL, leased_at = NULL, " \
	"worker = NULL, output = NULL, status_reason = 'LEASE_EXPIRED', error_code = $4::text, " \
	"error_message = $5::text, events = l.events + 2 * $6::int4 FROM hit h " \
	"WHERE l.id = h.id AND h.again RETURNING l.id), " \
	"gone AS (DELETE FROM @schema.cairn_job_live l USING hit h WHERE l.id = h.id " \
	"AND NOT h.again RETURNING " MOVED("l") ", l.run_at, l.events, l.stage, l.progress_done, " \
	"l.progress_total, l.checkpoint), " \
	"done AS (" INTO_DONE "SELECT " MOVED("g") ", " REAP_T ", " REAP_T \
	", g.run_at, g.events + 2 * $6, 'DEAD_LETTERED', g.stage, NULL, NULL, NULL, NULL, " \
	"g.progress_done, g.progress_total, g.checkpoint, NULL, 'LEASE_EXPIRED', $4, $5 " \
	"FROM gone g), " \
	"dead AS (" INTO_DEAD "SELECT g.id, " REAP_T ", " REAP_T ", g.run_number, g.attempt, " \
	"g.type, g.queue, g.tenant, g.payload, g.checkpoint, $4, $5 FROM gone g" DEAD_AGAIN "), "

#define REAP_HISTORY \
	"attempt AS (" INTO_ATTEMPT "SELECT h.id, h.fence, h.leased_at, " REAP_T \
	", h.run_number, h.attempt, 'LEASE_EXPIRED', h.worker, $4, $5, " \
	"CASE WHEN h.again THEN $3 END, " \
	"CASE WHEN h.again THEN " REAP_T " + $3 * interval '1 microsecond' END, NULL FROM hit h), " \
	"event AS (" INTO_EVENT "SELECT h.id, h.events + 1, " REAP_T ", h.run_number, h.attempt, " \
	"'FAILED', NULL, NULL::int8, NULL::int8, NULL, $4, $5, 'LEASE_EXPIRED', NULL::int8, " \
	"NULL::timestamptz, NULL::timestamptz FROM hit h WHERE $6 = 1 " \
	"UNION ALL SELECT h.id, h.events + 2, " REAP_T ", h.run_number, h.attempt, " \
	"CASE WHEN h.again THEN 'RETRY_SCHEDULED' ELSE 'DEAD_LETTERED' END, NULL, NULL, NULL, " \
	"NULL, CASE WHEN NOT h.again THEN $4 END, NULL, " \
	"CASE WHEN h.again THEN 'POLICY' ELSE 'LEASE_EXPIRED' END, " \
	"CASE WHEN h.again THEN $3 END, " \
	"CASE WHEN h.again THEN " REAP_T " + $3 * interval '1 microsecond' END, NULL " \
	"FROM hit h WHERE $6 = 1) " \
	"SELECT h.id, h.type, h.tenant, h.worker, h.fence, h.run_number, h.attempt, " \
	"h.max_attempts, h.again, CASE WHEN h.again THEN " REAP_T \
	" + $3 * interval '1 microsecond' ELSE h.run_at END, h.lease_expires_at FROM hit h " \
	"ORDER BY h.lease_expires_at, h.id"

#endif
