/*
 * job_plan_recover.c - what is done to a job from outside of its attempt, as data: cancel,
 * requeue, adopt, edit, reap.
 */
#include <string.h>

#include "job_plan.h"

#define ENDED_BACK \
	(CAIRN_SET_REASON | CAIRN_SET_ERROR | CAIRN_SET_OUTPUT | CAIRN_CLEAR_HOLDER | \
	 CAIRN_CLEAR_LEASE)

/* What every write from outside starts from: the scope. */
static void plan_scoped(cairn_scope scope, cairn_id id, cairn_change *change)
{
	memset(change, 0, sizeof *change);
	change->id = id;
	change->guard = CAIRN_GUARD_SCOPE;
	change->scope = scope;
	change->progress_done = -1;
	change->progress_total = -1;
}

void cairn__plan_cancel(cairn_scope scope, cairn_id id, cairn_str reason, cairn_change *change)
{
	plan_scoped(scope, id, change);
	change->from = CAIRN__BIT(CAIRN_JOB_PENDING) | CAIRN__BIT(CAIRN_JOB_LEASED);
	change->to = CAIRN_JOB_CANCELED;
	change->ending = CAIRN_ENDING_CANCELED;
	/* the lease time stays: until then the canceled worker may still be running */
	change->set = CAIRN_SET_FINISHED | CAIRN_SET_REASON | CAIRN_SET_OUTPUT | CAIRN_CLEAR_HOLDER;
	change->reason = reason.len > 0 ? reason : CAIRN_STR("CANCELED");
	change->events = CAIRN__BIT(CAIRN_EVENT_CANCELED);
}

void cairn__plan_requeue(cairn_scope scope, const cairn_requeue *item, cairn_str reason,
			 cairn_change *change)
{
	plan_scoped(scope, item->id, change);
	/* quiet: a canceled job's worker may run on until its lease is over */
	change->guard |= CAIRN_GUARD_RUN | CAIRN_GUARD_QUIET | CAIRN_GUARD_ALONE;
	change->run_number = item->run_number;
	change->from = CAIRN__BIT(item->status);
	change->to = CAIRN_JOB_PENDING;
	change->set = ENDED_BACK | CAIRN_SET_RUN | CAIRN_SET_RUN_AT | CAIRN_SET_STAGE;
	if (item->reset)
		change->set |= CAIRN_CLEAR_STATE;
	change->stage = CAIRN_STR("queued");
	change->reason = reason.len > 0 ? reason : CAIRN_STR("REQUEUED");
	change->data =
		item->reset ? CAIRN_STR("{\"requeue_kind\":\"COMPARE_AND_REQUEUE\","
					"\"state_policy\":\"reset_progress_and_checkpoint\"}")
			    : CAIRN_STR("{\"requeue_kind\":\"COMPARE_AND_REQUEUE\","
					"\"state_policy\":\"preserve_progress_and_checkpoint\"}");
	change->events = CAIRN__BIT(CAIRN_EVENT_REQUEUED);
}

/* A job whose lease is over is still LEASED until it is reaped, and stays so. */
void cairn__plan_adopt(cairn_scope scope, cairn_id id, cairn_str owner, cairn_change *change)
{
	plan_scoped(scope, id, change);
	change->guard |= CAIRN_GUARD_QUIET;
	change->from = CAIRN__BIT(CAIRN_JOB_PENDING) | CAIRN__BIT(CAIRN_JOB_LEASED);
	change->set = CAIRN_SET_OWNER;
	change->owner = owner;
}

void cairn__plan_edit(cairn_scope scope, const cairn_job_patch *item, cairn_change *change)
{
	plan_scoped(scope, item->id, change);
	change->from = CAIRN__BIT(CAIRN_JOB_PENDING);
	change->to = CAIRN_JOB_PENDING;
	if (item->updated_at != 0) {
		change->guard |= CAIRN_GUARD_UNCHANGED;
		change->updated_at = item->updated_at;
	}
	if (item->set & CAIRN_JOB_PRIORITY) {
		change->set |= CAIRN_SET_PRIORITY;
		change->priority = item->priority;
	}
	if (item->set & CAIRN_JOB_PAYLOAD) {
		change->guard |= CAIRN_GUARD_UNKEYED | CAIRN_GUARD_PLAIN;
		change->set |= CAIRN_SET_PAYLOAD;
		change->payload = item->payload.len > 0 ? item->payload : CAIRN_STR("{}");
	}
	if (item->set & CAIRN_JOB_RUN_AT) {
		change->set |= CAIRN_SET_RUN_AT;
		change->not_before = item->run_at;
	}
}

/* ---- reaping ---- */

static void plan_expired(const cairn_reap_plan *plan, const cairn_job *row, cairn_change *change)
{
	int unrenewed =
		row->execution_started_at != 0 && row->heartbeat_at <= row->execution_started_at;
	change->ending = CAIRN_ENDING_LEASE_EXPIRED;
	change->reason = cairn_str_of(cairn_ending_text(CAIRN_ENDING_LEASE_EXPIRED));
	change->error_code = plan->error_code;
	change->error_message = plan->error_message;
	change->data = unrenewed ? CAIRN_STR("{\"started_without_renewal_heartbeat\":true}")
				 : CAIRN_STR("{\"started_without_renewal_heartbeat\":false}");
	if (row->attempt < row->max_attempts) {
		change->to = CAIRN_JOB_PENDING;
		change->set |= CAIRN_SET_RUN_AT;
		change->run_after = plan->retry_delay;
		change->events =
			CAIRN__BIT(CAIRN_EVENT_FAILED) | CAIRN__BIT(CAIRN_EVENT_RETRY_SCHEDULED);
	} else {
		cairn__plan_dead(change);
	}
}

/* Claimed ahead and never started: nothing failed, and no attempt is used up. */
static void plan_unstarted(const cairn_reap_plan *plan, cairn_change *change)
{
	change->guard |= CAIRN_GUARD_UNSTARTED;
	change->to = CAIRN_JOB_PENDING;
	change->ending = CAIRN_ENDING_RELEASED;
	change->set |= CAIRN_SET_RUN_AT | CAIRN_GIVE_BACK;
	change->reason = plan->release_reason;
	change->data = plan->release_data;
	change->events = CAIRN__BIT(CAIRN_EVENT_REQUEUED);
}

void cairn_reap_change(const cairn_reap_plan *plan, const cairn_job *row, cairn_change *change)
{
	cairn_lease lease = { .id = row->id, .fence = row->fence };
	cairn__plan_leased(&lease, change);
	change->guard = CAIRN_GUARD_FENCE;
	change->set = ENDED_BACK;
	if (row->prestart && row->execution_started_at == 0)
		plan_unstarted(plan, change);
	else
		plan_expired(plan, row, change);
	change->events &= plan->events;
}
