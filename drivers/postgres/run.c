/*
 * run.c - what all calls about runs have in common: the rules as parameters, the locks, and what follows
 * from the end of steps. A statement goes one step further (sql_run_end.h); here it is told whether more
 * follows, and goes on.
 */
#include <string.h>

#include "pg.h"

/* The numbers in sql_run.h and sql_run_end.h. */
_Static_assert(CAIRN_STEP_BLOCKED == 1 && CAIRN_STEP_WAITING_FOR_EXTERNAL == 2 &&
		       CAIRN_STEP_ENQUEUED == 3 && CAIRN_STEP_RUNNING == 4 &&
		       CAIRN_STEP_SUCCEEDED == 5 && CAIRN_STEP_FAILED == 6 &&
		       CAIRN_STEP_CANCELED == 7,
	       "statuses of steps");
_Static_assert(CAIRN_RUN_RUNNING == 1 && CAIRN_RUN_WAITING_FOR_EXTERNAL == 2 &&
		       CAIRN_RUN_SUCCEEDED == 3 && CAIRN_RUN_COMPLETED_WITH_ERRORS == 4 &&
		       CAIRN_RUN_CANCELED == 5,
	       "statuses of runs");
_Static_assert(CAIRN_STEP_JOB == 1 && CAIRN_STEP_EXTERNAL == 2 && CAIRN_RELEASE_ON_TERMINAL == 1 &&
		       CAIRN_RELEASE_ON_SUCCESS == 2 && CAIRN_ON_FAILURE_CONTINUE == 1 &&
		       CAIRN_ON_FAILURE_FAIL_FAST == 2,
	       "kinds and modes");
_Static_assert(CAIRN_RUN_HAS_ACTIVE == 1 && CAIRN_RUN_HAS_WAITING == 2 && CAIRN_RUN_HAS_ERRORS == 4,
	       "what a run has");

/* ---- rules ------------------------------------------------------------------ */

void cairn_pg__add_run_rules(struct pg *pg, bool alone)
{
	const cairn_run_rules *rules = cairn_host_run_rules(pg->host);
	cairn_str words[8];
	for (int i = 0; i < 8; i++)
		words[i] = cairn_str_of(cairn_run_status_text(rules->of_run[i]));
	cairn_pg__add_texts(pg, PG_ITEMS(words, 8), 0, PG_ABSENT_EMPTY);
	cairn_pg__add_int4(pg, (int32_t)rules->told_steps);
	cairn_pg__add_int4(pg, (int32_t)rules->told_runs);
	cairn_pg__add_bool(pg, alone);
}

void cairn_pg__add_edge_rules(struct pg *pg)
{
	const cairn_run_rules *rules = cairn_host_run_rules(pg->host);
	int32_t steps[4];
	int32_t bad[2 * CAIRN_STEP_CANCELED];
	for (int i = 0; i < 4; i++)
		steps[i] = (int32_t)rules->of_step[1 + i / 2][i % 2];
	for (int i = 0; i < 2 * CAIRN_STEP_CANCELED; i++)
		bad[i] = rules->unsatisfied[1 + i / CAIRN_STEP_CANCELED]
					   [1 + i % CAIRN_STEP_CANCELED];
	cairn_pg__add_int4s(pg, PG_ITEMS(steps, 4), 0);
	cairn_pg__add_int4s(pg, PG_ITEMS(bad, 2 * CAIRN_STEP_CANCELED), 0);
	cairn_pg__add_text(pg, rules->unsatisfied_code);
	cairn_pg__add_text(pg, rules->unsatisfied_message);
}

static void add_job_rules(struct pg *pg)
{
	const cairn_run_rules *rules = cairn_host_run_rules(pg->host);
	int32_t steps[CAIRN_JOB_CANCELED];
	for (int i = 0; i < CAIRN_JOB_CANCELED; i++)
		steps[i] = (int32_t)rules->of_job[1 + i];
	cairn_pg__add_int4s(pg, PG_ITEMS(steps, CAIRN_JOB_CANCELED), 0);
}

bool cairn_pg__ends_step(struct pg *pg, const cairn_change *change)
{
	return (change->set & CAIRN_DELETE) == 0 &&
	       cairn_host_run_rules(pg->host)->of_job[change->to] != 0;
}

/* ---- locks ------------------------------------------------------------------ */

void cairn_pg__hold_queue(struct pg *pg, const struct pg_hold *hold)
{
	struct pg_items runs = PG_ITEMS(hold->runs, hold->run_count);
	enum pg_sql sql = hold->skip_locked ? PG_SQL_RUNS_LOCK_FREE : PG_SQL_RUNS_LOCK;
	cairn_pg__add_ids(pg, hold->runs != NULL ? runs : hold->jobs, 0);
	cairn_pg__queue(pg, hold->runs != NULL ? sql : PG_SQL_RUNS_LOCK_OF);
	if (hold->runs_only)
		return;
	cairn_pg__add_ids(pg, hold->jobs, 0);
	if (hold->runs != NULL)
		cairn_pg__add_ids(pg, runs, 0);
	else
		cairn_pg__add_null(pg);
	cairn_pg__add_int4(pg, (int32_t)hold->also);
	cairn_pg__add_bool(pg, hold->skip_locked);
	cairn_pg__add_bool(pg, hold->parents);
	cairn_pg__queue(pg, PG_SQL_STEP_JOBS_LOCK);
	if (!hold->parents)
		return;
	cairn_pg__add_ids(pg, hold->jobs, 0);
	cairn_pg__queue(pg, PG_SQL_PARENTS_LOCK);
}

/* ---- what follows ------------------------------------------------------------- */

