/*
 * Members' names in the strict check: duplicates in large objects, names made to collide, and
 * memory that runs out.
 */
#include <stdbool.h>
#include <stdlib.h>

#include <cairn/sys/json.h>

#include "../../core/alloc.h"
#include "../../core/json_str.h"
#include "../tap.h"

/* ---- memory that can run out (takes the place of core/alloc.c) ------------- */

static long allowed = -1; /* allocations until memory runs out; -1: it never does */
static size_t live;
static size_t allocations;

void *cairn__raw_alloc(void *ptr, size_t old_size, size_t new_size)
{
	if (new_size == 0) {
		live -= old_size;
		free(ptr);
		return NULL;
	}
	if (allowed == 0)
		return NULL;
	if (allowed > 0)
		allowed--;
	allocations++;
	live += new_size - old_size;
	return realloc(ptr, new_size);
}

/* ---- helpers --------------------------------------------------------------- */

static cairn_error error;
static cairn_text big;

static void add(const char *text)
{
	cairn_text_add_z(&big, text);
}

/* What the library holds; the documents made here come from the same memory. */
static long leaked(void)
{
	return (long)live - (long)big.cap;
}

static cairn_status check_big(void)
{
	error = (cairn_error)CAIRN_ERROR_INIT;
	return cairn_json_check((cairn_str){ big.ptr, big.len }, (size_t)1 << 26, &error);
}

static bool is_duplicate(void)
{
	return check_big() == CAIRN_INVALID && strcmp(error.code, "json.duplicate_member") == 0;
}

/* {"name 0":0, … } with n members; if again >= 0 that one once more, in another spelling. */
static void many_members(size_t n, long again)
{
	char member[64];
	big.len = 0;
	add("{");
	for (size_t i = 0; i < n; i++) {
		snprintf(member, sizeof member, "%s\"name %zu\":%zu", i > 0 ? "," : "", i, i);
		add(member);
	}
	if (again >= 0) {
		snprintf(member, sizeof member, ",\"\\u006eame %ld\":0", again);
		add(member);
	}
	add("}");
}

static void large_objects(void)
{
	static const size_t sizes[] = { 2, 15, 16, 17, 18, 96, 97, 128, 129, 1000, 100000 };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t n = sizes[i];
		many_members(n, -1);
		ok(check_big() == CAIRN_OK, "%zu different members are fine", n);
		long named[] = { 0, (long)n / 2, (long)n - 1 };
		int found = 0;
		for (int j = 0; j < 3; j++) {
			many_members(n, named[j]);
			found += is_duplicate();
		}
		is_int(found, 3, "a second first, middle and last one is found");
	}
	is_int(leaked(), 0, "all memory was given back");
	big.len = 0;
	add("{\"a\":{");
	for (int i = 0; i < 60; i++) {
		char member[64];
		snprintf(member, sizeof member, "\"%d\":{\"0\":{},\"1\":[{\"a\":0}]},", i);
		add(member);
	}
	add("\"a\":0},\"b\":0}");
	ok(check_big() == CAIRN_OK, "names of objects inside are not the outer's");
}

/* Names whose hashes end alike, so that a table of that size is one chain. */
static void colliding_names(size_t n, uint64_t mask, bool twice)
{
	char name[32];
	size_t found = 0;
	char first[32] = "";
	big.len = 0;
	add("{");
	for (unsigned i = 0; found < n; i++) {
		int len = snprintf(name, sizeof name, "%x", i);
		struct cairn__name one = { .at = (const unsigned char *)name, .len = (size_t)len };
		if ((cairn__name_hash(&one) & mask) != 5)
			continue;
		add(found++ > 0 ? ",\"" : "\"");
		add(name);
		add("\":0");
		if (found == 1)
			memcpy(first, name, sizeof first);
	}
	if (twice) {
		add(",\"");
		add(first);
		add("\":0");
	}
	add("}");
}

