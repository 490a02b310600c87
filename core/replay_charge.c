/* replay_charge.c - the usage of a step: planned as charges, reserved beforehand, and read as a step of its own. */
#include "replay_charge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "limits.h"

static int by_axis(const void *a, const void *b)
{
	const cairn_budget_item *x = a;
	const cairn_budget_item *y = b;
	return cairn_str_compare(x->axis, y->axis);
}

static cairn_status check_usage(struct cairn__usage usage, cairn_error *err)
{
	cairn_status st = cairn__check_batch(usage.at, usage.n, err);
	for (size_t i = 0; i < usage.n && st == CAIRN_OK; i++) {
		if (usage.at[i].reserved_ != 0)
			st = cairn_fail(err, CAIRN_E_ARG_RESERVED);
		if (st == CAIRN_OK)
			st = cairn__check_name(usage.at[i].axis, "axis", err);
		if (st == CAIRN_OK)
			st = cairn__check_amount(usage.at[i].amount, err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	return st;
}

static size_t write_source(char source[CAIRN__SOURCE_TEXT], const cairn_replay *replay,
			   const cairn_replay_step *step, int32_t attempt)
{
	char run[CAIRN_ID_TEXT];
	cairn_id_format(replay->run.id, run);
	int len = snprintf(source, CAIRN__SOURCE_TEXT, "%s/%lld/%d", run, (long long)step->seq,
			   (int)attempt);
	return (size_t)len;
}

cairn_status cairn__charges_begin(struct cairn__charges *charges, cairn_replay *replay,
				  const cairn_replay_step *step, struct cairn__usage usage,
				  cairn_error *err)
{
	memset(charges, 0, sizeof *charges);
	charges->n = usage.n;
	cairn_status st = check_usage(usage, err);
	if (st != CAIRN_OK || usage.n == 0)
		return st;
	charges->items = cairn__scratch(replay->conn, usage.n, sizeof *charges->items, err);
	if (charges->items != NULL)
		charges->each = cairn__scratch(replay->conn, usage.n, sizeof *charges->each, err);
	if (charges->each == NULL)
		return CAIRN_NOMEM;
	size_t len = write_source(charges->source, replay, step, step->attempts);
	for (size_t i = 0; i < usage.n; i++)
		charges->items[i] = (cairn_budget_item){
			.run = replay->run.id,
			.axis = usage.at[i].axis,
			.source_type = CAIRN_STR("step"),
			.source_id = { charges->source, len },
			.amount = usage.at[i].amount,
		};
	qsort(charges->items, usage.n, sizeof *charges->items, by_axis);
	for (size_t i = 1; i < usage.n; i++) {
		if (by_axis(&charges->items[i - 1], &charges->items[i]) != 0)
			continue;
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "An axis may be named once.");
		return CAIRN_INVALID;
	}
	return CAIRN_OK;
}

void cairn__charges_end(struct cairn__charges *charges, cairn_replay *replay)
{
	cairn__scratch_free(replay->conn, charges->items, charges->n, sizeof *charges->items);
	cairn__scratch_free(replay->conn, charges->each, charges->n, sizeof *charges->each);
}

cairn_status cairn__charge_failure(const cairn_budget_item *items, const cairn_budget_result *each,
				   size_t n, cairn_error *err)
{
	for (size_t i = 0; i < n; i++) {
		cairn_code code = cairn__budget_code(each[i].how);
		if (code == CAIRN_E_NONE)
			continue;
		cairn_status st = cairn_fail(err, code);
		cairn_error_message(err, "axis %.*s: %s", (int)items[i].axis.len, items[i].axis.ptr,
				    cairn_code_message(code));
		return st;
	}
	return CAIRN_OK;
}

/* ---- reserving -------------------------------------------------------------------- */

/* Under the replay's lease. */
static cairn_status write_items(cairn_replay *replay, cairn_budget_plan *plan,
				cairn_budget_result *each, cairn_error *err)
{
	cairn_conn *conn = replay->conn;
	plan->scope = cairn_any();
	plan->lease = replay->lease.id;
	plan->fence = replay->lease.fence;
	cairn_status st = conn->budgets.write(conn->self, plan, each, err);
	if (st != CAIRN_OK)
		return st;
	return each[0].how == CAIRN_BUDGET_LOST ? cairn__replay_lost(replay, err) : CAIRN_OK;
}

static cairn_status write_reserve(cairn_replay *replay, const struct cairn__charges *charges,
				  cairn_usec duration, cairn_error *err)
{
	cairn_budget_plan plan = { .verb = CAIRN_BUDGET_RESERVE,
				   .all = 1,
				   .items = charges->items,
				   .n = charges->n,
				   .duration = duration };
	cairn_status st = write_items(replay, &plan, charges->each, err);
	return st == CAIRN_OK
		       ? cairn__charge_failure(charges->items, charges->each, charges->n, err)
		       : st;
}

/* ---- what former tries reserved ----------------------------------------------------- */

/* A try that died holds what it reserved until that is over; of more tries the older ones will be. */
#define FORMER_TRIES 16

/* Of a batch that is not larger than any other; newest first. */
static size_t former_tries(const cairn_replay_step *step, const struct cairn__charges *charges)
{
	size_t tries = step->attempts > 1 ? (size_t)step->attempts - 1 : 0;
	size_t most = CAIRN__MAX_BATCH / charges->n;
	tries = tries < FORMER_TRIES ? tries : FORMER_TRIES;
	return tries < most ? tries : most;
}

/* Each on its own: what is unknown, charged or over is no matter. */
static cairn_status release(cairn_replay *replay, const cairn_replay_step *step,
			    const struct cairn__charges *charges, cairn_error *err)
{
	cairn_conn *conn = replay->conn;
	char sources[FORMER_TRIES][CAIRN__SOURCE_TEXT];
	size_t tries = former_tries(step, charges);
	cairn_budget_plan plan = { .verb = CAIRN_BUDGET_RELEASE, .n = tries * charges->n };
	if (plan.n == 0)
		return CAIRN_OK;
	cairn_budget_item *items = cairn__scratch(conn, plan.n, sizeof *items, err);
	cairn_budget_result *each = NULL;
	if (items != NULL)
		each = cairn__scratch(conn, plan.n, sizeof *each, err);
	for (size_t i = 0; each != NULL && i < plan.n; i++) {
		char *source = sources[i / charges->n];
		items[i] = charges->items[i % charges->n];
		items[i].source_id.ptr = source;
		items[i].source_id.len = write_source(
			source, replay, step, step->attempts - 1 - (int32_t)(i / charges->n));
	}
	plan.items = items;
	cairn_status st = each != NULL ? write_items(replay, &plan, each, err) : CAIRN_NOMEM;
	cairn__scratch_free(conn, each, plan.n, sizeof *each);
	cairn__scratch_free(conn, items, plan.n, sizeof *items);
	return st;
}

/* ---- the call ------------------------------------------------------------------------- */

static cairn_status reserve(cairn_replay *replay, const cairn_replay_step *step,
			    struct cairn__usage amounts, cairn_usec given, cairn_error *err)
{
	cairn_usec duration;
	struct cairn__charges charges;
	cairn_status st = cairn__replay_check(replay, err);
	if (st == CAIRN_OK && (step == NULL || step->next != CAIRN_NEXT_RUN))
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__reserve_duration(given, &duration, err);
	if (st != CAIRN_OK)
		return st;
	st = cairn__charges_begin(&charges, replay, step, amounts, err);
	if (st == CAIRN_OK && charges.n > 0)
		st = release(replay, step, &charges, err);
	if (st == CAIRN_OK && charges.n > 0)
		st = write_reserve(replay, &charges, duration, err);
	cairn__charges_end(&charges, replay);
	return st;
}

cairn_status cairn_replay_reserve(cairn_replay *replay, const cairn_replay_step *step,
				  const cairn_charge *amounts, size_t n, cairn_usec duration,
				  cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, cairn__replay_conn(replay), CAIRN__REPLAYS,
					    "replay.reserve", err);
	if (st == CAIRN_OK)
		st = reserve(replay, step, (struct cairn__usage){ amounts, n }, duration, err);
	return cairn__call_end(&call, st, n);
}

