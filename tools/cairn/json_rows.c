/* json_rows.c - rows of the store as JSON members, named as in SQL. */
#include "json.h"

static void job_identity(struct json *json, const cairn_job *job)
{
	json_id(json, "id", job->id);
	json_id(json, "run_id", job->run);
	json_text(json, "queue", job->queue);
	json_text(json, "type", job->type);
	json_text(json, "tenant", job->tenant);
	json_z(json, "status", cairn_job_status_text(job->status));
	json_int(json, "priority", job->priority);
	json_int(json, "run_number", job->run_number);
	json_int(json, "attempt", job->attempt);
	json_int(json, "max_attempts", job->max_attempts);
	json_int(json, "timeout_us", job->timeout);
	json_bool(json, "replay", job->replay != 0);
}

static void job_lease(struct json *json, const cairn_job *job)
{
	json_time(json, "run_at", job->run_at);
	json_bool(json, "parked", job->parked != 0);
	json_time(json, "lease_expires_at", job->lease_expires_at);
	json_time(json, "heartbeat_at", job->heartbeat_at);
	json_time(json, "leased_at", job->leased_at);
	json_text(json, "worker", job->worker);
	json_text(json, "owner", job->owner);
	json_text(json, "resource_key", job->resource_key);
	json_int(json, "fence", job->fence);
	json_bool(json, "prestart", job->prestart != 0);
	json_time(json, "execution_started_at", job->execution_started_at);
	json_time(json, "started_at", job->started_at);
	json_time(json, "finished_at", job->finished_at);
}

void json_job(struct json *json, const cairn_job *job, bool compact)
{
	job_identity(json, job);
	job_lease(json, job);
	json_text(json, "stage", job->stage);
	json_count(json, "progress_done", job->progress_done);
	json_count(json, "progress_total", job->progress_total);
	if (!compact) {
		json_raw(json, "payload", job->payload);
		json_raw(json, "checkpoint", job->checkpoint);
		json_raw(json, "output", job->output);
		json_raw(json, "request", job->request);
	}
	json_text(json, "idempotency_key", job->key);
	json_text(json, "status_reason", job->status_reason);
	json_text(json, "error_code", job->error_code);
	json_text(json, "error_message", job->error_message);
	json_time(json, "created_at", job->created_at);
	json_time(json, "updated_at", job->updated_at);
}

void json_intent(struct json *json, const cairn_intent *intent, bool compact)
{
	bool prioritised = (intent->set & CAIRN_JOB_PRIORITY) != 0;
	json_id(json, "id", intent->id);
	json_text(json, "type", intent->type);
	json_text(json, "queue", intent->queue);
	json_text(json, "tenant", intent->tenant);
	json_text(json, "idempotency_key", intent->key);
	json_text(json, "owner", intent->owner);
	json_text(json, "resource_key", intent->resource_key);
	json_text(json, "stage", intent->stage);
	json_time(json, "run_at", intent->run_at);
	json_count(json, "timeout_us", intent->timeout != 0 ? intent->timeout : -1);
	json_count(json, "max_attempts", intent->max_attempts != 0 ? intent->max_attempts : -1);
	if (prioritised)
		json_int(json, "priority", intent->priority);
	else
		json_count(json, "priority", -1);
	json_z(json, "status", cairn_intent_status_text(intent->status));
	json_int(json, "promotion_attempts", intent->attempts);
	json_time(json, "next_promotion_at", intent->next_promotion_at);
	json_time(json, "last_attempted_at", intent->last_attempted_at);
	json_id(json, "promoted_job_id", intent->job);
	json_time(json, "promoted_at", intent->promoted_at);
	json_time(json, "conflicted_at", intent->conflicted_at);
	json_text(json, "last_error_code", intent->error_code);
	json_text(json, "last_error_message", intent->error_message);
	if (!compact) {
		json_raw(json, "payload", intent->payload);
		json_raw(json, "request", intent->request);
	}
	json_time(json, "created_at", intent->created_at);
	json_time(json, "updated_at", intent->updated_at);
}

void json_attempt(struct json *json, const cairn_attempt *attempt)
{
	json_int(json, "fence", attempt->fence);
	json_int(json, "run_number", attempt->run_number);
	json_int(json, "attempt", attempt->attempt);
	json_text(json, "worker", attempt->worker);
	json_time(json, "leased_at", attempt->leased_at);
	json_time(json, "finished_at", attempt->finished_at);
	json_z(json, "ending", cairn_ending_text(attempt->ending));
	json_text(json, "error_code", attempt->error_code);
	json_text(json, "error_message", attempt->error_message);
	json_count(json, "retry_delay_us", attempt->next_run_at != 0 ? attempt->retry_delay : -1);
	json_time(json, "next_run_at", attempt->next_run_at);
	json_time(json, "not_before", attempt->not_before);
	json_bool(json, "prestart", attempt->prestart != 0);
	json_time(json, "execution_started_at", attempt->execution_started_at);
}

void json_event(struct json *json, const cairn_event *event)
{
	json_int(json, "seq", event->seq);
	json_z(json, "kind", cairn_event_kind_text(event->kind));
	json_int(json, "run_number", event->run_number);
	json_int(json, "attempt", event->attempt);
	json_text(json, "stage", event->stage);
	json_count(json, "progress_done", event->progress_done);
	json_count(json, "progress_total", event->progress_total);
	json_time(json, "at", event->at);
	json_raw(json, "payload", event->payload);
}

void json_log(struct json *json, const cairn_log_row *line)
{
	json_int(json, "seq", line->seq);
	json_z(json, "level", cairn_log_level_text(line->level));
	json_int(json, "run_number", line->run_number);
	json_int(json, "attempt", line->attempt);
	json_time(json, "at", line->at);
	json_text(json, "message", line->message);
	json_raw(json, "data", line->data);
}
