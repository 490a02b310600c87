/*
 * items_race.c - memory items and many writers: who expects the same wins once, nobody's update is lost,
 * nobody waits for ever; and round trips.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "ct.h"

#define THREADS 8
#define ROUNDS	20
#define BATCH	8

static const cairn_str tenant = { "t", 1 };

/* ---- one winner ---------------------------------------------------------------------- */

struct contest {
	int64_t revision;
	atomic_int winners;
	atomic_int firsts;
};

static void contend(cairn_conn *conn, unsigned number, void *arg)
{
	struct contest *contest = arg;
	cairn_memory_new item = ct_item(ct_ns("a"), "k", ct_format("%u", number));
	cairn_memory_changed each = ct_swap(conn, item, contest->revision);
	if (each.status == CAIRN_OK)
		atomic_fetch_add(&contest->winners, 1);
	else
		ct_each(each, CAIRN_STALE, "memory.revision_moved");
}

static void one_wins(void)
{
	cairn_conn *conn = ct_open();
	struct contest contest = { .revision = 0 };
	for (int i = 0; i < 5; i++) {
		atomic_store(&contest.winners, 0);
		ct_race(4, contend, &contest);
		ct_int(atomic_load(&contest.winners), 1);
		contest.revision = ct_recall(conn, NULL, ct_ns("a"), "k")->revision;
	}
}

static void be_first(cairn_conn *conn, unsigned number, void *arg)
{
	struct contest *contest = arg;
	cairn_memory_new item = ct_item(ct_ns("a"), "k", ct_format("%u", number));
	cairn_memory_changed each = ct_keep(conn, NULL, item);
	ct_each(each, CAIRN_OK, NULL);
	if (!each.existed)
		atomic_fetch_add(&contest->firsts, 1);
}

static void one_is_first(void)
{
	cairn_conn *conn = ct_open();
	for (int i = 0; i < 5; i++) {
		struct contest contest = { .revision = 0 };
		ct_race(4, be_first, &contest);
		ct_int(atomic_load(&contest.firsts), 1);
		ct_true(ct_unkeep(conn, NULL, ct_ns("a"), "k"));
	}
}

/* ---- read, modify, write --------------------------------------------------------------- */

static void count_up(cairn_conn *conn, unsigned number, void *arg)
{
	(void)number;
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		cairn_memory_changed each;
		do {
			const cairn_memory_item *now = ct_recall(conn, NULL, ct_ns("a"), "count");
			long value = strtol(now->value.ptr, NULL, 10);
			cairn_memory_new item =
				ct_item(ct_ns("a"), "count", ct_format("%ld", value + 1));
			each = ct_swap(conn, item, now->revision);
		} while (each.status == CAIRN_STALE);
		ct_each(each, CAIRN_OK, NULL);
	}
}

static void no_update_is_lost(void)
{
	cairn_conn *conn = ct_open();
	ct_kept(conn, NULL, ct_item(ct_ns("a"), "count", "0"));
	ct_race(THREADS, count_up, NULL);
	ct_text(ct_value(conn, NULL, ct_ns("a"), "count"), ct_format("%d", THREADS * ROUNDS));
}

/* ---- batches -------------------------------------------------------------------------- */

/* The same items in another order each time, put, put as expected, deleted. */
static void shuffle(cairn_conn *conn, unsigned number, void *arg)
{
	(void)arg;
	for (int round = 0; round < ROUNDS; round++) {
		cairn_memory_new items[BATCH];
		cairn_memory_ref refs[BATCH];
		cairn_memory_changed each[BATCH];
		unsigned first = ct_random(BATCH);
		for (unsigned i = 0; i < BATCH; i++) {
			unsigned n = (first + (number % 2 ? i : BATCH - i)) % BATCH;
			items[i] = ct_item(ct_ns(n % 2 ? "a" : "b"), ct_format("%u", n), "1");
			items[i].set = ct_random(3) == 0 ? CAIRN_MEMORY_EXPECT : 0;
			items[i].revision = ct_random(2) ? 4711 : 0;
			refs[i] = (cairn_memory_ref){ .ns = items[i].ns, .key = items[i].key };
		}
		if (ct_random(3) == 0)
			ct_ok(cairn_memory_delete(conn, tenant, refs, BATCH, each, ct_err()));
		else
			ct_ok(cairn_memory_put(conn, tenant, items, BATCH, each, ct_err()));
	}
}

