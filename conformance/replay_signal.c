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

static void signals_are(const cairn_signal_filter *filter, cairn_conn *conn, const char *want)
{
	cairn_signals *page = NULL;
	const char *seqs = "";
	ct_ok(cairn_signal_list(conn, filter, &page, ct_err()));
	ct_later(page);
	for (size_t i = 0; i < page->count; i++)
		seqs = ct_format("%s%s%lld", seqs, i ? " " : "", (long long)page->at[i].seq);
	ct_text(seqs, want);
}

static void in_pages(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_signal_filter filter = {
		.size = sizeof(filter), .scope = cairn_any(), .run = play.id, .limit = 2
	};
	for (int n = 0; n < 5; n++)
		ct_signal(conn, play.id, n % 2 ? "odd" : "even", NULL);
	ct_await(play.replay, "even", -1);
	signals_are(&filter, conn, "1 2");
	filter.after = 2;
	signals_are(&filter, conn, "3 4");
	filter.after = 4;
	signals_are(&filter, conn, "5");
	filter.name = CAIRN_STR("even");
	filter.after = 0;
	signals_are(&filter, conn, "1 3");
	filter.untaken = 1;
	signals_are(&filter, conn, "3 5");
	filter.after = 3;
	signals_are(&filter, conn, "5");
	filter.name = CAIRN_STR("none");
	signals_are(&filter, conn, "");
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
	{ .name = "replays.signal.listed_by_name_in_pages",
	  VERB,
	  .rule = "Signals are listed by seq, of one name if it is said, taken or not, in pages.",
	  .run = in_pages },
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
};

CT_GROUP(replay_signal, cases);
