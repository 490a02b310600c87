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

/* ---- seeds: (n, id, run_id, tid, was, state, told, output, reason, error_code, error_message, place) -- */

/*
 * Statuses are the library's numbers (was, state) until they are written; one above RUNNING is an end.
 * place: which of the told seeds of its run it is. tid: where its row stands. It stays there as long as the
 * run is held, so that no index is asked again.
 */
#define TOLD_STEP(state) "($4::int4 >> " state ") & 1 = 1"
#define PLACE(run, id, told) \
	"count(*) FILTER (WHERE " told ") OVER (PARTITION BY " run " ORDER BY " id " " \
	"ROWS UNBOUNDED PRECEDING) AS place"
#define SEEDS(rows) \
	"WITH " CALL_CLOCK "seed AS MATERIALIZED (" \
		"SELECT x.*, " PLACE("x.run_id", "x.id", "x.told") " FROM (" rows " OFFSET 0) x" \
	"), "

/* Of a job that has ended. */
#define DONE_NUMBER(status) "CASE " status " WHEN 'SUCCEEDED' THEN 3 WHEN 'DEAD_LETTERED' THEN 4 ELSE 5 END"

/* Steps whose jobs have ended: $11 ids, or (NULL) those that REAP left behind; $12 the rules for jobs. */
#define RESOLVE_JOBS \
	SEEDS("SELECT 0::int8 AS n, j.*, " TOLD_STEP("j.state") " AS told FROM (" \
			"SELECT s.id, s.run_id, s.tid, 3 AS was, ($12::int4[])[" DONE_NUMBER("d.status") "] " \
			"AS state, d.output, d.status_reason AS reason, d.error_code, d.error_message " \
			"FROM unnest(COALESCE($11::uuid[], " LEFT_UUIDS("cairn.died") ")) u(id) " \
			"CROSS JOIN LATERAL (" \
				"SELECT s.id, s.run_id, s.ctid AS tid FROM @schema.cairn_step s " \
				"WHERE s.id = u.id AND s.status = 'ENQUEUED' OFFSET 0" \
			") s CROSS JOIN LATERAL (" \
				"SELECT d.status, d.output, d.status_reason, d.error_code, " \
				"d.error_message FROM @schema.cairn_job_done d WHERE d.id = s.id OFFSET 0" \
			") d OFFSET 0" \
		") j WHERE j.state > 0")

/*
 * Gates: $11 runs, $12 keys, $13 statuses, $14: only if overdue, $15 outputs, $16 reasons, $17 codes,
 * $18 messages, $19 scopes, $20: only in runs that RUNS_LOCK_FREE locked.
 */
#define RESOLVE_GATES \
	SEEDS("SELECT i.n, s.id, s.run_id, s.tid, 2 AS was, i.target AS state, " \
		TOLD_STEP("i.target") " AS told, i.output, i.reason, i.error_code, i.error_message " \
		"FROM unnest($11::uuid[], $12::text[], $13::int4[], $14::int4[], $15::json[], " \
		"$16::text[], $17::text[], $18::text[], $19::text[]) WITH ORDINALITY i(run, key, target, " \
		"overdue, output, reason, error_code, error_message, tenant, n) CROSS JOIN LATERAL (" \
			"SELECT r.id FROM @schema.cairn_run r WHERE r.id = i.run " \
			"AND (i.tenant IS NULL OR r.tenant = i.tenant) OFFSET 0" \
		") r CROSS JOIN LATERAL (" \
			"SELECT s.id, s.run_id, s.ctid AS tid, s.status, s.deadline_at " \
			"FROM @schema.cairn_step s WHERE s.run_id = r.id AND s.step_key = i.key OFFSET 0" \
		") s WHERE s.status = 'WAITING_FOR_EXTERNAL' " \
		"AND (i.overdue = 0 OR s.deadline_at <= (SELECT c.now FROM clock c)) " \
		"AND (NOT $20::boolean OR r.id = ANY (" LEFT_UUIDS("cairn.runs") "))")

