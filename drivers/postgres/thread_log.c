/*
 * thread_log.c - session logs: appending, reading, archiving, and waiting for an append. Those who wait
 * for a log stand among those who wait for queues (wait.c, wake.c), under a name that no queue can have.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_log_event, field)

_Static_assert(CAIRN_LOG_MAX == 9007199254740992, "LOG_MAX in sql_thread_log.h");

/* ---- who waits for a log ------------------------------------------------------- */

#define TOPIC_MARK '\001'

_Static_assert(PG_TOPIC_MAX >= 2 * 255 + 2, "a tenant, a thread and two marks");

/* Names have no control characters: what begins with one is no queue, and the next one is the end of the tenant. */
static cairn_str topic_of(char into[PG_TOPIC_MAX], cairn_str tenant, cairn_str thread)
{
	cairn_str topic = { into, tenant.len + thread.len + 2 };
	into[0] = TOPIC_MARK;
	memcpy(into + 1, tenant.ptr, tenant.len);
	into[1 + tenant.len] = TOPIC_MARK;
	memcpy(into + 2 + tenant.len, thread.ptr, thread.len);
	return topic;
}

/* All who wait for a log are told, and look. */
#define EVERYBODY INT32_MAX

/*
 * Behind an append, in its round trip: whether somebody waits, in a statement of its own, since the append
 * may have stood in line for long. Inside a transaction of cairn's own that is asked after the commit instead.
 */
static enum pg_guess ask_waited(struct pg *pg, cairn_str topic)
{
	enum pg_guess guess = pg->own_tx ? PG_NOBODY : cairn_pg__heed(pg, topic);
	if (guess == PG_NOBODY)
		return guess;
	cairn_pg__add_texts(pg, PG_ITEMS(&topic, 1), 0, PG_ABSENT_EMPTY);
	cairn_pg__queue(pg, PG_SQL_WAITED);
	return guess;
}

/* Those who probably wait are told in the same round trip, behind the commit. */
static bool tell(struct pg *pg, enum pg_guess guess, cairn_str topic)
{
	if (guess != PG_SOMEBODY || !cairn_pg__split(pg))
		return false;
	cairn_pg__owe(pg, topic, EVERYBODY, false);
	cairn_pg__wake_queue(pg);
	return true;
}

/* ---- append ------------------------------------------------------------------- */

static void add_thread(struct pg *pg, cairn_str tenant, cairn_str thread)
{
	cairn_pg__add_text(pg, tenant);
	cairn_pg__add_text(pg, thread);
}

static void add_append(struct pg *pg, const cairn_log_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->events, plan->n);
	cairn_pg__add_now(pg);
	add_thread(pg, plan->tenant, plan->thread);
	cairn_pg__add_int8(pg, (int64_t)plan->n);
	if (plan->expected > 0)
		cairn_pg__add_int8(pg, plan->expected);
	else
		cairn_pg__add_bool(pg, plan->expected < 0);
	if (plan->n == 1) {
		cairn_pg__add_text(pg, plan->events[0].kind);
		cairn_pg__add_text(pg, plan->events[0].data);
		cairn_pg__add_int4(pg, (int32_t)plan->events[0].payload_version);
	} else {
		cairn_pg__add_texts(pg, COLUMN(kind), PG_ABSENT_NULL);
		cairn_pg__add_jsons(pg, COLUMN(data));
		cairn_pg__add_int4s(pg, COLUMN(payload_version));
	}
	cairn_str lock = { NULL, 0 };
	if (plan->lock != NULL)
		lock = (cairn_str){ plan->lock->name, plan->lock->name_len };
	cairn_pg__add_text(pg, lock);
	cairn_pg__add_int8(pg, plan->lock != NULL ? plan->lock->fence : 0);
}

static enum pg_sql sql_of(const cairn_log_plan *plan)
{
	if (plan->expected > 0)
		return plan->n == 1 ? PG_SQL_LOG_APPEND_AT_ONE : PG_SQL_LOG_APPEND_AT;
	return plan->n == 1 ? PG_SQL_LOG_APPEND_ONE : PG_SQL_LOG_APPEND;
}

/* It must know what it waited for: the head, or the lock. */
static bool looks(const cairn_log_plan *plan)
{
	return plan->expected >= 0 || plan->lock != NULL;
}

