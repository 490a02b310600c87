/* Names, keys, tenants, scopes, texts and times at their borders; small helpers over text. */
#include <stdlib.h>

#include <cairn/sys/host.h>

#include "../../core/check.h"
#include "../../core/limits.h"
#include "../tap.h"

static cairn_error error;
static char longest[1100];

#define T(literal) ((cairn_str){ literal, sizeof(literal) - 1 })

static cairn_str repeat(char byte, size_t len)
{
	memset(longest, byte, len);
	return (cairn_str){ longest, len };
}

/* ---- UTF-8 ------------------------------------------------------------------- */

static size_t encode(uint32_t code, unsigned char *bytes)
{
	if (code < 0x80) {
		bytes[0] = (unsigned char)code;
		return 1;
	}
	if (code < 0x800) {
		bytes[0] = (unsigned char)(0xc0 + code / 64);
		bytes[1] = (unsigned char)(0x80 + code % 64);
		return 2;
	}
	if (code < 0x10000) {
		bytes[0] = (unsigned char)(0xe0 + code / 4096);
		bytes[1] = (unsigned char)(0x80 + code / 64 % 64);
		bytes[2] = (unsigned char)(0x80 + code % 64);
		return 3;
	}
	bytes[0] = (unsigned char)(0xf0 + code / 262144);
	bytes[1] = (unsigned char)(0x80 + code / 4096 % 64);
	bytes[2] = (unsigned char)(0x80 + code / 64 % 64);
	bytes[3] = (unsigned char)(0x80 + code % 64);
	return 4;
}

static void every_code_point(void)
{
	int wrong = 0;
	for (uint32_t code = 0; code < 0x200000; code++) {
		unsigned char bytes[4];
		uint32_t decoded = 0;
		size_t len = encode(code, bytes);
		bool good = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
		size_t used = cairn__utf8_next(bytes, bytes + len, &decoded);
		wrong += good ? used != len || decoded != code : used != 0;
		wrong += cairn__utf8_valid(bytes, len) != good;
		wrong += len > 1 && cairn__utf8_next(bytes, bytes + len - 1, &decoded) != 0;
	}
	is_int(wrong, 0, "every code point but surrogates, and nothing beyond U+10FFFF");
}

/* Four bytes: the first two decide, with the lowest and the highest tail. */
static void every_long_sequence(void)
{
	int wrong = 0;
	for (unsigned i = 0; i < 0x10000; i++) {
		unsigned first = i >> 8;
		unsigned second = i & 0xff;
		unsigned char low[] = { (unsigned char)first, (unsigned char)second, 0x80, 0x80 };
		unsigned char high[] = { (unsigned char)first, (unsigned char)second, 0xbf, 0xbf };
		uint32_t code = 0;
		uint32_t value = (first & 7) << 18 | (second & 63) << 12;
		bool good = first >= 0xf0 && first <= 0xf7 && second >= 0x80 && second <= 0xbf &&
			    value >= 0x10000 && value <= 0x10ffff;
		bool got = cairn__utf8_next(low, low + 4, &code) == 4;
		wrong += got != good || (good && code != value);
		got = cairn__utf8_next(high, high + 4, &code) == 4;
		wrong += got != good || (good && code != value + 0xfff);
	}
	is_int(wrong, 0, "sequences of four bytes");
}

/* All strings of two and three bytes: as many are valid as there are encodings. */
static void every_short_sequence(void)
{
	unsigned two = 0;
	unsigned three = 0;
	for (unsigned i = 0; i < 0x1000000; i++) {
		unsigned char bytes[] = { (unsigned char)(i >> 16), (unsigned char)(i >> 8),
					  (unsigned char)i };
		three += cairn__utf8_valid(bytes, 3);
		if (i < 0x10000)
			two += cairn__utf8_valid(bytes + 1, 2);
	}
	unsigned ones = 128;
	unsigned twos = 0x800 - 0x80;
	unsigned threes = 0x10000 - 0x800 - 0x800;
	is_int(two, ones * ones + twos, "pairs of bytes");
	is_int(three, ones * ones * ones + 2 * ones * twos + threes, "triples of bytes");
}

static void long_texts(void)
{
	char text[40];
	int wrong = 0;
	for (size_t at = 0; at < sizeof text; at++) {
		memset(text, 'x', sizeof text);
		wrong += !cairn__utf8_valid(text, sizeof text);
		text[at] = (char)0xc3;
		wrong += cairn__utf8_valid(text, sizeof text);
		if (at + 1 < sizeof text) {
			text[at + 1] = (char)0xa9;
			wrong += !cairn__utf8_valid(text, sizeof text);
		}
	}
	is_int(wrong, 0, "a character or a broken one at every place of a longer text");
	ok(cairn__utf8_valid(NULL, 0), "nothing is valid");
}

