/*
 * ct_graph_model.c - reckoning a graph, and comparing it with what can be read. Written from the contract
 * (workflow.h, sys/workflow.h), not from the library: a library that is wrong can't prove itself.
 */
#include "ct_graph_model.h"

/* ---- the graph as it is asked for ------------------------------------------------- */

static bool ended(enum cairn_step_status status)
{
	return status == CAIRN_STEP_SUCCEEDED || status == CAIRN_STEP_FAILED ||
	       status == CAIRN_STEP_CANCELED;
}

static bool over(enum cairn_run_status status)
{
	return status == CAIRN_RUN_SUCCEEDED || status == CAIRN_RUN_COMPLETED_WITH_ERRORS ||
	       status == CAIRN_RUN_CANCELED;
}

static cairn_str keep(cairn_str text)
{
	char *copy = ct_alloc(text.len + 1);
	memcpy(copy, text.ptr, text.len);
	return (cairn_str){ copy, text.len };
}

static size_t find(const ct_model *graph, cairn_str key)
{
	for (size_t i = 0; i < graph->n; i++) {
		cairn_str have = graph->steps[i].key;
		if (have.len == key.len && memcmp(have.ptr, key.ptr, key.len) == 0)
			return i;
	}
	ct_fail("the graph has no step %.*s", (int)key.len, key.ptr);
}

size_t ct_model_at(const ct_model *graph, const char *key)
{
	return find(graph, cairn_str_of(key));
}

static void take_steps(ct_model *graph, const cairn_step_new *given, size_t n)
{
	ct_model_step *steps = ct_alloc((graph->n + n) * sizeof(*steps));
	size_t before = graph->n;
	if (before > 0)
		memcpy(steps, graph->steps, before * sizeof(*steps));
	for (size_t i = 0; i < n; i++)
		steps[before + i] = (ct_model_step){
			.key = keep(given[i].key),
			.kind = given[i].kind ? given[i].kind : CAIRN_STEP_JOB,
			.status = CAIRN_STEP_BLOCKED,
			.prerequisites = given[i].dependency_count,
		};
	graph->steps = steps;
	graph->n += n;
	graph->ending = ct_alloc(graph->n * sizeof(*graph->ending));
	for (size_t i = 0; i < n; i++) {
		ct_model_step *step = &steps[before + i];
		step->waits_for = ct_alloc((step->prerequisites + 1) * sizeof(size_t));
		step->mode = ct_alloc((step->prerequisites + 1) * sizeof(*step->mode));
		for (size_t k = 0; k < step->prerequisites; k++) {
			const cairn_dependency *on = &given[i].dependencies[k];
			step->waits_for[k] = find(graph, on->prerequisite);
			step->mode[k] = on->mode ? on->mode : CAIRN_RELEASE_ON_TERMINAL;
		}
	}
}

/* ---- what follows ------------------------------------------------------------------ */

static void tell(ct_model *graph, ct_model_event event)
{
	if (graph->event_count == graph->event_room) {
		size_t room = 2 * graph->event_room + 64;
		ct_model_event *more = ct_alloc(room * sizeof(*more));
		if (graph->event_count > 0)
			memcpy(more, graph->events, graph->event_count * sizeof(*more));
		graph->events = more;
		graph->event_room = room;
	}
	graph->events[graph->event_count++] = event;
}

static void tell_step(ct_model *graph, size_t i)
{
	tell(graph, (ct_model_event){ .kind = CAIRN_RUN_EVENT_STEP,
				      .step = i,
				      .step_status = graph->steps[i].status });
}

static void tell_run(ct_model *graph, enum cairn_run_status status)
{
	graph->status = status;
	tell(graph, (ct_model_event){ .kind = CAIRN_RUN_EVENT_RUN, .run_status = status });
}

static void look_at(const ct_model *graph, ct_model_step *step)
{
	step->pending = 0;
	step->unsatisfied = 0;
	for (size_t k = 0; k < step->prerequisites; k++) {
		enum cairn_step_status of = graph->steps[step->waits_for[k]].status;
		if (!ended(of))
			step->pending++;
		else if (step->mode[k] == CAIRN_RELEASE_ON_SUCCESS && of != CAIRN_STEP_SUCCEEDED)
			step->unsatisfied++;
	}
}

/*
 * One edge further: every blocked step is looked at as the steps stand now, and then all that have
 * nothing to wait for begin, or are canceled. False: there were none.
 */
