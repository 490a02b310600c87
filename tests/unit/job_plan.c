/* job_plan.c - the planners of the jobs store: retry delays, what each verb writes. */
#include "../../core/job_plan.h"

#include "../tap.h"

#define BIT(n) (1u << (unsigned)(n))

static const cairn_retry standard = { .base = 0 };

static void default_delays_double_up_to_the_cap(void)
{
	static const int seconds[] = { 10, 20, 40, 80, 160, 300, 300 };
	cairn_retry retry = cairn__retry_settle(standard);
	retry.jitter = -1;
	for (int attempt = 1; attempt <= 7; attempt++) {
		cairn_usec delay = cairn__retry_delay(&retry, cairn_id_new(), attempt);
		is_int(delay, seconds[attempt - 1] * CAIRN_SECOND, "delay of an attempt");
	}
	is_int(cairn__retry_delay(&retry, cairn_id_new(), 2000000000), 300 * CAIRN_SECOND,
	       "a huge attempt number stays at the cap");
}

static void jitter_is_bounded_and_the_same_for_the_same_job(void)
{
	cairn_retry retry = cairn__retry_settle(standard);
	int inside = 1;
	int steady = 1;
	int differs = 0;
	cairn_usec first = -1;
	for (int i = 0; i < 2000; i++) {
		cairn_id id = cairn_id_new();
		cairn_usec delay = cairn__retry_delay(&retry, id, 1);
		inside &= delay >= 9500 * CAIRN_MILLISECOND && delay <= 10499 * CAIRN_MILLISECOND;
		steady &= delay == cairn__retry_delay(&retry, id, 1);
		differs |= first >= 0 && delay != first;
		first = delay;
	}
	ok(inside, "within -500 .. +499 ms");
	ok(steady, "deterministic per job");
	ok(differs, "different between jobs");
}

static void jitter_follows_the_id_as_a_number(void)
{
	cairn_retry retry = cairn__retry_settle(standard);
	cairn_id id = { { 0 } };
	is_int(cairn__retry_delay(&retry, id, 1), 9500 * CAIRN_MILLISECOND, "0 mod 1000 - 500");
	id.bytes[14] = 0x03;
	id.bytes[15] = 0xe7;
	is_int(cairn__retry_delay(&retry, id, 1), 10499 * CAIRN_MILLISECOND, "999 mod 1000 - 500");
	id.bytes[15] = 0xe8;
	is_int(cairn__retry_delay(&retry, id, 1), 9500 * CAIRN_MILLISECOND, "1000 wraps");
}

static void a_delay_never_falls_below_a_second_or_itself(void)
{
	cairn_retry retry = { .base = CAIRN_SECOND,
			      .cap = 300 * CAIRN_SECOND,
			      .jitter = 500 * CAIRN_MILLISECOND,
			      .factor = 2000 };
	cairn_id id = { { 0 } };
	is_int(cairn__retry_delay(&retry, id, 1), CAIRN_SECOND, "floor of one second");
	retry.base = 100 * CAIRN_MILLISECOND;
	is_int(cairn__retry_delay(&retry, id, 1), 100 * CAIRN_MILLISECOND,
	       "a shorter delay is its own floor");
}

static void a_factor_of_one_keeps_the_delay(void)
{
	cairn_retry retry = {
		.base = 7 * CAIRN_SECOND, .cap = 300 * CAIRN_SECOND, .jitter = -1, .factor = 1000
	};
	is_int(cairn__retry_delay(&retry, cairn_id_new(), 50), 7 * CAIRN_SECOND, "constant delay");
}

static cairn_finish finish(enum cairn_finish_how how, int32_t attempt, int32_t max)
{
	cairn_finish item = { .how = how };
	item.lease.id = cairn_id_new();
	item.lease.fence = 7;
	item.lease.attempt = attempt;
	item.lease.max_attempts = max;
	item.error_code = CAIRN_STR("boom");
	return item;
}

static void every_way_to_finish(void)
{
	static const struct {
		enum cairn_finish_how how;
		int32_t attempt;
		enum cairn_job_status to;
		enum cairn_ending ending;
	} table[] = {
		{ CAIRN_FINISH_SUCCESS, 1, CAIRN_JOB_SUCCEEDED, CAIRN_ENDING_SUCCEEDED },
		{ CAIRN_FINISH_SUCCESS, 3, CAIRN_JOB_SUCCEEDED, CAIRN_ENDING_SUCCEEDED },
		{ CAIRN_FINISH_RETRYABLE, 1, CAIRN_JOB_PENDING, CAIRN_ENDING_RETRYABLE },
		{ CAIRN_FINISH_RETRYABLE, 3, CAIRN_JOB_DEAD_LETTERED, CAIRN_ENDING_RETRYABLE },
		{ CAIRN_FINISH_TIMEOUT, 2, CAIRN_JOB_PENDING, CAIRN_ENDING_TIMEOUT },
		{ CAIRN_FINISH_TIMEOUT, 3, CAIRN_JOB_DEAD_LETTERED, CAIRN_ENDING_TIMEOUT },
		{ CAIRN_FINISH_TERMINAL, 1, CAIRN_JOB_DEAD_LETTERED, CAIRN_ENDING_TERMINAL },
		{ CAIRN_FINISH_PANICKED, 1, CAIRN_JOB_DEAD_LETTERED, CAIRN_ENDING_PANICKED },
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		cairn_change change;
		cairn_finish item = finish(table[i].how, table[i].attempt, 3);
		cairn__plan_finish(&item, &change);
		is_int(change.to, table[i].to, "status after");
		is_int(change.ending, table[i].ending, "ending");
		is_int(change.from, BIT(CAIRN_JOB_LEASED), "only from LEASED");
		is_int(change.guard, CAIRN_GUARD_FENCE | CAIRN_GUARD_LIVE, "fence and time");
		is_int(change.fence, 7, "the lease's fence");
		ok(((change.set & CAIRN_SET_DEAD) != 0) == (table[i].to == CAIRN_JOB_DEAD_LETTERED),
		   "a dead letter exactly when dead-lettered");
	}
}

