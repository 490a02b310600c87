/*
 * sql_run_end.h - the end of steps and what follows from it, as pieces for sql.c.
 *
 * One statement goes one step further: it ends the seeds, counts their edges for each dependent, releases
 * or cancels those that wait for nothing any more, inserts their jobs, numbers the events, and moves the
 * runs' counters. A dependent that was canceled may have dependents of its own: then the run's status
 * waits for RUN_NEXT, which begins with those, and goes on as far as it takes; and where a run that is
 * FAIL_FAST has a failure, for RUN_SWEEP. Where the transaction is a call of one round trip ($6) that is an
 * error before anything is committed, and the call is done again in several (run_end.c).
 *
 * Everything is decided by the rules: $3 status of a run by what its counters say, $4 and $5 events of
 * steps and runs that are told; $7 status of a step by its kind and whether it is unsatisfied, $8 which
 * edges are unsatisfied, $9 and $10 code and message of what is canceled for that.
 */
#ifndef CAIRN_PG_SQL_RUN_END_H
#define CAIRN_PG_SQL_RUN_END_H

#include "sql_enqueue.h"
#include "sql_reap.h"
#include "sql_run.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

/* ---- seeds: (n, id, run_id, was, status, told, output, reason, error_code, error_message) ----- */

/* Steps whose jobs have ended: $11 ids, or (NULL) those that REAP left behind; $12 the rules for jobs. */
#define RESOLVE_JOBS \
	"WITH " CALL_CLOCK "seed AS MATERIALIZED (" \
		"SELECT * FROM (" \
			"SELECT 0::int8 AS n, s.id, s.run_id, s.status::text AS was, " \
			"($12::text[])[array_position(" JOB_WORDS ", d.status::text)] AS status, " \
			"true AS told, d.output, d.status_reason AS reason, d.error_code, " \
			"d.error_message FROM unnest(COALESCE($11::uuid[], " LEFT_UUIDS("cairn.died") ")) " \
			"u(id) CROSS JOIN LATERAL (" \
				"SELECT s.id, s.run_id, s.status FROM @schema.cairn_step s " \
				"WHERE s.id = u.id AND s.status = 'ENQUEUED' OFFSET 0" \
			") s CROSS JOIN LATERAL (" \
				"SELECT d.status, d.output, d.status_reason, d.error_code, " \
				"d.error_message FROM @schema.cairn_job_done d WHERE d.id = s.id OFFSET 0" \
			") d OFFSET 0" \
		") j WHERE j.status IS NOT NULL" \
	"), "

/*
 * Gates: $11 runs, $12 keys, $13 statuses, $14: only if overdue, $15 outputs, $16 reasons, $17 codes,
 * $18 messages, $19 scopes, $20: only in runs that RUNS_LOCK_FREE locked.
 */
#define RESOLVE_GATES \
	"WITH " CALL_CLOCK "seed AS MATERIALIZED (" \
		"SELECT i.n, s.id, s.run_id, s.status::text AS was, (" STEP_WORDS ")[i.target] AS status, " \
		"true AS told, i.output, i.reason, i.error_code, i.error_message " \
		"FROM unnest($11::uuid[], $12::text[], $13::int4[], $14::int4[], $15::json[], " \
		"$16::text[], $17::text[], $18::text[], $19::text[]) WITH ORDINALITY i(run, key, target, " \
		"overdue, output, reason, error_code, error_message, tenant, n) CROSS JOIN LATERAL (" \
			"SELECT r.id FROM @schema.cairn_run r WHERE r.id = i.run " \
			"AND (i.tenant IS NULL OR r.tenant = i.tenant) OFFSET 0" \
		") r CROSS JOIN LATERAL (" \
			"SELECT s.id, s.run_id, s.status, s.deadline_at FROM @schema.cairn_step s " \
			"WHERE s.run_id = r.id AND s.step_key = i.key OFFSET 0" \
		") s WHERE s.status = 'WAITING_FOR_EXTERNAL' " \
		"AND (i.overdue = 0 OR s.deadline_at <= (SELECT c.now FROM clock c)) " \
		"AND (NOT $20::boolean OR r.id = ANY (" LEFT_UUIDS("cairn.runs") "))" \
	"), "

