/*
 * args.c - arguments that every call refuses alike: scopes, pages, times, reserved
 * fields, structs without size, unknown choices. (names: names.c)
 */
#include "ct.h"

static const cairn_str none = { NULL, 0 };

/* ---- scopes ------------------------------------------------------------------------------- */

static void refuses_scope(cairn_conn *conn, cairn_scope scope, const char *code)
{
	cairn_id id = cairn_id_new();
	cairn_jobs *jobs = NULL;
	cairn_attempts *attempts = NULL;
	cairn_event_rows *events = NULL;
	cairn_dead_letters *letters = NULL;
	cairn_job_filter filter = { .size = sizeof(filter), .scope = scope };
	cairn_dead_filter dead = { .size = sizeof(dead), .scope = scope };
	ct_status(cairn_job_get(conn, scope, id, &jobs, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_job_list(conn, &filter, &jobs, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_job_cancel(conn, scope, &id, 1, none, NULL, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_job_attempts(conn, scope, id, 0, 0, &attempts, ct_err()), CAIRN_INVALID,
		  code);
	ct_status(cairn_job_events(conn, scope, id, 0, 0, &events, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_job_dead_letters(conn, &dead, &letters, ct_err()), CAIRN_INVALID, code);
	cairn_free(jobs);
	cairn_free(attempts);
	cairn_free(events);
	cairn_free(letters);
}

static void bad_scopes(void)
{
	cairn_conn *conn = ct_open();
	cairn_scope scope = { .kind = CAIRN_SCOPE_NONE };
	refuses_scope(conn, scope, "arg.invalid_scope");
	scope = cairn_global();
	scope.tenant = CAIRN_STR("acme");
	refuses_scope(conn, scope, "arg.invalid_scope");
	scope = cairn_any();
	scope.tenant = CAIRN_STR("acme");
	refuses_scope(conn, scope, "arg.invalid_scope");
	refuses_scope(conn, cairn_tenant(none), "arg.invalid_tenant");
	scope = cairn_any();
	scope.reserved_ = 1;
	refuses_scope(conn, scope, "arg.reserved");
	scope.reserved_ = 0;
	scope.kind = (enum cairn_scope_kind)9;
	refuses_scope(conn, scope, "arg.invalid_scope");
}

/* ---- pages and times ------------------------------------------------------------------------- */

static void bad_pages(void)
{
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_DEAD_LETTERED);
	cairn_scope any = cairn_any();
	cairn_job_filter jobs_filter = { .size = sizeof(jobs_filter), .scope = any, .limit = 1001 };
	cairn_dead_filter dead_filter = { .size = sizeof(dead_filter),
					  .scope = any,
					  .limit = 1001 };
	cairn_definition_filter types = { .size = sizeof(types), .limit = 1001 };
	cairn_jobs *jobs = NULL;
	cairn_dead_letters *letters = NULL;
	cairn_attempts *attempts = NULL;
	cairn_event_rows *events = NULL;
	cairn_definitions *definitions = NULL;
	const char *code = "job.invalid_pagination";
	ct_status(cairn_job_list(conn, &jobs_filter, &jobs, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_job_dead_letters(conn, &dead_filter, &letters, ct_err()), CAIRN_INVALID,
		  code);
	ct_status(cairn_job_attempts(conn, any, made.id, 0, 1001, &attempts, ct_err()),
		  CAIRN_INVALID, code);
	ct_status(cairn_job_events(conn, any, made.id, 0, 1001, &events, ct_err()), CAIRN_INVALID,
		  code);
	ct_status(cairn_job_definition_list(conn, &types, &definitions, ct_err()), CAIRN_INVALID,
		  code);
	jobs_filter.limit = 1000;
	ct_ok(cairn_job_list(conn, &jobs_filter, &jobs, ct_err()));
	ct_int(jobs->count, 1);
	cairn_free(jobs);
	cairn_free(letters);
	cairn_free(attempts);
	cairn_free(events);
	cairn_free(definitions);
}

/* The first microsecond of the year 1 and the last of the year 9999. */
#define FIRST_TIME ((cairn_time)-62135596800 * CAIRN_SECOND)
#define LAST_TIME  ((cairn_time)253402300800 * CAIRN_SECOND - 1)

static void times_at_their_limits(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	job.run_at = FIRST_TIME;
	ct_int(ct_job(conn, ct_add(conn, &job))->run_at, FIRST_TIME);
	job.run_at = -1;
	ct_int(ct_job(conn, ct_add(conn, &job))->run_at, -1);
	job.run_at = LAST_TIME;
	ct_int(ct_job(conn, ct_add(conn, &job))->run_at, LAST_TIME);
	const cairn_time beyond[] = { FIRST_TIME - 1, LAST_TIME + 1, INT64_MIN, INT64_MAX };
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		job.run_at = beyond[i];
		ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_INVALID,
			  "arg.invalid_time");
	}
	ct_int(ct_count_jobs(conn, 0), 3);
}

static void times_in_filters(void)
{
	cairn_conn *conn = ct_open();
	cairn_jobs *jobs = NULL;
	cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	filter.created_from = LAST_TIME + 1;
	ct_status(cairn_job_list(conn, &filter, &jobs, ct_err()), CAIRN_INVALID,
		  "arg.invalid_time");
	filter.created_from = 0;
	filter.created_to = FIRST_TIME - 1;
	ct_status(cairn_job_list(conn, &filter, &jobs, ct_err()), CAIRN_INVALID,
		  "arg.invalid_time");
	filter.created_from = FIRST_TIME;
	filter.created_to = LAST_TIME;
	ct_ok(cairn_job_list(conn, &filter, &jobs, ct_err()));
	ct_later(jobs);
	cairn_finish finish = ct_failure(ct_make(conn, "t", CAIRN_JOB_LEASED).lease,
					 CAIRN_FINISH_RETRYABLE, "a.code");
	finish.not_before = LAST_TIME + 1;
	cairn_status status = cairn_job_finish(conn, &finish, 1, NULL, ct_err());
	ct_int(status, CAIRN_INVALID);
	ct_int(ct_job(conn, finish.lease.id)->status, CAIRN_JOB_LEASED);
}

/* ---- reserved fields, sizes, flags ---------------------------------------------------------- */

static void reserved_fields(void)
{
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
	const char *before = ct_snapshot(conn, made.id);
	cairn_job_new jobs[2] = { ct_new("t"), ct_new("t") };
	jobs[1].reserved_[1] = 1;
	ct_status(cairn_job_enqueue(conn, jobs, 2, NULL, ct_err()), CAIRN_INVALID, "arg.reserved");
	ct_int(ct_last()->index, 1);
	jobs[1].reserved_[1] = 0;
	jobs[1].reserved0_ = 1;
	ct_status(cairn_job_enqueue(conn, jobs, 2, NULL, ct_err()), CAIRN_INVALID, "arg.reserved");
	cairn_definition definition = { .type = CAIRN_STR("u"), .reserved_ = { 1 } };
	ct_status(cairn_job_define(conn, &definition, 1, ct_err()), CAIRN_INVALID, "arg.reserved");
	cairn_finish finish = ct_success(made.lease);
	finish.reserved_[0] = 1;
	ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID,
		  "arg.reserved");
	cairn_lease lease = made.lease;
	lease.reserved_[1] = 1;
	ct_status(cairn_job_heartbeat(conn, &lease, 1, 0, NULL, ct_err()), CAIRN_INVALID,
		  "arg.reserved");
	cairn_definitions *definitions = NULL;
	cairn_definition_filter types = { .size = sizeof(types), .reserved_ = 1 };
	ct_status(cairn_job_definition_list(conn, &types, &definitions, ct_err()), CAIRN_INVALID,
		  "arg.reserved");
	ct_unchanged(conn, made.id, before);
	ct_int(ct_count_jobs(conn, 0), 1);
}

/* A policy that no definition could have: it would overflow, or put a job into the past. */
static void leases_made_by_hand(void)
{
	static const cairn_retry wrong[] = {
		{ .base = -1 },	      { .base = INT64_MAX },   { .cap = -CAIRN_SECOND },
		{ .cap = INT64_MAX }, { .jitter = -2 },	       { .jitter = INT64_MAX },
		{ .factor = 999 },    { .factor = INT32_MAX },
	};
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
	const char *before = ct_snapshot(conn, made.id);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cairn_finish ends[2] = { ct_success(made.lease),
					 ct_failure(made.lease, CAIRN_FINISH_RETRYABLE, "a.b") };
		ends[1].lease.retry = wrong[i];
		ct_status(cairn_job_finish(conn, ends, 2, NULL, ct_err()), CAIRN_INVALID,
			  "job.invalid_retry_timing");
		ct_int(ct_last()->index, 1);
	}
	ct_unchanged(conn, made.id, before);
}

