/*
 * sql_reap.h - the statements that find rows by time and take them, skipping what others have
 * locked: reaping leases and pruning finished jobs. Pieces for sql.c, behind sql_change.h.
 */
#ifndef CAIRN_PG_SQL_REAP_H
#define CAIRN_PG_SQL_REAP_H

#include "sql_change.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

/* ---- reap --------------------------------------------------------------- */

/*
 * $2 limit, $3 retry delay, $4 error code, $5 error message, $6 kinds of events to write, $7: only
 * these ids (NULL: any), $8 and $9 reason and event data of what never started. Leases that
 * heartbeats have extended are pushed forward in the index of deadlines on the way.
 */
#define AGAIN_AT T " + $3::int8 * interval '1 microsecond'"

#define EXPIRED(j) \
	j ".status = 'LEASED' AND " j ".reap_at < " T " AND " j ".lease_expires_at < " T

/* Its end would be a step's, too: only of a run that REAP_RUNS has locked. */
#define DIES(j) \
	"(" j ".attempt >= " j ".max_attempts AND NOT (" j ".prestart " \
	"AND " j ".execution_started_at IS NULL))"
#define LEFT_RUNS "COALESCE(NULLIF(current_setting('cairn.runs', true), '')::uuid[], '{}')"

/* The end of a child is told to its parent: whose job is locked, be it over or not, or is gone. */
#define LEFT_PARENTS "COALESCE(NULLIF(current_setting('cairn.parents', true), '')::uuid[], '{}')"
#define PARENT_HELD(id) \
	"(SELECT r.parent_id = ANY (" LEFT_PARENTS ") OR (" \
		"SELECT count(*) = 0 FROM (" \
			"SELECT p.id FROM @schema.cairn_job_live p WHERE p.id = r.parent_id UNION ALL " \
			"SELECT p.id FROM @schema.cairn_job_done p WHERE p.id = r.parent_id" \
		") p" \
	") FROM @schema.cairn_replay r WHERE r.run_id = " id ")"

/* A row's notes are the events that it gets: 64 FAILED, 128 RETRY_SCHEDULED, 256 DEAD_LETTERED, 1024. */
#define REAP_HIT \
	"WITH found AS MATERIALIZED (" \
		"SELECT l.id, l.type, l.tenant, l.worker, l.leased_at, l.fence, l.run_number, " \
		"l.attempt, l.max_attempts, l.events, l.lease_expires_at, l.run_at, l.prestart, " \
		"l.queue, l.replay, " \
		"l.execution_started_at, l.heartbeat_at, l.lease_us, " \
		"l.prestart AND l.execution_started_at IS NULL AS unstarted, " \
		"l.attempt < l.max_attempts AS again FROM @schema.cairn_job_live l " \
		"WHERE " EXPIRED("l") " AND ($7::uuid[] IS NULL OR l.id = ANY ($7)) " \
		"AND (l.run_id IS NULL OR NOT " DIES("l") " OR l.run_id = ANY (" LEFT_RUNS ")) " \
		"AND (l.replay < 2 OR NOT " DIES("l") " OR " PARENT_HELD("l.id") ") " \
		"ORDER BY l.lease_expires_at, l.id LIMIT $2::int8 FOR NO KEY UPDATE SKIP LOCKED" \
	"), hit AS MATERIALIZED (" \
		"SELECT f.*, f.unstarted OR f.again AS back, " \
		"COALESCE(f.heartbeat_at <= f.execution_started_at, false) AS unrenewed, " \
		"CASE WHEN f.unstarted THEN " T " WHEN f.again THEN " AGAIN_AT " " \
		"ELSE f.run_at END AS due, " \
		"CASE WHEN f.unstarted THEN 1024 WHEN f.again THEN 192 ELSE 320 END " \
		"& $6::int4 AS notes FROM found f" \
	"), pushed AS (" \
		"UPDATE @schema.cairn_job_live SET reap_at = lease_expires_at " \
		"WHERE ctid = ANY (ARRAY(" \
			"SELECT p.ctid FROM @schema.cairn_job_live p WHERE p.status = 'LEASED' " \
			"AND p.reap_at < " T " AND p.lease_expires_at >= " T " " \
			"ORDER BY p.reap_at LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED" \
		"))" \
	"), "

