/* job_rerun.c - a succeeded job once more: a new job that knows where it comes from. */
#include <string.h>

#include <cairn/sys/json.h>

#include "check.h"
#include "core.h"
#include "job_change.h"
#include "job_read.h"

/* How often a source that is as expected, and was not a moment ago, is tried again. */
#define TRIES 4

static cairn_status check(const cairn_rerun *item, cairn_error *err)
{
	if (item->reserved0_ != 0 || (item->reserved_[0] | item->reserved_[1]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (item->run_number < 1) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "A replay names the run that was seen.");
		return CAIRN_INVALID;
	}
	cairn_status st = cairn__check_key(item->key, "key", err);
	if (st == CAIRN_OK)
		st = cairn__check_name(item->reason, "reason", err);
	return st;
}

/* ---- planning ---- */

/* In canonical order. */
static void add_data(cairn_text *text, const cairn_rerun *item)
{
	char source[CAIRN_ID_TEXT];
	cairn_id_format(item->source, source);
	cairn_text_add_z(text, "{\"reason\":");
	cairn_text_add_json(text, item->reason);
	cairn_text_add_z(text, ",\"replay_request_key\":");
	cairn_text_add_json(text, item->key);
	cairn_text_add_z(text, ",\"replayed_from_job_id\":");
	cairn_text_add_json(text, cairn_str_of(source));
	cairn_text_add_z(text, ",\"replayed_from_run_number\":");
	cairn_text_add_int(text, item->run_number);
	cairn_text_add_z(text, "}");
}

/* The text moves while it grows, so items note lengths first and get their pointers at the end. */
static cairn_status plan(const cairn_rerun *given, size_t n, cairn_rerun_item *items,
			 cairn_text *text, cairn_error *err)
{
	for (size_t i = 0; i < n; i++) {
		size_t before = text->len;
		add_data(text, &given[i]);
		items[i] = (cairn_rerun_item){
			.id = cairn_id_new(),
			.source = given[i].source,
			.run_number = given[i].run_number,
			.key = given[i].key,
			.reason = given[i].reason,
			.data.len = text->len - before,
		};
	}
	if (text->failed)
		return cairn_fail(err, CAIRN_E_NOMEM);
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		items[i].data.ptr = text->ptr + at;
		at += items[i].data.len;
	}
	return CAIRN_OK;
}

/* ---- answers ---- */

static void refuse(cairn_job_added *each, cairn_code code)
{
	each->code = code;
	each->status = cairn_code_status(code);
}

static void judge(const cairn_rerun_item *item, const cairn_rerun_done *result,
		  cairn_job_added *each)
{
	memset(each, 0, sizeof *each);
	switch (result->result) {
	case CAIRN_RERUN_DONE:
		each->id = item->id;
		each->disposition = CAIRN_INSERTED;
		each->job_status = CAIRN_JOB_PENDING;
		each->run_number = 1;
		break;
	case CAIRN_RERUN_EXISTS:
		each->id = result->id;
		each->disposition = CAIRN_EXISTING;
		each->job_status = result->status;
		each->run_number = result->run_number;
		break;
	case CAIRN_RERUN_CONFLICT:
		refuse(each, CAIRN_E_JOB_REPLAY);
		break;
	case CAIRN_RERUN_DEFINITION:
		refuse(each, CAIRN_E_JOB_DEFINITION);
		break;
	case CAIRN_RERUN_MISS:
		refuse(each, CAIRN_E_DB_BUSY);
		break;
	}
}

/* Why there was no such success. BUSY stays where by now there is one. */
static cairn_status explain(cairn_conn *conn, cairn_scope scope, const cairn_rerun_item *item,
			    cairn_job_added *each, cairn_error *err)
{
	cairn_rows rows;
	void *memory = NULL;
	cairn_job_query query = { .scope = scope,
				  .ids = &item->source,
				  .id_count = 1,
				  .statuses = CAIRN__ALL_STATUSES,
				  .limit = 1,
				  .compact = 1 };
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_job));
	cairn_status st = conn->jobs.list(conn->self, &query, &rows, err);
	st = cairn__rows_whole(&rows, st, err);
	if (st == CAIRN_OK && cairn_rows_count(&rows) == 0) {
		refuse(each, CAIRN_E_JOB_NOT_FOUND);
	} else if (st == CAIRN_OK) {
		const cairn_job *job = cairn_rows_at(&rows, 0);
		each->job_status = job->status;
		each->run_number = job->run_number;
		if (job->status != CAIRN_JOB_SUCCEEDED || job->run_number != item->run_number)
			refuse(each, CAIRN_E_JOB_EXPECTATION);
		else if (!cairn_id_is_none(job->run))
			refuse(each, CAIRN_E_STEP_NO_REPLAY);
	}
	cairn__rows_drop(&rows);
	return st;
}

