/* job_change.c - one batch of planned changes: run, judge, and on the unhappy path explain. */
#include "job_change.h"

#include <stdlib.h>
#include <string.h>

#include "job_plan.h"

cairn_status cairn__batch_begin(struct cairn__batch *batch, cairn_conn *conn, size_t n,
				enum cairn__asker asker, cairn_error *err)
{
	memset(batch, 0, sizeof *batch);
	batch->conn = conn;
	batch->n = n;
	batch->asker = asker;
	if (n == 0)
		return CAIRN_OK;
	batch->changes = cairn__scratch(conn, n, sizeof *batch->changes, err);
	if (batch->changes != NULL)
		batch->results = cairn__scratch(conn, n, sizeof *batch->results, err);
	return batch->results != NULL ? CAIRN_OK : CAIRN_NOMEM;
}

void cairn__batch_end(struct cairn__batch *batch)
{
	cairn__scratch_free(batch->conn, batch->results, batch->n, sizeof *batch->results);
	cairn__scratch_free(batch->conn, batch->changes, batch->n, sizeof *batch->changes);
}

struct numbered {
	cairn_id id;
	size_t index;
};

static int by_id(const void *a, const void *b)
{
	const struct numbered *x = a;
	const struct numbered *y = b;
	int order = cairn_id_compare(x->id, y->id);
	return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

/* A script changes each row once; the same job twice in one batch is a mistake. */
static cairn_status check_distinct(struct cairn__batch *batch, cairn_error *err)
{
	if (batch->n < 2)
		return CAIRN_OK;
	struct numbered *ids = cairn__scratch(batch->conn, batch->n, sizeof *ids, err);
	if (ids == NULL)
		return CAIRN_NOMEM;
	for (size_t i = 0; i < batch->n; i++)
		ids[i] = (struct numbered){ batch->changes[i].id, i };
	qsort(ids, batch->n, sizeof *ids, by_id);
	cairn_status st = CAIRN_OK;
	for (size_t i = 1; i < batch->n && st == CAIRN_OK; i++) {
		if (cairn_id_compare(ids[i - 1].id, ids[i].id) == 0)
			st = cairn__fail_item(err, CAIRN_E_JOB_DUPLICATE, ids[i].index);
	}
	cairn__scratch_free(batch->conn, ids, batch->n, sizeof *ids);
	return st;
}

/* A status that stays is one of the two that a job without an end can have. */
static enum cairn_job_status status_after(const cairn_change *change,
					  const cairn_change_result *result)
{
	if (change->to != 0)
		return change->to;
	return result->lease_expires_at != 0 ? CAIRN_JOB_LEASED : CAIRN_JOB_PENDING;
}

static void judge(const cairn_change *change, const cairn_change_result *result,
		  cairn_changed *each)
{
	memset(each, 0, sizeof *each);
	each->job_status = status_after(change, result);
	each->ending = change->ending;
	each->lease_expires_at = result->lease_expires_at;
	/* a heartbeat is not worth a read: no driver needs to know the run */
	if (change->set != CAIRN_SET_LEASE)
		each->run_number = result->run_number;
	if (each->job_status == CAIRN_JOB_PENDING)
		each->run_at = result->run_at;
}

cairn_status cairn__first_failure(const cairn_changed *each, size_t n, cairn_error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (each[i].status != CAIRN_OK)
			return cairn__fail_item(err, each[i].code, i);
	}
	return CAIRN_OK;
}

/*
 * A guard failed, yet the row is now as the guard wants it: somebody came in between. An
 * answer equal to the expectation would be nonsense, so such an item has another try, by itself.
 */
static cairn_status try_again(struct cairn__batch *batch, size_t i, cairn_changed *each,
			      cairn_error *err)
{
	cairn_conn *conn = batch->conn;
	struct cairn__batch one = *batch;
	one.changes = &batch->changes[i];
	one.results = &batch->results[i];
	one.n = 1;
	cairn_change_plan plan = { .changes = one.changes, .n = 1 };
	cairn_status st = CAIRN_OK;
	for (int tries = 0; tries < 4 && st == CAIRN_OK && each->status == CAIRN_BUSY; tries++) {
		memset(one.results, 0, sizeof *one.results);
		st = conn->jobs.change(conn->self, &plan, one.results, NULL, err);
		if (st != CAIRN_OK)
			break;
		judge(one.changes, one.results, each);
		if (one.results->hit != CAIRN_HIT)
			st = cairn__explain(&one, each, err);
	}
	return st;
}

/* Whether anything of a batch was written: a change, a line, a claim. */
static int wrote(const struct cairn__batch *batch, const cairn_rows *claimed)
{
	for (size_t i = 0; i < batch->n; i++) {
		if (batch->results[i].hit == CAIRN_HIT)
			return 1;
	}
	for (size_t i = 0; i < batch->line_count; i++) {
		if (batch->line_hits[i] == CAIRN_HIT)
			return 1;
	}
	return claimed != NULL && claimed->count > 0;
}

static cairn_status judge_all(struct cairn__batch *batch, const cairn_rows *claimed,
			      cairn_changed *each, cairn_error *err)
{
	size_t missed = 0;
	for (size_t i = 0; i < batch->n; i++) {
		judge(&batch->changes[i], &batch->results[i], &each[i]);
		missed += batch->results[i].hit != CAIRN_HIT;
	}
	if (missed == 0)
		return CAIRN_OK;
	cairn_status st = cairn__explain(batch, each, err);
	for (size_t i = 0; i < batch->n && st == CAIRN_OK; i++) {
		if (each[i].status == CAIRN_BUSY)
			st = try_again(batch, i, &each[i], err);
	}
	/* "certainly not written" would be a lie */
	if (st != CAIRN_OK && wrote(batch, claimed))
		st = cairn_fail(err, CAIRN_E_DB_UNCERTAIN);
	return st;
}

static cairn_status run(struct cairn__batch *batch, const cairn_claim_plan *claim,
			cairn_rows *claimed, cairn_changed *each, cairn_error *err)
{
	cairn_conn *conn = batch->conn;
	for (size_t i = 0; i < batch->n; i++) {
		cairn_change *change = &batch->changes[i];
		change->events = cairn__events_kept(conn->host.events, change->events);
	}
	cairn_change_plan plan = { .changes = batch->changes,
				   .n = batch->n,
				   .claim = claim,
				   .lines = batch->lines,
				   .line_count = batch->line_count,
				   .line_hits = batch->line_hits };
	cairn_status st = conn->jobs.change(conn->self, &plan, batch->results, claimed, err);
	return st == CAIRN_OK ? judge_all(batch, claimed, each, err) : st;
}

cairn_status cairn__batch_run(struct cairn__batch *batch, const cairn_claim_plan *claim,
			      cairn_rows *claimed, cairn_changed *each, cairn_error *err)
{
	cairn_status st = check_distinct(batch, err);
	if (st != CAIRN_OK || each != NULL)
		return st == CAIRN_OK ? run(batch, claim, claimed, each, err) : st;
	/* had before anything is written, so that a lack of memory leaves nothing behind */
	cairn_changed *own = cairn__scratch(batch->conn, batch->n, sizeof *own, err);
	if (own == NULL)
		return CAIRN_NOMEM;
	st = run(batch, claim, claimed, own, err);
	if (st == CAIRN_OK)
		st = cairn__first_failure(own, batch->n, err);
	cairn__scratch_free(batch->conn, own, batch->n, sizeof *own);
	return st;
}
