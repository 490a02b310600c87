/*
 * schema.c - describing a schema for drift: the live one, or one made fresh from
 * scripts in a transaction that never commits. Both are read with the search path on
 * them, so that no definition names its schema.
 */
#include <stdio.h>
#include <string.h>

#include "pg.h"

static void read_object(const PGresult *result, int row, void *into)
{
	cairn_object *object = into;
	object->object = cairn_pg__text(result, row, 0);
	object->name = cairn_pg__text(result, row, 1);
	object->definition = cairn_pg__text(result, row, 2);
}

static cairn_status read_schema(struct pg *pg, const char *schema, cairn_rows *rows,
				cairn_error *err)
{
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_text(pg, cairn_str_of(schema));
	return cairn_pg__query(pg, PG_SQL_DESCRIBE, rows, read_object, err);
}

cairn_status cairn_pg__migration_describe(void *self, const cairn_str *scripts, size_t n,
					  cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	char name[CAIRN_ID_TEXT];
	char scratch[sizeof name + 16];
	char create[sizeof scratch + 32];
	cairn_id_format(cairn_id_new(), name);
	snprintf(scratch, sizeof scratch, "cairn_scratch_%s", name);
	snprintf(create, sizeof create, "CREATE SCHEMA \"%s\"", scratch);
	/* a line may refer to tables that are not its own; those stand in the live schema */
	cairn_status status = scripts != NULL ? cairn_pg__work_begin(pg, scratch, pg->schema, err)
					      : cairn_pg__work_begin(pg, pg->schema, NULL, err);
	if (status != CAIRN_OK)
		return status;
	if (scripts != NULL)
		status = cairn_pg__command(pg, create, err);
	for (size_t i = 0; i < n && status == CAIRN_OK; i++)
		status = cairn_pg__work_run(pg, scripts[i], NULL, err);
	if (status == CAIRN_OK)
		status = read_schema(pg, scripts != NULL ? scratch : pg->schema, rows, err);
	return cairn_pg__work_end(pg, status, false, err);
}
