/* replay_json.c - rows of the replay and budget stores as JSON members, named as in SQL. */
#include "replays.h"

void json_replay_counts(struct json *json, const cairn_replay_run *run)
{
	json_open(json, "counts");
	json_int(json, "steps", run->steps);
	json_int(json, "completed", run->completed);
	json_int(json, "failed", run->failed);
	json_int(json, "waiting", run->waiting);
	json_int(json, "children", run->children);
	json_close(json);
}

void json_replay(struct json *json, const cairn_replay_run *run, bool compact)
{
	bool forked = !cairn_id_is_none(run->source);
	json_id(json, "id", run->id);
	json_id(json, "root_id", run->root);
	json_id(json, "parent_id", run->parent);
	json_id(json, "source_id", run->source);
	json_count(json, "shared", forked ? run->shared : -1);
	json_z(json, "status", cairn_replay_status_text(run->status));
	json_int(json, "attempt", run->attempt);
	json_int(json, "run_number", run->run_number);
	json_int(json, "fence", run->fence);
	json_text(json, "scope", run->scope);
	json_text(json, "code", run->code);
	json_text(json, "type", run->type);
	json_text(json, "queue", run->queue);
	json_text(json, "tenant", run->tenant);
	json_text(json, "owner", run->owner);
	json_text(json, "worker", run->worker);
	if (!compact) {
		json_raw(json, "payload", run->payload);
		json_raw(json, "output", run->output);
	}
	json_text(json, "error_code", run->error_code);
	json_text(json, "error_message", run->error_message);
	json_time(json, "wake_at", run->wake_at < NEVER ? run->wake_at : 0);
	json_time(json, "lease_expires_at", run->lease_expires_at);
	json_time(json, "created_at", run->created_at);
	json_time(json, "started_at", run->started_at);
	json_time(json, "finished_at", run->finished_at);
	json_time(json, "updated_at", run->updated_at);
}

void json_memo(struct json *json, const cairn_memo *memo, bool whole)
{
	json_int(json, "seq", memo->seq);
	json_text(json, "name", memo->name);
	json_text(json, "kind", memo->kind);
	json_z(json, "verb", cairn_memo_verb_text(memo->verb));
	json_z(json, "status", cairn_memo_status_text(memo->status));
	json_int(json, "attempts", memo->attempts);
	json_int(json, "failures", memo->failures);
	json_int(json, "last_attempt", memo->last_attempt);
	json_int(json, "fence", memo->fence);
	json_id(json, "child_id", memo->child);
	json_text(json, "signal", memo->signal);
	json_bool(json, "timed_out", memo->timed_out != 0);
	if (whole)
		json_raw(json, "signature", memo->signature);
	json_raw(json, "result", memo->result);
	json_text(json, "error_code", memo->error_code);
	json_text(json, "error_message", memo->error_message);
	json_time(json, "wake_at", memo->wake_at < NEVER ? memo->wake_at : 0);
	json_time(json, "created_at", memo->created_at);
	json_time(json, "begun_at", memo->begun_at);
	json_time(json, "ended_at", memo->ended_at);
}

void json_signal(struct json *json, const cairn_signal *signal)
{
	json_int(json, "seq", signal->seq);
	json_id(json, "run_id", signal->run);
	json_text(json, "name", signal->name);
	json_text(json, "key", signal->key);
	json_raw(json, "payload", signal->payload);
	json_time(json, "sent_at", signal->sent_at);
	json_count(json, "taken_by", signal->taken_by > 0 ? signal->taken_by : -1);
}

void json_budget(struct json *json, const cairn_budget *budget)
{
	bool limited = budget->limited != 0;
	json_id(json, "root_id", budget->root);
	json_text(json, "axis", budget->axis);
	json_z(json, "kind", cairn_budget_kind_text(budget->kind));
	json_count(json, "total", limited ? budget->total : -1);
	json_int(json, "spent", budget->spent);
	json_int(json, "reserved", budget->reserved);
	json_count(json, "remaining", limited ? budget->remaining : -1);
	json_time(json, "created_at", budget->created_at);
	json_time(json, "updated_at", budget->updated_at);
}

void json_entry(struct json *json, const cairn_entry *entry)
{
	json_int(json, "seq", entry->seq);
	json_id(json, "root_id", entry->root);
	json_id(json, "run_id", entry->run);
	json_text(json, "axis", entry->axis);
	json_text(json, "source_type", entry->source_type);
	json_text(json, "source_id", entry->source_id);
	json_int(json, "amount", entry->amount);
	json_z(json, "state", cairn_entry_state_text(entry->state));
	json_time(json, "expires_at", entry->expires_at);
	json_time(json, "created_at", entry->created_at);
	json_time(json, "updated_at", entry->updated_at);
}
