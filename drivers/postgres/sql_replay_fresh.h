/*
 * sql_replay_fresh.h - what nearly every step of a replay run is: new, and then done. Setting up the statements of
 * sql_replay.h costs more than all that these do. Where they find anything else they write nothing, and
 * those follow.
 */
#ifndef CAIRN_PG_SQL_REPLAY_FRESH_H
#define CAIRN_PG_SQL_REPLAY_FRESH_H

#include "sql_replay.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

#define INTO_STEP_EVENT \
	"INSERT INTO @schema.cairn_job_event (job_id, seq, at, run_number, attempt, kind, reason, detail, data) "
#define STEP_DATA(attempts) "('{\"step\":' || m.seq || ',\"step_attempt\":' || " attempts " || '}')::json "

/* ---- several steps, behind the lock ----------------------------------------------------------- */

/*
 * cairn_job_live_pkey, cairn_replay_pkey, cairn_memo_name; cairn_memo_pkey from its end. $3 run, $4 fence: the lease; $5
 * verb, $6 event or NULL, $7 names, $8 kinds, $9 signatures, $10 hashes, $11 results, $12 ids. Answers the time, the seq
 * before the first, the run's attempt; or nothing.
 */
#define TEXT_ENTER_FRESH \
	"WITH run AS MATERIALIZED (" \
		"SELECT l.run_number, l.attempt, l.events, " CALL_T " AS now, r.attempt AS round, COALESCE((" \
			"SELECT m.seq FROM @schema.cairn_memo m WHERE m.run_id = $3 ORDER BY m.seq DESC LIMIT 1" \
		"), 0) AS last FROM @schema.cairn_job_live l CROSS JOIN LATERAL (" \
			"SELECT r.attempt FROM @schema.cairn_replay r WHERE r.run_id = $3 OFFSET 0" \
		") r WHERE l.id = $3::uuid AND l.status <> 'PENDING' AND l.fence = $4::int8 " \
		"AND l.lease_expires_at > " TICK " AND NOT EXISTS (" \
			"SELECT FROM unnest($7::text[]) u(name) CROSS JOIN LATERAL (" \
				"SELECT FROM @schema.cairn_memo k WHERE k.find_id = $3 AND k.name = u.name OFFSET 0" \
			") k" \
		")" \
	"), memo AS (" \
		INTO_MEMO \
		"SELECT $3, $3, r.last + i.n, r.now, r.now, CASE WHEN $5::text = 'VALUE' THEN r.now END, NULL, $4, " \
		"1, 0, r.round, false, $5, CASE WHEN $5 = 'VALUE' THEN 'COMPLETED' ELSE 'RUNNING' END, " \
		"CASE WHEN $5 = 'STEP' THEN i.id END, NULL, NULL, i.name, i.kind, NULL, NULL, i.hash, NULL, NULL, " \
		"i.signature, CASE WHEN $5 = 'VALUE' THEN i.result END FROM run r CROSS JOIN " \
		"unnest($7, $8::text[], $9::text[], $10::bytea[], $11::json[], $12::uuid[]) WITH ORDINALITY " \
		"i(name, kind, signature, hash, result, id, n) RETURNING seq, name, kind" \
	"), event AS (" \
		INTO_STEP_EVENT \
		"SELECT $3, r.events + m.seq - r.last, r.now, r.run_number, r.attempt, $6::text, m.kind, m.name, " \
		STEP_DATA("1") "FROM memo m CROSS JOIN run r WHERE $6 IS NOT NULL" \
	"), counted AS (" \
		"UPDATE @schema.cairn_job_live l SET events = l.events + cardinality($7) " \
		"WHERE l.id = $3 AND $6 IS NOT NULL AND EXISTS (SELECT FROM run)" \
	") SELECT r.now, r.last, r.round FROM run r"

/* ---- one step, one statement ---------------------------------------------------------------- */

/*
 * The run's job is locked in the statement that writes, and what that reads is what was there before it waited. Of the
 * job the lock brings the row as it is now. A seq or name that somebody has taken meanwhile is a conflict with a row that
 * nobody else can write, and a memo that was changed is looked at again: then nothing is written. The run's attempt
 * belongs to the fence.
 *
 * $2 run, $3 fence: the lease.
 */
