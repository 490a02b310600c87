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

/* What an event of a plain life says: as much as if it had been the only one that was recorded. */
static void told(const cairn_event *event, const char *stage, cairn_time at)
{
	ct_int(event->run_number, 1);
	ct_int(event->attempt, event->kind == CAIRN_EVENT_ENQUEUED ? 0 : 1);
	ct_int(event->at, at);
	if (event->kind == CAIRN_EVENT_SUCCEEDED) {
		ct_str(event->stage, "completed");
		ct_str(event->payload, "{}");
		ct_int(event->progress_done, 3);
		return;
	}
	ct_str(event->stage, stage);
	ct_int(event->progress_done, -1);
	ct_str(event->payload, event->kind == CAIRN_EVENT_LEASED
				       ? "{\"worker\":\"w\",\"lease_us\":7000000}"
				       : "{\"job_type\":\"t\"}");
}

static cairn_lease lease_for(cairn_conn *conn, cairn_usec span)
{
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	opts.lease = span;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	return cairn_job_lease(&jobs->at[0]);
}

static void told_all(cairn_conn *conn, cairn_id id, unsigned steps, const char *stage,
		     const cairn_time *at)
{
	static const enum cairn_event_kind kinds[] = { CAIRN_EVENT_ENQUEUED, CAIRN_EVENT_LEASED,
						       CAIRN_EVENT_SUCCEEDED };
	const cairn_event_rows *events = ct_events(conn, id);
	size_t n = 0;
	for (size_t k = 0; k < 3; k++) {
		if (!(steps & 1u << k))
			continue;
		ct_true(n < events->count);
		ct_int(events->at[n].seq, n + 1);
		ct_int(events->at[n].kind, kinds[k]);
		told(&events->at[n++], stage, at[k]);
	}
	ct_int(events->count, n);
}

/* Enqueued, leased with progress, succeeded: each by a connection that records or one that doesn't. */
static void a_plain_life(cairn_conn *const conns[2], unsigned steps, const char *stage)
{
	cairn_time at[3];
	cairn_job_new job = ct_new("t");
	job.stage = cairn_str_of(stage);
	cairn_id id = ct_add(conns[steps & 1], &job);
	at[0] = ct_now();
	ct_advance(CAIRN_SECOND);
	cairn_lease lease = lease_for(conns[steps >> 1 & 1], 7 * CAIRN_SECOND);
	at[1] = ct_now();
	ct_advance(CAIRN_SECOND);
	cairn_progress said = { .lease = lease, .set = CAIRN_PROGRESS_DONE, .done = 3 };
	cairn_changed changed;
	ct_ok(cairn_job_progress(conns[0], &said, 1, &changed, ct_err()));
	ct_ok(cairn_job_heartbeat(conns[1], &lease, 1, CAIRN_MINUTE, &changed, ct_err()));
	told_all(conns[0], id, steps & 3, stage, at);
	ct_finish(conns[steps >> 2], ct_success(lease));
	at[2] = ct_now();
	told_all(conns[0], id, steps, stage, at);
}

static void each_step_by_itself(void)
{
	cairn_conn *const conns[2] = { open_with(CAIRN_EVENTS_NONE), ct_open() };
	ct_define(conns[0], "t");
	for (unsigned steps = 0; steps < 8; steps++) {
		a_plain_life(conns, steps, "queued");
		a_plain_life(conns, steps, "scheduled");
	}
}

/* The first lease of a job that had other events before, was given back, or had a former run. */
static void leases_after_other_events(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id id = ct_enqueue(conn, "t");
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	opts.prestart = 1;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_finish(conn, (cairn_finish){ .lease = cairn_job_lease(&jobs->at[0]),
					.how = CAIRN_FINISH_RELEASE,
					.reason = CAIRN_STR("r") });
	timeline(conn, id, "ENQUEUED LEASED REQUEUED");
	ct_finish(conn, ct_success(ct_claim(conn, "v")));
	timeline(conn, id, "ENQUEUED LEASED REQUEUED LEASED SUCCEEDED");
	ct_str(ct_events(conn, id)->at[1].payload, "{\"worker\":\"w\",\"lease_us\":30000000}");
	ct_str(ct_events(conn, id)->at[3].payload, "{\"worker\":\"v\",\"lease_us\":30000000}");
	cairn_event_rows *page = NULL;
	for (int64_t after = 0; after < 5; after++) {
		ct_ok(cairn_job_events(conn, cairn_any(), id, after, 1, &page, ct_err()));
		ct_int(page->count, 1);
		ct_int(page->at[0].seq, after + 1);
	}
	ct_later(page);
}

static void a_second_lease_after_an_untold_one(void)
{
	cairn_conn *full = ct_open();
	cairn_conn *none = open_with(CAIRN_EVENTS_NONE);
	ct_define_retry(full, "t", 3, CAIRN_SECOND);
	cairn_id id = ct_enqueue(full, "t");
	ct_finish(none, ct_failure(ct_claim(none, "w"), CAIRN_FINISH_RETRYABLE, "x"));
	ct_advance(CAIRN_MINUTE);
	cairn_lease lease = ct_claim(full, "v");
	timeline(full, id, "ENQUEUED LEASED");
	ct_int(ct_events(full, id)->at[1].attempt, 2);
	ct_finish(none, ct_success(lease));
	timeline(full, id, "ENQUEUED LEASED");
	ct_int(ct_events(full, id)->at[1].attempt, 2);
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
	{ .name = "jobs.events.each_step_is_told_whoever_records_the_others",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "What an event says does not depend on which others are recorded, nor on what "
		  "became of the job since.",
	  .run = each_step_by_itself },
	{ .name = "jobs.events.a_lease_is_told_once_whatever_came_before",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A first lease that was given back and the next one are two events, each with "
		  "its own worker; pages of one see each event once.",
	  .run = leases_after_other_events },
	{ .name = "jobs.events.a_lease_is_not_told_as_another_one",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Where a first lease was not recorded and a second one was, the timeline has the "
		  "second.",
	  .run = a_second_lease_after_an_untold_one },
};

CT_GROUP(events_switch, cases);
