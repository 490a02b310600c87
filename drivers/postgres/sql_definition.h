/*
 * sql_definition.h - the statements about job types, as pieces for sql.c, which has the macros they
 * are written in, and says which index each of them relies on.
 */
#ifndef CAIRN_PG_SQL_DEFINITION_H
#define CAIRN_PG_SQL_DEFINITION_H

/* SQL is laid out by its clauses. */
/* clang-format off */

#define DEFINITION_FIELDS(x) \
	x ".version, " x ".enabled, " x ".max_attempts, " x ".timeout_us, " x ".priority, " \
	x ".retry_base_us, " x ".retry_cap_us, " x ".retry_jitter_us, " x ".retry_factor, " \
	x ".retry_overrides, " x ".retention_us"

#define INTO_DEFINITION \
	"INSERT INTO @schema.cairn_job_definition AS d (type, version, enabled, max_attempts, " \
	"timeout_us, priority, retry_base_us, retry_cap_us, retry_jitter_us, retry_factor, " \
	"retry_overrides, retention_us, created_at, updated_at) "

/* The given ones as rows. */
#define DEFINITION_ITEMS(now) \
	"i.type, i.version, i.disabled = 0, " \
	"i.max_attempts, i.timeout_us, i.priority, i.base, i.cap, i.jitter, i.factor, " \
	"i.overrides, i.retention, " now ", " now " FROM unnest($2::text[], $3::int4[], " \
	"$4::int4[], $5::int4[], $6::int8[], $7::int4[], $8::int8[], $9::int8[], $10::int8[], " \
	"$11::int4[], $12::json[], $13::int8[]) WITH ORDINALITY " \
	"AS i(type, version, disabled, max_attempts, timeout_us, priority, base, cap, jitter, " \
	"factor, overrides, retention, n)"

/* Of a type that stands there twice, the first by this order counts. */
#define DEFINE(now, where, order) \
	INTO_DEFINITION "SELECT DISTINCT ON (i.type COLLATE \"C\") " DEFINITION_ITEMS(now) \
	" " where " ORDER BY i.type COLLATE \"C\", " order

/* What a row is compared by: json has no equality, its text is canonical here. */
#define COMPARED(x, enabled) \
	x ".version, " enabled ", " x ".max_attempts, " x ".timeout_us, " x ".priority, " \
	x ".retry_base_us, " x ".retry_cap_us, " x ".retry_jitter_us, " x ".retry_factor, " \
	x ".retry_overrides::text, " x ".retention_us"

/* A row that would not change is not written. */
#define REPLACE(enabled) \
	" ON CONFLICT (type) DO UPDATE SET " \
	"version = excluded.version, enabled = " enabled ", " \
	"max_attempts = excluded.max_attempts, timeout_us = excluded.timeout_us, " \
	"priority = excluded.priority, retry_base_us = excluded.retry_base_us, " \
	"retry_cap_us = excluded.retry_cap_us, retry_jitter_us = excluded.retry_jitter_us, " \
	"retry_factor = excluded.retry_factor, retry_overrides = excluded.retry_overrides, " \
	"retention_us = excluded.retention_us, updated_at = excluded.updated_at " \
	"WHERE (" COMPARED("d", "d.enabled") ") IS DISTINCT FROM (" \
	COMPARED("excluded", enabled) ")"

/* A field that is not patched is NULL; of overrides, which may become NULL, $12 tells. */
#define PATCHED(json) \
	"COALESCE(i.max_attempts, d.max_attempts), COALESCE(i.timeout_us, d.timeout_us), " \
	"COALESCE(i.priority, d.priority), COALESCE(i.disabled = 0, d.enabled), " \
	"COALESCE(i.base, d.retry_base_us), COALESCE(i.cap, d.retry_cap_us), " \
	"COALESCE(i.jitter, d.retry_jitter_us), COALESCE(i.factor, d.retry_factor), " \
	"(CASE WHEN $12::boolean THEN i.overrides ELSE d.retry_overrides END)" json ", " \
	"COALESCE(i.retention, d.retention_us)"

/* The time that PG_SQL_SYNC_BEGIN left. */
#define SYNC_T "COALESCE($1::timestamptz, " LEFT_T ")"

