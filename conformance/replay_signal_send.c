/*
 * replay_signal_send.c - sending signals: keys, batches, refusals, transactions; and to all that wait. (taking them:
 * replay_signal.c)
 */
#include "ct_replay.h"

/* ---- keys -------------------------------------------------------------------------------------------- */

static void keyed(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "a", -1);
	ct_play_suspend(&play);
	cairn_signal_sent sent = ct_signal_offer(conn, play.id, "a", "k", "{\"x\":1,\"y\":2}");
	ct_each(sent, CAIRN_OK, NULL);
	ct_int(sent.disposition, CAIRN_INSERTED);
	ct_int(sent.woken, 1);
	const char *before = ct_play_snapshot(conn, play.id);
	sent = ct_signal_offer(conn, play.id, "a", "k", " {\"y\": 2.0, \"x\": 1} ");
	ct_each(sent, CAIRN_OK, NULL);
	ct_int(sent.disposition, CAIRN_EXISTING);
	ct_int(sent.seq, 1);
	ct_int(sent.woken, 0);
	sent = ct_signal_offer(conn, play.id, "a", "k", "{\"x\":1}");
	ct_each(sent, CAIRN_CONFLICT, "signal.key_conflict");
	sent = ct_signal_offer(conn, play.id, "b", "k", "{\"x\":1,\"y\":2}");
	ct_each(sent, CAIRN_CONFLICT, "signal.key_conflict");
	ct_play_unchanged(conn, play.id, before);
	/* Also when it was taken, and when the run is over. */
	ct_play_on(conn, &play);
	cairn_replay_step step = ct_await(play.replay, "a", -1);
	ct_result(step, "{\"x\":1,\"y\":2}");
	sent = ct_signal_offer(conn, play.id, "a", "k", "{\"x\":1,\"y\":2}");
	ct_int(sent.disposition, CAIRN_EXISTING);
	ct_play_succeed(&play, NULL);
	sent = ct_signal_offer(conn, play.id, "a", "k", "{\"x\":1,\"y\":2}");
	ct_each(sent, CAIRN_OK, NULL);
	ct_int(sent.disposition, CAIRN_EXISTING);
	sent = ct_signal_offer(conn, play.id, "a", "k", "2");
	ct_each(sent, CAIRN_CONFLICT, "signal.key_conflict");
	ct_int(ct_signals(conn, play.id)->count, 1);
}

static void keys_are_each_runs_own(void)
{
	cairn_conn *conn = ct_open();
	cairn_id one = ct_play_add(conn);
	cairn_id two = ct_play_add(conn);
	ct_int(ct_signal_offer(conn, one, "a", "k", "1").disposition, CAIRN_INSERTED);
	ct_int(ct_signal_offer(conn, two, "a", "k", "2").disposition, CAIRN_INSERTED);
	ct_int(ct_signal_offer(conn, one, "a", "l", "1").disposition, CAIRN_INSERTED);
	ct_int(ct_signal_offer(conn, one, "a", NULL, "1").disposition, CAIRN_INSERTED);
	ct_int(ct_signal_offer(conn, one, "a", NULL, "1").disposition, CAIRN_INSERTED);
	ct_int(ct_signals(conn, one)->count, 4);
}

/* ---- batches and refusals ------------------------------------------------------------------------------ */

