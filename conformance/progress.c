/*
 * progress.c - reports of a running attempt: stage, progress, checkpoint, a longer lease; what is
 * merged, what is refused, and the mark of having started. (competing reports: interleave_verbs.c, race_verbs.c)
 */
#include "ct.h"

static cairn_lease take(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	ct_add(conn, &job);
	cairn_lease lease = ct_claim(conn, "w");
	ct_advance(CAIRN_SECOND);
	return lease;
}

static cairn_progress with_checkpoint(cairn_progress report, const char *checkpoint)
{
	report.checkpoint = cairn_str_of(checkpoint);
	return report;
}

static cairn_progress full(cairn_lease lease)
{
	cairn_progress report = ct_report(lease, 3, 9);
	report.stage = CAIRN_STR("running");
	return with_checkpoint(report, "{ \"at\": 3 }");
}

static void stands_at(cairn_conn *conn, cairn_id id, int64_t done, int64_t total)
{
	const cairn_job *job = ct_job(conn, id);
	ct_int(job->progress_done, done);
	ct_int(job->progress_total, total);
}

/* ---- what is written ------------------------------------------------------------------ */

static void everything_in_one_call(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	cairn_changed changed = ct_progress(conn, full(lease));
	ct_int(changed.job_status, CAIRN_JOB_LEASED);
	ct_int(changed.run_number, 1);
	ct_int(changed.ending, CAIRN_ENDING_NONE);
	ct_int(changed.lease_expires_at, ct_now() - CAIRN_SECOND + CAIRN_LEASE_DEFAULT);
	stands_at(conn, lease.id, 3, 9);
	ct_str(ct_job(conn, lease.id)->stage, "running");
	ct_str(ct_job(conn, lease.id)->checkpoint, "{ \"at\": 3 }");
	ct_int(ct_job(conn, lease.id)->updated_at, ct_now());
	ct_text(ct_timeline(conn, lease.id), "ENQUEUED LEASED STAGE_CHANGED PROGRESS");
	const cairn_event *stage = ct_event(conn, lease.id, 2);
	const cairn_event *progress = ct_event(conn, lease.id, 3);
	ct_int(stage->seq, 3);
	ct_int(stage->run_number, 1);
	ct_int(stage->attempt, 1);
	ct_int(stage->at, ct_now());
	ct_str(stage->stage, "running");
	ct_str(stage->payload, "{}");
	ct_int(progress->seq, 4);
	ct_int(progress->attempt, 1);
	ct_int(progress->progress_done, 3);
	ct_int(progress->progress_total, 9);
	ct_str(progress->payload, "{}");
}

static void each_part_alone(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_progress(conn, ct_stage(lease, "queued"));
	ct_text(ct_timeline(conn, lease.id), "ENQUEUED LEASED STAGE_CHANGED");
	ct_progress(conn, ct_stage(lease, "queued"));
	ct_int(ct_count_events(conn, lease.id, CAIRN_EVENT_STAGE_CHANGED), 2);
	ct_progress(conn, ct_report(lease, 1, -1));
	ct_int(ct_count_events(conn, lease.id, CAIRN_EVENT_PROGRESS), 1);
	ct_progress(conn, ct_report(lease, -1, 5));
	ct_int(ct_count_events(conn, lease.id, CAIRN_EVENT_PROGRESS), 2);
	size_t events = ct_events(conn, lease.id)->count;
	ct_progress(conn, with_checkpoint(ct_report(lease, -1, -1), "[1]"));
	ct_str(ct_job(conn, lease.id)->checkpoint, "[1]");
	ct_advance(CAIRN_SECOND);
	ct_progress(conn, ct_report(lease, -1, -1));
	ct_int(ct_job(conn, lease.id)->updated_at, ct_now());
	ct_int(ct_events(conn, lease.id)->count, events);
	stands_at(conn, lease.id, 1, 5);
}

static void events_show_what_was_supplied(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_progress(conn, ct_report(lease, 3, 9));
	ct_progress(conn, ct_report(lease, 4, -1));
	const cairn_event *event = ct_last_event(conn, lease.id, CAIRN_EVENT_PROGRESS);
	ct_int(event->progress_done, 4);
	ct_int(event->progress_total, -1);
	ct_progress(conn, ct_report(lease, -1, 8));
	event = ct_last_event(conn, lease.id, CAIRN_EVENT_PROGRESS);
	ct_int(event->progress_done, -1);
	ct_int(event->progress_total, 8);
	stands_at(conn, lease.id, 4, 8);
}

