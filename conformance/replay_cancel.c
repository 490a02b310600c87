/*
 * replay_cancel.c - canceling runs: with their whole tree, again, when they are over, and by way of their jobs.
 */
#include "ct_ledger.h"

static const cairn_str none = { NULL, 0 };

/* A root with children c (with d, with e below) and f; all of them begun. */
struct tree {
	cairn_conn *conn;
	ct_play root;
	ct_play c;
	ct_play d;
	cairn_id e;
	cairn_id f;
};

static struct tree tree_of(void)
{
	struct tree tree = { .conn = ct_open() };
	tree.root = ct_play_aside(tree.conn);
	tree.c = ct_play_of(tree.conn, ct_child_of(&tree.root, "c", "qc"));
	tree.f = ct_child_of(&tree.root, "f", "qf");
	tree.d = ct_play_of(tree.conn, ct_child_of(&tree.c, "d", "qd"));
	tree.e = ct_child_of(&tree.d, "e", "qe");
	return tree;
}

static void the_whole_tree(void)
{
	struct tree tree = tree_of();
	ct_play other = ct_play_aside(tree.conn);
	cairn_replay_changed changed;
	ct_ok(cairn_replay_cancel(tree.conn, cairn_any(), &tree.root.id, 1, CAIRN_STR("OPERATOR"),
				  &changed, ct_err()));
	ct_each(changed, CAIRN_OK, NULL);
	ct_int(changed.job_status, CAIRN_JOB_CANCELED);
	ct_int(changed.descendants, 4);
	ct_int(changed.lease_expires_at, ct_job(tree.conn, tree.root.id)->lease_expires_at);
	cairn_id all[] = { tree.root.id, tree.c.id, tree.d.id, tree.e, tree.f };
	for (size_t i = 0; i < 5; i++) {
		ct_stage_is(tree.conn, all[i], "CANCELED");
		ct_last_event(tree.conn, all[i], CAIRN_EVENT_CANCELED);
	}
	ct_str(ct_job(tree.conn, tree.root.id)->status_reason, "OPERATOR");
	ct_stage_is(tree.conn, other.id, "RUNNING");
	cairn_replay_call call = { .kind = CAIRN_STR("k") };
	cairn_replay_step step;
	ct_status(cairn_replay_step_begin(tree.d.replay, &call, 1, &step, ct_err()), CAIRN_STALE,
		  "run.canceled");
	/* steps under way stay as they are */
	ct_replay_stands(tree.conn, tree.c.id, "CANCELED d=WAITING");
}

static void part_of_a_tree(void)
{
	struct tree tree = tree_of();
	ct_int(ct_cancel_replay(tree.conn, tree.c.id).descendants, 2);
	ct_stage_is(tree.conn, tree.root.id, "RUNNING");
	ct_stage_is(tree.conn, tree.f, "ENQUEUED");
	ct_stage_is(tree.conn, tree.e, "CANCELED");
	/* its parent is told by the step, when it comes there again */
	ct_play again = ct_play_under(tree.conn, tree.root.lease);
	ct_next(ct_child(again.replay, "c"), FAILED);
	ct_next(ct_child(again.replay, "f"), SUSPEND);
}

/* More children than a page has, so that they are read and kept in pieces. */
static void a_wide_tree(void)
{
	enum { WIDE = 1001 };
	cairn_conn *conn = ct_open();
	ct_play root = ct_play_aside(conn);
	cairn_child_new *children = ct_alloc(WIDE * sizeof *children);
	cairn_replay_step *each = ct_alloc(WIDE * sizeof *each);
	for (size_t i = 0; i < WIDE; i++)
		children[i] =
			(cairn_child_new){ .type = CAIRN_STR("t"), .queue = CAIRN_STR("below") };
	ct_ok(cairn_replay_child(root.replay, children, WIDE, each, ct_err()));
	ct_int(ct_cancel_replay(conn, root.id).descendants, WIDE);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_PENDING), 0);
}

static void wakes_a_parent(void)
{
	cairn_conn *conn = ct_open();
	ct_play root = ct_play_aside(conn);
	cairn_id child = ct_child_of(&root, "c", "below");
	ct_play_suspend(&root);
	ct_stage_is(conn, root.id, "SUSPENDED");
	ct_cancel_replay(conn, child);
	ct_play again = ct_play_of(conn, root.id);
	ct_next(ct_child(again.replay, "c"), FAILED);
}

static void again(void)
{
	struct tree tree = tree_of();
	ct_cancel_replay(tree.conn, tree.root.id);
	const char *before = ct_play_snapshot(tree.conn, tree.root.id);
	const char *below = ct_play_snapshot(tree.conn, tree.e);
	ct_advance(CAIRN_SECOND);
	cairn_replay_changed changed = ct_cancel_replay(tree.conn, tree.root.id);
	ct_int(changed.job_status, CAIRN_JOB_CANCELED);
	ct_int(changed.descendants, 0);
	ct_play_unchanged(tree.conn, tree.root.id, before);
	ct_play_unchanged(tree.conn, tree.e, below);
}

