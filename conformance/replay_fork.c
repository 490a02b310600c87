/*
 * replay_fork.c - new runs that share the first steps of another: which ones, what they are otherwise, and that their
 * source is not touched.
 */
#include "ct_ledger.h"

/* one, two, a failed three, four, and one under way. */
static ct_play source_of(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	job.payload = CAIRN_STR("{ \"n\" : 1.0 }");
	job.tenant = CAIRN_STR("acme");
	job.owner = CAIRN_STR("me");
	job.set = CAIRN_JOB_PRIORITY;
	job.priority = 7;
	job.max_attempts = 3;
	job.timeout = CAIRN_HOUR;
	job.key = CAIRN_STR("the key");
	ct_play live = ct_play_job(conn, job);
	ct_play_did(&live, "one", "[ 1 ]");
	ct_play_paid(&live, "two", "a", 7);
	ct_play_failed(&live, "three", "no.luck");
	ct_advance(CAIRN_SECOND);
	ct_play_did(&live, "four", "4");
	ct_ask_run(live.replay, "five");
	return live;
}

static cairn_id forked(cairn_conn *conn, cairn_id source, const char *name)
{
	cairn_fork_new fork = ct_fork(source, name);
	return ct_fork_replay(conn, &fork);
}

/* The same in a queue of its own, so that a claim takes it and not its source. */
static cairn_id aside(cairn_conn *conn, cairn_id source, const char *name)
{
	cairn_fork_new fork = ct_fork(source, name);
	fork.queue = cairn_str_of(ct_format("aside%u", ct_number()));
	return ct_fork_replay(conn, &fork);
}

/* ---- what is shared ------------------------------------------------------------------------------ */

static void the_first_steps(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = source_of(conn);
	const char *before = ct_play_snapshot(conn, live.id);
	cairn_id run = forked(conn, live.id, "two");
	ct_replay_stands(conn, run, "ENQUEUED one=COMPLETED two=COMPLETED");
	ct_int(ct_played(conn, run)->shared, 2);
	const cairn_memo *mine = ct_memo(conn, run, "one");
	const cairn_memo *theirs = ct_memo(conn, live.id, "one");
	ct_str(mine->result, "[ 1 ]");
	ct_same(mine->signature, theirs->signature);
	ct_true(memcmp(mine->hash, theirs->hash, sizeof mine->hash) == 0);
	ct_int(mine->created_at, theirs->created_at);
	ct_int(mine->ended_at, theirs->ended_at);
	ct_play_unchanged(conn, live.id, before);
	ct_play again = ct_play_of(conn, run);
	ct_int(cairn_replay_replaying(again.replay), 1);
	ct_play_knows(&again, "one", "[ 1 ]");
	ct_play_knows(&again, "two", "1");
	ct_int(cairn_replay_replaying(again.replay), 0);
	ct_int(ct_ask_run(again.replay, "three").seq, 3);
	ct_play_unchanged(conn, live.id, before);
}

static void what_completed_only(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = source_of(conn);
	cairn_fork_new fork = ct_fork(live.id, NULL);
	fork.seq = 5;
	cairn_id run = ct_fork_replay(conn, &fork);
	const cairn_memos *memos = ct_memos(conn, run);
	ct_int(memos->count, 3);
	ct_int(memos->at[0].seq, 1);
	ct_int(memos->at[1].seq, 2);
	ct_int(memos->at[2].seq, 4);
	ct_str(memos->at[2].name, "four");
	ct_int(ct_played(conn, run)->shared, 5);
	ct_play again = ct_play_of(conn, run);
	ct_play_knows(&again, "four", "4");
	ct_true(ct_ask_run(again.replay, "three").seq > 4);
	ct_true(ct_ask_run(again.replay, "five").seq > 5);
}

static void by_seq_as_by_name(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = source_of(conn);
	cairn_fork_new fork = ct_fork(live.id, NULL);
	for (int64_t seq = 0; seq <= 2; seq++) {
		fork.seq = seq;
		cairn_id run = ct_fork_replay(conn, &fork);
		ct_int(ct_memos(conn, run)->count, seq);
		ct_int(ct_played(conn, run)->shared, seq);
	}
	cairn_id top = aside(conn, live.id, NULL);
	ct_replay_stands(conn, top, "ENQUEUED");
	ct_play again = ct_play_of(conn, top);
	ct_int(ct_ask_run(again.replay, "one").seq, 1);
}

