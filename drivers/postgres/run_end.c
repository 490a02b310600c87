/*
 * run_end.c - gates that somebody ends, runs that somebody cancels, and what is deleted of runs that are
 * over. (run.c, sql_run_end.h)
 */
#include <stddef.h>
#include <string.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_step_end, field)

/* ---- gates -------------------------------------------------------------------- */

/* A call's items and their runs; how it is done: at first in one round trip. */
struct gates {
	const cairn_step_end_plan *plan;
	cairn_id *runs;
	bool fails;
	bool alone; /* more must not follow */
	bool parts; /* more follows */
};

static void queue_gates(struct pg *pg, const struct gates *gates)
{
	const cairn_step_end_plan *plan = gates->plan;
	struct pg_items items = PG_ITEMS(plan->items, plan->n);
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, PG_TIME_LEFT);
	cairn_pg__add_run_rules(pg, gates->alone);
	cairn_pg__add_edge_rules(pg);
	cairn_pg__add_ids(pg, COLUMN(run));
	cairn_pg__add_texts(pg, COLUMN(key), PG_ABSENT_EMPTY);
	cairn_pg__add_int4s(pg, COLUMN(to));
	cairn_pg__add_int4s(pg, COLUMN(overdue));
	cairn_pg__add_jsons(pg, COLUMN(output));
	cairn_pg__add_texts(pg, COLUMN(reason), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, COLUMN(error_code), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, COLUMN(error_message), PG_ABSENT_NULL);
	cairn_pg__add_scopes(pg, COLUMN(scope));
	cairn_pg__add_bool(pg, plan->skip_locked != 0);
	cairn_pg__queue(pg, PG_SQL_RUN_GATES);
}

static void queue_now(struct pg *pg, const cairn_step_end_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->items, plan->n);
	cairn_pg__add_ids(pg, COLUMN(run));
	cairn_pg__add_texts(pg, COLUMN(key), PG_ABSENT_EMPTY);
	cairn_pg__add_scopes(pg, COLUMN(scope));
	cairn_pg__add_bool(pg, plan->skip_locked != 0);
	cairn_pg__queue(pg, PG_SQL_STEPS_NOW);
}

/* Behind the locks. */
enum { GATES = 2, NOW = 3 };

static cairn_status run_gates(struct pg *pg, const struct gates *gates, cairn_error *err)
{
	cairn_status status =
		gates->parts ? cairn_pg__parts_begin(pg, err) : cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	struct pg_hold hold = { .runs = gates->runs,
				.run_count = gates->plan->n,
				.jobs = PG_ITEMS(gates->runs, 0),
				.also = gates->fails ? PG_ALSO_FAIL_FAST : PG_ALSO_NONE,
				.skip_locked = gates->plan->skip_locked != 0 };
	cairn_pg__hold_queue(pg, &hold);
	queue_gates(pg, gates);
	if (gates->parts)
		cairn_pg__rest_queue(pg);
	else
		queue_now(pg, gates->plan);
	return cairn_pg__call_run(pg, err);
}

/* Kind 3: which of the items it hit. */
static void read_hits(const PGresult *result, cairn_step_ended *each)
{
	for (int i = 0; i < PQntuples(result); i++) {
		if (cairn_pg__int4(result, i, 0) != 3)
			continue;
		cairn_step_ended *one = &each[cairn_pg__int8(result, i, 1) - 1];
		one->hit = CAIRN_HIT;
		one->step = cairn_pg__id(result, i, 2);
	}
}

/* Each item whose run is in scope: its number, the run's status, and the step if it is there. */
static cairn_status read_now(struct pg *pg, size_t n, cairn_step_ended *each, cairn_rows *rows,
			     size_t *count, cairn_error *err)
{
	const PGresult *result = cairn_pg__result(pg, n);
	for (int i = 0; i < PQntuples(result); i++) {
		cairn_step_ended *one = &each[cairn_pg__int8(result, i, 0) - 1];
		one->run_status = cairn_run_status_parse(cairn_pg__text(result, i, 1));
		if (cairn_pg__null(result, i, 2))
			continue;
		cairn_step step = { .pending = 0 };
		cairn_pg__step(result, i, 2, &step);
		one->step = step.id;
		one->step_status = step.status;
		if (one->hit == CAIRN_HIT)
			continue;
		cairn_step *row = cairn_rows_push(rows);
		if (row == NULL)
			return cairn_fail(err, CAIRN_E_NOMEM);
		*row = step;
		one->found = (uint32_t)++ * count;
	}
	return cairn_pg__park(pg, n, rows, err);
}

