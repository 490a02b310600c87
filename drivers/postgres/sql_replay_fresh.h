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

/* $3 run, $4 fence: the lease. */
#define LEASED_RUN(columns, from) \
	"run AS MATERIALIZED (" \
		"SELECT l.run_number, l.attempt, l.events, " CALL_T " AS now" columns " " \
		"FROM @schema.cairn_job_live l " from "WHERE l.id = $3::uuid AND l.status <> 'PENDING' " \
		"AND l.fence = $4::int8 AND l.lease_expires_at > " TICK

#define INTO_STEP_EVENT \
	"INSERT INTO @schema.cairn_job_event (job_id, seq, at, run_number, attempt, kind, reason, detail, data) "
#define STEP_DATA(attempts) "('{\"step\":' || m.seq || ',\"step_attempt\":' || " attempts " || '}')::json "

/*
 * cairn_job_live_pkey, cairn_replay_pkey, cairn_memo_name; cairn_memo_pkey from its end. $5 verb, $6 event or NULL, $7 names,
 * $8 kinds, $9 signatures, $10 hashes, $11 results, $12 ids. Answers the time, the seq before the first, the run's
 * attempt; or nothing.
 */
#define TEXT_ENTER_FRESH \
	"WITH " LEASED_RUN(", r.attempt AS round, COALESCE((" \
			"SELECT m.seq FROM @schema.cairn_memo m WHERE m.run_id = $3 ORDER BY m.seq DESC LIMIT 1" \
		"), 0) AS last", "CROSS JOIN LATERAL (" \
			"SELECT r.attempt FROM @schema.cairn_replay r WHERE r.run_id = $3 OFFSET 0" \
		") r ") " AND NOT EXISTS (" \
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

/* cairn_job_live_pkey, cairn_memo_pkey. $5 seq, $6 event or NULL, $7 claim, $8 result. Answers a row, or nothing. */
#define TEXT_LEAVE_DONE \
	"WITH " LEASED_RUN("", "") "), memo AS (" \
		"UPDATE @schema.cairn_memo m SET status = 'COMPLETED', result = $8::json, error_code = NULL, " \
		"error_message = NULL, wake_at = NULL, ended_at = r.now FROM run r WHERE m.run_id = $3 " \
		"AND m.seq = $5::int8 AND m.status = 'RUNNING' AND m.claim = $7::uuid " \
		"RETURNING m.seq, m.name, m.kind, m.attempts" \
	"), event AS (" \
		INTO_STEP_EVENT \
		"SELECT $3, r.events + 1, r.now, r.run_number, r.attempt, $6::text, m.kind, m.name, " \
		STEP_DATA("m.attempts") "FROM memo m CROSS JOIN run r WHERE $6 IS NOT NULL" \
	"), counted AS (" \
		"UPDATE @schema.cairn_job_live l SET events = l.events + 1 " \
		"WHERE l.id = $3 AND $6 IS NOT NULL AND EXISTS (SELECT FROM memo)" \
	") SELECT m.seq FROM memo m"

/* clang-format on */

#define REPLAY_FRESH_TEXTS \
	[PG_SQL_ENTER_FRESH] = { { TEXT_ENTER_FRESH } }, [PG_SQL_LEAVE_DONE] = { \
		{ TEXT_LEAVE_DONE } \
	}

#endif
