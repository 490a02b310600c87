/*
 * run.c - inserting runs: the run, its steps, its edges, the jobs of those steps that wait for nothing; and
 * appending steps to one. How they end is in run_end.c.
 */
#include <string.h>

#include "lite.h"

/* ---- jobs and events --------------------------------------------------------- */

/* Written at once: the type's text does not outlive the statement. */
static cairn_status add_event(struct lite_write *write, const cairn_id *step, cairn_error *err)
{
	struct lite_run run;
	bool found;
	cairn_job fresh = { .run_number = 1 };
	cairn_event_record event = cairn_event_of(CAIRN_EVENT_ENQUEUED, &fresh);
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_STEP_STAGE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, step);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	event.seq = 1;
	event.stage = cairn_lite__view(&run);
	event.detail = cairn_lite__view(&run);
	status = cairn_lite__event_add(write, step, &event, err);
	if (status == CAIRN_OK)
		status = cairn_lite__flush(write, err);
	cairn_lite__stop(&run);
	return status;
}

/* A step whose job is to be inserted. */
struct due {
	cairn_id id;
	bool queued; /* its first stage: then its row says it all */
};

cairn_status cairn_lite__run_job(struct lite_write *write, const cairn_id *step, bool queued,
				 cairn_error *err)
{
	struct due *next = cairn_lite__list_add(write->lite, &write->lite->due, sizeof *next);
	if (next == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	*next = (struct due){ .id = *step, .queued = queued };
	return CAIRN_OK;
}

/* Up to LITE_ROWS of them: the last one again and again. */
static cairn_status insert_jobs(struct lite_write *write, const struct due *due, size_t n,
				bool record, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite,
						n == 1 ? LITE_STEP_JOB : LITE_STEP_JOB_ROWS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_int(&run, record ? 1 : 0);
	for (size_t i = 0; i < (n == 1 ? 1 : LITE_ROWS); i++)
		cairn_lite__bind_id(&run, &due[i < n ? i : n - 1].id);
	return cairn_lite__finish(&run, err);
}

cairn_status cairn_lite__run_jobs(struct lite_write *write, bool record, cairn_error *err)
{
	const struct due *due = write->lite->due.at;
	size_t n = write->lite->due.n;
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < n && status == CAIRN_OK; i += LITE_ROWS)
		status = insert_jobs(write, &due[i], n - i < LITE_ROWS ? n - i : LITE_ROWS, record,
				     err);
	for (size_t i = 0; i < n && status == CAIRN_OK && record; i++) {
		if (!due[i].queued)
			status = add_event(write, &due[i].id, err);
	}
	write->lite->due.n = 0;
	return status;
}

void cairn_lite__run_jobs_free(struct lite *lite)
{
	cairn_lite__list_free(lite, &lite->due, sizeof(struct due));
}

cairn_status cairn_lite__run_event(struct lite_write *write, const cairn_id *id,
				   const cairn_run_event *event, cairn_error *err)
{
	struct lite_run run;
	if (event->seq == 0)
		return CAIRN_OK;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RUN_EVENT_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, id);
	cairn_lite__bind_int(&run, event->seq);
	cairn_lite__bind_word(&run, cairn_run_event_kind_text(event->kind));
	cairn_lite__bind_word(&run, cairn_run_status_text(event->run_status));
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_text(&run, event->reason);
	cairn_lite__bind_text(&run, event->error_code);
	cairn_lite__bind_text(&run, event->error_message);
	return cairn_lite__finish(&run, err);
}

/* ---- steps ----------------------------------------------------------------------- */

/* What is inserted together: a run's, or an append's. */
struct graph {
	struct lite_write *write;
	const cairn_id *run;
	const cairn_step_insert *steps;
	size_t n;
	const cairn_edge_insert *edges;
	size_t edge_count;
	bool record;
	struct lite_memo *memo;
};

