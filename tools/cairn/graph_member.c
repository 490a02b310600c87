/* graph_member.c - what the members of a graph are called, what they may be, and where they go. */
#include "graph_member.h"

#include <string.h>

#include "scan.h"

#define SPAN_MAX 64 /* bytes of a duration */

static const char *const wanted[] = {
	[TEXT] = "must be a text that is not empty",
	[DOCUMENT] = "must be a value",
	[SPAN] = "must be a duration such as \"10s\", \"5m\" or \"1h30m\", and more than 0",
	[COUNT] = "must be a positive integer of 32 bits",
	[PRIORITY] = "must be an integer of 32 bits",
	[CONTINUES] = "must be true or false",
	[KIND] = "must be \"JOB\" or \"EXTERNAL\"",
	[FAILURE] = "must be \"CONTINUE\" or \"FAIL_FAST\"",
	[MODE] = "must be \"ON_TERMINAL\" or \"ON_SUCCESS\"",
	[STEPS] = "must be an array of objects",
	[AFTER] = "must be an array of keys and objects",
};

#define RUN(field)  offsetof(cairn_run_new, field)
#define STEP(field) offsetof(cairn_step_new, field)
#define EDGE(field) offsetof(cairn_dependency, field)

const struct member graph_run_members[] = {
	{ "metadata", DOCUMENT, RUN(metadata) },
	{ "steps", STEPS, 0 },
	{ "type", TEXT, RUN(type) },
	{ "tenant", TEXT, RUN(tenant) },
	{ "key", TEXT, RUN(key) },
	{ "active_key", TEXT, RUN(active_key) },
	{ "result_step", TEXT, RUN(result_step) },
	{ "on_failure", FAILURE, RUN(on_failure) },
	{ NULL, TEXT, 0 },
};

const struct member graph_append_members[] = {
	{ "metadata", DOCUMENT, RUN(metadata) },
	{ "steps", STEPS, 0 },
	{ NULL, TEXT, 0 },
};

const struct member graph_step_members[] = {
	{ "key", TEXT, STEP(key) },
	{ "kind", KIND, STEP(kind) },
	{ "type", TEXT, STEP(type) },
	{ "payload", DOCUMENT, STEP(payload) },
	{ "queue", TEXT, STEP(queue) },
	{ "tenant", TEXT, STEP(tenant) },
	{ "owner", TEXT, STEP(owner) },
	{ "resource_key", TEXT, STEP(resource_key) },
	{ "stage", TEXT, STEP(stage) },
	{ "priority", PRIORITY, STEP(priority) },
	{ "max_attempts", COUNT, STEP(max_attempts) },
	{ "timeout", SPAN, STEP(timeout) },
	{ "deadline", SPAN, STEP(deadline) },
	{ "continues", CONTINUES, STEP(set) },
	{ "after", AFTER, 0 },
	{ NULL, TEXT, 0 },
};

const struct member graph_edge_members[] = {
	{ "step", TEXT, EDGE(prerequisite) },
	{ "mode", MODE, EDGE(mode) },
	{ NULL, TEXT, 0 },
};

const char *graph_wanted(enum shape shape)
{
	return wanted[shape];
}

/* ---- single values -------------------------------------------------------------------- */

bool graph_is(cairn_str value, const char *word)
{
	return value.len == strlen(word) && memcmp(value.ptr, word, value.len) == 0;
}

static bool set_span(cairn_str text, cairn_usec *into)
{
	char span[SPAN_MAX];
	if (text.len >= sizeof span || memchr(text.ptr, '\0', text.len) != NULL)
		return false;
	memcpy(span, text.ptr, text.len);
	span[text.len] = '\0';
	return span_parse(span, into) == 0 && *into > 0;
}

/* JSON knows no leading zeros. */
static bool set_number(cairn_str value, int64_t min, int32_t *into)
{
	int64_t n = 0;
	const char *digits = value.ptr + (*value.ptr == '-');
	size_t len = value.len - (size_t)(digits - value.ptr);
	if ((len > 1 && *digits == '0') || !scan_number(value, min, INT32_MAX, &n))
		return false;
	*into = (int32_t)n;
	return true;
}

static bool set_flag(cairn_str value, uint32_t flag, uint32_t *set)
{
	if (graph_is(value, "true"))
		*set |= flag;
	return graph_is(value, "true") || graph_is(value, "false");
}

static bool set_text(enum shape shape, cairn_str text, void *into)
{
	switch (shape) {
	case TEXT:
		*(cairn_str *)into = text;
		return text.len > 0;
	case SPAN:
		return set_span(text, into);
	case KIND:
		*(enum cairn_step_kind *)into = cairn_step_kind_parse(text);
		return *(enum cairn_step_kind *)into != 0;
	case FAILURE:
		*(enum cairn_on_failure *)into = cairn_on_failure_parse(text);
		return *(enum cairn_on_failure *)into != 0;
	case MODE:
		*(enum cairn_release_mode *)into = cairn_release_mode_parse(text);
		return *(enum cairn_release_mode *)into != 0;
	case DOCUMENT:
	case COUNT:
	case PRIORITY:
	case CONTINUES:
	case STEPS:
	case AFTER:
		break;
	}
	return false;
}

bool graph_set(const struct member *member, cairn_str value, char *place, void *object)
{
	void *into = (char *)object + member->at;
	cairn_str text;
	if (member->shape == DOCUMENT) {
		*(cairn_str *)into = value;
		return true;
	}
	if (member->shape == COUNT)
		return set_number(value, 1, into);
	if (member->shape == PRIORITY) {
		((cairn_step_new *)object)->set |= CAIRN_STEP_PRIORITY;
		return set_number(value, INT32_MIN, into);
	}
	if (member->shape == CONTINUES)
		return set_flag(value, CAIRN_STEP_CONTINUES, into);
	return *value.ptr == '"' && scan_text(value, place, &text) &&
	       set_text(member->shape, text, into);
}
