/*
 * events_switch.c - the connection's option `events`: what of a job's life is recorded on
 * its timeline. Attempts and dead letters are recorded whatever it says.
 */
#include "ct.h"

static cairn_conn *open_with(enum cairn_events events)
{
	cairn_conn_opts opts = ct_opts();
	opts.events = events;
	return ct_open_with(&opts);
}

/* One job through everything: reaped, retried, and ended this way. Its id. */
static cairn_id live(cairn_conn *conn, enum cairn_job_status end)
{
	ct_define_retry(conn, "t", 3, CAIRN_SECOND);
	cairn_job_new job = ct_new("t");
	cairn_id id = ct_add(conn, &job);
	cairn_reap_report *report = NULL;
	ct_claim(conn, "w");
	ct_advance(CAIRN_MINUTE);
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	ct_later(report);
	ct_int(report->count, 1);
	ct_finish(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_RETRYABLE, "x"));
	ct_advance(CAIRN_MINUTE);
	cairn_lease lease = ct_claim(conn, "w");
	if (end == CAIRN_JOB_SUCCEEDED)
		ct_finish(conn, ct_success(lease));
	else if (end == CAIRN_JOB_DEAD_LETTERED)
		ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x"));
	else
		ct_ok(cairn_job_cancel(conn, cairn_any(), &id, 1, CAIRN_STR("r"), NULL, ct_err()));
	ct_int(ct_job(conn, id)->status, end);
	return id;
}

static void timeline(cairn_conn *conn, cairn_id id, const char *want)
{
	ct_text(ct_timeline(conn, id), want);
	const cairn_event_rows *events = ct_events(conn, id);
	for (size_t i = 0; i < events->count; i++)
		ct_int(events->at[i].seq, i + 1);
}

static void full_records_all(void)
{
	cairn_conn *conn = ct_open();
	static const char head[] = "ENQUEUED LEASED FAILED RETRY_SCHEDULED LEASED FAILED "
				   "RETRY_SCHEDULED LEASED";
	timeline(conn, live(conn, CAIRN_JOB_SUCCEEDED), ct_format("%s SUCCEEDED", head));
	timeline(conn, live(conn, CAIRN_JOB_DEAD_LETTERED),
		 ct_format("%s FAILED DEAD_LETTERED", head));
	timeline(conn, live(conn, CAIRN_JOB_CANCELED), ct_format("%s CANCELED", head));
}

static void failures_record_failures(void)
{
	cairn_conn *conn = open_with(CAIRN_EVENTS_FAILURES);
	static const char head[] = "FAILED RETRY_SCHEDULED FAILED RETRY_SCHEDULED";
	timeline(conn, live(conn, CAIRN_JOB_SUCCEEDED), head);
	timeline(conn, live(conn, CAIRN_JOB_DEAD_LETTERED),
		 ct_format("%s FAILED DEAD_LETTERED", head));
	timeline(conn, live(conn, CAIRN_JOB_CANCELED), ct_format("%s CANCELED", head));
}

static void none_records_nothing(void)
{
	cairn_conn *conn = open_with(CAIRN_EVENTS_NONE);
	timeline(conn, live(conn, CAIRN_JOB_SUCCEEDED), "");
	timeline(conn, live(conn, CAIRN_JOB_DEAD_LETTERED), "");
	timeline(conn, live(conn, CAIRN_JOB_CANCELED), "");
}

static void attempts_always(void)
{
	for (int events = CAIRN_EVENTS_FULL; events <= CAIRN_EVENTS_NONE; events++) {
		cairn_conn *conn = open_with((enum cairn_events)events);
		cairn_id id = live(conn, CAIRN_JOB_DEAD_LETTERED);
		const cairn_attempts *attempts = ct_attempts(conn, id);
		ct_int(attempts->count, 3);
		ct_int(attempts->at[0].ending, CAIRN_ENDING_LEASE_EXPIRED);
		ct_int(attempts->at[1].ending, CAIRN_ENDING_RETRYABLE);
		ct_int(attempts->at[2].ending, CAIRN_ENDING_RETRYABLE);
		const cairn_dead_letter *dead = ct_dead(conn, id);
		ct_true(dead != NULL);
		ct_str(dead->error_code, "x");
		ct_int(dead->attempt, 3);
		id = live(conn, CAIRN_JOB_CANCELED);
		ct_int(ct_attempts(conn, id)->at[2].ending, CAIRN_ENDING_CANCELED);
	}
}

static void the_row_is_the_same(void)
{
	const cairn_job *rows[3];
	for (int events = CAIRN_EVENTS_FULL; events <= CAIRN_EVENTS_NONE; events++) {
		cairn_conn *conn = open_with((enum cairn_events)events);
		rows[events] = ct_job(conn, live(conn, CAIRN_JOB_DEAD_LETTERED));
	}
	for (size_t i = 1; i < 3; i++) {
		ct_int(rows[i]->status, rows[0]->status);
		ct_int(rows[i]->fence, rows[0]->fence);
		ct_int(rows[i]->attempt, rows[0]->attempt);
		ct_same(rows[i]->status_reason, rows[0]->status_reason);
		ct_same(rows[i]->error_code, rows[0]->error_code);
		ct_int(rows[i]->finished_at - rows[i]->created_at,
		       rows[0]->finished_at - rows[0]->created_at);
	}
}

