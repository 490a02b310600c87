/*
 * retry.c - failures with attempts left: the policy's delays, the handler's wish for a
 * later time, and what a retry leaves in row, attempt and timeline. The last
 * attempt and final failures are in dead.c.
 */
#include "ct.h"

static const cairn_usec NO_JITTER = -1;

static void define_policy(cairn_conn *conn, cairn_retry retry)
{
	cairn_definition definition = { .type = CAIRN_STR("t"),
					.max_attempts = 100,
					.retry = retry };
	ct_ok(cairn_job_define(conn, &definition, 1, ct_err()));
}

static cairn_lease take(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_add(conn, &job);
	return ct_claim(conn, "w");
}

/* A lease of a type that is retried after exactly a second. */
static cairn_lease take_simple(cairn_conn *conn)
{
	ct_define_retry(conn, "t", 5, CAIRN_SECOND);
	return take(conn);
}

/* Fails and answers the delay until the next attempt, which is then claimed. */
static cairn_usec delay_of(cairn_conn *conn, cairn_lease *lease)
{
	cairn_changed changed = ct_finish(conn, ct_failure(*lease, CAIRN_FINISH_RETRYABLE, "x"));
	cairn_usec delay = changed.run_at - ct_now();
	ct_int(changed.job_status, CAIRN_JOB_PENDING);
	ct_set_now(changed.run_at);
	*lease = ct_claim(conn, "w");
	return delay;
}

static const cairn_attempt *attempt_of(cairn_conn *conn, cairn_lease lease)
{
	const cairn_attempts *attempts = ct_attempts(conn, lease.id);
	ct_true((int64_t)attempts->count >= lease.fence);
	return &attempts->at[lease.fence - 1];
}

static const cairn_event *retry_event(cairn_conn *conn, cairn_id id)
{
	const cairn_event_rows *events = ct_events(conn, id);
	ct_true(events->count >= 2);
	const cairn_event *event = &events->at[events->count - 1];
	ct_int(event->kind, CAIRN_EVENT_RETRY_SCHEDULED);
	return event;
}

/* ---- what a retry writes ------------------------------------------------------- */

static void the_attempt_row(void)
{
	cairn_conn *conn = ct_open();
	const enum cairn_finish_how hows[] = { CAIRN_FINISH_RETRYABLE, CAIRN_FINISH_TIMEOUT };
	const enum cairn_ending endings[] = { CAIRN_ENDING_RETRYABLE, CAIRN_ENDING_TIMEOUT };
	for (size_t i = 0; i < 2; i++) {
		cairn_lease lease = take_simple(conn);
		cairn_time then = ct_now();
		ct_advance(CAIRN_SECOND);
		ct_finish(conn, ct_failure(lease, hows[i], "io.lost"));
		const cairn_attempt *attempt = attempt_of(conn, lease);
		ct_int(attempt->fence, 1);
		ct_int(attempt->run_number, 1);
		ct_int(attempt->attempt, 1);
		ct_str(attempt->worker, "w");
		ct_int(attempt->leased_at, then);
		ct_int(attempt->finished_at, ct_now());
		ct_int(attempt->ending, endings[i]);
		ct_str(attempt->error_code, "io.lost");
		ct_str(attempt->error_message, "it broke");
		ct_int(attempt->retry_delay, CAIRN_SECOND);
		ct_int(attempt->next_run_at, ct_now() + CAIRN_SECOND);
		ct_int(attempt->not_before, 0);
	}
}

static void the_answer(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_simple(conn);
	cairn_changed changed = ct_finish(conn, ct_failure(lease, CAIRN_FINISH_TIMEOUT, "x"));
	ct_int(changed.job_status, CAIRN_JOB_PENDING);
	ct_int(changed.ending, CAIRN_ENDING_TIMEOUT);
	ct_int(changed.run_at, ct_now() + CAIRN_SECOND);
	ct_int(changed.run_at, ct_job(conn, lease.id)->run_at);
	ct_int(changed.lease_expires_at, 0);
}

