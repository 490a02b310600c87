/*
 * claim.c - leasing the best jobs that are due. The rows are read first, in queue
 * order, and then written by rowid: that beats one UPDATE … RETURNING, and the index
 * being walked stands still. With a single writer nobody's rows must be skipped.
 */
#include "lite.h"

cairn_status cairn_lite__slots(struct lite *lite, size_t n, cairn_error *err)
{
	if (n <= lite->slot_count)
		return CAIRN_OK;
	struct lite_slot *larger =
		cairn_host_alloc(lite->host, lite->slots, lite->slot_count * sizeof *lite->slots,
				 n * sizeof *lite->slots);
	if (larger == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	lite->slots = larger;
	lite->slot_count = n;
	return CAIRN_OK;
}

/* ---- parked jobs whose time has come ------------------------------------ */

#define UNPARK_STEP 256

static cairn_status read_due(struct lite_write *write, cairn_str queue, int64_t *due, size_t step,
			     size_t *n, cairn_error *err)
{
	struct lite_run run;
	bool more = false;
	*n = 0;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_JOB_DUE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, queue);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_int(&run, (int64_t)step);
	status = cairn_lite__row(&run, &more, err);
	while (status == CAIRN_OK && more) {
		due[(*n)++] = cairn_lite__int(&run);
		status = cairn_lite__row(&run, &more, err);
	}
	return status;
}

static cairn_status unpark_one(struct lite *lite, int64_t row, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_JOB_UNPARK, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, row);
	return cairn_lite__finish(&run, err);
}

/* All of them, however many: one that is left behind could be better than those claimed. */
static cairn_status unpark(struct lite_write *write, cairn_str queue, cairn_error *err)
{
	int64_t due[UNPARK_STEP];
	size_t n;
	cairn_status status;
	do {
		status = read_due(write, queue, due, UNPARK_STEP, &n, err);
		for (size_t i = 0; i < n && status == CAIRN_OK; i++)
			status = unpark_one(write->lite, due[i], err);
	} while (status == CAIRN_OK && n == UNPARK_STEP);
	return status;
}

cairn_status cairn_lite__unpark(struct lite_write *write, cairn_str queue, size_t limit, size_t *n,
				bool *more, cairn_error *err)
{
	int64_t due[UNPARK_STEP];
	cairn_status status = CAIRN_OK;
	*n = 0;
	*more = true;
	while (status == CAIRN_OK && *more && *n < limit) {
		size_t step = limit - *n < UNPARK_STEP ? limit - *n : UNPARK_STEP;
		size_t found;
		status = read_due(write, queue, due, step, &found, err);
		for (size_t i = 0; i < found && status == CAIRN_OK; i++)
			status = unpark_one(write->lite, due[i], err);
		*n += found;
		*more = found == step;
	}
	if (status == CAIRN_OK && *more) {
		status = read_due(write, queue, due, 1, &limit, err);
		*more = limit > 0;
	}
	return status;
}

/* ---- claiming ----------------------------------------------------------- */

bool cairn_lite__type_wanted(const struct lite_wanted *wanted, cairn_str type)
{
	if (wanted->types == NULL)
		return true;
	for (size_t i = 0; i < wanted->type_count; i++) {
		if (cairn_str_equal(wanted->types[i], type))
			return true;
	}
	return false;
}

static struct lite_wanted wanted_by(const cairn_claim_plan *plan, cairn_time now)
{
	return (struct lite_wanted){ .queue = plan->queue,
				     .owner = plan->owner,
				     .now = now,
				     .types = plan->types,
				     .type_count = plan->type_count };
}

/* LITE_JOB_NEXT's row before it is read: a look at it leaves the columns where they are. */
static bool right_type(struct lite_run *run, const struct lite_wanted *wanted)
{
	if (wanted->types == NULL)
		return true;
	run->column = LITE_JOB_NEXT_TYPE;
	bool right = cairn_lite__type_wanted(wanted, cairn_lite__view(run));
	run->column = 0;
	return right;
}

