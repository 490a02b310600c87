/*
 * sys/json.h - JSON as text: the strict scanner, the canonical form, its hash.
 *
 * No document is ever turned into doubles and back. (contract: JSON)
 */
#ifndef CAIRN_SYS_JSON_H
#define CAIRN_SYS_JSON_H

#include <cairn/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Checks one document: RFC 8259, valid UTF-8, no BOM, no \u0000, no lone surrogate, depth at
 * most 64, no member name twice, at most max bytes. INVALID with json.invalid,
 * json.too_deep, json.duplicate_member, json.number_range; TOO_LARGE json.too_large; NOMEM for
 * large objects only. The detail names the byte offset, never the content.
 */
CAIRN_API cairn_status cairn_json_check(cairn_str text, size_t max, cairn_error *err);

/*
 * A growing text, NUL-terminated once something was added. Start from zeroes; the
 * allocator may be NULL (the C library's).
 */
typedef struct cairn_text {
	char *ptr;
	size_t len;
	size_t cap;
	void *(*alloc)(void *user, void *ptr, size_t old_size, size_t new_size);
	void *alloc_user;
	int failed; /* out of memory at some point: the text is not whole */
	uint32_t reserved_;
} cairn_text;

CAIRN_API void cairn_text_add(cairn_text *text, const char *ptr, size_t len);
CAIRN_API void cairn_text_add_z(cairn_text *text, const char *z);
CAIRN_API void cairn_text_add_int(cairn_text *text, int64_t value);
/* A quoted and escaped JSON string; the bytes must be valid UTF-8. */
CAIRN_API void cairn_text_add_json(cairn_text *text, cairn_str value);
CAIRN_API void cairn_text_clear(cairn_text *text);

/*
 * Appends the canonical form of a document that cairn_json_check accepted:
 * members sorted by the bytes of their decoded names, no white space, minimal escapes, exact
 * decimal numbers.
 * NOMEM is the only failure for a checked document.
 */
CAIRN_API cairn_status cairn_json_canonical(cairn_str document, cairn_text *out, cairn_error *err);

/* SHA-256. */
CAIRN_API void cairn_sha256(const void *data, size_t len, uint8_t hash[32]);

#ifdef __cplusplus
}
#endif

#endif
