/*
 * enqueue.c - inserting jobs. A batch is one statement; where there are keys a second
 * one looks up what stands under those that were there: only a statement that begins after
 * the first has waited can see a rival's row. Jobs that differ in id and payload alone,
 * which most batches are made of, have a cheaper text.
 */
#include <stddef.h>
#include <string.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_job_insert, field)

/* A key that is taken while the look-up finds nobody: its job was deleted in between. */
#define TRIES 3

/* ---- unkeyed, alike ----------------------------------------------------- */

static bool alike(const cairn_job_insert *a, const cairn_job_insert *b)
{
	return b->key.len == 0 && b->resource_key.len == 0 && a->run_at == b->run_at &&
	       a->timeout == b->timeout && a->max_attempts == b->max_attempts && a->set == b->set &&
	       a->priority == b->priority && cairn_str_equal(a->type, b->type) &&
	       cairn_str_equal(a->queue, b->queue) && cairn_str_equal(a->tenant, b->tenant) &&
	       cairn_str_equal(a->owner, b->owner) && cairn_str_equal(a->stage, b->stage);
}

/* Their event says nothing that their rows do not say. */
static bool all_alike(const cairn_enqueue_plan *plan)
{
	if (plan->record && !cairn_str_is(plan->jobs[0].stage, "queued"))
		return false;
	for (size_t i = 0; i < plan->n; i++) {
		if (!alike(&plan->jobs[0], &plan->jobs[i]))
			return false;
	}
	return true;
}

static void add_alike(struct pg *pg, const cairn_enqueue_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->jobs, plan->n);
	const cairn_job_insert *any = &plan->jobs[0];
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, any->type);
	cairn_pg__add_text(pg, any->queue);
	cairn_pg__add_tenant(pg, any->tenant);
	cairn_pg__add_time(pg, any->run_at);
	if (any->timeout != 0)
		cairn_pg__add_int8(pg, any->timeout);
	else
		cairn_pg__add_null(pg);
	if (any->max_attempts != 0)
		cairn_pg__add_int4(pg, any->max_attempts);
	else
		cairn_pg__add_null(pg);
	if (any->set & CAIRN_JOB_PRIORITY)
		cairn_pg__add_int4(pg, any->priority);
	else
		cairn_pg__add_null(pg);
	cairn_pg__add_text(pg, any->stage);
	cairn_pg__add_text(pg, any->owner);
	if (plan->n == 1) {
		cairn_pg__add_id(pg, any->id);
		cairn_pg__add_text(pg, any->payload);
	} else {
		cairn_pg__add_ids(pg, COLUMN(id));
		cairn_pg__add_jsons(pg, COLUMN(payload));
	}
	cairn_pg__add_int4(pg, (int32_t)plan->record);
}

static enum pg_sql sql_of_alike(const cairn_enqueue_plan *plan, bool asks)
{
	if (plan->n > 1)
		return PG_SQL_ENQUEUE_ALIKE;
	return asks ? PG_SQL_ENQUEUE_ASKING : PG_SQL_ENQUEUE_ONE;
}

/* ---- results ------------------------------------------------------------ */

static void set_done(const cairn_job_insert *job, cairn_job_inserted *each)
{
	each->result = CAIRN_INSERT_DONE;
	each->status = CAIRN_JOB_PENDING;
	each->id = job->id;
	each->run_number = 1;
	memcpy(each->request_hash, job->request_hash, sizeof each->request_hash);
}

static void set_all(const cairn_enqueue_plan *plan, cairn_job_inserted *each, bool done)
{
	memset(each, 0, plan->n * sizeof *each);
	for (size_t i = 0; i < plan->n && done; i++)
		set_done(&plan->jobs[i], &each[i]);
}

/* ---- who waits ---------------------------------------------------------- */

/*
 * Behind a batch, in its round trip: whether somebody waits for its queues. Inside a transaction of
 * cairn's own that is asked after the commit instead.
 */
