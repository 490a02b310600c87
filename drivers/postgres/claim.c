/*
 * claim.c - leasing the best jobs that are due. There are two ways (sql_queue.h). Statements for any
 * queue: the first unparks what has become due, so that the next ones, whose snapshots are younger, see
 * it in line. And one that is cheaper and takes nothing where jobs need permits or are to be unparked.
 * A queue that keeps giving jobs, none of which needs a permit, is claimed from in the cheap way; when
 * that gets nothing, the claim is done again in the other. It is done again, too, where those who need permits
 * stand in a crowd that hides who can have one.
 */
#include <stdlib.h>

#include "pg.h"

/* ---- queues that go on giving plain jobs ------------------------------------ */

/*
 * Claims that must have got jobs before the next is a cheap one. Where jobs come one by one, every
 * other claim gets nothing: those are never done twice. Where every job was put off until it is due,
 * one in so many is.
 */
#define STREAK 8

/* Instead of a length: the first in line were not enough, and all resources have to be looked at. */
#define FAR 255

/* FNV-1a; never 0. */
static uint64_t hash(cairn_str queue)
{
	uint64_t sum = 14695981039346656037u;
	for (size_t i = 0; i < queue.len; i++)
		sum = (sum ^ (unsigned char)queue.ptr[i]) * 1099511628211u;
	return sum | 1;
}

#define STREAKS (sizeof((struct pg_streaks *)0)->length)

/* Where a queue is remembered; STREAKS: nowhere. */
static size_t streak_of(const struct pg_streaks *streaks, uint64_t queue)
{
	size_t at = 0;
	while (at < STREAKS && streaks->queue[at] != queue)
		at++;
	return at;
}

static bool goes_on(const struct pg_streaks *streaks, cairn_str queue)
{
	size_t at = streak_of(streaks, hash(queue));
	return at < STREAKS && streaks->length[at] == STREAK;
}

static bool looks_far(const struct pg_streaks *streaks, cairn_str queue)
{
	size_t at = streak_of(streaks, hash(queue));
	return at < STREAKS && streaks->length[at] == FAR;
}

/* What a claim got; a queue in its stride has nothing to learn from one that got jobs. */
static void remember(struct pg_streaks *streaks, cairn_str name, bool plain_jobs, bool far)
{
	uint64_t queue = hash(name);
	size_t at = streak_of(streaks, queue);
	if (at == STREAKS && !plain_jobs && !far)
		return;
	if (at == STREAKS) {
		at = streaks->next++ % STREAKS;
		streaks->queue[at] = queue;
		streaks->length[at] = 0;
	}
	if (far)
		streaks->length[at] = FAR;
	else if (!plain_jobs || streaks->length[at] == FAR)
		streaks->length[at] = 0;
	else if (streaks->length[at] < STREAK)
		streaks->length[at]++;
}

/* ---- the statements ---------------------------------------------------------- */

static void add_types(struct pg *pg, const cairn_claim_plan *plan)
{
	if (plan->types != NULL)
		cairn_pg__add_texts(pg, PG_ITEMS(plan->types, plan->type_count), 0,
				    PG_ABSENT_EMPTY);
	else
		cairn_pg__add_null(pg);
}

static void queue_unpark(struct pg *pg, const cairn_claim_plan *plan, enum pg_time time)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, (int32_t)time);
	cairn_pg__add_text(pg, plan->queue);
	cairn_pg__queue(pg, PG_SQL_UNPARK);
}

static void queue_lock(struct pg *pg, const cairn_claim_plan *plan, enum pg_time time)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, (int32_t)time);
	cairn_pg__add_text(pg, plan->queue);
	cairn_pg__add_text(pg, plan->owner);
	add_types(pg, plan);
	cairn_pg__add_int8(pg, plan->limit);
	cairn_pg__queue(pg, pg->streaks.far ? PG_SQL_RESOURCE_LOCK_FAR : PG_SQL_RESOURCE_LOCK);
}

void cairn_pg__claim_queue(struct pg *pg, const cairn_claim_plan *plan, enum pg_time time)
{
	bool plain = goes_on(&pg->streaks, plan->queue);
	enum pg_sql sql = plan->limit > 1 ? PG_SQL_CLAIM : PG_SQL_CLAIM_ONE;
	pg->streaks.plain = plain;
	pg->streaks.far = looks_far(&pg->streaks, plan->queue);
	if (!plain) {
		queue_unpark(pg, plan, time);
		queue_lock(pg, plan, time);
		sql = PG_SQL_CLAIM_KEYED;
	}
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, (int32_t)time);
	cairn_pg__add_text(pg, plan->queue);
	cairn_pg__add_text(pg, plan->worker);
	cairn_pg__add_int8(pg, plan->lease);
	cairn_pg__add_int4(pg, (int32_t)plan->record);
	cairn_pg__add_text(pg, plan->owner);
	add_types(pg, plan);
	cairn_pg__add_bool(pg, plan->prestart != 0);
	if (sql != PG_SQL_CLAIM_ONE)
		cairn_pg__add_int8(pg, plan->limit);
	cairn_pg__queue(pg, sql);
}

/* ---- the answer -------------------------------------------------------------- */

/* What the claim itself wrote need not come back over the wire. */
static void read_claimed(const PGresult *result, int row, cairn_job *job)
{
	int column = cairn_pg__job(result, row, job);
	job->payload = cairn_pg__text(result, row, column);
	job->checkpoint = cairn_pg__text(result, row, column + 1);
	job->output = cairn_pg__text(result, row, column + 2);
	job->request = cairn_pg__text(result, row, column + 3);
	cairn_pg__policy_array(result, row, column + 4, job);
	if (!cairn_id_is_none(job->run))
		job->hints |= CAIRN_HINT_STEP;
	else if (!job->replay)
		job->hints |= CAIRN_HINT_ALONE;
	if (!(job->hints & CAIRN_HINT_ALONE))
		job->hints &= ~CAIRN_HINT_DELETE;
	job->status = CAIRN_JOB_LEASED;
	job->leased_at = job->updated_at;
	job->heartbeat_at = job->updated_at;
}

