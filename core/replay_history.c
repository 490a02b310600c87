/* replay_history.c - replay runs as they stand, what they remember, and waiting until one is over. */
#include "check.h"
#include "limits.h"
#include "pause.h"
#include "replay_read.h"
#include "wait.h"

/* ---- runs ------------------------------------------------------------------------ */

cairn_status cairn__read_replays(cairn_conn *conn, const cairn_replay_query *query, int one,
				 cairn_replay_runs **runs, cairn_error *err)
{
	cairn_rows rows;
	void *memory = *runs;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_replay_run));
	cairn_status st = conn->replays.runs(conn->self, query, &rows, err);
	if (st == CAIRN_OK && one && rows.count == 0 && !rows.failed)
		st = cairn_fail(err, CAIRN_E_REPLAY_NOT_FOUND);
	st = cairn__rows_end(&rows, &memory, st, err);
	*runs = memory;
	return st;
}

static cairn_status run_query(const cairn_replay_filter *filter, cairn_replay_query *query,
			      cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if ((filter->statuses & ~CAIRN__ALL_REPLAYS) != 0 || filter->compact > 1 ||
	    filter->counts > 1)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	*query = (cairn_replay_query){
		.scope = filter->scope,
		.run = filter->run,
		.root = filter->root,
		.parents = cairn_id_is_none(filter->parent) ? NULL : &filter->parent,
		.parent_count = cairn_id_is_none(filter->parent) ? 0 : 1,
		.type = filter->type,
		.statuses = filter->statuses != 0 ? filter->statuses : CAIRN__ALL_REPLAYS,
		.created_from = filter->created_from,
		.created_to = filter->created_to,
		.after = filter->after,
		.compact = filter->compact,
		.counts = filter->counts,
	};
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query->limit, err);
	if (st == CAIRN_OK && filter->type.len > 0)
		st = cairn__check_name(filter->type, "type", err);
	if (st == CAIRN_OK)
		st = cairn__check_time(filter->created_from, "created_from", err);
	if (st == CAIRN_OK)
		st = cairn__check_time(filter->created_to, "created_to", err);
	return st;
}

cairn_status cairn_replay_list(cairn_conn *conn, const cairn_replay_filter *filter,
			       cairn_replay_runs **runs, cairn_error *err)
{
	struct cairn__call call;
	cairn_replay_query query;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__REPLAYS, "replay.list", err);
	if (st == CAIRN_OK && runs == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = run_query(filter, &query, err);
	if (st == CAIRN_OK)
		st = cairn__read_replays(conn, &query, 0, runs, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*runs)->count : 0);
}

cairn_status cairn_replay_get(cairn_conn *conn, cairn_scope scope, cairn_id run,
			      cairn_replay_runs **row, cairn_error *err)
{
	struct cairn__call call;
	cairn_replay_query query = {
		.scope = scope, .run = run, .statuses = CAIRN__ALL_REPLAYS, .limit = 1, .counts = 1
	};
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__REPLAYS, "replay.get", err);
	if (st == CAIRN_OK && row == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	if (st == CAIRN_OK && cairn_id_is_none(run))
		st = cairn_fail(err, CAIRN_E_REPLAY_NOT_FOUND);
	if (st == CAIRN_OK)
		st = cairn__read_replays(conn, &query, 1, row, err);
	return cairn__call_end(&call, st, 1);
}

/* ---- memos ------------------------------------------------------------------------- */

static cairn_status memo_query(const cairn_memo_filter *filter, cairn_memo_query *query,
			       cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if ((filter->statuses & ~CAIRN__ALL_MEMOS) != 0 || filter->compact > 1 ||
	    filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	*query = (cairn_memo_query){ .scope = filter->scope,
				     .run = filter->run,
				     .name = filter->name,
				     .after = filter->after,
				     .statuses = filter->statuses != 0 ? filter->statuses
								       : CAIRN__ALL_MEMOS,
				     .compact = filter->compact };
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query->limit, err);
	if (st == CAIRN_OK)
		st = cairn__check_text(filter->name, CAIRN__MAX_STEP_NAME, "name", err);
	return st;
}

