/*
 * requeue.c - putting ended jobs back, only as they were seen: run n + 1 of the same job. (two at
 * once: race_verbs.c, scopes: here and in scope.c)
 */
#include "ct.h"

static const cairn_str none = { NULL, 0 };

static cairn_id dead(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	cairn_id id = ct_add(conn, &job);
	cairn_finish failure = ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_TERMINAL, "x");
	failure.set = CAIRN_FINISH_DONE | CAIRN_FINISH_TOTAL;
	failure.progress_done = 3;
	failure.progress_total = 9;
	failure.checkpoint = CAIRN_STR("{ \"at\": 3 }");
	ct_finish(conn, failure);
	ct_advance(CAIRN_SECOND);
	return id;
}

static void refused(cairn_conn *conn, cairn_requeue item, const char *code)
{
	const char *before = ct_snapshot(conn, item.id);
	const cairn_job *job = ct_job(conn, item.id);
	cairn_changed told = ct_told(ct_requeue(conn, item), CAIRN_STALE, code);
	ct_int(told.job_status, job->status);
	ct_int(told.run_number, job->run_number);
	ct_unchanged(conn, item.id, before);
}

/* ---- what it writes ---------------------------------------------------------------------- */

static void goes_back_into_the_queue(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = dead(conn);
	cairn_changed changed = ct_told(ct_requeue(conn, ct_seen(conn, id)), CAIRN_OK, NULL);
	ct_int(changed.job_status, CAIRN_JOB_PENDING);
	ct_int(changed.run_number, 2);
	ct_int(changed.run_at, ct_now());
	ct_int(changed.ending, CAIRN_ENDING_NONE);
	const cairn_job *job = ct_job(conn, id);
	ct_int(job->status, CAIRN_JOB_PENDING);
	ct_int(job->run_number, 2);
	ct_int(job->attempt, 0);
	ct_int(job->fence, 1);
	ct_int(job->run_at, ct_now());
	ct_int(job->parked, 0);
	ct_str(job->stage, "queued");
	ct_str(job->status_reason, "REQUEUED");
	ct_int(job->started_at, 0);
	ct_int(job->finished_at, 0);
	ct_int(job->lease_expires_at, 0);
	ct_str(job->error_code, NULL);
	ct_str(job->error_message, NULL);
	ct_str(job->output, NULL);
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 5);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, id);
	ct_int(jobs->at[0].run_number, 2);
	ct_int(jobs->at[0].attempt, 1);
	ct_int(jobs->at[0].fence, 2);
}

static void canceled_before_its_claim(void)
{
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_PENDING);
	ct_cancel(conn, made.id);
	ct_told(ct_requeue(conn, ct_seen(conn, made.id)), CAIRN_OK, NULL);
	ct_text(ct_timeline(conn, made.id), "ENQUEUED CANCELED REQUEUED");
	const cairn_event *event = ct_last_event(conn, made.id, CAIRN_EVENT_REQUEUED);
	ct_int(event->run_number, 1);
	ct_int(event->attempt, 0);
	ct_int(ct_attempts(conn, made.id)->count, 0);
	ct_cancel(conn, made.id);
	ct_told(ct_requeue(conn, ct_seen(conn, made.id)), CAIRN_OK, NULL);
	ct_int(ct_job(conn, made.id)->run_number, 3);
}

static void state_stays_or_goes(void)
{
	cairn_conn *conn = ct_open();
	cairn_id kept = dead(conn);
	cairn_id gone = dead(conn);
	cairn_requeue item = ct_seen(conn, kept);
	ct_told(ct_requeue(conn, item), CAIRN_OK, NULL);
	ct_int(ct_job(conn, kept)->progress_done, 3);
	ct_int(ct_job(conn, kept)->progress_total, 9);
	ct_str(ct_job(conn, kept)->checkpoint, "{ \"at\": 3 }");
	item = ct_seen(conn, gone);
	item.reset = 1;
	ct_told(ct_requeue(conn, item), CAIRN_OK, NULL);
	ct_int(ct_job(conn, gone)->progress_done, -1);
	ct_int(ct_job(conn, gone)->progress_total, -1);
	ct_str(ct_job(conn, gone)->checkpoint, NULL);
}

