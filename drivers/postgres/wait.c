/*
 * wait.c - waiting for work: the look, and the sleep until somebody notifies. Notifications come
 * to a session of their own, which the first wait opens and which is never waited for longer than
 * the sleep lasts: connecting, its statements and its end go on from one slice of sleep to the
 * next. Whatever goes wrong with it leaves the core polling.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pg.h"

#define OPEN_WITHIN   (10 * CAIRN_SECOND)
#define FIRST_BACKOFF (100 * CAIRN_MILLISECOND)
#define MAX_BACKOFF   (10 * CAIRN_SECOND)

/* How long a row counts when its session is gone without a word, and when it is renewed. */
#define ROW_LASTS  (15 * CAIRN_SECOND)
#define ROW_RENEWS (5 * CAIRN_SECOND)

/* ---- the look ------------------------------------------------------------- */

cairn_status cairn_pg__job_waiting(void *self, const cairn_wait_plan *plan, cairn_due *work,
				   cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_texts(pg, PG_ITEMS(plan->queues, plan->queue_count), 0, PG_ABSENT_EMPTY);
	cairn_pg__queue(pg, PG_SQL_WAITING);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 0);
	int64_t next = cairn_pg__int8_or(result, 0, 1, work->next);
	work->due = cairn_pg__bool(result, 0, 0);
	work->next = next < work->next ? next : work->next;
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

/* ---- the session that listens ---------------------------------------------- */

void cairn_pg__ear_close(struct pg *pg)
{
	PQfinish(pg->ear.conn);
	pg->ear.conn = NULL;
	pg->ear.state = PG_EAR_OFF;
}

/* It is gone, or could not be had: another one later. */
static void lose(struct pg *pg)
{
	struct pg_ear *ear = &pg->ear;
	cairn_pg__ear_close(pg);
	ear->backoff = ear->backoff > 0 ? 2 * ear->backoff : FIRST_BACKOFF;
	if (ear->backoff > MAX_BACKOFF)
		ear->backoff = MAX_BACKOFF;
	ear->at = cairn_pg__ticks() + ear->backoff;
}

static void nap(cairn_usec duration)
{
	nanosleep(&(struct timespec){ .tv_nsec = (long)duration * 1000 }, NULL);
}

/* Whether the wire became ready before the time; libpq is told of what came in. */
static bool wire(struct pg_ear *ear, short events, cairn_usec until)
{
	struct pollfd one = { .fd = PQsocket(ear->conn), .events = events };
	cairn_usec left = until - cairn_pg__ticks();
	int ms = left > 0 ? (int)((left + CAIRN_MILLISECOND - 1) / CAIRN_MILLISECOND) : 0;
	return poll(&one, 1, ms) > 0;
}

static void open_ear(struct pg *pg)
{
	struct pg_ear *ear = &pg->ear;
	cairn_id mark = cairn_id_new();
	size_t len = (size_t)snprintf(ear->channel, sizeof ear->channel, "cairn_");
	for (int i = 6; i < 16; i++)
		len += (size_t)snprintf(ear->channel + len, sizeof ear->channel - len, "%02x",
					mark.bytes[i]);
	ear->conn = cairn_pg__connect_again(pg);
	ear->state = PG_EAR_OPENING;
	ear->wanted = PGRES_POLLING_WRITING;
	ear->at = cairn_pg__ticks() + OPEN_WITHIN;
	if (ear->conn == NULL || PQstatus(ear->conn) == CONNECTION_BAD)
		lose(pg);
}

static void busy(struct pg *pg, int sent, enum pg_ear_state then)
{
	if (!sent) {
		lose(pg);
		return;
	}
	pg->ear.state = PG_EAR_BUSY;
	pg->ear.then = then;
}

static void start_listening(struct pg *pg)
{
	char text[64];
	snprintf(text, sizeof text, "LISTEN %s", pg->ear.channel);
	PQsetErrorVerbosity(pg->ear.conn, PQERRORS_DEFAULT);
	if (PQsetnonblocking(pg->ear.conn, 1) != 0)
		lose(pg);
	else
		busy(pg, PQsendQuery(pg->ear.conn, text), PG_EAR_READY);
}

