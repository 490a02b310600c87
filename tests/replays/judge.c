/* judge.c - what holds of every replay run that nobody is writing to: its steps, events, signals and ledger agree. */
#include "replays.h"

#include <stdlib.h>
#include <string.h>

#include <cairn/sys/host.h>

enum { MOST = 1000 };

struct trial {
	cairn_conn *conn;
	cairn_scope scope;
	const cairn_replay_run *run;
	cairn_memos *memos;
	cairn_event_rows *events;
	cairn_signals *signals;
	uint32_t faults;
};

static void fault(struct trial *trial, const char *what, int64_t number)
{
	char id[CAIRN_ID_TEXT];
	cairn_id_format(trial->run->id, id);
	trial->faults++;
	printf("# run %s %s: %s %lld\n", id, cairn_replay_status_text(trial->run->status), what,
	       (long long)number);
}

/* The step that an event is about; 0: none. */
static int64_t step_of(const cairn_event *event)
{
	const char *at = event->payload.ptr != NULL ? strstr(event->payload.ptr, "\"step\"") : NULL;
	if (at == NULL || event->kind < CAIRN_EVENT_STEP_STARTED ||
	    event->kind > CAIRN_EVENT_STEP_FAILED)
		return 0;
	at += strlen("\"step\"");
	return strtoll(at + strspn(at, ": "), NULL, 10);
}

/* A fork has taken it over: no event tells of it. */
static int copied(const struct trial *trial, const cairn_memo *memo)
{
	return memo->seq <= trial->run->shared && memo->created_at < trial->run->created_at;
}

/* Ended once, and nothing behind it. */
static void judge_step(struct trial *trial, const cairn_memo *memo)
{
	int64_t completed = 0;
	int64_t started = 0;
	for (size_t i = 0; i < trial->events->count; i++) {
		const cairn_event *event = &trial->events->at[i];
		if (step_of(event) != memo->seq)
			continue;
		if (completed > 0)
			fault(trial, "went on after it was completed: step", memo->seq);
		completed += event->kind == CAIRN_EVENT_STEP_COMPLETED;
		started += event->kind == CAIRN_EVENT_STEP_STARTED;
	}
	int64_t due = memo->status == CAIRN_MEMO_COMPLETED && !copied(trial, memo);
	if (completed != due)
		fault(trial, "result and event do not agree: step", memo->seq);
	if (memo->verb == CAIRN_MEMO_STEP && !copied(trial, memo) && started != memo->attempts)
		fault(trial, "was not begun as often as it says: step", memo->seq);
	if ((memo->status == CAIRN_MEMO_COMPLETED || memo->status == CAIRN_MEMO_FAILED) !=
	    (memo->ended_at != 0))
		fault(trial, "when it ended: step", memo->seq);
}

static void judge_signals(struct trial *trial)
{
	for (size_t i = 0; i < trial->memos->count; i++) {
		const cairn_memo *memo = &trial->memos->at[i];
		int64_t taken = 0;
		for (size_t k = 0; k < trial->signals->count; k++)
			taken += trial->signals->at[k].taken_by == memo->seq;
		int64_t due = memo->verb == CAIRN_MEMO_SIGNAL &&
			      memo->status == CAIRN_MEMO_COMPLETED && !memo->timed_out &&
			      !copied(trial, memo);
		if (taken != due)
			fault(trial, "did not take its one signal: step", memo->seq);
	}
}

static void judge_order(struct trial *trial)
{
	for (size_t i = 0; i < trial->events->count; i++) {
		if (trial->events->at[i].seq != (int64_t)i + 1)
			fault(trial, "its events have a gap at", (int64_t)i + 1);
	}
	for (size_t i = 0; i < trial->signals->count; i++) {
		if (trial->signals->at[i].seq != (int64_t)i + 1)
			fault(trial, "its signals have a gap at", (int64_t)i + 1);
	}
	if (trial->run->steps != (int64_t)trial->memos->count)
		fault(trial, "it does not count its steps right:", trial->run->steps);
}

static void judge_axis(struct trial *trial, const cairn_budget *budget,
		       const cairn_entries *entries)
{
	int64_t spent = 0;
	for (size_t i = 0; i < entries->count; i++) {
		const cairn_entry *entry = &entries->at[i];
		if (entry->state == CAIRN_ENTRY_CHARGED && entry->axis.len == budget->axis.len &&
		    memcmp(entry->axis.ptr, budget->axis.ptr, entry->axis.len) == 0)
			spent += entry->amount;
	}
	if (spent != budget->spent)
		fault(trial, "what is spent is not the sum of its entries, which is", spent);
}

static void judge_budgets(struct trial *trial)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_budgets *budgets = NULL;
	cairn_entries *entries = NULL;
	cairn_entry_filter filter = {
		.size = sizeof filter, .scope = trial->scope, .run = trial->run->id, .limit = MOST
	};
	if (cairn_budget_read(trial->conn, trial->scope, trial->run->id, &budgets, &err) !=
		    CAIRN_OK ||
	    cairn_budget_entries(trial->conn, &filter, &entries, &err) != CAIRN_OK)
		load_die("budgets", &err);
	for (size_t i = 0; i < budgets->count && entries->count < MOST; i++)
		judge_axis(trial, &budgets->at[i], entries);
	cairn_free(budgets);
	cairn_free(entries);
}

uint32_t judge_run(cairn_conn *conn, cairn_scope scope, cairn_id run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_runs *rows = NULL;
	struct trial trial = { .conn = conn, .scope = scope };
	cairn_memo_filter memos = {
		.size = sizeof memos, .scope = scope, .run = run, .limit = MOST
	};
	cairn_signal_filter signals = {
		.size = sizeof signals, .scope = scope, .run = run, .limit = MOST
	};
	cairn_status st = cairn_replay_get(conn, scope, run, &rows, &err);
	if (st == CAIRN_NOT_FOUND)
		return 0;
	if (st != CAIRN_OK || cairn_replay_memos(conn, &memos, &trial.memos, &err) != CAIRN_OK ||
	    cairn_signal_list(conn, &signals, &trial.signals, &err) != CAIRN_OK ||
	    cairn_job_events(conn, scope, run, 0, MOST, &trial.events, &err) != CAIRN_OK)
		load_die("a run that is over", &err);
	trial.run = &rows->at[0];
	for (size_t i = 0; i < trial.memos->count; i++)
		judge_step(&trial, &trial.memos->at[i]);
	judge_signals(&trial);
	judge_order(&trial);
	if (cairn_id_is_none(trial.run->parent))
		judge_budgets(&trial);
	cairn_free(trial.memos);
	cairn_free(trial.signals);
	cairn_free(trial.events);
	cairn_free(rows);
	return trial.faults;
}