static void the_event(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = dead(conn);
	cairn_requeue item = ct_seen(conn, id);
	cairn_str reason = CAIRN_STR("HANDLER_CONTINUATION");
	ct_ok(cairn_job_requeue(conn, cairn_any(), &item, 1, reason, NULL, ct_err()));
	ct_str(ct_job(conn, id)->status_reason, "HANDLER_CONTINUATION");
	ct_text(ct_timeline(conn, id), "ENQUEUED LEASED FAILED DEAD_LETTERED REQUEUED");
	const cairn_event *event = ct_last_event(conn, id, CAIRN_EVENT_REQUEUED);
	ct_int(event->seq, 5);
	ct_int(event->run_number, 1);
	ct_int(event->attempt, 1);
	ct_int(event->at, ct_now());
	ct_str(event->payload, "{\"reason\":\"HANDLER_CONTINUATION\","
			       "\"requeue_kind\":\"COMPARE_AND_REQUEUE\","
			       "\"state_policy\":\"preserve_progress_and_checkpoint\"}");
	ct_finish(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_PANICKED, "y"));
	item = ct_seen(conn, id);
	item.reset = 1;
	ct_told(ct_requeue(conn, item), CAIRN_OK, NULL);
	event = ct_last_event(conn, id, CAIRN_EVENT_REQUEUED);
	ct_int(event->run_number, 2);
	ct_str(event->payload, "{\"reason\":\"REQUEUED\","
			       "\"requeue_kind\":\"COMPARE_AND_REQUEUE\","
			       "\"state_policy\":\"reset_progress_and_checkpoint\"}");
}

static void the_dead_letter_stays(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = dead(conn);
	cairn_time first = ct_dead_letter(conn, id)->created_at;
	ct_told(ct_requeue(conn, ct_seen(conn, id)), CAIRN_OK, NULL);
	ct_str(ct_dead_letter(conn, id)->error_code, "x");
	ct_int(ct_dead_letter(conn, id)->run_number, 1);
	ct_finish(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_PANICKED, "y"));
	ct_str(ct_dead_letter(conn, id)->error_code, "y");
	ct_int(ct_dead_letter(conn, id)->run_number, 2);
	ct_int(ct_dead_letter(conn, id)->created_at, first);
	ct_told(ct_requeue(conn, ct_seen(conn, id)), CAIRN_OK, NULL);
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	ct_str(ct_dead_letter(conn, id)->error_code, "y");
}

static void earlier_runs_stay(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = dead(conn);
	ct_told(ct_requeue(conn, ct_seen(conn, id)), CAIRN_OK, NULL);
	ct_finish(conn, ct_success(ct_claim(conn, "v")));
	const cairn_attempts *attempts = ct_attempts(conn, id);
	ct_int(attempts->count, 2);
	ct_int(attempts->at[0].run_number, 1);
	ct_int(attempts->at[0].attempt, 1);
	ct_int(attempts->at[0].ending, CAIRN_ENDING_TERMINAL);
	ct_int(attempts->at[1].run_number, 2);
	ct_int(attempts->at[1].attempt, 1);
	ct_int(attempts->at[1].fence, 2);
	ct_int(attempts->at[1].ending, CAIRN_ENDING_SUCCEEDED);
	ct_text(ct_timeline(conn, id),
		"ENQUEUED LEASED FAILED DEAD_LETTERED REQUEUED LEASED SUCCEEDED");
}

static void the_failure_budget_is_new(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", 2, CAIRN_SECOND);
	cairn_id id = ct_add(conn, &job);
	for (int run = 1; run <= 3; run++) {
		for (int attempt = 1; attempt <= 2; attempt++) {
			cairn_lease lease = ct_claim(conn, "w");
			ct_int(lease.attempt, attempt);
			ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x"));
			ct_advance(CAIRN_SECOND);
		}
		ct_int(ct_job(conn, id)->status, CAIRN_JOB_DEAD_LETTERED);
		ct_told(ct_requeue(conn, ct_seen(conn, id)), CAIRN_OK, NULL);
	}
	ct_int(ct_job(conn, id)->fence, 6);
}