/* The statements of an append; the n-th one answers the new head. */
static size_t queue_append(struct pg *pg, const cairn_log_plan *plan)
{
	size_t n = cairn_pg__guard_queue(pg, plan->tenant, PG_ITEMS(plan, 1),
					 offsetof(cairn_log_plan, lock));
	if (plan->expected > 0) {
		add_thread(pg, plan->tenant, plan->thread);
		cairn_pg__queue(pg, PG_SQL_LOG_LOCK);
		n++;
	}
	add_append(pg, plan);
	cairn_pg__queue(pg, sql_of(plan));
	if (plan->expected >= 0) {
		add_thread(pg, plan->tenant, plan->thread);
		cairn_pg__queue(pg, PG_SQL_LOG_PLACE);
	}
	return n;
}

static void read_outcome(struct pg *pg, size_t n, const cairn_log_plan *plan,
			 enum cairn_log_result *result, int64_t *head)
{
	const PGresult *appended = cairn_pg__result(pg, n);
	*result = CAIRN_LOG_FULL;
	if (!cairn_pg__null(appended, 0, 1)) {
		*result = CAIRN_LOG_DONE;
		*head = cairn_pg__int8(appended, 0, 1);
	} else if (!cairn_pg__bool(appended, 0, 0)) {
		*result = CAIRN_LOG_LOST;
	} else if (plan->expected >= 0) {
		const PGresult *place = cairn_pg__result(pg, n + 1);
		*head = PQntuples(place) == 1 ? cairn_pg__int8(place, 0, 0) : 0;
		if (plan->expected != *head || *head <= CAIRN_LOG_MAX - (int64_t)plan->n)
			*result = CAIRN_LOG_MOVED;
	}
}

/* The answer to ask_waited(), which was the n-th statement. */
static void heed(struct pg *pg, size_t n, cairn_str topic, bool told)
{
	bool waited = PQntuples(cairn_pg__result(pg, n)) > 0;
	cairn_pg__heeded(pg, topic, waited);
	if (waited && !told)
		cairn_pg__owe(pg, topic, EVERYBODY, false);
}

static cairn_status append(struct pg *pg, const cairn_log_plan *plan, enum cairn_log_result *result,
			   int64_t *head, cairn_error *err)
{
	char text[PG_TOPIC_MAX];
	cairn_str topic = topic_of(text, plan->tenant, plan->thread);
	cairn_status status = cairn_pg__tenant_begin(pg, plan->tenant, true, err);
	if (status != CAIRN_OK)
		return status;
	size_t n = queue_append(pg, plan);
	enum pg_guess guess = ask_waited(pg, topic);
	bool told = tell(pg, guess, topic);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	read_outcome(pg, n, plan, result, head);
	if (guess != PG_NOBODY && *result == CAIRN_LOG_DONE)
		heed(pg, plan->expected >= 0 ? n + 2 : n + 1, topic, told);
	else if (pg->own_tx && *result == CAIRN_LOG_DONE)
		cairn_pg__owe(pg, topic, EVERYBODY, false);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

/* Without an expectation all that can be wrong with the head is that it is too high. */
static cairn_status tell_head(struct pg *pg, const cairn_log_plan *plan, int64_t *head,
			      cairn_error *err)
{
	cairn_log_query query = { .tenant = plan->tenant, .thread = plan->thread };
	cairn_log_place place = { .head = 0 };
	cairn_status status = cairn_pg__thread_log_read(pg, &query, &place, NULL, err);
	*head = place.head;
	return status;
}

cairn_status cairn_pg__thread_log_append(void *self, const cairn_log_plan *plan,
					 enum cairn_log_result *result, int64_t *head,
					 cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = looks(plan) ? cairn_pg__looks_again(pg, err) : CAIRN_OK;
	if (status == CAIRN_OK)
		status = append(pg, plan, result, head, err);
	if (status == CAIRN_OK && *result == CAIRN_LOG_FULL)
		status = tell_head(pg, plan, head, err);
	return cairn_pg__wake(pg, status, err);
}

/* ---- read ----------------------------------------------------------------------- */

enum { EVENT_SEQ = 2 };

static void read_event(const PGresult *result, int row, void *into)
{
	cairn_log_event *event = into;
	event->seq = cairn_pg__int8(result, row, EVENT_SEQ);
	event->at = cairn_pg__time(result, row, 3);
	event->payload_version = (uint32_t)cairn_pg__int4(result, row, 4);
	event->kind = cairn_pg__text(result, row, 5);
	event->data = cairn_pg__text(result, row, 6);
}

cairn_status cairn_pg__thread_log_read(void *self, const cairn_log_query *query,
				       cairn_log_place *place, cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__tenant_begin(pg, query->tenant, false, err);
	if (status != CAIRN_OK)
		return status;
	add_thread(pg, query->tenant, query->thread);
	if (query->limit > 0) {
		cairn_pg__add_int8(pg, query->after);
		cairn_pg__add_int8(pg, query->limit);
	}
	cairn_pg__queue(pg, query->limit > 0 ? PG_SQL_LOG_READ : PG_SQL_LOG_PLACE);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 0);
	if (PQntuples(result) > 0) {
		place->head = cairn_pg__int8(result, 0, 0);
		place->watermark = cairn_pg__int8(result, 0, 1);
		if (query->limit > 0 && !cairn_pg__null(result, 0, EVENT_SEQ))
			status = cairn_pg__read(pg, 0, rows, read_event, err);
	}
	cairn_pg__call_clear(pg);
	return status;
}

