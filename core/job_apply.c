/*
 * job_apply.c - a planned change against a row in hand: the guard, the row
 * afterwards, and the events it leaves. Drivers that read a row and write it back use this; drivers that do it in
 * SQL say the same in SQL, and the conformance kit holds them together.
 */
#include <cairn/sys/job.h>

static int in_scope(const cairn_scope *scope, cairn_str tenant)
{
	switch (scope->kind) {
	case CAIRN_SCOPE_ANY:
		return 1;
	case CAIRN_SCOPE_GLOBAL:
		return tenant.len == 0;
	case CAIRN_SCOPE_TENANT:
		return cairn_str_equal(scope->tenant, tenant);
	case CAIRN_SCOPE_NONE:
		break;
	}
	return 0;
}

static int progress_holds(const cairn_change *change, const cairn_job *row)
{
	int64_t done = change->set & CAIRN_SET_DONE ? change->progress_done : row->progress_done;
	int64_t total =
		change->set & CAIRN_SET_TOTAL ? change->progress_total : row->progress_total;
	return done < 0 || total < 0 || done <= total;
}

/* The guards that broke. */
static uint32_t broken(const cairn_change *change, const cairn_job *row, cairn_time now)
{
	uint32_t bits = 0;
	if (change->fence != row->fence)
		bits |= CAIRN_GUARD_FENCE;
	if (row->lease_expires_at <= now)
		bits |= CAIRN_GUARD_LIVE;
	else
		bits |= CAIRN_GUARD_QUIET;
	if (!in_scope(&change->scope, row->tenant))
		bits |= CAIRN_GUARD_SCOPE;
	if (change->run_number != row->run_number)
		bits |= CAIRN_GUARD_RUN;
	if (!row->prestart || row->execution_started_at != 0)
		bits |= CAIRN_GUARD_UNSTARTED;
	if (row->key.len > 0)
		bits |= CAIRN_GUARD_UNKEYED;
	if (change->updated_at != row->updated_at)
		bits |= CAIRN_GUARD_UNCHANGED;
	if (!cairn_id_is_none(row->run))
		bits |= CAIRN_GUARD_ALONE;
	if (!cairn_id_is_none(row->run) && !row->continues)
		bits |= CAIRN_GUARD_CONTINUES;
	if (row->replay)
		bits |= CAIRN_GUARD_PLAIN;
	return bits & change->guard;
}

enum cairn_hit cairn_change_test(const cairn_change *change, const cairn_job *row, cairn_time now)
{
	if (!(change->from & (1u << (unsigned)row->status)) || broken(change, row, now) != 0)
		return CAIRN_MISS;
	return progress_holds(change, row) ? CAIRN_HIT : CAIRN_MISS_PROGRESS;
}

/* Run, attempt and their times. */
static void apply_run(const cairn_change *change, cairn_job *row)
{
	if (change->set & CAIRN_SET_RUN) {
		row->run_number++;
		row->attempt = 0;
		row->started_at = 0;
		row->finished_at = 0;
	}
	if ((change->set & CAIRN_GIVE_BACK) && --row->attempt == 0)
		row->started_at = 0;
}

static void apply_holder(const cairn_change *change, cairn_job *row, cairn_time now)
{
	if ((change->set & CAIRN_SET_MARK) && row->execution_started_at == 0)
		row->execution_started_at = now;
	if (change->set & CAIRN_CLEAR_HOLDER) {
		row->worker = (cairn_str){ NULL, 0 };
		row->heartbeat_at = 0;
		row->leased_at = 0;
		row->execution_started_at = 0;
		row->prestart = 0;
	}
	if (change->set & CAIRN_CLEAR_LEASE)
		row->lease_expires_at = 0;
}

static void apply_times(const cairn_change *change, cairn_job *row, cairn_time now)
{
	if (change->set & CAIRN_SET_RUN_AT) {
		row->run_at = now + change->run_after;
		if (change->not_before > row->run_at)
			row->run_at = change->not_before;
		row->parked = row->run_at > now;
	}
	if (row->status != CAIRN_JOB_PENDING)
		row->parked = 0;
	if (change->set & CAIRN_SET_LEASE) {
		row->lease_expires_at = now + change->lease;
		row->heartbeat_at = now;
	}
	if (change->set & CAIRN_SET_FINISHED)
		row->finished_at = now;
	row->updated_at = now;
}

