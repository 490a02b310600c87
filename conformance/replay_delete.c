/*
 * replay_delete.c - trees of runs deleted: which, with what, and never a live one; what of jobs deletes no run; and
 * runs that are steps of graphs.
 */
#include "ct_ledger.h"
#include "ct_workflow.h"

static cairn_replay_delete_opts all(void)
{
	return (cairn_replay_delete_opts){ .size = sizeof(cairn_replay_delete_opts),
					   .scope = cairn_any() };
}

static cairn_replay_deleted deleted(cairn_conn *conn, const cairn_replay_delete_opts *opts)
{
	cairn_replay_deleted gone = { .roots = 99 };
	ct_ok(cairn_replay_delete(conn, opts, &gone, ct_err()));
	return gone;
}

static void counts_are(const cairn_replay_deleted *gone, size_t roots, size_t descendants,
		       size_t steps, size_t live)
{
	ct_int(gone->roots, roots);
	ct_int(gone->descendants, descendants);
	ct_int(gone->steps, steps);
	ct_int(gone->live, live);
}

/* A root and a child of it, both over: four steps, two signals, two entries. */
static cairn_id tree(cairn_conn *conn, cairn_id *child)
{
	ct_play root = ct_play_aside(conn);
	ct_play_paid(&root, "one", "a", 7);
	ct_signal(conn, root.id, "go", "1");
	ct_signal(conn, root.id, "go", "2");
	ct_next(ct_await(root.replay, "go", -1), RESULT);
	ct_play below = ct_play_of(conn, ct_child_of(&root, "c", "below"));
	ct_play_paid(&below, "its", "a", 5);
	ct_play_succeed(&below, "1");
	ct_play_succeed(&root, "2");
	*child = below.id;
	return root.id;
}

static cairn_id ended(cairn_conn *conn, const char *type, enum cairn_replay_status status)
{
	ct_define(conn, type);
	ct_play live = ct_play_job(conn, ct_new(type));
	if (status == CAIRN_REPLAY_SUCCEEDED)
		ct_play_succeed(&live, NULL);
	else if (status == CAIRN_REPLAY_FAILED)
		ct_play_fail(&live, "it.broke");
	else
		ct_cancel_replay(conn, live.id);
	return live.id;
}

/* ---- what goes ------------------------------------------------------------------------------- */

static void with_everything(void)
{
	cairn_conn *conn = ct_open();
	cairn_id child;
	cairn_id other_child;
	cairn_id root = tree(conn, &child);
	cairn_id other = tree(conn, &other_child);
	const char *before = ct_play_snapshot(conn, other);
	cairn_replay_delete_opts opts = all();
	opts.run = root;
	cairn_replay_deleted gone = deleted(conn, &opts);
	counts_are(&gone, 1, 1, 4, 0);
	ct_int(gone.signals, 2);
	ct_int(gone.entries, 2);
	ct_replay_gone(conn, root);
	ct_replay_gone(conn, child);
	ct_play_unchanged(conn, other, before);
	ct_ledger(conn, other);
	gone = deleted(conn, &opts);
	counts_are(&gone, 0, 0, 0, 0);
	opts = all();
	gone = deleted(conn, &opts);
	counts_are(&gone, 1, 1, 4, 0);
	ct_int(ct_count_jobs(conn, 0), 0);
}

static void dry(void)
{
	cairn_conn *conn = ct_open();
	cairn_id child;
	cairn_id root = tree(conn, &child);
	ended(conn, "u", CAIRN_REPLAY_FAILED);
	cairn_replay_delete_opts opts = all();
	const char *before = ct_play_snapshot(conn, root);
	const char *below = ct_play_snapshot(conn, child);
	opts.dry = 1;
	cairn_replay_deleted told = deleted(conn, &opts);
	counts_are(&told, 2, 1, 4, 0);
	ct_int(told.signals, 2);
	ct_int(told.entries, 2);
	ct_play_unchanged(conn, root, before);
	ct_play_unchanged(conn, child, below);
	ct_int(ct_count_jobs(conn, 0), 3);
	opts.dry = 0;
	cairn_replay_deleted gone = deleted(conn, &opts);
	ct_true(memcmp(&told, &gone, sizeof told) == 0);
}

