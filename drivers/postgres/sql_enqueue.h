/*
 * sql_enqueue.h - the statements that make jobs, from what somebody asks for and from jobs that have
 * succeeded, as pieces for sql.c, which has the macros they are written in.
 */
#ifndef CAIRN_PG_SQL_ENQUEUE_H
#define CAIRN_PG_SQL_ENQUEUE_H

#include "sql_change.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

/* ---- enqueue ------------------------------------------------------------ */

#define INTO_LIVE \
	"INSERT INTO @schema.cairn_job_live (id, created_at, updated_at, run_at, fence, " \
	"timeout_us, priority, run_number, attempt, max_attempts, events, parked, status, queue, " \
	"type, tenant, stage, payload, owner, idempotency_key, request, resource_key) "

#define INTO_ENQUEUED \
	"INSERT INTO @schema.cairn_job_event (job_id, seq, at, run_number, attempt, kind, stage, " \
	"detail) "

/*
 * $2 type, $3 queue, $4 tenant, $5 run_at, $6 timeout, $7 attempts, $8 priority, $9 stage,
 * $10 owner, $13 how many events they have: of all the jobs alike. NULL: the definition's.
 */
#define ENQUEUE_LIKE(id, payload, from) \
	INTO_LIVE \
	"SELECT " id ", " T ", " T ", COALESCE($5::timestamptz, " T "), 0, " \
	"COALESCE($6::int8, d.timeout_us), COALESCE($8::int4, d.priority), 1, 0, " \
	"COALESCE($7::int4, d.max_attempts), $13::int4, COALESCE($5 > " T ", false), 'PENDING', " \
	"$3::text, d.type, $4::text, $9::text, " payload ", $10::text, NULL, NULL, NULL " \
	"FROM (SELECT d.* FROM @schema.cairn_job_definition d WHERE d.type = $2::text " \
	"AND d.enabled) d" from
#define ENQUEUE_ALIKE \
	ENQUEUE_LIKE("i.id", "i.payload", ", unnest($11::uuid[], $12::json[]) AS i(id, payload)")
#define ENQUEUE_ONE ENQUEUE_LIKE("$11::uuid", "$12::json", "")

/* The items, with what their definitions give. $2: 1 counts events. */
#define ENQUEUE_ITEMS \
	"SELECT i.id, i.queue, i.type, i.tenant, i.payload, i.owner, i.stage, i.key, i.request, " \
	"i.hash, i.resource_key, COALESCE(i.run_at, " T ") AS run_at, " \
	"COALESCE(NULLIF(i.timeout_us, 0), d.timeout_us) AS timeout_us, " \
	"COALESCE(NULLIF(i.max_attempts, 0), d.max_attempts) AS max_attempts, " \
	"CASE WHEN i.given & 1 <> 0 THEN i.priority ELSE d.priority END AS priority, " \
	"i.n, d.type IS NOT NULL AS known, d.retention_us <> -1 AS kept " \
	"FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::json[], $8::text[], " \
	"$9::text[], $10::timestamptz[], $11::int8[], $12::int4[], $13::int4[], $14::int4[], " \
	"$15::text[], $16::json[], $17::bytea[], $18::text[]) WITH ORDINALITY AS i(id, queue, " \
	"type, tenant, payload, owner, stage, run_at, timeout_us, max_attempts, priority, given, " \
	"key, request, hash, resource_key, n) " \
	"LEFT JOIN @schema.cairn_job_definition d ON " IS("d.type", "i.type") " AND d.enabled"

#define ENQUEUE_JOBS(from) \
	"job AS (" \
		INTO_LIVE \
		"SELECT i.id, " T ", " T ", i.run_at, 0, i.timeout_us, i.priority, 1, 0, " \
		"i.max_attempts, $2::int4, i.run_at > " T ", 'PENDING', i.queue, i.type, " \
		"i.tenant, i.stage, i.payload, i.owner, i.key, i.request, i.resource_key " \
		"FROM " from \
	"), event AS (" \
		INTO_ENQUEUED \
		"SELECT i.id, 1, " T ", 1, 0, 'ENQUEUED', i.stage, i.type " \
		"FROM " from " AND $2 = 1 AND i.stage <> 'queued'" \
	") "