/* ---- only as it was seen ------------------------------------------------------------------- */

static void a_stale_look(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = dead(conn);
	cairn_requeue seen = ct_seen(conn, id);
	cairn_requeue item = seen;
	item.run_number = 2;
	refused(conn, item, "job.expectation_mismatch");
	item = seen;
	item.status = CAIRN_JOB_CANCELED;
	refused(conn, item, "job.expectation_mismatch");
	ct_told(ct_requeue(conn, seen), CAIRN_OK, NULL);
	refused(conn, seen, "job.expectation_mismatch");
	cairn_lease lease = ct_claim(conn, "w");
	refused(conn, seen, "job.expectation_mismatch");
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_TERMINAL, "x"));
	refused(conn, seen, "job.expectation_mismatch");
	ct_told(ct_requeue(conn, ct_seen(conn, id)), CAIRN_OK, NULL);
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	refused(conn, seen, "job.expectation_mismatch");
}

static void what_can_be_seen(void)
{
	static const enum cairn_job_status wrong[] = { 0, CAIRN_JOB_PENDING, CAIRN_JOB_LEASED,
						       CAIRN_JOB_SUCCEEDED, 6 };
	cairn_conn *conn = ct_open();
	cairn_id id = dead(conn);
	const char *before = ct_snapshot(conn, id);
	cairn_requeue items[2] = { ct_seen(conn, id), ct_seen(conn, id) };
	items[1].id = cairn_id_new();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		items[1].status = wrong[i];
		ct_status(cairn_job_requeue(conn, cairn_any(), items, 2, none, NULL, ct_err()),
			  CAIRN_INVALID, NULL);
		ct_int(ct_last()->index, 1);
	}
	items[1].status = CAIRN_JOB_CANCELED;
	items[1].run_number = 0;
	ct_status(cairn_job_requeue(conn, cairn_any(), items, 2, none, NULL, ct_err()),
		  CAIRN_INVALID, NULL);
	items[1].run_number = 1;
	items[1].reset = 2;
	ct_status(cairn_job_requeue(conn, cairn_any(), items, 2, none, NULL, ct_err()),
		  CAIRN_INVALID, NULL);
	items[1] = items[0];
	ct_status(cairn_job_requeue(conn, cairn_any(), items, 2, none, NULL, ct_err()),
		  CAIRN_INVALID, "job.duplicate_in_batch");
	ct_status(cairn_job_requeue(conn, cairn_any(), items, 1, CAIRN_STR("\xff"), NULL, ct_err()),
		  CAIRN_INVALID, NULL);
	ct_unchanged(conn, id, before);
}

static void a_worker_may_still_run(void)
{
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
	cairn_time over = ct_now() + CAIRN_LEASE_DEFAULT;
	ct_cancel(conn, made.id);
	cairn_requeue seen = ct_seen(conn, made.id);
	const char *before = ct_snapshot(conn, made.id);
	cairn_changed told =
		ct_told(ct_requeue(conn, seen), CAIRN_STALE, "job.cancellation_not_quiesced");
	ct_int(told.lease_expires_at, over);
	ct_int(told.job_status, CAIRN_JOB_CANCELED);
	ct_set_now(over - 1);
	ct_told(ct_requeue(conn, seen), CAIRN_STALE, "job.cancellation_not_quiesced");
	ct_unchanged(conn, made.id, before);
	ct_set_now(over);
	ct_told(ct_requeue(conn, seen), CAIRN_OK, NULL);
	ct_int(ct_job(conn, made.id)->lease_expires_at, 0);
}

static void a_mismatch_is_told_before_the_lease(void)
{
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
	ct_cancel(conn, made.id);
	cairn_requeue item = ct_seen(conn, made.id);
	item.run_number = 7;
	refused(conn, item, "job.expectation_mismatch");
}

/* ---- whose ---------------------------------------------------------------------------------- */

