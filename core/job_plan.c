/*
 * job_plan.c - what each verb does to a job, as data: which statuses it may come
 * from, what is guarded, what is written, which events it leaves. (contract 3.1;
 * reference: the columns that each transition clears or keeps)
 */
#include <string.h>

#include "job_plan.h"
#include "limits.h"

#define BIT(n) (1u << (unsigned)(n))

#define EVENTS_FAILURES \
	(BIT(CAIRN_EVENT_FAILED) | BIT(CAIRN_EVENT_RETRY_SCHEDULED) | \
	 BIT(CAIRN_EVENT_DEAD_LETTERED) | BIT(CAIRN_EVENT_CANCELED))

cairn_retry cairn__retry_settle(cairn_retry retry)
{
	if (retry.base == 0)
		retry.base = 10 * CAIRN_SECOND;
	if (retry.cap == 0)
		retry.cap = 300 * CAIRN_SECOND;
	if (retry.jitter == 0)
		retry.jitter = 500 * CAIRN_MILLISECOND;
	if (retry.factor == 0)
		retry.factor = 2000;
	return retry;
}

/* The id as a 128-bit number modulo m: the same shift for the same job, on every driver. */
static int64_t id_modulo(cairn_id id, int64_t m)
{
	int64_t rest = 0;
	for (size_t i = 0; i < sizeof id.bytes; i++)
		rest = (rest * 256 + id.bytes[i]) % m;
	return rest;
}

cairn_usec cairn__retry_delay(const cairn_retry *retry, cairn_id id, int32_t attempt)
{
	cairn_usec delay = retry->base;
	for (int32_t i = 1; i < attempt && delay < retry->cap; i++) {
		if (retry->factor == 1000)
			break;
		delay = delay * retry->factor / 1000;
	}
	if (delay > retry->cap)
		delay = retry->cap;
	/* the shift moves in whole milliseconds, as the reference's does */
	int64_t shift = retry->jitter / CAIRN_MILLISECOND;
	if (shift <= 0)
		return delay;
	cairn_usec floor = delay < CAIRN_SECOND ? delay : CAIRN_SECOND;
	cairn_usec moved = delay + (id_modulo(id, 2 * shift) - shift) * CAIRN_MILLISECOND;
	return moved > floor ? moved : floor;
}

uint32_t cairn__events_kept(enum cairn_events events, uint32_t kinds)
{
	if (events == CAIRN_EVENTS_NONE)
		return 0;
	return events == CAIRN_EVENTS_FAILURES ? kinds & EVENTS_FAILURES : kinds;
}

/* What every write by a worker starts from: its own, unexpired lease. */
static void plan_leased(const cairn_lease *lease, cairn_change *change)
{
	memset(change, 0, sizeof *change);
	change->id = lease->id;
	change->fence = lease->fence;
	change->guard = CAIRN_GUARD_FENCE | CAIRN_GUARD_LIVE;
	change->from = BIT(CAIRN_JOB_LEASED);
	change->progress_done = -1;
	change->progress_total = -1;
}

void cairn__plan_heartbeat(const cairn_lease *lease, cairn_usec duration, cairn_change *change)
{
	plan_leased(lease, change);
	change->to = CAIRN_JOB_LEASED;
	change->set = CAIRN_SET_LEASE;
	change->lease = duration;
}

static cairn_str text_of(enum cairn_ending ending)
{
	return cairn_str_of(cairn_ending_text(ending));
}

static void plan_success(const cairn_finish *item, cairn_change *change)
{
	change->to = CAIRN_JOB_SUCCEEDED;
	change->ending = CAIRN_ENDING_SUCCEEDED;
	change->set |= CAIRN_SET_FINISHED | CAIRN_SET_REASON | CAIRN_SET_ERROR | CAIRN_SET_OUTPUT |
		       CAIRN_SET_STAGE;
	change->output = item->output;
	change->stage = CAIRN_STR("completed");
	change->events = BIT(CAIRN_EVENT_SUCCEEDED);
}

static void plan_retry(const cairn_finish *item, cairn_change *change)
{
	cairn_retry retry = cairn__retry_settle(item->lease.retry);
	change->to = CAIRN_JOB_PENDING;
	change->set |= CAIRN_SET_RUN_AT;
	change->run_after = cairn__retry_delay(&retry, item->lease.id, item->lease.attempt);
	change->not_before = item->not_before;
	change->events = BIT(CAIRN_EVENT_FAILED) | BIT(CAIRN_EVENT_RETRY_SCHEDULED);
}

