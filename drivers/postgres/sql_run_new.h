/*
 * sql_run_new.h - the statements that make runs and steps, as pieces for sql.c.
 *
 * RUNS_NEW inserts the rows of runs, by their keys, and leaves out those whose key is there; RUNS_ACTIVE
 * takes active keys that are free; STEPS_NEW inserts the steps of the runs that stand then and whose types
 * all have a definition, with their jobs, and takes the rows of the others back; STEPS_EDGES inserts
 * their edges; RUNS_FOUND, a statement of its own that sees whom the first ones waited for, looks up what
 * the others found. All of them go out together (run_new.c).
 */
#ifndef CAIRN_PG_SQL_RUN_NEW_H
#define CAIRN_PG_SQL_RUN_NEW_H

#include "sql_enqueue.h"
#include "sql_run.h"
#include "sql_run_end.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

/* ---- runs ---------------------------------------------------------------------- */

/*
 * cairn_run_key, cairn_run_recovery. $2 ids, $3 types, $4 tenants, $5 metadata, $6 keys, $7 requests, $8
 * hashes, $9 active keys, $10 result steps, $11 on failure, $12 statuses, $13 to $15 how many steps are
 * blocked, waiting, enqueued, $16 events, $17 sources, $18 recovery steps, $19 keys and $20 reasons of
 * recoveries. Leaves the time behind for the next ones.
 */
#define TEXT_RUNS_NEW \
	"WITH clock AS MATERIALIZED (SELECT " T " AS now), run AS (" \
		"INSERT INTO @schema.cairn_run (id, created_at, updated_at, events, blocked, waiting, " \
		"enqueued, succeeded, failed, canceled, status, on_failure, type, tenant, source_id, " \
		"recovery_step, recovery_key, recovery_reason, idempotency_key, active_key, result_step, " \
		"metadata, request_hash, request) " \
		"SELECT i.id, c.now, c.now, i.events, i.blocked, i.waiting, i.enqueued, 0, 0, 0, " \
		"(" RUN_WORDS ")[i.status], ('{CONTINUE,FAIL_FAST}'::text[])[i.on_failure], i.type, " \
		"i.tenant, NULLIF(i.source, " NO_STEP "), NULLIF(i.recovery_step, " NO_STEP "), " \
		"i.recovery_key, i.reason, i.key, i.active_key, i.result_step, i.metadata, " \
		"CASE WHEN i.key IS NOT NULL THEN i.hash END, i.request FROM unnest($2::uuid[], $3::text[], " \
		"$4::text[], $5::json[], $6::text[], $7::json[], $8::bytea[], $9::text[], $10::text[], " \
		"$11::int4[], $12::int4[], $13::int4[], $14::int4[], $15::int4[], $16::int8[], " \
		"$17::uuid[], $18::uuid[], $19::text[], $20::text[]) WITH ORDINALITY AS i(id, type, " \
		"tenant, metadata, key, request, hash, active_key, result_step, on_failure, status, " \
		"blocked, waiting, enqueued, events, source, recovery_step, recovery_key, reason, n) " \
		"CROSS JOIN clock c ORDER BY i.type COLLATE \"C\", i.tenant COLLATE \"C\", " \
		"i.key COLLATE \"C\", i.source, i.recovery_key COLLATE \"C\", i.n ON CONFLICT DO NOTHING" \
	") SELECT " LEAVE_NOW("c.now") " FROM clock c"

/*
 * cairn_run_pkey, cairn_run_active_pkey. $2 runs: those of them that were inserted, and have an active key. One
 * that is kept goes over to a recovery of the run that keeps it.
 */
#define TEXT_RUNS_ACTIVE \
	"INSERT INTO @schema.cairn_run_active AS a (tenant, active_key, run_id) " \
	"SELECT i.tenant, i.active_key, i.id FROM (" \
		"SELECT DISTINCT ON (r.tenant, r.active_key) r.tenant, r.active_key, r.id " \
		"FROM unnest($2::uuid[]) WITH ORDINALITY u(id, n) CROSS JOIN LATERAL (" \
			"SELECT r.id, r.tenant, r.active_key FROM @schema.cairn_run r WHERE r.id = u.id " \
			"AND r.active_key IS NOT NULL OFFSET 0" \
		") r ORDER BY r.tenant, r.active_key, u.n" \
	") i ORDER BY i.tenant, i.active_key ON CONFLICT (tenant, active_key) DO UPDATE " \
	"SET run_id = excluded.run_id, free_at = NULL " \
	"WHERE a.free_at <= COALESCE($1::timestamptz, clock_timestamp()) " \
	"OR (a.free_at IS NOT NULL AND a.run_id = (" \
		"SELECT r.source_id FROM @schema.cairn_run r WHERE r.id = excluded.run_id" \
	"))"