static cairn_status read_memos(cairn_conn *conn, const cairn_memo_query *query, cairn_memos **memos,
			       cairn_error *err)
{
	cairn_rows rows;
	void *memory = *memos;
	int found = 0;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_memo));
	cairn_status st = conn->replays.memos(conn->self, query, &found, &rows, err);
	if (st == CAIRN_OK && !found)
		st = cairn_fail(err, CAIRN_E_REPLAY_NOT_FOUND);
	st = cairn__rows_end(&rows, &memory, st, err);
	*memos = memory;
	return st;
}

cairn_status cairn_replay_memos(cairn_conn *conn, const cairn_memo_filter *filter,
				cairn_memos **memos, cairn_error *err)
{
	struct cairn__call call;
	cairn_memo_query query;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__REPLAYS, "replay.memos", err);
	if (st == CAIRN_OK && memos == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = memo_query(filter, &query, err);
	if (st == CAIRN_OK)
		st = read_memos(conn, &query, memos, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*memos)->count : 0);
}

/* ---- waiting ------------------------------------------------------------------------- */

struct vigil {
	cairn_replay_query query;
	cairn_replay_runs *run; /* as it was seen last */
};

/* A job that no worker has begun may become a run yet. */
static cairn_status not_begun(cairn_conn *conn, const cairn_replay_query *run, cairn_error *err)
{
	cairn_rows rows;
	void *none = NULL;
	cairn_job_query query = { .scope = run->scope,
				  .ids = &run->run,
				  .id_count = 1,
				  .statuses = 1u << CAIRN_JOB_PENDING | 1u << CAIRN_JOB_LEASED,
				  .limit = 1,
				  .compact = 1 };
	cairn__rows_begin(&rows, conn, &none, sizeof(cairn_job));
	cairn_status st = conn->jobs.list(conn->self, &query, &rows, err);
	st = cairn__rows_whole(&rows, st, err);
	if (st == CAIRN_OK && rows.count == 0)
		st = cairn_fail(err, CAIRN_E_REPLAY_NOT_FOUND);
	cairn__rows_drop(&rows);
	return st;
}

static cairn_status look(cairn_conn *conn, void *what, cairn_due *work, cairn_error *err)
{
	struct vigil *vigil = what;
	cairn_status st = cairn__read_replays(conn, &vigil->query, 0, &vigil->run, err);
	if (st != CAIRN_OK)
		return st;
	if (vigil->run->count == 0)
		return not_begun(conn, &vigil->query, err);
	work->due = (CAIRN__REPLAYS_OVER & 1u << (unsigned)vigil->run->at[0].status) != 0;
	return CAIRN_OK;
}

static cairn_status wait(cairn_conn *conn, const cairn_replay_wait_opts *opts, struct vigil *vigil,
			 cairn_error *err)
{
	struct cairn__wait wait = { .what = vigil, .look = look };
	int ready = 0;
	cairn_status st;
	if (opts->timeout < 0) {
		cairn_due work = { .next = CAIRN_DUE_MAX };
		st = look(conn, vigil, &work, err);
		ready = (int)work.due;
	} else {
		st = cairn__check_wait(conn, opts->timeout, err);
		if (st == CAIRN_OK)
			st = cairn__wait(conn, &wait,
					 opts->timeout > 0 ? opts->timeout : 300 * CAIRN_SECOND,
					 &ready, err);
	}
	if (st == CAIRN_OK && !ready)
		st = cairn_fail(err, CAIRN_E_REPLAY_TIMEOUT);
	return st;
}

cairn_status cairn_replay_wait(cairn_conn *conn, const cairn_replay_wait_opts *opts,
			       cairn_replay_runs **run, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__REPLAYS, "replay.wait", err);
	if (st == CAIRN_OK &&
	    (run == NULL || opts == NULL || opts->size < sizeof *opts || opts->timeout < -1))
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&opts->scope, err);
	if (st == CAIRN_OK && cairn_id_is_none(opts->run))
		st = cairn_fail(err, CAIRN_E_REPLAY_NOT_FOUND);
	if (st == CAIRN_OK) {
		struct vigil vigil = { .query = { .scope = opts->scope,
						  .run = opts->run,
						  .statuses = CAIRN__ALL_REPLAYS,
						  .limit = 1 },
				       .run = *run };
		st = wait(conn, opts, &vigil, err);
		*run = vigil.run;
	}
	return cairn__call_end(&call, st, st == CAIRN_OK ? 1 : 0);
}
