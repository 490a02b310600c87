/*
 * sql_items.h - the texts about memory items, for sql.c. What lies within a namespace p is p itself
 * and the range from p ':' to p ';'.
 *
 * Writes lock their rows in the order in which they are sent, one after the other, so no two of them
 * wait for each other. A put is one statement: the conflict with a row that is there locks it, and what
 * was expected is asked of the row as it is then. For an item that must be there nothing may be
 * inserted, which only a conflict can tell: it goes in with a revision below 0, whose amount is what it
 * expects, and where that met no conflict, the next statement takes it away again.
 */
#ifndef CAIRN_PG_SQL_ITEMS_H
#define CAIRN_PG_SQL_ITEMS_H

#include "sql_lock.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

#define ITEM_VISIBLE(m, now) "(" m ".expires_at IS NULL OR " m ".expires_at > " now ")"

/* By what the row is locked and looked at. */
#define ITEM_TICK "COALESCE($1, clock_timestamp())"

/* What items.c reads into a cairn_memory_item. */
#define ITEM_COLUMNS(m, json, bytes) \
	m ".ns, " m ".item_key, " m ".value_size, " m ".metadata, " m ".revision, " \
	m ".created_at, " m ".updated_at, " m ".expires_at, " m ".value_json IS NULL, " \
	json ", " bytes

/* ---- put, delete ------------------------------------------------------------ */

/*
 * cairn_memory_item_pkey; cairn_lock_pkey. $2 tenant, $3 namespaces, $4 keys, $5 documents, $6 bytes, $7
 * metadata, $8 tags, $9 ttl, $10 revisions, $11: 1 expects it, $12 and $13 locks and their fences
 * (NULL: nobody has one). Answers what was written, by namespace and key; the numbers of those whose
 * lock is lost; and a row of NULLs where this transaction can't see what it waits for.
 */
#define TEXT_ITEM_PUT \
	"WITH lost AS MATERIALIZED (" \
		"SELECT k.n FROM (" \
			"SELECT g.n, " LOCK_HELD("$2::text", "g.name", "g.fence") " AS held " \
			"FROM unnest($12::text[], $13::int8[]) WITH ORDINALITY AS g(name, fence, n) " \
			"OFFSET 0" \
		") k WHERE NOT k.held" \
	"), written AS (" \
		"INSERT INTO @schema.cairn_memory_item AS m (revision, created_at, updated_at, " \
		"expires_at, value_size, found, tenant, ns, item_key, tags, metadata, value_json, " \
		"value_bytes) SELECT CASE WHEN i.expects = 1 AND i.revision > 0 THEN -i.revision " \
		"ELSE GREATEST(" MICROSECONDS(T) ", 1) END, " T ", " T ", " \
		T " + NULLIF(i.ttl, 0) * interval '1 microsecond', " \
		"COALESCE(octet_length(i.json::text), octet_length(i.bytes)), " \
		"CASE WHEN i.expects = 1 AND COALESCE(i.revision, 0) = 0 THEN 2 ELSE 0 END, " \
		"$2, i.ns, i.key, i.tags, i.metadata, i.json, i.bytes " \
		"FROM unnest($3::text[], $4::text[], $5::json[], $6::bytea[], $7::json[], " \
		"$8::text[], $9::int8[], $10::int8[], $11::int4[]) WITH ORDINALITY " \
		"AS i(ns, key, json, bytes, metadata, tags, ttl, revision, expects, n) " \
		"WHERE " READ_COMMITTED " AND NOT i.n = ANY (ARRAY(SELECT l.n FROM lost l)) " \
		"ON CONFLICT (tenant, ns, item_key) DO UPDATE SET " \
		"revision = GREATEST(m.revision + 1, " MICROSECONDS("excluded.updated_at") "), " \
		"created_at = CASE WHEN " ITEM_VISIBLE("m", ITEM_TICK) " THEN m.created_at " \
		"ELSE excluded.created_at END, updated_at = excluded.updated_at, " \
		"expires_at = excluded.expires_at, value_size = excluded.value_size, " \
		"found = CASE WHEN " ITEM_VISIBLE("m", ITEM_TICK) " THEN 1 ELSE 0 END, " \
		"tags = excluded.tags, metadata = excluded.metadata, " \
		"value_json = excluded.value_json, value_bytes = excluded.value_bytes " \
		"WHERE CASE WHEN excluded.revision < 0 THEN m.revision = -excluded.revision " \
		"AND " ITEM_VISIBLE("m", ITEM_TICK) " ELSE excluded.found = 0 " \
		"OR NOT " ITEM_VISIBLE("m", ITEM_TICK) " END " \
		"RETURNING m.ns, m.item_key, m.revision, m.expires_at, m.found" \
	") SELECT NULL::int8, w.ns, w.item_key, w.revision, w.expires_at, w.found = 1 " \
	"FROM written w UNION ALL SELECT l.n, NULL, NULL, NULL, NULL, NULL FROM lost l " \
	"UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL WHERE NOT " READ_COMMITTED

