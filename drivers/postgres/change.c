/*
 * change.c - every transition of a job that somebody names: finish, heartbeat,
 * progress, cancel, requeue and what else the core plans. One text does all that begins with
 * a live job; plain successes, heartbeats and progress, which are most of what a database of
 * jobs does, have leaner ones, and what moves or deletes other rows has its own. A batch is
 * one statement for each text that it needs. (sql_change.h says how they lock.)
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_change, field)

/* The numbers in sql_change.h. */
_Static_assert(CAIRN_SET_RUN_AT == 1 && CAIRN_SET_LEASE == 2 && CAIRN_SET_REASON == 4 &&
		       CAIRN_SET_ERROR == 8 && CAIRN_SET_OUTPUT == 16 && CAIRN_SET_STAGE == 32 &&
		       CAIRN_SET_DONE == 64 && CAIRN_SET_TOTAL == 128 &&
		       CAIRN_SET_CHECKPOINT == 256 && CAIRN_SET_DEAD == 1024 &&
		       CAIRN_CLEAR_HOLDER == 2048 && CAIRN_CLEAR_LEASE == 4096 &&
		       CAIRN_SET_MARK == 8192 && CAIRN_SET_RUN == 16384 &&
		       CAIRN_GIVE_BACK == 32768 && CAIRN_CLEAR_STATE == 65536 &&
		       CAIRN_SET_OWNER == 131072 && CAIRN_SET_PAYLOAD == 262144 &&
		       CAIRN_SET_PRIORITY == 524288,
	       "bits of a set");
_Static_assert(CAIRN_GUARD_FENCE == 1 && CAIRN_GUARD_LIVE == 2 && CAIRN_GUARD_SCOPE == 4 &&
		       CAIRN_GUARD_RUN == 8 && CAIRN_GUARD_UNSTARTED == 16 &&
		       CAIRN_GUARD_QUIET == 32 && CAIRN_GUARD_UNKEYED == 64 &&
		       CAIRN_GUARD_UNCHANGED == 128 && CAIRN_GUARD_ALONE == 256 &&
		       CAIRN_GUARD_CONTINUES == 512 && CAIRN_GUARD_PLAIN == 1024,
	       "bits of a guard");
_Static_assert(CAIRN_JOB_PENDING == 1 && CAIRN_JOB_LEASED == 2 && CAIRN_JOB_SUCCEEDED == 3 &&
		       CAIRN_JOB_DEAD_LETTERED == 4 && CAIRN_JOB_CANCELED == 5,
	       "statuses");
_Static_assert(CAIRN_EVENT_STAGE_CHANGED == 3 && CAIRN_EVENT_PROGRESS == 4 &&
		       CAIRN_EVENT_SUCCEEDED == 5 && CAIRN_EVENT_FAILED == 6 &&
		       CAIRN_EVENT_RETRY_SCHEDULED == 7 && CAIRN_EVENT_DEAD_LETTERED == 8 &&
		       CAIRN_EVENT_CANCELED == 9 && CAIRN_EVENT_REQUEUED == 10,
	       "events");
_Static_assert(CAIRN_ENDING_SUCCEEDED == 1 && CAIRN_ENDING_RELEASED == 10, "endings");

#define LEASE_GUARD   (CAIRN_GUARD_FENCE | CAIRN_GUARD_LIVE)
#define SUCCESS_EVENT (1u << CAIRN_EVENT_SUCCEEDED)
#define SUCCESS_SET \
	(CAIRN_SET_FINISHED | CAIRN_SET_REASON | CAIRN_SET_ERROR | CAIRN_SET_OUTPUT | \
	 CAIRN_SET_STAGE | CAIRN_CLEAR_HOLDER | CAIRN_CLEAR_LEASE)
#define REPORT_SET \
	(CAIRN_SET_LEASE | CAIRN_SET_STAGE | CAIRN_SET_DONE | CAIRN_SET_TOTAL | \
	 CAIRN_SET_CHECKPOINT | CAIRN_SET_MARK)
