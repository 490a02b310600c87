/* migration_script.c - what a script says about itself, in comment lines "-- name: value". */
#include <string.h>

#include <cairn/sys/json.h>

#include "migration_plan.h"

/* White space off both ends; never absent. */
static cairn_str trim(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r'))
		to--;
	return (cairn_str){ from, (size_t)(to - from) };
}

/* Whether a line is the directive, alone or with a colon and a value. */
static int match(const char *line, const char *end, const char *name, cairn_str *value)
{
	size_t len = strlen(name);
	if ((size_t)(end - line) < len + 2 || memcmp(line, "--", 2) != 0)
		return 0;
	cairn_str rest = trim(line + 2, end);
	if (rest.len < len || memcmp(rest.ptr, name, len) != 0)
		return 0;
	*value = trim(rest.ptr + len, end);
	if (value->len == 0)
		return 1;
	if (value->ptr[0] != ':')
		return 0;
	*value = trim(value->ptr + 1, end);
	return 1;
}

cairn_str cairn__directive_next(cairn_str script, const char *name, size_t *at)
{
	cairn_str value = { NULL, 0 };
	while (*at < script.len) {
		const char *line = script.ptr + *at;
		const char *stop = script.ptr + script.len;
		const char *end = memchr(line, '\n', script.len - *at);
		if (end == NULL)
			end = stop;
		*at = (size_t)(end - script.ptr) + 1;
		if (match(line, end, name, &value))
			return value;
	}
	return (cairn_str){ NULL, 0 };
}

cairn_str cairn__first_word(cairn_str text, cairn_str *rest)
{
	size_t len = 0;
	while (len < text.len && text.ptr[len] != ' ' && text.ptr[len] != '\t')
		len++;
	*rest = trim(text.ptr + len, text.ptr + text.len);
	return (cairn_str){ text.ptr, len };
}

void cairn__migration_hex(const cairn_migration *one, char hex[65])
{
	static const uint8_t none[32];
	static const char digits[] = "0123456789abcdef";
	uint8_t sum[32];
	memcpy(sum, one->sha256, sizeof sum);
	if (memcmp(sum, none, sizeof sum) == 0)
		cairn_sha256(one->up.ptr, one->up.len, sum);
	for (size_t i = 0; i < sizeof sum; i++) {
		hex[2 * i] = digits[sum[i] >> 4];
		hex[2 * i + 1] = digits[sum[i] & 15];
	}
	hex[64] = '\0';
}
