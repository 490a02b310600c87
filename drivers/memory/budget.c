/*
 * budget.c - budgets of trees of replay runs, and the ledger that they are the sums of (sys/budget.h). What is reserved
 * is summed up when it is looked at.
 */
#include <string.h>

#include "mem.h"

/* ---- rows ------------------------------------------------------------------------ */

static const cairn_budget *find_budget(const struct mem_state *state, cairn_id root, cairn_str axis)
{
	return cairn_mem__find(state, MEM_BUDGETS, &(cairn_budget){ .root = root, .axis = axis });
}

static const cairn_entry *entry_at(const struct mem_state *state, cairn_id root, size_t index)
{
	if (index >= cairn_mem__count(state, MEM_ENTRIES))
		return NULL;
	const cairn_entry *entry = cairn_mem__at(state, MEM_ENTRIES, index);
	return cairn_id_compare(entry->root, root) == 0 ? entry : NULL;
}

static size_t entry_first(const struct mem_state *state, cairn_id root)
{
	return cairn_mem__seek(state, MEM_ENTRIES, &(cairn_entry){ .root = root });
}

static const cairn_entry *find_entry(const struct mem_state *state, cairn_id root,
				     const cairn_budget_item *item)
{
	const cairn_entry *entry;
	for (size_t i = entry_first(state, root); (entry = entry_at(state, root, i)) != NULL; i++) {
		if (cairn_str_equal(entry->axis, item->axis) &&
		    cairn_str_equal(entry->source_type, item->source_type) &&
		    cairn_str_equal(entry->source_id, item->source_id))
			return entry;
	}
	return NULL;
}

static int64_t last_seq(const struct mem_state *state, cairn_id root)
{
	cairn_entry beyond = { .root = root, .seq = INT64_MAX };
	size_t at = cairn_mem__seek(state, MEM_ENTRIES, &beyond);
	const cairn_entry *entry = at > 0 ? entry_at(state, root, at - 1) : NULL;
	return entry != NULL ? entry->seq : 0;
}

static bool held(const cairn_entry *entry, cairn_time now)
{
	return entry != NULL && entry->state == CAIRN_ENTRY_RESERVED && entry->expires_at > now;
}

static int64_t reserved(const struct mem_state *state, cairn_id root, cairn_str axis,
			cairn_time now)
{
	const cairn_entry *entry;
	int64_t sum = 0;
	for (size_t i = entry_first(state, root); (entry = entry_at(state, root, i)) != NULL; i++) {
		if (held(entry, now) && cairn_str_equal(entry->axis, axis))
			sum += entry->amount;
	}
	return sum;
}

static const cairn_job *job_in_scope(const struct mem_state *state, const cairn_scope *scope,
				     cairn_id id)
{
	const cairn_job *job = cairn_mem__job(state, id);
	return job != NULL && cairn_mem__in_scope(scope, job->tenant) ? job : NULL;
}

/* ---- totals ------------------------------------------------------------------------ */

