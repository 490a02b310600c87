/*
 * scan.c - walking over JSON text. It is not a JSON parser: it finds where values begin and
 * end, so that their bytes can be handed on as they are, and reads texts and numbers.
 */
#include "scan.h"

#include <string.h>

void scan_blanks(struct scan *scan)
{
	while (scan->at < scan->end &&
	       (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r' || *scan->at == '\n'))
		scan->at++;
}

bool scan_eat(struct scan *scan, char wanted)
{
	scan_blanks(scan);
	if (scan->at == scan->end || *scan->at != wanted)
		return false;
	scan->at++;
	return true;
}

static bool skip_string(struct scan *scan)
{
	scan->at++;
	for (; scan->at < scan->end; scan->at++) {
		if (*scan->at == '\\')
			scan->at++;
		else if (*scan->at == '"')
			return scan->at++ < scan->end;
	}
	return false;
}

static bool skip_nested(struct scan *scan)
{
	size_t depth = 0;
	while (scan->at < scan->end) {
		char c = *scan->at;
		if (c == '"') {
			if (!skip_string(scan))
				return false;
			continue;
		}
		scan->at++;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			return true;
	}
	return false;
}

/* Where a value begins and ends; false when it does not end. */
bool scan_value(struct scan *scan, cairn_str *value)
{
	scan_blanks(scan);
	char *begin = scan->at;
	bool whole = true;
	if (scan->at < scan->end && *scan->at == '"')
		whole = skip_string(scan);
	else if (scan->at < scan->end && (*scan->at == '{' || *scan->at == '['))
		whole = skip_nested(scan);
	else
		while (scan->at < scan->end && memchr(",}] \t\r\n", *scan->at, 7) == NULL)
			scan->at++;
	*value = (cairn_str){ .ptr = begin, .len = (size_t)(scan->at - begin) };
	return whole && value->len > 0;
}

/* ---- texts -------------------------------------------------------------------------- */

static int hex4(const char *at, const char *end)
{
	int n = 0;
	for (int i = 0; i < 4; i++, at++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF";
		const char *digit = at < end && *at != '\0' ? strchr(digits, *at) : NULL;
		if (digit == NULL)
			return -1;
		n = n * 16 + (int)(digit - digits) % 16;
	}
	return n;
}

static char *put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xC0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		*to++ = (char)(0xE0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3F));
		*to++ = (char)(0x80 | (c & 0x3F));
	} else {
		*to++ = (char)(0xF0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3F));
		*to++ = (char)(0x80 | (c >> 6 & 0x3F));
		*to++ = (char)(0x80 | (c & 0x3F));
	}
	return to;
}

/* The escape behind a \u at *at; a pair of surrogates is one character. 0: malformed. */
static uint32_t take_unicode(const char **at, const char *end)
{
	int high = hex4(*at, end);
	if (high <= 0 || (high >= 0xDC00 && high <= 0xDFFF))
		return 0;
	*at += 4;
	if (high < 0xD800 || high > 0xDBFF)
		return (uint32_t)high;
	if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
		return 0;
	int low = hex4(*at + 2, end);
	if (low < 0xDC00 || low > 0xDFFF)
		return 0;
	*at += 6;
	return 0x10000 + (((uint32_t)high & 0x3FF) << 10) + ((uint32_t)low & 0x3FF);
}

/* Decodes a quoted string in place: escapes are never shorter than what they stand for. */
bool scan_text(cairn_str quoted, char *to, cairn_str *text)
{
	static const char escapes[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *end = quoted.ptr + quoted.len - 1;
	const char *begin = to;
	if (quoted.len < 2 || *quoted.ptr != '"' || *end != '"')
		return false;
	for (const char *at = quoted.ptr + 1; at < end;) {
		if ((unsigned char)*at < 0x20)
			return false;
		if (*at != '\\') {
			*to++ = *at++;
			continue;
		}
		const char *escape = strchr(escapes, at[1]);
		at += 2;
		if (at[-1] == 'u') {
			uint32_t c = take_unicode(&at, end);
			if (c == 0)
				return false;
			to = put_utf8(to, c);
		} else if (escape != NULL && at[-1] != '\0') {
			*to++ = meanings[escape - escapes];
		} else {
			return false;
		}
	}
	*text = (cairn_str){ .ptr = begin, .len = (size_t)(to - begin) };
	return true;
}

bool scan_number(cairn_str value, int64_t min, int64_t max, int64_t *n)
{
	char digits[24];
	if (value.len >= sizeof digits || *value.ptr == '+')
		return false;
	memcpy(digits, value.ptr, value.len);
	digits[value.len] = '\0';
	return int_parse(digits, min, max, n) == 0;
}
