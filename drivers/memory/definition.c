/*
 * definition.c - job types: writing them, and listing them by type.
 */
#include "mem.h"

static bool same_retry(const cairn_retry *a, const cairn_retry *b)
{
	return a->base == b->base && a->cap == b->cap && a->jitter == b->jitter &&
	       a->factor == b->factor;
}

static bool same(const cairn_definition *a, const cairn_definition *b)
{
	return a->version == b->version && a->max_attempts == b->max_attempts &&
	       a->timeout == b->timeout && a->priority == b->priority &&
	       a->disabled == b->disabled && same_retry(&a->retry, &b->retry) &&
	       a->retention == b->retention &&
	       cairn_str_equal(a->retry_overrides, b->retry_overrides);
}

/* The stored definition with the fields of a patch replaced. */
static cairn_definition patched(const cairn_definition *stored, const cairn_definition *given,
				uint32_t fields)
{
	cairn_definition next = *stored;
	if (fields & CAIRN_PATCH_MAX_ATTEMPTS)
		next.max_attempts = given->max_attempts;
	if (fields & CAIRN_PATCH_TIMEOUT)
		next.timeout = given->timeout;
	if (fields & CAIRN_PATCH_PRIORITY)
		next.priority = given->priority;
	if (fields & CAIRN_PATCH_DISABLED)
		next.disabled = given->disabled;
	if (fields & CAIRN_PATCH_RETRY)
		next.retry = given->retry;
	if (fields & CAIRN_PATCH_OVERRIDES)
		next.retry_overrides = given->retry_overrides;
	if (fields & CAIRN_PATCH_RETENTION)
		next.retention = given->retention;
	return next;
}

static int insert(struct mem_write *write, const cairn_definition *given)
{
	cairn_definition fresh = *given;
	fresh.set = 0;
	fresh.created_at = write->now;
	fresh.updated_at = write->now;
	return cairn_mem__put(write->state, MEM_DEFINITIONS, &fresh);
}

/* A row that would not change is not written, so its updated_at stands still. */
static int replace(struct mem_write *write, const cairn_definition *stored, cairn_definition next)
{
	if (same(stored, &next))
		return 0;
	next.set = 0;
	next.created_at = stored->created_at;
	next.updated_at = write->now;
	return cairn_mem__put(write->state, MEM_DEFINITIONS, &next);
}

static int define_one(struct mem_write *write, const cairn_define_plan *plan,
		      const cairn_definition *given, size_t *found)
{
	const cairn_definition *stored = cairn_mem__definition(write->state, given->type);
	cairn_definition next = *given;
	switch (plan->mode) {
	case CAIRN_DEFINE_PRESERVE:
		if (stored != NULL && stored->disabled)
			next.disabled = 1;
		return stored != NULL ? replace(write, stored, next) : insert(write, given);
	case CAIRN_DEFINE_UPSERT:
		return stored != NULL ? replace(write, stored, next) : insert(write, given);
	case CAIRN_DEFINE_IF_MISSING:
		return stored != NULL ? 0 : insert(write, given);
	case CAIRN_DEFINE_PATCH:
	default:
		if (stored == NULL)
			return 0;
		(*found)++;
		return replace(write, stored, patched(stored, given, plan->patch));
	}
}

static bool is_enabled(const struct mem_write *write, cairn_str type)
{
	const cairn_definition *stored = cairn_mem__definition(write->state, type);
	return stored != NULL && !stored->disabled;
}

static bool is_disabled(const struct mem_write *write, cairn_str type)
{
	const cairn_definition *stored = cairn_mem__definition(write->state, type);
	return stored != NULL && stored->disabled;
}

static int push_disabled(cairn_rows *rows, cairn_str type, bool absent)
{
	cairn_disabled *row = rows != NULL ? cairn_rows_push(rows) : NULL;
	if (rows == NULL)
		return 0;
	if (row == NULL)
		return -1;
	row->type = cairn_rows_str(rows, type.ptr, type.len);
	row->absent = absent;
	return 0;
}

/* One of the plan, and whether it was disabled by that. */
static int define_told(struct mem_write *write, const cairn_define_plan *plan,
		       const cairn_definition *given, size_t *found)
{
	bool before = is_disabled(write, given->type);
	if (define_one(write, plan, given, found) != 0)
		return -1;
	if (before || !is_disabled(write, given->type))
		return 0;
	return push_disabled(plan->disabled, given->type, false);
}

static int disable_absent(struct mem_write *write, const cairn_define_plan *plan, cairn_str type)
{
	const cairn_definition off = { .disabled = 1 };
	if (!is_enabled(write, type))
		return 0;
	const cairn_definition *stored = cairn_mem__definition(write->state, type);
	if (replace(write, stored, patched(stored, &off, CAIRN_PATCH_DISABLED)) != 0)
		return -1;
	return push_disabled(plan->disabled, type, true);
}

/* An active schedule must not lose its definition; the call is undone then. */
static cairn_status refuse_stranded(const struct mem_write *write, const cairn_define_plan *plan,
				    cairn_error *err)
{
	const cairn_schedule *schedule = cairn_mem__schedule_stranded(write->state, plan);
	if (schedule == NULL)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_DEFINITION_SCHEDULED);
	cairn_error_detail(err, "%s", schedule->name.ptr);
	return CAIRN_INVALID;
}

cairn_status cairn_mem__job_define(void *self, const cairn_define_plan *plan, size_t *found,
				   cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_DEFINITIONS, &write, err);
	if (status != CAIRN_OK)
		return status;
	*found = 0;
	int failed = 0;
	for (size_t i = 0; i < plan->n && !failed; i++)
		failed = define_told(&write, plan, &plan->definitions[i], found);
	for (size_t i = 0; i < plan->absent_count && !failed; i++)
		failed = disable_absent(&write, plan, plan->absent[i]);
	if (failed || (plan->disabled != NULL && cairn_rows_failed(plan->disabled)))
		status = cairn_fail(err, CAIRN_E_NOMEM);
	if (status == CAIRN_OK)
		status = refuse_stranded(&write, plan, err);
	return cairn_mem__write_end(mem, &write, status);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* ASCII case ignored; every character of the part stands for itself. */
bool cairn_mem__contains(cairn_str text, cairn_str part)
{
	for (size_t start = 0; start + part.len <= text.len; start++) {
		size_t i = 0;
		while (i < part.len && lower(text.ptr[start + i]) == lower(part.ptr[i]))
			i++;
		if (i == part.len)
			return true;
	}
	return false;
}

static bool wanted(const cairn_definition_query *query, const cairn_definition *definition)
{
	if (query->type.len > 0 && !cairn_str_equal(definition->type, query->type))
		return false;
	if (query->after.len > 0 && cairn_str_compare(definition->type, query->after) <= 0)
		return false;
	return query->contains.len == 0 || cairn_mem__contains(definition->type, query->contains);
}

cairn_status cairn_mem__job_definitions(void *self, const cairn_definition_query *query,
					cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_DEFINITIONS, &state, err);
	if (status != CAIRN_OK)
		return status;
	size_t count = cairn_mem__count(state, MEM_DEFINITIONS);
	for (size_t i = 0; i < count && cairn_rows_count(rows) < query->limit; i++) {
		const cairn_definition *definition = cairn_mem__at(state, MEM_DEFINITIONS, i);
		if (!wanted(query, definition))
			continue;
		if (cairn_mem__push(rows, MEM_DEFINITIONS, definition) != 0) {
			status = cairn_fail(err, CAIRN_E_NOMEM);
			break;
		}
	}
	cairn_mem__state_drop(state);
	return status;
}
