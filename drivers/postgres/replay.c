/*
 * replay.c - replay runs: begin, enter, leave, and waking. Each is one round trip: the row of the run's job is
 * locked, and what comes behind it tests the lease and reads what others wrote before. (sql_replay.h)
 */
#include <stddef.h>
#include <string.h>

#include "pg.h"

#define COLUMN(field) items, offsetof(cairn_enter, field)

/* The numbers in sql_replay.h. */
_Static_assert(CAIRN_MEMO_STEP == 1 && CAIRN_MEMO_VALUE == 2 && CAIRN_MEMO_SLEEP == 3 &&
		       CAIRN_MEMO_SIGNAL == 4 && CAIRN_MEMO_CHILD == 5,
	       "verbs");
_Static_assert(CAIRN_EVENT_ENQUEUED == 1 && CAIRN_EVENT_STEP_STARTED == 11 &&
		       CAIRN_EVENT_STEP_WAITING == 12 && CAIRN_EVENT_STEP_COMPLETED == 13 &&
		       CAIRN_EVENT_STEP_FAILED == 14 && CAIRN_EVENT_SIGNALED == 15,
	       "events");
_Static_assert(CAIRN_ENTER_FOUND == 1 && CAIRN_ENTER_BEGUN == 2 && CAIRN_ENTER_MISMATCH == 3 &&
		       CAIRN_ENTER_NO_DEFINITION == 4,
	       "how it was entered");

/* ---- what all have in common -------------------------------------------------- */

void cairn_pg__run_lock(struct pg *pg, cairn_id run)
{
	cairn_pg__add_ids(pg, PG_ITEMS(&run, 1), 0);
	cairn_pg__queue(pg, PG_SQL_LOCK_JOBS);
}

void cairn_pg__woken_queue(struct pg *pg, const struct pg_items *runs)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, PG_TIME_LEFT);
	if (runs != NULL)
		cairn_pg__add_ids(pg, *runs, 0);
	else
		cairn_pg__add_null(pg);
	cairn_pg__add_bool(pg, true);
	cairn_pg__queue(pg, PG_SQL_REPLAY_WAKE);
}

void cairn_pg__woken_read(struct pg *pg, size_t n)
{
	cairn_pg__owe_rows(pg, cairn_pg__result(pg, n), 2);
}

static void add_lease(struct pg *pg, cairn_id run, int64_t fence)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_int4(pg, PG_TIME_LEFT);
	cairn_pg__add_id(pg, run);
	cairn_pg__add_int8(pg, fence);
}

void cairn_pg__page_queue(struct pg *pg, cairn_id run, int64_t after, uint32_t limit)
{
	cairn_pg__add_id(pg, run);
	cairn_pg__add_int8(pg, after);
	cairn_pg__add_int8(pg, limit);
	cairn_pg__queue(pg, PG_SQL_MEMO_PAGE);
}

void cairn_pg__memo(const PGresult *result, int row, int column, cairn_memo *memo)
{
	memo->seq = cairn_pg__int8(result, row, column++);
	memo->name = cairn_pg__text(result, row, column++);
	memo->kind = cairn_pg__text(result, row, column++);
	memo->verb = cairn_memo_verb_parse(cairn_pg__text(result, row, column++));
	memo->status = cairn_memo_status_parse(cairn_pg__text(result, row, column++));
	memo->attempts = cairn_pg__int4(result, row, column++);
	memo->failures = cairn_pg__int4(result, row, column++);
	memo->last_attempt = cairn_pg__int4(result, row, column++);
	memo->timed_out = cairn_pg__bool(result, row, column++);
	memo->fence = cairn_pg__int8(result, row, column++);
	memo->claim = cairn_pg__id(result, row, column++);
	memo->child = cairn_pg__id(result, row, column++);
	memo->signal = cairn_pg__text(result, row, column++);
	memo->signature = cairn_pg__text(result, row, column++);
	cairn_str hash = cairn_pg__text(result, row, column++);
	if (hash.len == sizeof memo->hash)
		memcpy(memo->hash, hash.ptr, hash.len);
	memo->result = cairn_pg__text(result, row, column++);
	memo->error_code = cairn_pg__text(result, row, column++);
	memo->error_message = cairn_pg__text(result, row, column++);
	memo->wake_at = cairn_pg__time(result, row, column++);
	memo->created_at = cairn_pg__time(result, row, column++);
	memo->begun_at = cairn_pg__time(result, row, column++);
	memo->ended_at = cairn_pg__time(result, row, column);
}

