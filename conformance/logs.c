/*
 * logs.c - what workers and people write down about a job: lines under a lease, notes from
 * outside, and reading both.
 */
#include "ct.h"

static const cairn_str none = { NULL, 0 };

static cairn_lease take(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", 3, CAIRN_SECOND);
	ct_add(conn, &job);
	cairn_lease lease = ct_claim(conn, "w");
	ct_advance(CAIRN_SECOND);
	return lease;
}

static cairn_log_line line_of(cairn_lease lease, const char *message)
{
	return (cairn_log_line){ .lease = lease,
				 .level = CAIRN_LOG_INFO,
				 .message = cairn_str_of(message) };
}

static void note(cairn_conn *conn, cairn_id id, const char *message)
{
	ct_ok(cairn_job_note(conn, cairn_any(), id, CAIRN_LOG_INFO, cairn_str_of(message), none,
			     ct_err()));
}

/* ---- lines under a lease -------------------------------------------------------------------- */

static void a_line_is_kept(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	cairn_log_line line = line_of(lease, "fetched \"a\"\nand b");
	line.level = CAIRN_LOG_WARNING;
	line.data = CAIRN_STR("{ \"n\" : 1.0 }");
	cairn_changed changed;
	ct_ok(cairn_job_log(conn, &line, 1, &changed, ct_err()));
	ct_each(changed, CAIRN_OK, NULL);
	ct_int(changed.job_status, CAIRN_JOB_LEASED);
	const cairn_log_rows *rows = ct_logs(conn, lease.id);
	ct_int(rows->count, 1);
	ct_int(rows->at[0].seq, 1);
	ct_int(rows->at[0].level, CAIRN_LOG_WARNING);
	ct_int(rows->at[0].run_number, 1);
	ct_int(rows->at[0].attempt, 1);
	ct_int(rows->at[0].at, ct_now());
	ct_str(rows->at[0].message, "fetched \"a\"\nand b");
	ct_str(rows->at[0].data, "{ \"n\" : 1.0 }");
	ct_told(ct_say(conn, lease, "more"), CAIRN_OK, NULL);
	rows = ct_logs(conn, lease.id);
	ct_int(rows->count, 2);
	ct_int(rows->at[1].seq, 2);
	ct_str(rows->at[1].data, NULL);
}

static void the_job_is_not_touched(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	const cairn_job *before = ct_job(conn, lease.id);
	ct_told(ct_say(conn, lease, "said"), CAIRN_OK, NULL);
	note(conn, lease.id, "noted");
	const cairn_job *after = ct_job(conn, lease.id);
	ct_int(after->updated_at, before->updated_at);
	ct_int(after->heartbeat_at, before->heartbeat_at);
	ct_int(after->lease_expires_at, before->lease_expires_at);
	ct_text(ct_timeline(conn, lease.id), "ENQUEUED LEASED");
}

static void many_lines_of_many_jobs(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease a = ct_make(conn, "t", CAIRN_JOB_LEASED).lease;
	cairn_lease b = ct_make(conn, "t", CAIRN_JOB_LEASED).lease;
	cairn_lease gone = ct_make(conn, "t", CAIRN_JOB_SUCCEEDED).lease;
	ct_told(ct_say(conn, a, "0"), CAIRN_OK, NULL);
	cairn_log_line lines[] = { line_of(b, "1"), line_of(a, "2"), line_of(gone, "3"),
				   line_of(a, "4"), line_of(b, "5"), line_of(a, "6") };
	cairn_changed each[6];
	ct_ok(cairn_job_log(conn, lines, 6, each, ct_err()));
	for (int i = 0; i < 6; i++) {
		if (i == 2)
			ct_each(each[i], CAIRN_STALE, "job.finished");
		else
			ct_each(each[i], CAIRN_OK, NULL);
	}
	const cairn_log_rows *rows = ct_logs(conn, a.id);
	static const char *const said[] = { "0", "2", "4", "6" };
	ct_int(rows->count, 4);
	for (size_t i = 0; i < 4; i++) {
		ct_int(rows->at[i].seq, i + 1);
		ct_str(rows->at[i].message, said[i]);
	}
	ct_int(ct_logs(conn, b.id)->count, 2);
	ct_int(ct_logs(conn, gone.id)->count, 0);
	ct_status(cairn_job_log(conn, lines, 6, NULL, ct_err()), CAIRN_STALE, "job.finished");
	ct_int(ct_logs(conn, b.id)->count, 4);
}

