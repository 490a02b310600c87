/*
 * replay_child.c - child runs: started by a step, waited for by nobody, remembered with how they ended. (at the same time
 * as what they meet: replay_wake.c)
 */
#include "ct_replay.h"

static cairn_replay_step start(const ct_play *play, const cairn_child_new *child)
{
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_child(play->replay, child, 1, &step, ct_err()));
	return step;
}

/* Starts a child under "c", suspends, and begins the child. */
static ct_play child_of(cairn_conn *conn, const ct_play *parent)
{
	cairn_replay_step step = ct_child(parent->replay, "c");
	ct_next(step, SUSPEND);
	ct_play_suspend(parent);
	ct_play child = { .id = step.child };
	ct_play_on(conn, &child);
	return child;
}

static void a_row_of_its_own(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	cairn_child_new child = { .type = CAIRN_STR("u"),
				  .input = CAIRN_STR("{ \"n\": 1 }"),
				  .name = CAIRN_STR("first"),
				  .queue = CAIRN_STR("children"),
				  .owner = CAIRN_STR("me"),
				  .timeout = CAIRN_MINUTE,
				  .max_attempts = 3,
				  .priority = 7,
				  .set = CAIRN_JOB_PRIORITY };
	ct_define(conn, "t");
	ct_define(conn, "u");
	job.tenant = CAIRN_STR("acme");
	ct_play play = { .id = ct_add(conn, &job) };
	ct_play_on(conn, &play);
	cairn_replay_step step = start(&play, &child);
	ct_each(step, CAIRN_OK, NULL);
	ct_next(step, SUSPEND);
	ct_int(step.until, 0);
	ct_str(step.name, "first");
	const cairn_replay_run *run = ct_played(conn, step.child);
	ct_id(run->parent, play.id);
	ct_id(run->root, play.id);
	ct_str(run->scope, "first");
	ct_int(run->status, CAIRN_REPLAY_ENQUEUED);
	ct_int(run->attempt, 0);
	ct_int(run->fence, 0);
	const cairn_job *row = ct_job(conn, step.child);
	ct_str(row->type, "u");
	ct_str(row->payload, "{ \"n\": 1 }");
	ct_str(row->tenant, "acme");
	ct_str(row->queue, "children");
	ct_str(row->owner, "me");
	ct_str(row->key, NULL);
	ct_int(row->timeout, CAIRN_MINUTE);
	ct_int(row->max_attempts, 3);
	ct_int(row->priority, 7);
	ct_int(row->replay, 1);
	ct_int(row->run_at, ct_now());
	ct_text(ct_timeline(conn, step.child), "ENQUEUED");
	const cairn_memo *memo = ct_memo(conn, play.id, "first");
	ct_int(memo->verb, CAIRN_MEMO_CHILD);
	ct_int(memo->status, CAIRN_MEMO_WAITING);
	ct_id(memo->child, step.child);
	ct_str(memo->kind, "child");
	ct_int(memo->wake_at, 0);
	ct_int(ct_played(conn, play.id)->children, 1);
}

static void defaults(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_child(play.replay, NULL);
	const cairn_job *row = ct_job(conn, step.child);
	ct_str(row->payload, "{}");
	ct_str(row->queue, "default");
	ct_str(row->tenant, NULL);
	ct_str(row->owner, NULL);
	ct_int(row->max_attempts, 8);
	ct_same(ct_played(conn, step.child)->scope, step.name);
}

static void its_outcome_is_remembered(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	ct_play child = child_of(conn, &parent);
	ct_int(ct_played(conn, child.id)->attempt, 1);
	ct_stage_is(conn, parent.id, "SUSPENDED");
	ct_do(child.replay, "a", "1");
	ct_advance(CAIRN_SECOND);
	ct_claim_none(conn);
	ct_play_succeed(&child, "{ \"sum\": 3 }");
	ct_stage_is(conn, parent.id, "ENQUEUED");
	ct_int(ct_job(conn, parent.id)->run_at, ct_now());
	ct_play_on(conn, &parent);
	ct_int(ct_played(conn, parent.id)->attempt, 1);
	cairn_replay_step step = ct_child(parent.replay, "c");
	ct_result(step, "{ \"sum\": 3 }");
	ct_id(step.child, child.id);
	ct_text(ct_remembers(conn, parent.id), "c=COMPLETED");
	ct_play_retry(conn, &parent);
	ct_budget(conn);
	step = ct_child(parent.replay, "c");
	ct_spent(conn, 0, "a child that is over", 1);
	ct_result(step, "{ \"sum\": 3 }");
	ct_int(step.replayed, 1);
	ct_int(ct_count_jobs(conn, 0), 2);
}

