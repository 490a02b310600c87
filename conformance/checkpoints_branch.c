/* checkpoints_branch.c - going back to a checkpoint and on from there, and pending writes. */
#include "ct_threads.h"

static cairn_checkpoint_new from(const char *thread, cairn_id parent)
{
	cairn_checkpoint_new item = ct_checkpoint(thread, 99); /* the step is not looked at */
	item.parent = parent;
	return item;
}

static cairn_checkpoint_added branch(cairn_conn *conn, cairn_checkpoint_new item)
{
	cairn_checkpoint_added added;
	ct_ok(cairn_checkpoint_branch(conn, CT_TENANT, &item, &added, ct_err()));
	ct_each(added, CAIRN_OK, NULL);
	return added;
}

/* ---- branches ------------------------------------------------------------------ */

static void inherits(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new item = ct_checkpoint("t", 4);
	item.ns = CAIRN_STR("n");
	item.next_node = CAIRN_STR("tools");
	cairn_id parent = ct_save(conn, item).id;
	item.next_node = (cairn_str){ NULL, 0 };
	item.step = 5;
	cairn_id later = ct_save(conn, item).id;
	cairn_checkpoint_added added = branch(conn, from("t", parent));
	ct_int(added.write_seq, 3);
	const cairn_checkpoint *row = ct_latest(conn, "t", "n");
	ct_id(row->id, added.id);
	ct_id(row->parent, parent);
	ct_int(row->step, 5);
	ct_str(row->next_node, "tools");
	ct_true(memcmp(row->state.ptr, "{\"at\":99}", 9) == 0);
	/* what was there is as it was */
	ct_int(ct_saved(conn, "t", parent)->write_seq, 1);
	ct_str(ct_saved(conn, "t", later)->next_node, NULL);
	cairn_checkpoint_filter history = ct_history("t");
	ct_text(ct_steps(conn, &history), "5 5 4");
}

/* A parent that is finished gives no next node, whatever the item says. */
static void inherits_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new item = from("t", ct_save(conn, ct_checkpoint("t", 1)).id);
	item.next_node = CAIRN_STR("ignored");
	item.ns = CAIRN_STR("ignored");
	cairn_id id = branch(conn, item).id;
	ct_str(ct_saved(conn, "t", id)->next_node, NULL);
	ct_id(ct_latest(conn, "t", NULL)->id, id);
}

static void saturates(void)
{
	cairn_conn *conn = ct_open();
	cairn_id parent = ct_save(conn, ct_checkpoint("t", INT64_MAX)).id;
	cairn_id id = branch(conn, from("t", parent)).id;
	ct_int(ct_saved(conn, "t", id)->step, INT64_MAX);
}

