/*
 * schedule.c - schedules: writing them, reading them, moving their cursors. Locks come in
 * statements of their own; a fire takes none that it would have to wait for. (sql_schedule.h)
 */
#include <stddef.h>
#include <string.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_schedule, field)

/* ---- words ---------------------------------------------------------------- */

/* Texts made from the rows for the length of a call: NULL without memory. */
static cairn_str *words_new(struct pg *pg, size_t n, cairn_error *err)
{
	cairn_str *words = cairn_host_alloc(pg->host, NULL, 0, (n + 1) * sizeof *words);
	if (words == NULL)
		cairn_fail(err, CAIRN_E_NOMEM);
	return words;
}

static void words_free(struct pg *pg, cairn_str *words, size_t n)
{
	cairn_host_alloc(pg->host, words, (n + 1) * sizeof *words, 0);
}

static void add_words(struct pg *pg, const cairn_str *words, size_t n)
{
	cairn_pg__add_texts(pg, PG_ITEMS(words, n), 0, PG_ABSENT_EMPTY);
}

static void add_misfires(struct pg *pg, const cairn_schedule_put_plan *plan, cairn_str *words)
{
	for (size_t i = 0; i < plan->n; i++)
		words[i] = cairn_str_of(cairn_misfire_text(plan->schedules[i].misfire));
	add_words(pg, words, plan->n);
}

static void add_overlaps(struct pg *pg, const cairn_schedule_put_plan *plan, cairn_str *words)
{
	for (size_t i = 0; i < plan->n; i++)
		words[i] = cairn_str_of(cairn_overlap_text(plan->schedules[i].overlap));
	add_words(pg, words, plan->n);
}

/* ---- put ------------------------------------------------------------------ */

static void add_schedules(struct pg *pg, const cairn_schedule_put_plan *plan, cairn_str *words)
{
	struct pg_items items = PG_ITEMS(plan->schedules, plan->n);
	cairn_pg__add_now(pg);
	cairn_pg__add_texts(pg, COLUMN(name), PG_ABSENT_EMPTY);
	cairn_pg__add_ids(pg, COLUMN(id));
	cairn_pg__add_texts(pg, COLUMN(type), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(tenant), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(queue), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(owner), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, COLUMN(payload));
	cairn_pg__add_texts(pg, COLUMN(cron), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(zone), PG_ABSENT_EMPTY);
	cairn_pg__add_int8s(pg, COLUMN(jitter));
	add_misfires(pg, plan, words);
	cairn_pg__add_int4s(pg, COLUMN(catch_up));
	add_overlaps(pg, plan, words);
	cairn_pg__add_int4s(pg, COLUMN(inactive));
	cairn_pg__add_times(pg, COLUMN(next_fire_at), PG_ABSENT_NULL);
	cairn_pg__add_bool(pg, plan->exact != 0);
	cairn_pg__add_texts(pg, PG_ITEMS(plan->off, plan->off_count), 0, PG_ABSENT_EMPTY);
}

/* Both kinds of rows that are held, so that no statement waits that also judges. */
static void queue_put(struct pg *pg, const cairn_schedule_put_plan *plan, cairn_str *words)
{
	struct pg_items items = PG_ITEMS(plan->schedules, plan->n);
	cairn_pg__add_texts(pg, COLUMN(name), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, PG_ITEMS(plan->off, plan->off_count), 0, PG_ABSENT_EMPTY);
	cairn_pg__queue(pg, PG_SQL_SCHEDULE_HOLD);
	cairn_pg__add_texts(pg, COLUMN(type), PG_ABSENT_EMPTY);
	cairn_pg__add_null(pg);
	cairn_pg__queue(pg, PG_SQL_SCHEDULE_DEFINITIONS);
	add_schedules(pg, plan, words);
	cairn_pg__queue(pg, PG_SQL_SCHEDULE_PUT);
}

static cairn_status read_put(struct pg *pg, int *refused, cairn_rows *off, cairn_error *err)
{
	const PGresult *result = cairn_pg__result(pg, 2);
	for (int i = 0; i < PQntuples(result); i++) {
		int64_t n = cairn_pg__int8(result, i, 0);
		if (n < 0)
			return cairn_fail(err, CAIRN_E_TX_ISOLATION);
		if (n > 0) {
			refused[n - 1] = 1;
			continue;
		}
		cairn_str *row = cairn_rows_push(off);
		if (row == NULL)
			return cairn_fail(err, CAIRN_E_NOMEM);
		*row = cairn_pg__text(result, i, 1);
	}
	return cairn_pg__park(pg, 2, off, err);
}

