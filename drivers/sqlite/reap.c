/*
 * reap.c - taking back leases whose time is over. Which ones is decided here; what
 * becomes of them is a change like any other (cairn_reap_change). A pass that fails is
 * undone and made again row by row: the row that can't be taken back is put off, so that
 * it does not stand in the way of the others for ever.
 */
#include "lite.h"

/* How long a row that fails is left alone when retries are not delayed. */
#define PUT_OFF (30 * CAIRN_SECOND)

/* ---- which leases ------------------------------------------------------- */

static cairn_status any_overdue(struct lite *lite, bool *any, cairn_error *err)
{
	struct lite_run run;
	bool more;
	cairn_time now = cairn_lite__time(lite);
	*any = false;
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_JOB_ANY_OVERDUE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, now);
	status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK)
		return status;
	*any = more && cairn_lite__int(&run) != 0;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* Leases that heartbeats have extended beyond now get the reap_at that fits them. */
static cairn_status push_forward(struct lite_write *write, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_JOB_EXTENDED, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, write->now);
	return cairn_lite__finish(&run, err);
}

static bool older(const struct lite_slot *a, const struct lite_slot *b)
{
	if (a->until != b->until)
		return a->until < b->until;
	return cairn_id_compare(a->id, b->id) < 0;
}

/* Puts a lease among the n oldest, which are sorted; the one that falls out is forgotten. */
static void insert(struct lite_slot *oldest, size_t *n, size_t limit, const struct lite_slot *one)
{
	if (*n == limit && !older(one, &oldest[limit - 1]))
		return;
	size_t at = *n < limit ? (*n)++ : limit - 1;
	while (at > 0 && older(one, &oldest[at - 1])) {
		oldest[at] = oldest[at - 1];
		at--;
	}
	oldest[at] = *one;
}

/*
 * The leases come by reap_at, which is at most their end. So once `limit` of them are
 * at hand and none of those ends behind the next reap_at, nothing older can follow.
 */
static cairn_status oldest(struct lite_write *write, size_t limit, size_t *n, cairn_error *err)
{
	struct lite_run run;
	struct lite_slot *slots = write->lite->slots;
	bool more = false;
	*n = 0;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_JOB_OVERDUE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, write->now);
	status = cairn_lite__row(&run, &more, err);
	while (status == CAIRN_OK && more) {
		struct lite_slot one = { .row = cairn_lite__int(&run) };
		cairn_time reap_at = cairn_lite__int(&run);
		one.until = cairn_lite__int(&run);
		one.id = cairn_lite__id(&run);
		if (*n == limit && slots[limit - 1].until < reap_at) {
			cairn_lite__stop(&run);
			break;
		}
		insert(slots, n, limit, &one);
		status = cairn_lite__row(&run, &more, err);
	}
	return status;
}

/* ---- taking them back --------------------------------------------------- */

static cairn_status push_reaped(cairn_rows *rows, const cairn_change *change, const cairn_job *was,
				const cairn_job *is, cairn_error *err)
{
	cairn_reaped *row = cairn_rows_push(rows);
	if (row == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	row->id = was->id;
	row->type = cairn_rows_str(rows, was->type.ptr, was->type.len);
	row->tenant = cairn_rows_str(rows, was->tenant.ptr, was->tenant.len);
	row->worker = cairn_rows_str(rows, was->worker.ptr, was->worker.len);
	row->fence = was->fence;
	row->run_number = was->run_number;
	row->attempt = was->attempt;
	row->max_attempts = was->max_attempts;
	row->status = is->status;
	row->run_at = is->run_at;
	row->lease_expired_at = was->lease_expires_at;
	row->ending = change->ending;
	row->unrenewed =
		was->execution_started_at != 0 && was->heartbeat_at <= was->execution_started_at;
	return CAIRN_OK;
}

static cairn_status reap_one(struct lite_write *write, const cairn_reap_plan *plan, int64_t row,
			     cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	struct lite_row was;
	cairn_change change;
	cairn_job is;
	bool found;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_JOB_ROW_AT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, row);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	cairn_lite__row_read(&run, &was);
	/* what followed from a row before may have canceled it */
	if (was.job.status != CAIRN_JOB_LEASED) {
		cairn_lite__stop(&run);
		return CAIRN_OK;
	}
	was.job.id = cairn_lite__id(&run);
	was.job.type = cairn_lite__view(&run);
	was.job.max_attempts = cairn_lite__int32(&run);
	cairn_reap_change(plan, &was.job, &change);
	status = cairn_lite__change_apply(write, &change, &was, &is, err);
	if (status == CAIRN_OK)
		status = push_reaped(rows, &change, &was.job, &is, err);
	if (status == CAIRN_OK)
		status = cairn_lite__run_ended(write, &was.job, is.status, NULL, err);
	cairn_lite__stop(&run);
	return status;
}

