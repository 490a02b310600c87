/*
 * replay.c - one attempt of a replay run: its begin, its pages of steps, its end. What it asks for is in
 * replay_step.c and replay_wait.c.
 */
#include <string.h>

#include "check.h"
#include "job_change.h"
#include "job_plan.h"
#include "limits.h"
#include "replay_state.h"

#define DEFAULT_STEPS 256

/* ---- what every call needs ---------------------------------------------------- */

static cairn_status check(const cairn_replay *replay, cairn_error *err)
{
	if (replay == NULL)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	return replay->over ? cairn_fail(err, CAIRN_E_REPLAY_ENDED) : CAIRN_OK;
}

/* A former call may have wanted for memory. */
cairn_status cairn__replay_check(cairn_replay *replay, cairn_error *err)
{
	cairn_status st = check(replay, err);
	if (st == CAIRN_OK) {
		replay->text.len = 0;
		replay->text.failed = 0;
		replay->names.failed = 0;
	}
	return st;
}

cairn_status cairn__replay_room(cairn_replay *replay, cairn_error *err)
{
	if (replay->page_count < replay->page_cap)
		return CAIRN_OK;
	size_t cap = replay->page_cap > 0 ? 2 * replay->page_cap : 8;
	void **pages = cairn_host_alloc(&replay->conn->host, replay->pages,
					replay->page_cap * sizeof *pages, cap * sizeof *pages);
	if (pages == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	replay->pages = pages;
	replay->page_cap = cap;
	return CAIRN_OK;
}

void cairn__replay_keep(cairn_replay *replay, void *result)
{
	if (result != NULL)
		replay->pages[replay->page_count++] = result;
}

void cairn__replay_suspends(cairn_replay *replay, cairn_time until)
{
	replay->suspends = true;
	if (until != 0 && (replay->wake_at == 0 || until < replay->wake_at))
		replay->wake_at = until;
}

/* As a heartbeat would be refused; of a canceled run in its own words. */
static cairn_status lost(cairn_conn *conn, const cairn_lease *lease, cairn_error *err)
{
	struct cairn__batch batch;
	cairn_changed changed = { .status = CAIRN_OK };
	cairn_status st = cairn__batch_begin(&batch, conn, 1, CAIRN__BY_LEASE, err);
	if (st == CAIRN_OK) {
		cairn__plan_leased(lease, &batch.changes[0]);
		batch.results[0].hit = CAIRN_MISS;
		st = cairn__explain(&batch, &changed, err);
	}
	cairn__batch_end(&batch);
	if (st != CAIRN_OK)
		return st;
	if (changed.code == CAIRN_E_JOB_CANCELED)
		changed.code = CAIRN_E_REPLAY_CANCELED;
	return cairn_fail(err, changed.code);
}

cairn_status cairn__replay_lost(cairn_replay *replay, cairn_error *err)
{
	return lost(replay->conn, &replay->lease, err);
}

/* ---- beginning ------------------------------------------------------------------ */

static cairn_status check_begin(const cairn_lease *lease, const cairn_replay_opts *opts,
				cairn_error *err)
{
	if (lease == NULL || (opts != NULL && opts->size < sizeof *opts))
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_status st = cairn__check_lease(lease, err);
	if (st != CAIRN_OK || opts == NULL)
		return st;
	if (opts->recode > 1)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (opts->page > CAIRN__MAX_PAGE)
		return cairn_fail(err, CAIRN_E_ARG_PAGE);
	return opts->code.len > 0 ? cairn__check_name(opts->code, "code", err) : CAIRN_OK;
}

static cairn_status judge(cairn_conn *conn, const cairn_lease *lease,
			  const cairn_replay_begun *begun, cairn_error *err)
{
	if (begun->hit != CAIRN_HIT)
		return lost(conn, lease, err);
	if (begun->orphaned)
		return cairn_fail(err, CAIRN_E_REPLAY_CANCELED);
	if (begun->unkept)
		return cairn_fail(err, CAIRN_E_REPLAY_UNKEPT);
	return begun->other_code ? cairn_fail(err, CAIRN_E_REPLAY_CODE) : CAIRN_OK;
}

static cairn_status add_page(cairn_replay *replay, const cairn_memos *memos, cairn_error *err)
{
	size_t wanted = replay->memo_count + memos->count;
	if (wanted > replay->memo_cap) {
		size_t cap = wanted > 2 * replay->memo_cap ? wanted : 2 * replay->memo_cap;
		const cairn_memo **more = cairn__scratch(replay->conn, cap, sizeof *more, err);
		if (more == NULL)
			return CAIRN_NOMEM;
		if (replay->memo_count > 0)
			memcpy(more, replay->memos, replay->memo_count * sizeof *more);
		cairn__scratch_free(replay->conn, replay->memos, replay->memo_cap, sizeof *more);
		replay->memos = more;
		replay->memo_cap = cap;
	}
	for (size_t i = 0; i < memos->count; i++)
		replay->memos[replay->memo_count++] = &memos->at[i];
	if (memos->count > 0)
		replay->read = memos->at[memos->count - 1].seq;
	return CAIRN_OK;
}

static cairn_status begin(cairn_replay *replay, const cairn_replay_opts *opts, cairn_error *err)
{
	cairn_conn *conn = replay->conn;
	cairn_replay_begin_plan plan = { .id = replay->lease.id,
					 .fence = replay->lease.fence,
					 .page = replay->page };
	cairn_replay_begun begun = { .hit = CAIRN_MISS };
	cairn_rows rows;
	void *memory = NULL;
	if (opts != NULL) {
		plan.code = opts->code;
		plan.recode = opts->recode;
	}
	cairn_status st = cairn__replay_room(replay, err);
	if (st != CAIRN_OK)
		return st;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_memo));
	st = conn->replays.begin(conn->self, &plan, &begun, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	cairn__replay_keep(replay, memory);
	if (st == CAIRN_OK)
		st = judge(conn, &replay->lease, &begun, err);
	if (st != CAIRN_OK)
		return st;
	replay->run = begun.run;
	replay->lease_until = begun.run.lease_expires_at;
	replay->steps = begun.steps;
	return add_page(replay, memory, err);
}

