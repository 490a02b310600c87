/*
 * turn.c - all that a worker has to say in one call: ends, reports, beats and lines, and the next
 * claim. Each item ends as in a call of its own, and nothing of it is written without the rest.
 */
#include "ct.h"

#define MOST 60

static cairn_lease take(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_add(conn, &job);
	return ct_claim(conn, "w");
}

static cairn_log_line line(cairn_lease lease, const char *said)
{
	return (cairn_log_line){ .lease = lease,
				 .level = CAIRN_LOG_INFO,
				 .message = cairn_str_of(said) };
}

/* One of everything: two ends, a report, a beat, and lines for two of the jobs. */
struct worker {
	cairn_finish ends[3];
	cairn_progress report;
	cairn_lease beat;
	cairn_log_line lines[2];
	cairn_claim_opts claim;
	cairn_turn turn;
	cairn_changed each[7];
};

enum { RETRY, SUCCESS, AGAIN, REPORT, BEAT, FIRST_LINE, SECOND_LINE };

static void prepare(cairn_conn *conn, struct worker *me)
{
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	me->ends[RETRY] = ct_failure(take(conn), CAIRN_FINISH_RETRYABLE, "a.code");
	me->ends[SUCCESS] = ct_success(take(conn));
	me->ends[AGAIN] = ct_again(take(conn), CAIRN_FINISH_CONTINUE, 0);
	me->report = ct_report(take(conn), 3, 9);
	me->report.stage = CAIRN_STR("running");
	me->report.checkpoint = CAIRN_STR("{ \"at\": 3 }");
	me->beat = take(conn);
	me->lines[0] = line(me->ends[SUCCESS].lease, "about the end");
	me->lines[1] = line(me->report.lease, "about the middle");
	me->claim = ct_claim_opts("next", 5);
	me->turn = (cairn_turn){ .size = sizeof(me->turn),
				 .finishes = me->ends,
				 .finish_count = 3,
				 .reports = &me->report,
				 .report_count = 1,
				 .beats = &me->beat,
				 .beat_count = 1,
				 .lease = CAIRN_HOUR,
				 .lines = me->lines,
				 .line_count = 2,
				 .claim = &me->claim };
	ct_advance(CAIRN_SECOND);
}

static const cairn_jobs *turn(cairn_conn *conn, struct worker *me)
{
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_turn(conn, &me->turn, me->each, &jobs, ct_err()));
	ct_later(jobs);
	return jobs;
}

/* ---- what is done ------------------------------------------------------------------------ */

static void all_of_it(void)
{
	cairn_conn *conn = ct_open();
	struct worker me;
	prepare(conn, &me);
	const cairn_jobs *jobs = turn(conn, &me);
	for (int i = 0; i < 7; i++)
		ct_each(me.each[i], CAIRN_OK, NULL);
	ct_int(me.each[RETRY].ending, CAIRN_ENDING_RETRYABLE);
	ct_int(me.each[RETRY].run_at, ct_now() + CAIRN_MINUTE);
	ct_int(me.each[SUCCESS].job_status, CAIRN_JOB_SUCCEEDED);
	ct_int(me.each[AGAIN].run_number, 2);
	ct_int(me.each[BEAT].lease_expires_at, ct_now() + CAIRN_HOUR);
	ct_text(ct_timeline(conn, me.ends[RETRY].lease.id),
		"ENQUEUED LEASED FAILED RETRY_SCHEDULED");
	ct_text(ct_timeline(conn, me.ends[SUCCESS].lease.id), "ENQUEUED LEASED SUCCEEDED");
	ct_text(ct_timeline(conn, me.ends[AGAIN].lease.id), "ENQUEUED LEASED REQUEUED LEASED");
	ct_text(ct_timeline(conn, me.report.lease.id), "ENQUEUED LEASED STAGE_CHANGED PROGRESS");
	ct_text(ct_timeline(conn, me.beat.id), "ENQUEUED LEASED");
	ct_str(ct_job(conn, me.report.lease.id)->checkpoint, "{ \"at\": 3 }");
	ct_int(ct_job(conn, me.beat.id)->lease_expires_at, ct_now() + CAIRN_HOUR);
	const cairn_log_rows *end = ct_logs(conn, me.ends[SUCCESS].lease.id);
	ct_int(end->count, 1);
	ct_str(end->at[0].message, "about the end");
	ct_int(end->at[0].attempt, 1);
	ct_int(end->at[0].at, ct_now());
	ct_str(ct_logs(conn, me.report.lease.id)->at[0].message, "about the middle");
	/* the continuation is due at once */
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, me.ends[AGAIN].lease.id);
	ct_int(jobs->at[0].fence, 2);
	ct_str(jobs->at[0].worker, "next");
}