static void only_with_a_live_lease(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	cairn_lease forged = lease;
	cairn_lease nobody = { .id = cairn_id_new(), .fence = 1 };
	forged.fence = 2;
	ct_told(ct_say(conn, forged, "x"), CAIRN_STALE, "job.lease_lost");
	ct_told(ct_say(conn, nobody, "x"), CAIRN_NOT_FOUND, "job.not_found");
	ct_advance(CAIRN_LEASE_DEFAULT);
	ct_told(ct_say(conn, lease, "x"), CAIRN_STALE, "job.lease_expired");
	ct_advance(1);
	ct_reap(conn, 1);
	cairn_changed told = ct_told(ct_say(conn, lease, "x"), CAIRN_STALE, "job.lease_lost");
	ct_int(told.ending, CAIRN_ENDING_LEASE_EXPIRED);
	cairn_lease next = ct_claim(conn, "w");
	ct_told(ct_say(conn, lease, "x"), CAIRN_STALE, "job.lease_lost");
	ct_cancel(conn, lease.id);
	ct_told(ct_say(conn, next, "x"), CAIRN_STALE, "job.canceled");
	ct_int(ct_logs(conn, lease.id)->count, 0);
}

static void runs_and_attempts(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_told(ct_say(conn, lease, "1.1"), CAIRN_OK, NULL);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x"));
	ct_advance(CAIRN_SECOND);
	lease = ct_claim(conn, "w");
	ct_told(ct_say(conn, lease, "1.2"), CAIRN_OK, NULL);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_TERMINAL, "x"));
	note(conn, lease.id, "requeue it");
	ct_told(ct_requeue(conn, ct_seen(conn, lease.id)), CAIRN_OK, NULL);
	lease = ct_claim(conn, "w");
	ct_told(ct_say(conn, lease, "2.1"), CAIRN_OK, NULL);
	ct_finish(conn, ct_success(lease));
	note(conn, lease.id, "done");
	const cairn_log_rows *rows = ct_logs(conn, lease.id);
	static const int32_t runs[] = { 1, 1, 1, 2, 2 };
	static const int32_t attempts[] = { 1, 2, 0, 1, 0 };
	ct_int(rows->count, 5);
	for (size_t i = 0; i < 5; i++) {
		ct_int(rows->at[i].seq, i + 1);
		ct_int(rows->at[i].run_number, runs[i]);
		ct_int(rows->at[i].attempt, attempts[i]);
	}
}

static void malformed_lines(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	cairn_log_line wrong[] = { line_of(lease, NULL),   line_of(lease, " \t\n"),
				   line_of(lease, "\xff"), line_of(lease, "x"),
				   line_of(lease, "x"),	   line_of(lease, "x"),
				   line_of(lease, "a\0b"), line_of(lease, "x") };
	wrong[3].level = 0;
	wrong[4].level = 5;
	wrong[5].data = CAIRN_STR("{");
	wrong[6].message.len = 3;
	wrong[7].reserved_[1] = 1;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cairn_log_line lines[] = { line_of(lease, "good"), wrong[i] };
		ct_status(cairn_job_log(conn, lines, 2, NULL, ct_err()), CAIRN_INVALID, NULL);
		ct_int(ct_last()->index, 1);
	}
	ct_int(ct_logs(conn, lease.id)->count, 0);
}

static void the_longest_line(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_told(ct_say(conn, lease, ct_repeat('x', 8192)), CAIRN_OK, NULL);
	ct_int(ct_logs(conn, lease.id)->at[0].message.len, 8192);
	cairn_log_line line = line_of(lease, ct_repeat('x', 8193));
	ct_status(cairn_job_log(conn, &line, 1, NULL, ct_err()), CAIRN_TOO_LARGE, "limit.exceeded");
	ct_status(cairn_job_note(conn, cairn_any(), lease.id, CAIRN_LOG_INFO, line.message, none,
				 ct_err()),
		  CAIRN_TOO_LARGE, "limit.exceeded");
	ct_int(ct_logs(conn, lease.id)->count, 1);
}

static void words_for_levels(void)
{
	static const char *const words[] = { "DEBUG", "INFO", "WARNING", "ERROR" };
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	for (int i = 0; i < 4; i++) {
		enum cairn_log_level level = cairn_log_level_parse(cairn_str_of(words[i]));
		ct_int(level, i + 1);
		ct_text(cairn_log_level_text(level), words[i]);
		ct_ok(cairn_job_note(conn, cairn_any(), lease.id, level, CAIRN_STR("x"), none,
				     ct_err()));
		ct_int(ct_logs(conn, lease.id)->at[i].level, level);
	}
	ct_int(cairn_log_level_parse(CAIRN_STR("info")), 0);
	ct_true(cairn_log_level_text((enum cairn_log_level)0) == NULL);
	ct_true(cairn_log_level_text((enum cairn_log_level)5) == NULL);
}

/* ---- notes --------------------------------------------------------------------------------------- */