/* The first step whose type has no enabled definition, or n. */
static cairn_status undefined(const struct graph *graph, size_t *missing, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	for (*missing = 0; *missing < graph->n && status == CAIRN_OK; ++*missing) {
		const struct lite_definition *definition;
		const cairn_step_insert *step = &graph->steps[*missing];
		if (step->kind != CAIRN_STEP_JOB)
			continue;
		status = cairn_lite__definition(graph->write->lite, graph->memo, step->type,
						&definition, err);
		if (status == CAIRN_OK && !(definition->found && definition->enabled))
			break;
	}
	return status;
}

/* What the request leaves open comes from the definition, and stays what it is now. */
static void bind_job(struct lite_run *run, const cairn_step_insert *step,
		     const struct lite_definition *definition)
{
	bool own_priority = (step->set & CAIRN_STEP_PRIORITY) != 0;
	cairn_lite__bind_text(run, step->type);
	cairn_lite__bind_text(run, step->queue);
	cairn_lite__bind_text(run, step->owner);
	cairn_lite__bind_text(run, step->resource_key);
	cairn_lite__bind_text(run, step->stage);
	cairn_lite__bind_int(run, own_priority ? step->priority : definition->priority);
	cairn_lite__bind_int(run, step->max_attempts != 0 ? step->max_attempts
							  : definition->max_attempts);
	cairn_lite__bind_int(run, step->timeout != 0 ? step->timeout : definition->timeout);
}

static void bind_gate(struct lite_run *run)
{
	for (int i = 0; i < 8; i++)
		cairn_lite__bind_text(run, (cairn_str){ NULL, 0 });
}

/* What its status says of times and reasons. */
static void bind_status(struct lite_run *run, const struct graph *graph,
			const cairn_step_insert *step)
{
	const cairn_run_rules *rules = cairn_host_run_rules(graph->write->lite->host);
	const cairn_str none = { NULL, 0 };
	cairn_time now = graph->write->now;
	bool waits = step->status == CAIRN_STEP_WAITING_FOR_EXTERNAL;
	bool released = waits || step->status == CAIRN_STEP_ENQUEUED;
	bool ended = !released && step->status != CAIRN_STEP_BLOCKED;
	cairn_lite__bind_time(run, step->released_seq);
	cairn_lite__bind_time(run, released ? now : 0);
	cairn_lite__bind_time(run, step->ended_seq);
	cairn_lite__bind_time(run, ended ? now : 0);
	cairn_lite__bind_time(run, waits && step->deadline != 0 ? now + step->deadline : 0);
	cairn_lite__bind_text(run, ended ? rules->unsatisfied_code : none);
	cairn_lite__bind_text(run, ended ? rules->unsatisfied_code : none);
	cairn_lite__bind_text(run, ended ? rules->unsatisfied_message : none);
}

/* The definition, or NULL for a gate. */
static cairn_status defined(const struct graph *graph, const cairn_step_insert *step,
			    const struct lite_definition **definition, cairn_error *err)
{
	*definition = NULL;
	if (step->kind != CAIRN_STEP_JOB)
		return CAIRN_OK;
	return cairn_lite__definition(graph->write->lite, graph->memo, step->type, definition, err);
}

