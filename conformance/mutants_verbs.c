/*
 * mutants_verbs.c - mutants of the verbs beyond claim and finish: progress, continuation, snooze,
 * release, requeue, replay, adoption, edits. (mutants_prune.c: logs, turns, pruning; mutants.c: the others)
 */
#include "mutant.h"

#define LEASED_BIT (1u << CAIRN_JOB_LEASED)
#define STATE	   (uint32_t)(CAIRN_SET_DONE | CAIRN_SET_TOTAL | CAIRN_SET_CHECKPOINT)

/* ---- which verb a change is --------------------------------------------------------- */

static bool is_report(const cairn_change *c)
{
	return c->to == CAIRN_JOB_LEASED && (c->set & ~(uint32_t)CAIRN_SET_LEASE) != 0;
}

static bool is_requeue(const cairn_change *c)
{
	return (c->set & CAIRN_SET_RUN) && !(c->from & LEASED_BIT);
}

static bool is_edit(const cairn_change *c)
{
	return c->from == 1u << CAIRN_JOB_PENDING;
}

/* ---- progress ------------------------------------------------------------------------- */

static void forget_the_rest(cairn_change *c)
{
	if (is_report(c) && (c->set & STATE))
		c->set |= CAIRN_CLEAR_STATE;
}

/* What was refused is written again, with a total that lets it pass. */
static cairn_status make_it_fit(void *self, const cairn_change_plan *plan,
				cairn_change_result *each, cairn_rows *claimed, cairn_error *err)
{
	const cairn_job_ops *real = &ct_real_ops()->jobs;
	cairn_status status = real->change(self, plan, each, claimed, err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (each[i].hit != CAIRN_MISS_PROGRESS)
			continue;
		cairn_change again = plan->changes[i];
		again.progress_total = INT64_MAX;
		if (!(again.set & CAIRN_SET_TOTAL))
			again.set |= CAIRN_SET_TOTAL;
		cairn_change_plan one = { .changes = &again, .n = 1 };
		status = real->change(self, &one, &each[i], NULL, err);
	}
	return status;
}

static void no_progress_event(cairn_change *c)
{
	c->events &= ~(1u << CAIRN_EVENT_PROGRESS);
}

static void no_stage_event(cairn_change *c)
{
	c->events &= ~(1u << CAIRN_EVENT_STAGE_CHANGED);
}

static void checkpoint_event(cairn_change *c)
{
	if (is_report(c) && (c->set & CAIRN_SET_CHECKPOINT))
		c->events |= 1u << CAIRN_EVENT_PROGRESS;
}

static void no_mark(cairn_change *c)
{
	c->set &= ~(uint32_t)CAIRN_SET_MARK;
}

static void any_stage_marks(cairn_change *c)
{
	if (is_report(c) && (c->set & CAIRN_SET_STAGE))
		c->set |= CAIRN_SET_MARK;
}

static void reports_mark(cairn_change *c)
{
	if (is_report(c))
		c->set |= CAIRN_SET_MARK;
}

/* Some jobs of the case, with a time each. */
static struct {
	cairn_id id;
	cairn_time at;
} noted[256];

static size_t noted_count;

static cairn_time *time_noted(cairn_id id, bool add)
{
	for (size_t i = 0; i < noted_count; i++) {
		if (cairn_id_compare(noted[i].id, id) == 0)
			return &noted[i].at;
	}
	if (!add || noted_count == sizeof(noted) / sizeof(noted[0]))
		return NULL;
	noted[noted_count].id = id;
	return &noted[noted_count++].at;
}

static void note_mark(cairn_change *c)
{
	cairn_time *at = c->set & CAIRN_SET_MARK ? time_noted(c->id, true) : NULL;
	if (at)
		*at = ct_now();
}

static void newest_mark(cairn_rows *jobs)
{
	for (size_t i = 0; i < cairn_rows_count(jobs); i++) {
		cairn_job *job = cairn_rows_at(jobs, i);
		const cairn_time *at = time_noted(job->id, false);
		if (at && job->execution_started_at)
			job->execution_started_at = *at;
	}
}

static void no_extension(cairn_change *c)
{
	if (is_report(c))
		c->set &= ~(uint32_t)CAIRN_SET_LEASE;
}

/* ---- continuation, snooze, release ------------------------------------------------------ */

static void same_run(cairn_change *c)
{
	if (c->ending == CAIRN_ENDING_CONTINUED)
		c->set &= ~(uint32_t)CAIRN_SET_RUN;
}

static void forget_state(cairn_change *c)
{
	if (c->ending == CAIRN_ENDING_CONTINUED && !(c->set & STATE))
		c->set |= CAIRN_CLEAR_STATE;
}

