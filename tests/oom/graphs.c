/*
 * graphs.c - no memory at every moment of a run's life: a wide graph, a gate, what a failure cancels, steps that
 * are appended, a recovery, the end. (torture.h)
 *
 *	graphs URL
 */
#include <string.h>

#include "torture.h"

/* More than the lists of a driver have room for at first. */
#define WIDE 70

static char keys[WIDE][8];
static cairn_dependency behind;
static cairn_step_new steps[WIDE + 2];
static cairn_id run;
static cairn_id again;
static cairn_lease lease;

static cairn_status only_if(cairn_status st, int good)
{
	return st == CAIRN_OK && !good ? CAIRN_INTERNAL : st;
}

static cairn_status do_migrate(void)
{
	return cairn_migrate_up(conn, NULL, NULL, &err);
}

static cairn_status do_define(void)
{
	const cairn_definition type = { .type = CAIRN_STR("t") };
	return cairn_job_define(conn, &type, 1, &err);
}

/* A first one, many that wait for its success, and a gate. */
static void draw(void)
{
	behind = (cairn_dependency){ .prerequisite = CAIRN_STR("first"),
				     .mode = CAIRN_RELEASE_ON_SUCCESS };
	steps[0] = (cairn_step_new){ .key = CAIRN_STR("first"), .type = CAIRN_STR("t") };
	steps[1] = (cairn_step_new){ .key = CAIRN_STR("gate"), .kind = CAIRN_STEP_EXTERNAL };
	for (size_t i = 0; i < WIDE; i++) {
		snprintf(keys[i], sizeof keys[i], "s%zu", i);
		steps[i + 2] = (cairn_step_new){ .key = cairn_str_of(keys[i]),
						 .type = CAIRN_STR("t"),
						 .stage = CAIRN_STR("scheduled"),
						 .resource_key = CAIRN_STR("r"),
						 .dependencies = &behind,
						 .dependency_count = 1 };
	}
}

/* It would exist already, had one that was refused left it. */
static cairn_status do_enqueue(void)
{
	const cairn_run_new request = { .type = CAIRN_STR("wide"),
					.key = CAIRN_STR("k"),
					.active_key = CAIRN_STR("a"),
					.on_failure = CAIRN_ON_FAILURE_FAIL_FAST,
					.steps = steps,
					.step_count = WIDE + 2 };
	cairn_run_added added;
	cairn_status st = cairn_run_enqueue(conn, &request, 1, &added, &err);
	if (st == CAIRN_OK)
		run = added.id;
	return only_if(st, st != CAIRN_OK || added.disposition == CAIRN_RUN_INSERTED);
}

static cairn_status do_claim(void)
{
	const cairn_claim_opts opts = { .size = sizeof opts, .worker = CAIRN_STR("w") };
	cairn_jobs *jobs = NULL;
	cairn_status st = cairn_job_claim(conn, &opts, &jobs, &err);
	st = only_if(st, st != CAIRN_OK || jobs->count == 1);
	if (st == CAIRN_OK)
		lease = cairn_job_lease(jobs->at);
	cairn_free(jobs);
	return st;
}

/* Its lease would be lost, had it ended before. */
static cairn_status finish(enum cairn_finish_how how)
{
	const int failed_well = how == CAIRN_FINISH_TERMINAL;
	const cairn_finish item = { .lease = lease,
				    .how = how,
				    .error_code = failed_well ? CAIRN_STR("code")
							      : (cairn_str){ NULL, 0 } };
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	cairn_status st = cairn_job_finish(conn, &item, 1, &changed, &err);
	return st == CAIRN_OK ? changed.status : st;
}

static cairn_status do_succeed(void)
{
	return finish(CAIRN_FINISH_SUCCESS);
}

static cairn_status do_fail(void)
{
	return finish(CAIRN_FINISH_TERMINAL);
}

static cairn_status do_append(void)
{
	const cairn_dependency waits = { .prerequisite = CAIRN_STR("gate") };
	const cairn_step_new more = { .key = CAIRN_STR("more"),
				      .type = CAIRN_STR("t"),
				      .dependencies = &waits,
				      .dependency_count = 1 };
	const cairn_append append = { .size = sizeof append,
				      .scope = cairn_any(),
				      .run = run,
				      .key = CAIRN_STR("append"),
				      .window = CAIRN_STR("gate"),
				      .steps = &more,
				      .n = 1 };
	cairn_appended *appended = NULL;
	cairn_status st = cairn_run_append(conn, &append, &appended, &err);
	cairn_free(appended);
	return st;
}

