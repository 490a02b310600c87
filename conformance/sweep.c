/*
 * sweep.c - canceling and requeuing by filter: which jobs, how many, and the report.
 */
#include "ct.h"

static const cairn_str none = { NULL, 0 };

static cairn_id add_of(cairn_conn *conn, const char *type, const char *queue, const char *tenant)
{
	cairn_job_new job = ct_new(type);
	ct_define(conn, type);
	job.queue = cairn_str_of(queue);
	job.tenant = cairn_str_of(tenant);
	return ct_add(conn, &job);
}

static cairn_job_filter everything(void)
{
	return (cairn_job_filter){ .size = sizeof(cairn_job_filter), .scope = cairn_any() };
}

static const cairn_swept *cancel(cairn_conn *conn, cairn_job_filter filter, cairn_str reason)
{
	cairn_swept *swept = NULL;
	ct_ok(cairn_job_cancel_where(conn, &filter, reason, &swept, ct_err()));
	ct_later(swept);
	return swept;
}

static const cairn_swept *requeue(cairn_conn *conn, cairn_job_filter filter, uint32_t reset)
{
	cairn_swept *swept = NULL;
	ct_ok(cairn_job_requeue_where(conn, &filter, reset, none, &swept, ct_err()));
	ct_later(swept);
	return swept;
}

static enum cairn_job_status status_of(cairn_conn *conn, cairn_id id)
{
	return ct_job(conn, id)->status;
}

/* ---- cancel -------------------------------------------------------------------------------------- */

static void what_waits_and_runs(void)
{
	cairn_conn *conn = ct_open();
	ct_made made[CAIRN_JOB_CANCELED + 1];
	for (int i = CAIRN_JOB_PENDING; i <= CAIRN_JOB_CANCELED; i++)
		made[i] = ct_make(conn, "t", (enum cairn_job_status)i);
	const cairn_swept *swept = cancel(conn, everything(), CAIRN_STR("closing"));
	ct_int(swept->count, 2);
	ct_int(swept->more, 0);
	/* newest first */
	ct_id(swept->at[0].id, made[CAIRN_JOB_LEASED].id);
	ct_int(swept->at[0].was, CAIRN_JOB_LEASED);
	ct_each(swept->at[0], CAIRN_OK, NULL);
	ct_str(swept->at[0].type, "t");
	ct_str(swept->at[0].tenant, NULL);
	ct_int(swept->at[0].run_number, 1);
	ct_id(swept->at[1].id, made[CAIRN_JOB_PENDING].id);
	ct_int(swept->at[1].was, CAIRN_JOB_PENDING);
	ct_each(swept->at[1], CAIRN_OK, NULL);
	for (int i = CAIRN_JOB_PENDING; i <= CAIRN_JOB_LEASED; i++) {
		ct_int(status_of(conn, made[i].id), CAIRN_JOB_CANCELED);
		ct_str(ct_job(conn, made[i].id)->status_reason, "closing");
		ct_last_event(conn, made[i].id, CAIRN_EVENT_CANCELED);
	}
	ct_int(status_of(conn, made[CAIRN_JOB_SUCCEEDED].id), CAIRN_JOB_SUCCEEDED);
	ct_int(status_of(conn, made[CAIRN_JOB_DEAD_LETTERED].id), CAIRN_JOB_DEAD_LETTERED);
	ct_refused(conn, made[CAIRN_JOB_LEASED].lease, CAIRN_STALE, "job.canceled");
	ct_int(cancel(conn, everything(), none)->count, 0);
}

static void what_fits_the_filter(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[] = { add_of(conn, "a", NULL, NULL), add_of(conn, "b", NULL, NULL),
			   add_of(conn, "a", "q", NULL), add_of(conn, "a", NULL, "acme") };
	cairn_job_filter filter = everything();
	filter.type = CAIRN_STR("a");
	filter.queue = CAIRN_STR("default");
	filter.scope = cairn_global();
	ct_int(cancel(conn, filter, none)->count, 1);
	ct_int(status_of(conn, ids[0]), CAIRN_JOB_CANCELED);
	ct_str(ct_job(conn, ids[0])->status_reason, "CANCELED");
	for (int i = 1; i < 4; i++)
		ct_int(status_of(conn, ids[i]), CAIRN_JOB_PENDING);
	filter.scope = cairn_tenant(CAIRN_STR("acme"));
	const cairn_swept *swept = cancel(conn, filter, none);
	ct_int(swept->count, 1);
	ct_id(swept->at[0].id, ids[3]);
	ct_str(swept->at[0].tenant, "acme");
	filter = everything();
	filter.statuses = 1u << CAIRN_JOB_LEASED;
	ct_int(cancel(conn, filter, none)->count, 0);
	filter = everything();
	filter.after = ids[2];
	swept = cancel(conn, filter, none);
	ct_int(swept->count, 1);
	ct_id(swept->at[0].id, ids[1]);
	ct_int(status_of(conn, ids[2]), CAIRN_JOB_PENDING);
}