/* A row's place in the queue. */
struct place {
	cairn_time run_at;
	cairn_id id;
	int32_t priority;
	int row;
};

static int in_queue_order(const void *a, const void *b)
{
	const struct place *x = a;
	const struct place *y = b;
	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	if (x->run_at != y->run_at)
		return x->run_at < y->run_at ? -1 : 1;
	return cairn_id_compare(x->id, y->id);
}

/* Ids grow with time, so most often the rows stand in queue order already. */
static void sort(const PGresult *result, struct place *places, int count)
{
	bool sorted = true;
	for (int i = 0; i < count; i++) {
		places[i] = (struct place){ .run_at = cairn_pg__time(result, i, PG_JOB_RUN_AT),
					    .id = cairn_pg__id(result, i, PG_JOB_ID),
					    .priority = cairn_pg__int4(result, i, PG_JOB_PRIORITY),
					    .row = i };
		sorted = sorted && (i == 0 || in_queue_order(&places[i - 1], &places[i]) < 0);
	}
	if (!sorted)
		qsort(places, (size_t)count, sizeof *places, in_queue_order);
}

static cairn_status read_rows(const PGresult *result, const struct place *places,
			      const cairn_claim_plan *plan, cairn_rows *rows, cairn_error *err)
{
	cairn_str queue = cairn_rows_str(rows, plan->queue.ptr, plan->queue.len);
	cairn_str worker = cairn_rows_str(rows, plan->worker.ptr, plan->worker.len);
	for (int i = 0; i < PQntuples(result); i++) {
		cairn_job *job = cairn_rows_push(rows);
		if (job == NULL)
			return cairn_fail(err, CAIRN_E_NOMEM);
		read_claimed(result, places[i].row, job);
		job->queue = queue;
		job->worker = worker;
		job->lease_expires_at = job->updated_at + plan->lease;
		job->prestart = plan->prestart;
	}
	return CAIRN_OK;
}

static cairn_status read_result(struct pg *pg, size_t n, const cairn_claim_plan *plan,
				cairn_rows *rows, cairn_error *err)
{
	const PGresult *result = cairn_pg__result(pg, n);
	struct place few[8];
	struct place *places = few;
	size_t count = (size_t)PQntuples(result);
	size_t size = count * sizeof *places;
	if (count == 0)
		return CAIRN_OK;
	if (size > sizeof few)
		places = cairn_host_alloc(pg->host, NULL, 0, size);
	if (places == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	sort(result, places, (int)count);
	cairn_status status = read_rows(result, places, plan, rows, err);
	if (places != few)
		cairn_host_alloc(pg->host, places, size, 0);
	return status == CAIRN_OK ? cairn_pg__park(pg, n, rows, err) : status;
}

cairn_status cairn_pg__claim_read(struct pg *pg, size_t n, const cairn_claim_plan *plan,
				  struct pg_claimed *claimed, cairn_rows *rows, cairn_error *err)
{
	bool plain = pg->streaks.plain;
	cairn_str state = { NULL, 0 };
	if (!plain) {
		state = cairn_pg__text(cairn_pg__result(pg, n + 1), 0, 0);
		n += 2;
	}
	bool any = PQntuples(cairn_pg__result(pg, n)) > 0;
	claimed->strict = cairn_str_is(state, "strict");
	bool far = cairn_str_is(state, "far");
	claimed->again = (plain && !any) || (far && !pg->streaks.far);
	remember(&pg->streaks, plan->queue, any && state.len == 0, far);
	return read_result(pg, n, plan, rows, err);
}

/* Room is made before anything is leased: what can't be handed out must not be taken. */
int cairn_pg__claim_reserve(const cairn_claim_plan *plan, cairn_rows *rows)
{
	return cairn_rows_reserve(rows, plan->limit, plan->queue.len + plan->worker.len + 64);
}

static cairn_status claim(struct pg *pg, const cairn_claim_plan *plan, struct pg_claimed *claimed,
			  cairn_rows *jobs, cairn_error *err)
{
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__claim_queue(pg, plan, PG_TIME_STATEMENT);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_pg__claim_read(pg, 0, plan, claimed, jobs, err);
	cairn_pg__call_clear(pg);
	return status;
}

cairn_status cairn_pg__claim_again(struct pg *pg, const cairn_claim_plan *plan, cairn_rows *rows,
				   cairn_error *err)
{
	struct pg_claimed claimed = { .again = true };
	cairn_status status = CAIRN_OK;
	while (status == CAIRN_OK && claimed.again)
		status = claim(pg, plan, &claimed, rows, err);
	return status;
}

cairn_status cairn_pg__job_claim(void *self, const cairn_claim_plan *plan, cairn_rows *jobs,
				 cairn_error *err)
{
	struct pg *pg = self;
	struct pg_claimed claimed = { .again = true };
	cairn_status status = CAIRN_OK;
	if (cairn_pg__claim_reserve(plan, jobs) != 0)
		return cairn_fail(err, CAIRN_E_NOMEM);
	while (status == CAIRN_OK && claimed.again)
		status = claim(pg, plan, &claimed, jobs, err);
	if (status == CAIRN_OK && claimed.strict)
		status = cairn_fail(err, CAIRN_E_TX_ISOLATION);
	return status;
}
