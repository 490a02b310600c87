/*
 * enqueue.c - what an enqueued job looks like, and what is refused before anything
 * is written. Documents are in payload.c, keys in idempotency.c.
 */
#include "ct.h"

static cairn_job_added offer(cairn_conn *conn, const cairn_job_new *job)
{
	cairn_job_added added = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_enqueue(conn, job, 1, &added, ct_err()));
	return added;
}

static void set_disabled(cairn_conn *conn, const char *type, uint32_t disabled)
{
	cairn_definition_patch patch = { .size = sizeof(patch),
					 .type = cairn_str_of(type),
					 .set = CAIRN_PATCH_DISABLED,
					 .disabled = disabled };
	ct_ok(cairn_job_definition_update(conn, &patch, ct_err()));
}

static bool exists(cairn_conn *conn, cairn_id id)
{
	cairn_jobs *found = NULL;
	cairn_status status = cairn_job_get(conn, cairn_any(), id, &found, ct_err());
	cairn_free(found);
	return status == CAIRN_OK;
}

/* ---- the row --------------------------------------------------------------------- */

static void a_bare_job(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new bare = ct_new("t");
	ct_define(conn, "t");
	cairn_job_added added = offer(conn, &bare);
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_INSERTED);
	ct_int(added.job_status, CAIRN_JOB_PENDING);
	ct_int(added.run_number, 1);
	long long now = ct_now();
	ct_text(ct_snapshot(conn, added.id),
		ct_format("job queue 'default' type 't' tenant - owner - worker - key - request -\n"
			  "PENDING priority 100 run 1 attempt 0/8 parked 0 timeout 900000000 "
			  "fence 0 progress -1/-1\n"
			  "run_at %lld expires 0 heartbeat 0 leased 0 started 0 finished 0 "
			  "created %lld updated %lld\n"
			  "payload '{}' stage 'queued' checkpoint - output - reason - error - -\n"
			  "event 1 ENQUEUED run 1 attempt 0 stage 'queued' progress -1/-1 at %lld "
			  "{\"job_type\":\"t\"}\n",
			  now, now, now, now));
}

static void a_full_job(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new full = { .type = CAIRN_STR("t"),
			       .queue = CAIRN_STR("q"),
			       .tenant = CAIRN_STR("acme"),
			       .payload = CAIRN_STR("[1]"),
			       .key = CAIRN_STR("k"),
			       .owner = CAIRN_STR("host-7"),
			       .stage = CAIRN_STR("scheduled"),
			       .run_at = ct_now() + CAIRN_HOUR,
			       .timeout = 5 * CAIRN_SECOND,
			       .max_attempts = 3,
			       .priority = -7,
			       .set = CAIRN_JOB_PRIORITY };
	const cairn_job *job = ct_job(conn, ct_add(conn, &full));
	ct_same(job->queue, full.queue);
	ct_same(job->type, full.type);
	ct_same(job->tenant, full.tenant);
	ct_same(job->payload, full.payload);
	ct_same(job->key, full.key);
	ct_same(job->owner, full.owner);
	ct_same(job->stage, full.stage);
	ct_int(job->run_at, full.run_at);
	ct_int(job->parked, 1);
	ct_int(job->timeout, full.timeout);
	ct_int(job->max_attempts, 3);
	ct_int(job->priority, -7);
	ct_int(job->created_at, ct_now());
}