static cairn_status open_replay(cairn_conn *conn, const cairn_lease *lease,
				const cairn_replay_opts *opts, cairn_replay **result,
				cairn_error *err)
{
	cairn_status st = check_begin(lease, opts, err);
	if (st != CAIRN_OK)
		return st;
	cairn_replay *replay = cairn__scratch(conn, 1, sizeof *replay, err);
	if (replay == NULL)
		return CAIRN_NOMEM;
	replay->conn = conn;
	replay->lease = *lease;
	replay->claim = cairn_id_new();
	/* what was known of the job when it was claimed may be over by now */
	replay->lease.hints &= CAIRN_HINT_OVERRIDES | CAIRN_HINT_STEP;
	replay->page = opts != NULL && opts->page > 0 ? opts->page : DEFAULT_STEPS;
	replay->text =
		(cairn_text){ .alloc = conn->host.alloc, .alloc_user = conn->host.alloc_user };
	void *none = NULL;
	cairn__rows_begin(&replay->names, conn, &none, sizeof(cairn_memo));
	st = begin(replay, opts, err);
	if (st != CAIRN_OK) {
		cairn_replay_close(replay);
		return st;
	}
	*result = replay;
	return CAIRN_OK;
}

cairn_status cairn_replay_begin(cairn_conn *conn, const cairn_lease *lease,
				const cairn_replay_opts *opts, cairn_replay **replay,
				cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__REPLAYS, "replay.begin", err);
	if (st == CAIRN_OK && replay == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = open_replay(conn, lease, opts, replay, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? 1 : 0);
}

