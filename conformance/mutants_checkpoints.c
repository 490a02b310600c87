/*
 * mutants_checkpoints.c - the mutants of checkpoints. (mutants.c: the others)
 */
#include "mutant.h"

/* ---- put ------------------------------------------------------------------------ */

static void any_head(cairn_checkpoint_insert *item)
{
	item->expects = 0;
}

static void no_lock(cairn_checkpoint_insert *item)
{
	item->lock = NULL;
}

static void always_new(cairn_checkpoint_insert *item)
{
	item->id = cairn_id_new();
}

static void no_parent(cairn_checkpoint_insert *item)
{
	if (!item->branches)
		item->parent = (cairn_id){ { 0 } };
}

static void no_run(cairn_checkpoint_insert *item)
{
	item->run = (cairn_str){ NULL, 0 };
}

static void no_tags(cairn_checkpoint_insert *item)
{
	item->tags = (cairn_str){ NULL, 0 };
}

/* A branch is a put with whatever step it says. */
static void plain_put(cairn_checkpoint_insert *item)
{
	item->branches = 0;
}

/* A batch is so many puts, the last one first. */
static cairn_status backwards(void *self, const cairn_checkpoint_plan *plan,
			      cairn_checkpoint_put_found *each, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	for (size_t i = plan->n; i > 0 && status == CAIRN_OK; i--) {
		cairn_checkpoint_plan one = { .tenant = plan->tenant,
					      .items = &plan->items[i - 1],
					      .n = 1 };
		status = ct_real_ops()->checkpoints.put(self, &one, &each[i - 1], err);
	}
	return status;
}

/* The head is looked at, and then the checkpoint is written. */
static cairn_status look_first(void *self, const cairn_checkpoint_plan *plan,
			       cairn_checkpoint_put_found *each, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		cairn_checkpoint_insert item = plan->items[i];
		cairn_checkpoint_insert probe = item;
		cairn_checkpoint_plan one = { .tenant = plan->tenant, .items = &probe, .n = 1 };
		probe.branches = 1; /* fails, but tells what else would have */
		probe.parent = cairn_id_new();
		status = ct_real_ops()->checkpoints.put(self, &one, &each[i], err);
		if (status != CAIRN_OK || each[i].result == CAIRN_PUT_EXISTS)
			continue;
		item.lock = NULL;
		one.items = &item;
		status = ct_real_ops()->checkpoints.put(self, &one, &each[i], err);
	}
	return status;
}

static void from_one(cairn_checkpoint_put_found *found)
{
	if (found->write_seq > 0)
		found->write_seq--;
}

/* ---- list ------------------------------------------------------------------------- */

/* The latest is the one with the highest step. */
static void highest_step(const cairn_checkpoint_query *query, cairn_rows *rows)
{
	if (query->limit == 1 || query->key_count > 0)
		return;
	for (size_t i = 1; i < cairn_rows_count(rows); i++) {
		cairn_checkpoint *row = cairn_rows_at(rows, i);
		cairn_checkpoint *before = cairn_rows_at(rows, i - 1);
		cairn_checkpoint other = *before;
		if (before->step >= row->step)
			continue;
		*before = *row;
		*row = other;
		i = 0;
	}
}

static cairn_status latest_by_step(void *self, const cairn_checkpoint_query *query,
				   cairn_rows *rows, cairn_error *err)
{
	cairn_checkpoint_query mine = *query;
	bool latest = query->key_count == 0 && query->limit == 1;
	if (latest)
		mine.limit = 1000;
	cairn_status status = ct_real_ops()->checkpoints.list(self, &mine, rows, err);
	if (status != CAIRN_OK || !latest || cairn_rows_count(rows) < 2)
		return status;
	highest_step(&mine, rows);
	cairn_rows_truncate(rows, 1);
	return status;
}

static void every_namespace(cairn_checkpoint_query *query)
{
	query->one_ns = 0;
}

static void only_the_root(cairn_checkpoint_query *query)
{
	query->ns = (cairn_str){ NULL, 0 };
}

static void one_tag(cairn_checkpoint_query *query)
{
	if (query->tag_count > 1)
		query->tag_count = 1;
}

static void any_run(cairn_checkpoint_query *query)
{
	query->run = (cairn_str){ NULL, 0 };
}

static void not_below(cairn_checkpoint_query *query)
{
	if (query->before < INT64_MAX)
		query->before++;
}

static void from_its_thread(cairn_checkpoint_query *query)
{
	query->before = INT64_MAX;
}

static void with_states(cairn_checkpoint_query *query)
{
	query->states = 1;
}

/* ---- pending writes, threads ---------------------------------------------------------- */

static void first_always(cairn_checkpoint_write *write)
{
	if (write->index < 0)
		write->index = 1000 - write->index;
}

static void any_prefix(cairn_thread_query *query)
{
	query->prefix = (cairn_str){ NULL, 0 };
}

static void nothing_copied(enum cairn_copy_result *result, size_t *copied)
{
	*result = CAIRN_COPY_DONE;
	*copied = 0;
}

/* ---- delete ----------------------------------------------------------------------------- */

static void keep_one(cairn_checkpoint_delete_plan *plan)
{
	plan->keep = 1;
}

static void any_age(cairn_checkpoint_delete_plan *plan)
{
	plan->older_than = 0;
}

static void any_thread(cairn_checkpoint_delete_plan *plan)
{
	plan->thread = (cairn_str){ NULL, 0 };
}