static void defaults_are_the_definitions(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition definition = { .type = CAIRN_STR("t"),
					.max_attempts = 3,
					.timeout = CAIRN_MINUTE,
					.priority = 5,
					.set = CAIRN_DEFINITION_PRIORITY };
	ct_ok(cairn_job_define(conn, &definition, 1, ct_err()));
	cairn_job_new job = ct_new("t");
	cairn_id plain = ct_add(conn, &job);
	job.max_attempts = 4;
	cairn_id attempts = ct_add(conn, &job);
	job = ct_new("t");
	job.timeout = CAIRN_SECOND;
	cairn_id timeout = ct_add(conn, &job);
	job = ct_new("t");
	job.set = CAIRN_JOB_PRIORITY; /* priority 0, said aloud */
	cairn_id priority = ct_add(conn, &job);
	definition.max_attempts = 99;
	ct_ok(cairn_job_define(conn, &definition, 1, ct_err()));
	ct_int(ct_job(conn, plain)->max_attempts, 3);
	ct_int(ct_job(conn, plain)->timeout, CAIRN_MINUTE);
	ct_int(ct_job(conn, plain)->priority, 5);
	ct_int(ct_job(conn, attempts)->max_attempts, 4);
	ct_int(ct_job(conn, attempts)->timeout, CAIRN_MINUTE);
	ct_int(ct_job(conn, timeout)->timeout, CAIRN_SECOND);
	ct_int(ct_job(conn, timeout)->max_attempts, 3);
	ct_int(ct_job(conn, priority)->priority, 0);
}

static void extremes_fit(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	job.set = CAIRN_JOB_PRIORITY;
	job.priority = INT32_MIN;
	job.max_attempts = INT32_MAX;
	job.timeout = 1;
	job.run_at = -62135596800 * CAIRN_SECOND; /* 0001-01-01T00:00:00Z */
	const cairn_job *first = ct_job(conn, ct_add(conn, &job));
	ct_int(first->priority, INT32_MIN);
	ct_int(first->max_attempts, INT32_MAX);
	ct_int(first->timeout, 1);
	ct_int(first->run_at, job.run_at);
	ct_int(first->parked, 0);
	job.priority = INT32_MAX;
	job.run_at = 253402300800 * CAIRN_SECOND - 1; /* 9999-12-31T23:59:59.999999Z */
	const cairn_job *last = ct_job(conn, ct_add(conn, &job));
	ct_int(last->priority, INT32_MAX);
	ct_int(last->run_at, job.run_at);
	ct_int(last->parked, 1);
}

static void unkeyed_always_inserts(void)
{
	cairn_conn *conn = ct_open();
	cairn_id first = ct_enqueue(conn, "t");
	cairn_id second = ct_enqueue(conn, "t");
	ct_true(cairn_id_compare(first, second) < 0);
	ct_int(ct_count_jobs(conn, 0), 2);
	ct_str(ct_job(conn, second)->key, NULL);
	ct_str(ct_job(conn, second)->request, NULL);
}

static void stages(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	job.stage = CAIRN_STR("queued");
	ct_str(ct_job(conn, ct_add(conn, &job))->stage, "queued");
	job.stage = CAIRN_STR("scheduled");
	cairn_id scheduled = ct_add(conn, &job);
	ct_str(ct_job(conn, scheduled)->stage, "scheduled");
	ct_str(ct_events(conn, scheduled)->at[0].stage, "scheduled");
	const char *bad[] = { "running", "completed", "Queued", "queued ", "x" };
	for (size_t i = 0; i < 5; i++) {
		job.stage = cairn_str_of(bad[i]);
		ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_INVALID,
			  "job.invalid_stage");
	}
	ct_int(ct_count_jobs(conn, 0), 2);
}

static void future_run_at(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	job.run_at = ct_now() + 1;
	cairn_id id = ct_add(conn, &job);
	ct_int(ct_job(conn, id)->parked, 1);
	ct_claim_none(conn);
	ct_advance(1);
	ct_id(ct_claim(conn, "w").id, id);
	ct_int(ct_job(conn, id)->parked, 0);
	job.run_at = ct_now(); /* now is not later */
	ct_int(ct_job(conn, ct_add(conn, &job))->parked, 0);
}

/* ---- definitions ------------------------------------------------------------------ */