static cairn_status push_memo(const PGresult *result, int row, int column, cairn_id run,
			      cairn_rows *memos, cairn_error *err)
{
	cairn_memo *memo = cairn_rows_push(memos);
	if (memo == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_pg__memo(result, row, column, memo);
	memo->run = run;
	return CAIRN_OK;
}

/* A call that reads behind a lock. Whoever gives up between this and the call's run leaves the session in it. */
static cairn_status begin_locking(struct pg *pg, cairn_error *err)
{
	cairn_status status = cairn_pg__looks_again(pg, err);
	return status == CAIRN_OK ? cairn_pg__call_begin(pg, true, err) : status;
}

/* What it answers must have room before anything is written. */
static cairn_status begin_call(struct pg *pg, size_t rows, cairn_rows *memos, cairn_error *err)
{
	if (cairn_rows_reserve(memos, rows, 64) != 0)
		return cairn_fail(err, CAIRN_E_NOMEM);
	return begin_locking(pg, err);
}

/* ---- begin ------------------------------------------------------------------------ */

static void read_begun(const PGresult *result, const cairn_replay_begin_plan *plan,
		       cairn_replay_begun *begun)
{
	begun->hit = CAIRN_HIT;
	begun->other_code = cairn_pg__bool(result, 0, 0);
	begun->unkept = cairn_pg__bool(result, 0, 1);
	begun->orphaned = cairn_pg__bool(result, 0, 2);
	begun->run.id = plan->id;
	begun->run.root = cairn_pg__id(result, 0, 3);
	begun->run.parent = cairn_pg__id(result, 0, 4);
	begun->run.scope = cairn_pg__text(result, 0, 5);
	begun->run.code = cairn_pg__text(result, 0, 6);
	begun->run.attempt = cairn_pg__int4(result, 0, 7);
	begun->run.fence = plan->fence;
	begun->run.lease_expires_at = cairn_pg__time(result, 0, 8);
	begun->steps = cairn_pg__int8(result, 0, 9);
}

/* Where the results stand. */
enum { BEGUN = 1, PAGE = 2 };

static cairn_status read_begin(struct pg *pg, const cairn_replay_begin_plan *plan,
			       cairn_replay_begun *begun, cairn_rows *memos, cairn_error *err)
{
	const PGresult *page = cairn_pg__result(pg, PAGE);
	cairn_status status = CAIRN_OK;
	if (PQntuples(cairn_pg__result(pg, BEGUN)) == 0)
		return CAIRN_OK;
	read_begun(cairn_pg__result(pg, BEGUN), plan, begun);
	if (!begun->other_code && !begun->unkept && !begun->orphaned) {
		for (int i = 0; i < PQntuples(page) && status == CAIRN_OK; i++)
			status = push_memo(page, i, 0, plan->id, memos, err);
	}
	if (status == CAIRN_OK)
		status = cairn_pg__park(pg, BEGUN, memos, err);
	return status == CAIRN_OK ? cairn_pg__park(pg, PAGE, memos, err) : status;
}

cairn_status cairn_pg__replay_begin(void *self, const cairn_replay_begin_plan *plan,
				    cairn_replay_begun *begun, cairn_rows *memos, cairn_error *err)
{
	struct pg *pg = self;
	memset(begun, 0, sizeof *begun);
	cairn_status status = begin_call(pg, plan->page, memos, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__run_lock(pg, plan->id);
	add_lease(pg, plan->id, plan->fence);
	cairn_pg__add_text(pg, plan->code);
	cairn_pg__add_bool(pg, plan->recode != 0);
	cairn_pg__queue(pg, PG_SQL_REPLAY_BEGIN);
	cairn_pg__page_queue(pg, plan->id, 0, plan->page);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	status = read_begin(pg, plan, begun, memos, err);
	cairn_pg__call_clear(pg);
	return status;
}

/* ---- enter -------------------------------------------------------------------------- */

static void add_children(struct pg *pg, const cairn_enter_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->items, plan->n);
	cairn_pg__add_int8s(pg, COLUMN(wait));
	cairn_pg__add_texts(pg, COLUMN(signal), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, COLUMN(child.queue), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, COLUMN(child.type), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, COLUMN(child.payload));
	cairn_pg__add_texts(pg, COLUMN(child.owner), PG_ABSENT_NULL);
	cairn_pg__add_some_times(pg, COLUMN(child.run_at));
	cairn_pg__add_some_int8s(pg, COLUMN(child.timeout));
	cairn_pg__add_some_int4s(pg, COLUMN(child.max_attempts));
	cairn_pg__add_int4s(pg, COLUMN(child.priority));
	cairn_pg__add_int4s(pg, COLUMN(child.set));
	cairn_pg__add_texts(pg, COLUMN(child.resource_key), PG_ABSENT_NULL);
	cairn_pg__add_text(pg, cairn_str_of(cairn_code_text(CAIRN_E_REPLAY_CHILD_LOST)));
	cairn_pg__add_text(pg, cairn_str_of(cairn_code_message(CAIRN_E_REPLAY_CHILD_LOST)));
}

static bool waits(const cairn_enter_plan *plan)
{
	return plan->verb != CAIRN_MEMO_STEP && plan->verb != CAIRN_MEMO_VALUE;
}

static void add_steps(struct pg *pg, const cairn_enter_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->items, plan->n);
	cairn_pg__add_texts(pg, COLUMN(name), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(kind), PG_ABSENT_EMPTY);
	cairn_pg__add_texts(pg, COLUMN(signature), PG_ABSENT_EMPTY);
	cairn_pg__add_hashes(pg, COLUMN(hash));
	cairn_pg__add_jsons(pg, COLUMN(result));
	cairn_pg__add_ids(pg, COLUMN(id));
}

