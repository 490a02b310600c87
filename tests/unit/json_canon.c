/* The canonical form: golden texts, and that two spellings of one document meet in it. */
#include <stdbool.h>
#include <stdlib.h>

#include <cairn/sys/json.h>

#include "../tap.h"

static cairn_error error;

static cairn_str str(const cairn_text *text)
{
	return (cairn_str){ text->ptr, text->len };
}

/* The canonical form of a document, or the code of its refusal. Valid until the next call. */
static const char *canonical(cairn_str document)
{
	static cairn_text out;
	cairn_text_clear(&out);
	error = (cairn_error)CAIRN_ERROR_INIT;
	if (cairn_json_check(document, (size_t)1 << 26, &error) != CAIRN_OK ||
	    cairn_json_canonical(document, &out, &error) != CAIRN_OK)
		return error.code;
	return out.ptr;
}

static void becomes(const char *document, const char *want)
{
	is_text(canonical(cairn_str_of(document)), want, want);
	is_text(canonical(cairn_str_of(want)), want, "and stays so");
}

static void numbers(void)
{
	static const char *const golden[][2] = {
		{ "0", "0" },
		{ "-0", "0" },
		{ "0.0", "0" },
		{ "-0.000e-12", "0" },
		{ "0e1000000", "0" },
		{ "1", "1" },
		{ "-1", "-1" },
		{ "1.0", "1" },
		{ "1e0", "1" },
		{ "1E+00", "1" },
		{ "10e-1", "1" },
		{ "0.1e1", "1" },
		{ "100", "100" },
		{ "1e2", "100" },
		{ "100.0", "100" },
		{ "0.001e5", "100" },
		{ "-120", "-120" },
		{ "9007199254740992", "9007199254740992" },
		{ "9007199254740993", "9007199254740993" },
		{ "9007199254740993.0", "9007199254740993" },
		{ "18446744073709551616", "18446744073709551616" },
		{ "1e20", "100000000000000000000" },
		{ "1e21", "1e+21" },
		{ "1000000000000000000000", "1e+21" },
		{ "12e20", "1200000000000000000000" },
		{ "12e21", "1.2e+22" },
		{ "123456789012345678901234567890123", "123456789012345678901234567890123" },
		{ "0.1", "1e-1" },
		{ "-0.1", "-1e-1" },
		{ "1e-1", "1e-1" },
		{ "0.10", "1e-1" },
		{ "1.5", "1.5e+0" },
		{ "15e-1", "1.5e+0" },
		{ "-12.3450", "-1.2345e+1" },
		{ "0.00012", "1.2e-4" },
		{ "1000000.1", "1.0000001e+6" },
		{ "3.141592653589793238462643383279", "3.141592653589793238462643383279e+0" },
		{ "1e1000000", "1e+1000000" },
		{ "1e-1000000", "1e-1000000" },
		{ "0.001e1000000", "1e+999997" },
		{ "1e0000000000000000000000005", "100000" },
	};
	for (size_t i = 0; i < sizeof golden / sizeof *golden; i++)
		becomes(golden[i][0], golden[i][1]);
	becomes("[1.0,-0,1e3,{\"a\":2.50}]", "[1,0,1000,{\"a\":2.5e+0}]");
}

static void strings(void)
{
	becomes("\"\"", "\"\"");
	becomes("\"a\\/b/\"", "\"a/b/\"");
	becomes("\"\\u0041\\u00e9\\u65E5\\ud83d\\ude00\"",
		"\"A\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80\"");
	becomes("\"\\u0022\\u005c\\u002f\"", "\"\\\"\\\\/\"");
	becomes("\"\\u0008\\u000c\\u000a\\u000d\\u0009\"", "\"\\b\\f\\n\\r\\t\"");
	becomes("\"\\b\\f\\n\\r\\t\"", "\"\\b\\f\\n\\r\\t\"");
	becomes("\"\\u0001\\u000B\\u001F\"", "\"\\u0001\\u000b\\u001f\"");
	becomes("\"\\u007f\\u0080\\u2028\"", "\"\x7f\xc2\x80\xe2\x80\xa8\"");
	becomes("\"\\ud800\\udc00\\udbff\\udfff\\uffff\"",
		"\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xef\xbf\xbf\"");
	becomes("\"a long plain text, \\u0061nd more of it\"",
		"\"a long plain text, and more of it\"");
}

