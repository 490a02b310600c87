/*
 * sql_replay.h - replay runs: begin, enter, leave, waking, fork and signals, as pieces for sql.c. What reads them,
 * and what deletes them, is in sql_replay_read.h.
 *
 * The row of the run's job is the lock: it is taken in a statement of its own (LOCK_JOBS and the like), which
 * leaves the time; the statements here come behind it, test the lease, and read what others wrote before. A memo
 * is found by its run and seq, or by name through find_id. (One step by itself is locked and written in one
 * statement: sql_replay_fresh.h says why it may be.)
 */
#ifndef CAIRN_PG_SQL_REPLAY_H
#define CAIRN_PG_SQL_REPLAY_H

#include "sql_enqueue.h"
#include "sql_run.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

/* The words, by the library's numbers; replay.c asserts them. */
#define MEMO_VERBS "'{STEP,VALUE,SLEEP,SIGNAL,CHILD}'::text[]"
#define STEP_KINDS "'{STEP_STARTED,STEP_WAITING,STEP_COMPLETED,STEP_FAILED}'::text[]"

/* CAIRN_REASON_CONTINUED. */
#define SUSPENDED(l, now) \
	l ".status = 'PENDING' AND " l ".attempt = 0 " \
	"AND " l ".status_reason = 'HANDLER_CONTINUATION' AND " l ".run_at > " now

/* As replay_read.c reads them. */
#define MEMO_COLUMNS(m, signature, result) \
	m ".seq, " m ".name, " m ".kind, " m ".verb, " m ".status, " m ".attempts, " m ".failures, " \
	m ".last_attempt, " m ".timed_out, " m ".fence, " m ".claim, " m ".child_id, " m ".signal, " \
	signature ", " m ".hash, " result ", " m ".error_code, " m ".error_message, " m ".wake_at, " \
	m ".created_at, " m ".begun_at, " m ".ended_at"

/* ---- waking ------------------------------------------------------------------- */

/* Whether what a suspended run waits for is there. (With EXISTS the planner might hash all signals of the run.) */
#define IS_READY(m, run) \
	"COALESCE(CASE " m ".verb WHEN 'SIGNAL' THEN (" \
		"SELECT true FROM @schema.cairn_signal sg WHERE sg.untaken = " run " " \
		"AND sg.name = " m ".signal LIMIT 1" \
	") ELSE (" \
		"SELECT count(*) = 0 FROM @schema.cairn_job_live ch WHERE ch.id = " m ".child_id" \
	") END, false)"

/*
 * cairn_job_live_pkey, cairn_replay_pkey, cairn_memo_awaiting, cairn_signal_untaken. $3 runs, or (NULL) those that
 * were left behind; $4: their parents, too. Answers those that are woken, and the signals they waited for.
 */
#define TEXT_REPLAY_WAKE \
	"WITH " CALL_CLOCK "run AS MATERIALIZED (" \
		"SELECT u.id FROM unnest(COALESCE($3::uuid[], " LEFT_UUIDS("cairn.ended") ")) u(id) " \
		"UNION " PARENTS_OF("CASE WHEN $4::boolean THEN COALESCE($3, " LEFT_UUIDS("cairn.ended") ") END") \
	"), pick AS MATERIALIZED (" \
		"SELECT * FROM (" \
			"SELECT l.id, c.now, (" \
				"SELECT string_agg(COALESCE(m.signal, ''), E'\\n') " \
				"FROM @schema.cairn_memo m WHERE m.awaiting = l.id AND m.fence = l.fence " \
				"AND " IS_READY("m", "l.id") \
			") AS signals FROM run r CROSS JOIN clock c CROSS JOIN LATERAL (" \
				"SELECT l.id, l.fence FROM @schema.cairn_job_live l WHERE l.id = r.id " \
				"AND l.replay > 0 AND " SUSPENDED("l", "c.now") " OFFSET 0" \
			") l OFFSET 0" \
		") p WHERE p.signals IS NOT NULL" \
	") UPDATE @schema.cairn_job_live l SET run_at = p.now, parked = false FROM pick p " \
	"WHERE " IS("l.id", "p.id") " RETURNING l.id, l.run_at, " WAKES("true", "l.queue") ", p.signals"

/* ---- begin ---------------------------------------------------------------------- */

/*
 * cairn_job_live_pkey, cairn_replay_pkey, cairn_job_done_pkey, cairn_job_definition_pkey, cairn_memo_pkey from its
 * end. $3 run, $4 fence, $5 code, $6: whatever it was.
 */