static struct lite_place place_of(struct lite_run *run)
{
	struct lite_place place = { .row = sqlite3_column_int64(run->stmt, 0) };
	run->column = LITE_JOB_NEXT_ID;
	place.id = cairn_lite__id(run);
	place.priority = (int32_t)sqlite3_column_int64(run->stmt, LITE_JOB_NEXT_PRIORITY);
	place.run_at = sqlite3_column_int64(run->stmt, LITE_JOB_NEXT_RUN_AT);
	run->column = 0;
	return place;
}

/* The job as it will be when it is leased. */
static cairn_status read_job(struct lite_run *run, const struct lite_write *write,
			     const cairn_claim_plan *plan, cairn_rows *rows, cairn_error *err)
{
	struct lite_slot *slot = &write->lite->slots[cairn_rows_count(rows)];
	cairn_job *job = cairn_rows_push(rows);
	if (job == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	slot->row = cairn_lite__int(run);
	slot->events = cairn_lite__int(run);
	cairn_lite__job(run, rows, job);
	job->status = CAIRN_JOB_LEASED;
	job->attempt++;
	job->fence++;
	job->worker = cairn_rows_str(rows, plan->worker.ptr, plan->worker.len);
	job->leased_at = write->now;
	job->prestart = plan->prestart;
	job->execution_started_at = 0;
	job->heartbeat_at = write->now;
	job->updated_at = write->now;
	job->lease_expires_at = write->now + plan->lease;
	if (job->started_at == 0)
		job->started_at = write->now;
	return CAIRN_OK;
}

static cairn_status read_at(struct lite_write *write, int64_t row, const cairn_claim_plan *plan,
			    cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	bool found;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_JOB_AT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, row);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	status = read_job(&run, write, plan, rows, err);
	cairn_lite__stop(&run);
	return status;
}

/* Jobs that have a permit and stand before a place (NULL: all of them); *at is the next one. */
static cairn_status read_permitted(struct lite_write *write, const struct lite_places *permitted,
				   size_t *at, const struct lite_place *before,
				   const cairn_claim_plan *plan, cairn_rows *rows, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	while (status == CAIRN_OK && *at < permitted->count &&
	       cairn_rows_count(rows) < plan->limit &&
	       (before == NULL || cairn_lite__before(&permitted->at[*at], before)))
		status = read_at(write, permitted->at[(*at)++].row, plan, rows, err);
	return status;
}

