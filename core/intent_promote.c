/*
 * intent_promote.c - intents into jobs: taken, enqueued and settled in one transaction. A
 * batch that the database refuses for the sake of a row is undone and made again one by one; the row
 * to blame is deferred, so that it does not stand in the way of its neighbours.
 */
#include <string.h>

#include "check.h"
#include "hold.h"
#include "intent_plan.h"
#include "limits.h"

/* A pass: one call of cairn_intent_promote(). */
struct pass {
	cairn_conn *conn;
	cairn_take_plan take;
	cairn_rows rows; /* the report's */
	cairn_id *ids;	 /* of the batch, room for take.limit */
	size_t id_count;
	bool blame; /* a row may be to blame: something was taken */
};

/* ---- one transaction ---------------------------------------------------- */

static cairn_status enqueue(struct cairn__intents *batch, cairn_error *err)
{
	cairn_conn *conn = batch->conn;
	cairn_enqueue_plan plan = { .jobs = batch->jobs,
				    .n = batch->job_count,
				    .record = conn->host.events == CAIRN_EVENTS_FULL };
	if (plan.n == 0)
		return CAIRN_OK;
	return conn->jobs.enqueue(conn->self, &plan, batch->inserted, err);
}

static cairn_status settle(struct cairn__intents *batch, size_t *settled, cairn_error *err)
{
	cairn_conn *conn = batch->conn;
	cairn_settle_plan plan = { .intents = batch->settles, .n = batch->settle_count };
	*settled = 0;
	return plan.n > 0 ? conn->intents.settle(conn->self, &plan, settled, err) : CAIRN_OK;
}

