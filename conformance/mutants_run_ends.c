/* mutants_run_ends.c - the mutants of what follows from the end of a step. (mutants.c: the others) */
#include <stdlib.h>

#include "mutant.h"

#define RUNS  .cases = "runs.*"
#define BLANK ((cairn_str){ NULL, 0 })

/* ---- edges ------------------------------------------------------------------------ */

static void one_is_enough(cairn_step_insert *step)
{
	if (step->pending > 1)
		step->pending--;
}

static void one_too_many(cairn_step_insert *step)
{
	if (step->pending > 1)
		step->pending++;
}

static void success_is_nothing(cairn_edge_insert *edge)
{
	edge->mode = CAIRN_RELEASE_ON_TERMINAL;
}

static void all_want_success(cairn_edge_insert *edge)
{
	edge->mode = CAIRN_RELEASE_ON_SUCCESS;
}

/* Each step that waits for several gets a job more, as if it had been released by two of them. */
static void twins(void *self, const cairn_run_plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		const cairn_step_insert *step = &plan->steps[i];
		cairn_job_insert twin = { .id = cairn_id_new(),
					  .queue = CAIRN_STR("twins"),
					  .type = step->type,
					  .payload = step->payload,
					  .stage = CAIRN_STR("queued") };
		cairn_enqueue_plan jobs = { .jobs = &twin, .n = 1 };
		cairn_job_inserted each;
		cairn_error err = CAIRN_ERROR_INIT;
		if (step->kind == CAIRN_STEP_JOB && step->prerequisites > 1 &&
		    ct_real_ops()->jobs.enqueue(self, &jobs, &each, &err) != CAIRN_OK)
			ct_note("no twin");
	}
}

static void go_on_regardless(cairn_run_insert *run, cairn_step_insert *steps)
{
	(void)steps;
	run->on_failure = CAIRN_ON_FAILURE_CONTINUE;
}

static void all_fast(cairn_run_insert *run, cairn_step_insert *steps)
{
	(void)steps;
	run->on_failure = CAIRN_ON_FAILURE_FAIL_FAST;
}

static void no_active_key(cairn_run_insert *run, cairn_step_insert *steps)
{
	(void)steps;
	run->active_key = BLANK;
}

static void a_counter_too_high(cairn_run_insert *run, cairn_step_insert *steps)
{
	(void)steps;
	if (run->counts.blocked > 1)
		run->counts.blocked++;
}

static void a_seq_skipped(cairn_run_insert *run, cairn_step_insert *steps)
{
	(void)steps;
	if (run->events > 0)
		run->events++;
}

/* ---- the jobs of steps -------------------------------------------------------------- */

static void no_permits(cairn_step_insert *step)
{
	if (step->pending > 0)
		step->resource_key = BLANK;
}

static void all_may_continue(cairn_step_insert *step)
{
	if (step->kind == CAIRN_STEP_JOB)
		step->set |= CAIRN_STEP_CONTINUES;
}

static void none_may_continue(cairn_step_insert *step)
{
	step->set &= ~(uint32_t)CAIRN_STEP_CONTINUES;
}

static void no_leave_needed(cairn_change *change)
{
	change->guard &= ~(uint32_t)CAIRN_GUARD_CONTINUES;
}

static void requeued_alone(cairn_change *change)
{
	change->guard &= ~(uint32_t)CAIRN_GUARD_ALONE;
}

/* Jobs of steps are deleted as they succeed, and their steps never end. */
static void forgotten(cairn_rows *jobs)
{
	for (size_t i = 0; i < cairn_rows_count(jobs); i++) {
		cairn_job *job = cairn_rows_at(jobs, i);
		if (!cairn_id_is_none(job->run))
			job->hints |= CAIRN_HINT_DELETE;
	}
}

static void nobodys(cairn_rows *jobs)
{
	for (size_t i = 0; i < cairn_rows_count(jobs); i++) {
		cairn_job *job = cairn_rows_at(jobs, i);
		job->run = (cairn_id){ { 0 } };
	}
}

/* Whatever the jobs that are pruned, a step's last one goes with them. */
static cairn_status prunes_steps(void *self, const cairn_prune_plan *plan, size_t *pruned,
				 cairn_error *err)
{
	cairn_run_prune_plan runs = { .scope = plan->scope,
				      .statuses = 1u << CAIRN_RUN_SUCCEEDED |
						  1u << CAIRN_RUN_COMPLETED_WITH_ERRORS,
				      .limit = plan->limit,
				      .age = plan->age < 0 ? 0 : plan->age };
	size_t more = 0;
	cairn_status status = ct_real_ops()->jobs.prune(self, plan, pruned, err);
	if (status == CAIRN_OK && ct_real_ops()->workflows.prune)
		status = ct_real_ops()->workflows.prune(self, &runs, &more, err);
	*pruned += more;
	return status;
}

