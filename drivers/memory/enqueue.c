/*
 * enqueue.c - inserting jobs. What a request leaves open comes from its
 * definition; a key that is there answers with the job that has it.
 */
#include <string.h>

#include "mem.h"

static cairn_job new_job(const cairn_job_insert *insert, const cairn_definition *definition,
			 cairn_time now)
{
	cairn_time run_at = insert->run_at != 0 ? insert->run_at : now;
	bool own_priority = (insert->set & CAIRN_JOB_PRIORITY) != 0;
	return (cairn_job){
		.id = insert->id,
		.queue = insert->queue,
		.type = insert->type,
		.tenant = insert->tenant,
		.payload = insert->payload,
		.status = CAIRN_JOB_PENDING,
		.priority = own_priority ? insert->priority : definition->priority,
		.run_number = 1,
		.attempt = 0,
		.max_attempts =
			insert->max_attempts != 0 ? insert->max_attempts : definition->max_attempts,
		.parked = run_at > now,
		.timeout = insert->timeout != 0 ? insert->timeout : definition->timeout,
		.run_at = run_at,
		.owner = insert->owner,
		.resource_key = insert->resource_key,
		.fence = 0,
		.stage = insert->stage,
		.progress_done = -1,
		.progress_total = -1,
		.key = insert->key,
		.request = insert->request,
		.created_at = now,
		.updated_at = now,
	};
}

/* The job, its key, its first event. 0, or -1 without memory. */
static int insert_job(struct mem_write *write, const cairn_job_insert *insert,
		      const cairn_definition *definition, bool record)
{
	cairn_job job = new_job(insert, definition, write->now);
	if (cairn_mem__put(write->state, MEM_JOBS, &job) != 0 ||
	    cairn_mem__resource_need(write, &job) != 0)
		return -1;
	if (insert->key.len > 0) {
		struct mem_key key = { .type = insert->type,
				       .tenant = insert->tenant,
				       .key = insert->key,
				       .job = insert->id };
		memcpy(key.request_hash, insert->request_hash, sizeof key.request_hash);
		if (cairn_mem__put(write->state, MEM_KEYS, &key) != 0)
			return -1;
	}
	if (!record)
		return 0;
	cairn_event_record event = cairn_event_of(CAIRN_EVENT_ENQUEUED, &job);
	event.stage = job.stage;
	event.detail = job.type;
	return cairn_mem__event_add(write, job.id, &event);
}

static void report(cairn_job_inserted *each, enum cairn_insert_result result, const cairn_job *job,
		   const uint8_t request_hash[32])
{
	each->result = result;
	each->status = job->status;
	each->id = job->id;
	each->run_number = job->run_number;
	memcpy(each->request_hash, request_hash, sizeof each->request_hash);
}

/*
 * The key comes first: a keyed request that is repeated is answered even when its
 * type was disabled meanwhile. A key that stands twice in the batch needs no
 * thought here, because the second item already sees the first one's row.
 */
int cairn_mem__enqueue(struct mem_write *write, const cairn_job_insert *insert, bool record,
		       cairn_job_inserted *each)
{
	struct mem_key wanted = { .type = insert->type,
				  .tenant = insert->tenant,
				  .key = insert->key };
	const struct mem_key *key = NULL;
	if (insert->key.len > 0)
		key = cairn_mem__find(write->state, MEM_KEYS, &wanted);
	if (key != NULL) {
		report(each, CAIRN_INSERT_KEY_EXISTS, cairn_mem__job(write->state, key->job),
		       key->request_hash);
		return 0;
	}
	const cairn_definition *definition = cairn_mem__definition(write->state, insert->type);
	if (definition == NULL || definition->disabled) {
		each->result = CAIRN_INSERT_NO_DEFINITION;
		return 0;
	}
	if (insert->key.len > 0 && definition->retention == CAIRN_RETAIN_NONE) {
		each->result = CAIRN_INSERT_UNKEPT;
		return 0;
	}
	if (insert_job(write, insert, definition, record) != 0)
		return -1;
	report(each, CAIRN_INSERT_DONE, cairn_mem__job(write->state, insert->id),
	       insert->request_hash);
	return 0;
}

cairn_status cairn_mem__job_enqueue(void *self, const cairn_enqueue_plan *plan,
				    cairn_job_inserted *each, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_JOBS, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		if (cairn_mem__enqueue(&write, &plan->jobs[i], plan->record, &each[i]) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	return cairn_mem__write_end(mem, &write, status);
}
