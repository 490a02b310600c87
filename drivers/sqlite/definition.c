/*
 * definition.c - job types: writing them, listing them by type, and what
 * enqueueing and claiming look up.
 */
#include "lite.h"

/* ---- what others look up ------------------------------------------------ */

static cairn_status look_up(struct lite *lite, struct lite_definition *definition, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_DEFINITION_BRIEF, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, definition->type);
	status = cairn_lite__row(&run, &definition->found, err);
	if (status != CAIRN_OK || !definition->found)
		return status;
	definition->enabled = cairn_lite__int(&run) != 0;
	definition->max_attempts = cairn_lite__int32(&run);
	definition->timeout = cairn_lite__int(&run);
	definition->priority = cairn_lite__int32(&run);
	cairn_lite__retry(&run, &definition->retry);
	definition->overrides = cairn_lite__int(&run) != 0;
	definition->retention = cairn_lite__int(&run);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* Within one transaction a definition stands still: it is read once per call and type. */
cairn_status cairn_lite__definition(struct lite *lite, struct lite_memo *memo, cairn_str type,
				    const struct lite_definition **definition, cairn_error *err)
{
	size_t known = memo->used < LITE_MEMO ? memo->used : LITE_MEMO;
	for (size_t i = 0; i < known; i++) {
		*definition = &memo->at[i];
		if (cairn_str_equal(memo->at[i].type, type))
			return CAIRN_OK;
	}
	struct lite_definition *fresh = &memo->at[memo->used++ % LITE_MEMO];
	*fresh = (struct lite_definition){ .type = type };
	*definition = fresh;
	return look_up(lite, fresh, err);
}

/* ---- writing ------------------------------------------------------------ */

static cairn_status put(struct lite_write *write, enum lite_sql how, const cairn_definition *given,
			cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, how, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, given->type);
	cairn_lite__bind_int(&run, given->version);
	cairn_lite__bind_int(&run, given->disabled ? 0 : 1);
	cairn_lite__bind_int(&run, given->max_attempts);
	cairn_lite__bind_int(&run, given->timeout);
	cairn_lite__bind_int(&run, given->priority);
	cairn_lite__bind_int(&run, given->retry.base);
	cairn_lite__bind_int(&run, given->retry.cap);
	cairn_lite__bind_int(&run, given->retry.jitter);
	cairn_lite__bind_int(&run, given->retry.factor);
	cairn_lite__bind_text(&run, given->retry_overrides);
	cairn_lite__bind_int(&run, given->retention);
	cairn_lite__bind_int(&run, write->now);
	return cairn_lite__finish(&run, err);
}

static void read_columns(struct lite_run *run, cairn_definition *definition)
{
	definition->type = cairn_lite__view(run);
	definition->version = cairn_lite__int32(run);
	definition->disabled = cairn_lite__int(run) == 0;
	definition->max_attempts = cairn_lite__int32(run);
	definition->timeout = cairn_lite__int(run);
	definition->priority = cairn_lite__int32(run);
	cairn_lite__retry(run, &definition->retry);
	definition->retry_overrides = cairn_lite__view(run);
	definition->retention = cairn_lite__int(run);
	definition->created_at = cairn_lite__int(run);
	definition->updated_at = cairn_lite__int(run);
}

static cairn_status start_list(struct lite_run *run, struct lite *lite,
			       const cairn_definition_query *query, cairn_error *err)
{
	cairn_status status = cairn_lite__start(run, lite, LITE_DEFINITION_LIST, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_tenant(run, query->type.len > 0 ? query->type : query->after);
	cairn_lite__bind_text(run, query->type);
	cairn_lite__bind_text(run, query->after);
	cairn_lite__bind_text(run, query->contains);
	cairn_lite__bind_int(run, query->limit);
	return CAIRN_OK;
}

/* The stored definition with the fields of a patch replaced; the rest is read from the row. */
static void patch(const cairn_define_plan *plan, const cairn_definition *given,
		  cairn_definition *stored)
{
	if (plan->patch & CAIRN_PATCH_MAX_ATTEMPTS)
		stored->max_attempts = given->max_attempts;
	if (plan->patch & CAIRN_PATCH_TIMEOUT)
		stored->timeout = given->timeout;
	if (plan->patch & CAIRN_PATCH_PRIORITY)
		stored->priority = given->priority;
	if (plan->patch & CAIRN_PATCH_DISABLED)
		stored->disabled = given->disabled;
	if (plan->patch & CAIRN_PATCH_RETRY)
		stored->retry = given->retry;
	if (plan->patch & CAIRN_PATCH_OVERRIDES)
		stored->retry_overrides = given->retry_overrides;
	if (plan->patch & CAIRN_PATCH_RETENTION)
		stored->retention = given->retention;
}

/* Writes the row that was read, changed; it is still under the reading statement. */
static cairn_status patch_one(struct lite_write *write, const cairn_define_plan *plan,
			      const cairn_definition *given, size_t *found, cairn_error *err)
{
	struct lite_run run;
	cairn_definition stored = { .version = 0 };
	cairn_definition_query query = { .type = given->type, .limit = 1 };
	bool more = false;
	cairn_status status = start_list(&run, write->lite, &query, err);
	if (status == CAIRN_OK)
		status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK || !more)
		return status;
	read_columns(&run, &stored);
	patch(plan, given, &stored);
	(*found)++;
	status = put(write, LITE_DEFINITION_UPSERT, &stored, err);
	cairn_lite__stop(&run);
	return status;
}

