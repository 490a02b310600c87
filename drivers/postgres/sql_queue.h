/*
 * sql_queue.h - the statements about queues, resources and owners, for sql.c, and how a claim hands
 * out permits.
 *
 * Most queues have no job with a resource. The plain CLAIM takes nothing from a queue that is paused,
 * has such jobs in line, or jobs to be unparked, which it learns by three probes that find nothing. What
 * the other queues need is three statements in its place: UNPARK; one that looks at the queue, leaving
 * behind 'paused', 'keyed' where jobs with a resource are in line, 'strict' where they are and the
 * transaction can't count what others do meanwhile, else '', and locks the resources that have a permit
 * free, as far as nobody else holds them; and one whose snapshot is younger than those locks, which
 * counts again and claims.
 * Nobody keeps the number of permits in use. claim.c knows when to send which.
 */
#ifndef CAIRN_PG_SQL_QUEUE_H
#define CAIRN_PG_SQL_QUEUE_H

#include "sql_change.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

/* ---- permits --------------------------------------------------------------- */

/* Jobs of a queue that wait for a permit, in cairn_job_live_resource; the owner's and of the types. */
#define WAITS(p, queue) \
	p ".queue = " queue " AND " p ".status = 'PENDING' AND NOT " p ".parked " \
	"AND " p ".resource_key IS NOT NULL"
#define WANTED(p, owner, types) WANTED_AT(p, CALL_T, owner, types)
#define WANTED_AT(p, now, owner, types) \
	p ".run_at <= " now " AND (" p ".owner IS NULL OR " p ".owner = " owner "::text) " \
	"AND (" types "::text[] IS NULL OR " p ".type = ANY (" types "))"

/*
 * By cairn_job_live_resource_use, said as a range so that no index of leases offers itself, and
 * cairn_job_done_quiescing.
 */
#define IN_USE(tenant, key, now) \
	"(SELECT count(*) FROM @schema.cairn_job_live h WHERE h.tenant = " tenant " " \
	"AND h.resource_key = " key " AND h.resource_key > '' AND h.status >= 'LEASED' AND h.status < 'PENDING') + " \
	"(SELECT count(*) FROM @schema.cairn_job_done c WHERE c.tenant = " tenant " " \
	"AND c.resource_key = " key " AND c.lease_expires_at > " now ")"

#define QUEUE_ORDER(p) p ".priority DESC, " p ".run_at, " p ".id"

/* The resources that jobs of a queue wait for and columns of their first jobs, each found by one probe. */
#define KEYS_WAITED(queue, columns, gate) \
	"waited AS (" \
		"(SELECT p.tenant, p.resource_key" columns " FROM @schema.cairn_job_live p " \
		"WHERE " WAITS("p", queue) gate " " \
		"ORDER BY p.tenant, p.resource_key, " QUEUE_ORDER("p") " LIMIT 1) " \
		"UNION ALL SELECT n.* FROM waited w CROSS JOIN LATERAL (" \
			"SELECT p.tenant, p.resource_key" columns " FROM @schema.cairn_job_live p " \
			"WHERE " WAITS("p", queue) " " \
			"AND (p.tenant, p.resource_key) > (w.tenant, w.resource_key) " \
			"ORDER BY p.tenant, p.resource_key, " QUEUE_ORDER("p") " LIMIT 1" \
		") n" \
	")"

#define CAPACITY(w) \
	"(SELECT r.capacity FROM @schema.cairn_resource r WHERE r.tenant = " w ".tenant " \
	"AND r.resource_key = " w ".resource_key)"

/* ---- claim ------------------------------------------------------------------- */

#define PAUSED(queue) \
	"EXISTS (SELECT FROM @schema.cairn_queue_pause z WHERE z.queue = " queue ")"
#define KEYED(queue) \
	"EXISTS (SELECT FROM @schema.cairn_job_live k WHERE " WAITS("k", queue) ")"

/*
 * Of resources in the order of their best jobs those that have a permit free, as far as nobody else
 * holds them, until there are enough.
 */