/* ---- reading, remembered -------------------------------------------------------------- */

static void write_budget(cairn_text *text, const cairn_budget *budget)
{
	const char *const names[] = { "{\"limited\":", ",\"hard\":", ",\"total\":", ",\"spent\":",
				      ",\"reserved\":" };
	const int64_t values[] = { budget->limited, budget->kind == CAIRN_BUDGET_HARD,
				   budget->total, budget->spent, budget->reserved };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		cairn_text_add_z(text, names[i]);
		cairn_text_add_int(text, values[i]);
	}
	cairn_text_add_z(text, "}");
}

/* What write_budget wrote: kept byte for byte. */
static void read_budget(cairn_str text, cairn_budget *budget)
{
	int64_t values[5] = { 0 };
	const char *at = text.ptr;
	for (size_t i = 0; i < 5; i++) {
		at = strchr(at, ':');
		if (at == NULL)
			break;
		while (*++at >= '0' && *at <= '9')
			values[i] = 10 * values[i] + (*at - '0');
	}
	budget->limited = values[0] != 0;
	budget->kind = values[1] != 0 ? CAIRN_BUDGET_HARD : CAIRN_BUDGET_SOFT;
	budget->total = values[2];
	budget->spent = values[3];
	budget->reserved = values[4];
	budget->remaining = cairn__budget_remaining(budget);
}