static void the_events_switch(void)
{
	uint32_t retry = BIT(CAIRN_EVENT_FAILED) | BIT(CAIRN_EVENT_RETRY_SCHEDULED);
	uint32_t all = retry | BIT(CAIRN_EVENT_SUCCEEDED);
	is_int(cairn__events_kept(CAIRN_EVENTS_FULL, all), all, "full keeps all");
	is_int(cairn__events_kept(CAIRN_EVENTS_FAILURES, all), retry, "failures keeps failures");
	is_int(cairn__events_kept(CAIRN_EVENTS_NONE, all), 0, "none keeps none");
}

static void a_change_is_tested_against_the_row(void)
{
	cairn_job row = { .status = CAIRN_JOB_LEASED,
			  .fence = 3,
			  .lease_expires_at = 100,
			  .progress_done = 5,
			  .progress_total = 10 };
	cairn_change change = { .fence = 3,
				.guard = CAIRN_GUARD_FENCE | CAIRN_GUARD_LIVE,
				.from = BIT(CAIRN_JOB_LEASED) };
	is_int(cairn_change_test(&change, &row, 99), CAIRN_HIT, "live");
	is_int(cairn_change_test(&change, &row, 100), CAIRN_MISS, "expired at its very time");
	change.fence = 2;
	is_int(cairn_change_test(&change, &row, 99), CAIRN_MISS, "old fence");
	change.fence = 3;
	change.set = CAIRN_SET_DONE;
	change.progress_done = 11;
	is_int(cairn_change_test(&change, &row, 99), CAIRN_MISS_PROGRESS,
	       "beyond the stored total");
	change.progress_done = 10;
	is_int(cairn_change_test(&change, &row, 99), CAIRN_HIT, "up to it");
	row.status = CAIRN_JOB_PENDING;
	is_int(cairn_change_test(&change, &row, 99), CAIRN_MISS, "wrong status");
}

static void scopes_are_exact(void)
{
	cairn_job row = { .status = CAIRN_JOB_PENDING, .progress_done = -1, .progress_total = -1 };
	cairn_change change = { .guard = CAIRN_GUARD_SCOPE,
				.from = BIT(CAIRN_JOB_PENDING),
				.scope = cairn_global() };
	is_int(cairn_change_test(&change, &row, 0), CAIRN_HIT, "global sees a global row");
	change.scope = cairn_tenant(CAIRN_STR("a"));
	is_int(cairn_change_test(&change, &row, 0), CAIRN_MISS, "a tenant does not");
	row.tenant = CAIRN_STR("a");
	is_int(cairn_change_test(&change, &row, 0), CAIRN_HIT, "a tenant sees its own");
	change.scope = cairn_global();
	is_int(cairn_change_test(&change, &row, 0), CAIRN_MISS, "global does not see it");
	change.scope = cairn_any();
	is_int(cairn_change_test(&change, &row, 0), CAIRN_HIT, "any does");
}

static void a_handlers_wish_delays_but_never_hastens(void)
{
	cairn_job row = { .status = CAIRN_JOB_LEASED };
	cairn_change change = { .to = CAIRN_JOB_PENDING,
				.set = CAIRN_SET_RUN_AT,
				.run_after = 1000,
				.not_before = 1500 };
	cairn_change_apply(&change, &row, 1000);
	is_int(row.run_at, 2000, "the policy is later");
	change.not_before = 2500;
	cairn_change_apply(&change, &row, 1000);
	is_int(row.run_at, 2500, "the wish is later");
	is_int(row.parked, 1, "due later: parked");
	change.run_after = 0;
	change.not_before = 0;
	cairn_change_apply(&change, &row, 1000);
	is_int(row.parked, 0, "due now: not parked");
}

int main(void)
{
	default_delays_double_up_to_the_cap();
	jitter_is_bounded_and_the_same_for_the_same_job();
	jitter_follows_the_id_as_a_number();
	a_delay_never_falls_below_a_second_or_itself();
	a_factor_of_one_keeps_the_delay();
	every_way_to_finish();
	the_events_switch();
	a_change_is_tested_against_the_row();
	scopes_are_exact();
	a_handlers_wish_delays_but_never_hastens();
	return tap_done();
}
