/*
 * run.c - inserting runs: the run, its steps, its edges, the jobs of those steps that wait for nothing; and
 * appending steps to one. How they end is in run_end.c.
 */
#include <string.h>

#include "mem.h"

/* ---- jobs and events --------------------------------------------------------- */

int cairn_mem__run_job(struct mem_write *write, const struct mem_step *row, bool record)
{
	const cairn_step *step = &row->step;
	cairn_job job = {
		.id = step->id,
		.run = step->run,
		.continues = (step->set & CAIRN_STEP_CONTINUES) != 0,
		.queue = step->queue,
		.type = step->type,
		.tenant = step->tenant,
		.payload = step->payload,
		.status = CAIRN_JOB_PENDING,
		.priority = step->priority,
		.run_number = 1,
		.max_attempts = step->max_attempts,
		.timeout = step->timeout,
		.run_at = write->now,
		.owner = step->owner,
		.resource_key = step->resource_key,
		.stage = step->stage,
		.progress_done = -1,
		.progress_total = -1,
		.created_at = write->now,
		.updated_at = write->now,
	};
	if (cairn_mem__put(write->state, MEM_JOBS, &job) != 0)
		return -1;
	if (!record)
		return 0;
	cairn_event_record event = cairn_event_of(CAIRN_EVENT_ENQUEUED, &job);
	event.stage = job.stage;
	event.detail = job.type;
	return cairn_mem__event_add(write, job.id, &event);
}

int cairn_mem__run_event(struct mem_write *write, const cairn_run *run, int64_t seq)
{
	struct mem_run_event row = { .run = run->id };
	if (seq == 0)
		return 0;
	row.event = (cairn_run_event){
		.seq = seq,
		.at = write->now,
		.kind = CAIRN_RUN_EVENT_RUN,
		.run_status = run->status,
		.reason = run->status_reason,
		.error_code = run->error_code,
		.error_message = run->error_message,
	};
	return cairn_mem__put(write->state, MEM_RUN_EVENTS, &row);
}

/* ---- steps and edges ----------------------------------------------------------- */

/* The enabled definition of a job's type; NULL: there is none. */
static const cairn_definition *definition_of(const struct mem_state *state, cairn_str type)
{
	const cairn_definition *definition = cairn_mem__definition(state, type);
	return definition != NULL && !definition->disabled ? definition : NULL;
}

/* The first step whose type has no enabled definition, or n. */
static size_t undefined(const struct mem_state *state, const cairn_step_insert *steps, size_t n)
{
	size_t i = 0;
	while (i < n &&
	       (steps[i].kind != CAIRN_STEP_JOB || definition_of(state, steps[i].type) != NULL))
		i++;
	return i;
}

/* What the request leaves open comes from the definition, and stays what it is now. */
static void settle_numbers(const cairn_step_insert *insert, const cairn_definition *definition,
			   cairn_step *step)
{
	bool own_priority = (insert->set & CAIRN_STEP_PRIORITY) != 0;
	step->timeout = insert->timeout != 0 ? insert->timeout : definition->timeout;
	step->max_attempts =
		insert->max_attempts != 0 ? insert->max_attempts : definition->max_attempts;
	step->priority = own_priority ? insert->priority : definition->priority;
}

/* What its status says of times and reasons. */
static void settle_status(const struct mem_write *write, cairn_step *step)
{
	const cairn_run_rules *rules = cairn_host_run_rules(write->mem->host);
	switch (step->status) {
	case CAIRN_STEP_WAITING_FOR_EXTERNAL:
		step->deadline_at = step->deadline != 0 ? write->now + step->deadline : 0;
		step->released_at = write->now;
		break;
	case CAIRN_STEP_ENQUEUED:
	case CAIRN_STEP_RUNNING:
		step->released_at = write->now;
		break;
	case CAIRN_STEP_SUCCEEDED:
	case CAIRN_STEP_FAILED:
	case CAIRN_STEP_CANCELED:
		step->finished_at = write->now;
		step->status_reason = rules->unsatisfied_code;
		step->error_code = rules->unsatisfied_code;
		step->error_message = rules->unsatisfied_message;
		break;
	case CAIRN_STEP_BLOCKED:
		break;
	}
}

static struct mem_step new_step(const struct mem_write *write, cairn_id run,
				const cairn_step_insert *insert)
{
	struct mem_step row = { .released_seq = insert->released_seq,
				.ended_seq = insert->ended_seq };
	row.step = (cairn_step){
		.id = insert->id,
		.run = run,
		.key = insert->key,
		.kind = insert->kind,
		.status = insert->status,
		.set = insert->set & CAIRN_STEP_CONTINUES,
		.type = insert->type,
		.queue = insert->queue,
		.tenant = insert->tenant,
		.payload = insert->payload,
		.owner = insert->owner,
		.resource_key = insert->resource_key,
		.stage = insert->stage,
		.deadline = insert->deadline,
		.prerequisites = insert->prerequisites,
		.pending = insert->pending,
		.unsatisfied = insert->unsatisfied,
		.created_at = write->now,
	};
	if (insert->kind == CAIRN_STEP_JOB)
		settle_numbers(insert, definition_of(write->state, insert->type), &row.step);
	settle_status(write, &row.step);
	return row;
}