#define TEXT_REPLAY_BEGIN \
	"WITH " CALL_CLOCK "job AS MATERIALIZED (" \
		"SELECT l.id, l.type, l.attempt, l.status_reason, l.replay, l.lease_expires_at " \
		"FROM @schema.cairn_job_live l WHERE l.id = $3::uuid AND l.status <> 'PENDING' " \
		"AND l.fence = $4::int8 AND l.lease_expires_at > " TICK \
	"), next AS MATERIALIZED (" \
		"SELECT j.id, j.replay, j.lease_expires_at, r.run_id IS NOT NULL AS known, r.parent_id, " \
		"COALESCE(r.root_id, j.id) AS root_id, COALESCE(r.scope, 'root') AS scope, " \
		"COALESCE($5::text, r.code) AS code, COALESCE(r.code <> $5 AND NOT $6::boolean, false) AS other, " \
		"CASE WHEN COALESCE(r.attempt, 0) = 0 THEN 1 WHEN r.fence = $4 " \
		"OR (j.attempt = 1 AND j.status_reason = 'HANDLER_CONTINUATION') THEN r.attempt " \
		"ELSE r.attempt + 1 END AS attempt, COALESCE((" \
			"SELECT f.retention_us = -1 FROM @schema.cairn_job_definition f WHERE f.type = j.type" \
		"), false) AS unkept, COALESCE((" \
			"SELECT d.status = 'CANCELED' FROM @schema.cairn_job_done d WHERE d.id = r.parent_id" \
		"), false) AS orphaned FROM job j LEFT JOIN LATERAL (" \
			"SELECT r.* FROM @schema.cairn_replay r WHERE r.run_id = j.id OFFSET 0" \
		") r ON true" \
	"), good AS MATERIALIZED (" \
		"SELECT n.* FROM next n WHERE NOT n.other AND NOT n.unkept AND NOT n.orphaned" \
	"), fresh AS (" \
		"INSERT INTO @schema.cairn_replay (run_id, root_id, begun_at, fence, shared, attempt, scope, code) " \
		"SELECT g.id, g.id, c.now, $4, 0, 1, g.scope, g.code FROM good g CROSS JOIN clock c " \
		"WHERE NOT g.known" \
	"), again AS (" \
		"UPDATE @schema.cairn_replay r SET begun_at = c.now, fence = $4, attempt = g.attempt, " \
		"code = g.code FROM good g CROSS JOIN clock c WHERE " IS("r.run_id", "g.id") " AND g.known" \
	"), mark AS (" \
		"UPDATE @schema.cairn_job_live l SET replay = 1 FROM good g " \
		"WHERE " IS("l.id", "g.id") " AND g.replay = 0" \
	") SELECT n.other, n.unkept, n.orphaned, n.root_id, n.parent_id, n.scope, n.code, n.attempt, " \
	"n.lease_expires_at, COALESCE((" \
		"SELECT m.seq FROM @schema.cairn_memo m WHERE m.run_id = $3 ORDER BY m.seq DESC LIMIT 1" \
	"), 0) FROM next n"

/* cairn_memo_pkey, in its order. $1 run, $2 after, $3 limit. */
#define TEXT_MEMO_PAGE \
	"SELECT " MEMO_COLUMNS("m", "NULL::text", "m.result") " FROM @schema.cairn_memo m " \
	"WHERE m.run_id = $1::uuid AND m.seq > $2::int8 ORDER BY m.seq LIMIT $3::int8"

/* ---- what enter and leave have in common -------------------------------------------- */

/* $3 run, $4 fence: the lease, if it runs. round is the run's attempt. */
#define LEASE_RUNS "l.lease_expires_at > " TICK
#define RUN_HELD   RUN_IF(LEASE_RUNS)
#define RUN_IF(runs) \
	"run AS MATERIALIZED (" \
		"SELECT l.*, r.attempt AS round, r.root_id FROM (" \
			"SELECT l.id, l.run_number, l.attempt, l.events, l.tenant FROM @schema.cairn_job_live l " \
			"WHERE l.id = $3::uuid AND l.status <> 'PENDING' AND l.fence = $4::int8 " \
			"AND (" runs ") OFFSET 0" \
		") l CROSS JOIN LATERAL (" \
			"SELECT r.attempt, r.root_id FROM @schema.cairn_replay r WHERE r.run_id = l.id OFFSET 0" \
		") r" \
	"), "

/* The events of `next`, in the order of n. $6: which kinds are recorded. */
#define STEP_EVENTS \
	"told AS MATERIALIZED (" \
		"SELECT x.*, row_number() OVER (ORDER BY x.n) AS place FROM next x " \
		"WHERE ($6::int4 >> x.event) & 1 = 1 AND x.event > 0" \
	"), event AS (" \
		"INSERT INTO @schema.cairn_job_event (job_id, seq, at, run_number, attempt, kind, reason, " \
		"error_code, error_message, detail, until, data) " \
		"SELECT r.id, r.events + t.place, c.now, r.run_number, r.attempt, (" STEP_KINDS ")[t.event - 10], " \
		"t.kind, CASE WHEN t.event = 14 THEN t.error_code END, " \
		"CASE WHEN t.event = 14 THEN t.error_message END, t.name, " \
		"CASE WHEN t.event IN (12, 14) THEN t.wake_at END, " \
		"('{\"step\":' || t.seq || ',\"step_attempt\":' || t.attempts || '}')::json " \
		"FROM told t CROSS JOIN run r CROSS JOIN clock c" \
	"), counted AS (" \
		"UPDATE @schema.cairn_job_live l SET events = l.events + (SELECT count(*) FROM told)::int4 " \
		"WHERE l.id = $3 AND (SELECT count(*) FROM told) > 0" \
	") "

/* ---- enter ------------------------------------------------------------------------------- */

/*
 * $5 verb, $6 events, $7 names, $8 kinds, $9 signatures, $10 hashes, $11 results, $12 ids. The act says what is to be
 * done: 1 a new memo, 2 begun again, 3 looked at, 4 found, 5 begun by this very call before, 6 mismatch, 7 found,
 * but of this fence from now on, 8 without a definition.
 */