/*
 * cairn_run_key, cairn_run_recovery, cairn_run_active_pkey, cairn_run_pkey. Of the items $1 ids, $2 types, $3
 * tenants, $4 keys, $5 active keys, $6 sources, $7 recovery keys: who else has the key, has recovered that
 * source under that key, or has the active key, by enum cairn_run_insert_result.
 */
#define TEXT_RUNS_FOUND \
	"SELECT i.n, f.kind, r.id, r.status, r.request_hash FROM unnest($1::uuid[], $2::text[], " \
	"$3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[]) WITH ORDINALITY AS i(id, type, " \
	"tenant, key, active_key, source, recovery_key, n) CROSS JOIN LATERAL (" \
		"SELECT 2 AS kind, k.id FROM @schema.cairn_run k WHERE k.type = i.type " \
		"AND k.tenant = i.tenant AND k.idempotency_key = i.key " \
		"UNION ALL SELECT 4, k.id FROM @schema.cairn_run k WHERE k.source_id = i.source " \
		"AND k.recovery_key = i.recovery_key " \
		"UNION ALL SELECT 3, a.run_id FROM @schema.cairn_run_active a " \
		"WHERE a.tenant = i.tenant AND a.active_key = i.active_key OFFSET 0" \
	") f CROSS JOIN LATERAL (" \
		"SELECT r.id, r.status, r.request_hash FROM @schema.cairn_run r WHERE r.id = f.id " \
		"OFFSET 0" \
	") r WHERE r.id <> i.id"

/* ---- steps --------------------------------------------------------------------- */

/*
 * cairn_run_pkey, cairn_run_active_pkey, cairn_job_definition_pkey. $3 runs, $4 the number of each step's run
 * (NULL: the first), $5 ids, $6 keys, $7 kinds, $8 statuses, $9 types, $10 queues, $11 tenants, $12
 * payloads, $13 owners, $14 resource keys, $15 stages, $16 timeouts, $17 deadlines, $18 attempts, $19
 * priorities, $20 sets, $21 prerequisites, $22 pending, $23 unsatisfied, $24 and $25 numbers of events,
 * $26: 1 counts events of jobs; $27: the runs are new, and $28 their events' numbers (0: none); $29 and $30
 * code and message of steps that are canceled at once.
 */
#define STEPS_NEW_ITEMS \
	"WITH " CALL_CLOCK "stand AS MATERIALIZED (" \
		"SELECT u.n, u.id, r.id IS NOT NULL AS mine, r.source_id, r.tenant, r.active_key, " \
		"r.id IS NOT NULL AND (r.active_key IS NULL OR COALESCE(a.run_id = r.id, false)) AS won " \
		"FROM unnest($3::uuid[]) WITH ORDINALITY u(id, n) LEFT JOIN LATERAL (" \
			"SELECT r.id, r.source_id, r.tenant, r.active_key FROM @schema.cairn_run r " \
			"WHERE r.id = u.id OFFSET 0" \
		") r ON true LEFT JOIN LATERAL (" \
			"SELECT a.run_id FROM @schema.cairn_run_active a WHERE a.tenant = r.tenant " \
			"AND a.active_key = r.active_key OFFSET 0" \
		") a ON true" \
	"), item AS MATERIALIZED (" \
		"SELECT i.id, COALESCE(i.run, 1) AS run, ($3)[COALESCE(i.run, 1)] AS run_id, i.key, i.kind, i.state, " \
		"i.type, i.queue, i.tenant, i.payload, i.owner, i.resource_key, i.stage, i.deadline_us, " \
		"COALESCE(NULLIF(i.timeout_us, 0), d.timeout_us) AS timeout_us, " \
		"COALESCE(NULLIF(i.max_attempts, 0), d.max_attempts) AS max_attempts, " \
		"CASE WHEN i.given & 1 <> 0 THEN i.priority ELSE d.priority END AS priority, " \
		"COALESCE(i.given, 0) & 2 <> 0 AS may_continue, i.prerequisites, i.pending, i.unsatisfied, " \
		"NULLIF(i.released_seq, 0) AS released_seq, NULLIF(i.ended_seq, 0) AS ended_seq, i.n, " \
		"i.kind <> 1 OR d.type IS NOT NULL AS known " \
		"FROM unnest($4::int4[], $5::uuid[], $6::text[], $7::int4[], $8::int4[], $9::text[], " \
		"$10::text[], $11::text[], $12::json[], $13::text[], $14::text[], $15::text[], " \
		"$16::int8[], $17::int8[], $18::int4[], $19::int4[], $20::int4[], $21::int4[], " \
		"$22::int4[], $23::int4[], $24::int8[], $25::int8[]) WITH ORDINALITY AS i(run, id, key, " \
		"kind, state, type, queue, tenant, payload, owner, resource_key, stage, timeout_us, " \
		"deadline_us, max_attempts, priority, given, prerequisites, pending, unsatisfied, " \
		"released_seq, ended_seq, n) " \
		"LEFT JOIN @schema.cairn_job_definition d ON " IS("d.type", "i.type") " AND d.enabled" \
	"), missing AS MATERIALIZED (" \
		"SELECT i.run, min(i.n) AS n FROM item i WHERE NOT i.known GROUP BY i.run" \
	"), good AS MATERIALIZED (" \
		"SELECT array_agg(s.won AND m.n IS NULL ORDER BY s.n) AS runs " \
		"FROM stand s LEFT JOIN missing m ON m.run = s.n" \
	"), "

