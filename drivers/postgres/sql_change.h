/*
 * sql_change.h - the statements that change jobs somebody holds, as pieces for sql.c.
 *
 * Rows are locked in id order: parameters are arrays in id order, and a row finds its
 * item by bisection (width_bucket), not by a join. What depends on time is tested on the
 * locked row: a WHERE sees the row as it was before the wait, and is not tested again when
 * whoever held the row only locked it or rolled back. CHANGE locks first and tests then.
 * HEARTBEAT and SUCCEED, which are most of the work, save that step: they take every
 * row whose fence fits and then hold the lease that they took against the clock; one that
 * is over fails the statement before anything is committed, and the call is done again
 * behind LOCK_JOBS, where a WHERE can test. So where an error would hurt, in the application's
 * transaction, they come behind LOCK_JOBS at once.
 *
 * The numbers are those of cairn_change_set, cairn_job_status and cairn_event_kind; change.c
 * asserts them.
 */
#ifndef CAIRN_PG_SQL_CHANGE_H
#define CAIRN_PG_SQL_CHANGE_H

/* SQL is laid out by its clauses. */
/* clang-format off */

/*
 * Statements of one call write one time: the installed clock's ($1), else by $2 (PG_TIME_…) the
 * statement's, the one that LOCK_JOBS left behind, or the start of the transaction, where
 * that is the call's own and ends with it. (The planner looks at LEFT_T even where nothing
 * was left.)
 */
#define LEFT_T "NULLIF(current_setting('cairn.now', true), '')::timestamp AT TIME ZONE 'UTC'"
#define CALL_T \
	"COALESCE($1::timestamptz, CASE $2::int4 WHEN 1 THEN now() WHEN 2 THEN " LEFT_T " END, " \
	"statement_timestamp())"

/* What leases are held against: read again for each row. */
#define TICK "COALESCE($1, clock_timestamp())"

/* ---- what is written where ---------------------------------------------- */

/* What a job takes along unchanged when it moves from live to done. */
#define MOVED(j) \
	j ".id, " j ".created_at, " j ".fence, " j ".timeout_us, " j ".priority, " \
	j ".run_number, " j ".attempt, " j ".max_attempts, " j ".queue, " j ".type, " \
	j ".tenant, " j ".payload, " j ".started_at, " j ".owner, " j ".idempotency_key"

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

/* ---- heartbeats and plain successes: $3 ids, $4 fences ------------------ */

/*
 * The lease a worker shows. (Asked for LEASED, the planner might take the index of
 * deadlines, in which all leases of everybody stand.)
 */
#define HELD \
	"l.id = ANY ($3::uuid[]) AND l.status <> 'PENDING' " \
	"AND l.fence = ($4::int8[])[width_bucket(l.id, $3)] " \
	"AND ($2 < 2 OR l.lease_expires_at > " TICK ")"

/*
 * 1; where nothing was locked before, an error unless the lease still runs. A text that is no
 * number is the error at hand that can say something to who reads the server's log.
 */
#define RUNS(lease) \
	"CASE WHEN $2 < 2 AND " lease " <= " TICK " " \
	"THEN ('cairn: the lease of ' || l.id || ' ran out')::int4 ELSE 1 END"

/*
 * $5: the new lease. No column of an index changes, unless the lease gets shorter. The former
 * lease is tested as it is replaced, and once more, looked up in the statement's snapshot, if
 * there was time for it to end while the statement waited.
 */
#define HEARTBEAT \
	"UPDATE @schema.cairn_job_live l SET " \
	"lease_expires_at = " CALL_T " + ($5::int8 * (" RUNS("l.lease_expires_at") ")) " \
	"* interval '1 microsecond', heartbeat_at = " CALL_T ", updated_at = " CALL_T ", " \
	"reap_at = LEAST(l.reap_at, " CALL_T " + $5 * interval '1 microsecond') " \
	"WHERE " HELD " RETURNING width_bucket(l.id, $3), " \
	"CASE WHEN clock_timestamp() > statement_timestamp() + interval '10 milliseconds' THEN (" \
		"SELECT " RUNS("o.lease_expires_at") " " \
		"FROM @schema.cairn_job_live o WHERE o.id = l.id" \
	") ELSE 1 END, l.run_at, l.lease_expires_at"

