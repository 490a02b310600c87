/*
 * sql_run.h - what the statements about runs have in common, their locks, and reading. The end of
 * steps is in sql_run_end.h, what makes them in sql_run_new.h.
 *
 * Whoever changes steps locks their runs' rows first, in a statement of its own, then jobs, by id; what
 * they read they read in later statements. A run is found by its steps, whose run_id never changes.
 */
#ifndef CAIRN_PG_SQL_RUN_H
#define CAIRN_PG_SQL_RUN_H

#include "sql_change.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

/* The words, by the library's numbers; run.c asserts them. */
#define STEP_WORDS \
	"'{BLOCKED,WAITING_FOR_EXTERNAL,ENQUEUED,RUNNING,SUCCEEDED,FAILED,CANCELED}'::text[]"
#define RUN_WORDS "'{RUNNING,WAITING_FOR_EXTERNAL,SUCCEEDED,COMPLETED_WITH_ERRORS,CANCELED}'::text[]"
#define STEP_NUMBER(word) "array_position(" STEP_WORDS ", " word ")"

/* A time that is written for as long as the transaction lasts; LEFT_T reads it. */
#define LEAVE_NOW(time) \
	"set_config('cairn.now', to_char(" time " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), true)"

/* Ids that one statement hands over to the next ones. */
#define LEFT_UUIDS(name) "COALESCE(NULLIF(current_setting('" name "', true), '')::uuid[], '{}')"
#define LEAVE_UUIDS(name, from) \
	"set_config('" name "', '{' || COALESCE((SELECT string_agg(ids.id::text, ',') FROM (" from \
	") ids), '') || '}', true)"

/* Those who wait for a run stand among those who wait for queues: a name that no queue can have. */
#define RUN_TOPIC(id) "E'\\x02' || " id "::text"

/* ---- jobs of steps ------------------------------------------------------------ */

/* From the row s of a step: due now. */
#define INTO_STEP_JOB \
	"INSERT INTO @schema.cairn_job_live (id, created_at, updated_at, run_at, fence, timeout_us, " \
	"priority, run_number, attempt, max_attempts, events, parked, status, queue, type, tenant, " \
	"stage, payload, owner, resource_key, run_id, may_continue) "
#define STEP_JOB(s, now, events) \
	"SELECT " s ".id, " now ", " now ", " now ", 0, " s ".timeout_us, " s ".priority, 1, 0, " \
	s ".max_attempts, " events ", false, 'PENDING', " s ".queue, " s ".type, " s ".tenant, " \
	s ".stage, " s ".payload, " s ".owner, " s ".resource_key, " s ".run_id, " s ".may_continue"

/* ---- locks ------------------------------------------------------------------ */

#define HOLDING(rows) \
	"SELECT " LEAVE_NOW("clock_timestamp()") " FROM (" \
		"SELECT count(*) AS n FROM (" rows ") rows_held" \
	") held WHERE n >= 0"
#define RUNS_OF(jobs) \
	"ARRAY(SELECT st.run_id FROM @schema.cairn_step st WHERE st.id = ANY (" jobs "::uuid[]))"

/* cairn_replay_pkey. */
#define PARENTS_OF(jobs) \
	"SELECT rp.parent_id FROM unnest(" jobs ") up(id) CROSS JOIN LATERAL (" \
		"SELECT rp.parent_id FROM @schema.cairn_replay rp WHERE rp.run_id = up.id OFFSET 0" \
	") rp WHERE rp.parent_id IS NOT NULL"

/*
 * Jobs that are live, in the order of cairn_job_live_pkey, and behind them parents that are over, in that of
 * cairn_job_done_pkey: one that was resumed meanwhile would begin, and wait for the child, before the end of that can
 * be seen. (Not FOR KEY SHARE: where several hold a row, those who lock and change it in one statement wait for each
 * other.) The row of one that is being resumed moves while it is waited for, and only a later statement finds it: where
 * parents are locked, this goes twice.
 */
#define HOLDING_JOBS(jobs, children) \
	HOLDING("SELECT l.id FROM (" \
			"SELECT l.id FROM @schema.cairn_job_live l WHERE l.id = ANY (ARRAY(" \
				jobs " UNION ALL " PARENTS_OF(children) \
			")) ORDER BY l.id FOR NO KEY UPDATE" \
		") l UNION ALL SELECT d.id FROM (" \
			"SELECT d.id FROM @schema.cairn_job_done d WHERE d.id = ANY (ARRAY(" \
				PARENTS_OF(children) \
			")) ORDER BY d.id FOR NO KEY UPDATE" \
		") d")

