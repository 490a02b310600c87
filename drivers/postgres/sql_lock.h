/*
 * sql_lock.h - the texts about named locks, for sql.c, and what the texts of other stores with
 * tenants need: LOCK_HELD, ROW_SECURITY, PREFIX_END.
 */
#ifndef CAIRN_PG_SQL_LOCK_H
#define CAIRN_PG_SQL_LOCK_H

#include "sql_change.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

/*
 * Whether a write's precondition holds: true where fence is 0 (no lock), else whether the lock has this
 * fence and its time is not over, by the clock of now and not of the statement's beginning. $1 is the
 * installed clock's time; each argument is an expression, evaluated once for each row. It must stand
 * in a statement *behind* the one that cairn_pg__guard_queue() queued, which locked the rows: only
 * then does it see what was waited for, and what it saw stays so until the commit. Names and fences of
 * a batch are sent by cairn_pg__add_guards(). cairn_lock_pkey.
 *
 * Inside it the lock is called held_lock: columns of the caller's carry the name of their table, which is
 * another one.
 *
 * Where clauses are evaluated when the planner likes: put it into the SELECT list of a materialised
 * WITH that has one row for each item, and test that column.
 */
#define LOCK_HELD(tenant_, name_, fence_) \
	"(" fence_ " = 0 OR COALESCE((SELECT held_lock.fence = " fence_ " AND held_lock.expires_at > " \
	"COALESCE($1::timestamptz, clock_timestamp()) FROM @schema.cairn_lock held_lock " \
	"WHERE held_lock.tenant = " tenant_ " AND " IS("held_lock.name", name_) "), false))"

/*
 * Whether row-level security hides other tenants' rows of a table from this session; schema_ is a
 * parameter that got pg->schema. For maintenance across tenants: do nothing where it is true, answer
 * it, and fail with CAIRN_E_TENANT_ROW_SECURITY.
 */
#define ROW_SECURITY(schema_, table_) \
	"row_security_active(format('%I." table_ "', " schema_ "::text))"

/*
 * Above everything that begins with a text and is at most 255 bytes longer: that text and 64 times the
 * last code point (256 bytes).
 */
#define PREFIX_END(text_) "(" text_ " || repeat(chr(1114111), 64))"

/* Microseconds since 1970. */
#define MICROSECONDS(time_) "(EXTRACT(EPOCH FROM " time_ ") * 1000000)::int8"

/* ---- guards --------------------------------------------------------------- */

/* cairn_lock_pkey. $1 tenant, $2 names. Locks them against being taken, extended and released. */
#define TEXT_LOCK_GUARD \
	"SELECT FROM @schema.cairn_lock l WHERE l.tenant = $1::text AND l.name = ANY ($2::text[]) " \
	"ORDER BY l.name FOR SHARE"

/* ---- take, change ----------------------------------------------------------- */

/*
 * cairn_lock_pkey. $2 tenant, $3 name, $4 holder, $5 ttl. The WHERE behind a conflict is asked of the
 * row as it is once it is locked, and so is the time that is written. Answers first whether this
 * transaction can see what it waits for; NULL behind it: somebody holds the lock.
 */
#define TEXT_LOCK_TAKE \
	"WITH taken AS (" \
		"INSERT INTO @schema.cairn_lock AS l (tenant, name, fence, holder, acquired_at, expires_at) " \
		"SELECT $2::text, $3::text, GREATEST(" MICROSECONDS("t.now") ", 1), $4::text, t.now, " \
		"t.now + $5::int8 * interval '1 microsecond' " \
		"FROM (SELECT " T " AS now OFFSET 0) t WHERE " READ_COMMITTED " " \
		"ON CONFLICT (tenant, name) DO UPDATE SET holder = excluded.holder, " \
		"released_at = NULL, (fence, acquired_at, expires_at) = (" \
			"SELECT GREATEST(" MICROSECONDS("c.now") ", l.fence + 1), c.now, " \
			"c.now + $5 * interval '1 microsecond' " \
			"FROM (SELECT COALESCE($1, clock_timestamp()) AS now OFFSET 0) c" \
		") WHERE l.expires_at IS NULL OR l.expires_at <= COALESCE($1, clock_timestamp()) " \
		"RETURNING l.fence, l.expires_at" \
	") SELECT " READ_COMMITTED ", t.fence, t.expires_at " \
	"FROM (SELECT) o LEFT JOIN taken t ON true"