static void structure(void)
{
	becomes(" [ ] ", "[]");
	becomes("\t{\r\n}", "{}");
	becomes("[ 1 , 2 , [ ] , { } , null , true , false ]", "[1,2,[],{},null,true,false]");
	becomes("[3,1,2]", "[3,1,2]");
	becomes("{\"b\":1,\"a\":null}", "{\"a\":null,\"b\":1}");
	becomes("{\"b\":{\"d\":1,\"c\":[{\"z\":1,\"y\":2}]},\"a\":0}",
		"{\"a\":0,\"b\":{\"c\":[{\"y\":2,\"z\":1}],\"d\":1}}");
	becomes("{\"workflowScope\":\"root\",\"signatureVersion\":1,\"kind\":\"sleep\","
		"\"durationMs\":60000}",
		"{\"durationMs\":60000,\"kind\":\"sleep\",\"signatureVersion\":1,"
		"\"workflowScope\":\"root\"}");
}

/* By bytes of the decoded names: neither by the text with its escapes nor by UTF-16. */
static void order_of_members(void)
{
	becomes("{\"b\":1,\"aa\":2,\"a\":3,\"\":4,\"B\":5}",
		"{\"\":4,\"B\":5,\"a\":3,\"aa\":2,\"b\":1}");
	becomes("{\"!\":1,\"\\u0001\":2}", "{\"\\u0001\":2,\"!\":1}");
	becomes("{\"\\n\":1,\"\\t\":2,\"\\u0010\":3}", "{\"\\t\":2,\"\\n\":1,\"\\u0010\":3}");
	becomes("{\"]\":1,\"\\\\\":2,\"[\":3}", "{\"[\":3,\"\\\\\":2,\"]\":1}");
	becomes("{\"#\":1,\"\\\"\":2,\"!\":3}", "{\"!\":3,\"\\\"\":2,\"#\":1}");
	becomes("{\"b\":1,\"\\u0061\":2}", "{\"a\":2,\"b\":1}");
	becomes("{\"\\ud83d\\ude00\":1,\"\\uff5e\":2}",
		"{\"\xef\xbd\x9e\":2,\"\xf0\x9f\x98\x80\":1}");
	becomes("{\"12345678z\":1,\"12345678\":2,\"12345678a\":3}",
		"{\"12345678\":2,\"12345678a\":3,\"12345678z\":1}");
	becomes("{\"a\\u0001\":1,\"a\":2,\"a\\u0000f\":3}", "json.invalid");
	becomes("{\"1234567\\u0001b\":1,\"1234567\\u0001a\":2}",
		"{\"1234567\\u0001a\":2,\"1234567\\u0001b\":1}");
}

static void equality(void)
{
	char one[200];
	snprintf(one, sizeof one, "%s", canonical(CAIRN_STR("{\"a\":1.0,\"b\":[\"\\u0041\"]}")));
	is_text(canonical(CAIRN_STR("{ \"b\": [\"A\"], \"a\": 1e0 }")), one, "equal documents");
	snprintf(one, sizeof one, "%s", canonical(CAIRN_STR("9007199254740992")));
	ok(strcmp(one, canonical(CAIRN_STR("9007199254740993"))) != 0,
	   "neighbours beyond 2^53 are two numbers");
	snprintf(one, sizeof one, "%s", canonical(CAIRN_STR("\"1\"")));
	ok(strcmp(one, canonical(CAIRN_STR("1"))) != 0, "a text is not a number");
}

static void appends(void)
{
	cairn_text out = { 0 };
	cairn_text_add_z(&out, "[");
	ok(cairn_json_canonical(CAIRN_STR("{\"b\":1,\"a\":2}"), &out, &error) == CAIRN_OK, "one");
	cairn_text_add_z(&out, ",");
	ok(cairn_json_canonical(CAIRN_STR("1.0"), &out, &error) == CAIRN_OK, "and another");
	cairn_text_add_z(&out, "]");
	is_text(out.ptr, "[{\"a\":2,\"b\":1},1]", "are appended to what is there");
	size_t len = out.len;
	static const char *const broken[] = {
		"{\"a\"",     "}",   "]",	  "[}",	       "{]",
		"{\"a\":1,}", "{,}", "\"\\ud8\"", "\"\\q\"",   "\"",
		"\"\\",	      "-",   "01",	  "1.",	       "{\"a\":1,,\"b\":2}",
		"[",	      "{",   "\x01",	  "\"a\x01\"", "{\"b\":1,\"a\":1]",
	};
	int refused = 0;
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		if (cairn_json_canonical(cairn_str_of(broken[i]), &out, &error) != CAIRN_OK)
			refused++;
		if (out.len != len || out.ptr[len] != 0)
			refused = -1000;
	}
	is_int(refused, (int)(sizeof broken / sizeof *broken),
	       "unchecked rubbish is refused and leaves the text alone");
	cairn_text_clear(&out);
}