#define HOLD(line, jobs) \
	"SELECT n.tenant, n.resource_key, LEAST(" jobs ", u.room) AS jobs FROM " line " n " \
	"CROSS JOIN LATERAL (SELECT " CAPACITY("n") " - (" \
	IN_USE("n.tenant", "n.resource_key", CALL_T) ") AS room OFFSET 0) u " \
	"CROSS JOIN LATERAL (" \
		"SELECT FROM @schema.cairn_resource r WHERE u.room > 0 AND r.tenant = n.tenant " \
		"AND r.resource_key = n.resource_key FOR NO KEY UPDATE SKIP LOCKED" \
	") r LIMIT $6"

/*
 * The first jobs in line, and of their resources, in that order, those that have a permit free and
 * could be locked. If these have work enough, whatever stands behind is worse, and if those were
 * all the jobs there are, there is nothing behind. Else each resource that is waited for has to
 * be looked at.
 */
#define FRONT "100 + 2 * $6::int8"
#define RESOURCES_NEAR \
	"front AS MATERIALIZED (" \
		"SELECT p.tenant, p.resource_key, p.priority, p.run_at, p.id, " \
		WANTED("p", "$4", "$5") " AS wanted FROM @schema.cairn_job_live p " \
		"WHERE " WAITS("p", "$3") " AND p.resource_key >= '' " \
		"AND (SELECT s.word FROM state s) = 'keyed' " \
		"ORDER BY " QUEUE_ORDER("p") " LIMIT " FRONT \
	"), line AS MATERIALIZED (" \
		"SELECT n.* FROM (" \
			"SELECT DISTINCT ON (f.tenant, f.resource_key) f.*, " \
			"count(*) OVER (PARTITION BY f.tenant, f.resource_key) AS jobs " \
			"FROM front f WHERE f.wanted " \
			"ORDER BY f.tenant, f.resource_key, " QUEUE_ORDER("f") \
		") n ORDER BY " QUEUE_ORDER("n") \
	"), near AS MATERIALIZED (" \
		HOLD("line", "n.jobs") \
	"), behind AS MATERIALIZED (" \
		"SELECT (SELECT count(*) FROM front) = " FRONT " AND " \
		"COALESCE((SELECT sum(n.jobs) FROM near n), 0) < $6 AS needed" \
	")"

/* What a claim that comes behind has to know; no key has a control character. */
#define HELD_KEYS(from) \
	"COALESCE(array_agg(x.tenant || E'\\x1f' || x.resource_key)::text, '{}') FROM (" from ") x"

/*
 * cairn_queue_pause_pkey; cairn_job_live_keyed from its beginning; cairn_resource_pkey. $3 queue, $4
 * owner, $5 types, $6 limit. Answers the queue's state, and leaves it behind together with
 * which resources it locked. 'far', where that is not enough: then nothing is claimed, and the claim
 * is done again behind RESOURCE_LOCK_FAR, which is half as dear again even where nobody needs it.
 */
#define RESOURCE_LOCK_STATE \
	"WITH RECURSIVE state AS MATERIALIZED (" \
		"SELECT set_config('cairn.queue', CASE WHEN " PAUSED("$3::text") " THEN 'paused' " \
		"WHEN NOT " KEYED("$3") " THEN '' WHEN " READ_COMMITTED " THEN 'keyed' " \
		"ELSE 'strict' END, true) AS word" \
	"), " RESOURCES_NEAR
#define STATE_OR_FAR \
	"CASE WHEN (SELECT b.needed FROM behind b) THEN 'far' ELSE (SELECT s.word FROM state s) END"
#define RESOURCE_LOCK_NEAR \
	RESOURCE_LOCK_STATE " SELECT set_config('cairn.queue', " STATE_OR_FAR ", true), " \
	"set_config('cairn.held', (SELECT " \
	HELD_KEYS("SELECT n.tenant, n.resource_key FROM near n " \
		  "WHERE NOT (SELECT b.needed FROM behind b)") "), true)"

/*
 * The same, and cairn_job_live_resource, one probe for each resource, where the first in line are
 * not enough, which it answers, too.
 */