/*
 * cairn_memory_item_pkey. One item without conditions: $2 tenant, $3 ns, $4 key, $5 document, $6 bytes, $7
 * metadata, $8 tags, $9 ttl, $10 size. Answers the same, and nothing where this transaction can't see
 * what it waits for.
 */
#define TEXT_ITEM_PUT_PLAIN \
	"INSERT INTO @schema.cairn_memory_item AS m (revision, created_at, updated_at, " \
	"expires_at, value_size, found, tenant, ns, item_key, tags, metadata, value_json, " \
	"value_bytes) SELECT GREATEST(" MICROSECONDS(T) ", 1), " T ", " T ", " \
	T " + NULLIF($9::int8, 0) * interval '1 microsecond', $10::int4, 0, " \
	"$2::text, $3::text, $4::text, $8::text, $7::json, $5::json, $6::bytea " \
	"WHERE " READ_COMMITTED " ON CONFLICT (tenant, ns, item_key) DO UPDATE SET " \
	"revision = GREATEST(m.revision + 1, excluded.revision), " \
	"created_at = CASE WHEN " ITEM_VISIBLE("m", ITEM_TICK) " THEN m.created_at " \
	"ELSE excluded.created_at END, updated_at = excluded.updated_at, " \
	"expires_at = excluded.expires_at, value_size = excluded.value_size, " \
	"found = CASE WHEN " ITEM_VISIBLE("m", ITEM_TICK) " THEN 1 ELSE 0 END, " \
	"tags = excluded.tags, metadata = excluded.metadata, " \
	"value_json = excluded.value_json, value_bytes = excluded.value_bytes " \
	"RETURNING NULL::int8, m.ns, m.item_key, m.revision, m.expires_at, m.found = 1"

/* cairn_memory_item_pkey. $1 tenant, $2 namespaces, $3 keys: what was put there and is no item. */
#define TEXT_ITEM_UNPUT \
	"DELETE FROM @schema.cairn_memory_item WHERE ctid = ANY (ARRAY(" \
		"SELECT k.ctid FROM unnest($2::text[], $3::text[]) AS i(ns, key) CROSS JOIN LATERAL (" \
			"SELECT m.ctid FROM @schema.cairn_memory_item m WHERE m.tenant = $1::text " \
			"AND m.ns = i.ns AND m.item_key = i.key AND m.revision < 0 " \
			"OFFSET 0" \
		") k" \
	"))"

/*
 * cairn_memory_item_pkey. $2 tenant, $3 namespaces, $4 keys, $5 revisions, $6: 1 expects it. Locks the rows
 * and leaves behind which of them go; answers of each row that is there whether it goes, and
 * whether it is visible; -1 where this transaction can't see what it waits for.
 */