static void the_events(void)
{
	cairn_conn *conn = ct_open();
	ct_set_now(1779445800000000); /* 2026-05-22T10:30:00Z */
	cairn_lease lease = take_simple(conn);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "io.lost"));
	ct_text(ct_timeline(conn, lease.id), "ENQUEUED LEASED FAILED RETRY_SCHEDULED");
	const cairn_event_rows *events = ct_events(conn, lease.id);
	for (size_t i = 2; i < 4; i++) {
		const cairn_event *event = &events->at[i];
		ct_int(event->seq, i + 1);
		ct_int(event->run_number, 1);
		ct_int(event->attempt, 1);
		ct_int(event->at, ct_now());
		ct_str(event->stage, NULL);
		ct_int(event->progress_done, -1);
		ct_int(event->progress_total, -1);
	}
	ct_str(events->at[2].payload, "{\"kind\":\"RETRYABLE\",\"error_code\":\"io.lost\",\"error_"
				      "message\":\"it broke\"}");
	ct_str(events->at[3].payload, "{\"retry_delay_us\":1000000,"
				      "\"effective_next_run_at\":\"2026-05-22T10:30:01.000000Z\","
				      "\"next_run_at\":\"2026-05-22T10:30:01.000000Z\","
				      "\"retry_timing_source\":\"POLICY\"}");
}

static void each_attempt_its_own_events(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_simple(conn);
	for (size_t i = 0; i < 3; i++)
		delay_of(conn, &lease);
	ct_text(ct_timeline(conn, lease.id),
		"ENQUEUED LEASED FAILED RETRY_SCHEDULED LEASED FAILED RETRY_SCHEDULED "
		"LEASED FAILED RETRY_SCHEDULED LEASED");
	const cairn_event_rows *events = ct_events(conn, lease.id);
	for (size_t i = 1; i < events->count; i++) {
		ct_int(events->at[i].seq, i + 1);
		ct_int(events->at[i].attempt, (i - 1) / 3 + 1);
	}
}

static void texts_of_failures(void)
{
	cairn_conn *conn = ct_open();
	cairn_finish finish = ct_failure(take_simple(conn), CAIRN_FINISH_RETRYABLE, "a \"b\" \\c");
	finish.error_message = CAIRN_STR("line 1\nline \"2\"\t\\ \xc3\xa9 \xf0\x9f\x92\xa5");
	ct_finish(conn, finish);
	const cairn_job *job = ct_job(conn, finish.lease.id);
	ct_same(job->error_code, finish.error_code);
	ct_same(job->error_message, finish.error_message);
	ct_same(attempt_of(conn, finish.lease)->error_message, finish.error_message);
	ct_str(ct_event(conn, job->id, 2)->payload,
	       "{\"kind\":\"RETRYABLE\",\"error_code\":\"a \\\"b\\\" \\\\c\",\"error_message\":"
	       "\"line 1\\nline \\\"2\\\"\\t\\\\ \xc3\xa9 \xf0\x9f\x92\xa5\"}");
}

static void a_message_may_be_missing(void)
{
	cairn_conn *conn = ct_open();
	cairn_finish finish = ct_failure(take_simple(conn), CAIRN_FINISH_RETRYABLE, "x");
	finish.error_message = (cairn_str){ NULL, 0 };
	ct_finish(conn, finish);
	ct_str(ct_job(conn, finish.lease.id)->error_message, NULL);
	ct_str(attempt_of(conn, finish.lease)->error_message, NULL);
	ct_str(ct_event(conn, finish.lease.id, 2)->payload,
	       "{\"kind\":\"RETRYABLE\",\"error_code\":\"x\",\"error_message\":null}");
}