/* The steps that the statement before canceled. */
#define RESOLVE_NEXT \
	"WITH " CALL_CLOCK "seed AS MATERIALIZED (" \
		"SELECT 0::int8 AS n, s.id, s.run_id, s.status::text AS was, s.status::text AS status, " \
		"false AS told, NULL::json AS output, NULL::text AS reason, NULL::text AS error_code, " \
		"NULL::text AS error_message FROM unnest(" LEFT_UUIDS("cairn.next") ") u(id) " \
		"CROSS JOIN LATERAL (" \
			"SELECT s.id, s.run_id, s.status FROM @schema.cairn_step s WHERE s.id = u.id OFFSET 0" \
		") s" \
	"), "

/*
 * Every step that has not ended, of the runs in $7, or (NULL) of those that were left behind to be
 * swept: $8 its status, $9 the run's (NULL: by the rules), $10 reason, $11 code, $12 message.
 */
#define RESOLVE_SWEEP \
	"WITH " CALL_CLOCK "seed AS MATERIALIZED (" \
		"SELECT 0::int8 AS n, s.id, s.run_id, s.status::text AS was, $8::text AS status, " \
		"true AS told, NULL::json AS output, $10::text AS reason, $11::text AS error_code, " \
		"$12::text AS error_message " \
		"FROM unnest(COALESCE($7::uuid[], " LEFT_UUIDS("cairn.sweep") ")) u(id) " \
		"CROSS JOIN LATERAL (" \
			"SELECT s.id, s.run_id, s.status FROM @schema.cairn_step s " \
			"WHERE s.run_id = u.id AND s.finished_at IS NULL OFFSET 0" \
		") s" \
	"), freed AS MATERIALIZED (" \
		"SELECT x.*, 0 AS pending, 0 AS unsatisfied FROM seed x WHERE false" \
	"), "

/* ---- edges: the dependents that are blocked, as they are to be ----------------------------- */

#define RESOLVE_EDGES \
	"edge AS MATERIALIZED (" \
		"SELECT g.dependent_id, count(*)::int4 AS gone, sum(g.bad)::int4 AS bad FROM (" \
			"SELECT e.dependent_id, ($8::int4[])[(e.release = 'ON_SUCCESS')::int4 * 7 + " \
			STEP_NUMBER("x.status") "] AS bad FROM seed x CROSS JOIN LATERAL (" \
				"SELECT e.dependent_id, e.release FROM @schema.cairn_step_edge e " \
				"WHERE e.prerequisite_id = x.id OFFSET 0" \
			") e" \
		") g GROUP BY g.dependent_id" \
	"), freed AS MATERIALIZED (" \
		"SELECT m.id, m.run_id, m.was, CASE WHEN m.pending > 0 THEN m.was " \
		"ELSE ($7::text[])[(m.kind = 'EXTERNAL')::int4 * 2 + (m.unsatisfied > 0)::int4 + 1] " \
		"END AS status, NULL::json AS output, $9::text AS reason, $9 AS error_code, " \
		"$10::text AS error_message, m.pending, m.unsatisfied FROM (" \
			"SELECT s.id, s.run_id, s.kind, s.status::text AS was, " \
			"s.pending - g.gone AS pending, s.unsatisfied + g.bad AS unsatisfied " \
			"FROM edge g CROSS JOIN LATERAL (" \
				"SELECT s.id, s.run_id, s.kind, s.status, s.pending, s.unsatisfied " \
				"FROM @schema.cairn_step s WHERE s.id = g.dependent_id " \
				"AND s.status = 'BLOCKED' OFFSET 0" \
			") s OFFSET 0" \
		") m" \
	"), "

/* ---- steps and runs as they are to be ---------------------------------------------------- */

#define TOLD_STEP(status) "($4::int4 >> " STEP_NUMBER(status) ") & 1 = 1"
#define MOVED_BY(word) "sum((c.status = '" word "')::int4 - (c.was = '" word "')::int4)::int4"

/*
 * A status above RUNNING is an end. place: which of the statement's events of its run it is. (Without its
 * OFFSET the planner might look up all edges there are at once.)
 */
