/*
 * host.c - what a driver sees of its connection: settings, clock, memory, the
 * round-trip counter, and the classification of violated constraints.
 */
#include <stdio.h>
#include <string.h>

#include "core.h"

const cairn_settings *cairn_host_settings(const cairn_host *host)
{
	return &host->settings;
}

cairn_time cairn_host_now(cairn_host *host)
{
	if (host->pinned != 0)
		return host->pinned;
	return host->clock != NULL ? host->clock(host->clock_user) : 0;
}

void *cairn_host_alloc(cairn_host *host, void *ptr, size_t old_size, size_t new_size)
{
	return host->alloc(host->alloc_user, ptr, old_size, new_size);
}

void cairn_host_round_trip(cairn_host *host)
{
	host->round_trips++;
}

void cairn_host_lacks(cairn_host *host, uint32_t caps)
{
	host->lacks |= caps;
}

/* Constraints of cairn's own schema that can be violated by what a caller sends. */
static const struct {
	const char *constraint;
	cairn_code code;
} known[] = {
	{ "cairn_job_key_pkey", CAIRN_E_JOB_CONFLICT },
	{ "cairn_job_key", CAIRN_E_JOB_CONFLICT },
};

cairn_status cairn_host_classify(cairn_host *host, const char *constraint, cairn_error *err)
{
	if (err == NULL)
		return CAIRN_INVALID;
	snprintf(err->constraint, sizeof err->constraint, "%s", constraint);
	if (host->classify != NULL && host->classify(host->classify_user, constraint, err))
		return err->status;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strcmp(known[i].constraint, constraint) != 0)
			continue;
		err->status = cairn_code_status(known[i].code);
		snprintf(err->code, sizeof err->code, "%s", cairn_code_text(known[i].code));
		snprintf(err->message, sizeof err->message, "%s",
			 cairn_code_message(known[i].code));
		break;
	}
	return err->status;
}
