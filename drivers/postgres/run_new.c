/*
 * run_new.c - whole graphs in, and steps into runs that are under way. All statements of a call go out
 * together; which of the runs stand is found out by the server. (sql_run_new.h)
 */
#include <stddef.h>
#include <string.h>

#include "pg.h"

#define OF_RUN(field)  items, offsetof(cairn_run_insert, field)
#define OF_STEP(field) items, offsetof(cairn_step_insert, field)
#define OF_EDGE(field) items, offsetof(cairn_edge_insert, field)

_Static_assert(CAIRN_RUN_INSERT_KEY_EXISTS == 2 && CAIRN_RUN_INSERT_ACTIVE_EXISTS == 3 &&
		       CAIRN_RUN_INSERT_RECOVERY_EXISTS == 4,
	       "numbers in TEXT_RUNS_FOUND");
_Static_assert(CAIRN_STEP_PRIORITY == 1 && CAIRN_STEP_CONTINUES == 2, "bits in STEPS_NEW_ITEMS");

/* A key that is taken while the look-up finds nobody: its run is gone again. */
#define TRIES 3

/* ---- what is inserted: a plan, or an append ---------------------------------------- */

/* Steps and edges, and whose they are: numbers from 1, or NULL where there is one run. */
struct graph {
	const cairn_id *runs;
	const cairn_id *first; /* the first new step of each run */
	size_t run_count;
	const int32_t *step_runs;
	const int32_t *edge_runs;
	const cairn_step_insert *steps;
	size_t step_count;
	const cairn_edge_insert *edges;
	size_t edge_count;
	bool fresh; /* the runs are new */
	bool record;
	const int64_t *seqs; /* NULL: none */
	enum pg_time time;
};

static void add_numbers(struct pg *pg, const int32_t *numbers, size_t n)
{
	if (numbers != NULL)
		cairn_pg__add_int4s(pg, PG_ITEMS(numbers, n), 0);
	else
		cairn_pg__add_null(pg);
}

static void add_steps(struct pg *pg, const struct graph *graph)
{
	struct pg_items items = PG_ITEMS(graph->steps, graph->step_count);
	cairn_pg__add_ids(pg, OF_STEP(id));
	cairn_pg__add_texts(pg, OF_STEP(key), PG_ABSENT_EMPTY);
	cairn_pg__add_int4s(pg, OF_STEP(kind));
	cairn_pg__add_int4s(pg, OF_STEP(status));
	cairn_pg__add_texts(pg, OF_STEP(type), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, OF_STEP(queue), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, OF_STEP(tenant), PG_ABSENT_EMPTY);
	cairn_pg__add_jsons(pg, OF_STEP(payload));
	cairn_pg__add_texts(pg, OF_STEP(owner), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, OF_STEP(resource_key), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, OF_STEP(stage), PG_ABSENT_NULL);
	cairn_pg__add_some_int8s(pg, OF_STEP(timeout));
	cairn_pg__add_some_int8s(pg, OF_STEP(deadline));
	cairn_pg__add_some_int4s(pg, OF_STEP(max_attempts));
	cairn_pg__add_int4s(pg, OF_STEP(priority)); /* where it is set, 0 is a priority */
	cairn_pg__add_some_int4s(pg, OF_STEP(set));
	cairn_pg__add_int4s(pg, OF_STEP(prerequisites));
	cairn_pg__add_int4s(pg, OF_STEP(pending));
	cairn_pg__add_some_int4s(pg, OF_STEP(unsatisfied));
	cairn_pg__add_some_int8s(pg, OF_STEP(released_seq));
	cairn_pg__add_some_int8s(pg, OF_STEP(ended_seq));
}