static void without_output(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	ct_play child = child_of(conn, &parent);
	ct_play_succeed(&child, NULL);
	ct_play_on(conn, &parent);
	cairn_replay_step step = ct_child(parent.replay, "c");
	ct_result(step, "null");
}

static void a_child_that_never_begins(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	cairn_replay_step step = ct_child(parent.replay, "c");
	ct_play_suspend(&parent);
	/* Its handler is a plain one. */
	cairn_finish finish = ct_success(ct_play_claim(conn, step.child));
	finish.output = CAIRN_STR("[7]");
	ct_finish(conn, finish);
	ct_play_on(conn, &parent);
	step = ct_child(parent.replay, "c");
	ct_result(step, "[7]");
}

static void over_before_it_suspends(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	cairn_replay_step step = ct_child(parent.replay, "c");
	ct_finish(conn, ct_success(ct_play_claim(conn, step.child)));
	cairn_replay *again = ct_play_begin(conn, parent.lease, NULL);
	step = ct_child(again, "c");
	ct_result(step, "null");
}

/* ---- failures ---------------------------------------------------------------------------------------- */

static void a_failed_child(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	ct_play child = child_of(conn, &parent);
	/* Not while attempts are left. */
	ct_play_retry(conn, &child);
	ct_stage_is(conn, parent.id, "SUSPENDED");
	ct_play_fail(&child, "child.broken");
	ct_play_on(conn, &parent);
	cairn_replay_step step = ct_child(parent.replay, "c");
	ct_next(step, FAILED);
	ct_str(step.error_code, "child.broken");
	ct_str(step.error_message, "it broke");
	ct_id(step.child, child.id);
	const cairn_memo *memo = ct_memo(conn, parent.id, "c");
	ct_int(memo->status, CAIRN_MEMO_FAILED);
	ct_int(memo->ended_at, ct_now());
	/* The parent may live with it. */
	ct_do(parent.replay, "instead", "1");
	ct_play_succeed(&parent, NULL);
}

static void a_lost_child(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	cairn_child_new once = { .type = CAIRN_STR("t"),
				 .name = CAIRN_STR("c"),
				 .max_attempts = 1 };
	cairn_replay_step step = start(&parent, &once);
	ct_play_suspend(&parent);
	ct_play child = { .id = step.child };
	ct_play_on(conn, &child);
	ct_advance(CT_REPLAY_LEASE + 1);
	ct_claim_none(conn);
	ct_reap(conn, 1);
	ct_stage_is(conn, child.id, "FAILED");
	ct_play_on(conn, &parent);
	step = start(&parent, &once);
	ct_next(step, FAILED);
	ct_str(step.error_code, "job.lease_expired");
}

static void a_canceled_child(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	ct_play child = child_of(conn, &parent);
	ct_cancel(conn, child.id);
	ct_stage_is(conn, child.id, "CANCELED");
	ct_play_on(conn, &parent);
	cairn_replay_step step = ct_child(parent.replay, "c");
	ct_next(step, FAILED);
	ct_str(step.error_code, "replay.child_lost");
	ct_str(step.error_message, cairn_code_message(CAIRN_E_REPLAY_CHILD_LOST));
	ct_stage_is(conn, parent.id, "RUNNING");
}

/* Begun in the parent's first attempt, it fails in the second, and has failed in that one. */
static void failed_later(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	cairn_replay_step step = ct_child(parent.replay, "c");
	ct_play child = { .id = step.child };
	ct_play_on(conn, &child);
	ct_play_retry(conn, &parent);
	ct_next(ct_child(parent.replay, "c"), SUSPEND);
	ct_play_suspend(&parent);
	ct_play_fail(&child, "child.broken");
	ct_play_on(conn, &parent);
	ct_next(ct_child(parent.replay, "c"), FAILED);
	ct_int(ct_memo(conn, parent.id, "c")->last_attempt, 2);
	ct_sleep(parent.replay, CAIRN_MINUTE);
	ct_play_sleep(conn, &parent);
	step = ct_child(parent.replay, "c");
	ct_next(step, FAILED);
	ct_id(step.child, child.id);
}

