/*
 * sql_change.h - the statements that change jobs somebody holds, as pieces for sql.c.
 *
 * Rows are locked in id order: parameters are arrays in id order, and a row finds its
 * item by bisection (width_bucket), not by a join. What depends on time is tested on the
 * locked row: a WHERE sees the row as it was before the wait, and is not tested again when
 * whoever held the row only locked it or rolled back. CHANGE locks first and tests then.
 * HEARTBEAT, SUCCEED and FORGET, which are most of the work, save that step: they take every
 * row whose fence fits and then hold the lease that they took against the clock; one that
 * is over fails the statement before anything is committed, and the call is done again
 * behind LOCK_JOBS, where a WHERE can test. So where an error would hurt, in the application's
 * transaction, they come behind LOCK_JOBS at once. SUCCEED saves it where steps end, too ($2 3): then only their
 * runs are locked. What others wrote about a job before they let
 * go of its row, only a later statement sees: hence FORGET_REST.
 *
 * The numbers are those of cairn_change_set, cairn_change_guard, cairn_job_status and
 * cairn_event_kind; change.c asserts them. What finds and takes rows by itself, reaping and
 * pruning, is in sql_reap.h.
 */
#ifndef CAIRN_PG_SQL_CHANGE_H
#define CAIRN_PG_SQL_CHANGE_H

#include "sql_wake.h"

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
	"COALESCE($1::timestamptz, CASE $2::int4 WHEN 1 THEN now() WHEN 2 THEN " LEFT_T " " \
	"WHEN 3 THEN " LEFT_T " END, statement_timestamp())"

/* It, worked out once and not for every column of every row. */
#define CALL_CLOCK "clock AS MATERIALIZED (SELECT " CALL_T " AS now), "

/* What leases are held against: read again for each row. */
#define TICK "COALESCE($1, clock_timestamp())"

/*
 * A row that is looked up in a table by what another one says. With a plain = the planner might
 * walk the whole table's index instead, as if to merge, where it believes that the table is empty,
 * as a queue often is when it is vacuumed.
 */
#define IS(column, value) column " = ANY (ARRAY[" value "])"

/* ---- what is written where ---------------------------------------------- */

/* What a job takes along unchanged when it moves from live to done. */
#define MOVED(j) \
	j ".id, " j ".created_at, " j ".fence, " j ".timeout_us, " j ".priority, " \
	j ".run_number, " j ".attempt, " j ".max_attempts, " j ".queue, " j ".type, " \
	j ".tenant, " j ".payload, " j ".started_at, " j ".owner, " j ".idempotency_key, " \
	j ".resource_key, " j ".run_id, " j ".may_continue, " j ".replay"

#define INTO_DONE \
	"INSERT INTO @schema.cairn_job_done (id, created_at, fence, timeout_us, priority, " \
	"run_number, attempt, max_attempts, queue, type, tenant, payload, started_at, owner, " \
	"idempotency_key, resource_key, run_id, may_continue, replay, updated_at, finished_at, run_at, " \
	"events, status, stage, lease_expires_at, heartbeat_at, leased_at, worker, progress_done, progress_total, " \
	"checkpoint, output, status_reason, error_code, error_message) "

#define INTO_ATTEMPT \
	"INSERT INTO @schema.cairn_job_attempt (job_id, fence, leased_at, finished_at, " \
	"run_number, attempt, ending, worker, error_code, error_message, retry_delay_us, " \
	"next_run_at, not_before, prestart, execution_started_at, lease_us) "

#define INTO_EVENT \
	"INSERT INTO @schema.cairn_job_event (job_id, seq, at, run_number, attempt, kind, stage, " \
	"progress_done, progress_total, reason, error_code, error_message, detail, duration_us, " \
	"until, requested, data) "

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
	"AND ($2 <> 2 OR l.lease_expires_at > " TICK ")"

/*
 * 1; where nothing was locked before, an error unless the lease still runs. A text that is no
 * number is the error at hand that can say something to who reads the server's log.
 */
#define RUNS(lease) \
	"CASE WHEN $2 <> 2 AND " lease " <= " TICK " " \
	"THEN ('cairn: the lease of ' || l.id || ' ran out')::int4 ELSE 1 END"

/*
 * An error where the job of a step would end in a call that does not hold its run (1), or that of a child
 * in one that does not hold its parent (2): the call is done again with their rows locked first (change.c).
 */
#define STEP_OR(j, holds) \
	"CASE WHEN (" j ".run_id IS NOT NULL AND " holds " & 1 = 0) " \
	"OR (" j ".replay = 2 AND " holds " & 2 = 0) " \
	"THEN ('cairn: somebody waits for the job ' || " j ".id)::int4 END AS held"

