/*
 * dead.c - failures that are final: the last attempt, the kinds that are never retried,
 * and the dead letters they leave.
 */
#include "ct.h"

static const cairn_str none = { NULL, 0 };

static cairn_id add(cairn_conn *conn, const char *type, int32_t attempts)
{
	cairn_job_new job = ct_new(type);
	ct_define_retry(conn, type, attempts, CAIRN_SECOND);
	return ct_add(conn, &job);
}

static cairn_id dead_one(cairn_conn *conn, const char *type)
{
	cairn_id id = add(conn, type, 3);
	ct_finish(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_TERMINAL, "bad.input"));
	return id;
}

static const cairn_dead_letters *letters(cairn_conn *conn, const cairn_dead_filter *filter)
{
	cairn_dead_letters *found = NULL;
	ct_ok(cairn_job_dead_letters(conn, filter, &found, ct_err()));
	ct_later(found);
	return found;
}

static cairn_dead_filter all(void)
{
	return (cairn_dead_filter){ .size = sizeof(cairn_dead_filter), .scope = cairn_any() };
}

/* ---- how a job dies ------------------------------------------------------------ */

static void the_last_attempt(void)
{
	cairn_conn *conn = ct_open();
	const enum cairn_finish_how hows[] = { CAIRN_FINISH_RETRYABLE, CAIRN_FINISH_TIMEOUT };
	for (size_t i = 0; i < 2; i++) {
		cairn_id id = add(conn, "t", 3);
		for (int32_t attempt = 1; attempt <= 3; attempt++) {
			cairn_lease lease = ct_claim(conn, "w");
			ct_int(lease.attempt, attempt);
			cairn_changed changed = ct_finish(conn, ct_failure(lease, hows[i], "x"));
			ct_int(changed.job_status,
			       attempt < 3 ? CAIRN_JOB_PENDING : CAIRN_JOB_DEAD_LETTERED);
			ct_true((ct_dead(conn, id) != NULL) == (attempt == 3));
			ct_advance(CAIRN_SECOND);
		}
		ct_int(ct_attempts(conn, id)->count, 3);
		ct_claim_none(conn);
	}
}

static void the_only_attempt(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", 8, CAIRN_SECOND);
	job.max_attempts = 1;
	ct_add(conn, &job);
	cairn_lease lease = ct_claim(conn, "w");
	cairn_changed changed = ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x"));
	ct_int(changed.job_status, CAIRN_JOB_DEAD_LETTERED);
	ct_int(changed.ending, CAIRN_ENDING_RETRYABLE);
	ct_int(changed.run_at, 0);
	ct_int(changed.lease_expires_at, 0);
}

static void final_kinds(void)
{
	cairn_conn *conn = ct_open();
	const enum cairn_finish_how hows[] = { CAIRN_FINISH_TERMINAL, CAIRN_FINISH_PANICKED };
	const enum cairn_ending endings[] = { CAIRN_ENDING_TERMINAL, CAIRN_ENDING_PANICKED };
	for (size_t i = 0; i < 2; i++) {
		cairn_id id = add(conn, "t", 100);
		cairn_lease lease = ct_claim(conn, "w");
		ct_int(ct_finish(conn, ct_failure(lease, hows[i], "x")).ending, endings[i]);
		const cairn_job *job = ct_job(conn, id);
		ct_int(job->status, CAIRN_JOB_DEAD_LETTERED);
		ct_str(job->status_reason, cairn_ending_text(endings[i]));
		ct_int(job->attempt, 1);
		ct_int(job->max_attempts, 100);
	}
}

static void the_attempt_row(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn, "t", 1);
	cairn_time then = ct_now();
	cairn_lease lease = ct_claim(conn, "w");
	ct_advance(CAIRN_SECOND);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_TIMEOUT, "too.slow"));
	const cairn_attempt *attempt = &ct_attempts(conn, id)->at[0];
	ct_int(attempt->leased_at, then);
	ct_int(attempt->finished_at, ct_now());
	ct_int(attempt->ending, CAIRN_ENDING_TIMEOUT);
	ct_str(attempt->error_code, "too.slow");
	ct_str(attempt->error_message, "it broke");
	ct_int(attempt->retry_delay, 0);
	ct_int(attempt->next_run_at, 0);
	ct_int(attempt->not_before, 0);
}