static void nobody_waits_for_ever(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_items *items = NULL;
	cairn_memory_filter filter = { .size = sizeof(filter),
				       .tenant = tenant,
				       .set = CAIRN_MEMORY_BELOW };
	ct_race(6, shuffle, NULL);
	ct_ok(cairn_memory_list(conn, &filter, &items, ct_err()));
	ct_later(items);
	ct_true(items->count <= BATCH);
	for (size_t i = 0; i < items->count; i++)
		ct_true(items->at[i].revision > 0);
}

/* ---- one after the other ---------------------------------------------------------------- */

struct step {
	cairn_memory_changed each;
	int64_t revision;
	size_t evicted;
};

static void swap_step(cairn_conn *conn, void *arg)
{
	struct step *step = arg;
	step->each = ct_swap(conn, ct_item(ct_ns("a"), "k", "2"), step->revision);
}

static void delete_step(cairn_conn *conn, void *arg)
{
	struct step *step = arg;
	cairn_memory_ref ref = { .ns = ct_ns("a"),
				 .key = CAIRN_STR("k"),
				 .set = CAIRN_MEMORY_EXPECT,
				 .revision = step->revision };
	ct_ok(cairn_memory_delete(conn, tenant, &ref, 1, &step->each, ct_err()));
}

static void evict_step(cairn_conn *conn, void *arg)
{
	struct step *step = arg;
	ct_ok(cairn_memory_evict(conn, cairn_tenant(tenant), 0, &step->evicted, ct_err()));
}

/* What b does while a, in a transaction, has written the item, and then ends it. */
static void meanwhile(ct_step_fn *step, struct step *arg, bool deletes, bool commits)
{
	cairn_conn *a = ct_open();
	ct_session *b = ct_session_new("b");
	cairn_tx tx = CAIRN_TX_INIT;
	arg->revision = ct_kept(a, NULL, ct_item(ct_ns("a"), "k", "0"));
	ct_ok(cairn_begin(a, &tx, ct_err()));
	if (deletes)
		ct_true(ct_unkeep(a, NULL, ct_ns("a"), "k"));
	else
		ct_kept(a, NULL, ct_item(ct_ns("a"), "k", "1"));
	ct_start(b, step, arg);
	if (commits)
		ct_ok(cairn_commit(&tx, ct_err()));
	else
		cairn_rollback(&tx);
	ct_join(b);
}

static void what_was_waited_for(void)
{
	struct step arg = { .revision = 0 };
	cairn_conn *conn = ct_open();
	meanwhile(swap_step, &arg, false, true);
	ct_each(arg.each, CAIRN_STALE, "memory.revision_moved");
	ct_text(ct_value(conn, NULL, ct_ns("a"), "k"), "1");
	meanwhile(swap_step, &arg, false, false);
	ct_each(arg.each, CAIRN_OK, NULL);
	ct_text(ct_value(conn, NULL, ct_ns("a"), "k"), "2");
	meanwhile(swap_step, &arg, true, true);
	ct_each(arg.each, CAIRN_STALE, "memory.revision_moved");
	ct_text(ct_value(conn, NULL, ct_ns("a"), "k"), "-");
	meanwhile(swap_step, &arg, true, false);
	ct_each(arg.each, CAIRN_OK, NULL);
	meanwhile(delete_step, &arg, false, true);
	ct_each(arg.each, CAIRN_STALE, "memory.revision_moved");
	ct_text(ct_value(conn, NULL, ct_ns("a"), "k"), "1");
	meanwhile(delete_step, &arg, false, false);
	ct_each(arg.each, CAIRN_OK, NULL);
	ct_text(ct_value(conn, NULL, ct_ns("a"), "k"), "-");
	meanwhile(delete_step, &arg, true, true);
	ct_each(arg.each, CAIRN_STALE, "memory.revision_moved");
}

