/*
 * app.c - transactions that the application opened itself, on the session that
 * cairn shares with it: the outbox. And what stricter isolation changes.
 */
#include "ct.h"

static const cairn_str none = { NULL, 0 };

static void step(cairn_conn *conn, enum cairn_app_step what)
{
	ct_note("application: step %d", (int)what);
	ct_int(ct_subject()->app_step(conn, what), 0);
}

static cairn_job_new plain(cairn_conn *conn)
{
	ct_define(conn, "t");
	return ct_new("t");
}

static void commits_with_the_application(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_job_new job = plain(conn);
	step(conn, CAIRN_APP_BEGIN);
	cairn_id first = ct_add(conn, &job);
	job.key = CAIRN_STR("k");
	ct_add(conn, &job);
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	ct_int(ct_count_jobs(other, 0), 0);
	step(conn, CAIRN_APP_COMMIT);
	ct_int(ct_count_jobs(other, 0), 2);
	ct_int(ct_job(other, first)->status, CAIRN_JOB_SUCCEEDED);
}

static void rolls_back_with_the_application(void)
{
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
	const char *before = ct_snapshot(conn, made.id);
	cairn_job_new job = plain(conn);
	step(conn, CAIRN_APP_BEGIN);
	ct_add(conn, &job);
	ct_finish(conn, ct_failure(made.lease, CAIRN_FINISH_TERMINAL, "a.code"));
	ct_define(conn, "other");
	step(conn, CAIRN_APP_ROLLBACK);
	ct_unchanged(conn, made.id, before);
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_finish(conn, ct_success(made.lease));
}

static void begin_inside_is_a_savepoint(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = plain(conn);
	cairn_tx tx = CAIRN_TX_INIT;
	step(conn, CAIRN_APP_BEGIN);
	ct_add(conn, &job);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_add(conn, &job);
	cairn_rollback(&tx);
	ct_add(conn, &job);
	step(conn, CAIRN_APP_COMMIT);
	ct_int(ct_count_jobs(conn, 0), 2);
}

static void commit_inside_is_not_the_applications(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_job_new job = plain(conn);
	cairn_tx tx = CAIRN_TX_INIT;
	step(conn, CAIRN_APP_BEGIN);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_add(conn, &job);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_count_jobs(other, 0), 0);
	step(conn, CAIRN_APP_ROLLBACK);
	ct_int(ct_count_jobs(conn, 0), 0);
}

static void expected_outcomes_leave_it_alone(void)
{
	cairn_conn *conn = ct_open();
	ct_made done = ct_make(conn, "t", CAIRN_JOB_SUCCEEDED);
	cairn_job_new job = plain(conn);
	cairn_job_added added = { .status = CAIRN_OK };
	cairn_changed changed = { .status = CAIRN_OK };
	cairn_id nobody = cairn_id_new();
	job.key = CAIRN_STR("k");
	ct_add(conn, &job);
	step(conn, CAIRN_APP_BEGIN);
	ct_refused(conn, done.lease, CAIRN_STALE, "job.finished");
	ct_ok(cairn_job_enqueue(conn, &job, 1, &added, ct_err()));
	ct_int(added.disposition, CAIRN_EXISTING);
	job.payload = CAIRN_STR("[1]");
	ct_ok(cairn_job_enqueue(conn, &job, 1, &added, ct_err()));
	ct_each(added, CAIRN_CONFLICT, "job.idempotency_conflict");
	ct_ok(cairn_job_cancel(conn, cairn_any(), &nobody, 1, none, &changed, ct_err()));
	ct_each(changed, CAIRN_NOT_FOUND, "job.not_found");
	job.key = none;
	ct_add(conn, &job);
	step(conn, CAIRN_APP_COMMIT);
	ct_int(ct_count_jobs(conn, 0), 3);
}

static void reaps_inside(void)
{
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
	cairn_reap_report *report = NULL;
	ct_advance(CAIRN_HOUR);
	step(conn, CAIRN_APP_BEGIN);
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	ct_later(report);
	ct_int(report->count, 1);
	step(conn, CAIRN_APP_COMMIT);
	ct_int(ct_job(conn, made.id)->status, CAIRN_JOB_PENDING);
}

static void one_after_the_other(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = plain(conn);
	cairn_tx tx = CAIRN_TX_INIT;
	for (int i = 0; i < 3; i++) {
		step(conn, CAIRN_APP_BEGIN);
		ct_add(conn, &job);
		step(conn, i == 1 ? CAIRN_APP_ROLLBACK : CAIRN_APP_COMMIT);
		ct_ok(cairn_begin(conn, &tx, ct_err()));
		ct_add(conn, &job);
		ct_ok(cairn_commit(&tx, ct_err()));
		ct_add(conn, &job);
	}
	ct_int(ct_count_jobs(conn, 0), 8);
}

