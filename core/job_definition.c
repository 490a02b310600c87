/* job_definition.c - job types: define, update, read. */
#include "job_definition.h"

#include <string.h>

#include "check.h"
#include "job_override.h"
#include "job_plan.h"
#include "limits.h"

static cairn_status misfit(cairn_error *err, cairn_code code, const char *what)
{
	cairn_status status = cairn_fail(err, code);
	cairn_error_message(err, "%s", what);
	return status;
}

static cairn_status invalid(cairn_error *err, const char *what)
{
	return misfit(err, CAIRN_E_JOB_DEFINITION_INVALID, what);
}

cairn_status cairn__check_retry(const cairn_retry *retry, cairn_code code, cairn_error *err)
{
	if (retry->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (retry->base < 0 || retry->base > CAIRN__MAX_DELAY || retry->cap < 0 ||
	    retry->cap > CAIRN__MAX_DELAY)
		return misfit(err, code, "A retry delay must be positive and at most a year.");
	if (retry->jitter < -1 || retry->jitter > CAIRN__MAX_DELAY)
		return misfit(err, code, "A retry jitter must be -1 (none) or positive.");
	if (retry->factor != 0 && (retry->factor < 1000 || retry->factor > CAIRN__MAX_RETRY_FACTOR))
		return misfit(err, code, "A retry factor must be 1000 to 100000 thousandths.");
	return CAIRN_OK;
}

static int reserved_used(const cairn_definition *one)
{
	return (one->set & ~CAIRN_DEFINITION_PRIORITY) != 0 || one->disabled > 1 ||
	       one->reserved0_ != 0 ||
	       (one->reserved_[0] | one->reserved_[1] | one->reserved_[2] | one->reserved_[3]) != 0;
}

static cairn_status check_numbers(const cairn_definition *one, cairn_error *err)
{
	if (one->version < 0 || one->max_attempts < 0 || one->timeout < 0)
		return invalid(err, "Version, attempts and timeout must be positive.");
	if (one->timeout > CAIRN__MAX_TIMEOUT)
		return invalid(err, "A timeout must be at most a year.");
	if (one->retention < CAIRN_RETAIN_FOREVER || one->retention > CAIRN__MAX_RETENTION)
		return invalid(err, "A retention must be positive and at most a hundred years.");
	return CAIRN_OK;
}

/*
 * Appends the canonical overrides to text; the definition's own are a view of it, whose pointer
 * is set once the text has stopped growing.
 */
static cairn_status settle_overrides(cairn_definition *one, cairn_text *text, cairn_error *err)
{
	if (one->retry_overrides.len == 0)
		return CAIRN_OK;
	if (one->retry_overrides.len > CAIRN__MAX_OVERRIDES) {
		cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
		cairn_error_message(err, "Retry overrides may have at most %d bytes.",
				    CAIRN__MAX_OVERRIDES);
		return CAIRN_TOO_LARGE;
	}
	size_t before = text->len;
	cairn_status st = cairn_json_check(one->retry_overrides, CAIRN__MAX_OVERRIDES, err);
	if (st == CAIRN_OK)
		st = cairn_json_canonical(one->retry_overrides, text, err);
	if (st != CAIRN_OK)
		return st;
	one->retry_overrides = (cairn_str){ text->ptr + before, text->len - before };
	st = cairn__overrides_check(one->retry_overrides, err);
	if (cairn_str_is(one->retry_overrides, "{}")) {
		one->retry_overrides = (cairn_str){ NULL, 0 };
		text->len = before;
	}
	return st;
}

/* Checks one definition and fills in what was left to default. */
static cairn_status settle(cairn_definition *one, cairn_text *text, cairn_error *err)
{
	cairn_status st = cairn__check_name(one->type, "type", err);
	if (st == CAIRN_OK)
		st = cairn__check_retry(&one->retry, CAIRN_E_JOB_DEFINITION_INVALID, err);
	if (st == CAIRN_OK)
		st = check_numbers(one, err);
	if (st == CAIRN_OK && reserved_used(one))
		st = cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (st == CAIRN_OK)
		st = settle_overrides(one, text, err);
	if (one->version == 0)
		one->version = 1;
	if (one->max_attempts == 0)
		one->max_attempts = 8;
	if (one->timeout == 0)
		one->timeout = 15 * CAIRN_MINUTE;
	if (one->retention == 0)
		one->retention = CAIRN__RETENTION;
	if (!(one->set & CAIRN_DEFINITION_PRIORITY))
		one->priority = 100;
	one->retry = cairn__retry_settle(one->retry);
	return st;
}

cairn_status cairn__settle_begin(struct cairn__settled *settled, cairn_conn *conn,
				 const cairn_definition *given, size_t n, cairn_error *err)
{
	memset(settled, 0, sizeof *settled);
	settled->conn = conn;
	settled->n = n;
	settled->text.alloc = conn->host.alloc;
	settled->text.alloc_user = conn->host.alloc_user;
	settled->at = cairn__scratch(conn, n, sizeof *settled->at, err);
	if (settled->at == NULL)
		return CAIRN_NOMEM;
	memcpy(settled->at, given, n * sizeof *settled->at);
	for (size_t i = 0; i < n; i++) {
		cairn_status st = settle(&settled->at[i], &settled->text, err);
		if (st == CAIRN_OK)
			continue;
		cairn__error_index(err, i);
		return st;
	}
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		cairn_str *document = &settled->at[i].retry_overrides;
		if (document->len > 0)
			document->ptr = settled->text.ptr + at;
		at += document->len;
	}
	return CAIRN_OK;
}