static void a_mixed_batch(void)
{
	cairn_conn *conn = ct_open();
	ct_play over = ct_play_new(conn);
	ct_play_succeed(&over, NULL);
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "a", -1);
	ct_play_suspend(&play);
	cairn_signal_new items[6] = {
		{ .run = play.id, .name = CAIRN_STR("a"), .key = CAIRN_STR("k") },
		{ .run = over.id, .name = CAIRN_STR("a") },
		{ .run = cairn_id_new(), .name = CAIRN_STR("a") },
		{ .run = play.id, .name = CAIRN_STR("b"), .payload = CAIRN_STR("2") },
		{ .run = play.id, .name = CAIRN_STR("a"), .key = CAIRN_STR("k") },
		{ .run = play.id, .name = CAIRN_STR("b"), .key = CAIRN_STR("k") },
	};
	cairn_signal_sent each[6];
	ct_budget(conn);
	ct_ok(cairn_signal_send(conn, cairn_any(), items, 6, each, ct_err()));
	ct_spent(conn, 1, "signals", 6);
	ct_each(each[0], CAIRN_OK, NULL);
	ct_int(each[0].seq, 1);
	ct_each(each[1], CAIRN_STALE, "replay.run_over");
	ct_each(each[2], CAIRN_NOT_FOUND, "replay.run_not_found");
	ct_each(each[3], CAIRN_OK, NULL);
	ct_int(each[3].seq, 2);
	ct_each(each[4], CAIRN_OK, NULL);
	ct_int(each[4].disposition, CAIRN_EXISTING);
	ct_int(each[4].seq, 1);
	ct_each(each[5], CAIRN_CONFLICT, "signal.key_conflict");
	ct_int(ct_signals(conn, play.id)->count, 2);
	ct_int(ct_signals(conn, over.id)->count, 0);
	ct_play_on(conn, &play);
	cairn_replay_step step = ct_await(play.replay, "a", -1);
	ct_result(step, "null");
}

static void to_a_run_that_is_over(void)
{
	static const enum cairn_job_status ended[] = { CAIRN_JOB_SUCCEEDED, CAIRN_JOB_DEAD_LETTERED,
						       CAIRN_JOB_CANCELED };
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < 3; i++) {
		ct_made made = ct_make(conn, "t", ended[i]);
		const char *before = ct_play_snapshot(conn, made.id);
		cairn_signal_sent sent = ct_signal_offer(conn, made.id, "a", NULL, "1");
		ct_each(sent, CAIRN_STALE, "replay.run_over");
		ct_play_unchanged(conn, made.id, before);
	}
}

static void without_asking(void)
{
	cairn_conn *conn = ct_open();
	cairn_signal_new items[] = { { .name = CAIRN_STR("a") }, { .name = CAIRN_STR("a") } };
	items[0].run = ct_play_add(conn);
	items[1].run = ct_make(conn, "t", CAIRN_JOB_CANCELED).id;
	ct_ok(cairn_signal_send(conn, cairn_any(), items, 1, NULL, ct_err()));
	ct_int(ct_signals(conn, items[0].run)->count, 1);
	ct_status(cairn_signal_send(conn, cairn_any(), items, 2, NULL, ct_err()), CAIRN_STALE,
		  "replay.run_over");
	ct_int(ct_last()->index, 1);
}

static void in_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	ct_define(conn, "t");
	job.tenant = CAIRN_STR("acme");
	cairn_id id = ct_add(conn, &job);
	cairn_signal_new item = { .run = id, .name = CAIRN_STR("a") };
	cairn_signal_sent sent;
	const cairn_scope others[2] = { cairn_global(), cairn_tenant(CAIRN_STR("other")) };
	for (size_t i = 0; i < 2; i++) {
		ct_ok(cairn_signal_send(conn, others[i], &item, 1, &sent, ct_err()));
		ct_each(sent, CAIRN_NOT_FOUND, "replay.run_not_found");
	}
	ct_int(ct_signals(conn, id)->count, 0);
	ct_ok(cairn_signal_send(conn, cairn_tenant(CAIRN_STR("acme")), &item, 1, &sent, ct_err()));
	ct_each(sent, CAIRN_OK, NULL);
}

static void malformed(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_play_add(conn);
	cairn_signal_new items[2] = { { .run = id, .name = CAIRN_STR("a") },
				      { .run = id, .name = CAIRN_STR(" ") } };
	cairn_signal_sent each[2];
	ct_status(cairn_signal_send(conn, cairn_any(), items, 2, each, ct_err()), CAIRN_INVALID,
		  NULL);
	ct_int(ct_last()->index, 1);
	items[1] =
		(cairn_signal_new){ .run = id, .name = CAIRN_STR("a"), .payload = CAIRN_STR("[") };
	ct_status(cairn_signal_send(conn, cairn_any(), items, 2, each, ct_err()), CAIRN_INVALID,
		  NULL);
	ct_int(ct_signals(conn, id)->count, 0);
}

/* ---- transactions ------------------------------------------------------------------------------------------ */

