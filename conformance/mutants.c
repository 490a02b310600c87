/*
 * mutants.c - the table of mutants: each breaks one rule that some driver in the
 * world has broken. A rule without a mutant that a case kills is a rule nobody
 * tests. (docs/MUTANTS.md is printed from a run)
 */
#include "mutant.h"
#include "mutant_catalog.h"

/* ---- leases and fences ----------------------------------------------------------- */

static void drop_fence(cairn_change *c)
{
	c->guard &= ~(uint32_t)CAIRN_GUARD_FENCE;
}

static void drop_live(cairn_change *c)
{
	c->guard &= ~(uint32_t)CAIRN_GUARD_LIVE;
}

static void drop_live_of_heartbeats(cairn_change *c)
{
	if (c->set & CAIRN_SET_LEASE)
		drop_live(c);
}

static void one_fence_for_all(cairn_rows *jobs)
{
	for (size_t i = 0; i < cairn_rows_count(jobs); i++) {
		cairn_job *job = cairn_rows_at(jobs, i);
		job->fence = job->fence ? 1 : 0;
	}
}

static void accept_fence_one(cairn_change *c)
{
	if (c->fence == 1)
		drop_fence(c);
}

static void keep_holder(cairn_change *c)
{
	c->set &= ~(uint32_t)(CAIRN_CLEAR_HOLDER | CAIRN_CLEAR_LEASE);
}

static void no_lease(cairn_change *c)
{
	c->set &= ~(uint32_t)CAIRN_SET_LEASE;
}

/* ---- scopes ------------------------------------------------------------------------ */

static void drop_scope(cairn_change *c)
{
	c->guard &= ~(uint32_t)CAIRN_GUARD_SCOPE;
}

static void list_any(cairn_job_query *q)
{
	q->scope = cairn_any();
}

static void history_any(cairn_history_query *q)
{
	q->scope = cairn_any();
}

static void dead_any(cairn_dead_query *q)
{
	q->scope = cairn_any();
}

static void no_tenant(cairn_job_insert *job)
{
	job->tenant = (cairn_str){ NULL, 0 };
}

/* ---- transitions -------------------------------------------------------------------- */

static void from_anywhere(cairn_change *c)
{
	c->from = ~0u;
}

static void half_the_batch(cairn_change_plan *plan)
{
	if (plan->n > 1)
		plan->n /= 2;
}

static void all_hit(const cairn_change *c, cairn_change_result *result)
{
	(void)c;
	result->hit = CAIRN_HIT;
}

static void progress_hit(const cairn_change *c, cairn_change_result *result)
{
	(void)c;
	if (result->hit == CAIRN_MISS_PROGRESS)
		result->hit = CAIRN_HIT;
}

static void no_success_event(cairn_change *c)
{
	c->events &= ~(1u << CAIRN_EVENT_SUCCEEDED);
}

static void no_retry_event(cairn_change *c)
{
	c->events &= ~(1u << CAIRN_EVENT_RETRY_SCHEDULED);
}

static void no_attempt(cairn_change *c)
{
	c->ending = CAIRN_ENDING_NONE;
}

static void no_dead_letter(cairn_change *c)
{
	c->set &= ~(uint32_t)CAIRN_SET_DEAD;
}

static void no_output(cairn_change *c)
{
	c->set &= ~(uint32_t)CAIRN_SET_OUTPUT;
}

static void no_error(cairn_change *c)
{
	c->set &= ~(uint32_t)CAIRN_SET_ERROR;
}

static void no_checkpoint(cairn_change *c)
{
	c->set &= ~(uint32_t)CAIRN_SET_CHECKPOINT;
}

static void retry_at_once(cairn_change *c)
{
	if (c->set & CAIRN_SET_RUN_AT)
		c->run_after = 0;
}

static void forget_not_before(cairn_change *c)
{
	c->not_before = 0;
}

static void no_next_claim(cairn_change_plan *plan)
{
	plan->claim = NULL;
}

/* ---- claims --------------------------------------------------------------------------- */