#define REPORT_EVENTS (1u << CAIRN_EVENT_STAGE_CHANGED | 1u << CAIRN_EVENT_PROGRESS)
#define EDIT_SET      (CAIRN_SET_OWNER | CAIRN_SET_PAYLOAD | CAIRN_SET_PRIORITY | CAIRN_SET_RUN_AT)
#define LIVE_STATUSES (1u << CAIRN_JOB_PENDING | 1u << CAIRN_JOB_LEASED)

/*
 * Items of one statement. Elements of arrays of texts are found by walking, which is
 * cheap for some hundreds. PG_STEPS_MAX bounds how many statements a call has.
 */
#define CHUNK	   500
#define CHUNKS_MAX 100

_Static_assert(offsetof(cairn_change, id) == 0 && offsetof(cairn_log_item, id) == 0,
	       "changes and lines are locked by one array of ids");

/* The texts, in the order in which a call sends them. */
static const enum pg_sql texts[] = { PG_SQL_HEARTBEAT, PG_SQL_SUCCEED, PG_SQL_FORGET, PG_SQL_REPORT,
				     PG_SQL_CHANGE,    PG_SQL_EDIT,    PG_SQL_REQUEUE };
enum { HEARTBEATS = 0, SUCCESSES = 1, DELETIONS = 2, TEXTS = sizeof texts / sizeof texts[0] };

/* A call's items by text, and by id within each; its lines behind them. */
struct batch {
	const cairn_change_plan *plan;
	const void **order;
	size_t count[TEXTS];
	size_t chunk;
	enum pg_time time;
	bool lock;  /* LOCK_JOBS goes first */
	bool steps; /* runs are locked before, and what follows for them is seen to */
	bool wakes; /* the same of replay runs and their parents */
	bool alone; /* only they are: successes lock their jobs by themselves */
	bool fails; /* a step may fail */
};

/*
 * How a batch is done, and how again where a statement failed on purpose: first so that most batches are
 * quick, then so that no lease can run out meanwhile and steps may end, then in several round trips, for
 * what the end of steps brings about.
 */
enum how { LEAN, CAREFUL, PARTS };

/* ---- which text --------------------------------------------------------- */

static bool holds_lease(const cairn_change *change)
{
	return change->guard == LEASE_GUARD && change->from == 1u << CAIRN_JOB_LEASED;
}

static bool is_heartbeat(const cairn_change *change)
{
	return holds_lease(change) && change->to == CAIRN_JOB_LEASED &&
	       change->ending == CAIRN_ENDING_NONE && change->set == CAIRN_SET_LEASE &&
	       change->events == 0;
}

static bool is_success(const cairn_change *change)
{
	return holds_lease(change) && change->to == CAIRN_JOB_SUCCEEDED &&
	       change->ending == CAIRN_ENDING_SUCCEEDED && change->set == SUCCESS_SET &&
	       change->reason.len == 0 && change->error_code.len == 0 &&
	       change->error_message.len == 0 && (change->events & ~SUCCESS_EVENT) == 0 &&
	       change->data.len == 0;
}

static bool is_report(const cairn_change *change)
{
	return change->from == 1u << CAIRN_JOB_LEASED && change->to == CAIRN_JOB_LEASED &&
	       change->ending == CAIRN_ENDING_NONE && (change->set | REPORT_SET) == REPORT_SET &&
	       (change->events | REPORT_EVENTS) == REPORT_EVENTS && change->data.len == 0;
}

static bool is_edit(const cairn_change *change)
{
	return change->set != 0 && (change->set | EDIT_SET) == EDIT_SET && change->events == 0;
}

