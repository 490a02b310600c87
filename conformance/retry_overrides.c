/*
 * retry_overrides.c - policies for single error codes: what may be stored, and how long a failure
 * with such a code waits. The definition's own policy is in retry.c.
 */
#include "ct.h"

static const char policies[] = "{\"slow\":{\"base_us\":60000000,\"cap_us\":3600000000,"
			       "\"jitter_us\":0,\"factor\":3000},"
			       "\"soon\":{\"base_us\":2000000,\"jitter_us\":0},"
			       "\"empty\":{}}";

/* A type that waits exactly 10 s, 20 s …, at most 300 s, except as overrides say. */
static cairn_definition definition_of(const char *type, const char *overrides)
{
	return (cairn_definition){ .type = cairn_str_of(type),
				   .max_attempts = 100,
				   .retry = { .jitter = -1 },
				   .retry_overrides = cairn_str_of(overrides) };
}

static void define(cairn_conn *conn, const char *type, const char *overrides)
{
	cairn_definition definition = definition_of(type, overrides);
	ct_ok(cairn_job_define(conn, &definition, 1, ct_err()));
}

static const cairn_definition *get(cairn_conn *conn, const char *type)
{
	cairn_definitions *found = NULL;
	ct_ok(cairn_job_definition_get(conn, cairn_str_of(type), &found, ct_err()));
	ct_later(found);
	return &found->at[0];
}

static cairn_lease take(cairn_conn *conn, const char *type)
{
	cairn_job_new job = ct_new(type);
	ct_add(conn, &job);
	return ct_claim(conn, "w");
}

static cairn_usec fail(cairn_conn *conn, cairn_lease lease, enum cairn_finish_how how,
		       const char *code)
{
	cairn_changed changed = ct_finish(conn, ct_failure(lease, how, code));
	ct_int(changed.job_status, CAIRN_JOB_PENDING);
	return changed.run_at - ct_now();
}

/* Fails and claims the next attempt. */
static cairn_usec fail_and_take(cairn_conn *conn, cairn_lease *lease, const char *code)
{
	cairn_usec delay = fail(conn, *lease, CAIRN_FINISH_RETRYABLE, code);
	ct_advance(delay);
	*lease = ct_claim(conn, "w");
	return delay;
}

/* ---- what a failure waits --------------------------------------------------------- */

static void an_override_beats_the_default(void)
{
	cairn_conn *conn = ct_open();
	define(conn, "t", policies);
	cairn_lease lease = take(conn, "t");
	ct_int(fail_and_take(conn, &lease, "slow"), CAIRN_MINUTE);
	ct_int(fail_and_take(conn, &lease, "slow"), 3 * CAIRN_MINUTE);
	ct_int(fail_and_take(conn, &lease, "slow"), 9 * CAIRN_MINUTE);
	ct_int(fail_and_take(conn, &lease, "slow"), 27 * CAIRN_MINUTE);
	ct_int(fail_and_take(conn, &lease, "slow"), CAIRN_HOUR);
	/* what a policy leaves out is the definition's: factor 2, cap 300 s */
	ct_int(fail_and_take(conn, &lease, "soon"), 64 * CAIRN_SECOND);
	ct_int(fail_and_take(conn, &lease, "empty"), 300 * CAIRN_SECOND);
	ct_int(fail_and_take(conn, &lease, "other"), 300 * CAIRN_SECOND);
}

static void codes_are_exact(void)
{
	cairn_conn *conn = ct_open();
	static const char *const others[] = { "Slow", "slo", "slow.er", "slow " };
	define(conn, "t", policies);
	for (size_t i = 0; i < 4; i++)
		ct_int(fail(conn, take(conn, "t"), CAIRN_FINISH_RETRYABLE, others[i]),
		       10 * CAIRN_SECOND);
	/* a code that JSON must escape */
	define(conn, "u",
	       "{\"a \\\"b\\\\\":{\"base_us\":1000000}, "
	       "\"\\u00e9\":{\"base_us\":3000000}}");
	ct_int(fail(conn, take(conn, "u"), CAIRN_FINISH_RETRYABLE, "a \"b\\"), CAIRN_SECOND);
	ct_int(fail(conn, take(conn, "u"), CAIRN_FINISH_RETRYABLE, "\xc3\xa9"), 3 * CAIRN_SECOND);
}

