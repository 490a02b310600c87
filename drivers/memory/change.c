/*
 * change.c - every transition of a job that somebody names: finish, heartbeat,
 * cancel and what else the core plans. The guard and the new row are the core's
 * (cairn_change_test, cairn_change_apply); what hangs on them is written here.
 */
#include "mem.h"

/* In the order of their kinds, which is the order of the timeline. */
static int write_events(struct mem_write *write, const cairn_change *change, const cairn_job *was,
			const cairn_job *is)
{
	for (int kind = CAIRN_EVENT_ENQUEUED; kind <= CAIRN_EVENT_SIGNALED; kind++) {
		if (!(change->events & 1u << kind))
			continue;
		cairn_event_record event = cairn_change_event((enum cairn_event_kind)kind, change,
							      was, is, write->now);
		if (cairn_mem__event_add(write, was->id, &event) != 0)
			return -1;
	}
	return 0;
}

int cairn_mem__change_apply(struct mem_write *write, const cairn_change *change,
			    const cairn_job *was, cairn_job *is)
{
	*is = *was;
	cairn_change_apply(change, is, write->now);
	/* the running attempt is the job row itself; its own row is written when it ends */
	bool ends_attempt = change->ending != CAIRN_ENDING_NONE && was->status == CAIRN_JOB_LEASED;
	if (ends_attempt && cairn_mem__attempt_add(write, change, was, is) != 0)
		return -1;
	if ((change->set & CAIRN_SET_DEAD) && cairn_mem__dead_letter_add(write, is) != 0)
		return -1;
	if (write_events(write, change, was, is) != 0)
		return -1;
	if (was->replay && cairn_mem__wake_note(write, was, is) != 0)
		return -1;
	return cairn_mem__put(write->state, MEM_JOBS, is);
}

/* A guard that fails is an answer and no error: this item writes nothing, the others go on. */
static int change_one(struct mem_write *write, const cairn_change *change,
		      cairn_change_result *each)
{
	each->hit = CAIRN_MISS;
	const cairn_job *was = cairn_mem__job(write->state, change->id);
	if (was == NULL)
		return 0;
	each->hit = cairn_change_test(change, was, write->now);
	if (each->hit != CAIRN_HIT)
		return 0;
	each->run_number = was->run_number;
	cairn_job is = *was;
	if (change->set & CAIRN_DELETE)
		return cairn_mem__job_delete(write, was);
	if (cairn_mem__change_apply(write, change, was, &is) != 0 ||
	    cairn_mem__run_ended(write, &is) != 0)
		return -1;
	each->run_number = is.run_number;
	each->run_at = is.run_at;
	each->lease_expires_at = is.lease_expires_at;
	return 0;
}

/* Locking in id order has no meaning here: the writer's lock covers every row. */
cairn_status cairn_mem__job_change(void *self, const cairn_change_plan *plan,
				   cairn_change_result *each, cairn_rows *claimed, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_JOBS, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_mem__log(&write, plan->lines, plan->line_count, plan->line_hits, err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (change_one(&write, &plan->changes[i], &each[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	if (status == CAIRN_OK &&
	    (cairn_mem__run_settle(&write) != 0 || cairn_mem__wake_noted(&write) != 0))
		status = cairn_fail(err, CAIRN_E_NOMEM);
	if (status == CAIRN_OK && plan->claim != NULL)
		status = cairn_mem__claim(mem, &write, plan->claim, claimed, err);
	return cairn_mem__write_end(mem, &write, status);
}
