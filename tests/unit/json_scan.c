/* The strict check: what it accepts, what it refuses and how, against a second opinion. */
#include <stdlib.h>

#include <cairn/sys/json.h>

#include "../json_oracle.h"
#include "../tap.h"

/* ---- helpers --------------------------------------------------------------- */

#define MEBIBYTE ((size_t)1 << 20)

static cairn_error error;

/* Checks a copy without anything behind it, so that sanitizers see a read too far. */
static cairn_status check(const char *text, size_t len, size_t max)
{
	char *exact = malloc(len > 0 ? len : 1);
	memcpy(exact, text, len);
	error = (cairn_error)CAIRN_ERROR_INIT;
	cairn_status status = cairn_json_check((cairn_str){ exact, len }, max, &error);
	free(exact);
	return status;
}

/* The beginning of a document, fit for a line of TAP. */
static const char *shown(const char *text, size_t len)
{
	static char line[60];
	size_t n = len < sizeof line - 1 ? len : sizeof line - 1;
	for (size_t i = 0; i < n; i++)
		line[i] = text[i] >= ' ' && text[i] <= '~' && text[i] != '#' ? text[i] : '.';
	line[n] = 0;
	return line;
}

static void accepts(const char *text, size_t len)
{
	ok(check(text, len, MEBIBYTE) == CAIRN_OK, "accepted: %s", shown(text, len));
}

static void refuses(const char *text, size_t len, const char *code, long offset)
{
	char where[40];
	snprintf(where, sizeof where, "at byte %ld", offset);
	cairn_status status = check(text, len, MEBIBYTE);
	if (!ok(status == CAIRN_INVALID && strcmp(error.code, code) == 0 &&
			strcmp(error.detail, where) == 0,
		"refused with %s %s: %s", code, where, shown(text, len)))
		printf("# status %d code '%s' detail '%s'\n", (int)status, error.code,
		       error.detail);
}

struct refusal {
	const char *text;
	size_t len;
	long offset;
};

#define T(literal)	 literal, sizeof(literal) - 1
#define ACCEPTS(literal) accepts(T(literal))

/* ---- cases ------------------------------------------------------------------ */