/* The text of what is not lean. */
static enum pg_sql text_of(const cairn_change *change)
{
	if (change->set & CAIRN_DELETE)
		return PG_SQL_FORGET;
	if ((change->from & LIVE_STATUSES) == 0)
		return PG_SQL_REQUEUE;
	if (is_report(change))
		return PG_SQL_REPORT;
	return is_edit(change) ? PG_SQL_EDIT : PG_SQL_CHANGE;
}

/*
 * A lean text has one lease, or one stage and one switch for events, for all its items: those of
 * the first that it fits.
 */
static enum pg_sql text_for(const cairn_change *change, const cairn_change **beat,
			    const cairn_change **success)
{
	if (is_heartbeat(change)) {
		*beat = *beat != NULL ? *beat : change;
		if (change->lease == (*beat)->lease)
			return PG_SQL_HEARTBEAT;
	} else if (is_success(change)) {
		*success = *success != NULL ? *success : change;
		if (change->events == (*success)->events &&
		    cairn_str_equal(change->stage, (*success)->stage))
			return PG_SQL_SUCCEED;
	}
	return text_of(change);
}

static int by_id(const void *a, const void *b)
{
	const cairn_change *const *x = a;
	const cairn_change *const *y = b;
	return cairn_id_compare((*x)->id, (*y)->id);
}

static void put_in_order(struct batch *batch)
{
	const cairn_change_plan *plan = batch->plan;
	size_t at = 0;
	for (size_t k = 0; k < TEXTS; k++) {
		const cairn_change *beat = NULL;
		const cairn_change *success = NULL;
		size_t first = at;
		for (size_t i = 0; i < plan->n; i++) {
			const cairn_change *change = &plan->changes[i];
			if (text_for(change, &beat, &success) == texts[k])
				batch->order[at++] = change;
		}
		batch->count[k] = at - first;
		qsort(batch->order + first, at - first, sizeof *batch->order, by_id);
	}
	for (size_t i = 0; i < plan->line_count; i++)
		batch->order[at++] = &plan->lines[i];
}

/* Deletions, and lines, whose numbers follow, must see what others wrote before they let go. */
static bool looks_again(const struct batch *batch)
{
	return batch->count[DELETIONS] > 0 || batch->plan->line_count > 0;
}

/*
 * Rows are locked beforehand where the statements by themselves would not lock in id order,
 * where none may fail (careful, or somebody else's transaction), where they could not agree on
 * a time otherwise, and where what others wrote has to be seen.
 */
static void settle(struct batch *batch, bool in_tx, bool own_clock, enum how how)
{
	/* a deletion has three statements */
	size_t parts = batch->plan->n + 2 * batch->count[DELETIONS];
	size_t share = (parts + CHUNKS_MAX - 1) / CHUNKS_MAX;
	size_t statements = batch->plan->claim != NULL ? 1 : 0;
	size_t kinds = 0;
	batch->chunk = share > CHUNK ? share : CHUNK;
	for (size_t k = 0; k < TEXTS; k++) {
		statements += (batch->count[k] + batch->chunk - 1) / batch->chunk;
		kinds += batch->count[k] > 0;
	}
	bool lean =
		batch->count[HEARTBEATS] + batch->count[SUCCESSES] + batch->count[DELETIONS] > 0;
	batch->lock = kinds > 1 || batch->plan->line_count > 0 || (how > LEAN && lean) ||
		      batch->steps || batch->wakes || (in_tx && (lean || statements > 1));
	batch->alone = batch->steps && !batch->wakes && how == LEAN && !in_tx && kinds == 1 &&
		       batch->count[SUCCESSES] > 0 && batch->plan->line_count == 0;
	batch->time = PG_TIME_STATEMENT;
	if (batch->lock)
		batch->time = PG_TIME_LEFT;
	else if (own_clock && statements > 1)
		batch->time = PG_TIME_START;
}

/* ---- parameters --------------------------------------------------------- */