static void in_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	ct_define(conn, "t");
	cairn_id global = ct_add(conn, &job);
	job.tenant = CAIRN_STR("acme");
	cairn_id acme = ct_add(conn, &job);
	ct_cancel(conn, global);
	ct_cancel(conn, acme);
	cairn_requeue items[] = { ct_seen(conn, global), ct_seen(conn, acme) };
	cairn_changed each[2];
	const char *before = ct_snapshot(conn, acme);
	ct_ok(cairn_job_requeue(conn, cairn_tenant(CAIRN_STR("other")), items, 2, none, each,
				ct_err()));
	ct_each(each[0], CAIRN_NOT_FOUND, "job.not_found");
	ct_each(each[1], CAIRN_NOT_FOUND, "job.not_found");
	ct_int(each[1].job_status, 0);
	ct_ok(cairn_job_requeue(conn, cairn_global(), items, 2, none, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_NOT_FOUND, "job.not_found");
	ct_unchanged(conn, acme, before);
	ct_ok(cairn_job_requeue(conn, cairn_tenant(CAIRN_STR("acme")), items, 2, none, each,
				ct_err()));
	ct_each(each[0], CAIRN_NOT_FOUND, "job.not_found");
	ct_each(each[1], CAIRN_OK, NULL);
	cairn_scope nowhere = { .kind = CAIRN_SCOPE_NONE };
	ct_status(cairn_job_requeue(conn, nowhere, items, 2, none, each, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
}

static void each_for_itself(void)
{
	cairn_conn *conn = ct_open();
	cairn_id first = dead(conn);
	ct_made second = ct_make(conn, "t", CAIRN_JOB_LEASED);
	ct_cancel(conn, second.id);
	cairn_requeue items[] = {
		ct_seen(conn, second.id),
		ct_seen(conn, first),
		{ .id = cairn_id_new(), .status = CAIRN_JOB_CANCELED, .run_number = 1 }
	};
	cairn_changed each[3];
	ct_ok(cairn_job_requeue(conn, cairn_any(), items, 3, none, each, ct_err()));
	ct_each(each[0], CAIRN_STALE, "job.cancellation_not_quiesced");
	ct_each(each[1], CAIRN_OK, NULL);
	ct_each(each[2], CAIRN_NOT_FOUND, "job.not_found");
	ct_status(cairn_job_requeue(conn, cairn_any(), items, 3, none, NULL, ct_err()), CAIRN_STALE,
		  "job.cancellation_not_quiesced");
}

static void commits_and_rolls_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_id id = dead(conn);
	cairn_requeue seen = ct_seen(conn, id);
	const char *before = ct_snapshot(conn, id);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_told(ct_requeue(conn, seen), CAIRN_OK, NULL);
	ct_told(ct_requeue(conn, seen), CAIRN_STALE, "job.expectation_mismatch");
	ct_int(ct_job(conn, id)->run_number, 2);
	cairn_rollback(&tx);
	ct_unchanged(conn, id, before);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_told(ct_requeue(conn, seen), CAIRN_OK, NULL);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_job(other, id)->run_number, 2);
}

static void old_leases(void)
{
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_DEAD_LETTERED);
	ct_told(ct_requeue(conn, ct_seen(conn, made.id)), CAIRN_OK, NULL);
	ct_refused(conn, made.lease, CAIRN_STALE, "job.lease_lost");
	cairn_claim_opts opts = ct_claim_opts("maker", 1);
	cairn_jobs *jobs = NULL;
	opts.queue = CAIRN_STR("ct-make");
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	ct_int(jobs->at[0].attempt, made.lease.attempt);
	ct_refused(conn, made.lease, CAIRN_STALE, "job.lease_lost");
}