static void no_such_step(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = source_of(conn);
	cairn_fork_new fork = ct_fork(live.id, "six");
	cairn_job_added added;
	size_t jobs = ct_count_jobs(conn, 0);
	ct_status(cairn_replay_fork(conn, &fork, &added, ct_err()), CAIRN_NOT_FOUND,
		  "replay.step_not_found");
	fork = ct_fork(live.id, NULL);
	fork.seq = 6;
	ct_status(cairn_replay_fork(conn, &fork, &added, ct_err()), CAIRN_NOT_FOUND,
		  "replay.step_not_found");
	fork.seq = 1;
	fork.source = cairn_id_new();
	ct_status(cairn_replay_fork(conn, &fork, &added, ct_err()), CAIRN_NOT_FOUND,
		  "replay.run_not_found");
	fork.seq = 0;
	fork.source = ct_enqueue(conn, "t");
	ct_status(cairn_replay_fork(conn, &fork, &added, ct_err()), CAIRN_NOT_FOUND,
		  "replay.run_not_found");
	ct_disable(conn, "t", 1);
	fork.source = live.id;
	ct_status(cairn_replay_fork(conn, &fork, &added, ct_err()), CAIRN_INVALID,
		  "job.definition_not_found_or_disabled");
	ct_int(ct_count_jobs(conn, 0), jobs + 1);
	ct_disable(conn, "t", 0);
	forked(conn, live.id, NULL);
}

/* What is no name of any step is refused before anything is asked. */
static void no_such_name(void)
{
	static const struct {
		cairn_str name;
		cairn_status status;
		const char *code;
	} bad[] = { { { "\xff\xfe", 2 }, CAIRN_INVALID, "arg.invalid_text" },
		    { { "a\0b", 3 }, CAIRN_INVALID, "arg.invalid_text" },
		    { { NULL, 289 }, CAIRN_TOO_LARGE, "limit.exceeded" } };
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	ct_play_did(&live, "one", "1");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cairn_job_added added;
		cairn_memos *memos = NULL;
		cairn_fork_new fork = ct_fork(live.id, NULL);
		cairn_memo_filter filter = { .size = sizeof(filter),
					     .scope = cairn_any(),
					     .run = live.id };
		fork.name = bad[i].name;
		if (fork.name.ptr == NULL)
			fork.name.ptr = ct_repeat('a', fork.name.len);
		filter.name = fork.name;
		ct_status(cairn_replay_fork(conn, &fork, &added, ct_err()), bad[i].status,
			  bad[i].code);
		ct_status(cairn_replay_memos(conn, &filter, &memos, ct_err()), bad[i].status,
			  bad[i].code);
	}
	ct_int(ct_count_jobs(conn, 0), 1);
}

/* Nothing of a job's queue can be claimed by its owner. */
static void claims_none(cairn_conn *conn, cairn_id id)
{
	ct_int(ct_claim_like(conn, "w", id)->count, 0);
}

/* ---- what it is otherwise --------------------------------------------------------------------------- */

static void as_its_source(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = source_of(conn);
	cairn_id run = forked(conn, live.id, "two");
	const cairn_job *job = ct_job(conn, run);
	const cairn_job *from = ct_job(conn, live.id);
	ct_int(job->status, CAIRN_JOB_PENDING);
	ct_str(job->payload, "{ \"n\" : 1.0 }");
	ct_same(job->type, from->type);
	ct_same(job->queue, from->queue);
	ct_str(job->tenant, "acme");
	ct_str(job->owner, "me");
	ct_str(job->key, NULL);
	ct_int(job->priority, 7);
	ct_int(job->max_attempts, 3);
	ct_int(job->timeout, CAIRN_HOUR);
	ct_int(job->run_number, 1);
	ct_int(job->attempt, 0);
	ct_int(job->fence, 0);
	ct_int(job->run_at, ct_now());
	ct_int(job->created_at, ct_now());
	ct_text(ct_timeline(conn, run), "ENQUEUED");
	const cairn_replay_run *row = ct_played(conn, run);
	ct_id(row->root, run);
	ct_id(row->source, live.id);
	ct_true(cairn_id_is_none(row->parent));
	ct_str(row->scope, "root");
	ct_int(row->attempt, 0);
	ct_play again = ct_play_of(conn, run);
	ct_int(ct_played(conn, again.id)->attempt, 1);
	ct_int(ct_played(conn, live.id)->children, 0);
}