#define RESOLVE_CHANGE \
	"change AS MATERIALIZED (" \
		"SELECT c.*, c.fresh AND c.ends AS ended, c.fresh AND NOT c.ends AS released, " \
		"c.level = 1 AND c.fresh AND c.ends AND EXISTS (" \
			"SELECT FROM @schema.cairn_step_edge e WHERE e.prerequisite_id = c.id OFFSET 0" \
		") AS next, count(*) FILTER (WHERE c.told) " \
		"OVER (PARTITION BY c.run_id ORDER BY c.level, c.id) AS place FROM (" \
			"SELECT 0 AS level, x.id, x.run_id, x.was, x.status, x.status <> x.was AS fresh, " \
			STEP_NUMBER("x.status") " > 4 AS ends, x.told AND " TOLD_STEP("x.status") " AS told, " \
			"x.output, x.reason, x.error_code, x.error_message, NULL::int4 AS pending, " \
			"NULL::int4 AS unsatisfied FROM seed x " \
			"UNION ALL SELECT 1, f.id, f.run_id, f.was, f.status, f.status <> f.was, " \
			STEP_NUMBER("f.status") " > 4, f.status <> f.was AND " TOLD_STEP("f.status") ", " \
			"f.output, f.reason, f.error_code, f.error_message, f.pending, f.unsatisfied " \
			"FROM freed f" \
		") c" \
	"), tally AS MATERIALIZED (" \
		"SELECT c.run_id, max(c.place) AS told, bool_or(c.next) AS next, " \
		"count(*) FILTER (WHERE c.ended)::int4 AS ended, " \
		MOVED_BY("BLOCKED") " AS blocked, " MOVED_BY("WAITING_FOR_EXTERNAL") " AS waiting, " \
		MOVED_BY("ENQUEUED") " AS enqueued, " MOVED_BY("SUCCEEDED") " AS succeeded, " \
		MOVED_BY("FAILED") " AS failed, " MOVED_BY("CANCELED") " AS canceled " \
		"FROM change c GROUP BY c.run_id" \
	"), "

/* Until when a run that is over keeps its active key. */
#define KEPT_UNTIL(run, now) \
	"(SELECT max(dn.lease_expires_at) FROM (" \
		"SELECT st.id FROM @schema.cairn_step st WHERE st.run_id = " run " OFFSET 0" \
	") st CROSS JOIN LATERAL (" \
		"SELECT dn.lease_expires_at FROM @schema.cairn_job_done dn WHERE dn.id = st.id " \
		"AND dn.status = 'CANCELED' AND dn.lease_expires_at > " now " OFFSET 0" \
	") dn)"

/* forced: a status whatever the rules say, or NULL. */
#define RESOLVE_RUN(forced) \
	"run AS MATERIALIZED (" \
		"SELECT z.*, z.events + (z.status <> z.was AND " \
		"($5::int4 >> array_position(" RUN_WORDS ", z.status)) & 1 = 1)::int4 AS last, " \
		"CASE WHEN z.over AND z.active_key IS NOT NULL AND z.canceled > 0 THEN " \
		KEPT_UNTIL("z.id", "z.now") " END AS keep FROM (" \
			"SELECT y.*, NOT y.next AND NOT y.sweep AND y.open = 0 AS over, " \
			"CASE WHEN y.next OR y.sweep THEN y.was ELSE COALESCE(" forced ", ($3::text[])[" \
			"(y.blocked + y.enqueued > 0)::int4 + (y.waiting > 0)::int4 * 2 + " \
			"(y.failed + y.canceled > 0)::int4 * 4 + 1]) END AS status FROM (" \
				"SELECT x.*, x.blocked + x.waiting + x.enqueued AS open, " \
				"x.on_failure = 'FAIL_FAST' AND x.failed > 0 " \
				"AND x.blocked + x.waiting + x.enqueued > 0 AS sweep FROM (" \
					"SELECT r.id, r.tenant, r.active_key, r.on_failure, " \
					"r.status::text AS was, r.events + t.told AS events, " \
					"r.blocked + t.blocked AS blocked, " \
					"r.waiting + t.waiting AS waiting, " \
					"r.enqueued + t.enqueued AS enqueued, " \
					"r.succeeded + t.succeeded AS succeeded, " \
					"r.failed + t.failed AS failed, " \
					"r.canceled + t.canceled AS canceled, " \
					"t.next, t.ended, k.now FROM tally t " \
					"CROSS JOIN clock k CROSS JOIN LATERAL (" \
						"SELECT r.* FROM @schema.cairn_run r " \
						"WHERE r.id = t.run_id OFFSET 0" \
					") r OFFSET 0" \
				") x OFFSET 0" \
			") y OFFSET 0" \
		") z" \
	"), "

