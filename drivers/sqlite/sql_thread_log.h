/*
 * sql_thread_log.h - the texts about session logs, for sql.c.
 */
#ifndef CAIRN_LITE_SQL_THREAD_LOG_H
#define CAIRN_LITE_SQL_THREAD_LOG_H

#include "sql_lock.h"

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

/* cairn_log's primary key, from the prefix ?3 or behind ?2; ?4 limit */
#define TEXT_LOG_HEADS \
	"SELECT thread, head, watermark, created_at, updated_at FROM cairn_log " \
	"WHERE tenant = ?1 AND thread >= max(?2, ?3) AND thread > ?2 " \
	"AND thread < " PREFIX_END("?3") " ORDER BY thread LIMIT ?4"

#endif
