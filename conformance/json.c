/*
 * json.c - documents besides the payload: output and checkpoint come back byte for
 * byte, hostile ones are refused, and the connection's size limit holds to the byte.
 * (payloads: payload.c)
 */
#include "ct.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const good[] = {
	"null",
	"true",
	"0",
	"-0",
	"-0.0",
	"1E400",
	"1.0000000000000000000000000000000001",
	"9007199254740993",
	"123456789012345678901234567890123456789012345678901234567890",
	"\"\"",
	"\"\\u0001\\b\\f\\n\\r\\t\\\"\\\\\\/\"",
	"\"\\ud83d\\ude00 \xf0\x9f\x98\x80 \xef\xbf\xbf \x7f\"",
	"[]",
	"{}",
	"  [ 1 , 2 ]\r\n\t",
	"{ \"b\" : 1 , \"a\" : { \"\" : [ null , [ ] , { } ] } }",
	"{\"a\\u0062\":1,\"A\":2,\"\\\"\":3}",
	"[\"'; DROP TABLE cairn_job; --\", \"$1\", \"?\", \"%s\", \"\\\\x00\"]",
};

struct bad {
	const char *bytes;
	size_t len;
	const char *code;
};

#define BAD(literal, code) \
	{ \
		literal, sizeof(literal) - 1, code \
	}

static const struct bad bad[] = {
	BAD(" ", "json.invalid"),
	BAD("nul", "json.invalid"),
	BAD("NaN", "json.invalid"),
	BAD("Infinity", "json.invalid"),
	BAD("01", "json.invalid"),
	BAD("1.", "json.invalid"),
	BAD(".5", "json.invalid"),
	BAD("+1", "json.invalid"),
	BAD("1e", "json.invalid"),
	BAD("0x10", "json.invalid"),
	BAD("'a'", "json.invalid"),
	BAD("\"a", "json.invalid"),
	BAD("\"a\nb\"", "json.invalid"),
	BAD("\"\\x41\"", "json.invalid"),
	BAD("\"\\u00g0\"", "json.invalid"),
	BAD("\"\\u0000\"", "json.invalid"),
	BAD("\"\\ud800\"", "json.invalid"),
	BAD("\"\\udc00\\ud800\"", "json.invalid"),
	BAD("\"\xff\"", "json.invalid"),
	BAD("\"\xed\xa0\x80\"", "json.invalid"),
	BAD("\"\xc0\x80\"", "json.invalid"),
	BAD("\"a\0b\"", "json.invalid"),
	BAD("1\0", "json.invalid"),
	BAD("\xef\xbb\xbf{}", "json.invalid"),
	BAD("[1,]", "json.invalid"),
	BAD("[1 2]", "json.invalid"),
	BAD("[1", "json.invalid"),
	BAD("]", "json.invalid"),
	BAD("{\"a\"}", "json.invalid"),
	BAD("{\"a\":}", "json.invalid"),
	BAD("{a:1}", "json.invalid"),
	BAD("{\"a\":1,}", "json.invalid"),
	BAD("{} {}", "json.invalid"),
	BAD("{}/* */", "json.invalid"),
	BAD("\xc2\xa0"
	    "1",
	    "json.invalid"),
	BAD("{\"a\":1,\"a\":2}", "json.duplicate_member"),
	BAD("{\"a\":1,\"\\u0061\":2}", "json.duplicate_member"),
	BAD("[{\"x\":{\"k\":1,\"l\":2,\"k\":3}}]", "json.duplicate_member"),
	BAD("1e1000001", "json.number_range"),
	BAD("1e99999999999999999999", "json.number_range"),
};

static cairn_lease lease_of_new(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_add(conn, &job);
	return ct_claim(conn, "w");
}

static void come_back(cairn_conn *conn, const char *document)
{
	cairn_finish first = ct_failure(lease_of_new(conn), CAIRN_FINISH_RETRYABLE, "a.code");
	first.checkpoint = cairn_str_of(document);
	ct_finish(conn, first);
	ct_str(ct_job(conn, first.lease.id)->checkpoint, document);
	ct_advance(CAIRN_HOUR);
	cairn_finish second = ct_success(ct_claim(conn, "w"));
	second.output = cairn_str_of(document);
	ct_finish(conn, second);
	const cairn_job *job = ct_job(conn, second.lease.id);
	ct_str(job->output, document);
	ct_str(job->checkpoint, document);
}

static void good_documents(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	for (size_t i = 0; i < COUNT(good); i++)
		come_back(conn, good[i]);
	cairn_finish dead = ct_failure(lease_of_new(conn), CAIRN_FINISH_TERMINAL, "a.code");
	dead.checkpoint = CAIRN_STR(" { \"at\" : 1.10 } ");
	ct_finish(conn, dead);
	ct_str(ct_dead_letter(conn, dead.lease.id)->checkpoint, " { \"at\" : 1.10 } ");
}