#define RESOURCE_LOCK_FAR \
	", " KEYS_WAITED("$3", ", p.priority, p.run_at, p.id, (" WANTED("p", "$4", "$5") ") IS TRUE AS wanted", \
		    " AND (SELECT b.needed FROM behind b)") ", " \
	"best AS MATERIALIZED (" \
		"SELECT w.tenant, w.resource_key, w.priority, w.run_at, w.id " \
		"FROM waited w WHERE w.wanted " \
		"UNION ALL SELECT w.tenant, w.resource_key, b.priority, b.run_at, b.id " \
		"FROM waited w CROSS JOIN LATERAL (" \
			"SELECT p.priority, p.run_at, p.id FROM @schema.cairn_job_live p " \
			"WHERE " WAITS("p", "$3") " AND p.tenant = w.tenant " \
			"AND p.resource_key = w.resource_key AND " WANTED("p", "$4", "$5") " " \
			"ORDER BY " QUEUE_ORDER("p") " LIMIT 1" \
		") b WHERE NOT w.wanted ORDER BY 3 DESC, 4, 5" \
	"), far AS MATERIALIZED (" \
		HOLD("best", "1") \
	") SELECT " STATE_OR_FAR ", set_config('cairn.held', (SELECT " \
	HELD_KEYS("SELECT n.tenant, n.resource_key FROM near n " \
		  "UNION SELECT f.tenant, f.resource_key FROM far f") "), true)"

/*
 * What the locked resources have room for, and which jobs get it. Of the others no more are locked
 * than will be taken, if nobody else holds any.
 */
#define PERMITTED \
	"WITH " CALL_CLOCK "held AS MATERIALIZED (" \
		"SELECT k.tenant, k.resource_key, " CAPACITY("k") " - (" \
		IN_USE("k.tenant", "k.resource_key", CALL_T) ") AS room FROM (" \
			"SELECT split_part(x, E'\\x1f', 1) AS tenant, " \
			"split_part(x, E'\\x1f', 2) AS resource_key " \
			"FROM unnest(current_setting('cairn.held')::text[]) x OFFSET 0" \
		") k" \
	"), permitted AS MATERIALIZED (" \
		"SELECT j.* FROM held h CROSS JOIN LATERAL (" \
			"SELECT p.id, p.priority, p.run_at, p.run_number, p.attempt, p.stage, " \
			"p.events, p.fence FROM @schema.cairn_job_live p WHERE " WAITS("p", "$3::text") " " \
			"AND p.tenant = h.tenant AND p.resource_key = h.resource_key " \
			"AND " WANTED("p", "$7", "$8") " ORDER BY " QUEUE_ORDER("p") " " \
			"LIMIT GREATEST(0, LEAST(h.room, $10::int8)) FOR UPDATE SKIP LOCKED" \
		") j" \
	"), "

#define OPEN_JOBS(columns) \
	"SELECT " columns " FROM @schema.cairn_job_live p " \
	"WHERE p.queue = $3 AND p.status = 'PENDING' AND NOT p.parked " \
	"AND p.resource_key IS NULL AND " WANTED("p", "$7", "$8") " " \
	"AND current_setting('cairn.queue') IN ('', 'keyed') ORDER BY " QUEUE_ORDER("p") " "

#define PICK_BOTH \
	"open AS MATERIALIZED (" \
		OPEN_JOBS("p.id, p.priority, p.run_at, p.run_number, p.attempt, p.stage, p.events, " \
			  "p.fence") \
		"LIMIT (" \
			"SELECT count(*) FROM (" \
				"SELECT a.unkeyed FROM (" \
					"(" OPEN_JOBS("p.id, p.priority, p.run_at, true AS unkeyed") \
					"LIMIT $10) UNION ALL " \
					"SELECT j.id, j.priority, j.run_at, false FROM permitted j" \
				") a ORDER BY " QUEUE_ORDER("a") " LIMIT $10" \
			") b WHERE b.unkeyed" \
		") FOR UPDATE SKIP LOCKED" \
	"), pick AS MATERIALIZED (" \
		"SELECT p.* FROM (SELECT * FROM open UNION ALL SELECT * FROM permitted) p " \
		"ORDER BY " QUEUE_ORDER("p") " LIMIT $10" \
	"), "