static void queue_steps(struct pg *pg, const struct graph *graph)
{
	const cairn_run_rules *rules = cairn_host_run_rules(pg->host);
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, (int32_t)graph->time);
	cairn_pg__add_ids(pg, PG_ITEMS(graph->runs, graph->run_count), 0);
	add_numbers(pg, graph->step_runs, graph->step_count);
	add_steps(pg, graph);
	cairn_pg__add_int4(pg, graph->record);
	cairn_pg__add_bool(pg, graph->fresh);
	if (graph->seqs != NULL)
		cairn_pg__add_int8s(pg, PG_ITEMS(graph->seqs, graph->run_count), 0);
	else
		cairn_pg__add_null(pg);
	cairn_pg__add_text(pg, rules->unsatisfied_code);
	cairn_pg__add_text(pg, rules->unsatisfied_message);
	cairn_pg__queue(pg, PG_SQL_STEPS_NEW);
}

static void queue_edges(struct pg *pg, const struct graph *graph)
{
	struct pg_items items = PG_ITEMS(graph->edges, graph->edge_count);
	if (graph->edge_count == 0)
		return;
	cairn_pg__add_ids(pg, PG_ITEMS(graph->first, graph->run_count), 0);
	add_numbers(pg, graph->edge_runs, graph->edge_count);
	cairn_pg__add_ids(pg, OF_EDGE(prerequisite));
	cairn_pg__add_ids(pg, OF_EDGE(dependent));
	cairn_pg__add_int4s(pg, OF_EDGE(mode));
	cairn_pg__queue(pg, PG_SQL_STEPS_EDGES);
}

/* Behind everything else: that is the order in which all of it is locked. */
static void queue_resources(struct pg *pg, const struct graph *graph, const void **needy)
{
	size_t n = 0;
	for (size_t i = 0; i < graph->step_count; i++) {
		if (graph->steps[i].resource_key.len > 0)
			needy[n++] = &graph->steps[i].id;
	}
	if (n == 0)
		return;
	cairn_pg__add_now(pg);
	cairn_pg__add_ids(pg, (struct pg_items){ .at = needy, .n = n }, 0);
	cairn_pg__queue(pg, PG_SQL_STEPS_RESOURCES);
}

/* A transaction of cairn's own tells of all that is due when it commits. */
static void owe_steps(struct pg *pg, const cairn_step_insert *steps, size_t n)
{
	for (size_t i = 0; i < n && pg->own_tx; i++) {
		if (steps[i].status == CAIRN_STEP_ENQUEUED)
			cairn_pg__owe(pg, steps[i].queue, 1, false);
	}
}

/* ---- enqueue -------------------------------------------------------------------------- */

/* The arrays of a call that are not the plan's own. */
struct call {
	const cairn_run_plan *plan;
	cairn_id *runs;
	cairn_id *first;
	int64_t *seqs;
	int32_t *step_runs;
	int32_t *edge_runs;
	const void **needy;
	char *memory;
	size_t size;
	bool keyed;
	bool active;
};

