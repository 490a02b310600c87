/*
 * intents_promote.c - what becomes of intents when nothing goes wrong. Several promoters are in
 * intents_race.c, databases that refuse in intents_fault.c.
 */
#include "ct.h"

static void set_disabled(cairn_conn *conn, const char *type, uint32_t disabled)
{
	cairn_definition_patch patch = { .size = sizeof(patch),
					 .type = cairn_str_of(type),
					 .set = CAIRN_PATCH_DISABLED,
					 .disabled = disabled };
	ct_ok(cairn_job_definition_update(conn, &patch, ct_err()));
}

static cairn_id record(cairn_conn *conn, const cairn_job_new *request)
{
	cairn_intent_recorded recorded = { .status = CAIRN_OK };
	ct_ok(cairn_intent_record(conn, request, 1, &recorded, ct_err()));
	ct_each(recorded, CAIRN_OK, NULL);
	return recorded.id;
}

/* ---- the job ------------------------------------------------------------------------ */

/* Two jobs of which one was promoted: equal but for id and key. */
static void same_job(const cairn_job *a, const cairn_job *b)
{
	ct_same(a->queue, b->queue);
	ct_same(a->type, b->type);
	ct_same(a->tenant, b->tenant);
	ct_same(a->payload, b->payload);
	ct_int(a->status, b->status);
	ct_int(a->priority, b->priority);
	ct_int(a->run_number, b->run_number);
	ct_int(a->attempt, b->attempt);
	ct_int(a->max_attempts, b->max_attempts);
	ct_int(a->parked, b->parked);
	ct_int(a->timeout, b->timeout);
	ct_int(a->run_at, b->run_at);
	ct_same(a->owner, b->owner);
	ct_int(a->fence, b->fence);
	ct_same(a->stage, b->stage);
	ct_same(a->request, b->request);
	ct_int(a->created_at, b->created_at);
	ct_int(a->updated_at, b->updated_at);
}

static void like_enqueued(cairn_conn *conn, cairn_job_new request)
{
	request.key = cairn_str_of(ct_format("intent-%u", ct_number()));
	cairn_id intent = record(conn, &request);
	ct_advance(CAIRN_MINUTE);
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->count, 1);
	ct_int(report->inserted, 1);
	const cairn_promoted *row = &report->at[0];
	ct_id(row->id, intent);
	ct_int(row->what, CAIRN_PROMOTION_INSERTED);
	ct_same(row->type, request.type);
	ct_same(row->tenant, request.tenant);
	ct_int(row->attempts, 1);
	ct_str(row->error_code, NULL);
	const cairn_job *promoted = ct_job(conn, row->job);
	ct_same(promoted->key, request.key);
	ct_text(ct_timeline(conn, row->job), "ENQUEUED");
	cairn_job_added added = { .status = CAIRN_OK };
	ct_ok(cairn_job_enqueue(conn, &request, 1, &added, ct_err()));
	ct_int(added.disposition, CAIRN_EXISTING);
	ct_id(added.id, row->job);
	request.key = cairn_str_of(ct_format("direct-%u", ct_number()));
	same_job(promoted, ct_job(conn, ct_add(conn, &request)));
}

static void makes_the_job(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition definition = { .type = CAIRN_STR("t"),
					.max_attempts = 4,
					.timeout = 11 * CAIRN_SECOND,
					.priority = 7,
					.set = CAIRN_DEFINITION_PRIORITY };
	ct_ok(cairn_job_define(conn, &definition, 1, ct_err()));
	cairn_job_new request = ct_new("t");
	like_enqueued(conn, request);
	request.queue = CAIRN_STR("q");
	request.tenant = CAIRN_STR("acme");
	request.payload = CAIRN_STR("{ \"n\": 9007199254740993 }");
	request.owner = CAIRN_STR("me");
	request.stage = CAIRN_STR("scheduled");
	request.timeout = 7 * CAIRN_SECOND;
	request.max_attempts = 3;
	request.priority = 0;
	request.set = CAIRN_JOB_PRIORITY;
	like_enqueued(conn, request);
	request.run_at = ct_now() + CAIRN_HOUR;
	like_enqueued(conn, request);
	request.run_at = ct_now() - CAIRN_HOUR;
	like_enqueued(conn, request);
}

