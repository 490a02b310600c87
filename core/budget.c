/* budget.c - what a tree of runs may spend, and what it has spent. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "limits.h"
#include "replay_charge.h"

cairn_code cairn__budget_code(enum cairn_budget_how how)
{
	switch (how) {
	case CAIRN_BUDGET_DONE:
	case CAIRN_BUDGET_EXISTS:
		return CAIRN_E_NONE;
	case CAIRN_BUDGET_MISS:
		return CAIRN_E_REPLAY_NOT_FOUND;
	case CAIRN_BUDGET_LOST:
		return CAIRN_E_JOB_LEASE_LOST;
	case CAIRN_BUDGET_CONFLICT:
		return CAIRN_E_BUDGET_ENTRY_CONFLICT;
	case CAIRN_BUDGET_EXCEEDED:
		return CAIRN_E_BUDGET_EXCEEDED;
	case CAIRN_BUDGET_OVERFLOW:
		return CAIRN_E_BUDGET_OVERFLOW;
	case CAIRN_BUDGET_UNKNOWN:
		return CAIRN_E_BUDGET_ENTRY_NOT_FOUND;
	}
	return CAIRN_E_INTERNAL;
}

cairn_status cairn__check_amount(int64_t amount, cairn_error *err)
{
	if (amount >= 0)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_BUDGET_OVERFLOW);
	cairn_error_message(err, "An amount must not be negative.");
	return CAIRN_INVALID;
}

cairn_status cairn__reserve_duration(cairn_usec given, cairn_usec *duration, cairn_error *err)
{
	*duration = given != 0 ? given : CAIRN__DEFAULT_RESERVE;
	if (*duration >= CAIRN__MIN_RESERVE && *duration <= CAIRN__MAX_RESERVE)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "A reservation holds for 1 s to 30 days.");
	return CAIRN_INVALID;
}

int64_t cairn__budget_remaining(const cairn_budget *budget)
{
	if (!budget->limited)
		return INT64_MAX;
	/* neither sum is beyond 64 bits, but both together may be */
	if (budget->spent > budget->total || budget->reserved > budget->total - budget->spent)
		return 0;
	return budget->total - budget->spent - budget->reserved;
}

/* ---- set --------------------------------------------------------------------------- */