/* The steps that the statement before canceled: their ends are written. */
#define RESOLVE_NEXT \
	SEEDS("SELECT 0::int8 AS n, s.*, s.was AS state, false AS told, NULL::json AS output, " \
		"NULL::text AS reason, NULL::text AS error_code, NULL::text AS error_message " \
		"FROM unnest(" LEFT_UUIDS("cairn.next") ") u(id) CROSS JOIN LATERAL (" \
			"SELECT s.id, s.run_id, s.ctid AS tid, " STEP_NUMBER("s.status") " AS was " \
			"FROM @schema.cairn_step s WHERE s.id = u.id OFFSET 0" \
		") s")

/*
 * Every step that has not ended, of the runs in $7, or (NULL) of those that were left behind to be
 * swept: $8 its status, $9 the run's (NULL: by the rules), $10 reason, $11 code, $12 message.
 */
#define RESOLVE_SWEEP \
	SEEDS("SELECT 0::int8 AS n, s.*, $8::int4 AS state, " TOLD_STEP("$8") " AS told, " \
		"NULL::json AS output, $10::text AS reason, $11::text AS error_code, " \
		"$12::text AS error_message " \
		"FROM unnest(COALESCE($7::uuid[], " LEFT_UUIDS("cairn.sweep") ")) u(id) " \
		"CROSS JOIN LATERAL (" \
			"SELECT s.id, s.run_id, s.ctid AS tid, " STEP_NUMBER("s.status") " AS was " \
			"FROM @schema.cairn_step s WHERE s.run_id = u.id AND s.finished_at IS NULL OFFSET 0" \
		") s")

/* ---- edges: the dependents that are blocked, as they are to be ----------------------------- */

/*
 * Those that wait on stay BLOCKED (1). place: as that of seeds, among those that follow. (Without its OFFSET
 * the planner might look up all edges there are at once.)
 */
#define RESOLVE_EDGES \
	"edge AS MATERIALIZED (" \
		"SELECT e.dependent_id, count(*)::int4 AS gone, " \
		"sum(($8::int4[])[(e.release = 'ON_SUCCESS')::int4 * 7 + x.state])::int4 AS bad " \
		"FROM seed x CROSS JOIN LATERAL (" \
			"SELECT e.dependent_id, e.release FROM @schema.cairn_step_edge e " \
			"WHERE e.prerequisite_id = x.id OFFSET 0" \
		") e GROUP BY e.dependent_id" \
	"), freed AS MATERIALIZED (" \
		"SELECT f.*, f.state > 4 AND EXISTS (" \
			"SELECT FROM @schema.cairn_step_edge e WHERE e.prerequisite_id = f.id OFFSET 0" \
		") AS next, " PLACE("f.run_id", "f.id", "f.told") " FROM (" \
			"SELECT m.*, m.state > 1 AND " TOLD_STEP("m.state") " AS told FROM (" \
				"SELECT b.*, CASE WHEN b.pending > 0 THEN 1 ELSE " \
				"($7::int4[])[b.gate * 2 + (b.unsatisfied > 0)::int4 + 1] END AS state FROM (" \
					"SELECT s.id, s.run_id, s.tid, s.gate, s.pending - g.gone AS pending, " \
					"s.unsatisfied + g.bad AS unsatisfied " \
					"FROM edge g CROSS JOIN LATERAL (" \
						"SELECT s.id, s.run_id, s.ctid AS tid, s.pending, s.unsatisfied, " \
						"(s.kind = 'EXTERNAL')::int4 AS gate FROM @schema.cairn_step s " \
						"WHERE s.id = g.dependent_id AND s.status = 'BLOCKED' OFFSET 0" \
					") s OFFSET 0" \
				") b OFFSET 0" \
			") m OFFSET 0" \
		") f" \
	"), "

/* ---- runs as they are to be -------------------------------------------------------------- */

#define MOVED_BY(state) "sum(g.n * ((g.state = " state ")::int4 - (g.was = " state ")::int4))::int4"

