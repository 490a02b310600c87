/* tags.c - metadata as texts to look for: of a row, and of a filter. */
#include <stdlib.h>

#include "../../core/tags.h"
#include "../tap.h"

static cairn_error error;

static void *plain(void *user, void *ptr, size_t old_size, size_t new_size)
{
	(void)user;
	(void)old_size;
	if (new_size > 0)
		return realloc(ptr, new_size);
	free(ptr);
	return NULL;
}

static cairn_conn conn = { .host = { .alloc = plain, .settings.max_json = 1 << 16 } };

/* With '|' for U+001F. */
static const char *tags_of(const char *metadata)
{
	static cairn_text out;
	cairn_text_clear(&out);
	error = (cairn_error)CAIRN_ERROR_INIT;
	if (cairn__tags_of(cairn_str_of(metadata), &out, &error) != CAIRN_OK)
		return error.code;
	for (size_t i = 0; i < out.len; i++) {
		if (out.ptr[i] == '\x1f')
			out.ptr[i] = '|';
	}
	return out.ptr;
}

static void rows(void)
{
	is_text(tags_of("{}"), "", "nothing");
	is_text(tags_of(" { } "), "", "nothing, with spaces");
	is_text(tags_of("{\"b\": 2.0, \"a\" :\"x\"}"), "|\"a\":\"x\"|\"b\":2|", "sorted");
	is_text(tags_of("{\"a\":[1,2,{\"c\":3,\"b\":[]}],\"b\":{\"x\":1,\"y\":2}}"),
		"|\"a\":[1,2,{\"b\":[],\"c\":3}]|\"b\":{\"x\":1,\"y\":2}|", "inner commas stay");
	is_text(tags_of("{\"a,\\\"}\":\"{,\\\\\",\"b\":\"\\u001f,\"}"),
		"|\"a,\\\"}\":\"{,\\\\\"|\"b\":\"\\u001f,\"|", "strings are not looked into");
}

static void one_behind_the_other(void)
{
	cairn_text out = { .ptr = NULL };
	cairn_text_add_z(&out, "before");
	ok(cairn__tags_of(CAIRN_STR("{}"), &out, &error) == CAIRN_OK, "nothing is added");
	is_text(out.ptr, "before", "and nothing is seen");
	ok(cairn__tags_of(CAIRN_STR("{\"a\":1}"), &out, &error) == CAIRN_OK, "something is");
	is_text(out.ptr, "before\x1f\"a\":1\x1f", "behind it");
	cairn_text_clear(&out);
}

static const char *refused(const char *filter)
{
	struct cairn__tags tags;
	error = (cairn_error)CAIRN_ERROR_INIT;
	cairn_status st = cairn__tags_filter(&conn, cairn_str_of(filter), &tags, &error);
	cairn__tags_clear(&tags);
	return st == CAIRN_OK ? "ok" : error.code;
}

static void filters(void)
{
	struct cairn__tags tags;
	ok(cairn__tags_filter(&conn, (cairn_str){ 0 }, &tags, &error) == CAIRN_OK, "none");
	is_int(tags.count, 0, "looks for nothing");
	cairn__tags_clear(&tags);
	ok(cairn__tags_filter(&conn, CAIRN_STR("{\"b\":[1,2],\"a\":1e0}"), &tags, &error) ==
		   CAIRN_OK,
	   "two");
	is_int(tags.count, 2, "are two");
	ok(cairn_str_is(tags.at[0], "\"a\":1"), "the first");
	ok(cairn_str_is(tags.at[1], "\"b\":[1,2]"), "the second");
	cairn__tags_clear(&tags);
}

static void limits(void)
{
	is_text(refused("[]"), "json.invalid", "no object");
	is_text(refused("{"), "json.invalid", "no document");
	is_text(refused("{\"a\":1,\"a\":1}"), "json.duplicate_member", "a member twice");
	is_text(refused("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,"
			"\"i\":1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1}"),
		"ok", "sixteen");
	is_text(refused("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,"
			"\"i\":1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1}"),
		"limit.exceeded", "seventeen");
}

int main(void)
{
	rows();
	one_behind_the_other();
	filters();
	limits();
	return tap_done();
}