static void any_type(cairn_claim_plan *plan)
{
	plan->types = NULL;
	plan->type_count = 0;
}

static void no_limit(cairn_claim_plan *plan)
{
	plan->limit = 1000;
}

static void no_leased_event(cairn_claim_plan *plan)
{
	plan->record = 0;
}

static void one_queue_claim(cairn_claim_plan *plan)
{
	plan->queue = CAIRN_STR("default");
}

static void one_queue_insert(cairn_job_insert *job)
{
	job->queue = CAIRN_STR("default");
}

static void reverse(cairn_rows *jobs)
{
	size_t n = cairn_rows_count(jobs);
	for (size_t i = 0; i < n / 2; i++) {
		cairn_job *a = cairn_rows_at(jobs, i);
		cairn_job *b = cairn_rows_at(jobs, n - 1 - i);
		cairn_job kept = *a;
		*a = *b;
		*b = kept;
	}
}

/* ---- enqueue and definitions ------------------------------------------------------------ */

static void no_key(cairn_job_insert *job)
{
	job->key = (cairn_str){ NULL, 0 };
	job->request = (cairn_str){ NULL, 0 };
}

static void any_request(const cairn_job_insert *job, cairn_job_inserted *result)
{
	memcpy(result->request_hash, job->request_hash, sizeof(result->request_hash));
}

static void due_now(cairn_job_insert *job)
{
	job->run_at = 0;
}

static void no_priority(cairn_job_insert *job)
{
	job->set &= ~CAIRN_JOB_PRIORITY;
}

static void no_owner(cairn_job_insert *job)
{
	job->owner = (cairn_str){ NULL, 0 };
}

static void no_enqueued_event(cairn_enqueue_plan *plan)
{
	plan->record = 0;
}

/* As a store does that parses documents and prints them again. */
static void squeeze_payload(cairn_job_insert *job)
{
	char *text = ct_alloc(job->payload.len + 1);
	size_t len = 0;
	bool quoted = false;
	for (size_t i = 0; i < job->payload.len; i++) {
		char c = job->payload.ptr[i];
		if (c == '"' && (i == 0 || job->payload.ptr[i - 1] != '\\'))
			quoted = !quoted;
		if (quoted || !strchr(" \t\r\n", c))
			text[len++] = c;
	}
	job->payload = (cairn_str){ text, len };
}

static void always_overwrite(cairn_define_plan *plan)
{
	if (plan->mode == CAIRN_DEFINE_IF_MISSING)
		plan->mode = CAIRN_DEFINE_UPSERT;
}

static void never_overwrite(cairn_define_plan *plan)
{
	if (plan->mode == CAIRN_DEFINE_UPSERT)
		plan->mode = CAIRN_DEFINE_IF_MISSING;
}

static void patch_everything(cairn_define_plan *plan)
{
	plan->patch = ~0u;
}

static void no_filter(cairn_definition_query *query)
{
	query->contains = (cairn_str){ NULL, 0 };
}

/* ---- reads --------------------------------------------------------------------------------- */

static void cursor_inclusive(cairn_job_query *q)
{
	if (cairn_id_is_none(q->after))
		return;
	for (size_t i = sizeof(q->after.bytes); i-- > 0;) {
		if (++q->after.bytes[i])
			break;
	}
}

static void history_inclusive(cairn_history_query *q)
{
	if (q->after > 0)
		q->after--;
}

static void every_status(cairn_job_query *q)
{
	q->statuses = ~0u;
}

static void every_type(cairn_job_query *q)
{
	q->type = (cairn_str){ NULL, 0 };
}

/* ---- reaping ----------------------------------------------------------------------------------- */

static void reap_all(cairn_reap_plan *plan)
{
	plan->limit = 1000;
}

static void reap_silently(cairn_reap_plan *plan)
{
	plan->events = 0;
}

static void reap_at_once(cairn_reap_plan *plan)
{
	plan->retry_delay = 0;
}

/* ---- transactions ---------------------------------------------------------------------------------- */