static void properties(void)
{
	static const uint32_t spaces[] = { 0x9,	   0xa,	   0xb,	   0xc,	   0xd,	   0x20,   0x85,
					   0xa0,   0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004,
					   0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028,
					   0x2029, 0x202f, 0x205f, 0x3000 };
	size_t n = sizeof spaces / sizeof *spaces;
	int wrong = 0;
	int controls = 0;
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		bool space = false;
		for (size_t i = 0; i < n; i++)
			space = space || spaces[i] == code;
		wrong += cairn__is_space(code) != space;
		controls += cairn__is_control(code);
	}
	is_int(n, 25, "Unicode has 25 white space characters");
	is_int(wrong, 0, "which are told from all others");
	is_int(controls, 32 + 1 + 32, "C0, DEL and C1 are control characters");
	ok(cairn__is_control(0) && cairn__is_control(0x7f) && cairn__is_control(0x80) &&
		   cairn__is_control(0x9f) && !cairn__is_control(0xa0) && !cairn__is_control(0x7e),
	   "with these borders");
}

/* ---- names, keys, tenants ------------------------------------------------------- */

enum verdict { NAME = 1, KEY = 2, TENANT = 4 };

static void judge(cairn_str text, unsigned want, const char *name)
{
	unsigned got = 0;
	if (cairn__check_name(text, "queue", &error) == CAIRN_OK)
		got |= NAME;
	if (cairn__check_key(text, "key", &error) == CAIRN_OK)
		got |= KEY;
	if (cairn__check_tenant(text, &error) == CAIRN_OK)
		got |= TENANT;
	is_int(got, want, name);
}

static void words(void)
{
	judge(T("default"), NAME | KEY | TENANT, "a plain word");
	judge(T("a"), NAME | KEY | TENANT, "one byte");
	judge(T(" a "), NAME | KEY | TENANT, "blanks around a letter are kept and fine");
	judge(T("\xe3\x80\x80\xc3\xa9"), NAME | KEY | TENANT, "an ideographic space and a letter");
	judge(T("\xe2\x80\x8b"), NAME | KEY | TENANT, "a zero width space is not white space");
	judge((cairn_str){ NULL, 0 }, 0, "absent");
	judge((cairn_str){ NULL, 3 }, 0, "a length without bytes");
	judge(T(""), 0, "empty");
	judge(T(" "), TENANT, "blank");
	judge(T("\xc2\xa0\xe2\x80\xa8\xe3\x80\x80 \xe1\x9a\x80"), TENANT, "blank in Unicode");
	judge(T("a\0b"), 0, "NUL");
	judge(T("a\tb"), 0, "tab");
	judge(T("a\n"), 0, "line feed");
	judge(T("\x1f"), 0, "the last C0");
	judge(T("a\x7f"), 0, "DEL");
	judge(T("a\xc2\x80"), 0, "the first C1");
	judge(T("a\xc2\x85"), 0, "NEL");
	judge(T("a\xc2\x9f"), 0, "the last C1");
	judge(T("a\xc2\xa0"), NAME | KEY | TENANT, "the character after it");
	judge(T("a\xff"), 0, "not UTF-8");
	judge(T("a\xc0\x80"), 0, "an overlong NUL");
	judge(T("a\xed\xa0\x80"), 0, "a surrogate");
	judge(T("a\xe2\x82"), 0, "a character cut off");
	judge(repeat('x', 255), NAME | KEY | TENANT, "255 bytes");
	judge(repeat('x', 256), KEY, "256 bytes");
	judge(repeat('x', 512), KEY, "512 bytes");
	judge(repeat('x', 513), 0, "513 bytes");
}

static void messages(void)
{
	error = (cairn_error)CAIRN_ERROR_INIT;
	is_int(cairn__check_name(T("hunter2\n"), "queue", &error), CAIRN_INVALID, "INVALID");
	is_text(error.code, "arg.invalid_name", "with the code for names");
	ok(strstr(error.message, "queue") == error.message, "the message begins with the field");
	ok(strstr(error.message, "hunter2") == NULL && strstr(error.detail, "hunter2") == NULL,
	   "and does not show the content");
	cairn__check_name(T(""), NULL, &error);
	is_text(error.message, cairn_code_message(CAIRN_E_ARG_NAME), "without field its own");
	cairn__check_key(T(""), "key", &error);
	is_text(error.code, "arg.invalid_key", "the code for keys");
	cairn__check_tenant(T(""), &error);
	is_text(error.code, "arg.invalid_tenant", "the code for tenants");
	ok(cairn__check_name(T(""), "x", NULL) == CAIRN_INVALID, "err may be NULL");
}

static const char *scope_code(cairn_scope scope)
{
	error = (cairn_error)CAIRN_ERROR_INIT;
	cairn_status status = cairn__check_scope(&scope, &error);
	return status == CAIRN_OK ? "ok" : error.code;
}

