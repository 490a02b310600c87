/*
 * guards.c - locks as preconditions of other stores' writes: each looks at its own lock, its fence and its
 * time, whoever else holds what, and a write that is refused has written nothing.
 */
#include "ct.h"

#define TENANT CAIRN_STR("acme")

static cairn_lock take(cairn_conn *conn, const char *name)
{
	cairn_lock lock;
	const cairn_lock_opts opts = { .size = sizeof(opts),
				       .tenant = TENANT,
				       .name = cairn_str_of(name),
				       .ttl = CAIRN_MINUTE };
	ct_ok(cairn_lock_try(conn, &opts, &lock, ct_err()));
	return lock;
}

/* ---- the writes: how each ends under a lock, and how much there is of it ---------------- */

static cairn_status put(cairn_conn *conn, const cairn_lock *lock)
{
	const cairn_checkpoint_new item = { .thread = CAIRN_STR("t"),
					    .state = { "1", 1 },
					    .lock = lock };
	return cairn_checkpoint_put(conn, TENANT, &item, 1, NULL, ct_err());
}

static int64_t checkpoints(cairn_conn *conn)
{
	const cairn_checkpoint_filter filter = { .size = sizeof(filter),
						 .tenant = TENANT,
						 .thread = CAIRN_STR("t") };
	cairn_checkpoints *found = NULL;
	ct_ok(cairn_checkpoint_list(conn, &filter, &found, ct_err()));
	ct_later(found);
	return (int64_t)found->count;
}

static cairn_status append(cairn_conn *conn, const cairn_lock *lock)
{
	int64_t head;
	const cairn_log_event event = { .data = CAIRN_STR("1") };
	const cairn_log_batch batch = { .size = sizeof(batch),
					.tenant = TENANT,
					.thread = CAIRN_STR("t"),
					.events = &event,
					.n = 1,
					.lock = lock };
	return cairn_log_append(conn, &batch, &head, ct_err());
}

static int64_t events(cairn_conn *conn)
{
	const cairn_log_filter filter = { .size = sizeof(filter),
					  .tenant = TENANT,
					  .thread = CAIRN_STR("t") };
	cairn_log_events *found = NULL;
	ct_ok(cairn_log_read(conn, &filter, &found, ct_err()));
	ct_later(found);
	return (int64_t)found->count;
}

/* Each time another key, so that what is there can be counted. */
static cairn_status remember(cairn_conn *conn, const cairn_lock *lock)
{
	char key[40];
	snprintf(key, sizeof(key), "key-%lld", (long long)ct_number());
	const cairn_memory_new item = { .key = cairn_str_of(key),
					.value = { "1", 1 },
					.lock = lock };
	return cairn_memory_put(conn, TENANT, &item, 1, NULL, ct_err());
}

static int64_t items(cairn_conn *conn)
{
	const cairn_memory_filter filter = { .size = sizeof(filter), .tenant = TENANT };
	cairn_memory_items *found = NULL;
	ct_ok(cairn_memory_list(conn, &filter, &found, ct_err()));
	ct_later(found);
	return (int64_t)found->count;
}

struct write {
	cairn_status (*run)(cairn_conn *conn, const cairn_lock *lock);
	int64_t (*count)(cairn_conn *conn);
};

static const struct write put_writes = { put, checkpoints };
static const struct write append_writes = { append, events };
static const struct write memory_writes = { remember, items };

static void refused(cairn_conn *conn, const struct write *write, const cairn_lock *lock)
{
	int64_t before = write->count(conn);
	ct_status(write->run(conn, lock), CAIRN_STALE, "lock.lost");
	ct_int(write->count(conn), before);
}

static void accepted(cairn_conn *conn, const struct write *write, const cairn_lock *lock)
{
	int64_t before = write->count(conn);
	ct_ok(write->run(conn, lock));
	ct_int(write->count(conn), before + 1);
}

/* ---- the states of a lock --------------------------------------------------------------- */