void cairn_replay_close(cairn_replay *replay)
{
	if (replay == NULL)
		return;
	cairn_conn *conn = replay->conn;
	for (size_t i = 0; i < replay->page_count; i++)
		cairn_free(replay->pages[i]);
	cairn__scratch_free(conn, replay->pages, replay->page_cap, sizeof *replay->pages);
	cairn__scratch_free(conn, replay->memos, replay->memo_cap, sizeof *replay->memos);
	cairn__uses_clear(conn, &replay->others);
	cairn__uses_clear(conn, &replay->bases);
	cairn__rows_drop(&replay->names);
	cairn_text_clear(&replay->text);
	cairn__scratch_free(conn, replay, 1, sizeof *replay);
}

cairn_status cairn_replay_move(cairn_replay *replay, cairn_conn *conn, cairn_error *err)
{
	if (replay == NULL || conn == NULL)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	const cairn_host *had = &replay->conn->host;
	if (conn->origin != replay->conn->origin || conn->host.alloc != had->alloc ||
	    conn->host.alloc_user != had->alloc_user)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	replay->conn = conn;
	replay->names.host = &conn->host;
	return CAIRN_OK;
}

int32_t cairn_replay_attempt(const cairn_replay *replay)
{
	return replay != NULL ? replay->run.attempt : 0;
}

int cairn_replay_replaying(const cairn_replay *replay)
{
	return replay != NULL && replay->taken < replay->steps;
}

cairn_time cairn_replay_wake_at(const cairn_replay *replay)
{
	return replay != NULL ? replay->wake_at : 0;
}

/* ---- pages ------------------------------------------------------------------------- */

cairn_status cairn__replay_page(cairn_replay *replay, cairn_error *err)
{
	cairn_conn *conn = replay->conn;
	cairn_memo_query query = { .scope = cairn_any(),
				   .run = replay->run.id,
				   .after = replay->read,
				   .statuses = CAIRN__ALL_MEMOS,
				   .limit = replay->page,
				   .compact = 2 };
	cairn_rows rows;
	void *memory = NULL;
	int found = 0;
	cairn_status st = cairn__replay_room(replay, err);
	if (st != CAIRN_OK)
		return st;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_memo));
	st = conn->replays.memos(conn->self, &query, &found, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	cairn__replay_keep(replay, memory);
	if (st != CAIRN_OK)
		return st;
	size_t count = rows.count;
	if (count > 0)
		st = add_page(replay, memory, err);
	if (count < replay->page)
		replay->read = replay->steps;
	return st;
}

/* ---- the end of the attempt ---------------------------------------------------------- */

static cairn_status finish(cairn_replay *replay, const cairn_finish *how, cairn_error *err)
{
	cairn_changed changed;
	cairn_finish item = *how;
	item.lease = replay->lease;
	cairn_status st = cairn_job_finish(replay->conn, &item, 1, &changed, err);
	if (st != CAIRN_OK)
		return st;
	if (changed.code == CAIRN_E_JOB_CANCELED)
		changed.code = CAIRN_E_REPLAY_CANCELED;
	if (changed.status != CAIRN_OK)
		return cairn_fail(err, changed.code);
	replay->over = true;
	return CAIRN_OK;
}

cairn_status cairn_replay_finish(cairn_replay *replay, const cairn_finish *how, cairn_error *err)
{
	cairn_status st = cairn__replay_check(replay, err);
	if (st == CAIRN_OK && how == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	return st == CAIRN_OK ? finish(replay, how, err) : st;
}

cairn_status cairn_replay_suspension(const cairn_replay *replay, cairn_finish *how,
				     cairn_error *err)
{
	cairn_status st = check(replay, err);
	if (st == CAIRN_OK && how == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st != CAIRN_OK)
		return st;
	*how = (cairn_finish){ .how = CAIRN_FINISH_CONTINUE,
			       .not_before =
				       replay->wake_at != 0 ? replay->wake_at : CAIRN__MAX_TIME };
	if (replay->suspends)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "No step of this attempt waits for anything.");
	return CAIRN_INVALID;
}

cairn_status cairn_replay_suspend(cairn_replay *replay, cairn_error *err)
{
	cairn_finish how;
	cairn_status st = cairn_replay_suspension(replay, &how, err);
	return st == CAIRN_OK ? finish(replay, &how, err) : st;
}