#define ENTER_MEMO(waiting) \
	"o.tid, o.seq AS was, o.created_at AS was_created, o.begun_at AS was_begun, o.ended_at AS was_ended, " \
	"o.wake_at AS was_wake, o.fence AS was_fence, o.attempts AS was_attempts, " \
	"o.failures AS was_failures, o.last_attempt AS was_round, o.timed_out AS was_late, " \
	"o.status::text AS was_status, o.claim AS was_claim, o.child_id AS was_child, " \
	"o.signal AS was_signal, o.result AS was_result, o.error_code AS was_code, " \
	"o.error_message AS was_message, CASE WHEN o.seq IS NULL THEN 1 " \
	"WHEN o.hash <> i.hash OR o.verb <> (" MEMO_VERBS ")[$5::int4] THEN 6 " \
	"WHEN o.status = 'COMPLETED' THEN 4 " \
	"WHEN o.status = 'FAILED' THEN CASE WHEN o.last_attempt = r.round THEN 4 ELSE 2 END " \
	"WHEN o.status = 'RUNNING' THEN CASE WHEN o.claim = i.id THEN 5 WHEN o.fence = $4 THEN 4 ELSE 2 END " \
	waiting " END AS act "

#define ENTER_WAS \
	" LEFT JOIN LATERAL (" \
		"SELECT m.*, m.ctid AS tid FROM @schema.cairn_memo m WHERE m.find_id = r.id " \
		"AND m.name = i.name OFFSET 0" \
	") o ON true"

/* What there was before this call, and the numbers of new ones. */
#define ENTER_SEQ(i) \
	"CASE WHEN " i ".act = 1 THEN row_number() OVER (PARTITION BY " i ".act = 1 ORDER BY " i ".n) + COALESCE((" \
		"SELECT m.seq FROM @schema.cairn_memo m WHERE m.run_id = $3 ORDER BY m.seq DESC LIMIT 1" \
	"), 0) ELSE " i ".was END AS seq"

#define BEGUN(i, now, was) "CASE WHEN " i ".act IN (1, 2) THEN " now " ELSE " i "." was " END"

#define INTO_MEMO \
	"INSERT INTO @schema.cairn_memo (run_id, find_id, seq, created_at, begun_at, ended_at, wake_at, " \
	"fence, attempts, failures, last_attempt, timed_out, verb, status, claim, child_id, awaiting, name, " \
	"kind, signal, awaits, hash, error_code, error_message, signature, result) "

/* Steps and values. */
#define ENTER_ITEMS \
	"item AS MATERIALIZED (" \
		"SELECT i.n, i.name, i.kind, i.signature, i.hash, i.result, i.id, r.round, c.now, " \
		ENTER_MEMO("WHEN o.wake_at > c.now THEN 7 ELSE 2") \
		"FROM run r CROSS JOIN clock c CROSS JOIN unnest($7::text[], $8::text[], $9::text[], " \
		"$10::bytea[], $11::json[], $12::uuid[]) WITH ORDINALITY " \
		"i(name, kind, signature, hash, result, id, n)" ENTER_WAS \
	"), next AS MATERIALIZED (" \
		"SELECT i.n, i.act, i.tid, CASE WHEN i.act IN (1, 2, 5) THEN 2 WHEN i.act = 6 THEN 3 ELSE 1 END AS how, " \
		"CASE WHEN i.act IN (1, 2) THEN CASE WHEN $5 = 1 THEN 11 ELSE 13 END ELSE 0 END AS event, " \
		ENTER_SEQ("i") ", i.name, i.kind, (" MEMO_VERBS ")[$5] AS verb, " \
		BEGUN("i", "CASE WHEN $5 = 1 THEN 'RUNNING' ELSE 'COMPLETED' END", "was_status") " AS status, " \
		"COALESCE(i.was_attempts, 0) + (i.act IN (1, 2))::int4 AS attempts, " \
		"CASE WHEN i.act IN (1, 2) AND i.was_round IS DISTINCT FROM i.round THEN 0 " \
		"ELSE i.was_failures END AS failures, " BEGUN("i", "i.round", "was_round") " AS last_attempt, " \
		"false AS timed_out, CASE WHEN i.act IN (1, 2, 7) THEN $4 ELSE i.was_fence END AS fence, " \
		BEGUN("i", "CASE WHEN $5 = 1 THEN i.id END", "was_claim") " AS claim, NULL::uuid AS child_id, " \
		"NULL::text AS signal, NULL::text AS none, i.signature, i.hash, " \
		BEGUN("i", "CASE WHEN $5 = 2 THEN i.result END", "was_result") " AS result, " \
		BEGUN("i", "NULL", "was_code") " AS error_code, " \
		BEGUN("i", "NULL", "was_message") " AS error_message, " \
		BEGUN("i", "NULL", "was_wake") " AS wake_at, COALESCE(i.was_created, i.now) AS created_at, " \
		BEGUN("i", "i.now", "was_begun") " AS begun_at, " \
		BEGUN("i", "CASE WHEN $5 = 2 THEN i.now END", "was_ended") " AS ended_at FROM item i" \
	"), "
#define ENTER_WRITE \
	"fresh AS (" \
		INTO_MEMO \
		"SELECT $3, $3, x.seq, x.created_at, x.begun_at, x.ended_at, NULL, x.fence, x.attempts, " \
		"x.failures, x.last_attempt, false, x.verb, x.status, x.claim, NULL, NULL, x.name, x.kind, " \
		"NULL, NULL, x.hash, NULL, NULL, x.signature, x.result FROM next x WHERE x.act = 1" \
	"), again AS (" \
		"UPDATE @schema.cairn_memo m SET begun_at = x.begun_at, ended_at = x.ended_at, " \
		"wake_at = x.wake_at, fence = x.fence, attempts = x.attempts, failures = x.failures, " \
		"last_attempt = x.last_attempt, status = x.status, claim = x.claim, result = x.result, " \
		"error_code = x.error_code, error_message = x.error_message FROM next x " \
		"WHERE m.ctid = x.tid  AND x.act IN (2, 7)" \
	"), "
#define ENTER_ANSWER(wake) \
	"SELECT x.n, x.how, " MEMO_COLUMNS("x", "NULL::text", "x.result") ", " wake " FROM next x ORDER BY x.n"