static cairn_status call_make(struct pg *pg, struct call *call, const cairn_run_plan *plan,
			      cairn_error *err)
{
	const size_t of_run = 2 * sizeof(cairn_id) + sizeof(int64_t);
	const size_t of_step = sizeof(void *) + sizeof(int32_t);
	*call = (struct call){ .plan = plan };
	call->size = plan->n * of_run + plan->step_count * of_step +
		     plan->edge_count * sizeof(int32_t);
	call->memory = cairn_host_alloc(pg->host, NULL, 0, call->size);
	if (call->memory == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	char *at = call->memory;
	call->needy = (const void **)(void *)at;
	at += plan->step_count * sizeof(void *);
	call->seqs = (int64_t *)(void *)at;
	at += plan->n * sizeof(int64_t);
	call->runs = (cairn_id *)(void *)at;
	at += plan->n * sizeof(cairn_id);
	call->first = (cairn_id *)(void *)at;
	at += plan->n * sizeof(cairn_id);
	call->step_runs = (int32_t *)(void *)at;
	at += plan->step_count * sizeof(int32_t);
	call->edge_runs = (int32_t *)(void *)at;
	return CAIRN_OK;
}

static void call_fill(struct call *call)
{
	const cairn_run_plan *plan = call->plan;
	for (size_t i = 0; i < plan->n; i++) {
		const cairn_run_insert *run = &plan->runs[i];
		call->runs[i] = run->id;
		call->first[i] = plan->steps[run->first_step].id;
		call->seqs[i] = run->seq;
		call->keyed = call->keyed || run->key.len > 0 || run->recovery_key.len > 0;
		call->active = call->active || run->active_key.len > 0;
		for (size_t k = 0; k < run->step_count; k++)
			call->step_runs[run->first_step + k] = (int32_t)i + 1;
		for (size_t k = 0; k < run->edge_count; k++)
			call->edge_runs[run->first_edge + k] = (int32_t)i + 1;
	}
}

static void queue_runs(struct pg *pg, const cairn_run_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->runs, plan->n);
	cairn_pg__add_now(pg);
	cairn_pg__add_ids(pg, OF_RUN(id));
	cairn_pg__add_texts(pg, OF_RUN(type), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, OF_RUN(tenant), PG_ABSENT_EMPTY);
	cairn_pg__add_jsons(pg, OF_RUN(metadata));
	cairn_pg__add_texts(pg, OF_RUN(key), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, OF_RUN(request));
	cairn_pg__add_hashes(pg, OF_RUN(request_hash));
	cairn_pg__add_texts(pg, OF_RUN(active_key), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, OF_RUN(result_step), PG_ABSENT_NULL);
	cairn_pg__add_int4s(pg, OF_RUN(on_failure));
	cairn_pg__add_int4s(pg, OF_RUN(status));
	cairn_pg__add_int4s(pg, OF_RUN(counts.blocked));
	cairn_pg__add_int4s(pg, OF_RUN(counts.waiting));
	cairn_pg__add_int4s(pg, OF_RUN(counts.enqueued));
	cairn_pg__add_int8s(pg, OF_RUN(events));
	cairn_pg__add_ids(pg, OF_RUN(source));
	cairn_pg__add_ids(pg, OF_RUN(recovery_step));
	cairn_pg__add_texts(pg, OF_RUN(recovery_key), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, OF_RUN(recovery_reason), PG_ABSENT_NULL);
	cairn_pg__queue(pg, PG_SQL_RUNS_NEW);
}

static void queue_found(struct pg *pg, const cairn_run_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->runs, plan->n);
	cairn_pg__add_ids(pg, OF_RUN(id));
	cairn_pg__add_texts(pg, OF_RUN(type), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, OF_RUN(tenant), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, OF_RUN(key), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, OF_RUN(active_key), PG_ABSENT_NULL);
	cairn_pg__add_ids(pg, OF_RUN(source));
	cairn_pg__add_texts(pg, OF_RUN(recovery_key), PG_ABSENT_NULL);
	cairn_pg__queue(pg, PG_SQL_RUNS_FOUND);
}

/* Answers where the results of STEPS_NEW are; those of RUNS_FOUND are the last. */
static size_t queue_all(struct pg *pg, const struct call *call)
{
	const cairn_run_plan *plan = call->plan;
	struct graph graph = { .runs = call->runs,
			       .first = call->first,
			       .run_count = plan->n,
			       .step_runs = plan->n > 1 ? call->step_runs : NULL,
			       .edge_runs = plan->n > 1 ? call->edge_runs : NULL,
			       .steps = plan->steps,
			       .step_count = plan->step_count,
			       .edges = plan->edges,
			       .edge_count = plan->edge_count,
			       .fresh = true,
			       .record = plan->record != 0,
			       .seqs = call->seqs,
			       .time = PG_TIME_LEFT };
	queue_runs(pg, plan);
	if (call->active) {
		cairn_pg__add_now(pg);
		cairn_pg__add_ids(pg, PG_ITEMS(call->runs, plan->n), 0);
		cairn_pg__queue(pg, PG_SQL_RUNS_ACTIVE);
	}
	queue_steps(pg, &graph);
	queue_edges(pg, &graph);
	queue_resources(pg, &graph, call->needy);
	if (call->keyed || call->active)
		queue_found(pg, plan);
	return call->active ? 2 : 1;
}

