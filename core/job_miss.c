/*
 * job_miss.c - why a guard failed. Only the unhappy path comes here: the rows are
 * read again, and the first reason that holds is the answer. For leases it also
 * tells how this very fence ended, so that an unconfirmed finish can be resolved by sending it again.
 */
#include <string.h>

#include "job_change.h"
#include "job_read.h"

static void set(cairn_changed *each, cairn_code code)
{
	each->code = code;
	each->status = cairn_code_status(code);
}

/* The reasons of a refused lease, in the contract's order. */
static cairn_code lease_reason(const cairn_change *change, const cairn_job *row, enum cairn_hit hit)
{
	if (row->status == CAIRN_JOB_CANCELED)
		return CAIRN_E_JOB_CANCELED;
	if (row->status == CAIRN_JOB_SUCCEEDED || row->status == CAIRN_JOB_DEAD_LETTERED)
		return CAIRN_E_JOB_FINISHED;
	if (row->status != CAIRN_JOB_LEASED || row->fence != change->fence)
		return CAIRN_E_JOB_LEASE_LOST;
	if (change->guard & CAIRN_GUARD_UNSTARTED)
		return CAIRN_E_JOB_UNSTARTED;
	if ((change->guard & CAIRN_GUARD_CONTINUES) && !row->continues &&
	    !cairn_id_is_none(row->run))
		return CAIRN_E_STEP_NO_CONTINUE;
	/* no claim hints that a step's job be deleted */
	if ((change->guard & CAIRN_GUARD_ALONE) && !cairn_id_is_none(row->run))
		return CAIRN_E_ARG_INVALID;
	if ((change->guard & CAIRN_GUARD_PLAIN) && row->replay)
		return CAIRN_E_REPLAY_UNKEPT;
	if (hit != CAIRN_MISS_PROGRESS)
		return CAIRN_E_JOB_LEASE_EXPIRED;
	return change->ending != CAIRN_ENDING_NONE ? CAIRN_E_JOB_PROGRESS : CAIRN_E_JOB_REPORT;
}

/* NONE, here and below: by now the guard would hold. */
static cairn_code requeue_reason(const cairn_change *change, const cairn_job *row)
{
	if (!(change->from & 1u << (unsigned)row->status) || row->run_number != change->run_number)
		return CAIRN_E_JOB_EXPECTATION;
	if (!cairn_id_is_none(row->run))
		return CAIRN_E_STEP_NO_REQUEUE;
	return row->lease_expires_at != 0 ? CAIRN_E_JOB_QUIESCE : CAIRN_E_NONE;
}

static cairn_code adopt_reason(const cairn_change *change, const cairn_job *row)
{
	if ((change->guard & CAIRN_GUARD_RUN) && row->run_number != change->run_number)
		return CAIRN_E_JOB_EXPECTATION;
	if (row->status == CAIRN_JOB_LEASED)
		return CAIRN_E_JOB_LEASE_LIVE;
	return row->status == CAIRN_JOB_PENDING ? CAIRN_E_NONE : CAIRN_E_JOB_STATE;
}

static cairn_code edit_reason(const cairn_change *change, const cairn_job *row)
{
	if ((change->guard & CAIRN_GUARD_UNKEYED) && row->key.len > 0)
		return CAIRN_E_JOB_PAYLOAD_KEYED;
	if ((change->guard & CAIRN_GUARD_PLAIN) && row->replay)
		return CAIRN_E_JOB_PAYLOAD_REPLAY;
	if (row->status != CAIRN_JOB_PENDING)
		return CAIRN_E_JOB_NOT_PENDING;
	if ((change->guard & CAIRN_GUARD_UNCHANGED) && row->updated_at != change->updated_at)
		return CAIRN_E_JOB_CHANGED;
	return CAIRN_E_NONE;
}