static void due_at_once(cairn_change *c)
{
	if (c->ending == CAIRN_ENDING_CONTINUED || c->ending == CAIRN_ENDING_SNOOZED)
		c->run_after = 0;
}

static void keep_stage(cairn_change *c)
{
	if (c->ending == CAIRN_ENDING_CONTINUED)
		c->set &= ~(uint32_t)CAIRN_SET_STAGE;
}

static void snooze_counts(cairn_change *c)
{
	if (c->ending == CAIRN_ENDING_SNOOZED)
		c->set &= ~(uint32_t)CAIRN_GIVE_BACK;
}

static void release_counts(cairn_change *c)
{
	if (c->ending == CAIRN_ENDING_RELEASED)
		c->set &= ~(uint32_t)CAIRN_GIVE_BACK;
}

static void release_anything(cairn_change *c)
{
	c->guard &= ~(uint32_t)CAIRN_GUARD_UNSTARTED;
}

static void release_while_live(cairn_change *c)
{
	if (c->ending == CAIRN_ENDING_RELEASED)
		c->guard |= CAIRN_GUARD_LIVE;
}

static void not_ahead(cairn_claim_plan *plan)
{
	plan->prestart = 0;
}

static void no_requeued_event(cairn_change *c)
{
	c->events &= ~(1u << CAIRN_EVENT_REQUEUED);
}

/* ---- the attempt's number as fence ---------------------------------------------------------- */

/* What was claimed last, by job. */
static struct {
	cairn_id id;
	int64_t attempt;
	int64_t fence;
} claims[256];

static size_t claim_count;

static void attempt_for_fence(cairn_rows *jobs)
{
	for (size_t i = 0; i < cairn_rows_count(jobs); i++) {
		cairn_job *job = cairn_rows_at(jobs, i);
		size_t at = 0;
		while (at < claim_count && cairn_id_compare(claims[at].id, job->id) != 0)
			at++;
		if (at == sizeof(claims) / sizeof(claims[0]))
			continue;
		claim_count += at == claim_count;
		claims[at].id = job->id;
		claims[at].attempt = job->attempt;
		claims[at].fence = job->fence;
		job->fence = job->attempt;
	}
}

static int64_t fence_behind(cairn_id id, int64_t attempt)
{
	for (size_t i = 0; i < claim_count; i++) {
		if (cairn_id_compare(claims[i].id, id) == 0 && claims[i].attempt == attempt)
			return claims[i].fence;
	}
	return -1;
}

static void guard_by_attempt(cairn_change *c)
{
	if (c->guard & CAIRN_GUARD_FENCE)
		c->fence = fence_behind(c->id, c->fence);
}

static void log_by_attempt(cairn_log_item *item)
{
	if (item->guard & CAIRN_GUARD_FENCE)
		item->fence = fence_behind(item->id, item->fence);
}

/* ---- requeue, adoption, edits ------------------------------------------------------------------ */

static void any_run(cairn_change *c)
{
	c->guard &= ~(uint32_t)CAIRN_GUARD_RUN;
}

static void any_end(cairn_change *c)
{
	if (is_requeue(c))
		c->from = 1u << CAIRN_JOB_DEAD_LETTERED | 1u << CAIRN_JOB_CANCELED;
}

static void requeue_unquiet(cairn_change *c)
{
	if (is_requeue(c))
		c->guard &= ~(uint32_t)CAIRN_GUARD_QUIET;
}

static void always_reset(cairn_change *c)
{
	if (is_requeue(c))
		c->set |= CAIRN_CLEAR_STATE;
}

static void never_reset(cairn_change *c)
{
	c->set &= ~(uint32_t)CAIRN_CLEAR_STATE;
}

static void adopt_live(cairn_change *c)
{
	if (c->set & CAIRN_SET_OWNER)
		c->guard &= ~(uint32_t)CAIRN_GUARD_QUIET;
}

static void edit_keyed(cairn_change *c)
{
	c->guard &= ~(uint32_t)CAIRN_GUARD_UNKEYED;
}

static void edit_leased(cairn_change *c)
{
	if (!is_edit(c))
		return;
	c->from |= LEASED_BIT;
	c->to = 0;
}

static void edit_blindly(cairn_change *c)
{
	c->guard &= ~(uint32_t)CAIRN_GUARD_UNCHANGED;
}

/* ---- retention ------------------------------------------------------------------------------------ */

static void keep_all(cairn_change *c)
{
	if (!(c->set & CAIRN_DELETE))
		return;
	c->set &= ~(uint32_t)CAIRN_DELETE;
	c->set |= CAIRN_SET_FINISHED;
}