/* What every guard may ask for, behind ids and fences. */
static void add_guards(struct pg *pg, struct pg_items items)
{
	cairn_pg__add_int4s(pg, COLUMN(guard));
	cairn_pg__add_int4s(pg, COLUMN(from));
	cairn_pg__add_scopes(pg, COLUMN(scope));
	cairn_pg__add_some_int4s(pg, COLUMN(run_number));
	cairn_pg__add_some_times(pg, COLUMN(updated_at));
	cairn_pg__add_int4s(pg, COLUMN(set));
}

static void add_due(struct pg *pg, struct pg_items items)
{
	cairn_pg__add_int8s(pg, COLUMN(run_after));
	cairn_pg__add_times(pg, COLUMN(not_before), PG_ABSENT_EMPTY);
}

static void add_change(struct pg *pg, struct pg_items items)
{
	add_guards(pg, items);
	cairn_pg__add_int4s(pg, COLUMN(events));
	cairn_pg__add_int4s(pg, COLUMN(to));
	cairn_pg__add_int4s(pg, COLUMN(ending));
	add_due(pg, items);
	cairn_pg__add_some_int8s(pg, COLUMN(lease));
	cairn_pg__add_texts(pg, COLUMN(reason), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, COLUMN(error_code), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, COLUMN(error_message), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, COLUMN(output));
	cairn_pg__add_texts(pg, COLUMN(stage), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, COLUMN(checkpoint));
	cairn_pg__add_int8s(pg, COLUMN(progress_done));
	cairn_pg__add_int8s(pg, COLUMN(progress_total));
	cairn_pg__add_jsons(pg, COLUMN(data));
}

static void add_report(struct pg *pg, struct pg_items items)
{
	add_guards(pg, items);
	cairn_pg__add_int4s(pg, COLUMN(events));
	cairn_pg__add_some_int8s(pg, COLUMN(lease));
	cairn_pg__add_texts(pg, COLUMN(stage), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, COLUMN(checkpoint));
	cairn_pg__add_int8s(pg, COLUMN(progress_done));
	cairn_pg__add_int8s(pg, COLUMN(progress_total));
}

static void add_edit(struct pg *pg, struct pg_items items)
{
	add_guards(pg, items);
	add_due(pg, items);
	cairn_pg__add_texts(pg, COLUMN(owner), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, COLUMN(payload));
	cairn_pg__add_int4s(pg, COLUMN(priority));
}

static void add_requeue(struct pg *pg, struct pg_items items)
{
	add_guards(pg, items);
	cairn_pg__add_int4s(pg, COLUMN(events));
	add_due(pg, items);
	cairn_pg__add_texts(pg, COLUMN(reason), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, COLUMN(stage), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, COLUMN(data));
	cairn_pg__add_texts(pg, COLUMN(owner), PG_ABSENT_NULL);
}

static bool any_progress(struct pg_items items)
{
	for (size_t i = 0; i < items.n; i++) {
		const cairn_change *change = items.at[i];
		if (change->set & (CAIRN_SET_DONE | CAIRN_SET_TOTAL))
			return true;
	}
	return false;
}

/* What is held for who waits for the ends of jobs: the bits of STEP_OR. */
#define HELD_RUNS    1
#define HELD_PARENTS 2

static void add_lean(struct pg *pg, enum pg_sql sql, struct pg_items items, int32_t held)
{
	const cairn_change *first = items.at[0];
	if (sql == PG_SQL_HEARTBEAT) {
		cairn_pg__add_int8(pg, first->lease);
	} else if (sql == PG_SQL_SUCCEED) {
		cairn_pg__add_jsons(pg, COLUMN(output));
		cairn_pg__add_text(pg, first->stage);
		cairn_pg__add_int4(pg, first->events != 0);
		cairn_pg__add_int4(pg, held);
	} else if (any_progress(items)) {
		cairn_pg__add_int4s(pg, COLUMN(set));
		cairn_pg__add_int8s(pg, COLUMN(progress_done));
		cairn_pg__add_int8s(pg, COLUMN(progress_total));
	} else {
		for (int i = 0; i < 3; i++)
			cairn_pg__add_null(pg);
	}
}