/* ---- two spellings of one random document ------------------------------------ */

static uint64_t seed = 88172645463325252u;

static unsigned below(unsigned bound)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % bound);
}

struct spelling {
	cairn_text plain;
	cairn_text fancy;
};

static void both(struct spelling *to, const char *text)
{
	cairn_text_add_z(&to->plain, text);
	cairn_text_add_z(&to->fancy, text);
}

static void space(struct spelling *to)
{
	static const char *const spaces[] = { "", "", " ", "\n\t", "\r " };
	cairn_text_add_z(&to->fancy, spaces[below(5)]);
}

static void spell_string(struct spelling *to, unsigned distinct)
{
	static const char *const characters[][2] = {
		{ "a", "\\u0061" },
		{ "\\n", "\\u000a" },
		{ "/", "\\/" },
		{ "\\\"", "\\u0022" },
		{ "\xc3\xa9", "\\u00E9" },
		{ "\xf0\x9f\x98\x80", "\\ud83D\\uDe00" },
		{ "\\u001f", "\\u001F" },
		{ "zz", "z\\u007a" },
	};
	both(to, "\"");
	for (unsigned n = below(6); n > 0; n--) {
		unsigned which = below(8);
		cairn_text_add_z(&to->plain, characters[which][0]);
		cairn_text_add_z(&to->fancy, characters[which][below(2)]);
	}
	if (distinct > 0) {
		cairn_text_add_int(&to->plain, distinct);
		cairn_text_add_int(&to->fancy, distinct);
	}
	both(to, "\"");
}

static void spell_number(struct spelling *to)
{
	char text[80];
	int digits = (int)below(2000000) - 1000000;
	int exponent = (int)below(50) - 25;
	snprintf(text, sizeof text, "%de%d", digits, exponent);
	cairn_text_add_z(&to->plain, text);
	switch (below(3)) {
	case 0:
		snprintf(text, sizeof text, "%d000E%d", digits, exponent - 3);
		if (digits == 0)
			snprintf(text, sizeof text, "-0.0");
		break;
	case 1:
		snprintf(text, sizeof text, "%s%d.%03de%+04d", digits < 0 ? "-" : "",
			 abs(digits) / 1000, abs(digits) % 1000, exponent + 3);
		break;
	default:
		snprintf(text, sizeof text, "%s0.%08d00e%d", digits < 0 ? "-" : "", abs(digits),
			 exponent + 8);
		break;
	}
	cairn_text_add_z(&to->fancy, text);
}

static void spell_value(struct spelling *to, int depth);

static void spell_member(struct spelling *to, int depth, unsigned distinct)
{
	space(to);
	spell_string(to, distinct);
	space(to);
	both(to, ":");
	spell_value(to, depth);
}

/* The fancy one in another order. */
static void spell_object(struct spelling *to, int depth)
{
	struct spelling members[24];
	unsigned order[24];
	unsigned n = below(depth > 2 ? 24 : 5);
	for (unsigned i = 0; i < n; i++) {
		members[i] = (struct spelling){ .plain = { 0 } };
		spell_member(&members[i], depth - 1, i + 1);
		unsigned j = below(i + 1);
		order[i] = order[j];
		order[j] = i;
	}
	both(to, "{");
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			both(to, ",");
		cairn_text_add(&to->plain, members[i].plain.ptr, members[i].plain.len);
		const cairn_text *fancy = &members[order[i]].fancy;
		cairn_text_add(&to->fancy, fancy->ptr, fancy->len);
	}
	for (unsigned i = 0; i < n; i++) {
		cairn_text_clear(&members[i].plain);
		cairn_text_clear(&members[i].fancy);
	}
	both(to, "}");
}

static void spell_array(struct spelling *to, int depth)
{
	both(to, "[");
	for (unsigned n = below(5), i = 0; i < n; i++) {
		if (i > 0)
			both(to, ",");
		spell_value(to, depth - 1);
	}
	both(to, "]");
}

static void spell_value(struct spelling *to, int depth)
{
	space(to);
	switch (below(depth > 0 ? 8 : 4)) {
	case 0:
		both(to, below(2) ? "null" : "true");
		break;
	case 1:
	case 2:
		spell_number(to);
		break;
	case 3:
		spell_string(to, 0);
		break;
	case 4:
		spell_array(to, depth);
		break;
	default:
		spell_object(to, depth);
		break;
	}
	space(to);
}

