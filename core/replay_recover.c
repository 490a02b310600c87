/* replay_recover.c - runs once more: resumed with what they remember, or forked from a step on; and deleted. */
#include "check.h"
#include "job_change.h"
#include "job_plan.h"
#include "limits.h"
#include "replay_read.h"

/* ---- resume ------------------------------------------------------------------------ */

static cairn_status check_resume(const cairn_resume *resume, cairn_error *err)
{
	if (resume == NULL || resume->size < sizeof *resume || resume->run_number < 0)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if ((resume->flags & ~(CAIRN_RESUME_OWNER | CAIRN_RESUME_CANCELED)) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_status st = cairn__check_scope(&resume->scope, err);
	if (st == CAIRN_OK && resume->owner.len > 0)
		st = cairn__check_name(resume->owner, "owner", err);
	if (st == CAIRN_OK)
		st = cairn__check_reason(resume->reason, err);
	if (st == CAIRN_OK && cairn_id_is_none(resume->run))
		st = cairn_fail(err, CAIRN_E_REPLAY_NOT_FOUND);
	return st;
}

static enum cairn_job_status job_status(enum cairn_replay_status status)
{
	switch (status) {
	case CAIRN_REPLAY_RUNNING:
		return CAIRN_JOB_LEASED;
	case CAIRN_REPLAY_SUCCEEDED:
		return CAIRN_JOB_SUCCEEDED;
	case CAIRN_REPLAY_FAILED:
		return CAIRN_JOB_DEAD_LETTERED;
	case CAIRN_REPLAY_CANCELED:
		return CAIRN_JOB_CANCELED;
	case CAIRN_REPLAY_ENQUEUED:
	case CAIRN_REPLAY_SUSPENDED:
		break;
	}
	return CAIRN_JOB_PENDING;
}

/* Why this run can't be resumed, as far as its status tells; NONE. */
static cairn_code refusal(const cairn_resume *resume, const cairn_replay_run *run)
{
	switch (run->status) {
	case CAIRN_REPLAY_FAILED:
		break;
	case CAIRN_REPLAY_CANCELED:
		if (resume->flags & CAIRN_RESUME_CANCELED)
			break;
		return CAIRN_E_REPLAY_OVER;
	case CAIRN_REPLAY_SUCCEEDED:
		return CAIRN_E_REPLAY_OVER;
	case CAIRN_REPLAY_ENQUEUED:
	case CAIRN_REPLAY_RUNNING:
	case CAIRN_REPLAY_SUSPENDED:
		if (resume->flags & CAIRN_RESUME_OWNER)
			break;
		return CAIRN_E_REPLAY_LIVE;
	}
	return resume->run_number != 0 && resume->run_number != run->run_number
		       ? CAIRN_E_JOB_EXPECTATION
		       : CAIRN_E_NONE;
}

/* A run that is over is put back, one that is not changes its owner; if it still is as it was read. */
static cairn_status change(cairn_conn *conn, const cairn_resume *resume,
			   const cairn_replay_run *run, cairn_changed *changed, cairn_error *err)
{
	int over = (CAIRN__REPLAYS_OVER & 1u << (unsigned)run->status) != 0;
	struct cairn__batch batch;
	cairn_status st = cairn__batch_begin(&batch, conn, 1,
					     over ? CAIRN__BY_REQUEUE : CAIRN__BY_ADOPT, err);
	if (st == CAIRN_OK) {
		cairn_requeue item = { .id = run->id,
				       .status = job_status(run->status),
				       .run_number = run->run_number };
		cairn_change *one = &batch.changes[0];
		cairn_str reason = resume->reason.len > 0 ? resume->reason : CAIRN_STR("RESUMED");
		if (over)
			cairn__plan_requeue(resume->scope, &item, reason, one);
		else
			cairn__plan_adopt(resume->scope, run->id, resume->owner, one);
		if (!over && resume->run_number != 0) {
			one->guard |= CAIRN_GUARD_RUN;
			one->run_number = run->run_number;
		}
		if (resume->flags & CAIRN_RESUME_OWNER) {
			one->set |= CAIRN_SET_OWNER;
			one->owner = resume->owner;
		}
		st = cairn__batch_run(&batch, NULL, NULL, changed, err);
	}
	cairn__batch_end(&batch);
	return st;
}

static cairn_status resume_run(cairn_conn *conn, const cairn_resume *resume,
			       const cairn_replay_run *run, cairn_replay_changed *result,
			       cairn_error *err)
{
	cairn_changed changed = { .code = refusal(resume, run),
				  .job_status = job_status(run->status),
				  .lease_expires_at = run->lease_expires_at };
	cairn_status st = CAIRN_OK;
	if (changed.code == CAIRN_E_NONE)
		st = change(conn, resume, run, &changed, err);
	if (st != CAIRN_OK)
		return st;
	if (changed.code == CAIRN_E_JOB_LEASE_LIVE)
		changed.code = CAIRN_E_REPLAY_LIVE;
	*result = (cairn_replay_changed){ .code = changed.code,
					  .job_status = changed.job_status,
					  .lease_expires_at = changed.lease_expires_at };
	result->status = changed.code != CAIRN_E_NONE ? cairn_code_status(changed.code) : CAIRN_OK;
	return changed.code != CAIRN_E_NONE ? cairn_fail(err, changed.code) : CAIRN_OK;
}

static cairn_status resume_checked(cairn_conn *conn, const cairn_resume *resume,
				   cairn_replay_changed *changed, cairn_error *err)
{
	cairn_replay_changed ignored;
	cairn_replay_runs *run = NULL;
	cairn_status st = check_resume(resume, err);
	if (st != CAIRN_OK)
		return st;
	cairn_replay_query query = { .scope = resume->scope,
				     .run = resume->run,
				     .statuses = CAIRN__ALL_REPLAYS,
				     .limit = 1,
				     .compact = 1 };
	st = cairn__read_replays(conn, &query, 1, &run, err);
	if (st == CAIRN_OK)
		st = resume_run(conn, resume, &run->at[0], changed != NULL ? changed : &ignored,
				err);
	cairn_free(run);
	return st;
}

cairn_status cairn_replay_resume(cairn_conn *conn, const cairn_resume *resume,
				 cairn_replay_changed *changed, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__REPLAYS, "replay.resume", err);
	if (st == CAIRN_OK)
		st = resume_checked(conn, resume, changed, err);
	return cairn__call_end(&call, st, 1);
}

