/*
 * json_oracle.h - a second opinion on what is JSON: as plain and as slow as the rules
 * read, written without a look at the scanner, for tests that compare verdicts.
 */
#ifndef JSON_ORACLE_H
#define JSON_ORACLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct oracle {
	const unsigned char *text;
	size_t len;
	size_t at;
	int depth;
};

/* A decoded string: code points. */
struct oracle_name {
	uint32_t *codes;
	size_t count;
};

static bool oracle_value(struct oracle *o);

static int oracle_peek(const struct oracle *o)
{
	return o->at < o->len ? o->text[o->at] : -1;
}

static bool oracle_eat(struct oracle *o, int byte)
{
	if (oracle_peek(o) != byte)
		return false;
	o->at++;
	return true;
}

static void oracle_space(struct oracle *o)
{
	while (oracle_peek(o) == ' ' || oracle_peek(o) == '\t' || oracle_peek(o) == '\n' ||
	       oracle_peek(o) == '\r')
		o->at++;
}

/* One UTF-8 character: decoded by its bit pattern, then tested as a number. */
static bool oracle_utf8(struct oracle *o, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int first = oracle_peek(o);
	size_t len = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first < 0 || len == 0 || first > 0xf7 || o->len - o->at < len)
		return false;
	uint32_t value = (uint32_t)first;
	if (len > 1)
		value &= (1u << (7 - len)) - 1;
	for (size_t i = 1; i < len; i++) {
		unsigned char next = o->text[o->at + i];
		if (next < 0x80 || next > 0xbf)
			return false;
		value = value * 64 + (next - 0x80u);
	}
	if (value < least[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return false;
	o->at += len;
	*code = value;
	return true;
}

static bool oracle_hex4(struct oracle *o, uint32_t *value)
{
	char digits[5] = "";
	if (o->len - o->at < 4)
		return false;
	memcpy(digits, o->text + o->at, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return false;
	*value = (uint32_t)strtoul(digits, NULL, 16);
	o->at += 4;
	return true;
}

/* Behind the backslash. */
static bool oracle_escape(struct oracle *o, uint32_t *code)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	int letter = oracle_peek(o);
	if (letter <= 0)
		return false;
	o->at++;
	const char *found = strchr(letters, letter);
	if (found != NULL) {
		*code = (uint32_t)meanings[found - letters];
		return true;
	}
	if (letter != 'u' || !oracle_hex4(o, code) || *code == 0)
		return false;
	if (*code < 0xd800 || *code > 0xdfff)
		return true;
	uint32_t low;
	if (*code > 0xdbff || !oracle_eat(o, '\\') || !oracle_eat(o, 'u') || !oracle_hex4(o, &low))
		return false;
	if (low < 0xdc00 || low > 0xdfff)
		return false;
	*code = 0x10000 + (*code - 0xd800) * 0x400 + (low - 0xdc00);
	return true;
}

static bool oracle_string(struct oracle *o, struct oracle_name *name)
{
	if (!oracle_eat(o, '"'))
		return false;
	while (!oracle_eat(o, '"')) {
		uint32_t code;
		if (oracle_peek(o) < 0x20)
			return false;
		if (oracle_eat(o, '\\') ? !oracle_escape(o, &code) : !oracle_utf8(o, &code))
			return false;
		if (name != NULL)
			name->codes[name->count++] = code;
	}
	return true;
}

static bool oracle_digits(struct oracle *o)
{
	size_t begin = o->at;
	while (oracle_peek(o) >= '0' && oracle_peek(o) <= '9')
		o->at++;
	return o->at > begin;
}

/* The exponent as written, and that of the first significant digit, are at most a million. */
static bool oracle_range(const struct oracle *o, size_t begin, size_t end)
{
	int64_t written = 0;
	size_t e = begin;
	while (e < end && o->text[e] != 'e' && o->text[e] != 'E')
		e++;
	for (size_t i = e + 1; i < end; i++) {
		if (o->text[i] >= '0' && o->text[i] <= '9' && written < 1000000000)
			written = written * 10 + (o->text[i] - '0');
	}
	if (e + 1 < end && o->text[e + 1] == '-')
		written = -written;
	size_t point = begin;
	while (point < e && o->text[point] != '.')
		point++;
	int64_t exponent = written + (int64_t)(point - begin);
	for (size_t i = begin; i < e; i++) {
		if (o->text[i] == '-' || o->text[i] == '0')
			exponent--;
		else if (o->text[i] != '.')
			return llabs(written) <= 1000000 && llabs(exponent - 1) <= 1000000;
	}
	return llabs(written) <= 1000000;
}

static bool oracle_number(struct oracle *o)
{
	size_t begin = o->at;
	oracle_eat(o, '-');
	if (!oracle_eat(o, '0') && !oracle_digits(o))
		return false;
	if (oracle_eat(o, '.') && !oracle_digits(o))
		return false;
	if (oracle_eat(o, 'e') || oracle_eat(o, 'E')) {
		if (!oracle_eat(o, '+'))
			oracle_eat(o, '-');
		if (!oracle_digits(o))
			return false;
	}
	return oracle_range(o, begin, o->at);
}

static bool oracle_array(struct oracle *o)
{
	oracle_space(o);
	if (oracle_eat(o, ']'))
		return true;
	for (;;) {
		if (!oracle_value(o))
			return false;
		if (oracle_eat(o, ']'))
			return true;
		if (!oracle_eat(o, ','))
			return false;
	}
}

static bool oracle_known(const struct oracle_name *names, size_t count)
{
	const struct oracle_name *last = &names[count];
	for (size_t i = 0; i < count; i++) {
		if (names[i].count == last->count &&
		    memcmp(names[i].codes, last->codes, last->count * sizeof *last->codes) == 0)
			return true;
	}
	return false;
}

static bool oracle_members(struct oracle *o, struct oracle_name *names)
{
	oracle_space(o);
	if (oracle_eat(o, '}'))
		return true;
	for (size_t count = 0;; count++) {
		oracle_space(o);
		names[count].codes = malloc((o->len + 1) * sizeof *names[count].codes);
		if (!oracle_string(o, &names[count]) || oracle_known(names, count))
			return false;
		oracle_space(o);
		if (!oracle_eat(o, ':') || !oracle_value(o))
			return false;
		if (oracle_eat(o, '}'))
			return true;
		if (!oracle_eat(o, ','))
			return false;
	}
}

static bool oracle_object(struct oracle *o)
{
	size_t most = o->len + 1;
	struct oracle_name *names = calloc(most, sizeof *names);
	bool good = oracle_members(o, names);
	for (size_t i = 0; i < most && names[i].codes != NULL; i++)
		free(names[i].codes);
	free(names);
	return good;
}

static bool oracle_word(struct oracle *o, const char *word)
{
	for (; *word != 0; word++) {
		if (!oracle_eat(o, *word))
			return false;
	}
	return true;
}

/* A value with the white space around it. */
static bool oracle_value(struct oracle *o)
{
	bool good;
	oracle_space(o);
	int first = oracle_peek(o);
	if (first == '[' || first == '{') {
		o->at++;
		if (++o->depth > 64)
			return false;
		good = first == '[' ? oracle_array(o) : oracle_object(o);
		o->depth--;
	} else if (first == '"') {
		good = oracle_string(o, NULL);
	} else if (first == 't' || first == 'f' || first == 'n') {
		good = oracle_word(o, first == 't' ? "true" : first == 'f' ? "false" : "null");
	} else {
		good = oracle_number(o);
	}
	oracle_space(o);
	return good;
}

static inline bool oracle_accepts(const void *text, size_t len)
{
	struct oracle o = { .text = text, .len = len };
	return oracle_value(&o) && o.at == o.len;
}

#endif