static cairn_status look_now(struct pg *pg, const struct gates *gates, cairn_step_ended *each,
			     cairn_rows *rows, cairn_error *err)
{
	size_t count = 0;
	cairn_status status = cairn_pg__part_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	queue_now(pg, gates->plan);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	status = read_now(pg, 0, each, rows, &count, err);
	cairn_pg__call_clear(pg);
	return status;
}

static cairn_status read_gates(struct pg *pg, const struct gates *gates, cairn_step_ended *each,
			       cairn_rows *rows, cairn_error *err)
{
	struct pg_after after = { .jobs = NULL };
	size_t count = 0;
	cairn_status status = CAIRN_OK;
	read_hits(cairn_pg__result(pg, GATES), each);
	cairn_pg__resolve_read(pg, GATES, &after);
	if (gates->parts)
		cairn_pg__rest_read(pg, GATES + 1, &after);
	bool more = gates->parts || after.next || after.sweep;
	if (!more)
		status = read_now(pg, NOW, each, rows, &count, err);
	cairn_pg__call_clear(pg);
	if (!more)
		return status;
	status = cairn_pg__rest(pg, &after, err);
	return status == CAIRN_OK ? look_now(pg, gates, each, rows, err) : status;
}

static cairn_status end_gates(struct pg *pg, struct gates *gates, cairn_step_ended *each,
			      cairn_rows *rows, cairn_error *err)
{
	cairn_error failure = CAIRN_ERROR_INIT;
	/* what is told must have room before anything is written */
	if (cairn_rows_reserve(rows, gates->plan->n, 64) != 0)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_status status = cairn_pg__looks_again(pg, &failure);
	gates->alone = pg->conn != NULL && !cairn_pg__in_tx(pg);
	if (status == CAIRN_OK)
		status = run_gates(pg, gates, &failure);
	if (status != CAIRN_OK && gates->alone && cairn_pg__gave_up(&failure)) {
		gates->parts = true;
		gates->alone = false;
		status = run_gates(pg, gates, &failure);
	}
	if (status == CAIRN_OK)
		return read_gates(pg, gates, each, rows, err);
	if (err != NULL)
		*err = failure;
	return status;
}