/* All who wait for a run are told, and look. */
#define EVERYBODY INT32_MAX

enum { KIND = 0, NUMBER, ID, NEXT, SWEEP, WAKE };
enum { OF_RUN = 1, OF_QUEUE = 2 };

void cairn_pg__resolve_queue(struct pg *pg, const struct pg_items *jobs, bool alone)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, PG_TIME_LEFT);
	cairn_pg__add_run_rules(pg, alone);
	cairn_pg__add_edge_rules(pg);
	if (jobs != NULL)
		cairn_pg__add_ids(pg, *jobs, 0);
	else
		cairn_pg__add_null(pg);
	add_job_rules(pg);
	cairn_pg__queue(pg, PG_SQL_RUN_RESOLVE);
}

void cairn_pg__resolve_read(struct pg *pg, size_t n, struct pg_after *after)
{
	const PGresult *result = cairn_pg__result(pg, n);
	after->next = false;
	for (int i = 0; i < PQntuples(result); i++) {
		bool run = cairn_pg__int4(result, i, KIND) == OF_RUN;
		after->next = after->next || cairn_pg__bool(result, i, NEXT);
		after->sweep = after->sweep || cairn_pg__bool(result, i, SWEEP);
		if (!cairn_pg__null(result, i, WAKE))
			cairn_pg__owe(pg, cairn_pg__text(result, i, WAKE),
				      run ? EVERYBODY : cairn_pg__int8(result, i, NUMBER), false);
	}
}

/* How far one round trip goes; without prepared statements each step is dear even if there is nothing to do. */
static size_t reach(const struct pg *pg)
{
	return pg->prepare ? 8 : 2;
}

void cairn_pg__rest_queue(struct pg *pg)
{
	for (size_t i = 0; i < reach(pg); i++) {
		cairn_pg__add_now(pg);
		cairn_pg__add_int4(pg, PG_TIME_LEFT);
		cairn_pg__add_run_rules(pg, false);
		cairn_pg__add_edge_rules(pg);
		cairn_pg__queue(pg, PG_SQL_RUN_NEXT);
	}
	cairn_pg__queue(pg, PG_SQL_SWEEP_JOBS);
}

void cairn_pg__rest_read(struct pg *pg, size_t n, struct pg_after *after)
{
	for (size_t i = 0; i < reach(pg); i++)
		cairn_pg__resolve_read(pg, n + i, after);
	PQclear(after->jobs);
	after->jobs = cairn_pg__take(pg, n + reach(pg));
}

static cairn_status go_on(struct pg *pg, struct pg_after *after, cairn_error *err)
{
	cairn_status status = cairn_pg__part_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__rest_queue(pg);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__rest_read(pg, 0, after);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

cairn_change *cairn_pg__sweep_jobs(struct pg *pg, const PGresult *jobs,
				   const cairn_run_sweep *sweep, size_t *n)
{
	size_t count = (size_t)PQntuples(jobs);
	cairn_change *changes = cairn_host_alloc(pg->host, NULL, 0, (count + 1) * sizeof *changes);
	*n = 0;
	for (size_t i = 0; changes != NULL && i < count; i++) {
		if (!cairn_pg__null(jobs, (int)i, 0))
			cairn_run_sweep_job(sweep, cairn_pg__id(jobs, (int)i, 0), &changes[(*n)++]);
	}
	return changes;
}

void cairn_pg__sweep_steps(struct pg *pg, const cairn_run_sweep *sweep, cairn_str run_status)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, PG_TIME_LEFT);
	cairn_pg__add_run_rules(pg, false);
	cairn_pg__add_null(pg);
	cairn_pg__add_int4(pg, CAIRN_STEP_CANCELED);
	cairn_pg__add_text(pg, run_status);
	cairn_pg__add_text(pg, sweep->reason);
	cairn_pg__add_text(pg, sweep->error_code);
	cairn_pg__add_text(pg, sweep->error_message);
	cairn_pg__queue(pg, PG_SQL_RUN_SWEEP);
}

static cairn_status run_sweep(struct pg *pg, const cairn_run_sweep *by, const cairn_change *changes,
			      size_t n, struct pg_after *after, cairn_error *err)
{
	cairn_status status = cairn_pg__part_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__sweep_queue(pg, changes, n);
	cairn_pg__sweep_steps(pg, by, (cairn_str){ NULL, 0 });
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__resolve_read(pg, pg->pipe.count - pg->pipe.first - 1, after);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

static cairn_status sweep(struct pg *pg, struct pg_after *after, cairn_error *err)
{
	cairn_run_sweep by = cairn_run_fail_fast(pg->host);
	size_t n;
	cairn_change *changes = cairn_pg__sweep_jobs(pg, after->jobs, &by, &n);
	size_t size = ((size_t)PQntuples(after->jobs) + 1) * sizeof *changes;
	if (changes == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_status status = run_sweep(pg, &by, changes, n, after, err);
	cairn_host_alloc(pg->host, changes, size, 0);
	return status;
}

cairn_status cairn_pg__rest(struct pg *pg, struct pg_after *after, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	while (status == CAIRN_OK && (after->next || (after->sweep && after->jobs == NULL)))
		status = go_on(pg, after, err);
	if (status == CAIRN_OK && after->sweep)
		status = sweep(pg, after, err);
	PQclear(after->jobs);
	*after = (struct pg_after){ .jobs = NULL };
	if (status != CAIRN_OK)
		cairn_pg__parts_drop(pg);
	return status;
}

/* A text that is no number. */
bool cairn_pg__gave_up(const cairn_error *err)
{
	return strcmp(err->sqlstate, "22P02") == 0;
}