static void scopes(void)
{
	is_text(scope_code(cairn_global()), "ok", "global");
	is_text(scope_code(cairn_any()), "ok", "any");
	is_text(scope_code(cairn_tenant(T("acme"))), "ok", "a tenant");
	is_text(scope_code(cairn_tenant(T(" "))), "ok", "a blank tenant");
	is_text(scope_code(cairn_tenant(T(""))), "arg.invalid_tenant", "an empty tenant");
	is_text(scope_code(cairn_tenant(T("a\n"))), "arg.invalid_tenant", "a malformed tenant");
	is_text(scope_code((cairn_scope){ 0 }), "arg.invalid_scope", "no scope said");
	is_text(scope_code((cairn_scope){ .kind = (enum cairn_scope_kind)9 }), "arg.invalid_scope",
		"an unknown scope");
	is_text(scope_code((cairn_scope){ .kind = CAIRN_SCOPE_GLOBAL, .tenant = T("a") }),
		"arg.invalid_scope", "global with a tenant");
	is_text(scope_code((cairn_scope){ .kind = CAIRN_SCOPE_ANY, .tenant = T("a") }),
		"arg.invalid_scope", "any with a tenant");
	is_text(scope_code((cairn_scope){ .kind = CAIRN_SCOPE_ANY, .reserved_ = 1 }),
		"arg.reserved", "a reserved field");
	ok(cairn__check_scope(NULL, NULL) == CAIRN_INVALID, "none at all");
}

static const char *text_code(cairn_str text, size_t max)
{
	error = (cairn_error)CAIRN_ERROR_INIT;
	cairn_status status = cairn__check_text(text, max, "error_message", &error);
	return status == CAIRN_OK ? "ok" : error.code;
}

static void texts(void)
{
	is_text(text_code((cairn_str){ NULL, 0 }, 10), "ok", "an absent text");
	is_text(text_code(T("two\nlines\t"), 10), "ok", "lines");
	is_text(text_code(repeat('x', 1000), 1000), "ok", "as long as it may be");
	is_text(text_code(repeat('x', 1001), 1000), "limit.exceeded", "too long");
	ok(cairn__check_text(repeat('x', 11), 10, "name", NULL) == CAIRN_TOO_LARGE, "TOO_LARGE");
	ok(strstr(error.message, "1000") != NULL && strstr(error.message, "error_message") != NULL,
	   "the message names limit and field");
	is_text(text_code(T("a\0b"), 10), "arg.invalid_text", "NUL");
	is_text(text_code(T("12345678\0"), 10), "arg.invalid_text", "NUL at the end");
	is_text(text_code(T("a\xff"), 10), "arg.invalid_text", "not UTF-8");
	is_text(text_code((cairn_str){ NULL, 3 }, 10), "arg.invalid_text", "without bytes");
}

static void times(void)
{
	ok(cairn__check_time(0, "t", &error) == CAIRN_OK, "no time");
	ok(cairn__check_time(CAIRN__MIN_TIME, "t", &error) == CAIRN_OK, "the first one");
	ok(cairn__check_time(CAIRN__MAX_TIME, "t", &error) == CAIRN_OK, "the last one");
	ok(cairn__check_time(CAIRN__MIN_TIME - 1, "t", &error) == CAIRN_INVALID, "one before");
	ok(cairn__check_time(CAIRN__MAX_TIME + 1, "t", &error) == CAIRN_INVALID, "one behind");
	ok(cairn__check_time(INT64_MIN, "t", &error) == CAIRN_INVALID &&
		   cairn__check_time(INT64_MAX, "t", &error) == CAIRN_INVALID,
	   "far outside");
	is_text(error.code, "arg.invalid_time", "with its code");
}

static void strings(void)
{
	ok(cairn_str_of(NULL).ptr == NULL && cairn_str_of(NULL).len == 0, "NULL is absent");
	is_int(cairn_str_of("abc").len, 3, "the length of a string");
	ok(cairn_str_equal(T("ab"), T("ab")) && !cairn_str_equal(T("ab"), T("ac")) &&
		   !cairn_str_equal(T("ab"), T("abc")),
	   "equality");
	ok(cairn_str_equal((cairn_str){ NULL, 0 }, T("")), "absent and empty are the same");
	ok(cairn_str_is(T("ab"), "ab") && !cairn_str_is(T("ab"), "a") && cairn_str_is(T(""), ""),
	   "a literal");
	ok(cairn_str_compare(T("a"), T("b")) < 0 && cairn_str_compare(T("b"), T("a")) > 0 &&
		   cairn_str_compare(T("a"), T("a")) == 0,
	   "order");
	ok(cairn_str_compare(T("a"), T("aa")) < 0 && cairn_str_compare(T("aa"), T("a")) > 0,
	   "the shorter first");
	ok(cairn_str_compare(T("a"), T("\xc3\xa9")) < 0 && cairn_str_compare(T("Z"), T("a")) < 0,
	   "by unsigned bytes");
	ok(cairn_str_compare((cairn_str){ NULL, 0 }, T("a")) < 0 &&
		   cairn_str_compare((cairn_str){ NULL, 0 }, T("")) == 0,
	   "absent first");
}

int main(void)
{
	every_code_point();
	every_short_sequence();
	every_long_sequence();
	long_texts();
	properties();
	words();
	messages();
	scopes();
	texts();
	times();
	strings();
	return tap_done();
}
