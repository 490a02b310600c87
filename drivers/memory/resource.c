/*
 * resource.c - capacities, and how many permits are in use: nobody keeps that number, the jobs that
 * hold one are counted. So whatever ends a lease gives its permit back.
 */
#include "mem.h"

static bool of(const cairn_job *job, cairn_str tenant, cairn_str key)
{
	return cairn_str_equal(job->resource_key, key) && cairn_str_equal(job->tenant, tenant);
}

/* A canceled job holds its permit as long as its worker may still be at it. */
static bool holds(const cairn_job *job, cairn_time now)
{
	return job->status == CAIRN_JOB_LEASED ||
	       (job->status == CAIRN_JOB_CANCELED && job->lease_expires_at > now);
}

static void count(const struct mem_state *state, cairn_resource *resource, cairn_time now)
{
	resource->in_use = 0;
	resource->waiting = 0;
	for (size_t i = 0; i < cairn_mem__count(state, MEM_JOBS); i++) {
		const cairn_job *job = cairn_mem__at(state, MEM_JOBS, i);
		if (!of(job, resource->tenant, resource->key))
			continue;
		resource->in_use += holds(job, now);
		resource->waiting += job->status == CAIRN_JOB_PENDING && job->run_at <= now;
	}
}

bool cairn_mem__permit(const struct mem_state *state, const cairn_job *job, cairn_time now)
{
	cairn_resource wanted = { .tenant = job->tenant, .key = job->resource_key };
	if (job->resource_key.len == 0)
		return true;
	const cairn_resource *there = cairn_mem__find(state, MEM_RESOURCES, &wanted);
	if (there == NULL || there->capacity == 0)
		return false;
	count(state, &wanted, now);
	return wanted.in_use < there->capacity;
}

int cairn_mem__resource_need(struct mem_write *write, const cairn_job *job)
{
	cairn_resource row = { .tenant = job->tenant,
			       .key = job->resource_key,
			       .capacity = 1,
			       .created_at = write->now,
			       .updated_at = write->now };
	if (job->resource_key.len == 0 ||
	    cairn_mem__find(write->state, MEM_RESOURCES, &row) != NULL)
		return 0;
	return cairn_mem__put(write->state, MEM_RESOURCES, &row);
}

/* ---- slots ------------------------------------------------------------------ */

static int set_one(struct mem_write *write, const cairn_capacity *item)
{
	cairn_resource row = { .tenant = item->tenant,
			       .key = item->key,
			       .capacity = item->capacity,
			       .created_at = write->now,
			       .updated_at = write->now };
	const cairn_resource *there = cairn_mem__find(write->state, MEM_RESOURCES, &row);
	if (there != NULL) {
		row.created_at = there->created_at;
		if (there->capacity == item->capacity)
			return 0;
	}
	return cairn_mem__put(write->state, MEM_RESOURCES, &row);
}

cairn_status cairn_mem__resource_set(void *self, const cairn_capacity *resources, size_t n,
				     cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_RESOURCES, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < n && status == CAIRN_OK; i++) {
		if (set_one(&write, &resources[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(mem, &write, status);
}

static bool wanted(const cairn_resource_query *query, const cairn_resource *row)
{
	int order = cairn_str_compare(row->tenant, query->after_tenant);
	if (order == 0)
		order = cairn_str_compare(row->key, query->after_key);
	return order > 0 && cairn_mem__in_scope(&query->scope, row->tenant) &&
	       (query->key.len == 0 || cairn_str_equal(row->key, query->key));
}

cairn_status cairn_mem__resource_list(void *self, const cairn_resource_query *query,
				      cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_RESOURCES, &state, err);
	if (status != CAIRN_OK)
		return status;
	cairn_time now = cairn_mem__now(mem);
	for (size_t i = 0; i < cairn_mem__count(state, MEM_RESOURCES); i++) {
		cairn_resource row =
			*(const cairn_resource *)cairn_mem__at(state, MEM_RESOURCES, i);
		if (!wanted(query, &row) || cairn_rows_count(rows) >= query->limit)
			continue;
		count(state, &row, now);
		if (cairn_mem__push(rows, MEM_RESOURCES, &row) != 0) {
			status = cairn_fail(err, CAIRN_E_NOMEM);
			break;
		}
	}
	cairn_mem__state_drop(state);
	return status;
}
