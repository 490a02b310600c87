/*
 * line.c - one line of NDJSON. It is not a JSON parser: it finds where the
 * members of one object begin and end, so that the payload's bytes can be handed on as
 * they are. What is inside a payload is the library's to judge.
 */
#include <stdint.h>
#include <string.h>

#include "enqueue.h"

struct scan {
	char *at;
	char *end;
};

static void blanks(struct scan *scan)
{
	while (scan->at < scan->end &&
	       (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r' || *scan->at == '\n'))
		scan->at++;
}

static bool eat(struct scan *scan, char wanted)
{
	blanks(scan);
	if (scan->at == scan->end || *scan->at != wanted)
		return false;
	scan->at++;
	return true;
}

static bool skip_string(struct scan *scan)
{
	scan->at++;
	for (; scan->at < scan->end; scan->at++) {
		if (*scan->at == '\\')
			scan->at++;
		else if (*scan->at == '"')
			return scan->at++ < scan->end;
	}
	return false;
}

static bool skip_nested(struct scan *scan)
{
	size_t depth = 0;
	while (scan->at < scan->end) {
		char c = *scan->at;
		if (c == '"') {
			if (!skip_string(scan))
				return false;
			continue;
		}
		scan->at++;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			return true;
	}
	return false;
}

/* Where a value begins and ends; false when it does not end. */
static bool take_value(struct scan *scan, cairn_str *value)
{
	blanks(scan);
	char *begin = scan->at;
	bool whole = true;
	if (scan->at < scan->end && *scan->at == '"')
		whole = skip_string(scan);
	else if (scan->at < scan->end && (*scan->at == '{' || *scan->at == '['))
		whole = skip_nested(scan);
	else
		while (scan->at < scan->end && memchr(",}] \t\r\n", *scan->at, 7) == NULL)
			scan->at++;
	*value = (cairn_str){ .ptr = begin, .len = (size_t)(scan->at - begin) };
	return whole && value->len > 0;
}

/* ---- texts -------------------------------------------------------------------------- */

static int hex4(const char *at, const char *end)
{
	int n = 0;
	for (int i = 0; i < 4; i++, at++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF";
		const char *digit = at < end && *at != '\0' ? strchr(digits, *at) : NULL;
		if (digit == NULL)
			return -1;
		n = n * 16 + (int)(digit - digits) % 16;
	}
	return n;
}

static char *put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xC0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		*to++ = (char)(0xE0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3F));
		*to++ = (char)(0x80 | (c & 0x3F));
	} else {
		*to++ = (char)(0xF0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3F));
		*to++ = (char)(0x80 | (c >> 6 & 0x3F));
		*to++ = (char)(0x80 | (c & 0x3F));
	}
	return to;
}

/* The escape behind a \u at *at; a pair of surrogates is one character. 0: malformed. */
static uint32_t take_unicode(const char **at, const char *end)
{
	int high = hex4(*at, end);
	if (high <= 0 || (high >= 0xDC00 && high <= 0xDFFF))
		return 0;
	*at += 4;
	if (high < 0xD800 || high > 0xDBFF)
		return (uint32_t)high;
	if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
		return 0;
	int low = hex4(*at + 2, end);
	if (low < 0xDC00 || low > 0xDFFF)
		return 0;
	*at += 6;
	return 0x10000 + (((uint32_t)high & 0x3FF) << 10) + ((uint32_t)low & 0x3FF);
}