static void by_time(void)
{
	cairn_conn *conn = ct_open();
	cairn_id early = add_of(conn, "t", NULL, NULL);
	ct_advance(CAIRN_MINUTE);
	cairn_id late = add_of(conn, "t", NULL, NULL);
	cairn_job_filter filter = everything();
	filter.created_to = ct_now();
	ct_int(cancel(conn, filter, none)->count, 1);
	ct_int(status_of(conn, early), CAIRN_JOB_CANCELED);
	ct_int(status_of(conn, late), CAIRN_JOB_PENDING);
}

static void at_most_so_many(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[5];
	for (int i = 0; i < 5; i++)
		ids[i] = add_of(conn, "t", NULL, NULL);
	cairn_job_filter filter = everything();
	filter.limit = 2;
	const cairn_swept *swept = cancel(conn, filter, none);
	ct_int(swept->count, 2);
	ct_int(swept->more, 1);
	ct_id(swept->at[0].id, ids[4]);
	ct_id(swept->at[1].id, ids[3]);
	swept = cancel(conn, filter, none);
	ct_int(swept->count, 2);
	ct_int(swept->more, 1);
	swept = cancel(conn, filter, none);
	ct_int(swept->count, 1);
	ct_int(swept->more, 0);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_CANCELED), 5);
	swept = cancel(conn, filter, none);
	ct_int(swept->count, 0);
	ct_int(swept->more, 0);
}

static void beyond_canceling(void)
{
	cairn_conn *conn = ct_open();
	ct_made done = ct_make(conn, "t", CAIRN_JOB_SUCCEEDED);
	ct_made waiting = ct_make(conn, "t", CAIRN_JOB_PENDING);
	const char *before = ct_snapshot(conn, done.id);
	cairn_job_filter filter = everything();
	filter.statuses = 1u << CAIRN_JOB_SUCCEEDED | 1u << CAIRN_JOB_PENDING;
	const cairn_swept *swept = cancel(conn, filter, none);
	ct_int(swept->count, 2);
	ct_id(swept->at[0].id, waiting.id);
	ct_each(swept->at[0], CAIRN_OK, NULL);
	ct_id(swept->at[1].id, done.id);
	ct_int(swept->at[1].was, CAIRN_JOB_SUCCEEDED);
	ct_each(swept->at[1], CAIRN_STALE, "job.invalid_state_transition");
	ct_unchanged(conn, done.id, before);
}

/* ---- requeue ---------------------------------------------------------------------------------------- */

static void what_has_failed_or_was_stopped(void)
{
	cairn_conn *conn = ct_open();
	ct_made made[CAIRN_JOB_CANCELED + 1];
	for (int i = CAIRN_JOB_PENDING; i <= CAIRN_JOB_CANCELED; i++)
		made[i] = ct_make(conn, "t", (enum cairn_job_status)i);
	ct_advance(CAIRN_LEASE_DEFAULT);
	const cairn_swept *swept = requeue(conn, everything(), 0);
	ct_int(swept->count, 2);
	ct_id(swept->at[0].id, made[CAIRN_JOB_CANCELED].id);
	ct_int(swept->at[0].was, CAIRN_JOB_CANCELED);
	ct_each(swept->at[0], CAIRN_OK, NULL);
	ct_int(swept->at[0].run_number, 2);
	ct_id(swept->at[1].id, made[CAIRN_JOB_DEAD_LETTERED].id);
	ct_int(swept->at[1].was, CAIRN_JOB_DEAD_LETTERED);
	for (int i = CAIRN_JOB_DEAD_LETTERED; i <= CAIRN_JOB_CANCELED; i++) {
		ct_int(status_of(conn, made[i].id), CAIRN_JOB_PENDING);
		ct_int(ct_job(conn, made[i].id)->run_number, 2);
		ct_str(ct_job(conn, made[i].id)->status_reason, "REQUEUED");
		ct_last_event(conn, made[i].id, CAIRN_EVENT_REQUEUED);
	}
	ct_int(status_of(conn, made[CAIRN_JOB_SUCCEEDED].id), CAIRN_JOB_SUCCEEDED);
	ct_int(requeue(conn, everything(), 0)->count, 0);
}

static cairn_id dead_with_progress(cairn_conn *conn)
{
	ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
	ct_progress(conn, ct_report(made.lease, 3, 9));
	ct_finish(conn, ct_failure(made.lease, CAIRN_FINISH_TERMINAL, "x"));
	return made.id;
}

static void progress_stays_or_starts_anew(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = dead_with_progress(conn);
	ct_int(requeue(conn, everything(), 0)->count, 1);
	ct_int(ct_job(conn, id)->progress_done, 3);
	ct_cancel(conn, id);
	ct_int(requeue(conn, everything(), 1)->count, 1);
	ct_int(ct_job(conn, id)->progress_done, -1);
	ct_int(ct_job(conn, id)->run_number, 3);
}