/* Both jobs' primary keys, cairn_replay_pkey. The jobs in $1 and the parents of replay runs among them. */
#define TEXT_PARENTS_LOCK HOLDING_JOBS("SELECT u.id FROM unnest($1::uuid[]) u(id)", "$1")

/* cairn_run_pkey, in its order. $1 runs; or those of the steps in $1, by cairn_step_pkey. */
#define TEXT_RUNS_LOCK \
	HOLDING("SELECT FROM @schema.cairn_run r WHERE r.id = ANY ($1::uuid[]) " \
		"ORDER BY r.id FOR NO KEY UPDATE")
#define TEXT_RUNS_LOCK_OF \
	HOLDING("SELECT FROM @schema.cairn_run r WHERE r.id = ANY (" RUNS_OF("$1") ") " \
		"ORDER BY r.id FOR NO KEY UPDATE")

/* Those of the runs in $1 that nobody else holds; leaves them behind. */
#define TEXT_RUNS_LOCK_FREE \
	"SELECT " LEAVE_UUIDS("cairn.runs", \
		"SELECT r.id FROM @schema.cairn_run r WHERE r.id = ANY ($1::uuid[]) " \
		"ORDER BY r.id FOR NO KEY UPDATE SKIP LOCKED")

/*
 * Both jobs' primary keys; cairn_run_pkey, cairn_step_key, cairn_replay_pkey. Behind RUNS_LOCK: the jobs in $1
 * and, with $3 1, those of the open steps of runs that are FAIL_FAST; with 2 of any; of the runs in $2,
 * or (NULL) of those that the jobs belong to; with $4 of those that were left behind. With $5 the parents of
 * replay runs among them, too; behind that PARENTS_LOCK goes.
 */
#define TEXT_STEP_JOBS_LOCK \
	HOLDING_JOBS("SELECT u.id FROM unnest($1::uuid[]) u(id) UNION ALL SELECT s.id FROM (" \
				"SELECT r.id FROM @schema.cairn_run r WHERE $3::int4 > 0 " \
				"AND r.id = ANY (CASE WHEN $4::boolean THEN " LEFT_UUIDS("cairn.runs") " " \
				"ELSE COALESCE($2::uuid[], " RUNS_OF("$1") ") END) " \
				"AND ($3 = 2 OR r.on_failure = 'FAIL_FAST') OFFSET 0" \
			") r CROSS JOIN LATERAL (" \
				"SELECT s.id FROM @schema.cairn_step s WHERE s.run_id = r.id " \
				"AND s.status = 'ENQUEUED' OFFSET 0" \
			") s", "CASE WHEN $5::boolean THEN $1 END")

/*
 * cairn_job_live_pkey, cairn_step_pkey, cairn_replay_pkey. Whether this transaction sees what it waits for,
 * and whether jobs of steps, and replay runs, are among those in $1.
 */
#define TEXT_STEPS_AMONG \
	"SELECT " READ_COMMITTED ", EXISTS (" \
		"SELECT FROM @schema.cairn_step s WHERE s.id = ANY ($1::uuid[])" \
	"), EXISTS (SELECT FROM @schema.cairn_replay r WHERE r.run_id = ANY ($1))"

/* ---- runs ---------------------------------------------------------------------- */

/* $4 scope, $5 type, $6 statuses, $7 limit, $8: documents too. */
#define RUN_COLUMNS \
	"n.id, n.type, n.tenant, n.status, n.on_failure, CASE WHEN $8::boolean THEN n.metadata END, " \
	"n.idempotency_key, n.active_key, n.result_step, CASE WHEN $8 AND n.status = 'SUCCEEDED' THEN (" \
		"SELECT o.output FROM @schema.cairn_step o WHERE o.run_id = n.id " \
		"AND o.step_key = n.result_step" \
	") END, n.blocked, n.waiting, n.enqueued, n.succeeded, n.failed, n.canceled, n.status_reason, " \
	"n.error_code, n.error_message, n.source_id, n.recovery_key, n.recovery_reason, " \
	"n.recovery_step, n.events, n.created_at, n.updated_at, n.finished_at, " \
	"CASE WHEN $8 THEN n.request END"
#define RUN_WANTED(r) \
	"($4::text IS NULL OR " r ".tenant = $4) AND ($5::text IS NULL OR " r ".type = $5) " \
	"AND " r ".status = ANY ($6::text[]) AND " r ".id < $1::uuid AND " r ".id >= $2::uuid " \
	"AND " r ".id <= $3::uuid"