static void needs_an_enabled_definition(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "off");
	set_disabled(conn, "off", 1);
	const char *types[] = { "off", "never", "OFF" };
	for (size_t i = 0; i < 3; i++) {
		cairn_job_new job = ct_new(types[i]);
		cairn_job_added added = offer(conn, &job);
		ct_each(added, CAIRN_INVALID, "job.definition_not_found_or_disabled");
		ct_true(cairn_id_is_none(added.id));
		job.key = CAIRN_STR("k");
		added = offer(conn, &job);
		ct_each(added, CAIRN_INVALID, "job.definition_not_found_or_disabled");
	}
	ct_int(ct_count_jobs(conn, 0), 0);
}

static void enabling_is_enough(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	set_disabled(conn, "t", 1);
	cairn_job_new job = ct_new("t");
	job.key = CAIRN_STR("k");
	ct_each(offer(conn, &job), CAIRN_INVALID, "job.definition_not_found_or_disabled");
	set_disabled(conn, "t", 0);
	ct_add(conn, &job);
	ct_int(ct_count_jobs(conn, 0), 1);
}

/* ---- batches ------------------------------------------------------------------------ */

static void a_batch_answers_in_its_order(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	enum { N = 300 };
	cairn_job_new *jobs = ct_alloc(N * sizeof(*jobs));
	cairn_job_added *each = ct_alloc(N * sizeof(*each));
	for (size_t i = 0; i < N; i++) {
		jobs[i] = ct_new("t");
		jobs[i].payload = cairn_str_of(ct_format("%zu", i));
	}
	ct_ok(cairn_job_enqueue(conn, jobs, N, each, ct_err()));
	ct_int(ct_count_jobs(conn, 0), N);
	for (size_t i = 0; i < N; i++) {
		ct_each(each[i], CAIRN_OK, NULL);
		ct_true(i == 0 || cairn_id_compare(each[i - 1].id, each[i].id) < 0);
	}
	for (size_t i = 0; i < N; i += 61) {
		ct_same(ct_job(conn, each[i].id)->payload, jobs[i].payload);
		ct_text(ct_timeline(conn, each[i].id), "ENQUEUED");
	}
	ct_ok(cairn_job_enqueue(conn, NULL, 0, NULL, ct_err()));
}

static void one_time_for_all(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new jobs[] = { ct_new("t"), ct_new("t"), ct_new("t") };
	cairn_job_added each[3];
	cairn_conn_opts own = ct_opts();
	own.clock = NULL; /* the database's: a clock that moves */
	cairn_conn *plain = ct_open_with(&own);
	ct_ok(cairn_job_enqueue(plain, jobs, 3, each, ct_err()));
	const cairn_job *first = ct_job(conn, each[0].id);
	ct_int(first->run_at, first->created_at);
	for (size_t i = 0; i < 3; i++) {
		const cairn_job *job = ct_job(conn, each[i].id);
		ct_int(job->created_at, first->created_at);
		ct_int(job->updated_at, first->created_at);
		ct_int(ct_events(conn, each[i].id)->at[0].at, first->created_at);
	}
}