/* How many went from where to where, and then by run. first: events of its seeds, told: of all. */
#define OF_SEEDS "SELECT 0 AS level, x.run_id, x.was, x.state, x.told, false AS next FROM seed x"
#define OF_FREED " UNION ALL SELECT 1, f.run_id, 1, f.state, f.told, f.next FROM freed f"
#define RESOLVE_TALLY(rows) \
	"tally AS MATERIALIZED (" \
		"SELECT g.run_id, sum(g.told) AS told, sum(g.told * (1 - g.level)) AS first, " \
		"bool_or(g.next) AS next, sum(g.n * (g.state > 4 AND g.state <> g.was)::int4)::int4 AS ended, " \
		MOVED_BY("1") " AS blocked, " MOVED_BY("2") " AS waiting, " MOVED_BY("3") " AS enqueued, " \
		MOVED_BY("5") " AS succeeded, " MOVED_BY("6") " AS failed, " MOVED_BY("7") " AS canceled " \
		"FROM (" \
			"SELECT c.run_id, c.level, c.was, c.state, count(*)::int4 AS n, " \
			"(count(*) FILTER (WHERE c.told))::int4 AS told, bool_or(c.next) AS next " \
			"FROM (" rows ") c GROUP BY c.run_id, c.level, c.was, c.state" \
		") g GROUP BY g.run_id" \
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
					"r.status::text AS was, r.events AS before, t.first, " \
					"r.events + t.told AS events, " \
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

/* Events of the runs, before these and behind those of seeds; a step finds its run's by bisection. */
#define RESOLVE_LINES \
	"line AS MATERIALIZED (" \
		"SELECT array_agg(v.id) AS runs, array_agg(v.before) AS before, " \
		"array_agg(v.before + v.first) AS behind " \
		"FROM (SELECT v.id, v.before, v.first FROM run v ORDER BY v.id) v" \
	"), "
#define SEQ_OF(c, from) from "[width_bucket(" c ".run_id, p.runs)] + " c ".place"

#define RESOLVE_SEEDS \
	"ended AS (" \
		"UPDATE @schema.cairn_step s SET status = (" STEP_WORDS ")[x.state], finished_at = k.now, " \
		"deadline_at = NULL, ended_seq = CASE WHEN x.told THEN " SEQ_OF("x", "p.before") " END, " \
		"output = CASE WHEN x.state = 5 THEN x.output END, status_reason = x.reason, " \
		"error_code = x.error_code, error_message = x.error_message " \
		"FROM seed x CROSS JOIN clock k CROSS JOIN line p WHERE s.ctid = x.tid AND x.state <> x.was" \
	"), "

#define RESOLVE_FREED \
	"step AS (" \
		"UPDATE @schema.cairn_step s SET status = (" STEP_WORDS ")[f.state], " \
		"pending = f.pending, unsatisfied = f.unsatisfied, " \
		"released_at = CASE WHEN f.state IN (2, 3) THEN k.now END, " \
		"deadline_at = CASE WHEN f.state IN (2, 3) " \
		"THEN k.now + s.deadline_us * interval '1 microsecond' END, " \
		"finished_at = CASE WHEN f.state > 4 THEN k.now END, " \
		"released_seq = CASE WHEN f.told AND f.state < 4 THEN " SEQ_OF("f", "p.behind") " END, " \
		"ended_seq = CASE WHEN f.told AND f.state > 4 THEN " SEQ_OF("f", "p.behind") " END, " \
		"status_reason = CASE WHEN f.state > 4 THEN $9::text END, " \
		"error_code = CASE WHEN f.state > 4 THEN $9 END, " \
		"error_message = CASE WHEN f.state > 4 THEN $10::text END " \
		"FROM freed f CROSS JOIN clock k CROSS JOIN line p WHERE s.ctid = f.tid " \
		"RETURNING s.id, s.run_id, s.timeout_us, s.priority, s.max_attempts, s.queue, s.type, " \
		"s.tenant, s.stage, s.payload, s.owner, s.resource_key, s.may_continue, f.state" \
	"), job AS (" \
		INTO_STEP_JOB \
		STEP_JOB("s", "k.now", "(($4 >> 3) & 1)") " FROM step s CROSS JOIN clock k " \
		"WHERE s.state = 3" \
	"), job_event AS (" \
		INTO_ENQUEUED \
		"SELECT s.id, 1, k.now, 1, 0, 'ENQUEUED', s.stage, s.type FROM step s " \
		"CROSS JOIN clock k WHERE s.state = 3 AND ($4 >> 3) & 1 = 1 AND s.stage <> 'queued'" \
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
#define RESOLVE_ANSWER(jobs, next, swept) \
	"SELECT 1 AS kind, v.ended::int8, v.id, v.next, v.sweep, " \
	WAKES("v.over", RUN_TOPIC("v.id")) ", CASE WHEN $6::boolean AND (v.next OR v.sweep) " \
	"THEN ('cairn: more steps of run ' || v.id || ' follow')::int4 END FROM run v " jobs \
	"UNION ALL SELECT 3, x.n, x.id, false, false, NULL, 0 FROM seed x WHERE x.n > 0 " \
	"UNION ALL SELECT 4, length(" LEAVE_UUIDS("cairn.next", next) ") + length(" \
	LEAVE_UUIDS("cairn.sweep", "SELECT v.id FROM run v WHERE v.sweep" swept) \
	"), NULL, false, false, NULL, 0"
