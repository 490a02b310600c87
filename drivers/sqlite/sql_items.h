/*
 * sql_items.h - the texts about memory items, for sql.c. What lies within a namespace p is p itself and
 * the range from p ':' to p ';'.
 */
#ifndef CAIRN_LITE_SQL_ITEMS_H
#define CAIRN_LITE_SQL_ITEMS_H

#define ITEM_VISIBLE(now) "(expires_at IS NULL OR expires_at > " now ")"

/* What items.c reads into a cairn_memory_item. */
#define ITEM_COLUMNS(value) \
	"ns, item_key, value_size, metadata, revision, created_at, updated_at, expires_at, " \
	"typeof(value) = 'blob', " value

/* cairn_memory_item's primary key */
#define TEXT_ITEM_FIND \
	"SELECT rowid, revision, created_at, expires_at FROM cairn_memory_item " \
	"WHERE tenant = ? AND ns = ? AND item_key = ?"

/* none to find, cairn_memory_item's primary key to fill */
#define TEXT_ITEM_INSERT \
	"INSERT INTO cairn_memory_item (tenant, ns, item_key, revision, created_at, updated_at, " \
	"expires_at, value_size, metadata, tags, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* rowid */
#define TEXT_ITEM_UPDATE \
	"UPDATE cairn_memory_item SET revision = ?, created_at = ?, updated_at = ?, " \
	"expires_at = ?, value_size = ?, metadata = ?, tags = ?, value = ? WHERE rowid = ?"

/* rowid */
#define TEXT_ITEM_DELETE "DELETE FROM cairn_memory_item WHERE rowid = ?"

/* cairn_memory_item's primary key. What is asked for by its name is not asked for its name. */
#define TEXT_ITEM_GET \
	"SELECT value_size, metadata, revision, created_at, updated_at, expires_at, value " \
	"FROM cairn_memory_item " \
	"WHERE tenant = ?1 AND ns = ?2 AND item_key = ?3 AND " ITEM_VISIBLE("?4")

/* clang-format off */
#define ITEM_TAG(tag) "AND (" tag " IS NULL OR instr(tags, char(31) || " tag " || char(31)) > 0) "
#define ITEM_TAGS \
	ITEM_TAG("?9") ITEM_TAG("?10") ITEM_TAG("?11") ITEM_TAG("?12") ITEM_TAG("?13") \
	ITEM_TAG("?14") ITEM_TAG("?15") ITEM_TAG("?16") ITEM_TAG("?17") ITEM_TAG("?18") \
	ITEM_TAG("?19") ITEM_TAG("?20") ITEM_TAG("?21") ITEM_TAG("?22") ITEM_TAG("?23") \
	ITEM_TAG("?24")
/* clang-format on */

/* What a list reads: ?1 tenant, ?2 ns, ?5 key prefix, ?6 now, ?7: with values, ?8 limit, ?9 and on tags */
#define ITEM_LISTED ITEM_COLUMNS("CASE WHEN ?7 THEN value END")
#define ITEM_LIST(range, order) \
	"SELECT " ITEM_LISTED " FROM cairn_memory_item WHERE tenant = ?1 AND " range \
	" AND " ITEM_VISIBLE("?6") " " ITEM_TAGS "ORDER BY " order " LIMIT ?8"

/* Above every key that begins with a text: that text and 128 times the last code point (512 bytes). */
#define ITEM_PREFIX_END(text) text " || replace(hex(zeroblob(64)), '0', char(1114111))"

/* cairn_memory_item's primary key, the keys of one namespace behind ?4, from the prefix on to its end */
#define TEXT_ITEMS \
	ITEM_LIST("ns = ?2 AND item_key >= max(?4, ?5) AND +item_key > ?4 " \
		  "AND item_key <= " ITEM_PREFIX_END("?5"), \
		  "item_key")

/* cairn_memory_item's primary key, what is below a namespace and behind (?3, ?4) */
#define TEXT_ITEMS_BELOW \
	ITEM_LIST("(ns, item_key) > (max(?3, ?2 || ':'), ?4) AND ns < ?2 || ';' " \
		  "AND substr(item_key, 1, length(?5)) = ?5", \
		  "ns, item_key")

/*
 * cairn_memory_item's primary key, one probe for each namespace: the first one behind those before, and
 * whether it has a visible item. ?1 tenant, ?2 ns, ?3 begins with this one, ?4: and leaves it out, ?5
 * now, ?6 limit
 */
#define TEXT_ITEM_NAMESPACES \
	"WITH RECURSIVE n(ns) AS (SELECT ?3 UNION ALL " \
	"SELECT (SELECT i.ns FROM cairn_memory_item i " \
	"WHERE i.tenant = ?1 AND i.ns > max(n.ns, ?2 || ':') AND i.ns < ?2 || ';' " \
	"ORDER BY i.ns LIMIT 1) FROM n WHERE n.ns IS NOT NULL) " \
	"SELECT n.ns FROM n WHERE n.ns IS NOT NULL AND NOT (?4 AND n.ns = ?3) " \
	"AND EXISTS (SELECT 1 FROM cairn_memory_item " \
	"WHERE tenant = ?1 AND ns = n.ns AND " ITEM_VISIBLE("?5") ") LIMIT ?6"

/* cairn_memory_item_over from its beginning. ?1 tenant or NULL, ?2 now, ?3 limit */
#define TEXT_ITEM_EVICT \
	"DELETE FROM cairn_memory_item WHERE rowid IN (SELECT rowid FROM cairn_memory_item " \
	"INDEXED BY cairn_memory_item_over WHERE expires_at IS NOT NULL AND expires_at <= ?2 " \
	"AND (?1 IS NULL OR tenant = ?1) ORDER BY expires_at LIMIT ?3)"

#endif