#define REAP_WRITE \
	"kept AS (" \
		"UPDATE @schema.cairn_job_live l SET status = 'PENDING', " \
		"updated_at = " T ", run_at = h.due, parked = h.due > " T ", " \
		"lease_expires_at = NULL, reap_at = NULL, heartbeat_at = NULL, " \
		"leased_at = NULL, worker = NULL, prestart = false, " \
		"execution_started_at = NULL, output = NULL, " \
		"attempt = h.attempt - h.unstarted::int4, " \
		"started_at = CASE WHEN h.unstarted AND h.attempt = 1 THEN NULL " \
		"ELSE l.started_at END, " \
		"status_reason = CASE WHEN h.unstarted THEN $8::text ELSE 'LEASE_EXPIRED' END, " \
		"error_code = CASE WHEN NOT h.unstarted THEN $4::text END, " \
		"error_message = CASE WHEN NOT h.unstarted THEN $5::text END, " \
		"events = l.events + " COUNTED("h.notes") " " \
		"FROM hit h WHERE " IS("l.id", "h.id") " AND h.back" \
	"), gone AS (" \
		"DELETE FROM @schema.cairn_job_live l USING hit h " \
		"WHERE " IS("l.id", "h.id") " AND NOT h.back " \
		"RETURNING " MOVED("l") ", l.run_at, l.events + " COUNTED("h.notes") " AS events, " \
		"l.stage, l.progress_done, l.progress_total, l.checkpoint" \
	"), done AS (" \
		INTO_DONE \
		"SELECT " MOVED("g") ", " T ", " T ", g.run_at, g.events, " \
		"'DEAD_LETTERED', g.stage, NULL, NULL, NULL, NULL, g.progress_done, " \
		"g.progress_total, g.checkpoint, NULL, 'LEASE_EXPIRED', $4, $5 FROM gone g" \
	"), dead AS (" \
		INTO_DEAD \
		"SELECT g.id, " T ", " T ", g.run_number, g.attempt, g.type, g.queue, " \
		"g.tenant, g.payload, g.checkpoint, $4, $5 FROM gone g" DEAD_AGAIN \
	"), "

#define REAP_HISTORY \
	"attempt AS (" \
		INTO_ATTEMPT \
		"SELECT h.id, h.fence, h.leased_at, " T ", h.run_number, h.attempt, " \
		"CASE WHEN h.unstarted THEN 'RELEASED' ELSE 'LEASE_EXPIRED' END, h.worker, " \
		"CASE WHEN NOT h.unstarted THEN $4 END, CASE WHEN NOT h.unstarted THEN $5 END, " \
		"CASE WHEN h.unstarted THEN 0 WHEN h.again THEN $3 END, " \
		"CASE WHEN h.back THEN h.due END, NULL, h.prestart, h.execution_started_at, " \
		"h.lease_us " \
		"FROM hit h" \
	"), event AS (" \
		INTO_EVENT \
		"SELECT e.id, e.events + " COUNTED("e.sofar") ", " T ", e.run_number, " \
		"e.attempt, e.kind, NULL, NULL, NULL, CASE WHEN e.bit = 10 THEN $8 END, " \
		"CASE WHEN e.bit IN (6, 8) THEN $4 END, CASE WHEN e.bit = 6 THEN $5 END, " \
		"CASE WHEN e.bit IN (6, 8) THEN 'LEASE_EXPIRED' WHEN e.bit = 7 THEN 'POLICY' END, " \
		"CASE e.bit WHEN 7 THEN $3 WHEN 10 THEN 0 END, " \
		"CASE WHEN e.bit IN (7, 10) THEN e.due END, NULL, " \
		"CASE WHEN e.bit = 10 THEN $9::json " \
		"WHEN e.unrenewed THEN '{\"started_without_renewal_heartbeat\":true}' " \
		"ELSE '{\"started_without_renewal_heartbeat\":false}' END " \
		"FROM (" \
			"SELECT h.*, k.bit, k.kind, h.notes & ((2 << k.bit) - 1) AS sofar " \
			"FROM hit h CROSS JOIN (VALUES (6, 'FAILED'), (7, 'RETRY_SCHEDULED'), " \
			"(8, 'DEAD_LETTERED'), (10, 'REQUEUED')) k(bit, kind) " \
			"WHERE (h.notes >> k.bit) & 1 = 1" \
		") e" \
	") SELECT h.id, h.type, h.tenant, h.worker, h.fence, h.run_number, h.attempt, " \
	"h.max_attempts, h.back, h.due, h.lease_expires_at, h.unstarted, h.unrenewed, " \
	WAKES("h.back AND h.due <= " T " + " WAKE_SOON, "h.queue") " " \
	"FROM hit h WHERE (" \
		"SELECT set_config('cairn.died', COALESCE('{' || string_agg(g.id::text, ',') || '}', '{}'), " \
		"true) || set_config('cairn.ended', COALESCE((" \
			"SELECT '{' || string_agg(e.id::text, ',') || '}' FROM gone e WHERE e.replay = 2" \
		"), '{}'), true) || set_config('cairn.now', to_char(" T " AT TIME ZONE 'UTC', " \
		"'YYYY-MM-DD HH24:MI:SS.US'), true) FROM gone g WHERE g.run_id IS NOT NULL" \
	") <> '' ORDER BY h.lease_expires_at, h.id"

/* $2 limit. */
#define TEXT_EXPIRED \
	"SELECT l.id FROM @schema.cairn_job_live l WHERE " EXPIRED("l") " " \
	"ORDER BY l.lease_expires_at, l.id LIMIT $2::int8"