static void queue_enter(struct pg *pg, const cairn_enter_plan *plan)
{
	add_lease(pg, plan->run, plan->fence);
	cairn_pg__add_int4(pg, (int32_t)plan->verb);
	cairn_pg__add_int4(pg, (int32_t)plan->record);
	add_steps(pg, plan);
	if (waits(plan))
		add_children(pg, plan);
	cairn_pg__queue(pg, waits(plan) ? PG_SQL_ENTER_WAIT : PG_SQL_ENTER);
}

/* Behind the jobs, as by enqueue: resources that children need. */
static void queue_resources(struct pg *pg, const cairn_enter_plan *plan)
{
	struct pg_items items = PG_ITEMS(plan->items, plan->n);
	bool any = false;
	for (size_t i = 0; i < plan->n && plan->verb == CAIRN_MEMO_CHILD; i++)
		any = any || plan->items[i].child.resource_key.len > 0;
	if (!any)
		return;
	cairn_pg__add_now(pg);
	cairn_pg__add_ids(pg, COLUMN(id));
	cairn_pg__queue(pg, PG_SQL_RESOURCE_NEED);
}

enum { ENTERED = 1, ENTERED_N = 0, ENTERED_HOW, ENTERED_MEMO, ENTERED_WAKE = 24 };

static cairn_status read_entered(struct pg *pg, const cairn_enter_plan *plan, cairn_entered *each,
				 cairn_rows *memos, cairn_error *err)
{
	const PGresult *result = cairn_pg__result(pg, ENTERED);
	cairn_status status = CAIRN_OK;
	uint32_t count = 0;
	for (int i = 0; i < PQntuples(result) && status == CAIRN_OK; i++) {
		cairn_entered *one = &each[cairn_pg__int8(result, i, ENTERED_N) - 1];
		one->how = (enum cairn_entered_how)cairn_pg__int4(result, i, ENTERED_HOW);
		if (one->how != CAIRN_ENTER_FOUND && one->how != CAIRN_ENTER_BEGUN)
			continue;
		status = push_memo(result, i, ENTERED_MEMO, plan->run, memos, err);
		one->row = ++count;
	}
	cairn_pg__owe_rows(pg, result, ENTERED_WAKE);
	return status == CAIRN_OK ? cairn_pg__park(pg, ENTERED, memos, err) : status;
}