static const char *life(cairn_conn *conn, cairn_id id)
{
	const cairn_attempts *attempts = ct_attempts(conn, id);
	const cairn_attempt *last = &attempts->at[attempts->count - 1];
	return ct_format("%s: %zu attempts, %s, %zu lines", ct_timeline(conn, id), attempts->count,
			 cairn_ending_text(last->ending), ct_logs(conn, id)->count);
}

static void as_in_calls_of_their_own(void)
{
	cairn_conn *conn = ct_open();
	struct worker one;
	struct worker other;
	cairn_jobs *jobs = NULL;
	prepare(conn, &one);
	prepare(conn, &other);
	turn(conn, &one);
	ct_ok(cairn_job_log(conn, other.lines, 2, NULL, ct_err()));
	ct_progress(conn, other.report);
	ct_ok(cairn_job_heartbeat(conn, &other.beat, 1, CAIRN_HOUR, NULL, ct_err()));
	ct_ok(cairn_job_finish(conn, other.ends, 3, NULL, ct_err()));
	ct_ok(cairn_job_claim(conn, &other.claim, &jobs, ct_err()));
	ct_later(jobs);
	for (int i = 0; i < 3; i++)
		ct_text(life(conn, one.ends[i].lease.id), life(conn, other.ends[i].lease.id));
	ct_text(life(conn, one.report.lease.id), life(conn, other.report.lease.id));
	ct_text(life(conn, one.beat.id), life(conn, other.beat.id));
}

static void nothing_to_say(void)
{
	cairn_conn *conn = ct_open();
	cairn_turn empty = { .size = sizeof(empty) };
	cairn_jobs *jobs = NULL;
	ct_define(conn, "t");
	uint64_t before = cairn_conn_round_trips(conn);
	ct_ok(cairn_job_turn(conn, &empty, NULL, NULL, ct_err()));
	ct_ok(cairn_job_turn(conn, &empty, NULL, &jobs, ct_err()));
	ct_int(cairn_conn_round_trips(conn), before);
	ct_int(jobs->count, 0);
	cairn_claim_opts claim = ct_claim_opts("w", 1);
	cairn_job_new job = ct_new("t");
	cairn_id id = ct_add(conn, &job);
	empty.claim = &claim;
	ct_ok(cairn_job_turn(conn, &empty, NULL, &jobs, ct_err()));
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, id);
	cairn_log_line said = line(cairn_job_lease(&jobs->at[0]), "alone");
	cairn_turn only = { .size = sizeof(only), .lines = &said, .line_count = 1 };
	cairn_changed each;
	ct_ok(cairn_job_turn(conn, &only, &each, &jobs, ct_err()));
	ct_each(each, CAIRN_OK, NULL);
	ct_int(jobs->count, 0);
	ct_int(ct_logs(conn, id)->count, 1);
	ct_later(jobs);
}

static void a_mark_without_a_stage(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	ct_add(conn, &job);
	cairn_lease lease = ct_claim_ahead(conn, "w");
	ct_advance(CAIRN_SECOND);
	cairn_progress mark = { .lease = lease, .set = CAIRN_PROGRESS_STARTED };
	cairn_turn say = { .size = sizeof(say), .reports = &mark, .report_count = 1 };
	cairn_changed each;
	ct_ok(cairn_job_turn(conn, &say, &each, NULL, ct_err()));
	ct_each(each, CAIRN_OK, NULL);
	ct_int(ct_job(conn, lease.id)->execution_started_at, ct_now());
	ct_str(ct_job(conn, lease.id)->stage, "queued");
	ct_text(ct_timeline(conn, lease.id), "ENQUEUED LEASED");
	ct_told(ct_send(conn, ct_again(lease, CAIRN_FINISH_RELEASE, 0)), CAIRN_STALE,
		"job.unstarted_claim_release_not_applicable");
	cairn_time marked = ct_now();
	ct_advance(CAIRN_SECOND);
	ct_progress(conn, mark);
	ct_int(ct_job(conn, lease.id)->execution_started_at, marked);
}

/* ---- what is refused ---------------------------------------------------------------------- */