static void ask_waited(struct pg *pg, const cairn_enqueue_plan *plan)
{
	cairn_str queues[PG_WAKE_MAX];
	size_t count = 0;
	for (size_t i = 0; i < plan->n && count < PG_WAKE_MAX && !pg->own_tx; i++) {
		size_t k = count;
		/* jobs of one queue stand together more often than not */
		while (k > 0 && !cairn_str_equal(queues[k - 1], plan->jobs[i].queue))
			k--;
		if (k == 0)
			queues[count++] = plan->jobs[i].queue;
	}
	if (count == 0)
		return;
	cairn_pg__add_texts(pg, PG_ITEMS(queues, count), 0, PG_ABSENT_EMPTY);
	cairn_pg__queue(pg, PG_SQL_WAITED);
}

/* How many of them are not due yet does not matter: whoever is woken looks. */
static void read_waited(struct pg *pg, const cairn_enqueue_plan *plan)
{
	if (pg->own_tx)
		return;
	const PGresult *waited = cairn_pg__result(pg, 1);
	for (int i = 0; i < PQntuples(waited); i++)
		cairn_pg__owe(pg, cairn_pg__text(waited, i, 0), (int64_t)plan->n, false);
}

/* Whoever is told of it need not look. */
static bool at_once(const cairn_job_insert *job)
{
	return job->run_at == 0 && job->resource_key.len == 0;
}

/* One job asks in its own statement, unless the answer is known. */
static enum pg_guess guess(const struct pg *pg, const cairn_enqueue_plan *plan)
{
	return plan->n == 1 && !pg->own_tx ? cairn_pg__heed(pg, plan->jobs[0].queue) : PG_NOBODY;
}

/* Behind a job that somebody waits for, they are told in the same round trip, after its commit. */
static bool tell(struct pg *pg, const cairn_job_insert *job)
{
	if (!cairn_pg__split(pg))
		return false;
	cairn_pg__owe(pg, job->queue, 1, at_once(job));
	cairn_pg__wake_queue(pg);
	return true;
}

static void heed(struct pg *pg, const cairn_job_insert *job, bool told)
{
	const PGresult *result = cairn_pg__result(pg, 0);
	bool heeded = PQntuples(result) == 1 && cairn_pg__bool(result, 0, 0);
	cairn_pg__heeded(pg, job->queue, heeded);
	if (heeded && !told)
		cairn_pg__owe(pg, job->queue, 1, at_once(job));
}

/* A transaction of cairn's own tells of all that is due when it commits. */
static void owe_all(struct pg *pg, const cairn_enqueue_plan *plan, const cairn_job_inserted *each)
{
	for (size_t i = 0; i < plan->n && pg->own_tx; i++) {
		if (each[i].result == CAIRN_INSERT_DONE && plan->jobs[i].run_at == 0)
			cairn_pg__owe(pg, plan->jobs[i].queue, 1, at_once(&plan->jobs[i]));
	}
}

