/*
 * sql_budget.h - the ledger of budgets, as pieces for sql.c. Whoever writes holds the ledgers of the roots, made if
 * they are missing and locked by id in a statement of its own; what reads comes in a later one. Whoever writes replaces
 * the ledger's row, too: sql_budget_one.h looks at it.
 */
#ifndef CAIRN_PG_SQL_BUDGET_H
#define CAIRN_PG_SQL_BUDGET_H

#include "sql_replay_read.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

/* A run of which there is no replay yet is its own root. */
#define ROOT_OF(run) \
	"COALESCE((SELECT ro.root_id FROM @schema.cairn_replay ro WHERE ro.run_id = " run "), " run ")"

/*
 * Whoever makes a ledger holds the job that it is made for, as all who write to a run do: nobody deletes the tree then
 * who does not see the ledger. If the job's row moves meanwhile, only a later statement finds it: this goes twice.
 */
#define JOB_HELD(run) \
	"(" \
		"SELECT ls.id FROM (" \
			"SELECT l.id FROM @schema.cairn_job_live l WHERE l.id = " run " FOR NO KEY UPDATE" \
		") ls UNION ALL SELECT ds.id FROM (" \
			"SELECT d.id FROM @schema.cairn_job_done d WHERE d.id = " run " FOR NO KEY UPDATE" \
		") ds" \
	")"

/* cairn_replay_pkey, the jobs' primary keys in their order, cairn_ledger_pkey in its order. $1 runs, $2 scope. */
#define TEXT_LEDGER_OPEN \
	"WITH missing AS MATERIALIZED (" \
		"SELECT n.id, n.root FROM (" \
			"SELECT u.id, " ROOT_OF("u.id") " AS root FROM (" \
				"SELECT DISTINCT u.id FROM unnest($1::uuid[]) u(id)" \
			") u WHERE " JOB_IN_SCOPE("u.id", "$2") " OFFSET 0" \
		") n WHERE NOT EXISTS (" \
			"SELECT FROM @schema.cairn_ledger g WHERE g.root_id = n.root" \
		") ORDER BY n.id" \
	"), held AS MATERIALIZED (" \
		"SELECT m.root FROM missing m CROSS JOIN LATERAL " JOB_HELD("m.id") " j" \
	") INSERT INTO @schema.cairn_ledger (root_id, entries) " \
	"SELECT h.root, 0 FROM (SELECT DISTINCT h.root FROM held h) h ORDER BY h.root ON CONFLICT DO NOTHING"

/* cairn_replay_pkey, cairn_ledger_pkey in its order. $1 runs. Leaves the time, and the roots that it locked. */
#define TEXT_LEDGER_LOCK \
	"SELECT " LEAVE_NOW("clock_timestamp()") ", set_config('cairn.roots', held.ids, true) FROM (" \
		"SELECT '{' || COALESCE(string_agg(g.root_id::text, ','), '') || '}' AS ids FROM (" \
			"SELECT g.root_id FROM @schema.cairn_ledger g WHERE g.root_id = ANY (ARRAY(" \
				"SELECT " ROOT_OF("u.id") " FROM unnest($1::uuid[]) u(id)" \
			")) ORDER BY g.root_id FOR NO KEY UPDATE" \
		") g" \
	") held"

/* What was enqueued while the lock was waited for has no ledger that is held: for this call it is not there. */
#define ROOT_HELD(root) root " = ANY (" LEFT_UUIDS("cairn.roots") ")"

