/*
 * check.c - what an argument must look like, tested before any I/O.
 *
 * The rules are about code points, not bytes, so each text is decoded once;
 * valid UTF-8 falls out of that. json_scan.c uses the decoder too.
 */
#include "check.h"

#include <string.h>

#include <cairn/sys/host.h>

#include "limits.h"

/* The second byte of a sequence decides about overlong forms, surrogates and U+10FFFF. */
static bool second_byte_fits(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second <= 0x9f;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second <= 0x8f;
	default:
		return true;
	}
}

size_t cairn__utf8_next(const unsigned char *at, const unsigned char *end, uint32_t *code)
{
	if (at == end)
		return 0;
	unsigned char first = at[0];
	if (first < 0x80) {
		*code = first;
		return 1;
	}
	if (first < 0xc2 || first > 0xf4)
		return 0;
	size_t len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if ((size_t)(end - at) < len || !second_byte_fits(first, at[1]))
		return 0;
	uint32_t value = first & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (at[i] & 0x3fu);
	}
	*code = value;
	return len;
}

bool cairn__utf8_valid(const void *text, size_t len)
{
	const unsigned char *at = text;
	const unsigned char *end = len > 0 ? at + len : at;
	while (at < end) {
		uint64_t eight;
		while (end - at >= 8) {
			memcpy(&eight, at, 8);
			if (eight & UINT64_C(0x8080808080808080))
				break;
			at += 8;
		}
		if (at == end)
			break;
		uint32_t code;
		size_t used = cairn__utf8_next(at, end, &code);
		if (used == 0)
			return false;
		at += used;
	}
	return true;
}

bool cairn__is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

bool cairn__is_space(uint32_t code)
{
	switch (code) {
	case 0x0020:
	case 0x0085:
	case 0x00a0:
	case 0x1680:
	case 0x2028:
	case 0x2029:
	case 0x202f:
	case 0x205f:
	case 0x3000:
		return true;
	default:
		return (code >= 0x0009 && code <= 0x000d) || (code >= 0x2000 && code <= 0x200a);
	}
}

/* Fails with a code whose message is led by the field it is about. */
static cairn_status refuse(cairn_code code, const char *field, cairn_error *err)
{
	cairn_status status = cairn_fail(err, code);
	if (field != NULL)
		cairn_error_message(err, "%s: %s", field, cairn_code_message(code));
	return status;
}

/* UTF-8 of 1 to max bytes without control characters; *blank: nothing but white space. */
static bool is_line(cairn_str text, size_t max, bool *blank)
{
	if (text.ptr == NULL || text.len == 0 || text.len > max)
		return false;
	const unsigned char *at = (const unsigned char *)text.ptr;
	const unsigned char *end = at + text.len;
	*blank = true;
	while (at < end) {
		/* what most are made of */
		if (*at > 0x20 && *at < 0x7f) {
			*blank = false;
			at++;
			continue;
		}
		uint32_t code;
		size_t used = cairn__utf8_next(at, end, &code);
		if (used == 0 || cairn__is_control(code))
			return false;
		if (!cairn__is_space(code))
			*blank = false;
		at += used;
	}
	return true;
}

bool cairn__is_blank(cairn_str text)
{
	const unsigned char *at = (const unsigned char *)text.ptr;
	const unsigned char *end = text.len > 0 ? at + text.len : at;
	while (at < end) {
		uint32_t code;
		size_t used = cairn__utf8_next(at, end, &code);
		if (used == 0 || !cairn__is_space(code))
			return false;
		at += used;
	}
	return true;
}

cairn_status cairn__check_name(cairn_str text, const char *field, cairn_error *err)
{
	bool blank;
	if (!is_line(text, CAIRN__MAX_NAME, &blank) || blank)
		return refuse(CAIRN_E_ARG_NAME, field, err);
	return CAIRN_OK;
}

cairn_status cairn__check_key(cairn_str text, const char *field, cairn_error *err)
{
	bool blank;
	if (!is_line(text, CAIRN__MAX_KEY, &blank) || blank)
		return refuse(CAIRN_E_ARG_KEY, field, err);
	return CAIRN_OK;
}

cairn_status cairn__check_tenant(cairn_str text, cairn_error *err)
{
	bool blank;
	if (!is_line(text, CAIRN__MAX_TENANT, &blank))
		return cairn_fail(err, CAIRN_E_ARG_TENANT);
	return CAIRN_OK;
}

cairn_status cairn__check_scope(const cairn_scope *scope, cairn_error *err)
{
	if (scope == NULL)
		return cairn_fail(err, CAIRN_E_ARG_SCOPE);
	if (scope->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	switch (scope->kind) {
	case CAIRN_SCOPE_TENANT:
		return cairn__check_tenant(scope->tenant, err);
	case CAIRN_SCOPE_GLOBAL:
	case CAIRN_SCOPE_ANY:
		if (scope->tenant.len == 0)
			return CAIRN_OK;
		break;
	case CAIRN_SCOPE_NONE:
	default:
		break;
	}
	return cairn_fail(err, CAIRN_E_ARG_SCOPE);
}

cairn_status cairn__check_text(cairn_str text, size_t max, const char *field, cairn_error *err)
{
	if (text.len == 0)
		return CAIRN_OK;
	if (text.ptr == NULL)
		return refuse(CAIRN_E_ARG_TEXT, field, err);
	if (text.len > max) {
		cairn_status status = cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
		cairn_error_message(err, "%s: A text must be at most %zu bytes.",
				    field != NULL ? field : "text", max);
		return status;
	}
	if (memchr(text.ptr, 0, text.len) != NULL || !cairn__utf8_valid(text.ptr, text.len))
		return refuse(CAIRN_E_ARG_TEXT, field, err);
	return CAIRN_OK;
}

cairn_status cairn__check_names(cairn_str tenant, cairn_str prefix, cairn_str after,
				cairn_error *err)
{
	cairn_status st = cairn__check_tenant(tenant, err);
	if (st == CAIRN_OK)
		st = cairn__check_text(prefix, CAIRN__MAX_NAME, "prefix", err);
	if (st == CAIRN_OK && after.len > 0)
		st = cairn__check_name(after, "after", err);
	return st;
}

cairn_status cairn__check_time(cairn_time when, const char *field, cairn_error *err)
{
	if (when < CAIRN__MIN_TIME || when > CAIRN__MAX_TIME)
		return refuse(CAIRN_E_ARG_TIME, field, err);
	return CAIRN_OK;
}

char cairn__json_opens(cairn_str document)
{
	size_t at = 0;
	while (at < document.len && strchr(" \t\r\n", document.ptr[at]) != NULL)
		at++;
	return at < document.len ? document.ptr[at] : '\0';
}