static bool go_on(ct_model *graph)
{
	bool *ready = ct_alloc(graph->n * sizeof(*ready));
	bool any = false;
	for (size_t i = 0; i < graph->n; i++) {
		ct_model_step *step = &graph->steps[i];
		ready[i] = false;
		if (step->status != CAIRN_STEP_BLOCKED)
			continue;
		look_at(graph, step);
		ready[i] = step->pending == 0;
		any |= ready[i];
	}
	for (size_t i = 0; i < graph->n; i++) {
		ct_model_step *step = &graph->steps[i];
		if (!ready[i])
			continue;
		step->released = step->unsatisfied == 0;
		if (!step->released) {
			step->status = CAIRN_STEP_CANCELED;
			step->canceled_for = "workflow.dependency_unsatisfied";
		} else if (step->kind == CAIRN_STEP_JOB) {
			step->status = CAIRN_STEP_ENQUEUED;
		} else {
			step->status = CAIRN_STEP_WAITING_FOR_EXTERNAL;
		}
		tell_step(graph, i);
	}
	return any;
}

cairn_run_counts ct_model_counts(const ct_model *graph)
{
	cairn_run_counts counts = { 0 };
	for (size_t i = 0; i < graph->n; i++) {
		enum cairn_step_status status = graph->steps[i].status;
		counts.blocked += status == CAIRN_STEP_BLOCKED;
		counts.waiting += status == CAIRN_STEP_WAITING_FOR_EXTERNAL;
		counts.enqueued += status == CAIRN_STEP_ENQUEUED || status == CAIRN_STEP_RUNNING;
		counts.succeeded += status == CAIRN_STEP_SUCCEEDED;
		counts.failed += status == CAIRN_STEP_FAILED;
		counts.canceled += status == CAIRN_STEP_CANCELED;
	}
	return counts;
}

static enum cairn_run_status run_status(const ct_model *graph)
{
	cairn_run_counts counts = ct_model_counts(graph);
	if (over(graph->status))
		return graph->status;
	if (counts.blocked > 0 || counts.enqueued > 0)
		return CAIRN_RUN_RUNNING;
	if (counts.waiting > 0)
		return CAIRN_RUN_WAITING_FOR_EXTERNAL;
	if (counts.failed > 0 || counts.canceled > 0)
		return CAIRN_RUN_COMPLETED_WITH_ERRORS;
	return CAIRN_RUN_SUCCEEDED;
}

static void sweep(ct_model *graph, const char *code)
{
	for (size_t i = 0; i < graph->n; i++) {
		ct_model_step *step = &graph->steps[i];
		if (ended(step->status))
			continue;
		step->status = CAIRN_STEP_CANCELED;
		step->canceled_for = code;
		tell_step(graph, i);
	}
}

void ct_model_settle(ct_model *graph)
{
	for (size_t i = 0; i < graph->n; i++) {
		for (size_t k = 0; k < graph->ending_count; k++) {
			if (graph->ending[k] == i)
				tell_step(graph, i);
		}
	}
	graph->ending_count = 0;
	while (go_on(graph))
		;
	if (graph->fail_fast && !over(run_status(graph)) && ct_model_counts(graph).failed > 0)
		sweep(graph, "workflow.fail_fast");
	enum cairn_run_status status = run_status(graph);
	if (status != graph->status)
		tell_run(graph, status);
}

void ct_model_name(ct_model *graph, const char *key, enum cairn_step_status to)
{
	size_t i = ct_model_at(graph, key);
	if (ended(graph->steps[i].status) || over(graph->status))
		return;
	graph->steps[i].status = to;
	graph->ending[graph->ending_count++] = i;
}

void ct_model_end(ct_model *graph, const char *key, enum cairn_step_status to)
{
	ct_model_name(graph, key, to);
	ct_model_settle(graph);
}

void ct_model_cancel(ct_model *graph)
{
	if (over(graph->status))
		return;
	sweep(graph, NULL);
	tell_run(graph, CAIRN_RUN_CANCELED);
}

void ct_model_append(ct_model *graph, const cairn_step_new *steps, size_t n)
{
	tell(graph, (ct_model_event){ .kind = CAIRN_RUN_EVENT_APPENDED });
	take_steps(graph, steps, n);
	ct_model_settle(graph);
}

