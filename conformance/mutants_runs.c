/*
 * mutants_runs.c - the mutants of runs: how they are enqueued, appended to, recovered, read and waited for.
 * (mutants.c: the others)
 */
#include <string.h>

#include "mutant.h"

static bool same(cairn_str a, cairn_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static const char *text(cairn_str str)
{
	return ct_format("%.*s", (int)str.len, str.len > 0 ? str.ptr : "");
}

/* ---- idempotency keys --------------------------------------------------------------- */

static void not_compared(const cairn_run_insert *run, cairn_run_inserted *result)
{
	if (result->result == CAIRN_RUN_INSERT_KEY_EXISTS)
		memcpy(result->request_hash, run->request_hash, sizeof result->request_hash);
}

static void status_of_the_beginning(const cairn_run_insert *run, cairn_run_inserted *result)
{
	if (result->result == CAIRN_RUN_INSERT_KEY_EXISTS)
		result->status = run->status;
}

static void another_key(cairn_run_insert *run, cairn_step_insert *steps)
{
	(void)steps;
	run->key = run->key.len > 0 ? cairn_str_of(ct_format("%s%u", text(run->key), ct_number()))
				    : run->key;
}

static void everybodys_key(cairn_run_insert *run, cairn_step_insert *steps)
{
	(void)steps;
	if (run->key.len > 0)
		run->tenant = (cairn_str){ NULL, 0 };
}

/* ---- active keys ----------------------------------------------------------------------- */

/* Who had which key first, in this process, which is this case. */
static struct holder {
	cairn_str key;
	cairn_str tenant;
	cairn_id id;
} holders[64];
static size_t holder_count;

static void never_free(const cairn_run_insert *run, cairn_run_inserted *result)
{
	if (result->result != CAIRN_RUN_INSERT_DONE || run->active_key.len == 0)
		return;
	for (size_t i = 0; i < holder_count; i++) {
		if (!same(holders[i].key, run->active_key) || !same(holders[i].tenant, run->tenant))
			continue;
		*result = (cairn_run_inserted){ .result = CAIRN_RUN_INSERT_ACTIVE_EXISTS,
						.status = CAIRN_RUN_SUCCEEDED,
						.id = holders[i].id };
		return;
	}
	if (holder_count < sizeof holders / sizeof *holders)
		holders[holder_count++] =
			(struct holder){ .key = cairn_str_of(text(run->active_key)),
					 .tenant = cairn_str_of(text(run->tenant)),
					 .id = run->id };
}

/* A key that only a canceled lease still keeps is no hindrance. */
static cairn_status free_at_the_end(void *self, const cairn_run_plan *plan,
				    cairn_run_inserted *each, cairn_error *err)
{
	cairn_status status = ct_real_ops()->workflows.enqueue(self, plan, each, err);
	if (status != CAIRN_OK || plan->n != 1 || each->result != CAIRN_RUN_INSERT_ACTIVE_EXISTS ||
	    each->status < CAIRN_RUN_SUCCEEDED)
		return status;
	cairn_run_plan again = *plan;
	cairn_run_insert run = plan->runs[0];
	run.active_key = (cairn_str){ NULL, 0 };
	again.runs = &run;
	return ct_real_ops()->workflows.enqueue(self, &again, each, err);
}

static void active_per_type(cairn_run_insert *run, cairn_step_insert *steps)
{
	(void)steps;
	if (run->active_key.len > 0)
		run->active_key =
			cairn_str_of(ct_format("%s/%s", text(run->type), text(run->active_key)));
}

/* ---- definitions, steps, edges ------------------------------------------------------------ */

static void first_type_only(cairn_run_insert *run, cairn_step_insert *steps)
{
	cairn_str type = { NULL, 0 };
	for (size_t i = 0; i < run->step_count; i++) {
		if (steps[i].kind != CAIRN_STEP_JOB)
			continue;
		type = type.len > 0 ? type : steps[i].type;
		steps[i].type = type;
	}
}

static void no_overrides(cairn_step_insert *step)
{
	step->set &= ~CAIRN_STEP_PRIORITY;
	step->max_attempts = 0;
}

static void the_runs_tenant(cairn_run_insert *run, cairn_step_insert *steps)
{
	for (size_t i = 0; i < run->step_count; i++)
		steps[i].tenant = run->tenant;
}

static void any_end_will_do(cairn_edge_insert *edge)
{
	edge->mode = CAIRN_RELEASE_ON_TERMINAL;
}

static void one_prerequisite_less(cairn_step_insert *step)
{
	step->pending -= step->pending > 1;
}

/* ---- appends ---------------------------------------------------------------------------------- */

static void nothing_has_ended(cairn_run_looked *looked, cairn_rows *steps)
{
	(void)looked;
	for (size_t i = 0; i < cairn_rows_count(steps); i++) {
		cairn_step *step = cairn_rows_at(steps, i);
		if (step->status >= CAIRN_STEP_SUCCEEDED && step->kind == CAIRN_STEP_JOB)
			step->status = CAIRN_STEP_ENQUEUED;
	}
}

static void everything_succeeded(cairn_run_looked *looked, cairn_rows *steps)
{
	(void)looked;
	for (size_t i = 0; i < cairn_rows_count(steps); i++) {
		cairn_step *step = cairn_rows_at(steps, i);
		if (step->status > CAIRN_STEP_SUCCEEDED)
			step->status = CAIRN_STEP_SUCCEEDED;
	}
}

static void every_gate_is_open(cairn_run_looked *looked, cairn_rows *steps)
{
	(void)looked;
	for (size_t i = 0; i < cairn_rows_count(steps); i++) {
		cairn_step *step = cairn_rows_at(steps, i);
		if (step->kind == CAIRN_STEP_EXTERNAL)
			step->status = CAIRN_STEP_WAITING_FOR_EXTERNAL;
	}
}

static void forgets_appends(cairn_run_looked *looked, cairn_rows *steps)
{
	(void)steps;
	looked->appended = 0;
}

static void looks_everywhere(cairn_run_look *look)
{
	look->scope = cairn_any();
}

static void keeps_the_counters(cairn_append_plan *plan)
{
	plan->counts.enqueued = 0;
}

static void keeps_the_status(cairn_append_plan *plan)
{
	plan->status = CAIRN_RUN_WAITING_FOR_EXTERNAL;
}

static void born_unsatisfied_begins(cairn_step_insert *step)
{
	if (step->status == CAIRN_STEP_CANCELED && step->kind == CAIRN_STEP_JOB)
		step->status = CAIRN_STEP_ENQUEUED;
}

/* ---- recoveries -------------------------------------------------------------------------------- */

static cairn_str last_key;

static void learn_key(const cairn_run_query *query, cairn_rows *runs)
{
	if (cairn_id_is_none(query->run) || cairn_rows_count(runs) == 0)
		return;
	const cairn_run *run = cairn_rows_at(runs, 0);
	last_key = cairn_str_of(text(run->key));
}

/* Nearly: the source has it. */
static void copy_key(cairn_run_insert *run, cairn_step_insert *steps)
{
	(void)steps;
	if (cairn_id_is_none(run->source) || last_key.len == 0)
		return;
	run->key = cairn_str_of(ct_format("%s+", text(last_key)));
	run->request = CAIRN_STR("{}");
}

static void every_time_anew(cairn_run_insert *run, cairn_step_insert *steps)
{
	(void)steps;
	if (!cairn_id_is_none(run->source))
		run->recovery_key =
			cairn_str_of(ct_format("%s%u", text(run->recovery_key), ct_number()));
}

static void leaves_the_active_key(cairn_run_insert *run, cairn_step_insert *steps)
{
	(void)steps;
	if (!cairn_id_is_none(run->source))
		run->active_key = (cairn_str){ NULL, 0 };
}

static void payloads_as_in_the_beginning(const cairn_step_query *query, cairn_rows *steps)
{
	for (size_t i = 0; i < cairn_rows_count(steps) && query->limit == 1000; i++)
		((cairn_step *)cairn_rows_at(steps, i))->payload = CAIRN_STR("{}");
}

/* ---- reads ---------------------------------------------------------------------------------------- */

static void runs_of_any(cairn_run_query *query)
{
	query->scope = cairn_any();
}

static void steps_of_any(cairn_step_query *query)
{
	query->scope = cairn_any();
}

static void edges_of_any(cairn_edge_query *query)
{
	query->scope = cairn_any();
}

static void events_of_any(cairn_run_event_query *query)
{
	query->scope = cairn_any();
}

static void cancel_of_any(cairn_run_cancel_plan *plan)
{
	plan->scope = cairn_any();
}

static void end_of_any(cairn_step_end *item)
{
	item->scope = cairn_any();
}

static void prune_of_any(cairn_run_prune_plan *plan)
{
	plan->scope = cairn_any();
}

/* The request's text stands for an output: something that is there. */
static void result_without_success(const cairn_run_query *query, cairn_rows *runs)
{
	(void)query;
	for (size_t i = 0; i < cairn_rows_count(runs); i++) {
		cairn_run *run = cairn_rows_at(runs, i);
		if (run->result_step.len > 0 && run->result.len == 0 &&
		    run->status > CAIRN_RUN_SUCCEEDED)
			run->result = CAIRN_STR("null");
	}
}

static void no_result(const cairn_run_query *query, cairn_rows *runs)
{
	(void)query;
	for (size_t i = 0; i < cairn_rows_count(runs); i++)
		((cairn_run *)cairn_rows_at(runs, i))->result = (cairn_str){ NULL, 0 };
}

static void whatever_key(cairn_run_query *query)
{
	query->key = (cairn_str){ NULL, 0 };
}

/* ---- waiting --------------------------------------------------------------------------------------- */

/* Asleep for as long as it may be: what happens meanwhile is not heard. */
static cairn_status deaf(void *self, cairn_id run, cairn_usec timeout, enum cairn_wake *wake,
			 cairn_error *err)
{
	(void)self;
	(void)run;
	(void)err;
	ct_nap(timeout);
	*wake = CAIRN_WAKE_NONE;
	return CAIRN_OK;
}

#define KEYS	.cases = "runs.keys.*"
#define ACTIVE	.cases = "runs.active.*"
#define APPEND	.cases = "runs.append.*"
#define RECOVER .cases = "runs.recover.*"
#define SCOPE	.cases = "runs.scope.*"

const ct_mutant ct_flow_mutants[] = {
	{ .name = "run_key_not_compared",
	  .rule = "takes every request under a run's key for the same",
	  KEYS,
	  .run_inserted = not_compared },
	{ .name = "run_key_with_old_status",
	  .rule = "answers a run under its key with the status it began with",
	  KEYS,
	  .run_inserted = status_of_the_beginning },
	{ .name = "run_key_not_unique",
	  .rule = "inserts another run under the same key",
	  KEYS,
	  .run_insert = another_key },
	{ .name = "run_key_of_all_tenants",
	  .rule = "knows one key for all tenants",
	  KEYS,
	  .run_insert = everybodys_key },
	{ .name = "active_key_never_freed",
	  .rule = "gives an active key once",
	  ACTIVE,
	  .run_inserted = never_free },
	{ .name = "active_key_freed_under_a_lease",
	  .rule = "frees an active key while a canceled job's lease lives",
	  ACTIVE,
	  .run_enqueue_slot = free_at_the_end },
	{ .name = "active_key_per_type",
	  .rule = "knows an active key for every type of runs",
	  ACTIVE,
	  .run_insert = active_per_type },
	{ .name = "run_definition_of_the_first_only",
	  .rule = "looks for the definition of the first job only",
	  .cases = "runs.enqueue.*",
	  .run_insert = first_type_only },
	{ .name = "run_step_without_overrides",
	  .rule = "takes every number from the definition",
	  .cases = "runs.enqueue.*",
	  .run_step = no_overrides },
	{ .name = "run_step_of_the_runs_tenant",
	  .rule = "gives every step the run's tenant",
	  .cases = "runs.enqueue.*",
	  .run_insert = the_runs_tenant },
	{ .name = "run_edge_without_mode",
	  .rule = "forgets that a prerequisite must succeed",
	  .cases = "runs.[ag]*",
	  .run_edge = any_end_will_do },
	{ .name = "run_step_waits_for_one_less",
	  .rule = "counts one prerequisite less where there are several",
	  .cases = "runs.graph.*",
	  .run_step = one_prerequisite_less },
	{ .name = "append_ignores_ends",
	  .rule = "waits for prerequisites that have ended when it appends",
	  APPEND,
	  .run_looked = nothing_has_ended },
	{ .name = "append_takes_every_end_for_success",
	  .rule = "begins steps whose prerequisite did not succeed",
	  APPEND,
	  .run_looked = everything_succeeded },
	{ .name = "append_begins_unsatisfied_steps",
	  .rule = "enqueues a step that is born canceled",
	  APPEND,
	  .run_step = born_unsatisfied_begins },
	{ .name = "append_through_a_shut_window",
	  .rule = "appends behind a gate that is not open",
	  APPEND,
	  .run_looked = every_gate_is_open },
	{ .name = "append_forgets_its_key",
	  .rule = "does not know that it was applied before",
	  APPEND,
	  .run_looked = forgets_appends },
	{ .name = "append_keeps_the_counters",
	  .rule = "does not count what it appends",
	  APPEND,
	  .run_append = keeps_the_counters },
	{ .name = "append_keeps_the_status",
	  .rule = "leaves a waiting run waiting",
	  APPEND,
	  .run_append = keeps_the_status },
	{ .name = "append_of_any_scope",
	  .rule = "appends to runs of all tenants",
	  SCOPE,
	  .run_look = looks_everywhere },
	{ .name = "recovery_with_the_sources_key",
	  .rule = "copies the idempotency key into a recovery",
	  RECOVER,
	  .runs_listed = learn_key,
	  .run_insert = copy_key },
	{ .name = "recovery_every_time_anew",
	  .rule = "recovers a run twice under one key",
	  RECOVER,
	  .run_insert = every_time_anew },
	{ .name = "recovery_without_the_active_key",
	  .rule = "leaves the active key with the source",
	  RECOVER,
	  .run_insert = leaves_the_active_key },
	{ .name = "recovery_with_old_payloads",
	  .rule = "recovers steps with other payloads than they have",
	  RECOVER,
	  .steps_listed = payloads_as_in_the_beginning },
	{ .name = "runs_read_in_any_scope",
	  .rule = "reads runs of all tenants",
	  SCOPE,
	  .run_list = runs_of_any },
	{ .name = "run_steps_read_in_any_scope",
	  .rule = "reads steps of all tenants",
	  SCOPE,
	  .run_steps = steps_of_any },
	{ .name = "run_edges_read_in_any_scope",
	  .rule = "reads edges of all tenants",
	  SCOPE,
	  .run_edges = edges_of_any },
	{ .name = "run_events_read_in_any_scope",
	  .rule = "reads timelines of all tenants",
	  SCOPE,
	  .run_events = events_of_any },
	{ .name = "runs_canceled_in_any_scope",
	  .rule = "cancels runs of all tenants",
	  SCOPE,
	  .run_cancel = cancel_of_any },
	{ .name = "gates_ended_in_any_scope",
	  .rule = "ends gates of all tenants",
	  SCOPE,
	  .run_end = end_of_any },
	{ .name = "runs_pruned_in_any_scope",
	  .rule = "deletes runs of all tenants",
	  SCOPE,
	  .run_prune = prune_of_any },
	{ .name = "run_result_without_success",
	  .rule = "has a result of runs that did not succeed",
	  .cases = "runs.result.*",
	  .runs_listed = result_without_success },
	{ .name = "run_without_result",
	  .rule = "has no result",
	  .cases = "runs.result.*",
	  .runs_listed = no_result },
	{ .name = "run_end_not_told",
	  .rule = "does not tell who waits that a run is over",
	  .cases = "runs.wait.*",
	  .run_wait_slot = deaf },
	{ .name = "run_of_any_key",
	  .rule = "finds runs whatever their key",
	  KEYS,
	  .run_list = whatever_key },
};

const size_t ct_flow_mutant_count = sizeof(ct_flow_mutants) / sizeof(ct_flow_mutants[0]);
