/*
 * catalog.c - a file of definitions. Members are those that `cairn --json define --list`
 * prints, so that one store's types can be brought into another.
 */
#include "catalog.h"

#include <stdlib.h>
#include <string.h>

#include "scan.h"

/* ---- retention ---------------------------------------------------------------------- */

int retention_parse(const char *text, cairn_usec *retention)
{
	if (strcmp(text, "none") == 0)
		*retention = CAIRN_RETAIN_NONE;
	else if (strcmp(text, "forever") == 0)
		*retention = CAIRN_RETAIN_FOREVER;
	else
		return span_parse(text, retention) == 0 && *retention > 0 ? 0 : -1;
	return 0;
}

const char *retention_text(cairn_usec retention, char text[SPAN_TEXT])
{
	if (retention == CAIRN_RETAIN_NONE)
		return "none";
	return retention == CAIRN_RETAIN_FOREVER ? "forever" : span_text(retention, text);
}

/* ---- members --------------------------------------------------------------------------- */

enum kind { NAME, INT32, SPAN, FACTOR, PRIORITY, ENABLED, JITTER, OVERRIDES, RETENTION, IGNORED };

static const struct {
	const char *name;
	enum kind kind;
	size_t offset;
} members[] = {
	{ "type", NAME, offsetof(cairn_definition, type) },
	{ "version", INT32, offsetof(cairn_definition, version) },
	{ "enabled", ENABLED, 0 },
	{ "max_attempts", INT32, offsetof(cairn_definition, max_attempts) },
	{ "timeout_us", SPAN, offsetof(cairn_definition, timeout) },
	{ "priority", PRIORITY, 0 },
	{ "retry_base_us", SPAN, offsetof(cairn_definition, retry.base) },
	{ "retry_cap_us", SPAN, offsetof(cairn_definition, retry.cap) },
	{ "retry_jitter_us", JITTER, 0 },
	{ "retry_factor", FACTOR, offsetof(cairn_definition, retry.factor) },
	{ "retry_overrides", OVERRIDES, 0 },
	{ "retention_us", RETENTION, 0 },
	{ "created_at", IGNORED, 0 },
	{ "updated_at", IGNORED, 0 },
};

#define MEMBERS (sizeof members / sizeof members[0])

static bool is_word(cairn_str value, const char *word)
{
	return value.len == strlen(word) && memcmp(value.ptr, word, value.len) == 0;
}

static bool set_number(size_t i, cairn_str value, cairn_definition *row)
{
	int64_t n = 0;
	char *field = (char *)row + members[i].offset;
	int32_t small;
	if (members[i].kind == SPAN) {
		bool good = scan_number(value, 1, INT64_MAX, &n);
		memcpy(field, &n, sizeof n);
		return good;
	}
	bool good = scan_number(value, 1, INT32_MAX, &n);
	small = (int32_t)n;
	memcpy(field, &small, sizeof small);
	return good;
}

static bool set_retention(cairn_str value, cairn_definition *row)
{
	int64_t n = 0;
	bool forever = is_word(value, "null");
	if (!forever && !scan_number(value, 0, INT64_MAX, &n))
		return false;
	row->retention = n > 0 ? n : CAIRN_RETAIN_NONE;
	if (forever)
		row->retention = CAIRN_RETAIN_FOREVER;
	return true;
}

/* Members whose values mean something of their own. */
static bool set_special(enum kind kind, cairn_str value, cairn_definition *row)
{
	int64_t n = 0;
	if (kind == ENABLED) {
		row->disabled = is_word(value, "false");
		return row->disabled || is_word(value, "true");
	}
	if (kind == PRIORITY) {
		bool good = scan_number(value, INT32_MIN, INT32_MAX, &n);
		row->priority = (int32_t)n;
		row->set |= CAIRN_DEFINITION_PRIORITY;
		return good;
	}
	if (kind == JITTER) {
		bool good = scan_number(value, 0, INT64_MAX, &n);
		row->retry.jitter = n > 0 ? n : -1;
		return good;
	}
	if (kind == OVERRIDES && !is_word(value, "null"))
		row->retry_overrides = value;
	return true;
}