static void otherwise_if_said(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = source_of(conn);
	cairn_fork_new fork = ct_fork(live.id, "one");
	fork.queue = CAIRN_STR("other");
	fork.owner = CAIRN_STR("you");
	fork.code = CAIRN_STR("v2");
	fork.run_at = ct_now() + CAIRN_HOUR;
	cairn_id run = ct_fork_replay(conn, &fork);
	ct_str(ct_job(conn, run)->queue, "other");
	ct_str(ct_job(conn, run)->owner, "you");
	ct_int(ct_job(conn, run)->run_at, fork.run_at);
	ct_str(ct_played(conn, run)->code, "v2");
	/* it is due later, and was never suspended */
	ct_stage_is(conn, run, "ENQUEUED");
	ct_set_now(fork.run_at);
	cairn_lease lease = ct_play_claim(conn, run);
	cairn_replay_opts opts = { .size = sizeof(opts), .code = CAIRN_STR("v1") };
	cairn_replay *replay = NULL;
	ct_status(cairn_replay_begin(conn, &lease, &opts, &replay, ct_err()), CAIRN_CONFLICT,
		  "replay.code_mismatch");
	opts.code = CAIRN_STR("v2");
	ct_play_begin(conn, lease, &opts);
}

/* What both need goes by one after the other. */
static void needs_what_its_source_needs(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	job.resource_key = CAIRN_STR("the press");
	ct_play live = ct_play_job(conn, job);
	ct_play_did(&live, "one", "1");
	cairn_id run = aside(conn, live.id, "one");
	ct_str(ct_job(conn, run)->resource_key, "the press");
	claims_none(conn, run);
	ct_play_succeed(&live, NULL);
	ct_play_claim(conn, run);
}

/* It is put by, so that claims do not come upon it again and again. */
static void for_later(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = source_of(conn);
	cairn_fork_new fork = ct_fork(live.id, "one");
	cairn_job_new other = ct_new("t");
	fork.queue = CAIRN_STR("aside");
	fork.run_at = ct_now() + CAIRN_HOUR;
	cairn_id run = ct_fork_replay(conn, &fork);
	other.queue = fork.queue;
	other.owner = CAIRN_STR("me");
	cairn_id due = ct_add(conn, &other);
	ct_int(ct_job(conn, run)->parked, 1);
	ct_play_claim(conn, due);
	ct_set_now(fork.run_at - 1);
	claims_none(conn, run);
	ct_set_now(fork.run_at);
	ct_play_claim(conn, run);
	fork.run_at = ct_now();
	ct_int(ct_job(conn, ct_fork_replay(conn, &fork))->parked, 0);
}

static void purse_and_post_stay(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = source_of(conn);
	ct_limit(conn, live.id, "a", CAIRN_BUDGET_HARD, 10);
	ct_signal(conn, live.id, "go", "1");
	cairn_id run = forked(conn, live.id, "two");
	ct_purse(conn, run, "a", "-");
	ct_booked(conn, run, "");
	ct_play again = ct_play_of(conn, run);
	ct_play_knows(&again, "two", "1");
	ct_next(ct_await(again.replay, "go", -1), SUSPEND);
	ct_play_paid(&again, "mine", "a", 20);
	ct_purse(conn, run, "a", "open spent 20 reserved 0");
	ct_purse(conn, live.id, "a", "HARD 10 spent 7 reserved 0 left 3");
}

/* ---- whose fork ----------------------------------------------------------------------------------------- */

static void of_forks(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = source_of(conn);
	ct_play first = ct_play_of(conn, aside(conn, live.id, "two"));
	ct_play_knows(&first, "one", "[ 1 ]");
	ct_play_knows(&first, "two", "1");
	ct_play_did(&first, "three", "\"mine\"");
	cairn_id run = forked(conn, first.id, "three");
	ct_replay_stands(conn, run, "ENQUEUED one=COMPLETED two=COMPLETED three=COMPLETED");
	ct_id(ct_played(conn, run)->source, first.id);
	ct_id(ct_played(conn, run)->root, run);
	ct_str(ct_memo(conn, run, "three")->result, "\"mine\"");
	/* none of them needs its source */
	ct_cancel_replay(conn, live.id);
	ct_stage_is(conn, run, "ENQUEUED");
	cairn_id other = aside(conn, live.id, "one");
	ct_play again = ct_play_of(conn, other);
	ct_play_knows(&again, "one", "[ 1 ]");
}

