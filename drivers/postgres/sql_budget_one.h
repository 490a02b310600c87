/*
 * sql_budget_one.h - what nearly every write of a budget is: one entry. Setting up the statements of sql_budget.h costs
 * several times what these do.
 *
 * They lock and read in one statement, and so read what was there before they waited. Whoever writes a ledger's totals
 * or entries therefore replaces the ledger's row, if only by itself: if the row that was locked is not the one that
 * the statement sees, somebody has written meanwhile. Then nothing is written, and the others follow.
 */
#ifndef CAIRN_PG_SQL_BUDGET_ONE_H
#define CAIRN_PG_SQL_BUDGET_ONE_H

#include "sql_budget.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

#define ONE_IN_SCOPE(run, scope) \
	"(SELECT COALESCE(jx.tenant = COALESCE(" scope "::text, jx.tenant), false) FROM (" \
		"SELECT COALESCE((SELECT lx.tenant FROM @schema.cairn_job_live lx WHERE lx.id = " run "), " \
		"(SELECT dx.tenant FROM @schema.cairn_job_done dx WHERE dx.id = " run ")) AS tenant OFFSET 0" \
	") jx)"

/* cairn_replay_pkey, cairn_ledger_pkey; the jobs' primary keys. $1 run, $2 scope. */
#define TEXT_LEDGER_OPEN_ONE \
	"INSERT INTO @schema.cairn_ledger (root_id, entries) SELECT n.root, 0 FROM (" \
		"SELECT n.root FROM (" \
			"SELECT " ROOT_OF("$1::uuid") " AS root OFFSET 0" \
		") n WHERE NOT EXISTS (" \
			"SELECT FROM @schema.cairn_ledger g WHERE g.root_id = n.root" \
		") AND " ONE_IN_SCOPE("$1", "$2") " OFFSET 0" \
	") n CROSS JOIN LATERAL " JOB_HELD("$1") " j ON CONFLICT DO NOTHING"

/*
 * Behind it; cairn_budget_pkey, cairn_budget_entry_source, cairn_budget_entry_reserving, too. $2 run, $3 scope, $4 axis,
 * $5 and $6 source, $7 amount. same: the ledger is as it was; own: what a reservation of this source holds; want and
 * how: CAIRN_BUDGET_…
 */
#define ONE_LEDGER \
	"WITH ledger AS MATERIALIZED (" \
		"SELECT h.root_id, h.entries, COALESCE($1::timestamptz, clock_timestamp()) AS now, h.tid = (" \
			"SELECT s.ctid FROM @schema.cairn_ledger s WHERE s.root_id = h.root_id" \
		") AS same FROM (" \
			"SELECT g.root_id, g.entries, g.ctid AS tid FROM @schema.cairn_ledger g " \
			"WHERE g.root_id = " ROOT_OF("$2::uuid") " FOR NO KEY UPDATE" \
		") h WHERE " ONE_IN_SCOPE("$2", "$3") \
	"), "
#define ONE_ITEM(want, fits) \
	"item AS MATERIALIZED (" \
		"SELECT y.*, CASE WHEN y.want <> 2 " fits "THEN y.want WHEN y.hard AND y.sum > y.total THEN 5 " \
		"WHEN y.sum > 9223372036854775807 THEN 6 ELSE 2 END AS how FROM (" \
			"SELECT x.*, x.spent + x.reserved - x.own + x.amount AS sum, " want " AS want FROM (" \
				"SELECT d.*, b.total, b.kind IS NULL AS missing, COALESCE(b.spent, 0) AS spent, v.reserved, " \
				"$7::int8 AS amount, o.state, o.amount AS was, " \
				"COALESCE(b.kind = 'HARD' AND b.total IS NOT NULL, false) AS hard, " \
				"CASE WHEN o.state = 'RESERVED' AND o.expires_at > d.now THEN o.amount ELSE 0 END AS own, " \
				"COALESCE(o.state = 'RESERVED' AND o.expires_at > d.now, false) AS live " \
				"FROM ledger d LEFT JOIN LATERAL (" \
					"SELECT b.total, b.kind, b.spent FROM @schema.cairn_budget b " \
					"WHERE b.root_id = d.root_id AND b.axis = $4::text OFFSET 0" \
				") b ON true LEFT JOIN LATERAL (" \
					"SELECT o.state, o.amount, o.expires_at FROM @schema.cairn_budget_entry o " \
					"WHERE o.find_id = d.root_id AND o.axis = $4 AND o.source_type = $5::text " \
					"AND o.source_id = $6::text OFFSET 0" \
				") o ON true CROSS JOIN LATERAL (" \
					"SELECT COALESCE(sum(r.amount), 0) AS reserved FROM @schema.cairn_budget_entry r " \
					"WHERE r.reserving = d.root_id AND r.axis = $4 AND r.expires_at > d.now" \
				") v WHERE d.same OFFSET 0" \
			") x OFFSET 0" \
		") y" \
	"), "
