/*
 * enqueue.c - inserting jobs. What a request leaves open comes from its
 * definition; a key that is there answers with the job that has it.
 */
#include <string.h>

#include "lite.h"

/* An insert and what it needs while it runs. */
struct insert {
	struct lite_write *write;
	const cairn_job_insert *job;
	const struct lite_definition *definition;
	bool record;
};

/* The parameters that both inserting statements begin with. */
static void bind_job(struct lite_run *run, const struct insert *insert)
{
	const cairn_job_insert *job = insert->job;
	const struct lite_definition *definition = insert->definition;
	bool own_priority = (job->set & CAIRN_JOB_PRIORITY) != 0;
	cairn_time now = insert->write->now;
	cairn_time run_at = job->run_at != 0 ? job->run_at : now;
	cairn_lite__bind_id(run, &job->id);
	cairn_lite__bind_text(run, job->queue);
	cairn_lite__bind_text(run, job->type);
	cairn_lite__bind_tenant(run, job->tenant);
	cairn_lite__bind_int(run, own_priority ? job->priority : definition->priority);
	cairn_lite__bind_int(run,
			     job->max_attempts != 0 ? job->max_attempts : definition->max_attempts);
	cairn_lite__bind_int(run, job->timeout != 0 ? job->timeout : definition->timeout);
	cairn_lite__bind_int(run, run_at);
	cairn_lite__bind_int(run, run_at > now);
	cairn_lite__bind_text(run, job->owner);
	cairn_lite__bind_text(run, job->stage);
	cairn_lite__bind_int(run, insert->record);
	cairn_lite__bind_int(run, now);
	cairn_lite__bind_text(run, job->payload);
}

static cairn_status insert_row(const struct insert *insert, bool *inserted, cairn_error *err)
{
	const cairn_job_insert *job = insert->job;
	struct lite *lite = insert->write->lite;
	struct lite_run run;
	bool keyed = job->key.len > 0;
	cairn_status status =
		cairn_lite__start(&run, lite, keyed ? LITE_JOB_INSERT_KEYED : LITE_JOB_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	bind_job(&run, insert);
	if (keyed) {
		cairn_lite__bind_text(&run, job->key);
		cairn_lite__bind_blob(&run, job->request_hash, sizeof job->request_hash);
		cairn_lite__bind_text(&run, job->request);
	}
	status = cairn_lite__finish(&run, err);
	*inserted = status == CAIRN_OK && sqlite3_changes(lite->db) == 1;
	return status;
}

static cairn_status insert_event(const struct insert *insert, cairn_error *err)
{
	cairn_job job = { .run_number = 1 };
	cairn_event_record event = cairn_lite__event(CAIRN_EVENT_ENQUEUED, &job);
	event.seq = 1;
	event.stage = insert->job->stage;
	event.detail = insert->job->type;
	return cairn_lite__event_add(insert->write, &insert->job->id, &event, err);
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
static cairn_status enqueue_one(struct insert *insert, struct lite_memo *memo,
				cairn_job_inserted *each, cairn_error *err)
{
	const cairn_job_insert *job = insert->job;
	struct lite *lite = insert->write->lite;
	bool inserted = false;
	memset(each, 0, sizeof *each);
	cairn_status status =
		cairn_lite__definition(lite, memo, job->type, &insert->definition, err);
	bool enabled =
		status == CAIRN_OK && insert->definition->found && insert->definition->enabled;
	if (enabled)
		status = insert_row(insert, &inserted, err);
	if (status != CAIRN_OK)
		return status;
	if (!inserted)
		return job->key.len > 0 ? find_key(lite, job, each, err) : CAIRN_OK;
	report_inserted(job, each);
	return insert->record ? insert_event(insert, err) : CAIRN_OK;
}

/*
 * The order of the batch is the order of inserting: sorted by key, as other
 * databases need it against deadlocks, nothing would be gained behind one lock.
 */
cairn_status cairn_lite__job_enqueue(void *self, const cairn_enqueue_plan *plan,
				     cairn_job_inserted *each, cairn_error *err)
{
	struct lite_write write;
	struct lite_memo memo = { .used = 0 };
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	struct insert insert = { .write = &write, .record = plan->record != 0 };
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		insert.job = &plan->jobs[i];
		status = enqueue_one(&insert, &memo, &each[i], err);
	}
	return cairn_lite__write_end(&write, status, err);
}