/*
 * cairn_lock_pkey. $2 tenant, $3 name, $4 act (enum cairn_lock_act), $5 fence, $6 ttl. The row is
 * locked, then looked at. Answers first whether this transaction can see what it waits for; NULL
 * behind it: there is no such lock.
 */
#define TEXT_LOCK_CHANGE \
	"WITH locked AS MATERIALIZED (" \
		"SELECT l.fence, l.expires_at FROM @schema.cairn_lock l " \
		"WHERE l.tenant = $2::text AND l.name = $3::text AND " READ_COMMITTED " " \
		"FOR NO KEY UPDATE" \
	"), hit AS MATERIALIZED (" \
		"SELECT c.now, CASE WHEN $4::int4 = 1 " \
		"THEN c.now + $6::int8 * interval '1 microsecond' END AS until FROM (" \
			"SELECT k.fence, k.expires_at, COALESCE($1::timestamptz, clock_timestamp()) AS now " \
			"FROM locked k OFFSET 0" \
		") c WHERE c.expires_at IS NOT NULL AND ($4 = 3 OR c.fence = $5::int8) " \
		"AND ($4 <> 1 OR c.expires_at > c.now)" \
	"), changed AS (" \
		"UPDATE @schema.cairn_lock l SET expires_at = h.until, " \
		"released_at = CASE WHEN h.until IS NULL THEN h.now END " \
		"FROM hit h WHERE l.tenant = $2 AND l.name = $3 RETURNING h.now, l.expires_at" \
	") SELECT " READ_COMMITTED ", d.now, d.expires_at " \
	"FROM (SELECT) o LEFT JOIN changed d ON true"

/* ---- list, prune -------------------------------------------------------------- */

/* cairn_lock_pkey from the prefix or behind a name. $2 tenant, $3 prefix, $4 names above it, $5 limit. */
#define TEXT_LOCKS \
	"SELECT t.now, l.tenant, l.name, l.holder, l.fence, l.acquired_at, l.expires_at, " \
	"l.expires_at <= t.now FROM (SELECT " T " AS now) t LEFT JOIN LATERAL (" \
		"SELECT l.* FROM @schema.cairn_lock l WHERE l.tenant = $2::text " \
		"AND l.name >= GREATEST($3::text COLLATE \"C\", $4::text) AND l.name > $4 " \
		"AND l.name < " PREFIX_END("$3") " COLLATE \"C\" " \
		"AND l.expires_at IS NOT NULL ORDER BY l.name LIMIT $5::int8" \
	") l ON true ORDER BY l.name"

/*
 * cairn_lock_pkey, all of it or a tenant's. $2 tenant or NULL, $3 age, $4 limit, $5 schema. Answers how
 * many went, and whether all tenants' were wanted and may not be seen.
 */
#define TEXT_LOCK_PRUNE \
	"WITH denied AS MATERIALIZED (" \
		"SELECT $2::text IS NULL AND " ROW_SECURITY("$5", "cairn_lock") " AS yes" \
	"), gone AS (" \
		"DELETE FROM @schema.cairn_lock WHERE ctid = ANY (ARRAY(" \
			"SELECT l.ctid FROM @schema.cairn_lock l " \
			"WHERE l.tenant >= (SELECT COALESCE($2, '')) " \
			"AND l.tenant <= (SELECT COALESCE($2, " PREFIX_END("''") ")) " \
			"AND COALESCE(l.expires_at, l.released_at) " \
			"<= " T " - $3::int8 * interval '1 microsecond' " \
			"AND NOT (SELECT d.yes FROM denied d) " \
			"ORDER BY l.tenant, l.name LIMIT $4::int8 FOR UPDATE SKIP LOCKED" \
		")) RETURNING 1" \
	") SELECT (SELECT count(*) FROM gone), d.yes FROM denied d"
/* clang-format on */

#endif
