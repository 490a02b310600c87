/* utf8.c - the well-formed sequences of Unicode's table 3-7, and JSON strings made of them. */
#include "utf8.h"

static unsigned char at(const char *bytes, size_t i)
{
	return (unsigned char)bytes[i];
}

static int continues(unsigned char byte)
{
	return (byte & 0xC0) == 0x80;
}

/* Length that a lead byte announces; 0 for a byte that leads nothing. */
static size_t announced(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xC2 && lead <= 0xDF)
		return 2;
	if (lead >= 0xE0 && lead <= 0xEF)
		return 3;
	if (lead >= 0xF0 && lead <= 0xF4)
		return 4;
	return 0;
}

/* No overlong forms, no surrogates, nothing above U+10FFFF. */
static int second_fits(unsigned char lead, unsigned char second)
{
	if (lead == 0xE0)
		return second >= 0xA0 && second <= 0xBF;
	if (lead == 0xED)
		return second >= 0x80 && second <= 0x9F;
	if (lead == 0xF0)
		return second >= 0x90 && second <= 0xBF;
	if (lead == 0xF4)
		return second >= 0x80 && second <= 0x8F;
	return continues(second);
}

struct cairn_worker__rune cairn_worker__utf8_next(const char *bytes, size_t len)
{
	struct cairn_worker__rune broken = { .taken = 1, .out = "\xEF\xBF\xBD", .out_len = 3 };
	size_t n = announced(at(bytes, 0));
	if (n == 0 || n > len || at(bytes, 0) == 0)
		return broken;
	if (n > 1 && !second_fits(at(bytes, 0), at(bytes, 1)))
		return broken;
	for (size_t i = 2; i < n; i++) {
		if (!continues(at(bytes, i)))
			return broken;
	}
	return (struct cairn_worker__rune){ .taken = n, .out = bytes, .out_len = n };
}

size_t cairn_worker__utf8_torn_head(const char *bytes, size_t len)
{
	size_t n = 0;
	while (n < 3 && n < len && continues(at(bytes, n)))
		n++;
	return n;
}

size_t cairn_worker__utf8_torn_tail(const char *bytes, size_t len)
{
	for (size_t back = 1; back <= 3 && back <= len; back++) {
		unsigned char byte = at(bytes, len - back);
		if (continues(byte))
			continue;
		return announced(byte) > back ? back : 0;
	}
	return 0;
}

void cairn_worker__put_json(FILE *to, cairn_str text)
{
	size_t at = 0;
	fputc('"', to);
	while (at < text.len) {
		struct cairn_worker__rune rune =
			cairn_worker__utf8_next(text.ptr + at, text.len - at);
		unsigned char first = (unsigned char)rune.out[0];
		at += rune.taken;
		if (first == '"' || first == '\\')
			fprintf(to, "\\%c", first);
		else if (first == '\n')
			fputs("\\n", to);
		else if (first == '\t')
			fputs("\\t", to);
		else if (first == '\r')
			fputs("\\r", to);
		else if (first < 0x20)
			fprintf(to, "\\u%04x", first);
		else
			fwrite(rune.out, 1, rune.out_len, to);
	}
	fputc('"', to);
}
