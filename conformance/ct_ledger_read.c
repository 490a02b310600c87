/*
 * ct_ledger_read.c - replay runs and ledgers as text, and what must hold between their parts. (ct_ledger.h)
 */
#include "ct_ledger.h"

/* ---- runs --------------------------------------------------------------------------------- */

const char *ct_replay_state(cairn_conn *conn, cairn_id run)
{
	const char *status = cairn_replay_status_text(ct_played(conn, run)->status);
	const char *steps = ct_remembers(conn, run);
	return ct_format("%s%s%s", status, *steps ? " " : "", steps);
}

void ct_replay_gone(cairn_conn *conn, cairn_id run)
{
	cairn_replay_runs *runs = NULL;
	cairn_memos *memos = NULL;
	cairn_budgets *budgets = NULL;
	cairn_memo_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .run = run };
	ct_status(cairn_replay_get(conn, cairn_any(), run, &runs, ct_err()), CAIRN_NOT_FOUND,
		  "replay.run_not_found");
	ct_status(cairn_replay_memos(conn, &filter, &memos, ct_err()), CAIRN_NOT_FOUND,
		  "replay.run_not_found");
	ct_status(cairn_budget_read(conn, cairn_any(), run, &budgets, ct_err()), CAIRN_NOT_FOUND,
		  "replay.run_not_found");
	cairn_free(runs);
	cairn_free(memos);
	cairn_free(budgets);
	ct_gone(conn, run);
}

/* ---- budgets ----------------------------------------------------------------------------------- */

cairn_budget ct_budget_of(cairn_conn *conn, cairn_id run, const char *axis)
{
	cairn_budgets *budgets = NULL;
	ct_ok(cairn_budget_read(conn, cairn_any(), run, &budgets, ct_err()));
	ct_later(budgets);
	for (size_t i = 0; i < budgets->count; i++) {
		if (strcmp(budgets->at[i].axis.ptr, axis) == 0)
			return budgets->at[i];
	}
	return (cairn_budget){ .limited = 0 };
}

const char *ct_budget_text(cairn_conn *conn, cairn_id run, const char *axis)
{
	cairn_budget b = ct_budget_of(conn, run, axis);
	if (!b.axis.ptr)
		return "-";
	const char *total =
		b.limited ? ct_format("%s %lld", cairn_budget_kind_text(b.kind), (long long)b.total)
			  : "open";
	if (!b.limited) {
		ct_int(b.kind, CAIRN_BUDGET_SOFT);
		ct_int(b.total, 0);
		ct_true(b.remaining == INT64_MAX);
		return ct_format("%s spent %lld reserved %lld", total, (long long)b.spent,
				 (long long)b.reserved);
	}
	return ct_format("%s spent %lld reserved %lld left %lld", total, (long long)b.spent,
			 (long long)b.reserved, (long long)b.remaining);
}

const cairn_entries *ct_entries(cairn_conn *conn, cairn_id run)
{
	cairn_entry_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = run, .limit = 1000
	};
	cairn_entries *entries = NULL;
	ct_ok(cairn_budget_entries(conn, &filter, &entries, ct_err()));
	ct_later(entries);
	return entries;
}

/* Each axis says what its entries say. */
static void sums_agree(cairn_conn *conn, cairn_id run, const cairn_entries *entries)
{
	cairn_budgets *budgets = NULL;
	ct_ok(cairn_budget_read(conn, cairn_any(), run, &budgets, ct_err()));
	ct_later(budgets);
	for (size_t i = 0; i < budgets->count; i++) {
		int64_t spent = 0;
		int64_t reserved = 0;
		for (size_t k = 0; k < entries->count; k++) {
			const cairn_entry *e = &entries->at[k];
			if (strcmp(e->axis.ptr, budgets->at[i].axis.ptr) != 0)
				continue;
			if (e->state == CAIRN_ENTRY_CHARGED)
				spent += e->amount;
			if (e->state == CAIRN_ENTRY_RESERVED && e->expires_at > ct_now())
				reserved += e->amount;
		}
		ct_int(budgets->at[i].spent, spent);
		ct_int(budgets->at[i].reserved, reserved);
		if (i > 0)
			ct_true(strcmp(budgets->at[i - 1].axis.ptr, budgets->at[i].axis.ptr) < 0);
	}
}

const char *ct_ledger(cairn_conn *conn, cairn_id run)
{
	static const char marks[] = { [CAIRN_ENTRY_RESERVED] = '~',
				      [CAIRN_ENTRY_CHARGED] = '=',
				      [CAIRN_ENTRY_RELEASED] = '-' };
	const cairn_entries *entries = ct_entries(conn, run);
	const char *text = "";
	for (size_t i = 0; i < entries->count; i++) {
		const cairn_entry *e = &entries->at[i];
		ct_int(e->seq, i + 1);
		text = ct_format("%s%s%s:%s/%s%c%lld", text, i ? " " : "", e->axis.ptr,
				 e->source_type.ptr, e->source_id.ptr, marks[e->state],
				 (long long)e->amount);
	}
	sums_agree(conn, run, entries);
	return text;
}
