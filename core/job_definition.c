/* job_definition.c - job types: define, update, read. */
#include <string.h>

#include "check.h"
#include "core.h"
#include "job_plan.h"
#include "limits.h"

static cairn_status invalid(cairn_error *err, const char *what)
{
	cairn_fail(err, CAIRN_E_JOB_DEFINITION_INVALID);
	cairn_error_message(err, "%s", what);
	return CAIRN_INVALID;
}

static cairn_status check_retry(const cairn_retry *retry, cairn_error *err)
{
	if (retry->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (retry->base < 0 || retry->base > CAIRN__MAX_DELAY || retry->cap < 0 ||
	    retry->cap > CAIRN__MAX_DELAY)
		return invalid(err, "A retry delay must be positive and at most a year.");
	if (retry->jitter < -1 || retry->jitter > CAIRN__MAX_DELAY)
		return invalid(err, "A retry jitter must be -1 (none) or positive.");
	if (retry->factor != 0 && (retry->factor < 1000 || retry->factor > CAIRN__MAX_RETRY_FACTOR))
		return invalid(err, "A retry factor must be 1000 to 100000 thousandths.");
	return CAIRN_OK;
}

/* Checks one definition and fills in what was left to default. */
static cairn_status settle(cairn_definition *one, cairn_error *err)
{
	cairn_status st = cairn__check_name(one->type, "type", err);
	if (st == CAIRN_OK)
		st = check_retry(&one->retry, err);
	if (st != CAIRN_OK)
		return st;
	if (one->version < 0 || one->max_attempts < 0 || one->timeout < 0)
		return invalid(err, "Version, attempts and timeout must be positive.");
	if (one->timeout > CAIRN__MAX_TIMEOUT)
		return invalid(err, "A timeout must be at most a year.");
	if ((one->set & ~CAIRN_DEFINITION_PRIORITY) != 0 || one->disabled > 1 ||
	    one->reserved0_ != 0 ||
	    (one->reserved_[0] | one->reserved_[1] | one->reserved_[2] | one->reserved_[3]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (one->version == 0)
		one->version = 1;
	if (one->max_attempts == 0)
		one->max_attempts = 8;
	if (one->timeout == 0)
		one->timeout = 15 * CAIRN_MINUTE;
	if (!(one->set & CAIRN_DEFINITION_PRIORITY))
		one->priority = 100;
	one->retry = cairn__retry_settle(one->retry);
	return CAIRN_OK;
}

static cairn_status define(cairn_conn *conn, enum cairn_define_mode mode,
			   const cairn_definition *given, size_t n, cairn_error *err)
{
	cairn_status st = cairn__check_batch(given, n, err);
	if (st != CAIRN_OK || n == 0)
		return st;
	cairn_definition *settled = cairn__scratch(conn, n, sizeof *settled, err);
	if (settled == NULL)
		return CAIRN_NOMEM;
	memcpy(settled, given, n * sizeof *settled);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = settle(&settled[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st == CAIRN_OK) {
		cairn_define_plan plan = { .mode = mode, .definitions = settled, .n = n };
		size_t found;
		st = conn->jobs.define(conn->self, &plan, &found, err);
	}
	cairn__scratch_free(conn, settled, n, sizeof *settled);
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

static cairn_status update(cairn_conn *conn, const cairn_definition_patch *patch, cairn_error *err)
{
	if (patch == NULL || patch->size < sizeof *patch)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if ((patch->set & CAIRN_PATCH_MAX_ATTEMPTS && patch->max_attempts <= 0) ||
	    (patch->set & CAIRN_PATCH_TIMEOUT && patch->timeout <= 0))
		return invalid(err, "Attempts and timeout must be positive.");
	cairn_definition one = {
		.type = patch->type,
		.max_attempts = patch->set & CAIRN_PATCH_MAX_ATTEMPTS ? patch->max_attempts : 0,
		.timeout = patch->set & CAIRN_PATCH_TIMEOUT ? patch->timeout : 0,
		.priority = patch->priority,
		.set = CAIRN_DEFINITION_PRIORITY,
		.disabled = patch->set & CAIRN_PATCH_DISABLED ? patch->disabled : 0,
	};
	if (patch->set & CAIRN_PATCH_RETRY)
		one.retry = patch->retry;
	cairn_status st = settle(&one, err);
	if (st != CAIRN_OK)
		return st;
	uint32_t known = CAIRN_PATCH_MAX_ATTEMPTS | CAIRN_PATCH_TIMEOUT | CAIRN_PATCH_PRIORITY |
			 CAIRN_PATCH_DISABLED | CAIRN_PATCH_RETRY;
	if ((patch->set & ~known) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_define_plan plan = {
		.mode = CAIRN_DEFINE_PATCH, .patch = patch->set, .definitions = &one, .n = 1
	};
	size_t found = 0;
	st = conn->jobs.define(conn->self, &plan, &found, err);
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