static void apply_state(const cairn_change *change, cairn_job *row)
{
	if (change->set & CAIRN_CLEAR_STATE) {
		row->progress_done = -1;
		row->progress_total = -1;
		row->checkpoint = (cairn_str){ NULL, 0 };
	}
	if (change->set & CAIRN_SET_DONE)
		row->progress_done = change->progress_done;
	if (change->set & CAIRN_SET_TOTAL)
		row->progress_total = change->progress_total;
	if (change->set & CAIRN_SET_CHECKPOINT)
		row->checkpoint = change->checkpoint;
	if (change->set & CAIRN_SET_STAGE)
		row->stage = change->stage;
}

void cairn_change_apply(const cairn_change *change, cairn_job *row, cairn_time now)
{
	if (change->to != 0)
		row->status = change->to;
	apply_run(change, row);
	apply_times(change, row, now);
	apply_holder(change, row, now);
	apply_state(change, row);
	if (change->set & CAIRN_SET_REASON)
		row->status_reason = change->reason;
	if (change->set & CAIRN_SET_ERROR) {
		row->error_code = change->error_code;
		row->error_message = change->error_message;
	}
	if (change->set & CAIRN_SET_OUTPUT)
		row->output = change->output;
	if (change->set & CAIRN_SET_OWNER)
		row->owner = change->owner;
	if (change->set & CAIRN_SET_PAYLOAD)
		row->payload = change->payload;
	if (change->set & CAIRN_SET_PRIORITY)
		row->priority = change->priority;
}

cairn_event_record cairn_event_of(enum cairn_event_kind kind, const cairn_job *job)
{
	return (cairn_event_record){
		.kind = kind,
		.run_number = job->run_number,
		.attempt = job->attempt,
		.progress_done = -1,
		.progress_total = -1,
		.duration = -1,
	};
}

static void describe_retry(cairn_event_record *event, const cairn_change *change,
			   const cairn_job *is, cairn_time now)
{
	int wish_won = change->not_before > now + change->run_after;
	event->duration = change->run_after;
	event->until = is->run_at;
	event->requested = change->not_before;
	event->detail = wish_won ? CAIRN_STR("HANDLER_NOT_BEFORE") : CAIRN_STR("POLICY");
}

/* Who puts a job back that was running says when; an operator's requeue is due at once. */
static void describe_requeue(cairn_event_record *event, const cairn_change *change,
			     const cairn_job *was, const cairn_job *is)
{
	event->reason = change->reason;
	if (was->status != CAIRN_JOB_LEASED)
		return;
	event->duration = change->run_after;
	event->until = is->run_at;
	if (!(change->set & CAIRN_SET_RUN))
		return;
	event->stage = is->stage;
	event->progress_done = is->progress_done;
	event->progress_total = is->progress_total;
}

cairn_event_record cairn_change_event(enum cairn_event_kind kind, const cairn_change *change,
				      const cairn_job *was, const cairn_job *is, cairn_time now)
{
	cairn_event_record event = cairn_event_of(kind, was);
	event.data = change->data;
	switch (kind) {
	case CAIRN_EVENT_STAGE_CHANGED:
		event.stage = is->stage;
		break;
	case CAIRN_EVENT_PROGRESS:
		if (change->set & CAIRN_SET_DONE)
			event.progress_done = change->progress_done;
		if (change->set & CAIRN_SET_TOTAL)
			event.progress_total = change->progress_total;
		break;
	case CAIRN_EVENT_SUCCEEDED:
		event.stage = is->stage;
		event.progress_done = is->progress_done;
		event.progress_total = is->progress_total;
		break;
	case CAIRN_EVENT_FAILED:
		event.detail = cairn_str_of(cairn_ending_text(change->ending));
		event.error_code = change->error_code;
		event.error_message = change->error_message;
		break;
	case CAIRN_EVENT_RETRY_SCHEDULED:
		describe_retry(&event, change, is, now);
		break;
	case CAIRN_EVENT_DEAD_LETTERED:
		event.detail = cairn_str_of(cairn_ending_text(change->ending));
		event.error_code = change->error_code;
		break;
	case CAIRN_EVENT_CANCELED:
		event.reason = change->reason;
		if (was->status == CAIRN_JOB_LEASED)
			event.until = was->lease_expires_at;
		break;
	case CAIRN_EVENT_REQUEUED:
		describe_requeue(&event, change, was, is);
		break;
	case CAIRN_EVENT_ENQUEUED:
	case CAIRN_EVENT_LEASED:
	case CAIRN_EVENT_STEP_STARTED:
	case CAIRN_EVENT_STEP_WAITING:
	case CAIRN_EVENT_STEP_COMPLETED:
	case CAIRN_EVENT_STEP_FAILED:
	case CAIRN_EVENT_SIGNALED:
		break;
	}
	return event;
}