#define OF_JOBS \
	"UNION ALL SELECT 2, q.jobs, NULL, false, false, " WAKES("true", "q.queue") ", 0 " \
	"FROM (SELECT s.queue, count(*) AS jobs FROM step s WHERE s.state = 3 GROUP BY s.queue) q "
#define NEXT_FREED "SELECT f.id FROM freed f WHERE f.next"
#define NEXT_NONE  "SELECT x.id FROM seed x WHERE false"

#define RESOLVE_TAIL \
	RESOLVE_EDGES, RESOLVE_TALLY(OF_SEEDS OF_FREED), RESOLVE_RUN("NULL"), \
		RESOLVE_LINES RESOLVE_SEEDS, RESOLVE_FREED, RESOLVE_RUNS("NULL", "NULL", "NULL")

/*
 * cairn_step_pkey, cairn_job_done_pkey, cairn_step_edge_pkey, cairn_run_pkey, places of steps; of runs that are
 * over and had an active key cairn_run_active_pkey and, if jobs of them were canceled, cairn_step_key.
 */
#define PARTS_RUN_RESOLVE RESOLVE_JOBS, RESOLVE_TAIL, RESOLVE_ANSWER(OF_JOBS, NEXT_FREED, "")
/* The same, and cairn_step_key. */
#define PARTS_RUN_GATES RESOLVE_GATES, RESOLVE_TAIL, RESOLVE_ANSWER(OF_JOBS, NEXT_FREED, "")
#define PARTS_RUN_NEXT \
	RESOLVE_NEXT, RESOLVE_TAIL, \
	RESOLVE_ANSWER(OF_JOBS, NEXT_FREED, \
		       " UNION SELECT o.id FROM unnest(" LEFT_UUIDS("cairn.sweep") ") o(id)")
#define PARTS_RUN_SWEEP \
	RESOLVE_SWEEP, RESOLVE_TALLY(OF_SEEDS), RESOLVE_RUN("$9::text"), \
	RESOLVE_LINES RESOLVE_SEEDS, \
	RESOLVE_RUNS("CASE WHEN $9 IS NOT NULL THEN $10 END", "CASE WHEN $9 IS NOT NULL THEN $11 END", \
		     "CASE WHEN $9 IS NOT NULL THEN $12 END"), \
	RESOLVE_ANSWER("", NEXT_NONE, "")

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
 * cairn_job_live_reap, cairn_replay_pkey; both jobs' primary keys and cairn_run_pkey in their order. The runs of
 * expired leases whose steps would end, and the parents of expired children that would end, be they over or not
 * (HOLDING_JOBS says why), as far as nobody else holds them. $2 limit, $3: only these ids. Nothing has died yet.
 */
#define DYING(column, which) \
	"SELECT " column " FROM @schema.cairn_job_live l WHERE " EXPIRED("l") " " \
	"AND " which " AND " DIES("l") " " \
	"AND ($3::uuid[] IS NULL OR l.id = ANY ($3)) " \
	"ORDER BY l.lease_expires_at, l.id LIMIT $2::int8"