/* ---- isolation ----------------------------------------------------------------------- */

static void keyed_enqueue_needs_read_committed(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = plain(conn);
	cairn_job_new keyed = plain(conn);
	keyed.key = CAIRN_STR("k");
	step(conn, CAIRN_APP_BEGIN_STRICT);
	ct_status(cairn_job_enqueue(conn, &keyed, 1, NULL, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_add(conn, &job);
	step(conn, CAIRN_APP_COMMIT);
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_add(conn, &keyed);
}

static void strict_sessions(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = plain(conn);
	cairn_tx tx = CAIRN_TX_INIT;
	step(conn, CAIRN_APP_STRICT_SESSION);
	job.key = CAIRN_STR("k");
	cairn_id id = ct_add(conn, &job);
	ct_finish(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_RETRYABLE, "a.code"));
	ct_ok(cairn_job_cancel(conn, cairn_any(), &id, 1, none, NULL, ct_err()));
	ct_int(ct_job(conn, id)->status, CAIRN_JOB_CANCELED);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	job.key = CAIRN_STR("l");
	ct_add(conn, &job);
	ct_ok(cairn_commit(&tx, ct_err()));
	step(conn, CAIRN_APP_IS_STRICT_SESSION);
}

static void replay_needs_read_committed(void)
{
	cairn_conn *conn = ct_open();
	ct_made done = ct_make(conn, "t", CAIRN_JOB_SUCCEEDED);
	cairn_rerun item = { .source = done.id,
			     .run_number = 1,
			     .key = CAIRN_STR("r"),
			     .reason = CAIRN_STR("why") };
	cairn_job_added added;
	step(conn, CAIRN_APP_BEGIN_STRICT);
	ct_status(cairn_job_replay(conn, cairn_any(), &item, 1, &added, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	step(conn, CAIRN_APP_COMMIT);
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_ok(cairn_job_replay(conn, cairn_any(), &item, 1, &added, ct_err()));
	ct_int(added.disposition, CAIRN_INSERTED);
}

/* Numbers of lines, and what is deleted with a job, follow what others wrote in between. */
static void lines_need_read_committed(void)
{
	const char *code = "tx.unsupported_isolation";
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_str said = CAIRN_STR("said");
	ct_made running = ct_make(conn, "t", CAIRN_JOB_LEASED);
	cairn_log_line line = { .lease = running.lease, .level = CAIRN_LOG_INFO, .message = said };
	cairn_finish end = ct_success(running.lease);
	cairn_changed each[2];
	end.lease.hints = CAIRN_HINT_DELETE;
	step(conn, CAIRN_APP_BEGIN_STRICT);
	ct_job(conn, running.id);
	ct_ok(cairn_job_note(other, cairn_any(), running.id, CAIRN_LOG_INFO, said, none, ct_err()));
	ct_status(
		cairn_job_note(conn, cairn_any(), running.id, CAIRN_LOG_INFO, said, none, ct_err()),
		CAIRN_INVALID, code);
	ct_status(cairn_job_log(conn, &line, 1, each, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_job_finish(conn, &end, 1, each, ct_err()), CAIRN_INVALID, code);
	cairn_job_new job = plain(conn);
	ct_add(conn, &job);
	step(conn, CAIRN_APP_COMMIT);
	ct_int(ct_logs(conn, running.id)->count, 1);
	ct_told(ct_say(conn, running.lease, "said"), CAIRN_OK, NULL);
	ct_int(ct_logs(conn, running.id)->count, 2);
}

/* Whatever somebody wrote to the job meanwhile has to go with it. */
static void prune_needs_read_committed(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	ct_made done = ct_make(conn, "t", CAIRN_JOB_SUCCEEDED);
	cairn_prune_opts opts = { .size = sizeof(opts), .scope = cairn_any(), .age = 1 };
	cairn_str said = CAIRN_STR("said");
	size_t pruned = 77;
	ct_advance(CAIRN_SECOND);
	step(conn, CAIRN_APP_BEGIN_STRICT);
	ct_job(conn, done.id);
	ct_ok(cairn_job_note(other, cairn_any(), done.id, CAIRN_LOG_INFO, said, none, ct_err()));
	ct_status(cairn_job_prune(conn, &opts, &pruned, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	cairn_job_new job = plain(conn);
	ct_add(conn, &job);
	step(conn, CAIRN_APP_COMMIT);
	ct_int(ct_logs(conn, done.id)->count, 1);
	ct_int(ct_count_jobs(conn, 0), 2);
	step(conn, CAIRN_APP_BEGIN);
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	step(conn, CAIRN_APP_COMMIT);
	ct_int(pruned, 1);
	ct_gone(conn, done.id);
}

static void verbs_in_strict_sessions(void)
{
	cairn_conn *conn = ct_open();
	ct_made dead = ct_make(conn, "t", CAIRN_JOB_DEAD_LETTERED);
	ct_made done = ct_make(conn, "t", CAIRN_JOB_SUCCEEDED);
	cairn_rerun item = { .source = done.id,
			     .run_number = 1,
			     .key = CAIRN_STR("r"),
			     .reason = CAIRN_STR("why") };
	cairn_job_added added;
	step(conn, CAIRN_APP_STRICT_SESSION);
	ct_told(ct_requeue(conn, ct_seen(conn, dead.id)), CAIRN_OK, NULL);
	ct_ok(cairn_job_replay(conn, cairn_any(), &item, 1, &added, ct_err()));
	ct_int(added.disposition, CAIRN_INSERTED);
	cairn_prune_opts opts = { .size = sizeof(opts), .scope = cairn_any(), .age = 1 };
	size_t pruned = 0;
	ct_advance(CAIRN_SECOND);
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	ct_int(pruned, 1);
	step(conn, CAIRN_APP_IS_STRICT_SESSION);
}

static void verbs_commit_with_the_application(void)
{
	cairn_conn *conn = ct_open();
	ct_made dead = ct_make(conn, "t", CAIRN_JOB_DEAD_LETTERED);
	ct_made running = ct_make(conn, "t", CAIRN_JOB_LEASED);
	cairn_id nobody = cairn_id_new();
	const char *before = ct_snapshot(conn, dead.id);
	for (int i = 0; i < 2; i++) {
		step(conn, CAIRN_APP_BEGIN);
		ct_told(ct_requeue(conn, ct_seen(conn, dead.id)), CAIRN_OK, NULL);
		ct_progress(conn, ct_report(running.lease, 1, 2));
		ct_told(ct_send_progress(conn, ct_report(running.lease, 3, -1)), CAIRN_INVALID,
			"job.invalid_progress");
		ct_told(ct_say(conn, running.lease, "said"), CAIRN_OK, NULL);
		ct_status(cairn_job_adopt(conn, cairn_any(), &nobody, 1, none, NULL, ct_err()),
			  CAIRN_NOT_FOUND, "job.not_found");
		step(conn, i ? CAIRN_APP_COMMIT : CAIRN_APP_ROLLBACK);
		ct_int(ct_job(conn, dead.id)->run_number, i ? 2 : 1);
		ct_int(ct_logs(conn, running.id)->count, (size_t)i);
		if (i == 0)
			ct_unchanged(conn, dead.id, before);
	}
}

/* A worker's end, what follows from it, and what may follow later: all of it or nothing. */
static void an_outbox(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_job_new job = plain(conn);
	for (int commits = 0; commits < 2; commits++) {
		ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
		const char *before = ct_snapshot(conn, made.id);
		size_t jobs = ct_count_jobs(conn, 0);
		cairn_intents *found = NULL;
		step(conn, CAIRN_APP_BEGIN);
		ct_finish(conn, ct_success(made.lease));
		cairn_id next = ct_add(conn, &job);
		cairn_id later = ct_record(conn, "unknown", "k");
		ct_unchanged(other, made.id, before);
		ct_int(ct_count_jobs(other, 0), jobs);
		ct_status(cairn_intent_get(other, cairn_any(), later, &found, ct_err()),
			  CAIRN_NOT_FOUND, "job.intent_not_found");
		step(conn, commits ? CAIRN_APP_COMMIT : CAIRN_APP_ROLLBACK);
		if (commits) {
			ct_int(ct_job(other, made.id)->status, CAIRN_JOB_SUCCEEDED);
			ct_int(ct_job(other, next)->status, CAIRN_JOB_PENDING);
			ct_int(ct_intent(other, later)->status, CAIRN_INTENT_PENDING);
		} else {
			ct_unchanged(other, made.id, before);
			ct_gone(other, next);
			ct_status(cairn_intent_get(other, cairn_any(), later, &found, ct_err()),
				  CAIRN_NOT_FOUND, "job.intent_not_found");
			ct_finish(conn, ct_success(made.lease));
		}
		ct_later(found);
	}
}

#define APP .store = CT_JOBS, .needs = CT_NEED_APP

static const ct_case cases[] = {
	{ .name = "app.tx.work_commits_with_the_application",
	  .kind = CT_VERB,
	  APP,
	  .rule = "Between the application's own BEGIN and COMMIT every call is part of that "
		  "transaction and commits nothing itself.",
	  .covers = "runledger E02",
	  .run = commits_with_the_application },
	{ .name = "app.tx.work_rolls_back_with_the_application",
	  .kind = CT_VERB,
	  APP,
	  .rule = "The application's ROLLBACK takes back all that cairn wrote in between.",
	  .covers = "runledger E02, CR06",
	  .run = rolls_back_with_the_application },
	{ .name = "app.tx.a_begin_inside_is_a_savepoint",
	  .kind = CT_VERB,
	  APP,
	  .caps = CAIRN_CAP_NESTED_TX,
	  .rule = "cairn_begin inside the application's transaction is a savepoint.",
	  .run = begin_inside_is_a_savepoint },
	{ .name = "app.tx.a_commit_inside_is_not_the_applications",
	  .kind = CT_VERB,
	  APP,
	  .caps = CAIRN_CAP_NESTED_TX,
	  .rule = "cairn_commit inside the application's transaction commits nothing yet.",
	  .run = commit_inside_is_not_the_applications },
	{ .name = "app.tx.expected_outcomes_leave_it_alone",
	  .kind = CT_VERB,
	  APP,
	  .rule = "Expected outcomes leave the application's transaction usable.",
	  .run = expected_outcomes_leave_it_alone },
	{ .name = "app.tx.a_reaping_belongs_to_it",
	  .kind = CT_VERB,
	  APP,
	  .rule = "A reaper's pass works inside the application's transaction.",
	  .run = reaps_inside },
	{ .name = "app.tx.the_applications_and_cairns_take_turns",
	  .kind = CT_VERB,
	  APP,
	  .rule = "On one session the application's transactions, cairn's and single calls follow "
		  "each other freely.",
	  .run = one_after_the_other },
	{ .name = "app.tx.the_other_verbs_belong_to_it",
	  .kind = CT_VERB,
	  APP,
	  .rule = "Requeues, reports and lines commit and roll back with the application, and "
		  "their refusals leave its transaction usable.",
	  .covers = "runledger Q07, CR06",
	  .run = verbs_commit_with_the_application },
	{ .name = "app.tx.an_outbox_is_all_or_nothing",
	  .kind = CT_VERB,
	  .store = CT_INTENTS,
	  .needs = CT_NEED_APP,
	  .rule = "A worker's end, a job and an intent in one transaction of the application: "
		  "nobody "
		  "sees any of it before the commit, and there is all of it or nothing.",
	  .covers = "runledger CR06",
	  .run = an_outbox },
	{ .name = "app.isolation.a_keyed_enqueue_needs_read_committed",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .needs = CT_NEED_APP | CT_NEED_STRICT,
	  .rule = "Inside a stricter transaction a keyed enqueue is tx.unsupported_isolation "
		  "before anything is written; an unkeyed one works.",
	  .covers = "runledger I11",
	  .run = keyed_enqueue_needs_read_committed },
	{ .name = "app.isolation.a_stricter_session_default_changes_nothing",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .needs = CT_NEED_APP | CT_NEED_STRICT,
	  .rule = "cairn's own transactions are READ COMMITTED whatever the session's default, "
		  "which stays as it was.",
	  .covers = "runledger X09",
	  .run = strict_sessions },
	{ .name = "app.isolation.a_replay_needs_read_committed",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .needs = CT_NEED_APP | CT_NEED_STRICT,
	  .rule = "Inside a stricter transaction a replay is tx.unsupported_isolation before "
		  "anything is written.",
	  .covers = "runledger Y13",
	  .run = replay_needs_read_committed },
	{ .name = "app.isolation.lines_and_deletions_need_read_committed",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .needs = CT_NEED_APP | CT_NEED_STRICT,
	  .rule = "Inside a stricter transaction a line, a note and an end that deletes its job "
		  "are tx.unsupported_isolation before anything is written.",
	  .run = lines_need_read_committed },
	{ .name = "app.isolation.a_prune_needs_read_committed",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .needs = CT_NEED_APP | CT_NEED_STRICT,
	  .rule = "Inside a stricter transaction a prune is tx.unsupported_isolation before "
		  "anything is deleted, and leaves no line without its job.",
	  .run = prune_needs_read_committed },
	{ .name = "app.isolation.a_stricter_session_default_hinders_no_verb",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .needs = CT_NEED_APP | CT_NEED_STRICT,
	  .rule = "Requeue, replay and prune work although the session's default is stricter, "
		  "which stays as it was.",
	  .covers = "runledger Q08",
	  .run = verbs_in_strict_sessions },
};

CT_GROUP(app, cases);
