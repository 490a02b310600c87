/*
 * sql_intent.h - the longer pieces of the statements about intents, for sql.c.
 */
#ifndef CAIRN_PG_SQL_INTENT_H
#define CAIRN_PG_SQL_INTENT_H

/* SQL is laid out by its clauses. */
/* clang-format off */

/* What intent.c reads into a cairn_intent. */
#define INTENT_SMALL(i) \
	i ".id, " i ".status, " i ".queue, " i ".type, " i ".tenant, " i ".stage, " i ".owner, " \
	i ".run_at, " i ".timeout_us, " i ".priority, " i ".max_attempts, " \
	i ".promotion_attempts, " i ".next_promotion_at, " i ".last_attempted_at, " \
	i ".promoted_job_id, " i ".promoted_at, " i ".conflicted_at, " i ".last_error_code, " \
	i ".last_error_message, " i ".created_at, " i ".updated_at, " i ".idempotency_key, " \
	i ".resource_key"
#define INTENT_COLUMNS(i) INTENT_SMALL(i) ", " i ".request, " i ".payload"

/*
 * $1 now, $2 types (NULL: any), $3 limit. Definitions are looked up row by row and not locked. The
 * time of the call stands behind the columns. What is joined to '' offers no index.
 */
#define INTENT_DUE(time, status, more) \
	"SELECT " INTENT_COLUMNS("i") ", " time " FROM @schema.cairn_intent i " \
	"WHERE " READ_COMMITTED " AND " status " = 'PENDING' AND i.next_promotion_at <= " time " " \
	more "AND ($2::text[] IS NULL OR i.type = ANY ($2)) " \
	"AND EXISTS (SELECT FROM @schema.cairn_job_definition d WHERE d.type = i.type || '' " \
	"AND d.enabled) ORDER BY i.next_promotion_at, i.id LIMIT $3::int8"

/* $1 below this id, or this one, $2 scope, $3 statuses, $4 type, $5: documents too, $6 limit. */
#define INTENT_LIST(test) \
	"SELECT " INTENT_SMALL("i") ", CASE WHEN $5::boolean THEN i.request END, " \
	"CASE WHEN $5 THEN i.payload END FROM @schema.cairn_intent i " \
	"WHERE i.id " test " $1::uuid AND ($2::text IS NULL OR i.tenant = $2) " \
	"AND i.status = ANY ($3::text[]) AND ($4::text IS NULL OR i.type = $4) " \
	"ORDER BY i.id DESC LIMIT $6::int8"

/* $3 scope, $4 type, $5 types above it, said so that no index by type offers itself. */
#define INTENT_COUNTED \
	"AND ($3::text IS NULL OR i.tenant = $3) AND ($4::text IS NULL OR i.type = $4) " \
	"AND i.type || '' > $5::text "

/* ---- the statements ------------------------------------------------------ */

/* No table. */
#define TEXT_INTENT_ISOLATION \
	"SELECT " READ_COMMITTED

/*
 * cairn_intent_key. What is there is looked at before it could be run into: an intent that
 * is being promoted would be waited for. Answers the items recorded; -1: wrong isolation.
 */
#define TEXT_INTENT_RECORD \
	"WITH item AS MATERIALIZED (" \
		"SELECT i.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], " \
		"$6::json[], $7::text[], $8::text[], $9::timestamptz[], $10::int8[], " \
		"$11::int4[], $12::int4[], $13::int4[], $14::text[], $15::json[], " \
		"$16::bytea[], $17::text[]) WITH ORDINALITY AS i(id, queue, type, tenant, " \
		"payload, owner, stage, run_at, timeout_us, max_attempts, priority, given, key, " \
		"request, hash, resource_key, n) WHERE " READ_COMMITTED \
	"), added AS (" \
		"INSERT INTO @schema.cairn_intent (id, created_at, updated_at, " \
		"next_promotion_at, run_at, timeout_us, priority, max_attempts, " \
		"promotion_attempts, status, queue, type, tenant, stage, owner, " \
		"idempotency_key, request_hash, request, payload, resource_key) " \
		"SELECT i.id, " T ", " T ", " T ", i.run_at, NULLIF(i.timeout_us, 0), " \
		"CASE WHEN i.given & 1 <> 0 THEN i.priority END, " \
		"NULLIF(i.max_attempts, 0), 0, 'PENDING', i.queue, i.type, i.tenant, " \
		"i.stage, i.owner, i.key, i.hash, i.request, i.payload, i.resource_key " \
		"FROM item i " \
		"WHERE NOT EXISTS (SELECT FROM @schema.cairn_intent k " \
		"WHERE k.type = i.type AND k.tenant = i.tenant " \
		"AND k.idempotency_key = i.key) " \
		"ORDER BY i.type COLLATE \"C\", i.tenant COLLATE \"C\", " \
		"i.key COLLATE \"C\", i.n " \
		"ON CONFLICT (type, tenant, idempotency_key) DO NOTHING RETURNING id" \
	") SELECT i.n FROM item i WHERE i.id IN (SELECT id FROM added) " \
	"UNION ALL SELECT -1 WHERE NOT " READ_COMMITTED