#define TEXT_ITEM_LOCK \
	"WITH held AS MATERIALIZED (" \
		"SELECT i.n, i.revision, i.expects, k.place, k.revision AS found, k.expires_at " \
		"FROM unnest($3::text[], $4::text[], $5::int8[], $6::int4[]) WITH ORDINALITY " \
		"AS i(ns, key, revision, expects, n) CROSS JOIN LATERAL (" \
			"SELECT m.ctid AS place, m.revision, m.expires_at " \
			"FROM @schema.cairn_memory_item m WHERE m.tenant = $2::text " \
			"AND m.ns = i.ns AND m.item_key = i.key AND " READ_COMMITTED " " \
			"FOR UPDATE" \
		") k" \
	"), seen AS MATERIALIZED (" \
		"SELECT h.n, h.place, h.expires_at IS NULL OR h.expires_at > c.now AS visible, " \
		"COALESCE(h.expects, 0) = 0 OR h.revision = h.found " \
		"AND (h.expires_at IS NULL OR h.expires_at > c.now) AS goes " \
		"FROM held h CROSS JOIN (" \
			"SELECT COALESCE($1::timestamptz, clock_timestamp()) AS now " \
			"FROM (SELECT count(*) FROM held) a OFFSET 0" \
		") c" \
	"), left_behind AS MATERIALIZED (" \
		"SELECT set_config('cairn.held', COALESCE((" \
			"SELECT array_agg(s.place)::text FROM seen s WHERE s.goes" \
		"), '{}'), true)" \
	") SELECT s.n, s.goes, s.visible FROM left_behind b LEFT JOIN seen s ON true " \
	"UNION ALL SELECT -1, false, false WHERE NOT " READ_COMMITTED

/* By the rows' places, which stand still while they are locked. */
#define TEXT_ITEM_DELETE \
	"DELETE FROM @schema.cairn_memory_item " \
	"WHERE ctid = ANY (current_setting('cairn.held')::tid[])"

/* ---- get, list --------------------------------------------------------------- */

/* cairn_memory_item_pkey. $2 tenant, $3 namespaces, $4 keys. */
#define TEXT_ITEM_GET \
	"SELECT " ITEM_COLUMNS("m", "m.value_json", "m.value_bytes") ", i.n " \
	"FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS i(ns, key, n) " \
	"CROSS JOIN LATERAL (" \
		"SELECT m.* FROM @schema.cairn_memory_item m WHERE m.tenant = $2::text " \
		"AND m.ns = i.ns AND m.item_key = i.key " \
		"AND " ITEM_VISIBLE("m", T) " OFFSET 0" \
	") m ORDER BY i.n"

/* cairn_memory_item_pkey. $2 tenant, $3 ns, $4 key. */
#define TEXT_ITEM_GET_ONE \
	"SELECT " ITEM_COLUMNS("m", "m.value_json", "m.value_bytes") ", 1::int8 " \
	"FROM @schema.cairn_memory_item m WHERE m.tenant = $2::text AND m.ns = $3::text " \
	"AND m.item_key = $4::text AND " ITEM_VISIBLE("m", T)

/* $7: with values, $9 tags */
#define ITEM_LIST(range, order) \
	"SELECT " ITEM_COLUMNS("m", "CASE WHEN $7::boolean THEN m.value_json END AS value_json", \
			       "CASE WHEN $7 THEN m.value_bytes END AS value_bytes") " " \
	"FROM @schema.cairn_memory_item m WHERE m.tenant = $2::text AND " range " " \
	"AND " ITEM_VISIBLE("m", T) " AND NOT EXISTS (" \
		"SELECT FROM unnest($9::text[]) t " \
		"WHERE strpos(m.tags, E'\\x1f' || t || E'\\x1f') = 0" \
	") ORDER BY " order " LIMIT $8::int8"

/* Above every key that begins with a text: that text and 128 times the last code point (512 bytes). */
#define ITEM_PREFIX_END(text) "(" text " || repeat(chr(1114111), 128))"

/*
 * cairn_memory_item_pkey, the keys of one namespace behind $5, from the prefix $6 on to its end. $3 ns, $4
 * behind which namespace: where that is another one, there is nothing here.
 */
#define ITEMS_OF_ONE \
	ITEM_LIST("m.ns = $3::text AND $4::text = $3 " \
		  "AND m.item_key >= GREATEST($6::text COLLATE \"C\", $5::text) " \
		  "AND m.item_key > $5 AND m.item_key <= " ITEM_PREFIX_END("$6"), "m.item_key")

/* cairn_memory_item_pkey, what is below a namespace and behind ($4, $5). */
#define ITEMS_BELOW \
	ITEM_LIST("(m.ns, m.item_key) > (GREATEST($4::text COLLATE \"C\", $3::text || ':'), $5::text) " \
		  "AND m.ns < $3 || ';' AND starts_with(m.item_key, $6::text)", \
		  "m.ns, m.item_key")

#define TEXT_ITEMS ITEMS_OF_ONE