/* ---- what is written ----------------------------------------------------------------- */

#define EVENT_BEFORE "(SELECT b.events FROM @schema.cairn_run b WHERE b.id = c.run_id)"

#define RESOLVE_STEPS \
	"step AS (" \
		"UPDATE @schema.cairn_step s SET status = c.status, " \
		"pending = COALESCE(c.pending, s.pending), " \
		"unsatisfied = COALESCE(c.unsatisfied, s.unsatisfied), " \
		"released_at = CASE WHEN c.released THEN k.now ELSE s.released_at END, " \
		"deadline_at = CASE WHEN c.released " \
		"THEN k.now + s.deadline_us * interval '1 microsecond' END, " \
		"finished_at = CASE WHEN c.ended THEN k.now END, " \
		"released_seq = CASE WHEN c.released AND c.told THEN " EVENT_BEFORE " + c.place " \
		"ELSE s.released_seq END, " \
		"ended_seq = CASE WHEN c.ended AND c.told THEN " EVENT_BEFORE " + c.place END, " \
		"output = CASE WHEN c.ended AND c.status = 'SUCCEEDED' THEN c.output END, " \
		"status_reason = CASE WHEN c.ended THEN c.reason END, " \
		"error_code = CASE WHEN c.ended THEN c.error_code END, " \
		"error_message = CASE WHEN c.ended THEN c.error_message END " \
		"FROM change c CROSS JOIN clock k WHERE " IS("s.id", "c.id") " " \
		"AND (c.fresh OR c.level = 1)" \
	"), job AS (" \
		INTO_STEP_JOB \
		STEP_JOB("s", "k.now", "(($4 >> 3) & 1)") " FROM change c CROSS JOIN clock k " \
		"CROSS JOIN LATERAL (" \
			"SELECT s.* FROM @schema.cairn_step s WHERE s.id = c.id OFFSET 0" \
		") s WHERE c.released AND c.status = 'ENQUEUED' RETURNING id, queue, type, stage" \
	"), job_event AS (" \
		INTO_ENQUEUED \
		"SELECT j.id, 1, k.now, 1, 0, 'ENQUEUED', j.stage, j.type FROM job j " \
		"CROSS JOIN clock k WHERE ($4 >> 3) & 1 = 1 AND j.stage <> 'queued'" \
	"), "

/* Keys are let go of in their order, as they are taken. */
#define RESOLVE_RUNS(reason, code, message) \
	"moved AS (" \
		"UPDATE @schema.cairn_run r SET events = v.last, blocked = v.blocked, " \
		"waiting = v.waiting, enqueued = v.enqueued, succeeded = v.succeeded, " \
		"failed = v.failed, canceled = v.canceled, status = v.status, updated_at = v.now, " \
		"finished_at = CASE WHEN v.over THEN v.now END, status_reason = " reason "::text, " \
		"error_code = " code "::text, error_message = " message "::text " \
		"FROM run v WHERE " IS("r.id", "v.id") \
	"), run_event AS (" \
		"INSERT INTO @schema.cairn_run_event (run_id, seq, at, status, reason, error_code, " \
		"error_message) SELECT v.id, v.last, v.now, v.status, " reason ", " code ", " message " " \
		"FROM run v WHERE v.last > v.events" \
	"), key AS MATERIALIZED (" \
		"SELECT a.tenant, a.active_key, v.keep FROM (" \
			"SELECT v.* FROM run v WHERE v.over AND v.active_key IS NOT NULL " \
			"ORDER BY v.tenant, v.active_key OFFSET 0" \
		") v CROSS JOIN LATERAL (" \
			"SELECT a.tenant, a.active_key FROM @schema.cairn_run_active a " \
			"WHERE a.tenant = v.tenant AND a.active_key = v.active_key " \
			"AND a.run_id = v.id FOR UPDATE" \
		") a" \
	"), key_free AS (" \
		"DELETE FROM @schema.cairn_run_active a USING key h WHERE " IS("a.tenant", "h.tenant") " " \
		"AND " IS("a.active_key", "h.active_key") " AND h.keep IS NULL" \
	"), key_kept AS (" \
		"UPDATE @schema.cairn_run_active a SET free_at = h.keep FROM key h " \
		"WHERE " IS("a.tenant", "h.tenant") " AND " IS("a.active_key", "h.active_key") " " \
		"AND h.keep IS NOT NULL" \
	") "