/* Kind 1: what became of each run, 2: queues for which somebody waits. */
enum { KIND = 0, NUMBER, MINE, WON, MISSING, WAKE };

static void read_runs(struct pg *pg, const struct call *call, const PGresult *result,
		      cairn_run_inserted *each, bool *lost)
{
	for (int i = 0; i < PQntuples(result); i++) {
		int64_t n = cairn_pg__int8(result, i, NUMBER);
		if (cairn_pg__int4(result, i, KIND) == 2) {
			if (!cairn_pg__null(result, i, WAKE))
				cairn_pg__owe(pg, cairn_pg__text(result, i, WAKE), n, false);
			continue;
		}
		const cairn_run_insert *run = &call->plan->runs[n - 1];
		bool missing = !cairn_pg__null(result, i, MISSING);
		lost[n - 1] = !cairn_pg__bool(result, i, WON);
		if (lost[n - 1])
			continue;
		if (missing) {
			size_t step = (size_t)cairn_pg__int8(result, i, MISSING) - 1;
			each[n - 1].step = step - run->first_step;
			continue;
		}
		each[n - 1].result = CAIRN_RUN_INSERT_DONE;
		each[n - 1].status = run->status;
		each[n - 1].id = run->id;
	}
}

/* First the key, then the recovery, then the active key. */
static bool before(enum cairn_run_insert_result a, enum cairn_run_insert_result b)
{
	return a == CAIRN_RUN_INSERT_KEY_EXISTS ||
	       (a == CAIRN_RUN_INSERT_RECOVERY_EXISTS && b == CAIRN_RUN_INSERT_ACTIVE_EXISTS);
}

static void read_found(const PGresult *result, cairn_run_inserted *each, const bool *lost)
{
	for (int i = 0; i < PQntuples(result); i++) {
		int64_t n = cairn_pg__int8(result, i, 0);
		cairn_run_inserted *one = &each[n - 1];
		enum cairn_run_insert_result kind =
			(enum cairn_run_insert_result)cairn_pg__int4(result, i, 1);
		if (!lost[n - 1] ||
		    (one->result != CAIRN_RUN_INSERT_NO_DEFINITION && !before(kind, one->result)))
			continue;
		cairn_str hash = cairn_pg__text(result, i, 4);
		one->result = kind;
		one->id = cairn_pg__id(result, i, 2);
		one->status = cairn_run_status_parse(cairn_pg__text(result, i, 3));
		if (hash.len == sizeof one->request_hash)
			memcpy(one->request_hash, hash.ptr, hash.len);
	}
}