static void by_status_and_type(void)
{
	cairn_conn *conn = ct_open();
	cairn_id good = ended(conn, "t", CAIRN_REPLAY_SUCCEEDED);
	ended(conn, "t", CAIRN_REPLAY_FAILED);
	ended(conn, "u", CAIRN_REPLAY_FAILED);
	cairn_id canceled = ended(conn, "u", CAIRN_REPLAY_CANCELED);
	ct_set_now(ct_job(conn, canceled)->lease_expires_at);
	cairn_replay_delete_opts opts = all();
	opts.statuses = 1u << CAIRN_REPLAY_FAILED;
	cairn_replay_deleted gone = deleted(conn, &opts);
	counts_are(&gone, 2, 0, 0, 0);
	ct_int(ct_count_jobs(conn, 0), 2);
	opts.statuses = 0;
	opts.type = CAIRN_STR("u");
	gone = deleted(conn, &opts);
	counts_are(&gone, 1, 0, 0, 0);
	ct_replay_gone(conn, canceled);
	ct_stage_is(conn, good, "SUCCEEDED");
	/* only what is over can be chosen */
	opts.statuses = 1u << CAIRN_REPLAY_RUNNING;
	ct_status(cairn_replay_delete(conn, &opts, &gone, ct_err()), CAIRN_INVALID, NULL);
	opts.statuses = 1u << 7;
	ct_status(cairn_replay_delete(conn, &opts, &gone, ct_err()), CAIRN_INVALID, NULL);
}

static void by_age_oldest_first(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[4];
	/* those that began last are over first */
	ct_play lives[4];
	for (int i = 0; i < 4; i++)
		lives[i] = ct_play_aside(conn);
	for (int i = 3; i >= 0; i--) {
		ct_advance(CAIRN_SECOND);
		ct_play_succeed(&lives[i], NULL);
		ids[i] = lives[i].id;
	}
	cairn_replay_delete_opts opts = all();
	opts.age = 3 * CAIRN_SECOND + 1;
	cairn_replay_deleted gone = deleted(conn, &opts);
	ct_int(gone.roots, 0);
	opts.age--;
	gone = deleted(conn, &opts);
	ct_int(gone.roots, 1);
	ct_replay_gone(conn, ids[3]);
	opts.age = 0;
	opts.limit = 2;
	gone = deleted(conn, &opts);
	ct_int(gone.roots, 2);
	ct_replay_gone(conn, ids[2]);
	ct_replay_gone(conn, ids[1]);
	ct_true(ct_exists(conn, ids[0]));
	opts.age = -1;
	ct_status(cairn_replay_delete(conn, &opts, &gone, ct_err()), CAIRN_INVALID, NULL);
}

/* ---- what stays --------------------------------------------------------------------------------- */

static void never_a_live_tree(void)
{
	cairn_conn *conn = ct_open();
	ct_play root = ct_play_aside(conn);
	cairn_id child = ct_child_of(&root, "c", "below");
	cairn_replay_delete_opts opts = all();
	cairn_replay_deleted gone = deleted(conn, &opts);
	/* a root that is not over does not fit at all */
	counts_are(&gone, 0, 0, 0, 0);
	ct_play_succeed(&root, NULL);
	const char *before = ct_play_snapshot(conn, root.id);
	for (int begun = 0; begun < 2; begun++) {
		for (uint32_t dryly = 0; dryly < 2; dryly++) {
			opts.dry = dryly;
			gone = deleted(conn, &opts);
			counts_are(&gone, 0, 0, 0, 1);
			ct_play_unchanged(conn, root.id, before);
		}
		if (!begun)
			ct_play_of(conn, child);
	}
	opts.run = root.id;
	opts.dry = 0;
	gone = deleted(conn, &opts);
	counts_are(&gone, 0, 0, 0, 1);
	ct_cancel_replay(conn, child);
	/* whoever is at it still holds the lease */
	gone = deleted(conn, &opts);
	counts_are(&gone, 0, 0, 0, 1);
	ct_set_now(ct_job(conn, child)->lease_expires_at - 1);
	gone = deleted(conn, &opts);
	counts_are(&gone, 0, 0, 0, 1);
	ct_advance(1);
	gone = deleted(conn, &opts);
	counts_are(&gone, 1, 1, 1, 0);
	ct_replay_gone(conn, child);
}

static void only_by_the_root(void)
{
	cairn_conn *conn = ct_open();
	cairn_id child;
	cairn_id root = tree(conn, &child);
	cairn_replay_delete_opts opts = all();
	opts.run = child;
	cairn_replay_deleted gone = deleted(conn, &opts);
	counts_are(&gone, 0, 0, 0, 0);
	ct_true(ct_exists(conn, child));
	opts.run = cairn_id_new();
	gone = deleted(conn, &opts);
	counts_are(&gone, 0, 0, 0, 0);
	opts.run = ct_make(conn, "t", CAIRN_JOB_SUCCEEDED).id;
	gone = deleted(conn, &opts);
	counts_are(&gone, 0, 0, 0, 0);
	ct_true(ct_exists(conn, opts.run));
	ct_true(ct_exists(conn, root));
}