cairn_status cairn_pg__schedule_put(void *self, const cairn_schedule_put_plan *plan, int *refused,
				    cairn_rows *off, cairn_error *err)
{
	struct pg *pg = self;
	/* room for what may be answered, before anything is written */
	if (cairn_rows_reserve(off, plan->off_count, 64) != 0)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_str *words = words_new(pg, plan->n, err);
	if (words == NULL)
		return CAIRN_NOMEM;
	memset(refused, 0, plan->n * sizeof *refused);
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status == CAIRN_OK) {
		queue_put(pg, plan, words);
		status = cairn_pg__call_run(pg, err);
	}
	words_free(pg, words, plan->n);
	if (status != CAIRN_OK)
		return status;
	status = read_put(pg, refused, off, err);
	cairn_pg__call_clear(pg);
	return status;
}

/* ---- list ----------------------------------------------------------------- */

static void read_schedule(const PGresult *result, int i, cairn_schedule *row)
{
	row->name = cairn_pg__text(result, i, 1);
	row->id = cairn_pg__id(result, i, 2);
	row->type = cairn_pg__text(result, i, 3);
	row->tenant = cairn_pg__tenant(result, i, 4);
	row->queue = cairn_pg__text(result, i, 5);
	row->owner = cairn_pg__text(result, i, 6);
	row->payload = cairn_pg__text(result, i, 7);
	row->cron = cairn_pg__text(result, i, 8);
	row->zone = cairn_pg__text(result, i, 9);
	row->jitter = cairn_pg__int8(result, i, 10);
	row->misfire = cairn_misfire_parse(cairn_pg__text(result, i, 11));
	row->catch_up = cairn_pg__int4(result, i, 12);
	row->overlap = cairn_overlap_parse(cairn_pg__text(result, i, 13));
	row->inactive = !cairn_pg__bool(result, i, 14);
	row->next_fire_at = cairn_pg__time(result, i, 15);
	row->last_fire_at = cairn_pg__time(result, i, 16);
	row->last_job = cairn_pg__id(result, i, 17);
	row->last_error = cairn_pg__text(result, i, 18);
	row->created_at = cairn_pg__time(result, i, 19);
	row->updated_at = cairn_pg__time(result, i, 20);
	row->last_job_status = cairn_job_status_parse(cairn_pg__text(result, i, 21));
}

/* Without schedules there is one row, with the time in it. */
static cairn_status read_list(struct pg *pg, cairn_time *now, cairn_rows *rows, cairn_error *err)
{
	const PGresult *result = cairn_pg__result(pg, 0);
	*now = cairn_pg__time(result, 0, 0);
	if (cairn_pg__null(result, 0, 1))
		return CAIRN_OK;
	if (cairn_rows_reserve(rows, (size_t)PQntuples(result), 64) != 0)
		return cairn_fail(err, CAIRN_E_NOMEM);
	for (int i = 0; i < PQntuples(result); i++) {
		cairn_schedule *row = cairn_rows_push(rows);
		if (row == NULL)
			return cairn_fail(err, CAIRN_E_NOMEM);
		read_schedule(result, i, row);
	}
	return cairn_pg__park(pg, 0, rows, err);
}

static enum pg_sql add_query(struct pg *pg, const cairn_schedule_query *query)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_int8(pg, query->limit);
	cairn_pg__add_scope(pg, &query->scope);
	if (query->due)
		return PG_SQL_SCHEDULE_DUE;
	cairn_pg__add_tenant(pg, query->after); /* absent: '', which is before all names */
	cairn_pg__add_text(pg, query->contains);
	cairn_pg__add_text(pg, query->type);
	cairn_pg__add_time(pg, query->due_before != 0 ? query->due_before : PG_TIME_LAST);
	cairn_pg__add_int4(pg, (int32_t)query->active);
	if (query->names == NULL)
		return PG_SQL_SCHEDULE_LIST;
	cairn_pg__add_texts(pg, PG_ITEMS(query->names, query->name_count), 0, PG_ABSENT_EMPTY);
	return PG_SQL_SCHEDULE_NAMES;
}

cairn_status cairn_pg__schedule_list(void *self, const cairn_schedule_query *query, cairn_time *now,
				     cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__queue(pg, add_query(pg, query));
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	status = read_list(pg, now, rows, err);
	cairn_pg__call_clear(pg);
	return status;
}

/* ---- change --------------------------------------------------------------- */

static void add_names(struct pg *pg, const cairn_schedule_change_plan *plan)
{
	cairn_pg__add_texts(pg, PG_ITEMS(plan->names, plan->n), 0, PG_ABSENT_EMPTY);
}

