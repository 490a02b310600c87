/*
 * plans_replay.h - the calls of plans.c about replay runs, signals and budgets, and what stands in their way: a long
 * run that remembers 5,000 steps, 5,000 runs that are suspended, signals and entries by the thousand.
 */
#ifndef TESTS_POSTGRES_PLANS_REPLAY_H
#define TESTS_POSTGRES_PLANS_REPLAY_H

#include <cairn/replay_history.h>

#include "plans_fill.h"

/* A scene's run, begun when the tables were empty: it is the long one afterwards. */
struct play {
	cairn_id run;
	cairn_replay *replay;
	unsigned turn;
	char queue[40];
};

#define PLAY(call) \
	do { \
		cairn_error err = CAIRN_ERROR_INIT; \
		if ((call) != CAIRN_OK) { \
			printf("Bail out! %s: %s (%s)\n", #call, err.code, err.detail); \
			exit(1); \
		} \
	} while (0)

static void play_begin(cairn_conn *conn, struct play *play)
{
	cairn_claim_opts opts = { .size = sizeof opts,
				  .queue = cairn_str_of(play->queue),
				  .worker = CAIRN_STR("w"),
				  .lease = CAIRN_HOUR };
	cairn_jobs *jobs = NULL;
	PLAY(cairn_job_claim(conn, &opts, &jobs, &err));
	cairn_lease lease = cairn_job_lease(&jobs->at[0]);
	cairn_replay_close(play->replay);
	PLAY(cairn_replay_begin(conn, &lease, NULL, &play->replay, &err));
	play->run = jobs->at[0].id;
	cairn_free(jobs);
}

static void play_new(cairn_conn *conn, struct play *play)
{
	static unsigned queues;
	cairn_job_added added;
	snprintf(play->queue, sizeof play->queue, "replay %u", queues++);
	cairn_job_new job = { .type = CAIRN_STR("t"), .queue = cairn_str_of(play->queue) };
	PLAY(cairn_job_enqueue(conn, &job, 1, &added, &err));
	play_begin(conn, play);
}

static cairn_replay_call play_call(struct play *play, char text[24])
{
	snprintf(text, 24, "%u", play->turn++);
	return (cairn_replay_call){ .kind = CAIRN_STR("k"),
				    .input = cairn_str_of(text),
				    .max_attempts = 2 };
}

static void play_steps(cairn_conn *conn, struct play *play)
{
	(void)conn;
	for (int i = 0; i < 10; i++) {
		char text[24];
		cairn_replay_call call = play_call(play, text);
		cairn_replay_step step;
		cairn_charge usage = { .axis = CAIRN_STR("a"), .amount = 1 };
		PLAY(cairn_replay_step_begin(play->replay, &call, 1, &step, &err));
		PLAY(cairn_replay_reserve(play->replay, &step, &usage, 1, 0, &err));
		PLAY(cairn_replay_complete(play->replay, &step, CAIRN_STR("1"), &usage, 1, &err));
	}
}

/* An entry by itself: reserved, then charged. */
static void play_entry(cairn_conn *conn, struct play *play)
{
	char source[24];
	cairn_entry_new item = { .run = play->run,
				 .axis = CAIRN_STR("a"),
				 .source_type = CAIRN_STR("alone"),
				 .amount = 1 };
	cairn_entry_done done;
	snprintf(source, sizeof source, "%u", play->turn);
	item.source_id = cairn_str_of(source);
	PLAY(cairn_budget_reserve(conn, cairn_any(), &item, 1, 0, &done, &err));
	PLAY(cairn_budget_charge(conn, cairn_any(), &item, 1, &done, &err));
}

static void play_value(struct play *play)
{
	char text[24];
	cairn_replay_call call = play_call(play, text);
	cairn_replay_step step;
	cairn_str value = CAIRN_STR("1");
	PLAY(cairn_replay_value(play->replay, &call, &value, 1, &step, &err));
	PLAY(cairn_replay_sleep(play->replay, 0, &step, &err));
}

static void play_values(cairn_conn *conn, struct play *play)
{
	for (int i = 0; i < 10; i++) {
		play_value(play);
		play_entry(conn, play);
	}
}

/* Waits for a signal, is suspended, woken by it, and goes on. */
static void play_signal(cairn_conn *conn, struct play *play)
{
	cairn_replay_step step;
	cairn_signal_new signal = { .run = play->run,
				    .name = CAIRN_STR("s"),
				    .key = CAIRN_STR("k") };
	cairn_signal_sent sent;
	char key[24];
	snprintf(key, sizeof key, "k%u", play->turn++);
	signal.key = cairn_str_of(key);
	/* the ones of former turns come first */
	do {
		PLAY(cairn_replay_signal(play->replay, signal.name, -1, &step, &err));
	} while (step.next == CAIRN_NEXT_RESULT);
	PLAY(cairn_replay_suspend(play->replay, &err));
	PLAY(cairn_signal_send(conn, cairn_any(), &signal, 1, &sent, &err));
	if (!sent.woken) {
		printf("Bail out! it was not woken\n");
		exit(1);
	}
	play_begin(conn, play);
}

/* Starts a child, is suspended, and woken by its end. */
static void play_child(cairn_conn *conn, struct play *play)
{
	struct play child = { .turn = 0 };
	cairn_replay_step step;
	snprintf(child.queue, sizeof child.queue, "%.30s'", play->queue);
	cairn_child_new want = { .type = CAIRN_STR("t"), .queue = cairn_str_of(child.queue) };
	char name[24];
	snprintf(name, sizeof name, "child %u", play->turn++);
	want.name = cairn_str_of(name);
	PLAY(cairn_replay_child(play->replay, &want, 1, &step, &err));
	PLAY(cairn_replay_suspend(play->replay, &err));
	play_begin(conn, &child);
	cairn_finish done = { .how = CAIRN_FINISH_SUCCESS };
	PLAY(cairn_replay_finish(child.replay, &done, &err));
	cairn_replay_close(child.replay);
	play_begin(conn, play);
}

static void play_memos(cairn_conn *conn, const struct play *play, cairn_str name)
{
	cairn_memo_filter filter = { .size = sizeof filter,
				     .scope = cairn_any(),
				     .run = play->run,
				     .name = name,
				     .after = name.len > 0 ? 0 : 1,
				     .limit = 10 };
	cairn_memos *memos = NULL;
	PLAY(cairn_replay_memos(conn, &filter, &memos, &err));
	cairn_free(memos);
}

static void play_lists(cairn_conn *conn, const struct play *play)
{
	cairn_replay_filter filter = { .size = sizeof filter, .scope = cairn_any(), .limit = 10 };
	cairn_signal_filter signals = {
		.size = sizeof signals, .scope = cairn_any(), .run = play->run, .limit = 10
	};
	cairn_entry_filter entries = {
		.size = sizeof entries, .scope = cairn_any(), .run = play->run, .limit = 10
	};
	cairn_replay_runs *runs = NULL;
	cairn_signals *sent = NULL;
	cairn_budgets *budgets = NULL;
	cairn_entries *ledger = NULL;
	PLAY(cairn_replay_list(conn, &filter, &runs, &err));
	filter.parent = play->run;
	PLAY(cairn_replay_list(conn, &filter, &runs, &err));
	filter.parent = (cairn_id){ { 0 } };
	filter.root = play->run;
	PLAY(cairn_replay_list(conn, &filter, &runs, &err));
	cairn_free(runs);
	PLAY(cairn_signal_list(conn, &signals, &sent, &err));
	cairn_free(sent);
	PLAY(cairn_budget_read(conn, cairn_any(), play->run, &budgets, &err));
	cairn_free(budgets);
	PLAY(cairn_budget_entries(conn, &entries, &ledger, &err));
	cairn_free(ledger);
}

/* To one that waits, among many that wait for something else. */
static void play_broadcast(cairn_conn *conn)
{
	struct play other = { .turn = 0 };
	cairn_replay_step step;
	cairn_broadcast all = { .size = sizeof all, .scope = cairn_any() };
	cairn_broadcast_report report;
	char name[64];
	play_new(conn, &other);
	snprintf(name, sizeof name, "to all of %s", other.queue);
	all.name = cairn_str_of(name);
	PLAY(cairn_replay_signal(other.replay, all.name, -1, &step, &err));
	PLAY(cairn_replay_suspend(other.replay, &err));
	PLAY(cairn_signal_broadcast(conn, &all, &report, &err));
	if (report.sent != 1) {
		printf("Bail out! it was sent to %zu\n", report.sent);
		exit(1);
	}
	cairn_replay_close(other.replay);
}

static void play_fork_and_delete(cairn_conn *conn)
{
	struct play other = { .turn = 0 };
	cairn_job_added added;
	cairn_replay_deleted deleted;
	cairn_finish done = { .how = CAIRN_FINISH_SUCCESS };
	play_new(conn, &other);
	for (int i = 0; i < 10; i++)
		play_value(&other);
	PLAY(cairn_replay_finish(other.replay, &done, &err));
	cairn_replay_close(other.replay);
	cairn_fork_new fork = {
		.size = sizeof fork, .scope = cairn_any(), .source = other.run, .seq = 2
	};
	PLAY(cairn_replay_fork(conn, &fork, &added, &err));
	cairn_replay_delete_opts opts = { .size = sizeof opts,
					  .scope = cairn_any(),
					  .run = other.run };
	PLAY(cairn_replay_delete(conn, &opts, &deleted, &err));
	if (deleted.roots != 1) {
		printf("Bail out! %zu trees were deleted\n", deleted.roots);
		exit(1);
	}
}

static void play_reads(cairn_conn *conn, struct play *play)
{
	play_memos(conn, play, (cairn_str){ NULL, 0 });
	play_memos(conn, play, CAIRN_STR("filled 100"));
	play_lists(conn, play);
}

static void play_rest(cairn_conn *conn, struct play *play)
{
	(void)play;
	play_broadcast(conn);
	play_fork_and_delete(conn);
}

/* The scene's run is begun at first. */
static void play_on(cairn_conn *conn, struct play *play,
		    void (*how)(cairn_conn *conn, struct play *play))
{
	if (play->replay == NULL)
		play_new(conn, play);
	how(conn, play);
}

/* ---- what stands in their way ------------------------------------------------------ */

/* Runs that are suspended and wait for a signal that nobody sends. */
static void fill_suspended(PGconn *pg)
{
	number(pg, "INSERT INTO cairn_job_live SELECT (jsonb_populate_record(x.r, "
		   "jsonb_build_object('id', "
		   "gen_random_uuid(), 'parked', true, 'replay', 1, 'attempt', 0, 'status_reason', "
		   "'HANDLER_CONTINUATION', 'run_at', now() + interval '1 day'))).* FROM (SELECT r "
		   "FROM "
		   "cairn_job_live r WHERE status = 'PENDING' AND queue = 'default' LIMIT 1) x(r), "
		   "generate_series(1, 5000);"
		   "INSERT INTO cairn_replay SELECT l.id, l.id, NULL, NULL, now(), l.fence, 0, 1, "
		   "'root' "
		   "FROM cairn_job_live l WHERE l.parked AND l.replay = 1;"
		   "INSERT INTO cairn_memo (run_id, find_id, seq, created_at, begun_at, fence, "
		   "attempts, "
		   "failures, last_attempt, timed_out, verb, status, awaiting, name, kind, signal, "
		   "awaits, "
		   "hash, signature) SELECT l.id, l.id, 1, now(), now(), l.fence, 1, 0, 1, false, "
		   "'SIGNAL', "
		   "'WAITING', l.id, 'n', 'signal', 'nothing', 'nothing', sha256('x'), '{}' "
		   "FROM cairn_job_live l WHERE l.parked AND l.replay = 1; SELECT 1");
}

/* Of the scenes' own runs: what they remember, were sent, and have spent. */
#define OWN \
	"(SELECT r.run_id FROM cairn_replay r JOIN cairn_job_live l ON l.id = r.run_id " \
	"WHERE l.status = 'LEASED') o, generate_series(1, 5000) n "
static void fill_long(PGconn *pg)
{
	number(pg,
	       "INSERT INTO cairn_memo (run_id, find_id, seq, created_at, begun_at, fence, "
	       "attempts, "
	       "failures, last_attempt, timed_out, verb, status, name, kind, hash, signature, "
	       "result) "
	       "SELECT o.run_id, o.run_id, 1000 + n, now(), now(), 1, 1, 0, 1, false, 'VALUE', "
	       "'COMPLETED', 'filled ' || n, 'k', sha256('x'), '{}', '1' FROM " OWN ";"
	       "INSERT INTO cairn_signal (run_id, find_id, untaken, seq, sent_at, name, "
	       "signal_key, hash, "
	       "payload) SELECT o.run_id, o.run_id, o.run_id, 1000 + n, now(), 'other', 'f' || n, "
	       "sha256('x'), '1' FROM " OWN ";"
	       "UPDATE cairn_ledger SET entries = 100000;"
	       "INSERT INTO cairn_budget_entry (root_id, find_id, run_id, seq, created_at, "
	       "updated_at, "
	       "amount, state, axis, source_type, source_id) SELECT o.run_id, o.run_id, o.run_id, "
	       "1000 + n, now(), now(), 1, 'CHARGED', 'a', 's', 'f' || n FROM " OWN ";"
	       "INSERT INTO cairn_replay SELECT gen_random_uuid(), gen_random_uuid(), "
	       "gen_random_uuid(), "
	       "NULL, now(), 1, 0, 1, 'x' FROM generate_series(1, 5000); SELECT 1");
}

static void fill_replays(PGconn *pg)
{
	fill_suspended(pg);
	fill_long(pg);
}

#endif
