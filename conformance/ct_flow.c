/* ct_flow.c - what can be read about runs, as lines. How they are made and carried on is in ct_workflow.c. */
#include "ct_workflow.h"

const cairn_run *ct_run(cairn_conn *conn, cairn_id id)
{
	cairn_runs *runs = NULL;
	ct_ok(cairn_run_get(conn, cairn_any(), id, &runs, ct_err()));
	ct_later(runs);
	ct_int(runs->count, 1);
	ct_id(runs->at[0].id, id);
	return &runs->at[0];
}

size_t ct_count_runs(cairn_conn *conn)
{
	cairn_run_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .limit = 1000 };
	cairn_runs *runs = NULL;
	ct_ok(cairn_run_list(conn, &filter, &runs, ct_err()));
	ct_later(runs);
	return runs->count;
}

/* ---- steps ---------------------------------------------------------------------- */

static const cairn_steps *read_steps(cairn_conn *conn, cairn_id run, cairn_id after)
{
	cairn_step_filter filter = { .size = sizeof(filter),
				     .scope = cairn_any(),
				     .run = run,
				     .after = after,
				     .limit = 1000 };
	cairn_steps *steps = NULL;
	ct_ok(cairn_run_steps(conn, &filter, &steps, ct_err()));
	ct_later(steps);
	return steps;
}

const cairn_steps *ct_run_steps(cairn_conn *conn, cairn_id run)
{
	const cairn_steps *steps = read_steps(conn, run, (cairn_id){ { 0 } });
	ct_true(steps->count > 0 && steps->count < 1000);
	for (size_t i = 1; i < steps->count; i++)
		ct_true(cairn_id_compare(steps->at[i - 1].id, steps->at[i].id) < 0);
	return steps;
}

const cairn_step *ct_run_step(cairn_conn *conn, cairn_id run, const char *key)
{
	cairn_step_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = run, .key = cairn_str_of(key)
	};
	cairn_steps *steps = NULL;
	ct_ok(cairn_run_steps(conn, &filter, &steps, ct_err()));
	ct_later(steps);
	ct_int(steps->count, 1);
	ct_str(steps->at[0].key, key);
	ct_id(steps->at[0].run, run);
	return &steps->at[0];
}

cairn_id ct_step_id(cairn_conn *conn, cairn_id run, const char *key)
{
	return ct_run_step(conn, run, key)->id;
}

/* ---- the state of a run ------------------------------------------------------------ */

static bool over(enum cairn_run_status status)
{
	return status != CAIRN_RUN_RUNNING && status != CAIRN_RUN_WAITING_FOR_EXTERNAL;
}

static cairn_run_counts counted(const cairn_steps *steps)
{
	cairn_run_counts counts = { 0 };
	for (size_t i = 0; i < steps->count; i++) {
		enum cairn_step_status status = steps->at[i].status;
		counts.blocked += status == CAIRN_STEP_BLOCKED;
		counts.waiting += status == CAIRN_STEP_WAITING_FOR_EXTERNAL;
		counts.enqueued += status == CAIRN_STEP_ENQUEUED || status == CAIRN_STEP_RUNNING;
		counts.succeeded += status == CAIRN_STEP_SUCCEEDED;
		counts.failed += status == CAIRN_STEP_FAILED;
		counts.canceled += status == CAIRN_STEP_CANCELED;
	}
	return counts;
}

static enum cairn_run_status said(const cairn_run_counts *counts)
{
	if (counts->blocked + counts->enqueued > 0)
		return CAIRN_RUN_RUNNING;
	if (counts->waiting > 0)
		return CAIRN_RUN_WAITING_FOR_EXTERNAL;
	return counts->failed + counts->canceled > 0 ? CAIRN_RUN_COMPLETED_WITH_ERRORS
						     : CAIRN_RUN_SUCCEEDED;
}

static void expect_whole(const cairn_run *run, const cairn_steps *steps)
{
	cairn_run_counts counts = counted(steps);
	ct_int(run->counts.blocked, counts.blocked);
	ct_int(run->counts.waiting, counts.waiting);
	ct_int(run->counts.enqueued, counts.enqueued);
	ct_int(run->counts.succeeded, counts.succeeded);
	ct_int(run->counts.failed, counts.failed);
	ct_int(run->counts.canceled, counts.canceled);
	if (run->status != CAIRN_RUN_CANCELED)
		ct_int(run->status, said(&counts));
	ct_int(run->finished_at != 0, over(run->status));
	ct_true(run->result.len == 0 || run->status == CAIRN_RUN_SUCCEEDED);
}

const char *ct_state(cairn_conn *conn, cairn_id id)
{
	const cairn_run *run = ct_run(conn, id);
	const cairn_steps *steps = ct_run_steps(conn, id);
	const char *line = cairn_run_status_text(run->status);
	expect_whole(run, steps);
	for (size_t i = 0; i < steps->count; i++) {
		const cairn_step *step = &steps->at[i];
		line = ct_format("%s %.*s=%s", line, (int)step->key.len, step->key.ptr,
				 cairn_step_status_text(step->status));
	}
	return line;
}

/* ---- edges and events ---------------------------------------------------------------- */

const char *ct_edges(cairn_conn *conn, cairn_id run)
{
	cairn_edge_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = run, .limit = 1000
	};
	cairn_run_edges_result *edges = NULL;
	const char *line = "";
	ct_ok(cairn_run_edges(conn, &filter, &edges, ct_err()));
	ct_later(edges);
	for (size_t i = 0; i < edges->count; i++) {
		const cairn_run_edge *edge = &edges->at[i];
		line = ct_format("%s%s%.*s>%.*s%s", line, i > 0 ? " " : "",
				 (int)edge->prerequisite_key.len, edge->prerequisite_key.ptr,
				 (int)edge->dependent_key.len, edge->dependent_key.ptr,
				 edge->mode == CAIRN_RELEASE_ON_SUCCESS ? "!" : "");
	}
	return line;
}