void cairn__settle_end(struct cairn__settled *settled)
{
	cairn__scratch_free(settled->conn, settled->at, settled->n, sizeof *settled->at);
	cairn_text_clear(&settled->text);
}

static cairn_status define(cairn_conn *conn, enum cairn_define_mode mode,
			   const cairn_definition *given, size_t n, cairn_error *err)
{
	cairn_status st = cairn__check_batch(given, n, err);
	if (st != CAIRN_OK || n == 0)
		return st;
	struct cairn__settled settled;
	st = cairn__settle_begin(&settled, conn, given, n, err);
	if (st == CAIRN_OK) {
		cairn_define_plan plan = { .mode = mode, .definitions = settled.at, .n = n };
		size_t found;
		st = conn->jobs.define(conn->self, &plan, &found, err);
	}
	cairn__settle_end(&settled);
	return st;
}

cairn_status cairn_job_define(cairn_conn *conn, const cairn_definition *definitions, size_t n,
			      cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.define", err);
	if (st == CAIRN_OK)
		st = define(conn, CAIRN_DEFINE_UPSERT, definitions, n, err);
	return cairn__call_end(&call, st, n);
}

cairn_status cairn_job_define_if_missing(cairn_conn *conn, const cairn_definition *definitions,
					 size_t n, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.define_if_missing", err);
	if (st == CAIRN_OK)
		st = define(conn, CAIRN_DEFINE_IF_MISSING, definitions, n, err);
	return cairn__call_end(&call, st, n);
}

#define PATCHES \
	(CAIRN_PATCH_MAX_ATTEMPTS | CAIRN_PATCH_TIMEOUT | CAIRN_PATCH_PRIORITY | \
	 CAIRN_PATCH_DISABLED | CAIRN_PATCH_RETRY | CAIRN_PATCH_OVERRIDES | CAIRN_PATCH_RETENTION)

