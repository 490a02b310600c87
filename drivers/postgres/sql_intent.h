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
	i ".last_error_message, " i ".created_at, " i ".updated_at, " i ".idempotency_key"
#define INTENT_COLUMNS(i) INTENT_SMALL(i) ", " i ".request, " i ".payload"

/* Stricter isolation can't re-read after a wait. */
#define READ_COMMITTED \
	"current_setting('transaction_isolation') IN ('read committed', 'read uncommitted')"

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
/* clang-format on */

#endif
