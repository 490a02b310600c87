/*
 * url.c - database URLs: "scheme:rest?name=value&…".
 *
 * What stands behind the scheme is the driver's business; here it is only split
 * and percent-decoded. '+' is a plus sign and '#' an ordinary character, as for
 * libpq. One block holds the parameters and all text.
 */
#include "url.h"

#include <stdbool.h>
#include <string.h>

#include "alloc.h"
#include "limits.h"

/* Text is laid down behind what was written before. */
struct writer {
	char *at;
};

static cairn_str finish(struct writer *writer, const char *begin)
{
	cairn_str done = { begin, (size_t)(writer->at - begin) };
	*writer->at++ = 0;
	return done;
}

static cairn_str copy(struct writer *writer, const char *text, size_t len)
{
	char *begin = writer->at;
	memcpy(begin, text, len);
	writer->at += len;
	return finish(writer, begin);
}

static int hex_digit(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	char lower = (char)(character | 0x20);
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The byte of %XX, or -1. */
static int decode_byte(const char *text, size_t len)
{
	if (len < 3 || hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0)
		return -1;
	return hex_digit(text[1]) * 16 + hex_digit(text[2]);
}

/* Percent-decodes; false for a malformed escape and for NUL. */
static bool decode(struct writer *writer, const char *text, size_t len, cairn_str *decoded)
{
	char *begin = writer->at;
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '%') {
			*writer->at++ = text[i];
			continue;
		}
		int byte = decode_byte(text + i, len - i);
		if (byte <= 0)
			return false;
		*writer->at++ = (char)byte;
		i += 2;
	}
	*decoded = finish(writer, begin);
	return true;
}

/* RFC 3986: a letter, then letters, digits, '+', '-', '.'; 0 when there is no scheme. */
static size_t scheme_length(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char others[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789+-.";
	if (strspn(text, letters) == 0)
		return 0;
	size_t len = strspn(text, others);
	return text[len] == ':' ? len : 0;
}

static bool read_param(struct writer *writer, const char *raw, size_t len, cairn_url_param *param)
{
	const char *equals = memchr(raw, '=', len);
	if (equals == NULL || equals == raw)
		return false;
	size_t name_len = (size_t)(equals - raw);
	param->raw = copy(writer, raw, len);
	return decode(writer, raw, name_len, &param->name) &&
	       decode(writer, equals + 1, len - name_len - 1, &param->value);
}

/* Everything behind the question mark; an empty query has no parameters. */
static bool read_params(struct writer *writer, const char *query, cairn_url_param *params,
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strcspn(query, "&");
		if (!read_param(writer, query, len, &params[i]))
			return false;
		query += len + 1;
	}
	return true;
}

static size_t count_params(const char *query)
{
	if (query == NULL || *query == 0)
		return 0;
	size_t count = 1;
	for (const char *at = query; *at != 0; at++)
		count += *at == '&';
	return count;
}

/* Splits text, whose scheme and query were found, into the block. */
static bool split(struct cairn__url *parsed, const char *text, size_t scheme, const char *query)
{
	cairn_url *url = &parsed->url;
	cairn_url_param *params = parsed->block;
	struct writer writer = { (char *)(params + url->count) };
	size_t len = strlen(text);
	const char *rest = text + scheme + 1;
	size_t rest_len = query != NULL ? (size_t)(query - 1 - rest) : len - scheme - 1;
	url->params = params;
	url->text = copy(&writer, text, len);
	url->scheme = copy(&writer, text, scheme);
	url->rest = copy(&writer, rest, rest_len);
	return decode(&writer, rest, rest_len, &url->path) &&
	       read_params(&writer, query, params, url->count);
}

cairn_status cairn__url_parse(const char *text, struct cairn__url *parsed, cairn_error *err)
{
	memset(parsed, 0, sizeof *parsed);
	size_t scheme = text != NULL ? scheme_length(text) : 0;
	if (scheme == 0)
		return cairn_fail(err, CAIRN_E_URL_INVALID);
	size_t len = strlen(text);
	if (len > CAIRN__MAX_URL) {
		cairn_status status = cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
		cairn_error_message(err, "A URL must be at most %d bytes.", CAIRN__MAX_URL);
		return status;
	}
	const char *query = strchr(text, '?');
	if (query != NULL)
		query++;
	parsed->url.count = count_params(query);
	/*
	 * The whole; then scheme, rest and parameters; then path, names and values: three
	 * times the text, with terminators for separators, and the scheme only twice.
	 */
	size_t room = 3 * len + 1;
	parsed->block_size = parsed->url.count * sizeof(cairn_url_param) + room;
	parsed->block = cairn__raw_alloc(NULL, 0, parsed->block_size);
	if (parsed->block == NULL) {
		memset(parsed, 0, sizeof *parsed);
		return cairn_fail(err, CAIRN_E_NOMEM);
	}
	if (split(parsed, text, scheme, query))
		return CAIRN_OK;
	cairn__url_clear(parsed);
	return cairn_fail(err, CAIRN_E_URL_INVALID);
}