static void a_canceled_waiting_child(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	cairn_replay_step step = ct_child(parent.replay, "c");
	cairn_replay_changed changed = { .status = CAIRN_INTERNAL };
	ct_play_suspend(&parent);
	ct_ok(cairn_replay_cancel(conn, cairn_any(), &step.child, 1, CAIRN_STR("no need"), &changed,
				  ct_err()));
	ct_each(changed, CAIRN_OK, NULL);
	ct_play_on(conn, &parent);
	step = ct_child(parent.replay, "c");
	ct_next(step, FAILED);
}

static void anew(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	ct_play child = child_of(conn, &parent);
	ct_do(child.replay, "a", "1");
	ct_play_fail(&child, "child.broken");
	ct_play_on(conn, &parent);
	cairn_replay_step step = ct_child(parent.replay, "c");
	ct_next(step, FAILED);
	ct_sleep(parent.replay, CAIRN_MINUTE);
	ct_play_sleep(conn, &parent);
	/* Not after a suspension: it is the same attempt. */
	step = ct_child(parent.replay, "c");
	ct_next(step, FAILED);
	ct_id(step.child, child.id);
	ct_play_retry(conn, &parent);
	step = ct_child(parent.replay, "c");
	ct_next(step, SUSPEND);
	ct_int(step.attempts, 2);
	ct_true(cairn_id_compare(step.child, child.id) != 0);
	ct_id(ct_played(conn, step.child)->parent, parent.id);
	ct_str(ct_played(conn, step.child)->scope, "c");
	ct_play_suspend(&parent);
	ct_play second = { .id = step.child };
	ct_play_on(conn, &second);
	ct_int(ct_played(conn, second.id)->steps, 0);
	ct_play_succeed(&second, "2");
	ct_play_on(conn, &parent);
	step = ct_child(parent.replay, "c");
	ct_result(step, "2");
	ct_stage_is(conn, child.id, "FAILED");
	ct_int(ct_played(conn, parent.id)->children, 2);
}

static void a_success_stays(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	ct_play child = child_of(conn, &parent);
	ct_play_succeed(&child, "1");
	/* Whoever takes over asks for it again. */
	ct_play_on(conn, &parent);
	ct_play_takeover(conn, &parent);
	cairn_replay_step step = ct_child(parent.replay, "c");
	ct_result(step, "1");
	ct_id(step.child, child.id);
	ct_int(ct_count_jobs(conn, 0), 2);
}

/* ---- definitions --------------------------------------------------------------------------------------- */

static void without_definition(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_child_new children[3] = { { .type = CAIRN_STR("unknown") },
					{ .type = CAIRN_STR("t") },
					{ .type = CAIRN_STR("off") } };
	cairn_replay_step each[3];
	ct_define(conn, "off");
	ct_disable(conn, "off", 1);
	ct_ok(cairn_replay_child(play.replay, children, 3, each, ct_err()));
	ct_each(each[0], CAIRN_INVALID, "job.definition_not_found_or_disabled");
	ct_each(each[1], CAIRN_OK, NULL);
	ct_each(each[2], CAIRN_INVALID, "job.definition_not_found_or_disabled");
	ct_next(each[1], SUSPEND);
	ct_int(each[1].seq, 1);
	ct_int(ct_played(conn, play.id)->steps, 1);
	ct_int(ct_count_jobs(conn, 0), 2);
	/* With a definition it is started. */
	ct_disable(conn, "off", 0);
	cairn_replay *again = ct_play_begin(conn, play.lease, NULL);
	ct_ok(cairn_replay_child(again, children, 3, each, ct_err()));
	ct_each(each[2], CAIRN_OK, NULL);
	ct_next(each[2], SUSPEND);
	ct_int(each[2].seq, 2);
}

static void malformed(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_child_new bad[] = { { .type = CAIRN_STR("") },
				  { .type = CAIRN_STR("t"), .input = CAIRN_STR("{") },
				  { .type = CAIRN_STR("t"), .name = CAIRN_STR("a#2") },
				  { .type = CAIRN_STR("t"), .max_attempts = -1 },
				  { .type = CAIRN_STR("t"), .timeout = -1 },
				  { .type = CAIRN_STR("t"), .reserved0_ = 1 } };
	const char *before = ct_play_snapshot(conn, play.id);
	cairn_replay_step each[2];
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cairn_child_new both[] = { { .type = CAIRN_STR("t") }, bad[i] };
		ct_status(cairn_replay_child(play.replay, both, 2, each, ct_err()), CAIRN_INVALID,
			  NULL);
		ct_int(ct_last()->index, 1);
	}
	ct_play_unchanged(conn, play.id, before);
	ct_int(ct_count_jobs(conn, 0), 1);
}

