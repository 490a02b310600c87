/*
 * sql_catalog.h - the statements that write runtime configs and those that count, as pieces
 * for sql.c, which has the macros they are written in.
 */
#ifndef CAIRN_PG_SQL_CATALOG_H
#define CAIRN_PG_SQL_CATALOG_H

/* SQL is laid out by its clauses. */
/* clang-format off */

/* ---- runtime configs: $2 types, $3 versions, $4 by whom, $5 objects ------- */

/*
 * Answers the items that have a definition, and whether their row is new: one that no other
 * transaction, and no conflict, has ever locked has no xmax.
 */
#define CONFIG_PUT(order, conflict) \
	"WITH item AS MATERIALIZED (" \
		"SELECT DISTINCT ON (i.type COLLATE \"C\") i.type, i.version, i.updated_by, " \
		"i.config FROM unnest($2::text[], $3::int4[], $4::text[], $5::json[]) " \
		"WITH ORDINALITY AS i(type, version, updated_by, config, n) " \
		"JOIN @schema.cairn_job_definition d ON d.type = i.type " \
		"ORDER BY i.type COLLATE \"C\", " order \
	"), put AS (" \
		"INSERT INTO @schema.cairn_job_config AS c (type, version, created_at, " \
		"updated_at, config, updated_by) " \
		"SELECT i.type, i.version, " T ", " T ", i.config, i.updated_by FROM item i " \
		"ORDER BY i.type COLLATE \"C\" ON CONFLICT (type) " conflict " " \
		"RETURNING c.type, c.xmax = 0 AS fresh" \
	") SELECT i.n, COALESCE(p.fresh, false) " \
	"FROM unnest($2) WITH ORDINALITY AS i(type, n) " \
	"JOIN @schema.cairn_job_definition d ON d.type = i.type " \
	"LEFT JOIN put p ON p.type = i.type"

/* ---- metrics: $2 after, $3 type, $4 limit, $5 scope, $6 window ------------ */

#define SINCE T " - $6::int8 * interval '1 microsecond'"
#define A_TYPE "= ANY (ARRAY(SELECT d.type FROM d))"

#define METRICS_JOBS \
	"WITH d AS MATERIALIZED (" \
		"SELECT d.type, d.enabled FROM @schema.cairn_job_definition d " \
		"WHERE d.type > $2::text AND ($3::text IS NULL OR d.type = $3) " \
		"ORDER BY d.type LIMIT $4::int8" \
	"), j AS MATERIALIZED (" \
		"SELECT s.type, count(*) FILTER (WHERE s.status = 'PENDING') AS pending, " \
		"count(*) FILTER (WHERE s.status = 'PENDING' AND s.run_at <= " T ") AS ready, " \
		"count(*) FILTER (WHERE s.status = 'LEASED') AS leased, " \
		"count(*) FILTER (WHERE s.status = 'LEASED' AND s.lease_expires_at < " T ") " \
		"AS expired, min(s.run_at) FILTER (WHERE s.status = 'PENDING' " \
		"AND s.run_at <= " T ") AS oldest, " \
		"count(*) FILTER (WHERE s.again) AS again, " \
		"max(s.run_number) FILTER (WHERE s.again) AS max_run FROM (" \
			"SELECT l.type, l.status, l.run_at, l.lease_expires_at, l.run_number, " \
			"CASE WHEN l.run_number > 1 THEN EXISTS (" \
				"SELECT FROM @schema.cairn_job_attempt e WHERE e.job_id = l.id " \
				"AND e.run_number = l.run_number - 1 " \
				"AND e.ending = 'CONTINUED') " \
			"ELSE false END AS again FROM @schema.cairn_job_live l " \
			"WHERE " IN_SCOPE("l.tenant", "$5") " AND l.type " A_TYPE \
		") s GROUP BY s.type" \
	"), "

#define ENDED(word) ", count(*) FILTER (WHERE e.ending = '" word "')"
#define PERCENTILE(p) \
	"floor(percentile_cont(" p ") WITHIN GROUP (ORDER BY e.took) + 0.5)::int8"

#define METRICS_ATTEMPTS \
	"a AS MATERIALIZED (" \
		"SELECT e.type, ARRAY[count(*)" ENDED("SUCCEEDED") ENDED("RETRYABLE") \
		ENDED("TERMINAL") ENDED("TIMEOUT") ENDED("PANICKED") ENDED("LEASE_EXPIRED") \
		ENDED("CANCELED") ENDED("CONTINUED") ENDED("SNOOZED") ENDED("RELEASED") "] " \
		"AS ended, " PERCENTILE("0.5") " AS p50, " PERCENTILE("0.95") " AS p95 FROM (" \
			"SELECT o.type, t.ending, " \
			"(extract(epoch FROM t.finished_at - t.leased_at) * 1000000)::int8 AS took " \
			"FROM @schema.cairn_job_attempt t JOIN LATERAL (" \
				"SELECT l.type, l.tenant FROM @schema.cairn_job_live l " \
				"WHERE l.id = t.job_id " \
				"UNION ALL " \
				"SELECT f.type, f.tenant FROM @schema.cairn_job_done f " \
				"WHERE f.id = t.job_id" \
			") o ON true WHERE t.finished_at >= " SINCE " " \
			"AND " IN_SCOPE("o.tenant", "$5") " AND o.type " A_TYPE \
		") e GROUP BY e.type" \
	"), "