static void of_every_status(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_replay_step step;
	ct_play_did(&live, "one", "1");
	aside(conn, live.id, "one");
	ct_ok(cairn_replay_sleep(live.replay, CAIRN_HOUR, &step, ct_err()));
	ct_play_suspend(&live);
	cairn_fork_new fork = ct_fork(live.id, NULL);
	fork.seq = 2;
	fork.queue = CAIRN_STR("aside");
	/* the sleep did not end: it is not shared, and begins anew */
	cairn_id run = ct_fork_replay(conn, &fork);
	ct_replay_stands(conn, run, "ENQUEUED one=COMPLETED");
	ct_advance(CAIRN_HOUR);
	live = ct_play_of(conn, live.id);
	ct_play_succeed(&live, "1");
	const char *before = ct_play_snapshot(conn, live.id);
	aside(conn, live.id, "one");
	ct_play_unchanged(conn, live.id, before);
}

static void of_a_child(void)
{
	cairn_conn *conn = ct_open();
	ct_play root = ct_play_aside(conn);
	ct_play child = ct_play_of(conn, ct_child_of(&root, "c", "below"));
	ct_play_did(&child, "one", "1");
	cairn_id run = forked(conn, child.id, "one");
	const cairn_replay_run *row = ct_played(conn, run);
	ct_id(row->root, run);
	ct_true(cairn_id_is_none(row->parent));
	ct_str(row->scope, "c");
	ct_play_suspend(&root);
	/* it is nobody's child: its end wakes nobody */
	ct_play again = ct_play_of(conn, run);
	ct_play_knows(&again, "one", "1");
	ct_play_succeed(&again, "1");
	ct_stage_is(conn, root.id, "SUSPENDED");
}

#define FORK .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.fork.shares_the_first_steps",
	  FORK,
	  .rule = "A fork remembers its source's steps up to the named one, included, as they "
		  "are, and goes on from there; the source is not touched.",
	  .run = the_first_steps },
	{ .name = "replays.fork.shares_only_what_completed",
	  FORK,
	  .rule = "Steps that failed or are under way are not taken over; new ones come behind.",
	  .run = what_completed_only },
	{ .name = "replays.fork.by_seq_and_from_the_top",
	  FORK,
	  .rule = "A fork goes by seq as by name; 0 and no name is from the top.",
	  .run = by_seq_as_by_name },
	{ .name = "replays.fork.what_is_not_there_is_refused",
	  FORK,
	  .rule = "A step that is not remembered, a run that is none, and a type that is disabled "
		  "are refused, and nothing is written.",
	  .run = no_such_step },
	{ .name = "replays.fork.names_are_text",
	  FORK,
	  .rule = "A name of a step that is no text, or longer than any, is refused with its code, "
		  "and so by lists of steps.",
	  .run = no_such_name },
	{ .name = "replays.fork.is_as_its_source_was_asked_for",
	  FORK,
	  .rule = "A fork has its source's type, tenant, payload, owner, queue, priority, attempts "
		  "and timeout, and no key; it is a root of its own that never ran.",
	  .run = as_its_source },
	{ .name = "replays.fork.is_otherwise_if_said",
	  FORK,
	  .rule = "Queue, owner, code and time of a fork may be others.",
	  .run = otherwise_if_said },
	{ .name = "replays.fork.needs_what_its_source_needs",
	  FORK,
	  .rule = "A fork needs its source's resource, and waits for it as any job does.",
	  .run = needs_what_its_source_needs },
	{ .name = "replays.fork.for_later_is_parked",
	  FORK,
	  .rule = "A fork for later is parked until then: it is not claimed before, and holds up "
		  "nobody.",
	  .run = for_later },
	{ .name = "replays.fork.leaves_signals_and_budgets_behind",
	  FORK,
	  .rule = "Signals, budgets and what was charged stay the source's; a fork spends its own.",
	  .run = purse_and_post_stay },
	{ .name = "replays.fork.forks_are_forked",
	  FORK,
	  .rule = "A fork may be forked, and needs its source no more.",
	  .run = of_forks },
	{ .name = "replays.fork.of_runs_in_every_status",
	  FORK,
	  .rule = "Runs that are running, suspended or over can be forked.",
	  .run = of_every_status },
	{ .name = "replays.fork.of_a_child_is_nobodys_child",
	  FORK,
	  .rule = "The fork of a child is a root with the child's scope, and wakes nobody.",
	  .run = of_a_child },
};

CT_GROUP(replay_fork, cases);