static cairn_status commit_nothing(void *self, uint32_t depth, cairn_error *err)
{
	return ct_real_ops()->conn.rollback(self, depth, err);
}

static cairn_status rollback_nothing(void *self, uint32_t depth, cairn_error *err)
{
	return ct_real_ops()->conn.commit(self, depth, err);
}

static cairn_status release_savepoints(void *self, uint32_t depth, cairn_error *err)
{
	if (depth > 0)
		return ct_real_ops()->conn.commit(self, depth, err);
	return ct_real_ops()->conn.rollback(self, depth, err);
}

/* ---- migrations -------------------------------------------------------------------------------------- */

static cairn_status lock_nothing(void *self, cairn_str line, cairn_usec wait, cairn_error *err)
{
	(void)self;
	(void)line;
	(void)wait;
	(void)err;
	return CAIRN_OK;
}

/* The script runs; its history row is taken away again. */
static cairn_status apply_unrecorded(void *self, const cairn_migration_step *step, cairn_error *err)
{
	cairn_status status = ct_real_ops()->migrations.apply(self, step, err);
	if (status != CAIRN_OK || step->direction != CAIRN_MIGRATE_UP)
		return status;
	cairn_migration_step undo = *step;
	undo.direction = CAIRN_MIGRATE_DOWN;
	undo.sql = (cairn_str){ "", 0 };
	return ct_real_ops()->migrations.apply(self, &undo, err);
}

/* Down only forgets: the history row goes, the schema stays. */
static cairn_status forget_only(void *self, const cairn_migration_step *step, cairn_error *err)
{
	cairn_migration_step mine = *step;
	if (step->direction == CAIRN_MIGRATE_DOWN)
		mine.sql = (cairn_str){ "", 0 };
	return ct_real_ops()->migrations.apply(self, &mine, err);
}

static cairn_status gate_is_open(void *self, cairn_str sql, int64_t *count, cairn_error *err)
{
	cairn_status status = ct_real_ops()->migrations.gate(self, sql, count, err);
	*count = 0;
	return status;
}

static cairn_status every_script_succeeded(void *self, cairn_str line, int *exists,
					   cairn_rows *rows, cairn_error *err)
{
	cairn_status status = ct_real_ops()->migrations.history(self, line, exists, rows, err);
	for (size_t i = 0; i < cairn_rows_count(rows); i++)
		((cairn_history *)cairn_rows_at(rows, i))->success = 1;
	return status;
}

/* All lines in one table, told apart by nobody. */
static cairn_status one_line_for_all(void *self, const cairn_migration_step *step, cairn_error *err)
{
	cairn_migration_step mine = *step;
	mine.line = CAIRN_STR("cairn");
	return ct_real_ops()->migrations.apply(self, &mine, err);
}

static cairn_status see_no_drift(void *self, const cairn_str *scripts, size_t n, cairn_rows *rows,
				 cairn_error *err)
{
	cairn_status status = ct_real_ops()->migrations.describe(self, scripts, n, rows, err);
	cairn_rows_truncate(rows, 0);
	return status;
}

/* ---- the table ------------------------------------------------------------------------------------------ */

