/* mutant_catalog.h - how the catalog's rules are broken; the table is in mutants.c. */
#ifndef CT_MUTANT_CATALOG_H
#define CT_MUTANT_CATALOG_H

#include "mutant.h"

void ct_sync_forgets_absent(cairn_define_plan *plan);
void ct_sync_reports_nothing(cairn_define_plan *plan);
void ct_sync_lifts_pauses(cairn_define_plan *plan);
void ct_patch_keeps_overrides(cairn_define_plan *plan);
void ct_no_hints(cairn_rows *jobs);
void ct_keyed_jobs_unkept(cairn_rows *jobs);
void ct_unkept_is_unknown(const cairn_job_insert *job, cairn_job_inserted *result);
void ct_configs_always_replaced(cairn_config_plan *plan);
void ct_config_type_ignored(cairn_config_query *query);
void ct_metrics_of_anybody(cairn_metrics_query *query);
void ct_metrics_of_all_time(cairn_metrics_query *query);
void ct_metrics_without_zeros(cairn_rows *types);
void ct_percentiles_discrete(cairn_rows *types);
void ct_summary_of_anybody(cairn_scope *scope);

#endif
