/*
 * job_enqueue.c - jobs in. Every item is checked and its canonical request built
 * before any I/O; the driver inserts, or tells what stands under the key; equal
 * or different is decided here, by the hash of the canonical request.
 */
#include "job_enqueue.h"

#include <string.h>

#include "check.h"
#include "job_request.h"
#include "limits.h"

static cairn_status check_stage(cairn_str stage, cairn_error *err)
{
	if (stage.len == 0 || cairn_str_is(stage, "queued") || cairn_str_is(stage, "scheduled"))
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_JOB_STAGE);
	cairn_error_message(err, "A new job's stage must be queued or scheduled.");
	return CAIRN_INVALID;
}

static cairn_status check_names(const cairn_job_new *job, cairn_error *err)
{
	cairn_status st = cairn__check_name(job->type, "type", err);
	if (st == CAIRN_OK && job->queue.len > 0)
		st = cairn__check_name(job->queue, "queue", err);
	if (st == CAIRN_OK && job->tenant.len > 0)
		st = cairn__check_tenant(job->tenant, err);
	if (st == CAIRN_OK && job->owner.len > 0)
		st = cairn__check_name(job->owner, "owner", err);
	if (st == CAIRN_OK && job->key.len > 0)
		st = cairn__check_key(job->key, "key", err);
	if (st == CAIRN_OK && job->resource_key.len > 0)
		st = cairn__check_key(job->resource_key, "resource_key", err);
	return st;
}

static int reserved_used(const cairn_job_new *job)
{
	return (job->set & ~CAIRN_JOB_PRIORITY) != 0 || job->reserved0_ != 0 ||
	       (job->reserved_[0] | job->reserved_[1]) != 0;
}

cairn_status cairn__job_check(const cairn_conn *conn, const cairn_job_new *job, cairn_error *err)
{
	cairn_status st = check_names(job, err);
	if (st == CAIRN_OK)
		st = check_stage(job->stage, err);
	if (st != CAIRN_OK)
		return st;
	if (reserved_used(job))
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (job->max_attempts < 0)
		return cairn_fail(err, CAIRN_E_JOB_ATTEMPTS);
	if (job->timeout < 0 || job->timeout > CAIRN__MAX_TIMEOUT)
		return cairn_fail(err, CAIRN_E_JOB_TIMEOUT);
	/* a driver that can't count permits must not get a job that needs one */
	if (job->resource_key.len > 0)
		st = cairn__need_store(conn, CAIRN__RESOURCES, err);
	if (st == CAIRN_OK)
		st = cairn__check_time(job->run_at, "run_at", err);
	if (st == CAIRN_OK && job->payload.len > 0)
		st = cairn_json_check(job->payload, conn->host.settings.max_json, err);
	return st;
}

static cairn_str or_default(cairn_str text, cairn_str otherwise)
{
	return text.len > 0 ? text : otherwise;
}

void cairn__job_plan(const cairn_job_new *job, cairn_job_insert *row)
{
	row->id = cairn_id_new();
	row->queue = or_default(job->queue, CAIRN_STR("default"));
	row->type = job->type;
	row->tenant = job->tenant;
	row->payload = or_default(job->payload, CAIRN_STR("{}"));
	row->owner = job->owner;
	row->resource_key = job->resource_key;
	row->stage = or_default(job->stage, CAIRN_STR("queued"));
	row->key = job->key;
	row->run_at = job->run_at;
	row->timeout = job->timeout;
	row->max_attempts = job->max_attempts;
	row->priority = job->priority;
	row->set = job->set;
}

/* The text moves while it grows: rows note the length first and get their pointers at the end. */
cairn_status cairn__job_requests(cairn_job_insert *rows, size_t n, cairn_text *text,
				 cairn_error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].key.len == 0)
			continue;
		size_t before = text->len;
		cairn_status st = cairn__job_request(&rows[i], text, err);
		if (st != CAIRN_OK)
			return st;
		rows[i].request.len = text->len - before;
		cairn_sha256(text->ptr + before, rows[i].request.len, rows[i].request_hash);
	}
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].key.len == 0)
			continue;
		rows[i].request.ptr = text->ptr + at;
		at += rows[i].request.len;
	}
	return CAIRN_OK;
}

