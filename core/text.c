/*
 * text.c - a text that grows, and JSON strings in it.
 *
 * The text always ends with a NUL that len does not count. Once memory has run
 * out it takes nothing more and says so in `failed`, so that writers test once, at
 * their end.
 */
#include "text.h"

#include <string.h>

#include "alloc.h"

/* Memory from the text's own allocator. */
static void *text_alloc(const cairn_text *text, void *ptr, size_t old_size, size_t new_size)
{
	if (text->alloc == NULL)
		return cairn__raw_alloc(ptr, old_size, new_size);
	return text->alloc(text->alloc_user, ptr, old_size, new_size);
}

bool cairn__text_reserve(cairn_text *text, size_t more)
{
	if (text->failed)
		return false;
	if (more < text->cap - text->len)
		return true;
	text->failed = 1;
	if (more > SIZE_MAX / 2 - text->len)
		return false;
	size_t cap = text->cap < 64 ? 64 : text->cap * 2;
	if (cap < text->len + more + 1)
		cap = text->len + more + 1;
	char *grown = text_alloc(text, text->ptr, text->cap, cap);
	if (grown == NULL)
		return false;
	text->ptr = grown;
	text->cap = cap;
	text->failed = 0;
	return true;
}

void cairn_text_add(cairn_text *text, const char *ptr, size_t len)
{
	if (!cairn__text_reserve(text, len))
		return;
	if (len > 0)
		memcpy(text->ptr + text->len, ptr, len);
	text->len += len;
	text->ptr[text->len] = 0;
}

void cairn_text_add_z(cairn_text *text, const char *z)
{
	cairn_text_add(text, z, strlen(z));
}

void cairn_text_add_int(cairn_text *text, int64_t value)
{
	char digits[20];
	char *begin = digits + sizeof digits;
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	do {
		*--begin = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		*--begin = '-';
	cairn_text_add(text, begin, (size_t)(digits + sizeof digits - begin));
}

/* The letter of a two-character escape, 0 when the byte has none. */
static char short_escape(unsigned char byte)
{
	switch (byte) {
	case '"':
	case '\\':
		return (char)byte;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return 0;
	}
}

void cairn__text_escape(cairn_text *text, const unsigned char *ptr, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	size_t done = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = ptr[i];
		if (byte >= 0x20 && byte != '"' && byte != '\\')
			continue;
		cairn_text_add(text, (const char *)ptr + done, i - done);
		done = i + 1;
		char letter = short_escape(byte);
		if (letter != 0) {
			cairn_text_add(text, (char[]){ '\\', letter }, 2);
		} else {
			char code[] = { '\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15] };
			cairn_text_add(text, code, sizeof code);
		}
	}
	if (done < len)
		cairn_text_add(text, (const char *)ptr + done, len - done);
}

void cairn_text_add_json(cairn_text *text, cairn_str value)
{
	cairn_text_add(text, "\"", 1);
	cairn__text_escape(text, (const unsigned char *)value.ptr, value.len);
	cairn_text_add(text, "\"", 1);
}

void cairn_text_clear(cairn_text *text)
{
	if (text->ptr != NULL)
		text_alloc(text, text->ptr, text->cap, 0);
	text->ptr = NULL;
	text->len = 0;
	text->cap = 0;
	text->failed = 0;
}