static cairn_status bind_step(struct lite_run *run, const struct graph *graph,
			      const cairn_step_insert *step, cairn_error *err)
{
	const struct lite_definition *definition;
	cairn_status status = defined(graph, step, &definition, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(run, &step->id);
	cairn_lite__bind_id(run, graph->run);
	cairn_lite__bind_text(run, step->key);
	cairn_lite__bind_word(run, cairn_step_kind_text(step->kind));
	cairn_lite__bind_word(run, cairn_step_status_text(step->status));
	cairn_lite__bind_int(run, step->pending);
	cairn_lite__bind_int(run, step->unsatisfied);
	cairn_lite__bind_int(run, step->prerequisites);
	cairn_lite__bind_tenant(run, step->tenant);
	if (definition != NULL)
		bind_job(run, step, definition);
	else
		bind_gate(run);
	cairn_lite__bind_time(run, step->deadline);
	cairn_lite__bind_int(run, (step->set & CAIRN_STEP_CONTINUES) != 0);
	cairn_lite__bind_int(run, graph->write->now);
	bind_status(run, graph, step);
	cairn_lite__bind_text(run, step->payload);
	return CAIRN_OK;
}

/* n of them by one statement: 1 or LITE_ROWS. All definitions are there. */
static cairn_status insert_steps(const struct graph *graph, const cairn_step_insert *steps,
				 size_t n, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(
		&run, graph->write->lite, n == 1 ? LITE_STEP_INSERT : LITE_STEP_INSERT_ROWS, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < n && status == CAIRN_OK; i++)
		status = bind_step(&run, graph, &steps[i], err);
	if (status == CAIRN_OK)
		return cairn_lite__finish(&run, err);
	cairn_lite__stop(&run);
	return status;
}

/* What a step needs, and what it makes. */
static cairn_status follow_step(const struct graph *graph, const cairn_step_insert *step,
				cairn_error *err)
{
	struct lite_write *write = graph->write;
	cairn_status status = CAIRN_OK;
	if (step->resource_key.len > 0)
		status = cairn_lite__resource_need(write, step->tenant, step->resource_key, err);
	if (status == CAIRN_OK && step->status == CAIRN_STEP_ENQUEUED)
		status = cairn_lite__run_job(write, &step->id, cairn_str_is(step->stage, "queued"),
					     err);
	return status;
}

static cairn_status put_steps(const struct graph *graph, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	for (size_t i = 0, some; i < graph->n && status == CAIRN_OK; i += some) {
		some = graph->n - i < LITE_ROWS ? 1 : LITE_ROWS;
		status = insert_steps(graph, &graph->steps[i], some, err);
	}
	for (size_t i = 0; i < graph->n && status == CAIRN_OK; i++)
		status = follow_step(graph, &graph->steps[i], err);
	return status == CAIRN_OK ? cairn_lite__run_jobs(graph->write, graph->record, err) : status;
}

/* ---- edges -------------------------------------------------------------------------- */

/* n of them by one statement: 1 or LITE_ROWS. */
static cairn_status insert_edges(struct lite *lite, const cairn_edge_insert *edges, size_t n,
				 cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(
		&run, lite, n == 1 ? LITE_EDGE_INSERT : LITE_EDGE_INSERT_ROWS, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < n; i++) {
		cairn_lite__bind_id(&run, &edges[i].prerequisite);
		cairn_lite__bind_id(&run, &edges[i].dependent);
		cairn_lite__bind_word(&run, cairn_release_mode_text(edges[i].mode));
	}
	return cairn_lite__finish(&run, err);
}

static cairn_status put_graph(const struct graph *graph, cairn_error *err)
{
	cairn_status status = put_steps(graph, err);
	size_t at = 0;
	while (at < graph->edge_count && status == CAIRN_OK) {
		size_t some = graph->edge_count - at < LITE_ROWS ? 1 : LITE_ROWS;
		status = insert_edges(graph->write->lite, &graph->edges[at], some, err);
		at += some;
	}
	return status;
}

/* ---- what is there already ------------------------------------------------------------ */

/* The answer of one of the three statements: a run that stands in the way. */
static cairn_status read_taken(struct lite_run *run, enum cairn_run_insert_result result,
			       cairn_run_inserted *each, cairn_error *err)
{
	bool found;
	cairn_status status = cairn_lite__row(run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	each->result = result;
	each->id = cairn_lite__id(run);
	each->status = cairn_run_status_parse(cairn_lite__view(run));
	const void *hash = sqlite3_column_blob(run->stmt, run->column);
	if (hash != NULL && sqlite3_column_bytes(run->stmt, run->column) == 32)
		memcpy(each->request_hash, hash, 32);
	cairn_lite__stop(run);
	return CAIRN_OK;
}

static cairn_status find_key(struct lite_write *write, const cairn_run_insert *insert,
			     cairn_run_inserted *each, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RUN_BY_KEY, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, insert->type);
	cairn_lite__bind_tenant(&run, insert->tenant);
	cairn_lite__bind_text(&run, insert->key);
	return read_taken(&run, CAIRN_RUN_INSERT_KEY_EXISTS, each, err);
}

static cairn_status find_recovery(struct lite_write *write, const cairn_run_insert *insert,
				  cairn_run_inserted *each, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RUN_BY_RECOVERY, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &insert->source);
	cairn_lite__bind_text(&run, insert->recovery_key);
	return read_taken(&run, CAIRN_RUN_INSERT_RECOVERY_EXISTS, each, err);
}

