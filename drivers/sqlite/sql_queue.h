/*
 * sql_queue.h - the texts about queues, resources and owners, for sql.c.
 */
#ifndef CAIRN_LITE_SQL_QUEUE_H
#define CAIRN_LITE_SQL_QUEUE_H

/* What cairn_job_resource_use is about, as it must be said for SQLite to use it. */
#define USES(j, tenant, key) \
	j ".resource_key IS NOT NULL AND (" j ".status = 'LEASED' OR " j ".status = 'PENDING' " \
	  "OR " j ".status = 'CANCELED') AND " j ".tenant = " tenant " AND " j \
	  ".resource_key = " key " "

/* Permits of a resource that are in use: ?now is the number of the parameter. */
#define IN_USE(tenant, key, now) \
	"(SELECT count(*) FROM cairn_job h INDEXED BY cairn_job_resource_use " \
	"WHERE " USES("h", tenant, \
		      key) "AND h.status = 'LEASED') + " \
			   "(SELECT count(*) FROM cairn_job q INDEXED BY cairn_job_resource_use " \
			   "WHERE " USES("q", tenant, key) "AND q.status = 'CANCELED' " \
							   "AND q.lease_expires_at > " now ")"

/* ---- claim ---------------------------------------------------------------- */

#define PAUSED "EXISTS (SELECT 1 FROM cairn_queue_pause WHERE queue = ?1)"
#define KEYED \
	"EXISTS (SELECT 1 FROM cairn_job INDEXED BY cairn_job_resource " \
	"WHERE status = 'PENDING' AND parked = 0 AND resource_key IS NOT NULL AND queue = ?1)"

/* cairn_queue_pause's primary key; cairn_job_resource, its first entry of the queue */
#define TEXT_QUEUE_STATE "SELECT " PAUSED ", " KEYED

/*
 * cairn_job_keyed, in its own order; the reader stops when it has seen enough. ?2 now, ?3 owner, ?4: of
 * any owner
 */
#define TEXT_RESOURCE_FRONT \
	"SELECT rowid, priority, run_at, id, " \
	"run_at <= ?2 AND (owner IS NULL OR owner = ?3 OR ?4), type, tenant, " \
	"resource_key FROM cairn_job INDEXED BY cairn_job_keyed " \
	"WHERE status = 'PENDING' AND parked = 0 AND resource_key IS NOT NULL AND queue = ?1 " \
	"ORDER BY priority DESC, run_at, id"

/* cairn_resource's primary key; the index of IN_USE. What is free of (?1, ?2); ?3 now */
#define TEXT_RESOURCE_ROOM \
	"SELECT ifnull((SELECT r.capacity FROM cairn_resource r " \
	"WHERE r.tenant = ?1 AND r.resource_key = ?2), 0) - (" IN_USE("?1", "?2", "?3") ")"

/*
 * cairn_job_resource, the next resource behind (?2, ?3) that jobs of the queue wait for; ?4 now.
 * The index of IN_USE.
 */
#define TEXT_RESOURCE_NEXT \
	"SELECT j.tenant, j.resource_key, ifnull((SELECT r.capacity FROM cairn_resource r " \
	"WHERE r.tenant = j.tenant AND r.resource_key = j.resource_key), 0) - (" IN_USE( \
		"j.tenant", "j.resource_key", \
		"?4") ") " \
		      "FROM cairn_job j INDEXED BY cairn_job_resource " \
		      "WHERE j.status = 'PENDING' AND j.parked = 0 AND j.resource_key IS NOT " \
		      "NULL " \
		      "AND j.queue = ?1 AND (j.tenant, j.resource_key) > (?2, ?3) " \
		      "ORDER BY j.tenant, j.resource_key LIMIT 1"

/* cairn_job_resource, in its own order; the reader stops when it has enough */
#define TEXT_RESOURCE_JOBS \
	"SELECT rowid, priority, run_at, id, type FROM cairn_job INDEXED BY cairn_job_resource " \
	"WHERE status = 'PENDING' AND parked = 0 AND resource_key IS NOT NULL AND queue = ?1 " \
	"AND tenant = ?2 AND resource_key = ?3 AND run_at <= ?4 " \
	"AND (owner IS NULL OR owner = ?5 OR ?6) ORDER BY priority DESC, run_at, id"

/* cairn_resource's primary key */
#define TEXT_RESOURCE_NEED \
	"INSERT INTO cairn_resource (tenant, resource_key, capacity, created_at, updated_at) " \
	"VALUES (?1, ?2, 1, ?3, ?3) ON CONFLICT (tenant, resource_key) DO NOTHING"

/* ---- queues --------------------------------------------------------------- */

