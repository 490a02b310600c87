/*
 * checkpoints_race.c - many writers of one thread, checkpoints inside the caller's transaction, and what
 * the calls cost.
 */
#include <stdatomic.h>

#include "ct_threads.h"

#define WRITERS 8
#define EACH	20

/* ---- numbers --------------------------------------------------------------------- */

static void put_some(cairn_conn *conn, unsigned number, void *arg)
{
	(void)arg;
	for (int i = 0; i < EACH; i++) {
		cairn_checkpoint_new items[2] = { ct_checkpoint("t", i), ct_checkpoint("u", i) };
		cairn_checkpoint_added each[2];
		/* both orders: threads are locked in theirs */
		items[number % 2].thread = CAIRN_STR("u");
		items[1 - number % 2].thread = CAIRN_STR("t");
		items[0].ns = cairn_str_of(ct_format("n%u", number));
		ct_ok(cairn_checkpoint_put(conn, CT_TENANT, items, 2, each, ct_err()));
		ct_each(each[0], CAIRN_OK, NULL);
		ct_each(each[1], CAIRN_OK, NULL);
	}
}

static void numbers_are_whole(cairn_conn *conn, const char *thread, int64_t last)
{
	cairn_checkpoint_filter filter = ct_history(thread);
	filter.limit = 1000;
	const cairn_checkpoints *rows = ct_listed(conn, &filter);
	ct_int(rows->count, last);
	for (size_t i = 0; i < rows->count; i++)
		ct_int(rows->at[i].write_seq, last - (int64_t)i);
}

static void no_gap(void)
{
	cairn_conn *conn = ct_open();
	ct_race(WRITERS, put_some, NULL);
	numbers_are_whole(conn, "t", WRITERS * EACH);
	numbers_are_whole(conn, "u", WRITERS * EACH);
}

struct children {
	cairn_id parent;
	cairn_id of[WRITERS];
};

static void branch_off(cairn_conn *conn, unsigned number, void *arg)
{
	struct children *children = arg;
	cairn_checkpoint_new item = ct_checkpoint("t", 0);
	cairn_checkpoint_added added;
	item.parent = children->parent;
	ct_ok(cairn_checkpoint_branch(conn, CT_TENANT, &item, &added, ct_err()));
	children->of[number] = added.id;
}

static void branches(void)
{
	cairn_conn *conn = ct_open();
	struct children children;
	children.parent = ct_save(conn, ct_checkpoint("t", 1)).id;
	ct_race(WRITERS, branch_off, &children);
	for (size_t i = 0; i < WRITERS; i++) {
		const cairn_checkpoint *row = ct_saved(conn, "t", children.of[i]);
		ct_id(row->parent, children.parent);
		ct_int(row->step, 2);
	}
	numbers_are_whole(conn, "t", WRITERS + 1);
}

struct heads {
	cairn_id head;
	atomic_int won;
};

static void follow(cairn_conn *conn, unsigned number, void *arg)
{
	struct heads *heads = arg;
	cairn_checkpoint_new item = ct_checkpoint("t", number);
	item.expected = heads->head;
	item.set = CAIRN_CHECKPOINT_EXPECT;
	cairn_checkpoint_added added = ct_offer_checkpoint(conn, item);
	if (added.status == CAIRN_OK)
		atomic_fetch_add(&heads->won, 1);
	else
		ct_each(added, CAIRN_STALE, "checkpoint.head_moved");
}

static void one_follows(void)
{
	cairn_conn *conn = ct_open();
	struct heads heads = { .head = { { 0 } } };
	for (int round = 1; round <= 5; round++) {
		atomic_store(&heads.won, 0);
		ct_race(WRITERS, follow, &heads);
		ct_int(atomic_load(&heads.won), 1);
		const cairn_checkpoint *row = ct_latest(conn, "t", NULL);
		ct_int(row->write_seq, round);
		heads.head = row->id;
	}
}

static void same_id(cairn_conn *conn, unsigned number, void *arg)
{
	const cairn_id *id = arg;
	cairn_checkpoint_new item = ct_checkpoint("t", number % 2);
	item.id = *id;
	cairn_checkpoint_added added = ct_offer_checkpoint(conn, item);
	if (added.status != CAIRN_OK)
		ct_each(added, CAIRN_EXISTS, "checkpoint.exists");
	else
		ct_int(added.write_seq, 1);
}

static void once(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = cairn_id_new();
	ct_race(WRITERS, same_id, &id);
	numbers_are_whole(conn, "t", 1);
}

