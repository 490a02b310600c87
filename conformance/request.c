/*
 * request.c - which keyed requests are the same: compared in canonical form, as they
 * were requested. What a key answers is in idempotency.c.
 */
#include "ct.h"

static cairn_job_new full(void)
{
	return (cairn_job_new){ .type = CAIRN_STR("t"),
				.queue = CAIRN_STR("q"),
				.payload = CAIRN_STR("{\"a\":[1.0,1e2,-0,0.10,15e-1]}"),
				.key = CAIRN_STR("k"),
				.owner = CAIRN_STR("o"),
				.stage = CAIRN_STR("scheduled"),
				.run_at = 1779445845000000, /* 2026-05-22T10:30:45Z */
				.timeout = CAIRN_MINUTE,
				.max_attempts = 3,
				.priority = -5,
				.set = CAIRN_JOB_PRIORITY };
}

/* ---- its text ------------------------------------------------------------------ */

static void the_request_of_a_bare_job(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_keyed("t", "k");
	ct_str(ct_job(conn, ct_add(conn, &job))->request,
	       "{\"max_attempts\":null,\"payload\":{},\"priority\":null,\"queue\":\"default\","
	       "\"run_at\":null,\"stage\":\"queued\",\"timeout_us\":null}");
}

static void the_request_of_a_full_job(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = full();
	job.tenant =
		CAIRN_STR("acme"); /* tenant, type and key are where it stands, not what it is */
	ct_str(ct_job(conn, ct_add(conn, &job))->request,
	       "{\"max_attempts\":3,\"owner\":\"o\",\"payload\":{\"a\":[1,100,0,1e-1,1.5e+0]},"
	       "\"priority\":-5,\"queue\":\"q\",\"run_at\":\"2026-05-22T10:30:45.000000Z\","
	       "\"stage\":\"scheduled\",\"timeout_us\":60000000}");
}

static void the_canonical_payload(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_keyed("t", "k");
	job.payload = cairn_str_of("{ \"b\":1, \"\":2, \"\xc3\xa9\":3, \"B\":4, \"aa\":5, \"a\":6,"
				   " \"\xf0\x90\x80\x80\":7, \"\xef\xbf\xbf\":8, \"\\u0063\":9,"
				   " \"s\":\"\\u00e9\\/\\u001F\\u000a\\\"\\\\\x7f\","
				   " \"n\":[1e20,1E21,0.5,123.456,-7.0,120e-1,0e9] }");
	const char *payload =
		"{\"\":2,\"B\":4,\"a\":6,\"aa\":5,\"b\":1,\"c\":9,"
		"\"n\":[100000000000000000000,1e+21,5e-1,1.23456e+2,-7,12,0],"
		"\"s\":\"\xc3\xa9/\\u001f\\n\\\"\\\\\x7f\",\"\xc3\xa9\":3,\"\xef\xbf\xbf\":8,"
		"\"\xf0\x90\x80\x80\":7}";
	ct_str(ct_job(conn, ct_add(conn, &job))->request,
	       ct_format("{\"max_attempts\":null,\"payload\":%s,\"priority\":null,"
			 "\"queue\":\"default\",\"run_at\":null,\"stage\":\"queued\","
			 "\"timeout_us\":null}",
			 payload));
}

typedef const char *pair[2];

/* Enqueues the first of each pair under a key of its own, then offers the second. */
static void compare(const pair *pairs, size_t n, bool equal)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	for (size_t i = 0; i < n; i++) {
		ct_note("%s against %s", pairs[i][0], pairs[i][1]);
		cairn_job_new job = ct_keyed("t", ct_format("k%zu", i));
		job.payload = cairn_str_of(pairs[i][0]);
		cairn_id id = ct_add(conn, &job);
		job.payload = cairn_str_of(pairs[i][1]);
		if (equal)
			ct_existing(conn, &job, id);
		else
			ct_conflict(conn, &job);
		ct_str(ct_job(conn, id)->payload, pairs[i][0]);
	}
	ct_int(ct_count_jobs(conn, 0), n);
}

