/*
 * durable_record.c - what a step of a durable function has to tell the database, its result or failure above all: told
 * until it is heard, or refused.
 */
#include <stdio.h>

#include "durable.h"

/* From 50 ms on, doubled: six seconds. */
#define PAUSE_MIN (50 * CAIRN_MILLISECOND)
#define TRIES	  7

/* ---- again and again ---------------------------------------------------------------------- */

/* Whether the connection may be lost with what was sent on it. */
static bool breaks(cairn_status st)
{
	return st == CAIRN_UNAVAILABLE || st == CAIRN_UNCERTAIN;
}

/* The former connection goes when nothing stands on it any more. */
static bool reconnect(struct cairn_durable *run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	struct link *link = &run->context->hand->link;
	cairn_conn *former = run->conn;
	if (cairn_worker__connect(link, &err) != CAIRN_OK)
		return false;
	if (cairn_replay_move(run->replay, link->conn, &err) != CAIRN_OK) {
		cairn_close(cairn_worker__relink(link, former));
		return false;
	}
	run->conn = link->conn;
	cairn_close(former);
	return true;
}

/*
 * What was dear is not given up for a database that is away: it is said again, on a new connection if need be, as long
 * as the lease may hold. Saying it twice is saying it once.
 */
cairn_status cairn_durable__patiently(struct cairn_work *work, cairn_durable_say_fn *say,
				      const void *what, cairn_error *err)
{
	struct cairn_durable *run = work->run;
	cairn_usec pause = PAUSE_MIN;
	cairn_status st = say(work, what, err);
	for (int i = 0; i < TRIES && (cairn_status_retryable(st) || breaks(st)); i++) {
		if (cairn_context_wait(run->context, pause) != CAIRN_CANCEL_NONE)
			return st;
		pause *= 2;
		if (!breaks(st) || reconnect(run))
			st = say(work, what, err);
	}
	return st;
}

/* ---- how a step ended ---------------------------------------------------------------------- */

bool cairn_durable__refused(cairn_status st)
{
	return st == CAIRN_INVALID || st == CAIRN_TOO_LARGE || st == CAIRN_CONFLICT;
}

/* Of a refusal, which nothing can mend; with the step's name, and the code's and message's memory. */
struct refusal {
	cairn_error why;
	char message[768];
};

static cairn_replay_failure failure_of(const struct cairn_work *work, const cairn_error *why,
				       struct refusal *refusal)
{
	cairn_str name = work->step->name;
	refusal->why = *why;
	snprintf(refusal->message, sizeof refusal->message, "result of %.*s: %s", (int)name.len,
		 name.ptr, why->message);
	return (cairn_replay_failure){ .size = sizeof(cairn_replay_failure),
				       .code = cairn_str_of(refusal->why.code),
				       .message = cairn_str_of(refusal->message),
				       .final = 1 };
}

/* What it cost is charged, unless it is just that which is refused. */
static cairn_status record_failure(struct cairn_work *work, cairn_replay_failure failure,
				   cairn_error *err)
{
	struct refusal refusal;
	cairn_replay *replay = work->run->replay;
	failure.usage = work->charges;
	failure.usage_count = work->charge_count;
	cairn_status st = cairn_replay_fail(replay, work->step, &failure, err);
	if (cairn_durable__refused(st)) {
		failure = failure_of(work, err, &refusal);
		st = cairn_replay_fail(replay, work->step, &failure, err);
	}
	work->given_up = st == CAIRN_OK && failure.final;
	return st;
}

/* Under the lock. What can't be recorded as it is said is recorded as a failure that says why. */
static cairn_status record(struct cairn_work *work, const void *what, cairn_error *err)
{
	const bool *done = what;
	struct refusal refusal;
	cairn_replay_failure failure = { .size = sizeof failure,
					 .code = cairn_worker__kept(&work->code),
					 .message = cairn_worker__kept(&work->message),
					 .not_before = work->not_before,
					 .final = work->final };
	if (!*done)
		return record_failure(work, failure, err);
	cairn_status st = cairn_replay_complete(work->run->replay, work->step,
						cairn_worker__kept(&work->result), work->charges,
						work->charge_count, err);
	if (!cairn_durable__refused(st))
		return st;
	return record_failure(work, failure_of(work, err, &refusal), err);
}

cairn_status cairn_durable__record(struct cairn_work *work, bool done, cairn_error *err)
{
	return cairn_durable__patiently(work, record, &done, err);
}

cairn_status cairn_durable__book(struct cairn_work *work, cairn_error *err)
{
	char source[sizeof work->key + sizeof "/2147483647"];
	cairn_status st = CAIRN_OK;
	int len = snprintf(source, sizeof source, "%s/%d", work->key, (int)work->step->attempts);
	for (size_t i = 0; i < work->charge_count && st == CAIRN_OK; i++) {
		cairn_entry_done done;
		cairn_entry_new entry = { .run = cairn_context_job(work->run->context)->id,
					  .axis = work->charges[i].axis,
					  .source_type = CAIRN_STR("step"),
					  .source_id = { source, (size_t)len },
					  .amount = work->charges[i].amount };
		st = cairn_budget_charge(work->run->conn, cairn_any(), &entry, 1, &done, err);
		if (cairn_durable__refused(st))
			st = CAIRN_OK;
	}
	return st;
}
