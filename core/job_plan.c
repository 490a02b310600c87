/*
 * job_plan.c - what each verb does to a job, as data: which statuses it may come
 * from, what is guarded, what is written, which events it leaves. (contract 3.1;
 * reference: the columns that each transition clears or keeps) Here: how long a retry waits, and
 * a running attempt's reports; its end is in job_plan_finish.c, what others do in job_plan_recover.c.
 */
#include <string.h>

#include "job_plan.h"
#include "limits.h"

#define EVENTS_FAILURES \
	(CAIRN__BIT(CAIRN_EVENT_FAILED) | CAIRN__BIT(CAIRN_EVENT_RETRY_SCHEDULED) | \
	 CAIRN__BIT(CAIRN_EVENT_DEAD_LETTERED) | CAIRN__BIT(CAIRN_EVENT_CANCELED) | \
	 CAIRN__BIT(CAIRN_EVENT_STEP_FAILED))

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

void cairn__plan_leased(const cairn_lease *lease, cairn_change *change)
{
	memset(change, 0, sizeof *change);
	change->id = lease->id;
	change->fence = lease->fence;
	change->guard = CAIRN_GUARD_FENCE | CAIRN_GUARD_LIVE;
	change->from = CAIRN__BIT(CAIRN_JOB_LEASED);
	change->progress_done = -1;
	change->progress_total = -1;
	if (lease->hints & CAIRN_HINT_STEP)
		change->of = CAIRN_OF_STEP;
	else if (lease->hints & CAIRN_HINT_ALONE)
		change->of = CAIRN_OF_NONE;
}

void cairn__plan_heartbeat(const cairn_lease *lease, cairn_usec duration, cairn_change *change)
{
	cairn__plan_leased(lease, change);
	change->to = CAIRN_JOB_LEASED;
	change->set = CAIRN_SET_LEASE;
	change->lease = duration;
}

/* What is not given keeps its value; the driver merges and tests it on the locked row. */
void cairn__plan_state(uint32_t given, int64_t done, int64_t total, cairn_str checkpoint,
		       cairn_change *change)
{
	if (given & CAIRN_FINISH_DONE) {
		change->set |= CAIRN_SET_DONE;
		change->progress_done = done;
	}
	if (given & CAIRN_FINISH_TOTAL) {
		change->set |= CAIRN_SET_TOTAL;
		change->progress_total = total;
	}
	if (checkpoint.len > 0) {
		change->set |= CAIRN_SET_CHECKPOINT;
		change->checkpoint = checkpoint;
	}
}

void cairn__plan_progress(const cairn_progress *item, cairn_change *change)
{
	cairn__plan_leased(&item->lease, change);
	change->to = CAIRN_JOB_LEASED;
	cairn__plan_state(item->set, item->done, item->total, item->checkpoint, change);
	if (item->set & (CAIRN_PROGRESS_DONE | CAIRN_PROGRESS_TOTAL))
		change->events = CAIRN__BIT(CAIRN_EVENT_PROGRESS);
	if (item->stage.len > 0) {
		change->set |= CAIRN_SET_STAGE;
		change->stage = item->stage;
		change->events |= CAIRN__BIT(CAIRN_EVENT_STAGE_CHANGED);
	}
	if (cairn_str_is(item->stage, "running") || (item->set & CAIRN_PROGRESS_STARTED))
		change->set |= CAIRN_SET_MARK;
	if (item->extend > 0) {
		change->set |= CAIRN_SET_LEASE;
		change->lease = item->extend;
	}
}