static void the_key_finds_it(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	cairn_job_added added;
	ct_define(conn, "t");
	job.key = CAIRN_STR("k");
	cairn_id id = ct_add(conn, &job);
	ct_cancel(conn, id);
	ct_told(ct_requeue(conn, ct_seen(conn, id)), CAIRN_OK, NULL);
	ct_ok(cairn_job_enqueue(conn, &job, 1, &added, ct_err()));
	ct_int(added.disposition, CAIRN_EXISTING);
	ct_id(added.id, id);
	ct_int(added.job_status, CAIRN_JOB_PENDING);
	ct_int(added.run_number, 2);
	ct_int(ct_count_jobs(conn, 0), 1);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.requeue.puts_a_dead_lettered_job_back",
	  VERB,
	  .rule = "A requeued job is PENDING, due now, run n + 1, attempt 0, stage queued, without "
		  "error; its fence goes on counting.",
	  .covers = "runledger Q02, Q10",
	  .run = goes_back_into_the_queue },
	{ .name = "jobs.requeue.puts_a_canceled_job_back",
	  VERB,
	  .rule = "A job canceled before its claim is requeued as often as one likes; the event "
		  "has no attempt.",
	  .covers = "runledger Q02",
	  .run = canceled_before_its_claim },
	{ .name = "jobs.requeue.progress_stays_or_starts_anew",
	  VERB,
	  .rule = "Progress and checkpoint stay, or are cleared when reset is asked for.",
	  .covers = "runledger Q03",
	  .run = state_stays_or_goes },
	{ .name = "jobs.requeue.the_event_stands_on_the_run_that_ended",
	  VERB,
	  .rule = "REQUEUED has the ended run and attempt, reason, kind and policy; a reason may "
		  "say what it likes, the kind does not.",
	  .covers = "runledger Q02, N13",
	  .run = the_event },
	{ .name = "jobs.requeue.the_dead_letter_stays",
	  VERB,
	  .rule = "Requeuing leaves the dead letter; the next one replaces it and keeps its first "
		  "date; a success leaves it.",
	  .covers = "runledger F12, F13",
	  .run = the_dead_letter_stays },
	{ .name = "jobs.requeue.earlier_runs_stay_in_the_history",
	  VERB,
	  .rule = "Attempts and events of all runs are one history.",
	  .covers = "runledger Q02",
	  .run = earlier_runs_stay },
	{ .name = "jobs.requeue.the_failure_budget_is_new",
	  VERB,
	  .rule = "Each run has all its attempts.",
	  .run = the_failure_budget_is_new },
	{ .name = "jobs.requeue.only_as_it_was_seen",
	  VERB,
	  .rule = "Another status or run than expected is a mismatch that tells what was found; a "
		  "second requeue with the old run is one.",
	  .covers = "runledger Q04, Q10",
	  .run = a_stale_look },
	{ .name = "jobs.requeue.malformed_expectations_are_refused",
	  VERB,
	  .rule = "Only DEAD_LETTERED and CANCELED can be expected; a malformed item refuses the "
		  "whole call.",
	  .covers = "runledger Q01, Q11",
	  .run = what_can_be_seen },
	{ .name = "jobs.requeue.waits_until_a_canceled_lease_is_over",
	  VERB,
	  .rule = "A job canceled while leased is not requeued before that lease is over, to the "
		  "microsecond; the refusal tells when.",
	  .covers = "runledger Q05",
	  .run = a_worker_may_still_run },
	{ .name = "jobs.requeue.a_mismatch_is_told_first",
	  VERB,
	  .rule = "What is not as it was seen is a mismatch, whatever its lease.",
	  .covers = "runledger Q04",
	  .run = a_mismatch_is_told_before_the_lease },
	{ .name = "jobs.requeue.only_in_scope",
	  VERB,
	  .rule = "A job outside the scope is a missing one.",
	  .covers = "runledger Q04, SC01",
	  .run = in_scope },
	{ .name = "jobs.requeue.of_many_each_for_itself",
	  VERB,
	  .rule = "In a batch each job is put back or refused for itself.",
	  .run = each_for_itself },
	{ .name = "jobs.requeue.commits_and_rolls_back_with_the_caller",
	  VERB,
	  .rule = "A requeue goes with its transaction; a refused one does not abort it.",
	  .covers = "runledger Q07",
	  .run = commits_and_rolls_back },
	{ .name = "jobs.requeue.old_leases_stay_lost",
	  VERB,
	  .rule = "No lease of an earlier run writes again, whatever attempt number the new run "
		  "has.",
	  .covers = "runledger L04, SC03",
	  .run = old_leases },
	{ .name = "jobs.requeue.the_key_still_finds_the_job",
	  VERB,
	  .rule = "A keyed request finds its job in its new run.",
	  .covers = "runledger I09",
	  .run = the_key_finds_it },
};

CT_GROUP(requeue, cases);