static void the_events(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn, "t", 1);
	cairn_lease lease = ct_claim(conn, "w");
	ct_advance(CAIRN_SECOND);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_TIMEOUT, "too.slow"));
	ct_text(ct_timeline(conn, id), "ENQUEUED LEASED FAILED DEAD_LETTERED");
	const cairn_event_rows *events = ct_events(conn, id);
	ct_str(events->at[2].payload,
	       "{\"kind\":\"TIMEOUT\",\"error_code\":\"too.slow\",\"error_message\":\"it broke\"}");
	ct_str(events->at[3].payload, "{\"kind\":\"TIMEOUT\",\"error_code\":\"too.slow\"}");
	for (size_t i = 2; i < 4; i++) {
		ct_int(events->at[i].seq, i + 1);
		ct_int(events->at[i].attempt, 1);
		ct_int(events->at[i].run_number, 1);
		ct_int(events->at[i].at, ct_now());
		ct_str(events->at[i].stage, NULL);
		ct_int(events->at[i].progress_done, -1);
	}
}

/* A wish for a later retry is of no interest any more. */
static void wishes_are_ignored(void)
{
	cairn_conn *conn = ct_open();
	for (int how = CAIRN_FINISH_RETRYABLE; how <= CAIRN_FINISH_PANICKED; how++) {
		cairn_id id = add(conn, "t", 1);
		cairn_time run_at = ct_job(conn, id)->run_at;
		cairn_finish end =
			ct_failure(ct_claim(conn, "w"), (enum cairn_finish_how)how, "my.code");
		end.not_before = ct_now() + CAIRN_HOUR;
		cairn_changed changed = ct_finish(conn, end);
		ct_int(changed.job_status, CAIRN_JOB_DEAD_LETTERED);
		ct_int(changed.run_at, 0);
		ct_str(ct_job(conn, id)->error_code, "my.code");
		ct_int(ct_job(conn, id)->run_at, run_at);
		ct_int(ct_attempts(conn, id)->at[0].next_run_at, 0);
		ct_int(ct_attempts(conn, id)->at[0].not_before, 0);
		ct_text(ct_timeline(conn, id), "ENQUEUED LEASED FAILED DEAD_LETTERED");
	}
}

/* ---- the dead letter ----------------------------------------------------------- */

static void the_letter_holds_everything(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 2, CAIRN_SECOND);
	cairn_job_new job = { .type = CAIRN_STR("t"),
			      .queue = CAIRN_STR("q"),
			      .tenant = CAIRN_STR("acme"),
			      .payload = CAIRN_STR("{ \"n\": 1.0 }") };
	cairn_id id = ct_add(conn, &job);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	opts.queue = job.queue;
	cairn_jobs *jobs = NULL;
	for (int i = 0; i < 2; i++) {
		ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
		ct_int(jobs->count, 1);
		cairn_finish end = ct_failure(cairn_job_lease(&jobs->at[0]), CAIRN_FINISH_RETRYABLE,
					      i ? "second" : "first");
		end.checkpoint = i ? none : CAIRN_STR("[ 1 ]");
		ct_advance(CAIRN_SECOND);
		ct_finish(conn, end);
		ct_advance(CAIRN_SECOND);
	}
	ct_later(jobs);
	const cairn_dead_letter *dead = ct_dead_letter(conn, id);
	ct_id(dead->id, id);
	ct_str(dead->type, "t");
	ct_str(dead->queue, "q");
	ct_str(dead->tenant, "acme");
	ct_int(dead->run_number, 1);
	ct_int(dead->attempt, 2);
	ct_str(dead->error_code, "second");
	ct_str(dead->error_message, "it broke");
	ct_str(dead->payload, "{ \"n\": 1.0 }");
	ct_str(dead->checkpoint, "[ 1 ]");
	ct_int(dead->failed_at, ct_now() - CAIRN_SECOND);
	ct_int(dead->created_at, ct_now() - CAIRN_SECOND);
	ct_int(dead->failed_at, ct_job(conn, id)->finished_at);
}

static void the_letter_of_a_bare_job(void)
{
	cairn_conn *conn = ct_open();
	cairn_finish end =
		ct_failure((add(conn, "t", 1), ct_claim(conn, "w")), CAIRN_FINISH_PANICKED, "x");
	end.error_message = none;
	ct_finish(conn, end);
	const cairn_dead_letter *dead = ct_dead_letter(conn, end.lease.id);
	ct_str(dead->tenant, NULL);
	ct_str(dead->queue, "default");
	ct_str(dead->payload, "{}");
	ct_str(dead->checkpoint, NULL);
	ct_str(dead->error_message, NULL);
}

static void its_checkpoint_is_the_last(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn, "t", 1);
	cairn_finish end = ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_TERMINAL, "x");
	end.checkpoint = CAIRN_STR(" null");
	ct_finish(conn, end);
	ct_str(ct_dead_letter(conn, id)->checkpoint, " null");
	ct_str(ct_job(conn, id)->checkpoint, " null");
}

