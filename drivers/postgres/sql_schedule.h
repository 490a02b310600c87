/*
 * sql_schedule.h - the texts about schedules, for sql.c alone, whose macros they use.
 *
 * Who makes a schedule active has locked its definition in a statement before (FOR SHARE: they
 * don't wait for each other, but who disables waits for them and they for him), and who disables a
 * definition looks for schedules in a statement behind his lock. Schedules are locked before
 * definitions, and all that a call will write at once, by name. A fire waits for nothing.
 */
#ifndef CAIRN_PG_SQL_SCHEDULE_H
#define CAIRN_PG_SQL_SCHEDULE_H

/* SQL is laid out by its clauses. */
/* clang-format off */

/* ---- put ---------------------------------------------------------------- */

/* $2 to $16 the items, $17: exact, $18 names to switch off. */
#define SCHEDULE_ITEMS \
	"WITH item AS MATERIALIZED (" \
		"SELECT i.*, d.type IS NULL AND CASE WHEN $17::boolean THEN i.inactive = 0 " \
		"ELSE COALESCE(s.active, i.inactive = 0) END AS refused " \
		"FROM unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], " \
		"$7::text[], $8::json[], $9::text[], $10::text[], $11::int8[], $12::text[], " \
		"$13::int4[], $14::text[], $15::int4[], $16::timestamptz[]) WITH ORDINALITY " \
		"AS i(name, id, type, tenant, queue, owner, payload, cron, zone, jitter, misfire, " \
		"catch_up, overlap, inactive, next, n) " \
		"LEFT JOIN @schema.cairn_schedule s ON s.name = i.name " \
		"LEFT JOIN @schema.cairn_job_definition d ON d.type = i.type AND d.enabled" \
	"), go AS MATERIALIZED (" \
		"SELECT " READ_COMMITTED " AND NOT ($17 AND EXISTS (SELECT FROM item i WHERE i.refused)) " \
		"AS yes" \
	"), "

#define SCHEDULE_FIELDS(x) \
	x ".type, " x ".queue, " x ".owner, " x ".cron, " x ".zone, " x ".jitter_us, " \
	x ".misfire, " x ".catch_up, " x ".overlap, " x ".payload::text"

/* Somebody may have made the row since the item was judged: hence the WHERE of the conflict. */
#define SCHEDULE_WRITE \
	"written AS (" \
		"INSERT INTO @schema.cairn_schedule AS s (name, id, created_at, updated_at, " \
		"next_fire_at, jitter_us, catch_up, active, misfire, overlap, type, tenant, " \
		"queue, owner, cron, zone, payload) " \
		"SELECT i.name, i.id, " T ", " T ", i.next, i.jitter, i.catch_up, " \
		"i.inactive = 0, i.misfire, i.overlap, i.type, i.tenant, i.queue, i.owner, " \
		"i.cron, i.zone, i.payload " \
		"FROM item i WHERE NOT i.refused AND (SELECT yes FROM go) ORDER BY i.n " \
		"ON CONFLICT (name) DO UPDATE SET type = excluded.type, queue = excluded.queue, " \
		"owner = excluded.owner, cron = excluded.cron, zone = excluded.zone, " \
		"jitter_us = excluded.jitter_us, misfire = excluded.misfire, " \
		"catch_up = excluded.catch_up, overlap = excluded.overlap, " \
		"payload = excluded.payload, " \
		"active = CASE WHEN $17 THEN excluded.active ELSE s.active END, " \
		"next_fire_at = CASE WHEN s.cron = excluded.cron AND s.zone = excluded.zone " \
		"THEN s.next_fire_at ELSE excluded.next_fire_at END, " \
		"updated_at = CASE WHEN ($17 AND s.active <> excluded.active) " \
		"OR (" SCHEDULE_FIELDS("s") ") IS DISTINCT FROM (" SCHEDULE_FIELDS("excluded") ") " \
		"THEN excluded.updated_at ELSE s.updated_at END " \
		"WHERE $17 OR NOT s.active OR EXISTS (" \
			"SELECT FROM @schema.cairn_job_definition d " \
			"WHERE d.type = excluded.type AND d.enabled" \
		") RETURNING s.name" \
	"), off AS (" \
		"UPDATE @schema.cairn_schedule s SET active = false, updated_at = " T " " \
		"FROM unnest($18::text[]) AS o(name) " \
		"WHERE s.name = o.name AND s.active AND (SELECT yes FROM go) RETURNING s.name" \
	") "