/* cairn_job_live_pkey, cairn_replay_pkey, cairn_memo_name; cairn_memo_pkey from its end. */
#define PARTS_ENTER \
	"WITH " CALL_CLOCK RUN_HELD, ENTER_ITEMS, ENTER_WRITE, STEP_EVENTS, ENTER_ANSWER("NULL::text")

/*
 * What waits: sleeps, signals, children. $13 waits, $14 signals; of children $15 queues, $16 types, $17 payloads, $18
 * owners, $19 due times, $20 timeouts, $21 attempts, $22 priorities, $23 what is set, $24 resource keys; $25 and
 * $26 code and message of a child that is gone.
 */
#define WAIT_ITEMS \
	"raw AS MATERIALIZED (" \
		"SELECT i.*, r.round, c.now, d.type IS NOT NULL AS known, d.timeout_us AS d_timeout, " \
		"d.max_attempts AS d_attempts, d.priority AS d_priority, " \
		ENTER_MEMO("ELSE 3") \
		"FROM run r CROSS JOIN clock c CROSS JOIN unnest($7::text[], $8::text[], $9::text[], " \
		"$10::bytea[], $11::json[], $12::uuid[], $13::int8[], $14::text[], $15::text[], $16::text[], $17::json[], " \
		"$18::text[], $19::timestamptz[], $20::int8[], $21::int4[], $22::int4[], $23::int4[], " \
		"$24::text[]) WITH ORDINALITY i(name, kind, signature, hash, result, id, wait, asked, queue, type, " \
		"payload, owner, run_at, timeout_us, max_attempts, priority, given, resource_key, n)" ENTER_WAS \
		" LEFT JOIN LATERAL (" \
			"SELECT f.type, f.timeout_us, f.max_attempts, f.priority " \
			"FROM @schema.cairn_job_definition f WHERE f.type = i.type AND f.enabled OFFSET 0" \
		") d ON true" \
	"), item AS MATERIALIZED (" \
		"SELECT q.*, CASE WHEN q.act IN (1, 2) THEN CASE WHEN $5 <> 5 AND q.wait >= 0 " \
		"THEN q.now + q.wait * interval '1 microsecond' END ELSE q.was_wake END AS wake_at, " \
		"row_number() OVER (PARTITION BY q.act IN (1, 3), q.asked ORDER BY q.n) AS turn FROM (" \
			"SELECT w.*, CASE WHEN $5 = 5 AND w.act0 IN (1, 2) AND NOT w.known THEN 8 " \
			"ELSE w.act0 END AS act FROM (SELECT w.act AS act0, " WAIT_COLUMNS " FROM raw w) w" \
		") q" \
	"), "
/* (act is decided twice: the second time it knows of the definition.) */
#define WAIT_COLUMNS \
	"w.n, w.name, w.kind, w.signature, w.hash, w.id, w.wait, w.asked, w.queue, w.type, w.payload, " \
	"w.owner, w.run_at, w.timeout_us, w.max_attempts, w.priority, w.given, w.resource_key, w.round, " \
	"w.now, w.tid, w.known, w.d_timeout, w.d_attempts, w.d_priority, w.was, w.was_created, w.was_begun, " \
	"w.was_ended, w.was_wake, w.was_fence, w.was_attempts, w.was_failures, w.was_round, w.was_late, " \
	"w.was_status, w.was_claim, w.was_child, w.was_signal, w.was_result, w.was_code, w.was_message"

/* What came of it: a signal that is there, a child that is over. */
#define WAIT_LOOK \
	"look AS MATERIALIZED (" \
		"SELECT i.*, s.seq AS took, s.tid AS took_tid, s.payload AS taken, CASE WHEN i.act = 4 THEN i.was_status " \
		"WHEN $5 = 3 THEN CASE WHEN i.wake_at <= i.now THEN 'COMPLETED' ELSE 'WAITING' END " \
		"WHEN $5 = 4 THEN CASE WHEN s.seq IS NOT NULL OR i.wake_at <= i.now THEN 'COMPLETED' " \
		"ELSE 'WAITING' END WHEN i.act <> 3 OR l.id IS NOT NULL THEN 'WAITING' " \
		"WHEN d.status = 'SUCCEEDED' THEN 'COMPLETED' ELSE 'FAILED' END AS status, " \
		"d.output, d.error_code, d.error_message FROM item i LEFT JOIN LATERAL (" \
			"SELECT s.seq, s.ctid AS tid, s.payload FROM @schema.cairn_signal s WHERE $5 = 4 AND i.act IN (1, 3) " \
			"AND s.untaken = $3 AND s.name = i.asked ORDER BY s.seq LIMIT 1 OFFSET i.turn - 1" \
		") s ON true LEFT JOIN LATERAL (" \
			"SELECT l.id FROM @schema.cairn_job_live l WHERE $5 = 5 AND i.act = 3 " \
			"AND l.id = i.was_child OFFSET 0" \
		") l ON true LEFT JOIN LATERAL (" \
			"SELECT d.status, d.output, d.error_code, d.error_message " \
			"FROM @schema.cairn_job_done d WHERE $5 = 5 AND i.act = 3 AND d.id = i.was_child OFFSET 0" \
		") d ON true" \
	"), "