static void valid_documents(void)
{
	ACCEPTS("null");
	ACCEPTS("true");
	ACCEPTS(" \t\r\n false \t\r\n ");
	ACCEPTS("0");
	ACCEPTS("-0");
	ACCEPTS("-0.0e-0");
	ACCEPTS("1E5");
	ACCEPTS("1e+5");
	ACCEPTS("10.250");
	ACCEPTS("1700000000123456789");
	ACCEPTS("123456789012345678901234567890.123456789012345678901234567890");
	ACCEPTS("\"\"");
	ACCEPTS("\"\x7f\"");
	ACCEPTS("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\uAbCd\"");
	ACCEPTS("\"\\ud83d\\ude00\\uD7FF\\uE000\"");
	ACCEPTS("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\"");
	ACCEPTS("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"");
	ACCEPTS("\"\xef\xbb\xbf\"");
	ACCEPTS("[]");
	ACCEPTS(" [ ] ");
	ACCEPTS("{}");
	ACCEPTS("{ }");
	ACCEPTS("[1,[2,[3]],{}]");
	ACCEPTS("{\"\":0}");
	ACCEPTS("{ \"a\" : 1 , \"b\" : [ true , null ] }");
	ACCEPTS("{\"a\":1,\"A\":2,\"a \":3,\"\\u0041a\":4}");
	ACCEPTS("{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}");
	ACCEPTS("[{\"a\":1},{\"a\":1}]");
}

static void malformed_structure(void)
{
	static const struct refusal cases[] = {
		{ T(""), 0 },
		{ T(" "), 1 },
		{ T("nul"), 0 },
		{ T("nulls"), 4 },
		{ T("True"), 0 },
		{ T("NaN"), 0 },
		{ T("Infinity"), 0 },
		{ T("'a'"), 0 },
		{ T("1 2"), 2 },
		{ T("[]]"), 2 },
		{ T("["), 1 },
		{ T("[1"), 2 },
		{ T("[1,"), 3 },
		{ T("[1,]"), 3 },
		{ T("[,1]"), 1 },
		{ T("[1 2]"), 3 },
		{ T("[1}"), 2 },
		{ T("{]"), 1 },
		{ T("{"), 1 },
		{ T("{\"a\""), 4 },
		{ T("{\"a\":"), 5 },
		{ T("{\"a\":1"), 6 },
		{ T("{\"a\":1,"), 7 },
		{ T("{\"a\":1,}"), 7 },
		{ T("{,}"), 1 },
		{ T("{\"a\"}"), 4 },
		{ T("{\"a\" 1}"), 5 },
		{ T("{a:1}"), 1 },
		{ T("{1:1}"), 1 },
		{ T("{\"a\":1 \"b\":2}"), 7 },
		{ T("{\"a\":1]"), 6 },
		{ T("{\"a\"::1}"), 5 },
		{ T("/**/1"), 0 },
		{ T("[1]//"), 3 },
		{ T("\xef\xbb\xbf{}"), 0 },
		{ T("\xff\xfe[\0]\0"), 0 },
		{ T("[\0]"), 1 },
		{ T("1\0"), 1 },
		{ T("\0"), 0 },
		{ T("\x0c[]"), 0 },
		{ T("\xc2\xa0[]"), 0 },
		{ T("[1\xe2\x80\xa9]"), 2 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		refuses(cases[i].text, cases[i].len, "json.invalid", cases[i].offset);
}

static void malformed_numbers(void)
{
	static const struct refusal cases[] = {
		{ T("01"), 1 },	   { T("-01"), 2 },  { T("00"), 1 },	{ T("1."), 2 },
		{ T("[1.]"), 3 },  { T(".5"), 0 },   { T("-.5"), 1 },	{ T("+1"), 0 },
		{ T("-"), 1 },	   { T("--1"), 1 },  { T("1e"), 2 },	{ T("1e+"), 3 },
		{ T("1e-x"), 3 },  { T("1.e5"), 2 }, { T("0x1"), 1 },	{ T("1e5.5"), 3 },
		{ T("1_000"), 1 }, { T("1e 5"), 2 }, { T("- 1"), 1 },	{ T("0e+-1"), 3 },
		{ T("-a"), 1 },	   { T("1a"), 1 },   { T("1.2.3"), 3 }, { T("2.e+3"), 2 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		refuses(cases[i].text, cases[i].len, "json.invalid", cases[i].offset);
}

static void malformed_strings(void)
{
	static const struct refusal cases[] = {
		{ T("\""), 1 },
		{ T("\"abc"), 4 },
		{ T("\"\\"), 1 },
		{ T("\"\\\""), 3 },
		{ T("\"a\nb\""), 2 },
		{ T("\"\t\""), 1 },
		{ T("\"\x1f\""), 1 },
		{ T("\"1234567890\x01\""), 11 },
		{ T("\"a\0b\""), 2 },
		{ T("\"\\x41\""), 1 },
		{ T("\"\\a\""), 1 },
		{ T("\"\\U0041\""), 1 },
		{ T("\"\\u\""), 1 },
		{ T("\"\\u004\""), 1 },
		{ T("\"\\u00g0\""), 1 },
		{ T("\"\\u0000\""), 1 },
		{ T("\"a\\u0000b\""), 2 },
		{ T("{\"\\u0000\":1}"), 2 },
		{ T("\"\\ud800\""), 1 },
		{ T("\"\\udbff\\u0041\""), 1 },
		{ T("\"\\ud800\\ud800\""), 1 },
		{ T("\"\\ud800\\n\""), 1 },
		{ T("\"\\ud800 \\udc00\""), 1 },
		{ T("\"\\udc00\""), 1 },
		{ T("\"\\udfff\\ud800\""), 1 },
		{ T("\"\\udc00\\udc00\""), 1 },
		{ T("\"\\ud83d\\ude0\""), 1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		refuses(cases[i].text, cases[i].len, "json.invalid", cases[i].offset);
}

static void malformed_utf8(void)
{
	static const struct refusal cases[] = {
		{ T("\"\x80\""), 1 },
		{ T("\"\xbf\""), 1 },
		{ T("\"\xc0\x80\""), 1 },
		{ T("\"\xc1\xbf\""), 1 },
		{ T("\"\xc2\""), 1 },
		{ T("\"\xc2\x41\""), 1 },
		{ T("\"\xe0\x9f\xbf\""), 1 },
		{ T("\"\xe0\xa0\""), 1 },
		{ T("\"\xed\xa0\x80\""), 1 },
		{ T("\"\xed\xbf\xbf\""), 1 },
		{ T("\"\xe2\x82\xc0\""), 1 },
		{ T("\"\xf0\x8f\xbf\xbf\""), 1 },
		{ T("\"\xf0\x90\x80\""), 1 },
		{ T("\"\xf4\x90\x80\x80\""), 1 },
		{ T("\"\xf5\x80\x80\x80\""), 1 },
		{ T("\"\xf8\x88\x80\x80\x80\""), 1 },
		{ T("\"\xfe\""), 1 },
		{ T("\"\xff\""), 1 },
		{ T("\"\xc3"), 1 },
		{ T("\"12345678\xe2\x82\""), 9 },
		{ T("{\"\xff\":1}"), 2 },
		{ T("\"\xc0\xae\""), 1 },
		{ T("\"\xe6\x97\xa5\xe6\x97\""), 4 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		refuses(cases[i].text, cases[i].len, "json.invalid", cases[i].offset);
}

static void duplicates(void)
{
	static const struct refusal cases[] = {
		{ T("{\"a\":1,\"a\":2}"), 7 },
		{ T("{\"a\":1,\"b\":2,\"a\":3}"), 13 },
		{ T("{\"\":1,\"\":2}"), 6 },
		{ T("{\"a\":1,\"\\u0061\":2}"), 7 },
		{ T("{\"\\u0061\":1,\"a\":2}"), 12 },
		{ T("{\"\\u00e9\":1,\"\xc3\xa9\":2}"), 12 },
		{ T("{\"\\u00E9\":1,\"\\u00e9\":2}"), 12 },
		{ T("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}"), 10 },
		{ T("{\"/\":1,\"\\/\":2}"), 7 },
		{ T("{\"\\n\":1,\"\\u000a\":2}"), 8 },
		{ T("{\"\\\"\":1,\"\\u0022\":2}"), 8 },
		{ T("{\"abcdefghij\":1,\"abcdefg\\u0068ij\":2}"), 16 },
		{ T("[0,{\"x\":{\"a\":1,\"a\":2}}]"), 15 },
		{ T("{\"x\":{\"a\":1},\"a\":2,\"x\":3}"), 19 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		refuses(cases[i].text, cases[i].len, "json.duplicate_member", cases[i].offset);
}

/* Text that grows, for documents too long to write down. */
static cairn_text big;

static void add(const char *text)
{
	cairn_text_add_z(&big, text);
}

static void add_times(const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		add(text);
}

static cairn_status check_big(void)
{
	return check(big.ptr, big.len, 64 * MEBIBYTE);
}

static void depth(void)
{
	static const char *const pairs[][2] = { { "[", "]" }, { "{\"a\":", "}" } };
	for (int kind = 0; kind < 2; kind++) {
		for (size_t levels = 63; levels <= 66; levels++) {
			big.len = 0;
			add_times(pairs[kind][0], levels);
			add("0");
			add_times(pairs[kind][1], levels);
			cairn_status status = check_big();
			bool right = levels <= 64 ? status == CAIRN_OK
						  : strcmp(error.code, "json.too_deep") == 0;
			ok(right, "%zu levels of %s: %s", levels, pairs[kind][0], error.code);
		}
	}
	is_text(error.detail, "at byte 320", "the detail is where the 65th level begins");
	big.len = 0;
	add_times("[", 1000000);
	ok(check_big() == CAIRN_INVALID && strcmp(error.code, "json.too_deep") == 0,
	   "a million levels are too deep, not a crash");
	big.len = 0;
	add("[");
	add_times("[],", 1000);
	add("{}]");
	ok(check_big() == CAIRN_OK, "breadth is not depth");
}

static void number_range(void)
{
	ACCEPTS("1e1000000");
	ACCEPTS("-1e-1000000");
	ACCEPTS("1E+0001000000");
	ACCEPTS("0.001e1000000");
	ACCEPTS("100e-1000000");
	ACCEPTS("0e1000000");
	ACCEPTS("0.00e-1000000");
	static const struct refusal cases[] = {
		{ T("1e1000001"), 0 },
		{ T("-1e-1000001"), 0 },
		{ T("[1e1000001]"), 1 },
		{ T("10e1000000"), 0 },
		{ T("0.1e-1000000"), 0 },
		{ T("0e1000001"), 0 },
		{ T("0.01e1000001"), 0 },
		{ T("1e99999999999999999999999999"), 0 },
		{ T("1e-18446744073709551616"), 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		refuses(cases[i].text, cases[i].len, "json.number_range", cases[i].offset);
	big.len = 0;
	add("1");
	add_times("0", 1000000);
	ok(check_big() == CAIRN_OK, "a one with a million zeros is within the range");
	add("0");
	ok(check_big() == CAIRN_INVALID && strcmp(error.code, "json.number_range") == 0,
	   "with one more it is beyond it");
	big.len = 0;
	add("0.");
	add_times("0", 1000000);
	add("1");
	ok(check_big() == CAIRN_INVALID && strcmp(error.code, "json.number_range") == 0,
	   "so is its inverse");
}

static void size(void)
{
	big.len = 0;
	add("\"");
	add_times("x", MEBIBYTE - 2);
	add("\"");
	ok(check(big.ptr, big.len, MEBIBYTE) == CAIRN_OK, "1 MiB passes a limit of 1 MiB");
	cairn_status status = check(big.ptr, big.len, MEBIBYTE - 1);
	ok(status == CAIRN_TOO_LARGE, "one byte more than the limit is TOO_LARGE");
	is_text(error.code, "json.too_large", "with its code");
	is_text(error.detail, "1048576 bytes, the limit is 1048575", "and both numbers");
	ok(check("{}", 2, 2) == CAIRN_OK && check("{}", 2, 1) == CAIRN_TOO_LARGE,
	   "the limit is inclusive");
	error = (cairn_error)CAIRN_ERROR_INIT;
	ok(cairn_json_check((cairn_str){ NULL, 0 }, 10, &error) == CAIRN_INVALID,
	   "the absent text is no document");
	ok(cairn_json_check(CAIRN_STR("["), 10, NULL) == CAIRN_INVALID, "err may be NULL");
}

static void errors_show_no_content(void)
{
	check(T("{\"secret\":1,\"secret\":\"hunter2\"}"), MEBIBYTE);
	ok(strstr(error.message, "secret") == NULL && strstr(error.detail, "secret") == NULL,
	   "a duplicate is not named");
	check(T("{\"secret\":hunter2}"), MEBIBYTE);
	ok(strstr(error.message, "hunter") == NULL && strstr(error.detail, "hunter") == NULL,
	   "what is malformed is not shown");
}

/* Every byte string of a length up to three over an alphabet, in a frame: two opinions. */
static void all_short_texts(void)
{
	static const char alphabet[] = "{}[]:,\"\\u01-.eE+tn \x01\x80\xc3\xe2";
	size_t letters = sizeof alphabet - 1;
	size_t differ = 0;
	size_t accepted = 0;
	char text[4];
	for (size_t i = 0; i < letters * letters * letters * letters; i++) {
		size_t rest = i;
		for (int j = 0; j < 4; j++, rest /= letters)
			text[j] = alphabet[rest % letters];
		for (size_t len = i < letters ? 1 : 4; len <= 4; len++) {
			bool good = cairn_json_check((cairn_str){ text, len }, 4, NULL) == 0;
			accepted += good;
			differ += good != oracle_accepts(text, len);
		}
	}
	is_int(differ, 0, "the oracle agrees on all short texts");
	ok(accepted > 400, "of which %zu are JSON", accepted);
}

static uint64_t seed = 88172645463325252u;

static size_t below(size_t bound)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed % bound);
}

static const char *const pieces[] = {
	"{",
	"}",
	"[",
	"]",
	",",
	":",
	"\"a\"",
	"\"\\u0061\"",
	"\"b\"",
	"\"\xc3\xa9\"",
	"\"\\u00e9\"",
	"1",
	"-0.5e+3",
	"1e1000001",
	"true",
	"null",
	" ",
	"\"a\":",
	"\"b\":{",
	"}",
	"{\"c\":",
	"]",
	"\"\\ud83d\\ude00\"",
	"\"a\":1,",
	"\"d\":[",
	",\"e\":2",
	"[1,2]",
	"\"\\n\":0",
	"00",
	"\"\\ud83d\"",
};

/* Pieces of documents in random order are often JSON, and otherwise nearly. */
static void random_texts(void)
{
	size_t differ = 0;
	size_t accepted = 0;
	for (int i = 0; i < 60000; i++) {
		big.len = 0;
		if (below(2))
			add(below(2) ? "{" : "[");
		for (size_t n = below(9); n > 0; n--)
			add(pieces[below(sizeof pieces / sizeof *pieces)]);
		bool good = check_big() == CAIRN_OK;
		accepted += good;
		if (good != oracle_accepts(big.ptr, big.len)) {
			printf("# differs: %s\n", big.ptr);
			differ++;
		}
	}
	is_int(differ, 0, "the oracle agrees on random texts");
	ok(accepted > 400, "of which %zu are JSON", accepted);
}

/* A good document, cut short at each byte or with one byte changed. */
static void damaged_documents(void)
{
	static const char whole[] =
		"{\"a\\n\":[1,-2.5e+10,\"\xe6\x97\xa5\\ud83d\\ude00\",true,null],"
		"\"b\":{\"c\":{},\"d\":[]},\"\\u00e9\":false}";
	size_t len = sizeof whole - 1;
	size_t good = 0;
	for (size_t cut = 0; cut < len; cut++)
		good += check(whole, cut, MEBIBYTE) == CAIRN_OK;
	is_int(good, 0, "no part of a document is a document");
	size_t differ = 0;
	char changed[sizeof whole];
	for (size_t i = 0; i < len; i++) {
		memcpy(changed, whole, sizeof whole);
		for (int byte = 0; byte < 256; byte++) {
			changed[i] = (char)byte;
			bool accepted = check(changed, len, MEBIBYTE) == CAIRN_OK;
			differ += accepted != oracle_accepts(changed, len);
		}
	}
	is_int(differ, 0, "the oracle agrees on every change of one byte");
}

int main(void)
{
	valid_documents();
	malformed_structure();
	malformed_numbers();
	malformed_strings();
	malformed_utf8();
	duplicates();
	depth();
	number_range();
	size();
	errors_show_no_content();
	all_short_texts();
	random_texts();
	damaged_documents();
	cairn_text_clear(&big);
	return tap_done();
}
