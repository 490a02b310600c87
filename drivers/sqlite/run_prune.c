/* run_prune.c - deleting runs with all that belongs to them; and waiting for one's end. */
#include "lite.h"

/* ---- one run --------------------------------------------------------------------- */

static cairn_status delete_of(struct lite *lite, enum lite_sql which, const cairn_id *id,
			      cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, which, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, id);
	return cairn_lite__finish(&run, err);
}

/* Those of its jobs that are replay runs, or have signals or budgets. */
static cairn_status find_replays(struct lite *lite, const cairn_id *id, cairn_error *err)
{
	struct lite_run run;
	bool more = false;
	lite->wakes.n = 0;
	cairn_status status = cairn_lite__start(&run, lite, LITE_RUN_REPLAYS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, id);
	status = cairn_lite__row(&run, &more, err);
	while (status == CAIRN_OK && more) {
		cairn_id *next = cairn_lite__list_add(lite, &lite->wakes, sizeof *next);
		if (next == NULL) {
			cairn_lite__stop(&run);
			return cairn_fail(err, CAIRN_E_NOMEM);
		}
		*next = cairn_lite__id(&run);
		status = cairn_lite__row(&run, &more, err);
	}
	return status;
}

static cairn_status delete_replays(struct lite_write *write, const cairn_id *id, cairn_error *err)
{
	struct lite *lite = write->lite;
	cairn_status status = find_replays(lite, id, err);
	for (size_t i = 0; i < lite->wakes.n && status == CAIRN_OK; i++)
		status = cairn_lite__replay_delete(write, (const cairn_id *)lite->wakes.at + i,
						   NULL, err);
	lite->wakes.n = 0;
	return status;
}

/* The steps find the others, and the run finds its active key. */
static cairn_status delete_run(struct lite_write *write, const cairn_id *id, cairn_error *err)
{
	static const enum lite_sql belongings[] = {
		LITE_RUN_DELETE_ATTEMPTS, LITE_RUN_DELETE_JOB_EVENTS, LITE_RUN_DELETE_LOGS,
		LITE_RUN_DELETE_DEAD,	  LITE_RUN_DELETE_REPLAYS,    LITE_RUN_DELETE_JOBS,
		LITE_RUN_DELETE_EDGES,	  LITE_RUN_DELETE_STEPS,      LITE_RUN_DELETE_EVENTS,
		LITE_RUN_DELETE_REQUEST,  LITE_RUN_DELETE_APPENDS,    LITE_RUN_ACTIVE_DROP,
		LITE_RUN_DELETE,
	};
	cairn_status status = delete_replays(write, id, err);
	for (size_t i = 0; i < sizeof belongings / sizeof belongings[0]; i++) {
		if (status == CAIRN_OK)
			status = delete_of(write->lite, belongings[i], id, err);
	}
	return status;
}

/* ---- the oldest ------------------------------------------------------------------ */

static cairn_status find_old(struct lite_write *write, const cairn_run_prune_plan *plan, size_t *n,
			     cairn_error *err)
{
	struct lite *lite = write->lite;
	struct lite_run run;
	bool more = false;
	*n = 0;
	cairn_status status = cairn_lite__slots(lite, plan->limit, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_RUNS_OLD, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_scope(&run, &plan->scope);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_int(&run, plan->statuses);
	cairn_lite__bind_text(&run, plan->type);
	cairn_lite__bind_int(&run, write->now - plan->age);
	cairn_lite__bind_int(&run, plan->limit);
	status = cairn_lite__row(&run, &more, err);
	while (status == CAIRN_OK && more) {
		lite->slots[(*n)++].id = cairn_lite__id(&run);
		status = cairn_lite__row(&run, &more, err);
	}
	return status;
}

cairn_status cairn_lite__run_prune(void *self, const cairn_run_prune_plan *plan, size_t *pruned,
				   cairn_error *err)
{
	struct lite *lite = self;
	struct lite_write write;
	size_t n;
	*pruned = 0;
	cairn_status status = cairn_lite__write_begin(lite, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = find_old(&write, plan, &n, err);
	for (size_t i = 0; i < n && status == CAIRN_OK; i++)
		status = delete_run(&write, &lite->slots[i].id, err);
	if (status == CAIRN_OK)
		*pruned = n;
	return cairn_lite__write_end(&write, status, err);
}

/* ---- waiting --------------------------------------------------------------------- */

/* Any commit is a reason to look. */
cairn_status cairn_lite__run_wait(void *self, cairn_id run, cairn_usec timeout,
				  enum cairn_wake *wake, cairn_error *err)
{
	(void)run;
	return cairn_lite__job_wait(self, &(cairn_wait_plan){ .timeout = timeout }, wake, err);
}