/* cairn_run_pkey, backwards; cairn_step_key. $1 below, $2 and $3 from and to. */
#define TEXT_RUNS \
	"SELECT " RUN_COLUMNS " FROM (" \
		"SELECT r.* FROM @schema.cairn_run r WHERE " RUN_WANTED("r") " " \
		"ORDER BY r.id DESC LIMIT $7::int8" \
	") n ORDER BY n.id DESC"

/* By one index only, cairn_run_key ($9 key) or cairn_run_recovery ($9 source). */
#define RUNS_BY(where) \
	"SELECT " RUN_COLUMNS " FROM (" \
		"SELECT k.* FROM (" \
			"SELECT r.* FROM @schema.cairn_run r WHERE " where " OFFSET 0" \
		") k WHERE " RUN_WANTED("k") " ORDER BY k.id DESC LIMIT $7::int8" \
	") n ORDER BY n.id DESC"
#define TEXT_RUNS_KEY	 RUNS_BY("r.type = $5 AND r.idempotency_key = $9::text")
#define TEXT_RUNS_SOURCE RUNS_BY("r.source_id = $9::uuid")

/* ---- steps --------------------------------------------------------------------- */

/* A step s with its job, live (l) or done (d); run_read.c reads the columns in this order. */
#define STEP_STATUS "CASE WHEN l.status = 'LEASED' THEN 'RUNNING' ELSE s.status END"
#define STEP_COLUMNS(documents) \
	"s.id, s.run_id, s.step_key, s.kind, " STEP_STATUS ", s.may_continue, s.priority, s.type, " \
	"s.queue, s.tenant, CASE WHEN " documents " THEN COALESCE(l.payload, d.payload, s.payload) END, " \
	"s.owner, s.resource_key, COALESCE(l.stage, d.stage, s.stage), s.timeout_us, s.deadline_us, " \
	"s.max_attempts, s.prerequisites, s.pending, s.unsatisfied, " \
	"COALESCE(l.run_number, d.run_number), COALESCE(l.attempt, d.attempt), s.created_at, " \
	"s.released_at, COALESCE(l.started_at, d.started_at), s.finished_at, s.deadline_at, " \
	"COALESCE(l.status_reason, s.status_reason), COALESCE(l.error_code, s.error_code), " \
	"COALESCE(l.error_message, s.error_message), CASE WHEN " documents " THEN s.output END"
#define STEP_JOBS \
	" LEFT JOIN @schema.cairn_job_live l ON " IS("l.id", "s.id") " " \
	"LEFT JOIN @schema.cairn_job_done d ON " IS("d.id", "s.id") " "

/* Answers one row without a step where there is none to show, and none where the run is not in scope. */
#define RUN_IN_SCOPE(run, scope) \
	"(SELECT r.id FROM @schema.cairn_run r WHERE r.id = " run "::uuid " \
	"AND (" scope "::text IS NULL OR r.tenant = " scope ")) n "

/*
 * cairn_run_pkey, cairn_step_key, the jobs' primary keys. $1 run, $2 scope, $3 behind, $4 keys, $5
 * statuses, $6 limit, $7: documents too.
 */
#define TEXT_STEPS \
	"SELECT o.* FROM " RUN_IN_SCOPE("$1", "$2") "LEFT JOIN LATERAL (" \
		"SELECT " STEP_COLUMNS("$7::boolean") " FROM (" \
			"SELECT i.* FROM (" \
				"SELECT a.* FROM @schema.cairn_step a WHERE a.run_id = n.id " \
				"AND $4::text[] IS NULL UNION ALL " \
				"SELECT b.* FROM unnest($4) u(key) CROSS JOIN LATERAL (" \
					"SELECT b.* FROM @schema.cairn_step b " \
					"WHERE b.run_id = n.id AND b.step_key = u.key OFFSET 0" \
				") b" \
			") i WHERE i.id > $3::uuid ORDER BY i.id OFFSET 0" \
		") s" STEP_JOBS "WHERE " STEP_STATUS " = ANY ($5::text[]) ORDER BY s.id LIMIT $6::int8" \
	") o ON true ORDER BY o.id"

/*
 * cairn_step_pkey, cairn_run_pkey, cairn_step_edge_dependent; the jobs' primary keys. The prerequisites of
 * the step in $1, by key; $2 scope, $3 keys, $4 statuses, $5: documents too.
 */