/* All definitions are there. */
static int put_step(struct mem_write *write, cairn_id run, const cairn_step_insert *insert,
		    bool record)
{
	struct mem_step row = new_step(write, run, insert);
	cairn_job needs = { .tenant = row.step.tenant, .resource_key = row.step.resource_key };
	if (cairn_mem__put(write->state, MEM_STEPS, &row) != 0 ||
	    cairn_mem__resource_need(write, &needs) != 0)
		return -1;
	return row.step.status == CAIRN_STEP_ENQUEUED ? cairn_mem__run_job(write, &row, record) : 0;
}

struct graph {
	const cairn_step_insert *steps;
	size_t n;
	const cairn_edge_insert *edges;
	size_t edge_count;
	bool record;
};

static int put_graph(struct mem_write *write, cairn_id run, const struct graph *graph)
{
	for (size_t i = 0; i < graph->n; i++) {
		if (put_step(write, run, &graph->steps[i], graph->record) != 0)
			return -1;
	}
	for (size_t i = 0; i < graph->edge_count; i++) {
		const cairn_edge_insert *edge = &graph->edges[i];
		struct mem_edge row = { .prerequisite = edge->prerequisite,
					.dependent = edge->dependent,
					.mode = edge->mode };
		if (cairn_mem__put(write->state, MEM_EDGES, &row) != 0)
			return -1;
	}
	return 0;
}

/* ---- enqueue --------------------------------------------------------------------- */

static struct mem_run new_run(const struct mem_write *write, const cairn_run_insert *insert)
{
	struct mem_run row = { .edges = (int64_t)insert->edge_count };
	memcpy(row.request_hash, insert->request_hash, sizeof row.request_hash);
	row.run = (cairn_run){
		.id = insert->id,
		.type = insert->type,
		.tenant = insert->tenant,
		.status = insert->status,
		.on_failure = insert->on_failure,
		.metadata = insert->metadata,
		.key = insert->key,
		.active_key = insert->active_key,
		.result_step = insert->result_step,
		.counts = insert->counts,
		.source = insert->source,
		.recovery_key = insert->recovery_key,
		.recovery_reason = insert->recovery_reason,
		.recovery_step = insert->recovery_step,
		.events = insert->events,
		.created_at = write->now,
		.updated_at = write->now,
		.request = insert->request,
	};
	return row;
}

static int put_run(struct mem_write *write, const cairn_run_insert *insert)
{
	struct mem_run row = new_run(write, insert);
	struct mem_key key = { .type = insert->type,
			       .tenant = insert->tenant,
			       .key = insert->key,
			       .job = insert->id };
	struct mem_active active = { .tenant = insert->tenant,
				     .key = insert->active_key,
				     .run = insert->id };
	memcpy(key.request_hash, insert->request_hash, sizeof key.request_hash);
	if (insert->key.len > 0 && cairn_mem__put(write->state, MEM_RUN_KEYS, &key) != 0)
		return -1;
	if (insert->active_key.len > 0 && cairn_mem__put(write->state, MEM_ACTIVE, &active) != 0)
		return -1;
	if (cairn_mem__put(write->state, MEM_RUNS, &row) != 0)
		return -1;
	return cairn_mem__run_event(write, &row.run, insert->seq);
}

static const struct mem_run *find_key(const struct mem_state *state, const cairn_run_insert *insert)
{
	struct mem_key wanted = { .type = insert->type,
				  .tenant = insert->tenant,
				  .key = insert->key };
	const struct mem_key *key = NULL;
	if (insert->key.len > 0)
		key = cairn_mem__find(state, MEM_RUN_KEYS, &wanted);
	return key != NULL ? cairn_mem__run(state, key->job) : NULL;
}

static const struct mem_run *find_recovery(const struct mem_state *state,
					   const cairn_run_insert *insert)
{
	if (cairn_id_is_none(insert->source))
		return NULL;
	for (size_t i = 0; i < cairn_mem__count(state, MEM_RUNS); i++) {
		const struct mem_run *row = cairn_mem__at(state, MEM_RUNS, i);
		if (cairn_id_compare(row->run.source, insert->source) == 0 &&
		    cairn_str_equal(row->run.recovery_key, insert->recovery_key))
			return row;
	}
	return NULL;
}

