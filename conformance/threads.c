/* threads.c - whole threads: listed, copied, deleted; checkpoints pruned, and deleted by run. */
#include "ct_threads.h"

static void keep_in(cairn_conn *conn, const char *thread, int64_t step, const char *ns,
		    const char *run)
{
	cairn_checkpoint_new item = ct_checkpoint(thread, step);
	item.ns = cairn_str_of(ns);
	item.run = cairn_str_of(run);
	ct_save(conn, item);
}

static const char *steps_of(cairn_conn *conn, const char *thread)
{
	cairn_checkpoint_filter filter = ct_history(thread);
	return ct_steps(conn, &filter);
}

/* ---- list ----------------------------------------------------------------------- */

static void listed(void)
{
	cairn_conn *conn = ct_open();
	static const char *const names[] = { "b", "a%", "a", "A", "a_", "\xf4\x8f\xbf\xbf", "ab" };
	for (size_t i = 0; i < 7; i++)
		ct_save(conn, ct_checkpoint(names[i], 1));
	ct_text(ct_threads(conn, NULL, NULL, 0), "A a a% a_ ab b \xf4\x8f\xbf\xbf");
	ct_text(ct_threads(conn, "a", NULL, 0), "a a% a_ ab");
	ct_text(ct_threads(conn, "a", "a%", 0), "a_ ab");
	ct_text(ct_threads(conn, "a_", NULL, 0), "a_");
	ct_text(ct_threads(conn, NULL, "a", 2), "a% a_");
	ct_text(ct_threads(conn, "\xf4\x8f\xbf\xbf", NULL, 0), "\xf4\x8f\xbf\xbf");
	ct_text(ct_threads(conn, "c", NULL, 0), "");
}

static void times(void)
{
	cairn_conn *conn = ct_open();
	cairn_thread_filter filter = { .size = sizeof filter, .tenant = CT_TENANT };
	cairn_threads *rows = NULL;
	cairn_time began = ct_now();
	ct_save(conn, ct_checkpoint("t", 1));
	ct_advance(CAIRN_SECOND);
	ct_save(conn, ct_checkpoint("t", 2));
	ct_advance(CAIRN_SECOND);
	ct_ok(cairn_thread_list(conn, &filter, &rows, ct_err()));
	ct_int(rows->count, 1);
	ct_int(rows->at[0].write_seq, 2);
	ct_int(rows->at[0].created_at, began);
	ct_int(rows->at[0].updated_at, began + CAIRN_SECOND);
	filter.tenant = CAIRN_STR("other");
	ct_ok(cairn_thread_list(conn, &filter, &rows, ct_err()));
	ct_int(rows->count, 0);
	ct_later(rows);
}

/* ---- copy ------------------------------------------------------------------------- */

static size_t copy(cairn_conn *conn, const char *from, const char *to)
{
	size_t copied = 0;
	ct_ok(cairn_thread_copy(conn, CT_TENANT, cairn_str_of(from), cairn_str_of(to), &copied,
				ct_err()));
	return copied;
}

static void equal_rows(const cairn_checkpoints *a, const cairn_checkpoints *b)
{
	ct_int(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const cairn_checkpoint *x = &a->at[i];
		const cairn_checkpoint *y = &b->at[i];
		ct_id(x->id, y->id);
		ct_id(x->parent, y->parent);
		ct_same(x->ns, y->ns);
		ct_int(x->write_seq, y->write_seq);
		ct_int(x->step, y->step);
		ct_int(x->created_at, y->created_at);
		ct_same(x->metadata, y->metadata);
		ct_same(x->next_node, y->next_node);
		ct_same(x->run, y->run);
		ct_int(x->format, y->format);
		ct_int(x->payload_version, y->payload_version);
		ct_int(x->state.len, y->state.len);
		ct_true(memcmp(x->state.ptr, y->state.ptr, x->state.len) == 0);
	}
}

