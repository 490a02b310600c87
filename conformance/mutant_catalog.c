/* mutant_catalog.c - how the catalog's rules are broken: sync, overrides, configs, metrics. */
#include "mutant_catalog.h"

#include <string.h>

void ct_sync_forgets_absent(cairn_define_plan *plan)
{
	plan->absent_count = 0;
}

void ct_sync_reports_nothing(cairn_define_plan *plan)
{
	plan->disabled = NULL;
}

void ct_sync_lifts_pauses(cairn_define_plan *plan)
{
	if (plan->mode == CAIRN_DEFINE_PRESERVE)
		plan->mode = CAIRN_DEFINE_UPSERT;
}

void ct_patch_keeps_overrides(cairn_define_plan *plan)
{
	plan->patch &= ~CAIRN_PATCH_OVERRIDES;
}

void ct_no_hints(cairn_rows *jobs)
{
	for (size_t i = 0; i < cairn_rows_count(jobs); i++)
		((cairn_job *)cairn_rows_at(jobs, i))->hints = 0;
}

void ct_keyed_jobs_unkept(cairn_rows *jobs)
{
	for (size_t i = 0; i < cairn_rows_count(jobs); i++) {
		cairn_job *job = cairn_rows_at(jobs, i);
		if (job->key.len > 0)
			job->hints |= CAIRN_HINT_DELETE;
	}
}

void ct_unkept_is_unknown(const cairn_job_insert *job, cairn_job_inserted *result)
{
	(void)job;
	if (result->result == CAIRN_INSERT_UNKEPT)
		result->result = CAIRN_INSERT_NO_DEFINITION;
}

void ct_configs_always_replaced(cairn_config_plan *plan)
{
	plan->keep = 0;
}

void ct_config_type_ignored(cairn_config_query *query)
{
	query->type = (cairn_str){ NULL, 0 };
}

void ct_metrics_of_anybody(cairn_metrics_query *query)
{
	query->scope = cairn_any();
}

void ct_metrics_of_all_time(cairn_metrics_query *query)
{
	query->window = 36500 * CAIRN_DAY;
}

/* Only types of which something stands or ended. */
void ct_metrics_without_zeros(cairn_rows *types)
{
	size_t kept = 0;
	for (size_t i = 0; i < cairn_rows_count(types); i++) {
		cairn_type_metrics *row = cairn_rows_at(types, i);
		if (row->pending + row->leased + row->ended[0] > 0)
			memmove(cairn_rows_at(types, kept++), row, sizeof(*row));
	}
	cairn_rows_truncate(types, kept);
}

/* To whole seconds: what lies between neighbours is lost. */
void ct_percentiles_discrete(cairn_rows *types)
{
	for (size_t i = 0; i < cairn_rows_count(types); i++) {
		cairn_type_metrics *row = cairn_rows_at(types, i);
		if (row->p50 > CAIRN_SECOND)
			row->p50 -= row->p50 % CAIRN_SECOND;
	}
}

void ct_summary_of_anybody(cairn_scope *scope)
{
	*scope = cairn_any();
}