static void delete_all(cairn_change *c)
{
	if (c->to == CAIRN_JOB_SUCCEEDED)
		c->set |= CAIRN_DELETE;
}

static void delete_failures(cairn_change *c)
{
	if (c->to == CAIRN_JOB_DEAD_LETTERED)
		c->set |= CAIRN_DELETE;
}

static void note_deletion(cairn_change *c)
{
	if (c->set & CAIRN_DELETE)
		time_noted(c->id, true);
}

static void still_found(const cairn_history_query *query, int *found)
{
	if (time_noted(query->job, false))
		*found = 1;
}

/* ---- replay ------------------------------------------------------------------------------------------ */

static void key_of_its_own(cairn_rerun_item *item)
{
	item->key = cairn_str_of(ct_format("own-%u", ct_number()));
}

static void any_reason(const cairn_rerun_item *item, cairn_rerun_done *result)
{
	(void)item;
	if (result->result == CAIRN_RERUN_CONFLICT)
		result->result = CAIRN_RERUN_EXISTS;
}

static void note_replay(const cairn_rerun_item *item, cairn_rerun_done *result)
{
	(void)item;
	if (result->result == CAIRN_RERUN_DONE)
		time_noted(result->id, true);
}

static void with_key(cairn_rows *jobs)
{
	for (size_t i = 0; i < cairn_rows_count(jobs); i++) {
		cairn_job *job = cairn_rows_at(jobs, i);
		if (time_noted(job->id, false))
			job->key = CAIRN_STR("k");
	}
}

static void replay_any(cairn_rerun_plan *plan)
{
	plan->scope = cairn_any();
}

static void replay_silently(cairn_rerun_plan *plan)
{
	plan->record = 0;
}

static void new_every_time(const cairn_rerun_item *item, cairn_rerun_done *result)
{
	(void)item;
	if (result->result == CAIRN_RERUN_EXISTS)
		result->result = CAIRN_RERUN_DONE;
}

/* ---- the table --------------------------------------------------------------------------------------------- */