/*
 * What run_end.c reads: kinds 1 of runs, how many of whose steps ended, 2 of jobs that are due, how many,
 * 3 of gates, which, 4 the ids that were handed over. swept: those that were before.
 */
#define RESOLVE_ANSWER(swept) \
	"SELECT 1 AS kind, v.ended::int8, v.id, v.next, v.sweep, " \
	WAKES("v.over", RUN_TOPIC("v.id")) ", CASE WHEN $6::boolean AND (v.next OR v.sweep) " \
	"THEN ('cairn: more steps of run ' || v.id || ' follow')::int4 END FROM run v " \
	"UNION ALL SELECT 2, q.jobs, NULL, false, false, " WAKES("true", "q.queue") ", 0 " \
	"FROM (SELECT j.queue, count(*) AS jobs FROM job j GROUP BY j.queue) q " \
	"UNION ALL SELECT 3, x.n, x.id, false, false, NULL, 0 FROM seed x WHERE x.n > 0 " \
	"UNION ALL SELECT 4, length(" \
	LEAVE_UUIDS("cairn.next", "SELECT c.id FROM change c WHERE c.next") ") + length(" \
	LEAVE_UUIDS("cairn.sweep", "SELECT v.id FROM run v WHERE v.sweep" swept) \
	"), NULL, false, false, NULL, 0"

#define RESOLVE_TAIL \
	RESOLVE_RUN("NULL"), RESOLVE_STEPS, RESOLVE_RUNS("NULL", "NULL", "NULL")

/*
 * cairn_step_pkey, cairn_job_done_pkey, cairn_step_edge_pkey, cairn_run_pkey; of runs that are over and had an
 * active key cairn_run_active_pkey and, if jobs of them were canceled, cairn_step_key.
 */
#define PARTS_RUN_RESOLVE \
	RESOLVE_JOBS RESOLVE_EDGES, RESOLVE_CHANGE, RESOLVE_TAIL, RESOLVE_ANSWER("")
/* The same, and cairn_step_key. */
#define PARTS_RUN_GATES RESOLVE_GATES RESOLVE_EDGES, RESOLVE_CHANGE, RESOLVE_TAIL, RESOLVE_ANSWER("")
#define PARTS_RUN_NEXT \
	RESOLVE_NEXT RESOLVE_EDGES, RESOLVE_CHANGE, RESOLVE_TAIL, \
	RESOLVE_ANSWER(" UNION SELECT o.id FROM unnest(" LEFT_UUIDS("cairn.sweep") ") o(id)")
#define PARTS_RUN_SWEEP \
	RESOLVE_SWEEP RESOLVE_CHANGE, RESOLVE_RUN("$9::text"), RESOLVE_STEPS, \
	RESOLVE_RUNS("CASE WHEN $9 IS NOT NULL THEN $10 END", "CASE WHEN $9 IS NOT NULL THEN $11 END", \
		     "CASE WHEN $9 IS NOT NULL THEN $12 END") RESOLVE_ANSWER("")

/* ---- sweeps ------------------------------------------------------------------------------ */

/* cairn_step_key. Jobs that a sweep of the runs that were left behind is to cancel, by id. */
#define TEXT_SWEEP_JOBS \
	"SELECT s.id FROM unnest(" LEFT_UUIDS("cairn.sweep") ") u(id) CROSS JOIN LATERAL (" \
		"SELECT s.id FROM @schema.cairn_step s WHERE s.run_id = u.id " \
		"AND s.status = 'ENQUEUED' OFFSET 0" \
	") s ORDER BY s.id"

