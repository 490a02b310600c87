/*
 * mutants_queues.c - the mutants of queues, resources and owners. (mutants.c: the others)
 */
#include <string.h>

#include "mutant.h"

/* ---- queues --------------------------------------------------------------------- */

/* A claim that does not know of pauses: the queue is resumed for as long as it takes. */
static cairn_status claim_anyway(void *self, const cairn_claim_plan *plan, cairn_rows *jobs,
				 cairn_error *err)
{
	const ct_real *real = ct_real_ops();
	cairn_queue_plan pause = { .queues = &plan->queue, .n = 1 };
	cairn_queue_changed was = { .changed = 0 };
	cairn_status status = real->queues.pause(self, &pause, &was, err);
	if (status == CAIRN_OK)
		status = real->jobs.claim(self, plan, jobs, err);
	pause.paused = 1;
	if (status == CAIRN_OK && was.changed)
		status = real->queues.pause(self, &pause, &was, err);
	return status;
}

static cairn_status change_anyway(void *self, const cairn_change_plan *plan,
				  cairn_change_result *each, cairn_rows *claimed, cairn_error *err)
{
	cairn_change_plan alone = *plan;
	alone.claim = NULL;
	cairn_status status = ct_real_ops()->jobs.change(self, &alone, each, claimed, err);
	if (status == CAIRN_OK && plan->claim)
		status = claim_anyway(self, plan->claim, claimed, err);
	return status;
}

static void always_changed(cairn_queue_changed *each)
{
	each->changed = 1;
}

static void pause_one(cairn_queue_plan *plan)
{
	plan->n = plan->n > 0 ? 1 : 0;
}

static void queues_of_any(cairn_queue_query *query)
{
	query->scope = cairn_any();
}

static void ended_too(cairn_queue_query *query)
{
	query->finished = 1;
}

static void only_due(cairn_rows *queues)
{
	for (size_t i = 0; i < cairn_rows_count(queues); i++) {
		cairn_queue *queue = cairn_rows_at(queues, i);
		queue->pending = queue->due;
	}
}

/* ---- resources ------------------------------------------------------------------- */

static void no_resource(cairn_job_insert *job)
{
	job->resource_key = (cairn_str){ NULL, 0 };
}

static void one_for_all_tenants(cairn_capacity *item)
{
	item->tenant = (cairn_str){ NULL, 0 };
}

static void one_more(cairn_capacity *item)
{
	item->capacity++;
}

static void at_least_one(cairn_capacity *item)
{
	item->capacity = item->capacity > 0 ? item->capacity : 1;
}

static void nothing_waits(cairn_rows *resources)
{
	for (size_t i = 0; i < cairn_rows_count(resources); i++)
		((cairn_resource *)cairn_rows_at(resources, i))->waiting = 0;
}

static void no_cursor(cairn_resource_query *query)
{
	query->after_key = (cairn_str){ NULL, 0 };
}

/* Only the first job with a resource of a batch is kept to it. */
static void first_of_a_batch(cairn_enqueue_plan *plan)
{
	cairn_job_insert *jobs; /* the wrapper's own copy */
	memcpy(&jobs, &plan->jobs, sizeof(jobs));
	for (size_t i = 1; i < plan->n; i++)
		jobs[i].resource_key = (cairn_str){ NULL, 0 };
}

/* Batches in which more than this wait for resources, and claims that look no further. */
#define CROWD 300
static bool crowded;

static void see_crowds(cairn_enqueue_plan *plan)
{
	size_t keyed = 0;
	for (size_t i = 0; i < plan->n; i++)
		keyed += plan->jobs[i].resource_key.len > 0;
	crowded = crowded || keyed > CROWD;
}

static cairn_status give_up_in_crowds(void *self, const cairn_claim_plan *plan, cairn_rows *jobs,
				      cairn_error *err)
{
	return crowded ? CAIRN_OK : ct_real_ops()->jobs.claim(self, plan, jobs, err);
}

static cairn_status one_at_a_time_in_crowds(void *self, const cairn_claim_plan *plan,
					    cairn_rows *jobs, cairn_error *err)
{
	cairn_claim_plan mine = *plan;
	mine.limit = crowded ? 1 : plan->limit;
	return ct_real_ops()->jobs.claim(self, &mine, jobs, err);
}

/* A cancellation that lets go of the lease at once, and so of the permit. */
static void cancel_lets_go(cairn_change *change)
{
	if (change->to == CAIRN_JOB_CANCELED)
		change->set |= CAIRN_CLEAR_LEASE;
}

/* ---- owners ----------------------------------------------------------------------- */

static void let_others_in(cairn_owner_found *found)
{
	if (found->hit == CAIRN_OWNER_OTHER)
		found->hit = CAIRN_OWNER_HIT;
}

static void let_closed_in(cairn_owner_found *found)
{
	if (found->hit == CAIRN_OWNER_ENDED)
		found->hit = CAIRN_OWNER_HIT;
}

static void never_close(cairn_owner_plan *plan)
{
	plan->close = 0;
}