/* ---- replay ------------------------------------------------------------- */

/*
 * $2: 1 writes events, $3 ids, $4 sources, $5 runs, $6 keys, $7 reasons, $8 event data, $9 scope.
 * The source stays locked, so that nobody deletes it while it gets a descendant.
 */
#define REPLAY_ITEMS \
	"WITH safe AS MATERIALIZED (SELECT " READ_COMMITTED " AS yes" \
	"), source AS MATERIALIZED (" \
		"SELECT s.id FROM @schema.cairn_job_done s " \
		"WHERE s.id = ANY ($4::uuid[]) AND (SELECT yes FROM safe) " \
		"ORDER BY s.id FOR KEY SHARE" \
	"), item AS MATERIALIZED (" \
		"SELECT * FROM (" \
			"SELECT s.id, s.run_number, s.status, s.queue, s.type, s.tenant, " \
			"s.payload, s.owner, s.resource_key, s.run_id, s.timeout_us, s.priority, " \
			"s.max_attempts, " \
			"i.id AS replay, i.key, i.reason, i.data, i.n, " \
			"d.type IS NOT NULL AS known, s.id IN (SELECT o.id FROM source o) AS held " \
			"FROM unnest($3::uuid[], $4, $5::int4[], $6::text[], $7::text[], " \
			"$8::json[]) WITH ORDINALITY AS i(id, source, run, key, reason, data, n) " \
			"LEFT JOIN @schema.cairn_job_done s ON " IS("s.id", "i.source") " " \
			"AND s.run_number = i.run " \
			"LEFT JOIN @schema.cairn_job_definition d ON " IS("d.type", "s.type") " " \
			"AND d.enabled OFFSET 0" \
		") s WHERE s.held AND s.status = 'SUCCEEDED' AND s.run_id IS NULL " \
		"AND " IN_SCOPE("s.tenant", "$9") \
	"), "

#define REPLAY_JOBS \
	"lineage AS (" \
		"INSERT INTO @schema.cairn_job_replay (source_id, replay_id, created_at, " \
		"run_number, replay_key, reason) " \
		"SELECT i.id, i.replay, " T ", i.run_number, i.key, i.reason FROM item i " \
		"WHERE i.known ORDER BY i.id, i.run_number, i.key COLLATE \"C\", i.n " \
		"ON CONFLICT DO NOTHING RETURNING replay_id" \
	"), fresh AS MATERIALIZED (" \
		"SELECT i.*, i.replay IN (SELECT l.replay_id FROM lineage l) AS inserted " \
		"FROM item i" \
	"), job AS (" \
		INTO_LIVE \
		"SELECT i.replay, " T ", " T ", " T ", 0, i.timeout_us, i.priority, 1, 0, " \
		"i.max_attempts, $2::int4, false, 'PENDING', i.queue, i.type, i.tenant, " \
		"'queued', i.payload, i.owner, NULL, NULL, i.resource_key FROM fresh i " \
		"WHERE i.inserted" \
	"), event AS (" \
		"INSERT INTO @schema.cairn_job_event (job_id, seq, at, run_number, attempt, kind, " \
		"stage, detail, data) " \
		"SELECT i.replay, 1, " T ", 1, 0, 'ENQUEUED', 'queued', i.type, i.data " \
		"FROM fresh i WHERE i.inserted AND $2 = 1" \
	") SELECT i.n, i.known, i.inserted, " WAKES("i.inserted", "i.queue") " FROM fresh i " \
	"UNION ALL SELECT -1, false, false, NULL FROM safe WHERE NOT yes"

/* clang-format on */

#endif