/* Items that were refused; names that were switched off; -1: wrong isolation. */
#define SCHEDULE_WRITTEN \
	"SELECT i.n, NULL::text AS name FROM item i WHERE i.refused " \
	"OR ((SELECT yes FROM go) AND i.name NOT IN (SELECT w.name FROM written w)) " \
	"UNION ALL SELECT 0, o.name FROM off o " \
	"UNION ALL SELECT -1, NULL WHERE NOT " READ_COMMITTED " ORDER BY name"

/* ---- list --------------------------------------------------------------- */

/* Whatever there is, the first column of the first row is the time. $2 limit, $3 scope. */
#define SCHEDULES(where, order) \
	"SELECT t.now, s.name, s.id, s.type, s.tenant, s.queue, s.owner, s.payload, s.cron, " \
	"s.zone, s.jitter_us, s.misfire, s.catch_up, s.overlap, s.active, s.next_fire_at, " \
	"s.last_fire_at, s.last_job, s.last_error, s.created_at, s.updated_at, " \
	"COALESCE((SELECT l.status FROM @schema.cairn_job_live l WHERE l.id = s.last_job), " \
	"(SELECT d.status FROM @schema.cairn_job_done d WHERE d.id = s.last_job)) " \
	"FROM (SELECT " T " AS now) t LEFT JOIN LATERAL (" \
		"SELECT s.* FROM @schema.cairn_schedule s WHERE " where " " \
		"ORDER BY " order " LIMIT $2::int8" \
	") s ON true ORDER BY " order

/* $4 behind this name, $5 contains, $6 type, $7 due before, $8: 1 active, 2 inactive. */
#define SCHEDULE_FILTER \
	IN_SCOPE("s.tenant", "$3") " AND s.name > $4::text AND ($5::text IS NULL " \
	"OR strpos(lower(s.name COLLATE \"C\"), lower($5 COLLATE \"C\")) > 0) " \
	"AND ($6::text IS NULL OR s.type = $6) AND s.next_fire_at < $7::timestamptz " \
	"AND $8::int4 & CASE WHEN s.active THEN 1 ELSE 2 END <> 0"

/* ---- change ------------------------------------------------------------- */

/* $2 scope, $3 names, $4: 1 on, 2 off, 3 the cursor, which is $5. -1: wrong isolation. */
#define SCHEDULE_CHANGE \
	"WITH item AS MATERIALIZED (" \
		"SELECT s.name, i.n, $4::int4 = 1 AND d.type IS NULL AS refused, " \
		"CASE $4 WHEN 1 THEN s.active WHEN 2 THEN NOT s.active " \
		"ELSE s.next_fire_at = $5::timestamptz END AS same " \
		"FROM unnest($3::text[]) WITH ORDINALITY AS i(name, n) " \
		"JOIN @schema.cairn_schedule s ON s.name = i.name " \
		"LEFT JOIN @schema.cairn_job_definition d ON d.type = s.type AND d.enabled " \
		"WHERE " IN_SCOPE("s.tenant", "$2") " AND " READ_COMMITTED \
	"), done AS (" \
		"UPDATE @schema.cairn_schedule s SET " \
		"active = CASE $4 WHEN 1 THEN true WHEN 2 THEN false ELSE s.active END, " \
		"next_fire_at = CASE $4 WHEN 3 THEN $5 ELSE s.next_fire_at END, " \
		"updated_at = " T " FROM item i " \
		"WHERE s.name = i.name AND NOT i.refused AND NOT i.same" \
	") SELECT i.n, i.refused FROM item i UNION ALL SELECT -1, false WHERE NOT " READ_COMMITTED

/* ---- fire --------------------------------------------------------------- */