/*
 * cairn_run_pkey, cairn_step_key. Behind the locks of a cancel: of each run in $1, in scope $2, its status,
 * whether it is not over, how many steps are open then, and the jobs to cancel; leaves those runs behind to
 * be swept.
 */
#define TEXT_CANCEL_LOOK \
	"WITH r AS MATERIALIZED (" \
		"SELECT u.n, r.id, r.status, r.finished_at IS NULL AS open, " \
		"r.blocked + r.waiting + r.enqueued AS steps FROM unnest($1::uuid[]) " \
		"WITH ORDINALITY u(id, n) CROSS JOIN LATERAL (" \
			"SELECT r.* FROM @schema.cairn_run r WHERE r.id = u.id " \
			"AND ($2::text IS NULL OR r.tenant = $2) OFFSET 0" \
		") r" \
	") SELECT NULL::uuid AS job, r.n, r.status::text, r.open, r.steps FROM r " \
	"UNION ALL SELECT NULL, 0, NULL, " \
	LEAVE_UUIDS("cairn.sweep", "SELECT o.id FROM r o WHERE o.open") " = '', 0 " \
	"UNION ALL SELECT s.id, 0, NULL, true, 0 FROM r CROSS JOIN LATERAL (" \
		"SELECT s.id FROM @schema.cairn_step s WHERE r.open AND s.run_id = r.id " \
		"AND s.status = 'ENQUEUED' OFFSET 0" \
	") s ORDER BY job"

/* ---- reap ---------------------------------------------------------------------------------- */

/*
 * cairn_job_live_reap, cairn_run_pkey in its order. The runs of expired leases whose steps would end, as far
 * as nobody else holds them, and the parents of expired children that would end. $2 limit, $3: only these ids. Nothing has died yet.
 */
#define TEXT_REAP_RUNS \
	"SELECT set_config('cairn.died', '{}', true), set_config('cairn.ended', '{}', true), " \
	LEAVE_UUIDS("cairn.parents", \
		"SELECT p.id FROM @schema.cairn_job_live p WHERE p.id = ANY (ARRAY(" \
			"SELECT r.parent_id FROM (" \
				"SELECT l.id FROM @schema.cairn_job_live l WHERE " EXPIRED("l") " " \
				"AND l.replay = 2 AND " DIES("l") " " \
				"AND ($3::uuid[] IS NULL OR l.id = ANY ($3)) " \
				"ORDER BY l.lease_expires_at, l.id LIMIT $2::int8" \
			") c CROSS JOIN LATERAL (" \
				"SELECT r.parent_id FROM @schema.cairn_replay r WHERE r.run_id = c.id OFFSET 0" \
			") r" \
		")) ORDER BY p.id FOR NO KEY UPDATE SKIP LOCKED") ", " LEAVE_UUIDS("cairn.runs", \
		"SELECT r.id FROM @schema.cairn_run r WHERE r.id = ANY (ARRAY(" \
			"SELECT l.run_id FROM @schema.cairn_job_live l WHERE " EXPIRED("l") " " \
			"AND l.run_id IS NOT NULL AND " DIES("l") " " \
			"AND ($3::uuid[] IS NULL OR l.id = ANY ($3)) " \
			"ORDER BY l.lease_expires_at, l.id LIMIT $2::int8" \
		")) ORDER BY r.id FOR NO KEY UPDATE SKIP LOCKED")

/* Whether replay runs that its jobs began are not over, or are leased still. */
#define REPLAYS_LIVE(run, now) \
	"COALESCE((" \
		"SELECT true FROM (" \
			"SELECT st.id FROM @schema.cairn_step st WHERE st.run_id = " run " OFFSET 0" \
		") st CROSS JOIN LATERAL (" \
			"SELECT c.run_id FROM @schema.cairn_replay c WHERE c.root_id = st.id OFFSET 0" \
		") c LEFT JOIN @schema.cairn_job_live lv ON " IS("lv.id", "c.run_id") " " \
		"LEFT JOIN @schema.cairn_job_done dn ON " IS("dn.id", "c.run_id") " " \
		"WHERE lv.id IS NOT NULL OR dn.lease_expires_at > " now " LIMIT 1" \
	"), false)"

