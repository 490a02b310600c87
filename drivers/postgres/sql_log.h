/* sql_log.h - the text that appends lines to jobs' logs. */
#ifndef CAIRN_PG_SQL_LOG_H
#define CAIRN_PG_SQL_LOG_H

#include "sql_change.h"

/* clang-format off */
#define LOG_LINES \
	"WITH item AS MATERIALIZED (" \
		"SELECT i.n, i.id, i.level, i.message, i.data, " \
		"COALESCE(l.run_number, d.run_number) AS run_number, " \
		"CASE WHEN i.guard & 1 <> 0 THEN l.attempt ELSE 0 END AS attempt " \
		"FROM unnest($3::uuid[], $4::int8[], $5::int4[], $6::text[], $7::int4[], " \
		"$8::text[], $9::json[]) WITH ORDINALITY " \
		"AS i(id, fence, guard, tenant, level, message, data, n) " \
		"LEFT JOIN @schema.cairn_job_live l ON " IS("l.id", "i.id") " " \
		"LEFT JOIN @schema.cairn_job_done d ON " IS("d.id", "i.id") " " \
		"WHERE CASE WHEN i.guard & 1 <> 0 " \
		"THEN l.status = 'LEASED' AND l.fence = i.fence " \
		"AND l.lease_expires_at > " TICK " " \
		"ELSE COALESCE(COALESCE(l.tenant, d.tenant) = i.tenant, " \
		"COALESCE(l.tenant, d.tenant) IS NOT NULL) END" \
	"), line AS (" \
		"INSERT INTO @schema.cairn_job_log (job_id, seq, at, run_number, attempt, " \
		"level, message, data) " \
		"SELECT i.id, COALESCE((" \
			"SELECT max(o.seq) FROM @schema.cairn_job_log o WHERE o.job_id = i.id" \
		"), 0) + row_number() OVER (PARTITION BY i.id ORDER BY i.n), " CALL_T ", " \
		"i.run_number, i.attempt, " \
		"('{DEBUG,INFO,WARNING,ERROR}'::text[])[i.level], i.message, i.data " \
		"FROM item i" \
	") SELECT i.n FROM item i"

/* clang-format on */

#endif