#define WAIT_NEXT \
	"next AS MATERIALIZED (" \
		"SELECT i.n, i.act, i.tid, CASE WHEN i.act IN (1, 2) OR (i.act = 3 AND i.status <> 'WAITING') THEN 2 " \
		"WHEN i.act = 6 THEN 3 WHEN i.act = 8 THEN 4 ELSE 1 END AS how, " \
		"CASE WHEN i.act NOT IN (1, 2, 3) THEN 0 WHEN i.status = 'COMPLETED' THEN 13 " \
		"WHEN i.status = 'FAILED' THEN 14 WHEN i.act = 3 THEN 0 ELSE 12 END AS event, " \
		ENTER_SEQ("i") ", i.name, i.kind, (" MEMO_VERBS ")[$5] AS verb, i.status, " \
		"COALESCE(i.was_attempts, 0) + (i.act IN (1, 2))::int4 AS attempts, " \
		BEGUN("i", "0", "was_failures") " AS failures, " \
		"CASE WHEN i.act = 3 AND i.status = 'FAILED' THEN i.round ELSE " BEGUN("i", "i.round", "was_round") \
		" END AS last_attempt, CASE WHEN $5 = 4 AND i.act IN (1, 3) THEN i.status = 'COMPLETED' AND i.took IS NULL " \
		"ELSE COALESCE(i.was_late, false) END AS timed_out, " \
		"CASE WHEN i.act IN (1, 2, 3) THEN $4 ELSE i.was_fence END AS fence, NULL::uuid AS claim, " \
		BEGUN("i", "CASE WHEN $5 = 5 THEN i.id END", "was_child") " AS child_id, " \
		BEGUN("i", "i.asked", "was_signal") " AS signal, i.took, i.took_tid, i.signature, i.hash, " \
		"CASE WHEN i.act NOT IN (1, 2, 3) THEN i.was_result WHEN i.status = 'COMPLETED' " \
		"THEN COALESCE(i.taken, i.output, 'null'::json) END AS result, " \
		"CASE WHEN i.act NOT IN (1, 2, 3) THEN i.was_code WHEN i.status = 'FAILED' " \
		"THEN COALESCE(i.error_code, $25::text) END AS error_code, " \
		"CASE WHEN i.act NOT IN (1, 2, 3) THEN i.was_message WHEN i.status = 'FAILED' " \
		"THEN CASE WHEN i.error_code IS NULL THEN $26::text ELSE i.error_message END END " \
		"AS error_message, i.wake_at, COALESCE(i.was_created, i.now) AS created_at, " \
		BEGUN("i", "i.now", "was_begun") " AS begun_at, " \
		"CASE WHEN i.act NOT IN (1, 2, 3) THEN i.was_ended WHEN i.status <> 'WAITING' THEN i.now END " \
		"AS ended_at, i.act IN (1, 2, 3) AND i.status = 'WAITING' AND $5 > 3 AS awaits, " \
		"i.act = 3 AND i.status = 'WAITING' AND i.was_fence = $4 AS same, i.queue, " \
		"COALESCE(i.run_at, i.now) AS due FROM look i" \
	"), "
#define WAIT_WRITE \
	"fresh AS (" \
		INTO_MEMO \
		"SELECT $3, $3, x.seq, x.created_at, x.begun_at, x.ended_at, x.wake_at, x.fence, x.attempts, " \
		"x.failures, x.last_attempt, x.timed_out, x.verb, x.status, NULL, x.child_id, " \
		"CASE WHEN x.awaits THEN $3 END, x.name, x.kind, x.signal, CASE WHEN x.awaits THEN x.signal END, " \
		"x.hash, NULL, NULL, x.signature, x.result FROM next x WHERE x.act = 1" \
	"), again AS (" \
		"UPDATE @schema.cairn_memo m SET begun_at = x.begun_at, ended_at = x.ended_at, " \
		"wake_at = x.wake_at, fence = x.fence, attempts = x.attempts, failures = x.failures, " \
		"last_attempt = x.last_attempt, timed_out = x.timed_out, status = x.status, " \
		"child_id = x.child_id, awaiting = CASE WHEN x.awaits THEN $3 END, " \
		"awaits = CASE WHEN x.awaits THEN x.signal END, result = x.result, " \
		"error_code = x.error_code, error_message = x.error_message FROM next x " \
		"WHERE m.ctid = x.tid  AND x.act IN (2, 3) AND NOT x.same" \
	"), take AS (" \
		"UPDATE @schema.cairn_signal s SET taken_by = x.seq, untaken = NULL FROM next x " \
		"WHERE s.ctid = x.took_tid  AND x.took IS NOT NULL" \
	"), "
#define WAIT_CHILDREN \
	"job AS (" \
		"INSERT INTO @schema.cairn_job_live (id, created_at, updated_at, run_at, fence, timeout_us, " \
		"priority, run_number, attempt, max_attempts, events, parked, status, queue, type, tenant, stage, " \
		"payload, owner, resource_key, replay) " \
		"SELECT i.id, i.now, i.now, COALESCE(i.run_at, i.now), 0, " \
		"COALESCE(NULLIF(i.timeout_us, 0), i.d_timeout), " \
		"CASE WHEN i.given & 1 <> 0 THEN i.priority ELSE i.d_priority END, 1, 0, " \
		"COALESCE(NULLIF(i.max_attempts, 0), i.d_attempts), ($6 >> 1) & 1, " \
		"COALESCE(i.run_at > i.now, false), 'PENDING', i.queue, i.type, r.tenant, 'queued', i.payload, " \
		"i.owner, i.resource_key, 2 FROM item i CROSS JOIN run r WHERE $5 = 5 AND i.act IN (1, 2)" \
	"), child AS (" \
		"INSERT INTO @schema.cairn_replay (run_id, root_id, parent_id, fence, shared, attempt, scope) " \
		"SELECT i.id, r.root_id, r.id, 0, 0, 0, i.name FROM item i CROSS JOIN run r " \
		"WHERE $5 = 5 AND i.act IN (1, 2)" \
	"), "