static cairn_status find_active(struct lite_write *write, const cairn_run_insert *insert,
				cairn_run_inserted *each, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RUN_BY_ACTIVE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_tenant(&run, insert->tenant);
	cairn_lite__bind_text(&run, insert->active_key);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_id(&run, &insert->source);
	return read_taken(&run, CAIRN_RUN_INSERT_ACTIVE_EXISTS, each, err);
}

/* In the order in which they win; each->result tells. */
static cairn_status find_taken(struct lite_write *write, const cairn_run_insert *insert,
			       cairn_run_inserted *each, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	if (insert->key.len > 0)
		status = find_key(write, insert, each, err);
	if (status == CAIRN_OK && each->result == 0 && !cairn_id_is_none(insert->source))
		status = find_recovery(write, insert, each, err);
	if (status == CAIRN_OK && each->result == 0 && insert->active_key.len > 0)
		status = find_active(write, insert, each, err);
	return status;
}

/* ---- enqueue --------------------------------------------------------------------------- */

static void bind_counts(struct lite_run *run, const cairn_run_counts *counts)
{
	cairn_lite__bind_int(run, counts->blocked);
	cairn_lite__bind_int(run, counts->waiting);
	cairn_lite__bind_int(run, counts->enqueued);
	cairn_lite__bind_int(run, counts->succeeded);
	cairn_lite__bind_int(run, counts->failed);
	cairn_lite__bind_int(run, counts->canceled);
}

static cairn_status insert_run(struct lite_write *write, const cairn_run_insert *insert,
			       cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RUN_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &insert->id);
	cairn_lite__bind_word(&run, cairn_run_status_text(insert->status));
	cairn_lite__bind_text(&run, insert->type);
	cairn_lite__bind_tenant(&run, insert->tenant);
	cairn_lite__bind_word(&run, cairn_on_failure_text(insert->on_failure));
	bind_counts(&run, &insert->counts);
	cairn_lite__bind_int(&run, (int64_t)insert->edge_count);
	cairn_lite__bind_int(&run, insert->events);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_text(&run, insert->active_key);
	cairn_lite__bind_text(&run, insert->result_step);
	cairn_lite__bind_some_id(&run, &insert->source);
	cairn_lite__bind_some_id(&run, &insert->recovery_step);
	cairn_lite__bind_text(&run, insert->recovery_key);
	cairn_lite__bind_text(&run, insert->recovery_reason);
	cairn_lite__bind_text(&run, insert->key);
	cairn_lite__bind_blob(&run, insert->request_hash, sizeof insert->request_hash);
	return cairn_lite__finish(&run, err);
}

static cairn_status insert_request(struct lite_write *write, const cairn_run_insert *insert,
				   cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RUN_REQUEST_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &insert->id);
	cairn_lite__bind_text(&run, insert->metadata);
	cairn_lite__bind_text(&run, insert->request);
	return cairn_lite__finish(&run, err);
}

static cairn_status take_active_key(struct lite_write *write, const cairn_run_insert *insert,
				    cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RUN_ACTIVE_PUT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_tenant(&run, insert->tenant);
	cairn_lite__bind_text(&run, insert->active_key);
	cairn_lite__bind_id(&run, &insert->id);
	return cairn_lite__finish(&run, err);
}

static cairn_status put_run(const struct graph *graph, const cairn_run_insert *insert,
			    cairn_error *err)
{
	struct lite_write *write = graph->write;
	const cairn_run_event event = { .seq = insert->seq,
					.kind = CAIRN_RUN_EVENT_RUN,
					.run_status = insert->status };
	cairn_status status = insert_run(write, insert, err);
	if (status == CAIRN_OK)
		status = insert_request(write, insert, err);
	if (status == CAIRN_OK && insert->active_key.len > 0)
		status = take_active_key(write, insert, err);
	if (status == CAIRN_OK)
		status = cairn_lite__run_event(write, &insert->id, &event, err);
	if (status == CAIRN_OK)
		status = put_graph(graph, err);
	return status;
}