static void queue_chunk(struct pg *pg, enum pg_sql sql, struct pg_items items, enum pg_time time,
			int32_t held)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, (int32_t)time);
	cairn_pg__add_ids(pg, COLUMN(id));
	cairn_pg__add_int8s(pg, COLUMN(fence));
	if (sql == PG_SQL_REPORT)
		add_report(pg, items);
	else if (sql == PG_SQL_CHANGE)
		add_change(pg, items);
	else if (sql == PG_SQL_EDIT)
		add_edit(pg, items);
	else if (sql == PG_SQL_REQUEUE)
		add_requeue(pg, items);
	else
		add_lean(pg, sql, items, held);
	if (sql == PG_SQL_CHANGE)
		cairn_pg__add_int4(pg, held);
	cairn_pg__queue(pg, sql);
	if (sql == PG_SQL_FORGET) {
		cairn_pg__queue(pg, PG_SQL_GONE_LEDGERS);
		cairn_pg__queue(pg, PG_SQL_FORGET_REST);
	}
}

/* ---- the batch ---------------------------------------------------------- */

/* The next stretch of items that go into one statement; n 0: that was all. */
static struct pg_items next_chunk(const struct batch *batch, size_t *at, enum pg_sql *sql)
{
	size_t end = 0;
	for (size_t k = 0; k < TEXTS; k++) {
		end += batch->count[k];
		if (*at >= end)
			continue;
		size_t n = end - *at < batch->chunk ? end - *at : batch->chunk;
		struct pg_items items = { .at = batch->order + *at, .n = n };
		*at += n;
		*sql = texts[k];
		return items;
	}
	return (struct pg_items){ .n = 0 };
}

/* How many statements lock: of runs first, of jobs, and of parents once more. */
static size_t lock_count(const struct batch *batch)
{
	bool both = batch->steps && !batch->alone;
	return (size_t)batch->lock + both + batch->wakes;
}

static void queue_locks(struct pg *pg, const struct batch *batch, struct pg_items items)
{
	if (batch->steps) {
		struct pg_hold hold = { .jobs = items,
					.also = batch->fails ? PG_ALSO_FAIL_FAST : PG_ALSO_NONE,
					.parents = batch->wakes,
					.runs_only = batch->alone };
		cairn_pg__hold_queue(pg, &hold);
		return;
	}
	for (size_t i = 0; i < lock_count(batch); i++) {
		cairn_pg__add_ids(pg, COLUMN(id));
		cairn_pg__queue(pg, batch->wakes ? PG_SQL_PARENTS_LOCK : PG_SQL_LOCK_JOBS);
	}
}

/* alone: what is queued here is all, or must not be. */
static void queue_all(struct pg *pg, const struct batch *batch, bool alone)
{
	const cairn_change_plan *plan = batch->plan;
	struct pg_items all = { .at = batch->order, .n = plan->n + plan->line_count };
	struct pg_items changes = { .at = batch->order, .n = plan->n };
	struct pg_items items;
	enum pg_sql sql = PG_SQL_CHANGE;
	int32_t held = (batch->steps ? HELD_RUNS : 0) | (batch->wakes ? HELD_PARENTS : 0);
	size_t at = 0;
	queue_locks(pg, batch, all);
	if (plan->line_count > 0)
		cairn_pg__log_queue(pg, plan->lines, plan->line_count);
	while ((items = next_chunk(batch, &at, &sql)).n > 0)
		queue_chunk(pg, sql, items, batch->alone ? PG_TIME_RUNS : batch->time, held);
	if (batch->wakes)
		cairn_pg__woken_queue(pg, &changes);
	if (batch->steps)
		cairn_pg__resolve_queue(pg, &changes, alone);
	if (plan->claim != NULL && (alone || !batch->steps))
		cairn_pg__claim_queue(pg, plan->claim, batch->time);
}

