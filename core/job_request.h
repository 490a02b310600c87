/* job_request.h - the canonical request of a keyed job: what idempotency compares. */
#ifndef CAIRN_JOB_REQUEST_H
#define CAIRN_JOB_REQUEST_H

#include <cairn/sys/job.h>
#include <cairn/sys/json.h>

/*
 * Appends the request as canonical JSON: what was asked for, defaults that come
 * from the definition not resolved. Members in byte order:
 * max_attempts, owner (only if given), payload, priority, queue, resource_key (only if given),
 * run_at, stage, timeout_us.
 */
cairn_status cairn__job_request(const cairn_job_insert *row, cairn_text *text, cairn_error *err);

#endif
