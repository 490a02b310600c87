/*
 * mutants_prune.c - mutants of the lines of jobs and of turns, and of pruning. (mutants_verbs.c: the other verbs)
 */
#include "mutant.h"

/* ---- logs ---------------------------------------------------------------------------------------------- */

static void log_any_fence(cairn_log_item *item)
{
	if (item->guard & CAIRN_GUARD_FENCE)
		item->fence = 1;
}

static void log_any_time(cairn_log_item *item)
{
	item->guard &= ~(uint32_t)CAIRN_GUARD_LIVE;
}

static void note_any(cairn_log_item *item)
{
	item->scope = cairn_any();
}

static void all_info(cairn_log_item *item)
{
	item->level = CAIRN_LOG_INFO;
}

static void no_data(cairn_log_item *item)
{
	item->data = (cairn_str){ NULL, 0 };
}

/* The last line of a batch is acknowledged and lost. */
static cairn_status lose_the_last(void *self, const cairn_log_item *items, size_t n,
				  enum cairn_hit *each, cairn_error *err)
{
	if (n < 2)
		return ct_real_ops()->jobs.log(self, items, n, each, err);
	each[n - 1] = CAIRN_HIT;
	return ct_real_ops()->jobs.log(self, items, n - 1, each, err);
}

/* ---- prune ------------------------------------------------------------------------------------------------ */

static void prune_young(cairn_prune_plan *plan)
{
	plan->age = 0;
}

static void prune_any_end(cairn_prune_plan *plan)
{
	plan->statuses = 1u << CAIRN_JOB_SUCCEEDED | 1u << CAIRN_JOB_DEAD_LETTERED |
			 1u << CAIRN_JOB_CANCELED;
}

static void prune_live(cairn_prune_plan *plan)
{
	plan->statuses |= 1u << CAIRN_JOB_LEASED | 1u << CAIRN_JOB_PENDING;
}

static void prune_over(cairn_prune_plan *plan)
{
	plan->limit = 10000;
}

static void prune_one_less(cairn_prune_plan *plan)
{
	if (plan->age > 0)
		plan->age++;
}

static void prune_scope(cairn_prune_plan *plan)
{
	plan->scope = cairn_any();
}

static void prune_type(cairn_prune_plan *plan)
{
	plan->type = (cairn_str){ NULL, 0 };
}

static void prune_queue(cairn_prune_plan *plan)
{
	plan->queue = (cairn_str){ NULL, 0 };
}

static void prune_for_ever(cairn_prune_plan *plan)
{
	if (plan->age < 0)
		plan->age = 365 * CAIRN_DAY;
}

static void prune_after_a_week(cairn_prune_plan *plan)
{
	if (plan->age < 0)
		plan->age = 7 * CAIRN_DAY;
}

static cairn_status prune_one_type_first(void *self, const cairn_prune_plan *plan, size_t *pruned,
					 cairn_error *err)
{
	cairn_prune_plan mine = *plan;
	if (mine.type.len == 0)
		mine.type = CAIRN_STR("a");
	cairn_status status = ct_real_ops()->jobs.prune(self, &mine, pruned, err);
	if (status != CAIRN_OK || *pruned > 0)
		return status;
	return ct_real_ops()->jobs.prune(self, plan, pruned, err);
}

/* With a clock a day ahead every canceled lease looks over; ages are measured as they are. */
static void prune_ahead(cairn_prune_plan *plan)
{
	if (plan->age >= 0)
		plan->age += CAIRN_DAY;
	else
		plan->age = 8 * CAIRN_DAY;
}

/* ---- turns -------------------------------------------------------------------------- */

static void swallow_lines(cairn_change_plan *plan)
{
	for (size_t i = 0; i < plan->line_count; i++)
		plan->line_hits[i] = CAIRN_HIT;
	plan->line_count = 0;
}

static cairn_status lines_last(void *self, const cairn_change_plan *plan, cairn_change_result *each,
			       cairn_rows *claimed, cairn_error *err)
{
	const cairn_job_ops *jobs = &ct_real_ops()->jobs;
	cairn_change_plan mine = *plan;
	mine.line_count = 0;
	cairn_status status = jobs->change(self, &mine, each, claimed, err);
	if (status == CAIRN_OK && plan->line_count)
		status = jobs->log(self, plan->lines, plan->line_count, plan->line_hits, err);
	return status;
}