static void read_result(struct pg *pg, const cairn_change_plan *plan, const PGresult *result,
			struct pg_items chunk, cairn_change_result *each)
{
	for (int i = 0; i < PQntuples(result); i++) {
		const cairn_change *change = chunk.at[cairn_pg__int4(result, i, 0) - 1];
		cairn_change_result *one = &each[change - plan->changes];
		one->hit = cairn_pg__int4(result, i, 1) ? CAIRN_HIT : CAIRN_MISS_PROGRESS;
		one->run_at = cairn_pg__time(result, i, 2);
		one->lease_expires_at = cairn_pg__time(result, i, 3);
		one->run_number = cairn_pg__int4(result, i, 4);
	}
	cairn_pg__owe_rows(pg, result, 5);
}

/* Runs that were continued and are due at once. */
static void read_woken(struct pg *pg, size_t n, const struct batch *batch,
		       cairn_change_result *each)
{
	const PGresult *woken = cairn_pg__result(pg, n);
	for (int i = 0; i < PQntuples(woken); i++) {
		cairn_id id = cairn_pg__id(woken, i, 0);
		for (size_t k = 0; k < batch->plan->n; k++) {
			if (cairn_id_compare(batch->plan->changes[k].id, id) == 0)
				each[k].run_at = cairn_pg__time(woken, i, 1);
		}
	}
	cairn_pg__woken_read(pg, n);
}

/* Answers the place behind the results of the changes. */
static size_t read_changes(struct pg *pg, const struct batch *batch, cairn_change_result *each)
{
	const cairn_change_plan *plan = batch->plan;
	struct pg_items items;
	enum pg_sql sql;
	size_t at = 0;
	size_t n = lock_count(batch);
	if (plan->line_count > 0)
		cairn_pg__log_read(pg, n++, plan->line_count, plan->line_hits);
	while ((items = next_chunk(batch, &at, &sql)).n > 0) {
		read_result(pg, plan, cairn_pg__result(pg, n), items, each);
		n += sql == PG_SQL_FORGET ? 3 : 1;
	}
	if (batch->wakes)
		read_woken(pg, n++, batch, each);
	return n;
}

static cairn_status run(struct pg *pg, struct batch *batch, enum how how, cairn_error *err)
{
	cairn_status status =
		how == PARTS ? cairn_pg__parts_begin(pg, err) : cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	/* the session itself can't tell any more: it is busy */
	bool in_tx = pg->pipe.in_tx;
	settle(batch, in_tx, cairn_host_now(pg->host) == 0, how);
	queue_all(pg, batch, !in_tx && how != PARTS);
	if (how == PARTS)
		cairn_pg__rest_queue(pg);
	return cairn_pg__call_run(pg, err);
}

/*
 * The claim that took nothing, perhaps for want of the statements for permits. What was changed is
 * committed, so that a claim that fails now must not be told as the failure of it all; in a
 * transaction that goes on it is.
 */
static cairn_status claim_again(struct pg *pg, const cairn_claim_plan *plan, cairn_rows *claimed,
				cairn_error *err)
{
	bool in_tx = cairn_pg__in_tx(pg);
	cairn_status status = cairn_pg__claim_again(pg, plan, claimed, in_tx ? err : NULL);
	return in_tx ? status : CAIRN_OK;
}

/* ---- the jobs of steps --------------------------------------------------- */

/* What was said of them beforehand: whether some end jobs of steps, or may. */
static bool ends_steps(struct pg *pg, struct batch *batch, bool unknown_too)
{
	bool ends = false;
	for (size_t i = 0; i < batch->plan->n; i++) {
		const cairn_change *change = &batch->plan->changes[i];
		if (!cairn_pg__ends_step(pg, change))
			continue;
		batch->fails = batch->fails || change->to == CAIRN_JOB_DEAD_LETTERED;
		ends = ends || change->of == CAIRN_OF_STEP ||
		       (unknown_too && change->of == CAIRN_OF_ANY);
	}
	return ends;
}