void cairn__url_clear(struct cairn__url *parsed)
{
	if (parsed->block != NULL)
		cairn__raw_alloc(parsed->block, parsed->block_size, 0);
	memset(parsed, 0, sizeof *parsed);
}

cairn_str cairn_url_get(const cairn_url *url, const char *name)
{
	for (size_t i = url->count; i > 0; i--) {
		if (cairn_str_is(url->params[i - 1].name, name))
			return url->params[i - 1].value;
	}
	return (cairn_str){ NULL, 0 };
}

/* ---- redaction ------------------------------------------------------------ */

/* Whether the name of a parameter, decoded and without case, tells of a secret. */
static bool is_secret(const char *name, size_t len)
{
	static const char *const words[] = { "pass", "pwd", "secret", "token", "scram" };
	char lower[128];
	size_t used = 0;
	for (size_t i = 0; i < len; i++) {
		int byte = name[i] == '%' ? decode_byte(name + i, len - i) : -1;
		if (byte >= 0)
			i += 2;
		else
			byte = name[i];
		if (used == sizeof lower - 1)
			return true; /* no parameter is called so: rather hide it */
		lower[used++] = (char)(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
	}
	lower[used] = 0;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strstr(lower, words[i]) != NULL)
			return true;
	}
	return false;
}

/*
 * Where the password of "user:password@" begins and ends. It may have raw '@', '/' and '?' in
 * it, so it reaches to the last '@' of all. Behind "scheme:" without slashes it may
 * be that the scheme is the user.
 */
static void find_password(const char *text, size_t *begin, size_t *end)
{
	*begin = 0;
	*end = 0;
	const char *at = strrchr(text, '@');
	const char *colon = strchr(text, ':');
	if (at == NULL || colon == NULL || colon > at)
		return;
	if (colon[1] == '/')
		colon = strchr(colon + 1, ':');
	if (colon == NULL || colon > at)
		return;
	*begin = (size_t)(colon + 1 - text);
	*end = (size_t)(at - text);
}

/* Whether a parameter's name may begin here: behind '?' or '&', or as in "host=x password=y". */
static bool begins_param(const char *text, size_t i)
{
	return i == 0 || strchr("?&; \t\r\n", text[i - 1]) != NULL;
}

/*
 * The end of the value of a secret parameter whose name begins at i, and *value its
 * begin; 0 when there is none. Only behind '?' and '&' is it certain that '&' ends it.
 */
static size_t secret_end(const char *text, size_t i, size_t *value)
{
	size_t name_len = strcspn(text + i, "=?& \t\r\n");
	size_t equals = i + name_len + strspn(text + i + name_len, " \t\r\n");
	if (text[equals] != '=' || !is_secret(text + i, name_len))
		return 0;
	bool in_query = i > 0 && (text[i - 1] == '?' || text[i - 1] == '&');
	*value = equals + 1;
	return *value + (in_query ? strcspn(text + *value, "&") : strlen(text + *value));
}

struct shown {
	char *text;
	size_t len;
	size_t cap;
	bool hiding;
};

static void show(struct shown *shown, char byte)
{
	if ((unsigned char)byte < 0x20 || byte == 0x7f)
		byte = '?';
	if (shown->len + 1 < shown->cap)
		shown->text[shown->len++] = byte;
}

/* A stretch that is hidden, in one or in several pieces, is one "***". */
static void hide(struct shown *shown)
{
	for (int i = 0; i < 3 && !shown->hiding; i++)
		show(shown, '*');
	shown->hiding = true;
}

void cairn__url_redact(const char *text, char *shown_text, size_t cap)
{
	struct shown shown = { .text = shown_text, .cap = cap };
	size_t begin;
	size_t end;
	size_t value = 0;
	size_t value_end = 0;
	if (cap == 0)
		return;
	if (text == NULL)
		text = "";
	find_password(text, &begin, &end);
	for (size_t i = 0; text[i] != 0; i++) {
		size_t next = 0;
		size_t next_end = begins_param(text, i) ? secret_end(text, i, &next) : 0;
		if (next_end > value_end) {
			if (i >= value_end) /* else it begins inside a hidden value */
				value = next;
			value_end = next_end;
		}
		if ((i >= begin && i < end) || (i >= value && i < value_end)) {
			hide(&shown);
			continue;
		}
		shown.hiding = false;
		show(&shown, text[i]);
	}
	shown.text[shown.len] = 0;
}