static void unbounded(cairn_checkpoint_delete_plan *plan)
{
	plan->limit = 10000;
}

static void first_thread(cairn_checkpoint_delete_plan *plan)
{
	if (plan->thread_count > 1)
		plan->thread_count = 1;
}

static void first_run(cairn_checkpoint_delete_plan *plan)
{
	if (plan->run_count > 1)
		plan->run_count = 1;
}

#define CHECKPOINTS .cases = "checkpoints.*"
#define THREADS	    .cases = "threads.*"

const ct_mutant ct_checkpoint_mutants[] = {
	{ .name = "checkpoint_any_head",
	  .rule = "writes whatever head was expected",
	  CHECKPOINTS,
	  .checkpoint = any_head },
	{ .name = "checkpoint_lock_ignored",
	  .rule = "writes without the lock",
	  CHECKPOINTS,
	  .checkpoint = no_lock },
	{ .name = "checkpoint_id_ignored",
	  .rule = "gives each put an id of its own",
	  CHECKPOINTS,
	  .checkpoint = always_new },
	{ .name = "checkpoint_parent_lost",
	  .rule = "forgets the parent",
	  CHECKPOINTS,
	  .checkpoint = no_parent },
	{ .name = "checkpoint_run_lost",
	  .rule = "forgets which run wrote",
	  CHECKPOINTS,
	  .checkpoint = no_run },
	{ .name = "checkpoint_tags_lost",
	  .rule = "finds nothing by its metadata",
	  CHECKPOINTS,
	  .checkpoint = no_tags },
	{ .name = "checkpoint_branch_keeps_the_step",
	  .rule = "takes a branch for a put",
	  CHECKPOINTS,
	  .checkpoint = plain_put },
	{ .name = "checkpoint_batch_backwards",
	  .rule = "writes a batch from its end",
	  CHECKPOINTS,
	  .checkpoint_put_slot = backwards },
	{ .name = "checkpoint_lock_not_held_meanwhile",
	  .rule = "looks first, and writes each for itself whatever the lock",
	  CHECKPOINTS,
	  .checkpoint_put_slot = look_first },
	{ .name = "checkpoint_numbers_from_zero",
	  .rule = "answers a number that is one too small",
	  CHECKPOINTS,
	  .checkpoint_put = from_one },
	{ .name = "checkpoint_latest_by_step",
	  .rule = "takes the highest step for the latest",
	  CHECKPOINTS,
	  .checkpoint_list_slot = latest_by_step },
	{ .name = "checkpoint_history_by_step",
	  .rule = "sorts a history by step",
	  CHECKPOINTS,
	  .checkpoints_listed = highest_step },
	{ .name = "checkpoint_namespaces_mixed",
	  .rule = "reads every namespace for one",
	  CHECKPOINTS,
	  .checkpoint_list = every_namespace },
	{ .name = "checkpoint_root_only",
	  .rule = "reads the root for every namespace",
	  CHECKPOINTS,
	  .checkpoint_list = only_the_root },
	{ .name = "checkpoint_filter_of_one_member",
	  .rule = "looks for the first member of a filter",
	  CHECKPOINTS,
	  .checkpoint_list = one_tag },
	{ .name = "checkpoint_run_ignored",
	  .rule = "lists every run",
	  CHECKPOINTS,
	  .checkpoint_list = any_run },
	{ .name = "checkpoint_cursor_repeats",
	  .rule = "lists the row of the cursor again",
	  CHECKPOINTS,
	  .checkpoint_list = not_below },
	{ .name = "checkpoint_cursor_by_thread_alone",
	  .rule = "goes on from the newest of the thread",
	  CHECKPOINTS,
	  .checkpoint_list = from_its_thread },
	{ .name = "checkpoint_states_unasked",
	  .rule = "lists states that nobody asked for",
	  CHECKPOINTS,
	  .checkpoint_list = with_states },
	{ .name = "pending_first_always",
	  .rule = "never replaces a pending write",
	  CHECKPOINTS,
	  .pending = first_always },
	{ .name = "thread_prefix_ignored",
	  .rule = "lists whatever the prefix",
	  THREADS,
	  .thread_list = any_prefix },
	{ .name = "thread_copy_never_fails",
	  .rule = "copies what is not there to what is",
	  THREADS,
	  .thread_copied = nothing_copied },
	{ .name = "thread_delete_the_first",
	  .rule = "deletes the first thread of several",
	  THREADS,
	  .checkpoint_delete = first_thread },
	{ .name = "checkpoint_delete_the_first_run",
	  .rule = "deletes the first run of several",
	  CHECKPOINTS,
	  .checkpoint_delete = first_run },
	{ .name = "checkpoint_prune_keeps_one",
	  .rule = "keeps one, however many should stay",
	  CHECKPOINTS,
	  .checkpoint_delete = keep_one },
	{ .name = "checkpoint_prune_any_age",
	  .rule = "prunes what is young",
	  CHECKPOINTS,
	  .checkpoint_delete = any_age },
	{ .name = "checkpoint_prune_any_thread",
	  .rule = "prunes all threads",
	  CHECKPOINTS,
	  .checkpoint_delete = any_thread },
	{ .name = "checkpoint_prune_unbounded",
	  .rule = "prunes more than it may",
	  CHECKPOINTS,
	  .checkpoint_delete = unbounded },
};

const size_t ct_checkpoint_mutant_count =
	sizeof(ct_checkpoint_mutants) / sizeof(ct_checkpoint_mutants[0]);