/* The schedules first: which definitions matter is known only when they stand still. */
static void queue_change(struct pg *pg, const cairn_schedule_change_plan *plan)
{
	add_names(pg, plan);
	cairn_pg__add_null(pg);
	cairn_pg__queue(pg, PG_SQL_SCHEDULE_HOLD);
	if (plan->set == CAIRN_SCHEDULE_SET_ON) {
		cairn_pg__add_null(pg);
		add_names(pg, plan);
		cairn_pg__queue(pg, PG_SQL_SCHEDULE_DEFINITIONS);
	}
	cairn_pg__add_now(pg);
	cairn_pg__add_scope(pg, &plan->scope);
	add_names(pg, plan);
	cairn_pg__add_int4(pg, (int32_t)plan->set);
	cairn_pg__add_time(pg, plan->next_fire_at);
	cairn_pg__queue(pg, PG_SQL_SCHEDULE_CHANGE);
}

static cairn_status read_change(const PGresult *result, enum cairn_schedule_hit *each,
				cairn_error *err)
{
	for (int i = 0; i < PQntuples(result); i++) {
		int64_t n = cairn_pg__int8(result, i, 0);
		if (n < 0)
			return cairn_fail(err, CAIRN_E_TX_ISOLATION);
		each[n - 1] =
			cairn_pg__bool(result, i, 1) ? CAIRN_SCHEDULE_REFUSED : CAIRN_SCHEDULE_DONE;
	}
	return CAIRN_OK;
}

cairn_status cairn_pg__schedule_change(void *self, const cairn_schedule_change_plan *plan,
				       enum cairn_schedule_hit *each, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n; i++)
		each[i] = CAIRN_SCHEDULE_MISSING;
	queue_change(pg, plan);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	size_t last = plan->set == CAIRN_SCHEDULE_SET_ON ? 2 : 1;
	status = read_change(cairn_pg__result(pg, last), each, err);
	cairn_pg__call_clear(pg);
	return status;
}

/* ---- fire ----------------------------------------------------------------- */

#define STEP(field) items, offsetof(cairn_schedule_step, field)
#define JOB(field)  items, offsetof(cairn_job_insert, field)

static void add_steps(struct pg *pg, const cairn_schedule_fire_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->steps, plan->n);
	cairn_pg__add_now(pg);
	cairn_pg__add_ids(pg, STEP(id));
	cairn_pg__add_times(pg, STEP(cursor), PG_ABSENT_NULL);
	cairn_pg__add_times(pg, STEP(next), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, STEP(error), PG_ABSENT_NULL);
}

/* The steps' jobs; a step without one gives an empty one, whose id is zero. */
static void add_jobs(struct pg *pg, const cairn_schedule_fire_plan *plan, const void **jobs)
{
	static const cairn_job_insert none;
	for (size_t i = 0; i < plan->n; i++)
		jobs[i] = plan->steps[i].job != NULL ? plan->steps[i].job : &none;
	struct pg_items items = { .at = jobs, .size = sizeof none, .n = plan->n };
	cairn_pg__add_ids(pg, JOB(id));
	cairn_pg__add_texts(pg, JOB(type), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, JOB(queue), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, JOB(tenant), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, JOB(owner), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, JOB(stage), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, JOB(payload));
}

static cairn_status fire(struct pg *pg, const cairn_schedule_fire_plan *plan, const void **jobs,
			 enum cairn_schedule_fate *each, cairn_error *err)
{
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	add_steps(pg, plan);
	add_jobs(pg, plan, jobs);
	cairn_pg__add_int4(pg, (int32_t)plan->record);
	cairn_pg__add_time(pg, plan->retry_at);
	cairn_pg__add_text(pg, plan->retry_error);
	cairn_pg__queue(pg, PG_SQL_SCHEDULE_FIRE);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n; i++)
		each[i] = CAIRN_SCHEDULE_LOST;
	const PGresult *result = cairn_pg__result(pg, 0);
	for (int i = 0; i < PQntuples(result); i++)
		each[cairn_pg__int8(result, i, 0) - 1] = cairn_pg__bool(result, i, 1)
								 ? CAIRN_SCHEDULE_NO_DEFINITION
								 : CAIRN_SCHEDULE_MOVED;
	cairn_pg__owe_rows(pg, result, 2);
	cairn_pg__call_clear(pg);
	return cairn_pg__wake(pg, CAIRN_OK, err);
}

cairn_status cairn_pg__schedule_fire(void *self, const cairn_schedule_fire_plan *plan,
				     enum cairn_schedule_fate *each, cairn_error *err)
{
	struct pg *pg = self;
	size_t size = plan->n * sizeof(void *);
	const void **jobs = cairn_host_alloc(pg->host, NULL, 0, size);
	if (jobs == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_status status = fire(pg, plan, jobs, each, err);
	cairn_host_alloc(pg->host, (void *)jobs, size, 0);
	return status;
}
