/* Growing texts, their escapes and their allocator; SHA-256 against its published vectors. */
#include <inttypes.h>
#include <stdlib.h>

#include <cairn/sys/json.h>

#include "../tap.h"

static size_t live;
static int calls;
static int fail_at;
static int wrong_sizes;
static size_t last_size;

static void *counting(void *user, void *ptr, size_t old_size, size_t new_size)
{
	int *seen = user;
	(*seen)++;
	if (ptr != NULL && old_size != last_size)
		wrong_sizes++;
	if (new_size == 0) {
		live -= old_size;
		free(ptr);
		return NULL;
	}
	if (++calls == fail_at)
		return NULL;
	live += new_size - old_size;
	last_size = new_size;
	return realloc(ptr, new_size);
}

static void growing(void)
{
	cairn_text text = { 0 };
	cairn_text_add(&text, "", 0);
	is_text(text.ptr, "", "nothing is an empty text");
	for (int i = 0; i < 1000; i++)
		cairn_text_add_z(&text, "abcdefg");
	is_int(text.len, 7000, "a thousand times seven bytes");
	is_int(strlen(text.ptr), 7000, "and a terminator");
	ok(text.cap > text.len && !text.failed, "that has its room");
	cairn_text_add(&text, "\0x", 2);
	is_int(text.len, 7002, "NUL is a byte like others");
	cairn_text_clear(&text);
	ok(text.ptr == NULL && text.len == 0 && text.cap == 0, "cleared");
	cairn_text_clear(&text);
	cairn_text_add_z(&text, "again");
	is_text(text.ptr, "again", "a cleared text can be used again");
	cairn_text_clear(&text);
}

static void integers(void)
{
	static const int64_t values[] = { 0,	     7,		  -7,	       10,
					  -10,	     1234567890,  INT64_MAX,   INT64_MIN,
					  INT32_MIN, -1000000000, 999999999999 };
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		char want[32];
		cairn_text text = { 0 };
		snprintf(want, sizeof want, "%" PRId64, values[i]);
		cairn_text_add_int(&text, values[i]);
		is_text(text.ptr, want, want);
		cairn_text_clear(&text);
	}
}

static void json_strings(void)
{
	static const struct {
		cairn_str value;
		const char *want;
	} cases[] = {
		{ { NULL, 0 }, "\"\"" },
		{ { "", 0 }, "\"\"" },
		{ { "plain / text", 12 }, "\"plain / text\"" },
		{ { "a\"b\\c", 5 }, "\"a\\\"b\\\\c\"" },
		{ { "\b\f\n\r\t", 5 }, "\"\\b\\f\\n\\r\\t\"" },
		{ { "\0\x01\x0b\x1f\x7f", 5 }, "\"\\u0000\\u0001\\u000b\\u001f\x7f\"" },
		{ { "\xc3\xa9\xe6\x97\xa5", 5 }, "\"\xc3\xa9\xe6\x97\xa5\"" },
		{ { "\n", 1 }, "\"\\n\"" },
		{ { "cut here", 3 }, "\"cut\"" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cairn_text text = { 0 };
		cairn_text_add_json(&text, cases[i].value);
		is_text(text.ptr, cases[i].want, cases[i].want);
		cairn_text_clear(&text);
	}
}

/* Every byte that may stand in a string survives being written and read. */
static void every_byte(void)
{
	int refused = 0;
	for (int byte = 1; byte < 128; byte++) {
		char one = (char)byte;
		cairn_text text = { 0 };
		cairn_text again = { 0 };
		cairn_text_add_json(&text, (cairn_str){ &one, 1 });
		cairn_str document = { text.ptr, text.len };
		refused += cairn_json_check(document, 100, NULL) != CAIRN_OK ||
			   cairn_json_canonical(document, &again, NULL) != CAIRN_OK ||
			   strcmp(text.ptr, again.ptr) != 0;
		cairn_text_clear(&text);
		cairn_text_clear(&again);
	}
	is_int(refused, 0, "what is written is JSON, and canonical");
}

static void own_allocator(void)
{
	int seen = 0;
	cairn_text text = { .alloc = counting, .alloc_user = &seen };
	for (int i = 0; i < 500; i++)
		cairn_text_add_json(&text, CAIRN_STR("some \n text"));
	ok(seen > 1 && live == text.cap, "the text's memory comes from its allocator");
	is_int(wrong_sizes, 0, "which is told the true old sizes");
	cairn_text_clear(&text);
	is_int(live, 0, "and gets all of it back");
	ok(text.alloc == counting && text.alloc_user == &seen, "clearing keeps the allocator");
}

static void out_of_memory(void)
{
	int seen = 0;
	for (fail_at = 1; fail_at <= 3; fail_at++) {
		cairn_text text = { .alloc = counting, .alloc_user = &seen };
		calls = 0;
		for (int i = 0; i < 100; i++)
			cairn_text_add_z(&text, "0123456789");
		size_t whole = text.len % 10;
		int calls_then = calls;
		cairn_text_add_json(&text, CAIRN_STR("more"));
		cairn_text_add_int(&text, 5);
		ok(text.failed && whole == 0 && text.len < 1000 && calls == calls_then,
		   "a text that failed takes nothing more and asks no more (%d)", fail_at);
		cairn_text_clear(&text);
		ok(!text.failed && live == 0, "clearing makes it good again");
	}
	fail_at = 0;
	cairn_text text = { 0 };
	cairn_text_add(&text, "x", SIZE_MAX - 10);
	ok(text.failed, "a length that can't be is missing memory");
	cairn_text_clear(&text);
}

static void sha256_is(const void *data, size_t len, const char *want, const char *name)
{
	uint8_t hash[32];
	char hex[65];
	cairn_sha256(data, len, hash);
	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	is_text(hex, want, name);
}

static void sha256(void)
{
	sha256_is(NULL, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		  "SHA-256 of nothing");
	sha256_is("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		  "SHA-256 of abc");
	sha256_is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
		  "SHA-256 of two blocks");
	char *million = malloc(1000000);
	memset(million, 'a', 1000000);
	sha256_is(million, 1000000,
		  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
		  "SHA-256 of a million a");
	free(million);
}

int main(void)
{
	growing();
	integers();
	json_strings();
	every_byte();
	own_allocator();
	out_of_memory();
	sha256();
	return tap_done();
}