/* The same where a replay run would be continued in one that does not look whether it is woken at once. */
#define WOKEN_OR(j, holds) \
	"CASE WHEN " j ".replay > 0 AND " j ".was_leased AND " holds " & 2 = 0 " \
	"THEN ('cairn: the job ' || " j ".id || ' is a replay run')::int4 ELSE 0 END"

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
	") ELSE 1 END, l.run_at, l.lease_expires_at, l.run_number"

/*
 * $5: outputs, $6: stage, $8: what is held, $7: 1 counts the event, which has a row of its own only where it could be
 * taken for another one. The fields are those of a plain success. What history wants stands in front:
 * the rest of a row need not be taken apart for it.
 */
#define SUCCEED \
	"WITH gone AS (" \
		"DELETE FROM @schema.cairn_job_live l WHERE " HELD " " \
		"RETURNING l.id, l.fence, (SELECT " CALL_T ") AS now, l.leased_at, l.run_number, " \
		"l.attempt, l.worker, l.prestart, l.execution_started_at, l.lease_us, l.events, " \
		"width_bucket(l.id, $3) AS n, " \
		RUNS("l.lease_expires_at") " AS runs, l.run_at, l.progress_done, " \
		"l.progress_total, l.checkpoint, l.created_at, l.timeout_us, l.priority, " \
		"l.max_attempts, l.queue, l.type, l.tenant, l.payload, l.started_at, l.owner, " \
		"l.idempotency_key, l.resource_key, l.run_id, l.may_continue, l.replay, " \
		STEP_OR("l", "$8::int4") " " \
	"), done AS (" \
		INTO_DONE \
		"SELECT " MOVED("g") ", g.now, g.now, g.run_at, g.events + $7::int4, " \
		"'SUCCEEDED', $6::text, NULL, NULL, NULL, NULL, g.progress_done, " \
		"g.progress_total, g.checkpoint, ($5::json[])[g.n], NULL, NULL, NULL FROM gone g" \
	"), attempt AS (" \
		INTO_ATTEMPT \
		"SELECT g.id, g.fence, g.leased_at, g.now, g.run_number, g.attempt, 'SUCCEEDED', " \
		"g.worker, NULL, NULL, NULL, NULL, NULL, g.prestart, g.execution_started_at, " \
		"g.lease_us FROM gone g" \
	"), event AS (" \
		INTO_EVENT \
		"SELECT g.id, g.events + 1, g.now, g.run_number, g.attempt, 'SUCCEEDED', $6, " \
		"g.progress_done, g.progress_total, NULL, NULL, NULL, NULL, NULL, NULL, NULL, " \
		"NULL FROM gone g WHERE $7 = 1 AND g.events < 2" \
	") SELECT g.n, g.runs, g.run_at, NULL::timestamptz, g.run_number FROM gone g"

/* ---- progress: what is said is merged with what is stored ----------------- */

#define MERGED(l, sets, done, total) \
	"CASE WHEN (" sets "::int4[])[" l ".n] & 64 <> 0 THEN (" done "::int8[])[" l ".n] " \
	"ELSE " l ".progress_done END AS done, " \
	"CASE WHEN (" sets ")[" l ".n] & 128 <> 0 THEN (" total "::int8[])[" l ".n] " \
	"ELSE " l ".progress_total END AS total"
#define PROGRESS_FITS(s) \
	"COALESCE(" s ".done >= 0, true) AND COALESCE(" s ".total >= 0, true) " \
	"AND COALESCE(" s ".done <= " s ".total, true)"

/* ---- plain successes that delete the job --------------------------------- */

/*
 * What was written about the jobs in `gone` (id, ended, told). They were locked in a statement before,
 * so that nothing is missed that somebody wrote meanwhile. Without an attempt that ended before
 * (ended), and without an event (told), there is less to look for.
 */
#define OF_GONE(column, which) column " = ANY (ARRAY(SELECT g.id FROM gone g" which "))"
#define FORGET_THE_REST \
	"attempt AS (" \
		"DELETE FROM @schema.cairn_job_attempt WHERE " OF_GONE("job_id", " WHERE g.ended") \
	"), event AS (" \
		"DELETE FROM @schema.cairn_job_event WHERE " OF_GONE("job_id", " WHERE g.told") \
	"), line AS (" \
		"DELETE FROM @schema.cairn_job_log WHERE " OF_GONE("job_id", "") \
	"), letter AS (" \
		"DELETE FROM @schema.cairn_job_dead_letter WHERE " OF_GONE("job_id", " WHERE g.ended") \
	"), source AS (" \
		"DELETE FROM @schema.cairn_job_replay WHERE " OF_GONE("source_id", " WHERE g.ended") \
	"), replay AS (" \
		"DELETE FROM @schema.cairn_job_replay WHERE " OF_GONE("replay_id", "") \
	") "