static cairn_status start_next(struct lite_run *run, struct lite *lite, enum lite_sql sql,
			       const struct lite_wanted *wanted, bool *more, cairn_error *err)
{
	cairn_status status = cairn_lite__start(run, lite, sql, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(run, wanted->queue);
	cairn_lite__bind_int(run, wanted->now);
	cairn_lite__bind_text(run, wanted->owner);
	return cairn_lite__row(run, more, err);
}

/* Of a queue whose jobs need no permits. *none: there is nothing, or the queue is another one. */
static cairn_status read_plain(struct lite_write *write, const cairn_claim_plan *plan,
			       cairn_rows *rows, bool *none, cairn_error *err)
{
	struct lite_wanted wanted = wanted_by(plan, write->now);
	struct lite_run run;
	bool more = false;
	cairn_status status = start_next(&run, write->lite, LITE_JOB_NEXT, &wanted, &more, err);
	*none = !more;
	while (status == CAIRN_OK && more) {
		if (right_type(&run, &wanted))
			status = read_job(&run, write, plan, rows, err);
		if (status != CAIRN_OK || cairn_rows_count(rows) == plan->limit) {
			cairn_lite__stop(&run);
			return status;
		}
		status = cairn_lite__row(&run, &more, err);
	}
	return status;
}

/* Both kinds of jobs, merged: those without a resource, and those that have a permit. */
static cairn_status read_best(struct lite_write *write, const cairn_claim_plan *plan,
			      const struct lite_places *permitted, cairn_rows *rows,
			      cairn_error *err)
{
	struct lite_wanted wanted = wanted_by(plan, write->now);
	struct lite_run run;
	bool more = false;
	size_t at = 0;
	cairn_status status =
		start_next(&run, write->lite, LITE_JOB_NEXT_OPEN, &wanted, &more, err);
	while (status == CAIRN_OK && more) {
		bool right = right_type(&run, &wanted);
		if (right && at < permitted->count) {
			struct lite_place place = place_of(&run);
			status = read_permitted(write, permitted, &at, &place, plan, rows, err);
		}
		if (right && status == CAIRN_OK && cairn_rows_count(rows) < plan->limit)
			status = read_job(&run, write, plan, rows, err);
		if (status != CAIRN_OK || cairn_rows_count(rows) == plan->limit) {
			cairn_lite__stop(&run);
			return status;
		}
		status = cairn_lite__row(&run, &more, err);
	}
	return status != CAIRN_OK ? status
				  : read_permitted(write, permitted, &at, NULL, plan, rows, err);
}

static cairn_status queue_state(struct lite *lite, cairn_str queue, bool *paused, bool *permits,
				cairn_error *err)
{
	struct lite_run run;
	bool more;
	cairn_status status = cairn_lite__start(&run, lite, LITE_QUEUE_STATE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, queue);
	status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK)
		return status;
	*paused = cairn_lite__int(&run) != 0;
	*permits = cairn_lite__int(&run) != 0;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* Most queues have no job that needs a permit: only where nothing was found it is asked for why. */
static cairn_status pick(struct lite_write *write, const cairn_claim_plan *plan, cairn_rows *rows,
			 cairn_error *err)
{
	struct lite *lite = write->lite;
	struct lite_places places = { .limit = plan->limit };
	bool paused = false;
	bool permits = false;
	bool none;
	cairn_status status = read_plain(write, plan, rows, &none, err);
	if (status == CAIRN_OK && none)
		status = queue_state(lite, plan->queue, &paused, &permits, err);
	if (status != CAIRN_OK || paused || !permits)
		return status;
	struct lite_wanted wanted = wanted_by(plan, write->now);
	size_t size = plan->limit * sizeof *places.at;
	places.at = cairn_host_alloc(lite->host, NULL, 0, size);
	if (places.at == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	status = cairn_lite__permitted(lite, &wanted, &places, err);
	if (status == CAIRN_OK)
		status = read_best(write, plan, &places, rows, err);
	cairn_host_alloc(lite->host, places.at, size, 0);
	return status;
}

static cairn_status lease_one(struct lite_write *write, const cairn_claim_plan *plan,
			      const struct lite_slot *slot, const cairn_job *job, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_JOB_LEASE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, slot->row);
	cairn_lite__bind_int(&run, job->attempt);
	cairn_lite__bind_int(&run, job->fence);
	cairn_lite__bind_text(&run, plan->worker);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_int(&run, job->lease_expires_at);
	cairn_lite__bind_int(&run, job->started_at);
	cairn_lite__bind_int(&run, slot->events + (plan->record ? 1 : 0));
	cairn_lite__bind_int(&run, plan->prestart);
	cairn_lite__bind_int(&run, plan->lease);
	return cairn_lite__finish(&run, err);
}

/* Up to LITE_ROWS of them: what is the same for all, and which they are, the last one again and again. */
static cairn_status lease_rows(struct lite_write *write, const cairn_claim_plan *plan,
			       const struct lite_slot *slots, size_t n, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_JOB_LEASE_ROWS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, plan->worker);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_int(&run, write->now + plan->lease);
	cairn_lite__bind_int(&run, plan->record ? 1 : 0);
	cairn_lite__bind_int(&run, plan->prestart);
	cairn_lite__bind_int(&run, plan->lease);
	for (size_t i = 0; i < LITE_ROWS; i++)
		cairn_lite__bind_int(&run, slots[i < n ? i : n - 1].row);
	return cairn_lite__finish(&run, err);
}

