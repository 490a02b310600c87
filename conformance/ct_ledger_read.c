/*
 * ct_ledger_read.c - replay runs and ledgers as text, and what must hold between their parts. (ct_ledger.h)
 */
#include "ct_ledger.h"

static const char *shown(cairn_str text)
{
	return text.ptr ? ct_format("'%.*s'", (int)text.len, text.ptr) : "-";
}

static const char *id_text(cairn_id id)
{
	char text[CAIRN_ID_TEXT];
	cairn_id_format(id, text);
	return ct_format("%s", text);
}

/* ---- runs --------------------------------------------------------------------------------- */

const cairn_replay_run *ct_replay_run(cairn_conn *conn, cairn_id id)
{
	cairn_replay_runs *runs = NULL;
	ct_ok(cairn_replay_get(conn, cairn_any(), id, &runs, ct_err()));
	ct_later(runs);
	ct_int(runs->count, 1);
	ct_id(runs->at[0].id, id);
	return &runs->at[0];
}

const char *ct_replay_state(cairn_conn *conn, cairn_id run)
{
	const cairn_memos *memos = ct_memos(conn, run);
	const char *text =
		ct_format("%s", cairn_replay_status_text(ct_replay_run(conn, run)->status));
	for (size_t i = 0; i < memos->count; i++) {
		ct_int(memos->at[i].seq, i + 1);
		text = ct_format("%s %.*s=%s", text, (int)memos->at[i].name.len,
				 memos->at[i].name.ptr,
				 cairn_memo_status_text(memos->at[i].status));
	}
	return text;
}

static const char *run_text(const cairn_replay_run *r)
{
	const char *who = ct_format("replay %s root %s parent %s source %s shared %lld\n",
				    id_text(r->id), id_text(r->root), id_text(r->parent),
				    id_text(r->source), (long long)r->shared);
	const char *counts =
		ct_format("steps %lld %lld %lld %lld children %lld", (long long)r->steps,
			  (long long)r->completed, (long long)r->failed, (long long)r->waiting,
			  (long long)r->children);
	return ct_format("%s%s attempt %d fence %lld scope %s code %s wake %lld %s\n", who,
			 cairn_replay_status_text(r->status), (int)r->attempt, (long long)r->fence,
			 shown(r->scope), shown(r->code), (long long)r->wake_at, counts);
}

static const char *memo_text(const cairn_memo *m)
{
	const char *what = ct_format("memo %lld %s %s %s %s", (long long)m->seq, shown(m->name),
				     shown(m->kind), cairn_memo_verb_text(m->verb),
				     cairn_memo_status_text(m->status));
	const char *tries = ct_format("attempts %d failures %d last %d out %u fence %lld",
				      (int)m->attempts, (int)m->failures, (int)m->last_attempt,
				      (unsigned)m->timed_out, (long long)m->fence);
	const char *ids = ct_format("claim %s child %s signal %s", id_text(m->claim),
				    id_text(m->child), shown(m->signal));
	const char *texts =
		ct_format("signature %s result %s error %s %s", shown(m->signature),
			  shown(m->result), shown(m->error_code), shown(m->error_message));
	return ct_format("%s %s %s %s wake %lld created %lld begun %lld ended %lld\n", what, tries,
			 ids, texts, (long long)m->wake_at, (long long)m->created_at,
			 (long long)m->begun_at, (long long)m->ended_at);
}

static const char *signals_text(cairn_conn *conn, cairn_id run)
{
	cairn_signal_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = run, .limit = 1000
	};
	cairn_signals *signals = NULL;
	const char *text = "";
	ct_ok(cairn_signal_list(conn, &filter, &signals, ct_err()));
	ct_later(signals);
	for (size_t i = 0; i < signals->count; i++) {
		const cairn_signal *s = &signals->at[i];
		text = ct_format("%ssignal %lld %s key %s payload %s at %lld taken %lld\n", text,
				 (long long)s->seq, shown(s->name), shown(s->key),
				 shown(s->payload), (long long)s->sent_at, (long long)s->taken_by);
	}
	return text;
}

static const char *budgets_text(cairn_conn *conn, cairn_id run)
{
	cairn_budgets *budgets = NULL;
	const char *text = "";
	ct_ok(cairn_budget_read(conn, cairn_any(), run, &budgets, ct_err()));
	ct_later(budgets);
	for (size_t i = 0; i < budgets->count; i++) {
		const cairn_budget *b = &budgets->at[i];
		text = ct_format("%sbudget %s %s %s from %lld to %lld\n", text, shown(b->axis),
				 ct_budget_text(conn, run, b->axis.ptr), id_text(b->root),
				 (long long)b->created_at, (long long)b->updated_at);
	}
	return text;
}

static const char *entries_text(cairn_conn *conn, cairn_id run)
{
	const cairn_entries *entries = ct_entries(conn, run);
	const char *text = "";
	for (size_t i = 0; i < entries->count; i++) {
		const cairn_entry *e = &entries->at[i];
		text = ct_format(
			"%sentry %lld run %s %s %s %s %lld %s until %lld from %lld to %lld\n", text,
			(long long)e->seq, id_text(e->run), shown(e->axis), shown(e->source_type),
			shown(e->source_id), (long long)e->amount, cairn_entry_state_text(e->state),
			(long long)e->expires_at, (long long)e->created_at,
			(long long)e->updated_at);
	}
	return text;
}

const char *ct_replay_snapshot(cairn_conn *conn, cairn_id run)
{
	const cairn_memos *memos = ct_memos(conn, run);
	const char *text =
		ct_format("%s%s", ct_snapshot(conn, run), run_text(ct_replay_run(conn, run)));
	for (size_t i = 0; i < memos->count; i++)
		text = ct_format("%s%s", text, memo_text(&memos->at[i]));
	return ct_format("%s%s%s%s", text, signals_text(conn, run), budgets_text(conn, run),
			 entries_text(conn, run));
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