static cairn_status do_complete(void)
{
	const cairn_completion item = { .scope = cairn_any(),
					.run = run,
					.step = CAIRN_STR("gate"),
					.to = CAIRN_STEP_SUCCEEDED,
					.output = CAIRN_STR("[1]") };
	cairn_completed done = { .status = CAIRN_INTERNAL };
	cairn_status st = cairn_step_complete(conn, &item, 1, &done, &err);
	st = st == CAIRN_OK ? done.status : st;
	return only_if(st, st != CAIRN_OK || !done.repeated);
}

static cairn_status do_get(void)
{
	cairn_runs *found = NULL;
	cairn_status st = cairn_run_get(conn, cairn_any(), run, &found, &err);
	st = only_if(st, st != CAIRN_OK || found->count == 1);
	cairn_free(found);
	return st;
}

static cairn_status do_steps(void)
{
	const cairn_step_filter filter = {
		.size = sizeof filter, .scope = cairn_any(), .run = run, .limit = 1000
	};
	cairn_steps *found = NULL;
	cairn_status st = cairn_run_steps(conn, &filter, &found, &err);
	st = only_if(st, st != CAIRN_OK || found->count == WIDE + 3);
	cairn_free(found);
	return st;
}

static cairn_status do_inputs(void)
{
	cairn_steps *found = NULL;
	cairn_status st = cairn_step_inputs(conn, cairn_any(), lease.id, &found, &err);
	st = only_if(st, st != CAIRN_OK || found->count == 1);
	cairn_free(found);
	return st;
}

static cairn_status do_edges(void)
{
	const cairn_edge_filter filter = {
		.size = sizeof filter, .scope = cairn_any(), .run = run, .limit = 1000
	};
	cairn_run_edges_result *found = NULL;
	cairn_status st = cairn_run_edges(conn, &filter, &found, &err);
	st = only_if(st, st != CAIRN_OK || found->count == WIDE + 1);
	cairn_free(found);
	return st;
}

static cairn_status do_events(void)
{
	const cairn_run_event_filter filter = {
		.size = sizeof filter, .scope = cairn_any(), .run = run, .jobs = 1, .limit = 1000
	};
	cairn_run_events_result *found = NULL;
	cairn_status st = cairn_run_events(conn, &filter, &found, &err);
	st = only_if(st, st != CAIRN_OK || found->count > 3 * WIDE);
	cairn_free(found);
	return st;
}

static cairn_status do_recover(void)
{
	const cairn_recovery recovery = { .size = sizeof recovery,
					  .scope = cairn_global(),
					  .source = run,
					  .key = CAIRN_STR("recovery"),
					  .reason = CAIRN_STR("reason") };
	cairn_run_added added;
	cairn_status st = cairn_run_recover(conn, &recovery, &added, &err);
	if (st == CAIRN_OK)
		again = added.id;
	return only_if(st, st != CAIRN_OK || added.disposition == CAIRN_RUN_INSERTED);
}

static cairn_status do_cancel(void)
{
	const cairn_run_cancel_opts opts = {
		.size = sizeof opts, .scope = cairn_any(), .runs = &again, .n = 1
	};
	cairn_run_changed changed = { .status = CAIRN_INTERNAL };
	cairn_status st = cairn_run_cancel(conn, &opts, &changed, &err);
	return only_if(st, st != CAIRN_OK || changed.canceled == WIDE + 3);
}

static cairn_status do_prune(void)
{
	const cairn_run_prune_filter filter = { .size = sizeof filter, .scope = cairn_any() };
	size_t pruned = 0;
	cairn_status st = cairn_run_prune(conn, &filter, &pruned, &err);
	return only_if(st, st != CAIRN_OK || pruned == 2);
}

int main(int argc, char **argv)
{
	static const struct step life[] = {
		{ "migrate", do_migrate },   { "define", do_define },
		{ "enqueue", do_enqueue },   { "claim", do_claim },
		{ "succeed", do_succeed },   { "append", do_append },
		{ "complete", do_complete }, { "claim another", do_claim },
		{ "get", do_get },	     { "steps", do_steps },
		{ "inputs", do_inputs },     { "fail", do_fail },
		{ "edges", do_edges },	     { "events", do_events },
		{ "recover", do_recover },   { "cancel", do_cancel },
		{ "prune", do_prune },
	};
	draw();
	open_it(argc > 1 ? argv[1] : "memory:oom");
	torture_all(life, sizeof life / sizeof life[0]);
	return close_it();
}