static void one_that_is_stale(void)
{
	for (int which = RETRY; which <= SECOND_LINE; which++) {
		cairn_conn *conn = ct_open();
		struct worker me;
		prepare(conn, &me);
		cairn_lease *leases[] = { &me.ends[RETRY].lease,
					  &me.ends[SUCCESS].lease,
					  &me.ends[AGAIN].lease,
					  &me.report.lease,
					  &me.beat,
					  &me.lines[0].lease,
					  &me.lines[1].lease };
		leases[which]->fence++;
		turn(conn, &me);
		/* why is read when all is done: the first line's job has ended by then */
		const char *why = which == FIRST_LINE ? "job.finished" : "job.lease_lost";
		for (int i = 0; i < 7; i++)
			ct_each(me.each[i], i == which ? CAIRN_STALE : CAIRN_OK,
				i == which ? why : NULL);
	}
}

static void one_that_is_malformed(void)
{
	cairn_conn *conn = ct_open();
	struct worker me;
	prepare(conn, &me);
	const char *before = ct_snapshot(conn, me.ends[SUCCESS].lease.id);
	const char *report = ct_snapshot(conn, me.report.lease.id);
	for (int which = 0; which < 4; which++) {
		struct worker bad = me;
		cairn_jobs *jobs = NULL;
		static const int64_t index[] = { SUCCESS, REPORT, BEAT, SECOND_LINE };
		bad.turn.finishes = bad.ends;
		bad.turn.reports = &bad.report;
		bad.turn.beats = &bad.beat;
		bad.turn.lines = bad.lines;
		if (which == 0)
			bad.ends[SUCCESS].output = CAIRN_STR("nope");
		else if (which == 1)
			bad.report.checkpoint = CAIRN_STR("nope");
		else if (which == 2)
			bad.beat.fence = 0;
		else
			bad.lines[1].message = CAIRN_STR(" ");
		ct_status(cairn_job_turn(conn, &bad.turn, bad.each, &jobs, ct_err()), CAIRN_INVALID,
			  NULL);
		ct_int(ct_last()->index, index[which]);
		ct_later(jobs);
	}
	ct_unchanged(conn, me.ends[SUCCESS].lease.id, before);
	ct_unchanged(conn, me.report.lease.id, report);
}

static void a_job_that_stands_twice(void)
{
	cairn_conn *conn = ct_open();
	struct worker me;
	cairn_jobs *jobs = NULL;
	prepare(conn, &me);
	const char *before = ct_snapshot(conn, me.ends[SUCCESS].lease.id);
	me.beat = me.ends[SUCCESS].lease;
	ct_status(cairn_job_turn(conn, &me.turn, me.each, &jobs, ct_err()), CAIRN_INVALID,
		  "job.duplicate_in_batch");
	ct_int(ct_last()->index, BEAT);
	me.beat = me.report.lease;
	ct_status(cairn_job_turn(conn, &me.turn, me.each, &jobs, ct_err()), CAIRN_INVALID,
		  "job.duplicate_in_batch");
	ct_status(cairn_job_turn(conn, &me.turn, NULL, &jobs, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_job_turn(conn, &me.turn, me.each, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_unchanged(conn, me.ends[SUCCESS].lease.id, before);
	ct_later(jobs);
}

/* ---- all or nothing ------------------------------------------------------------------------ */

struct picture {
	cairn_id ids[6];
	const char *texts[6];
};

static void look(cairn_conn *conn, const struct worker *me, cairn_id waiting,
		 struct picture *picture)
{
	for (int i = 0; i < 3; i++)
		picture->ids[i] = me->ends[i].lease.id;
	picture->ids[3] = me->report.lease.id;
	picture->ids[4] = me->beat.id;
	picture->ids[5] = waiting;
	for (int i = 0; i < 6; i++)
		picture->texts[i] = ct_snapshot(conn, picture->ids[i]);
}

static void unchanged(cairn_conn *conn, const struct picture *picture)
{
	for (int i = 0; i < 6; i++)
		ct_unchanged(conn, picture->ids[i], picture->texts[i]);
}

static cairn_id waiting(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	return ct_add(conn, &job);
}

static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	struct worker me;
	struct picture before;
	cairn_tx tx = CAIRN_TX_INIT;
	prepare(conn, &me);
	look(conn, &me, waiting(conn), &before);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_int(turn(conn, &me)->count, 2);
	cairn_rollback(&tx);
	unchanged(conn, &before);
	me.beat.fence++;
	cairn_tx again = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &again, ct_err()));
	ct_int(turn(conn, &me)->count, 2);
	ct_each(me.each[BEAT], CAIRN_STALE, "job.lease_lost");
	ct_ok(cairn_commit(&again, ct_err()));
	ct_int(ct_job(conn, me.ends[SUCCESS].lease.id)->status, CAIRN_JOB_SUCCEEDED);
	ct_int(ct_logs(conn, me.report.lease.id)->count, 1);
}