static void forks_stay(void)
{
	cairn_conn *conn = ct_open();
	cairn_id child;
	cairn_id root = tree(conn, &child);
	cairn_fork_new fork = ct_fork(root, "one");
	cairn_id run = ct_fork_replay(conn, &fork);
	cairn_replay_delete_opts opts = all();
	opts.run = root;
	ct_int(deleted(conn, &opts).roots, 1);
	ct_replay_stands(conn, run, "ENQUEUED one=COMPLETED");
	ct_id(ct_played(conn, run)->source, root);
	ct_play again = ct_play_of(conn, run);
	ct_play_knows(&again, "one", "1");
}

static void jobs_leave_runs_alone(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition definition = { .type = CAIRN_STR("t"), .retention = CAIRN_SECOND };
	cairn_prune_opts opts = { .size = sizeof(opts), .scope = cairn_any() };
	size_t pruned = 0;
	cairn_id child;
	cairn_id root = tree(conn, &child);
	cairn_id plain = ct_make(conn, "t", CAIRN_JOB_SUCCEEDED).id;
	ct_ok(cairn_job_define(conn, &definition, 1, ct_err()));
	ct_advance(CAIRN_HOUR);
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	ct_int(pruned, 1);
	ct_true(!ct_exists(conn, plain));
	ct_make(conn, "t", CAIRN_JOB_SUCCEEDED);
	const char *before = ct_play_snapshot(conn, root);
	ct_advance(CAIRN_HOUR);
	opts.age = CAIRN_SECOND;
	opts.statuses = 1u << CAIRN_JOB_SUCCEEDED | 1u << CAIRN_JOB_DEAD_LETTERED |
			1u << CAIRN_JOB_CANCELED;
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	ct_int(pruned, 1);
	ct_play_unchanged(conn, root, before);
	ct_true(ct_exists(conn, child));
}

/* One who resumes a run in a transaction that stays open, and one who deletes what is over meanwhile. */
struct meeting {
	cairn_tx tx;
	cairn_id run;
	cairn_replay_deleted gone;
};

static void begin_and_resume(cairn_conn *conn, void *arg)
{
	struct meeting *meeting = arg;
	cairn_resume resume = ct_resumption(meeting->run);
	meeting->tx = (cairn_tx)CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &meeting->tx, ct_err()));
	ct_resume_replay(conn, &resume);
}

static void delete_all(cairn_conn *conn, void *arg)
{
	struct meeting *meeting = arg;
	cairn_replay_delete_opts opts = all();
	meeting->gone = deleted(conn, &opts);
}

static void what_is_being_resumed(void)
{
	cairn_conn *conn = ct_open();
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	struct meeting meeting = { .run = ended(conn, "t", CAIRN_REPLAY_FAILED) };
	ct_step(a, begin_and_resume, &meeting);
	ct_start(b, delete_all, &meeting);
	ct_step(a, ct_commit, &meeting.tx);
	ct_join(b);
	ct_int(meeting.gone.roots, 0);
	ct_replay_stands(conn, meeting.run, "ENQUEUED");
	ct_play live = ct_play_of(conn, meeting.run);
	ct_play_fail(&live, "it.broke");
	ct_step(a, begin_and_resume, &meeting);
	ct_step(a, ct_rollback, &meeting.tx);
	ct_step(b, delete_all, &meeting);
	ct_int(meeting.gone.roots, 1);
	ct_replay_gone(conn, meeting.run);
}

/* ---- steps of graphs --------------------------------------------------------------------------------- */

/* a may continue, b waits for its success; a's job begins a replay run with a child. */
static cairn_id graph(cairn_conn *conn)
{
	cairn_run_new dag = ct_dag("a b:a!");
	ct_dag_step(&dag, "a")->set = CAIRN_STEP_CONTINUES;
	ct_define(conn, "t");
	return ct_add_run(conn, &dag);
}