static void go_on_opening(struct pg *pg, cairn_usec until)
{
	struct pg_ear *ear = &pg->ear;
	if (cairn_pg__ticks() >= ear->at) {
		lose(pg);
		return;
	}
	if (!wire(ear, ear->wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT, until))
		return;
	ear->wanted = PQconnectPoll(ear->conn);
	if (ear->wanted == PGRES_POLLING_FAILED)
		lose(pg);
	else if (ear->wanted == PGRES_POLLING_OK)
		start_listening(pg);
}

/* Statements of the ear: unprepared, their parameters in the connection's buffer. */
static void send_text(struct pg *pg, enum pg_sql sql, enum pg_ear_state then)
{
	const struct pg_params *params = &pg->params;
	const char *values[4];
	static const int binary[4] = { 1, 1, 1, 1 };
	for (int i = 0; i < params->count; i++)
		values[i] = cairn_pg__param(params, i);
	int sent = !params->failed && PQsendQueryParams(pg->ear.conn, pg->sql[sql], params->count,
							NULL, values, params->length, binary, 1);
	cairn_pg__params_reset(pg);
	busy(pg, sent, then);
}

static void add_row(struct pg *pg, const cairn_wait_plan *plan)
{
	cairn_pg__params_reset(pg);
	cairn_pg__add_text(pg, cairn_str_of(pg->ear.channel));
	cairn_pg__add_texts(pg, PG_ITEMS(plan->queues, plan->queue_count), 0, PG_ABSENT_EMPTY);
	cairn_pg__add_int8(pg, ROW_LASTS);
	cairn_pg__add_int8(pg, ++pg->ear.turn);
	pg->ear.renews = pg->ear.state == PG_EAR_ARMED;
	send_text(pg, PG_SQL_WAITER_ADD, PG_EAR_ARMED);
}

static void drop_row(struct pg *pg)
{
	cairn_pg__params_reset(pg);
	cairn_pg__add_text(pg, cairn_str_of(pg->ear.channel));
	send_text(pg, PG_SQL_WAITER_DROP, PG_EAR_READY);
}

/* What notifications say among what has arrived: NONE, TOLD, or WORK for the row that stands now. */
static enum cairn_wake notified(struct pg *pg)
{
	enum cairn_wake wake = CAIRN_WAKE_NONE;
	PGnotify *one;
	while ((one = PQnotifies(pg->ear.conn)) != NULL) {
		if (strtoll(one->extra, NULL, 10) == pg->ear.turn)
			wake = CAIRN_WAKE_WORK;
		else if (wake == CAIRN_WAKE_NONE)
			wake = CAIRN_WAKE_TOLD;
		PQfreemem(one);
	}
	return wake;
}

/* Takes in what is there to be read. */
static enum cairn_wake heard(struct pg *pg)
{
	if (PQconsumeInput(pg->ear.conn))
		return notified(pg);
	lose(pg);
	return CAIRN_WAKE_NONE;
}

/* The statement under way has ended. */
static enum cairn_wake settle(struct pg *pg, bool good)
{
	struct pg_ear *ear = &pg->ear;
	if (!good) {
		lose(pg);
		return CAIRN_WAKE_NONE;
	}
	ear->state = ear->then;
	if (ear->state != PG_EAR_ARMED)
		return CAIRN_WAKE_NONE;
	ear->at = cairn_pg__ticks() + ROW_RENEWS;
	ear->backoff = 0;
	return ear->renews ? CAIRN_WAKE_NONE : CAIRN_WAKE_ANEW;
}

/* Takes the results that are there; behind the last one the statement has ended. */
static enum cairn_wake collect(struct pg *pg)
{
	struct pg_ear *ear = &pg->ear;
	bool good = true;
	while (!PQisBusy(ear->conn)) {
		PGresult *result = PQgetResult(ear->conn);
		if (result == NULL)
			return settle(pg, good);
		good = good && PQresultStatus(result) == PGRES_COMMAND_OK;
		PQclear(result);
	}
	return CAIRN_WAKE_NONE;
}