#define ONE_ENTRY(reserving, expires, state, writes) \
	"entry AS (" \
		"INSERT INTO @schema.cairn_budget_entry (root_id, find_id, reserving, run_id, seq, created_at, " \
		"updated_at, expires_at, amount, state, axis, source_type, source_id) " \
		"SELECT i.root_id, i.root_id, " reserving ", $2, i.entries + 1, i.now, i.now, " expires ", i.amount, " \
		"'" state "', $4, $5, $6 FROM item i WHERE " writes " " \
		"ON CONFLICT (find_id, axis, source_type, source_id) DO UPDATE SET reserving = excluded.reserving, " \
		"run_id = excluded.run_id, updated_at = excluded.updated_at, expires_at = excluded.expires_at, " \
		"amount = excluded.amount, state = excluded.state" \
	"), counted AS (" \
		"UPDATE @schema.cairn_ledger g SET entries = i.entries + (i.state IS NULL)::int4 FROM item i " \
		"WHERE " IS("g.root_id", "i.root_id") " AND " writes \
	"), budget AS (" \
		"INSERT INTO @schema.cairn_budget AS b (root_id, created_at, updated_at, spent, kind, axis) " \
		"SELECT i.root_id, i.now, i.now, "
#define ONE_ANSWER(spent, reserved) \
	") SELECT d.same, i.how, i.total, i.spent + CASE WHEN i.how = 2 THEN " spent " ELSE 0 END, " \
	"(i.reserved - CASE WHEN i.how = 2 THEN i.own - " reserved " ELSE 0 END)::int8 " \
	"FROM ledger d LEFT JOIN item i ON true"

/* Answers same, how, and the budget's total, and what is spent and reserved now; or nothing: there is no such job, or its row
 * moved while its ledger was to be made. */
#define PARTS_CHARGE_ONE \
	ONE_LEDGER, \
	ONE_ITEM("CASE WHEN x.state IS DISTINCT FROM 'CHARGED' THEN 2 WHEN x.was = x.amount THEN 3 ELSE 4 END", \
		 "OR y.amount <= LEAST(y.own, 9223372036854775807 - y.spent) "), \
	ONE_ENTRY("NULL::uuid", "NULL::timestamptz", "CHARGED", "i.how = 2"), \
	"i.spent + i.amount, 'SOFT', $4 FROM item i WHERE i.how = 2 ON CONFLICT (root_id, axis) DO UPDATE SET " \
	"spent = excluded.spent, updated_at = excluded.updated_at", \
	ONE_ANSWER("i.amount", "0")

/* $8 duration. */
#define PARTS_RESERVE_ONE \
	ONE_LEDGER, \
	ONE_ITEM("CASE WHEN x.state = 'CHARGED' THEN 4 WHEN x.live AND x.was = x.amount THEN 3 ELSE 2 END", ""), \
	ONE_ENTRY("i.root_id", "i.now + $8::int8 * interval '1 microsecond'", "RESERVED", "i.how IN (2, 3)"), \
	"0, 'SOFT', $4 FROM item i WHERE i.how = 2 AND i.missing ON CONFLICT DO NOTHING", \
	ONE_ANSWER("0", "i.amount")

/* clang-format on */

#define BUDGET_ONE_TEXTS \
	[PG_SQL_LEDGER_OPEN_ONE] = { { TEXT_LEDGER_OPEN_ONE } }, \
	[PG_SQL_CHARGE_ONE] = { { PARTS_CHARGE_ONE } }, \
	[PG_SQL_RESERVE_ONE] = { { PARTS_RESERVE_ONE } }

#endif