/* ---- gates --------------------------------------------------------------------------- */

static void no_deadline(cairn_step_insert *step)
{
	step->deadline = 0;
}

static void anybodys_gate(cairn_step_end *item)
{
	item->scope = cairn_any();
}

static void whatever_its_deadline(cairn_step_end *item)
{
	item->overdue = 0;
}

static void no_output(cairn_step_end *item)
{
	item->output = BLANK;
}

static void no_words(cairn_step_end *item)
{
	item->reason = item->error_code = item->error_message = BLANK;
}

static void canceled_is_failed(cairn_step_end *item)
{
	if (item->to == CAIRN_STEP_CANCELED)
		item->to = CAIRN_STEP_FAILED;
}

static void only_the_first(cairn_step_end_plan *plan)
{
	if (plan->skip_locked && plan->n > 1)
		plan->n = 1;
}

static void a_miss_is_a_hit(const cairn_step_end *item, cairn_step_ended *result)
{
	(void)item;
	if (result->found)
		result->hit = CAIRN_HIT;
}

static void stale_run_status(const cairn_step_end *item, cairn_step_ended *result)
{
	(void)item;
	if (result->hit == CAIRN_HIT)
		result->run_status = CAIRN_RUN_WAITING_FOR_EXTERNAL;
}

/* ---- cancels --------------------------------------------------------------------------- */

static void no_reason(cairn_run_cancel_plan *plan)
{
	plan->sweep.reason = CAIRN_STR("CANCELED");
}

static void no_error(cairn_run_cancel_plan *plan)
{
	plan->sweep.error_code = plan->sweep.error_message = BLANK;
}

static void silently(cairn_run_cancel_plan *plan)
{
	plan->sweep.events = 0;
}

static void none_swept(cairn_run_canceled *result)
{
	result->steps = 0;
}

/* ---- reads --------------------------------------------------------------------------- */

static void overwrite_canceled(const cairn_run_query *query, cairn_rows *runs)
{
	(void)query;
	for (size_t i = 0; i < cairn_rows_count(runs); i++) {
		cairn_run *run = cairn_rows_at(runs, i);
		if (run->status == CAIRN_RUN_CANCELED)
			run->status = CAIRN_RUN_COMPLETED_WITH_ERRORS;
	}
}

/* The last end is not in it yet. */
static void before_the_last(const cairn_run_query *query, cairn_rows *runs)
{
	(void)query;
	for (size_t i = 0; i < cairn_rows_count(runs); i++) {
		cairn_run *run = cairn_rows_at(runs, i);
		if (run->status != CAIRN_RUN_SUCCEEDED)
			continue;
		run->status = CAIRN_RUN_RUNNING;
		run->finished_at = 0;
	}
}

static void counter_stands(const cairn_run_query *query, cairn_rows *runs)
{
	(void)query;
	for (size_t i = 0; i < cairn_rows_count(runs); i++) {
		cairn_run *run = cairn_rows_at(runs, i);
		if (run->counts.failed > 0) {
			run->counts.failed--;
			run->counts.enqueued++;
		}
	}
}

static void never_running(const cairn_step_query *query, cairn_rows *steps)
{
	(void)query;
	for (size_t i = 0; i < cairn_rows_count(steps); i++) {
		cairn_step *step = cairn_rows_at(steps, i);
		if (step->status == CAIRN_STEP_RUNNING)
			step->status = CAIRN_STEP_ENQUEUED;
	}
}

static void released_anyhow(const cairn_step_query *query, cairn_rows *steps)
{
	(void)query;
	for (size_t i = 0; i < cairn_rows_count(steps); i++) {
		cairn_step *step = cairn_rows_at(steps, i);
		if (step->released_at == 0)
			step->released_at = step->finished_at;
	}
}

/* The last step that was enqueued with something to wait for. */
static cairn_id another;

static void remember(void *self, const cairn_run_plan *plan)
{
	(void)self;
	for (size_t i = 0; i < plan->step_count; i++) {
		if (plan->steps[i].prerequisites > 0)
			another = plan->steps[i].id;
	}
}

static void inputs_of_another(cairn_step_query *query)
{
	if (!cairn_id_is_none(query->dependent))
		query->dependent = another;
}

