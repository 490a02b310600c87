/*
 * sql_upkeep.h - the statements of upkeep, for sql.c.
 */
#ifndef CAIRN_PG_SQL_UPKEEP_H
#define CAIRN_PG_SQL_UPKEEP_H

#include "sql_wake.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

/* The first entry of a queue in cairn_job_live_parked. */
#define FIRST_PARKED(p, where) \
	"SELECT " p ".queue, " p ".run_at FROM @schema.cairn_job_live " p " " \
	"WHERE " p ".parked " where "ORDER BY " p ".queue, " p ".run_at LIMIT 1"

/*
 * $2 limit. From queue to queue, a probe for each; a queue whose first job is not due has none. One
 * more than the limit is locked, to know whether there is one. A row that is written in
 * between is not found again by its ctid: whoever wrote it has unparked it, or put it off.
 */
#define TEXT_UPKEEP_UNPARK \
	"WITH RECURSIVE q AS (" \
		"(" FIRST_PARKED("p", "") ") " \
		"UNION ALL SELECT n.queue, n.run_at FROM q CROSS JOIN LATERAL (" \
			FIRST_PARKED("p", "AND p.queue > q.queue ") \
		") n" \
	"), pick AS MATERIALIZED (" \
		"SELECT d.place FROM q CROSS JOIN LATERAL (" \
			"SELECT p.ctid AS place FROM @schema.cairn_job_live p " \
			"WHERE p.queue = q.queue AND p.parked AND p.run_at <= " T " " \
			"ORDER BY p.run_at LIMIT $2::int8 + 1 FOR UPDATE SKIP LOCKED" \
		") d WHERE q.run_at <= " T " LIMIT $2 + 1" \
	"), ready AS (" \
		"UPDATE @schema.cairn_job_live SET parked = false WHERE ctid = ANY (ARRAY(" \
			"SELECT k.place FROM pick k LIMIT $2" \
		")) RETURNING queue" \
	") SELECT r.jobs, (SELECT count(*) FROM pick) > $2, r.queue, " WAKES("true", "r.queue") " " \
	"FROM (SELECT g.queue, count(*) AS jobs FROM ready g GROUP BY g.queue) r"

/* As VACUUM itself decides it. */
#define MAY_VACUUM \
	"(pg_has_role(d.datdba, 'USAGE') OR CASE " \
	"WHEN current_setting('server_version_num')::int4 >= 170000 " \
	"THEN has_table_privilege(c.oid, 'MAINTAIN') " \
	"ELSE pg_has_role(c.relowner, 'USAGE') END)"

/* Who has a lock that VACUUM, another one say, would have to wait for. */
#define VACUUM_BLOCKED \
	"EXISTS (SELECT FROM pg_locks k WHERE k.locktype = 'relation' AND k.database = d.oid " \
	"AND k.relation = c.oid AND k.granted AND k.mode IN ('ShareUpdateExclusiveLock', " \
	"'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))"

/*
 * $1 schema, $2 always. The tables in the order of the texts that vacuum them: whether it is worth
 * it, allowed, and impossible now. What an old snapshot keeps dead stays dead, however often.
 */
#define TEXT_UPKEEP_LOOK \
	"SELECT w.worth, " MAY_VACUUM ", CASE WHEN w.worth THEN " VACUUM_BLOCKED " ELSE false END " \
	"FROM (VALUES (1, 'cairn_job_live', 1000), (2, 'cairn_job_waiter', 200)) " \
	"AS t(n, name, dead) JOIN pg_namespace s ON s.nspname = $1::text " \
	"JOIN pg_class c ON c.relnamespace = s.oid AND c.relname = t.name " \
	"JOIN pg_database d ON d.datname = current_database() CROSS JOIN LATERAL (" \
		"SELECT $2::boolean OR (pg_stat_get_dead_tuples(c.oid) >= t.dead AND COALESCE(" \
		"GREATEST(pg_stat_get_last_vacuum_time(c.oid), " \
		"pg_stat_get_last_autovacuum_time(c.oid)) " \
		"<= clock_timestamp() - interval '20 seconds', true)) AS worth" \
	") w ORDER BY t.n"

/* Waits for nobody, takes no lock that others would have to wait for. */
#define VACUUM_TABLE(name) \
	"VACUUM (SKIP_LOCKED, TRUNCATE false, INDEX_CLEANUP auto) @schema." name

/* clang-format on */

#endif
