/*
 * budget.c - budgets of trees of replay runs, and the ledger that they are the sums of (sys/budget.h). A call reads each
 * budget once, with what is reserved, and then goes by what it knows: what it did stands in the entries, of which each is
 * found anew.
 */
#include <string.h>

#include "lite.h"

/* ---- whose budgets ------------------------------------------------------------------ */

/* A job that spends. row 0: there is none in scope. */
struct spender {
	int64_t row;
	int32_t replay;
	cairn_id run;
	cairn_id root;
};

static cairn_status find_spender(struct lite *lite, const cairn_scope *scope, const cairn_id *id,
				 struct spender *spender, cairn_error *err)
{
	struct lite_run run;
	bool found;
	*spender = (struct spender){ .run = *id, .root = *id };
	cairn_status status =
		cairn_lite__in_scope(&run, lite, LITE_BUDGET_ROOT, id, scope, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	spender->row = cairn_lite__int(&run);
	spender->replay = cairn_lite__int32(&run);
	cairn_id root = cairn_lite__id(&run);
	if (!cairn_id_is_none(root))
		spender->root = root;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* One that is no replay run: what is written goes with its job. */
static cairn_status mark(struct lite *lite, struct spender *spender, cairn_error *err)
{
	if (spender->replay != 0)
		return CAIRN_OK;
	spender->replay = LITE_IS_MARKED;
	return cairn_lite__job_mark(lite, spender->row, LITE_IS_MARKED, err);
}

static enum cairn_budget_kind kind_of(struct lite_run *run)
{
	return cairn_budget_kind_parse(cairn_lite__view(run));
}

/* ---- totals ------------------------------------------------------------------------ */

static cairn_status set_axis(struct lite_write *write, const cairn_id *root,
			     const cairn_budget_new *axis, cairn_error *err)
{
	struct lite_run run;
	enum cairn_budget_kind kind = axis->kind != 0 ? axis->kind : CAIRN_BUDGET_HARD;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_BUDGET_SET, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, root);
	cairn_lite__bind_text(&run, axis->axis);
	cairn_lite__bind_word(&run, cairn_budget_kind_text(kind));
	cairn_lite__bind_int(&run, axis->total);
	cairn_lite__bind_int(&run, write->now);
	return cairn_lite__finish(&run, err);
}

static cairn_status set_axes(struct lite_write *write, const cairn_budget_set_plan *plan,
			     int *found, cairn_error *err)
{
	struct spender spender;
	cairn_status status = find_spender(write->lite, &plan->scope, &plan->run, &spender, err);
	*found = spender.row != 0;
	if (status != CAIRN_OK || !*found)
		return status;
	status = mark(write->lite, &spender, err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = set_axis(write, &spender.root, &plan->axes[i], err);
	return status;
}

cairn_status cairn_lite__budget_set(void *self, const cairn_budget_set_plan *plan, int *found,
				    cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = set_axes(&write, plan, found, err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- sums ---------------------------------------------------------------------------- */

static cairn_status read_sum(struct lite_write *write, struct lite_sum *sum, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_BUDGET_FIND, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &sum->is.root);
	cairn_lite__bind_text(&run, sum->is.axis);
	cairn_lite__bind_int(&run, write->now);
	status = cairn_lite__row(&run, &sum->there, err);
	if (status != CAIRN_OK || !sum->there)
		return status;
	sum->is.kind = kind_of(&run);
	sum->is.limited = cairn_lite__int(&run) != 0;
	sum->is.total = cairn_lite__int(&run);
	sum->is.spent = cairn_lite__int(&run);
	sum->is.reserved = cairn_lite__int(&run);
	sum->spent_before = sum->is.spent;
	sum->reserved_before = sum->is.reserved;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* The budget of an axis, as this call knows it: its place in the list, which may move. */
static cairn_status find_sum(struct lite_write *write, const cairn_id *root, cairn_str axis,
			     size_t *at, cairn_error *err)
{
	struct lite_list *list = &write->lite->sums;
	for (*at = 0; *at < list->n; ++*at) {
		const struct lite_sum *sum = (const struct lite_sum *)list->at + *at;
		if (cairn_id_compare(sum->is.root, *root) == 0 &&
		    cairn_str_equal(sum->is.axis, axis))
			return CAIRN_OK;
	}
	struct lite_sum *sum = cairn_lite__list_add(write->lite, list, sizeof *sum);
	if (sum == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	*sum = (struct lite_sum){
		.is = { .root = *root, .axis = axis, .kind = CAIRN_BUDGET_SOFT }
	};
	return read_sum(write, sum, err);
}

/* ---- one entry ------------------------------------------------------------------------- */

/* An item on its way: its budget, and of its entry what is looked at; seq 0: there is none. */
struct item {
	struct lite_write *write;
	const cairn_budget_plan *plan;
	const cairn_budget_item *item;
	struct lite_sum *sum;
	cairn_entry was;
};

static cairn_status find_entry(struct item *item, cairn_error *err)
{
	const cairn_budget_item *asked = item->item;
	struct lite_run run;
	bool found;
	cairn_status status = cairn_lite__start(&run, item->write->lite, LITE_ENTRY_FIND, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &item->sum->is.root);
	cairn_lite__bind_text(&run, asked->axis);
	cairn_lite__bind_text(&run, asked->source_type);
	cairn_lite__bind_text(&run, asked->source_id);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	item->was.seq = cairn_lite__int(&run);
	item->was.amount = cairn_lite__int(&run);
	item->was.state = cairn_entry_state_parse(cairn_lite__view(&run));
	item->was.expires_at = cairn_lite__int(&run);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

static cairn_status insert_entry(const struct item *item, cairn_error *err)
{
	const cairn_budget_item *asked = item->item;
	cairn_time now = item->write->now;
	bool reserve = item->plan->verb == CAIRN_BUDGET_RESERVE;
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, item->write->lite, LITE_ENTRY_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &item->sum->is.root);
	cairn_lite__bind_id(&run, &asked->run);
	cairn_lite__bind_text(&run, asked->axis);
	cairn_lite__bind_text(&run, asked->source_type);
	cairn_lite__bind_text(&run, asked->source_id);
	cairn_lite__bind_int(&run, asked->amount);
	cairn_lite__bind_word(
		&run, cairn_entry_state_text(reserve ? CAIRN_ENTRY_RESERVED : CAIRN_ENTRY_CHARGED));
	cairn_lite__bind_time(&run, reserve ? now + item->plan->duration : 0);
	cairn_lite__bind_int(&run, now);
	return cairn_lite__finish(&run, err);
}

static cairn_status update_entry(const struct item *item, cairn_error *err)
{
	cairn_time now = item->write->now;
	bool reserve = item->plan->verb == CAIRN_BUDGET_RESERVE;
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, item->write->lite, LITE_ENTRY_UPDATE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &item->sum->is.root);
	cairn_lite__bind_int(&run, item->was.seq);
	cairn_lite__bind_id(&run, &item->item->run);
	cairn_lite__bind_int(&run, item->item->amount);
	cairn_lite__bind_word(
		&run, cairn_entry_state_text(reserve ? CAIRN_ENTRY_RESERVED : CAIRN_ENTRY_CHARGED));
	cairn_lite__bind_time(&run, reserve ? now + item->plan->duration : 0);
	cairn_lite__bind_int(&run, now);
	return cairn_lite__finish(&run, err);
}

static cairn_status release_entry(const struct item *item, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, item->write->lite, LITE_ENTRY_RELEASE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &item->sum->is.root);
	cairn_lite__bind_int(&run, item->was.seq);
	cairn_lite__bind_int(&run, item->write->now);
	return cairn_lite__finish(&run, err);
}

/* The budget's row, made if it is missing. */
static cairn_status spend(const struct item *item, int64_t amount, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, item->write->lite, LITE_BUDGET_SPEND, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &item->sum->is.root);
	cairn_lite__bind_text(&run, item->sum->is.axis);
	cairn_lite__bind_int(&run, amount);
	cairn_lite__bind_int(&run, item->write->now);
	return cairn_lite__finish(&run, err);
}

/* What is written of an item that fits, and what the budget is by it. */
static cairn_status write_entry(const struct item *item, cairn_error *err)
{
	struct lite_sum *sum = item->sum;
	const cairn_entry *was = &item->was;
	bool charge = item->plan->verb == CAIRN_BUDGET_CHARGE;
	cairn_status status;
	if (was->state == CAIRN_ENTRY_RESERVED && was->expires_at > item->write->now)
		sum->is.reserved -= was->amount;
	if (item->plan->verb == CAIRN_BUDGET_RELEASE)
		return release_entry(item, err);
	status = was->seq == 0 ? insert_entry(item, err) : update_entry(item, err);
	if (charge)
		sum->is.spent += item->item->amount;
	else
		sum->is.reserved += item->item->amount;
	if (status == CAIRN_OK && (charge || !sum->there))
		status = spend(item, charge ? item->item->amount : 0, err);
	sum->there = true;
	return status;
}

/* ---- many ------------------------------------------------------------------------------- */

/* What became of an item, given its budget. */
static cairn_status write_on(struct item *item, struct spender *spender, cairn_budget_result *each,
			     cairn_error *err)
{
	struct lite_write *write = item->write;
	enum cairn_budget_verb verb = item->plan->verb;
	cairn_status status = find_entry(item, err);
	if (status != CAIRN_OK)
		return status;
	each->how = cairn_budget_test(verb, item->item->amount, &item->sum->is,
				      item->was.seq != 0 ? &item->was : NULL, write->now);
	bool anew = each->how == CAIRN_BUDGET_EXISTS && verb == CAIRN_BUDGET_RESERVE;
	if (each->how != CAIRN_BUDGET_DONE && !anew)
		return CAIRN_OK;
	status = mark(write->lite, spender, err);
	return status == CAIRN_OK ? write_entry(item, err) : status;
}

/* *place: where its budget stands in the list, until all are told what it is. */
static cairn_status write_item(struct lite_write *write, const cairn_budget_plan *plan,
			       const cairn_budget_item *asked, struct spender *spender,
			       size_t *place, cairn_budget_result *each, cairn_error *err)
{
	struct item item = { .write = write, .plan = plan, .item = asked };
	cairn_status status = CAIRN_OK;
	if (cairn_id_compare(spender->run, asked->run) != 0)
		status = find_spender(write->lite, &plan->scope, &asked->run, spender, err);
	if (status != CAIRN_OK || spender->row == 0)
		return status;
	status = find_sum(write, &spender->root, asked->axis, place, err);
	if (status != CAIRN_OK)
		return status;
	item.sum = (struct lite_sum *)write->lite->sums.at + *place;
	return write_on(&item, spender, each, err);
}

/* What the budgets are when the call has ended. */
static void tell(const struct lite *lite, const cairn_budget_plan *plan, bool undone,
		 cairn_budget_result *each)
{
	const size_t *places = lite->places.at;
	for (size_t i = 0; i < plan->n; i++) {
		if (each[i].how == CAIRN_BUDGET_MISS)
			continue;
		const struct lite_sum *sum = (const struct lite_sum *)lite->sums.at + places[i];
		each[i].limited = sum->is.limited;
		each[i].total = sum->is.total;
		each[i].spent = undone ? sum->spent_before : sum->is.spent;
		each[i].reserved = undone ? sum->reserved_before : sum->is.reserved;
	}
}

cairn_status cairn_lite__budget_items(struct lite_write *write, const cairn_budget_plan *plan,
				      cairn_budget_result *each, bool *refused, cairn_error *err)
{
	struct spender spender = { .row = 0 };
	cairn_status status = CAIRN_OK;
	*refused = false;
	write->lite->sums.n = 0;
	write->lite->places.n = 0;
	memset(each, 0, plan->n * sizeof *each);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		size_t *place =
			cairn_lite__list_add(write->lite, &write->lite->places, sizeof *place);
		if (place == NULL)
			return cairn_fail(err, CAIRN_E_NOMEM);
		status = write_item(write, plan, &plan->items[i], &spender, place, &each[i], err);
		*refused = *refused || (plan->all && each[i].how != CAIRN_BUDGET_DONE &&
					each[i].how != CAIRN_BUDGET_EXISTS);
	}
	if (status == CAIRN_OK)
		tell(write->lite, plan, *refused, each);
	return status;
}

/* *holds: there is no lease to look at, or it holds. */
static cairn_status guard(struct lite_write *write, const cairn_budget_plan *plan, bool *holds,
			  cairn_error *err)
{
	struct lite_held leased;
	*holds = true;
	if (cairn_id_is_none(plan->lease))
		return CAIRN_OK;
	cairn_status status =
		cairn_lite__held(write->lite, &plan->lease, plan->fence, write->now, &leased, err);
	*holds = leased.row != 0;
	return status;
}

static cairn_status write_all(struct lite_write *write, const cairn_budget_plan *plan,
			      cairn_budget_result *each, bool *refused, cairn_error *err)
{
	bool holds;
	cairn_status status = guard(write, plan, &holds, err);
	if (status != CAIRN_OK)
		return status;
	if (holds)
		return cairn_lite__budget_items(write, plan, each, refused, err);
	memset(each, 0, plan->n * sizeof *each);
	for (size_t i = 0; i < plan->n; i++)
		each[i].how = CAIRN_BUDGET_LOST;
	return CAIRN_OK;
}

cairn_status cairn_lite__budget_write(void *self, const cairn_budget_plan *plan,
				      cairn_budget_result *each, cairn_error *err)
{
	struct lite_write write;
	bool refused = false;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = write_all(&write, plan, each, &refused, err);
	if (status == CAIRN_OK && refused)
		return cairn_lite__write_undo(&write, err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- reading ----------------------------------------------------------------------------- */

static void read_budget(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_budget *row = into;
	row->root = cairn_lite__id(run);
	row->axis = cairn_lite__text(run, rows);
	row->kind = kind_of(run);
	row->limited = (uint32_t)cairn_lite__int(run);
	row->total = cairn_lite__int(run);
	row->spent = cairn_lite__int(run);
	row->reserved = cairn_lite__int(run);
	row->created_at = cairn_lite__int(run);
	row->updated_at = cairn_lite__int(run);
}

static cairn_status push_budgets(struct lite *lite, const cairn_id *root, cairn_rows *rows,
				 cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_BUDGETS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, root);
	cairn_lite__bind_int(&run, cairn_lite__time(lite));
	return cairn_lite__read_rows(&run, rows, read_budget, err);
}

cairn_status cairn_lite__budget_read(void *self, cairn_scope scope, cairn_id run, int *found,
				     cairn_rows *rows, cairn_error *err)
{
	struct lite_read snapshot;
	struct spender spender;
	*found = 0;
	cairn_status status = cairn_lite__read_begin(self, &snapshot, err);
	if (status != CAIRN_OK)
		return status;
	status = find_spender(self, &scope, &run, &spender, err);
	*found = status == CAIRN_OK && spender.row != 0;
	if (*found)
		status = push_budgets(self, &spender.root, rows, err);
	return cairn_lite__read_end(&snapshot, status, err);
}

static void read_entry(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_entry *row = into;
	row->seq = cairn_lite__int(run);
	row->root = cairn_lite__id(run);
	row->run = cairn_lite__id(run);
	row->axis = cairn_lite__text(run, rows);
	row->source_type = cairn_lite__text(run, rows);
	row->source_id = cairn_lite__text(run, rows);
	row->amount = cairn_lite__int(run);
	row->state = cairn_entry_state_parse(cairn_lite__view(run));
	row->expires_at = cairn_lite__int(run);
	row->created_at = cairn_lite__int(run);
	row->updated_at = cairn_lite__int(run);
}

static cairn_status push_entries(struct lite *lite, const cairn_entry_query *query,
				 const cairn_id *root, cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_ENTRIES, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, root);
	cairn_lite__bind_int(&run, query->after);
	cairn_lite__bind_text(&run, query->axis);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_entry, err);
}

cairn_status cairn_lite__budget_entries(void *self, const cairn_entry_query *query, int *found,
					cairn_rows *rows, cairn_error *err)
{
	struct lite_read snapshot;
	struct spender spender;
	*found = 0;
	cairn_status status = cairn_lite__read_begin(self, &snapshot, err);
	if (status != CAIRN_OK)
		return status;
	status = find_spender(self, &query->scope, &query->run, &spender, err);
	*found = status == CAIRN_OK && spender.row != 0;
	if (*found)
		status = push_entries(self, query, &spender.root, rows, err);
	return cairn_lite__read_end(&snapshot, status, err);
}