/* ---- the mark of having started --------------------------------------------------------- */

static void progress_without_a_stage(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_progress(conn, with_checkpoint(ct_report(lease, 3, 9), "{}"));
	ct_str(ct_job(conn, lease.id)->stage, "queued");
	ct_int(ct_job(conn, lease.id)->execution_started_at, 0);
	ct_int(ct_attempts(conn, lease.id)->at[0].execution_started_at, 0);
	ct_int(ct_count_events(conn, lease.id, CAIRN_EVENT_PROGRESS), 1);
	ct_int(ct_count_events(conn, lease.id, CAIRN_EVENT_STAGE_CHANGED), 0);
}

static void the_first_running_is_the_mark(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_progress(conn, ct_stage(lease, "scheduled"));
	ct_int(ct_job(conn, lease.id)->execution_started_at, 0);
	ct_advance(CAIRN_SECOND);
	cairn_time mark = ct_now();
	ct_progress(conn, full(lease));
	ct_int(ct_job(conn, lease.id)->execution_started_at, mark);
	ct_int(ct_attempts(conn, lease.id)->at[0].execution_started_at, mark);
	ct_advance(CAIRN_SECOND);
	ct_progress(conn, ct_stage(lease, "running"));
	ct_progress(conn, ct_stage(lease, "queued"));
	ct_progress(conn, ct_stage(lease, "running"));
	ct_int(ct_job(conn, lease.id)->execution_started_at, mark);
}

static void each_attempt_starts_anew(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	cairn_time mark = ct_now();
	ct_progress(conn, full(lease));
	ct_advance(CAIRN_SECOND);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x"));
	ct_int(ct_job(conn, lease.id)->execution_started_at, 0);
	ct_int(ct_attempts(conn, lease.id)->at[0].execution_started_at, mark);
	ct_advance(CAIRN_MINUTE);
	lease = ct_claim(conn, "w");
	ct_str(ct_job(conn, lease.id)->stage, "running");
	ct_int(ct_job(conn, lease.id)->execution_started_at, 0);
	ct_int(ct_attempts(conn, lease.id)->at[1].execution_started_at, 0);
	ct_progress(conn, ct_stage(lease, "running"));
	ct_int(ct_attempts(conn, lease.id)->at[0].execution_started_at, mark);
	ct_int(ct_attempts(conn, lease.id)->at[1].execution_started_at, ct_now());
}

static void stages_by_hand(void)
{
	static const char *const stages[] = { "queued", "scheduled", "running", "completed" };
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		ct_progress(conn, ct_stage(lease, stages[i]));
		ct_str(ct_job(conn, lease.id)->stage, stages[i]);
		const cairn_event *event = ct_last_event(conn, lease.id, CAIRN_EVENT_STAGE_CHANGED);
		ct_str(event->stage, stages[i]);
	}
	const char *before = ct_snapshot(conn, lease.id);
	cairn_progress wrong = ct_stage(lease, "Running");
	cairn_progress unknown = ct_stage(lease, "halfway");
	ct_status(cairn_job_progress(conn, &wrong, 1, NULL, ct_err()), CAIRN_INVALID,
		  "job.invalid_stage");
	ct_status(cairn_job_progress(conn, &unknown, 1, NULL, ct_err()), CAIRN_INVALID,
		  "job.invalid_stage");
	ct_unchanged(conn, lease.id, before);
}

/* ---- merging -------------------------------------------------------------------------------- */

static void what_is_absent_stays(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_progress(conn, full(lease));
	ct_progress(conn, ct_report(lease, 5, -1));
	stands_at(conn, lease.id, 5, 9);
	ct_str(ct_job(conn, lease.id)->stage, "running");
	ct_str(ct_job(conn, lease.id)->checkpoint, "{ \"at\": 3 }");
	ct_progress(conn, ct_stage(lease, "completed"));
	stands_at(conn, lease.id, 5, 9);
	ct_progress(conn, with_checkpoint(ct_report(lease, -1, -1), "null"));
	stands_at(conn, lease.id, 5, 9);
	ct_str(ct_job(conn, lease.id)->checkpoint, "null");
	cairn_finish failure = ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x");
	ct_finish(conn, failure);
	stands_at(conn, lease.id, 5, 9);
}