static void over_stays_over(void)
{
	struct tree tree = tree_of();
	ct_play_succeed(&tree.root, "[1]");
	const char *before = ct_play_snapshot(tree.conn, tree.root.id);
	const char *below = ct_play_snapshot(tree.conn, tree.c.id);
	cairn_replay_changed changed = ct_cancel_replay(tree.conn, tree.root.id);
	ct_int(changed.job_status, CAIRN_JOB_SUCCEEDED);
	ct_int(changed.descendants, 0);
	ct_play_unchanged(tree.conn, tree.root.id, before);
	/* so do its descendants */
	ct_play_unchanged(tree.conn, tree.c.id, below);
	ct_play failed = ct_play_aside(tree.conn);
	ct_play_fail(&failed, "it.broke");
	ct_int(ct_cancel_replay(tree.conn, failed.id).job_status, CAIRN_JOB_DEAD_LETTERED);
	ct_stage_is(tree.conn, failed.id, "FAILED");
}

/* c has succeeded, and so has e, which is below d. */
static void over_in_between(void)
{
	struct tree tree = tree_of();
	ct_play e = ct_play_of(tree.conn, tree.e);
	ct_play_succeed(&e, "\"e\"");
	ct_play_succeed(&tree.c, "\"c\"");
	const char *c = ct_play_snapshot(tree.conn, tree.c.id);
	const char *d = ct_play_snapshot(tree.conn, tree.d.id);
	const char *below = ct_play_snapshot(tree.conn, tree.e);
	ct_int(ct_cancel_replay(tree.conn, tree.root.id).descendants, 1);
	ct_stage_is(tree.conn, tree.root.id, "CANCELED");
	ct_stage_is(tree.conn, tree.f, "CANCELED");
	ct_play_unchanged(tree.conn, tree.c.id, c);
	ct_play_unchanged(tree.conn, tree.d.id, d);
	ct_play_unchanged(tree.conn, tree.e, below);
	/* d is still at work: canceled by itself, it leaves e alone */
	ct_int(ct_cancel_replay(tree.conn, tree.d.id).descendants, 0);
	ct_stage_is(tree.conn, tree.d.id, "CANCELED");
	ct_play_unchanged(tree.conn, tree.e, below);
}