static void messages_have_a_limit(void)
{
	cairn_conn *conn = ct_open();
	cairn_finish finish = ct_failure(take_simple(conn), CAIRN_FINISH_RETRYABLE, "x");
	finish.error_message = cairn_str_of(ct_repeat('m', 8193));
	ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_TOO_LARGE,
		  "limit.exceeded");
	ct_int(ct_last()->index, 0);
	finish.error_message.len = 8192;
	finish.error_code = cairn_str_of(ct_repeat('c', 255));
	ct_finish(conn, finish);
	ct_int(ct_job(conn, finish.lease.id)->error_message.len, 8192);
	ct_int(ct_job(conn, finish.lease.id)->error_code.len, 255);
}

/* ---- the policy's delays ------------------------------------------------------- */

static void default_backoff(void)
{
	cairn_conn *conn = ct_open();
	static const cairn_usec table[] = { 10, 20, 40, 80, 160, 300, 300 };
	ct_define(conn, "t");
	bool differ = false;
	cairn_usec first_shift = 0;
	for (size_t k = 0; k < 12; k++) {
		cairn_lease lease = take(conn);
		cairn_usec shift = 0;
		for (size_t i = 0; i < 7; i++) {
			cairn_usec moved = delay_of(conn, &lease) - table[i] * CAIRN_SECOND;
			ct_true(moved >= -500 * CAIRN_MILLISECOND);
			ct_true(moved <= 499 * CAIRN_MILLISECOND);
			ct_true(i == 0 || moved == shift);
			shift = moved;
		}
		differ = differ || (k > 0 && shift != first_shift);
		first_shift = shift;
		cairn_changed last = ct_finish(conn, ct_failure(lease, CAIRN_FINISH_TIMEOUT, "x"));
		ct_int(last.job_status, CAIRN_JOB_DEAD_LETTERED);
	}
	/* the same shift for the same job, not for all jobs */
	ct_true(differ);
}

static void delays(cairn_retry policy, const cairn_usec *want, size_t n)
{
	cairn_conn *conn = ct_open();
	define_policy(conn, policy);
	cairn_lease lease = take(conn);
	for (size_t i = 0; i < n; i++)
		ct_int(delay_of(conn, &lease), want[i]);
	const cairn_attempts *attempts = ct_attempts(conn, lease.id);
	for (size_t i = 0; i < n; i++)
		ct_int(attempts->at[i].retry_delay, want[i]);
}

static void factors(void)
{
	const cairn_usec same[] = { 3 * CAIRN_SECOND, 3 * CAIRN_SECOND, 3 * CAIRN_SECOND };
	cairn_retry policy = {
		.base = 3 * CAIRN_SECOND, .cap = CAIRN_HOUR, .jitter = NO_JITTER, .factor = 1000
	};
	delays(policy, same, 3);
	const cairn_usec half[] = { 2000000, 3000000, 4500000, 6750000, 10125000 };
	policy.base = 2 * CAIRN_SECOND;
	policy.factor = 1500;
	delays(policy, half, 5);
	const cairn_usec steep[] = { 1000000, 100000000, 3600000000, 3600000000 };
	policy.base = CAIRN_SECOND;
	policy.factor = 100000;
	delays(policy, steep, 4);
}

static void the_cap_holds(void)
{
	const cairn_usec capped[] = { 10000000, 20000000, 25000000, 25000000 };
	cairn_retry policy = { .base = 10 * CAIRN_SECOND,
			       .cap = 25 * CAIRN_SECOND,
			       .jitter = NO_JITTER,
			       .factor = 2000 };
	delays(policy, capped, 4);
	const cairn_usec below[] = { 4000000, 4000000 };
	policy.cap = 4 * CAIRN_SECOND;
	delays(policy, below, 2);
	const cairn_usec year[] = { CAIRN_DAY, 2 * CAIRN_DAY, 4 * CAIRN_DAY, 8 * CAIRN_DAY,
				    16 * CAIRN_DAY };
	policy.base = CAIRN_DAY;
	policy.cap = 365 * CAIRN_DAY;
	delays(policy, year, 5);
}

static void short_delays(void)
{
	const cairn_usec tiny[] = { 1, 2, 4, 8 };
	cairn_retry policy = { .base = 1, .cap = CAIRN_HOUR, .jitter = NO_JITTER, .factor = 2000 };
	delays(policy, tiny, 4);
	const cairn_usec milli[] = { 5000, 5000 };
	policy.base = 5 * CAIRN_MILLISECOND;
	policy.factor = 1000;
	delays(policy, milli, 2);
}