static void equal_documents(void)
{
	static const pair pairs[] = {
		{ "1", "1.0" },
		{ "1", "1e0" },
		{ "0.1", "0.10" },
		{ "100", "1E+2" },
		{ "-0", "0" },
		{ "-0.0", "0e7" },
		{ "12e-1", "1.2" },
		{ "1000000e-6", "1" },
		{ "1e20", "100000000000000000000" },
		{ "1.2345678901234567890123456789e28", "12345678901234567890123456789" },
		{ "1e1000000", "10e999999" },
		{ "[1,[2.50]]", " [ 1.0 , [ 25e-1 ] ] " },
		{ "{\"a\":1,\"b\":{\"c\":2,\"d\":3}}", "{\"b\":{\"d\":3,\"c\":2},\"a\":1}" },
		{ "{\"\\u0061\":1}", "{\"a\":1}" },
		{ "\"\xc3\xa9\"", "\"\\u00E9\"" },
		{ "\"\xf0\x9f\x98\x80\"", "\"\\ud83d\\ude00\"" },
		{ "\"/\"", "\"\\/\"" },
		{ "\"\\n\\b\"", "\"\\u000a\\u0008\"" },
		{ "{}", "\t{\r\n}" },
	};
	compare(pairs, sizeof(pairs) / sizeof(pairs[0]), true);
}

static void different_documents(void)
{
	static const pair pairs[] = {
		{ "9007199254740992", "9007199254740993" },
		{ "0.1", "0.1000000000000000000000000000001" },
		{ "1e400", "1e401" },
		{ "1", "-1" },
		{ "1", "\"1\"" },
		{ "1", "true" },
		{ "0", "false" },
		{ "null", "false" },
		{ "null", "{}" },
		{ "[]", "{}" },
		{ "[]", "[null]" },
		{ "[1,2]", "[2,1]" },
		{ "[[1],2]", "[1,[2]]" },
		{ "{\"a\":null}", "{}" },
		{ "{\"a\":1}", "{\"A\":1}" },
		{ "{\"a\":{\"b\":1}}", "{\"a\":{},\"b\":1}" },
		{ "\"a\"", "\"A\"" },
		{ "\"a\"", "\"a \"" },
		{ "\"\xc3\xa9\"", "\"e\xcc\x81\"" },
		{ "\"\\\\n\"", "\"\\n\"" },
	};
	compare(pairs, sizeof(pairs) / sizeof(pairs[0]), false);
}

static void large_documents(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_keyed("t", "k");
	char *text = ct_repeat('x', 1u << 20);
	text[0] = text[(1u << 20) - 1] = '"';
	job.payload = cairn_str_of(text);
	cairn_id id = ct_add(conn, &job);
	ct_existing(conn, &job, id);
	text[(1u << 20) - 2] = 'y';
	ct_conflict(conn, &job);
}

static void any_change_conflicts(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new original = full();
	cairn_id id = ct_add(conn, &original);
	const char *before = ct_snapshot(conn, id);
	cairn_job_new other[16];
	for (size_t i = 0; i < 16; i++)
		other[i] = original;
	other[0].payload = CAIRN_STR("{\"a\":[1,100,0,0.1,1.6]}");
	other[1].payload = CAIRN_STR("");
	other[2].queue = CAIRN_STR("Q");
	other[3].queue = CAIRN_STR("");
	other[4].owner = CAIRN_STR("p");
	other[5].owner = CAIRN_STR("");
	other[6].stage = CAIRN_STR("queued");
	other[7].stage = CAIRN_STR("");
	other[8].run_at++;
	other[9].run_at = 0;
	other[10].timeout++;
	other[11].timeout = 0;
	other[12].max_attempts++;
	other[13].max_attempts = 0;
	other[14].priority++;
	other[15].set = 0;
	for (size_t i = 0; i < 16; i++) {
		ct_note("change %zu", i);
		ct_conflict(conn, &other[i]);
	}
	ct_existing(conn, &original, id);
	ct_unchanged(conn, id, before);
	ct_int(ct_count_jobs(conn, 0), 1);
}