static cairn_status enqueue_alike(struct pg *pg, const cairn_enqueue_plan *plan,
				  cairn_job_inserted *each, cairn_error *err)
{
	enum pg_guess waited = guess(pg, plan);
	add_alike(pg, plan);
	cairn_pg__queue(pg, sql_of_alike(plan, waited != PG_NOBODY));
	bool told = waited == PG_SOMEBODY && tell(pg, &plan->jobs[0]);
	if (plan->n > 1)
		ask_waited(pg, plan);
	cairn_status status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	PGresult *result = cairn_pg__result(pg, 0);
	set_all(plan, each, strcmp(PQcmdTuples(result), "0") != 0);
	if (waited != PG_NOBODY)
		heed(pg, &plan->jobs[0], told);
	else if (plan->n > 1)
		read_waited(pg, plan);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

/* ---- any items ---------------------------------------------------------- */

static void add_hashes(struct pg *pg, struct pg_items items, size_t offset)
{
	if (cairn_pg__all_zero(items, offset, 32))
		cairn_pg__add_null(pg);
	else
		cairn_pg__add_hashes(pg, items, offset);
}

static void add_items(struct pg *pg, const cairn_enqueue_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->jobs, plan->n);
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, (int32_t)plan->record);
	cairn_pg__add_ids(pg, COLUMN(id));
	cairn_pg__add_texts(pg, COLUMN(queue), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(type), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(tenant), PG_ABSENT_EMPTY);
	cairn_pg__add_jsons(pg, COLUMN(payload));
	cairn_pg__add_texts(pg, COLUMN(owner), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, COLUMN(stage), PG_ABSENT_EMPTY);
	cairn_pg__add_some_times(pg, COLUMN(run_at));
	cairn_pg__add_some_int8s(pg, COLUMN(timeout));
	cairn_pg__add_some_int4s(pg, COLUMN(max_attempts));
	cairn_pg__add_int4s(pg, COLUMN(priority)); /* where it is set, 0 is a priority */
	cairn_pg__add_some_int4s(pg, COLUMN(set));
	cairn_pg__add_texts(pg, COLUMN(key), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, COLUMN(request));
	add_hashes(pg, COLUMN(request_hash));
	cairn_pg__add_texts(pg, COLUMN(resource_key), PG_ABSENT_NULL);
}

/* The resources of a batch, behind its jobs: that is the order in which both are locked. */
static void queue_resources(struct pg *pg, const cairn_enqueue_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->jobs, plan->n);
	bool any = false;
	for (size_t i = 0; i < plan->n && !any; i++)
		any = plan->jobs[i].resource_key.len > 0;
	if (!any)
		return;
	cairn_pg__add_now(pg);
	cairn_pg__add_ids(pg, COLUMN(id));
	cairn_pg__queue(pg, PG_SQL_RESOURCE_NEED);
}

