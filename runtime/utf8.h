/* utf8.h - walking bytes of unknown origin as UTF-8. */
#ifndef CAIRN_RUNTIME_UTF8_H
#define CAIRN_RUNTIME_UTF8_H

#include <stddef.h>
#include <stdio.h>

#include <cairn/types.h>

/*
 * The next character: how many input bytes it takes, and the valid UTF-8 to
 * write for it. NUL, and every byte that belongs to no well-formed sequence, is written as U+FFFD.
 * len is at least 1.
 */
struct cairn_worker__rune {
	size_t taken;
	const char *out;
	size_t out_len;
};

struct cairn_worker__rune cairn_worker__utf8_next(const char *bytes, size_t len);

/* Bytes at the start that continue a character whose beginning was cut off: 0 to 3. */
size_t cairn_worker__utf8_torn_head(const char *bytes, size_t len);
/* Bytes at the end that begin a character whose rest was cut off: 0 to 3. */
size_t cairn_worker__utf8_torn_tail(const char *bytes, size_t len);

/* As a JSON string, with its quotes. */
void cairn_worker__put_json(FILE *to, cairn_str text);

#endif