/* $2 id, $3 how long. */
#define TEXT_PUT_OFF \
	"UPDATE @schema.cairn_job_live l SET " \
	"lease_expires_at = " T " + $3::int8 * interval '1 microsecond', " \
	"reap_at = " T " + $3 * interval '1 microsecond' " \
	"WHERE l.id = $2::uuid AND l.status <> 'PENDING' AND l.lease_expires_at < " T

/* ---- prune ---------------------------------------------------------------- */

/*
 * $2 tenant (NULL: any), $3 queue, $4 type, $5 statuses other than SUCCEEDED (NULL: none), $6:
 * successes too, $7 limit, $8 age (NULL: each type's retention; a type without a definition
 * is kept). Two steps: the first picks rows and locks them, the second deletes them and what
 * is theirs, in a statement that begins when they are locked. The ids go from the one to the
 * other in a setting.
 */

/* How long successes of a type are kept; NULL: for ever. */
#define RETENTION(type) \
	"(SELECT CASE f.retention_us WHEN -1 THEN 0 WHEN -2 THEN NULL ELSE f.retention_us END " \
	"FROM @schema.cairn_job_definition f WHERE f.type = " type ")"

#define PRUNED(statuses, age) \
	"SELECT d.id, d.finished_at FROM @schema.cairn_job_done d WHERE " statuses " " \
	"AND d.run_id IS NULL AND d.replay = 0 AND d.finished_at <= " T " - " age " * interval '1 microsecond' " \
	"AND ($2::text IS NULL OR d.tenant = $2) AND ($3::text IS NULL OR d.queue = $3) " \
	"AND COALESCE(d.lease_expires_at <= " T ", true) "

/* The types that have successes, each found by one probe, or the one that is asked for. */
#define PRUNE_TYPES \
	"kind AS (" \
		"(SELECT d.type FROM @schema.cairn_job_done d WHERE d.status = 'SUCCEEDED' " \
		"AND d.run_id IS NULL AND d.replay = 0 AND $6::boolean AND $4::text IS NULL " \
		"ORDER BY d.type LIMIT 1) " \
		"UNION ALL SELECT n.type FROM kind k CROSS JOIN LATERAL (" \
			"SELECT d.type FROM @schema.cairn_job_done d " \
			"WHERE d.status = 'SUCCEEDED' AND d.run_id IS NULL AND d.replay = 0 " \
			"AND d.type > k.type ORDER BY d.type LIMIT 1" \
		") n" \
	"), aged AS MATERIALIZED (" \
		"SELECT k.type, COALESCE($8::int8, " RETENTION("k.type") ") AS age " \
		"FROM (SELECT k.type FROM kind k UNION ALL SELECT $4 WHERE $6 AND $4 IS NOT NULL) k" \
	"), "

/*
 * The oldest of each type, so that what one keeps for long is not walked over for the sake of another;
 * a few more than are wanted, since somebody may hold some. They are locked one by one, the oldest
 * first, until there are enough.
 */
#define PRUNE_PICK \
	"WITH RECURSIVE " PRUNE_TYPES "old AS MATERIALIZED (" \
		"SELECT o.id FROM aged a CROSS JOIN LATERAL (" \
			PRUNED("d.status = 'SUCCEEDED' AND d.type = a.type", "a.age") \
			"ORDER BY d.finished_at LIMIT $7::int8 + 100" \
		") o WHERE a.age IS NOT NULL ORDER BY o.finished_at LIMIT $7 + 100" \
	"), succeeded AS MATERIALIZED (" \
		"SELECT d.id, d.finished_at FROM old o CROSS JOIN LATERAL (" \
			"SELECT d.id, d.finished_at FROM @schema.cairn_job_done d " \
			"WHERE d.id = o.id FOR UPDATE SKIP LOCKED" \
		") d LIMIT $7" \
	"), failed AS MATERIALIZED (" \
		PRUNED("d.status <> 'SUCCEEDED' AND d.status = ANY ($5::text[])", "$8") \
		"AND ($4 IS NULL OR d.type = $4) " \
		"ORDER BY d.finished_at LIMIT $7 FOR UPDATE SKIP LOCKED" \
	"), pick AS MATERIALIZED (" \
		"SELECT s.id, s.finished_at FROM succeeded s " \
		"UNION ALL SELECT f.id, f.finished_at FROM failed f ORDER BY 2 LIMIT $7" \
	") SELECT length(set_config('cairn.gone', " \
	"(SELECT '{' || COALESCE(string_agg(p.id::text, ','), '') || '}' FROM pick p), true))"

#define PRUNE \
	"WITH gone AS (" \
		"DELETE FROM @schema.cairn_job_done d WHERE d.id = ANY (" LEFT_IDS ") " \
		"RETURNING d.id, d.type, d.tenant, d.idempotency_key, d.fence > 0 AS ended, " \
		"d.events > 0 AS told" \
	"), intent AS (" \
		"DELETE FROM @schema.cairn_intent WHERE " OF_GONE("promoted_job_id", "") \
	"), " FORGET_KEYS ", " FORGET_REPLAYS FORGET_THE_REST "SELECT count(*) FROM gone"
/* clang-format on */

#endif