static void inputs_without_output(const cairn_step_query *query, cairn_rows *steps)
{
	for (size_t i = 0; i < cairn_rows_count(steps); i++) {
		cairn_step *step = cairn_rows_at(steps, i);
		if (!cairn_id_is_none(query->dependent))
			step->output = BLANK;
	}
}

static void inputs_of_anybody(cairn_step_query *query)
{
	if (!cairn_id_is_none(query->dependent))
		query->scope = cairn_any();
}

static void inputs_unordered(const cairn_step_query *query, cairn_rows *steps)
{
	size_t n = cairn_rows_count(steps);
	if (cairn_id_is_none(query->dependent) || n < 2)
		return;
	cairn_step *first = cairn_rows_at(steps, 0);
	cairn_step *last = cairn_rows_at(steps, n - 1);
	cairn_step kept = *first;
	*first = *last;
	*last = kept;
}

static void stale_payload(const cairn_step_query *query, cairn_rows *steps)
{
	(void)query;
	for (size_t i = 0; i < cairn_rows_count(steps); i++) {
		cairn_step *step = cairn_rows_at(steps, i);
		if (step->kind == CAIRN_STEP_JOB && !query->compact)
			step->payload = CAIRN_STR("{}");
	}
}

/* ---- timelines ------------------------------------------------------------------------- */

static void from_the_beginning(cairn_run_event_query *query)
{
	if (query->after_seq > 0 && query->after_step.bytes[0] == 0)
		query->after_seq--;
}

static void no_step_in_the_cursor(cairn_run_event_query *query)
{
	query->after_step = (cairn_id){ { 0 } };
}

static void no_time_in_the_cursor(cairn_run_event_query *query)
{
	if (query->jobs && query->after_at > 0)
		query->after_at--;
}

static void no_events_of_jobs(cairn_run_event_query *query)
{
	query->jobs = 0;
}

/* By seq, where time says first. */
static void jobs_first(const cairn_run_event_query *query, cairn_rows *events)
{
	size_t n = cairn_rows_count(events);
	for (size_t i = 1; query->jobs && i < n; i++) {
		cairn_run_event_record *before = cairn_rows_at(events, i - 1);
		cairn_run_event_record *at = cairn_rows_at(events, i);
		if (before->event.kind == CAIRN_RUN_EVENT_JOB ||
		    at->event.kind != CAIRN_RUN_EVENT_JOB || before->event.at != at->event.at)
			continue;
		cairn_run_event_record kept = *before;
		*before = *at;
		*at = kept;
	}
}

static void a_gap(const cairn_run_event_query *query, cairn_rows *events)
{
	for (size_t i = 0; !query->jobs && i < cairn_rows_count(events); i++) {
		cairn_run_event_record *row = cairn_rows_at(events, i);
		if (row->event.seq > 4)
			row->event.seq++;
	}
}

/* Two that were told in the same call change places. */
static void told_too_early(const cairn_run_event_query *query, cairn_rows *events)
{
	size_t n = cairn_rows_count(events);
	if (query->jobs || n < 2)
		return;
	cairn_run_event_record *before = cairn_rows_at(events, n - 2);
	cairn_run_event_record *last = cairn_rows_at(events, n - 1);
	int64_t seq = before->event.seq;
	if (last->event.kind != CAIRN_RUN_EVENT_RUN || before->event.at != last->event.at)
		return;
	cairn_run_event_record kept = *before;
	*before = *last;
	*last = kept;
	last->event.seq = seq + 1;
	before->event.seq = seq;
}

/* ---- retention -------------------------------------------------------------------------- */

static void half_the_age(cairn_run_prune_plan *plan)
{
	plan->age /= 2;
}

static void any_status(cairn_run_prune_plan *plan)
{
	plan->statuses = 1u << CAIRN_RUN_SUCCEEDED | 1u << CAIRN_RUN_COMPLETED_WITH_ERRORS |
			 1u << CAIRN_RUN_CANCELED;
}

static void any_type(cairn_run_prune_plan *plan)
{
	plan->type = BLANK;
}

static void without_limit(cairn_run_prune_plan *plan)
{
	plan->limit = 1000;
}

