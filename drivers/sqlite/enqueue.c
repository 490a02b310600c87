/*
 * enqueue.c - inserting jobs. What a request leaves open comes from its
 * definition; a key that is there answers with the job that has it.
 */
#include <string.h>

#include "lite.h"

/* A job to insert, with what its definition adds. */
struct item {
	const cairn_job_insert *job;
	cairn_usec timeout;
	int32_t max_attempts;
	int32_t priority;
};

/* A batch on its way; unkeyed jobs are gathered and written LITE_ROWS at a time. */
struct batch {
	struct lite_write *write;
	bool record;
	struct lite_memo memo;
	size_t waiting;
	struct item items[LITE_ROWS];
};

static struct item settle(const cairn_job_insert *job, const struct lite_definition *definition)
{
	bool own_priority = (job->set & CAIRN_JOB_PRIORITY) != 0;
	return (struct item){
		.job = job,
		.timeout = job->timeout != 0 ? job->timeout : definition->timeout,
		.max_attempts =
			job->max_attempts != 0 ? job->max_attempts : definition->max_attempts,
		.priority = own_priority ? job->priority : definition->priority,
	};
}

/* The parameters that all inserting statements begin with. */
static void bind_item(struct lite_run *run, const struct batch *batch, const struct item *item)
{
	const cairn_job_insert *job = item->job;
	cairn_time now = batch->write->now;
	cairn_time run_at = job->run_at != 0 ? job->run_at : now;
	cairn_lite__bind_id(run, &job->id);
	cairn_lite__bind_text(run, job->queue);
	cairn_lite__bind_text(run, job->type);
	cairn_lite__bind_tenant(run, job->tenant);
	cairn_lite__bind_int(run, item->priority);
	cairn_lite__bind_int(run, item->max_attempts);
	cairn_lite__bind_int(run, item->timeout);
	cairn_lite__bind_int(run, run_at);
	cairn_lite__bind_int(run, run_at > now);
	cairn_lite__bind_text(run, job->owner);
	cairn_lite__bind_text(run, job->resource_key);
	cairn_lite__bind_text(run, job->stage);
	cairn_lite__bind_int(run, batch->record);
	cairn_lite__bind_int(run, now);
	cairn_lite__bind_int(run, now);
	cairn_lite__bind_text(run, job->payload);
}

/* n unkeyed jobs by one statement: 1 or LITE_ROWS. */
static cairn_status insert_items(struct batch *batch, const struct item *items, size_t n,
				 cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(
		&run, batch->write->lite, n == 1 ? LITE_JOB_INSERT : LITE_JOB_INSERT_ROWS, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < n; i++)
		bind_item(&run, batch, &items[i]);
	return cairn_lite__finish(&run, err);
}

static cairn_status gather(struct batch *batch, const struct item *item, cairn_error *err)
{
	batch->items[batch->waiting++] = *item;
	if (batch->waiting < LITE_ROWS)
		return CAIRN_OK;
	batch->waiting = 0;
	return insert_items(batch, batch->items, LITE_ROWS, err);
}

static cairn_status insert_rest(struct batch *batch, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < batch->waiting && status == CAIRN_OK; i++)
		status = insert_items(batch, &batch->items[i], 1, err);
	return status;
}

/* At once, because whether the key was free is known only then. */
static cairn_status insert_keyed(struct batch *batch, const struct item *item, bool *inserted,
				 cairn_error *err)
{
	const cairn_job_insert *job = item->job;
	struct lite *lite = batch->write->lite;
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_JOB_INSERT_KEYED, err);
	if (status != CAIRN_OK)
		return status;
	bind_item(&run, batch, item);
	cairn_lite__bind_text(&run, job->key);
	cairn_lite__bind_blob(&run, job->request_hash, sizeof job->request_hash);
	cairn_lite__bind_text(&run, job->request);
	status = cairn_lite__finish(&run, err);
	*inserted = status == CAIRN_OK && sqlite3_changes(lite->db) == 1;
	return status;
}

