/*
 * config.c - runtime configs: writing them, and listing them by type.
 */
#include "mem.h"

static bool same(const cairn_config *a, const cairn_config *b)
{
	return a->version == b->version && cairn_str_equal(a->config, b->config) &&
	       cairn_str_equal(a->updated_by, b->updated_by);
}

static int put_one(struct mem_write *write, const cairn_config *given, bool keep,
		   enum cairn_config_result *result)
{
	const cairn_config *stored = cairn_mem__find(write->state, MEM_CONFIGS, given);
	*result = stored != NULL ? CAIRN_CONFIG_FOUND : CAIRN_CONFIG_NEW;
	if (stored != NULL && (keep || same(stored, given)))
		return 0;
	cairn_config next = *given;
	next.created_at = stored != NULL ? stored->created_at : write->now;
	next.updated_at = write->now;
	return cairn_mem__put(write->state, MEM_CONFIGS, &next);
}

/* A type that stands twice in the plan is answered as it was before the call. */
static enum cairn_config_result *former(const cairn_config_plan *plan, size_t i,
					enum cairn_config_result *each)
{
	for (size_t k = 0; k < i; k++) {
		if (cairn_str_equal(plan->configs[k].type, plan->configs[i].type))
			return &each[k];
	}
	return NULL;
}

cairn_status cairn_mem__config_put(void *self, const cairn_config_plan *plan,
				   enum cairn_config_result *each, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_CONFIGS, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		const cairn_config *given = &plan->configs[i];
		const enum cairn_config_result *before = former(plan, i, each);
		each[i] = CAIRN_CONFIG_NO_DEFINITION;
		if (cairn_mem__definition(write.state, given->type) == NULL)
			continue;
		if (put_one(&write, given, plan->keep != 0, &each[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
		if (before != NULL)
			each[i] = *before;
	}
	return cairn_mem__write_end(mem, &write, status);
}

static bool wanted(const cairn_config_query *query, const cairn_config *config)
{
	if (query->type.len > 0 && !cairn_str_equal(config->type, query->type))
		return false;
	return query->after.len == 0 || cairn_str_compare(config->type, query->after) > 0;
}

cairn_status cairn_mem__configs(void *self, const cairn_config_query *query, cairn_rows *rows,
				cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_CONFIGS, &state, err);
	if (status != CAIRN_OK)
		return status;
	size_t count = cairn_mem__count(state, MEM_CONFIGS);
	for (size_t i = 0; i < count && cairn_rows_count(rows) < query->limit; i++) {
		const cairn_config *config = cairn_mem__at(state, MEM_CONFIGS, i);
		if (wanted(query, config) && cairn_mem__push(rows, MEM_CONFIGS, config) != 0) {
			status = cairn_fail(err, CAIRN_E_NOMEM);
			break;
		}
	}
	cairn_mem__state_drop(state);
	return status;
}
