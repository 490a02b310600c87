/* state.c - everything that can be read of a life's runs, as text that is the same on every database. */
#include <string.h>

#include "runs.h"

static void say_run(struct side *side, const struct life *life, const cairn_run *run)
{
	const cairn_run_counts *has = &run->counts;
	say(side, " %s %s blocked=%d waiting=%d enqueued=%d succeeded=%d failed=%d canceled=%d",
	    cairn_run_status_text(run->status), cairn_on_failure_text(run->on_failure),
	    (int)has->blocked, (int)has->waiting, (int)has->enqueued, (int)has->succeeded,
	    (int)has->failed, (int)has->canceled);
	say(side, " events=%lld", (long long)run->events);
	say_str(side, "type", run->type);
	say_str(side, "key", run->key);
	say_str(side, "active", run->active_key);
	say_str(side, "metadata", run->metadata);
	say_str(side, "result_step", run->result_step);
	say_str(side, "result", run->result);
	say_str(side, "reason", run->status_reason);
	say_str(side, "code", run->error_code);
	say_str(side, "message", run->error_message);
	say_str(side, "request", run->request);
	if (!cairn_id_is_none(run->source)) {
		say(side, " source=%zu", side_run(side, life, run->source));
		say_str(side, "recovery", run->recovery_key);
		say_str(side, "because", run->recovery_reason);
	}
	say_time(side, "created", run->created_at);
	say_time(side, "updated", run->updated_at);
	say_time(side, "finished", run->finished_at);
	say(side, "\n");
}

static void say_step(struct side *side, const cairn_step *step)
{
	say(side, "  %s %s %s prerequisites=%d pending=%d unsatisfied=%d run=%d attempt=%d set=%u",
	    step->key.ptr, cairn_step_kind_text(step->kind), cairn_step_status_text(step->status),
	    (int)step->prerequisites, (int)step->pending, (int)step->unsatisfied,
	    (int)step->run_number, (int)step->attempt, (unsigned)step->set);
	if (step->kind == CAIRN_STEP_JOB)
		say(side, " priority=%d attempts=%d timeout=%lld", (int)step->priority,
		    (int)step->max_attempts, (long long)step->timeout);
	say_str(side, "type", step->type);
	say_str(side, "payload", step->payload);
	say_str(side, "stage", step->stage);
	say_str(side, "output", step->output);
	say_str(side, "reason", step->status_reason);
	say_str(side, "code", step->error_code);
	say_str(side, "message", step->error_message);
	say_time(side, "created", step->created_at);
	say_time(side, "released", step->released_at);
	say_time(side, "started", step->started_at);
	say_time(side, "finished", step->finished_at);
	say_time(side, "deadline", step->deadline_at);
	say(side, "\n");
}

static void say_steps(struct side *side, const struct life *life, size_t run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_steps *steps = NULL;
	cairn_step_filter filter = { .size = sizeof filter,
				     .scope = cairn_tenant(cairn_str_of(life->tenant)),
				     .run = side->has->runs[run].id,
				     .limit = 9 };
	do {
		if (cairn_run_steps(side->conn, &filter, &steps, &err) != CAIRN_OK)
			side_die(side, "steps", &err);
		for (size_t i = 0; i < steps->count; i++)
			say_step(side, &steps->at[i]);
		if (steps->count > 0)
			filter.after = steps->at[steps->count - 1].id;
	} while (steps->count == 9);
	cairn_free(steps);
}

static void say_edges(struct side *side, const struct life *life, size_t run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_run_edges_result *edges = NULL;
	cairn_edge_filter filter = { .size = sizeof filter,
				     .scope = cairn_tenant(cairn_str_of(life->tenant)),
				     .run = side->has->runs[run].id,
				     .limit = 5 };
	say(side, "  edges");
	do {
		if (cairn_run_edges(side->conn, &filter, &edges, &err) != CAIRN_OK)
			side_die(side, "edges", &err);
		for (size_t i = 0; i < edges->count; i++) {
			const cairn_run_edge *edge = &edges->at[i];
			say(side, " %s-%s-%s", edge->prerequisite_key.ptr,
			    edge->mode == CAIRN_RELEASE_ON_SUCCESS ? "success" : "end",
			    edge->dependent_key.ptr);
			filter.after_dependent = edge->dependent;
			filter.after_prerequisite = edge->prerequisite;
		}
	} while (edges->count == 5);
	cairn_free(edges);
	say(side, "\n");
}