static cairn_status add_event(struct batch *batch, const cairn_job_insert *job, cairn_error *err)
{
	cairn_job fresh = { .run_number = 1 };
	cairn_event_record event = cairn_event_of(CAIRN_EVENT_ENQUEUED, &fresh);
	event.seq = 1;
	event.stage = job->stage;
	event.detail = job->type;
	return cairn_lite__event_add(batch->write, &job->id, &event, err);
}

/* The job that has the key, if there is one. */
static cairn_status find_key(struct lite *lite, const cairn_job_insert *job,
			     cairn_job_inserted *each, cairn_error *err)
{
	struct lite_run run;
	bool found;
	cairn_status status = cairn_lite__start(&run, lite, LITE_JOB_BY_KEY, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, job->type);
	cairn_lite__bind_tenant(&run, job->tenant);
	cairn_lite__bind_text(&run, job->key);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	each->result = CAIRN_INSERT_KEY_EXISTS;
	each->id = cairn_lite__id(&run);
	each->status = cairn_lite__status(&run);
	each->run_number = cairn_lite__int32(&run);
	const void *hash = sqlite3_column_blob(run.stmt, run.column);
	if (hash != NULL && sqlite3_column_bytes(run.stmt, run.column) == 32)
		memcpy(each->request_hash, hash, 32);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

static void report_inserted(const cairn_job_insert *job, cairn_job_inserted *each)
{
	each->result = CAIRN_INSERT_DONE;
	each->status = CAIRN_JOB_PENDING;
	each->id = job->id;
	each->run_number = 1;
	memcpy(each->request_hash, job->request_hash, sizeof each->request_hash);
}

/*
 * A keyed request that is repeated is answered even when its type was disabled
 * meanwhile. A key that stands twice in the batch needs no thought: the second
 * item already finds the first one's row.
 */
static cairn_status enqueue_one(struct batch *batch, const cairn_job_insert *job,
				cairn_job_inserted *each, cairn_error *err)
{
	struct lite *lite = batch->write->lite;
	const struct lite_definition *definition;
	bool keyed = job->key.len > 0;
	bool inserted = false;
	bool refused = false;
	memset(each, 0, sizeof *each);
	cairn_status status =
		cairn_lite__definition(lite, &batch->memo, job->type, &definition, err);
	if (status == CAIRN_OK && definition->found && definition->enabled)
		refused = keyed && definition->retention == CAIRN_RETAIN_NONE;
	if (status == CAIRN_OK && definition->found && definition->enabled && !refused) {
		struct item item = settle(job, definition);
		inserted = true;
		status = keyed ? insert_keyed(batch, &item, &inserted, err)
			       : gather(batch, &item, err);
	}
	if (status != CAIRN_OK)
		return status;
	if (refused)
		each->result = CAIRN_INSERT_UNKEPT;
	if (!inserted)
		return keyed ? find_key(lite, job, each, err) : CAIRN_OK;
	report_inserted(job, each);
	if (job->resource_key.len > 0)
		status = cairn_lite__resource_need(batch->write, job->tenant, job->resource_key,
						   err);
	/* in the first stage its row says it all */
	if (status == CAIRN_OK && batch->record && !cairn_str_is(job->stage, "queued"))
		status = add_event(batch, job, err);
	return status;
}

/*
 * The order of the batch is the order of inserting: sorted by key, as other
 * databases need it against deadlocks, nothing would be gained behind one lock.
 */
cairn_status cairn_lite__enqueue(struct lite_write *write, const cairn_enqueue_plan *plan,
				 cairn_job_inserted *each, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	struct batch batch = { .write = write, .record = plan->record != 0 };
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = enqueue_one(&batch, &plan->jobs[i], &each[i], err);
	return status == CAIRN_OK ? insert_rest(&batch, err) : status;
}

cairn_status cairn_lite__job_enqueue(void *self, const cairn_enqueue_plan *plan,
				     cairn_job_inserted *each, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_lite__enqueue(&write, plan, each, err);
	return cairn_lite__write_end(&write, status, err);
}