cairn_status cairn__requests_begin(struct cairn__requests *requests, cairn_conn *conn,
				   const cairn_job_new *given, size_t n, cairn_error *err)
{
	*requests = (struct cairn__requests){
		.conn = conn,
		.n = n,
		.text = { .alloc = conn->host.alloc, .alloc_user = conn->host.alloc_user },
	};
	requests->rows = cairn__scratch(conn, n, sizeof *requests->rows, err);
	if (requests->rows == NULL)
		return CAIRN_NOMEM;
	for (size_t i = 0; i < n; i++)
		cairn__job_plan(&given[i], &requests->rows[i]);
	return cairn__job_requests(requests->rows, n, &requests->text, err);
}

void cairn__requests_end(struct cairn__requests *requests)
{
	cairn__scratch_free(requests->conn, requests->rows, requests->n, sizeof *requests->rows);
	cairn_text_clear(&requests->text);
}

void cairn__job_judge(const cairn_job_insert *row, const cairn_job_inserted *result,
		      cairn_job_added *each)
{
	memset(each, 0, sizeof *each);
	if (result->result == CAIRN_INSERT_NO_DEFINITION) {
		each->code = CAIRN_E_JOB_DEFINITION;
		each->status = CAIRN_INVALID;
	} else if (result->result == CAIRN_INSERT_UNKEPT) {
		each->code = CAIRN_E_JOB_KEY_RETENTION;
		each->status = CAIRN_INVALID;
	} else if (result->result == CAIRN_INSERT_DONE) {
		each->id = row->id;
		each->disposition = CAIRN_INSERTED;
		each->job_status = CAIRN_JOB_PENDING;
		each->run_number = 1;
	} else if (memcmp(result->request_hash, row->request_hash, sizeof row->request_hash) != 0) {
		each->code = CAIRN_E_JOB_CONFLICT;
		each->status = CAIRN_CONFLICT;
	} else {
		each->id = result->id;
		each->disposition = CAIRN_EXISTING;
		each->job_status = result->status;
		each->run_number = result->run_number;
	}
}

/* With nobody to tell each outcome, the first failure is the call's. */
static cairn_status deliver(const cairn_job_insert *rows, const cairn_job_inserted *results,
			    size_t n, cairn_job_added *each, cairn_error *err)
{
	for (size_t i = 0; i < n; i++) {
		cairn_job_added one;
		cairn__job_judge(&rows[i], &results[i], each != NULL ? &each[i] : &one);
		if (each == NULL && one.status != CAIRN_OK)
			return cairn__fail_item(err, one.code, i);
	}
	return CAIRN_OK;
}

static cairn_status enqueue(cairn_conn *conn, const cairn_job_new *jobs, size_t n,
			    cairn_job_added *each, cairn_error *err)
{
	cairn_status st = cairn__check_batch(jobs, n, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = cairn__job_check(conn, &jobs[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st != CAIRN_OK || n == 0)
		return st;
	struct cairn__requests requests;
	cairn_job_inserted *results = NULL;
	st = cairn__requests_begin(&requests, conn, jobs, n, err);
	if (st == CAIRN_OK)
		results = cairn__scratch(conn, n, sizeof *results, err);
	if (results != NULL) {
		cairn_enqueue_plan batch = { .jobs = requests.rows,
					     .n = n,
					     .record = conn->host.events == CAIRN_EVENTS_FULL };
		st = conn->jobs.enqueue(conn->self, &batch, results, err);
		if (st == CAIRN_OK)
			st = deliver(requests.rows, results, n, each, err);
	} else if (st == CAIRN_OK) {
		st = CAIRN_NOMEM;
	}
	cairn__scratch_free(conn, results, n, sizeof *results);
	cairn__requests_end(&requests);
	return st;
}

cairn_status cairn_job_enqueue(cairn_conn *conn, const cairn_job_new *jobs, size_t n,
			       cairn_job_added *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.enqueue", err);
	if (st == CAIRN_OK)
		st = enqueue(conn, jobs, n, each, err);
	return cairn__call_end(&call, st, n);
}