/*
 * cairn_job_live_claim and cairn_job_live_parked, one probe for each queue; the resources' probes.
 * $2 queues: whether there is work, and how many microseconds until the next job is due.
 */
#define TEXT_WAITING \
	"WITH q AS MATERIALIZED (" \
		"SELECT q.queue FROM unnest($2::text[]) AS q(queue) WHERE NOT EXISTS (" \
		"SELECT FROM @schema.cairn_queue_pause z WHERE " IS("z.queue", "q.queue") ")" \
	") SELECT EXISTS (" \
		"SELECT FROM q CROSS JOIN LATERAL (" \
			"SELECT FROM @schema.cairn_job_live p WHERE p.queue = q.queue " \
			"AND p.status = 'PENDING' AND NOT p.parked AND p.resource_key IS NULL " \
			"AND p.run_at <= " T " LIMIT 1" \
		") p" \
	") OR EXISTS (" \
		"SELECT FROM q CROSS JOIN LATERAL (" \
			"SELECT FROM @schema.cairn_job_live p WHERE p.queue = q.queue " \
			"AND p.parked AND p.run_at <= " T " LIMIT 1" \
		") p" \
	") OR EXISTS (" \
		"SELECT FROM q CROSS JOIN LATERAL (" \
			"WITH RECURSIVE " KEYS_WAITED("q.queue", "", "") " SELECT FROM waited w " \
			"WHERE " CAPACITY("w") " > " IN_USE("w.tenant", "w.resource_key", T) " " \
			"AND EXISTS (SELECT FROM @schema.cairn_job_live p " \
			"WHERE " WAITS("p", "q.queue") " AND p.tenant = w.tenant " \
			"AND p.resource_key = w.resource_key AND p.run_at <= " T ") LIMIT 1" \
		") p" \
	"), (" \
		"SELECT (EXTRACT(EPOCH FROM min(p.run_at) - " T ") * 1000000)::int8 " \
		"FROM q CROSS JOIN LATERAL (" \
			"SELECT p.run_at FROM @schema.cairn_job_live p WHERE p.queue = q.queue " \
			"AND p.parked AND p.run_at > " T " ORDER BY p.run_at LIMIT 1" \
		") p" \
	")"

/*
 * cairn_job_live_pkey, cairn_resource_pkey. What the jobs in $2 need that were inserted just before;
 * most often all of it is there.
 */
#define TEXT_RESOURCE_NEED \
	"INSERT INTO @schema.cairn_resource (tenant, resource_key, capacity, created_at, updated_at) " \
	"SELECT DISTINCT j.tenant, j.resource_key, 1, " T ", " T " FROM (" \
		"SELECT l.tenant, l.resource_key FROM @schema.cairn_job_live l " \
		"WHERE l.id = ANY ($2::uuid[]) OFFSET 0" \
	") j WHERE j.resource_key IS NOT NULL ORDER BY 1, 2 ON CONFLICT DO NOTHING"

/* ---- queues ------------------------------------------------------------------- */

/*
 * Counts every row. $2 scope, $3 queues above it, $4: ended jobs too, $5 limit. The time stands in
 * every row, and alone where there is no queue.
 */