static void gapless_over_connections(void)
{
	cairn_conn *full = ct_open();
	cairn_conn *failures = open_with(CAIRN_EVENTS_FAILURES);
	cairn_conn *none = open_with(CAIRN_EVENTS_NONE);
	ct_define_retry(full, "t", 8, CAIRN_SECOND);
	cairn_job_new job = ct_new("t");
	cairn_id id = ct_add(full, &job);
	ct_finish(none, ct_failure(ct_claim(none, "w"), CAIRN_FINISH_RETRYABLE, "x"));
	ct_advance(CAIRN_SECOND);
	ct_finish(failures, ct_failure(ct_claim(failures, "w"), CAIRN_FINISH_RETRYABLE, "y"));
	ct_advance(CAIRN_SECOND);
	ct_finish(none, ct_success(ct_claim(full, "w")));
	timeline(none, id, "ENQUEUED FAILED RETRY_SCHEDULED LEASED");
	const cairn_event_rows *events = ct_events(none, id);
	ct_int(events->at[1].attempt, 2);
	ct_int(events->at[3].attempt, 3);
	ct_int(ct_attempts(none, id)->count, 3);
}

static void batches_and_keys(void)
{
	cairn_conn *none = open_with(CAIRN_EVENTS_NONE);
	cairn_conn *full = ct_open();
	ct_define(none, "t");
	cairn_job_new jobs[] = { ct_new("t"), ct_new("t"), ct_new("t") };
	jobs[1].key = jobs[2].key = CAIRN_STR("k");
	cairn_job_added each[3];
	ct_ok(cairn_job_enqueue(none, jobs, 3, each, ct_err()));
	timeline(full, each[0].id, "");
	timeline(full, each[1].id, "");
	ct_ok(cairn_job_enqueue(full, jobs + 1, 1, each, ct_err()));
	ct_int(each[0].disposition, CAIRN_EXISTING);
	timeline(full, each[0].id, "");
	const cairn_jobs *claimed = ct_claim_n(full, "w", 2);
	ct_int(claimed->count, 2);
	timeline(none, claimed->at[0].id, "LEASED");
	timeline(none, claimed->at[1].id, "LEASED");
}

static void finish_and_claim(void)
{
	static const char *const first[] = { "ENQUEUED LEASED SUCCEEDED", "ENQUEUED LEASED",
					     "ENQUEUED LEASED" };
	static const char *const next[] = { "ENQUEUED LEASED", "ENQUEUED", "ENQUEUED" };
	cairn_conn *full = ct_open();
	for (int events = CAIRN_EVENTS_FULL; events <= CAIRN_EVENTS_NONE; events++) {
		cairn_conn *conn = open_with((enum cairn_events)events);
		cairn_id one = ct_enqueue(full, "t");
		cairn_finish finish = ct_success(ct_claim(full, "w"));
		cairn_id two = ct_enqueue(full, "t");
		cairn_claim_opts opts = ct_claim_opts("w", 1);
		cairn_changed changed;
		cairn_jobs *jobs = NULL;
		ct_ok(cairn_job_finish_and_claim(conn, &finish, 1, &changed, &opts, &jobs,
						 ct_err()));
		ct_later(jobs);
		ct_int(jobs->count, 1);
		timeline(full, one, first[events]);
		timeline(full, two, next[events]);
		ct_ok(cairn_job_cancel(full, cairn_any(), &two, 1, CAIRN_STR("r"), NULL, ct_err()));
	}
}

static const ct_case cases[] = {
	{ .name = "jobs.events.full_records_every_transition",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "By default each transition is on the timeline, once, in order, numbered 1, "
		  "2, 3.",
	  .run = full_records_all },
	{ .name = "jobs.events.failures_records_only_those",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "With events=failures FAILED, RETRY_SCHEDULED, DEAD_LETTERED and CANCELED are "
		  "recorded.",
	  .run = failures_record_failures },
	{ .name = "jobs.events.none_records_nothing",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "With events=none nothing is recorded, neither by verbs nor by reaping.",
	  .run = none_records_nothing },
	{ .name = "jobs.events.attempts_and_dead_letters_are_always_kept",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The switch is about events: attempts and dead letters are written whatever "
		  "it says.",
	  .run = attempts_always },
	{ .name = "jobs.events.the_switch_changes_no_job",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A job's row is the same whatever is recorded about it.",
	  .run = the_row_is_the_same },
	{ .name = "jobs.events.numbers_have_no_gaps_across_connections",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Each connection records by its own switch; the numbers of what is recorded "
		  "have no gaps.",
	  .run = gapless_over_connections },
	{ .name = "jobs.events.batches_follow_the_switch",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Batches, keyed items and later claims follow the switch of the connection "
		  "that writes.",
	  .run = batches_and_keys },
	{ .name = "jobs.events.finish_and_claim_follows_the_switch",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Both halves of finish_and_claim record by the connection's switch.",
	  .run = finish_and_claim },
};

CT_GROUP(events_switch, cases);
