/*
 * replay_signal.c - messages to runs: kept however early they come, taken in their order, each once. (at the same time
 * as what they meet: replay_wake.c)
 */
#include "ct_replay.h"

static void sent_early(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_play_add(conn);
	cairn_signal_sent sent = ct_signal(conn, id, "approved", "{ \"by\": \"me\" }");
	ct_int(sent.seq, 1);
	ct_int(sent.woken, 0);
	const cairn_signal *signal = ct_signals(conn, id)->at;
	ct_str(signal->name, "approved");
	ct_str(signal->payload, "{ \"by\": \"me\" }");
	ct_str(signal->key, NULL);
	ct_int(signal->sent_at, ct_now());
	ct_int(signal->taken_by, 0);
	ct_play play = { .id = id };
	ct_play_on(conn, &play);
	ct_do(play.replay, "a", "1");
	cairn_replay_step step = ct_await(play.replay, "approved", -1);
	ct_result(step, "{ \"by\": \"me\" }");
	ct_int(step.timed_out, 0);
	ct_int(ct_signals(conn, id)->at[0].taken_by, step.seq);
	const cairn_memo *memo = &ct_memos(conn, id)->at[1];
	ct_int(memo->verb, CAIRN_MEMO_SIGNAL);
	ct_int(memo->status, CAIRN_MEMO_COMPLETED);
	ct_str(memo->signal, "approved");
	ct_str(memo->kind, "signal");
}

static void waited_for(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_await(play.replay, "approved", -1);
	ct_next(step, SUSPEND);
	ct_int(step.until, 0);
	ct_int(cairn_replay_wake_at(play.replay), 0);
	ct_play_suspend(&play);
	ct_stage_is(conn, play.id, "SUSPENDED");
	ct_advance(300 * CAIRN_DAY);
	ct_claim_none(conn);
	cairn_signal_sent sent = ct_signal(conn, play.id, "approved", "1");
	ct_int(sent.woken, 1);
	ct_stage_is(conn, play.id, "ENQUEUED");
	ct_int(ct_job(conn, play.id)->run_at, ct_now());
	ct_int(ct_job(conn, play.id)->parked, 0);
	ct_play_on(conn, &play);
	step = ct_await(play.replay, "approved", -1);
	ct_result(step, "1");
	ct_int(ct_played(conn, play.id)->attempt, 1);
	/* It is remembered, as any step. */
	ct_play_retry(conn, &play);
	step = ct_await(play.replay, "approved", -1);
	ct_result(step, "1");
	ct_int(step.replayed, 1);
	ct_int(ct_signals(conn, play.id)->count, 1);
}

static void in_their_order(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	for (int64_t n = 1; n <= 3; n++) {
		ct_int(ct_signal(conn, play.id, "item", ct_format("%d", (int)n)).seq, 2 * n - 1);
		ct_int(ct_signal(conn, play.id, "other", ct_format("%d", (int)-n)).seq, 2 * n);
	}
	for (int attempt = 1; attempt <= 2; attempt++) {
		cairn_replay_step step = ct_await(play.replay, "other", -1);
		ct_result(step, "-1");
		step = ct_await(play.replay, "item", -1);
		ct_result(step, "1");
		step = ct_await(play.replay, "item", -1);
		ct_result(step, "2");
		step = ct_await(play.replay, "other", -1);
		ct_result(step, "-2");
		step = ct_await(play.replay, "item", -1);
		ct_result(step, "3");
		ct_play_retry(conn, &play);
	}
	for (int n = 0; n < 3; n++)
		ct_await(play.replay, "item", -1);
	cairn_replay_step step = ct_await(play.replay, "item", -1);
	ct_next(step, SUSPEND);
	cairn_signal_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = play.id, .untaken = 1
	};
	cairn_signals *left = NULL;
	ct_ok(cairn_signal_list(conn, &filter, &left, ct_err()));
	ct_later(left);
	ct_int(left->count, 1);
	ct_str(left->at[0].payload, "-3");
}

static void several_names(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "a", -1);
	ct_await(play.replay, "b", -1);
	ct_play_suspend(&play);
	ct_int(ct_signal(conn, play.id, "c", NULL).woken, 0);
	ct_claim_none(conn);
	ct_int(ct_signal(conn, play.id, "b", NULL).woken, 1);
	/* It is due already. */
	ct_int(ct_signal(conn, play.id, "b", "2").woken, 0);
	ct_play_on(conn, &play);
	cairn_replay_step step = ct_await(play.replay, "a", -1);
	ct_next(step, SUSPEND);
	step = ct_await(play.replay, "b", -1);
	ct_result(step, "null");
	ct_play_suspend(&play);
	ct_claim_none(conn);
	ct_int(ct_signal(conn, play.id, "a", "3").woken, 1);
	ct_play_on(conn, &play);
	step = ct_await(play.replay, "a", -1);
	ct_result(step, "3");
}

static void two_for_one_name(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "a", -1);
	ct_await(play.replay, "a", -1);
	ct_play_suspend(&play);
	ct_int(ct_signal(conn, play.id, "a", "1").woken, 1);
	ct_play_on(conn, &play);
	cairn_replay_step step = ct_await(play.replay, "a", -1);
	ct_result(step, "1");
	step = ct_await(play.replay, "a", -1);
	ct_next(step, SUSPEND);
	ct_play_suspend(&play);
	ct_claim_none(conn);
}