static void structs_without_size(void)
{
	cairn_conn *conn = ct_open();
	cairn_claim_opts claim = ct_claim_opts("w", 1);
	cairn_job_filter filter = { .scope = cairn_any() };
	cairn_dead_filter dead = { .scope = cairn_any() };
	cairn_reap_opts reap = { .limit = 1 };
	cairn_definition_patch patch = { .type = CAIRN_STR("t") };
	cairn_jobs *jobs = NULL;
	cairn_dead_letters *letters = NULL;
	cairn_reap_report *report = NULL;
	claim.size = 0;
	ct_status(cairn_job_claim(conn, &claim, &jobs, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_status(cairn_job_list(conn, &filter, &jobs, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_status(cairn_job_dead_letters(conn, &dead, &letters, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	ct_status(cairn_job_reap(conn, &reap, &report, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_status(cairn_job_definition_update(conn, &patch, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	cairn_free(jobs);
	cairn_free(letters);
	cairn_free(report);
}

static void unknown_choices(void)
{
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
	const char *before = ct_snapshot(conn, made.id);
	cairn_finish finish = ct_success(made.lease);
	finish.how = (enum cairn_finish_how)77;
	ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID, NULL);
	finish = ct_success(made.lease);
	finish.set = 1u << 30;
	ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID, NULL);
	cairn_job_new job = ct_new("t");
	job.set = 1u << 30;
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_INVALID, NULL);
	cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	filter.statuses = 1u << 20;
	cairn_jobs *jobs = NULL;
	ct_status(cairn_job_list(conn, &filter, &jobs, ct_err()), CAIRN_INVALID, NULL);
	cairn_free(jobs);
	ct_unchanged(conn, made.id, before);
}

#define ARGS .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "args.scope.must_be_said",
	  ARGS,
	  .rule = "A scope of no kind, a tenant scope without tenant, a tenant outside of one "
		  "are refused by every call.",
	  .run = bad_scopes },
	{ .name = "args.page.limits_are_one_to_a_thousand",
	  ARGS,
	  .rule = "A page beyond 1000 rows is job.invalid_pagination in every list.",
	  .run = bad_pages },
	{ .name = "args.time.the_years_one_to_9999",
	  ARGS,
	  .rule = "Times within the years 1 to 9999 are stored to the microsecond; others are "
		  "arg.invalid_time.",
	  .run = times_at_their_limits },
	{ .name = "args.time.holds_in_filters_and_failures",
	  ARGS,
	  .rule = "The bounds of time hold in filters and in a handler's wish.",
	  .run = times_in_filters },
	{ .name = "args.fields.a_lease_has_a_policy_that_a_definition_could_have",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A lease made by hand with a retry policy out of bounds is refused before "
		  "anything is written.",
	  .run = leases_made_by_hand },
	{ .name = "args.fields.reserved_ones_must_be_zero",
	  ARGS,
	  .rule = "A reserved field that is not zero is arg.reserved, and nothing is written.",
	  .run = reserved_fields },
	{ .name = "args.fields.structs_must_say_their_size",
	  ARGS,
	  .rule = "Options and filters without size are INVALID.",
	  .run = structs_without_size },
	{ .name = "args.fields.unknown_choices_are_refused",
	  ARGS,
	  .rule = "Unknown enumerators and flags are INVALID, and nothing is written.",
	  .run = unknown_choices },
};

CT_GROUP(args, cases);