/* Whether replay runs may be continued, or end who have parents. */
static bool may_wake(struct pg *pg, const cairn_change *change)
{
	bool continues = (change->set & CAIRN_SET_RUN) && (change->from & LIVE_STATUSES);
	return continues || cairn_pg__ends_step(pg, change);
}

/* One that was claimed before it began is told as NONE: it has no parent, and may be continued. */
static bool wakes(struct pg *pg, const struct batch *batch, bool unknown_too)
{
	for (size_t i = 0; i < batch->plan->n; i++) {
		const cairn_change *change = &batch->plan->changes[i];
		bool unknown = unknown_too && (change->set & CAIRN_SET_RUN);
		if ((change->of == CAIRN_OF_ANY || unknown) && may_wake(pg, change))
			return true;
	}
	return false;
}

/* In the application's transaction nothing may fail, and it may be too strict. */
static cairn_status ask_steps(struct pg *pg, struct batch *batch, cairn_error *err)
{
	struct pg_items items = { .at = batch->order, .n = batch->plan->n };
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_ids(pg, COLUMN(id));
	cairn_pg__queue(pg, PG_SQL_STEPS_AMONG);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	batch->steps = cairn_pg__bool(cairn_pg__result(pg, 0), 0, 1);
	batch->wakes = cairn_pg__bool(cairn_pg__result(pg, 0), 0, 2);
	if ((batch->steps || batch->wakes) && !cairn_pg__bool(cairn_pg__result(pg, 0), 0, 0))
		status = cairn_fail(err, CAIRN_E_TX_ISOLATION);
	cairn_pg__call_clear(pg);
	return status;
}

static cairn_status settle_steps(struct pg *pg, struct batch *batch, cairn_error *err)
{
	bool in_tx = pg->conn != NULL && cairn_pg__in_tx(pg);
	batch->steps = ends_steps(pg, batch, in_tx);
	batch->wakes = wakes(pg, batch, in_tx);
	if ((batch->steps || batch->wakes) && cairn_pg__foreign_tx(pg))
		return ask_steps(pg, batch, err);
	return CAIRN_OK;
}

/* Done again, ever more carefully, as long as it fails on purpose. */
static cairn_status run_again(struct pg *pg, struct batch *batch, enum how *how, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	bool in_tx = pg->conn != NULL && cairn_pg__in_tx(pg);
	for (*how = LEAN;; ++*how) {
		cairn_error failure = CAIRN_ERROR_INIT;
		/* whatever was said of them, one of them is a step's or a replay run, as far as is known now */
		for (size_t i = 0; i < batch->plan->n && *how == CAREFUL; i++) {
			const cairn_change *change = &batch->plan->changes[i];
			batch->steps = batch->steps || cairn_pg__ends_step(pg, change);
			batch->wakes = batch->wakes || may_wake(pg, change);
		}
		status = run(pg, batch, *how, &failure);
		enum how last = batch->steps ? PARTS : CAREFUL;
		if (status != CAIRN_OK && !in_tx && *how < last && cairn_pg__gave_up(&failure))
			continue;
		if (status != CAIRN_OK && err != NULL)
			*err = failure;
		return status;
	}
}

/* What follows for runs, and then the claim; in parts the last one commits. */
static cairn_status finish_steps(struct pg *pg, const struct batch *batch, struct pg_after *after,
				 struct pg_claimed *also, cairn_rows *claimed, cairn_error *err)
{
	const cairn_change_plan *plan = batch->plan;
	cairn_status status = cairn_pg__rest(pg, after, err);
	if (status != CAIRN_OK || (plan->claim == NULL && !pg->parted))
		return status;
	status = cairn_pg__part_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	if (plan->claim != NULL)
		cairn_pg__claim_queue(pg, plan->claim, batch->time);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	if (plan->claim != NULL)
		status = cairn_pg__claim_read(pg, 0, plan->claim, also, claimed, err);
	cairn_pg__call_clear(pg);
	return status;
}