static cairn_status report(struct pass *pass, const cairn_promoted *fate, cairn_error *err)
{
	cairn_promoted *row = cairn_rows_push(&pass->rows);
	if (row == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	*row = *fate;
	row->type = cairn_rows_str(&pass->rows, fate->type.ptr, fate->type.len);
	row->tenant = cairn_rows_str(&pass->rows, fate->tenant.ptr, fate->tenant.len);
	row->error_code = cairn_rows_str(&pass->rows, fate->error_code.ptr, fate->error_code.len);
	row->error_message =
		cairn_rows_str(&pass->rows, fate->error_message.ptr, fate->error_message.len);
	return pass->rows.failed ? cairn_fail(err, CAIRN_E_NOMEM) : CAIRN_OK;
}

/* Behind the take. The report is written before the commit: memory may run out on it. */
static cairn_status promote_taken(struct pass *pass, struct cairn__intents *batch, cairn_error *err)
{
	size_t settled;
	cairn_status st = cairn__intents_plan(batch, err);
	if (st == CAIRN_OK)
		st = enqueue(batch, err);
	if (st == CAIRN_OK)
		st = cairn__intents_judge(batch, err);
	if (st == CAIRN_OK)
		st = settle(batch, &settled, err);
	if (st == CAIRN_OK && settled != batch->settle_count)
		st = cairn_fail(err, CAIRN_E_INTENT_TRANSITION);
	for (size_t i = 0; i < batch->taken.count && st == CAIRN_OK; i++)
		st = report(pass, &batch->fates[i], err);
	return st;
}

static cairn_status take(struct pass *pass, const cairn_take_plan *plan,
			 struct cairn__intents *batch, cairn_error *err)
{
	cairn_conn *conn = pass->conn;
	cairn_time now = 0;
	cairn_status st = conn->intents.take(conn->self, plan, &now, &batch->taken, err);
	st = cairn__rows_whole(&batch->taken, st, err);
	/* all that this call writes carries one time: the first */
	if (conn->host.pinned == 0)
		conn->host.pinned = now;
	batch->now = conn->host.pinned;
	return st;
}

/* err is never NULL here: what becomes of a failure depends on it. */
static cairn_status run(struct pass *pass, const cairn_take_plan *plan,
			struct cairn__intents *batch, cairn_error *err)
{
	struct cairn__hold within;
	size_t before = pass->rows.count;
	cairn__intents_begin(batch, pass->conn);
	pass->blame = false;
	cairn_status st = cairn__hold(pass->conn, &within, err);
	if (st != CAIRN_OK)
		return st;
	st = take(pass, plan, batch, err);
	pass->blame = st == CAIRN_OK && batch->taken.count > 0;
	if (pass->blame)
		st = promote_taken(pass, batch, err);
	/* a take that failed has written nothing, so there is nothing to take back */
	if (st == CAIRN_OK || within.held || pass->blame)
		st = cairn__release(&within, st, true, err);
	if (st != CAIRN_OK)
		cairn_rows_truncate(&pass->rows, before);
	return st;
}

/* ---- one by one --------------------------------------------------------- */

/* What one row may be to blame for; anything else would meet every row. */
static bool row_failed(const struct pass *pass, cairn_status st)
{
	return pass->blame && (st == CAIRN_INVALID || st == CAIRN_CONFLICT || st == CAIRN_EXISTS ||
			       st == CAIRN_DRIVER || st == CAIRN_BUSY || st == CAIRN_TIMEOUT);
}

/* One that can't even be deferred is met again by the next pass. */
static cairn_status put_off(struct pass *pass, struct cairn__intents *batch,
			    const cairn_error *cause, cairn_error *err)
{
	size_t settled;
	cairn_error own = CAIRN_ERROR_INIT;
	cairn_status st = cairn__intents_defer(batch, 0, cause, err);
	if (st != CAIRN_OK)
		return st;
	st = settle(batch, &settled, &own);
	if (st == CAIRN_OK && settled == 1)
		return report(pass, &batch->fates[0], err);
	if (st == CAIRN_OK || row_failed(pass, st))
		return CAIRN_OK;
	if (err != NULL)
		*err = own;
	return st;
}

static cairn_status run_one(struct pass *pass, const cairn_id *id, cairn_error *err)
{
	struct cairn__intents batch;
	cairn_error cause = CAIRN_ERROR_INIT;
	cairn_take_plan plan = { .id = id, .limit = 1 };
	cairn_status st = run(pass, &plan, &batch, &cause);
	if (row_failed(pass, st))
		st = put_off(pass, &batch, &cause, err);
	else if (st != CAIRN_OK && err != NULL)
		*err = cause;
	cairn__intents_end(&batch);
	return st;
}

/* ---- a pass ------------------------------------------------------------- */

static cairn_status run_all(struct pass *pass, cairn_error *err)
{
	struct cairn__intents batch;
	cairn_error cause = CAIRN_ERROR_INIT;
	cairn_status st = run(pass, &pass->take, &batch, &cause);
	pass->id_count = batch.taken.count;
	for (size_t i = 0; i < pass->id_count; i++) {
		const cairn_intent *intent = cairn_rows_at(&batch.taken, i);
		pass->ids[i] = intent->id;
	}
	cairn__intents_end(&batch);
	if (!row_failed(pass, st)) {
		if (st != CAIRN_OK && err != NULL)
			*err = cause;
		return st;
	}
	st = CAIRN_OK;
	for (size_t i = 0; i < pass->id_count && st == CAIRN_OK; i++)
		st = run_one(pass, &pass->ids[i], err);
	/* those before are written: "certainly not written" would be a lie */
	if (st != CAIRN_OK && st != CAIRN_TX_ABORTED && pass->rows.count > 0)
		st = cairn_fail(err, CAIRN_E_DB_UNCERTAIN);
	return st;
}

/* Promoters poll: without anything due no transaction is opened and nobody is disturbed. */
static cairn_status any_due(struct pass *pass, bool *any, cairn_error *err)
{
	cairn_rows rows;
	void *none = NULL;
	cairn_time now = 0;
	cairn_take_plan peek = pass->take;
	peek.limit = 1;
	peek.peek = 1;
	cairn__rows_begin(&rows, pass->conn, &none, sizeof(cairn_intent));
	cairn_status st = pass->conn->intents.take(pass->conn->self, &peek, &now, &rows, err);
	st = cairn__rows_whole(&rows, st, err);
	*any = rows.count > 0;
	cairn__rows_drop(&rows);
	return st;
}

static cairn_status promote(struct pass *pass, cairn_error *err)
{
	bool any = false;
	if (pass->take.types != NULL && pass->take.type_count == 0)
		return CAIRN_OK;
	cairn_status st = any_due(pass, &any, err);
	if (st != CAIRN_OK || !any)
		return st;
	pass->ids = cairn__scratch(pass->conn, pass->take.limit, sizeof *pass->ids, err);
	if (pass->ids == NULL)
		return CAIRN_NOMEM;
	cairn_time pinned = pass->conn->host.pinned;
	st = run_all(pass, err);
	pass->conn->host.pinned = pinned;
	cairn__scratch_free(pass->conn, pass->ids, pass->take.limit, sizeof *pass->ids);
	return st;
}

static void count(const struct pass *pass, cairn_promote_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		enum cairn_promotion what = report->at[i].what;
		report->inserted += what == CAIRN_PROMOTION_INSERTED;
		report->existing += what == CAIRN_PROMOTION_EXISTING;
		report->conflicted += what == CAIRN_PROMOTION_CONFLICTED;
		report->unavailable += what == CAIRN_PROMOTION_UNAVAILABLE;
		report->deferred += what == CAIRN_PROMOTION_DEFERRED;
	}
	report->batch_full = pass->id_count == pass->take.limit;
}

static cairn_status check(const cairn_promote_opts *opts, cairn_take_plan *take, cairn_error *err)
{
	if (opts != NULL && opts->size < sizeof *opts)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (opts == NULL)
		return cairn__check_page(0, &take->limit, err);
	if (opts->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (opts->types == NULL && opts->type_count > 0)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_status st = cairn__check_batch(opts->types, opts->type_count, err);
	for (size_t i = 0; i < opts->type_count && st == CAIRN_OK; i++)
		st = cairn__check_name(opts->types[i], "type", err);
	if (st == CAIRN_OK)
		st = cairn__check_page(opts->limit, &take->limit, err);
	take->types = opts->types;
	take->type_count = opts->type_count;
	return st;
}

cairn_status cairn_intent_promote(cairn_conn *conn, const cairn_promote_opts *opts,
				  cairn_promote_report **result, cairn_error *err)
{
	struct cairn__call call;
	struct pass pass = { .conn = conn };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__INTENTS, "intent.promote", err);
	if (st == CAIRN_OK && result == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = check(opts, &pass.take, err);
	if (st != CAIRN_OK)
		return cairn__call_end(&call, st, 0);
	void *memory = *result;
	cairn__rows_begin(&pass.rows, conn, &memory, sizeof(cairn_promoted));
	st = promote(&pass, err);
	st = cairn__rows_end(&pass.rows, &memory, st, err);
	*result = memory;
	if (st == CAIRN_OK)
		count(&pass, *result);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*result)->count : 0);
}