/* lost: it was not inserted; and behind this, nobody was found who is to blame. */
static cairn_status enqueue(struct pg *pg, const struct call *call, cairn_run_inserted *each,
			    bool *lost, cairn_error *err)
{
	memset(each, 0, call->plan->n * sizeof *each);
	cairn_status status = CAIRN_OK;
	if (call->keyed || call->active)
		status = cairn_pg__looks_again(pg, err);
	if (status == CAIRN_OK)
		status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	size_t n = queue_all(pg, call);
	size_t last = pg->pipe.count - pg->pipe.first - 1;
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	read_runs(pg, call, cairn_pg__result(pg, n), each, lost);
	if (call->keyed || call->active)
		read_found(cairn_pg__result(pg, last), each, lost);
	for (size_t i = 0; i < call->plan->n; i++) {
		const cairn_run_insert *run = &call->plan->runs[i];
		lost[i] = lost[i] && each[i].result == CAIRN_RUN_INSERT_NO_DEFINITION;
		if (each[i].result == CAIRN_RUN_INSERT_DONE)
			owe_steps(pg, call->plan->steps + run->first_step, run->step_count);
	}
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

static cairn_status enqueue_plan(struct pg *pg, const cairn_run_plan *plan,
				 cairn_run_inserted *each, bool *lost, cairn_error *err)
{
	struct call call;
	cairn_status status = call_make(pg, &call, plan, err);
	if (status != CAIRN_OK)
		return status;
	call_fill(&call);
	status = enqueue(pg, &call, each, lost, err);
	cairn_host_alloc(pg->host, call.memory, call.size, 0);
	return status;
}

static cairn_status enqueue_one(struct pg *pg, const cairn_run_plan *plan, size_t i,
				cairn_run_inserted *each, cairn_error *err)
{
	cairn_run_insert run = plan->runs[i];
	cairn_run_plan one = { .runs = &run,
			       .n = 1,
			       .steps = plan->steps + run.first_step,
			       .step_count = run.step_count,
			       .edges = plan->edges + run.first_edge,
			       .edge_count = run.edge_count,
			       .record = plan->record };
	bool lost = true;
	cairn_status status = CAIRN_OK;
	run.first_step = 0;
	run.first_edge = 0;
	for (int try = 0; try < TRIES && lost && status == CAIRN_OK; try++)
		status = enqueue_plan(pg, &one, each, &lost, err);
	return status;
}

cairn_status cairn_pg__run_enqueue(void *self, const cairn_run_plan *plan, cairn_run_inserted *each,
				   cairn_error *err)
{
	struct pg *pg = self;
	bool *lost = cairn_host_alloc(pg->host, NULL, 0, plan->n);
	if (lost == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_status status = enqueue_plan(pg, plan, each, lost, err);
	/* what was inserted stays; the few others go again one by one */
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (lost[i])
			status = enqueue_one(pg, plan, i, &each[i], err);
	}
	cairn_host_alloc(pg->host, lost, plan->n, 0);
	return cairn_pg__wake(pg, status, err);
}

/* ---- look -------------------------------------------------------------------------------- */

static cairn_status read_looked(const PGresult *result, cairn_run_looked *looked, cairn_rows *rows)
{
	cairn_str tenant = cairn_pg__tenant(result, 0, 8);
	cairn_str hash = cairn_pg__text(result, 0, 9);
	looked->status = cairn_run_status_parse(cairn_pg__text(result, 0, 0));
	looked->counts.blocked = cairn_pg__int4(result, 0, 1);
	looked->counts.waiting = cairn_pg__int4(result, 0, 2);
	looked->counts.enqueued = cairn_pg__int4(result, 0, 3);
	looked->counts.succeeded = cairn_pg__int4(result, 0, 4);
	looked->counts.failed = cairn_pg__int4(result, 0, 5);
	looked->counts.canceled = cairn_pg__int4(result, 0, 6);
	looked->events = cairn_pg__int8(result, 0, 7);
	looked->edges = cairn_pg__int8(result, 0, 10);
	if (hash.len == sizeof looked->append_hash) {
		looked->appended = 1;
		memcpy(looked->append_hash, hash.ptr, hash.len);
	}
	looked->tenant = cairn_rows_str(rows, tenant.ptr, tenant.len);
	return tenant.len > 0 && looked->tenant.ptr == NULL ? CAIRN_NOMEM : CAIRN_OK;
}

static void read_step(const PGresult *result, int row, void *into)
{
	cairn_pg__step(result, row, 0, into);
}

static void queue_look(struct pg *pg, const cairn_run_look *look)
{
	cairn_pg__add_ids(pg, PG_ITEMS(&look->run, 1), 0);
	cairn_pg__queue(pg, PG_SQL_RUNS_LOCK);
	cairn_pg__add_id(pg, look->run);
	cairn_pg__add_scope(pg, &look->scope);
	cairn_pg__add_text(pg, look->append_key);
	cairn_pg__queue(pg, PG_SQL_RUN_LOOK);
	cairn_pg__add_id(pg, look->run);
	cairn_pg__add_scope(pg, &look->scope);
	cairn_pg__add_texts(pg, PG_ITEMS(look->keys, look->key_count), 0, PG_ABSENT_EMPTY);
	cairn_pg__queue(pg, PG_SQL_STEPS_LOOK);
}

cairn_status cairn_pg__run_look(void *self, const cairn_run_look *look, cairn_run_looked *looked,
				cairn_rows *steps, cairn_error *err)
{
	struct pg *pg = self;
	memset(looked, 0, sizeof *looked);
	cairn_status status = cairn_pg__looks_again(pg, err);
	if (status == CAIRN_OK)
		status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	queue_look(pg, look);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 1);
	size_t rows = (size_t)PQntuples(cairn_pg__result(pg, 2));
	/* room for the tenant, and for what parks the result */
	if (cairn_rows_reserve(steps, rows, 64 + 256) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	if (status == CAIRN_OK && PQntuples(result) == 1 &&
	    read_looked(result, looked, steps) != CAIRN_OK)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	if (status == CAIRN_OK)
		status = cairn_pg__append(pg, 2, steps, read_step, err);
	cairn_pg__call_clear(pg);
	return status;
}

/* ---- append --------------------------------------------------------------------------------- */

static void queue_append(struct pg *pg, const cairn_append_plan *plan)
{
	cairn_str hash = { (const char *)plan->request_hash, sizeof plan->request_hash };
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, PG_TIME_LEFT);
	cairn_pg__add_id(pg, plan->run);
	cairn_pg__add_id(pg, plan->steps[0].id);
	cairn_pg__add_int4(pg, plan->counts.blocked);
	cairn_pg__add_int4(pg, plan->counts.waiting);
	cairn_pg__add_int4(pg, plan->counts.enqueued);
	cairn_pg__add_int4(pg, plan->counts.succeeded);
	cairn_pg__add_int4(pg, plan->counts.failed);
	cairn_pg__add_int4(pg, plan->counts.canceled);
	cairn_pg__add_int4(pg, (int32_t)plan->status);
	cairn_pg__add_int8(pg, plan->events);
	cairn_pg__add_text(pg, plan->key);
	cairn_pg__add_text(pg, plan->request);
	cairn_pg__add_text(pg, hash);
	cairn_pg__add_text(pg, plan->metadata.len > 0 ? plan->metadata : CAIRN_STR("{}"));
	cairn_pg__add_int8(pg, plan->seq);
	cairn_pg__add_int8(pg, plan->status_seq);
	cairn_pg__queue(pg, PG_SQL_RUN_APPEND);
}

