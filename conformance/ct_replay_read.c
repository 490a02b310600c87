/* ct_replay_read.c - what there is to read about replay runs, for cases. (ct_replay.c: steps) */
#include "ct_ledger.h"

static const cairn_replay_runs *find(cairn_conn *conn, cairn_id run)
{
	cairn_replay_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = run, .counts = 1
	};
	cairn_replay_runs *found = NULL;
	ct_ok(cairn_replay_list(conn, &filter, &found, ct_err()));
	ct_later(found);
	ct_true(found->count <= 1);
	return found;
}

const cairn_replay_run *ct_played(cairn_conn *conn, cairn_id run)
{
	cairn_replay_runs *row = NULL;
	ct_ok(cairn_replay_get(conn, cairn_any(), run, &row, ct_err()));
	ct_later(row);
	ct_int(row->count, 1);
	ct_id(row->at[0].id, run);
	return &row->at[0];
}

const cairn_memos *ct_memos(cairn_conn *conn, cairn_id run)
{
	cairn_memo_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = run, .limit = 1000
	};
	cairn_memos *memos = NULL;
	ct_ok(cairn_replay_memos(conn, &filter, &memos, ct_err()));
	ct_later(memos);
	return memos;
}

const cairn_memo *ct_memo(cairn_conn *conn, cairn_id run, const char *name)
{
	cairn_memo_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = run, .name = cairn_str_of(name)
	};
	cairn_memos *memos = NULL;
	ct_ok(cairn_replay_memos(conn, &filter, &memos, ct_err()));
	ct_later(memos);
	if (memos->count != 1)
		ct_fail("the run remembers %zu steps of the name %s", memos->count, name);
	ct_str(memos->at[0].name, name);
	return &memos->at[0];
}

static const char *text(cairn_str str)
{
	return ct_format("%.*s", (int)str.len, str.len > 0 ? str.ptr : "");
}

const char *ct_remembers(cairn_conn *conn, cairn_id run)
{
	const cairn_memos *memos = ct_memos(conn, run);
	const char *line = "";
	for (size_t i = 0; i < memos->count; i++) {
		ct_int(memos->at[i].seq, i + 1);
		line = ct_format("%s%s%s=%s", line, i ? " " : "", text(memos->at[i].name),
				 cairn_memo_status_text(memos->at[i].status));
	}
	return line;
}

const cairn_signals *ct_signals(cairn_conn *conn, cairn_id run)
{
	cairn_signal_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = run, .limit = 1000
	};
	cairn_signals *signals = NULL;
	ct_ok(cairn_signal_list(conn, &filter, &signals, ct_err()));
	ct_later(signals);
	return signals;
}

const char *ct_steps_told(cairn_conn *conn, cairn_id run)
{
	const cairn_event_rows *events = ct_events(conn, run);
	const char *line = "";
	for (size_t i = 0; i < events->count; i++) {
		const char *kind = cairn_event_kind_text(events->at[i].kind);
		bool step = strncmp(kind, "STEP_", 5) == 0;
		if (step || events->at[i].kind == CAIRN_EVENT_SIGNALED)
			line = ct_format("%s%s%s", line, *line ? " " : "", kind + (step ? 5 : 0));
	}
	return line;
}

/* ---- the snapshot ----------------------------------------------------------------------- */

static const char *shown(cairn_str str)
{
	return str.ptr ? ct_format("'%s'", text(str)) : "-";
}

static const char *shown_id(cairn_id id)
{
	char *line = ct_alloc(CAIRN_ID_TEXT);
	cairn_id_format(id, line);
	return line;
}

static const char *run_text(const cairn_replay_run *r)
{
	const char *who = ct_format("replay %s root %s parent %s source %s shared %lld",
				    cairn_replay_status_text(r->status), shown_id(r->root),
				    shown_id(r->parent), shown_id(r->source), (long long)r->shared);
	const char *counts =
		ct_format("steps %lld %lld %lld %lld children %lld", (long long)r->steps,
			  (long long)r->completed, (long long)r->failed, (long long)r->waiting,
			  (long long)r->children);
	return ct_format("%s attempt %d fence %lld scope %s code %s wake %lld %s\n", who,
			 (int)r->attempt, (long long)r->fence, shown(r->scope), shown(r->code),
			 (long long)r->wake_at, counts);
}

static const char *memo_text(const cairn_memo *m)
{
	const char *what = ct_format(
		"memo %lld %s kind %s %s %s signal %s child %s claim %s signature %s",
		(long long)m->seq, shown(m->name), shown(m->kind), cairn_memo_verb_text(m->verb),
		cairn_memo_status_text(m->status), shown(m->signal), shown_id(m->child),
		shown_id(m->claim), shown(m->signature));
	const char *numbers = ct_format(
		"attempts %d failures %d last %d timed out %u fence %lld wake %lld created %lld "
		"begun %lld ended %lld",
		(int)m->attempts, (int)m->failures, (int)m->last_attempt, (unsigned)m->timed_out,
		(long long)m->fence, (long long)m->wake_at, (long long)m->created_at,
		(long long)m->begun_at, (long long)m->ended_at);
	return ct_format("%s %s result %s error %s %s\n", what, numbers, shown(m->result),
			 shown(m->error_code), shown(m->error_message));
}

static const char *signal_text(const cairn_signal *s)
{
	return ct_format("signal %lld %s key %s payload %s at %lld taken by %lld\n",
			 (long long)s->seq, shown(s->name), shown(s->key), shown(s->payload),
			 (long long)s->sent_at, (long long)s->taken_by);
}

static const char *ledger_text(cairn_conn *conn, cairn_id run)
{
	const cairn_entries *entries = ct_entries(conn, run);
	cairn_budgets *budgets = NULL;
	const char *line = "";
	ct_ok(cairn_budget_read(conn, cairn_any(), run, &budgets, ct_err()));
	ct_later(budgets);
	for (size_t i = 0; i < budgets->count; i++) {
		const cairn_budget *b = &budgets->at[i];
		line = ct_format("%sbudget %s %s root %s created %lld updated %lld\n", line,
				 shown(b->axis), ct_budget_text(conn, run, b->axis.ptr),
				 shown_id(b->root), (long long)b->created_at,
				 (long long)b->updated_at);
	}
	for (size_t i = 0; i < entries->count; i++) {
		const cairn_entry *e = &entries->at[i];
		const char *what = ct_format(
			"entry %lld run %s %s %s %s %lld %s", (long long)e->seq, shown_id(e->run),
			shown(e->axis), shown(e->source_type), shown(e->source_id),
			(long long)e->amount, cairn_entry_state_text(e->state));
		line = ct_format("%s%s until %lld created %lld updated %lld\n", line, what,
				 (long long)e->expires_at, (long long)e->created_at,
				 (long long)e->updated_at);
	}
	return line;
}

const char *ct_play_snapshot(cairn_conn *conn, cairn_id run)
{
	const char *line = ct_snapshot(conn, run);
	const cairn_replay_runs *found = find(conn, run);
	const cairn_signals *signals = ct_signals(conn, run);
	for (size_t i = 0; i < signals->count; i++)
		line = ct_format("%s%s", line, signal_text(&signals->at[i]));
	line = ct_format("%s%s", line, ledger_text(conn, run));
	if (found->count == 0)
		return line;
	line = ct_format("%s%s", line, run_text(&found->at[0]));
	const cairn_memos *memos = ct_memos(conn, run);
	for (size_t i = 0; i < memos->count; i++)
		line = ct_format("%s%s", line, memo_text(&memos->at[i]));
	return line;
}