static void copied(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new item = ct_checkpoint("m", 1);
	item.run = CAIRN_STR("r");
	item.next_node = CAIRN_STR("n");
	cairn_id id = ct_save(conn, item).id;
	item.parent = id;
	item.ns = CAIRN_STR("n");
	item.metadata = CAIRN_STR("{\"a\":1}");
	item.state = (cairn_blob){ ct_repeat('8', 20000), 20000 };
	ct_save(conn, item);
	item.format = CAIRN_FORMAT_BYTES;
	item.payload_version = 2;
	ct_save(conn, item);
	ct_pend(conn, "m", ct_write(id, "a", 0, "1"));
	ct_pend(conn, "m", ct_write(id, "b", -1, "2"));
	ct_advance(CAIRN_HOUR);
	ct_int(copy(conn, "m", "z"), 3); /* behind it, and before */
	ct_int(copy(conn, "m", "a"), 3);
	cairn_checkpoint_filter filter = ct_history("m");
	filter.set = CAIRN_CHECKPOINT_STATES;
	const cairn_checkpoints *rows = ct_listed(conn, &filter);
	filter.thread = CAIRN_STR("z");
	equal_rows(ct_listed(conn, &filter), rows);
	filter.thread = CAIRN_STR("a");
	filter.metadata = CAIRN_STR("{\"a\":1}");
	ct_int(ct_listed(conn, &filter)->count, 2);
	ct_text(ct_pending(conn, "a", id), "a:0=1 b:-1=2");
	ct_text(ct_pending(conn, "z", id), "a:0=1 b:-1=2");
	/* each goes on for itself */
	ct_int(ct_save(conn, ct_checkpoint("z", 7)).write_seq, 4);
	ct_text(steps_of(conn, "m"), "1 1 1");
	ct_int(ct_save(conn, ct_checkpoint("m", 8)).write_seq, 4);
}

static void not_copied(void)
{
	cairn_conn *conn = ct_open();
	size_t n = 4711;
	ct_save(conn, ct_checkpoint("a", 1));
	keep_in(conn, "b", 1, NULL, "r");
	ct_status(cairn_thread_copy(conn, CT_TENANT, CAIRN_STR("c"), CAIRN_STR("d"), &n, ct_err()),
		  CAIRN_NOT_FOUND, "checkpoint.thread_not_found");
	ct_status(cairn_thread_copy(conn, CT_TENANT, CAIRN_STR("a"), CAIRN_STR("b"), &n, ct_err()),
		  CAIRN_EXISTS, "checkpoint.thread_exists");
	ct_status(cairn_thread_copy(conn, CT_TENANT, CAIRN_STR("a"), CAIRN_STR("a"), &n, ct_err()),
		  CAIRN_EXISTS, "checkpoint.thread_exists");
	ct_status(cairn_thread_copy(conn, CAIRN_STR("other"), CAIRN_STR("a"), CAIRN_STR("z"), &n,
				    ct_err()),
		  CAIRN_NOT_FOUND, "checkpoint.thread_not_found");
	/* it had some, and they are gone */
	const cairn_str run = CAIRN_STR("r");
	ct_ok(cairn_checkpoint_delete_runs(conn, CT_TENANT, &run, 1, NULL, ct_err()));
	ct_status(cairn_thread_copy(conn, CT_TENANT, CAIRN_STR("a"), CAIRN_STR("b"), &n, ct_err()),
		  CAIRN_EXISTS, "checkpoint.thread_exists");
	ct_int(n, 4711);
	ct_text(ct_threads(conn, NULL, NULL, 0), "a b");
}

/* ---- delete ------------------------------------------------------------------------- */