static const cairn_run_events_result *read_events(cairn_conn *conn, cairn_id run, uint32_t jobs)
{
	cairn_run_event_filter filter = { .size = sizeof(filter),
					  .scope = cairn_any(),
					  .run = run,
					  .jobs = jobs,
					  .limit = 1000 };
	cairn_run_events_result *events = NULL;
	ct_ok(cairn_run_events(conn, &filter, &events, ct_err()));
	ct_later(events);
	return events;
}

static const char *event_word(const cairn_run_event *event)
{
	switch (event->kind) {
	case CAIRN_RUN_EVENT_RUN:
		return cairn_run_status_text(event->run_status);
	case CAIRN_RUN_EVENT_STEP:
		return ct_format("%.*s=%s", (int)event->step_key.len, event->step_key.ptr,
				 cairn_step_status_text(event->step_status));
	case CAIRN_RUN_EVENT_APPENDED:
		return ct_format("+%.*s", (int)event->reason.len, event->reason.ptr);
	case CAIRN_RUN_EVENT_JOB:
		break;
	}
	ct_fail("an event of kind %d among the run's own", (int)event->kind);
}

const char *ct_run_timeline(cairn_conn *conn, cairn_id run)
{
	const cairn_run_events_result *events = read_events(conn, run, 0);
	const char *line = "";
	for (size_t i = 0; i < events->count; i++) {
		ct_int(events->at[i].seq, i + 1);
		line = ct_format("%s%s%s", line, i > 0 ? " " : "", event_word(&events->at[i]));
	}
	ct_int(ct_run(conn, run)->events, events->count);
	return line;
}

/* ---- everything -------------------------------------------------------------------------- */

static const char *shown(cairn_str text)
{
	return text.ptr ? text.ptr : "-";
}

static const char *shown_id(cairn_id id)
{
	char text[CAIRN_ID_TEXT];
	cairn_id_format(id, text);
	return ct_format("%s", text);
}

static const char *run_row(const cairn_run *run)
{
	const char *keys =
		ct_format("%s %s tenant %s metadata %s key %s active %s result step %s "
			  "result %s request %s",
			  shown_id(run->id), shown(run->type), shown(run->tenant),
			  shown(run->metadata), shown(run->key), shown(run->active_key),
			  shown(run->result_step), shown(run->result), shown(run->request));
	const char *source = ct_format("source %s step %s key %s reason %s", shown_id(run->source),
				       shown_id(run->recovery_step), shown(run->recovery_key),
				       shown(run->recovery_reason));
	return ct_format("%s\n%s on_failure %d reason %s error %s %s events %lld created %lld "
			 "updated %lld finished %lld\n%s\n",
			 keys, cairn_run_status_text(run->status), (int)run->on_failure,
			 shown(run->status_reason), shown(run->error_code),
			 shown(run->error_message), (long long)run->events,
			 (long long)run->created_at, (long long)run->updated_at,
			 (long long)run->finished_at, source);
}

static const char *step_row(const cairn_step *step)
{
	const char *work = ct_format("%s tenant %s type %s queue %s payload %s owner %s "
				     "resource %s stage %s",
				     shown_id(step->id), shown(step->tenant), shown(step->type),
				     shown(step->queue), shown(step->payload), shown(step->owner),
				     shown(step->resource_key), shown(step->stage));
	const char *numbers =
		ct_format("set %u priority %d timeout %lld deadline %lld attempts %d "
			  "prerequisites %d pending %d unsatisfied %d run %d attempt %d",
			  (unsigned)step->set, (int)step->priority, (long long)step->timeout,
			  (long long)step->deadline, (int)step->max_attempts,
			  (int)step->prerequisites, (int)step->pending, (int)step->unsatisfied,
			  (int)step->run_number, (int)step->attempt);
	return ct_format("%s\n%s\ncreated %lld released %lld started %lld finished %lld "
			 "deadline %lld reason %s error %s %s output %s\n",
			 work, numbers, (long long)step->created_at, (long long)step->released_at,
			 (long long)step->started_at, (long long)step->finished_at,
			 (long long)step->deadline_at, shown(step->status_reason),
			 shown(step->error_code), shown(step->error_message), shown(step->output));
}

const char *ct_run_snapshot(cairn_conn *conn, cairn_id id)
{
	const char *text =
		ct_format("%s\n%s%s\n%s\n", ct_state(conn, id), run_row(ct_run(conn, id)),
			  ct_edges(conn, id), ct_run_timeline(conn, id));
	const cairn_steps *steps = ct_run_steps(conn, id);
	const cairn_run_events_result *events = read_events(conn, id, 1);
	for (size_t i = 0; i < steps->count; i++)
		text = ct_format("%s%s", text, step_row(&steps->at[i]));
	for (size_t i = 0; i < events->count; i++) {
		const cairn_run_event *event = &events->at[i];
		text = ct_format("%s%lld %lld %d %s reason %s error %s %s %s\n", text,
				 (long long)event->seq, (long long)event->at, (int)event->kind,
				 shown_id(event->step), shown(event->reason),
				 shown(event->error_code), shown(event->error_message),
				 shown(event->payload));
	}
	return text;
}

uint64_t ct_further(const cairn_conn *conn)
{
	return cairn_conn_caps(conn) & CAIRN_CAP_WAKE ? 4 : 7;
}
