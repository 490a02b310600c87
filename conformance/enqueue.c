/*
 * enqueue.c - what an enqueued job looks like. Batches are in enqueue_batch.c, refusals in
 * enqueue_refused.c, documents in payload.c, keys in idempotency.c.
 */
#include "ct.h"

/* ---- the row ------------------------------------------------------------------- */

static void a_bare_job(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new bare = ct_new("t");
	ct_define(conn, "t");
	cairn_job_added added = ct_offer(conn, &bare);
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_INSERTED);
	ct_int(added.job_status, CAIRN_JOB_PENDING);
	ct_int(added.run_number, 1);
	const cairn_job *job = ct_job(conn, added.id);
	ct_int(job->status, CAIRN_JOB_PENDING);
	ct_str(job->queue, "default");
	ct_str(job->type, "t");
	ct_str(job->payload, "{}");
	ct_str(job->stage, "queued");
	ct_int(job->priority, 100);
	ct_int(job->max_attempts, 8);
	ct_int(job->timeout, 15 * CAIRN_MINUTE);
	ct_int(job->run_number, 1);
	ct_int(job->attempt, 0);
	ct_int(job->fence, 0);
	ct_int(job->parked, 0);
	ct_int(job->progress_done, -1);
	ct_int(job->progress_total, -1);
	const cairn_str absent[] = { job->tenant,	job->owner,	    job->worker,
				     job->key,		job->request,	    job->checkpoint,
				     job->output,	job->status_reason, job->error_code,
				     job->error_message };
	for (size_t i = 0; i < 10; i++)
		ct_str(absent[i], NULL);
	const cairn_time now[] = { job->run_at, job->created_at, job->updated_at };
	for (size_t i = 0; i < 3; i++)
		ct_int(now[i], ct_now());
	const cairn_time never[] = { job->lease_expires_at, job->heartbeat_at, job->leased_at,
				     job->started_at, job->finished_at };
	for (size_t i = 0; i < 5; i++)
		ct_int(never[i], 0);
	ct_int(ct_attempts(conn, added.id)->count, 0);
	ct_true(ct_dead(conn, added.id) == NULL);
}

static void one_event(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "type \"1\"");
	const cairn_event_rows *events = ct_events(conn, id);
	ct_int(events->count, 1);
	const cairn_event *event = &events->at[0];
	ct_int(event->seq, 1);
	ct_int(event->kind, CAIRN_EVENT_ENQUEUED);
	ct_int(event->run_number, 1);
	ct_int(event->attempt, 0);
	ct_str(event->stage, "queued");
	ct_int(event->progress_done, -1);
	ct_int(event->progress_total, -1);
	ct_int(event->at, ct_now());
	ct_str(event->payload, "{\"job_type\":\"type \\\"1\\\"\"}");
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
	ct_str(ct_event(conn, scheduled, 0)->stage, "scheduled");
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

/* ---- definitions --------------------------------------------------------------- */

static void needs_an_enabled_definition(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "off");
	ct_disable(conn, "off", 1);
	const char *types[] = { "off", "never", "OFF" };
	for (size_t i = 0; i < 3; i++) {
		cairn_job_new job = ct_new(types[i]);
		cairn_job_added added = ct_offer(conn, &job);
		ct_each(added, CAIRN_INVALID, "job.definition_not_found_or_disabled");
		ct_true(cairn_id_is_none(added.id));
		job.key = CAIRN_STR("k");
		added = ct_offer(conn, &job);
		ct_each(added, CAIRN_INVALID, "job.definition_not_found_or_disabled");
	}
	ct_int(ct_count_jobs(conn, 0), 0);
}

static void enabling_is_enough(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_disable(conn, "t", 1);
	cairn_job_new job = ct_new("t");
	job.key = CAIRN_STR("k");
	cairn_job_added added = ct_offer(conn, &job);
	ct_each(added, CAIRN_INVALID, "job.definition_not_found_or_disabled");
	ct_disable(conn, "t", 0);
	ct_add(conn, &job);
	ct_int(ct_count_jobs(conn, 0), 1);
}

/* ---- transactions -------------------------------------------------------------- */

static void commits_with_the_caller(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id lost = ct_add(conn, &job);
	ct_true(ct_exists(conn, lost));
	ct_true(!ct_exists(other, lost));
	cairn_rollback(&tx);
	ct_true(!ct_exists(conn, lost));
	cairn_event_rows *events = NULL;
	ct_status(cairn_job_events(conn, cairn_any(), lost, 0, 0, &events, ct_err()),
		  CAIRN_NOT_FOUND, "job.not_found");
	ct_later(events);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id kept = ct_add(conn, &job);
	ct_true(!ct_exists(other, kept));
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
		  "with payload {}.",
	  .covers = "runledger E01, E05",
	  .run = a_bare_job },
	{ .name = "jobs.enqueue.writes_one_enqueued_event",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "An enqueued job has one event: ENQUEUED, seq 1, run 1, no attempt, its stage, "
		  "payload member job_type.",
	  .covers = "runledger E02",
	  .run = one_event },
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
	  .covers = "runledger E05, I17, smol-24",
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
	{ .name = "jobs.enqueue.commits_and_rolls_back_with_the_caller",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "In a caller's transaction a job is seen by that session alone until the commit; "
		  "a rollback leaves neither job nor event.",
	  .covers = "runledger E02",
	  .run = commits_with_the_caller },
};

CT_GROUP(enqueue, cases);