static void what_may_still_run(void)
{
	cairn_conn *conn = ct_open();
	ct_made dead = ct_make(conn, "t", CAIRN_JOB_DEAD_LETTERED);
	ct_made canceled = ct_make(conn, "t", CAIRN_JOB_CANCELED);
	const char *before = ct_snapshot(conn, canceled.id);
	cairn_job_filter filter = everything();
	filter.limit = 2;
	const cairn_swept *swept = requeue(conn, filter, 0);
	ct_int(swept->count, 2);
	ct_int(swept->more, 1);
	ct_id(swept->at[0].id, canceled.id);
	ct_each(swept->at[0], CAIRN_STALE, "job.cancellation_not_quiesced");
	ct_int(swept->at[0].run_number, 1);
	ct_id(swept->at[1].id, dead.id);
	ct_each(swept->at[1], CAIRN_OK, NULL);
	ct_unchanged(conn, canceled.id, before);
}

/* ---- both ----------------------------------------------------------------------------------------------- */

static void malformed_filters(void)
{
	cairn_conn *conn = ct_open();
	ct_made waiting = ct_make(conn, "t", CAIRN_JOB_PENDING);
	ct_made dead = ct_make(conn, "t", CAIRN_JOB_DEAD_LETTERED);
	cairn_swept *swept = NULL;
	cairn_job_filter filter = everything();
	filter.scope.kind = CAIRN_SCOPE_NONE;
	ct_status(cairn_job_cancel_where(conn, &filter, none, &swept, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
	ct_status(cairn_job_requeue_where(conn, &filter, 0, none, &swept, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
	filter = everything();
	filter.limit = 1001;
	ct_status(cairn_job_cancel_where(conn, &filter, none, &swept, ct_err()), CAIRN_INVALID,
		  "job.invalid_pagination");
	filter = everything();
	ct_status(cairn_job_requeue_where(conn, &filter, 2, none, &swept, ct_err()), CAIRN_INVALID,
		  NULL);
	filter.statuses = 1u << CAIRN_JOB_SUCCEEDED;
	ct_status(cairn_job_requeue_where(conn, &filter, 0, none, &swept, ct_err()), CAIRN_INVALID,
		  NULL);
	ct_status(cairn_job_cancel_where(conn, NULL, none, &swept, ct_err()), CAIRN_INVALID, NULL);
	ct_int(status_of(conn, waiting.id), CAIRN_JOB_PENDING);
	ct_int(status_of(conn, dead.id), CAIRN_JOB_DEAD_LETTERED);
	cairn_free(swept);
}

static void commit_and_roll_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = dead_with_progress(conn);
	ct_made waiting = ct_make(conn, "t", CAIRN_JOB_PENDING);
	const char *before = ct_snapshot(conn, id);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_int(requeue(conn, everything(), 0)->count, 1);
	ct_int(cancel(conn, everything(), none)->count, 2);
	cairn_rollback(&tx);
	ct_unchanged(conn, id, before);
	ct_int(status_of(conn, waiting.id), CAIRN_JOB_PENDING);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.sweep.cancels_what_waits_and_runs",
	  VERB,
	  .rule = "Canceling by filter takes pending and leased jobs, newest first, and reports "
		  "what each was.",
	  .covers = "runledger X01",
	  .run = what_waits_and_runs },
	{ .name = "jobs.sweep.takes_what_fits_the_filter",
	  VERB,
	  .rule = "Type, queue, scope, status and cursor combine; what does not fit stays.",
	  .covers = "runledger A02, X03, SC01",
	  .run = what_fits_the_filter },
	{ .name = "jobs.sweep.takes_what_is_of_that_time",
	  VERB,
	  .rule = "The time of creation is a filter, its end exclusive.",
	  .run = by_time },
	{ .name = "jobs.sweep.takes_at_most_so_many",
	  VERB,
	  .rule = "One call takes at most limit jobs and tells whether there may be others.",
	  .run = at_most_so_many },
	{ .name = "jobs.sweep.reports_what_is_beyond_canceling",
	  VERB,
	  .rule = "A job that can't be canceled is reported and hinders no other.",
	  .covers = "runledger X02",
	  .run = beyond_canceling },
	{ .name = "jobs.sweep.requeues_what_failed_or_was_canceled",
	  VERB,
	  .rule = "Requeuing by filter takes dead-lettered and canceled jobs.",
	  .covers = "runledger Q02",
	  .run = what_has_failed_or_was_stopped },
	{ .name = "jobs.sweep.requeues_with_progress_or_without",
	  VERB,
	  .rule = "Progress stays, or is reset when that is asked for.",
	  .covers = "runledger Q03",
	  .run = progress_stays_or_starts_anew },
	{ .name = "jobs.sweep.leaves_what_may_still_run",
	  VERB,
	  .rule = "A job canceled under a lease that is not over is reported and left alone.",
	  .covers = "runledger Q05",
	  .run = what_may_still_run },
	{ .name = "jobs.sweep.malformed_filters_change_nothing",
	  VERB,
	  .rule = "A filter needs a scope, a page size in bounds, and statuses that make sense.",
	  .covers = "runledger A01",
	  .run = malformed_filters },
	{ .name = "jobs.sweep.commits_and_rolls_back_with_the_caller",
	  VERB,
	  .rule = "Both go with their transaction.",
	  .run = commit_and_roll_back },
};

CT_GROUP(sweep, cases);
