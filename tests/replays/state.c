/* state.c - everything that can be read of a life's replay runs, as text that is the same on every database. */
#include <string.h>

#include "replays.h"

static void say_id(struct side *side, const struct life *life, const char *name, cairn_id id)
{
	if (!cairn_id_is_none(id))
		say(side, " %s=%zu", name, side_run(side, life, id));
}

static void say_replay(struct side *side, const struct life *life, const cairn_replay_run *run)
{
	say(side, " %s shared=%lld attempt=%d run=%d fence=%lld",
	    cairn_replay_status_text(run->status), (long long)run->shared, (int)run->attempt,
	    (int)run->run_number, (long long)run->fence);
	say(side, " steps=%lld completed=%lld failed=%lld waiting=%lld children=%lld",
	    (long long)run->steps, (long long)run->completed, (long long)run->failed,
	    (long long)run->waiting, (long long)run->children);
	say_id(side, life, "root", run->root);
	say_id(side, life, "parent", run->parent);
	say_id(side, life, "source", run->source);
	say_str(side, "scope", run->scope);
	say_str(side, "version", run->code);
	say_str(side, "type", run->type);
	say_str(side, "owner", run->owner);
	say_str(side, "worker", run->worker);
	say_str(side, "payload", run->payload);
	say_text(side, life, "output", run->output);
	say_str(side, "code", run->error_code);
	say_str(side, "message", run->error_message);
	say_time(side, "wake", run->wake_at);
	say_time(side, "lease", run->lease_expires_at);
	say_time(side, "created", run->created_at);
	say_time(side, "started", run->started_at);
	say_time(side, "finished", run->finished_at);
	say_time(side, "updated", run->updated_at);
}

static void say_job(struct side *side, const cairn_job *job)
{
	say(side, " job %s replay=%u parked=%u run=%d attempt=%d/%d fence=%lld priority=%d",
	    cairn_job_status_text(job->status), (unsigned)job->replay, (unsigned)job->parked,
	    (int)job->run_number, (int)job->attempt, (int)job->max_attempts, (long long)job->fence,
	    (int)job->priority);
	say_str(side, "stage", job->stage);
	say_str(side, "reason", job->status_reason);
	say_str(side, "type", job->type);
	say_str(side, "payload", job->payload);
	say_str(side, "code", job->error_code);
	say_time(side, "due", job->run_at);
	say_time(side, "lease", job->lease_expires_at);
	say_time(side, "finished", job->finished_at);
	say_time(side, "updated", job->updated_at);
	say(side, "\n");
}

static void say_memo(struct side *side, const struct life *life, const cairn_memo *memo)
{
	say(side,
	    "  step %lld %s %s attempts=%d failures=%d last=%d timed_out=%u fence=%lld claim=%d",
	    (long long)memo->seq, cairn_memo_verb_text(memo->verb),
	    cairn_memo_status_text(memo->status), (int)memo->attempts, (int)memo->failures,
	    (int)memo->last_attempt, (unsigned)memo->timed_out, (long long)memo->fence,
	    !cairn_id_is_none(memo->claim));
	say_id(side, life, "child", memo->child);
	say_str(side, "name", memo->name);
	say_str(side, "kind", memo->kind);
	say_str(side, "signal", memo->signal);
	say_str(side, "signature", memo->signature);
	say(side, " hash=%02x%02x", memo->hash[0], memo->hash[31]);
	say_text(side, life, "result", memo->result);
	say_str(side, "code", memo->error_code);
	say_str(side, "message", memo->error_message);
	say_time(side, "wake", memo->wake_at);
	say_time(side, "created", memo->created_at);
	say_time(side, "begun", memo->begun_at);
	say_time(side, "ended", memo->ended_at);
	say(side, "\n");
}

static void say_memos(struct side *side, const struct life *life, cairn_id run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memos *memos = NULL;
	cairn_memo_filter filter = {
		.size = sizeof filter, .scope = scope_of(life), .run = run, .limit = 7
	};
	do {
		cairn_status st = cairn_replay_memos(side->conn, &filter, &memos, &err);
		if (st == CAIRN_NOT_FOUND)
			return;
		if (st != CAIRN_OK)
			side_die(side, "steps", &err);
		for (size_t i = 0; i < memos->count; i++)
			say_memo(side, life, &memos->at[i]);
		if (memos->count > 0)
			filter.after = memos->at[memos->count - 1].seq;
	} while (memos->count == 7);
	cairn_free(memos);
}

static void say_signals(struct side *side, const struct life *life, cairn_id run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_signals *signals = NULL;
	cairn_signal_filter filter = {
		.size = sizeof filter, .scope = scope_of(life), .run = run, .limit = 1000
	};
	cairn_status st = cairn_signal_list(side->conn, &filter, &signals, &err);
	if (st != CAIRN_OK && st != CAIRN_NOT_FOUND)
		side_die(side, "signals", &err);
	for (size_t i = 0; signals != NULL && i < signals->count; i++) {
		const cairn_signal *signal = &signals->at[i];
		say(side, "  signal %lld taken=%lld", (long long)signal->seq,
		    (long long)signal->taken_by);
		say_str(side, "name", signal->name);
		say_str(side, "key", signal->key);
		say_str(side, "payload", signal->payload);
		say_time(side, "sent", signal->sent_at);
		say(side, "\n");
	}
	cairn_free(signals);
}