/* ---- timeouts -------------------------------------------------------------------------------------- */

static void out_of_time(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_time due = ct_now() + CAIRN_HOUR;
	cairn_replay_step step = ct_await(play.replay, "a", CAIRN_HOUR);
	ct_next(step, SUSPEND);
	ct_int(step.until, due);
	ct_play_suspend(&play);
	ct_int(ct_job(conn, play.id)->run_at, due);
	ct_set_now(due - 1);
	ct_claim_none(conn);
	ct_set_now(due);
	ct_play_on(conn, &play);
	step = ct_await(play.replay, "a", CAIRN_HOUR);
	ct_result(step, "null");
	ct_int(step.timed_out, 1);
	ct_int(ct_memos(conn, play.id)->at[0].timed_out, 1);
	/* What comes too late is for the next one who asks. */
	ct_signal(conn, play.id, "a", "\"late\"");
	ct_play_retry(conn, &play);
	step = ct_await(play.replay, "a", CAIRN_HOUR);
	ct_result(step, "null");
	ct_int(step.timed_out, 1);
	step = ct_await(play.replay, "a", CAIRN_HOUR);
	ct_result(step, "\"late\"");
	ct_int(step.timed_out, 0);
}

static void in_time(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_await(play.replay, "a", CAIRN_HOUR);
	ct_play_suspend(&play);
	ct_advance(CAIRN_HOUR - 1);
	ct_int(ct_signal(conn, play.id, "a", "1").woken, 1);
	/* Whoever comes late to take it finds it all the same. */
	ct_advance(CAIRN_DAY);
	ct_play_on(conn, &play);
	cairn_replay_step step = ct_await(play.replay, "a", CAIRN_HOUR);
	ct_result(step, "1");
	ct_int(step.timed_out, 0);
}

static void the_timeout_is_stored_once(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_time due = ct_now() + CAIRN_HOUR;
	ct_await(play.replay, "a", CAIRN_HOUR);
	ct_play_retry(conn, &play);
	cairn_replay_step step = ct_await(play.replay, "a", CAIRN_DAY);
	ct_next(step, SUSPEND);
	ct_int(step.until, due);
	ct_play_sleep(conn, &play);
	ct_int(ct_now(), due);
	step = ct_await(play.replay, "a", -1);
	ct_int(step.timed_out, 1);
}

static void no_timeout_at_all(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_await(play.replay, "a", 0);
	/* It looks, and does not wait. */
	if (step.next == CAIRN_NEXT_SUSPEND) {
		ct_int(step.until, ct_now());
		ct_play_sleep(conn, &play);
		step = ct_await(play.replay, "a", 0);
	}
	ct_result(step, "null");
	ct_int(step.timed_out, 1);
	ct_signal(conn, play.id, "a", "1");
	step = ct_await(play.replay, "a", 0);
	ct_result(step, "1");
	const cairn_usec bad[] = { -2, INT64_MIN, INT64_MAX };
	const char *before = ct_play_snapshot(conn, play.id);
	for (size_t i = 0; i < 3; i++)
		ct_status(cairn_replay_signal(play.replay, CAIRN_STR("b"), bad[i], &step, ct_err()),
			  CAIRN_INVALID, NULL);
	ct_play_unchanged(conn, play.id, before);
}

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
	{ .name = "replays.signal.kept_before_the_run_begins",
	  VERB,
	  .rule = "A signal is kept however early it was sent, and comes byte for byte.",
	  .run = sent_early },
	{ .name = "replays.signal.waited_for",
	  VERB,
	  .rule = "A run that waits is held by nobody, due at once when the signal comes, and "
		  "remembers it.",
	  .run = waited_for },
	{ .name = "replays.signal.taken_in_their_order_each_once",
	  VERB,
	  .rule = "Signals of one name are taken in the order in which they were sent, each once, "
		  "by name.",
	  .run = in_their_order },
	{ .name = "replays.signal.of_several_names",
	  VERB,
	  .rule = "Only a signal of a name that the run waits for wakes it.",
	  .run = several_names },
	{ .name = "replays.signal.one_for_one_step",
	  VERB,
	  .rule = "One signal ends one of the steps that wait for its name, the first.",
	  .run = two_for_one_name },
	{ .name = "replays.signal.out_of_time",
	  VERB,
	  .rule = "At its timeout a wait is RESULT with timed_out, for good; what comes later is "
		  "for the next one.",
	  .run = out_of_time },
	{ .name = "replays.signal.in_time",
	  VERB,
	  .rule = "A signal that came in time is taken, however late the run comes to it.",
	  .run = in_time },
	{ .name = "replays.signal.the_timeout_is_stored_once",
	  VERB,
	  .rule = "A timeout counts from when it was first asked for, with what was asked then.",
	  .run = the_timeout_is_stored_once },
	{ .name = "replays.signal.without_waiting",
	  VERB,
	  .rule = "With a timeout of 0 it only looks; what is no timeout is refused and leaves no "
		  "row.",
	  .run = no_timeout_at_all },
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

CT_GROUP(replay_signal, cases);