static void within(cairn_conn *conn, cairn_retry policy, cairn_usec low, cairn_usec high)
{
	define_policy(conn, policy);
	for (size_t i = 0; i < 20; i++) {
		cairn_lease lease = take(conn);
		cairn_usec delay = delay_of(conn, &lease);
		ct_true(delay >= low);
		ct_true(delay <= high);
		ct_finish(conn, ct_success(lease));
	}
}

static void jitter_has_a_floor(void)
{
	cairn_conn *conn = ct_open();
	cairn_retry policy = { .base = 2 * CAIRN_SECOND,
			       .cap = CAIRN_HOUR,
			       .jitter = 10 * CAIRN_SECOND,
			       .factor = 1000 };
	within(conn, policy, CAIRN_SECOND, 12 * CAIRN_SECOND);
	policy.base = 200 * CAIRN_MILLISECOND;
	policy.jitter = CAIRN_SECOND;
	within(conn, policy, 200 * CAIRN_MILLISECOND, 1200 * CAIRN_MILLISECOND);
	policy.base = CAIRN_HOUR;
	policy.jitter = CAIRN_MINUTE;
	within(conn, policy, 59 * CAIRN_MINUTE, 61 * CAIRN_MINUTE);
}

/* ---- the handler's wish -------------------------------------------------------- */

/* Fails with a wish; answers the payload of RETRY_SCHEDULED. */
static const char *wished(cairn_conn *conn, cairn_time wish, cairn_time due)
{
	cairn_finish finish = ct_failure(take_simple(conn), CAIRN_FINISH_RETRYABLE, "x");
	finish.not_before = wish;
	cairn_changed changed = ct_finish(conn, finish);
	const cairn_job *job = ct_job(conn, finish.lease.id);
	const cairn_attempt *attempt = attempt_of(conn, finish.lease);
	ct_int(changed.run_at, due);
	ct_int(job->run_at, due);
	ct_int(attempt->retry_delay, CAIRN_SECOND);
	ct_int(attempt->next_run_at, due);
	ct_int(attempt->not_before, wish);
	return retry_event(conn, job->id)->payload.ptr;
}

/* The payload of RETRY_SCHEDULED after a second's delay. */
static const char *payload(cairn_time due, const char *source, cairn_time wish)
{
	char next[CAIRN_TIME_TEXT];
	char requested[CAIRN_TIME_TEXT];
	cairn_time_format(due, next);
	cairn_time_format(wish, requested);
	return ct_format("{\"retry_delay_us\":1000000,\"effective_next_run_at\":\"%s\","
			 "\"next_run_at\":\"%s\",\"retry_timing_source\":\"%s\","
			 "\"requested_retry_not_before\":\"%s\",\"requested_retry_at\":\"%s\"}",
			 next, next, source, requested, requested);
}

static void an_earlier_wish_loses(void)
{
	cairn_conn *conn = ct_open();
	cairn_time policy = ct_now() + CAIRN_SECOND;
	const cairn_time wishes[] = { ct_now() + 1, ct_now(), policy - 1, policy };
	for (size_t i = 0; i < 4; i++)
		ct_text(wished(conn, wishes[i], policy), payload(policy, "POLICY", wishes[i]));
}

static void a_later_wish_wins(void)
{
	cairn_conn *conn = ct_open();
	cairn_time policy = ct_now() + CAIRN_SECOND;
	const cairn_time wishes[] = { policy + 1, ct_now() + 30 * CAIRN_DAY + 1,
				      (cairn_time)253402300800 * CAIRN_SECOND - 1 };
	for (size_t i = 0; i < 3; i++)
		ct_text(wished(conn, wishes[i], wishes[i]),
			payload(wishes[i], "HANDLER_NOT_BEFORE", wishes[i]));
}

