/*
 * job_override.c - retry policies for single error codes. They are looked into twice: when a
 * definition is written, so that every stored one is good, and when an attempt of a type that
 * has some fails.
 */
#include "job_override.h"

#include <string.h>

#include <cairn/sys/host.h>

#include "check.h"
#include "json_doc.h"
#include "limits.h"

/* A member of a policy and its bounds. */
struct member {
	const char *name;
	int64_t least;
	int64_t most;
};

static const struct member members[] = {
	{ "base_us", 1, CAIRN__MAX_DELAY },
	{ "cap_us", 1, CAIRN__MAX_DELAY },
	{ "jitter_us", 0, CAIRN__MAX_DELAY },
	{ "factor", 1000, CAIRN__MAX_RETRY_FACTOR },
};

#define MEMBERS (sizeof members / sizeof members[0])

static cairn_status check_member(const cairn__node *node, cairn_error *err)
{
	cairn_str name = cairn__node_name(node);
	int64_t value;
	for (size_t i = 0; i < MEMBERS; i++) {
		if (!cairn_str_is(name, members[i].name))
			continue;
		if (cairn__node_int(node, &value) && value >= members[i].least &&
		    value <= members[i].most)
			return CAIRN_OK;
		cairn_fail(err, CAIRN_E_JOB_OVERRIDES);
		cairn_error_message(err, "A retry override's %s is out of range.", members[i].name);
		return CAIRN_INVALID;
	}
	cairn_fail(err, CAIRN_E_JOB_OVERRIDES);
	cairn_error_message(err, "A retry override has a member that is not known.");
	return CAIRN_INVALID;
}

static cairn_status check_policy(const cairn__node *policy, cairn_error *err)
{
	if (cairn__check_name(cairn__node_name(policy), NULL, NULL) != CAIRN_OK) {
		cairn_fail(err, CAIRN_E_JOB_OVERRIDES);
		cairn_error_message(err, "A retry override's error code is no valid name.");
		return CAIRN_INVALID;
	}
	if (!cairn__node_is_object(policy))
		return cairn_fail(err, CAIRN_E_JOB_OVERRIDES);
	const cairn__node *node = cairn__node_first(policy);
	cairn_status st = CAIRN_OK;
	for (; node != NULL && st == CAIRN_OK; node = cairn__node_next(node))
		st = check_member(node, err);
	return st;
}

cairn_status cairn__overrides_check(cairn_str document, cairn_error *err)
{
	cairn__node *root;
	cairn_status st = cairn__doc_parse(document, &root, err);
	if (st != CAIRN_OK)
		return st;
	if (!cairn__node_is_object(root))
		st = cairn_fail(err, CAIRN_E_JOB_OVERRIDES);
	const cairn__node *policy = cairn__node_first(root);
	for (; policy != NULL && st == CAIRN_OK; policy = cairn__node_next(policy))
		st = check_policy(policy, err);
	cairn__doc_free(root);
	return st;
}

static int64_t value_of(const cairn__node *policy, const char *name, int64_t otherwise)
{
	int64_t value;
	const cairn__node *node = cairn__node_member(policy, name);
	return node != NULL && cairn__node_int(node, &value) ? value : otherwise;
}

cairn_status cairn__overrides_apply(cairn_str document, cairn_str code, cairn_retry *retry,
				    cairn_error *err)
{
	char name[CAIRN__MAX_NAME + 1];
	cairn__node *root;
	if (document.len == 0 || code.len == 0 || code.len >= sizeof name)
		return CAIRN_OK;
	memcpy(name, code.ptr, code.len);
	name[code.len] = '\0';
	cairn_status st = cairn__doc_parse(document, &root, err);
	if (st != CAIRN_OK)
		return st;
	const cairn__node *policy = cairn__node_member(root, name);
	if (policy != NULL) {
		retry->base = value_of(policy, "base_us", retry->base);
		retry->cap = value_of(policy, "cap_us", retry->cap);
		retry->jitter = value_of(policy, "jitter_us", retry->jitter);
		retry->factor = (int32_t)value_of(policy, "factor", retry->factor);
		if (retry->jitter == 0) /* a policy says 0 where it wants none */
			retry->jitter = -1;
	}
	cairn__doc_free(root);
	return CAIRN_OK;
}