#define TEXT_STEPS_BEFORE \
	"SELECT o.* FROM (" \
		"SELECT t.id FROM @schema.cairn_step t WHERE t.id = $1::uuid " \
		"AND ($2::text IS NULL OR t.tenant = $2 OR EXISTS (" \
			"SELECT FROM @schema.cairn_run r WHERE r.id = t.run_id AND r.tenant = $2 OFFSET 0))" \
	") n LEFT JOIN LATERAL (" \
		"SELECT " STEP_COLUMNS("$5::boolean") " FROM (" \
			"SELECT i.* FROM (" \
				"SELECT e.prerequisite_id FROM @schema.cairn_step_edge e " \
				"WHERE e.dependent_id = n.id OFFSET 0" \
			") e CROSS JOIN LATERAL (" \
				"SELECT i.* FROM @schema.cairn_step i WHERE i.id = e.prerequisite_id " \
				"OFFSET 0" \
			") i WHERE $3::text[] IS NULL OR i.step_key = ANY ($3) OFFSET 0" \
		") s" STEP_JOBS "WHERE " STEP_STATUS " = ANY ($4::text[])" \
	") o ON true ORDER BY o.step_key"

/*
 * cairn_run_pkey, cairn_step_key. What the gates in $1 runs and $2 keys are now, of runs in the scopes
 * $3; with $4 only of those that RUNS_LOCK_FREE locked. Answers each item's run and, if it is there, step.
 */
#define TEXT_STEPS_NOW \
	"SELECT i.n, i.status, o.* FROM (" \
		"SELECT u.n, u.key, r.id, r.status FROM unnest($1::uuid[], $2::text[], $3::text[]) " \
		"WITH ORDINALITY u(run, key, tenant, n) CROSS JOIN LATERAL (" \
			"SELECT r.id, r.status FROM @schema.cairn_run r WHERE r.id = u.run " \
			"AND (u.tenant IS NULL OR r.tenant = u.tenant) OFFSET 0" \
		") r WHERE NOT $4::boolean OR r.id = ANY (" LEFT_UUIDS("cairn.runs") ") OFFSET 0" \
	") i LEFT JOIN LATERAL (" \
		"SELECT " STEP_COLUMNS("true") " FROM (" \
			"SELECT s.* FROM @schema.cairn_step s WHERE s.run_id = i.id " \
			"AND s.step_key = i.key OFFSET 0" \
		") s" STEP_JOBS \
	") o ON true"

/* cairn_step_deadline. $2 limit. */
#define TEXT_OVERDUE \
	"SELECT s.id, s.run_id, s.step_key FROM @schema.cairn_step s WHERE s.deadline_at IS NOT NULL " \
	"AND s.deadline_at <= " T " ORDER BY s.deadline_at LIMIT $2::int8"

/* ---- edges, events ------------------------------------------------------------------ */

/*
 * cairn_run_pkey, cairn_step_key, cairn_step_edge_dependent, cairn_step_pkey. $1 run, $2 scope, $3 and $4
 * behind this dependent and prerequisite, $5 limit.
 */
#define TEXT_RUN_EDGES \
	"SELECT o.* FROM " RUN_IN_SCOPE("$1", "$2") "LEFT JOIN LATERAL (" \
		"SELECT e.prerequisite_id, s.id, e.release, p.step_key AS before, s.step_key FROM (" \
			"SELECT s.id, s.step_key FROM @schema.cairn_step s WHERE s.run_id = n.id " \
			"AND s.id >= $3::uuid ORDER BY s.id OFFSET 0" \
		") s CROSS JOIN LATERAL (" \
			"SELECT e.prerequisite_id, e.release FROM @schema.cairn_step_edge e " \
			"WHERE e.dependent_id = s.id " \
			"AND (e.dependent_id, e.prerequisite_id) > ($3, $4::uuid) " \
			"ORDER BY e.prerequisite_id OFFSET 0" \
		") e CROSS JOIN LATERAL (" \
			"SELECT p.step_key FROM @schema.cairn_step p WHERE p.id = e.prerequisite_id " \
			"OFFSET 0" \
		") p ORDER BY s.id, e.prerequisite_id LIMIT $5::int8" \
	") o ON true ORDER BY o.id, o.prerequisite_id"

/* The run's own: of its row, and of its steps, which tell them in theirs. */
#define RUN_OWN_EVENTS(run) \
	"SELECT v.seq, v.at, CASE WHEN v.status IS NULL THEN 3 ELSE 1 END AS kind, " \
	"v.status::text AS word, NULL::uuid AS step, NULL::text AS step_key, v.reason, v.error_code, " \
	"v.error_message FROM @schema.cairn_run_event v WHERE v.run_id = " run " " \
	"UNION ALL SELECT s.released_seq, s.released_at, 2, CASE s.kind WHEN 'JOB' THEN 'ENQUEUED' " \
	"ELSE 'WAITING_FOR_EXTERNAL' END, s.id, s.step_key, NULL, NULL, NULL " \
	"FROM @schema.cairn_step s WHERE s.run_id = " run " AND s.released_seq IS NOT NULL " \
	"UNION ALL SELECT s.ended_seq, s.finished_at, 2, s.status, s.id, s.step_key, s.status_reason, " \
	"s.error_code, s.error_message FROM @schema.cairn_step s " \
	"WHERE s.run_id = " run " AND s.ended_seq IS NOT NULL"