#define STEPS_NEW_WRITE \
	"step AS (" \
		"INSERT INTO @schema.cairn_step (id, run_id, created_at, released_at, finished_at, " \
		"deadline_at, released_seq, ended_seq, timeout_us, deadline_us, priority, max_attempts, " \
		"prerequisites, pending, unsatisfied, may_continue, kind, status, step_key, tenant, type, " \
		"queue, stage, owner, resource_key, payload, status_reason, error_code, error_message) " \
		"SELECT i.id, i.run_id, c.now, " \
		"CASE WHEN i.state IN (2, 3) THEN c.now END, CASE WHEN i.state > 4 THEN c.now END, " \
		"CASE WHEN i.state = 2 " \
		"THEN c.now + NULLIF(i.deadline_us, 0) * interval '1 microsecond' END, " \
		"i.released_seq, i.ended_seq, i.timeout_us, NULLIF(i.deadline_us, 0), i.priority, " \
		"i.max_attempts, i.prerequisites, i.pending, COALESCE(i.unsatisfied, 0), i.may_continue, " \
		"('{JOB,EXTERNAL}'::text[])[i.kind], (" STEP_WORDS ")[i.state], i.key, i.tenant, i.type, i.queue, i.stage, " \
		"i.owner, i.resource_key, i.payload, " \
		"CASE WHEN i.state > 4 THEN $29::text END, CASE WHEN i.state > 4 THEN $29 END, " \
		"CASE WHEN i.state > 4 THEN $30::text END " \
		"FROM item i CROSS JOIN good g CROSS JOIN clock c WHERE g.runs[i.run]" \
	"), due AS (" \
		"SELECT i.* FROM item i CROSS JOIN good g WHERE i.state = 3 AND g.runs[i.run]" \
	"), job AS (" \
		INTO_STEP_JOB \
		STEP_JOB("s", "c.now", "$26::int4") " FROM due s CROSS JOIN clock c" \
	"), job_event AS (" \
		INTO_ENQUEUED \
		"SELECT s.id, 1, c.now, 1, 0, 'ENQUEUED', s.stage, s.type FROM due s CROSS JOIN clock c " \
		"WHERE $26 = 1 AND s.stage <> 'queued'" \
	"), "

