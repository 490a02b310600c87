/*
 * config.c - runtime configs: writing them, and listing them by type.
 */
#include <stddef.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_config, field)

cairn_status cairn_pg__config_put(void *self, const cairn_config_plan *plan,
				  enum cairn_config_result *each, cairn_error *err)
{
	struct pg *pg = self;
	struct pg_items items = PG_ITEMS(plan->configs, plan->n);
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_texts(pg, COLUMN(type), PG_ABSENT_EMPTY);
	cairn_pg__add_int4s(pg, COLUMN(version));
	cairn_pg__add_texts(pg, COLUMN(updated_by), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, COLUMN(config));
	cairn_pg__queue(pg, plan->keep ? PG_SQL_CONFIG_ADD : PG_SQL_CONFIG_PUT);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *known = cairn_pg__result(pg, 0);
	for (size_t i = 0; i < plan->n; i++)
		each[i] = CAIRN_CONFIG_NO_DEFINITION;
	for (int i = 0; i < PQntuples(known); i++)
		each[cairn_pg__int8(known, i, 0) - 1] =
			cairn_pg__bool(known, i, 1) ? CAIRN_CONFIG_NEW : CAIRN_CONFIG_FOUND;
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

static void read_config(const PGresult *result, int row, void *into)
{
	cairn_config *config = into;
	config->type = cairn_pg__text(result, row, 0);
	config->version = cairn_pg__int4(result, row, 1);
	config->updated_by = cairn_pg__text(result, row, 2);
	config->created_at = cairn_pg__time(result, row, 3);
	config->updated_at = cairn_pg__time(result, row, 4);
	config->config = cairn_pg__text(result, row, 5);
}

cairn_status cairn_pg__configs(void *self, const cairn_config_query *query, cairn_rows *rows,
			       cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_tenant(pg, query->after); /* absent: '', which is before all types */
	cairn_pg__add_text(pg, query->type);
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query(pg, PG_SQL_CONFIGS, rows, read_config, err);
}