static void put_again_meanwhile(void)
{
	cairn_conn *a = ct_open();
	ct_session *b = ct_session_new("b");
	cairn_tx tx = CAIRN_TX_INIT;
	struct step arg = { .evicted = 99 };
	cairn_memory_new item = ct_item(ct_ns("a"), "k", "1");
	item.ttl = CAIRN_SECOND;
	ct_kept(a, NULL, item);
	ct_advance(CAIRN_SECOND);
	ct_ok(cairn_begin(a, &tx, ct_err()));
	ct_kept(a, NULL, ct_item(ct_ns("a"), "k", "2"));
	ct_start(b, evict_step, &arg);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_join(b);
	ct_int(arg.evicted, 0);
	ct_text(ct_value(a, NULL, ct_ns("a"), "k"), "2");
}

/* ---- round trips ------------------------------------------------------------------------- */

static void round_trips(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_new items[BATCH];
	cairn_memory_ref refs[BATCH];
	cairn_memory_changed each[BATCH];
	cairn_memory_items *found = NULL;
	cairn_memory_namespaces *namespaces = NULL;
	cairn_memory_filter filter = { .size = sizeof(filter),
				       .tenant = tenant,
				       .set = CAIRN_MEMORY_BELOW };
	cairn_memory_namespace_filter all = { .size = sizeof(all), .tenant = tenant };
	for (unsigned i = 0; i < BATCH; i++) {
		items[i] = ct_item(ct_ns("a"), ct_format("%u", i), "1");
		items[i].set = i % 2 ? CAIRN_MEMORY_EXPECT : 0;
		refs[i] = (cairn_memory_ref){ .ns = items[i].ns, .key = items[i].key };
	}
	ct_budget(conn);
	for (size_t n = 1; n <= BATCH; n += BATCH - 1) {
		ct_ok(cairn_memory_put(conn, tenant, items, n, each, ct_err()));
		ct_spent(conn, 1, "items put", n);
		ct_ok(cairn_memory_get(conn, tenant, refs, n, &found, ct_err()));
		ct_spent(conn, 1, "items got", n);
		ct_ok(cairn_memory_list(conn, &filter, &found, ct_err()));
		ct_spent(conn, 1, "items listed", n);
		ct_ok(cairn_memory_namespace_list(conn, &all, &namespaces, ct_err()));
		ct_spent(conn, 1, "namespaces listed", n);
		ct_ok(cairn_memory_delete(conn, tenant, refs, n, each, ct_err()));
		ct_spent(conn, 1, "items deleted", n);
		ct_ok(cairn_memory_evict(conn, cairn_any(), 0, NULL, ct_err()));
		ct_spent(conn, 1, "items evicted", n);
	}
	ct_later(found);
	ct_later(namespaces);
}

#define RACE .kind = CT_RACE, .store = CT_MEMORY

static const ct_case cases[] = {
	{ .name = "memory.race.one_of_those_who_expect_the_same_wins",
	  RACE,
	  .rule = "Of concurrent puts with one expected revision exactly one is written.",
	  .run = one_wins },
	{ .name = "memory.race.one_is_the_first",
	  RACE,
	  .rule = "Of concurrent puts of a new item exactly one finds nothing there.",
	  .run = one_is_first },
	{ .name = "memory.race.no_update_is_lost",
	  RACE,
	  .rule = "Eight threads that read, add one and put as expected, again when they are told "
		  "STALE, have counted all of it.",
	  .run = no_update_is_lost },
	{ .name = "memory.race.batches_do_not_wait_for_each_other",
	  RACE,
	  .rule = "Batches of the same items in any order end, without an error.",
	  .run = nobody_waits_for_ever },
	{ .name = "memory.interleave.what_was_waited_for_counts",
	  .kind = CT_INTERLEAVE,
	  .store = CT_MEMORY,
	  .rule = "A write that waited for another one's transaction decides by what that left "
		  "behind.",
	  .run = what_was_waited_for },
	{ .name = "memory.interleave.evicting_spares_what_is_put_again",
	  .kind = CT_INTERLEAVE,
	  .store = CT_MEMORY,
	  .rule = "An item that was over and is being put again is not evicted.",
	  .run = put_again_meanwhile },
	{ .name = "memory.calls_are_one_round_trip",
	  .kind = CT_BUDGET,
	  .store = CT_MEMORY,
	  .rule = "Each call is one round trip, for one item and for many.",
	  .run = round_trips },
};
CT_GROUP(items_race, cases);