static void refuse_a_row(int at_the_claim)
{
	cairn_conn *conn = ct_open();
	struct worker me;
	struct picture before;
	cairn_jobs *jobs = NULL;
	prepare(conn, &me);
	cairn_id next = waiting(conn);
	look(conn, &me, next, &before);
	cairn_id poisoned = at_the_claim ? next : me.ends[AGAIN].lease.id;
	ct_int(ct_subject()->poison(ct_url(), poisoned), 0);
	ct_true(cairn_job_turn(conn, &me.turn, me.each, &jobs, ct_err()) != CAIRN_OK);
	ct_true(jobs == NULL || jobs->count == 0);
	ct_later(jobs);
	unchanged(conn, &before);
}

static void an_end_is_refused(void)
{
	refuse_a_row(0);
}

static void a_claim_is_refused(void)
{
	refuse_a_row(1);
}

static void said_twice(void)
{
	cairn_conn *conn = ct_open();
	struct worker me;
	prepare(conn, &me);
	turn(conn, &me);
	turn(conn, &me);
	static const enum cairn_ending endings[] = { CAIRN_ENDING_RETRYABLE, CAIRN_ENDING_SUCCEEDED,
						     CAIRN_ENDING_CONTINUED };
	for (int i = RETRY; i <= AGAIN; i++) {
		ct_int(me.each[i].status, CAIRN_STALE);
		ct_int(me.each[i].ending, endings[i]);
	}
	ct_each(me.each[REPORT], CAIRN_OK, NULL);
	ct_each(me.each[BEAT], CAIRN_OK, NULL);
	ct_each(me.each[FIRST_LINE], CAIRN_STALE, "job.finished");
	ct_int(ct_logs(conn, me.ends[SUCCESS].lease.id)->count, 1);
}

static void a_session_that_dies(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	struct worker me;
	struct picture before;
	cairn_jobs *jobs = NULL;
	prepare(conn, &me);
	look(other, &me, waiting(conn), &before);
	ct_int(ct_subject()->kill_session(conn), 0);
	cairn_status status = cairn_job_turn(conn, &me.turn, me.each, &jobs, ct_err());
	ct_true(status == CAIRN_UNAVAILABLE || status == CAIRN_UNCERTAIN);
	ct_later(jobs);
	unchanged(other, &before);
	ct_int(turn(other, &me)->count, 2);
	ct_each(me.each[SUCCESS], CAIRN_OK, NULL);
}

/* ---- what it costs ---------------------------------------------------------------------------- */

static void lease_many(cairn_conn *conn, cairn_lease *leases, size_t n)
{
	cairn_job_new jobs[MOST];
	cairn_claim_opts opts = ct_claim_opts("w", (uint32_t)n);
	cairn_jobs *claimed = NULL;
	for (size_t i = 0; i < n; i++)
		jobs[i] = ct_new("t");
	ct_ok(cairn_job_enqueue(conn, jobs, n, NULL, ct_err()));
	ct_ok(cairn_job_claim(conn, &opts, &claimed, ct_err()));
	ct_int(claimed->count, n);
	for (size_t i = 0; i < n; i++)
		leases[i] = cairn_job_lease(&claimed->at[i]);
	ct_later(claimed);
}