static cairn_status define_one(struct lite_write *write, const cairn_define_plan *plan,
			       const cairn_definition *given, size_t *found, cairn_error *err)
{
	switch (plan->mode) {
	case CAIRN_DEFINE_UPSERT:
	case CAIRN_DEFINE_PRESERVE:
		return put(write, LITE_DEFINITION_UPSERT, given, err);
	case CAIRN_DEFINE_IF_MISSING:
		return put(write, LITE_DEFINITION_ADD, given, err);
	case CAIRN_DEFINE_PATCH:
	default:
		return patch_one(write, plan, given, found, err);
	}
}

static cairn_status push_disabled(cairn_rows *rows, cairn_str type, bool absent, cairn_error *err)
{
	cairn_disabled *row = cairn_rows_push(rows);
	if (row == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	row->type = cairn_rows_str(rows, type.ptr, type.len);
	row->absent = absent;
	return CAIRN_OK;
}

/* One of the plan where it matters what stood there before. */
static cairn_status define_told(struct lite_write *write, const cairn_define_plan *plan,
				const cairn_definition *given, size_t *found, cairn_error *err)
{
	struct lite_definition before = { .type = given->type };
	struct lite_definition after = { .type = given->type };
	cairn_definition next = *given;
	cairn_status status = look_up(write->lite, &before, err);
	bool was_disabled = before.found && !before.enabled;
	if (plan->mode == CAIRN_DEFINE_PRESERVE && was_disabled)
		next.disabled = 1;
	if (status == CAIRN_OK)
		status = define_one(write, plan, &next, found, err);
	if (status == CAIRN_OK)
		status = look_up(write->lite, &after, err);
	if (status != CAIRN_OK || plan->disabled == NULL || was_disabled)
		return status;
	return after.found && !after.enabled
		       ? push_disabled(plan->disabled, given->type, false, err)
		       : CAIRN_OK;
}

static cairn_status disable_absent(struct lite_write *write, const cairn_define_plan *plan,
				   cairn_str type, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_DEFINITION_DISABLE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, type);
	cairn_lite__bind_int(&run, write->now);
	status = cairn_lite__finish(&run, err);
	if (status != CAIRN_OK || plan->disabled == NULL || sqlite3_changes(write->lite->db) == 0)
		return status;
	return push_disabled(plan->disabled, type, true, err);
}

cairn_status cairn_lite__job_define(void *self, const cairn_define_plan *plan, size_t *found,
				    cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	bool told = plan->disabled != NULL || plan->mode == CAIRN_DEFINE_PRESERVE;
	*found = 0;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = (told ? define_told : define_one)(&write, plan, &plan->definitions[i],
							   found, err);
	for (size_t i = 0; i < plan->absent_count && status == CAIRN_OK; i++)
		status = disable_absent(&write, plan, plan->absent[i], err);
	/* what can't be told must not be done */
	if (status == CAIRN_OK && plan->disabled != NULL && cairn_rows_failed(plan->disabled))
		status = cairn_fail(err, CAIRN_E_NOMEM);
	if (status == CAIRN_OK)
		status = cairn_lite__schedule_guard(&write, plan, err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- reading ------------------------------------------------------------ */

static void read_definition(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_definition *row = into;
	read_columns(run, row);
	row->type = cairn_rows_str(rows, row->type.ptr, row->type.len);
	row->retry_overrides =
		cairn_rows_str(rows, row->retry_overrides.ptr, row->retry_overrides.len);
}

cairn_status cairn_lite__job_definitions(void *self, const cairn_definition_query *query,
					 cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = start_list(&run, lite, query, err);
	return status == CAIRN_OK ? cairn_lite__read_rows(&run, rows, read_definition, err)
				  : status;
}
