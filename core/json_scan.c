/*
 * json_scan.c - the strict check of a JSON document (sys/json.h).
 *
 * The databases disagree about what JSON is, so what passes here is what all of them keep. It
 * walks the text once, without recursion: what is open is a bit per level, object or
 * array. json_str.c and json_num.c read the leaves, json_names.c finds duplicate members.
 */
#include <string.h>

#include <cairn/sys/host.h>
#include <cairn/sys/json.h>

#include "check.h"
#include "json_names.h"
#include "limits.h"

struct scan {
	const unsigned char *at;
	const unsigned char *end;
	uint64_t objects; /* bit 0: the innermost container is an object; bit 1: the next … */
	unsigned depth;
	cairn_code code;		     /* why it stopped; `at` is where */
	size_t bases[CAIRN__MAX_JSON_DEPTH]; /* where each open object's names begin */
	struct cairn__names names;
};

_Static_assert(CAIRN__MAX_JSON_DEPTH <= 64, "scan.objects has a bit for each level");

static bool stop(struct scan *scan, const unsigned char *where, cairn_code code)
{
	scan->at = where;
	scan->code = code;
	return false;
}

static bool invalid(struct scan *scan)
{
	return stop(scan, scan->at, CAIRN_E_JSON_INVALID);
}

static bool is_space(unsigned char byte)
{
	return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->end && is_space(*scan->at))
		scan->at++;
}

/* The byte behind white space, or 0 at the end; a NUL in the text is refused all the same. */
static unsigned char peek(struct scan *scan)
{
	skip_space(scan);
	return scan->at < scan->end ? *scan->at : 0;
}

/* The length of the escape or the non-ASCII character at `at`, 0 if it is neither. */
static size_t special_length(const struct scan *scan, const unsigned char *at)
{
	size_t used = 0;
	uint32_t code;
	unsigned char bytes[4];
	if (*at >= 0x80)
		return cairn__utf8_next(at, scan->end, &code);
	if (*at == '\\' && cairn__json_unescape(at, scan->end, bytes, &used) > 0)
		return used;
	return 0;
}

/* One string; at is its opening quote, and behind the closing one afterwards. */
static bool read_string(struct scan *scan, bool *escaped)
{
	const unsigned char *at = scan->at + 1;
	*escaped = false;
	for (;;) {
		at = cairn__json_plain(at, scan->end);
		while (at < scan->end && *at != '"' && (*at >= 0x80 || *at == '\\')) {
			*escaped |= *at == '\\';
			size_t used = special_length(scan, at);
			if (used == 0)
				return stop(scan, at, CAIRN_E_JSON_INVALID);
			at += used;
		}
		if (at == scan->end || *at < 0x20)
			return stop(scan, at, CAIRN_E_JSON_INVALID);
		if (*at == '"')
			break;
	}
	scan->at = at + 1;
	return true;
}

static bool read_number(struct scan *scan)
{
	struct cairn__number number;
	if (!cairn__number_read(scan->at, scan->end, &number))
		return stop(scan, number.end, CAIRN_E_JSON_INVALID);
	/* Without an exponent only a number as long as the limit can be beyond it. */
	bool plain = number.exponent == 0 && number.end - scan->at < CAIRN__MAX_JSON_EXPONENT;
	if (!plain && !cairn__number_fits(&number))
		return stop(scan, scan->at, CAIRN_E_JSON_NUMBER);
	scan->at = number.end;
	return true;
}

static bool read_word(struct scan *scan, const char *word, size_t len)
{
	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
		return invalid(scan);
	scan->at += len;
	return true;
}

/* A member's name and its colon. */
static bool read_name(struct scan *scan)
{
	if (peek(scan) != '"')
		return invalid(scan);
	const unsigned char *begin = scan->at + 1;
	bool escaped;
	if (!read_string(scan, &escaped))
		return false;
	size_t len = (size_t)(scan->at - 1 - begin);
	if (!cairn__names_push(&scan->names, begin, len, escaped))
		return stop(scan, begin, CAIRN_E_NOMEM);
	if (peek(scan) != ':')
		return invalid(scan);
	scan->at++;
	return true;
}