static void only_the_dead_have_one(void)
{
	cairn_conn *conn = ct_open();
	for (int status = CAIRN_JOB_PENDING; status <= CAIRN_JOB_CANCELED; status++) {
		ct_made made = ct_make(conn, "t", (enum cairn_job_status)status);
		ct_true((ct_dead(conn, made.id) != NULL) == (status == CAIRN_JOB_DEAD_LETTERED));
	}
	cairn_id id = add(conn, "t", 2);
	ct_finish(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_RETRYABLE, "x"));
	ct_true(ct_dead(conn, id) == NULL);
	cairn_dead_filter filter = all();
	ct_int(letters(conn, &filter)->count, 1);
}

static void a_rolled_back_death(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn, "t", 1);
	cairn_finish end = ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_TERMINAL, "x");
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_finish(conn, end);
	ct_str(ct_dead_letter(conn, id)->error_code, "x");
	cairn_rollback(&tx);
	ct_true(ct_dead(conn, id) == NULL);
	end.error_code = CAIRN_STR("y");
	ct_finish(conn, end);
	ct_str(ct_dead_letter(conn, id)->error_code, "y");
}

/* ---- the list ------------------------------------------------------------------ */

static void newest_job_first(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[3];
	for (size_t i = 0; i < 3; i++)
		ids[i] = add(conn, "t", 1);
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 3);
	/* they die in another order */
	for (size_t i = 0; i < 3; i++) {
		cairn_lease lease = cairn_job_lease(&jobs->at[(i + 1) % 3]);
		ct_advance(CAIRN_SECOND);
		ct_finish(conn, ct_failure(lease, CAIRN_FINISH_TERMINAL, "x"));
	}
	cairn_dead_filter filter = all();
	const cairn_dead_letters *found = letters(conn, &filter);
	ct_int(found->count, 3);
	for (size_t i = 0; i < 3; i++)
		ct_id(found->at[i].id, ids[2 - i]);
}

/* While it is paged through, a newer job of the type dies behind each page. */
static void page_through(cairn_conn *conn, const char *type, uint32_t limit)
{
	enum { N = 7 };
	cairn_id ids[N];
	for (size_t i = 0; i < N; i++)
		ids[i] = dead_one(conn, type);
	cairn_dead_filter filter = all();
	filter.type = cairn_str_of(type);
	filter.limit = limit;
	size_t seen = 0;
	for (;;) {
		const cairn_dead_letters *page = letters(conn, &filter);
		ct_true(page->count <= limit);
		ct_true(seen + page->count <= N);
		for (size_t i = 0; i < page->count; i++)
			ct_id(page->at[i].id, ids[N - 1 - seen++]);
		if (page->count < limit)
			break;
		filter.after = page->at[page->count - 1].id;
		dead_one(conn, type);
	}
	ct_int(seen, N);
}

static void pages(void)
{
	cairn_conn *conn = ct_open();
	for (uint32_t limit = 1; limit <= 8; limit++)
		page_through(conn, ct_format("t%u", limit), limit);
}

static void the_filters(void)
{
	cairn_conn *conn = ct_open();
	cairn_id a = dead_one(conn, "a");
	cairn_id b = dead_one(conn, "b");
	cairn_id a2 = dead_one(conn, "a");
	dead_one(conn, "A");
	dead_one(conn, "aa");
	cairn_dead_filter filter = all();
	filter.type = CAIRN_STR("a");
	ct_int(letters(conn, &filter)->count, 2);
	ct_id(letters(conn, &filter)->at[0].id, a2);
	filter.after = a2;
	ct_int(letters(conn, &filter)->count, 1);
	ct_id(letters(conn, &filter)->at[0].id, a);
	filter = all();
	filter.job = b;
	ct_int(letters(conn, &filter)->count, 1);
	ct_str(letters(conn, &filter)->at[0].type, "b");
	filter.type = CAIRN_STR("a");
	ct_int(letters(conn, &filter)->count, 0);
	filter = all();
	filter.type = CAIRN_STR("%");
	ct_int(letters(conn, &filter)->count, 0);
	filter = all();
	filter.job = cairn_id_new();
	ct_int(letters(conn, &filter)->count, 0);
}

static void a_cursor_that_is_no_letter(void)
{
	cairn_conn *conn = ct_open();
	cairn_id older = dead_one(conn, "t");
	cairn_id alive = add(conn, "t", 3);
	dead_one(conn, "u");
	cairn_dead_filter filter = all();
	filter.after = alive;
	ct_int(letters(conn, &filter)->count, 1);
	ct_id(letters(conn, &filter)->at[0].id, older);
	filter.after = older;
	ct_int(letters(conn, &filter)->count, 0);
}