static cairn_status claim_first(void *self, const cairn_change_plan *plan,
				cairn_change_result *each, cairn_rows *claimed, cairn_error *err)
{
	const cairn_job_ops *jobs = &ct_real_ops()->jobs;
	cairn_change_plan mine = *plan;
	cairn_status status = CAIRN_OK;
	mine.claim = NULL;
	if (plan->claim)
		status = jobs->claim(self, plan->claim, claimed, err);
	return status == CAIRN_OK ? jobs->change(self, &mine, each, NULL, err) : status;
}

static void all_lines_hit(cairn_change_plan *plan)
{
	for (size_t i = 0; i < plan->line_count; i++) {
		cairn_log_item *line = (cairn_log_item *)(uintptr_t)&plan->lines[i];
		line->guard = CAIRN_GUARD_SCOPE;
		line->scope = cairn_any();
	}
}

/* ---- the table --------------------------------------------------------------------- */

const ct_mutant ct_prune_mutants[] = {
	{ .name = "log_by_any_fence",
	  .rule = "lets whoever held the job first write to its log",
	  .cases = "jobs.*",
	  .log = log_any_fence },
	{ .name = "log_after_the_lease",
	  .rule = "takes lines under an expired lease",
	  .cases = "jobs.*",
	  .log = log_any_time },
	{ .name = "notes_out_of_scope",
	  .rule = "notes on another tenant's jobs",
	  .cases = "jobs.*",
	  .log = note_any },
	{ .name = "log_level_forgotten",
	  .rule = "writes every line as INFO",
	  .cases = "jobs.*",
	  .log = all_info },
	{ .name = "lines_of_a_turn_swallowed",
	  .rule = "acknowledges the lines of a turn and does not write them",
	  .cases = "jobs.*",
	  .change_plan = swallow_lines },
	{ .name = "lines_of_a_turn_last",
	  .rule = "writes the lines of a turn behind its ends",
	  .cases = "jobs.*",
	  .change_slot = lines_last },
	{ .name = "lines_of_a_turn_unguarded",
	  .rule = "writes the lines of a turn under any fence",
	  .cases = "jobs.*",
	  .change_plan = all_lines_hit },
	{ .name = "turn_claims_first",
	  .rule = "claims before the ends of a turn are written",
	  .cases = "jobs.*",
	  .change_slot = claim_first },
	{ .name = "log_data_forgotten",
	  .rule = "drops the data of a line",
	  .cases = "jobs.*",
	  .log = no_data },
	{ .name = "last_line_lost",
	  .rule = "acknowledges the last line of a batch and does not write it",
	  .cases = "jobs.*",
	  .log_slot = lose_the_last },
	{ .name = "young_jobs_pruned",
	  .rule = "deletes jobs that ended just now",
	  .cases = "jobs.*",
	  .prune = prune_young },
	{ .name = "other_ends_pruned",
	  .rule = "deletes ended jobs of every status",
	  .cases = "jobs.*",
	  .prune = prune_any_end },
	{ .name = "live_jobs_pruned",
	  .rule = "deletes jobs that have not ended",
	  .cases = "jobs.*",
	  .prune = prune_live },
	{ .name = "prune_limit_ignored",
	  .rule = "deletes more jobs than it may",
	  .cases = "jobs.*",
	  .prune = prune_over },
	{ .name = "pruned_one_tick_late",
	  .rule = "keeps a job in the microsecond in which it is old enough",
	  .cases = "jobs.*",
	  .prune = prune_one_less },
	{ .name = "prune_ignores_scope",
	  .rule = "deletes another tenant's jobs",
	  .cases = "jobs.*",
	  .prune = prune_scope },
	{ .name = "prune_ignores_type",
	  .rule = "deletes jobs of every type",
	  .cases = "jobs.*",
	  .prune = prune_type },
	{ .name = "prune_ignores_queue",
	  .rule = "deletes jobs of every queue",
	  .cases = "jobs.*",
	  .prune = prune_queue },
	{ .name = "retention_ignored",
	  .rule = "keeps successes for a year where a week was said",
	  .cases = "jobs.*",
	  .prune = prune_for_ever },
	{ .name = "retention_is_a_week",
	  .rule = "keeps every type's successes for a week, whatever its definition says now",
	  .cases = "jobs.*",
	  .prune = prune_after_a_week },
	{ .name = "types_pruned_in_turn",
	  .rule = "deletes one type's jobs before older ones of another",
	  .cases = "jobs.*",
	  .prune_slot = prune_one_type_first },
	{ .name = "prune_ignores_quiescence",
	  .rule = "deletes a canceled job while its worker may still run",
	  .cases = "jobs.*",
	  .prune = prune_ahead,
	  .prune_clock = CAIRN_DAY },
};

const size_t ct_prune_mutant_count = sizeof(ct_prune_mutants) / sizeof(ct_prune_mutants[0]);