/* none: it counts the table. ?1 now, ?2 scope, ?3 queues above it, ?4: ended jobs too, ?5 limit */
#define TEXT_QUEUES \
	"SELECT c.queue, sum(c.due), sum(c.parked), sum(c.leased), sum(c.expired), " \
	"min(c.oldest), sum(c.succeeded), sum(c.dead), sum(c.canceled), max(c.paused_at) FROM (" \
	"SELECT queue, status = 'PENDING' AND run_at <= ?1 AS due, " \
	"status = 'PENDING' AND run_at > ?1 AS parked, status = 'LEASED' AS leased, " \
	"status = 'LEASED' AND lease_expires_at < ?1 AS expired, " \
	"iif(status = 'PENDING' AND run_at <= ?1, run_at, NULL) AS oldest, " \
	"status = 'SUCCEEDED' AS succeeded, status = 'DEAD_LETTERED' AS dead, " \
	"status = 'CANCELED' AS canceled, NULL AS paused_at FROM cairn_job " \
	"WHERE (?2 IS NULL OR tenant = ?2) AND queue > ?3 " \
	"AND (?4 OR status = 'PENDING' OR status = 'LEASED') " \
	"UNION ALL SELECT queue, NULL, 0, 0, 0, NULL, 0, 0, 0, paused_at " \
	"FROM cairn_queue_pause WHERE queue > ?3) c " \
	"GROUP BY c.queue HAVING ?2 IS NULL OR count(c.due) > 0 ORDER BY c.queue LIMIT ?5"

/* cairn_queue_pause's primary key */
#define TEXT_QUEUE_PAUSE \
	"INSERT INTO cairn_queue_pause (queue, paused_at) VALUES (?, ?) " \
	"ON CONFLICT (queue) DO NOTHING"

/* cairn_queue_pause's primary key */
#define TEXT_QUEUE_RESUME "DELETE FROM cairn_queue_pause WHERE queue = ?"

/* ---- resources -------------------------------------------------------------- */

/* cairn_resource's primary key; a row that would not change is not written */
#define TEXT_RESOURCE_SET \
	"INSERT INTO cairn_resource (tenant, resource_key, capacity, created_at, updated_at) " \
	"VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT (tenant, resource_key) DO UPDATE SET " \
	"capacity = excluded.capacity, updated_at = excluded.updated_at " \
	"WHERE capacity <> excluded.capacity"

/*
 * cairn_resource's primary key behind (?3, ?4); the index of IN_USE. ?1 scope,
 * ?2 key, ?5 now, ?6 limit
 */
#define TEXT_RESOURCES \
	"SELECT r.tenant, r.resource_key, r.capacity, " IN_USE( \
		"r.tenant", "r.resource_key", \
		"?5") ", " \
		      "(SELECT count(*) FROM cairn_job w INDEXED BY cairn_job_resource_use " \
		      "WHERE " USES( \
			      "w", "r.tenant", \
			      "r.resource_key") "AND w.status = 'PENDING' " \
						"AND w.run_at <= ?5), r.created_at, r.updated_at " \
						"FROM cairn_resource r WHERE (?1 IS NULL OR " \
						"r.tenant = ?1) " \
						"AND (?2 IS NULL OR r.resource_key = ?2) AND " \
						"(r.tenant, r.resource_key) > (?3, ?4) " \
						"ORDER BY r.tenant, r.resource_key LIMIT ?6"

/* ---- owners ------------------------------------------------------------------ */

/* cairn_owner's primary key */
#define TEXT_OWNER_REGISTER \
	"INSERT INTO cairn_owner (name, incarnation, host, version, queues, labels, pid, " \
	"started_at, registered_at, heartbeat_at, closed_at) " \
	"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, NULL) ON CONFLICT (name) DO UPDATE SET " \
	"incarnation = excluded.incarnation, host = excluded.host, version = excluded.version, " \
	"queues = excluded.queues, labels = excluded.labels, pid = excluded.pid, " \
	"started_at = excluded.started_at, registered_at = excluded.registered_at, " \
	"heartbeat_at = excluded.heartbeat_at, closed_at = NULL"

/* cairn_owner's primary key */
#define TEXT_OWNER_FIND "SELECT rowid, incarnation, closed_at FROM cairn_owner WHERE name = ?"

/* rowid */
#define TEXT_OWNER_BEAT "UPDATE cairn_owner SET heartbeat_at = ? WHERE rowid = ?"

/* rowid */
#define TEXT_OWNER_CLOSE "UPDATE cairn_owner SET closed_at = ? WHERE rowid = ?"

/* cairn_owner's primary key behind ?3; ?1 bits of states, ?2 stale before, ?4 limit */
#define TEXT_OWNERS \
	"SELECT name, incarnation, host, version, queues, labels, pid, state, started_at, " \
	"registered_at, heartbeat_at, closed_at FROM (SELECT *, CASE " \
	"WHEN closed_at IS NOT NULL THEN 3 WHEN heartbeat_at < ?2 THEN 2 ELSE 1 END AS state " \
	"FROM cairn_owner WHERE name > ?3) WHERE ?1 & (1 << state) ORDER BY name LIMIT ?4"

/* cairn_owner_silent from its beginning */
#define TEXT_OWNER_PRUNE \
	"DELETE FROM cairn_owner WHERE rowid IN (SELECT rowid FROM cairn_owner " \
	"INDEXED BY cairn_owner_silent WHERE ifnull(closed_at, heartbeat_at) <= ?1 " \
	"ORDER BY ifnull(closed_at, heartbeat_at) LIMIT ?2)"

#endif