static void settles_the_intent(void)
{
	cairn_conn *conn = ct_open();
	cairn_time then = ct_now();
	cairn_id id = ct_record(conn, "t", "k");
	ct_define(conn, "t");
	ct_advance(CAIRN_MINUTE);
	cairn_id job = ct_promote(conn, 0)->at[0].job;
	const cairn_intent *intent = ct_intent(conn, id);
	ct_int(intent->status, CAIRN_INTENT_PROMOTED);
	ct_id(intent->job, job);
	ct_int(intent->attempts, 1);
	ct_int(intent->promoted_at, ct_now());
	ct_int(intent->last_attempted_at, ct_now());
	ct_int(intent->updated_at, ct_now());
	ct_int(intent->created_at, then);
	ct_int(intent->conflicted_at, 0);
	ct_str(intent->error_code, NULL);
	ct_id(ct_claim(conn, "w").id, job);
}

static void one_time_for_all(void)
{
	cairn_conn_opts own = ct_opts();
	own.clock = NULL; /* the database's: a clock that moves */
	cairn_conn *conn = ct_open_with(&own);
	cairn_id ids[3];
	ct_define(conn, "t");
	for (size_t i = 0; i < 3; i++)
		ids[i] = ct_record(conn, "t", ct_format("k%zu", i));
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->inserted, 3);
	cairn_time now = ct_intent(conn, ids[0])->promoted_at;
	ct_true(now > 0);
	for (size_t i = 0; i < 3; i++) {
		const cairn_intent *intent = ct_intent(conn, ids[i]);
		const cairn_job *job = ct_job(conn, report->at[i].job);
		ct_int(intent->promoted_at, now);
		ct_int(intent->updated_at, now);
		ct_int(job->created_at, now);
		ct_int(job->run_at, now);
		ct_int(ct_event(conn, job->id, 0)->at, now);
	}
	cairn_time later = 0;
	ct_ok(cairn_now(conn, &later, ct_err()));
	ct_true(later >= now);
}

static void without_events(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.events = CAIRN_EVENTS_NONE;
	cairn_conn *conn = ct_open_with(&opts);
	ct_define(conn, "t");
	ct_record(conn, "t", "k");
	ct_text(ct_timeline(conn, ct_promote(conn, 0)->at[0].job), "");
}

/* ---- which ---------------------------------------------------------------------------- */

static void waits_for_its_definition(void)
{
	cairn_conn *conn = ct_open();
	cairn_id missing = ct_record(conn, "missing", "k");
	cairn_id disabled = ct_record(conn, "disabled", "k");
	ct_define(conn, "disabled");
	set_disabled(conn, "disabled", 1);
	const char *before[2] = { ct_intent_snapshot(conn, missing),
				  ct_intent_snapshot(conn, disabled) };
	ct_advance(CAIRN_HOUR);
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->count, 0);
	ct_int(report->batch_full, 0);
	ct_text(ct_intent_snapshot(conn, missing), before[0]);
	ct_text(ct_intent_snapshot(conn, disabled), before[1]);
	set_disabled(conn, "disabled", 0);
	ct_define(conn, "missing");
	ct_int(ct_promote(conn, 0)->inserted, 2);
	ct_int(ct_count_jobs(conn, 0), 2);
}

static const cairn_promote_report *promote_types(cairn_conn *conn, const cairn_str *types, size_t n)
{
	cairn_promote_opts opts = { .size = sizeof(opts), .types = types, .type_count = n };
	cairn_promote_report *report = NULL;
	ct_ok(cairn_intent_promote(conn, &opts, &report, ct_err()));
	ct_later(report);
	return report;
}