/* ---- the slot -------------------------------------------------------------- */

static cairn_status read_all(struct pg *pg, const struct batch *batch, enum how how,
			     cairn_change_result *each, struct pg_claimed *also,
			     cairn_rows *claimed, cairn_error *err)
{
	const cairn_change_plan *plan = batch->plan;
	cairn_status status = CAIRN_OK;
	struct pg_after after = { .jobs = NULL };
	size_t n = read_changes(pg, batch, each);
	bool goes_on = batch->steps && (how == PARTS || cairn_pg__in_tx(pg));
	if (batch->steps)
		cairn_pg__resolve_read(pg, n++, &after);
	if (how == PARTS)
		cairn_pg__rest_read(pg, n, &after);
	if (plan->claim != NULL && !goes_on)
		status = cairn_pg__claim_read(pg, n, plan->claim, also, claimed, err);
	cairn_pg__call_clear(pg);
	return goes_on ? finish_steps(pg, batch, &after, also, claimed, err) : status;
}

static cairn_status change(struct pg *pg, struct batch *batch, cairn_change_result *each,
			   cairn_rows *claimed, cairn_error *err)
{
	const cairn_change_plan *plan = batch->plan;
	enum how how = LEAN;
	if (plan->claim != NULL && cairn_pg__claim_reserve(plan->claim, claimed) != 0)
		return cairn_fail(err, CAIRN_E_NOMEM);
	for (size_t i = 0; i < plan->n; i++)
		each[i] = (cairn_change_result){ .hit = CAIRN_MISS };
	put_in_order(batch);
	cairn_status status = looks_again(batch) ? cairn_pg__looks_again(pg, err) : CAIRN_OK;
	if (status == CAIRN_OK)
		status = settle_steps(pg, batch, err);
	if (status == CAIRN_OK)
		status = run_again(pg, batch, &how, err);
	if (status != CAIRN_OK)
		return status;
	struct pg_claimed also = { .again = false };
	status = read_all(pg, batch, how, each, &also, claimed, err);
	if (status == CAIRN_OK && also.again)
		status = claim_again(pg, plan->claim, claimed, err);
	return status;
}

cairn_status cairn_pg__job_change(void *self, const cairn_change_plan *plan,
				  cairn_change_result *each, cairn_rows *claimed, cairn_error *err)
{
	struct pg *pg = self;
	const void *few[16];
	const size_t size = (plan->n + plan->line_count) * sizeof *few;
	struct batch batch = { .plan = plan, .order = few };
	if (size > sizeof few)
		batch.order = cairn_host_alloc(pg->host, NULL, 0, size);
	if (batch.order == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_status status = change(pg, &batch, each, claimed, err);
	if (batch.order != few)
		cairn_host_alloc(pg->host, batch.order, size, 0);
	return cairn_pg__wake(pg, status, err);
}

/* ---- sweeps --------------------------------------------------------------- */

void cairn_pg__sweep_queue(struct pg *pg, const cairn_change *changes, size_t n)
{
	size_t share = (n + CHUNKS_MAX / 2 - 1) / (CHUNKS_MAX / 2);
	size_t chunk = share > CHUNK ? share : CHUNK;
	for (size_t at = 0; at < n; at += chunk) {
		size_t some = n - at < chunk ? n - at : chunk;
		struct pg_items items = PG_ITEMS(changes + at, some);
		queue_chunk(pg, PG_SQL_CHANGE, items, PG_TIME_LEFT, HELD_RUNS | HELD_PARENTS);
	}
}
