/*
 * job_policy.c - reading what the leases of failing items do not tell. Only the unhappy path
 * comes here. The leases are not guarded by it: a job that is gone, or has another holder, gets
 * a plan that its guard refuses.
 */
#include "job_policy.h"

#include "job_override.h"
#include "job_plan.h"

static int by_hand(const cairn_lease *lease)
{
	return lease->max_attempts == 0;
}

int cairn__policy_needed(const cairn_finish *item)
{
	const cairn_lease *lease = &item->lease;
	if (item->how != CAIRN_FINISH_RETRYABLE && item->how != CAIRN_FINISH_TIMEOUT)
		return 0;
	return by_hand(lease) ||
	       (lease->hints & CAIRN_HINT_OVERRIDES && lease->attempt < lease->max_attempts);
}

/* The rows stand by id descending. */
static const cairn_job *find_job(const struct cairn__policies *policies, cairn_id id)
{
	cairn_rows rows = policies->jobs;
	size_t low = 0;
	size_t high = rows.count;
	while (low < high) {
		size_t half = low + (high - low) / 2;
		const cairn_job *job = cairn_rows_at(&rows, half);
		int order = cairn_id_compare(job->id, id);
		if (order == 0)
			return job;
		if (order > 0)
			low = half + 1;
		else
			high = half;
	}
	return NULL;
}

static const cairn_definition *find_type(const struct cairn__policies *policies, cairn_str type)
{
	cairn_rows rows = policies->definitions;
	for (size_t i = 0; i < rows.count; i++) {
		const cairn_definition *definition = cairn_rows_at(&rows, i);
		if (cairn_str_equal(definition->type, type))
			return definition;
	}
	return NULL;
}

static cairn_status read_jobs(struct cairn__policies *policies, cairn_conn *conn,
			      const cairn_finish *items, size_t n, cairn_error *err)
{
	cairn_id *ids = cairn__scratch(conn, n, sizeof *ids, err);
	if (ids == NULL)
		return CAIRN_NOMEM;
	cairn_job_query query = {
		.scope = cairn_any(), .ids = ids, .statuses = 1u << CAIRN_JOB_LEASED, .compact = 1
	};
	for (size_t i = 0; i < n; i++) {
		if (cairn__policy_needed(&items[i]))
			ids[query.id_count++] = items[i].lease.id;
	}
	query.limit = (uint32_t)query.id_count;
	cairn_status st = CAIRN_OK;
	if (query.id_count > 0)
		st = conn->jobs.list(conn->self, &query, &policies->jobs, err);
	st = cairn__rows_whole(&policies->jobs, st, err);
	cairn__scratch_free(conn, ids, n, sizeof *ids);
	return st;
}

/* A definition's row as it is kept here, whatever becomes of the read that found it. */
static cairn_status read_type(struct cairn__policies *policies, cairn_conn *conn, cairn_str type,
			      cairn_error *err)
{
	cairn_rows found;
	void *memory = NULL;
	cairn_definition_query query = { .type = type, .limit = 1 };
	cairn__rows_begin(&found, conn, &memory, sizeof(cairn_definition));
	cairn_status st = conn->jobs.definitions(conn->self, &query, &found, err);
	st = cairn__rows_whole(&found, st, err);
	if (st == CAIRN_OK && found.count > 0) {
		const cairn_definition *row = cairn_rows_at(&found, 0);
		cairn_str overrides = row->retry_overrides;
		cairn_definition *mine = cairn_rows_push(&policies->definitions);
		if (mine != NULL) {
			mine->type = type; /* the job's, which lives as long */
			mine->retry = row->retry;
			mine->retry_overrides = cairn_rows_str(&policies->definitions,
							       overrides.ptr, overrides.len);
		}
		if (mine == NULL || cairn_rows_failed(&policies->definitions))
			st = cairn_fail(err, CAIRN_E_NOMEM);
	}
	cairn__rows_drop(&found);
	return st;
}

cairn_status cairn__policies_read(struct cairn__policies *policies, cairn_conn *conn,
				  const cairn_finish *items, size_t n, cairn_error *err)
{
	void *memory = NULL;
	cairn__rows_begin(&policies->jobs, conn, &memory, sizeof(cairn_job));
	cairn__rows_begin(&policies->definitions, conn, &memory, sizeof(cairn_definition));
	int any = 0;
	for (size_t i = 0; i < n && !any; i++)
		any = cairn__policy_needed(&items[i]);
	if (!any)
		return CAIRN_OK;
	cairn_status st = read_jobs(policies, conn, items, n, err);
	for (size_t i = 0; i < policies->jobs.count && st == CAIRN_OK; i++) {
		const cairn_job *job = cairn_rows_at(&policies->jobs, i);
		if (find_type(policies, job->type) == NULL)
			st = read_type(policies, conn, job->type, err);
	}
	if (st != CAIRN_OK)
		cairn__policies_drop(policies);
	return st;
}

void cairn__policies_drop(struct cairn__policies *policies)
{
	cairn__rows_drop(&policies->jobs);
	cairn__rows_drop(&policies->definitions);
}

cairn_status cairn__policy_apply(const struct cairn__policies *policies, cairn_finish *item,
				 cairn_error *err)
{
	cairn_lease *lease = &item->lease;
	const cairn_job *job = find_job(policies, lease->id);
	const cairn_definition *definition = job != NULL ? find_type(policies, job->type) : NULL;
	if (by_hand(lease)) {
		/* of a job that is gone: the guard will say so */
		lease->attempt = job != NULL ? job->attempt : 1;
		lease->max_attempts = job != NULL ? job->max_attempts : 1;
		if (definition != NULL)
			lease->retry = definition->retry;
	}
	if (definition == NULL)
		return CAIRN_OK;
	lease->retry = cairn__retry_settle(lease->retry);
	return cairn__overrides_apply(definition->retry_overrides, item->error_code, &lease->retry,
				      err);
}