/*
 * The same; of signals cairn_signal_untaken and cairn_signal_pkey; of children both tables' primary keys and
 * cairn_job_definition_pkey.
 */
#define PARTS_ENTER_WAIT \
	"WITH " CALL_CLOCK RUN_HELD WAIT_ITEMS, WAIT_LOOK, WAIT_NEXT, WAIT_WRITE, WAIT_CHILDREN, STEP_EVENTS, \
	ENTER_ANSWER(WAKES("$5 = 5 AND x.act IN (1, 2) AND x.due <= (SELECT k.now FROM clock k) + " WAKE_SOON, \
			   "x.queue"))

/* ---- leave ------------------------------------------------------------------------------- */

/* The statement before charged: under this lease, which ran then, and only if the memo was held. */
#define CHARGED "current_setting('cairn.charged', true) = '1'"

/*
 * cairn_job_live_pkey, cairn_replay_pkey, cairn_memo_pkey. $5 seq, $6 events, $7 claim, $8 status, $9 result, $10 and
 * $11 code and message, $12 wait, $13 not before, $14: only if the charges of the statement before were written,
 * and then even if the lease has run out since.
 */
#define TEXT_LEAVE \
	"WITH " CALL_CLOCK RUN_IF(LEASE_RUNS " OR ($14::boolean AND " CHARGED ")") "memo AS MATERIALIZED (" \
		"SELECT m.* FROM run r CROSS JOIN LATERAL (" \
			"SELECT m.* FROM @schema.cairn_memo m WHERE m.run_id = r.id AND m.seq = $5::int8 OFFSET 0" \
		") m" \
	"), next AS MATERIALIZED (" \
		"SELECT 1 AS n, m.seq, m.name, m.kind, m.attempts, CASE WHEN $8::text = 'COMPLETED' THEN 13 " \
		"ELSE 14 END AS event, $10::text AS error_code, $11::text AS error_message, c.now, " \
		"CASE WHEN $8 = 'WAITING' THEN GREATEST(c.now + $12::int8 * interval '1 microsecond', " \
		"$13::timestamptz) END AS wake_at FROM memo m CROSS JOIN clock c WHERE m.status = 'RUNNING' " \
		"AND m.claim = $7::uuid AND (NOT $14 OR " CHARGED ")" \
	"), done AS (" \
		"UPDATE @schema.cairn_memo m SET status = $8, result = $9::json, error_code = x.error_code, " \
		"error_message = x.error_message, wake_at = x.wake_at, " \
		"ended_at = CASE WHEN $8 <> 'WAITING' THEN x.now END, " \
		"failures = m.failures + ($8 <> 'COMPLETED')::int4 FROM next x " \
		"WHERE m.run_id = $3 AND m.seq = $5" \
	"), " STEP_EVENTS \
	"SELECT COALESCE(m.status = 'RUNNING' AND m.claim = $7, false), x.n IS NOT NULL, x.wake_at, " \
	MEMO_COLUMNS("m", "NULL::text", "m.result") " FROM run r LEFT JOIN memo m ON true " \
	"LEFT JOIN next x ON true"

/* ---- fork ---------------------------------------------------------------------------------- */

/*
 * Both jobs' primary keys, cairn_replay_pkey, cairn_memo_pkey or cairn_memo_name. $2 id, $3 source, $4 scope, $5 name,
 * $6 seq, $7 code, $8 queue, $9 owner, $10 due, $11: 1 counts the event. Answers the seq and whether there is a
 * definition.
 */
#define FORK_FROM(table) \
	"SELECT t.type, t.tenant, t.payload, t.priority, t.max_attempts, t.timeout_us, t.resource_key, " \
	"t.queue, t.owner FROM @schema." table " t WHERE t.id = $3::uuid AND ($4::text IS NULL OR t.tenant = $4)"
#define PARTS_REPLAY_FORK \
	"WITH source AS MATERIALIZED (" \
		"SELECT j.*, r.scope, COALESCE($7::text, r.code) AS code, " T " AS now, " \
		"COALESCE($10::timestamptz, " T ") AS run_at, CASE WHEN $5::text IS NOT NULL THEN (" \
			"SELECT m.seq FROM @schema.cairn_memo m WHERE m.find_id = $3 AND m.name = $5" \
		") WHEN $6::int8 = 0 THEN 0 ELSE (" \
			"SELECT m.seq FROM @schema.cairn_memo m WHERE m.run_id = $3 AND m.seq = $6" \
		") END AS seq, COALESCE((" \
			"SELECT f.enabled FROM @schema.cairn_job_definition f WHERE f.type = j.type" \
		"), false) AS known FROM (" FORK_FROM("cairn_job_live") " UNION ALL " \
		FORK_FROM("cairn_job_done") " OFFSET 0) j CROSS JOIN LATERAL (" \
			"SELECT r.scope, r.code FROM @schema.cairn_replay r WHERE r.run_id = $3 OFFSET 0" \
		") r" \
	"), good AS MATERIALIZED (" \
		"SELECT s.* FROM source s WHERE s.known AND s.seq IS NOT NULL" \
	"), ", \
	"job AS (" \
		"INSERT INTO @schema.cairn_job_live (id, created_at, updated_at, run_at, fence, timeout_us, " \
		"priority, run_number, attempt, max_attempts, events, parked, status, queue, type, tenant, stage, " \
		"payload, owner, resource_key, replay) " \
		"SELECT $2::uuid, g.now, g.now, g.run_at, 0, g.timeout_us, g.priority, 1, 0, g.max_attempts, " \
		"$11::int4, g.run_at > g.now, 'PENDING', COALESCE($8::text, g.queue), g.type, g.tenant, " \
		"'queued', g.payload, COALESCE($9::text, g.owner), g.resource_key, 1 FROM good g" \
	"), replay AS (" \
		"INSERT INTO @schema.cairn_replay (run_id, root_id, source_id, fence, shared, attempt, scope, code) " \
		"SELECT $2, $2, $3, 0, g.seq, 0, g.scope, g.code FROM good g" \
	"), memo AS (" \
		INTO_MEMO \
		"SELECT $2, $2, m.seq, m.created_at, m.begun_at, m.ended_at, m.wake_at, m.fence, m.attempts, " \
		"m.failures, m.last_attempt, m.timed_out, m.verb, m.status, m.claim, m.child_id, NULL, m.name, " \
		"m.kind, m.signal, NULL, m.hash, m.error_code, m.error_message, m.signature, m.result " \
		"FROM good g CROSS JOIN LATERAL (" \
			"SELECT m.* FROM @schema.cairn_memo m WHERE m.run_id = $3 AND m.seq <= g.seq " \
			"AND m.status = 'COMPLETED' OFFSET 0" \
		") m" \
	") SELECT s.seq, s.known, " \
	WAKES("s.known AND s.seq IS NOT NULL AND s.run_at <= s.now + " WAKE_SOON, "COALESCE($8, s.queue)") \
	" FROM source s"