/*
 * $5: outputs, $6: stage, $7: 1 writes the event. The fields are those of a plain success. What
 * history wants stands in front: the rest of a row need not be taken apart for it.
 */
#define SUCCEED \
	"WITH gone AS (" \
		"DELETE FROM @schema.cairn_job_live l WHERE " HELD " " \
		"RETURNING l.id, l.fence, " CALL_T " AS now, l.leased_at, l.run_number, " \
		"l.attempt, l.worker, l.events, width_bucket(l.id, $3) AS n, " \
		RUNS("l.lease_expires_at") " AS runs, l.run_at, l.progress_done, " \
		"l.progress_total, l.checkpoint, l.created_at, l.timeout_us, l.priority, " \
		"l.max_attempts, l.queue, l.type, l.tenant, l.payload, l.started_at, l.owner, " \
		"l.idempotency_key" \
	"), done AS (" \
		INTO_DONE \
		"SELECT " MOVED("g") ", g.now, g.now, g.run_at, g.events + $7::int4, " \
		"'SUCCEEDED', $6::text, NULL, NULL, NULL, NULL, g.progress_done, " \
		"g.progress_total, g.checkpoint, ($5::json[])[g.n], NULL, NULL, NULL FROM gone g" \
	"), attempt AS (" \
		INTO_ATTEMPT \
		"SELECT g.id, g.fence, g.leased_at, g.now, g.run_number, g.attempt, 'SUCCEEDED', " \
		"g.worker, NULL, NULL, NULL, NULL, NULL FROM gone g" \
	"), event AS (" \
		INTO_EVENT \
		"SELECT g.id, g.events + 1, g.now, g.run_number, g.attempt, 'SUCCEEDED', $6, " \
		"g.progress_done, g.progress_total, NULL, NULL, NULL, NULL, NULL, NULL, NULL " \
		"FROM gone g WHERE $7 = 1" \
	") SELECT g.n, g.runs, g.run_at, NULL::timestamptz FROM gone g"

/* ---- any change --------------------------------------------------------- */

/*
 * $3 ids, $4 fences, $5 guards, $6 from, $7 to, $8 endings, $9 sets, $10 events, $11 tenants (NULL:
 * any), $12 run_after, $13 not_before (-infinity: none), $14 leases, $15 reasons, $16 error codes,
 * $17 error messages, $18 outputs, $19 stages, $20 checkpoints, $21 done, $22 total.
 *
 * now is what is written, tick what leases are held against; both after every lock is held.
 */
#define CHANGE_LOCK \
	"WITH locked AS MATERIALIZED (" \
		"SELECT l.id, l.status, l.fence, l.lease_expires_at, l.run_at, l.tenant, " \
		"l.run_number, l.attempt, l.worker, l.leased_at, l.stage, l.progress_done, " \
		"l.progress_total, l.events, width_bucket(l.id, $3::uuid[]) AS n " \
		"FROM @schema.cairn_job_live l WHERE l.id = ANY ($3) " \
		"ORDER BY l.id FOR NO KEY UPDATE" \
	"), clock AS MATERIALIZED (" \
		"SELECT k.tick, COALESCE($1::timestamptz, CASE $2::int4 WHEN 1 THEN now() " \
		"WHEN 2 THEN " LEFT_T " END, k.tick) AS now FROM (" \
			"SELECT COALESCE($1, clock_timestamp()) AS tick " \
			"FROM (SELECT count(*) AS n FROM locked) held WHERE held.n >= 0 OFFSET 0" \
		") k" \
	"), "