static cairn_status check_patch(const cairn_definition_patch *patch, cairn_error *err)
{
	if (patch == NULL || patch->size < sizeof *patch)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if ((patch->set & CAIRN_PATCH_MAX_ATTEMPTS && patch->max_attempts <= 0) ||
	    (patch->set & CAIRN_PATCH_TIMEOUT && patch->timeout <= 0))
		return invalid(err, "Attempts and timeout must be positive.");
	if ((patch->set & ~PATCHES) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	return CAIRN_OK;
}

/* A definition that has the patch's fields; what is not patched is a default. */
static cairn_definition definition_of(const cairn_definition_patch *patch)
{
	cairn_definition one = { .type = patch->type,
				 .priority = patch->priority,
				 .set = CAIRN_DEFINITION_PRIORITY };
	if (patch->set & CAIRN_PATCH_MAX_ATTEMPTS)
		one.max_attempts = patch->max_attempts;
	if (patch->set & CAIRN_PATCH_TIMEOUT)
		one.timeout = patch->timeout;
	if (patch->set & CAIRN_PATCH_DISABLED)
		one.disabled = patch->disabled;
	if (patch->set & CAIRN_PATCH_RETRY)
		one.retry = patch->retry;
	if (patch->set & CAIRN_PATCH_OVERRIDES)
		one.retry_overrides = patch->retry_overrides;
	if (patch->set & CAIRN_PATCH_RETENTION)
		one.retention = patch->retention;
	return one;
}

static cairn_status update(cairn_conn *conn, const cairn_definition_patch *patch, cairn_error *err)
{
	cairn_status st = check_patch(patch, err);
	if (st != CAIRN_OK)
		return st;
	struct cairn__settled settled;
	cairn_definition one = definition_of(patch);
	size_t found = 0;
	st = cairn__settle_begin(&settled, conn, &one, 1, err);
	if (st == CAIRN_OK) {
		cairn_define_plan plan = { .mode = CAIRN_DEFINE_PATCH,
					   .patch = patch->set,
					   .definitions = settled.at,
					   .n = 1 };
		st = conn->jobs.define(conn->self, &plan, &found, err);
	}
	cairn__settle_end(&settled);
	if (st == CAIRN_OK && found == 0)
		st = cairn_fail(err, CAIRN_E_JOB_DEFINITION_MISSING);
	return st;
}

cairn_status cairn_job_definition_update(cairn_conn *conn, const cairn_definition_patch *patch,
					 cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "definition.update", err);
	if (st == CAIRN_OK)
		st = update(conn, patch, err);
	return cairn__call_end(&call, st, 1);
}

/* A result may be changed and defined again: its priority counts as said. */
static void publish(cairn_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		((cairn_definition *)cairn_rows_at(rows, i))->set = CAIRN_DEFINITION_PRIORITY;
}

static cairn_status get(cairn_conn *conn, cairn_str type, cairn_definitions **result,
			cairn_error *err)
{
	cairn_status st = cairn__check_name(type, "type", err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *result;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_definition));
	cairn_definition_query query = { .type = type, .limit = 1 };
	st = conn->jobs.definitions(conn->self, &query, &rows, err);
	publish(&rows);
	if (st == CAIRN_OK && rows.count == 0 && !rows.failed)
		st = cairn_fail(err, CAIRN_E_JOB_DEFINITION_MISSING);
	st = cairn__rows_end(&rows, &memory, st, err);
	*result = memory;
	return st;
}

cairn_status cairn_job_definition_get(cairn_conn *conn, cairn_str type,
				      cairn_definitions **definition, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "definition.get", err);
	if (st == CAIRN_OK && definition == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = get(conn, type, definition, err);
	return cairn__call_end(&call, st, 1);
}

static cairn_status list(cairn_conn *conn, const cairn_definition_filter *filter,
			 cairn_definitions **result, cairn_error *err)
{
	cairn_definition_filter all = { .size = sizeof all };
	if (filter == NULL)
		filter = &all;
	if (filter->size < sizeof all)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_definition_query query = { .contains = filter->contains, .after = filter->after };
	cairn_status st = cairn__check_page(filter->limit, &query.limit, err);
	if (st == CAIRN_OK)
		st = cairn__check_text(filter->contains, CAIRN__MAX_NAME, "contains", err);
	if (st == CAIRN_OK)
		st = cairn__check_text(filter->after, CAIRN__MAX_NAME, "after", err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *result;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_definition));
	st = conn->jobs.definitions(conn->self, &query, &rows, err);
	publish(&rows);
	st = cairn__rows_end(&rows, &memory, st, err);
	*result = memory;
	return st;
}

cairn_status cairn_job_definition_list(cairn_conn *conn, const cairn_definition_filter *filter,
				       cairn_definitions **definitions, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "definition.list", err);
	if (st == CAIRN_OK && definitions == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = list(conn, filter, definitions, err);
	return cairn__call_end(&call, st,
			       st == CAIRN_OK && *definitions ? (*definitions)->count : 0);
}