/* The same indexes, cairn_budget_pkey. $3 run, $4 scope, $5 axes, $6 kinds, $7 totals. Answers a row if it is there. */
#define TEXT_BUDGET_SET \
	"WITH " CALL_CLOCK "root AS MATERIALIZED (" \
		"SELECT u.root AS id FROM (" \
			"SELECT " ROOT_OF("$3::uuid") " AS root WHERE " JOB_IN_SCOPE("$3", "$4") " OFFSET 0" \
		") u WHERE " ROOT_HELD("u.root") \
	"), put AS (" \
		"INSERT INTO @schema.cairn_budget AS b (root_id, created_at, updated_at, total, spent, kind, axis) " \
		"SELECT r.id, c.now, c.now, i.total, 0, CASE i.kind WHEN 1 THEN 'SOFT' ELSE 'HARD' END, i.axis " \
		"FROM root r CROSS JOIN clock c CROSS JOIN unnest($5::text[], $6::int4[], $7::int8[]) " \
		"i(axis, kind, total) ORDER BY i.axis COLLATE \"C\" ON CONFLICT (root_id, axis) DO UPDATE SET " \
		"total = excluded.total, kind = excluded.kind, updated_at = excluded.updated_at" \
	"), ledger AS (" \
		"UPDATE @schema.cairn_ledger g SET entries = g.entries FROM root r WHERE " IS("g.root_id", "r.id") \
	") SELECT r.id FROM root r"

/* ---- writing ------------------------------------------------------------------------ */

/*
 * cairn_job_live_pkey, cairn_memo_pkey; the jobs' primary keys, cairn_replay_pkey, cairn_budget_entry_source,
 * cairn_budget_entry_reserving, cairn_budget_pkey, cairn_ledger_pkey. $3 verb (1 charge, 2 reserve, 3 release), $4: all or
 * none, $5 runs, $6 axes, $7 and $8 sources, $9 amounts, $10 duration, $11 scope; $12 and $13 the lease under which,
 * $14 and $15 the memo and claim, or NULL.
 *
 * The items are gone through one by one, with what each budget (g) and each entry (e) has come to in arrays: 0 no
 * entry, 1 RESERVED, 2 CHARGED, 3 RELEASED; live says whether a reservation is not over. how is the library's
 * number.
 */
#define BUDGET_ITEMS \
	"WITH RECURSIVE " CALL_CLOCK "held AS MATERIALIZED (" \
		"SELECT ($12::uuid IS NULL OR EXISTS (" \
			"SELECT FROM @schema.cairn_job_live l WHERE l.id = $12 AND l.status <> 'PENDING' " \
			"AND l.fence = $13::int8 AND l.lease_expires_at > " TICK \
		")) AND ($14::int8 IS NULL OR EXISTS (" \
			"SELECT FROM @schema.cairn_memo m WHERE m.run_id = $12 AND m.seq = $14 " \
			"AND m.status = 'RUNNING' AND m.claim = $15::uuid" \
		")) AS yes" \
	"), raw AS MATERIALIZED (" \
		"SELECT i.*, " JOB_IN_SCOPE("i.run", "$11") " AND " ROOT_HELD("i.root") " AS known FROM (" \
			"SELECT i.*, " ROOT_OF("i.run") " AS root " \
			"FROM unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::int8[]) WITH ORDINALITY " \
			"i(run, axis, source_type, source_id, amount, n) OFFSET 0" \
		") i" \
	"), item AS MATERIALIZED (" \
		"SELECT i.n, i.run, i.root, i.axis, i.source_type, i.source_id, i.amount, " \
		"row_number() OVER (ORDER BY i.n)::int4 AS k, " \
		"dense_rank() OVER (ORDER BY i.root, i.axis COLLATE \"C\")::int4 AS g, " \
		"dense_rank() OVER (ORDER BY i.root, i.axis COLLATE \"C\", i.source_type COLLATE \"C\", " \
		"i.source_id COLLATE \"C\")::int4 AS e, o.seq, o.tid, " \
		"COALESCE(array_position('{RESERVED,CHARGED,RELEASED}'::text[], o.state::text), 0) AS state, " \
		"COALESCE(o.amount, 0) AS was, COALESCE(o.state = 'RESERVED' AND o.expires_at > c.now, false) " \
		"AS live, b.total, COALESCE(b.kind = 'HARD' AND b.total IS NOT NULL, false) AS hard, " \
		"COALESCE(b.spent, 0) AS spent, COALESCE((" \
			"SELECT sum(v.amount) FROM @schema.cairn_budget_entry v WHERE v.reserving = i.root " \
			"AND v.axis = i.axis AND v.expires_at > c.now" \
		"), 0)::int8 AS reserved FROM raw i CROSS JOIN clock c LEFT JOIN LATERAL (" \
			"SELECT o.seq, o.ctid AS tid, o.state, o.amount, o.expires_at FROM @schema.cairn_budget_entry o " \
			"WHERE o.find_id = i.root AND o.axis = i.axis AND o.source_type = i.source_type " \
			"AND o.source_id = i.source_id OFFSET 0" \
		") o ON true LEFT JOIN LATERAL (" \
			"SELECT b.total, b.kind, b.spent FROM @schema.cairn_budget b " \
			"WHERE b.root_id = i.root AND b.axis = i.axis OFFSET 0" \
		") b ON true WHERE i.known AND (SELECT h.yes FROM held h)" \
	"), "