/* ---- fork ----------------------------------------------------------------------------- */

static cairn_status check_fork(const cairn_fork_new *given, cairn_error *err)
{
	if (given == NULL || given->size < sizeof *given || given->seq < 0)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (given->seq > 0 && given->name.len > 0) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "A step is named by its name or its number.");
		return CAIRN_INVALID;
	}
	cairn_status st = cairn__check_scope(&given->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_text(given->name, CAIRN__MAX_STEP_NAME, "name", err);
	if (st == CAIRN_OK && given->code.len > 0)
		st = cairn__check_name(given->code, "code", err);
	if (st == CAIRN_OK && given->queue.len > 0)
		st = cairn__check_name(given->queue, "queue", err);
	if (st == CAIRN_OK && given->owner.len > 0)
		st = cairn__check_name(given->owner, "owner", err);
	if (st == CAIRN_OK)
		st = cairn__check_time(given->run_at, "run_at", err);
	if (st == CAIRN_OK && cairn_id_is_none(given->source))
		st = cairn_fail(err, CAIRN_E_REPLAY_NOT_FOUND);
	return st;
}

static cairn_status fork_run(cairn_conn *conn, const cairn_fork_new *given, cairn_job_added *added,
			     cairn_error *err)
{
	enum cairn_fork_result result = CAIRN_FORK_MISS;
	int64_t shared = 0;
	cairn_status st = check_fork(given, err);
	if (st != CAIRN_OK)
		return st;
	cairn_fork_plan plan = { .scope = given->scope,
				 .id = cairn_id_new(),
				 .source = given->source,
				 .name = given->name,
				 .seq = given->seq,
				 .code = given->code,
				 .queue = given->queue,
				 .owner = given->owner,
				 .run_at = given->run_at,
				 .record = conn->host.events == CAIRN_EVENTS_FULL };
	st = conn->replays.fork(conn->self, &plan, &result, &shared, err);
	if (st != CAIRN_OK)
		return st;
	switch (result) {
	case CAIRN_FORK_MISS:
		return cairn_fail(err, CAIRN_E_REPLAY_NOT_FOUND);
	case CAIRN_FORK_NO_STEP:
		return cairn_fail(err, CAIRN_E_REPLAY_STEP_NOT_FOUND);
	case CAIRN_FORK_NO_DEFINITION:
		return cairn_fail(err, CAIRN_E_JOB_DEFINITION);
	case CAIRN_FORK_DONE:
		break;
	}
	*added = (cairn_job_added){ .id = plan.id,
				    .disposition = CAIRN_INSERTED,
				    .job_status = CAIRN_JOB_PENDING,
				    .run_number = 1 };
	return CAIRN_OK;
}