static void refused_by_itself(cairn_conn *conn, cairn_progress report)
{
	cairn_changed changed = { .status = CAIRN_OK };
	ct_status(cairn_job_progress(conn, &report, 1, &changed, ct_err()), CAIRN_INVALID,
		  "job.invalid_progress");
}

static void impossible_by_itself(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_progress(conn, full(lease));
	const char *before = ct_snapshot(conn, lease.id);
	cairn_progress negative = ct_report(lease, 0, 0);
	negative.done = -1;
	refused_by_itself(conn, negative);
	negative.done = 0;
	negative.total = -1;
	refused_by_itself(conn, negative);
	refused_by_itself(conn, ct_report(lease, INT64_MIN, 5));
	refused_by_itself(conn, ct_report(lease, 6, 5));
	ct_unchanged(conn, lease.id, before);
	ct_progress(conn, ct_report(lease, 5, 5));
}

static void impossible_with_what_is_stored(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_progress(conn, ct_report(lease, 1, 3));
	const char *before = ct_snapshot(conn, lease.id);
	cairn_progress late = full(lease);
	late.set = CAIRN_PROGRESS_DONE;
	late.done = 4;
	late.extend = CAIRN_HOUR;
	cairn_changed told =
		ct_told(ct_send_progress(conn, late), CAIRN_INVALID, "job.invalid_progress");
	ct_int(told.job_status, CAIRN_JOB_LEASED);
	ct_told(ct_send_progress(conn, ct_report(lease, -1, 0)), CAIRN_INVALID,
		"job.invalid_progress");
	ct_unchanged(conn, lease.id, before);
	ct_progress(conn, ct_report(lease, 4, 4));
	stands_at(conn, lease.id, 4, 4);
}

static void unusual_but_possible(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_progress(conn, ct_report(lease, 7, -1));
	stands_at(conn, lease.id, 7, -1);
	ct_progress(conn, ct_report(lease, 0, 0));
	stands_at(conn, lease.id, 0, 0);
	ct_progress(conn, ct_report(lease, INT64_MAX, INT64_MAX));
	stands_at(conn, lease.id, INT64_MAX, INT64_MAX);
	const cairn_event *event = ct_last_event(conn, lease.id, CAIRN_EVENT_PROGRESS);
	ct_int(event->progress_done, INT64_MAX);
	ct_int(event->progress_total, INT64_MAX);
	ct_progress(conn, ct_report(lease, 2, -1));
	stands_at(conn, lease.id, 2, INT64_MAX);
}

/* ---- the lease -------------------------------------------------------------------------------- */

static void extends_the_lease(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	cairn_time claimed = ct_now() - CAIRN_SECOND;
	ct_progress(conn, ct_report(lease, 1, -1));
	ct_int(ct_job(conn, lease.id)->lease_expires_at, claimed + CAIRN_LEASE_DEFAULT);
	ct_int(ct_job(conn, lease.id)->heartbeat_at, claimed);
	cairn_progress longer = ct_report(lease, -1, -1);
	longer.extend = CAIRN_HOUR;
	size_t events = ct_events(conn, lease.id)->count;
	cairn_changed changed = ct_progress(conn, longer);
	ct_int(changed.lease_expires_at, ct_now() + CAIRN_HOUR);
	ct_int(ct_job(conn, lease.id)->lease_expires_at, ct_now() + CAIRN_HOUR);
	ct_int(ct_job(conn, lease.id)->heartbeat_at, ct_now());
	ct_int(ct_events(conn, lease.id)->count, events);
	ct_advance(30 * CAIRN_MINUTE);
	ct_reap(conn, 0);
	longer.extend = 100 * CAIRN_MILLISECOND;
	changed = ct_progress(conn, longer);
	ct_int(changed.lease_expires_at, ct_now() + 100 * CAIRN_MILLISECOND);
	ct_advance(100 * CAIRN_MILLISECOND);
	ct_told(ct_send_progress(conn, longer), CAIRN_STALE, "job.lease_expired");
}

static void durations_are_bounded(void)
{
	static const cairn_usec wrong[] = { -1, 1, 100 * CAIRN_MILLISECOND - 1,
					    24 * CAIRN_HOUR + 1 };
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	const char *before = ct_snapshot(conn, lease.id);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cairn_progress report = full(lease);
		report.extend = wrong[i];
		ct_status(cairn_job_progress(conn, &report, 1, NULL, ct_err()), CAIRN_INVALID,
			  "job.invalid_lease_duration");
	}
	ct_unchanged(conn, lease.id, before);
}