/*
 * $2 schedules, $3 cursors, $4 where they go, $5 errors, $6 jobs (none: zero), $7 to $12 of the
 * jobs, $13: 1 writes events, $14 and $15 cursor and error where there is no definition. One
 * statement: it skips what is locked, so it waits for nothing and its one snapshot will do.
 */
#define SCHEDULE_HELD \
	"WITH held AS MATERIALIZED (" \
		"SELECT i.id, i.next, i.error, i.job, i.type, i.queue, i.tenant, i.owner, " \
		"i.stage, i.payload, i.n, " \
		"i.job <> '00000000-0000-0000-0000-000000000000'::uuid AS fires " \
		"FROM unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[], " \
		"$6::uuid[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], " \
		"$12::json[]) WITH ORDINALITY AS i(id, cursor, next, error, job, type, queue, " \
		"tenant, owner, stage, payload, n) " \
		"JOIN @schema.cairn_schedule s ON s.id = i.id " \
		"WHERE s.active AND s.next_fire_at = i.cursor FOR NO KEY UPDATE OF s SKIP LOCKED" \
	"), item AS MATERIALIZED (" \
		"SELECT h.*, h.fires AND d.type IS NOT NULL AS fired, d.timeout_us, d.priority, " \
		"d.max_attempts FROM held h " \
		"LEFT JOIN @schema.cairn_job_definition d ON d.type = h.type AND d.enabled" \
	"), "

#define SCHEDULE_JOBS \
	"job AS (" \
		INTO_LIVE \
		"SELECT i.job, " T ", " T ", " T ", 0, i.timeout_us, i.priority, 1, 0, " \
		"i.max_attempts, $13::int4, false, 'PENDING', i.queue, i.type, i.tenant, " \
		"i.stage, i.payload, i.owner, NULL, NULL, NULL FROM item i WHERE i.fired" \
	"), event AS (" \
		INTO_ENQUEUED \
		"SELECT i.job, 1, " T ", 1, 0, 'ENQUEUED', i.stage, i.type " \
		"FROM item i WHERE i.fired AND $13 = 1" \
	") "

/* Answers those that were held, and whether the definition was missing. */
#define SCHEDULE_MOVE \
	"UPDATE @schema.cairn_schedule s SET " \
	"next_fire_at = CASE WHEN i.fires AND NOT i.fired THEN $14::timestamptz ELSE i.next END, " \
	"last_error = CASE WHEN i.fires AND NOT i.fired THEN $15::text ELSE i.error END, " \
	"last_fire_at = CASE WHEN i.fired THEN " T " ELSE s.last_fire_at END, " \
	"last_job = CASE WHEN i.fired THEN i.job ELSE s.last_job END, " \
	"updated_at = " T " FROM item i WHERE s.id = i.id RETURNING i.n, " \
	"i.fires AND NOT i.fired, " WAKES("i.fired", "i.queue")

#define TEXT_SCHEDULE_DEFINITIONS \
	"SELECT count(*) FROM (" \
		"SELECT FROM @schema.cairn_job_definition d " \
		"WHERE d.type = ANY (COALESCE($1::text[], ARRAY(" \
			"SELECT s.type FROM @schema.cairn_schedule s " \
			"WHERE s.name = ANY ($2::text[])" \
		"))) AND " READ_COMMITTED " ORDER BY d.type FOR SHARE" \
	") held"

#define TEXT_SCHEDULE_HOLD \
	"SELECT count(*) FROM (" \
		"SELECT FROM @schema.cairn_schedule s " \
		"WHERE s.name = ANY ($1::text[] || $2::text[]) AND " READ_COMMITTED " " \
		"ORDER BY s.name FOR NO KEY UPDATE" \
	") held"

#define TEXT_SCHEDULE_NAMES \
	SCHEDULES("s.name = ANY ($9::text[]) AND " SCHEDULE_FILTER, "s.name")

#define TEXT_SCHEDULE_DUE \
	SCHEDULES("s.active AND s.next_fire_at <= t.now AND " IN_SCOPE("s.tenant", "$3"), \
		  "s.next_fire_at, s.name")

/* clang-format on */

#endif