/* cairn_run_event_pkey, cairn_step_key. $1 run, $2 scope, $3 behind, $4 limit. */
#define TEXT_RUN_EVENTS \
	"SELECT o.* FROM " RUN_IN_SCOPE("$1", "$2") "LEFT JOIN LATERAL (" \
		"SELECT k.* FROM (" RUN_OWN_EVENTS("n.id") ") k WHERE k.seq > $3::int8 " \
		"ORDER BY k.seq LIMIT $4::int8" \
	") o ON true ORDER BY o.seq"

/* Nobody's id: of what is no job's. */
#define NO_STEP "'00000000-0000-0000-0000-000000000000'::uuid"

/* The same and all that the jobs have. $3 to $5 behind: time, step, number; $6 limit. */
#define TEXT_RUN_EVENTS_JOBS \
	"SELECT o.* FROM " RUN_IN_SCOPE("$1", "$2") "LEFT JOIN LATERAL (" \
		"SELECT x.* FROM (" \
			"SELECT k.*, NULL::text AS job, 0 AS run_number, 0 AS attempt, " \
			"NULL::text AS stage, NULL::int8 AS done, NULL::int8 AS total, " \
			"NULL::text AS worker, NULL::text AS detail, NULL::int8 AS duration, " \
			"NULL::timestamptz AS until, NULL::timestamptz AS requested, " \
			"NULL::json AS data, " NO_STEP " AS line FROM (" RUN_OWN_EVENTS("n.id") ") k " \
			"UNION ALL SELECT v.seq, v.at, 4, NULL, s.id, s.step_key, v.reason, " \
			"v.error_code, v.error_message, v.kind, v.run_number, v.attempt, v.stage, " \
			"v.progress_done, v.progress_total, v.worker, v.detail, v.duration_us, v.until, " \
			"v.requested, v.data, s.id FROM (" \
				"SELECT s.id, s.step_key FROM @schema.cairn_step s " \
				"WHERE s.run_id = n.id OFFSET 0" \
			") s CROSS JOIN LATERAL (" \
				"SELECT v.* FROM @schema.cairn_job_events v WHERE v.job_id = s.id OFFSET 0" \
			") v" \
		") x WHERE (x.at, x.line, x.seq) > ($3::timestamptz, $4::uuid, $5::int8) " \
		"ORDER BY x.at, x.line, x.seq LIMIT $6::int8" \
	") o ON true ORDER BY o.at, o.line, o.seq"

/* ---- look --------------------------------------------------------------------------- */

/*
 * cairn_run_pkey, cairn_run_append_pkey; cairn_step_key, cairn_step_edge_pkey. Behind RUNS_LOCK. $1 run, $2
 * scope, $3 the key of an append.
 */
#define TEXT_RUN_LOOK \
	"SELECT r.status, r.blocked, r.waiting, r.enqueued, r.succeeded, r.failed, r.canceled, " \
	"r.events, r.tenant, a.request_hash, (" \
		"SELECT sum(s.prerequisites) FROM @schema.cairn_step s WHERE s.run_id = r.id" \
	") FROM @schema.cairn_run r LEFT JOIN LATERAL (" \
		"SELECT a.request_hash FROM @schema.cairn_run_append a WHERE a.run_id = r.id " \
		"AND a.append_key = $3::text OFFSET 0" \
	") a ON true WHERE r.id = $1::uuid AND ($2::text IS NULL OR r.tenant = $2)"

/* cairn_step_key, the jobs' primary keys. $1 run, $2 scope, $3 keys. */
#define TEXT_STEPS_LOOK \
	"SELECT " STEP_COLUMNS("false") " FROM " RUN_IN_SCOPE("$1", "$2") \
	"CROSS JOIN unnest($3::text[]) u(key) CROSS JOIN LATERAL (" \
		"SELECT s.* FROM @schema.cairn_step s WHERE s.run_id = n.id " \
		"AND s.step_key = u.key OFFSET 0" \
	") s" STEP_JOBS

/* clang-format on */

#endif
