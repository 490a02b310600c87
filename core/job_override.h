/* job_override.h - retry policies for single error codes: the JSON document of a definition. */
#ifndef CAIRN_JOB_OVERRIDE_H
#define CAIRN_JOB_OVERRIDE_H

#include <cairn/definition.h>

/* Whether a checked document is an object of policies; job.invalid_retry_overrides. */
cairn_status cairn__overrides_check(cairn_str document, cairn_error *err);

/*
 * Replaces in *retry, which is settled, what the document's policy for this code says; without
 * one it stays. A stored document is canonical and was checked.
 */
cairn_status cairn__overrides_apply(cairn_str document, cairn_str code, cairn_retry *retry,
				    cairn_error *err);

#endif