static cairn_status append(struct pg *pg, const cairn_append_plan *plan, const void **needy,
			   size_t *missing, cairn_error *err)
{
	struct graph graph = { .runs = &plan->run,
			       .first = &plan->steps[0].id,
			       .run_count = 1,
			       .steps = plan->steps,
			       .step_count = plan->n,
			       .edges = plan->edges,
			       .edge_count = plan->edge_count,
			       .record = plan->record != 0,
			       .time = PG_TIME_LEFT };
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	queue_steps(pg, &graph);
	queue_edges(pg, &graph);
	queue_append(pg, plan);
	queue_resources(pg, &graph, needy);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 0);
	*missing = plan->n;
	for (int i = 0; i < PQntuples(result); i++) {
		if (cairn_pg__int4(result, i, KIND) == 1 && !cairn_pg__null(result, i, MISSING))
			*missing = (size_t)cairn_pg__int8(result, i, MISSING) - 1;
		else if (cairn_pg__int4(result, i, KIND) == 2 && !cairn_pg__null(result, i, WAKE))
			cairn_pg__owe(pg, cairn_pg__text(result, i, WAKE),
				      cairn_pg__int8(result, i, NUMBER), false);
	}
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

cairn_status cairn_pg__run_append(void *self, const cairn_append_plan *plan, size_t *missing,
				  cairn_error *err)
{
	struct pg *pg = self;
	const size_t size = plan->n * sizeof(void *);
	const void **needy = cairn_host_alloc(pg->host, NULL, 0, size);
	if (needy == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_status status = append(pg, plan, needy, missing, err);
	cairn_host_alloc(pg->host, needy, size, 0);
	if (status == CAIRN_OK && *missing == plan->n)
		owe_steps(pg, plan->steps, plan->n);
	return cairn_pg__wake(pg, status, err);
}
