/*
 * job_plan_finish.c - how an attempt may end, as data: success, failure, and the three ways
 * back into the queue that are no failure.
 */
#include <cairn/sys/replay.h>

#include "job_plan.h"

static cairn_str text_of(enum cairn_ending ending)
{
	return cairn_str_of(cairn_ending_text(ending));
}

static void plan_success(const cairn_finish *item, cairn_change *change)
{
	change->to = CAIRN_JOB_SUCCEEDED;
	change->ending = CAIRN_ENDING_SUCCEEDED;
	if (item->lease.hints & CAIRN_HINT_DELETE) {
		/* progress is still tested, whether it will be kept or not */
		change->set &= CAIRN_SET_DONE | CAIRN_SET_TOTAL;
		change->set |= CAIRN_DELETE;
		change->guard |= CAIRN_GUARD_ALONE | CAIRN_GUARD_PLAIN;
		return;
	}
	change->set |= CAIRN_SET_FINISHED | CAIRN_SET_REASON | CAIRN_SET_ERROR | CAIRN_SET_OUTPUT |
		       CAIRN_SET_STAGE;
	change->output = item->output;
	change->stage = CAIRN_STR("completed");
	change->events = CAIRN__BIT(CAIRN_EVENT_SUCCEEDED);
}

static void plan_retry(const cairn_finish *item, cairn_change *change)
{
	cairn_retry retry = cairn__retry_settle(item->lease.retry);
	change->to = CAIRN_JOB_PENDING;
	change->set |= CAIRN_SET_RUN_AT;
	change->run_after = cairn__retry_delay(&retry, item->lease.id, item->lease.attempt);
	change->not_before = item->not_before;
	change->events = CAIRN__BIT(CAIRN_EVENT_FAILED) | CAIRN__BIT(CAIRN_EVENT_RETRY_SCHEDULED);
}

void cairn__plan_dead(cairn_change *change)
{
	change->to = CAIRN_JOB_DEAD_LETTERED;
	change->set |= CAIRN_SET_FINISHED | CAIRN_SET_DEAD;
	change->events = CAIRN__BIT(CAIRN_EVENT_FAILED) | CAIRN__BIT(CAIRN_EVENT_DEAD_LETTERED);
}

static void plan_failure(const cairn_finish *item, enum cairn_ending ending, cairn_change *change)
{
	int retryable = ending == CAIRN_ENDING_RETRYABLE || ending == CAIRN_ENDING_TIMEOUT;
	change->ending = ending;
	change->set |= CAIRN_SET_REASON | CAIRN_SET_ERROR | CAIRN_SET_OUTPUT;
	change->reason = text_of(ending);
	change->error_code = item->error_code;
	change->error_message = item->error_message;
	if (retryable && item->lease.attempt < item->lease.max_attempts)
		plan_retry(item, change);
	else
		cairn__plan_dead(change);
}

/* Back into the queue without a failure: errors of former attempts are over. */
static void plan_back(const cairn_finish *item, enum cairn_ending ending, cairn_change *change)
{
	change->to = CAIRN_JOB_PENDING;
	change->ending = ending;
	change->set |= CAIRN_SET_RUN_AT | CAIRN_SET_REASON | CAIRN_SET_ERROR | CAIRN_SET_OUTPUT;
	change->run_after = item->delay > 0 ? item->delay : 0;
	change->not_before = item->not_before;
	change->reason = item->reason.len > 0 ? item->reason : text_of(ending);
	change->events = CAIRN__BIT(CAIRN_EVENT_REQUEUED);
}

static void plan_continuation(const cairn_finish *item, cairn_change *change)
{
	plan_back(item, CAIRN_ENDING_CONTINUED, change);
	change->guard |= CAIRN_GUARD_CONTINUES;
	change->set |= CAIRN_SET_RUN | CAIRN_SET_STAGE;
	change->stage = CAIRN_STR("queued");
	change->reason = CAIRN_STR(CAIRN_REASON_CONTINUED);
	change->data = CAIRN_STR("{\"requeue_kind\":\"HANDLER_CONTINUATION\"}");
}

static void plan_snooze(const cairn_finish *item, cairn_change *change)
{
	plan_back(item, CAIRN_ENDING_SNOOZED, change);
	change->set |= CAIRN_GIVE_BACK;
	change->data = CAIRN_STR("{\"requeue_kind\":\"SNOOZE\"}");
}

/* The attempt never began, so it makes no difference whether its lease is over. */
static void plan_release(const cairn_finish *item, cairn_change *change)
{
	plan_back(item, CAIRN_ENDING_RELEASED, change);
	change->guard = CAIRN_GUARD_FENCE | CAIRN_GUARD_UNSTARTED;
	change->set |= CAIRN_GIVE_BACK;
	change->data = CAIRN_STR("{\"requeue_kind\":\"BASIC\"}");
}

void cairn__plan_finish(const cairn_finish *item, cairn_change *change)
{
	cairn__plan_leased(&item->lease, change);
	change->set = CAIRN_CLEAR_HOLDER | CAIRN_CLEAR_LEASE;
	cairn__plan_state(item->set, item->progress_done, item->progress_total, item->checkpoint,
			  change);
	switch (item->how) {
	case CAIRN_FINISH_SUCCESS:
		plan_success(item, change);
		break;
	case CAIRN_FINISH_RETRYABLE:
		plan_failure(item, CAIRN_ENDING_RETRYABLE, change);
		break;
	case CAIRN_FINISH_TIMEOUT:
		plan_failure(item, CAIRN_ENDING_TIMEOUT, change);
		break;
	case CAIRN_FINISH_TERMINAL:
		plan_failure(item, CAIRN_ENDING_TERMINAL, change);
		break;
	case CAIRN_FINISH_PANICKED:
		plan_failure(item, CAIRN_ENDING_PANICKED, change);
		break;
	case CAIRN_FINISH_CONTINUE:
		plan_continuation(item, change);
		break;
	case CAIRN_FINISH_SNOOZE:
		plan_snooze(item, change);
		break;
	case CAIRN_FINISH_RELEASE:
		plan_release(item, change);
		break;
	}
}
