/*
 * definition.c - job types: writing them, and listing them by type.
 */
#include <stddef.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_definition, field)

static void add_retry(struct pg *pg, struct pg_items items)
{
	cairn_pg__add_int8s(pg, COLUMN(retry.base));
	cairn_pg__add_int8s(pg, COLUMN(retry.cap));
	cairn_pg__add_int8s(pg, COLUMN(retry.jitter));
	cairn_pg__add_int4s(pg, COLUMN(retry.factor));
}

static void add_definitions(struct pg *pg, struct pg_items items)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_texts(pg, COLUMN(type), PG_ABSENT_EMPTY);
	cairn_pg__add_int4s(pg, COLUMN(version));
	cairn_pg__add_int4s(pg, COLUMN(disabled));
	cairn_pg__add_int4s(pg, COLUMN(max_attempts));
	cairn_pg__add_int8s(pg, COLUMN(timeout));
	cairn_pg__add_int4s(pg, COLUMN(priority));
	add_retry(pg, items);
	cairn_pg__add_jsons(pg, COLUMN(retry_overrides));
	cairn_pg__add_int8s(pg, COLUMN(retention));
}

/* Fields that are not in the patch are NULL. */
static void add_patch(struct pg *pg, uint32_t patch, struct pg_items items)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_texts(pg, COLUMN(type), PG_ABSENT_EMPTY);
	if (patch & CAIRN_PATCH_MAX_ATTEMPTS)
		cairn_pg__add_int4s(pg, COLUMN(max_attempts));
	else
		cairn_pg__add_null(pg);
	if (patch & CAIRN_PATCH_TIMEOUT)
		cairn_pg__add_int8s(pg, COLUMN(timeout));
	else
		cairn_pg__add_null(pg);
	if (patch & CAIRN_PATCH_PRIORITY)
		cairn_pg__add_int4s(pg, COLUMN(priority));
	else
		cairn_pg__add_null(pg);
	if (patch & CAIRN_PATCH_DISABLED)
		cairn_pg__add_int4s(pg, COLUMN(disabled));
	else
		cairn_pg__add_null(pg);
	if (patch & CAIRN_PATCH_RETRY)
		add_retry(pg, items);
	for (int i = 0; i < 4 && !(patch & CAIRN_PATCH_RETRY); i++)
		cairn_pg__add_null(pg);
	cairn_pg__add_jsons(pg, COLUMN(retry_overrides));
	cairn_pg__add_bool(pg, (patch & CAIRN_PATCH_OVERRIDES) != 0);
	if (patch & CAIRN_PATCH_RETENTION)
		cairn_pg__add_int8s(pg, COLUMN(retention));
	else
		cairn_pg__add_null(pg);
}

/* ---- what is disabled, and active schedules ------------------------------ */

/* Whether something is to be disabled: then schedules have a say. */
static bool disables(const cairn_define_plan *plan)
{
	if (plan->mode == CAIRN_DEFINE_IF_MISSING)
		return false;
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->definitions[i].disabled)
			return true;
	}
	return false;
}

static void queue_define(struct pg *pg, const cairn_define_plan *plan, bool off)
{
	struct pg_items items = PG_ITEMS(plan->definitions, plan->n);
	static const enum pg_sql texts[][2] = {
		[CAIRN_DEFINE_UPSERT] = { PG_SQL_DEFINE, PG_SQL_DEFINE_OFF },
		[CAIRN_DEFINE_IF_MISSING] = { PG_SQL_DEFINE_MISSING, PG_SQL_DEFINE_MISSING },
		[CAIRN_DEFINE_PATCH] = { PG_SQL_DEFINE_PATCH, PG_SQL_DEFINE_PATCH_OFF },
	};
	if (off) {
		cairn_pg__add_texts(pg, COLUMN(type), PG_ABSENT_EMPTY);
		cairn_pg__queue(pg, PG_SQL_DEFINITIONS_LOCK);
	}
	if (plan->mode == CAIRN_DEFINE_PATCH)
		add_patch(pg, plan->patch, items);
	else
		add_definitions(pg, items);
	cairn_pg__queue(pg, texts[plan->mode][off ? 1 : 0]);
}

/* What a statement that disables answers: nothing was written if it is a refusal. */
static cairn_status read_off(const PGresult *result, cairn_error *err)
{
	if (!cairn_pg__bool(result, 0, 1))
		return cairn_fail(err, CAIRN_E_TX_ISOLATION);
	if (cairn_pg__null(result, 0, 0))
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_DEFINITION_SCHEDULED);
	cairn_error_detail(err, "%s", cairn_pg__text(result, 0, 0).ptr);
	return CAIRN_INVALID;
}

/* ---- a catalog ---------------------------------------------------------- */