static void say_event(struct side *side, size_t run, const cairn_run_event *event)
{
	say(side, "  %lld %s", (long long)event->seq, cairn_run_event_kind_text(event->kind));
	if (event->kind == CAIRN_RUN_EVENT_RUN)
		say(side, " %s", cairn_run_status_text(event->run_status));
	if (event->kind == CAIRN_RUN_EVENT_STEP)
		say(side, " %s %s", event->step_key.ptr,
		    cairn_step_status_text(event->step_status));
	if (event->kind == CAIRN_RUN_EVENT_JOB)
		say(side, " %s %s run=%d attempt=%d %s", event->step_key.ptr,
		    cairn_event_kind_text(event->job_kind), (int)event->run_number,
		    (int)event->attempt, event->payload.ptr);
	if (!cairn_id_is_none(event->step))
		say(side, " step=%s", side_step(side, run, event->step));
	say_str(side, "reason", event->reason);
	say_str(side, "code", event->error_code);
	say_str(side, "message", event->error_message);
	say_time(side, "at", event->at);
	say(side, "\n");
}

static void say_events(struct side *side, const struct life *life, size_t run, uint32_t jobs)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_run_events_result *events = NULL;
	cairn_run_event_filter filter = { .size = sizeof filter,
					  .scope = cairn_tenant(cairn_str_of(life->tenant)),
					  .run = side->has->runs[run].id,
					  .jobs = jobs,
					  .limit = 9 };
	say(side, jobs ? "  events with those of jobs\n" : "  events\n");
	do {
		if (cairn_run_events(side->conn, &filter, &events, &err) != CAIRN_OK)
			side_die(side, "events", &err);
		for (size_t i = 0; i < events->count; i++)
			say_event(side, run, &events->at[i]);
		if (events->count == 0)
			break;
		const cairn_run_event *last = &events->at[events->count - 1];
		filter.after_seq = last->seq;
		filter.after_at = last->at;
		filter.after_step =
			last->kind == CAIRN_RUN_EVENT_JOB ? last->step : (cairn_id){ { 0 } };
	} while (events->count == 9);
	cairn_free(events);
}

/* All runs by one call, and the steps of the latest. */
void side_tell_summary(struct side *side, const struct life *life)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_runs *runs = NULL;
	cairn_run_filter filter = { .size = sizeof filter,
				    .scope = cairn_tenant(cairn_str_of(life->tenant)),
				    .limit = RUNS_MAX };
	if (cairn_run_list(side->conn, &filter, &runs, &err) != CAIRN_OK)
		side_die(side, "runs", &err);
	for (size_t i = 0; i < runs->count; i++) {
		size_t run = side_run(side, life, runs->at[i].id);
		say(side, "run %zu", run);
		say_run(side, life, &runs->at[i]);
		if (i < 3 && run < RUNS_MAX)
			say_steps(side, life, run);
	}
	cairn_free(runs);
}

void side_tell_state(struct side *side, const struct life *life)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_runs *runs = NULL;
	for (size_t i = 0; i < life->runs; i++) {
		cairn_scope scope = cairn_tenant(cairn_str_of(life->tenant));
		cairn_status st =
			cairn_run_get(side->conn, scope, side->has->runs[i].id, &runs, &err);
		say(side, "run %zu", i);
		if (st == CAIRN_NOT_FOUND) {
			say(side, " gone\n");
			continue;
		}
		if (st != CAIRN_OK)
			side_die(side, "run", &err);
		say_run(side, life, &runs->at[0]);
		say_steps(side, life, i);
		say_edges(side, life, i);
		say_events(side, life, i, 0);
		say_events(side, life, i, 1);
	}
	cairn_free(runs);
}