/* ---- prune --------------------------------------------------------------------------------- */

/*
 * cairn_run_finished from its beginning; cairn_step_key, cairn_replay_root and the jobs' primary keys. A run
 * stays as long as a descendant of one of its jobs is not over. $2 scope, $3 type, $4 statuses, $5 limit, $6 age. Leaves the runs behind.
 */
#define TEXT_RUN_PRUNE_PICK \
	"SELECT " LEAVE_UUIDS("cairn.runs", \
		"SELECT r.id FROM @schema.cairn_run r WHERE r.finished_at IS NOT NULL " \
		"AND r.finished_at <= " T " - $6::int8 * interval '1 microsecond' " \
		"AND ($2::text IS NULL OR r.tenant = $2) AND ($3::text IS NULL OR r.type = $3) " \
		"AND r.status = ANY ($4::text[]) " \
		"AND (r.canceled = 0 OR " KEPT_UNTIL("r.id", T) " IS NULL) AND NOT " REPLAYS_LIVE("r.id", T) " " \
		"ORDER BY r.finished_at, r.id LIMIT $5::int8 FOR UPDATE SKIP LOCKED")

/* Steps, and the descendants of those that are replay runs. */
#define STEPS_AND_REPLAYS \
	"SELECT s.id FROM @schema.cairn_step s WHERE s.run_id = ANY (" LEFT_UUIDS("cairn.runs") ") " \
	"UNION ALL SELECT c.run_id FROM @schema.cairn_step s CROSS JOIN LATERAL (" \
		"SELECT c.run_id FROM @schema.cairn_replay c WHERE c.root_id = s.id " \
		"AND c.run_id <> s.id OFFSET 0" \
	") c WHERE s.run_id = ANY (" LEFT_UUIDS("cairn.runs") ")"

/* cairn_step_key, cairn_replay_root, cairn_job_done_pkey in its order. Leaves steps behind. */
#define TEXT_RUN_PRUNE_JOBS \
	"SELECT " LEAVE_UUIDS("cairn.gone", \
		STEPS_AND_REPLAYS) ", (" \
		"SELECT count(*) FROM (" \
			"SELECT FROM @schema.cairn_job_done d WHERE d.id = ANY (ARRAY(" \
				STEPS_AND_REPLAYS \
			")) ORDER BY d.id FOR UPDATE" \
		") held" \
	")"

/* The primary keys of all that runs, steps and jobs have; cairn_step_edge_dependent. */
#define OF_LEFT_RUNS(column) column " = ANY (" LEFT_UUIDS("cairn.runs") ")"
#define PARTS_RUN_PRUNE \
	"WITH gone AS (" \
		"DELETE FROM @schema.cairn_job_done d WHERE d.id = ANY (" LEFT_IDS ") " \
		"RETURNING d.id, d.fence > 0 AS ended, d.events > 0 AS told" \
	"), edge AS (" \
		"DELETE FROM @schema.cairn_step_edge WHERE dependent_id = ANY (" LEFT_IDS ")" \
	"), step AS (" \
		"DELETE FROM @schema.cairn_step WHERE id = ANY (" LEFT_IDS ")" \
	"), run_event AS (" \
		"DELETE FROM @schema.cairn_run_event WHERE " OF_LEFT_RUNS("run_id") \
	"), append AS (" \
		"DELETE FROM @schema.cairn_run_append WHERE " OF_LEFT_RUNS("run_id") \
	"), run AS (" \
		"DELETE FROM @schema.cairn_run WHERE " OF_LEFT_RUNS("id") " " \
		"RETURNING id, tenant, active_key" \
	"), key AS (" \
		"DELETE FROM @schema.cairn_run_active a USING run r " \
		"WHERE " IS("a.tenant", "r.tenant") " AND " IS("a.active_key", "r.active_key") " " \
		"AND a.run_id = r.id" \
	"), replays AS (" \
		"DELETE FROM @schema.cairn_replay WHERE " OF_GONE("run_id", "") \
	"), memo AS (" \
		"DELETE FROM @schema.cairn_memo WHERE " OF_GONE("run_id", "") \
	"), ", FORGET_REPLAYS FORGET_THE_REST "SELECT count(*) FROM run"

/* clang-format on */

#endif
