/*
 * graph.c - the builder: keeps copies of what it is given, finds steps by key through a table, and remembers the
 * first call that it had to refuse.
 */
#include <string.h>

#include <cairn/sys/host.h>

#include "alloc.h"
#include "check.h"
#include "graph_check.h"

/* Copied texts and arrays; none is freed before the graph is. */
struct block {
	struct block *next;
	size_t size;
};

/* A step's dependencies, and for how many there is room. */
struct edges {
	cairn_dependency *at;
	size_t room;
};

struct cairn_graph {
	struct block *blocks;
	cairn_run_new run; /* without steps */
	cairn_step_new *steps;
	struct edges *edges; /* of each step */
	size_t n;
	size_t cap;
	size_t *table; /* 1 + the number of a step, by the hash of its key; 0: free */
	size_t table_size;
	cairn_error error; /* the first refusal */
};

/* ---- memory ------------------------------------------------------------------ */

static void *take(cairn_graph *graph, size_t size)
{
	struct block *block = cairn__raw_alloc(NULL, 0, sizeof *block + size);
	if (block == NULL)
		return NULL;
	block->next = graph->blocks;
	block->size = sizeof *block + size;
	graph->blocks = block;
	return block + 1;
}

/* A missing copy is told by *whole: 0. */
static cairn_str copy(cairn_graph *graph, cairn_str text, int *whole)
{
	if (text.len == 0)
		return (cairn_str){ NULL, 0 };
	char *kept = take(graph, text.len);
	if (kept == NULL) {
		*whole = 0;
		return (cairn_str){ NULL, 0 };
	}
	memcpy(kept, text.ptr, text.len);
	return (cairn_str){ kept, text.len };
}

static int grow(void **array, size_t count, size_t more, size_t size)
{
	void *grown = cairn__raw_alloc(*array, count * size, more * size);
	if (grown == NULL)
		return 0;
	*array = grown;
	return 1;
}

/* ---- steps by key ------------------------------------------------------------- */

/* FNV-1a. */
static size_t hash(cairn_str key)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < key.len; i++)
		value = (value ^ (unsigned char)key.ptr[i]) * UINT64_C(0x100000001b3);
	return (size_t)(value ^ value >> 32);
}

/* Where the key stands, or would stand; the table is never full. */
static size_t *place(const cairn_graph *graph, cairn_str key)
{
	size_t at = hash(key) & (graph->table_size - 1);
	while (graph->table[at] != 0 &&
	       !cairn_str_equal(graph->steps[graph->table[at] - 1].key, key))
		at = (at + 1) & (graph->table_size - 1);
	return &graph->table[at];
}

static int grow_table(cairn_graph *graph, size_t size)
{
	size_t *table = cairn__raw_alloc(NULL, 0, size * sizeof *table);
	if (table == NULL)
		return 0;
	memset(table, 0, size * sizeof *table);
	cairn__raw_alloc(graph->table, graph->table_size * sizeof *table, 0);
	graph->table = table;
	graph->table_size = size;
	for (size_t i = 0; i < graph->n; i++)
		*place(graph, graph->steps[i].key) = i + 1;
	return 1;
}

/* Room for one more step. The arrays grow one by one: what has grown stays so. */
static int reserve(cairn_graph *graph)
{
	if (graph->n < graph->cap)
		return 1;
	size_t cap = graph->cap > 0 ? 2 * graph->cap : 16;
	void *steps = graph->steps;
	void *edges = graph->edges;
	int done = grow(&steps, graph->cap, cap, sizeof *graph->steps) &&
		   grow(&edges, graph->cap, cap, sizeof *graph->edges);
	graph->steps = steps;
	graph->edges = edges;
	if (!done || !grow_table(graph, 2 * cap))
		return 0;
	graph->cap = cap;
	return 1;
}

/* ---- calls -------------------------------------------------------------------- */

static cairn_status refuse(cairn_graph *graph, cairn_code code)
{
	cairn_status st = cairn_code_status(code);
	if (graph->error.status == CAIRN_OK)
		cairn_fail(&graph->error, code);
	return st;
}

static cairn_status add_dependency(cairn_graph *graph, size_t i, const cairn_dependency *edge)
{
	cairn_step_new *step = &graph->steps[i];
	struct edges *edges = &graph->edges[i];
	int whole = 1;
	cairn_str prerequisite = copy(graph, edge->prerequisite, &whole);
	if (whole && step->dependency_count == edges->room) {
		size_t room = edges->room > 0 ? 2 * edges->room : 4;
		cairn_dependency *more = take(graph, room * sizeof *more);
		if (more == NULL)
			return refuse(graph, CAIRN_E_NOMEM);
		if (step->dependency_count > 0)
			memcpy(more, edges->at, step->dependency_count * sizeof *more);
		*edges = (struct edges){ .at = more, .room = room };
		step->dependencies = more;
	}
	if (!whole)
		return refuse(graph, CAIRN_E_NOMEM);
	edges->at[step->dependency_count] = *edge;
	edges->at[step->dependency_count++].prerequisite = prerequisite;
	return CAIRN_OK;
}

static cairn_status judge(cairn_graph *graph, const cairn_step_new *step)
{
	if (cairn__is_blank(step->key))
		return refuse(graph, CAIRN_E_DAG_STEP_KEY_BLANK);
	if (!reserve(graph))
		return refuse(graph, CAIRN_E_NOMEM);
	if (*place(graph, step->key) != 0)
		return refuse(graph, CAIRN_E_DAG_STEP_TWICE);
	if (step->kind != CAIRN_STEP_EXTERNAL && cairn__is_blank(step->type))
		return refuse(graph, CAIRN_E_DAG_JOB_TYPE_BLANK);
	if (step->dependencies == NULL && step->dependency_count > 0)
		return refuse(graph, CAIRN_E_ARG_INVALID);
	return CAIRN_OK;
}