/* An array with its i-th element replaced. */
#define PUT(array, i, value) \
	array "[:" i " - 1] || (" value ") || " array "[" i " + 1:]"
#define OF_EACH(number, column) \
	"ARRAY(SELECT q." column " FROM (SELECT DISTINCT " number ", " column " FROM item) q ORDER BY q." number ")"

/* to: what becomes of the entry; 0: it stays. */
#define BUDGET_WALK \
	"walk AS (" \
		"SELECT 0 AS k, 0 AS g, 0 AS e, 0 AS how, 0 AS turn, " OF_EACH("g", "spent") " AS spent, " \
		OF_EACH("g", "reserved") " AS reserved, " OF_EACH("e", "state") " AS state, " \
		OF_EACH("e", "was") " AS was, " OF_EACH("e", "live") " AS live " \
		"UNION ALL SELECT y.k, y.g, y.e, y.how, CASE WHEN y.how = 2 OR (y.how = 3 AND $3 = 2) THEN y.k ELSE 0 END, " \
		"CASE WHEN y.how = 2 AND $3 = 1 THEN " PUT("y.spent", "y.g", "y.spent[y.g] + y.amount") " ELSE y.spent END, " \
		"CASE WHEN y.how = 2 THEN " \
		PUT("y.reserved", "y.g", "y.reserved[y.g] - y.own + CASE WHEN $3 = 2 THEN y.amount ELSE 0 END") " " \
		"ELSE y.reserved END, " \
		"CASE WHEN y.how = 2 THEN " PUT("y.state", "y.e", "CASE $3 WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE 3 END") " " \
		"ELSE y.state END, " \
		"CASE WHEN y.how = 2 AND $3 < 3 THEN " PUT("y.was", "y.e", "y.amount") " ELSE y.was END, " \
		"CASE WHEN y.how = 2 THEN " PUT("y.live", "y.e", "$3 = 2") " ELSE y.live END FROM (" \
			"SELECT x.*, CASE WHEN x.want <> 2 OR $3 = 3 OR ($3 = 1 AND x.amount <= " \
			"LEAST(x.own, 9223372036854775807 - x.spent[x.g])) THEN x.want " \
			"WHEN x.hard AND x.sum > x.total THEN 5 WHEN x.sum > 9223372036854775807 THEN 6 ELSE 2 END AS how " \
			"FROM (" \
				"SELECT z.*, z.spent[z.g]::numeric + z.reserved[z.g] - z.own + z.amount AS sum, " \
				"CASE $3::int4 WHEN 1 THEN CASE WHEN z.state[z.e] <> 2 THEN 2 " \
				"WHEN z.was[z.e] = z.amount THEN 3 ELSE 4 END " \
				"WHEN 2 THEN CASE WHEN z.state[z.e] = 2 THEN 4 " \
				"WHEN z.live[z.e] AND z.was[z.e] = z.amount THEN 3 ELSE 2 END " \
				"ELSE CASE z.state[z.e] WHEN 0 THEN 7 WHEN 2 THEN 4 " \
				"ELSE CASE WHEN z.live[z.e] THEN 2 ELSE 3 END END END AS want FROM (" \
					"SELECT i.k, i.g, i.e, i.amount, i.total, i.hard, w.spent, w.reserved, " \
					"w.state, w.was, w.live, " \
					"CASE WHEN w.live[i.e] THEN w.was[i.e] ELSE 0 END AS own " \
					"FROM walk w JOIN item i ON i.k = w.k + 1" \
				") z" \
			") x" \
		") y" \
	"), "