/* ---- batches ------------------------------------------------------------------------------------- */

static void each_for_itself(void)
{
	cairn_conn *conn = ct_open();
	ct_made good = ct_make(conn, "t", CAIRN_JOB_LEASED);
	ct_made bad = ct_make(conn, "t", CAIRN_JOB_LEASED);
	ct_made gone = ct_make(conn, "t", CAIRN_JOB_CANCELED);
	cairn_lease nobody = { .id = cairn_id_new(), .fence = 1 };
	ct_progress(conn, ct_report(bad.lease, 1, 3));
	const char *before = ct_snapshot(conn, bad.id);
	cairn_progress items[] = { full(gone.lease), ct_report(bad.lease, 4, -1), full(good.lease),
				   full(nobody) };
	cairn_changed each[4];
	ct_ok(cairn_job_progress(conn, items, 4, each, ct_err()));
	ct_each(each[0], CAIRN_STALE, "job.canceled");
	ct_int(each[0].ending, CAIRN_ENDING_CANCELED);
	ct_each(each[1], CAIRN_INVALID, "job.invalid_progress");
	ct_each(each[2], CAIRN_OK, NULL);
	ct_each(each[3], CAIRN_NOT_FOUND, "job.not_found");
	ct_unchanged(conn, bad.id, before);
	stands_at(conn, good.id, 3, 9);
	items[2].done = 5;
	ct_status(cairn_job_progress(conn, items, 4, NULL, ct_err()), CAIRN_STALE, "job.canceled");
	stands_at(conn, good.id, 5, 9);
	items[0] = items[2];
	ct_status(cairn_job_progress(conn, items, 3, each, ct_err()), CAIRN_INVALID,
		  "job.duplicate_in_batch");
}

static void malformed_items(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	const char *before = ct_snapshot(conn, lease.id);
	cairn_progress items[2] = { full(lease), full(lease) };
	items[1].lease.id = cairn_id_new();
	items[1].checkpoint = CAIRN_STR("{");
	ct_status(cairn_job_progress(conn, items, 2, NULL, ct_err()), CAIRN_INVALID,
		  "json.invalid");
	ct_int(ct_last()->index, 1);
	items[1].checkpoint = CAIRN_STR("{}");
	items[1].set |= 8;
	ct_status(cairn_job_progress(conn, items, 2, NULL, ct_err()), CAIRN_INVALID, NULL);
	items[1].set &= 3;
	items[1].reserved_[0] = 1;
	ct_status(cairn_job_progress(conn, items, 2, NULL, ct_err()), CAIRN_INVALID,
		  "arg.reserved");
	ct_unchanged(conn, lease.id, before);
}

static void commits_and_rolls_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	const char *before = ct_snapshot(conn, lease.id);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_progress(conn, full(lease));
	ct_told(ct_send_progress(conn, ct_report(lease, 10, -1)), CAIRN_INVALID,
		"job.invalid_progress");
	stands_at(conn, lease.id, 3, 9);
	cairn_rollback(&tx);
	ct_unchanged(conn, lease.id, before);
}

static void quiet_connections(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.events = CAIRN_EVENTS_FAILURES;
	cairn_conn *conn = ct_open_with(&opts);
	cairn_lease lease = take(conn);
	ct_progress(conn, full(lease));
	ct_int(ct_events(conn, lease.id)->count, 0);
	stands_at(conn, lease.id, 3, 9);
	ct_int(ct_job(conn, lease.id)->execution_started_at, ct_now());
}