static void of_the_types_asked_for(void)
{
	cairn_conn *conn = ct_open();
	const cairn_str types[] = { CAIRN_STR("b"), CAIRN_STR("nobody"), CAIRN_STR("d") };
	const char *const all[] = { "a", "b", "c", "d" };
	for (size_t i = 0; i < 4; i++) {
		ct_define(conn, all[i]);
		ct_record(conn, all[i], "k");
	}
	uint64_t before = cairn_conn_round_trips(conn);
	ct_int(promote_types(conn, types, 0)->count, 0);
	ct_int(cairn_conn_round_trips(conn), before);
	const cairn_promote_report *report = promote_types(conn, types, 3);
	ct_int(report->inserted, 2);
	ct_str(report->at[0].type, "b");
	ct_str(report->at[1].type, "d");
	ct_int(promote_types(conn, NULL, 0)->inserted, 2);
	ct_int(ct_promote(conn, 0)->count, 0);
}

static void in_order_and_bounded(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[5];
	ct_define(conn, "t");
	for (size_t i = 0; i < 5; i++) {
		ids[i] = ct_record(conn, "t", ct_format("k%zu", i));
		ct_advance(i % 2 ? CAIRN_SECOND : 0);
	}
	for (size_t pass = 0; pass < 3; pass++) {
		const cairn_promote_report *report = ct_promote(conn, 2);
		ct_int(report->count, pass < 2 ? 2 : 1);
		ct_int(report->batch_full, pass < 2);
		for (size_t i = 0; i < report->count; i++)
			ct_id(report->at[i].id, ids[2 * pass + i]);
	}
}

static void a_large_batch(void)
{
	cairn_conn *conn = ct_open();
	enum { N = 1000 };
	cairn_job_new *requests = ct_alloc(N * sizeof(*requests));
	ct_define(conn, "t");
	for (size_t i = 0; i < N; i++) {
		requests[i] = ct_new("t");
		requests[i].key = cairn_str_of(ct_format("k%zu", i * 7 % N));
	}
	ct_ok(cairn_intent_record(conn, requests, N, NULL, ct_err()));
	const cairn_promote_report *report = ct_promote(conn, N);
	ct_int(report->inserted, N);
	ct_int(report->batch_full, 1);
	ct_int(ct_count_jobs(conn, 0), N);
	for (size_t i = 0; i < N; i += 97)
		ct_same(ct_job(conn, report->at[i].job)->key, requests[i].key);
}

/* ---- keys that jobs have --------------------------------------------------------------- */

static void meets_a_job(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	ct_define(conn, "t");
	job.key = CAIRN_STR("equal");
	cairn_id equal = ct_add(conn, &job);
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	job.key = CAIRN_STR("different");
	job.payload = CAIRN_STR("[1]");
	cairn_id different = ct_add(conn, &job);
	const char *before[2] = { ct_snapshot(conn, equal), ct_snapshot(conn, different) };
	cairn_id ids[3] = { ct_record(conn, "t", "equal"), ct_record(conn, "t", "different"),
			    ct_record(conn, "t", "neighbour") };
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->count, 3);
	ct_int(report->existing, 1);
	ct_int(report->conflicted, 1);
	ct_int(report->inserted, 1);
	ct_int(report->at[0].what, CAIRN_PROMOTION_EXISTING);
	ct_id(report->at[0].job, equal);
	ct_int(report->at[1].what, CAIRN_PROMOTION_CONFLICTED);
	ct_str(report->at[1].error_code, "job.idempotency_conflict");
	ct_true(report->at[1].error_message.len > 0);
	ct_id(ct_intent(conn, ids[0])->job, equal);
	const cairn_intent *conflicted = ct_intent(conn, ids[1]);
	ct_int(conflicted->status, CAIRN_INTENT_CONFLICTED);
	ct_int(conflicted->attempts, 1);
	ct_int(conflicted->conflicted_at, ct_now());
	ct_int(conflicted->promoted_at, 0);
	ct_true(cairn_id_is_none(conflicted->job));
	ct_str(conflicted->error_code, "job.idempotency_conflict");
	ct_true(conflicted->error_message.len > 0);
	ct_unchanged(conn, equal, before[0]);
	ct_unchanged(conn, different, before[1]);
	ct_int(ct_count_jobs(conn, 0), 3);
}