static void a_hundred_by_default(void)
{
	cairn_conn *conn = ct_open();
	enum { N = 101 };
	ct_define_retry(conn, "t", 1, CAIRN_SECOND);
	cairn_job_new jobs[N];
	cairn_finish ends[N];
	for (size_t i = 0; i < N; i++)
		jobs[i] = ct_new("t");
	ct_ok(cairn_job_enqueue(conn, jobs, N, NULL, ct_err()));
	const cairn_jobs *claimed = ct_claim_n(conn, "w", N);
	for (size_t i = 0; i < N; i++)
		ends[i] = ct_failure(cairn_job_lease(&claimed->at[i]), CAIRN_FINISH_PANICKED, "x");
	ct_ok(cairn_job_finish(conn, ends, N, NULL, ct_err()));
	cairn_dead_filter filter = all();
	ct_int(letters(conn, &filter)->count, 100);
	filter.limit = 1000;
	ct_int(letters(conn, &filter)->count, N);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.dead.after_the_last_attempt",
	  VERB,
	  .rule = "Retryable failures and timeouts are retried until attempt = max_attempts; "
		  "that one is dead-lettered.",
	  .covers = "runledger F01, F02, smol-30",
	  .run = the_last_attempt },
	{ .name = "jobs.dead.a_job_may_have_one_attempt",
	  VERB,
	  .rule = "A job's own max_attempts counts, not its definition's; the answer tells the "
		  "end and no time.",
	  .covers = "runledger F02, F16",
	  .run = the_only_attempt },
	{ .name = "jobs.dead.terminal_and_panicked_are_final",
	  VERB,
	  .rule = "TERMINAL and PANICKED are never retried, however many attempts are left.",
	  .covers = "runledger F01",
	  .run = final_kinds },
	{ .name = "jobs.dead.the_attempt_has_no_next",
	  VERB,
	  .rule = "The last attempt has kind, code and message, and neither delay nor next time.",
	  .covers = "runledger F02",
	  .run = the_attempt_row },
	{ .name = "jobs.dead.writes_two_events",
	  VERB,
	  .rule = "FAILED, then DEAD_LETTERED, with exactly the documented members.",
	  .covers = "runledger F02",
	  .run = the_events },
	{ .name = "jobs.dead.ignores_the_wish_for_a_later_retry",
	  VERB,
	  .rule = "A failure that is final keeps its code and writes no retry, whatever time it "
		  "asks for.",
	  .covers = "runledger F05",
	  .run = wishes_are_ignored },
	{ .name = "jobs.dead.the_letter_holds_everything",
	  VERB,
	  .rule = "The letter has type, queue, tenant, run, attempt, code, message, payload and "
		  "checkpoint of the job, and when it failed.",
	  .covers = "runledger F12",
	  .run = the_letter_holds_everything },
	{ .name = "jobs.dead.the_letter_of_a_bare_job",
	  VERB,
	  .rule = "What the job does not have is absent in its letter.",
	  .covers = "runledger F12",
	  .run = the_letter_of_a_bare_job },
	{ .name = "jobs.dead.its_checkpoint_is_the_last_one",
	  VERB,
	  .rule = "A checkpoint that comes with the final failure is in the letter.",
	  .covers = "runledger F12",
	  .run = its_checkpoint_is_the_last },
	{ .name = "jobs.dead.only_dead_jobs_have_a_letter",
	  VERB,
	  .rule = "No other ending, and no retry, leaves a dead letter.",
	  .run = only_the_dead_have_one },
	{ .name = "jobs.dead.a_death_rolled_back_leaves_no_letter",
	  VERB,
	  .rule = "A dead letter comes and goes with its transaction.",
	  .run = a_rolled_back_death },
	{ .name = "jobs.dead_letters.newest_job_first",
	  VERB,
	  .rule = "Letters are listed by the age of their jobs, not of their deaths.",
	  .run = newest_job_first },
	{ .name = "jobs.dead_letters.pages_hold_each_once",
	  VERB,
	  .rule = "Pages of any size show each letter once, though newer jobs die meanwhile.",
	  .covers = "runledger A06",
	  .run = pages },
	{ .name = "jobs.dead_letters.filters_are_exact",
	  VERB,
	  .rule = "Type and job are compared exactly; together both must fit; no match is no "
		  "error.",
	  .run = the_filters },
	{ .name = "jobs.dead_letters.any_id_is_a_cursor",
	  VERB,
	  .rule = "A cursor needs no letter: the list goes on behind its place.",
	  .covers = "runledger A06",
	  .run = a_cursor_that_is_no_letter },
	{ .name = "jobs.dead_letters.a_hundred_unless_said",
	  VERB,
	  .rule = "Limit 0 is 100; up to 1000 come in one page.",
	  .covers = "runledger A01",
	  .run = a_hundred_by_default },
};

CT_GROUP(dead, cases);