ct_model *ct_model_of(const cairn_run_new *run)
{
	ct_model *graph = ct_alloc(sizeof(*graph));
	*graph = (ct_model){ .fail_fast = run->on_failure == CAIRN_ON_FAILURE_FAIL_FAST };
	take_steps(graph, run->steps, run->step_count);
	while (go_on(graph))
		;
	/* what is told of a new run begins with its status */
	graph->event_count = 0;
	tell_run(graph, run_status(graph));
	for (size_t i = 0; i < graph->n; i++) {
		if (graph->steps[i].released)
			tell_step(graph, i);
	}
	return graph;
}

/* ---- what can be read ------------------------------------------------------------------ */

#define PAGE	  1000
#define JOBS_SEEN 64 /* of a wide graph only the first ones' jobs are looked at */

static void same_counts(const cairn_run_counts *got, const cairn_run_counts *want)
{
	ct_int(got->blocked, want->blocked);
	ct_int(got->waiting, want->waiting);
	ct_int(got->enqueued, want->enqueued);
	ct_int(got->succeeded, want->succeeded);
	ct_int(got->failed, want->failed);
	ct_int(got->canceled, want->canceled);
}

static void same_job(cairn_conn *conn, const ct_model_step *want, const cairn_step *got)
{
	bool there = want->kind == CAIRN_STEP_JOB && want->released;
	ct_int(ct_exists(conn, got->id), there);
	if (!there)
		return;
	const cairn_job *job = ct_job(conn, got->id);
	ct_id(job->run, got->run);
	ct_int(job->status == CAIRN_JOB_PENDING, got->status == CAIRN_STEP_ENQUEUED);
	ct_int(job->status == CAIRN_JOB_LEASED, got->status == CAIRN_STEP_RUNNING);
	ct_int(job->status == CAIRN_JOB_SUCCEEDED, want->status == CAIRN_STEP_SUCCEEDED);
	ct_int(job->status == CAIRN_JOB_DEAD_LETTERED, want->status == CAIRN_STEP_FAILED);
	ct_int(job->status == CAIRN_JOB_CANCELED, want->status == CAIRN_STEP_CANCELED);
}

static void same_step(cairn_conn *conn, const ct_model *graph, size_t i, const cairn_step *got)
{
	const ct_model_step *want = &graph->steps[i];
	enum cairn_step_status status = got->status;
	if (status == CAIRN_STEP_RUNNING)
		status = CAIRN_STEP_ENQUEUED;
	ct_same(got->key, want->key);
	if (status != want->status)
		ct_fail("step %.*s is %s instead of %s", (int)got->key.len, got->key.ptr,
			cairn_step_status_text(status), cairn_step_status_text(want->status));
	ct_int(got->kind, want->kind);
	ct_int(got->prerequisites, want->prerequisites);
	ct_int(got->pending, want->pending);
	ct_int(got->unsatisfied, want->unsatisfied);
	ct_int(got->released_at != 0, want->released);
	ct_int(got->finished_at != 0, ended(want->status));
	ct_int(got->deadline_at != 0,
	       want->status == CAIRN_STEP_WAITING_FOR_EXTERNAL && got->deadline != 0);
	if (want->canceled_for) {
		ct_str(got->status_reason, want->canceled_for);
		ct_str(got->error_code, want->canceled_for);
		ct_true(got->error_message.len > 0);
	}
	if (want->status != CAIRN_STEP_SUCCEEDED)
		ct_str(got->output, NULL);
	if (i < JOBS_SEEN)
		same_job(conn, want, got);
}

void ct_model_steps_agree(cairn_conn *conn, cairn_id run, const ct_model *graph)
{
	cairn_step_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = run, .limit = PAGE
	};
	cairn_steps *steps = NULL;
	size_t seen = 0;
	do {
		ct_ok(cairn_run_steps(conn, &filter, &steps, ct_err()));
		for (size_t i = 0; i < steps->count; i++) {
			ct_true(seen < graph->n);
			same_step(conn, graph, seen++, &steps->at[i]);
		}
		if (steps->count > 0)
			filter.after = steps->at[steps->count - 1].id;
	} while (steps->count == PAGE);
	ct_later(steps);
	ct_int(seen, graph->n);
	const cairn_run *got = ct_run(conn, run);
	cairn_run_counts want = ct_model_counts(graph);
	same_counts(&got->counts, &want);
	if (got->status != graph->status)
		ct_fail("the run is %s instead of %s", cairn_run_status_text(got->status),
			cairn_run_status_text(graph->status));
	ct_int(got->finished_at != 0, over(graph->status));
}

