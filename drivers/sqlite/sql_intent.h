/*
 * sql_intent.h - the texts about intents, for sql.c; above each the index it relies on.
 */
#ifndef CAIRN_LITE_SQL_INTENT_H
#define CAIRN_LITE_SQL_INTENT_H

/* What intent.c reads into a cairn_intent. */
#define INTENT_COLUMNS \
	"id, status, queue, type, tenant, stage, owner, resource_key, run_at, timeout_us, " \
	"priority, max_attempts, promotion_attempts, next_promotion_at, last_attempted_at, " \
	"promoted_job_id, promoted_at, conflicted_at, last_error_code, last_error_message, " \
	"created_at, updated_at, idempotency_key, request, payload"

/* ?1 now */
#define INTENT_DUE \
	"status = 'PENDING' AND next_promotion_at <= ?1 AND EXISTS (SELECT 1 " \
	"FROM cairn_job_definition d WHERE d.type = cairn_intent.type AND d.enabled = 1) "

/* ?1 scope, ?2 type, ?3 bits of statuses */
#define INTENT_FILTER \
	"(?1 IS NULL OR tenant = ?1) AND (?2 IS NULL OR type = ?2) AND ?3 & CASE status " \
	"WHEN 'PENDING' THEN 2 WHEN 'PROMOTED' THEN 4 ELSE 8 END "

/* ?2 scope, ?3 type, ?4 types above it */
#define INTENT_COUNTED "(?2 IS NULL OR tenant = ?2) AND (?3 IS NULL OR type = ?3) AND type > ?4 "

/* cairn_intent_key: an intent with this key answers with no row changed */
#define TEXT_INTENT_INSERT \
	"INSERT INTO cairn_intent (id, status, queue, type, tenant, stage, owner, " \
	"resource_key, run_at, timeout_us, priority, max_attempts, promotion_attempts, " \
	"next_promotion_at, created_at, updated_at, idempotency_key, request_hash, " \
	"request, payload) " \
	"VALUES (?1, 'PENDING', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, iif(?10, ?11, NULL), ?12, " \
	"0, ?13, ?13, ?13, ?14, ?15, ?16, ?17) " \
	"ON CONFLICT (type, tenant, idempotency_key) DO NOTHING"

/* cairn_intent_key */
#define TEXT_INTENT_BY_KEY \
	"SELECT id, status, promoted_job_id, request_hash FROM cairn_intent " \
	"INDEXED BY cairn_intent_key " \
	"WHERE type = ? AND tenant = ? AND idempotency_key = ?"

/* cairn_intent_due, in its own order; the reader stops when it has enough */
#define TEXT_INTENT_DUE \
	"SELECT type, " INTENT_COLUMNS " FROM cairn_intent " \
	"INDEXED BY cairn_intent_due WHERE " INTENT_DUE "ORDER BY next_promotion_at, id"

/* cairn_intent.id */
#define TEXT_INTENT_DUE_ONE \
	"SELECT type, " INTENT_COLUMNS " FROM cairn_intent " \
	"WHERE id = ?2 AND " INTENT_DUE

/* cairn_intent.id */
#define TEXT_INTENT_SETTLE \
	"UPDATE cairn_intent SET status = ?3, promotion_attempts = ?2 + 1, " \
	"last_attempted_at = ?4, updated_at = ?4, " \
	"next_promotion_at = ifnull(?5, next_promotion_at), promoted_job_id = ?6, " \
	"promoted_at = iif(?3 = 'PROMOTED', ?4, NULL), " \
	"conflicted_at = iif(?3 = 'CONFLICTED', ?4, NULL), " \
	"last_error_code = ?7, last_error_message = ?8 " \
	"WHERE id = ?1 AND status = 'PENDING' AND promotion_attempts = ?2"

/* cairn_intent.id */
#define TEXT_INTENT_GET \
	"SELECT " INTENT_COLUMNS " FROM cairn_intent WHERE " INTENT_FILTER "AND id = ?4"

/* cairn_intent.id, downwards from ?4 */
#define TEXT_INTENT_LIST \
	"SELECT " INTENT_COLUMNS " FROM cairn_intent WHERE " INTENT_FILTER \
	"AND id < ?4 ORDER BY id DESC LIMIT ?5"

/* cairn_intent_due, all of it; cairn_intent_promoted and cairn_intent_conflicted from ?1 on */
#define TEXT_INTENT_STATS \
	"SELECT type, sum(p), sum(r), sum(m), sum(c), min(o), max(a) FROM (" \
	"SELECT type, count(*) AS p, count(*) FILTER (WHERE promotion_attempts > 0) AS r, " \
	"0 AS m, 0 AS c, min(created_at) AS o, max(promotion_attempts) AS a " \
	"FROM cairn_intent INDEXED BY cairn_intent_due " \
	"WHERE status = 'PENDING' AND " INTENT_COUNTED "GROUP BY type " \
	"UNION ALL SELECT type, 0, 0, count(*), 0, NULL, 0 " \
	"FROM cairn_intent INDEXED BY cairn_intent_promoted " \
	"WHERE status = 'PROMOTED' AND promoted_at >= ?1 AND " INTENT_COUNTED "GROUP BY type " \
	"UNION ALL SELECT type, 0, 0, 0, count(*), NULL, 0 " \
	"FROM cairn_intent INDEXED BY cairn_intent_conflicted " \
	"WHERE status = 'CONFLICTED' AND conflicted_at >= ?1 AND " INTENT_COUNTED \
	"GROUP BY type) GROUP BY type ORDER BY type LIMIT ?5"

/* cairn_intent_promoted from its beginning, then rowid */
#define TEXT_INTENT_PRUNE \
	"DELETE FROM cairn_intent WHERE rowid IN (SELECT rowid FROM cairn_intent " \
	"INDEXED BY cairn_intent_promoted WHERE status = 'PROMOTED' AND promoted_at < ?2 " \
	"AND (?1 IS NULL OR tenant = ?1) ORDER BY promoted_at, id LIMIT ?3)"

/* cairn_intent_job */
#define TEXT_INTENT_DELETE "DELETE FROM cairn_intent WHERE promoted_job_id = ?1"

#define INTENT_TEXTS \
	[LITE_INTENT_INSERT] = TEXT_INTENT_INSERT, [LITE_INTENT_BY_KEY] = TEXT_INTENT_BY_KEY, \
	[LITE_INTENT_DUE] = TEXT_INTENT_DUE, [LITE_INTENT_DUE_ONE] = TEXT_INTENT_DUE_ONE, \
	[LITE_INTENT_SETTLE] = TEXT_INTENT_SETTLE, [LITE_INTENT_GET] = TEXT_INTENT_GET, \
	[LITE_INTENT_LIST] = TEXT_INTENT_LIST, [LITE_INTENT_STATS] = TEXT_INTENT_STATS, \
	[LITE_INTENT_PRUNE] = TEXT_INTENT_PRUNE, [LITE_INTENT_DELETE] = TEXT_INTENT_DELETE

#endif