/* Who has the active key and does not let go of it. */
static const struct mem_run *find_active(const struct mem_write *write,
					 const cairn_run_insert *insert)
{
	struct mem_active wanted = { .tenant = insert->tenant, .key = insert->active_key };
	const struct mem_active *active = NULL;
	if (insert->active_key.len > 0)
		active = cairn_mem__find(write->state, MEM_ACTIVE, &wanted);
	if (active == NULL)
		return NULL;
	bool over = active->free_at != 0;
	if (over &&
	    (active->free_at <= write->now || cairn_id_compare(active->run, insert->source) == 0))
		return NULL;
	return cairn_mem__run(write->state, active->run);
}

static void report(cairn_run_inserted *each, enum cairn_run_insert_result result,
		   const struct mem_run *row)
{
	each->result = result;
	each->status = row->run.status;
	each->id = row->run.id;
	memcpy(each->request_hash, row->request_hash, sizeof each->request_hash);
}

/* What another run has already; false: nothing. */
static bool taken(const struct mem_write *write, const cairn_run_insert *insert,
		  cairn_run_inserted *each)
{
	const struct mem_run *there = find_key(write->state, insert);
	enum cairn_run_insert_result result = CAIRN_RUN_INSERT_KEY_EXISTS;
	if (there == NULL) {
		there = find_recovery(write->state, insert);
		result = CAIRN_RUN_INSERT_RECOVERY_EXISTS;
	}
	if (there == NULL) {
		there = find_active(write, insert);
		result = CAIRN_RUN_INSERT_ACTIVE_EXISTS;
	}
	if (there != NULL)
		report(each, result, there);
	return there != NULL;
}

static int enqueue_one(struct mem_write *write, const cairn_run_plan *plan,
		       const cairn_run_insert *insert, cairn_run_inserted *each)
{
	struct graph graph = { .steps = plan->steps + insert->first_step,
			       .n = insert->step_count,
			       .edges = plan->edges + insert->first_edge,
			       .edge_count = insert->edge_count,
			       .record = plan->record != 0 };
	*each = (cairn_run_inserted){ .result = CAIRN_RUN_INSERT_NO_DEFINITION };
	if (taken(write, insert, each))
		return 0;
	each->step = undefined(write->state, graph.steps, graph.n);
	if (each->step < graph.n)
		return 0;
	if (put_run(write, insert) != 0 || put_graph(write, insert->id, &graph) != 0)
		return -1;
	each->step = 0;
	report(each, CAIRN_RUN_INSERT_DONE, cairn_mem__run(write->state, insert->id));
	return 0;
}

cairn_status cairn_mem__run_enqueue(void *self, const cairn_run_plan *plan,
				    cairn_run_inserted *each, cairn_error *err)
{
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(self, MEM_RUNS, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (enqueue_one(&write, plan, &plan->runs[i], &each[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(self, &write, status);
}

/* ---- append ------------------------------------------------------------------------ */

static int put_append(struct mem_write *write, const cairn_append_plan *plan)
{
	struct mem_append row = { .run = plan->run,
				  .key = plan->key,
				  .metadata = plan->metadata,
				  .request = plan->request,
				  .at = write->now };
	struct mem_run_event event = { .run = plan->run };
	memcpy(row.request_hash, plan->request_hash, sizeof row.request_hash);
	if (cairn_mem__put(write->state, MEM_APPENDS, &row) != 0)
		return -1;
	event.event = (cairn_run_event){ .seq = plan->seq,
					 .at = write->now,
					 .kind = CAIRN_RUN_EVENT_APPENDED,
					 .reason = plan->key };
	return plan->seq != 0 ? cairn_mem__put(write->state, MEM_RUN_EVENTS, &event) : 0;
}

static int append(struct mem_write *write, const cairn_append_plan *plan, size_t *missing)
{
	const struct mem_run *was = cairn_mem__run(write->state, plan->run);
	struct graph graph = { .steps = plan->steps,
			       .n = plan->n,
			       .edges = plan->edges,
			       .edge_count = plan->edge_count,
			       .record = plan->record != 0 };
	*missing = undefined(write->state, plan->steps, plan->n);
	if (*missing < plan->n || was == NULL)
		return 0;
	struct mem_run is = *was;
	is.run.status = plan->status;
	is.run.counts = plan->counts;
	is.run.events = plan->events;
	is.run.updated_at = write->now;
	is.edges += (int64_t)plan->edge_count;
	if (put_append(write, plan) != 0 || put_graph(write, plan->run, &graph) != 0 ||
	    cairn_mem__run_event(write, &is.run, plan->status_seq) != 0)
		return -1;
	return cairn_mem__put(write->state, MEM_RUNS, &is);
}

cairn_status cairn_mem__run_append(void *self, const cairn_append_plan *plan, size_t *missing,
				   cairn_error *err)
{
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(self, MEM_RUNS, &write, err);
	if (status != CAIRN_OK)
		return status;
	if (append(&write, plan, missing) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(self, &write, status);
}
