/* replay_value.c - values that were had for nothing, remembered so that a replay sees what was seen. */
#include "ct_replay.h"

static cairn_replay_step value(const ct_play *play, const char *name, const char *json)
{
	cairn_replay_call call = ct_call_named(name);
	cairn_str text = cairn_str_of(json);
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_value(play->replay, &call, &text, 1, &step, ct_err()));
	ct_each(step, CAIRN_OK, NULL);
	return step;
}

static void the_first_stays(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = value(&play, "now", "{\"at\": 1 }");
	ct_result(step, "{\"at\": 1 }");
	ct_int(step.replayed, 0);
	const cairn_memo *memo = ct_memo(conn, play.id, "now");
	ct_int(memo->verb, CAIRN_MEMO_VALUE);
	ct_int(memo->status, CAIRN_MEMO_COMPLETED);
	ct_int(memo->ended_at, ct_now());
	ct_int(memo->attempts, 1);
	ct_true(cairn_id_is_none(memo->claim));
	const char *before = ct_play_snapshot(conn, play.id);
	cairn_replay *again = ct_play_begin(conn, play.lease, NULL);
	play.replay = again;
	step = value(&play, "now", "2");
	ct_result(step, "{\"at\": 1 }");
	ct_int(step.replayed, 1);
	ct_play_unchanged(conn, play.id, before);
	ct_play_retry(conn, &play);
	step = value(&play, "now", "3");
	ct_result(step, "{\"at\": 1 }");
	ct_play_takeover(conn, &play);
	step = value(&play, "now", NULL);
	ct_result(step, "{\"at\": 1 }");
}

static void of_two_objects(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_play other = play;
	other.replay = ct_play_begin(conn, play.lease, NULL);
	value(&play, "now", "1");
	/* This one has read its page before that was written. */
	cairn_replay_step step = value(&other, "now", "2");
	ct_result(step, "1");
	ct_int(step.replayed, 1);
}

static void many_at_once(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	enum { N = 100 };
	cairn_replay_call calls[N];
	cairn_str values[N];
	cairn_replay_step each[N];
	for (size_t i = 0; i < N; i++) {
		calls[i] = ct_call("v", ct_format("%zu", i));
		values[i] = cairn_str_of(ct_format("[%zu]", i));
	}
	ct_budget(conn);
	ct_ok(cairn_replay_value(play.replay, calls, values, N, each, ct_err()));
	ct_spent(conn, 1, "values", N);
	ct_play_retry(conn, &play);
	for (size_t i = 0; i < N; i++)
		values[i] = CAIRN_STR("0");
	ct_budget(conn);
	ct_ok(cairn_replay_value(play.replay, calls, values, N, each, ct_err()));
	ct_spent(conn, 0, "values that are known", N);
	for (size_t i = 0; i < N; i++) {
		ct_result(each[i], ct_format("[%zu]", i));
		ct_int(each[i].seq, i + 1);
	}
}

static void some_are_new(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	value(&play, "b", "1");
	ct_play_retry(conn, &play);
	cairn_replay_call calls[3] = { ct_call_named("a"), ct_call_named("b"), ct_call_named("c") };
	cairn_str values[3] = { CAIRN_STR("2"), CAIRN_STR("2"), { NULL, 0 } };
	cairn_replay_step each[3];
	ct_ok(cairn_replay_value(play.replay, calls, values, 3, each, ct_err()));
	ct_result(each[0], "2");
	ct_result(each[1], "1");
	ct_result(each[2], "null");
	ct_int(each[0].replayed, 0);
	ct_int(each[1].replayed, 1);
	ct_int(each[0].seq, 2);
	ct_int(each[2].seq, 3);
}

static void what_is_none(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call calls[2] = { ct_call_named("a"), ct_call_named("b") };
	cairn_str values[2] = { CAIRN_STR("1"), CAIRN_STR("[1") };
	cairn_replay_step each[2];
	const char *before = ct_play_snapshot(conn, play.id);
	ct_status(cairn_replay_value(play.replay, calls, values, 2, each, ct_err()), CAIRN_INVALID,
		  NULL);
	ct_int(ct_last()->index, 1);
	ct_play_unchanged(conn, play.id, before);
}

static void what_was_seen_of_budgets(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_budget_new total = { .axis = CAIRN_STR("tokens"), .total = 50 };
	cairn_charge usage = { .axis = CAIRN_STR("tokens"), .amount = 7 };
	cairn_budget seen;
	ct_ok(cairn_budget_set(conn, cairn_any(), play.id, &total, 1, ct_err()));
	for (int attempt = 1; attempt <= 2; attempt++) {
		for (int64_t n = 0; n < 3; n++) {
			ct_ok(cairn_replay_budget(play.replay, CAIRN_STR("tokens"), &seen,
						  ct_err()));
			ct_int(seen.total, 50);
			ct_int(seen.kind, CAIRN_BUDGET_HARD);
			ct_int(seen.spent, n * 7);
			ct_int(seen.remaining, 50 - n * 7);
			cairn_replay_step step = ct_ask_for(play.replay, "work");
			if (attempt == 1)
				ct_ok(cairn_replay_complete(play.replay, &step, CAIRN_STR("1"),
							    &usage, 1, ct_err()));
		}
		ct_play_retry(conn, &play);
		total.total = 1000;
		ct_ok(cairn_budget_set(conn, cairn_any(), play.id, &total, 1, ct_err()));
	}
	ct_int(ct_played(conn, play.id)->steps, 6);
	ct_str(ct_memos(conn, play.id)->at[0].name, "step:sig_5fdbdaf4be1d341ee75e98ab");
	ct_str(ct_memos(conn, play.id)->at[0].kind, "budget");
}

#define VERB .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.value.the_first_stays",
	  VERB,
	  .rule = "A value is what was remembered first, in every attempt; saying another one "
		  "changes nothing.",
	  .run = the_first_stays },
	{ .name = "replays.value.the_first_of_two_stays",
	  VERB,
	  .rule = "Of two that remember a value at once the first is remembered, and both have it.",
	  .run = of_two_objects },
	{ .name = "replays.value.many_at_once",
	  VERB,
	  .rule = "Values of one call cost one round trip, those that are known none.",
	  .run = many_at_once },
	{ .name = "replays.value.some_are_new",
	  VERB,
	  .rule = "Of one call what is known is answered and the rest remembered; an absent value "
		  "is null.",
	  .run = some_are_new },
	{ .name = "replays.value.what_is_none_is_refused",
	  VERB,
	  .rule = "A value that is no JSON fails the whole call.",
	  .run = what_is_none },
	{ .name = "replays.value.a_budget_as_it_was_seen",
	  VERB,
	  .rule = "A replay sees the same budget at the same points.",
	  .covers = "smol-66, smol-67",
	  .run = what_was_seen_of_budgets },
};

CT_GROUP(replay_value, cases);