static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_await(play.replay, "a", -1);
	ct_play_suspend(&play);
	const char *before = ct_play_snapshot(conn, play.id);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_int(ct_signal(conn, play.id, "a", "1").woken, 1);
	cairn_rollback(&tx);
	ct_play_unchanged(conn, play.id, before);
	ct_claim_none(conn);
	tx = (cairn_tx)CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_signal_sent sent = ct_signal_offer(conn, cairn_id_new(), "a", NULL, NULL);
	ct_each(sent, CAIRN_NOT_FOUND, "replay.run_not_found");
	ct_int(ct_signal(conn, play.id, "a", "2").seq, 1);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_play_on(conn, &play);
	cairn_replay_step step = ct_await(play.replay, "a", -1);
	ct_result(step, "2");
}

/* ---- to all that wait ---------------------------------------------------------------------------------------- */

static size_t spread(cairn_conn *conn, const char *key, uint32_t limit, int32_t more)
{
	cairn_broadcast broadcast = { .size = sizeof(broadcast),
				      .scope = cairn_any(),
				      .name = CAIRN_STR("go"),
				      .key = cairn_str_of(key),
				      .payload = CAIRN_STR("[1]"),
				      .limit = limit };
	cairn_broadcast_report report = { .more = -1 };
	ct_budget(conn);
	ct_ok(cairn_signal_broadcast(conn, &broadcast, &report, ct_err()));
	ct_spent(conn, 1, "broadcast", 1);
	ct_int(report.more, more);
	return report.sent;
}

static void to_all_that_wait(void)
{
	cairn_conn *conn = ct_open();
	ct_play waits[3];
	for (size_t i = 0; i < 3; i++) {
		waits[i] = ct_play_new(conn);
		ct_await(waits[i].replay, "go", -1);
		ct_play_suspend(&waits[i]);
	}
	ct_play elsewhere = ct_play_new(conn);
	ct_await(elsewhere.replay, "stop", -1);
	ct_play_suspend(&elsewhere);
	ct_play running = ct_play_new(conn);
	ct_await(running.replay, "go", -1);
	ct_int(spread(conn, NULL, 0, 0), 3);
	for (size_t i = 0; i < 3; i++) {
		ct_play_on(conn, &waits[i]);
		cairn_replay_step step = ct_await(waits[i].replay, "go", -1);
		ct_result(step, "[1]");
		ct_text(ct_steps_told(conn, waits[i].id), "WAITING SIGNALED COMPLETED");
	}
	ct_int(ct_signals(conn, elsewhere.id)->count, 0);
	ct_int(ct_signals(conn, running.id)->count, 0);
	ct_stage_is(conn, elsewhere.id, "SUSPENDED");
	/* Those that asked later get nothing of it. */
	ct_play_suspend(&running);
	ct_stage_is(conn, running.id, "SUSPENDED");
	ct_int(spread(conn, NULL, 0, 0), 1);
	ct_int(spread(conn, NULL, 0, 0), 0);
}

/* What it waited for in an attempt before, and has not asked for since. */
static void to_none_that_waited_before(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "go", -1);
	ct_play_retry(conn, &play);
	ct_sleep(play.replay, CAIRN_HOUR);
	ct_play_suspend(&play);
	ct_stage_is(conn, play.id, "SUSPENDED");
	ct_int(ct_memos(conn, play.id)->at[0].status, CAIRN_MEMO_WAITING);
	ct_int(spread(conn, NULL, 0, 0), 0);
	ct_int(ct_signals(conn, play.id)->count, 0);
	ct_claim_none(conn);
}

static void in_portions(void)
{
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < 5; i++) {
		ct_play play = ct_play_new(conn);
		ct_await(play.replay, "go", -1);
		ct_play_suspend(&play);
	}
	ct_int(spread(conn, NULL, 2, 1), 2);
	ct_int(spread(conn, NULL, 2, 1), 2);
	ct_int(spread(conn, NULL, 2, 0), 1);
	ct_int(spread(conn, NULL, 2, 0), 0);
}

