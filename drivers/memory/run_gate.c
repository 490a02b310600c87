/* run_gate.c - ending gates, canceling runs, and which gates stand open for too long. */
#include <stdlib.h>

#include "mem.h"

/* ---- gates -------------------------------------------------------------------- */

static bool open_gate(const struct mem_step *row, const cairn_step_end *item, cairn_time now)
{
	const cairn_step *step = &row->step;
	if (step->status != CAIRN_STEP_WAITING_FOR_EXTERNAL)
		return false;
	return !item->overdue || (step->deadline_at != 0 && step->deadline_at <= now);
}

/* Notes what will end, and shows what will not. */
static int end_one(struct mem_write *write, const cairn_step_end *item, cairn_step_ended *each,
		   cairn_rows *rows)
{
	const struct mem_run *run = cairn_mem__run_in_scope(write->state, &item->scope, item->run);
	*each = (cairn_step_ended){ .hit = CAIRN_MISS };
	if (run == NULL)
		return 0;
	each->run_status = run->run.status;
	const struct mem_step *step = cairn_mem__step_by_key(write->state, item->run, item->key);
	if (step == NULL)
		return 0;
	each->step = step->step.id;
	if (open_gate(step, item, write->now)) {
		each->hit = CAIRN_HIT;
		each->step_status = item->to;
		return cairn_mem__run_note(write, &(struct mem_ending){ .run = item->run,
									.step = step->step.id,
									.to = item->to,
									.gate = item });
	}
	each->step_status = cairn_mem__step_shown(write->state, step).status;
	each->found = (uint32_t)cairn_rows_count(rows) + 1;
	return cairn_mem__step_push(write->state, step, false, rows);
}

static int end_all(struct mem_write *write, const cairn_step_end_plan *plan, cairn_step_ended *each,
		   cairn_rows *rows)
{
	for (size_t i = 0; i < plan->n; i++) {
		if (end_one(write, &plan->items[i], &each[i], rows) != 0)
			return -1;
	}
	if (cairn_mem__run_settle(write) != 0 || cairn_mem__wake_noted(write) != 0)
		return -1;
	for (size_t i = 0; i < plan->n; i++) {
		if (each[i].run_status != 0)
			each[i].run_status =
				cairn_mem__run(write->state, plan->items[i].run)->run.status;
	}
	return 0;
}

cairn_status cairn_mem__run_end(void *self, const cairn_step_end_plan *plan, cairn_step_ended *each,
				cairn_rows *rows, cairn_error *err)
{
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(self, MEM_RUNS, &write, err);
	if (status != CAIRN_OK)
		return status;
	if (end_all(&write, plan, each, rows) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(self, &write, status);
}

/* ---- cancel --------------------------------------------------------------------- */

static int cancel_one(struct mem_write *write, const cairn_run_cancel_plan *plan, cairn_id id,
		      cairn_run_canceled *each)
{
	const struct mem_run *run = cairn_mem__run_in_scope(write->state, &plan->scope, id);
	*each = (cairn_run_canceled){ .steps = 0 };
	if (run == NULL)
		return 0;
	if (!cairn_mem__run_over(run->run.status) &&
	    cairn_mem__run_stop(write, run, &plan->sweep, &each->steps) != 0)
		return -1;
	each->status = cairn_mem__run(write->state, id)->run.status;
	return 0;
}

cairn_status cairn_mem__run_cancel(void *self, const cairn_run_cancel_plan *plan,
				   cairn_run_canceled *each, cairn_error *err)
{
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(self, MEM_RUNS, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (cancel_one(&write, plan, plan->runs[i], &each[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	if (status == CAIRN_OK && cairn_mem__wake_noted(&write) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(self, &write, status);
}

/* ---- deadlines ---------------------------------------------------------------------- */

static int longest_first(const void *a, const void *b)
{
	const cairn_step *x = *(const cairn_step *const *)a;
	const cairn_step *y = *(const cairn_step *const *)b;
	if (x->deadline_at != y->deadline_at)
		return x->deadline_at < y->deadline_at ? -1 : 1;
	return cairn_id_compare(x->id, y->id);
}

static int push_overdue(const struct mem_state *state, const cairn_step **gates, cairn_time now,
			uint32_t limit, cairn_rows *rows)
{
	size_t found = 0;
	for (size_t i = 0; i < cairn_mem__count(state, MEM_STEPS); i++) {
		const struct mem_step *row = cairn_mem__at(state, MEM_STEPS, i);
		if (row->step.deadline_at != 0 && row->step.deadline_at <= now)
			gates[found++] = &row->step;
	}
	if (found > 0)
		qsort(gates, found, sizeof *gates, longest_first);
	for (size_t i = 0; i < found && i < limit; i++) {
		if (cairn_mem__push(rows, MEM_STEPS, gates[i]) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__run_overdue(void *self, uint32_t limit, cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_STEPS, &state, err);
	if (status != CAIRN_OK)
		return status;
	size_t size = (cairn_mem__count(state, MEM_STEPS) + 1) * sizeof(cairn_step *);
	const cairn_step **gates = cairn_host_alloc(mem->host, NULL, 0, size);
	if (gates == NULL || push_overdue(state, gates, cairn_mem__now(mem), limit, rows) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	if (gates != NULL)
		cairn_host_alloc(mem->host, gates, size, 0);
	cairn_mem__state_drop(state);
	return status;
}