static void say_budgets(struct side *side, const struct life *life, cairn_id run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_budgets *budgets = NULL;
	cairn_status st = cairn_budget_read(side->conn, scope_of(life), run, &budgets, &err);
	if (st != CAIRN_OK && st != CAIRN_NOT_FOUND)
		side_die(side, "budgets", &err);
	for (size_t i = 0; budgets != NULL && i < budgets->count; i++) {
		const cairn_budget *budget = &budgets->at[i];
		say(side, "  budget %s limited=%u %lld %lld %lld %lld",
		    cairn_budget_kind_text(budget->kind), (unsigned)budget->limited,
		    (long long)budget->total, (long long)budget->spent, (long long)budget->reserved,
		    (long long)budget->remaining);
		say_id(side, life, "root", budget->root);
		say_str(side, "axis", budget->axis);
		say_time(side, "created", budget->created_at);
		say_time(side, "updated", budget->updated_at);
		say(side, "\n");
	}
	cairn_free(budgets);
}

static void say_entries(struct side *side, const struct life *life, cairn_id run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_entries *entries = NULL;
	cairn_entry_filter filter = {
		.size = sizeof filter, .scope = scope_of(life), .run = run, .limit = 1000
	};
	cairn_status st = cairn_budget_entries(side->conn, &filter, &entries, &err);
	if (st != CAIRN_OK && st != CAIRN_NOT_FOUND)
		side_die(side, "entries", &err);
	for (size_t i = 0; entries != NULL && i < entries->count; i++) {
		const cairn_entry *entry = &entries->at[i];
		say(side, "  entry %lld %s %lld", (long long)entry->seq,
		    cairn_entry_state_text(entry->state), (long long)entry->amount);
		say_id(side, life, "root", entry->root);
		say_id(side, life, "run", entry->run);
		say_str(side, "axis", entry->axis);
		say_str(side, "type", entry->source_type);
		say_text(side, life, "source", entry->source_id);
		say_time(side, "expires", entry->expires_at);
		say_time(side, "created", entry->created_at);
		say_time(side, "updated", entry->updated_at);
		say(side, "\n");
	}
	cairn_free(entries);
}

static void say_events(struct side *side, const struct life *life, cairn_id run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_event_rows *events = NULL;
	cairn_status st = cairn_job_events(side->conn, scope_of(life), run, 0, 1000, &events, &err);
	if (st != CAIRN_OK && st != CAIRN_NOT_FOUND)
		side_die(side, "events", &err);
	for (size_t i = 0; events != NULL && i < events->count; i++) {
		const cairn_event *event = &events->at[i];
		say(side, "  event %lld %s run=%d attempt=%d", (long long)event->seq,
		    cairn_event_kind_text(event->kind), (int)event->run_number,
		    (int)event->attempt);
		say_str(side, "stage", event->stage);
		say_text(side, life, "payload", event->payload);
		say_time(side, "at", event->at);
		say(side, "\n");
	}
	cairn_free(events);
}

/* All of one run; budgets are its root's. */
static void say_all(struct side *side, const struct life *life, size_t run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_id id = side->has->runs[run].id;
	cairn_replay_runs *rows = NULL;
	cairn_jobs *job = NULL;
	say(side, "run %zu", run);
	cairn_status st = cairn_replay_get(side->conn, scope_of(life), id, &rows, &err);
	if (st == CAIRN_OK)
		say_replay(side, life, &rows->at[0]);
	else if (st != CAIRN_NOT_FOUND)
		side_die(side, "run", &err);
	say(side, "\n");
	st = cairn_job_get(side->conn, scope_of(life), id, &job, &err);
	if (st == CAIRN_OK)
		say_job(side, &job->at[0]);
	else if (st != CAIRN_NOT_FOUND)
		side_die(side, "job", &err);
	int root = rows == NULL || rows->count == 0 || cairn_id_is_none(rows->at[0].parent);
	cairn_free(job);
	cairn_free(rows);
	if (st == CAIRN_NOT_FOUND)
		return;
	say_memos(side, life, id);
	say_signals(side, life, id);
	say_events(side, life, id);
	if (!root)
		return;
	say_budgets(side, life, id);
	say_entries(side, life, id);
}

/* All runs in two calls, and everything of the one that the step was about. */
void side_tell_summary(struct side *side, const struct life *life)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_runs *runs = NULL;
	cairn_jobs *jobs = NULL;
	cairn_replay_filter replays = {
		.size = sizeof replays, .scope = scope_of(life), .limit = 1000, .counts = 1
	};
	cairn_job_filter filter = {
		.size = sizeof filter, .scope = scope_of(life), .limit = 1000, .compact = 1
	};
	if (cairn_replay_list(side->conn, &replays, &runs, &err) != CAIRN_OK ||
	    cairn_job_list(side->conn, &filter, &jobs, &err) != CAIRN_OK)
		side_die(side, "runs", &err);
	for (size_t i = 0; i < runs->count; i++) {
		say(side, "replay %zu", side_run(side, life, runs->at[i].id));
		say_replay(side, life, &runs->at[i]);
		say(side, "\n");
	}
	for (size_t i = 0; i < jobs->count; i++) {
		say(side, "%zu", side_run(side, life, jobs->at[i].id));
		say_job(side, &jobs->at[i]);
	}
	cairn_free(runs);
	cairn_free(jobs);
	if (side->has->touched > 0 && side->has->touched <= life->runs)
		say_all(side, life, side->has->touched - 1);
}

void side_tell_state(struct side *side, const struct life *life)
{
	for (size_t i = 0; i < life->runs; i++)
		say_all(side, life, i);
}