/* The one of this axis; zeroes where it was never charged. */
static cairn_status look(cairn_replay *replay, cairn_str axis, cairn_budget *budget,
			 cairn_error *err)
{
	cairn_conn *conn = replay->conn;
	cairn_rows rows;
	void *none = NULL;
	int found = 0;
	cairn__rows_begin(&rows, conn, &none, sizeof(cairn_budget));
	cairn_status st =
		conn->budgets.read(conn->self, cairn_any(), replay->run.id, &found, &rows, err);
	st = cairn__rows_whole(&rows, st, err);
	for (size_t i = 0; st == CAIRN_OK && i < rows.count; i++) {
		const cairn_budget *row = cairn_rows_at(&rows, i);
		if (cairn_str_equal(row->axis, axis))
			*budget = *row;
	}
	cairn__rows_drop(&rows);
	return st;
}

static cairn_status remember(cairn_replay *replay, struct cairn__asking *asking, cairn_str axis,
			     cairn_replay_step *step, cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	cairn_text value = { .alloc = replay->conn->host.alloc,
			     .alloc_user = replay->conn->host.alloc_user };
	if (asking->asked[0].memo == NULL) {
		cairn_budget now = { .kind = CAIRN_BUDGET_SOFT };
		st = look(replay, axis, &now, err);
		write_budget(&value, &now);
		if (st == CAIRN_OK && value.failed)
			st = cairn_fail(err, CAIRN_E_NOMEM);
		asking->items[0].result = (cairn_str){ value.ptr, value.len };
	}
	if (st == CAIRN_OK)
		st = cairn__replay_enter(replay, CAIRN_MEMO_VALUE, asking, step, err);
	cairn_text_clear(&value);
	return st;
}

static cairn_status read_axis(cairn_replay *replay, cairn_str axis, cairn_budget *budget,
			      cairn_error *err)
{
	cairn_status st = cairn__replay_check(replay, err);
	if (st == CAIRN_OK && budget == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__check_name(axis, "axis", err);
	if (st != CAIRN_OK)
		return st;
	struct cairn__one one;
	cairn_replay_step step = { .status = CAIRN_OK };
	cairn_text *input = cairn__one_begin(&one, replay);
	cairn_text_add_z(input, "{\"axis\":");
	cairn_text_add_json(input, axis);
	cairn_text_add_z(input, "}");
	st = cairn__one_ask(&one, CAIRN_STR("budget"), err);
	if (st == CAIRN_OK)
		st = remember(replay, &one.asking, axis, &step, err);
	st = cairn__one_end(&one, st);
	if (st == CAIRN_OK && step.status != CAIRN_OK)
		st = cairn_fail(err, step.code);
	if (st != CAIRN_OK)
		return st;
	*budget = (cairn_budget){ .root = replay->run.root, .axis = axis };
	read_budget(step.result, budget);
	return CAIRN_OK;
}

cairn_status cairn_replay_budget(cairn_replay *replay, cairn_str axis, cairn_budget *budget,
				 cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, cairn__replay_conn(replay), CAIRN__REPLAYS,
					    "replay.budget", err);
	if (st == CAIRN_OK)
		st = read_axis(replay, axis, budget, err);
	return cairn__call_end(&call, st, 1);
}