/* A key that stands twice in the plan needs no thought: the second finds the first one's row. */
static cairn_status enqueue_one(struct lite_write *write, const cairn_run_plan *plan, size_t i,
				struct lite_memo *memo, cairn_run_inserted *each, cairn_error *err)
{
	const cairn_run_insert *insert = &plan->runs[i];
	struct graph graph = { .write = write,
			       .run = &insert->id,
			       .steps = plan->steps + insert->first_step,
			       .n = insert->step_count,
			       .edges = plan->edges + insert->first_edge,
			       .edge_count = insert->edge_count,
			       .record = plan->record != 0,
			       .memo = memo };
	memset(each, 0, sizeof *each);
	cairn_status status = find_taken(write, insert, each, err);
	if (status != CAIRN_OK || each->result != 0)
		return status;
	status = undefined(&graph, &each->step, err);
	if (status != CAIRN_OK || each->step < graph.n)
		return status;
	each->step = 0;
	each->result = CAIRN_RUN_INSERT_DONE;
	each->id = insert->id;
	each->status = insert->status;
	memcpy(each->request_hash, insert->request_hash, sizeof each->request_hash);
	return put_run(&graph, insert, err);
}

cairn_status cairn_lite__run_enqueue(void *self, const cairn_run_plan *plan,
				     cairn_run_inserted *each, cairn_error *err)
{
	struct lite_write write;
	struct lite_memo memo = { .used = 0 };
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = enqueue_one(&write, plan, i, &memo, &each[i], err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- append ------------------------------------------------------------------------------ */

static cairn_status insert_append(struct lite_write *write, const cairn_append_plan *plan,
				  cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_APPEND_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &plan->run);
	cairn_lite__bind_text(&run, plan->key);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_blob(&run, plan->request_hash, sizeof plan->request_hash);
	cairn_lite__bind_text(&run, plan->request);
	cairn_lite__bind_text(&run, plan->metadata);
	return cairn_lite__finish(&run, err);
}

static cairn_status move_run(struct lite_write *write, const cairn_append_plan *plan,
			     cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RUN_APPEND, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &plan->run);
	cairn_lite__bind_word(&run, cairn_run_status_text(plan->status));
	bind_counts(&run, &plan->counts);
	cairn_lite__bind_int(&run, plan->events);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_int(&run, (int64_t)plan->edge_count);
	return cairn_lite__finish(&run, err);
}

static cairn_status append(struct lite_write *write, const cairn_append_plan *plan, size_t *missing,
			   cairn_error *err)
{
	struct lite_memo memo = { .used = 0 };
	const struct graph graph = { .write = write,
				     .run = &plan->run,
				     .steps = plan->steps,
				     .n = plan->n,
				     .edges = plan->edges,
				     .edge_count = plan->edge_count,
				     .record = plan->record != 0,
				     .memo = &memo };
	const cairn_run_event appended = { .seq = plan->seq,
					   .kind = CAIRN_RUN_EVENT_APPENDED,
					   .reason = plan->key };
	const cairn_run_event moved = { .seq = plan->status_seq,
					.kind = CAIRN_RUN_EVENT_RUN,
					.run_status = plan->status };
	cairn_status status = undefined(&graph, missing, err);
	if (status != CAIRN_OK || *missing < plan->n)
		return status;
	status = insert_append(write, plan, err);
	if (status == CAIRN_OK)
		status = cairn_lite__run_event(write, &plan->run, &appended, err);
	if (status == CAIRN_OK)
		status = put_graph(&graph, err);
	if (status == CAIRN_OK)
		status = cairn_lite__run_event(write, &plan->run, &moved, err);
	return status == CAIRN_OK ? move_run(write, plan, err) : status;
}

cairn_status cairn_lite__run_append(void *self, const cairn_append_plan *plan, size_t *missing,
				    cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = append(&write, plan, missing, err);
	return cairn_lite__write_end(&write, status, err);
}
