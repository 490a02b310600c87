/*
 * run_rules.c - the transition table of runs and steps, as data: what follows from what. Drivers look it up;
 * docs/WORKFLOWS.md is printed from it.
 */
#include <cairn/sys/workflow.h>

#include "core.h"
#include "job_plan.h"

#define BIT(n)	   (1u << (unsigned)(n))
#define STEPS_FAIL (BIT(CAIRN_STEP_FAILED) | BIT(CAIRN_STEP_CANCELED))
#define RUNS_FAIL  (BIT(CAIRN_RUN_COMPLETED_WITH_ERRORS) | BIT(CAIRN_RUN_CANCELED))

/* A run that has no step that is not over has had them all: what is left decides. */
#define RULES(steps, runs) \
	{ \
		.of_job = { [CAIRN_JOB_SUCCEEDED] = CAIRN_STEP_SUCCEEDED, \
			    [CAIRN_JOB_DEAD_LETTERED] = CAIRN_STEP_FAILED, \
			    [CAIRN_JOB_CANCELED] = CAIRN_STEP_CANCELED }, \
		.of_step = { [CAIRN_STEP_JOB] = { CAIRN_STEP_ENQUEUED, CAIRN_STEP_CANCELED }, \
			     [CAIRN_STEP_EXTERNAL] = { CAIRN_STEP_WAITING_FOR_EXTERNAL, \
						       CAIRN_STEP_CANCELED } }, \
		.of_run = { CAIRN_RUN_SUCCEEDED, \
			    CAIRN_RUN_RUNNING, \
			    CAIRN_RUN_WAITING_FOR_EXTERNAL, \
			    CAIRN_RUN_RUNNING, \
			    CAIRN_RUN_COMPLETED_WITH_ERRORS, \
			    CAIRN_RUN_RUNNING, \
			    CAIRN_RUN_WAITING_FOR_EXTERNAL, \
			    CAIRN_RUN_RUNNING }, \
		.unsatisfied = { [CAIRN_RELEASE_ON_SUCCESS] = { [CAIRN_STEP_FAILED] = 1, \
								[CAIRN_STEP_CANCELED] = 1 } }, \
		.told_steps = (steps), .told_runs = (runs), \
		.unsatisfied_code = { UNSATISFIED, sizeof UNSATISFIED - 1 }, \
		.unsatisfied_message = { UNSATISFIED_TEXT, sizeof UNSATISFIED_TEXT - 1 }, \
		.fail_fast_code = { FAIL_FAST, sizeof FAIL_FAST - 1 }, \
		.fail_fast_message = { FAIL_FAST_TEXT, sizeof FAIL_FAST_TEXT - 1 }, \
	}

#define UNSATISFIED	 "workflow.dependency_unsatisfied"
#define UNSATISFIED_TEXT "A prerequisite did not succeed."
#define FAIL_FAST	 "workflow.fail_fast"
#define FAIL_FAST_TEXT	 "Another step of the run failed."

static const cairn_run_rules rules[] = {
	[CAIRN_EVENTS_FULL] = RULES(~0u, ~0u),
	[CAIRN_EVENTS_FAILURES] = RULES(STEPS_FAIL, RUNS_FAIL),
	[CAIRN_EVENTS_NONE] = RULES(0, 0),
};

const cairn_run_rules *cairn_host_run_rules(const cairn_host *host)
{
	return &rules[host->events];
}

enum cairn_step_status cairn_step_resolved(const cairn_run_rules *by, enum cairn_step_kind kind,
					   int32_t pending, int32_t unsatisfied)
{
	return pending > 0 ? CAIRN_STEP_BLOCKED : by->of_step[kind][unsatisfied > 0];
}

enum cairn_run_status cairn_run_counted(const cairn_run_rules *by, const cairn_run_counts *counts)
{
	unsigned has = 0;
	if (counts->blocked + counts->enqueued > 0)
		has |= CAIRN_RUN_HAS_ACTIVE;
	if (counts->waiting > 0)
		has |= CAIRN_RUN_HAS_WAITING;
	if (counts->failed + counts->canceled > 0)
		has |= CAIRN_RUN_HAS_ERRORS;
	return by->of_run[has];
}

int32_t *cairn_run_counter(cairn_run_counts *counts, enum cairn_step_status status)
{
	switch (status) {
	case CAIRN_STEP_BLOCKED:
		return &counts->blocked;
	case CAIRN_STEP_WAITING_FOR_EXTERNAL:
		return &counts->waiting;
	case CAIRN_STEP_SUCCEEDED:
		return &counts->succeeded;
	case CAIRN_STEP_FAILED:
		return &counts->failed;
	case CAIRN_STEP_CANCELED:
		return &counts->canceled;
	case CAIRN_STEP_ENQUEUED:
	case CAIRN_STEP_RUNNING:
		break;
	}
	return &counts->enqueued;
}

void cairn_run_sweep_job(const cairn_run_sweep *sweep, cairn_id job, cairn_change *change)
{
	cairn__plan_cancel(cairn_any(), job, sweep->reason, change);
	change->of = CAIRN_OF_STEP;
	change->events &= sweep->events;
}

cairn_run_sweep cairn_run_fail_fast(const cairn_host *host)
{
	const cairn_run_rules *by = cairn_host_run_rules(host);
	return (cairn_run_sweep){
		.reason = by->fail_fast_code,
		.error_code = by->fail_fast_code,
		.error_message = by->fail_fast_message,
		.events = cairn__events_kept(host->events, CAIRN__BIT(CAIRN_EVENT_CANCELED)),
	};
}