static bool same(const cairn_text *a, const cairn_text *b)
{
	return a->len == b->len && memcmp(a->ptr, b->ptr, a->len) == 0;
}

static void random_documents(void)
{
	int refused = 0;
	int differ = 0;
	int unstable = 0;
	size_t longest = 0;
	for (int i = 0; i < 3000; i++) {
		struct spelling two = { .plain = { 0 } };
		cairn_text a = { 0 };
		cairn_text b = { 0 };
		cairn_text again = { 0 };
		spell_value(&two, 4);
		refused += cairn_json_check(str(&two.plain), SIZE_MAX, NULL) != CAIRN_OK ||
			   cairn_json_check(str(&two.fancy), SIZE_MAX, NULL) != CAIRN_OK ||
			   cairn_json_canonical(str(&two.plain), &a, NULL) != CAIRN_OK ||
			   cairn_json_canonical(str(&two.fancy), &b, NULL) != CAIRN_OK ||
			   cairn_json_check(str(&a), SIZE_MAX, NULL) != CAIRN_OK ||
			   cairn_json_canonical(str(&a), &again, NULL) != CAIRN_OK;
		differ += !same(&a, &b);
		unstable += !same(&a, &again);
		longest = a.len > longest ? a.len : longest;
		cairn_text_clear(&two.plain);
		cairn_text_clear(&two.fancy);
		cairn_text_clear(&a);
		cairn_text_clear(&b);
		cairn_text_clear(&again);
	}
	is_int(refused, 0, "3000 random documents are JSON in both spellings, and canonically");
	is_int(differ, 0, "both spellings have one canonical form");
	is_int(unstable, 0, "the canonical form of a canonical form is itself");
	ok(longest > 1000, "the longest has %zu bytes", longest);
}

static void large_object(void)
{
	cairn_text document = { 0 };
	cairn_text want = { 0 };
	char member[32];
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(member, sizeof member, "%c\"%05u\":%u", i > 0 ? ',' : '{', i, i);
		cairn_text_add_z(&want, member);
		unsigned shuffled = (unsigned)(((uint64_t)i * 70001 + 12345) % 100000);
		snprintf(member, sizeof member, "%c\"%05u\":%u", i > 0 ? ',' : '{', shuffled,
			 shuffled);
		cairn_text_add_z(&document, member);
	}
	cairn_text_add_z(&want, "}");
	cairn_text_add_z(&document, "}");
	ok(strcmp(canonical(str(&document)), want.ptr) == 0, "100,000 members are sorted");
	cairn_text_clear(&document);
	cairn_text_clear(&want);
}

/* ---- memory -------------------------------------------------------------------- */

static int calls;
static int fail_at;
static size_t live;

static void *limited(void *user, void *ptr, size_t old_size, size_t new_size)
{
	(void)user;
	if (new_size == 0) {
		live -= old_size;
		free(ptr);
		return NULL;
	}
	if (++calls == fail_at)
		return NULL;
	live += new_size - old_size;
	return realloc(ptr, new_size);
}

static void out_of_memory(cairn_str document, int least)
{
	int nomem = 0;
	int needed = 0;
	for (fail_at = 1;; fail_at++) {
		cairn_text out = { .alloc = limited };
		calls = -1000;
		cairn_text_add_z(&out, "before");
		calls = 0;
		error = (cairn_error)CAIRN_ERROR_INIT;
		cairn_status status = cairn_json_canonical(document, &out, &error);
		bool kept = out.len == 6 && strcmp(out.ptr, "before") == 0;
		nomem += status == CAIRN_NOMEM && kept && strcmp(error.code, "nomem") == 0;
		needed = calls;
		cairn_text_clear(&out);
		if (status == CAIRN_OK)
			break;
	}
	ok(nomem == needed && needed >= least, "each of %d allocations may fail, as NOMEM", needed);
	is_int(live, 0, "nothing leaks");
}

int main(void)
{
	numbers();
	strings();
	structure();
	order_of_members();
	equality();
	appends();
	random_documents();
	large_object();
	out_of_memory(CAIRN_STR("{\"b\":[1e20,1e20,1e20,1e20],\"a\":{\"z\":1,\"y\":2},"
				"\"0\":0,\"1\":1,\"2\":2,\"3\":3,\"4\":4,\"5\":5}"),
		      4);
	out_of_memory(CAIRN_STR("[1e20,1e20,1e20,1e20,1e20,1e20,1e20,1e20,1e20,1e20]"), 2);
	canonical(CAIRN_STR("x"));
	return tap_done();
}
