/*
 * job_turn.c - all that a worker has to say, in one batch: ends, reports, beats and lines, and the
 * next claim behind them. The parts are the single verbs' own; here they are put together.
 */
#include "job_turn.h"
#include "check.h"
#include "job_change.h"
#include "job_claim.h"
#include "job_plan.h"

/* A turn on its way. */
struct course {
	cairn_conn *conn;
	const cairn_turn *turn;
	cairn_changed *each;
	cairn_usec lease;
	size_t changes; /* finishes, reports and beats */
	cairn_log_item *items;
	enum cairn_hit *hits;
};

/* ---- checks ---- */

static cairn_status misfit(const char *message, cairn_error *err)
{
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "%s", message);
	return CAIRN_INVALID;
}

/* An item's number in its group becomes that in the turn. */
static cairn_status shift(cairn_status st, size_t before, cairn_error *err)
{
	if (st != CAIRN_OK && err != NULL && err->index >= 0)
		cairn__error_index(err, (size_t)err->index + before);
	return st;
}

static cairn_status check_items(struct course *course, cairn_error *err)
{
	cairn_conn *conn = course->conn;
	const cairn_turn *turn = course->turn;
	size_t before = 0;
	cairn_status st = cairn__check_finishes(conn, turn->finishes, turn->finish_count, err);
	before += turn->finish_count;
	if (st == CAIRN_OK)
		st = shift(cairn__check_reports(conn, turn->reports, turn->report_count, err),
			   before, err);
	before += turn->report_count;
	if (st == CAIRN_OK)
		st = shift(cairn__check_beats(turn->beats, turn->beat_count, turn->lease,
					      &course->lease, err),
			   before, err);
	before += turn->beat_count;
	course->changes = before;
	if (st == CAIRN_OK && turn->line_count > 0)
		st = shift(cairn__check_lines(conn, turn->lines, turn->line_count, err), before,
			   err);
	return st;
}

/* ---- plan and run ---- */

static cairn_status plan_changes(struct course *course, cairn_change *changes, cairn_error *err)
{
	const cairn_turn *turn = course->turn;
	size_t at = turn->finish_count;
	for (size_t i = 0; i < turn->report_count; i++)
		cairn__plan_progress(&turn->reports[i], &changes[at++]);
	for (size_t i = 0; i < turn->beat_count; i++)
		cairn__plan_heartbeat(&turn->beats[i], course->lease, &changes[at++]);
	return cairn__plan_finishes(course->conn, turn->finishes, turn->finish_count, changes, err);
}

static cairn_status plan_lines(struct course *course, struct cairn__batch *batch, cairn_error *err)
{
	const cairn_turn *turn = course->turn;
	size_t n = turn->line_count;
	if (n == 0)
		return CAIRN_OK;
	course->items = cairn__scratch(course->conn, n, sizeof *course->items, err);
	if (course->items != NULL)
		course->hits = cairn__scratch(course->conn, n, sizeof *course->hits, err);
	if (course->hits == NULL)
		return CAIRN_NOMEM;
	for (size_t i = 0; i < n; i++)
		cairn__plan_line(&turn->lines[i], &course->items[i]);
	batch->lines = course->items;
	batch->line_count = n;
	batch->line_hits = course->hits;
	return CAIRN_OK;
}

static cairn_status judge_lines(struct course *course, const cairn_rows *claimed, cairn_error *err)
{
	const cairn_turn *turn = course->turn;
	if (turn->line_count == 0)
		return CAIRN_OK;
	cairn_status st = cairn__judge_lines(course->conn, turn->lines, turn->line_count,
					     course->hits, course->each + course->changes, err);
	/* what was changed and claimed is committed, whatever could not be read about the lines */
	int alone = course->changes == 0 && (claimed == NULL || claimed->count == 0);
	return st == CAIRN_OK || alone ? st : cairn_fail(err, CAIRN_E_DB_UNCERTAIN);
}