static void deleted(void)
{
	cairn_conn *conn = ct_open();
	const cairn_str names[] = { CAIRN_STR("b"), CAIRN_STR("none"), CAIRN_STR("a") };
	size_t n = 0;
	cairn_id id = ct_save(conn, ct_checkpoint("a", 1)).id;
	ct_save(conn, ct_checkpoint("a", 2));
	ct_save(conn, ct_checkpoint("b", 1));
	ct_save(conn, ct_checkpoint("c", 1));
	cairn_checkpoint_new theirs = ct_checkpoint("a", 1);
	ct_ok(cairn_checkpoint_put(conn, CAIRN_STR("other"), &theirs, 1, NULL, ct_err()));
	ct_pend(conn, "a", ct_write(id, "t", 0, "1"));
	ct_ok(cairn_thread_delete(conn, CT_TENANT, names, 3, &n, ct_err()));
	ct_int(n, 3);
	ct_text(ct_threads(conn, NULL, NULL, 0), "c");
	ct_true(!ct_is_saved(conn, "a", id));
	ct_text(ct_pending(conn, "a", id), "");
	/* and begins anew, the same id too */
	cairn_checkpoint_new item = ct_checkpoint("a", 5);
	item.id = id;
	ct_int(ct_save(conn, item).write_seq, 1);
	ct_text(ct_pending(conn, "a", id), "");
	cairn_checkpoint_ref ref = ct_ref("a");
	cairn_checkpoints *rows = NULL;
	ref.tenant = CAIRN_STR("other");
	ct_ok(cairn_checkpoint_get(conn, &ref, &rows, ct_err()));
	ct_later(rows);
	ct_ok(cairn_thread_delete(conn, CT_TENANT, names, 0, &n, ct_err()));
	ct_int(n, 0);
}

static void by_run(void)
{
	cairn_conn *conn = ct_open();
	const cairn_str runs[] = { CAIRN_STR("r1"), CAIRN_STR("r3"), CAIRN_STR("none") };
	size_t n = 0;
	keep_in(conn, "a", 1, NULL, "r1");
	keep_in(conn, "a", 2, "n", "r2");
	keep_in(conn, "a", 3, NULL, NULL);
	keep_in(conn, "b", 4, NULL, "r1");
	keep_in(conn, "b", 5, NULL, "r3");
	cairn_id gone = ct_latest(conn, "b", NULL)->id;
	ct_pend(conn, "b", ct_write(gone, "t", 0, "1"));
	cairn_checkpoint_new theirs = ct_checkpoint("a", 1);
	theirs.run = CAIRN_STR("r1");
	ct_ok(cairn_checkpoint_put(conn, CAIRN_STR("other"), &theirs, 1, NULL, ct_err()));
	ct_ok(cairn_checkpoint_delete_runs(conn, CT_TENANT, runs, 3, &n, ct_err()));
	ct_int(n, 3);
	ct_text(steps_of(conn, "a"), "3 2");
	ct_text(steps_of(conn, "b"), "");
	ct_text(ct_pending(conn, "b", gone), "");
	/* the thread is still there, and goes on counting */
	ct_text(ct_threads(conn, NULL, NULL, 0), "a b");
	ct_int(ct_save(conn, ct_checkpoint("b", 6)).write_seq, 3);
	ct_ok(cairn_checkpoint_delete_runs(conn, CAIRN_STR("other"), runs, 1, &n, ct_err()));
	ct_int(n, 1);
}

/* ---- prune --------------------------------------------------------------------------- */

static size_t prune(cairn_conn *conn, const char *thread, uint32_t keep, cairn_usec older,
		    uint32_t limit)
{
	cairn_checkpoint_prune_opts opts = { .size = sizeof opts,
					     .tenant = CT_TENANT,
					     .thread = cairn_str_of(thread),
					     .keep = keep,
					     .older_than = older,
					     .limit = limit };
	size_t n = 0;
	ct_ok(cairn_checkpoint_prune(conn, &opts, &n, ct_err()));
	return n;
}

static void keeps_the_newest(void)
{
	cairn_conn *conn = ct_open();
	for (int64_t step = 1; step <= 4; step++) {
		keep_in(conn, "a", step, NULL, NULL);
		keep_in(conn, "b", step, NULL, NULL);
	}
	keep_in(conn, "a", 10, "n", NULL);
	keep_in(conn, "a", 11, "n", NULL);
	cairn_id gone =
		ct_listed(conn, &(cairn_checkpoint_filter){ .size = sizeof(cairn_checkpoint_filter),
							    .tenant = CT_TENANT,
							    .thread = CAIRN_STR("a"),
							    .before = 2 })
			->at[0]
			.id;
	ct_pend(conn, "a", ct_write(gone, "t", 0, "1"));
	ct_int(prune(conn, "a", 2, 0, 0), 2);
	ct_text(steps_of(conn, "a"), "11 10 4 3");
	ct_text(ct_pending(conn, "a", gone), "");
	ct_text(steps_of(conn, "b"), "4 3 2 1");
	ct_int(prune(conn, NULL, 0, 0, 0), 5);
	ct_text(steps_of(conn, "a"), "11 4");
	ct_text(steps_of(conn, "b"), "4");
	ct_int(prune(conn, NULL, 0, 0, 0), 0);
	ct_int(ct_save(conn, ct_checkpoint("b", 5)).write_seq, 5);
}