/* The row stays leased, and the next passes do not meet it. */
static cairn_status put_off(struct lite_write *write, const cairn_reap_plan *plan, int64_t row)
{
	struct lite_run run;
	cairn_usec delay = plan->retry_delay > 0 ? plan->retry_delay : PUT_OFF;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_JOB_DEFER, NULL);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, row);
	cairn_lite__bind_int(&run, write->now + delay);
	return cairn_lite__finish(&run, NULL);
}

/* What one row is to blame for; anything else would meet every row. */
static bool row_failed(cairn_status status)
{
	return status == CAIRN_INVALID || status == CAIRN_CONFLICT || status == CAIRN_EXISTS ||
	       status == CAIRN_DRIVER;
}

/* Each row in a savepoint of its own. */
static cairn_status reap_alone(struct lite_write *write, const cairn_reap_plan *plan, int64_t row,
			       cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = write->lite;
	size_t before = cairn_rows_count(rows);
	cairn_status status = cairn_lite__do(lite, LITE_CALL_SAVE, err);
	if (status != CAIRN_OK)
		return status;
	status = reap_one(write, plan, row, rows, err);
	if (status == CAIRN_OK)
		status = cairn_lite__run_settle(write, err);
	if (status == CAIRN_OK)
		status = cairn_lite__wake_noted(write, err);
	if (status == CAIRN_OK)
		status = cairn_lite__flush(write, err);
	if (row_failed(status)) {
		lite->pending.events = 0;
		lite->pending.attempts = 0;
		lite->endings.n = 0;
		lite->wakes.n = 0;
		lite->due.n = 0;
		cairn_rows_truncate(rows, before);
		status = cairn_lite__do(lite, LITE_CALL_UNDO, err);
		/* if it can't even be put off, the next pass meets it again */
		if (status == CAIRN_OK && row_failed(put_off(write, plan, row)))
			status = cairn_lite__do(lite, LITE_CALL_UNDO, err);
	}
	if (status == CAIRN_OK)
		status = cairn_lite__do(lite, LITE_CALL_RELEASE, err);
	return status;
}

typedef cairn_status reap_fn(struct lite_write *write, const cairn_reap_plan *plan, int64_t row,
			     cairn_rows *rows, cairn_error *err);

static cairn_status pass(struct lite *lite, const cairn_reap_plan *plan, reap_fn *reap,
			 cairn_rows *rows, cairn_error *err)
{
	struct lite_write write;
	size_t n = 0;
	cairn_status status = cairn_lite__write_begin(lite, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_lite__slots(lite, plan->limit, err);
	if (status == CAIRN_OK)
		status = push_forward(&write, err);
	if (status == CAIRN_OK)
		status = oldest(&write, plan->limit, &n, err);
	for (size_t i = 0; i < n && status == CAIRN_OK; i++)
		status = reap(&write, plan, lite->slots[i].row, rows, err);
	if (status == CAIRN_OK)
		status = cairn_lite__run_settle(&write, err);
	if (status == CAIRN_OK)
		status = cairn_lite__wake_noted(&write, err);
	if (status == CAIRN_OK && cairn_rows_failed(rows))
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_lite__write_end(&write, status, err);
}

/* Reapers poll too: without anything overdue nobody is disturbed. */
cairn_status cairn_lite__job_reap(void *self, const cairn_reap_plan *plan, cairn_rows *rows,
				  cairn_error *err)
{
	struct lite *lite = self;
	bool any;
	cairn_status status = any_overdue(lite, &any, err);
	if (status != CAIRN_OK || !any)
		return status;
	status = pass(lite, plan, reap_one, rows, err);
	if (!row_failed(status))
		return status;
	cairn_rows_truncate(rows, 0);
	return pass(lite, plan, reap_alone, rows, err);
}
