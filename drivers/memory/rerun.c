/* rerun.c - a succeeded job once more, as a new job; and the lineage that makes it repeatable. */
#include "mem.h"

static cairn_job copy_of(const cairn_job *source, cairn_id id, cairn_time now)
{
	return (cairn_job){
		.id = id,
		.queue = source->queue,
		.type = source->type,
		.tenant = source->tenant,
		.payload = source->payload,
		.status = CAIRN_JOB_PENDING,
		.priority = source->priority,
		.run_number = 1,
		.max_attempts = source->max_attempts,
		.timeout = source->timeout,
		.run_at = now,
		.owner = source->owner,
		.resource_key = source->resource_key,
		.stage = CAIRN_STR("queued"),
		.progress_done = -1,
		.progress_total = -1,
		.created_at = now,
		.updated_at = now,
	};
}

/* The job, where it comes from, its first event. 0, or -1 without memory. */
static int insert(struct mem_write *write, const cairn_rerun_item *item, const cairn_job *source,
		  bool record)
{
	cairn_job job = copy_of(source, item->id, write->now);
	struct mem_rerun lineage = { .source = item->source,
				     .run_number = item->run_number,
				     .key = item->key,
				     .reason = item->reason,
				     .job = item->id };
	if (cairn_mem__put(write->state, MEM_JOBS, &job) != 0 ||
	    cairn_mem__put(write->state, MEM_RERUNS, &lineage) != 0)
		return -1;
	if (!record)
		return 0;
	cairn_event_record event = cairn_event_of(CAIRN_EVENT_ENQUEUED, &job);
	event.stage = job.stage;
	event.detail = job.type;
	event.data = item->data;
	return cairn_mem__event_add(write, item->id, &event);
}

/* What was asked for before, whatever became of source and type since. */
static bool find_replay(const struct mem_write *write, const cairn_rerun_item *item,
			cairn_rerun_done *each)
{
	struct mem_rerun wanted = { .source = item->source,
				    .run_number = item->run_number,
				    .key = item->key };
	const struct mem_rerun *there = cairn_mem__find(write->state, MEM_RERUNS, &wanted);
	if (there == NULL)
		return false;
	const cairn_job *job = cairn_mem__job(write->state, there->job);
	bool same = cairn_str_equal(there->reason, item->reason);
	each->result = same ? CAIRN_RERUN_EXISTS : CAIRN_RERUN_CONFLICT;
	each->id = there->job;
	each->status = job->status;
	each->run_number = job->run_number;
	return true;
}

static int replay_one(struct mem_write *write, const cairn_rerun_plan *plan,
		      const cairn_rerun_item *item, cairn_rerun_done *each)
{
	const cairn_job *source = cairn_mem__job(write->state, item->source);
	*each = (cairn_rerun_done){ .result = CAIRN_RERUN_MISS };
	if (source == NULL || !cairn_mem__in_scope(&plan->scope, source->tenant))
		return 0;
	if (find_replay(write, item, each))
		return 0;
	if (!cairn_id_is_none(source->run) || source->status != CAIRN_JOB_SUCCEEDED ||
	    source->run_number != item->run_number)
		return 0;
	const cairn_definition *definition = cairn_mem__definition(write->state, source->type);
	if (definition == NULL || definition->disabled) {
		each->result = CAIRN_RERUN_DEFINITION;
		return 0;
	}
	*each = (cairn_rerun_done){ .result = CAIRN_RERUN_DONE,
				    .status = CAIRN_JOB_PENDING,
				    .id = item->id,
				    .run_number = 1 };
	return insert(write, item, source, plan->record != 0);
}

cairn_status cairn_mem__job_replay(void *self, const cairn_rerun_plan *plan, cairn_rerun_done *each,
				   cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_RERUNS, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (replay_one(&write, plan, &plan->items[i], &each[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(mem, &write, status);
}
