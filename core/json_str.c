/*
 * json_str.c - strings inside a JSON text: escapes, and members' names as keys.
 *
 * Names are compared decoded, because "a" and "\u0061" name the same member. A
 * name is never copied: decoding runs along two names at once.
 */
#include "json_str.h"

#include <string.h>

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

static int hex_digit(unsigned char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	unsigned char lower = byte | 0x20;
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The code unit of \uXXXX at `at`, or -1. */
static int32_t code_unit(const unsigned char *at, const unsigned char *end)
{
	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return -1;
	int32_t unit = 0;
	for (int i = 2; i < 6; i++) {
		int digit = hex_digit(at[i]);
		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

static size_t encode(uint32_t code, unsigned char bytes[4])
{
	if (code < 0x80) {
		bytes[0] = (unsigned char)code;
		return 1;
	}
	size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i > 0; i--) {
		bytes[i] = (unsigned char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	bytes[0] = (unsigned char)(lead[len] | code);
	return len;
}

static size_t unescape_unit(const unsigned char *at, const unsigned char *end,
			    unsigned char bytes[4], size_t *used)
{
	int32_t unit = code_unit(at, end);
	if (unit <= 0)
		return 0;
	*used = 6;
	if (unit < 0xd800 || unit > 0xdfff)
		return encode((uint32_t)unit, bytes);
	int32_t low = unit < 0xdc00 ? code_unit(at + 6, end) : -1;
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	*used = 12;
	return encode((uint32_t)(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)), bytes);
}

size_t cairn__json_unescape(const unsigned char *at, const unsigned char *end,
			    unsigned char bytes[4], size_t *used)
{
	if (end - at < 2)
		return 0;
	*used = 2;
	switch (at[1]) {
	case '"':
	case '\\':
	case '/':
		bytes[0] = at[1];
		return 1;
	case 'b':
		bytes[0] = '\b';
		return 1;
	case 'f':
		bytes[0] = '\f';
		return 1;
	case 'n':
		bytes[0] = '\n';
		return 1;
	case 'r':
		bytes[0] = '\r';
		return 1;
	case 't':
		bytes[0] = '\t';
		return 1;
	case 'u':
		return unescape_unit(at, end, bytes, used);
	default:
		return 0;
	}
}

/* Eight bytes as a number, the first one lowest on every machine; compilers make it one load. */
static uint64_t load8(const unsigned char *at)
{
	return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
	       (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 |
	       (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
}

/* How many bytes are below the lowest bit set. */
static size_t bytes_below(uint64_t mask)
{
#if defined(__GNUC__) || defined(__clang__)
	return (size_t)__builtin_ctzll(mask) / 8;
#else
	size_t count = 0;
	while ((mask & 0xff) == 0) {
		mask >>= 8;
		count++;
	}
	return count;
#endif
}

/*
 * Marks quotes, backslashes and control bytes by their high bit. Above the lowest mark there may
 * be false ones (a borrow has run through), the lowest itself is exact.
 */
static uint64_t special_bytes(uint64_t eight)
{
	uint64_t quote = eight ^ (ONES * '"');
	uint64_t backslash = eight ^ (ONES * '\\');
	return (((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) |
		((eight - ONES * 0x20) & ~eight)) &
	       HIGHS;
}

const unsigned char *cairn__json_plain(const unsigned char *at, const unsigned char *end)
{
	while (end - at >= 8) {
		uint64_t eight = load8(at);
		uint64_t mask = special_bytes(eight) | (eight & HIGHS);
		if (mask != 0)
			return at + bytes_below(mask);
		at += 8;
	}
	while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return at;
}

const unsigned char *cairn__json_run(const unsigned char *at, const unsigned char *end)
{
	while (end - at >= 8) {
		uint64_t mask = special_bytes(load8(at));
		if (mask != 0)
			return at + bytes_below(mask);
		at += 8;
	}
	while (at < end && *at >= 0x20 && *at != '"' && *at != '\\')
		at++;
	return at;
}

/* ---- names as keys -------------------------------------------------------- */

/* Runs along a name, decoding. */
struct cursor {
	const unsigned char *at;
	const unsigned char *end;
	unsigned char bytes[4]; /* of the escape just decoded */
	size_t next;
	size_t have;
};

static struct cursor cursor_at(const struct cairn__name *name)
{
	return (struct cursor){ .at = name->at, .end = name->at + name->len };
}

/* The next decoded byte, or -1 at the end. */
static int next_byte(struct cursor *cursor)
{
	if (cursor->next < cursor->have)
		return cursor->bytes[cursor->next++];
	if (cursor->at >= cursor->end)
		return -1;
	if (*cursor->at != '\\')
		return *cursor->at++;
	size_t used = 1;
	cursor->have = cairn__json_unescape(cursor->at, cursor->end, cursor->bytes, &used);
	if (cursor->have == 0) { /* only in a text that was not checked: the byte itself */
		cursor->bytes[0] = '\\';
		cursor->have = 1;
		used = 1;
	}
	cursor->at += used;
	cursor->next = 1;
	return cursor->bytes[0];
}

static uint64_t mix(uint64_t hash, uint64_t eight)
{
	hash = (hash ^ eight) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

static uint64_t finish(uint64_t hash, size_t len)
{
	hash = mix(hash, len);
	return hash ^ (hash >> 32);
}

static uint64_t hash_escaped(const struct cairn__name *name)
{
	struct cursor cursor = cursor_at(name);
	uint64_t hash = 0;
	uint64_t eight = 0;
	size_t len = 0;
	for (int byte = next_byte(&cursor); byte >= 0; byte = next_byte(&cursor)) {
		eight |= (uint64_t)byte << (8 * (len & 7));
		if ((++len & 7) == 0) {
			hash = mix(hash, eight);
			eight = 0;
		}
	}
	if ((len & 7) != 0)
		hash = mix(hash, eight);
	return finish(hash, len);
}

uint64_t cairn__name_hash(const struct cairn__name *name)
{
	if (name->escaped)
		return hash_escaped(name);
	const unsigned char *at = name->at;
	size_t left = name->len;
	uint64_t hash = 0;
	for (; left >= 8; left -= 8, at += 8)
		hash = mix(hash, load8(at));
	if (left > 0) {
		uint64_t eight = 0;
		for (size_t i = 0; i < left; i++)
			eight |= (uint64_t)at[i] << (8 * i);
		hash = mix(hash, eight);
	}
	return finish(hash, name->len);
}

uint64_t cairn__name_prefix(const struct cairn__name *name)
{
	struct cursor cursor = cursor_at(name);
	uint64_t prefix = 0;
	for (int i = 0; i < 8; i++) {
		int byte = next_byte(&cursor);
		prefix = prefix << 8 | (byte > 0 ? (uint64_t)byte : 0);
	}
	return prefix;
}

int cairn__name_compare(const struct cairn__name *a, const struct cairn__name *b)
{
	if (!a->escaped && !b->escaped) {
		size_t common = a->len < b->len ? a->len : b->len;
		int order = memcmp(a->at, b->at, common);
		return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
	}
	struct cursor left = cursor_at(a);
	struct cursor right = cursor_at(b);
	for (;;) {
		int x = next_byte(&left);
		int y = next_byte(&right);
		if (x != y || x < 0)
			return x - y;
	}
}

static bool in_order(const struct cairn__name *a, const struct cairn__name *b)
{
	return a->key != b->key ? a->key < b->key : cairn__name_compare(a, b) <= 0;
}

/* Merges two sorted neighbours, [0, half) and [half, n), into another place. */
static void merge(const struct cairn__name **from, size_t half, size_t n,
		  const struct cairn__name **to)
{
	if (half >= n || in_order(from[half - 1], from[half])) {
		memcpy(to, from, n * sizeof *to);
		return;
	}
	size_t left = 0;
	size_t right = half;
	for (size_t i = 0; i < n; i++) {
		bool from_left = right == n || (left < half && in_order(from[left], from[right]));
		to[i] = from_left ? from[left++] : from[right++];
	}
}

void cairn__names_sort(const struct cairn__name **names, const struct cairn__name **spare, size_t n)
{
	const struct cairn__name **from = names;
	const struct cairn__name **to = spare;
	for (size_t width = 1; width < n; width *= 2) {
		for (size_t begin = 0; begin < n; begin += 2 * width) {
			size_t both = n - begin < 2 * width ? n - begin : 2 * width;
			size_t half = both < width ? both : width;
			merge(from + begin, half, both, to + begin);
		}
		const struct cairn__name **swap = from;
		from = to;
		to = swap;
	}
	if (from != names)
		memcpy(names, from, n * sizeof *names);
}
