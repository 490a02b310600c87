/*
 * intents.c - recording enqueue requests. Reading them is in intents_list.c, what becomes of them in
 * intents_promote.c.
 */
#include "ct.h"

/* A request in which nothing is left open. */
static cairn_job_new whole(const char *key)
{
	cairn_job_new request = ct_new("t");
	request.queue = CAIRN_STR("q");
	request.tenant = CAIRN_STR("acme");
	request.payload = CAIRN_STR("{ \"a\": [1, 2.50] }");
	request.key = cairn_str_of(key);
	request.owner = CAIRN_STR("me");
	request.resource_key = CAIRN_STR("r");
	request.stage = CAIRN_STR("scheduled");
	request.run_at = ct_now() + CAIRN_HOUR;
	request.timeout = 7 * CAIRN_SECOND;
	request.max_attempts = 3;
	request.priority = -5;
	request.set = CAIRN_JOB_PRIORITY;
	return request;
}

static cairn_intent_recorded record(cairn_conn *conn, const cairn_job_new *request)
{
	cairn_intent_recorded recorded = { .status = CAIRN_OK };
	ct_ok(cairn_intent_record(conn, request, 1, &recorded, ct_err()));
	return recorded;
}

static void needs_no_definition(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new request = whole("k");
	cairn_intent_recorded recorded = record(conn, &request);
	ct_each(recorded, CAIRN_OK, NULL);
	ct_int(recorded.disposition, CAIRN_INSERTED);
	ct_true(cairn_id_is_none(recorded.job));
	ct_int(ct_count_jobs(conn, 0), 0);
	const cairn_intent *intent = ct_intent(conn, recorded.id);
	ct_str(intent->type, "t");
	ct_str(intent->queue, "q");
	ct_str(intent->tenant, "acme");
	ct_same(intent->payload, request.payload);
	ct_str(intent->key, "k");
	ct_str(intent->owner, "me");
	ct_str(intent->resource_key, "r");
	ct_str(intent->stage, "scheduled");
	ct_int(intent->run_at, request.run_at);
	ct_int(intent->timeout, request.timeout);
	ct_int(intent->max_attempts, 3);
	ct_int(intent->priority, -5);
	ct_int(intent->set, CAIRN_JOB_PRIORITY);
	ct_int(intent->status, CAIRN_INTENT_PENDING);
	ct_int(intent->attempts, 0);
	ct_int(intent->next_promotion_at, ct_now());
	ct_int(intent->last_attempted_at, 0);
	ct_int(intent->promoted_at, 0);
	ct_int(intent->conflicted_at, 0);
	ct_true(cairn_id_is_none(intent->job));
	ct_str(intent->error_code, NULL);
	ct_str(intent->error_message, NULL);
	ct_int(intent->created_at, ct_now());
	ct_int(intent->updated_at, ct_now());
	ct_true(strstr(intent->request.ptr, "\"payload\":{\"a\":[1,") != NULL);
}

static void leaves_open_what_is_open(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	const cairn_intent *intent = ct_intent(conn, ct_record(conn, "t", "k"));
	ct_str(intent->queue, "default");
	ct_str(intent->tenant, NULL);
	ct_str(intent->payload, "{}");
	ct_str(intent->owner, NULL);
	ct_str(intent->stage, "queued");
	ct_int(intent->run_at, 0);
	ct_int(intent->timeout, 0);
	ct_int(intent->max_attempts, 0);
	ct_int(intent->priority, 0);
	ct_int(intent->set, 0);
	cairn_job_new zero = ct_new("t");
	zero.key = CAIRN_STR("zero");
	zero.set = CAIRN_JOB_PRIORITY;
	ct_int(ct_intent(conn, record(conn, &zero).id)->set, CAIRN_JOB_PRIORITY);
}

static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_intents *found = NULL;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id gone = ct_record(conn, "t", "k");
	cairn_rollback(&tx);
	ct_status(cairn_intent_get(conn, cairn_any(), gone, &found, ct_err()), CAIRN_NOT_FOUND,
		  "job.intent_not_found");
	cairn_free(found);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id kept = ct_record(conn, "t", "k");
	cairn_job_new again = ct_new("t");
	again.key = CAIRN_STR("k");
	again.payload = CAIRN_STR("[1]");
	ct_each(record(conn, &again), CAIRN_CONFLICT, "job.intent_idempotency_conflict");
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_intent(ct_open(), kept)->status, CAIRN_INTENT_PENDING);
}

static void with_the_application(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_intents *found = NULL;
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN), 0);
	cairn_id id = ct_record(conn, "t", "k");
	ct_status(cairn_intent_get(other, cairn_any(), id, &found, ct_err()), CAIRN_NOT_FOUND,
		  "job.intent_not_found");
	cairn_free(found);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_intent(other, id);
}