static void ends_are_ends(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	cairn_intent_recorded recorded = { .status = CAIRN_OK };
	ct_define(conn, "t");
	job.key = CAIRN_STR("taken");
	job.payload = CAIRN_STR("[1]");
	ct_add(conn, &job);
	cairn_id ids[2] = { ct_record(conn, "t", "fine"), ct_record(conn, "t", "taken") };
	ct_promote(conn, 0);
	const char *before[2] = { ct_intent_snapshot(conn, ids[0]),
				  ct_intent_snapshot(conn, ids[1]) };
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	ct_advance(CAIRN_DAY);
	ct_int(ct_promote(conn, 0)->count, 0);
	job.payload = (cairn_str){ NULL, 0 };
	ct_ok(cairn_intent_record(conn, &job, 1, &recorded, ct_err()));
	ct_int(recorded.disposition, CAIRN_EXISTING);
	ct_int(recorded.intent_status, CAIRN_INTENT_CONFLICTED);
	ct_id(recorded.id, ids[1]);
	ct_text(ct_intent_snapshot(conn, ids[0]), before[0]);
	ct_text(ct_intent_snapshot(conn, ids[1]), before[1]);
}

/* Who must have the job looks at the answer and takes its own work back. */
static void required(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	cairn_intent_recorded recorded = { .status = CAIRN_OK };
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	job.key = CAIRN_STR("taken");
	job.payload = CAIRN_STR("[1]");
	ct_add(conn, &job);
	ct_record(conn, "t", "taken");
	ct_promote(conn, 0);
	job.payload = (cairn_str){ NULL, 0 };
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_record(conn, "t", "my work");
	ct_ok(cairn_intent_record(conn, &job, 1, &recorded, ct_err()));
	ct_each(recorded, CAIRN_OK, NULL);
	ct_int(recorded.intent_status, CAIRN_INTENT_CONFLICTED);
	ct_true(cairn_id_is_none(recorded.job));
	cairn_rollback(&tx);
	ct_record(conn, "t", "my work");
}

/* ---- the caller's transaction ------------------------------------------------------------- */

static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_id id = ct_record(conn, "t", "k");
	const char *before = ct_intent_snapshot(conn, id);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_int(ct_promote(conn, 0)->inserted, 1);
	ct_int(ct_count_jobs(conn, 0), 1);
	cairn_rollback(&tx);
	ct_int(ct_count_jobs(conn, 0), 0);
	ct_text(ct_intent_snapshot(conn, id), before);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id late = ct_record(conn, "t", "late");
	ct_int(ct_promote(conn, 0)->inserted, 2);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_intent(conn, id)->status, CAIRN_INTENT_PROMOTED);
	ct_int(ct_intent(conn, late)->status, CAIRN_INTENT_PROMOTED);
	ct_int(ct_count_jobs(conn, 0), 2);
}

static void with_the_application(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	ct_define(conn, "t");
	ct_record(conn, "t", "k");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN), 0);
	ct_int(ct_promote(conn, 0)->inserted, 1);
	ct_int(ct_count_jobs(other, 0), 0);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_int(ct_count_jobs(other, 0), 1);
}

static void needs_read_committed(void)
{
	cairn_conn *conn = ct_open();
	cairn_promote_report *report = NULL;
	ct_define(conn, "t");
	cairn_id id = ct_record(conn, "t", "k");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN_STRICT), 0);
	ct_status(cairn_intent_promote(conn, NULL, &report, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_later(report);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_int(ct_intent(conn, id)->attempts, 0);
	ct_int(ct_promote(conn, 0)->inserted, 1);
}

#define PROMOTE .kind = CT_VERB, .store = CT_INTENTS

/* Keys need a job that stays: the intent waits until its type keeps something. */
static void a_type_that_keeps_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition type = { .type = CAIRN_STR("t"), .retention = CAIRN_RETAIN_NONE };
	ct_ok(cairn_job_define(conn, &type, 1, ct_err()));
	cairn_id id = ct_record(conn, "t", "k");
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->deferred, 1);
	ct_int(report->conflicted, 0);
	ct_str(report->at[0].error_code, "job.key_needs_retention");
	const cairn_intent *intent = ct_intent(conn, id);
	ct_int(intent->status, CAIRN_INTENT_PENDING);
	ct_int(intent->attempts, 1);
	ct_str(intent->error_code, "job.key_needs_retention");
	ct_int(ct_count_jobs(conn, 0), 0);
	type.retention = CAIRN_DAY;
	ct_ok(cairn_job_define(conn, &type, 1, ct_err()));
	ct_set_now(intent->next_promotion_at);
	ct_int(ct_promote(conn, 0)->inserted, 1);
	ct_str(ct_intent(conn, id)->error_code, NULL);
}

