/*
 * sql_budget.h - the texts about budgets and their entries, for sql.c; above each the index it relies on.
 */
#ifndef CAIRN_LITE_SQL_BUDGET_H
#define CAIRN_LITE_SQL_BUDGET_H

/* cairn_job.id, cairn_replay's primary key */
#define TEXT_BUDGET_ROOT \
	"SELECT j.rowid, j.replay, r.root_id FROM cairn_job j LEFT JOIN cairn_replay r " \
	"ON r.run_id = ?1 WHERE j.id = ?1 AND (?2 IS NULL OR j.tenant = ?2)"

/* cairn_budget_reserved */
#define RESERVED(root, axis, now) \
	"(SELECT ifnull(sum(e.amount), 0) FROM cairn_budget_entry e " \
	"INDEXED BY cairn_budget_reserved WHERE e.state = 'RESERVED' AND e.root_id = " root " " \
	"AND e.axis = " axis " AND e.expires_at > " now ")"

/* cairn_budget's primary key, cairn_budget_reserved */
#define TEXT_BUDGET_FIND \
	"SELECT b.kind, b.limited, b.total, b.spent, " RESERVED( \
		"?1", "?2", "?3") " " \
				  "FROM cairn_budget b WHERE b.root_id = ?1 AND b.axis = ?2"
#define TEXT_BUDGETS \
	"SELECT b.root_id, b.axis, b.kind, b.limited, b.total, b.spent, " RESERVED( \
		"?1", "b.axis", "?2") ", b.created_at, b.updated_at FROM cairn_budget b " \
				      "WHERE b.root_id = ?1 ORDER BY b.axis"

/* cairn_budget's primary key */
#define TEXT_BUDGET_SET \
	"INSERT INTO cairn_budget (root_id, axis, kind, limited, total, spent, created_at, " \
	"updated_at) VALUES (?1, ?2, ?3, 1, ?4, 0, ?5, ?5) ON CONFLICT (root_id, axis) DO UPDATE " \
	"SET kind = excluded.kind, limited = 1, total = excluded.total, " \
	"updated_at = excluded.updated_at"
#define TEXT_BUDGET_SPEND \
	"INSERT INTO cairn_budget (root_id, axis, kind, limited, total, spent, created_at, " \
	"updated_at) VALUES (?1, ?2, 'SOFT', 0, 0, ?3, ?4, ?4) ON CONFLICT (root_id, axis) " \
	"DO UPDATE SET spent = spent + excluded.spent, updated_at = excluded.updated_at"

/* the UNIQUE of root, axis and source */
#define TEXT_ENTRY_FIND \
	"SELECT seq, amount, state, expires_at FROM cairn_budget_entry " \
	"WHERE root_id = ? AND axis = ? AND source_type = ? AND source_id = ?"

/* cairn_budget_entry's primary key, its last entry */
#define TEXT_ENTRY_INSERT \
	"INSERT INTO cairn_budget_entry (root_id, seq, run_id, axis, source_type, source_id, " \
	"amount, state, expires_at, created_at, updated_at) VALUES (?1, (SELECT ifnull(max(seq), " \
	"0) " \
	"+ 1 FROM cairn_budget_entry WHERE root_id = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)"

/* cairn_budget_entry's primary key */
#define TEXT_ENTRY_UPDATE \
	"UPDATE cairn_budget_entry SET run_id = ?3, amount = ?4, state = ?5, expires_at = ?6, " \
	"updated_at = ?7 WHERE root_id = ?1 AND seq = ?2"
#define TEXT_ENTRY_RELEASE \
	"UPDATE cairn_budget_entry SET state = 'RELEASED', expires_at = NULL, updated_at = ?3 " \
	"WHERE root_id = ?1 AND seq = ?2"

/* cairn_budget_entry's primary key, from ?2 on */
#define TEXT_ENTRIES \
	"SELECT seq, root_id, run_id, axis, source_type, source_id, amount, state, expires_at, " \
	"created_at, updated_at FROM cairn_budget_entry WHERE root_id = ?1 AND seq > ?2 " \
	"AND (?3 IS NULL OR axis = ?3) ORDER BY seq LIMIT ?4"

#define BUDGET_TEXTS \
	[LITE_BUDGET_ROOT] = TEXT_BUDGET_ROOT, [LITE_BUDGET_FIND] = TEXT_BUDGET_FIND, \
	[LITE_BUDGETS] = TEXT_BUDGETS, [LITE_BUDGET_SET] = TEXT_BUDGET_SET, \
	[LITE_BUDGET_SPEND] = TEXT_BUDGET_SPEND, [LITE_ENTRY_FIND] = TEXT_ENTRY_FIND, \
	[LITE_ENTRY_INSERT] = TEXT_ENTRY_INSERT, [LITE_ENTRY_UPDATE] = TEXT_ENTRY_UPDATE, \
	[LITE_ENTRY_RELEASE] = TEXT_ENTRY_RELEASE, [LITE_ENTRIES] = TEXT_ENTRIES

#endif