static int set_axes(struct mem_write *write, const cairn_budget_set_plan *plan)
{
	cairn_id root = cairn_mem__replay_root(write->state, plan->run);
	for (size_t i = 0; i < plan->n; i++) {
		const cairn_budget_new *axis = &plan->axes[i];
		const cairn_budget *was = find_budget(write->state, root, axis->axis);
		cairn_budget is = { .root = root, .axis = axis->axis, .created_at = write->now };
		if (was != NULL)
			is = *was;
		is.kind = axis->kind != 0 ? axis->kind : CAIRN_BUDGET_HARD;
		is.limited = 1;
		is.total = axis->total;
		is.updated_at = write->now;
		if (cairn_mem__put(write->state, MEM_BUDGETS, &is) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__budget_set(void *self, const cairn_budget_set_plan *plan, int *found,
				   cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_BUDGETS, &write, err);
	if (status != CAIRN_OK)
		return status;
	*found = job_in_scope(write.state, &plan->scope, plan->run) != NULL;
	if (*found && set_axes(&write, plan) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- entries ------------------------------------------------------------------------- */

/* An item on its way: its budget as it is, and its entry, NULL if there is none. */
struct item {
	const cairn_budget_plan *plan;
	const cairn_budget_item *item;
	cairn_budget budget;
	const cairn_entry *was;
};

static enum cairn_entry_state state_after(enum cairn_budget_verb verb)
{
	switch (verb) {
	case CAIRN_BUDGET_CHARGE:
		return CAIRN_ENTRY_CHARGED;
	case CAIRN_BUDGET_RESERVE:
		return CAIRN_ENTRY_RESERVED;
	case CAIRN_BUDGET_RELEASE:
		break;
	}
	return CAIRN_ENTRY_RELEASED;
}

static int put_entry(struct mem_write *write, const struct item *item)
{
	const cairn_budget_item *asked = item->item;
	bool reserve = item->plan->verb == CAIRN_BUDGET_RESERVE;
	cairn_entry is = { .root = item->budget.root,
			   .axis = asked->axis,
			   .source_type = asked->source_type,
			   .source_id = asked->source_id,
			   .created_at = write->now };
	if (item->was != NULL)
		is = *item->was;
	else
		is.seq = last_seq(write->state, is.root) + 1;
	is.state = state_after(item->plan->verb);
	is.expires_at = reserve ? write->now + item->plan->duration : 0;
	is.updated_at = write->now;
	if (item->plan->verb != CAIRN_BUDGET_RELEASE) {
		is.amount = asked->amount;
		is.run = asked->run;
	}
	return cairn_mem__put(write->state, MEM_ENTRIES, &is);
}

static int put_budget(struct mem_write *write, struct item *item)
{
	cairn_budget *budget = &item->budget;
	bool there = budget->created_at != 0;
	bool charge = item->plan->verb == CAIRN_BUDGET_CHARGE;
	if (there && !charge)
		return 0;
	if (!there)
		budget->created_at = write->now;
	if (charge)
		budget->spent += item->item->amount;
	budget->updated_at = write->now;
	return cairn_mem__put(write->state, MEM_BUDGETS, budget);
}

static struct item find_item(const struct mem_write *write, const cairn_budget_plan *plan,
			     const cairn_budget_item *asked)
{
	cairn_id root = cairn_mem__replay_root(write->state, asked->run);
	const cairn_budget *budget = find_budget(write->state, root, asked->axis);
	struct item item = {
		.plan = plan,
		.item = asked,
		.budget = { .root = root, .axis = asked->axis, .kind = CAIRN_BUDGET_SOFT },
		.was = find_entry(write->state, root, asked)
	};
	if (budget != NULL)
		item.budget = *budget;
	item.budget.reserved = reserved(write->state, root, asked->axis, write->now);
	return item;
}

static int write_item(struct mem_write *write, const cairn_budget_plan *plan,
		      const cairn_budget_item *asked, cairn_budget_result *each)
{
	if (job_in_scope(write->state, &plan->scope, asked->run) == NULL)
		return 0;
	struct item item = find_item(write, plan, asked);
	each->how =
		cairn_budget_test(plan->verb, asked->amount, &item.budget, item.was, write->now);
	bool again = each->how == CAIRN_BUDGET_EXISTS && plan->verb == CAIRN_BUDGET_RESERVE;
	if (each->how != CAIRN_BUDGET_DONE && !again)
		return 0;
	/* its texts are those of the row that is replaced: the entry first */
	if (put_entry(write, &item) != 0)
		return -1;
	return put_budget(write, &item);
}

/* What the budgets are when the call has ended. */
static void tell(const struct mem_write *write, const cairn_budget_plan *plan,
		 cairn_budget_result *each)
{
	for (size_t i = 0; i < plan->n; i++) {
		const cairn_budget_item *item = &plan->items[i];
		if (each[i].how == CAIRN_BUDGET_MISS)
			continue;
		cairn_id root = cairn_mem__replay_root(write->state, item->run);
		const cairn_budget *budget = find_budget(write->state, root, item->axis);
		each[i].reserved = reserved(write->state, root, item->axis, write->now);
		if (budget == NULL)
			continue;
		each[i].limited = budget->limited;
		each[i].total = budget->total;
		each[i].spent = budget->spent;
	}
}

int cairn_mem__budget_items(struct mem_write *write, const cairn_budget_plan *plan,
			    cairn_budget_result *each, bool *refused)
{
	struct mem_state *before = plan->all ? cairn_mem__state_copy(write->state) : NULL;
	int failed = plan->all && before == NULL ? -1 : 0;
	*refused = false;
	memset(each, 0, plan->n * sizeof *each);
	for (size_t i = 0; i < plan->n && !failed; i++) {
		failed = write_item(write, plan, &plan->items[i], &each[i]);
		*refused = *refused || (plan->all && each[i].how != CAIRN_BUDGET_DONE &&
					each[i].how != CAIRN_BUDGET_EXISTS);
	}
	if (*refused && !failed) {
		struct mem_state *now = write->state;
		write->state = before;
		before = now;
	}
	if (!failed)
		tell(write, plan, each);
	cairn_mem__state_drop(before);
	return failed;
}

static int write_all(struct mem_write *write, const cairn_budget_plan *plan,
		     cairn_budget_result *each)
{
	bool refused;
	const cairn_job *lease = cairn_mem__job(write->state, plan->lease);
	if (cairn_id_is_none(plan->lease) || cairn_mem__leased(lease, plan->fence, write->now))
		return cairn_mem__budget_items(write, plan, each, &refused);
	memset(each, 0, plan->n * sizeof *each);
	for (size_t i = 0; i < plan->n; i++)
		each[i].how = CAIRN_BUDGET_LOST;
	return 0;
}

cairn_status cairn_mem__budget_write(void *self, const cairn_budget_plan *plan,
				     cairn_budget_result *each, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_BUDGETS, &write, err);
	if (status != CAIRN_OK)
		return status;
	if (write_all(&write, plan, each) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- reading ----------------------------------------------------------------------------- */

static int push_budgets(struct mem *mem, const struct mem_state *state, cairn_id root,
			cairn_rows *rows)
{
	cairn_budget from = { .root = root };
	cairn_time now = cairn_mem__now(mem);
	for (size_t i = cairn_mem__seek(state, MEM_BUDGETS, &from);
	     i < cairn_mem__count(state, MEM_BUDGETS); i++) {
		cairn_budget row = *(const cairn_budget *)cairn_mem__at(state, MEM_BUDGETS, i);
		if (cairn_id_compare(row.root, root) != 0)
			break;
		row.reserved = reserved(state, root, row.axis, now);
		if (cairn_mem__push(rows, MEM_BUDGETS, &row) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__budget_read(void *self, cairn_scope scope, cairn_id run, int *found,
				    cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_BUDGETS, &state, err);
	if (status != CAIRN_OK)
		return status;
	*found = job_in_scope(state, &scope, run) != NULL;
	if (*found && push_budgets(mem, state, cairn_mem__replay_root(state, run), rows) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	cairn_mem__state_drop(state);
	return status;
}

static int push_entries(const struct mem_state *state, const cairn_entry_query *query,
			cairn_rows *rows)
{
	const cairn_entry *entry;
	cairn_id root = cairn_mem__replay_root(state, query->run);
	for (size_t i = entry_first(state, root);
	     cairn_rows_count(rows) < query->limit && (entry = entry_at(state, root, i)) != NULL;
	     i++) {
		if (entry->seq <= query->after ||
		    (query->axis.len > 0 && !cairn_str_equal(query->axis, entry->axis)))
			continue;
		if (cairn_mem__push(rows, MEM_ENTRIES, entry) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__budget_entries(void *self, const cairn_entry_query *query, int *found,
				       cairn_rows *rows, cairn_error *err)
{
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(self, MEM_ENTRIES, &state, err);
	if (status != CAIRN_OK)
		return status;
	*found = job_in_scope(state, &query->scope, query->run) != NULL;
	if (*found && push_entries(state, query, rows) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	cairn_mem__state_drop(state);
	return status;
}