/* The seq of a replay run's newest event: steps do not write the row of their job. */
static cairn_status last_event(struct lite *lite, const cairn_id *id, struct lite_slot *slot,
			       cairn_error *err)
{
	struct lite_run run;
	bool more;
	cairn_status status = cairn_lite__start(&run, lite, LITE_EVENT_LAST, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, id);
	status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK || !more)
		return status;
	int64_t last = cairn_lite__int(&run);
	if (last > slot->events)
		slot->events = last;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* How many from here on are no replay runs, LITE_ROWS at most: the row of such a one does not tell its last event. */
static size_t count_plain(cairn_rows *jobs, size_t from)
{
	size_t n = cairn_rows_count(jobs);
	size_t i = from;
	while (i < n && i - from < LITE_ROWS &&
	       !((const cairn_job *)cairn_rows_at(jobs, i))->replay)
		i++;
	return i - from;
}

/* From so many on one statement for LITE_ROWS is cheaper than one for each. */
#define LEASE_ROWS_FROM 4

static cairn_status lease(struct lite_write *write, const cairn_claim_plan *plan, cairn_rows *jobs,
			  cairn_error *err)
{
	struct lite_slot *slots = write->lite->slots;
	size_t n = cairn_rows_count(jobs);
	size_t i = 0;
	cairn_status status = CAIRN_OK;
	while (i < n && status == CAIRN_OK) {
		size_t some = n - i >= LEASE_ROWS_FROM ? count_plain(jobs, i) : 0;
		if (some >= LEASE_ROWS_FROM) {
			status = lease_rows(write, plan, &slots[i], some, err);
			i += some;
		} else {
			const cairn_job *job = cairn_rows_at(jobs, i);
			if (job->replay)
				status = last_event(write->lite, &job->id, &slots[i], err);
			if (status == CAIRN_OK)
				status = lease_one(write, plan, &slots[i], job, err);
			i++;
		}
	}
	return status;
}

/* The first lease of a job whose enqueueing is its only event is told by its rows. */
static bool plain(const struct lite_slot *slot, const cairn_job *job)
{
	return slot->events == 1 && job->fence == 1 && cairn_str_is(job->stage, "queued");
}

static cairn_status add_event(struct lite_write *write, const cairn_claim_plan *plan,
			      const struct lite_slot *slot, const cairn_job *job, cairn_error *err)
{
	cairn_event_record event = cairn_event_of(CAIRN_EVENT_LEASED, job);
	event.seq = slot->events + 1;
	event.stage = job->stage;
	event.worker = plan->worker;
	event.duration = plan->lease;
	return cairn_lite__event_add(write, &job->id, &event, err);
}

static uint32_t hints(const struct lite_definition *definition, const cairn_job *job)
{
	bool step = !cairn_id_is_none(job->run);
	bool alone = !step && !job->replay;
	bool unkept = definition->retention == CAIRN_RETAIN_NONE && job->key.len == 0 && alone;
	return (step ? CAIRN_HINT_STEP : 0) | (alone ? CAIRN_HINT_ALONE : 0) |
	       (definition->overrides ? CAIRN_HINT_OVERRIDES : 0) |
	       (unkept ? CAIRN_HINT_DELETE : 0);
}

/* What follows from the claim for each job: its event, and the retry policy in the answer. */
static cairn_status complete(struct lite_write *write, const cairn_claim_plan *plan,
			     cairn_rows *jobs, cairn_error *err)
{
	struct lite *lite = write->lite;
	struct lite_memo memo = { .used = 0 };
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < cairn_rows_count(jobs) && status == CAIRN_OK; i++) {
		const struct lite_definition *definition;
		cairn_job *job = cairn_rows_at(jobs, i);
		status = cairn_lite__definition(lite, &memo, job->type, &definition, err);
		if (status != CAIRN_OK)
			break;
		job->retry = definition->retry;
		job->hints = hints(definition, job);
		if (plan->record && !plain(&lite->slots[i], job))
			status = add_event(write, plan, &lite->slots[i], job, err);
	}
	return status;
}