static bool is_told(uint32_t record, enum cairn_event_kind kind)
{
	return (record >> kind & 1) != 0;
}

/* The event's word, or NULL. */
static void add_event(struct pg *pg, uint32_t record, enum cairn_event_kind kind)
{
	if (is_told(record, kind))
		cairn_pg__add_text(pg, cairn_str_of(cairn_event_kind_text(kind)));
	else
		cairn_pg__add_null(pg);
}

/* A memo as the statement writes it, but for what it answers: memory for it comes before anything is written. */
static cairn_status push_fresh(const cairn_enter_plan *plan, size_t i, cairn_rows *memos,
			       cairn_error *err)
{
	const cairn_enter *item = &plan->items[i];
	const bool value = plan->verb == CAIRN_MEMO_VALUE;
	cairn_memo *memo = cairn_rows_push(memos);
	if (memo == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	memo->run = plan->run;
	memo->attempts = 1;
	memo->fence = plan->fence;
	memo->verb = plan->verb;
	memo->status = value ? CAIRN_MEMO_COMPLETED : CAIRN_MEMO_RUNNING;
	memcpy(memo->hash, item->hash, sizeof memo->hash);
	if (!value)
		memo->claim = item->id;
	memo->name = cairn_rows_str(memos, item->name.ptr, item->name.len);
	memo->kind = cairn_rows_str(memos, item->kind.ptr, item->kind.len);
	if (value)
		memo->result = cairn_rows_str(memos, item->result.ptr, item->result.len);
	return cairn_rows_failed(memos) ? cairn_fail(err, CAIRN_E_NOMEM) : CAIRN_OK;
}

static cairn_status push_all_fresh(const cairn_enter_plan *plan, cairn_rows *memos,
				   cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	size_t text = 0;
	for (size_t i = 0; i < plan->n; i++) {
		const cairn_enter *item = &plan->items[i];
		text += item->name.len + item->kind.len + item->result.len + 3;
	}
	if (cairn_rows_reserve(memos, plan->n, text) != 0)
		return cairn_fail(err, CAIRN_E_NOMEM);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = push_fresh(plan, i, memos, err);
	return status;
}

/* What the statement answers. */
static void stamp_fresh(const PGresult *result, size_t i, cairn_memo *memo)
{
	memo->created_at = cairn_pg__time(result, 0, 0);
	memo->begun_at = memo->created_at;
	memo->ended_at = memo->status == CAIRN_MEMO_COMPLETED ? memo->created_at : 0;
	memo->seq = cairn_pg__int8(result, 0, 1) + (int64_t)i + 1;
	memo->last_attempt = cairn_pg__int4(result, 0, 2);
}

/* What one statement has that locks the run itself. */
static void add_own_lease(struct pg *pg, cairn_id run, int64_t fence)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_id(pg, run);
	cairn_pg__add_int8(pg, fence);
}