/* Of a recovery that did not come about the source has its active key again. */
#define STEPS_NEW_UNDO \
	"run_event AS (" \
		"INSERT INTO @schema.cairn_run_event (run_id, seq, at, status) " \
		"SELECT r.id, ($28::int8[])[s.n], c.now, r.status FROM stand s CROSS JOIN good g " \
		"CROSS JOIN clock c CROSS JOIN LATERAL (" \
			"SELECT r.id, r.status FROM @schema.cairn_run r WHERE r.id = s.id OFFSET 0" \
		") r WHERE g.runs[s.n] AND ($28)[s.n] > 0" \
	"), run AS (" \
		"DELETE FROM @schema.cairn_run WHERE id = ANY (ARRAY(" \
			"SELECT s.id FROM stand s CROSS JOIN good g " \
			"WHERE $27::boolean AND s.mine AND NOT g.runs[s.n]" \
		"))" \
	"), back AS MATERIALIZED (" \
		"SELECT s.id, s.tenant, s.active_key, s.source_id, CASE WHEN s.source_id IS NOT NULL THEN " \
		KEPT_UNTIL("s.source_id", "c.now") " END AS keep FROM stand s CROSS JOIN good g " \
		"CROSS JOIN clock c WHERE $27 AND s.won AND s.active_key IS NOT NULL AND NOT g.runs[s.n]" \
	"), key_free AS (" \
		"DELETE FROM @schema.cairn_run_active a USING back h WHERE " IS("a.tenant", "h.tenant") " " \
		"AND " IS("a.active_key", "h.active_key") " AND h.keep IS NULL" \
	"), key_kept AS (" \
		"UPDATE @schema.cairn_run_active a SET run_id = h.source_id, free_at = h.keep " \
		"FROM back h WHERE " IS("a.tenant", "h.tenant") " " \
		"AND " IS("a.active_key", "h.active_key") " AND h.keep IS NOT NULL" \
	") "

/* Kinds 1: each run, whether it was inserted, its key won, and the first step that lacks a definition; 2: queues. */
#define STEPS_NEW_ANSWER \
	"SELECT 1, s.n, s.mine, s.won, (SELECT m.n FROM missing m WHERE m.run = s.n), NULL::text " \
	"FROM stand s UNION ALL SELECT 2, q.jobs, false, false, NULL, " WAKES("true", "q.queue") " " \
	"FROM (SELECT t.queue, count(*) AS jobs FROM due t GROUP BY t.queue) q"

#define PARTS_STEPS_NEW STEPS_NEW_ITEMS, STEPS_NEW_WRITE, STEPS_NEW_UNDO, STEPS_NEW_ANSWER

/*
 * cairn_step_pkey. $1 the first new step of each run, $2 the number of each edge's run (NULL: the first), $3
 * prerequisites, $4 dependents, $5 modes. Only of the runs whose steps were inserted.
 */
#define TEXT_STEPS_EDGES \
	"WITH good AS MATERIALIZED (" \
		"SELECT array_agg(EXISTS (" \
			"SELECT FROM @schema.cairn_step s WHERE s.id = u.id OFFSET 0" \
		") ORDER BY u.n) AS runs FROM unnest($1::uuid[]) WITH ORDINALITY u(id, n)" \
	") INSERT INTO @schema.cairn_step_edge (prerequisite_id, dependent_id, release) " \
	"SELECT i.prerequisite, i.dependent, ('{ON_TERMINAL,ON_SUCCESS}'::text[])[i.mode] " \
	"FROM unnest($2::int4[], $3::uuid[], $4::uuid[], $5::int4[]) " \
	"AS i(run, prerequisite, dependent, mode) CROSS JOIN good g WHERE g.runs[COALESCE(i.run, 1)]"

/* cairn_step_pkey, cairn_resource_pkey. What the steps in $2 need; most often all of it is there. */
#define TEXT_STEPS_RESOURCES \
	"INSERT INTO @schema.cairn_resource (tenant, resource_key, capacity, created_at, updated_at) " \
	"SELECT DISTINCT j.tenant, j.resource_key, 1, " T ", " T " FROM (" \
		"SELECT s.tenant, s.resource_key FROM @schema.cairn_step s " \
		"WHERE s.id = ANY ($2::uuid[]) OFFSET 0" \
	") j ORDER BY 1, 2 ON CONFLICT DO NOTHING"

/*
 * cairn_run_pkey, cairn_step_pkey, cairn_run_append_pkey. Behind STEPS_NEW, where that inserted the step $4:
 * the run $3 has $5 to $10 steps of each status, $11 status, $12 events; $13 key, $14 request, $15 hash, $16
 * metadata of the append; $17 and $18 numbers of the events of append and status (0: none).
 */