#define TEXT_QUEUES \
	"SELECT t.now, s.* FROM (SELECT " T " AS now) t LEFT JOIN LATERAL (" \
		"SELECT j.queue, " \
		"count(*) FILTER (WHERE j.status = 'PENDING' AND j.run_at <= t.now), " \
		"count(*) FILTER (WHERE j.status = 'PENDING' AND j.run_at > t.now), " \
		"count(*) FILTER (WHERE j.status = 'LEASED'), " \
		"count(*) FILTER (WHERE j.status = 'LEASED' AND j.lease_expires_at < t.now), " \
		"min(j.run_at) FILTER (WHERE j.status = 'PENDING' AND j.run_at <= t.now), " \
		"count(*) FILTER (WHERE j.status = 'SUCCEEDED'), " \
		"count(*) FILTER (WHERE j.status = 'DEAD_LETTERED'), " \
		"count(*) FILTER (WHERE j.status = 'CANCELED'), max(j.paused_at) FROM (" \
			"SELECT l.queue, l.status, l.run_at, l.lease_expires_at, " \
			"NULL::timestamptz AS paused_at FROM @schema.cairn_job_live l " \
			"WHERE ($2::text IS NULL OR l.tenant = $2) AND l.queue > $3::text " \
			"UNION ALL " \
			"SELECT d.queue, d.status, d.run_at, d.lease_expires_at, NULL " \
			"FROM @schema.cairn_job_done d WHERE $4::boolean " \
			"AND ($2 IS NULL OR d.tenant = $2) AND d.queue > $3 " \
			"UNION ALL " \
			"SELECT z.queue, NULL, NULL, NULL, z.paused_at " \
			"FROM @schema.cairn_queue_pause z WHERE z.queue > $3" \
		") j GROUP BY j.queue HAVING $2 IS NULL OR count(j.status) > 0 " \
		"ORDER BY j.queue LIMIT $5::int8" \
	") s ON true ORDER BY s.queue"

/* cairn_queue_pause_pkey. Answers the queues that were not paused. */
#define TEXT_QUEUE_PAUSE \
	"INSERT INTO @schema.cairn_queue_pause (queue, paused_at) " \
	"SELECT DISTINCT q COLLATE \"C\", " T " FROM unnest($2::text[]) q ORDER BY 1 " \
	"ON CONFLICT DO NOTHING RETURNING queue"

/* cairn_queue_pause_pkey, in its order. Answers the queues that were paused, and those somebody waits for. */
#define TEXT_QUEUE_RESUME \
	"WITH locked AS MATERIALIZED (" \
		"SELECT z.queue FROM @schema.cairn_queue_pause z WHERE z.queue = ANY ($1::text[]) " \
		"ORDER BY z.queue FOR UPDATE" \
	") DELETE FROM @schema.cairn_queue_pause z " \
	"WHERE z.queue = ANY (ARRAY(SELECT k.queue FROM locked k)) RETURNING z.queue, " \
	WAKES("true", "z.queue")

/* ---- resources ------------------------------------------------------------------ */

/* cairn_resource_pkey. $2 tenants, $3 keys, $4 capacities; the last one of a key counts. */
#define TEXT_RESOURCE_SET \
	"INSERT INTO @schema.cairn_resource AS r (tenant, resource_key, capacity, created_at, " \
	"updated_at) SELECT DISTINCT ON (i.tenant COLLATE \"C\", i.key COLLATE \"C\") i.tenant, " \
	"i.key, i.capacity, " T ", " T " FROM unnest($2::text[], $3::text[], $4::int4[]) " \
	"WITH ORDINALITY AS i(tenant, key, capacity, n) " \
	"ORDER BY i.tenant COLLATE \"C\", i.key COLLATE \"C\", i.n DESC " \
	"ON CONFLICT (tenant, resource_key) DO UPDATE SET capacity = excluded.capacity, " \
	"updated_at = excluded.updated_at WHERE r.capacity <> excluded.capacity"

/*
 * cairn_resource_pkey in its order; the indexes of IN_USE; cairn_job_live_resource_use. $2 scope, $3
 * key, behind $4 and $5, $6 limit.
 */
#define TEXT_RESOURCES \
	"SELECT r.tenant, r.resource_key, r.capacity, " \
	IN_USE("r.tenant", "r.resource_key", T) ", " \
	"(SELECT count(*) FROM @schema.cairn_job_live w WHERE w.tenant = r.tenant " \
	"AND w.resource_key = r.resource_key AND w.resource_key > '' AND w.status >= 'PENDING' AND w.run_at <= " T "), " \
	"r.created_at, r.updated_at FROM @schema.cairn_resource r " \
	"WHERE ($2::text IS NULL OR r.tenant = $2) AND ($3::text IS NULL OR r.resource_key = $3) " \
	"AND (r.tenant, r.resource_key) > ($4::text, $5::text) " \
	"ORDER BY r.tenant, r.resource_key LIMIT $6::int8"