static void disturb(cairn_conn *conn, unsigned number, void *arg)
{
	const cairn_str threads[] = { CAIRN_STR("b"), CAIRN_STR("a") };
	(void)arg;
	for (int i = 0; i < EACH; i++) {
		cairn_checkpoint_prune_opts opts = { .size = sizeof opts, .tenant = CT_TENANT };
		cairn_checkpoint_new items[2] = { ct_checkpoint("b", i), ct_checkpoint("a", i) };
		cairn_checkpoint_added each[2];
		cairn_checkpoint_write write;
		ct_ok(cairn_checkpoint_put(conn, CT_TENANT, items, 2, each, ct_err()));
		write = ct_write(each[0].id, "t", 0, "1");
		cairn_status status = cairn_checkpoint_write_put(conn, CT_TENANT, CAIRN_STR("b"),
								 &write, 1, ct_err());
		if (status != CAIRN_OK)
			ct_status(status, CAIRN_NOT_FOUND, "checkpoint.not_found");
		if (number == 0)
			ct_ok(cairn_checkpoint_prune(conn, &opts, NULL, ct_err()));
		else if (number == 1)
			ct_ok(cairn_thread_delete(conn, CT_TENANT, threads, 2, NULL, ct_err()));
		/* who is there no more has no pending writes */
		if (!ct_is_saved(conn, "b", each[0].id))
			ct_text(ct_pending(conn, "b", each[0].id), "");
	}
}

static void with_deletes(void)
{
	cairn_conn *conn = ct_open();
	ct_race(4, disturb, NULL);
	const cairn_str threads[] = { CAIRN_STR("a"), CAIRN_STR("b") };
	ct_ok(cairn_thread_delete(conn, CT_TENANT, threads, 2, NULL, ct_err()));
	ct_int(ct_save(conn, ct_checkpoint("a", 1)).write_seq, 1);
}

/* ---- the caller's transaction ------------------------------------------------------- */

static void expected_outcomes(cairn_conn *conn, cairn_id id)
{
	cairn_checkpoint_new other = ct_checkpoint("t", 7);
	other.id = id;
	ct_each(ct_offer_checkpoint(conn, other), CAIRN_EXISTS, "checkpoint.exists");
	other.id = cairn_id_new();
	other.set = CAIRN_CHECKPOINT_EXPECT;
	ct_each(ct_offer_checkpoint(conn, other), CAIRN_STALE, "checkpoint.head_moved");
	other.set = 0;
	other.parent = cairn_id_new();
	ct_status(cairn_checkpoint_branch(conn, CT_TENANT, &other, NULL, ct_err()), CAIRN_NOT_FOUND,
		  "checkpoint.parent_not_found");
	ct_true(!ct_is_saved(conn, "t", other.id));
	cairn_checkpoint_write write = ct_write(other.id, "a", 0, "1");
	ct_status(cairn_checkpoint_write_put(conn, CT_TENANT, CAIRN_STR("t"), &write, 1, ct_err()),
		  CAIRN_NOT_FOUND, "checkpoint.not_found");
	ct_status(
		cairn_thread_copy(conn, CT_TENANT, CAIRN_STR("x"), CAIRN_STR("y"), NULL, ct_err()),
		CAIRN_NOT_FOUND, "checkpoint.thread_not_found");
	ct_status(
		cairn_thread_copy(conn, CT_TENANT, CAIRN_STR("t"), CAIRN_STR("u"), NULL, ct_err()),
		CAIRN_EXISTS, "checkpoint.thread_exists");
}

static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_id before = ct_save(conn, ct_checkpoint("u", 1)).id;
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id id = ct_save(conn, ct_checkpoint("t", 1)).id;
	ct_pend(conn, "t", ct_write(id, "a", 0, "1"));
	expected_outcomes(conn, id);
	ct_text(ct_threads(conn, NULL, NULL, 0), "t u");
	ct_int(ct_save(conn, ct_checkpoint("t", 2)).write_seq, 2);
	ct_true(!ct_is_saved(other, "t", id));
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_true(ct_is_saved(other, "t", id));
	ct_text(ct_pending(other, "t", id), "a:0=1");
	cairn_tx undone = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &undone, ct_err()));
	const cairn_str names[] = { CAIRN_STR("t"), CAIRN_STR("u") };
	ct_save(conn, ct_checkpoint("v", 1));
	ct_ok(cairn_thread_delete(conn, CT_TENANT, names, 2, NULL, ct_err()));
	ct_text(ct_threads(conn, NULL, NULL, 0), "v");
	cairn_rollback(&undone);
	ct_text(ct_threads(conn, NULL, NULL, 0), "t u");
	ct_true(ct_is_saved(conn, "u", before));
	ct_int(ct_save(conn, ct_checkpoint("t", 3)).write_seq, 3);
}