/* Decodes a quoted string in place: escapes are never shorter than what they stand for. */
static bool decode(cairn_str quoted, char *to, cairn_str *text)
{
	static const char escapes[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *end = quoted.ptr + quoted.len - 1;
	const char *begin = to;
	if (quoted.len < 2 || *quoted.ptr != '"' || *end != '"')
		return false;
	for (const char *at = quoted.ptr + 1; at < end;) {
		if ((unsigned char)*at < 0x20)
			return false;
		if (*at != '\\') {
			*to++ = *at++;
			continue;
		}
		const char *escape = strchr(escapes, at[1]);
		at += 2;
		if (at[-1] == 'u') {
			uint32_t c = take_unicode(&at, end);
			if (c == 0)
				return false;
			to = put_utf8(to, c);
		} else if (escape != NULL && at[-1] != '\0') {
			*to++ = meanings[escape - escapes];
		} else {
			return false;
		}
	}
	*text = (cairn_str){ .ptr = begin, .len = (size_t)(to - begin) };
	return true;
}

static bool number(cairn_str value, int64_t min, int64_t max, int64_t *n)
{
	char digits[24];
	if (value.len >= sizeof digits || *value.ptr == '+')
		return false;
	memcpy(digits, value.ptr, value.len);
	digits[value.len] = '\0';
	return int_parse(digits, min, max, n) == 0;
}

/* ---- members --------------------------------------------------------------------------- */

enum member {
	TYPE,
	QUEUE,
	TENANT,
	KEY,
	OWNER,
	RESOURCE,
	STAGE,
	RUN_AT,
	PAYLOAD,
	TIMEOUT,
	ATTEMPTS,
	PRIORITY
};

static const struct {
	const char *name;
	const char *wrong;
} members[] = {
	[TYPE] = { "type", "type must be a string" },
	[QUEUE] = { "queue", "queue must be a string" },
	[TENANT] = { "tenant", "tenant must be a string" },
	[KEY] = { "idempotency_key", "idempotency_key must be a string" },
	[OWNER] = { "owner", "owner must be a string" },
	[RESOURCE] = { "resource_key", "resource_key must be a string" },
	[STAGE] = { "stage", "stage must be a string" },
	[RUN_AT] = { "run_at", "run_at must be a time in RFC 3339" },
	[PAYLOAD] = { "payload", "payload must be a value" },
	[TIMEOUT] = { "timeout_us", "timeout_us must be a positive integer" },
	[ATTEMPTS] = { "max_attempts", "max_attempts must be a positive integer" },
	[PRIORITY] = { "priority", "priority must be an integer of 32 bits" },
};

#define MEMBERS (sizeof members / sizeof members[0])

static cairn_str *text_of(cairn_job_new *job, enum member member)
{
	if (member == TYPE)
		return &job->type;
	if (member == QUEUE)
		return &job->queue;
	if (member == TENANT)
		return &job->tenant;
	if (member == KEY)
		return &job->key;
	if (member == RESOURCE)
		return &job->resource_key;
	return member == OWNER ? &job->owner : &job->stage;
}

static bool set_number(enum member member, cairn_str value, cairn_job_new *job)
{
	int64_t n = 0;
	if (member == TIMEOUT) {
		bool good = number(value, 1, INT64_MAX, &n);
		job->timeout = n;
		return good;
	}
	if (!number(value, member == PRIORITY ? INT32_MIN : 1, INT32_MAX, &n))
		return false;
	if (member == ATTEMPTS) {
		job->max_attempts = (int32_t)n;
		return true;
	}
	job->priority = (int32_t)n;
	job->set |= CAIRN_JOB_PRIORITY;
	return true;
}

/* null is "not said", as in the lines that this program prints. */
static bool set(enum member member, cairn_str value, char *place, cairn_job_new *job)
{
	cairn_str text;
	if (member == PAYLOAD) {
		job->payload = value;
		return true;
	}
	if (value.len == 4 && memcmp(value.ptr, "null", 4) == 0)
		return true;
	if (member >= TIMEOUT)
		return set_number(member, value, job);
	if (*value.ptr != '"' || !decode(value, place, &text))
		return false;
	if (member == RUN_AT)
		return cairn_time_parse(text, &job->run_at) == 0;
	*text_of(job, member) = text;
	return true;
}

static size_t find(cairn_str quoted)
{
	size_t i = 0;
	while (i < MEMBERS && (strlen(members[i].name) + 2 != quoted.len ||
			       memcmp(members[i].name, quoted.ptr + 1, quoted.len - 2) != 0))
		i++;
	return i;
}

const char *line_parse(char *text, size_t len, cairn_job_new *job)
{
	struct scan scan = { .at = text, .end = text + len };
	uint32_t seen = 0;
	if (!eat(&scan, '{'))
		return "not a JSON object";
	bool more = !eat(&scan, '}');
	while (more) {
		cairn_str name;
		cairn_str value;
		if (!take_value(&scan, &name) || *name.ptr != '"' || !eat(&scan, ':'))
			return "not a JSON object";
		size_t i = find(name);
		if (i == MEMBERS)
			return "an unknown member; see cairn help enqueue";
		if ((seen & 1u << i) != 0)
			return "a member stands twice";
		seen |= 1u << i;
		blanks(&scan);
		char *place = scan.at;
		if (!take_value(&scan, &value))
			return "not a JSON object";
		if (!set((enum member)i, value, place, job))
			return members[i].wrong;
		more = eat(&scan, ',');
		if (!more && !eat(&scan, '}'))
			return "not a JSON object";
	}
	blanks(&scan);
	return scan.at == scan.end ? NULL : "text behind the object";
}