static cairn_status settle(cairn_conn *conn, const cairn_rerun_plan *plan, size_t i,
			   cairn_rerun_done *result, cairn_job_added *each, cairn_error *err)
{
	cairn_rerun_plan one = *plan;
	one.items = &plan->items[i];
	one.n = 1;
	cairn_status st = CAIRN_OK;
	for (int tries = 0; st == CAIRN_OK && each->status == CAIRN_BUSY; tries++) {
		st = explain(conn, plan->scope, one.items, each, err);
		if (st != CAIRN_OK || each->status != CAIRN_BUSY || tries == TRIES)
			break;
		memset(result, 0, sizeof *result);
		st = conn->jobs.replay(conn->self, &one, result, err);
		if (st == CAIRN_OK)
			judge(one.items, result, each);
	}
	return st;
}

/* each is never NULL here. */
static cairn_status run(cairn_conn *conn, const cairn_rerun_plan *plan, cairn_rerun_done *results,
			cairn_job_added *each, cairn_error *err)
{
	cairn_status st = conn->jobs.replay(conn->self, plan, results, err);
	if (st != CAIRN_OK)
		return st;
	size_t missed = 0;
	for (size_t i = 0; i < plan->n; i++) {
		judge(&plan->items[i], &results[i], &each[i]);
		missed += each[i].status == CAIRN_BUSY;
	}
	for (size_t i = 0; i < plan->n && st == CAIRN_OK; i++) {
		if (each[i].status == CAIRN_BUSY)
			st = settle(conn, plan, i, &results[i], &each[i], err);
	}
	/* what did not miss is written already */
	if (st != CAIRN_OK && missed < plan->n)
		st = cairn_fail(err, CAIRN_E_DB_UNCERTAIN);
	return st;
}

static cairn_status first_failure(const cairn_job_added *each, size_t n, cairn_error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (each[i].status != CAIRN_OK)
			return cairn__fail_item(err, each[i].code, i);
	}
	return CAIRN_OK;
}

/* ---- the call ---- */

struct memory {
	cairn_text text;
	cairn_rerun_item *items;
	cairn_rerun_done *results;
	cairn_job_added *own;
};

static cairn_status memory_get(cairn_conn *conn, size_t n, int own, struct memory *memory,
			       cairn_error *err)
{
	memset(memory, 0, sizeof *memory);
	memory->text.alloc = conn->host.alloc;
	memory->text.alloc_user = conn->host.alloc_user;
	memory->items = cairn__scratch(conn, n, sizeof *memory->items, err);
	if (memory->items != NULL)
		memory->results = cairn__scratch(conn, n, sizeof *memory->results, err);
	if (memory->results != NULL && own)
		memory->own = cairn__scratch(conn, n, sizeof *memory->own, err);
	return memory->results != NULL && (!own || memory->own != NULL) ? CAIRN_OK : CAIRN_NOMEM;
}

static void memory_drop(cairn_conn *conn, size_t n, struct memory *memory)
{
	cairn__scratch_free(conn, memory->own, n, sizeof *memory->own);
	cairn__scratch_free(conn, memory->results, n, sizeof *memory->results);
	cairn__scratch_free(conn, memory->items, n, sizeof *memory->items);
	cairn_text_clear(&memory->text);
}

static cairn_status replay(cairn_conn *conn, cairn_scope scope, const cairn_rerun *items, size_t n,
			   cairn_job_added *each, cairn_error *err)
{
	cairn_status st = cairn__check_batch(items, n, err);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = check(&items[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st != CAIRN_OK || n == 0)
		return st;
	struct memory memory;
	st = memory_get(conn, n, each == NULL, &memory, err);
	if (st == CAIRN_OK)
		st = plan(items, n, memory.items, &memory.text, err);
	if (st == CAIRN_OK) {
		cairn_rerun_plan batch = { .items = memory.items,
					   .n = n,
					   .scope = scope,
					   .record = conn->host.events == CAIRN_EVENTS_FULL };
		cairn_job_added *answers = each != NULL ? each : memory.own;
		st = run(conn, &batch, memory.results, answers, err);
	}
	if (st == CAIRN_OK && each == NULL)
		st = first_failure(memory.own, n, err);
	memory_drop(conn, n, &memory);
	return st;
}

cairn_status cairn_job_replay(cairn_conn *conn, cairn_scope scope, const cairn_rerun *items,
			      size_t n, cairn_job_added *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.replay", err);
	if (st == CAIRN_OK)
		st = cairn__need(conn, conn->jobs.replay != NULL, "replay", err);
	if (st == CAIRN_OK)
		st = replay(conn, scope, items, n, each, err);
	return cairn__call_end(&call, st, n);
}