/* cairn_intent_key: keys that another intent has. */
#define TEXT_INTENT_KEYS \
	"SELECT i.n, k.id, k.request_hash, k.status, k.promoted_job_id " \
	"FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY " \
	"AS i(id, type, tenant, key, n) " \
	"JOIN @schema.cairn_intent k ON k.type = i.type AND k.tenant = i.tenant " \
	"AND k.idempotency_key = i.key AND k.id <> i.id"

/* cairn_intent_due from its beginning; cairn_job_definition_pkey. */
#define TEXT_INTENT_PEEK \
	INTENT_DUE(T, "i.status", "")

/* The same, locking. */
#define TEXT_INTENT_TAKE \
	INTENT_DUE(T, "i.status", "") " FOR UPDATE OF i SKIP LOCKED"

/* cairn_intent_pkey; cairn_job_definition_pkey. */
#define TEXT_INTENT_TAKE_ONE \
	INTENT_DUE(T, "i.status || ''", "AND i.id = $4::uuid ") \
	" FOR UPDATE OF i SKIP LOCKED"

/* cairn_intent_pkey. Answers how many were written. */
#define TEXT_INTENT_SETTLE \
	"WITH done AS (" \
		"UPDATE @schema.cairn_intent t SET status = i.status, " \
		"promotion_attempts = t.promotion_attempts + 1, " \
		"last_attempted_at = " T ", updated_at = " T ", " \
		"next_promotion_at = CASE WHEN i.status = 'PENDING' " \
		"THEN " T " + i.retry_us * interval '1 microsecond' " \
		"ELSE t.next_promotion_at END, " \
		"promoted_job_id = CASE WHEN i.status = 'PROMOTED' THEN i.job_id END, " \
		"promoted_at = CASE WHEN i.status = 'PROMOTED' THEN " T " END, " \
		"conflicted_at = CASE WHEN i.status = 'CONFLICTED' THEN " T " END, " \
		"last_error_code = i.code, last_error_message = i.message " \
		"FROM unnest($2::uuid[], $3::int4[], $4::text[], $5::uuid[], $6::int8[], " \
		"$7::text[], $8::text[]) AS i(id, attempts, status, job_id, retry_us, " \
		"code, message) WHERE t.id = i.id AND t.status || '' = 'PENDING' " \
		"AND t.promotion_attempts = i.attempts RETURNING 1" \
	") SELECT count(*) FROM done"

/* cairn_intent_pkey. */
#define TEXT_INTENT_GET \
	INTENT_LIST("=")

/* cairn_intent_pkey, backwards. */
#define TEXT_INTENT_LIST \
	INTENT_LIST("<")

/*
 * cairn_intent_due, all of it; cairn_intent_promoted and cairn_intent_conflicted from their
 * ends. $2 how far back.
 */
#define TEXT_INTENT_STATS \
	"SELECT t.now, s.* FROM (SELECT " T " AS now) t LEFT JOIN LATERAL (" \
	"SELECT s.type, sum(s.p)::int8, sum(s.r)::int8, sum(s.m)::int8, " \
	"sum(s.c)::int8, min(s.o), max(s.a) FROM (" \
		"SELECT i.type, count(*) AS p, " \
		"count(*) FILTER (WHERE i.promotion_attempts > 0) AS r, 0 AS m, 0 AS c, " \
		"min(i.created_at) AS o, max(i.promotion_attempts) AS a " \
		"FROM @schema.cairn_intent i WHERE i.status = 'PENDING' " \
		INTENT_COUNTED "GROUP BY i.type " \
		"UNION ALL SELECT i.type, 0, 0, count(*), 0, NULL, 0 " \
		"FROM @schema.cairn_intent i WHERE i.status = 'PROMOTED' " \
		"AND i.promoted_at >= " T " - $2::int8 * interval '1 microsecond' " \
		INTENT_COUNTED "GROUP BY i.type " \
		"UNION ALL SELECT i.type, 0, 0, 0, count(*), NULL, 0 " \
		"FROM @schema.cairn_intent i WHERE i.status = 'CONFLICTED' " \
		"AND i.conflicted_at >= " T " - $2 * interval '1 microsecond' " \
		INTENT_COUNTED "GROUP BY i.type" \
	") s GROUP BY s.type ORDER BY s.type LIMIT $6::int8) s ON true ORDER BY s.type"

/* cairn_intent_promoted from its beginning, then cairn_intent_pkey. */
#define TEXT_INTENT_PRUNE \
	"WITH gone AS (" \
		"DELETE FROM @schema.cairn_intent t WHERE t.id = ANY (ARRAY(" \
			"SELECT i.id FROM @schema.cairn_intent i " \
			"WHERE i.status = 'PROMOTED' AND i.promoted_at < $1::timestamptz " \
			"AND " IN_SCOPE("i.tenant", "$2") " " \
			"ORDER BY i.promoted_at, i.id LIMIT $3::int8 FOR UPDATE SKIP LOCKED" \
		")) RETURNING 1" \
	") SELECT count(*) FROM gone"

/* clang-format on */

#endif