static void plan_dead(cairn_change *change)
{
	change->to = CAIRN_JOB_DEAD_LETTERED;
	change->set |= CAIRN_SET_FINISHED | CAIRN_SET_DEAD;
	change->events = BIT(CAIRN_EVENT_FAILED) | BIT(CAIRN_EVENT_DEAD_LETTERED);
}

static enum cairn_ending ending_of(enum cairn_finish_how how)
{
	switch (how) {
	case CAIRN_FINISH_RETRYABLE:
		return CAIRN_ENDING_RETRYABLE;
	case CAIRN_FINISH_TIMEOUT:
		return CAIRN_ENDING_TIMEOUT;
	case CAIRN_FINISH_TERMINAL:
		return CAIRN_ENDING_TERMINAL;
	case CAIRN_FINISH_PANICKED:
		return CAIRN_ENDING_PANICKED;
	case CAIRN_FINISH_SUCCESS:
		break;
	}
	return CAIRN_ENDING_SUCCEEDED;
}

static void plan_failure(const cairn_finish *item, cairn_change *change)
{
	int retryable = item->how == CAIRN_FINISH_RETRYABLE || item->how == CAIRN_FINISH_TIMEOUT;
	change->ending = ending_of(item->how);
	change->set |= CAIRN_SET_REASON | CAIRN_SET_ERROR | CAIRN_SET_OUTPUT;
	change->reason = text_of(change->ending);
	change->error_code = item->error_code;
	change->error_message = item->error_message;
	if (retryable && item->lease.attempt < item->lease.max_attempts)
		plan_retry(item, change);
	else
		plan_dead(change);
}

void cairn__plan_finish(const cairn_finish *item, cairn_change *change)
{
	plan_leased(&item->lease, change);
	change->set = CAIRN_CLEAR_HOLDER | CAIRN_CLEAR_LEASE;
	if (item->set & CAIRN_FINISH_DONE) {
		change->set |= CAIRN_SET_DONE;
		change->progress_done = item->progress_done;
	}
	if (item->set & CAIRN_FINISH_TOTAL) {
		change->set |= CAIRN_SET_TOTAL;
		change->progress_total = item->progress_total;
	}
	if (item->checkpoint.len > 0) {
		change->set |= CAIRN_SET_CHECKPOINT;
		change->checkpoint = item->checkpoint;
	}
	if (item->how == CAIRN_FINISH_SUCCESS)
		plan_success(item, change);
	else
		plan_failure(item, change);
}

void cairn__plan_cancel(cairn_scope scope, cairn_id id, cairn_str reason, cairn_change *change)
{
	memset(change, 0, sizeof *change);
	change->id = id;
	change->guard = CAIRN_GUARD_SCOPE;
	change->scope = scope;
	change->from = BIT(CAIRN_JOB_PENDING) | BIT(CAIRN_JOB_LEASED);
	change->to = CAIRN_JOB_CANCELED;
	change->ending = CAIRN_ENDING_CANCELED;
	/* the lease time stays: until then the canceled worker may still be running */
	change->set = CAIRN_SET_FINISHED | CAIRN_SET_REASON | CAIRN_SET_OUTPUT | CAIRN_CLEAR_HOLDER;
	change->reason = reason.len > 0 ? reason : CAIRN_STR("CANCELED");
	change->events = BIT(CAIRN_EVENT_CANCELED);
	change->progress_done = -1;
	change->progress_total = -1;
}

void cairn_reap_change(const cairn_reap_plan *plan, const cairn_job *row, cairn_change *change)
{
	cairn_lease lease = { .id = row->id, .fence = row->fence };
	plan_leased(&lease, change);
	change->guard = CAIRN_GUARD_FENCE;
	change->ending = CAIRN_ENDING_LEASE_EXPIRED;
	change->set = CAIRN_CLEAR_HOLDER | CAIRN_CLEAR_LEASE | CAIRN_SET_REASON | CAIRN_SET_ERROR |
		      CAIRN_SET_OUTPUT;
	change->reason = text_of(CAIRN_ENDING_LEASE_EXPIRED);
	change->error_code = plan->error_code;
	change->error_message = plan->error_message;
	if (row->attempt < row->max_attempts) {
		change->to = CAIRN_JOB_PENDING;
		change->set |= CAIRN_SET_RUN_AT;
		change->run_after = plan->retry_delay;
		change->events = BIT(CAIRN_EVENT_FAILED) | BIT(CAIRN_EVENT_RETRY_SCHEDULED);
	} else {
		plan_dead(change);
	}
	if (!plan->record)
		change->events = 0;
}