/* What holds, and the row as it will be, as far as more than one table wants to know. */
#define CHANGE_HIT \
	"hit AS MATERIALIZED (" \
		"SELECT s.n, s.id, s.fence, s.run_number, s.attempt, s.worker, s.leased_at, " \
		"s.events, s.now, s.target, s.ending, s.sets, s.notes, s.run_after, " \
		"s.not_before, s.due, s.done, s.total, COALESCE(s.done <= s.total, true) AS ok, " \
		"s.status = 'LEASED' AS was_leased, s.lease_expires_at AS lease_was, " \
		"CASE WHEN s.sets & 1 <> 0 THEN GREATEST(s.due, s.not_before) " \
		"ELSE s.run_at END AS run_at, " \
		"CASE WHEN s.sets & 4096 <> 0 THEN NULL " \
		"WHEN s.sets & 2 <> 0 THEN s.now + s.lease ELSE s.lease_expires_at END " \
		"AS lease_expires_at, " \
		"CASE WHEN s.sets & 32 <> 0 THEN ($19::text[])[s.n] ELSE s.stage END AS stage, " \
		"CASE WHEN s.sets & 4 <> 0 THEN ($15::text[])[s.n] END AS reason, " \
		"CASE WHEN s.sets & 8 <> 0 THEN ($16::text[])[s.n] END AS error_code, " \
		"CASE WHEN s.sets & 8 <> 0 THEN ($17::text[])[s.n] END AS error_message " \
		"FROM (" \
			"SELECT k.*, c.now, c.tick, ($7::int4[])[k.n] AS target, " \
			"('{SUCCEEDED,RETRYABLE,TERMINAL,TIMEOUT,PANICKED,LEASE_EXPIRED," \
			"CANCELED,CONTINUED,SNOOZED,RELEASED}'::text[])[($8::int4[])[k.n]] " \
			"AS ending, ($9::int4[])[k.n] AS sets, ($10::int4[])[k.n] AS notes, " \
			"($12::int8[])[k.n] AS run_after, " \
			"c.now + ($12)[k.n] * interval '1 microsecond' AS due, " \
			"($13::timestamptz[])[k.n] AS not_before, " \
			"($14::int8[])[k.n] * interval '1 microsecond' AS lease, " \
			"CASE WHEN ($9)[k.n] & 64 <> 0 THEN ($21::int8[])[k.n] " \
			"ELSE k.progress_done END AS done, " \
			"CASE WHEN ($9)[k.n] & 128 <> 0 THEN ($22::int8[])[k.n] " \
			"ELSE k.progress_total END AS total " \
			"FROM locked k CROSS JOIN clock c OFFSET 0" \
		") s WHERE (($5::int4[])[s.n] & 1 = 0 OR s.fence = ($4::int8[])[s.n]) " \
		"AND (($5)[s.n] & 2 = 0 OR s.lease_expires_at > s.tick) " \
		"AND (($5)[s.n] & 4 = 0 OR COALESCE(s.tenant = ($11::text[])[s.n], true)) " \
		"AND ($6::int4[])[s.n] & CASE s.status WHEN 'PENDING' THEN 2 ELSE 4 END <> 0" \
	"), "

/* A bit of the events to write, and how many of the lower ones there are: their order is theirs. */
#define NOTED(bit) "((h.notes >> " bit ") & 1)"
#define ALL_NOTED \
	NOTED("5") " + " NOTED("6") " + " NOTED("7") " + " NOTED("8") " + " NOTED("9")

#define SET_OR(bit, value, column) \
	"CASE WHEN h.sets & " bit " <> 0 THEN " value " ELSE " column " END"

