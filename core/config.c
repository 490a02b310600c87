/* config.c - runtime configs: an object per job type, passed through as text. */
#include <string.h>

#include <cairn/sys/json.h>

#include "check.h"
#include "core.h"
#include "limits.h"

static cairn_status check(const cairn_conn *conn, const cairn_config *config, cairn_error *err)
{
	cairn_status st = cairn__check_name(config->type, "type", err);
	if (st == CAIRN_OK && config->updated_by.len > 0)
		st = cairn__check_name(config->updated_by, "updated_by", err);
	if (st != CAIRN_OK)
		return st;
	if (config->reserved0_ != 0 || (config->reserved_[0] | config->reserved_[1] |
					config->reserved_[2] | config->reserved_[3]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (config->version <= 0 || config->config.len == 0)
		return cairn_fail(err, CAIRN_E_JOB_CONFIG_INVALID);
	st = cairn_json_check(config->config, conn->host.settings.max_json, err);
	if (st == CAIRN_OK && cairn__json_opens(config->config) != '{')
		st = cairn_fail(err, CAIRN_E_JOB_CONFIG_INVALID);
	return st;
}

static void judge(enum cairn_config_result result, cairn_config_put *each)
{
	memset(each, 0, sizeof *each);
	if (result == CAIRN_CONFIG_NO_DEFINITION) {
		each->status = CAIRN_NOT_FOUND;
		each->code = CAIRN_E_JOB_DEFINITION_MISSING;
	} else {
		each->disposition = result == CAIRN_CONFIG_NEW ? CAIRN_INSERTED : CAIRN_EXISTING;
	}
}

/* With nobody to tell each outcome, the first failure is the call's. */
static cairn_status deliver(const enum cairn_config_result *results, size_t n,
			    cairn_config_put *each, cairn_error *err)
{
	for (size_t i = 0; i < n; i++) {
		cairn_config_put one;
		judge(results[i], each != NULL ? &each[i] : &one);
		if (each == NULL && one.status != CAIRN_OK)
			return cairn__fail_item(err, one.code, i);
	}
	return CAIRN_OK;
}

static cairn_status put(cairn_conn *conn, const cairn_config_plan *plan, cairn_config_put *each,
			cairn_error *err)
{
	cairn_status st = cairn__check_batch(plan->configs, plan->n, err);
	for (size_t i = 0; i < plan->n && st == CAIRN_OK; i++) {
		st = check(conn, &plan->configs[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st != CAIRN_OK || plan->n == 0)
		return st;
	enum cairn_config_result *results = cairn__scratch(conn, plan->n, sizeof *results, err);
	if (results == NULL)
		return CAIRN_NOMEM;
	st = conn->catalog.config_put(conn->self, plan, results, err);
	if (st == CAIRN_OK)
		st = deliver(results, plan->n, each, err);
	cairn__scratch_free(conn, results, plan->n, sizeof *results);
	return st;
}

cairn_status cairn_job_config_put(cairn_conn *conn, const cairn_config *configs, size_t n,
				  cairn_config_put *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_config_plan plan = { .configs = configs, .n = n };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__CATALOG, "config.put", err);
	if (st == CAIRN_OK)
		st = put(conn, &plan, each, err);
	return cairn__call_end(&call, st, n);
}

cairn_status cairn_job_config_put_if_missing(cairn_conn *conn, const cairn_config *configs,
					     size_t n, cairn_config_put *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_config_plan plan = { .configs = configs, .n = n, .keep = 1 };
	cairn_status st =
		cairn__call_begin(&call, conn, CAIRN__CATALOG, "config.put_if_missing", err);
	if (st == CAIRN_OK)
		st = put(conn, &plan, each, err);
	return cairn__call_end(&call, st, n);
}

static cairn_status get(cairn_conn *conn, cairn_str type, cairn_configs **result, cairn_error *err)
{
	cairn_status st = cairn__check_name(type, "type", err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *result;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_config));
	cairn_config_query query = { .type = type, .limit = 1 };
	st = conn->catalog.configs(conn->self, &query, &rows, err);
	if (st == CAIRN_OK && rows.count == 0 && !rows.failed)
		st = cairn_fail(err, CAIRN_E_JOB_CONFIG_MISSING);
	st = cairn__rows_end(&rows, &memory, st, err);
	*result = memory;
	return st;
}

cairn_status cairn_job_config_get(cairn_conn *conn, cairn_str type, cairn_configs **config,
				  cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__CATALOG, "config.get", err);
	if (st == CAIRN_OK && config == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = get(conn, type, config, err);
	return cairn__call_end(&call, st, 1);
}

static cairn_status list(cairn_conn *conn, const cairn_config_filter *filter,
			 cairn_configs **result, cairn_error *err)
{
	cairn_config_filter all = { .size = sizeof all };
	if (filter == NULL)
		filter = &all;
	if (filter->size < sizeof all)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_config_query query = { .type = filter->type, .after = filter->after };
	cairn_status st = cairn__check_page(filter->limit, &query.limit, err);
	if (st == CAIRN_OK && filter->type.len > 0)
		st = cairn__check_name(filter->type, "type", err);
	if (st == CAIRN_OK)
		st = cairn__check_text(filter->after, CAIRN__MAX_NAME, "after", err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *result;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_config));
	st = conn->catalog.configs(conn->self, &query, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*result = memory;
	return st;
}

cairn_status cairn_job_config_list(cairn_conn *conn, const cairn_config_filter *filter,
				   cairn_configs **configs, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__CATALOG, "config.list", err);
	if (st == CAIRN_OK && configs == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = list(conn, filter, configs, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*configs)->count : 0);
}