#define LOCKED_RUN(columns) \
	"WITH run AS MATERIALIZED (" \
		"SELECT h.run_number, h.attempt, h.events, COALESCE($1::timestamptz, clock_timestamp()) AS now" \
		columns " FROM (" \
			"SELECT l.run_number, l.attempt, l.events, l.lease_expires_at FROM @schema.cairn_job_live l " \
			"WHERE l.id = $2::uuid AND l.status <> 'PENDING' AND l.fence = $3::int8 FOR NO KEY UPDATE" \
		") h WHERE h.lease_expires_at > " TICK \
	"), memo AS ("

#define ONE_TOLD(event, kind, name, attempts) \
	"), event AS (" \
		INTO_STEP_EVENT \
		"SELECT $2, r.events + 1, r.now, r.run_number, r.attempt, " event ", " kind ", " name ", " \
		STEP_DATA(attempts) "FROM memo m CROSS JOIN run r" \
	"), counted AS (" \
		"UPDATE @schema.cairn_job_live l SET events = l.events + 1 " \
		"WHERE l.id = $2 AND EXISTS (SELECT FROM memo)"

/*
 * cairn_job_live_pkey, cairn_replay_pkey, cairn_memo_pkey from its end, cairn_memo_name. $4 name, $5 kind, $6 signature,
 * $7 hash, $8 result, $9 claim: NULL for a value. Answers as ENTER_FRESH does.
 */
#define ENTER_ONE(told) \
	LOCKED_RUN(", (" \
			"SELECT p.attempt FROM @schema.cairn_replay p WHERE p.run_id = $2" \
		") AS round, COALESCE((" \
			"SELECT m.seq FROM @schema.cairn_memo m WHERE m.run_id = $2 ORDER BY m.seq DESC LIMIT 1" \
		"), 0) AS last") \
		INTO_MEMO \
		"SELECT $2, $2, r.last + 1, r.now, r.now, CASE WHEN $9::uuid IS NULL THEN r.now END, NULL, $3, " \
		"1, 0, r.round, false, CASE WHEN $9 IS NULL THEN 'VALUE' ELSE 'STEP' END, " \
		"CASE WHEN $9 IS NULL THEN 'COMPLETED' ELSE 'RUNNING' END, $9, NULL, NULL, $4::text, $5::text, " \
		"NULL, NULL, $7::bytea, NULL, NULL, $6::text, $8::json FROM run r WHERE r.round IS NOT NULL " \
		"ON CONFLICT DO NOTHING RETURNING seq" \
		told \
	") SELECT r.now, r.last, r.round FROM run r WHERE EXISTS (SELECT FROM memo)"
#define TEXT_ENTER_ONE	    ENTER_ONE("")
#define TEXT_ENTER_ONE_TOLD \
	ENTER_ONE(ONE_TOLD("CASE WHEN $9 IS NULL THEN 'STEP_COMPLETED' ELSE 'STEP_STARTED' END", "$5", "$4", "1"))

/* cairn_job_live_pkey, cairn_memo_pkey. $4 seq, $5 claim, $6 result. Answers a row, or nothing. */
#define LEAVE_DONE(told) \
	LOCKED_RUN("") \
		"UPDATE @schema.cairn_memo m SET status = 'COMPLETED', result = $6::json, error_code = NULL, " \
		"error_message = NULL, wake_at = NULL, ended_at = r.now FROM run r WHERE m.run_id = $2 " \
		"AND m.seq = $4::int8 AND m.status = 'RUNNING' AND m.claim = $5::uuid " \
		"RETURNING m.seq, m.name, m.kind, m.attempts" \
		told \
	") SELECT m.seq FROM memo m"
#define TEXT_LEAVE_DONE	     LEAVE_DONE("")
#define TEXT_LEAVE_DONE_TOLD LEAVE_DONE(ONE_TOLD("'STEP_COMPLETED'", "m.kind", "m.name", "m.attempts"))

/* clang-format on */

#define REPLAY_FRESH_TEXTS \
	[PG_SQL_ENTER_FRESH] = { { TEXT_ENTER_FRESH } }, \
	[PG_SQL_ENTER_ONE] = { { TEXT_ENTER_ONE } }, \
	[PG_SQL_ENTER_ONE_TOLD] = { { TEXT_ENTER_ONE_TOLD } }, \
	[PG_SQL_LEAVE_DONE] = { { TEXT_LEAVE_DONE } }, \
	[PG_SQL_LEAVE_DONE_TOLD] = { { TEXT_LEAVE_DONE_TOLD } }

#endif