static void spelled_defaults(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new bare = ct_keyed("t", "k");
	cairn_id id = ct_add(conn, &bare);
	/* what the library itself puts for what is absent is the same request … */
	cairn_job_new same = bare;
	same.queue = CAIRN_STR("default");
	same.payload = CAIRN_STR("{ }");
	same.stage = CAIRN_STR("queued");
	ct_existing(conn, &same, id);
	/* … what the definition or the clock puts is not */
	cairn_job_new said[4] = { bare, bare, bare, bare };
	said[0].max_attempts = 8;
	said[1].timeout = 15 * CAIRN_MINUTE;
	said[2].priority = 100;
	said[2].set = CAIRN_JOB_PRIORITY;
	said[3].run_at = ct_now();
	for (size_t i = 0; i < 4; i++)
		ct_conflict(conn, &said[i]);
}

static void unset_priority_is_not_compared(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_keyed("t", "k");
	job.priority = 5; /* not in set: it is not said */
	cairn_id id = ct_add(conn, &job);
	ct_int(ct_job(conn, id)->priority, 100);
	job.priority = 6;
	ct_existing(conn, &job, id);
}

static void a_changed_definition_is_no_change(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_keyed("t", "k");
	cairn_id id = ct_add(conn, &job);
	cairn_definition changed = {
		.type = CAIRN_STR("t"), .version = 2, .max_attempts = 2, .timeout = CAIRN_SECOND
	};
	ct_ok(cairn_job_define(conn, &changed, 1, ct_err()));
	ct_existing(conn, &job, id);
	ct_int(ct_job(conn, id)->max_attempts, 8);
}

static const ct_case cases[] = {
	{ .name = "jobs.request.a_bare_job_is_stored_as_requested",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The stored request holds null for what was left to definition and clock.",
	  .covers = "runledger E06",
	  .run = the_request_of_a_bare_job },
	{ .name = "jobs.request.a_full_job_is_stored_with_every_field",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The stored request is canonical and holds queue, payload, priority, attempts, "
		  "timeout, run_at, owner and stage.",
	  .covers = "runledger E06",
	  .run = the_request_of_a_full_job },
	{ .name = "jobs.request.a_payload_is_stored_in_canonical_form",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Members sorted by bytes, no white space, minimal escapes, exact decimals.",
	  .run = the_canonical_payload },
	{ .name = "jobs.request.equal_documents_are_equal",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Spelling, spacing and member order of a document do not matter.",
	  .covers = "runledger I04, I16",
	  .run = equal_documents },
	{ .name = "jobs.request.different_documents_are_different",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Values, types, array order and presence of members matter, numbers to the last "
		  "digit.",
	  .covers = "runledger I04, I16",
	  .run = different_documents },
	{ .name = "jobs.request.large_documents_are_compared_to_the_end",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Two payloads of 1 MiB that differ in the last character are different.",
	  .run = large_documents },
	{ .name = "jobs.request.any_changed_field_is_a_conflict",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A request that differs in payload, queue, owner, stage, run_at (by one "
		  "microsecond), timeout, attempts or priority conflicts and writes nothing.",
	  .covers = "runledger I05, I06",
	  .run = any_change_conflicts },
	{ .name = "jobs.request.defaults_of_the_definition_are_not_resolved",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Omitted queue, payload and stage equal their fixed defaults; a value that only "
		  "equals the definition's default, or now, is another request.",
	  .covers = "runledger I07, I08",
	  .run = spelled_defaults },
	{ .name = "jobs.request.a_priority_that_is_not_set_is_not_compared",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "What a request does not say is no part of it.",
	  .run = unset_priority_is_not_compared },
	{ .name = "jobs.request.a_changed_definition_does_not_matter",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A retry matches the stored request, not what it would resolve to today.",
	  .covers = "runledger I08",
	  .run = a_changed_definition_is_no_change },
};

CT_GROUP(request, cases);
