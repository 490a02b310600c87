/*
 * job_plan.h - the pure planners of the jobs store: no I/O, no clock, no memory.
 * What a verb means is written here once; drivers only execute it.
 */
#ifndef CAIRN_JOB_PLAN_H
#define CAIRN_JOB_PLAN_H

#include <cairn/sys/job.h>

/* Fills in the defaults of a retry policy. */
cairn_retry cairn__retry_settle(cairn_retry retry);

/* How long attempt number `attempt` of a job waits before the next. */
cairn_usec cairn__retry_delay(const cairn_retry *retry, cairn_id id, int32_t attempt);

/* Whether the connection's switch records an event of this kind, and the mask of those it does. */
uint32_t cairn__events_kept(enum cairn_events events, uint32_t kinds);

/* A job as it is inserted, with a new id; the request was checked. (job_enqueue.c) */
void cairn__plan_insert(const cairn_job_new *job, cairn_job_insert *row);

void cairn__plan_heartbeat(const cairn_lease *lease, cairn_usec duration, cairn_change *change);
/* The item was checked; lease.max_attempts is known where it matters. */
void cairn__plan_finish(const cairn_finish *item, cairn_change *change);
void cairn__plan_cancel(cairn_scope scope, cairn_id id, cairn_str reason, cairn_change *change);

#endif