static void several(void)
{
	cairn_conn *conn = ct_open();
	ct_play a = ct_play_aside(conn);
	ct_play b = ct_play_aside(conn);
	cairn_id child = ct_child_of(&b, "c", "below");
	cairn_id plain = ct_enqueue(conn, "t");
	cairn_id ids[] = { b.id, cairn_id_new(), a.id, plain };
	cairn_replay_changed each[4];
	ct_ok(cairn_replay_cancel(conn, cairn_any(), ids, 4, none, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_int(each[0].descendants, 1);
	ct_each(each[1], CAIRN_NOT_FOUND, "replay.run_not_found");
	ct_int(each[1].job_status, 0);
	ct_each(each[2], CAIRN_OK, NULL);
	ct_int(each[2].descendants, 0);
	ct_each(each[3], CAIRN_OK, NULL);
	ct_int(ct_job(conn, plain)->status, CAIRN_JOB_CANCELED);
	ct_stage_is(conn, child, "CANCELED");
	ct_status(cairn_replay_cancel(conn, cairn_any(), ids + 1, 1, none, NULL, ct_err()),
		  CAIRN_NOT_FOUND, "replay.run_not_found");
}

static void sleeping(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_new(conn);
	ct_sleep(live.replay, CAIRN_HOUR);
	ct_play_suspend(&live);
	cairn_replay_changed changed = ct_cancel_replay(conn, live.id);
	ct_int(changed.lease_expires_at, 0);
	ct_stage_is(conn, live.id, "CANCELED");
	ct_int(ct_memos(conn, live.id)->at[0].status, CAIRN_MEMO_WAITING);
	ct_advance(2 * CAIRN_HOUR);
	ct_claim_none(conn);
}

/* A plain cancel takes no children along: they find out when they begin again. */
static void by_way_of_the_job(void)
{
	struct tree tree = tree_of();
	ct_cancel(tree.conn, tree.root.id);
	ct_stage_is(tree.conn, tree.c.id, "RUNNING");
	ct_stage_is(tree.conn, tree.f, "ENQUEUED");
	cairn_replay *replay = NULL;
	cairn_lease lease = ct_play_claim(tree.conn, tree.f);
	const char *before = ct_play_snapshot(tree.conn, tree.f);
	ct_status(cairn_replay_begin(tree.conn, &lease, NULL, &replay, ct_err()), CAIRN_STALE,
		  "run.canceled");
	ct_true(replay == NULL);
	ct_play_unchanged(tree.conn, tree.f, before);
	/* the grandchild's parent is not canceled */
	ct_play_of(tree.conn, tree.e);
}

static void not_begun(void)
{
	cairn_conn *conn = ct_open();
	ct_play source = ct_play_aside(conn);
	ct_play_did(&source, "one", "1");
	cairn_fork_new fork = ct_fork(source.id, "one");
	cairn_id id = ct_fork_replay(conn, &fork);
	ct_cancel_replay(conn, id);
	ct_replay_stands(conn, id, "CANCELED one=COMPLETED");
	ct_stage_is(conn, source.id, "RUNNING");
	ct_int(ct_attempts(conn, id)->count, 0);
}

/* ---- with others ------------------------------------------------------------------------------ */

/* One who starts a child in a transaction that stays open, and one who cancels its parent meanwhile. */
struct meeting {
	cairn_tx tx;
	cairn_lease lease;
	cairn_id child;
	cairn_replay_changed changed;
};

static void start_child(cairn_conn *conn, void *arg)
{
	struct meeting *meeting = arg;
	ct_ok(cairn_begin(conn, &meeting->tx, ct_err()));
	ct_play live = ct_play_under(conn, meeting->lease);
	meeting->child = ct_child_of(&live, "c", "below");
}

static void cancel_parent(cairn_conn *conn, void *arg)
{
	struct meeting *meeting = arg;
	meeting->changed = ct_cancel_replay(conn, meeting->lease.id);
}

static void a_child_that_is_being_started(void)
{
	cairn_conn *conn = ct_open();
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	struct meeting meeting = { .tx = CAIRN_TX_INIT };
	meeting.lease = ct_play_aside(conn).lease;
	ct_step(a, start_child, &meeting);
	ct_start(b, cancel_parent, &meeting);
	ct_step(a, ct_commit, &meeting.tx);
	ct_join(b);
	ct_stage_is(conn, meeting.lease.id, "CANCELED");
	ct_stage_is(conn, meeting.child, "CANCELED");
	ct_int(meeting.changed.descendants, 1);
}

#define CANCEL .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.cancel.a_run_is_canceled_with_its_tree",
	  CANCEL,
	  .rule = "A run is canceled with all descendants, however deep, and with nobody else; "
		  "their workers learn of it at their next call.",
	  .run = the_whole_tree },
	{ .name = "replays.cancel.part_of_a_tree",
	  CANCEL,
	  .rule = "A child is canceled with what is below it; its parent goes on, and its step "
		  "has failed.",
	  .run = part_of_a_tree },
	{ .name = "replays.cancel.a_suspended_parent_is_woken",
	  CANCEL,
	  .rule = "A parent that waits for a child that is canceled is due at once.",
	  .run = wakes_a_parent },
	{ .name = "replays.cancel.twice_is_once",
	  CANCEL,
	  .rule = "Canceling again is OK and writes nothing.",
	  .run = again },
	{ .name = "replays.cancel.what_is_over_stays",
	  CANCEL,
	  .rule = "A run that is over stays as it is, and so do its descendants; that is OK.",
	  .covers = "smol-19",
	  .run = over_stays_over },
	{ .name = "replays.cancel.however_many_children",
	  CANCEL,
	  .rule = "A run is canceled with all its children, and were they more than a page.",
	  .run = a_wide_tree },
	{ .name = "replays.cancel.a_descendant_that_is_over_stays",
	  CANCEL,
	  .rule = "Of a tree that is canceled what is over stays as it is, and so does what is "
		  "below it.",
	  .run = over_in_between },
	{ .name = "replays.cancel.each_for_itself",
	  CANCEL,
	  .rule = "Of several runs each is told for itself; one that never began is canceled like "
		  "the others, what is no job is not found.",
	  .run = several },
	{ .name = "replays.cancel.a_sleeping_run",
	  CANCEL,
	  .rule = "A suspended run is canceled at once; its sleep does not complete, and nobody "
		  "claims it when it is time.",
	  .run = sleeping },
	{ .name = "replays.cancel.by_way_of_the_job_children_find_out",
	  CANCEL,
	  .rule = "Canceling the job alone takes no children along; a child of a canceled run is "
		  "refused as canceled when it begins, and nothing is written.",
	  .run = by_way_of_the_job },
	{ .name = "replays.cancel.before_it_began",
	  CANCEL,
	  .rule = "A run that nobody began yet is canceled and never executed.",
	  .covers = "smol-16",
	  .run = not_begun },
	{ .name = "replays.cancel.a_child_that_is_being_started",
	  .kind = CT_INTERLEAVE,
	  .store = CT_REPLAYS,
	  .rule = "A run that is canceled while it starts a child is canceled with that child.",
	  .run = a_child_that_is_being_started },
};

CT_GROUP(replay_cancel, cases);
