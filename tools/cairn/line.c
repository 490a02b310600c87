/*
 * line.c - one line of NDJSON as a job. The payload's bytes are handed on as they are;
 * what is inside is the library's to judge.
 */
#include <stdint.h>
#include <string.h>

#include "enqueue.h"
#include "scan.h"

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
		bool good = scan_number(value, 1, INT64_MAX, &n);
		job->timeout = n;
		return good;
	}
	if (!scan_number(value, member == PRIORITY ? INT32_MIN : 1, INT32_MAX, &n))
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
	if (*value.ptr != '"' || !scan_text(value, place, &text))
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
	if (!scan_eat(&scan, '{'))
		return "not a JSON object";
	bool more = !scan_eat(&scan, '}');
	while (more) {
		cairn_str name;
		cairn_str value;
		if (!scan_value(&scan, &name) || *name.ptr != '"' || !scan_eat(&scan, ':'))
			return "not a JSON object";
		size_t i = find(name);
		if (i == MEMBERS)
			return "an unknown member; see cairn help enqueue";
		if ((seen & 1u << i) != 0)
			return "a member stands twice";
		seen |= 1u << i;
		scan_blanks(&scan);
		char *place = scan.at;
		if (!scan_value(&scan, &value))
			return "not a JSON object";
		if (!set((enum member)i, value, place, job))
			return members[i].wrong;
		more = scan_eat(&scan, ',');
		if (!more && !scan_eat(&scan, '}'))
			return "not a JSON object";
	}
	scan_blanks(&scan);
	return scan.at == scan.end ? NULL : "text behind the object";
}