static void spread_once(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "go", -1);
	ct_play_suspend(&play);
	ct_int(spread(conn, "k", 0, 0), 1);
	ct_play_on(conn, &play);
	ct_await(play.replay, "go", -1);
	ct_await(play.replay, "go", -1);
	ct_play_suspend(&play);
	/* It has had this one; another key is another one. */
	ct_int(spread(conn, "k", 0, 0), 0);
	ct_claim_none(conn);
	ct_int(spread(conn, "l", 0, 0), 1);
	ct_int(ct_signals(conn, play.id)->count, 2);
}

static void of_one_type_and_scope(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "go", -1);
	ct_play_suspend(&play);
	cairn_broadcast broadcast = { .size = sizeof(broadcast),
				      .scope = cairn_any(),
				      .type = CAIRN_STR("u"),
				      .name = CAIRN_STR("go") };
	cairn_broadcast_report report;
	ct_ok(cairn_signal_broadcast(conn, &broadcast, &report, ct_err()));
	ct_int(report.sent, 0);
	broadcast.type = CAIRN_STR("t");
	broadcast.scope = cairn_tenant(CAIRN_STR("acme"));
	ct_ok(cairn_signal_broadcast(conn, &broadcast, &report, ct_err()));
	ct_int(report.sent, 0);
	ct_claim_none(conn);
	broadcast.scope = cairn_global();
	ct_ok(cairn_signal_broadcast(conn, &broadcast, &report, ct_err()));
	ct_int(report.sent, 1);
	ct_play_on(conn, &play);
	cairn_replay_step step = ct_await(play.replay, "go", -1);
	ct_result(step, "null");
}

#define VERB .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.signal.keys_make_them_repeatable",
	  VERB,
	  .rule = "The same key with an equal signal is EXISTING, with another a conflict, also "
		  "when the run is over.",
	  .run = keyed },
	{ .name = "replays.signal.keys_are_each_runs_own",
	  VERB,
	  .rule = "A key is unique within its run; without a key each is another signal.",
	  .run = keys_are_each_runs_own },
	{ .name = "replays.signal.a_mixed_batch",
	  VERB,
	  .rule = "Each signal of a batch ends as it would alone, in their order, in one round "
		  "trip.",
	  .run = a_mixed_batch },
	{ .name = "replays.signal.to_a_run_that_is_over",
	  VERB,
	  .rule = "A run that has ended gets no signals: STALE replay.run_over, and nothing is "
		  "written.",
	  .run = to_a_run_that_is_over },
	{ .name = "replays.signal.without_asking_what_came_of_each",
	  VERB,
	  .rule = "Who does not ask for each is told of the first that was refused.",
	  .run = without_asking },
	{ .name = "replays.signal.only_in_scope",
	  VERB,
	  .rule = "A run that is not in scope is not found.",
	  .run = in_scope },
	{ .name = "replays.signal.what_is_none_is_refused",
	  VERB,
	  .rule = "A signal without a name, or with no JSON, fails the whole call.",
	  .run = malformed },
	{ .name = "replays.signal.inside_the_callers_transaction",
	  VERB,
	  .rule = "A signal is there with the caller's commit, and neither it nor the waking after "
		  "a rollback.",
	  .run = in_a_transaction },
	{ .name = "replays.signal.to_all_that_wait",
	  VERB,
	  .rule = "A broadcast reaches every run that is suspended and waits for the name, and no "
		  "other.",
	  .run = to_all_that_wait },
	{ .name = "replays.signal.to_none_that_waited_before",
	  VERB,
	  .rule = "A broadcast does not reach a run that waited for the name under an earlier "
		  "lease, and has not asked for it since.",
	  .run = to_none_that_waited_before },
	{ .name = "replays.signal.to_all_in_portions",
	  VERB,
	  .rule = "A broadcast takes as many as its limit says, and tells whether others wait.",
	  .run = in_portions },
	{ .name = "replays.signal.to_all_once",
	  VERB,
	  .rule = "A run that has had the key of a broadcast gets nothing.",
	  .run = spread_once },
	{ .name = "replays.signal.to_all_of_a_type_in_scope",
	  VERB,
	  .rule = "A broadcast reaches runs of its type and scope only.",
	  .run = of_one_type_and_scope },
};

CT_GROUP(replay_signal_send, cases);