static void timeouts_too(void)
{
	cairn_conn *conn = ct_open();
	define(conn, "t", policies);
	cairn_lease lease = take(conn, "t");
	ct_int(fail(conn, lease, CAIRN_FINISH_TIMEOUT, "slow"), CAIRN_MINUTE);
	const cairn_attempts *attempts = ct_attempts(conn, lease.id);
	ct_int(attempts->at[0].retry_delay, CAIRN_MINUTE);
	ct_int(attempts->at[0].next_run_at, ct_now() + CAIRN_MINUTE);
}

static void only_while_attempts_are_left(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition definition = definition_of("t", policies);
	definition.max_attempts = 1;
	ct_ok(cairn_job_define(conn, &definition, 1, ct_err()));
	cairn_lease lease = take(conn, "t");
	cairn_changed changed = ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "slow"));
	ct_int(changed.job_status, CAIRN_JOB_DEAD_LETTERED);
	define(conn, "t", policies);
	lease = take(conn, "t");
	changed = ct_finish(conn, ct_failure(lease, CAIRN_FINISH_TERMINAL, "slow"));
	ct_int(changed.job_status, CAIRN_JOB_DEAD_LETTERED);
}

static void a_lease_made_by_hand(void)
{
	cairn_conn *conn = ct_open();
	define(conn, "t", policies);
	cairn_lease lease = take(conn, "t");
	cairn_lease bare = { .id = lease.id, .fence = lease.fence };
	ct_int(fail(conn, bare, CAIRN_FINISH_RETRYABLE, "slow"), CAIRN_MINUTE);
}

static void a_batch_of_many_types(void)
{
	cairn_conn *conn = ct_open();
	cairn_finish items[6];
	cairn_changed each[6];
	static const char *const codes[] = { "slow", "other", "slow", "soon", "slow", "x" };
	static const cairn_usec delays[] = { CAIRN_MINUTE,     5 * CAIRN_SECOND, 7 * CAIRN_SECOND,
					     2 * CAIRN_SECOND, CAIRN_MINUTE,	 0 };
	define(conn, "t", policies);
	define(conn, "u", "{\"slow\":{\"base_us\":7000000}}");
	ct_define_retry(conn, "v", 5, 5 * CAIRN_SECOND);
	static const char *const types[] = { "t", "v", "u", "t", "t", "t" };
	for (size_t i = 0; i < 6; i++)
		items[i] = ct_failure(take(conn, types[i]), CAIRN_FINISH_RETRYABLE, codes[i]);
	items[5] = ct_success(items[5].lease);
	ct_ok(cairn_job_finish(conn, items, 6, each, ct_err()));
	for (size_t i = 0; i < 6; i++) {
		ct_each(each[i], CAIRN_OK, NULL);
		if (delays[i] != 0)
			ct_int(each[i].run_at - ct_now(), delays[i]);
	}
	ct_int(each[5].job_status, CAIRN_JOB_SUCCEEDED);
}

static void refused_leases_stay_refused(void)
{
	cairn_conn *conn = ct_open();
	define(conn, "t", policies);
	cairn_lease lease = take(conn, "t");
	ct_finish(conn, ct_success(lease));
	cairn_finish again = ct_failure(lease, CAIRN_FINISH_RETRYABLE, "slow");
	cairn_changed each[1];
	ct_ok(cairn_job_finish(conn, &again, 1, each, ct_err()));
	ct_each(each[0], CAIRN_STALE, "job.finished");
	ct_int(each[0].ending, CAIRN_ENDING_SUCCEEDED);
	again.lease.hints = 16;
	ct_status(cairn_job_finish(conn, &again, 1, NULL, ct_err()), CAIRN_INVALID, "arg.reserved");
}

static void handlers_may_delay_further(void)
{
	cairn_conn *conn = ct_open();
	define(conn, "t", policies);
	cairn_finish item = ct_failure(take(conn, "t"), CAIRN_FINISH_RETRYABLE, "slow");
	item.not_before = ct_now() + CAIRN_SECOND;
	ct_int(ct_finish(conn, item).run_at - ct_now(), CAIRN_MINUTE);
	item = ct_failure(take(conn, "t"), CAIRN_FINISH_RETRYABLE, "slow");
	item.not_before = ct_now() + CAIRN_HOUR;
	ct_int(ct_finish(conn, item).run_at - ct_now(), CAIRN_HOUR);
}

/* ---- hints and round trips ------------------------------------------------------------ */