const ct_mutant ct_verb_mutants[] = {
	{ .name = "progress_not_merged",
	  .rule = "clears what a report leaves out",
	  .cases = "jobs.*",
	  .change = forget_the_rest },
	{ .name = "progress_made_to_fit",
	  .rule = "raises the total where more is done than there is, instead of refusing",
	  .cases = "jobs.*",
	  .change_slot = make_it_fit },
	{ .name = "progress_event_lost",
	  .rule = "writes no PROGRESS event",
	  .cases = "jobs.*",
	  .change = no_progress_event },
	{ .name = "stage_event_lost",
	  .rule = "writes no STAGE_CHANGED event",
	  .cases = "jobs.*",
	  .change = no_stage_event },
	{ .name = "checkpoint_writes_an_event",
	  .rule = "writes an event for each checkpoint",
	  .cases = "jobs.*",
	  .change = checkpoint_event },
	{ .name = "mark_not_written",
	  .rule = "does not mark an attempt as started",
	  .cases = "jobs.*",
	  .change = no_mark },
	{ .name = "mark_written_twice",
	  .rule = "moves the mark of having started with every report of running",
	  .cases = "jobs.*",
	  .change = note_mark,
	  .listed = newest_mark },
	{ .name = "any_stage_is_the_mark",
	  .rule = "marks an attempt as started by any stage",
	  .cases = "jobs.*",
	  .change = any_stage_marks },
	{ .name = "any_report_is_the_mark",
	  .rule = "marks an attempt as started by any report",
	  .cases = "jobs.*",
	  .change = reports_mark },
	{ .name = "reports_do_not_extend",
	  .rule = "accepts a report's longer lease and does not write it",
	  .cases = "jobs.*",
	  .change = no_extension },
	{ .name = "continuation_keeps_run_and_attempt",
	  .rule = "continues a job as if it were a retry",
	  .cases = "jobs.*",
	  .change = same_run },
	{ .name = "continuation_forgets_progress",
	  .rule = "clears progress and checkpoint when a job continues",
	  .cases = "jobs.*",
	  .change = forget_state },
	{ .name = "continuation_without_delay",
	  .rule = "makes continued and snoozed jobs due at once",
	  .cases = "jobs.*",
	  .change = due_at_once },
	{ .name = "continuation_keeps_the_stage",
	  .rule = "leaves the stage of the attempt before on a continued job",
	  .cases = "jobs.*",
	  .change = keep_stage },
	{ .name = "snooze_keeps_the_attempt",
	  .rule = "counts a snooze as an attempt",
	  .cases = "jobs.*",
	  .change = snooze_counts },
	{ .name = "release_keeps_the_attempt",
	  .rule = "counts a release as an attempt",
	  .cases = "jobs.*",
	  .change = release_counts },
	{ .name = "started_jobs_released",
	  .rule = "releases jobs that have started or were never claimed ahead",
	  .cases = "jobs.*",
	  .change = release_anything },
	{ .name = "release_needs_a_live_lease",
	  .rule = "refuses to release an unstarted job whose lease has expired",
	  .cases = "jobs.*",
	  .change = release_while_live },
	{ .name = "prestart_not_written",
	  .rule = "claims ahead as it claims for execution",
	  .cases = "jobs.*",
	  .claim = not_ahead },
	{ .name = "attempt_number_as_fence",
	  .rule = "hands out the attempt's number as the fence: it comes again after a snooze, a "
		  "release, in the next run",
	  .cases = "jobs.*",
	  .claimed = attempt_for_fence,
	  .change = guard_by_attempt,
	  .log = log_by_attempt },
	{ .name = "requeued_event_lost",
	  .rule = "writes no REQUEUED event",
	  .cases = "jobs.*",
	  .change = no_requeued_event },
	{ .name = "requeue_ignores_run",
	  .rule = "requeues a job in another run than was seen",
	  .cases = "jobs.*",
	  .change = any_run },
	{ .name = "requeue_ignores_status",
	  .rule = "requeues a job in another status than was seen",
	  .cases = "jobs.*",
	  .change = any_end },
	{ .name = "requeue_ignores_quiescence",
	  .rule = "requeues a canceled job while its worker may still run",
	  .cases = "jobs.*",
	  .change = requeue_unquiet },
	{ .name = "requeue_resets_state",
	  .rule = "clears progress and checkpoint though they should stay",
	  .cases = "jobs.*",
	  .change = always_reset },
	{ .name = "requeue_never_resets",
	  .rule = "keeps progress and checkpoint though a reset was asked for",
	  .cases = "jobs.*",
	  .change = never_reset },
	{ .name = "live_jobs_adopted",
	  .rule = "moves a job while its lease runs",
	  .cases = "jobs.*",
	  .change = adopt_live },
	{ .name = "keyed_payload_edited",
	  .rule = "edits what a key promised",
	  .cases = "jobs.*",
	  .change = edit_keyed },
	{ .name = "leased_jobs_edited",
	  .rule = "edits a job while somebody works on it",
	  .cases = "jobs.*",
	  .change = edit_leased },
	{ .name = "edit_ignores_other_edits",
	  .rule = "edits a job that was changed since it was read",
	  .cases = "jobs.*",
	  .change = edit_blindly },
	{ .name = "success_deletes_nothing",
	  .rule = "keeps jobs of types that retain nothing",
	  .cases = "jobs.*",
	  .change = keep_all },
	{ .name = "deletion_leaves_events",
	  .rule = "deletes a job when it succeeds and leaves its timeline",
	  .cases = "jobs.*",
	  .change = note_deletion,
	  .found = still_found },
	{ .name = "every_success_deletes",
	  .rule = "deletes every job that succeeds",
	  .cases = "jobs.*",
	  .change = delete_all },
	{ .name = "dead_letters_deleted",
	  .rule = "deletes jobs that are dead-lettered",
	  .cases = "jobs.*",
	  .change = delete_failures },
	{ .name = "replay_ignores_key",
	  .rule = "makes a new job for each repetition of a replay",
	  .cases = "jobs.*",
	  .replay_item = key_of_its_own },
	{ .name = "replay_copies_the_key",
	  .rule = "gives a replay the key of its source",
	  .cases = "jobs.*",
	  .replayed = note_replay,
	  .listed = with_key },
	{ .name = "replay_ignores_reason",
	  .rule = "answers EXISTING for a replay with another reason",
	  .cases = "jobs.*",
	  .replayed = any_reason },
	{ .name = "replay_ignores_scope",
	  .rule = "replays another tenant's jobs",
	  .cases = "jobs.*",
	  .replay = replay_any },
	{ .name = "replay_event_lost",
	  .rule = "writes no ENQUEUED event for a replay",
	  .cases = "jobs.*",
	  .replay = replay_silently },
	{ .name = "replay_always_inserted",
	  .rule = "tells that a replay that was there has been made",
	  .cases = "jobs.*",
	  .replayed = new_every_time },
};

const size_t ct_verb_mutant_count = sizeof(ct_verb_mutants) / sizeof(ct_verb_mutants[0]);