cairn_status cairn_graph_step(cairn_graph *graph, const cairn_step_new *step)
{
	if (graph == NULL || step == NULL)
		return CAIRN_INVALID;
	cairn_status st = judge(graph, step);
	if (st != CAIRN_OK)
		return st;
	int whole = 1;
	cairn_step_new *own = &graph->steps[graph->n];
	*own = *step;
	own->key = copy(graph, step->key, &whole);
	own->type = copy(graph, step->type, &whole);
	own->queue = copy(graph, step->queue, &whole);
	own->tenant = copy(graph, step->tenant, &whole);
	own->payload = copy(graph, step->payload, &whole);
	own->owner = copy(graph, step->owner, &whole);
	own->resource_key = copy(graph, step->resource_key, &whole);
	own->stage = copy(graph, step->stage, &whole);
	own->dependencies = NULL;
	own->dependency_count = 0;
	graph->edges[graph->n] = (struct edges){ .at = NULL };
	if (!whole)
		return refuse(graph, CAIRN_E_NOMEM);
	for (size_t i = 0; i < step->dependency_count && st == CAIRN_OK; i++)
		st = add_dependency(graph, graph->n, &step->dependencies[i]);
	if (st == CAIRN_OK) {
		*place(graph, own->key) = graph->n + 1;
		graph->n++;
	}
	return st;
}

cairn_status cairn_graph_job(cairn_graph *graph, cairn_str key, cairn_str type, cairn_str payload)
{
	cairn_step_new step = { .key = key, .type = type, .payload = payload };
	return cairn_graph_step(graph, &step);
}

cairn_status cairn_graph_gate(cairn_graph *graph, cairn_str key, cairn_usec deadline)
{
	cairn_step_new step = { .key = key, .kind = CAIRN_STEP_EXTERNAL, .deadline = deadline };
	return cairn_graph_step(graph, &step);
}

cairn_status cairn_graph_edge(cairn_graph *graph, cairn_str prerequisite, cairn_str dependent,
			      enum cairn_release_mode mode)
{
	if (graph == NULL)
		return CAIRN_INVALID;
	if (cairn__is_blank(dependent))
		return refuse(graph, CAIRN_E_DAG_STEP_KEY_BLANK);
	size_t at = graph->n > 0 ? *place(graph, dependent) : 0;
	if (at == 0)
		return refuse(graph, CAIRN_E_DAG_STEP_UNKNOWN);
	if (cairn__is_blank(prerequisite))
		return refuse(graph, CAIRN_E_DAG_DEPENDENCY_BLANK);
	cairn_dependency edge = { .prerequisite = prerequisite, .mode = mode };
	return add_dependency(graph, at - 1, &edge);
}

/* ---- the whole ------------------------------------------------------------------ */

static int copy_run(cairn_graph *graph, const cairn_run_new *run)
{
	int whole = 1;
	graph->run = *run;
	graph->run.type = copy(graph, run->type, &whole);
	graph->run.tenant = copy(graph, run->tenant, &whole);
	graph->run.key = copy(graph, run->key, &whole);
	graph->run.active_key = copy(graph, run->active_key, &whole);
	graph->run.metadata = copy(graph, run->metadata, &whole);
	graph->run.result_step = copy(graph, run->result_step, &whole);
	graph->run.steps = NULL;
	graph->run.step_count = 0;
	return whole;
}

cairn_status cairn_graph_new(cairn_graph **result, const cairn_run_new *run, cairn_error *err)
{
	if (result == NULL || run == NULL || (run->steps == NULL && run->step_count > 0))
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_graph *graph = cairn__raw_alloc(NULL, 0, sizeof *graph);
	if (graph == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	memset(graph, 0, sizeof *graph);
	graph->error = (cairn_error)CAIRN_ERROR_INIT;
	if (!copy_run(graph, run)) {
		cairn_graph_free(graph);
		return cairn_fail(err, CAIRN_E_NOMEM);
	}
	for (size_t i = 0; i < run->step_count; i++)
		cairn_graph_step(graph, &run->steps[i]);
	*result = graph;
	return CAIRN_OK;
}

void cairn_graph_free(cairn_graph *graph)
{
	if (graph == NULL)
		return;
	while (graph->blocks != NULL) {
		struct block *block = graph->blocks;
		graph->blocks = block->next;
		cairn__raw_alloc(block, block->size, 0);
	}
	cairn__raw_alloc(graph->steps, graph->cap * sizeof *graph->steps, 0);
	cairn__raw_alloc(graph->edges, graph->cap * sizeof *graph->edges, 0);
	cairn__raw_alloc(graph->table, graph->table_size * sizeof *graph->table, 0);
	cairn__raw_alloc(graph, sizeof *graph, 0);
}

cairn_status cairn_graph_run(const cairn_graph *graph, cairn_run_new *run, cairn_error *err)
{
	if (graph == NULL || run == NULL)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (graph->error.status != CAIRN_OK) {
		if (err != NULL)
			*err = graph->error;
		return graph->error.status;
	}
	*run = graph->run;
	run->steps = graph->steps;
	run->step_count = graph->n;
	return cairn_run_check(run, err);
}
