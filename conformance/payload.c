/*
 * payload.c - documents: what is put is what is got, byte for byte, and what is
 * no document is refused before any I/O, the same on every driver.
 */
#include "ct.h"

static cairn_id put(cairn_conn *conn, cairn_str payload)
{
	cairn_job_new job = ct_new("t");
	job.payload = payload;
	return ct_add(conn, &job);
}

/* Reads back the same bytes from the row, from a claim and from a dead letter. */
static void survives(cairn_conn *conn, cairn_str payload)
{
	cairn_id id = put(conn, payload);
	ct_same(ct_job(conn, id)->payload, payload);
	const cairn_jobs *claimed = ct_claim_n(conn, "w", 1);
	ct_int(claimed->count, 1);
	ct_same(claimed->at[0].payload, payload);
	cairn_lease lease = cairn_job_lease(&claimed->at[0]);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_TERMINAL, "x"));
	ct_same(ct_job(conn, id)->payload, payload);
	ct_same(ct_dead_letter(conn, id)->payload, payload);
}

static void refused(cairn_conn *conn, cairn_str payload, cairn_status status, const char *code)
{
	cairn_job_new jobs[] = { ct_new("t"), ct_new("t") };
	jobs[1].payload = payload;
	uint64_t before = cairn_conn_round_trips(conn);
	ct_status(cairn_job_enqueue(conn, jobs, 2, NULL, ct_err()), status, code);
	ct_int(ct_last()->index, 1);
	ct_int(cairn_conn_round_trips(conn), before);
}

static void bytes_are_kept(void)
{
	cairn_conn *conn = ct_open();
	const char *texts[] = {
		"null",
		"true",
		"0",
		"\"\"",
		"[]",
		"{}",
		" \r\n\t{ \"b\" : 1 ,\t\"a\" : [ ] } \n",
		"{\"z\":1,\"a\":2,\"M\":3,\"\":4}",
		"\"\\u0041\\/\\\"\\\\\\b\\f\\n\\r\\t\"",
		"\"\\u00e9 \xc3\xa9 \\uD83D\\ude00\"",
		"\"\xf0\x9f\x98\x80 \xef\xbf\xbf \xf4\x8f\xbf\xbf\"",
		"{\"\xe9\x94\xae\":\"\xd8\xb9\",\"e\xcc\x81\":\"\xc3\xa9\"}",
		"\"it's; -- $1 %s :x ?1 \\\\' $$ /* */\"",
	};
	ct_define(conn, "t");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		survives(conn, cairn_str_of(texts[i]));
}

static void numbers_are_kept(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	survives(conn, cairn_str_of("[9007199254740993,1700000000123456789,-0,0.10,1E5,1e+5,1e-5,"
				    "18446744073709551616,1e400,1e-400,0.1e1,-0.0,1.000]"));
	survives(conn, cairn_str_of("123456789012345678901234567890.12345678901234567890"));
	survives(conn, cairn_str_of("1e1000000"));
	survives(conn, cairn_str_of("-1e-1000000"));
	survives(conn, cairn_str_of(ct_repeat('7', 5000)));
}

static cairn_str nested(size_t depth)
{
	char *text = ct_alloc(2 * depth + 2);
	for (size_t i = 0; i < depth; i++) {
		text[i] = '[';
		text[depth + 1 + i] = ']';
	}
	text[depth] = '1';
	return cairn_str_of(text);
}

static void depth_is_bounded(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	survives(conn, nested(64));
	refused(conn, nested(65), CAIRN_INVALID, "json.too_deep");
	refused(conn, nested(100000), CAIRN_INVALID, "json.too_deep");
}

static cairn_str string_of(size_t size)
{
	char *text = ct_repeat('x', size);
	text[0] = text[size - 1] = '"';
	return (cairn_str){ text, size };
}

static void size_is_bounded(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	survives(conn, string_of(1u << 20));
	refused(conn, string_of((1u << 20) + 1), CAIRN_TOO_LARGE, "json.too_large");
	cairn_conn_opts opts = ct_opts();
	opts.max_json = 10;
	cairn_conn *small = ct_open_with(&opts);
	survives(small, string_of(10));
	refused(small, string_of(11), CAIRN_TOO_LARGE, "json.too_large");
	opts.max_json = 3u << 20;
	cairn_conn *large = ct_open_with(&opts);
	survives(large, string_of(3u << 20));
	/* a limit is about what is put: what is there can be read by everybody */
	cairn_id id = put(large, string_of(2u << 20));
	ct_int(ct_job(small, id)->payload.len, 2u << 20);
}

