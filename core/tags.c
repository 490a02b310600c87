/* tags.c - the members of metadata as texts, of a row and of a filter. */
#include "tags.h"

#include <string.h>

#include "check.h"

#define MARK '\x1f'

cairn_status cairn__check_metadata(const cairn_conn *conn, cairn_str *metadata, const char *what,
				   cairn_error *err)
{
	if (metadata->len == 0) {
		*metadata = CAIRN_STR("{}");
		return CAIRN_OK;
	}
	cairn_status st = cairn_json_check(*metadata, conn->host.settings.max_json, err);
	if (st != CAIRN_OK || cairn__json_opens(*metadata) == '{')
		return st;
	cairn_fail(err, CAIRN_E_JSON_INVALID);
	cairn_error_message(err, "%s", what);
	return CAIRN_INVALID;
}

/* Behind the string that begins at `at`. */
static char *behind_string(char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++) {
		if (*at == '\\')
			at++;
	}
	return at + 1;
}

/* Marks the outer commas of a canonical object, from its brace to its brace. */
static void mark(char *at, char *end)
{
	unsigned depth = 0;
	while (at < end) {
		if (*at == '"') {
			at = behind_string(at, end);
			continue;
		}
		if (*at == '{' || *at == '[')
			depth++;
		else if (*at == '}' || *at == ']')
			depth--;
		else if (*at == ',' && depth == 1)
			*at = MARK;
		at++;
	}
}

cairn_status cairn__tags_of(cairn_str metadata, cairn_text *out, cairn_error *err)
{
	size_t from = out->len;
	cairn_status st = cairn_json_canonical(metadata, out, err);
	if (st != CAIRN_OK)
		return st;
	char *first = out->ptr + from;
	char *last = out->ptr + out->len - 1;
	if (last == first + 1) { /* {} */
		out->len = from;
		*first = '\0';
		return CAIRN_OK;
	}
	mark(first, last);
	*first = MARK;
	*last = MARK;
	return CAIRN_OK;
}

/* ---- filters --------------------------------------------------------------- */

static cairn_status too_many(cairn_error *err)
{
	cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
	cairn_error_message(err, "A metadata filter may have at most %d members.", CAIRN_TAGS_MAX);
	return CAIRN_TOO_LARGE;
}

static cairn_status split(struct cairn__tags *tags, cairn_error *err)
{
	const char *at = tags->text.ptr + 1;
	const char *end = tags->text.ptr + tags->text.len;
	while (at < end) {
		const char *behind = memchr(at, MARK, (size_t)(end - at));
		if (tags->count == CAIRN_TAGS_MAX)
			return too_many(err);
		tags->at[tags->count++] = (cairn_str){ at, (size_t)(behind - at) };
		at = behind + 1;
	}
	return CAIRN_OK;
}

cairn_status cairn__tags_filter(cairn_conn *conn, cairn_str filter, struct cairn__tags *tags,
				cairn_error *err)
{
	*tags = (struct cairn__tags){
		.text = { .alloc = conn->host.alloc, .alloc_user = conn->host.alloc_user },
	};
	cairn_status st =
		cairn__check_metadata(conn, &filter, "A metadata filter must be an object.", err);
	if (st == CAIRN_OK)
		st = cairn__tags_of(filter, &tags->text, err);
	return st == CAIRN_OK ? split(tags, err) : st;
}

void cairn__tags_clear(struct cairn__tags *tags)
{
	cairn_text_clear(&tags->text);
	tags->count = 0;
}