static void read_disabled(const PGresult *result, int row, void *into)
{
	cairn_disabled *disabled = into;
	disabled->type = cairn_pg__text(result, row, 0);
	disabled->absent = cairn_pg__int4(result, row, 1) != 0;
}

static cairn_status read_report(struct pg *pg, bool absent, cairn_rows *rows, cairn_error *err)
{
	if (rows == NULL)
		return CAIRN_OK;
	cairn_status status = cairn_pg__append(pg, 3, rows, read_disabled, err);
	if (status == CAIRN_OK && absent)
		status = cairn_pg__append(pg, 4, rows, read_disabled, err);
	return status;
}

/* Rows that could not be told must not be written: room for all of them comes first. */
static cairn_status make_room(const cairn_define_plan *plan, cairn_error *err)
{
	size_t most = plan->n + plan->absent_count;
	if (plan->disabled == NULL || cairn_rows_reserve(plan->disabled, most, 192) == 0)
		return CAIRN_OK;
	return cairn_fail(err, CAIRN_E_NOMEM);
}

/* Everything new first, and the locks; the guard; then what is there, and what the catalog lacks. */
static cairn_status sync(struct pg *pg, const cairn_define_plan *plan, cairn_error *err)
{
	struct pg_items items = PG_ITEMS(plan->definitions, plan->n);
	struct pg_items absent = PG_ITEMS(plan->absent, plan->absent_count);
	cairn_status status = make_room(plan, err);
	if (status == CAIRN_OK)
		status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__queue(pg, PG_SQL_SYNC_BEGIN);
	add_definitions(pg, items);
	cairn_pg__add_texts(pg, absent, 0, PG_ABSENT_EMPTY);
	cairn_pg__queue(pg, PG_SQL_SYNC_NEW);
	cairn_pg__add_texts(pg, COLUMN(type), PG_ABSENT_EMPTY);
	cairn_pg__add_int4s(pg, COLUMN(disabled));
	cairn_pg__add_texts(pg, absent, 0, PG_ABSENT_EMPTY);
	cairn_pg__queue(pg, PG_SQL_SYNC_GUARD);
	add_definitions(pg, items);
	cairn_pg__add_bool(pg, plan->mode == CAIRN_DEFINE_PRESERVE);
	cairn_pg__queue(pg, PG_SQL_SYNC);
	if (plan->absent_count > 0) {
		cairn_pg__add_now(pg);
		cairn_pg__add_texts(pg, absent, 0, PG_ABSENT_EMPTY);
		cairn_pg__queue(pg, PG_SQL_SYNC_ABSENT);
	}
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	status = read_off(cairn_pg__result(pg, 2), err);
	if (status == CAIRN_OK)
		status = read_report(pg, plan->absent_count > 0, plan->disabled, err);
	cairn_pg__call_clear(pg);
	return status;
}

/* ---- the slots ---------------------------------------------------------- */

cairn_status cairn_pg__job_define(void *self, const cairn_define_plan *plan, size_t *found,
				  cairn_error *err)
{
	struct pg *pg = self;
	bool off = disables(plan);
	*found = 0;
	if (plan->mode == CAIRN_DEFINE_PRESERVE || plan->absent_count > 0 || plan->disabled != NULL)
		return sync(pg, plan, err);
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	queue_define(pg, plan, off);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, off ? 1 : 0);
	if (off)
		status = read_off(result, err);
	if (plan->mode == CAIRN_DEFINE_PATCH)
		*found = (size_t)cairn_pg__int8(result, 0, off ? 2 : 0);
	cairn_pg__call_clear(pg);
	return status;
}

static void read_definition(const PGresult *result, int row, void *into)
{
	cairn_definition *definition = into;
	definition->type = cairn_pg__text(result, row, 0);
	definition->version = cairn_pg__int4(result, row, 1);
	definition->disabled = !cairn_pg__bool(result, row, 2);
	definition->max_attempts = cairn_pg__int4(result, row, 3);
	definition->timeout = cairn_pg__int8(result, row, 4);
	definition->priority = cairn_pg__int4(result, row, 5);
	cairn_pg__retry(result, row, 6, &definition->retry);
	definition->retry_overrides = cairn_pg__text(result, row, 10);
	definition->retention = cairn_pg__int8(result, row, 11);
	definition->created_at = cairn_pg__time(result, row, 12);
	definition->updated_at = cairn_pg__time(result, row, 13);
}

cairn_status cairn_pg__job_definitions(void *self, const cairn_definition_query *query,
				       cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_tenant(pg, query->after); /* absent: '', which is before all types */
	cairn_pg__add_text(pg, query->type);
	cairn_pg__add_text(pg, query->contains);
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query(pg, PG_SQL_DEFINITIONS, rows, read_definition, err);
}