cairn_status cairn_pg__run_end(void *self, const cairn_step_end_plan *plan, cairn_step_ended *each,
			       cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	const size_t size = plan->n * sizeof(cairn_id);
	struct gates gates = { .plan = plan, .runs = cairn_host_alloc(pg->host, NULL, 0, size) };
	if (gates.runs == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	memset(each, 0, plan->n * sizeof *each);
	for (size_t i = 0; i < plan->n; i++) {
		gates.runs[i] = plan->items[i].run;
		gates.fails = gates.fails || plan->items[i].to == CAIRN_STEP_FAILED;
	}
	cairn_status status = end_gates(pg, &gates, each, rows, err);
	cairn_host_alloc(pg->host, gates.runs, size, 0);
	return cairn_pg__wake(pg, status, err);
}

/* ---- cancel ---------------------------------------------------------------------- */

/* Locks runs and jobs, and asks what there is to be swept. */
static cairn_status look_at_runs(struct pg *pg, const cairn_run_cancel_plan *plan, PGresult **found,
				 cairn_error *err)
{
	cairn_status status = cairn_pg__parts_begin(pg, err);
	if (status != CAIRN_OK)
		return status;
	struct pg_hold hold = { .runs = plan->runs,
				.run_count = plan->n,
				.jobs = PG_ITEMS(plan->runs, 0),
				.also = PG_ALSO_ALL };
	cairn_pg__hold_queue(pg, &hold);
	cairn_pg__add_ids(pg, PG_ITEMS(plan->runs, plan->n), 0);
	cairn_pg__add_scope(pg, &plan->scope);
	cairn_pg__queue(pg, PG_SQL_CANCEL_LOOK);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	*found = cairn_pg__take(pg, 2);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

static void read_runs(const PGresult *found, cairn_run_canceled *each)
{
	for (int i = 0; i < PQntuples(found); i++) {
		int64_t n = cairn_pg__int8(found, i, 1);
		if (n == 0)
			continue;
		bool open = cairn_pg__bool(found, i, 3);
		cairn_str word = cairn_pg__text(found, i, 2);
		each[n - 1].status = open ? CAIRN_RUN_CANCELED : cairn_run_status_parse(word);
		each[n - 1].steps = open ? (uint32_t)cairn_pg__int4(found, i, 4) : 0;
	}
}

static cairn_status sweep_runs(struct pg *pg, const cairn_run_cancel_plan *plan,
			       const cairn_change *changes, size_t n, cairn_error *err)
{
	struct pg_after after = { .jobs = NULL };
	cairn_status status = cairn_pg__part_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__sweep_queue(pg, changes, n);
	size_t sweep = pg->pipe.count - pg->pipe.first;
	cairn_pg__sweep_steps(pg, &plan->sweep,
			      cairn_str_of(cairn_run_status_text(CAIRN_RUN_CANCELED)));
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__resolve_read(pg, sweep, &after);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

static cairn_status cancel(struct pg *pg, const cairn_run_cancel_plan *plan,
			   cairn_run_canceled *each, cairn_error *err)
{
	PGresult *found = NULL;
	size_t n;
	cairn_status status = look_at_runs(pg, plan, &found, err);
	if (status != CAIRN_OK)
		return status;
	cairn_change *changes = cairn_pg__sweep_jobs(pg, found, &plan->sweep, &n);
	size_t size = ((size_t)PQntuples(found) + 1) * sizeof *changes;
	status = changes != NULL ? sweep_runs(pg, plan, changes, n, err)
				 : cairn_fail(err, CAIRN_E_NOMEM);
	if (status == CAIRN_OK)
		read_runs(found, each);
	else
		cairn_pg__parts_drop(pg);
	if (changes != NULL)
		cairn_host_alloc(pg->host, changes, size, 0);
	PQclear(found);
	return status;
}

cairn_status cairn_pg__run_cancel(void *self, const cairn_run_cancel_plan *plan,
				  cairn_run_canceled *each, cairn_error *err)
{
	struct pg *pg = self;
	memset(each, 0, plan->n * sizeof *each);
	cairn_status status = cairn_pg__looks_again(pg, err);
	if (status == CAIRN_OK)
		status = cancel(pg, plan, each, err);
	return cairn_pg__wake(pg, status, err);
}

/* ---- prune --------------------------------------------------------------------------- */

static void add_statuses(struct pg *pg, uint32_t statuses)
{
	cairn_str words[CAIRN_RUN_CANCELED];
	size_t n = 0;
	for (int i = 1; i <= CAIRN_RUN_CANCELED; i++) {
		if (statuses & 1u << i)
			words[n++] = cairn_str_of(cairn_run_status_text((enum cairn_run_status)i));
	}
	cairn_pg__add_texts(pg, PG_ITEMS(words, n), 0, PG_ABSENT_EMPTY);
}

cairn_status cairn_pg__run_prune(void *self, const cairn_run_prune_plan *plan, size_t *pruned,
				 cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__looks_again(pg, err);
	if (status == CAIRN_OK)
		status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_scope(pg, &plan->scope);
	cairn_pg__add_text(pg, plan->type);
	add_statuses(pg, plan->statuses);
	cairn_pg__add_int8(pg, plan->limit);
	cairn_pg__add_int8(pg, plan->age);
	cairn_pg__queue(pg, PG_SQL_RUN_PRUNE_PICK);
	cairn_pg__queue(pg, PG_SQL_RUN_PRUNE_JOBS);
	cairn_pg__add_now(pg);
	cairn_pg__queue(pg, PG_SQL_RUN_PRUNE_WHOLE);
	cairn_pg__queue(pg, PG_SQL_GONE_LEDGERS);
	cairn_pg__queue(pg, PG_SQL_RUN_PRUNE);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	*pruned = (size_t)cairn_pg__int8(cairn_pg__result(pg, 4), 0, 0);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}