static cairn_status check_axis(const cairn_budget_new *axis, cairn_error *err)
{
	if (axis->reserved0_ != 0 || (axis->reserved_[0] | axis->reserved_[1]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (axis->kind != 0 && cairn_budget_kind_text(axis->kind) == NULL)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_status st = cairn__check_name(axis->axis, "axis", err);
	return st == CAIRN_OK ? cairn__check_amount(axis->total, err) : st;
}

static int by_axis(const void *a, const void *b)
{
	const cairn_budget_new *x = a;
	const cairn_budget_new *y = b;
	return cairn_str_compare(x->axis, y->axis);
}

static cairn_status set(cairn_conn *conn, cairn_budget_set_plan *plan, cairn_error *err)
{
	cairn_budget_new *axes = cairn__scratch(conn, plan->n, sizeof *axes, err);
	if (axes == NULL)
		return CAIRN_NOMEM;
	cairn_status st = CAIRN_OK;
	int found = 0;
	memcpy(axes, plan->axes, plan->n * sizeof *axes);
	qsort(axes, plan->n, sizeof *axes, by_axis);
	for (size_t i = 0; i < plan->n && st == CAIRN_OK; i++) {
		if (axes[i].kind == 0)
			axes[i].kind = CAIRN_BUDGET_HARD;
		if (i > 0 && by_axis(&axes[i - 1], &axes[i]) == 0)
			st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	}
	plan->axes = axes;
	if (st == CAIRN_OK)
		st = conn->budgets.set(conn->self, plan, &found, err);
	if (st == CAIRN_OK && !found)
		st = cairn_fail(err, CAIRN_E_REPLAY_NOT_FOUND);
	cairn__scratch_free(conn, axes, plan->n, sizeof *axes);
	return st;
}

cairn_status cairn_budget_set(cairn_conn *conn, cairn_scope scope, cairn_id run,
			      const cairn_budget_new *axes, size_t n, cairn_error *err)
{
	struct cairn__call call;
	cairn_budget_set_plan plan = { .scope = scope, .run = run, .axes = axes, .n = n };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__BUDGETS, "budget.set", err);
	if (st == CAIRN_OK)
		st = cairn__check_batch(axes, n, err);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = check_axis(&axes[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st == CAIRN_OK && n > 0)
		st = set(conn, &plan, err);
	return cairn__call_end(&call, st, n);
}

/* ---- entries ------------------------------------------------------------------------- */

static cairn_status check_entry(const cairn_entry_new *item, cairn_error *err)
{
	if ((item->reserved_[0] | item->reserved_[1]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_status st = cairn__check_name(item->axis, "axis", err);
	if (st == CAIRN_OK)
		st = cairn__check_name(item->source_type, "source_type", err);
	if (st == CAIRN_OK)
		st = cairn__check_key(item->source_id, "source_id", err);
	return st == CAIRN_OK ? cairn__check_amount(item->amount, err) : st;
}

static void judge(const cairn_budget_result *result, cairn_entry_done *each)
{
	*each = (cairn_entry_done){ .code = cairn__budget_code(result->how),
				    .limited = result->limited,
				    .total = result->total,
				    .spent = result->spent,
				    .reserved = result->reserved };
	each->status = each->code != CAIRN_E_NONE ? cairn_code_status(each->code) : CAIRN_OK;
	if (each->status == CAIRN_OK)
		each->disposition =
			result->how == CAIRN_BUDGET_EXISTS ? CAIRN_EXISTING : CAIRN_INSERTED;
}

static cairn_status run_plan(cairn_conn *conn, cairn_budget_plan *plan, cairn_budget_item *items,
			     cairn_budget_result *results, cairn_entry_done *each, cairn_error *err)
{
	plan->items = items;
	cairn_status st = conn->budgets.write(conn->self, plan, results, err);
	for (size_t i = 0; i < plan->n && st == CAIRN_OK; i++) {
		cairn_entry_done one;
		judge(&results[i], each != NULL ? &each[i] : &one);
		if (each == NULL && one.status != CAIRN_OK)
			st = cairn__fail_item(err, one.code, i);
	}
	return st;
}

static cairn_status write_entries(cairn_conn *conn, cairn_budget_plan *plan,
				  const cairn_entry_new *given, cairn_entry_done *each,
				  cairn_error *err)
{
	cairn_status st = cairn__check_batch(given, plan->n, err);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&plan->scope, err);
	for (size_t i = 0; i < plan->n && st == CAIRN_OK; i++) {
		st = check_entry(&given[i], err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	if (st != CAIRN_OK || plan->n == 0)
		return st;
	cairn_budget_item *items = cairn__scratch(conn, plan->n, sizeof *items, err);
	cairn_budget_result *results = NULL;
	if (items != NULL)
		results = cairn__scratch(conn, plan->n, sizeof *results, err);
	st = results != NULL ? CAIRN_OK : CAIRN_NOMEM;
	for (size_t i = 0; i < plan->n && st == CAIRN_OK; i++)
		items[i] = (cairn_budget_item){ given[i].run, given[i].axis, given[i].source_type,
						given[i].source_id, given[i].amount };
	if (st == CAIRN_OK)
		st = run_plan(conn, plan, items, results, each, err);
	cairn__scratch_free(conn, results, plan->n, sizeof *results);
	cairn__scratch_free(conn, items, plan->n, sizeof *items);
	return st;
}

cairn_status cairn_budget_charge(cairn_conn *conn, cairn_scope scope, const cairn_entry_new *items,
				 size_t n, cairn_entry_done *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_budget_plan plan = { .scope = scope, .verb = CAIRN_BUDGET_CHARGE, .n = n };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__BUDGETS, "budget.charge", err);
	if (st == CAIRN_OK)
		st = write_entries(conn, &plan, items, each, err);
	return cairn__call_end(&call, st, n);
}

cairn_status cairn_budget_reserve(cairn_conn *conn, cairn_scope scope, const cairn_entry_new *items,
				  size_t n, cairn_usec duration, cairn_entry_done *each,
				  cairn_error *err)
{
	struct cairn__call call;
	cairn_budget_plan plan = { .scope = scope, .verb = CAIRN_BUDGET_RESERVE, .n = n };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__BUDGETS, "budget.reserve", err);
	if (st == CAIRN_OK)
		st = cairn__reserve_duration(duration, &plan.duration, err);
	if (st == CAIRN_OK)
		st = write_entries(conn, &plan, items, each, err);
	return cairn__call_end(&call, st, n);
}

cairn_status cairn_budget_release(cairn_conn *conn, cairn_scope scope, const cairn_entry_new *items,
				  size_t n, cairn_entry_done *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_budget_plan plan = { .scope = scope, .verb = CAIRN_BUDGET_RELEASE, .n = n };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__BUDGETS, "budget.release", err);
	if (st == CAIRN_OK)
		st = write_entries(conn, &plan, items, each, err);
	return cairn__call_end(&call, st, n);
}

/* ---- reads ------------------------------------------------------------------------------ */

static cairn_status read(cairn_conn *conn, cairn_scope scope, cairn_id run, cairn_budgets **budgets,
			 cairn_error *err)
{
	cairn_rows rows;
	void *memory = *budgets;
	int found = 0;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_budget));
	cairn_status st = conn->budgets.read(conn->self, scope, run, &found, &rows, err);
	if (st == CAIRN_OK && !found)
		st = cairn_fail(err, CAIRN_E_REPLAY_NOT_FOUND);
	for (size_t i = 0; st == CAIRN_OK && i < rows.count; i++) {
		cairn_budget *row = cairn_rows_at(&rows, i);
		row->remaining = cairn__budget_remaining(row);
	}
	st = cairn__rows_end(&rows, &memory, st, err);
	*budgets = memory;
	return st;
}