#define PATCH(guard) \
	"WITH item AS MATERIALIZED (" \
		"SELECT i.* FROM unnest($2::text[], $3::int4[], $4::int8[], $5::int4[], " \
		"$6::int4[], $7::int8[], $8::int8[], $9::int8[], $10::int4[], " \
		"$11::json[], $13::int8[]) " \
		"AS i(type, max_attempts, timeout_us, priority, disabled, base, cap, " \
		"jitter, factor, overrides, retention) ORDER BY i.type COLLATE \"C\"" \
	"), blocked AS (" \
		"SELECT min(s.name) AS name FROM item i " \
		"JOIN @schema.cairn_schedule s ON s.type = i.type AND s.active " \
		"WHERE i.disabled <> 0" \
	"), done AS (" \
		"UPDATE @schema.cairn_job_definition d SET (max_attempts, timeout_us, " \
		"priority, enabled, retry_base_us, retry_cap_us, retry_jitter_us, " \
		"retry_factor, retry_overrides, retention_us, updated_at) = (" \
		PATCHED("") ", " T ") " \
		"FROM item i WHERE d.type = i.type AND (d.max_attempts, d.timeout_us, " \
		"d.priority, d.enabled, d.retry_base_us, d.retry_cap_us, " \
		"d.retry_jitter_us, d.retry_factor, d.retry_overrides::text, " \
		"d.retention_us) IS DISTINCT FROM (" PATCHED("::text") ") " guard \
	") "

#define PATCHED_COUNT \
	"(SELECT count(*) FROM item i JOIN @schema.cairn_job_definition d ON d.type = i.type)"

#define TEXT_DEFINE_PATCH PATCH("") "SELECT " PATCHED_COUNT

#define TEXT_DEFINITIONS_LOCK \
	"SELECT count(*) FROM (" \
		"SELECT FROM @schema.cairn_job_definition d " \
		"WHERE d.type = ANY ($1::text[]) AND " READ_COMMITTED " " \
		"ORDER BY d.type FOR NO KEY UPDATE" \
	") held"

/* The given ones as they count in the end: the last of each type. */
#define LAST_GIVEN(types, flags) \
	"(SELECT DISTINCT ON (i.type COLLATE \"C\") i.type, i.disabled " \
	"FROM unnest(" types "::text[], " flags "::int4[]) WITH ORDINALITY " \
	"AS i(type, disabled, n) ORDER BY i.type COLLATE \"C\", i.n DESC) i"

#define TEXT_DEFINE_OFF \
	"WITH blocked AS MATERIALIZED (" \
		"SELECT min(s.name) AS name FROM " LAST_GIVEN("$2", "$4") " " \
		"JOIN @schema.cairn_schedule s ON s.type = i.type AND s.active " \
		"WHERE i.disabled <> 0" \
	"), done AS (", \
	DEFINE(T, "WHERE (SELECT b.name IS NULL FROM blocked b) AND " READ_COMMITTED " ", "i.n DESC"), \
	REPLACE("excluded.enabled"), \
	") SELECT b.name, " READ_COMMITTED " FROM blocked b"

#define TEXT_DEFINE_PATCH_OFF \
	PATCH("AND (SELECT b.name IS NULL FROM blocked b) AND " READ_COMMITTED) \
	"SELECT b.name, " READ_COMMITTED ", " PATCHED_COUNT " FROM blocked b"

/*
 * A catalog is written by several statements. SYNC_BEGIN leaves the time behind for the others,
 * SYNC_NEW the types that it made, in settings.
 */
#define TEXT_SYNC_BEGIN \
	"SELECT set_config('cairn.now', to_char(clock_timestamp() AT TIME ZONE 'UTC', " \
	"'YYYY-MM-DD HH24:MI:SS.US'), true)"

/* (The planner looks at the setting even where there is none.) */
#define SYNC_FRESH "NULLIF(current_setting('cairn.fresh', true), '')::text[]"

/*
 * Tells the statements behind it whether they may write, and undoes SYNC_NEW if not. $1 types,
 * $2: 1 is disabled, $3 the absent types.
 */