static bool enter(struct scan *scan, bool object)
{
	if (scan->depth == CAIRN__MAX_JSON_DEPTH)
		return stop(scan, scan->at, CAIRN_E_JSON_DEPTH);
	scan->bases[scan->depth++] = scan->names.count;
	scan->objects = scan->objects << 1 | object;
	scan->at++;
	return true;
}

static bool leave(struct scan *scan)
{
	const unsigned char *second;
	bool object = scan->objects & 1;
	scan->objects >>= 1;
	scan->depth--;
	scan->at++;
	if (!object)
		return true;
	switch (cairn__names_pop(&scan->names, scan->bases[scan->depth], &second)) {
	case CAIRN__NAMES_TWICE:
		return stop(scan, second - 1, CAIRN_E_JSON_DUPLICATE);
	case CAIRN__NAMES_NOMEM:
		return stop(scan, scan->at, CAIRN_E_NOMEM);
	case CAIRN__NAMES_UNIQUE:
	default:
		return true;
	}
}

static unsigned char closer(const struct scan *scan)
{
	return scan->objects & 1 ? '}' : ']';
}

static bool read_scalar(struct scan *scan, unsigned char first)
{
	bool escaped;
	switch (first) {
	case '"':
		return read_string(scan, &escaped);
	case 't':
		return read_word(scan, "true", 4);
	case 'f':
		return read_word(scan, "false", 5);
	case 'n':
		return read_word(scan, "null", 4);
	default:
		if (first == '-' || (first >= '0' && first <= '9'))
			return read_number(scan);
		return invalid(scan);
	}
}

/* From where a value must begin to behind its first scalar or empty container. */
static bool read_value(struct scan *scan)
{
	for (;;) {
		unsigned char first = peek(scan);
		if (first != '{' && first != '[')
			return read_scalar(scan, first);
		if (!enter(scan, first == '{'))
			return false;
		if (peek(scan) == closer(scan))
			return leave(scan);
		if (first == '{' && !read_name(scan))
			return false;
	}
}

/* From behind a value to where the next one must begin; *done at the end of the document. */
static bool read_separator(struct scan *scan, bool *done)
{
	while (scan->depth > 0) {
		unsigned char next = peek(scan);
		if (next == ',') {
			scan->at++;
			return !(scan->objects & 1) || read_name(scan);
		}
		if (next != closer(scan))
			return invalid(scan);
		if (!leave(scan))
			return false;
	}
	skip_space(scan);
	*done = true;
	return scan->at == scan->end || invalid(scan);
}

static bool read_document(struct scan *scan)
{
	bool done = false;
	while (!done) {
		if (!read_value(scan) || !read_separator(scan, &done))
			return false;
	}
	return true;
}

cairn_status cairn_json_check(cairn_str text, size_t max, cairn_error *err)
{
	if (text.len > max) {
		cairn_status status = cairn_fail(err, CAIRN_E_JSON_TOO_LARGE);
		cairn_error_detail(err, "%zu bytes, the limit is %zu", text.len, max);
		return status;
	}
	if (text.ptr == NULL)
		return cairn_fail(err, CAIRN_E_JSON_INVALID);
	struct scan scan;
	const unsigned char *begin = (const unsigned char *)text.ptr;
	scan.at = begin;
	scan.end = begin + text.len;
	scan.objects = 0;
	scan.depth = 0;
	cairn__names_init(&scan.names);
	bool good = read_document(&scan);
	cairn__names_clear(&scan.names);
	if (good)
		return CAIRN_OK;
	cairn_status status = cairn_fail(err, scan.code);
	if (scan.code != CAIRN_E_NOMEM)
		cairn_error_detail(err, "at byte %zu", (size_t)(scan.at - begin));
	return status;
}