#define CHANGE_WRITE \
	"kept AS (" \
		"UPDATE @schema.cairn_job_live l SET " \
		"status = CASE h.target WHEN 1 THEN 'PENDING' ELSE 'LEASED' END, " \
		"updated_at = h.now, run_at = h.run_at, " \
		"parked = " SET_OR("1", "h.run_at > h.now", "l.parked") ", " \
		"lease_expires_at = h.lease_expires_at, " \
		"reap_at = CASE WHEN h.target = 1 THEN NULL " \
		"ELSE LEAST(l.reap_at, h.lease_expires_at) END, " \
		"heartbeat_at = CASE WHEN h.sets & 2048 <> 0 THEN NULL " \
		"WHEN h.sets & 2 <> 0 THEN h.now ELSE l.heartbeat_at END, " \
		"leased_at = " SET_OR("2048", "NULL", "l.leased_at") ", " \
		"worker = " SET_OR("2048", "NULL", "l.worker") ", stage = h.stage, " \
		"progress_done = h.done, progress_total = h.total, " \
		"checkpoint = " SET_OR("256", "($20::json[])[h.n]", "l.checkpoint") ", " \
		"output = " SET_OR("16", "($18::json[])[h.n]", "l.output") ", " \
		"status_reason = " SET_OR("4", "h.reason", "l.status_reason") ", " \
		"error_code = " SET_OR("8", "h.error_code", "l.error_code") ", " \
		"error_message = " SET_OR("8", "h.error_message", "l.error_message") ", " \
		"events = l.events + " ALL_NOTED " " \
		"FROM hit h WHERE l.id = h.id AND h.ok AND h.target <= 2" \
	"), gone AS (" \
		"DELETE FROM @schema.cairn_job_live l USING hit h " \
		"WHERE l.id = h.id AND h.ok AND h.target > 2 " \
		"RETURNING " MOVED("l") ", h.now, h.run_at, l.events + " ALL_NOTED " AS events, " \
		"h.target, h.sets, h.stage, h.lease_expires_at, h.done, h.total, " \
		"CASE WHEN h.sets & 2048 <> 0 THEN NULL WHEN h.sets & 2 <> 0 THEN h.now " \
		"ELSE l.heartbeat_at END AS heartbeat_at, " \
		SET_OR("2048", "NULL", "l.leased_at") " AS leased_at, " \
		SET_OR("2048", "NULL", "l.worker") " AS worker, " \
		SET_OR("256", "($20)[h.n]", "l.checkpoint") " AS checkpoint, " \
		SET_OR("16", "($18)[h.n]", "l.output") " AS output, " \
		SET_OR("4", "h.reason", "l.status_reason") " AS reason, " \
		SET_OR("8", "h.error_code", "l.error_code") " AS error_code, " \
		SET_OR("8", "h.error_message", "l.error_message") " AS error_message" \
	"), "