/*
 * cairn_ledger_pkey in its order. Who charges holds the ledger, and not the job: what was written meanwhile only a later
 * statement sees.
 */
#define GONE_LEDGERS \
	"SELECT count(*) FROM (" \
		"SELECT FROM @schema.cairn_ledger g WHERE g.root_id = ANY (" LEFT_IDS ") " \
		"ORDER BY g.root_id FOR UPDATE" \
	") held"

/* What was sent to them, or charged. (Behind a statement that looked for nothing of it, what is not there costs a probe.) */
#define FORGET_REPLAYS \
	"signal AS (" \
		"DELETE FROM @schema.cairn_signal WHERE " OF_GONE("run_id", "") \
	"), ledger AS (" \
		"DELETE FROM @schema.cairn_ledger WHERE " OF_GONE("root_id", "") " RETURNING root_id" \
	"), budget AS (" \
		"DELETE FROM @schema.cairn_budget WHERE root_id = ANY (ARRAY(SELECT b.root_id FROM ledger b))" \
	"), entry AS (" \
		"DELETE FROM @schema.cairn_budget_entry " \
		"WHERE root_id = ANY (ARRAY(SELECT b.root_id FROM ledger b))" \
	"), "

/* (The planner looks at the setting even where there is none.) */
#define LEFT_IDS "NULLIF(current_setting('cairn.gone', true), '')::uuid[]"

/* The keys of those in `gone` (id, type, tenant, idempotency_key). */
#define FORGET_KEYS \
	"key AS (" \
		"DELETE FROM @schema.cairn_job_key WHERE ctid = ANY (ARRAY(" \
			"SELECT k.ctid FROM gone g CROSS JOIN LATERAL (" \
				"SELECT k.ctid FROM @schema.cairn_job_key k " \
				"WHERE g.idempotency_key IS NOT NULL AND k.type = g.type " \
				"AND k.tenant = g.tenant " \
				"AND k.idempotency_key = g.idempotency_key AND k.job_id = g.id " \
				"OFFSET 0" \
			") k" \
		"))" \
	") "

/*
 * $5 sets, $6 done, $7 total: progress is tested, though nobody will see it; NULL where none is
 * given; of those that do not fit, it is told, while their lease runs. The ids of those that are
 * deleted are left behind for FORGET_REST.
 */
#define FORGET_FITS(l) \
	"($5::int4[] IS NULL OR (" \
		"SELECT " PROGRESS_FITS("s") " FROM (" \
			"SELECT " MERGED("k", "$5", "$6", "$7") " FROM (" \
				"SELECT " l ".progress_done, " l ".progress_total, " \
				"width_bucket(" l ".id, $3) AS n" \
			") k" \
		") s" \
	"))"
#define FORGET \
	"WITH gone AS (" \
		"DELETE FROM @schema.cairn_job_live l WHERE " HELD " AND l.run_id IS NULL AND l.replay = 0 " \
		"AND " FORGET_FITS("l") " " \
		"RETURNING l.id, l.type, l.tenant, l.idempotency_key, l.run_at, l.run_number, " \
		"width_bucket(l.id, $3) AS n, " RUNS("l.lease_expires_at") " AS runs" \
	"), " FORGET_KEYS \
	"SELECT g.n, g.runs, g.run_at, NULL::timestamptz, g.run_number FROM gone g WHERE (" \
		"SELECT set_config('cairn.gone', '{' || string_agg(r.id::text, ',') || '}', true) " \
		"FROM gone r" \
	") <> '' UNION ALL SELECT width_bucket(l.id, $3), 0, l.run_at, NULL, l.run_number " \
	"FROM @schema.cairn_job_live l WHERE " HELD " AND l.lease_expires_at > " TICK " " \
	"AND l.run_id IS NULL AND l.replay = 0 AND NOT " FORGET_FITS("l")

/* In a statement of its own, whose snapshot is younger than the locks. */
#define FORGET_REST \
	"WITH gone AS (" \
		"SELECT u.id, true AS ended, true AS told FROM unnest(" LEFT_IDS ") AS u(id)" \
	"), " FORGET_REPLAYS FORGET_THE_REST "SELECT"

/* ---- any change --------------------------------------------------------- */