/* ---- signals ---------------------------------------------------------------------------------- */

/*
 * cairn_job_live_pkey, in its order; cairn_job_done_pkey. $1 jobs; leaves behind the time, those that it locked, and
 * those that were there when it began.
 */
#define TEXT_SIGNAL_LOCK \
	"SELECT " LEAVE_NOW("clock_timestamp()") ", set_config('cairn.held', held.ids, true), " \
	LEAVE_UUIDS("cairn.there", \
		"SELECT j.id FROM unnest($1) u(id) CROSS JOIN LATERAL (" \
			"SELECT v.id FROM @schema.cairn_job_live v WHERE v.id = u.id UNION ALL " \
			"SELECT d.id FROM @schema.cairn_job_done d WHERE d.id = u.id OFFSET 0" \
		") j") " FROM (" \
		"SELECT '{' || COALESCE(string_agg(l.id::text, ','), '') || '}' AS ids FROM (" \
			"SELECT l.id FROM @schema.cairn_job_live l WHERE l.id = ANY ($1::uuid[]) " \
			"ORDER BY l.id FOR NO KEY UPDATE" \
		") l" \
	") held"

/*
 * cairn_memo_awaits in its order, cairn_job_live_pkey, cairn_memo_awaiting, cairn_signal_untaken, cairn_signal_key. A
 * broadcast: $2 scope, $3 name, $4 key, $5 type, $6 limit. Leaves behind the runs that it locked; answers whether there
 * are more.
 */
#define AWAITS(locks) \
	"SELECT l.id FROM (" \
		"SELECT DISTINCT m.run_id FROM @schema.cairn_memo m WHERE m.awaits = $3::text " \
		"ORDER BY m.run_id OFFSET 0" \
	") m CROSS JOIN LATERAL (" \
		"SELECT l.id FROM @schema.cairn_job_live l WHERE l.id = m.run_id " \
		"AND l.status = 'PENDING' AND l.attempt = 0 AND l.status_reason = 'HANDLER_CONTINUATION' " \
		"AND l.parked AND ($2::text IS NULL OR l.tenant = $2) " \
		"AND ($5::text IS NULL OR l.type = $5) AND (" \
			"SELECT true FROM @schema.cairn_memo a WHERE a.awaiting = l.id " \
			"AND a.signal = $3 AND a.fence = l.fence LIMIT 1" \
		") AND (" \
			"SELECT true FROM @schema.cairn_signal u WHERE u.untaken = l.id AND u.name = $3 LIMIT 1" \
		") IS NULL AND ($4::text IS NULL OR (" \
			"SELECT true FROM @schema.cairn_signal k WHERE k.find_id = l.id AND k.signal_key = $4" \
		") IS NULL) " locks \
	") l LIMIT $6::int8"
#define TEXT_SIGNAL_PICK \
	"WITH pick AS MATERIALIZED (" AWAITS("FOR NO KEY UPDATE SKIP LOCKED") "), met AS MATERIALIZED (" \
		AWAITS("OFFSET 0") " + 1" \
	") SELECT (SELECT count(*) FROM met) > (SELECT count(*) FROM pick), " LEAVE_NOW(T) ", " \
	LEAVE_UUIDS("cairn.held", "SELECT p.id FROM pick p") ", " \
	LEAVE_UUIDS("cairn.ended", "SELECT p.id FROM pick p")

/*
 * Both jobs' primary keys, cairn_signal_key, cairn_signal_pkey from its end. Behind one of the two: $3 runs, $4 names, $5
 * keys, $6 payloads, $7 hashes, $8 scope, $9: the item goes to all that are held; $10 events. A job that was there
 * and is not held had ended; one that was not, and was enqueued meanwhile, is not found. Answers CAIRN_SIGNAL_….
 */