static void a_past_wish_hastens_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_time policy = ct_now() + CAIRN_SECOND;
	const cairn_time wishes[] = { ct_now() - CAIRN_HOUR, 1, -1, -62135596800 * CAIRN_SECOND };
	for (size_t i = 0; i < 4; i++)
		ct_text(wished(conn, wishes[i], policy), payload(policy, "POLICY", wishes[i]));
	ct_advance(CAIRN_SECOND - 1);
	ct_claim_none(conn);
	ct_advance(1);
	ct_int(ct_claim_n(conn, "w", 10)->count, 4);
}

static void not_before_its_time(void)
{
	cairn_conn *conn = ct_open();
	cairn_finish finish = ct_failure(take_simple(conn), CAIRN_FINISH_TIMEOUT, "x");
	finish.not_before = ct_now() + CAIRN_HOUR;
	ct_finish(conn, finish);
	ct_int(ct_job(conn, finish.lease.id)->parked, 1);
	ct_advance(CAIRN_HOUR - 1);
	ct_claim_none(conn);
	ct_advance(1);
	cairn_lease next = ct_claim(conn, "w");
	ct_id(next.id, finish.lease.id);
	ct_int(next.attempt, 2);
	/* the wish was for that time only */
	ct_int(delay_of(conn, &next), CAIRN_SECOND);
	ct_int(ct_attempts(conn, next.id)->at[1].not_before, 0);
}

static void wishes_out_of_range(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take_simple(conn);
	const char *before = ct_snapshot(conn, lease.id);
	const cairn_time bad[] = { (cairn_time)253402300800 * CAIRN_SECOND,
				   -62135596800 * CAIRN_SECOND - 1, INT64_MAX, INT64_MIN };
	for (size_t i = 0; i < 4; i++) {
		cairn_finish finish = ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x");
		finish.not_before = bad[i];
		ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID,
			  "arg.invalid_time");
	}
	ct_unchanged(conn, lease.id, before);
}

static void each_item_its_own_wish(void)
{
	cairn_conn *conn = ct_open();
	cairn_finish ends[4];
	cairn_changed each[4];
	for (size_t i = 0; i < 4; i++) {
		ends[i] = ct_failure(take_simple(conn), CAIRN_FINISH_RETRYABLE, "x");
		ends[i].not_before = i % 2 ? ct_now() + (cairn_usec)i * CAIRN_HOUR : 0;
	}
	ct_ok(cairn_job_finish(conn, ends, 4, each, ct_err()));
	for (size_t i = 0; i < 4; i++) {
		cairn_time due = i % 2 ? ends[i].not_before : ct_now() + CAIRN_SECOND;
		ct_int(each[i].run_at, due);
		ct_int(ct_job(conn, ends[i].lease.id)->run_at, due);
		ct_int(attempt_of(conn, ends[i].lease)->not_before, ends[i].not_before);
	}
}