/* What was read before may be looked at only now: the wire is asked last. */
static enum cairn_wake go_on_with_statement(struct pg *pg, cairn_usec until)
{
	struct pg_ear *ear = &pg->ear;
	int unsent = PQflush(ear->conn);
	enum cairn_wake told = CAIRN_WAKE_NONE;
	if (unsent < 0) {
		lose(pg);
		return CAIRN_WAKE_NONE;
	}
	if (PQisBusy(ear->conn)) {
		if (!wire(ear, unsent ? POLLIN | POLLOUT : POLLIN, until))
			return CAIRN_WAKE_NONE;
		told = heard(pg);
	}
	enum cairn_wake wake = ear->state == PG_EAR_BUSY ? collect(pg) : CAIRN_WAKE_NONE;
	/* before the row stands nothing is known to be new */
	return told != CAIRN_WAKE_NONE ? CAIRN_WAKE_TOLD : wake;
}

/* Whoever told has taken the row out. */
static enum cairn_wake lie_in_wait(struct pg *pg, cairn_usec until)
{
	enum cairn_wake wake = notified(pg);
	if (wake == CAIRN_WAKE_NONE && wire(&pg->ear, POLLIN, until))
		wake = heard(pg);
	if (wake != CAIRN_WAKE_NONE)
		pg->ear.state = PG_EAR_READY;
	return wake;
}

static enum cairn_wake step(struct pg *pg, const cairn_wait_plan *plan, cairn_usec end)
{
	struct pg_ear *ear = &pg->ear;
	cairn_usec now = cairn_pg__ticks();
	switch (ear->state) {
	case PG_EAR_OFF:
		if (pg->adopted || pg->pooled)
			nap(end - now);
		else if (now < ear->at)
			nap((ear->at < end ? ear->at : end) - now);
		else
			open_ear(pg);
		return CAIRN_WAKE_NONE;
	case PG_EAR_OPENING:
		go_on_opening(pg, end);
		return CAIRN_WAKE_NONE;
	case PG_EAR_BUSY:
		return go_on_with_statement(pg, end);
	case PG_EAR_READY:
		add_row(pg, plan);
		return CAIRN_WAKE_NONE;
	case PG_EAR_ARMED:
		if (now < ear->at)
			return lie_in_wait(pg, end < ear->at ? end : ear->at);
		add_row(pg, plan);
		return CAIRN_WAKE_NONE;
	}
	return CAIRN_WAKE_NONE;
}

cairn_status cairn_pg__job_wait(void *self, const cairn_wait_plan *plan, enum cairn_wake *wake,
				cairn_error *err)
{
	(void)err;
	struct pg *pg = self;
	cairn_usec end = cairn_pg__ticks() + plan->timeout;
	*wake = CAIRN_WAKE_NONE;
	while (*wake == CAIRN_WAKE_NONE && cairn_pg__ticks() < end)
		*wake = step(pg, plan, end);
	bool armed =
		pg->ear.state == PG_EAR_ARMED || (pg->ear.state == PG_EAR_BUSY && pg->ear.renews);
	if (*wake == CAIRN_WAKE_NONE && !armed)
		*wake = CAIRN_WAKE_DEAF;
	return CAIRN_OK;
}

/* The end of the row's removal is not waited for. */
void cairn_pg__job_unwait(void *self, int *told)
{
	struct pg *pg = self;
	struct pg_ear *ear = &pg->ear;
	if (ear->conn == NULL || ear->state == PG_EAR_OPENING)
		return;
	*told = heard(pg) != CAIRN_WAKE_NONE;
	if (ear->state == PG_EAR_BUSY)
		ear->then = PG_EAR_READY;
	else if (ear->state == PG_EAR_ARMED && *told)
		ear->state = PG_EAR_READY;
	else if (ear->state == PG_EAR_ARMED)
		drop_row(pg);
}