static cairn_code reason(enum cairn__asker asker, const cairn_change *change, const cairn_job *row,
			 enum cairn_hit hit)
{
	switch (asker) {
	case CAIRN__BY_LEASE:
		return lease_reason(change, row, hit);
	case CAIRN__BY_REQUEUE:
		return requeue_reason(change, row);
	case CAIRN__BY_ADOPT:
		return adopt_reason(change, row);
	case CAIRN__BY_EDIT:
		return edit_reason(change, row);
	case CAIRN__BY_CANCEL:
		break;
	}
	return change->from & 1u << (unsigned)row->status ? CAIRN_E_NONE : CAIRN_E_JOB_STATE;
}

static int by_lease(const struct cairn__batch *batch)
{
	return batch->asker == CAIRN__BY_LEASE;
}

/* The ending of the attempt with this fence; NONE while it runs or if there is none. */
static cairn_status ending_of(cairn_conn *conn, const cairn_change *change,
			      enum cairn_ending *ending, cairn_error *err)
{
	cairn_rows rows;
	void *memory = NULL;
	int found = 0;
	cairn_history_query query = {
		.scope = cairn_any(), .job = change->id, .after = change->fence - 1, .limit = 1
	};
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_attempt));
	cairn_status st = conn->jobs.attempts(conn->self, &query, &found, &rows, err);
	st = cairn__rows_whole(&rows, st, err);
	if (st == CAIRN_OK && rows.count > 0) {
		const cairn_attempt *attempt = cairn_rows_at(&rows, 0);
		if (attempt->fence == change->fence)
			*ending = attempt->ending;
	}
	cairn__rows_drop(&rows);
	return st;
}

static const cairn_job *find(cairn_rows *rows, cairn_id id)
{
	for (size_t i = 0; i < rows->count; i++) {
		const cairn_job *row = cairn_rows_at(rows, i);
		if (cairn_id_compare(row->id, id) == 0)
			return row;
	}
	return NULL;
}

static cairn_status explain_one(struct cairn__batch *batch, size_t i, const cairn_job *row,
				cairn_changed *each, cairn_error *err)
{
	const cairn_change *change = &batch->changes[i];
	memset(each, 0, sizeof *each);
	if (row == NULL) {
		set(each, CAIRN_E_JOB_NOT_FOUND);
		return CAIRN_OK;
	}
	each->job_status = row->status;
	each->lease_expires_at = row->lease_expires_at;
	each->run_number = row->run_number;
	cairn_code code = reason(batch->asker, change, row, batch->results[i].hit);
	set(each, code != CAIRN_E_NONE ? code : CAIRN_E_DB_BUSY);
	if (!by_lease(batch))
		return CAIRN_OK;
	return ending_of(batch->conn, change, &each->ending, err);
}

cairn_status cairn__explain(struct cairn__batch *batch, cairn_changed *each, cairn_error *err)
{
	cairn_conn *conn = batch->conn;
	cairn_id *ids = cairn__scratch(conn, batch->n, sizeof *ids, err);
	if (ids == NULL)
		return CAIRN_NOMEM;
	size_t missed = 0;
	for (size_t i = 0; i < batch->n; i++) {
		if (batch->results[i].hit != CAIRN_HIT)
			ids[missed++] = batch->changes[i].id;
	}
	cairn_rows rows;
	void *memory = NULL;
	const cairn_change *any = &batch->changes[0];
	cairn_job_query query = {
		.scope = by_lease(batch) ? cairn_any() : any->scope,
		.ids = ids,
		.id_count = missed,
		.statuses = CAIRN__ALL_STATUSES,
		.limit = (uint32_t)missed,
		.compact = 1,
	};
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_job));
	cairn_status st = conn->jobs.list(conn->self, &query, &rows, err);
	st = cairn__rows_whole(&rows, st, err);
	for (size_t i = 0; i < batch->n && st == CAIRN_OK; i++) {
		if (batch->results[i].hit != CAIRN_HIT)
			st = explain_one(batch, i, find(&rows, batch->changes[i].id), &each[i],
					 err);
	}
	cairn__rows_drop(&rows);
	cairn__scratch_free(conn, ids, batch->n, sizeof *ids);
	return st;
}