/* What all that came to, unless one of all was refused. */
#define BUDGET_TURN \
	"final AS MATERIALIZED (" \
		"SELECT w.* FROM walk w ORDER BY w.k DESC LIMIT 1" \
	"), verdict AS MATERIALIZED (" \
		"SELECT (SELECT h.yes FROM held h) AND NOT ($4::boolean AND (" \
			"EXISTS (SELECT FROM walk w WHERE w.k > 0 AND w.how NOT IN (2, 3)) " \
			"OR EXISTS (SELECT FROM raw r WHERE NOT r.known)" \
		")) AS good" \
	"), touched AS MATERIALIZED (" \
		"SELECT t.*, i.root, i.run, i.axis, i.source_type, i.source_id, i.seq AS had, i.tid, f.state[t.e] AS to_state, " \
		"f.was[t.e] AS to_amount, CASE WHEN i.seq IS NULL THEN row_number() OVER " \
		"(PARTITION BY i.root, i.seq IS NULL ORDER BY t.k) END AS place FROM (" \
			"SELECT w.e, min(w.turn) AS k, max(w.turn) AS last FROM walk w WHERE w.turn > 0 GROUP BY w.e" \
		") t JOIN item i ON i.k = t.last CROSS JOIN final f WHERE (SELECT v.good FROM verdict v)" \
	"), "
#define STATE_WORD(n) "('{RESERVED,CHARGED,RELEASED}'::text[])[" n "]"
#define EXPIRES "CASE WHEN t.to_state = 1 THEN c.now + $10::int8 * interval '1 microsecond' END"
#define BUDGET_PUT \
	"fresh AS (" \
		"INSERT INTO @schema.cairn_budget_entry (root_id, find_id, reserving, run_id, seq, created_at, " \
		"updated_at, expires_at, amount, state, axis, source_type, source_id) " \
		"SELECT t.root, t.root, CASE WHEN t.to_state = 1 THEN t.root END, t.run, g.entries + t.place, c.now, " \
		"c.now, " EXPIRES ", t.to_amount, " STATE_WORD("t.to_state") ", t.axis, t.source_type, t.source_id " \
		"FROM touched t CROSS JOIN clock c CROSS JOIN LATERAL (" \
			"SELECT g.entries FROM @schema.cairn_ledger g WHERE g.root_id = t.root OFFSET 0" \
		") g WHERE t.had IS NULL" \
	"), again AS (" \
		"UPDATE @schema.cairn_budget_entry o SET run_id = CASE WHEN $3 < 3 THEN t.run ELSE o.run_id END, updated_at = c.now, " \
		"expires_at = " EXPIRES ", " \
		"amount = t.to_amount, state = " STATE_WORD("t.to_state") ", " \
		"reserving = CASE WHEN t.to_state = 1 THEN t.root END FROM touched t CROSS JOIN clock c " \
		"WHERE o.ctid = t.tid AND t.had IS NOT NULL" \
	"), ledger AS (" \
		"UPDATE @schema.cairn_ledger g SET entries = g.entries + t.n FROM (" \
			"SELECT t.root, COALESCE(max(t.place), 0) AS n FROM touched t GROUP BY t.root" \
		") t WHERE " IS("g.root_id", "t.root") \
	"), budget AS (" \
		"INSERT INTO @schema.cairn_budget AS b (root_id, created_at, updated_at, spent, kind, axis) " \
		"SELECT DISTINCT t.root, c.now, c.now, f.spent[i.g], 'SOFT', t.axis FROM touched t " \
		"JOIN item i ON i.k = t.k CROSS JOIN final f CROSS JOIN clock c WHERE $3 < 3 " \
		"ON CONFLICT (root_id, axis) DO UPDATE SET spent = excluded.spent, updated_at = excluded.updated_at " \
		"WHERE $3 = 1" \
	") SELECT r.n, CASE WHEN NOT (SELECT h.yes FROM held h) THEN 1 ELSE COALESCE(w.how, 0) END, " \
	"i.total, CASE WHEN v.good THEN f.spent[i.g] ELSE i.spent END, " \
	"CASE WHEN v.good THEN f.reserved[i.g] ELSE i.reserved END, " \
	"set_config('cairn.charged', CASE WHEN v.good THEN '1' ELSE '0' END, true) " \
	"FROM raw r CROSS JOIN verdict v CROSS JOIN final f LEFT JOIN item i ON i.n = r.n " \
	"LEFT JOIN walk w ON w.k = i.k"