static void needs_read_committed(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new request = whole("k");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN_STRICT), 0);
	ct_status(cairn_intent_record(conn, &request, 1, NULL, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_int(record(conn, &request).disposition, CAIRN_INSERTED);
}

/* ---- keys ------------------------------------------------------------------------- */

static void repeated(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new request = whole("k");
	cairn_id id = record(conn, &request).id;
	const char *before = ct_intent_snapshot(conn, id);
	ct_advance(CAIRN_MINUTE);
	request.payload = CAIRN_STR("{\"\\u0061\":[1.0,25e-1]}");
	cairn_intent_recorded again = record(conn, &request);
	ct_each(again, CAIRN_OK, NULL);
	ct_id(again.id, id);
	ct_int(again.disposition, CAIRN_EXISTING);
	ct_int(again.intent_status, CAIRN_INTENT_PENDING);
	ct_text(ct_intent_snapshot(conn, id), before);
	ct_define(conn, "t");
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->inserted, 1);
	again = record(conn, &request);
	ct_id(again.id, id);
	ct_int(again.disposition, CAIRN_EXISTING);
	ct_int(again.intent_status, CAIRN_INTENT_PROMOTED);
	ct_id(again.job, report->at[0].job);
}

static void conflicts(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new first = whole("k");
	cairn_id id = record(conn, &first).id;
	const char *before = ct_intent_snapshot(conn, id);
	cairn_job_new changed[10];
	for (size_t i = 0; i < 10; i++)
		changed[i] = first;
	changed[0].queue = CAIRN_STR("other");
	changed[1].payload = CAIRN_STR("{}");
	changed[2].owner = CAIRN_STR("you");
	changed[3].stage = CAIRN_STR("queued");
	changed[4].run_at++;
	changed[5].timeout++;
	changed[6].max_attempts++;
	changed[7].priority++;
	changed[8].set = 0;
	changed[9].resource_key = CAIRN_STR("s");
	for (size_t i = 0; i < 10; i++) {
		cairn_intent_recorded refused = record(conn, &changed[i]);
		ct_each(refused, CAIRN_CONFLICT, "job.intent_idempotency_conflict");
		ct_true(cairn_id_is_none(refused.id));
		ct_status(cairn_intent_record(conn, &changed[i], 1, NULL, ct_err()), CAIRN_CONFLICT,
			  "job.intent_idempotency_conflict");
		ct_int(ct_last()->index, 0);
	}
	ct_text(ct_intent_snapshot(conn, id), before);
}

static void keys_are_per_type_and_tenant(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new requests[4] = { ct_new("t"), ct_new("t"), ct_new("t"), ct_new("u") };
	cairn_intent_recorded each[4];
	requests[1].tenant = CAIRN_STR("a");
	requests[2].tenant = CAIRN_STR("b");
	for (size_t i = 0; i < 4; i++) {
		requests[i].key = CAIRN_STR("k");
		requests[i].payload = cairn_str_of(ct_format("%zu", i));
	}
	ct_ok(cairn_intent_record(conn, requests, 4, each, ct_err()));
	for (size_t i = 0; i < 4; i++)
		ct_int(each[i].disposition, CAIRN_INSERTED);
	ct_ok(cairn_intent_record(conn, requests, 4, each, ct_err()));
	for (size_t i = 0; i < 4; i++)
		ct_int(each[i].disposition, CAIRN_EXISTING);
}

static void numbers_are_numbers(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new request = ct_new("t");
	cairn_job_added added = { .status = CAIRN_OK };
	request.key = CAIRN_STR("k");
	request.payload = CAIRN_STR("{\"n\":1.7e18}");
	record(conn, &request);
	request.payload = CAIRN_STR("{\"n\":1700000000000000000}");
	ct_int(record(conn, &request).disposition, CAIRN_EXISTING);
	ct_define(conn, "t");
	ct_ok(cairn_job_enqueue(conn, &request, 1, &added, ct_err()));
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->existing, 1);
	ct_id(report->at[0].job, added.id);
}

/* ---- batches and refusals ----------------------------------------------------------------- */

static void batches(void)
{
	cairn_conn *conn = ct_open();
	enum { N = 300 };
	cairn_job_new *requests = ct_alloc(N * sizeof(*requests));
	cairn_intent_recorded *each = ct_alloc(N * sizeof(*each));
	for (size_t i = 0; i < N; i++) {
		requests[i] = ct_new("t");
		requests[i].key = cairn_str_of(ct_format("k%zu", i * 7 % N));
	}
	requests[10].key = requests[5].key;
	requests[20].key = requests[5].key;
	requests[20].payload = CAIRN_STR("[]");
	cairn_id known = ct_record(conn, "t", ct_format("k%d", 30 * 7 % N));
	ct_ok(cairn_intent_record(conn, requests, N, each, ct_err()));
	for (size_t i = 0; i < N; i++) {
		bool other = i == 20;
		ct_each(each[i], other ? CAIRN_CONFLICT : CAIRN_OK,
			other ? "job.intent_idempotency_conflict" : NULL);
		if (!other)
			ct_int(each[i].disposition,
			       i == 10 || i == 30 ? CAIRN_EXISTING : CAIRN_INSERTED);
	}
	ct_id(each[10].id, each[5].id);
	ct_id(each[30].id, known);
	ct_same(ct_intent(conn, each[299].id)->key, requests[299].key);
	ct_ok(cairn_intent_record(conn, NULL, 0, NULL, ct_err()));
}

