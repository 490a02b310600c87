/*
 * sql_schedule.h - the texts about schedules, for sql.c; above each the index it relies on.
 */
#ifndef CAIRN_LITE_SQL_SCHEDULE_H
#define CAIRN_LITE_SQL_SCHEDULE_H

/* What schedule.c reads; the job is NULL when there is none any more. */
#define SCHEDULE_COLUMNS \
	"name, id, type, tenant, queue, owner, cron, zone, jitter_us, misfire, catch_up, " \
	"overlap, " \
	"active, next_fire_at, last_fire_at, last_job, last_error, created_at, updated_at, " \
	"payload, " \
	"(SELECT j.status FROM cairn_job j WHERE j.id = last_job)"

/* cairn_schedule's primary key; a row that would not change is not written. ?17: exact */
#define TEXT_SCHEDULE_PUT \
	"INSERT INTO cairn_schedule (name, id, type, tenant, queue, owner, cron, zone, " \
	"jitter_us, misfire, catch_up, overlap, active, next_fire_at, created_at, " \
	"updated_at, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, " \
	"?13, ?14, ?15, ?15, ?16) " \
	"ON CONFLICT (name) DO UPDATE SET type = excluded.type, queue = excluded.queue, " \
	"owner = excluded.owner, cron = excluded.cron, zone = excluded.zone, " \
	"jitter_us = excluded.jitter_us, misfire = excluded.misfire, " \
	"catch_up = excluded.catch_up, overlap = excluded.overlap, " \
	"active = CASE WHEN ?17 THEN excluded.active ELSE active END, " \
	"next_fire_at = CASE WHEN cron = excluded.cron AND zone = excluded.zone " \
	"THEN next_fire_at ELSE excluded.next_fire_at END, " \
	"payload = excluded.payload, updated_at = excluded.updated_at " \
	"WHERE (type, queue, owner, cron, zone, jitter_us, misfire, catch_up, overlap, " \
	"payload) IS NOT (excluded.type, excluded.queue, excluded.owner, excluded.cron, " \
	"excluded.zone, excluded.jitter_us, excluded.misfire, excluded.catch_up, " \
	"excluded.overlap, excluded.payload) OR (?17 AND active <> excluded.active)"

/* both primary keys: whether it would be active without an enabled definition */
#define TEXT_SCHEDULE_LACKS \
	"SELECT CASE WHEN ?4 THEN ?3 ELSE " \
	"COALESCE((SELECT active FROM cairn_schedule WHERE name = ?1), ?3) END = 1 " \
	"AND NOT EXISTS (SELECT 1 FROM cairn_job_definition " \
	"WHERE type = ?2 AND enabled = 1)"

/* cairn_schedule's primary key, from ?1 on; lower() is of ASCII only. ?8: 1 on, 2 off */
#define TEXT_SCHEDULE_LIST \
	"SELECT " SCHEDULE_COLUMNS " FROM cairn_schedule " \
	"WHERE name >= ?1 AND (?2 IS NULL OR name = ?2) AND (?3 IS NULL OR name > ?3) " \
	"AND (?4 IS NULL OR instr(lower(name), lower(?4)) > 0) " \
	"AND (?5 IS NULL OR tenant = ?5) AND (?6 IS NULL OR +type = ?6) " \
	"AND (?7 IS NULL OR next_fire_at < ?7) " \
	"AND ?8 & CASE active WHEN 1 THEN 1 ELSE 2 END ORDER BY name LIMIT ?9"

/* cairn_schedule_due, from its beginning */
#define TEXT_SCHEDULE_DUE \
	"SELECT " SCHEDULE_COLUMNS " FROM cairn_schedule INDEXED BY cairn_schedule_due " \
	"WHERE active = 1 AND next_fire_at <= ?1 AND (?2 IS NULL OR tenant = ?2) " \
	"ORDER BY next_fire_at, name LIMIT ?3"

/* both primary keys */
#define TEXT_SCHEDULE_STATE \
	"SELECT active, next_fire_at, EXISTS (SELECT 1 FROM cairn_job_definition d " \
	"WHERE d.type = s.type AND d.enabled = 1) FROM cairn_schedule s " \
	"WHERE name = ?1 AND (?2 IS NULL OR tenant = ?2)"

/* cairn_schedule's primary key */
#define TEXT_SCHEDULE_SET \
	"UPDATE cairn_schedule SET active = ?2, next_fire_at = ?3, " \
	"updated_at = ?4 WHERE name = ?1"

/* the UNIQUE of its id */
#define TEXT_SCHEDULE_HELD \
	"SELECT 1 FROM cairn_schedule WHERE id = ?1 AND active = 1 AND next_fire_at = ?2"

/* the UNIQUE of its id */
#define TEXT_SCHEDULE_MOVE \
	"UPDATE cairn_schedule SET next_fire_at = ?2, last_error = ?3, " \
	"last_fire_at = COALESCE(?4, last_fire_at), " \
	"last_job = COALESCE(?5, last_job), updated_at = ?6 WHERE id = ?1"

/* cairn_job_definition's primary key, then cairn_schedule_type */
#define TEXT_SCHEDULE_STRANDED \
	"SELECT s.name FROM cairn_job_definition d CROSS JOIN cairn_schedule s " \
	"INDEXED BY cairn_schedule_type WHERE d.type = ?1 AND d.enabled = 0 " \
	"AND s.type = ?1 AND s.active = 1 ORDER BY s.name LIMIT 1"

#define SCHEDULE_TEXTS \
	[LITE_SCHEDULE_PUT] = TEXT_SCHEDULE_PUT, [LITE_SCHEDULE_LACKS] = TEXT_SCHEDULE_LACKS, \
	[LITE_SCHEDULE_LIST] = TEXT_SCHEDULE_LIST, [LITE_SCHEDULE_DUE] = TEXT_SCHEDULE_DUE, \
	[LITE_SCHEDULE_STATE] = TEXT_SCHEDULE_STATE, [LITE_SCHEDULE_SET] = TEXT_SCHEDULE_SET, \
	[LITE_SCHEDULE_HELD] = TEXT_SCHEDULE_HELD, [LITE_SCHEDULE_MOVE] = TEXT_SCHEDULE_MOVE, \
	[LITE_SCHEDULE_STRANDED] = TEXT_SCHEDULE_STRANDED

#endif