static void hostile_names(void)
{
	static const size_t sizes[] = { 100, 500, 2000 };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		many_members(sizes[i], -1);
		allocations = 0;
		ok(check_big() == CAIRN_OK, "%zu honest names", sizes[i]);
		size_t honest = allocations;
		colliding_names(sizes[i], 0xfff, false);
		allocations = 0;
		ok(check_big() == CAIRN_OK, "%zu names that collide are fine", sizes[i]);
		is_int(allocations, honest + 1, "and sorted, which took memory once more");
		colliding_names(sizes[i], 0xfff, true);
		ok(is_duplicate(), "a duplicate among them is found");
	}
}

/* The step of the hash, to find names with one hash by calculation. */
static uint64_t mix(uint64_t hash, uint64_t eight)
{
	hash = (hash ^ eight) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

static uint64_t eight_of(const char *text)
{
	uint64_t value = 0;
	for (int i = 0; i < 8; i++)
		value |= (uint64_t)(unsigned char)text[i] << (8 * i);
	return value;
}

/* Fills the second halves of two names of 16 bytes so that their hashes are equal. */
static bool collide(char a[17], char b[17])
{
	uint64_t difference = mix(0, eight_of(a)) ^ mix(0, eight_of(b));
	for (int i = 8; i < 16; i++, difference >>= 8) {
		char found = 0;
		for (char x = 'A'; x <= 'z' && found == 0; x++) {
			int y = x ^ (int)(difference & 0xff);
			if (x != '\\' && y >= '0' && y <= 'z' && y != '\\')
				found = x;
		}
		if (found == 0)
			return false;
		a[i] = found;
		b[i] = (char)(found ^ (int)(difference & 0xff));
	}
	return true;
}

static void equal_hashes(void)
{
	char a[17] = "member  ";
	char b[17] = "";
	bool found = false;
	for (unsigned i = 0; !found; i++) {
		snprintf(b, sizeof b, "%08x", i);
		found = collide(a, b);
	}
	struct cairn__name one = { .at = (const unsigned char *)a, .len = 16 };
	struct cairn__name two = { .at = (const unsigned char *)b, .len = 16 };
	ok(cairn__name_hash(&one) == cairn__name_hash(&two) && strcmp(a, b) != 0,
	   "%s and %s have one hash", a, b);
	for (size_t others = 0; others <= 100; others += 50) {
		many_members(others, -1);
		big.len--;
		char members[80];
		snprintf(members, sizeof members, "%s\"%s\":1,\"%s\":2}", others > 0 ? "," : "", a,
			 b);
		add(members);
		ok(check_big() == CAIRN_OK, "they are two names, among %zu others", others);
	}
}

static void small_documents_take_no_memory(void)
{
	many_members(96, -1);
	allocations = 0;
	ok(check_big() == CAIRN_OK && allocations == 0, "an object of 96 members takes no memory");
	many_members(97, -1);
	ok(check_big() == CAIRN_OK && allocations > 0, "one of 97 does");
}

static void out_of_memory(void)
{
	for (int kind = 0; kind < 2; kind++) {
		if (kind == 0)
			many_members(5000, -1);
		else
			colliding_names(2000, 0xfff, false);
		allocations = 0;
		cairn_status status = check_big();
		long needed = (long)allocations;
		int nomem = 0;
		for (long n = 0; n < needed; n++) {
			allowed = n;
			status = check_big();
			allowed = -1;
			nomem += status == CAIRN_NOMEM && strcmp(error.code, "nomem") == 0;
		}
		is_int(nomem, needed, "each of its allocations may fail, as NOMEM");
		ok(needed > 1 && leaked() == 0, "and nothing leaks (%ld allocations)", needed);
	}
}

int main(void)
{
	large_objects();
	hostile_names();
	equal_hashes();
	small_documents_take_no_memory();
	out_of_memory();
	cairn_text_clear(&big);
	is_int(leaked(), 0, "all memory was given back in the end");
	return tap_done();
}