static void outcomes_are_per_item(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new jobs[] = { ct_new("t"), ct_new("nope"), ct_new("t") };
	cairn_job_added each[3];
	ct_ok(cairn_job_enqueue(conn, jobs, 3, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_INVALID, "job.definition_not_found_or_disabled");
	ct_each(each[2], CAIRN_OK, NULL);
	ct_true(exists(conn, each[0].id) && exists(conn, each[2].id));
	ct_int(ct_count_jobs(conn, 0), 2);
}

static void without_each_the_first_failure_speaks(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new jobs[] = { ct_new("t"), ct_new("nope"), ct_new("t"), ct_new("nor") };
	ct_status(cairn_job_enqueue(conn, jobs, 4, NULL, ct_err()), CAIRN_INVALID,
		  "job.definition_not_found_or_disabled");
	ct_int(ct_last()->index, 1);
	ct_int(ct_count_jobs(conn, 0), 2);
}

/* ---- malformed items ------------------------------------------------------------------ */

/* Refused, and so is the good job before it; the database was not even asked. */
static void refused(cairn_conn *conn, cairn_job_new bad, const char *code)
{
	cairn_job_new batch[] = { ct_new("t"), bad };
	cairn_job_added each[2];
	uint64_t before = cairn_conn_round_trips(conn);
	ct_status(cairn_job_enqueue(conn, batch, 2, each, ct_err()), CAIRN_INVALID, code);
	ct_int(ct_last()->index, 1);
	ct_int(cairn_conn_round_trips(conn), before);
}

static void malformed_numbers(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new bad = ct_new("t");
	bad.max_attempts = -1;
	refused(conn, bad, "job.invalid_max_attempts");
	bad = ct_new("t");
	bad.timeout = -1;
	refused(conn, bad, "job.invalid_timeout");
	bad = ct_new("t");
	bad.run_at = INT64_MAX;
	refused(conn, bad, "arg.invalid_time");
	bad.run_at = INT64_MIN;
	refused(conn, bad, "arg.invalid_time");
	bad = ct_new("t");
	bad.set = 2;
	refused(conn, bad, "arg.reserved");
	bad = ct_new("t");
	bad.reserved0_ = 1;
	refused(conn, bad, "arg.reserved");
	bad = ct_new("t");
	bad.reserved_[3] = 1;
	refused(conn, bad, "arg.reserved");
	ct_int(ct_count_jobs(conn, 0), 0);
}

static void malformed_names(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	const char *bad[] = { " ",
			      "\xe2\x80\x83\xc2\xa0", /* EM SPACE, NO-BREAK SPACE */
			      "a\tb",
			      "\x7f",
			      "\xc2\x85", /* NEXT LINE, a C1 control */
			      "\xc3",
			      "\xed\xa0\x80", /* a surrogate */
			      ct_repeat('n', 256) };
	for (size_t i = 0; i < 8; i++) {
		cairn_job_new job = ct_new(bad[i]);
		refused(conn, job, "arg.invalid_name");
		job = ct_new("t");
		job.queue = cairn_str_of(bad[i]);
		refused(conn, job, "arg.invalid_name");
		job = ct_new("t");
		job.owner = cairn_str_of(bad[i]);
		refused(conn, job, "arg.invalid_name");
		job = ct_new("t");
		job.tenant = cairn_str_of(bad[i]);
		if (i >= 2) /* a tenant may be blank */
			refused(conn, job, "arg.invalid_tenant");
	}
	refused(conn, ct_new(""), "arg.invalid_name");
	ct_int(ct_count_jobs(conn, 0), 0);
}

static void names_up_to_the_limit(void)
{
	cairn_conn *conn = ct_open();
	cairn_str longest = cairn_str_of(ct_repeat('n', 255));
	ct_define(conn, longest.ptr);
	cairn_job_new job = { .type = longest,
			      .queue = longest,
			      .tenant = longest,
			      .owner = longest,
			      .key = cairn_str_of(ct_repeat('k', 512)) };
	const cairn_job *got = ct_job(conn, ct_add(conn, &job));
	ct_same(got->type, longest);
	ct_same(got->queue, longest);
	ct_same(got->tenant, longest);
	ct_same(got->owner, longest);
	ct_same(got->key, job.key);
}

/* ---- transactions ---------------------------------------------------------------------- */

static void commits_with_the_caller(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id lost = ct_add(conn, &job);
	ct_true(exists(conn, lost));
	ct_true(!exists(other, lost));
	cairn_rollback(&tx);
	ct_true(!exists(conn, lost));
	cairn_event_rows *events = NULL;
	ct_status(cairn_job_events(conn, cairn_any(), lost, 0, 0, &events, ct_err()),
		  CAIRN_NOT_FOUND, "job.not_found");
	ct_later(events);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id kept = ct_add(conn, &job);
	ct_true(!exists(other, kept));
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_text(ct_timeline(other, kept), "ENQUEUED");
	ct_int(ct_count_jobs(conn, 0), 1);
}

static const ct_case cases[] = {
	{ .name = "jobs.enqueue.a_bare_job_is_written_with_every_default",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A job of its type alone is PENDING, due now, run 1, attempt 0, fence 0, "
		  "unkeyed, "
		  "with payload {} and one ENQUEUED event.",
	  .covers = "runledger E01, E02, E05",
	  .run = a_bare_job },
	{ .name = "jobs.enqueue.every_field_is_stored_as_given",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "What a request says is what the row has.",
	  .covers = "runledger E01",
	  .run = a_full_job },
	{ .name = "jobs.enqueue.what_is_left_open_comes_from_the_definition",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Attempts, timeout and priority that a request leaves open are the definition's "
		  "at enqueue; later changes of it do not reach the job.",
	  .covers = "runledger E01",
	  .run = defaults_are_the_definitions },
	{ .name = "jobs.enqueue.the_extremes_of_each_range_fit",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Priorities and attempts use all of int32; run_at any time of the years 1 to "
		  "9999.",
	  .run = extremes_fit },
	{ .name = "jobs.enqueue.unkeyed_calls_always_insert",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Without a key the same request makes another job; key and request stay absent.",
	  .covers = "runledger E05, I17",
	  .run = unkeyed_always_inserts },
	{ .name = "jobs.enqueue.a_new_job_is_queued_or_scheduled",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The stage of a new job is queued, or scheduled, and nothing else.",
	  .covers = "runledger E10",
	  .run = stages },
	{ .name = "jobs.enqueue.a_job_for_later_is_parked_until_then",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A job whose run_at lies ahead can't be claimed before it, not by one "
		  "microsecond.",
	  .covers = "runledger E11",
	  .run = future_run_at },
	{ .name = "jobs.enqueue.needs_an_enabled_definition",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A type that is missing or disabled is refused per item; nothing is written.",
	  .covers = "runledger E03",
	  .run = needs_an_enabled_definition },
	{ .name = "jobs.enqueue.enabling_the_type_again_is_enough",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "After a type is enabled again its jobs are taken; a refused key is still free.",
	  .covers = "runledger E14",
	  .run = enabling_is_enough },
	{ .name = "jobs.enqueue.a_batch_answers_in_its_own_order",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "n jobs get n ascending ids, each answer in its item's place.",
	  .covers = "runledger E13",
	  .run = a_batch_answers_in_its_order },
	{ .name = "jobs.enqueue.all_rows_of_a_call_carry_one_time",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Jobs and events of one call have the same created_at, by any clock.",
	  .covers = "runledger E13",
	  .run = one_time_for_all },
	{ .name = "jobs.enqueue.an_item_without_definition_leaves_the_others_alone",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Outcomes that depend on data are per item; the rest of the batch is written.",
	  .covers = "runledger E03",
	  .run = outcomes_are_per_item },
	{ .name = "jobs.enqueue.without_outcomes_the_first_failure_is_the_calls",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "With each NULL the call fails as its first failed item did; the others stay "
		  "done.",
	  .run = without_each_the_first_failure_speaks },
	{ .name = "jobs.enqueue.a_malformed_number_fails_the_call_before_any_io",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A malformed item is INVALID, names its index, costs no round trip and writes "
		  "nothing of the batch.",
	  .covers = "runledger E08",
	  .run = malformed_numbers },
	{ .name = "jobs.enqueue.a_malformed_name_fails_the_call_before_any_io",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Names are 1 to 255 bytes of UTF-8, not blank, without control characters.",
	  .run = malformed_names },
	{ .name = "jobs.enqueue.names_and_keys_fit_up_to_their_limit",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "255 bytes of type, queue, tenant and owner and 512 bytes of key fit together.",
	  .run = names_up_to_the_limit },
	{ .name = "jobs.enqueue.commits_and_rolls_back_with_the_caller",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "In a caller's transaction a job is seen by that session alone until the commit; "
		  "a rollback leaves neither job nor event.",
	  .covers = "runledger E02",
	  .run = commits_with_the_caller },
};

CT_GROUP(enqueue, cases);