static void is_one_round_trip(void)
{
	cairn_conn *conn = ct_open();
	static const size_t sizes[] = { 3, 9, MOST };
	ct_define(conn, "t");
	for (size_t round = 0; round < 6; round++) {
		size_t n = sizes[round % 3];
		size_t third = n / 3;
		cairn_lease leases[MOST];
		cairn_finish ends[MOST];
		cairn_progress reports[MOST];
		cairn_log_line lines[MOST];
		cairn_changed each[3 * MOST];
		cairn_jobs *jobs = NULL;
		cairn_job_new fresh = ct_new("t");
		cairn_claim_opts claim = ct_claim_opts("w", MOST);
		lease_many(conn, leases, n);
		for (size_t i = 0; i < n; i++)
			lines[i] = line(leases[i], "said");
		for (size_t i = 0; i < third; i++) {
			ends[i] = i % 2 ? ct_success(leases[i])
					: ct_failure(leases[i], CAIRN_FINISH_TERMINAL, "x");
			reports[i] = ct_report(leases[third + i], 1, 2);
		}
		ct_add(conn, &fresh);
		cairn_turn all = { .size = sizeof(all),
				   .finishes = ends,
				   .finish_count = third,
				   .reports = reports,
				   .report_count = third,
				   .beats = leases + 2 * third,
				   .beat_count = third,
				   .lines = lines,
				   .line_count = n,
				   .claim = &claim };
		ct_budget(conn);
		ct_ok(cairn_job_turn(conn, &all, each, &jobs, ct_err()));
		ct_spent(conn, 1, "a turn", n);
		ct_int(jobs->count, 1);
		for (size_t i = 0; i < 2 * n; i++)
			ct_each(each[i], CAIRN_OK, NULL);
		ct_later(jobs);
	}
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.turn.says_it_all_at_once",
	  VERB,
	  .rule = "A turn writes ends, reports, longer leases and lines, and claims what the ends "
		  "gave back; a line is written before its job's end.",
	  .run = all_of_it },
	{ .name = "jobs.turn.leaves_what_separate_calls_leave",
	  VERB,
	  .rule = "Events and attempts after a turn are those after the same calls one by one.",
	  .run = as_in_calls_of_their_own },
	{ .name = "jobs.turn.may_say_nothing",
	  VERB,
	  .rule = "A turn without items costs nothing; one that only claims or only logs does "
		  "just that.",
	  .run = nothing_to_say },
	{ .name = "jobs.turn.marks_a_start_without_a_stage",
	  VERB,
	  .rule = "CAIRN_PROGRESS_STARTED marks the attempt once, writes no event and keeps the "
		  "stage; what is marked can't be released as unstarted.",
	  .run = a_mark_without_a_stage },
	{ .name = "jobs.turn.a_stale_item_leaves_the_others_alone",
	  VERB,
	  .rule = "Each item of a turn is refused or done by itself.",
	  .run = one_that_is_stale },
	{ .name = "jobs.turn.a_malformed_item_writes_nothing",
	  VERB,
	  .rule = "A malformed item fails the turn before any I/O; its index counts through "
		  "finishes, reports, beats and lines.",
	  .run = one_that_is_malformed },
	{ .name = "jobs.turn.a_job_stands_in_it_once",
	  VERB,
	  .rule = "A job that is finished, reported on and kept in one turn is a mistake, as is a "
		  "turn without room for its answers.",
	  .run = a_job_that_stands_twice },
	{ .name = "jobs.turn.is_one_commit",
	  VERB,
	  .rule = "Inside a transaction a turn commits nothing, and a refusal in it aborts "
		  "nothing.",
	  .run = in_a_transaction },
	{ .name = "jobs.turn.an_end_that_the_database_refuses_takes_all_of_it_back",
	  .kind = CT_FAULT,
	  .store = CT_JOBS,
	  .needs = CT_NEED_POISON,
	  .rule = "When the database refuses a row that a turn ends, nothing of the turn is "
		  "written: no end, no line, no claim.",
	  .run = an_end_is_refused },
	{ .name = "jobs.turn.a_claim_that_the_database_refuses_takes_all_of_it_back",
	  .kind = CT_FAULT,
	  .store = CT_JOBS,
	  .needs = CT_NEED_POISON,
	  .rule = "When the database refuses a row that a turn claims, none of its ends, reports "
		  "and lines is written.",
	  .run = a_claim_is_refused },
	{ .name = "jobs.turn.may_be_said_again",
	  VERB,
	  .rule = "A turn that is repeated tells how each fence ended, and writes no line about an "
		  "ended attempt.",
	  .run = said_twice },
	{ .name = "jobs.turn.on_a_killed_session_is_no_success",
	  .kind = CT_FAULT,
	  .store = CT_JOBS,
	  .needs = CT_NEED_KILL,
	  .rule = "A turn on a session that was killed writes nothing and can be said again on "
		  "another.",
	  .run = a_session_that_dies },
	{ .name = "jobs.turn.is_one_round_trip",
	  .kind = CT_BUDGET,
	  .store = CT_JOBS,
	  .rule = "A turn of n ends, reports, beats and lines with a claim is one round trip.",
	  .run = is_one_round_trip },
};

CT_GROUP(turn, cases);