static void every_state(const struct write *write)
{
	cairn_conn *conn = ct_open();
	int held;
	take(conn, "above");
	cairn_lock lock = take(conn, "mine");
	cairn_lock beside = take(conn, "other");
	accepted(conn, write, &lock);
	accepted(conn, write, &beside);
	accepted(conn, write, NULL);
	/* another's fence under one's own name, and the other way round */
	cairn_lock wrong = lock;
	wrong.fence = beside.fence;
	if (wrong.fence == lock.fence)
		wrong.fence++;
	refused(conn, write, &wrong);
	ct_ok(cairn_lock_extend(conn, &beside, CAIRN_HOUR, ct_err()));
	ct_advance(CAIRN_MINUTE - 1);
	accepted(conn, write, &lock);
	ct_advance(1);
	refused(conn, write, &lock);
	accepted(conn, write, &beside);
	/* whoever has it now may write */
	cairn_lock next = take(conn, "mine");
	refused(conn, write, &lock);
	accepted(conn, write, &next);
	ct_ok(cairn_lock_break(conn, TENANT, CAIRN_STR("mine"), &held, ct_err()));
	refused(conn, write, &next);
	ct_ok(cairn_lock_release(conn, &beside, &held, ct_err()));
	refused(conn, write, &beside);
	/* one that was never there */
	cairn_lock made_up = next;
	made_up.name_len = 3;
	made_up.name[3] = '\0';
	refused(conn, write, &made_up);
}

static void of_put(void)
{
	every_state(&put_writes);
}

static void of_append(void)
{
	every_state(&append_writes);
}

static void of_memory(void)
{
	every_state(&memory_writes);
}

/* Items of one batch have locks of their own. */
static void each_its_own(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock lock = take(conn, "a");
	cairn_lock lost = take(conn, "b");
	int held;
	ct_ok(cairn_lock_break(conn, TENANT, CAIRN_STR("b"), &held, ct_err()));
	take(conn, "b");
	const cairn_checkpoint_new puts[] = {
		{ .thread = CAIRN_STR("t"), .state = { "1", 1 }, .lock = &lost },
		{ .thread = CAIRN_STR("t"), .state = { "2", 1 } },
		{ .thread = CAIRN_STR("t"), .state = { "3", 1 }, .lock = &lock },
	};
	const cairn_memory_new memories[] = {
		{ .key = CAIRN_STR("c"), .value = { "1", 1 }, .lock = &lost },
		{ .key = CAIRN_STR("a"), .value = { "2", 1 } },
		{ .key = CAIRN_STR("b"), .value = { "3", 1 }, .lock = &lock },
	};
	cairn_checkpoint_added added[3];
	cairn_memory_changed changed[3];
	ct_ok(cairn_checkpoint_put(conn, TENANT, puts, 3, added, ct_err()));
	ct_ok(cairn_memory_put(conn, TENANT, memories, 3, changed, ct_err()));
	ct_each(added[0], CAIRN_STALE, "lock.lost");
	ct_each(changed[0], CAIRN_STALE, "lock.lost");
	for (size_t i = 1; i < 3; i++) {
		ct_each(added[i], CAIRN_OK, NULL);
		ct_each(changed[i], CAIRN_OK, NULL);
		ct_int(added[i].write_seq, (int64_t)i);
	}
	ct_int(checkpoints(conn), 2);
	ct_int(items(conn), 2);
}

#define RULE(what) \
	"A " what \
	" under a lock counts only while this lock has this fence and time left, whatever else " \
	"is held; refused, it has written nothing."

static const ct_case cases[] = {
	{ .name = "guards.put.only_under_the_lock_that_is_held",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = RULE("checkpoint"),
	  .run = of_put },
	{ .name = "guards.append.only_under_the_lock_that_is_held",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = RULE("log's batch"),
	  .run = of_append },
	{ .name = "guards.memory.only_under_the_lock_that_is_held",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = RULE("memory item"),
	  .run = of_memory },
	{ .name = "guards.batch.each_item_has_its_own",
	  .kind = CT_VERB,
	  .store = CT_LOCKS,
	  .rule = "In a batch a lost lock stops its own item and no other.",
	  .run = each_its_own },
};
CT_GROUP(guards, cases);