/*
 * All of these have: $3 ids, $4 fences, $5 guards, $6 from, $7 tenants (NULL: any), $8 run
 * numbers and $9 times of the last change to compare with, $10 sets. Columns of a batch in which
 * no item says anything are NULL.
 *
 * now is what is written, tick what leases are held against; both after every lock is held.
 */
#define CLOCK \
	"clock AS MATERIALIZED (" \
		"SELECT k.tick, COALESCE($1::timestamptz, CASE $2::int4 WHEN 1 THEN now() " \
		"WHEN 2 THEN " LEFT_T " END, k.tick) AS now FROM (" \
			"SELECT COALESCE($1, clock_timestamp()) AS tick " \
			"FROM (SELECT count(*) AS n FROM locked) held WHERE held.n >= 0 OFFSET 0" \
		") k" \
	"), "

/* The numbers of statuses, as bits. */
#define STATUS_BIT(status) \
	"CASE " status " WHEN 'PENDING' THEN 2 WHEN 'LEASED' THEN 4 WHEN 'SUCCEEDED' THEN 8 " \
	"WHEN 'DEAD_LETTERED' THEN 16 ELSE 32 END"

#define GUARDED(s) \
	"($6::int4[])[" s ".n] & " STATUS_BIT(s ".status") " <> 0 " \
	"AND (" s ".guard & 1 = 0 OR " s ".fence = ($4::int8[])[" s ".n]) " \
	"AND (" s ".guard & 2 = 0 OR " s ".lease_expires_at > " s ".tick) " \
	"AND (" s ".guard & 4 = 0 OR COALESCE(" s ".tenant = ($7::text[])[" s ".n], true)) " \
	"AND (" s ".guard & 8 = 0 OR " s ".run_number = ($8::int4[])[" s ".n]) " \
	"AND (" s ".guard & 16 = 0 OR " s ".prestart AND " s ".execution_started_at IS NULL) " \
	"AND (" s ".guard & 32 = 0 OR COALESCE(" s ".lease_expires_at <= " s ".tick, true)) " \
	"AND (" s ".guard & 64 = 0 OR " s ".idempotency_key IS NULL) " \
	"AND (" s ".guard & 128 = 0 OR " s ".updated_at = ($9::timestamptz[])[" s ".n]) " \
	"AND (" s ".guard & 256 = 0 OR " s ".run_id IS NULL) " \
	"AND (" s ".guard & 512 = 0 OR " s ".run_id IS NULL OR " s ".may_continue) " \
	"AND (" s ".guard & 1024 = 0 OR " s ".replay = 0)"

/* When a job is due again; from the time, what is waited for, and what was wished. */
#define DUE(run_after) "c.now + (" run_after "::int8[])[k.n] * interval '1 microsecond' AS due"

#define SET_OR(bit, value, column) \
	"CASE WHEN h.sets & " bit " <> 0 THEN " value " ELSE " column " END"

/* How many events are written, of these kinds. */
#define NOTED(bit, notes) "((" notes " >> " bit ") & 1)"
#define COUNTED(notes) \
	"(" NOTED("3", notes) " + " NOTED("4", notes) " + " NOTED("5", notes) " + " \
	NOTED("6", notes) " + " NOTED("7", notes) " + " NOTED("8", notes) " + " \
	NOTED("9", notes) " + " NOTED("10", notes) ")"

#define LOCKED \
	"WITH locked AS MATERIALIZED (" \
		"SELECT l.id, l.status, l.fence, l.lease_expires_at, l.run_at, l.tenant, " \
		"l.run_number, l.attempt, l.worker, l.leased_at, l.stage, l.progress_done, " \
		"l.progress_total, l.events, l.prestart, l.execution_started_at, l.lease_us, " \
		"l.idempotency_key, l.updated_at, l.queue, l.run_id, l.may_continue, l.replay, " \
		"width_bucket(l.id, $3::uuid[]) AS n " \
		"FROM @schema.cairn_job_live l WHERE l.id = ANY ($3) " \
		"ORDER BY l.id FOR NO KEY UPDATE" \
	"), " CLOCK

/* ---- reports of running attempts ------------------------------------------- */

/*
 * $11 events, $12 leases, $13 stages, $14 checkpoints, $15 done, $16 total. There are many of them:
 * no column of an index changes.
 */