static void same_event(const ct_model *graph, size_t i, const cairn_run_event *got)
{
	ct_true(i < graph->event_count);
	const ct_model_event *want = &graph->events[i];
	ct_int(got->seq, i + 1);
	ct_int(got->kind, want->kind);
	if (want->kind == CAIRN_RUN_EVENT_RUN)
		ct_int(got->run_status, want->run_status);
	if (want->kind != CAIRN_RUN_EVENT_STEP) {
		ct_true(cairn_id_is_none(got->step));
		return;
	}
	ct_same(got->step_key, graph->steps[want->step].key);
	ct_int(got->step_status, want->step_status);
}

void ct_model_agrees(cairn_conn *conn, cairn_id run, const ct_model *graph)
{
	cairn_run_event_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = run, .limit = PAGE
	};
	cairn_run_events_result *events = NULL;
	size_t seen = 0;
	ct_model_steps_agree(conn, run, graph);
	do {
		ct_ok(cairn_run_events(conn, &filter, &events, ct_err()));
		for (size_t i = 0; i < events->count; i++)
			same_event(graph, seen++, &events->at[i]);
		filter.after_seq = (int64_t)seen;
	} while (events->count == PAGE);
	ct_later(events);
	ct_int(seen, graph->event_count);
	ct_int(ct_run(conn, run)->events, graph->event_count);
}

void ct_counts_agree(cairn_conn *conn, cairn_id run)
{
	cairn_step_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = run, .limit = PAGE
	};
	cairn_steps *steps = NULL;
	ct_model found = { .n = 0 };
	do {
		ct_ok(cairn_run_steps(conn, &filter, &steps, ct_err()));
		ct_model_step *all = ct_alloc((found.n + steps->count + 1) * sizeof(*all));
		if (found.n > 0)
			memcpy(all, found.steps, found.n * sizeof(*all));
		for (size_t i = 0; i < steps->count; i++)
			all[found.n + i].status = steps->at[i].status;
		found.steps = all;
		found.n += steps->count;
		if (steps->count > 0)
			filter.after = steps->at[steps->count - 1].id;
	} while (steps->count == PAGE);
	ct_later(steps);
	cairn_run_counts want = ct_model_counts(&found);
	same_counts(&ct_run(conn, run)->counts, &want);
}

/* ---- side by side ------------------------------------------------------------------------- */

ct_play ct_play_run(cairn_conn *conn, const cairn_run_new *run)
{
	ct_define(conn, "t");
	ct_play play = { .conn = conn, .model = ct_model_of(run) };
	play.run = ct_add_run(conn, run);
	ct_model_agrees(conn, play.run, play.model);
	return play;
}

ct_play ct_play_words(const char *words)
{
	cairn_run_new run = ct_dag(words);
	return ct_play_run(ct_open(), &run);
}

static enum cairn_step_status end_of(char sign)
{
	if (sign == '+')
		return CAIRN_STEP_SUCCEEDED;
	if (sign == '-')
		return CAIRN_STEP_FAILED;
	if (sign == '~')
		return CAIRN_STEP_CANCELED;
	ct_fail("%c is no end of a step", sign);
}

void ct_play_ends(ct_play *play, const char *ends)
{
	while (*ends) {
		size_t len = strcspn(ends, "+-~");
		const char *key = ct_format("%.*s", (int)len, ends);
		enum cairn_step_status to = end_of(ends[len]);
		ct_note("--- %s ends as %s", key, cairn_step_status_text(to));
		ct_end(play->conn, play->run, key, to);
		ct_model_end(play->model, key, to);
		ct_model_agrees(play->conn, play->run, play->model);
		ends += len + 1;
		ends += strspn(ends, " ");
	}
}

void ct_play_cancel(ct_play *play)
{
	ct_cancel_run(play->conn, play->run);
	ct_model_cancel(play->model);
	ct_model_agrees(play->conn, play->run, play->model);
}

void ct_play_append(ct_play *play, const char *key, const char *window, const char *words)
{
	cairn_append append = ct_append(play->run, key, window, words);
	ct_send_append(play->conn, &append, CAIRN_INSERTED);
	ct_model_append(play->model, append.steps, append.n);
	ct_model_agrees(play->conn, play->run, play->model);
}