static void old_leases(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease first = take(conn);
	ct_progress(conn, full(first));
	ct_advance(CAIRN_HOUR);
	ct_reap(conn, 1);
	cairn_lease second = ct_claim(conn, "w");
	ct_id(second.id, first.id);
	const char *before = ct_snapshot(conn, first.id);
	cairn_changed told = ct_told(ct_send_progress(conn, ct_report(first, 4, -1)), CAIRN_STALE,
				     "job.lease_lost");
	ct_int(told.ending, CAIRN_ENDING_LEASE_EXPIRED);
	ct_unchanged(conn, first.id, before);
	ct_progress(conn, ct_report(second, 4, -1));
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.progress.writes_stage_progress_and_checkpoint_in_one_call",
	  VERB,
	  .rule = "One report writes stage, progress and checkpoint, and leaves STAGE_CHANGED, "
		  "then "
		  "PROGRESS.",
	  .covers = "runledger P01",
	  .run = everything_in_one_call },
	{ .name = "jobs.progress.each_part_may_come_alone",
	  VERB,
	  .rule = "A stage writes its event even if it is the stage already; a checkpoint alone "
		  "and a report of nothing write none.",
	  .covers = "runledger P02",
	  .run = each_part_alone },
	{ .name = "jobs.progress.events_show_what_was_supplied",
	  VERB,
	  .rule = "A PROGRESS event carries what the report carried, not what was merged.",
	  .covers = "runledger P02, P08",
	  .run = events_show_what_was_supplied },
	{ .name = "jobs.progress.without_a_stage_marks_nothing",
	  VERB,
	  .rule = "Progress and checkpoint leave the stage and the mark of having started alone.",
	  .covers = "runledger P03",
	  .run = progress_without_a_stage },
	{ .name = "jobs.progress.the_first_running_stage_is_the_mark",
	  VERB,
	  .rule = "The first stage running of an attempt marks it as started; another does not "
		  "move the mark, other stages do not set it.",
	  .covers = "runledger P04, P05",
	  .run = the_first_running_is_the_mark },
	{ .name = "jobs.progress.each_attempt_starts_anew",
	  VERB,
	  .rule = "The mark belongs to the attempt: it stays in its row and is absent from the "
		  "next.",
	  .covers = "runledger P04, P05",
	  .run = each_attempt_starts_anew },
	{ .name = "jobs.progress.any_stage_may_be_reported",
	  VERB,
	  .rule = "Each of the four stages may be reported at any time, and no other.",
	  .covers = "runledger P05, A18",
	  .run = stages_by_hand },
	{ .name = "jobs.progress.what_is_absent_stays",
	  VERB,
	  .rule = "What a report leaves out keeps its value and can't be cleared.",
	  .covers = "runledger P08",
	  .run = what_is_absent_stays },
	{ .name = "jobs.progress.impossible_by_itself_is_refused",
	  VERB,
	  .rule = "Negative numbers and more done than there is are refused before any I/O.",
	  .covers = "runledger P07",
	  .run = impossible_by_itself },
	{ .name = "jobs.progress.impossible_with_the_stored_is_refused",
	  VERB,
	  .rule = "What only the stored numbers make impossible refuses its item and writes "
		  "nothing of it.",
	  .covers = "runledger P06, P07",
	  .run = impossible_with_what_is_stored },
	{ .name = "jobs.progress.done_without_total_and_the_extremes",
	  VERB,
	  .rule = "Done needs no total; zero of zero and the largest numbers are progress.",
	  .covers = "runledger P07, P09",
	  .run = unusual_but_possible },
	{ .name = "jobs.progress.may_extend_the_lease",
	  VERB,
	  .rule = "A report extends the lease only if it says so, and then it is a heartbeat "
		  "without an event.",
	  .run = extends_the_lease },
	{ .name = "jobs.progress.durations_are_bounded",
	  VERB,
	  .rule = "A lease lasts 100 ms to 24 h, here as everywhere.",
	  .covers = "runledger L03",
	  .run = durations_are_bounded },
	{ .name = "jobs.progress.of_many_each_for_itself",
	  VERB,
	  .rule = "In a batch each report is taken or refused for itself; one job may not stand "
		  "in it twice.",
	  .covers = "runledger SC03",
	  .run = each_for_itself },
	{ .name = "jobs.progress.a_malformed_item_writes_nothing",
	  VERB,
	  .rule = "A malformed report refuses the whole call and is named.",
	  .run = malformed_items },
	{ .name = "jobs.progress.commits_and_rolls_back_with_the_caller",
	  VERB,
	  .rule = "A report inside a transaction goes with it, mark and events included; a refused "
		  "one does not abort it.",
	  .covers = "runledger P04, CR01",
	  .run = commits_and_rolls_back },
	{ .name = "jobs.progress.is_written_without_events_too",
	  VERB,
	  .rule = "A connection that records failures only writes the row and no event.",
	  .run = quiet_connections },
	{ .name = "jobs.progress.of_an_old_lease_is_refused",
	  VERB,
	  .rule = "A worker that lost its lease reports nothing more, even under the same name.",
	  .covers = "runledger L02, L04, SC03",
	  .run = old_leases },
};

CT_GROUP(progress, cases);
