/*
 * config.c - runtime configs: writing them, and listing them by type.
 */
#include "lite.h"

static cairn_status put(struct lite_write *write, enum lite_sql how, const cairn_config *given,
			cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, how, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, given->type);
	cairn_lite__bind_int(&run, given->version);
	cairn_lite__bind_text(&run, given->updated_by);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_text(&run, given->config);
	return cairn_lite__finish(&run, err);
}

static cairn_status look_up(struct lite *lite, cairn_str type, enum cairn_config_result *result,
			    cairn_error *err)
{
	struct lite_run run;
	bool more = false;
	*result = CAIRN_CONFIG_NO_DEFINITION;
	cairn_status status = cairn_lite__start(&run, lite, LITE_CONFIG_FOUND, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, type);
	status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK || !more)
		return status;
	*result = cairn_lite__int(&run) != 0 ? CAIRN_CONFIG_FOUND : CAIRN_CONFIG_NEW;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* First what was there before the call, for all of them, then the writing. */
cairn_status cairn_lite__config_put(void *self, const cairn_config_plan *plan,
				    enum cairn_config_result *each, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	enum lite_sql how = plan->keep ? LITE_CONFIG_ADD : LITE_CONFIG_PUT;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = look_up(write.lite, plan->configs[i].type, &each[i], err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = put(&write, how, &plan->configs[i], err);
	return cairn_lite__write_end(&write, status, err);
}

static void read_config(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_config *config = into;
	config->type = cairn_lite__text(run, rows);
	config->version = cairn_lite__int32(run);
	config->updated_by = cairn_lite__text(run, rows);
	config->created_at = cairn_lite__int(run);
	config->updated_at = cairn_lite__int(run);
	config->config = cairn_lite__text(run, rows);
}

cairn_status cairn_lite__configs(void *self, const cairn_config_query *query, cairn_rows *rows,
				 cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_CONFIG_LIST, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_tenant(&run, query->type.len > 0 ? query->type : query->after);
	cairn_lite__bind_text(&run, query->type);
	cairn_lite__bind_text(&run, query->after);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_config, err);
}