static void queue_one(struct pg *pg, const cairn_enter_plan *plan, enum cairn_event_kind kind)
{
	const cairn_enter *item = plan->items;
	const cairn_str hash = { (const char *)item->hash, sizeof item->hash };
	add_own_lease(pg, plan->run, plan->fence);
	cairn_pg__add_text(pg, item->name);
	cairn_pg__add_tenant(pg, item->kind); /* an empty one is no NULL */
	cairn_pg__add_tenant(pg, item->signature);
	cairn_pg__add_text(pg, hash);
	if (plan->verb == CAIRN_MEMO_STEP) {
		cairn_pg__add_null(pg);
		cairn_pg__add_id(pg, item->id);
	} else {
		cairn_pg__add_text(pg, item->result);
		cairn_pg__add_null(pg);
	}
	cairn_pg__queue(pg, is_told(plan->record, kind) ? PG_SQL_ENTER_ONE_TOLD : PG_SQL_ENTER_ONE);
}

/* Answers where its result will stand. */
static size_t queue_fresh(struct pg *pg, const cairn_enter_plan *plan)
{
	const enum cairn_event_kind kind = plan->verb == CAIRN_MEMO_STEP
						   ? CAIRN_EVENT_STEP_STARTED
						   : CAIRN_EVENT_STEP_COMPLETED;
	if (plan->n == 1) {
		queue_one(pg, plan, kind);
		return 0;
	}
	cairn_pg__run_lock(pg, plan->run);
	add_lease(pg, plan->run, plan->fence);
	cairn_pg__add_text(pg, cairn_str_of(cairn_memo_verb_text(plan->verb)));
	add_event(pg, plan->record, kind);
	add_steps(pg, plan);
	cairn_pg__queue(pg, PG_SQL_ENTER_FRESH);
	return ENTERED;
}

/* All of them new, as it nearly always is. If not *fresh, nothing was written. */
static cairn_status enter_fresh(struct pg *pg, const cairn_enter_plan *plan, bool *fresh,
				cairn_entered *each, cairn_rows *memos, cairn_error *err)
{
	cairn_status status = push_all_fresh(plan, memos, err);
	if (status == CAIRN_OK)
		status = begin_locking(pg, err);
	if (status != CAIRN_OK)
		return status;
	size_t n = queue_fresh(pg, plan);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, n);
	*fresh = PQntuples(result) == 1;
	for (size_t i = 0; i < plan->n && *fresh; i++) {
		each[i] = (cairn_entered){ CAIRN_ENTER_BEGUN, (uint32_t)i + 1 };
		stamp_fresh(result, i, cairn_rows_at(memos, i));
	}
	if (!*fresh)
		cairn_rows_truncate(memos, 0);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

