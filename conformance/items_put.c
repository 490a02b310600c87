/*
 * items_put.c - writing memory items: conditions, batches, refusals, transactions.
 */
#include <cairn/sys/driver.h>

#include "ct.h"

static const cairn_str tenant = { "t", 1 };

static cairn_memory_ref ref_of(const char *path, const char *key)
{
	return (cairn_memory_ref){ .ns = ct_ns(path), .key = cairn_str_of(key) };
}

static cairn_memory_changed remove_at(cairn_conn *conn, const char *key, int64_t revision)
{
	cairn_memory_ref ref = ref_of("a", key);
	cairn_memory_changed each = { .revision = -1 };
	ref.set = CAIRN_MEMORY_EXPECT;
	ref.revision = revision;
	ct_ok(cairn_memory_delete(conn, tenant, &ref, 1, &each, ct_err()));
	return each;
}

/* ---- revisions ---------------------------------------------------------------------- */

static void as_expected(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_new item = ct_item(ct_ns("a"), "k", "1");
	ct_each(ct_swap(conn, item, 7), CAIRN_STALE, "memory.revision_moved");
	ct_text(ct_value(conn, NULL, ct_ns("a"), "k"), "-");
	cairn_memory_changed first = ct_swap(conn, item, 0);
	ct_each(first, CAIRN_OK, NULL);
	ct_int(first.existed, 0);
	ct_each(ct_swap(conn, item, 0), CAIRN_STALE, "memory.revision_moved");
	item.value = (cairn_blob){ "2", 1 };
	cairn_memory_changed second = ct_swap(conn, item, first.revision);
	ct_each(second, CAIRN_OK, NULL);
	ct_int(second.existed, 1);
	ct_true(second.revision > first.revision);
	item.value = (cairn_blob){ "3", 1 };
	cairn_memory_changed refused = ct_swap(conn, item, first.revision);
	ct_each(refused, CAIRN_STALE, "memory.revision_moved");
	ct_int(refused.revision, 0);
	ct_int(refused.existed, 0);
	ct_text(ct_value(conn, NULL, ct_ns("a"), "k"), "2");
	ct_int(ct_recall(conn, NULL, ct_ns("a"), "k")->revision, second.revision);
}

static void deleting_as_expected(void)
{
	cairn_conn *conn = ct_open();
	int64_t first = ct_kept(conn, NULL, ct_item(ct_ns("a"), "k", "1"));
	int64_t second = ct_kept(conn, NULL, ct_item(ct_ns("a"), "k", "2"));
	ct_each(remove_at(conn, "k", first), CAIRN_STALE, "memory.revision_moved");
	ct_text(ct_value(conn, NULL, ct_ns("a"), "k"), "2");
	cairn_memory_changed each = remove_at(conn, "k", second);
	ct_each(each, CAIRN_OK, NULL);
	ct_int(each.existed, 1);
	ct_each(remove_at(conn, "k", second), CAIRN_STALE, "memory.revision_moved");
	cairn_memory_new item = ct_item(ct_ns("a"), "k", "3");
	item.ttl = CAIRN_SECOND;
	int64_t third = ct_kept(conn, NULL, item);
	ct_advance(CAIRN_SECOND);
	ct_each(remove_at(conn, "k", third), CAIRN_STALE, "memory.revision_moved");
}

static void never_again(void)
{
	cairn_conn *conn = ct_open();
	int64_t last = 0;
	for (int i = 0; i < 3; i++) {
		int64_t revision = ct_kept(conn, NULL, ct_item(ct_ns("a"), "k", "1"));
		ct_true(revision > last);
		last = ct_kept(conn, NULL, ct_item(ct_ns("a"), "k", "2"));
		ct_true(last > revision);
		ct_unkeep(conn, NULL, ct_ns("a"), "k");
		ct_advance(CAIRN_MILLISECOND);
	}
}

/* Whatever the clock says: 0 is nobody's revision. */
static void from_one_on(void)
{
	cairn_conn *conn = ct_open();
	ct_advance(-ct_now() - CAIRN_SECOND);
	cairn_memory_new item = ct_item(ct_ns("a"), "k", "1");
	cairn_memory_changed first = ct_swap(conn, item, 0);
	ct_each(first, CAIRN_OK, NULL);
	ct_int(first.revision, 1);
	ct_each(ct_swap(conn, item, 0), CAIRN_STALE, "memory.revision_moved");
	ct_int(ct_swap(conn, item, 1).revision, 2);
}