static void refused(cairn_conn *conn, cairn_job_new bad, const char *code)
{
	cairn_job_new two[2] = { whole("good"), bad };
	ct_status(cairn_intent_record(conn, two, 2, NULL, ct_err()), CAIRN_INVALID, code);
	ct_int(ct_last()->index, 1);
}

static void malformed(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new bad[10];
	for (size_t i = 0; i < 10; i++)
		bad[i] = whole("k");
	bad[0].key = (cairn_str){ NULL, 0 };
	bad[1].key = CAIRN_STR("  ");
	bad[2].max_attempts = -1;
	bad[3].timeout = -1;
	bad[4].type = CAIRN_STR(" ");
	bad[5].payload = CAIRN_STR("{");
	bad[6].stage = CAIRN_STR("running");
	bad[7].reserved_[0] = 1;
	bad[8].queue = CAIRN_STR("a\nb");
	bad[9].resource_key = CAIRN_STR("\t");
	refused(conn, bad[0], "arg.invalid_key");
	refused(conn, bad[1], "arg.invalid_key");
	refused(conn, bad[2], "job.intent_invalid_max_attempts");
	refused(conn, bad[3], "job.intent_invalid_timeout");
	refused(conn, bad[4], "arg.invalid_name");
	refused(conn, bad[5], "json.invalid");
	refused(conn, bad[6], "job.invalid_stage");
	refused(conn, bad[7], "arg.reserved");
	refused(conn, bad[8], "arg.invalid_name");
	refused(conn, bad[9], "arg.invalid_key");
	cairn_job_new good = whole("good");
	ct_int(record(conn, &good).disposition, CAIRN_INSERTED);
}

#define RECORD .kind = CT_VERB, .store = CT_INTENTS

static const ct_case cases[] = {
	{ .name = "intents.record.needs_no_definition",
	  RECORD,
	  .rule = "A request of an unknown type is written down as it is, and makes no job.",
	  .covers = "runledger J01",
	  .run = needs_no_definition },
	{ .name = "intents.record.leaves_open_what_the_request_leaves_open",
	  RECORD,
	  .rule = "What comes from the definition is not decided while recording, though a "
		  "definition is there.",
	  .run = leaves_open_what_is_open },
	{ .name = "intents.record.belongs_to_the_callers_transaction",
	  RECORD,
	  .rule = "An intent commits and rolls back with the transaction it was recorded in, and a "
		  "conflict leaves that usable.",
	  .covers = "runledger J01",
	  .run = in_a_transaction },
	{ .name = "intents.record.commits_with_the_application",
	  RECORD,
	  .needs = CT_NEED_APP,
	  .rule = "Between the application's own BEGIN and COMMIT an intent is part of that "
		  "transaction.",
	  .covers = "runledger J01",
	  .run = with_the_application },
	{ .name = "intents.record.needs_read_committed",
	  RECORD,
	  .needs = CT_NEED_APP | CT_NEED_STRICT,
	  .rule = "Inside a stricter transaction recording is tx.unsupported_isolation and leaves "
		  "that usable.",
	  .covers = "runledger J05",
	  .run = needs_read_committed },
	{ .name = "intents.record.a_repeated_request_is_existing",
	  RECORD,
	  .rule = "An equal request under a known key answers with that intent as it is now, and "
		  "writes nothing.",
	  .covers = "runledger J02",
	  .run = repeated },
	{ .name = "intents.record.another_request_under_the_key_conflicts",
	  RECORD,
	  .rule = "Whatever differs in the request, the key is a conflict and the intent stays.",
	  .covers = "runledger J02",
	  .run = conflicts },
	{ .name = "intents.record.keys_are_per_type_and_tenant",
	  RECORD,
	  .rule = "Global requests, tenants and types have keys of their own.",
	  .covers = "runledger J02",
	  .run = keys_are_per_type_and_tenant },
	{ .name = "intents.record.equal_numbers_are_equal_requests",
	  RECORD,
	  .rule = "1.7e18 and 1700000000000000000 are one number, on retry and at promotion.",
	  .covers = "runledger J03",
	  .run = numbers_are_numbers },
	{ .name = "intents.record.a_batch_answers_item_by_item",
	  RECORD,
	  .rule = "New, known, twice in the batch and conflicting: each item has its own outcome.",
	  .run = batches },
	{ .name = "intents.record.refuses_malformed_requests",
	  RECORD,
	  .rule = "One malformed request fails the call before any I/O, naming its index.",
	  .covers = "runledger J04",
	  .run = malformed },
};

CT_GROUP(intents, cases);