#define PARENTS_FREE(table) \
	"SELECT p.id FROM (" \
		"SELECT p.id FROM @schema." table " p WHERE p.id = ANY (ARRAY(" \
			"SELECT c.parent_id FROM child c" \
		")) ORDER BY p.id FOR NO KEY UPDATE SKIP LOCKED" \
	") p"
#define TEXT_REAP_RUNS \
	"WITH child AS MATERIALIZED (" \
		"SELECT r.parent_id FROM (" DYING("l.id", "l.replay = 2") ") c CROSS JOIN LATERAL (" \
			"SELECT r.parent_id FROM @schema.cairn_replay r WHERE r.run_id = c.id OFFSET 0" \
		") r" \
	") SELECT set_config('cairn.died', '{}', true), set_config('cairn.ended', '{}', true), " \
	LEAVE_UUIDS("cairn.parents", \
		PARENTS_FREE("cairn_job_live") " UNION ALL " PARENTS_FREE("cairn_job_done")) ", " \
	LEAVE_UUIDS("cairn.runs", \
		"SELECT r.id FROM @schema.cairn_run r WHERE r.id = ANY (ARRAY(" \
			DYING("l.run_id", "l.run_id IS NOT NULL") \
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

/* Steps of the runs that were left behind, and the descendants of those that are replay runs. */
#define STEPS_AND_REPLAYS \
	"SELECT s.run_id, s.id FROM @schema.cairn_step s WHERE " OF_LEFT_RUNS("s.run_id") " " \
	"UNION ALL SELECT s.run_id, c.run_id FROM @schema.cairn_step s CROSS JOIN LATERAL (" \
		"SELECT c.run_id FROM @schema.cairn_replay c WHERE c.root_id = s.id " \
		"AND c.run_id <> s.id OFFSET 0" \
	") c WHERE " OF_LEFT_RUNS("s.run_id")
#define OF_LEFT_RUNS(column) column " = ANY (" LEFT_UUIDS("cairn.runs") ")"

/* cairn_step_key, cairn_replay_root, cairn_job_done_pkey in its order. Leaves behind the jobs that it locked. */
#define TEXT_RUN_PRUNE_JOBS \
	"SELECT " LEAVE_UUIDS("cairn.held", \
		"SELECT d.id FROM @schema.cairn_job_done d WHERE d.id = ANY (ARRAY(" \
			"SELECT m.id FROM (" STEPS_AND_REPLAYS ") m" \
		")) ORDER BY d.id FOR UPDATE")

/*
 * cairn_step_key, cairn_replay_root, the jobs' primary keys. Behind it, since a descendant may have been resumed while
 * the locks were waited for. Leaves behind those of the runs whose jobs are all held, and leased no longer; and their
 * steps and the descendants of these.
 */
#define TEXT_RUN_PRUNE_WHOLE \
	"WITH member AS MATERIALIZED (" STEPS_AND_REPLAYS "), held AS MATERIALIZED (" \
		"SELECT u.id FROM unnest(" LEFT_UUIDS("cairn.held") ") u(id)" \
	"), live AS MATERIALIZED (" \
		"SELECT DISTINCT m.run_id FROM member m " \
		"LEFT JOIN @schema.cairn_job_live lv ON " IS("lv.id", "m.id") " " \
		"LEFT JOIN @schema.cairn_job_done dn ON " IS("dn.id", "m.id") " " \
		"WHERE lv.id IS NOT NULL OR dn.lease_expires_at > " T " " \
		"OR (dn.id IS NOT NULL AND dn.id NOT IN (SELECT h.id FROM held h))" \
	") SELECT " LEAVE_UUIDS("cairn.runs", \
		"SELECT u.id FROM unnest(" LEFT_UUIDS("cairn.runs") ") u(id) " \
		"WHERE u.id NOT IN (SELECT v.run_id FROM live v)") ", " \
	LEAVE_UUIDS("cairn.gone", \
		"SELECT m.id FROM member m WHERE m.run_id NOT IN (SELECT v.run_id FROM live v)")

/* The primary keys of all that runs, steps and jobs have; cairn_step_edge_dependent. */
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