static void only_old_ones(void)
{
	cairn_conn *conn = ct_open();
	for (int64_t step = 1; step <= 4; step++) {
		keep_in(conn, "t", step, NULL, NULL);
		ct_advance(CAIRN_HOUR);
	}
	/* they are 4, 3, 2 and 1 hours old */
	ct_int(prune(conn, "t", 1, 5 * CAIRN_HOUR, 0), 0);
	ct_int(prune(conn, "t", 1, 3 * CAIRN_HOUR, 0), 2);
	ct_text(steps_of(conn, "t"), "4 3");
	ct_advance(CAIRN_DAY);
	ct_int(prune(conn, "t", 1, CAIRN_HOUR, 0), 1);
	ct_text(steps_of(conn, "t"), "4");
}

static void bounded(void)
{
	cairn_conn *conn = ct_open();
	for (int64_t step = 1; step <= 3; step++) {
		keep_in(conn, "b", step, NULL, NULL);
		keep_in(conn, "a", step, NULL, NULL);
	}
	ct_int(prune(conn, NULL, 1, 0, 3), 3);
	ct_text(steps_of(conn, "a"), "3");
	ct_text(steps_of(conn, "b"), "3 2");
	ct_int(prune(conn, NULL, 1, 0, 3), 1);
	cairn_checkpoint_prune_opts opts = { .size = sizeof opts,
					     .tenant = CT_TENANT,
					     .limit = 10001 };
	ct_status(cairn_checkpoint_prune(conn, &opts, NULL, ct_err()), CAIRN_TOO_LARGE,
		  "limit.exceeded");
	opts.limit = 0;
	opts.older_than = -1;
	ct_status(cairn_checkpoint_prune(conn, &opts, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	opts.older_than = 0;
	opts.tenant = CAIRN_STR("");
	ct_status(cairn_checkpoint_prune(conn, &opts, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_tenant");
}

#define VERB .kind = CT_VERB, .store = CT_CHECKPOINTS

static const ct_case cases[] = {
	{ .name = "threads.list.by_name",
	  VERB,
	  .rule = "Threads are listed by the bytes of their names, from a prefix that stands for "
		  "itself, behind a cursor.",
	  .run = listed },
	{ .name = "threads.list.numbers_and_times",
	  VERB,
	  .rule = "A thread has the number of its last checkpoint and the times of the first and "
		  "the "
		  "last; it is its tenant's.",
	  .run = times },
	{ .name = "threads.copy.everything",
	  VERB,
	  .rule = "A copy has every checkpoint and pending write with all their fields, and goes "
		  "on "
		  "for itself.",
	  .run = copied },
	{ .name = "threads.copy.refused",
	  VERB,
	  .rule = "There is nothing to copy, or the other thread has checkpoints, or had some.",
	  .run = not_copied },
	{ .name = "threads.delete.with_everything",
	  VERB,
	  .rule = "A deleted thread is gone with its checkpoints and pending writes, and begins "
		  "anew; others are as they were.",
	  .run = deleted },
	{ .name = "checkpoints.delete_runs.in_all_threads",
	  VERB,
	  .rule = "What runs wrote is deleted in all threads of the tenant, which stay.",
	  .run = by_run },
	{ .name = "checkpoints.prune.keeps_the_newest",
	  VERB,
	  .rule = "Of each thread and namespace the newest stay, and nothing else does.",
	  .run = keeps_the_newest },
	{ .name = "checkpoints.prune.only_old_ones",
	  VERB,
	  .rule = "What is younger than asked for stays, and the newest whatever their age.",
	  .run = only_old_ones },
	{ .name = "checkpoints.prune.in_batches",
	  VERB,
	  .rule = "A call deletes at most so many, by thread and number.",
	  .run = bounded },
};
CT_GROUP(threads, cases);