/* ---- archive, delete -------------------------------------------------------------- */

static void queue_cut(struct pg *pg, const cairn_log_cut *cut)
{
	add_thread(pg, cut->tenant, cut->thread);
	cairn_pg__queue(pg, PG_SQL_LOG_LOCK);
	add_thread(pg, cut->tenant, cut->thread);
	if (!cut->deletes) {
		cairn_pg__add_int8(pg, cut->upto);
		cairn_pg__add_int8(pg, cut->limit);
		cairn_pg__add_now(pg);
	}
	cairn_pg__queue(pg, cut->deletes ? PG_SQL_LOG_DELETE : PG_SQL_LOG_ARCHIVE);
}

cairn_status cairn_pg__thread_log_archive(void *self, const cairn_log_cut *cut, size_t *removed,
					  int *existed, cairn_error *err)
{
	struct pg *pg = self;
	*removed = 0;
	*existed = 0;
	cairn_status status = cairn_pg__looks_again(pg, err);
	if (status == CAIRN_OK)
		status = cairn_pg__tenant_begin(pg, cut->tenant, true, err);
	if (status != CAIRN_OK)
		return status;
	queue_cut(pg, cut);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 1);
	if (!cut->deletes) {
		*removed = (size_t)strtoull(PQcmdTuples(cairn_pg__result(pg, 1)), NULL, 10);
	} else if (PQntuples(result) == 1) {
		*existed = 1;
		*removed = (size_t)cairn_pg__int8(result, 0, 0);
	}
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

/* ---- list --------------------------------------------------------------------------- */

static void read_head(const PGresult *result, int row, void *into)
{
	cairn_log_head *log = into;
	log->thread = cairn_pg__text(result, row, 0);
	log->head = cairn_pg__int8(result, row, 1);
	log->watermark = cairn_pg__int8(result, row, 2);
	log->created_at = cairn_pg__time(result, row, 3);
	log->updated_at = cairn_pg__time(result, row, 4);
}

cairn_status cairn_pg__thread_log_list(void *self, const cairn_log_list_query *query,
				       cairn_rows *rows, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__tenant_begin(pg, query->tenant, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_text(pg, query->tenant);
	cairn_pg__add_tenant(pg, query->after); /* absent: above the least text */
	cairn_pg__add_tenant(pg, query->prefix);
	cairn_pg__add_int8(pg, query->limit);
	return cairn_pg__query(pg, PG_SQL_LOG_HEADS, rows, read_head, err);
}

/* ---- wait ---------------------------------------------------------------------------- */

cairn_status cairn_pg__thread_log_wait(void *self, cairn_str tenant, cairn_str thread,
				       cairn_usec timeout, enum cairn_wake *wake, cairn_error *err)
{
	char text[PG_TOPIC_MAX];
	cairn_str topic = topic_of(text, tenant, thread);
	cairn_wait_plan plan = { .queues = &topic, .queue_count = 1, .timeout = timeout };
	return cairn_pg__job_wait(self, &plan, wake, err);
}

void cairn_pg__thread_log_unwait(void *self)
{
	int told;
	cairn_pg__job_unwait(self, &told);
}