static void claims_hint(void)
{
	cairn_conn *conn = ct_open();
	define(conn, "t", policies);
	define(conn, "u", NULL);
	cairn_lease with = take(conn, "t");
	cairn_lease without = take(conn, "u");
	ct_int(with.hints, CAIRN_HINT_OVERRIDES | CAIRN_HINT_ALONE);
	ct_int(without.hints, CAIRN_HINT_ALONE);
	/* what a claim answered counts until the attempt ends */
	ct_budget(conn);
	ct_int(fail(conn, without, CAIRN_FINISH_RETRYABLE, "slow"), 10 * CAIRN_SECOND);
	ct_spent(conn, 1, "a failure without hints", 1);
	ct_budget(conn);
	ct_finish(conn, ct_success(with));
	ct_spent(conn, 1, "a success", 1);
	cairn_jobs *jobs = NULL;
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_finish item = ct_success(take(conn, "u"));
	cairn_changed each[1];
	cairn_job_new job = ct_new("t");
	ct_add(conn, &job);
	ct_ok(cairn_job_finish_and_claim(conn, &item, 1, each, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	ct_int(jobs->at[0].hints, CAIRN_HINT_OVERRIDES | CAIRN_HINT_ALONE);
}

/* ---- what may be stored ------------------------------------------------------------------ */

static void stored_canonically(void)
{
	cairn_conn *conn = ct_open();
	define(conn, "t", " { \"z\" : {\"factor\":1.5e3, \"base_us\":1e6} , \"a\":{} }\n");
	ct_str(get(conn, "t")->retry_overrides,
	       "{\"a\":{},\"z\":{\"base_us\":1000000,\"factor\":1500}}");
	cairn_time then = ct_now();
	ct_advance(CAIRN_HOUR);
	define(conn, "t", "{\"a\":{},\"z\":{\"base_us\":1000000,\"factor\":1500}}");
	ct_int(get(conn, "t")->updated_at, then); /* it is the same */
	define(conn, "t", "{}");
	ct_str(get(conn, "t")->retry_overrides, NULL);
	ct_int(get(conn, "t")->updated_at, ct_now());
	ct_int(take(conn, "t").hints, CAIRN_HINT_ALONE);
}

static void patched(void)
{
	cairn_conn *conn = ct_open();
	define(conn, "t", policies);
	const char *before = ct_format("%s", get(conn, "t")->retry_overrides.ptr);
	cairn_definition_patch patch = { .size = sizeof(patch),
					 .type = CAIRN_STR("t"),
					 .set = CAIRN_PATCH_PRIORITY,
					 .priority = 3 };
	ct_ok(cairn_job_definition_update(conn, &patch, ct_err()));
	ct_str(get(conn, "t")->retry_overrides, before);
	patch.set = CAIRN_PATCH_OVERRIDES;
	patch.retry_overrides = CAIRN_STR("{ \"x\":{\"cap_us\":1} }");
	ct_ok(cairn_job_definition_update(conn, &patch, ct_err()));
	ct_str(get(conn, "t")->retry_overrides, "{\"x\":{\"cap_us\":1}}");
	ct_int(get(conn, "t")->priority, 3);
	ct_int(get(conn, "t")->max_attempts, 100);
	patch.retry_overrides = CAIRN_STR("[]");
	ct_status(cairn_job_definition_update(conn, &patch, ct_err()), CAIRN_INVALID,
		  "job.invalid_retry_overrides");
	ct_str(get(conn, "t")->retry_overrides, "{\"x\":{\"cap_us\":1}}");
	patch.retry_overrides = (cairn_str){ NULL, 0 };
	ct_ok(cairn_job_definition_update(conn, &patch, ct_err()));
	ct_str(get(conn, "t")->retry_overrides, NULL);
}

static void a_read_definition_can_be_defined_again(void)
{
	cairn_conn *conn = ct_open();
	define(conn, "t", policies);
	cairn_definition again = *get(conn, "t");
	cairn_time then = ct_now();
	ct_advance(CAIRN_HOUR);
	ct_ok(cairn_job_define(conn, &again, 1, ct_err()));
	ct_int(get(conn, "t")->updated_at, then);
	again.type = CAIRN_STR("u");
	ct_ok(cairn_job_define_if_missing(conn, &again, 1, ct_err()));
	ct_same(get(conn, "u")->retry_overrides, get(conn, "t")->retry_overrides);
	ct_int(get(conn, "u")->retention, get(conn, "t")->retention);
}

static void bad_ones_are_refused(void)
{
	cairn_conn *conn = ct_open();
	static const char *const bad[] = {
		"[]",
		"1",
		"\"x\"",
		"{\"x\":1}",
		"{\"x\":null}",
		"{\"x\":[]}",
		"{\"x\":{\"base\":1}}",
		"{\"x\":{\"base_us\":0}}",
		"{\"x\":{\"base_us\":-1}}",
		"{\"x\":{\"base_us\":1.5}}",
		"{\"x\":{\"base_us\":\"5\"}}",
		"{\"x\":{\"base_us\":true}}",
		"{\"x\":{\"base_us\":1.0000000000000000001}}",
		"{\"x\":{\"base_us\":31536000000001}}",
		"{\"x\":{\"base_us\":18446744073709551617}}",
		"{\"x\":{\"cap_us\":0}}",
		"{\"x\":{\"jitter_us\":-1}}",
		"{\"x\":{\"factor\":999}}",
		"{\"x\":{\"factor\":100001}}",
		"{\"\":{}}",
		"{\"a\\nb\":{}}",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cairn_definition both[] = { definition_of("good", policies),
					    definition_of("bad", bad[i]) };
		ct_note("%s", bad[i]);
		ct_status(cairn_job_define(conn, both, 2, ct_err()), CAIRN_INVALID,
			  "job.invalid_retry_overrides");
		ct_int(ct_last()->index, 1);
	}
	cairn_definition broken = definition_of("bad", "{\"x\":{}");
	ct_status(cairn_job_define(conn, &broken, 1, ct_err()), CAIRN_INVALID, "json.invalid");
	cairn_definition large =
		definition_of("bad", ct_format("{\"x\":{%s}}", ct_repeat(' ', 65536)));
	ct_status(cairn_job_define(conn, &large, 1, ct_err()), CAIRN_TOO_LARGE, "limit.exceeded");
	cairn_definitions *found = NULL;
	ct_ok(cairn_job_definition_list(conn, NULL, &found, ct_err()));
	ct_later(found);
	ct_int(found->count, 0);
}

static const ct_case cases[] = {
	{ .name = "jobs.override.beats_the_definitions_policy",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A retryable failure whose code has a policy waits as that says; what the policy "
		  "leaves out is the definition's.",
	  .covers = "runledger F15",
	  .run = an_override_beats_the_default },
	{ .name = "jobs.override.codes_are_compared_byte_for_byte",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Case, prefixes and blanks differ; escapes in the document are decoded.",
	  .covers = "runledger F15",
	  .run = codes_are_exact },
	{ .name = "jobs.override.counts_for_timeouts_too",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A timeout is retried as its code's policy says, and the attempt tells the "
		  "delay.",
	  .run = timeouts_too },
	{ .name = "jobs.override.gives_no_attempts",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The last attempt and final failures are dead-lettered whatever the code.",
	  .run = only_while_attempts_are_left },
	{ .name = "jobs.override.counts_for_a_lease_made_by_hand",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Id and fence are enough: the policy is read.",
	  .run = a_lease_made_by_hand },
	{ .name = "jobs.override.each_item_of_a_batch_has_its_own",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A batch over several types and codes applies each job's own policy.",
	  .run = a_batch_of_many_types },
	{ .name = "jobs.override.does_not_weaken_the_guard",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A failure under a lost lease is refused as ever; unknown hints are INVALID.",
	  .run = refused_leases_stay_refused },
	{ .name = "jobs.override.a_handler_may_delay_further",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "not_before delays a policy's time and never hastens it.",
	  .run = handlers_may_delay_further },
	{ .name = "jobs.override.claims_hint_and_happy_paths_pay_nothing",
	  .kind = CT_BUDGET,
	  .store = CT_JOBS,
	  .rule = "A claimed row says whether its type has policies; only then, and only for a "
		  "retryable failure, is anything read.",
	  .run = claims_hint },
	{ .name = "jobs.override.is_stored_in_canonical_form",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Members are sorted, numbers normal; an equal document is no change, {} is none.",
	  .run = stored_canonically },
	{ .name = "jobs.override.is_patched_as_a_whole",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A patch that names the overrides replaces or removes them, another leaves them.",
	  .run = patched },
	{ .name = "jobs.override.a_definition_that_was_read_may_be_defined_again",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Overrides and retention go through get and define unchanged.",
	  .run = a_read_definition_can_be_defined_again },
	{ .name = "jobs.override.malformed_policies_are_refused",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Anything but an object of objects of the four members, whole numbers in bounds, "
		  "fails the call before anything is written.",
	  .run = bad_ones_are_refused },
};

CT_GROUP(retry_overrides, cases);