static bool set(size_t i, cairn_str value, char *place, cairn_definition *row)
{
	switch (members[i].kind) {
	case NAME:
		return scan_text(value, place, &row->type);
	case INT32:
	case SPAN:
	case FACTOR:
		return set_number(i, value, row);
	case RETENTION:
		return set_retention(value, row);
	case ENABLED:
	case PRIORITY:
	case JITTER:
	case OVERRIDES:
	case IGNORED:
		break;
	}
	return set_special(members[i].kind, value, row);
}

static size_t find(cairn_str quoted)
{
	size_t i = 0;
	while (i < MEMBERS && (strlen(members[i].name) + 2 != quoted.len ||
			       memcmp(members[i].name, quoted.ptr + 1, quoted.len - 2) != 0))
		i++;
	return i;
}

/* One object; NULL, or what is wrong with it. */
static const char *parse_one(struct scan *scan, cairn_definition *row)
{
	uint32_t seen = 0;
	if (!scan_eat(scan, '{'))
		return "not a JSON object";
	bool more = !scan_eat(scan, '}');
	while (more) {
		cairn_str name;
		cairn_str value;
		if (!scan_value(scan, &name) || *name.ptr != '"' || !scan_eat(scan, ':'))
			return "not a JSON object";
		size_t i = find(name);
		if (i == MEMBERS)
			return "an unknown member; see cairn help sync";
		if ((seen & 1u << i) != 0)
			return "a member stands twice";
		seen |= 1u << i;
		scan_blanks(scan);
		char *place = scan->at;
		if (!scan_value(scan, &value))
			return "not a JSON object";
		if (!set(i, value, place, row))
			return members[i].name;
		more = scan_eat(scan, ',');
		if (!more && !scan_eat(scan, '}'))
			return "not a JSON object";
	}
	return row->type.len > 0 ? NULL : "no type";
}

static cairn_definition *push(struct catalog *catalog)
{
	if (catalog->count == catalog->cap) {
		size_t cap = catalog->cap * 2 + 16;
		cairn_definition *larger = realloc(catalog->at, cap * sizeof *larger);
		if (larger == NULL)
			return NULL;
		catalog->at = larger;
		catalog->cap = cap;
	}
	cairn_definition *row = &catalog->at[catalog->count++];
	*row = (cairn_definition){ .version = 0 };
	return row;
}

static const char *parse_all(struct scan *scan, struct catalog *catalog)
{
	bool array = scan_eat(scan, '[');
	bool more = !(array && scan_eat(scan, ']'));
	scan_blanks(scan);
	while (more && scan->at < scan->end) {
		cairn_definition *row = push(catalog);
		const char *wrong = row != NULL ? parse_one(scan, row) : "out of memory";
		if (wrong != NULL)
			return wrong;
		more = !array || scan_eat(scan, ',');
		if (!more && !scan_eat(scan, ']'))
			return "the array does not end";
		scan_blanks(scan);
	}
	if (array && more)
		return "the array does not end";
	return scan->at == scan->end ? NULL : "text behind the array";
}

int catalog_read(const struct cli *cli, const char *path, struct catalog *catalog)
{
	cairn_str text;
	*catalog = (struct catalog){ .text = NULL };
	int code = file_take(cli, path, &text, &catalog->text);
	if (code >= 0)
		return code;
	struct scan scan = { .at = catalog->text, .end = catalog->text + text.len };
	bool nul = memchr(text.ptr, '\0', text.len) != NULL;
	const char *wrong = nul ? "a NUL byte" : parse_all(&scan, catalog);
	if (wrong == NULL)
		return -1;
	return usage_error(cli, "%s: definition %zu: %s", path, catalog->count, wrong);
}

void catalog_free(struct catalog *catalog)
{
	free(catalog->at);
	free(catalog->text);
}