static void no_parent(void)
{
	cairn_conn *conn = ct_open();
	cairn_id parent = ct_save(conn, ct_checkpoint("t", 1)).id;
	cairn_checkpoint_new item = from("u", parent);
	cairn_checkpoint_added added;
	ct_status(cairn_checkpoint_branch(conn, CT_TENANT, &item, &added, ct_err()),
		  CAIRN_NOT_FOUND, "checkpoint.parent_not_found");
	ct_each(added, CAIRN_NOT_FOUND, "checkpoint.parent_not_found");
	ct_int(added.write_seq, 0);
	item = from("t", cairn_id_new());
	ct_status(cairn_checkpoint_branch(conn, CT_TENANT, &item, NULL, ct_err()), CAIRN_NOT_FOUND,
		  "checkpoint.parent_not_found");
	item.parent = (cairn_id){ { 0 } };
	ct_status(cairn_checkpoint_branch(conn, CT_TENANT, &item, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	ct_text(ct_threads(conn, NULL, NULL, 0), "t");
	ct_int(ct_save(conn, ct_checkpoint("t", 2)).write_seq, 2);
}

static void branch_again(void)
{
	cairn_conn *conn = ct_open();
	cairn_id parent = ct_save(conn, ct_checkpoint("t", 1)).id;
	cairn_checkpoint_new item = from("t", parent);
	cairn_checkpoint_added added;
	item.id = cairn_id_new();
	ct_int(branch(conn, item).existing, 0);
	ct_int(branch(conn, item).existing, 1);
	item.metadata = CAIRN_STR("{\"a\":1}");
	ct_status(cairn_checkpoint_branch(conn, CT_TENANT, &item, &added, ct_err()), CAIRN_EXISTS,
		  "checkpoint.exists");
	item.id = cairn_id_new();
	item.set = CAIRN_CHECKPOINT_EXPECT;
	item.expected = parent;
	ct_status(cairn_checkpoint_branch(conn, CT_TENANT, &item, &added, ct_err()), CAIRN_STALE,
		  "checkpoint.head_moved");
}

/* ---- pending writes --------------------------------------------------------------- */

static void first_stays(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_save(conn, ct_checkpoint("t", 1)).id;
	cairn_id other = ct_save(conn, ct_checkpoint("t", 2)).id;
	cairn_checkpoint_write writes[] = {
		ct_write(id, "b", 1, "1"), ct_write(id, "b", 0, "2"),  ct_write(id, "a", -1, "3"),
		ct_write(id, "b", 1, "4"), ct_write(id, "a", -1, "5"), ct_write(other, "b", 0, "6")
	};
	ct_ok(cairn_checkpoint_write_put(conn, CT_TENANT, CAIRN_STR("t"), writes, 6, ct_err()));
	ct_text(ct_pending(conn, "t", id), "a:-1=5 b:0=2 b:1=1");
	ct_pend(conn, "t", ct_write(id, "b", 0, "7"));
	ct_pend(conn, "t", ct_write(id, "a", -1, "8"));
	ct_pend(conn, "t", ct_write(id, "a", -4, "9"));
	ct_text(ct_pending(conn, "t", id), "a:-4=9 a:-1=8 b:0=2 b:1=1");
	ct_text(ct_pending(conn, "t", other), "b:0=6");
	ct_text(ct_pending(conn, "t", cairn_id_new()), "");
}

static void whole_write(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_save(conn, ct_checkpoint("t", 1)).id;
	cairn_checkpoint_write write = ct_write(id, "a", 0, "");
	cairn_checkpoint_writes *rows = NULL;
	write.format = CAIRN_FORMAT_BYTES;
	ct_pend(conn, "t", write);
	write = ct_write(id, "a", 1, " {} ");
	write.channel = CAIRN_STR("branch:to:b");
	ct_pend(conn, "t", write);
	ct_ok(cairn_checkpoint_write_list(conn, CT_TENANT, CAIRN_STR("t"), id, &rows, ct_err()));
	ct_later(rows);
	ct_int(rows->count, 2);
	ct_int(rows->at[0].format, CAIRN_FORMAT_BYTES);
	ct_true(rows->at[0].value.ptr != NULL && rows->at[0].value.len == 0);
	ct_str(rows->at[0].channel, "messages");
	ct_int(rows->at[1].format, CAIRN_FORMAT_JSON);
	ct_int(rows->at[1].value.len, 4);
	ct_str(rows->at[1].channel, "branch:to:b");
}

static void all_or_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_save(conn, ct_checkpoint("t", 1)).id;
	cairn_id foreign = ct_save(conn, ct_checkpoint("u", 1)).id;
	cairn_checkpoint_write writes[] = { ct_write(id, "a", 0, "1"),
					    ct_write(foreign, "a", 0, "1"),
					    ct_write(cairn_id_new(), "a", 0, "1") };
	ct_status(cairn_checkpoint_write_put(conn, CT_TENANT, CAIRN_STR("t"), writes, 3, ct_err()),
		  CAIRN_NOT_FOUND, "checkpoint.not_found");
	ct_int(ct_last()->index, 1);
	ct_status(
		cairn_checkpoint_write_put(conn, CT_TENANT, CAIRN_STR("none"), writes, 1, ct_err()),
		CAIRN_NOT_FOUND, "checkpoint.not_found");
	ct_status(cairn_checkpoint_write_put(conn, CAIRN_STR("other"), CAIRN_STR("t"), writes, 1,
					     ct_err()),
		  CAIRN_NOT_FOUND, "checkpoint.not_found");
	ct_text(ct_pending(conn, "t", id), "");
	writes[0].task = CAIRN_STR("");
	ct_status(cairn_checkpoint_write_put(conn, CT_TENANT, CAIRN_STR("t"), writes, 1, ct_err()),
		  CAIRN_INVALID, "arg.invalid_name");
	ct_ok(cairn_checkpoint_write_put(conn, CT_TENANT, CAIRN_STR("t"), NULL, 0, ct_err()));
}

#define VERB .kind = CT_VERB, .store = CT_CHECKPOINTS

static const ct_case cases[] = {
	{ .name = "checkpoints.branch.inherits_from_its_parent",
	  VERB,
	  .rule = "A branch has its parent's namespace, the step after its, and its next node; it "
		  "becomes the latest and changes nothing that was there.",
	  .covers = "entelix-16, entelix-18",
	  .run = inherits },
	{ .name = "checkpoints.branch.nothing_else_counts",
	  VERB,
	  .rule = "What a branch says itself of namespace, step and next node is not looked at.",
	  .covers = "entelix-16",
	  .run = inherits_nothing },
	{ .name = "checkpoints.branch.the_step_saturates",
	  VERB,
	  .rule = "Behind the greatest step stands the greatest step.",
	  .covers = "entelix-18",
	  .run = saturates },
	{ .name = "checkpoints.branch.the_parent_must_be_there",
	  VERB,
	  .rule = "A branch from an unknown parent is NOT_FOUND, writes nothing and takes no "
		  "number.",
	  .covers = "entelix-17",
	  .run = no_parent },
	{ .name = "checkpoints.branch.again_and_expecting",
	  VERB,
	  .rule = "A repeated branch gives the first call's result; it may expect a head.",
	  .run = branch_again },
	{ .name = "checkpoints.writes.the_first_stays_the_last_counts",
	  VERB,
	  .rule = "Of a task's index from 0 the first write stays, below 0 the last one counts, "
		  "in one batch as well; they are listed by task and index.",
	  .run = first_stays },
	{ .name = "checkpoints.writes.come_back",
	  VERB,
	  .rule = "A pending write comes back with its channel and value, byte for byte.",
	  .run = whole_write },
	{ .name = "checkpoints.writes.all_or_nothing",
	  VERB,
	  .rule = "Where one of them has no checkpoint in the thread nothing is written, and the "
		  "first such one is named.",
	  .run = all_or_nothing },
};
CT_GROUP(checkpoints_branch, cases);