/* The one, then what is below it: between them others may stand. */
#define TEXT_ITEMS_BELOW_1 \
	"SELECT * FROM (SELECT * FROM (" ITEMS_OF_ONE ") one UNION ALL SELECT * FROM ("
#define TEXT_ITEMS_BELOW_2 \
	ITEMS_BELOW ") below) a ORDER BY ns, item_key LIMIT $8"

/* ---- namespaces, evict --------------------------------------------------------- */

/*
 * cairn_memory_item_pkey, one probe for each namespace: the first one behind those before, and
 * whether it has a visible item. $2 tenant, $3 ns, $4 begins with this one, $5: and leaves it out, $6
 * limit.
 */
#define TEXT_ITEM_NAMESPACES \
	"WITH RECURSIVE n(ns) AS (" \
		"SELECT $4::text COLLATE \"C\" UNION ALL SELECT (" \
			"SELECT m.ns FROM @schema.cairn_memory_item m WHERE m.tenant = $2::text " \
			"AND m.ns > GREATEST(n.ns, $3::text || ':') AND m.ns < $3 || ';' " \
			"ORDER BY m.ns LIMIT 1" \
		") FROM n WHERE n.ns IS NOT NULL" \
	") SELECT n.ns FROM n WHERE n.ns IS NOT NULL AND NOT ($5::boolean AND n.ns = $4) " \
	"AND (" \
		"SELECT true FROM @schema.cairn_memory_item m WHERE m.tenant = $2 AND m.ns = n.ns " \
		"AND " ITEM_VISIBLE("m", T) " LIMIT 1" \
	") LIMIT $6::int8"

/* What is over, of all tenants or of those that fit. */
#define ITEM_EVICT(denied, tenants) \
	"WITH denied AS MATERIALIZED (SELECT " denied " AS yes" \
	"), gone AS (" \
		"DELETE FROM @schema.cairn_memory_item WHERE ctid = ANY (ARRAY(" \
			"SELECT m.ctid FROM @schema.cairn_memory_item m WHERE m.expires_at <= (SELECT " T ") " \
			"AND " tenants " ORDER BY m.expires_at LIMIT $3::int8 FOR UPDATE SKIP LOCKED" \
		")) RETURNING 1" \
	") SELECT (SELECT count(*) FROM gone), d.yes FROM denied d"

/* cairn_memory_item_over from its beginning. $2 tenant, $3 limit. Answers how many went. */
#define TEXT_ITEM_EVICT ITEM_EVICT("false", "m.tenant = $2::text")

/* The same of all tenants; $2 schema. Answers behind it whether they may not be seen. */
#define TEXT_ITEM_EVICT_ALL \
	ITEM_EVICT(ROW_SECURITY("$2", "cairn_memory_item"), "NOT (SELECT d.yes FROM denied d)")

/* ---- for sql.c --------------------------------------------------------------- */

#define ITEM_TEXTS \
	[PG_SQL_ITEM_PUT] = { { TEXT_ITEM_PUT } }, \
	[PG_SQL_ITEM_PUT_PLAIN] = { { TEXT_ITEM_PUT_PLAIN } }, \
	[PG_SQL_ITEM_UNPUT] = { { TEXT_ITEM_UNPUT } }, \
	[PG_SQL_ITEM_LOCK] = { { TEXT_ITEM_LOCK } }, \
	[PG_SQL_ITEM_DELETE] = { { TEXT_ITEM_DELETE } }, \
	[PG_SQL_ITEM_GET] = { { TEXT_ITEM_GET } }, \
	[PG_SQL_ITEM_GET_ONE] = { { TEXT_ITEM_GET_ONE } }, \
	[PG_SQL_ITEMS] = { { TEXT_ITEMS } }, \
	[PG_SQL_ITEMS_BELOW] = { { TEXT_ITEMS_BELOW_1, TEXT_ITEMS_BELOW_2 } }, \
	[PG_SQL_ITEM_NAMESPACES] = { { TEXT_ITEM_NAMESPACES } }, \
	[PG_SQL_ITEM_EVICT] = { { TEXT_ITEM_EVICT } }, \
	[PG_SQL_ITEM_EVICT_ALL] = { { TEXT_ITEM_EVICT_ALL } }
/* clang-format on */

#endif