static void patient(cairn_owner_query *query)
{
	query->stale_after *= 2;
}

static void every_state(cairn_owner_query *query)
{
	query->states = 0xe;
}

static void impatient(cairn_usec *age, uint32_t *limit)
{
	(void)limit;
	*age /= 2;
}

static void greedy(cairn_usec *age, uint32_t *limit)
{
	(void)age;
	*limit = 1000;
}

static void no_labels(cairn_owner_new *owner)
{
	owner->labels = CAIRN_STR("{}");
}

#define QUEUES	  .cases = "queues.*"
#define RESOURCES .cases = "resources.*"
#define OWNERS	  .cases = "owners.*"

const ct_mutant ct_queue_mutants[] = {
	{ .name = "pause_ignored_by_claims",
	  .rule = "claims from paused queues",
	  QUEUES,
	  .claim_slot = claim_anyway },
	{ .name = "pause_ignored_by_finish_and_claim",
	  .rule = "claims from paused queues when it finishes",
	  QUEUES,
	  .change_slot = change_anyway },
	{ .name = "pause_always_new",
	  .rule = "says of every queue that it was changed",
	  QUEUES,
	  .queue_paused = always_changed },
	{ .name = "pause_of_the_first_only",
	  .rule = "pauses the first queue of a batch only",
	  QUEUES,
	  .queue_pause = pause_one },
	{ .name = "queues_scope_ignored",
	  .rule = "counts jobs of every tenant",
	  QUEUES,
	  .queue_list = queues_of_any },
	{ .name = "queues_of_ended_jobs",
	  .rule = "counts ended jobs unasked",
	  QUEUES,
	  .queue_list = ended_too },
	{ .name = "queues_depth_without_parked",
	  .rule = "leaves parked jobs out of the depth",
	  QUEUES,
	  .queues_listed = only_due },
	{ .name = "resource_not_stored",
	  .rule = "stores jobs without their resource",
	  RESOURCES,
	  .insert = no_resource },
	{ .name = "resource_of_the_first_only",
	  .rule = "keeps the resource of the first job of a batch only",
	  RESOURCES,
	  .enqueue = first_of_a_batch },
	{ .name = "resource_lost_behind_a_crowd",
	  .rule = "hands out nothing where hundreds wait for resources",
	  .cases = "resources.*",
	  .enqueue = see_crowds,
	  .claim_slot = give_up_in_crowds },
	{ .name = "resource_batch_ends_at_a_crowd",
	  .rule = "hands out the first job only where hundreds wait for resources",
	  .cases = "resources.*",
	  .enqueue = see_crowds,
	  .claim_slot = one_at_a_time_in_crowds },
	{ .name = "resource_capacity_of_all_tenants",
	  .rule = "sets the capacity of global jobs whoever was named",
	  RESOURCES,
	  .capacity = one_for_all_tenants },
	{ .name = "resource_capacity_exceeded",
	  .rule = "lets one more job run than the capacity says",
	  RESOURCES,
	  .capacity = one_more },
	{ .name = "resource_capacity_never_zero",
	  .rule = "takes capacity 0 for 1",
	  RESOURCES,
	  .capacity = at_least_one },
	{ .name = "resource_waiting_not_counted",
	  .rule = "does not count who waits",
	  RESOURCES,
	  .resources_listed = nothing_waits },
	{ .name = "resource_cursor_by_tenant_alone",
	  .rule = "goes on behind the tenant, not behind the resource",
	  RESOURCES,
	  .resource_list = no_cursor },
	{ .name = "resource_let_go_by_cancellation",
	  .rule = "gives the permit back when the job is canceled, though its lease runs",
	  RESOURCES,
	  .change = cancel_lets_go },
	{ .name = "owner_never_superseded",
	  .rule = "takes heartbeats of whoever had the name before",
	  OWNERS,
	  .owner_touched = let_others_in },
	{ .name = "owner_closed_and_alive",
	  .rule = "takes heartbeats of closed owners",
	  OWNERS,
	  .owner_touched = let_closed_in },
	{ .name = "owner_never_closed",
	  .rule = "takes closing for a heartbeat",
	  OWNERS,
	  .owner_touch = never_close },
	{ .name = "owner_stale_late",
	  .rule = "calls owners stale after twice the time",
	  OWNERS,
	  .owner_list = patient },
	{ .name = "owner_state_filter_ignored",
	  .rule = "lists owners of every state",
	  OWNERS,
	  .owner_list = every_state },
	{ .name = "owner_pruned_early",
	  .rule = "prunes owners at half the age",
	  OWNERS,
	  .owner_prune = impatient },
	{ .name = "owner_prune_unbounded",
	  .rule = "prunes more than it may",
	  OWNERS,
	  .owner_prune = greedy },
	{ .name = "owner_labels_lost",
	  .rule = "forgets what was said about an owner",
	  OWNERS,
	  .enroll = no_labels },
};

const size_t ct_queue_mutant_count = sizeof(ct_queue_mutants) / sizeof(ct_queue_mutants[0]);