/* ---- trees ----------------------------------------------------------------------------------------------- */

static void nobody_collides(void)
{
	cairn_conn *conn = ct_open();
	cairn_replay_call call = ct_call("http.get", NULL);
	ct_play parent = ct_play_new(conn);
	cairn_replay_step of_parent = ct_ask(parent.replay, &call);
	ct_step_complete(parent.replay, &of_parent, "\"parent\"");
	const char *name = ct_format("%.*s", (int)of_parent.name.len, of_parent.name.ptr);
	ct_play child = child_of(conn, &parent);
	cairn_replay_step of_child = ct_ask(child.replay, &call);
	ct_next(of_child, RUN);
	ct_step_complete(child.replay, &of_child, "\"child\"");
	ct_true(strcmp(name, "step:sig_989f40ed00c5a63b32517e39") != 0);
	/* SHA-256 of {"input":null,"kind":"http.get","scope":"c"} */
	ct_str(of_child.name, "step:sig_989f40ed00c5a63b32517e39");
	ct_play_succeed(&child, NULL);
	ct_play_on(conn, &parent);
	of_parent = ct_ask(parent.replay, &call);
	ct_result(of_parent, "\"parent\"");
	ct_text(ct_remembers(conn, parent.id), ct_format("%s=COMPLETED c=WAITING", name));
}

static void a_child_of_a_child(void)
{
	cairn_conn *conn = ct_open();
	ct_play root = ct_play_new(conn);
	ct_play child = child_of(conn, &root);
	ct_play leaf = child_of(conn, &child);
	const cairn_replay_run *run = ct_played(conn, leaf.id);
	ct_id(run->root, root.id);
	ct_id(run->parent, child.id);
	ct_play_succeed(&leaf, "1");
	ct_stage_is(conn, root.id, "SUSPENDED");
	ct_play_on(conn, &child);
	cairn_replay_step step = ct_child(child.replay, "c");
	ct_result(step, "1");
	ct_play_succeed(&child, "2");
	ct_play_on(conn, &root);
	step = ct_child(root.replay, "c");
	ct_result(step, "2");
	cairn_replay_filter filter = { .size = sizeof(filter),
				       .scope = cairn_any(),
				       .root = root.id };
	cairn_replay_runs *tree = NULL;
	ct_ok(cairn_replay_list(conn, &filter, &tree, ct_err()));
	ct_later(tree);
	ct_int(tree->count, 3);
}

/* The first one that is due there, which must be this. */
static void kid_succeeds(cairn_conn *conn, cairn_id id, const char *output)
{
	cairn_finish finish = ct_success(ct_play_claim(conn, id));
	finish.output = cairn_str_of(output);
	ct_finish(conn, finish);
}

static void several_at_once(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	cairn_child_new children[3] = { { .input = CAIRN_STR("[1]") },
					{ .input = CAIRN_STR("[1]") },
					{ .input = CAIRN_STR("[3]") } };
	cairn_replay_step each[3];
	for (size_t i = 0; i < 3; i++) {
		children[i].type = CAIRN_STR("t");
		children[i].queue = CAIRN_STR("kids");
	}
	ct_budget(conn);
	ct_ok(cairn_replay_child(parent.replay, children, 3, each, ct_err()));
	ct_spent(conn, 1, "children", 3);
	cairn_id ids[3] = { each[0].child, each[1].child, each[2].child };
	for (size_t turn = 0; turn < 3; turn++) {
		for (size_t i = turn; i < 3; i++) {
			ct_each(each[i], CAIRN_OK, NULL);
			ct_next(each[i], SUSPEND);
			ct_int(each[i].seq, i + 1);
		}
		ct_play_suspend(&parent);
		ct_claim_none(conn);
		kid_succeeds(conn, ids[turn], ct_format("%zu", turn));
		/* Each end wakes it; it goes on waiting for the others. */
		ct_play_on(conn, &parent);
		ct_ok(cairn_replay_child(parent.replay, children, 3, each, ct_err()));
		for (size_t i = 0; i <= turn; i++)
			ct_result(each[i], ct_format("%zu", i));
	}
	ct_int(ct_played(conn, parent.id)->attempt, 1);
	ct_int(ct_played(conn, parent.id)->completed, 3);
}

