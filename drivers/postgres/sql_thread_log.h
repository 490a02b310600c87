/*
 * sql_thread_log.h - the texts about session logs, for sql.c.
 *
 * A log's row is what appends queue at: whoever has written it gives out the next numbers, and lets go
 * of it by its commit. An insert that finds the row there waits for it, and then sees it as it is,
 * whatever its snapshot says; the events come from what it returns and read no table. So an append
 * is one statement, unless it must know more than that row as it is.
 */
#ifndef CAIRN_PG_SQL_THREAD_LOG_H
#define CAIRN_PG_SQL_THREAD_LOG_H

#include "sql_lock.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

/* Numbers end here: CAIRN_LOG_MAX. */
#define LOG_MAX "9007199254740992"

/* The time of an append: of the moment when it has its row, so that time goes with the numbers. */
#define LOG_T "COALESCE($1::timestamptz, clock_timestamp())"

/*
 * $1 now, $2 tenant, $3 thread, $4 how many, $9 and $10 name and fence of the lock that must be held, or
 * 0 (behind PG_SQL_LOCK_GUARD).
 */
#define LOG_CALL \
	"WITH call AS MATERIALIZED (" \
		"SELECT " LOG_T " AS now, " LOCK_HELD("$2::text", "$9::text", "$10::int8") " AS held" \
	"), "

/* $5 whether there may be some already. */
#define LOG_HEAD_ANY \
	LOG_CALL "head AS (" \
		"INSERT INTO @schema.cairn_log AS l " \
		"(head, watermark, created_at, updated_at, tenant, thread) " \
		"SELECT $4::int8, 0, c.now, c.now, $2, $3::text FROM call c WHERE c.held " \
		"ON CONFLICT (tenant, thread) DO UPDATE SET head = l.head + $4, updated_at = " LOG_T " " \
		"WHERE $5::boolean AND l.head <= " LOG_MAX " - $4 " \
		"RETURNING l.head, l.updated_at" \
	"), "

/* The same behind PG_SQL_LOG_LOCK; $5 the number that must be the last. */
#define LOG_HEAD_AT \
	LOG_CALL "head AS (" \
		"UPDATE @schema.cairn_log l SET head = l.head + $4::int8, updated_at = c.now " \
		"FROM call c WHERE c.held AND l.tenant = $2 AND l.thread = $3::text " \
		"AND l.head = $5::int8 AND l.head <= " LOG_MAX " - $4 " \
		"RETURNING l.head, l.updated_at" \
	"), "

/* $6 kinds, $7 documents, $8 versions; as arrays, or of one event. Answers the new head, or NULL. */
#define LOG_EVENT(seq, kind, data, version, from) \
	"event AS (" \
		"INSERT INTO @schema.cairn_log_event " \
		"(seq, at, payload_version, tenant, thread, kind, data) " \
		"SELECT " seq ", h.updated_at, " version ", $2, $3, " kind ", " data " FROM head h" from \
	") SELECT c.held, h.head FROM call c LEFT JOIN head h ON true"
#define LOG_EVENT_ONE LOG_EVENT("h.head", "$6::text", "$7::json", "$8::int4", "")
#define LOG_EVENTS \
	LOG_EVENT("h.head - $4 + i.n", "i.kind", "i.data", "i.version", \
		  " CROSS JOIN unnest($6::text[], $7::json[], $8::int4[]) " \
		  "WITH ORDINALITY AS i(kind, data, version, n)")

#define TEXT_LOG_APPEND	      LOG_HEAD_ANY LOG_EVENTS
#define TEXT_LOG_APPEND_ONE   LOG_HEAD_ANY LOG_EVENT_ONE
#define TEXT_LOG_APPEND_AT    LOG_HEAD_AT LOG_EVENTS
#define TEXT_LOG_APPEND_AT_ONE LOG_HEAD_AT LOG_EVENT_ONE

#define LOG_IS(l, tenant, thread) l ".tenant = " tenant "::text AND " l ".thread = " thread "::text"

/* $1 tenant, $2 thread. What holds the row sees it as it is in the statements behind this one. */
#define TEXT_LOG_LOCK \
	"SELECT FROM @schema.cairn_log l WHERE " LOG_IS("l", "$1", "$2") " FOR NO KEY UPDATE"

#define TEXT_LOG_PLACE \
	"SELECT l.head, l.watermark FROM @schema.cairn_log l WHERE " LOG_IS("l", "$1", "$2")

/* $3 behind this number, $4 limit. A row without an event says where the log is. */
#define TEXT_LOG_READ \
	"SELECT l.head, l.watermark, e.seq, e.at, e.payload_version, e.kind, e.data " \
	"FROM @schema.cairn_log l LEFT JOIN LATERAL (" \
		"SELECT v.seq, v.at, v.payload_version, v.kind, v.data " \
		"FROM @schema.cairn_log_event v WHERE " LOG_IS("v", "$1", "$2") " " \
		"AND v.seq > GREATEST($3::int8, l.watermark) ORDER BY v.seq LIMIT $4::int8" \
	") e ON true WHERE " LOG_IS("l", "$1", "$2") " ORDER BY e.seq"

/*
 * Behind PG_SQL_LOG_LOCK. A log that was not there then may be there now, and its row may
 * be newer than what this statement sees of its events: then it was not there.
 */
#define LOG_WAS \
	"WITH was AS MATERIALIZED (" \
		"SELECT l.head, l.watermark FROM @schema.cairn_log l WHERE " LOG_IS("l", "$1", "$2") \
	"), "
#define LOG_STILL "l.head = (SELECT w.head FROM was w)"

/* $3 up to this number, $4 at most so many, $5 now. */
#define TEXT_LOG_ARCHIVE \
	LOG_WAS "moved AS (" \
		"UPDATE @schema.cairn_log l " \
		"SET watermark = LEAST($3::int8, l.head, l.watermark + $4::int8), " \
		"updated_at = COALESCE($5::timestamptz, clock_timestamp()) " \
		"WHERE " LOG_IS("l", "$1", "$2") " AND " LOG_STILL " " \
		"AND LEAST($3, l.head) > l.watermark RETURNING l.watermark" \
	") DELETE FROM @schema.cairn_log_event e WHERE " LOG_IS("e", "$1", "$2") " " \
	"AND e.seq > (SELECT w.watermark FROM was w) AND e.seq <= (SELECT m.watermark FROM moved m)"

/* Events and row; answers the row. */
#define TEXT_LOG_DELETE \
	LOG_WAS "gone AS (" \
		"DELETE FROM @schema.cairn_log l WHERE " LOG_IS("l", "$1", "$2") " " \
		"AND " LOG_STILL " RETURNING l.head" \
	"), event AS (" \
		"DELETE FROM @schema.cairn_log_event e WHERE " LOG_IS("e", "$1", "$2") " " \
		"AND e.seq <= (SELECT g.head FROM gone g) RETURNING e.seq" \
	") SELECT (SELECT count(*) FROM event) FROM gone"

/* $2 behind this thread, $3 prefix, $4 limit. */
#define TEXT_LOG_HEADS \
	"SELECT l.thread, l.head, l.watermark, l.created_at, l.updated_at " \
	"FROM @schema.cairn_log l WHERE l.tenant = $1::text AND l.thread > $2::text " \
	"AND l.thread >= $3::text AND l.thread < " PREFIX_END("$3") " " \
	"ORDER BY l.thread LIMIT $4::int8"

/* clang-format on */

#endif