cairn_status cairn_replay_fork(cairn_conn *conn, const cairn_fork_new *given,
			       cairn_job_added *added, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__REPLAYS, "replay.fork", err);
	if (st == CAIRN_OK && added == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = fork_run(conn, given, added, err);
	return cairn__call_end(&call, st, 1);
}

/* ---- delete ------------------------------------------------------------------------------ */

static uint32_t job_statuses(uint32_t statuses)
{
	uint32_t jobs = 0;
	for (int status = CAIRN_REPLAY_SUCCEEDED; status <= CAIRN_REPLAY_CANCELED; status++) {
		if (statuses & 1u << status)
			jobs |= CAIRN__BIT(job_status((enum cairn_replay_status)status));
	}
	return jobs;
}

static cairn_status delete_plan(const cairn_replay_delete_opts *opts,
				cairn_replay_remove_plan *plan, cairn_error *err)
{
	if (opts == NULL || opts->size < sizeof *opts)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (opts->dry > 1 || opts->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	uint32_t statuses = opts->statuses != 0 ? opts->statuses : CAIRN__REPLAYS_OVER;
	*plan = (cairn_replay_remove_plan){ .scope = opts->scope,
					    .run = opts->run,
					    .type = opts->type,
					    .statuses = job_statuses(statuses),
					    .age = opts->age,
					    .dry = opts->dry };
	cairn_status st = cairn__check_scope(&opts->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(opts->limit, &plan->limit, err);
	if (st == CAIRN_OK && opts->type.len > 0)
		st = cairn__check_name(opts->type, "type", err);
	if (st != CAIRN_OK)
		return st;
	if ((statuses & ~CAIRN__REPLAYS_OVER) != 0) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "Only runs that are over can be deleted.");
		return CAIRN_INVALID;
	}
	if (opts->age >= 0 && opts->age <= CAIRN__MAX_AGE)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "The age must be 0 to 1000 years.");
	return CAIRN_INVALID;
}

cairn_status cairn_replay_delete(cairn_conn *conn, const cairn_replay_delete_opts *opts,
				 cairn_replay_deleted *deleted, cairn_error *err)
{
	struct cairn__call call;
	cairn_replay_remove_plan plan;
	cairn_replay_deleted counted = { .roots = 0 };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__REPLAYS, "replay.delete", err);
	if (st == CAIRN_OK && deleted == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = delete_plan(opts, &plan, err);
	if (st == CAIRN_OK)
		st = conn->replays.remove(conn->self, &plan, &counted, err);
	if (st == CAIRN_OK)
		*deleted = counted;
	return cairn__call_end(&call, st, counted.roots);
}