/* ---- batches -------------------------------------------------------------------------- */

static void each_for_itself(void)
{
	cairn_conn *conn = ct_open();
	int64_t old = ct_kept(conn, NULL, ct_item(ct_ns("z"), "old", "0"));
	cairn_memory_new items[5] = { ct_item(ct_ns("z"), "old", "1"),
				      ct_item(ct_ns("b"), "none", "1"),
				      ct_item(ct_ns("a"), "new", "1"), ct_item(ct_ns(""), "k", "1"),
				      ct_item(ct_ns("a/b"), "only once", "1") };
	cairn_memory_changed each[5];
	items[0].set = CAIRN_MEMORY_EXPECT;
	items[0].revision = old;
	items[1].set = CAIRN_MEMORY_EXPECT;
	items[1].revision = old;
	items[4].set = CAIRN_MEMORY_EXPECT;
	ct_ok(cairn_memory_put(conn, tenant, items, 5, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_int(each[0].existed, 1);
	ct_each(each[1], CAIRN_STALE, "memory.revision_moved");
	ct_each(each[2], CAIRN_OK, NULL);
	ct_int(each[2].existed, 0);
	ct_each(each[3], CAIRN_OK, NULL);
	ct_each(each[4], CAIRN_OK, NULL);
	ct_text(ct_value(conn, NULL, ct_ns("b"), "none"), "-");
	ct_text(ct_value(conn, NULL, ct_ns("z"), "old"), "1");
	ct_int(ct_recall(conn, NULL, ct_ns("z"), "old")->revision, each[0].revision);
	ct_status(cairn_memory_put(conn, tenant, items, 5, NULL, ct_err()), CAIRN_STALE,
		  "memory.revision_moved");
	ct_int(ct_last()->index, 0);
	cairn_memory_ref refs[3] = { ref_of("z", "old"), ref_of("b", "none"), ref_of("a", "new") };
	refs[0].set = CAIRN_MEMORY_EXPECT;
	refs[0].revision = old;
	ct_ok(cairn_memory_delete(conn, tenant, refs, 3, each, ct_err()));
	ct_each(each[0], CAIRN_STALE, "memory.revision_moved");
	ct_each(each[1], CAIRN_OK, NULL);
	ct_int(each[1].existed, 0);
	ct_each(each[2], CAIRN_OK, NULL);
	ct_int(each[2].existed, 1);
	ct_text(ct_value(conn, NULL, ct_ns("a"), "new"), "-");
}

static void twice(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_new items[3] = { ct_item(ct_ns("b"), "k", "1"), ct_item(ct_ns("a"), "k", "2"),
				      ct_item(ct_ns("b"), "k", "3") };
	cairn_memory_changed each[3];
	ct_status(cairn_memory_put(conn, tenant, items, 3, each, ct_err()), CAIRN_INVALID,
		  "memory.item_twice");
	ct_int(ct_last()->index, 2);
	ct_text(ct_value(conn, NULL, ct_ns("a"), "k"), "-");
	cairn_memory_ref refs[2] = { ref_of("b", "k"), ref_of("b", "k") };
	ct_status(cairn_memory_delete(conn, tenant, refs, 2, each, ct_err()), CAIRN_INVALID,
		  "memory.item_twice");
}

static void got_in_order(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_items *items = NULL;
	ct_kept(conn, NULL, ct_item(ct_ns("b"), "k", "1"));
	ct_kept(conn, NULL, ct_item(ct_ns("a"), "k", "2"));
	cairn_memory_ref refs[5] = { ref_of("b", "k"), ref_of("b", "none"), ref_of("a", "k"),
				     ref_of("b", "k"), ref_of("", "k") };
	ct_ok(cairn_memory_get(conn, tenant, refs, 5, &items, ct_err()));
	ct_int(items->count, 3);
	ct_int(items->at[0].index, 0);
	ct_str(items->at[0].ns, "b");
	ct_int(items->at[1].index, 2);
	ct_text(items->at[1].value.ptr, "2");
	ct_int(items->at[2].index, 3);
	ct_ok(cairn_memory_get(conn, tenant, NULL, 0, &items, ct_err()));
	ct_int(items->count, 0);
	ct_later(items);
}

/* ---- refusals ------------------------------------------------------------------------- */

static void refuses_item(cairn_conn *conn, cairn_memory_new item, cairn_status status,
			 const char *code)
{
	cairn_memory_new items[2] = { ct_item(ct_ns("a"), "good", "1"), item };
	cairn_memory_changed each[2];
	ct_status(cairn_memory_put(conn, tenant, items, 2, each, ct_err()), status, code);
	ct_int(ct_last()->index, 1);
	ct_text(ct_value(conn, NULL, ct_ns("a"), "good"), "-");
}

static void refuses_namespaces(cairn_conn *conn)
{
	cairn_str segments[33];
	cairn_memory_new item = ct_item((cairn_namespace){ segments, 1 }, "k", "1");
	static const char *const bad[] = { "", " ", "a\nb", "\xff" };
	for (size_t i = 0; i < 4; i++) {
		segments[0] = cairn_str_of(bad[i]);
		refuses_item(conn, item, CAIRN_INVALID, "arg.invalid_name");
	}
	for (size_t i = 0; i < 33; i++)
		segments[i] = CAIRN_STR("s");
	item.ns.count = 33;
	refuses_item(conn, item, CAIRN_TOO_LARGE, "limit.exceeded");
	item.ns.count = 32;
	ct_kept(conn, NULL, item);
	for (size_t i = 0; i < 5; i++)
		segments[i] = cairn_str_of(ct_repeat('x', i < 4 ? 255 : 1));
	item.ns.count = 5;
	refuses_item(conn, item, CAIRN_TOO_LARGE, "limit.exceeded");
	item.ns.count = 4; /* 1024 bytes */
	item.key = cairn_str_of(ct_repeat('k', 512));
	ct_kept(conn, ct_repeat('t', 255), item);
	segments[0] = cairn_str_of(ct_format(":%s", ct_repeat('x', 254)));
	refuses_item(conn, item, CAIRN_TOO_LARGE, "limit.exceeded");
}

static void refuses_bad_arguments(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_new item = ct_item(ct_ns("a"), "k", "{");
	refuses_item(conn, item, CAIRN_INVALID, "json.invalid");
	item = ct_item(ct_ns("a"), "k", "1");
	item.metadata = CAIRN_STR("[]");
	refuses_item(conn, item, CAIRN_INVALID, "json.invalid");
	item = ct_item(ct_ns("a"), "\t", "1");
	refuses_item(conn, item, CAIRN_INVALID, "arg.invalid_key");
	item = ct_item(ct_ns("a"), "k", "1");
	item.set = 2;
	refuses_item(conn, item, CAIRN_INVALID, "arg.reserved");
	item.set = CAIRN_MEMORY_EXPECT;
	item.revision = -1;
	refuses_item(conn, item, CAIRN_INVALID, "arg.invalid");
	item.set = 0;
	item.format = (enum cairn_format)7;
	refuses_item(conn, item, CAIRN_INVALID, "arg.invalid");
	refuses_namespaces(conn);
	item = ct_item(ct_ns("a"), "k", "1");
	ct_status(cairn_memory_put(conn, CAIRN_STR(""), &item, 1, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_tenant");
	cairn_memory_ref ref = ref_of("a", "k");
	ref.set = CAIRN_MEMORY_EXPECT;
	ct_status(cairn_memory_delete(conn, tenant, &ref, 1, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	ct_status(cairn_memory_evict(conn, cairn_global(), 0, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
	ct_status(cairn_memory_evict(conn, cairn_any(), 10001, NULL, ct_err()), CAIRN_TOO_LARGE,
		  "limit.exceeded");
}

static void refuses_bad_filters(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_items *items = NULL;
	cairn_memory_filter filter = { .size = sizeof(filter), .tenant = tenant, .limit = 1001 };
	ct_status(cairn_memory_list(conn, &filter, &items, ct_err()), CAIRN_INVALID,
		  "job.invalid_pagination");
	filter.limit = 0;
	filter.prefix = CAIRN_STR("a\xff");
	ct_status(cairn_memory_list(conn, &filter, &items, ct_err()), CAIRN_INVALID,
		  "arg.invalid_text");
	filter.prefix = CAIRN_STR("");
	filter.after_ns = CAIRN_STR("a:\\n");
	ct_status(cairn_memory_list(conn, &filter, &items, ct_err()), CAIRN_INVALID,
		  "memory.invalid_namespace");
	filter.after_ns = CAIRN_STR("a::b");
	ct_status(cairn_memory_list(conn, &filter, &items, ct_err()), CAIRN_INVALID,
		  "memory.invalid_namespace");
	filter.after_ns = CAIRN_STR("");
	filter.metadata = CAIRN_STR("1");
	ct_status(cairn_memory_list(conn, &filter, &items, ct_err()), CAIRN_INVALID,
		  "json.invalid");
	filter.metadata =
		CAIRN_STR("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,"
			  "\"i\":1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,"
			  "\"q\":1}");
	ct_status(cairn_memory_list(conn, &filter, &items, ct_err()), CAIRN_TOO_LARGE,
		  "limit.exceeded");
	filter.metadata = CAIRN_STR("");
	filter.set = 8;
	ct_status(cairn_memory_list(conn, &filter, &items, ct_err()), CAIRN_INVALID,
		  "arg.reserved");
	cairn_free(items);
}

/* ---- transactions, locks, interrupts ----------------------------------------------------- */

static void in_the_callers(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	ct_kept(conn, NULL, ct_item(ct_ns("a"), "old", "1"));
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_kept(conn, NULL, ct_item(ct_ns("a"), "k", "1"));
	ct_text(ct_value(conn, NULL, ct_ns("a"), "k"), "1");
	ct_text(ct_value(other, NULL, ct_ns("a"), "k"), "-");
	ct_true(ct_unkeep(conn, NULL, ct_ns("a"), "old"));
	cairn_rollback(&tx);
	ct_text(ct_value(conn, NULL, ct_ns("a"), "k"), "-");
	ct_text(ct_value(conn, NULL, ct_ns("a"), "old"), "1");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_each(ct_swap(conn, ct_item(ct_ns("a"), "k", "1"), 4711), CAIRN_STALE,
		"memory.revision_moved");
	ct_each(ct_swap(conn, ct_item(ct_ns("a"), "old", "2"), 0), CAIRN_STALE,
		"memory.revision_moved");
	ct_kept(conn, NULL, ct_item(ct_ns("a"), "k", "1"));
	cairn_job_new job = ct_new("t");
	ct_add(conn, &job);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_text(ct_value(other, NULL, ct_ns("a"), "k"), "1");
	ct_text(ct_value(other, NULL, ct_ns("a"), "old"), "1");
	ct_int(ct_count_jobs(other, 0), 1);
}

static void in_a_stricter_one(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock_opts opts = { .size = sizeof(opts), .tenant = tenant, .name = CAIRN_STR("l") };
	cairn_lock lock;
	cairn_memory_new items[2] = { ct_item(ct_ns("a"), "old", "2"),
				      ct_item(ct_ns("a"), "new", "2") };
	cairn_memory_changed each[2];
	cairn_memory_ref ref = ref_of("a", "old");
	ct_ok(cairn_lock_try(conn, &opts, &lock, ct_err()));
	ct_kept(conn, NULL, ct_item(ct_ns("a"), "old", "1"));
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN_STRICT), 0);
	ct_status(cairn_memory_put(conn, tenant, items, 2, each, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	items[0].lock = &lock;
	items[1].set = CAIRN_MEMORY_EXPECT;
	ct_status(cairn_memory_put(conn, tenant, items, 2, each, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_status(cairn_memory_delete(conn, tenant, &ref, 1, NULL, ct_err()), CAIRN_INVALID,
		  "tx.unsupported_isolation");
	ct_text(ct_value(conn, NULL, ct_ns("a"), "old"), "1");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_text(ct_value(conn, NULL, ct_ns("a"), "old"), "1");
	ct_text(ct_value(conn, NULL, ct_ns("a"), "new"), "-");
}

static void under_a_lock(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock_opts opts = { .size = sizeof(opts), .tenant = tenant, .name = CAIRN_STR("l") };
	cairn_lock lock;
	ct_ok(cairn_lock_try(conn, &opts, &lock, ct_err()));
	cairn_memory_new items[2] = { ct_item(ct_ns("a"), "under", "1"),
				      ct_item(ct_ns("a"), "free", "1") };
	cairn_memory_changed each[2];
	items[0].lock = &lock;
	ct_ok(cairn_memory_put(conn, tenant, items, 2, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_advance(opts.ttl + CAIRN_LOCK_TTL);
	items[0].value = (cairn_blob){ "2", 1 };
	items[0].set = CAIRN_MEMORY_EXPECT; /* the lock is told first */
	ct_ok(cairn_memory_put(conn, tenant, items, 2, each, ct_err()));
	ct_each(each[0], CAIRN_STALE, "lock.lost");
	ct_each(each[1], CAIRN_OK, NULL);
	ct_text(ct_value(conn, NULL, ct_ns("a"), "under"), "1");
	ct_status(cairn_memory_put(conn, CAIRN_STR("other"), items, 1, NULL, ct_err()),
		  CAIRN_INVALID, "arg.invalid");
}

static void put_one(cairn_conn *conn, void *arg)
{
	cairn_status *status = arg;
	cairn_memory_new item = ct_item(ct_ns("a"), "k", "2");
	*status = cairn_memory_put(conn, tenant, &item, 1, NULL, ct_err());
}

static void interrupted(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.lock_timeout = 3 * CAIRN_SECOND;
	cairn_conn *first = ct_open();
	ct_session *second = ct_session_with("second", &opts);
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_status status = CAIRN_OK;
	ct_ok(cairn_begin(first, &tx, ct_err()));
	ct_kept(first, NULL, ct_item(ct_ns("a"), "k", "1"));
	ct_true(!ct_start(second, put_one, &status));
	cairn_interrupt(ct_session_conn(second));
	ct_join(second);
	if (ct_subject()->driver->conn->interrupt)
		ct_int(status, CAIRN_INTERRUPTED);
	else
		ct_true(status == CAIRN_BUSY || status == CAIRN_TIMEOUT);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_text(ct_value(first, NULL, ct_ns("a"), "k"), "1");
	ct_step(second, put_one, &status);
	ct_ok(status);
	ct_text(ct_value(first, NULL, ct_ns("a"), "k"), "2");
}

#define VERB .kind = CT_VERB, .store = CT_MEMORY

static const ct_case cases[] = {
	{ .name = "memory.put.depends_on_the_revision",
	  VERB,
	  .rule = "With an expected revision a put writes exactly when that is the item's, 0 when "
		  "there is none; else it is STALE and writes nothing.",
	  .run = as_expected },
	{ .name = "memory.delete.depends_on_the_revision",
	  VERB,
	  .rule = "With an expected revision a delete goes exactly when that is the item's.",
	  .run = deleting_as_expected },
	{ .name = "memory.revisions.never_come_again",
	  VERB,
	  .rule = "Each write has a greater revision than all before it, deleted or not between.",
	  .run = never_again },
	{ .name = "memory.revisions.are_above_zero",
	  VERB,
	  .rule = "A first revision is 1 at least, also where the clock stands before 1970.",
	  .run = from_one_on },
	{ .name = "memory.batch.each_for_itself",
	  VERB,
	  .rule = "Of a batch each item has its own outcome, in the order of the batch.",
	  .run = each_for_itself },
	{ .name = "memory.batch.refuses_an_item_twice",
	  VERB,
	  .rule = "An item that stands twice in a batch is refused by the second one's index.",
	  .run = twice },
	{ .name = "memory.get.many_in_order",
	  VERB,
	  .rule = "Those that are there are got in the order in which they were asked for, with "
		  "their places.",
	  .run = got_in_order },
	{ .name = "memory.put.refuses_bad_arguments",
	  VERB,
	  .rule = "Malformed items, tenants, scopes and limits are refused, by their index, and "
		  "nothing is written.",
	  .run = refuses_bad_arguments },
	{ .name = "memory.list.refuses_bad_filters",
	  VERB,
	  .rule = "Malformed filters and cursors are refused.",
	  .run = refuses_bad_filters },
	{ .name = "memory.put.is_a_part_of_the_callers_transaction",
	  VERB,
	  .rule = "Inside a transaction writes are committed and rolled back with it, together "
		  "with jobs, and a STALE leaves it usable.",
	  .run = in_the_callers },
	{ .name = "memory.put.in_a_stricter_transaction_is_refused",
	  VERB,
	  .needs = CT_NEED_STRICT,
	  .rule = "Inside a stricter transaction puts and deletes are tx.unsupported_isolation "
		  "before anything is written, and leave it usable.",
	  .run = in_a_stricter_one },
	{ .name = "memory.put.depends_on_a_lock",
	  VERB,
	  .rule = "A put under a lock that is not held any more is STALE lock.lost and writes "
		  "nothing; a lock of another tenant is refused.",
	  .run = under_a_lock },
	{ .name = "memory.put.an_interrupted_one_writes_nothing",
	  .kind = CT_INTERLEAVE,
	  .store = CT_MEMORY,
	  .rule = "A put that is interrupted while it waits answers INTERRUPTED and has written "
		  "nothing.",
	  .covers = "entelix-46",
	  .run = interrupted },
};
CT_GROUP(items_put, cases);