#define TEXT_RUN_APPEND \
	"WITH " CALL_CLOCK "run AS (" \
		"UPDATE @schema.cairn_run r SET updated_at = c.now, blocked = $5::int4, " \
		"waiting = $6::int4, enqueued = $7::int4, succeeded = $8::int4, failed = $9::int4, " \
		"canceled = $10::int4, status = (" RUN_WORDS ")[$11::int4], events = $12::int8 " \
		"FROM clock c WHERE r.id = $3::uuid AND EXISTS (" \
			"SELECT FROM @schema.cairn_step s WHERE s.id = $4::uuid" \
		") RETURNING r.id, r.status, c.now" \
	"), append AS (" \
		"INSERT INTO @schema.cairn_run_append (run_id, at, append_key, request_hash, request, " \
		"metadata) SELECT r.id, r.now, $13::text, $15::bytea, $14::json, $16::json FROM run r" \
	") INSERT INTO @schema.cairn_run_event (run_id, seq, at, status, reason) " \
	"SELECT r.id, e.seq, r.now, e.status, e.reason FROM run r CROSS JOIN LATERAL (" \
		"VALUES ($17::int8, NULL::text, $13), ($18::int8, r.status::text, NULL)" \
	") e(seq, status, reason) WHERE e.seq > 0"

/* ---- all texts about runs ------------------------------------------------------- */

#define RUN_TEXTS \
	[PG_SQL_RUNS_LOCK] = { { TEXT_RUNS_LOCK } }, \
	[PG_SQL_RUNS_LOCK_OF] = { { TEXT_RUNS_LOCK_OF } }, \
	[PG_SQL_RUNS_LOCK_FREE] = { { TEXT_RUNS_LOCK_FREE } }, \
	[PG_SQL_STEP_JOBS_LOCK] = { { TEXT_STEP_JOBS_LOCK } }, \
	[PG_SQL_STEPS_AMONG] = { { TEXT_STEPS_AMONG } }, \
	[PG_SQL_RUN_RESOLVE] = { { PARTS_RUN_RESOLVE } }, \
	[PG_SQL_RUN_GATES] = { { PARTS_RUN_GATES } }, \
	[PG_SQL_RUN_NEXT] = { { PARTS_RUN_NEXT } }, \
	[PG_SQL_RUN_SWEEP] = { { PARTS_RUN_SWEEP } }, \
	[PG_SQL_SWEEP_JOBS] = { { TEXT_SWEEP_JOBS } }, \
	[PG_SQL_CANCEL_LOOK] = { { TEXT_CANCEL_LOOK } }, \
	[PG_SQL_REAP_RUNS] = { { TEXT_REAP_RUNS } }, \
	[PG_SQL_RUN_PRUNE_PICK] = { { TEXT_RUN_PRUNE_PICK } }, \
	[PG_SQL_RUN_PRUNE_JOBS] = { { TEXT_RUN_PRUNE_JOBS } }, \
	[PG_SQL_RUN_PRUNE_WHOLE] = { { TEXT_RUN_PRUNE_WHOLE } }, \
	[PG_SQL_RUN_PRUNE] = { { PARTS_RUN_PRUNE } }, \
	[PG_SQL_RUNS_NEW] = { { TEXT_RUNS_NEW } }, \
	[PG_SQL_RUNS_ACTIVE] = { { TEXT_RUNS_ACTIVE } }, \
	[PG_SQL_STEPS_NEW] = { { PARTS_STEPS_NEW } }, \
	[PG_SQL_STEPS_EDGES] = { { TEXT_STEPS_EDGES } }, \
	[PG_SQL_STEPS_RESOURCES] = { { TEXT_STEPS_RESOURCES } }, \
	[PG_SQL_RUNS_FOUND] = { { TEXT_RUNS_FOUND } }, \
	[PG_SQL_RUN_APPEND] = { { TEXT_RUN_APPEND } }, \
	[PG_SQL_RUN_LOOK] = { { TEXT_RUN_LOOK } }, \
	[PG_SQL_STEPS_LOOK] = { { TEXT_STEPS_LOOK } }, \
	[PG_SQL_RUNS] = { { TEXT_RUNS } }, \
	[PG_SQL_RUNS_KEY] = { { TEXT_RUNS_KEY } }, \
	[PG_SQL_RUNS_SOURCE] = { { TEXT_RUNS_SOURCE } }, \
	[PG_SQL_STEPS] = { { TEXT_STEPS } }, \
	[PG_SQL_STEPS_BEFORE] = { { TEXT_STEPS_BEFORE } }, \
	[PG_SQL_STEPS_NOW] = { { TEXT_STEPS_NOW } }, \
	[PG_SQL_RUN_EDGES] = { { TEXT_RUN_EDGES } }, \
	[PG_SQL_RUN_EVENTS] = { { TEXT_RUN_EVENTS } }, \
	[PG_SQL_RUN_EVENTS_JOBS] = { { TEXT_RUN_EVENTS_JOBS } }, \
	[PG_SQL_RUN_OVERDUE] = { { TEXT_OVERDUE } }

/* clang-format on */

#endif