const ct_mutant ct_run_end_mutants[] = {
	{ .name = "run_child_released_early",
	  .rule = "releases a step when all but one of its prerequisites have ended",
	  RUNS,
	  .run_step = one_is_enough },
	{ .name = "run_child_never_released",
	  .rule = "waits for one prerequisite more than there is",
	  RUNS,
	  .run_step = one_too_many },
	{ .name = "run_join_released_twice",
	  .rule = "gives a step that waited for several another job",
	  .cases = "runs.*",
	  .run_enqueued = twins },
	{ .name = "run_success_not_wanted",
	  .rule = "takes ON_SUCCESS for ON_TERMINAL",
	  RUNS,
	  .run_edge = success_is_nothing },
	{ .name = "run_success_always_wanted",
	  .rule = "takes ON_TERMINAL for ON_SUCCESS",
	  RUNS,
	  .run_edge = all_want_success },
	{ .name = "run_cascade_one_level",
	  .rule = "follows edges for one level only",
	  RUNS,
	  .run_depth = 1 },
	{ .name = "run_cascade_four_levels",
	  .rule = "follows edges for four levels only",
	  .cases = "runs.cascade.*",
	  .run_depth = 4 },
	{ .name = "run_fail_fast_ignored",
	  .rule = "goes on after a failure in a run that is FAIL_FAST",
	  RUNS,
	  .run_insert = go_on_regardless },
	{ .name = "run_always_fail_fast",
	  .rule = "ends every run with its first failure",
	  RUNS,
	  .run_insert = all_fast },
	{ .name = "run_active_key_lost",
	  .rule = "forgets active keys",
	  .cases = "runs.*key*",
	  .run_insert = no_active_key },
	{ .name = "run_counter_too_high",
	  .rule = "counts one BLOCKED step too many",
	  RUNS,
	  .run_insert = a_counter_too_high },
	{ .name = "run_event_seq_skipped",
	  .rule = "leaves a gap in the timeline behind the first events",
	  RUNS,
	  .run_insert = a_seq_skipped },
	{ .name = "run_permits_lost",
	  .rule = "forgets the resource of a step that waits",
	  .cases = "runs.jobs.*",
	  .run_step = no_permits },
	{ .name = "run_all_may_continue",
	  .rule = "lets every step continue",
	  .cases = "runs.jobs.*",
	  .run_step = all_may_continue },
	{ .name = "run_none_may_continue",
	  .rule = "lets no step continue",
	  .cases = "runs.jobs.*",
	  .run_step = none_may_continue },
	{ .name = "run_continued_without_leave",
	  .rule = "does not look whether a step may continue",
	  .cases = "runs.jobs.*",
	  .change = no_leave_needed },
	{ .name = "run_step_requeued",
	  .rule = "requeues the job of a step by itself",
	  .cases = "runs.jobs.*",
	  .change = requeued_alone },
	{ .name = "run_step_forgotten",
	  .rule = "deletes jobs of steps as they succeed",
	  RUNS,
	  .claimed = forgotten },
	{ .name = "run_job_is_nobodys",
	  .rule = "does not tell a worker whose step a job is",
	  .cases = "runs.jobs.*",
	  .claimed = nobodys },
	{ .name = "run_step_pruned",
	  .rule = "prunes jobs of steps with the others",
	  .cases = "runs.jobs.*",
	  .prune_slot = prunes_steps },
	{ .name = "run_deadline_lost",
	  .rule = "lets every gate stand for ever",
	  .cases = "runs.deadline.*",
	  .run_step = no_deadline },
	{ .name = "run_deadline_late",
	  .rule = "ends a gate after its deadline, not at it",
	  .cases = "runs.deadline.*",
	  .overdue_clock = -1 },
	{ .name = "run_deadline_unguarded",
	  .rule = "ends a gate whose deadline is not over",
	  .cases = "runs.deadline.*",
	  .overdue_clock = 1,
	  .run_end = whatever_its_deadline },
	{ .name = "run_deadline_first_only",
	  .rule = "ends one gate in a pass",
	  .cases = "runs.deadline.*",
	  .run_end_plan = only_the_first },
	{ .name = "run_gate_of_anybody",
	  .rule = "completes gates of other tenants",
	  .cases = "runs.gates.*",
	  .run_end = anybodys_gate },
	{ .name = "run_gate_output_lost",
	  .rule = "forgets what a gate came to",
	  .cases = "runs.gates.*",
	  .run_end = no_output },
	{ .name = "run_gate_words_lost",
	  .rule = "forgets why a gate ended",
	  .cases = "runs.gates.*",
	  .run_end = no_words },
	{ .name = "run_gate_canceled_is_failed",
	  .rule = "takes CANCELED for FAILED",
	  .cases = "runs.gates.*",
	  .run_end = canceled_is_failed },
	{ .name = "run_gate_miss_is_a_hit",
	  .rule = "says that a gate ended that it left alone",
	  .cases = "runs.gates.*",
	  .run_ended = a_miss_is_a_hit },
	{ .name = "run_gate_tells_old_status",
	  .rule = "tells the run's status as it was before the end",
	  .cases = "runs.gates.*",
	  .run_ended = stale_run_status },
	{ .name = "run_cancel_reason_lost",
	  .rule = "forgets why a run was canceled",
	  .cases = "runs.cancel.*",
	  .run_cancel = no_reason },
	{ .name = "run_cancel_error_lost",
	  .rule = "forgets code and message of a cancel",
	  .cases = "runs.cancel.*",
	  .run_cancel = no_error },
	{ .name = "run_cancel_silent",
	  .rule = "records no event of the jobs that a cancel ends",
	  .cases = "runs.cancel.*",
	  .run_cancel = silently },
	{ .name = "run_cancel_counts_nothing",
	  .rule = "does not tell how many steps a cancel ended",
	  .cases = "runs.cancel.*",
	  .run_canceled = none_swept },
	{ .name = "run_canceled_overwritten",
	  .rule = "gives a canceled run another status",
	  RUNS,
	  .runs_listed = overwrite_canceled },
	{ .name = "run_status_before_the_last_step",
	  .rule = "reckons a run's status before its last step has ended",
	  RUNS,
	  .runs_listed = before_the_last },
	{ .name = "run_counter_stands",
	  .rule = "does not move a counter for a failure",
	  RUNS,
	  .runs_listed = counter_stands },
	{ .name = "run_step_never_running",
	  .rule = "does not look whether a step's job is leased",
	  RUNS,
	  .steps_listed = never_running },
	{ .name = "run_canceled_step_released",
	  .rule = "gives a step that never began a begin",
	  RUNS,
	  .steps_listed = released_anyhow },
	{ .name = "run_inputs_of_another",
	  .rule = "tells the inputs of another step",
	  .cases = "runs.inputs.*",
	  .run_enqueued = remember,
	  .run_steps = inputs_of_another },
	{ .name = "run_inputs_without_output",
	  .rule = "does not tell what inputs came to",
	  .cases = "runs.inputs.*",
	  .steps_listed = inputs_without_output },
	{ .name = "run_inputs_of_anybody",
	  .rule = "tells inputs to other tenants",
	  .cases = "runs.inputs.*",
	  .run_steps = inputs_of_anybody },
	{ .name = "run_inputs_unordered",
	  .rule = "does not order inputs by key",
	  .cases = "runs.inputs.*",
	  .steps_listed = inputs_unordered },
	{ .name = "run_payload_stale",
	  .rule = "shows another payload than a step's job has",
	  .cases = "runs.jobs.*",
	  .steps_listed = stale_payload },
	{ .name = "run_events_repeated",
	  .rule = "begins a page with the event that ended the last one",
	  .cases = "runs.events.*",
	  .run_events = from_the_beginning },
	{ .name = "run_events_without_step",
	  .rule = "continues behind an event of a job as behind one of the run",
	  .cases = "runs.events.*",
	  .run_events = no_step_in_the_cursor },
	{ .name = "run_events_without_time",
	  .rule = "continues a microsecond before the last event",
	  .cases = "runs.events.*",
	  .run_events = no_time_in_the_cursor },
	{ .name = "run_events_of_jobs_lost",
	  .rule = "leaves the jobs' events out",
	  .cases = "runs.events.*",
	  .run_events = no_events_of_jobs },
	{ .name = "run_events_jobs_first",
	  .rule = "puts a job's event before the run's own of the same time",
	  .cases = "runs.events.*",
	  .run_events_listed = jobs_first },
	{ .name = "run_events_gap",
	  .rule = "numbers events with a gap",
	  RUNS,
	  .run_events_listed = a_gap },
	{ .name = "run_events_run_too_early",
	  .rule = "tells the run's end before its last step's",
	  RUNS,
	  .run_events_listed = told_too_early },
	{ .name = "run_prune_early",
	  .rule = "prunes runs at half the age",
	  .cases = "runs.prune.*",
	  .run_prune = half_the_age },
	{ .name = "run_prune_any_status",
	  .rule = "prunes runs of any status",
	  .cases = "runs.prune.*",
	  .run_prune = any_status },
	{ .name = "run_prune_any_type",
	  .rule = "prunes runs of any type",
	  .cases = "runs.prune.*",
	  .run_prune = any_type },
	{ .name = "run_prune_unbounded",
	  .rule = "prunes more than it may",
	  .cases = "runs.prune.*",
	  .run_prune = without_limit },
	{ .name = "run_pruned_before_leases_are_over",
	  .rule = "prunes runs whose workers do not know of their cancel",
	  .cases = "runs.prune.*",
	  .run_prune_clock = 1 },
};

const size_t ct_run_end_mutant_count = sizeof(ct_run_end_mutants) / sizeof(ct_run_end_mutants[0]);
