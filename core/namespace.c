/*
 * namespace.c - namespaces as texts. The codec takes any segments; the store, which keeps them behind
 * a ':' each, so that the tenant's own differs from all others, takes names only.
 */
#include "namespace.h"

#include <string.h>

#include "alloc.h"
#include "check.h"
#include "core.h"
#include "limits.h"

/* ---- writing ------------------------------------------------------------------ */

/* A buffer that counts what it has no room for. */
struct out {
	char *text;
	size_t size;
	size_t len;
};

static void put(struct out *out, char c)
{
	if (out->len + 1 < out->size)
		out->text[out->len] = c;
	out->len++;
}

static bool is_special(char c)
{
	return c == ':' || c == '\\';
}

static void put_segment(struct out *out, cairn_str segment)
{
	for (size_t i = 0; i < segment.len; i++) {
		if (is_special(segment.ptr[i]))
			put(out, '\\');
		put(out, segment.ptr[i]);
	}
}

size_t cairn_namespace_format(cairn_str tenant, cairn_namespace ns, char *text, size_t size)
{
	struct out out = { .text = text, .size = size };
	bool first = tenant.len == 0;
	put_segment(&out, tenant);
	for (size_t i = 0; i < ns.count; i++) {
		if (!first)
			put(&out, ':');
		first = false;
		put_segment(&out, ns.segments[i]);
	}
	if (size > 0)
		text[out.len < size ? out.len : size - 1] = '\0';
	return out.len;
}

/* ---- reading ------------------------------------------------------------------ */

static cairn_status malformed(const char *why, cairn_error *err)
{
	cairn_fail(err, CAIRN_E_MEMORY_NAMESPACE);
	cairn_error_message(err, "%s", why);
	return CAIRN_INVALID;
}

/* The segment that begins at `at`: where it ends, and how long it is without its escapes. */
static cairn_status segment_at(cairn_str text, size_t at, size_t *end, size_t *len,
			       cairn_error *err)
{
	*len = 0;
	for (; at < text.len && text.ptr[at] != ':'; at++, ++*len) {
		if (text.ptr[at] != '\\')
			continue;
		if (++at == text.len)
			return malformed("A namespace ends with a single backslash.", err);
		if (!is_special(text.ptr[at]))
			return malformed("A namespace has an unknown escape.", err);
	}
	*end = at;
	return CAIRN_OK;
}

static void unescape(const char *from, const char *end, char *into)
{
	for (; from < end; from++) {
		if (*from == '\\')
			from++;
		*into++ = *from;
	}
	*into = '\0';
}

/* For a row that can't be had the rows remember that memory is missing. */
static void push(cairn_rows *rows, cairn_str text, size_t at, size_t end, size_t len)
{
	cairn_str *segment = cairn_rows_push(rows);
	char *copy = segment != NULL ? cairn_rows_alloc(rows, len + 1) : NULL;
	if (copy == NULL)
		return;
	unescape(text.ptr + at, text.ptr + end, copy);
	*segment = (cairn_str){ copy, len };
}

static cairn_status split(cairn_str text, cairn_rows *rows, cairn_error *err)
{
	size_t at = 0;
	for (bool first = true;; first = false) {
		size_t end;
		size_t len;
		cairn_status st = segment_at(text, at, &end, &len, err);
		if (st != CAIRN_OK)
			return st;
		if (first && len == 0)
			return malformed("A namespace's first segment must not be empty.", err);
		push(rows, text, at, end, len);
		if (end == text.len)
			return CAIRN_OK;
		at = end + 1;
	}
}

static void *plain_alloc(void *user, void *ptr, size_t old_size, size_t new_size)
{
	(void)user;
	return cairn__raw_alloc(ptr, old_size, new_size);
}

cairn_status cairn_namespace_parse(cairn_str text, cairn_namespace_text **segments,
				   cairn_error *err)
{
	cairn_conn nobody = { .host = { .alloc = plain_alloc } };
	cairn_rows rows;
	if (segments == NULL || (text.ptr == NULL && text.len > 0))
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	void *memory = *segments;
	cairn__rows_begin(&rows, &nobody, &memory, sizeof(cairn_str));
	cairn_status st = split(text, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*segments = memory;
	return st;
}

int cairn_namespace_within(cairn_namespace ns, cairn_namespace prefix)
{
	if (prefix.count > ns.count)
		return 0;
	for (size_t i = 0; i < prefix.count; i++) {
		if (!cairn_str_equal(ns.segments[i], prefix.segments[i]))
			return 0;
	}
	return 1;
}

/* ---- as the store has it ------------------------------------------------------- */

static cairn_status too_long(cairn_error *err)
{
	cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
	cairn_error_message(err, "A namespace may have at most %d segments and %d bytes.",
			    CAIRN__MAX_SEGMENTS, CAIRN__MAX_NAMESPACE);
	return CAIRN_TOO_LARGE;
}

static cairn_status check(cairn_namespace ns, cairn_error *err)
{
	if (ns.count > 0 && ns.segments == NULL)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (ns.count > CAIRN__MAX_SEGMENTS)
		return too_long(err);
	for (size_t i = 0; i < ns.count; i++) {
		cairn_status st = cairn__check_name(ns.segments[i], "namespace", err);
		if (st != CAIRN_OK)
			return st;
	}
	return CAIRN_OK;
}

static cairn_status add(cairn_text *text, const char *stored, size_t len, cairn_error *err)
{
	cairn_text_add(text, stored, len);
	return text->failed ? cairn_fail(err, CAIRN_E_NOMEM) : CAIRN_OK;
}

cairn_status cairn__namespace_add(cairn_text *text, cairn_namespace ns, cairn_error *err)
{
	char stored[CAIRN__MAX_NAMESPACE + 1] = ":";
	cairn_status st = check(ns, err);
	if (st != CAIRN_OK || ns.count == 0)
		return st;
	cairn_str none = { NULL, 0 };
	size_t len = 1 + cairn_namespace_format(none, ns, stored + 1, sizeof stored - 1);
	return len < sizeof stored ? add(text, stored, len, err) : too_long(err);
}

cairn_status cairn__namespace_add_text(cairn_text *text, cairn_str ns, cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	if (ns.len == 0)
		return CAIRN_OK;
	if (ns.len >= CAIRN__MAX_NAMESPACE)
		return too_long(err);
	if (!cairn__utf8_valid(ns.ptr, ns.len) || memchr(ns.ptr, 0, ns.len) != NULL)
		return cairn_fail(err, CAIRN_E_MEMORY_NAMESPACE);
	for (size_t at = 0; at <= ns.len && st == CAIRN_OK;) {
		size_t end = at;
		size_t len = 0;
		st = segment_at(ns, at, &end, &len, err);
		if (st == CAIRN_OK && len == 0)
			st = malformed("A namespace has an empty segment.", err);
		at = end + 1;
	}
	if (st == CAIRN_OK)
		st = add(text, ":", 1, err);
	return st == CAIRN_OK ? add(text, ns.ptr, ns.len, err) : st;
}

cairn_str cairn__namespace_shown(cairn_str stored)
{
	if (stored.len == 0)
		return (cairn_str){ NULL, 0 };
	return (cairn_str){ stored.ptr + 1, stored.len - 1 };
}
