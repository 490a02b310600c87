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

#define CAIRN__BIT(n) (1u << (unsigned)(n))

/* What every write by a worker starts from: its own, unexpired lease. */
void cairn__plan_leased(const cairn_lease *lease, cairn_change *change);
/* Progress and checkpoint where given; CAIRN_PROGRESS_… and CAIRN_FINISH_… have the same bits. */
void cairn__plan_state(uint32_t given, int64_t done, int64_t total, cairn_str checkpoint,
		       cairn_change *change);
/* The last failure of a job. */
void cairn__plan_dead(cairn_change *change);

/* The items were checked. (job_plan.c, job_plan_finish.c, job_plan_recover.c) */
void cairn__plan_heartbeat(const cairn_lease *lease, cairn_usec duration, cairn_change *change);
void cairn__plan_progress(const cairn_progress *item, cairn_change *change);
/* lease.max_attempts is known where it matters. */
void cairn__plan_finish(const cairn_finish *item, cairn_change *change);
void cairn__plan_cancel(cairn_scope scope, cairn_id id, cairn_str reason, cairn_change *change);
void cairn__plan_requeue(cairn_scope scope, const cairn_requeue *item, cairn_str reason,
			 cairn_change *change);
void cairn__plan_adopt(cairn_scope scope, cairn_id id, cairn_str owner, cairn_change *change);
void cairn__plan_edit(cairn_scope scope, const cairn_job_patch *item, cairn_change *change);

#endif