#define CHANGE_HISTORY \
	"done AS (" \
		INTO_DONE \
		"SELECT " MOVED("g") ", g.now, g.now, g.run_at, g.events, " \
		"('{SUCCEEDED,DEAD_LETTERED,CANCELED}'::text[])[g.target - 2], g.stage, " \
		"g.lease_expires_at, g.heartbeat_at, g.leased_at, g.worker, g.done, g.total, " \
		"g.checkpoint, g.output, g.reason, g.error_code, g.error_message FROM gone g" \
	"), dead AS (" \
		INTO_DEAD \
		"SELECT g.id, g.now, g.now, g.run_number, g.attempt, g.type, g.queue, g.tenant, " \
		"g.payload, g.checkpoint, g.error_code, g.error_message FROM gone g " \
		"WHERE g.sets & 1024 <> 0" DEAD_AGAIN \
	"), attempt AS (" \
		INTO_ATTEMPT \
		"SELECT h.id, h.fence, h.leased_at, h.now, h.run_number, h.attempt, h.ending, " \
		"h.worker, h.error_code, h.error_message, " \
		"CASE WHEN h.target = 1 THEN h.run_after END, " \
		"CASE WHEN h.target = 1 THEN h.run_at END, " \
		"CASE WHEN h.target = 1 THEN NULLIF(h.not_before, '-infinity') END " \
		"FROM hit h WHERE h.ok AND h.was_leased AND h.ending IS NOT NULL" \
	"), event AS (" \
		INTO_EVENT \
		"SELECT h.id, h.events + 1, h.now, h.run_number, h.attempt, 'SUCCEEDED', " \
		"h.stage, h.done, h.total, NULL, NULL, NULL, NULL, NULL::int8, " \
		"NULL::timestamptz, NULL::timestamptz " \
		"FROM hit h WHERE h.ok AND h.notes & 32 <> 0 " \
		"UNION ALL SELECT h.id, h.events + 1 + " NOTED("5") ", h.now, h.run_number, " \
		"h.attempt, 'FAILED', NULL, NULL, NULL, NULL, h.error_code, h.error_message, " \
		"h.ending, NULL, NULL, NULL FROM hit h WHERE h.ok AND h.notes & 64 <> 0 " \
		"UNION ALL SELECT h.id, h.events + 1 + " NOTED("5") " + " NOTED("6") ", h.now, " \
		"h.run_number, h.attempt, 'RETRY_SCHEDULED', NULL, NULL, NULL, NULL, NULL, NULL, " \
		"CASE WHEN h.not_before > h.due THEN 'HANDLER_NOT_BEFORE' ELSE 'POLICY' END, " \
		"h.run_after, h.run_at, NULLIF(h.not_before, '-infinity') " \
		"FROM hit h WHERE h.ok AND h.notes & 128 <> 0 " \
		"UNION ALL SELECT h.id, h.events + 1 + " NOTED("5") " + " NOTED("6") " + " \
		NOTED("7") ", h.now, h.run_number, h.attempt, 'DEAD_LETTERED', NULL, NULL, NULL, " \
		"NULL, h.error_code, NULL, h.ending, NULL, NULL, NULL " \
		"FROM hit h WHERE h.ok AND h.notes & 256 <> 0 " \
		"UNION ALL SELECT h.id, h.events + " ALL_NOTED ", h.now, h.run_number, " \
		"h.attempt, 'CANCELED', NULL, NULL, NULL, h.reason, NULL, NULL, NULL, NULL, " \
		"CASE WHEN h.was_leased THEN h.lease_was END, NULL " \
		"FROM hit h WHERE h.ok AND h.notes & 512 <> 0" \
	") SELECT h.n, h.ok::int4, h.run_at, h.lease_expires_at FROM hit h"

/* ---- reap --------------------------------------------------------------- */

/*
 * $2 limit, $3 retry delay, $4 error code, $5 error message, $6: 1 writes events, $7: only these
 * ids (NULL: any). Leases that heartbeats have extended are pushed forward in the index of
 * deadlines on the way.
 */
#define REAP_T "COALESCE($1::timestamptz, statement_timestamp())"
#define AGAIN_AT REAP_T " + $3::int8 * interval '1 microsecond'"

#define EXPIRED(j) \
	j ".status = 'LEASED' AND " j ".reap_at < " REAP_T " AND " j ".lease_expires_at < " REAP_T

#define REAP_HIT \
	"WITH hit AS MATERIALIZED (" \
		"SELECT l.id, l.type, l.tenant, l.worker, l.leased_at, l.fence, l.run_number, " \
		"l.attempt, l.max_attempts, l.events, l.lease_expires_at, l.run_at, " \
		"l.attempt < l.max_attempts AS again FROM @schema.cairn_job_live l " \
		"WHERE " EXPIRED("l") " AND ($7::uuid[] IS NULL OR l.id = ANY ($7)) " \
		"ORDER BY l.lease_expires_at, l.id LIMIT $2::int8 FOR NO KEY UPDATE SKIP LOCKED" \
	"), pushed AS (" \
		"UPDATE @schema.cairn_job_live SET reap_at = lease_expires_at " \
		"WHERE ctid = ANY (ARRAY(" \
			"SELECT p.ctid FROM @schema.cairn_job_live p WHERE p.status = 'LEASED' " \
			"AND p.reap_at < " REAP_T " AND p.lease_expires_at >= " REAP_T " " \
			"ORDER BY p.reap_at LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED" \
		"))" \
	"), "