static void bad_documents(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_lease lease = lease_of_new(conn);
	const char *before = ct_snapshot(conn, lease.id);
	for (size_t i = 0; i < COUNT(bad); i++) {
		cairn_finish finish = ct_success(lease);
		cairn_str document = { bad[i].bytes, bad[i].len };
		ct_note("--- document %zu", i);
		finish.output = document;
		ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID,
			  bad[i].code);
		finish = ct_success(lease);
		finish.checkpoint = document;
		ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID,
			  bad[i].code);
		cairn_job_new job = ct_new("t");
		job.payload = document;
		ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_INVALID,
			  bad[i].code);
	}
	ct_unchanged(conn, lease.id, before);
	ct_int(ct_count_jobs(conn, 0), 1);
}

static const char *nested(size_t depth)
{
	return ct_format("%s%s", ct_repeat('[', depth), ct_repeat(']', depth));
}

static void depth(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	come_back(conn, nested(63));
	come_back(conn, nested(64));
	cairn_finish finish = ct_success(lease_of_new(conn));
	finish.output = cairn_str_of(nested(65));
	ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID,
		  "json.too_deep");
	finish.output = cairn_str_of(nested(100000));
	ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID,
		  "json.too_deep");
}

/* A string document of so many bytes. */
static const char *sized(size_t bytes)
{
	return ct_format("\"%s\"", ct_repeat('x', bytes - 2));
}

static void size_limit(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.max_json = 1000;
	cairn_conn *conn = ct_open_with(&opts);
	ct_define(conn, "t");
	come_back(conn, sized(999));
	come_back(conn, sized(1000));
	cairn_finish finish = ct_success(lease_of_new(conn));
	finish.output = cairn_str_of(sized(1001));
	ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_TOO_LARGE,
		  "json.too_large");
	finish = ct_success(finish.lease);
	finish.checkpoint = cairn_str_of(sized(1001));
	ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_TOO_LARGE,
		  "json.too_large");
	cairn_job_new job = ct_new("t");
	job.payload = cairn_str_of(sized(1000));
	ct_add(conn, &job);
	job.payload = cairn_str_of(sized(1001));
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_TOO_LARGE,
		  "json.too_large");
}

/* A connection with a small limit still reads what others put. */
static void limit_is_for_writing(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.max_json = 100;
	cairn_conn *wide = ct_open();
	cairn_conn *narrow = ct_open_with(&opts);
	ct_define(wide, "t");
	cairn_job_new job = ct_new("t");
	job.payload = cairn_str_of(sized(5000));
	cairn_id id = ct_add(wide, &job);
	ct_same(ct_job(narrow, id)->payload, job.payload);
	ct_finish(narrow, ct_success(ct_claim(narrow, "w")));
}

/* Random bytes and random cuts of good documents: an answer, never a crash, never half a job. */
static void noise(void)
{
	static const char alphabet[] = "{}[]\",:0123456789eE+-. \\utrfalsn\x80\xff\x01";
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	size_t stored = 0;
	for (int i = 0; i < 400; i++) {
		char bytes[64];
		size_t len = 1 + ct_random(sizeof(bytes) - 1);
		for (size_t b = 0; b < len; b++)
			bytes[b] = alphabet[ct_random(sizeof(alphabet) - 1)];
		cairn_job_new job = ct_new("t");
		cairn_job_added added = { .status = CAIRN_OK };
		job.payload = (cairn_str){ bytes, len };
		cairn_status status = cairn_job_enqueue(conn, &job, 1, &added, ct_err());
		ct_true(status == CAIRN_OK || status == CAIRN_INVALID);
		if (status != CAIRN_OK)
			continue;
		stored++;
		ct_same(ct_job(conn, added.id)->payload, job.payload);
	}
	ct_int(ct_count_jobs(conn, 0), stored);
}

#define JSON .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "json.documents.outputs_and_checkpoints_come_back_byte_for_byte",
	  JSON,
	  .rule = "What is put as output or checkpoint is read back byte for byte.",
	  .covers = "runledger E12",
	  .run = good_documents },
	{ .name = "json.documents.hostile_ones_are_refused",
	  JSON,
	  .rule = "What is not strict JSON is INVALID with its code in payload, output and "
		  "checkpoint, and nothing is written.",
	  .run = bad_documents },
	{ .name = "json.documents.nest_64_deep_and_no_deeper",
	  JSON,
	  .rule = "A document may nest 64 deep; deeper ones are json.too_deep, however deep.",
	  .covers = "runledger E12",
	  .run = depth },
	{ .name = "json.documents.the_connections_limit_holds_to_the_byte",
	  JSON,
	  .rule = "A document of max_json bytes fits, one byte more is TOO_LARGE.",
	  .run = size_limit },
	{ .name = "json.documents.the_limit_is_for_writing",
	  JSON,
	  .rule = "A connection reads and finishes what another with a larger limit has put.",
	  .run = limit_is_for_writing },
	{ .name = "json.documents.noise_is_answered",
	  JSON,
	  .rule = "Random bytes are either refused or kept as they are.",
	  .run = noise },
};

CT_GROUP(json, cases);