static void strict_transactions(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new item = ct_checkpoint("t", 1);
	cairn_checkpoint_prune_opts prune = { .size = sizeof prune, .tenant = CT_TENANT };
	const cairn_str name = CAIRN_STR("t");
	const cairn_str run = CAIRN_STR("r");
	item.run = run;
	cairn_id first = ct_save(conn, item).id;
	cairn_id id = ct_save(conn, item).id;
	cairn_checkpoint_write write = ct_write(id, "a", 0, "1");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN_STRICT), 0);
	ct_status(cairn_checkpoint_put(conn, CT_TENANT, &item, 1, NULL, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_status(cairn_checkpoint_write_put(conn, CT_TENANT, name, &write, 1, ct_err()),
		  CAIRN_INVALID, "tx.unsupported_isolation");
	ct_status(cairn_thread_copy(conn, CT_TENANT, name, CAIRN_STR("u"), NULL, ct_err()),
		  CAIRN_INVALID, "tx.unsupported_isolation");
	ct_status(cairn_thread_delete(conn, CT_TENANT, &name, 1, NULL, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_status(cairn_checkpoint_delete_runs(conn, CT_TENANT, &run, 1, NULL, ct_err()),
		  CAIRN_INVALID, "tx.unsupported_isolation");
	ct_status(cairn_checkpoint_prune(conn, &prune, NULL, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_id(ct_latest(conn, "t", NULL)->id, id);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_text(ct_pending(conn, "t", id), "");
	ct_true(ct_is_saved(conn, "t", first));
	ct_text(ct_threads(conn, NULL, NULL, 0), "t");
	ct_int(ct_save(conn, item).write_seq, 3);
}

/* ---- faults --------------------------------------------------------------------------- */

static void one_bad_row(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new items[3] = { ct_checkpoint("t", 1), ct_checkpoint("t", 2),
					  ct_checkpoint("t", 3) };
	cairn_checkpoint_added each[3];
	cairn_id before = ct_save(conn, ct_checkpoint("t", 0)).id;
	items[1].step = INT64_MAX;
	items[1].thread = CAIRN_STR("poisoned");
	cairn_status status = CAIRN_OK;
	ct_int(ct_subject()->poison_key(ct_url(), "poisoned"), 0);
	status = cairn_checkpoint_put(conn, CT_TENANT, items, 3, each, ct_err());
	ct_true(status != CAIRN_OK && status != CAIRN_TX_ABORTED);
	ct_true(!strstr(ct_last()->message, "poison"));
	ct_id(ct_latest(conn, "t", NULL)->id, before);
	ct_text(ct_threads(conn, NULL, NULL, 0), "t");
	items[1] = items[2];
	ct_ok(cairn_checkpoint_put(conn, CT_TENANT, items, 2, each, ct_err()));
	ct_int(each[1].write_seq, 3);
}

/* ---- budgets --------------------------------------------------------------------------- */

static void put_round_trips(cairn_conn *conn, size_t n)
{
	cairn_checkpoint_new items[16];
	cairn_checkpoint_added each[16];
	for (size_t i = 0; i < n; i++) {
		items[i] = ct_checkpoint(i % 2 ? "t" : "u", (int64_t)i);
		items[i].id = cairn_id_new();
	}
	ct_budget(conn);
	ct_ok(cairn_checkpoint_put(conn, CT_TENANT, items, n, each, ct_err()));
	ct_spent(conn, 1, "put", n);
	/* what was there is read once, however many */
	ct_ok(cairn_checkpoint_put(conn, CT_TENANT, items, n, each, ct_err()));
	ct_spent(conn, 2, "put again", n);
	for (size_t i = 0; i < n; i++) {
		items[i].id = cairn_id_new();
		items[i].set = CAIRN_CHECKPOINT_EXPECT;
		items[i].expected = i < 2 ? (cairn_id){ { 0 } } : items[i - 2].id;
	}
	ct_ok(cairn_checkpoint_put(conn, CT_TENANT, items, n, each, ct_err()));
	ct_spent(conn, 1, "put with conditions", n);
}

static void writes(void)
{
	cairn_conn *conn = ct_open();
	put_round_trips(conn, 1);
	put_round_trips(conn, 16);
	cairn_checkpoint_new item = ct_checkpoint("t", 1);
	cairn_id parent = ct_save(conn, item).id;
	cairn_checkpoint_write pending[3] = { ct_write(parent, "a", 0, "1"),
					      ct_write(parent, "a", 1, "1"),
					      ct_write(parent, "a", -1, "1") };
	const cairn_str name = CAIRN_STR("t");
	cairn_checkpoint_prune_opts opts = { .size = sizeof opts, .tenant = CT_TENANT };
	item.parent = parent;
	ct_budget(conn);
	ct_ok(cairn_checkpoint_branch(conn, CT_TENANT, &item, NULL, ct_err()));
	ct_spent(conn, 1, "branch", 1);
	ct_ok(cairn_checkpoint_write_put(conn, CT_TENANT, name, pending, 3, ct_err()));
	ct_spent(conn, 1, "pending writes", 3);
	ct_ok(cairn_thread_copy(conn, CT_TENANT, name, CAIRN_STR("v"), NULL, ct_err()));
	ct_spent(conn, 1, "copy", 1);
	ct_ok(cairn_checkpoint_prune(conn, &opts, NULL, ct_err()));
	ct_spent(conn, 1, "prune", 1);
	ct_ok(cairn_checkpoint_delete_runs(conn, CT_TENANT, &name, 1, NULL, ct_err()));
	ct_spent(conn, 1, "delete runs", 1);
	ct_ok(cairn_thread_delete(conn, CT_TENANT, &name, 1, NULL, ct_err()));
	ct_spent(conn, 1, "delete", 1);
}

static void reads(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_save(conn, ct_checkpoint("t", 1)).id;
	cairn_checkpoint_filter filter = ct_history("t");
	ct_budget(conn);
	ct_latest(conn, "t", NULL);
	ct_spent(conn, 1, "get", 1);
	ct_saved(conn, "t", id);
	ct_spent(conn, 1, "get by id", 1);
	ct_listed(conn, &filter);
	ct_spent(conn, 1, "list", 1);
	filter = ct_history(NULL);
	ct_listed(conn, &filter);
	ct_spent(conn, 1, "list of all threads", 1);
	ct_pending(conn, "t", id);
	ct_spent(conn, 1, "pending writes", 1);
	ct_threads(conn, NULL, NULL, 0);
	ct_spent(conn, 1, "threads", 1);
}

#define OF(kind_) .kind = kind_, .store = CT_CHECKPOINTS

static const ct_case cases[] = {
	{ .name = "checkpoints.race.numbers_without_gaps",
	  OF(CT_RACE),
	  .rule = "Writers of the same threads, in whatever order they name them, get each number "
		  "exactly once and never meet in a deadlock.",
	  .run = no_gap },
	{ .name = "checkpoints.race.branches_of_one_parent",
	  OF(CT_RACE),
	  .rule = "Branches made at once from one parent are as many children of it.",
	  .covers = "entelix-27",
	  .run = branches },
	{ .name = "checkpoints.race.one_follows_a_head",
	  OF(CT_RACE),
	  .rule = "Of those that expect the same head exactly one is written.",
	  .run = one_follows },
	{ .name = "checkpoints.race.an_id_is_there_once",
	  OF(CT_RACE),
	  .rule = "An id that several put at once is written once; equal ones get that result.",
	  .covers = "entelix-21",
	  .run = once },
	{ .name = "checkpoints.race.with_deletes",
	  OF(CT_RACE),
	  .rule = "Puts, pending writes, pruning and deleting at once never fail, and leave no "
		  "pending write without its checkpoint.",
	  .run = with_deletes },
	{ .name = "checkpoints.tx.expected_outcomes_leave_it_usable",
	  OF(CT_VERB),
	  .rule = "Inside the caller's transaction everything is there or not together with it, "
		  "and "
		  "expected outcomes do it no harm.",
	  .run = in_a_transaction },
	{ .name = "checkpoints.tx.stricter_ones_are_refused",
	  OF(CT_VERB),
	  .needs = CT_NEED_STRICT,
	  .rule = "In a transaction of the application that can't see what was waited for, writes "
		  "are refused before anything is written.",
	  .run = strict_transactions },
	{ .name = "checkpoints.fault.one_row_that_can_not_be_written",
	  OF(CT_FAULT),
	  .needs = CT_NEED_POISON_KEY,
	  .rule = "A row that the database refuses takes the whole call with it, and its numbers.",
	  .run = one_bad_row },
	{ .name = "checkpoints.budget.writes",
	  OF(CT_BUDGET),
	  .rule = "A put of n is one round trip, with one more when ids were there; so is every "
		  "other write.",
	  .run = writes },
	{ .name = "checkpoints.budget.reads",
	  OF(CT_BUDGET),
	  .rule = "Every read is one round trip.",
	  .run = reads },
};
CT_GROUP(checkpoints_race, cases);