#define REAP_WRITE \
	"kept AS (" \
		"UPDATE @schema.cairn_job_live l SET status = 'PENDING', " \
		"updated_at = " REAP_T ", run_at = " AGAIN_AT ", parked = $3 > 0, " \
		"lease_expires_at = NULL, reap_at = NULL, heartbeat_at = NULL, " \
		"leased_at = NULL, worker = NULL, output = NULL, " \
		"status_reason = 'LEASE_EXPIRED', error_code = $4::text, " \
		"error_message = $5::text, events = l.events + 2 * $6::int4 " \
		"FROM hit h WHERE l.id = h.id AND h.again" \
	"), gone AS (" \
		"DELETE FROM @schema.cairn_job_live l USING hit h " \
		"WHERE l.id = h.id AND NOT h.again " \
		"RETURNING " MOVED("l") ", l.run_at, l.events, l.stage, l.progress_done, " \
		"l.progress_total, l.checkpoint" \
	"), done AS (" \
		INTO_DONE \
		"SELECT " MOVED("g") ", " REAP_T ", " REAP_T ", g.run_at, g.events + 2 * $6, " \
		"'DEAD_LETTERED', g.stage, NULL, NULL, NULL, NULL, g.progress_done, " \
		"g.progress_total, g.checkpoint, NULL, 'LEASE_EXPIRED', $4, $5 FROM gone g" \
	"), dead AS (" \
		INTO_DEAD \
		"SELECT g.id, " REAP_T ", " REAP_T ", g.run_number, g.attempt, g.type, g.queue, " \
		"g.tenant, g.payload, g.checkpoint, $4, $5 FROM gone g" DEAD_AGAIN \
	"), "

#define REAP_HISTORY \
	"attempt AS (" \
		INTO_ATTEMPT \
		"SELECT h.id, h.fence, h.leased_at, " REAP_T ", h.run_number, h.attempt, " \
		"'LEASE_EXPIRED', h.worker, $4, $5, CASE WHEN h.again THEN $3 END, " \
		"CASE WHEN h.again THEN " AGAIN_AT " END, NULL FROM hit h" \
	"), event AS (" \
		INTO_EVENT \
		"SELECT h.id, h.events + 1, " REAP_T ", h.run_number, h.attempt, 'FAILED', NULL, " \
		"NULL::int8, NULL::int8, NULL, $4, $5, 'LEASE_EXPIRED', NULL::int8, " \
		"NULL::timestamptz, NULL::timestamptz FROM hit h WHERE $6 = 1 " \
		"UNION ALL SELECT h.id, h.events + 2, " REAP_T ", h.run_number, h.attempt, " \
		"CASE WHEN h.again THEN 'RETRY_SCHEDULED' ELSE 'DEAD_LETTERED' END, NULL, NULL, " \
		"NULL, NULL, CASE WHEN NOT h.again THEN $4 END, NULL, " \
		"CASE WHEN h.again THEN 'POLICY' ELSE 'LEASE_EXPIRED' END, " \
		"CASE WHEN h.again THEN $3 END, CASE WHEN h.again THEN " AGAIN_AT " END, NULL " \
		"FROM hit h WHERE $6 = 1" \
	") SELECT h.id, h.type, h.tenant, h.worker, h.fence, h.run_number, h.attempt, " \
	"h.max_attempts, h.again, CASE WHEN h.again THEN " AGAIN_AT " ELSE h.run_at END, " \
	"h.lease_expires_at FROM hit h ORDER BY h.lease_expires_at, h.id"
/* clang-format on */

#endif
