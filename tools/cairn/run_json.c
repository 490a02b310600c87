/* run_json.c - rows of the workflows store as JSON members, named as in SQL. */
#include "runs.h"

static void counts(struct json *json, const cairn_run_counts *counts)
{
	json_open(json, "counts");
	json_int(json, "blocked", counts->blocked);
	json_int(json, "waiting", counts->waiting);
	json_int(json, "enqueued", counts->enqueued);
	json_int(json, "succeeded", counts->succeeded);
	json_int(json, "failed", counts->failed);
	json_int(json, "canceled", counts->canceled);
	json_int(json, "total", run_step_count(counts));
	json_close(json);
}

void json_run(struct json *json, const cairn_run *run, bool compact)
{
	json_id(json, "id", run->id);
	json_text(json, "type", run->type);
	json_text(json, "tenant", run->tenant);
	json_z(json, "status", cairn_run_status_text(run->status));
	json_z(json, "on_failure", cairn_on_failure_text(run->on_failure));
	json_text(json, "idempotency_key", run->key);
	json_text(json, "active_key", run->active_key);
	json_text(json, "result_step", run->result_step);
	counts(json, &run->counts);
	if (!compact) {
		json_raw(json, "metadata", run->metadata);
		json_raw(json, "result", run->result);
		json_raw(json, "request", run->request);
	}
	json_text(json, "status_reason", run->status_reason);
	json_text(json, "error_code", run->error_code);
	json_text(json, "error_message", run->error_message);
	json_id(json, "source_id", run->source);
	json_text(json, "recovery_key", run->recovery_key);
	json_text(json, "recovery_reason", run->recovery_reason);
	json_id(json, "recovery_step_id", run->recovery_step);
	json_int(json, "events", run->events);
	json_time(json, "created_at", run->created_at);
	json_time(json, "updated_at", run->updated_at);
	json_time(json, "finished_at", run->finished_at);
}

/* What only a step with a job has; a gate has its deadline. */
static void work(struct json *json, const cairn_step *step)
{
	bool gate = step->kind == CAIRN_STEP_EXTERNAL;
	json_text(json, "type", step->type);
	json_text(json, "queue", step->queue);
	json_text(json, "owner", step->owner);
	json_text(json, "resource_key", step->resource_key);
	json_text(json, "stage", step->stage);
	json_count(json, "timeout_us", gate ? -1 : step->timeout);
	json_count(json, "max_attempts", gate ? -1 : step->max_attempts);
	if (gate)
		json_count(json, "priority", -1);
	else
		json_int(json, "priority", step->priority);
	json_bool(json, "continues", (step->set & CAIRN_STEP_CONTINUES) != 0);
	json_count(json, "run_number", step->run_number > 0 ? step->run_number : -1);
	json_count(json, "attempt", step->run_number > 0 ? step->attempt : -1);
	json_count(json, "deadline_us", step->deadline > 0 ? step->deadline : -1);
	json_time(json, "deadline_at", step->deadline_at);
}

void json_step(struct json *json, const cairn_step *step, bool compact)
{
	json_id(json, "id", step->id);
	json_id(json, "run_id", step->run);
	json_text(json, "key", step->key);
	json_z(json, "kind", cairn_step_kind_text(step->kind));
	json_z(json, "status", cairn_step_status_text(step->status));
	json_text(json, "tenant", step->tenant);
	work(json, step);
	json_int(json, "prerequisites", step->prerequisites);
	json_int(json, "pending", step->pending);
	json_int(json, "unsatisfied", step->unsatisfied);
	if (!compact) {
		json_raw(json, "payload", step->payload);
		json_raw(json, "output", step->output);
	}
	json_text(json, "status_reason", step->status_reason);
	json_text(json, "error_code", step->error_code);
	json_text(json, "error_message", step->error_message);
	json_time(json, "created_at", step->created_at);
	json_time(json, "released_at", step->released_at);
	json_time(json, "started_at", step->started_at);
	json_time(json, "finished_at", step->finished_at);
}

void json_run_edge(struct json *json, const cairn_run_edge *edge)
{
	json_text(json, "prerequisite", edge->prerequisite_key);
	json_text(json, "dependent", edge->dependent_key);
	json_z(json, "mode", cairn_release_mode_text(edge->mode));
}

static const char *event_status(const cairn_run_event *event)
{
	if (event->kind == CAIRN_RUN_EVENT_RUN)
		return cairn_run_status_text(event->run_status);
	if (event->kind == CAIRN_RUN_EVENT_STEP)
		return cairn_step_status_text(event->step_status);
	return NULL;
}

void json_run_event(struct json *json, const cairn_run_event *event)
{
	bool job = event->kind == CAIRN_RUN_EVENT_JOB;
	json_int(json, "seq", event->seq);
	json_time(json, "at", event->at);
	json_z(json, "kind", cairn_run_event_kind_text(event->kind));
	json_z(json, "status", event_status(event));
	json_z(json, "job_event", job ? cairn_event_kind_text(event->job_kind) : NULL);
	json_id(json, "step_id", event->step);
	json_text(json, "step_key", event->step_key);
	json_text(json, "reason", event->reason);
	json_text(json, "error_code", event->error_code);
	json_text(json, "error_message", event->error_message);
	json_count(json, "run_number", job ? event->run_number : -1);
	json_count(json, "attempt", job ? event->attempt : -1);
	json_raw(json, "payload", event->payload);
}

void json_run_added(struct json *json, const cairn_run_added *added)
{
	static const char *const words[] = {
		[CAIRN_RUN_INSERTED] = "INSERTED",
		[CAIRN_RUN_EXISTING] = "EXISTING",
		[CAIRN_RUN_EXISTING_ACTIVE] = "EXISTING_ACTIVE",
	};
	json_id(json, "id", added->id);
	json_z(json, "disposition", words[added->disposition]);
	json_z(json, "status", cairn_run_status_text(added->run_status));
}