static const ct_case cases[] = {
	{ .name = "intents.promote.makes_the_job_that_enqueueing_makes",
	  PROMOTE,
	  .rule = "Whatever the request says or leaves open, the promoted job equals the one a "
		  "direct keyed enqueue makes at that time.",
	  .covers = "runledger J07",
	  .run = makes_the_job },
	{ .name = "intents.promote.settles_the_intent",
	  PROMOTE,
	  .rule = "A promoted intent is linked to its job, with one attempt and its times.",
	  .covers = "runledger J07",
	  .run = settles_the_intent },
	{ .name = "intents.promote.one_time_for_all",
	  PROMOTE,
	  .rule = "Intents, jobs and events of one pass carry the same time, by the database's "
		  "clock too.",
	  .run = one_time_for_all },
	{ .name = "intents.promote.heeds_the_event_switch",
	  PROMOTE,
	  .rule = "A connection that records no events promotes without them.",
	  .run = without_events },
	{ .name = "intents.promote.waits_for_an_enabled_definition",
	  PROMOTE,
	  .rule = "Intents of missing and disabled types stay untouched and are promoted once that "
		  "changes.",
	  .covers = "runledger J08",
	  .run = waits_for_its_definition },
	{ .name = "intents.promote.waits_for_a_type_that_keeps_jobs",
	  PROMOTE,
	  .rule = "An intent of a type that keeps nothing is deferred, not given up.",
	  .run = a_type_that_keeps_nothing },
	{ .name = "intents.promote.only_the_types_asked_for",
	  PROMOTE,
	  .rule = "No list is every type; an empty one is nothing, without I/O.",
	  .covers = "runledger J08",
	  .run = of_the_types_asked_for },
	{ .name = "intents.promote.the_longest_due_first_up_to_the_limit",
	  PROMOTE,
	  .rule = "A pass takes the longest due, at most limit, and says when it was full.",
	  .run = in_order_and_bounded },
	{ .name = "intents.promote.a_thousand_in_one_pass",
	  PROMOTE,
	  .rule = "The largest batch is one pass like any other.",
	  .run = a_large_batch },
	{ .name = "intents.promote.meets_jobs_under_its_key",
	  PROMOTE,
	  .rule = "An equal job is linked, finished or not; a different one makes the intent "
		  "CONFLICTED; neither is touched.",
	  .covers = "runledger J09",
	  .run = meets_a_job },
	{ .name = "intents.promote.ends_are_ends",
	  PROMOTE,
	  .rule = "Nothing leads from PROMOTED or CONFLICTED anywhere else.",
	  .covers = "runledger J18",
	  .run = ends_are_ends },
	{ .name = "intents.promote.a_conflicted_intent_is_told_to_who_records_it_again",
	  PROMOTE,
	  .rule = "Recording an intent that is CONFLICTED says so, in time to roll back.",
	  .covers = "runledger J19",
	  .run = required },
	{ .name = "intents.promote.belongs_to_the_callers_transaction",
	  PROMOTE,
	  .rule = "A pass commits and rolls back with the transaction around it, and sees what "
		  "that recorded.",
	  .run = in_a_transaction },
	{ .name = "intents.promote.commits_with_the_application",
	  PROMOTE,
	  .needs = CT_NEED_APP,
	  .rule = "Between the application's own BEGIN and COMMIT a pass is part of that "
		  "transaction.",
	  .run = with_the_application },
	{ .name = "intents.promote.needs_read_committed",
	  PROMOTE,
	  .needs = CT_NEED_APP | CT_NEED_STRICT,
	  .rule = "Inside a stricter transaction a pass is tx.unsupported_isolation and writes "
		  "nothing.",
	  .run = needs_read_committed },
};

CT_GROUP(intents_promote, cases);
