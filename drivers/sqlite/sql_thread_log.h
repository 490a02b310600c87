/*
 * sql_thread_log.h - the texts about session logs, for sql.c.
 */
#ifndef CAIRN_LITE_SQL_THREAD_LOG_H
#define CAIRN_LITE_SQL_THREAD_LOG_H

/* cairn_log's primary key */
#define TEXT_LOG_HEAD "SELECT head, watermark FROM cairn_log WHERE tenant = ? AND thread = ?"

/* cairn_log's primary key */
#define TEXT_LOG_MOVE \
	"INSERT INTO cairn_log (tenant, thread, head, watermark, created_at, updated_at) " \
	"VALUES (?1, ?2, ?3, 0, ?4, ?4) ON CONFLICT (tenant, thread) DO UPDATE SET " \
	"head = excluded.head, updated_at = excluded.updated_at"

/* cairn_log_event's primary key */
#define TEXT_LOG_EVENT_INSERT \
	"INSERT INTO cairn_log_event (tenant, thread, seq, at, kind, payload_version, data) " \
	"VALUES (?, ?, ?, ?, ?, ?, ?)"

/* cairn_log_event's primary key from ?3 */
#define TEXT_LOG_EVENTS_PAGE \
	"SELECT seq, at, kind, payload_version, data FROM cairn_log_event " \
	"WHERE tenant = ?1 AND thread = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4"

/* cairn_log's primary key */
#define TEXT_LOG_WATERMARK \
	"UPDATE cairn_log SET watermark = ?3, updated_at = ?4 WHERE tenant = ?1 AND thread = ?2"

/* cairn_log_event's primary key up to ?3 */
#define TEXT_LOG_EVENTS_REMOVE \
	"DELETE FROM cairn_log_event WHERE tenant = ?1 AND thread = ?2 AND seq <= ?3"

/* cairn_log's primary key */
#define TEXT_LOG_HEAD_DELETE "DELETE FROM cairn_log WHERE tenant = ?1 AND thread = ?2"

/*
 * cairn_log's primary key behind ?2, from the prefix ?3 to what stands behind all that begin with it:
 * no text of UTF-8 has a byte FF.
 */
#define TEXT_LOG_HEADS \
	"SELECT thread, head, watermark, created_at, updated_at FROM cairn_log " \
	"WHERE tenant = ?1 AND thread > ?2 AND thread >= ?3 " \
	"AND thread < ?3 || CAST(x'ff' AS TEXT) ORDER BY thread LIMIT ?4"

#endif