static cairn_status enqueue_unkeyed(struct pg *pg, const cairn_enqueue_plan *plan,
				    cairn_job_inserted *each, cairn_error *err)
{
	add_items(pg, plan);
	cairn_pg__queue(pg, PG_SQL_ENQUEUE);
	ask_waited(pg, plan);
	queue_resources(pg, plan);
	cairn_status status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	set_all(plan, each, true);
	const PGresult *without = cairn_pg__result(pg, 0);
	for (int i = 0; i < PQntuples(without); i++) {
		int64_t n = cairn_pg__int8(without, i, 0);
		memset(&each[n - 1], 0, sizeof each[0]);
	}
	read_waited(pg, plan);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

/* Items whose definition is there: inserted, or their key was taken, or their type has no keys. */
static cairn_status read_inserted(const cairn_enqueue_plan *plan, const PGresult *inserted,
				  cairn_job_inserted *each, cairn_error *err)
{
	set_all(plan, each, false);
	for (int i = 0; i < PQntuples(inserted); i++) {
		int64_t n = cairn_pg__int8(inserted, i, 0);
		if (n < 0)
			return cairn_fail(err, CAIRN_E_TX_ISOLATION);
		if (cairn_pg__bool(inserted, i, 1))
			set_done(&plan->jobs[n - 1], &each[n - 1]);
		else if (!cairn_pg__bool(inserted, i, 2))
			each[n - 1].result = CAIRN_INSERT_UNKEPT;
	}
	return CAIRN_OK;
}

static void read_keys(const PGresult *keys, cairn_job_inserted *each)
{
	for (int i = 0; i < PQntuples(keys); i++) {
		cairn_job_inserted *one = &each[cairn_pg__int8(keys, i, 0) - 1];
		cairn_str hash = cairn_pg__text(keys, i, 2);
		one->result = CAIRN_INSERT_KEY_EXISTS;
		one->id = cairn_pg__id(keys, i, 1);
		one->status = cairn_job_status_parse(cairn_pg__text(keys, i, 3));
		one->run_number = cairn_pg__int4(keys, i, 4);
		if (hash.len == sizeof one->request_hash)
			memcpy(one->request_hash, hash.ptr, hash.len);
	}
}

/* Whether some item was refused for its key although nobody has it (any more). */
static bool vanished(const PGresult *inserted, const cairn_job_inserted *each)
{
	for (int i = 0; i < PQntuples(inserted); i++) {
		int64_t n = cairn_pg__int8(inserted, i, 0);
		if (n > 0 && each[n - 1].result == CAIRN_INSERT_NO_DEFINITION)
			return true;
	}
	return false;
}

/* Those for whose queue somebody waits; not what owe_all will tell of. */
static void owe_inserted(struct pg *pg, const cairn_enqueue_plan *plan, const PGresult *inserted)
{
	for (int i = 0; i < PQntuples(inserted); i++) {
		int64_t n = cairn_pg__int8(inserted, i, 0);
		if (n < 0 || cairn_pg__null(inserted, i, 3))
			continue;
		if (!pg->own_tx || plan->jobs[n - 1].run_at != 0)
			cairn_pg__owe(pg, cairn_pg__text(inserted, i, 3), 1, false);
	}
}

static cairn_status enqueue_keyed(struct pg *pg, const cairn_enqueue_plan *plan,
				  cairn_job_inserted *each, bool *again, cairn_error *err)
{
	struct pg_items items = PG_ITEMS(plan->jobs, plan->n);
	add_items(pg, plan);
	cairn_pg__queue(pg, PG_SQL_ENQUEUE_KEYED);
	cairn_pg__add_ids(pg, COLUMN(id));
	cairn_pg__add_texts(pg, COLUMN(type), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(tenant), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(key), PG_ABSENT_NULL);
	cairn_pg__queue(pg, PG_SQL_KEYS);
	queue_resources(pg, plan);
	cairn_status status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	owe_inserted(pg, plan, cairn_pg__result(pg, 0));
	status = read_inserted(plan, cairn_pg__result(pg, 0), each, err);
	if (status == CAIRN_OK) {
		read_keys(cairn_pg__result(pg, 1), each);
		*again = vanished(cairn_pg__result(pg, 0), each);
	}
	cairn_pg__call_clear(pg);
	return status;
}

/* ---- the slot ----------------------------------------------------------- */

static bool any_keyed(const cairn_enqueue_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->jobs[i].key.len > 0)
			return true;
	}
	return false;
}

/* One round; *again says that the items without a result want another. */
static cairn_status enqueue(struct pg *pg, const cairn_enqueue_plan *plan, cairn_job_inserted *each,
			    bool *again, cairn_error *err)
{
	*again = false;
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	if (any_keyed(plan))
		return enqueue_keyed(pg, plan, each, again, err);
	if (all_alike(plan))
		return enqueue_alike(pg, plan, each, err);
	return enqueue_unkeyed(pg, plan, each, err);
}

cairn_status cairn_pg__job_enqueue(void *self, const cairn_enqueue_plan *plan,
				   cairn_job_inserted *each, cairn_error *err)
{
	struct pg *pg = self;
	bool again;
	cairn_status status = enqueue(pg, plan, each, &again, err);
	/* what was inserted stays; the few others go again one by one */
	for (size_t i = 0; i < plan->n && status == CAIRN_OK && again; i++) {
		cairn_enqueue_plan one = { .jobs = &plan->jobs[i], .n = 1, .record = plan->record };
		bool more = each[i].result == CAIRN_INSERT_NO_DEFINITION && one.jobs->key.len > 0;
		for (int try = 0; try < TRIES && more && status == CAIRN_OK; try++)
			status = enqueue(pg, &one, &each[i], &more, err);
	}
	if (status == CAIRN_OK)
		owe_all(pg, plan, each);
	return cairn_pg__wake(pg, status, err);
}