static cairn_status run(struct course *course, const cairn_claim_plan *claim, cairn_rows *claimed,
			cairn_error *err)
{
	cairn_conn *conn = course->conn;
	struct cairn__batch batch;
	if (course->changes + course->turn->line_count == 0)
		return claim != NULL ? conn->jobs.claim(conn->self, claim, claimed, err) : CAIRN_OK;
	cairn_status st = cairn__batch_begin(&batch, conn, course->changes, CAIRN__BY_LEASE, err);
	if (st == CAIRN_OK)
		st = plan_lines(course, &batch, err);
	if (st == CAIRN_OK)
		st = plan_changes(course, batch.changes, err);
	if (st == CAIRN_OK)
		st = cairn__batch_run(&batch, claim, claimed, course->each, err);
	if (st == CAIRN_OK)
		st = judge_lines(course, claimed, err);
	cairn__scratch_free(conn, course->hits, course->turn->line_count, sizeof *course->hits);
	cairn__scratch_free(conn, course->items, course->turn->line_count, sizeof *course->items);
	cairn__batch_end(&batch);
	return st;
}

/* Without a claim the answer is empty, not the one of the turn before. */
static cairn_status run_and_claim(struct course *course, cairn_jobs **jobs, cairn_error *err)
{
	const cairn_claim_opts *opts = course->turn->claim;
	cairn_claim_plan plan;
	int idle = 1;
	cairn_rows rows;
	void *memory = *jobs;
	cairn_status st = CAIRN_OK;
	if (opts != NULL)
		st = cairn__claim_plan(course->conn, opts, &plan, &idle, err);
	if (st == CAIRN_OK)
		st = check_items(course, err);
	if (st != CAIRN_OK)
		return st;
	cairn__rows_begin(&rows, course->conn, &memory, sizeof(cairn_job));
	st = run(course, idle ? NULL : &plan, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*jobs = memory;
	return st;
}

static cairn_status take_turn(cairn_conn *conn, const cairn_turn *turn, cairn_changed *each,
			      cairn_jobs **jobs, cairn_error *err)
{
	struct course course = { .conn = conn, .turn = turn, .each = each };
	if (turn == NULL || turn->size < sizeof *turn)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	size_t n = turn->finish_count + turn->report_count + turn->beat_count + turn->line_count;
	if ((turn->claim != NULL && jobs == NULL) || (n > 0 && each == NULL))
		return misfit("A turn needs a place for all its answers.", err);
	cairn_status st = cairn__check_batch(each, n, err);
	if (st != CAIRN_OK)
		return st;
	if (jobs != NULL)
		return run_and_claim(&course, jobs, err);
	st = check_items(&course, err);
	return st == CAIRN_OK ? run(&course, NULL, NULL, err) : st;
}

static size_t rows_of(const cairn_turn *turn, cairn_jobs **jobs)
{
	return turn->finish_count + turn->report_count + turn->beat_count + turn->line_count +
	       (turn->claim != NULL ? (*jobs)->count : 0);
}

cairn_status cairn_job_turn(cairn_conn *conn, const cairn_turn *turn, cairn_changed *each,
			    cairn_jobs **jobs, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.turn", err);
	if (st == CAIRN_OK)
		st = take_turn(conn, turn, each, jobs, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? rows_of(turn, jobs) : 0);
}

cairn_status cairn_job_finish_and_claim(cairn_conn *conn, const cairn_finish *items, size_t n,
					cairn_changed *each, const cairn_claim_opts *opts,
					cairn_jobs **jobs, cairn_error *err)
{
	struct cairn__call call;
	cairn_turn turn = {
		.size = sizeof turn, .finishes = items, .finish_count = n, .claim = opts
	};
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "job.finish_and_claim", err);
	if (st == CAIRN_OK && (jobs == NULL || (n > 0 && each == NULL)))
		st = misfit("finish_and_claim needs a place for both answers.", err);
	if (st == CAIRN_OK && opts == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = take_turn(conn, &turn, each, jobs, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? rows_of(&turn, jobs) : 0);
}