/* ---- owners ---------------------------------------------------------------------- */

/* cairn_owner_pkey. */
#define TEXT_OWNER_REGISTER \
	"INSERT INTO @schema.cairn_owner (name, incarnation, host, version, queues, labels, pid, " \
	"started_at, registered_at, heartbeat_at, closed_at) VALUES ($2::text, $3::uuid, " \
	"$4::text, $5::text, $6::json, $7::json, $8::int8, COALESCE($9::timestamptz, " T "), " T ", " \
	T ", NULL) ON CONFLICT (name) DO UPDATE SET incarnation = excluded.incarnation, " \
	"host = excluded.host, version = excluded.version, queues = excluded.queues, " \
	"labels = excluded.labels, pid = excluded.pid, started_at = excluded.started_at, " \
	"registered_at = excluded.registered_at, heartbeat_at = excluded.heartbeat_at, " \
	"closed_at = NULL"

/*
 * cairn_owner_pkey, in its order. $2 names, $3 incarnations, $4: 1 closes. Answers for each item
 * whose name is there who has it, and whether that one is closed, as found.
 */
#define TEXT_OWNER_TOUCH \
	"WITH locked AS MATERIALIZED (" \
		"SELECT o.name, o.incarnation, o.closed_at FROM @schema.cairn_owner o " \
		"WHERE o.name = ANY ($2::text[]) ORDER BY o.name FOR NO KEY UPDATE" \
	"), found AS MATERIALIZED (" \
		"SELECT i.n, i.id, k.name, k.incarnation, k.closed_at IS NOT NULL AS closed " \
		"FROM unnest($2, $3::uuid[]) WITH ORDINALITY AS i(name, id, n) " \
		"JOIN locked k ON k.name = i.name COLLATE \"C\"" \
	"), touched AS (" \
		"UPDATE @schema.cairn_owner o SET " \
		"heartbeat_at = CASE WHEN $4::int4 = 0 THEN " T " ELSE o.heartbeat_at END, " \
		"closed_at = CASE WHEN $4 = 1 THEN " T " END " \
		"WHERE o.name = ANY (ARRAY(SELECT f.name FROM found f " \
		"WHERE f.id = f.incarnation AND NOT f.closed))" \
	") SELECT f.n, f.incarnation, f.closed FROM found f"

/* cairn_owner_pkey. $2 states, $3 time without heartbeat, $4 names above it, $5 limit. */
#define TEXT_OWNERS \
	"SELECT t.now, o.name, o.incarnation, o.host, o.version, o.queues, o.labels, o.pid, " \
	"o.state, o.started_at, o.registered_at, o.heartbeat_at, o.closed_at " \
	"FROM (SELECT " T " AS now) t LEFT JOIN LATERAL (" \
		"SELECT o.*, CASE WHEN o.closed_at IS NOT NULL THEN 3 " \
		"WHEN o.heartbeat_at < t.now - $3::int8 * interval '1 microsecond' THEN 2 " \
		"ELSE 1 END AS state FROM @schema.cairn_owner o WHERE o.name > $4::text OFFSET 0" \
	") o ON $2::int4 & (1 << o.state) <> 0 ORDER BY o.name LIMIT $5::int8"

/* cairn_owner_silent from its beginning. */
#define TEXT_OWNER_PRUNE \
	"DELETE FROM @schema.cairn_owner WHERE ctid = ANY (ARRAY(" \
		"SELECT o.ctid FROM @schema.cairn_owner o WHERE COALESCE(o.closed_at, " \
		"o.heartbeat_at) <= " T " - $2::int8 * interval '1 microsecond' " \
		"ORDER BY COALESCE(o.closed_at, o.heartbeat_at) LIMIT $3::int8 " \
		"FOR UPDATE SKIP LOCKED" \
	"))"
/* clang-format on */

#endif