#define REPORT_HIT \
	"hit AS MATERIALIZED (" \
		"SELECT s.n, s.id, s.run_number, s.attempt, s.events, s.now, s.sets, s.notes, " \
		"s.run_at, s.done, s.total, " PROGRESS_FITS("s") " AS ok, " \
		"CASE WHEN s.sets & 2 <> 0 " \
		"THEN s.now + ($12::int8[])[s.n] * interval '1 microsecond' " \
		"ELSE s.lease_expires_at END AS lease_expires_at, " \
		"CASE WHEN s.sets & 32 <> 0 THEN ($13::text[])[s.n] ELSE s.stage END AS stage " \
		"FROM (" \
			"SELECT k.*, c.now, c.tick, ($5::int4[])[k.n] AS guard, " \
			"($10::int4[])[k.n] AS sets, ($11::int4[])[k.n] AS notes, " \
			MERGED("k", "$10", "$15", "$16") " " \
			"FROM locked k CROSS JOIN clock c OFFSET 0" \
		") s WHERE " GUARDED("s") \
	"), "

#define REPORT_WRITE \
	"kept AS (" \
		"UPDATE @schema.cairn_job_live l SET updated_at = h.now, " \
		"lease_expires_at = h.lease_expires_at, " \
		"reap_at = LEAST(l.reap_at, h.lease_expires_at), " \
		"heartbeat_at = " SET_OR("2", "h.now", "l.heartbeat_at") ", " \
		"execution_started_at = " \
		SET_OR("8192", "COALESCE(l.execution_started_at, h.now)", \
		       "l.execution_started_at") ", " \
		"stage = h.stage, progress_done = h.done, progress_total = h.total, " \
		"checkpoint = " SET_OR("256", "($14::json[])[h.n]", "l.checkpoint") ", " \
		"events = l.events + " NOTED("3", "h.notes") " + " NOTED("4", "h.notes") " " \
		"FROM hit h WHERE " IS("l.id", "h.id") " AND h.ok" \
	"), event AS (" \
		"INSERT INTO @schema.cairn_job_event (job_id, seq, at, run_number, attempt, kind, " \
		"stage, progress_done, progress_total) " \
		"SELECT h.id, h.events + 1, h.now, h.run_number, h.attempt, 'STAGE_CHANGED', " \
		"h.stage, NULL::int8, NULL::int8 FROM hit h WHERE h.ok AND h.notes & 8 <> 0 " \
		"UNION ALL SELECT h.id, h.events + 1 + " NOTED("3", "h.notes") ", h.now, " \
		"h.run_number, h.attempt, 'PROGRESS', NULL, " \
		SET_OR("64", "h.done", "NULL") ", " SET_OR("128", "h.total", "NULL") " " \
		"FROM hit h WHERE h.ok AND h.notes & 16 <> 0" \
	") SELECT h.n, h.ok::int4, h.run_at, h.lease_expires_at, h.run_number FROM hit h"

/* ---- finish, cancel: whatever else begins with a live job ------------------- */

/*
 * $11 events, $12 to, $13 endings, $14 run_after, $15 not_before (-infinity: none), $16 leases,
 * $17 reasons, $18 error codes, $19 error messages, $20 outputs, $21 stages, $22 checkpoints,
 * $23 done, $24 total, $25 data, $26: what is held: 1 runs, 2 parents, and it is looked who is
 * woken.
 *
 * What holds, and the row as it will be, as far as more than one table wants to know.
 */
#define CHANGE_HIT \
	"hit AS MATERIALIZED (" \
		"SELECT s.n, s.id, s.fence, s.run_number, s.attempt, s.worker, s.leased_at, " \
		"s.prestart, s.execution_started_at, s.lease_us, s.events, s.now, s.target, s.ending, " \
		"s.sets, s.notes, s.run_after, s.not_before, s.due, s.done, s.total, s.queue, s.replay, " \
		PROGRESS_FITS("s") " AS ok, " \
		"s.status = 'LEASED' AS was_leased, s.lease_expires_at AS lease_was, " \
		"CASE WHEN s.sets & 1 <> 0 THEN GREATEST(s.due, s.not_before) " \
		"ELSE s.run_at END AS run_at, " \
		"CASE WHEN s.sets & 4096 <> 0 THEN NULL " \
		"WHEN s.sets & 2 <> 0 THEN s.now + s.lease ELSE s.lease_expires_at END " \
		"AS lease_expires_at, " \
		"CASE WHEN s.sets & 32 <> 0 THEN ($21::text[])[s.n] ELSE s.stage END AS stage, " \
		"CASE WHEN s.sets & 4 <> 0 THEN ($17::text[])[s.n] END AS reason, " \
		"CASE WHEN s.sets & 8 <> 0 THEN ($18::text[])[s.n] END AS error_code, " \
		"CASE WHEN s.sets & 8 <> 0 THEN ($19::text[])[s.n] END AS error_message " \
		"FROM (" \
			"SELECT k.*, c.now, c.tick, ($5::int4[])[k.n] AS guard, " \
			"($12::int4[])[k.n] AS target, " \
			"('{SUCCEEDED,RETRYABLE,TERMINAL,TIMEOUT,PANICKED,LEASE_EXPIRED," \
			"CANCELED,CONTINUED,SNOOZED,RELEASED}'::text[])[($13::int4[])[k.n]] " \
			"AS ending, ($10::int4[])[k.n] AS sets, ($11::int4[])[k.n] AS notes, " \
			"($14::int8[])[k.n] AS run_after, " DUE("$14") ", " \
			"($15::timestamptz[])[k.n] AS not_before, " \
			"($16::int8[])[k.n] * interval '1 microsecond' AS lease, " \
			MERGED("k", "$10", "$23", "$24") " " \
			"FROM locked k CROSS JOIN clock c OFFSET 0" \
		") s WHERE " GUARDED("s") \
	"), "