static void malformed_is_refused(void)
{
	cairn_conn *conn = ct_open();
	const char *texts[] = { " ",
				"{",
				"[1,]",
				"{\"a\":1,}",
				"{a:1}",
				"{'a':1}",
				"[1 2]",
				"{}{}",
				"01",
				"-",
				"+1",
				".5",
				"1.",
				"1e",
				"0x1",
				"NaN",
				"Infinity",
				"nul",
				"True",
				"\"a",
				"\"\\x\"",
				"\"\\u12g4\"",
				"\"a\nb\"",
				"\"\x1f\"",
				"1 // one",
				"\xef\xbb\xbf{}",
				"\"\\u0000\"",
				"{\"\\u0000\":1}",
				"\"\\ud800\"",
				"\"\\udc00\\ud800\"",
				"\"\\ud83dx\"",
				"\"\xff\"",
				"\"\xc0\x80\"",
				"\"\xed\xa0\x80\"",
				"\"\xf4\x90\x80\x80\"",
				"\"\xe2\x82\"" };
	ct_define(conn, "t");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ct_note("text %zu", i);
		refused(conn, cairn_str_of(texts[i]), CAIRN_INVALID, "json.invalid");
	}
	refused(conn, CAIRN_STR("\"a\0b\""), CAIRN_INVALID, "json.invalid");
	refused(conn, CAIRN_STR("{}\0"), CAIRN_INVALID, "json.invalid");
	ct_int(ct_count_jobs(conn, 0), 0);
}

static void duplicates_are_refused(void)
{
	cairn_conn *conn = ct_open();
	const char *texts[] = { "{\"a\":1,\"a\":1}", "{\"a\":1,\"b\":2,\"\\u0061\":3}",
				"[{\"x\":{\"\":0,\"\":1}}]", "{\"\xc3\xa9\":1,\"\\u00e9\":2}" };
	ct_define(conn, "t");
	for (size_t i = 0; i < 4; i++)
		refused(conn, cairn_str_of(texts[i]), CAIRN_INVALID, "json.duplicate_member");
	survives(conn, cairn_str_of("{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]},\"A\":1}"));
	survives(conn, cairn_str_of("{\"\xc3\xa9\":1,\"e\xcc\x81\":2}"));
}

static void exponents_are_bounded(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	const char *texts[] = { "1e1000001", "1e-1000001", "[10e1000000]", "1e99999999999999999999",
				"0.1e-1000000" };
	for (size_t i = 0; i < 5; i++)
		refused(conn, cairn_str_of(texts[i]), CAIRN_INVALID, "json.number_range");
}

static void errors_show_no_content(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	refused(conn, CAIRN_STR("{\"secret\":hunter2}"), CAIRN_INVALID, "json.invalid");
	ct_true(!strstr(ct_last()->message, "secret") && !strstr(ct_last()->message, "hunter2"));
	ct_true(!strstr(ct_last()->detail, "secret") && !strstr(ct_last()->detail, "hunter2"));
	refused(conn, CAIRN_STR("{\"secret\":1,\"secret\":2}"), CAIRN_INVALID,
		"json.duplicate_member");
	ct_true(!strstr(ct_last()->message, "secret") && !strstr(ct_last()->detail, "secret"));
}

static const ct_case cases[] = {
	{ .name = "jobs.payload.bytes_come_back_as_they_were_put",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A payload is kept byte for byte: white space, member order, escapes; in the "
		  "row, "
		  "the claimed row and the dead letter.",
	  .covers = "runledger E07, E12",
	  .run = bytes_are_kept },
	{ .name = "jobs.payload.numbers_never_pass_through_doubles",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Numbers come back digit by digit, whatever their size and precision.",
	  .covers = "runledger E12",
	  .run = numbers_are_kept },
	{ .name = "jobs.payload.depth_64_fits_and_65_does_not",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Documents nest up to 64 levels.",
	  .covers = "runledger E12",
	  .run = depth_is_bounded },
	{ .name = "jobs.payload.one_mebibyte_fits_unless_the_connection_says_otherwise",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A document has up to max_json bytes of its connection, 1 MiB by default; one "
		  "byte more is TOO_LARGE.",
	  .covers = "runledger E12",
	  .run = size_is_bounded },
	{ .name = "jobs.payload.what_is_no_json_is_refused",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Anything outside of RFC 8259, a BOM, NUL, lone surrogates and broken UTF-8 are "
		  "INVALID before any I/O.",
	  .run = malformed_is_refused },
	{ .name = "jobs.payload.a_member_named_twice_is_refused",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "An object names each member once, however it is spelled.",
	  .covers = "runledger I16",
	  .run = duplicates_are_refused },
	{ .name = "jobs.payload.exponents_are_bounded",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A number's exponent lies within a million, as written and as normalised.",
	  .run = exponents_are_bounded },
	{ .name = "jobs.payload.a_refusal_shows_nothing_of_the_document",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Neither message nor detail of an error holds any of a document.",
	  .covers = "runledger I13",
	  .run = errors_show_no_content },
};

CT_GROUP(payload, cases);
