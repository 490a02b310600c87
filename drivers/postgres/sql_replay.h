/*
 * sql_replay.h - the statement that enqueues succeeded jobs once more, as pieces for sql.c, which
 * has the macros they are written in.
 */
#ifndef CAIRN_PG_SQL_REPLAY_H
#define CAIRN_PG_SQL_REPLAY_H

/* SQL is laid out by its clauses. */
/* clang-format off */

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
			"s.payload, s.owner, s.resource_key, s.timeout_us, s.priority, " \
			"s.max_attempts, " \
			"i.id AS replay, i.key, i.reason, i.data, i.n, " \
			"d.type IS NOT NULL AS known, s.id IN (SELECT o.id FROM source o) AS held " \
			"FROM unnest($3::uuid[], $4, $5::int4[], $6::text[], $7::text[], " \
			"$8::json[]) WITH ORDINALITY AS i(id, source, run, key, reason, data, n) " \
			"LEFT JOIN @schema.cairn_job_done s ON " IS("s.id", "i.source") " " \
			"AND s.run_number = i.run " \
			"LEFT JOIN @schema.cairn_job_definition d ON " IS("d.type", "s.type") " " \
			"AND d.enabled OFFSET 0" \
		") s WHERE s.held AND s.status = 'SUCCEEDED' AND " IN_SCOPE("s.tenant", "$9") \
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