cairn_status cairn_pg__replay_enter(void *self, const cairn_enter_plan *plan, cairn_entered *each,
				    cairn_rows *memos, cairn_error *err)
{
	struct pg *pg = self;
	bool fresh = false;
	cairn_status status = CAIRN_OK;
	memset(each, 0, plan->n * sizeof *each);
	if (plan->fresh && !waits(plan))
		status = enter_fresh(pg, plan, &fresh, each, memos, err);
	if (fresh || status != CAIRN_OK)
		return status;
	status = begin_call(pg, plan->n, memos, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__run_lock(pg, plan->run);
	queue_enter(pg, plan);
	queue_resources(pg, plan);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	status = read_entered(pg, plan, each, memos, err);
	cairn_pg__call_clear(pg);
	return cairn_pg__wake(pg, status, err);
}

/* ---- leave -------------------------------------------------------------------------------- */

static void queue_charges(struct pg *pg, const cairn_leave_plan *plan)
{
	cairn_budget_plan charges = { .scope = cairn_any(),
				      .verb = CAIRN_BUDGET_CHARGE,
				      .all = 1,
				      .items = plan->charges,
				      .n = plan->charge_count,
				      .lease = plan->run,
				      .fence = plan->fence };
	cairn_pg__ledger_queue(pg, plan->charges, plan->charge_count);
	cairn_pg__charge_queue(pg, &charges, plan->seq, plan->claim);
}

static void queue_leave(struct pg *pg, const cairn_leave_plan *plan)
{
	add_lease(pg, plan->run, plan->fence);
	cairn_pg__add_int8(pg, plan->seq);
	cairn_pg__add_int4(pg, (int32_t)plan->record);
	cairn_pg__add_id(pg, plan->claim);
	cairn_pg__add_text(pg, cairn_str_of(cairn_memo_status_text(plan->to)));
	cairn_pg__add_text(pg, plan->result);
	cairn_pg__add_text(pg, plan->error_code);
	cairn_pg__add_text(pg, plan->error_message);
	cairn_pg__add_int8(pg, plan->wait);
	cairn_pg__add_time(pg, plan->not_before);
	cairn_pg__add_bool(pg, plan->charge_count > 0);
	cairn_pg__queue(pg, PG_SQL_LEAVE);
}

/* Behind the lock, and the charges where there are some. */
enum { LEFT = 1, CHARGED = 1 + PG_LEDGER, LEFT_BEHIND_CHARGES };
enum { LEFT_HELD = 0, LEFT_DONE, LEFT_WAKE, LEFT_MEMO };

static cairn_status read_left(struct pg *pg, const cairn_leave_plan *plan, cairn_left *left,
			      cairn_rows *memos, cairn_error *err)
{
	size_t n = plan->charge_count > 0 ? LEFT_BEHIND_CHARGES : LEFT;
	const PGresult *result = cairn_pg__result(pg, n);
	if (PQntuples(result) == 0)
		return CAIRN_OK;
	bool held = cairn_pg__bool(result, 0, LEFT_HELD);
	left->wake_at = cairn_pg__time(result, 0, LEFT_WAKE);
	if (held && plan->charge_count > 0)
		cairn_pg__charge_read(pg, CHARGED, left->charged);
	if (cairn_pg__bool(result, 0, LEFT_DONE))
		left->how = CAIRN_LEAVE_DONE;
	else
		left->how = held ? CAIRN_LEAVE_CHARGE : CAIRN_LEAVE_NOT_HELD;
	if (held || cairn_pg__null(result, 0, LEFT_MEMO))
		return CAIRN_OK;
	cairn_status status = push_memo(result, 0, LEFT_MEMO, plan->run, memos, err);
	return status == CAIRN_OK ? cairn_pg__park(pg, n, memos, err) : status;
}

/* It is held, and done. If not, nothing was written. */
static cairn_status leave_done(struct pg *pg, const cairn_leave_plan *plan, cairn_left *left,
			       cairn_rows *memos, cairn_error *err)
{
	cairn_status status = begin_call(pg, 1, memos, err);
	if (status != CAIRN_OK)
		return status;
	bool told = is_told(plan->record, CAIRN_EVENT_STEP_COMPLETED);
	add_own_lease(pg, plan->run, plan->fence);
	cairn_pg__add_int8(pg, plan->seq);
	cairn_pg__add_id(pg, plan->claim);
	cairn_pg__add_text(pg, plan->result);
	cairn_pg__queue(pg, told ? PG_SQL_LEAVE_DONE_TOLD : PG_SQL_LEAVE_DONE);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	if (PQntuples(cairn_pg__result(pg, 0)) == 1)
		left->how = CAIRN_LEAVE_DONE;
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

cairn_status cairn_pg__replay_leave(void *self, const cairn_leave_plan *plan, cairn_left *left,
				    cairn_rows *memos, cairn_error *err)
{
	struct pg *pg = self;
	left->how = CAIRN_LEAVE_LOST;
	left->wake_at = 0;
	if (plan->charge_count > 0)
		memset(left->charged, 0, plan->charge_count * sizeof *left->charged);
	cairn_status status = CAIRN_OK;
	if (plan->to == CAIRN_MEMO_COMPLETED && plan->charge_count == 0)
		status = leave_done(pg, plan, left, memos, err);
	if (left->how == CAIRN_LEAVE_DONE || status != CAIRN_OK)
		return status;
	status = begin_call(pg, 1, memos, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__run_lock(pg, plan->run);
	if (plan->charge_count > 0)
		queue_charges(pg, plan);
	queue_leave(pg, plan);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	status = read_left(pg, plan, left, memos, err);
	cairn_pg__call_clear(pg);
	return status;
}