static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	const char *before = ct_play_snapshot(conn, parent.id);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_replay_step step = ct_child(parent.replay, "c");
	ct_true(ct_exists(conn, step.child));
	cairn_rollback(&tx);
	ct_true(!ct_exists(conn, step.child));
	ct_play_unchanged(conn, parent.id, before);
}

#define VERB .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.child.is_a_run_of_its_own",
	  VERB,
	  .rule = "A child is a job and a run of its own, of the parent's tenant and root, with "
		  "the step's name as "
		  "scope.",
	  .run = a_row_of_its_own },
	{ .name = "replays.child.what_is_absent_has_defaults",
	  VERB,
	  .rule = "Queue, payload, owner and attempts of a child default as those of any job.",
	  .run = defaults },
	{ .name = "replays.child.its_outcome_is_remembered",
	  VERB,
	  .rule = "The parent is suspended until the child has ended, due at once then, and "
		  "remembers its output.",
	  .covers = "smol-71",
	  .run = its_outcome_is_remembered },
	{ .name = "replays.child.without_output_it_is_null",
	  VERB,
	  .rule = "A child that succeeded without an output is RESULT with null.",
	  .run = without_output },
	{ .name = "replays.child.it_need_not_begin",
	  VERB,
	  .rule = "A child whose handler remembers nothing ends its parent's step all the same.",
	  .run = a_child_that_never_begins },
	{ .name = "replays.child.over_before_the_parent_suspends",
	  VERB,
	  .rule = "A child that ended while its parent still runs is found so.",
	  .run = over_before_it_suspends },
	{ .name = "replays.child.a_failure_is_told",
	  VERB,
	  .rule = "A child that failed for good is FAILED with its error; not one that is tried "
		  "again.",
	  .run = a_failed_child },
	{ .name = "replays.child.a_lost_one_is_told",
	  VERB,
	  .rule = "A child whose last lease ran out wakes its parent when it is taken back.",
	  .run = a_lost_child },
	{ .name = "replays.child.a_canceled_one_is_told",
	  VERB,
	  .rule = "A child that was canceled is FAILED; its parent goes on.",
	  .run = a_canceled_child },
	{ .name = "replays.child.one_canceled_before_it_began_is_told",
	  VERB,
	  .rule = "A child that was canceled while it waited wakes its parent, too.",
	  .run = a_canceled_waiting_child },
	{ .name = "replays.child.a_retried_parent_starts_it_anew",
	  VERB,
	  .rule = "A child that failed is started anew in a later attempt of the parent, and not "
		  "after a suspension.",
	  .run = anew },
	{ .name = "replays.child.fails_in_the_attempt_that_is_told",
	  VERB,
	  .rule = "A child that was begun in a former attempt and fails in this one is FAILED for "
		  "all of "
		  "this one.",
	  .run = failed_later },
	{ .name = "replays.child.a_success_is_never_started_anew",
	  VERB,
	  .rule = "A child that succeeded is found again, whoever asks.",
	  .covers = "smol-71",
	  .run = a_success_stays },
	{ .name = "replays.child.needs_a_definition",
	  VERB,
	  .rule = "A type without an enabled definition is told in its step; nothing is written "
		  "for it.",
	  .run = without_definition },
	{ .name = "replays.child.what_is_none_is_refused",
	  VERB,
	  .rule = "A child that could be no job fails the whole call.",
	  .run = malformed },
	{ .name = "replays.child.nobody_collides",
	  VERB,
	  .rule = "The same call in parent and child is two steps with two names.",
	  .covers = "smol-71",
	  .run = nobody_collides },
	{ .name = "replays.child.of_a_child",
	  VERB,
	  .rule = "Children have children; all have one root, and each wakes its own parent.",
	  .run = a_child_of_a_child },
	{ .name = "replays.child.several_at_once",
	  VERB,
	  .rule = "Children of one call are started in one round trip, and each end wakes the "
		  "parent.",
	  .run = several_at_once },
	{ .name = "replays.child.inside_the_callers_transaction",
	  VERB,
	  .rule = "A child that was started in a transaction is gone with its rollback.",
	  .run = in_a_transaction },
};

CT_GROUP(replay_child, cases);