cairn_status cairn_budget_read(cairn_conn *conn, cairn_scope scope, cairn_id run,
			       cairn_budgets **budgets, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__BUDGETS, "budget.read", err);
	if (st == CAIRN_OK && budgets == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&scope, err);
	if (st == CAIRN_OK)
		st = read(conn, scope, run, budgets, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*budgets)->count : 0);
}

static cairn_status entry_query(const cairn_entry_filter *filter, cairn_entry_query *query,
				cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	*query = (cairn_entry_query){ .scope = filter->scope,
				      .run = filter->run,
				      .axis = filter->axis,
				      .after = filter->after };
	cairn_status st = cairn__check_scope(&filter->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query->limit, err);
	if (st == CAIRN_OK && filter->axis.len > 0)
		st = cairn__check_name(filter->axis, "axis", err);
	return st;
}

static cairn_status read_entries(cairn_conn *conn, const cairn_entry_query *query,
				 cairn_entries **entries, cairn_error *err)
{
	cairn_rows rows;
	void *memory = *entries;
	int found = 0;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_entry));
	cairn_status st = conn->budgets.entries(conn->self, query, &found, &rows, err);
	if (st == CAIRN_OK && !found)
		st = cairn_fail(err, CAIRN_E_REPLAY_NOT_FOUND);
	st = cairn__rows_end(&rows, &memory, st, err);
	*entries = memory;
	return st;
}

cairn_status cairn_budget_entries(cairn_conn *conn, const cairn_entry_filter *filter,
				  cairn_entries **entries, cairn_error *err)
{
	struct cairn__call call;
	cairn_entry_query query;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__BUDGETS, "budget.entries", err);
	if (st == CAIRN_OK && entries == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = entry_query(filter, &query, err);
	if (st == CAIRN_OK)
		st = read_entries(conn, &query, entries, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*entries)->count : 0);
}
