/*
 * sql_lock.h - the texts about named locks, for sql.c.
 */
#ifndef CAIRN_LITE_SQL_LOCK_H
#define CAIRN_LITE_SQL_LOCK_H

/*
 * Above everything that begins with a text of at most 255 bytes: that text and 64 times the last code
 * point (256 bytes).
 */
#define PREFIX_END(text) text " || replace(hex(zeroblob(32)), '0', char(1114111))"

/* cairn_lock's primary key; no row: somebody holds it. ?3 holder, ?4 now, ?5 until */
#define TEXT_LOCK_TAKE \
	"INSERT INTO cairn_lock (tenant, name, fence, holder, acquired_at, expires_at) " \
	"VALUES (?1, ?2, max(?4, 1), ?3, ?4, ?5) ON CONFLICT (tenant, name) DO UPDATE SET " \
	"fence = max(fence + 1, excluded.fence), holder = excluded.holder, " \
	"acquired_at = excluded.acquired_at, expires_at = excluded.expires_at, " \
	"released_at = NULL WHERE expires_at IS NULL OR expires_at <= ?4 RETURNING fence"

/* cairn_lock's primary key. ?3 fence, ?4 now, ?5 until */
#define TEXT_LOCK_EXTEND \
	"UPDATE cairn_lock SET expires_at = ?5 " \
	"WHERE tenant = ?1 AND name = ?2 AND fence = ?3 AND expires_at > ?4"

/* cairn_lock's primary key. ?3 fence, or NULL for any; ?4 now */
#define TEXT_LOCK_RELEASE \
	"UPDATE cairn_lock SET expires_at = NULL, released_at = ?4 WHERE tenant = ?1 " \
	"AND name = ?2 AND (?3 IS NULL OR fence = ?3) AND expires_at IS NOT NULL"

/* cairn_lock's primary key; a row: it is held. ?3 fence, ?4 now */
#define TEXT_LOCK_GUARD \
	"SELECT 1 FROM cairn_lock " \
	"WHERE tenant = ?1 AND name = ?2 AND fence = ?3 AND expires_at > ?4"

/* cairn_lock's primary key, from the prefix ?2 or behind ?3. ?4 now, ?5 limit */
#define TEXT_LOCKS \
	"SELECT tenant, name, holder, fence, acquired_at, expires_at, expires_at <= ?4 " \
	"FROM cairn_lock WHERE tenant = ?1 AND name >= max(?2, ?3) AND name > ?3 " \
	"AND name < " PREFIX_END("?2") " AND expires_at IS NOT NULL ORDER BY name LIMIT ?5"

/* cairn_lock's primary key, all of it or a tenant's. ?1 tenant or NULL, ?2 free until, ?3 limit */
#define TEXT_LOCK_PRUNE \
	"DELETE FROM cairn_lock WHERE (tenant, name) IN (SELECT tenant, name FROM cairn_lock " \
	"WHERE tenant >= ifnull(?1, '') AND (?1 IS NULL OR tenant = ?1) " \
	"AND ifnull(expires_at, released_at) <= ?2 ORDER BY tenant, name LIMIT ?3)"

#endif