cairn_status cairn_lite__claim(struct lite_write *write, const cairn_claim_plan *plan,
			       cairn_rows *jobs, cairn_error *err)
{
	struct lite *lite = write->lite;
	cairn_status status = cairn_lite__slots(lite, plan->limit, err);
	if (status == CAIRN_OK)
		status = unpark(write, plan->queue, err);
	if (status == CAIRN_OK)
		status = pick(write, plan, jobs, err);
	if (status == CAIRN_OK)
		status = lease(write, plan, jobs, err);
	if (status == CAIRN_OK)
		status = complete(write, plan, jobs, err);
	/* a lease that could not be told must not be left */
	if (status == CAIRN_OK && cairn_rows_failed(jobs))
		status = cairn_fail(err, CAIRN_E_NOMEM);
	lite->idle = status == CAIRN_OK && cairn_rows_count(jobs) == 0;
	return status;
}

static cairn_status anything_due(struct lite *lite, cairn_str queue, cairn_time now, bool *waits,
				 cairn_error *err)
{
	struct lite_run run;
	bool more;
	cairn_status status = cairn_lite__start(&run, lite, LITE_JOB_WAITING, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, queue);
	cairn_lite__bind_int(&run, now);
	status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK)
		return status;
	*waits = more && cairn_lite__int(&run) != 0;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* Whether a claim of any owner and type could get something. */
static cairn_status anything_waits(struct lite *lite, cairn_str queue, cairn_time now, bool *waits,
				   cairn_error *err)
{
	struct lite_place best;
	struct lite_places places = { .at = &best, .limit = 1 };
	struct lite_wanted wanted = { .queue = queue, .now = now, .any_owner = true };
	bool paused = false;
	bool permits = false;
	*waits = false;
	cairn_status status = queue_state(lite, queue, &paused, &permits, err);
	if (status != CAIRN_OK || paused)
		return status;
	status = anything_due(lite, queue, now, waits, err);
	if (status != CAIRN_OK || *waits || !permits)
		return status;
	status = cairn_lite__permitted(lite, &wanted, &places, err);
	*waits = status == CAIRN_OK && places.count > 0;
	return status;
}

/*
 * Workers without work poll. A connection whose last claim found nothing looks
 * before it takes the writer's lock, so that those who poll do not disturb those who work.
 */
cairn_status cairn_lite__job_claim(void *self, const cairn_claim_plan *plan, cairn_rows *jobs,
				   cairn_error *err)
{
	struct lite *lite = self;
	struct lite_write write;
	bool waits = true;
	cairn_status status = CAIRN_OK;
	if (lite->idle) {
		cairn_time now = cairn_lite__time(lite);
		status = cairn_lite__enter(lite, err);
		if (status == CAIRN_OK)
			status = anything_waits(lite, plan->queue, now, &waits, err);
	}
	if (status != CAIRN_OK || !waits)
		return status;
	status = cairn_lite__write_begin(lite, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_lite__claim(&write, plan, jobs, err);
	return cairn_lite__write_end(&write, status, err);
}

static cairn_status when_next(struct lite *lite, cairn_str queue, cairn_time now, cairn_due *work,
			      cairn_error *err)
{
	struct lite_run run;
	bool more;
	cairn_status status = cairn_lite__start(&run, lite, LITE_JOB_NEXT_DUE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, queue);
	status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK || !more)
		return status;
	cairn_time due = cairn_lite__int(&run);
	cairn_lite__stop(&run);
	if (due - now < work->next)
		work->next = due > now ? due - now : 0;
	return CAIRN_OK;
}

cairn_status cairn_lite__job_waiting(void *self, const cairn_wait_plan *plan, cairn_due *work,
				     cairn_error *err)
{
	struct lite *lite = self;
	bool waits = false;
	cairn_time now = cairn_lite__time(lite);
	cairn_status status = cairn_lite__enter(lite, err);
	for (size_t i = 0; i < plan->queue_count && status == CAIRN_OK && !waits; i++)
		status = anything_waits(lite, plan->queues[i], now, &waits, err);
	for (size_t i = 0; i < plan->queue_count && status == CAIRN_OK && !waits; i++)
		status = when_next(lite, plan->queues[i], now, work, err);
	work->due = status == CAIRN_OK && waits;
	return status;
}