#define CHANGE_KEPT \
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
		"worker = " SET_OR("2048", "NULL", "l.worker") ", " \
		"prestart = l.prestart AND h.sets & 2048 = 0, " \
		"execution_started_at = CASE WHEN h.sets & 2048 <> 0 THEN NULL " \
		"WHEN h.sets & 8192 <> 0 THEN COALESCE(l.execution_started_at, h.now) " \
		"ELSE l.execution_started_at END, " \
		"run_number = h.run_number + CASE WHEN h.sets & 16384 <> 0 " \
		"THEN 1 + " WOKEN_OR("h", "$26::int4") " ELSE 0 END, " \
		"attempt = " SET_OR("16384", "0", "h.attempt - ((h.sets >> 15) & 1)") ", " \
		"started_at = CASE WHEN h.sets & 16384 <> 0 " \
		"OR (h.sets & 32768 <> 0 AND h.attempt = 1) THEN NULL ELSE l.started_at END, " \
		"stage = h.stage, progress_done = h.done, progress_total = h.total, " \
		"checkpoint = " SET_OR("256", "($22::json[])[h.n]", "l.checkpoint") ", " \
		"output = " SET_OR("16", "($20::json[])[h.n]", "l.output") ", " \
		"status_reason = " SET_OR("4", "h.reason", "l.status_reason") ", " \
		"error_code = " SET_OR("8", "h.error_code", "l.error_code") ", " \
		"error_message = " SET_OR("8", "h.error_message", "l.error_message") ", " \
		"events = l.events + " COUNTED("h.notes") " " \
		"FROM hit h WHERE " IS("l.id", "h.id") " AND h.ok AND h.target <= 2" \
	"), "

#define CHANGE_GONE \
	"gone AS (" \
		"DELETE FROM @schema.cairn_job_live l USING hit h " \
		"WHERE " IS("l.id", "h.id") " AND h.ok AND h.target > 2 " \
		"RETURNING " MOVED("l") ", h.now, h.run_at, " \
		"l.events + " COUNTED("h.notes") " AS events, " \
		"h.target, h.sets, h.stage, h.lease_expires_at, h.done, h.total, " \
		"CASE WHEN h.sets & 2048 <> 0 THEN NULL WHEN h.sets & 2 <> 0 THEN h.now " \
		"ELSE l.heartbeat_at END AS heartbeat_at, " \
		SET_OR("2048", "NULL", "l.leased_at") " AS leased_at, " \
		SET_OR("2048", "NULL", "l.worker") " AS worker, " \
		SET_OR("256", "($22)[h.n]", "l.checkpoint") " AS checkpoint, " \
		SET_OR("16", "($20)[h.n]", "l.output") " AS output, " \
		SET_OR("4", "h.reason", "l.status_reason") " AS reason, " \
		SET_OR("8", "h.error_code", "l.error_code") " AS error_code, " \
		SET_OR("8", "h.error_message", "l.error_message") " AS error_message, " \
		STEP_OR("l", "$26::int4") " " \
	"), done AS (" \
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
	"), "

/* An event for each bit of notes; lower bits come first. A field is there for some kinds only. */
#define OF_KIND(bits, value) "CASE WHEN e.bit IN (" bits ") THEN " value " END"
#define BACK_AGAIN(condition, value) "WHEN e.bit = 10 AND " condition " THEN " value " "
#define NEW_RUN "e.was_leased AND e.sets & 16384 <> 0"