/* There is a row for the time even when there is no definition. */
#define METRICS_ROWS \
	"dead AS MATERIALIZED (" \
		"SELECT x.type, count(*) AS dead FROM @schema.cairn_job_dead_letter x " \
		"WHERE x.failed_at >= " SINCE " AND " IN_SCOPE("x.tenant", "$5") " " \
		"AND x.type " A_TYPE " GROUP BY x.type" \
	") SELECT t.now, d.type, d.enabled, j.pending, j.ready, j.leased, j.expired, j.oldest, " \
	"j.again, j.max_run, a.ended[1], a.ended[2], a.ended[3], a.ended[4], a.ended[5], " \
	"a.ended[6], a.ended[7], a.ended[8], a.ended[9], a.ended[10], a.ended[11], " \
	"a.p50, a.p95, x.dead FROM (SELECT " T " AS now) t LEFT JOIN d ON true " \
	"LEFT JOIN j ON j.type = d.type LEFT JOIN a ON a.type = d.type " \
	"LEFT JOIN dead x ON x.type = d.type ORDER BY d.type"

/* ---- summary: $2 scope ----------------------------------------------------- */

#define IN_STATUS(word) "count(*) FILTER (WHERE s.status = '" word "')"
#define PENDING_AND(test) "FILTER (WHERE s.status = 'PENDING' AND s.run_at " test " t.now)"

#define SUMMARY_JOBS \
	"WITH t AS MATERIALIZED (SELECT " T " AS now), j AS MATERIALIZED (" \
		"SELECT count(*) AS c1, " IN_STATUS("PENDING") " AS c2, " IN_STATUS("LEASED") \
		" AS c3, " IN_STATUS("SUCCEEDED") " AS c4, " IN_STATUS("DEAD_LETTERED") \
		" AS c5, " IN_STATUS("CANCELED") " AS c6, count(*) " PENDING_AND("<=") " AS c7, " \
		"count(*) " PENDING_AND(">") " AS c8, count(*) FILTER (WHERE s.status = 'LEASED' " \
		"AND s.lease_expires_at < t.now) AS c9, min(s.run_at) " PENDING_AND("<=") \
		" AS c10, count(DISTINCT s.queue) AS c11 FROM t CROSS JOIN (" \
			"SELECT l.queue, l.status, l.run_at, l.lease_expires_at " \
			"FROM @schema.cairn_job_live l WHERE " IN_SCOPE("l.tenant", "$2") " " \
			"UNION ALL " \
			"SELECT f.queue, f.status, f.run_at, f.lease_expires_at " \
			"FROM @schema.cairn_job_done f WHERE " IN_SCOPE("f.tenant", "$2") \
		") s" \
	"), "

#define RECENT(span) "FILTER (WHERE e.finished_at >= t.now - interval '" span "'"

#define SUMMARY_ATTEMPTS \
	"a AS MATERIALIZED (" \
		"SELECT count(*) " RECENT("1 minute") ") AS m, " \
		"count(*) " RECENT("1 minute") " AND e.failed) AS mf, " \
		"count(*) " RECENT("1 hour") ") AS h, " \
		"count(*) " RECENT("1 hour") " AND e.failed) AS hf, " \
		"count(*) AS d, count(*) FILTER (WHERE e.failed) AS df FROM t CROSS JOIN LATERAL (" \
			"SELECT q.finished_at, q.ending IN ('RETRYABLE', 'TERMINAL', 'TIMEOUT', " \
			"'PANICKED', 'LEASE_EXPIRED') AS failed " \
			"FROM @schema.cairn_job_attempt q " \
			"WHERE q.finished_at >= t.now - interval '24 hours' " \
			"AND ($2 IS NULL OR EXISTS (" \
				"SELECT FROM @schema.cairn_job_live l " \
				"WHERE l.id = q.job_id AND l.tenant = $2) OR EXISTS (" \
				"SELECT FROM @schema.cairn_job_done f " \
				"WHERE f.id = q.job_id AND f.tenant = $2))" \
		") e" \
	"), d AS MATERIALIZED (" \
		"SELECT count(*) AS n, count(*) FILTER (WHERE NOT d.enabled) AS off " \
		"FROM @schema.cairn_job_definition d" \
	") SELECT t.now, j.c1, j.c2, j.c3, j.c4, j.c5, j.c6, j.c7, j.c8, j.c9, j.c10, j.c11, " \
	"a.m, a.mf, a.h, a.hf, a.d, a.df, d.n, d.off FROM t, j, a, d"

#define TEXT_CONFIG_PUT \
	CONFIG_PUT("i.n DESC", "DO UPDATE SET version = excluded.version, " \
		   "updated_by = excluded.updated_by, updated_at = excluded.updated_at, " \
		   "config = excluded.config WHERE (c.version, c.updated_by, " \
		   "c.config::text) IS DISTINCT FROM (excluded.version, " \
		   "excluded.updated_by, excluded.config::text)")

#define TEXT_CONFIGS \
	"SELECT c.type, c.version, c.updated_by, c.created_at, c.updated_at, c.config " \
	"FROM @schema.cairn_job_config c WHERE c.type > $1::text " \
	"AND ($2::text IS NULL OR c.type = $2) ORDER BY c.type LIMIT $3::int8"

/* clang-format on */

#endif