static void notes_in_any_status(void)
{
	cairn_conn *conn = ct_open();
	for (int status = CAIRN_JOB_PENDING; status <= CAIRN_JOB_CANCELED; status++) {
		ct_made made = ct_make(conn, "t", (enum cairn_job_status)status);
		cairn_time updated = ct_job(conn, made.id)->updated_at;
		ct_advance(CAIRN_SECOND);
		ct_ok(cairn_job_note(conn, cairn_global(), made.id, CAIRN_LOG_ERROR,
				     CAIRN_STR("looked at"), CAIRN_STR("[1]"), ct_err()));
		const cairn_log_rows *rows = ct_logs(conn, made.id);
		ct_int(rows->count, 1);
		ct_int(rows->at[0].seq, 1);
		ct_int(rows->at[0].level, CAIRN_LOG_ERROR);
		ct_int(rows->at[0].run_number, 1);
		ct_int(rows->at[0].attempt, 0);
		ct_int(rows->at[0].at, ct_now());
		ct_str(rows->at[0].message, "looked at");
		ct_str(rows->at[0].data, "[1]");
		ct_int(ct_job(conn, made.id)->updated_at, updated);
		ct_int(ct_job(conn, made.id)->status, status);
	}
}

static void notes_and_reads_in_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	ct_define(conn, "t");
	job.tenant = CAIRN_STR("acme");
	cairn_id id = ct_add(conn, &job);
	cairn_log_rows *rows = NULL;
	const cairn_scope strangers[] = { cairn_global(), cairn_tenant(CAIRN_STR("other")) };
	for (size_t i = 0; i < 2; i++) {
		ct_status(cairn_job_note(conn, strangers[i], id, CAIRN_LOG_INFO, CAIRN_STR("x"),
					 none, ct_err()),
			  CAIRN_NOT_FOUND, "job.not_found");
		ct_status(cairn_job_logs(conn, strangers[i], id, 0, 0, &rows, ct_err()),
			  CAIRN_NOT_FOUND, "job.not_found");
	}
	ct_status(cairn_job_note(conn, cairn_any(), cairn_id_new(), CAIRN_LOG_INFO, CAIRN_STR("x"),
				 none, ct_err()),
		  CAIRN_NOT_FOUND, "job.not_found");
	cairn_scope nowhere = { .kind = CAIRN_SCOPE_NONE };
	ct_status(cairn_job_note(conn, nowhere, id, CAIRN_LOG_INFO, CAIRN_STR("x"), none, ct_err()),
		  CAIRN_INVALID, "arg.invalid_scope");
	ct_status(cairn_job_logs(conn, nowhere, id, 0, 0, &rows, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
	ct_int(ct_logs(conn, id)->count, 0);
	ct_ok(cairn_job_note(conn, cairn_tenant(job.tenant), id, CAIRN_LOG_INFO, CAIRN_STR("x"),
			     none, ct_err()));
	ct_ok(cairn_job_logs(conn, cairn_tenant(job.tenant), id, 0, 0, &rows, ct_err()));
	ct_int(rows->count, 1);
	cairn_free(rows);
}

static void malformed_notes(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	const cairn_scope any = cairn_any();
	const enum cairn_log_level info = CAIRN_LOG_INFO;
	const cairn_str good = CAIRN_STR("x");
	const cairn_str blank = CAIRN_STR(" ");
	const cairn_str broken = CAIRN_STR("{");
	ct_status(cairn_job_note(conn, any, id, info, blank, none, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_job_note(conn, any, id, info, none, none, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_job_note(conn, any, id, (enum cairn_log_level)0, good, none, ct_err()),
		  CAIRN_INVALID, NULL);
	ct_status(cairn_job_note(conn, any, id, info, good, broken, ct_err()), CAIRN_INVALID,
		  "json.invalid");
	ct_int(ct_logs(conn, id)->count, 0);
}

/* ---- reading --------------------------------------------------------------------------------------- */

static void pages(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	const cairn_scope any = cairn_any();
	cairn_log_rows *rows = NULL;
	ct_ok(cairn_job_logs(conn, any, id, 0, 0, &rows, ct_err()));
	ct_int(rows->count, 0);
	for (int i = 1; i <= 5; i++)
		note(conn, id, ct_format("%d", i));
	int64_t after = 0;
	for (int64_t i = 1; i <= 5; i += 2) {
		ct_ok(cairn_job_logs(conn, any, id, after, 2, &rows, ct_err()));
		ct_int(rows->count, i < 5 ? 2 : 1);
		ct_int(rows->at[0].seq, i);
		ct_str(rows->at[0].message, ct_format("%d", (int)i));
		after = rows->at[rows->count - 1].seq;
	}
	ct_ok(cairn_job_logs(conn, any, id, after, 2, &rows, ct_err()));
	ct_int(rows->count, 0);
	ct_status(cairn_job_logs(conn, any, id, 0, 1001, &rows, ct_err()), CAIRN_INVALID,
		  "job.invalid_pagination");
	ct_ok(cairn_job_logs(conn, any, id, 0, 1000, &rows, ct_err()));
	ct_int(rows->count, 5);
	cairn_free(rows);
}

static void commits_and_rolls_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	cairn_lease forged = lease;
	cairn_tx tx = CAIRN_TX_INIT;
	forged.fence = 9;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_told(ct_say(conn, lease, "x"), CAIRN_OK, NULL);
	note(conn, lease.id, "y");
	ct_told(ct_say(conn, forged, "z"), CAIRN_STALE, "job.lease_lost");
	ct_int(ct_logs(conn, lease.id)->count, 2);
	cairn_rollback(&tx);
	ct_int(ct_logs(conn, lease.id)->count, 0);
	ct_told(ct_say(conn, lease, "x"), CAIRN_OK, NULL);
	ct_int(ct_logs(conn, lease.id)->at[0].seq, 1);
}

static void without_events(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.events = CAIRN_EVENTS_NONE;
	cairn_conn *conn = ct_open_with(&opts);
	cairn_lease lease = take(conn);
	ct_told(ct_say(conn, lease, "x"), CAIRN_OK, NULL);
	ct_int(ct_logs(conn, lease.id)->count, 1);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.logs.a_line_is_kept_as_written",
	  VERB,
	  .rule = "A line has its number, level, run, attempt and time, and its message and data "
		  "byte for byte.",
	  .covers = "runledger A17",
	  .run = a_line_is_kept },
	{ .name = "jobs.logs.do_not_touch_the_job",
	  VERB,
	  .rule = "Logging neither changes the row nor renews the lease nor writes an event.",
	  .run = the_job_is_not_touched },
	{ .name = "jobs.logs.many_lines_of_many_jobs",
	  VERB,
	  .rule = "Lines of several jobs go in one call, each job's numbered in their order; one "
		  "refused line hinders no other.",
	  .run = many_lines_of_many_jobs },
	{ .name = "jobs.logs.only_with_a_live_lease",
	  VERB,
	  .rule = "A worker without its lease writes no line and is told why.",
	  .covers = "runledger L02, SC03, smol-29",
	  .run = only_with_a_live_lease },
	{ .name = "jobs.logs.lines_tell_run_and_attempt",
	  VERB,
	  .rule = "One log goes through all runs and attempts; a note has attempt 0.",
	  .covers = "runledger A17",
	  .run = runs_and_attempts },
	{ .name = "jobs.logs.a_malformed_line_writes_nothing",
	  VERB,
	  .rule = "Blank and broken messages, unknown levels and broken data refuse the whole "
		  "call.",
	  .covers = "runledger A17",
	  .run = malformed_lines },
	{ .name = "jobs.logs.the_longest_line",
	  VERB,
	  .rule = "A message has at most 8 KiB.",
	  .run = the_longest_line },
	{ .name = "jobs.logs.levels_are_words",
	  VERB,
	  .rule = "Levels and their words translate both ways.",
	  .covers = "runledger A17",
	  .run = words_for_levels },
	{ .name = "jobs.logs.notes_in_any_status",
	  VERB,
	  .rule = "A note needs no lease and may be added in any status.",
	  .covers = "runledger A17",
	  .run = notes_in_any_status },
	{ .name = "jobs.logs.notes_and_reads_keep_to_their_scope",
	  VERB,
	  .rule = "Notes and reads see a job of another tenant as missing.",
	  .covers = "runledger A03, SC01",
	  .run = notes_and_reads_in_scope },
	{ .name = "jobs.logs.malformed_notes_are_refused",
	  VERB,
	  .rule = "A note is held to the rules of a line.",
	  .covers = "runledger A17",
	  .run = malformed_notes },
	{ .name = "jobs.logs.pages_go_by_number",
	  VERB,
	  .rule = "A log ascends behind an exclusive cursor; a page has at most 1000 lines.",
	  .covers = "runledger A01, A03, A06",
	  .run = pages },
	{ .name = "jobs.logs.commit_and_roll_back_with_the_caller",
	  VERB,
	  .rule = "Lines go with their transaction and leave no gap in the numbers.",
	  .run = commits_and_rolls_back },
	{ .name = "jobs.logs.are_written_without_events_too",
	  VERB,
	  .rule = "Logs are no events: a connection that records none writes them.",
	  .run = without_events },
};

CT_GROUP(logs, cases);