const ct_mutant ct_mutants[] = {
	{ .name = "id_only_finish",
	  .rule = "changes a job by its id alone, whatever the fence",
	  .cases = "jobs.*",
	  .change = drop_fence },
	{ .name = "expired_lease_may_write",
	  .rule = "does not look whether a lease is still live",
	  .cases = "jobs.*",
	  .change = drop_live },
	{ .name = "expired_lease_may_heartbeat",
	  .rule = "revives an expired lease by a heartbeat",
	  .cases = "jobs.*",
	  .change = drop_live_of_heartbeats },
	{ .name = "fence_never_grows",
	  .rule = "hands out fence 1 with every claim and accepts it",
	  .cases = "jobs.*",
	  .claimed = one_fence_for_all,
	  .listed = one_fence_for_all,
	  .change = accept_fence_one },
	{ .name = "lease_kept_after_the_end",
	  .rule = "leaves worker and lease on a job that has ended",
	  .cases = "jobs.*",
	  .change = keep_holder },
	{ .name = "heartbeat_not_written",
	  .rule = "accepts heartbeats and does not extend the lease",
	  .cases = "jobs.*",
	  .change = no_lease },
	{ .name = "scope_ignored_by_changes",
	  .rule = "lets one tenant cancel another's jobs",
	  .cases = "jobs.*",
	  .change = drop_scope },
	{ .name = "scope_ignored_by_lists",
	  .rule = "reads jobs of every tenant",
	  .cases = "jobs.*",
	  .list = list_any },
	{ .name = "scope_ignored_by_histories",
	  .rule = "reads attempts and events of every tenant",
	  .cases = "jobs.*",
	  .history = history_any },
	{ .name = "scope_ignored_by_dead_letters",
	  .rule = "reads dead letters of every tenant",
	  .cases = "jobs.*",
	  .dead = dead_any },
	{ .name = "tenant_not_stored",
	  .rule = "stores every job as a global one",
	  .cases = "jobs.*",
	  .insert = no_tenant },
	{ .name = "any_status_may_change",
	  .rule = "cancels and finishes jobs in any status",
	  .cases = "jobs.*",
	  .change = from_anywhere },
	{ .name = "batch_not_atomic",
	  .rule = "stops half-way through a batch and reports success",
	  .cases = "jobs.*",
	  .change_plan = half_the_batch,
	  .changed = all_hit },
	{ .name = "refusals_reported_as_done",
	  .rule = "answers that a refused change was made",
	  .cases = "jobs.*",
	  .changed = all_hit },
	{ .name = "progress_refusal_reported_as_done",
	  .rule = "answers that impossible progress was written",
	  .cases = "jobs.*",
	  .changed = progress_hit },
	{ .name = "success_event_lost",
	  .rule = "writes no SUCCEEDED event",
	  .cases = "jobs.*",
	  .change = no_success_event },
	{ .name = "retry_event_lost",
	  .rule = "writes no RETRY_SCHEDULED event",
	  .cases = "jobs.*",
	  .change = no_retry_event },
	{ .name = "leased_event_lost",
	  .rule = "writes no LEASED event",
	  .cases = "jobs.*",
	  .claim = no_leased_event },
	{ .name = "enqueued_event_lost",
	  .rule = "writes no ENQUEUED event",
	  .cases = "jobs.*",
	  .enqueue = no_enqueued_event },
	{ .name = "attempt_not_written",
	  .rule = "forgets attempts when they end",
	  .cases = "jobs.*",
	  .change = no_attempt },
	{ .name = "dead_letter_not_written",
	  .rule = "dead-letters a job without writing the dead letter",
	  .cases = "jobs.*",
	  .change = no_dead_letter },
	{ .name = "output_not_written",
	  .rule = "drops the output of a success",
	  .cases = "jobs.*",
	  .change = no_output },
	{ .name = "error_not_written",
	  .rule = "drops the error of a failure",
	  .cases = "jobs.*",
	  .change = no_error },
	{ .name = "checkpoint_not_written",
	  .rule = "drops the checkpoint that came with an ending",
	  .cases = "jobs.*",
	  .change = no_checkpoint },
	{ .name = "retry_without_delay",
	  .rule = "retries at once instead of after the policy's delay",
	  .cases = "jobs.*",
	  .change = retry_at_once },
	{ .name = "not_before_forgotten",
	  .rule = "ignores a handler's wish for a later retry",
	  .cases = "jobs.*",
	  .change = forget_not_before },
	{ .name = "next_claim_dropped",
	  .rule = "finishes and does not claim the next",
	  .cases = "jobs.*",
	  .change_plan = no_next_claim },
	{ .name = "claim_order_ignored",
	  .rule = "answers claimed jobs in another order than the queue's",
	  .cases = "jobs.*",
	  .claimed = reverse },
	{ .name = "priority_ignored",
	  .rule = "gives every job its definition's priority",
	  .cases = "jobs.*",
	  .insert = no_priority },
	{ .name = "types_ignored",
	  .rule = "claims jobs of types that were not asked for",
	  .cases = "jobs.*",
	  .claim = any_type },
	{ .name = "claim_limit_ignored",
	  .rule = "claims more jobs than it may",
	  .cases = "jobs.*",
	  .claim = no_limit },
	{ .name = "queues_ignored",
	  .rule = "keeps every job in one queue",
	  .cases = "jobs.*",
	  .claim = one_queue_claim,
	  .insert = one_queue_insert },
	{ .name = "owner_ignored",
	  .rule = "lets anybody claim a job that is pinned to an owner",
	  .cases = "jobs.*",
	  .insert = no_owner },
	{ .name = "future_jobs_claimed",
	  .rule = "makes every job due at once",
	  .cases = "jobs.*",
	  .insert = due_now },
	{ .name = "claim_by_another_clock",
	  .rule = "claims by a clock that is an hour ahead of the installed one",
	  .cases = "jobs.*",
	  .claim_clock = CAIRN_HOUR },
	{ .name = "change_by_another_clock",
	  .rule = "tests and stamps changes by a clock a minute behind the installed one",
	  .cases = "jobs.*",
	  .change_clock = -CAIRN_MINUTE },
	{ .name = "unexpired_leases_reaped",
	  .rule = "reaps leases that have not expired",
	  .cases = "jobs.*",
	  .reap_clock = CAIRN_HOUR },
	{ .name = "lease_expires_one_tick_early",
	  .rule = "reaps a lease in the microsecond in which it expires",
	  .cases = "jobs.*",
	  .reap_clock = 1 },
	{ .name = "reap_limit_ignored",
	  .rule = "reaps more leases than it may",
	  .cases = "jobs.*",
	  .reap = reap_all },
	{ .name = "reap_without_events",
	  .rule = "reaps without writing events",
	  .cases = "jobs.*",
	  .reap = reap_silently },
	{ .name = "reap_without_delay",
	  .rule = "makes reaped jobs due at once, whatever delay was asked for",
	  .cases = "jobs.*",
	  .reap = reap_at_once },
	{ .name = "key_not_unique",
	  .rule = "inserts a keyed job twice",
	  .cases = "jobs.*",
	  .insert = no_key },
	{ .name = "request_not_compared",
	  .rule = "answers EXISTING for a key with another request",
	  .cases = "jobs.*",
	  .inserted = any_request },
	{ .name = "payload_reformatted",
	  .rule = "parses documents and prints them again",
	  .cases = "*",
	  .insert = squeeze_payload },
	{ .name = "if_missing_overwrites",
	  .rule = "overwrites a definition that was only to be there",
	  .cases = "jobs.*",
	  .define = always_overwrite },
	{ .name = "define_never_overwrites",
	  .rule = "keeps the old definition",
	  .cases = "jobs.*",
	  .define = never_overwrite },
	{ .name = "patch_writes_everything",
	  .rule = "writes fields that a patch does not name",
	  .cases = "jobs.*",
	  .define = patch_everything },
	{ .name = "definition_filter_ignored",
	  .rule = "lists definitions that do not contain the text",
	  .cases = "jobs.*",
	  .definitions = no_filter },
	{ .name = "cursor_inclusive",
	  .rule = "repeats the last row of a page on the next",
	  .cases = "jobs.*",
	  .list = cursor_inclusive },
	{ .name = "history_cursor_inclusive",
	  .rule = "repeats the last attempt or event of a page on the next",
	  .cases = "jobs.*",
	  .history = history_inclusive },
	{ .name = "status_filter_ignored",
	  .rule = "lists jobs of every status",
	  .cases = "jobs.*",
	  .list = every_status },
	{ .name = "type_filter_ignored",
	  .rule = "lists jobs of every type",
	  .cases = "jobs.*",
	  .list = every_type },
	{ .name = "commit_loses_the_work",
	  .rule = "acknowledges a commit and rolls back",
	  .cases = "*",
	  .commit = commit_nothing },
	{ .name = "rollback_keeps_the_work",
	  .rule = "commits where it should roll back",
	  .cases = "*",
	  .rollback = rollback_nothing },
	{ .name = "savepoint_keeps_the_work",
	  .rule = "releases a savepoint where it should roll back to it",
	  .cases = "*",
	  .rollback = release_savepoints },
	{ .name = "migration_lock_not_taken",
	  .rule = "migrates without the line's lock",
	  .cases = "migrations.*",
	  .lock = lock_nothing },
	{ .name = "migration_not_recorded",
	  .rule = "runs a script without a history row",
	  .cases = "migrations.*",
	  .apply = apply_unrecorded },
	{ .name = "down_only_forgets",
	  .rule = "removes a history row and leaves the schema",
	  .cases = "migrations.*",
	  .apply = forget_only },
	{ .name = "dirty_not_noticed",
	  .rule = "reads every recorded migration as successful",
	  .cases = "migrations.*",
	  .migrated = every_script_succeeded },
	{ .name = "lines_mixed_up",
	  .rule = "records every line's migrations under one name",
	  .cases = "migrations.*",
	  .apply = one_line_for_all },
	{ .name = "gates_always_open",
	  .rule = "reads every gate as zero",
	  .cases = "migrations.*",
	  .gate = gate_is_open },
	{ .name = "drift_not_seen",
	  .rule = "compares nothing with nothing",
	  .cases = "migrations.*",
	  .describe = see_no_drift },
	{ .name = "sync_forgets_absent",
	  .rule = "leaves types enabled that an exact catalog lacks",
	  .cases = "jobs.sync.*",
	  .define = ct_sync_forgets_absent },
	{ .name = "sync_reports_nothing",
	  .rule = "disables types and does not say so",
	  .cases = "jobs.sync.*",
	  .define = ct_sync_reports_nothing },
	{ .name = "sync_lifts_pauses",
	  .rule = "enables what an operator disabled",
	  .cases = "jobs.sync.*",
	  .define = ct_sync_lifts_pauses },
	{ .name = "patch_keeps_overrides",
	  .rule = "does not patch the policies for single codes",
	  .cases = "jobs.*",
	  .define = ct_patch_keeps_overrides },
	{ .name = "claims_without_hints",
	  .rule = "hides that a type has policies for single codes",
	  .cases = "jobs.*",
	  .claimed = ct_no_hints },
	{ .name = "keyed_jobs_unkept",
	  .rule = "lets keyed jobs be deleted as they succeed",
	  .cases = "jobs.*",
	  .claimed = ct_keyed_jobs_unkept },
	{ .name = "unkept_is_unknown",
	  .rule = "says of a key that can't be kept that its type is unknown",
	  .cases = "jobs.*",
	  .inserted = ct_unkept_is_unknown },
	{ .name = "config_always_replaced",
	  .rule = "overwrites a config that was only to be there",
	  .cases = "configs.*",
	  .config_put = ct_configs_always_replaced },
	{ .name = "config_type_ignored",
	  .rule = "reads any type's config",
	  .cases = "configs.*",
	  .configs = ct_config_type_ignored },
	{ .name = "metrics_of_anybody",
	  .rule = "counts every tenant's jobs",
	  .cases = "metrics.*",
	  .metrics = ct_metrics_of_anybody },
	{ .name = "metrics_of_all_time",
	  .rule = "counts beyond the window",
	  .cases = "metrics.*",
	  .metrics = ct_metrics_of_all_time },
	{ .name = "metrics_without_zeros",
	  .rule = "leaves out types without jobs",
	  .cases = "metrics.*",
	  .measured = ct_metrics_without_zeros },
	{ .name = "percentiles_discrete",
	  .rule = "rounds percentiles down",
	  .cases = "metrics.*",
	  .measured = ct_percentiles_discrete },
	{ .name = "summary_of_anybody",
	  .rule = "sums up every tenant's jobs",
	  .cases = "metrics.*",
	  .summary = ct_summary_of_anybody },
};

const size_t ct_mutant_count = sizeof(ct_mutants) / sizeof(ct_mutants[0]);