#define CHANGE_HISTORY \
	"attempt AS (" \
		INTO_ATTEMPT \
		"SELECT h.id, h.fence, h.leased_at, h.now, h.run_number, h.attempt, h.ending, " \
		"h.worker, h.error_code, h.error_message, " \
		"CASE WHEN h.target = 1 THEN h.run_after END, " \
		"CASE WHEN h.target = 1 THEN h.run_at END, " \
		"CASE WHEN h.target = 1 THEN NULLIF(h.not_before, '-infinity') END, " \
		"h.prestart, h.execution_started_at, h.lease_us " \
		"FROM hit h WHERE h.ok AND h.was_leased AND h.ending IS NOT NULL" \
	"), event AS (" \
		INTO_EVENT \
		"SELECT e.id, e.events + " COUNTED("e.sofar") ", e.now, e.run_number, e.attempt, " \
		"e.kind, " \
		"CASE WHEN e.bit IN (3, 5) THEN e.stage " BACK_AGAIN(NEW_RUN, "e.stage") "END, " \
		"CASE WHEN e.bit = 4 AND e.sets & 64 <> 0 OR e.bit = 5 THEN e.done " \
		BACK_AGAIN(NEW_RUN, "e.done") "END, " \
		"CASE WHEN e.bit = 4 AND e.sets & 128 <> 0 OR e.bit = 5 THEN e.total " \
		BACK_AGAIN(NEW_RUN, "e.total") "END, " \
		OF_KIND("9, 10", "e.reason") ", " OF_KIND("6, 8", "e.error_code") ", " \
		OF_KIND("6", "e.error_message") ", " \
		"CASE WHEN e.bit IN (6, 8) THEN e.ending WHEN e.bit <> 7 THEN NULL " \
		"WHEN e.not_before > e.due THEN 'HANDLER_NOT_BEFORE' ELSE 'POLICY' END, " \
		"CASE WHEN e.bit = 7 THEN e.run_after " \
		BACK_AGAIN("e.was_leased", "e.run_after") "END, " \
		"CASE WHEN e.bit = 7 THEN e.run_at " BACK_AGAIN("e.was_leased", "e.run_at") \
		"WHEN e.bit = 9 AND e.was_leased THEN e.lease_was END, " \
		OF_KIND("7", "NULLIF(e.not_before, '-infinity')") ", ($25::json[])[e.n] " \
		"FROM (" \
			"SELECT h.*, k.bit, k.kind, h.notes & ((2 << k.bit) - 1) AS sofar " \
			"FROM hit h CROSS JOIN (VALUES (3, 'STAGE_CHANGED'), (4, 'PROGRESS'), " \
			"(5, 'SUCCEEDED'), (6, 'FAILED'), (7, 'RETRY_SCHEDULED'), " \
			"(8, 'DEAD_LETTERED'), (9, 'CANCELED'), (10, 'REQUEUED')) k(bit, kind) " \
			"WHERE h.ok AND (h.notes >> k.bit) & 1 = 1" \
		") e" \
	") SELECT h.n, h.ok::int4, h.run_at, h.lease_expires_at, " \
	"h.run_number + ((h.sets >> 14) & 1), " \
	WAKES("h.ok AND h.target = 1 AND h.run_at <= h.now + " WAKE_SOON, "h.queue") " FROM hit h"

/* ---- edit, adopt: live rows that nobody is working on ---------------------- */

/* $11 run_after, $12 not_before, $13 owners, $14 payloads, $15 priorities. */
#define EDIT \
	"hit AS MATERIALIZED (" \
		"SELECT s.n, s.id, s.now, s.sets, GREATEST(s.due, s.not_before) AS due FROM (" \
			"SELECT k.*, c.now, c.tick, ($5::int4[])[k.n] AS guard, " \
			"($10::int4[])[k.n] AS sets, " DUE("$11") ", " \
			"($12::timestamptz[])[k.n] AS not_before " \
			"FROM locked k CROSS JOIN clock c OFFSET 0" \
		") s WHERE " GUARDED("s") \
	") UPDATE @schema.cairn_job_live l SET updated_at = h.now, " \
	"run_at = " SET_OR("1", "h.due", "l.run_at") ", " \
	"parked = " SET_OR("1", "h.due > h.now AND l.status = 'PENDING'", "l.parked") ", " \
	"owner = " SET_OR("131072", "($13::text[])[h.n]", "l.owner") ", " \
	"payload = " SET_OR("262144", "($14::json[])[h.n]", "l.payload") ", " \
	"priority = " SET_OR("524288", "($15::int4[])[h.n]", "l.priority") " " \
	"FROM hit h WHERE " IS("l.id", "h.id") " " \
	"RETURNING h.n, 1, l.run_at, l.lease_expires_at, l.run_number, " \
	WAKES("h.sets & 1 <> 0 AND l.run_at <= h.now + " WAKE_SOON, "l.queue")