#define TEXT_SYNC_GUARD \
	"WITH blocked AS MATERIALIZED (" \
		"SELECT min(s.name) AS name FROM (" \
			"SELECT i.type FROM " LAST_GIVEN("$1", "$2") " WHERE i.disabled <> 0 " \
			"UNION ALL SELECT d.type FROM @schema.cairn_job_definition d " \
			"WHERE d.type = ANY ($3::text[]) AND d.enabled" \
		") t JOIN @schema.cairn_schedule s ON s.type = t.type AND s.active" \
	"), undone AS (" \
		"DELETE FROM @schema.cairn_job_definition d WHERE d.type = ANY (" SYNC_FRESH ") " \
		"AND (SELECT b.name IS NOT NULL FROM blocked b)" \
	") SELECT b.name, " READ_COMMITTED ", set_config('cairn.sync', " \
	"CASE WHEN b.name IS NULL AND " READ_COMMITTED " THEN 'go' ELSE 'no' END, true) FROM blocked b"

#define SYNC_GO "current_setting('cairn.sync', true) = 'go'"

/* A schedule that became active behind the guard came later, and so did its definition. */
#define UNSCHEDULED(type) \
	"NOT EXISTS (SELECT FROM @schema.cairn_schedule s WHERE s.type = " type " AND s.active)"

#define TEXT_SYNC_NEW \
	"WITH fresh AS (" INTO_DEFINITION "SELECT u.* FROM (SELECT " DEFINITION_ITEMS(SYNC_T) \
	" UNION ALL SELECT a.type, " DEFINITION_FIELDS("a") ", a.created_at, a.updated_at " \
	"FROM @schema.cairn_job_definition a WHERE a.type = ANY ($14::text[])) u " \
	"WHERE " READ_COMMITTED " ORDER BY u.type COLLATE \"C\" " \
	"ON CONFLICT (type) DO UPDATE SET type = d.type WHERE false RETURNING d.type" \
	") SELECT set_config('cairn.fresh', " \
	"(SELECT COALESCE(array_agg(f.type), '{}')::text FROM fresh f), true)"

#define TEXT_SYNC \
	"WITH before AS MATERIALIZED (" \
		"SELECT d.type FROM @schema.cairn_job_definition d " \
		"WHERE d.type = ANY ($2) AND NOT d.enabled AND NOT d.type = ANY (" SYNC_FRESH ")" \
	"), done AS (", \
		DEFINE(SYNC_T, "WHERE " SYNC_GO, "i.n DESC"), \
		REPLACE("(excluded.enabled AND (d.enabled OR NOT $14::boolean))") \
		" AND (excluded.enabled OR NOT d.enabled OR " UNSCHEDULED("d.type") ")" \
		" RETURNING d.type, d.enabled" \
	") SELECT o.type, 0 FROM done o WHERE NOT o.enabled " \
	"AND NOT EXISTS (SELECT FROM before b WHERE b.type = o.type) " \
	"UNION ALL SELECT d.type, 0 FROM @schema.cairn_job_definition d " \
	"WHERE d.type = ANY (" SYNC_FRESH ") AND NOT d.enabled " \
	"AND NOT EXISTS (SELECT FROM done o WHERE o.type = d.type)"

#define TEXT_SYNC_ABSENT \
	"UPDATE @schema.cairn_job_definition d SET enabled = false, updated_at = " SYNC_T " " \
	"WHERE d.type = ANY (ARRAY(" \
		"SELECT a.type FROM @schema.cairn_job_definition a " \
		"WHERE a.type = ANY ($2::text[]) AND a.enabled AND " SYNC_GO " " \
		"AND " UNSCHEDULED("a.type") " FOR NO KEY UPDATE SKIP LOCKED" \
	")) RETURNING d.type, 1"

#define TEXT_DEFINITIONS \
	"SELECT d.type, " DEFINITION_FIELDS("d") ", d.created_at, d.updated_at " \
	"FROM @schema.cairn_job_definition d WHERE d.type > $1::text " \
	"AND ($2::text IS NULL OR d.type = $2) AND ($3::text IS NULL " \
	"OR strpos(lower(d.type COLLATE \"C\"), lower($3 COLLATE \"C\")) > 0) " \
	"ORDER BY d.type LIMIT $4::int8"
/* clang-format on */

#endif