#define SIGNAL_ITEMS \
	"WITH " CALL_CLOCK "item AS MATERIALIZED (" \
		"SELECT i.*, l.id IS NOT NULL AS live, l.events, l.run_number, l.attempt, " \
		"COALESCE($8::text IS NULL OR e.tenant = $8, false) AND e.tenant IS NOT NULL AS known, " \
		"k.seq AS k_seq, k.name = i.name AND k.hash = i.hash AS k_same FROM (" \
			"SELECT u.n, u.run, u.name, u.key, u.payload, u.hash FROM unnest($3::uuid[], $4::text[], " \
			"$5::text[], $6::json[], $7::bytea[]) WITH ORDINALITY u(run, name, key, payload, hash, n) " \
			"WHERE NOT $9::boolean UNION ALL " \
			"SELECT h.n, h.id, u.name, u.key, u.payload, u.hash " \
			"FROM unnest(" LEFT_UUIDS("cairn.held") ") WITH ORDINALITY h(id, n) " \
			"CROSS JOIN unnest($4, $5, $6, $7) u(name, key, payload, hash) WHERE $9" \
		") i LEFT JOIN LATERAL (" \
			"SELECT l.id, l.events, l.run_number, l.attempt FROM @schema.cairn_job_live l " \
			"WHERE l.id = i.run AND i.run = ANY (" LEFT_UUIDS("cairn.held") ") OFFSET 0" \
		") l ON true LEFT JOIN LATERAL (" \
			"SELECT v.tenant FROM @schema.cairn_job_live v WHERE v.id = i.run " \
			"AND ($9 OR i.run = ANY (" LEFT_UUIDS("cairn.there") ")) UNION ALL " \
			"SELECT d.tenant FROM @schema.cairn_job_done d WHERE d.id = i.run LIMIT 1" \
		") e ON true LEFT JOIN LATERAL (" \
			"SELECT k.seq, k.name, k.hash FROM @schema.cairn_signal k " \
			"WHERE k.find_id = i.run AND k.signal_key = i.key OFFSET 0" \
		") k ON true" \
	"), placed AS MATERIALIZED (" \
		"SELECT p.*, CASE WHEN NOT p.known THEN 0 WHEN p.k_seq IS NOT NULL THEN " \
		"CASE WHEN p.k_same THEN 2 ELSE 3 END WHEN NOT p.live THEN 4 WHEN p.turn = 1 OR p.key IS NULL THEN 1 " \
		"WHEN p.name = p.f_name AND p.hash = p.f_hash THEN 2 ELSE 3 END AS result FROM (" \
			"SELECT i.*, row_number() OVER w AS turn, first_value(i.name) OVER w AS f_name, " \
			"first_value(i.hash) OVER w AS f_hash FROM item i " \
			"WINDOW w AS (PARTITION BY i.run, i.key ORDER BY i.n)" \
		") p" \
	"), "
#define SIGNAL_WRITE \
	"fresh AS MATERIALIZED (" \
		"SELECT p.*, row_number() OVER (PARTITION BY p.run ORDER BY p.n) AS place, " \
		"row_number() OVER (PARTITION BY p.run ORDER BY p.n) + COALESCE((" \
			"SELECT o.seq FROM @schema.cairn_signal o WHERE o.run_id = p.run " \
			"ORDER BY o.seq DESC LIMIT 1" \
		"), 0) AS seq FROM placed p WHERE p.result = 1" \
	"), signal AS (" \
		"INSERT INTO @schema.cairn_signal (run_id, find_id, untaken, seq, sent_at, name, signal_key, " \
		"hash, payload) SELECT f.run, CASE WHEN f.key IS NOT NULL THEN f.run END, f.run, f.seq, c.now, " \
		"f.name, f.key, f.hash, f.payload FROM fresh f CROSS JOIN clock c" \
	"), event AS (" \
		"INSERT INTO @schema.cairn_job_event (job_id, seq, at, run_number, attempt, kind, detail, data) " \
		"SELECT f.run, f.events + f.place, c.now, f.run_number, f.attempt, 'SIGNALED', f.name, " \
		"('{\"signal\":' || f.seq || '}')::json FROM fresh f CROSS JOIN clock c " \
		"WHERE ($10::int4 >> 15) & 1 = 1" \
	"), counted AS (" \
		"UPDATE @schema.cairn_job_live l SET events = l.events + f.n FROM (" \
			"SELECT f.run, count(*)::int4 AS n FROM fresh f GROUP BY f.run" \
		") f WHERE " IS("l.id", "f.run") " AND ($10 >> 15) & 1 = 1" \
	") SELECT p.n, p.result, COALESCE(p.k_seq, f.seq, (" \
		"SELECT g.seq FROM fresh g WHERE g.run = p.run AND g.key = p.key AND p.result = 2" \
	"), 0) FROM placed p LEFT JOIN fresh f ON f.n = p.n"

/* clang-format on */

#define REPLAY_TEXTS \
	[PG_SQL_PARENTS_LOCK] = { { TEXT_PARENTS_LOCK } }, \
	[PG_SQL_REPLAY_WAKE] = { { TEXT_REPLAY_WAKE } }, \
	[PG_SQL_REPLAY_BEGIN] = { { TEXT_REPLAY_BEGIN } }, \
	[PG_SQL_MEMO_PAGE] = { { TEXT_MEMO_PAGE } }, [PG_SQL_ENTER] = { { PARTS_ENTER } }, \
	[PG_SQL_ENTER_WAIT] = { { PARTS_ENTER_WAIT } }, [PG_SQL_LEAVE] = { { TEXT_LEAVE } }, \
	[PG_SQL_REPLAY_FORK] = { { PARTS_REPLAY_FORK } }, \
	[PG_SQL_SIGNAL_LOCK] = { { TEXT_SIGNAL_LOCK } }, \
	[PG_SQL_SIGNAL_PICK] = { { TEXT_SIGNAL_PICK } }, \
	[PG_SQL_SIGNAL_SEND] = { { SIGNAL_ITEMS, SIGNAL_WRITE } }

#endif
