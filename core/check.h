/*
 * check.h - the rules for names, keys, tenants, scopes, texts and times (contract: ground
 * rules), tested before any I/O.
 *
 * `field` says in the message which argument was wrong, for example "queue"; NULL leaves the
 * code's own message. The content never gets into a message.
 */
#ifndef CAIRN_CORE_CHECK_H
#define CAIRN_CORE_CHECK_H

#include <stdbool.h>

#include <cairn/error.h>

/* 1-255 bytes of UTF-8, not blank, no control characters; else arg.invalid_name. */
cairn_status cairn__check_name(cairn_str text, const char *field, cairn_error *err);
/* The same with 1-512 bytes; else arg.invalid_key. */
cairn_status cairn__check_key(cairn_str text, const char *field, cairn_error *err);
/* 1-255 bytes of UTF-8, no control characters; else arg.invalid_tenant. */
cairn_status cairn__check_tenant(cairn_str text, cairn_error *err);
/*
 * One of the three scopes; the tenant is a valid one with CAIRN_SCOPE_TENANT and absent
 * otherwise. arg.invalid_scope, arg.invalid_tenant, arg.reserved.
 */
cairn_status cairn__check_scope(const cairn_scope *scope, cairn_error *err);
/*
 * UTF-8 without NUL, else arg.invalid_text; at most max bytes, else limit.exceeded. It may
 * be empty and may have lines.
 */
cairn_status cairn__check_text(cairn_str text, size_t max, const char *field, cairn_error *err);
/* Which of a tenant's names a list has: those with a prefix, behind a name; both may be absent. */
cairn_status cairn__check_names(cairn_str tenant, cairn_str prefix, cairn_str after,
				cairn_error *err);
/* In the years 1 to 9999, else arg.invalid_time. 0, "not given", passes. */
cairn_status cairn__check_time(cairn_time when, const char *field, cairn_error *err);

/* The first character of a checked document, which tells its kind: '{' an object, '[' an array. */
char cairn__json_opens(cairn_str document);

/*
 * The length, 1 to 4, of the well-formed UTF-8 sequence at `at`, and its code point; 0 when
 * there is none: truncated, overlong, a surrogate, beyond U+10FFFF.
 */
size_t cairn__utf8_next(const unsigned char *at, const unsigned char *end, uint32_t *code);
bool cairn__utf8_valid(const void *text, size_t len);

/* C0, DEL, C1. */
bool cairn__is_control(uint32_t code);
/* Unicode's White_Space property. */
bool cairn__is_space(uint32_t code);

#endif