/* ---- reading -------------------------------------------------------------------------- */

/* cairn_budget_pkey, in its order; cairn_budget_entry_reserving. $2 run, $3 scope. */
#define TEXT_BUDGETS \
	"SELECT n.root, b.* FROM (" \
		"SELECT " ROOT_OF("$2::uuid") " AS root WHERE " JOB_IN_SCOPE("$2", "$3") " OFFSET 0" \
	") n LEFT JOIN LATERAL (" \
		"SELECT b.axis, b.kind, b.total, b.spent, COALESCE((" \
			"SELECT sum(v.amount) FROM @schema.cairn_budget_entry v WHERE v.reserving = n.root " \
			"AND v.axis = b.axis AND v.expires_at > " T \
		"), 0)::int8, b.created_at, b.updated_at FROM @schema.cairn_budget b WHERE b.root_id = n.root OFFSET 0" \
	") b ON true ORDER BY b.axis"

/* cairn_budget_entry_pkey, in its order. $1 run, $2 scope, $3 axis, $4 after, $5 limit. */
#define TEXT_BUDGET_ENTRIES \
	"SELECT n.root, e.* FROM (" \
		"SELECT " ROOT_OF("$1::uuid") " AS root WHERE " JOB_IN_SCOPE("$1", "$2") " OFFSET 0" \
	") n LEFT JOIN LATERAL (" \
		"SELECT e.seq, e.run_id, e.axis, e.source_type, e.source_id, e.amount, e.state, e.expires_at, " \
		"e.created_at, e.updated_at FROM @schema.cairn_budget_entry e WHERE e.root_id = n.root " \
		"AND e.seq > $4::int8 AND ($3::text IS NULL OR e.axis = $3) ORDER BY e.seq LIMIT $5::int8" \
	") e ON true ORDER BY e.seq"

/* clang-format on */

#define BUDGET_TEXTS \
	[PG_SQL_LEDGER_OPEN] = { { TEXT_LEDGER_OPEN } }, \
	[PG_SQL_LEDGER_LOCK] = { { TEXT_LEDGER_LOCK } }, \
	[PG_SQL_BUDGET_SET] = { { TEXT_BUDGET_SET } }, \
	[PG_SQL_BUDGET_WRITE] = { { BUDGET_ITEMS, BUDGET_WALK, BUDGET_TURN, BUDGET_PUT } }, \
	[PG_SQL_BUDGETS] = { { TEXT_BUDGETS } }, \
	[PG_SQL_BUDGET_ENTRIES] = { { TEXT_BUDGET_ENTRIES } }

#endif