static void beyond_the_calendar(void)
{
	cairn_conn *conn = ct_open();
	cairn_retry policy = { .base = 365 * CAIRN_DAY,
			       .cap = 365 * CAIRN_DAY,
			       .jitter = NO_JITTER };
	define_policy(conn, policy);
	cairn_lease lease = take(conn);
	ct_int(delay_of(conn, &lease), 365 * CAIRN_DAY);
	ct_int(ct_job(conn, lease.id)->attempt, 2);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.retry.the_attempt_tells_all",
	  VERB,
	  .rule = "A retried attempt has its kind, code, message, the policy's delay and the "
		  "next time.",
	  .covers = "runledger F01, F03",
	  .run = the_attempt_row },
	{ .name = "jobs.retry.the_answer_tells_when",
	  VERB,
	  .rule = "The answer to a retryable failure has the ending and when the job is due.",
	  .covers = "runledger F16",
	  .run = the_answer },
	{ .name = "jobs.retry.writes_two_events",
	  VERB,
	  .rule = "FAILED, then RETRY_SCHEDULED, with exactly the documented members; without "
		  "a wish nothing is requested.",
	  .covers = "runledger F03, F11",
	  .run = the_events },
	{ .name = "jobs.retry.every_attempt_has_its_own_events",
	  VERB,
	  .rule = "Events carry the attempt they are about, numbered without gaps.",
	  .covers = "runledger F03",
	  .run = each_attempt_its_own_events },
	{ .name = "jobs.retry.texts_are_kept_and_escaped",
	  VERB,
	  .rule = "Code and message are kept byte for byte, and are proper JSON in the event.",
	  .run = texts_of_failures },
	{ .name = "jobs.retry.a_message_may_be_missing",
	  VERB,
	  .rule = "A failure without a message has none anywhere; its member is null.",
	  .run = a_message_may_be_missing },
	{ .name = "jobs.retry.messages_have_a_limit",
	  VERB,
	  .rule = "8192 bytes of message and 255 of code fit; more is TOO_LARGE.",
	  .run = messages_have_a_limit },
	{ .name = "jobs.retry.the_default_backs_off",
	  VERB,
	  .rule = "Eight attempts after 10, 20, 40, 80, 160, 300 and 300 s, shifted by -500 to "
		  "499 ms, the same for the same job.",
	  .covers = "runledger F14",
	  .run = default_backoff },
	{ .name = "jobs.retry.the_factor_multiplies",
	  VERB,
	  .rule = "Each delay is the one before times the factor in thousandths, exactly.",
	  .covers = "runledger F14",
	  .run = factors },
	{ .name = "jobs.retry.the_cap_holds",
	  VERB,
	  .rule = "No delay is above the cap, the base included.",
	  .covers = "runledger F14",
	  .run = the_cap_holds },
	{ .name = "jobs.retry.short_delays_stay_short",
	  VERB,
	  .rule = "Without jitter a delay below a second is what it is, to the microsecond.",
	  .run = short_delays },
	{ .name = "jobs.retry.jitter_never_goes_below_a_second",
	  VERB,
	  .rule = "A shifted delay stays within +-jitter and above a second, or above the delay "
		  "itself when that is shorter.",
	  .covers = "runledger F14",
	  .run = jitter_has_a_floor },
	{ .name = "jobs.retry.an_earlier_wish_loses",
	  VERB,
	  .rule = "A wish up to the policy's time changes nothing and is kept for the audit; "
		  "the source is POLICY.",
	  .covers = "runledger F06, F11",
	  .run = an_earlier_wish_loses },
	{ .name = "jobs.retry.a_later_wish_wins",
	  VERB,
	  .rule = "A later wish is when the job is due, to the microsecond; the stored delay "
		  "stays the policy's, the source is HANDLER_NOT_BEFORE.",
	  .covers = "runledger F07, F11, smol-30",
	  .run = a_later_wish_wins },
	{ .name = "jobs.retry.a_wish_in_the_past_hastens_nothing",
	  VERB,
	  .rule = "A wish in the past is noted; the job is not claimable before the policy's "
		  "time.",
	  .covers = "runledger F08, F09",
	  .run = a_past_wish_hastens_nothing },
	{ .name = "jobs.retry.a_wish_holds_once",
	  VERB,
	  .rule = "Until the wished time nobody gets the job; the next failure follows the "
		  "policy again.",
	  .covers = "runledger F07",
	  .run = not_before_its_time },
	{ .name = "jobs.retry.wishes_out_of_range_are_refused",
	  VERB,
	  .rule = "A wish outside of the years 1 to 9999 is arg.invalid_time; the lease stays.",
	  .covers = "runledger F09",
	  .run = wishes_out_of_range },
	{ .name = "jobs.retry.each_item_has_its_own_wish",
	  VERB,
	  .rule = "In a batch wishes and their absence stay with their items.",
	  .run = each_item_its_own_wish },
	{ .name = "jobs.retry.a_year_is_a_delay",
	  VERB,
	  .rule = "The longest delay a policy may have is kept.",
	  .run = beyond_the_calendar },
};

CT_GROUP(retry, cases);