static void a_step_of_a_graph(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = graph(conn);
	ct_play live = ct_play_under(conn, ct_claim_step(conn, run, "a"));
	cairn_replay_step step;
	ct_play_did(&live, "one", "1");
	ct_ok(cairn_replay_sleep(live.replay, CAIRN_HOUR, &step, ct_err()));
	ct_play_suspend(&live);
	ct_stage_is(conn, live.id, "SUSPENDED");
	ct_int(ct_run_step(conn, run, "b")->status, CAIRN_STEP_BLOCKED);
	ct_advance(CAIRN_HOUR);
	live = ct_play_under(conn, ct_claim_step(conn, run, "a"));
	ct_play_knows(&live, "one", "1");
	cairn_id child = ct_child_of(&live, "c", "below");
	ct_play_suspend(&live);
	ct_play below = ct_play_of(conn, child);
	ct_play_succeed(&below, "2");
	live = ct_play_under(conn, ct_claim_step(conn, run, "a"));
	ct_next(ct_child(live.replay, "c"), RESULT);
	ct_play_succeed(&live, "3");
	ct_stands(conn, run, "RUNNING a=SUCCEEDED b=ENQUEUED");
	ct_str(ct_run_step(conn, run, "a")->output, "3");
	ct_finish(conn, ct_success(ct_claim_step(conn, run, "b")));
	ct_int(ct_run(conn, run)->status, CAIRN_RUN_SUCCEEDED);
	/* it goes with its graph, not by itself */
	cairn_replay_delete_opts opts = all();
	cairn_replay_deleted gone = deleted(conn, &opts);
	counts_are(&gone, 0, 0, 0, 0);
	opts.run = live.id;
	gone = deleted(conn, &opts);
	counts_are(&gone, 0, 0, 0, 0);
	cairn_run_prune_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	size_t pruned = 0;
	ct_ok(cairn_run_prune(conn, &filter, &pruned, ct_err()));
	ct_int(pruned, 1);
	ct_replay_gone(conn, live.id);
	ct_replay_gone(conn, child);
	ct_int(ct_count_jobs(conn, 0), 0);
}

static void a_step_that_may_not(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a b:a!");
	ct_play live = ct_play_under(conn, ct_claim_step(conn, run, "a"));
	cairn_replay_step step;
	ct_ok(cairn_replay_sleep(live.replay, CAIRN_HOUR, &step, ct_err()));
	const char *before = ct_play_snapshot(conn, live.id);
	ct_status(cairn_replay_suspend(live.replay, ct_err()), CAIRN_INVALID,
		  "job.workflow_handler_continuation_not_enabled");
	ct_play_unchanged(conn, live.id, before);
	ct_play_succeed(&live, NULL);
	ct_stands(conn, run, "RUNNING a=SUCCEEDED b=ENQUEUED");
}

#define DELETE .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.delete.a_tree_goes_with_everything",
	  DELETE,
	  .rule = "A tree is deleted with its steps, signals, budgets, entries and jobs, which are "
		  "counted, and with nothing of another tree.",
	  .covers = "smol-79, smol-80",
	  .run = with_everything },
	{ .name = "replays.delete.a_dry_run_changes_nothing",
	  DELETE,
	  .rule = "A dry run counts what a real one deletes, and changes nothing.",
	  .covers = "smol-78",
	  .run = dry },
	{ .name = "replays.delete.by_status_and_type",
	  DELETE,
	  .rule = "Roots are chosen by type and by how they ended; other statuses are refused.",
	  .covers = "smol-78, smol-79",
	  .run = by_status_and_type },
	{ .name = "replays.delete.by_age_those_over_first_come_first",
	  DELETE,
	  .rule = "Trees go when their root was over for the age, those first that were over "
		  "first.",
	  .run = by_age_oldest_first },
	{ .name = "replays.delete.never_a_live_tree",
	  DELETE,
	  .rule = "A tree of which something is not over, or is leased still, is kept and told.",
	  .covers = "smol-80",
	  .run = never_a_live_tree },
	{ .name = "replays.delete.only_by_its_root",
	  DELETE,
	  .rule = "A tree is named by its root; a child, a job and what is unknown are no tree.",
	  .run = only_by_the_root },
	{ .name = "replays.delete.forks_stay",
	  DELETE,
	  .rule = "What was forked from a run stays when that is deleted, with what it shares.",
	  .run = forks_stay },
	{ .name = "replays.delete.pruning_jobs_leaves_runs_alone",
	  DELETE,
	  .rule = "Neither the retention of its type nor a prune of jobs deletes a replay run.",
	  .run = jobs_leave_runs_alone },
	{ .name = "replays.delete.what_is_being_resumed_stays",
	  .kind = CT_INTERLEAVE,
	  .store = CT_REPLAYS,
	  .rule = "A run that somebody resumes meanwhile is not deleted, whoever comes first.",
	  .run = what_is_being_resumed },
	{ .name = "replays.delete.the_step_of_a_graph",
	  DELETE,
	  .rule = "A step's job may be a replay run: it sleeps and waits for children while its "
		  "dependents are blocked, releases them by its end, and is deleted with its "
		  "graph, "
		  "descendants included, not by itself.",
	  .run = a_step_of_a_graph },
	{ .name = "replays.delete.a_step_that_may_not_continue",
	  DELETE,
	  .rule = "A step that may not continue can't be suspended: nothing is written, and the "
		  "attempt goes on.",
	  .run = a_step_that_may_not },
};

CT_GROUP(replay_delete, cases);