/* ---- requeue: from done back to live --------------------------------------- */

/*
 * $11 events, $12 run_after, $13 not_before, $14 reasons, $15 stages, $16 data, $17 owners. What a new run
 * starts without is not asked for: holder, lease, error, output.
 */
#define REQUEUE_HIT \
	"WITH locked AS MATERIALIZED (" \
		"SELECT d.id, d.status, d.fence, d.lease_expires_at, d.tenant, d.run_number, " \
		"false AS prestart, NULL::timestamptz AS execution_started_at, " \
		"d.idempotency_key, d.updated_at, d.run_id, d.may_continue, d.replay, " \
		"width_bucket(d.id, $3::uuid[]) AS n " \
		"FROM @schema.cairn_job_done d WHERE d.id = ANY ($3) ORDER BY d.id FOR UPDATE" \
	"), " CLOCK \
	"hit AS MATERIALIZED (" \
		"SELECT s.n, s.id, s.now, s.sets, s.notes, " \
		"GREATEST(s.due, s.not_before) AS due FROM (" \
			"SELECT k.*, c.now, c.tick, ($5::int4[])[k.n] AS guard, " \
			"($10::int4[])[k.n] AS sets, ($11::int4[])[k.n] AS notes, " \
			DUE("$12") ", ($13::timestamptz[])[k.n] AS not_before " \
			"FROM locked k CROSS JOIN clock c OFFSET 0" \
		") s WHERE " GUARDED("s") \
	"), gone AS (" \
		"DELETE FROM @schema.cairn_job_done d USING hit h " \
		"WHERE " IS("d.id", "h.id") " " \
		"RETURNING " MOVED("d") ", d.events, d.status_reason, " \
		SET_OR("32", "($15::text[])[h.n]", "d.stage") " AS stage, " \
		SET_OR("65536", "NULL", "d.progress_done") " AS done, " \
		SET_OR("65536", "NULL", "d.progress_total") " AS total, " \
		SET_OR("65536", "NULL", "d.checkpoint") " AS checkpoint, " \
		SET_OR("1", "h.due", "d.run_at") " AS run_at, " \
		SET_OR("4", "($14::text[])[h.n]", "d.status_reason") " AS reason, " \
		SET_OR("131072", "($17::text[])[h.n]", "d.owner") " AS whose, " \
		"h.n, h.now, h.sets, h.notes, d.run_number + ((h.sets >> 14) & 1) AS next_run" \
	"), "

#define REQUEUE_WRITE \
	"back AS (" \
		"INSERT INTO @schema.cairn_job_live (id, created_at, fence, timeout_us, " \
		"priority, run_number, attempt, max_attempts, queue, type, tenant, payload, " \
		"started_at, owner, idempotency_key, resource_key, updated_at, run_at, events, " \
		"parked, status, stage, progress_done, progress_total, checkpoint, status_reason, replay, " \
		"request) " \
		"SELECT g.id, g.created_at, g.fence, g.timeout_us, g.priority, g.next_run, " \
		"CASE WHEN g.sets & 16384 <> 0 THEN 0 ELSE g.attempt END, g.max_attempts, " \
		"g.queue, g.type, g.tenant, g.payload, " \
		"CASE WHEN g.sets & 16384 = 0 THEN g.started_at END, g.whose, " \
		"g.idempotency_key, g.resource_key, g.now, g.run_at, " \
		"g.events + ((g.notes >> 10) & 1), " \
		"g.run_at > g.now, 'PENDING', g.stage, g.done, g.total, g.checkpoint, g.reason, g.replay, (" \
			"SELECT k.request FROM @schema.cairn_job_key k WHERE k.type = g.type " \
			"AND k.tenant = g.tenant AND k.idempotency_key = g.idempotency_key " \
			"AND k.job_id = g.id" \
		") FROM gone g" \
	"), event AS (" \
		INTO_EVENT \
		"SELECT g.id, g.events + 1, g.now, g.run_number, g.attempt, 'REQUEUED', NULL, " \
		"NULL, NULL, g.reason, NULL, NULL, NULL, NULL, NULL, NULL, ($16::json[])[g.n] " \
		"FROM gone g WHERE g.notes & 1024 <> 0" \
	") SELECT g.n, 1, g.run_at, NULL::timestamptz, g.next_run, " \
	WAKES("g.run_at <= g.now + " WAKE_SOON, "g.queue") " FROM gone g"
/* clang-format on */

#endif
